//! The bundled example: nothing to say about the service as it should be, not even at pedantic,
//! and every red flag at its line in the service as people first write it.

use std::path::Path;
use std::sync::Arc;

use plimsoll_project::disk::DiskTree;
use plimsoll_project::{Options, Project};
use plimsoll_rules::{Date, KubeVersion, Selection, Strictness, check};

/// The findings below `path`, as `file:line rule`, sorted.
fn review(path: &str, strictness: Strictness) -> Vec<String> {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let tree = DiskTree::new(&top);
    let options = Options {
        paths: vec![path.to_owned()],
        ..Options::default()
    };
    let mut project = Project::load(Arc::new(tree), &options);
    let charts = plimsoll_charts::Options::new(&options.paths, &KubeVersion::NEWEST);
    plimsoll_charts::add(&mut project, &charts);
    let mut selection = Selection::on(Date::new(2026, 11, 24));
    selection.strictness = strictness;
    let mut found: Vec<String> = check(&project, &selection)
        .findings
        .iter()
        .map(|finding| {
            let place = finding.origin.place;
            let file = project.files.get(place.file);
            let name = file
                .path
                .strip_prefix(path)
                .unwrap_or(&file.path)
                .trim_start_matches('/');
            format!(
                "{name}:{} {}",
                file.line_col(place.range.start).line,
                finding.rule
            )
        })
        .collect();
    found.sort();
    found
}

#[test]
fn the_exemplary_service_has_no_finding_at_pedantic() {
    assert_eq!(
        review("examples/payments", Strictness::Pedantic),
        Vec::<String>::new()
    );
}

#[test]
fn every_red_flag_of_the_first_draft_is_found_at_its_line() {
    let found = review("examples/payments-before", Strictness::Pedantic);
    for expected in [
        // Running as root.
        "Dockerfile:9 image-runs-as-root",
        "k8s/deployment.yaml:21 run-as-root",
        // The whole folder before the dependencies.
        "Dockerfile:3 source-copied-before-dependencies",
        // No .dockerignore.
        "Dockerfile:3 missing-dockerignore",
        // The tag `latest`.
        "k8s/deployment.yaml:22 unpinned-image",
        "docker-compose.yml:16 unpinned-image",
        "docker-compose.yml:22 unpinned-image",
        // A memory limit without headroom.
        "k8s/deployment.yaml:29 memory-limit-without-headroom",
        // A liveness probe with little patience, asking what readiness asks.
        "k8s/deployment.yaml:38 eager-liveness-probe",
        "k8s/deployment.yaml:33 liveness-same-as-readiness",
        // Secrets as base64, in the Compose file, in a tracked .env, in the image.
        "k8s/secret.yaml:7 plain-secret-committed",
        "docker-compose.yml:10 compose-inline-secret",
        "Dockerfile:7 secret-in-image",
        // No CPU request under an autoscaler on CPU utilisation.
        "k8s/deployment.yaml:26 hpa-without-requests",
        // What else the text warns of.
        "Dockerfile:1 end-of-life-image",
        "Dockerfile:4 package-cache-left",
        "Dockerfile:6 missing-lockfile-install",
        "Dockerfile:9 shell-form-entrypoint",
        "docker-compose.yml:1 obsolete-compose-key",
        "docker-compose.yml:13 depends-on-unready",
        "docker-compose.yml:15 database-without-volume",
        "k8s/deployment.yaml:14 rollout-loses-capacity",
        "k8s/deployment.yaml:21 privilege-escalation",
        "k8s/deployment.yaml:21 capabilities-kept",
        "k8s/deployment.yaml:21 missing-seccomp-profile",
        "k8s/deployment.yaml:21 writable-root-filesystem",
    ] {
        assert!(
            found.iter().any(|line| line == expected),
            "{expected} is not among {found:#?}"
        );
    }
}
