//! The new numbers written into the texts that have the old ones, with everything else kept.

use plimsoll_compose::ComposeFile;
use plimsoll_k8s::{Object, Workload, objects};
use plimsoll_source::edit::apply;
use plimsoll_source::{Edit, TextRange};
use plimsoll_yaml::{Dialect, Kind, Node, Tree, edit, parse};

use crate::plan::{Measured, Plan, Scaler, Scaling, Site, bytes, cores};

/// A number to be written.
#[derive(Clone, PartialEq, Debug)]
pub struct Change {
    /// The keys that lead to it, from where the changes begin.
    pub path: Vec<String>,
    /// The new text; `None` to take it out.
    pub value: Option<String>,
}

/// What is to be written of a container, from its `resources` on.
pub fn resources(sized: &Measured) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut set = |kind: &str, name: &str, value: Option<String>| {
        changes.push(Change {
            path: vec![kind.to_owned(), name.to_owned()],
            value,
        });
    };
    if let Some(cpu) = &sized.found.cpu {
        set("requests", "cpu", Some(cores(cpu.request).to_string()));
        set(
            "limits",
            "cpu",
            cpu.limit.map(|limit| cores(limit).to_string()),
        );
    }
    if let Some(memory) = &sized.found.memory {
        set(
            "requests",
            "memory",
            Some(bytes(memory.request).to_string()),
        );
        set("limits", "memory", Some(bytes(memory.limit).to_string()));
    }
    changes
}

/// A manifest with the new numbers of a workload; `None` where there is no place to write one to
/// without changing more.
pub fn manifest(text: &str, site: &Site<'_>, plan: &Plan) -> Option<String> {
    let object = site.workload.object();
    let mut text = text.to_owned();
    for sized in &plan.containers {
        let one = Which {
            object: identity(object),
            container: &sized.name,
        };
        for change in resources(sized) {
            text = step(&text, &change, |tree| one.node(tree), &["resources"])?;
        }
    }
    Some(text)
}

/// A manifest with the new target of an autoscaler. A target that is a default has no place.
pub fn target(text: &str, scaler: &Scaler<'_>, scaling: Scaling) -> Option<String> {
    let wanted = identity(scaler.object);
    let path = scaler.node?.path();
    let tree = parse(text, Dialect::GoV2);
    let object = objects(&tree)
        .into_iter()
        .find(|object| identity(*object) == wanted)?;
    let node = below(object.node(), &path)?;
    apply(text, &edit::set_scalar(node, &scaling.after.to_string())).ok()
}

/// Where the resources of a container stand, and what is in them, the whole first; nothing where
/// it has none.
pub fn places(site: &Site<'_>, container: &str) -> Vec<TextRange> {
    let mut all = site.pod.running_containers();
    let found = all.find(|one| one.name().as_deref() == Some(container));
    let Some(node) = found.and_then(|one| one.resources().node()) else {
        return Vec::new();
    };
    let mut ranges = Vec::new();
    let mut nodes = vec![node];
    while let Some(node) = nodes.pop() {
        ranges.push(node.range());
        // Two kinds of amounts for a few resources: there is no more.
        if ranges.len() > 64 {
            break;
        }
        nodes.extend(node.entries().map(|entry| entry.value));
    }
    ranges
}

/// A file of values with new numbers below a path, which must be there.
pub fn values(text: &str, path: &[&str], changes: &[Change]) -> Option<String> {
    let mut text = text.to_owned();
    for change in changes {
        let base = |tree: &Tree| -> Option<Range> {
            let root = tree.documents().next()?.root()?;
            let mut at = root;
            for key in path {
                at = at.get(key)?;
            }
            Some(start(at))
        };
        text = step(&text, change, base, &[])?;
    }
    Some(text)
}

/// Whether a file of values says something at a path.
pub fn has(text: &str, path: &[&str]) -> bool {
    let tree = parse(text, Dialect::GoV2);
    let root = tree.documents().next().and_then(|one| one.root());
    let value = root.and_then(|root| root.at(path));
    value.is_some_and(|node| !node.resolve().is_null())
}

