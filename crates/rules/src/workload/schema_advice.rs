//! What to do about fields of rendered charts that cannot stay as they are.

use plimsoll_source::{Place, ValueRole};

use crate::Cx;

/// What to do about two texts that were written by two calls in one template: what they call is
/// used elsewhere, too.
pub(super) fn called_twice(cx: &Cx<'_>, first: Place, second: Place) -> Option<String> {
    let files = &cx.project.files;
    let (first, second) = (files.origin(first).chain, files.origin(second).chain);
    let mut calls = first.iter().rev().zip(second.iter().rev());
    let (one, other) = calls.find(|(one, other)| one != other)?;
    let line = |place: &Place| files.get(place.file).line_col(place.range.start).line;
    let (path, last) = (cx.project.path(one.file), line(other));
    (one.file == other.file && line(one) != last).then(|| {
        format!(
            "both calls in {path}, lines {} and {last}, write it: leave one out, and write there what \
             only that one gives",
            line(one)
        )
    })
}

/// What to do about a second object of which the line `---` is there, in a template that takes the
/// line break before it away: `{{- if .Values.grpc -}}`.
pub(super) fn mark_eaten(cx: &Cx<'_>, place: Place) -> Option<&'static str> {
    cx.project.generated(place.file)?;
    let origin = cx.project.files.origin(place).place;
    let text = &*cx.project.files.get(origin.file).text;
    let above = &text[..origin.range.start as usize];
    let mut lines = above
        .lines()
        .rev()
        .map(str::trim_end)
        .filter(|line| !line.is_empty());
    let has_mark = lines.next() == Some("---");
    let eats = lines.next().is_some_and(|line| line.ends_with("-}}"));
    (has_mark && eats).then_some(
        "end the line before `---` with `}}`: its `-}}` takes the line break away, so that `---` \
         stands at the end of what was written before",
    )
}

/// What to do about a field that `toYaml` writes with all else of a value, and that is there for the
/// template itself, which an `if` of it reads: `readinessProbe.enabled`.
pub(super) fn omitted(cx: &Cx<'_>, place: Place, field: &str) -> Option<String> {
    cx.project.generated(place.file)?;
    let files = &cx.project.files;
    let origin = files.origin(place);
    let mut contents = origin.values.iter();
    let value = contents.find(|value| {
        let last = value.path.rsplit('.').next();
        value.role == ValueRole::Content && last == Some(field)
    })?;
    let text = &*files.get(origin.place.file).text;
    let at = origin.place.range.start as usize;
    let start = text[..at].rfind('\n').map_or(0, |at| at + 1);
    let line = text[start..].lines().next()?;
    let (_, call) = line.split_once("toYaml ")?;
    let end = call.find(|c: char| c.is_whitespace() || matches!(c, '|' | '}' | ')'));
    let whole = &call[..end.unwrap_or(call.len())];
    if !whole.starts_with(['.', '$']) {
        return None;
    }
    let own = [
        format!(".Values.{}", value.path),
        format!("{}.{field}", whole.trim_end_matches('.')),
    ];
    let asks = |line: &str| {
        let mut words = line.split(|c: char| c.is_whitespace() || "(){}".contains(c));
        line.contains("if ") && words.any(|word| own.iter().any(|own| own == word))
    };
    text.lines().any(asks).then(|| {
        format!(
            "write `toYaml (omit {whole} \"{field}\")` here: an `if` of the template reads it, and \
             nothing else should"
        )
    })
}

#[cfg(test)]
mod tests {
    use crate::testing::on;
    use crate::workload::schema::RULE;

    #[test]
    fn a_mark_between_objects_that_a_template_eats_is_there() {
        let help = |end: &str| {
            let object = |name: &str| {
                format!("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\n")
            };
            let case = on(&RULE).files(&format!(
                "//- /c/Chart.yaml\napiVersion: v2\nname: c\nversion: 1.0.0\n//- /c/values.yaml\na: true\n\
                 //- /c/templates/a.yaml\n{}{{{{- if .Values.a {end}\n---\n{}{{{{- end }}}}\n",
                object("a"),
                object("b")
            ));
            let found = case.findings.first();
            found.and_then(|one| one.help.clone()).unwrap_or_default()
        };
        assert!(help("-}}").contains("takes the line break away"));
        assert_eq!(help("}}"), "");
    }

    fn help(condition: &str, value: &str) -> String {
        let case = on(&RULE).files(&format!(
            "//- /c/Chart.yaml\napiVersion: v2\nname: c\nversion: 1.0.0\n//- /c/values.yaml\n\
             probe:\n  enabled: true\n  httpGet: {{path: /, port: 80}}\n//- /c/templates/a.yaml\n\
             apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\nspec:\n  containers:\n  - name: a\n    \
             image: a:1\n    {{{{- {condition} }}}}\n    livenessProbe:\n      \
             {{{{- toYaml {value} | nindent 6 }}}}\n    {{{{- end }}}}\n"
        ));
        let [finding] = &case.findings[..] else {
            panic!("{:?}", case.findings)
        };
        finding.help.as_deref().unwrap_or_default().to_owned()
    }

    #[test]
    fn what_the_template_itself_asks_for_is_left_out_there() {
        let whole = help("if .Values.probe.enabled", ".Values.probe");
        assert!(
            whole.starts_with("write `toYaml (omit .Values.probe \"enabled\")` here"),
            "{whole}"
        );
        // Nothing asks for it.
        let with = help("with .Values.probe", ".");
        assert!(with.starts_with("remove it"), "{with}");
        let other = help("if .Values.probe.httpGet", ".Values.probe");
        assert!(other.starts_with("remove it"), "{other}");
    }
}
