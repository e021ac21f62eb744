//! What Helm does not say about an error: the calls that led to it, the value that is to blame
//! and where it was written.

mod blame;

use plimsoll_gotmpl::{Error, Map, Session};
use plimsoll_source::{LineIndex, TextRange};

use super::engine::TemplateFile;
use super::output::RenderedFile;
use super::split::ManifestError;
use crate::values::Sources;

/// More about an error.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Explanation {
    /// The calls, the outermost first.
    pub calls: Vec<Call>,
    /// Further sentences, each on its own.
    pub notes: Vec<String>,
}

/// A template that was executing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Call {
    /// The file, by its path in the chart.
    pub path: String,
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
    /// The expression that was evaluated.
    pub expression: String,
}

/// How many calls are told, half of them from each end.
const MAX_CALLS: usize = 20;
/// The longest expression that is shown, in characters.
const MAX_EXPRESSION: usize = 120;

impl Explanation {
    /// The lines that readers see.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        let cut = self.calls.len().saturating_sub(MAX_CALLS);
        for (number, call) in self.calls.iter().enumerate() {
            if cut > 0 && number == MAX_CALLS / 2 {
                lines.push(format!("  … {cut} more"));
            }
            if cut > 0 && (MAX_CALLS / 2..MAX_CALLS / 2 + cut).contains(&number) {
                continue;
            }
            let Call {
                path,
                line,
                column,
                expression,
            } = call;
            lines.push(format!("  {path}:{line}:{column}: {expression}"));
        }
        lines.extend(self.notes.iter().map(|note| format!("  note: {note}")));
        lines
    }
}

/// Explains an error of execution. `root` is what the outermost template sees.
pub(super) fn execution(
    error: &Error,
    session: &Session,
    files: &[TemplateFile<'_>],
    root: &Map,
    sources: &Sources,
) -> Explanation {
    let mut explanation = Explanation::default();
    let mut next = Some(error);
    let mut sites = Vec::new();
    while let Some(error) = next {
        if let Some(site) = &error.site {
            let tree = session.tree(site.tree);
            let text = String::from_utf8_lossy(tree.text());
            // Positions count bytes of the text, which is UTF-8 but in odd cases.
            let position = LineIndex::new(&text).line_col(&text, site.range.start);
            let known = files.iter().find(|file| *file.name == *site.name);
            let path = match known {
                Some(file) => file.file.path.to_string(),
                None => "a text given to `tpl`".to_owned(),
            };
            explanation.calls.push(Call {
                path,
                line: position.line,
                column: position.column,
                expression: shortened(&expression(tree.text(), site.range, &site.context)),
            });
            sites.push((tree, site));
        }
        next = error.inner();
    }
    // The innermost call that names values at all is the one to blame.
    let mut notes = sites.iter().rev().map(|(tree, site)| {
        let written = blame::notes(tree, site.range, &site.context);
        let notes = written.iter().map(|path| blame::told(path, root, sources));
        notes.collect::<Vec<_>>()
    });
    explanation.notes = notes.find(|notes| !notes.is_empty()).unwrap_or_default();
    explanation
}

/// The expression as it is written, if it can be cut out.
fn expression(text: &[u8], range: TextRange, context: &str) -> String {
    let written = text.get(range.start as usize..range.end as usize);
    match written.and_then(|bytes| std::str::from_utf8(bytes).ok()) {
        Some(written) if !written.is_empty() => written.to_owned(),
        _ => context.to_owned(),
    }
}

fn shortened(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(MAX_EXPRESSION) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// Explains why a document is no YAML: what stands there and what wrote it.
pub(super) fn manifest(
    error: &ManifestError,
    session: &Session,
    files: &[TemplateFile<'_>],
    rendered: &[RenderedFile],
) -> Explanation {
    let mut explanation = Explanation::default();
    let Some(file) = rendered.iter().find(|file| file.name == error.path) else {
        return explanation;
    };
    let text = String::from_utf8_lossy(&file.text);
    let at = error.offset + error.error.range.start;
    let at = at.min(text.len() as u32);
    let index = LineIndex::new(&text);
    let line = index.line_col(&text, at).line;
    let shown = text.lines().nth(line.saturating_sub(1) as usize);
    let segment = file
        .segments
        .iter()
        .filter(|segment| !segment.output.is_empty())
        .find(|segment| segment.output.start <= at && at < segment.output.end)
        .or(file.segments.last());
    if let Some(segment) = segment {
        let mut spots = vec![segment.printed];
        if segment.written != segment.printed {
            spots.push(segment.written);
        }
        for spot in spots {
            let tree = session.tree(spot.tree);
            let template = String::from_utf8_lossy(tree.text());
            let known = files.iter().find(|file| *file.name == **tree.name());
            let copied = segment.verbatim && spot == segment.written;
            let within = at.saturating_sub(segment.output.start);
            let start = spot.range.start + if copied { within } else { 0 };
            let position = LineIndex::new(&template).line_col(&template, start);
            let written = template
                .lines()
                .nth(position.line.saturating_sub(1) as usize);
            explanation.calls.push(Call {
                path: known.map_or("a text given to `tpl`".to_owned(), |file| {
                    file.file.path.to_string()
                }),
                line: position.line,
                column: position.column,
                expression: shortened(written.unwrap_or_default()),
            });
        }
    }
    if let Some(shown) = shown {
        explanation.notes.push(format!(
            "line {line} of what was rendered: `{}`",
            shortened(shown)
        ));
    }
    if let Some(advice) = &error.error.advice {
        let (what, help) = &**advice;
        explanation.notes.push(match help {
            Some(help) => format!("{what}; {help}"),
            None => what.clone(),
        });
    }
    explanation
}
