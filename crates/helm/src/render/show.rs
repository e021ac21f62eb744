//! A part of what was rendered: `--show-only`.

use super::split::split;
use crate::chart::Pattern;

/// No document came from a template that a pattern names. Displayed, it is what Helm prints.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("could not find template {0} in chart")]
pub struct NotShown(pub String);

/// The documents of a rendered text that came from templates which match one of the patterns,
/// in the order of the patterns. A pattern is a path in the chart.
pub fn show_only(text: &str, patterns: &[String]) -> Result<String, NotShown> {
    let documents: Vec<(&str, Option<&str>)> = split(text)
        .into_iter()
        .map(|(_, document)| (document, source(document)))
        .collect();
    let mut out = String::new();
    for pattern in patterns {
        let matcher = Pattern::new(pattern.as_str());
        let mut missing = true;
        for (document, source) in &documents {
            let Some(path) = source else { continue };
            if matcher.matches(path).unwrap_or(false) {
                out.push_str("---\n");
                out.push_str(document);
                out.push('\n');
                missing = false;
            }
        }
        if missing {
            return Err(NotShown(pattern.clone()));
        }
    }
    Ok(out)
}

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
