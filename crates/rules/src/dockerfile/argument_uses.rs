//! Whether a step of a build may use a build argument: it names it, or runs something that can
//! read it from its environment.

use plimsoll_dockerfile::{Body, Build};
use plimsoll_source::files::join;

use super::build_context::View;
use super::facts::Facts;
use super::facts::calls::{Call, calls};
use super::facts::copies::Whence;

/// The most files that are searched for a name.
const MOST: usize = 40;

/// Whether a RUN from `start` on, one of those that `own` is true of, may use the variable.
pub(crate) fn may_use(
    build: &Build,
    facts: &Facts,
    view: Option<View<'_>>,
    name: &str,
    start: usize,
    own: &dyn Fn(usize) -> bool,
) -> bool {
    let text = &*build.file.text;
    (start..build.file.instructions.len())
        .filter(|&index| own(index))
        .filter(|&index| matches!(build.file.instructions[index].body, Body::Run(_)))
        .any(|index| {
            let instruction = &build.file.instructions[index];
            let all = calls(build, index);
            all.is_empty()
                || !instruction.heredocs.is_empty()
                || refers_to(instruction.range.of(text), name)
                || all.iter().any(|call| match kind(call) {
                    Kind::System => false,
                    Kind::Installs => is_for_installers(name) || asked_for(facts, view, name),
                    Kind::Other => true,
                })
        })
}

/// The names that an ENV from `start` on gives the variable's value.
pub(crate) fn kept_as<'a>(
    build: &'a Build,
    name: &str,
    start: usize,
    own: &dyn Fn(usize) -> bool,
) -> Vec<&'a str> {
    let mut found = Vec::new();
    for index in (start..build.file.instructions.len()).filter(|&index| own(index)) {
        if let Body::Env(pairs) = &build.file.instructions[index].body {
            let kept = pairs
                .iter()
                .filter(|pair| refers_to(&pair.value.value, name));
            found.extend(kept.map(|pair| &*pair.key.value));
        }
    }
    found
}

/// Whether a text has `$NAME` or `${NAME`.
pub(crate) fn refers_to(text: &str, name: &str) -> bool {
    text.match_indices(name).any(|(at, _)| {
        let before = &text[..at];
        let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        (before.ends_with('$') || before.ends_with("${"))
            && !text[at + name.len()..].starts_with(is_word)
    })
}

/// What a call does with its environment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    /// Programs of the system, which read none of the project's variables.
    System,
    /// An installer of packages: it reads credentials for the places that it asks.
    Installs,
    /// It may be the project's own code.
    Other,
}

/// Programs of the system, by name.
const SYSTEM: &[&str] = &[
    ":",
    "[",
    "addgroup",
    "adduser",
    "apk",
    "apt",
    "apt-get",
    "apt-mark",
    "arch",
    "cat",
    "cd",
    "chgrp",
    "chmod",
    "chown",
    "corepack",
    "cp",
    "curl",
    "date",
    "dnf",
    "dpkg",
    "echo",
    "find",
    "getconf",
    "gpg",
    "groupadd",
    "id",
    "install",
    "ldconfig",
    "ln",
    "locale-gen",
    "ls",
    "microdnf",
    "mkdir",
    "mv",
    "nproc",
    "pacman",
    "printf",
    "rm",
    "sed",
    "set",
    "sleep",
    "tar",
    "tee",
    "test",
    "touch",
    "true",
    "uname",
    "unzip",
    "update-ca-certificates",
    "useradd",
    "usermod",
    "wget",
    "which",
    "yum",
    "zypper",
];

fn kind(call: &Call<'_>) -> Kind {
    if SYSTEM.contains(&call.program) {
        return Kind::System;
    }
    let first = call.args.iter().map(|arg| arg.text);
    let first = first
        .clone()
        .find(|text| !text.starts_with('-'))
        .unwrap_or("");
    let installs = match call.program {
        "bundle" => matches!(first, "" | "install" | "config" | "clean"),
        "gem" => matches!(first, "install" | "update"),
        "npm" => matches!(first, "ci" | "install" | "i" | "cache" | "config"),
        "pnpm" => matches!(first, "install" | "i" | "fetch" | "config"),
        "yarn" => matches!(first, "" | "install" | "cache" | "config"),
        "bun" => matches!(first, "install" | "i"),
        // The project itself is built by what is given as a folder.
        "pip" | "pip3" => {
            let local =
                |text: &str| matches!(text, "." | "-e" | "--editable") || text.contains("./");
            first == "install" && !call.args.iter().any(|arg| local(arg.text))
        }
        "pipenv" => first == "install",
        "go" => first == "mod",
        _ => false,
    };
    if installs {
        Kind::Installs
    } else {
        Kind::Other
    }
}

