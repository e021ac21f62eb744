//! Pairs written as a mapping or as a list of `KEY=value`, and env files.

use std::borrow::Cow;

use plimsoll_source::TextRange;
use plimsoll_yaml::{Kind, Node};

use crate::view::{Value, boolean, value};

/// One pair of `environment`, `labels`, `build.args` and the like.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Variable<'a> {
    key: Value<'a>,
    value: Option<Value<'a>>,
    node: Node<'a>,
}

impl<'a> Variable<'a> {
    /// The name.
    pub fn name(self) -> Cow<'a, str> {
        self.key.text()
    }

    /// The name with its place.
    pub fn key(self) -> Value<'a> {
        self.key
    }

    /// The value; `None` where only the name is written, which takes it from the environment of
    /// whoever runs Compose. An empty string is a value.
    pub fn value(self) -> Option<Value<'a>> {
        self.value
    }

    /// The scalar that holds the value: the value of a mapping's entry, the item of a list.
    pub fn node(self) -> Node<'a> {
        self.node
    }

    /// From the name to the end of the value.
    pub fn range(self) -> TextRange {
        self.value
            .map_or_else(|| self.key.range(), |v| self.key.range().join(v.range()))
    }
}

/// The pairs under `key`, in either form. Later pairs of one name win.
pub(crate) fn pairs<'a>(node: Node<'a>, key: &str) -> impl Iterator<Item = Variable<'a>> + use<'a> {
    let holder = node.get(key);
    let mapping = holder
        .into_iter()
        .flat_map(Node::merged_entries)
        .filter_map(|entry| {
            let node = entry.value.resolve();
            (node.kind() == Kind::Scalar).then(|| Variable {
                key: Value::of_key(entry.key.resolve()),
                value: Value::new(node),
                node,
            })
        });
    let list = holder.into_iter().flat_map(Node::items).filter_map(|item| {
        let whole = Value::new(item)?;
        let text = whole.text();
        let node = whole.node();
        Some(match text.find('=') {
            None => Variable {
                key: whole,
                value: None,
                node,
            },
            Some(at) => Variable {
                key: whole.part(0, at),
                value: Some(whole.part(at + 1, text.len())),
                node,
            },
        })
    });
    mapping.chain(list)
}

/// One item of `env_file`.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct EnvFile<'a> {
    node: Node<'a>,
    path: Value<'a>,
}

impl<'a> EnvFile<'a> {
    fn new(node: Node<'a>) -> Option<Self> {
        let node = node.resolve();
        let path = match node.kind() {
            Kind::Mapping => value(node, "path")?,
            _ => Value::new(node)?,
        };
        Some(Self { node, path })
    }

    /// The item: a path or a mapping.
    pub fn node(self) -> Node<'a> {
        self.node
    }

    /// The path.
    pub fn path(self) -> Value<'a> {
        self.path
    }

    /// Whether Compose refuses to start without the file.
    pub fn required(self) -> bool {
        boolean(self.node, "required").is_none_or(|(required, _)| required)
    }

    /// The format: `raw` for a file whose values are taken as they stand.
    pub fn format(self) -> Option<Value<'a>> {
        value(self.node, "format")
    }
}

/// The env files under `key`: a path, or a list of paths and mappings.
pub(crate) fn env_files<'a>(
    node: Node<'a>,
    key: &str,
) -> impl Iterator<Item = EnvFile<'a>> + use<'a> {
    let holder = node.get(key);
    let single = holder.filter(|node| node.kind() == Kind::Scalar);
    single
        .into_iter()
        .chain(holder.into_iter().flat_map(Node::items))
        .filter_map(EnvFile::new)
}
