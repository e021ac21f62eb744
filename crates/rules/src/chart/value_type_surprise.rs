//! # What it does
//! Finds values of a chart that arrive as something else than what was written:
//!
//! - a whole number that is printed into a text as a float (`1000000` as `1e+06`), because Helm
//!   keeps all numbers as floats; in a text under a key that ends with `.json`, `.yaml` or `.yml` for pedantic
//!   reviews only, since JSON and YAML have such numbers;
//! - a whole number of more digits than a float can hold;
//! - a number or boolean that a template prints without quotes where Kubernetes wants a text;
//! - `yes`, `no`, `on` or `off` that is a boolean to YAML 1.1 and is printed into a text as
//!   `true` or `false`;
//! - a number that begins with `0`, which YAML 1.1 reads as octal, printed into a text as decimal.
//!
//! # Why it matters
//! `helm lint` renders such a chart without a word. The API server refuses a number where a text is
//! wanted, in the middle of a rollout; a program that gets `--limit=1e+06` or `MODE=true` fails
//! later, or takes it for something else.
//!
//! # Example
//! ```yaml bad
//! //- /chart/Chart.yaml
//! apiVersion: v2
//! name: payments
//! version: 1.0.0
//! //- /chart/values.yaml
//! maxBytes: 10485760
//! //- /chart/templates/configmap.yaml
//! apiVersion: v1
//! kind: ConfigMap
//! metadata:
//!   name: payments
//! data:
//!   MAX_BYTES: {{ .Values.maxBytes | quote }}
//! ```
//! ```yaml good
//! //- /chart/Chart.yaml
//! apiVersion: v2
//! name: payments
//! version: 1.0.0
//! //- /chart/values.yaml
//! maxBytes: 10485760
//! //- /chart/templates/configmap.yaml
//! apiVersion: v1
//! kind: ConfigMap
//! metadata:
//!   name: payments
//! data:
//!   MAX_BYTES: {{ .Values.maxBytes | int64 | quote }}
//! ```
//!
//! # References
//! - <https://helm.sh/docs/chart_template_guide/data_types/>
//! - <https://github.com/helm/helm/issues/1707>
//! - <https://yaml.org/type/bool.html>

use plimsoll_k8s::schema::texts;
use plimsoll_project::ManifestUnit;
use plimsoll_project::values::ValueRead;
use plimsoll_source::{Confidence, Place, Severity, TextRange, ValueOrigin};
use plimsoll_yaml::{Dialect, Node, Scalar, Style, parse};

use super::printed::{converts, node_at, only_content};
use crate::{Check, Cx, FixKind, ObjectInput, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "value-type-surprise",
    summary: "a value of a chart arrives as another type than what was written",
    since: "0.1.0",
    severity: Severity::Error,
    confidence: Confidence::High,
    strictness: Strictness::Default,
    fix: FixKind::None,
    aliases: &[],
    checks: &[
        Check::Object(object),
        Check::Manifest(manifest),
        Check::Project(project),
    ],
};

/// Numbers and booleans where a text is wanted.
fn object(cx: &mut Cx<'_>, input: &ObjectInput<'_>) {
    if cx.project.generated(input.unit.file).is_none() {
        return;
    }
    for text in texts(input.object, cx.kube_version) {
        let node = text.node;
        let kind = match node.scalar() {
            Some(Scalar::Int(_) | Scalar::Float(_)) => "a number",
            Some(Scalar::Bool(_)) => "a boolean",
            _ => continue,
        };
        if node.style() != Style::Plain {
            continue;
        }
        let Some(value) = only_content(cx.project, cx.place(node.range())) else {
            continue;
        };
        let path = value.path;
        // What is printed as YAML keeps its type: `quote` would make one text of all of it.
        let is_whole = converts(cx.project, cx.place(node.range()));
        cx.report(
            node.range(),
            format!("`{path}` is printed as {kind} where a text is wanted"),
        )
        .note("the API server refuses it")
        .help(if is_whole {
            "quote it in the values"
        } else {
            "print it with `quote`"
        });
    }
}

