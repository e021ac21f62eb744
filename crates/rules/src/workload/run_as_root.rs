//! # What it does
//! Finds containers that run as root (`runAsUser: 0`, `runAsNonRoot: false`), and pods in which
//! nothing forbids it: neither `runAsNonRoot: true` nor a `runAsUser` other than 0.
//!
//! # Why it matters
//! Without user namespaces root in the container is root to the kernel of the node; a flaw in the
//! runtime or a writable mount then gives the node away. Most images default to root, and the
//! manifest is the one place that can refuse them: with `runAsNonRoot: true` the kubelet does not
//! start an image whose user is root.
//!
//! Pedantic where the pod has a user namespace of its own (`hostUsers: false`), and for services of
//! Cloud Run, which takes no `securityContext`.
//!
//! Where the image is built in the project and its Dockerfile ends in a numeric user, only the
//! image keeps the container from running as root, and `runAsNonRoot: true` is all that is missing.
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
//!           image: ghcr.io/example/web:1.0
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
//!       securityContext:
//!         runAsNonRoot: true
//!         runAsUser: 10001
//!       containers:
//!         - name: web
//!           image: ghcr.io/example/web:1.0
//! ```
//!
//! # References
//! - <https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted>

use plimsoll_k8s::{Container, PodSpec, Role, VolumeKind, WorkloadKind};
use plimsoll_links::evidence::is_variant;
use plimsoll_links::facts::identity::{Identity, User};
use plimsoll_links::facts::runner::{ContainerRunner, Runner};
use plimsoll_source::{Confidence, Severity};
use plimsoll_yaml::Node;

use super::agents::enters_node;
use super::built_users::built_users;
use super::image_users::{ImageUser, image_user, user_of};
use crate::{Alias, Check, ContainerInput, Cx, FixKind, Rule, Strictness, WorkloadInput};

pub(crate) static RULE: Rule = Rule {
    id: "run-as-root",
    summary: "a container runs as root, or nothing forbids it",
    since: "0.1.0",
    severity: Severity::Warning,
    confidence: Confidence::High,
    strictness: Strictness::Default,
    fix: FixKind::None,
    aliases: &[
        Alias {
            tool: "kube-linter",
            id: "run-as-non-root",
        },
        Alias {
            tool: "checkov",
            id: "CKV_K8S_23",
        },
        Alias {
            tool: "trivy",
            id: "KSV-0012",
        },
        Alias {
            tool: "trivy",
            id: "KSV-0105",
        },
    ],
    checks: &[Check::Container(written), Check::Workload(absent)],
};

/// Root is asked for in so many words.
fn written(cx: &mut Cx<'_>, input: &ContainerInput<'_>) {
    let container = input.container;
    if container.pod().is_windows() || container.role() == Role::Ephemeral {
        return;
    }
    // Privileged helpers that fix permissions before the service starts are common and short.
    // What is privileged as well is another rule's.
    let aside = container.role() == Role::Init || container.is_privileged();
    let strictness = if aside || !container.pod().host_users().value {
        Strictness::Pedantic
    } else {
        Strictness::Default
    };
    let name = container.label();
    let (range, message) = match (container.run_as_user(), container.run_as_non_root()) {
        (Some(user), _) if user.value == 0 => (
            user.node.range(),
            format!("container `{name}` runs as root: `runAsUser: 0`"),
        ),
        (None, Some(flag)) if !flag.value => (
            flag.node.range(),
            format!("container `{name}` may run as root: `runAsNonRoot: false`"),
        ),
        _ => return,
    };
    let help = if sets_sysctls(container) {
        "settings of the kernel are root's: set those of the pod in `securityContext.sysctls` and those \
         of the node on the node; where that cannot be, allow this finding, with the reason"
    } else if has_helpers_of_root(container) {
        "set `runAsNonRoot: true` and the `runAsUser` of the program, not 0, in the container's own \
         `securityContext`: in the pod's they would keep the init containers, which need root, from \
         their work"
    } else if gives_away_files(container) {
        "do without it: `fsGroup` in the pod's `securityContext` gives a volume to the group that the \
         service runs with"
    } else if sees_node(container.pod()) {
        "set `runAsNonRoot: true` and a `runAsUser` that may use what it mounts of the node; where \
         only root may, allow this finding for the object, with the reason"
    } else {
        "set `runAsNonRoot: true` and a `runAsUser` that may write what the program writes, such as \
         10001"
    };
    cx.report(range, message)
        .strictness(strictness)
        .note("root in the container is root to the kernel of the node")
        .help(help)
        .group("security-context");
}

