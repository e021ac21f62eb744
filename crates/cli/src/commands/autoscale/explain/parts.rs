//! What an explanation says, in words that text and Markdown share.

use std::fmt::Write;

use plimsoll_autoscale::dump::Dump;
use plimsoll_autoscale::explain::{
    Answer, Bound, Counted, Explanation, Threshold, metric_name, moved_words,
};
use plimsoll_autoscale::{Metric, Policy, Time};

/// The most pods that are named in a line.
const MOST_NAMES: usize = 5;

/// A row about a metric.
pub(super) struct Row {
    pub(super) name: String,
    pub(super) value: String,
    pub(super) target: String,
    pub(super) ratio: String,
    pub(super) proposes: String,
}

pub(super) fn policies(dump: &Dump) -> [&[Policy]; 2] {
    match &dump.hpa.behavior {
        Some(behavior) => [&behavior.up.policies, &behavior.down.policies],
        None => [&[], &[]],
    }
}

pub(super) fn heading(dump: &Dump, explained: &Explanation) -> String {
    let hpa = &dump.hpa;
    format!(
        "{}/{}: {} of {} to {} replicas of {} {}",
        hpa.namespace,
        hpa.name,
        explained.current,
        hpa.min(),
        hpa.max_replicas,
        hpa.target.kind,
        hpa.target.name
    )
}

/// Why it is where it is, sentence by sentence.
pub(super) fn why(dump: &Dump, explained: &Explanation) -> Vec<String> {
    let mut all = vec![moved_words(explained, policies(dump))];
    if let Some(error) = &explained.outcome.error {
        all.push(error.clone());
    }
    if let Some(desired) = dump.written.desired_replicas
        && explained
            .outcome
            .decision
            .is_some_and(|one| one.desired != desired)
    {
        all.push(format!("the status, of the last sync, says {desired}"));
    }
    all
}

pub(super) fn rows(dump: &Dump, explained: &Explanation) -> Vec<Row> {
    let row = |one: &Threshold| {
        let metric = &dump.hpa.metrics[one.account.index];
        let (value, ratio, proposes) = match &one.account.answer {
            Ok(answer) => {
                let refilled = answer.proposal.refilled;
                let ratio = refilled.map_or(String::new(), |ratio| format!(" → {ratio:.3}"));
                (
                    shown(answer),
                    format!("{:.3}{ratio}", answer.proposal.ratio),
                    answer.proposal.replicas.to_string(),
                )
            }
            Err(_) => ("?".to_owned(), String::new(), "nothing".to_owned()),
        };
        Row {
            name: metric_name(metric),
            value,
            target: target(metric),
            ratio,
            proposes,
        }
    };
    explained.accounts.iter().map(row).collect()
}

/// What there is to say about a metric beside its row.
pub(super) fn remarks(dump: &Dump, explained: &Explanation) -> Vec<String> {
    let mut all = Vec::new();
    let highest = explained
        .accounts
        .iter()
        .filter_map(|one| Some(one.account.answer.as_ref().ok()?.proposal.replicas))
        .max();
    for one in &explained.accounts {
        let name = metric_name(&dump.hpa.metrics[one.account.index]);
        match &one.account.answer {
            Ok(answer) => {
                let decides = answer.proposal.refilled.unwrap_or(answer.proposal.ratio);
                let tolerances = explained.tolerances;
                let (low, high) = (1.0 - tolerances.down, 1.0 + tolerances.up);
                if low <= decides && decides <= high {
                    all.push(format!(
                        "{name}: the ratio lies within the tolerance, {low:.3} to {high:.3}"
                    ));
                }
                if answer.proposal.refilled.is_some() {
                    all.push(format!(
                        "{name}: the second ratio, with the pods without a sample that counts \
                         filled in, decides"
                    ));
                }
                if explained.accounts.len() > 1 && Some(answer.proposal.replicas) == highest {
                    all.push(format!("{name}: no other metric proposes more"));
                }
            }
            Err(refusal) => all.push(format!("{name}: {}", refusal.message)),
        }
        if let Some(counted) = &one.account.counted {
            all.push(format!("{name}: {}", pods(counted)));
        }
    }
    all
}

