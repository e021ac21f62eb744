//! # What it does
//! Finds builds that take their whole folder, `COPY . .`, and have no `.dockerignore`. At pedantic
//! also those that take a part of it, and folders in which nothing is worth leaving out: neither
//! history nor secrets nor what a package manager makes.
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
//! The file that the fix creates is composed from what the folder is: its history, what its
//! package managers make, what its `.gitignore` names and the Dockerfile does not, secrets that no
//! step needs. A build that asks git for its version needs `.git` after all.
//!
//! # References
//! - <https://docs.docker.com/build/concepts/context/#dockerignore-files>

use plimsoll_dockerfile::Stage;
use plimsoll_project::context::Evidence;
use plimsoll_source::files::join;
use plimsoll_source::{Confidence, EntryKind, Fix, Safety, Severity};

use super::build_context::{View, listed};
use super::facts::copies::Whence;
use super::new_dockerignore::compose;
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
    if view.context.ignore.is_some() || is_built_from_above(cx, input, view) {
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
    let composed = compose(input, view, (copy, source), &taken);
    let Some(path) = join(&view.context.dir, ".dockerignore") else {
        return;
    };
    let part = only_folder(view).filter(|_| source.is_whole() && !composed.matters);
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
    if !source.is_whole() || !composed.matters {
        draft
            .strictness(Strictness::Pedantic)
            .severity(Severity::Note);
    }
    draft.note(if composed.there.is_empty() {
        "whatever lies in it later, such as `.git` or an `.env`, gets into the image".to_owned()
    } else {
        format!("it takes {} along", listed(&composed.there, 4))
    });
    match part {
        Some(folder) => {
            draft.help(format!(
                "copy the folder `{folder}` alone, or create `{path}`"
            ));
        }
        None => {
            draft.help(format!("create `{path}`"));
        }
    }
    draft.fix(Fix::new("create a `.dockerignore`", Safety::Unsafe).create(path, composed.text));
}

/// Whether the Dockerfile may well be built from a folder above its own: that has a
/// `.dockerignore`, and the image repeats the folders between the two, as `WORKDIR /src/web` does
/// in `web`.
fn is_built_from_above(cx: &Cx<'_>, input: &DockerfileInput<'_>, view: View<'_>) -> bool {
    if view.context.evidence != Evidence::OwnFolder || view.context.dir.is_empty() {
        return false;
    }
    let (above, own) = view
        .context
        .dir
        .rsplit_once('/')
        .unwrap_or(("", &view.context.dir));
    let repeats = |stage: &Stage| {
        let folder = stage.workdir.as_deref().unwrap_or("");
        folder.rsplit_once('/').is_some_and(|(_, last)| last == own)
    };
    let mut folders = std::iter::successors(Some(above), |dir| {
        (!dir.is_empty()).then(|| dir.rsplit_once('/').map_or("", |(above, _)| above))
    });
    input.unit.build.stages.iter().any(repeats)
        && folders.any(|dir| {
            let path = join(dir, ".dockerignore");
            path.is_some_and(|path| cx.project.tree.kind(&path).is_some())
        })
}

/// The one folder of a context that holds nothing else but files about the build.
fn only_folder(view: View<'_>) -> Option<String> {
    let about = |name: &str| {
        let lower = name.to_ascii_lowercase();
        lower.contains("dockerfile")
            || lower.starts_with("readme")
            || lower == "makefile"
            || lower.ends_with(".yaml")
            || lower.ends_with(".yml")
    };
    let mut rest = view.names("").into_iter().filter(|name| !about(name));
    let folder = rest.next()?;
    let alone = rest.next().is_none() && view.kind(&folder) == Some(EntryKind::Dir);
    alone.then_some(folder)
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
    fn the_file_is_composed_from_what_the_folder_is() {
        let case = on(&RULE).files(
            "//- /app/Dockerfile\nFROM a:1\nWORKDIR /a\nCOPY . .\nRUN npm ci\nRUN cp dev/.env .\nCMD [\"dist/a\"]\n\
             //- /app/package.json\n{}\n//- /app/.gitignore\n# x\n/gen\ndist/\n*.tmp\n.env\n\
             //- /app/dev/.env\nDB_PASSWORD=kJ8x2mQ9vT4w\n//- /app/id_rsa\n-----BEGIN PRIVATE KEY-----\n\
             //- /app/README.md\nx\n//- /x\n1\n",
        );
        let text = &case.findings[0].fix.as_ref().expect("a fix").change.create[0].text;
        assert_eq!(
            text,
            "# What no image needs.\n.git\n.gitignore\nDockerfile\nREADME.md\n\n\
             # What tools install and leave behind.\n**/node_modules\n\n\
             # From .gitignore.\ngen\n**/*.tmp\n\n\
             # Settings and secrets of this machine.\nid_rsa\n"
        );
    }

    #[test]
    fn nothing_worth_leaving_out_is_pedantic() {
        let case = on(&RULE)
            .files(
                "//- /x/Dockerfile\nFROM tomcat:10\nCOPY . /webapps\n//- /x/Makefile\na:\n\
                 //- /x/private/a.html\n<p>\n//- /y\n1\n",
            )
            .flags(&["x/Dockerfile:2: ."])
            .quiet_by_default();
        let help = case.findings[0].help.as_deref().unwrap();
        assert!(
            help.starts_with("copy the folder `private` alone"),
            "{help}"
        );
        on(&RULE)
            .files("//- /x/Dockerfile\nFROM a:1\nCOPY . .\nRUN npm ci\n//- /x/package.json\n{}\n//- /y\n1\n")
            .flags(&["x/Dockerfile:2: ."]);
    }

    #[test]
    fn members_of_a_workspace_have_no_folder_of_results() {
        let with = |member: &str, more: &str| {
            on(&RULE).files(&format!(
                "//- /Cargo.toml\n[workspace]\nmembers = [\"{member}\"]\n//- /a/Dockerfile\nFROM rust:1.90\nCOPY . .\n\
                 RUN cargo build --release\n//- /a/Cargo.toml\n[package]\nname = \"a\"\n//- /a/src/main.rs\nfn main() {{}}\n{more}"
            ))
        };
        with("a", "")
            .flags(&["a/Dockerfile:2: ."])
            .quiet_by_default();
        with("b", "").loud_by_default();
        with("a", "//- /a/.env\nDB_PASSWORD=kJ8x2mQ9vT4w\n").loud_by_default();
    }

    #[test]
    fn folders_built_from_above_may_have_the_file_there() {
        let with = |folder: &str, ignore: &str| {
            on(&RULE).files(&format!(
                "//- /web/Dockerfile\nFROM a:1\nWORKDIR /src/{folder}\nCOPY . .\n//- /web/main.py\nprint()\n{ignore}"
            ))
        };
        with("web", "//- /.dockerignore\n.git\n").clean();
        with("app", "//- /.dockerignore\n.git\n").flags(&["web/Dockerfile:3: ."]);
        with("web", "").flags(&["web/Dockerfile:3: ."]);
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
