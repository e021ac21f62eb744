//! What is mounted into a container.

use std::collections::{BTreeMap, BTreeSet};

use plimsoll_k8s::{Container, PodSpec, Volume, VolumeKind};
use plimsoll_yaml::Node;

use super::super::cluster::items;
use super::{Cx, Work};
use crate::emit::{List, Map, Node as Out};
use crate::from_compose::names::label;
use crate::model::Evidence;
use crate::written::Written;

/// The folder beside the Compose file with what ConfigMaps hold.
pub(super) const CONFIG: &str = "compose";
/// The folder of files that hold secrets; git ignores it.
pub(super) const SECRETS: &str = ".secrets";

/// What is mounted into one container.
#[derive(Default)]
pub(super) struct Mounts {
    pub(super) volumes: List,
    pub(super) tmpfs: List,
}

/// Reads the mounts of a container.
pub(super) fn read<'a>(
    cx: &Cx<'a>,
    work: &Work<'a>,
    pod: PodSpec<'a>,
    container: Container<'a>,
) -> Mounts {
    let mut mounts = Mounts::default();
    for mount in items(container.node(), &["volumeMounts"]) {
        let (Some(name), Some(path)) = (
            mount.get("name").and_then(Node::text),
            mount.get("mountPath").and_then(Node::text),
        ) else {
            continue;
        };
        let mounted = Mounted {
            name: name.into_owned(),
            path: path.trim_end_matches('/').to_owned(),
            sub: mount
                .present("subPath")
                .and_then(Node::text)
                .map(|sub| sub.into_owned()),
            is_read_only: mount.get("readOnly").and_then(Node::as_bool) == Some(true),
            why: cx.why(mount, "it is mounted there"),
        };
        if mounts.one(cx, work, pod, &mounted) {
            cx.settle(mount);
        }
    }
    mounts
}

/// A mount as a container has it.
struct Mounted {
    name: String,
    path: String,
    sub: Option<String>,
    is_read_only: bool,
    why: Vec<Evidence>,
}

