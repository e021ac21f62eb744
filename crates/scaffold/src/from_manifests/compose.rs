//! A Compose file for a developer's machine that does what manifests say.
//!
//! Each pod becomes the services of its containers: the first under the name that others call, those
//! beside it in its network, those that come first before it. What the cluster alone can do is a loss.

mod container;
mod environment;
mod files;
mod health;
mod mounts;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use plimsoll_k8s::{Container, Workload, WorkloadKind};
use plimsoll_yaml::Node;

use super::calls::Callees;
use super::cluster::{Cluster, items, number};
use super::ledger::Ledger;
use super::{Build, Builds, lost};
use crate::compose::COMPOSE_FILE;
use crate::emit::{Dialect, Document, Map, file};
use crate::from_compose::names::{Taken, label};
use crate::from_compose::{Became, Loss, SecretNeeded};
use crate::model::Evidence;
use crate::wishes::Wishes;
use crate::written::Written;

/// What became of workloads.
pub(super) struct Composed {
    pub(super) written: Vec<Written>,
    pub(super) losses: Vec<Loss>,
    pub(super) services: Vec<Became>,
    /// Secrets that workloads read.
    pub(super) secrets: Vec<SecretNeeded>,
}

/// What every reader needs.
struct Cx<'a> {
    cluster: &'a Cluster<'a>,
    wishes: &'a Wishes,
    builds: &'a Builds,
    ledger: RefCell<Ledger<'a>>,
    callees: Callees,
    /// Names of Compose services, by number of the workload.
    names: Vec<String>,
    /// Variables of `.env`.
    env: RefCell<environment::Env>,
    /// Files that lie beside the Compose file, by path.
    beside: RefCell<BTreeMap<String, Written>>,
    /// Folders of secret files that somebody fills, with their keys and what asks for them.
    kept: RefCell<BTreeMap<String, Folder>>,
    /// Files of variables that somebody writes.
    env_files: RefCell<BTreeSet<String>>,
    /// Volumes: what they are made of beyond their name.
    volumes: RefCell<BTreeMap<String, (Map, Vec<Evidence>)>>,
    /// Ports of the host that are taken.
    ports: RefCell<BTreeSet<u16>>,
    /// Names of Compose services that are taken.
    taken: RefCell<Taken>,
    /// Keys of Secrets that containers read.
    needed: RefCell<BTreeMap<String, BTreeSet<String>>>,
}

/// A folder of secret files: its keys, and what asks for it.
type Folder = (BTreeSet<String>, Vec<Evidence>);

/// A workload on its way.
struct Work<'a> {
    number: usize,
    workload: Workload<'a>,
    kind: WorkloadKind,
    title: String,
}

/// One Compose service, before it is known what waits for what.
struct Unit {
    name: String,
    body: Map,
    why: Vec<Evidence>,
    note: Option<String>,
    /// The workload that it belongs to.
    work: usize,
    is_main: bool,
    /// Whether it ends before the main container starts.
    is_first: bool,
    /// Whether it has a health check that the image is sure to pass.
    health: health::Health,
    /// Workloads that it names.
    calls: BTreeSet<usize>,
    /// Workloads that a container of its pod waited for.
    waits: BTreeSet<usize>,
    /// Further names that others use.
    aliases: BTreeSet<String>,
    profile: Option<&'static str>,
}

/// Writes the Compose file; nothing where no workload is there.
pub(super) fn write<'a>(
    found: &'a super::reading::Found,
    cluster: &'a Cluster<'a>,
    wishes: &'a Wishes,
    builds: &'a Builds,
) -> Composed {
    let cx = Cx::new(found, cluster, wishes, builds);
    let mut units = Vec::new();
    let mut hosts = BTreeSet::new();
    for (number, workload) in cluster.workloads.iter().enumerate() {
        let replicas = workload.spec().and_then(|spec| spec.present("replicas"));
        if let Some(one) = replicas.filter(|replicas| replicas.as_int() == Some(1)) {
            cx.settle(one);
        }
        let kind = workload.kind();
        let title = title(workload);
        let work = Work {
            number,
            workload: *workload,
            kind,
            title,
        };
        let found = container::units(&cx, &work);
        hosts.extend(found.1);
        units.extend(found.0);
    }
    for (work, host) in hosts {
        let name = &cx.names[work];
        if let Some(unit) = units
            .iter_mut()
            .find(|unit| unit.work == work && unit.is_main)
            && host != *name
        {
            unit.aliases.insert(host);
        }
    }
    account(&cx);
    let services = units.iter().map(|unit| became(&cx, unit)).collect();
    let needed = cx.needed.take();
    let secrets = needed.into_iter().map(|(name, keys)| SecretNeeded {
        name,
        keys: keys.into_iter().collect(),
        file: None,
    });
    let secrets = secrets.collect();
    let written = files::written(&cx, units);
    Composed {
        written,
        losses: cx.ledger.into_inner().finish(),
        services,
        secrets,
    }
}

/// Puts everything that nobody read into the books.
fn account(cx: &Cx<'_>) {
    for object in &cx.cluster.objects {
        let kind = object.kind().into_owned();
        let name = object.name().unwrap_or_default().into_owned();
        let title = format!("{kind} {name}");
        let node = object.node();
        let is_workload = cx
            .cluster
            .workloads
            .iter()
            .any(|workload| workload.object().node() == node);
        let mut ledger = cx.ledger.borrow_mut();
        match kind.as_str() {
            _ if is_workload => ledger.walk(node, &title),
            "Service" => ledger.walk(node, &title),
            "PersistentVolumeClaim" => {
                let (lost, help) = lost::STORAGE;
                ledger.lose(node, title, lost, help);
            }
            // What nobody reads of it does nothing in a cluster either; of a Secret only the name is
            // looked at.
            "ConfigMap" | "Secret" => {}
            kind => {
                let (lost, help) = lost::of_kind(kind);
                ledger.lose(node, title, lost, help);
            }
        }
    }
}

