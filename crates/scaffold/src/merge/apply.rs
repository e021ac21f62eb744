//! What becomes of each file when a generation is laid over a tree.

use super::record::Record;
use super::three::{Conflict, merge};
use crate::written::Written;

/// What stands at a path.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Standing {
    /// Nothing.
    Absent,
    /// A file with this text.
    Text(String),
    /// Something that cannot be merged: why, in one lower-case phrase.
    Other(String),
}

/// What is done with a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Action {
    /// It is not there and is written.
    Create,
    /// It stands as it was written last, and is written anew.
    Update,
    /// It was edited, and what is new goes between the edits.
    Merge,
    /// It was edited where something else is to be written now: those lines stay as they are.
    Conflict(Vec<Conflict>),
    /// It stands as it should.
    Unchanged,
    /// It was deleted after it had been written, and stays so.
    Deleted,
    /// Somebody else wrote it: it stays as it is.
    Foreign,
    /// It was written and is needed no more: it goes, for nobody edited it.
    Remove,
    /// It was written and is needed no more, but was edited: it stays.
    Obsolete,
    /// It cannot be read as a text: it stays as it is.
    Unreadable(String),
}

/// A file and what becomes of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Planned {
    /// Its path relative to the root.
    pub path: String,
    /// What is done.
    pub action: Action,
    /// What stands there now.
    pub before: Option<String>,
    /// What will stand there.
    pub after: Option<String>,
}

/// All that is to be done.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Plan {
    /// The files, ordered by path.
    pub files: Vec<Planned>,
    /// What is to be remembered as written.
    pub record: Record,
}

/// What a run is about, and how it treats edits.
pub struct Scope<'s> {
    /// Whether a file that was written before belongs to what this run writes.
    pub covers: &'s dyn Fn(&str) -> bool,
    /// Whether open conflicts are settled: the user's lines stay, and are asked about no more.
    pub keep_mine: bool,
}

/// Decides what becomes of each file. `standing` tells what is at a path now.
pub fn plan(
    written: &[Written],
    record: &Record,
    standing: &dyn Fn(&str) -> Standing,
    scope: &Scope<'_>,
) -> Plan {
    let mut plan = Plan {
        files: Vec::new(),
        record: record.clone(),
    };
    for file in written {
        let base = record.files.get(&file.path).map(String::as_str);
        plan.one(file, base, standing(&file.path), scope);
    }
    for (path, base) in &record.files {
        if (scope.covers)(path) && written.iter().all(|file| file.path != *path) {
            plan.outdated(path, base, standing(path));
        }
    }
    plan.files.sort_by(|a, b| a.path.cmp(&b.path));
    plan
}

impl Plan {
    /// Whether anything on disk is to be changed, the record aside.
    pub fn changes(&self) -> bool {
        self.files.iter().any(|file| file.before != file.after)
    }

    /// Whether both sides changed the same lines somewhere.
    pub fn has_conflicts(&self) -> bool {
        let mut files = self.files.iter();
        files.any(|file| matches!(file.action, Action::Conflict(_)))
    }

