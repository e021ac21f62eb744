//! What Helm's linter reads of an object, and what it wants of it.

use plimsoll_yaml::go::{GoNode, GoValue};

use super::documents::{Document, DocumentError};
use crate::render::{fields, head_text, mismatch};
use crate::values::ReadError;

/// An object.
#[derive(Default)]
pub(super) struct Object {
    pub(super) api_version: String,
    pub(super) kind: String,
    pub(super) name: String,
    /// Where it starts in the file, and where these are.
    pub(super) start: usize,
    pub(super) api_version_at: usize,
    pub(super) kind_at: usize,
    pub(super) name_at: usize,
}

impl Object {
    /// Reads a document (`Decode` into a `k8sYamlStruct`); `None` for one without content.
    pub(super) fn read(document: &Document<'_>) -> Result<Option<Self>, DocumentError> {
        Self::of(&document.text, document.start).map_err(|error| document.error(error))
    }

    fn of(text: &str, start: usize) -> Result<Option<Self>, ReadError> {
        let Some(root) = crate::values::decode(text.as_bytes())? else {
            return Ok(None);
        };
        crate::values::check_json(&root)?;
        let entries = match &root.value {
            GoValue::Map(entries) => entries,
            GoValue::Null => return Ok(None),
            _ => return Err(mismatch(&root, "Go value of type rules.k8sYamlStruct")),
        };
        let at = start + root.range.start;
        let mut object = Self {
            start: at,
            api_version_at: at,
            kind_at: at,
            name_at: at,
            ..Self::default()
        };
        for (key, value) in fields(entries) {
            match &*key {
                "apiversion" => {
                    head_text(&mut object.api_version, value, ".apiVersion")?;
                    object.api_version_at = start + value.range.start;
                }
                "kind" => {
                    head_text(&mut object.kind, value, ".Kind")?;
                    object.kind_at = start + value.range.start;
                }
                "metadata" => object.metadata(value, start)?,
                _ => {}
            }
        }
        Ok(Some(object))
    }

    fn metadata(&mut self, node: &GoNode<'_>, start: usize) -> Result<(), ReadError> {
        let entries = match &node.value {
            GoValue::Map(entries) => entries,
            GoValue::Null => return Ok(()),
            _ => {
                let wanted = "Go struct field .metadata of type rules.k8sYamlMetadata";
                return Err(mismatch(node, wanted));
            }
        };
        for (key, value) in fields(entries) {
            match &*key {
                "name" => {
                    head_text(&mut self.name, value, ".metadata.name")?;
                    self.name_at = start + value.range.start;
                }
                "namespace" => head_text(&mut String::new(), value, ".metadata.namespace")?,
                _ => {}
            }
        }
        Ok(())
    }

    /// Whether it wants a selector that is nowhere in the file (`validateMatchSelector`).
    pub(super) fn lacks_selector(&self, file: &str) -> Option<String> {
        const KINDS: [&str; 4] = ["Deployment", "ReplicaSet", "DaemonSet", "StatefulSet"];
        let has = file.contains("matchLabels") || file.contains("matchExpressions");
        (KINDS.contains(&&*self.kind) && !has).then(|| {
            format!(
                "a {} must contain matchLabels or matchExpressions, and {} does not",
                self.kind,
                plimsoll_gotmpl::quote(self.name.as_bytes())
            )
        })
    }

    /// What Helm would not heed in a list (`validateListAnnotations`).
    pub(super) fn unheeded(&self, file: &str) -> Option<String> {
        if self.kind != "List" {
            return None;
        }
        match annotated(file) {
            Ok(false) => None,
            Ok(true) => {
                Some("annotation 'helm.sh/resource-policy' within List objects are ignored".into())
            }
            Err(error) => Some(format!("unable to parse YAML: {}", error.message)),
        }
    }
}

/// Whether an item of the first document of a file has the annotation.
fn annotated(file: &str) -> Result<bool, ReadError> {
    let Some(root) = crate::values::decode(file.as_bytes())? else {
        return Ok(false);
    };
    crate::values::check_json(&root)?;
    let items = field(&root, "items");
    let Some(GoValue::Seq(items)) = items.map(|items| &items.value) else {
        return Ok(false);
    };
    Ok(items.iter().any(|item| {
        let annotations = field(item, "metadata").and_then(|inner| field(inner, "annotations"));
        let Some(GoValue::Map(entries)) = annotations.map(|inner| &inner.value) else {
            return false;
        };
        let is_it = |key: &GoNode<'_>| {
            matches!(&key.value, GoValue::Str(text) if text == "helm.sh/resource-policy")
        };
        entries.iter().any(|(key, _)| is_it(key))
    }))
}

fn field<'n, 't>(node: &'n GoNode<'t>, name: &str) -> Option<&'n GoNode<'t>> {
    let GoValue::Map(entries) = &node.value else {
        return None;
    };
    let found = fields(entries).into_iter().rfind(|(key, _)| key == name);
    found.map(|(_, value)| value)
}
