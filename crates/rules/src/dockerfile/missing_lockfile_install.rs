//! # What it does
//! Finds installations that may leave the lock file aside: `npm install` where `npm ci` belongs,
//! `uv sync` without `--locked` or `--frozen`, `yarn`, `pnpm` and `bun install` without
//! `--frozen-lockfile` or `--immutable`, `pipenv install` without `--deploy`, `pdm install`
//! without `--check`, `cargo install --path` without `--locked`; commands that resolve anew
//! (`poetry update`, `composer update`, `go mod tidy`); and lock files that are there but not
//! copied. In pedantic reviews also projects without a lock file, and `cargo build`, `bundle
//! install` and `mix deps.get` without their strict switch.
//!
//! # Why it matters
//! Where the lock file does not fit the manifest, these commands resolve versions anew and say
//! nothing. The image then holds packages that nobody tested, and two builds of one commit
//! differ. The strict forms fail instead, and so where `package-lock.json` lacks what `package.json`
//! names the advice is to renew it first.
//!
//! Silent where the environment or the tool's settings demand the lock file (`UV_LOCKED`, `CI`,
//! `BUNDLE_FROZEN`, `enableImmutableInstalls`, …), and for stages that start nothing and of which
//! the last stage takes nothing.
//!
//! # Example
//! ```dockerfile bad
//! FROM node:22-slim
//! WORKDIR /app
//! COPY package.json package-lock.json ./
//! RUN npm install --omit=dev
//! ```
//! ```dockerfile fixed
//! FROM node:22-slim
//! WORKDIR /app
//! COPY package.json package-lock.json ./
//! RUN npm ci --omit=dev
//! ```
//! ```dockerfile good
//! FROM python:3.13-slim
//! COPY --from=ghcr.io/astral-sh/uv:0.9 /uv /bin/
//! WORKDIR /app
//! COPY pyproject.toml uv.lock ./
//! RUN uv sync --locked --no-install-project
//! ```
//!
//! # Fix safety
//! The build fails where the lock file is out of date, which it passed over before.
//!
//! # References
//! - <https://docs.npmjs.com/cli/commands/npm-ci>
//! - <https://docs.astral.sh/uv/concepts/projects/sync/#automatic-lock-and-sync>
//! - <https://pnpm.io/cli/install#--frozen-lockfile>

use plimsoll_dockerfile::{Build, Stage};
use plimsoll_source::{Confidence, Edit, FileId, Fix, Safety, Severity, TextRange};

use super::build_context::{View, listed};
use super::copied_source::before;
use super::facts::calls::{Call, calls};
use super::facts::copies::Copied;
use super::facts::ecosystems::{Tool, meets};
use super::facts::installs::{Action, Install, Lock};
use super::lock_evidence::{LockFile, is_berry, is_strict_by_settings, lock_file};
use super::npm_lock::unlocked;
use super::shipped::{lineage, starts_process};
use super::workspaces::not_in_lock;
use crate::{Check, Cx, DockerfileInput, FixKind, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "missing-lockfile-install",
    summary: "an installation may leave the lock file aside",
    since: "0.1.0",
    severity: Severity::Warning,
    confidence: Confidence::High,
    strictness: Strictness::Default,
    fix: FixKind::Sometimes,
    aliases: &[],
    checks: &[Check::Dockerfile(check)],
};

fn check(cx: &mut Cx<'_>, input: &DockerfileInput<'_>) {
    let facts = input.facts;
    let build = &input.unit.build;
    let view = View::with_content(cx.project, input.unit);
    let reachable = build.reachable();
    for install in &facts.installs {
        let Some(stage) = build.stage_of(install.instruction) else {
            continue;
        };
        // A stage that no other one takes anything of is built only for whoever names it.
        if !reachable.contains(&stage.index) && !starts_process(stage) {
            continue;
        }
        if install.conditional || install.tool.knowledge().locks.is_empty() || !is_loose(install) {
            continue;
        }
        // A stage that only keeps the lock file up to date is there to change it.
        if install.tool == Tool::Go && !is_built_after(build, stage, install) {
            continue;
        }
        let line = lineage(build, stage);
        let prior = before(facts, &line, install.instruction);
        if is_strict_by_settings(build, install, &prior, view) {
            continue;
        }
        let lock = lock_file(build, facts, &prior, install, view);
        report(cx, input, install, &prior, &lock, view);
    }
}

