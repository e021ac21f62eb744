//! Workloads as manifests write them, put together with what was measured of them.

use std::collections::BTreeMap;

use plimsoll_k8s::qos::QosClass;
use plimsoll_k8s::quantity::Format;
use plimsoll_k8s::{Object, PodSpec, Quantity, Workload, objects};
use plimsoll_yaml::{Kind, Node, Tree};

use crate::eviction::{Standing, rank};
use crate::input::{Census, Key};
use crate::pod::Pod;
use crate::qos;
use crate::recommend::{Present, Recommendation, Wish, recommend};
use crate::service::Service;

/// A workload of the manifests.
#[derive(Clone, Copy, Debug)]
pub struct Site<'a> {
    /// Its file, by the order in which the trees were given.
    pub tree: usize,
    /// The workload.
    pub workload: Workload<'a>,
    /// Its pod.
    pub pod: PodSpec<'a>,
    /// What scales it by the utilization of CPU.
    pub scaler: Option<Scaler<'a>>,
}

/// A HorizontalPodAutoscaler with a target for the utilization of CPU, or a ScaledObject of which KEDA
/// makes one.
#[derive(Clone, Copy, Debug)]
pub struct Scaler<'a> {
    /// Its file.
    pub tree: usize,
    /// The object.
    pub object: Object<'a>,
    /// Where the target stands; `None` where it is the default.
    pub node: Option<Node<'a>>,
    /// The target in percent of the request.
    pub percent: i64,
    /// The container that it looks at; `None` for the whole pod.
    pub container: Option<Node<'a>>,
}

/// The workloads of manifests, with what scales them.
pub fn sites<'a>(trees: impl Iterator<Item = &'a Tree>) -> Vec<Site<'a>> {
    let mut sites = Vec::new();
    let mut scalers = Vec::new();
    for (tree, text) in trees.enumerate() {
        for object in objects(text) {
            if let Some(workload) = Workload::new(object)
                && let Some(pod) = workload.pod()
            {
                sites.push(Site {
                    tree,
                    workload,
                    pod,
                    scaler: None,
                });
            } else if object.is("autoscaling", "HorizontalPodAutoscaler") {
                scalers.extend(scaler(tree, object));
            } else if object.is("keda.sh", "ScaledObject") {
                scalers.extend(triggered(tree, object));
            }
        }
    }
    for site in &mut sites {
        let object = site.workload.object();
        let kind = object.kind();
        site.scaler = scalers.iter().copied().find(|scaler: &Scaler<'_>| {
            let target = scaler
                .object
                .spec()
                .and_then(|spec| spec.get("scaleTargetRef"));
            let text = |key: &str| target?.resolve().get(key)?.resolve().text();
            let near = match (scaler.object.namespace(), object.namespace()) {
                (Some(own), Some(others)) => own == others,
                _ => true,
            };
            // KEDA takes a target without a kind for a Deployment.
            let is_kind = match text("kind") {
                Some(wanted) if !wanted.is_empty() => wanted == kind,
                _ => scaler.object.kind() == "ScaledObject" && kind == "Deployment",
            };
            near && is_kind && text("name") == object.name()
        });
    }
    sites
}

