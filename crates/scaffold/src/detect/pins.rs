//! Files that pin the version of a runtime: `.python-version`, `.nvmrc`, `.tool-versions`, a
//! `mise.toml`.

use toml::{Table, Value};

use super::files::{Files, below};
use super::releases::Wanted;
use crate::model::Evidence;

/// The names of a runtime in such files.
#[derive(Clone, Copy)]
pub(crate) struct Names {
    /// Files that hold the version and nothing else.
    pub(crate) files: &'static [&'static str],
    /// What `.tool-versions` and `mise.toml` call it.
    pub(crate) tools: &'static [&'static str],
}

pub(crate) const PYTHON: Names = Names {
    files: &[".python-version", "runtime.txt"],
    tools: &["python"],
};
pub(crate) const NODE: Names = Names {
    files: &[".nvmrc", ".node-version"],
    tools: &["node", "nodejs"],
};
pub(crate) const BUN: Names = Names {
    files: &[".bun-version"],
    tools: &["bun"],
};
pub(crate) const GO: Names = Names {
    files: &[".go-version"],
    tools: &["go", "golang"],
};
pub(crate) const RUBY: Names = Names {
    files: &[".ruby-version"],
    tools: &["ruby"],
};
pub(crate) const JAVA: Names = Names {
    files: &[".java-version"],
    tools: &["java"],
};
pub(crate) const PHP: Names = Names {
    files: &[".php-version"],
    tools: &["php"],
};
pub(crate) const ELIXIR: Names = Names {
    files: &[],
    tools: &["elixir"],
};
pub(crate) const DENO: Names = Names {
    files: &[".deno-version"],
    tools: &["deno"],
};
pub(crate) const RUST: Names = Names {
    files: &[],
    tools: &["rust"],
};

/// What pins a version for `folder`, there or in its context.
pub(crate) fn of(files: &Files<'_>, folder: &str, context: &str, names: Names) -> Vec<Wanted> {
    let mut found = Vec::new();
    for place in [folder, context] {
        for name in names.files {
            found.extend(plain(files, &below(place, name)));
        }
        found.extend(tool_versions(files, &below(place, ".tool-versions"), names));
        for name in ["mise.toml", ".mise.toml"] {
            found.extend(mise(files, &below(place, name), names));
        }
        if folder == context {
            break;
        }
    }
    found
}

fn plain(files: &Files<'_>, path: &str) -> Option<Wanted> {
    let text = files.text(path)?;
    let (number, line) = text
        .text
        .lines()
        .enumerate()
        .find(|(_, line)| !line.trim().is_empty() && !line.trim_start().starts_with('#'))?;
    wanted(line, path, number)
}

fn tool_versions(files: &Files<'_>, path: &str, names: Names) -> Option<Wanted> {
    let text = files.text(path)?;
    text.text.lines().enumerate().find_map(|(number, line)| {
        let (tool, version) = line.trim().split_once(char::is_whitespace)?;
        names
            .tools
            .contains(&tool)
            .then(|| wanted(version, path, number))?
    })
}

fn mise(files: &Files<'_>, path: &str, names: Names) -> Option<Wanted> {
    let text = files.text(path)?;
    let table = text.text.parse::<Table>().ok()?;
    let tools = table.get("tools")?.as_table()?;
    let (tool, value) = names
        .tools
        .iter()
        .find_map(|tool| Some((tool, tools.get(*tool)?)))?;
    let version = match value {
        Value::String(version) => version.clone(),
        Value::Float(number) => number.to_string(),
        Value::Integer(number) => number.to_string(),
        Value::Table(table) => table.get("version")?.as_str()?.to_owned(),
        _ => return None,
    };
    let line = text
        .text
        .lines()
        .position(|line| line.trim_start().starts_with(tool));
    wanted(&version, path, line.unwrap_or_default())
}

fn wanted(text: &str, path: &str, line: usize) -> Option<Wanted> {
    let text = text.trim();
    // `python-3.11.4`, `ruby-3.2.1`, `temurin-21.0.2`, `go1.22`.
    let digits = text.find(|c: char| c.is_ascii_digit());
    let version = match digits {
        Some(at) if !text.starts_with(['>', '<', '^', '~', '=']) && !text.starts_with("lts") => {
            &text[at..]
        }
        _ => text,
    };
    let known = version.starts_with("lts") || digits.is_some();
    known.then(|| {
        let evidence = Evidence::line(
            path,
            line as u32 + 1,
            format!("the version is pinned to `{text}`"),
        );
        Wanted::new(version, evidence)
    })
}