fn pods(counted: &Counted) -> String {
    let mut words = match counted.ready {
        1 => "1 pod counts".to_owned(),
        ready => format!("{ready} pods count"),
    };
    let groups = [
        ("put aside as unready", &counted.unready),
        ("without a sample", &counted.missing),
        ("going or failed", &counted.ignored),
    ];
    for (what, names) in groups {
        if names.is_empty() {
            continue;
        }
        let shown: Vec<&str> = names.iter().take(MOST_NAMES).map(String::as_str).collect();
        let more = match names.len() - shown.len() {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let _ = write!(
            words,
            ", {} {what} ({}{more})",
            names.len(),
            shown.join(", ")
        );
    }
    words
}

/// A value of a metric, as its status shows it.
pub(super) fn shown(answer: &Answer) -> String {
    let status = &answer.status;
    match (
        status.average_utilization,
        status.average_value,
        status.value,
    ) {
        (Some(percent), ..) => format!("{percent} %"),
        (None, Some(average), _) => format!("{} a pod", status.quantity(average)),
        (None, None, Some(value)) => status.quantity(value).to_string(),
        (None, None, None) => "?".to_owned(),
    }
}

fn target(metric: &Metric) -> String {
    let (Metric::Resource { target, .. }
    | Metric::ContainerResource { target, .. }
    | Metric::Pods { target, .. }
    | Metric::Object { target, .. }
    | Metric::External { target, .. }) = metric
    else {
        return String::new();
    };
    match (
        target.average_value,
        target.average_utilization,
        target.value,
    ) {
        (Some(value), ..) => format!("{value} a pod"),
        (None, Some(percent), _) => format!("{percent} %"),
        (None, None, Some(value)) => value.to_string(),
        (None, None, None) => "none".to_owned(),
    }
}

/// What it would take to move up or down.
pub(super) fn moves(dump: &Dump, explained: &Explanation, up: bool) -> Vec<String> {
    let mut all = Vec::new();
    let several = explained.accounts.len() > 1;
    for one in &explained.accounts {
        let name = metric_name(&dump.hpa.metrics[one.account.index]);
        let Ok(now) = &one.account.answer else {
            if !up {
                all.push(format!("{name} has no value, which blocks the way down"));
            }
            continue;
        };
        let current = explained.current;
        let already = if up {
            now.proposal.replicas > current
        } else {
            now.proposal.replicas < current
        };
        let found = if up { &one.up } else { &one.down };
        let way = if up { "or more" } else { "or less" };
        all.push(match found {
            _ if already => format!(
                "{name} at {}: it proposes {}",
                shown(now),
                now.proposal.replicas
            ),
            Some(answer) => format!(
                "{name} at {} {way}: it would propose {}",
                shown(answer),
                answer.proposal.replicas
            ),
            None => format!("no value of {name} moves it"),
        });
    }
    if !up && several {
        all.push("all metrics must propose fewer".to_owned());
    }
    let window = if up {
        explained.windows.0
    } else {
        explained.windows.1
    };
    if window.as_seconds() > 0 {
        let held = explained.held;
        let more = if held && !up {
            "; the status says that one holds it now"
        } else {
            ""
        };
        let other = if up { "lower" } else { "higher" };
        all.push(format!(
            "a {other} recommendation of the last {} s holds it{more}",
            window.as_seconds()
        ));
    }
    if let Some(reach) = &explained.reach {
        let bound = if up { reach.up } else { reach.down };
        all.push(limit(dump, explained, bound, up));
        if let Some(frees) = bound.frees {
            all.push(format!(
                "an earlier change stops counting at {}",
                clock(frees)
            ));
        }
    }
    all
}

fn limit(dump: &Dump, explained: &Explanation, bound: Bound, up: bool) -> String {
    let hpa = &dump.hpa;
    let (to, edge, edge_name) = if up {
        (bound.replicas, hpa.max_replicas, "maxReplicas")
    } else {
        (bound.replicas, hpa.min(), "minReplicas")
    };
    if bound.disabled {
        return "`selectPolicy: Disabled` keeps it from going there".to_owned();
    }
    if to == edge && to == explained.current {
        return format!("`{edge_name}` is reached");
    }
    let why = if to == edge {
        format!("`{edge_name}`")
    } else {
        let policy = bound
            .policy
            .and_then(|at| policies(dump)[usize::from(!up)].get(at));
        policy.map_or("twice as many, or four".to_owned(), |policy| {
            format!("policy {policy}")
        })
    };
    let most = if up { "at most" } else { "at least" };
    format!("one sync goes to {most} {to}: {why}")
}

/// A time as text.
pub(super) fn clock(at: Time) -> String {
    plimsoll_autoscale::load::date(at.as_seconds() as f64)
}
