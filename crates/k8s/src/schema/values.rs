//! Whether a value satisfies the limit of its field.

use plimsoll_source::Safety;
use plimsoll_source::nearest::nearest;
use plimsoll_yaml::{Entry, Kind, Node, Scalar, Style};

use super::forms;
use super::limits::{Form, Limit};
use super::placeholders::{is_placeholder, stands_in};
use super::problem::ProblemKind;
use super::unknown::listed;
use super::walk::Walk;
use crate::int_or_string::IntOrPercent;
use crate::quantity::Quantity;

/// Checks a value that is no map. Its type is right.
pub(super) fn check<'a>(walk: &mut Walk<'a>, limit: Limit, node: Node<'a>) {
    match limit {
        Limit::OneOf(names) => one_of(walk, names, node),
        Limit::Form(form) => form_of(walk, form, node),
        Limit::Within(least, most) => within(walk, least, most, node),
        Limit::PortOrName => port(walk, node),
        Limit::CountOrPercent => count(walk, i64::MAX, node),
        Limit::CountOrPart => count(walk, 100, node),
        Limit::Amounts => amount(walk, node),
        Limit::Labels | Limit::Annotations | Limit::FileNames | Limit::Resources => {}
    }
}

/// Checks a map.
pub(super) fn map<'a>(walk: &mut Walk<'a>, limit: Limit, map: Node<'a>) {
    for entry in map.merged_entries() {
        let Some(key) = entry.key.str() else { continue };
        let value = entry.value.resolve();
        if stands_in(key) {
            continue;
        }
        match limit {
            Limit::Labels | Limit::Annotations => {
                let lower = key.to_lowercase();
                let fits = match limit {
                    // The API server lowers the keys of annotations before it looks.
                    Limit::Annotations => forms::is_qualified_name(&lower),
                    _ => forms::is_qualified_name(key),
                };
                if !fits {
                    let name = walk.name();
                    let what = if limit == Limit::Labels {
                        "label"
                    } else {
                        "annotation"
                    };
                    let message = format!("`{key}` of `{name}` cannot be the key of a {what}");
                    let words = format!("it must be {}", Form::QualifiedName.words());
                    walk.report(ProblemKind::Value, entry.key.range(), message)
                        .note(words);
                }
                if limit == Limit::Labels
                    && let Some(text) = value.as_str()
                    && !forms::is_label_value(&text)
                    && !stands_in(&text)
                {
                    let message = format!("the value of `{key}` cannot be the value of a label");
                    let words = format!("it must be {}", Form::LabelValue.words());
                    walk.report(ProblemKind::Value, value.range(), message)
                        .note(words);
                }
            }
            Limit::FileNames if !Form::FileName.fits(key) => {
                let name = walk.name();
                let message = format!("`{key}` cannot be a key of `{name}`");
                let words = format!("it must be {}", Form::FileName.words());
                walk.report(ProblemKind::Value, entry.key.range(), message)
                    .note(words);
            }
            Limit::Resources => {
                named_resource(walk, key, entry);
                walk.path.push(key);
                amount(walk, value);
                walk.path.pop();
            }
            Limit::Amounts => {
                walk.path.push(key);
                amount(walk, value);
                walk.path.pop();
            }
            _ => {}
        }
    }
}

/// Checks what a container's resources are called, and that its memory is whole bytes.
pub(super) fn names_of_resources<'a>(walk: &mut Walk<'a>, map: Node<'a>) {
    for entry in map.merged_entries() {
        if let Some(key) = entry.key.str().filter(|key| !stands_in(key)) {
            named_resource(walk, key, entry);
        }
    }
}

fn named_resource<'a>(walk: &mut Walk<'a>, key: &'a str, entry: Entry<'a>) {
    resource(walk, key, entry.key);
    if key == "memory" {
        walk.path.push(key);
        whole_bytes(walk, entry.value.resolve());
        walk.path.pop();
    }
}

fn one_of<'a>(walk: &mut Walk<'a>, names: &'static [&'static str], node: Node<'a>) {
    let Some(text) = node.as_str() else { return };
    if names.contains(&&*text)
        || stands_in(&text)
        || text.is_empty() && names.first() != Some(&"") && node.index().is_none()
    {
        return;
    }
    let name = walk.name();
    let names: Vec<&str> = names
        .iter()
        .copied()
        .filter(|name| !name.is_empty())
        .collect();
    let near = nearest(&text, names.iter().copied());
    let message = format!("`{name}` cannot be `{text}`");
    let problem = walk.report(ProblemKind::Value, node.range(), message);
    match near {
        Some(near) => {
            problem.help(format!("write `{near}`"));
            if node.style() == Style::Plain {
                problem.replace(
                    format!("write `{near}`"),
                    node.range(),
                    near,
                    Safety::Unsafe,
                );
            }
        }
        None => {
            problem.help(format!("use one of {}", listed(&names)));
        }
    }
}

fn form_of<'a>(walk: &mut Walk<'a>, form: Form, node: Node<'a>) {
    let Some(text) = node.as_str() else { return };
    let is_old_name = form == Form::EnvName
        && walk.settings.version.minor() < 32
        && !forms::is_old_env_name(&text);
    if form.fits(&text) && !is_old_name
        || stands_in(&text)
        || text.is_empty() && form.empty_is_absent()
    {
        return;
    }
    let name = walk.name();
    let message = match form {
        Form::NotEmpty => format!("`{name}` is empty"),
        _ if text.is_empty() => format!("`{name}` is empty"),
        _ if text.len() <= 80 && !text.contains('\n') => format!("`{name}` cannot be `{text}`"),
        _ => format!("`{name}` has a value that it cannot have"),
    };
    walk.report(ProblemKind::Value, node.range(), message)
        .note(format!("it must be {}", form.words()));
}

