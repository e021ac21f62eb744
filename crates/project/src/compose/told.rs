//! Files that a Compose file says it is started with: the command in the comments at its head.

use plimsoll_source::EntryKind;
use plimsoll_source::files::{join, parent};

use crate::snapshot::{ComposeUnit, Project};

/// How many lines from the top may tell, and how many files one command may name.
const MAX_LINES: usize = 80;
const MAX_FILES: usize = 16;

/// The paths of the files of the first command that names this one and others before or after
/// it, in the order of the command.
pub(super) fn together(project: &Project, unit: &ComposeUnit) -> Option<Vec<String>> {
    let own = project.path(unit.file);
    let text = &project.files.get(unit.file).text;
    let comments = text
        .lines()
        .take(MAX_LINES)
        .filter_map(|line| line.trim_start().strip_prefix('#'));
    comments.map(files_of).find_map(|files| {
        if !(2..=MAX_FILES).contains(&files.len()) {
            return None;
        }
        // The command may be meant for the file's folder or for any above it.
        let mut folder = parent(own);
        loop {
            let paths: Option<Vec<String>> = files.iter().map(|file| join(folder, file)).collect();
            let is_there = |path: &String| project.tree.kind(path) == Some(EntryKind::File);
            let found = paths
                .filter(|paths| paths.iter().any(|path| path == own) && paths.iter().all(is_there));
            if found.is_some() || folder.is_empty() {
                return found;
            }
            folder = parent(folder);
        }
    })
}

/// What a command gives with `-f` and `--file`.
fn files_of(line: &str) -> Vec<&str> {
    let mut words = line.split_whitespace();
    let mut files = Vec::new();
    while let Some(word) = words.next() {
        let file = match word {
            "-f" | "--file" => words.next(),
            word => word
                .strip_prefix("--file=")
                .or_else(|| word.strip_prefix("-f=")),
        };
        files.extend(file.map(|file| file.trim_matches(['"', '\'', '`', '\\'])));
    }
    // An absolute path is of another machine.
    files.retain(|file| !file.is_empty() && !file.starts_with('/'));
    files
}

#[cfg(test)]
mod tests {
    use super::files_of;

    #[test]
    fn files_of_a_command() {
        let files = |line| files_of(line).join(" ");
        assert_eq!(
            files(" docker compose -f a/b.yml --file='c.yml' up"),
            "a/b.yml c.yml"
        );
        assert_eq!(
            files("`docker-compose --file x.yml -f y.yml`"),
            "x.yml y.yml"
        );
        assert_eq!(files("kubectl apply -f /etc/x.yml"), "");
    }
}
