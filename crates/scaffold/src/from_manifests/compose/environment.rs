//! Variables of a container: what ConfigMaps and manifests say stands in the Compose file, what Secrets
//! hold is asked of `.env`.

use std::collections::{BTreeMap, BTreeSet};

use plimsoll_k8s::Container;
use plimsoll_yaml::Node;

use super::super::calls::names_address;
use super::super::cluster::items;
use super::{Cx, Work};
use crate::compose::EnvEntry;
use crate::emit::{Map, Node as Written};
use crate::from_compose::names::label;
use crate::model::Evidence;

/// Variables of `.env`, in the order of coming.
#[derive(Default)]
pub(super) struct Env {
    /// The variable of each key of a Secret.
    by_source: BTreeMap<(String, String), String>,
    pub(super) entries: Vec<EnvEntry>,
}

/// A part of a value.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Piece {
    Plain(String),
    /// A variable of `.env`, and whether nothing starts without it.
    Asked(String, bool),
}

/// A variable of a container.
struct Variable {
    name: String,
    pieces: Vec<Piece>,
    why: Vec<Evidence>,
}

/// What a container's variables are, and what they say of others.
#[derive(Default)]
pub(super) struct Environment {
    variables: Vec<Variable>,
    /// Files with the variables of Secrets whose keys nobody knows here.
    pub(super) files: Vec<(String, Vec<Evidence>)>,
    pub(super) works: BTreeSet<usize>,
    pub(super) hosts: BTreeSet<(usize, String)>,
}

impl Env {
    /// The variable of `.env` for a key of a Secret, which is called as the container calls it where
    /// that name is free.
    fn variable(
        &mut self,
        source: (&str, &str),
        wanted: &str,
        required: bool,
        why: &[Evidence],
    ) -> String {
        let key = (source.0.to_owned(), source.1.to_owned());
        if let Some(name) = self.by_source.get(&key).cloned() {
            if let Some(entry) = self.entries.iter_mut().find(|entry| entry.name == name) {
                entry.required |= required;
            }
            return name;
        }
        let mut name = variable_name(wanted);
        if self.entries.iter().any(|entry| entry.name == name) {
            name = variable_name(&format!("{}_{}", source.0, source.1));
        }
        let base = name.clone();
        let mut count = 2;
        while self.entries.iter().any(|entry| entry.name == name) {
            name = format!("{base}_{count}");
            count += 1;
        }
        self.entries.push(EnvEntry {
            name: name.clone(),
            required,
            says: says(source),
            why: why.to_vec(),
        });
        self.by_source.insert(key, name.clone());
        name
    }
}

fn says((secret, key): (&str, &str)) -> String {
    if secret.is_empty() {
        "It stands in the manifests, and should not.".to_owned()
    } else {
        format!("`{key}` of `{secret}`.")
    }
}

/// A text as the name of a variable.
fn variable_name(text: &str) -> String {
    let fits = |c: char| {
        if c.is_ascii_alphanumeric() {
            c.to_ascii_uppercase()
        } else {
            '_'
        }
    };
    let is_name = text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let name: String = if is_name {
        text.to_owned()
    } else {
        text.chars().map(fits).collect()
    };
    if name.starts_with(|c: char| c.is_ascii_digit()) || name.is_empty() {
        format!("_{name}")
    } else {
        name
    }
}

/// Reads the variables of a container.
pub(super) fn read<'a>(cx: &Cx<'a>, work: &Work<'a>, container: Container<'a>) -> Environment {
    let mut environment = Environment::default();
    for from in items(container.node(), &["envFrom"]) {
        environment.all_of(cx, from);
    }
    for variable in items(container.node(), &["env"]) {
        environment.one(cx, work, variable);
    }
    environment
}

impl Environment {
    fn put(&mut self, name: String, pieces: Vec<Piece>, why: Vec<Evidence>) {
        self.variables.retain(|known| known.name != name);
        self.variables.push(Variable { name, pieces, why });
    }