fn scaler(tree: usize, object: Object<'_>) -> Option<Scaler<'_>> {
    let spec = object.spec()?;
    let of = |node, container| {
        Some(Scaler {
            tree,
            object,
            percent: match node {
                Some(node) => Node::as_int(node)?,
                None => 80,
            },
            node,
            container,
        })
    };
    if let Some(node) = spec.get("targetCPUUtilizationPercentage") {
        return of(Some(node.resolve()), None);
    }
    let metrics = spec.get("metrics").map(Node::resolve);
    let Some(metrics) = metrics.filter(|node| node.kind() == Kind::Sequence) else {
        // `SetDefaults_HorizontalPodAutoscaler`.
        return of(None, None);
    };
    for metric in metrics.items().map(Node::resolve) {
        for part in ["resource", "containerResource"] {
            let Some(source) = metric.get(part).map(Node::resolve) else {
                continue;
            };
            let name = source.get("name").and_then(Node::text);
            let target = source.at(&["target", "averageUtilization"]);
            if let Some(node) = target
                && name.as_deref() == Some("cpu")
            {
                return of(
                    Some(node.resolve()),
                    source.get("container").map(Node::resolve),
                );
            }
        }
    }
    None
}

/// What KEDA's HPA looks at: the first trigger of type `cpu` that is held against the request.
fn triggered(tree: usize, object: Object<'_>) -> Option<Scaler<'_>> {
    let triggers = object.spec()?.get("triggers").map(Node::resolve);
    let triggers = triggers.filter(|node| node.kind() == Kind::Sequence)?;
    triggers.items().map(Node::resolve).find_map(|trigger| {
        let text = |key: &str| trigger.get(key)?.resolve().text();
        if text("type")? != "cpu" || text("metricType")? != "Utilization" {
            return None;
        }
        let node = trigger.at(&["metadata", "value"])?.resolve();
        Some(Scaler {
            tree,
            object,
            node: Some(node),
            // Metadata are strings.
            percent: node.text()?.trim().parse().ok()?,
            container: trigger
                .at(&["metadata", "containerName"])
                .map(Node::resolve),
        })
    })
}

/// A workload that was measured.
#[derive(Clone, PartialEq, Debug)]
pub struct Plan {
    /// Its namespace, as measured or else as written; empty where neither says.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its place among the sites, where manifests have it.
    pub site: Option<usize>,
    /// Its place among the services, where no manifest has it and a Compose file has.
    pub service: Option<usize>,
    /// Its containers that were measured.
    pub containers: Vec<Measured>,
    /// The class of its pods today and with the new numbers; for workloads of the manifests.
    pub class: Option<(QosClass, QosClass)>,
    /// Its place in the order of eviction among the workloads that were measured, from 1, today
    /// and with the new numbers; for workloads of the manifests.
    pub eviction: Option<(usize, usize)>,
    /// What becomes of its autoscaler's target.
    pub scaling: Option<Scaling>,
}

/// A container that was measured.
#[derive(Clone, PartialEq, Debug)]
pub struct Measured {
    /// Its name.
    pub name: String,
    /// What was measured of it, in the census.
    pub key: Key,
    /// What is set today; `None` where no manifest has it.
    pub present: Option<Present>,
    /// What it should have.
    pub found: Recommendation,
}

/// A target that moves along with requests.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Scaling {
    /// The target today, in percent of the request.
    pub before: i64,
    /// The target at which pods are added at the same load as today.
    pub after: i64,
    /// That load of a pod, in cores.
    pub cores: f64,
}

/// Puts what was measured and what is written together.
pub fn plan(
    census: &Census,
    sites: &[Site<'_>],
    services: &[Service<'_>],
    wish: impl Fn(&Key) -> Wish,
) -> Vec<Plan> {
    let mut found: BTreeMap<(String, String), Plan> = BTreeMap::new();
    for (key, usage) in census.containers() {
        let site = site_of(sites, key);
        let service = match site {
            Some(_) => None,
            None => services.iter().position(|service| service.is(key)),
        };
        let container = site.and_then(|at| container_of(sites[at].pod, &key.container));
        let present = match service {
            Some(at) => Some(services[at].present()),
            None => container.map(present),
        };
        let name = match container.and_then(|one| one.name()) {
            Some(name) => name.into_owned(),
            None if key.container.is_empty() => key.workload.clone(),
            None => key.container.clone(),
        };
        let namespace = match site.and_then(|at| sites[at].workload.object().namespace()) {
            Some(written) if key.namespace.is_empty() => written.into_owned(),
            _ => key.namespace.clone(),
        };
        let entry = (namespace.clone(), key.workload.clone());
        let plan = found.entry(entry).or_insert_with(|| Plan {
            namespace,
            name: key.workload.clone(),
            site,
            service,
            containers: Vec::new(),
            class: None,
            eviction: None,
            scaling: None,
        });
        plan.containers.push(Measured {
            name,
            key: key.clone(),
            present,
            found: recommend(usage, wish(key), present.unwrap_or_default()),
        });
    }
    let mut plans: Vec<Plan> = found.into_values().collect();
    for plan in &mut plans {
        if let Some(site) = plan.site.map(|at| &sites[at]) {
            plan.scaling = scaling(plan, site);
        }
    }
    together(&mut plans, sites);
    plans
}

fn site_of(sites: &[Site<'_>], key: &Key) -> Option<usize> {
    let named = |site: &&Site<'_>| {
        let object = site.workload.object();
        let near = match object.namespace() {
            Some(own) => key.namespace.is_empty() || own == key.namespace,
            None => true,
        };
        near && object.name().as_deref() == Some(key.workload.as_str())
    };
    sites.iter().position(|site| named(&site))
}

/// The container of a name; the only one, where no name is known.
fn container_of<'a>(pod: PodSpec<'a>, name: &str) -> Option<plimsoll_k8s::Container<'a>> {
    let mut all = pod.running_containers();
    if name.is_empty() {
        let only = all.next()?;
        return all.next().is_none().then_some(only);
    }
    all.find(|one| one.name().as_deref() == Some(name))
}

fn present(container: plimsoll_k8s::Container<'_>) -> Present {
    let resources = container.resources();
    let value = |amount: Option<plimsoll_k8s::Amount<'_>>| {
        Some(amount?.value()?.to_f64()).filter(|value| *value > 0.0)
    };
    Present {
        cpu_request: value(resources.effective_request("cpu")),
        cpu_limit: value(resources.limit("cpu")),
        memory_request: value(resources.effective_request("memory")),
        memory_limit: value(resources.limit("memory")),
    }
}

