//! A secret that was found, in words: what it is, how git and Docker stand to its file, what to do.

use std::borrow::Cow;
use std::collections::BTreeMap;

use plimsoll_project::vcs::Status;
use plimsoll_report::RuleInfo;
use plimsoll_rules::PLAIN_SECRET;
use plimsoll_secrets::{Found, Kind};
use plimsoll_source::{
    Confidence, FileId, Finding, Fingerprint, Origin, Place, Severity, TextRange,
};

use super::LeftOut;

/// The page on these findings.
pub(super) const MANUAL: &str = "docs/secrets.md";

/// The rules of a review whose findings are about plain secrets, too: a comment that allows one of
/// them allows the secret.
const ALSO: [&str; 5] = [
    "compose-inline-secret",
    "context-leaks-secrets",
    "env-file-not-ignored",
    "plain-secret-committed",
    "secret-in-image",
];

/// The file of a finding.
pub(super) struct Setting<'a> {
    pub(super) file: FileId,
    pub(super) path: &'a str,
    pub(super) git: Status,
    /// Whether patterns of git leave it out, where there is no repository that knows.
    pub(super) ignored: bool,
    /// The `.dockerignore` that leaves it out.
    pub(super) docker: Option<String>,
}

/// Whether a comment that allows these allows a secret. Words of other tools allow any.
pub(super) fn allows(rules: &[&str]) -> bool {
    rules.is_empty()
        || rules
            .iter()
            .any(|id| *id == PLAIN_SECRET || ALSO.contains(id))
}

/// Names findings across runs: by path, kind, name and print, and by number where these are equal.
#[derive(Default)]
pub(super) struct Namer {
    seen: BTreeMap<u64, u32>,
}

impl Namer {
    fn name(&mut self, parts: &[&str]) -> Fingerprint {
        // 64-bit FNV-1a, as the fingerprints of a review are.
        let add = |hash: u64, text: &str| {
            text.bytes().chain([0]).fold(hash, |hash, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
            })
        };
        let hash = parts
            .iter()
            .fold(0xcbf2_9ce4_8422_2325, |hash, part| add(hash, part));
        let count = self.seen.entry(hash).or_default();
        *count += 1;
        Fingerprint(match count {
            1 => hash,
            count => add(hash, &count.to_string()),
        })
    }
}

/// The finding of a secret.
pub(super) fn finding(setting: &Setting<'_>, found: &Found, namer: &mut Namer) -> Finding {
    let place = |range: &std::ops::Range<usize>| {
        Place::new(setting.file, TextRange::at(range.start, range.end))
    };
    let what = what(found);
    let print = found.print.to_string();
    let name = found.name.as_deref().unwrap_or_default();
    let (severity, confidence) = match (found.kind, found.sure) {
        (Kind::Random, _) => (Severity::Note, Confidence::Medium),
        (_, true) => (Severity::Error, Confidence::High),
        (_, false) => (Severity::Warning, Confidence::Medium),
    };
    let characters = if found.len == 1 {
        "character"
    } else {
        "characters"
    };
    Finding {
        rule: PLAIN_SECRET,
        severity,
        confidence,
        message: format!("{what}, {} {characters}, print {print}", found.len),
        label: None,
        origin: Origin::written(place(&found.at)),
        generated: None,
        related: Vec::new(),
        notes: notes(setting),
        help: Some(help(found)),
        object: None,
        subject: name.into(),
        group: None,
        fix: None,
        secrets: vec![place(&found.value)],
        fingerprint: namer.name(&[PLAIN_SECRET, setting.path, kind(found.kind), name, &print]),
    }
}

