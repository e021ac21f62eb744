//! Rules work unchanged on generated text: what they report about a rendered manifest stands on
//! the template line that wrote it, with the values that flowed in, and a fix reaches the
//! template where the text is a copy of it and is left out where it is not.

use std::sync::Arc;

use plimsoll_project::{ManifestRole, ManifestUnit, Options, Project};
use plimsoll_rules::{Date, Selection, check};
use plimsoll_source::{
    MemoryTree, Origin, OriginMap, Place, Segment, SourceFile, TextRange, ValueOrigin, ValueRole,
};
use plimsoll_yaml::{Dialect, parse};

const TEMPLATE: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  selector:
    matchLabels: {app: web}
  template:
    metadata:
      labels: {app: web}
    spec:
      containers:
        - name: web
          image: {{ .Values.image }}
          ports: [{name: http, containerPort: 8000}]
          readinessProbe:
            tcpSocket: {port: htpp}
";
const EXPRESSION: &str = "{{ .Values.image }}";
const VALUES: &str = "image: nginx:latest\n";

/// What a renderer would hand over: the text, and for each part of it where it was written.
fn rendered() -> Project {
    let mut project = Project::load(Arc::new(MemoryTree::new()), &Options::default());
    let template = project
        .files
        .add(SourceFile::written("templates/web.yaml", TEMPLATE));
    let values = project
        .files
        .add(SourceFile::written("values.yaml", VALUES));
    let at = TEMPLATE.find(EXPRESSION).expect("in the template");
    let image = "nginx:latest";
    let text = TEMPLATE.replace(EXPRESSION, image);
    let origin = |start, end| Origin::written(Place::new(template, TextRange::at(start, end)));
    let mut expression = origin(at, at + EXPRESSION.len());
    let in_values = VALUES.find(image).expect("in the values");
    expression.values.push(ValueOrigin {
        path: "image".into(),
        place: Some(Place::new(
            values,
            TextRange::at(in_values, in_values + image.len()),
        )),
        role: ValueRole::Content,
    });
    let after = at + image.len();
    let map = OriginMap::new(vec![
        Segment {
            output: TextRange::at(0, at),
            origin: origin(0, at),
            verbatim: true,
        },
        Segment {
            output: TextRange::at(at, after),
            origin: expression,
            verbatim: false,
        },
        Segment {
            output: TextRange::at(after, text.len()),
            origin: origin(at + EXPRESSION.len(), TEMPLATE.len()),
            verbatim: true,
        },
    ]);
    let file = project.files.add(SourceFile::generated(
        "web.yaml (rendered)",
        text.as_str(),
        map,
    ));
    let tree = parse(text.as_str(), Dialect::GoV2);
    project.manifests.push(ManifestUnit {
        file,
        tree,
        role: ManifestRole::Whole,
        set: 0,
    });
    project
}

#[test]
fn findings_stand_on_the_template_and_name_the_value() {
    let project = rendered();
    let findings = check(&project, &Selection::on(Date::new(2026, 11, 24))).findings;
    let of = |rule: &str| {
        findings
            .iter()
            .find(|finding| finding.rule == rule)
            .unwrap_or_else(|| panic!("no {rule}"))
    };

    let image = of("unpinned-image");
    assert_eq!(project.path(image.origin.place.file), "templates/web.yaml");
    assert_eq!(project.files.text(image.origin.place), EXPRESSION);
    assert!(image.generated.is_some());
    let value = &image.origin.values[0];
    assert_eq!(&*value.path, "image");
    assert_eq!(
        value.place.map(|place| project.files.text(place)),
        Some("nginx:latest")
    );

    let memory = of("missing-memory-limit");
    assert_eq!(project.files.text(memory.origin.place), "name: web");
    assert!(memory.origin.values.is_empty());
}

#[test]
fn a_fix_reaches_the_template_where_the_text_is_a_copy() {
    let project = rendered();
    let findings = check(&project, &Selection::on(Date::new(2026, 11, 24))).findings;
    let port = findings
        .iter()
        .find(|f| f.rule == "probe-port-unknown")
        .expect("a misspelt port");
    let fix = port.fix.as_ref().expect("the name is near enough");
    let edit = &fix.change.edits[0];
    assert_eq!(project.path(edit.file), "templates/web.yaml");
    assert_eq!(edit.edit.range.of(TEMPLATE), "htpp");
    assert_eq!(edit.edit.text, "http");
}
