//! *Configuration and secrets*.

use plimsoll_links::{Target, Thing};
use plimsoll_source::Place;

use super::{Answer, Asked, NO_WORKLOAD, evidence};
use crate::{Evidence, Line};

pub(super) fn lines(asked: &Asked<'_, '_>) -> Vec<Line> {
    let runs = asked.workloads().next().is_some();
    let references = references(asked);
    let resolve = if !runs {
        Answer::Nothing(NO_WORKLOAD)
    } else if references.is_empty() {
        Answer::Nothing("it refers to no configuration")
    } else {
        Answer::shown(references)
    };
    let secrets = secrets(asked);
    let plain = if !runs {
        Answer::Nothing(NO_WORKLOAD)
    } else if secrets.is_empty() {
        Answer::Nothing("it reads no Secret that is defined here")
    } else {
        Answer::shown(secrets)
    };
    let same = if runs && !asked.service.composes.is_empty() {
        Answer::shown(environments(asked))
    } else {
        Answer::Nothing("it does not run both locally and in the cluster")
    };
    vec![
        asked.line(
            "references-resolve",
            "every reference to configuration resolves",
            &["config-reference-unknown"],
            resolve,
        ),
        asked.line(
            "no-plain-secret",
            "no plain Secret in the tree",
            &["plain-secret-committed", "invalid-secret-encoding"],
            plain,
        ),
        asked.line(
            "same-keys",
            "the same keys locally and in the cluster",
            &["missing-environment"],
            same,
        ),
    ]
}

/// Every reference of its workloads to something by its name.
fn references(asked: &Asked<'_, '_>) -> Vec<Evidence> {
    let mut found = Vec::new();
    for (workload, _) in asked.workloads() {
        for reference in asked.links.references().of(workload) {
            if let Target::Named { kind, name, .. } = &reference.target {
                let text = format!("{kind} `{name}`");
                found.push(evidence(reference.place(), text));
            }
        }
    }
    found
}

/// The Secrets that it reads, and how each comes to be.
fn secrets(asked: &Asked<'_, '_>) -> Vec<Evidence> {
    let objects = asked.service.configuration.iter();
    objects
        .filter_map(|reference| {
            let object = asked.object(*reference);
            let how = match &*object.kind() {
                "Secret" => "a Secret",
                "SealedSecret" => "sealed",
                "ExternalSecret"
                | "ClusterExternalSecret"
                | "SecretProviderClass"
                | "VaultStaticSecret"
                | "VaultDynamicSecret" => "held outside the tree",
                _ => return None,
            };
            let label = asked.links.label(&Thing::Object(*reference));
            let text = format!("{label}: {how}");
            Some(evidence(asked.place(*reference, object.head()), text))
        })
        .collect()
}

/// Where its environment is set, on both sides.
fn environments(asked: &Asked<'_, '_>) -> Vec<Evidence> {
    let mut found = Vec::new();
    for (file, service) in asked.compose_services(&asked.service.composes) {
        let keys = service.environment().count();
        let place = Place::new(file, service.head());
        let sources = counted(service.env_files().count(), "env file", "env files");
        let text = [counted(keys, "key", "keys"), sources];
        found.extend(said(&text, "in Compose").map(|text| evidence(place, text)));
    }
    for (reference, container) in asked.containers() {
        let keys = counted(container.env().count(), "key", "keys");
        let sources = counted(container.env_from().count(), "envFrom", "envFrom");
        let place = asked.place(reference, container.head());
        let whose = format!("in `{}`", container.label());
        found.extend(said(&[keys, sources], &whose).map(|text| evidence(place, text)));
    }
    found
}

fn counted(count: usize, one: &str, many: &str) -> Option<String> {
    match count {
        0 => None,
        1 => Some(format!("1 {one}")),
        _ => Some(format!("{count} {many}")),
    }
}

fn said(parts: &[Option<String>], whose: &str) -> Option<String> {
    let parts: Vec<&str> = parts.iter().flatten().map(String::as_str).collect();
    (!parts.is_empty()).then(|| format!("{} {whose}", parts.join(" and ")))
}
