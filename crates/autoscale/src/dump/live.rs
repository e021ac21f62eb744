//! What to ask a cluster about an HPA, and what its answers mean: the requests of the controller and
//! of its metrics client (`podautoscaler/metrics/client.go`, `k8s.io/metrics`).

use std::collections::BTreeMap;
use std::fmt::Write as _;

use plimsoll_hpa::samples::{Sample, Samples};
use plimsoll_hpa::spec::{Identifier, Reference};
use plimsoll_hpa::{Hpa, LabelSelector, Metric, Scale, Span};
use plimsoll_k8s::Quantity;
use serde_json::Value;

use super::time;

/// A request for a path, with parameters that are yet to be escaped.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ask {
    /// Below the API server's address.
    pub path: String,
    /// Names and values.
    pub parameters: Vec<(&'static str, String)>,
}

/// What an API for metrics says of one metric.
#[derive(Clone, PartialEq, Debug)]
pub enum Reading {
    /// A value for each pod.
    Pods(Samples),
    /// Values of an object, or from outside, in thousandths.
    Values(Vec<i64>),
}

/// A kind as the API server serves it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Resource {
    /// The name in paths, such as `deployments`.
    pub name: String,
    /// Its group; empty for the core.
    pub group: String,
}

/// Without a window of its own, a sample is of the last minute.
const WINDOW: i64 = 60;

impl Ask {
    fn new(path: String) -> Self {
        Self {
            path,
            parameters: Vec::new(),
        }
    }

    fn with(mut self, name: &'static str, value: &str) -> Self {
        if !value.is_empty() {
            self.parameters.push((name, value.to_owned()));
        }
        self
    }

    /// All HPAs of a namespace.
    pub fn hpas(namespace: &str) -> Self {
        let namespace = escaped(namespace);
        Self::new(format!(
            "/apis/autoscaling/v2/namespaces/{namespace}/horizontalpodautoscalers"
        ))
    }

    /// An HPA.
    pub fn hpa(namespace: &str, name: &str) -> Self {
        let mut ask = Self::hpas(namespace);
        ask.path = format!("{}/{}", ask.path, escaped(name));
        ask
    }

    /// Which kinds there are in the group and version of an object.
    pub fn kinds(of: &Reference) -> Self {
        Self::new(base(&of.api_version))
    }

    /// The scale of a target.
    pub fn scale(hpa: &Hpa, resource: &Resource) -> Self {
        Self::new(format!(
            "{}/namespaces/{}/{}/{}/scale",
            base(&hpa.target.api_version),
            escaped(&hpa.namespace),
            escaped(&resource.name),
            escaped(&hpa.target.name)
        ))
    }

    /// The pods that a selector chooses.
    pub fn pods(namespace: &str, selector: &str) -> Self {
        let path = format!("/api/v1/namespaces/{}/pods", escaped(namespace));
        Self::new(path).with("labelSelector", selector)
    }

    /// What these pods use.
    pub fn usage(namespace: &str, selector: &str) -> Self {
        let namespace = escaped(namespace);
        let path = format!("/apis/metrics.k8s.io/v1beta1/namespaces/{namespace}/pods");
        Self::new(path).with("labelSelector", selector)
    }

    /// The events about an HPA.
    pub fn events(hpa: &Hpa) -> Self {
        let path = format!("/api/v1/namespaces/{}/events", escaped(&hpa.namespace));
        let fields = format!(
            "involvedObject.kind=HorizontalPodAutoscaler,involvedObject.name={}",
            hpa.name
        );
        Self::new(path).with("fieldSelector", &fields)
    }

    /// Which versions of the API for custom metrics there are.
    pub fn custom_versions() -> Self {
        Self::new("/apis/custom.metrics.k8s.io".to_owned())
    }

    /// A metric of all pods.
    pub fn of_pods(hpa: &Hpa, version: &str, metric: &Identifier, selector: &str) -> Self {
        let (namespace, name) = (escaped(&hpa.namespace), escaped(&metric.name));
        let path =
            format!("/apis/custom.metrics.k8s.io/{version}/namespaces/{namespace}/pods/*/{name}");
        Self::new(path)
            .with("labelSelector", selector)
            .with("metricLabelSelector", &words(metric.selector.as_ref()))
    }

