//! A document of JSON with schemas in it: which of them have names, and of which draft they are.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

use foldhash::HashSet;
use plimsoll_source::TextRange;

use super::compile::{CompileError, Resolve};
use super::draft::Draft;
use super::pointer::{encode, join, split};
use super::quoted;
use super::wellformed::{self, Found};
use crate::json::Reader;
use crate::values::{Data, Item, SourceFile, SourceId, Sources, Step};

/// Schemas in schemas.
const MAX_DEPTH: u32 = 150;

/// A document.
pub(super) struct Document {
    pub(super) url: Arc<str>,
    pub(super) root: Item,
    sources: Sources,
    /// By the pointer to where they start; the root is one.
    pub(super) resources: BTreeMap<String, Resource>,
    /// Pointers of the schemas that were looked at.
    processed: HashSet<String>,
}

/// A schema with a URL of its own.
#[derive(Clone, Debug)]
pub(super) struct Resource {
    pub(super) url: String,
    pub(super) draft: Draft,
    /// Pointers by anchor.
    pub(super) anchors: BTreeMap<String, String>,
    pub(super) dynamic_anchors: Vec<String>,
}

impl Document {
    pub(super) fn parse(
        url: &str,
        bytes: &[u8],
        resolve: Option<&dyn Resolve>,
    ) -> Result<Self, CompileError> {
        // Faster than to ask piece by piece, as `from_utf8_lossy` does.
        let text = std::str::from_utf8(bytes)
            .map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed);
        let mut sources = Sources::default();
        let file = sources.add_file(SourceFile {
            name: url.into(),
            text: text.as_ref().into(),
            below: std::sync::Arc::default(),
        });
        let root = Reader::new(&text, file, &mut sources)
            .whole(0, SourceId::NONE, Step::Root)
            .map_err(|error| CompileError::Json(error.in_go_words(&text)))?;
        let mut document = Self {
            url: url.into(),
            root: root.clone(),
            sources,
            resources: BTreeMap::new(),
            processed: HashSet::default(),
        };
        document.collect(&root, url, "", Draft::LATEST, resolve, 0)?;
        Ok(document)
    }

    /// How many schemas it has, without those that only references lead to.
    pub(super) fn schemas(&self) -> usize {
        self.processed.len()
    }

    /// Where a schema is written.
    pub(super) fn range(&self, item: &Item) -> TextRange {
        let source = self.sources.get(item.source);
        source.map_or(TextRange::at(0, 0), |source| source.range)
    }

    /// How a plain value is written in messages: numbers as in the schema.
    pub(super) fn shown(&self, item: &Item) -> String {
        let place = self.sources.get(item.source);
        let file = place.and_then(|place| self.sources.file(place.file));
        match (&item.data, file) {
            (Data::Float(_), Some(file)) => self.range(item).of(&file.text).to_owned(),
            (Data::Str(bytes), _) => quoted(&String::from_utf8_lossy(bytes)),
            (Data::Bool(value), _) => value.to_string(),
            (Data::Null, _) => "<nil>".to_owned(),
            _ => "value".to_owned(),
        }
    }

    /// The URL of a schema of this document.
    pub(super) fn location(&self, pointer: &str) -> String {
        format!("{}#{}", self.url, encode(pointer))
    }

    /// The pointer of the resource that a pointer lies in.
    pub(super) fn resource_of<'p>(&self, pointer: &'p str) -> &'p str {
        // Few schemas have names of their own.
        if self.resources.len() == 1 && self.resources.contains_key("") {
            return "";
        }
        let mut at = pointer;
        loop {
            if self.resources.contains_key(at) {
                return at;
            }
            match at.rfind('/') {
                Some(slash) => at = &at[..slash],
                None => return "",
            }
        }
    }

    /// Looks at a schema that only a reference leads to.
    pub(super) fn ensure(
        &mut self,
        pointer: &str,
        item: &Item,
        resolve: Option<&dyn Resolve>,
    ) -> Result<(), CompileError> {
        if self.processed.contains(pointer) {
            return Ok(());
        }
        let owner = &self.resources[self.resource_of(pointer)];
        let (url, draft) = (owner.url.clone(), owner.draft);
        self.collect(item, &url, pointer, draft, resolve, 0)
    }

    /// The pointer of what a fragment names in a resource.
    pub(super) fn resolve(&self, resource: &str, fragment: &str) -> Result<String, CompileError> {
        if fragment.is_empty() || fragment.starts_with('/') {
            return Ok(format!("{resource}{fragment}"));
        }
        let owner = &self.resources[resource];
        let found = owner.anchors.get(fragment).cloned();
        found.ok_or_else(|| CompileError::NoAnchor {
            reference: format!("{}#{}", owner.url, encode(fragment)),
            url: self.url.to_string(),
        })
    }

    /// The pointer of the resource with a URL.
    pub(super) fn resource_with_url(&self, url: &str) -> Option<&str> {
        if *url == *self.url {
            return Some("");
        }
        let found = self
            .resources
            .iter()
            .find(|(_, resource)| resource.url == url);
        found.map(|(pointer, _)| pointer.as_str())
    }

    fn collect(
        &mut self,
        item: &Item,
        base: &str,
        pointer: &str,
        fallback: Draft,
        resolve: Option<&dyn Resolve>,
        depth: u32,
    ) -> Result<(), CompileError> {
        if depth > MAX_DEPTH {
            return Err(CompileError::TooMuch);
        }
        if !self.processed.insert(pointer.to_owned()) {
            return Ok(());
        }
        let is_root = pointer.is_empty();
        let mut draft = fallback;
        let mut base = base.to_owned();
        if item.data.is_map() {
            let mut own = self.draft_of(item, pointer, fallback, resolve)?;
            let mut id = own.id(item).to_owned();
            if id.is_empty() && !is_root {
                // `$schema` counts only where a resource starts.
                own = fallback;
                id = own.id(item).to_owned();
            }
            if !id.is_empty() || is_root {
                draft = own;
            }
            if !id.is_empty() {
                let (id, _) = split(&id).unwrap_or((&id, String::new()));
                base = join(&base, id);
            }
            if !id.is_empty() || is_root {
                let other = self.resources.iter().find(|(_, other)| other.url == base);
                if let Some((other, _)) = other {
                    return Err(CompileError::DuplicateId {
                        id: base,
                        url: self.url.to_string(),
                        pointers: [pointer.to_owned(), other.clone()],
                    });
                }
                self.add(pointer, base.clone(), draft);
            }
        } else if is_root {
            self.add(pointer, base.clone(), draft);
        }
        if let Some(found) = wellformed::check(item, draft) {
            return Err(CompileError::NotWellFormed {
                url: self.location(""),
                draft: draft.url(),
                lines: self.laid_out(pointer, draft, &found),
            });
        }
        if !item.data.is_map() {
            return Ok(());
        }
        let owner = self.resource_of(pointer).to_owned();
        self.anchors(item, pointer, &owner)?;
        for (further, subschema) in draft.subschemas(item) {
            let inner = format!("{pointer}{further}");
            self.collect(subschema, &base, &inner, draft, resolve, depth + 1)?;
        }
        Ok(())
    }

    /// Since draft 2019-09 each schema on the way is checked by a list of metaschemas.
    fn laid_out(&self, pointer: &str, draft: Draft, found: &Found) -> String {
        let mut lines = String::new();
        let mut indent = String::new();
        let mut line = |pointer: &str, message: &str| {
            let _ = write!(lines, "\n{indent}- at {}: {message}", quoted(pointer));
            indent.push_str("  ");
        };
        let ends = pointer.match_indices('/').map(|(at, _)| at);
        for end in ends.chain([pointer.len()]) {
            if draft >= Draft::D2019 && self.processed.contains(&pointer[..end]) {
                line(&pointer[..end], "'allOf' failed");
            }
        }
        line(&format!("{pointer}{}", found.pointer), &found.message);
        for behind in &found.behind {
            let further = "  ".repeat(behind.depth);
            let at = match &behind.pointer {
                Some(inner) => format!("{pointer}{inner}"),
                None => String::new(),
            };
            let (at, message) = (quoted(&at), &behind.message);
            let _ = write!(lines, "\n{indent}{further}- at {at}: {message}");
        }
        lines
    }

    fn add(&mut self, pointer: &str, url: String, draft: Draft) {
        let resource = Resource {
            url,
            draft,
            anchors: BTreeMap::new(),
            dynamic_anchors: Vec::new(),
        };
        self.resources.insert(pointer.to_owned(), resource);
    }

    fn anchors(&mut self, item: &Item, pointer: &str, owner: &str) -> Result<(), CompileError> {
        let text = |keyword: &str| item.data.get(keyword).and_then(|item| item.data.as_str());
        let Some(resource) = self.resources.get_mut(owner) else {
            return Ok(());
        };
        let mut found: Vec<String> = Vec::new();
        if resource.draft < Draft::D2019 {
            if item.data.get("$ref").is_some() {
                return Ok(());
            }
            if let Some(id) = text(resource.draft.id_keyword()) {
                let (_, fragment) = split(id).unwrap_or((id, String::new()));
                if !fragment.is_empty() && !fragment.starts_with('/') {
                    found.push(fragment);
                }
            }
        } else {
            found.extend(text("$anchor").map(str::to_owned));
        }
        if resource.draft >= Draft::D2020
            && let Some(anchor) = text("$dynamicAnchor")
        {
            found.push(anchor.to_owned());
            resource.dynamic_anchors.push(anchor.to_owned());
        }
        for anchor in found {
            let before = resource.anchors.insert(anchor.clone(), pointer.to_owned());
            if let Some(before) = before.filter(|before| before != pointer) {
                return Err(CompileError::DuplicateAnchor {
                    anchor,
                    url: self.url.to_string(),
                    pointers: [before, pointer.to_owned()],
                });
            }
        }
        Ok(())
    }

    /// The draft that a schema says it is of.
    fn draft_of(
        &self,
        item: &Item,
        pointer: &str,
        fallback: Draft,
        resolve: Option<&dyn Resolve>,
    ) -> Result<Draft, CompileError> {
        let mut item = item.clone();
        let mut seen: Vec<String> = Vec::new();
        loop {
            let name = item.data.get("$schema").and_then(|item| item.data.as_str());
            let Some(name) = name else {
                return Ok(fallback);
            };
            if let Some(draft) = Draft::of_url(name) {
                return Ok(draft);
            }
            let url = name.split('#').next().unwrap_or_default().to_owned();
            if pointer.is_empty() && *url == *self.url {
                return Err(CompileError::UnknownDraft(url));
            }
            if seen.contains(&url) {
                return Err(CompileError::DraftCycle(url));
            }
            let bytes = super::compile::load(&url, resolve)?;
            let text = String::from_utf8_lossy(&bytes);
            let mut sources = Sources::default();
            item = Reader::new(&text, 0, &mut sources)
                .whole(0, SourceId::NONE, Step::Root)
                .map_err(|error| CompileError::Load {
                    url: url.clone(),
                    reason: error.in_go_words(&text),
                })?;
            seen.push(url);
        }
    }
}
