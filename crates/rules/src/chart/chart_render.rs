//! # What it does
//! Finds Helm charts that cannot be rendered: with their defaults, with a values file of their
//! `ci/` folder, or with a set of values that `plimsoll.toml` names. The message is Helm's, the
//! place is the line of the template, of `Chart.yaml` or of the values file.
//!
//! # Why it matters
//! `helm install` stops with the same message. What cannot be rendered cannot be reviewed
//! either: none of the chart's manifests were looked at with these values.
//!
//! A chart whose defaults are refused by its own `required` or `fail` is told at the pedantic
//! strictness only: the author wants a value from the user. Give such a chart a
//! `ci/default-values.yaml`, and it is reviewed with that. Nothing is said of a chart whose
//! dependencies are not in `charts/` and not in the repository, nor where what the defaults lack
//! is in a file of values beside the chart or above it (`globals.yaml`, `prod-values.yaml`), in one
//! that its tests use, or set by a script that installs it.
//!
//! # Example
//! ```yaml bad
//! //- /chart/Chart.yaml
//! apiVersion: v2
//! name: payments
//! version: 1.0.0
//! //- /chart/values.yaml
//! image: ghcr.io/acme/payments:1.4.0
//! //- /chart/templates/configmap.yaml
//! apiVersion: v1
//! kind: ConfigMap
//! metadata:
//!   name: payments
//! data:
//!   LEVEL: {{ .Values.log.level | quote }}
//! ```
//! ```yaml good
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
//! ```
//!
//! # References
//! - <https://helm.sh/docs/chart_template_guide/debugging/>
//! - <https://github.com/helm/chart-testing>

use plimsoll_project::Failure;
use plimsoll_project::vcs::Status;
use plimsoll_source::files::{file_name, join, parent};
use plimsoll_source::{Confidence, FileId, Place, Severity, TextRange};

use super::render_advice::advice;
use super::values_elsewhere::{chart_of, gives, line_at, paths_in};
use crate::{Check, Cx, FixKind, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "chart-render",
    summary: "a Helm chart cannot be rendered",
    since: "0.1.0",
    severity: Severity::Error,
    confidence: Confidence::High,
    strictness: Strictness::Default,
    fix: FixKind::None,
    aliases: &[],
    checks: &[Check::Project(check)],
};

fn check(cx: &mut Cx<'_>) {
    let project = cx.project;
    for failure in &project.failures {
        if is_given_elsewhere(cx, failure) {
            continue;
        }
        let message = format!("the chart cannot be rendered: {}", failure.message);
        let left_out = (failure.message == "Chart.yaml file is missing")
            .then(|| exception(cx, failure.place.file))
            .flatten();
        let is_skeleton = is_skeleton(cx, failure.place.file);
        let is_without_values = is_without_values(cx, failure.place.file);
        let is_part = is_part(cx, failure.place.file);
        let line = line_at(&project.files.get(failure.place.file).text, failure.place);
        let advice = advice(&failure.message, line);
        let draft = cx.report_at(left_out.unwrap_or(failure.place), message);
        if is_skeleton {
            draft.strictness(Strictness::Pedantic);
        }
        if let Some(advice) = advice {
            draft.help(advice);
        }
        if left_out.is_some() {
            draft
                .note("to Helm a line with `!` leaves out every file that it does not name")
                .help("take the `!` lines out, and name only what is to be left out");
        }
        for &call in &failure.chain {
            draft.related(call, "called here");
        }
        for note in &failure.notes {
            draft.note(note.clone());
        }
        if !failure.values.is_empty() {
            draft.note(format!("with the values of `{}`", failure.values));
        }
        // A chart that asks the cluster for an API says nothing against its templates.
        let asks = ["api-versions", "APIVersions", "CRD"];
        if asks.iter().any(|word| failure.message.contains(word)) {
            draft
                .strictness(Strictness::Pedantic)
                .note("a cluster may have it: `plimsoll chart template --api-versions` tells what comes then");
        }
        if is_part {
            draft
                .strictness(Strictness::Pedantic)
                .note("it is a part of another chart here, which may give what it lacks");
        }
        if is_without_values {
            draft
                .strictness(Strictness::Pedantic)
                .note("git ignores its `values.yaml`");
        }
        if failure.is_demand {
            draft
                .strictness(Strictness::Pedantic)
                .severity(Severity::Note)
                .note("none of its manifests are reviewed")
                .help("write the values that it wants into `ci/default-values.yaml`");
        }
    }
}

