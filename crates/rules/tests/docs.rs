//! Every rule's manual is true: its examples are run, its headings are there, and its tests hold
//! enough cases.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use plimsoll_project::{Options, Project};
use plimsoll_rules::{Date, FixKind, KubeVersion, RULES, Rule, Selection, check, page};
use plimsoll_source::{Edit, Finding, edit};
use plimsoll_testkit::docs::{Example, Role, examples};
use plimsoll_testkit::{Fixture, tree};

/// The text of a rule's file.
fn source(rule: &Rule) -> String {
    read(rule, ".rs").unwrap_or_else(|| panic!("no group has a file for `{}`", rule.id))
}

/// The file of a rule whose path below its group is the rule's name and this.
fn read(rule: &Rule, rest: &str) -> Option<String> {
    let file = format!("{}{rest}", rule.id.replace('-', "_"));
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    [
        "dockerfile",
        "compose",
        "workload",
        "manifests",
        "service",
        "chart",
        "suppressions",
    ]
    .iter()
    .find_map(|group| fs::read_to_string(src.join(group).join(&file)).ok())
}

/// The module doc of a rule's file.
fn manual(source: &str) -> String {
    let lines = source.lines().map_while(|line| line.strip_prefix("//!"));
    lines
        .map(|line| format!("{}\n", line.strip_prefix(' ').unwrap_or(line)))
        .collect()
}

fn review(rule: &Rule, fixture: &Fixture) -> (Project, Vec<Finding>) {
    let mut project = Project::load(Arc::new(tree(fixture)), &Options::default());
    plimsoll_charts::add(
        &mut project,
        &plimsoll_charts::Options::new(&[], &KubeVersion::NEWEST),
    );
    let mut selection = Selection::on(Date::new(2026, 11, 24));
    selection.select.insert(rule.id.to_owned());
    let findings = check(&project, &selection).findings;
    (project, findings)
}

/// The fixture with the findings' fixes applied.
fn mended(project: &Project, findings: &[Finding], fixture: &Fixture) -> Result<Fixture, String> {
    let mut edits: BTreeMap<&str, Vec<Edit>> = BTreeMap::new();
    let mut after = fixture.clone();
    for finding in findings {
        let fix = finding.fix.as_ref().ok_or("the finding has no fix")?;
        for edit in &fix.change.edits {
            edits
                .entry(project.path(edit.file))
                .or_default()
                .push(edit.edit.clone());
        }
        let created = fix
            .change
            .create
            .iter()
            .map(|new| (new.path.clone(), new.text.clone()));
        after.files.extend(created);
    }
    for (path, text) in &mut after.files {
        if let Some(edits) = edits.get(path.as_str()) {
            *text = edit::apply(text, edits).map_err(|error| error.to_string())?;
        }
    }
    Ok(after)
}

/// What is wrong with one example.
fn fault(rule: &Rule, example: &Example, bad: Option<&Fixture>) -> Option<String> {
    let fixture = &example.fixture;
    let (project, findings) = review(rule, fixture);
    match example.role {
        Role::Bad => {
            let fixes = findings.iter().all(|finding| finding.fix.is_some());
            if findings.len() != 1 {
                return Some(format!(
                    "gives {} findings, not one: {findings:#?}",
                    findings.len()
                ));
            }
            if fixes && rule.fix == FixKind::None {
                return Some("gives a fix, but the record says that there is none".into());
            }
            if !fixes && rule.fix == FixKind::Always {
                return Some("gives no fix, but the record says that there always is one".into());
            }
            let fix = mended(&project, &findings, fixture).ok()?;
            let (_, left) = review(rule, &fix);
            (!left.is_empty()).then(|| format!("is found again after its fix: {left:#?}"))
        }
        Role::Good => (!findings.is_empty()).then(|| format!("is found: {findings:#?}")),
        Role::Fixed => {
            let Some(bad) = bad else {
                return Some("follows no `bad` example".into());
            };
            let (project, findings) = review(rule, bad);
            match mended(&project, &findings, bad) {
                Ok(after) if after.files == fixture.files => None,
                Ok(after) => Some(format!("is not what the fix gives: {after:#?}")),
                Err(why) => Some(format!("cannot be reached: {why}")),
            }
        }
    }
}

