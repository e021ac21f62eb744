//! Comments in the files of a chart: templates, which are no YAML, and values.
//!
//! A comment covers the line that it is on, or the next line that is neither a comment nor only
//! control (`{{ if … }}`), with all that is indented below that. Above the head of an object in a
//! template it covers the object. `# plimsoll: …` and `{{/* plimsoll: … */}}` mean the same.

use plimsoll_source::{SourceFile, TextRange};

use super::directives::{self, Span, Tool};
use super::read::Suppression;

const TOOLS: &[Tool] = &[Tool::Checkov, Tool::Trivy];
/// What every directive has.
const MARKS: [&str; 3] = ["plimsoll:", "checkov:skip", "trivy:ignore"];

/// The suppressions of a template or of a values file.
pub(super) fn read(source: &SourceFile) -> Vec<Suppression> {
    let text: &str = &source.text;
    if !MARKS.iter().any(|mark| text.contains(mark)) {
        return Vec::new();
    }
    let lines = Lines::new(text);
    let mut found = Vec::new();
    for number in 0..lines.starts.len() {
        let line = lines.text(number);
        let Some(at) = MARKS.iter().filter_map(|mark| line.find(mark)).min() else {
            continue;
        };
        let Some((open, end)) = comment(line, at) else {
            continue;
        };
        let start = lines.starts[number] as usize;
        let range = TextRange::at(start + open, start + end);
        // The words of the comment, after what opens it.
        let words = &line[at..end];
        let trailing = !line[..open].trim().is_empty();
        for directive in directives::parse(words, (start + at) as u32, TOOLS) {
            if directive.fault.is_some() && directive.tool != Tool::Plimsoll {
                continue;
            }
            let covers = match directive.span {
                Span::File => TextRange::new(0, u32::MAX),
                Span::Here | Span::Around if trailing => lines.block(number, number),
                Span::Here | Span::Around => lines.below(number),
            };
            found.push(Suppression {
                range,
                tool: directive.tool,
                names: directive.names,
                covers,
                reason: directive.reason,
                fault: directive.fault,
            });
        }
    }
    found
}

/// Where the comment with a directive at `at` begins and where its words end. `None` if the
/// directive stands in no comment.
fn comment(line: &str, at: usize) -> Option<(usize, usize)> {
    let before = &line[..at];
    let of_template = before.rfind("/*").map(|slash| {
        let open = line[..slash].rfind("{{").unwrap_or(slash);
        let end = line[at..].find("*/").map_or(line.len(), |end| at + end);
        (open, end)
    });
    let sharp = before.rfind('#').filter(|&sharp| {
        let outside = line[..sharp].chars().next_back();
        outside.is_none_or(char::is_whitespace)
    });
    let of_yaml = sharp.map(|sharp| (sharp, line.len()));
    // A directive on a line of its own in a template comment of several lines.
    let inside = before.trim().is_empty().then(|| {
        let end = line[at..].find("*/").map_or(line.len(), |end| at + end);
        (at, end)
    });
    let (open, end) = of_template.or(of_yaml).or(inside)?;
    Some((open, open.max(at) + line[at..end].trim_end().len()))
}

struct Lines<'t> {
    text: &'t str,
    starts: Vec<u32>,
}

impl<'t> Lines<'t> {
    fn new(text: &'t str) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let starts = std::iter::once(0).chain(breaks.map(|(at, _)| at as u32 + 1));
        Self {
            text,
            starts: starts.collect(),
        }
    }

