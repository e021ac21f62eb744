//! The report as SARIF 2.1.0, for code scanning.
//!
//! <https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/sarif-v2.1.0-errata01-os.html>;
//! what GitHub makes of it is in its "SARIF support for code scanning". Columns count Unicode
//! code points, as everywhere in this crate. Findings that are allowed are in it only if the
//! caller shows them: GitHub knows no suppressions and would open an alert for each.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};

use plimsoll_source::{Confidence, FileId, Finding, Fix, Place, Severity, Suppressed};
use serde_json::{Map, Value, json};

use crate::locate::Locator;
use crate::{Report, harmless};

/// What made the report.
#[derive(Clone, Copy, Debug)]
pub struct Tool<'a> {
    /// Its version.
    pub version: &'a str,
    /// Its rules; those with findings are described.
    pub rules: &'a [RuleInfo<'a>],
}

/// A rule, as far as a report describes it.
#[derive(Clone, Debug)]
pub struct RuleInfo<'a> {
    /// Its id.
    pub id: &'a str,
    /// What it finds: one line.
    pub summary: &'a str,
    /// Its manual as Markdown.
    pub page: &'a str,
    /// How bad its findings usually are.
    pub severity: Severity,
    /// How sure it usually is.
    pub confidence: Confidence,
    /// Whether it speaks in every review.
    pub by_default: bool,
    /// The strictness from which on it speaks.
    pub strictness: &'a str,
    /// Its names in other tools: tool and id.
    pub elsewhere: Vec<(&'a str, &'a str)>,
}

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// The name that the folder under review goes by; the one that code scanning expects.
const ROOT: &str = "%SRCROOT%";

/// Writes the report as SARIF.
pub fn sarif(report: &Report<'_>, tool: &Tool<'_>, out: &mut dyn Write) -> io::Result<()> {
    let shown: Vec<&Suppressed> = if report.shows_suppressed {
        report.suppressed.iter().collect()
    } else {
        Vec::new()
    };
    let mut numbers: BTreeMap<&str, usize> = BTreeMap::new();
    let mut rules: Vec<Value> = Vec::new();
    let suppressed = shown.iter().map(|one| &one.finding);
    for finding in report.findings.iter().chain(suppressed) {
        numbers.entry(finding.rule).or_insert_with(|| {
            rules.push(rule(finding.rule, tool));
            rules.len() - 1
        });
    }
    let mut writer = Writer {
        report,
        numbers: &numbers,
        locator: Locator::new(report.files),
    };
    let mut results: Vec<Value> = report
        .findings
        .iter()
        .map(|finding| Value::Object(writer.result(finding)))
        .collect();
    for one in shown {
        let mut result = writer.result(&one.finding);
        let mut suppression = Map::new();
        suppression.insert("kind".into(), "inSource".into());
        if let Some(reason) = &one.reason {
            suppression.insert("justification".into(), reason.as_str().into());
        }
        suppression.insert("location".into(), writer.location(one.place));
        result.insert("suppressions".into(), json!([suppression]));
        results.push(Value::Object(result));
    }
    let document = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {
                "driver": {
                    "name": "Plimsoll",
                    "semanticVersion": tool.version,
                    "rules": rules,
                }
            },
            "invocations": [invocation(report)],
            "originalUriBaseIds": {
                ROOT: {
                    "uri": folder_uri(report.root),
                    "description": { "text": "The folder under review." }
                }
            },
            "columnKind": "unicodeCodePoints",
            "defaultEncoding": "utf-8",
            "results": results,
        }]
    });
    harmless::write(&document, out)
}

/// How the run went: files that could not be read are no findings of the code.
fn invocation(report: &Report<'_>) -> Value {
    let unreadable = report.unreadable.iter().map(|(path, reason)| {
        json!({
            "level": "error",
            "message": { "text": text(reason) },
            "locations": [{
                "physicalLocation": {
                    "artifactLocation": { "uri": uri(path), "uriBaseId": ROOT }
                }
            }],
        })
    });
    let mut notifications: Vec<Value> = unreadable.collect();
    if report.truncated {
        notifications.push(json!({
            "level": "warning",
            "message": { "text": crate::summary::TRUNCATED },
        }));
    }
    json!({
        "executionSuccessful": true,
        "toolExecutionNotifications": notifications,
    })
}