impl Mounts {
    /// Adds one; says whether it is carried over.
    fn one<'a>(&mut self, cx: &Cx<'a>, work: &Work<'a>, pod: PodSpec<'a>, mount: &Mounted) -> bool {
        let template = work.workload.volume_claim_templates().find(|claim| {
            claim
                .at(&["metadata", "name"])
                .and_then(Node::text)
                .as_deref()
                == Some(&mount.name)
        });
        if template.is_some() {
            let volume = format!("{}-{}", cx.names[work.number], label(&mount.name));
            self.named(cx, &volume, Map::new(), mount);
            return true;
        }
        let Some(volume) = pod.volume(&mount.name) else {
            return false;
        };
        if let Some(name) = volume.node().get("name") {
            cx.settle(name);
        }
        match volume.kind() {
            VolumeKind::EmptyDir => {
                self.scratch(cx, work, pod, volume, mount);
                true
            }
            VolumeKind::PersistentVolumeClaim => {
                let claim = volume.claim_name().and_then(Node::text);
                let Some(claim) = claim else { return false };
                cx.settle(volume.node());
                self.named(cx, &label(&claim), Map::new(), mount);
                true
            }
            VolumeKind::ConfigMap => volume
                .source()
                .is_some_and(|source| self.config(cx, source, mount)),
            VolumeKind::Secret => volume
                .source()
                .is_some_and(|source| self.secret(cx, source, mount)),
            VolumeKind::Projected => {
                let sources: Vec<Node<'a>> = volume
                    .source()
                    .into_iter()
                    .flat_map(|source| items(source, &["sources"]))
                    .collect();
                if let Some(mode) = volume.source().and_then(|source| source.get("defaultMode")) {
                    cx.settle(mode);
                }
                let mut all = !sources.is_empty();
                for source in sources {
                    all &= if let Some(source) = source.present("configMap") {
                        self.config(cx, source, mount)
                    } else if let Some(source) = source.present("secret") {
                        self.secret(cx, source, mount)
                    } else {
                        false
                    };
                }
                all
            }
            _ => false,
        }
    }

    /// A volume that outlives containers, or that several share.
    fn named(&mut self, cx: &Cx<'_>, volume: &str, body: Map, mount: &Mounted) {
        cx.volumes
            .borrow_mut()
            .entry(volume.to_owned())
            .or_insert_with(|| (body, mount.why.clone()));
        let mode = if mount.is_read_only { ":ro" } else { "" };
        let list = std::mem::take(&mut self.volumes);
        self.volumes = match &mount.sub {
            None => list.item(format!("{volume}:{}{mode}", mount.path)),
            Some(sub) => {
                let mut long = Map::new()
                    .put("type", "volume")
                    .put("source", volume)
                    .put("target", mount.path.as_str());
                if mount.is_read_only {
                    long = long.put("read_only", true);
                }
                list.item(long.put("volume", Map::new().put("subpath", sub.as_str())))
            }
        }
        .why(&mount.why);
    }

    /// Room for as long as the pod lives.
    fn scratch<'a>(
        &mut self,
        cx: &Cx<'a>,
        work: &Work<'a>,
        pod: PodSpec<'a>,
        volume: Volume<'a>,
        mount: &Mounted,
    ) {
        cx.settle(volume.node());
        let users = pod
            .all_containers()
            .flat_map(|container| items(container.node(), &["volumeMounts"]));
        let users = users
            .filter(|other| other.get("name").and_then(Node::text).as_deref() == Some(&mount.name));
        if users.count() < 2 {
            let list = std::mem::take(&mut self.tmpfs);
            self.tmpfs = list.item(mount.path.as_str()).why(&mount.why);
            return;
        }
        let options = Map::new()
            .put("type", "tmpfs")
            .put("device", "tmpfs")
            .put("o", "mode=1777");
        let body = Map::new()
            .put("driver", "local")
            .put("driver_opts", options);
        let name = format!("{}-{}", cx.names[work.number], label(&mount.name));
        self.named(cx, &name, body, mount);
    }

    /// Files of a ConfigMap, which lie beside the Compose file.
    fn config<'a>(&mut self, cx: &Cx<'a>, source: Node<'a>, mount: &Mounted) -> bool {
        let Some(name) = source.get("name").and_then(Node::text) else {
            return false;
        };
        cx.settle(source);
        let Some(data) = cx.cluster.configs.get(&*name) else {
            cx.lose(
                source,
                format!("ConfigMap {name}"),
                "its files are not known: no manifest here has it",
                format!("mount them at `{}` in compose.override.yaml", mount.path),
            );
            return true;
        };
        let mut lines = BTreeMap::new();
        for (key, node) in data {
            let Some(text) = node.text() else { continue };
            lines.insert(key.as_str(), (text, *node));
        }
        for (key, target) in picked(source, mount, &mut lines.keys().copied()) {
            let Some((text, node)) = lines.get(key.as_str()) else {
                continue;
            };
            if plimsoll_secrets::names_secret(&key)
                || !plimsoll_secrets::address::embedded(text).is_empty()
            {
                self.kept(cx, &name, &key, &target, mount);
                continue;
            }
            let path = format!("{CONFIG}/{}/{key}", label(&name));
            let said = cx.callees.read(text, false);
            for service in &said.portless {
                super::environment::portless(cx, *node, service, &format!("`{key}` of `{name}`"));
            }
            let mut file = Written::new(path.as_str());
            file.push(
                said.text,
                cx.why(*node, format!("`{key}` of the ConfigMap `{name}`")),
            );
            cx.beside.borrow_mut().insert(path.clone(), file);
            self.bind(&path, &target, mount);
        }
        true
    }

    /// Files of a Secret, which somebody puts into a folder that git ignores.
    fn secret<'a>(&mut self, cx: &Cx<'a>, source: Node<'a>, mount: &Mounted) -> bool {
        let name = source
            .present("secretName")
            .or_else(|| source.present("name"));
        let Some(name) = name.and_then(Node::text) else {
            return false;
        };
        cx.settle(source);
        let known = cx.cluster.secrets.get(&*name);
        let keys: BTreeSet<String> = known.cloned().unwrap_or_default();
        let picked = picked(source, mount, &mut keys.iter().map(String::as_str));
        cx.needed
            .borrow_mut()
            .entry(name.clone().into_owned())
            .or_default()
            .extend(picked.iter().map(|(key, _)| key.clone()));
        let is_whole = source.present("items").is_none() && mount.sub.is_none();
        if is_whole {
            let mut kept = cx.kept.borrow_mut();
            let folder = kept.entry(name.clone().into_owned()).or_default();
            folder.0.extend(keys);
            folder.1.extend(mount.why.iter().cloned());
            self.bind(&format!("{SECRETS}/{}", label(&name)), &mount.path, mount);
            return true;
        }
        for (key, target) in picked {
            self.kept(cx, &name, &key, &target, mount);
        }
        true
    }

    fn kept(&mut self, cx: &Cx<'_>, name: &str, key: &str, target: &str, mount: &Mounted) {
        let mut kept = cx.kept.borrow_mut();
        let folder = kept.entry(name.to_owned()).or_default();
        folder.0.insert(key.to_owned());
        folder.1.extend(mount.why.iter().cloned());
        self.bind(&format!("{SECRETS}/{}/{key}", label(name)), target, mount);
    }

    /// A file or folder of this machine, which has to be there.
    fn bind(&mut self, path: &str, target: &str, mount: &Mounted) {
        let bind = Map::new()
            .put("type", "bind")
            .put("source", format!("./{path}"))
            .put("target", target)
            .put("read_only", true)
            .put("bind", Map::new().put("create_host_path", Out::from(false)));
        let list = std::mem::take(&mut self.volumes);
        self.volumes = list.item(bind).why(&mount.why);
    }
}

/// Which keys are mounted, and where each.
fn picked(
    source: Node<'_>,
    mount: &Mounted,
    all: &mut dyn Iterator<Item = &str>,
) -> Vec<(String, String)> {
    let named: Vec<(String, String)> = items(source, &["items"])
        .filter_map(|item| {
            let key = item.get("key")?.text()?.into_owned();
            let path = item.get("path")?.text()?.into_owned();
            Some((key, path))
        })
        .collect();
    let pairs = if source.present("items").is_some() {
        named
    } else if let Some(sub) = &mount.sub {
        vec![(sub.clone(), sub.clone())]
    } else {
        all.map(|key| (key.to_owned(), key.to_owned())).collect()
    };
    // A key is the name of a file, and nothing that leads elsewhere.
    let fits =
        |key: &str| !key.is_empty() && !key.contains(['/', '\\']) && key != "." && key != "..";
    let pairs = pairs.into_iter().filter(|(key, _)| fits(key));
    let placed = pairs.filter_map(|(key, path)| match &mount.sub {
        Some(sub) => (path == *sub).then(|| (key, mount.path.clone())),
        None => Some((key, format!("{}/{path}", mount.path))),
    });
    placed.collect()
}
