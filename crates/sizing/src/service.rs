//! Services of Compose files, put together with what was measured of them.
//!
//! The words of Compose for the four numbers: a limit is `deploy.resources.limits` or, in files
//! older than that, `cpus` and `mem_limit`; a request is `deploy.resources.reservations` or
//! `mem_reservation`. What is there is changed where it is there, in its words, as the two may not
//! differ; what is not there is written below `deploy`.

use plimsoll_compose::resolve::{bytes, normalised_project_name};
use plimsoll_compose::{ComposeFile, Value};
use plimsoll_yaml::Tree;

use crate::input::Key;
use crate::patch::Change;
use crate::plan::Measured;
use crate::recommend::Present;

/// A service, in all files that are laid over one another.
#[derive(Clone, Debug)]
pub struct Service<'a> {
    /// Its name.
    pub name: String,
    /// What it is called where it was measured.
    aliases: Vec<String>,
    /// The project's name.
    project: String,
    /// What each file says of it, the later ones laid over the earlier.
    parts: Vec<Part<'a>>,
}

/// What one file says of a service.
#[derive(Clone, Copy, Debug)]
struct Part<'a> {
    tree: usize,
    service: plimsoll_compose::Service<'a>,
}

/// A number of a service.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Number {
    CpuLimit,
    CpuRequest,
    MemoryLimit,
    MemoryRequest,
}

/// Why a service cannot be changed.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Fixed {
    /// A variable says how much it is.
    #[error("`{0}` is set by a variable")]
    Variable(&'static str),
    /// Memory and swap together have a limit of their own.
    #[error("its `memswap_limit` has to move along with `mem_limit`")]
    Swap,
}

/// The services of files that Compose lays over one another, given in that order with the number
/// of each. The project is called as they say, or as the folder of the first.
pub fn services<'a>(
    files: impl Iterator<Item = (usize, &'a Tree)>,
    folder: &str,
) -> Vec<Service<'a>> {
    let files: Vec<(usize, ComposeFile<'_>)> = files
        .filter_map(|(number, tree)| Some((number, ComposeFile::new(tree)?)))
        .collect();
    let named = files
        .iter()
        .rev()
        .find_map(|(_, file)| file.name()?.with_defaults());
    let project = normalised_project_name(named.as_deref().unwrap_or(folder));
    let mut found: Vec<Service<'a>> = Vec::new();
    for (tree, file) in files {
        for service in file.services() {
            let name = service.name().into_owned();
            let at = match found.iter().position(|one| one.name == name) {
                Some(at) => at,
                None => {
                    found.push(Service {
                        aliases: vec![name.clone(), format!("{project}-{name}")],
                        project: project.clone(),
                        parts: Vec::new(),
                        name,
                    });
                    found.len() - 1
                }
            };
            let own = service.container_name().and_then(Value::with_defaults);
            found[at].aliases.extend(own.map(|name| name.into_owned()));
            found[at].parts.push(Part { tree, service });
        }
    }
    found
}

impl<'a> Service<'a> {
    /// Whether something measured is of it: by its name, its container's, or the one that Compose
    /// gives (`shop-web-1`).
    pub fn is(&self, key: &Key) -> bool {
        let near = key.namespace.is_empty() || key.namespace == self.project;
        let named = |text: &str| {
            let bare = numberless(text);
            let is = |name: &String| name == text || name == bare;
            self.aliases.iter().any(is)
        };
        near && (named(&key.workload) || named(&key.container))
    }

    /// What is set today, where no variable without a default says it.
    pub fn present(&self) -> Present {
        let of = |number: Number| {
            let text = self.written(number)?.with_defaults()?;
            let value = match number {
                Number::CpuLimit | Number::CpuRequest => text.trim().parse().ok()?,
                Number::MemoryLimit | Number::MemoryRequest => bytes(text.trim())? as f64,
            };
            Some(value).filter(|value: &f64| value.is_finite() && *value > 0.0)
        };
        Present {
            cpu_request: of(Number::CpuRequest),
            cpu_limit: of(Number::CpuLimit),
            memory_request: of(Number::MemoryRequest),
            memory_limit: of(Number::MemoryLimit),
        }
    }

    /// Where it is written first: the number of the file and the place of its name.
    pub fn place(&self) -> Option<(usize, plimsoll_source::TextRange)> {
        let first = self.parts.first()?;
        Some((first.tree, first.service.head()))
    }

