//! Rules on rendered charts: each finding stands on the template line that wrote the text, names
//! the values that are in it, and is one for all sets of values that show it.

use std::sync::Arc;

use plimsoll_charts::Options as Charts;
use plimsoll_project::config::{Base, parse};
use plimsoll_project::{Options, Project};
use plimsoll_rules::{Date, KubeVersion, Outcome, Selection, Strictness, check};
use plimsoll_source::{Finding, Place};
use plimsoll_testkit::{Fixture, tree};

struct Review {
    project: Project,
    outcome: Outcome,
}

#[derive(Default)]
struct Asked<'a> {
    config: &'a str,
    paths: &'a [&'a str],
    subcharts: bool,
}

fn review(files: &str) -> Review {
    asked(files, &Asked::default())
}

fn asked(files: &str, asked: &Asked<'_>) -> Review {
    let tree = tree(&Fixture::parse("x", files));
    let paths: Vec<String> = asked.paths.iter().map(|&path| path.to_owned()).collect();
    let config = parse(asked.config, &Base::default()).expect("it is valid");
    let options = Options { paths, config };
    let mut project = Project::load(Arc::new(tree), &options);
    let charts = Charts {
        subcharts: asked.subcharts,
        ..Charts::new(&options.paths, &KubeVersion::NEWEST)
    };
    plimsoll_charts::add(&mut project, &charts);
    let mut selection = Selection::on(Date::new(2026, 11, 24));
    selection.strictness = Strictness::Pedantic;
    let outcome = check(&project, &selection);
    Review { project, outcome }
}

impl Review {
    fn of(&self, rule: &str) -> Vec<&Finding> {
        let findings = self.outcome.findings.iter();
        findings.filter(|finding| finding.rule == rule).collect()
    }

    #[track_caller]
    fn one(&self, rule: &str) -> &Finding {
        let found = self.of(rule);
        assert_eq!(found.len(), 1, "{rule}: {:#?}", self.outcome.findings);
        found[0]
    }

    /// `path:line: text`
    fn shown(&self, place: Place) -> String {
        let file = self.project.files.get(place.file);
        let line = file.line_col(place.range.start).line;
        format!("{}:{line}: {}", file.path, self.project.files.text(place))
    }

    fn at(&self, finding: &Finding) -> String {
        self.shown(finding.origin.place)
    }

    fn related(&self, finding: &Finding) -> Vec<String> {
        let related = finding.related.iter();
        related
            .map(|one| format!("{} [{}]", self.shown(one.place), one.message))
            .collect()
    }
}

const CHART: &str = "//- /c/Chart.yaml\napiVersion: v2\nname: c\nversion: 1.0.0\n";

/// A chart with one Deployment, whose container ends with these lines.
fn deployment(values: &str, container: &str, more: &str) -> String {
    format!(
        "{CHART}//- /c/values.yaml\n{values}//- /c/templates/web.yaml\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  replicas: 2\n  selector:\n    matchLabels: {{app: web}}\n  template:\n    metadata:\n      labels: {{app: web}}\n    spec:\n      containers:\n        - name: web\n{container}{more}"
    )
}

#[test]
fn literal_text_is_found_at_its_line() {
    let review = review(&deployment(
        "{}\n",
        "          image: nginx:1.27.0\n          securityContext:\n            privileged: true\n",
        "",
    ));
    let found = review.one("privileged-container");
    assert_eq!(review.at(found), "c/templates/web.yaml:17: true");
    assert!(review.related(found).is_empty());
    assert!(review.project.not_reviewed.is_empty());
}

#[test]
fn a_value_is_named_with_its_file() {
    let review = review(&deployment(
        "image:\n  name: nginx\n  tag: latest\n",
        "          image: \"{{ .Values.image.name }}:{{ .Values.image.tag }}\"\n",
        "",
    ));
    let found = review.one("unpinned-image");
    assert_eq!(
        review.at(found),
        "c/templates/web.yaml:15: \"{{ .Values.image.name }}:{{ .Values.image.tag }}\""
    );
    assert_eq!(
        review.related(found),
        [
            "c/values.yaml:2: nginx [`image.name` of values.yaml]",
            "c/values.yaml:3: latest [`image.tag` of values.yaml]",
        ]
    );
}

