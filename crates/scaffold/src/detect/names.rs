//! What names tell: of services, secrets and the servers behind variables.

use plimsoll_secrets::name::named;

use crate::model::Backing;

/// A DNS-1123 label made of a name; empty when nothing is left of it.
pub(crate) fn label(name: &str) -> String {
    let name = name.rsplit('/').next().unwrap_or(name);
    let mut label = String::new();
    for c in name.chars() {
        if c.is_ascii_alphanumeric() {
            // `UserService` is two words, `API` one.
            label.push(c.to_ascii_lowercase());
        } else if !label.ends_with('-') && !label.is_empty() {
            label.push('-');
        }
        if label.len() >= 50 {
            break;
        }
    }
    let label = label.trim_end_matches('-').to_owned();
    match label.chars().next() {
        Some(c) if c.is_ascii_digit() => format!("app-{label}"),
        _ => label,
    }
}

/// Whether the value of a variable with this name is to be kept from people: it is a secret, or the
/// address of a server that wants a password.
pub(crate) fn secret(name: &str) -> bool {
    if named(name).is_some() {
        return true;
    }
    let upper = name.to_ascii_uppercase();
    let last = upper.rsplit(['_', '.', '-']).next().unwrap_or_default();
    if upper.contains("DATABASE_UR") || upper.contains("DB_UR") {
        return true;
    }
    let url = matches!(last, "URL" | "URI" | "CONNECTION") || upper.contains("CONNECTIONSTRING");
    url && of_variable(name).is_some_and(|backing| {
        !matches!(
            backing,
            Backing::Elasticsearch | Backing::S3 | Backing::Kafka
        )
    })
}

/// The backing service that a variable of this name leads to.
pub(crate) fn of_variable(name: &str) -> Option<Backing> {
    let upper = name.to_ascii_uppercase();
    let has = |word: &str| upper.contains(word);
    Some(
        if has("POSTGRES")
            || upper.starts_with("PG")
                && matches!(
                    &upper[2..],
                    "HOST" | "PORT" | "USER" | "PASSWORD" | "DATABASE"
                )
        {
            Backing::Postgres
        } else if has("MARIADB") {
            Backing::Mariadb
        } else if has("MYSQL") {
            Backing::Mysql
        } else if has("REDIS") || has("VALKEY") {
            Backing::Redis
        } else if has("MEMCACHE") {
            Backing::Memcached
        } else if has("RABBIT") || has("AMQP") || has("CLOUDAMQP") {
            Backing::Rabbitmq
        } else if has("KAFKA") {
            Backing::Kafka
        } else if has("NATS_") {
            Backing::Nats
        } else if has("MONGO") {
            Backing::Mongodb
        } else if has("ELASTIC") || has("OPENSEARCH") {
            Backing::Elasticsearch
        } else if has("S3_") || has("MINIO") {
            Backing::S3
        } else if has("SMTP") || upper.starts_with("MAIL_") || upper.starts_with("EMAIL_HOST") {
            Backing::Smtp
        } else {
            return None;
        },
    )
}

/// The backing service that an address leads to, by its scheme.
pub(crate) fn of_address(text: &str) -> Option<Backing> {
    // As PHP's PDO is told.
    for (driver, backing) in [("mysql:", Backing::Mysql), ("pgsql:", Backing::Postgres)] {
        let rest = text.strip_prefix(driver);
        if rest.is_some_and(|rest| rest.contains("host=")) {
            return Some(backing);
        }
    }
    let (scheme, rest) = text.split_once("://")?;
    // `starts_with("s3://")` asks what an address is of.
    if rest.is_empty() {
        return None;
    }
    let scheme = scheme.strip_prefix("jdbc:").unwrap_or(scheme);
    let scheme = scheme.split('+').next().unwrap_or(scheme);
    Some(match scheme.to_ascii_lowercase().as_str() {
        "postgres" | "postgresql" | "postgis" | "ecto" | "r2dbc:postgresql" => Backing::Postgres,
        "mysql" | "mysql2" => Backing::Mysql,
        "mariadb" => Backing::Mariadb,
        "redis" | "rediss" => Backing::Redis,
        "memcached" => Backing::Memcached,
        "amqp" | "amqps" | "pyamqp" => Backing::Rabbitmq,
        "kafka" => Backing::Kafka,
        "nats" => Backing::Nats,
        "mongodb" => Backing::Mongodb,
        "smtp" | "smtps" => Backing::Smtp,
        "s3" => Backing::S3,
        _ => return None,
    })
}

/// Whether a text is a name that an environment variable would have: capitals, digits and `_`.
pub(crate) fn is_variable(name: &str) -> bool {
    !name.is_empty()
        && name.len() < 80
        && name.starts_with(|c: char| c.is_ascii_uppercase() || c == '_')
        && name
            .bytes()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
}

/// A file that is written, so that it is not taken for a folder: what has no ending is given as the
/// folder that it lies in.
pub(crate) fn of_file(path: &str) -> String {
    let (folder, name) = path.rsplit_once('/').unwrap_or((".", path));
    if name.is_empty() || name.rfind('.').is_some_and(|at| at > 0) {
        return path.to_owned();
    }
    format!("{folder}/")
}

/// Whether a path is the kernel's, and no volume's.
pub(crate) fn is_of_system(path: &str) -> bool {
    ["/dev", "/proc", "/sys"].iter().any(|folder| {
        path.strip_prefix(folder)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_without_an_ending_are_known_by_their_folder() {
        assert_eq!(of_file("/app/uploads/last"), "/app/uploads/");
        assert_eq!(of_file("/app/data.db"), "/app/data.db");
        assert_eq!(of_file("last"), "./");
        assert_eq!(of_file("a/.hidden"), "a/");
        assert!(is_of_system("/proc/self") && !is_of_system("/device"));
    }

    #[test]
    fn addresses_tell_what_they_lead_to() {
        assert_eq!(of_address("s3://bucket"), Some(Backing::S3));
        assert_eq!(of_address("s3://"), None);
        assert_eq!(of_address("mysql:host=db;dbname=x"), Some(Backing::Mysql));
    }

    #[test]
    fn labels_are_valid_for_dns() {
        assert_eq!(label("@acme/User_Service"), "user-service");
        assert_eq!(label("Shop.Api"), "shop-api");
        assert_eq!(label("3d"), "app-3d");
        assert_eq!(label("--"), "");
    }

    #[test]
    fn secrets_are_known_by_name() {
        for name in [
            "DB_PASSWORD",
            "SECRET_KEY",
            "JWT_SECRET",
            "STRIPE_API_KEY",
            "GITHUB_TOKEN",
            "DATABASE_PASSWORD",
            "REDIS_URL",
            "POSTGRES_URL",
            "SENTRY_DSN",
            "AWS_SECRET_ACCESS_KEY",
            "PGPASSWORD",
            "SECRET_KEY_BASE",
            "RAILS_MASTER_KEY",
        ] {
            assert!(secret(name), "{name}");
        }
        for name in [
            "PORT",
            "LOG_LEVEL",
            "TOKEN_TTL",
            "SECRET_FILE",
            "STRIPE_PUBLISHABLE_KEY",
            "ACCESS_TOKEN_EXPIRE_MINUTES",
            "API_URL",
            "KAFKA_URL",
            "PASSWORD_MIN",
            "PUBLIC_KEY",
            "SORT_KEY",
            "MONKEY",
        ] {
            assert!(!secret(name), "{name}");
        }
    }
}
