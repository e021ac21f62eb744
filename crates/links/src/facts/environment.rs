//! The environment that a Compose service or a container is given: which keys, by whom, and
//! whether there may be others that the files do not show.
//!
//! Values of Secrets are never kept.

use plimsoll_k8s::EnvSource;
use plimsoll_project::Project;
use plimsoll_source::Place;
use plimsoll_source::files::{join, parent};
use plimsoll_yaml::Node;

use super::image::Image;
use super::runner::{ContainerRunner, Runner, ServiceRunner};
use crate::graph::Links;
use crate::objects::{Definition, Keys};

/// The largest env file that is read, in bytes.
const MAX_BYTES: usize = 256 * 1024;

/// Where a variable comes from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Giver {
    /// ENV of the Dockerfile.
    Image,
    /// A value beside its name.
    Written,
    /// A line of an env file, by its path.
    EnvFile(Box<str>),
    /// A key of a ConfigMap, by its name.
    ConfigMap(Box<str>),
    /// A key of a Secret, by its name.
    Secret(Box<str>),
    /// A field of the pod or of a container.
    Field,
}

/// One variable that is given.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Given {
    /// Its name.
    pub name: Box<str>,
    /// Its value; `None` where it is not known, or a secret.
    pub value: Option<String>,
    /// Where it is written: its own line, or what brings it.
    pub place: Place,
    /// Where it comes from.
    pub giver: Giver,
}

/// Something that may give further variables.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Open {
    /// Where it is written.
    pub place: Place,
    /// What people call it: `env_file`, `envFrom`.
    pub what: &'static str,
}

/// What a program finds in its environment.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Environment {
    /// The variables, each once, as the last one says it.
    pub given: Vec<Given>,
    /// What may give more.
    pub open: Vec<Open>,
}

impl Environment {
    /// The variable of this name.
    pub fn get(&self, name: &str) -> Option<&Given> {
        self.given.iter().find(|given| &*given.name == name)
    }

    /// Whether the variable is given.
    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Whether these are all there are.
    pub fn is_whole(&self) -> bool {
        self.open.is_empty()
    }

    fn push(&mut self, given: Given) {
        self.given.retain(|other| other.name != given.name);
        self.given.push(given);
    }

    /// What ENV of a stage sets.
    pub fn of_image(image: Image<'_>) -> Self {
        let mut found = Self::default();
        for set in image.env() {
            let known = !set.value.contains('$') && !set.by_argument;
            found.push(Given {
                name: set.name.into(),
                value: known.then_some(set.value),
                place: set.place,
                giver: Giver::Image,
            });
        }
        found
    }

    /// What a runner gives, without what its image sets.
    pub fn of(links: &Links<'_>, runner: &Runner<'_>) -> Self {
        match runner {
            Runner::Service(one) => Self::of_service(links.project(), one),
            Runner::Container(one) => Self::of_container(links, one),
        }
    }

    /// What a Compose service is given, as its own file says it.
    pub fn of_service(project: &Project, runner: &ServiceRunner<'_>) -> Self {
        let mut found = Self::default();
        let file = runner.unit.file;
        let service = runner.service;
        if let Some(node) = service.node().present("extends") {
            found.open.push(Open {
                place: Place::new(file, node.range()),
                what: "extends",
            });
        }
        let dir = parent(project.path(file));
        for env_file in service.env_files() {
            let place = Place::new(file, env_file.path().range());
            let path = env_file.path().with_defaults();
            let path = path.and_then(|path| join(dir, &path));
            let text = path.as_ref().and_then(|path| {
                let bytes = project.tree.read(path).ok()?;
                (bytes.len() <= MAX_BYTES).then(|| String::from_utf8(bytes).ok())?
            });
            match (path, text) {
                (Some(path), Some(text)) => {
                    for (name, value) in pairs(&text) {
                        found.push(Given {
                            name: name.into(),
                            value: value.map(str::to_owned),
                            place,
                            giver: Giver::EnvFile(path.as_str().into()),
                        });
                    }
                }
                _ => found.open.push(Open {
                    place,
                    what: "env_file",
                }),
            }
        }
        for variable in service.environment() {
            let name = variable.name();
            if name.contains('$') {
                found.open.push(Open {
                    place: Place::new(file, variable.range()),
                    what: "environment",
                });
                continue;
            }
            let value = variable.value().and_then(|value| value.with_defaults());
            found.push(Given {
                name: (*name).into(),
                value: value.map(|value| value.into_owned()),
                place: Place::new(file, variable.key().range()),
                giver: Giver::Written,
            });
        }
        found
    }

