//! Recommendations for a pull request.

use std::fmt::Write;

use plimsoll_sizing::plan::Measured;

use super::numbers::{bytes, change, cores, percent};
use super::{Answer, Profiles, explain, text};

pub(super) fn markdown(answer: &Answer<'_>, profiles: &Profiles, explained: bool) -> String {
    let mut out = format!(
        "Risk {}. CPU: the share of demand above the request. Memory: the probability of a kill \
         within a month.\n\n\
         | container | CPU request | CPU limit | uncovered | memory request | memory limit | killed |\n\
         | --- | --- | --- | ---: | --- | --- | ---: |\n",
        answer.risk
    );
    let mut notes = String::new();
    for plan in answer.plans {
        for one in &plan.containers {
            let present = one.present.unwrap_or_default();
            let cpu = one.found.cpu.as_ref();
            let memory = one.found.memory.as_ref();
            let name = label(&plan.namespace, &plan.name, &one.name);
            let row = [
                name.clone(),
                change(present.cpu_request, cpu.map(|cpu| cpu.request), cores),
                change(present.cpu_limit, cpu.and_then(|cpu| cpu.limit), cores),
                cpu.map_or(String::new(), |cpu| percent(cpu.outcome.uncovered)),
                change(
                    present.memory_request,
                    memory.map(|memory| memory.request),
                    bytes,
                ),
                change(
                    present.memory_limit,
                    memory.map(|memory| memory.limit),
                    bytes,
                ),
                memory.map_or(String::new(), |memory| text::chance(memory.killed)),
            ];
            let _ = writeln!(out, "| {} |", row.join(" | "));
            reasons(&mut notes, answer, profiles.of(plan, one), &name, one);
            if explained {
                rejected(&mut notes, one);
            }
        }
        for line in text::together(plan) {
            let _ = writeln!(
                notes,
                "- {}: {line}",
                label(&plan.namespace, &plan.name, "")
            );
        }
    }
    if let Some(words) = text::nodes(answer) {
        let _ = writeln!(notes, "- {words}");
    }
    let _ = write!(out, "\n{notes}");
    out
}

fn label(namespace: &str, workload: &str, container: &str) -> String {
    let parts = [namespace, workload, container];
    let parts: Vec<String> = parts
        .into_iter()
        .filter(|part| !part.is_empty())
        .map(|part| part.replace(['|', '`', '\n'], " "))
        .collect();
    format!("`{}`", parts.join("/"))
}

fn reasons(
    out: &mut String,
    answer: &Answer<'_>,
    profile: plimsoll_sizing::Profile,
    name: &str,
    one: &Measured,
) {
    if let Some(reason) = one.found.cpu_reason(answer.risk) {
        let _ = writeln!(out, "- {name}, CPU: {reason}");
    }
    for words in text::throttling(one) {
        let _ = writeln!(out, "- {name}, CPU: {words}");
    }
    if let Some(reason) = one.found.memory_reason() {
        let _ = writeln!(out, "- {name}, memory: {reason}");
    }
    let notes = one.found.data_notes();
    for note in notes.into_iter().chain(text::advice(profile, one)) {
        let _ = writeln!(out, "- {name}: {note}");
    }
}

fn rejected(out: &mut String, one: &Measured) {
    let cpu = one.found.cpu.iter().flat_map(|cpu| &cpu.rejected);
    for other in cpu {
        let _ = writeln!(
            out,
            "  - not taken: {}, {}: {} of the demand above it",
            other.what,
            cores(other.request),
            percent(other.risk)
        );
    }
    let memory = one.found.memory.iter().flat_map(|memory| &memory.rejected);
    for other in memory {
        let words = explain::of_memory(other);
        let words: Vec<&str> = words.split_whitespace().collect();
        let _ = writeln!(out, "  - not taken: {}", words.join(" "));
    }
}