    fn all_of<'a>(&mut self, cx: &Cx<'a>, from: Node<'a>) {
        let prefix = from.get("prefix").and_then(Node::as_str);
        let prefix = prefix.unwrap_or_default().into_owned();
        for (key, is_secret) in [("configMapRef", false), ("secretRef", true)] {
            let Some(reference) = from.present(key) else {
                continue;
            };
            let Some(name) = reference.get("name").and_then(Node::as_str) else {
                continue;
            };
            let optional = is_optional(reference);
            if is_secret {
                self.all_of_secret(cx, from, &name, &prefix, optional);
                continue;
            }
            let Some(data) = cx.cluster.configs.get(&*name) else {
                if !optional {
                    cx.lose(
                        from,
                        format!("ConfigMap {name}"),
                        "its variables are not known: no manifest here has it",
                        "set them under `environment` in compose.override.yaml",
                    );
                }
                cx.settle(from);
                continue;
            };
            cx.settle(from);
            for (key, node) in data {
                let why = cx.why(*node, format!("`{key}` of the ConfigMap `{name}`"));
                let full = format!("{prefix}{key}");
                self.config(cx, (&name, key), full, *node, why);
            }
        }
    }

    fn all_of_secret<'a>(
        &mut self,
        cx: &Cx<'a>,
        from: Node<'a>,
        name: &str,
        prefix: &str,
        optional: bool,
    ) {
        let why = cx.why(from, format!("all keys of the Secret `{name}`"));
        cx.settle(from);
        let keys = cx.cluster.secrets.get(name).filter(|keys| !keys.is_empty());
        let mut needed = cx.needed.borrow_mut();
        let needed = needed.entry(name.to_owned()).or_default();
        let Some(keys) = keys else {
            let path = format!("{}.env", label(name));
            if !optional {
                cx.lose(
                    from,
                    format!("Secret {name}"),
                    "which variables it holds is not known: no manifest here has it",
                    format!("write them into `{path}`, which git ignores"),
                );
            }
            cx.env_files.borrow_mut().insert(path.clone());
            self.files.push((path, why));
            return;
        };
        for key in keys {
            needed.insert(key.clone());
            let full = format!("{prefix}{key}");
            let mut env = cx.env.borrow_mut();
            let asked = env.variable((name, key), &full, !optional, &why);
            self.put(full, vec![Piece::Asked(asked, !optional)], why.clone());
        }
    }

    /// A value of a ConfigMap; one that is a secret by its looks is asked for all the same.
    fn config<'a>(
        &mut self,
        cx: &Cx<'a>,
        source: (&str, &str),
        name: String,
        node: Node<'a>,
        why: Vec<Evidence>,
    ) {
        let Some(text) = node.text() else { return };
        if is_secret(&name, &text) {
            let asked = cx.env.borrow_mut().variable(source, &name, true, &why);
            self.put(name, vec![Piece::Asked(asked, true)], why);
            return;
        }
        let text = self.heard(cx, node, &name, &text);
        self.put(name, vec![Piece::Plain(text)], why);
    }

    fn one<'a>(&mut self, cx: &Cx<'a>, work: &Work<'a>, variable: Node<'a>) {
        let Some(name) = variable.get("name").and_then(Node::text) else {
            return;
        };
        let name = name.into_owned();
        let why = cx.why(variable, format!("`{name}` is set"));
        let Some(from) = variable.present("valueFrom") else {
            cx.settle(variable);
            let Some(value) = variable.get("value") else {
                self.put(name, vec![Piece::Plain(String::new())], why);
                return;
            };
            let text = value.text().unwrap_or_default();
            if is_secret(&name, &text) && !text.contains("$(") {
                let place = format!("{}/{name}", work.title);
                let asked = cx
                    .env
                    .borrow_mut()
                    .variable(("", &place), &name, true, &why);
                cx.lose(
                    value,
                    format!("{}.env.{name}", work.title),
                    "its value is a secret by its looks, and is not copied",
                    format!("put it into `.env` as `{asked}`, and into a Secret in the cluster"),
                );
                self.put(name, vec![Piece::Asked(asked, true)], why);
                return;
            }
            let text = self.heard(cx, value, &name, &text);
            let pieces = self.expanded(&text);
            self.put(name, pieces, why);
            return;
        };
        for (key, is_of_secret) in [("secretKeyRef", true), ("configMapKeyRef", false)] {
            let Some(reference) = from.present(key) else {
                continue;
            };
            let (Some(object), Some(key)) = (
                reference.get("name").and_then(Node::text),
                reference.get("key").and_then(Node::text),
            ) else {
                continue;
            };
            cx.settle(variable);
            let optional = is_optional(reference);
            if is_of_secret {
                let mut needed = cx.needed.borrow_mut();
                let keys = needed.entry(object.clone().into_owned()).or_default();
                keys.insert(key.clone().into_owned());
                let mut env = cx.env.borrow_mut();
                let asked = env.variable((&object, &key), &name, !optional, &why);
                self.put(
                    name.clone(),
                    vec![Piece::Asked(asked, !optional)],
                    why.clone(),
                );
                continue;
            }
            let data = cx.cluster.configs.get(&*object).into_iter().flatten();
            let found = data.into_iter().find(|(known, _)| *known == *key);
            match found {
                Some((_, node)) => {
                    let mut why = why.clone();
                    why.extend(cx.why(*node, format!("`{key}` of the ConfigMap `{object}`")));
                    self.config(cx, (&object, &key), name.clone(), *node, why);
                }
                None if optional => {}
                None => cx.lose(
                    reference,
                    format!("{}.env.{name}", work.title),
                    "its value is not known: no manifest here has the ConfigMap and the key",
                    "set it under `environment` in compose.override.yaml",
                ),
            }
        }
        if from
            .at(&["fieldRef", "fieldPath"])
            .and_then(Node::as_str)
            .as_deref()
            == Some("metadata.name")
        {
            cx.settle(variable);
            let own = cx.names[work.number].clone();
            self.put(name, vec![Piece::Plain(own)], why);
        }
    }

    /// Notes whom a value names, and gives it with the ports of containers.
    fn heard<'a>(&mut self, cx: &Cx<'a>, node: Node<'a>, name: &str, text: &str) -> String {
        let said = cx.callees.read(text, names_address(name));
        self.works.extend(&said.works);
        self.hosts.extend(said.hosts);
        for service in &said.portless {
            portless(cx, node, service, &format!("the variable `{name}`"));
        }
        said.text
    }

    /// A text with `$(NAME)` replaced by what is known of the variable.
    fn expanded(&self, text: &str) -> Vec<Piece> {
        let mut pieces = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some(at) = rest.find('$') {
            plain.push_str(&rest[..at]);
            rest = &rest[at..];
            if let Some(after) = rest.strip_prefix("$$") {
                // Two of them stand for one.
                plain.push('$');
                rest = after;
                continue;
            }
            let name = rest
                .strip_prefix("$(")
                .and_then(|inner| inner.split_once(')'));
            let known = name.and_then(|(name, after)| {
                let known = self.variables.iter().find(|known| known.name == name)?;
                Some((known, after))
            });
            match known {
                Some((known, after)) => {
                    pieces.push(Piece::Plain(std::mem::take(&mut plain)));
                    pieces.extend(known.pieces.iter().cloned());
                    rest = after;
                }
                None => {
                    plain.push('$');
                    rest = &rest[1..];
                }
            }
        }
        plain.push_str(rest);
        pieces.push(Piece::Plain(plain));
        pieces
    }

    /// A word of a command, as a Compose file has it.
    pub(super) fn word(&self, text: &str) -> String {
        written(&self.expanded(text))
    }

    /// The mapping of a Compose file.
    pub(super) fn map(&self) -> Map {
        let mut map = Map::new();
        for variable in &self.variables {
            // Without a value it is taken from `.env`, and unset where that has none.
            let value = match &variable.pieces[..] {
                [Piece::Asked(asked, false)] if *asked == variable.name => {
                    Written::Word(String::new())
                }
                [Piece::Plain(text)] => Written::Quoted(text.replace('$', "$$")),
                pieces => Written::Text(written(pieces)),
            };
            let value = match value {
                Written::Quoted(text) if is_bare(&text) => Written::Text(text),
                value => value,
            };
            map = map.put(variable.name.as_str(), value).why(&variable.why);
        }
        map
    }
}

