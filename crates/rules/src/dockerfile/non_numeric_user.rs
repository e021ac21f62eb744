//! # What it does
//! Finds images that ship with a user given by name instead of by number.
//!
//! # Why it matters
//! Kubernetes cannot look into the image's `/etc/passwd`: with `runAsNonRoot: true` and no
//! `runAsUser`, the kubelet refuses to start a container whose image names its user, because the
//! name might mean root. A number is also what file ownership on volumes is about.
//!
//! # Example
//! ```dockerfile bad
//! FROM node:22-alpine
//! USER node
//! CMD ["node", "server.js"]
//! ```
//! ```dockerfile good
//! FROM node:22-alpine
//! USER 1000:1000
//! CMD ["node", "server.js"]
//! ```
//!
//! # References
//! - <https://kubernetes.io/docs/tasks/configure-pod-container/security-context/>

use plimsoll_dockerfile::Body;
use plimsoll_source::{Confidence, Severity};

use super::shipped::{shipped, starts_process};
use crate::{Check, Cx, DockerfileInput, FixKind, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "non-numeric-user",
    summary: "the image's user is a name that Kubernetes cannot verify",
    since: "0.1.0",
    severity: Severity::Note,
    confidence: Confidence::High,
    strictness: Strictness::Pedantic,
    fix: FixKind::None,
    aliases: &[crate::Alias {
        tool: "hadolint",
        id: "DL3066",
    }],
    checks: &[Check::Dockerfile(check)],
};

fn check(cx: &mut Cx<'_>, input: &DockerfileInput<'_>) {
    let build = &input.unit.build;
    let Some(stage) = shipped(input.unit) else {
        return;
    };
    let Some((index, user)) = &stage.user else {
        return;
    };
    let name = user.split(':').next().unwrap_or("");
    let numeric = name.bytes().all(|b| b.is_ascii_digit());
    // Root is another rule's, and a variable's value is not known.
    if name.is_empty() || numeric || name == "root" || name.contains('$') || !starts_process(stage)
    {
        return;
    }
    let Body::User(word) = &build.file.instructions[*index].body else {
        return;
    };
    cx.report(
        word.range,
        format!("the user is the name `{name}`, not a number"),
    )
    .note(
        "with `runAsNonRoot: true` and no `runAsUser` the kubelet refuses to start it: it \
             cannot tell whether the name means root",
    )
    .help(match known_id(name) {
        Some(id) => format!("write the number: `USER {id}`"),
        None => "write the number that the image gives this user".to_owned(),
    });
}

/// Users that well-known images bring, with their numbers.
fn known_id(name: &str) -> Option<&'static str> {
    match name {
        "node" => Some("1000:1000"),
        "nonroot" => Some("65532:65532"),
        "nobody" => Some("65534:65534"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::on;

    #[test]
    fn names_are_found() {
        on(&RULE)
            .dockerfile("FROM node:22\nUSER node\nCMD [\"a\"]\n")
            .flags(&["2: node"]);
        on(&RULE)
            .dockerfile("FROM a:1\nUSER app:app\nCMD [\"a\"]\n")
            .flags(&["2: app:app"]);
        on(&RULE)
            .dockerfile("FROM a:1 AS b\nUSER app\nFROM b\nCMD [\"a\"]\n")
            .flags(&["2: app"]);
    }

    #[test]
    fn numbers_root_and_unknown_users_are_left_alone() {
        on(&RULE)
            .dockerfile("FROM node:22\nUSER node\nUSER 1000\nCMD [\"a\"]\n")
            .clean();
        on(&RULE)
            .dockerfile("FROM node:22\nUSER root\nCMD [\"a\"]\n")
            .clean();
        on(&RULE)
            .dockerfile("FROM a:1\nARG U\nUSER ${U}\nCMD [\"a\"]\n")
            .clean();
        on(&RULE)
            .dockerfile("FROM a:1\nUSER app\nRUN make\n")
            .clean();
    }
}