#[test]
fn values_through_to_yaml_and_nindent_stay_apart() {
    let review = review(&deployment(
        "security:\n  runAsUser: 0\n  privileged: true\n",
        "          image: nginx:1.27.0\n          securityContext:\n            {{- toYaml .Values.security | nindent 12 }}\n",
        "",
    ));
    let found = review.one("privileged-container");
    assert_eq!(
        review.at(found),
        "c/templates/web.yaml:17: toYaml .Values.security"
    );
    assert_eq!(
        review.related(found),
        ["c/values.yaml:3: true [`security.privileged` of values.yaml]"]
    );
    assert!(found.fix.is_none());
}

#[test]
fn a_helper_is_the_place_and_its_use_is_told() {
    let helper =
        "//- /c/templates/_h.tpl\n{{- define \"c.security\" -}}\nprivileged: true\n{{- end -}}\n";
    let review = review(&deployment(
        "{}\n",
        "          image: nginx:1.27.0\n          securityContext:\n            {{- include \"c.security\" . | nindent 12 }}\n",
        helper,
    ));
    let found = review.one("privileged-container");
    assert_eq!(review.at(found), "c/templates/_h.tpl:2: true");
    assert_eq!(
        review.related(found),
        ["c/templates/web.yaml:17: include \"c.security\" . [used here]"]
    );
}

/// A chart that uses a helper of a library beside it.
fn with_library(dependency: &str) -> String {
    let library = "//- /lib/Chart.yaml\napiVersion: v2\nname: lib\nversion: 1.0.0\ntype: library\n//- /lib/templates/_s.tpl\n{{- define \"lib.security\" -}}\nprivileged: true\n{{- end -}}\n";
    let text = deployment(
        "{}\n",
        "          image: nginx:1.27.0\n          securityContext:\n            {{- include \"lib.security\" . | nindent 12 }}\n",
        library,
    );
    text.replacen(
        "version: 1.0.0\n",
        &format!("version: 1.0.0\ndependencies:\n  - {{name: lib, {dependency}}}\n"),
        1,
    )
}

#[test]
fn a_helper_of_a_library_is_told_at_its_use() {
    let dependencies = [
        "version: 1.0.0, repository: 'file://../lib'",
        "version: 1.x.x, repository: 'https://charts.example.com'",
    ];
    for dependency in dependencies {
        let review = review(&with_library(dependency));
        let found = review.one("privileged-container");
        assert_eq!(
            review.at(found),
            "c/templates/web.yaml:17: include \"lib.security\" ."
        );
    }
}

#[test]
fn a_chart_that_lacks_another_is_rendered_without_it_or_left_alone() {
    let fetched = "version: 2.0.0, repository: 'https://charts.example.com'";
    let left = review(&with_library(fetched));
    assert!(left.of("chart-render").is_empty());
    let found = left.one("missing-chart-dependency");
    assert_eq!(left.at(found), "c/Chart.yaml:5: lib");
    assert!(!left.project.not_reviewed.is_empty());
    let text = with_library(fetched).replace(
        "{{- include \"lib.security\" . | nindent 12 }}",
        "  privileged: true",
    );
    let without = review(&text);
    assert_eq!(without.of("privileged-container").len(), 1);
}

const SUBCHART: &str = "//- /c/charts/sub/Chart.yaml\napiVersion: v2\nname: sub\nversion: 1.0.0\n//- /c/charts/sub/values.yaml\nprivileged: false\n//- /c/charts/sub/templates/pod.yaml\napiVersion: v1\nkind: Pod\nmetadata:\n  name: sub\nspec:\n  containers:\n    - name: sub\n      image: nginx:1.27.0\n      securityContext:\n        privileged: {{ .Values.privileged }}\n";

#[test]
fn subcharts_are_reported_when_asked_for() {
    let files = format!(
        "{CHART}//- /c/values.yaml\nsub:\n  privileged: true\n//- /c/templates/a.yaml\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\n{SUBCHART}"
    );
    assert!(review(&files).of("privileged-container").is_empty());
    let review = asked(
        &files,
        &Asked {
            subcharts: true,
            ..Asked::default()
        },
    );
    let found = review.one("privileged-container");
    assert_eq!(
        review.at(found),
        "c/charts/sub/templates/pod.yaml:10: {{ .Values.privileged }}"
    );
    assert_eq!(
        review.related(found),
        ["c/values.yaml:2: true [`sub.privileged` of values.yaml]"]
    );
}

