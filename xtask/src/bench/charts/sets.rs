//! Sets of values for a chart that has too few: its defaults with a few scalars changed.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use crate::chart_parity::cases::Case;
use crate::dice::Dice;

/// So many scalars are changed in a set.
const CHANGES: usize = 3;

/// The files of a chart's own sets, and of changes of its defaults until there are `count`. The
/// same chart gives the same sets every time.
pub(super) fn write(
    folder: &Path,
    chart: &Case,
    own: Vec<PathBuf>,
    count: usize,
) -> Result<Vec<PathBuf>> {
    let folder = folder.join(format!("{:032x}", chart.hash));
    fs::create_dir_all(&folder)?;
    let text = fs::read_to_string(chart.chart.join("values.yaml")).unwrap_or_default();
    let scalars = scalars(&text);
    let mut files = own;
    let mut dice = Dice::new(chart.hash as u64);
    while files.len() < count && !scalars.is_empty() {
        let file = folder.join(format!("{:02}.yaml", files.len()));
        fs::write(&file, set(&scalars, &mut dice))?;
        files.push(file);
    }
    Ok(files)
}

/// Those of the files with which `--each` does not fail: it names the others.
pub(super) fn renderable(each: &Command, files: Vec<PathBuf>) -> Result<Vec<PathBuf>> {
    if files.is_empty() {
        return Ok(files);
    }
    let mut command = Command::new(each.get_program());
    command.args(each.get_args()).stdin(Stdio::null());
    let output = command.stdout(Stdio::null()).output();
    let said = output.context("the renders run")?.stderr;
    let said = String::from_utf8_lossy(&said).into_owned();
    let fails = |file: &Path| {
        let name = file.to_string_lossy();
        said.lines()
            .any(|line| line.starts_with("error") && line.contains(&*name))
    };
    Ok(files.into_iter().filter(|file| !fails(file)).collect())
}

/// A scalar below keys of mappings, as it is written.
#[derive(PartialEq, Debug)]
struct Scalar<'t> {
    path: Vec<&'t str>,
    text: &'t str,
}

/// The scalars of a file of values, told by their lines: plain ones below plain keys in block
/// style. What stands in lists, block scalars and flow style is passed over.
fn scalars(text: &str) -> Vec<Scalar<'_>> {
    let mut found = Vec::new();
    let mut above: Vec<(usize, &str)> = Vec::new();
    // Lines that are indented more than this belong to something that is passed over.
    let mut skipped: Option<usize> = None;
    for line in text.lines() {
        let body = line.trim_start_matches(' ');
        let indent = line.len() - body.len();
        if body.is_empty() || body.starts_with('#') {
            continue;
        }
        if skipped.is_some_and(|least| indent > least) {
            continue;
        }
        skipped = None;
        let key = body.split_once(':').filter(|(key, rest)| {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
            let ends = rest.is_empty() || rest.starts_with(' ');
            !key.is_empty() && !key.starts_with('-') && key.bytes().all(plain) && ends
        });
        let Some((key, rest)) = key else {
            skipped = Some(indent);
            continue;
        };
        above.retain(|(outer, _)| *outer < indent);
        let value = rest.split(" #").next().unwrap_or_default().trim();
        above.push((indent, key));
        if value.is_empty() {
            continue;
        }
        skipped = Some(indent);
        if changed(value).is_some() {
            let path = above.iter().map(|(_, key)| *key).collect();
            found.push(Scalar { path, text: value });
        }
    }
    found
}

/// Another scalar of the same kind.
fn changed(text: &str) -> Option<String> {
    match text {
        "true" => return Some("false".to_owned()),
        "false" => return Some("true".to_owned()),
        "null" | "yes" | "no" | "on" | "off" => return None,
        _ => {}
    }
    if let Ok(number) = text.parse::<u32>()
        && text == number.to_string()
    {
        return Some(number.saturating_add(1).to_string());
    }
    let is_word = |text: &str| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"./:-_".contains(&byte);
        text.starts_with(|first: char| first.is_ascii_alphabetic())
            && text.bytes().all(plain)
            && !text.ends_with(':')
    };
    for quote in ['"', '\''] {
        let inner = text.strip_prefix(quote);
        if let Some(inner) = inner.and_then(|text| text.strip_suffix(quote)) {
            return is_word(inner).then(|| format!("{quote}{inner}x{quote}"));
        }
    }
    is_word(text).then(|| format!("{text}x"))
}

/// A tree of values.
#[derive(Default)]
struct Node<'t> {
    scalar: Option<String>,
    below: BTreeMap<&'t str, Node<'t>>,
}

/// The text of a set.
fn set(scalars: &[Scalar<'_>], dice: &mut Dice) -> String {
    let mut root = Node::default();
    for _ in 0..CHANGES {
        let scalar = &scalars[dice.below(scalars.len())];
        let mut node = &mut root;
        for key in &scalar.path {
            node = node.below.entry(key).or_default();
        }
        node.scalar = changed(scalar.text);
    }
    let mut out = String::new();
    written(&root, 0, &mut out);
    out
}

/// Recursion is as deep as the file of values.
fn written(node: &Node<'_>, depth: usize, out: &mut String) {
    for (key, below) in &node.below {
        let indent = "  ".repeat(depth);
        let value = below.scalar.as_deref().filter(|_| below.below.is_empty());
        let value = value.map(|value| format!(" {value}")).unwrap_or_default();
        let _ = writeln!(out, "{indent}{key}:{value}");
        written(below, depth + 1, out);
    }
}

#[cfg(test)]
mod tests {
    use super::{Scalar, changed, scalars, set};
    use crate::dice::Dice;

    const VALUES: &str = "\
# of the chart
image:
  tag: \"v1\" # the newest
  pull: Always
args:
- name: x
  value: y
  port: 9
text: |
  key: no key
  other: 3
flow: {a: 1}
folded: \"begins
  here: 4\"
deep:
    port: 80
    on: true
    empty:
    none: null
replicas: 2
";

    #[test]
    fn scalars_below_keys_are_found_and_nothing_else() {
        let found: Vec<(String, &str)> = scalars(VALUES)
            .into_iter()
            .map(|Scalar { path, text }| (path.join("."), text))
            .collect();
        let found: Vec<(&str, &str)> = found.iter().map(|(path, text)| (&**path, *text)).collect();
        assert_eq!(
            found,
            [
                ("image.tag", "\"v1\""),
                ("image.pull", "Always"),
                ("deep.port", "80"),
                ("deep.on", "true"),
                ("replicas", "2"),
            ]
        );
    }

    #[test]
    fn what_is_changed_stays_what_it_was() {
        let changed = |text| changed(text).unwrap_or_default();
        assert_eq!(changed("80"), "81");
        assert_eq!(changed("true"), "false");
        assert_eq!(changed("'a-b'"), "'a-bx'");
        for same in ["null", "{}", "\"\"", "007", "{{ x }}", "&a b"] {
            assert_eq!(changed(same), "", "{same}");
        }
    }

    #[test]
    fn the_same_dice_give_the_same_set() {
        let scalars = scalars(VALUES);
        let text = set(&scalars, &mut Dice::new(5));
        assert_eq!(text, set(&scalars, &mut Dice::new(5)));
        assert!(text.lines().count() >= 2, "{text}");
        let others = (0..20).map(|seed| set(&scalars, &mut Dice::new(seed)));
        assert!(others.collect::<std::collections::BTreeSet<_>>().len() > 5);
    }
}
