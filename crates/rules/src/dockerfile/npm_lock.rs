//! Whether npm's lock file is in step with the `package.json` beside it.

use plimsoll_source::files::join;
use plimsoll_yaml::{Dialect, Node};

use super::build_context::View;
use super::facts::ecosystems::Tool;
use super::facts::installs::Install;

/// The longest manifest, and the longest entry of it in a lock file, that are read.
const MAX_BYTES: usize = 64 * 1024;
/// How far into a lock file that entry is looked for: it is the first of `packages`.
const MAX_BEFORE: usize = 4 * 1024;

/// The packages that `package.json` names and the lock file does not have as its dependencies:
/// `npm ci` refuses to install then. None where either cannot be read.
pub(super) fn unlocked(view: View<'_>, install: &Install, lock: &str) -> Vec<String> {
    let is_npm = install.tool == Tool::Npm
        && (lock == "package-lock.json" || lock.ends_with("/package-lock.json"));
    let folder = lock.rsplit_once('/').map_or("", |(folder, _)| folder);
    let read = || {
        let manifest = view.read(&join(folder, "package.json")?)?;
        missing(&manifest, &view.read(lock)?)
    };
    is_npm.then(read).flatten().unwrap_or_default()
}

fn missing(manifest: &str, lock: &str) -> Option<Vec<String>> {
    let named = names(manifest)?;
    let locked = names(root_entry(lock)?)?;
    let mut missing: Vec<String> = named
        .into_iter()
        .filter(|name| !locked.contains(name))
        .collect();
    missing.sort();
    missing.dedup();
    Some(missing)
}

/// The names of the dependencies of a project.
fn names(json: &str) -> Option<Vec<String>> {
    let json = json.trim_start_matches('\u{feff}');
    if json.len() > MAX_BYTES {
        return None;
    }
    let tree = plimsoll_yaml::parse(json, Dialect::Core);
    if !tree.errors().is_empty() {
        return None;
    }
    let root = tree.documents().next()?.root()?;
    let lists = ["dependencies", "devDependencies", "optionalDependencies"];
    let entries = lists.iter().filter_map(|list| root.get(list));
    let keys = entries.flat_map(Node::entries);
    Some(
        keys.filter_map(|entry| entry.key.text())
            .map(std::borrow::Cow::into_owned)
            .collect(),
    )
}

/// The object that lock files since npm 7 keep about the project itself: `"packages": {"": {…}}`.
fn root_entry(lock: &str) -> Option<&str> {
    let at = lock.find("\"packages\"")?;
    let rest = lock[at + "\"packages\"".len()..].trim_start();
    let rest = rest.strip_prefix(':')?.trim_start();
    let rest = rest.strip_prefix('{')?.trim_start();
    let rest = rest.strip_prefix("\"\"")?.trim_start();
    let rest = rest.strip_prefix(':')?.trim_start();
    if at > MAX_BEFORE || !rest.starts_with('{') {
        return None;
    }
    let mut depth = 0usize;
    let mut in_text = false;
    let mut escaped = false;
    for (at, byte) in rest.bytes().enumerate().take(MAX_BYTES) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b'{' if !in_text => depth += 1,
            b'}' if !in_text => {
                depth -= 1;
                if depth == 0 {
                    return rest.get(..=at);
                }
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::missing;
    use crate::dockerfile::missing_lockfile_install::RULE;
    use crate::testing::on;

    fn lock(dependencies: &str) -> String {
        format!(
            "{{\"name\": \"a\", \"lockfileVersion\": 3, \"packages\": {{\"\": {{\"name\": \"}}\", \
             \"dependencies\": {{{dependencies}}}}}, \"node_modules/b\": {{\"version\": \"1.0.0\"}}}}}}"
        )
    }

    #[test]
    fn what_the_lock_file_lacks_is_found() {
        let manifest = "{\"dependencies\": {\"b\": \"1\"}, \"devDependencies\": {\"c\": \"1\"}}";
        let found = missing(manifest, &lock("\"b\": \"^1\""));
        assert_eq!(found, Some(vec!["c".to_owned()]));
        let found = missing(manifest, &lock("\"b\": \"1\", \"c\": \"1\""));
        assert_eq!(found, Some(Vec::new()));
        // Lock files of npm 6, and what is none.
        for other in [
            "{\"lockfileVersion\": 1, \"dependencies\": {}}",
            "",
            "{\"packages\": {\"\": {",
        ] {
            assert_eq!(missing(manifest, other), None, "{other}");
        }
    }

    #[test]
    fn a_lock_file_that_npm_ci_would_refuse_is_renewed_first() {
        let with = |dependencies: &str| {
            on(&RULE).files(&format!(
                "//- /Dockerfile\nFROM node:24\nWORKDIR /a\nCOPY package*.json ./\nRUN npm install\n\
                 //- /package.json\n{{\"dependencies\": {{\"b\": \"1\", \"c\": \"2\"}}}}\n//- \
                 /package-lock.json\n{}\n",
                lock(dependencies)
            ))
        };
        let case = with("\"b\": \"1\"");
        let help = case.help();
        assert_eq!(
            help,
            "`package-lock.json` lacks `c`, and `npm ci` would refuse it: run `npm install`, commit \
             the lock file that it makes, and use `npm ci`"
        );
        assert!(case.findings[0].fix.is_none());
        let case = with("\"b\": \"1\", \"c\": \"2\"");
        assert_eq!(case.findings[0].help.as_deref(), Some("use `npm ci`"));
        assert!(case.findings[0].fix.is_some());
    }
}