/// Whether a `.gitignore` above a file has its name, or its path from there, as a line. Of what was
/// taken out of a repository nothing else is known.
fn is_listed(cx: &Cx<'_>, path: &str) -> bool {
    let above = path.match_indices('/').map(|(at, _)| &path[..at]);
    above.chain([""]).any(|folder| {
        let bytes = join(folder, ".gitignore").map(|path| cx.project.tree.read(&path));
        let Some(Ok(bytes)) = bytes else { return false };
        let below = path[folder.len()..].trim_start_matches('/');
        let text = String::from_utf8_lossy(&bytes);
        let mut lines = text
            .lines()
            .map(|line| line.trim().trim_start_matches("**/"));
        lines.any(|line| line == file_name(path) || line.trim_start_matches('/') == below)
    })
}

/// Whether the map that is not there is given by a file of values outside of the chart, or by a
/// script that installs it: the defaults are not all that it is used with.
fn is_given_elsewhere(cx: &Cx<'_>, failure: &Failure) -> bool {
    let lacking = failure.message.strip_prefix("nil pointer evaluating ");
    let Some((_, field)) = lacking.and_then(|what| what.split_once('.')) else {
        return false;
    };
    let file = cx.project.files.get(failure.place.file);
    let Some(chart) = chart_of(cx, &file.path) else {
        return false;
    };
    let line = line_at(&file.text, failure.place);
    // What `tpl` runs is a text of the values.
    let values = line.contains("tpl ").then(|| {
        let file = cx.project.values_of(&chart.folder)?.file?;
        Some(&*cx.project.files.get(file).text)
    });
    let texts = [Some(line), values.flatten()];
    let mut paths = texts.into_iter().flatten().flat_map(paths_in);
    paths.any(|path| {
        // Up to the field that nothing has: `global.env` of `global.env.name`.
        let mut ends = path
            .match_indices('.')
            .map(|(at, _)| at)
            .chain([path.len()]);
        let end = ends.find(|end| path[..*end].rsplit('.').next() == Some(field));
        end.is_some_and(|end| path[..end].contains('.') && gives(cx, &chart.folder, &path[..end]))
    })
}

/// Whether another chart of the tree has the one that a file belongs to as a dependency.
fn is_part(cx: &Cx<'_>, file: FileId) -> bool {
    let path = cx.project.path(file);
    cx.project.charts.iter().any(|chart| {
        let mut files = chart.dependencies.iter().filter_map(|dependency| {
            let path = dependency.repository.strip_prefix("file://")?;
            join(&chart.folder, path)
        });
        files.any(|folder| {
            let inner = path.strip_prefix(folder.trim_end_matches('/'));
            inner.is_some_and(|inner| inner.starts_with('/'))
        })
    })
}

/// Whether git ignores the values of the chart that a file belongs to: they are somewhere else.
fn is_without_values(cx: &Cx<'_>, file: FileId) -> bool {
    let folder = parent(cx.project.path(file));
    let folder = folder
        .split_once("templates")
        .map_or(folder, |(chart, _)| chart);
    let values = join(folder.trim_end_matches('/'), "values.yaml");
    values.is_some_and(|path| {
        cx.project.files.by_path(&path).is_none()
            && (cx.project.vcs.status(&path) == Status::Ignored || is_listed(cx, &path))
    })
}

/// Whether a file is a chart's `Chart.yaml` with stand-ins, from which another program makes one.
fn is_skeleton(cx: &Cx<'_>, file: FileId) -> bool {
    let file = cx.project.files.get(file);
    file.path.ends_with("Chart.yaml")
        && ["%%", "{{", "<%", "${", "@@", "CHART_NAME", "PLACEHOLDER"]
            .iter()
            .any(|mark| file.text.contains(mark))
}