/// The autoscaler adds pods from a load on that is a share of the request. Where the request
/// changes, the share has to change with it, or pods come earlier or later than they do today; and
/// a pod must be able to rely on the load that it is left alone with.
fn scaling(plan: &mut Plan, site: &Site<'_>) -> Option<Scaling> {
    let scaler = site.scaler?;
    let only = scaler
        .container
        .and_then(Node::text)
        .filter(|name| !name.is_empty());
    let counts = |name: &str| only.as_deref().is_none_or(|only| only == name);
    let (mut now, mut after) = (0.0, 0.0);
    for container in site.pod.running_containers() {
        let name = container.name().unwrap_or_default();
        if !counts(&name) {
            continue;
        }
        let today = present(container).cpu_request?;
        now += today;
        let sized = plan.containers.iter().find(|one| one.name == name);
        after += sized
            .and_then(|one| one.found.cpu.as_ref())
            .map_or(today, |cpu| cpu.request);
    }
    let cores = now * scaler.percent as f64 / 100.0;
    if now <= 0.0 || after <= 0.0 || cores <= 0.0 {
        return None;
    }
    if after < cores {
        // The container with the most has the most to gain.
        let largest = plan
            .containers
            .iter_mut()
            .filter(|one| counts(&one.name) && one.found.cpu.is_some())
            .max_by(|a, b| request(a).total_cmp(&request(b)))?;
        let wanted = crate::cpu::round(request(largest) + cores - after);
        after += wanted - request(largest);
        let to_come = largest.found.outlook.cpu_to_come();
        let cpu = largest.found.cpu.as_mut()?;
        cpu.raised
            .push((wanted / cpu.request, crate::cpu::Raise::Scaler));
        cpu.request = wanted;
        cpu.limit = cpu.limit.map(|limit| limit.max(wanted));
        cpu.outcome = crate::cpu::outcome(&to_come, wanted, cpu.limit);
    }
    let after = (cores / after * 100.0).round().clamp(1.0, 100.0) as i64;
    Some(Scaling {
        before: scaler.percent,
        after,
        cores,
    })
}

fn request(one: &Measured) -> f64 {
    one.found.cpu.as_ref().map_or(0.0, |cpu| cpu.request)
}

