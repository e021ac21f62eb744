//! The one helper that the rules' tests use.
//!
//! ```text
//! on(&RULE).dockerfile("FROM alpine\n").flags(&["1: alpine"]);
//! on(&RULE).manifest("…").clean();
//! on(&RULE).files("//- /Dockerfile\nFROM …\n//- /.dockerignore\n…").flags(&["Dockerfile:2: COPY . ."]);
//! on(&RULE).dockerfile("…").fixed("…");
//! ```

use std::collections::BTreeMap;
use std::sync::Arc;

use plimsoll_project::{Options, Project};
use plimsoll_source::{Edit, Finding, edit};
use plimsoll_testkit::{Fixture, tree};

use crate::check::check_with;
use crate::rule::{Check, Date, Rule};
use crate::selection::Selection;

/// A rule under test. It is selected by name, so strictness does not silence it.
pub(crate) struct On {
    rule: &'static Rule,
}

/// Tests `rule`.
pub(crate) fn on(rule: &'static Rule) -> On {
    On { rule }
}

impl On {
    /// One Dockerfile.
    #[track_caller]
    pub(crate) fn dockerfile(self, text: &str) -> Case {
        self.case(Fixture::parse("Dockerfile", text))
    }
    /// One Compose file.
    #[track_caller]
    pub(crate) fn compose(self, text: &str) -> Case {
        self.case(Fixture::parse("compose.yaml", text))
    }
    /// One file of manifests.
    #[track_caller]
    pub(crate) fn manifest(self, text: &str) -> Case {
        self.case(Fixture::parse("manifest.yaml", text))
    }
    /// Several files, each begun by a `//- /path` line.
    #[track_caller]
    pub(crate) fn files(self, text: &str) -> Case {
        self.case(Fixture::parse("missing-path-line", text))
    }

    #[track_caller]
    fn case(self, fixture: Fixture) -> Case {
        let (project, findings) = run(self.rule, &fixture);
        Case {
            rule: self.rule,
            fixture,
            project,
            findings,
        }
    }
}

/// A fixture with what the rule said about it.
pub(crate) struct Case {
    rule: &'static Rule,
    fixture: Fixture,
    pub(crate) project: Project,
    /// The findings, for assertions about messages, notes, severity and strictness.
    pub(crate) findings: Vec<Finding>,
}

impl Case {
    /// Asserts the findings: each written `line: text`, with the first line of the text at the
    /// primary place, or `path:line: text` in fixtures of several files. Order does not matter.
    #[track_caller]
    pub(crate) fn flags(self, expected: &[&str]) -> Self {
        let mut found: Vec<String> = self.findings.iter().map(|f| self.short(f)).collect();
        let mut expected: Vec<String> = expected.iter().map(|&line| line.to_owned()).collect();
        found.sort();
        expected.sort();
        assert_eq!(
            found, expected,
            "findings of `{}`: {:#?}",
            self.rule.id, self.findings
        );
        self
    }
    /// Asserts that there is nothing to say.
    #[track_caller]
    pub(crate) fn clean(self) -> Self {
        self.flags(&[])
    }
    /// Asserts that a review at the default strictness, with the rule not selected by name, has
    /// nothing to say.
    #[track_caller]
    pub(crate) fn quiet_by_default(self) -> Self {
        let found = self.by_default();
        assert!(found.is_empty(), "at the default strictness: {found:#?}");
        self
    }
    /// Asserts that such a review has something to say.
    #[track_caller]
    pub(crate) fn loud_by_default(self) -> Self {
        assert!(!self.by_default().is_empty());
        self
    }

    fn by_default(&self) -> Vec<Finding> {
        let project = load(&self.fixture);
        let links = plimsoll_links::Links::new(&project);
        check_with(&links, &Selection::on(TODAY), &[self.rule]).findings
    }

    /// The advice of the first finding.
    #[track_caller]
    pub(crate) fn help(&self) -> String {
        let first = self.findings.first();
        let help = first.and_then(|finding| finding.help.clone());
        help.expect("the first finding has advice").into_owned()
    }

    /// Asserts that the messages of the findings are these, in order of place.
    #[track_caller]
    pub(crate) fn says(self, expected: &[&str]) -> Self {
        let found: Vec<&str> = self.findings.iter().map(|f| f.message.as_str()).collect();
        assert_eq!(found, expected);
        self
    }
    /// Applies the fixes of all findings, checks again, asserts that nothing of the rule is left
    /// and that the first file reads as given.
    #[track_caller]
    pub(crate) fn fixed(self, expected: &str) -> Self {
        let after = self.apply();
        assert_eq!(after.files[0].1, expected);
        let (_, left) = run(self.rule, &after);
        assert!(left.is_empty(), "after the fix: {left:#?}");
        self
    }

    fn apply(&self) -> Fixture {
        let mut edits: BTreeMap<String, Vec<Edit>> = BTreeMap::new();
        let mut after = self.fixture.clone();
        for finding in &self.findings {
            let fix = finding
                .fix
                .as_ref()
                .expect("every finding of the case has a fix");
            for edit in &fix.change.edits {
                let path = self.project.path(edit.file).to_owned();
                edits.entry(path).or_default().push(edit.edit.clone());
            }
            for new in &fix.change.create {
                after.files.push((new.path.clone(), new.text.clone()));
            }
        }
        for (path, text) in &mut after.files {
            if let Some(edits) = edits.get_mut(path) {
                edits.dedup();
                *text = edit::apply(text, edits).expect("edits apply");
            }
        }
        after
    }

    fn short(&self, finding: &Finding) -> String {
        let place = finding.origin.place;
        let file = self.project.files.get(place.file);
        let line = file.line_col(place.range.start).line;
        let text = self
            .project
            .files
            .text(place)
            .lines()
            .next()
            .unwrap_or("")
            .trim_end();
        if self.fixture.files.len() > 1 {
            format!("{}:{line}: {text}", file.path)
        } else {
            format!("{line}: {text}")
        }
    }
}

/// The day on which tests review.
const TODAY: Date = Date::new(2026, 11, 24);

/// Runs one rule over a fixture.
pub(crate) fn run(rule: &'static Rule, fixture: &Fixture) -> (Project, Vec<Finding>) {
    let project = load(fixture);
    let mut selection = Selection::on(TODAY);
    selection.select.insert(rule.id.to_owned());
    // What suppressions lack shows when all other rules have had their say.
    let late = |check: &Check| matches!(check, Check::Suppression(_));
    let one = [rule];
    let rules = if rule.checks.iter().any(late) {
        crate::RULES
    } else {
        &one
    };
    let findings = check_with(&plimsoll_links::Links::new(&project), &selection, rules).findings;
    (project, findings)
}

/// A fixture as a project, its charts rendered.
pub(crate) fn load(fixture: &Fixture) -> Project {
    let mut project = Project::load(Arc::new(tree(fixture)), &Options::default());
    let options = plimsoll_charts::Options::new(&[], &crate::KubeVersion::NEWEST);
    plimsoll_charts::add(&mut project, &options);
    project
}
