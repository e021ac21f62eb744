//! What comments say: ours, and those of other tools that stand for one.

use plimsoll_source::TextRange;

use crate::names;

/// Whose words allow a finding.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Tool {
    /// `# plimsoll: allow(…)`.
    Plimsoll,
    /// `# hadolint ignore=…`.
    Hadolint,
    /// `# check=skip=…`.
    Buildkit,
    /// Annotations of kube-linter.
    KubeLinter,
    /// `# checkov:skip=…`, and annotations.
    Checkov,
    /// `# dclint disable …`.
    Dclint,
    /// `# trivy:ignore:…`.
    Trivy,
}

impl Tool {
    /// The tool's name in the records of rules.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Plimsoll => "plimsoll",
            Self::Hadolint => "hadolint",
            Self::Buildkit => "buildkit",
            Self::KubeLinter => "kube-linter",
            Self::Checkov => "checkov",
            Self::Dclint => "dclint",
            Self::Trivy => "trivy",
        }
    }
}

/// How far a directive reaches, before it is known where it stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Span {
    /// The line or the thing that it is put on.
    Here,
    /// The thing that it stands in (an object), or the file where there is none.
    Around,
    /// The file; ours and dclint's must stand at its top.
    File,
}

/// A name in a directive, with the rules that it means.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Name {
    /// As written.
    pub text: String,
    /// Where.
    pub range: TextRange,
    /// The ids of the rules meant; none if nothing is called so.
    pub rules: Vec<&'static str>,
}

/// What a comment asks for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Directive {
    pub(crate) tool: Tool,
    pub(crate) span: Span,
    pub(crate) names: Vec<Name>,
    pub(crate) reason: Option<String>,
    /// What is wrong with the directive itself, and what to write instead.
    pub(crate) fault: Option<Fault>,
}

/// Why a directive of ours is not understood.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault {
    /// Where.
    pub range: TextRange,
    /// What is wrong: one lower-case phrase.
    pub message: String,
}

/// The mark of our own directives.
const OURS: &str = "plimsoll:";

/// What a comment says; `start` is where its text stands, the `#` included. Directives of tools
/// that do not read files of this kind are left alone: `tools` are those that do.
pub(crate) fn parse(comment: &str, start: u32, tools: &[Tool]) -> Vec<Directive> {
    let body = comment.trim_start_matches(['#', ' ', '\t']);
    let at = start + (comment.len() - body.len()) as u32;
    if let Some(rest) = body.strip_prefix(OURS) {
        return ours(rest, at + OURS.len() as u32);
    }
    // Almost no comment is a directive: one look settles it.
    if !body.contains(['=', ':']) && !body.starts_with("dclint") {
        return Vec::new();
    }
    let mut found = Vec::new();
    for &tool in tools {
        match tool {
            Tool::Hadolint => found.extend(hadolint(body, at)),
            Tool::Checkov => found.extend(checkov(body, at)),
            Tool::Dclint => found.extend(dclint(body, at)),
            Tool::Trivy => found.extend(trivy(body, at)),
            Tool::Plimsoll | Tool::Buildkit | Tool::KubeLinter => {}
        }
    }
    found
}

