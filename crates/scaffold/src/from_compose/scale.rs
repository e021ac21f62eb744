//! Which kind of object runs a service, how often, and with how much.

use plimsoll_compose::resolve::{Data, Entry, Item, Trace};

use super::{App, Cx, Kind};
use crate::emit::{List, Map, Node};
use crate::model::Evidence;

/// Reads `restart`, `scale`, `deploy`, limits, `platform`, the end of a container.
pub(super) fn read<'r>(cx: &Cx<'r>, app: &mut App<'r>) {
    let deploy = app.item.get("deploy");
    replicas(cx, app, deploy);
    kind(cx, app, deploy);
    resources(cx, app, deploy);
    if let Some(deploy) = deploy {
        strategy(cx, app, deploy);
        if let Some(entry) = cx.take(deploy, "labels") {
            // Swarm puts them on its service, and nothing in the pods sees them.
            super::network::labels(cx, app, entry, "deploy.labels");
        }
    }
    nodes(cx, app, deploy);
    end(cx, app);
}

fn replicas<'r>(cx: &Cx<'r>, app: &mut App<'r>, deploy: Option<&'r Item>) {
    let by_deploy = deploy.and_then(|deploy| cx.take(deploy, "replicas"));
    let by_scale = cx.take(app.item, "scale");
    if let Some(entry) = by_scale.or(by_deploy)
        && let Some(count) = entry.value().as_int()
    {
        app.replicas = (u32::try_from(count).unwrap_or(0), cx.because(entry));
    }
}

/// What is started once and ends is a Job. A server that Compose lets end when it fails goes on in a
/// cluster.
fn kind<'r>(cx: &Cx<'r>, app: &mut App<'r>, deploy: Option<&'r Item>) {
    let mode = deploy.and_then(|deploy| cx.take(deploy, "mode"));
    let mode_text = mode.and_then(|entry| entry.value().as_str());
    let policy = deploy.and_then(|deploy| deploy.get("restart_policy"));
    let condition = policy.and_then(|policy| cx.take(policy, "condition"));
    let restart = cx.take(app.item, "restart");
    let by_deploy = condition.and_then(|entry| entry.value().as_str());
    let by_restart = restart.and_then(|entry| entry.value().as_str());
    let (said, tries) = match (by_deploy, by_restart) {
        (Some(condition), _) => (condition, None),
        (None, Some(restart)) => match restart.split_once(':') {
            Some((said, tries)) => (said, tries.parse::<u32>().ok()),
            None => (restart, None),
        },
        (None, None) => ("", None),
    };
    let attempts = policy.and_then(|policy| cx.take(policy, "max_attempts"));
    let attempts = attempts
        .and_then(|entry| entry.value().as_int())
        .and_then(|count| u32::try_from(count).ok());
    let is_waited_for = ends(cx, app.service);
    let serves = app.ports.iter().any(|port| port.is_published) || app.image.known.is_some();
    let may_end = matches!(said, "no" | "none") || (said == "on-failure" && is_waited_for);
    let trace = condition.or(restart).map(Entry::key_trace);
    if mode_text == Some("global") {
        app.kind = Kind::DaemonSet;
    } else if is_waited_for
        || (may_end && !serves && !is_probed(app.item))
        || mode_text.is_some_and(|mode| mode.ends_with("-job"))
    {
        app.kind = Kind::Job;
    } else if let (Some(trace), true) = (trace, matches!(said, "no" | "none" | "on-failure")) {
        let key = if condition.is_some() {
            "deploy.restart_policy.condition"
        } else {
            "restart"
        };
        cx.lose(
            app.service,
            trace,
            key,
            "what ends is always started again in a cluster",
            "make it a Job by hand if it ends by itself",
        );
    }
    if let (Some(mode), Some("global-job")) = (mode, mode_text) {
        let lost = "it runs once, and not once on every node";
        cx.lose(
            app.service,
            mode.key_trace(),
            "deploy.mode",
            lost,
            "run it by a DaemonSet",
        );
    }
    if app.kind == Kind::Job {
        // A Job that is tried again as often as before.
        let tries = tries
            .or(attempts)
            .unwrap_or(if said == "on-failure" { 6 } else { 0 });
        app.spec = std::mem::take(&mut app.spec).put("backoffLimit", tries);
    } else if let (Some(_), Some(policy)) = (attempts, policy) {
        cx.lose(
            app.service,
            policy.trace(),
            "deploy.restart_policy.max_attempts",
            "a pod is started again for ever, with growing pauses",
            "watch for pods in CrashLoopBackOff",
        );
    }
}