/// Values that are printed into texts and are not what was written.
fn manifest(cx: &mut Cx<'_>, unit: &ManifestUnit) {
    let file = cx.project.files.get(unit.file);
    let Some(origins) = &file.origins else { return };
    for part in origins.parts() {
        let shown = part.output.of(&file.text);
        let bare = shown.trim_matches(['"', '\'', ' ']);
        let is_word = matches!(bare, "true" | "false");
        let is_number = bare.len() > 1 && bare.bytes().all(|byte| byte.is_ascii_digit());
        let is_float = bare.contains("e+");
        if part.verbatim || !(is_word || is_number || is_float) {
            continue;
        }
        let place = Place::new(unit.file, part.output);
        let Some(value) = only_content(cx.project, place) else {
            continue;
        };
        let Some(written) = value.place.map(|place| cx.project.files.text(place)) else {
            continue;
        };
        if is_float {
            // As a number of its own it arrives as the number that it is.
            if !is_in_text(unit, part.output) {
                continue;
            }
            if let Some(number) = as_float(bare, written) {
                let is_json = in_json(&file.text, part.output.start as usize);
                floats(cx, part.output, &value, (&number, written), is_json);
            }
        } else if is_in_text(unit, part.output) && !converts(cx.project, place) {
            if is_word && is_old_boolean(written) {
                words(cx, part.output, &value, bare, written);
            } else if is_number && octal(written).is_some_and(|number| number == bare) {
                octals(cx, part.output, &value, bare, written);
            }
        }
    }
}

/// Whether an offset lies in a text whose key says that it is JSON or YAML, which have such numbers.
fn in_json(text: &str, at: usize) -> bool {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
    let mut least = indent(&text[start..]);
    for line in text[..start]
        .lines()
        .rev()
        .filter(|line| !line.trim().is_empty())
    {
        if indent(line) >= least {
            continue;
        }
        least = indent(line);
        let key = line.trim_end_matches(['-', '+', '|', '>', ' ']).trim();
        if key.len() < line.trim().len() && key.ends_with(':') {
            let key = key.trim_end_matches([':', '"', '\'']);
            return [".json", ".yaml", ".yml"]
                .iter()
                .any(|end| key.ends_with(end));
        }
    }
    false
}

fn floats(
    cx: &mut Cx<'_>,
    at: TextRange,
    value: &ValueOrigin,
    (shown, written): (&str, &str),
    is_json: bool,
) {
    let path = &value.path;
    let draft = cx
        .report(
            at,
            format!("`{path}` is {written} and is printed as `{shown}`"),
        )
        .note("Helm keeps numbers as floats, and prints those from a million on with an exponent");
    draft.help("print it with `int64`, or quote it in the values");
    // The same number in JSON; some programs want it without an exponent all the same.
    if is_json {
        draft
            .severity(Severity::Note)
            .strictness(Strictness::Pedantic);
    }
}

fn words(cx: &mut Cx<'_>, at: TextRange, value: &ValueOrigin, shown: &str, written: &str) {
    let path = &value.path;
    cx.report(
        at,
        format!("`{path}` is `{written}` and is printed as `{shown}`"),
    )
    .note(format!("`{written}` is a boolean in YAML 1.1"))
    .severity(Severity::Warning)
    .help("quote it in the values, or write what is meant to arrive");
}

fn octals(cx: &mut Cx<'_>, at: TextRange, value: &ValueOrigin, shown: &str, written: &str) {
    let path = &value.path;
    let draft = cx.report(
        at,
        format!("`{path}` is `{written}` and is printed as `{shown}`"),
    );
    draft
        .note("a number that begins with 0 is octal in YAML 1.1")
        .help("quote it in the values");
    // Of a mode of files the number is meant, and most programs read it in either form.
    if (3..=5).contains(&written.len()) {
        draft.strictness(Strictness::Pedantic);
    }
}

/// The float in a text that is printed for a whole number.
fn as_float(shown: &str, written: &str) -> Option<String> {
    let digits = written.strip_prefix('-').unwrap_or(written);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number: f64 = written.parse().ok()?;
    let is_of_number = |c: char| c.is_ascii_digit() || "e+-.".contains(c);
    let mut found = shown.split(|c| !is_of_number(c));
    let found = found.find(|part| part.contains("e+") && part.parse() == Ok(number))?;
    Some(found.to_owned())
}

/// Whether a value is written as one of the words that only YAML 1.1 takes for booleans.
fn is_old_boolean(written: &str) -> bool {
    matches!(
        &*written.to_ascii_lowercase(),
        "yes" | "no" | "on" | "off" | "y" | "n"
    )
}

