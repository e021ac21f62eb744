//! npm, yarn, pnpm and bun.

use super::super::calls::Call;
use super::super::ecosystems::Tool;
use super::super::installs::{Action, Lock, Read, Words};
use super::{named, simple};

pub(super) fn javascript<'a>(
    call: &Call<'a>,
    tool: Tool,
    valued: &[&str],
    meaning: fn(&Words<'a>) -> Option<Read>,
) -> Option<(Tool, Words<'a>, Read)> {
    let (tool, words, mut read) = simple(call, tool, valued, meaning)?;
    read.folder = words
        .value(&["--prefix", "-C", "--cwd", "--dir"])
        .map(str::to_owned);
    Some((tool, words, read))
}

pub(super) const NPM_VALUED: &[&str] = &[
    "--prefix",
    "-C",
    "--registry",
    "--loglevel",
    "-w",
    "--workspace",
    "--cache",
    "--userconfig",
    "--omit",
    "--include",
    "--scope",
    "--tag",
    "--script-shell",
    "--maxsockets",
    "--fetch-timeout",
    "--fetch-retries",
    "--target_arch",
    "--location",
];

pub(super) fn npm(words: &Words<'_>) -> Option<Read> {
    let global =
        words.has("-g") || words.has("--global") || words.value(&["--location"]) == Some("global");
    match words.verb()? {
        "ci" | "clean-install" | "install-clean" | "ic" | "cit" => {
            Some(Read::new(Action::Project, Lock::Enforced))
        }
        "install" | "i" | "in" | "add" | "isntall" | "it" => Some(match words.rest() {
            [] if global => Read::new(Action::Local, Lock::Ignored),
            [] if words.has("--no-package-lock") || words.has("--package-lock=false") => {
                Read::new(Action::Project, Lock::Ignored)
            }
            [] => Read::new(Action::Project, Lock::Followed),
            names => named(names, Lock::Ignored),
        }),
        "update" | "up" | "upgrade" if global => Some(Read::new(Action::Named, Lock::Ignored)),
        "update" | "up" | "upgrade" if words.rest().is_empty() => {
            Some(Read::new(Action::Project, Lock::Ignored))
        }
        _ => None,
    }
}

pub(super) const YARN_VALUED: &[&str] = &[
    "--cwd",
    "--network-timeout",
    "--network-concurrency",
    "--registry",
    "--cache-folder",
    "--mutex",
    "--modules-folder",
    "--preferred-cache-folder",
    "--mode",
];

pub(super) fn yarn(words: &Words<'_>) -> Option<Read> {
    let lock = if words.has("--frozen-lockfile") || words.has("--immutable") {
        Lock::Enforced
    } else if words.has("--pure-lockfile") {
        // Reads the lock file and never writes it.
        Lock::Enforced
    } else if words.has("--no-lockfile") || words.has("--no-immutable") {
        Lock::Ignored
    } else {
        Lock::Followed
    };
    match words.verb() {
        None if words.has("-v") || words.has("-h") => None,
        None | Some("install") => Some(Read::new(Action::Project, lock)),
        // It never writes the lock file, and has no option to say so.
        Some("workspaces") if words.rest().first()?.text == "focus" => {
            Some(Read::new(Action::Project, Lock::Enforced))
        }
        Some("add") => Some(named(words.rest(), Lock::Ignored)),
        Some("global") if words.rest().first()?.text == "add" => {
            Some(named(&words.rest()[1..], Lock::Ignored))
        }
        Some("upgrade") => Some(Read::new(Action::Project, Lock::Ignored)),
        _ => None,
    }
}

pub(super) const PNPM_VALUED: &[&str] = &[
    "--filter",
    "-F",
    "--dir",
    "-C",
    "--store-dir",
    "--prefix",
    "--registry",
    "--reporter",
    "--loglevel",
    "--cwd",
    "--network-concurrency",
    "--fetch-timeout",
    "--cache-dir",
    "--omit",
];

pub(super) fn pnpm(words: &Words<'_>) -> Option<Read> {
    let lock = if words.has("--frozen-lockfile") && !words.has("--frozen-lockfile=false") {
        Lock::Enforced
    } else if words.has("--no-lockfile") {
        Lock::Ignored
    } else {
        Lock::Followed
    };
    match words.verb()? {
        "install" | "i" => Some(match words.rest() {
            [] => Read::new(Action::Project, lock),
            names => named(names, Lock::Ignored),
        }),
        "ci" | "clean-install" => Some(Read::new(Action::Project, Lock::Enforced)),
        "fetch" => Some(Read::new(Action::Fetch, Lock::Enforced)),
        "add" => Some(named(words.rest(), Lock::Ignored)),
        "update" | "up" | "upgrade" => Some(Read::new(Action::Project, Lock::Ignored)),
        _ => None,
    }
}

pub(super) fn bun(words: &Words<'_>) -> Option<Read> {
    let strict = ["--frozen-lockfile", "--production", "-p"]
        .iter()
        .any(|name| words.has(name));
    match words.verb()? {
        "install" | "i" => Some(match words.rest() {
            [] if words.has("--no-save") => Read::new(Action::Project, Lock::Followed),
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
        "ci" => Some(Read::new(Action::Project, Lock::Enforced)),
        "add" => Some(named(words.rest(), Lock::Ignored)),
        "update" => Some(Read::new(Action::Project, Lock::Ignored)),
        _ => None,
    }
}
