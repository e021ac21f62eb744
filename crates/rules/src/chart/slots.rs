//! Values that a chart leaves empty for whoever installs it, and whose template writes a field only
//! where they are given: `volume: {}` and `{{- with .Values.volume }}`.

use plimsoll_source::Place;

use super::values_elsewhere::{chart_of, paths_in};
use crate::Cx;

/// Fields that many structures of one object have.
const GENERIC: [&str; 5] = ["key", "kind", "name", "type", "value"];

/// The empty value that a field of generated text would be written from. `place` is somewhere in
/// the object.
pub(crate) fn empty_slot(cx: &Cx<'_>, place: Place, field: &str) -> Option<String> {
    if GENERIC.contains(&field) {
        return None;
    }
    let files = &cx.project.files;
    let generated = cx.project.generated(place.file)?;
    // What is rendered with more than the defaults was to be whole.
    if cx.project.renders[generated.render].values != "values.yaml" {
        return None;
    }
    let template = files.get(files.origin(place).place.file);
    let chart = chart_of(cx, &template.path)?;
    let values = cx.project.values_of(&chart.folder)?;
    let text = &*files.get(values.file?).text;
    let is_empty = |path: &str| {
        let key = values.keys.iter().find(|key| key.path == path);
        key.is_some_and(|key| {
            let rest = text.get(key.key.end as usize..).unwrap_or_default();
            let line = rest.lines().next().unwrap_or_default();
            let value = line.trim_start_matches(['"', '\'']).trim_start_matches(':');
            let value = value.split(" #").next().unwrap_or_default().trim();
            let is_leaf = !values.keys.iter().any(|other| {
                let inner = other.path.strip_prefix(path);
                inner.is_some_and(|inner| inner.starts_with('.'))
            });
            let is_block = rest
                .lines()
                .nth(1)
                .is_some_and(|next| next.trim_start().starts_with('-'));
            matches!(value, "{}" | "[]" | "\"\"" | "''" | "null" | "~")
                || value.is_empty() && is_leaf && !is_block
        })
    };
    let names = |path: &str| path.rsplit('.').next() == Some(field);
    let lines: Vec<&str> = template.text.lines().collect();
    let writes = |line: &str| {
        let rest = line
            .trim_start()
            .trim_start_matches("- ")
            .strip_prefix(field);
        rest.is_some_and(|rest| rest.starts_with(':'))
    };
    let asks = |line: &str| {
        let action = line
            .trim_start()
            .trim_start_matches("{{")
            .trim_start_matches(['-', ' ']);
        line.trim_start().starts_with("{{")
            && (action.starts_with("with ") || action.starts_with("if "))
    };
    let mut asked = lines
        .windows(2)
        .filter(|pair| writes(pair[1]) && asks(pair[0]));
    let paths = asked.find_map(|pair| paths_in(pair[0]).find(|path| names(path) && is_empty(path)));
    paths.map(str::to_owned)
}
