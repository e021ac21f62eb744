//! Which folders need a volume when the root is read-only.

use super::artefact;
use crate::model::{Certainty, Known, NodeFramework, PhpFramework, RubyFramework, Service, Stack};

/// Folders that need a volume, sorted, and paths that none can help.
pub(super) fn paths(service: &Service) -> (Vec<Known<String>>, Vec<Known<String>>) {
    let workdir = artefact::workdir(service);
    let mut folders = vec![Known::assumed(
        "/tmp".to_owned(),
        "the runtime and libraries put temporary files there",
    )];
    let mut unwritable = Vec::new();
    for known in service.writes.iter().cloned().chain(habits(service)) {
        let path = absolute(&workdir, &known.value);
        let is_file = is_file(&path) && !known.value.ends_with('/');
        let folder = if is_file { parent(&path) } else { &path };
        // A volume over the working directory or over what it lies in would hide the program.
        if within(&workdir, folder) || folder == "/" {
            unwritable.push(known.map(|_| path));
            continue;
        }
        let folder = folder.to_owned();
        if within(&folder, "/tmp") || folders.iter().any(|have| have.value == folder) {
            continue;
        }
        folders.push(known.map(|_| folder));
    }
    folders.sort_by(|a, b| a.value.cmp(&b.value));
    unwritable.sort_by(|a, b| a.value.cmp(&b.value));
    (folders, unwritable)
}

/// What frameworks write beside their code.
fn habits(service: &Service) -> Vec<Known<String>> {
    let (framework, paths): (_, &[&str]) = match &service.stack {
        Stack::Php(php) => match &php.framework {
            // The folders themselves: Laravel makes none of them.
            Some(known) if known.value == PhpFramework::Laravel => (
                known.evidence.clone(),
                &[
                    "bootstrap/cache",
                    "storage/app",
                    "storage/framework/cache",
                    "storage/framework/sessions",
                    "storage/framework/views",
                    "storage/logs",
                ],
            ),
            Some(known) if known.value == PhpFramework::Symfony => {
                (known.evidence.clone(), &["var"])
            }
            _ => return Vec::new(),
        },
        Stack::Ruby(ruby) => match &ruby.framework {
            Some(known) if known.value == RubyFramework::Rails => {
                (known.evidence.clone(), &["log", "tmp"])
            }
            _ => return Vec::new(),
        },
        Stack::Node(node) if !artefact::is_site(&service.stack) => match &node.framework {
            Some(known) if known.value == NodeFramework::Next => {
                (known.evidence.clone(), &[".next/cache"])
            }
            _ => return Vec::new(),
        },
        _ => return Vec::new(),
    };
    paths
        .iter()
        .map(|path| Known {
            value: (*path).to_owned(),
            certainty: Certainty::Likely,
            evidence: framework.clone(),
        })
        .collect()
}

/// An absolute path without `.` and `..`.
fn absolute(workdir: &str, path: &str) -> String {
    let joined = if path.starts_with('/') {
        path.to_owned()
    } else {
        format!("{workdir}/{path}")
    };
    let mut parts = Vec::new();
    for part in joined.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

/// Whether the last part of a path has an ending: what a folder rarely has and a file mostly has.
fn is_file(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    name.rfind('.').is_some_and(|at| at > 0)
}

fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("/", |(parent, _)| parent)
}

/// Whether `path` is `folder` or lies in it.
fn within(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
