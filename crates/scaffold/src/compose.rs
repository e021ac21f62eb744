//! The Compose file for a developer's machine, with what lies beside it: `.env.example`, an
//! example of an override file, and what git has to ignore.

pub(crate) mod companions;
mod service;

use std::rc::Rc;

use crate::emit::{Dialect, Document, Map, file};
use crate::generate::{Built, runnable};
use crate::model::{Backing, Evidence, Known, Service, Survey};
use crate::plan::Running;
use crate::wiring;
use crate::wishes::Wishes;
use crate::written::Written;

/// The Compose file's path.
pub const COMPOSE_FILE: &str = "compose.yaml";

/// A variable that people set in `.env`.
#[derive(Clone, Debug)]
pub(crate) struct EnvEntry {
    pub(crate) name: String,
    /// Whether nothing starts without it.
    pub(crate) required: bool,
    pub(crate) says: String,
    pub(crate) why: Vec<Evidence>,
}

/// All of a Compose project, as it is put together.
struct Project<'s> {
    wishes: &'s Wishes,
    /// The name of users and databases of backing services.
    database: String,
    services: Vec<(&'s Service, Running, Rc<Built>)>,
    backing: Vec<Known<Backing>>,
    env: Vec<EnvEntry>,
    /// Ports of the host that are taken.
    taken: Vec<u16>,
}

/// Writes the Compose file and its companions; nothing where no service can be run.
pub fn write(survey: &Survey, wishes: &Wishes) -> Vec<Written> {
    let services: Vec<(&Service, Running, Rc<Built>)> = runnable(survey, wishes)
        .into_iter()
        .map(|(service, running, built)| (service, running, Rc::new(built)))
        .collect();
    let Some((first, ..)) = services.first() else {
        return Vec::new();
    };
    let why = first.name.evidence.clone();
    let mut project = Project {
        wishes,
        database: wishes.project.replace('-', "_"),
        backing: backing(&services),
        services,
        env: Vec::new(),
        taken: Vec::new(),
    };
    let compose = project.compose(&why);
    let mut written = vec![compose];
    written.extend(companions::write(&project, &why));
    written
}

/// The backing services of all services, one of each kind, in the order of their names.
fn backing(services: &[(&Service, Running, Rc<Built>)]) -> Vec<Known<Backing>> {
    let mut found: Vec<Known<Backing>> = Vec::new();
    for known in services.iter().flat_map(|(service, ..)| &service.backing) {
        match found.iter_mut().find(|have| have.value == known.value) {
            Some(have) => {
                have.certainty = have.certainty.max(known.certainty);
                have.evidence.extend_from_slice(&known.evidence);
            }
            None => found.push(known.clone()),
        }
    }
    found.sort_by_key(|known| known.value);
    found
}

impl Project<'_> {
    fn compose(&mut self, why: &[Evidence]) -> Written {
        let mut services = Map::new();
        for number in 0..self.services.len() {
            services = self.add_service(services, number);
        }
        let mut volumes = Map::new();
        for number in 0..self.backing.len() {
            let known = self.backing[number].clone();
            let image = wiring::image(known.value);
            let body = self.backing_service(&image, known.value, &known.evidence);
            services = services.gap().put(image.name, body).why(&known.evidence);
            if !image.data.is_empty() {
                let nothing = crate::emit::Node::Word(String::new());
                volumes = volumes.put(image.name, nothing).why(&known.evidence);
            }
        }
        let mut body = Map::new()
            .put("name", self.wishes.project.as_str())
            .gap()
            .put("services", services);
        if !volumes.is_empty() {
            body = body.gap().put("volumes", volumes);
        }
        let document = Document::new(body, why.to_vec());
        file(COMPOSE_FILE, &[document], Dialect::Plain)
    }

    fn need(&mut self, name: &str, required: bool, says: impl Into<String>, why: &[Evidence]) {
        match self.env.iter_mut().find(|entry| entry.name == name) {
            Some(entry) => entry.required |= required,
            None => self.env.push(EnvEntry {
                name: name.to_owned(),
                required,
                says: says.into(),
                why: why.to_vec(),
            }),
        }
    }

    /// A port of the host that nothing else of the project takes, `wanted` or above.
    fn host_port(&mut self, wanted: u16) -> u16 {
        // Unprivileged engines may not open ports below 1024.
        let mut port = if wanted < 1024 { wanted + 8000 } else { wanted };
        while self.taken.contains(&port) {
            port = port.checked_add(1).unwrap_or(20_000);
        }
        self.taken.push(port);
        port
    }
}
