//! # What it does
//! Finds secrets that end up in the image or in its history: credentials written into ARG, ENV
//! and RUN, secrets handed over as build arguments, and key files taken by COPY or ADD.
//!
//! # Why it matters
//! Whoever can pull the image can read its configuration, its history and every file of every
//! layer, also those that a later step deletes. ENV is shown by `docker inspect`, ARG by
//! `docker history`. A secret that is needed during the build belongs into a secret mount: it is
//! there for one step and in no layer. One that is needed at run time is given when the container
//! starts. Which of the two is advised depends on whether a step below uses the variable or the file;
//! steps that run the project's own code (`rails assets:precompile`, `npm run build`) may use a
//! build argument without naming it, those that only install packages do not.
//!
//! An `ARG TOKEN` without a value is reported where the stage ships; in a build stage it stays out
//! of the image. A password in ENV that anyone would guess is a note. Not reported are empty values, paths, stand-ins that a build step needs to get
//! by (`SECRET_KEY=dummy`), and key files whose content can be looked at and is no secret.
//!
//! # Example
//! ```dockerfile bad
//! FROM node:22-slim
//! ENV STRIPE_API_KEY=9f86d081884c7d659a2feaa0c55ad015
//! CMD ["node", "server.js"]
//! ```
//! ```dockerfile good
//! # syntax=docker/dockerfile:1
//! FROM node:22-slim
//! COPY package.json package-lock.json ./
//! RUN --mount=type=secret,id=npmrc,target=/root/.npmrc npm ci
//! CMD ["node", "server.js"]
//! ```
//!
//! # References
//! - <https://docs.docker.com/build/building/secrets/>
//! - <https://docs.docker.com/reference/build-checks/secrets-used-in-arg-or-env/>

use std::borrow::Cow;

use plimsoll_dockerfile::{Body, Build};
use plimsoll_secrets::names_secret;
use plimsoll_secrets::random::looks_random;
use plimsoll_source::{Confidence, Severity, TextRange};

use super::argument_uses::{kept_as, may_use, refers_to};
use super::build_context::{View, listed};
use super::context_files::holds_secret;
use super::facts::calls::{Call, calls};
use super::facts::copies::{Copied, Whence};
use super::facts::ending;
use super::secret_uses::{How, used};
use super::shipped::{lineage, shipped};
use super::written_secrets::{Written, in_setting, in_word};
use crate::{Alias, Check, Cx, DockerfileInput, FixKind, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "secret-in-image",
    summary: "a secret ends up in the image or in its history",
    since: "0.1.0",
    severity: Severity::Error,
    confidence: Confidence::High,
    strictness: Strictness::Default,
    fix: FixKind::None,
    aliases: &[
        Alias {
            tool: "buildkit",
            id: "SecretsUsedInArgOrEnv",
        },
        Alias {
            tool: "hadolint",
            id: "DL3064",
        },
        Alias {
            tool: "trivy",
            id: "DS-0031",
        },
        Alias {
            tool: "dockle",
            id: "CIS-DI-0010",
        },
    ],
    checks: &[Check::Dockerfile(check)],
};

const AT_BUILD: &str = "use a secret mount for the build: `RUN --mount=type=secret,id=NAME …`";
const AT_RUN: &str =
    "give it when the container starts (`environment`, a Secret), not in the image";

const AT_BOTH: &str = "the build uses it: give it to that step by a secret mount, \
                       `RUN --mount=type=secret,id=NAME …`, and to the container when it starts \
                       only if the program reads it too";

