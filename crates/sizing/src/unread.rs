//! Amounts of manifests that are none: the API server refuses them, and here they would pass for what is
//! not set.

use std::ops::Range;

use plimsoll_k8s::{Quantity, Workload, objects};
use plimsoll_yaml::{Kind, Node, Tree};

/// An amount that is none.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unread {
    /// Where it stands in its text.
    pub at: Range<u32>,
    /// What it should be an amount of.
    pub resource: String,
    /// What is written, or as much of it as a message can hold.
    pub text: String,
}

/// The requests and limits of a text's containers that are no quantities.
pub fn unread(tree: &Tree) -> Vec<Unread> {
    let pods = objects(tree).into_iter();
    let pods = pods.filter_map(|object| Workload::new(object)?.pod());
    let nodes = pods.flat_map(|pod| {
        let all = pod.all_containers();
        all.filter_map(|one| one.resources().node())
            .collect::<Vec<_>>()
    });
    nodes.flat_map(of).collect()
}

fn of(resources: Node<'_>) -> Vec<Unread> {
    let resources = resources.resolve();
    let kinds = ["requests", "limits"].into_iter();
    let kinds = kinds.filter_map(|kind| resources.get(kind).map(Node::resolve));
    let mappings = kinds.filter(|node| node.kind() == Kind::Mapping);
    mappings
        .flat_map(|node| node.entries())
        .filter_map(|entry| {
            let value = entry.value.resolve();
            let text = value.text()?;
            let range = value.range();
            (!value.is_null() && Quantity::parse(&text).is_err()).then(|| Unread {
                at: range.start..range.end,
                resource: entry.key.text().unwrap_or_default().into_owned(),
                text: text.chars().take(60).collect(),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use plimsoll_yaml::{Dialect, parse};

    use super::unread;

    #[test]
    fn amounts_that_are_none_are_told() {
        let text = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n    - name: app\n      \
                    resources: {requests: {cpu: lots, memory: 1Gi}, limits: {memory: 2 GiB, cpu: null}}\n  \
                    initContainers:\n    - {name: init, resources: {requests: {cpu: 0.5}}}\n";
        let tree = parse(text, Dialect::GoV2);
        let found = unread(&tree);
        let words: Vec<(&str, &str)> = found
            .iter()
            .map(|one| (&*one.resource, &*one.text))
            .collect();
        assert_eq!(words, [("cpu", "lots"), ("memory", "2 GiB")]);
        assert_eq!(
            &text[found[0].at.start as usize..found[0].at.end as usize],
            "lots"
        );
    }
}
