//! # What it does
//! Finds builds that take their whole folder, `COPY . .`, and have no `.dockerignore`. At pedantic
//! also those that take a part of it.
//!
//! # Why it matters
//! Everything in the folder gets into the image: `.git` with the whole history, `.env` with its
//! secrets, the developer's `node_modules`. Every commit and every edit of a note changes what is
//! copied, and with it every layer after it. (BuildKit transfers only what a COPY names, so a file
//! that no COPY takes costs nothing.)
//!
//! # Example
//! ```dockerfile bad
//! //- /Dockerfile
//! FROM node:22-slim
//! WORKDIR /app
//! COPY . .
//! CMD ["node", "server.js"]
//! //- /server.js
//! console.log("up")
//! ```
//! ```dockerfile good
//! //- /Dockerfile
//! FROM node:22-slim
//! WORKDIR /app
//! COPY . .
//! CMD ["node", "server.js"]
//! //- /.dockerignore
//! .git
//! **/node_modules
//! .env
//! //- /server.js
//! console.log("up")
//! ```
//!
//! # Fix safety
//! The file that the fix creates leaves out what is there and hardly ever needed. A build that
//! asks git for its version needs `.git` after all.
//!
//! # References
//! - <https://docs.docker.com/build/concepts/context/#dockerignore-files>

use std::fmt::Write;

use plimsoll_source::files::join;
use plimsoll_source::{Confidence, EntryKind, Fix, Safety, Severity};

use super::build_context::{View, listed};
use super::context_files::{bulk, holds_secret};
use super::facts::copies::Whence;
use crate::{Check, Cx, DockerfileInput, FixKind, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "missing-dockerignore",
    summary: "a whole folder is copied and no `.dockerignore` says what to leave out",
    since: "0.1.0",
    severity: Severity::Warning,
    confidence: Confidence::High,
    strictness: Strictness::Default,
    fix: FixKind::Always,
    aliases: &[],
    checks: &[Check::Dockerfile(check)],
};

fn check(cx: &mut Cx<'_>, input: &DockerfileInput<'_>) {
    let Some(view) = View::with_content(cx.project, input.unit) else {
        return;
    };
    if view.context.ignore.is_some() {
        return;
    }
    let from_context = || {
        input
            .facts
            .copies
            .iter()
            .filter(|copy| copy.whence == Whence::Context)
            .flat_map(|copy| copy.sources.iter().map(move |source| (copy, source)))
            .filter(|(_, source)| source.known)
    };
    let whole = from_context().find(|(_, source)| source.is_whole());
    let part =
        || from_context().find(|(_, source)| view.kind(&source.path) == Some(EntryKind::Dir));
    let Some((copy, source)) = whole.or_else(part) else {
        return;
    };
    let taken = view.taken(copy);
    let mut patterns: Vec<&str> = Vec::new();
    for file in &taken {
        if let Some(kind) = bulk(&file.path)
            && !patterns.contains(&kind.pattern)
        {
            patterns.push(kind.pattern);
        }
    }
    let secrets: Vec<&str> = taken
        .iter()
        .filter(|file| holds_secret(view, &file.path, file.len))
        .map(|file| file.path.as_str())
        .collect();
    let mut text = String::from("# What no image needs.\n.git\n.gitignore\n");
    for pattern in patterns.iter().filter(|pattern| **pattern != ".git") {
        let _ = writeln!(text, "{pattern}");
    }
    text.push_str(
        "\n# Settings and secrets of this machine.\n**/.env\n**/.env.*\n!**/.env.example\n",
    );
    for secret in secrets.iter().filter(|path| !path.ends_with(".env")) {
        let _ = writeln!(text, "{secret}");
    }
    let Some(path) = join(&view.context.dir, ".dockerignore") else {
        return;
    };
    let there: Vec<&str> = secrets.iter().copied().chain(patterns).collect();
    let draft = cx.report(
        source.range,
        if source.is_whole() {
            "the whole folder is copied, and there is no `.dockerignore`".to_owned()
        } else {
            format!(
                "the folder `{}` is copied, and there is no `.dockerignore`",
                source.path
            )
        },
    );
    if !source.is_whole() {
        draft
            .strictness(Strictness::Pedantic)
            .severity(Severity::Note);
    }
    draft
        .note(if there.is_empty() {
            "whatever lies in it later, such as `.git` or an `.env`, gets into the image".to_owned()
        } else {
            format!("it takes {} along", listed(&there, 4))
        })
        .help(format!("create `{path}`"))
        .fix(Fix::new("create a `.dockerignore`", Safety::Unsafe).create(path, text));
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::on;

    #[test]
    fn folders_without_the_file_are_found() {
        on(&RULE)
            .files("//- /Dockerfile\nFROM a:1\nCOPY . .\n//- /main.py\nprint()\n")
            .flags(&["Dockerfile:2: ."]);
        let case = on(&RULE)
            .files(
                "//- /app/Dockerfile\nFROM a:1\nADD ./ /app/\n//- /app/main.py\nprint()\n\
                 //- /app/.env\nDB_PASSWORD=kJ8x2mQ9vT4w\n//- /app/node_modules/a.js\nx\n",
            )
            .flags(&["app/Dockerfile:2: ./"]);
        assert_eq!(
            case.findings[0].notes,
            ["it takes `app/.env` and `**/node_modules` along".replace("app/", "")]
        );
        let fix = case.findings[0].fix.as_ref().expect("a fix");
        assert_eq!(fix.change.create[0].path, "app/.dockerignore");
        assert!(fix.change.create[0].text.contains("**/node_modules\n"));
        on(&RULE)
            .files("//- /Dockerfile\nFROM a:1\nCOPY src src\n//- /src/main.py\nprint()\n")
            .says(&["the folder `src` is copied, and there is no `.dockerignore`"]);
    }

    #[test]
    fn files_and_other_stages_are_left_alone() {
        on(&RULE)
            .files("//- /Dockerfile\nFROM a:1\nCOPY main.py .\n//- /main.py\nprint()\n")
            .clean();
        on(&RULE)
            .files("//- /Dockerfile\nFROM a:1 AS b\nFROM a:1\nCOPY --from=b /app .\n//- /x\n1\n")
            .clean();
        on(&RULE)
            .files("//- /Dockerfile\nFROM a:1\nCOPY . .\n//- /.dockerignore\n.git\n//- /x\n1\n")
            .clean();
        on(&RULE)
            .files("//- /Dockerfile\nFROM a:1\nCOPY . .\n//- /Dockerfile.dockerignore\n.git\n//- /x\n1\n")
            .clean();
    }
}
