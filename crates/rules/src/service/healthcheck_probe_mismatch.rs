//! # What it does
//! Compares the path that HEALTHCHECK of the Dockerfile or `healthcheck` of the Compose service
//! asks with the paths that the probes of the same service ask, where the program's source shows
//! that only one of them is served, or they differ by a slip of the pen.
//!
//! # Why it matters
//! One of the two asks for something that is not there. A probe that gets 404 keeps the pod out of
//! its Services or restarts it for ever; a health check that gets 404 keeps everything waiting
//! that depends on the service locally, or, with `curl` without `-f`, is content with an error.
//!
//! Paths of different depth (`/health` and `/health/ready`) agree; so does everything that the
//! source serves.
//!
//! # Example
//! ```yaml bad
//! //- /web/Dockerfile
//! FROM python:3.13-slim
//! COPY app.py .
//! HEALTHCHECK CMD curl -f http://localhost:8000/health
//! CMD ["uvicorn", "app:app"]
//! //- /web/app.py
//! @app.get("/health")
//! def health(): ...
//! //- /deploy.yaml
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
//!           readinessProbe: {httpGet: {path: /healthz, port: 8000}}
//! ```
//! ```yaml good
//! //- /web/Dockerfile
//! FROM python:3.13-slim
//! COPY app.py .
//! HEALTHCHECK CMD curl -f http://localhost:8000/health
//! CMD ["uvicorn", "app:app"]
//! //- /web/app.py
//! @app.get("/health")
//! def health(): ...
//! //- /deploy.yaml
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
//!           readinessProbe: {httpGet: {path: /health, port: 8000}}
//! ```
//!
//! # References
//! - <https://docs.docker.com/reference/dockerfile/#healthcheck>
//! - <https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/>

use plimsoll_k8s::Role;
use plimsoll_links::facts::environment::Environment;
use plimsoll_links::facts::health::{self, Endpoint};
use plimsoll_links::facts::image::Image;
use plimsoll_links::facts::runner::Runner;
use plimsoll_links::facts::sources::Hit;
use plimsoll_source::{Confidence, Place, Severity};

use super::runners;
use crate::{Check, ContainerInput, Cx, FixKind, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "healthcheck-probe-mismatch",
    summary: "health check and probes ask for different paths, and not both are served",
    since: "0.1.0",
    severity: Severity::Warning,
    confidence: Confidence::High,
    strictness: Strictness::Default,
    fix: FixKind::None,
    aliases: &[],
    checks: &[Check::Container(check)],
};

/// A path that is asked, and by what.
struct Asked {
    /// Without a slash at its end.
    path: String,
    /// As it is written.
    written: String,
    place: Place,
    what: &'static str,
}

fn check(cx: &mut Cx<'_>, input: &ContainerInput<'_>) {
    let container = input.container;
    if !matches!(container.role(), Role::App | Role::Sidecar) || container.probes().next().is_none()
    {
        return;
    }
    let runner = runners::container(cx, input);
    let links = cx.links;
    let image = links
        .image_of(&Runner::Container(runner))
        .map(|(image, _)| image);
    let mut checks: Vec<Asked> = Vec::new();
    if let Some(image) = image {
        checks.extend(asked(health::of_image(image), "HEALTHCHECK asks it"));
    }
    for service in runners::same_services(links, &runner, image) {
        let environment = Environment::of_service(cx.project, &service);
        checks.extend(asked(
            health::of_service(&service, &environment),
            "the Compose service's `healthcheck` asks it",
        ));
    }
    if checks.is_empty() {
        return;
    }
    let environment = Environment::of_container(links, &runner);
    let probes: Vec<Asked> = container
        .probes()
        .filter_map(|probe| {
            let place = probe.handler()?.path().and_then(|path| path.node);
            let mut endpoint = health::of_probe(&runner, &probe, &environment)?;
            if let Some(node) = place {
                endpoint.place = cx.place(node.range());
            }
            asked(vec![endpoint], probe.role().field()).pop()
        })
        .collect();
    if probes.is_empty() {
        return;
    }
    let agrees = |check: &Asked| probes.iter().any(|probe| refines(&probe.path, &check.path));
    if checks.iter().any(agrees) {
        return;
    }
    judge(cx, image, &checks, &probes);
}

