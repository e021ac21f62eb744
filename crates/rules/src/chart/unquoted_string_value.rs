//! # What it does
//! Finds templates that print a text from values without quotes, by itself, where any text makes
//! sense: the value of an environment variable, an argument, an annotation, a label, an entry of a
//! ConfigMap.
//!
//! # Why it matters
//! What is printed is YAML. With the values of today it is a text; when somebody sets it to `true`,
//! `8080`, `1.10`, `null` or `0123`, which are texts to whoever writes them, the field is a number
//! or a boolean, and the API server refuses the object; a value with `: ` or ` #` in it is cut or
//! breaks the document.
//!
//! Only at the pedantic strictness: nothing is wrong yet. A value that breaks today is told by
//! [value-type-surprise](value-type-surprise.md).
//!
//! # Example
//! ```yaml bad
//! //- /chart/Chart.yaml
//! apiVersion: v2
//! name: payments
//! version: 1.0.0
//! //- /chart/values.yaml
//! level: info
//! //- /chart/templates/configmap.yaml
//! apiVersion: v1
//! kind: ConfigMap
//! metadata:
//!   name: payments
//! data:
//!   LEVEL: {{ .Values.level }}
//! ```
//! ```yaml good
//! //- /chart/Chart.yaml
//! apiVersion: v2
//! name: payments
//! version: 1.0.0
//! //- /chart/values.yaml
//! level: info
//! //- /chart/templates/configmap.yaml
//! apiVersion: v1
//! kind: ConfigMap
//! metadata:
//!   name: payments
//! data:
//!   LEVEL: {{ .Values.level | quote }}
//! ```
//!
//! # References
//! - <https://helm.sh/docs/chart_best_practices/values/#make-types-clear>
//! - <https://helm.sh/docs/howto/charts_tips_and_tricks/#quote-strings-dont-quote-integers>

use plimsoll_k8s::schema::texts;
use plimsoll_source::{Confidence, Place, Severity};
use plimsoll_yaml::{Scalar, Style};

use super::printed::{converts, only_content, quotes};
use crate::{Check, Cx, FixKind, ObjectInput, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "unquoted-string-value",
    summary: "a template prints a text from values without quotes",
    since: "0.1.0",
    severity: Severity::Note,
    confidence: Confidence::High,
    strictness: Strictness::Pedantic,
    fix: FixKind::None,
    aliases: &[],
    checks: &[Check::Object(check)],
};

fn check(cx: &mut Cx<'_>, input: &ObjectInput<'_>) {
    let file = cx.project.files.get(input.unit.file);
    let Some(origins) = &file.origins else { return };
    for text in texts(input.object, cx.kube_version) {
        let node = text.node;
        let is_text = matches!(node.scalar(), Some(Scalar::Str(text)) if !text.is_empty());
        if !text.is_free || !is_text || node.style() != Style::Plain {
            continue;
        }
        // One action wrote all of it.
        let range = node.range();
        let parts = origins.parts();
        let first = parts.partition_point(|part| part.output.end <= range.start);
        let whole = parts.get(first).is_some_and(|part| {
            !part.verbatim && part.output.start <= range.start && range.end <= part.output.end
        });
        let place = cx.place(range);
        if !whole || converts(cx.project, place) || quotes(cx.project, place) {
            continue;
        }
        let Some(value) = only_content(cx.project, place) else {
            continue;
        };
        // What is long or odd was made by the template.
        let written = value.place.map(|place| cx.project.files.text(place));
        if written.is_none_or(|written| written.trim_matches(['"', '\'']) != node.source()) {
            continue;
        }
        // All elements of a list are printed by one line.
        let path = value.path.split('[').next().unwrap_or_default();
        // Quotes in a helper would be in all that others make of its text; but one that is called
        // with an indentation writes whole lines.
        let chain = cx.project.files.origin(place).chain;
        let writes_lines = |call: &Place| cx.project.files.text(*call).contains("indent");
        let help = if chain.first().is_none_or(writes_lines) {
            "print it with `quote`"
        } else {
            "pipe the call that prints it here to `quote`; its helper may serve other texts, too"
        };
        cx.report(range, format!("`{path}` is printed without quotes"))
            .note("set to `true`, `8080` or `null` it is no text any more")
            .help(help);
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::on;

    fn chart(values: &str, template: &str) -> String {
        format!(
            "//- /c/Chart.yaml\napiVersion: v2\nname: c\nversion: 1.0.0\n//- /c/values.yaml\n{values}//- /c/templates/a.yaml\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{{{ .Values.name }}}}\ndata:\n{template}"
        )
    }

    #[track_caller]
    fn count(values: &str, template: &str, expected: usize) {
        let case = on(&RULE).files(&chart(values, template));
        assert_eq!(case.findings.len(), expected, "{:#?}", case.findings);
    }

    #[test]
    fn texts_without_quotes() {
        count("name: n\na: info\n", "  x: {{ .Values.a }}\n", 1);
        count("name: n\na: info\n", "  x: {{ .Values.a | lower }}\n", 1);
        count(
            "name: n\na: info\n",
            "  x: {{ .Values.a | default \"b\" }}\n",
            1,
        );
    }

    #[test]
    fn names_quotes_and_parts() {
        count("name: n\n", "  x: y\n", 0);
        count("name: n\na: info\n", "  x: {{ .Values.a | quote }}\n", 0);
        count("name: n\na: info\n", "  x: \"{{ .Values.a }}\"\n", 0);
        count("name: n\na: info\n", "  x: level-{{ .Values.a }}\n", 0);
        count(
            "name: n\na: {x: info}\n",
            "  {{- toYaml .Values.a | nindent 2 }}\n",
            0,
        );
        count("name: n\na: 1\n", "  x: {{ .Values.a }}\n", 0);
    }

    #[test]
    fn it_is_pedantic() {
        on(&RULE)
            .files(&chart("name: n\na: info\n", "  x: {{ .Values.a }}\n"))
            .quiet_by_default();
    }
}
