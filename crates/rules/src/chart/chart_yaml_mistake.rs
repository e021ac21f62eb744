//! # What it does
//! Finds what `Chart.yaml` says and Helm does not take as it is meant: keys that it does not
//! know, versions that are numbers and lose their last digits, versions that are none, ranges
//! that cannot be read, dependencies in the file of the other API version, names that cannot be
//! used in names of objects, maintainers without a name. Keys that are values by custom (`image`,
//! `service`, `resources`) are told once, with the file that they belong into.
//!
//! What Helm refuses outright is told by [`chart-render`](chart-render.md).
//!
//! # Why it matters
//! Helm ignores an unknown key and reads `appVersion: 1.10` as `1.1`, and nobody is told. It reads
//! `requirements.yaml` of a chart of version 2 with a warning, over what `Chart.yaml` says.
//!
//! # Example
//! ```yaml bad
//! //- /chart/Chart.yaml
//! apiVersion: v2
//! name: payments
//! version: 1.0.0
//! appVersion: 1.10
//! //- /chart/templates/configmap.yaml
//! apiVersion: v1
//! kind: ConfigMap
//! metadata: {name: payments}
//! ```
//! ```yaml fixed
//! //- /chart/Chart.yaml
//! apiVersion: v2
//! name: payments
//! version: 1.0.0
//! appVersion: "1.10"
//! //- /chart/templates/configmap.yaml
//! apiVersion: v1
//! kind: ConfigMap
//! metadata: {name: payments}
//! ```
//!
//! # Fix safety
//! Versions are put into quotes: what Helm reads then is what stands there. A misspelt key is
//! replaced by the one that it is near to, which takes effect then.
//!
//! # References
//! - <https://helm.sh/docs/topics/charts/#the-chartyaml-file>
//! - <https://semver.org/>

use plimsoll_project::ChartUnit;
use plimsoll_source::nearest::nearest;
use plimsoll_source::{Confidence, Edit, Fix, Place, Safety, Severity};
use plimsoll_yaml::{Kind, Node, Scalar};

use super::files::{first_line, head, root};
use crate::dockerfile::build_context::listed;
use crate::{Check, Cx, FixKind, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "chart-yaml-mistake",
    summary: "Chart.yaml says something that Helm does not take as it is meant",
    since: "0.1.0",
    severity: Severity::Warning,
    confidence: Confidence::High,
    strictness: Strictness::Default,
    fix: FixKind::Sometimes,
    aliases: &[],
    checks: &[Check::Project(check)],
};

/// The keys of `Chart.yaml`. Sorted.
const KEYS: [&str; 17] = [
    "annotations",
    "apiVersion",
    "appVersion",
    "condition",
    "dependencies",
    "deprecated",
    "description",
    "home",
    "icon",
    "keywords",
    "kubeVersion",
    "maintainers",
    "name",
    "sources",
    "tags",
    "type",
    "version",
];
/// The keys of a dependency. Sorted.
const DEPENDENCY_KEYS: [&str; 8] = [
    "alias",
    "condition",
    "enabled",
    "import-values",
    "name",
    "repository",
    "tags",
    "version",
];

/// Keys that the values of charts have by custom, and `Chart.yaml` never.
const VALUE_KEYS: [&str; 16] = [
    "affinity",
    "autoscaling",
    "env",
    "image",
    "imagePullSecrets",
    "ingress",
    "livenessProbe",
    "nodeSelector",
    "persistence",
    "podSecurityContext",
    "readinessProbe",
    "replicaCount",
    "resources",
    "securityContext",
    "service",
    "serviceAccount",
];
/// How many of them are named.
const MOST_NAMED: usize = 6;

fn check(cx: &mut Cx<'_>) {
    for chart in &cx.project.charts {
        let Some(root) = root(chart).filter(|root| root.kind() == Kind::Mapping) else {
            continue;
        };
        let values = keys_of_values(root);
        values_here(cx, chart, root, &values);
        unknown_keys(cx, chart, root, &KEYS, &values);
        for item in root.get("dependencies").into_iter().flat_map(Node::items) {
            unknown_keys(cx, chart, item.resolve(), &DEPENDENCY_KEYS, &[]);
        }
        for key in ["version", "appVersion"] {
            if let Some(node) = root.get(key) {
                number(cx, chart, key, node);
            }
        }
        if !chart.is_loaded {
            continue;
        }
        api_version(cx, chart, root);
        name(cx, chart, root);
        version(cx, chart, root);
        ranges(cx, chart, root);
        for item in root.get("maintainers").into_iter().flat_map(Node::items) {
            let named = item.get("name").and_then(Node::text);
            if named.is_none_or(|name| name.is_empty()) && !item.is_null() {
                let place = Place::new(chart.file, item.range());
                cx.report_at(place, "a maintainer has no name")
                    .severity(Severity::Note)
                    .help("add `name`");
            }
        }
    }
}

