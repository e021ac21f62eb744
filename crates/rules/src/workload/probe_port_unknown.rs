//! # What it does
//! Finds probes and lifecycle hooks that name a port which the container does not declare.
//!
//! # Why it matters
//! A named port is looked up in the container's own `ports`. If it is not there the probe fails
//! every time: a readiness probe keeps the pod out of its Services for ever, a liveness probe
//! restarts it for ever. (A number needs no declaration and is not reported here.)
//!
//! # Example
//! ```yaml bad
//! apiVersion: apps/v1
//! kind: Deployment
//! metadata: {name: web}
//! spec:
//!   selector: {matchLabels: {app: web}}
//!   template:
//!     metadata: {labels: {app: web}}
//!     spec:
//!       containers:
//!         - name: web
//!           image: ghcr.io/example/web:1.0
//!           ports: [{name: http, containerPort: 8000}]
//!           readinessProbe:
//!             httpGet: {path: /health/ready, port: htpp}
//! ```
//! ```yaml fixed
//! apiVersion: apps/v1
//! kind: Deployment
//! metadata: {name: web}
//! spec:
//!   selector: {matchLabels: {app: web}}
//!   template:
//!     metadata: {labels: {app: web}}
//!     spec:
//!       containers:
//!         - name: web
//!           image: ghcr.io/example/web:1.0
//!           ports: [{name: http, containerPort: 8000}]
//!           readinessProbe:
//!             httpGet: {path: /health/ready, port: http}
//! ```
//!
//! # Fix safety
//! Given where one declared name is near enough to be the one meant.
//!
//! # References
//! - <https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/#use-a-named-port>

use plimsoll_k8s::{Container, IntOrString};
use plimsoll_source::nearest::nearest;
use plimsoll_source::{Confidence, FileEdit, Fix, Safety, Severity};

use crate::{Alias, Check, ContainerInput, Cx, FixKind, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "probe-port-unknown",
    summary: "a probe names a port that the container does not declare",
    since: "0.1.0",
    severity: Severity::Error,
    confidence: Confidence::High,
    strictness: Strictness::Default,
    fix: FixKind::Sometimes,
    aliases: &[
        Alias {
            tool: "kube-linter",
            id: "liveness-port",
        },
        Alias {
            tool: "kube-linter",
            id: "readiness-port",
        },
        Alias {
            tool: "kube-linter",
            id: "startup-port",
        },
    ],
    checks: &[Check::Container(check)],
};

fn check(cx: &mut Cx<'_>, input: &ContainerInput<'_>) {
    let ContainerInput {
        unit,
        workload,
        container,
    } = *input;
    let probes = container
        .probes()
        .filter_map(|probe| Some((probe.role().field(), probe.handler()?.port()?)));
    let hooks = [
        ("lifecycle.preStop", container.pre_stop()),
        ("lifecycle.postStart", container.post_start()),
    ];
    let hooks = hooks
        .into_iter()
        .filter_map(|(field, handler)| Some((field, handler?.port()?)));
    let all: Vec<(&str, IntOrString<'_>)> = probes.chain(hooks).collect();
    for (field, port) in all {
        // A variable is filled in before it is applied.
        let Some(name) = port.string().filter(|name| !name.contains(['$', '{'])) else {
            continue;
        };
        if container.find_port(&port).is_some()
            || !cx.reports_missing_in_pod(unit, workload, &["containers", "ports"])
        {
            continue;
        }
        let declared = names(container);
        let near = nearest(&name, declared.iter().map(String::as_str));
        let draft = cx.report(
            port.node().range(),
            format!(
                "`{field}` names port `{name}`, which `{}` does not declare",
                container.label()
            ),
        );
        draft.note(
            "a named port is looked up in the container's own `ports`: this fails every time",
        );
        if let Some(near) = near {
            draft.help(format!("write `{near}`"));
            let mut fix = Fix::new(format!("write `{near}`"), Safety::Safe);
            fix.change.edits = plimsoll_yaml::edit::set_scalar(port.node(), near)
                .into_iter()
                .map(|edit| FileEdit {
                    file: unit.file,
                    edit,
                })
                .collect();
            draft.fix(fix);
        } else if name.parse::<u16>().is_ok() {
            draft.help(format!("write the number without quotes: `{name}`"));
        } else if workload.kind().runs_to_completion() {
            draft.help("remove the probe, unless the Job serves something: then declare the port");
        } else if declared.is_empty() {
            draft.help(format!(
                "declare it: `ports: [{{name: {name}, containerPort: …}}]`"
            ));
        } else {
            draft.help(format!(
                "name one of its ports: `{}`",
                declared.join("`, `")
            ));
        }
    }
}

fn names(container: Container<'_>) -> Vec<String> {
    container
        .ports()
        .filter_map(|port| port.name())
        .map(std::borrow::Cow::into_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::on;
    use crate::workload::requests::tests::deployment;

    const PORTS: &str = "ports: [{name: http, containerPort: 80}]\n        ";

    #[test]
    fn a_port_that_is_filled_in_is_left_alone() {
        on(&RULE)
            .manifest(&deployment(
                "livenessProbe: {tcpSocket: {port: \"${PORT:-5672}\"}}",
            ))
            .clean();
    }

    #[test]
    fn unknown_names_are_found() {
        on(&RULE)
            .manifest(&deployment(&format!(
                "{PORTS}livenessProbe: {{httpGet: {{port: web}}}}"
            )))
            .flags(&["13: web"]);
        on(&RULE)
            .manifest(&deployment("readinessProbe: {tcpSocket: {port: http}}"))
            .flags(&["12: http"]);
        on(&RULE)
            .manifest(&deployment(&format!(
                "{PORTS}startupProbe: {{httpGet: {{port: \"80\"}}}}"
            )))
            .flags(&["13: \"80\""]);
        on(&RULE)
            .manifest(&deployment(&format!(
                "{PORTS}lifecycle: {{preStop: {{httpGet: {{port: htp}}}}}}"
            )))
            .flags(&["13: htp"])
            .fixed(&deployment(&format!(
                "{PORTS}lifecycle: {{preStop: {{httpGet: {{port: http}}}}}}"
            )));
    }

    #[test]
    fn declared_names_and_numbers_are_left_alone() {
        on(&RULE)
            .manifest(&deployment(&format!(
                "{PORTS}livenessProbe: {{httpGet: {{port: http}}}}"
            )))
            .clean();
        on(&RULE)
            .manifest(&deployment(&format!(
                "{PORTS}livenessProbe: {{httpGet: {{port: 8080}}}}"
            )))
            .clean();
        on(&RULE)
            .manifest(&deployment("livenessProbe: {exec: {command: [a]}}"))
            .clean();
    }

    #[test]
    fn a_job_serves_nothing() {
        let text = "apiVersion: batch/v1\nkind: Job\nmetadata: {name: a}\nspec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: \"b:1\", livenessProbe: {tcpSocket: {port: http}}}]}}}\n";
        let case = on(&RULE).manifest(text);
        let help = case.findings[0].help.clone().unwrap_or_default();
        assert!(help.starts_with("remove the probe"), "{help}");
    }
}