fn rule(id: &str, tool: &Tool<'_>) -> Value {
    let Some(rule) = tool.rules.iter().find(|rule| rule.id == id) else {
        return json!({ "id": id });
    };
    let mut tags = vec!["containers".to_owned(), rule.strictness.to_owned()];
    let elsewhere = rule.elsewhere.iter();
    tags.extend(elsewhere.map(|(tool, id)| format!("{tool}/{id}")));
    let precision = match rule.confidence {
        Confidence::High => "high",
        Confidence::Medium => "medium",
    };
    let problem = match rule.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "recommendation",
    };
    json!({
        "id": id,
        "name": pascal(id),
        "shortDescription": { "text": text(&sentence(rule.summary)) },
        "fullDescription": { "text": text(&what_it_does(rule.page).unwrap_or_else(|| sentence(rule.summary))) },
        "help": {
            "text": text(&format!("{} See `plimsoll explain {id}`.", sentence(rule.summary))),
            "markdown": rule.page,
        },
        "defaultConfiguration": {
            "level": level(rule.severity),
            "enabled": rule.by_default,
        },
        "properties": {
            "tags": tags,
            "precision": precision,
            "problem.severity": problem,
        },
    })
}

struct Writer<'r> {
    report: &'r Report<'r>,
    numbers: &'r BTreeMap<&'r str, usize>,
    locator: Locator<'r>,
}

impl Writer<'_> {
    fn result(&mut self, finding: &Finding) -> Map<String, Value> {
        let mut message = sentence(&finding.message);
        if let Some(help) = &finding.help {
            message.push(' ');
            message.push_str(&sentence(help));
        }
        let mut location = self.location(finding.origin.place);
        if let Some(object) = &finding.object {
            location["logicalLocations"] = json!([{ "fullyQualifiedName": **object }]);
        }
        let mut result = Map::new();
        result.insert("ruleId".into(), finding.rule.into());
        if let Some(number) = self.numbers.get(finding.rule) {
            result.insert("ruleIndex".into(), (*number).into());
        }
        result.insert("level".into(), level(finding.severity).into());
        result.insert("message".into(), json!({ "text": text(&message) }));
        result.insert("locations".into(), json!([location]));
        result.insert(
            "partialFingerprints".into(),
            json!({ "plimsoll/v1": finding.fingerprint.to_string() }),
        );
        let related: Vec<Value> = finding
            .related
            .iter()
            .enumerate()
            .map(|(number, related)| {
                let mut location = self.location(related.place);
                location["id"] = (number + 1).into();
                if !related.message.is_empty() {
                    location["message"] = json!({ "text": text(&related.message) });
                }
                location
            })
            .collect();
        if !related.is_empty() {
            result.insert("relatedLocations".into(), related.into());
        }
        if let Some(fix) = finding.fix.as_ref().and_then(|fix| self.fix(fix)) {
            result.insert("fixes".into(), json!([fix]));
        }
        let mut properties = json!({ "confidence": finding.confidence.name() });
        if !finding.notes.is_empty() {
            properties["notes"] = json!(finding.notes);
        }
        result.insert("properties".into(), properties);
        result
    }

    fn location(&mut self, place: Place) -> Value {
        json!({
            "physicalLocation": {
                "artifactLocation": self.artifact(place.file),
                "region": self.region(place),
            }
        })
    }

    fn artifact(&self, file: FileId) -> Value {
        json!({ "uri": uri(&self.report.files.get(file).path), "uriBaseId": ROOT })
    }

    fn region(&mut self, place: Place) -> Value {
        let (start, end) = self.locator.ends(place);
        json!({
            "startLine": start.line,
            "startColumn": start.column,
            "endLine": end.line,
            "endColumn": end.column,
        })
    }

    /// A fix as replacements. SARIF cannot create a file, so a fix that does is left out.
    fn fix(&mut self, fix: &Fix) -> Option<Value> {
        if !fix.change.create.is_empty() || fix.change.edits.is_empty() {
            return None;
        }
        let mut changes: BTreeMap<FileId, Vec<Value>> = BTreeMap::new();
        for edit in &fix.change.edits {
            let region = self.region(Place::new(edit.file, edit.edit.range));
            changes.entry(edit.file).or_default().push(json!({
                "deletedRegion": region,
                "insertedContent": { "text": edit.edit.text },
            }));
        }
        let changes = changes.into_iter().map(|(file, replacements)| {
            json!({
                "artifactLocation": self.artifact(file),
                "replacements": replacements,
            })
        });
        let changes: Vec<Value> = changes.collect();
        Some(json!({
            "description": { "text": text(&sentence(&fix.title)) },
            "artifactChanges": changes,
            "properties": { "safety": fix.safety.name() },
        }))
    }
}

