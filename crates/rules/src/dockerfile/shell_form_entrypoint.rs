//! # What it does
//! Finds ENTRYPOINT and CMD in shell form in the stage that ships.
//!
//! # Why it matters
//! In shell form the builder writes `/bin/sh -c "…"`, so a shell is process 1 and the service is
//! its child. A shell that stays does not pass SIGTERM on: `docker stop` and Kubernetes wait out
//! their grace period, kill the service, and requests in flight are lost. An ENTRYPOINT in shell
//! form also ignores CMD and every argument given to `docker run`.
//!
//! Which shells stay depends on the image. dash, the `sh` of Debian and Ubuntu, does. BusyBox, the
//! `sh` of Alpine, replaces itself by the last command, of a list (`a && b`) as well; bash does so
//! for a lone command, and for a list since version 5.1. Where the base image is known to have
//! such a shell and the service is the last command, the finding is pedantic: the signal arrives,
//! and does so no longer once the base or the line changes. An ENTRYPOINT beside which a CMD is
//! ignored is reported in any case.
//!
//! # Example
//! ```dockerfile bad
//! FROM python:3.13-slim-trixie
//! CMD uvicorn app:app --host 0.0.0.0
//! ```
//! ```dockerfile fixed
//! FROM python:3.13-slim-trixie
//! CMD ["uvicorn", "app:app", "--host", "0.0.0.0"]
//! ```
//! ```dockerfile good
//! FROM python:3.13-slim-trixie
//! CMD ["sh", "-c", "exec uvicorn app:app --port \"$PORT\""]
//! ```
//!
//! # Fix safety
//! Given for a lone command of literal words. The arguments stay the same; the shell goes. A
//! script without `#!` runs under a shell alone: where the script can be read, a fix is given only
//! with that line; where it cannot, the fix is unsafe.
//!
//! # References
//! - <https://docs.docker.com/reference/dockerfile/#shell-and-exec-form>
//! - <https://docs.docker.com/reference/build-checks/json-args-recommended/>

use plimsoll_dockerfile::shell::{Joint, Script, ShellCommand};
use plimsoll_dockerfile::{Base, Body, Build, Command, Stage};
use plimsoll_links::facts::bases::{Shell, shell_of};
use plimsoll_project::Project;
use plimsoll_source::{Confidence, Edit, Fix, Safety, Severity, TextRange};

use super::build_context::View;
use super::facts::folders::join;
use super::shipped::{base_image, lineage, shipped};
use crate::{Alias, Check, Cx, DockerfileInput, FixKind, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "shell-form-entrypoint",
    summary: "the process is started through a shell that does not pass signals on",
    since: "0.1.0",
    severity: Severity::Warning,
    confidence: Confidence::High,
    strictness: Strictness::Default,
    fix: FixKind::Sometimes,
    aliases: &[
        Alias {
            tool: "hadolint",
            id: "DL3025",
        },
        Alias {
            tool: "buildkit",
            id: "JSONArgsRecommended",
        },
    ],
    checks: &[Check::Dockerfile(check)],
};

