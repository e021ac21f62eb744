//! Which findings are allowed, and which suppressions allowed any.

use std::collections::HashMap;

use plimsoll_source::{FileId, Files, Finding, Place, Suppressed};

use super::read::{Suppression, Suppressions};
use crate::rendered::allowing;

/// What the suppressions of a project did.
pub(crate) struct Verdicts<'s> {
    suppressions: &'s Suppressions,
    /// For each file with suppressions, and each of their names: whether it covered a finding.
    used: HashMap<FileId, Vec<Vec<bool>>>,
}

impl<'s> Verdicts<'s> {
    pub(crate) fn new(suppressions: &'s Suppressions) -> Self {
        let blank = |one: &Suppression| vec![false; one.names.len()];
        let used = suppressions
            .files()
            .map(|file| (file, suppressions.of(file).iter().map(blank).collect()))
            .collect();
        Self { suppressions, used }
    }

    /// The first suppression that covers a finding of `rule` at one of these places, with its
    /// place. All that do are marked as used.
    pub(crate) fn covers(
        &mut self,
        rule: &str,
        places: &[Place],
    ) -> Option<(Place, &'s Suppression)> {
        let mut first = None;
        for &place in places {
            let found = self.covers_at(rule, place);
            let found = found.map(|one| (Place::new(place.file, one.range), one));
            first = first.or(found);
        }
        first
    }

    fn covers_at(&mut self, rule: &str, place: Place) -> Option<&'s Suppression> {
        let used = self.used.get_mut(&place.file)?;
        let mut first = None;
        for (one, used) in self.suppressions.of(place.file).iter().zip(used) {
            let meant = one.covers.contains(place.range.start) && one.fault.is_none();
            for (name, used) in one.names.iter().zip(used) {
                if meant && name.rules.contains(&rule) {
                    *used = true;
                    first = first.or(Some(one));
                }
            }
        }
        first
    }

    /// Takes the findings that are allowed out of a list.
    pub(crate) fn part(
        &mut self,
        files: &Files,
        findings: &mut Vec<Finding>,
        allowed: &mut Vec<Suppressed>,
    ) {
        if self.used.is_empty() {
            return;
        }
        for finding in std::mem::take(findings) {
            match self.covers(finding.rule, &allowing(&finding)) {
                Some((place, one)) => allowed.push(Suppressed {
                    place: files.origin(place).place,
                    reason: one.reason.clone(),
                    finding,
                }),
                None => findings.push(finding),
            }
        }
    }

    /// Which names of each suppression of a file covered something.
    pub(crate) fn used(&self, file: FileId) -> &[Vec<bool>] {
        self.used.get(&file).map_or(&[], Vec::as_slice)
    }
}
