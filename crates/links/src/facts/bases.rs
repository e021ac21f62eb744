//! What is known of images that everybody builds on: their user, the ports of their server, what
//! it writes.
//!
//! Only what holds for every tag in use is here; where tags differ, the tag is asked. What is not
//! listed is unknown.

use plimsoll_oci::Reference;

/// The user that an image's configuration names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BaseUser {
    /// None, or root.
    Root,
    /// A number.
    Id(u32),
    /// A name.
    Name(&'static str),
    /// Not known, or not the same for all tags.
    Unknown,
}

/// What is known of an image.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Known {
    /// Its user.
    pub user: BaseUser,
    /// The server that it starts when nothing else is said.
    pub server: Option<Server>,
}

/// The server that an image starts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Server {
    /// What people call it.
    pub name: &'static str,
    /// The programs by which a command line starts it.
    pub programs: &'static [&'static str],
    /// The TCP ports that it listens on with the configuration that the image brings.
    pub ports: &'static [u16],
    /// The folders in which that configuration lies; empty where none decides the ports.
    pub configuration: &'static [&'static str],
    /// What it writes at its start and as it works, and does not start without.
    pub writes: &'static [&'static str],
    /// The variables that change its ports.
    pub variables: &'static [&'static str],
    /// The signal by which its image asks to be stopped, if it is not SIGTERM.
    pub stop: Option<&'static str>,
}

impl Known {
    /// An empty image.
    pub const SCRATCH: Self = Self {
        user: BaseUser::Root,
        server: None,
    };

    const fn root() -> Self {
        Self::SCRATCH
    }

    const fn of(user: BaseUser) -> Self {
        Self { user, server: None }
    }

    const fn serving(user: BaseUser, server: Server) -> Self {
        Self {
            user,
            server: Some(server),
        }
    }
}

const NOTHING: Server = Server {
    name: "",
    programs: &[],
    ports: &[],
    configuration: &[],
    writes: &[],
    variables: &[],
    stop: None,
};

const NGINX: Server = Server {
    name: "nginx",
    programs: &["nginx"],
    ports: &[80],
    configuration: &["/etc/nginx"],
    writes: &["/var/cache/nginx", "/var/run"],
    variables: &["NGINX_PORT"],
    stop: Some("SIGQUIT"),
};

const HTTPD: Server = Server {
    name: "httpd",
    programs: &["httpd", "httpd-foreground", "apachectl", "apache2ctl"],
    ports: &[80],
    configuration: &["/usr/local/apache2/conf"],
    writes: &["/usr/local/apache2/logs"],
    stop: Some("SIGWINCH"),
    ..NOTHING
};

const TOMCAT: Server = Server {
    name: "tomcat",
    programs: &["catalina.sh", "startup.sh"],
    ports: &[8080],
    configuration: &["/usr/local/tomcat/conf"],
    writes: &["/usr/local/tomcat/work", "/usr/local/tomcat/temp"],
    variables: &["CATALINA_OPTS", "JAVA_OPTS"],
    ..NOTHING
};

const POSTGRES: Server = Server {
    name: "postgres",
    programs: &["postgres"],
    ports: &[5432],
    writes: &["/var/run/postgresql"],
    variables: &["PGPORT", "POSTGRES_PORT"],
    stop: Some("SIGINT"),
    ..NOTHING
};

const MYSQL: Server = Server {
    name: "mysql",
    programs: &["mysqld"],
    ports: &[3306, 33060],
    configuration: &["/etc/mysql"],
    writes: &["/var/run/mysqld", "/tmp"],
    variables: &["MYSQL_TCP_PORT"],
    ..NOTHING
};

const REDIS: Server = Server {
    name: "redis",
    programs: &["redis-server", "valkey-server"],
    ports: &[6379],
    configuration: &["/usr/local/etc"],
    ..NOTHING
};

const MONGO: Server = Server {
    name: "mongo",
    programs: &["mongod"],
    ports: &[27017],
    writes: &["/tmp"],
    ..NOTHING
};

const MEMCACHED: Server = Server {
    name: "memcached",
    programs: &["memcached"],
    ports: &[11211],
    ..NOTHING
};

const PHP_FPM: Server = Server {
    name: "php-fpm",
    programs: &["php-fpm"],
    ports: &[9000],
    configuration: &["/usr/local/etc"],
    ..NOTHING
};

const PHP_APACHE: Server = Server {
    name: "apache",
    programs: &["apache2-foreground", "apache2ctl", "apachectl"],
    ports: &[80],
    configuration: &["/etc/apache2"],
    writes: &["/var/run/apache2"],
    variables: &["APACHE_PORT"],
    stop: Some("SIGWINCH"),
};

