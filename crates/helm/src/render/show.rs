//! A part of what was rendered: `--show-only`.

use plimsoll_source::TextRange;

use super::split::split;
use crate::chart::Pattern;

/// No document came from a template that a pattern names. Displayed, it is what Helm prints.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("could not find template {0} in chart")]
pub struct NotShown(pub String);

/// The documents of a rendered text that came from templates which match one of the patterns,
/// in the order of the patterns. A pattern is a path in the chart.
pub fn show_only(text: &str, patterns: &[String]) -> Result<String, NotShown> {
    select(text, patterns).map(|(text, _)| text)
}

/// The same, and for each document where it stands and where it started in the text.
pub(super) fn select(text: &str, patterns: &[String]) -> Result<(String, Vec<Taken>), NotShown> {
    let documents: Vec<(usize, &str, Option<&str>)> = split(text)
        .into_iter()
        .map(|(at, document)| (at, document, source(document)))
        .collect();
    let mut out = String::new();
    let mut taken = Vec::new();
    for pattern in patterns {
        let matcher = Pattern::new(pattern.as_str());
        let mut missing = true;
        for (at, document, source) in &documents {
            let Some(path) = source else { continue };
            if matcher.matches(path).unwrap_or(false) {
                out.push_str("---\n");
                let start = out.len();
                out.push_str(document);
                taken.push((TextRange::at(start, out.len()), *at as u32));
                out.push('\n');
                missing = false;
            }
        }
        if missing {
            return Err(NotShown(pattern.clone()));
        }
    }
    Ok((out, taken))
}

/// Where a document stands, and where it started.
type Taken = (TextRange, u32);

/// What the first comment `# Source: CHART/PATH` of a document names as the path.
fn source(document: &str) -> Option<&str> {
    const MARK: &str = "# Source: ";
    let mut rest = document;
    while let Some(at) = rest.find(MARK) {
        rest = &rest[at + MARK.len()..];
        // The name of the chart may hold anything but a slash.
        if let Some(slash) = rest.find('/')
            && slash > 0
        {
            let path = &rest[slash + 1..];
            let path = path.split('\n').next().unwrap_or(path);
            if !path.is_empty() {
                return Some(path);
            }
        }
    }
    None
}