/// The decimal form of a number that is written as octal.
fn octal(written: &str) -> Option<String> {
    let digits = written.strip_prefix('0')?;
    let digits = digits.strip_prefix('o').unwrap_or(digits);
    Some(u64::from_str_radix(digits, 8).ok()?.to_string())
}

/// Whether a range is in a scalar that is a text for certain: in quotes, in a block, or with more
/// around it.
fn is_in_text(unit: &ManifestUnit, at: TextRange) -> bool {
    let Some(node) = node_at(&unit.tree, at) else {
        return false;
    };
    node.style() != Style::Plain || node.source().len() > at.len() as usize
}

/// Numbers in `values.yaml` that have too many digits.
fn project(cx: &mut Cx<'_>) {
    let project = cx.project;
    for values in &project.chart_values {
        let Some(file) = values.file else { continue };
        let text = &project.files.get(file).text;
        // Most files have no number as long as that.
        let mut numbers = text.split(|c: char| !c.is_ascii_digit());
        if !numbers.any(|number| number.len() >= 16) {
            continue;
        }
        let tree = parse(&**text, Dialect::GoV2);
        for key in &values.keys {
            let node = node_at(&tree, key.key).filter(|node| node.is_key());
            let value = node.and_then(|node| {
                let mut entries = node.parent()?.entries();
                Some(entries.find(|entry| entry.key == node)?.value)
            });
            let Some(value) = value.filter(|_| key.read != ValueRead::Unread) else {
                continue;
            };
            if let Some(kept) = loses_digits(value) {
                let path = &key.path;
                let message = format!("`{path}` has more digits than arrive: `{kept}` is left");
                cx.report_at(Place::new(file, value.range()), message)
                    .note("Helm keeps numbers as floats of 53 bits")
                    .help("quote it");
            }
        }
    }
}

