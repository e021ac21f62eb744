//! pip, uv, poetry, pdm and pipenv.

use super::super::calls::{Arg, Call};
use super::super::ecosystems::Tool;
use super::super::installs::{Action, Lock, Read, Words, is_path};
use super::named;

pub(super) const PIP_VALUED: &[&str] = &[
    "-r",
    "--requirement",
    "-c",
    "--constraint",
    "-e",
    "--editable",
    "-t",
    "--target",
    "-i",
    "--index-url",
    "--extra-index-url",
    "-f",
    "--find-links",
    "--trusted-host",
    "--prefix",
    "--root",
    "--cache-dir",
    "--proxy",
    "--timeout",
    "--default-timeout",
    "--retries",
    "--python",
    "--platform",
    "--no-binary",
    "--only-binary",
    "--progress-bar",
    "--upgrade-strategy",
    "--config-settings",
    "--use-feature",
    "--src",
    "--log",
    "-w",
    "--wheel-dir",
    "-d",
    "--dest",
    "--install-option",
    "--global-option",
    "--python-version",
    "--abi",
    "--implementation",
    "-p",
    "--index",
    "--default-index",
    "--index-strategy",
    "--extra",
    "--keyring-provider",
    "-C",
    "--root-user-action",
    "--group",
    "--overrides",
    "--override",
    "--link-mode",
];

pub(super) fn pip(words: &Words<'_>) -> Option<Read> {
    if !matches!(words.verb()?, "install" | "wheel" | "download" | "sync") {
        return None;
    }
    let mut read = pip_names(words, words.rest())?;
    if words.verb() == Some("sync") {
        read.files
            .extend(words.rest().iter().map(|arg| Box::from(arg.text)));
        read.action = Action::Project;
    }
    Some(read)
}

fn pip_names(words: &Words<'_>, names: &[Arg<'_>]) -> Option<Read> {
    let editable = words.value(&["-e", "--editable"]).is_some();
    let mut files: Vec<Box<str>> = words
        .values
        .iter()
        .filter(|(name, _)| matches!(*name, "-r" | "--requirement"))
        .map(|(_, value)| Box::from(*value))
        .collect();
    // `-rrequirements.txt` in one word.
    files.extend(
        words
            .options
            .iter()
            .filter_map(|option| option.strip_prefix("-r").filter(|rest| rest.len() > 2))
            .map(Box::from),
    );
    let remote = |file: &str| file.contains("://") || file.starts_with("/dev/") || file == "-";
    let local = editable || names.iter().any(|arg| is_path(arg.text));
    let action = if local {
        Action::Local
    } else if files.iter().any(|file| !remote(file)) {
        Action::Project
    } else if names.is_empty() && files.is_empty() {
        return None;
    } else {
        Action::Named
    };
    let mut read = Read::new(action, Lock::None);
    read.files = files;
    Some(read)
}

const UV_VALUED: &[&str] = &[
    "--extra",
    "--group",
    "--no-group",
    "--only-group",
    "--python",
    "-p",
    "--package",
    "--directory",
    "--project",
    "--index-url",
    "--default-index",
    "--index",
    "--cache-dir",
    "--link-mode",
    "--no-install-package",
    "--config-file",
    "--no-extra",
    "--prerelease",
    "--resolution",
    "--with",
    "--refresh-package",
    "--extra-index-url",
];

pub(super) fn uv<'a>(call: &Call<'a>) -> Option<(Tool, Words<'a>, Read)> {
    let verb = call
        .args
        .iter()
        .position(|arg| !arg.text.starts_with('-'))?;
    if call.args[verb].text == "pip" {
        let inner = Call {
            args: call.args[verb + 1..].to_vec(),
            ..call.clone()
        };
        let words = Words::of(&inner, PIP_VALUED);
        let read = pip(&words)?;
        return Some((Tool::Pip, words, read));
    }
    let words = Words::of(call, UV_VALUED);
    let mut read = match words.verb()? {
        "sync" => {
            let strict = ["--frozen", "--locked"].iter().any(|name| words.has(name));
            Read::new(
                Action::Project,
                if strict {
                    Lock::Enforced
                } else {
                    Lock::Followed
                },
            )
        }
        "add" => named(words.rest(), Lock::Ignored),
        "tool" if words.rest().first()?.text == "install" => {
            named(&words.rest()[1..], Lock::Ignored)
        }
        _ => return None,
    };
    read.folder = words
        .value(&["--directory", "--project"])
        .map(str::to_owned);
    Some((Tool::Uv, words, read))
}

pub(super) const POETRY_VALUED: &[&str] = &[
    "-C",
    "--directory",
    "-P",
    "--project",
    "-E",
    "--extras",
    "--with",
    "--without",
    "--only",
    "-G",
    "--group",
];

pub(super) fn poetry(words: &Words<'_>) -> Option<Read> {
    let mut read = match words.verb()? {
        "install" | "sync" => Read::new(Action::Project, Lock::Enforced),
        "update" => Read::new(Action::Project, Lock::Ignored),
        "add" => named(words.rest(), Lock::Ignored),
        _ => return None,
    };
    read.folder = words
        .value(&["-C", "--directory", "-P", "--project"])
        .map(str::to_owned);
    Some(read)
}

pub(super) fn pdm(words: &Words<'_>) -> Option<Read> {
    let strict = ["--frozen-lockfile", "--check", "--no-lock"]
        .iter()
        .any(|name| words.has(name));
    let mut read = match words.verb()? {
        "install" => Read::new(
            Action::Project,
            if strict {
                Lock::Enforced
            } else {
                Lock::Followed
            },
        ),
        "sync" => Read::new(Action::Project, Lock::Enforced),
        "update" => Read::new(Action::Project, Lock::Ignored),
        "add" => named(words.rest(), Lock::Ignored),
        _ => return None,
    };
    read.folder = words.value(&["-p", "--project"]).map(str::to_owned);
    Some(read)
}

pub(super) fn pipenv(words: &Words<'_>) -> Option<Read> {
    let strict = ["--deploy", "--ignore-pipfile"]
        .iter()
        .any(|name| words.has(name));
    match words.verb()? {
        "install" if words.has("-r") => None,
        "install" if words.has("--skip-lock") => Some(Read::new(Action::Project, Lock::Ignored)),
        "install" => Some(match words.rest() {
            [] => Read::new(
                Action::Project,
                if strict {
                    Lock::Enforced
                } else {
                    Lock::Followed
                },
            ),
            names => named(names, Lock::Ignored),
        }),
        "sync" => Some(Read::new(Action::Project, Lock::Enforced)),
        "update" => Some(Read::new(Action::Project, Lock::Ignored)),
        _ => None,
    }
}