fn check(cx: &mut Cx<'_>, input: &DockerfileInput<'_>) {
    let build = &input.unit.build;
    let Some(stage) = shipped(input.unit) else {
        return;
    };
    // Only what counts: the last ENTRYPOINT and the last CMD of the lineage.
    let own = lineage(build, stage);
    for index in [stage.entrypoint, stage.cmd].into_iter().flatten() {
        if !own.iter().any(|stage| stage.instructions.contains(&index)) {
            continue;
        }
        let instruction = &build.file.instructions[index];
        let (name, range) = match &instruction.body {
            Body::Entrypoint(Command::Shell(range)) => ("ENTRYPOINT", *range),
            Body::Cmd(Command::Shell(range)) => ("CMD", *range),
            _ => continue,
        };
        let Some(script) = &build.scripts[index] else {
            continue;
        };
        if !is_posix_shell(&script.interpreter) || replaces_itself(script) || is_short(script) {
            continue;
        }
        if has_no_shell(build, stage) {
            cx.report(
                range,
                format!("{name} in shell form has no shell to run it"),
            )
            .subject(format!("stage/{}", stage.index))
            .severity(Severity::Error)
            .note("the base image has none: the container does not start with this command")
            .help(format!("write `{name} [\"PROGRAM\", \"ARGUMENT\"]`"));
            continue;
        }
        let shell = &script.interpreter;
        let steps_aside = steps_aside(build, stage, script);
        let how = if steps_aside {
            "starts the process through"
        } else {
            "runs the process under"
        };
        let own = own_script(cx.project, input, index, script);
        let safety = safety(script, own.as_deref());
        let draft = cx
            .report(range, format!("{name} in shell form {how} `{shell}`"))
            .subject(format!("stage/{}", stage.index));
        if name == "ENTRYPOINT" {
            draft.note("CMD and the arguments of `docker run` are ignored");
        }
        if steps_aside {
            // Arguments that are written down and ignored are a defect with any shell.
            if name == "CMD" || stage.cmd.is_none() {
                draft.strictness(Strictness::Pedantic);
            }
            draft.note(
                "the shell of this base image replaces itself by the last command, so SIGTERM \
                 arrives; on another base, or with something after it, it would not",
            );
        } else {
            draft.note(
                "SIGTERM reaches the shell, and a shell that stays does not pass it on: stopping \
                 waits out the grace period and then kills the service in the middle of its work",
            );
            draft.note(
                "as process 1 the program has to handle SIGTERM itself: one that does not needs an \
                 init such as `tini`",
            );
        }
        match exec_form(script).zip(safety) {
            _ if is_apachectl(script) => {
                draft.help(format!(
                    "write `{name} [\"sh\", \"-c\", \". /etc/apache2/envvars && exec apache2 -D \
                     FOREGROUND\"]` (`exec httpd -D FOREGROUND` where the server is called so): \
                     the program that is called here is itself a script that does not pass signals \
                     on"
                ));
            }
            Some((words, safety)) => {
                let json = format!("[{}]", words.join(", "));
                let is_shell = |word: &String| {
                    let word = word.trim_matches('"');
                    matches!(
                        word.rsplit('/').next(),
                        Some("sh" | "bash" | "ash" | "dash")
                    )
                };
                let given = words.get(1).map(|word| word.trim_matches('"'));
                let given = given.filter(|word| is_shell(&words[0]) && !word.starts_with('-'));
                let stays = own.as_deref().is_some_and(stays_in_front);
                let started = stays.then(|| words[0].trim_matches('"'));
                match given.or(started) {
                    Some(script) => draft.help(format!(
                        "write `{name} {json}`, and let `{script}` call its last program with `exec`"
                    )),
                    None => draft.help(format!("write `{name} {json}`")),
                };
                let file = input.unit.file;
                draft.fix(
                    Fix::new("write it in exec form", safety)
                        .edit(file, Edit::replace(trimmed(range, &build.file.text), json)),
                );
            }
            None => {
                draft.help(format!(
                    "write it as a JSON array; where a shell is needed, let it replace itself: \
                     `{name} [\"sh\", \"-c\", \"exec …\"]`, or use a script that ends in `exec`"
                ));
            }
        }
    }
}

/// Whether a stage stands on an image without a shell, and brings none: nothing, or distroless.
fn has_no_shell(build: &Build, stage: &Stage) -> bool {
    let own = lineage(build, stage);
    let bottom = own.last().map(|stage| &stage.base);
    let bare = match bottom {
        Some(Base::Scratch) => true,
        _ => base_image(build, stage).is_some_and(|image| {
            image.repository().contains("distroless/")
                && !image.tag().is_some_and(|tag| tag.contains("debug"))
        }),
    };
    // What is copied may be a shell.
    bare && !own.iter().any(|stage| {
        stage.instructions.clone().any(|index| {
            matches!(
                build.file.instructions[index].body,
                Body::Run(_) | Body::Add(_)
            ) || matches!(build.file.instructions[index].body, Body::Copy(_)) && {
                let text = build.file.instructions[index].range.of(&build.file.text);
                ["/bin/sh", "busybox", "/bin/bash", " /bin", " / "]
                    .iter()
                    .any(|shell| text.contains(shell))
                    || text.trim_end().ends_with(" /")
            }
        })
    })
}

