//! Arguments: what stands after keyword and flags, for each instruction.

use plimsoll_source::TextRange;
use plimsoll_source::nearest::nearest;

use super::heredocs::{is_heredoc, openings};
use super::json::{self, Json};
use super::lines::{Logical, is_space};
use super::{
    ArgDecl, Body, Command, Flag, From, Healthcheck, Keyword, Pair, SyntaxError, Transfer, Word,
    checks, flags,
};

/// The part of a logical line that holds the arguments.
pub(crate) struct Arguments<'a> {
    /// The line.
    pub(crate) line: &'a Logical<'a>,
    /// Where the arguments begin and end, white space around them cut.
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// The instruction's keyword, for messages about what is missing.
    pub(crate) keyword: (Keyword, TextRange),
    /// The escape character.
    pub(crate) escape: char,
}

impl Arguments<'_> {
    fn text(&self) -> &str {
        &self.line.text[self.start..self.end]
    }

    fn whole(&self) -> Word {
        Word {
            range: self.line.range(self.start, self.end),
            value: self.text().into(),
        }
    }

    fn word(&self, start: usize, end: usize) -> Word {
        let range = self.line.range(self.start + start, self.start + end);
        Word {
            range,
            value: self.text()[start..end].into(),
        }
    }

    fn error(&self, message: impl Into<String>, help: &str) -> SyntaxError {
        SyntaxError::new(self.keyword.1, message, help)
    }

    /// Words between white space, as the builder's regular expression splits them.
    fn split(&self) -> Vec<Word> {
        let blank = |c: char| matches!(c, '\t' | '\u{b}' | '\u{c}' | '\r' | ' ');
        let text = self.text();
        let mut words = Vec::new();
        let mut at = 0;
        for part in text.split(blank) {
            if !part.is_empty() {
                words.push(self.word(at, at + part.len()));
            }
            at += part.len() + 1;
        }
        words
    }

    /// Words as the builder's quoting scanner splits them, quotes kept.
    fn quoted_words(&self) -> Vec<Word> {
        let text = self.text();
        let mut words = Vec::new();
        let mut value = String::new();
        let mut start = None;
        let mut quote = None;
        let mut blank_ok = false;
        let mut chars = text.char_indices();
        while let Some((at, c)) = chars.next() {
            if quote.is_none() && is_space(c) {
                if let Some(start) = start.take()
                    && (blank_ok || !value.is_empty())
                {
                    let range = self.line.range(self.start + start, self.start + at);
                    words.push(Word {
                        range,
                        value: value.as_str().into(),
                    });
                }
                value.clear();
                blank_ok = false;
                continue;
            }
            start.get_or_insert(at);
            match quote {
                None if c == '\'' || c == '"' => {
                    quote = Some(c);
                    blank_ok = true;
                }
                Some(open) if c == open => quote = None,
                _ => {}
            }
            if c == self.escape && quote != Some('\'') {
                // An escape at the very end is dropped.
                let Some((_, next)) = chars.next() else { break };
                value.push(c);
                value.push(next);
            } else {
                value.push(c);
            }
        }
        if let Some(start) = start
            && (blank_ok || !value.is_empty())
        {
            let range = self.line.range(self.start + start, self.end);
            words.push(Word {
                range,
                value: value.as_str().into(),
            });
        }
        words
    }

    /// The strings of a JSON array at `from`; `Ok(None)` for anything that is none.
    fn json(&self, from: usize) -> Result<Option<Vec<Word>>, SyntaxError> {
        let text = &self.text()[from..];
        let lead = text.len() - text.trim_start_matches(is_space).len();
        let base = self.start + from + lead;
        match json::array(&text[lead..]) {
            Json::No => Ok(None),
            Json::NotStrings => Err(SyntaxError::new(
                self.line.range(base, self.end),
                "the JSON array holds something that is no string",
                "put every element in double quotes",
            )),
            Json::Strings(strings) => Ok(Some(
                strings
                    .into_iter()
                    .map(|(start, end, value)| Word {
                        range: self.line.range(base + start, base + end),
                        value,
                    })
                    .collect(),
            )),
        }
    }

    fn command(&self, from: usize) -> Result<Command, SyntaxError> {
        if let Some(words) = self.json(from)? {
            return Ok(Command::Exec(words));
        }
        let range = self.line.range(self.start + from, self.end);
        // A command that is nothing but a heredoc's redirection is the heredoc.
        if from == 0
            && let [only] = openings(self.text()).as_slice()
            && (only.start, only.end) == (0, self.text().len())
        {
            return Ok(Command::Heredoc(0));
        }
        Ok(Command::Shell(range))
    }

    fn words_or_json(&self) -> Result<(Vec<Word>, bool), SyntaxError> {
        Ok(match self.json(0)? {
            Some(words) => (words, true),
            None => (self.split(), false),
        })
    }
}

