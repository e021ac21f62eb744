//! Whether a value has the type of its field, as the API server's decoder reads it.

use plimsoll_source::Safety;
use plimsoll_yaml::{Entry, Kind, Node, Scalar, Style};

use super::placeholders::{is_placeholder, stands_in_for_a_number};
use super::problem::ProblemKind;
use super::table::{Base, Field, Holder};
use super::walk::Walk;
use crate::quantity::Quantity;

/// Checks a value that is no structure; says whether its type is right.
pub(super) fn check<'a>(walk: &mut Walk<'a>, base: Base, node: Node<'a>) -> bool {
    if base == Base::Any {
        return true;
    }
    if base == Base::Object {
        // Whatever a custom resource or plugin makes of it.
        if node.kind() != Kind::Mapping && !is_filled_in(node) {
            wrong(walk, node, "a mapping");
            return false;
        }
        return true;
    }
    let Some(scalar) = node.scalar() else {
        let problem = wrong(walk, node, words(base));
        if base == Base::Text && node.kind() == Kind::Mapping && node.source().starts_with("{{") {
            problem.help("put quotes around it: YAML reads `{{ … }}` as a mapping");
        }
        return false;
    };
    match (base, &scalar) {
        (_, Scalar::Null) => true,
        (Base::Text | Base::Bytes | Base::Time, Scalar::Str(text)) => {
            base != Base::Time || is_time(walk, node, text)
        }
        (Base::Bool, Scalar::Bool(_))
        | (Base::Number, Scalar::Int(_) | Scalar::UInt(_) | Scalar::Float(_)) => true,
        (Base::Int32 | Base::Int64, Scalar::Int(_) | Scalar::UInt(_) | Scalar::Float(_)) => {
            integer(walk, base, node)
        }
        (Base::IntOrString, Scalar::Int(_) | Scalar::Str(_)) => true,
        (Base::IntOrString, Scalar::Float(_)) if node.as_int().is_some() => true,
        (Base::Quantity, Scalar::Int(_) | Scalar::UInt(_) | Scalar::Float(_) | Scalar::Str(_)) => {
            quantity(walk, node)
        }
        (_, Scalar::Str(text)) if stands_in_for_a_number(text) => true,
        _ => {
            let problem = wrong(walk, node, words(base));
            suggest(problem, base, node, &scalar);
            false
        }
    }
}

/// Quotes, or the lack of them, are the usual cause.
pub(super) fn suggest(
    problem: &mut super::Problem,
    base: Base,
    node: Node<'_>,
    scalar: &Scalar<'_>,
) {
    match (base, scalar) {
        (Base::Text | Base::Bytes | Base::Time | Base::IntOrString, _)
            if node.style() == Style::Plain && node.kind() == Kind::Scalar =>
        {
            let quoted = format!("\"{}\"", node.source());
            problem.help("put quotes around it");
            if node.tag().is_none() {
                problem.replace("put quotes around it", node.range(), quoted, Safety::Safe);
            }
        }
        (Base::Int32 | Base::Int64 | Base::Number | Base::Bool, Scalar::Str(text))
            if matches!(node.style(), Style::SingleQuoted | Style::DoubleQuoted) =>
        {
            let bare = text.trim();
            let read = plimsoll_yaml::plain_scalar(bare, node.tree().dialect());
            let fits = match base {
                Base::Bool => matches!(read, Scalar::Bool(_)),
                Base::Number => matches!(read, Scalar::Int(_) | Scalar::Float(_)),
                _ => matches!(read, Scalar::Int(_)),
            };
            if fits {
                problem.help("remove the quotes");
                problem.replace(
                    "remove the quotes",
                    node.range(),
                    bare.to_owned(),
                    Safety::Safe,
                );
            }
        }
        _ => {}
    }
}

fn integer<'a>(walk: &mut Walk<'a>, base: Base, node: Node<'a>) -> bool {
    match node.as_int() {
        Some(value) if base == Base::Int64 || i32::try_from(value).is_ok() => true,
        Some(_) => {
            let name = walk.name();
            let message = format!("`{name}` is too large for a 32-bit number");
            walk.report(ProblemKind::WrongType, node.range(), message);
            false
        }
        None => {
            let name = walk.name();
            let message = format!("`{name}` must be a whole number");
            walk.report(ProblemKind::WrongType, node.range(), message);
            false
        }
    }
}

