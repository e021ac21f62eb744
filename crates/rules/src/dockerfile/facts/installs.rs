//! Build steps that install or fetch the dependencies of a language.

use plimsoll_dockerfile::{Instruction, Mount};
use plimsoll_source::TextRange;

use super::calls::{Arg, Call};
use super::ecosystems::Tool;
use super::folders::Folder;
use super::readers;

/// What a call does about dependencies.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Action {
    /// Installs what the project's manifests name: `npm ci`, `pip install -r requirements.txt`.
    Project,
    /// Only downloads that: `go mod download`, `pnpm fetch`, `mvn dependency:go-offline`.
    Fetch,
    /// Builds the project, and fetches what it needs on the way: `go build`, `mvn package`.
    Build,
    /// Installs what the command line names: `npm install -g pnpm`.
    Named,
    /// Installs from a folder or file: `pip install .`.
    Local,
}

/// How a call stands to the lock file.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Lock {
    /// Installs what the lock file says, or fails.
    Enforced,
    /// Follows it, and quietly resolves anew where it does not fit or is not there.
    Followed,
    /// Does not look at it, or rewrites it.
    Ignored,
    /// The tool has none.
    None,
}

/// One such call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Install {
    /// The instruction.
    pub instruction: usize,
    /// The command's number in the script.
    pub command: usize,
    /// Which tool.
    pub tool: Tool,
    /// Whether the project's own script calls it (`./mvnw`).
    pub by_wrapper: bool,
    /// What it does.
    pub action: Action,
    /// How it stands to the lock file.
    pub lock: Lock,
    /// The whole call.
    pub range: TextRange,
    /// The word that says what to do (`install`), or the program where there is none.
    pub verb: TextRange,
    /// The folder of the project that it works on; `None` where a variable hides it.
    pub folder: Option<Folder>,
    /// Its options as written.
    pub options: Vec<Box<str>>,
    /// Options with the value that follows them.
    pub values: Vec<(Box<str>, Box<str>)>,
    /// Packages, requirement files, projects: what is named and no option.
    pub names: Vec<Box<str>>,
    /// Requirement files of pip, as written.
    pub files: Vec<Box<str>>,
    /// Some words depend on variables.
    pub open: bool,
    /// A cache mount keeps its downloads.
    pub cached: bool,
    /// Runs only under a condition.
    pub conditional: bool,
}

impl Install {
    /// Whether an option is there, with or without `=value`.
    pub fn has(&self, name: &str) -> bool {
        self.options.iter().any(|option| {
            option
                .strip_prefix(name)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('='))
        })
    }
}

/// What a reader makes of the words of a call.
#[derive(Debug)]
pub(super) struct Read {
    pub(super) action: Action,
    pub(super) lock: Lock,
    /// A folder named by an option (`--prefix web`).
    pub(super) folder: Option<String>,
    pub(super) files: Vec<Box<str>>,
}

impl Read {
    pub(super) fn new(action: Action, lock: Lock) -> Self {
        Self {
            action,
            lock,
            folder: None,
            files: Vec::new(),
        }
    }
}

/// The words of a call, sorted.
#[derive(Debug, Default)]
pub(super) struct Words<'a> {
    /// Words that are neither options nor their values, in order.
    pub(super) plain: Vec<Arg<'a>>,
    /// Options, as written.
    pub(super) options: Vec<&'a str>,
    /// Options with the value that follows.
    pub(super) values: Vec<(&'a str, &'a str)>,
}

