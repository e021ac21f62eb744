//! # What it does
//! Finds `# plimsoll: allow(…)` comments that give no reason.
//!
//! # Why it matters
//! Who comes across the comment later cannot tell whether it still holds, and does not dare to
//! remove it.
//!
//! # Example
//! ```dockerfile bad
//! # plimsoll: allow(unpinned-base-image)
//! FROM alpine
//! ```
//! ```dockerfile good
//! # plimsoll: allow(unpinned-base-image) rebuilt every night on the newest
//! FROM alpine
//! ```
//!
//! # References
//! - <https://rust-lang.github.io/rust-clippy/master/index.html#allow_attributes_without_reason>

use plimsoll_source::{Confidence, Severity};

use super::directives::Tool;
use crate::{Check, Cx, FixKind, Rule, Strictness, SuppressionInput};

pub(crate) static RULE: Rule = Rule {
    id: "suppression-without-reason",
    summary: "a comment allows a finding and does not say why",
    since: "0.1.0",
    severity: Severity::Note,
    confidence: Confidence::High,
    strictness: Strictness::Pedantic,
    fix: FixKind::None,
    aliases: &[],
    checks: &[Check::Suppression(check)],
};

fn check(cx: &mut Cx<'_>, input: &SuppressionInput<'_>) {
    let suppression = input.suppression;
    let understood = suppression.fault.is_none() && suppression.tool == Tool::Plimsoll;
    if understood && suppression.reason.is_none() {
        cx.report(
            suppression.range,
            "the comment does not say why this is allowed",
        )
        .help("write the reason behind the closing parenthesis");
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::on;

    #[test]
    fn comments_without_a_reason_are_found() {
        on(&RULE)
            .dockerfile("# plimsoll: allow(unpinned-base-image)\nFROM alpine\n")
            .flags(&["1: # plimsoll: allow(unpinned-base-image)"])
            .quiet_by_default();
        on(&RULE)
            .compose("# plimsoll: allow-file(unpinned-image) -\nservices:\n  web: {image: a}\n")
            .flags(&["1: # plimsoll: allow-file(unpinned-image) -"]);
        on(&RULE)
            .files(
                "//- /Dockerfile\nFROM a:1\n//- /.dockerignore\n# plimsoll: allow(syntax)\n*.md\n",
            )
            .flags(&[".dockerignore:1: # plimsoll: allow(syntax)"]);
    }

    #[test]
    fn reasons_faults_and_other_tools_are_left_alone() {
        on(&RULE)
            .dockerfile("# plimsoll: allow(unpinned-base-image): nightly\nFROM alpine\n")
            .clean();
        on(&RULE)
            .dockerfile("# plimsoll: allow()\nFROM alpine\n")
            .clean();
        on(&RULE)
            .dockerfile("# hadolint ignore=DL3006\nFROM alpine\n")
            .clean();
    }
}
