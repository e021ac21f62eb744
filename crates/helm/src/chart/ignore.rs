//! `.helmignore`: which files of a folder are no part of the chart (Helm's `pkg/ignore`).
//!
//! The first rule that applies decides. A rule that starts with `!` ignores everything that it
//! does *not* match.

use super::pattern::{Pattern, PatternError};

/// The rules of a chart's folder.
#[derive(Clone, Debug)]
pub struct Ignore {
    rules: Vec<Rule>,
}

#[derive(Clone, Debug)]
struct Rule {
    pattern: Pattern,
    negated: bool,
    only_folders: bool,
    /// Whether it is matched with the whole path and not with the last part only.
    whole_path: bool,
}

/// A `.helmignore` that cannot be used. Displayed, it is what Helm prints.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum IgnoreError {
    /// A rule with `**`.
    #[error("double-star (**) syntax is not supported")]
    DoubleStar,
    /// A rule that is no pattern.
    #[error(transparent)]
    Pattern(#[from] PatternError),
    /// A line that Go's scanner does not take.
    #[error("bufio.Scanner: token too long")]
    TooLong,
}

/// The longest line that Go's scanner takes, in bytes.
const MAX_LINE: usize = 64 * 1024 - 1;

impl Ignore {
    /// The rules of a `.helmignore`, and after them those that Helm has by itself.
    pub fn parse(text: &[u8]) -> Result<Self, IgnoreError> {
        let text = String::from_utf8_lossy(text);
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        let mut ignore = Self { rules: Vec::new() };
        for line in text.split('\n') {
            if line.len() > MAX_LINE {
                return Err(IgnoreError::TooLong);
            }
            ignore.add(line)?;
        }
        ignore.add("templates/.?*")?;
        Ok(ignore)
    }

    fn add(&mut self, line: &str) -> Result<(), IgnoreError> {
        let rule = line.trim();
        if rule.is_empty() || rule.starts_with('#') {
            return Ok(());
        }
        if rule.contains("**") {
            return Err(IgnoreError::DoubleStar);
        }
        Pattern::new(rule).matches("abc")?;
        let (negated, rule) = match rule.strip_prefix('!') {
            Some(rest) => (true, rest),
            None => (false, rule),
        };
        let (only_folders, rule) = match rule.strip_suffix('/') {
            Some(rest) => (true, rest),
            None => (false, rule),
        };
        let (whole_path, rule) = match rule.strip_prefix('/') {
            Some(rest) => (true, rest),
            None => (rule.contains('/'), rule),
        };
        self.rules.push(Rule {
            pattern: Pattern::new(rule),
            negated,
            only_folders,
            whole_path,
        });
        Ok(())
    }

    /// Whether a file or folder is ignored; its path is relative to the chart.
    pub fn ignores(&self, path: &str, is_folder: bool) -> bool {
        if matches!(path, "" | "." | "./") {
            return false;
        }
        for rule in &self.rules {
            if rule.only_folders && !is_folder {
                if rule.negated {
                    return true;
                }
                continue;
            }
            let name = if rule.whole_path {
                path
            } else {
                plimsoll_source::files::file_name(path)
            };
            // A pattern that is malformed only here matches nothing.
            let hit = rule.pattern.matches(name).unwrap_or(false);
            if hit != rule.negated {
                return true;
            }
        }
        false
    }
}
