//! What the builder refuses after it has read the file, before it asks a registry: stages that
//! do not exist, and values that turn out wrong when variables are expanded.
//!
//! A variable without a value may get one from the command line (an ARG) or from the base image
//! (ENV). So what is refused with such variables empty is looked at again with a value in each;
//! only what is refused both times is told.

use std::collections::HashMap;
use std::rc::Rc;

use ecow::EcoString;
use plimsoll_source::TextRange;

use super::scope::{PLATFORM, TARGET_STAGE};
use super::{Base, Build, Stage, reference};
use crate::syntax::{self, Body, Dockerfile, Instruction, SyntaxError, Word};
use crate::words;
use crate::words::lexer::{self, Fault, Mode};

mod carry;
mod graph;

/// The PATH of an image that sets none.
const DEFAULT_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Stages of stages are followed this far.
pub(super) const MAX_CHAIN: usize = 256;

/// Bytes of expanded values kept in one pass.
const MAX_VALUES: usize = 16 << 20;

/// Bytes and steps spent in one pass; nothing is refused after that.
const MAX_WORK: usize = 256 << 20;

/// What one substitution with a pattern counts for.
const PATTERN_WORK: usize = 1 << 14;

/// What is refused only now. Where the file has errors already, only what does not depend on
/// other instructions is looked at: what they would have said is not known.
pub(super) fn check(build: &Build) -> Vec<SyntaxError> {
    let sound = build.file.errors.is_empty();
    let empty = Pass::run(build, sound, false);
    if empty.is_empty() {
        return Vec::new();
    }
    let mut filled: Vec<usize> = Pass::run(build, sound, true)
        .into_iter()
        .map(|(index, _)| index)
        .collect();
    filled.sort_unstable();
    empty
        .into_iter()
        .filter(|(index, _)| filled.binary_search(index).is_ok())
        .map(|(index, error)| match meant_for_shell(build, index) {
            Some(word) => SyntaxError {
                help: Some(format!(
                    "COPY and ADD have no shell, which `{word}` is meant for: leave it out (a pattern such \
                     as `name*` may match nothing beside what is there), or do it with RUN"
                )),
                ..error
            },
            None => error,
        })
        .collect()
}

/// The word of a COPY or ADD that only a shell understands: an operator or a redirection.
fn meant_for_shell(build: &Build, index: usize) -> Option<&str> {
    let (Body::Copy(transfer) | Body::Add(transfer)) = &build.file.instructions.get(index)?.body
    else {
        return None;
    };
    let words = transfer.sources.iter().map(|word| &*word.value);
    words.into_iter().find(|word| {
        let redirects = word.trim_start_matches(|c: char| c.is_ascii_digit());
        matches!(*word, "||" | "&&" | "|" | ";") || redirects.starts_with(['>', '<'])
    })
}

/// The variables of one stage while it is walked.
#[derive(Debug, Default)]
struct Env {
    parent: Option<Rc<Env>>,
    own: HashMap<EcoString, EcoString>,
    /// ARGs that nothing in the file gives a value.
    open: Vec<EcoString>,
    /// It ends in a base image, which may set more.
    image: bool,
    /// The working directory, where it is known.
    dir: Option<String>,
}

impl Env {
    fn get(&self, name: &str) -> Option<&str> {
        let mut env = self;
        loop {
            if let Some(value) = env.own.get(name) {
                return Some(value);
            }
            env = env.parent.as_deref()?;
        }
    }

    fn is_open(&self, name: &str) -> bool {
        let mut env = Some(self);
        while let Some(this) = env {
            if this.open.iter().any(|open| &**open == name) {
                return true;
            }
            env = this.parent.as_deref();
        }
        false
    }
}

struct Pass<'a> {
    build: &'a Build,
    file: &'a Dockerfile,
    /// The file had no errors before.
    sound: bool,
    /// Variables without a value get one.
    fill: bool,
    global: HashMap<EcoString, EcoString>,
    open: Vec<EcoString>,
    /// Stages by name in lower case; of several the last.
    names: HashMap<String, usize>,
    errors: Vec<(usize, SyntaxError)>,
    kept: usize,
    work: usize,
}

/// A stage that another one takes files from.
#[derive(Clone, Copy, Debug)]
struct Edge {
    target: usize,
    /// The instruction.
    at: usize,
    /// It must come before the other one.
    earlier: bool,
}

