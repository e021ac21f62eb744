//! What the user says: flags, and `[init]` of `plimsoll.toml`. Flags win.

use std::path::Path;

use clap::ValueEnum;
use plimsoll_project::config::{Config, Init, InitService, Written};
use plimsoll_scaffold::detect::{Told, ToldService};
use plimsoll_scaffold::model::{Backing, Evidence, HealthPurpose, HealthRoute, Known, Survey};
use plimsoll_scaffold::statements::{BACKINGS, backing_name};
use plimsoll_scaffold::wishes::{Secrets, Wishes};
use plimsoll_source::nearest::nearest;

use crate::failure::Failure;

/// What the tree may not say.
#[derive(clap::Args)]
pub(super) struct ToldArgs {
    /// The folder of the service that the flags about a service are about; all services when
    /// absent
    #[arg(long, value_name = "FOLDER", help_heading = "About a service")]
    service: Option<String>,
    /// The service's name
    #[arg(long, value_name = "NAME", help_heading = "About a service")]
    name: Option<String>,
    /// What starts it
    #[arg(long, value_name = "COMMAND", help_heading = "About a service")]
    start: Option<String>,
    /// The port that it listens on; 0 for none
    #[arg(long, value_name = "PORT", help_heading = "About a service")]
    port: Option<u16>,
    /// The HTTP route that tells its health
    #[arg(long, value_name = "ROUTE", help_heading = "About a service")]
    health: Option<String>,
    /// The version of its runtime
    #[arg(long, value_name = "VERSION", help_heading = "About a service")]
    runtime: Option<String>,
    /// Which of several programs it is
    #[arg(long, value_name = "PROGRAM", help_heading = "About a service")]
    program: Option<String>,
    /// What brings its database up to date
    #[arg(long, value_name = "COMMAND", help_heading = "About a service")]
    migration: Option<String>,
    /// The backing services that it needs, all of them
    #[arg(
        long,
        value_name = "KIND",
        value_delimiter = ',',
        help_heading = "About a service"
    )]
    backing: Vec<String>,
    /// The name of the whole: the Compose project and the namespace
    #[arg(long, value_name = "NAME", help_heading = "About the deployment")]
    project: Option<String>,
    /// What stands before the names of images, such as ghcr.io/example
    #[arg(long, value_name = "REGISTRY", help_heading = "About the deployment")]
    registry: Option<String>,
    /// The tag of images
    #[arg(long, value_name = "TAG", help_heading = "About the deployment")]
    tag: Option<String>,
    /// The host name; with several services, the domain below which each has its name
    #[arg(long, value_name = "HOST", help_heading = "About the deployment")]
    host: Option<String>,
    /// How secrets reach the cluster [default: plain-reference]
    #[arg(long, value_name = "HOW", help_heading = "About the deployment")]
    secrets: Option<How>,
    /// Lay manifests out as a Kustomize base with overlays
    #[arg(long, help_heading = "About the deployment")]
    kustomize: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum How {
    /// A Secret that is made elsewhere
    PlainReference,
    /// A SealedSecret
    Sealed,
    /// An ExternalSecret of external-secrets
    External,
    /// A VaultStaticSecret of the Vault secrets operator
    Vault,
}

impl ToldArgs {
    /// What is said of services. What flags say comes first, for the first that says it counts.
    pub(super) fn told(&self, config: &Config) -> Result<Told, Failure> {
        let mut told = Told::default();
        let flags = self.by_flags()?;
        if flags != ToldService::default() {
            told.services.push(flags);
        }
        for service in &config.init.services {
            told.services.push(by_file(service)?);
        }
        Ok(told)
    }

    fn by_flags(&self) -> Result<ToldService, Failure> {
        let by = |flag: &str| Evidence::table(format!("said by `--{flag}`"));
        let text = |value: Option<&String>, flag: &str| {
            value.map(|value| Known::told(value.clone(), by(flag)))
        };
        let words = |value: Option<&String>, flag: &str| -> Result<_, Failure> {
            let Some(value) = value else { return Ok(None) };
            let words = split(value).ok_or_else(|| {
                Failure::user(format!("`--{flag}` has a quote that is not closed"))
            })?;
            if words.is_empty() {
                return Err(Failure::user(format!("`--{flag}` is empty")));
            }
            Ok(Some(Known::told(words, by(flag))))
        };
        if let Some(name) = &self.name {
            check_label("--name", name)?;
        }
        let told = ToldService {
            folder: self.service.as_deref().map(folder),
            name: text(self.name.as_ref(), "name"),
            start: words(self.start.as_ref(), "start")?,
            port: self.port.map(|port| Known::told(port, by("port"))),
            health: route(self.health.as_deref(), "--health", &by("health"))?,
            version: text(self.runtime.as_ref(), "runtime"),
            program: text(self.program.as_ref(), "program"),
            migration: words(self.migration.as_ref(), "migration")?,
            backing: if self.backing.is_empty() {
                None
            } else {
                Some(backings(&self.backing, &by("backing"))?)
            },
        };
        // A folder alone says nothing of it.
        let says = ToldService {
            folder: None,
            ..told.clone()
        };
        Ok(if says == ToldService::default() {
            says
        } else {
            told
        })
    }

