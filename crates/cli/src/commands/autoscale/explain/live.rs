//! What a cluster says of an HPA now: its own requests one after another, of which some may be
//! refused.

use plimsoll_autoscale::dump::answers::{self, Answers};
use plimsoll_autoscale::dump::live::{self, Ask, Reading, Resource};
use plimsoll_autoscale::dump::{Dump, DumpError};
use plimsoll_autoscale::{Hpa, Metric, Reference};
use plimsoll_cluster::{Api, ApiError};

use crate::cluster::{self, ClusterArgs};
use crate::failure::Failure;

/// The most names of HPAs that are shown.
const MOST_NAMES: usize = 10;

pub(super) fn read(args: &ClusterArgs, name: &str) -> Result<Dump, Failure> {
    let cluster = args.connect()?;
    let api = &cluster.api;
    let (namespace, name) = name.split_once('/').unwrap_or((&cluster.namespace, name));
    let own = get(api, &Ask::hpa(namespace, name)).map_err(|error| match error.status() {
        Some(404) => unknown(api, namespace, name),
        _ => cluster::failure(&error),
    })?;
    let broken = |error: DumpError| Failure::user(error.to_string());
    let hpa = answers::hpa(&own).map_err(broken)?;
    let scale = scale(api, &hpa);
    let selector = scale.as_ref().map_or(Err(String::new()), |text| {
        let read = live::scale(text).map(|(_, selector)| selector);
        let selector = read.filter(|selector| !selector.is_empty());
        selector.ok_or_else(|| "the scale of the target names no selector".to_owned())
    });
    // Without a selector all pods of the namespace would be taken.
    let chosen = |ask: fn(&str, &str) -> Ask| match &selector {
        Ok(selector) => said(api, &ask(&hpa.namespace, selector)),
        Err(words) if words.is_empty() => Err("which they are is not known".to_owned()),
        Err(words) => Err(words.clone()),
    };
    let readings = readings(api, &hpa, selector.as_deref().ok());
    let answers = Answers {
        pods: chosen(Ask::pods),
        usage: answers::wants_usage(&hpa).then(|| chosen(Ask::usage)),
        readings,
        events: said(api, &Ask::events(&hpa)),
        scale,
        hpa: own,
    };
    Dump::of_answers(answers).map_err(broken)
}

fn get(api: &Api, ask: &Ask) -> Result<String, ApiError> {
    let parameters = ask.parameters.iter();
    let parameters: Vec<(&str, &str)> = parameters
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    api.get(&ask.path, &parameters)
}

fn said(api: &Api, ask: &Ask) -> Result<String, String> {
    get(api, ask).map_err(|error| error.to_string())
}

/// There is no HPA of that name, but perhaps another.
fn unknown(api: &Api, namespace: &str, name: &str) -> Failure {
    let failure = Failure::user(format!(
        "there is no HorizontalPodAutoscaler `{name}` in the namespace `{namespace}`"
    ));
    let Ok(list) = get(api, &Ask::hpas(namespace)) else {
        return failure;
    };
    let names = live::names(&list);
    let shown: Vec<String> = names
        .iter()
        .take(MOST_NAMES)
        .map(|name| format!("`{name}`"))
        .collect();
    failure.help(match names.len().saturating_sub(MOST_NAMES) {
        0 if names.is_empty() => "there is none in it; name another as `NAMESPACE/NAME`".to_owned(),
        0 => format!("there are {}", shown.join(", ")),
        more => format!("there are {} and {more} more", shown.join(", ")),
    })
}

fn resource(api: &Api, of: &Reference) -> Result<Resource, String> {
    let kinds = said(api, &Ask::kinds(of))?;
    let found = live::resource(&kinds, of);
    found.ok_or_else(|| format!("`{}` has no kind `{}`", of.api_version, of.kind))
}

fn scale(api: &Api, hpa: &Hpa) -> Result<String, String> {
    let resource = resource(api, &hpa.target)?;
    said(api, &Ask::scale(hpa, &resource))
}

/// What the APIs for custom and external metrics say.
fn readings(api: &Api, hpa: &Hpa, selector: Option<&str>) -> Vec<Option<Result<Reading, String>>> {
    let custom = hpa.metrics.iter().any(answers::is_custom);
    let version = custom.then(|| said(api, &Ask::custom_versions()));
    let version = version.map(|group| group.map(|text| live::custom_version(&text)));
    let version = || version.clone().unwrap_or_else(|| Err(String::new()));
    let ask = |metric: &Metric| -> Option<Result<Ask, String>> {
        Some(match metric {
            Metric::Pods { metric, .. } => version().and_then(|version| {
                let selector = selector.ok_or("which pods there are is not known")?;
                Ok(Ask::of_pods(hpa, version, metric, selector))
            }),
            Metric::Object { object, metric, .. } => version().and_then(|version| {
                let resource = resource(api, object)?;
                Ok(Ask::of_object(hpa, version, (object, &resource), metric))
            }),
            Metric::External { metric, .. } => Ok(Ask::external(hpa, metric)),
            Metric::Resource { .. } | Metric::ContainerResource { .. } | Metric::Unknown(_) => {
                return None;
            }
        })
    };
    let of = |metric: &Metric| {
        let answer = ask(metric)?.and_then(|ask| said(api, &ask));
        Some(answer.and_then(|text| Reading::of(metric, &text)))
    };
    hpa.metrics.iter().map(of).collect()
}
