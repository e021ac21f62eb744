//! # What it does
//! Finds secrets that end up in the image or in its history: credentials written into ARG, ENV
//! and RUN, secrets handed over as build arguments, and key files taken by COPY or ADD.
//!
//! # Why it matters
//! Whoever can pull the image can read its configuration, its history and every file of every
//! layer, also those that a later step deletes. ENV is shown by `docker inspect`, ARG by
//! `docker history`. A secret that is needed during the build belongs into a secret mount: it is
//! there for one step and in no layer. One that is needed at run time is given when the container
//! starts.
//!
//! A bare `ARG TOKEN` is reported where the stage ships; in a build stage it stays out of the
//! image. Example values, paths and empty values keep nothing and are not reported.
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

use plimsoll_dockerfile::{Body, Instruction, Word};
use plimsoll_source::files::file_name;
use plimsoll_source::{Confidence, Severity, TextRange};

use super::shipped::{lineage, shipped};
use crate::compose::secrets::{Worth, embedded, issuer, names_secret, worth};
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
            tool: "trivy",
            id: "DS031",
        },
    ],
    checks: &[Check::Dockerfile(check)],
};

const AT_BUILD: &str = "use a secret mount for the build: `RUN --mount=type=secret,id=NAME …`";
const AT_RUN: &str =
    "give it when the container starts (`environment`, a Secret), not in the image";

fn check(cx: &mut Cx<'_>, input: &DockerfileInput<'_>) {
    let build = &input.unit.build;
    let ships: Vec<bool> = {
        let line = shipped(input.unit)
            .map(|stage| lineage(build, stage))
            .unwrap_or_default();
        let on_line = |index: usize| line.iter().any(|stage| stage.instructions.contains(&index));
        (0..build.file.instructions.len()).map(on_line).collect()
    };
    for (index, instruction) in build.file.instructions.iter().enumerate() {
        match &instruction.body {
            Body::Arg(decls) => {
                for decl in decls {
                    let name = &decl.name.value;
                    match &decl.default {
                        Some(value) => setting(cx, "ARG", name, value),
                        None if ships[index] && names_secret(name) => {
                            cx.report(
                                decl.range,
                                format!("the build argument `{name}` stays in the image's history"),
                            )
                            .severity(Severity::Warning)
                            .confidence(Confidence::Medium)
                            .note("`docker history` shows build arguments to whoever has the image")
                            .help(AT_BUILD);
                        }
                        None => {}
                    }
                }
            }
            Body::Env(pairs) => {
                for pair in pairs {
                    let name = &pair.key.value;
                    let (text, known) = build.expanded(index, &pair.value);
                    let args = build.args_at(index);
                    // `ENV TOKEN=$TOKEN`: what the argument brings is kept in the configuration.
                    let handed = !known
                        && args.keys().any(|arg| {
                            names_secret(arg)
                                && (text.contains(&format!("${{{arg}}}"))
                                    || text.contains(&format!("${arg}")))
                        });
                    if handed && ships[index] && names_secret(name) {
                        cx.report(
                            pair.range,
                            format!("`{name}` keeps a build argument's secret in the image"),
                        )
                        .note("`docker inspect` shows it to whoever has the image")
                        .help(AT_RUN);
                    } else {
                        setting(cx, "ENV", name, &pair.value);
                    }
                }
            }
            Body::Run(_) => run(cx, input, index),
            Body::Copy(transfer) | Body::Add(transfer) if ships[index] => {
                copied(cx, instruction, &transfer.sources);
            }
            _ => {}
        }
    }
}

/// A name with a value written beside it.
fn setting(cx: &mut Cx<'_>, instruction: &str, name: &str, value: &Word) {
    let text = value.value.trim_matches(['"', '\'']);
    if text.contains('$') {
        return;
    }
    let place = cx.place(value.range);
    let found = if let Some(issuer) = issuer(text) {
        Some(format!(
            "`{instruction} {name}` holds {}",
            credential(issuer)
        ))
    } else if names_secret(name) && matches!(worth(text, &[]), Worth::Real | Worth::Token(_)) {
        Some(format!(
            "the secret `{name}` is written into the file by {instruction}"
        ))
    } else if !embedded(text).is_empty() {
        Some(format!("`{instruction} {name}` holds a password"))
    } else {
        None
    };
    let Some(message) = found else { return };
    cx.report(value.range, message)
        .secret(place)
        .note("it is in the repository, in the image and in the image's history")
        .help(if instruction == "ENV" {
            AT_RUN
        } else {
            AT_BUILD
        });
}