    /// What is to be written, each change with the number of the file that it goes to.
    ///
    /// # Errors
    ///
    /// Why it cannot be written without changing more.
    pub fn changes(&self, sized: &Measured) -> Result<Vec<(usize, Change)>, Fixed> {
        let mut changes = Vec::new();
        let mut set = |number: Number, value: Option<String>| {
            changes.extend(self.change(number, value.as_deref())?);
            Ok(())
        };
        if let Some(cpu) = &sized.found.cpu {
            set(Number::CpuRequest, Some(cores(cpu.request)))?;
            set(Number::CpuLimit, cpu.limit.map(cores))?;
        }
        if let Some(memory) = &sized.found.memory {
            let together = |part: &Part<'_>| part.service.value("memswap_limit").is_some();
            if self.parts.iter().any(together) {
                return Err(Fixed::Swap);
            }
            set(Number::MemoryRequest, Some(size(memory.request)))?;
            set(Number::MemoryLimit, Some(size(memory.limit)))?;
        }
        Ok(changes)
    }

    /// Where a number is written in both words, both change: they may not differ.
    fn change(&self, number: Number, value: Option<&str>) -> Result<Vec<(usize, Change)>, Fixed> {
        let mut changes = Vec::new();
        for path in [number.path(), number.old_path()] {
            let Some((tree, written)) = self.at(path) else {
                continue;
            };
            if written.literal().is_none() {
                return Err(Fixed::Variable(path[path.len() - 1]));
            }
            changes.push((tree, change(path, value)));
        }
        if changes.is_empty() && value.is_some() {
            let home = self.home();
            changes.extend(home.map(|tree| (tree, change(number.path(), value))));
        }
        Ok(changes)
    }

    /// The file that new settings go to: the last that has some, or else the first.
    fn home(&self) -> Option<usize> {
        let has = |part: &&Part<'_>| {
            let deploy = part.service.deploy();
            deploy.is_some_and(|deploy| deploy.node().get("resources").is_some())
        };
        let part = self.parts.iter().rev().find(has).or(self.parts.first())?;
        Some(part.tree)
    }

    fn written(&self, number: Number) -> Option<Value<'a>> {
        let paths = [number.path(), number.old_path()];
        paths.into_iter().find_map(|path| Some(self.at(path)?.1))
    }

    /// Where something is written last.
    fn at(&self, path: &[&str]) -> Option<(usize, Value<'a>)> {
        if path.is_empty() {
            return None;
        }
        self.parts
            .iter()
            .rev()
            .find_map(|part| Some((part.tree, Value::new(part.service.node().at(path)?)?)))
    }
}

impl Number {
    const fn path(self) -> &'static [&'static str] {
        match self {
            Self::CpuLimit => &["deploy", "resources", "limits", "cpus"],
            Self::CpuRequest => &["deploy", "resources", "reservations", "cpus"],
            Self::MemoryLimit => &["deploy", "resources", "limits", "memory"],
            Self::MemoryRequest => &["deploy", "resources", "reservations", "memory"],
        }
    }

    /// In files older than `deploy`.
    const fn old_path(self) -> &'static [&'static str] {
        match self {
            Self::CpuLimit => &["cpus"],
            Self::CpuRequest => &[],
            Self::MemoryLimit => &["mem_limit"],
            Self::MemoryRequest => &["mem_reservation"],
        }
    }
}

fn change(path: &[&str], value: Option<&str>) -> Change {
    Change {
        path: path.iter().map(|key| (*key).to_owned()).collect(),
        value: value.map(str::to_owned),
    }
}

/// A name without the number that Compose gives to each container of a service.
fn numberless(name: &str) -> &str {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    match name.rsplit_once(['-', '_']) {
        Some((front, number)) if digits(number) => front,
        _ => name,
    }
}

/// Cores as Compose files write them: a string, for a number may lose its zeros on the way.
fn cores(cores: f64) -> String {
    let text = format!("{cores:.3}");
    let text = text.trim_end_matches('0');
    format!("'{}'", text.trim_end_matches('.'))
}

/// Bytes as Compose files write them: whole MiB, which Docker calls `M`.
fn size(bytes: f64) -> String {
    let mib = (bytes / (1024.0 * 1024.0)).ceil().max(1.0);
    if mib % 1024.0 == 0.0 {
        format!("{}G", mib / 1024.0)
    } else {
        format!("{mib}M")
    }
}

