//! How the health of a Compose service is known.

use plimsoll_compose::{Service, Value};

use super::{backing, siblings};
use crate::{ComposeInput, Cx};

/// How the health of a service is known.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Health {
    /// A check is written in the file.
    Checked,
    /// There is certainly none.
    Unchecked,
    /// The image, another file or a variable decides.
    Unknown,
}

/// Whether a service has a health check, in the file or in its image.
pub(super) fn health(cx: &Cx<'_>, input: &ComposeInput<'_>, service: Service<'_>) -> Health {
    let mut own = service;
    for _ in 0..8 {
        match own.healthcheck() {
            Some(check) if check.is_off() => return unless_said_elsewhere(cx, input, service),
            Some(check) if check.node().present("test").is_some() => return Health::Checked,
            _ => {}
        }
        let Some(extends) = own.extends() else { break };
        let base = extends.service().and_then(Value::literal);
        let base = base.filter(|_| extends.file().is_none());
        match base.and_then(|base| input.file.service(&base)) {
            Some(base) => own = base,
            None => return Health::Unknown,
        }
    }
    let Some(base) = backing::base(input.file, service) else {
        return Health::Unknown;
    };
    match siblings::image_has_healthcheck(cx.project, input.unit, base) {
        Some(false) => unless_said_elsewhere(cx, input, service),
        _ => Health::Unknown,
    }
}

/// No check, unless another file that may be merged gives one.
fn unless_said_elsewhere(cx: &Cx<'_>, input: &ComposeInput<'_>, service: Service<'_>) -> Health {
    if siblings::says(cx.project, input.unit, &service.name(), &["healthcheck"]) {
        Health::Unknown
    } else {
        Health::Unchecked
    }
}
