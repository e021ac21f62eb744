//! The list for programs.

use plimsoll_project::values::ValueRead;
use plimsoll_source::Place;
use serde::Serialize;

use super::{Listing, What};
use crate::failure::Failure;

pub(super) fn json(listing: &Listing<'_>, what: What) -> Result<String, Failure> {
    let values = listing.rows.iter().map(|row| Value {
        path: &row.path,
        kind: row.kind.name(),
        default: &row.default,
        description: &row.description,
        read: row.read != ValueRead::Unread,
        place: place(listing, row.place),
        read_at: row.places.iter().map(|&one| place(listing, one)).collect(),
        flows_into: &row.flows_into,
        decides: &row.decides,
    });
    let unused = listing.unused().into_iter().map(|(path, at)| Named {
        path,
        place: place(listing, at),
    });
    let undefined = listing.values.undefined.iter().map(|one| Named {
        path: &one.path,
        place: place(listing, one.place),
    });
    let document = Document {
        version: 1,
        values: (what == What::All).then(|| values.collect()),
        unused: (what != What::Undefined).then(|| unused.collect()),
        undefined: (what != What::Unused).then(|| undefined.collect()),
    };
    let text = serde_json::to_string_pretty(&document)
        .map_err(|error| Failure::internal(error.to_string()))?;
    Ok(text + "\n")
}

fn place(listing: &Listing<'_>, place: Place) -> At {
    let file = listing.project.files.get(place.file);
    let start = file.line_col(place.range.start);
    At {
        file: listing.roots.shown(&listing.here, &file.path),
        line: start.line,
    }
}

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    values: Option<Vec<Value<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unused: Option<Vec<Named<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    undefined: Option<Vec<Named<'a>>>,
}

#[derive(Serialize)]
struct Value<'a> {
    path: &'a str,
    #[serde(rename = "type")]
    kind: &'a str,
    default: &'a str,
    description: &'a str,
    read: bool,
    place: At,
    read_at: Vec<At>,
    flows_into: &'a [String],
    decides: &'a [String],
}

#[derive(Serialize)]
struct Named<'a> {
    path: &'a str,
    place: At,
}

#[derive(Serialize)]
struct At {
    file: String,
    line: u32,
}
