//! What the resolved projects of a Compose file say where its own text is not all there is:
//! override files, files laid over others, `extends` and `include`.

use plimsoll_compose::resolve::{
    Category, LinkKind, Reason, Records, Refusal, Resolved, ResolvedBuild, ResolvedService, Trace,
};
use plimsoll_compose::{ComposeFile, Condition, ResourceKind, Service};
use plimsoll_dockerfile::Stage;
use plimsoll_oci::Reference;
use plimsoll_project::compose::path_in_tree;
use plimsoll_project::{ComposeProject, ComposeUnit, DockerfileUnit, Project};
use plimsoll_source::files::join;
use plimsoll_source::{Place, TextRange};

use super::backing::lacks_healthcheck;
use super::siblings;
use crate::ComposeInput;

/// Whether the file alone does not tell what its services are.
pub(crate) fn is_partial(input: &ComposeInput<'_>) -> bool {
    input.unit.is_override || !input.file.is_whole()
}

/// Whether a service takes something from another file with `extends`.
pub(crate) fn extends_elsewhere(file: ComposeFile<'_>, service: Service<'_>) -> bool {
    let mut service = service;
    for _ in 0..8 {
        let Some(extends) = service.extends() else {
            return false;
        };
        if extends.file().is_some() {
            return true;
        }
        let base = extends.service().and_then(plimsoll_compose::Value::literal);
        match base.and_then(|base| file.service(&base)) {
            Some(base) => service = base,
            None => return false,
        }
    }
    false
}

/// A name that a project of the file does not define.
pub(crate) struct Missing<'p> {
    /// Where in the file this can be mended.
    pub(crate) range: TextRange,
    /// Whether it is written there; else a service takes it over from another file.
    pub(crate) is_own: bool,
    /// Where it is written, if it is not there and that file is under review.
    pub(crate) written: Option<Place>,
    /// What is missing.
    pub(crate) reason: &'p Reason,
    pub(crate) resolved: &'p Resolved,
}

/// What no project of the file defines, as far as this file is to blame: what it says itself, and
/// what its services take from others.
pub(crate) fn missing<'p>(project: &'p Project, unit: &ComposeUnit) -> Vec<Missing<'p>> {
    let mut found: Vec<Missing<'p>> = Vec::new();
    let sets = project.compose_projects_with(unit);
    let sets: Vec<_> = sets.map(|set| (set, set.resolved())).collect();
    let all = sets.iter().filter_map(|(_, resolved)| *resolved);
    let is_somewhere = |reason: &Reason| all.clone().any(|resolved| defines(resolved, reason));
    for (set, resolved) in &sets {
        let Some(resolved) = *resolved else {
            // Whatever is missing, the project that cannot be read may have it.
            return Vec::new();
        };
        let certain = is_certain(resolved);
        for refusal in resolved.tolerated() {
            let counts = match refusal.reason {
                Reason::Undefined { .. } => certain && !is_somewhere(&refusal.reason),
                Reason::ExtendsUnknown { .. } => true,
                _ => false,
            };
            if !counts {
                continue;
            }
            let Some((range, is_own)) = blamed(project, unit, set, refusal) else {
                continue;
            };
            if found
                .iter()
                .all(|known| known.range != range || *known.reason != refusal.reason)
            {
                let written = refusal.spot.filter(|_| !is_own);
                found.push(Missing {
                    range,
                    is_own,
                    written: written.and_then(|spot| set.place(project, spot)),
                    reason: &refusal.reason,
                    resolved,
                });
            }
        }
    }
    found
}

/// Whether the file is started together with others, and what they come to is so.
pub(crate) fn is_laid_with(
    project: &Project,
    unit: &ComposeUnit,
    holds: impl Fn(&Resolved) -> bool,
) -> bool {
    let mut sets = project.compose_projects_with(unit);
    sets.any(|set| set.units.len() > 1 && set.resolved().is_some_and(&holds))
}

