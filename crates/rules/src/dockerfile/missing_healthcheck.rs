//! # What it does
//! Finds images that serve on a port, are run by plain Docker or Compose, and have no health
//! check: neither HEALTHCHECK in the Dockerfile nor `healthcheck:` in the Compose service.
//!
//! # Why it matters
//! Without one Docker knows only whether the process exists. Other services cannot wait until it
//! serves (`condition: service_healthy`), and a hung process looks well. Kubernetes ignores
//! HEALTHCHECK and has its own probes, so this rule is silent in projects that hold manifests for
//! it, unless a Compose service builds the image.
//!
//! # Example
//! ```dockerfile bad
//! FROM node:22-alpine
//! EXPOSE 3000
//! CMD ["node", "server.js"]
//! ```
//! ```dockerfile good
//! FROM node:22-alpine
//! EXPOSE 3000
//! HEALTHCHECK CMD wget -qO- http://localhost:3000/health || exit 1
//! CMD ["node", "server.js"]
//! ```
//!
//! # References
//! - <https://docs.docker.com/reference/dockerfile/#healthcheck>

use plimsoll_compose::{ComposeFile, Service};
use plimsoll_links::{LinkKind, Thing};
use plimsoll_project::Project;
use plimsoll_source::{Confidence, Severity};

use super::shipped::{before_start, shipped, starts_process};
use crate::{Alias, Check, Cx, DockerfileInput, FixKind, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "missing-healthcheck",
    summary: "an image that serves has no health check",
    since: "0.1.0",
    severity: Severity::Note,
    confidence: Confidence::Medium,
    strictness: Strictness::Pedantic,
    fix: FixKind::None,
    aliases: &[
        Alias {
            tool: "hadolint",
            id: "DL3057",
        },
        Alias {
            tool: "checkov",
            id: "CKV_DOCKER_2",
        },
        Alias {
            tool: "trivy",
            id: "DS-0026",
        },
        Alias {
            tool: "dockle",
            id: "CIS-DI-0006",
        },
    ],
    checks: &[Check::Dockerfile(check)],
};

fn check(cx: &mut Cx<'_>, input: &DockerfileInput<'_>) {
    let build = &input.unit.build;
    let Some(stage) = shipped(input.unit) else {
        return;
    };
    if stage.healthcheck.is_some() || stage.exposed.is_empty() || !starts_process(stage) {
        return;
    }
    let services = services_of(cx, input);
    let by_compose = !services.is_empty();
    let checked = services
        .iter()
        .any(|service| service.healthcheck().is_some());
    if checked || (!by_compose && runs_elsewhere(cx.project)) {
        return;
    }
    let Some(at) = before_start(build, stage) else {
        return;
    };
    cx.report(
        at.keyword_range,
        "the image serves on a port and has no health check",
    )
    .note("Docker knows only whether the process exists, and no service can wait for it")
    .help("add `HEALTHCHECK CMD …` that asks the service with a program that the image has")
    .subject(format!("stage/{}", stage.index));
}

/// Whether the project is run on Kubernetes, where HEALTHCHECK means nothing.
fn runs_elsewhere(project: &Project) -> bool {
    !project.manifests.is_empty()
        || project
            .not_reviewed
            .iter()
            .any(|file| file.reason == plimsoll_project::Reason::ChartTemplate)
}

/// The Compose services that build the Dockerfile.
fn services_of<'a>(cx: &Cx<'a>, input: &DockerfileInput<'_>) -> Vec<Service<'a>> {
    let (project, links) = (cx.project, cx.links);
    let units = &project.dockerfiles;
    let Some(dockerfile) = units.iter().position(|unit| unit.file == input.unit.file) else {
        return Vec::new();
    };
    let dockerfile = dockerfile as u32;
    let stages = 0..input.unit.build.stages.len() as u32;
    stages
        .flat_map(|stage| links.to(&Thing::Stage { dockerfile, stage }))
        .filter(|link| link.kind == LinkKind::Builds)
        .filter_map(|link| match links.thing(link.from) {
            Thing::Service { compose, name } => {
                let unit = &project.composes[*compose as usize];
                ComposeFile::new(&unit.tree)?.service(name)
            }
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::on;

    const SERVER: &str = "FROM a:1\nEXPOSE 80\nCMD [\"a\"]\n";

    #[test]
    fn servers_without_a_check_are_found() {
        on(&RULE).dockerfile(SERVER).flags(&["3: CMD"]);
        on(&RULE)
            .dockerfile("FROM a:1 AS b\nEXPOSE 80\nFROM b\nENTRYPOINT [\"a\"]\n")
            .flags(&["4: ENTRYPOINT"]);
        on(&RULE)
            .files(&format!(
                "//- /Dockerfile\n{SERVER}//- /compose.yaml\nservices:\n  a:\n    build: .\n\
                 //- /k8s.yaml\napiVersion: v1\nkind: Service\nmetadata: {{name: a}}\n"
            ))
            .flags(&["Dockerfile:3: CMD"]);
    }

    #[test]
    fn checked_images_and_those_of_kubernetes_are_left_alone() {
        on(&RULE)
            .dockerfile("FROM a:1\nEXPOSE 80\nHEALTHCHECK NONE\nCMD [\"a\"]\n")
            .clean();
        on(&RULE).dockerfile("FROM a:1\nCMD [\"a\"]\n").clean();
        on(&RULE)
            .files(&format!(
                "//- /Dockerfile\n{SERVER}//- /k8s.yaml\napiVersion: v1\nkind: Service\nmetadata: {{name: a}}\n"
            ))
            .clean();
        on(&RULE)
            .files(&format!(
                "//- /app/Dockerfile\n{SERVER}//- /compose.yaml\nservices:\n  a:\n    build:\n      \
                 context: app\n    healthcheck: {{test: a}}\n"
            ))
            .clean();
    }
}
