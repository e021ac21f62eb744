//! The images that the services of a Compose file run.

use std::collections::{BTreeMap, BTreeSet};

use plimsoll_compose::{Service, Value};
use plimsoll_source::Place;

use crate::cx::Draft;
use crate::{ComposeInput, Cx};

/// Further places of one image that are shown.
const MAX_RELATED: usize = 4;

/// An image that services run, with all places that name it.
pub(crate) struct Used<'a> {
    /// The first service.
    pub(crate) service: Service<'a>,
    /// Where it names the image.
    pub(crate) value: Value<'a>,
    /// The image, variables by their defaults.
    pub(crate) name: String,
    others: BTreeSet<Place>,
}

/// The images of a file that no service builds, each once: one image in many services is one
/// decision, and the first place speaks for all. Images whose name depends on a variable without
/// a default are left out.
pub(crate) fn used<'a>(cx: &Cx<'_>, input: &ComposeInput<'a>) -> Vec<Used<'a>> {
    let mut found: Vec<Used<'a>> = Vec::new();
    let mut by_text: BTreeMap<String, usize> = BTreeMap::new();
    for service in input.file.services() {
        let Some(value) = service.image().filter(|_| service.build().is_none()) else {
            continue;
        };
        let Some(name) = value.with_defaults() else {
            continue;
        };
        let place = cx.place(value.range());
        let at = *by_text
            .entry(value.text().into_owned())
            .or_insert(found.len());
        match found.get_mut(at) {
            // An anchor makes one place part of several services.
            Some(first) if first.value.range() == place.range => {}
            Some(first) => {
                first.others.insert(place);
            }
            None => found.push(Used {
                service,
                value,
                name: name.trim().to_owned(),
                others: BTreeSet::new(),
            }),
        }
    }
    found
}

impl Used<'_> {
    /// Names the service in a finding, and shows the further places.
    pub(crate) fn show(&self, draft: &mut Draft) {
        let service = format!("service/{}", self.service.name());
        draft.subject(service.clone()).object(service);
        let more = self.others.len().saturating_sub(MAX_RELATED);
        if more > 0 {
            draft.note(format!("and in {more} more places"));
        }
        for &place in self.others.iter().take(MAX_RELATED) {
            draft.related(place, "here too");
        }
    }
}
