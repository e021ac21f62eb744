//! The checklist for programs. The format is described by `docs/schema/checklist.schema.json`.

use plimsoll_source::Place;
use serde::Serialize;

use super::View;
use crate::failure::Failure;

/// The version of the format; a change that a reader could stumble over raises it.
const VERSION: u32 = 1;

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    root: String,
    services: Vec<Service<'a>>,
}

#[derive(Serialize)]
struct Service<'a> {
    name: &'a str,
    parts: Vec<Part<'a>>,
    sections: Vec<Section<'a>>,
}

#[derive(Serialize)]
struct Part<'a> {
    label: &'a str,
    #[serde(flatten)]
    place: PlaceEntry,
}

#[derive(Serialize)]
struct Section<'a> {
    title: &'a str,
    lines: Vec<Line<'a>>,
}

#[derive(Serialize)]
struct Line<'a> {
    id: &'a str,
    title: &'a str,
    status: &'a str,
    summary: &'a str,
    rules: &'a [&'a str],
    evidence: Vec<Evidence<'a>>,
}

#[derive(Serialize)]
struct Evidence<'a> {
    #[serde(flatten)]
    place: PlaceEntry,
    text: &'a str,
    rule: Option<&'a str>,
}

#[derive(Serialize)]
struct PlaceEntry {
    file: Option<String>,
    line: Option<u32>,
    column: Option<u32>,
}

pub(super) fn json(view: &View<'_>) -> Result<String, Failure> {
    let services = view.services.iter().map(|service| Service {
        name: &service.name,
        parts: service
            .parts
            .iter()
            .map(|(label, place)| Part {
                label,
                place: self::place(view, *place),
            })
            .collect(),
        sections: service
            .sections
            .iter()
            .map(|section| Section {
                title: section.title,
                lines: section
                    .lines
                    .iter()
                    .map(|line| self::line(view, line))
                    .collect(),
            })
            .collect(),
    });
    let document = Document {
        version: VERSION,
        root: view.roots.shown_root(),
        services: services.collect(),
    };
    let text = serde_json::to_string_pretty(&document)
        .map_err(|error| Failure::internal(format!("cannot write JSON: {error}")))?;
    Ok(plimsoll_report::escape::json(&text).into_owned() + "\n")
}

fn line<'a>(view: &View<'_>, line: &'a plimsoll_checklist::Line) -> Line<'a> {
    Line {
        id: line.id,
        title: line.title,
        status: line.status.name(),
        summary: &line.summary,
        rules: line.rules,
        evidence: line
            .evidence
            .iter()
            .map(|evidence| Evidence {
                place: place(view, Some(evidence.place)),
                text: &evidence.text,
                rule: evidence.rule,
            })
            .collect(),
    }
}

fn place(view: &View<'_>, place: Option<Place>) -> PlaceEntry {
    let Some(place) = place else {
        return PlaceEntry {
            file: None,
            line: None,
            column: None,
        };
    };
    let place = view.project.files.origin(place).place;
    let file = view.project.files.get(place.file);
    let at = file.line_col(place.range.start);
    PlaceEntry {
        file: Some(file.path.to_string()),
        line: Some(at.line),
        column: Some(at.column),
    }
}
