//! What was written last, kept in a small file that is committed.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

/// Where the record is kept, relative to the root. No tool takes a file of this name for one of
/// the files that it holds.
pub const RECORD_PATH: &str = ".plimsoll/init.json";

/// The number of the format; another one is refused.
const FORMAT: u64 = 1;

/// The texts written last, by path.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Record {
    /// Path relative to the root, and the text.
    pub files: BTreeMap<String, String>,
}

/// Why a record cannot be used.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum RecordError {
    /// It is no JSON, or not as it is written.
    #[error("the record of what was written is damaged: {0}")]
    Damaged(String),
    /// Another version of the program wrote it.
    #[error("the record of what was written has the format {0}, and this program knows {FORMAT}")]
    Format(u64),
}

impl Record {
    /// Reads a record.
    pub fn parse(text: &str) -> Result<Self, RecordError> {
        let damaged = |words: &str| RecordError::Damaged(words.to_owned());
        let value: Value =
            serde_json::from_str(text).map_err(|error| RecordError::Damaged(error.to_string()))?;
        match value["format"].as_u64() {
            Some(FORMAT) => {}
            Some(other) => return Err(RecordError::Format(other)),
            None => return Err(damaged("it has no `format`")),
        }
        let files = value["files"].as_object();
        let files = files.ok_or_else(|| damaged("it has no `files`"))?;
        let mut record = Self::default();
        for (path, lines) in files {
            let lines = lines.as_array().into_iter().flatten();
            let lines: Option<Vec<&str>> = lines.map(Value::as_str).collect();
            let lines = lines.ok_or_else(|| damaged("a file of it is no list of lines"))?;
            if !is_below_root(path) {
                return Err(damaged("a path of it leads out of the folder"));
            }
            record.files.insert(path.clone(), lines.join("\n"));
        }
        Ok(record)
    }

    /// The text of the record: a line for every line, so that its differences can be read.
    pub fn text(&self) -> String {
        let mut out = format!(
            "{{\n  \"about\": \"what `plimsoll init` wrote last; commit it, so that it can tell your edits from its own lines\",\n  \"format\": {FORMAT},\n  \"files\": {{"
        );
        for (number, (path, text)) in self.files.iter().enumerate() {
            let comma = if number == 0 { "" } else { "," };
            let _ = write!(out, "{comma}\n    {}: [", Value::from(path.as_str()));
            for (number, line) in text.split('\n').enumerate() {
                let comma = if number == 0 { "" } else { "," };
                let _ = write!(out, "{comma}\n      {}", Value::from(line));
            }
            out.push_str("\n    ]");
        }
        out.push_str("\n  }\n}\n");
        out
    }
}

/// Whether a path stays below the root.
fn is_below_root(path: &str) -> bool {
    !path.is_empty()
        && path
            .split('/')
            .all(|part| !matches!(part, "" | "." | "..") && !part.contains(['\\', ':', '\0']))
}

#[cfg(test)]
mod tests {
    use super::{Record, RecordError};

    #[test]
    fn a_record_is_read_as_it_was_written() {
        let mut record = Record::default();
        for (path, text) in [
            ("a", ""),
            ("b/c.yaml", "x\n\"y\"\n"),
            ("d", "no end"),
            ("e", "\n"),
        ] {
            record.files.insert(path.to_owned(), text.to_owned());
        }
        assert_eq!(Record::parse(&record.text()), Ok(record));
        let none = Record::default();
        assert_eq!(Record::parse(&none.text()), Ok(none));
    }

    #[test]
    fn what_is_no_record_is_refused() {
        for text in [
            "",
            "{}",
            "{\"format\": 1}",
            "{\"format\": 1, \"files\": {\"../a\": []}}",
            "{\"format\": 1, \"files\": {\"/a\": []}}",
            "{\"format\": 1, \"files\": {\"a\": [1]}}",
        ] {
            assert!(
                matches!(Record::parse(text), Err(RecordError::Damaged(_))),
                "{text}"
            );
        }
        let other = Record::parse("{\"format\": 2, \"files\": {}}");
        assert_eq!(other, Err(RecordError::Format(2)));
    }
}
