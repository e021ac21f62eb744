//! # What it does
//! Finds a WORKDIR with a relative path in a stage that has not set an absolute one before it.
//!
//! # Why it matters
//! A relative path continues from the folder that the base image happens to end in. That folder
//! is no promise: the next release of the base may move it, and then every later path of the
//! file points somewhere else. A `~` is not expanded at all; it makes a folder of that name.
//!
//! # Example
//! ```dockerfile bad
//! FROM debian:13-slim
//! WORKDIR app
//! ```
//! ```dockerfile fixed
//! FROM debian:13-slim
//! WORKDIR /app
//! ```
//! ```dockerfile good
//! FROM debian:13-slim
//! WORKDIR /srv
//! WORKDIR app
//! ```
//!
//! # Fix safety
//! Safe for official images whose last folder is known: the path stays what it was. For other
//! bases the fix is given, as unsafe, where another line of the file shows the folder (a COPY to
//! it, or from it in a later stage).
//!
//! # References
//! - <https://docs.docker.com/reference/build-checks/workdir-relative-path/>

use plimsoll_dockerfile::{Base, Body, Build, Stage};
use plimsoll_source::{Confidence, Edit, Fix, Safety, Severity};

use super::facts::copies::Whence;
use super::shipped::{base_image, lineage};
use crate::{Alias, Check, Cx, DockerfileInput, FixKind, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "relative-workdir",
    summary: "a WORKDIR is relative to a folder that the base image chooses",
    since: "0.1.0",
    severity: Severity::Warning,
    confidence: Confidence::High,
    strictness: Strictness::Default,
    fix: FixKind::Sometimes,
    aliases: &[
        Alias {
            tool: "buildkit",
            id: "WorkdirRelativePath",
        },
        Alias {
            tool: "hadolint",
            id: "DL3000",
        },
        Alias {
            tool: "trivy",
            id: "DS-0009",
        },
        Alias {
            tool: "checkov",
            id: "CKV_DOCKER_10",
        },
    ],
    checks: &[Check::Dockerfile(check)],
};

fn check(cx: &mut Cx<'_>, input: &DockerfileInput<'_>) {
    let build = &input.unit.build;
    for stage in &build.stages {
        if starts_known(build, stage) {
            continue;
        }
        for index in stage.instructions.clone() {
            let Body::Workdir(word) = &build.file.instructions[index].body else {
                continue;
            };
            let (path, known) = build.expanded(index, word);
            if path.starts_with("~/") || path == "~" {
                cx.report(word.range, format!("`{path}` is not expanded in a WORKDIR"))
                    .note("it makes a folder called `~` below the folder before it")
                    .help("write the home folder out, such as `/root` or `/home/app`")
                    .subject(format!("stage/{}", stage.index));
                continue;
            }
            if !known || is_absolute(&path) {
                // From here on the folder is known, or nobody can tell.
                break;
            }
            if path.is_empty() || path == "." {
                continue;
            }
            report(cx, input, stage, index, &path);
            // Later relative ones follow from this one.
            break;
        }
    }
}

