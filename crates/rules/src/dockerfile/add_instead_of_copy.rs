//! # What it does
//! Finds ADD of plain local files and folders, where COPY does the same.
//!
//! # Why it matters
//! ADD also downloads and unpacks. A reader has to find out whether it was meant to, and the day
//! a source becomes an archive it lands in the image in pieces. COPY copies, always.
//!
//! Silent for URLs and git repositories, for archives (which ADD unpacks), and for sources whose
//! name does not tell.
//!
//! # Example
//! ```dockerfile bad
//! FROM alpine:3.22
//! ADD start.sh /usr/local/bin/
//! ```
//! ```dockerfile fixed
//! FROM alpine:3.22
//! COPY start.sh /usr/local/bin/
//! ```
//! ```dockerfile good
//! FROM alpine:3.22
//! ADD rootfs.tar.xz /
//! ```
//!
//! # Fix safety
//! The keyword changes; for what is found here both instructions do the same.
//!
//! # References
//! - <https://docs.docker.com/build/building/best-practices/#add-or-copy>

use plimsoll_dockerfile::{Body, Build, Transfer};
use plimsoll_source::{Confidence, Edit, Fix, Safety, Severity};

use crate::{Alias, Check, Cx, DockerfileInput, FixKind, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "add-instead-of-copy",
    summary: "ADD copies plain local files",
    since: "0.1.0",
    severity: Severity::Note,
    confidence: Confidence::High,
    strictness: Strictness::Default,
    fix: FixKind::Always,
    aliases: &[
        Alias {
            tool: "hadolint",
            id: "DL3020",
        },
        Alias {
            tool: "trivy",
            id: "DS-0005",
        },
        Alias {
            tool: "checkov",
            id: "CKV_DOCKER_4",
        },
        Alias {
            tool: "dockle",
            id: "CIS-DI-0009",
        },
    ],
    checks: &[Check::Dockerfile(check)],
};

fn check(cx: &mut Cx<'_>, input: &DockerfileInput<'_>) {
    let build = &input.unit.build;
    for (index, instruction) in build.file.instructions.iter().enumerate() {
        let Body::Add(transfer) = &instruction.body else {
            continue;
        };
        let of_add = ["checksum", "keep-git-dir", "unpack"];
        if of_add.iter().any(|name| instruction.flag(name).is_some())
            || (transfer.sources.is_empty() && instruction.heredocs.is_empty())
        {
            continue;
        }
        if !transfer
            .sources
            .iter()
            .all(|word| is_plain(&build.expanded(index, word)))
        {
            continue;
        }
        let keyword = instruction.keyword_range;
        let lower = keyword.of(&build.file.text).starts_with('a');
        cx.report(
            keyword,
            format!("ADD copies {}, as COPY would", what(build, index, transfer)),
        )
        .note("ADD also downloads and unpacks, so a reader cannot tell what is meant")
        .help("write `COPY`")
        .fix(Fix::new("write `COPY`", Safety::Safe).edit(
            input.unit.file,
            Edit::replace(keyword, if lower { "copy" } else { "COPY" }),
        ));
    }
}

fn what(build: &Build, index: usize, transfer: &Transfer) -> String {
    match &*transfer.sources {
        [] => "text".to_owned(),
        [one] => format!("`{}`", build.expanded(index, one).0),
        [one, rest @ ..] => {
            format!("`{}` and {} more", build.expanded(index, one).0, rest.len())
        }
    }
}

