//! Where values were written: one number for each node of each text.

use std::sync::Arc;

use plimsoll_source::TextRange;

/// Names the place where a value was written. The templates' engine knows it by this number.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct SourceId(pub u32);

impl SourceId {
    /// Nowhere in particular.
    pub const NONE: Self = Self(u32::MAX);
}

impl Default for SourceId {
    fn default() -> Self {
        Self::NONE
    }
}

/// How a value is reached from the one that holds it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// It is the whole text.
    Root,
    /// Under the key written at this range.
    Key(TextRange),
    /// The element of this number.
    Index(u32),
}

/// Where a value was written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Source {
    /// The text, by its number in [`Sources::file`].
    pub file: u32,
    /// The value's bytes.
    pub range: TextRange,
    /// What holds it.
    pub parent: SourceId,
    /// How it is reached from there.
    pub step: Step,
}

/// A text that values were read from.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// What a reader should see it called: a path, or a flag such as `--set`.
    pub name: Arc<str>,
    /// The text.
    pub text: Arc<str>,
    /// Where its root stands in the values of the chart: the names of subcharts.
    pub below: Arc<[Arc<str>]>,
}

/// All places of values: those of a chart, and laid over them those of one render.
#[derive(Debug, Default)]
pub struct Sources {
    base: Option<Arc<Sources>>,
    first_file: u32,
    first: u32,
    files: Vec<SourceFile>,
    places: Vec<Source>,
}

/// Numbers from here on are not given: the engine keeps them for itself.
const MAX_SOURCES: u32 = (1 << 29) - 1;

impl Sources {
    /// A table in which further places can be put without a change to `base`.
    pub fn over(base: Arc<Sources>) -> Self {
        Self {
            first_file: base.files_len(),
            first: base.len(),
            base: Some(base),
            files: Vec::new(),
            places: Vec::new(),
        }
    }

    /// How many places there are.
    pub fn len(&self) -> u32 {
        self.first + self.places.len() as u32
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many texts there are.
    pub fn files_len(&self) -> u32 {
        self.first_file + self.files.len() as u32
    }

    /// Adds a text and gives its number.
    pub fn add_file(&mut self, file: SourceFile) -> u32 {
        let number = self.files_len();
        self.files.push(file);
        number
    }

    /// Adds a place; [`SourceId::NONE`] if there are too many.
    pub fn add(&mut self, source: Source) -> SourceId {
        let number = self.len();
        if number >= MAX_SOURCES {
            return SourceId::NONE;
        }
        self.places.push(source);
        SourceId(number)
    }

    /// Says where a value ends that was added before its parts were read.
    pub(crate) fn set_end(&mut self, id: SourceId, end: usize) {
        let own = id.0.checked_sub(self.first);
        if let Some(source) = own.and_then(|own| self.places.get_mut(own as usize)) {
            source.range = TextRange::at(source.range.start as usize, end);
        }
    }

    /// A text.
    pub fn file(&self, number: u32) -> Option<&SourceFile> {
        match number.checked_sub(self.first_file) {
            Some(own) => self.files.get(own as usize),
            None => self.base.as_ref()?.file(number),
        }
    }

    /// A place.
    pub fn get(&self, id: SourceId) -> Option<&Source> {
        match id.0.checked_sub(self.first) {
            Some(own) => self.places.get(own as usize),
            None => self.base.as_ref()?.get(id),
        }
    }

    /// The key that a value stands under, as it is written.
    pub fn key(&self, id: SourceId) -> Option<&str> {
        let source = self.get(id)?;
        match source.step {
            Step::Key(range) => Some(range.of(&self.file(source.file)?.text)),
            Step::Root | Step::Index(_) => None,
        }
    }

    /// The path of a value from the root of the chart's values, such as
    /// `redis.auth.users[0].name`; empty for the root.
    pub fn path(&self, id: SourceId) -> String {
        let mut steps = Vec::new();
        let mut at = id;
        let mut below = None;
        while let Some(source) = self.get(at) {
            below = self.file(source.file);
            match source.step {
                Step::Root => break,
                Step::Key(range) => {
                    let text = below.map_or("", |file| range.of(&file.text));
                    steps.push(key_text(text));
                }
                Step::Index(index) => steps.push(format!("[{index}]")),
            }
            at = source.parent;
        }
        let mut path = String::new();
        let prefix = below.map_or(&[][..], |file| &file.below);
        let names = prefix.iter().map(|name| name.to_string());
        for step in names.chain(steps.into_iter().rev()) {
            if !path.is_empty() && !step.starts_with('[') {
                path.push('.');
            }
            path.push_str(&step);
        }
        path
    }
}

/// A key as it is written in a path: without its quotes.
fn key_text(written: &str) -> String {
    let inner = |quote: char| written.strip_prefix(quote)?.strip_suffix(quote);
    inner('"').or(inner('\'')).unwrap_or(written).to_owned()
}
