//! The file: directives, comments, instructions and heredocs in order.

use std::ops::Range;
use std::sync::Arc;

use plimsoll_source::TextRange;
use plimsoll_source::nearest::nearest;

use super::arguments::{self, Arguments};
use super::lines::{
    Lines, Logical, MAX_LINE, Physical, continued, is_blank, is_comment, trim_left,
};
use super::problems::Problems;
use super::{
    Body, Command, Dockerfile, Heredoc, Instruction, Keyword, Pair, SyntaxError, Word, flags,
    heredocs,
};

/// Parses everything; the text itself is put in by the caller.
pub(crate) fn parse(text: &str) -> Dockerfile {
    let mut parser = Parser::new(text);
    parser.run();
    parser.check_after_shebang();
    parser.whole();
    parser.file.errors.sort_by_key(|error| error.range.start);
    parser.file
}

/// Parses instructions that need not make a file.
pub(crate) fn parse_part(text: &str) -> Dockerfile {
    let mut parser = Parser::new(text);
    parser.run();
    parser.file
}

struct Parser<'a> {
    text: &'a str,
    lines: Lines<'a>,
    directives_done: bool,
    /// Where the arguments of the innermost instruction stand in the logical line.
    arguments: Range<usize>,
    file: Dockerfile,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            text,
            lines: Lines::of_file(text),
            directives_done: false,
            arguments: 0..0,
            file: Dockerfile {
                text: Arc::from(""),
                escape: '\\',
                directives: Vec::new(),
                instructions: Vec::new(),
                comments: Vec::new(),
                errors: Vec::new(),
            },
        }
    }

    fn run(&mut self) {
        while let Some(line) = self.next_line() {
            let text = trim_left(line.text);
            let start = line.start + (line.text.len() - text.len()) as u32;
            if text.starts_with('#') {
                if self.directives_done || !self.directive(start, text) {
                    self.directives_done = true;
                    self.file
                        .comments
                        .push(TextRange::new(start, line.range().end));
                }
                continue;
            }
            self.directives_done = true;
            if text.is_empty() {
                continue;
            }
            let bare = continued(text, self.file.escape);
            let mut logical = Logical::new(start, bare.unwrap_or(text));
            let mut end = line.range().end;
            if bare.is_some() {
                end = self.continuation(&mut logical, end);
            }
            self.instruction(&logical, start, end);
        }
    }

    /// Joins the lines that follow a continuation. Gives where the last of them ends.
    fn continuation(&mut self, logical: &mut Logical<'a>, mut end: u32) -> u32 {
        while let Some(line) = self.next_line() {
            if is_comment(line.text) {
                let lead = line.text.len() - trim_left(line.text).len();
                let range = TextRange::new(line.start + lead as u32, line.range().end);
                self.file.comments.push(range);
                continue;
            }
            if trim_left(line.text).is_empty() {
                continue;
            }
            end = line.range().end;
            if let Some(bare) = continued(line.text, self.file.escape) {
                logical.push(line.start, bare);
            } else {
                logical.push(line.start, line.text);
                break;
            }
        }
        end
    }

    fn next_line(&mut self) -> Option<Physical<'a>> {
        let line = self.lines.next()?;
        if line.too_long {
            let first = line.text.chars().next().map_or(0, char::len_utf8) as u32;
            self.file.errors.push(SyntaxError::new(
                TextRange::new(line.start, line.start + first),
                format!(
                    "the line is longer than the {} bytes that the builder takes",
                    MAX_LINE - 1
                ),
                "break it with continuations, or move the content to a file",
            ));
        }
        Some(line)
    }

    /// `# key=value` before anything else: whether the line, which stands at `start`, is one. A
    /// line that is none ends them, also if it has another key.
    fn directive(&mut self, start: u32, text: &str) -> bool {
        let Some((key, value)) = read_directive(text) else {
            return false;
        };
        let name = text[key.clone()].to_ascii_lowercase();
        if !matches!(name.as_str(), "syntax" | "escape" | "check") {
            return false;
        }
        let place = |range: &Range<usize>| {
            TextRange::new(start + range.start as u32, start + range.end as u32)
        };
        let word = |range: &Range<usize>| Word {
            range: place(range),
            value: text[range.clone()].into(),
        };
        let pair = Pair {
            range: place(&(key.start..value.end)),
            key: word(&key),
            value: word(&value),
            legacy: false,
        };
        if self
            .file
            .directives
            .iter()
            .any(|other| other.key.value.eq_ignore_ascii_case(&name))
        {
            self.file.errors.push(SyntaxError::new(
                pair.range,
                format!("the directive `{name}` is given twice"),
                "keep one of them",
            ));
        } else if name == "escape" {
            match &text[value] {
                "\\" => self.file.escape = '\\',
                "`" => self.file.escape = '`',
                other => self.file.errors.push(SyntaxError::new(
                    pair.value.range,
                    format!("`{other}` cannot be the escape character"),
                    "write a backslash or a backtick",
                )),
            }
        } else if name == "check" && self.flush(start) {
            self.check_options(&pair.value);
        }
        self.file.directives.push(pair);
        true
    }

    /// Whether all lines up to the one that holds `at` begin without white space: only then the
    /// builder sees the directive `check`.
    fn flush(&self, at: u32) -> bool {
        Lines::of_file(self.text)
            .take_while(|line| line.start <= at)
            .all(|line| line.text.starts_with('#'))
    }

    /// After a line `#!…` the builder still looks for `check`, though not for `escape`.
    fn check_after_shebang(&mut self) {
        if !self.text.trim_start_matches('\u{feff}').starts_with("#!") {
            return;
        }
        for line in Lines::of_file(self.text).skip(1) {
            let Some((key, value)) = read_directive(line.text) else {
                return;
            };
            match line.text[key].to_ascii_lowercase().as_str() {
                "check" => {
                    let range = TextRange::new(
                        line.start + value.start as u32,
                        line.start + value.end as u32,
                    );
                    let value = line.text[value].into();
                    return self.check_options(&Word { range, value });
                }
                "syntax" | "escape" => {}
                _ => return,
            }
        }
    }

    /// `# check=skip=A,B;error=true`. The builder takes the value up to the first space.
    fn check_options(&mut self, value: &Word) {
        let text = value.value.split(' ').next().unwrap_or("").trim();
        if text.is_empty() {
            return;
        }
        for part in text.splitn(3, ';') {
            let (key, option) = part.split_once('=').unwrap_or((part, ""));
            let good = match key.trim() {
                _ if !part.contains('=') => false,
                "skip" | "experimental" => true,
                "error" => super::mounts::boolean(option.trim()).is_some(),
                _ => false,
            };
            if !good {
                self.file.errors.push(SyntaxError::new(
                    value.range,
                    format!("`{part}` is no option of the directive `check`"),
                    "write `skip=RULE,…`, `experimental=RULE,…` or `error=true`, with `;` between",
                ));
                return;
            }
        }
    }

    fn instruction(&mut self, logical: &Logical<'_>, start: u32, end: u32) {
        let mut instruction = self.one(logical, 0, false);
        let source = TextRange::new(start, end).of(self.text);
        instruction.range = TextRange::new(start, start + source.trim_end().len() as u32);
        let inner = match &instruction.body {
            Body::Onbuild(inner) => takes_heredocs(inner),
            _ => takes_heredocs(&instruction),
        };
        if inner && logical.text.contains("<<") {
            self.read_heredocs(logical, &mut instruction);
        }
        self.file.instructions.push(instruction);
    }

    /// The instruction that begins at `at` of a logical line; `held` by an ONBUILD. Its range is
    /// its first line's; the caller knows more.
    fn one(&mut self, logical: &Logical<'_>, at: usize, held: bool) -> Instruction {
        let text = &logical.text[..];
        let limit = at + text[at..].trim_end().len();
        let begin = limit - trim_left(&text[at..limit]).len();
        let bytes = text.as_bytes();
        let word_end = bytes[begin..limit]
            .iter()
            .position(|&byte| is_blank(byte))
            .map_or(limit, |len| begin + len);
        let word = &text[begin..word_end];
        let keyword = Keyword::from_word(word);
        let keyword_range = logical.range(begin, word_end);
        let (flag_list, args_start) = flags::split(logical, word_end, limit, self.file.escape);
        let args_start = limit - trim_left(&text[args_start..limit]).len();
        self.arguments = args_start..limit;
        let mut errors = std::mem::take(&mut self.file.errors);
        let mut problems = Problems::new(&mut errors, held);
        let body = match keyword {
            Keyword::Unknown => {
                problems.late(unknown(word, keyword_range));
                Body::Invalid
            }
            Keyword::Onbuild if held => Body::Invalid,
            Keyword::Onbuild => {
                flags::check(keyword, &flag_list, &mut problems);
                self.onbuild(logical, (args_start, limit), keyword_range, &mut errors)
            }
            _ => {
                let arguments = Arguments {
                    line: logical,
                    start: args_start,
                    end: limit,
                    keyword: (keyword, keyword_range),
                    escape: self.file.escape,
                };
                arguments::read(&arguments, &flag_list, &mut problems)
            }
        };
        self.file.errors = errors;
        Instruction {
            range: logical.range(begin, limit),
            keyword,
            keyword_range,
            flags: flag_list.into(),
            args: logical.range(args_start, limit),
            body,
            heredocs: Box::default(),
        }
    }

    fn onbuild(
        &mut self,
        logical: &Logical<'_>,
        (start, end): (usize, usize),
        keyword: TextRange,
        errors: &mut Vec<SyntaxError>,
    ) -> Body {
        if start >= end {
            errors.push(SyntaxError::new(
                keyword,
                "`ONBUILD` lacks its instruction",
                "give it one, such as `ONBUILD RUN make`",
            ));
            return Body::Invalid;
        }
        // The builder looks at the meaning of the inner instruction when a child image is built;
        // only broken words are refused now.
        let inner = self.one(logical, start, true);
        errors.append(&mut self.file.errors);
        let refused = match inner.keyword {
            Keyword::Onbuild => Some("`ONBUILD` cannot hold another `ONBUILD`"),
            Keyword::From => Some("`ONBUILD` cannot hold `FROM`"),
            Keyword::Maintainer => Some("`ONBUILD` cannot hold `MAINTAINER`"),
            _ => None,
        };
        if let Some(message) = refused {
            errors.push(SyntaxError::new(
                inner.keyword_range,
                message,
                "write another instruction",
            ));
        }
        Body::Onbuild(Box::new(inner))
    }

    fn read_heredocs(&mut self, logical: &Logical<'_>, instruction: &mut Instruction) {
        let openings = match heredocs::openings(&logical.text) {
            Ok(openings) => openings,
            Err((start, end)) => {
                self.file.errors.push(SyntaxError::new(
                    logical.range(start, end),
                    "the delimiter of the heredoc cannot be read",
                    "close its quotes",
                ));
                return;
            }
        };
        let mut list = Vec::with_capacity(openings.len());
        for opening in openings {
            let range = logical.range(opening.start, opening.end);
            let heredoc = self.read_heredoc(range, opening.name);
            instruction.range.end = match heredoc.terminator {
                Some(range) => range.end,
                None => self.text.len() as u32,
            };
            list.push(heredoc);
        }
        instruction.heredocs = list.into();
        if instruction.heredocs.is_empty() {
            return;
        }
        // A RUN that is nothing but a heredoc's redirection runs the heredoc's body.
        let only = heredocs::is_heredoc(&logical.text[self.arguments.clone()]);
        match &mut instruction.body {
            Body::Onbuild(inner) => {
                inner.heredocs.clone_from(&instruction.heredocs);
                inner.range.end = instruction.range.end;
                if only && let Body::Run(command) = &mut inner.body {
                    *command = Command::Heredoc(0);
                }
            }
            Body::Run(command) if only => *command = Command::Heredoc(0),
            _ => {}
        }
    }

    fn read_heredoc(&mut self, range: TextRange, opening: heredocs::Delimiter) -> Heredoc {
        let from = self.lines.offset();
        let mut body = TextRange::empty(from);
        let mut terminator = None;
        while let Some(line) = self.next_line() {
            let text = if opening.strip_tabs {
                line.text.trim_start_matches('\t')
            } else {
                line.text
            };
            if text == opening.name {
                terminator = Some(line.range());
                break;
            }
            body.end = line.full().end;
        }
        if terminator.is_none() {
            self.file.errors.push(SyntaxError::new(
                range,
                format!("the heredoc `{}` does not end", opening.name),
                format!(
                    "put `{}` alone on the line after its last one",
                    opening.name
                ),
            ));
        }
        Heredoc {
            range,
            name: opening.name.into(),
            expand: opening.expand,
            strip_tabs: opening.strip_tabs,
            body,
            terminator,
        }
    }

    /// What can only be said of the file as a whole.
    fn whole(&mut self) {
        let file = &mut self.file;
        file.directives.shrink_to_fit();
        file.instructions.shrink_to_fit();
        file.comments.shrink_to_fit();
        let Some(last) = file.instructions.last() else {
            file.errors.push(SyntaxError::new(
                TextRange::empty(0),
                "the file has no instructions",
                "begin it with `FROM IMAGE`, or remove the file",
            ));
            return;
        };
        let from = file
            .instructions
            .iter()
            .position(|i| i.keyword == Keyword::From);
        let before = &file.instructions[..from.unwrap_or(file.instructions.len())];
        // A misspelt FROM is told as such, and nothing after it for its sake.
        let misspelt = before.iter().position(|i| {
            i.keyword == Keyword::Unknown
                && nearest(i.keyword_range.of(self.text), Keyword::names()) == Some("FROM")
        });
        let before = &before[..misspelt.unwrap_or(before.len())];
        let early = before
            .iter()
            .find(|i| !matches!(i.keyword, Keyword::Arg | Keyword::Unknown));
        if let Some(early) = early {
            file.errors.push(SyntaxError::new(
                early.keyword_range,
                format!("`{}` stands before the first `FROM`", early.keyword.name()),
                "begin with `FROM IMAGE`: only `ARG` may stand before it",
            ));
        } else if from.is_none() && misspelt.is_none() {
            let unknown = before.iter().any(|i| i.keyword == Keyword::Unknown);
            if !unknown {
                file.errors.push(SyntaxError::new(
                    last.keyword_range,
                    "the file has no `FROM`",
                    "add `FROM IMAGE`",
                ));
            }
        }
    }
}

