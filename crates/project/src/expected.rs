//! Files that tests compare with what they find in a cluster: assertions of Chainsaw and KUTTL,
//! and the expected results of Kyverno's own tests. Nobody applies them, and they hold as much of
//! an object as is compared.

use std::collections::{BTreeSet, HashSet};

use plimsoll_source::files::{file_name, join, parent};
use plimsoll_source::{EntryKind, Files, Tree};
use plimsoll_yaml::{self as yaml, Document, Node};

use crate::snapshot::{ManifestRole, ManifestUnit};

/// Names of the files that describe a test.
const TESTS: &[&str] = &[
    "chainsaw-test.yaml",
    "chainsaw-test.yml",
    "kyverno-test.yaml",
    "kyverno-test.yml",
];

/// The largest such file that is read, in bytes.
const MAX_LEN: usize = 1024 * 1024;

/// Marks the manifests that are only compared with.
pub(crate) fn mark(units: &mut [ManifestUnit], files: &Files, tree: &dyn Tree) {
    let mut folders: BTreeSet<&str> = BTreeSet::new();
    for unit in &*units {
        let folder = parent(&files.get(unit.file).path);
        folders.insert(folder);
        folders.insert(parent(folder));
    }
    let mut expected: HashSet<String> = HashSet::new();
    for folder in folders {
        for name in TESTS {
            if let Some(path) = join(folder, name)
                && tree.kind(&path) == Some(EntryKind::File)
                && let Ok(bytes) = tree.read(&path)
                && bytes.len() <= MAX_LEN
                && let Ok(text) = String::from_utf8(bytes)
            {
                expected.extend(read(folder, &text));
            }
        }
    }
    for unit in units {
        let path = &*files.get(unit.file).path;
        if unit.role == ManifestRole::Whole && (expected.contains(path) || is_step(file_name(path)))
        {
            unit.role = ManifestRole::Expected;
        }
    }
}

/// Whether KUTTL (and Chainsaw, where no file describes the test) takes a file of this name for
/// an assertion: `01-assert.yaml`, `02-errors-pods.yaml`.
fn is_step(name: &str) -> bool {
    let Some((number, rest)) = name.split_once('-') else {
        return false;
    };
    let word = rest.split(['-', '.']).next().unwrap_or("");
    !number.is_empty()
        && number.bytes().all(|b| b.is_ascii_digit())
        && matches!(word, "assert" | "error" | "errors")
}

/// The paths that a description of a test names only to compare with.
fn read(folder: &str, text: &str) -> Vec<String> {
    let tree = yaml::parse(text, yaml::Dialect::GoV2);
    let mut compared: Vec<String> = Vec::new();
    let mut used = String::new();
    for root in tree.documents().filter_map(Document::root) {
        let is = |version: &str| {
            let found = root.get("apiVersion").and_then(Node::as_str);
            found.is_some_and(|found| found.starts_with(version))
        };
        if is("chainsaw.kyverno.io/") {
            chainsaw(root, &mut compared, &mut used);
        } else if is("cli.kyverno.io/") {
            kyverno(root, &mut compared, &mut used);
        }
    }
    compared
        .iter()
        .filter(|path| !used.contains(file_name(path)))
        .filter_map(|path| join(folder, path))
        .collect()
}

fn list<'a>(node: Node<'a>, key: &str) -> impl Iterator<Item = Node<'a>> + use<'a> {
    let list = node.get(key);
    list.into_iter().flat_map(Node::items).map(Node::resolve)
}

fn chainsaw(root: Node<'_>, compared: &mut Vec<String>, used: &mut String) {
    let Some(spec) = root.get("spec") else { return };
    for step in list(spec, "steps") {
        let operations = ["try", "catch", "finally", "cleanup"]
            .into_iter()
            .flat_map(|part| list(step, part));
        for operation in operations {
            for entry in operation.merged_entries() {
                let file = entry.value.resolve().get("file").and_then(Node::as_str);
                let compares = entry
                    .key
                    .text()
                    .is_some_and(|key| matches!(&*key, "assert" | "error"));
                match file {
                    Some(file) if compares => compared.push(file.into_owned()),
                    // What is applied, and what scripts name.
                    _ => used.push_str(entry.value.source()),
                }
            }
        }
    }
}

fn kyverno(root: Node<'_>, compared: &mut Vec<String>, used: &mut String) {
    for result in list(root, "results") {
        for key in ["patchedResources", "patchedResource", "generatedResource"] {
            let file = result.get(key).and_then(Node::as_str);
            compared.extend(file.map(std::borrow::Cow::into_owned));
        }
    }
    for key in ["resources", "policies", "targetResources"] {
        used.extend(root.get(key).map(Node::source));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use plimsoll_source::MemoryTree;

    use crate::{ManifestRole, Options, Project};

    #[track_caller]
    fn roles(files: &[(&str, &str)]) -> Vec<(String, ManifestRole)> {
        let mut tree = MemoryTree::new();
        for (path, text) in files {
            tree.insert(*path, *text);
        }
        let project = Project::load(Arc::new(tree), &Options::default());
        let units = project.manifests.iter();
        units
            .map(|unit| (project.path(unit.file).to_owned(), unit.role))
            .collect()
    }

    const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n";

    #[test]
    fn what_a_test_compares_with_is_known() {
        let test = "apiVersion: chainsaw.kyverno.io/v1alpha1\nkind: Test\nmetadata: {name: t}\nspec:\n  steps:\n  \
                    - try:\n    - apply: {file: pod.yaml}\n    - assert: {file: out.yaml}\n    - error: {file: ../bad.yaml}\n    \
                    - assert: {file: both.yaml}\n    - script: {content: kubectl apply -f both.yaml}\n";
        let found = roles(&[
            ("t/chainsaw-test.yaml", test),
            ("t/pod.yaml", POD),
            ("t/out.yaml", POD),
            ("t/both.yaml", POD),
            ("bad.yaml", POD),
        ]);
        assert_eq!(
            found,
            [
                ("bad.yaml".to_owned(), ManifestRole::Expected),
                ("t/both.yaml".to_owned(), ManifestRole::Whole),
                ("t/out.yaml".to_owned(), ManifestRole::Expected),
                ("t/pod.yaml".to_owned(), ManifestRole::Whole),
            ]
        );
        let test = "apiVersion: cli.kyverno.io/v1alpha1\nkind: Test\nresources: [in.yaml]\nresults:\n\
                    - patchedResources: out.yaml\n- generatedResource: in.yaml\n";
        let found = roles(&[
            ("kyverno-test.yaml", test),
            ("in.yaml", POD),
            ("out.yaml", POD),
        ]);
        assert_eq!(found[0].1, ManifestRole::Whole);
        assert_eq!(found[1].1, ManifestRole::Expected);
    }

    #[test]
    fn steps_of_kuttl_are_known_by_their_names() {
        let found = roles(&[
            ("00-install.yaml", POD),
            ("01-assert.yaml", POD),
            ("02-errors-pods.yaml", POD),
            ("assert.yaml", POD),
        ]);
        let roles: Vec<ManifestRole> = found.into_iter().map(|(_, role)| role).collect();
        use ManifestRole::{Expected, Whole};
        assert_eq!(roles, [Whole, Expected, Expected, Whole]);
    }
}