/// The classes and the order of eviction.
fn together(plans: &mut [Plan], sites: &[Site<'_>]) {
    let mut before = Vec::new();
    let mut after = Vec::new();
    let mut whose = Vec::new();
    for (index, plan) in plans.iter_mut().enumerate() {
        let Some(site) = plan.site.map(|at| &sites[at]) else {
            continue;
        };
        let now = Pod::of(site.pod);
        let then = with(&now, plan);
        plan.class = Some((qos::class(&now), qos::class(&then)));
        let uses: f64 = plan
            .containers
            .iter()
            .filter_map(|one| Some(one.found.memory.as_ref()?.mean))
            .sum();
        before.push(Standing::new(&now, Some(uses as u64)));
        after.push(Standing::new(&then, Some(uses as u64)));
        whose.push(index);
    }
    let mut places = vec![(0, 0); whose.len()];
    for (place, at) in rank(&before).into_iter().enumerate() {
        places[at].0 = place + 1;
    }
    for (place, at) in rank(&after).into_iter().enumerate() {
        places[at].1 = place + 1;
    }
    for (at, index) in whose.into_iter().enumerate() {
        plans[index].eviction = Some(places[at]);
    }
}

/// A pod with the new numbers.
pub fn with(pod: &Pod, plan: &Plan) -> Pod {
    let mut pod = pod.clone();
    let only = pod.all_containers().count() == 1;
    for container in pod.init_containers.iter_mut().chain(&mut pod.containers) {
        let sized = plan
            .containers
            .iter()
            .find(|one| one.name == container.name || only);
        let Some(sized) = sized else { continue };
        let resources = &mut container.resources;
        if let Some(cpu) = &sized.found.cpu {
            resources
                .requests
                .insert("cpu".to_owned(), cores(cpu.request));
            match cpu.limit {
                Some(limit) => resources.limits.insert("cpu".to_owned(), cores(limit)),
                None => resources.limits.remove("cpu"),
            };
        }
        if let Some(memory) = &sized.found.memory {
            resources
                .requests
                .insert("memory".to_owned(), bytes(memory.request));
            resources
                .limits
                .insert("memory".to_owned(), bytes(memory.limit));
        }
    }
    pod
}

/// Cores as a quantity, in whole thousandths.
pub fn cores(cores: f64) -> Quantity {
    Quantity::from_milli((cores * 1000.0).round() as i64, Format::DecimalSi)
}

/// Bytes as a quantity.
pub fn bytes(bytes: f64) -> Quantity {
    Quantity::new(bytes.round() as i64, Format::BinarySi)
}

#[cfg(test)]
mod tests {
    use super::{plan, sites};
    use crate::input::owner::Owners;
    use crate::input::{Census, Key};
    use crate::recommend::Wish;
    use plimsoll_k8s::qos::QosClass;
    use plimsoll_yaml::{Dialect, Tree, parse};

    const SHOP: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  template:
    spec:
      containers:
        - name: app
          resources: {requests: {cpu: 1, memory: 1Gi}, limits: {cpu: 2, memory: 2Gi}}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  maxReplicas: 9
  metrics:
    - type: Resource
      resource: {name: cpu, target: {type: Utilization, averageUtilization: 40}}
";

    fn tree(text: &str) -> Tree {
        parse(text, Dialect::GoV2)
    }

    fn census(cores: f64) -> Census {
        let mut census = Census::new(Owners::default());
        let key = Key {
            namespace: "shop".to_owned(),
            workload: "web".to_owned(),
            container: "app".to_owned(),
        };
        let usage = census.of_key(key).expect("there is room for one");
        for step in 0..14 * 288 {
            let at = 1_700_006_400.0 + f64::from(step) * 300.0;
            usage.add_cpu(at, cores);
            usage.add_memory(at, 3e8);
        }
        census
    }

    #[test]
    fn requests_and_targets_move_together() {
        let tree = tree(SHOP);
        let sites = sites([&tree].into_iter());
        let plans = plan(&census(0.3), &sites, &[], |_| Wish::default());
        let scaling = plans[0].scaling.expect("there is an autoscaler");
        assert!((scaling.cores - 0.4).abs() < 1e-9);
        let cpu = plans[0].containers[0]
            .found
            .cpu
            .as_ref()
            .expect("CPU was measured");
        assert_eq!((cpu.request, scaling.after), (0.4, 100));
        let busy = plan(&census(0.6), &sites, &[], |_| Wish::default());
        let scaling = busy[0].scaling.expect("there is an autoscaler");
        assert!((60..=68).contains(&scaling.after), "{scaling:?}");
    }

    #[test]
    fn targets_of_scaled_objects_move_along() {
        let (web, _) = SHOP.split_once("---\n").expect("two objects");
        let of = |trigger: &str| {
            let tree = tree(&format!(
                "{web}---\napiVersion: keda.sh/v1alpha1\nkind: ScaledObject\n\
                 metadata: {{name: web, namespace: shop}}\nspec:\n  scaleTargetRef: {{name: web}}\n  \
                 triggers:\n    - {{type: cron, metadata: {{}}}}\n    - {trigger}\n"
            ));
            let sites = sites([&tree].into_iter());
            let plans = plan(&census(0.6), &sites, &[], |_| Wish::default());
            plans[0].scaling
        };
        let scaling = of("{type: cpu, metricType: Utilization, metadata: {value: '40'}}");
        let scaling = scaling.expect("there is an autoscaler");
        assert_eq!(scaling.before, 40);
        assert!((60..=68).contains(&scaling.after), "{scaling:?}");
        let other = "metadata: {value: '40', containerName: other}";
        let scaling = of(&format!("{{type: cpu, metricType: Utilization, {other}}}"));
        assert_eq!(scaling, None);
        let scaling = of("{type: cpu, metricType: AverageValue, metadata: {value: 400m}}");
        assert_eq!(scaling, None);
    }

    #[test]
    fn classes_are_told_before_and_after() {
        let tree = tree(SHOP);
        let sites = sites([&tree].into_iter());
        let plans = plan(&census(0.3), &sites, &[], |_| Wish::default());
        assert_eq!(
            plans[0].class,
            Some((QosClass::Burstable, QosClass::Burstable))
        );
        assert_eq!(plans[0].eviction, Some((1, 1)));
        let limited = plan(&census(0.3), &sites, &[], |_| Wish {
            cpu_limit: Some(1.0),
            ..Wish::default()
        });
        assert_eq!(
            limited[0].class.map(|(_, after)| after),
            Some(QosClass::Guaranteed)
        );
    }

    #[test]
    fn what_no_manifest_has_is_sized_too() {
        let plans = plan(&census(0.3), &[], &[], |_| Wish::default());
        assert_eq!(plans.len(), 1);
        assert_eq!(
            (plans[0].class, plans[0].containers[0].present),
            (None, None)
        );
    }
}
