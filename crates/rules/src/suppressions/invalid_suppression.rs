//! # What it does
//! Finds `# plimsoll:` comments that are not understood: names of no rule, words that are no
//! directive, a list that is empty or not closed, `allow-file` below the top of the file.
//!
//! # Why it matters
//! The comment allows nothing, and whoever wrote it believes that it does.
//!
//! # Example
//! ```dockerfile bad
//! # plimsoll: allow(unpined-base-image) the newest is wanted
//! FROM alpine
//! ```
//! ```dockerfile good
//! # plimsoll: allow(unpinned-base-image) the newest is wanted
//! FROM alpine
//! ```
//!
//! # References
//! - <https://docs.astral.sh/ruff/rules/invalid-rule-code/>

use plimsoll_source::{Confidence, Severity};

use crate::{Check, Cx, FixKind, Rule, Strictness, SuppressionInput, nearest_name};

pub(crate) static RULE: Rule = Rule {
    id: "invalid-suppression",
    summary: "a comment that should allow findings is not understood",
    since: "0.1.0",
    severity: Severity::Warning,
    confidence: Confidence::High,
    strictness: Strictness::Default,
    fix: FixKind::None,
    aliases: &[],
    checks: &[Check::Suppression(check)],
};

fn check(cx: &mut Cx<'_>, input: &SuppressionInput<'_>) {
    use super::directives::Tool;

    let suppression = input.suppression;
    if suppression.tool != Tool::Plimsoll {
        return;
    }
    if let Some(fault) = &suppression.fault {
        cx.report(fault.range, fault.message.clone()).help(
            "write `# plimsoll: allow(RULE) reason` on or above a line, or \
             `# plimsoll: allow-file(RULE) reason` at the top of the file",
        );
    }
    for name in suppression
        .names
        .iter()
        .filter(|name| name.rules.is_empty())
    {
        let help = match nearest_name(&name.text) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "`plimsoll rules` lists all rules".to_owned(),
        };
        cx.report(name.range, format!("no rule is called `{}`", name.text))
            .help(help);
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::on;

    #[test]
    fn unknown_names_and_words_are_found() {
        let case = on(&RULE)
            .dockerfile("# plimsoll: allow(sintax, DL9999) x\nFROM alpine\n")
            .flags(&["1: sintax", "1: DL9999"]);
        assert_eq!(
            case.findings[0].help.as_deref(),
            Some("did you mean `syntax`?")
        );
        on(&RULE)
            .dockerfile("FROM alpine\n# plimsoll: ignore(syntax)\nRUN true\n")
            .flags(&["2: ignore(syntax)"]);
        on(&RULE)
            .manifest("apiVersion: v1\nkind: Pod # plimsoll: allow syntax\nmetadata: {name: a}\n")
            .flags(&["2: allow syntax"]);
        on(&RULE)
            .compose("services:\n  # plimsoll: allow-file(syntax)\n  web: {image: a}\n")
            .flags(&["2: # plimsoll: allow-file(syntax)"]);
    }

    #[test]
    fn what_is_understood_or_not_ours_is_left_alone() {
        on(&RULE)
            .dockerfile(
                "# plimsoll: allow(dl3006, syntax)\nFROM alpine\n# hadolint ignore=DL0\nRUN true\n",
            )
            .clean();
        on(&RULE)
            .compose("# plimsoll: allow-file(syntax) x\nservices:\n  web: {image: a}\n")
            .clean();
        on(&RULE)
            .manifest("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  a: |\n    # plimsoll: nothing\n")
            .clean();
    }
}
