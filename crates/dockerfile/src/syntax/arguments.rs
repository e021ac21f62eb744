//! Arguments: what stands after keyword and flags, for each instruction.

use plimsoll_source::TextRange;
use plimsoll_source::nearest::nearest;

use super::heredocs::is_heredoc;
use super::json::{self, Json};
use super::lines::{Logical, is_blank, trim_left};
use super::problems::Problems;
use super::{
    ArgDecl, Body, Command, Flag, From, Healthcheck, Keyword, Pair, SyntaxError, Transfer, Word,
    checks, flags,
};

/// The part of a logical line that holds the arguments.
pub(crate) struct Arguments<'a, 't> {
    /// The line.
    pub(crate) line: &'a Logical<'t>,
    /// Where the arguments begin and end, white space around them cut.
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// The instruction's keyword, for messages about what is missing.
    pub(crate) keyword: (Keyword, TextRange),
    /// The escape character.
    pub(crate) escape: char,
}

/// What keeps arguments from being read, by the step that finds it.
enum Refusal {
    /// The words are wrong.
    Early(SyntaxError),
    /// Their meaning is.
    Late(SyntaxError),
}

type Read<T> = Result<T, Refusal>;

/// Start and end of a word in the line's text.
type Span = (usize, usize);

impl Arguments<'_, '_> {
    fn text(&self) -> &str {
        &self.line.text[self.start..self.end]
    }

    fn of(&self, (start, end): Span) -> &str {
        &self.line.text[start..end]
    }

    fn range(&self, (start, end): Span) -> TextRange {
        self.line.range(start, end)
    }

    fn word(&self, span: Span) -> Word {
        Word {
            range: self.range(span),
            value: self.of(span).into(),
        }
    }

    fn whole(&self) -> Word {
        self.word((self.start, self.end))
    }

    fn late<T>(&self, message: impl Into<String>, help: &str) -> Read<T> {
        Err(Refusal::Late(SyntaxError::new(
            self.keyword.1,
            message,
            help,
        )))
    }

    fn late_at<T>(&self, span: Span, message: impl Into<String>, help: &str) -> Read<T> {
        Err(Refusal::Late(SyntaxError::new(
            self.range(span),
            message,
            help,
        )))
    }

    /// Words between blanks.
    fn split(&self) -> Vec<Span> {
        let bytes = self.line.text.as_bytes();
        let mut words = Vec::new();
        let mut at = self.start;
        while at < self.end {
            let start = at;
            while at < self.end && !is_blank(bytes[at]) {
                at += 1;
            }
            if at > start {
                words.push((start, at));
            }
            at += 1;
        }
        words
    }

    /// Words as the builder's quoting scanner splits them, quotes and escapes kept. An escape
    /// character at the very end is dropped.
    fn quoted_words(&self) -> Vec<Span> {
        let bytes = self.line.text.as_bytes();
        let escape = self.escape as u8;
        let mut words = Vec::new();
        let mut at = self.start;
        loop {
            let rest = trim_left(self.of((at, self.end)));
            if rest.is_empty() {
                return words;
            }
            let start = self.end - rest.len();
            at = start;
            let mut quote = None;
            let mut dropped = 0;
            while at < self.end {
                let byte = bytes[at];
                match quote {
                    None if byte.is_ascii_whitespace() || byte == 0x0b => break,
                    None if matches!(byte, b'"' | b'\'') => quote = Some(byte),
                    Some(open) if byte == open => quote = None,
                    _ if byte == escape && quote != Some(b'\'') => {
                        at += 1;
                        if at >= self.end {
                            dropped = 1;
                            break;
                        }
                        at += char_len(bytes[at]);
                        continue;
                    }
                    // Letters outside ASCII may be white space too.
                    None if byte >= 0x80
                        && self.line.text[at..].starts_with(char::is_whitespace) =>
                    {
                        break;
                    }
                    _ => {}
                }
                at += char_len(byte);
            }
            let end = at.min(self.end) - dropped;
            if end > start {
                words.push((start, end));
            }
        }
    }

