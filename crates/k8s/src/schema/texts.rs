//! The fields of an object that hold text.

use plimsoll_yaml::{Kind, Node};

use super::KubeVersion;
use super::table::{Base, Field, Holder, Mask, Table, table};
use crate::objects::Object;

/// Structures in structures; those of Kubernetes are far less deep unless they hold themselves.
const MAX_DEPTH: u32 = 32;

/// A value of a field that holds text, whatever the value is.
#[derive(Clone, Copy, Debug)]
pub struct TextField<'a> {
    /// The value: a scalar.
    pub node: Node<'a>,
    /// Whether any text makes sense there: a variable, an argument, an entry of a map of texts.
    pub is_free: bool,
}

/// The scalars in an object of one of Kubernetes' own groups that stand where a text is wanted.
pub fn texts(object: Object<'_>, version: KubeVersion) -> Vec<TextField<'_>> {
    let table = table();
    let bit = version.bit();
    let known = table.kind(&object.group(), &object.version(), &object.kind());
    let mut found = Vec::new();
    if let Some(known) = known.filter(|known| known.present & bit != 0) {
        let mut walk = Walk { table, bit, found };
        walk.structure(object.node(), known.definition, 0);
        found = walk.found;
    }
    found
}

struct Walk<'a> {
    table: &'static Table,
    bit: Mask,
    found: Vec<TextField<'a>>,
}

impl<'a> Walk<'a> {
    fn structure(&mut self, node: Node<'a>, definition: u16, depth: u32) {
        if depth >= MAX_DEPTH {
            return;
        }
        for entry in node.entries() {
            let name = entry.key.text().unwrap_or_default();
            let Some(field) = self.table.field(definition, &name, self.bit) else {
                continue;
            };
            let value = entry.value.resolve();
            let is_free = matches!(field.holder, Holder::Map)
                || matches!(&*name, "args" | "command")
                || name == "value" && self.table.type_name(definition) == "EnvVar";
            match field.holder {
                Holder::One => self.value(value, field, is_free, depth),
                Holder::List => {
                    for item in value.items() {
                        self.value(item.resolve(), field, is_free, depth);
                    }
                }
                Holder::Map => {
                    for entry in value.entries() {
                        self.value(entry.value.resolve(), field, is_free, depth);
                    }
                }
                Holder::MapOfLists => {
                    for item in value.entries().flat_map(|entry| entry.value.items()) {
                        self.value(item.resolve(), field, is_free, depth);
                    }
                }
            }
        }
    }

    fn value(&mut self, node: Node<'a>, field: &Field, is_free: bool, depth: u32) {
        match field.base {
            Base::Text if node.kind() == Kind::Scalar => {
                self.found.push(TextField { node, is_free });
            }
            Base::Definition(definition) => self.structure(node, definition, depth + 1),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use plimsoll_yaml::{Dialect, parse};

    use super::*;

    #[test]
    fn texts_are_found_by_their_fields() {
        let tree = parse(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: a\n  labels: {b: c}\nspec:\n  replicas: 1\n  template:\n    spec:\n      containers:\n        - name: d\n          args: [e, 1]\n          env: [{name: f, value: 2}]\n          ports: [{containerPort: 80}]\n",
            Dialect::GoV2,
        );
        let object = crate::objects(&tree)[0];
        let found = texts(object, KubeVersion::NEWEST);
        let shown: Vec<(&str, bool)> = found
            .iter()
            .map(|text| (text.node.source(), text.is_free))
            .collect();
        assert_eq!(
            shown,
            [
                ("apps/v1", false),
                ("Deployment", false),
                ("a", false),
                ("c", true),
                ("d", false),
                ("e", true),
                ("1", true),
                ("f", false),
                ("2", true),
            ]
        );
    }
}
