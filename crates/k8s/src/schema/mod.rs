//! Validation of objects against Kubernetes' own structure, with places.
//!
//! An [`Object`] is walked along an embedded table of all kinds and fields of Kubernetes 1.28 to
//! 1.37, node by node; nothing is decoded. What the schemas do not hold is written by hand after
//! the API server's validation: values that a field can have (`limits`), fields that need or
//! exclude each other (`relations`), versions of the API that were removed (`lifecycle`).
//!
//! The API server is the measure, not the schema's letter: a field that the schema calls
//! required and the server fills in is not missing, and one that it refuses to do without is.
//! `tests/oracles/apiserver` holds a real server's answers to our cases.
//!
//! Values that are evidently filled in later (`${REPLICAS}`, `<name>`) are left alone.

pub mod crd;
mod cron;
mod descriptions;
mod forms;
mod kinds;
mod lifecycle;
mod limits;
mod lists;
mod names;
mod placeholders;
mod problem;
mod relations;
mod required;
mod scalars;
mod table;
mod texts;
mod unknown;
mod values;
mod version;
mod walk;

pub use crd::Definitions;
pub use descriptions::{describe, first_sentence};
pub use kinds::home;
pub use lifecycle::{Lifecycle, lifecycle};
pub use placeholders::is_placeholder;
pub use problem::{Mend, Problem, ProblemKind};
pub use texts::{TextField, texts};
pub use version::{KubeVersion, KubeVersionError};

use crate::objects::Object;
use plimsoll_source::TextRange;
use plimsoll_yaml::{Entry, Node};
use walk::{Place, Walk};

/// How an object is checked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Settings {
    /// The version of Kubernetes that it is for.
    pub version: KubeVersion,
    /// Whether the object is all there is: a patch lacks most of what an object needs.
    pub whole: bool,
}

/// What is wrong with an object of one of Kubernetes' own groups, in order of place. Nothing for
/// custom resources, for kinds whose version was removed (see [`lifecycle()`]) and for kinds that
/// other servers have.
pub fn check(object: Object<'_>, settings: Settings) -> Vec<Problem> {
    let table = table::table();
    let bit = settings.version.bit();
    let (group, version, kind) = (object.group(), object.version(), object.kind());
    if is_placeholder(&kind) || is_placeholder(&object.api_version()) {
        return Vec::new();
    }
    if let Some(pasted) = pasted(object) {
        return vec![pasted];
    }
    let known = table
        .kind(&group, &version, &kind)
        .filter(|known| known.present & bit != 0);
    let Some(known) = known else {
        return kinds::unknown(table, bit, object).into_iter().collect();
    };
    let mut walk = Walk::new(table, bit, settings, kind.clone().into_owned());
    if kind == "StatefulSet" {
        let claims = object
            .spec()
            .and_then(|spec| spec.get("volumeClaimTemplates"));
        walk.extra_volumes = claims
            .into_iter()
            .flat_map(Node::items)
            .filter_map(|claim| claim.resolve().at(&["metadata", "name"])?.str())
            .collect();
    }
    let place = Place {
        node: object.node(),
        head: object.head(),
        definition: known.definition,
    };
    walk.structure(place);
    names::check(&mut walk, place, &group, &kind);
    let replaced = replaced_volumes(object, &walk.extra_volumes);
    let mut problems = walk.finish();
    // The decoder reads them, nothing validates them.
    problems.retain(|problem| {
        use ProblemKind::{Conflict, Missing, Value};
        let is_validated = matches!(problem.kind, Missing | Value | Conflict);
        !is_validated || !replaced.iter().any(|range| range.covers(problem.range))
    });
    problems.sort_by_key(|problem| (problem.range.start, problem.range.end));
    problems
}

/// What is wrong with a document that holds two objects, because the line `---` between them is
/// missing: both say `apiVersion` and `kind`. Nothing else of it can be judged.
pub fn pasted(object: Object<'_>) -> Option<Problem> {
    let twice = object.node().duplicate_entries();
    let of = |key: &str| {
        twice
            .iter()
            .find(|(_, second)| second.key.str() == Some(key))
    };
    let (version, kind) = (of("apiVersion")?, of("kind")?);
    let by_place = |(_, second): &&(Entry<'_>, Entry<'_>)| second.key.range().start;
    let (first, second) = [version, kind].into_iter().min_by_key(by_place)?;
    let key = second.key.str()?;
    let message = format!("`{key}` is there twice: two objects stand in one document");
    let (one, other) = kind;
    let is_kustomization = |entry: &Entry<'_>| entry.value.str() == Some("Kustomization");
    let names: Vec<_> = object
        .node()
        .entries()
        .filter(|entry| entry.key.str() == Some("metadata"))
        .filter_map(|entry| entry.value.at(&["name"])?.str())
        .collect();
    let is_same =
        one.value.str() == other.value.str() && matches!(names[..], [one, other] if one == other);
    let help = if is_same {
        "both are the same object: leave one, with what the other alone has"
    } else if is_kustomization(one) || is_kustomization(other) {
        // What follows `---` in such a file is not read.
        "move the object into a file of its own and list that under `resources` of the kustomization"
    } else {
        "put a line `---` between the two objects"
    };
    let mut problem = Problem::new(ProblemKind::Duplicate, second.key.range(), message);
    problem
        .warning()
        .related(first.key.range(), "the first object says it here")
        .note(
            "kubectl takes both for one object, of which the last `kind` counts; kustomize refuses the file",
        )
        .help(help);
    Some(problem)
}

/// The volumes of a StatefulSet's pods that are called like one of its claims: the controller puts
/// the claim in their place before it makes a pod.
fn replaced_volumes(object: Object<'_>, claims: &[&str]) -> Vec<TextRange> {
    let volumes = object
        .spec()
        .filter(|_| !claims.is_empty())
        .and_then(|spec| spec.at(&["template", "spec", "volumes"]));
    let volumes = volumes.into_iter().flat_map(Node::items).map(Node::resolve);
    volumes
        .filter(|volume| {
            let name = volume.get("name").and_then(Node::str);
            name.is_some_and(|name| claims.contains(&name))
        })
        .map(Node::full_range)
        .collect()
}

#[cfg(test)]
mod tests;
