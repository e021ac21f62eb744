//! # What it does
//! Finds downloads that are piped straight into an interpreter: `curl … | sh`,
//! `bash <(curl …)`, `sh -c "$(curl …)"`.
//!
//! # Why it matters
//! Whatever the server sends is run as root in the build, unseen and unpinned: a changed script,
//! a taken-over host or a connection cut half-way through all run. The build also passes when the
//! download fails, because the interpreter is content with nothing to read.
//!
//! # Example
//! ```dockerfile bad
//! FROM debian:13-slim
//! RUN curl -fsSL https://get.example.com/install.sh | sh
//! ```
//! ```dockerfile good
//! FROM debian:13-slim
//! ADD --checksum=sha256:24454f830cdb571e2c4ad15481119c43b3cafd48dd869a9b2945d1036d1dc68d \
//!     https://get.example.com/1.4.2/install.sh /tmp/install.sh
//! RUN sh /tmp/install.sh
//! ```
//!
//! # References
//! - <https://docs.docker.com/reference/dockerfile/#add---checksum>

use plimsoll_dockerfile::shell::{Joint, Script, ShellCommand};
use plimsoll_source::{Confidence, Severity};

use super::shipped::is_run;
use crate::{Check, Cx, DockerfileInput, FixKind, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "download-piped-to-shell",
    summary: "a download is run without being looked at",
    since: "0.1.0",
    severity: Severity::Warning,
    confidence: Confidence::High,
    strictness: Strictness::Default,
    fix: FixKind::None,
    aliases: &[],
    checks: &[Check::Dockerfile(check)],
};

fn check(cx: &mut Cx<'_>, input: &DockerfileInput<'_>) {
    let build = &input.unit.build;
    for (index, script) in build.scripts.iter().enumerate() {
        let Some(script) = script.as_ref().filter(|_| is_run(build, index)) else {
            continue;
        };
        for (download, interpreter) in piped(script) {
            let range = download.range.join(interpreter.range);
            let name = interpreter.name().unwrap_or("sh");
            let tool = download.name().unwrap_or("curl");
            cx.report(
                range,
                format!("what `{tool}` downloads is run by `{name}` unseen"),
            )
            .note(
                "a changed script, a taken-over host or a connection cut half-way all run, \
                     as root",
            )
            .help(
                "download one named version, check its SHA-256 \
                     (`ADD --checksum=sha256:… URL FILE`), then run it; or install a package",
            );
        }
    }
}

const INTERPRETERS: &[&str] = &[
    "sh", "bash", "ash", "dash", "zsh", "ksh", "python", "python2", "python3", "perl", "ruby",
    "node", "php", "pwsh",
];

/// Whether a command downloads to its output. `curl -o FILE` and `-O` write a file, and nothing is
/// left for the pipe.
fn is_download(command: &ShellCommand) -> bool {
    let mut words = command.words.iter().skip(1).map(|word| word.text());
    let to_file = |letter: char| {
        let mut words = words.clone();
        while let Some(word) = words.next() {
            let short = word.starts_with('-') && !word.starts_with("--");
            if word == "--output" || short && word.ends_with(letter) {
                return words
                    .next()
                    .is_none_or(|file| file != "-" && file != "/dev/stdout");
            }
        }
        false
    };
    match command.name() {
        Some("curl") => {
            !(to_file('o')
                || words.any(|word| {
                    word == "--remote-name"
                        || word.starts_with('-') && !word.starts_with("--") && word.contains('O')
                }))
        }
        Some("wget" | "fetch" | "aria2c") => true,
        _ => false,
    }
}

/// The interpreter's name, looking through `sudo -E`, `env A=b` and the like.
fn interprets(command: &ShellCommand) -> bool {
    let mut words = command
        .words
        .iter()
        .filter_map(|word| word.literal())
        .skip_while(|word| {
            let name = word.rsplit('/').next().unwrap_or(word);
            matches!(name, "sudo" | "env" | "exec") || word.starts_with('-') || word.contains('=')
        })
        .map(|word| word.rsplit('/').next().unwrap_or(word));
    let Some(name) = words.next() else {
        return false;
    };
    if !INTERPRETERS.contains(&name) {
        return false;
    }
    let Some(argument) = words.next() else {
        return true;
    };
    // `python3 -c '…'` and `perl -ne '…'` read data, not a program, from the pipe; `sh -s` and
    // `bash -x` read the program; a file name means that the pipe is its data.
    if argument == "/dev/stdin" {
        true
    } else if matches!(name, "sh" | "bash" | "ash" | "dash" | "zsh" | "ksh") {
        argument.starts_with('-') && !argument.contains('c')
    } else {
        // `python3 - ARGUMENTS`, `php -- ARGUMENTS`.
        matches!(argument, "-" | "--")
    }
}

