//! # What it does
//! Compares the user that an image is built for with the user that Kubernetes or Compose runs it
//! as: `runAsNonRoot: true` on an image whose USER is a name, root or nothing; a `runAsUser` that
//! is not the user to whom the Dockerfile gives what the program writes; a `user` of a Compose
//! service that the image does not have.
//!
//! # Why it matters
//! With `runAsNonRoot: true` and no `runAsUser` the kubelet looks at the image's USER. A name
//! might mean root, so it refuses (`CreateContainerConfigError`), and it refuses root itself: the
//! pod never starts. With another `runAsUser` it starts, and fails where it first writes to a
//! folder that belongs to somebody else.
//!
//! Silent where the user is not known, where the files may be written by anyone (`chmod g=u`),
//! where volumes lie over what belongs to the other user, and of init containers that only copy or
//! show what the image has.
//!
//! # Example
//! ```yaml bad
//! //- /web/Dockerfile
//! FROM node:22-alpine
//! USER node
//! CMD ["node", "server.js"]
//! //- /deploy.yaml
//! apiVersion: apps/v1
//! kind: Deployment
//! metadata: {name: web}
//! spec:
//!   selector: {matchLabels: {app: web}}
//!   template:
//!     metadata: {labels: {app: web}}
//!     spec:
//!       securityContext: {runAsNonRoot: true}
//!       containers:
//!         - name: web
//!           image: ghcr.io/example/web:1.0
//! ```
//! ```yaml good
//! //- /web/Dockerfile
//! FROM node:22-alpine
//! USER 1000:1000
//! CMD ["node", "server.js"]
//! //- /deploy.yaml
//! apiVersion: apps/v1
//! kind: Deployment
//! metadata: {name: web}
//! spec:
//!   selector: {matchLabels: {app: web}}
//!   template:
//!     metadata: {labels: {app: web}}
//!     spec:
//!       securityContext: {runAsNonRoot: true}
//!       containers:
//!         - name: web
//!           image: ghcr.io/example/web:1.0
//! ```
//!
//! # Fix safety
//! Given where USER is a name whose number is known: the number takes its place.
//!
//! # References
//! - <https://kubernetes.io/docs/tasks/configure-pod-container/security-context/>
//! - <https://docs.docker.com/reference/dockerfile/#user>

use plimsoll_dockerfile::Body;
use plimsoll_k8s::{Container, Role};
use plimsoll_links::evidence::is_variant;
use plimsoll_links::facts::identity::{Identity, Owned, User, id_of, made, owned, user};
use plimsoll_links::facts::image::Image;
use plimsoll_links::facts::runner::{Runner, ServiceRunner};
use plimsoll_links::facts::writes::{is_covered, writable};
use plimsoll_source::{Confidence, Edit, FileId, Fix, Place, Safety, Severity};

use super::runners;
use crate::dockerfile::shipped::before_start;
use crate::workload::agents::programs;
use crate::{Check, ComposeInput, ContainerInput, Cx, FixKind, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "user-mismatch",
    summary: "the image is built for another user than it runs as",
    since: "0.1.0",
    severity: Severity::Error,
    confidence: Confidence::High,
    strictness: Strictness::Default,
    fix: FixKind::Sometimes,
    aliases: &[],
    checks: &[Check::Container(container), Check::Compose(compose)],
};

