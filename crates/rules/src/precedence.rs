//! One defect, one finding: where two rules see the same defect, this table says which speaks.

use plimsoll_source::Finding;

/// Where two findings must meet to be one defect.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scope {
    /// Their primary ranges overlap.
    Spot,
    /// Same file and same subject (stage, container, service, object).
    Subject,
    /// Same file.
    File,
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
        "invalid-secret-encoding",
        "schema",
        Scope::Spot,
        "a value that is no base64 is told with how to encode it",
    ),
    row(
        "missing-dockerignore",
        "context-bloat",
        Scope::File,
        "the missing file is the cause of the bulk",
    ),
];

/// Removes the findings that another one speaks for, and gives them back.
pub fn apply(findings: &mut Vec<Finding>) -> Vec<Finding> {
    let mut drop = vec![false; findings.len()];
    for rule in PRECEDENCE {
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
    same_file
        && match scope {
            Scope::Spot => a.origin.place.range.overlaps(b.origin.place.range),
            Scope::Subject => a.object == b.object && a.subject == b.subject,
            Scope::File => true,
        }
}

#[cfg(test)]
mod tests {
    use super::PRECEDENCE;

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
