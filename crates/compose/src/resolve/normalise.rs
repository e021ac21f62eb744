//! What Compose adds to a whole model: the default network, dependencies that other keys imply,
//! names of resources, values taken from the environment.
//!
//! Follows compose-go's `loader/environment.go` and `loader/normalize.go`.

use super::context::{Cx, Resolving};
use super::environment::Environment;
use super::item::{Data, Item, Map};
use super::merge;
use super::paths;
use super::records::{Trace, Use};
use super::trail::Trail;
use super::values;

const CONTAINERS: [&str; 2] = ["services", "jobs"];

/// The value of a variable, with where it was found.
fn value_of(cx: &mut Cx<'_>, name: &str, environment: &Environment, trace: Trace) -> Option<Item> {
    let variable = environment.get(name)?;
    let used = Use {
        name: name.into(),
        origin: variable.origin,
    };
    let trace = cx.records.with_uses(trace, vec![used]);
    Some(Item::text(variable.value.clone(), trace))
}

/// Gives names in the list form of `environment` the value that the environment has for them.
/// What secrets and configs take from there is never looked at: it is printed nowhere.
pub(super) fn environment(cx: &mut Cx<'_>, model: &mut Item, environment: &Environment) {
    let Some(model) = model.as_map_mut() else {
        return;
    };
    for section in CONTAINERS {
        let Some(containers) = model.get_mut(section).and_then(Item::as_map_mut) else {
            continue;
        };
        for (_, _, container) in containers.values_mut() {
            let list = container
                .as_map_mut()
                .and_then(|c| c.get_mut("environment"));
            if let Some(Item {
                data: Data::List(items),
                ..
            }) = list
            {
                items.retain(|item| item.as_str().is_some());
                for item in items {
                    from_environment(cx, item, environment);
                }
            }
        }
    }
}

/// `NAME` becomes `NAME=value` if the environment has one.
fn from_environment(cx: &mut Cx<'_>, item: &mut Item, environment: &Environment) -> bool {
    let Some(name) = item.as_str().map(str::to_owned) else {
        return true;
    };
    if name.contains('=') {
        return true;
    }
    let Some(value) = value_of(cx, &name, environment, item.trace) else {
        return false;
    };
    let text = format!("{name}={}", values::sprint(&value));
    item.halves = Some(Box::new(super::item::Halves {
        key: item.trace,
        value: value.trace,
    }));
    item.trace = value.trace;
    item.data = Data::Text(text.into());
    true
}

/// Completes a whole model.
pub(super) fn normalise(
    cx: &mut Cx<'_>,
    model: &mut Item,
    project: &str,
    environment: &Environment,
) -> Resolving<()> {
    let Some(model) = model.as_map_mut() else {
        return Ok(());
    };
    networks(model);
    for section in CONTAINERS {
        let Some(containers) = model.get_mut(section).and_then(Item::as_map_mut) else {
            continue;
        };
        for (_, key_trace, container) in containers.values_mut() {
            let Some(container) = container.as_map_mut() else {
                continue;
            };
            complete(cx, container, key_trace, environment);
            pre_start(cx, container)?;
        }
    }
    names(model, project);
    Ok(())
}

/// Every container joins the default network unless it says otherwise.
fn networks(model: &mut Map) {
    let mut user = None;
    for section in CONTAINERS {
        let Some(containers) = model.get_mut(section).and_then(Item::as_map_mut) else {
            continue;
        };
        for (_, key_trace, container) in containers.values_mut() {
            let Some(container) = container.as_map_mut() else {
                continue;
            };
            if container.contains("provider") || container.contains("network_mode") {
                continue;
            }
            let joined = container.get("networks").and_then(Item::as_map);
            if joined.is_none_or(Map::is_empty) {
                let mut default = Map::default();
                default.imply("default", Data::Null, key_trace);
                container.imply("networks", Data::Map(default), key_trace);
                user = user.or(Some(key_trace));
            } else if joined.is_some_and(|networks| networks.contains("default")) {
                user = user.or(Some(key_trace));
            }
        }
    }
    let Some(user) = user else {
        return;
    };
    if model.get("networks").and_then(Item::as_map).is_none() {
        model.imply("networks", Data::Map(Map::default()), user);
    }
    if let Some(networks) = model.get_mut("networks").and_then(Item::as_map_mut)
        && !networks.contains("default")
    {
        networks.imply("default", Data::Null, user);
    }
}