fn container(cx: &mut Cx<'_>, input: &ContainerInput<'_>) {
    let container = input.container;
    if container.pod().is_windows() || container.role() == Role::Ephemeral {
        return;
    }
    let runner = runners::container(cx, input);
    let any = Runner::Container(runner);
    let Some((image, sure)) = cx.links.image_of(&any) else {
        return;
    };
    // Where only names tell whose image it is, a tag of its own may be another one.
    let reference = any.reference();
    let tag = reference.as_ref().and_then(|image| image.tag());
    if sure == Confidence::Medium && tag.is_some_and(is_variant) {
        return;
    }
    let identity = Identity::of(image);
    match container.run_as_user() {
        None => refused(cx, input, image, &identity, sure),
        Some(given) => {
            let read_only = container.security_context().read_only_root_filesystem();
            if given.value == 0
                || only_reads(container)
                || read_only.is_some_and(|(value, _)| value)
            {
                return;
            }
            let Ok(given_id) = u32::try_from(given.value) else {
                return;
            };
            let mounts = writable(&runner);
            let place = cx.place(given.node.range());
            let words = format!("container `{}` runs as {given_id}", container.label());
            other_owner(cx, image, &identity, given_id, place, &words, &mounts);
        }
    }
}

/// Whether an init container only reads what its image has, by the commands that it is given.
fn only_reads(container: Container<'_>) -> bool {
    const READ: [&str; 8] = ["cat", "cp", "cd", "echo", "find", "ls", "rsync", "true"];
    let programs = programs(container);
    container.role() == Role::Init
        && !programs.is_empty()
        && programs.iter().all(|words| {
            let name = words[0].rsplit('/').next().unwrap_or_default();
            READ.contains(&name)
        })
}

/// Whether a file is evidently for OpenShift.
fn is_for_openshift(cx: &Cx<'_>, file: FileId) -> bool {
    let path = cx.project.path(file).to_ascii_lowercase();
    let mut words = path.split(|c: char| !c.is_ascii_alphanumeric());
    words.any(|word| matches!(word, "openshift" | "ocp" | "okd"))
        || cx.project.files.get(file).text.contains("openshift")
}

/// `runAsNonRoot: true`, and the image decides.
fn refused(
    cx: &mut Cx<'_>,
    input: &ContainerInput<'_>,
    image: Image<'_>,
    identity: &Identity,
    sure: Confidence,
) {
    let ContainerInput {
        unit,
        workload,
        container,
    } = *input;
    let Some(flag) = container.run_as_non_root().filter(|flag| flag.value) else {
        return;
    };
    // OpenShift gives every pod a numeric user of its namespace.
    if is_for_openshift(cx, unit.file) {
        return;
    }
    let paths: [&[&str]; 2] = [
        &["securityContext", "runAsUser"],
        &["containers", "securityContext", "runAsUser"],
    ];
    let mut bare = None;
    for path in paths {
        if cx.reports_missing_in_pod(unit, workload, path) {
            continue;
        }
        // One overlay that sets it does not help another that does not.
        let without = cx.built_without(unit, workload, path);
        match (bare, without) {
            (_, None) => return,
            (None, Some(_)) => bare = without,
            (Some(one), Some(other)) if one == other => {}
            (Some(_), Some(_)) => return,
        }
    }
    let label = container.label();
    let (message, why) = match &identity.user {
        User::Name(name) => (
            format!("`runAsNonRoot` refuses the image of `{label}`: its user is the name `{name}`"),
            "the kubelet cannot tell whether a name means root, so the container is never started",
        ),
        User::Root => (
            format!("`runAsNonRoot` refuses the image of `{label}`: its user is root"),
            "the kubelet does not start an image that runs as root, so the container is never started",
        ),
        User::Id(_) | User::Unknown => return,
    };
    let (place, what) = source(image, identity);
    let draft = cx.report(flag.node.range(), message);
    draft.related(place, what).note(why).confidence(sure);
    if let Some(overlay) = bare {
        draft.note(format!(
            "other overlays set `runAsUser`, `{overlay}` does not"
        ));
    }
    match (&identity.user, identity.id) {
        (User::Name(_), Some(id)) => {
            draft.help(format!("write the number in the Dockerfile: `USER {id}`"));
            draft.fix(
                Fix::new(format!("write `{id}`"), Safety::Safe)
                    .edit(place.file, numbered(image, place, id)),
            );
        }
        (User::Name(_), None) => {
            draft.help("write the user's number in the Dockerfile, or set `runAsUser` to it");
        }
        _ => {
            draft.help(
                "end the Dockerfile's stage with a numeric user that is not 0, such as `USER 10001`, \
                 or set a `runAsUser` that the image's files allow",
            );
        }
    }
}