/// Whether a name is one by which installers are given credentials.
fn is_for_installers(name: &str) -> bool {
    const PARTS: &[&str] = &[
        "ACCESS",
        "ARTIFACTORY",
        "AUTH",
        "BUNDLE",
        "COMPOSER",
        "GEM",
        "GH",
        "GIT",
        "GITHUB",
        "GITLAB",
        "INDEX",
        "NEXUS",
        "NODE",
        "NPM",
        "NPMRC",
        "PACKAGE",
        "PACKAGES",
        "PAT",
        "PIP",
        "PYPI",
        "REGISTRY",
        "REPO",
        "TOKEN",
        "UV",
        "YARN",
    ];
    name.split('_')
        .any(|part| PARTS.contains(&&*part.to_ascii_uppercase()))
}

/// Whether what an installer reads speaks of the variable, or makes it run the project's code.
fn asked_for(facts: &Facts, view: Option<View<'_>>, name: &str) -> bool {
    const SETTINGS: &[&str] = &[
        ".bundle/config",
        ".npmrc",
        ".yarnrc",
        ".yarnrc.yml",
        "Gemfile",
        "Pipfile",
        "bunfig.toml",
        "pip.conf",
        "pnpm-workspace.yaml",
        "requirements.txt",
    ];
    let Some(view) = view else { return false };
    let mut folders = vec![String::new()];
    for copy in facts
        .copies
        .iter()
        .filter(|copy| copy.whence == Whence::Context)
    {
        for source in copy.sources.iter().filter(|source| source.known) {
            let parent = source.path.rsplit_once('/').map_or("", |(dir, _)| dir);
            for folder in [&*source.path, parent] {
                if folders.len() < MOST && !folders.iter().any(|known| known == folder) {
                    folders.push(folder.to_owned());
                }
            }
        }
    }
    let read = |folder: &str, file: &str| view.read(&join(folder, file)?);
    folders.iter().any(|folder| {
        let settings = || SETTINGS.iter().filter_map(|file| read(folder, file));
        let runs_code = || {
            read(folder, "package.json").is_some_and(|text| {
                ["preinstall", "install", "postinstall", "prepare"]
                    .iter()
                    .any(|script| text.contains(&format!("\"{script}\"")))
            })
        };
        settings().any(|text| text.contains(name)) || runs_code()
    })
}

#[cfg(test)]
mod tests {
    use crate::dockerfile::secret_in_image::RULE;
    use crate::testing::on;

    #[track_caller]
    fn help(name: &str, rest: &str, files: &str) -> String {
        let case = on(&RULE).files(&format!(
            "//- /Dockerfile\nFROM ruby:3.4-slim\nARG {name}\n{rest}\n//- /a.rb\n1\n{files}"
        ));
        let first = case
            .findings
            .first()
            .and_then(|found| found.help.as_deref());
        first.unwrap_or_default().to_owned()
    }

    const INSTALLS: &str = "RUN apt-get update -qq && apt-get install -y build-essential\nRUN mkdir /project\n\
        COPY Gemfile Gemfile.lock ./\nRUN bundle install --jobs $(nproc)\nCOPY . .\nCMD [\"a\"]";

    #[test]
    fn what_no_step_uses_is_given_to_the_container() {
        assert_eq!(
            help(
                "SECRET_KEY",
                &format!("ENV SECRET_KEY=${{SECRET_KEY}}\n{INSTALLS}"),
                ""
            ),
            "no step uses it: take this ARG and the ENV `SECRET_KEY` out, and give it when the container \
             starts (`environment`, a Secret)"
        );
        assert_eq!(
            help("SECRET_KEY", INSTALLS, ""),
            "no step uses it: take this ARG out; a program that needs it is given it when the container \
             starts (`environment`, a Secret)"
        );
        assert!(help("DB_PASSWORD", "RUN npm ci && chmod +x a", "").starts_with("no step"));
    }

    #[test]
    fn steps_that_may_use_it_get_a_mount() {
        for step in [
            "RUN ./bin/rails assets:precompile",
            "RUN npm run build",
            "RUN python manage.py collectstatic",
            "RUN npx next build",
            "RUN bundle exec rake a",
            "RUN sh a.sh",
            "RUN pip install .",
            "RUN echo $SECRET_KEY > a",
        ] {
            let found = help("SECRET_KEY", &format!("{INSTALLS}\n{step}"), "");
            assert!(found.starts_with("use a secret mount"), "{step}: {found}");
        }
        // An installer takes credentials, and runs scripts of the project.
        for (name, files) in [
            ("NPM_TOKEN", ""),
            (
                "FONTS_KEY_SECRET",
                "//- /.npmrc\n//a.example/:_authToken=${FONTS_KEY_SECRET}\n",
            ),
            (
                "DB_PASSWORD",
                "//- /package.json\n{\"scripts\": {\"postinstall\": \"prisma generate\"}}\n",
            ),
        ] {
            let found = help(name, "COPY . .\nRUN npm ci", files);
            assert!(found.starts_with("use a secret mount"), "{name}: {found}");
        }
    }
}