/// Whether the command is the script by which people control Apache.
fn is_apachectl(script: &Script) -> bool {
    let program = script.commands.last().and_then(|command| command.name());
    matches!(program, Some("apache2ctl" | "apachectl"))
}

/// The text of the shell script that is started, where it is in the build context.
fn own_script(
    project: &Project,
    input: &DockerfileInput<'_>,
    index: usize,
    script: &Script,
) -> Option<String> {
    let program = started_script(script)?;
    let view = View::of(project, input.unit).filter(|_| program.contains('/'))?;
    let path = join(input.facts.folders.at(index), program);
    view.read(&view.laid(input.facts.copies.iter().rev(), &path)?)
}

/// The shell script that a command starts, by its name.
fn started_script(script: &Script) -> Option<&str> {
    let program = script.commands.first()?.words.first()?.literal()?;
    program.ends_with(".sh").then_some(program)
}

/// How safe it is to run the command without a shell; `None` where it cannot run so: a script
/// that does not say what runs it.
fn safety(script: &Script, own: Option<&str>) -> Option<Safety> {
    script.commands.first()?.words.first()?.literal()?;
    match (started_script(script), own) {
        (None, _) => Some(Safety::Safe),
        (Some(_), Some(text)) => text.starts_with("#!").then_some(Safety::Safe),
        (Some(_), None) => Some(Safety::Unsafe),
    }
}

/// Whether the shell that runs a script stays in front of what the script starts: nowhere does it
/// replace itself.
fn stays_in_front(text: &str) -> bool {
    let is_shells = text
        .lines()
        .next()
        .is_some_and(|head| head.trim_end().ends_with("sh"));
    if !is_shells {
        return false;
    }
    let mut lines = text.lines().map(str::trim_start);
    !lines.any(|line| {
        line.split([' ', '\t', ';']).any(|word| word == "exec") && !line.starts_with('#')
    })
}

fn is_posix_shell(interpreter: &str) -> bool {
    let name = interpreter.rsplit('/').next().unwrap_or(interpreter);
    matches!(name, "sh" | "bash" | "ash" | "dash" | "ksh" | "zsh")
}

/// Whether the last command of the script is an `exec`, or an init that passes signals on.
fn replaces_itself(script: &Script) -> bool {
    let last = script
        .commands
        .iter()
        .rev()
        .find(|command| command.depth == 0);
    last.is_none_or(|command| {
        // What only keeps a container open has no work to lose, and as the first process it would
        // not heed SIGTERM either.
        let waits = match command.name() {
            Some("sleep") => command.has_arg("infinity"),
            Some("tail") => command.has_arg("/dev/null"),
            _ => false,
        };
        waits
            || matches!(
                command.name(),
                Some("exec" | "tini" | "dumb-init" | "catatonit")
            )
    })
}

/// Whether nothing runs that would have to be stopped: commands that end by themselves at once.
fn is_short(script: &Script) -> bool {
    const SHORT: [&str; 12] = [
        "[",
        "cat",
        "cmp",
        "diff",
        "echo",
        "false",
        "ls",
        "printf",
        "sha256sum",
        "stat",
        "test",
        "true",
    ];
    let mut commands = script.commands.iter();
    commands.all(|command| command.name().is_some_and(|name| SHORT.contains(&name)))
        && script.commands.len() > 1
}