/// Whether the writer of YAML may decide on quotes.
fn is_bare(text: &str) -> bool {
    !text.contains('\n')
}

fn written(pieces: &[Piece]) -> String {
    let mut out = String::new();
    for piece in pieces {
        match piece {
            Piece::Plain(text) => out.push_str(&text.replace('$', "$$")),
            Piece::Asked(name, is_required) => {
                let end = if *is_required {
                    ":?set it in .env"
                } else {
                    ":-"
                };
                out.extend(["${", name, end, "}"]);
            }
        }
    }
    out
}

/// Lists that a Service gave a port that nothing gives here.
pub(super) fn portless<'a>(cx: &Cx<'a>, node: Node<'a>, service: &str, what: &str) {
    let ports = cx.callees.get(service).map(|callee| &callee.ports);
    let ports = ports.into_iter().flatten();
    let ports: Vec<String> = ports
        .filter(|(outside, inside)| outside != inside)
        .map(|(outside, inside)| format!("{inside} for {outside}"))
        .collect();
    cx.lose(
        node,
        format!("Service {service}"),
        format!("{what} names it without a port, and nothing gives one for another here"),
        format!(
            "see that callers use the container's port: {}",
            ports.join(", ")
        ),
    );
}

fn is_optional(reference: Node<'_>) -> bool {
    reference.get("optional").and_then(Node::as_bool) == Some(true)
}

fn is_secret(name: &str, text: &str) -> bool {
    !text.is_empty()
        && (plimsoll_secrets::names_secret(name)
            || !plimsoll_secrets::address::embedded(text).is_empty())
}
