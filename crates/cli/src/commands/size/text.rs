//! Recommendations for people.

use std::fmt::Write;

use plimsoll_sizing::cpu::Cpu;
use plimsoll_sizing::memory::Memory;
use plimsoll_sizing::plan::{Measured, Plan};
use plimsoll_sizing::{Chance, Profile};

use super::explain;
use super::numbers::{bytes, change, cores, percent};
use super::{Answer, Profiles};

pub(super) fn text(
    answer: &Answer<'_>,
    profiles: &Profiles,
    explained: bool,
    width: Option<usize>,
) -> String {
    let mut out = String::new();
    for plan in answer.plans {
        heading(&mut out, answer, plan);
        for one in &plan.containers {
            container(&mut out, answer, one);
            if let Some(advice) = advice(profiles.of(plan, one), one) {
                let _ = writeln!(out, "    note    {advice}");
            }
            if explained {
                explain::text(&mut out, answer, one, width);
            }
        }
        for line in together(plan) {
            let _ = writeln!(out, "  {line}");
        }
        out.push('\n');
    }
    out.push_str(&total(answer));
    if let Some(words) = nodes(answer) {
        let _ = writeln!(out, "{words}");
    }
    out
}

fn heading(out: &mut String, answer: &Answer<'_>, plan: &Plan) {
    let name = match &*plan.namespace {
        "" => plan.name.clone(),
        namespace => format!("{namespace}/{}", plan.name),
    };
    let place = match answer.place(plan) {
        Some(place) => format!(" ({place})"),
        None => match answer.elsewhere(plan) {
            Some((namespace, place)) => {
                format!(" (in no manifest; that of the namespace `{namespace}` is in {place})")
            }
            None => " (in no manifest)".to_owned(),
        },
    };
    let _ = writeln!(out, "{name}{place}");
}

fn container(out: &mut String, answer: &Answer<'_>, one: &Measured) {
    let present = one.present.unwrap_or_default();
    let known = one.present.is_some();
    let shown = |before: Option<f64>, after: Option<f64>, show: fn(f64) -> String| {
        if known {
            change(before, after, show)
        } else {
            after.map_or_else(|| "none".to_owned(), show)
        }
    };
    let _ = writeln!(out, "  {}", one.name);
    if let Some(cpu) = &one.found.cpu {
        let _ = writeln!(
            out,
            "    cpu     request {}, limit {}",
            shown(present.cpu_request, Some(cpu.request), cores),
            shown(present.cpu_limit, cpu.limit, cores),
        );
        let facts = cpu_facts(answer, one, cpu);
        let _ = writeln!(out, "            {facts}");
        for words in throttling(one) {
            let _ = writeln!(out, "            {words}");
        }
        if let Some(reason) = one.found.cpu_reason(answer.risk) {
            let _ = writeln!(out, "            {reason}");
        }
    }
    if let Some(memory) = &one.found.memory {
        let _ = writeln!(
            out,
            "    memory  request {}, limit {}",
            shown(present.memory_request, Some(memory.request), bytes),
            shown(present.memory_limit, Some(memory.limit), bytes),
        );
        let facts = memory_facts(answer, one, memory);
        let _ = writeln!(out, "            {facts}");
        if let Some(reason) = one.found.memory_reason() {
            let _ = writeln!(out, "            {reason}");
        }
    }
    for note in one.found.data_notes() {
        let _ = writeln!(out, "    note    {note}");
    }
}

/// What a request for CPU brings about.
pub(super) fn cpu_facts(answer: &Answer<'_>, one: &Measured, cpu: &Cpu) -> String {
    let mut facts = format!(
        "{} of the demand above the request, in {} of the time",
        percent(cpu.outcome.uncovered),
        percent(cpu.outcome.exceeded)
    );
    if let Some(now) = one.found.present_cpu {
        let _ = write!(facts, " (today {})", percent(now.uncovered));
    }
    let _ = write!(
        facts,
        "; {} idle{}; largest peak {}",
        cores(cpu.outcome.idle),
        cost(answer.prices.month(cpu.outcome.idle, 0.0)),
        cores(cpu.peak)
    );
    if cpu.request > 0.0 {
        let beyond = cpu.peak / cpu.request - 1.0;
        let side = if beyond > 0.0 { "above" } else { "below" };
        let _ = write!(facts, ", {} {side} the request", percent(beyond.abs()));
    }
    facts
}

/// What a limit of memory brings about.
pub(super) fn memory_facts(answer: &Answer<'_>, one: &Measured, memory: &Memory) -> String {
    let mut facts = format!("killed within a month: {}", chance(memory.killed));
    if let Some(now) = one.found.present_killed {
        let _ = write!(facts, "; today {}", chance(now));
    }
    let _ = write!(
        facts,
        "; {} idle{}; largest peak {}",
        bytes(memory.idle),
        cost(answer.prices.month(0.0, memory.idle)),
        bytes(memory.peak)
    );
    facts
}