/// Whether the shell is known to replace itself by the last command of the script.
fn steps_aside(build: &Build, stage: &Stage, script: &Script) -> bool {
    let interpreter = &*script.interpreter;
    let shell = match interpreter.rsplit('/').next().unwrap_or(interpreter) {
        "sh" => base_image(build, stage).and_then(|image| shell_of(&image)),
        "ash" => Some(Shell::BusyBox),
        "bash" => Some(Shell::Bash),
        _ => None,
    };
    let lone = script.commands.len() == 1;
    let Some(last) = script.commands.last() else {
        return false;
    };
    // What stays behind for its status, a pipe or a trap keeps the shell.
    let is_plain = last.depth == 0
        && matches!(last.joint, Joint::Start | Joint::Then | Joint::And)
        && !last.negated
        && !script
            .commands
            .iter()
            .any(|one| one.joint == Joint::Background)
        && !script.commands.iter().any(|one| one.name() == Some("trap"))
        && !last.name().is_none_or(|name| BUILTINS.contains(&name))
        && script.errors.is_empty();
    match shell {
        Some(Shell::BusyBox) => is_plain,
        // From 5.1 on it does so for the last of several as well.
        Some(Shell::Bash) => is_plain && (lone || brings_new_bash(build, stage)),
        Some(Shell::Dash) | None => false,
    }
}

/// Whether the base is known to bring bash 5.1 or later.
fn brings_new_bash(build: &Build, stage: &Stage) -> bool {
    const NEW: &[&str] = &[
        "ubi9", "ubi10", "bookworm", "trixie", "jammy", "noble", "22.04", "24.04",
    ];
    base_image(build, stage).is_some_and(|image| {
        let tag = image.tag().unwrap_or("");
        let whole = image.familiar();
        let major = |digit: char| tag.starts_with(digit);
        NEW.iter()
            .any(|word| whole.contains(word) || tag.contains(word))
            || matches!(image.name(), "almalinux" | "rockylinux" | "oraclelinux") && major('9')
            || image.is_official()
                && image.name() == "debian"
                && (tag.starts_with("12") || tag.starts_with("13"))
    })
}

/// Words that mean something only to a shell.
const BUILTINS: &[&str] = &[
    ".", ":", "[", "alias", "bg", "cd", "command", "eval", "exec", "exit", "export", "fg", "if",
    "read", "set", "shift", "source", "test", "time", "trap", "type", "ulimit", "umask", "unset",
    "wait", "while",
];

/// The JSON strings of a lone command of literal words.
fn exec_form(script: &Script) -> Option<Vec<String>> {
    let [command] = &*script.commands else {
        return None;
    };
    let ShellCommand {
        assignments,
        redirects,
        words,
        ..
    } = command;
    if !script.errors.is_empty() || !assignments.is_empty() || !redirects.is_empty() {
        return None;
    }
    if BUILTINS.contains(&command.name()?) {
        return None;
    }
    words
        .iter()
        .map(|word| {
            let literal = word.literal()?;
            // Unquoted wildcards and `~` are expanded by the shell.
            let plain = word.text().contains(['\'', '"'])
                || !word.text().contains(['*', '?', '[', '{', '~', '!']);
            plain.then(|| json_string(literal)).flatten()
        })
        .collect()
}

fn json_string(text: &str) -> Option<String> {
    // The builder expands no variables in exec form, but a control character in a command line
    // is better left to a person.
    if text.chars().any(char::is_control) {
        return None;
    }
    Some(format!(
        "\"{}\"",
        text.replace('\\', "\\\\").replace('"', "\\\"")
    ))
}

fn trimmed(range: TextRange, text: &str) -> TextRange {
    let source = range.of(text);
    let lead = source.len() - source.trim_start().len();
    TextRange::new(
        range.start + lead as u32,
        range.start + source.trim_end().len() as u32,
    )
}

#[cfg(test)]
mod tests {
    use plimsoll_source::Safety;

    use super::RULE;
    use crate::testing::on;