/// Whether a container is there to change settings of the kernel.
fn sets_sysctls(container: Container<'_>) -> bool {
    let names = |text: &str| text.contains("sysctl");
    let words = container.command().into_iter().chain(container.args());
    names(&container.label()) || words.filter_map(Node::text).any(|word| names(&word))
}

/// Whether the pod has init containers that only root can be, and the container is none of them.
fn has_helpers_of_root(container: Container<'_>) -> bool {
    let needs_root = |one: Container<'_>| {
        one.role() == Role::Init
            && (one.is_privileged() || gives_away_files(one) || sets_sysctls(one))
    };
    container.role() != Role::Init && container.pod().all_containers().any(needs_root)
}

/// Whether an init container is there to change whom files belong to.
fn gives_away_files(container: Container<'_>) -> bool {
    let words = container.command().into_iter().chain(container.args());
    let mut texts = words.filter_map(Node::text);
    container.role() == Role::Init && texts.any(|word| word.contains("chown"))
}

/// Nothing is said: one finding for the pod, because one edit of the pod's context mends all.
fn absent(cx: &mut Cx<'_>, input: &WorkloadInput<'_>) {
    let WorkloadInput { unit, workload } = *input;
    let Some(pod) = workload.pod() else { return };
    if pod.is_windows()
        || workload.kind() == WorkloadKind::PodTemplate
        || !cx.reports_missing_in_pod(unit, workload, &["securityContext", "runAsNonRoot"])
        || !cx.reports_missing_in_pod(unit, workload, &["containers", "securityContext"])
    {
        return;
    }
    let open = |container: &Container<'_>| {
        container.run_as_user().is_none()
            && container.run_as_non_root().is_none()
            // A privileged container is another rule's, and hardly runs as anyone else.
            && !container.is_privileged()
    };
    let containers: Vec<Container<'_>> = pod.running_containers().filter(open).collect();
    let Some(first) = containers.first() else {
        return;
    };
    let names: Vec<String> = containers
        .iter()
        .map(|container| format!("`{}`", container.label()))
        .collect();
    let (what, range) = match names.as_slice() {
        [name] => (format!("container {name}"), first.head()),
        names => (format!("containers {}", names.join(", ")), first.head()),
    };
    let others: Vec<_> = containers[1..]
        .iter()
        .map(|container| cx.place(container.head()))
        .collect();
    let subject = format!("{}/container/{}", workload.object().id(), first.label());
    let users: Option<Vec<_>> = containers
        .iter()
        .map(|container| built_users(cx, input, *container))
        .collect();
    let message = match (&users, names.len()) {
        (None, _) => format!("nothing in the manifest keeps {what} from running as root"),
        (Some(_), 1) => format!("only its image keeps {what} from running as root"),
        (Some(_), _) => format!("only their images keep {what} from running as root"),
    };
    let path = ["securityContext", "runAsNonRoot"];
    let fillers = cx.fillers(unit, pod.node(), &path);
    let fillers = fillers.or(|| cx.fillers(unit, first.node(), &path));
    let mut built = containers
        .iter()
        .filter_map(|container| in_dockerfile(cx, input, *container));
    let built = built.next();
    // Cloud Run takes no `securityContext`, and runs what it is given in a sandbox.
    let is_cloud_run = workload
        .object()
        .annotations()
        .iter()
        .any(|(key, _)| key.starts_with("run.googleapis.com/"));
    let draft = cx.report(range, message);
    for place in others {
        draft.related(place, "this container too");
    }
    if let Some(users) = users {
        for (id, place) in users.into_iter().flatten().take(4) {
            draft.related(place, format!("the image is built to run as {id}"));
        }
        draft
            .note("the kubelet starts the next image as root if it is built so")
            .help("set `runAsNonRoot: true` in the pod's `securityContext`");
    } else {
        draft
            .confidence(Confidence::Medium)
            .note("most images default to root, which is root to the kernel of the node");
        if workload.kind() == WorkloadKind::KnativeService {
            draft.help(
                "end the Dockerfile with a numeric USER that is not 0; where the platform takes a \
                 `securityContext`, set `runAsNonRoot: true` in the container's",
            );
        } else {
            let built = built.unwrap_or_else(|| advice(pod, &containers));
            draft.help(built + &data_folder(&containers));
        }
    }
    // What drops all capabilities and adds some says that it needs these as root: the kernel gives
    // added ones to no other user.
    let explains = |container: &Container<'_>| {
        acts_as_root(container) && container.security_context().drops_all()
    };
    if !pod.host_users().value || containers.iter().all(explains) || is_cloud_run {
        draft.strictness(Strictness::Pedantic);
    }
    draft
        .filled_by(fillers)
        .subject(subject)
        .group("security-context");
}

