//! Changes that define, mount and move volumes.

use plimsoll_compose::{ComposeFile, Mount, ResourceKind, Service, Value};
use plimsoll_source::{Edit, FileId, Fix, Safety};
use plimsoll_yaml::{Kind, edit};

/// The change that mounts the volume at the right place instead.
pub(super) fn moved(mount: Mount<'_>, wrong: &str, right: &str, file: FileId) -> Option<Fix> {
    let node = if mount.is_long() {
        mount.node().get("target")?
    } else {
        mount.node()
    };
    let value = Value::new(node)?;
    let text = value.literal()?;
    if text != value.text() {
        return None;
    }
    let at = if mount.is_long() {
        0
    } else {
        text.find(':')? + 1
    };
    let rest = text.get(at..)?.strip_prefix(wrong)?;
    if !(rest.is_empty() || rest.starts_with(':')) {
        return None;
    }
    let new = format!("{}{right}{rest}", text.get(..at)?);
    let fix = Fix::new(format!("mount it at `{right}`"), Safety::Unsafe);
    Some(
        edit::set_scalar(node, &new)
            .into_iter()
            .fold(fix, |fix, edit| fix.edit(file, edit)),
    )
}

/// Whether what is written into a service reaches others too.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Shared<'a> {
    /// It stands for the service alone.
    No,
    /// It is another service's mapping, by this anchor.
    Alias(&'a str),
    /// Its mapping has this anchor, by which others take it.
    Anchor(&'a str),
}

/// Whether what is written into a service reaches others too.
pub(super) fn shared<'a>(file: ComposeFile<'a>, service: Service<'a>) -> Shared<'a> {
    let services = file.node().get("services");
    let entry = services.and_then(|services| services.entry(&service.name()));
    let Some(value) = entry.map(|entry| entry.value) else {
        return Shared::No;
    };
    if value.kind() == Kind::Alias {
        return Shared::Alias(value.source().trim_start_matches('*'));
    }
    let Some((anchor, _)) = value.anchor() else {
        return Shared::No;
    };
    let text = value.tree().text();
    let taken = text
        .match_indices(&format!("*{anchor}"))
        .any(|(at, found)| {
            let rest = &text[at + found.len()..];
            rest.starts_with(|c: char| c.is_whitespace() || ",]}".contains(c)) || rest.is_empty()
        });
    if taken {
        Shared::Anchor(anchor)
    } else {
        Shared::No
    }
}

/// The change that mounts a named volume. `None` where it would be mounted into other services
/// as well.
pub(super) fn mounted(
    file: ComposeFile<'_>,
    service: Service<'_>,
    dir: &str,
    id: FileId,
) -> Option<Fix> {
    let service_name = service.name();
    let plain = service_name
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b"_-.".contains(&b));
    let name = format!("{service_name}-data");
    if !plain
        || file.resource(ResourceKind::Volume, &name).is_some()
        || shared(file, service) != Shared::No
    {
        return None;
    }
    let item = format!("{name}:{dir}");
    let mut edits: Vec<Edit> = match service.node().get("volumes") {
        None => edit::insert_entry(service.node(), "volumes", &format!("- {item}"), None),
        // Merged from a mapping that others take too.
        Some(list) if !service.node().range().covers(list.range()) => return None,
        Some(list) if list.kind() == Kind::Sequence => edit::push_item(list, &item),
        Some(_) => return None,
    };
    edits.extend(match file.node().entry("volumes") {
        None => edit::insert_entry(file.node(), "volumes", &format!("{name}:"), None),
        Some(entry) if entry.value.kind() == Kind::Mapping || entry.value.is_null() => {
            edit::insert_entry(entry.value, &name, "", None)
        }
        Some(_) => return None,
    });
    let fix = Fix::new(
        format!("keep the data in the volume `{name}`"),
        Safety::Unsafe,
    );
    Some(edits.into_iter().fold(fix, |fix, edit| fix.edit(id, edit)))
}

/// The change that defines a resource with nothing said of it.
pub(super) fn define(
    file: ComposeFile<'_>,
    kind: ResourceKind,
    name: &str,
    id: FileId,
) -> Option<Fix> {
    let plain = name
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'));
    if !plain || name.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        return None;
    }
    let edits = match file.node().entry(kind.key()) {
        None => edit::insert_entry(file.node(), kind.key(), &format!("{name}:"), None),
        Some(entry) if entry.value.kind() == Kind::Mapping || entry.value.is_null() => {
            edit::insert_entry(entry.value, name, "", None)
        }
        Some(_) => return None,
    };
    let fix = Fix::new(
        format!("define the {} `{name}`", kind.noun()),
        Safety::Unsafe,
    );
    Some(edits.into_iter().fold(fix, |fix, edit| fix.edit(id, edit)))
}
