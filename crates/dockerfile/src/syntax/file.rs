//! The file: directives, comments, instructions and heredocs in order.

use std::sync::Arc;

use plimsoll_source::TextRange;
use plimsoll_source::nearest::nearest;

use super::arguments::{self, Arguments};
use super::lines::{
    Lines, Logical, MAX_LINE, Physical, continued, is_comment, is_space, trim_left,
};
use super::{
    Body, Dockerfile, Heredoc, Instruction, Keyword, Pair, SyntaxError, Word, flags, heredocs,
};

/// Parses everything; the text itself is put in by the caller.
pub(crate) fn parse(text: &str) -> Dockerfile {
    let bom = if text.starts_with('\u{feff}') {
        '\u{feff}'.len_utf8()
    } else {
        0
    };
    let mut parser = Parser {
        text,
        lines: Lines::new(text, bom),
        directives_done: false,
        file: Dockerfile {
            text: Arc::from(""),
            escape: '\\',
            directives: Vec::new(),
            instructions: Vec::new(),
            comments: Vec::new(),
            errors: Vec::new(),
        },
    };
    parser.run();
    parser.file
}

struct Parser<'a> {
    text: &'a str,
    lines: Lines<'a>,
    directives_done: bool,
    file: Dockerfile,
}

impl<'a> Parser<'a> {
    fn run(&mut self) {
        while let Some(line) = self.next_line() {
            self.directive(&line);
            if is_comment(line.text) {
                self.comment(&line);
                continue;
            }
            let text = trim_left(line.text);
            let start = line.start + (line.text.len() - text.len()) as u32;
            let bare = continued(text, self.file.escape);
            if bare.is_none() && text.is_empty() {
                continue;
            }
            let mut logical = Logical::new(start, bare.unwrap_or(text));
            let mut end = line.range().end;
            let mut open = bare.is_some();
            while open {
                let Some(line) = self.next_line() else { break };
                self.directive(&line);
                if is_comment(line.text) {
                    self.comment(&line);
                    continue;
                }
                if trim_left(line.text).is_empty() {
                    continue;
                }
                end = line.range().end;
                match continued(line.text, self.file.escape) {
                    Some(bare) => logical.push(line.start, bare),
                    None => {
                        logical.push(line.start, line.text);
                        open = false;
                    }
                }
            }
            self.instruction(&logical, start, end);
        }
        self.whole();
    }