/// The first line of a chart's `.helmignore` that starts with `!`.
fn exception(cx: &Cx<'_>, chart: FileId) -> Option<Place> {
    let mut charts = cx.project.charts.iter();
    let chart = charts.find(|unit| unit.file == chart)?;
    let file = chart.text_of(".helmignore")?;
    let text = &cx.project.files.get(file).text;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let body = line.trim();
        if body.starts_with('!') {
            return Some(Place::new(
                file,
                TextRange::at(at, at + line.trim_end().len()),
            ));
        }
        at += line.len();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::on;

    const CHART: &str = "//- /c/Chart.yaml\napiVersion: v2\nname: c\nversion: 1.0.0\n//- /c/templates/_h.tpl\n{{- define \"c.name\" -}}\n{{ required \"a name is needed\" .Values.name }}\n{{- end }}\n//- /c/templates/a.yaml\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ include \"c.name\" . }}\n";

    fn chart(more: &str) -> String {
        format!("{CHART}{more}")
    }

    #[test]
    fn a_template_that_is_no_template_is_found_at_its_line() {
        on(&RULE)
            .files(&chart(
                "//- /c/values.yaml\nname: a\n//- /c/templates/b.yaml\na: 1\nb: {{ .Values.x \n",
            ))
            .flags(&["c/templates/b.yaml:3: "]);
        let case = on(&RULE).files(&chart(
            "//- /c/values.yaml\nname: a\n//- /c/templates/b.yaml\na: {{ .Values.x.y }}\n",
        ));
        let help = case.findings[0].help.clone().unwrap_or_default();
        assert!(help.contains("the map `x`"), "{help}");
    }

    #[test]
    fn values_that_are_no_yaml_are_found() {
        on(&RULE)
            .files(&chart("//- /c/values.yaml\nname: a\n b: {\n"))
            .loud_by_default();
    }

    #[test]
    fn an_exception_that_leaves_everything_out_is_the_place() {
        let case = on(&RULE)
            .files(&chart("//- /c/.helmignore\n*.md\n!README.md\n"))
            .flags(&["c/.helmignore:2: !README.md"]);
        assert!(case.findings[0].help.is_some());
    }

    #[test]
    fn a_set_of_ci_values_that_fails_is_found_with_its_name() {
        let case = on(&RULE).files(&chart(
            "//- /c/values.yaml\nname: a\n//- /c/ci/none-values.yaml\nname: ''\n",
        ));
        let case =
            case.flags(&["c/templates/_h.tpl:2: required \"a name is needed\" .Values.name"]);
        let found = &case.findings[0];
        assert_eq!(
            found.message,
            "the chart cannot be rendered: a name is needed"
        );
        assert_eq!(
            found.notes,
            [
                "`.Values.name` is an empty string, set in c/ci/none-values.yaml:1",
                "with the values of `ci/none-values.yaml`"
            ]
        );
        assert_eq!(found.related.len(), 1);
    }

    #[test]
    fn a_skeleton_of_a_chart_is_pedantic() {
        on(&RULE)
            .files("//- /c/Chart.yaml\napiVersion: v2\nname: %%NAME%%\nversion: 1.0.0\n//- /c/templates/a.yaml\na: 1\n")
            .quiet_by_default();
        on(&RULE)
            .files("//- /c/Chart.yaml\napiVersion: v2\nname: c\nversion: VERSION_PLACEHOLDER\n//- /c/templates/a.yaml\na: 1\n")
            .quiet_by_default();
    }

    #[test]
    fn a_demand_of_the_author_is_pedantic() {
        on(&RULE)
            .files(&chart("//- /c/values.yaml\n{}\n"))
            .flags(&["c/templates/_h.tpl:2: required \"a name is needed\" .Values.name"])
            .quiet_by_default();
    }

    #[test]
    fn a_chart_that_works_with_its_ci_values_is_clean() {
        on(&RULE)
            .files(&chart(
                "//- /c/values.yaml\n{}\n//- /c/ci/a-values.yaml\nname: a\n",
            ))
            .clean();
    }

    #[test]
    fn library_charts_and_charts_that_lack_others_are_left_alone() {
        on(&RULE)
            .files("//- /c/Chart.yaml\napiVersion: v2\nname: c\nversion: 1.0.0\ntype: library\n//- /c/templates/a.yaml\n{{ fail \"no\" }}\n")
            .clean();
        on(&RULE)
            .files("//- /c/Chart.yaml\napiVersion: v2\nname: c\nversion: 1.0.0\ndependencies: [{name: d, version: 1.0.0, repository: 'https://example.com'}]\n//- /c/templates/a.yaml\nx: {{ include \"d.x\" . }}\n")
            .clean();
    }

    #[test]
    fn what_a_chart_beside_it_lacks_is_left_alone() {
        let both = |repository: &str| {
            format!(
                "//- /c/Chart.yaml\napiVersion: v2\nname: c\nversion: 1.0.0\ndependencies: [{{name: d, version: 1.0.0, repository: 'file://../d'}}]\n\
                 //- /d/Chart.yaml\napiVersion: v2\nname: d\nversion: 1.0.0\ndependencies: [{repository}]\n//- /d/templates/a.yaml\nx: {{{{ include \"e.x\" . }}}}\n"
            )
        };
        let lacks = both("{name: e, version: 1.0.0, repository: 'https://example.com'}");
        on(&RULE).files(&lacks).clean();
        assert!(!on(&RULE).files(&both("")).findings.is_empty());
    }

    #[test]
    fn what_a_chart_is_made_from_is_none_yet() {
        let with = |version: &str| {
            format!(
                "//- /c/Chart.yaml\napiVersion: v2\nname: c\nversion: {version}\n//- /c/templates/a.yaml\na: b\n"
            )
        };
        on(&RULE).files(&with("{{ .Version }}")).clean();
        assert_eq!(on(&RULE).files(&with("{ .Version }")).findings.len(), 1);
    }

    #[test]
    fn a_values_file_beside_the_others_may_need_them() {
        on(&RULE)
            .files(&chart(
                "//- /c/values.yaml\nname: a\n//- /c/values-eu.yaml\nname: ''\n",
            ))
            .clean();
    }

    #[test]
    fn a_chart_that_asks_the_cluster_for_an_api_is_pedantic() {
        let files = |message: &str| {
            format!(
                "//- /c/Chart.yaml\napiVersion: v2\nname: c\nversion: 1.0.0\n//- /c/values.yaml\nmetrics: false\n//- /c/ci/a-values.yaml\nmetrics: true\n//- /c/templates/a.yaml\n{{{{ if .Values.metrics }}}}{{{{ fail \"{message}\" }}}}{{{{ end }}}}\n"
            )
        };
        on(&RULE)
            .files(&files("pass --api-versions a/v1"))
            .quiet_by_default();
        on(&RULE).files(&files("no such thing")).loud_by_default();
    }

    #[test]
    fn a_part_of_another_chart_and_one_whose_values_are_elsewhere_are_pedantic() {
        let part = "//- /c/Chart.yaml\napiVersion: v2\nname: c\nversion: 1.0.0\n//- /c/templates/a.yaml\na: {{ .Values.global.b.c }}\n";
        on(&RULE).files(part).loud_by_default();
        on(&RULE)
            .files(&format!("{part}//- /d/Chart.yaml\napiVersion: v2\nname: d\nversion: 1.0.0\ndependencies: [{{name: c, version: 1.0.0, repository: 'file://../c'}}]\n//- /d/values.yaml\nglobal: {{b: {{c: 1}}}}\n"))
            .quiet_by_default();
        on(&RULE)
            .files(&format!("{part}//- /.gitignore\nvalues.yaml\n"))
            .quiet_by_default();
    }

    #[test]
    fn what_files_of_values_elsewhere_give_is_not_lacking() {
        let render = |template: &str, more: &str| {
            on(&RULE).files(&format!(
                "//- /charts/c/Chart.yaml\napiVersion: v2\nname: c\nversion: 1.0.0\n//- /charts/c/values.yaml\ntext: 'x{{{{ .Values.global.env.name }}}}'\n//- /charts/c/templates/a.yaml\na: {template}\n{more}"
            ))
        };
        let plain = "{{ $.Values.global.env.name }}";
        let env = "global: {env: {name: }}\n";
        render(plain, "").loud_by_default();
        for path in [
            "charts/globals.yaml",
            "charts/c/tests/values/base.yaml",
            "dev-values.yaml",
        ] {
            render(plain, &format!("//- /{path}\n{env}")).clean();
        }
        render(plain, "//- /charts/globals.yaml\nglobal: {host: a}\n").loud_by_default();
        render(plain, &format!("//- /charts/other.yaml\n{env}")).loud_by_default();
        // A text of the values that is run as a template.
        let text = "{{ tpl .Values.text . }}";
        render(text, "").loud_by_default();
        render(text, &format!("//- /charts/globals.yaml\n{env}")).clean();
        // The script sets another chart's value, or this one's.
        let script = |chart: &str| {
            format!("//- /up.sh\nhelm install a charts/{chart} --set global.env.name=x\n")
        };
        render(plain, &script("d")).loud_by_default();
        render(plain, &script("c")).clean();
    }
}