fn check(cx: &mut Cx<'_>, input: &DockerfileInput<'_>) {
    let build = &input.unit.build;
    let line = shipped(input.unit).map_or_else(Vec::new, |stage| lineage(build, stage));
    let ships = |index: usize| line.iter().any(|stage| stage.instructions.contains(&index));
    let view = View::with_content(cx.project, input.unit);
    for (index, instruction) in build.file.instructions.iter().enumerate() {
        match &instruction.body {
            Body::Arg(declared) => {
                for arg in declared {
                    let name = &*arg.name.value;
                    let value = arg.default.as_ref().map_or("", |value| &*value.value);
                    if !value.trim_matches(['"', '\'']).is_empty() {
                        let range = arg.default.as_ref().map_or(arg.range, |value| value.range);
                        let help = for_argument(input, view, index, name, &ships);
                        setting(cx, ("ARG", ships(index), &help), name, value, range);
                    } else if ships(index) && names_secret(name) && is_used(build, name, &ships) {
                        let help = for_argument(input, view, index, name, &ships);
                        cx.report(
                            arg.range,
                            format!("the build argument `{name}` stays in the image's history"),
                        )
                        .severity(Severity::Warning)
                        .confidence(Confidence::Medium)
                        .note("`docker history` shows build arguments to whoever has the image")
                        .help(help);
                    }
                }
            }
            Body::Env(pairs) => {
                for pair in pairs {
                    let name = &*pair.key.value;
                    let help = if uses_below(build, index, name) {
                        AT_BOTH
                    } else {
                        AT_RUN
                    };
                    if ships(index) && names_secret(name) && hands_over(build, index, &pair.value) {
                        cx.report(
                            pair.range,
                            format!("`{name}` keeps a build argument's secret in the image"),
                        )
                        .note("`docker inspect` shows it to whoever has the image")
                        .help(help);
                    } else {
                        let at = ("ENV", ships(index), help);
                        setting(cx, at, name, &pair.value.value, pair.value.range);
                    }
                }
            }
            Body::Run(_) => {
                for call in calls(build, index) {
                    run(cx, &call);
                }
                if let Some(script) = &build.scripts[index] {
                    for command in &script.commands {
                        for (name, word) in &command.assignments {
                            let value = word.literal().unwrap_or("");
                            assigned(cx, name, value, word.range);
                        }
                    }
                }
                heredocs(cx, build, index);
            }
            Body::Copy(_) | Body::Add(_) => heredocs(cx, build, index),
            _ => {}
        }
    }
    for copy in &input.facts.copies {
        if copy.whence == Whence::Context && ships(copy.instruction) {
            copied(cx, input, copy, view);
        }
    }
}

/// What is to be done about an argument: a secret mount, unless no step of the image that ships
/// may use it.
fn for_argument(
    input: &DockerfileInput<'_>,
    view: Option<View<'_>>,
    index: usize,
    name: &str,
    ships: &dyn Fn(usize) -> bool,
) -> Cow<'static, str> {
    let build = &input.unit.build;
    if !ships(index) || may_use(build, input.facts, view, name, index, ships) {
        return Cow::Borrowed(AT_BUILD);
    }
    let kept = kept_as(build, name, index, ships);
    let at_start = "when the container starts (`environment`, a Secret)";
    Cow::Owned(if kept.is_empty() {
        format!(
            "no step uses it: take this ARG out; a program that needs it is given it {at_start}"
        )
    } else {
        let kept = listed(&kept, 3);
        format!("no step uses it: take this ARG and the ENV {kept} out, and give it {at_start}")
    })
}

/// Whether a RUN of the image that ships comes with the build argument: only then is it in the
/// history.
fn is_used(build: &Build, name: &str, ships: &dyn Fn(usize) -> bool) -> bool {
    let declared = |index: usize| {
        matches!(&build.file.instructions[index].body, Body::Arg(args)
            if args.iter().any(|arg| &*arg.name.value == name))
    };
    let at = (0..build.file.instructions.len()).find(|&index| ships(index) && declared(index));
    let Some(at) = at else { return false };
    (at..build.file.instructions.len())
        .any(|index| ships(index) && matches!(build.file.instructions[index].body, Body::Run(_)))
}

/// `ENV TOKEN=$TOKEN`: what the argument brings is kept in the configuration.
fn hands_over(build: &Build, index: usize, value: &plimsoll_dockerfile::Word) -> bool {
    if !value.value.contains('$') {
        return false;
    }
    let args = build.args_at(index);
    plimsoll_dockerfile::words::variables(value, &build.file.text, build.file.escape)
        .iter()
        .any(|variable| {
            args.get(&*variable.name)
                .is_some_and(|default| default.as_deref().is_none_or(str::is_empty))
                && names_secret(&variable.name)
        })
}