    /// What a container is given, the keys of ConfigMaps and Secrets as far as they are known.
    pub fn of_container(links: &Links<'_>, runner: &ContainerRunner<'_>) -> Self {
        let mut found = Self::default();
        for from in runner.container.env_from() {
            let place = Place::new(runner.file, from.node().range());
            let Some(reference) = from.reference() else {
                continue;
            };
            let place = Place {
                range: reference.name.range(),
                ..place
            };
            let definitions = find(links, runner, reference.kind, reference.name);
            let unknown = definitions
                .iter()
                .any(|one| matches!(one.keys(), Keys::Unknown));
            if definitions.is_empty() && !reference.optional || unknown {
                found.open.push(Open {
                    place,
                    what: "envFrom",
                });
            }
            let name = reference.name.as_str().unwrap_or_default();
            let giver = match reference.kind {
                "Secret" => Giver::Secret((*name).into()),
                _ => Giver::ConfigMap((*name).into()),
            };
            let prefix = from.prefix().unwrap_or_default();
            for definition in definitions {
                let Keys::Known(keys) = definition.keys() else {
                    continue;
                };
                for (key, node) in keys {
                    found.push(Given {
                        name: format!("{prefix}{key}").into(),
                        value: value_of(definition, &key),
                        place: Place::new(definition.file, node.range()),
                        giver: giver.clone(),
                    });
                }
            }
        }
        for variable in runner.container.env() {
            let Some(name) = variable.name() else {
                continue;
            };
            let at = variable.name_node().unwrap_or(variable.node());
            let place = Place::new(runner.file, at.range());
            let (giver, value) = match (variable.source(), variable.reference()) {
                (None, _) => {
                    let value = variable.value().and_then(Node::text);
                    (Giver::Written, value.map(|value| value.into_owned()))
                }
                (Some(EnvSource::Field(_) | EnvSource::ResourceField(_)), _) => {
                    (Giver::Field, None)
                }
                (Some(_), Some(reference)) => {
                    let holder: Box<str> = (*reference.name.as_str().unwrap_or_default()).into();
                    if reference.kind == "Secret" {
                        (Giver::Secret(holder), None)
                    } else {
                        let key = reference.key.and_then(Node::as_str).unwrap_or_default();
                        let definitions = find(links, runner, reference.kind, reference.name);
                        let value = match definitions.as_slice() {
                            [one] => value_of(one, &key),
                            _ => None,
                        };
                        (Giver::ConfigMap(holder), value)
                    }
                }
                (Some(_), None) => (Giver::Field, None),
            };
            // Other variables may be put into it.
            let value = value.filter(|value| !value.contains("$("));
            found.push(Given {
                name: (*name).into(),
                value,
                place,
                giver,
            });
        }
        found
    }
}

fn find<'l, 'a>(
    links: &'l Links<'a>,
    runner: &ContainerRunner<'_>,
    kind: &str,
    name: Node<'_>,
) -> Vec<&'l Definition<'a>> {
    let name = name.as_str().unwrap_or_default();
    let namespace = runner.workload.object().namespace();
    let (_, found) = links
        .objects()
        .nearest(runner.file, namespace.as_deref(), kind, &name);
    found
}

/// The value of a key of a ConfigMap that is written out.
fn value_of(definition: &Definition<'_>, key: &str) -> Option<String> {
    if definition.kind != "ConfigMap" {
        return None;
    }
    let written = definition.node.at(&["data", key]).and_then(Node::text);
    if let Some(value) = written {
        return Some(value.into_owned());
    }
    let literals = definition.node.get("literals")?;

    literals.items().find_map(|item| {
        let text = item.text()?;
        let value = text.strip_prefix(key)?.strip_prefix('=')?;
        Some(value.to_owned())
    })
}

