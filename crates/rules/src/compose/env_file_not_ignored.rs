//! # What it does
//! Finds env files with secrets that git tracks, or would take with the next `git add`: the files
//! under `env_file`, and the `.env` beside the Compose file that fills its variables.
//!
//! # Why it matters
//! The point of an env file is that the secrets of one machine stay there. One `git add .` puts
//! them into the history of every clone, where deleting the file does not reach them.
//!
//! A file that is there is read: it is reported only for values of passwords, tokens and keys that
//! are no mere examples. One that is not there yet is reported when git would take it as soon as
//! somebody makes it. `.env.example` and the like are meant to be committed. In
//! `--strictness pedantic` files with guessable passwords and a committed
//! `compose.override.yaml` are reported too: the override is for one developer's machine.
//!
//! # Example
//! ```compose bad
//! //- /.git/HEAD
//! ref: refs/heads/main
//! //- /compose.yaml
//! services:
//!   web:
//!     image: acme/web:1.4.2
//!     env_file: .env
//! //- /.env
//! STRIPE_API_KEY=q8fjw2-71bc
//! ```
//! ```compose good
//! //- /.git/HEAD
//! ref: refs/heads/main
//! //- /.gitignore
//! .env
//! //- /compose.yaml
//! services:
//!   web:
//!     image: acme/web:1.4.2
//!     env_file: .env
//! //- /.env
//! STRIPE_API_KEY=q8fjw2-71bc
//! ```
//!
//! # Fix safety
//! Where the folder has no `.gitignore`, one with the file's name is made.
//!
//! # References
//! - <https://docs.docker.com/compose/how-tos/environment-variables/set-environment-variables/>
//! - <https://git-scm.com/docs/gitignore>

use plimsoll_compose::{ComposeFile, Value, interpolation};
use plimsoll_project::{ComposeUnit, vcs::Status};
use plimsoll_secrets::address::embedded;
use plimsoll_secrets::form::issuer;
use plimsoll_secrets::{Worth, names_secret, worth};
use plimsoll_source::files::{DirEntry, EntryKind, file_name, head, join, parent};
use plimsoll_source::{Confidence, Fix, Place, Safety, Severity};
use plimsoll_yaml::{Kind, Node};

use crate::{Check, Cx, FixKind, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "env-file-not-ignored",
    summary: "git tracks an env file with secrets, or would take it",
    since: "0.1.0",
    severity: Severity::Warning,
    confidence: Confidence::High,
    strictness: Strictness::Default,
    fix: FixKind::Sometimes,
    aliases: &[],
    checks: &[Check::Project(check)],
};

/// Env files longer than this are none.
const MAX_BYTES: usize = 256 * 1024;

fn check(cx: &mut Cx<'_>) {
    let project = cx.project;
    let mut told: Vec<String> = Vec::new();
    for unit in &project.composes {
        let Some(file) = ComposeFile::new(&unit.tree) else {
            continue;
        };
        overrides(cx, unit);
        let context = in_the_open(file);
        for (path, place) in named(cx, unit, file) {
            if !told.contains(&path) && report(cx, &path, place, true, &context) {
                told.push(path);
            }
        }
        if let Some((path, place)) = implied(cx, unit, file, &context)
            && !told.contains(&path)
            && report(cx, &path, place, false, &context)
        {
            told.push(path);
        }
    }
}

/// What stands in the open beside the secrets: the words of the images' names, of which one makes
/// a password that anyone would guess.
fn in_the_open(file: ComposeFile<'_>) -> Vec<String> {
    let images = file.services().filter_map(|service| service.image());
    let mut words: Vec<String> = images
        .flat_map(|image| {
            let text = image.text().to_ascii_lowercase();
            let words = text.split(|c: char| !c.is_ascii_alphanumeric());
            let words: Vec<String> = words
                .filter(|word| word.len() > 2)
                .map(str::to_owned)
                .collect();
            words
        })
        .collect();
    words.sort();
    words.dedup();
    words
}

/// The files under `env_file`, with their places.
fn named(cx: &Cx<'_>, unit: &ComposeUnit, file: ComposeFile<'_>) -> Vec<(String, Place)> {
    let dir = parent(cx.project.path(unit.file));
    let mut found: Vec<(String, Place)> = Vec::new();
    for env_file in file
        .services()
        .flat_map(plimsoll_compose::Service::env_files)
    {
        let written = env_file.path();
        let Some(path) = written.with_defaults().and_then(|path| inside(dir, &path)) else {
            continue;
        };
        if !is_template(&path) && !found.iter().any(|(other, _)| *other == path) {
            found.push((path, Place::new(unit.file, written.range())));
        }
    }
    found
}

