//! Secrets in the text of files are never shown: a report ends in logs that many can read.

use std::collections::BTreeMap;

use plimsoll_source::{FileId, Files, Finding, SourceFile, TextRange};

/// The files with every secret that a finding names covered; `None` where there is none. The
/// covered text has the same bytes per line and the same characters per column.
pub(crate) fn masked(files: &Files, findings: &[&Finding]) -> Option<Files> {
    let mut ranges: BTreeMap<FileId, Vec<TextRange>> = BTreeMap::new();
    for place in findings.iter().flat_map(|finding| &finding.secrets) {
        ranges.entry(place.file).or_default().push(place.range);
    }
    if ranges.is_empty() {
        return None;
    }
    let mut covered = Files::default();
    for (id, file) in files.iter() {
        covered.add(match ranges.get(&id) {
            Some(ranges) => SourceFile::written(file.path.clone(), cover(&file.text, ranges)),
            None => SourceFile::written(file.path.clone(), file.text.clone()),
        });
    }
    Some(covered)
}

fn cover(text: &str, ranges: &[TextRange]) -> String {
    let mut merged: Vec<TextRange> = Vec::new();
    let mut sorted = ranges.to_vec();
    sorted.sort_unstable();
    for range in sorted {
        match merged.last_mut() {
            Some(last) if range.start <= last.end => *last = last.join(range),
            _ => merged.push(range),
        }
    }
    let hidden = |at: usize| {
        let next = merged.partition_point(|range| range.end <= at as u32);
        merged
            .get(next)
            .is_some_and(|range| range.contains(at as u32))
    };
    text.char_indices()
        .map(
            |(at, c)| match (hidden(at) && !c.is_whitespace(), c.len_utf8()) {
                (false, _) => c,
                // As wide in bytes as what is covered, so that no offset moves.
                (true, 1) => '*',
                (true, 2) => '\u{b7}',
                (true, 3) => '\u{2022}',
                (true, _) => '\u{1f784}',
            },
        )
        .collect()
}

#[cfg(test)]
mod tests {
    use super::cover;
    use plimsoll_source::TextRange;

    #[test]
    fn covered_text_keeps_every_offset() {
        let text = "password: hünter€2 # x\n";
        let range = TextRange::new(10, 10 + "hünter€2".len() as u32);
        let covered = cover(text, &[range]);
        assert_eq!(covered, "password: *\u{b7}****\u{2022}* # x\n");
        assert_eq!(covered.len(), text.len());
    }
}