    /// The strings of a JSON array at `from`; `None` for anything that is none.
    fn json(&self, from: usize) -> Read<Option<Vec<Word>>> {
        let text = trim_left(self.of((from, self.end)));
        if !text.starts_with('[') {
            return Ok(None);
        }
        let base = self.end - text.len();
        match json::array(text) {
            Json::No => Ok(None),
            Json::NotStrings => Err(Refusal::Early(SyntaxError::new(
                self.range((base, self.end)),
                "the JSON array holds something that is no string",
                "put every element in double quotes",
            ))),
            Json::Strings(strings) => Ok(Some(
                strings
                    .into_iter()
                    .map(|(start, end, value)| {
                        let range = self.range((base + start, base + end));
                        Word { range, value }
                    })
                    .collect(),
            )),
        }
    }

    fn command(&self, from: usize) -> Read<Command> {
        Ok(match self.json(from)? {
            Some(words) => Command::Exec(words.into()),
            None => Command::Shell(self.range((from, self.end))),
        })
    }

    fn words_or_json(&self) -> Read<(Vec<Word>, bool)> {
        Ok(match self.json(self.start)? {
            Some(words) => (words, true),
            None => (self.words(), false),
        })
    }

    fn words(&self) -> Vec<Word> {
        self.split()
            .into_iter()
            .map(|span| self.word(span))
            .collect()
    }
}

/// Length of the letter that a byte begins.
fn char_len(first: u8) -> usize {
    match first {
        0..0xc0 => 1,
        0xc0..0xe0 => 2,
        0xe0..0xf0 => 3,
        _ => 4,
    }
}

/// Reads the arguments. What can be read is read.
pub(crate) fn read(
    arguments: &Arguments<'_, '_>,
    flag_list: &[Flag],
    problems: &mut Problems,
) -> Body {
    let (keyword, _) = arguments.keyword;
    let body = match body(arguments, flag_list, problems) {
        Ok(body) => body,
        Err(refusal) => {
            match refusal {
                Refusal::Early(error) => problems.early(error),
                Refusal::Late(error) => problems.late(error),
            }
            Body::Invalid
        }
    };
    // `HEALTHCHECK NONE` goes with any flags: they are not looked at.
    if !matches!(body, Body::Healthcheck(Healthcheck::None)) {
        flags::check(keyword, flag_list, problems);
    }
    body
}

fn body(arguments: &Arguments<'_, '_>, flag_list: &[Flag], problems: &mut Problems) -> Read<Body> {
    let (keyword, _) = arguments.keyword;
    let name = keyword.name();
    let empty = arguments.start >= arguments.end;
    let at_least_one = || {
        arguments.late(
            format!("`{name}` lacks its arguments"),
            "give it at least one",
        )
    };
    Ok(match keyword {
        Keyword::From => from(arguments)?,
        Keyword::Run => {
            checks::run_flags(flag_list, problems);
            Body::Run(arguments.command(arguments.start)?)
        }
        Keyword::Cmd => Body::Cmd(arguments.command(arguments.start)?),
        Keyword::Entrypoint => Body::Entrypoint(arguments.command(arguments.start)?),
        Keyword::Copy => Body::Copy(Box::new(transfer(arguments)?)),
        Keyword::Add => Body::Add(Box::new(transfer(arguments)?)),
        Keyword::Env | Keyword::Label => {
            let pairs = pairs(arguments)?;
            if pairs.is_empty() {
                return at_least_one();
            }
            if let Some(pair) = pairs.iter().find(|pair| pair.key.value.is_empty()) {
                return Err(Refusal::Late(SyntaxError::new(
                    pair.range,
                    format!("a name of `{name}` is empty"),
                    "write `NAME=value`",
                )));
            }
            if keyword == Keyword::Env {
                Body::Env(pairs.into())
            } else {
                Body::Label(pairs.into())
            }
        }
        Keyword::Arg => {
            let decls = args(arguments)?;
            if decls.is_empty() {
                return at_least_one();
            }
            Body::Arg(decls.into())
        }
        Keyword::Expose => {
            if empty {
                return at_least_one();
            }
            Body::Expose(arguments.words().into())
        }
        Keyword::Volume => {
            let (words, _) = arguments.words_or_json()?;
            if words.is_empty() {
                return at_least_one();
            }
            if let Some(word) = words.iter().find(|word| word.value.trim().is_empty()) {
                let error = SyntaxError::new(word.range, "a volume's path is empty", "name a path");
                return Err(Refusal::Late(error));
            }
            Body::Volume(words.into())
        }
        Keyword::User if !empty => Body::User(arguments.whole()),
        Keyword::Workdir if !empty => Body::Workdir(arguments.whole()),
        Keyword::Maintainer if !empty => Body::Maintainer(arguments.whole()),
        Keyword::StopSignal if !empty => Body::StopSignal(arguments.whole()),
        Keyword::User | Keyword::Workdir | Keyword::Maintainer | Keyword::StopSignal => {
            return arguments.late(format!("`{name}` lacks its argument"), "give it one");
        }
        Keyword::Shell => match arguments.json(arguments.start)? {
            Some(words) if !words.is_empty() => Body::Shell(words.into()),
            Some(_) => return at_least_one(),
            None if empty => return at_least_one(),
            None => {
                return arguments.late_at(
                    (arguments.start, arguments.end),
                    "`SHELL` takes a JSON array",
                    "write it as `SHELL [\"/bin/bash\", \"-c\"]`",
                );
            }
        },
        Keyword::Healthcheck => healthcheck(arguments, flag_list, problems)?,
        Keyword::Onbuild | Keyword::Unknown => Body::Invalid,
    })
}

