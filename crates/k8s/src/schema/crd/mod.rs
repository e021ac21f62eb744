//! Custom resources against the schemas of their CustomResourceDefinitions.
//!
//! A definition is an [`Object`] like any other, from a file of the tree; its structural OpenAPI
//! schema is read where it stands. What the API server enforces is checked: types, unknown
//! fields (unless `x-kubernetes-preserve-unknown-fields`), required fields without a default,
//! enums, patterns, bounds, lists that are sets or maps, `allOf`, `anyOf`, `oneOf`, `not`. Rules
//! in CEL (`x-kubernetes-validations`) are not run, nor most formats.

mod check;
mod misplaced;
mod schema;

use std::collections::{BTreeMap, HashMap};
use std::sync::Mutex;

use plimsoll_yaml::Node;
use regex_automata::meta::Regex;
use regex_automata::util::syntax::Config as Syntax;

use super::problem::{Problem, ProblemKind};
use super::table::Base;
use super::{Settings, is_placeholder};
use crate::objects::Object;
use check::Check;
use schema::Schema;

/// The definitions of a project, by group and kind.
#[derive(Default, Debug)]
pub struct Definitions<'a> {
    by_kind: BTreeMap<(String, String), Vec<Version<'a>>>,
    patterns: Patterns,
}

/// A version of a custom resource as one definition has it.
#[derive(Clone, Copy, Debug)]
pub struct Version<'a> {
    /// Such as `v1`.
    pub name: &'a str,
    /// What the API server says to those who use it, if it is deprecated.
    pub deprecated: Option<&'a str>,
    schema: Option<Node<'a>>,
    /// Whether unknown fields are kept, as old definitions want it.
    keeps_unknown: bool,
}

/// Compiled patterns; a project has few, and its objects many values.
#[derive(Default, Debug)]
pub(super) struct Patterns(Mutex<HashMap<String, Option<Regex>>>);

impl Patterns {
    /// Whether a text matches; a pattern that cannot be compiled matches everything.
    pub(super) fn fits(&self, pattern: &str, text: &str) -> bool {
        let Ok(mut known) = self.0.lock() else {
            return true;
        };
        if !known.contains_key(pattern) {
            // Go's classes are those of ASCII; what needs more cannot be compiled here.
            let syntax = Syntax::new().unicode(false).utf8(false);
            let config = Regex::config()
                .utf8_empty(false)
                .nfa_size_limit(Some(1 << 20));
            let regex = Regex::builder()
                .configure(config)
                .syntax(syntax)
                .build(pattern)
                .ok();
            known.insert(pattern.to_owned(), regex);
        }
        let regex = known.get(pattern).and_then(Option::as_ref);
        regex.is_none_or(|regex| regex.is_match(text))
    }
}

impl<'a> Definitions<'a> {
    /// Takes an object in if it is a definition.
    pub fn add(&mut self, object: Object<'a>) {
        if !object.is("apiextensions.k8s.io", "CustomResourceDefinition")
            || object.version() != "v1"
        {
            return;
        }
        let Some(spec) = object.spec() else { return };
        let word = |path: &[&str]| spec.at(path).and_then(Node::str);
        let (Some(group), Some(kind)) = (word(&["group"]), word(&["names", "kind"])) else {
            return;
        };
        let keeps_unknown = spec.get("preserveUnknownFields").and_then(Node::as_bool) == Some(true);
        let versions = self
            .by_kind
            .entry((group.to_owned(), kind.to_owned()))
            .or_default();
        for version in spec.get("versions").into_iter().flat_map(Node::items) {
            let version = version.resolve();
            let flag = |name| version.get(name).and_then(Node::as_bool) == Some(true);
            let Some(name) = version.get("name").and_then(Node::str) else {
                continue;
            };
            let is_unserved = version.get("served").and_then(Node::as_bool) == Some(false);
            if is_unserved {
                continue;
            }
            let deprecated = flag("deprecated").then(|| {
                let warning = version.get("deprecationWarning").and_then(Node::str);
                warning.unwrap_or_default()
            });
            let schema = version.at(&["schema", "openAPIV3Schema"]);
            versions.push(Version {
                name,
                deprecated,
                schema,
                keeps_unknown,
            });
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.by_kind.is_empty()
    }

    /// The versions of a kind, of all definitions that have it.
    pub fn versions(&self, group: &str, kind: &str) -> &[Version<'a>] {
        let key = (group.to_owned(), kind.to_owned());
        self.by_kind.get(&key).map_or(&[], Vec::as_slice)
    }

    /// What is wrong with a custom resource. Where several definitions have its kind, the one
    /// that it fits best is meant. Nothing where none has it.
    pub fn check(&self, object: Object<'_>, settings: Settings) -> Vec<Problem> {
        let versions = self.versions(&object.group(), &object.kind());
        let version = object.version();
        if versions.is_empty() || is_placeholder(&version) {
            return Vec::new();
        }
        let mut best: Option<Vec<Problem>> = None;
        for known in versions.iter().filter(|known| known.name == version) {
            let problems = self.against(*known, object, settings);
            if problems.is_empty() {
                return problems;
            }
            if best.as_ref().is_none_or(|best| problems.len() < best.len()) {
                best = Some(problems);
            }
        }
        best.unwrap_or_else(|| vec![unknown_version(object, versions)])
    }

    fn against(
        &self,
        version: Version<'a>,
        object: Object<'_>,
        settings: Settings,
    ) -> Vec<Problem> {
        let Some(schema) = version.schema else {
            return Vec::new();
        };
        let mut check = Check::new(
            &self.patterns,
            settings,
            version.keeps_unknown,
            &object.kind(),
        );
        check.top(Schema::new(schema), object.node(), object.head());
        let mut problems = check.finish();
        problems.sort_by_key(|problem| (problem.range.start, problem.range.end));
        problems
    }
}

fn unknown_version(object: Object<'_>, versions: &[Version<'_>]) -> Problem {
    let entry = object.node().entry("apiVersion");
    let range = entry.map_or_else(|| object.head(), |entry| entry.value.range());
    let kind = object.kind();
    let message = format!(
        "the definition of `{kind}` has no version `{}`",
        object.version()
    );
    let mut names: Vec<&str> = versions.iter().map(|version| version.name).collect();
    names.sort_unstable();
    names.dedup();
    let mut problem = Problem::new(ProblemKind::UnknownKind, range, message);
    problem.help(format!(
        "use {}, or bring a definition that has `{}`",
        super::unknown::listed(&names).replace(" and ", " or "),
        object.version()
    ));
    problem
}

/// The type of a value that a schema names.
pub(super) fn base(name: &str) -> Option<Base> {
    Some(match name {
        "string" => Base::Text,
        "boolean" => Base::Bool,
        "integer" => Base::Int64,
        "number" => Base::Number,
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
