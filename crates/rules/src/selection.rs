//! Which rules speak, how loudly, and where: the caller's wishes for the whole review, for single
//! rules, and for parts of the tree.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use plimsoll_k8s::schema::KubeVersion;
use plimsoll_project::Project;
use plimsoll_project::config::Globs;
use plimsoll_source::Severity;

use crate::cx::Draft;
use crate::heads;
use crate::rule::{Date, Rule, Strictness};

/// Which rules speak.
#[derive(Clone, Debug)]
pub struct Selection {
    /// The day of the review, for rules that compare with tables of dates.
    pub today: Date,
    /// The strictness of the review.
    pub strictness: Strictness,
    /// When not empty, only these rules run, whatever their strictness.
    pub select: BTreeSet<String>,
    /// These never run.
    pub ignore: BTreeSet<String>,
    /// The version of Kubernetes that manifests are for.
    pub kube_version: KubeVersion,
    /// Further files whose CustomResourceDefinitions count.
    pub definitions: Option<Arc<Project>>,
    /// What is wanted of single rules, by id.
    pub rules: BTreeMap<String, RuleWish>,
    /// What is wanted in parts of the tree; of several that apply the last has the word.
    pub overrides: Vec<Override>,
    /// What is reviewed, as against what there is.
    pub reach: Reach,
    /// The paths that were asked for; none for all. What lies in folders of tests is for
    /// pedantic reviews, unless such a folder, or something in it, was asked for.
    pub asked: Vec<String>,
    /// Paths that findings are named by instead of the file's own: the path after a file was
    /// moved, for a review of the tree before.
    pub renamed: BTreeMap<String, String>,
}

/// Folders whose files are there for tests to read or to run, for a developer's editor, to break
/// something on purpose, or are kept though nothing uses them any more, sorted.
const TEST_DATA: [&str; 27] = [
    ".devcontainer",
    "__fixtures__",
    "__snapshot__",
    "__snapshots__",
    "__tests__",
    "archive",
    "archived",
    "broken",
    "chaos",
    "chaos-experiments",
    "chaos-testing",
    "deprecated",
    "e2e",
    "fault-injection",
    "fault-injections",
    "fault_injection",
    "fault_injections",
    "faults",
    "fixture",
    "fixtures",
    "golden",
    "goldens",
    "test",
    "test_data",
    "testdata",
    "testing",
    "tests",
];

/// Whether a folder is one for tests by its name, alone or with more beside it (`e2e-tests`,
/// `test-fixtures`, `expected_output`).
fn is_for_tests(folder: &str) -> bool {
    // `.archive`, `_deprecated`, `99-archived`.
    let bare = folder.trim_start_matches(|c: char| c.is_ascii_digit() || "._-".contains(c));
    let is_kept = matches!(
        bare,
        "archive" | "archived" | "archives" | "deprecated" | "legacy" | "old"
    );
    if is_kept || TEST_DATA.binary_search(&folder).is_ok() {
        return true;
    }
    let mut words = folder.split(['-', '_', '.']);
    let (first, last) = (words.next().unwrap_or_default(), words.next_back());
    let is_of_tests = |word: &str| matches!(word, "test" | "tests" | "e2e");
    is_of_tests(first) || first == "expected" || last.is_some_and(is_of_tests)
}

/// Whether a file is what an editor or a script kept of another, by its ending.
fn is_backup(path: &str) -> bool {
    let ending = path.rsplit_once('.').map_or("", |(_, ending)| ending);
    matches!(ending, "bak" | "orig" | "old")
}

/// Folders beside the templates of a chart whose manifests it does not install, sorted.
const ASIDE: [&str; 7] = [
    "example", "examples", "files", "sample", "samples", "test", "tests",
];

/// What is wanted of one rule.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct RuleWish {
    /// How bad all its findings are.
    pub severity: Option<Severity>,
    /// From when on it speaks.
    pub level: Option<Level>,
}

/// From when on a rule speaks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Level {
    /// Never, unless it is selected by name.
    Off,
    /// From this strictness on. A finding that is more demanding than its rule stays so.
    From(Strictness),
}

/// What is wanted in a part of the tree.
#[derive(Clone, Debug)]
pub struct Override {
    /// The part.
    pub paths: Globs,
    /// The strictness there.
    pub strictness: Option<Strictness>,
    /// These rules report nothing there.
    pub ignore: BTreeSet<String>,
    /// What is wanted of single rules there, by id.
    pub rules: BTreeMap<String, RuleWish>,
}

/// How much of a tree is reviewed: what looks unneeded in a part may be needed for the whole.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Reach {
    /// All of it.
    #[default]
    Whole,
    /// Some files and folders; those around them are known, but not reviewed.
    Part,
    /// One text, of whose surroundings nothing is known.
    Alone,
}

