//! Containers of a pod as services of a Compose file.

use std::collections::BTreeSet;

use plimsoll_k8s::{Container, PodSpec, Quantity, Role, WorkloadKind};
use plimsoll_yaml::Node;

use super::super::cluster::{items, number};
use super::environment::Environment;
use super::health::Health;
use super::{Cx, Unit, Work, container_port, environment, health, is_beside, mounts};
use crate::emit::{List, Map, Node as Out};
use crate::from_compose::names::label;

/// The services of a workload, and the host names that their texts have.
pub(super) fn units<'a>(cx: &Cx<'a>, work: &Work<'a>) -> (Vec<Unit>, BTreeSet<(usize, String)>) {
    let mut hosts = BTreeSet::new();
    let Some(pod) = work.workload.pod() else {
        return (Vec::new(), hosts);
    };
    of_pod(cx, work, pod);
    let mut units: Vec<Unit> = Vec::new();
    let mut waits = BTreeSet::new();
    let containers: Vec<Container<'a>> = pod.init_containers().chain(pod.containers()).collect();
    for container in containers {
        let variables = environment::read(cx, work, container);
        if container.role() == Role::Init
            && let Some(waited) = waited_for(cx, work, container)
        {
            cx.settle(container.node());
            waits.extend(waited);
            continue;
        }
        let is_main = is_first_of_its_pod(pod, container);
        let (unit, said) = unit(cx, work, pod, container, &variables, is_main);
        hosts.extend(said);
        units.push(unit);
    }
    if let Some(main) = units.iter_mut().find(|unit| unit.is_main) {
        main.waits = waits;
    }
    (units, hosts)
}

fn is_first_of_its_pod(pod: PodSpec<'_>, container: Container<'_>) -> bool {
    pod.containers()
        .next()
        .is_some_and(|first| first.node() == container.node())
}

/// What of a pod is the same for all its containers.
fn of_pod<'a>(cx: &Cx<'a>, work: &Work<'a>, pod: PodSpec<'a>) {
    let node = pod.node();
    for key in [
        "hostAliases",
        "terminationGracePeriodSeconds",
        "hostNetwork",
    ] {
        cx.take(node, key);
    }
    if let Some(context) = node.present("securityContext") {
        for key in ["runAsUser", "runAsGroup", "sysctls"] {
            cx.take(context, key);
        }
        settle_usual(cx, context);
        settle_groups(cx, work, pod, context);
    }
}

/// What Docker does without being told.
fn settle_usual<'a>(cx: &Cx<'a>, context: Node<'a>) {
    let kind = context
        .at(&["seccompProfile", "type"])
        .and_then(Node::as_str);
    if kind.as_deref() == Some("RuntimeDefault") {
        cx.take(context, "seccompProfile");
    }
    // A numeric user other than root says the same.
    let is_user = |user: i64| user != 0;
    if context
        .get("runAsUser")
        .and_then(Node::as_int)
        .is_some_and(is_user)
    {
        cx.take(context, "runAsNonRoot");
    }
}

/// A group of files matters where a volume outlives its container.
fn settle_groups<'a>(cx: &Cx<'a>, work: &Work<'a>, pod: PodSpec<'a>, context: Node<'a>) {
    let keeps = pod
        .volumes()
        .any(|volume| volume.kind() == plimsoll_k8s::VolumeKind::PersistentVolumeClaim);
    let keeps = keeps || work.workload.volume_claim_templates().next().is_some();
    if !keeps {
        cx.take(context, "fsGroup");
        cx.take(context, "fsGroupChangePolicy");
    }
}

