//! From what a template gave to manifests as they are reviewed.
//!
//! Helm takes a rendered file apart before it reads it as YAML: a line that begins with `---`
//! separates, whatever follows on it, as in `---# a comment` where a template trimmed the line
//! break away. Here such a line is broken in two, so that the whole file is a stream of YAML.

use plimsoll_helm::render::RenderedFile;
use plimsoll_source::files::file_name;
use plimsoll_source::{Gap, Part, TextRange};
use plimsoll_yaml::{Dialect, Kind, Tree, parse};

/// A rendered file as it is reviewed.
pub(crate) struct Documents {
    pub(crate) tree: Tree,
    /// Before which bytes of what was rendered a line break was put, in order.
    breaks: Vec<u32>,
}

/// The manifests of a rendered file; `None` if there are none. Tests are blanked: they are no
/// part of what runs.
pub(crate) fn of(file: &RenderedFile) -> Option<Documents> {
    if file_name(&file.path) == "NOTES.txt" {
        return None;
    }
    let text = file.text.as_str()?;
    if is_blank(text) {
        return None;
    }
    let breaks = breaks(text);
    let mut whole = String::with_capacity(text.len() + breaks.len());
    let mut from = 0;
    for &at in &breaks {
        whole.push_str(&text[from..at as usize]);
        whole.push('\n');
        from = at as usize;
    }
    whole.push_str(&text[from..]);
    let tree = parse(whole.as_str(), Dialect::GoV2);
    let tree = without_tests(tree)?;
    Some(Documents { tree, breaks })
}

/// Where a line that separates documents goes on with one of them.
fn breaks(text: &str) -> Vec<u32> {
    let mut found = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if let Some(rest) = line.strip_prefix("---")
            && !rest.is_empty()
            && !rest.starts_with([' ', '\t', '\r', '\n', '-'])
        {
            found.push(at + 3);
        }
        at += line.len() as u32;
    }
    found
}

/// Whether nothing is there but blanks and lines that separate.
fn is_blank(text: &str) -> bool {
    let mut lines = text.lines().map(str::trim_end);
    lines.all(|line| line.trim_start().is_empty() || line == "---")
}

/// The same without the objects that only tests make; `None` if nothing is left.
fn without_tests(tree: Tree) -> Option<Tree> {
    let text = tree.text();
    if !text.contains("helm.sh/hook") {
        return Some(tree);
    }
    let mut bytes = text.as_bytes().to_vec();
    let mut blanked = false;
    for document in tree.documents() {
        let Some(root) = document.root().filter(|root| root.kind() == Kind::Mapping) else {
            continue;
        };
        let annotations = root
            .get("metadata")
            .and_then(|node| node.get("annotations"));
        let hook = annotations.and_then(|node| node.get("helm.sh/hook"));
        let events = hook.and_then(|node| node.as_str());
        let is_test = |event: &str| event.trim().starts_with("test");
        if events.is_some_and(|events| events.split(',').any(is_test)) {
            let marker = document.marker().map_or(0, |marker| marker.end);
            let range = document.range().join(root.full_range());
            let start = range.start.max(marker) as usize;
            for byte in &mut bytes[start..range.end as usize] {
                if *byte != b'\n' {
                    *byte = b' ';
                }
            }
            blanked = true;
        }
    }
    if !blanked {
        return Some(tree);
    }
    // Spaces for all bytes of characters: the text stays UTF-8, and every offset what it was.
    let text = String::from_utf8(bytes).ok()?;
    (!is_blank(&text)).then(|| parse(text, Dialect::GoV2))
}

impl Documents {
    /// The same for points where nothing was written.
    pub(crate) fn gaps_moved(&self, mut gaps: Vec<Gap>) -> Vec<Gap> {
        for gap in &mut gaps {
            gap.at += self.breaks.partition_point(|&at| at <= gap.at) as u32;
        }
        gaps
    }

    /// Parts of what was rendered as parts of what is reviewed.
    pub(crate) fn moved(&self, parts: Vec<Part>) -> Vec<Part> {
        if self.breaks.is_empty() {
            return parts;
        }
        let mut moved = Vec::with_capacity(parts.len());
        for part in parts {
            let TextRange { start, end } = part.output;
            let mut from = start;
            let inside = self.breaks.iter().filter(|&&at| start < at && at < end);
            for until in inside.copied().chain([end]) {
                let shift = self.breaks.partition_point(|&at| at <= from) as u32;
                let mut piece = part;
                piece.output = TextRange::new(from, until).shifted(shift);
                if part.verbatim {
                    let base = part.place.range.start;
                    piece.place.range = TextRange::new(base + from - start, base + until - start);
                }
                moved.push(piece);
                from = until;
            }
        }
        moved
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use plimsoll_source::{FileId, Place};

    use super::*;

    fn rendered(text: &str) -> RenderedFile {
        RenderedFile {
            name: "c/templates/a.yaml".into(),
            path: "templates/a.yaml".into(),
            text: Arc::new(text.into()),
            segments: Vec::new(),
        }
    }

    #[test]
    fn a_line_that_separates_and_goes_on_is_broken_in_two() {
        let text = "a: 1\n---# why\nb: 2\n---c: 3\n";
        let found = of(&rendered(text)).expect("manifests");
        assert_eq!(found.tree.text(), "a: 1\n---\n# why\nb: 2\n---\nc: 3\n");
        let whole = Part {
            output: TextRange::at(0, text.len()),
            place: Place::new(FileId(0), TextRange::at(100, 100 + text.len())),
            verbatim: true,
            borrowed: false,
            background: 0,
        };
        let moved = found.moved(vec![whole]);
        let pieces: Vec<(u32, u32, u32)> = moved
            .iter()
            .map(|part| (part.output.start, part.output.end, part.place.range.start))
            .collect();
        assert_eq!(pieces, [(0, 8, 100), (9, 23, 108), (24, 29, 122)]);
        for part in moved {
            let then = part.output.of(found.tree.text());
            let start = part.place.range.start - 100;
            assert_eq!(
                then,
                &text[start as usize..(start + part.output.len()) as usize]
            );
        }
    }

    #[test]
    fn tests_and_empty_files_are_left_out() {
        let test =
            "apiVersion: v1\nkind: Pod\nmetadata:\n  annotations: {helm.sh/hook: test-success}\n";
        assert!(of(&rendered("\n---\n \n")).is_none());
        assert!(of(&rendered(test)).is_none());
        let both = format!("{test}---\nkind: A\n");
        let found = of(&rendered(&both)).expect("manifests");
        assert_eq!(found.tree.text().len(), both.len());
        assert_eq!(found.tree.text().trim(), "---\nkind: A");
    }
}
