//! What a Secret logs in to: something that is installed with it, or something outside, which says
//! what the password is.

use std::collections::HashSet;

use plimsoll_k8s::Workload;
use plimsoll_oci::Reference;
use plimsoll_project::{ChartUnit, ManifestUnit};
use plimsoll_yaml::{Dialect, Document, Node};

use crate::Cx;
use crate::chart::values_elsewhere::chart_of;
use crate::compose::backing;

/// Words for what is seldom installed with what uses it.
const OUTSIDE: [&str; 21] = [
    "aws",
    "azure",
    "bitbucket",
    "cloudflare",
    "dockerhub",
    "external",
    "git",
    "github",
    "gitlab",
    "ldap",
    "mailer",
    "nexus",
    "openai",
    "privaterepo",
    "registry",
    "repo",
    "sendgrid",
    "slack",
    "smtp",
    "stripe",
    "twilio",
];

/// Words for what may be installed with what uses it.
const STORES: [&str; 14] = [
    "cassandra",
    "database",
    "datasource",
    "db",
    "elasticsearch",
    "mariadb",
    "mongo",
    "mongodb",
    "mysql",
    "postgres",
    "postgresql",
    "rabbitmq",
    "redis",
    "timescaledb",
];

/// The kinds whose images tell what is installed.
const KINDS: [&str; 4] = ["Deployment", "StatefulSet", "DaemonSet", "Pod"];

/// Whether a Secret is for something outside of what is installed with it. `names` are those of the
/// Secret, its keys and the values that they come from.
pub(super) fn is_for_another(cx: &Cx<'_>, unit: &ManifestUnit, names: &[String]) -> bool {
    let words: HashSet<String> = names.iter().flat_map(|name| words(name)).collect();
    let has = |all: &[&str]| all.iter().any(|word| words.contains(*word));
    // Who makes the administrator says the password.
    if has(&["admin", "root", "bootstrap"]) || is_of_dependency(cx, unit, &words) {
        return false;
    }
    has(&OUTSIDE) || has(&STORES) && lacks_store(cx, unit)
}

/// Whether a chart brings no database or the like along. Of plain manifests nobody knows all that
/// are applied.
fn lacks_store(cx: &Cx<'_>, unit: &ManifestUnit) -> bool {
    let Some(chart) = own_chart(cx, unit) else {
        return false;
    };
    if brings(cx, chart, is_store) {
        return false;
    }
    let peers = KINDS.iter().flat_map(|kind| cx.peers(unit, kind));
    let pods = peers.filter_map(|(_, object)| Workload::new(*object)?.pod());
    let mut images = pods
        .flat_map(|pod| pod.all_containers().collect::<Vec<_>>())
        .filter_map(|container| Reference::parse(&container.image()?.text()?).ok());
    !images.any(|image| {
        let last = image.repository().rsplit('/').next().unwrap_or_default();
        // Builds of others: `postgresql-15-rhel9`.
        let is_store = is_store(last) && !last.contains("exporter");
        is_store || backing::of_image(&image).is_some()
    })
}

fn is_store(name: &str) -> bool {
    words(name).any(|word| STORES.contains(&&*word))
}

/// The chart that a manifest was rendered from.
fn own_chart<'a>(cx: &Cx<'a>, unit: &ManifestUnit) -> Option<&'a ChartUnit> {
    let generated = cx.project.generated(unit.file)?;
    let folder = &cx.project.renders[generated.render].folder;
    chart_of(cx, &format!("{folder}/Chart.yaml"))
}

/// Whether all words of the name of a chart that is installed with this one are among `said`.
fn is_of_dependency(cx: &Cx<'_>, unit: &ManifestUnit, said: &HashSet<String>) -> bool {
    own_chart(cx, unit).is_some_and(|chart| {
        brings(cx, chart, |name| {
            words(name).all(|word| said.contains(&word))
        })
    })
}

/// Whether a chart has such a dependency that its values do not switch off.
fn brings(cx: &Cx<'_>, chart: &ChartUnit, is_such: impl Fn(&str) -> bool) -> bool {
    let values = cx
        .project
        .values_of(&chart.folder)
        .and_then(|values| values.file);
    let values = values.map(|file| {
        let text = cx.project.files.get(file).text.to_string();
        plimsoll_yaml::parse(text, Dialect::GoV2)
    });
    let root = values
        .as_ref()
        .and_then(|tree| tree.documents().next()?.root());
    let is_off = |path: &str| {
        let keys: Vec<&str> = path.split('.').collect();
        root.and_then(|root| root.at(&keys)?.as_bool()) == Some(false)
    };
    let listed = chart.tree.documents().next().and_then(Document::root);
    let listed = listed.and_then(|root| root.get("dependencies"));
    let switches = |name: &str| {
        let all = listed.into_iter().flat_map(Node::items);
        let mut own = all.filter(|one| one.get("name").and_then(Node::str) == Some(name));
        own.find_map(|one| one.get("condition")?.str())
    };
    let mut such = chart.dependencies.iter().filter(|one| is_such(&one.name));
    such.any(|one| {
        let paths = switches(&one.name).unwrap_or_default();
        !paths.split(',').any(|path| is_off(path.trim()))
    })
}

/// The words of a name, in lower case: `ledgerDBQuery`, `LEDGER_DB_QUERY`.
fn words(name: &str) -> impl Iterator<Item = String> {
    let mut found = vec![String::new()];
    let letters: Vec<char> = name.chars().take(512).collect();
    for (at, letter) in letters.iter().enumerate() {
        let before = at.checked_sub(1).map(|at| letters[at]);
        let after = letters.get(at + 1);
        let begins = letter.is_uppercase()
            && (before.is_some_and(char::is_lowercase)
                || before.is_some_and(char::is_uppercase)
                    && after.is_some_and(|after| after.is_lowercase()));
        if begins || !letter.is_alphanumeric() {
            found.push(String::new());
        }
        if let (true, Some(last)) = (letter.is_alphanumeric(), found.last_mut()) {
            last.extend(letter.to_lowercase());
        }
    }
    found.into_iter().filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn names_have_words() {
        let all = |name| words(name).collect::<Vec<_>>().join(" ");
        assert_eq!(all("chart.ledgerDBQuery"), "chart ledger db query");
        assert_eq!(all("LEDGER_DB_QUERY"), "ledger db query");
        assert_eq!(all("github-token"), "github token");
    }
}