/// The workloads that a container does nothing but wait for; nothing where it does more.
fn waited_for<'a>(
    cx: &Cx<'a>,
    work: &Work<'a>,
    container: Container<'a>,
) -> Option<BTreeSet<usize>> {
    let words = container.command().into_iter().chain(container.args());
    let words: Vec<String> = words
        .filter_map(|word| Some(word.text()?.into_owned()))
        .collect();
    let line = words.join(" ");
    let looks = [
        "nc -",
        "ncat ",
        "nslookup ",
        "pg_isready",
        "wait-for",
        "wait_for",
        "dockerize",
        "redis-cli",
        "curl ",
        "wget ",
    ];
    let is_loop = line.contains("until ") || line.contains("while ") || line.contains("wait");
    if !is_loop || !looks.iter().any(|look| line.contains(look)) || line.len() > 400 {
        return None;
    }
    let mut found = BTreeSet::new();
    for word in line.split(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ';' | '=')) {
        let said = cx.callees.read(word, true);
        found.extend(said.works);
    }
    found.remove(&work.number);
    (!found.is_empty()).then_some(found)
}

fn unit<'a>(
    cx: &Cx<'a>,
    work: &Work<'a>,
    pod: PodSpec<'a>,
    container: Container<'a>,
    variables: &Environment,
    is_main: bool,
) -> (Unit, BTreeSet<(usize, String)>) {
    let main = cx.names[work.number].clone();
    let own = container.name().unwrap_or_default().into_owned();
    let name = if is_main {
        main.clone()
    } else {
        cx.taken.borrow_mut().take(&label(&format!("{main}-{own}")))
    };
    let node = container.node();
    if let Some(name) = node.get("name") {
        cx.settle(name);
    }
    let profile = matches!(work.kind, WorkloadKind::Job | WorkloadKind::CronJob).then_some("jobs");
    let is_first = !is_beside(container);
    let mut unit = Unit {
        name,
        body: Map::new(),
        why: cx.why(node, format!("the container `{own}` of {}", work.title)),
        note: None,
        work: work.number,
        is_main,
        is_first,
        health: Health::None,
        calls: variables.works.clone(),
        waits: BTreeSet::new(),
        aliases: BTreeSet::new(),
        profile,
    };
    let mut hosts = variables.hosts.clone();
    let build = image(cx, &mut unit, container);
    if let Some(profile) = profile {
        unit.body = unit.body.put("profiles", Out::flow(&[profile]));
    }
    if profile.is_some() {
        unit.note = Some(match work.kind {
            WorkloadKind::CronJob => {
                format!(
                    "Compose starts nothing at times: docker compose run --rm {}",
                    unit.name
                )
            }
            _ => format!(
                "Runs once, when it is asked to: docker compose run --rm {}",
                unit.name
            ),
        });
    }
    if !is_main && !is_first {
        unit.body = unit.body.put("network_mode", format!("service:{main}"));
    }
    hosts.extend(command(cx, work, &mut unit, container, variables));
    settings(cx, &mut unit, pod, container, variables);
    if is_main {
        ports(cx, work, &mut unit);
    }
    for port in items(node, &["ports"]) {
        // Between containers every port is open.
        cx.settle(port);
    }
    let mounted = mounts::read(cx, work, pod, container);
    for (key, list) in [("volumes", mounted.volumes), ("tmpfs", mounted.tmpfs)] {
        if !list.is_empty() {
            unit.body = std::mem::take(&mut unit.body).put(key, list);
        }
    }
    if !is_first && profile.is_none() {
        let has_own = build.is_some_and(|build| build.has_healthcheck);
        healthcheck(cx, work, &mut unit, container, variables, has_own);
    }
    security(cx, &mut unit, pod, container);
    resources(cx, &mut unit, container);
    life(cx, work, &mut unit, pod);
    (unit, hosts)
}