/// A name with a value written beside it.
fn setting(
    cx: &mut Cx<'_>,
    (instruction, ships, help): (&str, bool, &str),
    name: &str,
    value: &str,
    range: TextRange,
) {
    let text = value.trim_matches(['"', '\'']);
    let Some(found) = in_setting(name, text, instruction == "ENV") else {
        return;
    };
    let guessable = found == Written::Guessable;
    if guessable && !ships {
        return;
    }
    let message = match found {
        Written::Token(what) => format!("`{instruction} {name}` holds {what}"),
        Written::Named => format!("the secret `{name}` is written into the file by {instruction}"),
        Written::Guessable => format!("`{instruction} {name}` has a value that anyone would guess"),
        Written::Embedded => format!("`{instruction} {name}` holds a password"),
    };
    let place = cx.place(range);
    let draft = cx.report(range, message);
    draft.secret(place);
    if guessable {
        draft
            .severity(Severity::Note)
            .note("it is the password of every container that is given no other one")
            .help(help.to_owned());
        return;
    }
    draft
        .note("it is in the repository, in the image and in the image's history")
        .help(help.to_owned());
}

/// Whether a RUN below an ENV, in its stage or in one built on it, names the variable.
fn uses_below(build: &Build, index: usize, name: &str) -> bool {
    let Some(stage) = build.stage_of(index) else {
        return false;
    };
    (index + 1..build.file.instructions.len()).any(|at| {
        let instruction = &build.file.instructions[at];
        let below = || {
            let own = build.stage_of(at);
            own.is_some_and(|own| {
                lineage(build, own)
                    .iter()
                    .any(|one| one.index == stage.index)
            })
        };
        matches!(instruction.body, Body::Run(_))
            && refers_to(instruction.range.of(&build.file.text), name)
            && below()
    })
}

/// `export NAME=value` and `NAME=value command`. Such a value is often a stand-in for one step,
/// so that only what looks like a key counts.
fn assigned(cx: &mut Cx<'_>, name: &str, value: &str, range: TextRange) {
    let message = match in_word(value) {
        Some(Written::Token(what)) => format!("{what} is written into RUN"),
        Some(_) => "a password is written into RUN".to_owned(),
        None if names_secret(name) && looks_random(value) => {
            format!("the secret `{name}` is written into RUN")
        }
        None => return,
    };
    told(cx, range, message);
}

/// Credentials among the words of a command.
fn run(cx: &mut Cx<'_>, call: &Call<'_>) {
    let mut options = call.args.iter().peekable();
    while let Some(arg) = options.next() {
        let text = arg.text.trim_matches(['"', '\'']);
        let message = match in_word(text) {
            Some(Written::Token(what)) => format!("{what} is written into RUN"),
            Some(_) => "a password is written into RUN".to_owned(),
            None => {
                let (name, value) = match text.split_once('=') {
                    Some((name, value)) => (name, Some(value)),
                    None => (
                        text,
                        options
                            .peek()
                            .filter(|next| next.literal)
                            .map(|next| next.text),
                    ),
                };
                let exports = matches!(call.program, "export" | "declare" | "env");
                let Some(value) = value else { continue };
                if exports && text.contains('=') && names_secret(name) && looks_random(value) {
                    told(
                        cx,
                        arg.range,
                        format!("the secret `{name}` is written into RUN"),
                    );
                    continue;
                }
                let option = name.strip_prefix("--").unwrap_or("").replace('-', "_");
                let user = call.program == "curl" && matches!(name, "-u" | "--user");
                let password = user
                    .then(|| value.split_once(':').map(|(_, password)| password))
                    .flatten()
                    .or_else(|| names_secret(&option).then_some(value));
                match password {
                    Some(password) if looks_random(password) => {
                        let range = if text.contains('=') {
                            arg.range
                        } else {
                            options.peek().map_or(arg.range, |next| next.range)
                        };
                        told(
                            cx,
                            range,
                            format!("the value of `{name}` is written into RUN"),
                        );
                        continue;
                    }
                    _ => continue,
                }
            }
        };
        told(cx, arg.range, message);
    }
}

fn told(cx: &mut Cx<'_>, range: TextRange, message: String) {
    let place = cx.place(range);
    cx.report(range, message)
        .secret(place)
        .note("it is in the repository and in the image's history")
        .help(AT_BUILD);
}

