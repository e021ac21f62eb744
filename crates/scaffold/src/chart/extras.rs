//! What a chart has beside the objects: its description, helpers, notes and a test.

use crate::deploy::{Part, restricted};
use crate::emit::{Dialect, Document, List, Map, Node, file};
use crate::model::{Certainty, Evidence, Known};
use crate::written::Written;

/// The longest name of a release with room for what is put behind it.
const NAME: usize = 40;

pub(crate) fn chart_yaml(
    name: &str,
    tag: &Known<String>,
    why: &[Evidence],
    folder: &str,
) -> Written {
    let mut body = Map::new()
        .put("apiVersion", "v2")
        .put("name", name)
        .put("description", format!("Runs {name}"))
        .note("What it is, in your words.")
        .put("type", "application")
        .put("version", Node::Word("0.1.0".to_owned()))
        .put("appVersion", Node::Quoted(tag.value.clone()))
        .why(&tag.evidence);
    if tag.certainty == Certainty::Assumed {
        body = body.note("The tag of the image: whoever releases sets it.");
    }
    let body = body
        .put("home", format!("https://example.com/{name}"))
        .note("Not known here: replace these three.")
        .put("icon", format!("https://example.com/{name}.svg"))
        .put(
            "maintainers",
            List::new().item(Map::new().put("name", format!("Team of {name}"))),
        );
    let document = Document::new(body, why.to_vec());
    file(format!("{folder}/Chart.yaml"), &[document], Dialect::Plain)
}

pub(crate) fn helmignore(why: &[Evidence], folder: &str) -> Written {
    let mut written = Written::new(format!("{folder}/.helmignore"));
    written.push(
        "# Not for the package.\n.git/\n.DS_Store\n.env\n*.bak\n*.orig\n*.swp\n*.tgz\n*.tmp\n*~",
        why.to_vec(),
    );
    written
}

pub(super) fn helpers(part: &Part<'_>, folder: &str) -> Written {
    let name = part.name();
    let longest = part
        .running
        .processes
        .iter()
        .map(|process| process.name.len());
    // 52 characters are what a CronJob may have, and `-background` is the longest of ours.
    let room = NAME
        .min(52usize.saturating_sub(1 + longest.max().unwrap_or(0)))
        .max(20);
    let text = format!(
        r#"{{{{/* The name of every object; others are put behind it. */}}}}
{{{{- define "{name}.name" -}}}}
{{{{- .Release.Name | trunc {room} | trimSuffix "-" -}}}}
{{{{- end }}}}

{{{{/* What tells the pods of a release; it never changes. */}}}}
{{{{- define "{name}.selector" -}}}}
app.kubernetes.io/name: {{{{ .Chart.Name | quote }}}}
app.kubernetes.io/instance: {{{{ .Release.Name | quote }}}}
{{{{- end }}}}

{{{{- define "{name}.labels" -}}}}
{{{{ include "{name}.selector" . }}}}
app.kubernetes.io/managed-by: {{{{ .Release.Service }}}}
{{{{- end }}}}

{{{{- define "{name}.image" -}}}}
{{{{ .Values.image.repository }}}}:{{{{ .Values.image.tag | default .Chart.AppVersion }}}}
{{{{- end }}}}
"#
    );
    let mut written = Written::new(format!("{folder}/templates/_helpers.tpl"));
    written.push(text, part.why());
    written
}

pub(super) fn notes(part: &Part<'_>, folder: &str) -> Written {
    let name = part.name();
    let text = if part.running.port.is_some() {
        format!(
            r#"{{{{- if .Values.ingress.enabled }}}}
{name} answers at https://{{{{ .Values.ingress.host }}}}/
{{{{- else }}}}
Forward a port to look at it:
  kubectl --namespace {{{{ .Release.Namespace }}}} port-forward service/{{{{ include "{name}.name" . }}}} 8080:80
{{{{- end }}}}
"#
        )
    } else {
        format!(
            r#"Look at what it does:
  kubectl --namespace {{{{ .Release.Namespace }}}} logs deployment/{{{{ include "{name}.name" . }}}} --follow
"#
        )
    };
    let mut written = Written::new(format!("{folder}/templates/NOTES.txt"));
    written.push(text, part.why());
    written
}

/// A pod that `helm test` runs: it asks the Service for its health.
pub(super) fn test(part: &Part<'_>, folder: &str) -> Option<Written> {
    let port = part.running.port.as_ref()?;
    let name = part.name();
    let route = part.running.health.readiness.as_ref();
    let include = format!("{{{{ include \"{name}.name\" . }}}}");
    let (command, why): (Vec<String>, &[Evidence]) = match route {
        Some(route) => (
            ["wget", "-q", "-O", "/dev/null", "-T", "5"]
                .map(str::to_owned)
                .to_vec(),
            &route.evidence,
        ),
        None => (
            ["nc", "-z", "-w", "5"].map(str::to_owned).to_vec(),
            &port.evidence,
        ),
    };
    let mut words: List = command
        .into_iter()
        .fold(List::new(), |list, word| list.item(Node::Quoted(word)));
    words = match route {
        Some(route) => words.item(Node::Word(format!(
            "\"http://{include}{}\"",
            route.value.replace("{{", "").replace(['"', '\\'], "")
        ))),
        None => words
            .item(Node::Word(format!("\"{include}\"")))
            .item(Node::Quoted("80".to_owned())),
    };
    let hook = Map::new().put("helm.sh/hook", "test").put(
        "helm.sh/hook-delete-policy",
        "before-hook-creation,hook-succeeded",
    );
    let metadata = Map::new()
        .put("name", Node::Word(format!("{include}-test")))
        .put(
            "labels",
            Map::new()
                .splice(format!("include \"{name}.labels\" ."))
                .put("app.kubernetes.io/component", "test"),
        )
        .put("annotations", hook);
    let resources = Map::new()
        .put(
            "requests",
            Map::new().put("cpu", "10m").put("memory", "16Mi"),
        )
        .put("limits", Map::new().put("memory", "32Mi"));
    let container = Map::new()
        .put("name", "test")
        .put("image", "busybox:1.37.0")
        .put("command", words)
        .put("resources", resources)
        .put("securityContext", restricted());
    let spec = Map::new()
        .put("restartPolicy", "Never")
        .put("automountServiceAccountToken", false)
        .put(
            "securityContext",
            Map::new()
                .put("runAsNonRoot", true)
                .put("runAsUser", part.running.user)
                .put("runAsGroup", part.running.group)
                .put("seccompProfile", Map::new().put("type", "RuntimeDefault")),
        )
        .put("containers", List::new().item(container));
    let body = Map::new()
        .put("apiVersion", "v1")
        .put("kind", "Pod")
        .put("metadata", metadata)
        .put("spec", spec);
    let document = Document::new(body, why.to_vec());
    Some(file(
        format!("{folder}/templates/tests/connection.yaml"),
        &[document],
        Dialect::Chart,
    ))
}