/// Accounts of Docker Hub that hold the official images for one architecture each.
const ARCHITECTURES: [&str; 11] = [
    "amd64",
    "arm32v5",
    "arm32v6",
    "arm32v7",
    "arm64v8",
    "i386",
    "mips64le",
    "ppc64le",
    "riscv64",
    "s390x",
    "windows-amd64",
];

/// What is known of an image by its name and tag.
pub fn known(image: &Reference) -> Option<Known> {
    let repository = image.repository();
    let tag = image.tag().unwrap_or("");
    match image.domain() {
        "docker.io" => match repository.strip_prefix("library/") {
            Some(name) => official(name, tag),
            None => match repository.split_once('/') {
                Some((account, name)) if ARCHITECTURES.contains(&account) => official(name, tag),
                _ => hub(repository),
            },
        },
        "gcr.io" => repository.strip_prefix("distroless/").map(|_| {
            // The user is written as a number in either kind.
            Known::of(if tag.contains("nonroot") {
                BaseUser::Id(65532)
            } else {
                BaseUser::Root
            })
        }),
        "cgr.dev" => repository
            .strip_prefix("chainguard/")
            .filter(|name| {
                matches!(
                    *name,
                    "static" | "glibc-dynamic" | "jre" | "python" | "node"
                )
            })
            .map(|_| Known::of(BaseUser::Id(65532))),
        "mcr.microsoft.com" => repository
            .strip_prefix("dotnet/")
            .map(|name| dotnet(name, tag)),
        "quay.io" => match repository {
            "keycloak/keycloak" => Some(Known::of(BaseUser::Id(1000))),
            "prometheus/prometheus" => Some(Known::of(BaseUser::Name("nobody"))),
            _ => None,
        },
        _ => None,
    }
}

fn hub(repository: &str) -> Option<Known> {
    if let Some(name) = repository.strip_prefix("bitnami/") {
        // The shells and bases for builds run as root.
        let root = matches!(name, "minideb" | "git" | "kubectl");
        return (!root).then_some(Known::of(BaseUser::Id(1001)));
    }
    Some(match repository {
        "nginxinc/nginx-unprivileged" => Known::serving(
            BaseUser::Id(101),
            Server {
                ports: &[8080],
                writes: &["/tmp"],
                ..NGINX
            },
        ),
        "grafana/grafana" => Known::of(BaseUser::Id(472)),
        "prom/prometheus" => Known::of(BaseUser::Name("nobody")),
        "jenkins/jenkins" => Known::of(BaseUser::Name("jenkins")),
        _ => return None,
    })
}

fn official(name: &str, tag: &str) -> Option<Known> {
    let root = |server| Some(Known::serving(BaseUser::Root, server));
    match name {
        "nginx" => root(NGINX),
        "httpd" => root(HTTPD),
        "tomcat" => root(TOMCAT),
        "postgres" => root(POSTGRES),
        "mysql" => root(MYSQL),
        "mariadb" => root(Server {
            name: "mariadb",
            programs: &["mariadbd", "mysqld"],
            ports: &[3306],
            ..MYSQL
        }),
        "redis" => root(REDIS),
        "valkey" => root(Server {
            name: "valkey",
            ..REDIS
        }),
        "mongo" => root(MONGO),
        "memcached" => Some(Known::serving(BaseUser::Name("memcache"), MEMCACHED)),
        "php" if tag.contains("fpm") => root(PHP_FPM),
        "php" if tag.contains("apache") => root(PHP_APACHE),
        "haproxy" => Some(Known::of(BaseUser::Unknown)),
        "jetty" => Some(Known::of(BaseUser::Name("jetty"))),
        "almalinux"
        | "alpine"
        | "amazoncorretto"
        | "amazonlinux"
        | "archlinux"
        | "bash"
        | "buildpack-deps"
        | "busybox"
        | "caddy"
        | "centos"
        | "clojure"
        | "composer"
        | "dart"
        | "debian"
        | "docker"
        | "eclipse-temurin"
        | "elixir"
        | "erlang"
        | "fedora"
        | "golang"
        | "gradle"
        | "groovy"
        | "haskell"
        | "ibm-semeru-runtimes"
        | "julia"
        | "maven"
        | "node"
        | "openjdk"
        | "opensuse"
        | "oraclelinux"
        | "perl"
        | "photon"
        | "php"
        | "pypy"
        | "python"
        | "r-base"
        | "rabbitmq"
        | "rockylinux"
        | "ruby"
        | "rust"
        | "sapmachine"
        | "swift"
        | "traefik"
        | "ubuntu" => Some(Known::root()),
        _ => None,
    }
}

