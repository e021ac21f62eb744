//! # What it does
//! Names what `Chart.yaml` does not say of a chart and users of it look for: `description`,
//! `icon`, `maintainers`, `appVersion`, and `home` or `sources`.
//!
//! # Why it matters
//! `helm search`, Artifact Hub and the catalogues of platforms show what stands there. Without
//! `appVersion` the label `app.kubernetes.io/version` stays empty, without maintainers nobody
//! knows whom to ask.
//!
//! # Example
//! ```yaml bad
//! //- /chart/Chart.yaml
//! apiVersion: v2
//! name: payments
//! version: 1.0.0
//! //- /chart/templates/configmap.yaml
//! apiVersion: v1
//! kind: ConfigMap
//! metadata: {name: payments}
//! ```
//! ```yaml good
//! //- /chart/Chart.yaml
//! apiVersion: v2
//! name: payments
//! version: 1.0.0
//! appVersion: 1.4.0
//! description: takes payments
//! icon: https://acme.example/payments.svg
//! home: https://acme.example/payments
//! maintainers: [{name: Payments team}]
//! //- /chart/templates/configmap.yaml
//! apiVersion: v1
//! kind: ConfigMap
//! metadata: {name: payments}
//! ```
//!
//! # References
//! - <https://helm.sh/docs/topics/charts/#the-chartyaml-file>

use plimsoll_source::{Confidence, Place, Severity};
use plimsoll_yaml::Node;

use super::files::{head, root};
use crate::{Check, Cx, FixKind, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "incomplete-chart-yaml",
    summary: "Chart.yaml does not say what users of the chart look for",
    since: "0.1.0",
    severity: Severity::Note,
    confidence: Confidence::High,
    strictness: Strictness::Pedantic,
    fix: FixKind::None,
    aliases: &[],
    checks: &[Check::Project(check)],
};

fn check(cx: &mut Cx<'_>) {
    for chart in cx.project.charts.iter().filter(|chart| chart.is_loaded) {
        let Some(root) = root(chart) else { continue };
        let has = |key: &str| {
            let node = root.get(key);
            let is_empty =
                |node: Node<'_>| node.is_null() || node.text().is_some_and(|text| text.is_empty());
            node.is_some_and(|node| !is_empty(node))
        };
        let mut missing = Vec::new();
        let wanted = if chart.is_library {
            &["description", "maintainers"][..]
        } else {
            &["description", "icon", "maintainers", "appVersion"]
        };
        // Nobody maintains a deprecated chart, and chart-testing refuses maintainers of one.
        let is_deprecated = root.get("deprecated").and_then(Node::as_bool) == Some(true);
        missing.extend(
            wanted
                .iter()
                .filter(|key| !(has(key) || is_deprecated && **key == "maintainers"))
                .map(|key| format!("`{key}`")),
        );
        if !has("home") && !has("sources") {
            missing.push("`home` or `sources`".to_owned());
        }
        let Some(last) = missing.pop() else { continue };
        let listed = match missing.len() {
            0 => last,
            _ => format!("{} and {last}", missing.join(", ")),
        };
        // What is there and empty is told where it stands.
        let empty = wanted
            .iter()
            .find(|key| !has(key) && root.get(key).is_some());
        let place = empty.and_then(|key| root.entry(key)).map_or_else(
            || head(chart),
            |entry| Place::new(chart.file, entry.range()),
        );
        let message = format!("the chart does not say {listed}");
        cx.report_at(place, message).help(if listed == "`icon`" {
            "give the URL of a picture, which catalogues of charts show"
        } else {
            "add what it is, whose it is and where it comes from"
        });
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::on;

    fn chart(lines: &str) -> String {
        format!(
            "//- /c/Chart.yaml\napiVersion: v2\nname: c\nversion: 1.0.0\n{lines}//- /c/templates/_a.tpl\n{{{{/* a */}}}}\n"
        )
    }

    #[test]
    fn what_is_missing_is_named() {
        on(&RULE)
            .files(&chart("description: a\nappVersion: '1'\nhome: https://a.example\nmaintainers: [{name: a}]\n"))
            .flags(&["c/Chart.yaml:2: name: c"])
            .says(&["the chart does not say `icon`"])
            .quiet_by_default();
        on(&RULE)
            .files(&chart(
                "description: ''\nicon: https://a.example/i\nappVersion: '1'\n",
            ))
            .flags(&["c/Chart.yaml:4: description: ''"])
            .says(&["the chart does not say `description`, `maintainers` and `home` or `sources`"]);
        on(&RULE)
            .files(&chart(
                "type: library\ndescription: a\nhome: https://a.example\n",
            ))
            .says(&["the chart does not say `maintainers`"]);
    }

    #[test]
    fn charts_that_say_it_are_clean() {
        on(&RULE)
            .files(&chart("description: a\nicon: https://a.example/i\nappVersion: '1'\nhome: https://a.example\nmaintainers: [{name: a}]\n"))
            .clean();
        on(&RULE)
            .files(&chart("deprecated: true\ndescription: a\nicon: https://a.example/i\nappVersion: '1'\nhome: https://a.example\n"))
            .clean();
        on(&RULE)
            .files(&chart("type: library\ndescription: a\nsources: [https://a.example]\nmaintainers: [{name: a}]\n"))
            .clean();
        on(&RULE)
            .files("//- /a.yaml\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n//- /b.txt\nb\n")
            .clean();
    }
}
