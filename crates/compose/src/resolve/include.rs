//! `include`: other projects whose parts are taken over.
//!
//! Follows compose-go's `loader/include.go`: each item is loaded as a project of its own, with
//! its own folder and env file; a name that both have is merged, the including file over the
//! included one.

use super::context::{Cx, Resolving, remote};
use super::environment::Environment;
use super::item::{Data, Item, Map};
use super::load::{self, Load, Loaded};
use super::locate;
use super::merge;
use super::paths;
use super::read::Resets;
use super::records::{LinkKind, Trace};
use super::refusal::Reason;
use super::surroundings::{PathKind, ReadFailure};
use super::trail::Trail;
use super::values;

/// One item, read.
struct Included {
    trace: Trace,
    paths: Vec<(String, Trace)>,
    project_directory: Option<String>,
    env_files: Vec<(String, Trace)>,
}

/// The sections that are taken over.
const SECTIONS: [&str; 7] = [
    "services", "jobs", "volumes", "networks", "secrets", "configs", "models",
];

/// Takes over what the file includes and removes the key.
pub(super) fn apply(
    cx: &mut Cx<'_>,
    root: &mut Item,
    resets: &Resets,
    load: &Load<'_>,
    included: &[String],
    loaded: &mut Loaded,
) -> Resolving<()> {
    let Some(map) = root.as_map_mut() else {
        return Ok(());
    };
    let Some(entry) = map.remove("include") else {
        return Ok(());
    };
    for item in items(cx, &entry.value)? {
        let imported = match import(cx, &item, load, included, loaded) {
            Ok(imported) => imported,
            Err(refused) => {
                cx.tolerate(refused)?;
                continue;
            }
        };
        take_over(cx, map, imported, resets, &item)?;
    }
    Ok(())
}

fn items(cx: &Cx<'_>, value: &Item) -> Resolving<Vec<Included>> {
    let wrong = |item: &Item, path: String, wanted| {
        let reason = Reason::WrongType {
            path,
            wanted,
            found: item.kind_name(),
        };
        cx.refusal(reason, item.trace)
    };
    let list = match &value.data {
        Data::Null => return Ok(Vec::new()),
        Data::List(list) => list,
        _ => return Err(wrong(value, "include".into(), "a list")),
    };
    let mut found = Vec::with_capacity(list.len());
    for (number, item) in list.iter().enumerate() {
        let texts = |key: &str| -> Resolving<Vec<(String, Trace)>> {
            let path = format!("include[{number}].{key}");
            match item.get(key) {
                None => Ok(Vec::new()),
                Some(field) => match &field.data {
                    Data::Null => Ok(Vec::new()),
                    Data::Text(text) => Ok(vec![(text.to_string(), field.trace)]),
                    Data::List(items) => items
                        .iter()
                        .map(|item| match item.as_str() {
                            Some(text) => Ok((text.to_owned(), item.trace)),
                            None => Err(wrong(item, path.clone(), "a string")),
                        })
                        .collect(),
                    _ => Err(wrong(field, path, "a string or a list of strings")),
                },
            }
        };
        found.push(match &item.data {
            Data::Text(text) => Included {
                trace: item.trace,
                paths: vec![(text.to_string(), item.trace)],
                project_directory: None,
                env_files: Vec::new(),
            },
            Data::Map(_) => Included {
                trace: item.trace,
                paths: texts("path")?,
                project_directory: item
                    .get("project_directory")
                    .filter(|dir| !dir.is_null())
                    .map(values::sprint)
                    .filter(|dir| !dir.is_empty()),
                env_files: texts("env_file")?,
            },
            _ => {
                let path = format!("include[{number}]");
                return Err(wrong(item, path, "a path or a mapping"));
            }
        });
    }
    Ok(found)
}

