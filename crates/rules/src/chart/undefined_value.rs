//! # What it does
//! Finds values that a template of a chart uses as if they were there, and that no values define:
//! not `values.yaml`, not a values file beside it or in `ci/`, not one beside the chart's folder or
//! those above it (`prod-values.yaml`, `values/prod.yaml`, `globals.yaml`), not the values that its
//! tests use, not a subchart, not a script that installs the chart (`--set`), not a comment of
//! `values.yaml` or the schema, which document what may be left out.
//!
//! # Why it matters
//! Helm renders a value that is not there as nothing: the field is empty, the flag has no argument,
//! the image has no tag, and nobody is told. Mostly the name is misspelled, or the value was
//! renamed in `values.yaml` only.
//!
//! Nothing is said where the template itself allows for it: inside an `if`, `with`, `range` or
//! `and` that tests the value or another one that is not defined, or through `default`, `or`,
//! `coalesce`, `ternary`, `required`, `hasKey`, `get`, `dig` or `(.a).b`. Nor of keys below a map
//! that is empty in all values, of globals, of elements of lists, and of names that are made up
//! while rendering. Of a value that is only compared (`eq`, `ne`) it is said at the pedantic
//! strictness, unless it is compared with `nil`, `true`, `false` or an empty text, or another place
//! allows for its absence.
//!
//! Where `values.yaml` has a value of nearly the same name, one with the same keys below another,
//! one a level deeper (`web.service.port` for `web.port`), or one beside what the template reads
//! otherwise, that one is named: mostly it is meant. What a Secret holds is to be demanded.
//!
//! # Example
//! ```yaml bad
//! //- /chart/Chart.yaml
//! apiVersion: v2
//! name: payments
//! version: 1.0.0
//! //- /chart/values.yaml
//! log:
//!   level: info
//! //- /chart/templates/configmap.yaml
//! apiVersion: v1
//! kind: ConfigMap
//! metadata:
//!   name: payments
//! data:
//!   LEVEL: {{ .Values.log.level | quote }}
//!   FORMAT: {{ .Values.log.format | quote }}
//! ```
//! ```yaml good
//! //- /chart/Chart.yaml
//! apiVersion: v2
//! name: payments
//! version: 1.0.0
//! //- /chart/values.yaml
//! log:
//!   level: info
//!   format: json
//! //- /chart/templates/configmap.yaml
//! apiVersion: v1
//! kind: ConfigMap
//! metadata:
//!   name: payments
//! data:
//!   LEVEL: {{ .Values.log.level | quote }}
//!   FORMAT: {{ .Values.log.format | quote }}
//! ```
//!
//! # References
//! - <https://helm.sh/docs/chart_best_practices/values/>
//! - <https://helm.sh/docs/howto/charts_tips_and_tricks/#using-the-required-function>

use std::collections::HashSet;

use plimsoll_project::values::{ChartValues, UndefinedValue};
use plimsoll_source::{Confidence, Place, Severity};

use super::meant::{Meant, meant};
use super::values_elsewhere::defines;
use crate::{Check, Cx, FixKind, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "undefined-value",
    summary: "a template uses a value that no values file defines",
    since: "0.1.0",
    severity: Severity::Warning,
    confidence: Confidence::Medium,
    strictness: Strictness::Default,
    fix: FixKind::None,
    aliases: &[],
    checks: &[Check::Project(check)],
};

