//! # What it does
//! Finds containers with `readOnlyRootFilesystem: true` whose image, built here, is known to
//! write paths that have nothing writable mounted over them: a VOLUME, a folder that the
//! Dockerfile makes for the user of the process, what the server of the base image writes. The
//! first two say that something may be kept there, and not that it is: they are for pedantic reviews.
//!
//! # Why it matters
//! The program fails at its start, or when it first writes. What becomes of a VOLUME without a
//! mount depends on the node: containerd mounts a folder of the node over it, so it can be
//! written and is lost with the container (unless `ignore_image_defined_volumes` is set); CRI-O
//! makes the folder in the root file system by default, which is read-only then. An `emptyDir` or
//! a claim on the path works everywhere.
//!
//! # Example
//! ```yaml bad
//! //- /web/Dockerfile
//! FROM debian:13-slim
//! COPY server /usr/local/bin/
//! VOLUME /var/lib/web
//! USER 10001
//! ENTRYPOINT ["server"]
//! //- /deploy.yaml
//! apiVersion: apps/v1
//! kind: Deployment
//! metadata: {name: web}
//! spec:
//!   selector: {matchLabels: {app: web}}
//!   template:
//!     metadata: {labels: {app: web}}
//!     spec:
//!       containers:
//!         - name: web
//!           image: ghcr.io/example/web:1.0
//!           securityContext: {readOnlyRootFilesystem: true}
//! ```
//! ```yaml good
//! //- /web/Dockerfile
//! FROM debian:13-slim
//! COPY server /usr/local/bin/
//! VOLUME /var/lib/web
//! USER 10001
//! ENTRYPOINT ["server"]
//! //- /deploy.yaml
//! apiVersion: apps/v1
//! kind: Deployment
//! metadata: {name: web}
//! spec:
//!   selector: {matchLabels: {app: web}}
//!   template:
//!     metadata: {labels: {app: web}}
//!     spec:
//!       containers:
//!         - name: web
//!           image: ghcr.io/example/web:1.0
//!           securityContext: {readOnlyRootFilesystem: true}
//!           volumeMounts:
//!             - {name: data, mountPath: /var/lib/web}
//!       volumes:
//!         - name: data
//!           emptyDir: {}
//! ```
//!
//! # References
//! - <https://kubernetes.io/docs/concepts/storage/volumes/#emptydir>
//! - <https://docs.docker.com/reference/dockerfile/#volume>
//! - <https://github.com/containerd/containerd/blob/main/docs/cri/config.md>

use plimsoll_k8s::{Container, Role};
use plimsoll_links::facts::environment::Environment;
use plimsoll_links::facts::runner::Runner;
use plimsoll_links::facts::writes::{Why, Written, is_covered, writable, written};
use plimsoll_source::{Confidence, Severity};

use super::runners;
use crate::{Check, ContainerInput, Cx, FixKind, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "read-only-root-conflict",
    summary: "the root is read-only and the image writes to it",
    since: "0.1.0",
    severity: Severity::Warning,
    confidence: Confidence::Medium,
    strictness: Strictness::Default,
    fix: FixKind::None,
    aliases: &[],
    checks: &[Check::Container(check)],
};

fn check(cx: &mut Cx<'_>, input: &ContainerInput<'_>) {
    let container = input.container;
    if !matches!(container.role(), Role::App | Role::Sidecar) {
        return;
    }
    let Some((true, node)) = container.security_context().read_only_root_filesystem() else {
        return;
    };
    let path = ["containers", "volumeMounts"];
    let bare = if cx.reports_missing_in_pod(input.unit, input.workload, &path) {
        None
    } else {
        // One overlay that mounts something does not help another that does not.
        let Some(overlay) = cx.built_without(input.unit, input.workload, &path) else {
            return;
        };
        Some(overlay)
    };
    let runner = runners::container(cx, input);
    let links = cx.links;
    let Some((image, _)) = links.image_of(&Runner::Container(runner)) else {
        return;
    };
    let environment = Environment::of_container(links, &runner);
    let mounts = writable(&runner);
    let open: Vec<Written> = written(&Runner::Container(runner), image, &environment)
        .into_iter()
        .filter(|one| !is_covered(&one.path, &mounts))
        // Where a volume of the image is mounted over, nothing of the image writes.
        .filter(|one| one.why != Why::Volume || !is_mounted(container, &one.path))
        .filter(|one| one.why != Why::Made || is_for_data(&one.path))
        .collect();
    let Some(first) = open.first() else { return };
    let paths: Vec<&str> = open.iter().map(|one| one.path.as_str()).collect();
    let list = paths.join("` and `");
    let label = container.label();
    let draft = cx.report(
        node.range(),
        format!("the root of `{label}` is read-only, and its image writes `{list}`"),
    );
    for one in &open {
        let what = match &one.why {
            Why::Volume => format!("`{}` is a volume", one.path),
            Why::Made => format!("`{}` is made for the user of the process", one.path),
            Why::Program(program) => format!("`{program}` writes `{}`", one.path),
        };
        draft.related(one.place, what);
    }
    if open.iter().all(|one| one.why == Why::Volume) {
        draft.note(
            "containerd mounts a folder of the node there, which is lost with the container; \
             CRI-O leaves the path read-only",
        );
    } else {
        draft.note("it fails at its start, or when it first writes there");
    }
    if let Some(overlay) = bare {
        draft.note(format!(
            "other overlays mount something, `{overlay}` does not"
        ));
    }
    let what = if first.why == Why::Volume {
        "an `emptyDir`, or a claim if the data must live on,"
    } else {
        "an `emptyDir`"
    };
    draft.help(format!("mount {what} on `{list}`"));
    // That a folder is there says that something may be kept in it, and not that it is.
    if open.iter().all(|one| !matches!(one.why, Why::Program(_))) {
        draft.strictness(Strictness::Pedantic);
    }
}

