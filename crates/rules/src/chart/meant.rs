//! What a template means that reads a value which is not there: one that is, with nearly the same
//! name or path.

use plimsoll_project::Project;
use plimsoll_project::values::{ChartValues, ValueKey, ValueRead};
use plimsoll_source::nearest::nearest;
use plimsoll_source::{FileId, Place};

/// The value that is likely meant.
pub(super) struct Meant<'v> {
    /// The keys that lead there, joined by dots.
    pub(super) path: &'v str,
    /// Where `values.yaml` has it.
    pub(super) place: Place,
    /// Whether it differs by a slip in its name alone.
    pub(super) is_slip: bool,
}

/// The value of a chart that a template likely means at `at` by a path that no values have.
pub(super) fn meant<'v>(
    project: &Project,
    values: &'v ChartValues,
    path: &str,
    at: Place,
) -> Option<Meant<'v>> {
    let (home, file) = (values.file?, at.file);
    let slip = misspelt(values, path);
    let is_slip = slip.is_some();
    let key = slip
        .or_else(|| below_another(project, values, path, file))
        .or_else(|| with_another_start(project, values, home, path))
        .or_else(|| one_level_deeper(project, values, home, path, at))?;
    Some(Meant {
        path: &key.path,
        place: Place::new(home, key.key),
        is_slip,
    })
}

fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('.').unwrap_or(("", path))
}

/// The keys beside a path, which the same key holds, with their names.
fn beside<'v>(
    values: &'v ChartValues,
    above: &str,
) -> impl Iterator<Item = (&'v ValueKey, &'v str)> {
    values.keys.iter().filter_map(move |key| {
        let (other, name) = split(&key.path);
        (other == above).then_some((key, name))
    })
}

/// A key beside it with nearly the same name.
fn misspelt<'v>(values: &'v ChartValues, path: &str) -> Option<&'v ValueKey> {
    let (above, name) = split(path);
    // Of names as short as that, any is near to any other.
    if name.len() < 4 {
        return None;
    }
    let nearest = nearest(name, beside(values, above).map(|(_, name)| name))?;
    let (key, _) = beside(values, above).find(|(_, name)| *name == nearest)?;
    // `podSecurityContext` beside `securityContext` is another thing, if templates read it.
    let is_other = key.read != ValueRead::Unread && name.len().abs_diff(nearest.len()) > 2;
    (!is_other).then_some(key)
}

/// The one key that lies below another one and ends in the same way: `web.pvc.path` for `pvc.path`.
///
/// What has but its last name in common is another thing, unless the template reads what is beside
/// it; and so is what lies in a part of its own (`worker.image.tag` is not `web.image.tag`).
fn below_another<'v>(
    project: &Project,
    values: &'v ChartValues,
    path: &str,
    file: FileId,
) -> Option<&'v ValueKey> {
    let ending = format!(".{path}");
    let text = &project.files.get(file).text;
    let is_neighbour = |key: &ValueKey| {
        let above = &key.path[..key.path.len() - ending.len()];
        reads_below(text, above)
    };
    let below = |key: &&ValueKey| key.path.ends_with(&ending);
    let all: Vec<&ValueKey> = values.keys.iter().filter(below).collect();
    let mut near = all.iter().copied().filter(|key| is_neighbour(key));
    match (near.next(), near.next()) {
        (Some(key), None) => Some(key),
        (None, _) if all.len() == 1 && path.contains('.') => Some(all[0]),
        _ => None,
    }
}

/// Whether a template reads something below a key, written in any case: a chart may read
/// `ApplicationNodes`, which it makes of `applicationNodes`.
fn reads_below(text: &str, above: &str) -> bool {
    text.match_indices(".Values.").any(|(at, dot)| {
        let rest = &text.as_bytes()[at + dot.len()..];
        rest.len() > above.len()
            && rest[..above.len()].eq_ignore_ascii_case(above.as_bytes())
            && rest[above.len()] == b'.'
    })
}

/// The one text beside it with the same name behind another word, or the path written as one name:
/// `fullnamePrefix` for `namePrefix`, `imagePullPolicy` for `image.pullPolicy`.
fn with_another_start<'v>(
    project: &Project,
    values: &'v ChartValues,
    home: FileId,
    path: &str,
) -> Option<&'v ValueKey> {
    let (above, name) = split(path);
    let text = &project.files.get(home).text;
    let joined = path.replace('.', "");
    let mut found = values.keys.iter().filter(|key| {
        let (other, known) = split(&key.path);
        let is_longer = other == above && name.len() >= 8 && known.ends_with(name);
        let is_joined =
            path.contains('.') && key.path.replace('.', "").eq_ignore_ascii_case(&joined);
        (is_longer || is_joined) && is_text(text, key)
    });
    match (found.next(), found.next()) {
        (Some(key), None) => Some(key),
        _ => None,
    }
}

/// The one text a level below the part that the path names: `web.service.port` for `web.port`; for
/// what is written as a `containerPort`, `web.service.targetPort`.
fn one_level_deeper<'v>(
    project: &Project,
    values: &'v ChartValues,
    home: FileId,
    path: &str,
    at: Place,
) -> Option<&'v ValueKey> {
    /// Names that nearly every part of a chart has for things of its own.
    const COMMON: [&str; 6] = ["name", "enabled", "type", "create", "labels", "annotations"];
    let (above, name) = split(path);
    if above.is_empty() || COMMON.contains(&name) {
        return None;
    }
    let text = &project.files.get(home).text;
    let only = |wanted: &str| {
        let mut found = values.keys.iter().filter(|key| {
            let (inner, last) = split(&key.path);
            last == wanted && split(inner).0 == above && is_text(text, key)
        });
        found.next().filter(|_| found.next().is_none())
    };
    let before = &project.files.get(at.file).text[..at.range.start as usize];
    let line = before.rsplit('\n').next().unwrap_or_default();
    let is_containers = line
        .trim_start_matches([' ', '-'])
        .starts_with("containerPort:");
    let of_container = (is_containers || name == "containerPort")
        .then(|| only("containerPort").or_else(|| only("targetPort")));
    of_container.flatten().or_else(|| only(name))
}

/// Whether a key has a text or number in its own line: of maps with similar names one is seldom
/// meant by the other.
fn is_text(text: &str, key: &ValueKey) -> bool {
    let rest = text.get(key.key.end as usize..).unwrap_or_default();
    let line = rest.lines().next().unwrap_or_default();
    let value = line.trim_start_matches(['"', '\'']);
    let value = value.strip_prefix(':').unwrap_or_default().trim();
    !value.is_empty() && !value.starts_with(['{', '[', '#', '&', '*', '|', '>'])
}
