//! # What it does
//! Compares a chart's `values.schema.json` with its values: with the defaults, with each set of
//! values that the chart is rendered with, and those that a chart gives to its subcharts with the
//! schemas of these. At the pedantic strictness it finds properties, too, that the schema describes
//! and that no values have, no comment of `values.yaml` names and no template reads.
//!
//! # Why it matters
//! `helm install` refuses values that do not fit the schema, before anything is rendered. A chart
//! whose own defaults do not fit cannot be installed as it is. A property that nothing knows is
//! mostly left from a value that was renamed: users set it, the schema is content, and nothing
//! happens.
//!
//! Where the defaults lack what the schema requires, or have an empty value for it, the author
//! wants it from the user; that is told at the pedantic strictness only. Schemas that are to be
//! fetched are not.
//!
//! # Example
//! ```yaml bad
//! //- /chart/Chart.yaml
//! apiVersion: v2
//! name: payments
//! version: 1.0.0
//! //- /chart/values.yaml
//! replicas: "2"
//! //- /chart/values.schema.json
//! {
//!   "type": "object",
//!   "properties": { "replicas": { "type": "integer" } }
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
//!   "type": "object",
//!   "properties": { "replicas": { "type": "integer" } }
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

use plimsoll_source::{Confidence, Severity, TextRange};

use crate::{Check, Cx, FixKind, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "values-schema-mismatch",
    summary: "values of a chart and its `values.schema.json` do not fit together",
    since: "0.1.0",
    severity: Severity::Error,
    confidence: Confidence::High,
    strictness: Strictness::Default,
    fix: FixKind::None,
    aliases: &[],
    checks: &[Check::Project(check)],
};

