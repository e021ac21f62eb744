//! Sets of templates that call each other by name.

mod waiting;

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use foldhash::HashMap;

use crate::exec::Code;
use crate::functions::Functions;
use crate::shared::SharedBytes;
use crate::syntax::{Definition, NodeId, ParseError, Room, Tree};
use crate::trace::TreeId;

use waiting::Waiting;

/// A template that can be executed.
pub struct Template {
    pub(crate) name: Arc<str>,
    pub(crate) tree: Arc<Tree>,
    pub(crate) tree_id: TreeId,
    /// Which definition of its text it is.
    pub(crate) index: u32,
    pub(crate) root: NodeId,
    /// Whether the text was parsed while rendering.
    pub(crate) is_parsed_late: bool,
    /// Made when it is executed for the first time.
    pub(crate) code: OnceLock<Code>,
}

impl Template {
    pub(crate) fn new(tree: &Arc<Tree>, tree_id: TreeId, index: usize) -> Self {
        let Definition { name, root, .. } = &tree.definitions()[index];
        Self {
            name: name.clone(),
            tree: tree.clone(),
            tree_id,
            index: index as u32,
            root: *root,
            is_parsed_late: false,
            code: OnceLock::new(),
        }
    }

    /// The room that a template took that nobody else has, and that of its code.
    pub(crate) fn into_room(self: Arc<Self>) -> (Room, Code) {
        let Some(Self { tree, code, .. }) = Arc::into_inner(self) else {
            return Default::default();
        };
        let tree = Arc::into_inner(tree).map(Tree::into_room);
        (
            tree.unwrap_or_default(),
            code.into_inner().unwrap_or_default(),
        )
    }

    /// The same template, which has not been executed.
    fn again(&self) -> Self {
        Self {
            name: self.name.clone(),
            tree: self.tree.clone(),
            tree_id: self.tree_id,
            index: self.index,
            root: self.root,
            is_parsed_late: self.is_parsed_late,
            code: OnceLock::new(),
        }
    }

    /// The same, of a text that was parsed while rendering.
    pub(crate) fn parsed_late(mut self) -> Self {
        self.is_parsed_late = true;
        self
    }

    /// Its name.
    pub fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// The text that defines it.
    pub fn tree(&self) -> &Arc<Tree> {
        &self.tree
    }

    /// Its definition in that text.
    pub fn definition(&self) -> &Definition {
        &self.tree.definitions()[self.index as usize]
    }
}

impl std::fmt::Debug for Template {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Template({:?} of {:?})", self.name, self.tree.name())
    }
}

/// Associated templates (`template.Template` with its common part): shared by any number of
/// sessions, on any number of threads.
#[derive(Debug)]
pub struct Templates {
    name: Arc<str>,
    functions: Arc<Functions>,
    texts: Vec<Text>,
    by_name: HashMap<Arc<str>, Named>,
    /// How many bytes the longest of the texts has that are waiting.
    longest: usize,
}

/// A text of a set.
#[derive(Debug)]
enum Text {
    Parsed(Arc<Tree>),
    Waiting(Waiting),
}

/// What a name means.
#[derive(Debug)]
enum Named {
    Template(Arc<Template>),
    /// The template of a text that is not parsed yet.
    Waiting(TreeId),
}

impl Templates {
    /// A set without templates. Its name appears in the error for a name that is not defined.
    pub fn new(name: impl Into<Arc<str>>, functions: Arc<Functions>) -> Self {
        Self {
            name: name.into(),
            functions,
            texts: Vec::new(),
            by_name: HashMap::default(),
            longest: 0,
        }
    }

    /// Room for the largest of the templates that are executed once. What grows with one template
    /// after the other would take new memory each time.
    pub(crate) fn room(&self) -> (Room, Code) {
        (Room::of(self.longest), Code::with_room(self.longest))
    }

    /// Parses a text and adds what it defines, or nothing if it has errors.
    pub fn parse(
        &mut self,
        name: impl Into<Arc<str>>,
        text: impl Into<SharedBytes>,
    ) -> Result<TreeId, Vec<ParseError>> {
        let tree = Tree::parse(name, text, &*self.functions);
        if tree.errors().is_empty() {
            Ok(self.add(tree))
        } else {
            Err(tree.errors().to_vec())
        }
    }

    /// Adds what a tree defines; it must have been parsed with the functions of this set. A
    /// definition replaces an earlier one of its name unless it is empty. Of a tree with errors
    /// the sound parts can be executed.
    pub fn add(&mut self, tree: Tree) -> TreeId {
        let id = TreeId(self.texts.len() as u32);
        let tree = Arc::new(tree);
        for (index, definition) in tree.definitions().iter().enumerate() {
            if !(definition.is_empty && self.by_name.contains_key(&definition.name)) {
                let template = Arc::new(Template::new(&tree, id, index));
                let name = definition.name.clone();
                self.by_name.insert(name, Named::Template(template));
            }
        }
        self.texts.push(Text::Parsed(tree));
        id
    }

