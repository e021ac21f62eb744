//! The values of a chart: one table of which `values.yaml` and its schema are made.

use crate::deploy::{Part, camel, figures, resource_map};
use crate::emit::{self, Dialect, Document, Map, Node};
use crate::model::{Evidence, ProcessKind};
use crate::wishes::placeholder;
use crate::written::Written;

/// A value that a user of the chart may set.
pub(crate) struct Value {
    pub(crate) key: String,
    /// What it is, a sentence.
    pub(crate) says: String,
    pub(crate) kind: Kind,
    pub(crate) why: Vec<Evidence>,
}

/// What a value holds.
pub(crate) enum Kind {
    /// A text; whether it may be empty.
    Text(String, bool),
    /// A whole number between bounds.
    Number(u32, u32, u32),
    /// Yes or no.
    Switch(bool),
    /// Further values.
    Group(Vec<Value>),
    /// Texts by names that the user may add to.
    Texts(Vec<(String, String, Option<String>, Vec<Evidence>)>),
    /// Requests and limits.
    Resources(Map),
}

/// The values of a chart, in the order of writing.
pub(super) fn of(part: &Part<'_>) -> Vec<Value> {
    let repository = part.wishes.repository(&part.running.image);
    let tag = part.wishes.tag();
    let mut says = "Where the image is pulled from.".to_owned();
    if let Some(note) = placeholder(&repository, "--registry") {
        says = format!("{says} {note}");
    }
    let mut values = vec![group(
        "image",
        "The image.",
        vec![
            value("repository", says, Kind::Text(repository.value, false)).on(&repository.evidence),
            value(
                "tag",
                "Its tag; the chart's appVersion where it is empty.",
                Kind::Text(String::new(), true),
            )
            .on(&tag.evidence),
        ],
    )];
    let config = part.config();
    let mut why = Vec::new();
    let mut texts = Vec::new();
    for entry in &config {
        why.extend_from_slice(entry.wire.evidence());
        texts.push((
            entry.wire.name().to_owned(),
            entry.value.clone(),
            entry.note.clone(),
            entry.wire.evidence().to_vec(),
        ));
    }
    values.push(
        value(
            "config",
            "Variables of every process, by name. They stand in a ConfigMap: no secrets.",
            Kind::Texts(texts),
        )
        .on(&why),
    );
    let keys: Vec<String> = part.secret_wires().map(|wire| wire.key()).collect();
    if !keys.is_empty() {
        let says = format!(
            "The Secret with the keys {}; it is made outside of this chart, and before it.",
            keys.join(", ")
        );
        let why: Vec<Evidence> = part
            .secret_wires()
            .flat_map(|wire| wire.evidence().to_vec())
            .collect();
        values.push(value("secret", says, Kind::Text(part.name().to_owned(), false)).on(&why));
    }
    if part.running.port.is_none() {
        values.push(value(
            "replicas",
            "How many pods there are.",
            Kind::Number(2, 0, 1000),
        ));
    }
    values.push(resources(
        part,
        "What each pod asks for and may take; unmeasured.",
    ));
    values.extend(processes(part));
    if part.running.port.is_some() {
        values.extend(network(part));
    }
    values
}

fn processes(part: &Part<'_>) -> Vec<Value> {
    let (mut workers, mut jobs) = (Vec::new(), Vec::new());
    for process in &part.running.processes {
        let key = camel(&process.name);
        let says = format!("The process `{}`.", process.name);
        let resources = resources(
            part,
            "What each of its pods asks for and may take; unmeasured.",
        );
        match &process.kind {
            ProcessKind::Worker => {
                let replicas = value(
                    "replicas",
                    "How many pods it has.",
                    Kind::Number(2, 0, 1000),
                );
                workers.push(
                    group(&key, &says, vec![replicas, resources]).on(&process.command.evidence),
                );
            }
            ProcessKind::Scheduler => {
                workers.push(group(&key, &says, vec![resources]).on(&process.command.evidence));
            }
            ProcessKind::Cron(schedule) => {
                let schedule = value(
                    "schedule",
                    "When it runs, in the five fields of cron.",
                    Kind::Text(schedule.clone(), false),
                );
                jobs.push(
                    group(&key, &says, vec![schedule, resources]).on(&process.command.evidence),
                );
            }
        }
    }
    let mut values = Vec::new();
    if !workers.is_empty() {
        values.push(group(
            "workers",
            "Processes beside the one that serves.",
            workers,
        ));
    }
    if !jobs.is_empty() {
        values.push(group("jobs", "Processes that run at times.", jobs));
    }
    values
}