#[test]
fn a_subchart_by_itself_is_a_chart() {
    let files = format!("{CHART}//- /c/templates/a.yaml\nx: 1\n{SUBCHART}");
    let files = files.replace("privileged: false", "privileged: true");
    let review = asked(
        &files,
        &Asked {
            paths: &["c/charts/sub"],
            ..Asked::default()
        },
    );
    let found = review.one("privileged-container");
    assert_eq!(
        review.related(found),
        ["c/charts/sub/values.yaml:1: true [`privileged` of values.yaml]"]
    );
}

#[test]
fn findings_of_several_sets_are_one_and_named_if_not_all_show_it() {
    let container = "          image: nginx:1.27.0\n          securityContext:\n            privileged: {{ .Values.privileged }}\n{{- if .Values.host }}\n      hostNetwork: true\n{{- end }}\n";
    let sets = "//- /c/ci/all-values.yaml\nhost: true\n//- /c/values-eu.yaml\nhost: true\n";
    let review = review(&deployment(
        "privileged: true\nhost: false\n",
        container,
        sets,
    ));
    let everywhere = review.one("privileged-container");
    assert!(
        !everywhere
            .notes
            .iter()
            .any(|note| note.starts_with("only with")),
        "{:?}",
        everywhere.notes
    );
    let some = review.one("host-namespace");
    assert_eq!(review.at(some), "c/templates/web.yaml:19: true");
    let label = "only with the values of `ci/all-values.yaml`, `values-eu.yaml`".into();
    assert!(some.notes.contains(&label), "{:?}", some.notes);
}

#[test]
fn a_set_of_the_configuration_is_rendered() {
    let container = "          image: nginx:1.27.0\n          securityContext:\n            privileged: {{ .Values.privileged }}\n";
    let files = deployment(
        "privileged: false\n",
        container,
        "//- /deploy/eu.yaml\nprivileged: true\n",
    );
    let review = asked(
        &files,
        &Asked {
            config: "[[chart]]\nfolder = \"c\"\nname = \"europe\"\nvalues = [\"deploy/eu.yaml\"]\n",
            ..Asked::default()
        },
    );
    let found = review.one("privileged-container");
    assert_eq!(
        review.related(found),
        ["deploy/eu.yaml:1: true [`privileged` of eu.yaml]"]
    );
    let label = "only with the values of `europe`".into();
    assert!(found.notes.contains(&label), "{:?}", found.notes);
}

#[test]
fn a_set_that_fails_is_a_finding_and_the_others_are_reviewed() {
    let container = "          image: nginx:1.27.0\n          securityContext:\n            privileged: {{ .Values.a.b }}\n";
    let review = review(&deployment(
        "a: {b: true}\n",
        container,
        "//- /c/ci/bad-values.yaml\na: text\n",
    ));
    assert_eq!(review.of("privileged-container").len(), 1);
    let failed = review.one("chart-render");
    assert!(
        review.at(failed).starts_with("c/templates/web.yaml:17: "),
        "{}",
        review.at(failed)
    );
    assert!(
        failed
            .notes
            .iter()
            .any(|note| note.contains("`ci/bad-values.yaml`"))
    );
}

#[test]
fn text_that_is_no_yaml_is_found_at_its_template_line() {
    let review = review(&format!(
        "{CHART}//- /c/values.yaml\nlabels: {{a: b}}\n//- /c/templates/a.yaml\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  labels:\n  {{{{ toYaml .Values.labels | indent 4 }}}}\n   c: d\n"
    ));
    let found = review.one("syntax");
    assert!(
        review.at(found).starts_with("c/templates/a.yaml:"),
        "{}",
        review.at(found)
    );
}

#[test]
fn fixes_reach_literal_text_only() {
    let container = "          image: nginx:1.27.0\n          ports: [{name: http, containerPort: 80}]\n          readinessProbe:\n            tcpSocket: {port: htpp}\n";
    let found = review(&deployment("{}\n", container, ""));
    let fix = found.one("probe-port-unknown").fix.as_ref();
    let edit = &fix.expect("the name is near").change.edits[0];
    assert_eq!(found.project.path(edit.file), "c/templates/web.yaml");
    let container = container.replace("htpp", "{{ .Values.port }}");
    let found = review(&deployment("port: htpp\n", &container, ""));
    assert!(found.one("probe-port-unknown").fix.is_none());
}