/// What is left of a whole number that a float cannot hold.
fn loses_digits(value: Node<'_>) -> Option<String> {
    let number = match value.scalar()? {
        Scalar::Int(number) if value.style() == Style::Plain => number,
        _ => return None,
    };
    let kept = number as f64;
    let kept = format!("{kept:.0}");
    (kept != number.to_string()).then_some(kept)
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::on;

    fn chart(values: &str, template: &str) -> String {
        format!(
            "//- /c/Chart.yaml\napiVersion: v2\nname: c\nversion: 1.0.0\n//- /c/values.yaml\n{values}//- /c/templates/a.yaml\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n{template}"
        )
    }

    #[test]
    fn whole_numbers_as_floats() {
        for (values, template, expected) in [
            (
                "a: 1000000\n",
                "  x: {{ .Values.a | quote }}\n",
                "`a` is 1000000 and is printed as `1e+06`",
            ),
            (
                "a: 12345678\n",
                "  x: \"--max={{ .Values.a }}\"\n",
                "`a` is 12345678 and is printed as `1.2345678e+07`",
            ),
        ] {
            on(&RULE).files(&chart(values, template)).says(&[expected]);
        }
    }

    #[test]
    fn json_has_such_numbers() {
        let text =
            |name: &str| format!("  {name}: |\n    {{\n      \"a\": {{{{ .Values.a }}}}\n    }}\n");
        on(&RULE)
            .files(&chart("a: 1000000\n", &text("a.json")))
            .quiet_by_default();
        on(&RULE)
            .files(&chart("a: 1000000\n", &text("a.yaml")))
            .quiet_by_default();
        on(&RULE)
            .files(&chart("a: 1000000\n", &text("a.conf")))
            .loud_by_default();
    }

    #[test]
    fn whole_numbers_as_floats_or_not() {
        for (values, template) in [
            ("a: 100000\n", "  x: {{ .Values.a | quote }}\n"),
            ("a: 1000000\n", "  x: {{ .Values.a | int | quote }}\n"),
            ("a: '1e+06'\n", "  x: {{ .Values.a | quote }}\n"),
            ("a: 1000000\n", "spec:\n  replicas: {{ .Values.a }}\n"),
            (
                "a: {b: 1000000}\n",
                "  x: |\n    {{- toYaml .Values.a | nindent 4 }}\n",
            ),
        ] {
            on(&RULE).files(&chart(values, template)).clean();
        }
    }

    #[test]
    fn numbers_where_texts_are_wanted() {
        for (values, template, expected) in [
            (
                "a: 1\n",
                "  x: {{ .Values.a }}\n",
                "`a` is printed as a number where a text is wanted",
            ),
            (
                "a: true\n",
                "  x: {{ .Values.a }}\n",
                "`a` is printed as a boolean where a text is wanted",
            ),
            (
                "a: '1'\n",
                "  x: {{ .Values.a }}\n",
                "`a` is printed as a number where a text is wanted",
            ),
        ] {
            on(&RULE).files(&chart(values, template)).says(&[expected]);
        }
    }

    #[test]
    fn numbers_where_texts_are_wanted_or_not() {
        for (values, template) in [
            ("a: 1\n", "  x: {{ .Values.a | quote }}\n"),
            ("a: 1\n", "  x: n{{ .Values.a }}\n"),
            ("a: {x: '1'}\n", "  {{- toYaml .Values.a | nindent 2 }}\n"),
        ] {
            on(&RULE).files(&chart(values, template)).clean();
        }
    }

    #[test]
    fn old_booleans_in_texts() {
        for (values, template, expected) in [
            (
                "a: yes\n",
                "  x: {{ .Values.a | quote }}\n",
                "`a` is `yes` and is printed as `true`",
            ),
            (
                "a: off\n",
                "  x: \"log={{ .Values.a }}\"\n",
                "`a` is `off` and is printed as `false`",
            ),
        ] {
            on(&RULE).files(&chart(values, template)).says(&[expected]);
        }
    }

    #[test]
    fn old_booleans_in_texts_or_not() {
        for (values, template) in [
            ("a: true\n", "  x: {{ .Values.a | quote }}\n"),
            ("a: 'yes'\n", "  x: {{ .Values.a | quote }}\n"),
            ("a: yes\n", "  {{- if .Values.a }}\n  x: y\n  {{- end }}\n"),
            (
                "a: {b: yes}\n",
                "  x: |\n    {{- toYaml .Values.a | nindent 4 }}\n",
            ),
        ] {
            on(&RULE).files(&chart(values, template)).clean();
        }
    }

    #[test]
    fn octal_numbers_in_texts() {
        for (values, template, expected) in [
            (
                "a: 0644\n",
                "  x: {{ .Values.a | quote }}\n",
                "`a` is `0644` and is printed as `420`",
            ),
            (
                "a: 0755\n",
                "  x: \"mode={{ .Values.a }}\"\n",
                "`a` is `0755` and is printed as `493`",
            ),
        ] {
            on(&RULE).files(&chart(values, template)).says(&[expected]);
        }
    }

    #[test]
    fn modes_of_files_are_for_the_pedantic() {
        let case = |value: &str| {
            on(&RULE).files(&chart(
                &format!("a: {value}\n"),
                "  x: {{ .Values.a | quote }}\n",
            ))
        };
        case("0644").quiet_by_default();
        case("01234567").loud_by_default();
    }

    #[test]
    fn octal_numbers_in_texts_or_not() {
        for (values, template) in [
            ("a: '0644'\n", "  x: {{ .Values.a | quote }}\n"),
            ("a: 644\n", "  x: {{ .Values.a | quote }}\n"),
            ("a: 0\n", "  x: {{ .Values.a | quote }}\n"),
        ] {
            on(&RULE).files(&chart(values, template)).clean();
        }
    }

    #[test]
    fn numbers_with_too_many_digits() {
        for (values, template, expected) in [
            (
                "a: 9007199254740993\n",
                "  x: {{ .Values.a | int64 | quote }}\n",
                "`a` has more digits than arrive: `9007199254740992` is left",
            ),
            (
                "a: 1234567890123456789\n",
                "  x: {{ .Values.a | int64 | quote }}\n",
                "`a` has more digits than arrive: `1234567890123456768` is left",
            ),
        ] {
            on(&RULE).files(&chart(values, template)).says(&[expected]);
        }
    }

    #[test]
    fn numbers_with_too_many_digits_or_not() {
        for (values, template) in [
            (
                "a: 9007199254740992\n",
                "  x: {{ .Values.a | int64 | quote }}\n",
            ),
            ("a: '9007199254740993'\n", "  x: {{ .Values.a | quote }}\n"),
            ("a: 9007199254740993\n", "  x: y\n"),
        ] {
            on(&RULE).files(&chart(values, template)).clean();
        }
    }
}
