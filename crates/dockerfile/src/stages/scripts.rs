//! Scripts: what the shell of an instruction is given, in pieces that know where they stood.

use plimsoll_source::TextRange;

use crate::shell::{self, Piece, Script};
use crate::syntax::lines::{Lines, continued, is_comment, trim_left};
use crate::syntax::{Body, Command, Dockerfile, Healthcheck, Instruction, Word};

/// The shell of Linux images.
const DEFAULT_SHELL: &str = "/bin/sh";

/// The script of an instruction, if it has one.
pub(super) fn script(
    file: &Dockerfile,
    instruction: &Instruction,
    shell: Option<&[Word]>,
) -> Option<Script> {
    let command = match &instruction.body {
        Body::Run(command)
        | Body::Cmd(command)
        | Body::Entrypoint(command)
        | Body::Healthcheck(Healthcheck::Cmd(command)) => command,
        Body::Onbuild(inner) => return script(file, inner, shell),
        _ => return None,
    };
    let words: Vec<&str> = shell.map_or_else(
        || vec![DEFAULT_SHELL, "-c"],
        |words| words.iter().map(|word| &*word.value).collect(),
    );
    let interpreter = words.first().copied().unwrap_or(DEFAULT_SHELL);
    let args: Vec<Box<str>> = words.iter().skip(1).map(|&word| word.into()).collect();
    match command {
        Command::Shell(range) => {
            let mut pieces = pieces(file, *range);
            // A heredoc that feeds the command is part of what the shell reads.
            for heredoc in &instruction.heredocs {
                pieces.push(Piece {
                    start: heredoc.range.end,
                    text: "\n",
                });
                let end = heredoc
                    .terminator
                    .map_or(heredoc.body.end, |range| range.end);
                let whole = TextRange::new(heredoc.body.start, end);
                pieces.push(Piece {
                    start: whole.start,
                    text: whole.of(&file.text),
                });
            }
            Some(shell::parse(&pieces, interpreter, &args))
        }
        Command::Heredoc(index) => {
            let heredoc = instruction.heredocs.get(*index)?;
            let body = heredoc.body.of(&file.text);
            // A first line `#!…` makes the body an executable file of that interpreter.
            if let Some(line) = body.strip_prefix("#!") {
                let line = line.lines().next().unwrap_or("");
                let mut words = line.split_whitespace();
                let program = words.next().unwrap_or("");
                let program = if program.ends_with("/env") {
                    words.find(|word| !word.starts_with('-')).unwrap_or("")
                } else {
                    program
                };
                let args: Vec<Box<str>> = words.map(Into::into).collect();
                let piece = Piece {
                    start: heredoc.body.start,
                    text: body,
                };
                return Some(shell::parse(&[piece], program, &args));
            }
            let pieces: Vec<Piece<'_>> = if heredoc.strip_tabs {
                Lines::new(
                    &file.text[..heredoc.body.end as usize],
                    heredoc.body.start as usize,
                )
                .map(|line| {
                    let end = line.start as usize + line.full_len;
                    let text = &file.text[line.start as usize..end];
                    let bare = text.trim_start_matches('\t');
                    Piece {
                        start: line.start + (text.len() - bare.len()) as u32,
                        text: bare,
                    }
                })
                .collect()
            } else {
                vec![Piece {
                    start: heredoc.body.start,
                    text: body,
                }]
            };
            Some(shell::parse(&pieces, interpreter, &args))
        }
        Command::Exec(words) => exec(file, words),
    }
}

/// `["sh", "-c", "script"]`.
fn exec(file: &Dockerfile, words: &[Word]) -> Option<Script> {
    let program = words.first()?;
    let name = program.value.rsplit('/').next().unwrap_or("");
    if !matches!(name, "sh" | "bash" | "ash" | "dash" | "zsh" | "ksh") {
        return None;
    }
    let at = words.iter().position(|word| {
        word.value.starts_with('-') && !word.value.starts_with("--") && word.value.ends_with('c')
    })?;
    let script = words.get(at + 1)?;
    let args: Vec<Box<str>> = words[1..=at]
        .iter()
        .map(|word| word.value.clone())
        .collect();
    // With escapes in the JSON string the offsets shift: then every word stands at the string.
    let inner = TextRange::new(script.range.start + 1, script.range.end.saturating_sub(1));
    let exact = inner.of(&file.text) == &*script.value;
    let piece = Piece {
        start: inner.start,
        text: &script.value,
    };
    let mut parsed = shell::parse(&[piece], &program.value, &args);
    if !exact {
        move_to(&mut parsed, script.range);
    }
    Some(parsed)
}

/// The text of a range without continuations and the comment and empty lines among them.
fn pieces(file: &Dockerfile, range: TextRange) -> Vec<Piece<'_>> {
    let text = &file.text[..range.end as usize];
    let mut pieces = Vec::new();
    for (number, line) in Lines::new(text, range.start as usize).enumerate() {
        if number > 0 && (is_comment(line.text) || trim_left(line.text).is_empty()) {
            continue;
        }
        let last = line.start as usize + line.full_len >= text.len();
        let bare = if last {
            None
        } else {
            continued(line.text, file.escape)
        };
        pieces.push(Piece {
            start: line.start,
            text: bare.unwrap_or(line.text),
        });
    }
    pieces
}

/// Puts everything of a script at one place.
fn move_to(script: &mut Script, range: TextRange) {
    for command in &mut script.commands {
        command.range = range;
        let assigned = command
            .assignments
            .iter_mut()
            .map(|(_, word)| &mut word.range);
        let words = command.words.iter_mut().map(|word| &mut word.range);
        let redirects = command
            .redirects
            .iter_mut()
            .flat_map(|redirect| [&mut redirect.range, &mut redirect.target.range]);
        assigned
            .chain(words)
            .chain(redirects)
            .for_each(|place| *place = range);
    }
    script
        .errors
        .iter_mut()
        .for_each(|(place, _)| *place = range);
}
