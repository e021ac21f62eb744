//! Scripts: what the shell of an instruction is given, in pieces that know where they stood.

use plimsoll_source::TextRange;

use crate::shell::{self, Piece, Script, Shell};
use crate::syntax::lines::{Lines, rejoin};
use crate::syntax::{Body, Command, Dockerfile, Healthcheck, Heredoc, Instruction, Word};

/// The shell of Linux images, with its option.
const LINUX_SHELL: [&str; 2] = ["/bin/sh", "-c"];
/// The shell of Windows images. Only files written for them take the backtick to escape with.
const WINDOWS_SHELL: [&str; 3] = ["cmd", "/S", "/C"];

/// What reads the scripts after instruction `set`, a SHELL, or before any.
pub(super) fn shell(file: &Dockerfile, set: Option<usize>) -> Shell {
    let words: Vec<&str> = match set.map(|at| &file.instructions[at].body) {
        Some(Body::Shell(words)) => words.iter().map(|word| &*word.value).collect(),
        _ if file.escape == '`' => WINDOWS_SHELL.to_vec(),
        _ => LINUX_SHELL.to_vec(),
    };
    Shell {
        interpreter: words.first().copied().unwrap_or(LINUX_SHELL[0]).into(),
        args: words.iter().skip(1).map(|&word| word.into()).collect(),
    }
}

/// The script of an instruction, if it has one.
pub(super) fn script(
    file: &Dockerfile,
    instruction: &Instruction,
    shell: &Shell,
) -> Option<Script> {
    let command = match &instruction.body {
        Body::Run(command)
        | Body::Cmd(command)
        | Body::Entrypoint(command)
        | Body::Healthcheck(Healthcheck::Cmd(command)) => command,
        Body::Onbuild(inner) => return script(file, inner, shell),
        _ => return None,
    };
    match command {
        Command::Shell(range) => {
            let line = rejoin(&file.text, *range, file.escape);
            let mut pieces: Vec<Piece<'_>> = line
                .pieces(0, line.text.len())
                .map(|(start, text)| Piece { start, text })
                .collect();
            for heredoc in &instruction.heredocs {
                feed(file, heredoc, &mut pieces);
            }
            Some(shell::parse_for(shell, &pieces))
        }
        Command::Heredoc(index) => {
            let heredoc = instruction.heredocs.get(*index)?;
            let pieces = body(file, heredoc);
            match pieces.first().and_then(|first| shebang(first.text)) {
                Some((program, args)) => Some(shell::parse(&pieces, program, &args)),
                None => Some(shell::parse_for(shell, &pieces)),
            }
        }
        Command::Exec(words) => exec(file, words),
    }
}

/// A heredoc that feeds a command is part of what the shell reads: a line break, the body as it
/// stands, the delimiter.
fn feed<'a>(file: &'a Dockerfile, heredoc: &Heredoc, pieces: &mut Vec<Piece<'a>>) {
    let start = heredoc.body.start;
    let line_break = start.saturating_sub(1);
    pieces.push(Piece {
        start: line_break,
        text: "\n",
    });
    let end = heredoc
        .terminator
        .map_or(heredoc.body.end, |range| range.end);
    pieces.push(Piece {
        start,
        text: TextRange::new(start, end).of(&file.text),
    });
}

/// The body of a heredoc, without the tabs that `<<-` takes off.
fn body<'a>(file: &'a Dockerfile, heredoc: &Heredoc) -> Vec<Piece<'a>> {
    let range = heredoc.body;
    if !heredoc.strip_tabs {
        return vec![Piece {
            start: range.start,
            text: range.of(&file.text),
        }];
    }
    Lines::from(&file.text[..range.end as usize], range.start as usize)
        .map(|line| {
            let text = line.full().of(&file.text);
            let bare = text.trim_start_matches('\t');
            Piece {
                start: line.start + (text.len() - bare.len()) as u32,
                text: bare,
            }
        })
        .collect()
}

/// A first line `#!…` makes the body an executable file of that interpreter.
fn shebang(text: &str) -> Option<(&str, Vec<&str>)> {
    let line = text.strip_prefix("#!")?.lines().next().unwrap_or("");
    let mut words = line.split_whitespace();
    let program = words.next().unwrap_or("");
    let program = if program == "env" || program.ends_with("/env") {
        words
            .find(|word| !word.starts_with('-') && !word.contains('='))
            .unwrap_or("")
    } else {
        program
    };
    Some((program, words.collect()))
}

/// `["sh", "-c", "script"]`.
fn exec(file: &Dockerfile, words: &[Word]) -> Option<Script> {
    let program = words.first()?;
    let name = program.value.rsplit('/').next().unwrap_or("");
    if !matches!(name, "sh" | "bash" | "ash" | "dash" | "zsh" | "ksh") {
        return None;
    }
    // Options up to the one with `c`; `-o` and `-O` take a word of their own.
    let mut at = 1;
    loop {
        let word = &*words.get(at)?.value;
        let option = word
            .strip_prefix(['-', '+'])
            .filter(|rest| !rest.is_empty())?;
        let long = option.starts_with('-');
        if !long && word.starts_with('-') && option.contains('c') {
            break;
        }
        let takes_word = !long && (option.ends_with('o') || option.ends_with('O'));
        at += if takes_word { 2 } else { 1 };
    }
    let args: Vec<&str> = words[1..=at].iter().map(|word| &*word.value).collect();
    let script = words.get(at + 1)?;
    let pieces = string_pieces(file, script);
    Some(shell::parse(&pieces, &program.value, &args))
}

/// The pieces of a JSON string: runs of plain letters, and each escape by itself.
fn string_pieces<'a>(file: &Dockerfile, word: &'a Word) -> Vec<Piece<'a>> {
    let value = &*word.value;
    let line = rejoin(&file.text, word.range, file.escape);
    let raw = line.text.as_bytes();
    let mut pieces: Vec<Piece<'a>> = Vec::new();
    // Offsets into the raw string (after its quote) and into the value.
    let (mut at, mut seen) = (1, 0);
    let mut push = |source: u32, text: &'a str| {
        if let Some(last) = pieces.last_mut()
            && last.start + last.text.len() as u32 == source
        {
            let from = last.text.as_ptr() as usize - value.as_ptr() as usize;
            let to = from + last.text.len() + text.len();
            last.text = &value[from..to];
        } else {
            pieces.push(Piece {
                start: source,
                text,
            });
        }
    };
    while let Some(c) = value[seen..].chars().next() {
        let width = c.len_utf8();
        let source = line.source(at);
        let step = match (raw.get(at), raw.get(at + 1)) {
            (Some(b'\\'), Some(b'u')) if c as u32 > 0xffff => 12,
            (Some(b'\\'), Some(b'u')) => 6,
            (Some(b'\\'), _) => 2,
            _ => width,
        };
        if at + step >= raw.len() {
            // The string does not match its value; everything stands at its start then.
            return vec![Piece {
                start: word.range.start,
                text: value,
            }];
        }
        push(source, &value[seen..seen + width]);
        at += step;
        seen += width;
    }
    pieces
}