/// The keys of the root that are meant as values of the chart.
fn keys_of_values(root: Node<'_>) -> Vec<String> {
    let entries = root.entries().filter(|entry| {
        // A list of texts below `resources` may be a slip for `sources`.
        entry.value.resolve().kind() != Kind::Sequence
    });
    let keys = entries.filter_map(|entry| entry.key.text());
    keys.filter(|key| VALUE_KEYS.contains(&&**key))
        .map(std::borrow::Cow::into_owned)
        .collect()
}

/// Tells once of all values that stand in the file of the chart.
fn values_here(cx: &mut Cx<'_>, chart: &ChartUnit, root: Node<'_>, values: &[String]) {
    let first = values.first().and_then(|key| root.entry(key));
    let Some(first) = first else { return };
    let many = values.len() > 1;
    let message = if many {
        format!(
            "values such as `{}` stand in `Chart.yaml`, where Helm ignores them",
            values[0]
        )
    } else {
        format!("`{}` is a value, and Helm ignores it here", values[0])
    };
    let draft = cx.report_at(Place::new(chart.file, first.key.range()), message);
    draft
        .note("templates see none of it: `.Values` is made of `values.yaml` and of what is given at install")
        .help(format!(
            "move {} to `values.yaml`, with whatever else is meant for templates",
            listed(values, MOST_NAMED)
        ));
    if !many {
        draft.strictness(Strictness::Pedantic);
    }
}

fn unknown_keys(
    cx: &mut Cx<'_>,
    chart: &ChartUnit,
    node: Node<'_>,
    known: &[&str],
    told: &[String],
) {
    for entry in node.entries() {
        let Some(key) = entry.key.text() else {
            continue;
        };
        // Helm does not mind the case of letters.
        let is_known = known.iter().any(|known| known.eq_ignore_ascii_case(&key));
        if is_known || key.starts_with("x-") || told.iter().any(|told| *told == key) {
            continue;
        }
        let range = entry.key.range();
        let near = nearest(&key, known.iter().copied());
        let draft = cx.report_at(
            Place::new(chart.file, range),
            format!("Helm knows no key `{key}` here and ignores it"),
        );
        match near {
            // One text where Helm wants a list.
            Some(near @ ("sources" | "keywords" | "maintainers"))
                if entry.value.text().is_some() =>
            {
                draft.help(format!("write `{near}`, with a list"));
            }
            Some(near) => {
                draft.help(format!("write `{near}`")).fix(
                    Fix::new(format!("write `{near}`"), Safety::Unsafe)
                        .edit(chart.file, Edit::replace(range, near)),
                );
            }
            None => {
                draft
                    .strictness(Strictness::Pedantic)
                    .help("remove it, or put it under `annotations`");
            }
        }
    }
}

/// A version that YAML takes for a number.
fn number(cx: &mut Cx<'_>, chart: &ChartUnit, key: &str, node: Node<'_>) {
    let is_number = matches!(node.scalar(), Some(Scalar::Int(_) | Scalar::Float(_)));
    let source = node.source();
    if !is_number || source.is_empty() {
        return;
    }
    // Digits at the end that a number does not keep, and forms that it does not have.
    let is_kept = source
        .parse::<f64>()
        .is_ok_and(|number| number.to_string() == source);
    let draft = cx.report_at(
        Place::new(chart.file, node.range()),
        format!("`{key}: {source}` is a number"),
    );
    draft
        .note(if is_kept {
            "Helm wants a string; the next version, such as one that ends in 0, may be read as another one"
        } else {
            "Helm reads another version than the one that stands here"
        })
        .help("put it into quotes");
    if key == "version" && !is_semver(source) {
        draft.help("write a semantic version, such as `1.0.0`");
    } else {
        draft.fix(Fix::new("put it into quotes", Safety::Safe).edit(
            chart.file,
            Edit::replace(node.range(), format!("\"{source}\"")),
        ));
    }
    if is_kept {
        draft.strictness(Strictness::Pedantic);
    }
}

