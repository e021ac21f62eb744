//! Tables by the names of dependencies: the servers that they talk to and the Debian packages that
//! they need.
//!
//! Debian packages are named as in Debian 13 (trixie), looked up there 2026-11; the sources are the
//! installation notes of each dependency. What comes as a wheel or a prebuilt binary with all its
//! libraries inside has no row.

use crate::model::Backing;

/// What a dependency needs of Debian.
pub(crate) struct Row {
    /// The dependency.
    pub(crate) name: &'static str,
    /// Packages as (to build, to run); empty for none.
    pub(crate) packages: &'static [(&'static str, &'static str)],
}

const fn row(name: &'static str, packages: &'static [(&'static str, &'static str)]) -> Row {
    Row { name, packages }
}

/// Python packages that are compiled where they are installed, or load a library of the system.
pub(crate) static PYTHON: &[Row] = &[
    row(
        "psycopg2",
        &[("libpq-dev", "libpq5"), ("gcc", ""), ("libc6-dev", "")],
    ),
    row(
        "psycopg-c",
        &[("libpq-dev", "libpq5"), ("gcc", ""), ("libc6-dev", "")],
    ),
    row(
        "mysqlclient",
        &[
            ("libmariadb-dev", "libmariadb3"),
            ("gcc", ""),
            ("libc6-dev", ""),
            ("pkg-config", ""),
        ],
    ),
    row("pyodbc", &[("", "unixodbc")]),
    row(
        "python-ldap",
        &[
            ("libldap-dev", "libldap2"),
            ("libsasl2-dev", "libsasl2-2"),
            ("gcc", ""),
            ("libc6-dev", ""),
        ],
    ),
    row(
        "pycairo",
        &[
            ("libcairo2-dev", "libcairo2"),
            ("gcc", ""),
            ("libc6-dev", ""),
            ("pkg-config", ""),
        ],
    ),
    row(
        "weasyprint",
        &[
            ("", "libpango-1.0-0"),
            ("", "libpangoft2-1.0-0"),
            ("", "libharfbuzz-subset0"),
        ],
    ),
    row("cairosvg", &[("", "libcairo2")]),
    row("pdf2image", &[("", "poppler-utils")]),
    row("pytesseract", &[("", "tesseract-ocr")]),
    row("pydub", &[("", "ffmpeg")]),
    row("moviepy", &[("", "ffmpeg")]),
    row("ffmpeg-python", &[("", "ffmpeg")]),
    row("python-magic", &[("", "libmagic1t64")]),
    row("pyzbar", &[("", "libzbar0t64")]),
    row("opencv-python", &[("", "libgl1"), ("", "libglib2.0-0t64")]),
    row("soundfile", &[("", "libsndfile1")]),
    row(
        "xmlsec",
        &[
            ("libxmlsec1-dev", "libxmlsec1t64-openssl"),
            ("gcc", ""),
            ("libc6-dev", ""),
            ("pkg-config", ""),
        ],
    ),
    row("uwsgi", &[("gcc", ""), ("libc6-dev", "")]),
    row("gdal", &[("libgdal-dev", "libgdal36"), ("g++", "")]),
    row("gitpython", &[("", "git")]),
];

/// npm packages.
pub(crate) static NODE: &[Row] = &[
    row("puppeteer", BROWSER),
    row("playwright", BROWSER),
    row("@playwright/test", &[]),
    row("ffmpeg-static", &[]),
    row("fluent-ffmpeg", &[("", "ffmpeg")]),
    row("node-gyp", &[("python3", ""), ("make", ""), ("g++", "")]),
    row("sqlite3", &[("python3", ""), ("make", ""), ("g++", "")]),
    row(
        "better-sqlite3",
        &[("python3", ""), ("make", ""), ("g++", "")],
    ),
    row(
        "pg-native",
        &[
            ("libpq-dev", "libpq5"),
            ("python3", ""),
            ("make", ""),
            ("g++", ""),
        ],
    ),
    row("simple-git", &[("", "git")]),
    row("gm", &[("", "graphicsmagick")]),
    row("prisma", &[("openssl", "openssl")]),
    row("@prisma/client", &[("openssl", "openssl")]),
];