    #[test]
    fn a_new_bash_steps_aside_for_the_last_of_several() {
        let with = |base: &str| {
            on(&RULE).dockerfile(&format!(
                "FROM {base}\nSHELL [\"/bin/bash\", \"-c\"]\nCMD . ./env && serve --all\n"
            ))
        };
        with("registry.access.redhat.com/ubi9/ubi-minimal").quiet_by_default();
        with("registry.access.redhat.com/ubi8/ubi-minimal").loud_by_default();
    }

    #[test]
    fn a_script_that_starts_the_server_is_no_better_in_exec_form() {
        let case = on(&RULE)
            .dockerfile(
                "FROM debian:13\nRUN apt-get install -y apache2\nCMD apache2ctl -D FOREGROUND\n",
            )
            .flags(&["3: apache2ctl -D FOREGROUND"]);
        let found = &case.findings[0];
        assert!(found.fix.is_none());
        assert!(
            found
                .help
                .as_deref()
                .unwrap()
                .contains("exec apache2 -D FOREGROUND")
        );
    }

    #[test]
    fn lists_of_short_commands_are_left_alone() {
        let run = |cmd: &str| {
            let case = on(&RULE).dockerfile(&format!("FROM debian:13\nCMD {cmd}\n"));
            case.findings.len()
        };
        assert_eq!(run("cmp /a /b && cmp /c /d"), 0);
        assert_eq!(run("cmp /a /b && /serve"), 1);
        assert_eq!(run("/setup && sleep infinity"), 0);
        assert_eq!(run("sleep 60 && /serve"), 1);
    }

    #[test]
    fn images_without_a_shell_cannot_run_one() {
        let says = |from: &str, more: &str| {
            let case = on(&RULE).dockerfile(&format!("FROM {from}\n{more}ENTRYPOINT /app\n"));
            case.findings[0].message.clone()
        };
        for from in ["scratch", "gcr.io/distroless/static-debian13:nonroot"] {
            assert!(
                says(from, "COPY app /app\n").contains("has no shell"),
                "{from}"
            );
        }
        for (from, more) in [
            ("gcr.io/distroless/static:debug", ""),
            ("scratch", "ADD rootfs.tar.gz /\n"),
            ("scratch", "COPY --from=a /bin/sh /bin/sh\n"),
            ("debian:13", ""),
        ] {
            assert!(
                says(from, more).contains("runs the process under"),
                "{from}"
            );
        }
    }

    #[test]
    fn shell_forms_are_found_and_rewritten() {
        on(&RULE)
            .dockerfile("FROM a:1\nENTRYPOINT node server.js\n")
            .flags(&["2: node server.js"])
            .fixed("FROM a:1\nENTRYPOINT [\"node\", \"server.js\"]\n");
        on(&RULE)
            .dockerfile("FROM a:1\nCMD java -Dname=\"a b\" -jar app.jar\n")
            .fixed("FROM a:1\nCMD [\"java\", \"-Dname=a b\", \"-jar\", \"app.jar\"]\n");
        on(&RULE)
            .dockerfile("FROM a:1\nCMD npm run migrate && npm start\n")
            .flags(&["2: npm run migrate && npm start"]);
        on(&RULE)
            .dockerfile("FROM a:1\nCMD gunicorn -b 0.0.0.0:$PORT app\n")
            .flags(&["2: gunicorn -b 0.0.0.0:$PORT app"]);
    }

    #[test]
    fn variables_lists_and_builtins_get_no_fix() {
        for line in [
            "a -p $PORT",
            "a && b",
            "cd /x",
            "FOO=1 a",
            "a > /log",
            "ls *.txt",
        ] {
            let case = on(&RULE).dockerfile(&format!("FROM a:1\nCMD {line}\n"));
            assert_eq!(case.findings.len(), 1, "{line}");
            assert!(case.findings[0].fix.is_none(), "{line}");
        }
    }

