//! The images that stand in for backing services on a developer's machine.
//!
//! Tags name a release that is supported and never move to another one of more than fixes.

use crate::model::Backing;

/// An image of a backing service and what it needs.
pub(crate) struct Image {
    /// The name of its Compose service, by which others reach it.
    pub(crate) name: &'static str,
    /// Image and tag.
    pub(crate) reference: &'static str,
    /// The port that clients use.
    pub(crate) port: u16,
    /// Its variables; `{name}` stands for the name of user and database.
    pub(crate) environment: &'static [(&'static str, &'static str)],
    /// What replaces the command of the image; empty for nothing.
    pub(crate) command: &'static [&'static str],
    /// Where it keeps what has to outlive its container; empty for nothing.
    pub(crate) data: &'static str,
    /// What asks it for its health.
    pub(crate) healthcheck: Healthcheck,
    /// The variable that holds its password; empty where it has none.
    pub(crate) password: &'static str,
    /// The user that clients name; `{name}` as above, empty where it has none.
    pub(crate) user: &'static str,
}

/// How an image is asked for its health.
pub(crate) enum Healthcheck {
    /// A program in exec form.
    Exec(&'static [&'static str]),
    /// A line for a shell.
    Shell(&'static str),
    /// The image has one of its own.
    Own,
}

/// What stands in for a backing service.
pub(crate) fn image(backing: Backing) -> Image {
    match backing {
        Backing::Postgres => POSTGRES,
        Backing::Mysql => MYSQL,
        Backing::Mariadb => MARIADB,
        Backing::Redis => REDIS,
        Backing::Memcached => MEMCACHED,
        Backing::Rabbitmq => RABBITMQ,
        Backing::Kafka => KAFKA,
        Backing::Nats => NATS,
        Backing::Mongodb => MONGODB,
        Backing::Elasticsearch => ELASTICSEARCH,
        Backing::S3 => S3,
        Backing::Smtp => SMTP,
    }
}

const BARE: Image = Image {
    name: "",
    reference: "",
    port: 0,
    environment: &[],
    command: &[],
    data: "",
    healthcheck: Healthcheck::Own,
    password: "",
    user: "",
};

const POSTGRES: Image = Image {
    name: "postgres",
    reference: "postgres:18.1-alpine3.22",
    port: 5432,
    environment: &[
        ("POSTGRES_USER", "{name}"),
        ("POSTGRES_PASSWORD", "${POSTGRES_PASSWORD:?set it in .env}"),
        ("POSTGRES_DB", "{name}"),
    ],
    data: "/var/lib/postgresql",
    healthcheck: Healthcheck::Shell("pg_isready -h 127.0.0.1 -U {name} -d {name}"),
    password: "POSTGRES_PASSWORD",
    user: "{name}",
    ..BARE
};

const MYSQL: Image = Image {
    name: "mysql",
    reference: "mysql:8.4.7",
    port: 3306,
    environment: &[
        ("MYSQL_USER", "{name}"),
        ("MYSQL_PASSWORD", "${MYSQL_PASSWORD:?set it in .env}"),
        ("MYSQL_DATABASE", "{name}"),
        ("MYSQL_RANDOM_ROOT_PASSWORD", "yes"),
    ],
    data: "/var/lib/mysql",
    // The server that initialises the data listens on no port: over TCP only the real one answers.
    healthcheck: Healthcheck::Exec(&["mysqladmin", "ping", "--protocol=tcp", "--silent"]),
    password: "MYSQL_PASSWORD",
    user: "{name}",
    ..BARE
};

const MARIADB: Image = Image {
    name: "mariadb",
    reference: "mariadb:11.8.5",
    port: 3306,
    environment: &[
        ("MARIADB_USER", "{name}"),
        ("MARIADB_PASSWORD", "${MARIADB_PASSWORD:?set it in .env}"),
        ("MARIADB_DATABASE", "{name}"),
        ("MARIADB_RANDOM_ROOT_PASSWORD", "yes"),
    ],
    data: "/var/lib/mysql",
    healthcheck: Healthcheck::Exec(&["healthcheck.sh", "--connect", "--innodb_initialized"]),
    password: "MARIADB_PASSWORD",
    user: "{name}",
    ..BARE
};

const REDIS: Image = Image {
    name: "redis",
    reference: "redis:8.2-alpine3.22",
    port: 6379,
    healthcheck: Healthcheck::Exec(&["redis-cli", "ping"]),
    ..BARE
};

const MEMCACHED: Image = Image {
    name: "memcached",
    reference: "memcached:1.6-alpine3.22",
    port: 11211,
    healthcheck: Healthcheck::Shell("printf 'version\\r\\nquit\\r\\n' | nc 127.0.0.1 11211"),
    ..BARE
};

