//! The TCP ports that a process listens on: as its command line, its environment and its base
//! image say it. What is not said is not known.

mod address;
mod claims;
mod configuration;
mod servers;

use plimsoll_source::Place;

use super::bases::{self, Server};
use super::environment::Environment;
use super::image::Image;
use super::runner::Runner;
use super::start::{By, Start};
use super::words::{Part, Word};
use crate::graph::Links;

pub use claims::{Claim, ClaimKind, claims};

/// How a port is known.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Strength {
    /// The server of the base image listens there as it comes.
    Usual,
    /// The command line, the configuration or a variable says so.
    Evident,
}

/// A port that a process listens on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Listen {
    /// The port.
    pub port: u16,
    /// What says so, for people: `` `--port` of `uvicorn` ``.
    pub what: String,
    /// Where that is written.
    pub place: Place,
    /// The file of the build context that says it, and the line there.
    pub within: Option<(Box<str>, u32)>,
    /// How it is known.
    pub strength: Strength,
    /// The variable that decides it, if one does.
    pub variable: Option<Box<str>>,
}

/// Where a process listens.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Listening {
    /// The ports.
    pub ports: Vec<Listen>,
    /// Whether these are all: a server that listens where it is told and nowhere else.
    pub whole: bool,
    /// Whether something that the files do not show may decide otherwise.
    pub open: bool,
    /// Whether a server that is started does not say where it listens: the ports are those of
    /// others.
    pub unsaid: bool,
}

impl Listening {
    /// Whether it listens on this port, as far as is known.
    pub fn has(&self, port: u16) -> bool {
        self.ports.iter().any(|listen| listen.port == port)
    }

    /// Where a service or container listens, given its image where that is built here.
    pub fn of(links: &Links<'_>, runner: &Runner<'_>, image: Option<Image<'_>>) -> Self {
        let own = Environment::of(links, runner);
        let start = Start::of(runner, image);
        let known = match image {
            Some(image) => image.known(),
            None => runner.reference().and_then(|image| bases::known(&image)),
        };
        let base = match image {
            Some(image) => image.head(),
            None => runner.head(),
        };
        let sight = Sight {
            image,
            own: Some(&own),
            set: image.map(Environment::of_image).unwrap_or_default(),
            mounts: mounts(runner),
            base,
        };
        sight.listening(&start, known.and_then(|known| known.server))
    }

    /// Where the process of an image listens when nobody says otherwise.
    pub fn of_image(image: Image<'_>) -> Self {
        let sight = Sight {
            image: Some(image),
            own: None,
            set: Environment::of_image(image),
            mounts: Vec::new(),
            base: image.head(),
        };
        let server = image.known().and_then(|known| known.server);
        sight.listening(&Start::of_image(image), server)
    }
}

/// What a variable is when the process starts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Lookup {
    /// This text.
    Is(String, Place),
    /// Something that the files do not show.
    Hidden,
    /// Not given, but something that the files do not show may give it.
    Perhaps,
    /// Not given.
    Unset,
}

/// What a command line says of a port.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Told {
    /// A port, with the variable that decides it.
    Port(u16, Option<Box<str>>),
    /// One that depends on what is not known.
    Hidden,
    /// None: a path, or nothing that can be read.
    Nothing,
}

/// Everything that ports are worked out from.
pub(super) struct Sight<'s> {
    pub(super) image: Option<Image<'s>>,
    own: Option<&'s Environment>,
    set: Environment,
    /// Where the runner mounts something.
    pub(super) mounts: Vec<String>,
    /// Where the base image is named.
    pub(super) base: Place,
}