impl<'a> Words<'a> {
    /// Sorts them; `valued` are the options that take the next word.
    pub(super) fn of(call: &Call<'a>, valued: &[&str]) -> Self {
        let mut words = Self::default();
        let mut args = call.args.iter();
        while let Some(arg) = args.next() {
            if !arg.text.starts_with('-') || arg.text == "-" {
                words.plain.push(*arg);
                continue;
            }
            words.options.push(arg.text);
            if valued.contains(&arg.text) {
                if let Some(value) = args.next() {
                    words.values.push((arg.text, value.text));
                }
            } else if let Some((name, value)) = arg.text.split_once('=') {
                words.values.push((name, value));
            }
        }
        words
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.options.iter().any(|option| {
            option
                .strip_prefix(name)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('='))
        })
    }

    pub(super) fn value(&self, names: &[&str]) -> Option<&'a str> {
        self.values
            .iter()
            .find(|(name, _)| names.contains(name))
            .map(|(_, value)| *value)
    }

    /// The first plain word: what to do.
    pub(super) fn verb(&self) -> Option<&'a str> {
        self.plain.first().map(|arg| arg.text)
    }

    /// The plain words after the first.
    pub(super) fn rest(&self) -> &[Arg<'a>] {
        self.plain.get(1..).unwrap_or(&[])
    }
}

/// Whether a name on the command line is a folder or file rather than a package.
pub(super) fn is_path(name: &str) -> bool {
    let ends = [".whl", ".tgz", ".tar.gz", ".gem", ".zip", ".nupkg", ".jar"];
    name.starts_with(['.', '/', '~'])
        || name.contains('*')
        || name.starts_with("file:")
        || (!name.contains("://") && ends.iter().any(|end| name.ends_with(end)))
}

/// Reads one call, if it is one of a tool.
pub(super) fn install(
    instruction: usize,
    call: &Call<'_>,
    folder: Option<&Folder>,
    cached: bool,
) -> Option<Install> {
    let (tool, words, read) = readers::read(call)?;
    let folder = match &read.folder {
        Some(path) if path.contains('$') => None,
        Some(path) => folder.map(|folder| super::folders::join(folder, path)),
        None => folder.cloned(),
    };
    let names = words.rest();
    Some(Install {
        instruction,
        command: call.number,
        tool,
        by_wrapper: matches!(call.program, "mvnw" | "gradlew"),
        action: read.action,
        lock: read.lock,
        range: call.range,
        verb: words.plain.first().map_or_else(
            || {
                TextRange::new(
                    call.range.start,
                    call.range.start + call.program.len() as u32,
                )
            },
            |arg| arg.range,
        ),
        folder,
        options: words.options.iter().map(|&option| option.into()).collect(),
        values: words
            .values
            .iter()
            .map(|&(name, value)| (name.into(), value.into()))
            .collect(),
        names: names.iter().map(|arg| arg.text.into()).collect(),
        files: read.files,
        open: words
            .plain
            .iter()
            .any(|arg| !arg.literal && arg.text.trim_matches('"').starts_with('$')),
        cached,
        conditional: call.is_conditional(),
    })
}

/// Whether a RUN has a cache mount for a language's downloads (those of system packages alone do
/// not count).
pub(super) fn has_cache(instruction: &Instruction) -> bool {
    instruction
        .flags_named("mount")
        .filter_map(Mount::read)
        .any(|mount| {
            let target = mount
                .target
                .map_or(String::new(), |word| word.value.to_string());
            &*mount.kind == "cache"
                && ![
                    "/var/cache/ap",
                    "/var/lib/apt",
                    "/etc/apk",
                    "/var/cache/dnf",
                    "/var/cache/yum",
                ]
                .iter()
                .any(|system| target.starts_with(system))
        })
}

#[cfg(test)]
mod tests {
    use plimsoll_dockerfile::{Build, parse};

    use super::super::Facts;
    use super::{Action, Lock};

    #[track_caller]
    fn check(run: &str, expected: &[(&str, Action, Lock)]) {
        let build = Build::new(parse(format!("FROM a\nWORKDIR /a\nRUN {run}\n")));
        let facts = Facts::new(&build);
        let found: Vec<(&str, Action, Lock)> = facts
            .installs
            .iter()
            .map(|one| (one.tool.knowledge().name, one.action, one.lock))
            .collect();
        assert_eq!(found, expected, "{run}");
    }