    fn text(&self, number: usize) -> &'t str {
        let end = self.end(number) as usize;
        let line = &self.text[self.starts[number] as usize..end];
        line.trim_end_matches(['\n', '\r'])
    }

    /// Where the next line starts.
    fn end(&self, number: usize) -> u32 {
        let next = self.starts.get(number + 1).copied();
        next.unwrap_or(self.text.len() as u32)
    }

    /// What a comment on a line of its own covers.
    fn below(&self, number: usize) -> TextRange {
        let first = number + 1;
        let mut line = first;
        let mut in_comment = false;
        while line < self.starts.len() {
            let text = self.text(line).trim();
            in_comment |= text.contains("/*");
            let passes =
                in_comment || text.starts_with('#') || text.starts_with("*/") || is_control(text);
            if text.contains("*/") {
                in_comment = false;
            }
            if !passes {
                break;
            }
            line += 1;
        }
        if line >= self.starts.len() {
            return TextRange::empty(self.text.len() as u32);
        }
        self.block(first, line)
    }

    /// A line with all that belongs to it, from the line `first` on.
    fn block(&self, first: usize, line: usize) -> TextRange {
        let text = self.text(line);
        let depth = indent(text);
        let body = text.trim_start();
        let is_head = depth == 0
            && ["apiVersion:", "kind:"]
                .iter()
                .any(|key| body.starts_with(key));
        let opens = body.trim_end().ends_with(':');
        let mut end = line + 1;
        let mut last = end;
        while end < self.starts.len() {
            let text = self.text(end);
            let body = text.trim_start();
            if is_head {
                if text.starts_with("---") {
                    break;
                }
            } else if !body.is_empty() && !is_control(body) && !body.starts_with('#') {
                let inner = indent(text) > depth;
                let item = opens && indent(text) == depth && body.starts_with("- ");
                if !inner && !item {
                    break;
                }
            }
            end += 1;
            if is_head || !body.is_empty() && !is_control(body) {
                last = end;
            }
        }
        // What stands at the end of a text without a line break belongs to its last line.
        let until = self.end(last - 1);
        let past = u32::from(until as usize == self.text.len());
        TextRange::new(self.starts[first], until + past)
    }
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// Whether a line, without blanks around it, holds nothing but a control action.
fn is_control(line: &str) -> bool {
    const WORDS: [&str; 9] = [
        "if", "else", "end", "with", "range", "define", "block", "break", "continue",
    ];
    let Some(inner) = line
        .strip_prefix("{{")
        .and_then(|rest| rest.strip_suffix("}}"))
    else {
        return false;
    };
    let inner = inner.trim_matches(['-', ' ', '\t']);
    let word = inner.split([' ', '\t']).next().unwrap_or_default();
    let single = !inner.contains("{{");
    single && (WORDS.contains(&word) || inner.starts_with("/*") || inner.contains(":="))
}

#[cfg(test)]
mod tests {
    use super::read;
    use plimsoll_source::SourceFile;

    #[track_caller]
    fn covers(text: &str, expected: &str) {
        let found = read(&SourceFile::written("templates/a.yaml", text));
        assert_eq!(found.len(), 1, "{found:?}");
        let end = found[0].covers.end.min(text.len() as u32);
        let range = plimsoll_source::TextRange::new(found[0].covers.start, end);
        assert_eq!(range.of(text), expected);
    }

    #[test]
    fn a_comment_covers_the_line_below_or_its_own() {
        covers(
            "a: 1\n# plimsoll: allow(run-as-root) why\nb: 2\nc: 3\n",
            "b: 2\n",
        );
        covers(
            "a: 1\nb: 2 # plimsoll: allow(run-as-root)\nc: 3\n",
            "b: 2 # plimsoll: allow(run-as-root)\n",
        );
        covers(
            "{{/* plimsoll: allow(run-as-root) why */}}\nb: {{ .x }}\nc: 3\n",
            "b: {{ .x }}\n",
        );
        covers(
            "{{- /*\nplimsoll: allow(run-as-root) why\n*/ -}}\nb: 2\nc: 3\n",
            "*/ -}}\nb: 2\n",
        );
    }

    #[test]
    fn control_lines_are_passed_over_and_blocks_are_whole() {
        covers(
            "x:\n  # plimsoll: allow(run-as-root)\n  {{- if .a }}\n  - name: a\n    b: 1\n  {{- end }}\n  - name: c\n",
            "  {{- if .a }}\n  - name: a\n    b: 1\n",
        );
        covers(
            "# plimsoll: allow(run-as-root)\nresources:\n  limits:\n    cpu: 1\nother: 2\n",
            "resources:\n  limits:\n    cpu: 1\n",
        );
        covers(
            "# plimsoll: allow(run-as-root)\napiVersion: v1\nkind: Pod\n{{- with .a }}\nspec: {}\n{{- end }}\n---\na: 1\n",
            "apiVersion: v1\nkind: Pod\n{{- with .a }}\nspec: {}\n{{- end }}\n",
        );
    }

    #[test]
    fn words_outside_of_comments_allow_nothing() {
        let text = "text: \"say plimsoll: allow(run-as-root)\"\n";
        assert!(read(&SourceFile::written("values.yaml", text)).is_empty());
    }
}