fn is_probed(item: &Item) -> bool {
    item.get("healthcheck").is_some()
}

/// Whether another service waits until this one has ended.
fn ends(cx: &Cx<'_>, service: &str) -> bool {
    let services = cx.resolved.root().get("services").into_iter();
    services.flat_map(Item::entries).any(|other| {
        let dependency = other.value().get("depends_on");
        let dependency = dependency.and_then(|map| map.get(service));
        let condition = dependency.and_then(|item| item.get("condition")?.as_str());
        condition == Some("service_completed_successfully")
    })
}

/// Bytes as a quantity.
pub(super) fn quantity(bytes: u64) -> String {
    const UNITS: [(u64, &str); 3] = [(1 << 30, "Gi"), (1 << 20, "Mi"), (1 << 10, "Ki")];
    for (unit, name) in UNITS {
        if bytes >= unit && bytes.is_multiple_of(unit) {
            return format!("{}{name}", bytes / unit);
        }
    }
    bytes.to_string()
}

/// A number of bytes, which a resolved project has as a text.
pub(super) fn bytes(item: &Item) -> Option<u64> {
    match item.data() {
        Data::Text(text) => text.parse().ok(),
        Data::Int(number) => u64::try_from(*number).ok(),
        Data::UInt(number) => Some(*number),
        _ => None,
    }
}

/// A number of cores as a quantity.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "thousandths of a core, kept between bounds"
)]
fn cores(item: &Item) -> Option<String> {
    let cores = match item.data() {
        Data::Float(number) => *number,
        Data::Single(number) => f64::from(*number),
        Data::Int(number) => *number as f64,
        Data::Text(text) => text.parse().ok()?,
        _ => return None,
    };
    let thousandths = (cores * 1000.0).round().clamp(0.0, 1e9) as u64;
    if thousandths == 0 {
        return None;
    }
    Some(if thousandths.is_multiple_of(1000) {
        (thousandths / 1000).to_string()
    } else {
        format!("{thousandths}m")
    })
}

fn resources<'r>(cx: &Cx<'r>, app: &mut App<'r>, deploy: Option<&'r Item>) {
    let given = deploy.and_then(|deploy| deploy.get("resources"));
    let limits = given.and_then(|given| given.get("limits"));
    let reservations = given.and_then(|given| given.get("reservations"));
    let mut why = Vec::new();
    let mut get =
        |map: Option<&'r Item>, key: &str, own: &str, read: fn(&Item) -> Option<String>| {
            let by_deploy = map.and_then(|map| cx.take(map, key));
            let by_service = (!own.is_empty()).then(|| cx.take(app.item, own)).flatten();
            let entry = by_deploy.or(by_service)?;
            let quantity = read(entry.value())?;
            why.extend(cx.because(entry));
            Some(quantity)
        };
    let amount = |item: &Item| bytes(item).filter(|bytes| *bytes > 0).map(quantity);
    let limit = (
        get(limits, "cpus", "cpus", cores),
        get(limits, "memory", "mem_limit", amount),
    );
    let request = (
        get(reservations, "cpus", "", cores),
        get(reservations, "memory", "mem_reservation", amount),
    );
    let gpus = gpus(cx, app, reservations);
    let (memory, most) = app.image.known.map_or((128, 512), |known| known.memory);
    let is_said = limit.1.is_some() || request.1.is_some();
    let is_complete = request.0.is_some() && request.1.is_some();
    // What is limited and not asked for would be asked for in full: half of it leaves room on nodes.
    let cpu = request.0.or_else(|| limit.0.as_deref().map(half_of_cores));
    let half = limit.1.as_deref().and_then(half_of_bytes);
    let requests = Map::new()
        .put("cpu", cpu.unwrap_or_else(|| "100m".to_owned()))
        .put(
            "memory",
            request.1.or(half).unwrap_or_else(|| format!("{memory}Mi")),
        );
    let mut bounds = Map::new();
    if let Some(cpu) = limit.0 {
        bounds = bounds.put("cpu", cpu);
    }
    if let Some(memory) = limit.1 {
        bounds = bounds.put("memory", memory);
    } else if !is_said {
        bounds = bounds.put("memory", quantity(u64::from(most) << 20));
    }
    for (name, count, grounds) in gpus {
        bounds = bounds.put(name, Node::Quoted(count.to_string()));
        why.extend(grounds);
    }
    let mut map = Map::new().put("requests", requests);
    if !bounds.is_empty() {
        map = map.put("limits", bounds);
    }
    if why.is_empty() {
        why.push(Evidence::table(
            "nobody said resources: a start, unmeasured",
        ));
    }
    app.resources = (map, why, is_complete);
}

