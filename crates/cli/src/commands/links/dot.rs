//! Links as a graph for Graphviz.

use std::fmt::Write;

use plimsoll_links::Thing;
use plimsoll_report::escape;
use plimsoll_source::Confidence;

use super::View;

pub(super) fn dot(view: &View<'_, '_>) -> String {
    let mut out = String::from(
        "digraph links {\n  rankdir=LR;\n  node [shape=box, style=rounded, fontname=\"sans-serif\"];\n  \
         edge [fontname=\"sans-serif\", fontsize=10];\n",
    );
    for (number, thing) in view.links.things().iter().enumerate() {
        let shape = match thing {
            Thing::Stage { .. } => ", shape=component",
            Thing::Image(_) => ", shape=cylinder",
            Thing::Service { .. } => ", style=\"rounded,dashed\"",
            Thing::Object(_) | Thing::Generated { .. } => "",
        };
        let label = quoted(&view.links.label(thing));
        let _ = writeln!(out, "  n{number} [label={label}{shape}];");
    }
    for thing in view.links.things() {
        for link in view.of(thing) {
            let style = match link.confidence {
                Confidence::High => "",
                Confidence::Medium => ", style=dashed",
            };
            let verb = quoted(link.kind.verb());
            let (from, to) = (link.from.0, link.to.0);
            let _ = writeln!(out, "  n{from} -> n{to} [label={verb}{style}];");
        }
    }
    out.push_str("}\n");
    out
}

/// A string of the DOT language.
fn quoted(text: &str) -> String {
    let text = escape::one_line(text);
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
