//! A project as `docker compose config` prints it.

mod doc;
mod json;
mod yaml;

use super::Resolved;

/// The forms in which a project is printed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Format {
    /// For people and for Compose.
    Yaml,
    /// For programs.
    Json,
}

impl Resolved {
    /// The project in canonical form, as the reference prints it: every `$` is doubled, so that
    /// Compose reads back what was meant, unless variables were not replaced.
    pub fn print(&self, format: Format) -> String {
        let document = match (&self.raw, format) {
            (Some(raw), _) => doc::of_raw(raw, format),
            (None, _) => doc::of_project(self.root(), format),
        };
        let text = match format {
            Format::Yaml => yaml::write(&document),
            Format::Json => json::write(&document),
        };
        if self.raw.is_some() {
            text
        } else {
            text.replace('$', "$$")
        }
    }
}
