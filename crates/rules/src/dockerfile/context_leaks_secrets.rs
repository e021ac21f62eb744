//! # What it does
//! Finds secrets that a COPY or ADD of a folder takes along: `.env` files with credentials,
//! private keys, login files of package managers and clouds. The real folder is looked at, with
//! `.dockerignore` applied.
//!
//! # Why it matters
//! Nobody named the file, so nobody notices that it ships. Whoever can pull the image can read it,
//! also when a later step deletes it.
//!
//! Files are taken for secret by their name and then by what they hold: an `.env` without
//! credentials is none. Keys below `tests` and `fixtures` are not reported. A secret that a COPY
//! names itself is reported by `secret-in-image`.
//!
//! # Example
//! ```dockerfile bad
//! //- /Dockerfile
//! FROM node:22-slim
//! COPY . /app
//! //- /.dockerignore
//! .git
//! //- /.env
//! STRIPE_API_KEY=9f86d081884c7d659a2feaa0c55ad015
//! //- /server.js
//! console.log("up")
//! ```
//! ```dockerfile good
//! //- /Dockerfile
//! FROM node:22-slim
//! COPY . /app
//! //- /.dockerignore
//! .git
//! .env
//! //- /.env
//! STRIPE_API_KEY=9f86d081884c7d659a2feaa0c55ad015
//! //- /server.js
//! console.log("up")
//! ```
//!
//! # References
//! - <https://docs.docker.com/build/concepts/context/#dockerignore-files>

use plimsoll_source::{Confidence, Edit, Fix, Safety, Severity, TextRange};

use super::build_context::{View, listed};
use super::context_files::holds_secret;
use super::facts::copies::Whence;
use super::shipped::{lineage, shipped};
use crate::{Check, Cx, DockerfileInput, FixKind, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "context-leaks-secrets",
    summary: "a copied folder takes secrets along",
    since: "0.1.0",
    severity: Severity::Error,
    confidence: Confidence::High,
    strictness: Strictness::Default,
    fix: FixKind::Sometimes,
    aliases: &[],
    checks: &[Check::Dockerfile(check)],
};

fn check(cx: &mut Cx<'_>, input: &DockerfileInput<'_>) {
    let build = &input.unit.build;
    let Some(view) = View::with_content(cx.project, input.unit) else {
        return;
    };
    let line = shipped(input.unit)
        .map(|stage| lineage(build, stage))
        .unwrap_or_default();
    let mut told: Vec<&str> = Vec::new();
    for copy in input
        .facts
        .copies
        .iter()
        .filter(|copy| copy.whence == Whence::Context)
    {
        for source in copy.sources.iter().filter(|source| source.known) {
            let taken = view.visible().select(&source.path);
            let secrets: Vec<&str> = taken
                .iter()
                // What the COPY names itself is no by-catch.
                .filter(|file| file.path != source.path && !told.contains(&file.path.as_str()))
                .filter(|file| holds_secret(view, &file.path, file.len))
                .map(|file| file.path.as_str())
                .collect();
            if secrets.is_empty() {
                continue;
            }
            told.extend(&secrets);
            let ships = line
                .iter()
                .any(|stage| stage.instructions.contains(&copy.instruction));
            let draft = cx.report(
                source.range,
                format!(
                    "this takes {} into {}",
                    listed(&secrets, 4),
                    if ships { "the image" } else { "a build stage" }
                ),
            );
            if ships {
                draft.note(
                    "whoever can pull the image can read it, also when a later step deletes it",
                );
            } else {
                draft.severity(Severity::Warning).note(
                    "a build stage does not ship, but its layers stay in the build cache and may be pushed with it",
                );
            }
            let names: Vec<String> = secrets.iter().map(|path| format!("`{path}`")).collect();
            draft.help(format!(
                "leave it out in `.dockerignore`: {}",
                names.join(", ")
            ));
            if let Some(ignore) = view
                .context
                .ignore
                .and_then(|index| input_ignore(view, index))
            {
                let (file, end, text) = ignore;
                let lead = if text.is_empty() || text.ends_with('\n') {
                    ""
                } else {
                    "\n"
                };
                let lines: String = secrets.iter().map(|path| format!("{path}\n")).collect();
                draft.fix(Fix::new("leave it out", Safety::Unsafe).edit(
                    file,
                    Edit::replace(TextRange::empty(end), format!("{lead}{lines}")),
                ));
            }
        }
    }
}

/// The `.dockerignore` that counts: its file, where it ends, and its text.
fn input_ignore(view: View<'_>, index: usize) -> Option<(plimsoll_source::FileId, u32, &str)> {
    let unit = view.ignore_unit(index)?;
    let text = &*unit.ignore.text;
    Some((unit.file, text.len() as u32, text))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::on;

    const ENV: &str = "//- /.env\nDB_PASSWORD=kJ8x2mQ9vT4w\n";
    const KEY: &str = "//- /certs/server.key\n-----BEGIN PRIVATE KEY-----\nMIIB\n";

    #[test]
    fn taken_secrets_are_found() {
        on(&RULE)
            .files(&format!(
                "//- /Dockerfile\nFROM a:1\nCOPY . .\n{ENV}//- /x\n1\n"
            ))
            .says(&["this takes `.env` into the image"]);
        on(&RULE)
            .files(&format!("//- /Dockerfile\nFROM a:1\nCOPY certs /c\n{KEY}"))
            .flags(&["Dockerfile:2: certs"]);
        let case = on(&RULE)
            .files(&format!(
                "//- /.dockerignore\n.git\n//- /Dockerfile\nFROM a:1 AS b\nCOPY . .\nFROM a:1\n{ENV}//- /x\n1\n"
            ))
            .says(&["this takes `.env` into a build stage"]);
        case.fixed(".git\n.env\n");
    }

    #[test]
    fn what_is_left_out_or_no_secret_is_left_alone() {
        on(&RULE)
            .files(&format!(
                "//- /Dockerfile\nFROM a:1\nCOPY . .\n//- /.dockerignore\n*.env\n{ENV}"
            ))
            .clean();
        on(&RULE)
            .files("//- /Dockerfile\nFROM a:1\nCOPY . .\n//- /.env\nPORT=3000\nDB_PASSWORD=\n//- /x\n1\n")
            .clean();
        on(&RULE)
            .files(&format!(
                "//- /Dockerfile\nFROM a:1\nCOPY .env .\n{ENV}//- /x\n1\n"
            ))
            .clean();
        on(&RULE)
            .files("//- /Dockerfile\nFROM a:1\nCOPY . .\n//- /tests/a.key\n-----BEGIN PRIVATE KEY-----\n")
            .clean();
        on(&RULE)
            .files(&format!(
                "//- /Dockerfile\nFROM a:1\nCOPY src .\n{ENV}//- /src/a\n1\n"
            ))
            .clean();
    }
}
