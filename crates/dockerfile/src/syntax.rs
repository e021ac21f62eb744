//! Lexing and parsing: directives, instructions, flags, words, heredocs.
//!
//! A file lies in memory as long as its project, with thousands of others: lists are boxed slices
//! without room to grow, texts of up to 15 bytes (which is most words) lie in the word itself, and
//! of what an instruction means the large forms are boxed.

use std::sync::Arc;

use ecow::EcoString;
use plimsoll_source::TextRange;

mod arguments;
pub(crate) mod checks;
mod file;
mod flags;
pub(crate) mod heredocs;
mod json;
pub(crate) mod lines;
pub(crate) mod mounts;
mod problems;

/// A parsed Dockerfile.
#[derive(Debug)]
pub struct Dockerfile {
    /// The source text.
    pub text: Arc<str>,
    /// The escape character: `\` or a backtick.
    pub escape: char,
    /// `# key=value` parser directives at the top, in order.
    pub directives: Vec<Pair>,
    /// Instructions in order, erroneous ones included.
    pub instructions: Vec<Instruction>,
    /// Comments (from `#` to the end of the line), those inside continuations included.
    pub comments: Vec<TextRange>,
    /// Everything BuildKit would refuse, in text order.
    pub errors: Vec<SyntaxError>,
}

impl Dockerfile {
    /// The text of a range as the builder sees it: continuations joined, the comments and empty
    /// lines among them gone. The range must lie in one instruction.
    pub fn joined(&self, range: TextRange) -> std::borrow::Cow<'_, str> {
        lines::rejoin(&self.text, range, self.escape).text
    }
}

/// Why the builder would refuse the file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SyntaxError {
    /// Where.
    pub range: TextRange,
    /// What was found and expected: one lower-case phrase.
    pub message: String,
    /// What to do, imperative ("write `RUN`").
    pub help: Option<String>,
    /// The text that would mend `range`, when it is certain (a misspelt keyword or flag).
    pub replacement: Option<String>,
}

/// The instructions of the language.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[expect(missing_docs, reason = "the instructions' own names")]
pub enum Keyword {
    Add,
    Arg,
    Cmd,
    Copy,
    Entrypoint,
    Env,
    Expose,
    From,
    Healthcheck,
    Label,
    Maintainer,
    Onbuild,
    Run,
    Shell,
    StopSignal,
    User,
    Volume,
    Workdir,
    /// A word that is no instruction.
    Unknown,
}

impl Keyword {
    /// Every instruction.
    pub const ALL: [Self; 18] = [
        Self::Add,
        Self::Arg,
        Self::Cmd,
        Self::Copy,
        Self::Entrypoint,
        Self::Env,
        Self::Expose,
        Self::From,
        Self::Healthcheck,
        Self::Label,
        Self::Maintainer,
        Self::Onbuild,
        Self::Run,
        Self::Shell,
        Self::StopSignal,
        Self::User,
        Self::Volume,
        Self::Workdir,
    ];

    /// Its name in capitals.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Add => "ADD",
            Self::Arg => "ARG",
            Self::Cmd => "CMD",
            Self::Copy => "COPY",
            Self::Entrypoint => "ENTRYPOINT",
            Self::Env => "ENV",
            Self::Expose => "EXPOSE",
            Self::From => "FROM",
            Self::Healthcheck => "HEALTHCHECK",
            Self::Label => "LABEL",
            Self::Maintainer => "MAINTAINER",
            Self::Onbuild => "ONBUILD",
            Self::Run => "RUN",
            Self::Shell => "SHELL",
            Self::StopSignal => "STOPSIGNAL",
            Self::User => "USER",
            Self::Volume => "VOLUME",
            Self::Workdir => "WORKDIR",
            Self::Unknown => "",
        }
    }

    /// The names of all instructions.
    pub fn names() -> impl Iterator<Item = &'static str> {
        Self::ALL.into_iter().map(Self::name)
    }

    /// The instruction that a word names, in any case.
    pub fn from_word(word: &str) -> Self {
        let mut all = Self::ALL.into_iter();
        let found = if word.is_ascii() {
            all.find(|keyword| keyword.name().eq_ignore_ascii_case(word))
        } else {
            all.find(|keyword| word.chars().map(fold).eq(keyword.name().chars().map(fold)))
        };
        found.unwrap_or(Self::Unknown)
    }
}

/// A letter in lower case as Go has it, which knows two letters outside ASCII that become ASCII.
pub(crate) fn fold(c: char) -> char {
    match c {
        '\u{130}' => 'i',
        '\u{212a}' => 'k',
        c => c.to_ascii_lowercase(),
    }
}

impl SyntaxError {
    /// An error without a certain mend.
    pub(crate) fn new(
        range: TextRange,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        Self {
            range,
            message: message.into(),
            help: Some(help.into()),
            replacement: None,
        }
    }

    /// A `#` behind the arguments of an instruction, which begins no comment there.
    pub(crate) fn comment_behind(range: TextRange, name: &str) -> Self {
        Self::new(
            range,
            format!("a comment cannot stand behind `{name}`: it is taken as arguments"),
            "put the comment on a line of its own, above the instruction",
        )
    }
}

/// One instruction with everything that belongs to it.
#[derive(Clone, Debug)]
pub struct Instruction {
    /// From the keyword to the last byte (heredoc terminators included), without the line break.
    pub range: TextRange,
    /// Which instruction.
    pub keyword: Keyword,
    /// The keyword as written.
    pub keyword_range: TextRange,
    /// `--name=value` flags in order.
    pub flags: Box<[Flag]>,
    /// Everything after keyword and flags, to the end of the last continued line; heredoc bodies
    /// not included. Raw source: continuations and comments inside are still there.
    pub args: TextRange,
    /// What the arguments mean.
    pub body: Body,
    /// Heredocs in order of appearance.
    pub heredocs: Box<[Heredoc]>,
}

