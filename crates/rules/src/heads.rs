//! What the comments at the head of a file say of the whole file: that nobody is to apply it, or
//! what applies it.

/// The most bytes of a head that are read.
const MAX_HEAD: usize = 4_096;

/// The comments before the first key or instruction, a line each, without their signs, frames and
/// rules; empty lines stand for lines without words.
fn head(text: &str) -> Vec<&str> {
    let mut end = text.len().min(MAX_HEAD);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let mut lines = Vec::new();
    for line in text[..end].lines().map(str::trim) {
        if let Some(comment) = line.strip_prefix('#') {
            lines.push(comment.trim_matches(|c: char| !is_of_words(c)));
        } else if line.is_empty() || line == "---" {
            lines.push("");
        } else {
            // What stands right above Compose's `version` may be about it.
            if line.starts_with("version:") {
                while lines.pop().is_some_and(|line| !line.is_empty()) {}
            }
            break;
        }
    }
    lines
}

/// Whether a character may begin or end a sentence.
fn is_of_words(c: char) -> bool {
    c.is_alphanumeric()
        || matches!(
            c,
            '.' | ',' | ';' | ':' | '!' | '?' | '(' | ')' | '`' | '\''
        )
}

/// Whether the head says that the file is not to be applied or used at all, or that it is kept for
/// reference though nothing uses it. `Do not apply before the CRDs`, `do not use in production` and
/// `DEPRECATED: use b.yaml` alone do not say so.
fn is_out_of_use(lines: &[&str]) -> bool {
    let forbids = lines.iter().enumerate().any(|(number, line)| {
        let next = lines.get(number + 1).copied().unwrap_or_default();
        forbids_use(line, next)
    });
    let all = lines.join(" ").to_lowercase();
    let all = all.split_whitespace().collect::<Vec<_>>().join(" ");
    // A template is not applied as it stands, and its result is.
    let is_template = [
        "template", "directly", "manually", "by hand", "render", "as is",
    ]
    .iter()
    .any(|word| all.contains(word));
    forbids && !is_template || lines.iter().any(|line| is_past(line)) && is_kept(&all)
}

/// Whether a line says not to apply, use or deploy the file, without a condition: nothing follows
/// in the sentence, and before it stands a word of warning at most.
fn forbids_use(line: &str, next: &str) -> bool {
    const WAYS: [&str; 3] = ["do not ", "don't ", "never "];
    const VERBS: [&str; 3] = ["apply", "deploy", "use"];
    const FILES: [&str; 9] = [
        "this file",
        "this manifest",
        "this dockerfile",
        "this compose file",
        "this configuration",
        "this deployment",
        "the file",
        "this",
        "it",
    ];
    let lower = line.to_lowercase();
    WAYS.iter().any(|way| {
        let Some(at) = lower.find(way) else {
            return false;
        };
        let before = lower[..at].trim_end();
        if !before.is_empty() && !before.ends_with(['.', '!', ':', ';', ',', '-', '–', '—']) {
            return false;
        }
        let rest = &lower[at + way.len()..];
        let Some(rest) = VERBS.iter().find_map(|verb| rest.strip_prefix(verb)) else {
            return false;
        };
        let after = rest.trim_start();
        let named = FILES.iter().find_map(|file| after.strip_prefix(file));
        ends(named.unwrap_or(rest), next)
    })
}

/// Whether a sentence ends before `rest`, which the line `next` follows.
fn ends(rest: &str, next: &str) -> bool {
    match rest.trim_start().chars().next() {
        None => !next.starts_with(char::is_lowercase),
        Some(c) => matches!(c, '.' | '!' | ';' | '-' | '–' | '—'),
    }
}