/// What builds the image, or its name.
fn image<'a>(cx: &Cx<'a>, unit: &mut Unit, container: Container<'a>) -> Option<&'a super::Build> {
    let image = cx.take(container.node(), "image")?;
    let text = image.text()?.into_owned();
    let why = cx.why(image, "the manifest says so");
    if let Some(build) = cx.build_of(&text) {
        let context = match build.context.as_str() {
            "" => ".".to_owned(),
            folder => format!("./{folder}"),
        };
        let mut map = Map::new().put("context", context.as_str());
        if build.dockerfile != "Dockerfile" {
            map = map.put("dockerfile", build.dockerfile.as_str());
        }
        if let Some(target) = &build.target {
            map = map.put("target", target.as_str());
        }
        let watch = Map::new().put("action", "rebuild").put("path", context);
        let develop = Map::new().put("watch", List::new().item(watch));
        let mut all = build.why.clone();
        all.extend(why);
        unit.body = Map::new().put("build", map).why(&all);
        if unit.is_main && unit.profile.is_none() {
            unit.body = std::mem::take(&mut unit.body).put("develop", develop);
        }
        return Some(build);
    }
    let pinned = cx.wishes.pinned(&text);
    unit.body = Map::new().put("image", pinned).why(&why);
    None
}

/// What starts it, with the names that it calls.
fn command<'a>(
    cx: &Cx<'a>,
    work: &Work<'a>,
    unit: &mut Unit,
    container: Container<'a>,
    variables: &Environment,
) -> BTreeSet<(usize, String)> {
    let mut hosts = BTreeSet::new();
    let node = container.node();
    for (key, to) in [("command", "entrypoint"), ("args", "command")] {
        let Some(list) = cx.take(node, key) else {
            continue;
        };
        let mut words = Vec::new();
        for word in list.items() {
            let Some(text) = word.text() else { continue };
            let said = cx.callees.read(&text, false);
            unit.calls.extend(&said.works);
            hosts.extend(said.hosts);
            for service in &said.portless {
                environment::portless(cx, word, service, &format!("a word of `{key}`"));
            }
            words.push(variables.word(&said.text));
        }
        if !words.is_empty() {
            let why = cx.why(list, format!("`{key}` of {}", work.title));
            unit.body = std::mem::take(&mut unit.body)
                .put(to, Out::Flow(words))
                .why(&why);
        }
    }
    hosts
}

/// Small things that are the same under another name, and the variables.
fn settings<'a>(
    cx: &Cx<'a>,
    unit: &mut Unit,
    pod: PodSpec<'a>,
    container: Container<'a>,
    variables: &Environment,
) {
    let node = container.node();
    let mut body = std::mem::take(&mut unit.body);
    if let Some(folder) = cx.take(node, "workingDir").and_then(Node::text) {
        body = body.put("working_dir", folder.into_owned());
    }
    for (key, to) in [("tty", "tty"), ("stdin", "stdin_open")] {
        if cx.take(node, key).and_then(Node::as_bool) == Some(true) {
            body = body.put(to, true);
        }
    }
    if container
        .image_pull_policy()
        .and_then(Node::text)
        .as_deref()
        == Some("Always")
        && !body_has(&body, "build")
    {
        body = body.put("pull_policy", "always");
    }
    let map = variables.map();
    if !map.is_empty() {
        body = body.put("environment", map);
    }
    let mut files = List::new();
    for (path, why) in &variables.files {
        let file = Map::new().put("path", path.as_str()).put("required", false);
        files = files.item(file).why(why);
    }
    if !files.is_empty() {
        body = body.put("env_file", files);
    }
    let mut aliases = List::new();
    for alias in items(pod.node(), &["hostAliases"]) {
        let Some(address) = alias.get("ip").and_then(Node::text) else {
            continue;
        };
        for host in items(alias, &["hostnames"]) {
            if let Some(host) = host.text() {
                aliases = aliases.item(format!("{host}={address}"));
            }
        }
    }
    if !aliases.is_empty() {
        body = body.put("extra_hosts", aliases);
    }
    unit.body = body;
}

fn body_has(body: &Map, key: &str) -> bool {
    body.members.iter().any(
        |member| matches!(&member.body, crate::emit::Body::Entry(Some(have), _) if have == key),
    )
}

