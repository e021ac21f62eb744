//! Places in templates, as readers see them.

use plimsoll_source::TextRange;

use super::Provenance;
use crate::render::{Branch, Written};

/// A place in a template.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Spot {
    /// The template's path.
    pub path: String,
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
    /// Where it ends.
    pub end_line: u32,
    /// The column after its last character.
    pub end_column: u32,
    /// The line as it is written, without the white space around it.
    pub source: String,
    /// The named template that it stands in.
    pub definition: Option<String>,
}

impl Provenance {
    /// The path of a template.
    pub fn template_path(&self, template: u32) -> &str {
        let found = self.traced.templates.get(template as usize);
        found.map_or("", |template| &template.path)
    }

    /// The text of a template, with `U+FFFD` for what is not UTF-8.
    pub fn template_text(&self, template: u32) -> &str {
        let found = self.templates.get(template as usize);
        found.map_or("", |text| &text.text)
    }

    /// The line, from 1, of a byte of a template.
    pub fn template_line(&self, template: u32, offset: u32) -> u32 {
        let found = self.templates.get(template as usize);
        found.map_or(0, |text| text.lines.line(offset))
    }

    /// A place in a template.
    pub fn spot(&self, written: &Written) -> Spot {
        let Written { template, range } = *written;
        let path = self.template_path(template).to_owned();
        let Some(text) = self.templates.get(template as usize) else {
            return Spot {
                path,
                line: 0,
                column: 0,
                end_line: 0,
                end_column: 0,
                source: String::new(),
                definition: None,
            };
        };
        // A range that starts with the end of a line is about what follows.
        let bytes = range.of(&text.text);
        let blank = bytes.len() - bytes.trim_start_matches(['\r', '\n']).len();
        let start = if blank < bytes.len() {
            range.start + blank as u32
        } else {
            range.start
        };
        let from = text.lines.line_col(&text.text, start);
        let to = text.lines.line_col(&text.text, range.end);
        let source = text.lines.line_range(&text.text, from.line);
        let definition = self.outlines[template as usize].definition(start);
        Spot {
            path,
            line: from.line,
            column: from.column,
            end_line: to.line,
            end_column: to.column,
            source: source
                .map_or("", |line| line.of(&text.text))
                .trim()
                .to_owned(),
            definition: definition.map(ToString::to_string),
        }
    }

    /// The branches that a place lies in, the outermost first: their actions, and whether it
    /// lies in what is done when the branch is taken. Those of the calls come first.
    pub fn branches(&self, written: &Written, calls: u32) -> Vec<(Written, Branch, bool)> {
        let mut found: Vec<(Written, Branch, bool)> = Vec::new();
        let calls = self.calls(calls);
        for at in calls.iter().rev().chain([written]) {
            let Some(outline) = self.outlines.get(at.template as usize) else {
                continue;
            };
            for (_, branch, taken) in outline.around(at.range) {
                let head = Written {
                    template: at.template,
                    range: branch.head,
                };
                if !found.iter().any(|(known, ..)| *known == head) {
                    found.push((head, *branch, taken));
                }
            }
        }
        found
    }

    /// The text of a range of a template on one line.
    pub fn expression(&self, template: u32, range: TextRange) -> String {
        let text = range.of(self.template_text(template));
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}