    /// A metric of an object. Namespaces are their own.
    pub fn of_object(
        hpa: &Hpa,
        version: &str,
        object: (&Reference, &Resource),
        metric: &Identifier,
    ) -> Self {
        let (object, resource) = object;
        let (own, name) = (escaped(&object.name), escaped(&metric.name));
        let root = format!("/apis/custom.metrics.k8s.io/{version}/namespaces");
        let path = if object.kind == "Namespace" && resource.group.is_empty() {
            format!("{root}/{own}/metrics/{name}")
        } else {
            let whole = match &*resource.group {
                "" => resource.name.clone(),
                group => format!("{}.{group}", resource.name),
            };
            let namespace = escaped(&hpa.namespace);
            format!("{root}/{namespace}/{}/{own}/{name}", escaped(&whole))
        };
        Self::new(path).with("metricLabelSelector", &words(metric.selector.as_ref()))
    }

    /// A metric from outside the cluster.
    pub fn external(hpa: &Hpa, metric: &Identifier) -> Self {
        let (namespace, name) = (escaped(&hpa.namespace), escaped(&metric.name));
        let path = format!("/apis/external.metrics.k8s.io/v1beta1/namespaces/{namespace}/{name}");
        Self::new(path).with("labelSelector", &words(metric.selector.as_ref()))
    }
}

/// Where a group and version is served.
fn base(api_version: &str) -> String {
    match api_version.split_once('/') {
        Some((group, version)) => format!("/apis/{}/{}", escaped(group), escaped(version)),
        None => format!("/api/{}", escaped(api_version)),
    }
}

/// A text as one segment of a path.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~:".contains(&byte) {
            out.push(byte.into());
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// A selector as parameters have it (`LabelSelectorAsSelector`, `Selector.String`).
fn words(selector: Option<&LabelSelector>) -> String {
    let Some(selector) = selector else {
        return String::new();
    };
    let mut all: Vec<(String, String)> = Vec::new();
    for (key, value) in &selector.labels {
        all.push((key.clone(), format!("{key}={value}")));
    }
    for one in &selector.expressions {
        let mut values = one.values.clone();
        values.sort();
        let (key, values) = (&one.key, values.join(","));
        let text = match &*one.operator {
            "NotIn" => format!("{key} notin ({values})"),
            "Exists" => key.clone(),
            "DoesNotExist" => format!("!{key}"),
            _ => format!("{key} in ({values})"),
        };
        all.push((key.clone(), text));
    }
    all.sort_by(|a, b| a.0.cmp(&b.0));
    let texts: Vec<String> = all.into_iter().map(|(_, text)| text).collect();
    texts.join(",")
}

/// The resource of a kind among the kinds of its group (`APIResourceList`).
pub fn resource(kinds: &str, of: &Reference) -> Option<Resource> {
    let document: Value = serde_json::from_str(kinds).ok()?;
    let all = document["resources"].as_array()?;
    let found = all.iter().find_map(|one| {
        let name = one["name"].as_str()?;
        // A name with a slash is of a part of it.
        let is_it = one["kind"].as_str() == Some(&of.kind) && !name.contains('/');
        is_it.then(|| name.to_owned())
    })?;
    let group = of.api_version.split_once('/').map(|(group, _)| group);
    Some(Resource {
        name: found,
        group: group.unwrap_or_default().to_owned(),
    })
}

/// A `Scale` of `autoscaling/v1`, with its selector as text.
pub fn scale(text: &str) -> Option<(Scale, String)> {
    let document: Value = serde_json::from_str(text).ok()?;
    let number = |part: &str| {
        let value = document[part]["replicas"].as_i64().unwrap_or(0);
        i32::try_from(value).ok()
    };
    let selector = document["status"]["selector"].as_str().unwrap_or_default();
    let scale = Scale {
        spec_replicas: number("spec")?,
        status_replicas: number("status")?,
        selection: match selector {
            "" => plimsoll_hpa::Selection::Missing,
            _ => plimsoll_hpa::Selection::Pods,
        },
    };
    Some((scale, selector.to_owned()))
}

