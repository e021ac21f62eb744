//! The variables of a whole file replaced, and the values of some fields cast.
//!
//! Values only, never keys; before files are merged, so that a value that another file overrides
//! can still be refused. Which fields are cast, and to what, follows compose-go's
//! `loader/interpolate.go`; every failure is collected, in the order of the file.

use super::context::{Cx, Refused, Resolving};
use super::environment::Environment;
use super::item::{Data, Item};
use super::refusal::{Reason, Refusal};
use super::substitute::{Failure, Substituted, substitute};
use super::trail::{ITEM, Trail};
use super::values;

/// What a field's string is cast to.
#[derive(Clone, Copy)]
enum Cast {
    Int,
    Float,
    Single,
    Bool,
}

/// Replaces every variable of the file.
pub(super) fn interpolate(
    cx: &mut Cx<'_>,
    file: &mut Item,
    environment: &Environment,
) -> Resolving<()> {
    let mut refused = Vec::new();
    walk(cx, file, Trail::TOP, environment, &mut refused);
    if refused.is_empty() {
        Ok(())
    } else {
        cx.tolerate(Refused(refused))
    }
}

/// Whether the value can stay; only a lenient resolution goes on without it.
fn walk(
    cx: &mut Cx<'_>,
    item: &mut Item,
    trail: Trail<'_>,
    environment: &Environment,
    refused: &mut Vec<Refusal>,
) -> bool {
    match &mut item.data {
        Data::Text(_) => {
            let outcome = string(cx, item, &trail, environment, refused);
            return match outcome {
                Ok(()) => true,
                Err(mut failed) => {
                    refused.append(&mut failed.0);
                    false
                }
            };
        }
        Data::Map(map) => map.retain(|entry| {
            let trail = trail.key(&entry.key);
            walk(cx, &mut entry.value, trail, environment, refused)
        }),
        Data::List(items) => {
            let mut number = 0;
            items.retain_mut(|value| {
                let trail = trail.item(number);
                number += 1;
                walk(cx, value, trail, environment, refused)
            });
        }
        _ => {}
    }
    true
}

fn string(
    cx: &mut Cx<'_>,
    item: &mut Item,
    trail: &Trail<'_>,
    environment: &Environment,
    refused: &mut Vec<Refusal>,
) -> Resolving<()> {
    let Data::Text(text) = &item.data else {
        return Ok(());
    };
    if text.contains('$') {
        let replaced = replaced(cx, text, environment, trail, item.trace)?;
        for (name, words) in replaced.required {
            let reason = Reason::Required { name, words };
            refused.append(&mut cx.refusal(reason, item.trace).0);
        }
        cx.count_text(replaced.text.len(), item.trace)?;
        item.trace = cx.records.with_uses(item.trace, replaced.uses);
        item.data = Data::Text(replaced.text.into());
        if let Some(halves) = &mut item.halves {
            // The value's half is what variables flow into.
            halves.value = halves.value.with_uses_of(item.trace);
        }
    }
    let Some(cast) = cast_of(trail) else {
        return Ok(());
    };
    let Data::Text(text) = &item.data else {
        return Ok(());
    };
    match apply(cast, text) {
        Ok(data) => {
            if let (Cast::Bool, false) = (cast, matches!(&**text, "true" | "false")) {
                let better = matches!(data, Data::Bool(true));
                cx.notice(
                    format!("`{text}` for a boolean is no longer YAML; write `{better}`"),
                    item.trace.spot(),
                );
            }
            item.data = data;
            Ok(())
        }
        Err(wanted) => {
            let reason = Reason::Cast {
                path: trail.to_string(),
                text: text.to_string(),
                wanted,
            };
            if cx.request.lenient && cx.records.is_unknown(item.trace) {
                // What the variable will be decides.
                return Err(Refused(Vec::new()));
            }
            Err(cx.refusal(reason, item.trace))
        }
    }
}

