//! What the builder refuses after it has read the file, before it asks a registry: stages that
//! do not exist, and values that turn out wrong when variables are expanded.
//!
//! A variable without a value may get one from the command line (an ARG) or from the base image
//! (ENV). So what is refused with such variables empty is looked at again with a value in each;
//! only what is refused both times is told.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use plimsoll_source::TextRange;
use plimsoll_source::nearest::nearest;

use super::scope::{PLATFORM, TARGET_STAGE};
use super::sources::{self, Source};
use super::{Base, Build, Stage, reference, values};
use crate::syntax::lines::Lines;
use crate::syntax::{
    self, Body, Dockerfile, Heredoc, Instruction, SyntaxError, Transfer, Word, mounts,
};
use crate::words::lexer::{self, Fault, Mode};
use crate::words::{self};

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
        .map(|(_, error)| error)
        .collect()
}

/// The variables of one stage while it is walked.
#[derive(Debug, Default)]
struct Env {
    parent: Option<Rc<Env>>,
    own: HashMap<Box<str>, Rc<str>>,
    /// ARGs that nothing in the file gives a value.
    open: Vec<Box<str>>,
    /// It ends in a base image, which may set more.
    image: bool,
    depth: usize,
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
    global: HashMap<Box<str>, Rc<str>>,
    open: Vec<Box<str>>,
    /// Stages by name in lower case; of several the last.
    names: HashMap<String, usize>,
    errors: Vec<(usize, SyntaxError)>,
    kept: usize,
    work: usize,
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
            None => "default".to_owned(),
        };
        self.global.insert(TARGET_STAGE.into(), target.into());
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
            format!("write `{lower}`")
        } else {
            "write it as `NAME:TAG` or `REGISTRY/NAME:TAG`".to_owned()
        };
        let error = SyntaxError::new(range, format!("`{name}` cannot be an image: {why}"), help);
        self.errors.push((index, error));
    }

    /// Stages and images that `COPY --from` and `RUN --mount=from=` name.
    fn sources(&mut self) {
        let count = self.build.stages.len();
        let mut edges: Vec<Vec<(usize, usize)>> = vec![Vec::new(); count];
        // Every other source counts as one more stage, which a number may name.
        let mut known = count;
        for stage in &self.build.stages {
            for at in stage.instructions.clone() {
                let instruction = &self.file.instructions[at];
                let found = self.source_stages(instruction, &mut known);
                for source in found {
                    match source {
                        Ok(target) => edges[stage.index].push((target, at)),
                        Err(error) => self.errors.push((at, error)),
                    }
                }
            }
        }
        self.circles(&edges);
    }

    /// The stages that an instruction takes files from.
    fn source_stages(
        &self,
        instruction: &Instruction,
        known: &mut usize,
    ) -> Vec<Result<usize, SyntaxError>> {
        match &instruction.body {
            Body::Copy(_) => {
                let flag = instruction
                    .flag("from")
                    .and_then(|flag| flag.value.as_ref());
                let Some(value) = flag.filter(|value| !value.value.is_empty()) else {
                    return Vec::new();
                };
                self.copy_from(value, known).into_iter().collect()
            }
            Body::Run(_) => {
                let mut found = Vec::new();
                for flag in instruction.flags_named("mount") {
                    let Some(mount) = flag.value.as_ref() else {
                        continue;
                    };
                    let from = mount_from(mount);
                    let name = from.as_ref().map_or("scratch", |word| &*word.value);
                    if let Some(&target) = self.names.get(&lower(name)) {
                        found.push(Ok(target));
                        continue;
                    }
                    *known += 1;
                    if let (Some(from), Some(why)) = (&from, reference::refused(name))
                        && name != "scratch"
                    {
                        found.push(Err(SyntaxError::new(
                            from.range,
                            format!("`{name}` is no stage and cannot be an image: {why}"),
                            "name a stage or an image",
                        )));
                    }
                }
                found
            }
            _ => Vec::new(),
        }
    }

    fn copy_from(&self, value: &Word, known: &mut usize) -> Option<Result<usize, SyntaxError>> {
        let refuse =
            |message: String, help: &str| Some(Err(SyntaxError::new(value.range, message, help)));
        match expand(value, self.file.escape, &|_| None) {
            Ok(text) if *text == *value.value => {}
            Ok(_) => {
                return refuse(
                    format!("`--from={}` is not expanded", value.value),
                    "name a stage: `FROM` with the variable, `AS` with the name",
                );
            }
            Err(fault) => {
                let range = words::place(value, &self.file.text, self.file.escape, fault.at);
                return Some(Err(fault_error(range, &fault)));
            }
        }
        let name = &*value.value;
        if let Some(number) = syntax::checks::integer(name) {
            return match usize::try_from(number) {
                Ok(number) if number < self.build.stages.len() => Some(Ok(number)),
                Ok(number) if number < *known => None,
                _ => refuse(
                    format!("there is no stage {name}"),
                    "name the stage with `AS` and use its name",
                ),
            };
        }
        if let Some(&target) = self.names.get(&lower(name)) {
            return Some(Ok(target));
        }
        *known += 1;
        let why = reference::refused(name).filter(|_| name != "scratch")?;
        let stages: Vec<&str> = self
            .build
            .stages
            .iter()
            .filter_map(|s| Some(&*s.name.as_ref()?.value))
            .collect();
        let near = nearest(name, stages.iter().copied());
        Some(Err(SyntaxError {
            range: value.range,
            message: format!("`{name}` is no stage and cannot be an image: {why}"),
            help: Some(near.map_or_else(
                || "name a stage or an image".to_owned(),
                |near| format!("write `{near}`"),
            )),
            replacement: near.map(str::to_owned),
        }))
    }

    /// Stages that need themselves, and sources that come too late.
    fn circles(&mut self, edges: &[Vec<(usize, usize)>]) {
        // 0: not seen, 1: on the path, 2: done. Without recursion: stages may be many.
        let mut state = vec![0_u8; edges.len()];
        for start in 0..edges.len() {
            let mut path = vec![(start, 0)];
            if state[start] != 0 {
                continue;
            }
            state[start] = 1;
            while let Some((stage, next)) = path.last_mut() {
                let (stage, edge) = (*stage, edges[*stage].get(*next));
                *next += 1;
                match edge {
                    None => {
                        state[stage] = 2;
                        path.pop();
                    }
                    Some(&(target, at)) if state[target] == 1 => {
                        let range = self.source_range(at, target);
                        let message = if target == stage {
                            "the stage takes files from itself".to_owned()
                        } else {
                            let name = self.stage_name(target);
                            format!("the stages need each other: {name} takes files from this one")
                        };
                        self.errors.push((
                            at,
                            SyntaxError::new(
                                range,
                                message,
                                "take the files from an earlier stage",
                            ),
                        ));
                    }
                    Some(&(target, _)) if state[target] == 0 => {
                        state[target] = 1;
                        path.push((target, 0));
                    }
                    Some(_) => {}
                }
            }
        }
        for (stage, edges) in edges.iter().enumerate() {
            for &(target, at) in edges {
                if target > stage {
                    let range = self.source_range(at, target);
                    let name = self.stage_name(target);
                    self.errors.push((
                        at,
                        SyntaxError::new(
                            range,
                            format!("{name} comes after the stage that takes files from it"),
                            "move the stage before this one",
                        ),
                    ));
                }
            }
        }
    }

    fn stage_name(&self, stage: usize) -> String {
        match &self.build.stages[stage].name {
            Some(name) => format!("the stage `{}`", name.value),
            None => format!("stage {stage}"),
        }
    }

    /// The word of instruction `at` that names a stage.
    fn source_range(&self, at: usize, target: usize) -> TextRange {
        let instruction = &self.file.instructions[at];
        let words = self.build.stage_references(at);
        words
            .iter()
            .find(|word| {
                self.names.get(&lower(&word.value)) == Some(&target)
                    || *word.value == *target.to_string()
            })
            .or(words.first())
            .map_or(instruction.keyword_range, |word| word.range)
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
            match parent.map(|parent| &ends[parent]) {
                Some(end) => {
                    env.image = end.image;
                    env.depth = end.depth + 1;
                    env.dir.clone_from(&end.dir);
                    env.parent = Some(Rc::clone(end));
                }
                None => {
                    env.image = stage.base != Base::Scratch;
                    env.dir = (!env.image).then(|| "/".to_owned());
                    env.own.insert("PATH".into(), DEFAULT_PATH.into());
                }
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
                    Ok(target) if target >= stage.index => {
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
        let range = at.place.unwrap_or(range);
        self.errors
            .push((at.index, SyntaxError::new(range, message, help)));
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

    fn instruction(&mut self, at: &At<'_>, instruction: &Instruction, env: &mut Env) {
        match &instruction.body {
            Body::Env(pairs) => {
                let values: Vec<_> = pairs
                    .iter()
                    .map(|pair| {
                        (
                            self.word(at, env, &pair.key),
                            self.word(at, env, &pair.value),
                        )
                    })
                    .collect();
                for (name, value) in values {
                    if let (Some(name), Some(value)) = (name, value) {
                        self.set(env, &name, &value);
                    }
                }
            }
            Body::Label(pairs) => {
                for pair in pairs {
                    self.word(at, env, &pair.key);
                    self.word(at, env, &pair.value);
                }
            }
            Body::Arg(decls) => {
                for decl in decls {
                    let name = &decl.name.value;
                    let value = match &decl.default {
                        Some(word) => self.word(at, env, word),
                        None => self.global.get(name).map(ToString::to_string),
                    };
                    match value {
                        Some(value) => self.set(env, name, &value),
                        None if decl.default.is_none() => env.open.push(name.clone()),
                        None => {}
                    }
                }
            }
            Body::Copy(transfer) => self.transfer(at, env, instruction, transfer, false),
            Body::Add(transfer) => self.transfer(at, env, instruction, transfer, true),
            Body::User(word) => {
                self.word(at, env, word);
            }
            Body::Workdir(word) => {
                if let Some(path) = self.word(at, env, word) {
                    env.dir = super::workdir(env.dir.as_deref(), &path);
                }
            }
            Body::Volume(words) => {
                for word in words {
                    if self.word(at, env, word).is_some_and(|path| path.is_empty()) {
                        self.push(at, word.range, "a volume's path is empty", "name a path");
                    }
                }
            }
            Body::StopSignal(word) => {
                if let Some(text) = self.word(at, env, word)
                    && !values::is_signal(&text)
                {
                    let near = nearest(&text, values::signals());
                    let help = near.map_or_else(
                        || "write one such as `SIGTERM`".to_owned(),
                        |near| format!("write `SIG{near}`"),
                    );
                    self.push(at, word.range, format!("`{text}` is no signal"), &help);
                }
            }
            Body::Expose(words) => self.expose(at, env, words),
            Body::Run(_) => self.mounts(at, env, instruction),
            _ => {}
        }
    }

    fn expose(&mut self, at: &At<'_>, env: &Env, list: &[Word]) {
        for word in list {
            if !self.sound && word.value.contains('$') {
                continue;
            }
            let mode = Mode::expand(self.file.escape);
            match lexer::words(&word.value, mode, &|name| value(self.fill, env, name)) {
                Ok(ports) => {
                    for port in ports {
                        if values::port_refused(&port.text) {
                            self.push(
                                at,
                                word.range,
                                format!("`{}` is no port", port.text),
                                "write a number up to 65535 or a range `8000-8010`, \
                                 and `/tcp`, `/udp` or `/sctp`",
                            );
                        }
                    }
                }
                Err(fault) => match at.place {
                    Some(place) if !fault.bound => {
                        self.errors.push((at.index, fault_error(place, &fault)));
                    }
                    _ => self.fault(at.index, word, at.text, &fault),
                },
            }
        }
    }

    fn transfer(
        &mut self,
        at: &At<'_>,
        env: &Env,
        instruction: &Instruction,
        transfer: &Transfer,
        add: bool,
    ) {
        let flag = |name: &str| {
            let value = instruction
                .flag(name)
                .and_then(|flag| flag.value.as_ref())?;
            (!value.value.is_empty()).then_some(value)
        };
        let chown = flag("chown").map(|word| (word, self.word(at, env, word)));
        let chmod = flag("chmod").map(|word| (word, self.word(at, env, word)));
        let checksum = flag("checksum").map(|word| (word, self.word(at, env, word)));
        let sources: Vec<_> = transfer
            .sources
            .iter()
            .map(|word| (word, self.word(at, env, word)))
            .collect();
        self.word(at, env, &transfer.dest);
        for heredoc in instruction.heredocs.iter().filter(|heredoc| heredoc.expand) {
            self.heredoc(at, env, heredoc);
        }
        if let Some((word, Some(owner))) = &chown
            && is_on(instruction, "link")
            && values::owner_is_named(owner)
        {
            self.push(
                at,
                word.range,
                format!("`--chown={owner}` needs the image's users, which `--link` does not see"),
                "give numbers, or leave `--link` out",
            );
        }
        if let Some((word, Some(mode))) = &chmod
            && !mode.is_empty()
            && !values::is_mode(mode)
        {
            self.push(
                at,
                word.range,
                format!("`{mode}` is no mode"),
                "write an octal one such as `0755`, or a symbolic one such as `u=rwX,go=rX`",
            );
        }
        let checksum = checksum.and_then(|(word, text)| Some((word, text?)));
        if let Some((word, text)) = checksum.as_ref().filter(|(_, text)| !text.is_empty()) {
            self.checksum(at, word, text, &sources);
        }
        let keep = instruction
            .flag("keep-git-dir")
            .map(|_| is_on(instruction, "keep-git-dir"));
        for (word, text) in &sources {
            let Some(text) = text else { continue };
            match sources::source(text) {
                Source::Path => {}
                Source::Refused(message) => {
                    self.push(at, word.range, message, "mend the query of the repository");
                }
                Source::Http | Source::Git(_) if !add => self.push(
                    at,
                    word.range,
                    format!("`COPY` cannot fetch `{text}`"),
                    "write `ADD`, or fetch it in a `RUN`",
                ),
                Source::Http => {}
                Source::Git(repository) => {
                    let wanted = checksum.as_ref().map_or("", |(_, text)| text.as_str());
                    let both = !wanted.is_empty() && !repository.checksum.is_empty();
                    if both && wanted != repository.checksum {
                        self.push(
                            at,
                            word.range,
                            "flag and query name two checksums",
                            "keep one of them",
                        );
                    }
                    if keep.is_some()
                        && repository.keep_git_dir.is_some()
                        && keep != repository.keep_git_dir
                    {
                        self.push(
                            at,
                            word.range,
                            "flag and query say two things about the `.git` folder",
                            "keep one of them",
                        );
                    }
                }
            }
        }
    }

    fn checksum(
        &mut self,
        at: &At<'_>,
        word: &Word,
        text: &str,
        sources: &[(&Word, Option<String>)],
    ) {
        let [(_, source)] = sources else {
            return self.push(
                at,
                word.range,
                "`--checksum` goes with one source",
                "give every source an `ADD` of its own",
            );
        };
        let Some(source) = source else { return };
        match sources::source(source) {
            Source::Path => self.push(
                at,
                word.range,
                "`--checksum` goes with a URL or a repository",
                "remove it",
            ),
            Source::Http if !reference::is_digest(text) => self.push(
                at,
                word.range,
                format!("`{text}` is no digest"),
                "write `sha256:` and 64 hexadecimal digits",
            ),
            _ => {}
        }
    }

    /// The builder expands the body of a heredoc that is copied; quotes mean nothing there.
    fn heredoc(&mut self, at: &At<'_>, env: &Env, heredoc: &Heredoc) {
        let range = heredoc.body;
        let body = range.of(at.text);
        if !self.sound || !body.contains('$') {
            return;
        }
        // With `<<-` the tabs that lead each line are gone.
        let mut joined = String::new();
        let mut lines = Vec::new();
        let text = if heredoc.strip_tabs {
            for line in Lines::from(&at.text[..range.end as usize], range.start as usize) {
                let whole = line.full().of(at.text);
                let bare = whole.trim_start_matches('\t');
                lines.push((joined.len(), line.start + (whole.len() - bare.len()) as u32));
                joined.push_str(bare);
            }
            &joined[..]
        } else {
            lines.push((0, range.start));
            body
        };
        let mode = Mode {
            skip_quotes: true,
            ..Mode::expand('\\')
        };
        let (result, _) = lexer::word(text, mode, &|name| value(self.fill, env, name));
        let Err(fault) = result else { return };
        if fault.bound {
            return;
        }
        let line = lines
            .partition_point(|&(start, _)| start <= fault.at)
            .max(1)
            - 1;
        let (start, source) = lines[line];
        let from = source + (fault.at - start) as u32;
        // To the end of the line: the construct may have no end.
        let rest = TextRange::new(from, range.end).of(at.text);
        let len = rest.find(['\r', '\n']).unwrap_or(rest.len()) as u32;
        let place = at.place.unwrap_or(TextRange::new(from, from + len));
        let mut error = fault_error(place, &fault);
        error.help =
            Some("quote the heredoc's delimiter if the builder shall not expand it".into());
        self.errors.push((at.index, error));
    }

    fn mounts(&mut self, at: &At<'_>, env: &Env, instruction: &Instruction) {
        for flag in instruction.flags_named("mount") {
            let Some(flag_value) = &flag.value else {
                continue;
            };
            let escape = self.file.escape;
            let fill = self.fill;
            let bound = RefCell::new(false);
            let checked = mounts::check(flag_value, |word| {
                expand(word, escape, &|name| value(fill, env, name)).map_err(|fault| {
                    *bound.borrow_mut() |= fault.bound;
                    fault_error(words::place(word, at.text, escape, fault.at), &fault)
                })
            });
            if bound.into_inner() {
                continue;
            }
            let mount = match checked {
                Ok(mount) => mount,
                Err(mut error) => {
                    error.range = at.place.unwrap_or(error.range);
                    self.errors.push((at.index, error));
                    continue;
                }
            };
            if matches!(mount.kind.as_str(), "secret" | "ssh") {
                continue;
            }
            let absolute = mount.target.starts_with('/');
            let root = if absolute {
                mount.target == "/"
            } else {
                let dir = env.dir.as_deref();
                dir.is_some_and(|dir| super::join(dir, &mount.target) == "/")
            };
            if root {
                let (message, help) = if mount.target.is_empty() {
                    (
                        format!("the {} mount lacks its target", mount.kind),
                        "add `target=/path`",
                    )
                } else {
                    (
                        "a mount cannot cover the root folder".to_owned(),
                        "name a folder in `target`",
                    )
                };
                self.push(at, flag_value.range, message, help);
            }
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

/// `from` of a mount; it is not expanded.
fn mount_from(mount: &Word) -> Option<Word> {
    let options = mounts::options(mount).ok()?;
    let mut from = None;
    for (key, value) in options {
        if &*key.value == "from" && value.is_some() {
            from = value;
        }
    }
    from.filter(|word| !word.value.is_empty())
}

fn lower(name: &str) -> String {
    name.chars().map(syntax::fold).collect()
}

/// Whether a switch is given and not `false`.
fn is_on(instruction: &Instruction, name: &str) -> bool {
    instruction.flag(name).is_some_and(|flag| {
        flag.value
            .as_ref()
            .is_none_or(|value| value.value.eq_ignore_ascii_case("true"))
    })
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
