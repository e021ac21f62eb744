//! # What it does
//! Checks manifests against the structure of Kubernetes (`--kube-version`), custom resources
//! against the CustomResourceDefinitions found in the tree or in `--crds DIR`, and Compose files
//! against the Compose Specification: unknown fields, with the nearest name; values of the wrong
//! type; fields that are missing; items that must differ and do not; values that a field cannot
//! have; fields that exclude or need each other; kinds that do not exist.
//!
//! # Why it matters
//! `kubectl apply` sends such an object and the API server refuses it, in the middle of a
//! rollout; with `--validate=ignore`, or through an older controller, an unknown field is
//! dropped and a setting that everybody believes in has no effect.
//!
//! What is reported as an error here is refused by the API server when it is asked with strict
//! field validation, which is what kubectl does. What it takes with a warning (two variables of
//! one name) is a warning. A field that the published schema calls required and the server fills
//! in is not reported; one that the server needs and the schema does not mention is.
//!
//! Of two objects in one document, because the line `---` between them is missing, only that is said;
//! of workloads without selector and template that are evidently meant as patches, that nothing
//! applies them as such.
//!
//! Silent about what a patch or a base lacks where an overlay may add it, about files that SOPS
//! encrypted, about values that are evidently filled in later (`${REPLICAS}`, `<name>`), about
//! what a sample leaves to be written (an empty `spec:` with a `TODO` below it), about the content
//! of a volume that a claim of the StatefulSet replaces, having its name, about what a template
//! leaves empty and a file of values elsewhere or a script that installs the chart gives, and
//! about custom resources whose definition is not there. Rules that a definition writes in CEL are
//! not evaluated. What a template writes only where a value is given that the chart leaves empty
//! (`volume: {}`) is lacking for pedantic reviews.
//!
//! # Example
//! ```yaml bad
//! apiVersion: v1
//! kind: Service
//! metadata: {name: payments}
//! spec:
//!   selector: {app: payments}
//!   ports:
//!     - port: 80
//!       targetport: 8080
//! ```
//! ```yaml fixed
//! apiVersion: v1
//! kind: Service
//! metadata: {name: payments}
//! spec:
//!   selector: {app: payments}
//!   ports:
//!     - port: 80
//!       targetPort: 8080
//! ```
//! ```yaml good
//! apiVersion: v1
//! kind: Service
//! metadata: {name: payments}
//! spec:
//!   selector: {app: payments}
//!   ports:
//!     - port: 80
//!       targetPort: 8080
//! ```
//!
//! # Fix safety
//! Adding or removing quotes is safe: the API server refused the file before. Renaming a field
//! or a value to its nearest name makes a setting take effect that had none, so read it first.
//!
//! # References
//! - <https://kubernetes.io/docs/reference/using-api/api-concepts/#field-validation>
//! - <https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/>
//! - <https://github.com/compose-spec/compose-spec/blob/main/schema/compose-spec.json>

use plimsoll_k8s::schema::{self, Mend, Problem, ProblemKind, Settings};
use plimsoll_k8s::{DocumentClass, Object, classify};
use plimsoll_project::{ManifestRole, ManifestUnit};
use plimsoll_source::files::{file_name, join, parent};
use plimsoll_source::{Confidence, EntryKind, Fix, Severity, TextRange};
use plimsoll_yaml::{Document, Node};

use super::meant_patch;
use super::schema_advice::{called_twice, mark_eaten, omitted};
use super::stand_ins::{is_braced, is_template, is_told_in_capitals, stands_in};
use crate::chart::slots::empty_slot;
use crate::chart::values_elsewhere::is_given_later;
use crate::cx::is_named_patch;
use crate::deploys::fills_braces;
use crate::{Alias, Check, Cx, FixKind, ObjectInput, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "schema",
    summary: "an object or a Compose file has a field or value that it cannot have, or lacks one",
    since: "0.1.0",
    severity: Severity::Error,
    confidence: Confidence::High,
    strictness: Strictness::Default,
    fix: FixKind::Sometimes,
    aliases: &[
        Alias {
            tool: "kube-linter",
            id: "schema-validation",
        },
        Alias {
            tool: "dclint",
            id: "invalid-schema",
        },
    ],
    checks: &[
        Check::Object(object),
        Check::Manifest(incomplete),
        Check::Compose(crate::compose::structure::check),
    ],
};