/// What was found, as a phrase that stands alone.
fn what(found: &Found) -> String {
    let name = found.name.as_deref();
    match (found.kind, name) {
        (Kind::Token(issuer), _) => format!("a credential of {issuer}"),
        (Kind::PrivateKey, Some(name)) => format!("`{name}` holds a private key"),
        (Kind::PrivateKey, None) => "a private key".to_owned(),
        (Kind::Jwt, _) => "a signed token".to_owned(),
        (Kind::Address, _) => "a password in an address".to_owned(),
        (Kind::Login, _) => "a user and a password in base64".to_owned(),
        (Kind::KubernetesSecret, Some(name)) => format!("a Secret holds a plain value in `{name}`"),
        (Kind::Random, Some(name)) => format!("`{name}` holds what looks like a key"),
        (Kind::Named, Some(name)) => format!("`{name}` holds a secret"),
        (Kind::KubernetesSecret | Kind::Random | Kind::Named, None) => "a secret".to_owned(),
    }
}

/// A word for each kind that stays.
const fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Token(issuer) => issuer,
        Kind::PrivateKey => "private-key",
        Kind::Jwt => "jwt",
        Kind::Address => "address",
        Kind::Login => "login",
        Kind::KubernetesSecret => "kubernetes-secret",
        Kind::Named => "named",
        Kind::Random => "random",
    }
}

/// Who else gets the file.
fn notes(setting: &Setting<'_>) -> Vec<Cow<'static, str>> {
    let mut notes: Vec<Cow<'static, str>> = Vec::new();
    match setting.git {
        Status::Tracked => notes.push(
            "git tracks the file: whoever has a clone has the value, also after it is removed"
                .into(),
        ),
        Status::Visible => {
            notes.push("git does not ignore the file: the next `git add` takes it".into())
        }
        Status::Ignored => notes.push("git ignores the file".into()),
        Status::Unknown if setting.ignored => {
            notes.push("a `.gitignore` leaves the file out".into())
        }
        Status::Unknown => {}
    }
    let kept = setting.ignored || setting.git == Status::Ignored;
    match &setting.docker {
        Some(path) if kept => notes.push(format!("`{path}` leaves it out of images, too").into()),
        Some(path) => {
            notes.push(format!("`{path}` leaves it out of images, and nothing else does").into())
        }
        None if kept => {
            notes.push("no `.dockerignore` leaves it out: `COPY . .` takes it into an image".into())
        }
        None => {}
    }
    notes
}

fn help(found: &Found) -> Cow<'static, str> {
    match found.kind {
        Kind::KubernetesSecret => "commit a SealedSecret or an ExternalSecret instead, and change the value".into(),
        Kind::Token(_) | Kind::Jwt => "revoke it where it was given out, and read the new one from the environment or a store of secrets".into(),
        Kind::PrivateKey => "make a new key, and mount it from a store of secrets".into(),
        Kind::Address | Kind::Login | Kind::Named | Kind::Random => "change it, and read it from the environment or a store of secrets".into(),
    }
}

/// What was not reported, a line for each reason.
pub(super) fn left_out(left: &LeftOut) -> Vec<String> {
    let mut notes = Vec::new();
    let counted = |count: usize| match count {
        1 => "1 secret".to_owned(),
        count => format!("{count} secrets"),
    };
    if left.ignored > 0 {
        let count = counted(left.ignored);
        notes.push(format!(
            "{count} in files that git ignores: `--ignored` shows them"
        ));
    }
    if left.samples > 0 {
        let count = counted(left.samples);
        notes.push(format!(
            "{count} in tests, examples and manuals: `--samples` shows them"
        ));
    }
    for path in &left.full {
        notes.push(format!("`{path}` holds more than are listed"));
    }
    notes
}

/// What a report says of these findings.
pub(super) fn rule() -> RuleInfo<'static> {
    RuleInfo {
        id: PLAIN_SECRET,
        summary: "a secret stands in the open",
        page: include_str!("../../../../../../docs/secrets.md"),
        severity: Severity::Error,
        confidence: Confidence::High,
        by_default: true,
        strictness: "default",
        elsewhere: Vec::new(),
    }
}
