//! Workloads as manifests write them.

use std::collections::HashMap;

use plimsoll_k8s::{Object, Workload};
use plimsoll_yaml::Tree;

use crate::groups::{Group, LeftOut, Scale};
use crate::inventory::{Inventory, Owner, owner_of};
use crate::running::{Pod, shown_owner};

/// Where an object is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Spot {
    /// Which of the trees.
    pub tree: usize,
    /// Where in its text, in bytes.
    pub offset: u32,
}

/// What manifests say.
#[derive(Clone, Default, Debug)]
pub struct Manifests {
    /// What they say beside workloads.
    pub inventory: Inventory,
    /// Their workloads.
    pub groups: Vec<Group>,
    /// Where each of the workloads is written.
    pub spots: Vec<Spot>,
    /// Workloads that are left out.
    pub left_out: Vec<(Spot, Owner, LeftOut)>,
    /// Workloads that are written again, which are left out, too: the place, and that of the
    /// first.
    pub again: Vec<(Spot, Spot, Owner)>,
    /// Priority classes that no manifest has, with a workload that names each.
    pub unknown_classes: Vec<(Spot, Owner, String)>,
}

impl Manifests {
    /// Reads manifests. Objects that cannot be applied as they stand, such as patches, are passed
    /// over.
    pub fn read<'t>(trees: impl Iterator<Item = &'t Tree>, scale: Scale) -> Self {
        let mut found = Self::default();
        let objects: Vec<(Spot, Object<'_>)> = trees
            .enumerate()
            .flat_map(|(tree, text)| {
                let objects = plimsoll_k8s::objects(text).into_iter();
                objects.map(move |object| {
                    let offset = object.head().start;
                    (Spot { tree, offset }, object)
                })
            })
            .collect();
        for (_, object) in &objects {
            found.inventory.add(*object);
        }
        let mut first: HashMap<Owner, Spot> = HashMap::new();
        for (spot, object) in objects {
            let whole = Workload::new(object).filter(|one| one.is_whole());
            let Some(workload) = whole else { continue };
            if is_made_by_another(object) {
                continue;
            }
            let owner = owner_of(workload);
            if let Some(before) = first.get(&owner) {
                found.again.push((spot, *before, owner));
                continue;
            }
            first.insert(owner.clone(), spot);
            found.take(spot, owner, workload, scale);
        }
        found
    }

    fn take(&mut self, spot: Spot, owner: Owner, workload: Workload<'_>, scale: Scale) {
        match Group::of(workload, &self.inventory, scale) {
            Ok(group) => {
                let spec = workload.pod();
                let class = spec.and_then(|spec| spec.priority_class()?.as_str());
                let class = class.unwrap_or_default().into_owned();
                let known =
                    class.starts_with("system-") || self.inventory.priority(&class).is_some();
                if !known {
                    self.unknown_classes.push((spot, owner, class));
                }
                self.groups.push(group);
                self.spots.push(spot);
            }
            Err(why) => self.left_out.push((spot, owner, why)),
        }
    }

    /// Takes pods out that these workloads made before, which theirs will replace. How many.
    pub fn replace(&self, pods: &mut Vec<Pod>) -> usize {
        let owners: Vec<&Owner> = self.groups.iter().map(|group| &group.owner).collect();
        let before = pods.len();
        pods.retain(|pod| shown_owner(pod).is_none_or(|owner| !owners.contains(&&owner)));
        before - pods.len()
    }
}

/// Whether a controller made the object: a dump has the ReplicaSets of a Deployment, too.
fn is_made_by_another(object: Object<'_>) -> bool {
    crate::read::items(object.metadata(), "ownerReferences")
        .any(|one| one.get("controller").and_then(|node| node.as_bool()) == Some(true))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::groups::Count;
    use plimsoll_yaml::{Dialect, parse};

    fn read(text: &str, scale: Scale) -> Manifests {
        let tree = parse(text, Dialect::GoV2);
        Manifests::read([&tree].into_iter(), scale)
    }

    const SHOP: &str = "
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      priorityClassName: high
      containers: [{name: web, image: web, resources: {requests: {cpu: 500m}}}]
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web, namespace: shop}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  minReplicas: 3
  maxReplicas: 9
---
apiVersion: scheduling.k8s.io/v1
kind: PriorityClass
metadata: {name: high}
value: 1000
";

    #[test]
    fn the_autoscaler_says_how_many() {
        let found = read(SHOP, Scale::Written);
        let [group] = found.groups.as_slice() else {
            panic!("{found:?}");
        };
        assert_eq!(group.count, Count::Fixed(3));
        assert_eq!(group.template.priority, 1000);
        assert_eq!(group.name(), "Deployment/shop/web");
        assert!(found.unknown_classes.is_empty());
        assert_eq!(read(SHOP, Scale::Most).groups[0].count, Count::Fixed(9));
    }

    #[test]
    fn what_is_written_twice_is_taken_once() {
        let twice = format!("{SHOP}---{SHOP}").replace("name: high}\nvalue", "name: low}\nvalue");
        let found = read(&twice, Scale::Written);
        assert_eq!(found.groups.len(), 1);
        assert_eq!(found.again.len(), 1);
        assert_eq!(found.unknown_classes.len(), 1);
    }

    #[test]
    fn patches_and_custom_kinds_are_passed_over() {
        let text = "
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec: {replicas: 5}
---
apiVersion: serving.knative.dev/v1
kind: Service
metadata: {name: fn}
spec: {template: {spec: {containers: [{image: x}]}}}
---
apiVersion: batch/v1
kind: Job
metadata: {name: once}
spec:
  parallelism: 4
  completions: 2
  template: {spec: {containers: [{image: x}]}}
";
        let found = read(text, Scale::Written);
        assert_eq!(found.groups.len(), 1);
        assert_eq!(found.groups[0].count, Count::Fixed(2));
        assert_eq!(found.left_out.len(), 1);
    }
}