fn check(cx: &mut Cx<'_>) {
    let project = cx.project;
    for values in &project.chart_values {
        let mut told = HashSet::new();
        for undefined in &values.undefined {
            let UndefinedValue {
                path,
                place,
                is_compared,
                above,
            } = undefined;
            if is_in_comment(&project.files.get(place.file).text, *place) {
                continue;
            }
            // Of a map that is not there, the first use stands for all.
            if !told.insert(missing(values, path)) {
                continue;
            }
            if defines(cx, &values.folder, path) {
                continue;
            }
            let message = format!("no values file defines `{path}`");
            let meant = meant(project, values, path, *place);
            let text = &project.files.get(place.file).text;
            let fails = is_encoded(text, *place);
            let is_secret = fails || is_in_secret(text, *place);
            let draft = cx.report_at(*place, message);
            draft.note(if *is_compared {
                "a value that is not there differs from whatever it is compared with"
            } else if fails {
                "`b64enc` takes texts only: without the value the chart cannot be rendered"
            } else {
                "a value that is not there is rendered as nothing"
            });
            // A text of the values may never be a template.
            let is_template = project.path(place.file).contains("templates/");
            if *is_compared || !is_template {
                draft.strictness(Strictness::Pedantic);
            }
            if let (Some(place), None) = (above, &meant) {
                draft.related(*place, "what is defined here does not have it");
            }
            match meant {
                Some(Meant {
                    path: other,
                    place,
                    is_slip,
                }) => {
                    draft.related(place, format!("defines `{other}`"));
                    draft.help(if is_slip {
                        format!("write `{other}`, if that is meant")
                    } else {
                        format!("values.yaml has `{other}`: read that here, if it is meant")
                    });
                }
                // An empty secret starts what then fails, or is open to all.
                None if is_secret => {
                    draft.help(format!(
                        "demand it with `required`, such as `required \"set {path}\"`: whoever \
                         installs the chart has to give it"
                    ));
                }
                None => {
                    draft.help("define it in values.yaml, or allow for its absence with `default`");
                }
            }
        }
    }
}

/// Whether a place is in a comment of the manifest that a template writes.
fn is_in_comment(text: &str, place: Place) -> bool {
    let before = &text[..place.range.start as usize];
    let line = before.rsplit('\n').next().unwrap_or_default();
    line.trim_start().starts_with('#')
}

/// Whether the value is handed to `b64enc` as it is.
fn is_encoded(text: &str, place: Place) -> bool {
    let rest = text.get(place.range.end as usize..).unwrap_or_default();
    let before = &text[..place.range.start as usize];
    let piped = rest.trim_start().strip_prefix('|').map(str::trim_start);
    piped.is_some_and(|call| call.starts_with("b64enc")) || before.trim_end().ends_with("b64enc")
}

/// Whether the place is in the data of a Secret, as the lines of the template above it say.
fn is_in_secret(text: &str, place: Place) -> bool {
    let before = &text[..place.range.start as usize];
    let mut above = before
        .lines()
        .rev()
        .take_while(|line| !line.starts_with("---"))
        .filter(|line| line.starts_with(|c: char| c.is_ascii_alphabetic()));
    let is_data = above
        .next()
        .is_some_and(|line| line.starts_with("data:") || line.starts_with("stringData:"));
    is_data && above.any(|line| line.trim_end() == "kind: Secret")
}

