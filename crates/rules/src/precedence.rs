//! One defect, one finding: where two rules see the same defect, this table says which speaks.

use plimsoll_source::{Finding, Place};

/// Where two findings must meet to be one defect.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scope {
    /// Their primary ranges overlap.
    Spot,
    /// Same file and same subject (stage, container, service, object).
    Subject,
    /// Same file.
    File,
    /// One names the place of the other among its own, in whatever files they stand.
    Shared,
}

/// `winner` speaks, `loser` is silent, where both report within `scope`.
#[derive(Clone, Copy, Debug)]
pub struct Precedence {
    /// The rule that speaks.
    pub winner: &'static str,
    /// The rule that is silent.
    pub loser: &'static str,
    /// Where they meet.
    pub scope: Scope,
    /// Why they are one defect.
    pub why: &'static str,
}

const fn row(
    winner: &'static str,
    loser: &'static str,
    scope: Scope,
    why: &'static str,
) -> Precedence {
    Precedence {
        winner,
        loser,
        scope,
        why,
    }
}

/// The table. Chains are allowed; cycles are refused by a test.
pub static PRECEDENCE: &[Precedence] = &[
    row(
        "privileged-container",
        "privilege-escalation",
        Scope::Subject,
        "a privileged container may always escalate; the API server refuses to forbid it",
    ),
    row(
        "privileged-container",
        "capabilities-kept",
        Scope::Subject,
        "a privileged container has every capability whatever is dropped",
    ),
    row(
        "privileged-container",
        "missing-seccomp-profile",
        Scope::Subject,
        "a privileged container runs unconfined whatever profile is named",
    ),
    row(
        "build-tools-in-final-image",
        "heavy-base-image",
        Scope::Spot,
        "the stage of its own leaves the heavy base behind",
    ),
    row(
        "end-of-life-image",
        "heavy-base-image",
        Scope::Spot,
        "leaving the dead release chooses the base anew",
    ),
    row(
        "end-of-life-image",
        "mutable-base-image",
        Scope::Spot,
        "a digest would only pin what must go",
    ),
    row(
        "unpinned-base-image",
        "mutable-base-image",
        Scope::Spot,
        "without a tag there is nothing for a digest to confirm",
    ),
    row(
        "secret-in-image",
        "context-leaks-secrets",
        Scope::Spot,
        "the COPY that names the file is the leak itself",
    ),
    row(
        "hpa-without-requests",
        "missing-cpu-request",
        Scope::Subject,
        "the request that the autoscaler lacks is the one that is missing",
    ),
    row(
        "hpa-without-requests",
        "missing-memory-request",
        Scope::Subject,
        "the request that the autoscaler lacks is the one that is missing",
    ),
    row(
        "hpa-bounds",
        "schema",
        Scope::Spot,
        "bounds that the API server refuses are told with the others",
    ),
    row(
        "schema",
        "obsolete-compose-key",
        Scope::Spot,
        "a `version` that is a number is refused, and removing the line mends both",
    ),
    row(
        "value-type-surprise",
        "schema",
        Scope::Spot,
        "the template prints the value without quotes, and that is what to mend",
    ),
    row(
        "invalid-secret-encoding",
        "schema",
        Scope::Spot,
        "a value that is no base64 is told with how to encode it",
    ),
    row(
        "download-piped-to-shell",
        "pipe-hides-failure",
        Scope::Spot,
        "what takes the download out of the pipe mends both",
    ),
    row(
        "read-only-root-conflict",
        "read-only-root-without-tmp",
        Scope::Spot,
        "what the image is known to write says more than what programs usually write",
    ),
    row(
        "port-mismatch",
        "service-target-port-unknown",
        Scope::Shared,
        "the process, or everyone else, tells which of the two ports is wrong",
    ),
    row(
        "user-mismatch",
        "non-numeric-user",
        Scope::Shared,
        "the pod that the name keeps from starting is the harm that the other rule warns of",
    ),
    row(
        "user-mismatch",
        "image-runs-as-root",
        Scope::Shared,
        "one USER mends both, and the pod that never starts is the worse of the two",
    ),
    row(
        "missing-default-resources",
        "missing-cpu-request",
        Scope::Subject,
        "the value that is empty is the place where the request is missing",
    ),
    row(
        "missing-default-resources",
        "missing-memory-request",
        Scope::Subject,
        "the value that is empty is the place where the request is missing",
    ),
    row(
        "missing-default-resources",
        "missing-memory-limit",
        Scope::Subject,
        "the value that is empty is the place where the limit is missing",
    ),
    row(
        "toyaml-indent",
        "schema",
        Scope::Spot,
        "a field that nobody knows there is one that should stand elsewhere",
    ),
    row(
        "toyaml-indent",
        "syntax",
        Scope::Spot,
        "the indentation is why the text cannot be read",
    ),
    row(
        "stray-template-file",
        "syntax",
        Scope::File,
        "a text that is no manifest need not be one",
    ),
    row(
        "missing-dockerignore",
        "context-bloat",
        Scope::File,
        "the missing file is the cause of the bulk",
    ),
];

