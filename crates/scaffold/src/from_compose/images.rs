//! Which image runs, and what is known of well-known ones.

use plimsoll_compose::resolve::Item;

use super::Cx;
use crate::model::Evidence;
use crate::wishes::placeholder;

/// An image.
pub(super) struct Image {
    pub(super) repository: String,
    /// Without a tag, the registry's `latest` is meant.
    pub(super) tag: Option<String>,
    /// With its algorithm, such as `sha256:…`.
    pub(super) digest: Option<String>,
    /// Whether somebody has to build and push it; a chart then takes its appVersion for the tag.
    pub(super) is_built: bool,
    /// Whether it is built here, whatever it is called.
    pub(super) is_own: bool,
    pub(super) note: Option<String>,
    pub(super) why: Vec<Evidence>,
    pub(super) known: Option<&'static KnownImage>,
    /// The user and the port that the Dockerfile of the image names.
    pub(super) dockerfile: Option<crate::existing::Existing>,
}

/// User and group with Debian below, and with Alpine.
type Users = ((u32, u32), (u32, u32));

/// An image that many use.
pub(super) struct KnownImage {
    /// The last parts of its name.
    names: &'static [&'static str],
    /// What it is in a sentence.
    pub(super) title: &'static str,
    /// The port that clients use.
    pub(super) port: u16,
    /// User and group that it runs as, once with Debian below it, once with Alpine, where it is an
    /// official image of Docker Hub. Its entrypoint starts as root and changes to this user; it
    /// takes it as given when it is started as this user.
    user: Option<Users>,
    /// Whether it cannot bear the folder `lost+found` beside its data.
    pub(super) wants_folder: bool,
    /// Whether it keeps what must not be lost.
    pub(super) keeps_data: bool,
    /// MiB that it asks for and may take.
    pub(super) memory: (u32, u32),
}

const fn known(
    names: &'static [&'static str],
    title: &'static str,
    port: u16,
    user: Option<Users>,
) -> KnownImage {
    KnownImage {
        names,
        title,
        port,
        user,
        wants_folder: false,
        keeps_data: true,
        memory: (256, 1024),
    }
}

/// Both systems have the same user.
const fn both(id: u32) -> Users {
    ((id, id), (id, id))
}

const KNOWN: &[KnownImage] = &[
    known(
        &[
            "postgres",
            "postgis",
            "pgvector",
            "timescaledb",
            "timescaledb-ha",
            "postgresql",
        ],
        "PostgreSQL",
        5432,
        Some(((999, 999), (70, 70))),
    ),
    KnownImage {
        wants_folder: true,
        ..known(&["mysql", "percona"], "MySQL", 3306, Some(both(999)))
    },
    KnownImage {
        wants_folder: true,
        ..known(&["mariadb"], "MariaDB", 3306, Some(both(999)))
    },
    known(&["mongo", "mongodb"], "MongoDB", 27017, Some(both(999))),
    known(
        &[
            "redis",
            "valkey",
            "redis-stack",
            "redis-stack-server",
            "keydb",
        ],
        "Redis",
        6379,
        Some(((999, 999), (999, 1000))),
    ),
    KnownImage {
        keeps_data: false,
        ..known(&["memcached"], "Memcached", 11211, Some(both(11211)))
    },
    known(
        &["rabbitmq"],
        "RabbitMQ",
        5672,
        Some(((999, 999), (100, 101))),
    ),
    KnownImage {
        memory: (1024, 2048),
        ..known(&["elasticsearch"], "Elasticsearch", 9200, Some(both(1000)))
    },
    KnownImage {
        memory: (1024, 2048),
        ..known(&["opensearch"], "OpenSearch", 9200, Some(both(1000)))
    },
    KnownImage {
        wants_folder: true,
        memory: (1024, 2048),
        ..known(&["kafka", "cp-kafka"], "Kafka", 9092, None)
    },
    known(&["zookeeper", "cp-zookeeper"], "ZooKeeper", 2181, None),
    known(&["nats"], "NATS", 4222, None),
    known(&["minio"], "MinIO", 9000, None),
    known(
        &["clickhouse", "clickhouse-server"],
        "ClickHouse",
        8123,
        Some(((101, 101), (101, 101))),
    ),
    KnownImage {
        memory: (1024, 2048),
        ..known(&["cassandra"], "Cassandra", 9042, Some(both(999)))
    },
    known(&["influxdb"], "InfluxDB", 8086, None),
    known(&["couchdb"], "CouchDB", 5984, Some(both(5984))),
    known(&["neo4j"], "Neo4j", 7687, None),
    known(&["etcd"], "etcd", 2379, None),
];