    #[test]
    fn javascript() {
        use Action::{Fetch, Local, Named, Project};
        use Lock::{Enforced, Followed, Ignored};
        check(
            "npm ci --omit=dev && npm run build",
            &[("npm", Project, Enforced)],
        );
        check(
            "npm install --omit dev --registry x",
            &[("npm", Project, Followed)],
        );
        check("npm i -g pnpm@9", &[("npm", Named, Ignored)]);
        check("npm --prefix web install", &[("npm", Project, Followed)]);
        check("npm i -g .", &[("npm", Local, Ignored)]);
        check("yarn; yarn build", &[("yarn", Project, Followed)]);
        check("yarn --version", &[]);
        check("yarn install --immutable", &[("yarn", Project, Enforced)]);
        check(
            "yarn workspaces focus --production",
            &[("yarn", Project, Enforced)],
        );
        check(
            "pnpm fetch; pnpm i -r --offline",
            &[("pnpm", Fetch, Enforced), ("pnpm", Project, Followed)],
        );
        check("bun install --production", &[("bun", Project, Enforced)]);
    }

    #[test]
    fn python() {
        use Action::{Local, Named, Project};
        use Lock::{Enforced, Followed, None};
        check(
            "pip3 install --no-cache-dir -r requirements.txt",
            &[("pip", Project, None)],
        );
        check(
            "python -m pip install -U pip uv==0.5",
            &[("pip", Named, None)],
        );
        check(
            "pip install -e . && pip install dist/*.whl",
            &[("pip", Local, None), ("pip", Local, None)],
        );
        check(
            "uv pip install --system -r r.txt",
            &[("pip", Project, None)],
        );
        check(
            "uv sync --frozen && uv sync",
            &[("uv", Project, Enforced), ("uv", Project, Followed)],
        );
        check("poetry install --no-root", &[("poetry", Project, Enforced)]);
        check(
            "pipenv install --system --deploy",
            &[("pipenv", Project, Enforced)],
        );
        check("pdm install", &[("pdm", Project, Followed)]);
    }

    #[test]
    fn compiled_languages() {
        use Action::{Build, Fetch, Named, Project};
        use Lock::{Enforced, Followed, Ignored, None};
        check(
            "go mod download && go build -o /x ./cmd/x",
            &[("go", Fetch, Enforced), ("go", Build, Enforced)],
        );
        check("go install github.com/a/b@v1", &[("go", Named, Ignored)]);
        check("go build -mod=vendor .; go version; go env -w A=b", &[]);
        check("go mod tidy", &[("go", Project, Ignored)]);
        check(
            "cargo +nightly build --release",
            &[("cargo", Build, Followed)],
        );
        check(
            "cargo install --path . ; cargo install cargo-chef",
            &[("cargo", Build, Ignored), ("cargo", Named, Ignored)],
        );
        check(
            "cargo chef cook --release; cargo chef prepare",
            &[("cargo", Fetch, Followed)],
        );
        check(
            "./mvnw -B dependency:go-offline && mvn clean package -DskipTests",
            &[("mvn", Fetch, None), ("mvn", Build, None)],
        );
        check(
            "gradle dependencies; ./gradlew :app:bootJar -x test; gradle --version",
            &[("gradle", Fetch, None), ("gradle", Build, None)],
        );
        check(
            "dotnet restore a.csproj && dotnet publish --no-restore",
            &[("dotnet", Project, None)],
        );
    }

    #[test]
    fn other_languages() {
        use Action::{Named, Project};
        use Lock::{Enforced, Followed, Ignored};
        check(
            "bundle config set without test && bundle install --jobs 4",
            &[("bundle", Project, Followed)],
        );
        check("gem install bundler -v 2", &[("gem", Named, Ignored)]);
        check(
            "composer install --no-dev && composer dump-autoload",
            &[("composer", Project, Enforced)],
        );
        check("composer update", &[("composer", Project, Ignored)]);
        check(
            "mix local.hex --force && mix do deps.get, deps.compile",
            &[("mix", Project, Followed)],
        );
    }
}