    fn one(&mut self, file: &Written, base: Option<&str>, standing: Standing, scope: &Scope<'_>) {
        let ours = file.text();
        let theirs = match standing {
            Standing::Other(why) => {
                return self.add(file, Action::Unreadable(why), None, None, base);
            }
            Standing::Absent if base.is_some() => {
                return self.add(file, Action::Deleted, None, None, base);
            }
            Standing::Absent => {
                let after = Some(ours.clone());
                return self.add(file, Action::Create, None, after, Some(&ours));
            }
            Standing::Text(text) => text,
        };
        if is_list(&file.path) {
            return self.list(file, base.unwrap_or_default(), theirs, &ours);
        }
        // Git may check files out with the line ends of Windows; they are no edits.
        let windows = is_windows(&theirs);
        let lines = if windows {
            theirs.replace("\r\n", "\n")
        } else {
            theirs.clone()
        };
        let Some(base) = base else {
            let action = if lines == ours {
                Action::Unchanged
            } else {
                Action::Foreign
            };
            let known = (action == Action::Unchanged).then_some(ours.as_str());
            return self.add(file, action, Some(theirs.clone()), Some(theirs), known);
        };
        let merged = merge(base, &lines, &ours);
        let action = if !merged.conflicts.is_empty() && !scope.keep_mine {
            Action::Conflict(merged.conflicts)
        } else if merged.text == lines {
            Action::Unchanged
        } else if lines == base {
            Action::Update
        } else {
            Action::Merge
        };
        let known = if scope.keep_mine { ours } else { merged.base };
        let after = if windows {
            merged.text.replace('\n', "\r\n")
        } else {
            merged.text
        };
        self.add(file, action, Some(theirs), Some(after), Some(&known));
    }

    /// A file that is a list of lines in which others write, too: lines that are missing are
    /// added at its end, but for those that were taken out since.
    fn list(&mut self, file: &Written, base: &str, theirs: String, ours: &str) {
        let line_end = if is_windows(&theirs) { "\r\n" } else { "\n" };
        let has = |text: &str, line: &str| text.lines().any(|have| have.trim() == line.trim());
        let mut after = theirs.clone();
        for line in ours.lines() {
            let is_entry = !line.trim().is_empty() && !line.starts_with('#');
            if is_entry && !has(&theirs, line) && !has(base, line) {
                if !after.is_empty() && !after.ends_with('\n') {
                    after.push_str(line_end);
                }
                after.push_str(line);
                after.push_str(line_end);
            }
        }
        let action = if after == theirs {
            Action::Unchanged
        } else {
            Action::Merge
        };
        self.add(file, action, Some(theirs), Some(after), Some(ours));
    }

    fn outdated(&mut self, path: &str, base: &str, standing: Standing) {
        let (action, before, after) = match standing {
            Standing::Absent => (None, None, None),
            Standing::Other(_) => return,
            // Others write there, too.
            Standing::Text(_) if is_list(path) => return,
            Standing::Text(text) if text.replace("\r\n", "\n") == base => {
                (Some(Action::Remove), Some(text), None)
            }
            Standing::Text(text) => (Some(Action::Obsolete), Some(text.clone()), Some(text)),
        };
        if !matches!(action, Some(Action::Obsolete)) {
            self.record.files.remove(path);
        }
        if let Some(action) = action {
            self.files.push(Planned {
                path: path.to_owned(),
                action,
                before,
                after,
            });
        }
    }

    fn add(
        &mut self,
        file: &Written,
        action: Action,
        before: Option<String>,
        after: Option<String>,
        known: Option<&str>,
    ) {
        if let Some(known) = known {
            let known = known.to_owned();
            self.record.files.insert(file.path.clone(), known);
        }
        self.files.push(Planned {
            path: file.path.clone(),
            action,
            before,
            after,
        });
    }
}

/// Whether lines of a file stand for themselves and in any order.
fn is_list(path: &str) -> bool {
    path.rsplit('/').next() == Some(".gitignore")
}

/// Whether every line ends as on Windows.
fn is_windows(text: &str) -> bool {
    text.contains("\r\n") && text.matches('\n').count() == text.matches("\r\n").count()
}

#[cfg(test)]
mod tests {
    use super::{Action, Plan, Record, Scope, Standing, plan};
    use crate::model::Evidence;
    use crate::written::Written;

    fn written(path: &str, text: &str) -> Written {
        let mut file = Written::new(path);
        file.push(text, vec![Evidence::table("a test")]);
        file
    }

    fn run(files: &[Written], record: &Record, standing: &Standing) -> Plan {
        let scope = Scope {
            covers: &|_| true,
            keep_mine: false,
        };
        plan(files, record, &|_| standing.clone(), &scope)
    }