/// The USER, or where one would go.
fn source(image: Image<'_>, identity: &Identity) -> (Place, &'static str) {
    match identity.place {
        Some(place) => (place, "the image's user"),
        None => {
            let start = before_start(image.build(), image.stage());
            let place = start.map_or(image.head(), |start| image.place(start.keyword_range));
            (
                place,
                "no USER is set before here, so that of the base image counts",
            )
        }
    }
}

/// The edit that writes the number in place of the user's name; the group stays.
fn numbered(image: Image<'_>, place: Place, id: u32) -> Edit {
    let text = image.project().files.text(place);
    match text.find(':') {
        Some(colon) => {
            let range = plimsoll_source::TextRange::new(
                place.range.start,
                place.range.start + colon as u32,
            );
            Edit::replace(range, id.to_string())
        }
        None => Edit::replace(place.range, id.to_string()),
    }
}

/// It runs as somebody else than the user to whom the Dockerfile gives what is written.
fn other_owner(
    cx: &mut Cx<'_>,
    image: Image<'_>,
    identity: &Identity,
    given: u32,
    at: Place,
    words: &str,
    mounts: &[String],
) {
    let (Some(id), Some(place)) = (identity.id, identity.place) else {
        return;
    };
    if id == given || id == 0 || opened(image) {
        return;
    }
    let theirs: Vec<Owned> = owned(image)
        .into_iter()
        .filter(|one| one.id == Some(id) && !is_covered(&one.path, mounts))
        .collect();
    // Somebody gave things to the other user too: made for either.
    if owned(image).iter().any(|one| one.id == Some(given)) {
        return;
    }
    let made = theirs.iter().find(|one| one.made);
    let Some(first) = made.or_else(|| theirs.first()) else {
        return;
    };
    let draft = cx.report_at(at, format!("{words}, and `{}` belongs to {id}", first.path));
    draft
        .severity(Severity::Warning)
        .confidence(Confidence::Medium)
        .related(first.place, format!("given to user {id} here"))
        .related(place, "the user that the image is built for")
        .note("it fails where it first writes to what belongs to somebody else")
        .help(format!(
            "run it as {id}, the user that the image is built for"
        ));
    // Files that are only read need not belong to whoever reads them.
    if !first.made {
        draft
            .severity(Severity::Note)
            .strictness(Strictness::Pedantic);
    }
}

/// Whether the Dockerfile lets anyone, or anyone of a group, write.
fn opened(image: Image<'_>) -> bool {
    image.instructions().any(|(_, instruction)| {
        let Body::Run(_) = &instruction.body else {
            return false;
        };
        let text = image.build().file.joined(instruction.range);
        text.contains("chmod")
            && [
                "g=u", "g+w", "g+rw", "a+w", "a+rw", "o+w", "ugo+", "777", "775", "770", "664",
                "666", "+rwx",
            ]
            .iter()
            .any(|mode| text.contains(mode))
            || text.contains("chgrp -R 0")
    })
}

