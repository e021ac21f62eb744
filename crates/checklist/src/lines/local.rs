//! *Local development*.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use plimsoll_compose::resolve::{Reason, Refusal, Resolved};
use plimsoll_compose::{Condition, Service, Source};
use plimsoll_project::{ComposeProject, Project};
use plimsoll_source::files::file_name;
use plimsoll_source::{FileId, Place, TextRange};

use super::{Answer, Asked, Files, NO_COMPOSE, evidence};
use crate::{Evidence, Line};

pub(super) fn lines(asked: &Asked<'_, '_>) -> Vec<Line> {
    let runs = !asked.service.composes.is_empty();
    let with = |there: bool, why: &'static str, answer: Answer| {
        if !runs {
            Answer::Nothing(NO_COMPOSE)
        } else if there {
            answer
        } else {
            Answer::Nothing(why)
        }
    };
    let own = asked.compose_services(&asked.service.composes);
    let backing = asked.compose_services(&asked.service.backing);
    let gates = gates(&own);
    let volumes = volumes(own.iter().chain(&backing));
    let secrets = secrets(own.iter().chain(&backing));
    vec![
        asked.line(
            "backing-services-gated",
            "waits until the services it needs are healthy",
            &["depends-on-unready"],
            with(
                !backing.is_empty(),
                "it needs no other service",
                Answer::shown(gates),
            ),
        ),
        asked.line(
            "data-in-volumes",
            "data kept in named volumes",
            &["database-without-volume"],
            with(
                !volumes.is_empty(),
                "neither it nor a service that it needs keeps data",
                Answer::shown(volumes),
            ),
        ),
        asked.line(
            "local-secrets",
            "secrets in files that are not committed",
            &["env-file-not-ignored", "compose-inline-secret"],
            with(true, "", Answer::shown(secrets)),
        ),
        asked.line_in(
            Files::Compose,
            "local-images-pinned",
            "images of the services it needs pinned",
            &["unpinned-image"],
            with(
                !backing.is_empty(),
                "it needs no other service",
                Answer::shown(images(&backing)),
            ),
        ),
        asked.line(
            "compose-agrees",
            "profiles and overrides resolve, and what they refer to is defined",
            &["undefined-reference", "port-conflict"],
            with(true, "", resolution(asked)),
        ),
    ]
}

/// What Compose makes of the files, with their overrides and every profile on.
fn resolution(asked: &Asked<'_, '_>) -> Answer {
    let project = asked.project;
    let services = asked.service.composes.iter().chain(&asked.service.backing);
    let units: BTreeSet<usize> = services.map(|(compose, _)| *compose).collect();
    let (mut shown, mut refused) = (Vec::new(), Vec::new());
    let mut seen: Vec<&[usize]> = Vec::new();
    for unit in units {
        let unit = &project.composes[unit];
        let start = Place::new(unit.file, TextRange::new(0, 0));
        for set in project.compose_projects_with(unit) {
            if seen.contains(&&*set.units) {
                continue;
            }
            seen.push(&set.units);
            let (text, refusals) = match &set.outcome {
                Ok(resolved) => {
                    let text = what_resolves(project, set, resolved);
                    (Some(text), resolved.tolerated())
                }
                Err(unresolved) => (None, &*unresolved.refusals),
            };
            // What a clone lacks (env files, variables) is no fault of the files.
            let counts = |refusal: &&Refusal| {
                let named = matches!(
                    refusal.reason,
                    Reason::Undefined { .. } | Reason::ExtendsUnknown { .. }
                );
                text.is_none() || named
            };
            refused.extend(refusals.iter().filter(counts).map(|refusal| {
                let place = refusal.spot.and_then(|spot| set.place(project, spot));
                evidence(place.unwrap_or(start), refusal.reason.to_string())
            }));
            shown.extend(text.map(|text| evidence(start, text)));
        }
    }
    if refused.is_empty() {
        Answer::shown(shown)
    } else {
        Answer::Lacks(String::new(), refused)
    }
}

/// What a set of files comes to, in a few words.
fn what_resolves(project: &Project, set: &ComposeProject, resolved: &Resolved) -> String {
    let count = resolved.services().count();
    let noun = if count == 1 { "service" } else { "services" };
    let mut text = format!("{count} {noun}");
    let more = set.units.iter().skip(1).map(|unit| {
        let path = project.path(project.composes[*unit].file);
        format!("`{}`", file_name(path))
    });
    let more: Vec<String> = more.collect();
    if !more.is_empty() {
        let _ = write!(text, " with {}", more.join(", "));
    }
    let profiles = resolved.all_profiles();
    if !profiles.is_empty() {
        let noun = if profiles.len() == 1 {
            "profile"
        } else {
            "profiles"
        };
        let _ = write!(text, ", {noun} `{}`", profiles.join("`, `"));
    }
    text
}

/// What it waits for.
fn gates(own: &[(FileId, Service<'_>)]) -> Vec<Evidence> {
    let mut found = Vec::new();
    for (file, service) in own {
        for dependency in service.depends_on() {
            let how = match dependency.condition() {
                Condition::Healthy => "is healthy",
                Condition::Completed => "has completed",
                _ => continue,
            };
            let place = Place::new(*file, dependency.name_value().range());
            found.push(evidence(
                place,
                format!("waits until `{}` {how}", dependency.name()),
            ));
        }
    }
    found
}

/// Named volumes of its own and of the services that it needs.
fn volumes<'a, 's>(services: impl Iterator<Item = &'s (FileId, Service<'a>)>) -> Vec<Evidence>
where
    'a: 's,
{
    let mut found = Vec::new();
    for (file, service) in services {
        for mount in service.mounts() {
            if let (Some(Source::Named(Some(name))), Some(range)) =
                (mount.source(), mount.source_range())
            {
                let text = format!("`{}` keeps its data in the volume `{name}`", service.name());
                found.push(evidence(Place::new(*file, range), text));
            }
        }
    }
    found
}

/// The images of the services that it needs.
fn images(backing: &[(FileId, Service<'_>)]) -> Vec<Evidence> {
    let images = backing.iter().filter_map(|(file, service)| {
        let image = service.image()?;
        let text = format!("`{}`", image.text());
        Some(evidence(Place::new(*file, image.range()), text))
    });
    images.collect()
}

/// Where its secrets come from.
fn secrets<'a, 's>(services: impl Iterator<Item = &'s (FileId, Service<'a>)>) -> Vec<Evidence>
where
    'a: 's,
{
    let mut found = Vec::new();
    for (file, service) in services {
        for env in service.env_files() {
            let text = format!("settings from `{}`", env.path().text());
            found.push(evidence(Place::new(*file, env.path().range()), text));
        }
        for grant in service.secrets() {
            let text = format!("secret `{}`", grant.source().text());
            found.push(evidence(Place::new(*file, grant.source().range()), text));
        }
    }
    found
}