fn network(part: &Part<'_>) -> Vec<Value> {
    let host = part.wishes.host(part.name(), part.is_alone);
    let mut says = "The host name that it answers to.".to_owned();
    if let Some(note) = placeholder(&host, "--host") {
        says = format!("{says} {note}");
    }
    vec![
        group(
            "autoscaling",
            "How many pods there are; unmeasured.",
            vec![
                value("minReplicas", "At least.", Kind::Number(2, 1, 1000)),
                value("maxReplicas", "At most.", Kind::Number(10, 1, 1000)),
                value(
                    "cpu",
                    "The share of the requested CPU that pods are held at, in percent.",
                    Kind::Number(70, 1, 1000),
                ),
            ],
        ),
        group(
            "ingress",
            "How requests come in from outside.",
            vec![
                value("enabled", "Whether they do.", Kind::Switch(true)),
                value(
                    "className",
                    "The class of the cluster's ingress controller.",
                    Kind::Text("nginx".to_owned(), false),
                ),
                value(
                    "issuer",
                    "The ClusterIssuer of cert-manager that signs the certificate.",
                    Kind::Text("letsencrypt-prod".to_owned(), false),
                ),
                value("host", says, Kind::Text(host.value, false)).on(&host.evidence),
            ],
        ),
    ]
}

fn resources(part: &Part<'_>, says: &str) -> Value {
    let figures = figures(&part.service.stack);
    value("resources", says, Kind::Resources(resource_map(figures))).on(&[Evidence::table(
        format!("resources by runtime, unmeasured: {}", figures.runtime),
    )])
}

/// A value of this name.
pub(crate) fn value(key: &str, says: impl Into<String>, kind: Kind) -> Value {
    Value {
        key: key.to_owned(),
        says: says.into(),
        kind,
        why: Vec::new(),
    }
}

/// Values under one name.
pub(crate) fn group(key: &str, says: &str, values: Vec<Value>) -> Value {
    value(key, says, Kind::Group(values))
}

impl Value {
    /// The same, resting on these lines.
    pub(crate) fn on(mut self, evidence: &[Evidence]) -> Self {
        self.why.extend_from_slice(evidence);
        self
    }
}

/// `values.yaml`.
pub(crate) fn file(values: &[Value], why: &[Evidence], folder: &str) -> Written {
    let document = Document::new(map(values, true), why.to_vec());
    emit::file(format!("{folder}/values.yaml"), &[document], Dialect::Plain)
}

fn map(values: &[Value], is_top: bool) -> Map {
    let mut map = Map::new();
    for value in values {
        if is_top && !map.is_empty() {
            map = map.gap();
        }
        let node = match &value.kind {
            Kind::Text(text, _) => Node::Text(text.clone()),
            Kind::Number(number, ..) => Node::from(*number),
            Kind::Switch(on) => Node::from(*on),
            Kind::Group(values) => Node::Map(self::map(values, false)),
            Kind::Resources(resources) => Node::Map(resources.clone()),
            Kind::Texts(texts) => {
                let mut map = Map::new();
                for (name, text, note, why) in texts {
                    map = map.put(name.as_str(), Node::Quoted(text.clone())).why(why);
                    if let Some(note) = note {
                        map = map.note(note.clone());
                    }
                }
                Node::Map(map)
            }
        };
        map = map
            .put(value.key.as_str(), node)
            .note(value.says.clone())
            .why(&value.why);
    }
    map
}