fn object(cx: &mut Cx<'_>, input: &ObjectInput<'_>) {
    let ObjectInput { unit, object } = *input;
    let settings = Settings {
        version: cx.kube_version,
        whole: unit.role != ManifestRole::Patch && !is_named_patch(cx.project.path(unit.file)),
    };
    let mut problems = schema::check(object, settings);
    if schema::pasted(object).is_none() {
        problems.splice(..0, cx.definitions.check(object, settings));
    }
    // Looked at last: most objects have no problem.
    if problems.is_empty()
        // Another tool's own file, which has the same two keys.
        || object.kind().contains('/')
        || is_template(&cx.project.files.get(unit.file).text)
        || fills_braces(cx, &cx.project.files.get(unit.file).text)
        || becomes_another(cx, unit, object)
    {
        return;
    }
    for problem in problems {
        report(cx, unit, object, problem);
    }
}

fn report(cx: &mut Cx<'_>, unit: &ManifestUnit, object: Object<'_>, problem: Problem) {
    let path: Vec<&str> = problem.path.iter().map(String::as_str).collect();
    let is_empty = problem.message.ends_with(" is empty");
    if problem.kind == ProblemKind::Missing || is_empty {
        let place = cx.place(problem.range);
        if is_given_later(cx, object.node(), &path, place) {
            return;
        }
    }
    if problem.kind == ProblemKind::Missing {
        if !cx.reports_missing(unit, object, &path)
            || is_expectation(cx, unit)
            || is_completed(cx, object)
            || is_cut_short(unit, object)
            || is_scaffold(&cx.project.files.get(unit.file).text, object, &path)
            || meant_patch::is_told(cx, unit, object, &path)
        {
            return;
        }
    } else {
        let line = line_of(&cx.project.files.get(unit.file).text, problem.range);
        if stands_in(line) || is_braced(line) || is_told_in_capitals(line) {
            return;
        }
    }
    let note = problem
        .note
        .or_else(|| described(object, &problem.path, problem.kind));
    let secret = is_secret(object, &problem.path).then(|| cx.place(problem.range));
    let related = problem.related.map(|(range, text)| (cx.place(range), text));
    let twice = related.as_ref().and_then(|(first, _)| {
        let is_twice = problem.kind == ProblemKind::Duplicate;
        let second = cx.place(problem.range);
        let eaten = || mark_eaten(cx, second).map(str::to_owned);
        is_twice.then(|| called_twice(cx, *first, second).or_else(eaten))?
    });
    // What a template leaves empty is for whoever installs the chart to give.
    let is_given = is_empty && cx.project.generated(unit.file).is_some();
    let slot = match (problem.kind, path.last()) {
        (ProblemKind::Missing, Some(name)) => empty_slot(cx, cx.place(problem.range), name),
        _ => None,
    };
    let own = match (problem.kind, path.last()) {
        (ProblemKind::UnknownField, Some(name)) => omitted(cx, cx.place(problem.range), name),
        _ => None,
    };
    let draft = cx.report(problem.range, problem.message);
    if slot.is_some() {
        draft.strictness(Strictness::Pedantic);
    }
    if problem.is_warning {
        draft.severity(Severity::Warning);
    }
    if let Some(note) = note {
        draft.note(note);
    }
    if let Some(help) = twice.or(own) {
        draft.help(help);
    } else if let Some(value) = slot {
        draft.help(format!(
            "demand it with `required`: it comes from the value `{value}`, which is empty"
        ));
    } else if is_given {
        draft
            .help("demand the value with `required`, or leave the field out where it is not given");
    } else if let Some(help) = problem.help {
        draft.help(help);
    }
    if let Some((place, text)) = related {
        draft.related(place, text);
    }
    if let Some(place) = secret {
        draft.secret(place);
    }
    if let Some(Mend {
        title,
        edits,
        safety,
    }) = problem.mend
    {
        let mut fix = Fix::new(title, safety);
        for edit in edits {
            fix = fix.edit(unit.file, edit);
        }
        draft.fix(fix);
    }
}

