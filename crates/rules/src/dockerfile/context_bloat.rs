//! # What it does
//! Finds bulk that a COPY or ADD of a folder takes along: `.git`, a developer's `node_modules` or
//! virtual environment, caches and logs. The real folder is looked at, with `.dockerignore`
//! applied; the finding says how many files and bytes.
//!
//! # Why it matters
//! It is sent to the builder, copied into a layer, pushed and pulled. `.git` changes with every
//! commit, so nothing after the COPY comes from the cache; a `node_modules` from another system
//! replaces the one that the build has just installed.
//!
//! Silent about `.git` where the build calls git, and about `node_modules` where the build
//! installs none. Caches and logs count from 1 MB.
//!
//! # Example
//! ```dockerfile bad
//! //- /Dockerfile
//! FROM node:22-slim
//! COPY package.json package-lock.json ./
//! RUN npm ci
//! COPY . .
//! //- /.dockerignore
//! .git
//! //- /package.json
//! {"name": "a"}
//! //- /package-lock.json
//! {}
//! //- /node_modules/left-pad/index.js
//! module.exports = 1
//! ```
//! ```dockerfile good
//! //- /Dockerfile
//! FROM node:22-slim
//! COPY package.json package-lock.json ./
//! RUN npm ci
//! COPY . .
//! //- /.dockerignore
//! .git
//! **/node_modules
//! //- /package.json
//! {"name": "a"}
//! //- /package-lock.json
//! {}
//! //- /node_modules/left-pad/index.js
//! module.exports = 1
//! ```
//!
//! # References
//! - <https://docs.docker.com/build/concepts/context/#dockerignore-files>

use std::collections::BTreeMap;

use plimsoll_source::{Confidence, Edit, Fix, Safety, Severity};

use super::build_context::{View, bytes, listed};
use super::context_files::bulk;
use super::facts::copies::Whence;
use crate::{Check, Cx, DockerfileInput, FixKind, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "context-bloat",
    summary: "a copied folder takes bulk along that no image needs",
    since: "0.1.0",
    severity: Severity::Warning,
    confidence: Confidence::High,
    strictness: Strictness::Default,
    fix: FixKind::Sometimes,
    aliases: &[],
    checks: &[Check::Dockerfile(check)],
};

/// Caches and logs smaller than this, in bytes, are not worth a word.
const SMALL: u64 = 1_000_000;

#[derive(Default)]
struct Amount {
    files: usize,
    bytes: u64,
    always: bool,
}

