//! Variables: which value a name has at an instruction, by the defaults of the file.

use std::cell::Cell;
use std::collections::{BTreeMap, HashMap};

use ecow::EcoString;

use crate::syntax::{Body, Dockerfile, Word};
use crate::words;

/// Variables that exist without an ARG of their own, for a build on the common platform.
pub(super) const PLATFORM: &[(&str, &str)] = &[
    ("BUILDARCH", "amd64"),
    ("BUILDOS", "linux"),
    ("BUILDOSVERSION", ""),
    ("BUILDPLATFORM", "linux/amd64"),
    ("BUILDVARIANT", ""),
    ("TARGETARCH", "amd64"),
    ("TARGETOS", "linux"),
    ("TARGETOSVERSION", ""),
    ("TARGETPLATFORM", "linux/amd64"),
    ("TARGETVARIANT", ""),
];

/// The variable that names the stage being built.
pub(super) const TARGET_STAGE: &str = "TARGETSTAGE";

/// Bytes of expanded values that are kept for one file; values beyond stay as written. Values
/// may hold each other, so a small file could ask for any amount.
const MAX_VALUES: usize = 16 << 20;

/// Bytes and steps spent on the values of one file, for the same reason.
const MAX_WORK: usize = 256 << 20;

/// What one substitution with a pattern counts for.
const PATTERN_WORK: usize = 1 << 14;

/// The value of a variable.
#[derive(Clone, Debug)]
struct Value {
    text: EcoString,
    /// Everything in it was known.
    known: bool,
}

impl Value {
    fn told(&self) -> (&str, bool) {
        (&self.text, self.known)
    }
}

/// One instruction's effect on a name.
#[derive(Clone, Debug)]
struct Change {
    /// The instruction.
    at: u32,
    /// The value; an ARG without one changes nothing.
    value: Option<Value>,
    /// Declared by ARG.
    arg: bool,
}

/// What one stage, or the part before the first FROM, does to its variables.
#[derive(Debug, Default)]
struct Scope {
    /// The stage that it starts from.
    parent: Option<usize>,
    changes: HashMap<EcoString, Vec<Change>>,
}

impl Scope {
    fn value(&self, name: &str, before: usize) -> Option<&Value> {
        let changes = self.changes.get(name)?;
        let end = changes.partition_point(|change| (change.at as usize) < before);
        changes[..end]
            .iter()
            .rev()
            .find_map(|change| change.value.as_ref())
    }
}

/// The variables of a file.
#[derive(Debug, Default)]
pub(super) struct Variables {
    global: Scope,
    stages: Vec<Scope>,
    /// The name of the stage being built.
    target: EcoString,
    kept: usize,
    work: usize,
}

impl Variables {
    /// Those of a file with so many stages; `target` is the name of the last one.
    pub(super) fn new(target: Option<&str>, stages: usize) -> Self {
        Self {
            stages: Vec::with_capacity(stages),
            target: target.map_or("default".into(), |name| name.to_lowercase().into()),
            ..Self::default()
        }
    }

    /// What the platform gives: ARGs before the first instruction.
    fn given(&self) -> impl Iterator<Item = (&str, &str)> {
        PLATFORM
            .iter()
            .copied()
            .chain([(TARGET_STAGE, &*self.target)])
    }

    /// Opens the next stage.
    pub(super) fn open(&mut self, parent: Option<usize>) {
        self.stages.push(Scope {
            parent,
            changes: HashMap::new(),
        });
    }

    /// The value of a name for instruction `at` of a stage, or for FROM lines and global ARGs.
    fn value(&self, stage: Option<usize>, name: &str, at: usize) -> Option<(&str, bool)> {
        let Some(mut stage) = stage else {
            return match self.global.value(name, at.max(1)) {
                Some(value) => Some(value.told()),
                None => {
                    let (_, text) = self.given().find(|(given, _)| *given == name)?;
                    Some((text, true))
                }
            };
        };
        let mut before = at;
        loop {
            let scope = &self.stages[stage];
            if let Some(value) = scope.value(name, before) {
                return Some(value.told());
            }
            stage = scope.parent?;
            before = usize::MAX;
        }
    }

    /// A word expanded with what instruction `at` sees, and whether everything in it was known;
    /// what is not known stays as written.
    pub(super) fn expand(
        &self,
        file: &Dockerfile,
        stage: Option<usize>,
        at: usize,
        word: &Word,
    ) -> (String, bool) {
        if words::is_plain(&word.value, file.escape) {
            return (word.value.to_string(), true);
        }
        let known = Cell::new(true);
        let lookup = |name: &str| {
            let (text, is_known) = self.value(stage, name, at)?;
            known.set(known.get() && is_known);
            Some(text.to_owned())
        };
        match words::expand_known(word, &file.text, file.escape, &lookup) {
            Ok(expanded) => (expanded.text, known.get() && expanded.unset.is_empty()),
            Err(_) => (word.value.to_string(), false),
        }
    }

