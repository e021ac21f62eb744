//! Kinds and versions that a group of Kubernetes does not have.

use plimsoll_source::Safety;
use plimsoll_source::nearest::nearest;

use super::lifecycle;
use super::problem::{Problem, ProblemKind};
use super::table::{Mask, Table, table};
use super::version::KubeVersion;
use crate::objects::Object;

/// Kinds that OpenShift serves in the core group for old files.
const OPENSHIFT: &[&str] = &[
    "Template",
    "DeploymentConfig",
    "BuildConfig",
    "Build",
    "ImageStream",
    "ImageStreamTag",
    "ImageStreamImport",
    "Route",
    "Project",
    "ProjectRequest",
    "User",
    "Group",
    "Identity",
    "OAuthClient",
    "SecurityContextConstraints",
];

/// Kinds of `v1` that servers answer with and nobody applies, as files of tests have them.
const ANSWERS: &[&str] = &[
    "APIGroup",
    "APIGroupList",
    "APIResourceList",
    "APIVersions",
    "DeleteOptions",
    "Status",
    "Table",
    "WatchEvent",
];

/// The problem with an object whose kind its group does not have. `None` where
/// [`lifecycle::lifecycle`] knows that it was removed, or another server may have it.
pub(super) fn unknown(table: &Table, bit: Mask, object: Object<'_>) -> Option<Problem> {
    let (group, version, kind) = (object.group(), object.version(), object.kind());
    if lifecycle::lifecycle(&group, &version, &kind).is_some_and(|life| {
        life.removed
            .is_some_and(|removed| removed <= table.first + bit.trailing_zeros())
    }) {
        return None;
    }
    if group.is_empty() && (OPENSHIFT.contains(&&*kind) || ANSWERS.contains(&&*kind)) {
        return None;
    }
    // Groups of custom resources have a dot; one without is a slip (`rbac/v1`, `app/v1`) if the
    // kind is one of ours.
    if !object.is_builtin() && (group.contains('.') || homes(table, bit, &kind).is_empty()) {
        return None;
    }
    let node = object.node();
    let api_version = node.entry("apiVersion");
    let kind_entry = node.entry("kind");
    let range = |entry: Option<plimsoll_yaml::Entry<'_>>| {
        entry.map_or_else(|| object.head(), |entry| entry.value.range())
    };
    let written = object.api_version();
    // The right kind under another name of its version or group.
    let homes = homes(table, bit, &kind);
    if let Some(home) = homes.first() {
        let message = format!("`{written}` has no kind `{kind}`");
        let mut problem = Problem::new(ProblemKind::UnknownKind, range(api_version), message);
        problem.help(format!("write `apiVersion: {home}`"));
        if let Some(entry) = api_version
            && homes.len() == 1
        {
            let title = format!("write `{home}`");
            problem.replace(title, entry.value.range(), home.clone(), Safety::Unsafe);
        }
        return Some(problem);
    }
    let in_group = table.kinds_of(&group);
    if in_group.is_empty() {
        return None;
    }
    let here = in_group
        .iter()
        .filter(|known| known.present & bit != 0)
        .map(|known| table.kind_name(known));
    let everywhere = table
        .kinds
        .iter()
        .filter(|known| known.present & bit != 0)
        .map(|known| table.kind_name(known));
    let near = nearest(&kind, here).or_else(|| nearest(&kind, everywhere));
    let message = format!("`{written}` has no kind `{kind}`");
    let mut problem = Problem::new(ProblemKind::UnknownKind, range(kind_entry), message);
    match (near, kind_entry) {
        (Some(near), Some(entry)) => {
            problem.help(format!("write `kind: {near}`"));
            problem.replace(
                format!("write `{near}`"),
                entry.value.range(),
                near,
                Safety::Unsafe,
            );
        }
        _ => {
            problem.help("check the kind and its `apiVersion`");
        }
    }
    Some(problem)
}

/// The `apiVersion` of a kind in a version of Kubernetes, the stable one first.
pub fn home(kind: &str, version: KubeVersion) -> Option<String> {
    homes(table(), version.bit(), kind).into_iter().next()
}

/// Every `apiVersion` that has the kind, stable ones first.
fn homes(table: &Table, bit: Mask, kind: &str) -> Vec<String> {
    let mut homes: Vec<String> = table
        .kinds
        .iter()
        .filter(|known| known.present & bit != 0 && table.kind_name(known) == kind)
        .map(|known| match table.kind_group(known) {
            "" => table.kind_version(known).to_owned(),
            group => format!("{group}/{}", table.kind_version(known)),
        })
        .collect();
    homes.sort_by_key(|home| (home.contains("alpha"), home.contains("beta"), home.clone()));
    homes
}
