//! From a Compose project to manifests and a chart that do the same in a cluster, as far as they can.
//!
//! The project is given resolved, as `docker compose config` would print it, but without what env files
//! hold: nothing of it may stand in a manifest. Each service becomes the objects that run it, written
//! by the same tree as those of [`crate::manifests`] and [`crate::chart`]. What has no counterpart is a
//! [`Loss`]; the [`ledger`] sees to it that none is silent.
//!
//! Names of Services are those of the Compose file, for that is how services call each other. So is
//! it in the chart: two releases of it go into two namespaces.

mod chart;
mod command;
mod environment;
mod health;
mod images;
mod kustomize;
mod ledger;
mod lost;
mod mounts;
pub(crate) mod names;
mod network;
mod objects;
mod policies;
mod ports;
mod probes;
mod scale;
mod secrets;
mod security;
mod storage;

#[cfg(test)]
mod tests;

pub use ledger::Loss;

use std::cell::RefCell;
use std::collections::BTreeMap;

use plimsoll_compose::resolve::{Entry, Item, Resolved, Trace};
use plimsoll_source::Tree;

use self::ledger::Ledger;
use crate::emit::Map;
use crate::model::Evidence;
use crate::wishes::Wishes;
use crate::written::Written;

/// What became of a Compose project.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Translation {
    /// The files, ordered by path.
    pub written: Vec<Written>,
    /// What is lost, ordered by place.
    pub losses: Vec<Loss>,
    /// What became of each service.
    pub services: Vec<Became>,
    /// Services of profiles that are off: their names, their profiles, and where they stand.
    pub left_out: Vec<(String, Vec<String>, Evidence)>,
    /// Secrets that somebody has to make before anything starts.
    pub secrets: Vec<SecretNeeded>,
    /// Images of others, without their digests, each once.
    pub images: Vec<String>,
}

/// What became of a service.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Became {
    /// Its name in the Compose file.
    pub service: String,
    /// The kind of object that runs it, and its name there.
    pub workload: String,
    /// The other objects in a few words.
    pub with: Vec<String>,
    /// Where it stands.
    pub evidence: Evidence,
}

/// A Secret that is referred to and not written.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct SecretNeeded {
    /// Its name.
    pub name: String,
    /// Its keys; empty where a file says them.
    pub keys: Vec<String>,
    /// The file that holds its values, where there is one.
    pub file: Option<String>,
}

/// What is asked for.
pub struct Source<'r> {
    /// The project, resolved without env files.
    pub resolved: &'r Resolved,
    /// The folder that is written to, absolute.
    pub root: &'r str,
    /// What lies below it.
    pub tree: &'r dyn Tree,
    /// Names and places that no file says. The project's name is the namespace's.
    pub wishes: &'r Wishes,
}

/// Writes manifests and chart of a project.
pub fn translate(source: &Source<'_>) -> Translation {
    let cx = Cx::new(source);
    let apps = apps(&cx);
    let left_out = source.resolved.disabled_services().map(|service| {
        let texts = service.texts("profiles");
        let profiles = texts.iter().map(|text| text.text.to_owned()).collect();
        let why = cx.why(service.head(), "it belongs to a profile that is off");
        (service.name().to_owned(), profiles, why)
    });
    let left_out = left_out.collect();
    let mut secrets = cx.secrets.take();
    for app in &apps {
        if !app.secret.is_empty() {
            secrets.push(SecretNeeded {
                name: app.name.clone(),
                keys: app.secret.iter().map(|(key, ..)| key.clone()).collect(),
                file: None,
            });
        }
    }
    secrets.sort();
    secrets.dedup();
    let mut written = objects::manifests(&cx, &apps, &secrets);
    written.extend(chart::write(&cx, &apps));
    written.sort_by(|a, b| a.path.cmp(&b.path));
    let services = apps.iter().map(objects::became).collect();
    Translation {
        written,
        images: images(&apps),
        losses: cx.ledger.into_inner().finish(source.resolved.root()),
        services,
        left_out,
        secrets,
    }
}

/// The images that are built elsewhere.
fn images(apps: &[App<'_>]) -> Vec<String> {
    let mut images: Vec<String> = Vec::new();
    let others = apps.iter().filter(|app| !app.image.is_own);
    let mut others: Vec<String> = others.map(|app| app.image.tagged()).collect();
    if apps.iter().any(|app| !app.waits.is_empty()) {
        others.push(objects::waiter_image());
    }
    for image in others {
        if !images.contains(&image) {
            images.push(image);
        }
    }
    images
}

/// What every reader of a project needs.
struct Cx<'r> {
    resolved: &'r Resolved,
    root: &'r str,
    tree: &'r dyn Tree,
    wishes: &'r Wishes,
    ledger: RefCell<Ledger<'r>>,
    /// The names of services as they are in a cluster.
    names: BTreeMap<&'r str, String>,
    /// Secrets beside those of the services.
    secrets: RefCell<Vec<SecretNeeded>>,
}

/// What runs a service.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Deployment,
    StatefulSet,
    DaemonSet,
    Job,
}

