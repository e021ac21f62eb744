//! `--since`: what has changed, and what that changed elsewhere.
//!
//! A finding is reported if it stands on a line that was changed, or if a review of the tree as
//! it was before the change does not know it. Changes are those since the commit at which the
//! branches parted, committed or not, and files that git does not know yet.

mod before;
mod diff;

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use plimsoll_project::{Options, Project};
use plimsoll_rules::Selection;
use plimsoll_source::{Files, Finding, Fingerprint, Tree, ValueRole};

use crate::failure::Failure;
use crate::git::Git;
use crate::roots::Roots;
use before::{Before, Entry};
use diff::Lines;

/// What has changed since a revision.
pub(crate) struct Change {
    /// For each file that was changed or is new, its changed lines.
    lines: BTreeMap<String, Lines>,
    /// What stood at paths before, where it was something else or is nothing now.
    before: BTreeMap<String, Entry>,
    /// Paths that had nothing before.
    new: HashSet<String>,
    /// New path of each file that was moved, by its old one.
    renamed: BTreeMap<String, String>,
    git: Git,
}

impl Change {
    /// Asks git for everything that is different from where HEAD and `revision` parted.
    pub(crate) fn since(revision: &str, roots: &Roots) -> Result<Self, Failure> {
        let git = Git::new(&roots.root);
        if !roots.root.join(".git").exists() {
            return Err(Failure::user(format!(
                "`--since` needs a git repository, and `{}` is in none",
                roots.shown_root()
            )));
        }
        let base = base(&git, revision)?;
        let mut change = Self {
            lines: BTreeMap::new(),
            before: BTreeMap::new(),
            new: HashSet::new(),
            renamed: BTreeMap::new(),
            git,
        };
        let same = [
            "--no-ext-diff",
            "--no-relative",
            "--ignore-submodules=all",
            "-M",
        ];
        let raw = [&["diff", "--raw", "-z", "--no-abbrev"], &same[..], &[&base]].concat();
        for file in diff::files(&change.git.get(&raw)?) {
            change.add(file);
        }
        let plain = [
            "--no-color",
            "--no-textconv",
            "--src-prefix=a/",
            "--dst-prefix=b/",
        ];
        let patch = [&["diff", "-U0"], &plain[..], &same[..], &[&base]].concat();
        for (path, lines) in diff::lines(&change.git.get(&patch)?) {
            // A new file is new in every line.
            change.lines.entry(path).or_insert(lines);
        }
        let others = ["ls-files", "--others", "--exclude-standard", "-z"];
        for path in diff::paths(&change.git.get(&others)?) {
            change.lines.insert(path.clone(), Lines::All);
            change.new.insert(path);
        }
        Ok(change)
    }

    fn add(&mut self, file: diff::File) {
        if let Some(old) = file.old {
            self.before.insert(old.path.clone(), old.entry);
            match &file.new {
                Some(new) if *new != old.path => {
                    self.new.insert(new.clone());
                    self.renamed.insert(old.path, new.clone());
                }
                _ => {}
            }
        } else if let Some(new) = file.new {
            self.lines.insert(new.clone(), Lines::All);
            self.new.insert(new);
        }
    }

    /// Takes out the findings that were there before, and gives them back.
    pub(crate) fn part(
        self,
        tree: Arc<dyn Tree>,
        now: Now<'_>,
        findings: &mut Vec<Finding>,
    ) -> Result<Vec<Finding>, Failure> {
        if findings.is_empty() {
            return Ok(Vec::new());
        }
        let lines = self.lines;
        let selection = Selection {
            renamed: self.renamed,
            ..now.selection.clone()
        };
        let before = Before::new(tree, self.before, self.new, &self.git)?;
        let mut before = Project::load(Arc::new(before), now.options);
        plimsoll_charts::add(&mut before, now.charts);
        let outcome = plimsoll_rules::check(&before, &selection);
        // What was allowed before, and is not any more, is new.
        let before = outcome.findings.into_iter();
        let known: HashSet<Fingerprint> = before.map(|finding| finding.fingerprint).collect();
        let old = |finding: &mut Finding| {
            known.contains(&finding.fingerprint) && !touched(&lines, &now.project.files, finding)
        };
        Ok(findings.extract_if(.., old).collect())
    }
}

/// The review of the tree as it is now.
#[derive(Clone, Copy)]
pub(crate) struct Now<'a> {
    /// How the project was loaded.
    pub(crate) options: &'a Options,
    /// How its charts were rendered.
    pub(crate) charts: &'a plimsoll_charts::Options,
    pub(crate) selection: &'a Selection,
    pub(crate) project: &'a Project,
}

/// Whether a finding stands on a changed line, or a value does that is in its text or that would
/// have filled what it misses.
fn touched(lines: &BTreeMap<String, Lines>, files: &Files, finding: &Finding) -> bool {
    let values = finding.origin.values.iter();
    let values = values.filter(|value| value.role != ValueRole::Branch);
    let mut places = values
        .filter_map(|value| value.place)
        .chain([finding.origin.place]);
    places.any(|place| {
        let file = files.get(place.file);
        let Some(lines) = lines.get(&*file.path) else {
            return false;
        };
        let first = file.line_col(place.range.start).line;
        let last = file.line_col(place.range.end).line;
        lines.meet(first, last)
    })
}

/// The commit to compare with.
fn base(git: &Git, revision: &str) -> Result<String, Failure> {
    let unknown = || {
        Failure::user(format!("git knows no revision `{revision}`")).help(
            "name a branch, a tag or a commit that is here; a shallow clone has few: fetch more \
             of the history",
        )
    };
    // It would be taken for an option.
    if revision.starts_with('-') || revision.is_empty() {
        return Err(unknown());
    }
    let commit = format!("{revision}^{{commit}}");
    let answer = git.ask(&["rev-parse", "--verify", "--quiet", &commit])?;
    if !answer.success {
        // A repository that git refuses to read knows no revision at all.
        git.get(&["rev-parse", "--git-dir"])?;
        return Err(unknown());
    }
    let commit = String::from_utf8_lossy(&answer.stdout).trim().to_owned();
    let head = git.ask(&["rev-parse", "--verify", "--quiet", "HEAD^{commit}"])?;
    if !head.success {
        return Err(Failure::user("there is no commit yet to compare with"));
    }
    let answer = git.ask(&["merge-base", &commit, "HEAD"])?;
    if !answer.success {
        return Err(
            Failure::user(format!("`{revision}` and HEAD have no commit in common"))
                .help("a shallow clone may lack it: fetch more of the history"),
        );
    }
    Ok(String::from_utf8_lossy(&answer.stdout).trim().to_owned())
}
