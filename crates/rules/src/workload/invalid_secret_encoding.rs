//! # What it does
//! Finds values in the `data` of a Secret, or the `binaryData` of a ConfigMap, that are not
//! base64; and (pedantic) placeholders in their place, elided values (`LS0t...`) among them, and single
//! words whose base64 ends in a line break.
//!
//! # Why it matters
//! The API server refuses a value that is not base64. A value made by `echo secret | base64` is
//! accepted and holds a line break at its end, which makes a password wrong in a way that no log
//! shows.
//!
//! # Example
//! ```yaml bad
//! apiVersion: v1
//! kind: Secret
//! metadata: {name: payments}
//! data:
//!   password: not-base64
//! ```
//! ```yaml good
//! apiVersion: v1
//! kind: Secret
//! metadata: {name: payments}
//! stringData:
//!   password: ${PAYMENTS_PASSWORD}
//! ```
//!
//! # References
//! - <https://kubernetes.io/docs/concepts/configuration/secret/#restriction-names-data>

use plimsoll_secrets::base64::decode;
use plimsoll_secrets::placeholder::is_placeholder;
use plimsoll_source::{Confidence, Severity};
use plimsoll_yaml::Kind;

use crate::{Check, Cx, FixKind, ObjectInput, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "invalid-secret-encoding",
    summary: "a Secret's value is not base64",
    since: "0.1.0",
    severity: Severity::Error,
    confidence: Confidence::High,
    strictness: Strictness::Default,
    fix: FixKind::None,
    aliases: &[],
    checks: &[Check::Object(check)],
};

fn check(cx: &mut Cx<'_>, input: &ObjectInput<'_>) {
    let object = input.object;
    let field = if object.is("", "Secret") {
        "data"
    } else if object.is("", "ConfigMap") {
        "binaryData"
    } else {
        return;
    };
    let Some(values) = object.node().get(field) else {
        return;
    };
    for entry in values.merged_entries() {
        let value = entry.value.resolve();
        if value.kind() != Kind::Scalar || value.is_null() {
            continue;
        }
        let (Some(key), Some(text)) = (entry.key.text(), value.text()) else {
            continue;
        };
        // Filled in before it is applied, or encrypted.
        if text.contains("${")
            || text.contains("{{")
            || text.starts_with('$')
            || text.starts_with("ENC[")
            // `@@TOKEN@@`, `%%TOKEN%%`
            || is_enclosed(&text)
        {
            continue;
        }
        // The value stays out of the report: its key is enough to find it.
        match decode(&text) {
            None => {
                let what = if field == "data" {
                    "Secret"
                } else {
                    "ConfigMap"
                };
                // Somebody is to fill it in, and may well fill in base64.
                let stand_in = is_placeholder(&text)
                    || is_name(&text)
                    || text.contains([' ', '<', '…'])
                    || text.contains("...");
                cx.report(value.range(), format!("`{field}.{key}` is not base64"))
                    .strictness(if stand_in {
                        Strictness::Pedantic
                    } else {
                        Strictness::Default
                    })
                    .note(format!("the API server refuses the {what}"))
                    .help(if stand_in && field == "data" {
                        "keep the placeholder under `stringData`, where the value needs no encoding"
                    } else if field == "data" {
                        "encode it (`printf %s VALUE | base64`), or put the plain value under `stringData`"
                    } else {
                        "encode it with `base64`, or put plain text under `data`"
                    });
            }
            Some(bytes) if field == "data" && ends_in_line_break(&bytes) => {
                cx.report(value.range(), format!("`data.{key}` ends in a line break"))
                    .severity(Severity::Warning)
                    .confidence(Confidence::Medium)
                    .strictness(Strictness::Pedantic)
                    .note("`echo` adds one before `base64` sees the value, and a password with it is another one")
                    .help("encode it without: `printf %s VALUE | base64`");
            }
            Some(_) => {}
        }
    }
}

/// `@@VAULT_TOKEN@@`: the name between marks that no base64 has.
fn is_enclosed(text: &str) -> bool {
    ["@@", "%%", "##", "__"].iter().any(|mark| {
        let inner = text
            .trim()
            .strip_prefix(mark)
            .and_then(|rest| rest.strip_suffix(mark));
        inner.is_some_and(|name| {
            !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        })
    })
}

/// `VAULT_TOKEN`: the name of what a script writes there.
fn is_name(text: &str) -> bool {
    text.contains('_')
        && text
            .bytes()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
}

/// One word and a line break: a password or token, not a file.
fn ends_in_line_break(bytes: &[u8]) -> bool {
    let Some((b'\n', word)) = bytes.split_last() else {
        return false;
    };
    !word.is_empty() && word.len() <= 128 && word.iter().all(u8::is_ascii_graphic)
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, on};

    #[track_caller]
    fn secret(rest: &str) -> Case {
        on(&RULE).manifest(&format!(
            "apiVersion: v1\nkind: Secret\nmetadata: {{name: s}}\n{rest}\n"
        ))
    }

    #[test]
    fn what_is_no_base64_is_found() {
        secret("data:\n  password: hunter2!").flags(&["5: hunter2!"]);
        secret("data: {a: aGk=, b: aGk}").says(&["`data.b` is not base64"]);
        for text in [
            "<base64-encoded-value>",
            "...base64 encoded data...",
            "REPLACE_ME!",
            "VAULT_TOKEN",
            "LS0tLS1CRUdJTi...",
            "LS0tLS1CRUdJTi…",
        ] {
            secret(&format!("data: {{a: {text}}}")).quiet_by_default();
        }
        secret("data: {a: hunter2!}").loud_by_default();
        secret("data: {a: aHVudGVyM}").loud_by_default();
        secret("data: {a: LS0t.}").loud_by_default();
        secret("data: {a: aHVudGVyMgo=}").says(&["`data.a` ends in a line break"]);
        on(&RULE)
            .manifest(
                "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\nbinaryData: {a: x y}\n",
            )
            .flags(&["4: x y"]);
    }

    #[test]
    fn base64_and_placeholders_are_left_alone() {
        secret("data: {a: aGVsbG8=}").clean();
        secret("data: {a: \"\"}").clean();
        secret("stringData: {a: plain text!}").clean();
        secret("data: {a: \"${ENCODED}\"}").clean();
        secret("data:\n  a: |\n    @@HOST_KEY@@").clean();
        secret("data: {a: \"@@not a name@@\"}").quiet_by_default();
        secret("data:\n  a: |\n    aGVs\n    bG8=").clean();
        secret("data: {cert.pem: LS0tLS1CRUdJTgphCi0tLS0tCg==}").clean();
    }
}
