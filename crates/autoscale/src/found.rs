//! Autoscalers among manifests, and the pods of their targets.

use std::ops::Range;

use plimsoll_hpa::Metric;
use plimsoll_k8s::{Object, Quantity, Workload};
use plimsoll_yaml::Tree;

use crate::autoscaler::Autoscaler;
use crate::keda;
use crate::manifest::{hpa, int, text};
use crate::refused::{self, Refused};

/// An autoscaler among manifests, with what is known of its target.
#[derive(Clone, Debug)]
pub struct Found<'a> {
    /// What it asks for.
    pub autoscaler: Autoscaler,
    /// Which of the trees it stands in.
    pub tree: usize,
    /// Where it stands there.
    pub object: Object<'a>,
    /// What its target says about its pods.
    pub facts: PodFacts,
}

/// Why no autoscaler was found.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum FindError {
    /// There is none.
    #[error("there is no HorizontalPodAutoscaler and no ScaledObject")]
    Nothing,
    /// There are several, and none was named.
    #[error("there are several autoscalers: {0}")]
    Several(String),
    /// There is none of that name.
    #[error("there is no autoscaler `{name}`; there are {known}")]
    Unknown {
        /// The name asked for.
        name: String,
        /// What there is.
        known: String,
    },
    /// It lacks something.
    #[error("the {kind} `{name}` cannot be replayed: {lacks}")]
    Broken {
        /// `HorizontalPodAutoscaler` or `ScaledObject`.
        kind: String,
        /// Its name.
        name: String,
        /// What.
        lacks: String,
        /// Which of the trees it stands in.
        tree: usize,
        /// Where it is wrong there.
        at: Range<u32>,
    },
}

/// Finds the HPA or ScaledObject called `name`, or the only one. A ScaledObject is also found by
/// the name of the HPA that it becomes.
///
/// # Errors
///
/// See [`FindError`].
pub fn find<'a>(
    trees: impl Iterator<Item = &'a Tree> + Clone,
    name: Option<&str>,
) -> Result<Found<'a>, FindError> {
    let all = trees.clone().enumerate().flat_map(|(tree, text)| {
        let objects = plimsoll_k8s::objects(text).into_iter();
        objects.map(move |object| (tree, object))
    });
    let known: Vec<(usize, Object<'a>)> = all
        .filter(|(_, object)| {
            object.is("autoscaling", "HorizontalPodAutoscaler")
                || object.is("keda.sh", "ScaledObject")
        })
        .collect();
    let (tree, object) = choose(&known, name)?;
    let autoscaler = read(object).map_err(|refused| FindError::Broken {
        kind: object.kind().into_owned(),
        name: named(object),
        lacks: refused.words,
        tree,
        at: refused.at,
    })?;
    let hpa = &autoscaler.hpa;
    let container = hpa.metrics.iter().find_map(|metric| match metric {
        Metric::ContainerResource { container, .. } => Some(container.clone()),
        _ => None,
    });
    let facts = trees
        .flat_map(plimsoll_k8s::objects)
        .filter(|object| {
            object.kind() == hpa.target.kind
                && object.name().as_deref() == Some(hpa.target.name.as_str())
        })
        .find_map(Workload::new)
        .map(|workload| pod_facts(workload, &container.unwrap_or_default()));
    Ok(Found {
        autoscaler,
        tree,
        object,
        facts: facts.unwrap_or_default(),
    })
}

fn named(object: Object<'_>) -> String {
    text(object.name()).unwrap_or_default()
}

fn choose<'a>(
    known: &[(usize, Object<'a>)],
    name: Option<&str>,
) -> Result<(usize, Object<'a>), FindError> {
    let names = || {
        let names: Vec<String> = known
            .iter()
            .map(|(_, object)| format!("`{}`", named(*object)))
            .collect();
        names.join(", ")
    };
    let answers = |object: Object<'_>, name: &str| {
        let own = named(object);
        own == name || (object.kind() == "ScaledObject" && hpa_name(object) == name)
    };
    let mut chosen = known
        .iter()
        .filter(|(_, object)| name.is_none_or(|name| answers(*object, name)));
    match (chosen.next(), chosen.next(), name) {
        (Some(one), None, _) => Ok(*one),
        (Some(_), Some(_), _) => Err(FindError::Several(names())),
        (None, _, Some(name)) if !known.is_empty() => Err(FindError::Unknown {
            name: name.to_owned(),
            known: names(),
        }),
        (None, ..) => Err(FindError::Nothing),
    }
}

