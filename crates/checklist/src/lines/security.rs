//! *Security context*.

use plimsoll_k8s::{PodSecurityLevel, VolumeKind, pod_security};

use super::{Answer, Asked, NO_WORKLOAD, evidence};
use crate::{Evidence, Line};

pub(super) fn lines(asked: &Asked<'_, '_>) -> Vec<Line> {
    let runs = asked.workloads().next().is_some();
    let or_none = |answer: Answer| {
        if runs {
            answer
        } else {
            Answer::Nothing(NO_WORKLOAD)
        }
    };
    vec![
        asked.line(
            "pod-security",
            "Pod Security Standard",
            &[],
            or_none(standard(asked)),
        ),
        asked.line(
            "read-only-root",
            "root file system read-only, with writable paths where it writes",
            &[
                "writable-root-filesystem",
                "read-only-root-conflict",
                "read-only-root-without-tmp",
            ],
            or_none(Answer::shown(writable(asked))),
        ),
    ]
}

fn standard(asked: &Asked<'_, '_>) -> Answer {
    let mut level = PodSecurityLevel::Restricted;
    let mut against = Vec::new();
    let mut pods = Vec::new();
    for (reference, workload) in asked.workloads() {
        let Some((template, pod)) = workload
            .template()
            .and_then(|template| Some((template, template.spec()?)))
        else {
            continue;
        };
        let head = workload.pod_head();
        pods.push(evidence(asked.place(reference, head), "meets restricted"));
        let violations = pod_security::violations(pod, template.annotations());
        level = level.min(pod_security::level(&violations));
        against.extend(violations.into_iter().map(|violation| {
            let container = violation.container.as_deref();
            let range = violation.node.map_or_else(
                || {
                    pod.all_containers()
                        .find(|one| Some(&*one.label()) == container)
                        .map_or(head, |one| one.head())
                },
                |node| node.range(),
            );
            let text = match container {
                Some(container) => format!("`{container}`: {}", violation.message),
                None => violation.message.clone(),
            };
            (
                violation.level,
                evidence(asked.place(reference, range), text),
            )
        }));
    }
    if pods.is_empty() {
        return Answer::Nothing("its pods are not known");
    }
    let next = match level {
        PodSecurityLevel::Restricted => return Answer::Is("meets restricted".into(), pods),
        PodSecurityLevel::Baseline => PodSecurityLevel::Restricted,
        PodSecurityLevel::Privileged => PodSecurityLevel::Baseline,
    };
    let keeping: Vec<Evidence> = against
        .into_iter()
        .filter(|(of, _)| *of == next)
        .map(|(_, evidence)| evidence)
        .collect();
    let summary = format!("meets {}; kept from {} by:", level.name(), next.name());
    Answer::Lacks(summary, keeping)
}

/// Where it can write.
fn writable(asked: &Asked<'_, '_>) -> Vec<Evidence> {
    let mut found = Vec::new();
    for (reference, container) in asked.containers() {
        if let Some((true, node)) = container.security_context().read_only_root_filesystem() {
            let text = format!("`{}` cannot write its root file system", container.label());
            found.push(evidence(asked.place(reference, node.range()), text));
        }
        for mount in container.volume_mounts() {
            let Some(path) = mount.mount_path() else {
                continue;
            };
            let volume = mount.name().and_then(|name| container.pod().volume(&name));
            let fixed = volume.is_some_and(|volume| {
                matches!(
                    volume.kind(),
                    VolumeKind::ConfigMap
                        | VolumeKind::Secret
                        | VolumeKind::DownwardApi
                        | VolumeKind::Projected
                )
            });
            if !fixed && !mount.read_only().value {
                let text = format!(
                    "`{}` can write `{}`",
                    container.label(),
                    path.text().unwrap_or_default()
                );
                found.push(evidence(asked.place(reference, path.range()), text));
            }
        }
    }
    found
}