/// What to change in the Dockerfile that builds the image of a container as root, or on an image that
/// only root can start.
fn in_dockerfile(
    cx: &Cx<'_>,
    input: &WorkloadInput<'_>,
    container: Container<'_>,
) -> Option<String> {
    let runner = Runner::Container(ContainerRunner {
        object: cx.this(),
        file: input.unit.file,
        workload: input.workload,
        container,
    });
    let (image, sure) = cx.links.image_of(&runner)?;
    let identity = Identity::of(image);
    let path = cx.project.path(image.head().file);
    let set = "set `runAsNonRoot: true` in the pod's `securityContext`";
    let reference = runner.reference();
    let tag = reference.as_ref().and_then(|image| image.tag());
    if sure == Confidence::Medium && tag.is_some_and(is_variant) {
        return None;
    }
    match (identity.user, image.base().as_ref().and_then(user_of)) {
        (User::Root | User::Unknown, Some(ImageUser::Elsewhere(other))) => {
            Some(format!("{set}, and build {path} on {other}"))
        }
        (User::Root, _) => Some(format!(
            "{set}, and end {path} with a numeric USER, such as 10001, that may read and write what \
             the program needs"
        )),
        _ => None,
    }
}

/// What to set, as far as it is known who the image is made for.
fn advice(pod: PodSpec<'_>, containers: &[Container<'_>]) -> String {
    let known = match containers {
        [container] => image_user(*container),
        // One that cannot start but as root stands in the way of all.
        several => several
            .iter()
            .filter_map(|container| image_user(*container))
            .find(|(user, _)| matches!(user, ImageUser::Elsewhere(_))),
    };
    match known {
        Some((ImageUser::Elsewhere(other), _)) => {
            format!("set `runAsNonRoot: true` in the pod's `securityContext`, and run {other}")
        }
        Some((ImageUser::Starts(user), image)) if keeps_claims(pod) => format!(
            "set `runAsNonRoot: true`, `runAsUser: {user}`, the user that `{image}` runs as, and \
             `fsGroup: {user}`, for its volumes, in the pod's `securityContext`"
        ),
        Some((ImageUser::Starts(user), image)) => format!(
            "set `runAsNonRoot: true` and `runAsUser: {user}`, the user that `{image}` runs as, in \
             the pod's `securityContext`"
        ),
        Some((ImageUser::Owns(user, group), image)) if keeps_files(pod) => format!(
            "set `runAsNonRoot: true`, `runAsUser: {user}` and `fsGroup: {group}`, the user and \
             group that `{image}` makes for itself, in the pod's `securityContext`"
        ),
        Some((ImageUser::Owns(user, _), image)) => format!(
            "set `runAsNonRoot: true` and `runAsUser: {user}`, the user that `{image}` makes for \
             itself, in the pod's `securityContext`"
        ),
        None if containers.iter().any(acts_as_root) => {
            "added capabilities are root's alone: where the program needs them, allow this finding \
             for the object, with the reason; otherwise drop them and set `runAsNonRoot: true` in \
             the pod's `securityContext`"
                .to_owned()
        }
        None if sees_node(pod) => "set `runAsNonRoot: true` in the pod's `securityContext`, and a \
                                   `runAsUser` that may use what it mounts of the node; where only \
                                   root may, allow this finding for the object, with the reason"
            .to_owned(),
        None if keeps_claims(pod) => "set `runAsNonRoot: true` in the pod's `securityContext`; \
                                      unless the image's own user is a number other than 0, also a \
                                      `runAsUser` that may write what the program writes, such as \
                                      10001, and `fsGroup` with its group, to whom a new volume \
                                      then belongs"
            .to_owned(),
        None => "set `runAsNonRoot: true` in the pod's `securityContext`; unless the image's own \
                 user is a number other than 0, also a `runAsUser` that may write what the program \
                 writes, such as 10001"
            .to_owned(),
    }
}

