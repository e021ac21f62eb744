//! Backing services by their images: where they keep data, how slowly they start, how to ask
//! whether they are ready, and which images are known to carry no health check.

use plimsoll_compose::{ComposeFile, Service};
use plimsoll_oci::Reference;

/// A family of images of one backing service.
#[derive(Debug)]
pub(crate) struct Backing {
    /// What it is called.
    pub(crate) name: &'static str,
    /// Repositories in their familiar form.
    repositories: &'static [&'static str],
    /// Folders of which one holds the data. Empty where it depends on the release.
    pub(crate) data: &'static [&'static str],
    /// Whether it is a database, whose data are not made anew from elsewhere.
    pub(crate) database: bool,
    /// Whether it takes seconds from its start to the first connection it accepts.
    pub(crate) slow: bool,
    /// A `test` for its health check.
    pub(crate) test: Option<&'static str>,
}

const POSTGRES_TEST: &str = r#"["CMD-SHELL", "pg_isready -h 127.0.0.1"]"#;

/// The table. The images' own documentation on Docker Hub says where data are kept.
static BACKINGS: &[Backing] = &[
    Backing {
        name: "PostgreSQL",
        repositories: &[
            "postgres",
            "postgis/postgis",
            "pgvector/pgvector",
            "ankane/pgvector",
            "timescale/timescaledb",
        ],
        data: &[],
        database: true,
        slow: true,
        test: Some(POSTGRES_TEST),
    },
    Backing {
        name: "PostgreSQL",
        repositories: &["bitnami/postgresql", "bitnamilegacy/postgresql"],
        data: &["/bitnami/postgresql"],
        database: true,
        slow: true,
        test: Some(POSTGRES_TEST),
    },
    Backing {
        name: "MySQL",
        repositories: &["mysql", "percona"],
        data: &["/var/lib/mysql"],
        database: true,
        slow: true,
        test: Some(r#"["CMD", "mysqladmin", "ping", "-h", "127.0.0.1", "--silent"]"#),
    },
    Backing {
        name: "MariaDB",
        repositories: &["mariadb"],
        data: &["/var/lib/mysql"],
        database: true,
        slow: true,
        test: Some(r#"["CMD", "mariadb-admin", "ping", "-h", "127.0.0.1", "--silent"]"#),
    },
    Backing {
        name: "MySQL",
        repositories: &["bitnami/mysql", "bitnamilegacy/mysql"],
        data: &["/bitnami/mysql"],
        database: true,
        slow: true,
        test: None,
    },
    Backing {
        name: "MariaDB",
        repositories: &["bitnami/mariadb", "bitnamilegacy/mariadb"],
        data: &["/bitnami/mariadb"],
        database: true,
        slow: true,
        test: None,
    },
    Backing {
        name: "MongoDB",
        repositories: &["mongo"],
        data: &["/data/db"],
        database: true,
        // Its drivers look for a server for half a minute before they give up.
        slow: false,
        test: Some(r#"["CMD", "mongosh", "--quiet", "--eval", "db.adminCommand('ping')"]"#),
    },
    Backing {
        name: "MongoDB",
        repositories: &["bitnami/mongodb", "bitnamilegacy/mongodb"],
        data: &["/bitnami/mongodb"],
        database: true,
        slow: false,
        test: None,
    },
    Backing {
        name: "SQL Server",
        repositories: &["mcr.microsoft.com/mssql/server"],
        data: &["/var/opt/mssql"],
        database: true,
        slow: true,
        test: None,
    },
    Backing {
        name: "Cassandra",
        repositories: &["cassandra"],
        data: &["/var/lib/cassandra"],
        database: true,
        slow: true,
        test: Some(r#"["CMD-SHELL", "cqlsh -e 'describe cluster'"]"#),
    },
    Backing {
        name: "CouchDB",
        repositories: &["couchdb"],
        data: &["/opt/couchdb/data"],
        database: true,
        slow: true,
        test: Some(r#"["CMD", "curl", "-f", "http://localhost:5984/_up"]"#),
    },
    Backing {
        name: "Neo4j",
        repositories: &["neo4j"],
        data: &["/data"],
        database: true,
        slow: true,
        test: Some(r#"["CMD", "wget", "-qO-", "http://localhost:7474"]"#),
    },
    Backing {
        name: "ClickHouse",
        repositories: &[
            "clickhouse/clickhouse-server",
            "clickhouse",
            "yandex/clickhouse-server",
        ],
        data: &["/var/lib/clickhouse"],
        database: true,
        slow: true,
        test: Some(r#"["CMD", "wget", "-qO-", "http://localhost:8123/ping"]"#),
    },
    Backing {
        name: "InfluxDB",
        repositories: &["influxdb"],
        data: &[
            "/var/lib/influxdb",
            "/var/lib/influxdb2",
            "/var/lib/influxdb3",
        ],
        database: true,
        slow: false,
        test: None,
    },
    Backing {
        name: "Redis",
        repositories: &[
            "redis",
            "valkey/valkey",
            "bitnami/redis",
            "redis/redis-stack-server",
        ],
        data: &["/data"],
        database: false,
        slow: false,
        test: Some(r#"["CMD", "redis-cli", "ping"]"#),
    },
    Backing {
        name: "Memcached",
        repositories: &["memcached"],
        data: &[],
        database: false,
        slow: false,
        test: None,
    },
    Backing {
        name: "RabbitMQ",
        repositories: &["rabbitmq"],
        data: &["/var/lib/rabbitmq"],
        database: false,
        slow: true,
        test: Some(r#"["CMD", "rabbitmq-diagnostics", "-q", "check_port_connectivity"]"#),
    },
    Backing {
        name: "Kafka",
        repositories: &[
            "apache/kafka",
            "apache/kafka-native",
            "bitnami/kafka",
            "confluentinc/cp-kafka",
            "wurstmeister/kafka",
        ],
        data: &[],
        database: false,
        slow: true,
        test: None,
    },
    Backing {
        name: "ZooKeeper",
        repositories: &[
            "zookeeper",
            "bitnami/zookeeper",
            "confluentinc/cp-zookeeper",
        ],
        data: &[],
        database: false,
        slow: true,
        test: None,
    },
    Backing {
        name: "Elasticsearch",
        repositories: &[
            "elasticsearch",
            "docker.elastic.co/elasticsearch/elasticsearch",
        ],
        data: &[],
        database: false,
        slow: true,
        test: Some(r#"["CMD-SHELL", "curl -fs http://localhost:9200/_cluster/health"]"#),
    },
];

/// Further official images without a `HEALTHCHECK`, as their Dockerfiles say. The maintainers of
/// the official images add none as a rule; images that do (`kong`) are not listed.
const WITHOUT_HEALTHCHECK: &[&str] = &[
    "adminer",
    "alpine",
    "amazoncorretto",
    "busybox",
    "caddy",
    "debian",
    "drupal",
    "eclipse-temurin",
    "ghost",
    "golang",
    "gradle",
    "haproxy",
    "httpd",
    "maven",
    "nats",
    "nginx",
    "node",
    "openjdk",
    "php",
    "python",
    "registry",
    "ruby",
    "rust",
    "tomcat",
    "traefik",
    "ubuntu",
    "wordpress",
];

/// The backing service that an image is.
pub(crate) fn of_image(image: &Reference) -> Option<&'static Backing> {
    let name = image.familiar();
    BACKINGS
        .iter()
        .find(|backing| backing.repositories.contains(&name.as_str()))
}

/// The image of a service as it is pulled, variables at their defaults; where the tag alone is
/// unknown, the name without it. `None` where the service builds its image.
pub(crate) fn image_of(service: Service<'_>) -> Option<Reference> {
    if service.build().is_some() {
        return None;
    }
    let text = service.image()?.with_unknowns();
    let text = text.trim();
    let unknown = plimsoll_compose::interpolation::UNKNOWN;
    match text.find(unknown) {
        None => Reference::parse(text).ok(),
        Some(at) => {
            // `postgres:${VERSION}` is PostgreSQL whatever the version.
            let name = text[..at].rsplit_once(':').map(|(name, _)| name)?;
            (!name.is_empty() && !text[at..].contains('/'))
                .then(|| Reference::parse(name).ok())
                .flatten()
        }
    }
}

/// The backing service that a service runs.
pub(crate) fn of_service(service: Service<'_>) -> Option<&'static Backing> {
    of_image(&image_of(service)?)
}

/// Whether an image is known to carry no health check.
pub(crate) fn lacks_healthcheck(image: &Reference) -> bool {
    let name = image.familiar();
    of_image(image).is_some() || WITHOUT_HEALTHCHECK.contains(&name.as_str())
}

/// The major release of an InfluxDB image, 1 to 3: each keeps its data in another folder.
pub(crate) fn influx_major(image: &Reference) -> Option<usize> {
    let tag = image.tag()?;
    let number = tag.split(['.', '-']).next()?;
    number.parse().ok().filter(|major| (1..=3).contains(major))
}

/// The release of a PostgreSQL image: the number that its tag begins with (`16-alpine`,
/// `17.2-3.5`, `pg16`, `latest-pg16`).
pub(crate) fn postgres_major(image: &Reference) -> Option<u32> {
    let tag = image.tag()?;
    let start = tag.find("pg").map_or(0, |at| at + 2);
    let digits = tag[start..].bytes().take_while(u8::is_ascii_digit).count();
    // timescale/timescaledb counts its own releases: `2.17.2-pg16`.
    let counted_alone = image.repository() == "timescale/timescaledb" && start == 0;
    (digits > 0 && !counted_alone).then(|| tag[start..start + digits].parse().ok())?
}

/// The service whose `image` or `build` decides, following `extends` within the file. `None`
/// where another file decides.
pub(crate) fn base<'a>(file: ComposeFile<'a>, service: Service<'a>) -> Option<Service<'a>> {
    let mut service = service;
    for _ in 0..8 {
        let Some(extends) = service.extends() else {
            return Some(service);
        };
        if extends.file().is_some() {
            return None;
        }
        if service.image().is_some() || service.build().is_some() {
            return Some(service);
        }
        service = file.service(&extends.service()?.literal()?)?;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(text: &str) -> Reference {
        Reference::parse(text).expect("an image")
    }

    #[test]
    fn images_are_told_by_their_repositories() {
        let name = |text| of_image(&image(text)).map(|backing| backing.name);
        assert_eq!(name("postgres:16"), Some("PostgreSQL"));
        assert_eq!(name("docker.io/library/mysql"), Some("MySQL"));
        assert_eq!(
            name("mcr.microsoft.com/mssql/server:2022-latest"),
            Some("SQL Server")
        );
        assert_eq!(name("acme/postgres"), None);
        assert_eq!(name("postgres-exporter"), None);
        assert!(lacks_healthcheck(&image("nginx:1.29")));
        assert!(!lacks_healthcheck(&image("kong:3")));
    }

    #[test]
    fn releases_of_postgres_are_read_from_tags() {
        for (text, major) in [
            ("postgres:16-alpine", Some(16)),
            ("postgres:18.1", Some(18)),
            ("postgis/postgis:17-3.5", Some(17)),
            ("pgvector/pgvector:pg17", Some(17)),
            ("timescale/timescaledb:2.17.2-pg16", Some(16)),
            ("timescale/timescaledb:2.17.2", None),
            ("postgres:latest", None),
            ("postgres", None),
        ] {
            assert_eq!(postgres_major(&image(text)), major, "{text}");
        }
    }
}