/// The line in which a range begins.
fn line_of(text: &str, range: TextRange) -> &str {
    let start = text[..range.start as usize]
        .rfind('\n')
        .map_or(0, |at| at + 1);
    text[start..].lines().next().unwrap_or("")
}

/// Whether a part of the object could not be read: what seems to be missing may stand there.
fn is_cut_short(unit: &ManifestUnit, object: Object<'_>) -> bool {
    let starts: Vec<u32> = unit
        .tree
        .documents()
        .map(|document| document.range().start)
        .collect();
    // What is left over of a line that could not be read may begin after the object.
    let document_of = |at: u32| starts.partition_point(|&start| start <= at);
    let own = object.node().full_range().start;
    let mut errors = unit.tree.errors().iter();
    errors
        .any(|error| error.range.start >= own && document_of(error.range.start) == document_of(own))
}

/// Whether what is missing stands there without a value and with a note that it is to be written,
/// as kubebuilder leaves its samples: `spec:`, `# TODO(user): Add fields here`.
fn is_scaffold(text: &str, object: Object<'_>, path: &[&str]) -> bool {
    let Some(entry) = path.first().and_then(|name| object.node().entry(name)) else {
        return false;
    };
    let rest = text
        .get(entry.key.range().end as usize..)
        .unwrap_or_default();
    let mut lines = rest.lines().skip(1).map(str::trim_start);
    let first = lines.find(|line| !line.is_empty()).unwrap_or_default();
    entry.value.resolve().is_null() && first.starts_with('#') && first.contains("TODO")
}

/// Whether a kustomization makes the object another kind, which has other fields.
fn becomes_another(cx: &Cx<'_>, unit: &ManifestUnit, object: Object<'_>) -> bool {
    object.name().is_some_and(|name| {
        let overlays = &cx.project.overlays;
        overlays.changes_kind(unit.file, &object.kind(), &name)
    })
}

/// Whether a mutating webhook of the project is called by the object's own API group: it completes
/// objects before their schema is looked at.
fn is_completed(cx: &Cx<'_>, object: Object<'_>) -> bool {
    let group = object.group();
    let objects = cx.links.objects();
    let mut webhooks = objects
        .of_kind("MutatingWebhookConfiguration")
        .filter_map(|definition| definition.object)
        .filter_map(|webhook| objects.get(webhook).node().get("webhooks"))
        .flat_map(Node::items)
        .filter_map(|webhook| webhook.get("name")?.text());
    group.contains('.')
        && !group.ends_with(".k8s.io")
        && webhooks.any(|name| name.ends_with(&format!(".{group}")))
}

/// Whether the file says what a test expects of objects, which is only a part of them.
fn is_expectation(cx: &Cx<'_>, unit: &ManifestUnit) -> bool {
    let path = cx.project.path(unit.file);
    let name = file_name(path);
    let is_named = ["assert", "expect", "error"]
        .iter()
        .any(|word| name.contains(word));
    let tests = [
        "chainsaw-test.yaml",
        "chainsaw-test.yml",
        "kuttl-test.yaml",
        "kyverno-test.yaml",
    ];
    is_named
        || tests.iter().any(|test| {
            let test = join(parent(path), test);
            test.is_some_and(|test| cx.project.tree.kind(&test) == Some(EntryKind::File))
        })
}

