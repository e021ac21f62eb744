//! Findings: what is wrong, where, why it matters and how to mend it.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use crate::edit::Fix;
use crate::origin::Origin;
use crate::text::Place;

/// How bad it is when the finding is true.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Severity {
    /// Worth knowing; nothing breaks.
    Note,
    /// Will hurt at some time.
    Warning,
    /// Does not work, or is dangerous as it stands.
    Error,
}

impl Severity {
    /// The word used in reports and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// How sure the rule is that the finding is true.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Confidence {
    /// Probably; something outside the files may explain it.
    Medium,
    /// The files leave no other reading.
    High,
}

impl Confidence {
    /// The word used in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// A further place that belongs to a finding, with what is there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Related {
    /// Where.
    pub place: Place,
    /// What is there, one lower-case phrase.
    pub message: Cow<'static, str>,
}

/// The name of a finding across runs and unrelated edits; shown as 16 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Debug)]
pub struct Fingerprint(pub u64);

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// One defect. A review may hold tens of thousands of them: words that a rule always says are not
/// copied, and what findings of one object say of it is shared.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    /// The rule's id, such as `unpinned-base-image`.
    pub rule: &'static str,
    /// How bad.
    pub severity: Severity,
    /// How sure.
    pub confidence: Confidence,
    /// What is wrong: one lower-case phrase without a final period that stands alone.
    pub message: String,
    /// What is at the primary place, if the message does not say it.
    pub label: Option<Cow<'static, str>>,
    /// Where: exactly one primary place, as it was written.
    pub origin: Origin,
    /// The reported range when the text is generated: a place in the rendered manifest.
    pub generated: Option<Place>,
    /// Further places.
    pub related: Vec<Related>,
    /// Why it matters, sentence by sentence.
    pub notes: Vec<Cow<'static, str>>,
    /// What to do, imperative.
    pub help: Option<Cow<'static, str>>,
    /// `kind/namespace/name` of the Kubernetes object, or `service/NAME` in Compose; `None`
    /// for other files. Without a namespace the middle part is empty.
    pub object: Option<Arc<str>>,
    /// What in the file the finding is about (a container, a stage), for overlap between rules;
    /// findings of one subject and one `group` are mended by one edit.
    pub subject: Arc<str>,
    /// Set on findings that one edit would mend together.
    pub group: Option<String>,
    /// The change that mends it, if it is known.
    pub fix: Option<Box<Fix>>,
    /// Places whose text is a secret: reports never show it.
    pub secrets: Vec<Place>,
    /// Names it across runs.
    pub fingerprint: Fingerprint,
}

/// A finding that something in the reviewed files allows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Suppressed {
    /// The finding.
    pub finding: Finding,
    /// The comment or annotation that allows it.
    pub place: Place,
    /// The reason given there.
    pub reason: Option<String>,
}