/// The names and values of an env file. A value of several lines or with a variable in it is
/// none.
pub(crate) fn pairs(text: &str) -> Vec<(&str, Option<&str>)> {
    let mut found = Vec::new();
    let mut open: Option<char> = None;
    for line in text.lines() {
        if let Some(quote) = open {
            if line.trim_end().ends_with(quote) {
                open = None;
            }
            continue;
        }
        let line = line.trim();
        let line = line.strip_prefix("export ").unwrap_or(line).trim_start();
        let (name, value) = line.split_once('=').unwrap_or((line, ""));
        let name = name.trim_end();
        let is_name = name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b));
        if name.is_empty() || !is_name {
            continue;
        }
        let value = value.trim();
        let quoted = value.chars().next().filter(|c| matches!(c, '"' | '\''));
        let value = match quoted {
            Some(quote) => match value[1..].find(quote) {
                Some(end) => Some(&value[1..=end]),
                None => {
                    open = Some(quote);
                    None
                }
            },
            None => Some(value.split(" #").next().unwrap_or("").trim_end()),
        };
        found.push((name, value.filter(|value| !value.contains('$'))));
    }
    found
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use plimsoll_project::{Options, Project};
    use plimsoll_testkit::{Fixture, tree};

    use super::{Environment, pairs};
    use crate::Links;
    use crate::facts::runner::Runner;

    fn show(environment: &Environment) -> Vec<String> {
        let given = environment.given.iter().map(|given| {
            let value = given.value.as_deref().unwrap_or("?");
            format!("{}={value} {:?}", given.name, given.giver)
        });
        let open = environment
            .open
            .iter()
            .map(|open| format!("open {}", open.what));
        given.chain(open).collect()
    }

    #[track_caller]
    fn check(files: &str, expected: &[&str]) {
        let tree = tree(&Fixture::parse("compose.yaml", files));
        let project = Project::load(Arc::new(tree), &Options::default());
        let links = Links::new(&project);
        let runner = match links.services().next() {
            Some(service) => Runner::Service(service),
            None => {
                let (object, _) = links
                    .objects()
                    .iter()
                    .find(|(_, object)| object.kind() == "Pod")
                    .expect("a pod");
                Runner::Container(links.containers(object)[0])
            }
        };
        assert_eq!(show(&Environment::of(&links, &runner)), expected);
    }

    #[test]
    fn services_are_given_lines_and_files() {
        check(
            "services:\n  web:\n    image: a\n    env_file: [web.env, gone.env]\n    environment:\n      - A=1\n      - B\n      - C=${X:-y}\n      - D=$Y\n//- /web.env\n# x\nexport E='a b' # c\nA=0\nF=\"x\ny\"\nG=1\n",
            &[
                "E=a b EnvFile(\"web.env\")",
                "F=? EnvFile(\"web.env\")",
                "G=1 EnvFile(\"web.env\")",
                "A=1 Written",
                "B=? Written",
                "C=y Written",
                "D=? Written",
                "open env_file",
            ],
        );
    }

    #[test]
    fn containers_are_given_keys_of_what_is_known() {
        let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers:\n  - name: web\n    image: a\n";
        let maps = "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: conf}\ndata: {A: '1', B: x}\n---\napiVersion: v1\nkind: Secret\nmetadata: {name: keys}\nstringData: {K: hidden}\n";
        check(
            &format!(
                "//- /k.yaml\n{pod}    envFrom:\n    - {{configMapRef: {{name: conf}}, prefix: P_}}\n    - secretRef: {{name: keys}}\n    - secretRef: {{name: gone}}\n    env:\n    - {{name: C, value: '3'}}\n    - {{name: D, valueFrom: {{configMapKeyRef: {{name: conf, key: A}}}}}}\n    - {{name: E, valueFrom: {{secretKeyRef: {{name: keys, key: K}}}}}}\n    - {{name: F, valueFrom: {{fieldRef: {{fieldPath: status.podIP}}}}}}\n{maps}"
            ),
            &[
                "P_A=1 ConfigMap(\"conf\")",
                "P_B=x ConfigMap(\"conf\")",
                "K=? Secret(\"keys\")",
                "C=3 Written",
                "D=1 ConfigMap(\"conf\")",
                "E=? Secret(\"keys\")",
                "F=? Field",
                "open envFrom",
            ],
        );
    }

    #[test]
    fn env_files_are_read() {
        assert_eq!(
            pairs("A=1\n#B=2\nC = 'x' \nD\n E=$A\nF=a # b\nno name=1\n"),
            [
                ("A", Some("1")),
                ("C", Some("x")),
                ("D", Some("")),
                ("E", None),
                ("F", Some("a")),
            ]
        );
    }
}
