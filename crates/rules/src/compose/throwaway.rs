//! Whether a project takes its Compose file down with all data, by the commands that it writes down.

use plimsoll_source::files::{file_name, join, parent};

use crate::Cx;

/// Files in which people write down the commands that they work with.
const TASKS: [&str; 8] = [
    "GNUmakefile",
    "Justfile",
    "Makefile",
    "Taskfile.yaml",
    "Taskfile.yml",
    "justfile",
    "makefile",
    "package.json",
];
/// The largest of them that is read, in bytes.
const MAX_BYTES: usize = 256 * 1024;

/// Whether a task beside a Compose file, or at the top, takes its volumes away with its containers, and
/// none takes the containers down alone.
pub(super) fn is_thrown_away(cx: &Cx<'_>, path: &str) -> bool {
    let mut folders = vec![parent(path), ""];
    folders.dedup();
    let files = folders.iter().flat_map(|folder| {
        let paths = TASKS.iter().filter_map(|name| join(folder, name));
        paths.filter_map(|path| cx.project.tree.read(&path).ok())
    });
    let texts: Vec<String> = files
        .filter(|bytes| bytes.len() <= MAX_BYTES)
        .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        .collect();
    let lines = texts.iter().flat_map(|text| text.lines());
    let downs: Vec<bool> = lines
        .filter_map(|line| takes_down(line, file_name(path)))
        .collect();
    !downs.is_empty() && downs.iter().all(|with_volumes| *with_volumes)
}

/// Whether a line takes a Compose file down, and if so, whether with its volumes.
fn takes_down(line: &str, name: &str) -> Option<bool> {
    let words: Vec<&str> = line
        .split(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ',' | ';'))
        .collect();
    let down = words.iter().position(|word| *word == "down")?;
    let is_compose = words[..down].iter().any(|word| word.ends_with("compose"));
    let mut given = words
        .windows(2)
        .filter(|pair| matches!(pair[0], "-f" | "--file"));
    let mut others = given.by_ref().map(|pair| file_name(pair[1])).peekable();
    if !is_compose || others.peek().is_some() && !others.any(|other| other == name) {
        return None;
    }
    Some(
        words[down..]
            .iter()
            .any(|word| matches!(*word, "-v" | "--volumes")),
    )
}

#[cfg(test)]
mod tests {
    use super::takes_down;

    #[test]
    fn commands_are_read_with_their_files() {
        let own = |line: &str| takes_down(line, "compose.yaml");
        assert_eq!(own("\t@docker compose -f compose.yaml down -v"), Some(true));
        assert_eq!(
            own("  \"stop\": \"docker-compose down --volumes\","),
            Some(true)
        );
        assert_eq!(own("docker compose down"), Some(false));
        assert_eq!(own("docker compose -f compose.test.yaml down -v"), None);
        assert_eq!(own("helm rollback down -v"), None);
    }
}
