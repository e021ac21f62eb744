//! How sure it is that a service needs a server. A client among the dependencies makes it likely: the
//! program may do without, and only tests may use it. It is stated where configuration says it, too:
//! a variable that has to be set, an address, or a module of a framework that connects by itself.

use super::environment::Environment;
use super::names;
use crate::model::{Backing, Evidence, Known};

/// What a dependency says about a server that it speaks with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Grip {
    /// Speaks with several, or with one that nobody runs beside a program.
    Loose,
    /// Only code that nothing of the program calls uses it.
    Unused,
    /// A driver.
    Driver,
    /// A framework connects by it without being told to.
    Firm,
}

/// A dependency that speaks with a server.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    pub(crate) backing: Backing,
    pub(crate) grip: Grip,
    pub(crate) evidence: Evidence,
}

/// The servers that a service needs: what clients suggest, made sure by what was `found` in code and
/// configuration and by variables. `embedded` says that a database without a server is there, too.
pub(crate) fn settle(
    found: Vec<Known<Backing>>,
    clients: &[Client],
    environment: &Environment,
    embedded: bool,
) -> Vec<Known<Backing>> {
    let database = (!embedded).then(|| only_database(clients)).flatten();
    let mut all: Vec<Known<Backing>> = Vec::new();
    for client in clients {
        let backing = client.backing;
        let evidence = client.evidence.clone();
        let confirmed = || {
            let written = found.iter().find(|known| same(known.value, backing));
            let written = written.and_then(|known| known.evidence.first().cloned());
            let set = || environment.firm(backing);
            let of_database = || environment.database().filter(|_| database == Some(backing));
            written.or_else(set).or_else(of_database)
        };
        all.push(match client.grip {
            Grip::Firm => Known::stated(backing, evidence),
            Grip::Driver => match confirmed() {
                Some(other) => Known::stated(backing, evidence).and(other),
                None => {
                    let says = format!(
                        "{}, and nothing says that it has to be there",
                        evidence.says
                    );
                    Known::likely(backing, Evidence { says, ..evidence })
                }
            },
            Grip::Loose | Grip::Unused => Known::likely(backing, evidence),
        });
    }
    all.extend(found);
    all
}

/// A driver for MySQL serves MariaDB as well.
fn same(one: Backing, other: Backing) -> bool {
    let plain = |backing| match backing {
        Backing::Mariadb => Backing::Mysql,
        backing => backing,
    };
    plain(one) == plain(other)
}

/// The one kind of database that there is a driver for.
fn only_database(clients: &[Client]) -> Option<Backing> {
    let mut kinds = clients
        .iter()
        .filter(|client| client.grip == Grip::Driver)
        .map(|client| client.backing)
        .filter(|backing| {
            matches!(
                backing,
                Backing::Postgres | Backing::Mysql | Backing::Mariadb | Backing::Mongodb
            )
        });
    let first = kinds.next()?;
    kinds.all(|kind| kind == first).then_some(first)
}

/// Whether a variable with this name says where a server is.
pub(crate) fn is_place(name: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    let last = upper.rsplit(['_', '.']).next().unwrap_or_default();
    matches!(
        last,
        "URL"
            | "URI"
            | "HOST"
            | "HOSTS"
            | "HOSTNAME"
            | "ADDR"
            | "ADDRESS"
            | "SERVER"
            | "SERVERS"
            | "DSN"
            | "ENDPOINT"
            | "BROKER"
            | "BROKERS"
            | "CONNECTION"
    )
}

/// Whether a variable says where the database is, whatever its kind.
pub(crate) fn is_database(name: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    let words: Vec<&str> = upper.split('_').collect();
    let speaks = words
        .iter()
        .any(|word| matches!(*word, "DATABASE" | "DB" | "JDBC"));
    speaks && is_place(name) && !words.contains(&"TEST") && !words.contains(&"TESTING")
}

/// Whether an address is there to show what one looks like.
pub(crate) fn is_placeholder(address: &str) -> bool {
    let lower = address.to_ascii_lowercase();
    ["username", "user:pass", "example", "host:port", "<", "..."]
        .iter()
        .any(|part| lower.contains(part))
}

/// The server that an address in code leads to, unless it only shows what one looks like.
pub(crate) fn of_address(address: &str) -> Option<Backing> {
    names::of_address(address).filter(|_| !is_placeholder(address))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Certainty;

    fn client(backing: Backing, grip: Grip) -> Client {
        Client {
            backing,
            grip,
            evidence: Evidence::table("a client"),
        }
    }

    fn sure(clients: &[Client], environment: &Environment, embedded: bool) -> Vec<Certainty> {
        let settled = settle(Vec::new(), clients, environment, embedded);
        settled.iter().map(|known| known.certainty).collect()
    }

    fn reads(name: &str, default: Option<&str>, required: bool) -> Environment {
        let mut environment = Environment::default();
        let by = Evidence::table("a read");
        environment.add(name.to_owned(), default.map(str::to_owned), required, by);
        environment
    }

    #[test]
    fn a_driver_alone_is_no_proof() {
        use Certainty::{Likely, Stated};
        let redis = [client(Backing::Redis, Grip::Driver)];
        assert_eq!(sure(&redis, &Environment::default(), false), [Likely]);
        assert_eq!(
            sure(&redis, &reads("REDIS_URL", None, false), false),
            [Likely]
        );
        assert_eq!(
            sure(&redis, &reads("REDIS_URL", None, true), false),
            [Stated]
        );
        let default = Some("redis://localhost:6379");
        assert_eq!(
            sure(&redis, &reads("REDIS_URL", default, false), false),
            [Stated]
        );
        let timeout = reads("REDIS_TIMEOUT", Some("5"), false);
        assert_eq!(sure(&redis, &timeout, false), [Likely]);
        let written = vec![Known::likely(Backing::Redis, Evidence::table("an address"))];
        let both = settle(written, &redis, &Environment::default(), false);
        assert_eq!(both[0].certainty, Stated);
        let firm = [client(Backing::Redis, Grip::Firm)];
        assert_eq!(sure(&firm, &Environment::default(), false), [Stated]);
        let unused = [client(Backing::Mysql, Grip::Unused)];
        assert_eq!(
            sure(&unused, &reads("DATABASE_URL", None, true), false),
            [Likely]
        );
    }

    #[test]
    fn the_database_is_what_the_only_driver_speaks_with() {
        use Certainty::{Likely, Stated};
        let url = reads("DATABASE_URL", None, false);
        let postgres = client(Backing::Postgres, Grip::Driver);
        let one = [postgres.clone(), client(Backing::Redis, Grip::Loose)];
        assert_eq!(sure(&one, &url, false), [Stated, Likely]);
        assert_eq!(sure(&one, &url, true), [Likely, Likely]);
        let two = [postgres, client(Backing::Mysql, Grip::Driver)];
        assert_eq!(sure(&two, &url, false), [Likely, Likely]);
        assert!(!is_database("ALLOYDB_DATABASE_NAME") && !is_database("TESTING_DATABASE_URL"));
    }
}
