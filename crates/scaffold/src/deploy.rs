//! The objects of a service in a cluster, once for manifests and chart: trees that are written as
//! they are, and as templates.

mod access;
mod figures;
mod network;
mod pods;
mod probes;
mod secrets;
mod workloads;

pub(crate) use figures::{Figures, figures};
pub(crate) use pods::{resources as resource_map, restricted, spread};
pub(crate) use secrets::{Kept, maker, secret_file};

use crate::emit::{Document, Map, Node, When};
use crate::generate::runnable;
use crate::model::{Evidence, Service, Survey};
use crate::plan::Running;
use crate::wiring::{Carrier, Wire, wires};
use crate::wishes::Wishes;

/// The component of the process that the service starts with.
pub(crate) const WEB: &str = "web";

/// A service as it is deployed.
pub(crate) struct Part<'s> {
    pub(crate) service: &'s Service,
    pub(crate) running: Running,
    pub(crate) wires: Vec<Wire>,
    pub(crate) wishes: &'s Wishes,
    /// Whether there is no other service.
    pub(crate) is_alone: bool,
}

/// One file of objects.
pub(crate) struct ObjectFile {
    pub(crate) name: String,
    pub(crate) documents: Vec<Document>,
}

/// The services that can be deployed.
pub(crate) fn parts<'s>(survey: &'s Survey, wishes: &'s Wishes) -> Vec<Part<'s>> {
    let mut parts: Vec<Part<'s>> = runnable(survey, wishes)
        .into_iter()
        .map(|(service, running, _)| Part {
            wires: wires(service, &running),
            service,
            running,
            wishes,
            is_alone: false,
        })
        .collect();
    if let [alone] = &mut parts[..] {
        alone.is_alone = true;
    }
    parts
}

impl Part<'_> {
    pub(crate) fn name(&self) -> &str {
        &self.service.name.value
    }

    /// What every line rests on that rests on nothing else.
    pub(crate) fn why(&self) -> Vec<Evidence> {
        self.service.name.evidence.clone()
    }

    /// The files, but for the Namespace and what makes secrets, which a chart does not have.
    pub(crate) fn files(&self) -> Vec<ObjectFile> {
        let mut files = vec![ObjectFile {
            name: "deployment.yaml".to_owned(),
            documents: vec![self.deployment()],
        }];
        let mut add = |name: &str, documents: Vec<Document>| {
            files.push(ObjectFile {
                name: name.to_owned(),
                documents,
            });
        };
        add("configmap.yaml", vec![self.configmap()]);
        if self.running.port.is_some() {
            add("service.yaml", vec![self.network_service()]);
            add("ingress.yaml", vec![self.ingress()]);
            add(
                "autoscaling.yaml",
                vec![self.autoscaler(), self.disruption_budget()],
            );
        } else {
            add("autoscaling.yaml", vec![self.disruption_budget()]);
        }
        add("access.yaml", self.access());
        if let Some(migration) = &self.running.migration {
            add("migration.yaml", vec![self.migration(migration)]);
        }
        for process in &self.running.processes {
            add(&format!("{}.yaml", process.name), self.process(process));
        }
        files.retain(|file| {
            file.documents
                .iter()
                .any(|document| !document.body.is_empty())
        });
        files
    }

    /// The variables that a Secret holds.
    pub(crate) fn secret_wires(&self) -> impl Iterator<Item = &Wire> {
        self.wires
            .iter()
            .filter(|wire| wire.carrier == Carrier::Secret)
    }

    /// The variables that the ConfigMap holds, with their values.
    pub(crate) fn config(&self) -> Vec<ConfigEntry<'_>> {
        let wires = self.wires.iter();
        wires
            .filter(|wire| wire.carrier == Carrier::Config)
            .map(|wire| {
                let known = wire.variable.default.clone();
                let (value, note) = match (known, wire.variable.backing) {
                    (_, Some(_)) => elsewhere(wire),
                    (Some(default), None) => (default, None),
                    (None, None) => (
                        String::new(),
                        Some(
                            "The code needs it, and nothing says its value: fill it in.".to_owned(),
                        ),
                    ),
                };
                ConfigEntry { wire, value, note }
            })
            .collect()
    }

    /// The name of an object: the service's, with what tells it from its kin.
    fn full_name(&self, suffix: &str) -> Node {
        let include = format!("include \"{}.name\" .", self.name());
        let plain = Node::Text(format!("{}{suffix}", self.name()));
        if suffix.is_empty() {
            return plain.or_expression(include);
        }
        // What begins with a hyphen behind it is a text whatever the name.
        let joined = Node::Word(format!("{{{{ {include} }}}}{suffix}"));
        Node::Either(Box::new(plain), Box::new(joined))
    }

    fn metadata(&self, suffix: &str, component: &str) -> Map {
        let mut map = Map::new().put("name", self.full_name(suffix));
        if !self.wishes.kustomize {
            map = map
                .put("namespace", self.wishes.project.as_str())
                .only(When::Plain);
        }
        map.put("labels", self.labels(component))
    }

    fn labels(&self, component: &str) -> Map {
        let name = self.name();
        let map = Map::new()
            .splice(format!("include \"{name}.labels\" ."))
            .put("app.kubernetes.io/name", name)
            .only(When::Plain);
        if component.is_empty() {
            map
        } else {
            map.put("app.kubernetes.io/component", component)
        }
    }

    /// The labels that tell one process's pods; of every process where `component` is empty.
    fn selector(&self, component: &str) -> Map {
        let name = self.name();
        let map = Map::new()
            .splice(format!("include \"{name}.selector\" ."))
            .put("app.kubernetes.io/name", name)
            .only(When::Plain);
        if component.is_empty() {
            map
        } else {
            map.put("app.kubernetes.io/component", component)
        }
    }

    fn object(&self, api: &str, kind: &str, suffix: &str, component: &str) -> Map {
        Map::new()
            .put("apiVersion", api)
            .put("kind", kind)
            .put("metadata", self.metadata(suffix, component))
    }
}

/// A line of a ConfigMap.
pub(crate) struct ConfigEntry<'w> {
    pub(crate) wire: &'w Wire,
    pub(crate) value: String,
    pub(crate) note: Option<String>,
}

/// A part of the address of a backing service, which in a cluster is somewhere else.
fn elsewhere(wire: &Wire) -> (String, Option<String>) {
    let Some(backing) = wire.variable.backing else {
        return (String::new(), None);
    };
    let image = crate::wiring::image(backing);
    let name = wire.name().to_ascii_uppercase();
    let title = crate::wiring::title(backing);
    let value = if name.ends_with("PORT") {
        return (image.port.to_string(), None);
    } else if name.ends_with("HOST") || name.ends_with("HOSTNAME") || name.ends_with("SERVER") {
        format!("{}.example.com", image.name)
    } else if let Some(default) = &wire.variable.default {
        default.clone()
    } else {
        String::new()
    };
    let note = format!("Of {title} in the cluster, which nothing here says: replace it.");
    (value, Some(note))
}

/// A name as it can stand behind a dot in a template.
pub(crate) fn camel(name: &str) -> String {
    let mut out = String::new();
    let mut raise = false;
    for c in name.chars() {
        if !c.is_ascii_alphanumeric() {
            raise = !out.is_empty();
        } else if raise {
            out.push(c.to_ascii_uppercase());
            raise = false;
        } else {
            out.push(c);
        }
    }
    if out.starts_with(|c: char| c.is_ascii_digit()) {
        out.insert(0, 'p');
    }
    out
}