    #[test]
    fn scripts_need_the_line_that_says_what_runs_them() {
        let safety = |files: &str| {
            let case = on(&RULE).files(&format!(
                "//- /Dockerfile\nFROM a:1\nWORKDIR /app\nCOPY . .\nCMD ./bin/run.sh\n{files}"
            ));
            assert_eq!(case.findings.len(), 1);
            case.findings[0].fix.as_ref().map(|fix| fix.safety)
        };
        assert_eq!(
            safety("//- /bin/run.sh\n#!/bin/sh\na\n"),
            Some(Safety::Safe)
        );
        assert_eq!(safety("//- /bin/run.sh\na\n"), None);
        assert_eq!(safety("//- /x\n1\n"), Some(Safety::Unsafe));
    }

    #[test]
    fn a_shell_that_steps_aside_is_a_matter_for_the_pedantic() {
        for text in [
            "FROM alpine:3\nCMD gosu privoxy privoxy --no-daemon /etc/privoxy/config\n",
            "FROM alpine:3\nCMD set -xe \\\n && curl a > b \\\n && mtproto-proxy --user root\n",
            "FROM node:22-alpine\nENTRYPOINT cd /app; node server.js\n",
            "FROM fedora:44\nCMD httpd -DFOREGROUND\n",
            "FROM debian:13\nSHELL [\"/bin/bash\", \"-c\"]\nCMD node server.js\n",
        ] {
            let case = on(&RULE).dockerfile(text);
            assert_eq!(case.findings.len(), 1, "{text}");
            case.quiet_by_default();
        }
        // The shell stays, or ignores what is written.
        for text in [
            "FROM debian:13\nCMD node server.js\n",
            "FROM alpine:3\nCMD node server.js | tee /log\n",
            "FROM alpine:3\nCMD node server.js || sleep 5\n",
            "FROM alpine:3\nCMD node server.js & wait\n",
            "FROM alpine:3\nCMD trap 'x' TERM; node server.js\n",
            "FROM fedora:44\nCMD cd /app && node server.js\n",
            "FROM alpine:3\nCMD [\"a\"]\nENTRYPOINT node server.js\n",
            "FROM acme/x:1\nCMD node server.js\n",
        ] {
            on(&RULE).dockerfile(text).loud_by_default();
        }
    }

    #[test]
    fn exec_forms_and_what_does_not_count_are_left_alone() {
        on(&RULE)
            .dockerfile("FROM a:1\nCMD [\"node\", \"a.js\"]\n")
            .clean();
        on(&RULE)
            .dockerfile("FROM a:1\nCMD exec node a.js\n")
            .clean();
        on(&RULE)
            .dockerfile("FROM a:1\nCMD prepare && exec node a.js\n")
            .clean();
        on(&RULE)
            .dockerfile("FROM a:1 AS dev\nCMD npm start\nFROM a:1\nCMD [\"a\"]\n")
            .clean();
        on(&RULE)
            .dockerfile("FROM a:1\nSHELL [\"powershell\", \"-Command\"]\nCMD Start-Service x\n")
            .clean();
        on(&RULE).dockerfile("FROM a:1\nRUN npm start\n").clean();
    }

    #[test]
    fn a_script_of_a_shell_has_to_step_aside_too() {
        let help = |cmd: &str| {
            let case = on(&RULE).dockerfile(&format!("FROM debian:13\nCMD {cmd}\n"));
            case.findings[0].help.clone().unwrap_or_default()
        };
        assert!(help("bash ./start.sh").contains("let `./start.sh` call its last program"));
        assert!(!help("node a.js").contains("last program"));
        let started = |text: &str| {
            let case = on(&RULE).files(&format!(
                "//- /Dockerfile\nFROM debian:13\nWORKDIR /app\nCOPY . .\nCMD ./run.sh\n//- /run.sh\n{text}"
            ));
            case.findings[0].help.clone().unwrap_or_default()
        };
        assert!(
            started("#!/bin/sh\n# no exec here\nrails server\n").contains("let `./run.sh` call")
        );
        assert!(!started("#!/bin/sh\nexec rails server\n").contains("last program"));
        assert!(!started("#!/usr/bin/env python3\nserve()\n").contains("last program"));
    }
}
