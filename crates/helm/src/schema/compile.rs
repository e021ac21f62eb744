//! From a document to nodes: keywords are read once, references become numbers.

use std::sync::Arc;

use foldhash::{HashMap, HashMapExt};
use plimsoll_gotmpl::quote;

use super::document::Document;
use super::draft::Draft;
use super::formats::Format;
use super::node::{Additional, Constant, Dependency, Id, Items, Node, Place, Schema, Types};
use super::number::Number;
use super::pattern::Pattern;
use super::pointer::{LookupError, escape, join, lookup, scheme, split};
use super::violation::ROOT_URL;
use crate::values::{Data, Item};

/// A schema with what it refers to may have this many parts.
const MAX_NODES: usize = 200_000;

/// Gives other documents that a schema refers to. Schemas may lead from one to the next without
/// end: who fetches them bounds how many there are.
pub trait Resolve: Send + Sync {
    /// The bytes of the document; the error is shown behind the URL.
    fn load(&self, url: &str) -> Result<Vec<u8>, String>;
}

/// A schema that cannot be used. Displayed, it is what the library prints.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CompileError {
    /// The text is no JSON.
    #[error("{0}")]
    Json(String),
    /// A keyword has a value that it cannot have.
    #[error("{} is not valid against metaschema: jsonschema validation failed with '{draft}#'{lines}", quote(.url.as_bytes()))]
    NotWellFormed {
        /// The schema.
        url: String,
        /// The metaschema.
        draft: &'static str,
        /// The keyword and what is wrong with its value, as the library lays them out.
        lines: String,
    },
    /// A regular expression cannot be read.
    #[error("invalid regex {} at {}: {reason}", quote(.regex.as_bytes()), quote(.url.as_bytes()))]
    Regex {
        /// The expression.
        regex: String,
        /// Where it is written.
        url: String,
        /// What is wrong, in Go's words.
        reason: String,
    },
    /// Another document cannot be had.
    #[error("failing loading {}: {reason}", quote(.url.as_bytes()))]
    Load {
        /// Its URL.
        url: String,
        /// Why.
        reason: String,
    },
    /// A pointer leads nowhere.
    #[error("json-pointer in {} not found", quote(.0.as_bytes()))]
    NotFound(String),
    /// A pointer is none.
    #[error("invalid json-pointer {}", quote(.0.as_bytes()))]
    InvalidPointer(String),
    /// A reference is no URL.
    #[error("error in parsing {}: invalid URL escape", quote(.0.as_bytes()))]
    InvalidReference(String),
    /// An anchor is not there.
    #[error("anchor in {} not found in schema {}", quote(.reference.as_bytes()), quote(.url.as_bytes()))]
    NoAnchor {
        /// What names it.
        reference: String,
        /// Where it was looked for.
        url: String,
    },
    /// Two schemas have one name.
    #[error("duplicate id {} in {} at {} and {}", quote(.id.as_bytes()), quote(.url.as_bytes()), quote(.pointers[0].as_bytes()), quote(.pointers[1].as_bytes()))]
    DuplicateId {
        /// The name.
        id: String,
        /// The document.
        url: String,
        /// Both places.
        pointers: [String; 2],
    },
    /// Two schemas have one anchor.
    #[error("duplicate anchor {} in {} at {} and {}", quote(.anchor.as_bytes()), quote(.url.as_bytes()), quote(.pointers[0].as_bytes()), quote(.pointers[1].as_bytes()))]
    DuplicateAnchor {
        /// The anchor.
        anchor: String,
        /// The document.
        url: String,
        /// Both places.
        pointers: [String; 2],
    },
    /// A metaschema that says nothing of its draft.
    #[error("draft {} is not supported", quote(.0.as_bytes()))]
    UnknownDraft(String),
    /// Metaschemas that name each other.
    #[error("cycle in resolving $schema in {}", quote(.0.as_bytes()))]
    DraftCycle(String),
    /// More than this compiler does.
    #[error("the schema is too large or too deeply nested")]
    TooMuch,
}

/// Asks for another document.
pub(super) fn load(url: &str, resolve: Option<&dyn Resolve>) -> Result<Vec<u8>, CompileError> {
    // The metaschemas are known to the library; whatever is checked with them here is accepted.
    // So is a URN that nobody resolves, as Helm does it.
    let is_meta = ["http://json-schema.org/", "https://json-schema.org/"]
        .iter()
        .any(|prefix| url.starts_with(prefix));
    if is_meta {
        return Ok(b"true".to_vec());
    }
    let outcome = match resolve {
        Some(resolve) => resolve.load(url),
        None => Err("other documents are not fetched here".to_owned()),
    };
    match outcome {
        Err(_) if scheme(url) == Some("urn") => Ok(b"true".to_vec()),
        outcome => outcome.map_err(|reason| CompileError::Load {
            url: url.to_owned(),
            reason,
        }),
    }
}