/// `allow(a, b) reason`, `allow-file(a) reason`, one after the other.
fn ours(text: &str, start: u32) -> Vec<Directive> {
    const WORDS: [(&str, Span); 2] = [("allow-file", Span::File), ("allow", Span::Here)];
    let mut found: Vec<Directive> = Vec::new();
    let mut rest = text;
    loop {
        let trimmed = rest.trim_start_matches([' ', '\t', ';', ',']);
        let at = start + (text.len() - trimmed.len()) as u32;
        let word = WORDS.iter().find_map(|(word, span)| {
            let after = trimmed.strip_prefix(word)?.trim_start();
            after.starts_with('(').then_some((*span, after))
        });
        let Some((span, after)) = word else {
            if found.is_empty() {
                let range = TextRange::new(at, start + text.trim_end().len().max(1) as u32);
                let words = trimmed.split(['(', ' ']).next().unwrap_or_default();
                let message = match words {
                    "" => "the comment allows nothing".to_owned(),
                    words if trimmed.starts_with("allow") => {
                        format!("`{words}` is not followed by `(` and names of rules")
                    }
                    words => format!("`{words}` is no directive"),
                };
                found.push(faulty(Fault { range, message }));
            }
            return found;
        };
        let Some(close) = after.find(')') else {
            let range = TextRange::new(at, start + text.trim_end().len() as u32);
            let message = "the list of rules is not closed".to_owned();
            found.push(faulty(Fault { range, message }));
            return found;
        };
        let list_at = start + (text.len() - after.len()) as u32 + 1;
        let names = names(&after[1..close], list_at, Tool::Plimsoll);
        // The reason goes on to the next directive of the comment.
        let tail = &after[close + 1..];
        let end = WORDS
            .iter()
            .filter_map(|(word, _)| tail.find(&format!(" {word}(")))
            .min()
            .unwrap_or(tail.len());
        let fault = names.is_empty().then(|| Fault {
            range: TextRange::new(at, list_at + close as u32),
            message: "the list of rules is empty".to_owned(),
        });
        found.push(Directive {
            tool: Tool::Plimsoll,
            span,
            names,
            reason: reason(&tail[..end]),
            fault,
        });
        rest = &tail[end..];
    }
}

fn faulty(fault: Fault) -> Directive {
    Directive {
        tool: Tool::Plimsoll,
        span: Span::Here,
        names: Vec::new(),
        reason: None,
        fault: Some(fault),
    }
}

fn foreign(tool: Tool, span: Span, names: Vec<Name>, reason: Option<String>) -> Option<Directive> {
    // What none of our rules stands for is not ours to judge.
    let known = names.iter().any(|name| !name.rules.is_empty());
    known.then_some(Directive {
        tool,
        span,
        names,
        reason,
        fault: None,
    })
}

/// `hadolint ignore=DL3006,DL3008 why`, `hadolint global ignore=…`. What hadolint takes for a
/// list ends at the first blank that no comma precedes.
fn hadolint(body: &str, at: u32) -> Option<Directive> {
    let rest = body.strip_prefix("hadolint")?;
    let trimmed = rest.trim_start();
    let (span, trimmed) = match trimmed.strip_prefix("global") {
        Some(after) => (Span::File, after.trim_start()),
        None => (Span::Here, trimmed),
    };
    let list = trimmed
        .strip_prefix("ignore")?
        .trim_start()
        .strip_prefix('=')?
        .trim_start();
    let list_at = at + (body.len() - list.len()) as u32;
    let mut end = 0;
    let mut open = true;
    for (offset, word) in words(list) {
        if !open && !word.starts_with(',') {
            break;
        }
        end = offset + word.len();
        open = word.ends_with(',');
    }
    let names = names(&list[..end], list_at, Tool::Hadolint);
    foreign(Tool::Hadolint, span, names, reason(&list[end..]))
}

/// `checkov:skip=CKV_K8S_8:why`. For checkov it counts in the whole resource that it stands in.
fn checkov(body: &str, at: u32) -> Option<Directive> {
    let marks = ["checkov:skip=", "bridgecrew:skip=", "cortex:skip="];
    let (start, mark) = marks
        .iter()
        .find_map(|mark| Some((body.find(mark)?, mark)))?;
    let list = body[start + mark.len()..].trim_start();
    let list_at = at + (body.len() - list.len()) as u32;
    let end = list
        .find(|c: char| !(c.is_ascii_alphanumeric() || "_-,".contains(c)))
        .unwrap_or(list.len());
    let why = list[end..].strip_prefix(':').unwrap_or_default();
    let names = names(&list[..end], list_at, Tool::Checkov);
    foreign(Tool::Checkov, Span::Around, names, reason(why))
}