#[cfg(test)]
mod tests {
    use super::{Fixed, Service, cores, services, size};
    use crate::input::owner::Owners;
    use crate::input::{Census, Key};
    use crate::plan::{Measured, plan};
    use crate::{Wish, patch};
    use plimsoll_yaml::{Dialect, Tree, parse};

    const OLD: &str = "\
services:
  web:
    image: web
    mem_limit: 1g # since March
    cpus: 2
  db:
    image: db
    deploy:
      resources:
        limits: {memory: \"${DB_MEMORY:-2g}\"}
";

    fn tree(text: &str) -> Tree {
        parse(text, Dialect::Core)
    }

    fn key(workload: &str) -> Key {
        Key {
            workload: workload.to_owned(),
            ..Key::default()
        }
    }

    fn measured(service: &Service<'_>) -> Measured {
        let mut census = Census::new(Owners::default());
        let usage = census.of_key(key("web")).expect("there is room for one");
        for step in 0..14 * 288 {
            let at = 1_700_006_400.0 + f64::from(step) * 300.0;
            usage.add_cpu(at, 0.25);
            usage.add_memory(at, 3e8);
        }
        let renamed = Service {
            aliases: vec!["web".to_owned()],
            ..service.clone()
        };
        let plans = plan(&census, &[], &[renamed], |_| Wish::default());
        plans[0].containers[0].clone()
    }

    #[test]
    fn what_is_set_is_read_in_both_forms() {
        let tree = tree(OLD);
        let found = services([(0, &tree)].into_iter(), "shop");
        let web = found[0].present();
        assert_eq!(
            (web.cpu_limit, web.memory_limit),
            (Some(2.0), Some(1024.0 * 1024.0 * 1024.0))
        );
        assert_eq!(
            found[1].present().memory_limit,
            Some(2048.0 * 1024.0 * 1024.0)
        );
        for name in ["web", "shop-web", "shop-web-1", "web_2"] {
            assert!(found[0].is(&key(name)), "{name}");
        }
        assert!(!found[0].is(&key("db")));
        let elsewhere = Key {
            namespace: "prod".to_owned(),
            ..key("web")
        };
        assert!(!found[0].is(&elsewhere));
    }

    #[test]
    fn numbers_are_changed_in_the_words_that_are_there() {
        let tree = tree(OLD);
        let found = services([(0, &tree)].into_iter(), "shop");
        let changes = found[0].changes(&measured(&found[0])).expect("no variable");
        let mut text = OLD.to_owned();
        for (_, change) in &changes {
            text = patch::service(&text, "web", change).expect("there is a place");
        }
        assert!(text.contains("M # since March\n"), "{text}");
        assert!(!text.contains("cpus: 2\n"), "{text}");
        assert!(text.contains("reservations:\n"), "{text}");
        assert!(text.contains("cpus: '0.2"), "{text}");
        assert_eq!(text.matches("memory: ").count(), 2, "{text}");
    }

    #[test]
    fn a_variable_is_left_to_whoever_sets_it() {
        let tree = tree(OLD);
        let found = services([(0, &tree)].into_iter(), "shop");
        let refused = found[1].changes(&measured(&found[1])).map(|_| ());
        assert_eq!(refused, Err(Fixed::Variable("memory")));
    }

    #[test]
    fn later_files_are_laid_over_earlier_ones() {
        let base =
            tree("services: {web: {image: web, deploy: {resources: {limits: {memory: 1g}}}}}");
        let over = tree("services:\n  web:\n    deploy: {resources: {limits: {memory: 3g}}}\n");
        let found = services([(4, &base), (7, &over)].into_iter(), "shop");
        assert_eq!(found.len(), 1);
        assert_eq!(
            found[0].present().memory_limit,
            Some(3072.0 * 1024.0 * 1024.0)
        );
        let changes = found[0].changes(&measured(&found[0])).expect("no variable");
        assert!(changes.iter().all(|(tree, _)| *tree == 7), "{changes:?}");
    }

    #[test]
    fn amounts_are_written_as_docker_reads_them() {
        assert_eq!(cores(0.25), "'0.25'");
        assert_eq!(cores(2.0), "'2'");
        assert_eq!(size(512.0 * 1024.0 * 1024.0), "512M");
        assert_eq!(size(2048.0 * 1024.0 * 1024.0), "2G");
    }
}
