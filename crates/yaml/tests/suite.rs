//! All 402 cases of yaml-test-suite: the verdict of either dialect, the events of the tree, and
//! how both references see the case. `tests/suite.tsv` holds the answers; a test fails when one
//! changes, and `PLIMSOLL_BLESS=1 cargo test -p plimsoll-yaml --test suite` writes them anew.
//!
//! The suite is not part of this repository: it lies in the package of the crate `yaml-edit`, a
//! dependency that is fetched but never built.

mod typed;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use plimsoll_yaml::{Dialect, Kind, Node, Style, Tree, parse};
use serde_json::Value;

const TABLE: &str = include_str!("suite.tsv");
const GO_V2: &str = include_str!("../../../tests/oracles/yaml-v2/answers.json");
const CORE: &str = include_str!("../../../tests/oracles/yaml-v4/answers.json");

/// Cases where a dialect differs from its reference, or the tree from the suite, and why.
const KNOWN: [(&str, &str); 15] = [
    (
        "FRK4",
        "a colon before a comma is text, as in both references, which refuse the empty key",
    ),
    ("4ABK", "a `:` before `,` belongs to the key there"),
    ("4MUZ/00", "kubectl reads JSON with a JSON decoder"),
    ("4MUZ/01", "kubectl reads JSON with a JSON decoder"),
    ("5MUD", "kubectl reads JSON with a JSON decoder"),
    ("K3WX", "kubectl reads JSON with a JSON decoder"),
    (
        "652Z",
        "`?foo` in braces is the key `foo` there, which nobody means",
    ),
    ("HM87/01", "`[?x]` is a mapping there, which nobody means"),
    ("9HCY", "a directive below content, without `...` between"),
    (
        "JEF9/02",
        "without a last line break a block text gets none, as in libyaml",
    ),
    (
        "L24T/01",
        "without a last line break a block text gets none, as in libyaml",
    ),
    ("S98Z", "blank lines that are indented more than the text"),
    ("U99R", "a comma is part of a tag there"),
    ("UGM3", "a date is a point in time there and a text here"),
    (
        "Y2GN",
        "`&an:chor` is the anchor `an` and the text `:chor` there",
    ),
];

/// Where the suite lies; says so loudly if it cannot be had.
fn suite() -> Option<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--manifest-path"])
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
        .output()
        .ok()?;
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap_or(Value::Null);
    let manifest = metadata["packages"]
        .as_array()
        .into_iter()
        .flatten()
        .find(|package| package["name"] == "yaml-edit")
        .and_then(|package| package["manifest_path"].as_str());
    let folder = manifest
        .and_then(|path| Path::new(path).parent())
        .map(|path| path.join("test-data"));
    let found = folder.filter(|folder| folder.is_dir());
    if found.is_none() {
        let note = "\n*** yaml-test-suite is NOT checked: the package `yaml-edit` cannot be fetched ***\n\n";
        let _ = std::io::stderr().write_all(note.as_bytes());
    }
    found
}

struct Case {
    text: String,
    events: String,
    valid: bool,
}

fn cases(folder: &Path) -> BTreeMap<String, Case> {
    let mut cases = BTreeMap::new();
    let list = |folder: &Path| -> Vec<PathBuf> {
        let entries = std::fs::read_dir(folder).into_iter().flatten();
        entries
            .filter_map(|entry| entry.ok().map(|entry| entry.path()))
            .collect()
    };
    for top in list(folder) {
        let name = top
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or("")
            .to_owned();
        if name.len() != 4 || name == "name" || name == "tags" {
            continue;
        }
        for path in std::iter::once(top.clone()).chain(list(&top)) {
            let Ok(text) = std::fs::read_to_string(path.join("in.yaml")) else {
                continue;
            };
            let sub = path
                .strip_prefix(&top)
                .ok()
                .and_then(Path::to_str)
                .unwrap_or("");
            let id = if sub.is_empty() {
                name.clone()
            } else {
                format!("{name}/{sub}")
            };
            let events = std::fs::read_to_string(path.join("test.event")).unwrap_or_default();
            let valid = !path.join("error").exists();
            cases.insert(
                id,
                Case {
                    text,
                    events,
                    valid,
                },
            );
        }
    }
    cases
}

/// The tree in the notation of the suite. Flow and block, and document ends, are not compared.
fn events(tree: &Tree) -> String {
    let mut out = String::from("+STR\n");
    for document in tree.documents() {
        let _ = writeln!(
            out,
            "+DOC{}",
            if document.marker().is_some() {
                " ---"
            } else {
                ""
            }
        );
        match document.root() {
            Some(root) => push_events(root, &mut out),
            None => out.push_str("=VAL :\n"),
        }
        out.push_str("-DOC\n");
    }
    out.push_str("-STR\n");
    out
}

