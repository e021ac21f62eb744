//! The `.dockerignore` of a context: what it hides, and how lines are added to it.

use plimsoll_dockerfile::ignore;
use plimsoll_project::IgnoreUnit;
use plimsoll_source::{Edit, Fix, Safety, files};

use super::build_context::View;

impl<'a> View<'a> {
    /// The `.dockerignore` that counts for this context.
    pub(crate) fn ignore(self) -> Option<&'a IgnoreUnit> {
        self.project.ignores.get(self.context.ignore?)
    }

    /// Whether `path` is there, and the builder does not see it.
    pub(crate) fn hides(self, path: &str) -> bool {
        self.kind(path).is_some() && self.excluding(path).is_some()
    }

    /// The pattern that leaves `path` out.
    pub(crate) fn excluding(self, path: &str) -> Option<(&'a IgnoreUnit, &'a ignore::Pattern)> {
        let unit = self.ignore()?;
        let (index, excluded) = unit.ignore.deciding(path)?;
        let pattern = unit.ignore.patterns.get(index).filter(|_| excluded)?;
        Some((unit, pattern))
    }

    /// Where the `.dockerignore` is or would go.
    pub(crate) fn ignore_path(self) -> String {
        match self.ignore() {
            Some(unit) => self.project.path(unit.file).to_owned(),
            None => files::join(&self.context.dir, ".dockerignore")
                .unwrap_or_else(|| ".dockerignore".to_owned()),
        }
    }

    /// A fix that adds lines at the end of the `.dockerignore`, or makes one of them.
    pub(crate) fn leave_out(self, lines: &[String]) -> Fix {
        let title = format!("add {} lines to `.dockerignore`", lines.len());
        let title = if lines.len() == 1 {
            format!("leave out `{}`", lines[0])
        } else {
            title
        };
        let fix = Fix::new(title, Safety::Unsafe);
        match self.ignore() {
            Some(unit) => {
                let (at, text) = appended(&unit.ignore.text, lines);
                fix.edit(unit.file, Edit::insert(at, text))
            }
            None => fix.create(self.ignore_path(), format!("{}\n", lines.join("\n"))),
        }
    }

    /// A fix that lets the builder see `path` again: the line that hides just it goes, else an
    /// exception is added. `None` where neither would do.
    pub(crate) fn let_in(self, path: &str) -> Option<Fix> {
        let (unit, pattern) = self.excluding(path)?;
        let text = &*unit.ignore.text;
        let edit = if &*pattern.pattern == path {
            let line = text[..pattern.range.start as usize]
                .rfind('\n')
                .map_or(0, |at| at + 1);
            let rest = &text[pattern.range.end as usize..];
            let end = rest
                .find('\n')
                .map_or(text.len(), |at| pattern.range.end as usize + at + 1);
            Edit::delete(plimsoll_source::TextRange::at(line, end))
        } else {
            let (at, lines) = appended(text, &[format!("!{path}")]);
            Edit::insert(at, lines)
        };
        let after = plimsoll_source::edit::apply(text, std::slice::from_ref(&edit)).ok()?;
        let mended = !ignore::parse(after).excludes(path);
        mended.then(|| {
            Fix::new(format!("let the builder see `{path}`"), Safety::Unsafe).edit(unit.file, edit)
        })
    }
}

/// Where and what to insert so that `lines` end the text.
fn appended(text: &str, lines: &[String]) -> (u32, String) {
    let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let mut added = String::new();
    if !text.is_empty() && !text.ends_with('\n') {
        added.push_str(newline);
    }
    for line in lines {
        added.push_str(line);
        added.push_str(newline);
    }
    (text.len() as u32, added)
}