/// What a Chromium that an npm or Python package brings loads.
const BROWSER: &[(&str, &str)] = &[
    ("", "libnss3"),
    ("", "libatk1.0-0t64"),
    ("", "libatk-bridge2.0-0t64"),
    ("", "libcups2t64"),
    ("", "libdrm2"),
    ("", "libxkbcommon0"),
    ("", "libxcomposite1"),
    ("", "libxdamage1"),
    ("", "libxfixes3"),
    ("", "libxrandr2"),
    ("", "libgbm1"),
    ("", "libpango-1.0-0"),
    ("", "libcairo2"),
    ("", "libasound2t64"),
    ("", "fonts-liberation"),
];

/// Python packages that bring a browser.
pub(crate) static PYTHON_BROWSER: &[Row] = &[row("playwright", BROWSER), row("pyppeteer", BROWSER)];

/// Crates that link a library of the system, unless a feature builds it.
pub(crate) static RUST: &[Row] = &[
    row(
        "openssl",
        &[("libssl-dev", "libssl3t64"), ("pkg-config", "")],
    ),
    row(
        "openssl-sys",
        &[("libssl-dev", "libssl3t64"), ("pkg-config", "")],
    ),
    row(
        "native-tls",
        &[("libssl-dev", "libssl3t64"), ("pkg-config", "")],
    ),
    row("pq-sys", &[("libpq-dev", "libpq5")]),
    row("mysqlclient-sys", &[("libmariadb-dev", "libmariadb3")]),
    row("rdkafka-sys", &[("cmake", ""), ("g++", "")]),
    row("prost-build", &[("protobuf-compiler", "")]),
    row("tonic-build", &[("protobuf-compiler", "")]),
];

/// Gems.
pub(crate) static RUBY: &[Row] = &[
    row("pg", &[("libpq-dev", "libpq5")]),
    row("mysql2", &[("libmariadb-dev", "libmariadb3")]),
    row("sqlite3", &[("libsqlite3-dev", "libsqlite3-0")]),
    row("psych", &[("libyaml-dev", "libyaml-0-2")]),
    row("image_processing", &[("", "libvips42t64")]),
    row("ruby-vips", &[("", "libvips42t64")]),
    row("mini_magick", &[("", "imagemagick")]),
    row(
        "rmagick",
        &[("libmagickwand-dev", "libmagickwand-7.q16-10")],
    ),
    row("execjs", &[("nodejs", "nodejs")]),
    row("charlock_holmes", &[("libicu-dev", "libicu76")]),
];

