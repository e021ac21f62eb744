//! What is printed, in the order in which it is printed: empty fields left out, mappings sorted.

use std::cmp::Ordering;

use super::super::decode::types::{EXTENSIONS, Field, Omit, PROJECT, Struct, Ty};
use super::super::item::{Data, Item, Map};
use super::super::short;
use super::super::values;
use super::Format;

/// A document to be written.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Doc {
    Null,
    Bool(bool),
    /// A number in its digits.
    Number(String),
    Text(String),
    /// A point in time; a string in JSON.
    Time(String),
    List(Vec<Doc>),
    Map(Vec<(String, Doc)>),
}

/// A decoded project.
pub(super) fn of_project(root: &Item, format: Format) -> Doc {
    let document = structure(root.as_map(), &PROJECT, format);
    match (document, format) {
        (Doc::Map(mut entries), Format::Json) => {
            // The reference makes a mapping of it by hand, `x-` keys and the name included.
            if !entries.iter().any(|(key, _)| key == "name") {
                entries.push(("name".to_owned(), Doc::Text(String::new())));
            }
            entries.retain(|(key, value)| {
                key == "services" || !matches!(value, Doc::Map(inner) if inner.is_empty())
            });
            if let Some(extensions) = root.get(EXTENSIONS) {
                entries.extend(raw_entries(extensions, format));
            }
            entries.sort_by(|a, b| a.0.cmp(&b.0));
            Doc::Map(entries)
        }
        (document, _) => document,
    }
}

/// A model as it is.
pub(super) fn of_raw(item: &Item, format: Format) -> Doc {
    match &item.data {
        Data::Null => Doc::Null,
        Data::Bool(value) => Doc::Bool(*value),
        Data::Int(value) => Doc::Number(value.to_string()),
        Data::UInt(value) => Doc::Number(value.to_string()),
        Data::Float(value) => Doc::Number(match format {
            Format::Yaml => yaml_float(*value, values::shortest(*value)),
            Format::Json => json_float(*value, &format!("{value:e}"), value.to_string()),
        }),
        Data::Single(value) => single(*value, format),
        Data::Time(time) => Doc::Time(time.to_string()),
        Data::Text(text) => Doc::Text(text.to_string()),
        Data::List(items) => Doc::List(items.iter().map(|item| of_raw(item, format)).collect()),
        Data::Map(_) => Doc::Map(raw_entries(item, format)),
    }
}

fn raw_entries(item: &Item, format: Format) -> Vec<(String, Doc)> {
    let entries = item.entries();
    let entries = entries.map(|entry| (entry.key().to_owned(), of_raw(entry.value(), format)));
    sorted(entries.collect(), format)
}

fn sorted(mut entries: Vec<(String, Doc)>, format: Format) -> Vec<(String, Doc)> {
    match format {
        Format::Json => entries.sort_by(|a, b| a.0.cmp(&b.0)),
        Format::Yaml => entries.sort_by(|a, b| natural(&a.0, &b.0)),
    }
    entries
}

fn single(value: f32, format: Format) -> Doc {
    let wide = f64::from(value);
    Doc::Number(match format {
        Format::Yaml => yaml_float(wide, values::shortest_single(value)),
        Format::Json => json_float(wide, &format!("{value:e}"), value.to_string()),
    })
}

fn yaml_float(value: f64, shortest: String) -> String {
    if value.is_nan() {
        ".nan".to_owned()
    } else if value.is_infinite() {
        if value > 0.0 { ".inf" } else { "-.inf" }.to_owned()
    } else {
        shortest
    }
}

/// Go's JSON: an exponent below 1e-6 and from 1e21 on. JSON has no word for infinity.
fn json_float(value: f64, scientific: &str, plain: String) -> String {
    if !value.is_finite() {
        return "null".to_owned();
    }
    let magnitude = value.abs();
    if magnitude != 0.0 && !(1e-6..1e21).contains(&magnitude) {
        let (digits, exponent) = scientific.split_once('e').unwrap_or((scientific, "0"));
        return match exponent.strip_prefix('-') {
            Some(exponent) => format!("{digits}e-{exponent}"),
            None => format!("{digits}e+{exponent}"),
        };
    }
    plain
}

