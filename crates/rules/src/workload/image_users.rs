//! As whom known images run, or are made to run.

use plimsoll_k8s::Container;
use plimsoll_oci::Reference;

/// Who a known image is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ImageUser {
    /// It starts as this user, who is no root.
    Starts(u32),
    /// It starts as root and gives that up for this user and group, to whom its files belong.
    Owns(u32, u32),
    /// It cannot start but as root; this can in its stead.
    Elsewhere(&'static str),
}

const NGINX: &str =
    "`nginxinc/nginx-unprivileged`, which is the same server as user 101 on port 8080";

/// Who the image of a container is for, and what it is called, where that is known.
pub(crate) fn image_user(container: Container<'_>) -> Option<(ImageUser, String)> {
    let text = container.image()?.as_str()?;
    let image = Reference::parse(&text).ok()?;
    Some((user_of(&image)?, image.name().to_owned()))
}

/// Who an image is for, where that is known.
pub(crate) fn user_of(image: &Reference) -> Option<ImageUser> {
    match official(image) {
        Some(name) => of_official(name, image.tag().unwrap_or("")),
        None => of_project(image),
    }
}

/// The name of a Docker Official Image, wherever it is mirrored.
fn official(image: &Reference) -> Option<&str> {
    let repository = image.repository();
    match image.domain() {
        "docker.io" | "mirror.gcr.io" => repository.strip_prefix("library/"),
        "public.ecr.aws" => repository.strip_prefix("docker/library/"),
        _ => None,
    }
}

/// From the Dockerfiles of the official images, 2026-11.
fn of_official(name: &str, tag: &str) -> Option<ImageUser> {
    let is_alpine = tag.contains("alpine");
    let (user, group) = match (name, is_alpine) {
        ("nginx", _) => return Some(ImageUser::Elsewhere(NGINX)),
        ("postgres", true) => (70, 70),
        ("rabbitmq", true) => (100, 101),
        ("redis" | "valkey", true) => (999, 1000),
        (
            "postgres" | "mysql" | "mariadb" | "mongo" | "rabbitmq" | "cassandra" | "redis"
            | "valkey",
            false,
        ) => (999, 999),
        ("memcached", _) => (11211, 11211),
        ("node" | "ghost", _) => (1000, 1000),
        ("wordpress", false) => (33, 33),
        _ => return None,
    };
    Some(ImageUser::Owns(user, group))
}

/// From the Dockerfiles of the projects, 2026-11.
fn of_project(image: &Reference) -> Option<ImageUser> {
    let (owner, name) = image.repository().rsplit_once('/')?;
    let public = matches!(
        image.domain(),
        "docker.io" | "ghcr.io" | "quay.io" | "docker.elastic.co"
    );
    let user = match (owner, name) {
        _ if !public => return None,
        ("mailhog", "mailhog")
        | ("elasticsearch", "elasticsearch")
        | ("kibana", "kibana")
        | ("logstash", "logstash")
        | ("apache", "kafka" | "kafka-native")
        | ("locustio", "locust")
        | ("confluentinc", "cp-kafka" | "cp-zookeeper" | "cp-schema-registry") => 1000,
        ("grafana", "grafana") => 472,
        ("grafana", "loki" | "tempo")
        | ("jaegertracing", "all-in-one" | "jaeger")
        | ("otel", "opentelemetry-collector" | "opentelemetry-collector-contrib") => 10001,
        ("open-telemetry/opentelemetry-collector-releases", name)
            if name.starts_with("opentelemetry-collector") =>
        {
            10001
        }
        (
            "prom" | "prometheus",
            "prometheus" | "alertmanager" | "node-exporter" | "pushgateway",
        ) => 65534,
        ("nginxinc", "nginx-unprivileged") => 101,
        _ => return None,
    };
    Some(ImageUser::Starts(user))
}