/// Where an instruction is looked at.
struct At<'a> {
    index: usize,
    text: &'a str,
    /// For what an ONBUILD of the base gives: everything stands there.
    place: Option<TextRange>,
}

impl<'a> Pass<'a> {
    fn run(build: &'a Build, sound: bool, fill: bool) -> Vec<(usize, SyntaxError)> {
        let mut names = HashMap::new();
        for stage in &build.stages {
            if let Some(name) = &stage.name {
                names.insert(name.value.chars().map(syntax::fold).collect(), stage.index);
            }
        }
        let mut pass = Pass {
            build,
            file: &build.file,
            sound,
            fill,
            global: HashMap::new(),
            open: Vec::new(),
            names,
            errors: Vec::new(),
            kept: 0,
            work: 0,
        };
        if sound {
            pass.globals();
            for stage in &build.stages {
                pass.from(stage);
            }
            pass.sources();
            pass.epoch();
        }
        pass.stages();
        pass.errors
            .sort_by_key(|(index, error)| (*index, error.range.start));
        pass.errors
    }

    fn globals(&mut self) {
        let target = match self
            .build
            .stages
            .last()
            .and_then(|stage| stage.name.as_ref())
        {
            Some(name) => name.value.to_lowercase(),
            None => "default".into(),
        };
        self.global.insert(TARGET_STAGE.into(), (*target).into());
        for (name, value) in PLATFORM {
            self.global.insert((*name).into(), (*value).into());
        }
        for at in self.build.preamble.clone() {
            let Body::Arg(decls) = &self.file.instructions[at].body else {
                continue;
            };
            for decl in decls {
                let name = &decl.name.value;
                match &decl.default {
                    Some(word) => {
                        if let Some(value) = self.global_word(at, word) {
                            self.global.insert(name.clone(), value.into());
                        }
                    }
                    None if !self.global.contains_key(name) => self.open.push(name.clone()),
                    None => {}
                }
            }
        }
    }

    /// `SOURCE_DATE_EPOCH` is a time, the build context, or a stage that adds one remote source.
    fn epoch(&mut self) {
        let Some(value) = self.global.get("SOURCE_DATE_EPOCH").cloned() else {
            return;
        };
        if value.is_empty() || &*value == "context" || syntax::checks::integer(&value).is_some() {
            return;
        }
        let declared = self.build.preamble.clone().rev().find_map(|at| {
            let Body::Arg(decls) = &self.file.instructions[at].body else {
                return None;
            };
            let named = |decl: &&syntax::ArgDecl| &*decl.name.value == "SOURCE_DATE_EPOCH";
            decls.iter().find(named).map(|decl| (at, decl.range))
        });
        let Some((at, range)) = declared else { return };
        let named = |stage: &&Stage| {
            stage
                .name
                .as_ref()
                .is_some_and(|name| lower(&name.value) == lower(&value))
        };
        let good = self.build.stages.iter().find(named).is_some_and(|stage| {
            let bodies = || {
                self.file.instructions[stage.instructions.clone()]
                    .iter()
                    .skip(1)
            };
            stage.base == Base::Scratch
                && bodies().all(|i| matches!(i.body, Body::Arg(_) | Body::Add(_)))
                && bodies().filter(|i| matches!(i.body, Body::Add(_))).count() == 1
        });
        if !good {
            let error = SyntaxError::new(
                range,
                format!("`SOURCE_DATE_EPOCH={value}` is no time"),
                "write seconds since 1970, or `context`",
            );
            self.errors.push((at, error));
        }
    }

    /// A word expanded with the global ARGs; the error is taken down.
    fn global_word(&mut self, at: usize, word: &Word) -> Option<String> {
        let lookup = |name: &str| match self.global.get(name) {
            Some(value) => Some(value.to_string()),
            None => {
                (self.fill && self.open.iter().any(|open| &**open == name)).then(|| "1".to_owned())
            }
        };
        match expand(word, self.file.escape, &lookup) {
            Ok(text) => Some(text),
            Err(fault) => {
                self.fault(at, word, &self.file.text, &fault);
                None
            }
        }
    }