fn replaced(
    cx: &mut Cx<'_>,
    text: &str,
    environment: &Environment,
    trail: &Trail<'_>,
    trace: super::records::Trace,
) -> Resolving<Substituted> {
    let lookup = |name: &str| environment.get(name).cloned();
    match substitute(text, &lookup, cx.request.lenient) {
        Ok(found) => {
            for name in &found.unset {
                cx.notice(
                    format!("the variable `{name}` is not set, it is read as empty"),
                    trace.spot(),
                );
            }
            Ok(found)
        }
        Err(failure) => {
            let path = trail.to_string();
            let reason = match failure {
                Failure::Invalid(template) => Reason::InvalidTemplate { path, template },
                Failure::Required(name, words) => Reason::Required { name, words },
                Failure::TooLong => Reason::TooMuch {
                    what: "a value becomes too long; it may have a length of",
                    limit: 16 << 20,
                },
            };
            Err(cx.refusal(reason, trace))
        }
    }
}

/// The project's name with its variables replaced.
pub(super) fn name(cx: &mut Cx<'_>, item: &Item, environment: &Environment) -> Resolving<String> {
    let text = values::sprint(item);
    let trail = Trail::TOP.key("name");
    let found = replaced(cx, &text, environment, &trail, item.trace)?;
    Ok(found.text)
}

fn apply(cast: Cast, text: &str) -> Result<Data, &'static str> {
    match cast {
        Cast::Int => values::parse_int(text)
            .map(Data::Int)
            .ok_or("a whole number"),
        Cast::Float => values::parse_float(text).map(Data::Float).ok_or("a number"),
        Cast::Single => values::parse_float(text)
            .map(|value| Data::Single(value as f32))
            .filter(|data| !matches!(data, Data::Single(value) if value.is_infinite()))
            .ok_or("a number"),
        Cast::Bool => values::parse_bool(text)
            .map(Data::Bool)
            .ok_or("`true` or `false`"),
    }
}

/// What the field at this place is cast to.
fn cast_of(trail: &Trail<'_>) -> Option<Cast> {
    let keys = trail.keys()?;
    match &keys[..trail.depth()] {
        ["services", _, "pre_start", _, field @ ..] => container(field),
        ["services", _, field @ ..] => container(field)
            .or_else(|| workload(field))
            .or_else(|| service(field)),
        ["jobs", _, field @ ..] => container(field).or_else(|| workload(field)),
        [
            "networks",
            _,
            "external" | "internal" | "attachable" | "enable_ipv4" | "enable_ipv6",
        ]
        | ["volumes" | "secrets" | "configs", _, "external"] => Some(Cast::Bool),
        _ => None,
    }
}

/// Fields of anything that declares a container.
fn container(field: &[&str]) -> Option<Cast> {
    Some(match field {
        [
            "cpu_count" | "cpu_period" | "cpu_quota" | "cpu_rt_period" | "cpu_rt_runtime"
            | "cpu_shares" | "oom_score_adj" | "pids_limit",
        ]
        | ["ulimits", _]
        | ["ulimits", _, "hard" | "soft"] => Cast::Int,
        ["cpu_percent"] => Cast::Float,
        ["cpus"] => Cast::Single,
        ["init" | "oom_kill_disable" | "privileged" | "read_only"]
        | ["volumes", ITEM, "read_only"]
        | ["volumes", ITEM, "volume", "nocopy"] => Cast::Bool,
        _ => return None,
    })
}

/// Fields of services and jobs.
fn workload(field: &[&str]) -> Option<Cast> {
    Some(match field {
        ["depends_on", _, "required" | "restart"]
        | ["healthcheck", "disable"]
        | ["stdin_open" | "tty"] => Cast::Bool,
        ["healthcheck", "retries"] | ["ports", ITEM, "target"] => Cast::Int,
        _ => return None,
    })
}

/// Fields of services only.
fn service(field: &[&str]) -> Option<Cast> {
    Some(match field {
        ["scale"]
        | ["deploy", "replicas"]
        | ["deploy", "update_config" | "rollback_config", "parallelism"]
        | ["deploy", "restart_policy", "max_attempts"]
        | ["deploy", "placement", "max_replicas_per_node"] => Cast::Int,
        [
            "deploy",
            "update_config" | "rollback_config",
            "max_failure_ratio",
        ] => Cast::Float,
        _ => return None,
    })
}
