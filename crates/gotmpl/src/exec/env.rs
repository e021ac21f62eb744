//! What a session has apart from the machine: tables, limits, parsed texts.

use std::any::Any;
use std::sync::Arc;

use foldhash::HashMap;
use plimsoll_source::TextRange;

use crate::limits::{Budget, CHEAP, Exceeded};
use crate::syntax::{ParseError, Tree};
use crate::templates::{Scope, Template, Templates};
use crate::trace::{Frames, Log, Sets, Trace, TreeId};
use crate::value::{Str, Traced, Value};

use super::code::Code;

/// What happens when a map has no entry for a key (the option `missingkey`).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum MissingKey {
    /// No value.
    #[default]
    Default,
    /// The zero value of the map's elements.
    Zero,
    /// An error.
    Error,
}

/// How many values are looked at to find out where a value came from.
const MAX_VALUES: usize = 100_000;

/// How many bytes of a tree and its code one byte of text may become.
const BYTES_PER_BYTE: usize = 16;

/// What a session keeps for the code of one template.
#[derive(Default)]
pub(crate) struct CodeState {
    pub(crate) literals: Vec<Option<Traced>>,
    pub(crate) fields: Vec<FieldSlot>,
    /// How many renderings of the template are open that functions asked for.
    pub(crate) open: u32,
}

/// What a field of a node was read from last.
#[derive(Clone, Copy, Default)]
pub(crate) struct FieldSlot {
    /// The map's id and one, or 0.
    pub(crate) map: u32,
    /// The trace if it was not there.
    pub(crate) absent: Option<Trace>,
    /// Where in the map it was.
    pub(crate) hint: u32,
}

/// A text of the session.
struct SessionTree {
    /// Present if it was parsed while rendering; the set has the others.
    tree: Option<Arc<Tree>>,
    /// Where the states of its templates start.
    states: u32,
}

/// The templates of texts that were parsed while rendering, by name and text.
type Cache = HashMap<(Arc<str>, Str), Result<Arc<[Arc<Template>]>, ParseError>>;

pub(crate) struct Env {
    pub(crate) sets: Sets,
    pub(crate) frames: Frames,
    pub(crate) log: Log,
    pub(crate) budget: Budget,
    pub(crate) missing_key: MissingKey,
    pub(crate) state: Option<Box<dyn Any>>,
    /// Maps into which a container was put: they may contain themselves.
    pub(crate) written: Vec<crate::value::WeakMap>,
    trees: Vec<SessionTree>,
    states: Vec<CodeState>,
    cache: Cache,
    /// Where in a map fields of some names were that are read for the first time by their node.
    places: Box<[u32; PLACES]>,
}

/// How many names are told apart there; a power of two.
const PLACES: usize = 256;

/// Where what is known of a name is; others may have the same.
fn place_of(name: &[u8]) -> usize {
    let end = |byte: Option<&u8>| byte.map_or(0, |&byte| usize::from(byte));
    (name.len() * 7 + end(name.first()) * 31 + end(name.last()) * 3) % PLACES
}

impl Env {
    pub(crate) fn new(
        templates: &Templates,
        tracing: bool,
        budget: Budget,
        missing_key: MissingKey,
        state: Option<Box<dyn Any>>,
    ) -> Self {
        let mut env = Self {
            sets: Sets::new(tracing),
            frames: Frames::default(),
            log: Log::default(),
            budget,
            missing_key,
            state,
            written: Vec::new(),
            trees: Vec::new(),
            states: Vec::new(),
            cache: HashMap::default(),
            places: Box::new([0; PLACES]),
        };
        for count in templates.counts() {
            env.add_tree(None, count);
        }
        env
    }

    fn add_tree(&mut self, tree: Option<Arc<Tree>>, count: usize) -> TreeId {
        let id = TreeId(self.trees.len() as u32);
        let states = self.states.len() as u32;
        self.states.extend((0..count).map(|_| CodeState::default()));
        self.trees.push(SessionTree { tree, states });
        id
    }

    pub(crate) fn sets_and_frames(&mut self) -> (&mut Sets, &Frames) {
        (&mut self.sets, &self.frames)
    }

    /// A text that was parsed while rendering.
    pub(crate) fn tree(&self, id: TreeId) -> Option<&Arc<Tree>> {
        self.trees.get(id.0 as usize)?.tree.as_ref()
    }

    /// Where the state of a template is.
    pub(crate) fn state_index(&self, template: &Template) -> u32 {
        self.trees[template.tree_id.0 as usize].states + template.index
    }

    /// Where the state of a template is, with room for what its code needs.
    pub(crate) fn state_of(&mut self, template: &Template, code: &Code) -> u32 {
        let index = self.state_index(template);
        let state = &mut self.states[index as usize];
        if state.literals.is_empty() && state.fields.is_empty() {
            state.literals.resize(code.literals.len(), None);
            let slots = code.field_slots as usize;
            state.fields.resize(slots, FieldSlot::default());
        }
        index
    }

