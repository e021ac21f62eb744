//! The documents of a file as apimachinery's decoder of YAML or JSON finds them: it takes a text
//! that begins with `{` for JSON until that fails, and a line that starts with `---` for the end
//! of a document if nothing but a comment follows.

use std::borrow::Cow;

use plimsoll_source::TextRange;

use crate::json;
use crate::values::{ReadError, SourceId, Sources, Step};

/// A document.
pub(super) struct Document<'t> {
    /// Its text, with line feeds alone between the lines.
    pub(super) text: Cow<'t, str>,
    /// Where it starts in the file, in bytes.
    pub(super) start: usize,
    /// What the JSON decoder said before it gave way.
    refused: Option<String>,
    /// Whether it was read as JSON.
    is_json: bool,
}

impl Document<'_> {
    /// An error in the words of the decoder that speaks first.
    pub(super) fn error(&self, error: ReadError) -> DocumentError {
        let mut error = DocumentError {
            start: self.start,
            error,
        };
        if let Some(refused) = &self.refused {
            error.error.message.clone_from(refused);
        } else if self.is_json {
            const BEFORE: &str = "error unmarshaling JSON: while decoding JSON: ";
            if let Some(words) = error.error.message.strip_prefix(BEFORE) {
                error.error.message = words.to_owned();
            }
        }
        error
    }
}

/// A document that cannot be read.
pub(super) struct DocumentError {
    start: usize,
    pub(super) error: ReadError,
}

impl DocumentError {
    /// Where in the file.
    pub(super) fn offset(&self) -> usize {
        self.start + self.error.range.start as usize
    }
}

/// The documents of a text, in order.
pub(super) struct Documents<'t> {
    text: &'t str,
    at: usize,
    json: bool,
    read: usize,
    refused: Option<String>,
}

impl<'t> Documents<'t> {
    pub(super) fn of(text: &'t str) -> Self {
        Self {
            text,
            at: 0,
            json: text.trim_start().starts_with('{'),
            read: 0,
            refused: None,
        }
    }

    /// The next value of a stream of JSON; `None` where the stream is over, an error where it
    /// gives way to YAML.
    fn value(&mut self) -> Option<Result<Document<'t>, String>> {
        let rest = &self.text[self.at..];
        let blank = rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
        let start = self.at + blank;
        if start == self.text.len() {
            return None;
        }
        let mut sources = Sources::default();
        let mut reader = json::Reader::new(self.text, 0, &mut sources);
        Some(match reader.value(start, SourceId::NONE, Step::Root) {
            Ok((_, end)) => {
                self.at = end;
                Ok(Document {
                    text: Cow::Borrowed(&self.text[start..end]),
                    start,
                    refused: None,
                    is_json: true,
                })
            }
            Err(error) => Err({
                let words = error.in_go_words(self.text);
                if words.ends_with("EOF") {
                    words
                } else {
                    format!("json: offset {}: {words}", error.range.start + 1)
                }
            }),
        })
    }

    /// The next document of YAML.
    fn document(&mut self) -> Option<Result<Document<'t>, DocumentError>> {
        let begin = self.at;
        let mut end = begin;
        for line in self.text[begin..].split_inclusive('\n') {
            if let Some(rest) = line.strip_prefix("---") {
                let rest = rest.trim();
                if !rest.is_empty() && !rest.starts_with('#') {
                    self.at = self.text.len();
                    let words = format!("invalid Yaml document separator: {rest}");
                    let range = TextRange::at(end - begin, end - begin);
                    return Some(Err(DocumentError {
                        start: begin,
                        error: ReadError::new(words, range),
                    }));
                }
                if end > begin {
                    self.at = end + line.len();
                    return Some(Ok(self.slice(begin, end)));
                }
            }
            end += line.len();
        }
        self.at = self.text.len();
        (end > begin).then(|| Ok(self.slice(begin, end)))
    }

    fn slice(&mut self, begin: usize, end: usize) -> Document<'t> {
        let text = &self.text[begin..end];
        let text = if text.contains("\r\n") {
            Cow::Owned(text.replace("\r\n", "\n"))
        } else {
            Cow::Borrowed(text)
        };
        Document {
            text,
            start: begin,
            refused: self.refused.take(),
            is_json: false,
        }
    }
}

impl<'t> Iterator for Documents<'t> {
    type Item = Result<Document<'t>, DocumentError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.json {
            match self.value()? {
                Ok(document) => {
                    self.read += 1;
                    return Some(Ok(document));
                }
                Err(words) => {
                    self.json = false;
                    if self.read > 1 {
                        // So much JSON is no YAML any more.
                        let start = self.at;
                        self.at = self.text.len();
                        let words = words
                            .split_once(": ")
                            .and_then(|(_, rest)| rest.split_once(": "))
                            .map_or(words.clone(), |(_, words)| words.to_owned());
                        let error = ReadError::new(words, TextRange::default());
                        return Some(Err(DocumentError { start, error }));
                    }
                    self.refused = Some(words);
                    let rest = &self.text[self.at..];
                    let blank = rest.len() - rest.trim_start().len();
                    // What is blank is eaten as far as the line goes.
                    self.at += rest[..blank].find('\n').map_or(blank, |end| end + 1);
                }
            }
        }
        match self.document()? {
            Err(mut error) => {
                if let Some(refused) = self.refused.take() {
                    error.error.message = refused;
                }
                Some(Err(error))
            }
            document => Some(document),
        }
    }
}