/// The version of the API for custom metrics that the controller takes.
pub fn custom_version(group: &str) -> &'static str {
    let document: Value = serde_json::from_str(group).unwrap_or_default();
    let versions = document["versions"].as_array();
    let is_new = versions.is_some_and(|all| all.iter().any(|one| one["version"] == "v1beta2"));
    if is_new { "v1beta2" } else { "v1beta1" }
}

/// Names of the items of a list.
pub fn names(list: &str) -> Vec<String> {
    let document: Value = serde_json::from_str(list).unwrap_or_default();
    let items = document["items"].as_array().cloned().unwrap_or_default();
    let name = |item: &Value| Some(item["metadata"]["name"].as_str()?.to_owned());
    items.iter().filter_map(name).collect()
}

impl Reading {
    /// What an answer says of a metric (`MetricValueList`, `ExternalMetricValueList`).
    ///
    /// # Errors
    ///
    /// The client's text where there is no value, or what cannot be read of it.
    pub fn of(metric: &Metric, answer: &str) -> Result<Self, String> {
        let api = match metric {
            Metric::External { .. } => "external",
            _ => "custom",
        };
        let document: Value =
            serde_json::from_str(answer).map_err(|error| format!("it is no JSON: {error}"))?;
        let items = document["items"].as_array().filter(|all| !all.is_empty());
        let items = items.ok_or_else(|| format!("no metrics returned from {api} metrics API"))?;
        let value = |item: &Value| -> Result<i64, String> {
            let text = match &item["value"] {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            let amount = Quantity::parse(text.trim());
            let amount = amount.map_err(|_| format!("`{text}` is no amount"))?;
            Ok(amount.milli_value())
        };
        if !matches!(metric, Metric::Pods { .. }) {
            let values = items.iter().map(value);
            return Ok(Self::Values(values.collect::<Result<_, _>>()?));
        }
        let mut samples: Samples = BTreeMap::new();
        for item in items {
            let name = item["describedObject"]["name"].as_str().unwrap_or_default();
            let at = item["timestamp"].as_str().and_then(time);
            let at = at.ok_or_else(|| format!("the value of `{name}` has no time"))?;
            let window = ["windowSeconds", "window"];
            let window = window.iter().find_map(|key| item[*key].as_i64());
            let sample = Sample {
                value: value(item)?,
                timestamp: at,
                window: Span::seconds(window.unwrap_or(WINDOW)),
            };
            samples.insert(name.to_owned(), sample);
        }
        Ok(Self::Pods(samples))
    }
}

#[cfg(test)]
mod tests {
    use plimsoll_hpa::spec::{Identifier, Reference, Target};
    use plimsoll_hpa::{Expression, Hpa, LabelSelector, Metric};

    use super::{Ask, Reading, Resource, custom_version, names, resource, scale};

    fn hpa() -> Hpa {
        Hpa {
            namespace: "web".to_owned(),
            name: "shop".to_owned(),
            target: Reference {
                api_version: "apps/v1".to_owned(),
                kind: "Deployment".to_owned(),
                name: "shop".to_owned(),
            },
            ..Hpa::default()
        }
    }

    fn metric() -> Identifier {
        let expression = |key: &str, operator: &str, values: &[&str]| Expression {
            key: key.to_owned(),
            operator: operator.to_owned(),
            values: values.iter().map(|text| (*text).to_owned()).collect(),
        };
        Identifier {
            name: "requests/s".to_owned(),
            selector: Some(LabelSelector {
                labels: [("verb".to_owned(), "GET".to_owned())].into(),
                expressions: vec![
                    expression("zone", "NotIn", &["b", "a"]),
                    expression("code", "In", &["200"]),
                    expression("old", "DoesNotExist", &[]),
                ],
            }),
        }
    }