    fn next_line(&mut self) -> Option<Physical<'a>> {
        let line = self.lines.next()?;
        if line.full_len > MAX_LINE {
            self.file.errors.push(SyntaxError::new(
                TextRange::new(line.start, line.start + 1),
                format!(
                    "the line is longer than the {} bytes that the builder takes",
                    MAX_LINE - 1
                ),
                "break it with continuations, or move the content to a file",
            ));
        }
        Some(line)
    }

    fn comment(&mut self, line: &Physical<'_>) {
        let lead = line.text.len() - trim_left(line.text).len();
        self.file
            .comments
            .push(TextRange::new(line.start + lead as u32, line.range().end));
    }

    /// `# key=value` before anything else. A line that is none ends the directives; an unknown
    /// key does not.
    fn directive(&mut self, line: &Physical<'_>) {
        if self.directives_done {
            return;
        }
        let text = trim_left(line.text);
        let Some((key, value)) = read_directive(text) else {
            self.directives_done = true;
            return;
        };
        let base = line.start + (line.text.len() - text.len()) as u32;
        let word = |range: std::ops::Range<usize>| Word {
            range: TextRange::new(base + range.start as u32, base + range.end as u32),
            value: text[range].into(),
        };
        let pair = Pair {
            range: TextRange::new(base + key.start as u32, base + value.end as u32),
            key: word(key.clone()),
            value: word(value.clone()),
            legacy: false,
        };
        let name = text[key].to_lowercase();
        if !matches!(name.as_str(), "syntax" | "escape" | "check") {
            return;
        }
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
                    "it is a backslash or a backtick",
                )),
            }
        }
        self.file.directives.push(pair);
    }

    fn instruction(&mut self, logical: &Logical<'_>, start: u32, end: u32) {
        let mut instruction = self.one(logical, 0, true);
        instruction.range = TextRange::new(start, end);
        // The line's last bytes may be white space.
        let source = instruction.range.of(self.text);
        instruction.range.end = start + source.trim_end_matches(is_space).len() as u32;
        let takes_heredocs = |i: &Instruction| {
            matches!(i.keyword, Keyword::Run | Keyword::Copy | Keyword::Add)
                && !matches!(
                    &i.body,
                    Body::Run(super::Command::Exec(_))
                        | Body::Copy(super::Transfer { json: true, .. })
                        | Body::Add(super::Transfer { json: true, .. })
                )
        };
        let inner = match &instruction.body {
            Body::Onbuild(inner) => takes_heredocs(inner),
            _ => takes_heredocs(&instruction),
        };
        if inner && logical.text.contains("<<") {
            self.read_heredocs(logical, &mut instruction);
        }
        self.file.instructions.push(instruction);
    }

    /// The instruction that begins at `at` of a logical line. Its range is set by the caller.
    fn one(&mut self, logical: &Logical<'_>, at: usize, outer: bool) -> Instruction {
        let text = &logical.text[..];
        let begin = at + (text[at..].len() - trim_left(&text[at..]).len());
        let blank = |c: char| matches!(c, '\t' | '\u{b}' | '\u{c}' | '\r' | ' ');
        let trimmed_end = begin + text[begin..].trim_end_matches(is_space).len();
        let body_text = &text[begin..trimmed_end];
        let word_end = begin + body_text.find(blank).unwrap_or(body_text.len());
        let word = &text[begin..word_end];
        let keyword = Keyword::from_word(word);
        let keyword_range = logical.range(begin, word_end);
        let (flag_list, args_start) =
            flags::split_within(logical, word_end, trimmed_end, self.file.escape);
        let args_end = trimmed_end.max(args_start);
        let args_start = args_start.min(args_end);
        let mut errors = Vec::new();
        let body = match keyword {
            Keyword::Unknown => {
                errors.push(unknown(word, keyword_range));
                Body::Invalid
            }
            Keyword::Onbuild => self.onbuild(
                logical,
                args_start,
                args_end,
                keyword_range,
                outer,
                &mut errors,
            ),
            _ => {
                let arguments = Arguments {
                    line: logical,
                    start: args_start,
                    end: args_end,
                    keyword: (keyword, keyword_range),
                    escape: self.file.escape,
                };
                arguments::read(&arguments, &flag_list, &mut errors)
            }
        };
        if keyword == Keyword::Onbuild && errors.is_empty() {
            flags::check(keyword, &flag_list, &mut errors);
        }
        self.file.errors.append(&mut errors);
        Instruction {
            range: logical.range(begin, trimmed_end),
            keyword,
            keyword_range,
            flags: flag_list,
            args: logical.range(args_start, args_end),
            body,
            heredocs: Vec::new(),
        }
    }

    fn onbuild(
        &mut self,
        logical: &Logical<'_>,
        start: usize,
        end: usize,
        keyword: TextRange,
        outer: bool,
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
        // The builder reads the inner instruction when a child image is built: what is wrong in
        // its arguments is refused then, not now.
        let before = self.file.errors.len();
        if !outer {
            return Body::Invalid;
        }
        let inner = self.one(logical, start, false);
        self.file.errors.truncate(before);
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
        for opening in heredocs::openings(&logical.text) {
            let mut heredoc = Heredoc {
                range: logical.range(opening.start, opening.end),
                name: opening.name.into(),
                expand: opening.expand,
                strip_tabs: opening.strip_tabs,
                body: TextRange::empty(0),
                terminator: None,
            };
            let mut body: Option<TextRange> = None;
            let mut next = None;
            while let Some(line) = self.next_line() {
                let full = TextRange::new(line.start, line.start + line.full_len as u32);
                let text = if heredoc.strip_tabs {
                    line.text.trim_start_matches('\t')
                } else {
                    line.text
                };
                if text == &*heredoc.name {
                    heredoc.terminator = Some(line.range());
                    next = Some(full.start);
                    break;
                }
                body = Some(body.map_or(full, |body| body.join(full)));
            }
            let end = self.text.len() as u32;
            heredoc.body = body.unwrap_or(TextRange::empty(next.unwrap_or(end)));
            instruction.range.end = match heredoc.terminator {
                Some(range) => range.end,
                None => end,
            };
            if heredoc.terminator.is_none() {
                self.file.errors.push(SyntaxError::new(
                    heredoc.range,
                    format!("the heredoc `{}` does not end", heredoc.name),
                    format!(
                        "put `{}` alone on the line after its last one",
                        heredoc.name
                    ),
                ));
            }
            instruction.heredocs.push(heredoc);
        }
    }

    /// What can only be said of the file as a whole.
    fn whole(&mut self) {
        let file = &mut self.file;
        let from = file
            .instructions
            .iter()
            .position(|i| i.keyword == Keyword::From);
        if file.instructions.is_empty() {
            file.errors.push(SyntaxError::new(
                TextRange::empty(0),
                "the file has no instructions",
                "begin it with `FROM IMAGE`",
            ));
        } else {
            let early = file.instructions[..from.unwrap_or(file.instructions.len())]
                .iter()
                .find(|i| !matches!(i.keyword, Keyword::Arg | Keyword::Unknown));
            if let Some(early) = early {
                file.errors.push(SyntaxError::new(
                    early.keyword_range,
                    format!("`{}` stands before the first `FROM`", early.keyword.name()),
                    "only `ARG` may stand there: begin with `FROM IMAGE`",
                ));
            } else if from.is_none() {
                let last = file.instructions.last().expect("not empty");
                file.errors.push(SyntaxError::new(
                    last.keyword_range,
                    "the file has no `FROM`",
                    "add `FROM IMAGE`",
                ));
            }
        }
        file.errors.sort_by_key(|error| error.range);
    }
}

fn unknown(word: &str, range: TextRange) -> SyntaxError {
    let near = nearest(word, Keyword::ALL.iter().map(|keyword| keyword.name()));
    SyntaxError {
        range,
        message: format!("`{word}` is no instruction"),
        help: Some(match near {
            Some(near) => format!("write `{near}`"),
            None => {
                "begin the line with an instruction, or end the line before with `\\`".to_owned()
            }
        }),
        replacement: near.map(str::to_owned),
    }
}

/// Key and value of `# key = value`.
fn read_directive(line: &str) -> Option<(std::ops::Range<usize>, std::ops::Range<usize>)> {
    let blank = |c: char| matches!(c, '\t' | '\n' | '\u{c}' | '\r' | ' ');
    let rest = line.strip_prefix('#')?;
    let key_start = line.len() - rest.trim_start_matches(blank).len();
    let key_len = line[key_start..]
        .bytes()
        .take_while(u8::is_ascii_alphanumeric)
        .count();
    if !line[key_start..].starts_with(|c: char| c.is_ascii_alphabetic()) {
        return None;
    }
    let key = key_start..key_start + key_len;
    let rest = line[key.end..]
        .trim_start_matches(blank)
        .strip_prefix('=')?;
    let value = rest.trim_matches(blank);
    if value.is_empty() {
        return None;
    }
    let start = line.len() - rest.trim_start_matches(blank).len();
    Some((key, start..start + value.len()))
}