    /// Whether the name of the whole is said.
    pub(super) fn names_project(&self, config: &Config) -> bool {
        self.project.is_some() || config.init.project.is_some()
    }

    /// Refuses what says nothing about `what`, which says it itself.
    pub(super) fn check_for(&self, what: &str) -> Result<(), Failure> {
        let said = [
            ("--service", self.service.is_some()),
            ("--name", self.name.is_some()),
            ("--start", self.start.is_some()),
            ("--port", self.port.is_some()),
            ("--health", self.health.is_some()),
            ("--runtime", self.runtime.is_some()),
            ("--program", self.program.is_some()),
            ("--migration", self.migration.is_some()),
            ("--backing", !self.backing.is_empty()),
        ];
        refuse(&said, what)
    }

    /// What is wished for.
    pub(super) fn wishes(
        &self,
        config: &Config,
        found: &Survey,
        root: &Path,
    ) -> Result<Wishes, Failure> {
        let Init {
            project,
            registry,
            tag,
            host,
            secrets,
            kustomize,
            ..
        } = &config.init;
        let either = |flag: Option<&String>, file: Option<&Written>| {
            flag.or(file.map(|text| &text.text)).cloned()
        };
        let project = match either(self.project.as_ref(), project.as_ref()) {
            Some(project) => {
                check_label("the name of the project", &project)?;
                project
            }
            None => match &found.services[..] {
                [alone] => alone.name.value.clone(),
                _ => label(
                    root.file_name()
                        .and_then(|name| name.to_str())
                        .unwrap_or(""),
                ),
            },
        };
        let secrets = match (
            self.secrets,
            secrets.as_ref().map(|text| text.text.as_str()),
        ) {
            (Some(How::Sealed), _) | (None, Some("sealed")) => Secrets::Sealed,
            (Some(How::External), _) | (None, Some("external")) => Secrets::External,
            (Some(How::Vault), _) | (None, Some("vault")) => Secrets::Vault,
            _ => Secrets::Reference,
        };
        let wishes = Wishes {
            project,
            registry: either(self.registry.as_ref(), registry.as_ref()),
            tag: either(self.tag.as_ref(), tag.as_ref()),
            host: either(self.host.as_ref(), host.as_ref()),
            secrets,
            kustomize: self.kustomize || kustomize.unwrap_or(false),
            digests: plimsoll_scaffold::pins::Digests::new(),
            existing: Vec::new(),
        };
        for (value, what, more) in [
            (&wishes.registry, "the registry", "./:-_"),
            (&wishes.tag, "the tag", ".-_"),
            (&wishes.host, "the host", ".-"),
        ] {
            let fits = |c: char| c.is_ascii_alphanumeric() || more.contains(c);
            if let Some(value) = value
                && (value.is_empty() || !value.chars().all(fits))
            {
                return Err(Failure::user(format!("{what} cannot be `{value}`")));
            }
        }
        Ok(wishes)
    }
}

fn refuse(said: &[(&str, bool)], what: &str) -> Result<(), Failure> {
    let Some((flag, _)) = said.iter().find(|(_, said)| *said) else {
        return Ok(());
    };
    Err(Failure::user(format!("`{flag}` says nothing about {what}"))
        .help("leave it out, or change what is there"))
}

fn by_file(service: &InitService) -> Result<ToldService, Failure> {
    let by = || Evidence::file("plimsoll.toml", "`[[init.service]]` says so");
    let text = |value: Option<&Written>| value.map(|value| Known::told(value.text.clone(), by()));
    let words = |value: Option<&Vec<Written>>| {
        value.map(|words| Known::told(words.iter().map(|word| word.text.clone()).collect(), by()))
    };
    if let Some(name) = &service.name {
        check_label("a name in `[[init.service]]`", &name.text)?;
    }
    let backing = service.backing.as_ref().map(|names| {
        let names: Vec<String> = names.iter().map(|name| name.text.clone()).collect();
        backings(&names, &by())
    });
    let health = service.health.as_ref().map(|route| route.text.as_str());
    Ok(ToldService {
        folder: Some(folder(&service.folder.text)),
        name: text(service.name.as_ref()),
        start: words(service.start.as_ref()),
        port: service.port.map(|(port, _)| Known::told(port, by())),
        health: route(health, "`health` in `[[init.service]]`", &by())?,
        version: text(service.version.as_ref()),
        program: text(service.program.as_ref()),
        migration: words(service.migration.as_ref()),
        backing: backing.transpose()?,
    })
}

