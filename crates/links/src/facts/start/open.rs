//! Takes the words of a command line apart into the calls that they make.

use plimsoll_dockerfile::shell::{self, Joint, Piece, Script, ShellCommand};
use plimsoll_source::{FileId, LineIndex, Place};

use super::packages;
use super::wrappers::{assignment, is_shell, wrapped};
use super::{At, By, Call, First, Given, Start};
use crate::facts::image::Image;
use crate::facts::words::{Word, for_shell, of_shell};

/// How deep scripts that start scripts are followed.
const MAX_DEPTH: u32 = 6;
/// The most calls that are kept.
const MAX_CALLS: usize = 256;

/// Where the text of a script is.
#[derive(Clone, Copy)]
pub(super) enum Source<'s> {
    /// In a file under review, at the ranges that its words have.
    Written(FileId),
    /// Inside a word.
    Inside(Place, At<'s>),
    /// In a file of the build context.
    File(Place, &'s str, &'s LineIndex, &'s str),
    /// On one line of a file of the build context.
    Fixed(Place, &'s str, u32),
}

impl Source<'_> {
    fn place(self, range: plimsoll_source::TextRange) -> Place {
        match self {
            Self::Written(file) => Place::new(file, range),
            Self::Inside(whole, at) => at.part(whole, range),
            Self::File(place, ..) | Self::Fixed(place, ..) => place,
        }
    }

    fn within(self, start: u32) -> Option<(Box<str>, u32)> {
        match self {
            Self::File(_, path, lines, text) => {
                Some((path.into(), lines.line_col(text, start).line))
            }
            Self::Fixed(_, path, line) => Some((path.into(), line)),
            _ => None,
        }
    }
}

/// What has been found so far.
pub(super) struct Opened<'i> {
    image: Option<Image<'i>>,
    calls: Vec<Call>,
    first: Option<First>,
    init: bool,
    depth: u32,
    pub(super) opaque: bool,
}

impl<'i> Opened<'i> {
    pub(super) fn new(image: Option<Image<'i>>) -> Self {
        Self {
            image,
            calls: Vec::new(),
            first: None,
            init: false,
            depth: 0,
            opaque: false,
        }
    }

    pub(super) fn finish(self, by: By, place: Option<Place>) -> Start {
        let first = match self.first {
            Some(First::Shell { .. } | First::Program) if self.init => First::Init,
            Some(first) => first,
            None => First::Unknown,
        };
        Start {
            calls: self.calls,
            first,
            by,
            place,
            opaque: self.opaque,
        }
    }

    /// A command line of an image, with the script that its last words stand for.
    pub(super) fn words(&mut self, words: Vec<Word>, script: Option<(&Script, FileId)>) {
        let inline = script.map(|(script, file)| (script, Source::Written(file)));
        self.line(words, Vec::new(), inline, None, true);
    }

    /// A command line of a service or container.
    pub(super) fn given(&mut self, given: Vec<Given<'_>>) {
        // `sh -c script`: the script keeps its places.
        let last = given.last().cloned();
        let words: Vec<Word> = given.into_iter().map(|one| one.word).collect();
        if let Some(last) = last
            && let Some(at) = script_word(&words)
            && at + 1 == words.len()
        {
            let shell = words[at - 1 - options_before(&words, at)].text.clone();
            let text = for_shell(&last.word.text);
            let pieces = [Piece {
                start: 0,
                text: &text,
            }];
            let script = shell::parse(&pieces, &shell, &["-c"]);
            let inline = Some((&script, Source::Inside(last.word.place, last.at)));
            self.line(words, Vec::new(), inline, None, true);
        } else {
            self.line(words, Vec::new(), None, None, true);
        }
    }