/// Whether a Go program is built or run in the stage, after an installation, or in one built on it.
fn is_built_after(build: &Build, stage: &Stage, install: &Install) -> bool {
    let on_it = |index: usize| {
        build.stage_of(index).is_some_and(|one| {
            lineage(build, one)
                .iter()
                .any(|base| base.index == stage.index)
        })
    };
    let builds = |call: &Call<'_>| {
        let does = |arg: &str| matches!(arg, "build" | "install" | "run" | "test" | "generate");
        match call.program {
            "go" => call.args.first().is_some_and(|arg| does(arg.text)),
            "make" | "mage" | "task" | "goreleaser" | "xx-go" => true,
            program => program.ends_with(".sh"),
        }
    };
    (install.instruction..build.file.instructions.len())
        .filter(|&index| on_it(index))
        .any(|index| calls(build, index).iter().any(builds))
}

/// Whether the command line does not demand the lock file.
fn is_loose(install: &Install) -> bool {
    match (install.action, install.lock) {
        (Action::Project, Lock::Followed) => {
            // `pnpm install --offline` after `pnpm fetch` can only take what was fetched.
            !install.has("--offline") && install.tool != Tool::Go
        }
        (Action::Build, Lock::Followed) => install.tool == Tool::Cargo,
        (Action::Project | Action::Build, Lock::Ignored) => true,
        // Strict by nature, if only the lock file is there.
        (Action::Project, Lock::Enforced) => {
            matches!(install.tool, Tool::Poetry | Tool::Composer)
        }
        _ => false,
    }
}

fn report(
    cx: &mut Cx<'_>,
    input: &DockerfileInput<'_>,
    install: &Install,
    prior: &[&Copied],
    lock: &LockFile,
    view: Option<View<'_>>,
) {
    let text = &input.unit.build.file.text;
    let range = command_range(install, text);
    let command = range
        .of(text)
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    let downloaded = input.facts.installs.iter().any(|other| {
        let before = (other.instruction, other.command) < (install.instruction, install.command);
        let stage = |one: &Install| {
            input
                .unit
                .build
                .stage_of(one.instruction)
                .map(|it| it.index)
        };
        before
            && other.tool == install.tool
            && stage(other) == stage(install)
            && other
                .names
                .first()
                .is_some_and(|name| &**name == "download")
    });
    let strict = Strict::of(install, prior, view, text, downloaded);
    let subject = input
        .unit
        .build
        .stage_of(install.instruction)
        .map_or(String::new(), |stage| format!("stage/{}", stage.index));
    // Where the tool itself follows the lock file and only does not insist, or the project has
    // chosen not to have one, reasonable teams differ.
    let pedantic = matches!(
        (install.tool, install.lock),
        (Tool::Cargo | Tool::Bundler | Tool::Mix, Lock::Followed)
    );
    let draft = match lock {
        LockFile::There(..) if install.lock == Lock::Enforced => return,
        LockFile::There(file, certain) => {
            let message = match (install.tool, install.lock) {
                (Tool::Go, _) => {
                    format!("`{command}` may change `{file}` and the `go.mod` beside it")
                }
                (_, Lock::Ignored) => format!("`{command}` does not keep to `{file}`"),
                _ => format!("`{command}` may install other versions than `{file}` names"),
            };
            let draft = cx.report(range, message);
            draft.note(match install.lock {
                Lock::Ignored if install.tool == Tool::Go => {
                    "a module that they lack is taken at its newest version"
                }
                Lock::Ignored => "it resolves versions anew",
                _ => "where the lock file does not fit, it resolves versions anew and goes on",
            });
            if view.is_some_and(|view| is_left_out(view, file)) {
                draft.help(format!(
                    "take `{file}` out of what `.dockerignore` leaves out, and {}",
                    strict.help
                ));
            } else if let Some(folder) =
                view.and_then(|view| not_in_lock(view, install, prior, file))
            {
                draft.help(format!(
                    "`{file}` has nothing of `{folder}`: take the folder into \
                     `pnpm-workspace.yaml`, commit the lock file that `pnpm install` makes then, \
                     copy both, and {}",
                    strict.help
                ));
            } else if let Some(lacking) = view
                .map(|view| unlocked(view, install, file))
                .filter(|names| !names.is_empty())
            {
                draft.help(format!(
                    "`{file}` lacks {}, and `npm ci` would refuse it: run `npm install`, commit the \
                     lock file that it makes, and {}",
                    listed(&lacking, 3),
                    strict.help
                ));
            } else {
                draft.help(strict.help);
                if let Some(edit) = strict.edit {
                    draft.fix(fix(input.unit.file, &strict.title, edit));
                }
            }
            if !certain || install.tool == Tool::Go {
                draft.confidence(Confidence::Medium);
            }
            draft
        }
        LockFile::Left(file) => {
            let places: Vec<_> = prior
                .iter()
                .filter(|copy| {
                    let manifests = install.tool.knowledge().manifests;
                    copy.sources.iter().any(|source| {
                        manifests
                            .iter()
                            .any(|pattern| meets(pattern, source.name()))
                    })
                })
                .map(|copy| input.unit.build.file.instructions[copy.instruction].range)
                .map(|range| cx.place(range))
                .collect();
            let draft = cx.report(
                range,
                format!("`{file}` is not there when `{command}` runs"),
            );
            draft.note("without it versions are resolved anew in every build");
            draft.help(format!(
                "copy `{file}` with the manifest, and {}",
                strict.help
            ));
            if let Some(&place) = places.first() {
                draft.related(place, "the manifest is copied here");
            }
            draft
        }
        // Without dependencies there is nothing to lock.
        LockFile::None if install.tool == Tool::Go => return,
        LockFile::None => {
            let usual = install.tool.knowledge().locks[0];
            let draft = cx.report(range, format!("`{command}` has no lock file to keep to"));
            draft.note("versions are resolved anew in every build");
            draft.help(format!("commit `{usual}`, copy it, and {}", strict.help));
            draft.strictness(Strictness::Pedantic)
        }
        LockFile::Unknown => return,
    };
    draft.subject(subject);
    if pedantic {
        draft.strictness(Strictness::Pedantic);
    }
}

