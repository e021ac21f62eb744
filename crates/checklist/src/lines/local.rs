//! *Local development*.

use plimsoll_compose::{Condition, Service, Source};
use plimsoll_source::{FileId, Place};

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
            "what the Compose files refer to is defined",
            &["undefined-reference", "port-conflict"],
            with(true, "", Answer::shown(Vec::new())),
        ),
    ]
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