#[test]
fn examples_show_what_they_say() {
    let mut faults = Vec::new();
    for rule in RULES {
        let examples = examples(&manual(&source(rule)));
        // A mended example is a good one.
        for wanted in [&[Role::Bad][..], &[Role::Good, Role::Fixed]] {
            if !examples
                .iter()
                .any(|example| wanted.contains(&example.role))
            {
                faults.push(format!("{}: no {:?} example", rule.id, wanted[0]));
            }
        }
        let mut bad = None;
        for example in &examples {
            if let Some(fault) = fault(rule, example, bad) {
                faults.push(format!("{}, line {}: {fault}", rule.id, example.line));
            }
            if example.role == Role::Bad {
                bad = Some(&example.fixture);
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_manual_has_its_headings_and_a_page() {
    let order = [
        "What it does",
        "Why it matters",
        "Example",
        "Fix safety",
        "References",
    ];
    let mut faults = Vec::new();
    for rule in RULES {
        let manual = manual(&source(rule));
        let mut inside = false;
        let mut found = Vec::new();
        for line in manual.lines() {
            if line.trim_start().starts_with("```") {
                inside = !inside;
            } else if let Some(title) = line.strip_prefix("# ").filter(|_| !inside) {
                found.push(title);
            }
        }
        let mut wanted = order.to_vec();
        if !found.contains(&"Fix safety") {
            wanted.retain(|title| *title != "Fix safety");
        }
        if found != wanted {
            faults.push(format!(
                "{}: the headings are {found:?}, not {wanted:?}",
                rule.id
            ));
        }
        let page = page(rule.id).unwrap_or_default();
        for example in examples(&manual) {
            let (_, text) = &example.fixture.files[0];
            if !page.contains(text.as_str()) {
                faults.push(format!(
                    "{}: line {} is not in the page",
                    rule.id, example.line
                ));
            }
        }
        let facts = [
            format!("| severity | {} |", rule.severity.name()),
            format!("| confidence | {} |", rule.confidence.name()),
            format!("| strictness | {} |", rule.strictness.name()),
        ];
        for fact in facts {
            if !page.contains(&fact) {
                faults.push(format!("{}: the page lacks `{fact}`", rule.id));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn ids_are_unique_sorted_and_well_formed() {
    for pair in RULES.windows(2) {
        assert!(
            pair[0].id < pair[1].id,
            "`{}` and `{}`",
            pair[0].id,
            pair[1].id
        );
    }
    for rule in RULES {
        let plain = rule.id.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
        assert!(plain && !rule.id.starts_with('-'), "`{}`", rule.id);
        assert!(
            !rule.summary.ends_with('.'),
            "`{}`: the summary ends in a period",
            rule.id
        );
        assert!(!rule.checks.is_empty(), "`{}` checks nothing", rule.id);
    }
}

#[test]
fn every_rule_has_three_positive_and_three_near_miss_cases() {
    let mut faults = Vec::new();
    for rule in RULES {
        let tests = read(rule, "/tests.rs").unwrap_or_else(|| {
            let source = source(rule);
            source
                .split_once("mod tests")
                .map_or_else(String::new, |(_, tests)| tests.to_owned())
        });
        let (positive, clean) = cases(&tests);
        if positive < 3 || clean < 3 {
            faults.push(format!(
                "{}: {positive} positive, {clean} near-miss",
                rule.id
            ));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Positive and near-miss cases of a test module: statements that assert findings, and that
/// assert none. In a loop over a list a statement counts once for each item of the list.
fn cases(tests: &str) -> (usize, usize) {
    let (mut positive, mut clean) = (0, 0);
    let tests = without_texts(tests);
    for test in tests.split("#[test]").skip(1) {
        let times = looped(test).max(1);
        for statement in test.split(';') {
            let has = |words: &[&str]| words.iter().any(|word| statement.contains(word));
            let words: String = statement.split_whitespace().collect();
            let ends = |count: &str| {
                words.ends_with(&format!(",{count})")) || words.ends_with(&format!(",{count},)"))
            };
            let loud = has(&[".says(", ".fixed(", ".message"]) || ends("1") || ends("2");
            let flags = words.contains(".flags(") && !words.contains(".flags(&[])");
            let empty = words.contains(".is_empty()");
            if has(&[".clean()"]) || words.contains(".flags(&[])") || ends("0") {
                clean += times;
            } else if flags || loud || empty && words.contains("(!") {
                positive += times;
            } else if empty {
                clean += times;
            }
        }
    }
    (positive, clean)
}

/// The code with the insides of its string literals taken out.
fn without_texts(code: &str) -> String {
    let mut out = String::new();
    let mut rest = code;
    while let Some(at) = rest.find('"') {
        let hashes = rest[..at].bytes().rev().take_while(|&b| b == b'#').count();
        let raw = rest[..at - hashes].ends_with('r');
        out.push_str(&rest[..=at]);
        rest = &rest[at + 1..];
        let end = if raw {
            rest.find(&format!("\"{}", "#".repeat(hashes)))
        } else {
            let mut escaped = false;
            rest.find(|c| {
                let ends = c == '"' && !escaped;
                escaped = c == '\\' && !escaped;
                ends
            })
        };
        let Some(end) = end else { break };
        out.push('"');
        rest = &rest[end + 1..];
    }
    out.push_str(rest);
    out
}

/// The number of items in the first list that a `for` of the test runs over; 0 without one.
/// Texts have been taken out of it.
fn looped(test: &str) -> usize {
    let Some((_, rest)) = test.split_once("for ") else {
        return 0;
    };
    let Some((_, list)) = rest.split_once(" in [") else {
        return 0;
    };
    let (mut depth, mut items, mut pending) = (0, 0, false);
    for c in list.chars() {
        match c {
            '(' | '[' => (depth, pending) = (depth + 1, true),
            ']' if depth == 0 => break,
            ')' | ']' => depth -= 1,
            ',' if depth == 0 => (items, pending) = (items + usize::from(pending), false),
            c => pending |= !c.is_whitespace(),
        }
    }
    items + usize::from(pending)
}

#[test]
fn cases_in_loops_are_counted() {
    let text = r#"
        #[test]
        fn a() { on(&RULE).dockerfile("x; y").flags(&["1: a"]).fixed("y"); assert_eq!(run("x"), 1); }
        #[test]
        fn b() { for text in ["a, b", "c\"; ", "d"] { on(&RULE).dockerfile(text).clean(); } }
        #[test]
        fn c() { for (a, b) in [("x", 1), ("y", 2)] { on(&RULE).compose(a).flags(&[b]); } }
        #[test]
        fn d() { on(&RULE).files("x").flags(&[]); assert_eq!(run("echo"), 0); }
    "#;
    assert_eq!(cases(text), (4, 5));
}