impl Schema {
    /// Reads a schema and all that it refers to.
    pub fn compile(text: &[u8], resolve: Option<&dyn Resolve>) -> Result<Self, CompileError> {
        let document = Document::parse(ROOT_URL, text, resolve)?;
        let root = document.root.clone();
        let expected = document.schemas();
        let mut compiler = Compiler {
            documents: vec![document],
            resolve,
            nodes: Vec::with_capacity(expected),
            queue: Vec::with_capacity(expected),
            known: HashMap::with_capacity(expected),
        };
        compiler.enqueue(0, String::new(), Some(&root));
        while compiler.nodes.len() < compiler.queue.len() {
            if compiler.queue.len() > MAX_NODES {
                return Err(CompileError::TooMuch);
            }
            let node = compiler.node(compiler.nodes.len())?;
            compiler.nodes.push(node);
        }
        Ok(Self {
            nodes: compiler.nodes,
        })
    }
}

struct Compiler<'r> {
    documents: Vec<Document>,
    resolve: Option<&'r dyn Resolve>,
    nodes: Vec<Node>,
    /// Of each node, also of those to come.
    queue: Vec<Waiting>,
    known: HashMap<(usize, Arc<str>), Id>,
}

/// A schema that is to be read.
struct Waiting {
    document: usize,
    pointer: Arc<str>,
    /// What is there, unless a reference leads to it.
    item: Option<Item>,
}

/// The schema that is being read.
struct Here<'a> {
    document: usize,
    pointer: &'a str,
    item: &'a Item,
    /// The bits of all keywords that are written: a schema has few of the many that there are.
    written: u64,
}

/// A bit for a keyword, which others may have, too.
fn bit(keyword: &str) -> u64 {
    let bytes = keyword.as_bytes();
    let ends = [bytes.first(), bytes.last()].map(|byte| byte.map_or(0, |&byte| usize::from(byte)));
    1 << ((bytes.len() * 7 + ends[0] * 3 + ends[1]) % 64)
}