fn inside(dir: &str, path: &str) -> Option<String> {
    if path.starts_with(['/', '~', '\\']) {
        return None;
    }
    join(dir, path).filter(|path| !path.is_empty())
}

/// The `.env` beside the file, at the first variable that takes a secret from it.
fn implied(
    cx: &Cx<'_>,
    unit: &ComposeUnit,
    file: ComposeFile<'_>,
    context: &[String],
) -> Option<(String, Place)> {
    let path = join(parent(cx.project.path(unit.file)), ".env")?;
    let keys = secrets(cx, &path, context).map(|found| found.keys);
    let found = variables(file.node())
        .into_iter()
        .find(|variable| match &keys {
            Some(keys) => keys.contains(&variable.name),
            // Where the file is not there, only what cannot be left out says that it will be.
            None => !variable.has_default && names_secret(&variable.name),
        })?;
    let range = found.value.range_of(found.range);
    Some((path, Place::new(unit.file, range)))
}

/// A variable in a value of the file.
struct Used<'a> {
    value: Value<'a>,
    name: String,
    range: std::ops::Range<usize>,
    has_default: bool,
}

/// The variables in the values of the file.
fn variables(root: Node<'_>) -> Vec<Used<'_>> {
    let mut found = Vec::new();
    let mut open = vec![root];
    while let Some(node) = open.pop() {
        match node.kind() {
            // Anchors are seen where they are written.
            Kind::Alias => {}
            Kind::Mapping => {
                let values: Vec<Node<'_>> = node.entries().map(|entry| entry.value).collect();
                open.extend(values.into_iter().rev());
            }
            Kind::Sequence => {
                let items: Vec<Node<'_>> = node.items().collect();
                open.extend(items.into_iter().rev());
            }
            Kind::Scalar => {
                let Some(value) = Value::new(node) else {
                    continue;
                };
                let text = value.text();
                found.extend(
                    interpolation::variables(&text)
                        .into_iter()
                        .map(|variable| Used {
                            value,
                            name: variable.name.to_owned(),
                            range: variable.range,
                            has_default: variable.operation.is_some_and(|(op, ..)| op.is_default()),
                        }),
                );
            }
        }
    }
    found
}

/// What an env file keeps.
struct Secrets {
    keys: Vec<String>,
    worth: Worth,
}

/// The secrets of an env file; `None` if it is not there, empty keys if it has none.
fn secrets(cx: &Cx<'_>, path: &str, context: &[String]) -> Option<Secrets> {
    let bytes = cx
        .project
        .tree
        .read(path)
        .ok()
        .filter(|bytes| bytes.len() <= MAX_BYTES)?;
    let text = String::from_utf8_lossy(&bytes);
    let mut found = Secrets {
        keys: Vec::new(),
        worth: Worth::Nothing,
    };
    for line in text.lines() {
        let line = line.trim().trim_start_matches('\u{feff}');
        let line = line.strip_prefix("export ").unwrap_or(line);
        if line.starts_with('#') {
            continue;
        }
        let Some((key, value)) = line.split_once('=') else {
            continue;
        };
        let value = unquoted(value);
        let inside = embedded(value);
        let mut here = inside
            .into_iter()
            .map(|range| &value[range])
            .filter(|password| !password.contains('$'))
            .map(|password| worth(password, context))
            .max();
        if here.is_none() && (names_secret(key.trim()) || issuer(value).is_some()) {
            here = (!value.contains("${")).then(|| worth(value, context));
        }
        if let Some(here) = here.filter(|here| *here > Worth::Nothing) {
            found.keys.push(key.trim().to_owned());
            found.worth = found.worth.max(here);
        }
    }
    Some(found)
}

fn unquoted(value: &str) -> &str {
    let value = value.trim();
    for quote in ['"', '\''] {
        if let Some(rest) = value.strip_prefix(quote) {
            return rest.split(quote).next().unwrap_or(rest);
        }
    }
    value.split(" #").next().unwrap_or(value).trim_end()
}

/// Whether the name says that the file is an example to copy.
fn is_template(path: &str) -> bool {
    let name = file_name(path).to_ascii_lowercase();
    name.split(['.', '-', '_']).any(|word| {
        [
            "example", "sample", "template", "dist", "tpl", "tmpl", "default", "defaults", "test",
            "ci",
        ]
        .contains(&word)
    })
}

/// Whether the name alone says that the file is one machine's.
fn is_local(path: &str) -> bool {
    let name = file_name(path);
    name == ".env" || name.starts_with(".env.") || name.rsplit('.').next() == Some("local")
}

/// Reports the file if git has it or would take it; whether it did.
fn report(cx: &mut Cx<'_>, path: &str, place: Place, by_name: bool, context: &[String]) -> bool {
    let status = cx.project.vcs.status(path);
    if !matches!(status, Status::Tracked | Status::Visible) {
        return false;
    }
    let found = secrets(cx, path, context);
    if found.as_ref().is_some_and(|found| found.keys.is_empty())
        || (found.is_none() && !is_local(path))
    {
        return false;
    }
    // What a link leads to is asked for itself.
    let entries = cx.project.tree.list(parent(path)).unwrap_or_default();
    let name = file_name(path);
    let is_link = |entry: &DirEntry| entry.name == name && entry.kind == EntryKind::Link;
    if entries.iter().any(is_link) {
        return false;
    }
    let tracked = status == Status::Tracked;
    let message = match (&found, tracked) {
        (None, _) => format!("nothing keeps `{path}` out of git once it is made"),
        (Some(_), true) => format!("git tracks `{path}`, which holds secrets"),
        (Some(_), false) => format!("the next `git add .` takes `{path}`, which holds secrets"),
    };
    let help = if tracked {
        format!(
            "commit a `{name}.example` without the secrets in its place: run `git rm --cached \
             {path}`, add `{name}` to `.gitignore`, and change the secrets, for they are in the \
             history"
        )
    } else {
        format!("add `{name}` to `.gitignore`")
    };
    let ignore = join(parent(path), ".gitignore").unwrap_or_default();
    let fix = (!tracked && cx.project.tree.kind(&ignore).is_none()).then(|| {
        Fix::new(format!("make `{ignore}` with `{name}`"), Safety::Safe)
            .create(ignore, format!("{name}\n"))
    });
    let draft = cx.report_at(place, message);
    draft.subject(format!("file/{path}")).help(help);
    if !by_name {
        draft.note("Compose reads the `.env` beside the file for its variables");
    }
    match found {
        None => {
            draft.confidence(Confidence::Medium);
        }
        Some(found) => {
            let shown: Vec<String> = found
                .keys
                .iter()
                .take(3)
                .map(|key| format!("`{key}`"))
                .collect();
            let more = match found.keys.len().saturating_sub(3) {
                0 => String::new(),
                n => format!(" and {n} more"),
            };
            draft.note(format!("it sets {}{more}", shown.join(", ")));
            match found.worth {
                Worth::Token(_) => {
                    draft.severity(Severity::Error);
                }
                Worth::Weak => {
                    draft.strictness(Strictness::Pedantic);
                }
                Worth::Real | Worth::Nothing => {}
            }
        }
    }
    if let Some(fix) = fix {
        draft.fix(fix);
    }
    true
}

/// A committed override file.
fn overrides(cx: &mut Cx<'_>, unit: &ComposeUnit) {
    if !unit.is_override {
        return;
    }
    let path = cx.project.path(unit.file);
    let status = cx.project.vcs.status(path);
    let message = match status {
        Status::Tracked => format!("git tracks `{path}`"),
        Status::Visible => format!("the next `git add .` takes `{path}`"),
        Status::Ignored | Status::Unknown => return,
    };
    let name = file_name(path).to_owned();
    let place = head(&cx.project.files, unit.file);
    cx.report_at(place, message)
        .strictness(Strictness::Pedantic)
        .severity(Severity::Note)
        .note("Compose merges it on every machine without being asked")
        .help(format!(
            "add `{name}` to `.gitignore`, and commit an example of it or a file for `-f`"
        ));
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use plimsoll_project::{Options, Project, vcs::Vcs};
    use plimsoll_source::{Finding, Severity};
    use plimsoll_testkit::{Fixture, tree};

    use super::RULE;
    use crate::check::check_with;
    use crate::rule::Date;
    use crate::selection::Selection;
    use crate::testing::{Case, on};

    const WEB: &str = "services:\n  web:\n    image: acme/web:1\n    env_file: .env\n";

    /// A repository with nothing added yet.
    fn repository(files: &str) -> Case {
        on(&RULE).files(&format!(
            "//- /compose.yaml\n{files}//- /.git/HEAD\nref: x\n"
        ))
    }

    /// A repository with everything committed.
    fn committed(files: &str) -> Vec<Finding> {
        let fixture = Fixture::parse("compose.yaml", files);
        let tree: Arc<dyn plimsoll_source::Tree> = Arc::new(tree(&fixture));
        let mut project = Project::load(Arc::clone(&tree), &Options::default());
        project.vcs = Vcs::with_tracked(tree, fixture.files.iter().map(|(path, _)| path.as_str()));
        let mut selection = Selection::on(Date::new(2026, 11, 24));
        selection.select.insert(RULE.id.to_owned());
        check_with(&plimsoll_links::Links::new(&project), &selection, &[&RULE]).findings
    }

    #[test]
    fn a_file_that_git_would_take_is_found_and_ignored() {
        repository(&format!("{WEB}//- /.env\nAPI_TOKEN=q8fjw271bc\n"))
            .flags(&["compose.yaml:4: .env"])
            .says(&["the next `git add .` takes `.env`, which holds secrets"])
            .fixed(WEB);
        repository(&format!("{WEB}    # not made yet\n"))
            .says(&["nothing keeps `.env` out of git once it is made"])
            .fixed(&format!("{WEB}    # not made yet\n"));
    }

    #[test]
    fn a_file_that_git_has_is_found() {
        let found = committed(&format!("{WEB}//- /.env\nAPI_TOKEN=q8fjw271bc\n"));
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].message, "git tracks `.env`, which holds secrets");
        assert!(found[0].fix.is_none());
        let token = format!("UPSTREAM=ghp_{}", "a1B2".repeat(9));
        let found = committed(&format!("{WEB}//- /.env\n{token}\n"));
        assert_eq!(found[0].severity, Severity::Error);
    }

    #[test]
    fn the_env_file_that_compose_reads_by_itself_is_found() {
        let text = "services:\n  db:\n    image: postgres:18.1\n    environment:\n      \
                    POSTGRES_PASSWORD: ${DB_PASSWORD:?}\n";
        repository(&format!("{text}//- /.env\nDB_PASSWORD='q8fjw271bc'\n"))
            .flags(&["compose.yaml:5: ${DB_PASSWORD:?}"]);
        repository(&format!("{text}//- /.env\nTAG=1\n")).clean();
        repository(text).flags(&["compose.yaml:5: ${DB_PASSWORD:?}"]);
    }

    #[test]
    fn two_services_with_one_file_are_one_finding() {
        repository(&format!(
            "{WEB}  worker:\n    image: acme/web:1\n    env_file: [./.env]\n//- \
             /.env\nDATABASE_URL=postgres://a:q8fjw2@db/a\n"
        ))
        .flags(&["compose.yaml:4: .env"]);
    }

    #[test]
    fn files_that_are_ignored_or_keep_no_secret_are_left_alone() {
        let secret = "//- /.env\nAPI_TOKEN=q8fjw271bc\n";
        repository(&format!("{WEB}{secret}//- /.gitignore\n*.env\n")).clean();
        // No repository, nothing known.
        on(&RULE)
            .files(&format!("//- /compose.yaml\n{WEB}{secret}"))
            .clean();
        repository(&format!(
            "{WEB}//- /.env\nLOG_LEVEL=debug\n# API_TOKEN=q8fjw271bc\n"
        ))
        .clean();
        repository(&format!(
            "{WEB}//- /.env\nAPI_TOKEN=\nDB_PASSWORD_FILE=/run/x\n"
        ))
        .clean();
        repository(
            "services:\n  web:\n    image: a:1\n    env_file: .env.example\n//- \
             /.env.example\nAPI_TOKEN=q8fjw271bc\n",
        )
        .clean();
        repository("services:\n  web:\n    image: a:1\n    env_file: /etc/web/env\n").clean();
        repository("services:\n  web:\n    image: a:1\n    env_file: config/web.env\n").clean();
    }

    #[test]
    fn a_committed_override_is_for_the_pedantic() {
        let case = repository(
            "services:\n  web:\n    image: a:1\n//- /compose.override.yaml\nservices:\n  \
             web:\n    ports: ['80:80']\n",
        );
        case.flags(&["compose.override.yaml:1: services:"])
            .quiet_by_default();
        repository(&format!("{WEB}//- /.env\nAPI_TOKEN=changeme\n"))
            .flags(&["compose.yaml:4: .env"])
            .quiet_by_default();
    }
}
