//! Which other Compose files may be merged with one, and what they say.

use plimsoll_compose::{Build, ComposeFile, NameRole, ResourceKind, Service, role_of_path};
use plimsoll_dockerfile::{Base, Body, Healthcheck, Stage};
use plimsoll_oci::Reference;
use plimsoll_project::{ComposeUnit, DockerfileUnit, Project};
use plimsoll_source::files::{join, parent};

use super::backing::lacks_healthcheck;

/// The other files that may be merged with this one: those beside it, and where either has the
/// name of a variant (`docker-compose.prod.yml`), those above and below it, as `-f` joins them.
pub(crate) fn merged_with<'a>(
    project: &'a Project,
    unit: &'a ComposeUnit,
) -> impl Iterator<Item = ComposeFile<'a>> {
    merged_units(project, unit).filter_map(|other| ComposeFile::new(&other.tree))
}

fn merged_units<'a>(
    project: &'a Project,
    unit: &'a ComposeUnit,
) -> impl Iterator<Item = &'a ComposeUnit> {
    let path = project.path(unit.file);
    let (dir, variant) = (parent(path), is_variant(path));
    project
        .composes
        .iter()
        .filter(move |other| other.file != unit.file)
        .filter(move |other| {
            // Asked of every pair of files: what a name says is asked last.
            let path = project.path(other.file);
            let other = parent(path);
            dir == other
                || nested(dir, other) && (variant || is_variant(path))
                || variant && parent(dir) == parent(other) && is_variant(path)
        })
}

fn is_variant(path: &str) -> bool {
    role_of_path(path) != NameRole::Main
}

/// Whether one folder is the other or lies below it.
fn nested(one: &str, two: &str) -> bool {
    let below = |dir: &str, top: &str| {
        top.is_empty()
            || dir
                .strip_prefix(top)
                .is_some_and(|rest| rest.starts_with('/'))
    };
    below(one, two) || below(two, one)
}

/// Whether a file that may be merged says one of these keys of the service.
pub(crate) fn says<'a>(
    project: &'a Project,
    unit: &'a ComposeUnit,
    service: &str,
    keys: &[&str],
) -> bool {
    merged_with(project, unit)
        .filter_map(|file| file.service(service))
        .any(|other| keys.iter().any(|key| other.node().present(key).is_some()))
}

/// Whether a file that may be merged defines the service.
pub(crate) fn defines_service<'a>(project: &'a Project, unit: &'a ComposeUnit, name: &str) -> bool {
    merged_with(project, unit).any(|file| file.names_service(name))
}

/// Whether a file that may be merged defines the resource.
pub(crate) fn defines<'a>(
    project: &'a Project,
    unit: &'a ComposeUnit,
    kind: ResourceKind,
    name: &str,
) -> bool {
    merged_with(project, unit).any(|file| file.resource(kind, name).is_some())
}

/// Whether another file takes services of this one over with `extends`, so that it need not
/// stand by itself.
pub(crate) fn is_extended(project: &Project, unit: &ComposeUnit) -> bool {
    is_named_by_another(project, unit, |file| {
        file.services()
            .filter_map(|service| service.extends()?.file())
            .collect()
    })
}

/// Whether another file includes this one: what the two and all others that it includes name is
/// looked for in all of them.
pub(crate) fn is_included(project: &Project, unit: &ComposeUnit) -> bool {
    is_named_by_another(project, unit, |file| {
        file.includes()
            .flat_map(plimsoll_compose::Include::paths)
            .collect()
    })
}

/// Whether one of the paths that another file gives leads here.
fn is_named_by_another<'p>(
    project: &'p Project,
    unit: &ComposeUnit,
    paths: impl Fn(ComposeFile<'p>) -> Vec<plimsoll_compose::Value<'p>>,
) -> bool {
    let path = project.path(unit.file);
    let mut others = project.composes.iter();
    others.any(|other| {
        let dir = parent(project.path(other.file));
        other.file != unit.file
            && ComposeFile::new(&other.tree).is_some_and(|file| {
                paths(file)
                    .into_iter()
                    .filter_map(|from| join(dir, &from.with_defaults()?))
                    .any(|from| from == path)
            })
    })
}

/// Whether a resource that the file does not define is one of another file of the project: a file
/// that names such and has no section for them never stands alone.
pub(crate) fn is_of_another_file(
    project: &Project,
    file: ComposeFile<'_>,
    kind: ResourceKind,
    name: &str,
) -> bool {
    file.resources(kind).next().is_none()
        && project
            .composes
            .iter()
            .filter_map(|other| ComposeFile::new(&other.tree))
            .any(|other| other.resource(kind, name).is_some())
}

/// Whether a service that the file does not define is one of another file of the project, and the
/// file never stands alone: it names networks of others, too.
pub(crate) fn is_service_of_another_file(
    project: &Project,
    file: ComposeFile<'_>,
    name: &str,
) -> bool {
    let is_fragment = file.services().any(|service| {
        service.networks().any(|network| {
            network.name.with_defaults().is_some_and(|network| {
                is_of_another_file(project, file, ResourceKind::Network, &network)
            })
        })
    });
    is_fragment
        && project
            .composes
            .iter()
            .filter_map(|other| ComposeFile::new(&other.tree))
            .any(|other| other.names_service(name))
}