/// Reads the arguments. Errors are pushed, the first that the builder would give first; what can
/// be read is read.
pub(crate) fn read(
    arguments: &Arguments<'_>,
    flag_list: &[Flag],
    errors: &mut Vec<SyntaxError>,
) -> Body {
    match body(arguments, flag_list, errors) {
        Ok(body) => body,
        Err(error) => {
            errors.push(error);
            Body::Invalid
        }
    }
}

fn body(
    arguments: &Arguments<'_>,
    flag_list: &[Flag],
    errors: &mut Vec<SyntaxError>,
) -> Result<Body, SyntaxError> {
    let (keyword, _) = arguments.keyword;
    let name = keyword.name();
    let empty = arguments.text().is_empty();
    let at_least_one = || {
        arguments.error(
            format!("`{name}` lacks its arguments"),
            "give it at least one",
        )
    };
    let exactly_one = || arguments.error(format!("`{name}` lacks its argument"), "give it one");
    let before = errors.len();
    let body = match keyword {
        Keyword::From => from(arguments)?,
        Keyword::Run => {
            flags::check(keyword, flag_list, errors);
            checks::run_flags(flag_list, errors);
            // An empty RUN is accepted by the parser and refused when it is run.
            Body::Run(arguments.command(0)?)
        }
        Keyword::Cmd => Body::Cmd(arguments.command(0)?),
        Keyword::Entrypoint => Body::Entrypoint(arguments.command(0)?),
        Keyword::Copy | Keyword::Add => {
            let transfer = transfer(arguments)?;
            if keyword == Keyword::Copy {
                Body::Copy(transfer)
            } else {
                Body::Add(transfer)
            }
        }
        Keyword::Env | Keyword::Label => {
            let pairs = pairs(arguments)?;
            if pairs.is_empty() {
                return Err(at_least_one());
            }
            if let Some(pair) = pairs.iter().find(|pair| pair.key.value.is_empty()) {
                return Err(SyntaxError::new(
                    pair.range,
                    format!("a name of `{name}` is empty"),
                    "write `NAME=value`",
                ));
            }
            if keyword == Keyword::Env {
                Body::Env(pairs)
            } else {
                Body::Label(pairs)
            }
        }
        Keyword::Arg => {
            let decls = args(arguments)?;
            if decls.is_empty() {
                return Err(at_least_one());
            }
            Body::Arg(decls)
        }
        Keyword::Expose => {
            if empty {
                return Err(at_least_one());
            }
            let words = arguments.split();
            checks::ports(&words, errors);
            Body::Expose(words)
        }
        Keyword::Volume => {
            let (words, _) = arguments.words_or_json()?;
            if words.is_empty() {
                return Err(at_least_one());
            }
            if let Some(word) = words.iter().find(|word| word.value.trim().is_empty()) {
                return Err(SyntaxError::new(
                    word.range,
                    "a volume's path is empty",
                    "name a path",
                ));
            }
            Body::Volume(words)
        }
        Keyword::User if !empty => Body::User(arguments.whole()),
        Keyword::Workdir if !empty => Body::Workdir(arguments.whole()),
        Keyword::Maintainer if !empty => Body::Maintainer(arguments.whole()),
        Keyword::StopSignal if !empty => {
            let word = arguments.whole();
            checks::signal(&word, errors);
            Body::StopSignal(word)
        }
        Keyword::User | Keyword::Workdir | Keyword::Maintainer | Keyword::StopSignal => {
            return Err(exactly_one());
        }
        Keyword::Shell => match arguments.json(0)? {
            Some(words) if !words.is_empty() => Body::Shell(words),
            _ if empty => return Err(at_least_one()),
            Some(_) => return Err(at_least_one()),
            None => {
                return Err(SyntaxError::new(
                    arguments.whole().range,
                    "`SHELL` takes a JSON array",
                    "write it as `SHELL [\"/bin/bash\", \"-c\"]`",
                ));
            }
        },
        Keyword::Healthcheck => healthcheck(arguments, flag_list, errors)?,
        Keyword::Onbuild | Keyword::Unknown => Body::Invalid,
    };
    let checked_by_itself = matches!(keyword, Keyword::Run | Keyword::Healthcheck);
    if !checked_by_itself && errors.len() == before {
        flags::check(keyword, flag_list, errors);
    }
    Ok(body)
}