const fn level(severity: Severity) -> &'static str {
    severity.name()
}

/// A phrase as a sentence: what is shown there stands in running text.
fn sentence(phrase: &str) -> String {
    let mut chars = phrase.chars();
    let first = chars.next().map(|c| c.to_uppercase().to_string());
    let mut sentence = first.unwrap_or_default() + chars.as_str();
    if !sentence.ends_with(['.', '?', '!']) {
        sentence.push('.');
    }
    sentence
}

/// A text as a message string: what would be taken for a placeholder (`{0}`, section 3.11.5) is
/// doubled, what would be taken for a link (`[a](b)`, section 3.11.6) is parted. Other braces
/// and brackets stay: readers show them as they are.
fn text(words: &str) -> String {
    let mut out = String::with_capacity(words.len());
    let mut rest = words;
    while let Some(at) = rest.find(['{', ']']) {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let digits = from[1..].bytes().take_while(u8::is_ascii_digit).count();
        let placeholder =
            from.starts_with('{') && digits > 0 && from[1 + digits..].starts_with('}');
        let used = if placeholder {
            out.push_str("{{");
            out.push_str(&from[1..=digits]);
            out.push_str("}}");
            digits + 2
        } else if from.starts_with("](") {
            out.push_str("] (");
            2
        } else {
            out.push_str(&from[..1]);
            1
        };
        rest = &from[used..];
    }
    out.push_str(rest);
    out
}

/// The first paragraph below the heading "What it does" of a manual.
fn what_it_does(page: &str) -> Option<String> {
    let (_, rest) = page.split_once("## What it does\n")?;
    let paragraph = rest
        .trim_start()
        .lines()
        .take_while(|line| !line.is_empty());
    let words = paragraph.collect::<Vec<_>>().join(" ");
    (!words.is_empty()).then_some(words)
}

/// `shell-form-entrypoint` as `ShellFormEntrypoint`, the form that rule names have there.
fn pascal(id: &str) -> String {
    let word = |word: &str| {
        let mut chars = word.chars();
        let first = chars.next().map(|c| c.to_ascii_uppercase());
        first.into_iter().chain(chars).collect::<String>()
    };
    id.split('-').map(word).collect()
}

/// A path as a relative URI reference.
fn uri(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        // The first segment of a relative reference must not look like a scheme.
        if byte.is_ascii_alphanumeric() || b"-._~/!$&'()*+,;=@".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// A folder as a URI, which ends in a slash.
fn folder_uri(path: &str) -> String {
    let path = uri(&path.replace('\\', "/")).replace("%3A", ":");
    let slash = if path.starts_with('/') { "" } else { "/" };
    format!("file://{slash}{}/", path.trim_end_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::{folder_uri, pascal, sentence, text, uri};

    #[test]
    fn messages_hold_no_placeholder_and_no_link() {
        assert_eq!(text("`${A}` {0} {12} {x} {"), "`${A}` {{0}} {{12}} {x} {");
        assert_eq!(
            text("CMD [\"a\"] [a](http://x)"),
            "CMD [\"a\"] [a] (http://x)"
        );
        assert_eq!(sentence("no tag"), "No tag.");
        assert_eq!(sentence("did you mean `x`?"), "Did you mean `x`?");
    }

    #[test]
    fn paths_become_references() {
        assert_eq!(uri("a b/é#?:%.yaml"), "a%20b/%C3%A9%23%3F%3A%25.yaml");
        assert_eq!(folder_uri("/srv/my shop"), "file:///srv/my%20shop/");
        assert_eq!(folder_uri(r"C:\shop"), "file:///C:/shop/");
        assert_eq!(folder_uri("/"), "file:///");
        assert_eq!(pascal("hpa-bounds"), "HpaBounds");
    }
}
