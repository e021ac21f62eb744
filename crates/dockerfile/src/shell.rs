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

use std::sync::Arc;

use ecow::EcoString;
use plimsoll_source::TextRange;

use map::Joined;
use parser::Parser;

/// A parsed script, flattened to its simple commands in source order.
#[derive(Clone, Debug, Default)]
pub struct Script {
    /// The simple commands, those in subshells, substitutions, loops and functions included.
    pub commands: Box<[ShellCommand]>,
    /// Words that belong to no simple command: the list of a `for`, the subject of a `case`.
    pub words: Box<[ShellWord]>,
    /// Which shell reads it, such as `/bin/sh`, `/bin/bash`, `pwsh`; scripts for shells other
    /// than the sh family are not parsed and have no commands.
    pub interpreter: EcoString,
    /// Options given to the shell before the script (`-o pipefail -c`).
    pub shell_args: Arc<[EcoString]>,
    /// Errors; a script with one may have lost commands after it.
    pub errors: Box<[(TextRange, String)]>,
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
    pub assignments: Box<[(EcoString, ShellWord)]>,
    /// The command and its arguments; empty for a bare assignment.
    pub words: Box<[ShellWord]>,
    /// Redirections.
    pub redirects: Box<[Redirect]>,
    /// How it follows the command before it.
    pub joint: Joint,
    /// Commands of one pipeline share this number.
    pub pipeline: u32,
    /// Depth of subshells, substitutions, groups, loops and conditionals around it; 0 at the top.
    pub depth: u8,
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
    pub substitutions: u8,
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
    /// What is written, and behind it the value if that is known and something else.
    held: EcoString,
    literal: Literal,
}

/// A word's value. Most words are their own value, and there are many words, so that both lie in
/// one text.
#[derive(Clone, Copy, Debug)]
enum Literal {
    /// It depends on a variable, a substitution or arithmetic.
    Unknown,
    /// What is written.
    AsWritten,
    /// What is left without the quotes: from this byte of the held text on.
    From(u32),
}

impl ShellWord {
    /// A word as it is written, with its value if that is known.
    fn new(range: TextRange, written: &str, value: Option<&str>) -> Self {
        let (held, literal) = match value {
            None => (written.into(), Literal::Unknown),
            Some(value) if value == written => (written.into(), Literal::AsWritten),
            Some(value) => {
                let mut held = EcoString::with_capacity(written.len() + value.len());
                held.push_str(written);
                held.push_str(value);
                (held, Literal::From(written.len() as u32))
            }
        };
        Self {
            range,
            held,
            literal,
        }
    }

    /// As written, continuations joined.
    pub fn text(&self) -> &str {
        match self.literal {
            Literal::Unknown | Literal::AsWritten => &self.held,
            Literal::From(end) => &self.held[..end as usize],
        }
    }

    /// Its value with quotes removed, when it holds no variable, substitution or arithmetic.
    /// Globs, braces and tildes are kept as they are.
    pub fn literal(&self) -> Option<&str> {
        match self.literal {
            Literal::Unknown => None,
            Literal::AsWritten => Some(&self.held),
            Literal::From(start) => Some(&self.held[start as usize..]),
        }
    }
}

/// A redirection.
#[derive(Clone, Debug)]
pub struct Redirect {
    /// Where.
    pub range: TextRange,
    /// `<`, `>`, `>>`, `<<`, `<<<`, `>&` and so on.
    pub operator: &'static str,
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
pub fn parse(pieces: &[Piece<'_>], interpreter: &str, shell_args: &[&str]) -> Script {
    let shell = Shell {
        interpreter: interpreter.into(),
        args: shell_args.iter().map(|&arg| arg.into()).collect(),
    };
    parse_for(&shell, pieces)
}

/// What reads a script. The scripts of a stage share it.
#[derive(Clone, Debug)]
pub(crate) struct Shell {
    pub(crate) interpreter: EcoString,
    pub(crate) args: Arc<[EcoString]>,
}

/// [`parse`] for a shell that reads other scripts too.
pub(crate) fn parse_for(shell: &Shell, pieces: &[Piece<'_>]) -> Script {
    let mut script = Script {
        interpreter: shell.interpreter.clone(),
        shell_args: Arc::clone(&shell.args),
        ..Script::default()
    };
    if is_sh_family(&shell.interpreter) {
        let joined = Joined::new(pieces);
        let mut output = parser::Output::new(joined.text.len());
        Parser::new(&joined, &mut output).script();
        output.finish(&mut script);
    }
    script
}

#[cfg(test)]
mod tests;
