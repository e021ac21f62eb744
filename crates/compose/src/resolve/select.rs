//! Which services are switched on, and what of a project they use.
//!
//! Follows compose-go's `types/project.go`: profiles, services asked for with what they depend
//! on, and resources that nothing uses.

use std::collections::BTreeSet;

use super::context::{Cx, Resolving};
use super::item::{Data, Entry, Item, Map};
use super::refusal::{Reason, Refusal};

/// A decoded project, services that are switched off apart.
#[derive(Clone, Debug)]
pub(super) struct Model {
    /// The project with the services and jobs that are on.
    pub(super) root: Item,
    /// The services that are off.
    pub(super) disabled: Map,
    /// The jobs that are off.
    disabled_jobs: Map,
    /// The profiles that are on.
    pub(super) profiles: Vec<String>,
}

/// Looking names up in a [`Model`].
pub(super) trait Names {
    /// The entries of a section at the top.
    fn entries(&self, section: &str) -> impl Iterator<Item = &Entry>;

    /// Whether a section at the top has this name.
    fn defines(&self, section: &str, name: &str) -> bool;
}

impl Names for Model {
    fn entries(&self, section: &str) -> impl Iterator<Item = &Entry> {
        self.root.get(section).into_iter().flat_map(Item::entries)
    }

    fn defines(&self, section: &str, name: &str) -> bool {
        self.root
            .get(section)
            .and_then(Item::as_map)
            .is_some_and(|map| map.contains(name))
    }
}

impl Model {
    /// Everything on, until profiles are chosen.
    pub(super) fn new(root: Item) -> Self {
        Self {
            root,
            disabled: Map::default(),
            disabled_jobs: Map::default(),
            profiles: Vec::new(),
        }
    }

    /// The services that are on.
    pub(super) fn services(&self) -> impl Iterator<Item = &Entry> {
        self.entries("services")
    }

    /// The jobs that are on.
    pub(super) fn jobs(&self) -> impl Iterator<Item = &Entry> {
        self.entries("jobs")
    }

    /// All jobs.
    pub(super) fn all_jobs(&self) -> impl Iterator<Item = &Entry> {
        self.jobs().chain(self.disabled_jobs.iter())
    }

    /// A service that is on.
    pub(super) fn service(&self, name: &str) -> Option<&Item> {
        self.root.get("services")?.get(name)
    }

    /// A service that is off.
    pub(super) fn disabled_service(&self, name: &str) -> Option<&Item> {
        self.disabled.get(name)
    }

    /// A service, on or off.
    pub(super) fn any_service(&self, name: &str) -> Option<&Item> {
        self.service(name).or_else(|| self.disabled_service(name))
    }

    pub(super) fn section_mut(&mut self, section: &str) -> Option<&mut Map> {
        self.root.as_map_mut()?.get_mut(section)?.as_map_mut()
    }

    /// Switches services and jobs on and off by these profiles.
    pub(super) fn choose(&mut self, profiles: &[String]) {
        for section in ["services", "jobs"] {
            let disabled = match section {
                "services" => std::mem::take(&mut self.disabled),
                _ => std::mem::take(&mut self.disabled_jobs),
            };
            let Some(enabled) = self.section_mut(section) else {
                continue;
            };
            let whole = std::mem::take(enabled);
            let all = whole.into_iter().chain(disabled);
            let (on, off): (Vec<Entry>, Vec<Entry>) =
                all.partition(|entry| is_on(&entry.value, profiles));
            *enabled = on.into_iter().collect();
            let off = off.into_iter().collect();
            match section {
                "services" => self.disabled = off,
                _ => self.disabled_jobs = off,
            }
        }
        self.profiles = profiles.to_vec();
    }

