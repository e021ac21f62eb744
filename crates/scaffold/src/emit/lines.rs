//! From trees to lines.

use std::rc::Rc;

use super::{Body, Document, List, Map, Member, Node, When, fits_lines, literal, quoted, scalar};
use crate::model::Evidence;
use crate::written::Written;

/// What a tree is written as.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Dialect {
    /// YAML.
    Plain,
    /// A template of a chart.
    Chart,
}

/// The longest line of a comment.
const WIDTH: usize = 96;

/// A line with what it rests on.
struct Line {
    text: String,
    why: Rc<[Evidence]>,
}

/// Writes documents as a file.
pub(crate) fn file(path: impl Into<String>, documents: &[Document], dialect: Dialect) -> Written {
    let mut lines = Vec::new();
    for document in documents {
        document_lines(document, !lines.is_empty(), dialect, &mut lines);
    }
    gathered(path.into(), lines)
}

/// Writes a document; `follows` is whether another stands before it.
fn document_lines(document: &Document, follows: bool, dialect: Dialect, lines: &mut Vec<Line>) {
    let mut writer = Writer { dialect, lines };
    let why = &Rc::from(document.why.clone());
    let Some(condition) = condition(&document.when, dialect) else {
        return;
    };
    if !condition.is_empty() {
        writer.line(0, &format!("{{{{- if {condition} }}}}"), why);
    }
    if follows {
        writer.line(0, "---", why);
    }
    writer.notes(0, &document.notes, why);
    writer.map(0, &document.body, why);
    if !condition.is_empty() {
        writer.line(0, "{{- end }}", why);
    }
}

/// The condition under which a piece is written, empty for none; nothing where it is not written.
fn condition(when: &When, dialect: Dialect) -> Option<&str> {
    match (when, dialect) {
        (When::Always, _) | (When::Plain | When::If(_), Dialect::Plain) => Some(""),
        (When::Chart, Dialect::Chart) => Some(""),
        (When::If(condition) | When::ChartIf(condition), Dialect::Chart) => Some(condition),
        (When::Plain, Dialect::Chart) | (When::Chart | When::ChartIf(_), Dialect::Plain) => None,
    }
}

/// Lines as a file: neighbours that rest on the same are one piece.
fn gathered(path: String, lines: Vec<Line>) -> Written {
    let mut written = Written::new(path);
    let mut lines = lines.into_iter().peekable();
    while let Some(first) = lines.next() {
        let mut text = first.text + "\n";
        while let Some(next) = lines.next_if(|next| next.why == first.why) {
            text.push_str(&next.text);
            text.push('\n');
        }
        written.push(text, first.why.to_vec());
    }
    written
}

struct Writer<'l> {
    dialect: Dialect,
    lines: &'l mut Vec<Line>,
}