const RABBITMQ: Image = Image {
    name: "rabbitmq",
    reference: "rabbitmq:4.2-alpine",
    port: 5672,
    environment: &[
        ("RABBITMQ_DEFAULT_USER", "{name}"),
        (
            "RABBITMQ_DEFAULT_PASS",
            "${RABBITMQ_PASSWORD:?set it in .env}",
        ),
    ],
    data: "/var/lib/rabbitmq",
    healthcheck: Healthcheck::Exec(&["rabbitmq-diagnostics", "-q", "check_port_connectivity"]),
    password: "RABBITMQ_PASSWORD",
    user: "{name}",
    ..BARE
};

const KAFKA: Image = Image {
    name: "kafka",
    reference: "apache/kafka:4.1.1",
    port: 9092,
    environment: &[
        ("KAFKA_NODE_ID", "1"),
        ("KAFKA_PROCESS_ROLES", "broker,controller"),
        ("KAFKA_LISTENERS", "PLAINTEXT://:9092,CONTROLLER://:9093"),
        ("KAFKA_ADVERTISED_LISTENERS", "PLAINTEXT://kafka:9092"),
        ("KAFKA_CONTROLLER_LISTENER_NAMES", "CONTROLLER"),
        (
            "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP",
            "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        ),
        ("KAFKA_CONTROLLER_QUORUM_VOTERS", "1@localhost:9093"),
        ("KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR", "1"),
        ("KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR", "1"),
        ("KAFKA_TRANSACTION_STATE_LOG_MIN_ISR", "1"),
        ("KAFKA_LOG_DIRS", "/var/lib/kafka/data"),
    ],
    data: "/var/lib/kafka/data",
    healthcheck: Healthcheck::Exec(&[
        "/opt/kafka/bin/kafka-broker-api-versions.sh",
        "--bootstrap-server",
        "kafka:9092",
    ]),
    ..BARE
};

const NATS: Image = Image {
    name: "nats",
    reference: "nats:2.12-alpine3.22",
    port: 4222,
    command: &["--jetstream", "--store_dir", "/data", "--http_port", "8222"],
    data: "/data",
    healthcheck: Healthcheck::Exec(&["wget", "-q", "-O", "-", "http://127.0.0.1:8222/healthz"]),
    ..BARE
};

const MONGODB: Image = Image {
    name: "mongodb",
    reference: "mongo:8.0",
    port: 27017,
    environment: &[
        ("MONGO_INITDB_ROOT_USERNAME", "{name}"),
        (
            "MONGO_INITDB_ROOT_PASSWORD",
            "${MONGODB_PASSWORD:?set it in .env}",
        ),
    ],
    data: "/data/db",
    healthcheck: Healthcheck::Exec(&[
        "mongosh",
        "--quiet",
        "--eval",
        "quit(db.adminCommand('ping').ok ? 0 : 1)",
    ]),
    password: "MONGODB_PASSWORD",
    user: "{name}",
    ..BARE
};

const ELASTICSEARCH: Image = Image {
    name: "elasticsearch",
    reference: "docker.elastic.co/elasticsearch/elasticsearch:9.2.1",
    port: 9200,
    environment: &[
        ("discovery.type", "single-node"),
        ("xpack.security.enabled", "false"),
        ("ES_JAVA_OPTS", "-Xms512m -Xmx512m"),
    ],
    data: "/usr/share/elasticsearch/data",
    healthcheck: Healthcheck::Exec(&[
        "curl",
        "-fsS",
        "http://127.0.0.1:9200/_cluster/health?wait_for_status=yellow&timeout=2s",
    ]),
    ..BARE
};

// It asks for no keys: clients may sign with any.
const S3: Image = Image {
    name: "objects",
    reference: "adobe/s3mock:4.10.0",
    port: 9090,
    data: "/s3mockroot",
    environment: &[
        ("COM_ADOBE_TESTING_S3MOCK_STORE_ROOT", "/s3mockroot"),
        (
            "COM_ADOBE_TESTING_S3MOCK_STORE_RETAIN_FILES_ON_EXIT",
            "true",
        ),
    ],
    healthcheck: Healthcheck::Shell("wget -q -O - http://127.0.0.1:9090/favicon.ico >/dev/null"),
    ..BARE
};

const SMTP: Image = Image {
    name: "mail",
    reference: "axllent/mailpit:v1.27",
    port: 1025,
    healthcheck: Healthcheck::Exec(&["/mailpit", "readyz"]),
    ..BARE
};
