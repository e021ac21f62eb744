//! # What it does
//! Finds properties of a chart's `values.schema.json` that say nothing of the type of the value:
//! no `type`, no `enum`, `const` or `$ref`, no choice of schemas.
//!
//! # Why it matters
//! Such a property takes anything. A schema is there so that `helm install` refuses
//! `replicas: "three"` with a clear message; without a type the mistake arrives in a manifest, and
//! the API server refuses that, or takes it.
//!
//! Only at the pedantic strictness.
//!
//! # Example
//! ```yaml bad
//! //- /chart/Chart.yaml
//! apiVersion: v2
//! name: payments
//! version: 1.0.0
//! //- /chart/values.yaml
//! replicas: 2
//! //- /chart/values.schema.json
//! {
//!   "$schema": "https://json-schema.org/draft-07/schema#",
//!   "type": "object",
//!   "properties": {
//!     "replicas": { "description": "how many pods", "minimum": 1 }
//!   }
//! }
//! //- /chart/templates/configmap.yaml
//! apiVersion: v1
//! kind: ConfigMap
//! metadata:
//!   name: payments
//! data:
//!   REPLICAS: {{ .Values.replicas | quote }}
//! ```
//! ```yaml good
//! //- /chart/Chart.yaml
//! apiVersion: v2
//! name: payments
//! version: 1.0.0
//! //- /chart/values.yaml
//! replicas: 2
//! //- /chart/values.schema.json
//! {
//!   "$schema": "https://json-schema.org/draft-07/schema#",
//!   "type": "object",
//!   "properties": {
//!     "replicas": { "description": "how many pods", "type": "integer", "minimum": 1 }
//!   }
//! }
//! //- /chart/templates/configmap.yaml
//! apiVersion: v1
//! kind: ConfigMap
//! metadata:
//!   name: payments
//! data:
//!   REPLICAS: {{ .Values.replicas | quote }}
//! ```
//!
//! # References
//! - <https://helm.sh/docs/topics/charts/#schema-files>
//! - <https://json-schema.org/understanding-json-schema/reference/type>

use plimsoll_source::{Confidence, Place, Severity, TextRange};
use plimsoll_yaml::{Dialect, Document, Kind, Node, parse};

use crate::{Check, Cx, FixKind, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "values-schema-missing-type",
    summary: "a property of `values.schema.json` takes values of any type",
    since: "0.1.0",
    severity: Severity::Note,
    confidence: Confidence::High,
    strictness: Strictness::Pedantic,
    fix: FixKind::None,
    aliases: &[],
    checks: &[Check::Project(check)],
};

/// Keywords that say what a value is.
const SAYS: [&str; 12] = [
    "type",
    "enum",
    "const",
    "$ref",
    "$dynamicRef",
    "$recursiveRef",
    "anyOf",
    "oneOf",
    "allOf",
    "not",
    "if",
    "x-kubernetes-preserve-unknown-fields",
];
/// The most properties of one schema that are looked at.
const MAX_PROPERTIES: usize = 20_000;
/// The most further places that are told.
const MAX_TOLD: usize = 5;

fn check(cx: &mut Cx<'_>) {
    let project = cx.project;
    for values in &project.chart_values {
        let Some(file) = values.schema else { continue };
        let tree = parse(&*project.files.get(file).text, Dialect::Core);
        let Some(root) = tree.documents().next().and_then(Document::root) else {
            continue;
        };
        let found = untyped(root);
        let Some(((name, first), more)) = found.split_first() else {
            continue;
        };
        let message = match more.len() {
            0 => format!("the schema gives no type for `{name}`"),
            1 => format!("the schema gives no type for `{name}` and 1 more property"),
            more => format!("the schema gives no type for `{name}` and {more} more properties"),
        };
        let draft = cx.report_at(Place::new(file, *first), message);
        for (name, range) in more.iter().take(MAX_TOLD) {
            draft.related(Place::new(file, *range), format!("`{name}` has no type"));
        }
        draft.help("add a `type`");
    }
}

/// Properties without a type, with their paths and keys. Parts that only references lead to are
/// left alone.
fn untyped(root: Node<'_>) -> Vec<(String, TextRange)> {
    let mut found = Vec::new();
    let mut open = vec![(root, String::new())];
    let mut count = 0;
    while let Some((schema, path)) = open.pop() {
        let Some(properties) = schema.get("properties") else {
            continue;
        };
        for entry in properties.entries() {
            count += 1;
            if count > MAX_PROPERTIES {
                return found;
            }
            let name = entry.key.text().unwrap_or_default();
            let path = match &*path {
                "" => name.into_owned(),
                path => format!("{path}.{name}"),
            };
            let value = entry.value.resolve();
            if value.kind() != Kind::Mapping {
                continue;
            }
            if !SAYS.iter().any(|keyword| value.get(keyword).is_some()) {
                found.push((path.clone(), entry.key.range()));
            }
            open.push((value, path));
        }
    }
    found.sort_by_key(|(_, range)| range.start);
    found
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::on;

    fn schema(text: &str) -> String {
        format!(
            "//- /c/Chart.yaml\napiVersion: v2\nname: c\nversion: 1.0.0\n//- /c/values.yaml\na: 1\n//- /c/templates/a.yaml\na: {{{{ .Values.a }}}}\n//- /c/values.schema.json\n{text}\n"
        )
    }

    #[test]
    fn properties_without_a_type() {
        on(&RULE)
            .files(&schema("{\"properties\": {\"a\": {}}}"))
            .flags(&["c/values.schema.json:1: \"a\""]);
        on(&RULE)
            .files(&schema("{\"properties\": {\"a\": {\"type\": \"object\", \"properties\": {\"b\": {\"default\": 1}}}}}"))
            .says(&["the schema gives no type for `a.b`"]);
        on(&RULE)
            .files(&schema(
                "{\"properties\": {\"a\": {\"title\": \"A\"}, \"b\": {}, \"c\": {}}}",
            ))
            .says(&["the schema gives no type for `a` and 2 more properties"]);
    }

    #[test]
    fn types_choices_and_references() {
        for property in [
            "{\"type\": \"string\"}",
            "{\"enum\": [1, 2]}",
            "{\"$ref\": \"#/definitions/a\"}",
            "{\"anyOf\": [{\"type\": \"string\"}]}",
            "true",
        ] {
            let text = format!(
                "{{\"properties\": {{\"a\": {property}}}, \"definitions\": {{\"a\": {{}}}}}}"
            );
            on(&RULE).files(&schema(&text)).clean();
        }
    }

    #[test]
    fn it_is_pedantic() {
        on(&RULE)
            .files(&schema("{\"properties\": {\"a\": {}}}"))
            .quiet_by_default();
    }
}
