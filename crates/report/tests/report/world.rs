//! Files, and findings made about them by hand.

use std::sync::Arc;

use plimsoll_report::{Compared, NotReviewed, Report, TextOptions};
use plimsoll_source::{
    Confidence, FileId, Files, Finding, Fingerprint, Origin, Place, Severity, SourceFile,
    Suppressed, TextRange,
};

/// Files, and the findings made about them.
#[derive(Default)]
pub(crate) struct World {
    pub(crate) files: Files,
    pub(crate) findings: Vec<Finding>,
    pub(crate) suppressed: Vec<Suppressed>,
    pub(crate) not_reviewed: Vec<NotReviewed>,
    pub(crate) unreadable: Vec<(String, String)>,
    pub(crate) shows_suppressed: bool,
    pub(crate) compared: Compared<'static>,
}

impl World {
    pub(crate) fn file(&mut self, path: &str, text: &str) -> FileId {
        self.files.add(SourceFile::written(path, text))
    }

    /// The `n`th (from 0) occurrence of `words` in the file.
    pub(crate) fn place(&self, file: FileId, words: &str, n: usize) -> Place {
        let text = &self.files.get(file).text;
        let (at, _) = text
            .match_indices(words)
            .nth(n)
            .expect("the words are in the file");
        Place::new(file, TextRange::at(at, at + words.len()))
    }

    pub(crate) fn find(&mut self, rule: &'static str, place: Place, message: &str) -> &mut Finding {
        self.findings.push(Finding {
            rule,
            severity: Severity::Warning,
            confidence: Confidence::High,
            message: message.into(),
            label: None,
            origin: Origin::written(place),
            generated: None,
            related: Vec::new(),
            notes: Vec::new(),
            help: None,
            object: None,
            subject: Arc::default(),
            group: None,
            fix: None,
            secrets: Vec::new(),
            fingerprint: Fingerprint(0xdead_beef),
        });
        self.findings.last_mut().expect("just pushed")
    }

    pub(crate) fn report(&self) -> Report<'_> {
        Report {
            manual: None,
            root: "/repository",
            files: &self.files,
            findings: &self.findings,
            suppressed: &self.suppressed,
            shows_suppressed: self.shows_suppressed,
            compared: self.compared,
            reviewed: self.files.len(),
            not_reviewed: &self.not_reviewed,
            unreadable: &self.unreadable,
            truncated: false,
        }
    }

    pub(crate) fn text(&self, width: Option<usize>) -> String {
        self.text_in(false, width)
    }

    pub(crate) fn text_in(&self, color: bool, width: Option<usize>) -> String {
        let shown = |path: &str| path.to_owned();
        let options = TextOptions {
            color,
            width,
            shown: &shown,
        };
        let mut out = Vec::new();
        plimsoll_report::text(&self.report(), &options, &mut out).expect("memory takes it");
        String::from_utf8(out).expect("UTF-8")
    }

    pub(crate) fn json(&self) -> String {
        let mut out = Vec::new();
        plimsoll_report::json(&self.report(), &mut out).expect("memory takes it");
        String::from_utf8(out).expect("UTF-8")
    }

    /// What one of the other formats writes.
    pub(crate) fn written(
        &self,
        write: impl FnOnce(&Report<'_>, &mut dyn std::io::Write) -> std::io::Result<()>,
    ) -> String {
        let mut out = Vec::new();
        write(&self.report(), &mut out).expect("memory takes it");
        String::from_utf8(out).expect("UTF-8")
    }

    /// Moves the last finding to those that are allowed.
    pub(crate) fn allow(&mut self, place: Place, reason: Option<&str>) {
        let finding = self.findings.pop().expect("one was found");
        self.suppressed.push(Suppressed {
            finding,
            place,
            reason: reason.map(str::to_owned),
        });
    }
}
