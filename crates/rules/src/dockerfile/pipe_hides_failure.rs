//! # What it does
//! Finds pipelines in RUN whose first commands can fail without failing the build: a download,
//! an unpacker or a build tool before a `|`, in a shell without `pipefail`.
//!
//! A download that is piped into a shell is reported by `download-piped-to-shell` alone.
//!
//! # Why it matters
//! A shell takes the exit status of a pipeline from its last command. `curl … | tar x` in which
//! curl fails half-way passes as soon as tar is content; the layer is kept, cached and shipped.
//!
//! Readers that notice are left alone: a decompressor (`tar xz`, `gunzip`), `gpg --dearmor` and
//! `gpg --import`, `apt-key add`, `cpio -i` and `sha256sum -c` fail on an empty, cut or foreign
//! stream, `grep`
//! on one that does not hold what it looks for. So is a list of packages' sources
//! (`curl … | tee /etc/apt/sources.list.d/x.list`) where the same step goes on to install what only
//! that source has: a package in a written version, or one that no distribution brings. And so are
//! the keys of a source (`signed-by`) that the same step then updates from.
//!
//! # Example
//! ```dockerfile bad
//! FROM debian:13-slim
//! RUN curl -fsSL https://example.com/data.csv | sort > /data.csv
//! ```
//! ```dockerfile good
//! FROM debian:13-slim
//! SHELL ["/bin/bash", "-o", "pipefail", "-c"]
//! RUN curl -fsSL https://example.com/data.csv | sort > /data.csv
//! ```
//!
//! # References
//! - <https://docs.docker.com/build/building/best-practices/#using-pipes>

use std::cell::LazyCell;

use plimsoll_dockerfile::shell::{Joint, Script, ShellCommand};
use plimsoll_source::{Confidence, Severity};

use super::facts::calls::{Call, of_script};
use super::shipped::is_run;
use super::source_lists::{missed_by_install, missed_by_update};
use crate::{Alias, Check, Cx, DockerfileInput, FixKind, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "pipe-hides-failure",
    summary: "a failure before a `|` does not fail the build",
    since: "0.1.0",
    severity: Severity::Warning,
    confidence: Confidence::High,
    strictness: Strictness::Pedantic,
    fix: FixKind::None,
    aliases: &[Alias {
        tool: "hadolint",
        id: "DL4006",
    }],
    checks: &[Check::Dockerfile(check)],
};

/// Commands whose failure leaves the reader of the pipe with nothing or with half of it. Plain
/// text tools (`echo`, `grep`, `sort`, `find`, …) are left out: they hardly fail, or their status
/// is no failure.
const CAN_FAIL: &[&str] = &[
    "aria2c",
    "aws",
    "az",
    "base64",
    "bunzip2",
    "bzcat",
    "bzip2",
    "cargo",
    "composer",
    "curl",
    "gcloud",
    "git",
    "go",
    "gpg",
    "gradle",
    "gsutil",
    "gunzip",
    "gzip",
    "helm",
    "http",
    "java",
    "kubectl",
    "make",
    "mvn",
    "mysql",
    "mysqldump",
    "ninja",
    "npm",
    "npx",
    "openssl",
    "pg_dump",
    "pip",
    "pip3",
    "pnpm",
    "psql",
    "rpm2cpio",
    "ssh-keyscan",
    "svn",
    "tar",
    "unxz",
    "unzip",
    "wget",
    "xz",
    "xzcat",
    "yarn",
    "zcat",
    "zstd",
    "zstdcat",
];

fn check(cx: &mut Cx<'_>, input: &DockerfileInput<'_>) {
    let build = &input.unit.build;
    for (index, script) in build.scripts.iter().enumerate() {
        let Some(script) = script.as_ref().filter(|_| is_run(build, index)) else {
            continue;
        };
        if script.shell_args.iter().any(|arg| arg.contains("pipefail")) {
            continue;
        }
        let mut done = None;
        let calls = LazyCell::new(|| of_script(script));
        for (at, command) in script.commands.iter().enumerate() {
            if !command.writes_pipe
                || done == Some(command.pipeline)
                || sets_pipefail(&script.commands[..at])
            {
                continue;
            }
            let Some(end) = end_of_pipeline(script, at) else {
                continue;
            };
            let last = &script.commands[end];
            if !hides(command, &script.commands[at + 1..]) {
                continue;
            }
            let reader = calls.binary_search_by_key(&end, |call| call.number);
            let reader = reader.ok().map(|at| &calls[at]);
            let number = |number: usize| {
                let found = calls.binary_search_by_key(&number, |call| call.number);
                found.ok().map(|at| &calls[at])
            };
            // Each of them fails on nothing, and then gives nothing to the next.
            let all_notice = || (at + 1..=end).all(|reader| number(reader).is_some_and(notices));
            if is_next(script, at, end) && reader.is_some_and(notices)
                || all_notice()
                || missed_by_install(script, end, reader, &calls)
                || missed_by_update(script, end, reader, &calls)
            {
                continue;
            }
            done = Some(command.pipeline);
            let name = command.name().unwrap_or("");
            let reader = reader.map_or("the last command", |call| call.program);
            cx.report(
                command.range.join(last.range),
                format!("a failure of `{name}` before the `|` does not fail the build"),
            )
            .note(format!(
                "the shell takes the status of the pipeline from `{reader}` alone"
            ))
            .help(
                "set `pipefail`, in a shell that has it: `SHELL [\"/bin/bash\", \"-o\", \
                 \"pipefail\", \"-c\"]` (on Alpine `/bin/ash`), or write to a file first",
            );
        }
    }
}