/// Whether `.dockerignore` keeps a file of the folder from the builder.
fn is_left_out(view: View<'_>, path: &str) -> bool {
    let visible = view.visible();
    view.has(path) && !visible.truncated && !visible.files.iter().any(|file| file.path == path)
}

/// From the program to the word that says what is done; `go mod tidy` has two of those.
fn command_range(install: &Install, text: &str) -> TextRange {
    let start = install.range.start;
    let mut end = install.verb.end.max(start);
    if install.tool == Tool::Go
        && let Some(word) = install.names.first()
    {
        let rest = &text[end as usize..install.range.end as usize];
        end += rest.find(&**word).map_or(0, |at| at + word.len()) as u32;
    }
    TextRange::new(start, end)
}

fn fix(file: FileId, title: &str, edit: Edit) -> Fix {
    Fix::new(title, Safety::Unsafe).edit(file, edit)
}

/// The strict form of an installation.
struct Strict {
    help: String,
    title: String,
    edit: Option<Edit>,
}

impl Strict {
    /// `downloaded` says whether an earlier step of the stage brings the modules.
    fn of(
        install: &Install,
        prior: &[&Copied],
        view: Option<View<'_>>,
        text: &str,
        downloaded: bool,
    ) -> Self {
        let verb = install.verb;
        let bare = verb.start == install.range.start;
        let option = |name: &str| {
            let text = if bare {
                format!(" install {name}")
            } else {
                format!(" {name}")
            };
            Self {
                help: format!("add `{name}`"),
                title: format!("add `{name}`"),
                edit: Some(Edit::insert(verb.end, text)),
            }
        };
        let instead = |command: &str| Self {
            help: format!("use `{command}`"),
            title: String::new(),
            edit: None,
        };
        match (install.tool, install.lock) {
            (Tool::Npm, _) => {
                let known = install.options.iter().all(|option| npm_ci_takes(option));
                let plain = install.lock == Lock::Followed && install.names.is_empty();
                Self {
                    help: "use `npm ci`".into(),
                    title: "write `npm ci`".into(),
                    edit: (known && plain && !verb.of(text).is_empty())
                        .then(|| Edit::replace(verb, "ci")),
                }
            }
            (Tool::Yarn, Lock::Followed) => match is_berry(install, prior, view) {
                Some(true) => option("--immutable"),
                Some(false) => option("--frozen-lockfile"),
                None => Self {
                    help: "add `--frozen-lockfile` (`--immutable` in Yarn 2 and later)".into(),
                    title: String::new(),
                    edit: None,
                },
            },
            (Tool::Yarn, _) => instead("yarn install --immutable"),
            (Tool::Pnpm | Tool::Bun, Lock::Followed) => option("--frozen-lockfile"),
            (Tool::Pnpm, _) => instead("pnpm install --frozen-lockfile"),
            (Tool::Bun, _) => instead("bun install --frozen-lockfile"),
            (Tool::Uv | Tool::Cargo, _) => option("--locked"),
            (Tool::Pdm, Lock::Followed) => option("--check"),
            (Tool::Pdm, _) => instead("pdm install --check"),
            (Tool::Pipenv, Lock::Followed) => option("--deploy"),
            (Tool::Pipenv, _) => instead("pipenv install --deploy"),
            (Tool::Poetry, _) => instead("poetry install"),
            (Tool::Composer, _) => instead("composer install"),
            (Tool::Go, _) => Self {
                help: if downloaded {
                    "commit what `go mod tidy` makes, and leave it out here: the modules are \
                     downloaded above"
                } else {
                    "commit what `go mod tidy` makes, and use `go mod download` here"
                }
                .into(),
                title: String::new(),
                edit: None,
            },
            (Tool::Bundler, _) => Self {
                help: "set `BUNDLE_FROZEN=true` and use `bundle install`".into(),
                title: String::new(),
                edit: None,
            },
            (Tool::Mix, _) => option("--check-locked"),
            _ => instead("the form that keeps to the lock file"),
        }
    }
}