/// Whether `AS` can give a stage this name; letters are folded as Go folds them.
fn is_stage_name(name: &str) -> bool {
    let mut letters = name.chars().map(super::fold);
    letters.next().is_some_and(|c| c.is_ascii_lowercase())
        && letters
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_' | '.'))
}

fn is_as(word: &str) -> bool {
    let mut letters = word.chars();
    let (first, second) = (letters.next(), letters.next());
    matches!(
        (first, second, letters.next()),
        (Some('a' | 'A'), Some('s' | 'S' | '\u{17f}'), None)
    )
}

fn from(arguments: &Arguments<'_, '_>) -> Read<Body> {
    let words = arguments.split();
    match words.as_slice() {
        [image] => Ok(Body::From(Box::new(From {
            image: arguments.word(*image),
            name: None,
        }))),
        [image, keyword, name] if is_as(arguments.of(*keyword)) => {
            let text = arguments.of(*name);
            if !is_stage_name(text) {
                return arguments.late_at(
                    *name,
                    format!("`{text}` is no name for a stage"),
                    "begin with a letter; letters, digits, `-`, `_` and `.` may follow",
                );
            }
            let (image, name) = (arguments.word(*image), arguments.word(*name));
            Ok(Body::From(Box::new(From {
                image,
                name: Some(name),
            })))
        }
        [] => arguments.late(
            "`FROM` lacks its image",
            "write `FROM IMAGE` or `FROM IMAGE AS NAME`",
        ),
        [_, rest @ ..] => {
            let last = rest.last().map_or(rest[0].1, |word| word.1);
            let mut starts = rest.iter().map(|word| word.0);
            if let Some(start) = starts.find(|&at| arguments.of((at, last)).starts_with('#')) {
                let range = arguments.range((start, last));
                return Err(Refusal::Late(SyntaxError::comment_behind(range, "FROM")));
            }
            let help = match rest {
                [_] => "write `AS` before the name",
                _ => "write `FROM IMAGE` or `FROM IMAGE AS NAME`",
            };
            arguments.late_at(
                (rest[0].0, last),
                "`FROM` takes an image, and `AS` with a name",
                help,
            )
        }
    }
}

fn transfer(arguments: &Arguments<'_, '_>) -> Read<Transfer> {
    let name = arguments.keyword.0.name();
    let (mut words, json) = arguments.words_or_json()?;
    if words.len() < 2 {
        let range = words.first().map_or(arguments.keyword.1, |word| word.range);
        return Err(Refusal::Late(SyntaxError::new(
            range,
            format!("`{name}` lacks its destination"),
            "give it at least one source and a destination",
        )));
    }
    let dest = words.pop().expect("at least two words");
    if is_heredoc(&dest.value) {
        return Err(Refusal::Late(SyntaxError::new(
            dest.range,
            format!("`{name}` cannot have a heredoc as its destination"),
            "name a path after the heredoc",
        )));
    }
    words.retain(|word| !word.value.contains("<<") || !is_heredoc(&word.value));
    Ok(Transfer {
        sources: words.into(),
        dest,
        json,
    })
}

