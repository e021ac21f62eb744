//! # What it does
//! Finds `apt-get install` without `--no-install-recommends`.
//!
//! # Why it matters
//! Debian and Ubuntu install the packages that a package recommends along with it: documentation
//! tools, servers, fonts. They make the image larger, slower to pull and longer to scan, and most
//! are never used. Some are needed after all, so this rule is pedantic.
//!
//! # Example
//! ```dockerfile bad
//! FROM debian:13-slim
//! RUN apt-get update && apt-get install -y curl
//! ```
//! ```dockerfile fixed
//! FROM debian:13-slim
//! RUN apt-get update && apt-get install --no-install-recommends -y curl
//! ```
//!
//! # Fix safety
//! A package that is only recommended may be needed at run time: try the image.
//!
//! # References
//! - <https://docs.docker.com/build/building/best-practices/#apt-get>

use plimsoll_dockerfile::Build;
use plimsoll_dockerfile::shell::Script;
use plimsoll_source::{Confidence, Edit, Fix, Safety, Severity};

use super::managers::{Action, Manager, call};
use super::shipped::is_run;
use crate::{Alias, Check, Cx, DockerfileInput, FixKind, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "apt-recommends-installed",
    summary: "apt installs recommended packages along",
    since: "0.1.0",
    severity: Severity::Note,
    confidence: Confidence::High,
    strictness: Strictness::Pedantic,
    fix: FixKind::Always,
    aliases: &[
        Alias {
            tool: "hadolint",
            id: "DL3015",
        },
        Alias {
            tool: "trivy",
            id: "DS-0029",
        },
    ],
    checks: &[Check::Dockerfile(check)],
};

fn check(cx: &mut Cx<'_>, input: &DockerfileInput<'_>) {
    let build = &input.unit.build;
    // Once apt is configured for the whole image, no call needs to say it.
    if build.file.text.contains("Install-Recommends") {
        return;
    }
    for (index, script) in build.scripts.iter().enumerate() {
        let Some(script) = script.as_ref().filter(|_| is_run(build, index)) else {
            continue;
        };
        for call in script.commands.iter().filter_map(call) {
            let installs = call.manager == Manager::Apt
                && call.action == Action::Install
                && call.verb.literal() == Some("install");
            let said = call.command.words.iter().any(|word| {
                let text = word.text().trim_matches('"');
                text == "--no-install-recommends"
                    || text == "-R"
                    || (text.starts_with('$') && may_say_it(build, index, script, text))
            });
            let packages = call
                .command
                .words
                .iter()
                .any(|word| word.range.start > call.verb.range.end);
            if !installs || said || !packages {
                continue;
            }
            cx.report(call.head(), "recommended packages are installed along")
                .note("they make the image larger, and most are never used")
                .help("add `--no-install-recommends`, and name what you need")
                .fix(
                    Fix::new("add `--no-install-recommends`", Safety::Unsafe).edit(
                        input.unit.file,
                        Edit::insert(call.verb.range.end, " --no-install-recommends"),
                    ),
                );
        }
    }
}

/// Whether the variable's value holds the option, or is not known.
fn may_say_it(build: &Build, index: usize, script: &Script, variable: &str) -> bool {
    let name = variable.trim_start_matches(['$', '{']);
    let name = name
        .split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
        .next()
        .unwrap_or("");
    let assigned = script
        .commands
        .iter()
        .flat_map(|command| &command.assignments)
        .find(|(set, _)| **set == *name)
        .map(|(_, value)| value.literal().map(str::to_owned));
    let value = match assigned {
        Some(value) => value,
        None => build.env_at(index).remove(name),
    };
    value.is_none_or(|value| {
        value.contains("no-install-recommends") || value.split_whitespace().any(|word| word == "-R")
    })
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::on;

    #[test]
    fn plain_installs_are_found() {
        on(&RULE)
            .dockerfile("FROM a:1\nRUN apt-get update && apt-get -y install a b\n")
            .flags(&["2: apt-get -y install"]);
        on(&RULE)
            .dockerfile("FROM a:1\nRUN sudo apt install a\n")
            .flags(&["2: sudo apt install"]);
        on(&RULE)
            .dockerfile("FROM a:1\nRUN apt-get install -y \\\n  a \\\n  # why\n  b\n")
            .fixed("FROM a:1\nRUN apt-get install --no-install-recommends -y \\\n  a \\\n  # why\n  b\n");
        on(&RULE)
            .dockerfile("FROM a:1\nENV DEPS='gcc make'\nRUN apt-get install -y $DEPS a\n")
            .flags(&["3: apt-get install"]);
        on(&RULE)
            .dockerfile("FROM a:1\nRUN deps='gcc make' && apt-get install -y ${deps} a\n")
            .flags(&["2: apt-get install"]);
    }

    #[test]
    fn other_calls_are_left_alone() {
        on(&RULE)
            .dockerfile("FROM a:1\nRUN apt-get install --no-install-recommends a\n")
            .clean();
        on(&RULE)
            .dockerfile("FROM a:1\nRUN apt-get -o APT::Install-Recommends=0 install a\n")
            .clean();
        on(&RULE)
            .dockerfile("FROM a:1\nRUN apt-get install $APT_FLAGS a\n")
            .clean();
        on(&RULE)
            .dockerfile(
                "FROM a:1\nENV FLAGS='-y --no-install-recommends'\nRUN apt-get install $FLAGS a\n",
            )
            .clean();
        on(&RULE)
            .dockerfile("FROM a:1\nRUN apk add a && pip install b\n")
            .clean();
        on(&RULE)
            .dockerfile("FROM a:1\nRUN apt-get upgrade -y\n")
            .clean();
    }
}