/// Whether the builder looks for heredocs in an instruction.
fn takes_heredocs(instruction: &Instruction) -> bool {
    match &instruction.body {
        Body::Run(Command::Exec(_)) => false,
        Body::Copy(transfer) | Body::Add(transfer) if transfer.json => false,
        _ => matches!(
            instruction.keyword,
            Keyword::Run | Keyword::Copy | Keyword::Add
        ),
    }
}

/// Commands that people note in a Dockerfile as what to type.
const HOST_COMMANDS: &[&str] = &[
    "$",
    "buildah",
    "docker",
    "docker-compose",
    "kubectl",
    "podman",
    "sudo",
];

/// What `git merge` puts around what it cannot decide.
const CONFLICT_MARKS: &[&str] = &["<<<<<<<", "=======", ">>>>>>>", "|||||||"];

fn unknown(word: &str, range: TextRange) -> SyntaxError {
    let near = nearest(word, Keyword::names());
    let message = if word.is_empty() {
        "a continuation without an instruction".to_owned()
    } else {
        format!("`{word}` is no instruction")
    };
    SyntaxError {
        range,
        message,
        help: Some(match near {
            Some(near) => format!("write `{near}`"),
            None if CONFLICT_MARKS.contains(&word) => {
                "resolve the conflict of the merge, and delete its marks".to_owned()
            }
            None if HOST_COMMANDS.contains(&word) => {
                "put `#` before it if it is a note for whoever builds, or `RUN` if it is a step"
                    .to_owned()
            }
            None => {
                "begin the line with an instruction, or end the line before with `\\`".to_owned()
            }
        }),
        replacement: near.map(str::to_owned),
    }
}

/// Key and value of `# key = value`.
fn read_directive(line: &str) -> Option<(Range<usize>, Range<usize>)> {
    let blank = |c: char| matches!(c, '\t' | '\n' | '\u{c}' | '\r' | ' ');
    let rest = line.strip_prefix('#')?.trim_start();
    let start = line.len() - rest.len();
    if !rest.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return None;
    }
    let key = start..start + rest.bytes().take_while(u8::is_ascii_alphanumeric).count();
    let rest = line[key.end..]
        .trim_start_matches(blank)
        .strip_prefix('=')?;
    let value = rest.trim_matches(blank);
    if value.is_empty() {
        // A value of white space is its last letter.
        let last = rest.len().checked_sub(1)?;
        let start = line.len() - rest.len() + last;
        return Some((key, start..line.len()));
    }
    let start = line.len() - rest.trim_start_matches(blank).len();
    Some((key, start..start + value.len()))
}
