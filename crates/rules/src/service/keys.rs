//! What the names of environment variables say.

/// Whether a variable is for one place alone: how the service is run, watched or debugged, not
/// what it needs.
pub(crate) fn is_local(name: &str) -> bool {
    const WHOLE: &[&str] = &[
        "ALL_PROXY",
        "APP_ENV",
        "ASPNETCORE_ENVIRONMENT",
        "COLUMNS",
        "DEV",
        "DISPLAY",
        "DOTNET_ENVIRONMENT",
        "EDITOR",
        "ENV",
        "ENVIRONMENT",
        "FORCE_COLOR",
        "GID",
        "GO_ENV",
        "HOME",
        "HOST",
        "HOSTNAME",
        "HTTPS_PROXY",
        "HTTP_PROXY",
        "LANG",
        "LINES",
        "LOGLEVEL",
        "LOG_FORMAT",
        "LOG_LEVEL",
        "NAMESPACE",
        "NODE_ENV",
        "NODE_NAME",
        "NODE_OPTIONS",
        "NO_COLOR",
        "NO_PROXY",
        "PATH",
        "PGID",
        "PGDATA",
        "PHP_ENV",
        "PORT",
        "PUID",
        "PWD",
        "PYTHONDONTWRITEBYTECODE",
        "PYTHONPATH",
        "PYTHONUNBUFFERED",
        "RACK_ENV",
        "RAILS_ENV",
        "RELOAD",
        "RUST_BACKTRACE",
        "RUST_LOG",
        "SHELL",
        "SPRING_PROFILES_ACTIVE",
        "TERM",
        "TZ",
        "UID",
        "UMASK",
        "USER",
        "VERBOSE",
        "VIRTUAL_HOST",
        "VIRTUAL_PORT",
        "WDS_SOCKET_PORT",
        "WEB_CONCURRENCY",
        "ASPNETCORE_URLS",
        "ASPNETCORE_HTTP_PORTS",
        "ASPNETCORE_HTTPS_PORTS",
    ];
    const BEGIN: &[&str] = &[
        "CHOKIDAR_",
        "COMPOSE_",
        "DD_",
        "DEBUG",
        "DOCKER_",
        "FLASK_",
        "GOGC",
        "GOMAXPROCS",
        "GOMEMLIMIT",
        "JAEGER_",
        "JAVA_",
        "JDK_JAVA",
        "JVM_",
        "KUBERNETES_",
        "LC_",
        "LETSENCRYPT_",
        "LOCAL_",
        "NEW_RELIC",
        "OTEL_",
        "POD_",
        "TEST_",
        "TRACING",
        "TRAEFIK_",
        "VITE_DEV",
        "WATCH",
        "XDEBUG",
        "ZIPKIN",
        "_JAVA",
        "MOCK_",
        "ASPNETCORE_KESTREL",
        "KESTREL_",
    ];
    const HOLD: &[&str] = &[
        "ALLOW_EMPTY",
        "DEBUG",
        "HOT_RELOAD",
        "JAVA_OPTS",
        "LOG_LEVEL",
        "LOGGING",
        "POLLING",
        "TELEMETRY",
        "TRACE",
        "TRACING",
        "VERBOSE",
        "PROFILER",
        "CONSOLE",
    ];
    let upper = name.to_ascii_uppercase();
    // Lower-case names are properties of frameworks as often as variables; compare alike.
    WHOLE.contains(&&*upper)
        || BEGIN.iter().any(|begin| upper.starts_with(begin))
        || HOLD.iter().any(|hold| upper.contains(hold))
        || upper.ends_with("_ENV")
        || upper.ends_with("_ENVIRONMENT")
}

/// Whether Kubernetes gives the variable by itself where a Service of that name is.
pub(crate) fn is_injected<'s>(name: &str, mut services: impl Iterator<Item = &'s str>) -> bool {
    let may_be = name.contains("_SERVICE_") || name.contains("_PORT");
    may_be
        && services.any(|service| {
            let prefix = service.to_ascii_uppercase().replace(['-', '.'], "_");
            name.strip_prefix(&*prefix).is_some_and(|rest| {
                rest.starts_with("_SERVICE_") || rest == "_PORT" || rest.starts_with("_PORT_")
            })
        })
}

/// Whether the name says that the value is a secret.
pub(crate) fn is_secret(name: &str) -> bool {
    const WORDS: &[&str] = &[
        "APIKEY",
        "CREDENTIAL",
        "PASSPHRASE",
        "PASSWD",
        "PASSWORD",
        "PRIVATE_KEY",
        "SECRET",
        "TOKEN",
        "ACCESS_KEY",
        "API_KEY",
        "ENCRYPTION_KEY",
        "SIGNING_KEY",
        "CONNECTION_STRING",
        "CONNECTIONSTRING",
        "DATABASE_URL",
        "REDIS_URL",
        "DSN",
        "AUTH_KEY",
    ];
    let upper = name.to_ascii_uppercase();
    WORDS.iter().any(|word| upper.contains(word))
        || upper.ends_with("_PASS")
        || upper.ends_with("_PWD")
}

#[cfg(test)]
mod tests {
    use super::{is_injected, is_local, is_secret};

    #[test]
    fn names_are_told_apart() {
        for name in [
            "DEBUG",
            "NODE_ENV",
            "APP_DEBUG",
            "OTEL_SERVICE_NAME",
            "TZ",
            "MY_ENV",
            "PORT",
        ] {
            assert!(is_local(name), "{name}");
        }
        for name in [
            "DATABASE_URL",
            "REDIS_HOST",
            "S3_BUCKET",
            "WEB_PORT",
            "ENVOY_HOST",
        ] {
            assert!(!is_local(name), "{name}");
        }
        let is_injected = |name: &str| is_injected(name, ["my-db"].into_iter());
        assert!(is_injected("MY_DB_SERVICE_HOST") && is_injected("MY_DB_PORT"));
        assert!(!is_injected("MY_DB_HOST") && !is_injected("YOUR_DB_PORT"));
        assert!(is_secret("DB_PASSWORD") && is_secret("SENTRY_DSN") && !is_secret("DB_HOST"));
    }
}