/// Whether a line begins by saying that the file is one of the past: `DEPRECATED — use b.yaml`,
/// `This file is no longer used.`
fn is_past(line: &str) -> bool {
    const WORDS: [&str; 7] = [
        "deprecated",
        "legacy",
        "no longer used",
        "not used",
        "obsolete",
        "superseded",
        "unused",
    ];
    let lower = line.to_lowercase();
    let said = ["this file is ", "this manifest is ", "note: ", "warning: "]
        .iter()
        .find_map(|start| lower.strip_prefix(start))
        .unwrap_or(&lower);
    const FOLLOW: [&str; 7] = ["and", "by", "file", "in", "manifest", "since", "version"];
    WORDS.iter().any(|word| {
        said.strip_prefix(word).is_some_and(|rest| {
            let mut words = rest.split(|c: char| !c.is_alphanumeric());
            let follows = words.nth(1).is_some_and(|next| FOLLOW.contains(&next));
            !rest.starts_with(char::is_alphanumeric)
                && (follows || !rest.trim_start().starts_with(char::is_alphanumeric))
        })
    })
}

/// Whether a head, in small letters, says that the file is kept and not used.
fn is_kept(head: &str) -> bool {
    const KEPT: [&str; 7] = [
        "kept for reference",
        "kept for historical",
        "kept only for reference",
        "for reference only",
        "file is no longer used",
        "file is not used",
        "file is no longer maintained",
    ];
    KEPT.iter().any(|words| head.contains(words))
}

/// Whether the head says that nobody is served by the file: it is out of use, or there for trials.
pub(crate) fn is_set_aside(text: &str) -> bool {
    // Most files have no such comment.
    if !text.trim_start().starts_with(['#', '-']) {
        return false;
    }
    let lines = head(text);
    is_out_of_use(&lines) || is_for_trials(&lines)
}

/// Whether the head says that what is wrong in the file was put there to be found, or that it is no
/// more than what a trial run needs.
fn is_for_trials(lines: &[&str]) -> bool {
    const PLANTED: [&str; 8] = [
        "deliberately broken",
        "deliberately insecure",
        "deliberately vulnerable",
        "deliberately-vulnerable",
        "intentionally insecure",
        "intentionally vulnerable",
        "intentionally-vulnerable",
        "vulnerable on purpose",
    ];
    const TRIALS: [&str; 6] = [
        "end-to-end test",
        "e2e test",
        "integration test",
        "smoke test",
        "smoke-test",
        "test fixture",
    ];
    let all = lines.join(" ").to_lowercase();
    let says = |words: &[&str]| words.iter().any(|words| all.contains(words));
    says(&PLANTED) || says(&TRIALS) && says(&["not for production", "never in production"])
}

/// Whether the head says that the file is a snapshot of others, or a part taken out of them: it is
/// there to be read.
pub(crate) fn is_snapshot(text: &str) -> bool {
    let all = head(text).join(" ").to_lowercase();
    ["snapshot of", "snapshot for", "excerpt"]
        .iter()
        .any(|words| all.contains(words))
}

/// Whether the head says that Podman plays the manifests, on the machine that it runs on.
pub(crate) fn is_for_podman(text: &str) -> bool {
    let says = |line: &str| {
        let lower = line.to_lowercase();
        lower.contains("podman kube play") || lower.contains("podman play kube")
    };
    head(text).iter().any(|line| says(line))
}

#[cfg(test)]
mod tests {
    use super::{is_for_podman, is_set_aside, is_snapshot};
    use crate::compose::database_without_volume;
    use crate::dockerfile::image_runs_as_root;
    use crate::testing::on;
    use crate::workload::privileged_container;

    #[test]
    fn files_of_every_kind_that_are_out_of_use_are_left_to_pedantic_reviews() {
        for head in ["DO NOT APPLY", "Do not apply before the CRDs"] {
            let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers: [{name: b, image: 'c:1', \
                       securityContext: {privileged: true}}]\n";
            let cases = [
                on(&privileged_container::RULE).manifest(&format!("# {head}\n{pod}")),
                on(&image_runs_as_root::RULE)
                    .dockerfile(&format!("# {head}\n\nFROM node:22-slim\nCOPY a.js .\nCMD [\"node\", \"a.js\"]\n")),
                on(&database_without_volume::RULE).compose(&format!(
                    "# {head}\n\nservices:\n  db: {{image: 'postgres:17'}}\n  app: {{image: 'acme/app:1'}}\n"
                )),
            ];
            for case in cases {
                if head == "DO NOT APPLY" {
                    case.quiet_by_default();
                } else {
                    case.loud_by_default();
                }
            }
        }
    }

