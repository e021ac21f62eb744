//! The sets of values that a chart is rendered with.

use plimsoll_project::Project;
use plimsoll_project::vcs::Status;
use plimsoll_source::EntryKind;
use plimsoll_source::files::file_name;

use crate::find::inside;

/// The most sets of one chart; further ones are left out.
const MAX_SETS: usize = 32;

/// A set of values.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Set {
    /// What it is called.
    pub(crate) name: String,
    /// Its files; later ones are laid over earlier ones, and all over the chart's defaults.
    pub(crate) files: Vec<String>,
    pub(crate) source: Source,
}

/// Who says that there is such a set.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Source {
    /// Every chart has its defaults.
    Defaults,
    /// A file of `ci/`, which is there to be rendered with.
    Ci,
    /// A file beside `values.yaml`: it is called like values, and may need more than itself.
    Beside,
    /// `plimsoll.toml`.
    Config,
}

/// The sets of a chart: its defaults, then what is written for checks, then the others.
pub(crate) fn sets(project: &Project, folder: &str) -> Vec<Set> {
    let mut sets = vec![Set {
        name: "values.yaml".to_owned(),
        files: Vec::new(),
        source: Source::Defaults,
    }];
    for chart in &project.config.charts {
        if project.config.path(&chart.folder.text).as_deref() != Some(folder) {
            continue;
        }
        let paths = chart
            .values
            .iter()
            .map(|path| project.config.path(&path.text));
        // A file that leads out of the root is not read, nor is the set without it.
        let Some(files) = paths.collect::<Option<Vec<String>>>() else {
            continue;
        };
        let last = || chart.values.last().map(|path| path.text.clone());
        let name = chart.name.as_ref().map(|name| name.text.clone());
        sets.push(Set {
            name: name.or_else(last).unwrap_or_default(),
            files,
            source: Source::Config,
        });
    }
    let mut found = |dir: &str, source, fits: fn(&str) -> bool| {
        let dir = inside(folder, dir);
        let dir = dir.trim_end_matches('/');
        for entry in project.tree.list(dir).unwrap_or_default().iter() {
            let path = inside(dir, &entry.name);
            let fits = entry.kind == EntryKind::File
                && fits(&entry.name)
                && project.vcs.status(&path) != Status::Ignored;
            if fits {
                let inner = path.strip_prefix(folder).unwrap_or(&path);
                sets.push(Set {
                    name: inner.trim_start_matches('/').to_owned(),
                    files: vec![path],
                    source,
                });
            }
        }
    };
    found("ci", Source::Ci, |name| {
        stem(name).is_some_and(|stem| stem.ends_with("-values"))
    });
    found("", Source::Beside, |name| {
        let of_values = |stem: &str| {
            let is_named = stem.starts_with("values-")
                || stem.starts_with("values.")
                || stem.ends_with(".values")
                || is_of_purpose(stem);
            // A schema that is written in YAML is no set of values.
            is_named && !stem.ends_with(".schema")
        };
        stem(name).is_some_and(of_values)
    });
    sets.truncate(MAX_SETS);
    sets
}

impl Set {
    /// Whether the values are there for checks only, and nobody runs what they make.
    pub(crate) fn is_trial(&self) -> bool {
        const CHECKS: [&str; 6] = ["ci", "e2e", "lint", "linter", "test", "tests"];
        let mut words = self.name.split(['-', '_', '.', '/']);
        match self.source {
            Source::Ci => true,
            Source::Beside => words.any(|word| CHECKS.contains(&word)),
            Source::Defaults | Source::Config => false,
        }
    }
}

/// Whether a file is called values for some purpose: `dev-values`, `linter_values`. One that is
/// called by the name of something may be values of another chart (`redis-values`).
fn is_of_purpose(stem: &str) -> bool {
    const PURPOSES: [&str; 26] = [
        "all",
        "aks",
        "aws",
        "azure",
        "ci",
        "default",
        "demo",
        "dev",
        "development",
        "e2e",
        "eks",
        "example",
        "full",
        "gcp",
        "gke",
        "kind",
        "lint",
        "linter",
        "local",
        "minikube",
        "minimal",
        "openshift",
        "prod",
        "production",
        "staging",
        "test",
    ];
    let purpose = stem
        .strip_suffix("values")
        .and_then(|before| before.strip_suffix(['-', '_']));
    let purpose = purpose.or_else(|| stem.strip_prefix("values_"));
    purpose.is_some_and(|purpose| PURPOSES.contains(&purpose))
}

/// The name of a YAML file without its extension.
fn stem(name: &str) -> Option<&str> {
    let name = file_name(name);
    name.strip_suffix(".yaml")
        .or_else(|| name.strip_suffix(".yml"))
}

#[cfg(test)]
mod tests {
    use super::{Set, Source, is_of_purpose};

    #[test]
    fn names_say_what_values_are_for() {
        assert!(is_of_purpose("dev-values") && is_of_purpose("linter_values"));
        assert!(is_of_purpose("values_prod"));
        assert!(!is_of_purpose("redis-values") && !is_of_purpose("values"));
        assert!(!is_of_purpose("devvalues"));
    }

    #[test]
    fn values_for_checks_are_known_by_name() {
        let is_trial = |name: &str, source| {
            let set = Set {
                name: name.to_owned(),
                files: Vec::new(),
                source,
            };
            set.is_trial()
        };
        assert!(is_trial("values.ci.yaml", Source::Beside));
        assert!(is_trial("linter_values.yaml", Source::Beside));
        assert!(is_trial("ci/full-values.yaml", Source::Ci));
        assert!(!is_trial("values-prod.yaml", Source::Beside));
        assert!(!is_trial("values-ci.yaml", Source::Config));
    }
}
