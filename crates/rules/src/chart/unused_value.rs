//! # What it does
//! Finds keys of a chart's `values.yaml` that nothing reads: no template of the chart or of a chart
//! in it, in no branch, with no set of values; no text in values that is itself a template; no
//! `condition`, `tags` or `import-values` of a dependency.
//!
//! # Why it matters
//! Whoever sets such a value believes in a setting that has no effect: a limit that limits nothing,
//! a port that nobody listens on. Mostly the template was changed and the value forgotten, or its
//! name was misspelled on one side.
//!
//! A value counts as read if any template may reach it: through variables, `with`, `range`,
//! `include`, `dict`, `merge`, `index`, `dig` and the like, or because something above it is
//! printed, converted or handed on as a whole. Where that cannot be known (a template whose name
//! is made up while rendering), nothing is said. Values of a subchart are reported if the subchart
//! is in `charts/` and does not read them (one in an archive is taken to read what its own `values.yaml` has); of the maps in a list those keys that nothing reads while
//! others beside them are read; keys with anchors never are, nor those that a comment
//! shows in a template (`.Values.mine`), because users are to read them in texts of theirs. Nothing
//! is said of a chart some of whose templates are made for its release (git ignores them), and of
//! values that a script beside them gives to a chart of a repository. Of a chart without templates
//! of its own that is said once, for all of its values.
//!
//! # Example
//! ```yaml bad
//! //- /chart/Chart.yaml
//! apiVersion: v2
//! name: payments
//! version: 1.0.0
//! //- /chart/values.yaml
//! logLevel: info
//! metricsPort: 9090
//! //- /chart/templates/configmap.yaml
//! apiVersion: v1
//! kind: ConfigMap
//! metadata:
//!   name: payments
//! data:
//!   LEVEL: {{ .Values.logLevel | quote }}
//! ```
//! ```yaml good
//! //- /chart/Chart.yaml
//! apiVersion: v2
//! name: payments
//! version: 1.0.0
//! //- /chart/values.yaml
//! logLevel: info
//! metricsPort: 9090
//! //- /chart/templates/configmap.yaml
//! apiVersion: v1
//! kind: ConfigMap
//! metadata:
//!   name: payments
//! data:
//!   LEVEL: {{ .Values.logLevel | quote }}
//!   METRICS_PORT: {{ .Values.metricsPort | quote }}
//! ```
//!
//! # References
//! - <https://helm.sh/docs/chart_best_practices/values/>
//! - <https://github.com/helm/helm/issues/7285>

use plimsoll_project::values::{ChartValues, ValueKey, ValueRead};
use plimsoll_source::files::join;
use plimsoll_source::nearest::nearest;
use plimsoll_source::{Confidence, FileId, Place, Severity};

use crate::deploys::{Deploy, deploys};
use crate::dockerfile::build_context::listed;
use crate::{Check, Cx, FixKind, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "unused-value",
    summary: "a key of a chart's `values.yaml` that no template reads",
    since: "0.1.0",
    severity: Severity::Warning,
    confidence: Confidence::High,
    strictness: Strictness::Default,
    fix: FixKind::None,
    aliases: &[],
    checks: &[Check::Project(check)],
};

const HELP: &str = "remove it, or read it where it is meant to have an effect";
/// The most further elements of a list that are told.
const MAX_ELEMENTS: usize = 3;

