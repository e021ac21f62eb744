//! # What it does
//! Finds containers with `readOnlyRootFilesystem: true` that run a program known to write certain
//! paths (nginx its cache and pid file, gunicorn and the JVM `/tmp`, …) and have nothing writable
//! mounted there. At pedantic also those that have nothing writable mounted at all.
//!
//! # Why it matters
//! The program fails at its start, or later when it first needs a temporary file. The answer is an
//! `emptyDir` on the path, not giving up the restriction.
//!
//! # Example
//! ```yaml bad
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
//!           image: nginx:1.29
//!           securityContext: {readOnlyRootFilesystem: true}
//! ```
//! ```yaml good
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
//!           image: nginx:1.29
//!           securityContext: {readOnlyRootFilesystem: true}
//!           volumeMounts:
//!             - {name: scratch, mountPath: /var/cache/nginx, subPath: cache}
//!             - {name: scratch, mountPath: /var/run, subPath: run}
//!       volumes:
//!         - name: scratch
//!           emptyDir: {}
//! ```
//!
//! # References
//! - <https://kubernetes.io/docs/concepts/storage/volumes/#emptydir>

use plimsoll_k8s::{Container, Role, VolumeKind};
use plimsoll_oci::Reference;
use plimsoll_source::{Confidence, Severity};
use plimsoll_yaml::Node;

use crate::{Check, ContainerInput, Cx, FixKind, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "read-only-root-without-tmp",
    summary: "a read-only root lacks the writable path that the program needs",
    since: "0.1.0",
    severity: Severity::Warning,
    confidence: Confidence::Medium,
    strictness: Strictness::Default,
    fix: FixKind::None,
    aliases: &[],
    checks: &[Check::Container(check)],
};

fn check(cx: &mut Cx<'_>, input: &ContainerInput<'_>) {
    let ContainerInput {
        unit,
        workload,
        container,
    } = *input;
    if !matches!(container.role(), Role::App | Role::Sidecar) {
        return;
    }
    let Some((true, node)) = container.security_context().read_only_root_filesystem() else {
        return;
    };
    if !cx.reports_missing_in_pod(unit, workload, &["containers", "volumeMounts"]) {
        return;
    }
    let writable = writable_mounts(container);
    let covered = |path: &str| {
        writable.iter().any(|mount| {
            let mount = mount.trim_end_matches('/');
            // /var/run is a link to /run in every image that has it.
            let path = if mount.starts_with("/run") {
                path.replace("/var/run", "/run")
            } else {
                path.to_owned()
            };
            path == mount
                || path
                    .strip_prefix(mount)
                    .is_some_and(|rest| rest.starts_with('/'))
        })
    };
    let name = container.label();
    if let Some((program, paths)) = known(container) {
        let lacking: Vec<&str> = paths
            .iter()
            .copied()
            .filter(|path| !covered(path))
            .collect();
        if lacking.is_empty() {
            return;
        }
        let list = lacking.join("` and `");
        cx.report(
            node.range(),
            format!("`{program}` in container `{name}` writes to `{list}`, which is read-only"),
        )
        .note("it fails at its start or when it first needs a temporary file")
        .help(format!("mount an `emptyDir` on `{list}`"));
    } else if writable.is_empty() {
        cx.report(
            node.range(),
            format!("container `{name}` has a read-only root and no writable path"),
        )
        .severity(Severity::Note)
        .strictness(Strictness::Pedantic)
        .note("many programs and libraries need `/tmp` sooner or later")
        .help("mount an `emptyDir` on `/tmp`, or be sure that nothing writes there");
    }
}

fn writable_mounts(container: Container<'_>) -> Vec<String> {
    container
        .volume_mounts()
        .filter(|mount| !mount.read_only().value)
        .filter(|mount| {
            let Some(name) = mount.name() else {
                return true;
            };
            let volume = container.pod().volume(&name);
            !volume.is_some_and(|volume| {
                matches!(
                    volume.kind(),
                    VolumeKind::ConfigMap
                        | VolumeKind::Secret
                        | VolumeKind::Projected
                        | VolumeKind::DownwardApi
                        | VolumeKind::Image
                )
            })
        })
        .filter_map(|mount| {
            mount
                .mount_path()?
                .as_str()
                .map(std::borrow::Cow::into_owned)
        })
        .collect()
}