/// Whether `npm ci` takes the option as `npm install` does.
fn npm_ci_takes(option: &str) -> bool {
    let name = option.split('=').next().unwrap_or("");
    matches!(
        name,
        "--omit"
            | "--include"
            | "--only"
            | "--production"
            | "--no-audit"
            | "--no-fund"
            | "--audit"
            | "--ignore-scripts"
            | "--legacy-peer-deps"
            | "--force"
            | "--loglevel"
            | "--silent"
            | "--quiet"
            | "-q"
            | "-s"
            | "--no-progress"
            | "--progress"
            | "--no-optional"
            | "--prefer-offline"
            | "--verbose"
            | "--unsafe-perm"
            | "--registry"
            | "--prefix"
            | "--no-bin-links"
            | "--strict-peer-deps"
            | "--cache"
            | "--fund"
            | "-d"
            | "--dev"
            | "--workspaces"
            | "--workspace"
            | "-w"
            | "--maxsockets"
            | "--fetch-timeout"
            | "--no-update-notifier"
            | "--foreground-scripts"
            | "--install-links"
    )
}

#[cfg(test)]
mod tests {
    use plimsoll_source::Confidence;

    use super::RULE;
    use crate::testing::on;

    #[test]
    fn lock_files_that_the_builder_does_not_see_come_first() {
        let with = |ignored: &str| {
            on(&RULE).files(&format!(
                "//- /Dockerfile\nFROM node:24\nCOPY . .\nRUN npm install\n//- /package.json\n\
                 {{\"dependencies\": {{\"a\": \"1\"}}}}\n//- /package-lock.json\n{{}}\n//- \
                 /.dockerignore\n{ignored}\n"
            ))
        };
        let case = with("**/package-lock.json");
        assert!(case.findings[0].fix.is_none());
        let help = case.help();
        assert!(help.contains("`.dockerignore`"), "{help}");
        assert!(with("node_modules").findings[0].fix.is_some());
    }