fn sets_pipefail(before: &[ShellCommand]) -> bool {
    before
        .iter()
        .any(|command| command.name() == Some("set") && command.has_arg("pipefail"))
}

/// Whether the command fails when what it reads is empty, cut short or something else: the
/// checksums and end marks of compressed streams, armoured keys.
fn notices(reader: &Call<'_>) -> bool {
    let args = || {
        let literal = reader.args.iter().filter(|arg| arg.literal);
        literal.map(|arg| arg.text)
    };
    let flag = |short: &[char], long: &[&str]| {
        args().any(|arg| {
            long.contains(&arg)
                || arg
                    .strip_prefix('-')
                    .is_some_and(|rest| !rest.starts_with('-') && rest.contains(short))
        })
    };
    match reader.program {
        "tar" | "bsdtar" => {
            let old_style = args()
                .next()
                .is_some_and(|arg| !arg.starts_with('-') && arg.contains(['z', 'j', 'J']));
            old_style
                || flag(
                    &['z', 'j', 'J'],
                    &["--gzip", "--gunzip", "--bzip2", "--xz", "--zstd"],
                )
        }
        "gunzip" | "bunzip2" | "unxz" | "zcat" | "bzcat" | "xzcat" | "unzstd" | "zstdcat" => true,
        "gzip" | "bzip2" | "xz" | "zstd" => flag(&['d'], &["--decompress"]),
        // The program decides by itself with which status it ends.
        "awk" | "gawk" | "mawk" | "perl" => args().any(|arg| arg.contains("exit")),
        // It fails where it finds nothing, unless it is asked for what is not there.
        "grep" | "egrep" | "fgrep" => !flag(
            &['v', 'c', 'L'],
            &["--invert-match", "--count", "--files-without-match"],
        ),
        // Without a key, a signature or a message in what it reads it ends with 2.
        "gpg" | "gpg2" => flag(&['d'], &["--dearmor", "--import", "--verify", "--decrypt"]),
        "apt-key" => reader.has("add"),
        // In the mode that unpacks or lists it wants the archive's end, also of nothing at all.
        "cpio" => flag(&['i', 't'], &["--extract", "--list"]),
        // Only BusyBox's reads from a pipe, and it fails on what is no archive or a cut one.
        "unzip" | "busybox" => reader.has("-"),
        // Of nothing it makes one call without operands, which these refuse.
        "xargs" => {
            args().any(|arg| matches!(arg, "curl" | "wget" | "dpkg" | "unzip"))
                && !flag(&['r'], &["--no-run-if-empty"])
        }
        "md5sum" | "sha1sum" | "sha256sum" | "sha512sum" => flag(&['c'], &["--check"]),
        _ => false,
    }
}

/// The number of the last command of the pipeline that `at` is the writing side of.
fn end_of_pipeline(script: &Script, at: usize) -> Option<usize> {
    let command = &script.commands[at];
    let last = script.commands[at + 1..].iter().rposition(|other| {
        other.pipeline == command.pipeline
            && other.joint == Joint::Pipe
            && other.depth == command.depth
    });
    Some(at + 1 + last?)
}

/// Whether nothing lies between a writer and a reader but what is substituted into their words.
fn is_next(script: &Script, at: usize, end: usize) -> bool {
    let depth = script.commands[at].depth;
    let mut between = script.commands[at + 1..end].iter();
    between.all(|other| other.depth > depth && other.pipeline != script.commands[at].pipeline)
}