#[test]
fn comments_in_templates_and_on_values_allow_findings() {
    let container = |comment: &str, value: &str| {
        format!(
            "          image: nginx:1.27.0\n          securityContext:\n{comment}            privileged: {value}\n"
        )
    };
    let allow = "plimsoll: allow(privileged-container) it must";
    let cases = [
        deployment(
            "{}\n",
            &container(&format!("            # {allow}\n"), "true"),
            "",
        ),
        deployment(
            "{}\n",
            &container(&format!("            {{{{- /* {allow} */}}}}\n"), "true"),
            "",
        ),
        deployment("{}\n", &container("", &format!("true # {allow}")), ""),
        deployment(
            &format!("# {allow}\nprivileged: true\n"),
            &container("", "{{ .Values.privileged }}"),
            "",
        ),
        deployment(
            &format!("security:\n  # {allow}\n  web:\n    privileged: true\n"),
            &container("", "{{ .Values.security.web.privileged }}"),
            "",
        ),
        deployment("{}\n", &container("", "true"), "").replace(
            "apiVersion: apps/v1",
            &format!("# {allow}\napiVersion: apps/v1"),
        ),
    ];
    for files in cases {
        let review = review(&files);
        assert!(review.of("privileged-container").is_empty(), "{files}");
        let allowed = &review.outcome.suppressed;
        let allowed = allowed
            .iter()
            .filter(|one| one.finding.rule == "privileged-container");
        assert_eq!(allowed.count(), 1, "{files}");
        assert!(review.of("unused-suppression").is_empty(), "{files}");
        assert!(review.of("invalid-suppression").is_empty(), "{files}");
    }
}

#[test]
fn secrets_in_values_are_kept_from_reports() {
    let review = review(&format!(
        "{CHART}//- /c/values.yaml\npassword: Tr0ub4dor-and-3\n//- /c/templates/a.yaml\napiVersion: v1\nkind: Secret\nmetadata:\n  name: a\nstringData:\n  password: {{{{ .Values.password }}}}\n"
    ));
    let found = review.one("plain-secret-committed");
    let secrets: Vec<String> = found
        .secrets
        .iter()
        .map(|place| review.shown(*place))
        .collect();
    assert!(
        secrets.contains(&"c/values.yaml:1: Tr0ub4dor-and-3".to_owned()),
        "{secrets:?}"
    );
}

#[test]
fn tests_of_charts_are_not_reviewed() {
    let review = review(&format!(
        "{CHART}//- /c/templates/tests/t.yaml\napiVersion: v1\nkind: Pod\nmetadata:\n  name: t\n  annotations:\n    helm.sh/hook: test\nspec:\n  containers:\n    - name: t\n      image: busybox:latest\n      securityContext: {{privileged: true}}\n"
    ));
    let mut findings = review.outcome.findings.iter();
    assert!(!findings.any(|finding| review.at(finding).starts_with("c/templates/")));
}

#[test]
fn charts_join_the_model_of_the_service() {
    let review = review(
        "//- /Dockerfile\nFROM python:3.13-slim\nCOPY app.py .\nUSER 10001\nEXPOSE 8000\nCMD [\"python\", \"app.py\"]\n//- /app.py\nprint()\n//- /chart/Chart.yaml\napiVersion: v2\nname: shop\nversion: 1.0.0\n//- /chart/values.yaml\nimage: ghcr.io/acme/shop\nport: 8080\n//- /chart/templates/web.yaml\napiVersion: v1\nkind: Pod\nmetadata:\n  name: shop\nspec:\n  containers:\n    - name: shop\n      image: {{ .Values.image }}:1.0.0\n      ports:\n        - containerPort: {{ .Values.port }}\n//- /compose.yaml\nservices:\n  shop:\n    build: .\n    image: ghcr.io/acme/shop\n    ports: ['8000:8000']\n",
    );
    let found = review.one("port-mismatch");
    let mut places = review.related(found);
    places.push(review.at(found));
    assert!(
        places
            .iter()
            .any(|place| place.starts_with("chart/templates/web.yaml:10: ")),
        "{places:?}"
    );
}

#[test]
fn what_is_printed_by_two_sets_differently_keeps_one_fingerprint() {
    let container = "          image: {{ .Values.image }}\n";
    let more = "//- /c/ci/a-values.yaml\nimage: redis:latest\n";
    let one = review(&deployment("image: nginx:latest\n", container, ""));
    let two = review(&deployment("image: nginx:latest\n", container, more));
    let of = |review: &Review| review.one("unpinned-image").fingerprint;
    assert_eq!(of(&one), of(&two));
}

