//! Fields that must be there.

use plimsoll_source::TextRange;
use plimsoll_yaml::{Kind, Node};

use super::problem::ProblemKind;
use super::table::Field;
use super::walk::{Place, Walk};

/// Fields that the schemas call required and the API server fills in or does without.
pub(super) const NOT_NEEDED: &[(&str, &str)] = &[
    ("rbac.v1.RoleRef", "apiGroup"),
    ("apps.v1.StatefulSetSpec", "serviceName"),
    ("networking.v1.NetworkPolicySpec", "podSelector"),
    ("core.v1.NodeSelectorTerm", "matchExpressions"),
    ("discovery.v1.EndpointSlice", "endpoints"),
    ("apps.v1.ControllerRevision", "revision"),
    ("batch.v1.PodFailurePolicyRule", "onPodConditions"),
    ("batch.v1.PodFailurePolicyOnPodConditionsPattern", "status"),
];

/// Fields that the schemas do not call required and without which the API server refuses the
/// object.
pub(super) const NEEDED: &[(&str, &str)] = &[
    ("apps.v1.Deployment", "spec"),
    ("apps.v1.DaemonSet", "spec"),
    ("apps.v1.StatefulSet", "spec"),
    ("apps.v1.ReplicaSet", "spec"),
    ("batch.v1.Job", "spec"),
    ("batch.v1.CronJob", "spec"),
    ("core.v1.Pod", "spec"),
    ("core.v1.PersistentVolumeClaim", "spec"),
    ("core.v1.PersistentVolume", "spec"),
    ("core.v1.ReplicationController", "spec"),
    ("core.v1.Service", "spec"),
    ("core.v1.Container", "image"),
    ("core.v1.HostAlias", "ip"),
    ("core.v1.ExecAction", "command"),
    ("core.v1.SecretKeySelector", "name"),
    ("core.v1.ConfigMapKeySelector", "name"),
    ("core.v1.SecretEnvSource", "name"),
    ("core.v1.ConfigMapEnvSource", "name"),
    ("core.v1.SecretVolumeSource", "secretName"),
    ("core.v1.ConfigMapVolumeSource", "name"),
    ("core.v1.SecretProjection", "name"),
    ("core.v1.ConfigMapProjection", "name"),
    ("core.v1.PodTemplateSpec", "spec"),
    ("batch.v1.JobTemplateSpec", "spec"),
    ("apiextensions.v1.CustomResourceDefinitionVersion", "schema"),
    ("autoscaling.v2.HorizontalPodAutoscaler", "spec"),
    ("autoscaling.v1.HorizontalPodAutoscaler", "spec"),
    ("networking.v1.Ingress", "spec"),
    ("core.v1.PersistentVolumeClaimSpec", "accessModes"),
    ("core.v1.PersistentVolumeClaimSpec", "resources"),
    ("core.v1.PersistentVolumeSpec", "accessModes"),
    ("core.v1.PersistentVolumeSpec", "capacity"),
];

/// Tells of fields that are missing.
pub(super) fn fields<'a>(walk: &mut Walk<'a>, place: Place<'a>) {
    let table = walk.table;
    for field in table.fields_of(place.definition) {
        let is_needed = field.needed.unwrap_or(field.required & walk.bit != 0);
        if !is_needed || field.present & walk.bit == 0 {
            continue;
        }
        let name = table.field_name(field);
        if name == "metadata" || is_given(place.node, name) || walk.is_misspelt(place.node, name) {
            continue;
        }
        missing(walk, place, name, field);
    }
}

fn missing<'a>(walk: &mut Walk<'a>, place: Place<'a>, name: &'static str, field: &Field) {
    let owner = walk.owner(place.node);
    let empty = place.node.entry(name);
    let (range, message): (TextRange, String) = match empty {
        Some(entry) => (entry.key.range(), format!("`{name}` of {owner} is empty")),
        None => (place.head, format!("{owner} lacks `{name}`")),
    };
    let example = example(field);
    walk.path.push(name);
    let problem = walk.report(ProblemKind::Missing, range, message);
    problem.help(match (example, empty.is_some()) {
        (Some(example), false) => format!("add `{name}: {example}`"),
        (None, false) => format!("add `{name}`"),
        (Some(example), true) => format!("give it a value: `{name}: {example}`"),
        (None, true) => "give it a value".to_owned(),
    });
    walk.path.pop();
}

/// Whether a field that is needed is there: an empty string or list does not do.
fn is_given(node: Node<'_>, name: &str) -> bool {
    node.present(name).is_some_and(|value| match value.kind() {
        Kind::Scalar => value.str().is_some_and(|text| !text.is_empty()),
        Kind::Sequence => !value.is_empty() || name == "endpoints" || name == "items",
        Kind::Mapping | Kind::Alias => true,
    })
}

/// A value of a field with few of them.
fn example(field: &Field) -> Option<&'static str> {
    match field.limit {
        Some(super::limits::Limit::OneOf(names)) => {
            names.iter().find(|name| !name.is_empty()).copied()
        }
        _ => None,
    }
}

/// The key that something missing is told at: the field's, or the structure's head.
pub(super) fn at(place: Place<'_>, name: &str) -> TextRange {
    place
        .node
        .entry(name)
        .map_or(place.head, |entry| entry.key.range())
}

/// Whether a field is there and holds something.
pub(super) fn holds(node: Node<'_>, name: &str) -> bool {
    node.present(name).is_some_and(|value| match value.kind() {
        Kind::Scalar => value.str().is_some_and(|text| !text.is_empty()),
        _ => !value.is_empty(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::table::table;

    #[test]
    fn the_rows_name_what_there_is() {
        let table = table();
        for (owner, field) in NOT_NEEDED.iter().chain(NEEDED) {
            let definition = table.find(owner).unwrap_or_else(|| panic!("no `{owner}`"));
            assert!(
                table.variants(definition, field).next().is_some(),
                "no `{owner}.{field}`"
            );
        }
        for (owner, field) in NEEDED {
            let definition = table.find(owner).expect("known");
            let all = table
                .variants(definition, field)
                .fold(0x3ff, |all, f| all & f.required);
            assert_ne!(all, 0x3ff, "`{owner}.{field}` is required anyway");
        }
    }
}