impl Selection {
    /// Everything that speaks at the default strictness on this day.
    pub const fn on(today: Date) -> Self {
        Self {
            today,
            strictness: Strictness::Default,
            select: BTreeSet::new(),
            ignore: BTreeSet::new(),
            kube_version: KubeVersion::NEWEST,
            definitions: None,
            rules: BTreeMap::new(),
            overrides: Vec::new(),
            reach: Reach::Whole,
            asked: Vec::new(),
            renamed: BTreeMap::new(),
        }
    }

    pub(crate) fn runs(&self, rule: &Rule) -> bool {
        if self.select.is_empty() {
            let off = |wish: &RuleWish| wish.level == Some(Level::Off);
            !self.ignore.contains(rule.id) && !self.rules.get(rule.id).is_some_and(off)
        } else {
            !self.ignore.contains(rule.id) && self.select.contains(rule.id)
        }
    }

    /// Whether a finding of a rule may be heard, as far as its record tells: what only such a rule
    /// looks at need not be worked out otherwise.
    pub fn may_hear(&self, rule: &str) -> bool {
        let Some(rule) = crate::find(rule) else {
            return false;
        };
        let there = self.overrides.iter().filter_map(|part| part.strictness);
        let strictest = there
            .max()
            .map_or(self.strictness, |most| most.max(self.strictness));
        let has_wish = |rules: &BTreeMap<String, RuleWish>| rules.contains_key(rule.id);
        let is_wished = has_wish(&self.rules)
            || self.overrides.iter().any(|part| has_wish(&part.rules))
            || self.select.contains(rule.id);
        self.runs(rule) && (is_wished || rule.strictness <= strictest)
    }

    /// Whether a finding speaks; gives it the severity that is wanted. `path` is that
    /// of the file that it stands in, `text` what that holds, or nothing where it is surely in use.
    pub(crate) fn speaks(&self, draft: &mut Draft, path: &str, text: &str) -> bool {
        let rule = draft.finding.rule;
        let mut strictness = self.strictness;
        let mut wish = self.rules.get(rule).copied().unwrap_or_default();
        for part in self.overrides.iter().filter(|part| part.paths.covers(path)) {
            if part.ignore.contains(rule) {
                return false;
            }
            strictness = part.strictness.unwrap_or(strictness);
            if let Some(there) = part.rules.get(rule) {
                wish.severity = there.severity.or(wish.severity);
                wish.level = there.level.or(wish.level);
            }
        }
        if let Some(severity) = wish.severity {
            draft.finding.severity = severity;
        }
        if self.select.contains(rule) {
            return true;
        }
        let was_named = || self.asked.iter().any(|asked| asked == path);
        // What is pedantic anyhow needs no look at its file.
        if draft.strictness < Strictness::Pedantic
            && (self.is_test_data(path) || heads::is_set_aside(text) && !was_named())
        {
            draft.strictness = Strictness::Pedantic;
        }
        let from = match wish.level {
            Some(Level::Off) => return false,
            Some(Level::From(level)) if draft.strictness == draft.usual => level,
            Some(Level::From(level)) => level.max(draft.strictness),
            None => draft.strictness,
        };
        from <= strictness
    }

    /// Whether a file is there for tests: what is wrong in it is mostly meant, and what runs of it
    /// serves nobody.
    fn is_test_data(&self, path: &str) -> bool {
        let holds = |folders: &str| {
            let mut folders = folders.split('/');
            folders.any(is_for_tests)
        };
        // What was asked for is reviewed as it is, with all that lies in it.
        let was_asked = self.asked.iter().any(|asked| {
            let inner = path.strip_prefix(&**asked);
            inner.is_some_and(|inner| inner.is_empty() || inner.starts_with('/')) && holds(asked)
        });
        let is_asked = self.asked.iter().any(|asked| asked == path);
        let folders = path.rsplit_once('/').map_or("", |(folders, _)| folders);
        (holds(folders) || is_backup(path)) && !was_asked && !is_asked
    }

    /// Whether a manifest is an example or for the tests of a chart, or for its templates to read:
    /// it lies in a folder such as `examples`, `tests` or `files` beside them, so that nothing installs
    /// it with the chart; what a template makes of it is seen where it is rendered. Such a manifest is
    /// reviewed if it was asked for. `charts` are the folders of all charts, in order.
    pub(crate) fn is_kept_aside(&self, charts: &[String], path: &str) -> bool {
        let is_chart = |folder: &str| {
            let known = charts.binary_search_by(|chart| chart.as_str().cmp(folder));
            known.is_ok()
        };
        let folders = path.match_indices('/').map(|(at, _)| &path[..at]);
        let aside = folders.filter(|folder| {
            let (above, name) = folder.rsplit_once('/').unwrap_or(("", folder));
            ASIDE.binary_search(&name).is_ok() && is_chart(above)
        });
        let was_asked = |folder: &str| {
            self.asked.iter().any(|asked| {
                let inner = asked.strip_prefix(folder);
                inner.is_some_and(|inner| inner.is_empty() || inner.starts_with('/'))
            })
        };
        aside.into_iter().any(|folder| !was_asked(folder))
    }