/// A file of values with another number at a path, which must hold the one that is known.
pub fn number(text: &str, path: &[&str], before: i64, after: i64) -> Option<String> {
    let tree = parse(text, Dialect::GoV2);
    let mut at = tree.documents().next()?.root()?;
    for key in path {
        let entry = at.entry(key)?;
        // It comes with a merge or an alias, and others may have it, too.
        if entry.key.parent() != Some(at) || entry.value.kind() == Kind::Alias {
            return None;
        }
        at = entry.value;
    }
    if at.text()?.trim() != before.to_string() {
        return None;
    }
    apply(text, &edit::set_scalar(at, &after.to_string())).ok()
}

/// A Compose file with one new number of a service, which must be written in it; `None` where there
/// is no place for it without changing more.
pub fn service(text: &str, name: &str, change: &Change) -> Option<String> {
    let base = |tree: &Tree| {
        let service = ComposeFile::new(tree)?.service(name)?;
        Some(start(service.node()))
    };
    step(text, change, base, &[])
}

/// Where a node begins and how long it is: a node by its place in the text.
type Range = (u32, u32);

fn start(node: Node<'_>) -> Range {
    (node.full_range().start, node.full_range().end)
}

/// One change at a time: the edits of two would meet where both add to one mapping.
fn step(
    text: &str,
    change: &Change,
    find: impl Fn(&Tree) -> Option<Range>,
    inner: &[&str],
) -> Option<String> {
    let tree = parse(text, Dialect::GoV2);
    let base = at(&tree, find(&tree)?)?;
    let path: Vec<&str> = inner
        .iter()
        .copied()
        .chain(change.path.iter().map(String::as_str))
        .collect();
    let edits = edits(base, &path, change.value.as_deref())?;
    if edits.is_empty() {
        return Some(text.to_owned());
    }
    apply(text, &edits).ok()
}

/// The edits that make the value at a path be so; `None` where it cannot be.
fn edits(base: Node<'_>, path: &[&str], value: Option<&str>) -> Option<Vec<Edit>> {
    let mut at = base;
    for (depth, key) in path.iter().enumerate() {
        if at.kind() == Kind::Alias {
            return None;
        }
        let entry = at.entry(key);
        // It comes with a merge, and others may have it, too.
        if entry.is_some_and(|entry| entry.key.parent() != Some(at)) {
            return None;
        }
        let Some(entry) = entry.filter(|entry| !entry.value.is_null()) else {
            let Some(value) = value else {
                return Some(Vec::new());
            };
            let found = edit::insert_path(base, path, value);
            return (!found.is_empty()).then_some(found);
        };
        if depth + 1 < path.len() {
            at = entry.value;
            continue;
        }
        let found = match value {
            Some(value) if entry.value.text().as_deref() == Some(value) => return Some(Vec::new()),
            Some(value) => edit::set_value(entry, value),
            None => edit::remove_entry(entry),
        };
        return (!found.is_empty()).then_some(found);
    }
    None
}

/// The node of a range that a search of the same tree gave.
fn at(tree: &Tree, range: Range) -> Option<Node<'_>> {
    fn within(node: Node<'_>, range: Range, depth: usize) -> Option<Node<'_>> {
        if start(node) == range && matches!(node.kind(), Kind::Mapping | Kind::Scalar) {
            return Some(node);
        }
        // No manifest nests as deep.
        if depth > 200 || node.full_range().start > range.0 || node.full_range().end < range.1 {
            return None;
        }
        match node.kind() {
            Kind::Mapping => node
                .entries()
                .find_map(|entry| within(entry.value, range, depth + 1)),
            Kind::Sequence => node.items().find_map(|item| within(item, range, depth + 1)),
            _ => None,
        }
    }
    tree.documents()
        .filter_map(|document| document.root())
        .find_map(|root| within(root, range, 0))
}

/// Group, kind, namespace and name.
type Identity = (String, String, Option<String>, Option<String>);

fn identity(object: Object<'_>) -> Identity {
    (
        object.group().into_owned(),
        object.kind().into_owned(),
        object.namespace().map(std::borrow::Cow::into_owned),
        object.name().map(std::borrow::Cow::into_owned),
    )
}

struct Which<'a> {
    object: Identity,
    container: &'a str,
}

impl Which<'_> {
    fn node(&self, tree: &Tree) -> Option<Range> {
        let object = objects(tree)
            .into_iter()
            .find(|object| identity(*object) == self.object)?;
        let pod = Workload::new(object)?.pod()?;
        let mut all = pod.running_containers();
        let found = all.find(|one| one.name().as_deref() == Some(self.container))?;
        Some(start(found.node()))
    }
}