fn check(cx: &mut Cx<'_>) {
    let project = cx.project;
    for values in &project.chart_values {
        for one in &values.violations {
            let message = match &*one.path {
                _ if Some(one.place.file) == values.schema => one.message.clone(),
                "" => format!("the values do not fit the schema: {}", one.message),
                path => format!("`{path}` does not fit the schema: {}", one.message),
            };
            let draft = cx.report_at(one.place, message);
            if let Some(mut schema) = one.schema {
                if project.files.text(schema).contains('\n') {
                    schema.range = TextRange::new(schema.range.start, schema.range.start);
                }
                draft.related(schema, "what the schema says");
            }
            if one.values != "values.yaml" {
                draft.note(format!("with the values of `{}`", one.values));
            }
            if one.is_demand {
                draft
                    .severity(Severity::Note)
                    .strictness(Strictness::Pedantic)
                    .note("users have to give it before they can install the chart");
            } else {
                let is_of_schema = Some(one.place.file) == values.schema;
                draft
                    .note("`helm install` refuses these values")
                    .help(if is_of_schema {
                        "correct the schema: with one that cannot be read no values are accepted"
                    } else {
                        "write what the schema allows, or let the schema allow what is written"
                    });
            }
        }
        for idle in &values.idle_properties {
            let path = &idle.path;
            let message = format!("the schema describes `{path}`, which nothing defines or reads");
            cx.report_at(idle.place, message)
                .severity(Severity::Note)
                .strictness(Strictness::Pedantic)
                .help("remove it from the schema, or define it in values.yaml");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::on;

    fn chart(values: &str, schema: &str, more: &str) -> String {
        format!(
            "//- /c/Chart.yaml\napiVersion: v2\nname: c\nversion: 1.0.0\n//- /c/values.yaml\n{values}//- /c/templates/a.yaml\na: {{{{ .Values.a }}}}\n//- /c/values.schema.json\n{schema}\n{more}"
        )
    }

    #[test]
    fn values_of_another_type() {
        let schema = "{\"properties\": {\"a\": {\"type\": \"integer\"}}}";
        let case = on(&RULE).files(&chart("a: x\n", schema, ""));
        let case = case.flags(&["c/values.yaml:1: x"]);
        assert_eq!(
            case.findings[0].message,
            "`a` does not fit the schema: got string, want integer"
        );
        on(&RULE).files(&chart("a: 1\n", schema, "")).clean();
    }

    #[test]
    fn what_only_is_called_like_values_and_what_charts_above_set() {
        let schema = "{\"additionalProperties\": false, \"properties\": {\"a\": {\"type\": \"integer\"}, \"enabled\": {\"type\": \"boolean\"}}}";
        let yaml = "//- /c/values.schema.yaml\nproperties: {a: {type: integer}}\n";
        on(&RULE).files(&chart("a: 1\n", schema, yaml)).clean();
    }

    #[test]
    fn values_of_a_set() {
        let schema = "{\"properties\": {\"a\": {\"type\": \"integer\"}}}";
        let set = "//- /c/ci/b-values.yaml\na: x\n";
        on(&RULE)
            .files(&chart("a: 1\n", schema, set))
            .flags(&["c/ci/b-values.yaml:1: x"])
            .loud_by_default();
    }

    #[test]
    fn keys_that_the_schema_does_not_allow() {
        let schema =
            "{\"additionalProperties\": false, \"properties\": {\"a\": {\"type\": \"integer\"}}}";
        on(&RULE)
            .files(&chart("a: 1\nb: 2\n", schema, ""))
            .says(&["the values do not fit the schema: additional properties 'b' not allowed"])
            .loud_by_default();
    }

    #[test]
    fn what_users_have_to_give_is_pedantic() {
        let schema = "{\"required\": [\"b\"], \"properties\": {\"b\": {\"type\": \"string\"}}}";
        on(&RULE)
            .files(&chart("a: 1\n", schema, ""))
            .quiet_by_default();
        let schema = "{\"properties\": {\"a\": {\"type\": \"string\", \"minLength\": 1}}}";
        on(&RULE)
            .files(&chart("a: ''\n", schema, ""))
            .flags(&["c/values.yaml:1: ''"])
            .quiet_by_default();
        let schema = "{\"properties\": {\"a\": {\"type\": \"array\", \"minItems\": 1}}}";
        on(&RULE)
            .files(&chart("a: []\n", schema, ""))
            .quiet_by_default();
        // Something else may be given instead.
        let either = "{\"anyOf\": [{\"properties\": {\"a\": {\"minLength\": 1}}}, {\"properties\": {\"b\": {\"const\": true}}}]}";
        on(&RULE)
            .files(&chart("a: ''\nb: false\n", either, ""))
            .quiet_by_default();
        let both = either.replace("anyOf", "allOf");
        on(&RULE)
            .files(&chart("a: ''\nb: false\n", &both, ""))
            .loud_by_default();
    }

    #[test]
    fn properties_that_nothing_knows() {
        let schema =
            "{\"properties\": {\"a\": {\"type\": \"integer\"}, \"b\": {\"type\": \"string\"}}}";
        on(&RULE)
            .files(&chart("a: 1\n", schema, ""))
            .flags(&["c/values.schema.json:1: \"b\""])
            .quiet_by_default();
        on(&RULE)
            .files(&chart("a: 1\n# b: x\n", schema, ""))
            .clean();
        let reads = "//- /c/templates/b.yaml\nb: {{ .Values.b | default 1 }}\n";
        on(&RULE).files(&chart("a: 1\n", schema, reads)).clean();
    }

    #[test]
    fn the_schema_of_a_subchart() {
        let more = "//- /c/charts/d/Chart.yaml\napiVersion: v2\nname: d\nversion: 1.0.0\n//- /c/charts/d/values.yaml\nx: 1\n//- /c/charts/d/values.schema.json\n{\"properties\": {\"x\": {\"type\": \"integer\"}}}\n";
        on(&RULE)
            .files(&chart("a: 1\nd:\n  x: y\n", "{}", more))
            .flags(&["c/values.yaml:3: y"]);
    }

    #[test]
    fn a_schema_that_is_none() {
        on(&RULE)
            .files(&chart("a: 1\n", "{\"type\": \"whatever\"}", ""))
            .loud_by_default();
        on(&RULE)
            .files(&chart(
                "a: 1\n",
                "{\"$ref\": \"https://example.com/x.json\"}",
                "",
            ))
            .clean();
    }
}