fn report(cx: &mut Cx<'_>, input: &DockerfileInput<'_>, stage: &Stage, index: usize, path: &str) {
    let build = &input.unit.build;
    let Body::Workdir(word) = &build.file.instructions[index].body else {
        return;
    };
    let base = match base_image(build, stage) {
        Some(image) => format!("`{}`", image.familiar()),
        None => "the base image".to_owned(),
    };
    let before = input.facts.folders.at(index.saturating_sub(1));
    let known = Some(before).filter(|folder| folder.starts_with('/'));
    let evident = || shown(input, stage, path);
    let folder = known.map(str::to_owned).or_else(evident);
    // Variables stay with their author: `$NAME` becomes `/$NAME`.
    let written = word.range.of(&build.file.text);
    let whole = folder.as_ref().map(|folder| {
        let rest = written.trim_matches('"').trim_start_matches("./");
        format!("{}/{rest}", folder.trim_end_matches('/'))
    });
    let draft = cx
        .report(word.range, format!("WORKDIR `{path}` is relative"))
        .note(format!(
            "it continues from the folder that {base} ends in, which may move"
        ))
        .subject(format!("stage/{}", stage.index));
    let Some(whole) = whole else {
        draft.help("write the whole path, from `/` on");
        return;
    };
    draft.help(format!("write the whole path: `{whole}`"));
    // Only a plain word is its own path.
    if written == path && !path.starts_with('.') {
        let safety = if known.is_some() {
            Safety::Safe
        } else {
            Safety::Unsafe
        };
        draft.fix(
            Fix::new(format!("write `{whole}`"), safety)
                .edit(input.unit.file, Edit::replace(word.range, whole)),
        );
    }
}

/// The folder that a relative path continues from, by other lines of the file that name the
/// folder with the path below it: what is copied to it in this stage or from it to another, and
/// what an ENV adds to a search path. `None` where none does, or where they disagree.
fn shown(input: &DockerfileInput<'_>, stage: &Stage, path: &str) -> Option<String> {
    let build = &input.unit.build;
    let path = path.trim_start_matches("./").trim_end_matches('/');
    let mut found: Option<String> = None;
    let mut take = |text: &str| -> bool {
        let folder = (text.starts_with('/'))
            .then(|| around(text, path))
            .flatten();
        match (&found, folder) {
            (_, None) => true,
            (None, Some(folder)) => {
                found = Some(folder.to_owned());
                true
            }
            (Some(known), Some(folder)) => known == folder,
        }
    };
    let agreed = input.facts.copies.iter().all(|copy| {
        let own = stage.instructions.contains(&copy.instruction);
        let from = copy.whence == Whence::Stage(stage.index);
        (!own || take(&copy.dest)) && (!from || copy.sources.iter().all(|one| take(&one.path)))
    });
    let agreed = agreed
        && stage.instructions.clone().all(|index| {
            let Body::Env(pairs) = &build.file.instructions[index].body else {
                return true;
            };
            pairs.iter().all(|pair| {
                let (value, _) = build.expanded(index, &pair.value);
                value.split(':').all(&mut take)
            })
        });
    found.filter(|_| agreed)
}

/// The part of an absolute path before `inner`, where that is some of its parts.
fn around<'a>(path: &'a str, inner: &str) -> Option<&'a str> {
    path.match_indices(inner).find_map(|(at, _)| {
        let after = &path[at + inner.len()..];
        let bounded = path[..at].ends_with('/') && (after.is_empty() || after.starts_with('/'));
        bounded.then_some(&path[..at])
    })
}

/// Whether the stage's first folder is known: it starts from nothing, or an earlier stage has
/// set one (or was reported for not doing so).
fn starts_known(build: &Build, stage: &Stage) -> bool {
    match stage.base {
        Base::Scratch => true,
        Base::Stage(_) => lineage(build, stage).iter().skip(1).any(|base| {
            base.base == Base::Scratch
                || base
                    .instructions
                    .clone()
                    .any(|index| matches!(build.file.instructions[index].body, Body::Workdir(_)))
        }),
        Base::Image(_) | Base::Unresolved(_) => false,
    }
}

fn is_absolute(path: &str) -> bool {
    let drive = path.as_bytes();
    let has_drive = drive.len() > 1 && drive[0].is_ascii_alphabetic() && drive[1] == b':';
    path.starts_with(['/', '\\']) || has_drive
}

#[cfg(test)]
mod tests {
    use plimsoll_source::Safety;

    use super::RULE;
    use crate::testing::on;

