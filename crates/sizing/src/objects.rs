//! The new numbers as objects of a cluster: VerticalPodAutoscalers that stay within them, and
//! LimitRanges for containers that say nothing.

use std::collections::BTreeMap;

use plimsoll_k8s::WorkloadKind;
use plimsoll_yaml::emit::{Emitter, Flavor};

use crate::plan::{Measured, Plan, Site, bytes, cores};

/// More than any of these objects takes.
const MOST_BYTES: usize = 1 << 20;
/// The share of a namespace's containers that its defaults are enough for.
const ENOUGH_FOR: f64 = 0.9;

/// A VerticalPodAutoscaler (`autoscaling.k8s.io/v1`) for a workload that holds every container
/// that was measured between the least and the most that plans for it say; `plans` are those for
/// several risks. It sets pods when they start (`updateMode: Initial`) and evicts none; CPU is left
/// to a HorizontalPodAutoscaler where that looks at it. `None` for a pod that nobody makes again.
pub fn vertical(site: &Site<'_>, plans: &[&Plan]) -> Option<String> {
    if site.workload.kind() == WorkloadKind::Pod {
        return None;
    }
    let object = site.workload.object();
    let first = plans.first()?;
    let mut out = Emitter::new(Flavor::V3, MOST_BYTES);
    head(
        &mut out,
        "autoscaling.k8s.io/v1",
        "VerticalPodAutoscaler",
        (&first.name, &first.namespace),
    );
    mapping(&mut out, "spec", |out| {
        mapping(out, "targetRef", |out| {
            string(out, "apiVersion", &object.api_version());
            string(out, "kind", &object.kind());
            string(out, "name", &first.name);
        });
        mapping(out, "updatePolicy", |out| {
            string(out, "updateMode", "Initial")
        });
        mapping(out, "resourcePolicy", |out| {
            out.key("containerPolicies");
            out.start_sequence(false);
            for one in &first.containers {
                policy(out, one, plans, site.scaler.is_some());
            }
            let running = site.pod.running_containers().count();
            if running > first.containers.len() {
                out.start_mapping(false);
                string(out, "containerName", "*");
                string(out, "mode", "Off");
                out.end();
            }
            out.end();
        });
    });
    out.end();
    Some(out.finish())
}

fn policy(out: &mut Emitter, one: &Measured, plans: &[&Plan], scaled: bool) {
    let all: Vec<&Measured> = plans
        .iter()
        .flat_map(|plan| &plan.containers)
        .filter(|other| other.name == one.name)
        .collect();
    let cpu = range(
        all.iter()
            .filter_map(|one| Some(one.found.cpu.as_ref()?.request)),
    );
    let cpu = cpu.filter(|_| !scaled);
    let memory = range(
        all.iter()
            .filter_map(|one| Some(one.found.memory.as_ref()?.request)),
    );
    out.start_mapping(false);
    string(out, "containerName", &one.name);
    if cpu.is_none() && memory.is_none() {
        string(out, "mode", "Off");
        out.end();
        return;
    }
    out.key("controlledResources");
    out.start_sequence(false);
    for (name, _) in [("cpu", cpu), ("memory", memory)]
        .iter()
        .filter(|(_, range)| range.is_some())
    {
        out.string(name);
    }
    out.end();
    for (key, is_least) in [("minAllowed", true), ("maxAllowed", false)] {
        let of = |(least, most): (f64, f64)| if is_least { least } else { most };
        mapping(out, key, |out| {
            if let Some(cpu) = cpu {
                string(out, "cpu", &cores(of(cpu)).to_string());
            }
            if let Some(memory) = memory {
                string(out, "memory", &bytes(of(memory)).to_string());
            }
        });
    }
    out.end();
}

/// The least and the most.
fn range(numbers: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    numbers.fold(None, |range, number| {
        let (least, most) = range.unwrap_or((number, number));
        Some((f64::min(least, number), f64::max(most, number)))
    })
}

/// A LimitRange for each namespace: what a container gets that says nothing is enough for nine in
/// ten of those that were measured there. What others ask for is not bounded.
pub fn limit_ranges(plans: &[Plan]) -> Vec<String> {
    let mut by_namespace: BTreeMap<&str, Vec<&Measured>> = BTreeMap::new();
    for plan in plans {
        let all = by_namespace.entry(&plan.namespace).or_default();
        all.extend(&plan.containers);
    }
    by_namespace
        .into_iter()
        .filter_map(|(namespace, all)| limit_range(namespace, &all))
        .collect()
}

fn limit_range(namespace: &str, all: &[&Measured]) -> Option<String> {
    let enough = |of: &dyn Fn(&Measured) -> Option<f64>| {
        let mut numbers: Vec<f64> = all.iter().filter_map(|one| of(one)).collect();
        numbers.sort_by(f64::total_cmp);
        let at = (numbers.len() as f64 * ENOUGH_FOR).ceil() as usize;
        numbers.get(at.saturating_sub(1)).copied()
    };
    let cpu = enough(&|one| Some(one.found.cpu.as_ref()?.request));
    let cpu_limit = enough(&|one| one.found.cpu.as_ref()?.limit);
    let memory = enough(&|one| Some(one.found.memory.as_ref()?.limit));
    if cpu.is_none() && memory.is_none() {
        return None;
    }
    let amounts = |out: &mut Emitter, key: &str, cpu: Option<f64>| {
        if cpu.is_none() && memory.is_none() {
            return;
        }
        mapping(out, key, |out| {
            if let Some(cpu) = cpu {
                string(out, "cpu", &cores(cpu).to_string());
            }
            if let Some(memory) = memory {
                string(out, "memory", &bytes(memory).to_string());
            }
        });
    };
    let mut out = Emitter::new(Flavor::V3, MOST_BYTES);
    head(&mut out, "v1", "LimitRange", ("sizes", namespace));
    mapping(&mut out, "spec", |out| {
        out.key("limits");
        out.start_sequence(false);
        out.start_mapping(false);
        string(out, "type", "Container");
        amounts(out, "defaultRequest", cpu);
        amounts(out, "default", cpu_limit);
        out.end();
        out.end();
    });
    out.end();
    Some(out.finish())
}