/// `dclint disable-file`, `dclint disable`, `dclint disable RULE …` at the top, and
/// `dclint disable-line RULE …`.
fn dclint(body: &str, at: u32) -> Option<Directive> {
    let rest = body.strip_prefix("dclint")?.trim_start();
    let forms = [
        ("disable-file", Span::File),
        ("disable-line", Span::Here),
        ("disable", Span::File),
    ];
    let (span, list, whole) = forms.iter().find_map(|(word, span)| {
        let list = rest.strip_prefix(word)?;
        let ends = list.is_empty() || list.starts_with([' ', '\t', ':']);
        ends.then_some((*span, list.trim_start_matches(':'), *word == "disable-file"))
    })?;
    let trimmed = list.trim_start();
    let list_at = at + (body.len() - trimmed.len()) as u32;
    let found = if whole || trimmed.is_empty() {
        vec![everything(
            TextRange::at(at as usize, at as usize + body.trim_end().len()),
            Tool::Dclint,
        )]
    } else {
        names(trimmed, list_at, Tool::Dclint)
    };
    foreign(Tool::Dclint, span, found, None)
}

/// `trivy:ignore:AVD-DS-0002`, several in one comment, each with an optional `exp:DATE` behind.
fn trivy(body: &str, at: u32) -> Option<Directive> {
    const MARK: &str = "trivy:ignore:";
    let mut found = Vec::new();
    for (offset, _) in body.match_indices(MARK) {
        let from = offset + MARK.len();
        let id = body[from..]
            .split(|c: char| !(c.is_ascii_alphanumeric() || "_-".contains(c)))
            .next()
            .unwrap_or_default();
        found.extend(names(id, at + from as u32, Tool::Trivy));
    }
    foreign(Tool::Trivy, Span::Here, found, None)
}

/// Everything that a tool checks.
pub(crate) fn everything(range: TextRange, tool: Tool) -> Name {
    Name {
        text: "all".to_owned(),
        range,
        rules: names::all_of(tool.name()),
    }
}

/// The names in a list, separated by commas or blanks.
pub(crate) fn names(list: &str, at: u32, tool: Tool) -> Vec<Name> {
    let separators = [',', ' ', '\t'];
    let mut found = Vec::new();
    let mut start = 0;
    for part in list.split(separators) {
        if !part.is_empty() {
            let from = at as usize + start;
            found.push(Name {
                text: part.to_owned(),
                range: TextRange::at(from, from + part.len()),
                rules: meant(part, tool),
            });
        }
        start += part.len() + 1;
    }
    found
}

fn meant(name: &str, tool: Tool) -> Vec<&'static str> {
    match tool {
        Tool::Plimsoll if name == names::PLAIN_SECRET => vec![names::PLAIN_SECRET],
        Tool::Plimsoll => names::named(name).into_iter().map(|rule| rule.id).collect(),
        tool => names::foreign(tool.name(), name),
    }
}

/// The words of a text with their offsets.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    text.split([' ', '\t']).filter_map(move |word| {
        let start = at;
        at += word.len() + 1;
        (!word.is_empty()).then_some((start, word))
    })
}