    #[test]
    fn relative_paths_are_found_once() {
        let case = on(&RULE)
            .dockerfile("FROM python:3.13\nWORKDIR app\nWORKDIR src\n")
            .flags(&["2: app"])
            .says(&["WORKDIR `app` is relative"])
            .fixed("FROM python:3.13\nWORKDIR /app\nWORKDIR src\n");
        assert_eq!(case.findings[0].fix.as_ref().unwrap().safety, Safety::Safe);
        let case = on(&RULE)
            .dockerfile("FROM acme/x:1\nWORKDIR a/b\n")
            .flags(&["2: a/b"]);
        assert!(case.findings[0].fix.is_none());
        on(&RULE)
            .dockerfile("FROM a:1 AS a\nRUN b\nFROM a\nARG D=opt/x\nWORKDIR $D\n")
            .flags(&["5: $D"]);
        on(&RULE)
            .dockerfile("FROM a:1\nWORKDIR ~/app\n")
            .says(&["`~/app` is not expanded in a WORKDIR"]);
        on(&RULE)
            .dockerfile("FROM a:1\nWORKDIR \"app\"\n")
            .flags(&["2: \"app\""]);
    }

    #[test]
    fn the_whole_path_is_that_of_the_base_or_shown_by_the_file() {
        on(&RULE)
            .dockerfile("ARG V\nFROM golang:${V} AS b\nWORKDIR app\n")
            .fixed("ARG V\nFROM golang:${V} AS b\nWORKDIR /go/app\n");
        let case = on(&RULE)
            .dockerfile("FROM acme/x:1 AS b\nWORKDIR app\nFROM scratch\nCOPY --from=b /opt/app/bin/a /a\n")
            .fixed("FROM acme/x:1 AS b\nWORKDIR /opt/app\nFROM scratch\nCOPY --from=b /opt/app/bin/a /a\n");
        assert_eq!(
            case.findings[0].fix.as_ref().unwrap().safety,
            Safety::Unsafe
        );
        on(&RULE)
            .dockerfile("FROM acme/x:1\nADD ./ /app\nWORKDIR app\n")
            .fixed("FROM acme/x:1\nADD ./ /app\nWORKDIR /app\n");
        let case = on(&RULE)
            .dockerfile("FROM acme/x:1\nARG N=zoo-3\nWORKDIR $N\nENV PATH=$PATH:/$N/bin\n");
        let help = case.findings[0].help.as_deref();
        assert_eq!(help, Some("write the whole path: `/$N`"));
        // Two folders are none.
        let case = on(&RULE)
            .dockerfile("FROM acme/x:1\nWORKDIR app\nCOPY a /app/\nCOPY b /srv/app/\n")
            .flags(&["2: app"]);
        assert!(case.findings[0].fix.is_none());
        assert_eq!(
            case.findings[0].help.as_deref(),
            Some("write the whole path, from `/` on")
        );
        // A part of a name is no folder.
        let case = on(&RULE).dockerfile("FROM acme/x:1\nWORKDIR app\nCOPY a /srv/app-data/\n");
        assert!(case.findings[0].fix.is_none());
    }

    #[test]
    fn paths_that_follow_from_the_file_are_left_alone() {
        on(&RULE)
            .dockerfile("FROM a:1\nWORKDIR /a\nWORKDIR b\n")
            .clean();
        on(&RULE)
            .dockerfile("FROM a:1 AS a\nWORKDIR /a\nFROM a\nWORKDIR b\n")
            .clean();
        on(&RULE)
            .dockerfile("FROM a:1\nENV H=/a\nWORKDIR ${H}/b\n")
            .clean();
        on(&RULE)
            .dockerfile("FROM a:1\nARG H\nWORKDIR $H\n")
            .clean();
        on(&RULE).dockerfile("FROM a:1\nWORKDIR \"/a b\"\n").clean();
        on(&RULE).dockerfile("FROM scratch\nWORKDIR a\n").clean();
        on(&RULE)
            .dockerfile("# escape=`\nFROM a:1\nWORKDIR C:\\app\n")
            .clean();
    }
}
