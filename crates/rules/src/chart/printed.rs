//! What is printed in rendered charts: where it stands, and what it came from.

use plimsoll_project::Project;
use plimsoll_source::{Place, TextRange, ValueOrigin, ValueRole};
use plimsoll_yaml::{Document, Kind, Node, Tree};

/// Functions that print what they are given as YAML or JSON has it, and calls, of which the line
/// says nothing.
const CONVERTERS: [&str; 8] = [
    "toYaml",
    "toJson",
    "toToml",
    "toPrettyJson",
    "toRawJson",
    "include",
    "template",
    "tpl",
];
/// What puts quotes around a text.
const QUOTES: [&str; 2] = ["quote", "%q"];

/// The one value whose content is in a range of rendered text, unless it holds others.
pub(super) fn only_content(project: &Project, place: Place) -> Option<ValueOrigin> {
    let origin = project.files.origin(place);
    let is_content = |value: &ValueOrigin| value.role == ValueRole::Content;
    let mut values = origin.values.into_iter().filter(is_content);
    let value = values.next().filter(|value| value.place.is_some())?;
    values.next().is_none().then_some(value)
}

/// Whether the action that wrote a range of rendered text converts what it prints.
pub(super) fn converts(project: &Project, place: Place) -> bool {
    names_one_of(project, place, &CONVERTERS)
}

/// Whether it puts quotes around it.
pub(super) fn quotes(project: &Project, place: Place) -> bool {
    names_one_of(project, place, &QUOTES)
}

fn names_one_of(project: &Project, place: Place, names: &[&str]) -> bool {
    let origin = project.files.origin(place);
    let text = project.files.text(origin.place);
    names.iter().any(|name| text.contains(name))
}

/// The innermost node that holds a range.
pub(super) fn node_at(tree: &Tree, at: TextRange) -> Option<Node<'_>> {
    let roots = tree.documents().filter_map(Document::root);
    let holds = |node: &Node<'_>| {
        let range = node.range();
        range.start <= at.start && at.end <= range.end
    };
    let mut node = roots.into_iter().find(holds)?;
    loop {
        let inner = match node.kind() {
            Kind::Mapping => node
                .entries()
                .flat_map(|entry| [entry.key, entry.value])
                .find(holds),
            Kind::Sequence => node.items().find(holds),
            Kind::Scalar | Kind::Alias => None,
        };
        match inner {
            Some(inner) => node = inner,
            None => return Some(node),
        }
    }
}
