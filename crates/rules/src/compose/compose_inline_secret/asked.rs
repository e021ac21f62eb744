//! Who asks for a secret, whether anybody can be asked, and whether that is ever run.

use plimsoll_compose::{
    ComposeFile, HostIp, NameRole, Published, Service, Value, Variable, role_of_path,
};
use plimsoll_oci::Reference;
use plimsoll_project::{ComposeUnit, Project};
use plimsoll_secrets::placeholder::names_its_stage;

use super::super::{backing, siblings};
use super::{MAX_CONTEXT, Secret};
use crate::heads::is_snapshot;

/// Words for what one logs in to elsewhere.
const OF_OTHERS: [&str; 35] = [
    "db",
    "database",
    "postgres",
    "postgresql",
    "pg",
    "mysql",
    "mariadb",
    "mssql",
    "mongo",
    "mongodb",
    "cassandra",
    "clickhouse",
    "couchdb",
    "influx",
    "influxdb",
    "neo4j",
    "redis",
    "smtp",
    "mail",
    "email",
    "amqp",
    "rabbitmq",
    "nats",
    "queue",
    "broker",
    "kafka",
    "es",
    "elastic",
    "elasticsearch",
    "opensearch",
    "s3",
    "minio",
    "datasource",
    "jdbc",
    "client",
];

/// The words of a name, in small letters.
fn words(name: &str) -> Vec<String> {
    let lower = name.to_ascii_lowercase();
    let words = lower.split(|c: char| !c.is_ascii_alphanumeric());
    words
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Whether the service that asks for the secret publishes a port on every address of the host.
/// What it only presents to another service is not asked for there.
pub(super) fn is_open(file: ComposeFile<'_>, secret: &Secret<'_>) -> bool {
    !secret.inside
        && !is_presented(file, secret)
        && secret
            .service
            .ports()
            .filter_map(plimsoll_compose::Port::mapping)
            .any(|port| {
                port.host_ip == HostIp::Any && matches!(port.published, Published::Range(_))
            })
}

/// Whether the secret's name says that it is for another service: for one of a kind, or for a
/// database of the file by its name.
fn is_presented(file: ComposeFile<'_>, secret: &Secret<'_>) -> bool {
    if backing::of_service(secret.service).is_some() {
        return false;
    }
    let own = secret.service.name().to_ascii_lowercase();
    let of_file = |word: &str| {
        let mut others = file.services().take(MAX_CONTEXT);
        others.any(|other| {
            other.name().eq_ignore_ascii_case(word) && backing::of_service(other).is_some()
        })
    };
    words(&secret.name).iter().any(|word| {
        let is_other = OF_OTHERS.contains(&&**word) || of_file(word);
        is_other && own != *word && !is_server_of(secret.service, word)
    })
}

/// Whether a service runs the server that a word stands for, by the name of its image:
/// `minio/minio`, `redis/redis-stack`, but no client such as `redis-commander`.
fn is_server_of(service: Service<'_>, word: &str) -> bool {
    let image = service.image().and_then(Value::with_defaults);
    let image = image.and_then(|text| Reference::parse(&text).ok());
    image.is_some_and(|image| {
        let last = image.repository().rsplit('/').next().unwrap_or_default();
        let rest = last.strip_prefix(word);
        rest.is_some_and(|rest| matches!(rest, "" | "db" | "search" | "-server" | "-stack"))
    })
}

/// Whether anything can start the service of a secret: it has an image or a build, here or in a
/// file that this one is laid over or that takes it over.
pub(super) fn is_startable(project: &Project, unit: &ComposeUnit, secret: &Secret<'_>) -> bool {
    const MADE_OF: [&str; 4] = ["image", "build", "extends", "provider"];
    let node = secret.service.node();
    if MADE_OF.iter().any(|key| node.present(key).is_some()) {
        return true;
    }
    let file = project.files.get(unit.file);
    !is_snapshot(&file.text)
        && (role_of_path(&file.path) == NameRole::Override
            || siblings::says(project, unit, &secret.service.name(), &MADE_OF)
            || siblings::is_extended(project, unit))
}

/// Whether a secret is a key for signing webhooks, with which nobody logs in, and says itself that
/// it is one for development.
pub(super) fn only_signs(secret: &Secret<'_>) -> bool {
    let is_of_signing = |word: &String| {
        matches!(
            word.as_str(),
            "webhook" | "webhooks" | "hmac" | "signing" | "signature"
        )
    };
    // Tokens of users are signed, too.
    let words = words(&secret.name);
    let of_users = |word: &String| matches!(word.as_str(), "jwt" | "session" | "auth" | "cookie");
    !secret.inside
        && words.iter().any(is_of_signing)
        && !words.iter().any(of_users)
        && names_its_stage(&secret.text)
}

/// Whether a server of Elasticsearch or OpenSearch in the file asks nobody for a password.
pub(super) fn searches_without_login(file: ComposeFile<'_>) -> bool {
    let switches_off = |variable: Variable<'_>| {
        let name = variable.name().to_ascii_lowercase();
        let value = variable.value().and_then(Value::literal);
        match (name.as_str(), value.as_deref()) {
            ("xpack.security.enabled", Some(value)) => value.eq_ignore_ascii_case("false"),
            ("disable_security_plugin" | "plugins.security.disabled", Some(value)) => {
                value.eq_ignore_ascii_case("true")
            }
            _ => false,
        }
    };
    file.services()
        .take(MAX_CONTEXT)
        .any(|service| service.environment().take(MAX_CONTEXT).any(switches_off))
}

/// Whether a variable is for such a server.
pub(super) fn is_for_search(name: &str) -> bool {
    words(name).iter().any(|word| {
        matches!(
            word.as_str(),
            "es" | "elastic" | "elasticsearch" | "opensearch"
        )
    })
}
