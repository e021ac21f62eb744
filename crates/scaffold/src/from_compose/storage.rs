//! What stands behind a path of the host, and what outlives pods.

use plimsoll_compose::resolve::Item;
use plimsoll_source::EntryKind;

use super::mounts::is_small;
use super::{App, Cx, Kind};
use crate::emit::{List, Map};

/// What a path of the host is taken for.
pub(super) enum Found {
    /// A small file of the tree, with its text.
    File(String),
    /// A file of the tree that holds a secret.
    SecretFile,
    /// Small files of a folder of the tree, with their texts.
    Folder(Vec<(String, String)>),
    /// Room for data; whether something is there.
    Data { is_there: bool },
    /// Nothing that a cluster could have.
    Nothing { lost: String, help: String },
}

/// The most files of a folder that go into a ConfigMap.
const MOST_FILES: usize = 30;

/// The most bytes of a ConfigMap that a folder makes; a cluster takes 1 MiB.
const MOST_BYTES: usize = 512 * 1024;

/// Folders of a system, of which a pod gets no part.
const OF_SYSTEM: &[&str] = &[
    "/proc",
    "/sys",
    "/dev",
    "/etc",
    "/run",
    "/var/run",
    "/usr",
    "/lib",
    "/boot",
    "/bin",
    "/sbin",
    "/var/lib/docker",
    "/var/log",
    "/tmp",
];

/// Where PostgreSQL up to 17 keeps its data.
const DATA: &str = "/var/lib/postgresql/data";

/// Looks at a path of the host.
pub(super) fn of_host(cx: &Cx<'_>, app: &App<'_>, source: &str, target: &str) -> Found {
    let path = cx.relative(source);
    if source.ends_with("docker.sock") || source.ends_with("podman.sock") {
        return nothing(
            "the socket of Docker is no part of a pod: whoever holds it owns the node",
            "let the program use the Kubernetes API with a ServiceAccount, or leave the service out",
        );
    }
    if matches!(source, "/etc/localtime" | "/etc/timezone") {
        return nothing(
            "the clock's zone of the host is not taken over",
            "set the variable `TZ`",
        );
    }
    let is_inside = path != source || source == cx.root;
    let of_system = OF_SYSTEM.iter().any(|folder| {
        source
            .strip_prefix(folder)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    });
    if !is_inside && (of_system || source == "/") {
        return nothing(
            &format!("`{source}` of the host is no part of a pod"),
            "take a DaemonSet with a `hostPath` where a program has to see its node, and say why",
        );
    }
    let is_around = cx
        .root
        .starts_with(&format!("{}/", source.trim_end_matches('/')));
    if !is_inside && is_around {
        return nothing(
            &format!(
                "`{source}` is mounted for development: in a cluster the image's own files stand at `{target}`"
            ),
            "see to it that the image holds them",
        );
    }
    if !is_inside {
        return outside(source, target);
    }
    match cx.tree.kind(path) {
        Some(EntryKind::File) => one_file(cx, path),
        Some(EntryKind::Dir) => folder(cx, app, path, target),
        Some(_) => nothing(
            &format!("`{path}` is no file and no folder, and is left out"),
            "write a volume by hand",
        ),
        None if is_file_name(source, target) => nothing(
            &format!("`{path}` is not there, so that nothing is mounted at `{target}`"),
            "make a ConfigMap or a Secret of it and mount it by hand, or run this again where it is",
        ),
        None => Found::Data { is_there: false },
    }
}

fn nothing(lost: &str, help: &str) -> Found {
    Found::Nothing {
        lost: lost.to_owned(),
        help: help.to_owned(),
    }
}

fn outside(source: &str, target: &str) -> Found {
    if is_file_name(source, target) {
        return nothing(
            &format!(
                "`{source}` lies outside of this folder, so that nothing is mounted at `{target}`"
            ),
            "make a ConfigMap or a Secret of it and mount it by hand",
        );
    }
    Found::Data { is_there: true }
}

/// Whether both ends have the same ending, which files have and folders of data do not.
fn is_file_name(source: &str, target: &str) -> bool {
    let ending = |path: &str| {
        let name = path
            .trim_end_matches('/')
            .rsplit('/')
            .next()
            .unwrap_or_default();
        let name = name.trim_start_matches('.');
        name.rsplit_once('.').map(|(_, ending)| ending.to_owned())
    };
    match (ending(source), ending(target)) {
        (Some(one), Some(two)) => {
            one == two && !one.starts_with(|c: char| c.is_ascii_digit()) && one != "d"
        }
        _ => false,
    }
}

fn one_file(cx: &Cx<'_>, path: &str) -> Found {
    match text_of(cx, path) {
        Ok(text) if is_secret(path, &text) => Found::SecretFile,
        Ok(text) => Found::File(text),
        Err(why) => nothing(
            &format!("`{path}` {why}, and does not go into a ConfigMap"),
            "build it into the image, or put it into a volume",
        ),
    }
}