/// Opens the object with what every one has.
fn head(out: &mut Emitter, api_version: &str, kind: &str, (name, namespace): (&str, &str)) {
    out.start_mapping(false);
    string(out, "apiVersion", api_version);
    string(out, "kind", kind);
    mapping(out, "metadata", |out| {
        string(out, "name", name);
        if !namespace.is_empty() {
            string(out, "namespace", namespace);
        }
    });
}

fn string(out: &mut Emitter, key: &str, text: &str) {
    out.key(key);
    out.string(text);
}

fn mapping(out: &mut Emitter, key: &str, inner: impl FnOnce(&mut Emitter)) {
    out.key(key);
    out.start_mapping(false);
    inner(out);
    out.end();
}

#[cfg(test)]
mod tests {
    use super::{limit_ranges, vertical};
    use crate::input::owner::Owners;
    use crate::input::{Census, Key};
    use crate::plan::{Plan, plan, sites};
    use crate::{Risk, Wish};
    use plimsoll_yaml::{Dialect, Tree, parse};

    const WEB: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  template:
    spec:
      containers: [{name: app}, {name: mesh}]
";

    fn census(containers: &[(&str, f64)]) -> Census {
        let mut census = Census::new(Owners::default());
        for (container, cores) in containers {
            let key = Key {
                namespace: "shop".to_owned(),
                workload: "web".to_owned(),
                container: (*container).to_owned(),
            };
            let usage = census.of_key(key).expect("there is room");
            for step in 0..14 * 288_u32 {
                let at = 1_700_006_400.0 + f64::from(step) * 300.0;
                usage.add_cpu(at, cores * (1.0 + f64::from(step % 50) / 50.0));
                usage.add_memory(at, 3e8);
            }
        }
        census
    }

    fn plans(census: &Census, tree: &Tree) -> Vec<Plan> {
        let sites = sites([tree].into_iter());
        Risk::ALL
            .into_iter()
            .flat_map(|risk| {
                let wish = |_: &Key| Wish {
                    risk,
                    ..Wish::default()
                };
                plan(census, &sites, &[], wish)
            })
            .collect()
    }

    #[test]
    fn an_autoscaler_is_held_between_risks() {
        let tree = parse(WEB, Dialect::GoV2);
        let plans = plans(&census(&[("app", 0.2)]), &tree);
        let sites = sites([&tree].into_iter());
        let all: Vec<&Plan> = plans.iter().collect();
        let text = vertical(&sites[0], &all).expect("a Deployment makes its pods");
        let made = parse(text.as_str(), Dialect::GoV2);
        let root = made.documents().next().and_then(|one| one.root());
        let root = root.expect("a document");
        let at = |path: &[&str]| root.at(path).and_then(|node| node.text());
        assert_eq!(
            at(&["spec", "targetRef", "kind"]).as_deref(),
            Some("Deployment")
        );
        assert_eq!(at(&["metadata", "namespace"]).as_deref(), Some("shop"));
        assert!(text.contains("minAllowed:"), "{text}");
        assert!(text.contains("containerName: '*'"), "{text}");
        let least = plans[2].containers[0]
            .found
            .cpu
            .as_ref()
            .map(|cpu| cpu.request);
        let most = plans[0].containers[0]
            .found
            .cpu
            .as_ref()
            .map(|cpu| cpu.request);
        assert!(least < most);
    }

    #[test]
    fn cpu_is_left_to_the_autoscaler_that_adds_pods() {
        let scaler = "---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\n\
                      metadata: {name: web}\nspec:\n  scaleTargetRef: {kind: Deployment, name: web}\n";
        let tree = parse(format!("{WEB}{scaler}"), Dialect::GoV2);
        let plans = plans(&census(&[("app", 0.2), ("mesh", 0.1)]), &tree);
        let sites = sites([&tree].into_iter());
        let all: Vec<&Plan> = plans.iter().collect();
        let text = vertical(&sites[0], &all).expect("a Deployment makes its pods");
        assert!(!text.contains("cpu"), "{text}");
        assert!(!text.contains("'*'"), "{text}");
    }

    #[test]
    fn defaults_are_enough_for_nine_in_ten() {
        let tree = parse(WEB, Dialect::GoV2);
        let plans = plans(&census(&[("app", 0.2), ("mesh", 0.1)]), &tree);
        let medium: Vec<Plan> = plans[1..2].to_vec();
        let texts = limit_ranges(&medium);
        assert_eq!(texts.len(), 1);
        let request = medium[0].containers[0]
            .found
            .cpu
            .as_ref()
            .map(|cpu| cpu.request);
        let cpu = format!("cpu: {}\n", crate::plan::cores(request.unwrap_or(0.0)));
        assert!(texts[0].contains(&cpu), "{}", texts[0]);
        assert!(texts[0].contains("default:\n"), "{}", texts[0]);
        assert!(limit_ranges(&[]).is_empty());
    }
}