impl Sight<'_> {
    fn listening(&self, start: &Start, server: Option<Server>) -> Listening {
        let mut found = Listening::default();
        let lasting = start.calls.iter().rposition(|call| call.last);
        let mut whole = lasting.is_some() && !start.opaque;
        // Whether something serves beside what the container is for, and whether that says a port.
        let (mut beside, mut in_front) = (false, false);
        for (number, call) in start.calls.iter().enumerate() {
            let is_last = Some(number) == lasting;
            if servers::is_client(&call.program) {
                continue;
            }
            let known = server.filter(|server| server.programs.contains(&&*call.program));
            if let Some(server) = known.filter(|_| is_last) {
                whole &= self.server(&server, Some(call), &mut found);
                continue;
            }
            let said = servers::said(self, call, is_last);
            let is_left = call.background || servers::goes_to_background(call);
            whole &= !is_left && !servers::is_daemon(&call.program);
            match said {
                Some(said) => {
                    beside |= is_left;
                    in_front |= !is_left && !said.ports.is_empty();
                    whole &= said.whole || !is_last;
                    found.open |= said.open;
                    found.unsaid |= said.unsaid;
                    for listen in said.ports {
                        if !found.ports.contains(&listen) {
                            found.ports.push(listen);
                        }
                    }
                }
                None => whole &= !is_last,
            }
        }
        found.open |= beside && !in_front;
        if let (true, Some(server)) = (start.calls.is_empty() && start.by == By::Base, server) {
            whole = self.server(&server, None, &mut found);
        }
        found.whole = whole && !found.ports.is_empty();
        found
    }

    /// The ports of the base image's server; says whether these are all.
    fn server(
        &self,
        server: &Server,
        call: Option<&super::start::Call>,
        found: &mut Listening,
    ) -> bool {
        if server.variables == bases::ASPNET {
            return self.aspnet(server, call, found);
        }
        if let Some(said) = call.and_then(|call| servers::said(self, call, true))
            && (said.open || said.ports.iter().any(|p| p.strength == Strength::Evident))
        {
            found.open |= said.open;
            found.ports.extend(said.ports);
            return said.whole;
        }
        for name in server.variables {
            if !matches!(self.lookup(name), Lookup::Unset | Lookup::Perhaps) {
                found.open = true;
                return false;
            }
        }
        if server.name.starts_with("nginx") {
            return configuration::nginx(self, server, call, found);
        }
        if configuration::touched(self, server.configuration)
            || call.is_some_and(configuration::names_a_file)
        {
            found.open = true;
            return false;
        }
        self.usual(server, found);
        true
    }

    /// The ports that the server listens on as it comes.
    fn usual(&self, server: &Server, found: &mut Listening) {
        for port in server.ports {
            found.ports.push(Listen {
                port: *port,
                what: format!("`{}` as it comes", server.name),
                place: self.base,
                within: None,
                strength: Strength::Usual,
                variable: None,
            });
        }
    }

    /// ASP.NET Core takes its addresses from variables or `--urls`; the program's own settings
    /// may say otherwise.
    fn aspnet(
        &self,
        server: &Server,
        call: Option<&super::start::Call>,
        found: &mut Listening,
    ) -> bool {
        if let Some(said) = call.and_then(|call| servers::said(self, call, true))
            && !said.ports.is_empty()
        {
            found.ports.extend(said.ports);
            return false;
        }
        let endpoints = self.endpoints_of_kestrel();
        let addresses = [
            "ASPNETCORE_URLS",
            "URLS",
            "DOTNET_URLS",
            "ASPNETCORE_HTTP_PORTS",
        ];
        for name in endpoints.iter().map(|name| &**name).chain(addresses) {
            match self.lookup(name) {
                Lookup::Is(text, place) => {
                    for part in text.split(';').filter(|part| !part.trim().is_empty()) {
                        match address::port(part.trim()) {
                            Some(port) => found.ports.push(Listen {
                                port,
                                what: format!("`{name}`"),
                                place,
                                within: None,
                                strength: Strength::Evident,
                                variable: Some(name.into()),
                            }),
                            None => found.open = true,
                        }
                    }
                    return false;
                }
                Lookup::Hidden => {
                    found.open = true;
                    return false;
                }
                Lookup::Perhaps | Lookup::Unset => {}
            }
        }
        self.usual(server, found);
        false
    }

    /// The variables that say Kestrel's endpoints, which count more than addresses.
    fn endpoints_of_kestrel(&self) -> Vec<Box<str>> {
        let own = self.own.into_iter().flat_map(|own| &own.given);
        let names = own.chain(&self.set.given).map(|given| &*given.name);
        let is_endpoint = |name: &&str| {
            let lower = name.to_ascii_lowercase();
            lower.starts_with("kestrel__endpoints__") && lower.ends_with("__url")
        };
        names.filter(is_endpoint).take(1).map(Into::into).collect()
    }

    /// What a variable is.
    pub(super) fn lookup(&self, name: &str) -> Lookup {
        let own = self.own.and_then(|own| own.get(name));
        let given = own.or_else(|| self.set.get(name));
        match given {
            Some(given) => match &given.value {
                Some(value) => Lookup::Is(value.clone(), given.place),
                None => Lookup::Hidden,
            },
            None if self.own.is_some_and(|own| !own.is_whole()) => Lookup::Perhaps,
            None => Lookup::Unset,
        }
    }

    /// The text of a word when the process starts, and the variable in it.
    pub(super) fn expand(
        &self,
        word: &Word,
        assigned: &[(Box<str>, Word)],
    ) -> Option<(String, Option<Box<str>>)> {
        let mut text = String::new();
        let mut variable = None;
        for part in word.parts() {
            match part {
                Part::Text(part) => text.push_str(part),
                Part::Unknown => return None,
                Part::Variable(one) => {
                    let set = assigned.iter().rev().find(|(name, _)| **name == *one.name);
                    let value = match set {
                        Some((_, value)) if value.is_literal() => value.text.to_string(),
                        Some(_) => return None,
                        None => match self.lookup(one.name) {
                            Lookup::Is(value, _) if !value.is_empty() => value,
                            Lookup::Hidden => return None,
                            _ => one.default.filter(|text| !text.contains('$'))?.to_owned(),
                        },
                    };
                    text.push_str(&value);
                    variable = Some(one.name.into());
                }
            }
        }
        Some((text, variable))
    }

    /// The port that a word names, as a number or at the end of an address.
    pub(super) fn told(&self, word: &Word, assigned: &[(Box<str>, Word)]) -> Told {
        match self.expand(word, assigned) {
            Some((text, variable)) => match address::port(&text) {
                Some(port) => Told::Port(port, variable),
                None => Told::Nothing,
            },
            None => Told::Hidden,
        }
    }
}

/// The paths at which a runner mounts something.
fn mounts(runner: &Runner<'_>) -> Vec<String> {
    match runner {
        Runner::Service(one) => {
            let configs = one.service.configs().chain(one.service.secrets());
            let targets = configs.filter_map(|grant| grant.target()?.with_defaults());
            one.service
                .mounts()
                .filter_map(|mount| mount.target())
                .chain(targets.map(|target| target.into_owned()))
                .collect()
        }
        Runner::Container(one) => one
            .container
            .volume_mounts()
            .filter_map(|mount| Some(mount.mount_path()?.as_str()?.into_owned()))
            .collect(),
    }
}

#[cfg(test)]
mod tests;
