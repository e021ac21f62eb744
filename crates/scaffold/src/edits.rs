//! Two hundred edits by hand over all artefacts, none lost by running again.

use crate::generate::{Artefact, generate};
use crate::merge::{Action, Plan, Record, Scope, Standing, plan};
use crate::model::Survey;
use crate::samples::{payments, said, wishes};
use crate::written::Written;

/// Numbers that look random and are the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 33) as usize % end.max(1)
    }
}

fn files(survey: &Survey) -> Vec<Written> {
    generate(survey, &wishes("payments"), &Artefact::ALL.into())
}

fn survey() -> Survey {
    Survey {
        services: vec![payments()],
        refusals: Vec::new(),
    }
}

/// The same program some months later: another port, no scheduler, one variable more.
fn later() -> Survey {
    let mut service = payments();
    if let Some(port) = &mut service.port {
        port.value.number = 8080;
    }
    service.processes.remove(1);
    let mut variable = service.environment[2].clone();
    variable.name = said("LOG_FORMAT".to_owned(), 60);
    service.environment.insert(2, variable);
    Survey {
        services: vec![service],
        refusals: Vec::new(),
    }
}

fn run(files: &[Written], record: &Record, disk: &[(String, String)]) -> Plan {
    let scope = Scope {
        covers: &|_| true,
        keep_mine: false,
    };
    let standing = |path: &str| {
        let found = disk.iter().find(|(name, _)| name == path);
        found.map_or(Standing::Absent, |(_, text)| Standing::Text(text.clone()))
    };
    plan(files, record, &standing, &scope)
}

fn applied(plan: &Plan) -> Vec<(String, String)> {
    let files = plan.files.iter();
    files
        .filter_map(|file| Some((file.path.clone(), file.after.clone()?)))
        .collect()
}

/// Changes a file at a random place; what has to be there afterwards, if the edit puts something
/// in.
fn edit(text: &mut String, number: usize, numbers: &mut Numbers) -> Option<String> {
    let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
    let mark = format!("edit-{number}-by-hand");
    let at = numbers.below(lines.len() + 1);
    let kept = match numbers.below(4) {
        0 => {
            lines.insert(at, format!("# {mark}\n"));
            Some(mark)
        }
        1 if at < lines.len() => {
            lines[at] = format!("{mark}: true\n");
            Some(mark)
        }
        2 if at < lines.len() => {
            let line = lines[at].trim_end().to_owned();
            lines[at] = format!("{line} # {mark}\n");
            Some(mark)
        }
        _ if at < lines.len() => {
            lines.remove(at);
            None
        }
        _ => {
            lines.push(mark.clone());
            Some(mark)
        }
    };
    *text = lines.concat();
    kept
}

#[test]
fn two_hundred_edits_are_kept() {
    let (first, second) = (files(&survey()), files(&later()));
    let start = run(&first, &Record::default(), &[]);
    assert!(start.files.iter().all(|file| file.action == Action::Create));
    let fresh = applied(&start);
    let mut numbers = Numbers(42);
    let (mut done, mut conflicts, mut merged) = (0, 0, 0);
    for round in 0..20 {
        let mut disk = fresh.clone();
        let mut marks: Vec<(String, String)> = Vec::new();
        for _ in 0..10 {
            let file = numbers.below(disk.len());
            let (path, text) = &mut disk[file];
            if let Some(mark) = edit(text, done, &mut numbers) {
                marks.push((path.clone(), mark));
            }
            done += 1;
        }
        // Nothing new to write: every edit stays to the letter, deletions too.
        let same = run(&first, &start.record, &disk);
        assert!(!same.changes() && !same.has_conflicts(), "round {round}");
        // Much new to write.
        let next = run(&second, &start.record, &disk);
        let after = applied(&next);
        for (path, mark) in &marks {
            // A mark may have been edited away by a later edit of the same round.
            let was = disk
                .iter()
                .any(|(name, text)| name == path && text.contains(mark));
            let is = after
                .iter()
                .any(|(name, text)| name == path && text.contains(mark));
            assert_eq!(is, was, "round {round}: {path}: {mark}");
        }
        conflicts += usize::from(next.has_conflicts());
        merged += next
            .files
            .iter()
            .filter(|file| file.action == Action::Merge)
            .count();
        // And once more: nothing moves.
        let again = run(&second, &next.record, &after);
        assert!(!again.changes(), "round {round}");
        assert_eq!(again.record, next.record, "round {round}");
    }
    assert_eq!(done, 200);
    assert!(conflicts > 0 && merged > 20, "{conflicts} {merged}");
}