fn complete(cx: &mut Cx<'_>, container: &mut Map, head: Trace, environment: &Environment) {
    if let Some(policy) = container.get_mut("pull_policy")
        && policy.as_str() == Some("if_not_present")
    {
        policy.data = Data::Text("missing".into());
    }
    if let Some(build) = container.get_mut("build") {
        let trace = build.trace;
        if let Some(build) = build.as_map_mut() {
            complete_build(cx, build, trace, environment);
        }
    }
    if let Some(variables) = container.get_mut("environment") {
        take_values(cx, variables, environment, true);
    }
    let mut implied: Vec<(String, bool, Trace)> = Vec::new();
    for link in container.get("links").map(Item::items).unwrap_or_default() {
        if let Some(text) = link.as_str() {
            let parts: Vec<&str> = text.split(':').collect();
            let name = if parts.len() == 2 { parts[0] } else { text };
            implied.push((name.to_owned(), true, link.trace));
        }
    }
    for namespace in ["network_mode", "ipc", "pid", "uts", "cgroup"] {
        if let Some(item) = container.get(namespace)
            && let Some(name) = item.as_str().and_then(|text| text.strip_prefix("service:"))
        {
            implied.push((name.to_owned(), true, item.trace));
        }
    }
    let volumes = container.get_mut("volumes");
    if let Some(Item {
        data: Data::List(volumes),
        ..
    }) = volumes
    {
        for volume in volumes {
            let target = volume.as_map_mut().and_then(|v| v.get_mut("target"));
            if let Some(target) = target
                && let Some(text) = target.as_str()
            {
                target.data = Data::Text(paths::clean(text).into());
            }
        }
    }
    for from in container
        .get("volumes_from")
        .map(Item::items)
        .unwrap_or_default()
    {
        if let Some(text) = from.as_str()
            && !text.starts_with("container:")
        {
            let name = text.split(':').next().unwrap_or(text);
            implied.push((name.to_owned(), false, from.trace));
        }
    }
    if implied.is_empty() {
        return;
    }
    if container.get("depends_on").and_then(Item::as_map).is_none() {
        container.imply("depends_on", Data::Map(Map::default()), head);
    }
    let Some(depends_on) = container.get_mut("depends_on").and_then(Item::as_map_mut) else {
        return;
    };
    for (name, restart, cause) in implied {
        if depends_on.contains(&name) {
            continue;
        }
        let mut options = Map::default();
        options.imply("condition", Data::Text("service_started".into()), cause);
        options.imply("restart", Data::Bool(restart), cause);
        options.imply("required", Data::Bool(true), cause);
        depends_on.imply(&name, Data::Map(options), cause);
    }
}

fn complete_build(cx: &mut Cx<'_>, build: &mut Map, cause: Trace, environment: &Environment) {
    let lacks = |build: &Map, key| build.get(key).is_none_or(Item::is_null);
    if lacks(build, "context") {
        build.imply("context", Data::Text(".".into()), cause);
    }
    if lacks(build, "dockerfile") && lacks(build, "dockerfile_inline") {
        build.imply("dockerfile", Data::Text("Dockerfile".into()), cause);
    }
    if let Some(args) = build.get_mut("args") {
        take_values(cx, args, environment, false);
    }
}

/// Gives names without a value that of the environment; those that have none there are kept or
/// dropped.
fn take_values(cx: &mut Cx<'_>, item: &mut Item, environment: &Environment, keep: bool) {
    match &mut item.data {
        Data::List(items) => items.retain_mut(|item| {
            let has_value = from_environment(cx, item, environment);
            has_value || keep
        }),
        Data::Map(map) => map.retain(|entry| {
            if !entry.value.is_null() {
                return true;
            }
            let found = value_of(cx, &entry.key, environment, entry.key_trace);
            match found {
                Some(value) => {
                    entry.value = value;
                    true
                }
                None => keep,
            }
        }),
        _ => {}
    }
}

