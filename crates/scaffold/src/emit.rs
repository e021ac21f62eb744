//! YAML text with comments, in pieces that say what they rest on.
//!
//! One tree is written twice: as it is, and as a template of a chart. Where the two differ, the
//! tree says so, so that a chart rendered with its defaults cannot drift away from the manifests.

mod lines;
mod scalar;

pub(crate) use lines::{Dialect, file};
pub(crate) use scalar::{fits_lines, literal, quoted, scalar};

use crate::model::Evidence;

/// A value.
#[derive(Clone, Debug)]
pub(crate) enum Node {
    /// A text; in quotes where YAML would read it as something else.
    Text(String),
    /// A text that is always in quotes.
    Quoted(String),
    /// A number, a truth value, or a template's expression: written as it is.
    Word(String),
    /// Texts in brackets, on one line.
    Flow(Vec<String>),
    /// A mapping.
    Map(Map),
    /// A sequence.
    List(List),
    /// One value as it is, another in a chart.
    Either(Box<Node>, Box<Node>),
    /// A text that is itself YAML, in lines of its own.
    Block(List),
    /// A text in lines of its own, where YAML can hold it so; in quotes otherwise.
    Lines(String),
    /// A value that other places refer to by a name.
    Anchored(String, Box<Node>),
}

/// Where a piece is written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum When {
    /// Everywhere.
    Always,
    /// Not in a chart.
    Plain,
    /// In a chart only.
    Chart,
    /// Everywhere; in a chart under a condition.
    If(String),
    /// In a chart only, under a condition.
    ChartIf(String),
}

/// A mapping, in the order of writing.
#[derive(Clone, Debug, Default)]
pub(crate) struct Map {
    pub(crate) members: Vec<Member>,
}

/// A sequence.
#[derive(Clone, Debug, Default)]
pub(crate) struct List {
    pub(crate) members: Vec<Member>,
}

/// A piece of a mapping or a sequence.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    /// Paragraphs above it.
    pub(crate) notes: Vec<String>,
    /// Paragraphs that are wrong in a chart, where values hold what they speak of.
    pub(crate) plain_notes: Vec<String>,
    /// What it rests on beyond what all around it rests on.
    pub(crate) why: Vec<Evidence>,
    pub(crate) when: When,
    pub(crate) body: Body,
}

#[derive(Clone, Debug)]
pub(crate) enum Body {
    /// A key, which sequences lack, with its value.
    Entry(Option<String>, Node),
    /// An expression of a template that gives lines of YAML.
    Splice(String),
    /// Lines of a template, without their indentation.
    Lines(Vec<String>),
    /// A blank line and nothing else.
    Gap,
}

/// One document of a file.
#[derive(Clone, Debug)]
pub(crate) struct Document {
    pub(crate) notes: Vec<String>,
    /// What the document as a whole rests on; never empty.
    pub(crate) why: Vec<Evidence>,
    /// Where it is written.
    pub(crate) when: When,
    pub(crate) body: Map,
}

impl Document {
    pub(crate) fn new(body: Map, why: Vec<Evidence>) -> Self {
        Self {
            notes: Vec::new(),
            why,
            when: When::Always,
            body,
        }
    }

    pub(crate) fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(text.into());
        self
    }

    pub(crate) fn only(mut self, when: When) -> Self {
        self.when = when;
        self
    }
}

impl From<&str> for Node {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Node {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<u32> for Node {
    fn from(number: u32) -> Self {
        Self::Word(number.to_string())
    }
}

impl From<u16> for Node {
    fn from(number: u16) -> Self {
        Self::Word(number.to_string())
    }
}

impl From<bool> for Node {
    fn from(value: bool) -> Self {
        Self::Word(value.to_string())
    }
}

impl From<Map> for Node {
    fn from(map: Map) -> Self {
        Self::Map(map)
    }
}

impl From<List> for Node {
    fn from(list: List) -> Self {
        Self::List(list)
    }
}

impl Node {
    /// A template's expression with its braces, such as `{{ .Values.tag }}`.
    pub(crate) fn expression(text: impl AsRef<str>) -> Self {
        Self::Word(format!("{{{{ {} }}}}", text.as_ref()))
    }

