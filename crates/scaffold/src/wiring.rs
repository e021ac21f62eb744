//! What the variables of a service are set to, beside its backing services and in a cluster.

mod backing;
mod value;

pub(crate) use backing::{Healthcheck, Image, image};
pub(crate) use value::beside;

use crate::model::{Backing, Evidence, Service, Variable};
use crate::plan::Running;

/// How a variable reaches the process.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Carrier {
    /// A Secret.
    Secret,
    /// A ConfigMap.
    Config,
    /// Nobody sets it: the process does without.
    Unset,
}

/// A variable that whoever runs the image has to think of.
pub(crate) struct Wire {
    pub(crate) variable: Variable,
    pub(crate) carrier: Carrier,
}

impl Wire {
    pub(crate) fn name(&self) -> &str {
        &self.variable.name.value
    }

    pub(crate) fn evidence(&self) -> &[Evidence] {
        &self.variable.name.evidence
    }

    /// The key that holds it in a Secret.
    pub(crate) fn key(&self) -> String {
        self.name()
            .chars()
            .map(|c| {
                if c.is_ascii_alphanumeric() {
                    c.to_ascii_lowercase()
                } else {
                    '-'
                }
            })
            .collect()
    }
}

/// The variables of a service, without those that its image sets.
pub(crate) fn wires(service: &Service, running: &Running) -> Vec<Wire> {
    let set = |name: &str| running.environment.iter().any(|set| set.name == name);
    let port = service.port.as_ref();
    let port = port.and_then(|port| port.value.variable.as_deref());
    let variables = service.environment.iter();
    variables
        .filter(|variable| {
            let name = &variable.name.value;
            is_name(name) && !set(name) && port != Some(name)
        })
        .map(|variable| {
            let mut variable = variable.clone();
            if variable.backing.is_none() && names_database(&variable.name.value) {
                variable.backing = only_database(service);
            }
            Wire {
                carrier: carrier(&variable),
                variable,
            }
        })
        .collect()
}

/// Whether a variable speaks of the database, and of no kind of one.
fn names_database(name: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    upper
        .split('_')
        .any(|word| matches!(word, "DATABASE" | "DB"))
}

/// The database of a service that has one.
fn only_database(service: &Service) -> Option<Backing> {
    let is_database = |backing: &Backing| {
        matches!(
            backing,
            Backing::Postgres | Backing::Mysql | Backing::Mariadb | Backing::Mongodb
        )
    };
    let kinds = service.backing.iter().map(|known| known.value);
    let found: Vec<Backing> = kinds.filter(is_database).collect();
    match found[..] {
        [only] => Some(only),
        _ => None,
    }
}

fn carrier(variable: &Variable) -> Carrier {
    // An address may hold a password, and its owner decides whether it does.
    let holds_address = variable.backing.is_some() && value::is_address(&variable.name.value);
    if variable.secret || holds_address {
        Carrier::Secret
    } else if variable.required || variable.default.is_some() || variable.backing.is_some() {
        Carrier::Config
    } else {
        Carrier::Unset
    }
}

/// What every tool takes as the name of a variable.
fn is_name(name: &str) -> bool {
    !name.starts_with(|c: char| c.is_ascii_digit())
        && !name.is_empty()
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// What a service that is reached over the network is called in a sentence.
pub(crate) fn title(backing: Backing) -> &'static str {
    match backing {
        Backing::Postgres => "PostgreSQL",
        Backing::Mysql => "MySQL",
        Backing::Mariadb => "MariaDB",
        Backing::Redis => "Redis",
        Backing::Memcached => "Memcached",
        Backing::Rabbitmq => "RabbitMQ",
        Backing::Kafka => "Kafka",
        Backing::Nats => "NATS",
        Backing::Mongodb => "MongoDB",
        Backing::Elasticsearch => "Elasticsearch",
        Backing::S3 => "an object store",
        Backing::Smtp => "a mail server",
    }
}

#[cfg(test)]
mod tests;