fn pairs(arguments: &Arguments<'_, '_>) -> Read<Vec<Pair>> {
    let words = arguments.quoted_words();
    let Some(&first) = words.first() else {
        return Ok(Vec::new());
    };
    let name = arguments.keyword.0.name();
    if !arguments.of(first).contains('=') {
        return legacy(arguments, name);
    }
    let mut pairs = Vec::with_capacity(words.len());
    for span in words {
        let text = arguments.of(span);
        let Some(equals) = text.find('=').map(|at| span.0 + at) else {
            if text.starts_with('#') {
                let range = arguments.range((span.0, arguments.end));
                return Err(Refusal::Early(SyntaxError::comment_behind(range, name)));
            }
            return Err(Refusal::Early(SyntaxError::new(
                arguments.range(span),
                format!("`{text}` is not `name=value`"),
                "write `name=value`, and quote a value that holds spaces",
            )));
        };
        pairs.push(Pair {
            range: arguments.range(span),
            key: arguments.word((span.0, equals)),
            value: arguments.word((equals + 1, span.1)),
            legacy: false,
        });
    }
    Ok(pairs)
}

/// `ENV key value with spaces`.
fn legacy(arguments: &Arguments<'_, '_>, name: &str) -> Read<Vec<Pair>> {
    let text = arguments.text();
    let bytes = text.as_bytes();
    let Some(gap) = bytes.iter().position(|&byte| is_blank(byte)) else {
        return Err(Refusal::Early(SyntaxError::new(
            arguments.range((arguments.start, arguments.end)),
            format!("`{name} {text}` lacks its value"),
            format!("write `{name} {text}=value`"),
        )));
    };
    let value = gap
        + bytes[gap..]
            .iter()
            .take_while(|&&byte| is_blank(byte))
            .count();
    Ok(vec![Pair {
        range: arguments.range((arguments.start, arguments.end)),
        key: arguments.word((arguments.start, arguments.start + gap)),
        value: arguments.word((arguments.start + value, arguments.end)),
        legacy: true,
    }])
}

fn args(arguments: &Arguments<'_, '_>) -> Read<Vec<ArgDecl>> {
    let mut decls = Vec::new();
    for span in arguments.quoted_words() {
        let equals = arguments.of(span).find('=').map(|at| span.0 + at);
        if equals == Some(span.0) {
            return arguments.late_at(span, "a name of `ARG` is empty", "write `ARG NAME=value`");
        }
        decls.push(ArgDecl {
            range: arguments.range(span),
            name: arguments.word((span.0, equals.unwrap_or(span.1))),
            default: equals.map(|at| arguments.word((at + 1, span.1))),
        });
    }
    Ok(decls)
}

fn healthcheck(
    arguments: &Arguments<'_, '_>,
    flag_list: &[Flag],
    problems: &mut Problems,
) -> Read<Body> {
    let text = arguments.text();
    if text.is_empty() {
        return arguments.late(
            "`HEALTHCHECK` lacks its arguments",
            "write `CMD …` or `NONE`",
        );
    }
    let space = |c: char| c.is_ascii_whitespace() || c == '\u{b}';
    let kind_end = text.find(space).unwrap_or(text.len());
    let kind = &text[..kind_end];
    let span = (arguments.start, arguments.start + kind_end);
    let rest = arguments.end - text[kind_end..].trim_start_matches(space).len();
    let command = arguments.command(rest)?;
    let nothing = match &command {
        Command::Exec(words) => words.is_empty(),
        _ => rest >= arguments.end,
    };
    if kind.eq_ignore_ascii_case("none") {
        if !nothing {
            return arguments.late_at(
                (rest, arguments.end),
                "`HEALTHCHECK NONE` takes no arguments",
                "remove them",
            );
        }
        return Ok(Body::Healthcheck(Healthcheck::None));
    }
    if !kind.eq_ignore_ascii_case("cmd") {
        return Err(Refusal::Late(SyntaxError {
            range: arguments.range(span),
            message: format!("`HEALTHCHECK {kind}` is neither `CMD` nor `NONE`"),
            help: Some("write `HEALTHCHECK CMD …`".to_owned()),
            replacement: nearest(kind, ["CMD", "NONE"]).map(str::to_owned),
        }));
    }
    if nothing {
        return arguments.late_at(span, "`HEALTHCHECK CMD` lacks its command", "give it one");
    }
    checks::health_flags(flag_list, problems);
    Ok(Body::Healthcheck(Healthcheck::Cmd(command)))
}