/// Keys that a `pre_start` hook takes over from its service. Its volumes come in when it runs.
const INHERITED: [&str; 74] = [
    "annotations",
    "blkio_config",
    "cap_add",
    "cap_drop",
    "cgroup",
    "cgroup_parent",
    "command",
    "configs",
    "cpu_count",
    "cpu_percent",
    "cpu_period",
    "cpu_quota",
    "cpu_rt_period",
    "cpu_rt_runtime",
    "cpu_shares",
    "cpus",
    "cpuset",
    "credential_spec",
    "device_cgroup_rules",
    "devices",
    "dns",
    "dns_opt",
    "dns_search",
    "domainname",
    "entrypoint",
    "env_file",
    "environment",
    "extra_hosts",
    "gpus",
    "group_add",
    "hostname",
    "image",
    "init",
    "ipc",
    "isolation",
    "label_file",
    "labels",
    "log_driver",
    "log_opt",
    "logging",
    "mac_address",
    "mem_limit",
    "mem_reservation",
    "mem_swappiness",
    "memswap_limit",
    "models",
    "network_mode",
    "networks",
    "oom_kill_disable",
    "oom_score_adj",
    "pid",
    "pids_limit",
    "platform",
    "privileged",
    "pull_policy",
    "pull_refresh_after",
    "read_only",
    "runtime",
    "secrets",
    "security_opt",
    "shm_size",
    "stop_grace_period",
    "stop_signal",
    "storage_opt",
    "sysctls",
    "tmpfs",
    "ulimits",
    "use_api_socket",
    "user",
    "userns_mode",
    "uts",
    "volume_driver",
    "volumes_from",
    "working_dir",
];

/// A hook that runs before the start is the service's container with changes.
fn pre_start(cx: &mut Cx<'_>, container: &mut Map) -> Resolving<()> {
    let has_hooks = container
        .get("pre_start")
        .is_some_and(|hooks| !hooks.items().is_empty());
    if !has_hooks {
        return Ok(());
    }
    let base: Map = container
        .iter()
        .filter(|entry| INHERITED.contains(&entry.key()))
        .cloned()
        .collect();
    let Some(Item {
        data: Data::List(hooks),
        ..
    }) = container.get_mut("pre_start")
    else {
        return Ok(());
    };
    for hook in hooks {
        if hook.as_map().is_none() {
            continue;
        }
        let trace = hook.trace;
        let own = std::mem::replace(hook, Item::null(trace));
        let inherited = Item::new(Data::Map(base.clone()), trace);
        cx.count_items(base.len() as u64 * 4, trace)?;
        let services = Trail::TOP.key("services");
        // The rules of merging are those of a service.
        let merged = merge::merge(cx, inherited, own, &services.key("hook"))?;
        *hook = Item { trace, ..merged };
    }
    Ok(())
}

/// What has no name is called after its key, and after the project unless it is external.
fn names(model: &mut Map, project: &str) {
    for section in ["networks", "volumes", "configs", "secrets"] {
        let Some(resources) = model.get_mut(section).and_then(Item::as_map_mut) else {
            continue;
        };
        for (key, key_trace, resource) in resources.values_mut() {
            if resource.as_map().is_none() {
                resource.data = Data::Map(Map::default());
            }
            let Some(resource) = resource.as_map_mut() else {
                continue;
            };
            if resource.get("name").is_some_and(|name| !name.is_null()) {
                continue;
            }
            let external = resource.get("external").is_some_and(|external| {
                values::parse_go_bool(&values::sprint(external)) == Some(true)
            });
            let name = if external {
                key.to_owned()
            } else {
                format!("{project}_{key}")
            };
            resource.imply("name", Data::Text(name.into()), key_trace);
        }
    }
}