/// What became of a container, in words.
fn became(cx: &Cx<'_>, unit: &Unit) -> Became {
    let workload = &cx.cluster.workloads[unit.work];
    let mut with = Vec::new();
    if let Some(profile) = unit.profile {
        with.push(format!("profile `{profile}`"));
    }
    for waited in unit.calls.iter().chain(&unit.waits) {
        let with_it = format!("calls `{}`", cx.names[*waited]);
        if *waited != unit.work && !with.contains(&with_it) {
            with.push(with_it);
        }
    }
    Became {
        service: title(workload),
        workload: format!("service {}", unit.name),
        with,
        evidence: unit
            .why
            .first()
            .cloned()
            .unwrap_or_else(|| Evidence::table("")),
    }
}

fn title(workload: &Workload<'_>) -> String {
    let object = workload.object();
    format!("{} {}", object.kind(), object.name().unwrap_or_default())
}

impl<'a> Cx<'a> {
    fn new(
        found: &'a super::reading::Found,
        cluster: &'a Cluster<'a>,
        wishes: &'a Wishes,
        builds: &'a Builds,
    ) -> Self {
        let target = |work: usize, to: &str| container_port(&cluster.workloads[work], to);
        let callees = Callees::new(cluster, &target);
        let mut taken = Taken::default();
        let names = cluster.workloads.iter().map(|workload| {
            let own = workload.object().name().unwrap_or_default().into_owned();
            taken.take(&label(&called(cluster, workload).unwrap_or(own)))
        });
        let names = names.collect();
        Self {
            cluster,
            wishes,
            builds,
            ledger: RefCell::new(Ledger::new(found.files.iter().chain(&found.made))),
            callees,
            names,
            env: RefCell::default(),
            beside: RefCell::default(),
            kept: RefCell::default(),
            env_files: RefCell::default(),
            volumes: RefCell::default(),
            ports: RefCell::default(),
            taken: RefCell::new(taken),
            needed: RefCell::default(),
        }
    }

    /// The value under a key, which whoever asks carries over or accounts for.
    fn take(&self, node: Node<'a>, key: &str) -> Option<Node<'a>> {
        let value = node.present(key)?;
        self.settle(value);
        Some(value)
    }

    /// The same along a path.
    fn take_at(&self, node: Node<'a>, path: &[&str]) -> Option<Node<'a>> {
        let value = node.at(path)?;
        self.settle(value);
        Some(value)
    }

    fn settle(&self, node: Node<'a>) {
        self.ledger.borrow_mut().settle(node);
    }

    /// What a line rests on: `says` is a sentence without its end.
    fn why(&self, node: Node<'a>, says: impl Into<String>) -> Vec<Evidence> {
        vec![self.ledger.borrow().evidence(node, says)]
    }

    fn lose(
        &self,
        node: Node<'a>,
        key: impl Into<String>,
        lost: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.ledger.borrow_mut().lose(node, key, lost, help);
    }

    /// What builds an image here.
    fn build_of(&self, image: &str) -> Option<&'a Build> {
        self.builds.get(image)
    }

    /// A port of the host that nothing else of the project takes.
    fn host_port(&self, wanted: u16) -> u16 {
        let mut port = if wanted < 1024 { wanted + 8000 } else { wanted };
        let mut taken = self.ports.borrow_mut();
        while !taken.insert(port) {
            port = port.checked_add(1).unwrap_or(20_000);
        }
        port
    }
}

/// The name by which others call the pods of a workload.
fn called(cluster: &Cluster<'_>, workload: &Workload<'_>) -> Option<String> {
    let own = workload.object().name()?;
    let template = workload.template()?;
    let names: Vec<&str> = cluster
        .calling(template.labels())
        .map(|service| service.name.as_str())
        .collect();
    if names.is_empty() || names.contains(&&*own) {
        return None;
    }
    names.first().map(|name| (*name).to_owned())
}

/// The port of a container that a Service's port leads to, by number or by name.
fn container_port(workload: &Workload<'_>, to: &str) -> Option<u16> {
    if let Ok(number) = to.parse() {
        return Some(number);
    }
    let pod = workload.pod()?;
    let mut ports = pod
        .running_containers()
        .flat_map(|container| items(container.node(), &["ports"]));
    let named = ports.find(|port| port.get("name").and_then(Node::as_str).as_deref() == Some(to));
    number(named?.get("containerPort")?)
}

/// Whether a container runs beside the first one as long as that does.
fn is_beside(container: Container<'_>) -> bool {
    container.role().keeps_running()
}

/// The Compose file of these services.
fn compose_file(cx: &Cx<'_>, services: Map, why: &[Evidence]) -> Written {
    let mut volumes = Map::new();
    for (name, (body, why)) in &*cx.volumes.borrow() {
        let body = if body.is_empty() {
            crate::emit::Node::Word(String::new())
        } else {
            body.clone().into()
        };
        volumes = volumes.put(name.as_str(), body).why(why);
    }
    let mut body = Map::new()
        .put("name", cx.wishes.project.as_str())
        .gap()
        .put("services", services);
    if !volumes.is_empty() {
        body = body.gap().put("volumes", volumes);
    }
    let document = Document::new(body, why.to_vec());
    file(COMPOSE_FILE, &[document], Dialect::Plain)
}