    #[test]
    fn a_stage_that_nobody_takes_anything_of_is_left_alone() {
        let with = |end: &str| {
            on(&RULE).files(&format!(
                "//- /Dockerfile\nFROM node:24 AS production\nCOPY package.json package-lock.json ./\n\
                 RUN npm install\nFROM node:24\n{end}CMD [\"node\", \"a.js\"]\n//- /package.json\n\
                 {{\"dependencies\": {{\"a\": \"1\"}}}}\n//- /package-lock.json\n{{}}\n"
            ))
        };
        with("").clean();
        with("COPY --from=production node_modules node_modules\n").loud_by_default();
    }

    #[test]
    fn loose_installations_are_found_and_made_strict() {
        for (files, loose, strict) in [
            (
                "package.json package-lock.json",
                "npm i --no-audit",
                "npm ci --no-audit",
            ),
            (
                "pyproject.toml uv.lock",
                "uv sync --no-dev",
                "uv sync --locked --no-dev",
            ),
            (
                "package.json pnpm-lock.yaml",
                "pnpm i -P",
                "pnpm i --frozen-lockfile -P",
            ),
            (
                "package.json bun.lock",
                "bun install",
                "bun install --frozen-lockfile",
            ),
            (
                "package.json yarn.lock .yarnrc.yml",
                "yarn",
                "yarn install --immutable",
            ),
            (
                "Pipfile Pipfile.lock",
                "pipenv install --system",
                "pipenv install --deploy --system",
            ),
            (
                "pyproject.toml pdm.lock",
                "pdm install",
                "pdm install --check",
            ),
            (
                "Cargo.toml Cargo.lock",
                "cargo install --path .",
                "cargo install --locked --path .",
            ),
        ] {
            let before = format!("FROM a:1\nWORKDIR /a\nCOPY {files} ./\nRUN {loose}\n");
            let after = format!("FROM a:1\nWORKDIR /a\nCOPY {files} ./\nRUN {strict}\n");
            on(&RULE).dockerfile(&before).fixed(&after);
        }
        on(&RULE)
            .dockerfile("FROM a:1\nCOPY pyproject.toml poetry.lock ./\nRUN poetry update\n")
            .flags(&["3: poetry update"])
            .says(&["`poetry update` does not keep to `poetry.lock`"]);
        on(&RULE)
            .dockerfile(
                "FROM a:1\nCOPY go.mod go.sum ./\nRUN go mod tidy\nCOPY . .\nRUN go build ./...\n",
            )
            .flags(&["3: go mod tidy"]);
        let case = on(&RULE).dockerfile(
            "FROM a:1\nCOPY go.mod go.sum ./\nRUN go mod download\nCOPY . .\nRUN go mod tidy\nRUN go build\n",
        );
        assert!(
            case.findings[0]
                .help
                .as_deref()
                .unwrap()
                .contains("leave it out here")
        );
        // The stage is there to change the lock file.
        on(&RULE)
            .dockerfile("FROM a:1 AS tidied\nCOPY go.mod go.sum ./\nRUN go mod tidy\nFROM scratch\nCOPY --from=tidied go.sum .\n")
            .clean();
    }

    #[test]
    fn a_workspaces_lock_file_needs_the_workspace() {
        let with = |copy: &str| {
            on(&RULE).files(&format!(
                "//- /Dockerfile\nFROM node:24\nWORKDIR /a\n{copy}\nRUN pnpm install\n//- /package.json\n{{}}\n//- \
                 /pnpm-lock.yaml\nx\n//- /packages/b/package.json\n{{\"dependencies\": {{\"a\": \"1\"}}}}\n"
            ))
        };
        with("COPY packages/b/package.json pnpm-lock.yaml ./").clean();
        with("COPY package.json pnpm-lock.yaml ./").flags(&["Dockerfile:4: pnpm install"]);
    }

    #[test]
    fn less_certain_ones_say_so() {
        let case = on(&RULE)
            .dockerfile("FROM node:22\nCOPY package*.json ./\nRUN npm install\n")
            .flags(&["3: npm install"]);
        assert_eq!(case.findings[0].confidence, Confidence::Medium);
        on(&RULE)
            .dockerfile("FROM a:1\nCOPY Gemfile Gemfile.lock ./\nRUN bundle install\n")
            .flags(&["3: bundle install"]);
    }

