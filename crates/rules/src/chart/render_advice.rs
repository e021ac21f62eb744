//! What to do about a chart that cannot be rendered, by what Helm says of it.

use super::values_elsewhere::paths_in;

/// The advice for a message, with the line that it is about.
pub(super) fn advice(message: &str, line: &str) -> Option<String> {
    if let Some(field) = field_of_nothing(message) {
        return Some(give_map(field, line));
    }
    if let Some(name) = quoted_after(message, "no template ") {
        return Some(format!(
            "define it in a file of `templates/`, as `{{{{- define \"{name}\" -}}}}`, or include one \
             that is defined"
        ));
    }
    if message.starts_with("undefined variable") {
        return Some(
            "where another program is to read the braces, as Prometheus does, write the whole in a \
             text: ``{{ `{{ $labels.job }}` }}``; otherwise set the variable before it is read"
                .to_owned(),
        );
    }
    if message.starts_with("function ") && message.ends_with(" not defined") {
        let name = quoted_after(message, "function ")?;
        return Some(format!(
            "write `\"{name}\"` in quotes where a text is meant, and `.Values.{name}` where a value is; \
             where another program is to read the braces, write the whole in a text: ``{{{{ `…` }}}}``"
        ));
    }
    if message.starts_with("bad character U+002D") {
        return indexed(line);
    }
    let fixed = if message.contains("expected string") {
        "give a text here: name the value in `values.yaml`, demand it with `required`, or write \
         `toString` before what reads it"
    } else if message == "invalid chart apiVersion" {
        "write `apiVersion: v2`, or `v1` for a chart of Helm 2, in `Chart.yaml`"
    } else if message == "chart.metadata.name is required" {
        "write the chart's `name` in `Chart.yaml`"
    } else if message.starts_with("chart.metadata.version") {
        "write a version of three numbers in `Chart.yaml`, such as `1.0.0` (https://semver.org)"
    } else if message == "unexpected EOF" {
        "close the last `if`, `range`, `with` or `define` with `{{- end }}`"
    } else if message.contains("index of untyped nil") {
        "give what `index` reads in `values.yaml`, or ask for it with an `if` first"
    } else {
        return None;
    };
    Some(fixed.to_owned())
}

/// The field that is asked of what is not there, or of what is no map.
fn field_of_nothing(message: &str) -> Option<&str> {
    let of_nil = message.strip_prefix("nil pointer evaluating ");
    let nil = of_nil.and_then(|what| Some(what.split_once('.')?.1));
    let other = message
        .strip_prefix("can't evaluate field ")
        .and_then(|what| Some(what.split_once(" in type interface {}")?.0));
    nil.or(other)
}

/// What to give for a field of a map that is not there.
fn give_map(field: &str, line: &str) -> String {
    let mut paths = paths_in(line);
    let above = paths.find_map(|path| {
        let keys: Vec<&str> = path.split('.').collect();
        let at = keys.iter().position(|key| *key == field)?;
        (at > 0).then(|| keys[..at].join("."))
    });
    match above {
        Some(above) => format!(
            "give the map `{above}` in `values.yaml`, if only as `{{}}`, or ask for it first: \
             `{{{{- if .Values.{above} }}}}`"
        ),
        None => format!("give the map that has `{field}`, or ask for it with an `if` first"),
    }
}

/// How to read a key with a hyphen in it, which no dot can.
fn indexed(line: &str) -> Option<String> {
    let is_of_path = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let mut words = line.split(|c: char| !is_of_path(c));
    let path = words.find(|word| word.starts_with(".Values.") && word.contains('-'))?;
    let keys: Vec<&str> = path.trim_end_matches('-').split('.').skip(2).collect();
    let first = keys.iter().position(|key| key.contains('-'))?;
    let plain: String = keys[..first].iter().map(|key| format!(".{key}")).collect();
    let named: String = keys[first..]
        .iter()
        .map(|key| format!(" \"{key}\""))
        .collect();
    Some(format!(
        "a dot cannot read a key with `-`: write `index .Values{plain}{named}`"
    ))
}

/// What stands in quotes behind some words.
fn quoted_after<'m>(message: &'m str, words: &str) -> Option<&'m str> {
    let (_, rest) = message.split_once(words)?;
    rest.strip_prefix('"')?.split('"').next()
}

#[cfg(test)]
mod tests {
    use super::advice;

    #[test]
    fn what_helm_says_is_answered() {
        let says = |message: &str, line: &str| advice(message, line).unwrap_or_default();
        let nil = "nil pointer evaluating interface {}.type";
        assert!(says(nil, "type: {{ .Values.service.type }}").contains("map `service` in"));
        assert!(says(nil, "type: {{ $x.type }}").contains("the map that has `type`"));
        let other = "can't evaluate field enabled in type interface {}";
        assert!(says(other, "{{ if .Values.a.b.enabled }}").contains(".Values.a.b }}"));
        assert_eq!(
            says(
                "bad character U+002D '-'",
                "  replicas: {{ .Values.services.ai-agent.replicas }}"
            ),
            "a dot cannot read a key with `-`: write `index .Values.services \"ai-agent\" \"replicas\"`"
        );
        assert!(says("function \"llama3\" not defined", "").contains("`\"llama3\"` in quotes"));
        assert!(says("undefined variable \"$labels\"", "").contains("Prometheus"));
        let template = "error calling include: template: no template \"c.name\" associated with template \"gotpl\"";
        assert!(says(template, "").contains("{{- define \"c.name\" -}}"));
        assert!(says("unexpected EOF", "").contains("{{- end }}"));
        assert_eq!(advice("something else", ""), None);
    }
}
