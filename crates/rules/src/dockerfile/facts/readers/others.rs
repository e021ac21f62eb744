//! Bundler, gem, Composer, dotnet and mix.

use super::super::installs::{Action, Lock, Read, Words};
use super::named;

pub(super) const BUNDLE_VALUED: &[&str] = &[
    "--path",
    "--jobs",
    "-j",
    "--without",
    "--with",
    "--retry",
    "--gemfile",
    "--binstubs",
];

pub(super) fn bundle(words: &Words<'_>) -> Option<Read> {
    let strict = ["--frozen", "--deployment"]
        .iter()
        .any(|name| words.has(name));
    let lock = if strict {
        Lock::Enforced
    } else {
        Lock::Followed
    };
    match words.verb() {
        None if words.has("-v") => None,
        None | Some("install") => Some(Read::new(Action::Project, lock)),
        Some("package" | "cache" | "pack") => Some(Read::new(Action::Fetch, lock)),
        Some("update") => Some(Read::new(Action::Project, Lock::Ignored)),
        Some("add") => Some(named(words.rest(), Lock::Ignored)),
        _ => None,
    }
}

pub(super) fn gem(words: &Words<'_>) -> Option<Read> {
    match words.verb()? {
        "install" | "i" if !words.rest().is_empty() => Some(named(words.rest(), Lock::Ignored)),
        _ => None,
    }
}

pub(super) fn composer(words: &Words<'_>) -> Option<Read> {
    let mut read = match words.verb()? {
        "install" | "i" => Read::new(Action::Project, Lock::Enforced),
        "update" | "upgrade" | "u" if words.rest().is_empty() => {
            Read::new(Action::Project, Lock::Ignored)
        }
        "require" => named(words.rest(), Lock::Ignored),
        "global" if words.rest().first()?.text == "require" => {
            named(&words.rest()[1..], Lock::Ignored)
        }
        _ => return None,
    };
    read.folder = words.value(&["-d", "--working-dir"]).map(str::to_owned);
    Some(read)
}

pub(super) const DOTNET_VALUED: &[&str] = &[
    "-c",
    "--configuration",
    "-o",
    "--output",
    "-r",
    "--runtime",
    "-f",
    "--framework",
    "-a",
    "--arch",
    "--os",
    "-s",
    "--source",
    "--configfile",
    "-v",
    "--verbosity",
    "--version-suffix",
    "--tool-path",
    "--version",
    "--packages",
    "-p",
    "-l",
    "--logger",
    "--project",
];

pub(super) fn dotnet(words: &Words<'_>) -> Option<Read> {
    let lock = if words.has("--locked-mode") {
        Lock::Enforced
    } else {
        Lock::None
    };
    let mut read = match words.verb()? {
        "restore" => Read::new(Action::Project, lock),
        "build" | "publish" | "test" | "pack" | "run" | "msbuild"
            if !words.has("--no-restore") && !words.has("--no-build") =>
        {
            Read::new(Action::Build, lock)
        }
        "tool" if words.rest().first()?.text == "install" => {
            named(&words.rest()[1..], Lock::Ignored)
        }
        _ => return None,
    };
    // `dotnet restore src/App/App.csproj`: the project is the file's folder.
    read.folder = words.rest().first().and_then(|arg| {
        let is_file = ["proj", ".sln", ".slnx"]
            .iter()
            .any(|end| arg.text.ends_with(end));
        match arg.text.rsplit_once('/') {
            Some((dir, _)) if is_file => Some(dir.to_owned()),
            _ => (!is_file && arg.text.contains('/')).then(|| arg.text.to_owned()),
        }
    });
    Some(read)
}

pub(super) fn mix(words: &Words<'_>) -> Option<Read> {
    let gets = words
        .plain
        .iter()
        .any(|arg| arg.text.trim_end_matches(',') == "deps.get");
    let strict = words.has("--check-locked");
    gets.then(|| {
        Read::new(
            Action::Project,
            if strict {
                Lock::Enforced
            } else {
                Lock::Followed
            },
        )
    })
}