/// Ports that are reached from outside.
fn ports<'a>(cx: &Cx<'a>, work: &Work<'a>, unit: &mut Unit) {
    let Some(template) = work.workload.template() else {
        return;
    };
    let has_public = !cx.cluster.public.is_empty();
    let mut list = List::new();
    let mut seen = BTreeSet::new();
    for service in cx.cluster.calling(template.labels()) {
        for port in items(service.node, &["spec", "ports"]) {
            cx.settle(port);
        }
        cx.take_at(service.node, &["spec", "type"]);
        cx.take_at(service.node, &["spec", "clusterIP"]);
        let is_public = cx.cluster.public.contains(&service.name);
        if !is_public && (has_public || !body_has(&unit.body, "build")) {
            continue;
        }
        for (_, to) in &service.ports {
            let Some(inside) = container_port(&work.workload, to) else {
                continue;
            };
            if !seen.insert(inside) {
                continue;
            }
            let outside = cx.host_port(inside);
            let why = cx.why(
                service.node,
                format!("the Service `{}` leads there", service.name),
            );
            list = list
                .item(Out::Quoted(format!("127.0.0.1:{outside}:{inside}")))
                .why(&why);
        }
    }
    for port in work
        .workload
        .pod()
        .into_iter()
        .flat_map(PodSpec::containers)
        .flat_map(|container| items(container.node(), &["ports"]))
    {
        let (Some(inside), Some(outside)) = (
            port.get("containerPort").and_then(number),
            port.get("hostPort").and_then(number),
        ) else {
            continue;
        };
        if seen.insert(inside) {
            let outside = cx.host_port(outside);
            let why = cx.why(port, "it is open on the node");
            list = list
                .item(Out::Quoted(format!("127.0.0.1:{outside}:{inside}")))
                .why(&why);
        }
    }
    if !list.is_empty() {
        unit.body = std::mem::take(&mut unit.body).put("ports", list);
    }
}

fn healthcheck<'a>(
    cx: &Cx<'a>,
    work: &Work<'a>,
    unit: &mut Unit,
    container: Container<'a>,
    variables: &Environment,
    has_own: bool,
) {
    if has_own {
        // The image's own check runs with the tools that are in it.
        for key in ["readinessProbe", "livenessProbe", "startupProbe"] {
            cx.take(container.node(), key);
        }
        unit.health = Health::Sure;
        return;
    }
    let words = |text: &str| variables.word(text);
    let Some(check) = health::check(cx, work, container, &words) else {
        return;
    };
    unit.health = check.health;
    let mut body = std::mem::take(&mut unit.body)
        .put("healthcheck", check.map)
        .why(&check.why);
    if let Some(note) = check.note {
        body = body.note(note);
    }
    unit.body = body;
}