fn check(cx: &mut Cx<'_>) {
    let project = cx.project;
    for values in &project.chart_values {
        let Some(file) = values.file else { continue };
        let is_elsewhere = |deploy: &Deploy| {
            deploy.folder == values.folder && deploy.gives_to_another("values.yaml")
        };
        // Values for the chart of somebody else, kept in the folder of one's own.
        if values.keys.iter().any(is_unread) && deploys(cx).iter().any(is_elsewhere) {
            continue;
        }
        let is_bare = !has_templates(cx, &values.folder);
        if is_bare {
            no_templates(cx, values, file);
        }
        for key in &values.keys {
            if is_bare && key.parent.is_none() {
                continue;
            }
            // Helm itself hands `global` down to charts, whoever reads it.
            if key.read != ValueRead::Unread
                || key.path == "global"
                || above(values, key).is_some_and(is_unread)
            {
                continue;
            }
            let place = Place::new(file, key.key);
            let message = format!("nothing reads the value `{}`", key.path);
            let meant = meant(values, key);
            let in_schema = is_required(cx, values, &key.path);
            let draft = cx.report_at(place, message);
            match meant {
                Some((path, read)) => {
                    draft
                        .related(read, format!("reads `{path}`, which is not defined"))
                        .help(format!("name both the same: `{path}` or `{}`", key.path));
                }
                None if in_schema => {
                    draft.help(format!(
                        "{HELP}; values.schema.json requires it: take it out there, too"
                    ));
                }
                None => {
                    draft.help(HELP);
                }
            }
        }
        for key in &values.unread_in_lists {
            let mut places = key.keys.iter().map(|range| Place::new(file, *range));
            let Some(first) = places.next() else { continue };
            let message = format!("nothing reads the value `{}`", key.path);
            let draft = cx.report_at(first, message);
            for further in places.take(MAX_ELEMENTS) {
                draft.related(further, "another element has it");
            }
            draft.help(HELP);
        }
    }
}

/// Whether the chart has files of its own in `templates/`.
fn has_templates(cx: &Cx<'_>, folder: &str) -> bool {
    let tree = &cx.project.tree;
    let templates = join(folder, "templates").and_then(|dir| tree.list(&dir).ok());
    templates.is_some_and(|entries| !entries.is_empty())
}

/// A chart without templates: one finding for all of its own values.
fn no_templates(cx: &mut Cx<'_>, values: &ChartValues, file: FileId) {
    let own = |key: &&ValueKey| is_unread(key) && key.parent.is_none() && key.path != "global";
    let keys: Vec<&ValueKey> = values.keys.iter().filter(own).collect();
    let Some(first) = keys.first() else { return };
    let names: Vec<&str> = keys.iter().map(|key| &*key.path).collect();
    let what = if names.len() == 1 {
        "the value"
    } else {
        "the values"
    };
    let mut charts = cx.project.charts.iter();
    let chart = charts.find(|chart| chart.folder == values.folder);
    let dependencies: Vec<&str> = chart
        .into_iter()
        .flat_map(|chart| &chart.dependencies)
        .map(|one| &*one.name)
        .collect();
    let help = if dependencies.is_empty() {
        "add the templates, or what it is to install as a dependency, which reads what stands below \
         its name"
            .to_owned()
    } else {
        format!(
            "add the templates; move what is meant for a dependency below its name ({}); remove the \
             rest",
            listed(&dependencies, 3)
        )
    };
    cx.report_at(
        Place::new(file, first.key),
        format!(
            "the chart has no templates: nothing reads {what} {}",
            listed(&names, 3)
        ),
    )
    .note("a chart installs what its `templates/` and its dependencies give")
    .help(help);
}

fn above<'v>(values: &'v ChartValues, key: &ValueKey) -> Option<&'v ValueKey> {
    values.keys.get(key.parent? as usize)
}

fn is_unread(key: &ValueKey) -> bool {
    key.read == ValueRead::Unread
}

/// What a template reads beside it under nearly the same name.
fn meant<'v>(values: &'v ChartValues, key: &ValueKey) -> Option<(&'v str, Place)> {
    let split = |path: &'v str| path.rsplit_once('.').unwrap_or(("", path));
    let (above, name) = key.path.rsplit_once('.').unwrap_or(("", &key.path));
    let beside: Vec<&str> = values
        .undefined
        .iter()
        .map(|undefined| split(&undefined.path))
        .filter(|(other, _)| *other == above)
        .map(|(_, name)| name)
        .collect();
    // Of names as short as that, any is near to any other.
    if name.len() < 4 {
        return None;
    }
    let nearest = nearest(name, beside.iter().copied())?;
    let found = values
        .undefined
        .iter()
        .find(|undefined| split(&undefined.path) == (above, nearest))?;
    Some((&found.path, found.place))
}

