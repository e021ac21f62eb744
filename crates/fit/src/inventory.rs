//! What manifests and dumps say beside nodes and pods: namespaces, services, priority classes,
//! autoscalers.

use std::collections::BTreeMap;

use plimsoll_k8s::{Object, Workload};

use crate::affinity::{Namespaces, selector};
use crate::read::{int, labels, mapping, present_or_nothing, string};
use crate::selector::{Labels, Requirement, Selector};
use crate::template::labels_of;

/// The namespace of objects that name none.
pub const DEFAULT_NAMESPACE: &str = "default";

/// What is known of a cluster beside its nodes and pods.
#[derive(Clone, Default, Debug)]
pub struct Inventory {
    /// The namespaces, with their labels.
    pub namespaces: Namespaces,
    services: Vec<(String, Labels)>,
    controllers: BTreeMap<Owner, Selector>,
    classes: BTreeMap<String, i32>,
    default_priority: Option<i32>,
    scalers: BTreeMap<Owner, Scaler>,
}

/// Names an object that owns pods.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Owner {
    /// Its namespace.
    pub namespace: String,
    /// Its kind.
    pub kind: String,
    /// Its name.
    pub name: String,
}

/// An autoscaler's range.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Scaler {
    /// `minReplicas`.
    pub min: i32,
    /// `maxReplicas`.
    pub max: i32,
}

impl Inventory {
    /// Takes note of an object.
    pub fn add(&mut self, object: Object<'_>) {
        let namespace = namespace(object);
        let name = object.name().unwrap_or_default().into_owned();
        match (&*object.group(), &*object.kind()) {
            ("", "Namespace") => {
                let labels = labels_of(object.metadata());
                self.namespaces.entry(name).or_default().extend(labels);
            }
            ("", "Service") => {
                let selector = object.spec().and_then(|spec| mapping(spec, "selector"));
                if let Some(selector) = selector {
                    self.services.push((namespace, labels(Some(selector))));
                }
            }
            ("scheduling.k8s.io", "PriorityClass") => {
                let value = int(object.node(), "value").unwrap_or(0);
                let global = object.node().get("globalDefault");
                if global.and_then(|node| node.as_bool()) == Some(true) {
                    self.default_priority = Some(value);
                }
                self.classes.insert(name, value);
            }
            ("autoscaling", "HorizontalPodAutoscaler") => self.scaler(object, namespace, false),
            ("keda.sh", "ScaledObject") => self.scaler(object, namespace, true),
            ("", "ReplicationController") | ("apps", "ReplicaSet" | "StatefulSet") => {
                let kind = object.kind().into_owned();
                let owner = Owner {
                    namespace,
                    kind,
                    name,
                };
                self.controllers.insert(owner, controller_selector(object));
            }
            _ => {}
        }
    }

    /// HPAs, and KEDA's ScaledObjects, whose defaults are other.
    fn scaler(&mut self, object: Object<'_>, namespace: String, keda: bool) {
        let Some(spec) = object.spec() else { return };
        let Some(target) = mapping(spec, "scaleTargetRef") else {
            return;
        };
        let kind = string(target, "kind");
        let owner = Owner {
            namespace,
            kind: if kind.is_empty() && keda {
                "Deployment".to_owned()
            } else {
                kind
            },
            name: string(target, "name"),
        };
        let (least, most) = if keda {
            ("minReplicaCount", "maxReplicaCount")
        } else {
            ("minReplicas", "maxReplicas")
        };
        let min = int(spec, least).unwrap_or(i32::from(!keda));
        let max = int(spec, most).unwrap_or(if keda { 100 } else { min });
        self.scalers.insert(owner, Scaler { min, max });
    }

    /// The autoscaler of a workload.
    pub fn scaler_of(&self, owner: &Owner) -> Option<Scaler> {
        self.scalers.get(owner).copied()
    }

    /// The priority of pods with this class (admission plugin `Priority`), for classes other than
    /// the two of every cluster. `None` where there is no such class.
    pub fn priority(&self, class: &str) -> Option<i32> {
        if class.is_empty() {
            return Some(self.default_priority.unwrap_or(0));
        }
        self.classes.get(class).copied()
    }

    /// Whom the scheduler spreads pods among by default (`DefaultSelector`): those of the services
    /// that select them and of the controller that owns them.
    pub fn company(
        &self,
        namespace: &str,
        labels: &Labels,
        controller: Option<&Selector>,
    ) -> Option<Selector> {
        let mut asked = Labels::new();
        for (of, selector) in &self.services {
            let selects = Selector::of_labels(selector).matches(labels);
            if of == namespace && selects {
                asked.extend(selector.clone());
            }
        }
        let mut company = Selector::of_labels(&asked);
        if let Some(Selector::All(requirements)) = controller {
            for one in requirements {
                company.add(one.clone());
            }
        }
        (!company.is_everything()).then_some(company)
    }

    /// The selector of a controller that is known.
    pub fn controller(&self, owner: &Owner) -> Option<&Selector> {
        self.controllers.get(owner)
    }
}

/// The namespace that an object is in.
pub fn namespace(object: Object<'_>) -> String {
    let written = object.namespace().filter(|name| !name.is_empty());
    written.map_or_else(|| DEFAULT_NAMESPACE.to_owned(), |name| name.into_owned())
}

/// `spec.selector` of an object that owns pods.
pub(crate) fn controller_selector(object: Object<'_>) -> Selector {
    let written = object
        .spec()
        .and_then(|spec| present_or_nothing(spec, "selector"));
    let plain = matches!(
        &*object.kind(),
        "ReplicationController" | "DeploymentConfig"
    );
    match written {
        Some(node) if plain => {
            let pairs = labels(Some(node));
            let equal = pairs
                .into_iter()
                .map(|(key, value)| Requirement::equals(key, value));
            Selector::All(equal.collect())
        }
        written => selector(written),
    }
}

/// The name of a workload.
pub(crate) fn owner_of(workload: Workload<'_>) -> Owner {
    let object = workload.object();
    Owner {
        namespace: namespace(object),
        kind: object.kind().into_owned(),
        name: object.name().unwrap_or_default().into_owned(),
    }
}
