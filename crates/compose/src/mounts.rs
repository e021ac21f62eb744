//! What is mounted into a service: `volumes`, short and long form.

use std::borrow::Cow;

use plimsoll_source::TextRange;
use plimsoll_yaml::{Kind, Node};

use crate::interpolation::UNKNOWN;
use crate::view::{Value, boolean, value};

/// One item of a service's `volumes`.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Mount<'a> {
    node: Node<'a>,
}

/// Where the content of a mount comes from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Source {
    /// A volume without a name, made anew with each new container.
    Anonymous,
    /// A named volume; `None` where a variable without a default decides the name.
    Named(Option<String>),
    /// A path of the host; `None` where a variable without a default decides.
    Bind(Option<String>),
    /// A file system in memory.
    Tmpfs,
    /// Another type of the long form: `npipe`, `cluster`, `image`.
    Other,
    /// A variable without a default decides even the kind.
    Unknown,
}

/// The short form taken apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Short<'t> {
    /// The path or name; empty for a volume without a name.
    pub source: &'t str,
    /// The path in the container.
    pub target: &'t str,
    /// What follows the second colon.
    pub options: &'t str,
}

/// Splits at colons, except that of a drive letter (`C:\data`). `None` for what Compose refuses.
pub fn split_short(text: &str) -> Option<Short<'_>> {
    if text.is_empty() {
        return None;
    }
    if text.chars().count() <= 2 {
        return Some(Short {
            source: "",
            target: text,
            options: "",
        });
    }
    let mut fields = [""; 3];
    let mut count = 0;
    let mut start = 0;
    for (at, c) in text.char_indices().chain([(text.len(), ':')]) {
        if c != ':' {
            continue;
        }
        let field = &text[start..at];
        let end = at == text.len();
        if !end && is_drive(field) {
            continue;
        }
        if field.is_empty() || (count == 2 && !end) {
            return None;
        }
        fields[count] = field;
        count += 1;
        start = at + 1;
    }
    Some(if count == 1 {
        Short {
            source: "",
            target: fields[0],
            options: "",
        }
    } else {
        Short {
            source: fields[0],
            target: fields[1],
            options: fields[2],
        }
    })
}

fn is_drive(field: &str) -> bool {
    let mut chars = field.chars();
    chars.next().is_some_and(char::is_alphabetic) && chars.next().is_none()
}

/// Whether the source of a short form is a path of the host.
pub fn is_path(source: &str) -> bool {
    source.starts_with(['.', '/', '~'])
        || source.starts_with("\\\\")
        || source
            .split_once(':')
            .is_some_and(|(drive, _)| is_drive(drive))
}

/// Whether the options of a short form make the mount read-only.
pub fn is_read_only(options: &str) -> bool {
    options
        .split(',')
        .fold(false, |before, option| match option {
            "ro" => true,
            "rw" => false,
            _ => before,
        })
}

fn known(text: &str) -> Option<String> {
    (!text.contains(UNKNOWN)).then(|| text.to_owned())
}

impl<'a> Mount<'a> {
    /// The view of an item of `volumes`: a scalar or a mapping.
    pub(crate) fn new(node: Node<'a>) -> Option<Self> {
        let node = node.resolve();
        let fits = node.kind() == Kind::Mapping || Value::new(node).is_some();
        fits.then_some(Self { node })
    }

    /// The item.
    pub fn node(self) -> Node<'a> {
        self.node
    }

    /// Whether it is written as a mapping.
    pub fn is_long(self) -> bool {
        self.node.kind() == Kind::Mapping
    }

    /// The text of the short form with variables at their defaults.
    fn short(self) -> Option<Cow<'a, str>> {
        if self.is_long() {
            None
        } else {
            Some(Value::new(self.node)?.with_unknowns())
        }
    }

    /// Where the content comes from. `None` for what Compose refuses.
    pub fn source(self) -> Option<Source> {
        if self.is_long() {
            return Some(self.long_source());
        }
        let text = self.short()?;
        let short = split_short(&text)?;
        let source = short.source;
        Some(if source.is_empty() && text.starts_with(UNKNOWN) {
            // `$MOUNT` alone may hold a whole mapping.
            Source::Unknown
        } else if source.is_empty() {
            Source::Anonymous
        } else if is_path(source) {
            Source::Bind(known(source))
        } else if source.starts_with(UNKNOWN) {
            Source::Unknown
        } else {
            Source::Named(known(source))
        })
    }

    fn long_source(self) -> Source {
        let source = value(self.node, "source").map(Value::with_unknowns);
        let kind = value(self.node, "type").map(Value::with_unknowns);
        match (kind.as_deref(), source) {
            (Some("bind"), source) => Source::Bind(source.and_then(|s| known(&s))),
            (Some("tmpfs"), _) => Source::Tmpfs,
            (Some("volume"), None) => Source::Anonymous,
            (Some("volume"), Some(source)) => Source::Named(known(&source)),
            (Some(kind), _) if !kind.contains(UNKNOWN) => Source::Other,
            _ => Source::Unknown,
        }
    }

    /// The place of the source's name, if there is one.
    pub fn source_range(self) -> Option<TextRange> {
        if self.is_long() {
            return value(self.node, "source").map(Value::range);
        }
        let value = Value::new(self.node)?;
        let text = self.short()?;
        let source = split_short(&text)?.source;
        // Offsets hold in the file only where no variable was replaced.
        Some(if !source.is_empty() && value.text().starts_with(source) {
            value.range_of(0..source.len())
        } else {
            value.range()
        })
    }

    /// The path in the container; `None` where a variable without a default decides, or none is
    /// given.
    pub fn target(self) -> Option<String> {
        if self.is_long() {
            return known(&value(self.node, "target")?.with_unknowns());
        }
        let text = self.short()?;
        let target = known(split_short(&text)?.target);
        target.filter(|_| !text.starts_with(UNKNOWN) || text.contains(':'))
    }

    /// Whether it is mounted read-only.
    pub fn read_only(self) -> bool {
        if self.is_long() {
            return boolean(self.node, "read_only").is_some_and(|(value, _)| value);
        }
        self.short()
            .is_some_and(|text| split_short(&text).is_some_and(|short| is_read_only(short.options)))
    }
}

#[cfg(test)]
mod tests {
    use super::{is_path, split_short};

    #[test]
    fn the_short_form_is_split_as_compose_splits_it() {
        for (text, expected) in [
            ("/data", Some(("", "/data", ""))),
            ("v", Some(("", "v", ""))),
            ("db:/data", Some(("db", "/data", ""))),
            ("db:/data:ro", Some(("db", "/data", "ro"))),
            ("./a:/b:ro,z", Some(("./a", "/b", "ro,z"))),
            ("C:\\a:/b", Some(("C:\\a", "/b", ""))),
            ("C:\\a:D:\\b:ro", Some(("C:\\a", "D:\\b", "ro"))),
            // One letter is taken for a drive.
            ("v:/d", Some(("", "v:/d", ""))),
            ("", None),
            (":/d/e", None),
            ("db::ro", None),
            ("db:/a:ro:x", None),
        ] {
            let split = split_short(text).map(|s| (s.source, s.target, s.options));
            assert_eq!(split, expected, "{text}");
        }
    }

    #[test]
    fn paths_are_told_from_names() {
        for path in [
            ".",
            "./a",
            "../a",
            "/a",
            "~/a",
            "\\\\.\\pipe\\x",
            "C:\\a",
            "c:/a",
        ] {
            assert!(is_path(path), "{path}");
        }
        for name in ["db", "db_data", "a/b", "my.volume"] {
            assert!(!is_path(name), "{name}");
        }
    }
}