/// Whether the path says that the file serves tests, whose services live for minutes.
pub(crate) fn is_for_tests(path: &str) -> bool {
    const WORDS: [&str; 16] = [
        "test",
        "tests",
        "testing",
        "e2e",
        "ci",
        "integration",
        "bench",
        "benchmark",
        "benchmarks",
        "fixtures",
        "testdata",
        "spec",
        "acceptance",
        "smoke",
        "github",
        "testenv",
    ];
    path.split(['/', '.', '-', '_'])
        .any(|word| WORDS.contains(&word.to_ascii_lowercase().as_str()))
}

/// The Dockerfile that a service is built from, if it is a file of the project.
pub(crate) fn dockerfile_of<'a>(
    project: &'a Project,
    unit: &ComposeUnit,
    build: Build<'_>,
) -> Option<&'a DockerfileUnit> {
    built_from(project, unit, build, build)
}

/// The Dockerfiles that a service may be built from where its file is laid over others that say
/// more of its build: what this one leaves open is theirs. `None` where one of them cannot be told;
/// none where there is nothing to lay it over.
pub(crate) fn dockerfiles_below<'a>(
    project: &'a Project,
    unit: &'a ComposeUnit,
    service: &str,
    build: Build<'_>,
) -> Option<Vec<&'a DockerfileUnit>> {
    let is_whole = build.dockerfile().is_some() && build.context().is_some();
    if is_whole || !is_variant(project.path(unit.file)) {
        return Some(Vec::new());
    }
    let below = merged_units(project, unit).filter_map(|other| {
        let build = ComposeFile::new(&other.tree)?.service(service)?.build()?;
        let says_more = build.context().is_some() || build.dockerfile().is_some();
        says_more.then_some((other, build))
    });
    below
        .map(|(other, base)| built_from(project, other, base, build))
        .collect()
}

/// The Dockerfile of a build whose keys are `over`'s, and `base`'s where that says nothing.
fn built_from<'a>(
    project: &'a Project,
    unit: &ComposeUnit,
    base: Build<'_>,
    over: Build<'_>,
) -> Option<&'a DockerfileUnit> {
    let is_inline = |build: Build<'_>| build.dockerfile_inline().is_some();
    if is_inline(base) || is_inline(over) {
        return None;
    }
    let named = if over.context().is_some() { over } else { base };
    if named.is_remote() {
        return None;
    }
    let dir = parent(project.path(unit.file));
    let context = named.context_text()?;
    if context.starts_with(['/', '~']) {
        return None;
    }
    let context = join(dir, &context)?;
    let name = match over.dockerfile().or_else(|| base.dockerfile()) {
        None => "Dockerfile".into(),
        Some(name) => name.with_defaults()?,
    };
    if name.starts_with('/') {
        return None;
    }
    dockerfile_at(project, &join(&context, &name)?)
}

/// The Dockerfile with this path.
pub(crate) fn dockerfile_at<'a>(project: &'a Project, path: &str) -> Option<&'a DockerfileUnit> {
    project
        .dockerfiles
        .iter()
        .find(|unit| project.path(unit.file) == path)
}

/// The stage that a service's image is, following `target`.
pub(crate) fn stage_of<'d>(dockerfile: &'d DockerfileUnit, build: Build<'_>) -> Option<&'d Stage> {
    match build.target() {
        None => dockerfile.build.final_stage(),
        Some(target) => {
            let target = target.with_defaults()?;
            dockerfile
                .build
                .stage_named(&target, dockerfile.build.stages.len())
        }
    }
}

/// Whether the image certainly carries no health check: none of its stages sets one, and its
/// base image is known to have none. A stage that switches the check off counts too.
pub(crate) fn built_without_healthcheck(dockerfile: &DockerfileUnit, stage: &Stage) -> bool {
    let build = &dockerfile.build;
    let mut stage = stage;
    for _ in 0..=build.stages.len() {
        if let Some(index) = stage.healthcheck {
            return matches!(
                build
                    .file
                    .instructions
                    .get(index)
                    .map(|instruction| &instruction.body),
                Some(Body::Healthcheck(Healthcheck::None))
            );
        }
        match &stage.base {
            Base::Scratch => return true,
            Base::Image(name) => {
                return Reference::parse(name).is_ok_and(|image| lacks_healthcheck(&image));
            }
            Base::Unresolved(_) => return false,
            Base::Stage(index) => match build.stages.get(*index) {
                Some(base) => stage = base,
                None => return false,
            },
        }
    }
    false
}

/// Whether a service's image carries a health check: `Some(false)` only where that is certain.
pub(crate) fn image_has_healthcheck(
    project: &Project,
    unit: &ComposeUnit,
    service: Service<'_>,
) -> Option<bool> {
    if let Some(build) = service.build() {
        let dockerfile = dockerfile_of(project, unit, build)?;
        let stage = stage_of(dockerfile, build)?;
        return built_without_healthcheck(dockerfile, stage).then_some(false);
    }
    let image = super::backing::image_of(service)?;
    lacks_healthcheck(&image).then_some(false)
}

#[cfg(test)]
mod tests {
    use super::{is_for_tests, nested};

    #[test]
    fn paths_of_tests_are_known() {
        for path in [
            "docker-compose.test.yml",
            "tests/compose.yaml",
            ".github/compose.yaml",
            "ci/a.yml",
        ] {
            assert!(is_for_tests(path), "{path}");
        }
        for path in [
            "compose.yaml",
            "contest/compose.yaml",
            "latest.yml",
            "circus/compose.yaml",
        ] {
            assert!(!is_for_tests(path), "{path}");
        }
    }

    #[test]
    fn folders_lie_within_each_other() {
        assert!(nested("", "deploy"));
        assert!(nested("a/b", "a"));
        assert!(!nested("a", "b"));
        assert!(!nested("ab", "a"));
    }
}
