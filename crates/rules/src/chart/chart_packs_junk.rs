//! # What it does
//! Finds files that `helm package` puts into the chart and that nobody wants there: private keys
//! and files of passwords; at the pedantic strictness also folders of version control and
//! editors, packed charts, backups, and installed modules.
//!
//! # Why it matters
//! What is in the folder and not in `.helmignore` is in the package, which is mostly public, and
//! in the Secret that Helm writes for each release, which holds a mebibyte at most.
//!
//! # Example
//! ```yaml bad
//! //- /chart/Chart.yaml
//! apiVersion: v2
//! name: payments
//! version: 1.0.0
//! //- /chart/.env
//! PASSWORD=correct-horse
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
//! //- /chart/.env
//! PASSWORD=correct-horse
//! //- /chart/.helmignore
//! .env
//! //- /chart/templates/configmap.yaml
//! apiVersion: v1
//! kind: ConfigMap
//! metadata: {name: payments}
//! ```
//!
//! # References
//! - <https://helm.sh/docs/chart_template_guide/helm_ignore_file/>

use plimsoll_project::ChartUnit;
use plimsoll_source::files::file_name;
use plimsoll_source::{Confidence, Place, Severity};

use super::files::{first_line, head};
use crate::{Check, Cx, FixKind, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "chart-packs-junk",
    summary: "a chart is packed with files that nobody wants in it",
    since: "0.1.0",
    severity: Severity::Warning,
    confidence: Confidence::High,
    strictness: Strictness::Default,
    fix: FixKind::None,
    aliases: &[],
    checks: &[Check::Project(check)],
};

/// Folders that belong to tools.
const FOLDERS: [&str; 8] = [
    ".git/",
    ".github/",
    ".idea/",
    ".svn/",
    ".vscode/",
    "__pycache__/",
    "node_modules/",
    "vendor/bundle/",
];
/// Endings of files that tools leave behind.
const ENDINGS: [&str; 7] = [".bak", ".orig", ".rej", ".swo", ".swp", ".tgz", "~"];

fn check(cx: &mut Cx<'_>) {
    for chart in cx.project.charts.iter().filter(|chart| chart.is_loaded) {
        let outside = || {
            let files = chart.files.iter().map(|file| &*file.name);
            files.filter(|name| !name.starts_with("templates/") && !name.starts_with("crds/"))
        };
        let secrets: Vec<&str> = outside().filter(|name| is_secret(name)).collect();
        report(cx, chart, &secrets, |draft| {
            draft.note("the package and the Secret of each release hold it");
        });
        let junk: Vec<&str> = outside().filter(|name| is_junk(name)).collect();
        report(cx, chart, &junk, |draft| {
            draft
                .strictness(Strictness::Pedantic)
                .severity(Severity::Note);
        });
    }
}

fn report(cx: &mut Cx<'_>, chart: &ChartUnit, names: &[&str], more: fn(&mut crate::Draft)) {
    let Some(first) = names.first() else { return };
    let message = match names.len() {
        1 => format!("`{first}` is packed with the chart"),
        count => format!(
            "`{first}` and {} more files are packed with the chart",
            count - 1
        ),
    };
    let ignore = chart.text_of(".helmignore");
    let place = ignore.map_or_else(
        || head(chart),
        |file| Place::new(file, first_line(&cx.project.files.get(file).text)),
    );
    let draft = cx.report_at(place, message);
    draft.help("name it in `.helmignore`, or keep it elsewhere");
    more(draft);
}

/// Whether a file by its name holds what nobody but its owner may see. What templates read is
/// kept in a folder of the chart, and told elsewhere.
fn is_secret(name: &str) -> bool {
    let file = file_name(name);
    let is_top = !name.contains('/');
    let is_env = file == ".env"
        || file.starts_with(".env.") && !file.ends_with("example") && !file.ends_with("sample");
    let is_key = matches!(
        file,
        "id_rsa" | "id_ed25519" | "id_ecdsa" | ".htpasswd" | ".netrc" | "kubeconfig"
    );
    is_env
        || is_key
        || is_top && (file.ends_with(".key") || file.ends_with(".pfx") || file.ends_with(".p12"))
}

fn is_junk(name: &str) -> bool {
    let in_folder = FOLDERS.iter().any(|folder| {
        name.starts_with(folder)
            || name
                .find(folder)
                .is_some_and(|at| name.as_bytes()[at - 1] == b'/')
    });
    in_folder
        || file_name(name) == ".DS_Store"
        || ENDINGS.iter().any(|ending| name.ends_with(ending))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::on;

    fn chart(files: &[&str], more: &str) -> String {
        let head = "//- /c/Chart.yaml\napiVersion: v2\nname: c\nversion: 1.0.0\n//- /c/templates/a.yaml\nkind: A\n";
        let files = files.iter().map(|file| format!("//- /c/{file}\nx\n"));
        format!("{head}{}{more}", files.collect::<String>())
    }

    #[test]
    fn secrets_are_found() {
        on(&RULE)
            .files(&chart(&[".env"], ""))
            .flags(&["c/Chart.yaml:2: name: c"])
            .says(&["`.env` is packed with the chart"])
            .loud_by_default();
        on(&RULE)
            .files(&chart(&["deploy/id_rsa"], ""))
            .loud_by_default();
        on(&RULE)
            .files(&chart(&["tls.key"], "//- /c/.helmignore\n# nothing\n"))
            .flags(&["c/.helmignore:1: # nothing"]);
    }

    #[test]
    fn junk_is_pedantic() {
        on(&RULE)
            .files(&chart(&["c-1.0.0.tgz", "values.yaml.orig"], ""))
            .says(&["`c-1.0.0.tgz` and 1 more files are packed with the chart"])
            .quiet_by_default();
        on(&RULE)
            .files(&chart(&[".idea/a.xml"], ""))
            .quiet_by_default();
    }

    #[test]
    fn what_is_ignored_or_read_is_clean() {
        on(&RULE)
            .files(&chart(
                &[".env", "tls.key"],
                "//- /c/.helmignore\n.env\n*.key\n",
            ))
            .clean();
        on(&RULE)
            .files(&chart(&["files/tls.key", "README.md"], ""))
            .clean();
        on(&RULE)
            .files(&chart(&[".env.example", "ci/a-values.yaml"], ""))
            .clean();
        on(&RULE).files(&chart(&["charts/d-1.0.0.txt"], "")).clean();
    }
}