/// Credentials in the text of heredocs.
fn heredocs(cx: &mut Cx<'_>, build: &Build, index: usize) {
    for heredoc in &build.file.instructions[index].heredocs {
        let text = heredoc.body.of(&build.file.text);
        let mut start = heredoc.body.start;
        for line in text.split_inclusive('\n') {
            let range = TextRange::at(start as usize, start as usize + line.trim_end().len());
            start += line.len() as u32;
            if let Some(Written::Token(what)) = in_word(line.trim()) {
                told(cx, range, format!("{what} is written into the image"));
            }
        }
    }
}

/// Files that hold keys and credentials by their very name.
const KEY_FILES: &[&str] = &[
    ".git-credentials",
    ".htpasswd",
    ".netrc",
    ".pgpass",
    ".pypirc",
    "_netrc",
    "id_dsa",
    "id_ecdsa",
    "id_ed25519",
    "id_rsa",
    "kubeconfig",
    "service-account.json",
    "service_account.json",
];

/// Key files that a COPY names.
fn copied(cx: &mut Cx<'_>, input: &DockerfileInput<'_>, copy: &Copied, view: Option<View<'_>>) {
    let path = cx.project.path(input.unit.file);
    let for_tests = |path: &str| {
        path.split(['/', '.', '_', '-']).any(|part| {
            matches!(
                part,
                "test" | "tests" | "testdata" | "fixtures" | "example" | "examples" | "sample"
            )
        })
    };
    for source in copy.sources.iter().filter(|source| source.known) {
        if for_tests(path) || for_tests(&source.path) {
            continue;
        }
        let len = view.and_then(|view| Some(view.visible().file(&source.path)?.len));
        let certain = match (view, len) {
            (Some(view), Some(len)) => {
                if !holds_secret(view, &source.path, len) {
                    continue;
                }
                true
            }
            _ => match by_name(&source.path, &copy.dest) {
                Some(certain) => certain,
                None => continue,
            },
        };
        let name = source.name();
        let build = &input.unit.build;
        let needed = match view {
            Some(view) => used(build, input.facts, view, (copy, source), &source.path)
                .is_some_and(|found| found.how != How::Starts),
            None => runs_after(build, copy.instruction),
        };
        let draft = cx
            .report(source.range, format!("`{name}` is copied into the image"))
            .note("whoever can pull the image can read it, also when a later step deletes it")
            .help(if needed {
                "mount it for the step that needs it: \
                 `RUN --mount=type=secret,id=NAME,target=PATH …`"
            } else {
                "no step was seen to need it: leave the COPY out, and give the file to the container \
                 when it starts (a Secret that is mounted, `secrets` or `env_file` of Compose)"
            });
        if !certain {
            draft
                .confidence(Confidence::Medium)
                .severity(Severity::Warning);
        }
    }
}

/// Whether a RUN of the same stage follows.
fn runs_after(build: &Build, index: usize) -> bool {
    let stage = build.stage_of(index).map(|stage| stage.index);
    let rest = build.file.instructions.iter().enumerate().skip(index + 1);
    rest.filter(|(_, one)| matches!(one.body, Body::Run(_)))
        .any(|(at, _)| build.stage_of(at).map(|stage| stage.index) == stage)
}

/// Whether a file that cannot be looked at holds a secret by its name, and whether that is
/// certain.
pub(crate) fn by_name(path: &str, dest: &str) -> Option<bool> {
    let name = path.rsplit('/').next().unwrap_or("").to_ascii_lowercase();
    let public = [
        "pub", "example", "sample", "template", "dist", "gpg", "apt", "repo", "archive", "release",
        "license", "ca.", "-ca", "ca-", "keyring", "rpm",
    ];
    if public.iter().any(|mark| name.contains(mark)) || dest.contains("/etc/apt/") {
        return None;
    }
    let folder = [".ssh", ".aws", ".gnupg"]
        .iter()
        .any(|folder| path.ends_with(folder));
    let login = path.ends_with(".aws/credentials")
        || path.ends_with(".kube/config")
        || path.ends_with(".docker/config.json");
    if KEY_FILES.contains(&&*name) || folder || login {
        return Some(true);
    }
    let private = match ending(&name) {
        "p12" | "pfx" | "kdbx" => true,
        "key" => true,
        "pem" => name.contains("key") || name.contains("priv"),
        _ => false,
    };
    (private || name == ".env").then_some(false)
}