/// Whether an expanded source is, for certain, neither remote nor an archive.
fn is_plain((source, known): &(String, bool)) -> bool {
    // A variable that is not known may hold anything, but not change the end of the name.
    let name = source
        .trim_end_matches('/')
        .rsplit('/')
        .next()
        .unwrap_or("");
    let folder = source.ends_with('/') || matches!(name, "." | "..") || name.is_empty();
    let remote = source.contains("://")
        || source.starts_with("git@")
        || source.starts_with("github.com/")
        || (!known && source.starts_with('$'));
    if remote {
        return false;
    }
    if folder {
        return true;
    }
    // Without an ending a file may be an archive (ADD looks at its content) and a name that a
    // variable or a wildcard ends may have any ending.
    let Some((stem, ending)) = name.rsplit_once('.') else {
        return is_plain_word(name);
    };
    if ending.contains(['*', '?', '[', '$', '{']) {
        return false;
    }
    let ending = ending.to_ascii_lowercase();
    let double = stem.to_ascii_lowercase().ends_with(".tar");
    !double && !ARCHIVES.contains(&ending.as_str())
}

/// Names without an ending that are folders or text wherever they occur.
fn is_plain_word(name: &str) -> bool {
    PLAIN.contains(&name.to_ascii_lowercase().as_str())
}

/// Endings of what ADD unpacks. (It does not unpack zip files; those are left to COPY.)
const ARCHIVES: &[&str] = &[
    "tar", "tgz", "tbz", "tbz2", "tb2", "txz", "tlz", "tzst", "gz", "bz2", "xz", "lzma", "zst",
    "z", "gem", "box", "ova", "crate", "oci",
];

const PLAIN: &[&str] = &[
    "app",
    "backend",
    "client",
    "cmd",
    "conf",
    "config",
    "configs",
    "docker",
    "dockerfile",
    "entrypoint",
    "etc",
    "frontend",
    "gemfile",
    "gradlew",
    "include",
    "internal",
    "lib",
    "license",
    "makefile",
    "mvnw",
    "package",
    "pipfile",
    "pkg",
    "procfile",
    "public",
    "rakefile",
    "requirements",
    "scripts",
    "server",
    "src",
    "static",
    "supervisor",
    "templates",
    "test",
    "tests",
    "web",
];

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::on;

    #[test]
    fn plain_files_and_folders_are_found() {
        on(&RULE)
            .dockerfile("FROM a:1\nADD --chown=1:1 . /app\nadd [\"a.py\", \"b.py\", \"/x/\"]\n")
            .flags(&["2: ADD", "3: add"])
            .says(&[
                "ADD copies `.`, as COPY would",
                "ADD copies `a.py` and 1 more, as COPY would",
            ])
            .fixed("FROM a:1\nCOPY --chown=1:1 . /app\ncopy [\"a.py\", \"b.py\", \"/x/\"]\n");
        on(&RULE)
            .dockerfile("FROM a:1\nARG N=x.jar\nADD target/$N /app.jar\n")
            .flags(&["3: ADD"]);
        on(&RULE)
            .dockerfile("FROM a:1\nARG V\nADD app-$V.jar /app.jar\n")
            .flags(&["3: ADD"]);
        on(&RULE)
            .dockerfile("FROM a:1\nADD <<E /x\na\nE\n")
            .flags(&["2: ADD"]);
        on(&RULE)
            .dockerfile("FROM a:1\nADD src /src/\n")
            .flags(&["2: ADD"]);
    }

    #[test]
    fn remote_packed_and_unknown_sources_are_left_alone() {
        on(&RULE)
            .dockerfile("FROM a:1\nADD https://x.org/a.txt /a\n")
            .clean();
        on(&RULE)
            .dockerfile("FROM a:1\nADD git@github.com:a/b.git /a\n")
            .clean();
        on(&RULE)
            .dockerfile("FROM a:1\nADD a.py root.tar.gz /a/\n")
            .clean();
        on(&RULE)
            .dockerfile("FROM a:1\nADD dist/*.tgz build/x.TXZ /a/\n")
            .clean();
        on(&RULE).dockerfile("FROM a:1\nADD rootfs.* /a/\n").clean();
        on(&RULE).dockerfile("FROM a:1\nARG U\nADD $U /a\n").clean();
        on(&RULE).dockerfile("FROM scratch\nADD rootfs /\n").clean();
        on(&RULE).dockerfile("FROM a:1\nCOPY a b\n").clean();
    }
}
