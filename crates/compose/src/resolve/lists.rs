//! What `docker compose config` lists: names, images, profiles, variables.

use std::collections::{BTreeMap, BTreeSet};

use super::Resolved;
use super::item::{Data, Item};
use super::select::Names;
use crate::interpolation::{Part, parts};

/// A variable that a project's files use.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TemplateVariable {
    /// Its name.
    pub name: String,
    /// The default of the first use that has one.
    pub default: String,
    /// What stands for it when it is set, of the first use that says so.
    pub presence: String,
    /// Whether a use refuses to go on without it.
    pub required: bool,
}

impl Resolved {
    /// The services that are on, those that others depend on first.
    pub fn service_names(&self) -> Vec<&str> {
        let model = self.raw.as_ref().unwrap_or(self.root());
        let services: BTreeMap<&str, &Item> = model
            .get("services")
            .into_iter()
            .flat_map(Item::entries)
            .map(|entry| (entry.key(), entry.value()))
            .collect();
        let mut ordered = Vec::with_capacity(services.len());
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        for name in services.keys() {
            // Each service is left once all it depends on is left.
            let mut stack = vec![(*name, false)];
            while let Some((name, is_left)) = stack.pop() {
                if is_left {
                    ordered.push(name);
                    continue;
                }
                if !seen.insert(name) {
                    continue;
                }
                stack.push((name, true));
                let depends_on = services.get(name).and_then(|s| s.get("depends_on"));
                let mut names: Vec<&str> = depends_on
                    .into_iter()
                    .flat_map(Item::entries)
                    .filter_map(|entry| services.get_key_value(entry.key()))
                    .map(|(name, _)| *name)
                    .collect();
                names.sort_unstable_by(|a, b| b.cmp(a));
                stack.extend(names.into_iter().map(|name| (name, false)));
            }
        }
        ordered
    }

    /// The names under a key at the top: `volumes`, `networks`, `secrets`, `configs`, `models`.
    pub fn resource_names(&self, section: &str) -> Vec<&str> {
        let mut names: Vec<&str> = self.model.entries(section).map(|e| e.key()).collect();
        names.sort_unstable();
        names
    }

    /// The models that services use, by what they are called where they are kept.
    pub fn model_references(&self) -> Vec<&str> {
        let models = self.model.entries("models");
        let named = models.filter_map(|entry| entry.value().get("model")?.as_str());
        named.filter(|model| !model.is_empty()).collect()
    }

    /// The images that the services run, by service: given, or called after the project.
    pub fn images(&self) -> Vec<String> {
        let mut images = Vec::new();
        for entry in self.model.services() {
            let image = |item: &Item| {
                let image = item.get("image").and_then(Item::as_str);
                image.filter(|image| !image.is_empty()).map(str::to_owned)
            };
            let own =
                image(entry.value()).unwrap_or_else(|| format!("{}-{}", self.name, entry.key()));
            let hooks = entry.value().get("pre_start").map(Item::items);
            let hooks = hooks.unwrap_or_default().iter().filter_map(image);
            let hooks: Vec<String> = hooks.filter(|hook| *hook != own).collect();
            images.push(own);
            images.extend(hooks);
        }
        images
    }

    /// All profiles that services name, whether they are on or off.
    pub fn all_profiles(&self) -> Vec<&str> {
        let services = self.model.services().chain(self.model.disabled.iter());
        let mut names: BTreeSet<&str> = BTreeSet::new();
        for entry in services {
            let profiles = entry.value().get("profiles").map(Item::items);
            names.extend(profiles.unwrap_or_default().iter().filter_map(Item::as_str));
        }
        names.into_iter().collect()
    }

    /// The variables that the files use, by name. Only known where they are not replaced
    /// ([`super::Request::no_interpolate`]).
    pub fn variables(&self) -> Vec<TemplateVariable> {
        let mut found: BTreeMap<String, TemplateVariable> = BTreeMap::new();
        if let Some(raw) = &self.raw {
            collect(raw, &mut found);
        }
        found.into_values().collect()
    }
}

fn collect(item: &Item, found: &mut BTreeMap<String, TemplateVariable>) {
    match &item.data {
        Data::Text(text) => of_text(text, 0, found),
        Data::List(items) => items.iter().for_each(|item| collect(item, found)),
        Data::Map(_) => item
            .entries()
            .for_each(|entry| collect(entry.value(), found)),
        _ => {}
    }
}

fn of_text(text: &str, depth: u32, found: &mut BTreeMap<String, TemplateVariable>) {
    // Defaults in defaults, as deep as they are replaced.
    if depth > 64 || !text.contains('$') {
        return;
    }
    for part in parts(text) {
        let Part::Variable(variable) = part else {
            continue;
        };
        let known = found.entry(variable.name.to_owned()).or_default();
        variable.name.clone_into(&mut known.name);
        let Some((operator, word, _)) = variable.operation else {
            continue;
        };
        if operator.is_required() {
            known.required = true;
            continue;
        }
        let field = if operator.is_default() {
            &mut known.default
        } else {
            &mut known.presence
        };
        if field.is_empty() {
            word.clone_into(field);
        }
        of_text(word, depth + 1, found);
    }
}