fn defines(resolved: &Resolved, reason: &Reason) -> bool {
    let Reason::Undefined { kind, name, .. } = reason else {
        return false;
    };
    match resource_kind(kind) {
        Some(kind) => resolved.defines(kind, name),
        None => resolved.defines_service(name),
    }
}

/// The kind of resource that a reason speaks of; `None` for services.
pub(crate) fn resource_kind(noun: &str) -> Option<ResourceKind> {
    use ResourceKind::{Config, Model, Network, Secret, Volume};
    let kinds = [Volume, Network, Secret, Config, Model];
    kinds.into_iter().find(|kind| kind.noun() == noun)
}

/// Whether everything that could define something was read, and nothing is evidently a part of
/// something larger.
fn is_certain(resolved: &Resolved) -> bool {
    let has_image = |service: &str| {
        let service = resolved.service(service);
        service.is_some_and(|service| service.item().get("image").is_some())
    };
    let mut reasons = resolved.tolerated().iter().map(|refusal| &refusal.reason);
    reasons.all(|reason| match reason {
        // Its image may be what a variable says.
        Reason::NothingToRun { service } => has_image(service),
        reason => !matches!(
            reason.category(),
            Category::File
                | Category::Yaml
                | Category::Merge
                | Category::Include
                | Category::Extends
                | Category::Schema
                | Category::Limit
        ),
    })
}

/// The range in the file that is to blame for a refusal, if one is, and whether the name itself is
/// written there. A service that extends another has to have what that one needs;
/// a file that is included stands for itself.
fn blamed(
    project: &Project,
    unit: &ComposeUnit,
    set: &ComposeProject,
    refusal: &Refusal,
) -> Option<(TextRange, bool)> {
    let spot = refusal.spot?;
    if set.records().text(spot).contains('$') {
        return None;
    }
    let extends = refusal.chain.iter();
    let outermost = extends
        .take_while(|(kind, _)| *kind == LinkKind::Extends)
        .last();
    let blamed = outermost.map_or(spot, |(_, spot)| *spot);
    let place = set.place(project, blamed)?;
    (place.file == unit.file).then_some((place.range, blamed == spot))
}

/// A service as every project of a file has it.
pub(crate) struct Everywhere<'p> {
    found: Vec<(&'p ComposeProject, &'p Resolved, ResolvedService<'p>)>,
}

/// The service of this name in the projects of a file. `None` where one of them lacks it or
/// cannot be read.
pub(crate) fn everywhere<'p>(
    project: &'p Project,
    unit: &ComposeUnit,
    name: &str,
) -> Option<Everywhere<'p>> {
    let mut found = Vec::new();
    for set in project.compose_projects_with(unit) {
        let resolved = set.resolved().filter(|resolved| is_certain(resolved))?;
        found.push((set, resolved, resolved.service(name)?));
    }
    (!found.is_empty()).then_some(Everywhere { found })
}

impl<'p> Everywhere<'p> {
    /// Where the service is first named, if that file is under review.
    pub(crate) fn head(&self, project: &Project) -> Option<Place> {
        let (set, _, service) = self.found.first()?;
        set.place(project, service.head().spot()?)
    }

