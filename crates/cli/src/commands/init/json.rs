//! What was found and what is written, for programs.

use plimsoll_scaffold::from_compose::{Became, Loss, SecretNeeded, Translation};
use plimsoll_scaffold::merge::Action;
use plimsoll_scaffold::model::{Certainty, Evidence};
use plimsoll_scaffold::statements::statements;
use serde_json::{Value, json};

use super::Outcome;
use crate::failure::Failure;

/// One document.
pub(super) fn json(outcome: &Outcome, written: bool) -> Result<String, Failure> {
    let survey = &outcome.survey;
    let services: Vec<Value> = survey
        .services
        .iter()
        .map(|service| {
            let known: Vec<Value> = statements(service)
                .into_iter()
                .map(|statement| {
                    json!({
                        "about": statement.about,
                        "value": statement.value,
                        "certainty": certainty(statement.certainty),
                        "evidence": evidence(&statement.evidence),
                    })
                })
                .collect();
            let questions: Vec<Value> = service
                .questions
                .iter()
                .map(|question| json!({ "text": question.text, "choices": question.choices }))
                .collect();
            json!({
                "name": service.name.value,
                "folder": service.folder,
                "context": service.context,
                "known": known,
                "questions": questions,
            })
        })
        .collect();
    let refusals: Vec<Value> = survey
        .refusals
        .iter()
        .map(|refusal| {
            json!({
                "folder": refusal.folder,
                "why": refusal.why,
                "help": refusal.help,
                "evidence": evidence(&refusal.evidence),
            })
        })
        .collect();
    let files: Vec<Value> = outcome.plan.files.iter().map(|file| {
        let generated = outcome.written.iter().find(|written| written.path == file.path);
        let mut line = 1;
        let mut blocks = Vec::new();
        for block in generated.into_iter().flat_map(|written| &written.blocks) {
            let count = block.text.matches('\n').count();
            blocks.push(json!({
                "firstLine": line,
                "lastLine": line + count - 1,
                "evidence": evidence(&block.evidence),
            }));
            line += count;
        }
        let (action, conflicts) = action(&file.action);
        json!({
            "path": file.path,
            "action": action,
            "changes": file.before != file.after,
            "text": file.after,
            "generated": generated.map(|written| json!({ "text": written.text(), "blocks": blocks })),
            "conflicts": conflicts,
        })
    }).collect();
    let kept: Vec<&str> = outcome
        .existing
        .iter()
        .map(|existing| existing.dockerfile.as_str())
        .collect();
    let others: Vec<Value> = outcome
        .kept
        .iter()
        .map(|kept| json!({ "path": kept.path, "says": kept.says }))
        .collect();
    let mut document = json!({
        "version": 1,
        "services": services,
        "refusals": refusals,
        "files": files,
        "dockerfilesOfOthers": kept,
        "keptOfOthers": others,
        "unpinned": outcome.unpinned,
        "written": written,
    });
    if let Some(translation) = &outcome.translation {
        document["compose"] = compose(translation);
    }
    if let Some(charted) = &outcome.charted {
        let left_out: Vec<Value> = charted
            .left_out
            .iter()
            .map(|left| {
                json!({
                    "file": left.file,
                    "line": (left.line > 0).then_some(left.line),
                    "why": left.why,
                    "help": left.help,
                })
            })
            .collect();
        document["manifests"] = json!({
            "objects": charted.objects,
            "leftOut": left_out,
            "services": services_of(&charted.services),
            "losses": losses(&charted.losses),
            "secrets": secrets(&charted.secrets),
        });
    }
    serde_json::to_string_pretty(&document)
        .map(|text| text + "\n")
        .map_err(|error| Failure::internal(format!("cannot write the answer as JSON: {error}")))
}

/// What became of a Compose project, and what did not.
fn compose(translation: &Translation) -> Value {
    let left_out: Vec<Value> = translation
        .left_out
        .iter()
        .map(|(service, profiles, why)| {
            json!({
                "service": service,
                "profiles": profiles,
                "evidence": evidence(std::slice::from_ref(why)),
            })
        })
        .collect();
    json!({
        "services": services_of(&translation.services),
        "leftOut": left_out,
        "losses": losses(&translation.losses),
        "secrets": secrets(&translation.secrets),
    })
}

fn services_of(services: &[Became]) -> Vec<Value> {
    let services = services.iter().map(|service| {
        json!({
            "service": service.service,
            "workload": service.workload,
            "with": service.with,
            "evidence": evidence(std::slice::from_ref(&service.evidence)),
        })
    });
    services.collect()
}

fn losses(losses: &[Loss]) -> Vec<Value> {
    let losses = losses.iter().map(|loss| {
        json!({
            "file": (!loss.file.is_empty()).then_some(&loss.file),
            "line": (loss.line > 0).then_some(loss.line),
            "key": loss.key,
            "lost": loss.lost,
            "help": loss.help,
        })
    });
    losses.collect()
}

fn secrets(secrets: &[SecretNeeded]) -> Vec<Value> {
    let secrets = secrets
        .iter()
        .map(|secret| json!({ "name": secret.name, "keys": secret.keys, "file": secret.file }));
    secrets.collect()
}

fn certainty(certainty: Certainty) -> &'static str {
    match certainty {
        Certainty::Assumed => "assumed",
        Certainty::Likely => "likely",
        Certainty::Stated => "stated",
        Certainty::Told => "told",
    }
}

fn evidence(evidence: &[Evidence]) -> Vec<Value> {
    evidence
        .iter()
        .map(|evidence| {
            let line = (evidence.line > 0).then_some(evidence.line);
            let file = (!evidence.file.is_empty()).then_some(evidence.file.as_str());
            json!({ "file": file, "line": line, "says": evidence.says })
        })
        .collect()
}

fn action(action: &Action) -> (&'static str, Vec<Value>) {
    let conflicts = match action {
        Action::Conflict(conflicts) => conflicts
            .iter()
            .map(|conflict| {
                json!({
                    "line": conflict.line,
                    "base": conflict.base,
                    "yours": conflict.theirs,
                    "generated": conflict.ours,
                })
            })
            .collect(),
        _ => Vec::new(),
    };
    let word = match action {
        Action::Create => "create",
        Action::Update => "update",
        Action::Merge => "merge",
        Action::Conflict(_) => "conflict",
        Action::Unchanged => "unchanged",
        Action::Deleted => "deleted",
        Action::Foreign => "foreign",
        Action::Remove => "remove",
        Action::Obsolete => "obsolete",
        Action::Unreadable(_) => "unreadable",
    };
    (word, conflicts)
}