    #[test]
    fn lock_files_of_folders_that_are_not_known_are_not_made_up() {
        let with = |files: &str, lines: &str| {
            on(&RULE).files(&format!(
                "//- /Dockerfile\nFROM node:22\nWORKDIR /app\n{lines}//- /a.txt\n1\n{files}"
            ))
        };
        let lines = "COPY . .\nRUN cd ${DIR}/ui && npm install\n";
        with("//- /ui/package.json\n{}\n", lines).clean();
        let cloned = "COPY package.json package-lock.json ./\nRUN git clone https://a.example/b \
                      $HOME\nWORKDIR $HOME/ts\nRUN npm install\n";
        with(
            "//- /package.json\n{}\n//- /package-lock.json\n{}\n",
            cloned,
        )
        .clean();
    }

    #[test]
    fn lock_files_left_behind_are_found() {
        on(&RULE)
            .files(
                "//- /Dockerfile\nFROM node:22\nWORKDIR /a\nCOPY package.json ./\nRUN npm install\n\
                 //- /package.json\n{}\n//- /package-lock.json\n{}\n",
            )
            .flags(&["Dockerfile:4: npm install"])
            .says(&["`package-lock.json` is not there when `npm install` runs"]);
        on(&RULE)
            .files(
                "//- /Dockerfile\nFROM python:3\nWORKDIR /a\nCOPY api/pyproject.toml ./\nRUN poetry install\n\
                 //- /api/pyproject.toml\n\n//- /api/poetry.lock\n\n",
            )
            .says(&["`api/poetry.lock` is not there when `poetry install` runs"]);
        on(&RULE)
            .files("//- /Dockerfile\nFROM node:22\nWORKDIR /a\nCOPY . .\nRUN npm i\n//- /package.json\n{}\n//- /a.js\n1\n")
            .says(&["`npm i` has no lock file to keep to"]);
        // The lock file of a workspace lies above its projects.
        on(&RULE)
            .files(
                "//- /Dockerfile\nFROM a:1\nWORKDIR /a/web\nCOPY package.json bun.lock /a/\nCOPY web/package.json ./\n\
                 RUN bun install\n//- /package.json\n{}\n//- /bun.lock\n{}\n//- /web/package.json\n{}\n",
            )
            .says(&["`bun install` may install other versions than `bun.lock` names"]);
    }

    #[test]
    fn strict_installations_are_left_alone() {
        for rest in [
            "COPY package*.json ./\nRUN npm ci",
            "COPY package.json package-lock.json ./\nRUN npm install -g pnpm",
            "COPY package.json yarn.lock ./\nRUN yarn --frozen-lockfile",
            "ENV CI=true\nCOPY package.json pnpm-lock.yaml ./\nRUN pnpm install",
            "COPY pnpm-lock.yaml ./\nRUN pnpm fetch\nCOPY . .\nRUN pnpm install --offline",
            "ENV UV_LOCKED=1\nCOPY . .\nRUN uv sync",
            "COPY uv.lock pyproject.toml ./\nRUN UV_FROZEN=1 uv sync",
            "COPY Gemfile* ./\nRUN bundle config set --local frozen true && bundle install",
            "COPY Gemfile* ./\nENV BUNDLE_DEPLOYMENT=1\nRUN bundle install",
            "COPY pyproject.toml poetry.lock ./\nRUN poetry install --no-root",
            "COPY composer.* ./\nRUN composer install",
            "COPY requirements.txt .\nRUN pip install -r requirements.txt",
            "COPY package.json yarn.lock* package-lock.json* ./\nRUN if [ -f yarn.lock ]; then yarn --frozen-lockfile; else npm install; fi",
            "COPY package.json ./\nRUN npm install",
            "COPY --from=a /app .\nRUN npm install",
            "RUN git clone https://x.org/y && cd y && npm install",
        ] {
            on(&RULE)
                .dockerfile(&format!("FROM a:1\nWORKDIR /a\n{rest}\n"))
                .clean();
        }
    }
}