fn compose(cx: &mut Cx<'_>, input: &ComposeInput<'_>) {
    for runner in runners::services(cx, input) {
        let Some(value) = runner.service.user() else {
            continue;
        };
        let Some((image, _)) = cx.links.image_of(&Runner::Service(runner)) else {
            continue;
        };
        let text = value.with_unknowns();
        let name = text.split(':').next().unwrap_or("");
        let place = cx.place(value.range());
        let service = runner.service.name();
        match user(name) {
            User::Id(id) => {
                // A folder of the host belongs to whoever works there.
                if mounts_folders(&runner) {
                    continue;
                }
                let mounts: Vec<String> = runner
                    .service
                    .mounts()
                    .filter_map(|mount| mount.target())
                    .collect();
                let words = format!("service `{service}` runs as {id}");
                let identity = Identity::of(image);
                other_owner(cx, image, &identity, id, place, &words, &mounts);
            }
            User::Name(name) if lacks_user(image, &name) => {
                let known: Vec<String> = made(image)
                    .into_iter()
                    .map(|made| made.name.into())
                    .collect();
                let draft = cx.report_at(
                    place,
                    format!(
                        "service `{service}` runs as `{name}`, a user that its image does not have"
                    ),
                );
                draft
                    .related(image.head(), "the image that is built here")
                    .note("a name is looked up in the image's `/etc/passwd`: the container does not start");
                match plimsoll_source::nearest::nearest(&name, known.iter().map(String::as_str)) {
                    Some(near) => draft.help(format!("write `{near}`, which the Dockerfile makes")),
                    None => draft.help("name a user that the Dockerfile makes, or a number"),
                };
            }
            User::Root | User::Unknown | User::Name(_) => {}
        }
    }
}

fn mounts_folders(runner: &ServiceRunner<'_>) -> bool {
    runner.service.mounts().any(|mount| {
        matches!(
            mount.source(),
            Some(plimsoll_compose::Source::Bind(_) | plimsoll_compose::Source::Unknown) | None
        )
    })
}

/// Users that the systems below official images bring.
const SYSTEM: &[&str] = &[
    "_apt",
    "adm",
    "apache",
    "at",
    "backup",
    "bin",
    "cron",
    "daemon",
    "ftp",
    "games",
    "gnats",
    "guest",
    "halt",
    "http",
    "irc",
    "klog",
    "list",
    "lp",
    "mail",
    "man",
    "messagebus",
    "news",
    "nginx",
    "nobody",
    "nscd",
    "ntp",
    "operator",
    "postgres",
    "postmaster",
    "proxy",
    "redis",
    "root",
    "shutdown",
    "smmsp",
    "squid",
    "sshd",
    "svn",
    "sync",
    "sys",
    "syslog",
    "ubuntu",
    "uucp",
    "vpopmail",
    "www-data",
    "xfs",
];

/// Images that bring no users but those of their system.
const PLAIN: &[&str] = &[
    "alpine",
    "debian",
    "ubuntu",
    "python",
    "golang",
    "rust",
    "ruby",
    "eclipse-temurin",
    "openjdk",
    "maven",
    "php",
    "perl",
    "pypy",
    "amazoncorretto",
    "node",
    "nginx",
    "httpd",
];

/// Whether an image certainly has no user of this name.
fn lacks_user(image: Image<'_>, name: &str) -> bool {
    let plain = image
        .base()
        .is_some_and(|base| base.is_official() && PLAIN.contains(&base.name()));
    let written = image
        .instructions()
        .any(|(_, instruction)| match &instruction.body {
            Body::Run(_) => {
                let text = image.build().file.joined(instruction.range);
                text.contains("passwd") || text.contains(name)
            }
            // A list of users comes with the whole folder, or by its name.
            Body::Copy(transfer) | Body::Add(transfer) => {
                let dest = transfer.dest.value.trim_end_matches('/');
                dest.ends_with("/etc") || dest == "etc" || dest.contains("passwd")
            }
            _ => false,
        });
    plain && !written && !SYSTEM.contains(&name) && id_of(image, name).is_none()
}

#[cfg(test)]
mod tests {
    use plimsoll_source::Severity;

    use super::RULE;
    use crate::testing::{Case, on};

    const DEPLOYMENT: &str = "//- /k.yaml\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    spec:\n      containers:\n      - name: web\n        image: ghcr.io/acme/web:1\n";

