//! The chart of a project: the same objects as the manifests, with values for what differs between
//! environments. One project is one chart, for its services know each other by name.

use std::fmt::Write as _;

use super::{App, Cx, Kind, objects};
use crate::chart::{self, Holds, Value, group, value};
use crate::deploy::camel;
use crate::emit::{Dialect, file};
use crate::model::Evidence;
use crate::written::Written;

/// The folder of the chart.
const FOLDER: &str = "chart";

/// The group of values that no service can have.
pub(super) const WAITER: &str = "waiter";

/// Writes the chart; nothing where there is no service.
pub(super) fn write(cx: &Cx<'_>, apps: &[App<'_>]) -> Vec<Written> {
    if apps.is_empty() {
        return Vec::new();
    }
    let name = cx.wishes.project.as_str();
    let why: Vec<Evidence> = apps.iter().flat_map(|app| app.why.clone()).collect();
    let values = values(apps);
    let mut written = vec![
        chart::chart_yaml(name, &cx.wishes.tag(), &why, FOLDER),
        chart::helmignore(&why, FOLDER),
        chart::values_file(&values, &why, FOLDER),
        chart::schema_file(name, &values, &why, FOLDER),
        helpers(name, &why),
        notes(apps, &why),
    ];
    for app in apps {
        for object in objects::files(cx, apps, app) {
            let path = format!("{FOLDER}/templates/{}{}", app.folder, object.name);
            let template = file(path, &object.documents, Dialect::Chart);
            if !template.blocks.is_empty() {
                written.push(template);
            }
        }
    }
    written
}

fn values(apps: &[App<'_>]) -> Vec<Value> {
    let mut values: Vec<Value> = apps
        .iter()
        .map(|app| {
            let says = format!("The service `{}`.", app.service);
            group(&app.key, &says, of_app(app)).on(&app.why)
        })
        .collect();
    if let Some(app) = apps.iter().find(|app| !app.waits.is_empty()) {
        let (repository, tag) = objects::WAITER;
        let text = |text: &str| Holds::Text(text.to_owned(), false);
        let mut parts = vec![
            value("repository", "Where it is pulled from.", text(repository)),
            value("tag", "Its tag.", text(tag)),
        ];
        if let Some(digest) = &app.waiter {
            parts.push(value("digest", "Its digest.", text(digest)));
        }
        values.push(group(
            WAITER,
            "The image that waits for other services.",
            parts,
        ));
    }
    values
}

fn of_app(app: &App<'_>) -> Vec<Value> {
    let mut values = vec![image(app)];
    if matches!(app.kind, Kind::Deployment | Kind::StatefulSet) {
        let replicas = Holds::Number(app.replicas.0, 0, 1000);
        values.push(value("replicas", "How many pods there are.", replicas).on(&app.replicas.1));
    }
    if !app.config.is_empty() {
        let texts = app.config.clone();
        let says = "Variables, by name. They stand in a ConfigMap: no secrets.";
        values.push(value("config", says, Holds::Texts(texts)));
    }
    if !app.secret.is_empty() {
        let keys: Vec<&str> = app.secret.iter().map(|(key, ..)| key.as_str()).collect();
        let says = format!(
            "The Secret with the keys {}; it is made outside of this chart.",
            keys.join(", ")
        );
        values.push(value("secret", says, Holds::Text(app.name.clone(), false)));
    }
    let (resources, why, is_said) = &app.resources;
    let says = if *is_said {
        "What each pod asks for and may take."
    } else {
        "What each pod asks for and may take; unmeasured where the Compose file says nothing."
    };
    values.push(value("resources", says, Holds::Resources(resources.clone())).on(why));
    let claims = app.mounts.claims.iter();
    let sizes: Vec<Value> = claims
        .filter(|claim| claim.is_first && !claim.is_external)
        .map(|claim| {
            let says = format!("The room of `{}`; Compose says none.", claim.name);
            let size = Holds::Text(objects::SIZE.to_owned(), false);
            value(&camel(&claim.volume), says, size).on(&claim.why)
        })
        .collect();
    if !sizes.is_empty() {
        values.push(group("storage", "Room that outlives pods.", sizes));
    }
    if let Some((host, _, why)) = &app.host {
        let parts = vec![
            value("enabled", "Whether requests come in.", Holds::Switch(true)),
            value(
                "className",
                "The class of the cluster's ingress controller.",
                Holds::Text("nginx".to_owned(), false),
            ),
            value(
                "host",
                "The host name that it answers to.",
                Holds::Text(host.clone(), false),
            )
            .on(why),
        ];
        values.push(group(
            "ingress",
            "How requests come in from outside.",
            parts,
        ));
    }
    values
}

fn image(app: &App<'_>) -> Value {
    let image = &app.image;
    let mut says = "Where the image is pulled from.".to_owned();
    if let Some(note) = &image.note {
        says = format!("{says} {note}");
    }
    let repository = Holds::Text(image.repository.clone(), false);
    let mut parts = vec![value("repository", says, repository).on(&image.why)];
    if image.is_built {
        let says = "Its tag; the chart's appVersion where it is empty.";
        parts.push(value("tag", says, Holds::Text(String::new(), true)));
    } else if let Some(tag) = &image.tag {
        let tag = Holds::Text(tag.clone(), false);
        parts.push(value("tag", "Its tag.", tag).on(&image.why));
    }
    if let Some(digest) = &image.digest {
        let digest = Holds::Text(digest.clone(), false);
        parts.push(value("digest", "Its digest.", digest).on(&image.why));
    }
    group("image", "The image.", parts)
}

fn helpers(name: &str, why: &[Evidence]) -> Written {
    let text = format!(
        r#"{{{{/* Labels of every object beside its service's own. */}}}}
{{{{- define "{name}.labels" -}}}}
app.kubernetes.io/instance: {{{{ .Release.Name | quote }}}}
app.kubernetes.io/managed-by: {{{{ .Release.Service }}}}
{{{{- end }}}}
"#
    );
    let mut written = Written::new(format!("{FOLDER}/templates/_helpers.tpl"));
    written.push(text, why.to_vec());
    written
}

fn notes(apps: &[App<'_>], why: &[Evidence]) -> Written {
    let mut text = "Look at the pods:\n  kubectl --namespace {{ .Release.Namespace }} get pods --selector app.kubernetes.io/instance={{ .Release.Name }}\n".to_owned();
    for app in apps.iter().filter(|app| app.host.is_some()) {
        let _ = write!(
            text,
            "{{{{- if {values}.ingress.enabled }}}}\n{name} answers at https://{{{{ {values}.ingress.host }}}}/\n{{{{- end }}}}\n",
            values = app.values(),
            name = app.name,
        );
    }
    let mut written = Written::new(format!("{FOLDER}/templates/NOTES.txt"));
    written.push(text, why.to_vec());
    written
}