    #[test]
    fn what_a_kustomization_or_a_chart_takes_is_in_use() {
        let pod = "# Do not apply this file; run the script.\napiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  \
                   containers: [{name: b, image: 'c:1', securityContext: {privileged: true}}]\n";
        let beside = |files: &str| {
            on(&privileged_container::RULE).files(&format!("{files}//- /c/templates/a.yaml\n{pod}"))
        };
        beside("//- /x\n1\n").quiet_by_default();
        beside("//- /c/templates/kustomization.yaml\nresources: [a.yaml]\n").loud_by_default();
        beside("//- /c/Chart.yaml\napiVersion: v2\nname: c\nversion: 1.0.0\n").loud_by_default();
    }

    #[test]
    fn heads_say_that_a_file_is_set_aside() {
        for head in [
            "# ⚠ LEGACY FILE — DO NOT APPLY\n# This file is superseded by b.yaml.\n",
            "# Do not use this file!\n",
            "---\n# WARNING: do not deploy.\n",
            "# │ DEPRECATED — use the other one │\n# │ This file is kept for reference only. As of │\n",
            "# This file is no longer used.\n",
            "# Legacy: kept for\n# reference only.\n",
        ] {
            let text = format!("{head}\nkind: Pod\n");
            assert!(is_set_aside(&text), "{head}");
        }
    }

    #[test]
    fn conditions_and_notes_about_less_than_the_file_are_no_such_heads() {
        for head in [
            "# Do not apply before the CRDs\n",
            "# Do not apply\n# before the CRDs\n",
            "# DO NOT USE IN PRODUCTION\n",
            "# do not use: `latest`\n",
            "# Nodes do not use this.\n",
            "# Template: rendered by CI.\n# DO NOT APPLY\n",
            "# DEPRECATED: use b.yaml\n",
            "# Deprecated fields are kept for reference elsewhere\n",
            "# The ports are for reference only\n",
            "# Keys that are no longer used: a\n",
            "# Do not edit.\n",
            "kind: Pod\n# DO NOT APPLY\n",
        ] {
            let text = format!("{head}\nkind: Pod\n");
            assert!(!is_set_aside(&text), "{head}");
        }
        assert!(!is_set_aside(
            "# a\n\n# Deprecated, do not use.\nversion: '3'\n"
        ));
        assert!(is_set_aside("# Do not use.\n\nversion: '3'\n"));
        assert!(!is_set_aside(&format!(
            "#{}\n# DO NOT USE\n",
            "é".repeat(4_096)
        )));
    }

    #[test]
    fn trials_are_told_at_the_head() {
        for head in [
            "# Phase 0: deliberately-vulnerable control fixture.\n",
            "# Dependencies for the deploy smoke test. NOT for production: no\n# persistence.\n",
        ] {
            assert!(is_set_aside(&format!("{head}---\nkind: Pod\n")), "{head}");
        }
        for head in [
            "# NOT for production\n",
            "# Run the smoke test after every change\n",
            "kind: Pod\n# deliberately vulnerable\n",
        ] {
            assert!(!is_set_aside(&format!("{head}kind: Pod\n")), "{head}");
        }
    }

    #[test]
    fn snapshots_say_what_they_are_of() {
        assert!(is_snapshot(
            "# Diagnostic snapshot for the hub.\nservices: {}\n"
        ));
        assert!(!is_snapshot("# Restores a snapshot\nservices: {}\n"));
        assert!(!is_snapshot("services: {}\n# An excerpt\n"));
    }

    #[test]
    fn podman_is_named_at_the_head() {
        assert!(is_for_podman(
            "---\n# Usage: podman kube play a.yaml\nkind: Pod\n"
        ));
        assert!(!is_for_podman(
            "# Made by podman kube generate\nkind: Pod\n"
        ));
        assert!(!is_for_podman("kind: Pod\n# podman kube play a.yaml\n"));
    }
}