#[cfg(test)]
mod tests {
    use plimsoll_source::{Confidence, Severity};

    use super::RULE;
    use crate::testing::on;

    #[test]
    fn a_file_that_no_step_needs_is_given_at_the_start() {
        let help = |rest: &str| {
            let case = on(&RULE).files(&format!(
                "//- /Dockerfile\nFROM a:1\nWORKDIR /app\nCOPY .env .\n{rest}\nCMD [\"a\"]\n//- /.env\nDB_PASSWORD=kJ8x2mQ9vT4w\n"
            ));
            case.findings[0].help.clone().unwrap_or_default()
        };
        assert!(help("EXPOSE 80").starts_with("no step was seen to need it"));
        assert!(help("RUN . ./.env && make").starts_with("mount it for the step"));
        let key = on(&RULE).dockerfile("FROM a:1\nCOPY id_rsa /root/.ssh/\nRUN git clone a\n");
        let help = key.findings[0].help.as_deref().unwrap_or_default();
        assert!(help.starts_with("mount it for the step"), "{help}");
    }

    #[test]
    fn passwords_that_anyone_would_guess_are_a_note() {
        let case = on(&RULE)
            .dockerfile("FROM mysql:9.7\nENV MYSQL_ROOT_PASSWORD=root\n")
            .says(&["`ENV MYSQL_ROOT_PASSWORD` has a value that anyone would guess"]);
        assert_eq!(case.findings[0].severity, Severity::Note);
        for text in [
            "FROM a:1 AS b\nENV DB_PASSWORD=root\nFROM a:1\n",
            "FROM a:1\nARG DB_PASSWORD=root\n",
            "FROM a:1\nENV SECRET_KEY=dummy\n",
            "FROM a:1\nENV DB_PASSWORD=\n",
        ] {
            on(&RULE).dockerfile(text).clean();
        }
    }

    #[test]
    fn written_secrets_are_found_and_not_shown() {
        let case = on(&RULE)
            .dockerfile("FROM a:1\nENV DB_PASSWORD=kJ8x2mQ9vT4w MODE=x\n")
            .says(&["the secret `DB_PASSWORD` is written into the file by ENV"]);
        assert_eq!(case.findings[0].secrets.len(), 1);
        on(&RULE)
            .dockerfile("FROM a:1 AS b\nARG NPM_TOKEN=f3b9c1d27a8e4465\nFROM a:1\n")
            .flags(&["2: f3b9c1d27a8e4465"]);
        on(&RULE)
            .dockerfile("FROM a:1\nRUN git clone https://bot:kJ8x2mQ9vT4w@git.example.com/a.git\n")
            .says(&["a password is written into RUN"]);
        on(&RULE)
            .dockerfile("FROM a:1\nRUN export API_SECRET=kJ8x2mQ9vT4w && make\n")
            .says(&["the secret `API_SECRET` is written into RUN"]);
        on(&RULE)
            .dockerfile("FROM a:1\nRUN curl -u bot:kJ8x2mQ9vT4w https://x.example.com\n")
            .says(&["the value of `-u` is written into RUN"]);
        on(&RULE)
            .dockerfile("FROM a:1\nRUN tool login --password=kJ8x2mQ9vT4w\n")
            .says(&["the value of `--password` is written into RUN"]);
        let github = format!("ghp_{}", "a1B2".repeat(9));
        on(&RULE)
            .dockerfile(&format!(
                "FROM a:1\nRUN curl -H \"Authorization: token {github}\" https://x.org\n"
            ))
            .says(&["a credential of GitHub is written into RUN"]);
        on(&RULE)
            .dockerfile(&format!(
                "FROM a:1\nCOPY <<E /root/.netrc\nmachine github.com password {github}\nE\n"
            ))
            .flags(&[&format!("3: machine github.com password {github}")]);
    }