/// Whether something is mounted at a path, if only to be read.
fn is_mounted(container: Container<'_>, path: &str) -> bool {
    container.volume_mounts().any(|mount| {
        let at = mount.mount_path().and_then(|node| node.as_str());
        at.is_some_and(|at| at.trim_end_matches('/') == path.trim_end_matches('/'))
    })
}

/// Whether the name of a folder says that something is kept in it.
fn is_for_data(path: &str) -> bool {
    const WORDS: &[&str] = &[
        "backup", "cache", "data", "db", "download", "log", "media", "output", "queue", "run",
        "session", "spool", "state", "storage", "store", "temp", "tmp", "upload", "work",
    ];
    let name = path.rsplit('/').next().unwrap_or("").to_ascii_lowercase();
    let name = name.trim_start_matches('.');
    WORDS.iter().any(|word| {
        name.strip_prefix(word)
            .is_some_and(|rest| rest.is_empty() || rest == "s" || rest.starts_with(['-', '_']))
            || name.ends_with(&format!("_{word}"))
            || name.ends_with(&format!("-{word}"))
    }) || path.starts_with("/var/lib/")
        || path.starts_with("/var/log/")
        || path.starts_with("/var/cache/")
}

#[cfg(test)]
mod tests {
    use super::{RULE, is_for_data};
    use crate::testing::{Case, on};

    #[track_caller]
    fn pod(dockerfile: &str, rest: &str) -> Case {
        on(&RULE).files(&format!(
            "//- /web/Dockerfile\n{dockerfile}//- /k.yaml\napiVersion: v1\nkind: Pod\nmetadata: {{name: web}}\nspec:\n  containers:\n  - name: web\n    image: ghcr.io/acme/web:1\n    securityContext: {{readOnlyRootFilesystem: true}}\n{rest}"
        ))
    }

    const MADE: &str = "FROM node:22\nWORKDIR /app\nRUN mkdir -p /app/uploads && chown node /app/uploads\nUSER node\nCMD [\"node\", \"a\"]\n";

    #[test]
    fn paths_that_are_written_are_found() {
        pod("FROM debian:13\nVOLUME /data /logs\nCMD [\"a\"]\n", "")
            .flags(&["k.yaml:8: true"])
            .says(&["the root of `web` is read-only, and its image writes `/data` and `/logs`"]);
        pod("FROM nginx:1.29\nCOPY a /usr/share/nginx/html\n", "").says(&[
            "the root of `web` is read-only, and its image writes `/var/cache/nginx` and `/var/run`",
        ]);
        pod(MADE, "").flags(&["k.yaml:8: true"]);
        pod("FROM python:3.13\nCMD [\"gunicorn\", \"a\"]\n", "").flags(&["k.yaml:8: true"]);
    }

    #[test]
    fn paths_that_can_be_written_are_left_alone() {
        pod(
            "FROM debian:13\nVOLUME /data\nCMD [\"a\"]\n",
            "    volumeMounts: [{name: d, mountPath: /data}]\n  volumes: [{name: d, emptyDir: {}}]\n",
        )
        .clean();
        // Its files are given, and none is written.
        pod(
            "FROM debian:13\nVOLUME /data\nCMD [\"a\"]\n",
            "    volumeMounts: [{name: c, mountPath: /data}]\n  volumes: [{name: c, secret: {secretName: x}}]\n",
        )
        .clean();
        pod(
            "FROM nginx:1.29\n",
            "    volumeMounts: [{name: d, mountPath: /run}, {name: e, mountPath: /var/cache/nginx}]\n",
        )
        .clean();
        pod(
            "FROM python:3.13\nCMD [\"gunicorn\", \"--worker-tmp-dir\", \"/dev/shm\", \"a\"]\n",
            "",
        )
        .clean();
        pod("FROM debian:13\nCMD [\"a\"]\n", "").clean();
        pod(&MADE.replace("uploads", "assets"), "").clean();
        pod("FROM nginx:1.29\nCMD [\"sh\"]\n", "").clean();
    }

    #[test]
    fn folders_for_data_are_known_by_name() {
        assert!(is_for_data("/app/uploads") && is_for_data("/var/lib/x"));
        assert!(is_for_data("/srv/logs") && is_for_data("/x/.cache"));
        assert!(!is_for_data("/app/src") && !is_for_data("/app/runner"));
    }

    #[test]
    fn a_folder_that_is_made_shows_no_write() {
        pod("FROM debian:13\nVOLUME /data\nCMD [\"a\"]\n", "").quiet_by_default();
        pod(MADE, "").quiet_by_default();
        pod("FROM nginx:1.29\n", "").loud_by_default();
    }

    #[test]
    fn a_configuration_that_is_mounted_may_move_everything() {
        let mounts = |path: &str| format!("    volumeMounts: [{{name: c, mountPath: {path}}}]\n");
        pod("FROM nginx:1.29\n", &mounts("/etc/nginx/nginx.conf")).clean();
        pod("FROM nginx:1.29\n", &mounts("/etc/nginx/conf.d")).loud_by_default();
    }
}
