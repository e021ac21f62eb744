//! # What it does
//! Finds ports of Services that lead to no port of the pods: a `targetPort` by a name that no
//! container declares, or a number where the containers declare other ports and not this one.
//!
//! # Why it matters
//! A name that no container has gives the port no endpoints, and connections to it fail. A
//! number needs no declaration to work, but containers that declare 8080 seldom listen on 80 as
//! well. Where `targetPort` is left out it is the Service's own `port`.
//!
//! A number is reported where the Service has one port and the pods declare one: with several, or
//! with one for metrics alone, the others may be left undeclared on purpose. So may a number that
//! the command line, a variable or a mounted ConfigMap of the pods names as a port.
//!
//! # Example
//! ```yaml bad
//! apiVersion: v1
//! kind: Service
//! metadata: {name: payments}
//! spec:
//!   selector: {app: payments}
//!   ports: [{port: 80, targetPort: htpp}]
//! ---
//! apiVersion: apps/v1
//! kind: Deployment
//! metadata: {name: payments}
//! spec:
//!   selector: {matchLabels: {app: payments}}
//!   template:
//!     metadata: {labels: {app: payments}}
//!     spec:
//!       containers:
//!         - name: payments
//!           image: ghcr.io/example/payments:1.0
//!           ports: [{name: http, containerPort: 8000}]
//! ```
//! ```yaml fixed
//! apiVersion: v1
//! kind: Service
//! metadata: {name: payments}
//! spec:
//!   selector: {app: payments}
//!   ports: [{port: 80, targetPort: http}]
//! ---
//! apiVersion: apps/v1
//! kind: Deployment
//! metadata: {name: payments}
//! spec:
//!   selector: {matchLabels: {app: payments}}
//!   template:
//!     metadata: {labels: {app: payments}}
//!     spec:
//!       containers:
//!         - name: payments
//!           image: ghcr.io/example/payments:1.0
//!           ports: [{name: http, containerPort: 8000}]
//! ```
//!
//! # Fix safety
//! Given where one declared name is near enough to be the one meant.
//!
//! # References
//! - <https://kubernetes.io/docs/concepts/services-networking/service/#field-spec-ports>

use plimsoll_k8s::{Container, IntOrString, Object, Workload, WorkloadKind};
use plimsoll_links::{LinkKind, ObjectRef, Thing};
use plimsoll_project::ManifestRole;
use plimsoll_source::nearest::nearest;
use plimsoll_source::{Confidence, FileEdit, Fix, Place, Safety, Severity, TextRange};
use plimsoll_yaml::Node;

use crate::dockerfile::build_context::listed;
use crate::workload::serving::is_side_port;
use crate::{Check, Cx, FixKind, ObjectInput, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "service-target-port-unknown",
    summary: "a Service sends to a port that the pods do not have",
    since: "0.1.0",
    severity: Severity::Error,
    confidence: Confidence::High,
    strictness: Strictness::Default,
    fix: FixKind::Sometimes,
    aliases: &[],
    checks: &[Check::Object(check)],
};

fn check(cx: &mut Cx<'_>, input: &ObjectInput<'_>) {
    let ObjectInput { unit, object } = *input;
    if !object.is("", "Service") || unit.role == ManifestRole::Patch {
        return;
    }
    let selected = selected(cx);
    // One workload tells; several of one app have what they have in common.
    if selected.is_empty() || !selected.iter().all(|one| one.is_whole) {
        return;
    }
    let ports = object.spec().and_then(|spec| spec.get("ports"));
    let ports: Vec<Node<'_>> = ports
        .into_iter()
        .flat_map(Node::items)
        .map(Node::resolve)
        .collect();
    for port in &ports {
        let written = port.present("targetPort").or_else(|| port.get("port"));
        let Some(target) = written.and_then(IntOrString::new) else {
            continue;
        };
        let protocol = port.get("protocol").and_then(Node::as_str);
        let protocol = protocol.as_deref().unwrap_or("TCP");
        match target.number() {
            None => {
                let serving = serving(&ports, &selected);
                by_name(cx, input, target, &selected, &serving);
            }
            Some(number) if ports.len() == 1 => {
                let name = port.get("name").and_then(Node::text);
                let is_side = name.is_some_and(|name| is_side_port(&name));
                by_number(cx, object, (target, number, is_side), protocol, &selected);
            }
            Some(_) => {}
        }
    }
}

