//! The list for people.

use std::fmt::Write;

use plimsoll_charts::listing::Row;
use plimsoll_project::values::ValueRead;

use super::{Listing, What};

/// The most places and objects that are named in a line.
const MAX_NAMED: usize = 4;

pub(super) fn text(listing: &Listing<'_>, what: What) -> String {
    let mut out = String::new();
    match what {
        What::All => {
            for row in &listing.rows {
                value(&mut out, listing, row);
            }
        }
        What::Unused => {
            for (path, place) in listing.unused() {
                let _ = writeln!(out, "{}: {path}", listing.shown(place));
            }
        }
        What::Undefined => {
            for one in &listing.values.undefined {
                let _ = writeln!(out, "{}: {}", listing.shown(one.place), one.path);
            }
        }
    }
    out
}

fn value(out: &mut String, listing: &Listing<'_>, row: &Row) {
    let _ = writeln!(out, "{} ({}) = {}", row.path, row.kind.name(), row.default);
    if !row.description.is_empty() {
        let _ = writeln!(out, "  {}", row.description);
    }
    let places: Vec<String> = row
        .places
        .iter()
        .map(|&place| listing.shown(place))
        .collect();
    match row.read {
        ValueRead::Unread => out.push_str("  nothing reads it\n"),
        _ if places.is_empty() => out.push_str("  may be read\n"),
        _ => line(out, "read at", &places),
    }
    line(out, "flows into", &row.flows_into);
    line(out, "decides over", &row.decides);
}

fn line(out: &mut String, what: &str, names: &[String]) {
    if names.is_empty() {
        return;
    }
    let shown = names[..names.len().min(MAX_NAMED)].join(", ");
    let _ = write!(out, "  {what} {shown}");
    if names.len() > MAX_NAMED {
        let _ = write!(out, " and {} more", names.len() - MAX_NAMED);
    }
    out.push('\n');
}