/// What a container may not do.
fn security<'a>(cx: &Cx<'a>, unit: &mut Unit, pod: PodSpec<'a>, container: Container<'a>) {
    let own = container.node().present("securityContext");
    let take = |key: &str| own.and_then(|own| cx.take(own, key));
    if let Some(own) = own {
        settle_usual(cx, own);
    }
    let mut body = std::mem::take(&mut unit.body);
    let ids = (container.run_as_user(), container.run_as_group());
    take("runAsUser");
    take("runAsGroup");
    let user = ids.0.as_ref().map(|user| user.value);
    let group = ids.1.as_ref().map(|group| group.value);
    let text = match (user, group) {
        (Some(user), Some(group)) => Some(format!("{user}:{group}")),
        (Some(user), None) => Some(user.to_string()),
        (None, _) => None,
    };
    if let Some(text) = text {
        body = body.put("user", Out::Quoted(text));
        // The other level says what is true anyway.
        for context in [own, pod.node().present("securityContext")]
            .into_iter()
            .flatten()
        {
            if user != Some(0) {
                cx.take(context, "runAsNonRoot");
            }
        }
    }
    if take("readOnlyRootFilesystem").and_then(Node::as_bool) == Some(true) {
        body = body.put("read_only", true);
    }
    if take("privileged").and_then(Node::as_bool) == Some(true) {
        body = body.put("privileged", true);
    }
    let capabilities = take("capabilities");
    for (key, to) in [("add", "cap_add"), ("drop", "cap_drop")] {
        let list = capabilities.and_then(|all| all.get(key));
        let names = list.into_iter().flat_map(Node::items);
        let names: Vec<String> = names
            .filter_map(|name| Some(name.text()?.into_owned()))
            .collect();
        if !names.is_empty() {
            body = body.put(to, Out::Flow(names));
        }
    }
    if take("allowPrivilegeEscalation").and_then(Node::as_bool) == Some(false) {
        body = body.put("security_opt", Out::flow(&["no-new-privileges:true"]));
    }
    let mut sysctls = Map::new();
    if unit.is_main {
        for sysctl in items(pod.node(), &["securityContext", "sysctls"]) {
            let text = |key: &str| sysctl.get(key).and_then(Node::text);
            if let (Some(name), Some(value)) = (text("name"), text("value")) {
                sysctls = sysctls.put(name.into_owned(), Out::Quoted(value.into_owned()));
            }
        }
    }
    if !sysctls.is_empty() {
        body = body.put("sysctls", sysctls);
    }
    unit.body = body;
}

/// What it may take of the machine.
fn resources<'a>(cx: &Cx<'a>, unit: &mut Unit, container: Container<'a>) {
    let Some(limits) = container.node().at(&["resources", "limits"]) else {
        return;
    };
    let mut map = Map::new();
    if let Some(quantity) = cx.take(limits, "cpu").and_then(quantity) {
        let milli = quantity.milli_value();
        let text = format!("{}.{:03}", milli / 1000, milli % 1000);
        let text = text.trim_end_matches('0').trim_end_matches('.').to_owned();
        map = map.put("cpus", Out::Quoted(text));
    }
    if let Some(quantity) = cx.take(limits, "memory").and_then(quantity) {
        map = map.put("memory", bytes(quantity.value()));
    }
    if !map.is_empty() {
        let why = cx.why(limits, "its limits");
        let limits = Map::new().put("limits", map);
        unit.body = std::mem::take(&mut unit.body)
            .put("deploy", Map::new().put("resources", limits))
            .why(&why);
    }
}

fn quantity(node: Node<'_>) -> Option<Quantity> {
    Quantity::parse(&node.text()?).ok()
}

/// Bytes in the largest unit that holds them whole.
fn bytes(count: i64) -> String {
    for (unit, size) in [("g", 1i64 << 30), ("m", 1 << 20), ("k", 1 << 10)] {
        if count >= size && count % size == 0 {
            return format!("{}{unit}", count / size);
        }
    }
    format!("{count}b")
}

/// When it starts again, and how long it may take to stop.
fn life<'a>(cx: &Cx<'a>, work: &Work<'a>, unit: &mut Unit, pod: PodSpec<'a>) {
    let mut body = std::mem::take(&mut unit.body);
    let grace = pod.node().present("terminationGracePeriodSeconds");
    let ends = unit.is_first || unit.profile.is_some();
    if !ends {
        // Kubernetes waits for 30 seconds where nothing else is said.
        let seconds = grace.and_then(Node::as_int).unwrap_or(30);
        body = body.put("stop_grace_period", format!("{seconds}s"));
        if let Some(grace) = grace {
            body = body.why(&cx.why(grace, "how long a stop may take"));
        }
    }
    let restart = match (ends, work.kind) {
        (true, _) => Out::Quoted("no".to_owned()),
        (false, WorkloadKind::Pod) if pod.restart_policy().value == "Never" => {
            Out::Quoted("no".to_owned())
        }
        (false, _) => Out::from("unless-stopped"),
    };
    unit.body = body.put("restart", restart);
}