    /// Frees what is kept for the code of a template that is not executed again.
    pub(crate) fn forget(&mut self, template: &Template) {
        let index = self.state_index(template);
        let state = &mut self.states[index as usize];
        (state.literals, state.fields) = (Vec::new(), Vec::new());
    }

    /// Where a field of a node was in its map, or where one of that name was that another node read.
    #[inline]
    pub(crate) fn hint(&self, state: u32, slot: u32, name: &[u8]) -> u32 {
        match self.states[state as usize].fields[slot as usize].hint {
            0 => self.places[place_of(name)],
            known => known,
        }
    }

    /// Keeps where it is, if it is not where the hint said.
    #[inline]
    pub(crate) fn set_hint(&mut self, state: u32, slot: u32, name: &[u8], hint: u32) {
        let known = &mut self.states[state as usize].fields[slot as usize].hint;
        if *known != hint || hint == 0 {
            *known = hint;
            self.places[place_of(name)] = hint;
        }
    }

    pub(crate) fn code_state(&mut self, index: u32) -> &mut CodeState {
        &mut self.states[index as usize]
    }

    /// Parses a text, or finds it among those that were parsed. Its tree is kept until the
    /// session ends, so that it counts as bytes that were written.
    pub(crate) fn parse(
        &mut self,
        name: &str,
        text: &Str,
        scope: &Scope,
    ) -> Result<Arc<[Arc<Template>]>, ParseError> {
        self.budget.spend_steps((text.len() / CHEAP) as u64);
        let key = (Arc::from(name), text.clone());
        if let Some(known) = self.cache.get(&key) {
            return known.clone();
        }
        self.charge_parsing(text.len())
            .map_err(|exceeded| ParseError {
                name: name.into(),
                line: 1,
                message: exceeded.to_string(),
                range: TextRange::empty(0),
            })?;
        let functions = scope.set().functions();
        let tree = Tree::parse(name, text.bytes(), &**functions);
        let parsed = match tree.errors().first() {
            Some(error) => Err(error.clone()),
            None => {
                let tree = Arc::new(tree);
                let id = self.add_tree(Some(tree.clone()), tree.definitions().len());
                let templates = 0..tree.definitions().len();
                Ok(templates
                    .map(|index| Arc::new(Template::new(&tree, id, index).parsed_late()))
                    .collect())
            }
        };
        self.cache.insert(key, parsed.clone());
        parsed
    }

    fn charge_parsing(&mut self, len: usize) -> Result<(), Exceeded> {
        self.budget.take_steps(len as u64)?;
        self.budget.take_bytes(len.saturating_mul(BYTES_PER_BYTE))
    }

    /// What a value and everything inside it came from.
    pub(crate) fn deep(&mut self, value: &Traced) -> Trace {
        if !self.sets.on {
            return Trace::NONE;
        }
        let shallow = self.shallow(value);
        if !matches!(
            value.value,
            Value::List(_) | Value::Map(_) | Value::Object(_)
        ) {
            return shallow;
        }
        let mut all = shallow;
        let mut waiting = vec![value.value.clone()];
        let mut seen = 0;
        while let Some(container) = waiting.pop() {
            let parts: Vec<Traced> = match &container {
                Value::List(list) => list.items().to_vec(),
                Value::Map(map) => {
                    all = self.sets.union(all, map.taint());
                    map.entries().into_iter().map(|(_, entry)| entry).collect()
                }
                Value::Object(object) => object
                    .fields()
                    .into_iter()
                    .map(|(_, field)| field)
                    .collect(),
                _ => Vec::new(),
            };
            seen += parts.len();
            self.budget.spend_steps((parts.len() / CHEAP) as u64);
            if seen > MAX_VALUES {
                return Trace::MANY;
            }
            for part in parts {
                let trace = self.shallow(&part);
                all = self.sets.union(all, trace);
                if matches!(
                    part.value,
                    Value::List(_) | Value::Map(_) | Value::Object(_)
                ) {
                    waiting.push(part.value);
                }
            }
        }
        all
    }

    /// What a value came from as a whole.
    pub(crate) fn shallow(&mut self, value: &Traced) -> Trace {
        let inner = match &value.value {
            Value::Str(text) | Value::Bytes(text) => self.sets.whole(text),
            Value::Map(map) => self.sets.union(map.shape(), map.taint()),
            other => other.shape(),
        };
        self.sets.union(value.trace, inner)
    }

    /// What decided whether a value is true: of a container how many elements it has, of a text
    /// that it is not empty.
    pub(crate) fn truth(&mut self, value: &Traced) -> Trace {
        match self.sets.truth(value, &self.frames) {
            Some(trace) => trace,
            None => self.shallow(value),
        }
    }

    /// Forgets what an error left open.
    pub(crate) fn close_all(&mut self) {
        for state in &mut self.states {
            state.open = 0;
        }
    }

    /// Empties the maps that may contain themselves, so that they are freed.
    pub(crate) fn break_cycles(&mut self) {
        for map in std::mem::take(&mut self.written) {
            if let Some(map) = map.upgrade() {
                map.clear();
            }
        }
    }
}