/// The paths that say something: not the root, which any server answers.
fn asked(endpoints: Vec<Endpoint>, what: &'static str) -> Vec<Asked> {
    endpoints
        .into_iter()
        .filter_map(|endpoint| {
            let written = endpoint.path?;
            let path = written.trim_end_matches('/').to_owned();
            (!path.is_empty()).then_some(Asked {
                path,
                written,
                place: endpoint.place,
                what,
            })
        })
        .collect()
}

/// Whether one path is the other, or goes on from it.
fn refines(a: &str, b: &str) -> bool {
    let goes_on = |long: &str, short: &str| {
        long.strip_prefix(short)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    goes_on(a, b) || goes_on(b, a)
}

fn judge(cx: &mut Cx<'_>, image: Option<Image<'_>>, checks: &[Asked], probes: &[Asked]) {
    let sources = image.map(|image| cx.links.sources(image));
    let served = |path: &str| -> Option<Hit> { sources.as_ref()?.serves(path) };
    for check in checks {
        let check_served = served(&check.path);
        for probe in probes {
            // The same below a path that only one of the two sets before all.
            let is_below = |a: &str, b: &str| a.ends_with(b) || a.contains(&format!("{b}/"));
            if is_below(&probe.path, &check.path) || is_below(&check.path, &probe.path) {
                continue;
            }
            let probe_served = served(&probe.path);
            let (wrong, right, hit) = match (&check_served, &probe_served) {
                (Some(_), Some(_)) => continue,
                (Some(hit), None) => (probe, check, Some(hit)),
                (None, Some(hit)) => (check, probe, Some(hit)),
                // Where the source serves neither only a slip is told from two endpoints.
                (None, None) if is_slip(&check.path, &probe.path) => (probe, check, None),
                (None, None) => continue,
            };
            let draft = cx.report_at(
                wrong.place,
                format!(
                    "`{}` is asked here, and `{}` elsewhere",
                    wrong.written, right.written
                ),
            );
            draft.related(right.place, right.what.to_owned());
            match hit {
                Some(hit) => draft.note(format!(
                    "`{}:{}` serves `{}`; `{}` is nowhere in the source",
                    hit.path, hit.line, right.written, wrong.written
                )),
                None => draft.confidence(Confidence::Medium).note(
                    "the two differ by a letter or two, so that one of them is likely misspelt",
                ),
            };
            draft.help(format!("ask `{}` in both places", right.written));
            return;
        }
    }
}

fn is_slip(a: &str, b: &str) -> bool {
    a.len() > 4
        && !has_z_twin(a, b)
        && !has_z_twin(b, a)
        && plimsoll_source::nearest::nearest(a, [b]).is_some()
}

/// Whether two paths are a pair that programs serve side by side, `/health` and `/healthz`: then
/// neither is the other misspelt. What Spring Boot serves below `/actuator` has no such twins.
fn has_z_twin(long: &str, short: &str) -> bool {
    const TWINS: [&str; 8] = [
        "alive", "check", "health", "live", "ping", "ready", "startup", "status",
    ];
    let last = short.rsplit(['/', '-', '_']).next().unwrap_or(short);
    long.strip_suffix('z') == Some(short)
        && TWINS.contains(&last)
        && !short.split('/').any(|part| part == "actuator")
}

#[cfg(test)]
mod tests {
    use super::{RULE, refines};
    use crate::testing::{Case, on};

    #[track_caller]
    fn with(check: &str, probe: &str, source: &str) -> Case {
        on(&RULE).files(&format!(
            "//- /web/Dockerfile\nFROM python:3.13\nCOPY . .\nHEALTHCHECK CMD curl -f http://localhost:8000{check}\nCMD [\"a\"]\n//- /web/app.py\n{source}\n//- /k.yaml\napiVersion: v1\nkind: Pod\nmetadata: {{name: web}}\nspec:\n  containers:\n  - name: web\n    image: ghcr.io/acme/web:1\n    livenessProbe:\n      httpGet:\n        path: {probe}\n        port: 8000\n"
        ))
    }

    #[test]
    fn paths_that_are_not_served_are_found() {
        with("/health", "/healthz", "get('/health')").flags(&["k.yaml:10: /healthz"]);
        with("/healthz", "/health", "get('/health')")
            .flags(&["web/Dockerfile:3: http://localhost:8000/healthz"]);
        with("/up", "/live", "get('/up')").flags(&["k.yaml:10: /live"]);
        // A word of the answer is no path.
        with(
            "/health",
            "/healthy",
            "get('/health')\nreply({'status': 'healthy'})",
        )
        .flags(&["k.yaml:10: /healthy"]);
        // What a library serves: a slip all the same.
        with("/health", "/helth", "x = 1").flags(&["k.yaml:10: /helth"]);
        on(&RULE)
            .files("//- /compose.yaml\nservices:\n  web:\n    image: ghcr.io/acme/web:1\n    healthcheck: {test: [CMD, curl, 'http://localhost/helth']}\n//- /k.yaml\napiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers:\n  - name: web\n    image: ghcr.io/acme/web:1\n    livenessProbe: {httpGet: {path: /health, port: 80}}\n")
            .flags(&["k.yaml:8: /health"]);
    }

    #[test]
    fn a_slash_at_the_end_of_the_right_path_is_kept() {
        let help = |right: &str| {
            let case = with("/up", right, "get('/live/')");
            case.help()
        };
        assert_eq!(help("/live/"), "ask `/live/` in both places");
        assert_eq!(help("/live"), "ask `/live` in both places");
        with("/live", "/live/", "get('/live/')").clean();
    }

    #[test]
    fn a_z_too_many_is_a_slip_where_nobody_serves_such_a_pair() {
        with("/actuator/health", "/actuator/healthz", "x = 1")
            .flags(&["k.yaml:10: /actuator/healthz"]);
        with("/health/livenessz", "/health/liveness", "x = 1")
            .flags(&["k.yaml:10: /health/liveness"]);
        with("/api/health", "/api/healthz", "x = 1").clean();
        with("/app-ready", "/app-readyz", "x = 1").clean();
    }

    #[test]
    fn paths_that_agree_or_are_both_served_are_left_alone() {
        with("/health", "/health", "").clean();
        with("/health", "/health/live", "get('/health')").clean();
        with("/health", "/healthz", "get('/health')\nget('/healthz')").clean();
        with("/", "/healthz", "get('/healthz')").clean();
        with("/up", "/live", "x = 1").clean();
        with("/ready", "/live", "x = 1").clean();
        with("/health", "/ready", "").clean();
    }

    #[test]
    fn a_manifest_that_the_image_takes_along_serves_nothing() {
        on(&RULE)
            .files("//- /Dockerfile\nFROM python:3.13\nCOPY . .\nHEALTHCHECK CMD curl -f http://localhost:80/health\nCMD [\"a\"]\n//- /web/app.py\nget('/health')\n//- /k.yaml\napiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers:\n  - name: web\n    image: ghcr.io/acme/web:1\n    livenessProbe:\n      httpGet:\n        path: /live\n        port: 80\n")
            .flags(&["k.yaml:10: /live"]);
    }

    #[test]
    fn paths_refine_each_other() {
        assert!(refines("/health", "/health/ready") && refines("/a/b", "/a"));
        assert!(!refines("/health", "/healthz"));
    }

    #[test]
    fn a_path_below_a_prefix_is_the_same_one() {
        let files = |probe: &str| {
            format!(
                "//- /web/Dockerfile\nFROM debian:13\nCOPY a.py /\nHEALTHCHECK CMD curl -f http://localhost:8080/health\nCMD [\"python3\", \"/a.py\"]\n//- /web/a.py\n@app.get(\"/health\")\n//- /k.yaml\napiVersion: v1\nkind: Pod\nmetadata: {{name: web}}\nspec:\n  containers:\n  - name: web\n    image: ghcr.io/acme/web:1\n    readinessProbe: {{httpGet: {{path: {probe}, port: 8080}}}}\n"
            )
        };
        on(&RULE).files(&files("/api/health/ready")).clean();
        assert_eq!(on(&RULE).files(&files("/ready")).findings.len(), 1);
    }
}