    #[track_caller]
    fn pod(dockerfile: &str, rest: &str) -> Case {
        on(&RULE).files(&format!(
            "//- /web/Dockerfile\n{dockerfile}{DEPLOYMENT}        {rest}\n"
        ))
    }

    const NON_ROOT: &str = "securityContext: {runAsNonRoot: true}";

    #[test]
    fn a_tag_of_its_own_may_be_another_image() {
        let with = |tag: &str| {
            let text = DEPLOYMENT.replace("web:1", &format!("web:{tag}"));
            on(&RULE).files(&format!(
                "//- /web/Dockerfile\nFROM node:22\nUSER node\nCMD [\"a\"]\n{text}        {NON_ROOT}\n"
            ))
        };
        with("mcp-helper").clean();
        with("latest").loud_by_default();
    }

    #[test]
    fn images_that_the_kubelet_refuses_are_found() {
        pod("FROM node:22\nUSER node\nCMD [\"a\"]\n", NON_ROOT)
            .flags(&["k.yaml:12: true"])
            .says(&["`runAsNonRoot` refuses the image of `web`: its user is the name `node`"])
            .fixed("FROM node:22\nUSER 1000\nCMD [\"a\"]\n");
        pod(
            "FROM debian:13\nRUN useradd -u 123 app\nUSER app:staff\nCMD [\"a\"]\n",
            NON_ROOT,
        )
        .fixed("FROM debian:13\nRUN useradd -u 123 app\nUSER 123:staff\nCMD [\"a\"]\n");
        pod("FROM python:3.13\nCMD [\"a\"]\n", NON_ROOT)
            .says(&["`runAsNonRoot` refuses the image of `web`: its user is root"]);
        pod("FROM debian:13\nUSER 0\nCMD [\"a\"]\n", NON_ROOT).flags(&["k.yaml:12: true"]);
    }

    #[test]
    fn an_init_container_that_copies_only_reads() {
        let with = |command: &str| {
            let init = DEPLOYMENT.replace("      containers:", "      initContainers:");
            on(&RULE).files(&format!(
                "//- /web/Dockerfile\nFROM node:22\nRUN useradd -u 1001 a && mkdir /data && chown a /data\nUSER 1001\nCMD [\"a\"]\n{init}        \
                 command: [sh, -c, \"{command}\"]\n        securityContext: {{runAsUser: 101}}\n      containers: [{{name: b, image: \"c:1\"}}]\n"
            ))
        };
        with("cp -r /data/static /shared").clean();
        with("./migrate").flags(&["k.yaml:13: 101"]);
    }

    #[test]
    fn images_that_the_kubelet_takes_are_left_alone() {
        pod("FROM node:22\nUSER 1000\nCMD [\"a\"]\n", NON_ROOT).clean();
        pod("FROM acme/base\nCMD [\"a\"]\n", NON_ROOT).clean();
        pod(
            "FROM gcr.io/distroless/static:nonroot\nCMD [\"/a\"]\n",
            NON_ROOT,
        )
        .clean();
        pod(
            "FROM node:22\nUSER node\nCMD [\"a\"]\n",
            "securityContext: {runAsNonRoot: true, runAsUser: 1000}",
        )
        .clean();
        pod(
            "FROM node:22\nUSER node\nCMD [\"a\"]\n",
            "securityContext: {runAsNonRoot: false}",
        )
        .clean();
        // An overlay may say as whom, which does not help one that does not.
        let files = |more: &str| {
            on(&RULE).files(&format!(
                "//- /web/Dockerfile\nFROM node:22\nUSER node\n{}        {NON_ROOT}\n//- /base/kustomization.yaml\nresources: [k.yaml]\n//- /prod/kustomization.yaml\nresources: [../base]\npatches: [{{path: p.yaml}}]\n//- /prod/p.yaml\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\nspec: {{template: {{spec: {{securityContext: {{runAsUser: 1000}}}}}}}}\n{more}",
                DEPLOYMENT.replace("//- /k.yaml", "//- /base/k.yaml")
            ))
        };
        files("").clean();
        let dev = "//- /dev/kustomization.yaml\nresources: [../base]\n";
        let case = files(dev).flags(&["base/k.yaml:12: true"]);
        let notes = &case.findings[0].notes;
        assert!(notes.iter().any(|note| note.contains("`dev` does not")));
    }