#[test]
fn what_only_values_of_checks_bring_is_left_alone() {
    let container =
        "          image: nginx:1.27.0\n        {{- toYaml .Values.more | nindent 8 }}\n";
    let more = "more:\n  - name: b\n    image: busybox:latest\n";
    let of = |values: &str, ci: &str| {
        let ci = format!("//- /c/ci/a-values.yaml\n{ci}");
        let review = review(&deployment(values, container, &ci));
        review.of("unpinned-image").len()
    };
    assert_eq!(of("more: []\n", more), 0);
    assert_eq!(of(more, "more: []\n"), 1);
}

#[test]
fn secrets_in_the_values_of_checks_are_none() {
    let files = |values: &str, ci: &str| {
        format!(
            "{CHART}//- /c/values.yaml\n{values}//- /c/ci/a-values.yaml\n{ci}//- /c/templates/a.yaml\nkind: Secret\napiVersion: v1\nmetadata:\n  name: a\nstringData:\n  password: {{{{ .Values.password | quote }}}}\n"
        )
    };
    let real = "password: Tr0ub4dor-and-3\n";
    let of = |files: &str| review(files).of("plain-secret-committed").len();
    assert_eq!(of(&files("password: ''\n", real)), 0);
    assert_eq!(of(&files(real, "password: ''\n")), 1);
}

#[test]
fn a_separator_that_goes_on_separates() {
    let review = review(&format!(
        "{CHART}//- /c/templates/a.yaml\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\n---\n{{{{- if true -}}}}\n# Why it is there.\napiVersion: v1\nkind: Pod\nmetadata: {{name: b}}\nspec:\n  containers:\n    - name: b\n      image: nginx:1.27.0\n      securityContext: {{privileged: true}}\n{{{{- end }}}}\n"
    ));
    let found = review.one("privileged-container");
    assert_eq!(review.at(found), "c/templates/a.yaml:14: true");
    assert!(review.of("syntax").is_empty());
}

#[test]
fn what_stands_under_a_key_is_named() {
    let review = review(&deployment(
        "resources: {}\n",
        "          image: nginx:1.27.0\n          resources:\n            {{- toYaml .Values.resources | nindent 12 }}\n",
        "",
    ));
    let found = review.one("missing-default-resources");
    assert_eq!(review.at(found), "c/templates/web.yaml:16: resources");
    assert_eq!(
        review.related(found),
        ["c/values.yaml:1: {} [`resources` is empty]"]
    );
    assert!(review.of("missing-memory-limit").is_empty());
}

#[test]
fn secrets_that_are_made_up_anew_are_not_committed() {
    let of = |key: &str, value: &str| {
        let text = format!(
            "{CHART}//- /c/values.yaml\nkey: {key}\nlength: 24\n//- /c/templates/_h.tpl\n{{{{- define \"c.key\" -}}}}\n{{{{- .Values.key | default (randAlphaNum (int .Values.length)) | b64enc | quote -}}}}\n{{{{- end -}}}}\n//- /c/templates/a.yaml\napiVersion: v1\nkind: Secret\nmetadata:\n  name: a\ndata:\n  password: {value}\n"
        );
        review(&text).of("plain-secret-committed").len()
    };
    assert_eq!(of("''", "{{ randAlphaNum 24 | b64enc | quote }}"), 0);
    assert_eq!(of("''", "{{ include \"c.key\" . }}"), 0);
    assert_eq!(of("Tr0ub4dor-and-3", "{{ include \"c.key\" . }}"), 1);
    assert_eq!(
        of(
            "''",
            "{{ .Values.key | default \"Tr0ub4dor-and-3\" | b64enc }}"
        ),
        1
    );
    assert_eq!(of("''", "VHIwdWI0ZG9yLWFuZC0z"), 1);
}

#[test]
fn hashes_of_passwords_are_made_with_the_least_cost() {
    let text = format!(
        "{CHART}//- /c/templates/a.yaml\napiVersion: v1\nkind: Secret\nmetadata: {{name: a}}\nstringData:\n  auth: {{{{ htpasswd \"a\" .Release.Name }}}}\n"
    );
    let review = review(&text);
    let manifests = review.project.manifests.iter();
    let mut texts = manifests.map(|unit| &*review.project.files.get(unit.file).text);
    assert!(texts.any(|text| text.contains("auth: a:$2a$04$")));
}
