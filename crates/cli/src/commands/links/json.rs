//! Links for programs. The format is described by `docs/schema/links.schema.json`.

use plimsoll_links::Thing;
use plimsoll_source::Place;
use serde::Serialize;

use super::View;
use crate::failure::Failure;

/// The version of the format; a change that a reader could stumble over raises it.
const VERSION: u32 = 1;

#[derive(Serialize)]
struct Document {
    version: u32,
    root: String,
    things: Vec<ThingEntry>,
    links: Vec<LinkEntry>,
}

#[derive(Serialize)]
struct ThingEntry {
    id: u32,
    kind: &'static str,
    label: String,
    #[serde(flatten)]
    place: PlaceEntry,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LinkEntry {
    from: u32,
    to: u32,
    kind: &'static str,
    container: Option<String>,
    evidence: String,
    confidence: &'static str,
    #[serde(flatten)]
    place: PlaceEntry,
}

#[derive(Serialize)]
struct PlaceEntry {
    file: Option<String>,
    line: Option<u32>,
    column: Option<u32>,
}

pub(super) fn json(view: &View<'_, '_>) -> Result<String, Failure> {
    let links = view.links;
    let things = links.things().iter().enumerate();
    let document = Document {
        version: VERSION,
        root: view.roots.shown_root(),
        things: things
            .map(|(number, thing)| ThingEntry {
                id: number as u32,
                kind: match thing {
                    Thing::Stage { .. } => "stage",
                    Thing::Image(_) => "image",
                    Thing::Service { .. } => "service",
                    Thing::Object(_) => "object",
                    Thing::Generated { .. } => "generated",
                },
                label: links.label(thing),
                place: place(view, links.place(thing)),
            })
            .collect(),
        links: links
            .all()
            .iter()
            .map(|link| LinkEntry {
                from: link.from.0,
                to: link.to.0,
                kind: link.kind.name(),
                container: link.container.as_deref().map(str::to_owned),
                evidence: link.evidence.to_string(),
                confidence: link.confidence.name(),
                place: place(view, link.place),
            })
            .collect(),
    };
    let text = serde_json::to_string_pretty(&document)
        .map_err(|error| Failure::internal(format!("cannot write JSON: {error}")))?;
    Ok(plimsoll_report::escape::json(&text).into_owned() + "\n")
}

fn place(view: &View<'_, '_>, place: Option<Place>) -> PlaceEntry {
    let Some(place) = place else {
        return PlaceEntry {
            file: None,
            line: None,
            column: None,
        };
    };
    let files = &view.links.project().files;
    let place = files.origin(place).place;
    let file = files.get(place.file);
    let at = file.line_col(place.range.start);
    PlaceEntry {
        file: Some(file.path.to_string()),
        line: Some(at.line),
        column: Some(at.column),
    }
}