/// Whether the pod mounts volumes that the program writes.
pub(super) fn keeps_files(pod: PodSpec<'_>) -> bool {
    let read = [
        VolumeKind::ConfigMap,
        VolumeKind::Secret,
        VolumeKind::Projected,
        VolumeKind::DownwardApi,
        VolumeKind::Image,
    ];
    let is_read = |name: &str| {
        pod.volumes().any(|volume| {
            volume.name().is_some_and(|found| found == name) && read.contains(&volume.kind())
        })
    };
    // A volume that the pod does not have is one of a StatefulSet's claims.
    pod.running_containers()
        .flat_map(Container::volume_mounts)
        .any(|mount| !mount.name().is_some_and(|name| is_read(&name)))
}

/// Whether the pod mounts claims: block volumes belong to root unless `fsGroup` says otherwise. What
/// is empty may be written by everybody.
fn keeps_claims(pod: PodSpec<'_>) -> bool {
    let mounts = pod.running_containers().flat_map(Container::volume_mounts);
    let mut names = mounts.filter_map(|mount| mount.name());
    names.any(|name| is_claim(pod, &name))
}

/// Whether a volume of a pod is a claim; one that the pod does not have is of a StatefulSet's claims.
fn is_claim(pod: PodSpec<'_>, name: &str) -> bool {
    let mut volumes = pod.volumes();
    let found = volumes.find(|volume| volume.name().is_some_and(|own| own == name));
    found.is_none_or(|volume| {
        matches!(
            volume.kind(),
            VolumeKind::PersistentVolumeClaim | VolumeKind::Ephemeral
        )
    })
}

/// What else a server needs that demands to own the folder of its data: the folder that a volume is
/// mounted at belongs to root, whatever `fsGroup` says of its group.
fn data_folder(containers: &[Container<'_>]) -> String {
    const FOLDER: &str = "/var/lib/postgresql/data";
    let is_postgres = |container: &Container<'_>| {
        image_user(*container).is_some_and(|(_, name)| name == "postgres")
    };
    let owns_mount = |container: &Container<'_>| {
        let mut mounts = container.volume_mounts();
        container.env_var("PGDATA").is_none()
            && mounts.any(|mount| {
                let path = mount.mount_path().and_then(Node::text);
                path.is_some_and(|path| path.trim_end_matches('/') == FOLDER)
                    && mount
                        .name()
                        .is_some_and(|name| is_claim(container.pod(), &name))
            })
    };
    let mut servers = containers.iter().filter(|container| is_postgres(container));
    if servers.any(owns_mount) {
        format!(
            "; PostgreSQL has to own the folder of its data: set `PGDATA` to one below the mount, such \
             as `{FOLDER}/pgdata`, and move what is there"
        )
    } else {
        String::new()
    }
}

/// Whether a container is given capabilities that only root gets to use: the kubelet hands added
/// ones to no other user. Binding a low port needs none.
fn acts_as_root(container: &Container<'_>) -> bool {
    container
        .security_context()
        .added_capabilities()
        .any(|capability| {
            capability
                .text()
                .is_some_and(|name| name.trim_start_matches("CAP_") != "NET_BIND_SERVICE")
        })
}

