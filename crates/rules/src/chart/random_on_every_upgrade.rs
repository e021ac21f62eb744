//! # What it does
//! Finds passwords, keys and certificates that a chart makes up anew on every upgrade: values of
//! Secrets, ConfigMaps and environment variables made by `randAlphaNum`, `uuidv4`, `genCA` and
//! their like, where nothing looks for what was made before.
//!
//! # Why it matters
//! `helm upgrade` renders the templates again. The Secret gets another password than the
//! database has on its disk, running pods keep the old one until they are replaced, and one half
//! of the service no longer understands the other.
//!
//! Certificates are reported at the pedantic strictness: all of them are replaced together, and
//! what reads them may well notice. At the auditor strictness also what `lookup` guards is
//! reported, since nothing is found where a chart is rendered without a cluster, as Argo CD and
//! `helm template` do.
//!
//! # Example
//! ```yaml bad
//! //- /chart/Chart.yaml
//! apiVersion: v2
//! name: payments
//! version: 1.0.0
//! //- /chart/templates/secret.yaml
//! apiVersion: v1
//! kind: Secret
//! metadata: {name: payments}
//! data:
//!   password: {{ randAlphaNum 24 | b64enc }}
//! ```
//! ```yaml good
//! //- /chart/Chart.yaml
//! apiVersion: v2
//! name: payments
//! version: 1.0.0
//! //- /chart/values.yaml
//! password: ""
//! //- /chart/templates/secret.yaml
//! {{- if .Values.password }}
//! apiVersion: v1
//! kind: Secret
//! metadata: {name: payments}
//! data:
//!   password: {{ .Values.password | b64enc }}
//! {{- end }}
//! ```
//!
//! # References
//! - <https://helm.sh/docs/chart_template_guide/functions_and_pipelines/#using-the-lookup-function>

use plimsoll_project::Given;
use plimsoll_secrets::base64;
use plimsoll_source::{Confidence, Severity, TextRange};
use plimsoll_yaml::Node;

use super::given::behind;
use crate::{Check, ContainerInput, Cx, FixKind, ObjectInput, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "random-on-every-upgrade",
    summary: "an upgrade of a chart makes up another password, key or certificate",
    since: "0.1.0",
    severity: Severity::Warning,
    confidence: Confidence::High,
    strictness: Strictness::Default,
    fix: FixKind::None,
    aliases: &[],
    checks: &[Check::Object(objects), Check::Container(variables)],
};

/// What guards a random value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Guard {
    None,
    Lookup,
}

/// A value that chance made.
struct Random<'a> {
    key: String,
    range: TextRange,
    text: std::borrow::Cow<'a, str>,
    guard: Guard,
}

fn objects(cx: &mut Cx<'_>, input: &ObjectInput<'_>) {
    let object = input.object;
    let is_data = object.is("", "Secret") || object.is("", "ConfigMap");
    if !is_data || cx.project.generated(input.unit.file).is_none() || stays(input) {
        return;
    }
    let fields = ["data", "stringData"];
    let entries = fields.iter().filter_map(|field| object.node().get(field));
    let entries = entries.flat_map(Node::entries);
    let mut found: Vec<Random<'_>> = Vec::new();
    for entry in entries {
        let key = entry.key.text().unwrap_or_default().into_owned();
        found.extend(random(cx, key, entry.value.resolve()));
    }
    // Hashes are salted: another text each time for the same password.
    found.retain(|one| !is_salted(&one.text));
    report(cx, &object.kind(), &found);
}

fn variables(cx: &mut Cx<'_>, input: &ContainerInput<'_>) {
    if cx.project.generated(input.unit.file).is_none() {
        return;
    }
    let mut found = Vec::new();
    for variable in input.container.env() {
        let name = variable.name().unwrap_or_default().into_owned();
        found.extend(variable.value().and_then(|value| random(cx, name, value)));
    }
    // Some variable of another value each time is how pods are made to restart.
    found.retain(|one| {
        let key = one.key.to_lowercase();
        let words = ["pass", "secret", "key", "token", "salt"];
        words.iter().any(|word| key.contains(word))
    });
    report(cx, "variable", &found);
}

fn random<'a>(cx: &Cx<'_>, key: String, value: Node<'a>) -> Option<Random<'a>> {
    let behind = behind(cx, cx.place(value.range()))?;
    let marks = behind.marks();
    let has = |given: Given| marks.has(given.any());
    if !marks.has(Given::Chance.content()) || has(Given::Stage) || has(Given::Anything) {
        return None;
    }
    let guard = if has(Given::Cluster) {
        Guard::Lookup
    } else {
        Guard::None
    };
    Some(Random {
        key,
        range: value.range(),
        text: value.text()?,
        guard,
    })
}

/// Whether a Secret is made once and then left as it is.
fn stays(input: &ObjectInput<'_>) -> bool {
    let hook = input.object.annotations().get("helm.sh/hook");
    let immutable = input.object.node().get("immutable").and_then(Node::as_bool);
    let only_at_install = hook.is_some_and(|hook| {
        hook.split(',')
            .all(|event| event.trim().ends_with("-install"))
    });
    only_at_install || immutable == Some(true)
}

/// What a value of a Secret stands for, as far as it is text.
fn decoded(text: &str) -> Vec<u8> {
    base64::decode(text.trim()).unwrap_or_else(|| text.as_bytes().to_vec())
}