fn api_version(cx: &mut Cx<'_>, chart: &ChartUnit, root: Node<'_>) {
    // Helm does not mind the case of letters.
    let is_it = |key: Option<std::borrow::Cow<'_, str>>| {
        key.is_some_and(|key| key.eq_ignore_ascii_case("apiVersion"))
    };
    let mut entries = root.entries();
    let found = entries.find(|entry| is_it(entry.key.text()));
    let Some(node) = found.map(|entry| entry.value) else {
        cx.report_at(
            head(chart),
            "the chart has no `apiVersion`, and Helm takes it for `v1`",
        )
        .help(if chart.text_of("requirements.yaml").is_some() {
            "write `apiVersion: v1`, or `v2` and move the dependencies to `Chart.yaml`"
        } else {
            "write `apiVersion: v2`"
        });
        return;
    };
    let is_first = node.as_str().as_deref() == Some("v1");
    let at = |key: &str| Some(Place::new(chart.file, root.entry(key)?.key.range()));
    let has_some = root
        .get("dependencies")
        .is_some_and(|list| list.items().next().is_some());
    if is_first
        && has_some
        && let Some(place) = at("dependencies")
    {
        cx.report_at(
            place,
            "a chart of `apiVersion: v1` has its dependencies in `requirements.yaml`",
        )
        .help("write `apiVersion: v2`");
    }
    if !is_first && let Some(file) = chart.text_of("requirements.yaml") {
        let text = &cx.project.files.get(file).text;
        let place = Place::new(file, first_line(text));
        cx.report_at(
            place,
            "`requirements.yaml` is of `apiVersion: v1`, and the chart is of `v2`",
        )
        .note("Helm warns, and takes the dependencies from here, not from `Chart.yaml`")
        .help("move the dependencies to `Chart.yaml`");
    }
}

/// The name, of which names of objects and labels are made.
fn name(cx: &mut Cx<'_>, chart: &ChartUnit, root: Node<'_>) {
    let Some(node) = root.get("name") else { return };
    let name = node.text().unwrap_or_default();
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let ends = |name: &str| name.starts_with('-') || name.ends_with('-');
    if !name.bytes().all(fits) || ends(&name) {
        cx.report_at(
            Place::new(chart.file, node.range()),
            format!("no object can be called `{name}`"),
        )
        .strictness(Strictness::Pedantic)
        .note("names of objects are made of that of the chart: lower-case letters, digits and `-`")
        .help("write it in lower-case letters, digits and `-`");
    }
}

fn version(cx: &mut Cx<'_>, chart: &ChartUnit, root: Node<'_>) {
    let Some(node) = root.get("version") else {
        return;
    };
    let version = node.text().unwrap_or_default();
    if node.as_str().is_none() || is_semver(&version) {
        return;
    }
    let draft = cx.report_at(
        Place::new(chart.file, node.range()),
        format!("`{version}` is no semantic version"),
    );
    draft
        .note("Helm takes it, but SemVer, which Helm asks for, wants three numbers, as in `1.2.3`")
        .help("write three numbers, such as `1.0.0`");
    if version.strip_prefix('v').is_some_and(is_semver) {
        draft.strictness(Strictness::Pedantic);
    }
}

/// Three numbers without leading zeros, and what may follow them.
fn is_semver(version: &str) -> bool {
    let end = version.find(['-', '+']).unwrap_or(version.len());
    let (core, rest) = version.split_at(end);
    let is_number = |part: &str| {
        !part.is_empty()
            && part.bytes().all(|byte| byte.is_ascii_digit())
            && (part == "0" || !part.starts_with('0'))
    };
    let numbers: Vec<&str> = core.split('.').collect();
    let in_rest = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.');
    numbers.len() == 3 && numbers.into_iter().all(is_number) && rest.bytes().all(in_rest)
}

/// Ranges of versions that cannot be read.
fn ranges(cx: &mut Cx<'_>, chart: &ChartUnit, root: Node<'_>) {
    for name in &chart.unreadable {
        let of_dependency = || {
            let mut all = root.get("dependencies")?.items();
            all.find(|item| item.get("name").and_then(Node::text).as_deref() == Some(name))?
                .get("version")
        };
        let node = match &**name {
            "kubeVersion" => root.get("kubeVersion"),
            _ => of_dependency(),
        };
        let Some(node) = node else { continue };
        let text = node.text().unwrap_or_default();
        cx.report_at(
            Place::new(chart.file, node.range()),
            format!("`{text}` is no range of versions"),
        )
        .severity(Severity::Error)
        .note("no version is in a range that cannot be read: the chart cannot be installed")
        .help("write one such as `>=1.28.0-0` or `^2.1.0`");
    }
}

#[cfg(test)]
mod tests {
    use super::{RULE, is_semver};
    use crate::testing::on;

    fn chart(lines: &str) -> String {
        format!("//- /c/Chart.yaml\n{lines}//- /c/templates/a.yaml\nkind: A\n")
    }