fn hides(command: &ShellCommand, after: &[ShellCommand]) -> bool {
    // Deeper levels and conditions use the status for something else; a pipeline that is allowed
    // to fail (`|| true`) hides nothing.
    if command.depth > 0 || command.test || command.conditional {
        return false;
    }
    if !command.name().is_some_and(|name| CAN_FAIL.contains(&name)) {
        return false;
    }
    let next = after
        .iter()
        .find(|other| other.pipeline != command.pipeline && other.depth == command.depth);
    next.is_none_or(|next| next.joint != Joint::Or)
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::on;

    #[track_caller]
    fn run(lines: &str) -> usize {
        on(&RULE)
            .dockerfile(&format!("FROM a:1\n{lines}\n"))
            .findings
            .len()
    }

    #[test]
    fn hidden_failures_are_found() {
        on(&RULE)
            .dockerfile("FROM a:1\nRUN mkdir /x && wget -qO- https://x.org/a.tar | tar x -C /x\n")
            .flags(&["2: wget -qO- https://x.org/a.tar | tar x -C /x"]);
        assert_eq!(run("RUN curl a | gunzip | tar x"), 1);
        assert_eq!(run("RUN curl a | gpg --dearmor | apt-key add -"), 0);
        assert_eq!(run("RUN curl a | grep -v x > b"), 1);
        on(&RULE)
            .dockerfile("FROM a:1\nRUN curl a | sudo tee /b\n")
            .flags(&["2: curl a | sudo tee /b"]);
        assert_eq!(run("RUN set -e; pg_dump a | gzip > b; curl c | tar x"), 2);
        assert_eq!(run("RUN <<EOF\nset -e\ngit archive HEAD | tar x\nEOF"), 1);
        assert_eq!(run("RUN curl a | gpg --no-tty --list-packets > b"), 1);
        // The distribution has a package of this name, in another version.
        assert_eq!(
            run(
                "RUN curl a | tee /etc/apt/sources.list.d/n.list && apt-get update && apt-get install -y nginx"
            ),
            1
        );
        assert_eq!(
            run(
                "RUN curl a | tee /etc/apt/sources.list.d/n.list\nRUN apt-get install -y docker-ce"
            ),
            1
        );
        assert_eq!(
            run(
                "RUN curl a | tee /etc/apt/sources.list.d/n.list; apt-get install -y b=1.0; apt-get clean"
            ),
            1
        );
    }

    #[test]
    fn harmless_and_guarded_pipes_are_left_alone() {
        assert_eq!(run("RUN echo a | tee b"), 0);
        assert_eq!(run("RUN set -o pipefail && curl a | tar x"), 0);
        assert_eq!(run("RUN set -euo pipefail; curl a | tar x"), 0);
        assert_eq!(
            run("SHELL [\"/bin/bash\", \"-o\", \"pipefail\", \"-c\"]\nRUN curl a | tar x"),
            0
        );
        assert_eq!(run("RUN curl a | tar xz"), 0);
        assert_eq!(run("RUN curl a | xargs -n 1 curl -O"), 0);
        assert_eq!(run("RUN curl a | xargs -r curl -O"), 1);
        assert_eq!(run("RUN curl a | xargs echo"), 1);
        assert_eq!(run("RUN curl a | tar --strip-components=1 -C /x -xJf -"), 0);
        assert_eq!(run("RUN wget -qO- a | sudo apt-key add -"), 0);
        assert_eq!(run("RUN curl a | sudo -E env A=b tar -xz"), 0);
        assert_eq!(run("RUN curl a | busybox unzip -d /x -"), 0);
        assert_eq!(run("RUN rpm2cpio a.rpm | cpio -ivdm ./usr/bin/b"), 0);
        assert_eq!(run("RUN rpm2cpio a.rpm | cpio -p /x"), 1);
        assert_eq!(
            run("RUN wget -O- https://a/$(uname -m).tgz | tar -xzf - a/b"),
            0
        );
        assert_eq!(run("RUN curl a/$(uname -m) | tar x"), 1);
        assert_eq!(run("RUN curl a | gpg --dearmor -o /k"), 0);
        assert_eq!(
            run("RUN curl a | gpg --no-tty --import && gpg --verify b c"),
            0
        );
        assert_eq!(run("RUN curl a | gpg --batch --import -"), 0);
        let list =
            "/etc/apt/sources.list.d/c.list && apt-get update > /dev/null && apt-get install";
        assert_eq!(run(&format!("RUN curl a | tee {list} caddy=2.9.1")), 0);
        assert_eq!(
            run(&format!("RUN curl a | sed s/b/c/ > {list} -y docker-ce")),
            0
        );
        assert_eq!(
            run(
                "RUN set -e; curl a | sudo tee /etc/apt/sources.list.d/c.list; apt-get install -y b=1.0; rm -rf /x"
            ),
            0
        );
        let keys = "/usr/share/keyrings/gh.gpg && echo \"deb [arch=$(dpkg --print-architecture) \
                    signed-by=/usr/share/keyrings/gh.gpg] https://a b c\" > \
                    /etc/apt/sources.list.d/gh.list && apt-get update";
        assert_eq!(run(&format!("RUN curl a | dd of={keys}")), 0);
        assert_eq!(run(&format!("RUN curl a | tee {keys} && x")), 0);
        assert_eq!(run(&format!("RUN curl a | cat > {keys}; x")), 1);
        assert_eq!(run("RUN curl a | dd of=/k.gpg && apt-get update"), 1);
        assert_eq!(run("RUN curl a | awk '/x/ {f=1} END {exit !f}'"), 0);
        assert_eq!(run("RUN gpg --fingerprint a | grep 'B C'"), 0);
        assert_eq!(run("RUN curl a | grep -q x || true"), 0);
        assert_eq!(run("RUN if curl a | grep -q x; then echo y; fi"), 0);
        assert_eq!(run("CMD curl a | tar x"), 0);
    }
}