/// What the API's documentation says of a field whose value is wrong or that is missing.
fn described(object: Object<'_>, path: &[String], kind: ProblemKind) -> Option<String> {
    if !matches!(
        kind,
        ProblemKind::Missing | ProblemKind::Value | ProblemKind::WrongType
    ) {
        return None;
    }
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    let text = schema::describe(&object.group(), &object.version(), &object.kind(), &path)?;
    let sentence = schema::first_sentence(text);
    // Longer ones tell of history and exceptions.
    (sentence.len() <= 160 && !sentence.contains('\n'))
        .then(|| format!("the API says of it: {sentence}"))
}

/// Whether the values at this path are secrets.
fn is_secret(object: Object<'_>, path: &[String]) -> bool {
    object.is("", "Secret")
        && matches!(
            path.first().map(String::as_str),
            Some("data" | "stringData")
        )
        && path.len() > 1
}

/// Documents with the marks of an object that lack `apiVersion` or `kind`.
fn incomplete(cx: &mut Cx<'_>, unit: &ManifestUnit) {
    let is_part = unit.role != ManifestRole::Whole || is_named_patch(cx.project.path(unit.file));
    if is_part {
        return;
    }
    for root in unit.tree.documents().filter_map(Document::root) {
        if classify(root) != DocumentClass::Incomplete
            || is_template(&cx.project.files.get(unit.file).text)
        {
            continue;
        }
        let (there, missing) = match root.entry("kind") {
            Some(entry) if root.present("kind").is_some() => (entry.range(), "apiVersion"),
            _ => match root.entry("apiVersion") {
                Some(entry) => (entry.range(), "kind"),
                None => continue,
            },
        };
        lacks(cx, root, there, missing);
    }
}

fn lacks(cx: &mut Cx<'_>, root: Node<'_>, place: TextRange, missing: &str) {
    let kind = root.present("kind").and_then(Node::str);
    let help = match kind.and_then(|kind| schema::home(kind, cx.kube_version)) {
        Some(home) => format!("add `apiVersion: {home}`"),
        None => format!("add `{missing}`"),
    };
    let what = kind.map_or("the object".to_owned(), |kind| format!("the {kind}"));
    cx.report(place, format!("{what} lacks `{missing}`"))
        .note("kubectl cannot tell what it is")
        .help(help);
}

#[cfg(test)]
mod tests {
    use plimsoll_source::Severity;

    use super::RULE;
    use crate::testing::{Case, on};

    #[test]
    fn keys_that_two_calls_write_are_told_with_the_calls() {
        let chart = "//- /c/Chart.yaml\napiVersion: v2\nname: c\nversion: 1.0.0\n//- /c/values.yaml\n{}\n\
                     //- /c/templates/_a.tpl\n{{ define `all` }}\na: b\napp: web\n{{- end }}\n{{ define `app` }}\napp: web\n{{- end }}\n\
                     //- /c/templates/a.yaml\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  labels:\n    {{- include `all` . | indent 4 }}\n    {{- include `app` . | indent 4 }}\n";
        let case = on(&RULE).files(chart);
        let [finding] = &case.findings[..] else {
            panic!("{:?}", case.findings)
        };
        let help = finding.help.as_deref().unwrap_or_default();
        assert!(
            help.starts_with("both calls in c/templates/a.yaml, lines 6 and 7, write it"),
            "{help}"
        );
    }

    #[test]
    fn what_a_line_that_cannot_be_read_may_say_is_not_missing() {
        let claim = |rest: &str| {
            on(&RULE).manifest(&format!(
                "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {{name: a}}\nspec:\n  accessModes: [ReadWriteOnce]\n{rest}"
            ))
        };
        claim("  resources: { requests: { storage: ${SIZE}Gi } }\n").clean();
        claim("").says(&["`spec` lacks `resources`"]);
        // Another document is another matter.
        claim("---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: { a: ${B}c }\n")
            .says(&["`spec` lacks `resources`"]);
    }