fn from(arguments: &Arguments<'_>) -> Result<Body, SyntaxError> {
    let words = arguments.split();
    match words.as_slice() {
        [image] => Ok(Body::From(From {
            image: image.clone(),
            name: None,
        })),
        [image, keyword, name] if keyword.value.eq_ignore_ascii_case("as") => {
            let lower = name.value.to_lowercase();
            let mut chars = lower.chars();
            let valid = chars.next().is_some_and(|c| c.is_ascii_lowercase())
                && chars.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_.".contains(c));
            if !valid {
                return Err(SyntaxError::new(
                    name.range,
                    format!("`{}` is no name for a stage", name.value),
                    "begin with a letter; letters, digits, `-`, `_` and `.` may follow",
                ));
            }
            Ok(Body::From(From {
                image: image.clone(),
                name: Some(name.clone()),
            }))
        }
        [] => Err(arguments.error(
            "`FROM` lacks its image",
            "write `FROM IMAGE` or `FROM IMAGE AS NAME`",
        )),
        [_, rest @ ..] => {
            let last = rest.last().map_or(arguments.keyword.1, |word| word.range);
            Err(SyntaxError::new(
                rest[0].range.join(last),
                "`FROM` takes an image, and `AS` with a name",
                match rest {
                    [word, _] => match nearest(&word.value, ["AS"]) {
                        Some(_) => "write `AS` before the name",
                        None => "write `FROM IMAGE AS NAME`",
                    },
                    _ => "write `FROM IMAGE` or `FROM IMAGE AS NAME`",
                },
            ))
        }
    }
}

fn transfer(arguments: &Arguments<'_>) -> Result<Transfer, SyntaxError> {
    let name = arguments.keyword.0.name();
    let (mut words, json) = arguments.words_or_json()?;
    if words.len() < 2 {
        let range = words.first().map_or(arguments.keyword.1, |word| word.range);
        return Err(SyntaxError::new(
            range,
            format!("`{name}` lacks its destination"),
            "give it at least one source and a destination",
        ));
    }
    let dest = words.pop().expect("at least two words");
    if is_heredoc(&dest.value) {
        return Err(SyntaxError::new(
            dest.range,
            format!("`{name}` cannot have a heredoc as its destination"),
            "name a path after the heredoc",
        ));
    }
    words.retain(|word| !is_heredoc(&word.value));
    Ok(Transfer {
        sources: words,
        dest,
        json,
    })
}

