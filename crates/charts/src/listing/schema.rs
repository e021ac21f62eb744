//! A `values.schema.json` from what values are by default and what templates read.

use std::collections::BTreeMap;
use std::fmt::Write;

use plimsoll_project::Project;
use plimsoll_project::values::{ChartValues, ValueRead};
use plimsoll_yaml::{Dialect, Document, Kind, Node, parse};

use super::described::Described;
use super::{ValueKind, json, quoted};

/// A schema of the values of a chart: the type and the default of each value that is read, and
/// those that are read and not set, of any type. Nothing is required and nothing forbidden, so
/// that whoever used the chart before can use it with the schema.
pub fn schema(project: &Project, values: &ChartValues) -> String {
    let mut top = Property::of(ValueKind::Object);
    if let Some(file) = values.file {
        let tree = parse(&*project.files.get(file).text, Dialect::GoV2);
        let described = Described::new(&tree);
        let unread: Vec<&str> = values
            .keys
            .iter()
            .filter(|key| key.read == ValueRead::Unread)
            .map(|key| &*key.path)
            .collect();
        let root = tree.documents().next().and_then(Document::root);
        if let Some(root) = root {
            top.fill(root, "", &unread, &described);
        }
    }
    for path in &values.unset {
        top.add(path);
    }
    let mut out = String::from("{\n  \"$schema\": \"https://json-schema.org/draft-07/schema#\"");
    top.write(&mut out, 1, true);
    out.push_str("\n}\n");
    out
}

/// What is known of a value.
#[derive(Default)]
struct Property {
    kind: Option<ValueKind>,
    items: Option<ValueKind>,
    description: String,
    default: Option<String>,
    properties: BTreeMap<String, Property>,
}

impl Property {
    fn of(kind: ValueKind) -> Self {
        Self {
            kind: Some(kind),
            ..Self::default()
        }
    }

    /// Adds the entries of a mapping. Recursion is as deep as values are nested, which parsing
    /// bounds.
    fn fill(&mut self, node: Node<'_>, above: &str, unread: &[&str], described: &Described<'_>) {
        for entry in node.entries() {
            let Some(name) = entry.key.text().filter(|name| *name != "<<") else {
                continue;
            };
            let path = match above {
                "" => name.to_string(),
                above => format!("{above}.{name}"),
            };
            if unread.contains(&&*path) {
                continue;
            }
            let value = entry.value.resolve();
            let kind = ValueKind::of(value);
            let mut property = Self {
                // Null says that there is none yet, not that there may be no other.
                kind: (kind != ValueKind::Null).then_some(kind),
                description: described.of(&path, entry.key),
                ..Self::default()
            };
            match value.kind() {
                Kind::Mapping if !value.is_empty() => {
                    property.fill(value, &path, unread, described);
                }
                Kind::Sequence => {
                    let mut kinds = value.items().map(ValueKind::of);
                    let first = kinds.next();
                    property.items = first.filter(|first| kinds.all(|kind| kind == *first));
                    property.default = Some(json(value));
                }
                _ if kind != ValueKind::Null => property.default = Some(json(value)),
                _ => {}
            }
            self.properties.insert(name.into_owned(), property);
        }
    }

    /// Adds a value of which only the path is known.
    fn add(&mut self, path: &str) {
        let mut at = self;
        for name in path.split('.') {
            at = at.properties.entry(name.to_owned()).or_default();
        }
    }

    fn write(&self, out: &mut String, level: usize, mut has_before: bool) {
        let indent = "  ".repeat(level);
        let mut line = |out: &mut String, name: &str, text: &str| {
            out.push_str(if has_before { ",\n" } else { "\n" });
            has_before = true;
            let _ = write!(out, "{indent}{}: {text}", quoted(name));
        };
        if let Some(kind) = self.kind {
            line(out, "type", &quoted(kind.name()));
        } else if self.properties.is_empty() {
            let any = ["null", "boolean", "number", "string", "array", "object"];
            let any = any.map(quoted).join(", ");
            line(out, "type", &format!("[{any}]"));
        }
        if !self.description.is_empty() {
            line(out, "description", &quoted(&self.description));
        }
        if let Some(default) = &self.default {
            line(out, "default", default);
        }
        if let Some(items) = self.items {
            line(
                out,
                "items",
                &format!("{{ \"type\": {} }}", quoted(items.name())),
            );
        }
        if !self.properties.is_empty() {
            let mut inner = String::from("{");
            let count = self.properties.len();
            for (number, (name, property)) in self.properties.iter().enumerate() {
                let _ = write!(inner, "\n{indent}  {}: {{", quoted(name));
                property.write(&mut inner, level + 2, false);
                let comma = if number + 1 < count { "," } else { "" };
                let _ = write!(inner, "\n{indent}  }}{comma}");
            }
            let _ = write!(inner, "\n{indent}}}");
            line(out, "properties", &inner);
        }
    }
}