    const CRD: &str = "\
//- /crd.yaml
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: shops.a.example}
spec:
  group: a.example
  scope: Namespaced
  names: {plural: shops, singular: shop, kind: Shop}
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec:
              type: object
              required: [size]
              properties:
                size: {type: string, enum: [small, large]}
                replicas: {type: integer, minimum: 1}
";

    #[track_caller]
    fn config_map(rest: &str) -> Case {
        on(&RULE).manifest(&format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c}}\n{rest}\n"
        ))
    }

    #[test]
    fn what_is_filled_in_later_is_left_alone() {
        for name in ["ROLLOUT_NAME-active", "REPLACEME-stable"] {
            on(&RULE)
                .manifest(&format!(
                    "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\n"
                ))
                .clean();
        }
        on(&RULE)
            .manifest(
                "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata: {a: [YOUR_BASE64_ARN]}\n",
            )
            .clean();
        on(&RULE)
            .manifest("apiVersion: '0.1'\nkind: ksonnet.io/registry\nspec: {a: b}\n")
            .clean();
        on(&RULE)
            .manifest("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: my_name}\n")
            .flags(&["3: my_name"]);
    }

    #[test]
    fn other_ways_of_leaving_a_value_open_are_known() {
        config_map("data: {}\nimmutable: {is-it}").clean();
        config_map("data: {}\nimmutable: {is: it}")
            .says(&["`immutable` must be `true` or `false`, not a mapping"]);
        on(&RULE)
            .manifest(
                "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: FILLED BY THE OPERATOR\n",
            )
            .clean();
        // What seems to be missing stands on the broken line.
        on(&RULE)
            .manifest(
                "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - name: a\n    image: {user}/a:1\n    args: [a]\n",
            )
            .clean();
    }

    #[test]
    fn fields_types_and_values_are_found() {
        config_map("datum: {a: b}").flags(&["4: datum"]);
        config_map("data: {a: 1}")
            .flags(&["4: 1"])
            .fixed("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {a: \"1\"}\n");
        config_map("data: {a/b: c}").says(&["`a/b` cannot be a key of `data`"]);
        on(&RULE)
            .manifest("apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - name: web\n")
            .says(&["`spec.containers[0]` lacks `image`"]);
        on(&RULE)
            .manifest("kind: Deployment\nmetadata: {name: a}\nspec: {}\n")
            .says(&["the Deployment lacks `apiVersion`"]);
    }

    #[test]
    fn what_the_server_only_warns_of_is_a_warning() {
        let case = config_map("data:\n  a: b\n  a: c");
        assert_eq!(case.findings[0].severity, Severity::Warning);
        case.flags(&["6: a"]);
    }

    #[test]
    fn the_values_of_secrets_are_not_shown() {
        let case = on(&RULE).manifest(
            "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {pin: 1234}\n",
        );
        assert_eq!(case.findings[0].secrets.len(), 1);
        assert!(!case.findings[0].message.contains("1234"));
        case.flags(&["4: 1234"]);
    }

    #[test]
    fn custom_resources_are_checked_against_their_definition() {
        let shop = |spec: &str| {
            on(&RULE).files(&format!(
                "{CRD}//- /shop.yaml\napiVersion: a.example/v1\nkind: Shop\nmetadata: {{name: s}}\nspec:\n  {spec}\n"
            ))
        };
        shop("size: small").clean();
        shop("size: tiny").says(&["`size` cannot be `tiny`"]);
        shop("siz: small").says(&["`siz` is no field of `spec`"]);
        shop("{size: small, replicas: 0}").says(&["`replicas` is less than 1"]);
        shop("{size: small, replicas: \"2\"}")
            .says(&["`replicas` must be a whole number, not a string"]);
    }

    #[test]
    fn what_others_know_is_left_alone() {
        on(&RULE)
            .manifest("apiVersion: a.example/v1\nkind: Shop\nmetadata: {name: s}\nspec: {siz: 1}\n")
            .clean();
        config_map("data: {a: \"${A}\"}").clean();
        on(&RULE)
            .manifest("#@ load(\"a\")\napiVersion: v1\nkind: Pod\nmetadata:\n  name: #@ data.name\nspec: {}\n")
            .clean();
        on(&RULE)
            .files(
                "//- /pod-assert.yaml\napiVersion: v1\nkind: Pod\nmetadata: {name: a}\nstatus: {phase: Running}\n\
                 //- /chainsaw-test.yaml\napiVersion: chainsaw.kyverno.io/v1alpha1\nkind: Test\n",
            )
            .clean();
        on(&RULE)
            .files(
                "//- /kustomization.yaml\nresources: [a.yaml]\npatches: [{path: p.yaml}]\n\
                 //- /a.yaml\napiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {selector: {a: b}}\n\
                 //- /p.yaml\napiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {ports: [{port: 80}]}\n",
            )
            .clean();
    }

    #[test]
    fn objects_that_become_another_kind_are_left_alone() {
        let case = |target: &str| {
            on(&RULE).files(&format!(
                "//- /kustomization.yaml\nresources: [../base]\npatches:\n- path: p.yaml\n- target: \
                 {{kind: Deployment, name: {target}}}\n  patch: '[{{\"op\": \"replace\", \"path\": \
                 \"/kind\", \"value\": \"StatefulSet\"}}]'\n\
                 //- /p.yaml\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: a}}\n\
                 spec: {{serviceName: a}}\n"
            ))
        };
        case("a").clean();
        case("b").flags(&["p.yaml:4: serviceName"]);
    }

    #[test]
    fn compose_files_are_checked_against_the_specification() {
        on(&RULE)
            .compose("services:\n  a:\n    image: a:1\n    port: ['80:80']\n")
            .flags(&["4: port"])
            .fixed("services:\n  a:\n    image: a:1\n    ports: ['80:80']\n");
        on(&RULE)
            .compose("services:\n  a:\n    image: a:1\n    user: 1000\n")
            .says(&["`user` must be a string, not a number"]);
        on(&RULE)
            .compose(
                "services:\n  a:\n    image: a:1\n    depends_on: {b: {}}\n  b: {image: b:1}\n",
            )
            .says(&["`b` lacks `condition`"]);
        on(&RULE)
            .compose("x-own: {a: b}\nservices:\n  a:\n    image: a:1\n    ports: ['${P}:80']\n")
            .clean();
        // One defect, one finding: `obsolete-compose-key` tells of these.
        on(&RULE)
            .compose("services:\n  a:\n    image: a:1\n    net: host\n")
            .clean();
        on(&RULE)
            .files("//- /docker-compose.yml\nweb:\n  image: a:1\n  net: host\n")
            .clean();
    }

    #[test]
    fn what_a_webhook_of_the_group_completes_is_not_missing() {
        let webhook = |name: &str| {
            on(&RULE).files(&format!(
                "{CRD}//- /shop.yaml\napiVersion: a.example/v1\nkind: Shop\nmetadata: {{name: s}}\n\
                 spec: {{replicas: 1}}\n//- /hooks.yaml\napiVersion: admissionregistration.k8s.io/v1\n\
                 kind: MutatingWebhookConfiguration\nmetadata: {{name: h}}\nwebhooks:\n- name: \
                 {name}\n  admissionReviewVersions: [v1]\n  clientConfig: {{service: {{name: a, \
                 namespace: b}}}}\n  sideEffects: None\n"
            ))
        };
        webhook("webhook.a.example").clean();
        webhook("webhook.b.example").flags(&["shop.yaml:4: spec"]);
    }

    #[test]
    fn a_part_of_a_workload_in_a_file_called_a_patch_lacks_nothing() {
        let part = |file: &str| {
            on(&RULE).files(&format!(
                "//- /{file}\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: a}}\nspec:\n  \
                 replicas: 2\n"
            ))
        };
        part("image_patch.yaml").clean();
        assert_eq!(part("image.yaml").findings.len(), 2);
    }

    #[test]
    fn what_a_template_leaves_empty_is_to_be_demanded() {
        let pod = |secret: &str| {
            format!(
                "apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\nspec:\n  containers:\n    - name: a\n      image: a:1\n      env:\n        - name: X\n          valueFrom:\n            secretKeyRef: {{key: x, name: {secret}}}\n"
            )
        };
        let chart = format!(
            "//- /c/Chart.yaml\napiVersion: v2\nname: c\nversion: 1.0.0\n//- /c/values.yaml\nsecret: \"\"\n//- /c/templates/a.yaml\n{}",
            pod("{{ .Values.secret | quote }}")
        );
        let help = |case: Case| case.findings[0].help.clone().unwrap_or_default();
        assert!(help(on(&RULE).files(&chart)).contains("`required`"));
        // A file of values or a script gives it.
        let more = |text: &str| on(&RULE).files(&format!("{chart}//- {text}\n"));
        more("/values/prod.yaml\nsecret: a").clean();
        more("/up.sh\nhelm install x ./c --set secret=a").clean();
        more("/values/prod.yaml\nsecret: ''").loud_by_default();
        more("/up.sh\nhelm install x ./d --set secret=a").loud_by_default();
        assert!(!help(on(&RULE).manifest(&pod("\"\""))).contains("`required`"));
    }

    #[test]
    fn a_sample_that_is_yet_to_be_written_lacks_nothing() {
        let crd = CRD.replacen(
            "          type: object\n",
            "          type: object\n          required: [spec]\n",
            1,
        );
        let shop = |rest: &str| {
            on(&RULE).files(&format!(
                "{crd}//- /config/samples/shop.yaml\napiVersion: a.example/v1\nkind: Shop\nmetadata: {{name: s}}\nspec:{rest}\n"
            ))
        };
        let todo = "  # TODO(user): Add fields here";
        shop(&format!("\n{todo}")).clean();
        for rest in [
            String::new(),
            format!("\n  replicas: 2\n{todo}"),
            "\n  # size: small".to_owned(),
        ] {
            assert_eq!(shop(&rest).findings.len(), 1, "{rest}");
        }
    }

    #[test]
    fn what_is_left_to_who_installs_a_chart_is_pedantic() {
        let chart_text = |value: &str, asked: &str| {
            format!(
                "{CRD}//- /c/Chart.yaml\napiVersion: v2\nname: c\nversion: 1.0.0\n//- /c/values.yaml\nshop: 1\nsize: {value}\n//- /c/templates/a.yaml\napiVersion: a.example/v1\nkind: Shop\nmetadata:\n  name: s\nspec:\n  replicas: 1\n  {{{{- with .Values.{asked} }}}}\n  size: {{{{ .x }}}}\n  {{{{- end }}}}\n"
            )
        };
        let chart = |value: &str, asked: &str| on(&RULE).files(&chart_text(value, asked));
        for empty in ["''", "{}", "[]", "", "{} # of the shop"] {
            let case = chart(empty, "size").quiet_by_default();
            let help = case.findings[0].help.as_deref().unwrap_or_default();
            assert!(help.ends_with("the value `size`, which is empty"), "{help}");
        }
        chart("''", "other").loud_by_default();
        // Rendered with what its author gives.
        let more = "//- /c/ci/a-values.yaml\nshop: 2\n";
        on(&RULE)
            .files(&(chart_text("''", "size") + more))
            .loud_by_default();
    }

    #[test]
    fn names_in_capitals_between_braces_are_filled_in() {
        let text =
            |name: &str| format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\n");
        on(&RULE).manifest(&text("\"shop-{ENVIRONMENT}\"")).clean();
        let hosts = "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: a}\nspec:\n  defaultBackend: {service: {name: a, port: {number: 1}}}\n  tls:\n  - hosts:\n    - \"{APP_DOMAIN}\"\n";
        on(&RULE).manifest(hosts).clean();
        assert_eq!(
            on(&RULE).manifest(&text("\"shop-{x y}\"")).findings.len(),
            1
        );
    }
}