/// The server that a dependency talks to, by the name that it has in any of the registries.
pub(crate) fn backing(name: &str) -> Option<Backing> {
    Some(match name {
        // Python, Node, Go, Rust, Java, .NET, PHP, Ruby, Elixir, in this order.
        "psycopg"
        | "psycopg2"
        | "psycopg2-binary"
        | "psycopg-binary"
        | "psycopg-c"
        | "asyncpg"
        | "pg8000"
        | "aiopg"
        | "pg"
        | "pg-promise"
        | "postgres"
        | "@neondatabase/serverless"
        | "slonik"
        | "pg-native"
        | "@prisma/adapter-pg"
        | "github.com/lib/pq"
        | "github.com/jackc/pgx"
        | "github.com/jackc/pgx/v4"
        | "github.com/jackc/pgx/v5"
        | "gorm.io/driver/postgres"
        | "github.com/go-pg/pg"
        | "github.com/go-pg/pg/v10"
        | "tokio-postgres"
        | "deadpool-postgres"
        | "pq-sys"
        | "org.postgresql:postgresql"
        | "org.postgresql:r2dbc-postgresql"
        | "io.quarkus:quarkus-jdbc-postgresql"
        | "io.quarkus:quarkus-reactive-pg-client"
        | "npgsql"
        | "npgsql.entityframeworkcore.postgresql"
        | "aspire.npgsql.entityframeworkcore.postgresql"
        | "marten"
        | "ext-pdo_pgsql"
        | "ext-pgsql"
        | "postgrex" => Backing::Postgres,
        "mysqlclient"
        | "pymysql"
        | "aiomysql"
        | "mysql-connector-python"
        | "asyncmy"
        | "mysql"
        | "mysql2"
        | "github.com/go-sql-driver/mysql"
        | "gorm.io/driver/mysql"
        | "mysql_async"
        | "mysqlclient-sys"
        | "com.mysql:mysql-connector-j"
        | "mysql:mysql-connector-java"
        | "io.quarkus:quarkus-jdbc-mysql"
        | "mysqlconnector"
        | "mysql.data"
        | "pomelo.entityframeworkcore.mysql"
        | "ext-pdo_mysql"
        | "ext-mysqli"
        | "myxql" => Backing::Mysql,
        "mariadb" | "org.mariadb.jdbc:mariadb-java-client" | "io.quarkus:quarkus-jdbc-mariadb" => {
            Backing::Mariadb
        }
        "redis"
        | "aioredis"
        | "django-redis"
        | "rq"
        | "django-rq"
        | "arq"
        | "hiredis"
        | "fastapi-limiter"
        | "ioredis"
        | "bull"
        | "bullmq"
        | "connect-redis"
        | "@redis/client"
        | "@nestjs/bull"
        | "@nestjs/bullmq"
        | "bee-queue"
        | "github.com/redis/go-redis/v9"
        | "github.com/go-redis/redis"
        | "github.com/go-redis/redis/v8"
        | "github.com/gomodule/redigo"
        | "github.com/hibiken/asynq"
        | "deadpool-redis"
        | "fred"
        | "bb8-redis"
        | "redis.clients:jedis"
        | "io.lettuce:lettuce-core"
        | "org.springframework.boot:spring-boot-starter-data-redis"
        | "org.springframework.boot:spring-boot-starter-data-redis-reactive"
        | "io.quarkus:quarkus-redis-client"
        | "stackexchange.redis"
        | "microsoft.extensions.caching.stackexchangeredis"
        | "aspire.stackexchange.redis"
        | "predis/predis"
        | "ext-redis"
        | "sidekiq"
        | "resque"
        | "redis-rails"
        | "redis-client"
        | "redix"
        | "exq" => Backing::Redis,
        "pymemcache"
        | "pylibmc"
        | "python-memcached"
        | "memcached"
        | "memjs"
        | "github.com/bradfitz/gomemcache"
        | "dalli"
        | "ext-memcached"
        | "memcachex"
        | "enyimmemcachedcore" => Backing::Memcached,
        "pika"
        | "aio-pika"
        | "kombu"
        | "amqplib"
        | "amqp-connection-manager"
        | "rascal"
        | "github.com/rabbitmq/amqp091-go"
        | "github.com/streadway/amqp"
        | "lapin"
        | "org.springframework.boot:spring-boot-starter-amqp"
        | "com.rabbitmq:amqp-client"
        | "rabbitmq.client"
        | "masstransit.rabbitmq"
        | "aspire.rabbitmq.client"
        | "php-amqplib/php-amqplib"
        | "bunny"
        | "amqp"
        | "broadway_rabbitmq" => Backing::Rabbitmq,
        "kafka-python"
        | "confluent-kafka"
        | "aiokafka"
        | "kafkajs"
        | "node-rdkafka"
        | "@confluentinc/kafka-javascript"
        | "github.com/segmentio/kafka-go"
        | "github.com/ibm/sarama"
        | "github.com/shopify/sarama"
        | "github.com/Shopify/sarama"
        | "github.com/IBM/sarama"
        | "github.com/confluentinc/confluent-kafka-go"
        | "github.com/confluentinc/confluent-kafka-go/v2"
        | "github.com/twmb/franz-go"
        | "rdkafka"
        | "org.springframework.kafka:spring-kafka"
        | "org.apache.kafka:kafka-clients"
        | "io.quarkus:quarkus-messaging-kafka"
        | "io.quarkus:quarkus-smallrye-reactive-messaging-kafka"
        | "io.micronaut.kafka:micronaut-kafka"
        | "org.springframework.cloud:spring-cloud-starter-stream-kafka"
        | "org.springframework.cloud:spring-cloud-stream-binder-kafka"
        | "confluent.kafka"
        | "karafka"
        | "ruby-kafka"
        | "broadway_kafka"
        | "brod" => Backing::Kafka,
        "nats-py"
        | "nats"
        | "github.com/nats-io/nats.go"
        | "async-nats"
        | "io.nats:jnats"
        | "nats.client"
        | "nats.net"
        | "gnat" => Backing::Nats,
        "pymongo"
        | "motor"
        | "mongoengine"
        | "beanie"
        | "mongodb"
        | "mongoose"
        | "@nestjs/mongoose"
        | "go.mongodb.org/mongo-driver"
        | "go.mongodb.org/mongo-driver/v2"
        | "org.springframework.boot:spring-boot-starter-data-mongodb"
        | "org.springframework.boot:spring-boot-starter-data-mongodb-reactive"
        | "io.quarkus:quarkus-mongodb-panache"
        | "io.quarkus:quarkus-mongodb-client"
        | "org.mongodb:mongodb-driver-sync"
        | "mongodb.driver"
        | "ext-mongodb"
        | "mongoid"
        | "mongodb_driver" => Backing::Mongodb,
        "elasticsearch"
        | "elasticsearch-dsl"
        | "opensearch-py"
        | "@elastic/elasticsearch"
        | "@opensearch-project/opensearch"
        | "github.com/elastic/go-elasticsearch"
        | "github.com/elastic/go-elasticsearch/v7"
        | "github.com/elastic/go-elasticsearch/v8"
        | "github.com/olivere/elastic/v7"
        | "org.springframework.boot:spring-boot-starter-data-elasticsearch"
        | "nest"
        | "elastic.clients.elasticsearch"
        | "searchkick" => Backing::Elasticsearch,
        "boto3"
        | "aioboto3"
        | "django-storages"
        | "minio"
        | "@aws-sdk/client-s3"
        | "multer-s3"
        | "github.com/minio/minio-go"
        | "github.com/minio/minio-go/v7"
        | "github.com/aws/aws-sdk-go-v2/service/s3"
        | "aws-sdk-s3"
        | "rust-s3"
        | "software.amazon.awssdk:s3"
        | "io.minio:minio"
        | "awssdk.s3"
        | "league/flysystem-aws-s3-v3"
        | "ex_aws_s3" => Backing::S3,
        "aiosmtplib"
        | "fastapi-mail"
        | "flask-mail"
        | "nodemailer"
        | "@nestjs-modules/mailer"
        | "lettre"
        | "gopkg.in/gomail.v2"
        | "org.springframework.boot:spring-boot-starter-mail"
        | "io.quarkus:quarkus-mailer"
        | "mailkit"
        | "gen_smtp" => Backing::Smtp,
        _ => return None,
    })
}