/// A service on its way.
struct App<'r> {
    /// The name in the Compose file.
    service: &'r str,
    item: &'r Item,
    /// The name of its objects.
    name: String,
    /// Where its files lie below the folder of all, with a slash at the end; empty where it is alone.
    folder: String,
    /// The name of its group of values.
    key: String,
    why: Vec<Evidence>,
    image: images::Image,
    kind: Kind,
    replicas: (u32, Vec<Evidence>),
    ports: Vec<ports::Port>,
    /// Whether others call it by its name.
    is_called: bool,
    /// Further names by which it is called.
    aliases: Vec<(String, Vec<Evidence>)>,
    /// Variables of the ConfigMap: name, value, a note, what they rest on.
    config: Vec<(String, String, Option<String>, Vec<Evidence>)>,
    /// Variables of the Secret: name, whether it may be absent, a note, what they rest on.
    secret: Vec<(String, bool, Option<String>, Vec<Evidence>)>,
    /// Secrets with all variables of an env file: name, whether it may be absent.
    env_files: Vec<(String, bool, Vec<Evidence>)>,
    mounts: mounts::Mounts,
    user: Option<security::User>,
    /// What of the pod's specification does not depend on anything else.
    pod: Map,
    /// The same of the container's.
    container: Map,
    /// Annotations of the pods.
    annotations: Map,
    probes: Map,
    resources: (Map, Vec<Evidence>, bool),
    strategy: Option<Map>,
    /// What else the specification of what makes the pods says.
    spec: Map,
    /// The host name that requests from outside use.
    host: Option<(String, u16, Vec<Evidence>)>,
    /// Services that have to answer before this one starts, with the port that tells.
    waits: Vec<(String, u16, Vec<Evidence>)>,
    /// The digest of the image that waits.
    waiter: Option<String>,
    level: security::Level,
}

fn apps<'r>(cx: &Cx<'r>) -> Vec<App<'r>> {
    let services = cx.resolved.root().get("services").into_iter();
    let entries: Vec<&Entry> = services.flat_map(Item::entries).collect();
    let mut keys = names::Taken::default();
    // Values of a chart that are no service's; `global` is Helm's own.
    for key in [chart::WAITER, "global"] {
        keys.take(key);
    }
    let mut apps: Vec<App<'r>> = Vec::new();
    for entry in entries {
        let key = keys.take_key(&crate::deploy::camel(entry.key()));
        apps.push(app(cx, entry, key));
    }
    if apps.len() > 1 {
        for app in &mut apps {
            app.folder = format!("{}/", app.name);
        }
    }
    network::between(cx, &mut apps);
    for app in &mut apps {
        probes::add(cx, app);
    }
    apps
}

fn app<'r>(cx: &Cx<'r>, entry: &'r Entry, key: String) -> App<'r> {
    let (service, item) = (entry.key(), entry.value());
    let head = cx.why(entry.key_trace(), format!("the service `{service}`"));
    let mut app = App {
        service,
        item,
        name: cx.names.get(service).cloned().unwrap_or_default(),
        folder: String::new(),
        key,
        why: vec![head],
        image: images::image(cx, service, item),
        kind: Kind::Deployment,
        replicas: (1, Vec::new()),
        ports: Vec::new(),
        is_called: false,
        aliases: Vec::new(),
        config: Vec::new(),
        secret: Vec::new(),
        env_files: Vec::new(),
        mounts: mounts::Mounts::default(),
        user: None,
        pod: Map::new(),
        container: Map::new(),
        annotations: Map::new(),
        probes: Map::new(),
        resources: (Map::new(), Vec::new(), false),
        strategy: None,
        spec: Map::new(),
        host: None,
        waits: Vec::new(),
        waiter: cx.wishes.digests.get(&objects::waiter_image()).cloned(),
        level: security::Level::Restricted,
    };
    ports::read(cx, &mut app);
    environment::read(cx, &mut app);
    command::read(cx, &mut app);
    scale::read(cx, &mut app);
    mounts::read(cx, &mut app);
    storage::settle(cx, &mut app);
    security::read(cx, &mut app);
    network::read(cx, &mut app);
    // Which services there are and are left out is said elsewhere.
    cx.take(item, "profiles");
    cx.take(item, "extends");
    app
}

impl<'r> Cx<'r> {
    fn new(source: &Source<'r>) -> Self {
        let root = source.resolved.root();
        let mut taken = names::Taken::default();
        let services = root.get("services").into_iter().flat_map(Item::entries);
        let names = services
            .map(|entry| (entry.key(), taken.take(&names::label(entry.key()))))
            .collect();
        let cx = Self {
            resolved: source.resolved,
            root: source.root,
            tree: source.tree,
            wishes: source.wishes,
            ledger: RefCell::new(Ledger::new(source.resolved.records(), source.root)),
            names,
            secrets: RefCell::new(Vec::new()),
        };
        // The name is the namespace's, and the version is no longer looked at by Compose either.
        cx.take(root, "name");
        cx.take(root, "version");
        cx
    }

    /// The entry under a key, which whoever asks carries over or accounts for.
    fn take(&self, map: &'r Item, key: &str) -> Option<&'r Entry> {
        let entry = map.as_map()?.entry(key)?;
        self.settle(entry.value());
        (!entry.value().is_null()).then_some(entry)
    }

    /// Notes that a value is carried over.
    fn settle(&self, item: &Item) {
        self.ledger.borrow_mut().settle(item);
    }

    /// What a line rests on.
    fn why(&self, trace: Trace, says: impl Into<String>) -> Evidence {
        self.ledger.borrow().evidence(trace, says)
    }

    /// The same of an entry of a service.
    fn because(&self, entry: &Entry) -> Vec<Evidence> {
        vec![self.why(entry.key_trace(), format!("`{}` says so", entry.key()))]
    }

    /// Lists what is lost of a service.
    fn lose(
        &self,
        app: &str,
        trace: Trace,
        key: &str,
        lost: impl Into<String>,
        help: impl Into<String>,
    ) {
        let key = format!("services.{app}.{key}");
        self.ledger.borrow_mut().lose(trace, key, lost, help);
    }

    /// A path relative to the folder that is written to.
    fn relative<'p>(&self, path: &'p str) -> &'p str {
        ledger::relative(path, self.root)
    }
}

impl App<'_> {
    /// The group of values of this service.
    fn values(&self) -> String {
        format!(".Values.{}", self.key)
    }
}