    fn record(path: &str, text: &str) -> Record {
        let mut record = Record::default();
        record.files.insert(path.to_owned(), text.to_owned());
        record
    }

    fn text(text: &str) -> Standing {
        Standing::Text(text.to_owned())
    }

    #[test]
    fn what_is_absent_is_created_and_what_is_there_stays() {
        let files = [written("compose.yaml", "a\n")];
        let none = Record::default();
        let created = run(&files, &none, &Standing::Absent);
        assert_eq!(created.files[0].action, Action::Create);
        assert_eq!(created.record, record("compose.yaml", "a\n"));
        let again = run(&files, &created.record, &text("a\n"));
        assert_eq!(again.files[0].action, Action::Unchanged);
        assert!(!again.changes());
        assert_eq!(again.record, created.record);
        let foreign = run(&files, &none, &text("b\n"));
        assert_eq!(foreign.files[0].action, Action::Foreign);
        assert!(!foreign.changes() && foreign.record == none);
        let same = run(&files, &none, &text("a\n"));
        assert_eq!(same.files[0].action, Action::Unchanged);
        assert_eq!(same.record, created.record);
    }

    #[test]
    fn what_was_deleted_stays_deleted() {
        let files = [written("compose.yaml", "b\n")];
        let gone = run(&files, &record("compose.yaml", "a\n"), &Standing::Absent);
        assert_eq!(gone.files[0].action, Action::Deleted);
        assert!(!gone.changes());
        assert_eq!(gone.record, record("compose.yaml", "a\n"));
    }

    #[test]
    fn what_is_needed_no_more_goes_when_nobody_edited_it() {
        let known = record("k8s/worker.yaml", "a\n");
        let removed = run(&[], &known, &text("a\n"));
        assert_eq!(removed.files[0].action, Action::Remove);
        assert_eq!(removed.files[0].after, None);
        assert!(removed.record.files.is_empty());
        let edited = run(&[], &known, &text("mine\n"));
        assert_eq!(edited.files[0].action, Action::Obsolete);
        assert!(!edited.changes());
        assert_eq!(edited.record, known);
    }

    #[test]
    fn line_ends_of_windows_are_no_edits() {
        let files = [written("compose.yaml", "a\nc\n")];
        let updated = run(
            &files,
            &record("compose.yaml", "a\nb\n"),
            &text("a\r\nb\r\n"),
        );
        assert_eq!(updated.files[0].action, Action::Update);
        assert_eq!(updated.files[0].after.as_deref(), Some("a\r\nc\r\n"));
    }

    #[test]
    fn lines_are_added_to_lists_once() {
        let files = [written(".gitignore", ".env\ncompose.override.yaml\n")];
        let none = Record::default();
        let added = run(&files, &none, &text("node_modules\n.env"));
        let after = added.files[0].after.clone().unwrap();
        assert_eq!(after, "node_modules\n.env\ncompose.override.yaml\n");
        let again = run(&files, &added.record, &text(&after));
        assert_eq!(again.files[0].action, Action::Unchanged);
        let taken_out = run(&files, &added.record, &text("node_modules\n"));
        assert_eq!(taken_out.files[0].action, Action::Unchanged);
    }

    #[test]
    fn conflicts_are_told_until_they_are_settled() {
        let files = [written("compose.yaml", "ours\n")];
        let known = record("compose.yaml", "base\n");
        let open = run(&files, &known, &text("mine\n"));
        assert!(open.has_conflicts() && !open.changes());
        assert!(run(&files, &open.record, &text("mine\n")).has_conflicts());
        let scope = Scope {
            covers: &|_| true,
            keep_mine: true,
        };
        let settled = plan(&files, &open.record, &|_| text("mine\n"), &scope);
        assert!(!settled.has_conflicts() && !settled.changes());
        assert!(!run(&files, &settled.record, &text("mine\n")).has_conflicts());
    }
}