/// The names of what has one of the ports that a Service sends to.
fn serving<'s>(ports: &[Node<'_>], selected: &'s [Selected<'_>]) -> Vec<&'s str> {
    let targets: Vec<IntOrString<'_>> = ports
        .iter()
        .filter_map(|port| port.present("targetPort").or_else(|| port.get("port")))
        .filter_map(IntOrString::new)
        .collect();
    let serves = |one: &&Selected<'_>| {
        let mut containers = one.containers.iter();
        containers.any(|container| {
            targets
                .iter()
                .any(|port| container.find_port(port).is_some())
        })
    };
    let mut names: Vec<&str> = selected
        .iter()
        .filter(serves)
        .map(|one| &*one.name)
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// What a Service selects, and whether all of its containers are known.
struct Selected<'a> {
    object: ObjectRef,
    name: String,
    containers: Vec<Container<'a>>,
    is_whole: bool,
}

fn selected<'a>(cx: &Cx<'a>) -> Vec<Selected<'a>> {
    let this = Thing::Object(cx.this());
    let ends = cx
        .links
        .from(&this)
        .filter(|link| link.kind == LinkKind::Selects && link.confidence == Confidence::High);
    let mut found = Vec::new();
    for link in ends {
        let Thing::Object(reference) = *cx.links.thing(link.to) else {
            continue;
        };
        let object = cx.links.objects().get(reference);
        let unit = &cx.project.manifests[reference.unit as usize];
        let Some(workload) = Workload::new(object) else {
            continue;
        };
        // A Job or a test of the same release serves nothing, whatever its labels say.
        if matches!(workload.kind(), WorkloadKind::Job | WorkloadKind::CronJob)
            || object.annotations().contains("helm.sh/hook")
        {
            continue;
        }
        let containers: Vec<Container<'_>> = workload
            .pod()
            .into_iter()
            .flat_map(|pod| pod.running_containers())
            .collect();
        // Of what cannot be read whole nothing is known to be missing.
        let is_whole = !containers.is_empty()
            && unit.tree.errors().is_empty()
            && cx.reports_missing_in_pod(unit, workload, &["containers", "ports"])
            && cx.reports_missing_in_pod(unit, workload, &["containers"]);
        found.push(Selected {
            object: reference,
            name: object.name().unwrap_or_default().into_owned(),
            containers,
            is_whole,
        });
    }
    found
}

fn by_name(
    cx: &mut Cx<'_>,
    input: &ObjectInput<'_>,
    target: IntOrString<'_>,
    selected: &[Selected<'_>],
    serving: &[&str],
) {
    let ObjectInput { unit, object } = *input;
    let known = |one: &Selected<'_>| {
        one.containers
            .iter()
            .any(|container| container.find_port(&target).is_some())
    };
    let Some(missing) = selected.iter().find(|one| !known(one)) else {
        return;
    };
    let name = target.text();
    // What no port can be called is filled in before it is applied.
    if name.contains(|c: char| !c.is_ascii_lowercase() && !c.is_ascii_digit() && c != '-') {
        return;
    }
    let declared: Vec<String> = missing
        .containers
        .iter()
        .flat_map(|container| container.ports())
        .filter_map(|port| port.name().map(std::borrow::Cow::into_owned))
        .collect();
    let near = nearest(&name, declared.iter().map(String::as_str));
    let place = head(cx, missing.object);
    let draft = cx.report(
        target.node().range(),
        format!(
            "Service `{}` sends to port `{name}`, which no container of `{}` declares",
            object.name().unwrap_or_default(),
            missing.name
        ),
    );
    draft
        .note("a port by a name that the pods lack has no endpoints: connections to it fail")
        .related(place, "these pods");
    let other = selected.iter().find(|one| known(one));
    if other.is_some() && serving.len() > 1 {
        draft.severity(Severity::Warning).help(format!(
            "write a Service for each of {}, whose selector takes its pods alone: one selector takes \
             all of them",
            listed(serving, 4)
        ));
    } else if let Some(other) = other.filter(|other| other.name != missing.name) {
        draft.severity(Severity::Warning).help(format!(
            "let the selector take the pods of `{}` alone: add a label to it that those of `{}` lack",
            other.name, missing.name
        ));
    } else if let Some(near) = near {
        draft.help(format!("write `{near}`"));
        let mut fix = Fix::new(format!("write `{near}`"), Safety::Safe);
        fix.change.edits = plimsoll_yaml::edit::set_scalar(target.node(), near)
            .into_iter()
            .map(|edit| FileEdit {
                file: unit.file,
                edit,
            })
            .collect();
        draft.fix(fix);
    } else if name.parse::<u16>().is_ok() {
        draft.help(format!("write the number without quotes: `{name}`"));
    } else if declared.is_empty() {
        draft.help(format!(
            "name the container's port: `ports: [{{name: {name}, containerPort: …}}]`"
        ));
    } else {
        draft.help(format!(
            "call the port that is meant `{name}` in the pods, or name one of theirs here: `{}`",
            declared.join("`, `")
        ));
    }
}