    /// Adds a text that is parsed when its template is needed. [`Templates::first_error`] says
    /// whether it can be. One that may define further templates is parsed at once.
    pub fn add_waiting(
        &mut self,
        name: impl Into<Arc<str>>,
        text: impl Into<SharedBytes>,
    ) -> Result<TreeId, Vec<ParseError>> {
        let (name, text) = (name.into(), text.into());
        // Which of two templates counts depends on whether they are empty.
        if waiting::may_define(&text) || self.by_name.contains_key(&name) {
            return self.parse(name, text);
        }
        let id = TreeId(self.texts.len() as u32);
        self.longest = self.longest.max(text.len());
        self.by_name.insert(name.clone(), Named::Waiting(id));
        self.texts.push(Text::Waiting(Waiting::new(name, text, id)));
        Ok(id)
    }

    /// The first error of the texts that were waiting, in the order in which they were added.
    pub fn first_error(&self) -> Option<&ParseError> {
        self.trees().find_map(|(_, tree)| tree.errors().first())
    }

    /// The template of this name apart from the set: what is made of it is freed with it. `None`
    /// if there is none, or if its text has errors. One that must be parsed takes the room.
    pub(crate) fn apart(&self, name: &str, room: &mut Room) -> Option<Arc<Template>> {
        let template = match self.by_name.get(name)? {
            Named::Template(template) => template.again(),
            Named::Waiting(id) => match &self.texts[id.0 as usize] {
                Text::Waiting(waiting) => waiting.apart(&self.functions, room)?,
                Text::Parsed(_) => return None,
            },
        };
        Some(Arc::new(template))
    }

    /// How many templates each text defines.
    pub(crate) fn counts(&self) -> impl Iterator<Item = usize> {
        self.texts.iter().map(|text| match text {
            Text::Parsed(tree) => tree.definitions().len(),
            Text::Waiting(_) => 1,
        })
    }

    /// The name of the set.
    pub fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// The functions that its templates can call.
    pub fn functions(&self) -> &Arc<Functions> {
        &self.functions
    }

    /// The texts, in the order in which they were added.
    pub fn trees(&self) -> impl Iterator<Item = (TreeId, &Arc<Tree>)> {
        let ids = (0..self.texts.len() as u32).map(TreeId);
        ids.filter_map(|id| Some((id, self.tree(id)?)))
    }

    /// A text.
    pub fn tree(&self, id: TreeId) -> Option<&Arc<Tree>> {
        Some(match self.texts.get(id.0 as usize)? {
            Text::Parsed(tree) => tree,
            Text::Waiting(waiting) => waiting.tree(&self.functions),
        })
    }

    /// The template of this name.
    pub fn get(&self, name: &str) -> Option<&Arc<Template>> {
        self.named(self.by_name.get(name)?)
    }

    fn named<'t>(&'t self, named: &'t Named) -> Option<&'t Arc<Template>> {
        match named {
            Named::Template(template) => Some(template),
            Named::Waiting(id) => match &self.texts[id.0 as usize] {
                Text::Waiting(waiting) => waiting.template(&self.functions),
                Text::Parsed(_) => None,
            },
        }
    }

    /// All templates, in no particular order.
    pub fn templates(&self) -> impl Iterator<Item = &Arc<Template>> {
        self.by_name.values().filter_map(|named| self.named(named))
    }
}

/// Where names of templates are looked up: a set, or definitions laid over another scope (Go
/// clones the set for that).
#[derive(Clone, Debug)]
pub struct Scope(Arc<Level>);

#[derive(Debug)]
enum Level {
    Set(Arc<Templates>),
    Over {
        below: Scope,
        set: Arc<Templates>,
        own: BTreeMap<Arc<str>, Arc<Template>>,
    },
}

impl Scope {
    pub(crate) fn new(templates: Arc<Templates>) -> Self {
        Self(Arc::new(Level::Set(templates)))
    }

    /// This scope with further definitions; an empty one does not replace another.
    pub(crate) fn with(&self, templates: &[Arc<Template>]) -> Self {
        let mut own = BTreeMap::new();
        for template in templates {
            let is_empty = template.definition().is_empty;
            if !(is_empty && self.get(&template.name).is_some()) {
                own.insert(template.name.clone(), template.clone());
            }
        }
        Self(Arc::new(Level::Over {
            below: self.clone(),
            set: self.set().clone(),
            own,
        }))
    }

    /// The set at its bottom.
    pub fn set(&self) -> &Arc<Templates> {
        match &*self.0 {
            Level::Set(set) | Level::Over { set, .. } => set,
        }
    }

    /// The template of this name.
    pub fn get(&self, name: &str) -> Option<&Arc<Template>> {
        let mut scope = self;
        loop {
            match &*scope.0 {
                Level::Set(set) => return set.get(name),
                Level::Over { below, own, .. } => match own.get(name) {
                    Some(template) => return Some(template),
                    None => scope = below,
                },
            }
        }
    }
}

impl Drop for Level {
    /// Frees a pile of scopes in a loop: each `tpl` in a `tpl` lays one on.
    fn drop(&mut self) {
        let Level::Over { below, set, .. } = self else {
            return;
        };
        let bottom = Scope(Arc::new(Level::Set(set.clone())));
        let mut next = std::mem::replace(below, bottom);
        while let Some(Level::Over { below, set, .. }) = Arc::get_mut(&mut next.0) {
            let bottom = Scope(Arc::new(Level::Set(set.clone())));
            next = std::mem::replace(below, bottom);
        }
    }
}