/// What is idle costs that much; nothing where prices are not known.
fn cost(month: f64) -> String {
    if month > 0.0 {
        format!(" ({month:.2} a month)")
    } else {
        String::new()
    }
}

/// What limits of CPU do, today's and the new one.
pub(super) fn throttling(one: &Measured) -> Vec<String> {
    let now = one.found.present_cpu.and_then(|now| now.throttled);
    let new = one.found.cpu.as_ref().and_then(|cpu| cpu.outcome.throttled);
    let words = |which: &str, share: f64| {
        if share < 0.001 {
            format!("{which} is above what samples show; bursts within a sample are not seen")
        } else {
            format!(
                "{which} throttles at least {} of the time, bursts within a sample not counted",
                percent(share)
            )
        }
    };
    let now = now.map(|share| words("today's limit", share));
    let new = new.map(|share| words("the new limit", share));
    now.into_iter().chain(new).collect()
}

/// A probability with its range.
pub(super) fn chance(chance: Chance) -> String {
    format!(
        "{} ({} to {})",
        percent(chance.expected),
        percent(chance.low),
        percent(chance.high)
    )
}

/// What to set beside the limit of memory.
pub(super) fn advice(profile: Profile, one: &Measured) -> Option<String> {
    profile.advice(one.found.memory.as_ref()?.limit)
}

/// What concerns a pod as a whole.
pub(super) fn together(plan: &Plan) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some((before, after)) = plan.class {
        let class = moved(before.name(), after.name());
        let eviction = plan.eviction.map_or(String::new(), |(before, after)| {
            let place = moved(&before.to_string(), &after.to_string());
            format!(", evicted as number {place} of these when a node runs out of memory")
        });
        lines.push(format!("class {class}{eviction}"));
    }
    if let Some(scaling) = plan.scaling {
        let percent = |target: i64| format!("{target} %");
        let target = moved(&percent(scaling.before), &percent(scaling.after));
        lines.push(format!(
            "autoscaler target {target}: pods are added at {} a pod as today",
            cores(scaling.cores)
        ));
    }
    lines
}

/// What was beside what will be, once if they are the same.
fn moved(before: &str, after: &str) -> String {
    if before == after {
        after.to_owned()
    } else {
        format!("{before} → {after}")
    }
}

/// `1 container`, `2 containers`.
pub(super) fn plural(count: usize, noun: &str) -> String {
    let more = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{more}")
}

/// The sums over all containers.
pub(super) fn total(answer: &Answer<'_>) -> String {
    let sums = Sums::of(answer);
    let mut out = format!(
        "{} of {}, risk {}: ",
        plural(sums.containers, "container"),
        plural(answer.plans.len(), "workload"),
        answer.risk
    );
    let _ = write!(
        out,
        "{} of CPU and {} of memory requested for each pod of each, of which {} and {} idle",
        cores(sums.cpu),
        bytes(sums.memory),
        cores(sums.idle_cpu),
        bytes(sums.idle_memory)
    );
    if sums.is_known {
        let _ = write!(
            out,
            "; today {} and {}",
            cores(sums.present_cpu),
            bytes(sums.present_memory)
        );
    }
    if answer.prices.is_known() {
        let cost = answer.prices.month(sums.idle_cpu, sums.idle_memory);
        let _ = write!(out, "; what is idle costs {cost:.2} a month");
    }
    out.push('\n');
    if let Some(words) = answer.prices.words() {
        let _ = writeln!(out, "{words}");
    }
    out
}

/// The nodes that are needed, where it was asked.
pub(super) fn nodes(answer: &Answer<'_>) -> Option<String> {
    Some(answer.packing.as_ref()?.words())
}

/// Sums over all containers, for one pod of each workload.
#[derive(Default)]
pub(super) struct Sums {
    containers: usize,
    cpu: f64,
    memory: f64,
    idle_cpu: f64,
    idle_memory: f64,
    present_cpu: f64,
    present_memory: f64,
    is_known: bool,
}

impl Sums {
    fn of(answer: &Answer<'_>) -> Self {
        let mut sums = Self::default();
        for one in answer.plans.iter().flat_map(|plan| &plan.containers) {
            sums.containers += 1;
            if let Some(cpu) = &one.found.cpu {
                sums.cpu += cpu.request;
                sums.idle_cpu += cpu.outcome.idle;
            }
            if let Some(memory) = &one.found.memory {
                sums.memory += memory.request;
                sums.idle_memory += memory.idle;
            }
            if let Some(present) = one.present {
                sums.is_known = true;
                sums.present_cpu += present.cpu_request.unwrap_or(0.0);
                sums.present_memory += present.memory_request.unwrap_or(0.0);
            }
        }
        sums
    }
}