    /// The same while the file is walked: when too much was done for it, words stay as written.
    pub(super) fn walk(
        &mut self,
        file: &Dockerfile,
        stage: Option<usize>,
        at: usize,
        word: &Word,
    ) -> (String, bool) {
        if self.work > MAX_WORK {
            return (word.value.to_string(), false);
        }
        let result = self.expand(file, stage, at, word);
        let patterns = word.value.matches("${").count() * PATTERN_WORK;
        self.work += result.0.len() + word.value.len() + patterns;
        result
    }

    /// The last value that ENV gives a name in a stage or below it.
    pub(super) fn env(&self, mut stage: usize, name: &str) -> Option<&str> {
        loop {
            let scope = self.stages.get(stage)?;
            let mut changes = scope.changes.get(name).into_iter().flatten().rev();
            if let Some(change) = changes.find(|change| !change.arg) {
                return change.value.as_ref().map(|value| &*value.text);
            }
            stage = scope.parent?;
        }
    }

    /// Takes in what ENV or ARG declares at `at`.
    pub(super) fn declare(&mut self, file: &Dockerfile, stage: Option<usize>, at: usize) {
        match &file.instructions[at].body {
            Body::Env(pairs) => {
                // All of one ENV sees the variables as they were before it.
                let values: Vec<_> = pairs
                    .iter()
                    .map(|pair| {
                        let name = self.walk(file, stage, at, &pair.key).0;
                        (name, self.walk(file, stage, at, &pair.value))
                    })
                    .collect();
                for (name, value) in values {
                    self.set(stage, at, &name, Some(value), false);
                }
            }
            Body::Arg(decls) => {
                // Of one ARG each declaration sees those before it.
                for decl in decls {
                    let name = &*decl.name.value;
                    let value = match (&decl.default, stage) {
                        (Some(word), _) => Some(self.walk(file, stage, at + 1, word)),
                        (None, Some(_)) => self
                            .value(None, name, usize::MAX)
                            .map(|(text, known)| (text.to_owned(), known)),
                        (None, None) => None,
                    };
                    self.set(stage, at, name, value, true);
                }
            }
            _ => {}
        }
    }

    fn set(
        &mut self,
        stage: Option<usize>,
        at: usize,
        name: &str,
        value: Option<(String, bool)>,
        arg: bool,
    ) {
        let value = value.map(|(text, known)| {
            self.kept = self.kept.saturating_add(text.len());
            if self.kept > MAX_VALUES {
                Value {
                    text: EcoString::new(),
                    known: false,
                }
            } else {
                Value {
                    text: text.into(),
                    known,
                }
            }
        });
        let scope = match stage {
            Some(stage) => &mut self.stages[stage],
            None => &mut self.global,
        };
        let change = Change {
            at: at as u32,
            value,
            arg,
        };
        match scope.changes.get_mut(name) {
            Some(changes) => changes.push(change),
            None => {
                scope.changes.insert(name.into(), vec![change]);
            }
        }
    }

    /// The scopes that an instruction sees, outermost first, with how far each counts.
    fn chain(&self, stage: Option<usize>, at: usize) -> Vec<(&Scope, usize)> {
        let Some(mut stage) = stage else {
            return vec![(&self.global, at.max(1))];
        };
        let mut chain = vec![(&self.stages[stage], at)];
        while let Some(parent) = self.stages[stage].parent {
            stage = parent;
            chain.push((&self.stages[stage], usize::MAX));
        }
        chain.reverse();
        chain
    }

    /// Every variable that instruction `at` sees.
    pub(super) fn all(&self, stage: Option<usize>, at: usize) -> BTreeMap<String, String> {
        let mut all = BTreeMap::new();
        if stage.is_none() {
            let given = self.given();
            all.extend(given.map(|(name, text)| (name.to_owned(), text.to_owned())));
        }
        for (scope, before) in self.chain(stage, at) {
            for name in scope.changes.keys() {
                if let Some(value) = scope.value(name, before) {
                    all.insert(name.to_string(), value.text.to_string());
                }
            }
        }
        all
    }

    /// Every ARG declared where instruction `at` stands, with its value.
    pub(super) fn args(&self, stage: Option<usize>, at: usize) -> BTreeMap<String, Option<String>> {
        let mut args = BTreeMap::new();
        if stage.is_none() {
            let given = self.given();
            args.extend(given.map(|(name, text)| (name.to_owned(), Some(text.to_owned()))));
        }
        for (scope, before) in self.chain(stage, at) {
            for (name, changes) in &scope.changes {
                let end = changes.partition_point(|change| (change.at as usize) < before);
                if let Some(last) = changes[..end].iter().rev().find(|change| change.arg) {
                    let value = last.value.as_ref().map(|value| value.text.to_string());
                    args.insert(name.to_string(), value);
                }
            }
        }
        args
    }
}