fn push_events(node: Node<'_>, out: &mut String) {
    let mut props = String::new();
    if let Some((name, _)) = node.anchor() {
        let _ = write!(props, " &{name}");
    }
    if let Some((tag, _)) = node.tag() {
        let _ = write!(props, " <{tag}>");
    }
    match node.kind() {
        Kind::Alias => {
            let _ = writeln!(out, "=ALI {}", node.source());
        }
        Kind::Mapping => {
            let _ = writeln!(out, "+MAP{props}");
            for entry in node.entries() {
                push_events(entry.key, out);
                push_events(entry.value, out);
            }
            out.push_str("-MAP\n");
        }
        Kind::Sequence => {
            let _ = writeln!(out, "+SEQ{props}");
            node.items().for_each(|item| push_events(item, out));
            out.push_str("-SEQ\n");
        }
        Kind::Scalar => {
            let sign = match node.style() {
                Style::SingleQuoted => '\'',
                Style::DoubleQuoted => '"',
                Style::Literal => '|',
                Style::Folded => '>',
                _ => ':',
            };
            let text = node
                .str()
                .unwrap_or("")
                .replace('\\', "\\\\")
                .replace('\n', "\\n");
            let text = text
                .replace('\t', "\\t")
                .replace('\r', "\\r")
                .replace('\u{8}', "\\b");
            let _ = writeln!(out, "=VAL{props} {sign}{text}");
        }
    }
}

fn comparable(events: &str) -> String {
    let mut out = String::new();
    for line in events.lines() {
        let line = line
            .trim_start()
            .replace("+MAP {}", "+MAP")
            .replace("+SEQ []", "+SEQ");
        let line = line
            .strip_suffix(" ...")
            .filter(|l| *l == "-DOC")
            .unwrap_or(&line);
        let _ = writeln!(out, "{line}");
    }
    out
}

/// FNV-1a, as the oracles print it.
fn hash(text: &str) -> String {
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{hash:016x}")
}

/// The verdict of one dialect, and how it stands to its reference.
fn verdict(id: &str, text: &str, dialect: Dialect, answers: &Value) -> (String, String) {
    let tree = parse(text, dialect);
    let reference = answers["suite"]
        .as_array()
        .into_iter()
        .flatten()
        .find(|case| case["id"] == id)
        .unwrap_or_else(|| panic!("{id} is missing in the answers"));
    let accepted = reference["accept"] == true;
    let ours = tree.errors().is_empty();
    let standing = match (ours, accepted) {
        (true, true) if reference["hash"] == hash(&typed::encode(&tree)).as_str() => "as reference",
        (true, true) => "other value",
        (false, false) => "as reference",
        (true, false) => "reference refuses",
        (false, true) => "reference accepts",
    };
    let word = match tree.errors().first() {
        None => "accept".to_owned(),
        Some(error) => format!("refuse: {}", error.message),
    };
    (word, standing.to_owned())
}

#[test]
fn every_case_is_accounted_for() {
    let Some(folder) = suite() else { return };
    let cases = cases(&folder);
    assert_eq!(cases.len(), 402);
    let go_v2: Value = serde_json::from_str(GO_V2).expect("JSON");
    let core: Value = serde_json::from_str(CORE).expect("JSON");
    let mut table = String::from(
        "id\tsuite\ttree\tcore\tcore and compose-go\tgo_v2\tgo_v2 and sigs.k8s.io/yaml\n",
    );
    for (id, case) in &cases {
        let tree = parse(case.text.as_str(), Dialect::Core);
        let same = if !case.valid {
            "-"
        } else if comparable(&case.events) == comparable(&events(&tree)) {
            "equal"
        } else {
            "differs"
        };
        let (core_word, core_standing) = verdict(id, &case.text, Dialect::Core, &core);
        let (v2_word, v2_standing) = verdict(id, &case.text, Dialect::GoV2, &go_v2);
        let note = KNOWN
            .iter()
            .find(|(known, _)| known == id)
            .map_or("", |(_, note)| note);
        let expected = [core_standing.as_str(), v2_standing.as_str()];
        let explained = same != "differs" && expected.iter().all(|word| *word == "as reference");
        assert_eq!(explained, note.is_empty(), "{id}: {expected:?}");
        let suite = if case.valid { "valid" } else { "invalid" };
        let _ = writeln!(
            table,
            "{id}\t{suite}\t{same}\t{core_word}\t{core_standing}\t{v2_word}\t{v2_standing}\t{note}"
        );
    }
    if std::env::var_os("PLIMSOLL_BLESS").is_some() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/suite.tsv");
        std::fs::write(path, &table).expect("the table is written");
        return;
    }
    let changed: Vec<_> = table
        .lines()
        .filter(|line| !TABLE.lines().any(|old| old == *line))
        .collect();
    assert!(changed.is_empty(), "{}", changed.join("\n"));
}
