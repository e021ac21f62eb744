//! Shell bodies: POSIX sh and bash as far as rules need them, each word with its place in the
//! Dockerfile (through line continuations, dropped comments, heredocs and JSON escapes).
//!
//! Invariants: parsing is total and takes time linear in the script (times the bound on depth);
//! the commands come in the order in which they begin; at the first syntax error it stops, since
//! what a guess would add after it is worth less than silence.

mod compound;
mod expansion;
mod heredoc;
mod map;
mod parser;
mod simple;
mod word;

use plimsoll_source::TextRange;

use map::Joined;
use parser::Parser;

/// A parsed script, flattened to its simple commands in source order.
#[derive(Clone, Debug, Default)]
pub struct Script {
    /// The simple commands, those in subshells, substitutions, loops and functions included.
    pub commands: Vec<ShellCommand>,
    /// Words that belong to no simple command: the list of a `for`, the subject of a `case`.
    pub words: Vec<ShellWord>,
    /// Which shell reads it, such as `/bin/sh`, `/bin/bash`, `pwsh`; scripts for shells other
    /// than the sh family are not parsed and have no commands.
    pub interpreter: Box<str>,
    /// Options given to the shell before the script (`-o pipefail -c`).
    pub shell_args: Vec<Box<str>>,
    /// Errors; a script with one may have lost commands after it.
    pub errors: Vec<(TextRange, String)>,
}

/// How a command is joined to the one before it in its list.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Joint {
    /// The first of its list.
    Start,
    /// `;` or a line break.
    Then,
    /// `&&`.
    And,
    /// `||`.
    Or,
    /// `|` or `|&`.
    Pipe,
    /// `&`.
    Background,
}

/// One simple command.
#[derive(Clone, Debug)]
pub struct ShellCommand {
    /// From its first word or assignment to its last word or redirection.
    pub range: TextRange,
    /// `NAME=value` before the command.
    pub assignments: Vec<(Box<str>, ShellWord)>,
    /// The command and its arguments; empty for a bare assignment.
    pub words: Vec<ShellWord>,
    /// Redirections.
    pub redirects: Vec<Redirect>,
    /// How it follows the command before it.
    pub joint: Joint,
    /// Commands of one pipeline share this number.
    pub pipeline: u32,
    /// Depth of subshells, substitutions, groups, loops and conditionals around it; 0 at the top.
    pub depth: u32,
    /// Whether it runs only under a condition (`if`, `case`, loop body, after `||`).
    pub conditional: bool,
    /// Whether it is the condition of an `if`, `while` or `until`.
    pub test: bool,
    /// Whether `!` turns its status (or that of its pipeline) around.
    pub negated: bool,
    /// Whether its standard input is a pipe: its own, or that of a group or loop around it.
    pub reads_pipe: bool,
    /// Whether its standard output is a pipe: its own, or that of a group or loop around it.
    pub writes_pipe: bool,
    /// How many command or process substitutions are around it: its output is (part of) a word
    /// of another command.
    pub substitutions: u32,
}

impl ShellCommand {
    /// The command's name without its folder (`/usr/bin/apt-get` gives `apt-get`), when literal.
    pub fn name(&self) -> Option<&str> {
        let word = self.words.first()?.literal()?;
        Some(word.rsplit('/').next().unwrap_or(word))
    }
    /// Literal arguments after the name; words with expansions are left out.
    pub fn args(&self) -> impl Iterator<Item = &str> {
        self.words.iter().skip(1).filter_map(|word| word.literal())
    }
    /// Whether a literal argument equals `arg`.
    pub fn has_arg(&self, arg: &str) -> bool {
        self.args().any(|a| a == arg)
    }
}

/// A word of a command.
#[derive(Clone, Debug)]
pub struct ShellWord {
    /// Where in the Dockerfile.
    pub range: TextRange,
    /// As written, continuations joined.
    pub text: Box<str>,
    pub(crate) literal: Literal,
}

/// A word's value where it is known; most words are their own value, and there are many words.
#[derive(Clone, Debug)]
pub(crate) enum Literal {
    /// It depends on a variable, a substitution or arithmetic.
    Unknown,
    /// What is written.
    AsWritten,
    /// What is left without the quotes.
    Unquoted(Box<str>),
}

impl ShellWord {
    /// Its value with quotes removed, when it holds no variable, substitution or arithmetic.
    /// Globs, braces and tildes are kept as they are.
    pub fn literal(&self) -> Option<&str> {
        match &self.literal {
            Literal::Unknown => None,
            Literal::AsWritten => Some(&self.text),
            Literal::Unquoted(value) => Some(value),
        }
    }
}

/// A redirection.
#[derive(Clone, Debug)]
pub struct Redirect {
    /// Where.
    pub range: TextRange,
    /// `<`, `>`, `>>`, `<<`, `<<<`, `>&` and so on.
    pub operator: Box<str>,
    /// The file descriptor before it.
    pub fd: Option<u32>,
    /// The target word.
    pub target: ShellWord,
    /// The body of a here-document without its last line (the delimiter).
    pub body: Option<TextRange>,
}

/// A piece of shell text that stands at `source` in the Dockerfile. A script is made of pieces
/// because continuation backslashes, comment lines inside continuations and heredoc tabs are
/// not part of what the shell sees.
#[derive(Clone, Debug)]
pub struct Piece<'a> {
    /// Where its first byte stands.
    pub start: u32,
    /// The text; byte `n` stands at `start + n`.
    pub text: &'a str,
}

/// Whether `interpreter` (`/bin/bash`, `/usr/bin/env sh`, `ash`) reads the language parsed here.
pub fn is_sh_family(interpreter: &str) -> bool {
    let base = |word: &'_ str| -> String {
        let name = word.rsplit(['/', '\\']).next().unwrap_or(word);
        name.strip_suffix(".exe")
            .unwrap_or(name)
            .to_ascii_lowercase()
    };
    let mut words = interpreter.split_ascii_whitespace();
    let Some(first) = words.next() else {
        return false;
    };
    let mut name = base(first);
    if name == "env" {
        let program = words.find(|word| !word.starts_with('-') && !word.contains('='));
        name = base(program.unwrap_or(""));
    }
    matches!(
        name.as_str(),
        "sh" | "bash" | "ash" | "dash" | "ksh" | "mksh" | "zsh" | "rbash" | "hush"
    )
}

/// Parses the script made of `pieces`. Total: any text gives a script.
pub fn parse(pieces: &[Piece<'_>], interpreter: &str, shell_args: &[Box<str>]) -> Script {
    let mut script = Script {
        interpreter: interpreter.into(),
        shell_args: shell_args.to_vec(),
        ..Script::default()
    };
    if is_sh_family(interpreter) {
        let joined = Joined::new(pieces);
        let mut output = parser::Output::new(joined.text.len());
        Parser::new(&joined, &mut output).script();
        output.finish(&mut script);
    }
    script
}

#[cfg(test)]
mod tests;