impl Compiler<'_> {
    fn enqueue(&mut self, document: usize, pointer: String, item: Option<&Item>) -> Id {
        let key = (document, Arc::<str>::from(pointer));
        if let Some(id) = self.known.get(&key) {
            return *id;
        }
        let id = self.queue.len();
        self.queue.push(Waiting {
            document,
            pointer: key.1.clone(),
            item: item.cloned(),
        });
        self.known.insert(key, id);
        id
    }

    fn node(&mut self, number: usize) -> Result<Node, CompileError> {
        let waiting = &mut self.queue[number];
        let (index, pointer) = (waiting.document, waiting.pointer.clone());
        let document = &mut self.documents[index];
        let location = || document.location(&pointer);
        let item = match waiting.item.take() {
            Some(item) => item,
            None => match lookup(&document.root, &pointer) {
                Ok(item) => item.clone(),
                Err(LookupError::NotFound) => return Err(CompileError::NotFound(location())),
                Err(LookupError::Invalid) => {
                    return Err(CompileError::InvalidPointer(location()));
                }
            },
        };
        document.ensure(&pointer, &item, self.resolve)?;
        let owner = document.resource_of(&pointer).to_owned();
        let resource = &document.resources[&owner];
        let place = Place {
            url: document.url.clone(),
            pointer: pointer.clone(),
        };
        let mut node = Node::new(place, resource.draft, document.range(&item));
        let mut anchors = Vec::new();
        if *owner == *pointer {
            for anchor in &resource.dynamic_anchors {
                if let Some(target) = resource.anchors.get(anchor) {
                    anchors.push((anchor.clone(), target.clone()));
                }
            }
        }
        node.resource = self.enqueue(index, owner, None);
        for (anchor, target) in anchors {
            let target = self.enqueue(index, target, None);
            node.dynamic_anchors.push((anchor, target));
        }
        match &item.data {
            Data::Bool(value) => node.bool = Some(*value),
            Data::Map(map) if map.is_empty() => node.bool = Some(true),
            Data::Map(map) => {
                let here = Here {
                    document: index,
                    pointer: &pointer,
                    item: &item,
                    written: map.keys().fold(0, |all, key| all | bit(key)),
                };
                self.keywords(&here, &mut node)?;
            }
            _ => {}
        }
        Ok(node)
    }

    fn keywords(&mut self, here: &Here<'_>, node: &mut Node) -> Result<(), CompileError> {
        let draft = node.draft;
        node.reference = self.reference(here, "$ref")?;
        if draft < Draft::D2019 && node.reference.is_some() {
            return Ok(());
        }
        self.applicators(here, node)?;
        self.assertions(here, node)?;
        if draft >= Draft::D6 {
            node.contains = self.property(here, "contains");
            node.property_names = self.property(here, "propertyNames");
            node.constant = here.get("const").map(|item| self.constant(here, item));
        }
        if draft >= Draft::D7 {
            node.condition = self.property(here, "if");
            if node.condition.is_some() {
                let known = here.bool("if");
                if known != Some(false) {
                    node.then = self.property(here, "then");
                }
                if known != Some(true) {
                    node.otherwise = self.property(here, "else");
                }
            }
        }
        if draft >= Draft::D2019 {
            node.recursive_ref = self.reference(here, "$recursiveRef")?;
            node.recursive_anchor = here.bool("$recursiveAnchor") == Some(true);
            if node.contains.is_some() {
                node.min_contains = here.count("minContains");
                node.max_contains = here.count("maxContains");
            }
            for (name, item) in here.entries("dependentRequired") {
                if let Data::List(items) = &item.data {
                    node.dependent_required
                        .push((name.to_string(), texts(items)));
                }
            }
            node.dependent_schemas = self.map(here, "dependentSchemas");
            node.unevaluated_items = self.property(here, "unevaluatedItems");
            node.unevaluated_properties = self.property(here, "unevaluatedProperties");
        }
        if draft >= Draft::D2020 {
            if let Some(target) = self.reference(here, "$dynamicRef")? {
                let written = here.text("$dynamicRef").unwrap_or_default();
                let fragment = split(written)
                    .map(|(_, fragment)| fragment)
                    .unwrap_or_default();
                let is_anchor = !fragment.starts_with('/');
                let anchor = if is_anchor { fragment } else { String::new() };
                node.dynamic_ref = Some((target, anchor));
            }
            here.text("$dynamicAnchor")
                .unwrap_or_default()
                .clone_into(&mut node.dynamic_anchor);
            node.prefix_items = self.list(here, "prefixItems");
            node.items_2020 = self.property(here, "items");
        }
        Ok(())
    }

    fn applicators(&mut self, here: &Here<'_>, node: &mut Node) -> Result<(), CompileError> {
        node.all_of = self.list(here, "allOf");
        node.any_of = self.list(here, "anyOf");
        node.one_of = self.list(here, "oneOf");
        node.not = self.property(here, "not");
        if node.draft < Draft::D2020 {
            match here.get("items").map(|item| &item.data) {
                None => {}
                Some(Data::List(_)) => {
                    node.items = Some(Items::Each(self.list(here, "items")));
                    node.additional_items = self.additional(here, "additionalItems");
                }
                Some(_) => node.items = self.property(here, "items").map(Items::All),
            }
        }
        node.properties = self.map(here, "properties");
        for (pattern, id) in self.map(here, "patternProperties") {
            let regex = regex(&pattern, &node.place, "patternProperties")?;
            node.pattern_properties.push((regex, id));
        }
        node.additional_properties = self.additional(here, "additionalProperties");
        for (name, item) in here.entries("dependencies") {
            let dependency = match &item.data {
                Data::List(items) => Dependency::Properties(texts(items)),
                _ => {
                    let pointer = format!("{}/dependencies/{}", here.pointer, escape(name));
                    Dependency::Schema(self.enqueue(here.document, pointer, Some(item)))
                }
            };
            node.dependencies.push((name.to_string(), dependency));
        }
        Ok(())
    }

    fn assertions(&mut self, here: &Here<'_>, node: &mut Node) -> Result<(), CompileError> {
        let mut types = Types::default();
        match here.get("type").map(|item| &item.data) {
            Some(Data::List(items)) => texts(items).iter().for_each(|name| types.add(name)),
            Some(data) => types.add(data.as_str().unwrap_or_default()),
            None => {}
        }
        node.types = types;
        if let Some(Data::List(items)) = here.get("enum").map(|item| &item.data) {
            node.choices = Some(items.iter().map(|item| self.constant(here, item)).collect());
        }
        node.multiple_of = here.number("multipleOf");
        node.maximum = here.number("maximum");
        node.exclusive_maximum = if here.bool("exclusiveMaximum") == Some(true) {
            node.maximum.take()
        } else {
            here.number("exclusiveMaximum")
        };
        node.minimum = here.number("minimum");
        node.exclusive_minimum = if here.bool("exclusiveMinimum") == Some(true) {
            node.minimum.take()
        } else {
            here.number("exclusiveMinimum")
        };
        node.min_length = here.count("minLength");
        node.max_length = here.count("maxLength");
        if let Some(text) = here.text("pattern") {
            node.pattern = Some(regex(text, &node.place, "pattern")?);
        }
        node.min_items = here.count("minItems");
        node.max_items = here.count("maxItems");
        node.unique_items = here.bool("uniqueItems") == Some(true);
        node.min_properties = here.count("minProperties");
        node.max_properties = here.count("maxProperties");
        if let Some(Data::List(items)) = here.get("required").map(|item| &item.data) {
            node.required = texts(items);
        }
        // Later drafts take it for a remark.
        if node.draft < Draft::D2019 {
            node.format = here.text("format").and_then(Format::of);
        }
        Ok(())
    }

    fn reference(&mut self, here: &Here<'_>, keyword: &str) -> Result<Option<Id>, CompileError> {
        let Some(written) = here.text(keyword) else {
            return Ok(None);
        };
        let (url, fragment) =
            split(written).ok_or_else(|| CompileError::InvalidReference(written.to_owned()))?;
        let document = &self.documents[here.document];
        let owner = document.resource_of(here.pointer);
        let url = join(&document.resources[owner].url, url);
        if let Some(resource) = document.resource_with_url(&url) {
            let pointer = document.resolve(resource, &fragment)?;
            return Ok(Some(self.enqueue(here.document, pointer, None)));
        }
        let known = self
            .documents
            .iter()
            .position(|document| *document.url == *url);
        let index = match known {
            Some(index) => index,
            None => {
                let bytes = load(&url, self.resolve)?;
                let parsed = Document::parse(&url, &bytes, self.resolve);
                let parsed = parsed.map_err(|error| match error {
                    // What was loaded is no JSON.
                    CompileError::Json(reason) => CompileError::Load { url, reason },
                    error => error,
                });
                self.documents.push(parsed?);
                self.documents.len() - 1
            }
        };
        let target = &self.documents[index];
        let pointer = match target.root.data {
            // Nothing is looked for in a document that accepts everything.
            Data::Bool(true) => String::new(),
            _ => target.resolve("", &fragment)?,
        };
        Ok(Some(self.enqueue(index, pointer, None)))
    }

    fn constant(&self, here: &Here<'_>, item: &Item) -> Constant {
        Constant {
            data: item.data.clone(),
            shown: self.documents[here.document].shown(item),
        }
    }

    fn property(&mut self, here: &Here<'_>, keyword: &str) -> Option<Id> {
        let item = here.get(keyword)?;
        let pointer = format!("{}/{keyword}", here.pointer);
        Some(self.enqueue(here.document, pointer, Some(item)))
    }

    fn list(&mut self, here: &Here<'_>, keyword: &str) -> Vec<Id> {
        let Some(Data::List(items)) = here.get(keyword).map(|item| &item.data) else {
            return Vec::new();
        };
        let items = items.iter().enumerate();
        items
            .map(|(index, item)| {
                let pointer = format!("{}/{keyword}/{index}", here.pointer);
                self.enqueue(here.document, pointer, Some(item))
            })
            .collect()
    }

    fn map(&mut self, here: &Here<'_>, keyword: &str) -> Vec<(String, Id)> {
        here.entries(keyword)
            .map(|(name, item)| {
                let pointer = format!("{}/{keyword}/{}", here.pointer, escape(name));
                let id = self.enqueue(here.document, pointer, Some(item));
                (name.to_string(), id)
            })
            .collect()
    }

    fn additional(&mut self, here: &Here<'_>, keyword: &str) -> Option<Additional> {
        match here.bool(keyword) {
            Some(value) => Some(Additional::Bool(value)),
            None => self.property(here, keyword).map(Additional::Schema),
        }
    }
}