fn hpa_name(object: Object<'_>) -> String {
    keda::scaled(object).map_or_else(|_| String::new(), |scaled| scaled.hpa.name)
}

fn read(object: Object<'_>) -> Result<Autoscaler, Refused> {
    refused::of(object)?;
    let head = object.head();
    whole(object).map_err(|words| Refused {
        words,
        at: head.start..head.end,
    })
}

fn whole(object: Object<'_>) -> Result<Autoscaler, String> {
    if object.kind() == "ScaledObject" {
        let scaled = keda::scaled(object)?;
        return Ok(Autoscaler {
            hpa: scaled.hpa,
            keda: Some(scaled.keda),
        });
    }
    Ok(Autoscaler {
        hpa: hpa(object)?,
        keda: None,
    })
}

/// What the target of an HPA says about its pods.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct PodFacts {
    /// The CPU request, in thousandths of a core; of the container that the HPA names, if it
    /// names one.
    pub cpu_request: Option<i64>,
    /// The CPU limit, likewise; none if a container has none.
    pub cpu_limit: Option<i64>,
    /// When the readiness probe first says yes, at the earliest, in seconds.
    pub probe_delay: Option<i64>,
}

/// The facts of a workload's pod template. `container` is empty for the whole pod.
pub fn pod_facts(workload: Workload<'_>, container: &str) -> PodFacts {
    let Some(pod) = workload.pod() else {
        return PodFacts::default();
    };
    let mut facts = PodFacts {
        cpu_request: Some(0),
        cpu_limit: Some(0),
        probe_delay: None,
    };
    let add = |sum: Option<i64>, more: Option<Quantity>| Some(sum? + more?.milli_value());
    let sidecars = pod
        .init_containers()
        .filter(|one| one.role().keeps_running());
    for one in pod.containers().chain(sidecars) {
        if !container.is_empty() && one.name().as_deref() != Some(container) {
            continue;
        }
        let resources = one.resources();
        let value = |amount: Option<plimsoll_k8s::Amount<'_>>| amount.and_then(|one| one.value());
        facts.cpu_request = add(facts.cpu_request, value(resources.effective_request("cpu")));
        facts.cpu_limit = add(facts.cpu_limit, value(resources.limit("cpu")));
        let probe = one.readiness_probe().map(|probe| probe.node());
        let delay = probe.and_then(|probe| int(probe, "initialDelaySeconds"));
        facts.probe_delay = facts.probe_delay.max(delay.map(i64::from));
    }
    let known = |sum: Option<i64>| sum.filter(|sum| *sum > 0);
    facts.cpu_request = known(facts.cpu_request);
    facts.cpu_limit = known(facts.cpu_limit);
    facts
}

#[cfg(test)]
mod tests {
    use plimsoll_hpa::{Metric, PolicyKind, Select};
    use plimsoll_yaml::{Dialect, parse};

    use super::{FindError, find};
    use crate::patch::patch;

    const SHOP: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: shop}
spec:
  template:
    spec:
      initContainers:
        - {name: mesh, restartPolicy: Always, resources: {requests: {cpu: 50m}, limits: {cpu: 100m}}}
      containers:
        - {name: app, resources: {limits: {cpu: 500m}}, readinessProbe: {initialDelaySeconds: 7}}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: shop, namespace: web}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: shop}
  minReplicas: 2
  maxReplicas: 9
  behavior:
    scaleDown: {selectPolicy: Min, tolerance: 0.05, policies: [{type: Percent, value: 10, periodSeconds: 60}]}