    /// Keeps these services with what they depend on, their profiles switched on.
    pub(super) fn select(&mut self, cx: &Cx<'_>, names: &[String]) -> Resolving<()> {
        if names.is_empty() {
            return Ok(());
        }
        let mut profiles = self.profiles.clone();
        for name in names {
            if self.service(name).is_none()
                && let Some(service) = self.disabled_service(name)
            {
                let own = service.get("profiles").map(Item::items).unwrap_or_default();
                profiles.extend(own.iter().filter_map(Item::as_str).map(str::to_owned));
            }
        }
        self.choose(&profiles);
        let mut kept: BTreeSet<String> = BTreeSet::new();
        let mut wanted: Vec<(String, bool, super::records::Trace)> = names
            .iter()
            .map(|name| (name.clone(), true, super::records::Trace::IMPLICIT))
            .collect();
        while let Some((name, required, trace)) = wanted.pop() {
            let matching: Vec<&Entry> = self
                .services()
                .filter(|entry| matches(&name, entry.key()))
                .collect();
            if matching.is_empty() && required {
                let reason = Reason::NoSuchService { name };
                return Err(Refusal::at(reason, trace, &cx.records).into());
            }
            let mut further = Vec::new();
            for entry in matching {
                if !kept.insert(entry.key().to_owned()) {
                    continue;
                }
                let depends_on = entry.value().get("depends_on");
                for dependency in depends_on.into_iter().flat_map(Item::entries) {
                    let required = dependency.value().get("required");
                    let required = required.and_then(Item::as_bool) == Some(true);
                    let trace = dependency.key_trace();
                    further.push((dependency.key().to_owned(), required, trace));
                }
            }
            wanted.append(&mut further);
        }
        let Some(services) = self.section_mut("services") else {
            return Ok(());
        };
        let whole = std::mem::take(services);
        let (mut on, off): (Vec<Entry>, Vec<Entry>) = whole
            .into_iter()
            .partition(|entry| kept.contains(entry.key()));
        for entry in &mut on {
            let depends_on = entry
                .value
                .as_map_mut()
                .and_then(|s| s.get_mut("depends_on"));
            if let Some(depends_on) = depends_on.and_then(Item::as_map_mut) {
                depends_on.retain(|dependency| kept.contains(dependency.key()));
            }
        }
        *services = on.into_iter().collect();
        for entry in off {
            self.disabled
                .insert(entry.key, entry.key_trace, entry.value);
        }
        Ok(())
    }

    /// Drops networks, volumes, secrets, configs and models that no service uses.
    pub(super) fn prune(&mut self) {
        let mut used: [BTreeSet<String>; 5] = Default::default();
        let [networks, volumes, secrets, configs, models] = &mut used;
        for entry in self
            .root
            .get("services")
            .into_iter()
            .flat_map(Item::entries)
        {
            let service = entry.value();
            let keys = |key| service.get(key).into_iter().flat_map(Item::entries);
            networks.extend(keys("networks").map(|entry| entry.key().to_owned()));
            models.extend(keys("models").map(|entry| entry.key().to_owned()));
            let items = |item: Option<&Item>, set: &mut BTreeSet<String>| {
                let items = item.map(Item::items).unwrap_or_default();
                let sources = items.iter().filter_map(|item| item.get("source")?.as_str());
                set.extend(sources.map(str::to_owned));
            };
            let mounts = service.get("volumes").map(Item::items).unwrap_or_default();
            let named = mounts
                .iter()
                .filter(|mount| mount.get("type").and_then(Item::as_str) == Some("volume"))
                .filter_map(|mount| mount.get("source")?.as_str());
            volumes.extend(named.map(str::to_owned));
            items(service.get("secrets"), secrets);
            items(service.get("configs"), configs);
            let build = service.get("build");
            items(build.and_then(|build| build.get("secrets")), secrets);
        }
        let Some(root) = self.root.as_map_mut() else {
            return;
        };
        for (section, used) in ["networks", "volumes", "secrets", "configs", "models"]
            .into_iter()
            .zip(&used)
        {
            if let Some(Item {
                data: Data::Map(map),
                ..
            }) = root.get_mut(section)
            {
                map.retain(|entry| used.contains(entry.key()));
            }
        }
    }
}

/// Whether a service or job with these profiles is on.
fn is_on(item: &Item, active: &[String]) -> bool {
    let declared = item.get("profiles").map(Item::items).unwrap_or_default();
    declared.is_empty()
        || active.iter().any(|profile| {
            profile == "*"
                || declared
                    .iter()
                    .any(|known| known.as_str() == Some(profile.as_str()))
        })
}

/// Whether a name fits a pattern with `*` and `?`.
fn matches(pattern: &str, name: &str) -> bool {
    if !pattern.contains(['*', '?']) {
        return pattern == name;
    }
    let (pattern, name): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), name.chars().collect());
    let (mut p, mut n) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while n < name.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, n));
                p += 1;
            }
            Some('?') => {
                p += 1;
                n += 1;
            }
            Some(c) if *c == name[n] => {
                p += 1;
                n += 1;
            }
            _ => match star {
                Some((at, from)) => {
                    star = Some((at, from + 1));
                    p = at + 1;
                    n = from + 1;
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn names_fit_patterns() {
        for (pattern, name, fits) in [
            ("web", "web", true),
            ("web", "web2", false),
            ("web*", "web2", true),
            ("*b?", "web2", true),
            ("*x", "web2", false),
            ("*", "", true),
        ] {
            assert_eq!(matches(pattern, name), fits, "{pattern} {name}");
        }
    }
}