    /// One command line. `inline` is the script that its `-c` holds; `within` where it stands.
    fn line(
        &mut self,
        mut words: Vec<Word>,
        mut assigned: Vec<(Box<str>, Word)>,
        inline: Option<(&Script, Source<'_>)>,
        within: Option<(Box<str>, u32)>,
        last: bool,
    ) {
        // Each round takes at least one word off.
        loop {
            let Some(first) = words.first() else { return };
            let program = base_name(&first.text).to_owned();
            if let Some((name, value)) = assignment(&first.text)
                && words.len() > 1
            {
                assigned.push((name.into(), Word::new(value, first.place)));
                words.remove(0);
                continue;
            }
            if is_shell(&program) {
                self.shell(&program, words, assigned, inline, within, last);
                return;
            }
            match wrapped(&program, &words) {
                Some(found) if found.skip > 0 && found.skip < words.len() => {
                    self.init |= found.init && self.depth == 0;
                    assigned.extend(found.assigned);
                    words.drain(..found.skip);
                }
                _ => break,
            }
        }
        self.program(words, assigned, within, last);
    }

    fn shell(
        &mut self,
        program: &str,
        words: Vec<Word>,
        assigned: Vec<(Box<str>, Word)>,
        inline: Option<(&Script, Source<'_>)>,
        within: Option<(Box<str>, u32)>,
        last: bool,
    ) {
        if let Some((script, source)) = inline {
            self.script(script, source, within);
            return;
        }
        let at = script_word(&words);
        match at.and_then(|at| words.get(at)) {
            Some(word) => {
                let text = for_shell(&word.text);
                let pieces = [Piece {
                    start: 0,
                    text: &text,
                }];
                let script = shell::parse(&pieces, program, &["-c"]);
                let source = Source::Inside(word.place, At::Whole);
                self.script(&script, source, within);
            }
            None => {
                // `sh script.sh`, or a bare shell.
                let rest: Vec<Word> = words
                    .into_iter()
                    .skip(1)
                    .skip_while(|word| word.text.starts_with('-'))
                    .collect();
                if rest.is_empty() {
                    self.first.get_or_insert(First::Unknown);
                    return;
                }
                self.program(rest, assigned, within, last);
            }
        }
    }

    /// A program, which may be a script of the build context.
    fn program(
        &mut self,
        mut words: Vec<Word>,
        assigned: Vec<(Box<str>, Word)>,
        within: Option<(Box<str>, u32)>,
        last: bool,
    ) {
        if words.is_empty() {
            return;
        }
        let first = words.remove(0);
        let name = base_name(&first.text);
        if self.depth < MAX_DEPTH && looks_like_script(&first.text) {
            let read = self.image.and_then(|image| image.read(&first.text));
            match read {
                Some(inside) if is_sh(&inside.text, name) => {
                    let lines = LineIndex::new(&inside.text);
                    let source = Source::File(first.place, &inside.path, &lines, &inside.text);
                    let pieces = [Piece {
                        start: 0,
                        text: &inside.text,
                    }];
                    let script = shell::parse(&pieces, interpreter(&inside.text), &[]);
                    self.depth += 1;
                    self.file(&script, source, &inside.path, &words);
                    self.depth -= 1;
                    return;
                }
                // Official images' own entry points run what they are given.
                None if name == "docker-entrypoint.sh" && !words.is_empty() && self.is_known() => {
                    self.depth += 1;
                    self.line(words, assigned, None, within, last);
                    self.depth -= 1;
                    return;
                }
                Some(_) => {}
                // Without an ending it is more likely a program than a script.
                None => self.opaque |= name.contains('.') || name.contains("entrypoint"),
            }
        }
        if self.depth == 0 {
            self.first.get_or_insert(First::Program);
        }
        if self.depth < MAX_DEPTH
            && let Some(image) = self.image
            && let Some(script) = packages::script(image, name, &words)
        {
            let lines = LineIndex::new(&script.file.text);
            let source = Source::Fixed(first.place, &script.file.path, script.line(&lines));
            let pieces = [Piece {
                start: 0,
                text: &script.command,
            }];
            let parsed = shell::parse(&pieces, "/bin/sh", &["-c"]);
            self.depth += 1;
            self.script(&parsed, source, within);
            self.depth -= 1;
            return;
        }
        self.push(Call {
            program: name.into(),
            args: words,
            place: first.place,
            assigned,
            last,
            conditional: false,
            background: false,
            within,
        });
    }

    fn is_known(&self) -> bool {
        self.image.is_some_and(|image| image.known().is_some())
    }

    fn push(&mut self, call: Call) {
        if self.calls.len() < MAX_CALLS {
            self.calls.push(call);
        }
    }

    /// A script file, run with these arguments.
    fn file(&mut self, script: &Script, source: Source<'_>, path: &str, args: &[Word]) {
        if !script.errors.is_empty() {
            self.opaque = true;
        }
        let lasting = lasting(script);
        for (number, command) in script.commands.iter().enumerate() {
            let exec = command.name() == Some("exec");
            let rest = passes_arguments(command);
            let is_last = exec || Some(number) == lasting;
            if let Some(before) = rest {
                // `exec gosu app "$@"`: what stands before is a wrapper of the arguments.
                let mut words: Vec<Word> = command.words[..before]
                    .iter()
                    .map(|word| of_shell(word, source.place(word.range)))
                    .collect();
                words.extend(args.iter().cloned());
                if words.iter().any(|word| &*word.text != "exec") && self.depth < MAX_DEPTH {
                    self.depth += 1;
                    self.line(
                        words,
                        Vec::new(),
                        None,
                        source.within(command.range.start),
                        is_last,
                    );
                    self.depth -= 1;
                }
                continue;
            }
            let from = self.calls.len();
            self.command(command, source, is_last);
            self.mark_background(script, number, from);
        }
        // Only the outermost script is process 1.
        if self.depth == 1 {
            let first = self.first_of(script, source, Some(path), args.is_empty());
            self.first.get_or_insert(first);
        }
    }

    /// A script that stands in a command line.
    pub(super) fn script(
        &mut self,
        script: &Script,
        source: Source<'_>,
        _within: Option<(Box<str>, u32)>,
    ) {
        if !script.errors.is_empty() || script.commands.is_empty() {
            self.opaque = true;
        }
        if self.depth == 0 {
            let first = self.first_of(script, source, None, true);
            self.first.get_or_insert(first);
        }
        let lasting = lasting(script);
        self.depth += 1;
        for (number, command) in script.commands.iter().enumerate() {
            let exec = command.name() == Some("exec");
            let from = self.calls.len();
            self.command(command, source, exec || Some(number) == lasting);
            self.mark_background(script, number, from);
        }
        self.depth -= 1;
    }

    /// Marks the calls from `from` on where `&` follows their command.
    fn mark_background(&mut self, script: &Script, number: usize, from: usize) {
        let next = script.commands.get(number + 1);
        if next.is_some_and(|next| next.joint == Joint::Background) {
            for call in &mut self.calls[from..] {
                call.background = true;
            }
        }
    }

    fn command(&mut self, command: &ShellCommand, source: Source<'_>, last: bool) {
        if command.words.is_empty() || command.substitutions > 0 || self.depth > MAX_DEPTH {
            return;
        }
        let words: Vec<Word> = command
            .words
            .iter()
            .map(|word| of_shell(word, source.place(word.range)))
            .collect();
        let assigned = command
            .assignments
            .iter()
            .map(|(name, word)| ((**name).into(), of_shell(word, source.place(word.range))))
            .collect();
        let from = self.calls.len();
        self.line(
            words,
            assigned,
            None,
            source.within(command.range.start),
            last,
        );
        let conditional = command.conditional || command.joint == Joint::Or;
        for call in &mut self.calls[from..] {
            call.conditional |= conditional;
        }
    }

    /// What process 1 is when a shell reads this script.
    fn first_of(
        &self,
        script: &Script,
        source: Source<'_>,
        path: Option<&str>,
        alone: bool,
    ) -> First {
        if !script.errors.is_empty() {
            return First::Unknown;
        }
        let handles = |command: &ShellCommand| {
            matches!(
                command.name(),
                Some("trap" | "wait" | "s6-svscan" | "supervisord" | "runsvdir")
            )
        };
        if script.commands.iter().any(handles) {
            return First::Unknown;
        }
        // Any `exec` may be the one that counts.
        let replaces = |command: &ShellCommand| command.name() == Some("exec");
        if script.commands.iter().any(replaces) {
            return First::Program;
        }
        let Some(last) = lasting(script).map(|at| &script.commands[at]) else {
            return First::Unknown;
        };
        // Arguments that are passed on to something not seen here.
        if !alone && passes_arguments(last).is_some() && last.words.len() == 1 {
            return self.shell_in_front(script, source, path, last);
        }
        if last.name().is_none() {
            return First::Unknown;
        }
        self.shell_in_front(script, source, path, last)
    }

    fn shell_in_front(
        &self,
        script: &Script,
        source: Source<'_>,
        path: Option<&str>,
        last: &ShellCommand,
    ) -> First {
        let words: Vec<&str> = last.words.iter().map(|word| word.text()).collect();
        let top = |command: &&ShellCommand| command.depth == 0;
        First::Shell {
            interpreter: (*script.interpreter).into(),
            script: path.map(Into::into),
            command: words.join(" ").into(),
            line: source.within(last.range.start).map(|(_, line)| line),
            commands: script.commands.iter().filter(top).count(),
        }
    }
}

/// The command that a script ends with, if it is one that stands by itself at the top.
fn lasting(script: &Script) -> Option<usize> {
    let (at, last) = script
        .commands
        .iter()
        .enumerate()
        .rev()
        .find(|(_, command)| command.substitutions == 0)?;
    let alone = last.depth == 0
        && !last.conditional
        && !last.test
        && !matches!(last.joint, Joint::Or | Joint::Background | Joint::Pipe)
        && !last.writes_pipe;
    alone.then_some(at)
}

/// How many words stand before `"$@"`, if the command ends with it.
fn passes_arguments(command: &ShellCommand) -> Option<usize> {
    let last = command.words.last()?;
    let passes = matches!(last.text(), "\"$@\"" | "$@" | "\"${@}\"" | "$*" | "\"$*\"");
    passes.then_some(command.words.len() - 1)
}

/// The number of the word that holds the script of `sh -c`.
fn script_word(words: &[Word]) -> Option<usize> {
    let shell = words
        .iter()
        .position(|word| is_shell(base_name(&word.text)))?;
    let mut at = shell + 1;
    loop {
        let text = &*words.get(at)?.text;
        let option = text.strip_prefix('-').filter(|rest| !rest.is_empty())?;
        at += 1;
        if !option.starts_with('-') && option.contains('c') {
            return Some(at);
        }
        if option == "o" {
            at += 1;
        }
    }
}

/// How many words stand between the shell and the word before its script.
fn options_before(words: &[Word], script: usize) -> usize {
    let shell = words
        .iter()
        .position(|word| is_shell(base_name(&word.text)))
        .unwrap_or(0);
    script - 1 - shell
}

fn base_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Whether a program may be a file of the build context that a shell reads.
fn looks_like_script(path: &str) -> bool {
    let name = base_name(path);
    name.ends_with(".sh") || name.ends_with(".bash") || (path.contains('/') && !name.contains('.'))
}

fn is_sh(text: &str, name: &str) -> bool {
    match text.strip_prefix("#!") {
        Some(line) => shell::is_sh_family(line.lines().next().unwrap_or("").trim()),
        None => name.ends_with(".sh"),
    }
}

fn interpreter(text: &str) -> &str {
    let line = text.strip_prefix("#!").and_then(|rest| rest.lines().next());
    line.map_or("/bin/sh", str::trim)
}
