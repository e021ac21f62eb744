//! Services of a Compose file: the program, what else runs from its image, and what it talks to.

use super::Project;
use crate::emit::{List, Map, Node};
use crate::generate::Built;
use crate::model::{Backing, Evidence, ProcessKind, Service, Stack};
use crate::plan::{LOW_PORTS, LOW_PORTS_WHY, Running};
use crate::wiring::{self, Carrier, Healthcheck, Image, Wire, beside, title, wires};

/// What a container of a service is for.
struct Role<'r> {
    name: String,
    command: Option<&'r [String]>,
    profile: Option<&'static str>,
    serves: bool,
    migrates: bool,
    why: Vec<Evidence>,
}

impl Project<'_> {
    /// Adds a service with all that runs from its image.
    pub(super) fn add_service(&mut self, mut services: Map, number: usize) -> Map {
        let (service, running, built) = self.services[number].clone();
        let name = service.name.value.as_str();
        let mut roles = vec![Role {
            name: name.to_owned(),
            command: None,
            profile: None,
            serves: true,
            migrates: false,
            why: running.command.evidence.clone(),
        }];
        if let Some(migration) = &running.migration {
            roles.push(Role {
                name: format!("{name}-migrate"),
                command: Some(&migration.value),
                profile: None,
                serves: false,
                migrates: true,
                why: migration.evidence.clone(),
            });
        }
        for process in &running.processes {
            roles.push(Role {
                name: format!("{name}-{}", process.name),
                command: Some(&process.command.value),
                profile: matches!(process.kind, ProcessKind::Cron(_)).then_some("jobs"),
                serves: false,
                migrates: false,
                why: process.command.evidence.clone(),
            });
        }
        let environment = self.environment(service, &running);
        for role in &roles {
            if !services.is_empty() {
                services = services.gap();
            }
            let body = self.container(service, &running, &built, role, &environment);
            services = services.put(role.name.as_str(), body).why(&role.why);
            services = match (role.profile, role.migrates) {
                (Some(_), _) => services.note(format!(
                    "Compose starts nothing at times: docker compose run --rm {}",
                    role.name
                )),
                (None, true) => services.note(
                    "Runs once and has to succeed before anything else of the service starts.",
                ),
                _ => services,
            };
        }
        if !built.has_dev {
            return services;
        }
        self.for_development(services, service, &running, &built, &environment)
    }

    fn container(
        &mut self,
        service: &Service,
        running: &Running,
        built: &Built,
        role: &Role<'_>,
        environment: &Map,
    ) -> Map {
        let target = built.target.as_deref();
        let mut body = Map::new()
            .put("build", build(service, built, target))
            .why(&built.why);
        if let Some(profile) = role.profile {
            body = body.put("profiles", Node::flow(&[profile]));
        }
        if let Some(command) = role.command {
            let words: Vec<String> = command.iter().map(|word| word.replace('$', "$$")).collect();
            body = body.put("entrypoint", Node::Flow(words)).why(&role.why);
        }
        let anchor = format!("{}-environment", service.name.value);
        if !environment.is_empty() {
            let value = if role.serves && self.is_shared(running) {
                Node::Anchored(anchor, Box::new(environment.clone().into()))
            } else if role.serves {
                environment.clone().into()
            } else {
                Node::Word(format!("*{anchor}"))
            };
            body = body.put("environment", value);
        }
        if let Some(port) = running.port.as_ref().filter(|_| role.serves) {
            let host = self.host_port(port.value);
            let ports = List::new().item(Node::Quoted(format!("127.0.0.1:{host}:{}", port.value)));
            body = body.put("ports", ports).why(&port.evidence);
        }
        body = hardened(body, running);
        if role.serves && running.needs_low_port() {
            let low = Map::new().put(LOW_PORTS, Node::Quoted("0".to_owned()));
            body = body
                .put("sysctls", low)
                .why(&[Evidence::table(LOW_PORTS_WHY)]);
        }
        if !role.serves && running.healthcheck.is_some() {
            body = body
                .put("healthcheck", Map::new().put("disable", true))
                .note("The image asks the port that only the service itself listens on.");
        }
        let waits = self.waits(service, running, role);
        if waits.is_empty() {
            body
        } else {
            body.put("depends_on", waits)
        }
    }

    /// Whether containers beside the one that serves take its environment.
    fn is_shared(&self, running: &Running) -> bool {
        running.migration.is_some() || !running.processes.is_empty()
    }

    /// What has to be there before a container starts.
    fn waits(&self, service: &Service, running: &Running, role: &Role<'_>) -> Map {
        let mut waits = Map::new();
        for known in &self.backing {
            if service.backing.iter().any(|own| own.value == known.value) {
                let healthy = Map::new().put("condition", "service_healthy");
                waits = waits
                    .put(wiring::image(known.value).name, healthy)
                    .why(&known.evidence);
            }
        }
        if running.migration.is_some() && !role.migrates {
            let done = Map::new().put("condition", "service_completed_successfully");
            waits = waits.put(format!("{}-migrate", service.name.value), done);
        }
        waits
    }

    /// The variables of a service's containers.
    fn environment(&mut self, service: &Service, running: &Running) -> Map {
        let mut map = Map::new();
        for wire in wires(service, running) {
            // The manifests leave it unset, too.
            if wire.carrier == Carrier::Unset {
                continue;
            }
            let value = self.value(&wire, service);
            map = map.put(wire.name(), value).why(wire.evidence());
        }
        map
    }

    fn value(&mut self, wire: &Wire, service: &Service) -> Node {
        let variable = &wire.variable;
        let name = wire.name();
        if let Some(value) = beside(variable, &service.stack, &self.database) {
            return Node::Text(value);
        }
        let told = match variable.backing {
            Some(backing) => format!("Leads to {}.", title(backing)),
            None if variable.secret => "A secret that the code reads.".to_owned(),
            None => "The code reads it.".to_owned(),
        };
        if variable.required && variable.default.is_none() {
            self.need(name, true, told, wire.evidence());
            return Node::Text(format!("${{{name}:?set it in .env}}"));
        }
        match &variable.default {
            Some(default) if wire.carrier != Carrier::Secret && is_simple(default) => {
                Node::Text(format!("${{{name}:-{default}}}"))
            }
            Some(default) if wire.carrier != Carrier::Secret => {
                Node::Quoted(default.replace('$', "$$"))
            }
            _ => {
                // Without a value it is taken from `.env`, and unset where that has none.
                self.need(name, false, told, wire.evidence());
                Node::Word(String::new())
            }
        }
    }

    /// A container for development, beside the one that is as in production.
    fn for_development(
        &mut self,
        services: Map,
        service: &Service,
        running: &Running,
        built: &Built,
        environment: &Map,
    ) -> Map {
        // What serves a site in development is its own server, not the one of the image.
        let own = match (&service.stack, &service.port) {
            (Stack::Node(_), Some(port)) if built.target.as_deref() == Some("runtime") => {
                Some(port.clone().map(|port| port.number))
            }
            _ => running.port.clone(),
        };
        let Some(port) = &own else {
            return services;
        };
        let name = format!("{}-dev", service.name.value);
        let mut body = Map::new()
            .put("build", build(service, built, Some("dev")))
            .put("profiles", Node::flow(&["dev"]));
        if !environment.is_empty() {
            let value = if self.is_shared(running) {
                Node::Word(format!("*{}-environment", service.name.value))
            } else {
                environment.clone().into()
            };
            body = body.put("environment", value);
        }
        let host = self.host_port(port.value);
        let ports = List::new().item(Node::Quoted(format!("127.0.0.1:{host}:{}", port.value)));
        body = body.put("ports", ports).why(&port.evidence);
        let rebuild = Map::new()
            .put("action", "rebuild")
            .put("path", context(service));
        body = body.put(
            "develop",
            Map::new().put("watch", List::new().item(rebuild)),
        );
        let role = Role {
            name: name.clone(),
            command: None,
            profile: Some("dev"),
            serves: true,
            migrates: false,
            why: Vec::new(),
        };
        let waits = self.waits(service, running, &role);
        if !waits.is_empty() {
            body = body.put("depends_on", waits);
        }
        services
            .gap()
            .put(name.as_str(), body)
            .note(format!(
                "With the tools of development, built anew when a file changes: docker compose --profile dev up --watch {name}"
            ))
            .why(&service.name.evidence)
    }

    /// A backing service.
    pub(super) fn backing_service(
        &mut self,
        image: &Image,
        backing: Backing,
        why: &[Evidence],
    ) -> Map {
        let mut body = Map::new().put("image", image.reference);
        let named = |text: &str| text.replace("{name}", &self.database);
        let mut environment = Map::new();
        for (name, value) in image.environment {
            environment = environment.put(*name, named(value));
        }
        if !environment.is_empty() {
            body = body.put("environment", environment);
        }
        if !image.command.is_empty() {
            body = body.put("command", Node::flow(image.command));
        }
        if !image.data.is_empty() {
            let mount = format!("{}:{}", image.name, image.data);
            body = body.put("volumes", List::new().item(mount));
        }
        let test = match image.healthcheck {
            Healthcheck::Exec(words) => {
                let words: Vec<String> = ["CMD"]
                    .iter()
                    .chain(words)
                    .map(|word| named(word))
                    .collect();
                Some(Node::Flow(words))
            }
            Healthcheck::Shell(line) => Some(Node::Flow(vec!["CMD-SHELL".to_owned(), named(line)])),
            Healthcheck::Own => None,
        };
        if let Some(test) = test {
            let patience: u32 = if image.port == 9200 || image.port == 9092 {
                24
            } else {
                12
            };
            let check = Map::new()
                .put("test", test)
                .put("interval", "5s")
                .put("timeout", "3s")
                .put("retries", patience);
            body = body.put("healthcheck", check);
        }
        if !image.password.is_empty() {
            let says = format!(
                "The password of {} on this machine; make one up.",
                title(backing)
            );
            self.need(image.password, true, says, why);
        }
        body
    }
}