/// Half of a quantity of cores as [`cores`] writes it.
fn half_of_cores(text: &str) -> String {
    let thousandths = match text.strip_suffix('m') {
        Some(number) => number.parse::<u64>().ok(),
        None => text.parse::<u64>().ok().map(|cores| cores * 1000),
    };
    let half = thousandths.unwrap_or(200).div_ceil(2);
    if half.is_multiple_of(1000) {
        (half / 1000).to_string()
    } else {
        format!("{half}m")
    }
}

/// Half of a quantity as [`quantity`] writes it.
fn half_of_bytes(text: &str) -> Option<String> {
    let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
    let number: u64 = digits.parse().ok()?;
    let unit = match &text[digits.len()..] {
        "Gi" => 1 << 30,
        "Mi" => 1 << 20,
        "Ki" => 1 << 10,
        _ => 1,
    };
    Some(quantity(number.checked_mul(unit)?.div_ceil(2)))
}

/// Devices that programs compute on.
fn gpus<'r>(
    cx: &Cx<'r>,
    app: &App<'r>,
    reservations: Option<&'r Item>,
) -> Vec<(&'static str, i64, Vec<Evidence>)> {
    let own = app.item.as_map().and_then(|map| map.entry("gpus"));
    let by_deploy = reservations.and_then(|map| map.as_map()?.entry("devices"));
    let mut found: Vec<(&'static str, i64, Vec<Evidence>)> = Vec::new();
    for list in [own, by_deploy].into_iter().flatten() {
        for device in list.value().items() {
            let driver = device.get("driver").and_then(Item::as_str);
            let capabilities = device.get("capabilities").map(Item::items);
            let is_gpu = list.key() == "gpus"
                || capabilities
                    .unwrap_or_default()
                    .iter()
                    .any(|capability| capability.as_str() == Some("gpu"));
            let name = match driver {
                None | Some("nvidia") => "nvidia.com/gpu",
                Some("amd") => "amd.com/gpu",
                Some(_) => continue,
            };
            if !is_gpu {
                continue;
            }
            for key in ["driver", "capabilities", "count"] {
                cx.take(device, key);
            }
            if found.iter().any(|(known, ..)| *known == name) {
                continue;
            }
            let count = cx
                .take(device, "count")
                .and_then(|entry| entry.value().as_int());
            if count.is_none_or(|count| count < 1) {
                let lost = "a cluster gives a number of GPUs, and not all of them: it is one here";
                let help = "set the number in `resources.limits`";
                cx.lose(app.service, list.key_trace(), list.key(), lost, help);
            }
            found.push((name, count.unwrap_or(1).max(1), cx.because(list)));
        }
    }
    found
}

fn strategy<'r>(cx: &Cx<'r>, app: &mut App<'r>, deploy: &'r Item) {
    let Some(update) = deploy.get("update_config") else {
        return;
    };
    if app.kind != Kind::Deployment {
        return;
    }
    let order = cx.take(update, "order");
    let parallelism = cx.take(update, "parallelism");
    let count = parallelism.and_then(|entry| entry.value().as_int());
    let count = Node::Word(match count {
        // All at once.
        Some(0) => "\"100%\"".to_owned(),
        Some(count) => count.max(1).to_string(),
        None => "1".to_owned(),
    });
    let is_first = order.and_then(|entry| entry.value().as_str()) == Some("start-first");
    let (surge, unavailable) = if is_first {
        (count, Node::from(0u32))
    } else {
        (Node::from(0u32), count)
    };
    let why: Vec<Evidence> = [order, parallelism]
        .into_iter()
        .flatten()
        .flat_map(|entry| cx.because(entry))
        .collect();
    let rolling = Map::new()
        .put("maxSurge", surge)
        .put("maxUnavailable", unavailable);
    if !why.is_empty() {
        app.strategy = Some(
            Map::new()
                .put("type", "RollingUpdate")
                .why(&why)
                .put("rollingUpdate", rolling)
                .why(&why),
        );
    }
    if let Some(delay) = cx.take(update, "delay")
        && let Some(seconds) = delay.value().as_int().and_then(seconds)
        && seconds > 0
    {
        app.spec = std::mem::take(&mut app.spec)
            .put("minReadySeconds", seconds)
            .why(&cx.because(delay));
    }
}