fn is_salted(text: &str) -> bool {
    let bytes = decoded(text);
    let text = String::from_utf8_lossy(&bytes);
    text.starts_with("$2a$") || text.contains(":$2a$")
}

fn is_certificate(text: &str) -> bool {
    decoded(text).starts_with(b"-----BEGIN ")
}

fn report(cx: &mut Cx<'_>, kind: &str, found: &[Random<'_>]) {
    let worst = |one: &Random<'_>| (one.guard == Guard::Lookup, is_certificate(&one.text));
    let Some(first) = found.iter().min_by_key(|one| worst(one)) else {
        return;
    };
    let (is_guarded, is_certificate) = worst(first);
    let alike: Vec<&Random<'_>> = found
        .iter()
        .filter(|one| worst(one) == worst(first))
        .collect();
    let names: Vec<String> = alike.iter().map(|one| format!("`{}`", one.key)).collect();
    let (verb, others) = match names.len() {
        1 => ("is", String::new()),
        2 => ("are", format!(" and {}", names[1])),
        more => ("are", format!(" and {} more", more - 1)),
    };
    let what = format!("{}{others} of the {kind} {verb} made up anew", names[0]);
    let what = if kind == "variable" {
        format!("the variable {}{others} {verb} made up anew", names[0])
    } else {
        what
    };
    let message = if is_guarded {
        format!("{what} wherever `lookup` finds nothing")
    } else {
        format!("{what} on every upgrade")
    };
    let places: Vec<_> = alike
        .iter()
        .skip(1)
        .map(|one| cx.place(one.range))
        .collect();
    let draft = cx.report(first.range, message);
    for place in places {
        draft.related(place, "this one, too");
    }
    if is_guarded {
        draft
            .strictness(Strictness::Auditor)
            .severity(Severity::Note)
            .note(
                "without a cluster, as Argo CD and `helm template` render, it never finds anything",
            )
            .help("let the value be given, or name a Secret that exists");
    } else {
        if is_certificate {
            draft.strictness(Strictness::Pedantic);
        }
        draft
            .note("what was made with the old one, such as the data of a database, stays with that")
            .help("look for the object with `lookup` and take over what it has, or let the value be given");
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::chart::given::tests::{chart, deployment};
    use crate::testing::on;

    fn secret(head: &str, data: &str) -> String {
        chart(
            "password: ''",
            &format!("apiVersion: v1\nkind: Secret\nmetadata:\n  name: a\n{head}data:\n{data}"),
        )
    }

    #[test]
    fn what_chance_makes_is_found() {
        on(&RULE)
            .files(&secret(
                "",
                "  a: {{ randAlphaNum 9 | b64enc }}\n  b: {{ uuidv4 | b64enc | quote }}\n",
            ))
            .flags(&["c/templates/a.yaml:6: {{ randAlphaNum 9 | b64enc }}"])
            .says(&["`a` and `b` of the Secret are made up anew on every upgrade"]);
        on(&RULE)
            .files(&secret(
                "",
                "  a: {{ .Values.password | default (randAlpha 9) | b64enc }}\n",
            ))
            .loud_by_default();
        on(&RULE)
            .files(&deployment(
                "{}",
                "",
                "          image: a:1\n          env: [{name: PASSWORD, value: {{ randAlpha 9 }}}]\n",
            ))
            .says(&["the variable `PASSWORD` is made up anew on every upgrade"]);
    }

    #[test]
    fn certificates_are_pedantic() {
        on(&RULE)
            .files(&secret(
                "",
                "  {{- $ca := genCA \"a\" 365 }}\n  ca: {{ $ca.Cert | b64enc }}\n",
            ))
            .flags(&["c/templates/a.yaml:7: {{ $ca.Cert | b64enc }}"])
            .quiet_by_default();
    }

    #[test]
    fn what_lookup_guards_is_for_auditors() {
        let guarded = "  {{- $s := lookup \"v1\" \"Secret\" \"x\" \"a\" }}\n  {{- if $s }}\n  a: {{ $s.data.a }}\n  {{- else }}\n  a: {{ randAlpha 9 | b64enc }}\n  {{- end }}\n";
        on(&RULE)
            .files(&secret("", guarded))
            .says(&["`a` of the Secret is made up anew wherever `lookup` finds nothing"])
            .quiet_by_default();
    }

    #[test]
    fn what_stays_is_clean() {
        on(&RULE)
            .files(&secret(
                "",
                "  a: {{ .Values.password | b64enc | quote }}\n",
            ))
            .clean();
        on(&RULE)
            .files(&secret(
                "  annotations: {helm.sh/hook: pre-install}\n",
                "  a: {{ randAlpha 9 | b64enc }}\n",
            ))
            .clean();
        on(&RULE)
            .files(&secret(
                "",
                "  {{ if .Release.IsInstall }}\n  a: {{ randAlpha 9 | b64enc }}\n  {{ end }}\n",
            ))
            .clean();
        on(&RULE)
            .files(&secret("", "  a: {{ htpasswd \"a\" \"b\" | b64enc }}\n"))
            .clean();
        on(&RULE)
            .files(&deployment(
                "{}",
                "      annotations: {rollme: {{ randAlpha 5 }}}\n",
                "          image: a:1\n",
            ))
            .clean();
    }
}