fn quantity<'a>(walk: &mut Walk<'a>, node: Node<'a>) -> bool {
    let Some(text) = node.str() else { return true };
    let text = text.trim();
    if stands_in_for_a_number(text) || Quantity::parse(text).is_ok() {
        return true;
    }
    // A plain number may be written in ways that only YAML knows.
    if !matches!(node.scalar(), Some(Scalar::Str(_))) {
        return true;
    }
    let name = walk.name();
    let message = if text.is_empty() {
        format!("`{name}` is no quantity: it is empty")
    } else {
        format!("`{name}` is no quantity")
    };
    let better = better_quantity(text);
    let problem = walk.report(ProblemKind::Value, node.range(), message);
    match better {
        Some(better) => {
            problem.help(format!("write `{better}`"));
            problem.replace(
                format!("write `{better}`"),
                node.range(),
                better,
                Safety::Unsafe,
            );
        }
        None => {
            problem
                .help("write a number with a suffix such as `m`, `k`, `M`, `G`, `Ki`, `Mi`, `Gi`");
        }
    }
    false
}

/// `512MB`, `1 Gi`, `1gb`, `250 m` as Kubernetes writes them.
fn better_quantity(text: &str) -> Option<String> {
    let at = text.find(|c: char| !(c.is_ascii_digit() || c == '.'))?;
    let (number, unit) = (&text[..at], text[at..].trim());
    let unit = match unit {
        "KB" | "Kb" | "kB" | "kb" | "K" => "k",
        "MB" | "Mb" | "mb" | "mB" => "M",
        "GB" | "Gb" | "gb" | "g" => "G",
        "TB" | "Tb" | "tb" | "t" => "T",
        "KiB" | "kib" | "ki" | "KI" | "Kib" => "Ki",
        "MiB" | "mib" | "mi" | "MI" | "Mib" => "Mi",
        "GiB" | "gib" | "gi" | "GI" | "Gib" => "Gi",
        "TiB" | "tib" | "ti" | "Tib" => "Ti",
        "m" | "Ki" | "Mi" | "Gi" | "Ti" | "M" | "G" | "T" | "k" => unit,
        _ => return None,
    };
    let better = format!("{number}{unit}");
    (!number.is_empty() && Quantity::parse(&better).is_ok()).then_some(better)
}

/// RFC 3339, as far as it is needed to tell a date from anything else.
fn is_time<'a>(walk: &mut Walk<'a>, node: Node<'a>, text: &str) -> bool {
    let bytes = text.as_bytes();
    let fits = text.len() >= 20
        && bytes[..4].iter().all(u8::is_ascii_digit)
        && bytes[4] == b'-'
        && bytes[7] == b'-'
        && bytes[10] == b'T'
        && bytes[13] == b':';
    if fits || text.is_empty() || is_placeholder(text) {
        return true;
    }
    let name = walk.name();
    walk.report(
        ProblemKind::WrongType,
        node.range(),
        format!("`{name}` is no time"),
    )
    .help("write it as `2026-01-31T12:00:00Z`");
    false
}

/// What a type is, after "must be".
const fn words(base: Base) -> &'static str {
    match base {
        Base::Any | Base::Object | Base::Definition(_) => "a mapping",
        Base::Text => "a string",
        Base::Bool => "`true` or `false`",
        Base::Int32 | Base::Int64 => "a whole number",
        Base::Number => "a number",
        Base::Bytes => "a string of base64",
        Base::Time => "a time",
        Base::IntOrString => "a number or a string",
        Base::Quantity => "a quantity",
    }
}