fn piped(script: &Script) -> Vec<(&ShellCommand, &ShellCommand)> {
    let commands = &script.commands;
    let mut found = Vec::new();
    for (at, command) in commands.iter().enumerate() {
        if command.joint == Joint::Pipe && interprets(command) {
            let download = commands[..at]
                .iter()
                .rev()
                .take_while(|other| other.range.end <= command.range.start)
                .find(|other| other.pipeline == command.pipeline && is_download(other));
            if let Some(download) = download {
                found.push((download, command));
            }
            continue;
        }
        // `bash <(curl …)` and `sh -c "$(curl …)"`: the download lies inside the interpreter's
        // own words, one level deeper.
        let name = command.name().unwrap_or("");
        if !INTERPRETERS.contains(&name) && !matches!(name, "eval" | "source" | ".") {
            continue;
        }
        let inside = commands.iter().find(|other| {
            is_download(other)
                && other.depth > command.depth
                && command.range.covers(other.range)
                && runs_output(command, other)
        });
        if let Some(download) = inside {
            found.push((command, download));
        }
    }
    found
        .into_iter()
        .map(|(a, b)| if is_download(a) { (a, b) } else { (b, a) })
        .collect()
}

/// Whether the word that holds `inner` is the program of `outer`: a process substitution in the
/// place of the script's name, or the argument of `-c`.
fn runs_output(outer: &ShellCommand, inner: &ShellCommand) -> bool {
    let Some(at) = outer
        .words
        .iter()
        .position(|word| word.range.covers(inner.range))
    else {
        return false;
    };
    let word = &outer.words[at];
    if word.text().starts_with("<(") {
        return outer.words[1..at]
            .iter()
            .all(|word| word.text().starts_with('-'));
    }
    let whole = word.text().trim_matches('"');
    let is_output = whole.starts_with("$(") || whole.starts_with('`');
    let name = outer.name().unwrap_or("");
    is_output && (name == "eval" || outer.words[at - 1].text().ends_with('c'))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::on;

    #[track_caller]
    fn run(line: &str) -> usize {
        on(&RULE)
            .dockerfile(&format!("FROM a:1\nRUN {line}\n"))
            .findings
            .len()
    }

    #[test]
    fn what_goes_to_a_file_is_not_piped() {
        assert_eq!(run("curl -fsSL -o /usr/bin/wp https://a.test/wp | bash"), 0);
        assert_eq!(run("curl -fsSLO https://a.test/wp | bash"), 0);
        assert_eq!(run("curl --output /tmp/a https://a.test/wp | bash"), 0);
        assert_eq!(run("curl -fsSL -o - https://a.test/wp | bash"), 1);
        assert_eq!(run("curl -fsSL https://a.test/wp | bash"), 1);
    }

    #[test]
    fn piped_downloads_are_found() {
        on(&RULE)
            .dockerfile("FROM a:1\nRUN apk add curl && curl -sSL https://x.org/i | bash -s -- -y\n")
            .flags(&["2: curl -sSL https://x.org/i | bash -s -- -y"]);
        assert_eq!(run("wget -qO- https://x.org/i | sudo -E bash -"), 1);
        assert_eq!(run("curl https://x.org/i.py | python3 -"), 1);
        assert_eq!(run("curl https://x.org/i | php -- --install-dir=/bin"), 1);
        assert_eq!(run("bash <(curl -s https://x.org/i)"), 1);
        assert_eq!(run("curl https://x.org/i | env TO=/opt/bin /bin/sh"), 1);
        assert_eq!(run("sh -c \"$(curl -fsSL https://x.org/i)\""), 1);
        assert_eq!(run("curl https://x.org/i | gunzip | sh"), 1);
    }

    #[test]
    fn other_pipes_are_left_alone() {
        assert_eq!(run("curl https://x.org/a.tgz | tar xz"), 0);
        assert_eq!(
            run("curl https://x.org/a.json | python3 -c 'import json'"),
            0
        );
        assert_eq!(run("echo hello | sh"), 0);
        assert_eq!(run("curl -o i.sh https://x.org/i && sh i.sh"), 0);
        assert_eq!(run("echo \"curl https://x | sh\""), 0);
        assert_eq!(run("V=$(curl https://x.org/v) && echo $V"), 0);
        assert_eq!(run("curl https://x.org/data | bash process.sh"), 0);
    }
}