fn structure(map: Option<&Map>, ty: &Struct, format: Format) -> Doc {
    let mut entries = Vec::new();
    for field in ty.fields() {
        let value = map.and_then(|map| map.get(field.key));
        let (omit, key) = match format {
            Format::Yaml => (field.yaml, field.key),
            Format::Json => (field.json, field.json_key),
        };
        let is_left_out = match omit {
            Omit::Always => true,
            Omit::Never => false,
            Omit::Empty => is_zero(value, field, format),
        };
        if !is_left_out {
            entries.push((key.to_owned(), typed(value, field.ty, format)));
        }
    }
    if format == Format::Yaml
        && let Some(extensions) = map.and_then(|map| map.get(EXTENSIONS))
    {
        entries.extend(raw_entries(extensions, format));
    }
    Doc::Map(entries)
}

fn is_zero(value: Option<&Item>, field: &Field, format: Format) -> bool {
    let Some(value) = value else {
        return match field.ty {
            Ty::Struct(_) => field.pointer || format == Format::Yaml,
            // Nothing is false here, and false is said.
            Ty::OptOut => false,
            _ => true,
        };
    };
    if field.pointer {
        return false;
    }
    match (field.ty, &value.data) {
        (Ty::OptOut, data) => matches!(data, Data::Bool(true)),
        (Ty::Command, _) => false,
        (Ty::Struct(_), _) if format == Format::Json => false,
        (Ty::Struct(ty), _) => {
            let map = value.as_map();
            let has_extensions = map.is_some_and(|map| map.contains(EXTENSIONS));
            !has_extensions
                && ty.fields().all(|field| {
                    let value = map.and_then(|map| map.get(field.key));
                    match field.yaml {
                        // What is always shown is zero if its value is.
                        Omit::Never => value.is_none_or(is_empty),
                        _ => is_zero(value, field, format),
                    }
                })
        }
        _ => is_empty(value),
    }
}

fn is_empty(value: &Item) -> bool {
    match &value.data {
        Data::Null => true,
        Data::Bool(value) => !value,
        Data::Int(value) => *value == 0,
        Data::UInt(value) => *value == 0,
        Data::Float(value) => *value == 0.0,
        Data::Single(value) => *value == 0.0,
        Data::Text(text) | Data::Time(text) => text.is_empty(),
        Data::List(items) => items.is_empty(),
        Data::Map(map) => map.is_empty(),
    }
}

/// A field's value, or what stands for none.
fn typed(value: Option<&Item>, ty: Ty, format: Format) -> Doc {
    let Some(value) = value else {
        return match ty {
            Ty::Struct(ty) => structure(None, ty, format),
            Ty::Map(..) => Doc::Map(Vec::new()),
            Ty::Bool | Ty::OptOut => Doc::Bool(false),
            Ty::Int | Ty::Uint(_) => Doc::Number("0".to_owned()),
            Ty::Bytes => Doc::Text("0".to_owned()),
            Ty::Text => Doc::Text(String::new()),
            _ => Doc::Null,
        };
    };
    match (ty, &value.data) {
        (_, Data::Null) => Doc::Null,
        (Ty::Struct(ty), _) => structure(value.as_map(), ty, format),
        (Ty::List(each), Data::List(items)) => Doc::List(
            items
                .iter()
                .map(|item| typed(Some(item), *each, format))
                .collect(),
        ),
        (Ty::Map(each, _), Data::Map(map)) => {
            let entries = map.iter().map(|entry| {
                let value = typed(Some(entry.value()), *each, format);
                (entry.key().to_owned(), value)
            });
            Doc::Map(sorted(entries.collect(), format))
        }
        (Ty::Bytes, Data::Int(value)) => Doc::Text(value.to_string()),
        (Ty::Duration, Data::Int(nanos)) => Doc::Text(short::duration_text(*nanos)),
        (Ty::FileMode, Data::Int(mode)) => Doc::Text(octal(*mode)),
        (Ty::Hosts, Data::Map(hosts)) => {
            let mut lines: Vec<String> = Vec::new();
            for entry in hosts {
                for address in entry.value().items() {
                    let address = address.as_str().unwrap_or_default();
                    lines.push(format!("{}={address}", entry.key()));
                }
            }
            lines.sort();
            Doc::List(lines.into_iter().map(Doc::Text).collect())
        }
        (Ty::Ssh, Data::Map(keys)) => {
            let mut lines: Vec<String> = keys
                .iter()
                .map(|entry| match entry.value().as_str() {
                    Some(path) if !path.is_empty() => format!("{}: {path}", entry.key()),
                    _ => entry.key().to_owned(),
                })
                .collect();
            lines.sort();
            Doc::List(lines.into_iter().map(Doc::Text).collect())
        }
        (Ty::Ulimit, _) => ulimit(value, format),
        _ => of_raw(value, format),
    }
}