/// .NET's images: from 8 on the port is 8080 and a user is there, which only those without a
/// shell run as.
fn dotnet(name: &str, tag: &str) -> Known {
    let major: u32 = tag
        .split(|c: char| !c.is_ascii_digit())
        .next()
        .and_then(|major| major.parse().ok())
        .unwrap_or(0);
    let bare = ["chiseled", "distroless"]
        .iter()
        .any(|kind| tag.contains(kind));
    let user = match (bare, major) {
        (false, _) => BaseUser::Root,
        (true, 8..) => BaseUser::Id(APP_UID),
        (true, _) => BaseUser::Unknown,
    };
    let ports: &'static [u16] = match major {
        8.. => &[8080],
        1..8 => &[80],
        0 => &[],
    };
    if name == "aspnet" && !ports.is_empty() {
        Known::serving(
            user,
            Server {
                name: "ASP.NET Core",
                programs: &["dotnet"],
                ports,
                variables: ASPNET,
                ..NOTHING
            },
        )
    } else {
        Known::of(user)
    }
}

/// The variables by which the ports of ASP.NET Core are set.
pub(crate) const ASPNET: &[&str] = &[
    "ASPNETCORE_URLS",
    "ASPNETCORE_HTTP_PORTS",
    "ASPNETCORE_HTTPS_PORTS",
    "DOTNET_URLS",
    "URLS",
];

/// The value of `APP_UID` in .NET's images.
pub(crate) const APP_UID: u32 = 1654;

/// The number of a user that a well-known image brings.
pub(crate) fn user_id(image: Option<&Reference>, name: &str) -> Option<u32> {
    let official =
        |wanted: &str| image.is_some_and(|image| image.is_official() && image.name() == wanted);
    let tag = image.and_then(|image| image.tag()).unwrap_or("");
    let domain = image.map_or("", |image| image.domain());
    match name {
        "root" => Some(0),
        "nobody" => Some(65534),
        "node" if official("node") => Some(1000),
        "nonroot" if domain == "gcr.io" || domain == "cgr.dev" => Some(65532),
        "nginx" if official("nginx") => Some(101),
        "app" if domain == "mcr.microsoft.com" => Some(APP_UID),
        "www-data" if official("php") => Some(if tag.contains("alpine") { 82 } else { 33 }),
        "daemon" if official("tomcat") || official("debian") => Some(1),
        "postgres" if official("postgres") && !tag.is_empty() => {
            Some(if tag.contains("alpine") { 70 } else { 999 })
        }
        _ => None,
    }
}

/// The folder that an image ends in, where it is known.
pub(crate) fn folder(image: &Reference) -> Option<&'static str> {
    if image.domain() == "mcr.microsoft.com" && image.repository().starts_with("dotnet/") {
        return Some("/");
    }
    if !image.is_official() {
        return None;
    }
    Some(match image.name() {
        "alpine" | "debian" | "ubuntu" | "python" | "node" | "ruby" | "rust"
        | "eclipse-temurin" | "amazoncorretto" | "openjdk" | "maven" | "busybox" | "fedora"
        | "almalinux" | "rockylinux" | "amazonlinux" | "buildpack-deps" | "elixir" | "erlang"
        | "nginx" | "postgres" => "/",
        "golang" => "/go",
        "composer" => "/app",
        "php" => "/var/www/html",
        "gradle" => "/home/gradle",
        "httpd" => "/usr/local/apache2",
        "tomcat" => "/usr/local/tomcat",
        "redis" => "/data",
        _ => return None,
    })
}
/// The program behind `/bin/sh` of an image.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shell {
    /// Stays in front of what it runs.
    Dash,
    /// Replaces itself by the last command, of a list as well.
    BusyBox,
    /// Replaces itself by a lone command; by the last one of a list since version 5.1.
    Bash,
}