/// Whether the chart's schema requires a value by its name: without it no values fit any more.
fn is_required(cx: &Cx<'_>, values: &ChartValues, path: &str) -> bool {
    let Some(schema) = values.schema else {
        return false;
    };
    let name = path.rsplit('.').next().unwrap_or(path);
    let text = &cx.project.files.get(schema).text;
    let mut lists = text.split("\"required\"").skip(1);
    lists.any(|rest| {
        let list = rest.split(']').next().unwrap_or("");
        list.contains(&format!("\"{name}\""))
    })
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::on;

    const HEAD: &str = "//- /c/Chart.yaml\napiVersion: v2\nname: c\nversion: 1.0.0\n";

    fn chart(values: &str, template: &str) -> String {
        format!(
            "{HEAD}//- /c/values.yaml\n{values}//- /c/templates/a.yaml\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n{template}"
        )
    }

    #[track_caller]
    fn flags(values: &str, template: &str, expected: &[&str]) {
        on(&RULE).files(&chart(values, template)).flags(expected);
    }

    #[track_caller]
    fn clean(values: &str, template: &str) {
        flags(values, template, &[]);
    }

    #[test]
    fn a_schema_that_requires_the_value_is_named() {
        let files = |required: &str| {
            format!(
                "//- /c/Chart.yaml\napiVersion: v2\nname: c\nversion: 1.0.0\n//- /c/values.yaml\na: 1\n\
                 //- /c/values.schema.json\n{{\"type\": \"object\", \"required\": [{required}], \"properties\": {{\"a\": {{\"type\": \"integer\"}}}}}}\n\
                 //- /c/templates/a.yaml\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\n"
            )
        };
        let help = |required: &str| on(&RULE).files(&files(required)).findings[0].help.clone();
        assert!(help("\"a\"").unwrap().contains("values.schema.json"));
        assert!(!help("").unwrap().contains("values.schema.json"));
    }

    #[test]
    fn a_chart_without_templates_is_one_finding() {
        let chart = |rest: &str| {
            on(&RULE).files(&format!(
                "{HEAD}//- /c/values.yaml\na: 1\nb: {{c: 1}}\n{rest}"
            ))
        };
        chart("").says(&["the chart has no templates: nothing reads the values `a` and `b`"]);
        chart("//- /c/templates/NOTES.txt\nhi\n")
            .says(&["nothing reads the value `a`", "nothing reads the value `b`"]);
        // What is a dependency's is none of them.
        let chart = on(&RULE).files(&format!(
            "{HEAD}dependencies: [{{name: b, version: 1.0.0, repository: 'https://a.example'}}]\n\
             //- /c/values.yaml\na: 1\nb: {{c: 1}}\n"
        ));
        let case = chart.says(&["the chart has no templates: nothing reads the value `a`"]);
        let help = case.findings[0].help.as_deref().unwrap_or_default();
        assert!(help.contains("below its name (`b`)"), "{help}");
    }

    #[test]
    fn the_topmost_key_is_told() {
        flags(
            "a: 1\nb:\n  c: 1\n  d: {e: 1}\n",
            "  x: {{ .Values.a | quote }}\n",
            &["c/values.yaml:2: b"],
        );
    }

    #[test]
    fn a_key_beside_others_that_are_read() {
        flags(
            "b:\n  c: 1\n  d: 2\n",
            "  x: {{ .Values.b.c | quote }}\n",
            &["c/values.yaml:3: d"],
        );
    }

    #[test]
    fn templates_that_are_made_for_a_release_may_read_anything() {
        let with = |ignored: &str| {
            let chart = chart("a: 1\nb: 2\n", "  x: {{ .Values.a | quote }}\n");
            on(&RULE).files(&format!("{chart}//- /.gitignore\n{ignored}\n"))
        };
        with("c/templates/crds/*.yaml").clean();
        with("/c/templates/made.yaml").clean();
        for other in ["c/charts/", "d/templates/crds/", "!c/templates/crds/a.yaml"] {
            with(other).flags(&["c/values.yaml:2: b"]);
        }
    }

    #[test]
    fn testing_a_map_reads_nothing_in_it() {
        flags(
            "b:\n  c: 1\n  d: 2\n",
            "  {{- if .Values.b }}\n  x: {{ .Values.b.c | quote }}\n  {{- end }}\n",
            &["c/values.yaml:3: d"],
        );
    }

    #[test]
    fn the_name_that_was_meant_is_told() {
        let case = on(&RULE).files(&chart(
            "logLevl: info\na: 1\n",
            "  x: {{ .Values.logLevel | quote }}\n  y: {{ .Values.a | quote }}\n",
        ));
        let case = case.flags(&["c/values.yaml:1: logLevl"]);
        assert_eq!(
            case.findings[0].help.as_deref(),
            Some("name both the same: `logLevel` or `logLevl`")
        );
    }

    #[test]
    fn whole_values_are_read_with_all_that_is_in_them() {
        clean(
            "b: {c: 1, d: {e: 2}}\n",
            "  x: {{ toYaml .Values.b | quote }}\n",
        );
        clean("b: {c: 1}\n", "  x: {{ .Values | toJson | quote }}\n");
        clean(
            "b: {c: 1}\n",
            "  {{- range $k, $v := .Values.b }}\n  {{ $k }}: {{ $v | quote }}\n  {{- end }}\n",
        );
    }

    #[test]
    fn keys_of_elements_that_are_looked_into() {
        let values = "b:\n  - c: 1\n    d: 2\n  - c: 3\n    d: 4\n    e: {f: 5, g: 6}\n";
        let range =
            |body: &str| format!("  {{{{- range .Values.b }}}}\n  x: {body}\n  {{{{- end }}}}\n");
        let case = on(&RULE).files(&chart(values, &range("{{ .c }}{{ (.e).f }}")));
        let case = case.flags(&["c/values.yaml:3: d", "c/values.yaml:6: g"]);
        let case = case.says(&[
            "nothing reads the value `b[].d`",
            "nothing reads the value `b[].e.g`",
        ]);
        assert_eq!(case.findings[0].related.len(), 1);
        for body in [
            "{{ . }}",
            "{{ toYaml . }}",
            "{{ .c }}{{ .d }}{{ toYaml .e }}",
            "{{ .c }}{{ index . $.Release.Name }}",
            "{{ tpl (toYaml .) $ }}{{ .c }}",
            "{{ $x := . }}{{ $x.c }}{{ range $k, $v := omit $x \"c\" }}{{ $v }}{{ end }}",
            // Nobody looks into them.
            "x",
        ] {
            clean(values, &range(body));
        }
        clean(
            values,
            "  x: {{ (first .Values.b).c }}{{ (index .Values.b 1).d }}{{ (last .Values.b).e | toJson }}\n",
        );
        flags(values, "  x: {{ len .Values.b }}\n", &[]);
        flags(
            "b: [[{c: 1, d: 2}]]\n",
            "  {{- range .Values.b }}\n  {{- range . }}\n  x: {{ .c }}\n  {{- end }}\n  {{- end }}\n",
            &["c/values.yaml:1: d"],
        );
    }

    #[test]
    fn branches_not_taken_count() {
        clean(
            "a: false\nb: 1\n",
            "  {{- if .Values.a }}\n  x: {{ .Values.b | quote }}\n  {{- end }}\n",
        );
    }

    #[test]
    fn ways_to_a_value() {
        let values = "b:\n  c: 1\n";
        for text in [
            "{{ index .Values \"b\" \"c\" }}",
            "{{ with .Values.b }}{{ .c }}{{ end }}",
            "{{ with .Values }}{{ with .b }}{{ $.Values.b.c }}{{ end }}{{ end }}",
            "{{ $b := .Values.b }}{{ $b.c }}",
            "{{ dig \"b\" \"c\" 1 .Values.AsMap }}",
            "{{ get .Values.b \"c\" }}",
            "{{ (.Values.b).c }}",
            "{{ (pluck \"c\" .Values.b | first) }}",
            "{{ $m := merge (dict) .Values.b }}{{ $m.c }}",
            "{{ $k := .Release.Name }}{{ index .Values.b $k }}",
            "{{ $l := list .Values.b }}{{ (index $l 0).c }}",
            "{{ $d := dict \"x\" (dict \"y\" .Values.b) }}{{ $d.x.y.c }}",
            "{{ $d := dict }}{{ $_ := set $d \"x\" .Values.b }}{{ $d.x.c }}",
            "{{ $_ := set . \"x\" .Values.b }}{{ .x.c }}",
            "{{ tpl \"{{ .Values.b.c }}\" . }}",
            "{{ (default (dict \"c\" 1) .Values.b).c }}",
            "{{ $v := deepCopy .Values }}{{ $v.b.c }}",
            "{{ $x := dict }}{{ range $i := until 2 }}{{ $x.c }}{{ $x = $.Values.b }}{{ end }}",
            "{{ $x := pick .Values \"b\" }}{{ $x.b.c }}",
        ] {
            clean(values, &format!("  x: {text}\n"));
        }
    }

    #[test]
    fn helpers_are_followed() {
        let helper = |body: &str, call: &str| {
            chart("b:\n  c: 1\n", &format!("  x: {call}\n"))
                + &format!("//- /c/templates/_h.tpl\n{{{{- define \"h\" }}}}{body}{{{{ end -}}}}\n")
        };
        for (body, call) in [
            ("{{ .Values.b.c }}", "{{ include \"h\" . }}"),
            ("{{ .Values.b.c }}", "{{ template \"h\" $ }}"),
            ("{{ .c }}", "{{ include \"h\" .Values.b }}"),
            ("{{ .m.c }}", "{{ include \"h\" (dict \"m\" .Values.b) }}"),
            (
                "{{ (index . 1).c }}",
                "{{ include \"h\" (list $ .Values.b) }}",
            ),
            (
                "{{ $x := first . }}{{ $x.Values.b.c }}",
                "{{ include \"h\" (list $) }}",
            ),
            (
                "{{ .ctx.Values.b.c }}",
                "{{ include \"h\" (dict \"ctx\" $) }}",
            ),
            ("{{ .c }}", "{{ include (printf \"%s\" \"h\") .Values.b }}"),
            ("{{ .c }}", "{{ include .Release.Name .Values.b }}"),
        ] {
            on(&RULE).files(&helper(body, call)).clean();
        }
        on(&RULE)
            .files(&helper("{{ .d }}", "{{ include \"h\" .Values.b }}"))
            .flags(&["c/values.yaml:2: c"]);
    }

    #[test]
    fn templates_in_values_and_files() {
        clean(
            "b: 1\ntext: '{{ .Values.b }}'\n",
            "  x: {{ tpl .Values.text . }}\n",
        );
        clean(
            "b: 1\ntexts: ['{{ .Values.b }}']\n",
            "  {{- range .Values.texts }}\n  x: {{ tpl . $ }}\n  {{- end }}\n",
        );
        on(&RULE)
            .files(
                &(chart("b: 1\n", "  x: {{ tpl (.Files.Get \"f.txt\") . }}\n")
                    + "//- /c/f.txt\n{{ .Values.b }}\n"),
            )
            .clean();
        flags(
            "b: 1\ntext: '{{ .Values.b }}'\n",
            "  x: {{ .Values.text }}\n",
            &["c/values.yaml:1: b"],
        );
    }

    #[test]
    fn dependencies_read_values() {
        let head = |more: &str| {
            HEAD.replace("version: 1.0.0\n", &format!("version: 1.0.0\ndependencies:\n  - name: d\n    version: 1.0.0\n    repository: https://example.com\n{more}"))
        };
        let there = "//- /c/charts/d/Chart.yaml\napiVersion: v2\nname: d\nversion: 1.0.0\n//- /c/charts/d/values.yaml\na: 1\n//- /c/charts/d/templates/a.yaml\nx: {{ .Values.a }}{{ .Values.global.g }}\n";
        let values = "//- /c/values.yaml\nd:\n  enabled: true\n  a: 2\n  z: 3\nglobal:\n  g: 1\ntags: {t: true}\n";
        let rest = "//- /c/templates/a.yaml\na: 1\n";
        let with = "    condition: d.enabled\n    tags: [t]\n";
        // The chart is not there: what it reads is not known.
        on(&RULE)
            .files(&format!("{}{values}{rest}", head(with)))
            .clean();
        on(&RULE)
            .files(&format!("{}{values}{rest}{there}", head(with)))
            .flags(&["c/values.yaml:4: z"]);
        on(&RULE)
            .files(&format!("{}{values}{rest}{there}", head("    alias: d\n")))
            .flags(&[
                "c/values.yaml:2: enabled",
                "c/values.yaml:4: z",
                "c/values.yaml:7: tags",
            ]);
    }

    #[test]
    fn anchors_are_used_by_yaml_itself() {
        clean(
            "x: &x\n  y: 1\nz: *x\n",
            "  x: {{ toYaml .Values.z | quote }}\n",
        );
    }

    #[test]
    fn comments_that_show_templates_of_users() {
        clean("# text: '{{ .Values.mine.name }}'\nmine: {}\n", "  x: y\n");
    }

    #[test]
    fn what_charts_above_and_templates_of_tests_read() {
        clean("enabled: true\n", "  x: y\n");
        clean("enabled:\n", "  x: y\n");
        // What else reads the file first reads more.
        clean(
            "a: 1\nb: {~tpl~c: \"{{ .Values.Parent.a }}\"}\n",
            "  x: y\n",
        );
        flags(
            "enabled: yes please\na: {enabled: true}\n",
            "  x: y\n",
            &["c/values.yaml:1: enabled", "c/values.yaml:2: a"],
        );
        let ignored = "//- /c/.helmignore\ntemplates/tests\n//- /c/templates/tests/a.yaml\nx: {{ .Values.test.use }}\n";
        let text = chart("test: {use: true, idle: 1}\n", "  x: y\n");
        on(&RULE)
            .files(&format!("{text}{ignored}"))
            .flags(&["c/values.yaml:1: idle"]);
    }

    #[test]
    fn keys_that_are_booleans() {
        clean("on: 1\n", "  x: {{ .Values.true | quote }}\n");
    }

    #[test]
    fn values_that_a_script_gives_to_another_chart_are_its_own() {
        let with = |script: &str| {
            on(&RULE).files(&format!(
                "//- /c/Chart.yaml\napiVersion: v2\nname: c\nversion: 1.0.0\n//- /c/values.yaml\na: 1\nb: 2\n\
                 //- /c/templates/a.yaml\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c}}\ndata: {{a: \"{{{{ .Values.a }}}}\"}}\n\
                 //- /c/setup.sh\n{script}\n"
            ))
        };
        with("helm upgrade --install c bitnami/redis \\\n  -f $DIR/values.yaml").clean();
        with("helm upgrade --install c . -f $DIR/values.yaml").loud_by_default();
    }

    #[test]
    fn endless_data_ends() {
        let text = chart("b: 1\n", "  x: {{ include \"h\" (dict \"x\" .) }}\n")
            + "//- /c/templates/_h.tpl\n{{- define \"h\" }}{{ include \"h\" (dict \"x\" .) }}{{ end -}}\n";
        on(&RULE).files(&text).clean();
    }
}