/// Refuses what is said of folders in which nothing was found.
pub(super) fn check_folders(told: &Told, found: &Survey) -> Result<(), Failure> {
    let shown = |folder: &str| {
        if folder.is_empty() {
            ".".to_owned()
        } else {
            folder.to_owned()
        }
    };
    let services = found.services.iter().map(|service| &service.folder);
    let refused = found.refusals.iter().map(|refusal| &refusal.folder);
    let folders: Vec<String> = services
        .chain(refused)
        .map(|folder| shown(folder))
        .collect();
    let named = told
        .services
        .iter()
        .filter_map(|told| told.folder.as_deref());
    for folder in named.map(shown) {
        if folders.contains(&folder) {
            continue;
        }
        // Several programs of one module lie in folders below it.
        let below = format!("{folder}/");
        if folder == "." || folders.iter().any(|one| one.starts_with(&below)) {
            continue;
        }
        let near = nearest(&folder, folders.iter().map(String::as_str));
        let help = match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => {
                let some: Vec<String> = folders
                    .iter()
                    .take(8)
                    .map(|one| format!("`{one}`"))
                    .collect();
                format!("services are in {}", some.join(", "))
            }
        };
        let message = format!("no service was found in the folder `{folder}`");
        return Err(Failure::user(message).help(help));
    }
    Ok(())
}

fn route(
    path: Option<&str>,
    what: &str,
    evidence: &Evidence,
) -> Result<Option<Known<HealthRoute>>, Failure> {
    let Some(path) = path else { return Ok(None) };
    if !path.starts_with('/') || path.contains(char::is_whitespace) {
        return Err(Failure::user(format!("{what} is no route: `{path}`"))
            .help("write a path such as `/healthz`"));
    }
    let route = HealthRoute {
        path: path.to_owned(),
        purpose: HealthPurpose::General,
    };
    Ok(Some(Known::told(route, evidence.clone())))
}

/// Backing services by their names.
pub(super) fn backings(
    names: &[String],
    evidence: &Evidence,
) -> Result<Vec<Known<Backing>>, Failure> {
    let known = |name: &String| {
        let backing = BACKINGS
            .iter()
            .find(|backing| backing_name(**backing) == name);
        let backing = backing.ok_or_else(|| {
            let names: Vec<&str> = BACKINGS
                .iter()
                .map(|backing| backing_name(*backing))
                .collect();
            let help = match nearest(name, names.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("there are: {}", names.join(", ")),
            };
            Failure::user(format!("there is no backing service `{name}`")).help(help)
        })?;
        Ok(Known::told(*backing, evidence.clone()))
    };
    names.iter().map(known).collect()
}

/// A folder as the survey names it.
fn folder(written: &str) -> String {
    let parts = written.split('/').filter(|part| !matches!(*part, "" | "."));
    parts.collect::<Vec<_>>().join("/")
}

fn check_label(what: &str, name: &str) -> Result<(), Failure> {
    if name == label(name) {
        return Ok(());
    }
    Err(
        Failure::user(format!("{what} cannot be `{name}`")).help(format!(
            "write lower-case letters, digits and `-`: `{}`",
            label(name)
        )),
    )
}

/// A text as a DNS-1123 label that starts with a letter, which Services want.
pub(super) fn label(text: &str) -> String {
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() {
            c.to_ascii_lowercase()
        } else {
            '-'
        }
    };
    let text: String = text.chars().map(plain).collect();
    let text = text.trim_start_matches(|c: char| !c.is_ascii_lowercase());
    let short: String = text.chars().take(40).collect();
    let short = short.trim_matches('-');
    if short.is_empty() {
        "app".to_owned()
    } else {
        short.to_owned()
    }
}

/// A command in words, with quotes as a shell has them; nothing where one is left open.
pub(super) fn split(command: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut chars = command.chars();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some('"') | None, '\\') => word.get_or_insert_default().push(chars.next()?),
            (Some(_), c) => word.get_or_insert_default().push(c),
            (None, '"' | '\'') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (None, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    quote.is_none().then_some(words)
}

#[cfg(test)]
mod tests {
    use super::{label, split};

    #[test]
    fn commands_are_split_as_a_shell_does() {
        let words = |text: &str| split(text).map(|words| words.join("|"));
        assert_eq!(words("node  a.js").as_deref(), Some("node|a.js"));
        assert_eq!(
            words("sh -c 'a \"b\"' \"c d\"").as_deref(),
            Some("sh|-c|a \"b\"|c d")
        );
        assert_eq!(words("a\\ b ''").as_deref(), Some("a b|"));
        assert_eq!(words("a 'b"), None);
        assert_eq!(words("a \\"), None);
    }

    #[test]
    fn names_are_made_to_fit() {
        assert_eq!(label("My Shop_2"), "my-shop-2");
        assert_eq!(label("--1x-"), "x");
        assert_eq!(label(""), "app");
    }
}