/// Whether a pod has to do with files or processes of its node, which may be for root alone.
fn sees_node(pod: PodSpec<'_>) -> bool {
    let mounts = |kind| kind == VolumeKind::HostPath;
    pod.host_pid().value
        || pod.volumes().any(|volume| mounts(volume.kind()))
        || pod.all_containers().any(enters_node)
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::on;
    use crate::workload::requests::tests::{deployment, pod};

    #[test]
    fn init_containers_that_need_root_are_told_what_serves_instead() {
        let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  initContainers:\n    - name: init-sysctl\n      image: a:1\n      securityContext: {runAsUser: 0}\n  containers: [{name: b, image: b:1, securityContext: {runAsNonRoot: true, runAsUser: 7}}]\n";
        let help = |text: &str| {
            on(&RULE).manifest(text).findings[0]
                .help
                .clone()
                .expect("advice")
        };
        assert!(help(pod).contains("securityContext.sysctls"));
        assert!(!help(&pod.replace("init-sysctl", "init")).contains("sysctls"));
        let chown = pod.replace(
            "name: init-sysctl\n",
            "name: init\n      command: [sh, -c, chown -R 7 /data]\n",
        );
        assert!(help(&chown).contains("fsGroup"));
    }

    #[test]
    fn root_and_the_lack_of_a_word_are_found() {
        on(&RULE)
            .manifest(&deployment(""))
            .flags(&["10: name: web"]);
        on(&RULE)
            .manifest(&deployment("securityContext: {runAsUser: 0}"))
            .says(&["container `web` runs as root: `runAsUser: 0`"]);
        on(&RULE)
            .manifest(&pod("securityContext: {runAsNonRoot: false}"))
            .flags(&["12: false"]);
        on(&RULE)
            .manifest(&deployment("securityContext: {runAsGroup: 1}"))
            .flags(&["10: name: web"]);
        on(&RULE)
            .manifest(&deployment("\n      - name: two\n        image: a:1"))
            .says(&["nothing in the manifest keeps containers `web`, `two` from running as root"]);
    }

    #[test]
    fn images_that_have_a_user_of_their_own_keep_it() {
        let help = |image: &str| {
            let text = deployment("").replace("ghcr.io/example/web:1.0", image);
            on(&RULE).manifest(&text).help()
        };
        assert!(help("redis:8").contains("`runAsUser: 999`"));
        assert!(help("postgres:18-alpine").contains("`runAsUser: 70`"));
        let with_data = |image: &str| {
            let mounts = "volumeMounts: [{name: data, mountPath: /data}]";
            let text = deployment(mounts).replace("ghcr.io/example/web:1.0", image);
            on(&RULE).manifest(&text).help()
        };
        assert!(with_data("public.ecr.aws/docker/library/mysql:8").contains("`fsGroup: 999`"));
        assert!(with_data("redis:8-alpine").contains("`fsGroup: 1000`"));
        assert!(!help("redis:8-alpine").contains("fsGroup"));
        assert!(help("quay.io/acme/redis:8").contains("10001"));
        assert!(with_data("minio/minio").contains("`fsGroup` with its group"));
        assert!(!with_data("postgres:18").contains("PGDATA"));
        assert!(!help("minio/minio").contains("fsGroup"));
        assert!(help("nginx:1.29").contains("nginx-unprivileged"));
        assert!(help("mailhog/mailhog").contains("`runAsUser: 1000`, the user that"));
    }

    #[test]
    fn what_is_built_here_is_to_change_in_its_dockerfile() {
        let help = |dockerfile: &str| {
            let case = on(&RULE).files(&format!(
                "//- /compose.yaml\nservices:\n  web: {{build: ., image: ghcr.io/example/web}}\n//- /Dockerfile\n{dockerfile}\n//- /a.yaml\n{}",
                deployment("")
            ));
            case.findings[0].help.clone().unwrap_or_default()
        };
        assert!(
            help("FROM python:3.14\nCMD [\"a\"]").contains("end Dockerfile with a numeric USER")
        );
        assert!(
            help("FROM nginx:1.29").contains("build Dockerfile on `nginxinc/nginx-unprivileged`")
        );
    }

    #[test]
    fn init_containers_that_need_root_keep_it() {
        let pod = |init: &str| {
            let text = format!(
                "apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec:\n  securityContext: {{runAsNonRoot: false}}\n  initContainers:\n    - {{name: i, image: a:1, command: [sh, -c, {init}]}}\n  containers: [{{name: b, image: b:1}}]\n"
            );
            let case = on(&RULE).manifest(&text);
            let own = case.findings.iter().find(|one| one.message.contains("`b`"));
            own.and_then(|one| one.help.clone()).unwrap_or_default()
        };
        assert!(pod("chown -R 7 /data").contains("the container's own"));
        assert!(!pod("cat /data").contains("the container's own"));
    }

    #[test]
    fn cloud_run_takes_no_security_context() {
        let service = |key: &str| {
            format!(
                "apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: {{name: a, annotations: {{{key}: all}}}}\nspec: {{template: {{spec: {{containers: [{{image: a:1}}]}}}}}}\n"
            )
        };
        on(&RULE)
            .manifest(&service("run.googleapis.com/ingress"))
            .quiet_by_default();
        on(&RULE)
            .manifest(&service("acme.io/ingress"))
            .loud_by_default();
    }

    #[test]
    fn postgres_has_to_own_the_folder_of_its_data() {
        let help = |more: &str| {
            let text = format!(
                "volumeMounts: [{{name: data, mountPath: /var/lib/postgresql/data{more}\n      volumes: [{{name: data, persistentVolumeClaim: {{claimName: data}}}}]"
            );
            let text = deployment(&text).replace("ghcr.io/example/web:1.0", "postgres:17");
            on(&RULE).manifest(&text).help()
        };
        assert!(help("}]").contains("`/var/lib/postgresql/data/pgdata`"));
        // The kubelet makes that folder, as root.
        assert!(help(", subPath: db}]").contains("PGDATA"));
        let told = "}]\n        env: [{name: PGDATA, value: /var/lib/postgresql/data/db}]";
        assert!(!help(told).contains("PGDATA"));
    }

    #[test]
    fn what_looks_at_its_node_may_need_root() {
        let volume = "volumes: [{name: l, hostPath: {path: /var/log}}]";
        let case = on(&RULE).manifest(&pod(volume));
        assert!(
            case.findings[0]
                .help
                .as_deref()
                .unwrap()
                .contains("of the node")
        );
        on(&RULE)
            .manifest(&deployment(
                "securityContext: {runAsUser: 0, privileged: true}",
            ))
            .quiet_by_default();
    }

    #[test]
    fn added_capabilities_are_for_root() {
        let help = |name: &str| {
            let text = format!("securityContext: {{capabilities: {{add: [{name}]}}}}");
            let case = on(&RULE).manifest(&deployment(&text));
            case.help()
        };
        assert!(help("SYS_RESOURCE").contains("allow this finding"));
        assert!(!help("NET_BIND_SERVICE").contains("allow this finding"));
    }

    #[test]
    fn an_image_that_is_built_for_somebody_else_needs_less() {
        let with = |files: &str| {
            on(&RULE).files(&format!(
                "//- /web/deploy/a.yaml\n{}{files}",
                deployment("")
            ))
        };
        let case = with(
            "//- /web/docker/Dockerfile.jvm\nFROM a:1\nUSER 185\n//- /web/docker/Dockerfile.native\nFROM a:1\nUSER 1001:0\n",
        );
        assert_eq!(
            case.findings[0].help.as_deref(),
            Some("set `runAsNonRoot: true` in the pod's `securityContext`")
        );
        assert_eq!(case.findings[0].related.len(), 2);
        case.says(&["only its image keeps container `web` from running as root"])
            .flags(&["web/deploy/a.yaml:10: name: web"]);
        // One is root, is called by a name, or is another image.
        for files in [
            "//- /web/docker/Dockerfile.jvm\nFROM a:1\nUSER 185\n//- /web/docker/Dockerfile.plain\nFROM debian:13\n",
            "//- /web/Dockerfile\nFROM a:1\nUSER app\n",
            "//- /api/Dockerfile\nFROM a:1\nUSER 185\n//- /job/Dockerfile\nFROM a:1\nUSER 185\n",
        ] {
            let case = with(files);
            assert!(
                case.findings[0]
                    .message
                    .starts_with("nothing in the manifest"),
                "{files}"
            );
        }
    }

    #[test]
    fn other_users_are_left_alone() {
        on(&RULE)
            .manifest(&pod("securityContext: {runAsNonRoot: true}"))
            .clean();
        on(&RULE)
            .manifest(&deployment("securityContext: {runAsUser: 1000}"))
            .clean();
        on(&RULE).manifest(&pod("os: {name: windows}")).clean();
        on(&RULE)
            .manifest(&pod("securityContext: {runAsUser: 0}").replace(
                "ghcr.io/example/web:1.0\n",
                "ghcr.io/example/web:1.0\n        securityContext: {runAsUser: 7}\n",
            ))
            .clean();
    }
}