    #[test]
    fn paths_are_those_of_the_controllers_clients() {
        let kinds = r#"{"resources": [{"name": "deployments/scale", "kind": "Scale"},
            {"name": "deployments/status", "kind": "Deployment"}, {"name": "deployments", "kind": "Deployment"}]}"#;
        let hpa = hpa();
        assert_eq!(Ask::kinds(&hpa.target).path, "/apis/apps/v1");
        let found = resource(kinds, &hpa.target).unwrap();
        assert_eq!((&*found.name, &*found.group), ("deployments", "apps"));
        assert_eq!(
            Ask::scale(&hpa, &found).path,
            "/apis/apps/v1/namespaces/web/deployments/shop/scale"
        );
        let pods = Ask::of_pods(&hpa, "v1beta2", &metric(), "app=shop");
        assert_eq!(
            pods.path,
            "/apis/custom.metrics.k8s.io/v1beta2/namespaces/web/pods/*/requests%2Fs"
        );
        let selector = "code in (200),!old,verb=GET,zone notin (a,b)".to_owned();
        assert_eq!(
            pods.parameters,
            [
                ("labelSelector", "app=shop".to_owned()),
                ("metricLabelSelector", selector.clone())
            ]
        );
        let object = |kind: &str, name: &str, group: &str| {
            let reference = Reference {
                kind: kind.to_owned(),
                name: "front".to_owned(),
                ..Reference::default()
            };
            let resource = Resource {
                name: name.to_owned(),
                group: group.to_owned(),
            };
            Ask::of_object(&hpa, "v1beta1", (&reference, &resource), &metric()).path
        };
        let root = "/apis/custom.metrics.k8s.io/v1beta1/namespaces";
        assert_eq!(
            object("Ingress", "ingresses", "networking.k8s.io"),
            format!("{root}/web/ingresses.networking.k8s.io/front/requests%2Fs")
        );
        assert_eq!(
            object("Namespace", "namespaces", ""),
            format!("{root}/front/metrics/requests%2Fs")
        );
        let external = Ask::external(&hpa, &metric());
        assert_eq!(external.parameters, [("labelSelector", selector)]);
        assert_eq!(
            custom_version(r#"{"versions":[{"version":"v1beta1"}]}"#),
            "v1beta1"
        );
        assert_eq!(
            custom_version(r#"{"versions":[{"version":"v1beta2"}]}"#),
            "v1beta2"
        );
        assert_eq!(names(r#"{"items":[{"metadata":{"name":"a"}}]}"#), ["a"]);
    }

    #[test]
    fn answers_are_read() {
        let (read, selector) =
            scale(r#"{"spec":{"replicas":3},"status":{"replicas":2,"selector":"app=shop"}}"#)
                .unwrap();
        assert_eq!((read.spec_replicas, read.status_replicas), (3, 2));
        assert_eq!(selector, "app=shop");
        let pods = Metric::Pods {
            metric: metric(),
            target: Target::default(),
        };
        let answer = r#"{"items":[{"describedObject":{"name":"shop-1"},"timestamp":"2024-05-01T12:00:00Z","windowSeconds":30,"value":"1500m"},
            {"describedObject":{"name":"shop-2"},"timestamp":"2024-05-01T12:00:00Z","value":"2"}]}"#;
        let Ok(Reading::Pods(samples)) = Reading::of(&pods, answer) else {
            panic!("no samples");
        };
        let of = |name: &str| (samples[name].value, samples[name].window.as_seconds());
        assert_eq!((of("shop-1"), of("shop-2")), ((1500, 30), (2000, 60)));
        let outside = Metric::External {
            metric: metric(),
            target: Target::default(),
        };
        let answer = r#"{"items":[{"value":"7"},{"value":"500m"}]}"#;
        let read = Reading::of(&outside, answer);
        assert_eq!(read, Ok(Reading::Values(vec![7000, 500])));
        assert_eq!(
            Reading::of(&outside, r#"{"items":[]}"#),
            Err("no metrics returned from external metrics API".to_owned())
        );
        assert!(Reading::of(&outside, "<html>").is_err());
    }
}
