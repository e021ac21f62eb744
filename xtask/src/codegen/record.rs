//! Reads a rule file's text: the module doc and the `static RULE` record.
//!
//! The text is read rather than the compiled record, because the registry that makes a rule
//! part of the crate is itself generated.

use anyhow::{Context, Result, bail};

/// What a rule file says about its rule.
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) id: String,
    pub(crate) summary: String,
    pub(crate) since: String,
    pub(crate) severity: String,
    pub(crate) confidence: String,
    pub(crate) strictness: String,
    pub(crate) fix: String,
    /// (tool, id) pairs.
    pub(crate) aliases: Vec<(String, String)>,
    /// The kinds of input, such as `Dockerfile`, without repeats.
    pub(crate) inputs: Vec<String>,
    /// The module doc, without the comment marks.
    pub(crate) doc: String,
}

/// Whether a file's text declares a rule.
pub(crate) fn declares_rule(text: &str) -> bool {
    text.contains("static RULE: Rule =")
}

/// Reads a rule file's text.
pub(crate) fn parse(text: &str) -> Result<Record> {
    let (_, rest) = text
        .split_once("static RULE: Rule =")
        .context("no `static RULE: Rule`")?;
    let (body, _) = rest
        .split_once("\n};")
        .context("the record does not end in a line `};`")?;
    let mut aliases = Vec::new();
    if let Some((_, list)) = body.split_once("aliases:") {
        let list = list.split_once("checks:").map_or(list, |(list, _)| list);
        for item in list.split("Alias").skip(1) {
            aliases.push((string(item, "tool:")?, string(item, "id:")?));
        }
    }
    let mut inputs: Vec<String> = Vec::new();
    for item in body.split("Check::").skip(1) {
        let kind: String = item.chars().take_while(char::is_ascii_alphabetic).collect();
        if !inputs.contains(&kind) {
            inputs.push(kind);
        }
    }
    if inputs.is_empty() {
        bail!("the record has no checks");
    }
    Ok(Record {
        id: string(body, "id:")?,
        summary: string(body, "summary:")?,
        since: string(body, "since:")?,
        severity: variant(body, "severity:")?,
        confidence: variant(body, "confidence:")?,
        strictness: variant(body, "strictness:")?,
        fix: variant(body, "fix:")?,
        aliases,
        inputs,
        doc: module_doc(text),
    })
}

/// The `//!` lines at the top.
fn module_doc(text: &str) -> String {
    let mut doc = String::new();
    for line in text.lines().map_while(|line| line.strip_prefix("//!")) {
        doc.push_str(line.strip_prefix(' ').unwrap_or(line).trim_end());
        doc.push('\n');
    }
    doc
}

/// The string literal after `field`: quotes and backslashes may be escaped, and a backslash at
/// the end of a line joins it to the next one's text.
fn string(body: &str, field: &str) -> Result<String> {
    let (_, rest) = body
        .split_once(field)
        .with_context(|| format!("no field `{field}`"))?;
    let rest = rest.trim_start().strip_prefix('"');
    let mut rest = rest
        .with_context(|| format!("`{field}` is not a plain string"))?
        .chars();
    let mut value = String::new();
    while let Some(c) = rest.next() {
        match c {
            '"' => return Ok(value),
            '\\' => match rest.next() {
                Some('\n') => rest = rest.as_str().trim_start().chars(),
                Some(c @ ('"' | '\\')) => value.push(c),
                other => bail!("`{field}` has the escape `\\{}`", other.unwrap_or(' ')),
            },
            c => value.push(c),
        }
    }
    bail!("`{field}` is not closed")
}

/// The last part of the path after `field`, in lower case with dashes.
fn variant(body: &str, field: &str) -> Result<String> {
    let (_, rest) = body
        .split_once(field)
        .with_context(|| format!("no field `{field}`"))?;
    let (path, _) = rest
        .split_once(',')
        .with_context(|| format!("`{field}` has no end"))?;
    let name = path.trim().rsplit("::").next().unwrap_or_default();
    Ok(name.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::parse;

    const FILE: &str = r#"//! # What it does
//! Finds.
//!
//!     code

use crate::Rule;

pub(crate) static RULE: Rule = Rule {
    id: "a-b",
    summary: "one \"thing\" \
              more",
    since: "0.1.0",
    severity: Severity::Warning,
    confidence: Confidence::High,
    strictness: Strictness::Auditor,
    fix: FixKind::None,
    aliases: &[
        Alias { tool: "hadolint", id: "DL1" },
        Alias { tool: "buildkit", id: "X" },
    ],
    checks: &[Check::Compose(compose), Check::Container(a), Check::Container(b)],
};
"#;

    #[test]
    fn a_record_is_read_from_text() {
        let record = parse(FILE).expect("a record");
        assert_eq!(
            (record.id.as_str(), record.summary.as_str()),
            ("a-b", "one \"thing\" more")
        );
        assert_eq!(
            (record.severity.as_str(), record.strictness.as_str()),
            ("warning", "auditor")
        );
        assert_eq!(record.aliases.len(), 2);
        assert_eq!(record.aliases[0], ("hadolint".into(), "DL1".into()));
        assert_eq!(record.inputs, ["Compose", "Container"]);
        assert_eq!(record.doc, "# What it does\nFinds.\n\n    code\n");
    }
}