    fn fault(&mut self, index: usize, word: &Word, source: &str, fault: &Fault) {
        if fault.bound {
            return;
        }
        let range = words::place(word, source, self.file.escape, fault.at);
        self.errors.push((index, fault_error(range, fault)));
    }

    fn from(&mut self, stage: &Stage) {
        let at = stage.from;
        let Body::From(from) = &self.file.instructions[at].body else {
            return;
        };
        if let Some(name) = self.global_word(at, &from.image) {
            if name.is_empty() {
                self.errors.push((
                    at,
                    SyntaxError::new(
                        from.image.range,
                        format!(
                            "`{}` gives no image: the variable has no value",
                            from.image.value
                        ),
                        "declare it with a default by `ARG` before the first `FROM`",
                    ),
                ));
            } else if name != "scratch" && !matches!(stage.base, Base::Stage(_)) {
                self.image(at, from.image.range, &name);
            }
        }
        let platform = self.file.instructions[at].flag("platform");
        let Some(value) = platform.and_then(|flag| flag.value.as_ref()) else {
            return;
        };
        if value.value.is_empty() {
            return;
        }
        let Some(text) = self.global_word(at, value) else {
            return;
        };
        if text.is_empty() {
            self.errors.push((
                at,
                SyntaxError::new(
                    value.range,
                    format!(
                        "`{}` gives no platform: the variable has no value",
                        value.value
                    ),
                    "declare it with a default by `ARG` before the first `FROM`",
                ),
            ));
        } else if !reference::is_platform(&text) {
            self.errors.push((
                at,
                SyntaxError::new(
                    value.range,
                    format!("`{text}` is no platform"),
                    "write one such as `linux/amd64`",
                ),
            ));
        }
    }

    fn image(&mut self, index: usize, range: TextRange, name: &str) {
        let Some(why) = reference::refused(name) else {
            return;
        };
        let lower = name.to_lowercase();
        let help = if self.names.contains_key(&lower) {
            format!("write the stage as `{lower}`: `FROM` knows it in lower case only")
        } else if lower != name && reference::refused(&lower).is_none() {
            // Capitals alone are how variables are called.
            let is_variable = name.len() > 1
                && name
                    .bytes()
                    .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
            if is_variable {
                format!(
                    "write `{lower}`; if it stands for a name, `${name}` and `ARG {name}=…` above"
                )
            } else {
                format!("write `{lower}`")
            }
        } else {
            "write it as `NAME:TAG` or `REGISTRY/NAME:TAG`".to_owned()
        };
        let error = SyntaxError::new(range, format!("`{name}` cannot be an image: {why}"), help);
        self.errors.push((index, error));
    }

    fn stages(&mut self) {
        let reachable = if self.sound {
            self.build.reachable()
        } else {
            Vec::new()
        };
        let mut ends: Vec<Rc<Env>> = Vec::with_capacity(self.build.stages.len());
        for stage in &self.build.stages {
            let parent = match stage.base {
                Base::Stage(parent) => Some(parent),
                _ => None,
            };
            let mut env = Env::default();
            if let Some(end) = parent.map(|parent| &ends[parent]) {
                env.image = end.image;
                env.dir.clone_from(&end.dir);
                env.parent = Some(Rc::clone(end));
            } else {
                env.image = stage.base != Base::Scratch;
                env.dir = (!env.image).then(|| "/".to_owned());
                env.own.insert("PATH".into(), DEFAULT_PATH.into());
            }
            if let Some(parent) = parent
                && reachable.binary_search(&stage.index).is_ok()
            {
                self.triggers(stage, parent, &mut env);
            }
            for index in stage.instructions.clone() {
                let instruction = &self.file.instructions[index];
                let text: &str = &self.file.text;
                let at = At {
                    index,
                    text,
                    place: None,
                };
                self.instruction(&at, instruction, &mut env);
            }
            ends.push(Rc::new(env));
        }
    }