    /// Whether a rule may report anything in a file at all.
    pub(crate) fn hears(&self, rule: &str, path: &str) -> bool {
        let silent = |part: &&Override| part.paths.covers(path) && part.ignore.contains(rule);
        !self.overrides.iter().any(|part| silent(&part))
    }
}

#[cfg(test)]
mod tests {
    use super::{ASIDE, Date, Selection, TEST_DATA};

    #[test]
    fn test_data_is_known_by_its_folder_unless_it_was_asked_for() {
        assert!(TEST_DATA.is_sorted());
        let is_test_data = |asked: &[&str], path: &str| {
            let selection = Selection {
                asked: asked.iter().map(|&path| path.to_owned()).collect(),
                ..Selection::on(Date::new(2026, 11, 27))
            };
            selection.is_test_data(path)
        };
        assert!(is_test_data(&[], "pkg/testdata/a.yaml"));
        assert!(is_test_data(&[], "testdata/in/a.yaml"));
        assert!(is_test_data(&["pkg"], "pkg/testdata/a.yaml"));
        assert!(!is_test_data(&[], "pkg/a.yaml"));
        assert!(!is_test_data(&[], "testdata"));
        for folder in [".archive", "99-archived", "_legacy", "old"] {
            let chart = format!("docs/{folder}/chart/values.yaml");
            assert!(is_test_data(&[], &chart), "{folder}");
        }
        // Something that makes backups, and a part with a name of its own.
        for folder in ["backup", "05-backup", "legacy-api", "archiver", "older"] {
            assert!(!is_test_data(&[], &format!("{folder}/a.yaml")), "{folder}");
        }
        assert!(is_test_data(&[], "a/Dockerfile.bak"));
        assert!(!is_test_data(&["a/Dockerfile.bak"], "a/Dockerfile.bak"));
        assert!(!is_test_data(&[], "a/Dockerfile.old-stack"));
        assert!(!is_test_data(&[], "mytestdata/a.yaml"));
        for folder in [
            "tests",
            "e2e-tests",
            "test-fixtures",
            "helm_test",
            "expected_output",
            "faults",
            "fault-injection",
            "chaos-tests",
            "broken",
        ] {
            assert!(
                is_test_data(&[], &format!("a/{folder}/in/a.yaml")),
                "{folder}"
            );
        }
        for folder in [
            "attestation",
            "latest",
            "contest-app",
            "unexpected",
            "defaults",
            "chaos-mesh",
        ] {
            assert!(!is_test_data(&[], &format!("{folder}/a.yaml")), "{folder}");
        }
        assert!(!is_test_data(&["pkg/testdata"], "pkg/testdata/in/a.yaml"));
        assert!(!is_test_data(
            &["a", "pkg/testdata/a.yaml"],
            "pkg/testdata/a.yaml"
        ));
        assert!(is_test_data(&["pkg/tes"], "pkg/testdata/a.yaml"));
        assert!(!is_test_data(&["x/fixtures"], "x/fixtures/golden/a.yaml"));
    }

    #[test]
    fn manifests_that_a_chart_keeps_aside_are_known_by_their_folder() {
        let is_kept_aside = |charts: &[&str], asked: &[&str], path: &str| {
            let owned = |all: &[&str]| all.iter().map(|&one| one.to_owned()).collect::<Vec<_>>();
            let selection = Selection {
                asked: owned(asked),
                ..Selection::on(Date::new(2026, 11, 27))
            };
            selection.is_kept_aside(&owned(charts), path)
        };
        assert!(is_kept_aside(&["", "a/b"], &[], "tests/kind/a.yaml"));
        assert!(is_kept_aside(&["a/b"], &[], "a/b/test/a.yaml"));
        assert!(is_kept_aside(&["a/b"], &["a/b"], "a/b/test/a.yaml"));
        assert!(ASIDE.is_sorted());
        assert!(is_kept_aside(&["a/b"], &[], "a/b/files/in/a.yaml"));
        assert!(is_kept_aside(&["a/b"], &[], "a/b/examples/a.yaml"));
        assert!(!is_kept_aside(
            &["a/b"],
            &["a/b/examples"],
            "a/b/examples/a.yaml"
        ));
        assert!(!is_kept_aside(&["a/b"], &[], "a/b/templates/files/a.yaml"));
        assert!(!is_kept_aside(&["a/b"], &[], "a/tests/a.yaml"));
        assert!(!is_kept_aside(&["a/b"], &[], "a/b/templates/tests/a.yaml"));
        assert!(!is_kept_aside(&["a/b"], &[], "a/b/tests.yaml"));
        assert!(!is_kept_aside(
            &["a/b"],
            &["a/b/tests"],
            "a/b/tests/in/a.yaml"
        ));
        assert!(!is_kept_aside(
            &["a/b"],
            &["a/b/tests/in"],
            "a/b/tests/in/a.yaml"
        ));
    }
}