impl Instruction {
    /// The first flag with this name (without dashes).
    pub fn flag(&self, name: &str) -> Option<&Flag> {
        self.flags.iter().find(|flag| &*flag.name.value == name)
    }
    /// All flags with this name.
    pub fn flags_named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Flag> {
        self.flags
            .iter()
            .filter(move |flag| &*flag.name.value == name)
    }
}

/// A word: its range in the source and its text with continuations joined. Quotes, escapes and
/// variables are still in it; see [`crate::words`] for unquoting and expansion. In JSON form
/// `value` is the decoded string and `range` has the quotes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Word {
    /// Where.
    pub range: TextRange,
    /// Its text.
    pub value: EcoString,
}

/// A flag of an instruction.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Flag {
    /// The whole `--name=value`.
    pub range: TextRange,
    /// The name without dashes.
    pub name: Word,
    /// The value after `=`, if there is one.
    pub value: Option<Word>,
}

/// A key and its value (ENV, LABEL, directives). Key and value words are raw (quotes kept).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Pair {
    /// From the key to the end of the value.
    pub range: TextRange,
    /// The key.
    pub key: Word,
    /// The value; empty word for `KEY=`.
    pub value: Word,
    /// The old `ENV key value` form without `=`.
    pub legacy: bool,
}

/// One `NAME` or `NAME=default` of an ARG.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ArgDecl {
    /// The whole declaration.
    pub range: TextRange,
    /// The name.
    pub name: Word,
    /// The default.
    pub default: Option<Word>,
}

/// A command line: RUN, CMD, ENTRYPOINT, HEALTHCHECK CMD.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Command {
    /// JSON array form.
    Exec(Box<[Word]>),
    /// Shell form: the raw source range of the command text (heredoc bodies apart).
    Shell(TextRange),
    /// `RUN <<EOF` with nothing else: the heredoc body (index into the instruction's heredocs)
    /// is the script.
    Heredoc(usize),
}

/// What an instruction's arguments mean.
#[derive(Clone, Debug)]
pub enum Body {
    /// FROM.
    From(Box<From>),
    /// RUN.
    Run(Command),
    /// CMD.
    Cmd(Command),
    /// ENTRYPOINT.
    Entrypoint(Command),
    /// COPY.
    Copy(Box<Transfer>),
    /// ADD.
    Add(Box<Transfer>),
    /// ENV.
    Env(Box<[Pair]>),
    /// LABEL.
    Label(Box<[Pair]>),
    /// ARG.
    Arg(Box<[ArgDecl]>),
    /// EXPOSE: `80`, `80/tcp`, `8000-8010`, variables.
    Expose(Box<[Word]>),
    /// USER.
    User(Word),
    /// WORKDIR.
    Workdir(Word),
    /// VOLUME, either form.
    Volume(Box<[Word]>),
    /// STOPSIGNAL.
    StopSignal(Word),
    /// HEALTHCHECK.
    Healthcheck(Healthcheck),
    /// SHELL.
    Shell(Box<[Word]>),
    /// MAINTAINER.
    Maintainer(Word),
    /// ONBUILD and the instruction it holds.
    Onbuild(Box<Instruction>),
    /// Could not be read; see the errors.
    Invalid,
}

/// FROM.
#[derive(Clone, Debug)]
pub struct From {
    /// The image, stage or `scratch`, unexpanded.
    pub image: Word,
    /// The name after AS.
    pub name: Option<Word>,
}

/// COPY and ADD.
#[derive(Clone, Debug)]
pub struct Transfer {
    /// Sources, heredoc redirections (`<<EOF`) apart.
    pub sources: Box<[Word]>,
    /// Destination.
    pub dest: Word,
    /// Written as a JSON array.
    pub json: bool,
}

/// HEALTHCHECK.
#[derive(Clone, Debug)]
pub enum Healthcheck {
    /// `NONE`.
    None,
    /// `CMD …`.
    Cmd(Command),
}

/// A heredoc.
#[derive(Clone, Debug)]
pub struct Heredoc {
    /// The `<<EOF` redirection (with file descriptor and dash).
    pub range: TextRange,
    /// The delimiter.
    pub name: EcoString,
    /// Whether the builder and the shell expand variables in the body (delimiter not quoted).
    pub expand: bool,
    /// `<<-`: leading tabs are stripped.
    pub strip_tabs: bool,
    /// The body without the terminator line.
    pub body: TextRange,
    /// The terminator line; `None` when it is missing (an error).
    pub terminator: Option<TextRange>,
}

/// `RUN --mount=…`, read.
#[derive(Clone, Debug, Default)]
pub struct Mount {
    /// `bind`, `cache`, `tmpfs`, `secret` or `ssh`.
    pub kind: EcoString,
    /// `target`, `dst` or `destination`.
    pub target: Option<Word>,
    /// `source` or `src`.
    pub source: Option<Word>,
    /// `from`.
    pub from: Option<Word>,
    /// All `key=value` options as written.
    pub options: Vec<(Word, Option<Word>)>,
}

/// Parses a Dockerfile. Total: any text gives a result.
pub fn parse(text: impl Into<Arc<str>>) -> Dockerfile {
    let text = text.into();
    let parsed = file::parse(&text);
    Dockerfile { text, ..parsed }
}

#[cfg(test)]
mod tests;

/// Parses the text of an ONBUILD, which is one instruction and no file.
pub(crate) fn parse_trigger(text: &str) -> Dockerfile {
    let parsed = file::parse_part(text);
    Dockerfile {
        text: text.into(),
        ..parsed
    }
}