/// The image of a service.
pub(super) fn image<'r>(cx: &Cx<'r>, service: &str, item: &'r Item) -> Image {
    let build = cx.take(item, "build");
    let image = cx.take(item, "image");
    let text = image.and_then(|entry| entry.value().as_str());
    let dockerfile = build.and_then(|build| dockerfile(cx, build.value()));
    let name = &cx.names[service];
    if let (Some(entry), Some(text)) = (image, text) {
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest.to_owned())),
            None => (text, None),
        };
        // A colon before the last slash is a registry's port.
        let (repository, tag) = match rest.rsplit_once(':') {
            Some((repository, tag)) if !tag.contains('/') => (repository, Some(tag.to_owned())),
            _ => (rest, None),
        };
        if let Some(build) = build {
            cx.lose(
                service,
                build.key_trace(),
                "build",
                "a cluster builds no image",
                format!("build `{text}` and push it before it is rolled out"),
            );
        }
        let known = tag.as_ref().filter(|_| digest.is_none() && build.is_none());
        let known = known.and_then(|_| cx.wishes.digests.get(text)).cloned();
        return Image {
            repository: repository.to_owned(),
            tag,
            digest: digest.or(known),
            is_built: false,
            is_own: build.is_some(),
            note: None,
            why: cx.because(entry),
            known: find(repository),
            dockerfile,
        };
    }
    let repository = cx.wishes.repository(name);
    let tag = cx.wishes.tag();
    let mut why = build.map(|entry| cx.because(entry)).unwrap_or_default();
    why.extend_from_slice(&repository.evidence);
    why.extend_from_slice(&tag.evidence);
    if let Some(build) = build {
        cx.lose(
            service,
            build.key_trace(),
            "build",
            "a cluster builds no image",
            format!(
                "build it, push it as `{}:{}`, and say `--registry` and `--tag` where they are others",
                repository.value, tag.value
            ),
        );
    }
    Image {
        note: placeholder(&repository, "--registry"),
        repository: repository.value,
        tag: Some(tag.value),
        digest: None,
        is_built: true,
        is_own: true,
        why,
        known: None,
        dockerfile,
    }
}

/// What the Dockerfile says, if it lies in the tree and the last stage is the one that is built.
fn dockerfile(cx: &Cx<'_>, build: &Item) -> Option<crate::existing::Existing> {
    let context = cx.relative(build.get("context")?.as_str()?);
    let name = build.get("dockerfile").and_then(Item::as_str);
    let path = plimsoll_source::files::join(context, name.unwrap_or("Dockerfile"))?;
    let bytes = cx.tree.read(&path).ok()?;
    let existing = crate::existing::Existing::read(&path, &String::from_utf8(bytes).ok()?);
    let target = build.get("target").and_then(Item::as_str);
    (target.is_none() || target == existing.target.as_deref()).then_some(existing)
}

fn find(repository: &str) -> Option<&'static KnownImage> {
    let last = repository.rsplit('/').next().unwrap_or(repository);
    KNOWN.iter().find(|known| known.names.contains(&last))
}

impl Image {
    /// Name and tag.
    pub(super) fn tagged(&self) -> String {
        match &self.tag {
            Some(tag) => format!("{}:{tag}", self.repository),
            None => self.repository.clone(),
        }
    }

    /// Name, tag and digest.
    pub(super) fn text(&self) -> String {
        let mut text = self.tagged();
        if let Some(digest) = &self.digest {
            text.push('@');
            text.push_str(digest);
        }
        text
    }

    /// The user that a well-known image runs as.
    pub(super) fn user(&self) -> Option<(u32, u32)> {
        let known = self.known?;
        let repository = self.repository.as_str();
        if repository.starts_with("bitnami") {
            return Some((1001, 1001));
        }
        let of_hub = !repository.contains('/')
            || repository.starts_with("library/")
            || repository.starts_with("docker.io/library/");
        let of_elastic = repository.starts_with("docker.elastic.co/");
        let (debian, alpine) = known.user.filter(|_| of_hub || of_elastic)?;
        let is_alpine = self.tag.as_ref().is_some_and(|tag| tag.contains("alpine"));
        Some(if is_alpine { alpine } else { debian })
    }
}
