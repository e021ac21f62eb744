//! What the rules about missing requests and limits share: where a value may come from, and where
//! its absence is reported.

use plimsoll_k8s::{Role, WorkloadKind};
use plimsoll_source::Severity;
use plimsoll_source::nearest::nearest;
use plimsoll_yaml::Node;

use super::supply::{is_vertically_scaled, limit_range_supplies};
use crate::{ContainerInput, Cx};

/// A missing value and how to speak of it.
pub(crate) struct Missing {
    /// `cpu` or `memory`.
    pub(crate) resource: &'static str,
    /// `requests` or `limits`.
    pub(crate) field: &'static str,
    /// Its name in a sentence.
    pub(crate) what: &'static str,
    /// The keys of a LimitRange that supply it.
    pub(crate) supplied_by: &'static [&'static str],
    /// Why it matters.
    pub(crate) note: &'static str,
    /// What to do.
    pub(crate) help: &'static str,
}

/// Reports the missing value, unless something supplies it.
pub(crate) fn report(cx: &mut Cx<'_>, input: &ContainerInput<'_>, missing: &Missing) {
    let ContainerInput {
        unit,
        workload,
        container,
    } = *input;
    // A Job that is written suspended is one that a queue resumes (Kueue asks for it), and the
    // queue counts requests too.
    let never_runs = workload.is_scaled_to_zero() && workload.kind() != WorkloadKind::Job;
    if !matches!(container.role(), Role::App | Role::Sidecar)
        || never_runs
        // Whoever makes pods of a template fills it in for each.
        || matches!(
            workload.kind(),
            WorkloadKind::KnativeService | WorkloadKind::PodTemplate
        )
    {
        return;
    }
    let own = container.resources();
    let pod = container.pod().resources();
    let written = if missing.field == "requests" {
        own.effective_request(missing.resource)
            .or(pod.effective_request(missing.resource))
    } else {
        own.limit(missing.resource).or(pod.limit(missing.resource))
    };
    let resource = missing.resource;
    if written.is_some()
        || !cx.reports_missing_in_pod(
            unit,
            workload,
            &["containers", "resources", missing.field, resource],
        )
        || limit_range_supplies(cx, unit, workload, resource, missing.supplied_by)
        || is_vertically_scaled(cx, unit, workload)
    {
        return;
    }
    let mapping = if missing.field == "requests" {
        own.requests_node()
    } else {
        own.limits_node()
    };
    if let Some((wrong, key)) = mapping.and_then(|node| misnamed(node, resource)) {
        cx.report(
            key.range(),
            format!(
                "container `{}` has no {}: `{wrong}` is no resource",
                container.label(),
                missing.what
            ),
        )
        .severity(Severity::Error)
        .note("the API server refuses a name that is neither its own nor has a domain before a `/`")
        .help(format!("write `{resource}`"))
        .group("resources");
        return;
    }
    let place = plimsoll_k8s::objects::missing_below(
        container.node(),
        &["resources", missing.field, resource],
    );
    let fillers = cx.fillers(
        unit,
        container.node(),
        &["resources", missing.field, resource],
    );
    cx.report(
        place.unwrap_or_else(|| container.head()),
        format!("container `{}` has no {}", container.label(), missing.what),
    )
    .note(missing.note)
    .filled_by(fillers)
    .help(match workload.kind() {
        WorkloadKind::Job | WorkloadKind::CronJob => {
            missing.help.replace("in a busy hour", "while it runs")
        }
        _ => missing.help.to_owned(),
    })
    .group("resources");
}

/// A key that no resource is called, where it is meant for this one.
fn misnamed<'a>(mapping: Node<'a>, resource: &str) -> Option<(String, Node<'a>)> {
    mapping.merged_entries().find_map(|entry| {
        let name = entry.key.text()?;
        let known = matches!(&*name, "cpu" | "memory" | "storage" | "ephemeral-storage")
            || name.starts_with("hugepages-")
            || name.contains('/');
        let lower = name.to_ascii_lowercase();
        let meant = match resource {
            "memory" => matches!(&*lower, "mem" | "ram"),
            _ => matches!(&*lower, "cpus" | "cores"),
        };
        let meant = meant || nearest(&lower, [resource]).is_some();
        (!known && meant).then(|| (name.into_owned(), entry.key))
    })
}

#[cfg(test)]
pub(crate) mod tests {
    /// A Deployment with one container that has the given YAML on line 12.
    pub(crate) fn deployment(container: &str) -> String {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\nspec:\n  selector: \
             {{matchLabels: {{app: web}}}}\n  template:\n    metadata: {{labels: {{app: web}}}}\n    \
             spec:\n      containers:\n      - name: web\n        image: ghcr.io/example/web:1.0\n        \
             {container}\n"
        )
    }

    /// The same with the given YAML in the pod spec, on line 12.
    pub(crate) fn pod(spec: &str) -> String {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\nspec:\n  selector: \
             {{matchLabels: {{app: web}}}}\n  template:\n    metadata: {{labels: {{app: web}}}}\n    \
             spec:\n      containers:\n      - name: web\n        image: ghcr.io/example/web:1.0\n      \
             {spec}\n"
        )
    }
}
