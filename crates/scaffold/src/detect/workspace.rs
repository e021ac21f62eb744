//! Members of workspaces, by the patterns that manifests name them with.

use super::files::{Files, below};

/// The folders below `root` that a pattern such as `packages/*` or `apps/**` names.
pub(crate) fn folders(files: &Files<'_>, root: &str, pattern: &str) -> Vec<String> {
    let pattern = pattern
        .trim()
        .trim_start_matches("./")
        .trim_end_matches('/');
    let mut found = vec![root.to_owned()];
    for part in pattern.split('/').take(12) {
        let mut next = Vec::new();
        for folder in &found {
            match part {
                "." | "" => next.push(folder.clone()),
                "**" => {
                    let mut waiting = vec![folder.clone()];
                    while let Some(at) = waiting.pop() {
                        let inner = files.folders(&at);
                        waiting.extend(
                            inner
                                .into_iter()
                                .map(|name| below(&at, name))
                                .filter(|path| files.walked_into(path)),
                        );
                        next.push(at);
                        if next.len() > 2000 {
                            break;
                        }
                    }
                }
                part if part.contains('*') => {
                    let names = files.folders(folder);
                    let fitting = names.into_iter().filter(|name| fits(part, name));
                    next.extend(fitting.map(|name| below(folder, name)));
                }
                part => {
                    let path = below(folder, part);
                    if files.has_folder(&path) {
                        next.push(path);
                    }
                }
            }
        }
        found = next;
    }
    found
}

/// Whether a name fits a pattern with `*` for any run of characters.
fn fits(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| name.strip_prefix(first)) else {
        return false;
    };
    let mut last = "";
    for part in parts {
        let Some(at) = rest.find(part) else {
            return false;
        };
        rest = &rest[at + part.len()..];
        last = part;
    }
    // What follows the last `*` has to stand at the end.
    rest.is_empty() || last.is_empty() || name.ends_with(last)
}