/// The shortest part of a path that `values.yaml` does not have.
fn missing<'p>(values: &ChartValues, path: &'p str) -> &'p str {
    let ends = path.match_indices('.').map(|(at, _)| at);
    let mut parts = ends.map(|at| &path[..at]);
    parts
        .find(|part| !values.keys.iter().any(|key| key.path == *part))
        .unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::on;

    const HEAD: &str = "//- /c/Chart.yaml\napiVersion: v2\nname: c\nversion: 1.0.0\n";

    fn chart(values: &str, template: &str) -> String {
        format!(
            "{HEAD}//- /c/values.yaml\n{values}//- /c/templates/a.yaml\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  x: {template}\n"
        )
    }

    #[track_caller]
    fn flags(values: &str, template: &str, expected: &str) {
        on(&RULE)
            .files(&chart(values, template))
            .flags(&[&format!("c/templates/a.yaml:6: {expected}")]);
    }

    #[track_caller]
    fn clean(values: &str, template: &str) {
        on(&RULE).files(&chart(values, template)).clean();
    }

    #[test]
    fn all_that_is_not_there_is_told() {
        for template in [
            "{{ .Values.b }}",
            "{{ .Values.b | b64enc }}",
            "{{ toYaml .Values.b }}",
        ] {
            on(&RULE)
                .files(&chart("a: 1\n", template))
                .says(&["no values file defines `b`"]);
        }
    }

    #[test]
    fn any_file_of_values_in_the_folder_defines() {
        let files = chart("a: 1\n", "{{ .Values.b.c }}");
        on(&RULE)
            .files(&format!("{files}//- /c/shop-values.yaml\nb: {{c: 1}}\n"))
            .clean();
        on(&RULE)
            .files(&format!("{files}//- /c/shop.yaml\nb: {{c: 1}}\n"))
            .loud_by_default();
    }

    #[test]
    fn values_of_environments_beside_the_chart_define() {
        let files = |path: &str, text: &str| {
            let chart =
                chart("a: 1\n", "{{ .Values.b.c }}").replace("//- /c/", "//- /deploy/charts/c/");
            on(&RULE).files(&format!("{chart}//- /{path}\n{text}"))
        };
        files("deploy/charts/values/prod.yaml", "b: {c: 1}\n").clean();
        files("deploy/values-uat.yml", "b: {c: 1}\n").clean();
        files("shop-values.yaml", "b: {c: 1}\n").clean();
        files("deploy/charts/values/prod.yaml", "b: {d: 1}\n").loud_by_default();
        files("deploy/shop.yaml", "b: {c: 1}\n").loud_by_default();
        files("deploy/globals.yaml", "b: {c: 1}\n").clean();
        files("deploy/charts/c/tests/values/a.yaml", "b: {c: 1}\n").clean();
        files("deploy/charts/c/tests/a.yaml", "b: {c: 1}\n").loud_by_default();
        files(
            "deploy/values.yaml",
            "apiVersion: v1\nkind: ConfigMap\nb: {c: 1}\n",
        )
        .loud_by_default();
    }

    #[test]
    fn a_script_that_installs_the_chart_sets_values() {
        let script = |command: &str| {
            let chart = chart("a: 1\n", "{{ .Values.b.c }}");
            on(&RULE).files(&format!("{chart}//- /aws/install.sh\n{command}\n"))
        };
        script("helm install x oci://r.example/c \\\n  --set b.c=1").clean();
        script("helm install x oci://r.example/d \\\n  --set b.c=1").loud_by_default();
        script("helm install x oci://r.example/c \\\n  --set b.d=1").loud_by_default();
    }

    #[test]
    fn what_is_printed_must_be_there() {
        flags("a: 1\n", "{{ .Values.b }}", ".Values.b");
        flags("a: 1\n", "{{ .Values.b | quote }}", ".Values.b");
        flags("a: {b: 1}\n", "{{ .Values.a.c }}", ".Values.a.c");
    }

    #[test]
    fn what_is_not_rendered_now_must_be_there() {
        flags(
            "a: false\n",
            "{{ if .Values.a }}{{ .Values.b }}{{ end }}",
            ".Values.b",
        );
        flags(
            "a: {}\nz: 1\n",
            "{{ if .Values.z }}{{ toYaml .Values.q }}{{ end }}",
            ".Values.q",
        );
    }

    #[test]
    fn what_is_compared_should_be_there() {
        for text in [
            "{{ if eq .Values.b \"x\" }}y{{ end }}",
            "{{ if ne \"x\" .Values.b }}y{{ end }}",
            "{{ if or .Values.a (.Values.b | eq \"x\") }}y{{ end }}",
        ] {
            let case = on(&RULE).files(&chart("a: 1\n", text));
            let case = case
                .says(&["no values file defines `b`"])
                .quiet_by_default();
            let note = "a value that is not there differs from whatever it is compared with";
            assert_eq!(case.findings[0].notes, [note], "{text}");
        }
        // What is printed as well is told for that.
        on(&RULE)
            .files(&chart(
                "a: 1\n",
                "{{ if eq .Values.b \"x\" }}{{ end }}{{ .Values.b }}",
            ))
            .loud_by_default();
    }

    #[test]
    fn through_helpers_and_variables() {
        flags("a: {c: 1}\n", "{{ $a := .Values.a }}{{ $a.b }}", "$a.b");
        let text = chart("a: {c: 1}\n", "{{ include \"h\" (dict \"m\" .Values.a) }}")
            + "//- /c/templates/_h.tpl\n{{- define \"h\" }}{{ .m.b }}{{ end -}}\n";
        on(&RULE)
            .files(&text)
            .flags(&["c/templates/_h.tpl:1: .m.b"]);
    }

    #[test]
    fn another_name_that_is_read_is_another_thing() {
        let case = on(&RULE).files(&chart(
            "podContext: {a: 1}\n",
            "{{ .Values.podContext.a }}{{ .Values.context }}",
        ));
        let help = case.findings[0].help.as_deref().unwrap();
        assert!(help.starts_with("define it"), "{help}");
    }

    #[test]
    fn the_name_that_was_meant_is_told() {
        let case = on(&RULE).files(&chart(
            "image:\n  pullPolicy: Always\n",
            "{{ .Values.image.pullPolcy }}",
        ));
        assert_eq!(
            case.findings[0].help.as_deref(),
            Some("write `image.pullPolicy`, if that is meant")
        );
    }

    #[test]
    fn what_a_secret_holds_is_demanded() {
        helps(
            "a: 1\n",
            "{{ .Values.b | b64enc | quote }}",
            "demand it with `required`",
        );
        let case = on(&RULE).files(&chart("a: 1\n", "{{ b64enc .Values.b }}"));
        assert!(case.findings[0].notes[0].contains("cannot be rendered"));
        let secret = chart("a: 1\n", "{{ .Values.b | quote }}").replace("ConfigMap", "Secret");
        let begins = |text: &str, start: &str| {
            let case = on(&RULE).files(text);
            let help = case.findings[0].help.as_deref().unwrap_or_default();
            assert!(help.starts_with(start), "{help}");
        };
        begins(&secret, "demand it");
        // Not what it holds.
        begins(&secret.replace("data:\n", "  labels:\n"), "define it");
        // Another object.
        begins(&secret.replace("data:\n", "data: {}\n---\n"), "define it");
    }

    #[test]
    fn what_lies_a_level_deeper_is_told() {
        let web = "web:\n  service:\n    port: 80\n    targetPort: 8080\n";
        let other = "values.yaml has `web.service.";
        helps(web, "{{ .Values.web.port }}", &format!("{other}port`"));
        helps(
            web,
            "{{ .Values.web.containerPort }}",
            &format!("{other}targetPort`"),
        );
        let text = chart(web, "1\n  containerPort: {{ .Values.web.port }}");
        let case = on(&RULE).files(&text);
        let help = case.findings[0].help.as_deref().unwrap_or_default();
        assert!(help.starts_with(&format!("{other}targetPort`")), "{help}");
        // Several could be meant, or another part.
        let two = format!("{web}  metrics:\n    port: 9090\n");
        helps(&two, "{{ .Values.web.port }}", "define it");
        helps(web, "{{ .Values.web.type }}", "define it");
        helps(
            &format!("{web}job: {{a: 1}}\n"),
            "{{ .Values.job.port }}",
            "define it",
        );
    }

    #[track_caller]
    fn helps(values: &str, template: &str, expected: &str) {
        let case = on(&RULE).files(&chart(values, template));
        let help = case.findings[0].help.as_deref().unwrap_or_default();
        assert!(help.starts_with(expected), "{help}");
    }

    #[test]
    fn the_path_that_was_meant_is_told() {
        let pvc = "web:\n  volumes: {pvc: {path: /a}}\n";
        helps(
            pvc,
            "{{ .Values.volumes.pvc.path }}",
            "values.yaml has `web.volumes.pvc.path`: read",
        );
        // Two that could be meant; one of them is what the template is about.
        let two = format!("{pvc}job:\n  volumes: {{pvc: {{path: /b}}}}\n");
        helps(&two, "{{ .Values.volumes.pvc.path }}", "define it");
        helps(
            &two,
            "{{ .Values.job.volumes }}{{ .Values.volumes.pvc.path }}",
            "values.yaml has `job.volumes.pvc.path`",
        );
        // Another part lacks it.
        helps(pvc, "{{ .Values.job.volumes.pvc.path }}", "define it");
    }

    #[test]
    fn a_name_alone_is_meant_where_the_template_reads_what_is_beside_it() {
        let values = "webNodes: {limit: 3, count: 1}\n";
        helps(
            values,
            "{{ .Values.webNodes.count }}{{ .Values.limit }}",
            "values.yaml has `webNodes.limit`",
        );
        helps(values, "{{ .Values.limit }}", "define it");
    }

    #[test]
    fn names_with_another_start_and_paths_in_one_name_are_told() {
        helps(
            "fullnamePrefix: a\n",
            "{{ .Values.fullnamePrefix }}{{ .Values.namePrefix }}",
            "values.yaml has `fullnamePrefix`",
        );
        helps(
            "imagePullPolicy: Always\nimage: {tag: 1}\n",
            "{{ .Values.imagePullPolicy }}{{ .Values.image.pullPolicy }}",
            "values.yaml has `imagePullPolicy`",
        );
        helps(
            "podaccountName: {}\n",
            "{{ toYaml .Values.podaccountName }}{{ .Values.accountName }}",
            "define it",
        );
    }

    #[test]
    fn tests_and_defaults_allow_for_absence() {
        for text in [
            "{{ if .Values.b }}{{ .Values.b }}{{ end }}",
            "{{ with .Values.b }}{{ . }}{{ end }}",
            "{{ range .Values.b }}{{ . }}{{ end }}",
            "{{ .Values.b | default 1 }}",
            "{{ default 1 .Values.b | quote }}",
            "{{ coalesce .Values.b .Values.c 1 }}",
            "{{ required \"b\" .Values.b }}",
            "{{ if hasKey .Values \"b\" }}{{ .Values.b }}{{ end }}",
            "{{ ternary .Values.b 1 (empty .Values.b) }}",
            "{{ if and .Values.b (eq .Values.b \"x\") }}y{{ end }}",
            "{{ or .Values.b 1 }}",
            "{{ dig \"b\" \"c\" 1 .Values.AsMap }}",
            "{{ get .Values \"b\" }}",
            "{{ if eq .Values.b nil }}y{{ end }}",
            "{{ if ne .Values.b false }}y{{ end }}",
            "{{ if eq .Values.b \"\" }}y{{ end }}",
            "{{ if eq (toString .Values.b) \"x\" }}y{{ end }}",
            "{{ if contains \"x\" (print .Values.b) }}y{{ end }}",
            "{{ if eq (.Values.b | default \"x\") \"x\" }}y{{ end }}",
            "{{ if eq .Values.b \"x\" }}{{ end }}{{ if .Values.b }}y{{ end }}",
            "{{ index .Values \"b.c\" }}",
            "{{ if not .Values.b }}1{{ else }}{{ .Values.b }}{{ end }}",
            "{{ (.Values.b).c }}",
            "{{ index .Values .Release.Name }}",
            "{{ .Values.global.b }}",
        ] {
            clean("a: 1\n", text);
        }
    }

    #[test]
    fn keys_of_maps_that_users_fill() {
        clean("a: {}\n", "{{ .Values.a.b }}");
        clean("a:\n", "{{ if .Values.a }}{{ .Values.a.b }}{{ end }}");
        clean("a: [{b: 1}]\n", "{{ range .Values.a }}{{ .c }}{{ end }}");
    }

    #[test]
    fn comments_and_other_values_define() {
        clean("a: 1\n# b: 2\n", "{{ .Values.b }}");
        on(&RULE)
            .files(&(chart("a: 1\n", "{{ .Values.b }}") + "//- /c/ci/x-values.yaml\nb: 1\n"))
            .clean();
        on(&RULE)
            .files(&(chart("a: 1\n", "{{ .Values.b }}") + "//- /c/values.schema.json\n{\"properties\": {\"b\": {\"type\": \"string\"}}}\n"))
            .clean();
        clean("a: 1\n", "{{ $_ := set .Values \"b\" 1 }}{{ .Values.b }}");
    }

    #[test]
    fn a_map_that_is_not_there_is_told_once() {
        flags(
            "a: 1\n",
            "{{ .Values.b.c }}{{ .Values.b.d.e }}{{ .Values.b.d.f }}",
            ".Values.b.c",
        );
    }

    #[test]
    fn what_a_chart_defines_that_is_not_there_is_not_known() {
        let text = chart("a: 1\nd: {x: 1}\n", "{{ .Values.d.y }}").replace(
            "version: 1.0.0\n",
            "version: 1.0.0\ndependencies: [{name: d, version: 1.0.0, repository: 'https://example.com'}]\n",
        );
        on(&RULE).files(&text).clean();
    }

    #[test]
    fn comments_of_manifests() {
        clean("a: 1\n", "y\n  # z: {{ .Values.b }}");
    }

    #[test]
    fn helpers_that_nothing_calls_say_nothing() {
        let text = chart("a: 1\n", "{{ .Values.a }}")
            + "//- /c/templates/_h.tpl\n{{- define \"h\" }}{{ .Values.b }}{{ end -}}\n";
        on(&RULE).files(&text).clean();
    }
}