fn text_of(cx: &Cx<'_>, path: &str) -> Result<String, &'static str> {
    let bytes = cx.tree.read(path).map_err(|_| "cannot be read")?;
    if !is_small(bytes.len()) {
        return Err("is large");
    }
    String::from_utf8(bytes).map_err(|_| "is no text")
}

fn is_secret(path: &str, text: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    let ending = name.rsplit('.').next().unwrap_or_default();
    let by_name = name == ".env"
        || name.starts_with(".env.")
        || name.contains("passwd")
        || name.starts_with("id_")
        || matches!(ending, "env" | "key" | "p12" | "pfx" | "jks" | "kubeconfig");
    by_name || !plimsoll_secrets::scan(path, text).is_empty()
}

fn folder(cx: &Cx<'_>, app: &App<'_>, path: &str, target: &str) -> Found {
    let build = app.item.get("build").and_then(|build| build.get("context"));
    let context = build
        .and_then(Item::as_str)
        .map(|context| cx.relative(context));
    let is_below = |inner: &str, outer: &str| {
        outer.is_empty()
            || inner
                .strip_prefix(outer)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let is_code = context.is_some_and(|context| is_below(path, context) || is_below(context, path));
    if is_code || path.is_empty() {
        return nothing(
            &format!(
                "`{}` is mounted for development: in a cluster the image's own files stand at `{target}`",
                if path.is_empty() { "." } else { path }
            ),
            "see to it that the image holds them",
        );
    }
    let entries = cx
        .tree
        .list(path)
        .map(|entries| entries.to_vec())
        .unwrap_or_default();
    let keeps_data = app.image.known.is_some_and(|known| known.keeps_data);
    if entries.is_empty() || (keeps_data && holds_data(target)) {
        return Found::Data {
            is_there: !entries.is_empty(),
        };
    }
    let mut files = Vec::new();
    let mut size = 0;
    for entry in &entries {
        let inner = format!("{path}/{}", entry.name);
        if entry.kind != EntryKind::File || files.len() >= MOST_FILES {
            return too_much(path, target);
        }
        // What only keeps a folder in version control.
        if entry.name == ".gitkeep" || entry.name == ".gitignore" {
            continue;
        }
        let Ok(text) = text_of(cx, &inner) else {
            return too_much(path, target);
        };
        size += text.len();
        if size > MOST_BYTES {
            return too_much(path, target);
        }
        if is_secret(&inner, &text) {
            return nothing(
                &format!("`{inner}` holds a secret, so that nothing is mounted at `{target}`"),
                "make a Secret of the folder and mount it by hand",
            );
        }
        files.push((entry.name.to_string(), text));
    }
    if files.is_empty() {
        return Found::Data { is_there: false };
    }
    Found::Folder(files)
}

/// Whether a folder of a database is the one that its data lie in.
fn holds_data(target: &str) -> bool {
    let target = target.trim_end_matches('/');
    let is_conf = target.contains("conf") || target.contains("init");
    let starts = [
        "/var/lib/",
        "/data",
        "/bitnami",
        "/usr/share/elasticsearch/data",
    ];
    !is_conf && (starts.iter().any(|start| target.starts_with(start)) || target.ends_with("/data"))
}

fn too_much(path: &str, target: &str) -> Found {
    nothing(
        &format!(
            "the folder `{path}` is more than a ConfigMap holds, so that nothing is mounted at `{target}`"
        ),
        "build it into the image, or put it into a volume",
    )
}

/// Decides what keeps the data of a service, when all that it mounts is known.
pub(super) fn settle(cx: &Cx<'_>, app: &mut App<'_>) {
    let own = app
        .mounts
        .claims
        .iter()
        .any(|claim| !claim.is_shared && !claim.is_external);
    let keeps_data = app.image.known.is_some_and(|known| known.keeps_data);
    if app.kind == Kind::Deployment && keeps_data && own && app.replicas.0 <= 1 {
        app.kind = Kind::StatefulSet;
    }
    let is_postgres = app.image.known.is_some_and(|known| known.port == 5432)
        && !app.config.iter().any(|(name, ..)| name == "PGDATA");
    let mounts_data = app.mounts.placed.iter().any(|(_, target)| target == DATA);
    if is_postgres && mounts_data {
        let why = vec![crate::model::Evidence::table(
            "PostgreSQL wants a folder that is its own",
        )];
        let note = "The root of a volume belongs to root and may hold `lost+found`.";
        app.config.push((
            "PGDATA".to_owned(),
            format!("{DATA}/pgdata"),
            Some(note.to_owned()),
            why,
        ));
    }
    if app.replicas.0 > 1 && app.kind == Kind::Deployment {
        for claim in &mut app.mounts.claims {
            claim.is_shared = true;
        }
    }
    let is_single = app.mounts.claims.iter().any(|claim| !claim.is_shared);
    if is_single && app.kind == Kind::Deployment {
        if let (Some(_), Some(deploy)) = (&app.strategy, app.item.get("deploy")) {
            let trace = deploy
                .get("update_config")
                .map_or(deploy.trace(), Item::trace);
            cx.lose(
                app.service,
                trace,
                "deploy.update_config",
                "the old pod ends before the new one starts: both cannot hold the volume",
                "name a storage class that offers ReadWriteMany, or keep nothing in the pod",
            );
        }
        // Two pods of a rollout cannot both hold a volume that one node mounts.
        app.strategy = Some(Map::new().put("type", "Recreate"));
    }
    for claim in &app.mounts.claims {
        if claim.is_shared && claim.is_first && !claim.is_external {
            let trace = app
                .item
                .get("volumes")
                .map_or(app.item.trace(), Item::trace);
            cx.lose(
                app.service,
                trace,
                "volumes",
                format!(
                    "several pods share `{}`, which most storage classes cannot",
                    claim.name
                ),
                "name a storage class in the claim that offers ReadWriteMany",
            );
        }
    }
}

impl super::mounts::Mounts {
    /// `volumes` of the pod, claims that are not made by a StatefulSet among them.
    pub(super) fn pod_volumes(&self, kind: Kind) -> List {
        let mut volumes = self.volumes.clone();
        for claim in &self.claims {
            if kind == Kind::StatefulSet && !claim.is_shared && !claim.is_external {
                continue;
            }
            let reference = Map::new().put("claimName", claim.name.as_str());
            volumes = volumes
                .item(
                    Map::new()
                        .put("name", claim.volume.as_str())
                        .put("persistentVolumeClaim", reference),
                )
                .why(&claim.why);
        }
        volumes
    }
}