/// A node by the path that [`Node::path`] writes, from the root of an object on.
fn below<'a>(root: Node<'a>, path: &str) -> Option<Node<'a>> {
    fn within<'a>(node: Node<'a>, path: &str, depth: usize) -> Option<Node<'a>> {
        if node.kind() == Kind::Scalar {
            return (node.path() == path).then_some(node);
        }
        if depth > 64 {
            return None;
        }
        match node.kind() {
            Kind::Mapping => node
                .entries()
                .find_map(|entry| within(entry.value, path, depth + 1)),
            Kind::Sequence => node.items().find_map(|item| within(item, path, depth + 1)),
            _ => None,
        }
    }
    within(root, path, 0)
}

#[cfg(test)]
mod tests {
    use super::{Change, edits, number, values};
    use plimsoll_source::edit::apply;
    use plimsoll_yaml::{Dialect, parse};

    fn set(text: &str, path: &[&str], value: Option<&str>) -> String {
        let tree = parse(text, Dialect::GoV2);
        let root = tree.documents().next().and_then(|one| one.root());
        let edits = edits(root.expect("a root"), path, value).expect("a place");
        apply(text, &edits).expect("edits fit")
    }

    #[test]
    fn comments_stay() {
        let text = "# top\nresources: # why\n  requests:\n    cpu: 100m # measured in May\n";
        assert_eq!(
            set(text, &["resources", "requests", "cpu"], Some("250m")),
            "# top\nresources: # why\n  requests:\n    cpu: 250m # measured in May\n"
        );
        let added = set(text, &["resources", "limits", "memory"], Some("64Mi"));
        assert!(added.contains("  limits:\n    memory: 64Mi\n"), "{added}");
        assert_eq!(set(text, &["resources", "limits", "cpu"], None), text);
    }

    #[test]
    fn what_comes_with_a_merge_is_left() {
        let text = "x: &x\n  requests: {cpu: 1}\nresources:\n  <<: *x\n";
        let tree = parse(text, Dialect::GoV2);
        let root = tree.documents().next().and_then(|one| one.root());
        let path = ["resources", "requests", "cpu"];
        assert_eq!(edits(root.expect("a root"), &path, Some("2")), None);
    }

    #[test]
    fn a_number_is_changed_where_it_is_the_one_that_is_known() {
        let text = "base: &b {cpu: 70}\nscale:\n  cpu: '70' # of the request\nother: *b\n";
        assert_eq!(
            number(text, &["scale", "cpu"], 70, 35).as_deref(),
            Some("base: &b {cpu: 70}\nscale:\n  cpu: '35' # of the request\nother: *b\n")
        );
        assert_eq!(number(text, &["scale", "cpu"], 80, 35), None);
        assert_eq!(number(text, &["scale", "memory"], 70, 35), None);
        assert_eq!(number(text, &["other", "cpu"], 70, 35), None);
    }

    #[test]
    fn a_path_below_values_is_written() {
        let text = "api:\n  # sized by hand\n  resources: {}\n  other: 1\n";
        let changes = [
            Change {
                path: vec!["requests".to_owned(), "cpu".to_owned()],
                value: Some("50m".to_owned()),
            },
            Change {
                path: vec!["limits".to_owned(), "memory".to_owned()],
                value: Some("64Mi".to_owned()),
            },
        ];
        let new = values(text, &["api", "resources"], &changes).expect("the path is there");
        let tree = parse(new.as_str(), Dialect::GoV2);
        let root = tree
            .documents()
            .next()
            .and_then(|one| one.root())
            .expect("a root");
        let at = |path: &[&str]| {
            root.at(path)
                .and_then(|node| node.text())
                .map(|text| text.into_owned())
        };
        assert_eq!(
            at(&["api", "resources", "requests", "cpu"]).as_deref(),
            Some("50m")
        );
        assert_eq!(
            at(&["api", "resources", "limits", "memory"]).as_deref(),
            Some("64Mi")
        );
        assert!(new.contains("# sized by hand"));
        assert_eq!(values(text, &["web", "resources"], &changes), None);
    }
}