fn pairs(arguments: &Arguments<'_>) -> Result<Vec<Pair>, SyntaxError> {
    let words = arguments.quoted_words();
    let Some(first) = words.first() else {
        return Ok(Vec::new());
    };
    let name = arguments.keyword.0.name();
    if !first.value.contains('=') {
        // `ENV key value with spaces`
        let text = arguments.text();
        let blank = |c: char| matches!(c, '\t' | '\u{b}' | '\u{c}' | '\r' | ' ');
        let Some(gap) = text.find(blank) else {
            return Err(SyntaxError::new(
                first.range,
                format!("`{name} {}` lacks its value", first.value),
                format!("write `{name} {}=value`", first.value),
            ));
        };
        let value = gap + text[gap..].len() - text[gap..].trim_start_matches(blank).len();
        return Ok(vec![Pair {
            range: arguments.whole().range,
            key: arguments.word(0, gap),
            value: arguments.word(value, text.len()),
            legacy: true,
        }]);
    }
    words
        .into_iter()
        .map(|word| {
            let Some((key, value)) = word.value.split_once('=') else {
                return Err(SyntaxError::new(
                    word.range,
                    format!("`{}` is not `name=value`", word.value),
                    "write `name=value`, and quote a value that holds spaces",
                ));
            };
            let split = equals(arguments.line, word.range);
            Ok(Pair {
                range: word.range,
                key: Word {
                    range: TextRange::new(word.range.start, split),
                    value: key.into(),
                },
                value: Word {
                    range: TextRange::new(split + 1, word.range.end),
                    value: value.into(),
                },
                legacy: false,
            })
        })
        .collect()
}

/// Where the first `=` of the word at `range` stands in the source.
fn equals(line: &Logical<'_>, range: TextRange) -> u32 {
    // The word's place in the joined text is found back from its source range.
    let text = &line.text[..];
    let start = line.joined(range.start);
    let at = text[start..].find('=').map_or(start, |at| start + at);
    line.source(at)
}

fn args(arguments: &Arguments<'_>) -> Result<Vec<ArgDecl>, SyntaxError> {
    arguments
        .quoted_words()
        .into_iter()
        .map(|word| {
            let Some((name, default)) = word.value.split_once('=') else {
                return Ok(ArgDecl {
                    range: word.range,
                    name: word,
                    default: None,
                });
            };
            if name.is_empty() {
                return Err(SyntaxError::new(
                    word.range,
                    "a name of `ARG` is empty",
                    "write `ARG NAME=value`",
                ));
            }
            let split = equals(arguments.line, word.range);
            Ok(ArgDecl {
                range: word.range,
                name: Word {
                    range: TextRange::new(word.range.start, split),
                    value: name.into(),
                },
                default: Some(Word {
                    range: TextRange::new(split + 1, word.range.end),
                    value: default.into(),
                }),
            })
        })
        .collect()
}

fn healthcheck(
    arguments: &Arguments<'_>,
    flag_list: &[Flag],
    errors: &mut Vec<SyntaxError>,
) -> Result<Body, SyntaxError> {
    let text = arguments.text();
    if text.is_empty() {
        return Err(arguments.error(
            "`HEALTHCHECK` lacks its arguments",
            "write `CMD …` or `NONE`",
        ));
    }
    let kind_end = text.find(is_space).unwrap_or(text.len());
    let kind = &text[..kind_end];
    let rest =
        kind_end + text[kind_end..].len() - text[kind_end..].trim_start_matches(is_space).len();
    let word = arguments.word(0, kind_end);
    if kind.eq_ignore_ascii_case("none") {
        if rest < text.len() {
            return Err(SyntaxError::new(
                arguments.word(rest, text.len()).range,
                "`HEALTHCHECK NONE` takes no arguments",
                "remove them",
            ));
        }
        return Ok(Body::Healthcheck(Healthcheck::None));
    }
    if !flags::check(Keyword::Healthcheck, flag_list, errors) {
        return Ok(Body::Invalid);
    }
    if !kind.eq_ignore_ascii_case("cmd") {
        return Err(SyntaxError {
            range: word.range,
            message: format!("`HEALTHCHECK {kind}` is neither `CMD` nor `NONE`"),
            help: Some("write `HEALTHCHECK CMD …`".to_owned()),
            replacement: nearest(kind, ["CMD", "NONE"]).map(str::to_owned),
        });
    }
    let command = arguments.command(rest)?;
    let nothing = match &command {
        Command::Exec(words) => words.is_empty(),
        _ => rest >= text.len(),
    };
    if nothing {
        return Err(SyntaxError::new(
            word.range,
            "`HEALTHCHECK CMD` lacks its command",
            "give it one",
        ));
    }
    checks::health_flags(flag_list, errors);
    Ok(Body::Healthcheck(Healthcheck::Cmd(command)))
}
