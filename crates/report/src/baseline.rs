//! A baseline: the findings of one day, so that later reviews report only new ones.
//!
//! The file is JSON, sorted, with a line for each finding, so that a change of it can be read.
//! Only the fingerprint counts; rule, file and message are for the reader.

use std::collections::{HashMap, HashSet};
use std::io::{self, Write};

use plimsoll_source::{Files, Finding, SourceFile, TextRange};
use serde::{Deserialize, Serialize};

use crate::problems::Problem;
use crate::{Known, escape};

/// The version of the format.
const VERSION: u32 = 1;

/// The largest file that is read, in bytes.
pub const MAX_BYTES: u64 = 64 * 1024 * 1024;

/// The findings that are known.
#[derive(Debug, Default)]
pub struct Baseline {
    /// By fingerprint.
    entries: HashMap<String, Entry>,
}

#[derive(Serialize, Deserialize, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[serde(deny_unknown_fields)]
struct Entry {
    file: String,
    rule: String,
    message: String,
    fingerprint: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    version: u32,
    findings: Vec<Entry>,
}

/// Writes the findings as a baseline.
pub fn write(files: &Files, findings: &[Finding], out: &mut dyn Write) -> io::Result<()> {
    let entry = |finding: &Finding| Entry {
        file: files.get(finding.origin.place.file).path.to_string(),
        rule: finding.rule.to_owned(),
        message: finding.message.clone(),
        fingerprint: finding.fingerprint.to_string(),
    };
    let mut entries: Vec<Entry> = findings.iter().map(entry).collect();
    entries.sort();
    write!(out, "{{\n  \"version\": {VERSION},\n  \"findings\": [")?;
    for (number, entry) in entries.iter().enumerate() {
        let line = serde_json::to_string(entry)?;
        let comma = if number == 0 { "" } else { "," };
        write!(out, "{comma}\n    {}", escape::json(&line))?;
    }
    let end = if entries.is_empty() { "" } else { "\n  " };
    writeln!(out, "{end}]\n}}")
}

impl Baseline {
    /// Reads a file that [`write`] wrote.
    pub fn parse(file: &SourceFile) -> Result<Self, Problem> {
        let text = file.text.trim_start_matches('\u{feff}');
        let problem = |range, message| Problem {
            range,
            message,
            help: Some("write it anew with `plimsoll check --write-baseline FILE`".into()),
        };
        let document: Document = serde_json::from_str(text).map_err(|error| {
            let line = u32::try_from(error.line()).unwrap_or(1).max(1);
            let start = file.lines().line_start(line);
            let at = start as usize + error.column().saturating_sub(1);
            let at = file.text.floor_char_boundary(at.min(file.text.len()));
            let words = error.to_string();
            let words = words.split(" at line ").next().unwrap_or_default();
            problem(
                TextRange::empty(at as u32),
                format!("this is no baseline: {words}"),
            )
        })?;
        if document.version != VERSION {
            let message = format!(
                "the baseline has version {}, and only {VERSION} is known",
                document.version
            );
            return Err(problem(TextRange::empty(0), message));
        }
        let entries = document.findings.into_iter();
        Ok(Self {
            entries: entries
                .map(|entry| (entry.fingerprint.clone(), entry))
                .collect(),
        })
    }

    /// Takes out the findings that are known. `also` are further findings that are there and not
    /// reported. What is neither among those nor in `findings` is gone, if `judged` says of its
    /// rule and file that this review would have found it.
    pub fn part<'a>(
        &self,
        findings: &mut Vec<Finding>,
        also: impl IntoIterator<Item = &'a Finding>,
        judged: impl Fn(&str, &str) -> bool,
    ) -> Known {
        let mut there: HashSet<String> = HashSet::new();
        let print = |finding: &Finding| finding.fingerprint.to_string();
        there.extend(findings.iter().map(print));
        there.extend(also.into_iter().map(print));
        let before = findings.len();
        findings.retain(|finding| !self.entries.contains_key(&finding.fingerprint.to_string()));
        let gone = self.entries.values().filter(|entry| {
            !there.contains(&entry.fingerprint) && judged(&entry.rule, &entry.file)
        });
        Known {
            known: before - findings.len(),
            gone: gone.count(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Baseline;
    use plimsoll_source::SourceFile;

    fn fault(text: &str) -> String {
        let file = SourceFile::written("b.json", text);
        let problem = Baseline::parse(&file).expect_err("it is none");
        let at = file.line_col(problem.range.start);
        format!("{}:{} {}", at.line, at.column, problem.message)
    }

    #[test]
    fn what_is_no_baseline_is_said_with_its_place() {
        assert_eq!(
            fault("{\n  \"version\": 1,\n  \"findigs\": []\n}"),
            "3:11 this is no baseline: unknown field `findigs`, expected `version` or `findings`"
        );
        assert!(fault("").starts_with("1:1 this is no baseline: EOF"));
        assert_eq!(
            fault("{\"version\": 2, \"findings\": []}"),
            "1:1 the baseline has version 2, and only 1 is known"
        );
        let file = SourceFile::written("b.json", "{\"version\": 1, \"findings\": []}");
        assert!(Baseline::parse(&file).is_ok());
    }
}
