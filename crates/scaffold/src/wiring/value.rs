//! The value of a variable that leads to a backing service beside the service in Compose.

use super::backing::{Image, image};
use crate::model::{Backing, Stack, Variable};

/// What a part of an address a variable holds, as its name says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Part {
    Address,
    Host,
    HostPort,
    Port,
    User,
    Password,
    Database,
}

/// Whether the name is one of a whole address, in which a password may stand.
pub(super) fn is_address(name: &str) -> bool {
    part(name) == Some(Part::Address)
}

/// The value with Compose's own variables in it, or nothing where the name does not say what it
/// holds. `database` names user and database of the backing service.
pub(crate) fn beside(variable: &Variable, stack: &Stack, database: &str) -> Option<String> {
    let backing = variable.backing?;
    let image = image(backing);
    let user = image.user.replace("{name}", database);
    Some(match part(&variable.name.value)? {
        Part::Address => address(variable, backing, &image, stack, database),
        Part::Host if backing == Backing::S3 => {
            format!("http://{}:{}", image.name, image.port)
        }
        Part::Host => image.name.to_owned(),
        Part::HostPort => format!("{}:{}", image.name, image.port),
        Part::Port => image.port.to_string(),
        Part::User if !user.is_empty() => user,
        Part::Password if !image.password.is_empty() => password(&image),
        Part::Database if has_databases(backing) => database.to_owned(),
        Part::User | Part::Password | Part::Database => return None,
    })
}

fn has_databases(backing: Backing) -> bool {
    matches!(
        backing,
        Backing::Postgres | Backing::Mysql | Backing::Mariadb | Backing::Mongodb
    )
}

fn part(name: &str) -> Option<Part> {
    let upper = name.to_ascii_uppercase();
    let words: Vec<&str> = upper.split('_').filter(|word| !word.is_empty()).collect();
    let has = |any: &[&str]| words.iter().any(|word| any.contains(word));
    let ends = |any: &[&str]| words.last().is_some_and(|word| any.contains(word));
    let is_connection =
        upper.contains("CONNECTIONSTRINGS__") || upper.contains("CONNECTION_STRING");
    let is_broker = ends(&["BROKER", "BACKEND"]) && has(&["CELERY", "RESULT", "BROKER"]);
    let addresses = ["URL", "URI", "DSN", "CONNECTIONSTRING"];
    Some(if is_connection || is_broker || ends(&addresses) {
        Part::Address
    } else if ends(&["PASSWORD", "PASS", "PASSWD", "PWD"]) {
        Part::Password
    } else if ends(&["PORT"]) {
        Part::Port
    } else if ends(&[
        "HOSTS",
        "SERVERS",
        "BROKERS",
        "ADDR",
        "ADDRESS",
        "ADDRESSES",
    ]) {
        Part::HostPort
    } else if ends(&["HOST", "HOSTNAME", "SERVER", "ENDPOINT"]) {
        Part::Host
    } else if ends(&["USER", "USERNAME"]) {
        Part::User
    } else if ends(&["DB", "DATABASE", "NAME", "DBNAME"]) {
        Part::Database
    } else {
        return None;
    })
}

/// Compose's way of saying that somebody has to set the password.
fn password(image: &Image) -> String {
    format!("${{{}:?set it in .env}}", image.password)
}

fn address(
    variable: &Variable,
    backing: Backing,
    image: &Image,
    stack: &Stack,
    database: &str,
) -> String {
    let (name, port) = (image.name, image.port);
    let password = password(image);
    let user = image.user.replace("{name}", database);
    // The code's own default knows which driver it wants.
    let scheme = variable.default.as_deref();
    let scheme = scheme
        .and_then(|default| default.split_once("://"))
        .map(|(scheme, _)| scheme);
    let is_java = matches!(stack, Stack::Jvm(_));
    let jdbc = scheme.is_some_and(|scheme| scheme.starts_with("jdbc:")) || is_java;
    let ado = matches!(stack, Stack::Dotnet(_));
    match backing {
        Backing::Postgres if ado => format!(
            "Host={name};Port={port};Database={database};Username={user};Password={password}"
        ),
        Backing::Mysql | Backing::Mariadb if ado => {
            format!("Server={name};Port={port};Database={database};User={user};Password={password}")
        }
        // Spring and its kin take user and password by variables of their own.
        Backing::Postgres if jdbc => format!("jdbc:postgresql://{name}:{port}/{database}"),
        Backing::Mysql if jdbc => format!("jdbc:mysql://{name}:{port}/{database}"),
        Backing::Mariadb if jdbc => format!("jdbc:mariadb://{name}:{port}/{database}"),
        Backing::Postgres => {
            let scheme = of_kin(scheme, "postgres").unwrap_or("postgresql");
            let driver = match stack {
                Stack::Python(python) if scheme == "postgresql" => python.postgres_driver.as_ref(),
                _ => None,
            };
            let scheme = match driver {
                Some(driver) => format!("{scheme}+{}", driver.value),
                None => scheme.to_owned(),
            };
            format!("{scheme}://{user}:{password}@{name}:{port}/{database}")
        }
        Backing::Mysql => {
            let scheme = of_kin(scheme, "mysql").unwrap_or("mysql");
            format!("{scheme}://{user}:{password}@{name}:{port}/{database}")
        }
        Backing::Mariadb => {
            let kin = of_kin(scheme, "mariadb").or(of_kin(scheme, "mysql"));
            let scheme = kin.unwrap_or("mysql");
            format!("{scheme}://{user}:{password}@{name}:{port}/{database}")
        }
        Backing::Redis if ado => format!("{name}:{port}"),
        Backing::Redis => format!("redis://{name}:{port}/0"),
        Backing::Memcached => format!("{name}:{port}"),
        Backing::Rabbitmq => format!("amqp://{user}:{password}@{name}:{port}/"),
        Backing::Kafka => format!("{name}:{port}"),
        Backing::Nats => format!("nats://{name}:{port}"),
        Backing::Mongodb => {
            format!("mongodb://{user}:{password}@{name}:{port}/{database}?authSource=admin")
        }
        Backing::Elasticsearch | Backing::S3 => format!("http://{name}:{port}"),
        Backing::Smtp => format!("smtp://{name}:{port}"),
    }
}

/// A scheme when it belongs to a family and is made of nothing unusual.
fn of_kin<'d>(scheme: Option<&'d str>, family: &str) -> Option<&'d str> {
    scheme.filter(|scheme| {
        let plain = |c: char| c.is_ascii_alphanumeric() || "+.-".contains(c);
        scheme.starts_with(family) && scheme.chars().all(plain)
    })
}