impl<'a> Here<'a> {
    #[inline]
    fn get(&self, keyword: &str) -> Option<&'a Item> {
        if self.written & bit(keyword) == 0 {
            return None;
        }
        self.item.data.get(keyword)
    }

    fn text(&self, keyword: &str) -> Option<&'a str> {
        self.get(keyword)?.data.as_str()
    }

    fn bool(&self, keyword: &str) -> Option<bool> {
        match self.get(keyword)?.data {
            Data::Bool(value) => Some(value),
            _ => None,
        }
    }

    fn number(&self, keyword: &str) -> Option<Number> {
        Number::of(&self.get(keyword)?.data)
    }

    fn count(&self, keyword: &str) -> Option<u64> {
        match self.get(keyword)?.data {
            Data::Float(number) if number >= 0.0 => Some(number as u64),
            _ => None,
        }
    }

    fn entries(
        &self,
        keyword: &str,
    ) -> impl Iterator<Item = (&'a std::sync::Arc<str>, &'a Item)> + use<'a> {
        let map = self.get(keyword).and_then(|item| item.data.as_map());
        map.into_iter().flatten()
    }
}

fn texts(items: &[Item]) -> Vec<String> {
    items
        .iter()
        .filter_map(|item| item.data.as_str())
        .map(str::to_owned)
        .collect()
}

fn regex(text: &str, place: &Place, keyword: &str) -> Result<Pattern, CompileError> {
    Pattern::parse(text).map_err(|reason| CompileError::Regex {
        regex: text.to_owned(),
        url: format!("{place}/{keyword}"),
        reason,
    })
}