/// Removes the findings of one file that another one of it speaks for, and gives them back.
pub fn apply(findings: &mut Vec<Finding>) -> Vec<Finding> {
    remove(findings, |scope| scope != Scope::Shared)
}

/// Removes the findings that one of any file speaks for, and gives them back.
pub fn apply_across(findings: &mut Vec<Finding>) -> Vec<Finding> {
    remove(findings, |scope| scope == Scope::Shared)
}

fn remove(findings: &mut Vec<Finding>, counts: impl Fn(Scope) -> bool) -> Vec<Finding> {
    let mut drop = vec![false; findings.len()];
    for rule in PRECEDENCE.iter().filter(|row| counts(row.scope)) {
        let winners: Vec<usize> = (0..findings.len())
            .filter(|&n| findings[n].rule == rule.winner)
            .collect();
        if winners.is_empty() {
            continue;
        }
        for (n, finding) in findings.iter().enumerate() {
            if finding.rule == rule.loser
                && winners
                    .iter()
                    .any(|&w| meets(&findings[w], finding, rule.scope))
            {
                drop[n] = true;
            }
        }
    }
    let mut dropped = drop.iter().copied();
    findings
        .extract_if(.., |_| dropped.next().unwrap_or(false))
        .collect()
}

fn meets(a: &Finding, b: &Finding, scope: Scope) -> bool {
    let same_file = a.origin.place.file == b.origin.place.file;
    match scope {
        Scope::Spot => same_file && a.origin.place.range.overlaps(b.origin.place.range),
        Scope::Subject => same_file && a.object == b.object && a.subject == b.subject,
        Scope::File => same_file,
        Scope::Shared => names(a, b.origin.place) || names(b, a.origin.place),
    }
}

/// Whether a place is among those of a finding.
fn names(finding: &Finding, place: Place) -> bool {
    let related = finding.related.iter().map(|related| related.place);
    related
        .chain([finding.origin.place])
        .any(|other| other.file == place.file && other.range.overlaps(place.range))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use plimsoll_project::{Options, Project};
    use plimsoll_testkit::{Fixture, tree};

    use super::PRECEDENCE;
    use crate::{Date, Selection, Strictness, check};

    #[test]
    fn one_user_in_two_files_is_one_finding() {
        let files = "//- /web/Dockerfile\nFROM node:22\nUSER node\nCMD [\"a\"]\n//- /k.yaml\napiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers:\n  - name: web\n    image: ghcr.io/acme/web:1\n    securityContext: {runAsNonRoot: true}\n";
        let tree = tree(&Fixture::parse("x", files));
        let project = Project::load(Arc::new(tree), &Options::default());
        let mut selection = Selection::on(Date::new(2026, 11, 24));
        selection.strictness = Strictness::Pedantic;
        let found = check(&project, &selection).findings;
        let about = |rule: &str| found.iter().filter(|finding| finding.rule == rule).count();
        assert_eq!(about("user-mismatch"), 1);
        assert_eq!(about("non-numeric-user"), 0);
    }

    #[test]
    fn the_table_names_known_rules_and_has_no_cycle() {
        for row in PRECEDENCE {
            for id in [row.winner, row.loser] {
                assert!(crate::find(id).is_some(), "no rule is called `{id}`");
            }
            let mut seen = vec![row.loser];
            while let Some(next) = PRECEDENCE
                .iter()
                .find(|r| Some(&r.winner) == seen.last())
                .map(|r| r.loser)
            {
                assert!(
                    next != row.winner && !seen.contains(&next),
                    "cycle at `{next}`"
                );
                seen.push(next);
            }
        }
    }
}
