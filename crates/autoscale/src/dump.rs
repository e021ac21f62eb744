//! What a cluster says of an HPA: the output of `kubectl get hpa,deploy,pods,events -o yaml`, and
//! of the metrics API or `kubectl top`; or what a cluster answers when it is asked ([`live`]).

pub mod answers;
pub mod live;
mod metrics;
mod pods;
mod status;

use plimsoll_hpa::pods::Pod;
use plimsoll_hpa::{Hpa, Metric, Scale, ScaleRead, Selection, Time};
use plimsoll_k8s::Object;
use plimsoll_k8s::selectors::LabelSelector;
use plimsoll_yaml::{Dialect, Node, Tree, parse};

use crate::manifest::{hpa, int, string, text};

use metrics::Sources;
pub use metrics::{Recorded, UsageError, UsageFile};
pub use status::{Event, MetricValue, Written, WrittenCondition};

/// An HPA with everything that a dump says about it.
#[derive(Clone, Debug)]
pub struct Dump {
    /// What it asks for.
    pub hpa: Hpa,
    /// The scale of its target.
    pub scale: ScaleRead,
    /// The pods of its target.
    pub pods: Vec<Pod>,
    /// What the metrics APIs say.
    pub metrics: Recorded,
    /// Its status.
    pub written: Written,
    /// What it sent, the oldest first.
    pub events: Vec<Event>,
    /// The newest time that is written anywhere.
    pub newest: Option<Time>,
    /// What had to be assumed.
    pub notes: Vec<String>,
}

/// Why there is no such HPA.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum DumpError {
    /// A text that is neither YAML nor JSON.
    #[error("file {number} of the dump, line {line}: {message}")]
    Syntax {
        /// Which of the texts, from 1.
        number: usize,
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        message: String,
    },
    /// There is none at all.
    #[error("there is no HorizontalPodAutoscaler in the dump")]
    Nothing,
    /// There is none of that name.
    #[error("there is no HorizontalPodAutoscaler `{name}` in the dump; there are {known}")]
    Unknown {
        /// The name asked for.
        name: String,
        /// What there is.
        known: String,
    },
    /// There are several of that name.
    #[error("there are several of that name: {0}")]
    Several(String),
    /// It lacks something.
    #[error("the HorizontalPodAutoscaler `{name}` cannot be explained: {lacks}")]
    Broken {
        /// Its name.
        name: String,
        /// What.
        lacks: String,
    },
}

/// The point in time that a text says, to the millisecond.
///
/// `2024-05-01T12:00:00Z`, or seconds since 1970.
pub fn time(text: &str) -> Option<Time> {
    let seconds = plimsoll_sizing::input::seconds(text)?;
    Some(Time::millis((seconds * 1000.0).round() as i64))
}

pub(crate) fn time_at(node: Node<'_>, key: &str) -> Option<Time> {
    time(&string(node, key)?)
}

impl Dump {
    /// Reads an HPA, as `name` or `namespace/name`, from the texts of a dump.
    ///
    /// # Errors
    ///
    /// See [`DumpError`].
    pub fn read(
        texts: &[String],
        usage: Option<&UsageFile>,
        name: &str,
    ) -> Result<Self, DumpError> {
        let texts = texts.iter().enumerate();
        let trees = texts.map(|(at, text)| tree(at + 1, text));
        let trees: Vec<Tree> = trees.collect::<Result<_, _>>()?;
        let objects: Vec<Object<'_>> = trees.iter().flat_map(plimsoll_k8s::objects).collect();
        let object = choose(&objects, name)?;
        let hpa = hpa(object).map_err(|lacks| DumpError::Broken {
            name: name.to_owned(),
            lacks,
        })?;
        let mut notes = Vec::new();
        let written = Written::of(object, &hpa);
        let target = objects.iter().copied().find(|one| {
            one.kind() == hpa.target.kind
                && one.name().as_deref() == Some(hpa.target.name.as_str())
                && is_in(*one, &hpa.namespace)
        });
        let pods = members(&objects, &hpa, target, &mut notes);
        let scale = scale(target, &written, &mut notes);
        match usage {
            None if hpa.metrics.iter().any(is_of_pods) => notes.push(
                "without `--metrics`, every running pod is taken to use the mean in the status"
                    .to_owned(),
            ),
            Some(file) if !file.is_timed() => notes
                .push("`kubectl top` gives no times; its samples are taken to be new".to_owned()),
            _ => {}
        }
        let sources = Sources {
            usage,
            readings: Vec::new(),
        };
        let events = status::events(&objects, &hpa);
        let metrics = Recorded::new(&hpa, &written, &pods, sources);
        Ok(Self {
            newest: None,
            hpa,
            scale,
            pods,
            metrics,
            written,
            events,
            notes,
        }
        .dated())
    }