";

    #[test]
    fn an_hpa_has_the_servers_defaults() {
        let tree = parse(SHOP, Dialect::GoV2);
        let found = find([&tree].into_iter(), None).unwrap();
        let hpa = &found.autoscaler.hpa;
        assert_eq!(
            (hpa.min(), hpa.max_replicas, &*hpa.namespace),
            (2, 9, "web")
        );
        let [Metric::Resource { name, target }] = hpa.metrics.as_slice() else {
            panic!("{:?}", hpa.metrics);
        };
        assert_eq!((&**name, target.average_utilization), ("cpu", Some(80)));
        let behavior = hpa.behavior.as_ref().unwrap();
        assert_eq!(behavior.up.policies.len(), 2);
        assert_eq!(behavior.up.window_seconds, Some(0));
        assert_eq!(behavior.down.window_seconds, None);
        assert_eq!(behavior.down.select, Select::Min);
        assert_eq!(behavior.down.tolerance, Some(0.05));
        assert_eq!(behavior.down.policies[0].kind, PolicyKind::Percent);
        // A request that is not written is the limit.
        assert_eq!(found.facts.cpu_request, Some(550));
        assert_eq!(found.facts.cpu_limit, Some(600));
        assert_eq!(found.facts.probe_delay, Some(7));
    }

    #[test]
    fn older_versions_are_read() {
        let text = "apiVersion: autoscaling/v1\nkind: HorizontalPodAutoscaler\nmetadata: {name: a}\nspec: \
                    {scaleTargetRef: {kind: Deployment, name: a}, maxReplicas: 3, targetCPUUtilizationPercentage: 55}\n";
        let tree = parse(text, Dialect::GoV2);
        let hpa = find([&tree].into_iter(), Some("a")).unwrap().autoscaler.hpa;
        let Metric::Resource { target, .. } = &hpa.metrics[0] else {
            panic!("{:?}", hpa.metrics);
        };
        assert_eq!((target.average_utilization, hpa.behavior), (Some(55), None));
    }

    #[test]
    fn what_is_not_found_is_said() {
        let two = SHOP.to_owned() + "---\n" + &SHOP.replace("name: shop, n", "name: other, n");
        let tree = parse(two, Dialect::GoV2);
        let error = |name| find([&tree].into_iter(), name).unwrap_err();
        assert_eq!(
            error(None).to_string(),
            "there are several autoscalers: `shop`, `other`"
        );
        assert!(
            error(Some("x"))
                .to_string()
                .ends_with("there are `shop`, `other`")
        );
        let empty = parse("a: 1", Dialect::GoV2);
        let error = find([&empty].into_iter(), None).unwrap_err();
        assert_eq!(error, FindError::Nothing);
    }

    #[test]
    fn a_patch_says_what_the_hpa_says() {
        let tree = parse(SHOP, Dialect::GoV2);
        let autoscaler = find([&tree].into_iter(), None).unwrap().autoscaler;
        let head = "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\n";
        let target = "  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: shop}\n";
        let again = |autoscaler: &crate::Autoscaler| {
            let whole = format!(
                "{head}metadata: {{name: shop, namespace: web}}\n{}{target}",
                patch(autoscaler)
            );
            let tree = parse(whole, Dialect::GoV2);
            find([&tree].into_iter(), None).unwrap().autoscaler
        };
        assert_eq!(again(&autoscaler), autoscaler);
        let mut queue = autoscaler;
        queue.hpa.metrics = vec![Metric::External {
            metric: plimsoll_hpa::spec::Identifier {
                name: "queue".to_owned(),
                selector: Some(plimsoll_hpa::LabelSelector {
                    labels: [("name".to_owned(), "a: b".to_owned())].into(),
                    expressions: Vec::new(),
                }),
            },
            target: plimsoll_hpa::spec::Target::default(),
        }];
        queue.set_load_target(0, 33.4);
        assert_eq!(again(&queue), queue);
    }

    #[test]
    fn scaled_objects_are_found_by_both_names() {
        let text = "\
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata: {name: work}
spec:
  scaleTargetRef: {name: shop}
  minReplicaCount: 1
  triggers: [{type: cpu, metricType: Utilization, metadata: {value: '60'}}]
---
"
        .to_owned()
            + SHOP;
        let tree = parse(text, Dialect::GoV2);
        for name in ["work", "keda-hpa-work"] {
            let found = find([&tree].into_iter(), Some(name)).unwrap();
            assert_eq!(found.autoscaler.name(), "work");
            assert_eq!(found.autoscaler.hpa.name, "keda-hpa-work");
            assert_eq!(found.facts.cpu_request, Some(550));
        }
        let error = find([&tree].into_iter(), None).unwrap_err().to_string();
        assert_eq!(error, "there are several autoscalers: `work`, `shop`");
    }
}