    /// What the ONBUILDs of the base stage add.
    fn triggers(&mut self, stage: &Stage, parent: usize, env: &mut Env) {
        let place = match &self.file.instructions[stage.from].body {
            Body::From(from) => from.image.range,
            _ => return,
        };
        for index in self.build.stages[parent].instructions.clone() {
            let outer = &self.file.instructions[index];
            let Body::Onbuild(inner) = &outer.body else {
                continue;
            };
            let text = trigger_text(self.file, outer, inner);
            let trigger = syntax::parse_trigger(&text);
            let [instruction] = trigger.instructions.as_slice() else {
                let message = "the ONBUILD of the base holds no instruction".to_owned();
                let error = SyntaxError::new(place, message, "mend the base stage");
                self.errors.push((stage.from, error));
                continue;
            };
            if let Some(error) = trigger.errors.first() {
                let message = format!("the ONBUILD of the base is refused: {}", error.message);
                let error = SyntaxError::new(place, message, "mend the base stage");
                self.errors.push((stage.from, error));
                continue;
            }
            let known = &mut self.build.stages.len().clone();
            for source in self.source_stages(instruction, known) {
                match source {
                    Ok((target, true)) if target >= stage.index => {
                        let name = self.stage_name(target);
                        let message =
                            format!("the ONBUILD of the base needs {name}, which comes later");
                        let error = SyntaxError::new(place, message, "mend the base stage");
                        self.errors.push((stage.from, error));
                    }
                    Ok(_) => {}
                    Err(error) => {
                        let message =
                            format!("the ONBUILD of the base is refused: {}", error.message);
                        let error = SyntaxError::new(place, message, "mend the base stage");
                        self.errors.push((stage.from, error));
                    }
                }
            }
            let at = At {
                index: stage.from,
                text: &text,
                place: Some(place),
            };
            self.instruction(&at, instruction, env);
        }
    }

    fn push(&mut self, at: &At<'_>, range: TextRange, message: impl Into<String>, help: &str) {
        self.push_error(at, SyntaxError::new(range, message, help));
    }

    fn push_error(&mut self, at: &At<'_>, mut error: SyntaxError) {
        error.range = at.place.unwrap_or(error.range);
        self.errors.push((at.index, error));
    }

    /// A word expanded; the error is taken down.
    fn word(&mut self, at: &At<'_>, env: &Env, word: &Word) -> Option<String> {
        if !self.sound && word.value.contains('$') {
            return None;
        }
        if !words::is_plain(&word.value, self.file.escape) {
            self.work += word.value.len() + word.value.matches("${").count() * PATTERN_WORK;
            if self.work > MAX_WORK {
                return None;
            }
        }
        match expand(word, self.file.escape, &|name| value(self.fill, env, name)) {
            Ok(text) => {
                self.work += text.len();
                Some(text)
            }
            Err(fault) => {
                match at.place {
                    Some(place) if !fault.bound => {
                        self.errors.push((at.index, fault_error(place, &fault)));
                    }
                    _ => self.fault(at.index, word, at.text, &fault),
                }
                None
            }
        }
    }

    fn set(&mut self, env: &mut Env, name: &str, value: &str) {
        self.kept = self.kept.saturating_add(value.len());
        if self.kept <= MAX_VALUES {
            env.own.insert(name.into(), value.into());
        }
    }
}

/// The value of a name; `fill` gives one to what may get it from elsewhere.
fn value(fill: bool, env: &Env, name: &str) -> Option<String> {
    if let Some(value) = env.get(name) {
        return Some(value.to_owned());
    }
    let named = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    (fill && named && (env.image || env.is_open(name))).then(|| "1".to_owned())
}

fn expand(
    word: &Word,
    escape: char,
    lookup: &dyn Fn(&str) -> Option<String>,
) -> Result<String, Fault> {
    if words::is_plain(&word.value, escape) {
        return Ok(word.value.to_string());
    }
    lexer::word(&word.value, Mode::expand(escape), lookup).0
}

fn fault_error(range: TextRange, fault: &Fault) -> SyntaxError {
    SyntaxError {
        range,
        message: fault.message.clone(),
        help: Some("escape `$` and quotes that mean themselves".to_owned()),
        replacement: None,
    }
}

fn lower(name: &str) -> String {
    name.chars().map(syntax::fold).collect()
}

/// The text that the builder keeps of an ONBUILD, to be read when a child is built.
fn trigger_text(file: &Dockerfile, outer: &Instruction, inner: &Instruction) -> String {
    let line = syntax::lines::rejoin(&file.text, outer.args, file.escape);
    let mut text = line.text.into_owned();
    for heredoc in &inner.heredocs {
        text.push('\n');
        text.push_str(heredoc.body.of(&file.text));
        text.push_str(&heredoc.name);
    }
    text
}
