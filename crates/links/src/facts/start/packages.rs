//! Scripts of `package.json`: what `npm start` runs.

use plimsoll_source::LineIndex;
use plimsoll_yaml::{Dialect, Document};

use crate::facts::image::{Image, Inside};
use crate::facts::words::Word;

/// A script of a `package.json`.
pub(super) struct PackageScript {
    /// The file.
    pub(super) file: Inside,
    /// The command line.
    pub(super) command: String,
    /// Where it stands in the file.
    start: u32,
}

impl PackageScript {
    pub(super) fn line(&self, lines: &LineIndex) -> u32 {
        lines.line_col(&self.file.text, self.start).line
    }
}

/// The script that a call of a package manager runs.
pub(super) fn script(image: Image<'_>, program: &str, args: &[Word]) -> Option<PackageScript> {
    if !matches!(program, "npm" | "yarn" | "pnpm" | "bun") {
        return None;
    }
    let mut plain = args
        .iter()
        .map(|word| &*word.text)
        .filter(|text| !text.starts_with('-'));
    let name = match plain.next()? {
        "run" | "run-script" => plain.next()?,
        name @ ("start" | "serve" | "dev" | "preview" | "prod" | "start:prod") => name,
        _ => return None,
    };
    let file = image.read("./package.json")?;
    let tree = plimsoll_yaml::parse(file.text.as_str(), Dialect::Core);
    let root = tree.documents().find_map(Document::root)?;
    let node = root.at(&["scripts", name])?;
    let (command, start) = (node.as_str()?.into_owned(), node.range().start);
    Some(PackageScript {
        file,
        command,
        start,
    })
}