    const GOOD: &str = "apiVersion: v2\nname: c\nversion: 1.0.0\n";

    #[test]
    fn keys_that_nobody_reads_are_found() {
        on(&RULE)
            .files(&chart(&format!(
                "{GOOD}appversion: '1'\nkubeVerson: '>=1.28'\n"
            )))
            .flags(&["c/Chart.yaml:5: kubeVerson"])
            .loud_by_default();
        on(&RULE)
            .files(&chart(&format!("{GOOD}team: web\n")))
            .flags(&["c/Chart.yaml:4: team"])
            .quiet_by_default();
    }

    #[test]
    fn values_are_told_once_and_sent_to_their_file() {
        let values = "image: {tag: '1'}\nservice: {port: 80}\nresources: {limits: {cpu: 1}}\n";
        let case = on(&RULE).files(&chart(&format!("{GOOD}{values}")));
        let case = case.flags(&["c/Chart.yaml:4: image"]).loud_by_default();
        let help = case.help();
        assert!(help.starts_with("move `image`, `service` and `resources` to `values.yaml`"));
        // One alone, and a list where Helm wants one.
        on(&RULE)
            .files(&chart(&format!("{GOOD}image: {{tag: '1'}}\n")))
            .says(&["`image` is a value, and Helm ignores it here"])
            .quiet_by_default();
        on(&RULE)
            .files(&chart(&format!("{GOOD}resources: [https://a.example]\n")))
            .says(&["Helm knows no key `resources` here and ignores it"]);
    }

    #[test]
    fn versions_that_are_numbers_or_none_are_found() {
        on(&RULE)
            .files(&chart(&format!("{GOOD}appVersion: 1.10\n")))
            .flags(&["c/Chart.yaml:4: 1.10"])
            .loud_by_default()
            .fixed(&format!("{GOOD}appVersion: \"1.10\"\n"));
        on(&RULE)
            .files(&chart(&format!("{GOOD}appVersion: 1.5\n")))
            .quiet_by_default();
        on(&RULE)
            .files(&chart("apiversion: v2\nname: c\nversion: v1.2\n"))
            .flags(&["c/Chart.yaml:3: v1.2"]);
        on(&RULE)
            .files(&chart(&format!("{GOOD}kubeVersion: 'at least 1.28'\n")))
            .flags(&["c/Chart.yaml:4: 'at least 1.28'"]);
    }

    #[test]
    fn files_of_the_other_api_version_are_found() {
        on(&RULE)
            .files(&chart(&format!(
                "{GOOD}//- /c/requirements.yaml\ndependencies: []\n"
            )))
            .flags(&["c/requirements.yaml:1: dependencies: []"]);
        on(&RULE)
            .files(&chart(
                "apiVersion: v1\nname: c\nversion: 1.0.0\ndependencies: [{name: d, version: 1.0.0}]\n",
            ))
            .flags(&["c/Chart.yaml:4: dependencies"]);
        on(&RULE)
            .files(&chart(
                "apiVersion: v1\nname: c\nversion: 1.0.0\ndependencies:\n",
            ))
            .clean();
        on(&RULE)
            .files(&chart("name: c\nversion: 1.0.0\n"))
            .flags(&["c/Chart.yaml:1: name: c"]);
    }

    #[test]
    fn names_are_looked_at() {
        on(&RULE)
            .files(&chart("apiVersion: v2\nname: My_Chart\nversion: 1.0.0\n"))
            .flags(&["c/Chart.yaml:2: My_Chart"])
            .quiet_by_default();
        on(&RULE)
            .files(&chart(&format!(
                "{GOOD}maintainers: [{{email: a@example.com}}]\n"
            )))
            .says(&["a maintainer has no name"]);
    }

    #[test]
    fn what_helm_reads_is_clean() {
        on(&RULE).files(&chart(GOOD)).clean();
        on(&RULE)
            .files(&chart(&format!(
                "{GOOD}appVersion: 1.10.3\nkubeVersion: '>=1.28.0-0'\nmaintainers: [{{name: a}}]\n"
            )))
            .clean();
        on(&RULE)
            .files(&chart("apiVersion: v1\nname: c\nversion: 1.0.0-rc.1+build\n//- /c/requirements.yaml\ndependencies: []\n"))
            .clean();
        on(&RULE)
            .files(&chart(&format!(
                "{GOOD}x-team: web\nannotations: {{team: web}}\n"
            )))
            .clean();
        assert!(is_semver("0.10.0") && !is_semver("1.02.3") && !is_semver("1.2"));
    }
}