    /// The expression of a text: in quotes, for `no` and `12` are names of releases as well.
    pub(crate) fn text_expression(text: impl AsRef<str>) -> Self {
        let text = text.as_ref();
        if text.ends_with("| quote") {
            Self::expression(text)
        } else {
            Self::expression(format!("{text} | quote"))
        }
    }

    /// One value as it is, an expression in a chart: of a text where the value is one.
    pub(crate) fn or_expression(self, text: impl AsRef<str>) -> Self {
        let other = match self {
            Self::Text(_) => Self::text_expression(text),
            _ => Self::expression(text),
        };
        Self::Either(Box::new(self), Box::new(other))
    }

    /// Lines of YAML as they are, an expression in a chart that gives them.
    pub(crate) fn or_splice(self, text: impl Into<String>) -> Self {
        Self::Either(Box::new(self), Box::new(Self::Map(Map::new().splice(text))))
    }

    /// Texts on one line.
    pub(crate) fn flow<T: AsRef<str>>(texts: &[T]) -> Self {
        Self::Flow(texts.iter().map(|text| text.as_ref().to_owned()).collect())
    }
}

/// What both kinds of collections can say of the member added last.
macro_rules! about_the_last {
    ($kind:ident) => {
        impl $kind {
            pub(crate) fn new() -> Self {
                Self::default()
            }

            fn member(mut self, when: When, body: Body) -> Self {
                self.members.push(Member {
                    notes: Vec::new(),
                    plain_notes: Vec::new(),
                    why: Vec::new(),
                    when,
                    body,
                });
                self
            }

            fn last(mut self, change: impl FnOnce(&mut Member)) -> Self {
                if let Some(last) = self.members.last_mut() {
                    change(last);
                }
                self
            }

            /// Puts a paragraph above the last member.
            pub(crate) fn note(self, text: impl Into<String>) -> Self {
                let text = text.into();
                self.last(|last| last.notes.push(text))
            }

            /// Says what the last member rests on.
            pub(crate) fn why(self, evidence: &[Evidence]) -> Self {
                self.last(|last| last.why.extend_from_slice(evidence))
            }

            /// Says where the last member is written.
            pub(crate) fn only(self, when: When) -> Self {
                self.last(|last| last.when = when)
            }

            /// Lines of a template.
            pub(crate) fn lines(self, lines: &[&str]) -> Self {
                let lines = lines.iter().map(|line| (*line).to_owned()).collect();
                self.member(When::Chart, Body::Lines(lines))
            }
        }
    };
}

about_the_last!(Map);
about_the_last!(List);

impl Map {
    /// Adds an entry.
    pub(crate) fn put(self, key: impl Into<String>, value: impl Into<Node>) -> Self {
        self.member(When::Always, Body::Entry(Some(key.into()), value.into()))
    }

    /// Puts a paragraph above the last member, but not in a chart.
    pub(crate) fn plain_note(self, text: impl Into<String>) -> Self {
        let text = text.into();
        self.last(|last| last.plain_notes.push(text))
    }

    /// A blank line.
    pub(crate) fn gap(self) -> Self {
        self.member(When::Always, Body::Gap)
    }

    /// Adds lines that a template's expression gives.
    pub(crate) fn splice(self, expression: impl Into<String>) -> Self {
        self.member(When::Chart, Body::Splice(expression.into()))
    }

    /// Whether nothing is written of it outside of a chart.
    pub(crate) fn is_empty(&self) -> bool {
        self.members.is_empty()
    }
}

impl List {
    /// Adds an item.
    pub(crate) fn item(self, value: impl Into<Node>) -> Self {
        self.member(When::Always, Body::Entry(None, value.into()))
    }

    /// Whether it has no item.
    pub(crate) fn is_empty(&self) -> bool {
        self.members.is_empty()
    }
}

#[cfg(test)]
mod tests;
