//! A dump made of a cluster's own answers, of which some may be refusals.

use plimsoll_hpa::{Hpa, Metric, Scale, ScaleRead, Selection};
use plimsoll_k8s::Object;
use plimsoll_yaml::{Dialect, Tree, parse};

use super::live::{Reading, scale};
use super::metrics::{Recorded, Sources, UsageFile};
use super::{Dump, DumpError, Written, is_of_pods, pods, status};
use crate::explain::metric_name;
use crate::manifest;

/// What a cluster answers, as text, or why it does not.
#[derive(Clone, Debug)]
pub struct Answers {
    /// The HPA.
    pub hpa: String,
    /// The scale of its target.
    pub scale: Result<String, String>,
    /// The pods that the scale's selector chooses.
    pub pods: Result<String, String>,
    /// What they use; nothing where no metric is of that.
    pub usage: Option<Result<String, String>>,
    /// For each metric of the HPA what its API says, but for what pods use.
    pub readings: Vec<Option<Result<Reading, String>>>,
    /// The events about the HPA.
    pub events: Result<String, String>,
}

/// The HPA of an answer.
///
/// # Errors
///
/// See [`DumpError`].
pub fn hpa(text: &str) -> Result<Hpa, DumpError> {
    let tree = parse(text, Dialect::GoV2);
    let objects = plimsoll_k8s::objects(&tree);
    of(&objects)
}

fn of(objects: &[Object<'_>]) -> Result<Hpa, DumpError> {
    let object = objects.first().copied().ok_or(DumpError::Nothing)?;
    manifest::hpa(object).map_err(|lacks| DumpError::Broken {
        name: object.name().unwrap_or_default().into_owned(),
        lacks,
    })
}

impl Dump {
    /// Puts a cluster's answers together. What it refused is among the notes, with what is taken in
    /// its place.
    ///
    /// # Errors
    ///
    /// See [`DumpError`].
    pub fn of_answers(answers: Answers) -> Result<Self, DumpError> {
        let tree = parse(answers.hpa.as_str(), Dialect::GoV2);
        let objects = plimsoll_k8s::objects(&tree);
        let hpa = of(&objects)?;
        let written = objects
            .first()
            .map_or_else(Written::default, |object| Written::of(*object, &hpa));
        let mut notes = Vec::new();
        let scale = scale_of(answers.scale, &hpa, &written, &mut notes);
        let pods = listed(answers.pods.as_deref());
        let pods: Vec<_> = pods
            .iter()
            .flat_map(plimsoll_k8s::objects)
            .filter(|object| object.is("", "Pod"))
            .map(pods::pod)
            .collect();
        match &answers.pods {
            Err(words) => notes.push(format!(
                "pods cannot be read, so what of them counts is not known: {words}"
            )),
            Ok(_) if pods.is_empty() => {
                notes.push("the selector of the target chooses no pod".to_owned());
            }
            Ok(_) => {}
        }
        let usage = answers.usage.and_then(|answer| {
            let read = answer
                .and_then(|text| UsageFile::of_answer(&text).map_err(|error| error.to_string()));
            let mean = "every running pod is taken to use the mean in the status";
            read.inspect_err(|words| {
                notes.push(format!("what pods use cannot be read, and {mean}: {words}"));
            })
            .ok()
        });
        for (at, reading) in answers.readings.iter().enumerate() {
            let (Some(Err(words)), Some(metric)) = (reading, hpa.metrics.get(at)) else {
                continue;
            };
            let name = metric_name(metric);
            let instead = match written.metrics.get(at) {
                Some(Some(_)) => "its value in the status is taken",
                _ => "the status has no value of it",
            };
            notes.push(format!("{name} cannot be read, and {instead}: {words}"));
        }
        let sent = listed(answers.events.as_deref());
        let sent: Vec<Object<'_>> = sent.iter().flat_map(plimsoll_k8s::objects).collect();
        if let Err(words) = &answers.events {
            notes.push(format!("events cannot be read: {words}"));
        }
        let sources = Sources {
            usage: usage.as_ref(),
            readings: answers.readings,
        };
        Ok(Self {
            newest: None,
            metrics: Recorded::new(&hpa, &written, &pods, sources),
            events: status::events(&sent, &hpa),
            hpa,
            scale,
            pods,
            written,
            notes,
        }
        .dated())
    }
}

/// Whether what pods use has to be asked for.
pub fn wants_usage(hpa: &Hpa) -> bool {
    hpa.metrics.iter().any(is_of_pods)
}

/// Whether a metric is of the API for custom metrics.
pub const fn is_custom(metric: &Metric) -> bool {
    matches!(metric, Metric::Pods { .. } | Metric::Object { .. })
}

fn scale_of(
    answer: Result<String, String>,
    hpa: &Hpa,
    written: &Written,
    notes: &mut Vec<String>,
) -> ScaleRead {
    let read = answer.and_then(|text| {
        let read = scale(&text);
        read.ok_or_else(|| "the answer is no scale".to_owned())
    });
    let words = match read {
        Ok((scale, _)) => return ScaleRead::Read(scale),
        Err(words) => words,
    };
    let (kind, name) = (&hpa.target.kind, &hpa.target.name);
    notes.push(format!(
        "the scale of {kind} `{name}` cannot be read, and the status's numbers are taken: {words}"
    ));
    let replicas = written.current_replicas.unwrap_or(1);
    ScaleRead::Read(Scale {
        spec_replicas: replicas,
        status_replicas: replicas,
        selection: Selection::Pods,
    })
}

/// The items of a list are objects without a kind of their own: the server says it once.
fn listed(answer: Result<&str, &String>) -> Option<Tree> {
    Some(parse(answer.ok()?, Dialect::GoV2))
}
