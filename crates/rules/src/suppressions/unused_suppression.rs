//! # What it does
//! Finds `# plimsoll: allow(…)` comments that allow nothing: no finding of the rule is where they
//! reach. A rule that did not run in this review is not judged, nor, in a review of single files,
//! one that looks at several files together. Comments of other tools are theirs.
//!
//! # Why it matters
//! What was allowed has been mended, or has moved to where the comment does not reach. A comment
//! that is left behind hides the defect when it comes back.
//!
//! # Example
//! ```dockerfile bad
//! # plimsoll: allow(unpinned-base-image) the newest is wanted
//! FROM alpine:3.22
//! USER 10001
//! CMD ["true"]
//! ```
//! ```dockerfile good
//! # plimsoll: allow(unpinned-base-image) the newest is wanted
//! FROM alpine
//! USER 10001
//! CMD ["true"]
//! ```
//!
//! # References
//! - <https://docs.astral.sh/ruff/rules/unused-noqa/>

use plimsoll_source::{Confidence, Severity};

use super::directives::Tool;
use crate::{Check, Cx, FixKind, Rule, Strictness, SuppressionInput};

pub(crate) static RULE: Rule = Rule {
    id: "unused-suppression",
    summary: "a comment allows a finding that is not there",
    since: "0.1.0",
    severity: Severity::Note,
    confidence: Confidence::High,
    strictness: Strictness::Default,
    fix: FixKind::None,
    aliases: &[],
    checks: &[Check::Suppression(check)],
};

fn check(cx: &mut Cx<'_>, input: &SuppressionInput<'_>) {
    let suppression = input.suppression;
    if suppression.tool != Tool::Plimsoll || suppression.fault.is_some() {
        return;
    }
    for (number, name) in suppression.names.iter().enumerate() {
        if !name.rules.is_empty() && !input.used[number] && input.judged[number] {
            let message = format!(
                "`{}` is allowed here, but there is no such finding",
                name.text
            );
            cx.report(name.range, message)
                .help("remove the name, or put the comment on or above the line that is found");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::on;

    #[test]
    fn names_that_cover_nothing_are_found() {
        on(&RULE)
            .dockerfile(
                "FROM alpine:3.22\n# plimsoll: allow(sudo-in-image) x\nRUN true\nRUN sudo ls\n",
            )
            .flags(&["2: sudo-in-image"]);
        on(&RULE)
            .dockerfile("# plimsoll: allow(unpinned-base-image, relative-workdir) x\nFROM alpine\n")
            .flags(&["1: relative-workdir"]);
        on(&RULE)
            .compose(
                "# plimsoll: allow-file(unpinned-image) x\nservices:\n  web:\n    image: a:1\n",
            )
            .flags(&["1: unpinned-image"]);
        on(&RULE)
            .files("//- /Dockerfile\nFROM a:1\n//- /.dockerignore\n# plimsoll: allow(syntax) x\n*.md\n")
            .flags(&[".dockerignore:1: syntax"]);
        on(&RULE)
            .manifest("apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  # plimsoll: allow(privileged-container) x\n  containers: []\n")
            .flags(&["5: privileged-container"]);
    }

    #[test]
    fn names_that_cover_something_are_left_alone() {
        on(&RULE)
            .dockerfile("FROM alpine:3.22\n# plimsoll: allow(sudo-in-image) x\nRUN sudo ls\n")
            .clean();
        // The finding speaks from another strictness on, or another rule speaks for it.
        on(&RULE)
            .dockerfile("# plimsoll: allow(mutable-base-image) x\nFROM alpine:3.22\n")
            .clean();
        on(&RULE)
            .dockerfile(
                "# plimsoll: allow(unpinned-base-image, mutable-base-image) x\nFROM alpine\n",
            )
            .clean();
        // What is unknown or misplaced is another rule's business, other tools' words are theirs.
        on(&RULE)
            .dockerfile("# plimsoll: allow(sintax) x\n# hadolint ignore=DL3006\nFROM alpine:3.22\n")
            .clean();
    }
}