impl Writer<'_> {
    fn line(&mut self, indent: usize, text: &str, why: &Rc<[Evidence]>) {
        let text = if text.is_empty() {
            String::new()
        } else {
            format!("{}{text}", " ".repeat(indent))
        };
        self.lines.push(Line {
            text,
            why: Rc::clone(why),
        });
    }

    fn notes(&mut self, indent: usize, notes: &[String], why: &Rc<[Evidence]>) {
        for note in notes {
            // A comment is a part of a template like any other.
            let note = note.replace("{{", "{ {").replace("}}", "} }");
            for line in wrapped(&note, WIDTH.saturating_sub(indent + 2)) {
                self.line(indent, format!("# {line}").trim_end(), why);
            }
        }
    }

    fn map(&mut self, indent: usize, map: &Map, why: &Rc<[Evidence]>) {
        for member in &map.members {
            self.member(indent, member, why, false);
        }
    }

    fn list(&mut self, indent: usize, list: &List, why: &Rc<[Evidence]>) {
        for member in &list.members {
            self.member(indent, member, why, true);
        }
    }

    fn member(&mut self, indent: usize, member: &Member, around: &Rc<[Evidence]>, listed: bool) {
        let Some(condition) = condition(&member.when, self.dialect) else {
            return;
        };
        let own;
        let why = if member.why.is_empty() {
            around
        } else {
            own = Rc::from(member.why.clone());
            &own
        };
        if !condition.is_empty() {
            self.line(indent, &format!("{{{{- if {condition} }}}}"), why);
        }
        self.notes(indent, &member.notes, why);
        if self.dialect == Dialect::Plain {
            self.notes(indent, &member.plain_notes, why);
        }
        match &member.body {
            Body::Gap => self.line(0, "", why),
            Body::Splice(expression) => {
                let text = format!("{{{{- {expression} | nindent {indent} }}}}");
                self.line(indent, &text, why);
            }
            Body::Lines(lines) => {
                for line in lines {
                    self.line(indent, line, why);
                }
            }
            Body::Entry(_, value) if listed => self.item(indent, value, why),
            Body::Entry(key, value) => {
                let key = self.text(&scalar(key.as_deref().unwrap_or_default()));
                self.value(indent, &format!("{key}:"), value, why);
            }
        }
        if !condition.is_empty() {
            self.line(indent, "{{- end }}", why);
        }
    }

    /// A value after the head of its line.
    fn value(&mut self, indent: usize, head: &str, value: &Node, why: &Rc<[Evidence]>) {
        match value {
            Node::Either(plain, chart) => match self.dialect {
                Dialect::Plain => self.value(indent, head, plain, why),
                Dialect::Chart => self.value(indent, head, chart, why),
            },
            Node::Anchored(name, value) => {
                self.value(indent, &format!("{head} &{name}"), value, why);
            }
            Node::Block(list) => {
                self.line(indent, &format!("{head} |-"), why);
                self.list(indent + 2, list, why);
            }
            Node::Lines(text) if fits_lines(text) => self.lines_of(indent, head, text, why),
            Node::Map(map) if map.is_empty() => self.line(indent, &format!("{head} {{}}"), why),
            Node::List(list) if list.is_empty() => self.line(indent, &format!("{head} []"), why),
            Node::Map(map) => {
                self.line(indent, head, why);
                self.map(indent + 2, map, why);
            }
            Node::List(list) => {
                self.line(indent, head, why);
                self.list(indent + 2, list, why);
            }
            leaf => {
                let text = self.leaf(leaf);
                self.line(indent, format!("{head} {text}").trim_end(), why);
            }
        }
    }

    /// A text in lines, with the mark that says how many line breaks end it.
    fn lines_of(&mut self, indent: usize, head: &str, text: &str, why: &Rc<[Evidence]>) {
        let body = text.trim_end_matches('\n');
        let (mark, body) = match text.len() - body.len() {
            0 => ("|-", body),
            1 => ("|", body),
            _ => ("|+", &text[..text.len() - 1]),
        };
        self.line(indent, &format!("{head} {mark}"), why);
        for line in body.split('\n') {
            let line = self.text(line);
            self.line(indent + 2, &line, why);
        }
    }

    /// An item of a sequence: the first line of a mapping stands behind the dash.
    fn item(&mut self, indent: usize, value: &Node, why: &Rc<[Evidence]>) {
        match value {
            Node::Either(plain, chart) => match self.dialect {
                Dialect::Plain => self.item(indent, plain, why),
                Dialect::Chart => self.item(indent, chart, why),
            },
            Node::Map(map) if !map.is_empty() => {
                let first = self.lines.len();
                self.map(indent + 2, map, why);
                // Comments of the first entry stand above the dash, at its column.
                for line in &mut self.lines[first..] {
                    let text = line.text.split_off(indent.min(line.text.len()));
                    if text.starts_with("  #") {
                        line.text.push_str(&text[2..]);
                    } else {
                        line.text.push_str("- ");
                        line.text.push_str(text.get(2..).unwrap_or_default());
                        break;
                    }
                }
            }
            Node::List(list) if !list.is_empty() => {
                self.line(indent, "-", why);
                self.list(indent + 2, list, why);
            }
            value => self.value(indent, "-", value, why),
        }
    }

    fn leaf(&self, node: &Node) -> String {
        match node {
            Node::Text(text) => self.text(&scalar(text)),
            Node::Quoted(text) | Node::Lines(text) => self.text(&quoted(text)),
            Node::Word(word) => word.clone(),
            Node::Flow(texts) => {
                let texts: Vec<String> = texts.iter().map(|text| quoted(text)).collect();
                self.text(&format!("[{}]", texts.join(", ")))
            }
            Node::Map(_)
            | Node::List(_)
            | Node::Block(_)
            | Node::Either(..)
            | Node::Anchored(..) => String::new(),
        }
    }

    fn text(&self, text: &str) -> String {
        match self.dialect {
            Dialect::Plain => text.to_owned(),
            Dialect::Chart => literal(text),
        }
    }
}

/// A paragraph in lines of at most `width` characters, where its words allow that.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let last = lines.last_mut().expect("there is a first line");
        if !last.is_empty() && last.chars().count() + 1 + word.chars().count() > width {
            lines.push(word.to_owned());
            continue;
        }
        if !last.is_empty() {
            last.push(' ');
        }
        last.push_str(word);
    }
    lines
}