/// Nanoseconds as whole seconds, rounded up.
pub(super) fn seconds(nanos: i64) -> Option<u32> {
    u32::try_from(u64::try_from(nanos).ok()?.div_ceil(1_000_000_000)).ok()
}

fn nodes<'r>(cx: &Cx<'r>, app: &mut App<'r>, deploy: Option<&'r Item>) {
    let mut selector = Map::new();
    if let Some(entry) = cx.take(app.item, "platform") {
        let text = entry.value().as_str().unwrap_or_default();
        let mut parts = text.split('/');
        let (system, arch) = (parts.next().unwrap_or_default(), parts.next());
        let arch = arch.map(|arch| match arch {
            "x86_64" => "amd64",
            "aarch64" => "arm64",
            arch => arch,
        });
        if !system.is_empty() {
            selector = selector
                .put("kubernetes.io/os", system)
                .why(&cx.because(entry));
        }
        if let Some(arch) = arch {
            selector = selector
                .put("kubernetes.io/arch", arch)
                .why(&cx.because(entry));
        }
    }
    let placement = deploy.and_then(|deploy| deploy.get("placement"));
    let constraints = placement.and_then(|placement| placement.get("constraints"));
    for constraint in constraints.map(Item::items).unwrap_or_default() {
        let text = constraint.as_str().unwrap_or_default();
        let Some((key, value)) = text.split_once("==") else {
            continue;
        };
        let key = match key.trim() {
            "node.hostname" => "kubernetes.io/hostname".to_owned(),
            key => match key.strip_prefix("node.labels.") {
                Some(label) => label.to_owned(),
                None => continue,
            },
        };
        cx.settle(constraint);
        let why = [cx.why(constraint.trace(), "the placement says so")];
        selector = selector
            .put(key, Node::Text(value.trim().to_owned()))
            .why(&why);
    }
    spread(cx, app, placement);
    if !selector.is_empty() {
        app.pod = std::mem::take(&mut app.pod).put("nodeSelector", selector);
    }
}

/// No more than so many on one node can only be said of one.
fn spread<'r>(cx: &Cx<'r>, app: &mut App<'r>, placement: Option<&'r Item>) {
    let Some(placement) = placement else { return };
    let most = placement
        .get("max_replicas_per_node")
        .and_then(Item::as_int);
    if most != Some(1) {
        return;
    }
    let Some(entry) = cx.take(placement, "max_replicas_per_node") else {
        return;
    };
    let labels = Map::new().put("app.kubernetes.io/name", app.name.as_str());
    let term = Map::new()
        .put("topologyKey", "kubernetes.io/hostname")
        .put("labelSelector", Map::new().put("matchLabels", labels));
    let affinity = Map::new().put(
        "requiredDuringSchedulingIgnoredDuringExecution",
        List::new().item(term),
    );
    app.pod = std::mem::take(&mut app.pod)
        .put("affinity", Map::new().put("podAntiAffinity", affinity))
        .why(&cx.because(entry));
}

fn end<'r>(cx: &Cx<'r>, app: &mut App<'r>) {
    if let Some(entry) = cx.take(app.item, "stop_grace_period")
        && let Some(seconds) = entry.value().as_int().and_then(seconds)
    {
        app.pod = std::mem::take(&mut app.pod)
            .put("terminationGracePeriodSeconds", seconds)
            .why(&cx.because(entry));
    }
    let Some(entry) = cx.take(app.item, "stop_signal") else {
        return;
    };
    let signal = entry.value().as_str().unwrap_or_default();
    if !matches!(signal, "SIGTERM" | "TERM" | "15") {
        lose_signal(cx, app.service, entry.key_trace());
    }
}

fn lose_signal(cx: &Cx<'_>, service: &str, trace: Trace) {
    cx.lose(
        service,
        trace,
        "stop_signal",
        "the signal that ends it is the image's own, or SIGTERM",
        "write STOPSIGNAL into the Dockerfile, or a `preStop` that sends it",
    );
}
