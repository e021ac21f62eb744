//! Links for people: each thing with what it refers to.

use std::fmt::Write;

use plimsoll_report::escape;
use plimsoll_source::Confidence;

use super::View;

pub(super) fn text(view: &View<'_, '_>, color: bool) -> String {
    let style = |style: anstyle::Style| if color { style } else { anstyle::Style::new() };
    let bold = style(anstyle::Style::new().bold());
    let dim = style(anstyle::Style::new().dimmed());
    let mut out = String::new();
    let mut shown = 0;
    for thing in view.ordered() {
        let links = view.of(thing);
        if links.is_empty() {
            continue;
        }
        if !out.is_empty() {
            out.push('\n');
        }
        let label = escape::one_line(&view.links.label(thing)).into_owned();
        let place = view.links.place(thing).map(|place| view.shown(place));
        let place = escape::one_line(&place.unwrap_or_default()).into_owned();
        let _ = writeln!(out, "{bold}{label}{bold:#}  {dim}{place}{dim:#}");
        for link in links {
            shown += 1;
            let to = view.links.label(view.links.thing(link.to));
            let container = match &link.container {
                Some(container) => format!(" (container {container})"),
                None => String::new(),
            };
            let likely = match link.confidence {
                Confidence::High => "",
                Confidence::Medium => "probably ",
            };
            let line = format!("{likely}{} {to}{container}", link.kind.verb());
            let place = link
                .place
                .map_or(String::new(), |place| format!("{}: ", view.shown(place)));
            let _ = writeln!(out, "  {}", escape::one_line(&line));
            let _ = writeln!(
                out,
                "    {dim}{}{dim:#}",
                escape::one_line(&format!("{place}{}", link.evidence))
            );
        }
    }
    if shown == 0 {
        return "no links: nothing here refers to anything else\n".into();
    }
    let things = view.links.things().len();
    let _ = writeln!(out, "\n{shown} links between {things} things");
    out
}