/// Programs that are known to write, with the paths. Only official images: others move the paths.
fn known(container: Container<'_>) -> Option<(&'static str, &'static [&'static str])> {
    let words: Vec<String> = container
        .command()
        .into_iter()
        .chain(container.args())
        .filter_map(|word| word.text().map(std::borrow::Cow::into_owned))
        .collect();
    if words
        .iter()
        .any(|word| word == "gunicorn" || word.ends_with("/gunicorn"))
    {
        let elsewhere = words
            .iter()
            .any(|word| word.starts_with("--worker-tmp-dir"));
        return (!elsewhere).then_some(("gunicorn", &["/tmp"]));
    }
    let text = container.image().and_then(Node::as_str)?.into_owned();
    let image = Reference::parse(&text).ok()?;
    if image.domain() != "docker.io" {
        return None;
    }
    // A command of one's own may run something else altogether.
    if !container.command().is_empty() {
        return None;
    }
    // A configuration of one's own may write anywhere.
    let is_configured = |folder: &str| {
        let mut paths = container
            .volume_mounts()
            .filter_map(|mount| mount.mount_path());
        paths.any(|path| path.as_str().is_some_and(|path| path.starts_with(folder)))
    };
    if image.repository() == "library/nginx"
        && (is_configured("/etc/nginx/nginx.conf") || is_configured("/etc/nginx/conf/"))
    {
        return None;
    }
    match image.repository() {
        "library/nginx" => Some(("nginx", &["/var/cache/nginx", "/var/run"])),
        "library/httpd" => Some(("httpd", &["/usr/local/apache2/logs"])),
        "library/tomcat" => Some((
            "tomcat",
            &["/usr/local/tomcat/work", "/usr/local/tomcat/temp"],
        )),
        "library/wordpress" => Some(("wordpress", &["/var/www/html", "/tmp"])),
        "library/postgres" => Some(("postgres", &["/var/run/postgresql"])),
        "library/mysql" => Some(("mysql", &["/var/run/mysqld", "/tmp"])),
        "library/mariadb" => Some(("mariadb", &["/var/run/mysqld", "/tmp"])),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, on};
    use crate::workload::requests::tests::deployment;

    const READ_ONLY: &str = "securityContext: {readOnlyRootFilesystem: true}";

    #[track_caller]
    fn with(image: &str, rest: &str) -> Case {
        let text = deployment(&format!("{READ_ONLY}\n{rest}"));
        on(&RULE).manifest(&text.replace("ghcr.io/example/web:1.0", image))
    }

    #[test]
    fn programs_that_cannot_write_are_found() {
        with("nginx:1.29", "").says(&[
            "`nginx` in container `web` writes to `/var/cache/nginx` and `/var/run`, which is read-only",
        ]);
        with("a:1", "        command: [gunicorn, app]").flags(&["12: true"]);
        with(
            "postgres:17",
            "        volumeMounts: [{name: d, mountPath: /var/lib/postgresql}]",
        )
        .flags(&["12: true"]);
        let none = with("a:1", "").flags(&["12: true"]);
        assert!(none.findings[0].message.contains("no writable path"));
    }

    #[test]
    fn writable_paths_are_left_alone() {
        with("a:1", "        volumeMounts: [{name: t, mountPath: /tmp}]").clean();
        with(
            "nginx:1.29",
            "        volumeMounts: [{name: a, mountPath: /var/cache/nginx}, {name: b, mountPath: /run}]",
        )
        .clean();
        with("a:1", "        command: [gunicorn, --worker-tmp-dir, /dev/shm, app]\n        volumeMounts: [{name: t, mountPath: /x}]")
            .clean();
        on(&RULE).manifest(&deployment("")).clean();
    }

    #[test]
    fn a_configuration_of_its_own_is_left_alone() {
        let mounts = |path: &str| format!("        volumeMounts: [{{name: c, mountPath: {path}}}]");
        with("nginx:1.29", &mounts("/etc/nginx/nginx.conf")).clean();
        with("nginx:1.29", &mounts("/etc/nginx/conf.d")).flags(&["12: true"]);
    }
}