/// Whether a dependency is of no use without the server that [`backing`] gives. Others speak with
/// several, or with services that nobody runs beside a program.
pub(crate) fn speaks_with_one(name: &str) -> bool {
    !matches!(
        name,
        "boto3"
            | "aioboto3"
            | "django-storages"
            | "kombu"
            | "nodemailer"
            | "aws-sdk-s3"
            | "lettre"
            | "hiredis"
            | "@aws-sdk/client-s3"
            | "mailkit"
            | "awssdk.s3"
            | "software.amazon.awssdk:s3"
            | "github.com/aws/aws-sdk-go-v2/service/s3"
            | "league/flysystem-aws-s3-v3"
            | "ex_aws_s3"
            | "connect-redis"
            | "predis/predis"
            | "flask-mail"
            | "org.apache.kafka:kafka-clients"
            | "org.springframework.boot:spring-boot-starter-mail"
            | "io.quarkus:quarkus-mailer"
    )
}

/// Whether a program that depends on it connects without being told to: a framework's own module, or
/// a queue that keeps its jobs nowhere else.
pub(crate) fn connects(name: &str) -> bool {
    name.starts_with("org.springframework.boot:spring-boot-starter-")
        || name.starts_with("io.quarkus:")
        || name.starts_with("aspire.")
        || matches!(name, "sidekiq" | "resque" | "mongoid" | "@nestjs/bullmq")
}

/// Whether it is a database that is a file or lies in memory: one with a server may be for other
/// settings.
pub(crate) fn is_embedded(name: &str) -> bool {
    matches!(
        name,
        "sqlite"
            | "sqlite3"
            | "better-sqlite3"
            | "@libsql/client"
            | "aiosqlite"
            | "rusqlite"
            | "libsqlite3-sys"
            | "github.com/mattn/go-sqlite3"
            | "modernc.org/sqlite"
            | "github.com/glebarez/sqlite"
            | "github.com/ncruces/go-sqlite3"
            | "gorm.io/driver/sqlite"
            | "com.h2database:h2"
            | "org.hsqldb:hsqldb"
            | "org.apache.derby:derby"
            | "org.xerial:sqlite-jdbc"
            | "microsoft.data.sqlite"
            | "microsoft.entityframeworkcore.sqlite"
            | "ext-pdo_sqlite"
            | "ext-sqlite3"
            | "ecto_sqlite3"
            | "exqlite"
    )
}