    const OWNED: &str = "FROM debian:13\nRUN useradd -u 1001 app && mkdir /data && chown app /data\nUSER 1001\nCMD [\"a\"]\n";

    #[test]
    fn users_that_cannot_write_are_found() {
        let case = pod(OWNED, "securityContext: {runAsUser: 2000}")
            .flags(&["k.yaml:12: 2000"])
            .says(&["container `web` runs as 2000, and `/data` belongs to 1001"]);
        assert_eq!(case.findings[0].severity, Severity::Warning);
        pod(
            "FROM node:22\nWORKDIR /app\nCOPY --chown=node . .\nUSER node\nCMD [\"a\"]\n",
            "securityContext: {runAsUser: 2000}",
        )
        .flags(&["k.yaml:12: 2000"])
        .quiet_by_default();
        on(&RULE)
            .files(&format!(
                "//- /compose.yaml\nservices:\n  web:\n    build: .\n    user: '2000:2000'\n//- /Dockerfile\n{OWNED}"
            ))
            .flags(&["compose.yaml:4: '2000:2000'"]);
    }

    #[test]
    fn users_that_can_write_are_left_alone() {
        pod(OWNED, "securityContext: {runAsUser: 1001}").clean();
        pod(
            OWNED,
            "securityContext: {runAsUser: 2000, readOnlyRootFilesystem: true}",
        )
        .clean();
        pod(
            OWNED,
            "securityContext: {runAsUser: 2000}\n        volumeMounts: [{name: d, mountPath: /data}]",
        )
        .clean();
        pod(
            &OWNED.replace("/data\nUSER", "/data && chmod g=u /data\nUSER"),
            "securityContext: {runAsUser: 2000}",
        )
        .clean();
        pod(
            "FROM debian:13\nUSER 1001\n",
            "securityContext: {runAsUser: 2000}",
        )
        .clean();
        on(&RULE)
            .files(&format!(
                "//- /compose.yaml\nservices:\n  web:\n    build: .\n    user: '2000'\n    volumes: ['.:/app']\n//- /Dockerfile\n{OWNED}"
            ))
            .clean();
    }

    #[test]
    fn users_that_the_image_lacks_are_found() {
        let with = |user: &str, dockerfile: &str| {
            on(&RULE).files(&format!(
                "//- /compose.yaml\nservices:\n  web:\n    build: .\n    user: {user}\n//- /Dockerfile\n{dockerfile}"
            ))
        };
        with(
            "app",
            "FROM python:3.13\nRUN useradd appuser\nCMD [\"a\"]\n",
        )
        .clean();
        with("apps", "FROM python:3.13\nRUN useradd app\nCMD [\"a\"]\n")
            .flags(&["compose.yaml:4: apps"]);
        with("app", "FROM python:3.13\nRUN useradd app\nCMD [\"a\"]\n").clean();
        with("nobody", "FROM alpine\nCMD [\"a\"]\n").clean();
        with("node", "FROM node:22\nCMD [\"a\"]\n").clean();
        with("app", "FROM acme/base\nCMD [\"a\"]\n").clean();
        with("${WHO}", "FROM alpine\nCMD [\"a\"]\n").clean();
        with("app", "FROM nginx\nCOPY default.conf /etc/nginx/conf.d/\n")
            .flags(&["compose.yaml:4: app"]);
        with("app", "FROM nginx\nCOPY users/passwd /etc/\n").clean();
        with("app", "FROM nginx\nCOPY users /etc/passwd\n").clean();
    }
}