    /// Whether all of them agree to this.
    pub(crate) fn all(&self, mut holds: impl FnMut(ResolvedService<'p>) -> bool) -> bool {
        self.found.iter().all(|(_, _, service)| holds(*service))
    }

    /// The image that all of them run as it is pulled.
    pub(crate) fn image(&self) -> Option<Reference> {
        let mut image = None;
        for (_, resolved, service) in &self.found {
            let here = pulled(resolved.records(), *service)?;
            if image.as_ref().is_some_and(|known| *known != here) {
                return None;
            }
            image = Some(here);
        }
        image
    }

    /// Whether it waits for the other one in this way.
    pub(crate) fn waits(&self, other: &str, condition: Condition) -> bool {
        self.all(|service| {
            let mut dependencies = service.depends_on();
            dependencies.any(|known| known.name() == other && known.condition() == condition)
        })
    }

    /// Whether its health is checked: `Some(false)` where there is certainly no check.
    pub(crate) fn is_checked(&self, project: &Project) -> Option<bool> {
        let mut outcome = None;
        for (_, resolved, service) in &self.found {
            let here = is_checked(project, resolved.records(), *service)?;
            if outcome.is_some_and(|known| known != here) {
                return None;
            }
            outcome = Some(here);
        }
        outcome
    }
}

fn is_checked(project: &Project, records: &Records, service: ResolvedService<'_>) -> Option<bool> {
    if let Some(check) = service.healthcheck() {
        if check.is_off() {
            return Some(false);
        }
        if !check.test().is_empty() {
            return Some(true);
        }
    }
    if let Some(build) = service.build() {
        let dockerfile = dockerfile_of(project, records, build)?;
        let stage = stage_of(dockerfile, records, build)?;
        return siblings::built_without_healthcheck(dockerfile, stage).then_some(false);
    }
    let image = pulled(records, service)?;
    lacks_healthcheck(&image).then_some(false)
}

/// The image that a service pulls; where a variable decides over the tag alone, without it.
fn pulled(records: &Records, service: ResolvedService<'_>) -> Option<Reference> {
    if service.build().is_some() {
        return None;
    }
    let image = service.image()?;
    if !records.is_unknown(image.trace) {
        return Reference::parse(image.text).ok();
    }
    // `postgres:${VERSION}` is PostgreSQL whatever the version.
    let written = records.text(image.trace.spot()?);
    let head = written.trim_start_matches(['"', '\'']).split('$').next()?;
    let name = head.rsplit_once(':').map(|(name, _)| name)?;
    let rest = image.text.strip_prefix(name)?;
    (!name.is_empty() && !rest.contains('/')).then(|| Reference::parse(name).ok())?
}

/// The Dockerfile that a service is built from, if it is a file of the project.
fn dockerfile_of<'p>(
    project: &'p Project,
    records: &Records,
    build: ResolvedBuild<'_>,
) -> Option<&'p DockerfileUnit> {
    let known = |trace: Trace| !records.is_unknown(trace);
    if build.item().get("dockerfile_inline").is_some() {
        return None;
    }
    let context = build.context().filter(|text| known(text.trace))?;
    let context = path_in_tree(context.text)?;
    let path = match build.dockerfile() {
        None => join(context, "Dockerfile")?,
        Some(name) if !known(name.trace) => return None,
        Some(name) => match path_in_tree(name.text) {
            Some(path) => path.to_owned(),
            None if name.text.starts_with('/') => return None,
            None => join(context, name.text)?,
        },
    };
    siblings::dockerfile_at(project, &path)
}

fn stage_of<'p>(
    dockerfile: &'p DockerfileUnit,
    records: &Records,
    build: ResolvedBuild<'_>,
) -> Option<&'p Stage> {
    match build.target() {
        None => dockerfile.build.final_stage(),
        Some(target) if records.is_unknown(target.trace) => None,
        Some(target) => {
            let stages = &dockerfile.build;
            stages.stage_named(target.text, stages.stages.len())
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::compose::undefined_reference::RULE;
    use crate::testing::on;

    #[test]
    fn files_that_the_head_says_are_started_together_define_for_each_other() {
        let with = |head: &str| {
            on(&RULE).files(&format!(
                "//- /deploy/compose/docker-compose.yml\nservices:\n  db: {{image: 'postgres:18'}}\n\
                 //- /examples/docker-compose.yml\n{head}\nservices:\n  web:\n    image: acme/web:1\n    depends_on: [db]\n"
            ))
        };
        let over =
            "docker compose -f deploy/compose/docker-compose.yml -f examples/docker-compose.yml up";
        with(&format!("# From the root:\n#   {over} --build")).clean();
        with("# docker compose -f examples/docker-compose.yml up")
            .flags(&["examples/docker-compose.yml:5: db"]);
        let gone = over.replace("deploy/compose", "deploy");
        with(&format!("# {gone}")).flags(&["examples/docker-compose.yml:5: db"]);
    }
}