/// The rest of a comment as the reason.
fn reason(text: &str) -> Option<String> {
    let text = text
        .trim()
        .trim_start_matches(['#', ':', '-', '–', '—', ';']);
    let text = text.trim_end_matches(';').trim();
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{Directive, Span, Tool, parse};

    const ALL: &[Tool] = &[Tool::Hadolint, Tool::Checkov, Tool::Dclint, Tool::Trivy];

    fn one(comment: &str) -> Directive {
        let mut found = parse(comment, 100, ALL);
        assert_eq!(found.len(), 1, "{comment}: {found:#?}");
        found.remove(0)
    }

    /// The names of a directive, checked to stand where they say.
    fn named(comment: &str) -> Vec<String> {
        let directive = one(comment);
        for name in &directive.names {
            let start = name.range.start as usize - 100;
            let end = name.range.end as usize - 100;
            if name.text != "all" {
                assert_eq!(&comment[start..end], name.text);
            }
        }
        directive.names.into_iter().map(|name| name.text).collect()
    }

    #[test]
    fn ours_name_rules_and_give_a_reason() {
        let directive =
            one("# plimsoll: allow(missing-healthcheck, DL3006) the platform probes it");
        assert_eq!(directive.span, Span::Here);
        assert_eq!(directive.reason.as_deref(), Some("the platform probes it"));
        assert_eq!(directive.names[1].rules, ["unpinned-base-image"]);
        assert_eq!(
            named("#plimsoll:allow-file( syntax ,single-replica ): why"),
            ["syntax", "single-replica"]
        );
        assert_eq!(one("# plimsoll: allow(syntax)").reason, None);
        assert_eq!(one("# plimsoll: allow(sintax) x").names[0].rules, [""; 0]);
    }

    #[test]
    fn one_comment_may_hold_several_of_ours() {
        let found = parse(
            "# plimsoll: allow(syntax) broken on purpose; allow(single-replica) a queue",
            0,
            ALL,
        );
        let reasons: Vec<_> = found.iter().map(|d| d.reason.as_deref()).collect();
        assert_eq!(reasons, [Some("broken on purpose"), Some("a queue")]);
    }

    #[test]
    fn what_is_no_directive_of_ours_is_said() {
        let fault = |comment: &str| {
            let fault = one(comment).fault.expect("it has a fault");
            let range = fault.range.start as usize - 100..fault.range.end as usize - 100;
            format!("{}: {}", &comment[range], fault.message)
        };
        assert_eq!(
            fault("# plimsoll: ignore(syntax)"),
            "ignore(syntax): `ignore` is no directive"
        );
        assert_eq!(
            fault("# plimsoll: allow syntax"),
            "allow syntax: `allow` is not followed by `(` and names of rules"
        );
        assert_eq!(
            fault("# plimsoll: allow(syntax"),
            "allow(syntax: the list of rules is not closed"
        );
        assert!(fault("# plimsoll: allow()").ends_with("the list of rules is empty"));
        assert!(fault("# plimsoll: ").ends_with("the comment allows nothing"));
        assert!(parse("# Plimsoll found this: allow(x)", 0, ALL).is_empty());
    }

    #[test]
    fn hadolint_is_read_as_hadolint_reads_it() {
        assert_eq!(
            named("# hadolint ignore=DL3006,DL3008"),
            ["DL3006", "DL3008"]
        );
        assert_eq!(
            named("#hadolint ignore = DL3006, DL3008 # why"),
            ["DL3006", "DL3008"]
        );
        let global = one("# hadolint global ignore=DL3006 it is ours");
        assert_eq!(global.span, Span::File);
        assert_eq!(global.reason.as_deref(), Some("it is ours"));
        assert!(parse("# hadolint ignore=DL9999", 0, ALL).is_empty());
        assert!(parse("# hadolint shell=/bin/bash", 0, ALL).is_empty());
    }

    #[test]
    fn checkov_dclint_and_trivy_are_understood() {
        let skip = one("# checkov:skip=CKV_K8S_8:the mesh does it");
        assert_eq!(
            (skip.span, skip.reason.as_deref()),
            (Span::Around, Some("the mesh does it"))
        );
        assert_eq!(
            named("#checkov:skip=CKV_DOCKER_2,CKV_DOCKER_3"),
            ["CKV_DOCKER_2", "CKV_DOCKER_3"]
        );
        assert_eq!(one("# dclint disable-file").span, Span::File);
        assert_eq!(named("# dclint disable"), ["all"]);
        assert_eq!(
            named("# dclint disable no-version-field services-alphabetical-order"),
            ["no-version-field", "services-alphabetical-order"]
        );
        let line = one("# dclint disable-line no-version-field");
        assert_eq!((line.span, line.names[0].rules.len()), (Span::Here, 1));
        assert!(parse("# dclint disables nothing", 0, ALL).is_empty());
        for id in ["AVD-DS-0002", "DS-0002", "ds002", "DS-0002:exp:2030-01-01"] {
            let directive = one(&format!("#trivy:ignore:{id}"));
            assert_eq!(directive.names[0].rules, ["image-runs-as-root"], "{id}");
        }
        assert_eq!(
            named("#trivy:ignore:DS-0002 #trivy:ignore:DS-0001").len(),
            2
        );
    }

    #[test]
    fn any_text_is_read_without_panic() {
        for text in [
            "#",
            "",
            "#plimsoll:",
            "#plimsoll:allow(é)é",
            "# plimsoll: allow(a)\u{3000}x",
            "# hadolint ignore=,",
            "# trivy:ignore:é",
            "# checkov:skip=",
        ] {
            for end in (0..=text.len()).filter(|end| text.is_char_boundary(*end)) {
                let _ = parse(&text[..end], 0, ALL);
            }
        }
    }
}
