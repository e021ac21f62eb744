//! The part of the rule `schema` that looks at Compose files.

use plimsoll_compose::schema::{self, Settings};
use plimsoll_source::Fix;

use crate::{ComposeInput, Cx};

/// Keys of a service in the first format; `obsolete-compose-key` tells what took their place.
pub(crate) const REMOVED: &[(&str, &str)] = &[
    ("net", "`network_mode` or `networks`"),
    ("log_driver", "`logging.driver`"),
    ("log_opt", "`logging.options`"),
    ("dockerfile", "`build.dockerfile`"),
    (
        "volume_driver",
        "`driver` of a volume at the top of the file",
    ),
];

pub(crate) fn check(cx: &mut Cx<'_>, input: &ComposeInput<'_>) {
    // A file in the layout of the first format is one finding, of `obsolete-compose-key`.
    if input.file.v1_head().is_some() {
        return;
    }
    let settings = Settings {
        whole: input.file.is_whole() && !input.unit.is_override,
    };
    for problem in schema::check(input.file, settings) {
        let is_removed = problem.is_unknown_key
            && matches!(problem.path.as_slice(), [services, _, key]
                if services == "services" && REMOVED.iter().any(|(name, _)| name == key));
        if is_removed {
            continue;
        }
        let draft = cx.report(problem.range, problem.message);
        if let Some(service) = problem.service {
            let service = format!("service/{service}");
            draft.subject(service.clone()).object(service);
        }
        if let Some(note) = problem.note {
            draft.note(note);
        }
        if let Some(help) = problem.help {
            draft.help(help);
        }
        if let Some((title, edit, safety)) = problem.mend {
            draft.fix(Fix::new(title, safety).edit(input.unit.file, edit));
        }
    }
}