/// A default that Compose takes as it stands behind `:-`.
fn is_simple(text: &str) -> bool {
    text.chars()
        .all(|c| c.is_ascii_alphanumeric() || "_./:@,+= -".contains(c))
}

/// The folder that an image is built from, as Compose writes it.
pub(super) fn context(service: &Service) -> String {
    match service.builder_root() {
        "" => ".".to_owned(),
        folder => format!("./{folder}"),
    }
}

fn build(service: &Service, built: &Built, target: Option<&str>) -> Map {
    let mut map = Map::new().put("context", context(service));
    if built.dockerfile != "Dockerfile" {
        map = map.put("dockerfile", built.dockerfile.as_str());
    }
    match target {
        Some(target) => map.put("target", target),
        None => map,
    }
}

/// What a container may not do; the same as in the cluster.
fn hardened(body: Map, running: &Running) -> Map {
    let mut tmpfs = List::new();
    for path in &running.writable {
        tmpfs = tmpfs.item(path.value.as_str()).why(&path.evidence);
        if path.value != "/tmp" {
            tmpfs = tmpfs.note("Lost with the container: mount a volume if it has to outlive it.");
        }
    }
    let body = body.put("read_only", true);
    let body = if tmpfs.is_empty() {
        body
    } else {
        body.put("tmpfs", tmpfs)
    };
    body.put("cap_drop", Node::flow(&["ALL"]))
        .put("security_opt", Node::flow(&["no-new-privileges:true"]))
        .put("stop_grace_period", format!("{}s", running.grace.value))
        .why(&running.grace.evidence)
}