/// The program behind `/bin/sh` of an image, where it is the same for all tags in use.
pub fn shell_of(image: &Reference) -> Option<Shell> {
    let tag = image.tag().unwrap_or("");
    if tag.contains("alpine") {
        return Some(Shell::BusyBox);
    }
    if image.domain() == "mcr.microsoft.com" && image.repository().starts_with("dotnet/") {
        let azure = tag.contains("mariner") || tag.contains("azurelinux");
        return Some(if azure { Shell::Bash } else { Shell::Dash });
    }
    // Of Oracle Linux.
    if image.domain() == "ghcr.io" && image.repository().starts_with("graalvm/")
        || image.familiar().starts_with("oracle/graalvm-ce")
    {
        return Some(Shell::Bash);
    }
    if matches!(
        image.domain(),
        "registry.access.redhat.com" | "registry.redhat.io"
    ) {
        return Some(Shell::Bash);
    }
    let account = image.repository().split('/').next().unwrap_or_default();
    let of_one = image.domain() == "docker.io" && ARCHITECTURES.contains(&account);
    if !image.is_official() && !of_one {
        return None;
    }
    match image.name() {
        // Of Oracle Linux.
        "mysql" => Some(Shell::Bash),
        // From 12 on of Oracle Linux, where the tag names nothing else.
        "openjdk" => {
            let major = tag.split(|c: char| !c.is_ascii_digit()).next();
            let old = major
                .and_then(|major| major.parse().ok())
                .is_some_and(|major: u32| major < 12);
            let debian = [
                "slim", "bookworm", "bullseye", "buster", "stretch", "jessie",
            ];
            let dash = old || debian.iter().any(|word| tag.contains(word));
            Some(if dash { Shell::Dash } else { Shell::Bash })
        }
        "debian" | "ubuntu" | "python" | "node" | "ruby" | "golang" | "rust" | "php" | "perl"
        | "pypy" | "eclipse-temurin" | "maven" | "gradle" | "nginx" | "httpd" | "postgres"
        | "redis" | "tomcat" | "buildpack-deps" => {
            let other = ["oracle", "ubi", "rocky", "centos", "alma"];
            let bash = other.iter().any(|word| tag.contains(word));
            Some(if bash { Shell::Bash } else { Shell::Dash })
        }
        "almalinux" | "amazoncorretto" | "amazonlinux" | "centos" | "fedora" | "oraclelinux"
        | "rockylinux" => Some(Shell::Bash),
        "alpine" | "busybox" => Some(Shell::BusyBox),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use plimsoll_oci::Reference;

    use super::{BaseUser, Shell, known, shell_of, user_id};

    fn image(text: &str) -> Reference {
        Reference::parse(text).expect(text)
    }

    #[test]
    fn users_of_known_images() {
        let user = |text: &str| known(&image(text)).map(|known| known.user);
        for (text, expected) in [
            ("node:22-alpine", BaseUser::Root),
            ("gcr.io/distroless/static:nonroot", BaseUser::Id(65532)),
            ("gcr.io/distroless/static", BaseUser::Root),
            ("bitnami/redis:7", BaseUser::Id(1001)),
            ("mcr.microsoft.com/dotnet/aspnet:8.0", BaseUser::Root),
            (
                "mcr.microsoft.com/dotnet/aspnet:8.0-noble-chiseled",
                BaseUser::Id(1654),
            ),
            ("prom/prometheus:v3", BaseUser::Name("nobody")),
        ] {
            assert_eq!(user(text), Some(expected), "{text}");
        }
        assert_eq!(user("acme/base"), None);
        assert_eq!(user("elasticsearch:9"), None);
    }

    #[test]
    fn ports_of_known_images() {
        let ports = |text: &str| {
            known(&image(text))
                .and_then(|known| known.server)
                .map(|s| s.ports)
        };
        assert_eq!(ports("nginx"), Some(&[80][..]));
        assert_eq!(
            ports("mcr.microsoft.com/dotnet/aspnet:6.0"),
            Some(&[80][..])
        );
        assert_eq!(
            ports("mcr.microsoft.com/dotnet/aspnet:9.0-alpine"),
            Some(&[8080][..])
        );
        assert_eq!(ports("mcr.microsoft.com/dotnet/aspnet"), None);
        assert_eq!(ports("php:8.4-fpm-alpine"), Some(&[9000][..]));
        assert_eq!(ports("python:3.13"), None);
    }

    #[test]
    fn names_of_users_have_numbers_where_the_image_is_known() {
        assert_eq!(user_id(Some(&image("node:22")), "node"), Some(1000));
        assert_eq!(user_id(Some(&image("debian:13")), "node"), None);
        assert_eq!(user_id(None, "nobody"), Some(65534));
    }

    #[test]
    fn shells_that_stay() {
        assert_eq!(shell_of(&image("python:3.13-slim")), Some(Shell::Dash));
        for (text, shell) in [
            ("openjdk:17", Shell::Bash),
            ("openjdk:17-slim", Shell::Dash),
            ("openjdk:8u151", Shell::Dash),
            ("registry.access.redhat.com/ubi9/ubi-minimal", Shell::Bash),
            ("amazoncorretto:21", Shell::Bash),
        ] {
            assert_eq!(shell_of(&image(text)), Some(shell), "{text}");
        }
        assert_eq!(shell_of(&image("python:3.13-alpine")), Some(Shell::BusyBox));
        assert_eq!(shell_of(&image("mysql:9")), Some(Shell::Bash));
        assert_eq!(shell_of(&image("acme/x")), None);
    }
}
