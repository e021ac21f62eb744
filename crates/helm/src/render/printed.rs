//! What `helm template` prints, and of which rendered file each part of it is a copy.

use std::borrow::Cow;
use std::collections::HashMap;

use plimsoll_source::TextRange;

use super::output::{Crd, Rendered, Shown};
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

/// A part of what is printed.
struct Piece<'r> {
    text: Cow<'r, str>,
    of: Of<'r>,
}

/// What a part is.
enum Of<'r> {
    /// What Helm writes between documents.
    Helm,
    /// A file of `crds/`, and its number.
    Crd(&'r Crd, u32),
    /// A document of a rendered file, and whether it is a hook.
    Manifest(&'r Manifest, bool),
}

/// All that is printed, in order.
fn pieces(rendered: &Rendered, shown: Shown) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    if shown.crds {
        for (crd, number) in rendered.crds.iter().zip(0..) {
            let content = String::from_utf8_lossy(&crd.file.data);
            document(&mut pieces, &crd.path, content, Of::Crd(crd, number));
        }
    }
    for manifest in &rendered.manifests {
        let of = Of::Manifest(manifest, false);
        document(&mut pieces, &manifest.path, (&*manifest.content).into(), of);
    }
    for piece in pieces.iter_mut().rev() {
        let end = piece.text.trim_end().len();
        match &mut piece.text {
            Cow::Borrowed(text) => *text = &text[..end],
            Cow::Owned(text) => text.truncate(end),
        }
        if end > 0 {
            break;
        }
    }
    pieces.push(helms("\n"));
    if !shown.no_hooks {
        for hook in &rendered.hooks {
            if !(shown.skip_tests && hook.is_test()) {
                let manifest = &hook.manifest;
                let of = Of::Manifest(manifest, true);
                document(&mut pieces, &manifest.path, (&*manifest.content).into(), of);
            }
        }
    }
    pieces
}

fn document<'r>(pieces: &mut Vec<Piece<'r>>, path: &'r str, text: Cow<'r, str>, of: Of<'r>) {
    pieces.push(helms("---\n# Source: "));
    pieces.push(helms(path));
    pieces.push(helms("\n"));
    pieces.push(Piece { text, of });
    pieces.push(helms("\n"));
}

fn helms(text: &str) -> Piece<'_> {
    Piece {
        text: text.into(),
        of: Of::Helm,
    }
}

impl Printed {
    fn new(rendered: &Rendered, shown: Shown) -> Self {
        let numbers: HashMap<&str, u32> = rendered
            .files
            .iter()
            .zip(0..)
            .map(|(file, number)| (&*file.name, number))
            .collect();
        let mut printed = Self::default();
        for piece in pieces(rendered, shown) {
            let start = printed.text.len();
            printed.text.push_str(&piece.text);
            let output = TextRange::at(start, printed.text.len());
            match piece.of {
                Of::Helm => {}
                Of::Crd(crd, number) => printed.copies.push(Copied {
                    output,
                    from: CopyOf::Crd(number),
                    offset: 0,
                    kind: String::new(),
                    name: String::new(),
                    path: crd.path.clone(),
                    is_hook: false,
                }),
                Of::Manifest(manifest, is_hook) => {
                    let file = numbers.get(&*manifest.path).copied().unwrap_or(u32::MAX);
                    printed.copies.push(Copied {
                        output,
                        from: CopyOf::File(file),
                        offset: manifest.offset,
                        kind: manifest.head.kind.clone(),
                        name: manifest.head.name.clone(),
                        path: manifest.path.to_string(),
                        is_hook,
                    });
                }
            }
        }
        printed
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

    /// The text that `helm template` prints, in parts: it may be large, and whoever writes it
    /// needs it in no one place.
    pub fn parts(&self, shown: Shown) -> impl Iterator<Item = Cow<'_, str>> {
        pieces(self, shown).into_iter().map(|piece| piece.text)
    }

    /// The text that `helm template` prints.
    pub fn text(&self, shown: Shown) -> String {
        self.parts(shown).collect()
    }
}
