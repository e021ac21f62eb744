//! Probes that ask what a health check asks, as patiently.
//!
//! Compose calls a container healthy after one success. It is unhealthy after `retries` failures one
//! after another, of which none counts in the `start_period` before the first success. So the start-up
//! probe waits for the start period and then as many intervals; afterwards readiness fails after
//! `retries` intervals. Compose restarts nothing that is unhealthy, a cluster does: liveness fails
//! after three times as many, and not before a floor.

use plimsoll_compose::resolve::{Item, Trace};

use super::health::{Asked, request};
use super::scale::seconds;
use super::{App, Cx, Kind, command};
use crate::emit::{Map, Node};
use crate::model::Evidence;

/// How long, in seconds, a container may be dead before it is restarted, at the least.
const PATIENCE: u32 = 90;

/// Said where a probe can only open a connection.
const NO_CHECK: &str =
    "The Compose file has no health check: this asks only whether the port accepts connections.";

/// Seconds and tries of a health check, with what Docker takes where nothing is said.
struct Pace {
    interval: u32,
    timeout: u32,
    retries: u32,
    start_period: u32,
    start_interval: u32,
}

/// Adds the three probes to a service, and to a Job none.
pub(super) fn add<'r>(cx: &Cx<'r>, app: &mut App<'r>) {
    let Some(entry) = app.item.as_map().and_then(|map| map.entry("healthcheck")) else {
        connection(app);
        return;
    };
    let check = entry.value();
    cx.settle(check);
    let trace = entry.key_trace();
    let disabled = check.get("disable").and_then(Item::as_bool) == Some(true);
    let words: Vec<&Item> = check
        .get("test")
        .map(Item::items)
        .unwrap_or_default()
        .iter()
        .collect();
    let first = words.first().and_then(|item| item.as_str());
    if disabled || first == Some("NONE") {
        return;
    }
    if app.kind == Kind::Job {
        let lost = "a Job is not probed: it ends, and its end tells how it went";
        let help = "nothing, unless it is no Job";
        cx.lose(app.service, trace, "healthcheck", lost, help);
        return;
    }
    let Some(asked) = asked(cx, app, &words, trace) else {
        connection(app);
        return;
    };
    let pace = pace(check);
    let why = vec![cx.why(trace, "the health check asks so")];
    write(app, &asked, &pace, &why);
}

/// The numbers of a health check.
fn pace(check: &Item) -> Pace {
    let of = |key: &str| {
        let nanos = check
            .get(key)
            .and_then(Item::as_int)
            .filter(|nanos| *nanos > 0);
        nanos.and_then(seconds)
    };
    let retries = check.get("retries").and_then(Item::as_int);
    let retries = retries.and_then(|count| u32::try_from(count).ok());
    Pace {
        interval: of("interval").unwrap_or(30),
        timeout: of("timeout").unwrap_or(30),
        retries: retries.filter(|count| *count > 0).unwrap_or(3),
        start_period: of("start_period").unwrap_or(0),
        start_interval: of("start_interval").unwrap_or(5),
    }
}

/// What is asked; nothing, and a loss, where a secret would have to be written for it.
fn asked(cx: &Cx<'_>, app: &mut App<'_>, words: &[&Item], trace: Trace) -> Option<Asked> {
    let first = words.first()?.as_str()?;
    let is_line = first == "CMD-SHELL";
    let start = usize::from(matches!(first, "CMD" | "CMD-SHELL"));
    let mut command = Vec::new();
    if is_line {
        command.extend(["/bin/sh".to_owned(), "-c".to_owned()]);
    }
    for item in words.get(start..)? {
        let text = command::word(cx, app, item.as_str()?, item.trace());
        // A kubelet replaces no variables in the commands of probes; a shell does.
        let mut plain = text.clone();
        for (name, ..) in &app.secret {
            plain = plain.replace(&format!("$({name})"), &format!("${{{name}}}"));
        }
        if plain != text && !is_line {
            cx.lose(
                app.service,
                trace,
                "healthcheck",
                "a secret stands in the health check, and no shell could read it from a variable",
                "write the check as one line for a shell, with `$$NAME` for the secret",
            );
            return None;
        }
        command.push(plain.replace("$$(", "$("));
    }
    let ports: Vec<u16> = app
        .ports
        .iter()
        .filter(|port| port.protocol == "TCP")
        .map(|port| port.number)
        .collect();
    Some(request(&command, &ports).unwrap_or(Asked::Exec(command)))
}

fn handler(app: &App<'_>, asked: &Asked) -> Map {
    match asked {
        Asked::Exec(words) => Map::new().put("exec", Map::new().put("command", Node::flow(words))),
        Asked::Http { path, port, is_tls } => {
            let named = app
                .ports
                .iter()
                .find(|known| known.number == *port && known.protocol == "TCP");
            let port = match named {
                Some(named) => Node::from(named.name.as_str()),
                None => Node::from(*port),
            };
            let mut get = Map::new().put("path", path.as_str()).put("port", port);
            if *is_tls {
                get = get.put("scheme", "HTTPS");
            }
            Map::new().put("httpGet", get)
        }
    }
}

fn write(app: &mut App<'_>, asked: &Asked, pace: &Pace, why: &[Evidence]) {
    let mut tick = if pace.start_period > 0 {
        pace.start_interval.min(pace.interval)
    } else {
        pace.interval
    };
    // The first success counts: to ask rarely would only make everything wait.
    tick = tick.clamp(1, 10);
    let budget = pace
        .start_period
        .saturating_add(pace.interval.saturating_mul(pace.retries));
    let tries = budget.div_ceil(tick).max(1);
    let timing = |map: Map, period: u32, failures: u32| {
        let map = map.put("periodSeconds", period);
        let map = if pace.timeout > 1 {
            map.put("timeoutSeconds", pace.timeout)
        } else {
            map
        };
        map.put("failureThreshold", failures)
    };
    let alive = pace.retries.saturating_mul(3);
    let alive = alive.max(PATIENCE.div_ceil(pace.interval));
    let start = timing(handler(app, asked), tick, tries);
    let ready = timing(handler(app, asked), pace.interval, pace.retries);
    let live = timing(handler(app, asked), pace.interval, alive);
    app.probes = Map::new()
        .put("startupProbe", start)
        .note(format!("{budget} s to start, as the health check allows."))
        .why(why)
        .put("readinessProbe", ready)
        .why(why)
        .put("livenessProbe", live)
        .note(
            "Compose marks what is unhealthy, a cluster restarts it. If the check asks others, such as a \
             database, give it one of its own.",
        )
        .why(why);
}

/// Probes of what has a port and no health check.
fn connection(app: &mut App<'_>) {
    if app.kind == Kind::Job {
        return;
    }
    let Some(port) = app.first_port() else { return };
    let handler = || {
        let socket = Map::new().put("port", port.name.as_str());
        Map::new().put("tcpSocket", socket)
    };
    let why = port.why.clone();
    app.probes = Map::new()
        .put(
            "startupProbe",
            handler()
                .put("periodSeconds", 5u32)
                .put("failureThreshold", 36u32),
        )
        .note("Unmeasured: 180 s to start. Raise `failureThreshold` if it needs longer.")
        .why(&why)
        .put(
            "readinessProbe",
            handler()
                .put("periodSeconds", 10u32)
                .put("timeoutSeconds", 3u32),
        )
        .note(NO_CHECK)
        .why(&why)
        .put(
            "livenessProbe",
            handler()
                .put("periodSeconds", 30u32)
                .put("timeoutSeconds", 5u32)
                .put("failureThreshold", 3u32),
        )
        .why(&why);
}