/// What a value is.
pub(super) fn found(node: Node<'_>) -> &'static str {
    match node.kind() {
        Kind::Mapping => "a mapping",
        Kind::Sequence => "a list",
        Kind::Scalar | Kind::Alias => match node.scalar() {
            Some(Scalar::Bool(_)) => "a boolean",
            Some(Scalar::Int(_) | Scalar::UInt(_) | Scalar::Float(_)) => "a number",
            Some(Scalar::Null) => "empty",
            _ => "a string",
        },
    }
}

fn wrong<'w>(walk: &'w mut Walk<'_>, node: Node<'_>, wanted: &str) -> &'w mut super::Problem {
    let name = walk.name();
    let message = format!("`{name}` must be {wanted}, not {}", found(node));
    walk.report(ProblemKind::WrongType, place(node), message)
}

/// A short place for a value: a collection's first line.
pub(super) fn place(node: Node<'_>) -> plimsoll_source::TextRange {
    match (node.kind(), node.key()) {
        (Kind::Scalar | Kind::Alias, _) => node.range(),
        (_, Some(key)) => key.range(),
        _ => crate::view::head(node, &[]),
    }
}

fn is_filled_in(node: Node<'_>) -> bool {
    node.str().is_some_and(is_placeholder) || node.source().starts_with("{{")
}

/// Tells of a value that should be a list.
pub(super) fn not_a_list<'a>(walk: &mut Walk<'a>, field: &Field, node: Node<'a>, entry: Entry<'a>) {
    if is_filled_in(node) {
        return;
    }
    let name = walk.name();
    let what = match field.base {
        Base::Definition(_) | Base::Object => "of mappings",
        Base::Text | Base::Bytes => "of strings",
        Base::Int32 | Base::Int64 | Base::Number => "of numbers",
        _ => "",
    };
    let what = if what.is_empty() {
        String::new()
    } else {
        format!(" {what}")
    };
    let message = format!("`{name}` must be a list{what}, not {}", found(node));
    let range = match node.kind() {
        Kind::Scalar => node.range(),
        _ => entry.key.range(),
    };
    let source = node.source();
    let problem = walk.report(ProblemKind::WrongType, range, message);
    if node.kind() == Kind::Mapping {
        problem.help("begin each item with `- `");
    } else if node.style() == Style::Plain
        && node.kind() == Kind::Scalar
        && field.base == Base::Text
    {
        problem.help(format!("write `[{source}]`"));
        problem.replace(
            "make it a list",
            node.range(),
            format!("[{source}]"),
            Safety::Safe,
        );
    }
}

/// Tells of a value that should be a map.
pub(super) fn not_a_map<'a>(walk: &mut Walk<'a>, field: &Field, node: Node<'a>, entry: Entry<'a>) {
    if is_filled_in(node) {
        return;
    }
    let name = walk.name();
    let values = match (field.holder, field.base) {
        (Holder::MapOfLists, _) => " of lists",
        (_, Base::Text | Base::Bytes) => " of strings",
        (_, Base::Quantity) => " of quantities",
        _ => "",
    };
    let message = format!("`{name}` must be a mapping{values}, not {}", found(node));
    let range = match node.kind() {
        Kind::Scalar => node.range(),
        _ => entry.key.range(),
    };
    let problem = walk.report(ProblemKind::WrongType, range, message);
    if node.kind() == Kind::Sequence {
        problem.help("write `key: value` lines without `- `");
    }
}

/// Tells of a value that should be a structure.
pub(super) fn not_a_structure<'a>(walk: &mut Walk<'a>, definition: u16, node: Node<'a>) {
    if is_filled_in(node) {
        return;
    }
    let table = walk.table;
    let name = walk.name();
    let message = if node.kind() == Kind::Sequence && node.index().is_none() {
        format!("`{name}` must be one mapping, not a list")
    } else if node.index().is_some() {
        format!(
            "each item of `{name}` must be a mapping, not {}",
            found(node)
        )
    } else {
        format!("`{name}` must be a mapping, not {}", found(node))
    };
    let fields: Vec<&str> = table
        .fields_of(definition)
        .iter()
        .filter(|field| field.present & walk.bit != 0)
        .map(|field| table.field_name(field))
        .collect();
    let problem = walk.report(ProblemKind::WrongType, place(node), message);
    if node.kind() == Kind::Sequence {
        problem.help("remove the `- ` before its fields");
    } else if (1..=6).contains(&fields.len()) {
        problem.help(format!("give it {}", super::unknown::listed(&fields)));
    }
}
