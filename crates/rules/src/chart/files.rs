//! Files of a chart by their names and lines.

use std::sync::Arc;

use plimsoll_project::ChartUnit;
use plimsoll_source::files::file_name;
use plimsoll_source::{FileId, Place, TextRange};
use plimsoll_yaml::{Dialect, Document, Node, Tree, parse};

use crate::Cx;

/// Whether Helm renders a file of `templates/`.
pub(crate) fn is_rendered(name: &str) -> bool {
    let name = file_name(name);
    !name.starts_with(['_', '.'])
}

/// Whether a file beside templates is written for people: notes and guides, with examples in them.
pub(crate) fn is_prose(name: &str) -> bool {
    let name = file_name(name);
    let end = name
        .rsplit_once('.')
        .map(|(_, end)| end.to_ascii_lowercase());
    let is_text = matches!(end.as_deref(), Some("md" | "rst" | "txt"));
    is_text && !name.starts_with('_') && name != "NOTES.txt"
}

/// The first line of a text with something in it.
pub(crate) fn first_line(text: &str) -> TextRange {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let body = line.trim();
        if !body.is_empty() {
            let start = at + line.len() - line.trim_start().len();
            return TextRange::at(start, start + body.len());
        }
        at += line.len();
    }
    TextRange::default()
}

/// What `Chart.yaml` says.
pub(crate) fn root(chart: &ChartUnit) -> Option<Node<'_>> {
    chart.tree.documents().next().and_then(Document::root)
}

/// Where something missing in `Chart.yaml` is told: at the name of the chart.
pub(crate) fn head(chart: &ChartUnit) -> Place {
    let root = root(chart);
    let entry = root.and_then(|root| root.entry("name").or(root.entries().next()));
    Place::new(
        chart.file,
        entry.map_or(TextRange::default(), |entry| entry.range()),
    )
}

/// The file that lists the dependencies, parsed.
pub(crate) fn listing(cx: &Cx<'_>, chart: &ChartUnit) -> Option<(FileId, Tree)> {
    if chart.dependencies.is_empty() {
        return None;
    }
    let old = chart.text_of("requirements.yaml");
    let text = |file: FileId| Arc::clone(&cx.project.files.get(file).text);
    let whole = parse(text(chart.file), Dialect::GoV2);
    let root = whole.documents().next().and_then(Document::root);
    let has_own = root.is_some_and(|root| root.get("dependencies").is_some());
    match old.filter(|_| !has_own) {
        Some(file) => Some((file, parse(text(file), Dialect::GoV2))),
        None => Some((chart.file, whole)),
    }
}

/// What a file lists as dependencies, in its order.
pub(crate) fn items(listing: &Tree) -> Vec<Node<'_>> {
    let root = listing.documents().next().and_then(Document::root);
    let list = root.and_then(|root| root.get("dependencies"));
    list.into_iter().flat_map(Node::items).collect()
}