/// One number, or two; a limit of zero is written as two.
fn ulimit(value: &Item, format: Format) -> Doc {
    if let Data::Int(single) = value.data
        && single != 0
    {
        return Doc::Number(single.to_string());
    }
    let mut entries = Vec::new();
    for key in ["soft", "hard"] {
        let limit = value.get(key).and_then(Item::as_int).unwrap_or(0);
        if limit != 0 || format == Format::Yaml {
            entries.push((key.to_owned(), Doc::Number(limit.to_string())));
        }
    }
    Doc::Map(entries)
}

fn octal(mode: i64) -> String {
    let sign = if mode < 0 { "-" } else { "" };
    format!("0{sign}{:o}", mode.unsigned_abs())
}

/// The order in which go-yaml sorts keys: numbers in them by value, letters after other
/// characters.
pub(super) fn natural(one: &str, two: &str) -> Ordering {
    let a: Vec<char> = one.chars().collect();
    let b: Vec<char> = two.chars().collect();
    if less(&a, &b) {
        Ordering::Less
    } else if less(&b, &a) {
        Ordering::Greater
    } else {
        Ordering::Equal
    }
}

fn less(a: &[char], b: &[char]) -> bool {
    let mut digits = false;
    for at in 0..a.len().min(b.len()) {
        if a[at] == b[at] {
            digits = is_digit(a[at]);
            continue;
        }
        let (a_letter, b_letter) = (a[at].is_alphabetic(), b[at].is_alphabetic());
        if a_letter && b_letter {
            return a[at] < b[at];
        }
        if a_letter || b_letter {
            return if digits { a_letter } else { b_letter };
        }
        // A zero within a number counts as a digit of it.
        let within = (a[at] == '0' || b[at] == '0')
            && a[..at]
                .iter()
                .rev()
                .take_while(|c| is_digit(**c))
                .any(|c| *c != '0');
        let (a_number, a_end) = number(&a[at..], within);
        let (b_number, b_end) = number(&b[at..], within);
        if a_number != b_number {
            return a_number < b_number;
        }
        if a_end != b_end {
            return a_end < b_end;
        }
        return a[at] < b[at];
    }
    a.len() < b.len()
}

fn number(text: &[char], within: bool) -> (i64, usize) {
    let mut value = i64::from(within);
    let mut length = 0;
    for c in text.iter().take_while(|c| is_digit(**c)) {
        value = value
            .wrapping_mul(10)
            .wrapping_add(i64::from(u32::from(*c)) - i64::from(u32::from('0')));
        length += 1;
    }
    (value, length)
}

fn is_digit(c: char) -> bool {
    // `unicode.IsDigit`: decimal digits of any script.
    c.is_ascii_digit() || (!c.is_ascii() && c.is_numeric() && !c.is_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_sorted_as_people_count() {
        let mut keys = [
            "a10", "a2", "b", "A", "_x", "a", "a02", "1", "10", "9", "a.b", "a-b",
        ];
        keys.sort_by(|one, two| natural(one, two));
        assert_eq!(
            keys,
            [
                "_x", "1", "9", "10", "A", "a", "a-b", "a.b", "a2", "a02", "a10", "b"
            ]
        );
    }

    #[test]
    fn numbers_in_json() {
        for (value, expected) in [
            (0.5_f64, "0.5"),
            (1e21, "1e+21"),
            (1e-7, "1e-7"),
            (100.0, "100"),
            (f64::INFINITY, "null"),
        ] {
            let found = json_float(value, &format!("{value:e}"), value.to_string());
            assert_eq!(found, expected);
        }
        assert_eq!(octal(0o440), "0440");
    }
}