fn import(
    cx: &mut Cx<'_>,
    item: &Included,
    load: &Load<'_>,
    included: &[String],
    loaded: &mut Loaded,
) -> Resolving<Item> {
    let mut files = Vec::with_capacity(item.paths.len());
    let mut working_dir = String::new();
    let mut project_dir = item.project_directory.clone().unwrap_or_default();
    for (number, (written, trace)) in item.paths.iter().enumerate() {
        if let Some(reason) = remote(written) {
            return Err(cx.refusal(reason, *trace));
        }
        let path = load.path(written);
        if number == 0 {
            // The first file says where the project lies, the others are laid over it.
            match &item.project_directory {
                None => {
                    working_dir = load.folder_of(cx, &path);
                    project_dir = paths::dir(&path);
                }
                Some(dir) if !paths::is_absolute(dir) => {
                    working_dir = load.folder_of(cx, dir);
                    project_dir = paths::join(&load.working_dir, dir);
                }
                Some(dir) => working_dir.clone_from(dir),
            }
            if included.contains(&path) {
                let mut files = included.to_vec();
                files.push(path);
                return Err(cx.refusal(Reason::IncludeCycle { files }, *trace));
            }
        }
        files.push((path, *trace));
    }
    let environment = environment(cx, item, load, &project_dir)?;
    let key = (
        files.iter().map(|(path, _)| path.clone()).collect(),
        working_dir.clone(),
        project_dir.clone(),
    );
    if let Some(known) = loaded.includes.get(&key)
        && let Some((_, model)) = known.iter().find(|(known, _)| *known == environment)
    {
        let model = model.clone();
        cx.count_items(size(&model), item.trace)?;
        return Ok(model);
    }
    let inner = Load {
        working_dir,
        file_dir: project_dir,
        environment: &environment,
        resolve_paths: true,
    };
    let model = load::model(cx, &files, &inner, included, loaded)?;
    let known = loaded.includes.entry(key).or_default();
    known.push((environment.clone(), model.clone()));
    Ok(model)
}

fn environment(
    cx: &mut Cx<'_>,
    item: &Included,
    load: &Load<'_>,
    project_dir: &str,
) -> Resolving<Environment> {
    let mut files = Vec::new();
    if item.env_files.is_empty() {
        let path = paths::join(project_dir, ".env");
        if cx.kind(&path).is_some_and(|kind| kind != PathKind::Folder) {
            files.push((path, item.trace));
        }
    }
    for (path, trace) in &item.env_files {
        if path == "/dev/null" {
            continue;
        }
        let path = if paths::is_absolute(path) {
            path.clone()
        } else {
            paths::join(&load.working_dir, path)
        };
        let failure = match cx.kind(&path) {
            None => ReadFailure::NotFound,
            Some(PathKind::Folder) => ReadFailure::Folder,
            Some(_) => {
                files.push((path, *trace));
                continue;
            }
        };
        let reason = Reason::EnvFileMissing {
            what: "env file",
            path,
            failure,
        };
        let refused = cx.refusal(reason, *trace);
        cx.tolerate(refused)?;
    }
    let mut environment = load.environment.clone();
    let from_files = locate::env_files(cx, &environment, &files)?;
    environment.add_missing(from_files);
    Ok(environment)
}

/// Takes the parts of `imported` over into `map`.
fn take_over(
    cx: &mut Cx<'_>,
    map: &mut Map,
    imported: Item,
    resets: &Resets,
    item: &Included,
) -> Resolving<()> {
    let Data::Map(mut imported) = imported.data else {
        return Ok(());
    };
    for section in SECTIONS {
        let Some(entry) = imported.remove(section) else {
            continue;
        };
        let Data::Map(mut from) = entry.value.data else {
            continue;
        };
        if let Some(spot) = item.trace.spot() {
            cx.link(&mut from, LinkKind::Include, spot);
        }
        if map.get(section).is_none_or(Item::is_null) {
            let trace = entry.value.trace;
            let empty = Item::new(Data::Map(Map::default()), trace);
            map.insert(section, entry.key_trace, empty);
        }
        let Some(target) = map.get_mut(section) else {
            continue;
        };
        let trace = target.trace;
        let Some(to) = target.as_map_mut() else {
            let reason = Reason::WrongType {
                path: section.to_owned(),
                wanted: "a mapping",
                found: target.kind_name(),
            };
            return Err(cx.refusal(reason, trace));
        };
        for entry in from {
            let Some(local) = to.get_mut(&entry.key) else {
                to.insert(entry.key, entry.key_trace, entry.value);
                continue;
            };
            if local.same(&entry.value) {
                continue;
            }
            let local_trace = local.trace;
            let local = std::mem::replace(local, Item::null(local_trace));
            let mut base = entry.value;
            resets.apply_within(section, &entry.key, &mut base);
            let outer = Trail::TOP.key(section);
            let merged = merge::merge(cx, base, local, &outer.key(&entry.key))?;
            to.insert(entry.key, entry.key_trace, merged);
        }
    }
    Ok(())
}

/// How many values there are.
pub(super) fn size(item: &Item) -> u64 {
    match &item.data {
        Data::List(items) => 1 + items.iter().map(size).sum::<u64>(),
        Data::Map(map) => 1 + map.iter().map(|entry| size(entry.value())).sum::<u64>(),
        _ => 1,
    }
}
