//! What `helm template` prints, and of which rendered file each part of it is a copy.

use std::collections::HashMap;
use std::fmt::Write as _;

use plimsoll_source::TextRange;

use super::output::{Rendered, Shown};
use super::show::{NotShown, select};
use super::split::Manifest;

/// The printed text.
#[derive(Clone, Debug, Default)]
pub struct Printed {
    /// The text.
    pub text: String,
    /// The documents in it, in order. What is between them is Helm's.
    pub copies: Vec<Copied>,
}

/// A document of the printed text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Copied {
    /// Where it stands.
    pub output: TextRange,
    /// What it is a copy of.
    pub from: CopyOf,
    /// Where it starts there, in bytes.
    pub offset: u32,
    /// What it says of itself; empty for files of `crds/`, which are not read.
    pub kind: String,
    /// The same of its name.
    pub name: String,
    /// The path of its template or file, with that of the chart.
    pub path: String,
    /// Whether it is a hook.
    pub is_hook: bool,
}

/// What a document is a copy of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CopyOf {
    /// One of [`Rendered::files`].
    File(u32),
    /// One of [`Rendered::crds`].
    Crd(u32),
}

impl Printed {
    pub(super) fn new(rendered: &Rendered, shown: Shown) -> Self {
        let numbers: HashMap<&str, u32> = rendered
            .files
            .iter()
            .zip(0..)
            .map(|(file, number)| (&*file.name, number))
            .collect();
        let mut printed = Self::default();
        if shown.crds {
            for (crd, number) in rendered.crds.iter().zip(0..) {
                let content = String::from_utf8_lossy(&crd.file.data);
                let _ = write!(printed.text, "---\n# Source: {}\n", crd.path);
                printed.copy(&content, |output| Copied {
                    output,
                    from: CopyOf::Crd(number),
                    offset: 0,
                    kind: String::new(),
                    name: String::new(),
                    path: crd.path.clone(),
                    is_hook: false,
                });
                printed.text.push('\n');
            }
        }
        for manifest in &rendered.manifests {
            printed.document(manifest, &numbers, false);
        }
        let end = printed.text.trim_end().len();
        printed.text.truncate(end);
        for copy in &mut printed.copies {
            copy.output.end = copy.output.end.min(end as u32);
        }
        printed.text.push('\n');
        if !shown.no_hooks {
            for hook in &rendered.hooks {
                if !(shown.skip_tests && hook.is_test()) {
                    printed.document(&hook.manifest, &numbers, true);
                }
            }
        }
        printed
    }

    fn document(&mut self, manifest: &Manifest, numbers: &HashMap<&str, u32>, is_hook: bool) {
        let _ = write!(self.text, "---\n# Source: {}\n", manifest.path);
        let file = numbers.get(&*manifest.path).copied().unwrap_or(u32::MAX);
        self.copy(&manifest.content, |output| Copied {
            output,
            from: CopyOf::File(file),
            offset: manifest.offset,
            kind: manifest.head.kind.clone(),
            name: manifest.head.name.clone(),
            path: manifest.path.to_string(),
            is_hook,
        });
        self.text.push('\n');
    }

    fn copy(&mut self, content: &str, make: impl FnOnce(TextRange) -> Copied) {
        let start = self.text.len();
        self.text.push_str(content);
        let output = TextRange::at(start, self.text.len());
        self.copies.push(make(output));
    }

    /// What is left with `--show-only`.
    pub fn only(self, patterns: &[String]) -> Result<Self, NotShown> {
        if patterns.is_empty() {
            return Ok(self);
        }
        let (text, taken) = select(&self.text, patterns)?;
        let mut copies = Vec::new();
        for (output, from) in taken {
            let taken = TextRange::new(from, from + output.len());
            // A document of the stream begins with Helm's comment, and one manifest is in it.
            let inside = self
                .copies
                .iter()
                .filter(|copy| copy.output.overlaps(taken) && copy.output.start >= taken.start);
            copies.extend(inside.map(|copy| {
                let end = copy.output.end.min(taken.end);
                let moved = |at: u32| at - taken.start + output.start;
                Copied {
                    output: TextRange::new(moved(copy.output.start), moved(end)),
                    ..copy.clone()
                }
            }));
        }
        Ok(Self { text, copies })
    }
}

impl Rendered {
    /// What `helm template` prints, and where its documents came from.
    pub fn printed(&self, shown: Shown) -> Printed {
        Printed::new(self, shown)
    }
}