/// Credentials among the words of a command.
fn run(cx: &mut Cx<'_>, input: &DockerfileInput<'_>, index: usize) {
    let Some(script) = &input.unit.build.scripts[index] else {
        return;
    };
    let mut told: Vec<TextRange> = Vec::new();
    for command in &script.commands {
        let exported = matches!(command.name(), Some("export" | "declare" | "env"));
        let assigned = command
            .assignments
            .iter()
            .map(|(name, word)| (Some(&**name), word));
        for (name, word) in assigned.chain(command.words.iter().map(|word| (None, word))) {
            let text = word.literal.as_deref().unwrap_or(&word.text);
            let (name, value) = match name {
                Some(name) => (Some(name), text),
                None if exported => match text.split_once('=') {
                    Some((name, value)) => (Some(name), value),
                    None => (None, text),
                },
                None => (None, text),
            };
            let value = value.trim_matches(['"', '\'']);
            let secret = name.is_some_and(names_secret)
                && !value.contains('$')
                && matches!(worth(value, &[]), Worth::Real | Worth::Token(_));
            // A token anywhere in a word: `Authorization: Bearer ghp_…`, a URL, an option.
            let part = value
                .split(|c: char| c.is_whitespace() || "=:,;\"'@/".contains(c))
                .find_map(issuer);
            let in_url = !value.contains('$') && !embedded(value).is_empty();
            if !(secret || part.is_some() || in_url)
                || told.iter().any(|range| range.overlaps(word.range))
            {
                continue;
            }
            told.push(word.range);
            let message = match (part, name) {
                (Some(issuer), _) => format!("{} is written into RUN", credential(issuer)),
                (None, Some(name)) if secret => {
                    format!("the secret `{name}` is written into RUN")
                }
                _ => "a password is written into RUN".to_owned(),
            };
            let place = cx.place(word.range);
            cx.report(word.range, message)
                .secret(place)
                .note("it is in the repository and in the image's history")
                .help(AT_BUILD);
        }
    }
}

/// Some issuers are told by name, others by what the thing is.
fn credential(issuer: &str) -> String {
    if issuer.starts_with("a ") {
        issuer.to_owned()
    } else {
        format!("a credential of {issuer}")
    }
}

/// Files that hold keys and credentials by their very name.
const KEY_FILES: &[&str] = &[
    ".env",
    ".git-credentials",
    ".htpasswd",
    ".netrc",
    ".npmrc",
    ".pgpass",
    ".pypirc",
    "_netrc",
    "credentials.json",
    "id_dsa",
    "id_ecdsa",
    "id_ed25519",
    "id_rsa",
    "kubeconfig",
    "service-account.json",
    "service_account.json",
];

fn copied(cx: &mut Cx<'_>, instruction: &Instruction, sources: &[Word]) {
    // What comes from another stage or image was judged where it was made.
    if instruction.flag("from").is_some() {
        return;
    }
    for source in sources {
        let path = source.value.trim_end_matches('/');
        let name = file_name(path);
        let lower = name.to_ascii_lowercase();
        let ending = lower.rsplit_once('.').map_or("", |(_, ending)| ending);
        let public = ["pub", "public", "example", "sample", "template", "dist"]
            .iter()
            .any(|mark| lower.contains(mark));
        let private_key = matches!(ending, "key" | "p12" | "pfx" | "kdbx")
            || (ending == "pem" && (lower.contains("key") || lower.contains("priv")));
        let folder = path.ends_with(".ssh") || path.ends_with(".aws") || path.ends_with(".gnupg");
        let known = KEY_FILES.contains(&&*lower)
            || (lower.starts_with(".env.") && !public)
            || path.ends_with(".aws/credentials")
            || path.ends_with(".kube/config")
            || path.ends_with(".docker/config.json");
        if public || !(private_key || folder || known) {
            continue;
        }
        // A settings file is often made without its secrets: `.npmrc` may only name a registry.
        let confidence = if matches!(&*lower, ".npmrc" | ".env") || lower.starts_with(".env.") {
            Confidence::Medium
        } else {
            Confidence::High
        };
        cx.report(source.range, format!("`{name}` is copied into the image"))
            .confidence(confidence)
            .severity(if confidence == Confidence::High { Severity::Error } else { Severity::Warning })
            .note("whoever can pull the image can read it, also when a later step deletes it")
            .help("mount it for the step that needs it: `RUN --mount=type=secret,id=NAME,target=PATH …`");
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::on;

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
    }

    #[test]
    fn arguments_that_stay_are_found() {
        on(&RULE)
            .dockerfile("FROM a:1\nARG GITHUB_TOKEN\nRUN make\n")
            .says(&["the build argument `GITHUB_TOKEN` stays in the image's history"]);
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
        on(&RULE)
            .dockerfile("FROM a:1\nADD certs/server.key /etc/ssl/\n")
            .flags(&["2: certs/server.key"]);
    }

    #[test]
    fn what_keeps_no_secret_is_left_alone() {
        for text in [
            "FROM a:1\nENV PASSWORD_FILE=/run/secrets/p TOKEN_URL=https://x.example.com/t\n",
            "FROM a:1\nENV DB_PASSWORD=\"\" SECRET_KEY=changeme\n",
            "FROM a:1 AS build\nARG NPM_TOKEN\nRUN npm ci\nFROM a:1\n",
            "FROM a:1\nRUN --mount=type=secret,id=token make\n",
            "FROM a:1\nCOPY .env.example id_rsa.pub ca.pem /x/\n",
            "FROM a:1 AS b\nCOPY .npmrc .\nFROM a:1\nCOPY --from=b /app /app\n",
            "FROM a:1\nRUN curl -H \"Authorization: Bearer $TOKEN\" https://x.example.com\n",
            "FROM a:1\nENV TOKENIZERS_PARALLELISM=false KEYCLOAK_VERSION=26.4.1\n",
        ] {
            on(&RULE).dockerfile(text).clean();
        }
    }
}
