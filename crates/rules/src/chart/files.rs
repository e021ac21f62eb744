//! Files of a chart by their names and lines.

use plimsoll_project::ChartUnit;
use plimsoll_source::files::file_name;
use plimsoll_source::{Place, TextRange};
use plimsoll_yaml::{Document, Node};

/// Whether Helm renders a file of `templates/`.
pub(crate) fn is_rendered(name: &str) -> bool {
    let name = file_name(name);
    !name.starts_with(['_', '.'])
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