fn by_number(
    cx: &mut Cx<'_>,
    object: Object<'_>,
    (target, number, is_side): (IntOrString<'_>, i64, bool),
    protocol: &str,
    selected: &[Selected<'_>],
) {
    let declared = |one: &Selected<'_>| -> Option<Vec<(i64, Place)>> {
        let file = cx.links.objects().file(one.object);
        // Sidecars declare ports of their own.
        let mut found = Vec::new();
        for container in &one.containers {
            let before = found.len();
            for port in container.ports() {
                let (number, node) = port.container_port()?;
                if port.protocol().value == protocol {
                    found.push((number, Place::new(file, node.range())));
                }
            }
            // A container that declares nothing may listen on anything.
            if found.len() == before {
                return None;
            }
        }
        Some(found)
    };
    let mut all = Vec::new();
    for one in selected {
        let Some(ports) = declared(one) else { return };
        if ports.iter().any(|(port, _)| *port == number) {
            return;
        }
        all.extend(ports);
    }
    let mut distinct: Vec<i64> = all.iter().map(|(port, _)| *port).collect();
    distinct.sort_unstable();
    distinct.dedup();
    let side = selected
        .iter()
        .flat_map(|one| &one.containers)
        .flat_map(|container| container.ports());
    if distinct.len() != 1
        || side
            .filter_map(|port| port.name())
            .any(|name| is_side_port(&name))
    {
        return;
    }
    // What the pods are told to listen on need not be declared.
    if selected.iter().any(|one| names_port(cx, one, number)) {
        return;
    }
    let numbers: Vec<String> = distinct.iter().map(|port| format!("`{port}`")).collect();
    let name = object.name().unwrap_or_default();
    let mut names: Vec<&str> = selected.iter().map(|one| one.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let probed = selected
        .iter()
        .find_map(|one| Some((one, probe_of(one, number)?)))
        .map(|(one, range)| Place::new(cx.links.objects().file(one.object), range));
    let omitted = target.node().key().and_then(Node::str) == Some("port");
    let draft = cx.report(
        target.node().range(),
        format!(
            "Service `{name}` sends to port {number}, which no container of `{}` declares",
            names.join("`, `")
        ),
    );
    draft
        .confidence(Confidence::Medium)
        .severity(Severity::Warning);
    for (port, place) in all.into_iter().take(4) {
        draft.related(place, format!("they declare {port}"));
    }
    if omitted {
        draft.note("where `targetPort` is left out it is the same as `port`");
    }
    if let Some(probe) = probed {
        draft.related(probe, format!("this asks {number}"));
        draft.help(format!(
            "declare {number}, which the pods' own probe asks; or correct both"
        ));
    } else if omitted {
        draft.help(format!(
            "add `targetPort`: {}; or, if the pods listen on {number}, declare that",
            numbers.join(" or ")
        ));
    } else if is_side {
        draft.help(format!(
            "declare {number} on the container that serves it there, or remove this port"
        ));
    } else {
        draft.help(format!(
            "send to {}; or, if the pods listen on {number}, declare that",
            numbers.join(" or ")
        ));
    }
}

/// Where a probe of the pods asks the number.
fn probe_of(one: &Selected<'_>, number: i64) -> Option<TextRange> {
    let probes = one
        .containers
        .iter()
        .flat_map(|container| container.probes());
    let mut ports = probes.filter_map(|probe| {
        let node = probe.node();
        let handler = ["httpGet", "tcpSocket", "grpc"]
            .iter()
            .find_map(|key| node.get(key))?;
        handler.resolve().get("port")
    });
    let port = ports.find(|port| port.resolve().as_int() == Some(number))?;
    Some(port.range())
}

/// The longest text of a ConfigMap that is searched for a port, in bytes.
const MAX_TEXT: usize = 256 * 1024;

/// Whether what the pods are given names the number as a port: their command lines, variables and
/// ConfigMaps.
fn names_port(cx: &Cx<'_>, one: &Selected<'_>, number: i64) -> bool {
    let number = number.to_string();
    let in_container = one.containers.iter().any(|container| {
        let mut words = container.command();
        words.extend(container.args());
        let line: Vec<_> = words.into_iter().filter_map(Node::text).collect();
        let line = line.join(" ").replace('\n', " ");
        is_port_in(&line, &number)
            || container.env().any(|variable| {
                let node = variable.node();
                let name = node.get("name").and_then(Node::text).unwrap_or_default();
                let value = node.get("value").and_then(Node::text).unwrap_or_default();
                is_port_in(&format!("{name}={value}"), &number)
            })
    });
    in_container
        || cx
            .links
            .from(&Thing::Object(one.object))
            .filter(|link| matches!(link.kind, LinkKind::Mounts | LinkKind::Reads))
            .any(|link| {
                let Thing::Object(reference) = *cx.links.thing(link.to) else {
                    return false;
                };
                let object = cx.links.objects().get(reference);
                let data = object
                    .node()
                    .get("data")
                    .filter(|_| object.is("", "ConfigMap"));
                data.into_iter().flat_map(Node::entries).any(|entry| {
                    let key = entry.key.text().unwrap_or_default();
                    let text = entry.value.resolve().text().unwrap_or_default();
                    // A key without lines of its own: `PORT: "7946"`.
                    is_port_in(
                        &format!("{key}={}", text.lines().next().unwrap_or("")),
                        &number,
                    ) || text.len() <= MAX_TEXT
                        && text.lines().any(|line| is_port_in(line, &number))
                })
            })
}

/// Whether a line names the number as a port: by a word for one, or behind a colon.
fn is_port_in(line: &str, number: &str) -> bool {
    const WORDS: &[&str] = &["port", "listen", "bind", "addr"];
    line.match_indices(number).any(|(at, _)| {
        let joins = |c: char| c.is_ascii_alphanumeric();
        let before = &line[..at];
        let whole = !before.ends_with(joins) && !line[at + number.len()..].starts_with(joins);
        let lower = || before.to_ascii_lowercase();
        // `nc -l -p 9093`.
        let is_option = [" -p", " -l"]
            .iter()
            .any(|end| before.trim_end().ends_with(end));
        whole
            && (before.ends_with(':')
                || is_option
                || WORDS.iter().any(|word| lower().contains(word)))
    })
}

fn head(cx: &Cx<'_>, object: ObjectRef) -> Place {
    let objects = cx.links.objects();
    Place::new(objects.file(object), objects.get(object).head())
}

#[cfg(test)]
mod tests {
    use plimsoll_source::Confidence;

    use super::RULE;
    use crate::testing::on;
    use crate::workload::requests::tests::deployment;

    fn both(port: &str, container: &str) -> String {
        format!(
            "apiVersion: v1\nkind: Service\nmetadata: {{name: web}}\nspec:\n  selector: {{app: web}}\n  ports:\n  - {port}\n---\n{}",
            deployment(container)
        )
    }

    const HTTP: &str = "ports: [{name: http, containerPort: 8080}]";

    #[test]
    fn pods_that_the_selector_takes_along_are_told_apart() {
        let other = deployment("ports: [{name: web, containerPort: 80}]")
            .replace("metadata: {name: web}\nspec", "metadata: {name: api}\nspec");
        let text = format!("{}---\n{other}", both("{port: 80, targetPort: web}", HTTP));
        let case = on(&RULE).manifest(&text).flags(&["7: web"]);
        let help = case.findings[0].help.clone().unwrap_or_default();
        assert!(
            help.starts_with("let the selector take the pods of `api` alone"),
            "{help}"
        );
    }

    #[test]
    fn a_selector_that_takes_several_components_is_split() {
        let named = |name: &str, port: &str| {
            deployment(&format!("ports: [{{name: {port}, containerPort: 80}}]")).replace(
                "metadata: {name: web}\nspec",
                &format!("metadata: {{name: {name}}}\nspec"),
            )
        };
        let text = format!(
            "{}---\n{}---\n{}",
            both(
                "{port: 80, targetPort: http}\n  - {port: 9090, targetPort: metrics}",
                HTTP
            ),
            named("api", "metrics"),
            named("worker", "other")
        );
        let case = on(&RULE).manifest(&text);
        let help = case.findings[0].help.clone().unwrap_or_default();
        assert!(
            help.starts_with("write a Service for each of `api` and `web`,"),
            "{help}"
        );
    }

    #[test]
    fn names_that_no_container_has_are_found() {
        on(&RULE)
            .manifest(&both("{port: 80, targetPort: web}", HTTP))
            .flags(&["7: web"]);
        on(&RULE)
            .manifest(&both("{port: 80, targetPort: htp}", HTTP))
            .flags(&["7: htp"])
            .fixed(&both("{port: 80, targetPort: http}", HTTP));
        on(&RULE)
            .manifest(&both("{port: 80, targetPort: \"8080\"}", HTTP))
            .flags(&["7: \"8080\""]);
        on(&RULE)
            .manifest(&both("{port: 80, targetPort: http}", ""))
            .flags(&["7: http"]);
    }

    #[test]
    fn tests_of_a_release_serve_nothing() {
        let with = |annotations: &str| {
            format!(
                "{}---\napiVersion: v1\nkind: Pod\nmetadata:\n  name: web-test\n  labels: {{app: web}}\n{annotations}spec:\n  containers: [{{name: t, image: \"t:1\"}}]\n",
                both("{port: 80, targetPort: http}", HTTP)
            )
        };
        on(&RULE)
            .manifest(&with("  annotations: {helm.sh/hook: test}\n"))
            .clean();
        on(&RULE).manifest(&with("")).flags(&["7: http"]);
    }

    #[test]
    fn what_a_probe_asks_is_to_be_declared() {
        let probed =
            "ports: [{containerPort: 80}]\n        readinessProbe: {httpGet: {port: 8080}}";
        let case = on(&RULE)
            .manifest(&both("{port: 8080}", probed))
            .flags(&["7: 8080"]);
        let found = &case.findings[0];
        let help = found.help.as_deref().unwrap_or_default();
        assert!(help.starts_with("declare 8080, which"), "{help}");
        let last = found.related.last().map(|one| &*one.message);
        assert_eq!(last, Some("this asks 8080"));
    }

    #[test]
    fn numbers_beside_those_declared_are_found() {
        let found = on(&RULE)
            .manifest(&both("{port: 80, targetPort: 8000}", HTTP))
            .flags(&["7: 8000"]);
        assert_eq!(found.findings[0].confidence, Confidence::Medium);
        on(&RULE)
            .manifest(&both("{port: 80}", HTTP))
            .flags(&["7: 80"])
            .says(&["Service `web` sends to port 80, which no container of `web` declares"]);
        on(&RULE)
            .manifest(
                &both(
                    "{port: 53, targetPort: 53, protocol: UDP}",
                    "ports: [{containerPort: 53, protocol: UDP}]",
                )
                .replace("targetPort: 53", "targetPort: 5353"),
            )
            .flags(&["7: 5353"]);
    }

    #[test]
    fn a_file_that_cannot_be_read_whole_and_jobs_tell_nothing() {
        let text = both("{port: 80, targetPort: 8000}", HTTP);
        on(&RULE).manifest(&format!("{text}       x: 1\n")).clean();
        let job = "---\napiVersion: batch/v1\nkind: Job\nmetadata: {name: test}\nspec:\n  template:\n    metadata: {labels: {app: web}}\n    spec:\n      restartPolicy: Never\n      containers: [{name: test, image: 'a:1'}]\n";
        let right = both("{port: 80, targetPort: http}", HTTP);
        on(&RULE).manifest(&format!("{right}{job}")).clean();
    }

    #[test]
    fn what_several_pods_declare_is_told_once() {
        let case = on(&RULE).manifest(
            &(both("{port: 80, targetPort: 8000}", HTTP)
                + "---\n"
                + &deployment(HTTP).replace("{name: web}", "{name: web2}")),
        );
        assert_eq!(
            case.findings[0].help.as_deref(),
            Some("send to `8080`; or, if the pods listen on 8000, declare that")
        );
        case.says(&[
            "Service `web` sends to port 8000, which no container of `web`, `web2` declares",
        ]);
    }

    #[test]
    fn ports_that_the_pods_are_told_are_left_alone() {
        let with = |rest: &str, more: &str| {
            on(&RULE).manifest(&format!(
                "{}{more}",
                both("{port: 80, targetPort: 7946}", &format!("{HTTP}\n{rest}"))
            ))
        };
        with("        args: [--bind-port, '7946']\n", "").clean();
        with("        env: [{name: GOSSIP_PORT, value: '7946'}]\n", "").clean();
        let volume = "      volumes: [{name: c, configMap: {name: conf}}]\n";
        let map = |text: &str| {
            format!(
                "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: conf}}\ndata:\n  a.yaml: |\n    {text}\n"
            )
        };
        with(volume, &map("memberlist: {bind_port: 7946}")).clean();
        with(volume, &map("peers: ['gossip:7946']")).clean();
        // Other numbers, and this one as something else.
        with(volume, &map("bind_port: 17946")).flags(&["7: 7946"]);
        with(volume, &map("limit: 7946")).flags(&["7: 7946"]);
        with("        args: [--limit, '7946']\n", "").flags(&["7: 7946"]);
    }

    #[test]
    fn ports_that_may_be_there_are_left_alone() {
        on(&RULE)
            .manifest(&both("{port: 80, targetPort: http}", HTTP))
            .clean();
        on(&RULE)
            .manifest(&both("{port: 80, targetPort: 8080}", HTTP))
            .clean();
        on(&RULE)
            .manifest(&both("{port: 80, targetPort: 9000}", ""))
            .clean();
        on(&RULE)
            .manifest(&both(
                "{port: 80, targetPort: 9000}",
                "ports: [{name: metrics, containerPort: 9100}]",
            ))
            .clean();
        on(&RULE)
            .manifest(&both(
                "{port: 80, targetPort: 7946}",
                "ports: [{name: prom-metrics, containerPort: 3200}]",
            ))
            .clean();
        on(&RULE)
            .manifest(&both("{port: 80, targetPort: HTTP_PORT}", HTTP))
            .clean();
        on(&RULE)
            .manifest(&both(
                "{port: 80, targetPort: 9000}",
                &format!("{HTTP}\n      - {{name: sidecar, image: a}}"),
            ))
            .clean();
        on(&RULE)
            .manifest(&both("{port: 80, targetPort: web}", HTTP).replace(
                "selector: {app: web}\n  ports",
                "selector: {app: api}\n  ports",
            ))
            .clean();
        on(&RULE)
            .files(&format!(
                "//- /base/all.yaml\n{}//- /base/kustomization.yaml\nresources: [all.yaml]\npatches: [{{path: p.yaml}}]\n\
                 //- /base/p.yaml\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\nspec: {{template: {{spec: {{containers: [{{name: web, ports: [{{name: web, containerPort: 1}}]}}]}}}}}}\n",
                both("{port: 80, targetPort: web}", HTTP)
            ))
            .clean();
    }

    #[test]
    fn a_port_that_an_option_names_is_listened_on() {
        let text = |args: &str| {
            format!(
                "apiVersion: v1\nkind: Service\nmetadata: {{name: a}}\nspec: {{selector: {{app: a}}, ports: [{{port: 9093}}]}}\n---\napiVersion: v1\nkind: Pod\nmetadata: {{name: a, labels: {{app: a}}}}\nspec: {{containers: [{{name: a, image: \"b:1\", args: [{args}], ports: [{{containerPort: 80}}]}}]}}\n"
            )
        };
        on(&RULE).manifest(&text("nc, -l, -p, \"9093\"")).clean();
        assert_eq!(
            on(&RULE).manifest(&text("nc, -w, \"9093\"")).findings.len(),
            1
        );
    }
}