fn check(cx: &mut Cx<'_>, input: &DockerfileInput<'_>) {
    let Some(view) = View::with_content(cx.project, input.unit) else {
        return;
    };
    if view.visible().truncated {
        return;
    }
    let calls = |names: &[&str]| {
        input.unit.build.scripts.iter().flatten().any(|script| {
            script
                .commands
                .iter()
                .any(|command| command.name().is_some_and(|name| names.contains(&name)))
        })
    };
    let needs_git = calls(&[
        "git", "go", "make", "mvn", "gradle", "gradlew", "mvnw", "hatch", "cargo",
    ]);
    let installs_node = calls(&["npm", "yarn", "pnpm", "bun", "corepack"]);
    let mut told: Vec<&str> = Vec::new();
    for copy in input
        .facts
        .copies
        .iter()
        .filter(|copy| copy.whence == Whence::Context)
    {
        for source in copy.sources.iter().filter(|source| source.known) {
            let mut kinds: BTreeMap<&str, Amount> = BTreeMap::new();
            for file in view.visible().select(&source.path) {
                // A folder that the COPY names itself is wanted.
                let inner = file.path.strip_prefix(&*source.path).unwrap_or(&file.path);
                let Some(kind) = bulk(inner.trim_start_matches('/')) else {
                    continue;
                };
                let amount = kinds.entry(kind.pattern).or_default();
                amount.files += 1;
                amount.bytes += file.len;
                amount.always |= kind.always;
            }
            kinds.retain(|pattern, amount| {
                (amount.always || amount.bytes >= SMALL)
                    && !told.contains(pattern)
                    && !(*pattern == ".git" && needs_git)
                    && !(*pattern == "**/node_modules" && !installs_node)
            });
            if kinds.is_empty() {
                continue;
            }
            told.extend(kinds.keys());
            let names: Vec<&str> = kinds.keys().copied().collect();
            let files: usize = kinds.values().map(|amount| amount.files).sum();
            let total: u64 = kinds.values().map(|amount| amount.bytes).sum();
            let plain: Vec<&str> = names
                .iter()
                .map(|name| name.trim_start_matches("**/"))
                .collect();
            let count = if files == 1 {
                "1 file".to_owned()
            } else {
                format!("{files} files")
            };
            let draft = cx.report(
                source.range,
                format!(
                    "this takes {} along: {count}, {}",
                    listed(&plain, 4),
                    bytes(total)
                ),
            );
            if kinds.contains_key(".git") {
                draft.note(
                    "`.git` changes with every commit, so nothing after this comes from the cache",
                );
            }
            if kinds.contains_key("**/node_modules") {
                draft.note(
                    "it replaces the packages that the build installs by those of this machine",
                );
            }
            draft.help(format!(
                "leave it out in `.dockerignore`: {}",
                listed(&names, 8)
            ));
            if let Some(unit) = view
                .context
                .ignore
                .and_then(|index| view.ignore_unit(index))
            {
                let text = &*unit.ignore.text;
                let lead = if text.is_empty() || text.ends_with('\n') {
                    ""
                } else {
                    "\n"
                };
                let lines: String = names.iter().map(|name| format!("{name}\n")).collect();
                draft.fix(Fix::new("leave it out", Safety::Unsafe).edit(
                    unit.file,
                    Edit::insert(text.len() as u32, format!("{lead}{lines}")),
                ));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::on;

    const MODULES: &str = "//- /node_modules/a/index.js\n1\n//- /package.json\n{}\n";

    #[test]
    fn bulk_is_found_and_measured() {
        on(&RULE)
            .files(&format!("//- /.dockerignore\n.env\n//- /Dockerfile\nFROM a:1\nRUN npm ci\nCOPY . .\n{MODULES}"))
            .says(&["this takes `node_modules` along: 1 file, 2 bytes"])
            .fixed(".env\n**/node_modules\n");
        on(&RULE)
            .files("//- /Dockerfile\nFROM a:1\nCOPY . .\n//- /.git/HEAD\nref\n//- /x\n1\n")
            .flags(&["Dockerfile:2: ."]);
        on(&RULE)
            .files("//- /Dockerfile\nFROM a:1\nCOPY app /app\n//- /app/.venv/bin/python\nx\n//- /app/a.py\n1\n")
            .flags(&["Dockerfile:2: app"]);
    }

    #[test]
    fn what_is_left_out_wanted_or_small_is_left_alone() {
        on(&RULE)
            .files(&format!("//- /Dockerfile\nFROM a:1\nRUN npm ci\nCOPY . .\n//- /.dockerignore\nnode_modules\n{MODULES}"))
            .clean();
        on(&RULE)
            .files(&format!("//- /Dockerfile\nFROM a:1\nCOPY . .\n{MODULES}"))
            .clean();
        on(&RULE)
            .files(&format!(
                "//- /Dockerfile\nFROM a:1\nRUN npm ci\nCOPY node_modules /n\n{MODULES}"
            ))
            .clean();
        on(&RULE)
            .files("//- /Dockerfile\nFROM a:1\nCOPY . .\nRUN git describe\n//- /.git/HEAD\nref\n//- /x\n1\n")
            .clean();
        on(&RULE)
            .files("//- /Dockerfile\nFROM a:1\nCOPY . .\n//- /app.log\nline\n//- /x\n1\n")
            .clean();
    }
}