    /// With the newest time that is written anywhere.
    fn dated(mut self) -> Self {
        let ready = self.pods.iter().filter_map(|pod| Some(pod.ready?.since));
        let newest = [
            self.metrics.newest(),
            self.written.newest(),
            self.events.iter().map(|event| event.at).max(),
            ready.max(),
        ];
        self.newest = newest.into_iter().flatten().max();
        self
    }
}

/// Whether a metric is of what pods use.
const fn is_of_pods(metric: &Metric) -> bool {
    matches!(
        metric,
        Metric::Resource { .. } | Metric::ContainerResource { .. }
    )
}

fn tree(number: usize, text: &str) -> Result<Tree, DumpError> {
    let tree = parse(text, Dialect::GoV2);
    let Some(error) = tree.errors().first() else {
        return Ok(tree);
    };
    let before = text.get(..error.range.start as usize).unwrap_or_default();
    Err(DumpError::Syntax {
        number,
        line: before.matches('\n').count() + 1,
        message: error.message.clone(),
    })
}

fn is_in(object: Object<'_>, namespace: &str) -> bool {
    object
        .namespace()
        .is_none_or(|own| own.as_ref() == namespace)
}

fn choose<'a>(objects: &[Object<'a>], name: &str) -> Result<Object<'a>, DumpError> {
    let hpas: Vec<Object<'a>> = objects
        .iter()
        .copied()
        .filter(|object| object.is("autoscaling", "HorizontalPodAutoscaler"))
        .collect();
    let whole = |object: &Object<'_>| {
        let namespace = text(object.namespace()).unwrap_or_else(|| "default".to_owned());
        format!("{namespace}/{}", object.name().unwrap_or_default())
    };
    let known = |hpas: &[Object<'_>]| {
        let names: Vec<String> = hpas.iter().map(|one| format!("`{}`", whole(one))).collect();
        names.join(", ")
    };
    let named: Vec<Object<'a>> = hpas
        .iter()
        .copied()
        .filter(|object| object.name().as_deref() == Some(name) || whole(object) == name)
        .collect();
    match named.as_slice() {
        [one] => Ok(*one),
        [] if hpas.is_empty() => Err(DumpError::Nothing),
        [] => Err(DumpError::Unknown {
            name: name.to_owned(),
            known: known(&hpas),
        }),
        several => Err(DumpError::Several(known(several))),
    }
}

/// The pods of the target: those that its selector chooses.
fn members(
    objects: &[Object<'_>],
    hpa: &Hpa,
    target: Option<Object<'_>>,
    notes: &mut Vec<String>,
) -> Vec<Pod> {
    let all = objects
        .iter()
        .copied()
        .filter(|object| object.is("", "Pod") && is_in(*object, &hpa.namespace));
    let selector = target.and_then(|target| target.spec()?.get("selector"));
    let selector = selector.and_then(|node| LabelSelector::new(node.resolve()));
    let chosen: Vec<Object<'_>> = if let Some(selector) = selector {
        all.filter(|object| selector.matches(object.labels()))
            .collect()
    } else {
        let (kind, name) = (&hpa.target.kind, &hpa.target.name);
        notes.push(format!(
            "{kind} `{name}` is not in the dump; its pods are told by their owners' names"
        ));
        all.filter(|object| is_owned(*object, hpa)).collect()
    };
    if chosen.is_empty() {
        notes.push("no pod of the target is in the dump".to_owned());
    }
    chosen.into_iter().map(pods::pod).collect()
}

/// Whether the owner of a pod is the target, or a ReplicaSet that bears its name.
fn is_owned(object: Object<'_>, hpa: &Hpa) -> bool {
    let owners = object
        .metadata()
        .map(|node| crate::manifest::list(node, "ownerReferences"));
    owners.into_iter().flatten().any(|owner| {
        let (kind, name) = (string(owner, "kind"), string(owner, "name"));
        let name = name.unwrap_or_default();
        let target = &hpa.target.name;
        match kind.as_deref() {
            Some("ReplicaSet") if hpa.target.kind == "Deployment" => name
                .rsplit_once('-')
                .is_some_and(|(deployment, _)| deployment == target),
            Some(kind) => kind == hpa.target.kind && name == *target,
            None => false,
        }
    })
}

fn scale(target: Option<Object<'_>>, written: &Written, notes: &mut Vec<String>) -> ScaleRead {
    let spec = target.and_then(Object::spec);
    let asked = match spec {
        // The API server's default.
        Some(spec) => int(spec, "replicas").or(Some(1)),
        None => None,
    };
    let status = target.and_then(|target| target.node().get("status"));
    let there = status
        .map(Node::resolve)
        .and_then(|node| int(node, "replicas"));
    if asked.is_none() && written.current_replicas.is_none() {
        notes.push("how many replicas there are is not in the dump; 1 is taken".to_owned());
    }
    let asked = asked.or(written.current_replicas).unwrap_or(1);
    ScaleRead::Read(Scale {
        spec_replicas: asked,
        status_replicas: there.or(written.current_replicas).unwrap_or(asked),
        selection: Selection::Pods,
    })
}

#[cfg(test)]
pub(crate) mod tests;