    #[test]
    fn the_advice_depends_on_who_uses_it() {
        let help = |rest: &str| {
            let case =
                on(&RULE).dockerfile(&format!("FROM a:1\nENV LICENSE_KEY=kJ8x2mQ9vT4w\n{rest}"));
            case.help()
        };
        assert!(help("RUN curl https://a.example/${LICENSE_KEY}/b\n").contains("secret mount"));
        assert!(help("RUN a\nFROM a:1\n").starts_with("give it when the container starts"));
        assert!(help("RUN echo $LICENSE_KEY_ID\n").starts_with("give it when"));
        assert!(help("CMD [\"a\"]\n").starts_with("give it when"));
    }

    #[test]
    fn arguments_that_stay_are_found() {
        on(&RULE)
            .dockerfile("FROM a:1\nARG GITHUB_TOKEN\nRUN make\n")
            .says(&["the build argument `GITHUB_TOKEN` stays in the image's history"]);
        on(&RULE)
            .dockerfile("FROM a:1\nARG GITHUB_TOKEN=\"\"\nRUN make\n")
            .flags(&["2: GITHUB_TOKEN=\"\""]);
        on(&RULE)
            .dockerfile(
                "FROM a:1 AS b\nARG API_TOKEN\nRUN make\nFROM b\nENV API_TOKEN=$API_TOKEN\n",
            )
            .flags(&["2: API_TOKEN", "5: API_TOKEN=$API_TOKEN"]);
    }

    #[test]
    fn key_files_that_ship_are_found() {
        on(&RULE)
            .dockerfile("FROM a:1\nCOPY id_rsa .env /root/\n")
            .flags(&["2: id_rsa", "2: .env"]);
        let case = on(&RULE)
            .dockerfile("FROM a:1\nADD certs/server.key /etc/ssl/\n")
            .flags(&["2: certs/server.key"]);
        assert_eq!(case.findings[0].confidence, Confidence::Medium);
        let case = on(&RULE)
            .files(
                "//- /Dockerfile\nFROM a:1\nCOPY .npmrc .\n//- /package.json\n{}\n\
                 //- /.npmrc\n//registry.npmjs.org/:_authToken=f3b9c1d27a8e4465\n",
            )
            .flags(&["Dockerfile:2: .npmrc"]);
        assert_eq!(case.findings[0].confidence, Confidence::High);
    }

    #[test]
    fn what_keeps_no_secret_is_left_alone() {
        for text in [
            "FROM a:1\nENV PASSWORD_FILE=/run/secrets/p TOKEN_URL=https://x.example.com/t\n",
            "FROM a:1\nENV DB_PASSWORD=\"\" SECRET_KEY=changeme\n",
            "FROM a:1 AS build\nARG NPM_TOKEN\nRUN npm ci\nFROM a:1\n",
            "FROM a:1\nARG NPM_TOKEN\nCMD [\"x\"]\n",
            "FROM a:1\nRUN --mount=type=secret,id=token make\n",
            "FROM a:1\nCOPY .env.example id_rsa.pub ca.pem nodesource.gpg.key /x/\n",
            "FROM a:1 AS b\nCOPY .npmrc .\nFROM a:1\nCOPY --from=b /app /app\n",
            "FROM a:1\nCOPY .npmrc package.json ./\n",
            "FROM a:1\nCOPY tests/certs/server.key /x/\n",
            "FROM a:1\nRUN curl -H \"Authorization: Bearer $TOKEN\" https://x.example.com\n",
            "FROM a:1\nRUN SECRET_KEY=build-time-dummy python manage.py collectstatic\n",
            "FROM a:1\nRUN SECRET_KEY_BASE=DUMMY ./bin/rails assets:precompile\n",
            "FROM a:1\nENV DATABASE_URL=\"postgresql://user:pass@localhost:5432/dummy\"\n",
            "FROM a:1\nENV TOKENIZERS_PARALLELISM=false KEYCLOAK_VERSION=26.4.1\n",
            "FROM a:1\nRUN tool --token $TOKEN --password-stdin < x\n",
        ] {
            on(&RULE).dockerfile(text).clean();
        }
        on(&RULE)
            .files("//- /Dockerfile\nFROM a:1\nCOPY .npmrc .env /a/\n//- /x\n1\n//- /.npmrc\nengine-strict=true\n//- /.env\nPORT=3000\n")
            .clean();
    }
}
