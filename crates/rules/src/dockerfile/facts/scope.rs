//! Variables while the file is walked from top to bottom, so that words are expanded in one pass
//! over the file however many there are.

use std::borrow::Cow;
use std::collections::BTreeMap;

use plimsoll_dockerfile::words;
use plimsoll_dockerfile::{Body, Build, Instruction, Word};

use super::env::is_platform_arg;

/// ARG and ENV of a stage, by their defaults.
#[derive(Clone, Debug, Default)]
pub(super) struct Scope {
    args: BTreeMap<Box<str>, Option<String>>,
    env: BTreeMap<Box<str>, String>,
}

impl Scope {
    fn get(&self, name: &str) -> Option<&str> {
        match self.env.get(name) {
            Some(value) => Some(value),
            None => self.args.get(name)?.as_deref(),
        }
    }

    /// A word's text with its variables expanded, and whether all had a value; those that had
    /// none stay as written. Words without variables, quotes and escapes, which are nearly all,
    /// cost nothing.
    pub(super) fn expand<'a>(&self, build: &Build, word: &'a Word) -> (Cow<'a, str>, bool) {
        let escape = build.file.escape;
        if !word.value.contains(['$', '"', '\'', escape]) {
            return (Cow::Borrowed(&word.value), true);
        }
        let text = &*build.file.text;
        let known = |name: &str| self.get(name).map(str::to_owned);
        match words::expand(word, text, escape, &known) {
            Ok(done) if done.unset.is_empty() => (Cow::Owned(done.text), true),
            Ok(_) => {
                let kept = |name: &str| Some(known(name).unwrap_or_else(|| format!("${{{name}}}")));
                let done = words::expand(word, text, escape, &kept);
                (
                    done.map_or(Cow::Borrowed(&*word.value), |done| Cow::Owned(done.text)),
                    false,
                )
            }
            Err(_) => (Cow::Borrowed(&word.value), false),
        }
    }

    /// Takes in what an instruction declares. All its words see what was there before it.
    pub(super) fn declare(&mut self, build: &Build, instruction: &Instruction, global: &Self) {
        match &instruction.body {
            Body::Env(pairs) => {
                let values: Vec<(Box<str>, String)> = pairs
                    .iter()
                    .map(|pair| {
                        let key = self.expand(build, &pair.key).0.into_owned();
                        (key.into(), self.expand(build, &pair.value).0.into_owned())
                    })
                    .collect();
                self.env.extend(values);
            }
            Body::Arg(declared) => {
                for arg in declared {
                    let value = match &arg.default {
                        Some(word) => Some(self.expand(build, word).0.into_owned()),
                        // What the platform gives depends on who builds.
                        None if is_platform_arg(&arg.name.value) => None,
                        None => global.args.get(&*arg.name.value).cloned().flatten(),
                    };
                    self.args.insert((*arg.name.value).into(), value);
                }
            }
            _ => {}
        }
    }
}