fn within<'a>(walk: &mut Walk<'a>, least: i64, most: i64, node: Node<'a>) {
    let Some(value) = node.as_int() else { return };
    if (least..=most).contains(&value) {
        return;
    }
    let name = walk.name();
    let message = format!("`{name}` cannot be {value}");
    let words = match (least, most) {
        (0, most) if most == i64::from(i32::MAX) => "it must be 0 or more".to_owned(),
        (1, most) if most == i64::from(i32::MAX) => "it must be 1 or more".to_owned(),
        (0, 0o777) => "it must lie between 0 and 0777, which is 511".to_owned(),
        _ => format!("it must lie between {least} and {most}"),
    };
    let is_mode = most == 0o777 && node.str().is_some_and(|text| matches!(text.len(), 3 | 4));
    let problem = walk.report(ProblemKind::Value, node.range(), message);
    problem.note(words);
    if is_mode {
        problem.help("write the octal number with a leading `0`");
    }
}

fn port<'a>(walk: &mut Walk<'a>, node: Node<'a>) {
    let name = walk.name();
    match node.scalar() {
        Some(Scalar::Str(text)) => {
            if Form::PortName.fits(&text)
                || stands_in(&text)
                || text.contains("PORT")
                || text.is_empty()
            {
                return;
            }
            let is_number = text.parse::<u32>().is_ok();
            let message = format!("`{name}` cannot be the string `{text}`");
            let problem = walk.report(ProblemKind::Value, node.range(), message);
            if is_number {
                problem.note("in quotes it is the name of a port, and a name has a letter");
                problem.help("remove the quotes");
                problem.replace(
                    "remove the quotes",
                    node.range(),
                    text.into_owned(),
                    Safety::Safe,
                );
            } else {
                problem.note(format!(
                    "it must be a number, or {}",
                    Form::PortName.words()
                ));
            }
        }
        // The API server puts the port itself in the place of 0.
        _ if name == "targetPort" => within(walk, 0, 65_535, node),
        _ => within(walk, 1, 65_535, node),
    }
}

fn count<'a>(walk: &mut Walk<'a>, most: i64, node: Node<'a>) {
    let name = walk.name();
    match node.scalar() {
        Some(Scalar::Str(text)) => {
            let percent = match IntOrPercent::new(node) {
                Some(IntOrPercent::Percent(value)) if value >= 0 => Some(value),
                _ => None,
            };
            if is_placeholder(&text) || percent.is_some_and(|value| value <= most) {
                return;
            }
            if percent.is_some() {
                let message = format!("`{name}` cannot be more than 100 %");
                walk.report(ProblemKind::Value, node.range(), message);
                return;
            }
            let bare = text.trim();
            let is_number = bare.parse::<u32>().is_ok();
            let message = format!("`{name}` cannot be the string `{text}`");
            let problem = walk.report(ProblemKind::Value, node.range(), message);
            problem.note("a string must be a percentage such as `25%`");
            if is_number {
                problem.help("remove the quotes");
                problem.replace(
                    "remove the quotes",
                    node.range(),
                    bare.to_owned(),
                    Safety::Safe,
                );
            }
        }
        _ => within(walk, 0, i64::from(i32::MAX), node),
    }
}

/// A quantity that must not be negative. That it is one was checked before.
fn amount<'a>(walk: &mut Walk<'a>, node: Node<'a>) {
    if node.kind() != Kind::Scalar {
        return;
    }
    let Some(Ok(quantity)) = node.str().map(|text| Quantity::parse(text.trim())) else {
        return;
    };
    if quantity < Quantity::ZERO {
        let name = walk.name();
        walk.report(
            ProblemKind::Value,
            node.range(),
            format!("`{name}` is negative"),
        );
    }
}

/// What a container can ask for: the standard resources, huge pages, or a name with a domain.
fn resource<'a>(walk: &mut Walk<'a>, key: &'a str, node: Node<'a>) {
    const STANDARD: [&str; 3] = ["cpu", "memory", "ephemeral-storage"];
    if STANDARD.contains(&key)
        || key.starts_with("hugepages-")
        || key.contains('/') && forms::is_qualified_name(key)
    {
        return;
    }
    let near = match key.to_ascii_lowercase().as_str() {
        "mem" | "ram" | "memory" => Some("memory"),
        "cpus" | "core" | "cores" => Some("cpu"),
        "storage" | "disk" | "ephemeral" => Some("ephemeral-storage"),
        other => nearest(other, STANDARD),
    };
    let message = format!("`{key}` is no resource that a container can ask for");
    let problem = walk.report(ProblemKind::Value, node.range(), message);
    match near {
        Some(near) => {
            problem.help(format!("write `{near}`"));
            super::walk::rename(problem, node, near);
        }
        None => {
            problem.help("use `cpu`, `memory`, `ephemeral-storage`, or a name with a domain such as `nvidia.com/gpu`");
        }
    }
}

/// Memory is counted in bytes, and `m` are thousandths.
fn whole_bytes<'a>(walk: &mut Walk<'a>, node: Node<'a>) {
    let Some(text) = node.str().map(str::trim) else {
        return;
    };
    let Ok(quantity) = Quantity::parse(text) else {
        return;
    };
    if quantity.is_whole() {
        return;
    }
    let message = format!("`memory` of `{text}` is a fraction of a byte");
    let problem = walk.report(ProblemKind::Value, node.range(), message);
    problem.warning();
    if let Some(number) = text.strip_suffix('m') {
        problem.note("`m` are thousandths, as in thousandths of a CPU");
        problem.help(format!("write `{number}Mi`"));
    } else {
        problem.help("write it with a suffix such as `Mi`");
    }
}
