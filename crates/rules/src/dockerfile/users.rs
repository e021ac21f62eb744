//! Which user images and build steps run as.

use plimsoll_dockerfile::{Body, Build, Stage};
use plimsoll_oci::Reference;

use super::shipped::{base_image, is_run, lineage};

/// Whether a USER is root: by name or number, whatever the group.
pub(crate) fn is_root(user: &str) -> bool {
    let name = user.split(':').next().unwrap_or("");
    name == "root" || (!name.is_empty() && name.bytes().all(|b| b == b'0'))
}

/// Who runs a build step.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum User {
    /// Root without doubt: set by USER, by a base image that is known, or seen by what an
    /// earlier step could do.
    Root,
    /// Not set here, and the base image's user is not known.
    Unknown,
    /// Somebody else.
    Other,
}

/// Who runs instruction `index` of the stage.
pub(crate) fn user_at(build: &Build, stage: &Stage, index: usize) -> User {
    let line = lineage(build, stage);
    let before = || {
        line.iter()
            .flat_map(|stage| stage.instructions.clone().rev())
            .filter(|&at| at < index)
    };
    let set = before().find_map(|at| match &build.file.instructions[at].body {
        Body::User(word) => Some((at, build.expanded(at, word))),
        _ => None,
    });
    let from = match set {
        Some((_, (user, true))) => {
            return if is_root(&user) {
                User::Root
            } else {
                User::Other
            };
        }
        Some((at, (_, false))) => at,
        None => {
            let known = base_image(build, stage)
                .is_some_and(|image| defaults_to_root(&image) || builds_as_root(&image));
            if known {
                return User::Root;
            }
            0
        }
    };
    if before()
        .take_while(|&at| at > from)
        .any(|at| needs_root(build, at))
    {
        User::Root
    } else {
        User::Unknown
    }
}

/// Programs that only root can use, sorted.
const FOR_ROOT: &[&str] = &[
    "addgroup",
    "adduser",
    "apk",
    "apt",
    "apt-get",
    "chpasswd",
    "dnf",
    "dpkg",
    "groupadd",
    "ldconfig",
    "microdnf",
    "pacman",
    "update-ca-certificates",
    "useradd",
    "usermod",
    "yum",
    "zypper",
];

/// Whether a step does what only root can, without asking for it.
fn needs_root(build: &Build, index: usize) -> bool {
    is_run(build, index)
        && build.scripts[index].as_deref().is_some_and(|script| {
            script.commands.iter().any(|command| {
                command
                    .name()
                    .is_some_and(|name| FOR_ROOT.binary_search(&name).is_ok())
            })
        })
}

/// Docker Official images whose build steps run as root, though their entry point gives it up.
fn builds_as_root(image: &Reference) -> bool {
    image.is_official()
        && matches!(
            image.name(),
            "cassandra"
                | "docker"
                | "drupal"
                | "gcc"
                | "ghost"
                | "mariadb"
                | "mongo"
                | "mysql"
                | "nextcloud"
                | "postgres"
                | "rabbitmq"
                | "redis"
                | "valkey"
                | "wordpress"
                | "zookeeper"
        )
}

/// Docker Official images that run their command as root by default. Those whose entry point
/// drops root by itself (postgres, mysql, redis, …) are left out on purpose.
const OFFICIAL_ROOT: &[&str] = &[
    "almalinux",
    "alpine",
    "amazoncorretto",
    "amazonlinux",
    "archlinux",
    "buildpack-deps",
    "busybox",
    "caddy",
    "centos",
    "clojure",
    "dart",
    "debian",
    "eclipse-temurin",
    "elixir",
    "erlang",
    "fedora",
    "golang",
    "gradle",
    "haskell",
    "httpd",
    "ibm-semeru-runtimes",
    "julia",
    "maven",
    "nginx",
    "node",
    "openjdk",
    "opensuse",
    "oraclelinux",
    "perl",
    "php",
    "photon",
    "pypy",
    "python",
    "r-base",
    "rockylinux",
    "ruby",
    "rust",
    "sapmachine",
    "sbt",
    "swift",
    "tomcat",
    "traefik",
    "ubuntu",
];

/// Whether the image runs its command as root by default.
pub(crate) fn defaults_to_root(image: &Reference) -> bool {
    let repository = image.repository();
    match image.domain() {
        "docker.io" => repository
            .strip_prefix("library/")
            .is_some_and(|name| OFFICIAL_ROOT.contains(&name)),
        "gcr.io" => {
            repository.starts_with("distroless/")
                && !image.tag().is_some_and(|tag| tag.contains("nonroot"))
        }
        "mcr.microsoft.com" => repository.starts_with("dotnet/"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use plimsoll_dockerfile::{Build, parse};

    use super::{FOR_ROOT, User, user_at};

    #[track_caller]
    fn check(text: &str, expected: User) {
        let build = Build::new(parse(text));
        let stage = build.final_stage().unwrap();
        let last = build.file.instructions.len() - 1;
        assert_eq!(user_at(&build, stage, last), expected, "{text}");
    }

    #[test]
    fn users_of_steps_are_known() {
        assert!(FOR_ROOT.is_sorted());
        check("FROM debian:13\nRUN a\n", User::Root);
        check("FROM postgres:17\nRUN a\n", User::Root);
        check("FROM acme/x:1\nRUN a\n", User::Unknown);
        check("FROM groovy:4\nRUN a\n", User::Unknown);
        check("FROM acme/x:1\nRUN apt-get update\nRUN a\n", User::Root);
        check(
            "FROM acme/x:1\nRUN sudo apt-get update\nRUN a\n",
            User::Unknown,
        );
        check("FROM debian:13\nUSER app\nRUN a\n", User::Other);
        check("FROM a:1 AS b\nUSER 0:0\nFROM b\nRUN a\n", User::Root);
        check("FROM debian:13\nARG U\nUSER $U\nRUN a\n", User::Unknown);
        check("FROM a:1\nRUN apk add b\nUSER $U\nRUN a\n", User::Unknown);
    }
}
