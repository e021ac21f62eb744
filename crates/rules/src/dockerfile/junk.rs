//! What lies in a project's folder and has no business in an image: the history of version
//! control, what the build installs or makes by itself, caches and settings of tools.

use std::collections::{BTreeMap, HashMap};

use plimsoll_dockerfile::Build;
use plimsoll_dockerfile::ignore::ContextFile;

use super::build_context::View;
use super::facts::Facts;
use super::facts::calls::calls;
use super::facts::copies::clean;
use super::facts::ecosystems::Tool;
use super::facts::installs::Action;

/// Why something is junk.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Why {
    /// Version control.
    History,
    /// The build installs it itself.
    Installed,
    /// The build makes it itself.
    Built,
    /// Left behind by tools.
    Cache,
    /// A dump, log or recording that no step names.
    Data,
}

/// What the Dockerfile does by itself, by which folders become junk.
pub(crate) struct Habits {
    js_install: bool,
    js_build: bool,
    python: bool,
    cargo: bool,
    maven: bool,
    gradle: bool,
    dotnet: bool,
    mix: bool,
    composer: bool,
    git: bool,
    /// The instructions of the file, to see what they name.
    text: Box<str>,
}

impl Habits {
    pub(crate) fn of(build: &Build, facts: &Facts, view: View<'_>) -> Self {
        let has = |tools: &[Tool], actions: &[Action]| {
            facts
                .installs
                .iter()
                .any(|one| tools.contains(&one.tool) && actions.contains(&one.action))
        };
        let project = [Action::Project, Action::Fetch];
        let js = [Tool::Npm, Tool::Yarn, Tool::Pnpm, Tool::Bun];
        let py = [Tool::Pip, Tool::Uv, Tool::Poetry, Tool::Pdm, Tool::Pipenv];
        Self {
            js_install: has(&js, &project),
            js_build: has(&js, &project) && runs_js_build(build),
            python: has(&py, &[Action::Project, Action::Local, Action::Named]),
            cargo: has(&[Tool::Cargo], &[Action::Build]),
            maven: has(&[Tool::Maven], &[Action::Build]),
            gradle: has(&[Tool::Gradle], &[Action::Build]),
            dotnet: has(&[Tool::Dotnet], &[Action::Project, Action::Build]),
            mix: has(&[Tool::Mix], &project),
            composer: has(&[Tool::Composer], &project),
            git: needs_git(build, view),
            text: (*build.file.text).into(),
        }
    }

    /// Why the folder called `name` inside `dir` of the context is junk.
    fn judge(&self, view: View<'_>, dir: &str, name: &str) -> Option<Why> {
        let beside = |file: &str| view.has(&clean(&format!("{dir}/{file}")));
        let ending = |end: &str| view.names(dir).iter().any(|file| file.ends_with(end));
        let why = match name {
            ".git" | ".hg" | ".svn" if !self.git => Why::History,
            "node_modules" if self.js_install => Why::Installed,
            ".venv" | "venv" | "env" | ".env" if self.python && inside(view, dir, name) => {
                Why::Installed
            }
            // Its interpreter and scripts are bound to paths of this machine.
            ".venv" | "venv" if !self.text.contains("venv") && inside(view, dir, name) => {
                Why::Cache
            }
            "vendor" if self.composer && beside("composer.json") => Why::Installed,
            "deps" if self.mix && beside("mix.exs") => Why::Installed,
            "_build" if self.mix && beside("mix.exs") => Why::Built,
            "target" if self.cargo && beside("Cargo.toml") => Why::Built,
            "target" if self.maven && beside("pom.xml") => Why::Built,
            // A build that compiles nothing may ship what lies there; then it says so.
            "target" if beside("Cargo.toml") && !self.text.contains("target") => Why::Built,
            "build" | ".gradle"
                if self.gradle && (beside("build.gradle") || beside("build.gradle.kts")) =>
            {
                Why::Built
            }
            "bin" | "obj" if self.dotnet && ending(".csproj") => Why::Built,
            ".next" | ".nuxt" | ".svelte-kit" | ".output" | ".angular" if self.js_build => {
                Why::Built
            }
            "__pycache__" | ".pytest_cache" | ".mypy_cache" | ".ruff_cache" | ".tox" | ".nox"
            | ".hypothesis" | "htmlcov" | ".ipynb_checkpoints" | ".turbo" | ".parcel-cache"
            | ".terraform" | ".idea" | ".vscode" | ".vs" | ".nyc_output" => Why::Cache,
            "coverage" if beside("package.json") => Why::Cache,
            _ => return None,
        };
        Some(why)
    }

    /// Whether a file is bulk that the image does not need: large, of a kind that programs
    /// leave behind or people put aside, and not named by the Dockerfile.
    fn is_bulk(&self, path: &str, len: u64) -> bool {
        let name = path.rsplit('/').next().unwrap_or(path);
        let lower = name.to_ascii_lowercase();
        let stem = ["gz", "bz2", "xz", "zst", "zip"]
            .iter()
            .find_map(|end| lower.strip_suffix(end)?.strip_suffix('.'))
            .unwrap_or(&lower);
        let ending = stem.rsplit_once('.').map_or("", |(_, ending)| ending);
        len >= BULK
            && BULKY.contains(&ending)
            && !self.text.contains(name)
            && !self.text.contains(&format!(".{ending}"))
    }
}

/// From this size on, in bytes, one file is bulk.
const BULK: u64 = 20_000_000;

/// Endings of dumps, logs, crash dumps, profiles, images of disks and recordings.
const BULKY: &[&str] = &[
    "sql",
    "dump",
    "bak",
    "log",
    "hprof",
    "core",
    "dmp",
    "heapsnapshot",
    "pcap",
    "iso",
    "qcow2",
    "vmdk",
    "vdi",
    "img",
    "mp4",
    "mov",
    "mkv",
    "avi",
];

/// Whether the folder is a virtual environment of Python.
fn inside(view: View<'_>, dir: &str, name: &str) -> bool {
    view.has(&clean(&format!("{dir}/{name}/pyvenv.cfg")))
}

fn runs_js_build(build: &Build) -> bool {
    (0..build.file.instructions.len()).any(|index| {
        calls(build, index).iter().any(|call| {
            matches!(
                call.program,
                "npm" | "yarn" | "pnpm" | "bun" | "npx" | "next" | "nuxt" | "ng"
            ) && call.args.iter().any(|arg| arg.text.contains("build"))
        })
    })
}

/// Whether a step of the build asks git, or a tool that does.
fn needs_git(build: &Build, view: View<'_>) -> bool {
    let mut makes = false;
    for index in 0..build.file.instructions.len() {
        for call in calls(build, index) {
            let asks = call.program == "git"
                && !call
                    .args
                    .first()
                    .is_some_and(|arg| matches!(arg.text, "clone" | "config"));
            if asks || call.args.iter().any(|arg| arg.text.contains(".git/")) {
                return true;
            }
            makes |= matches!(call.program, "make" | "just" | "task" | "mage");
        }
    }
    let copied = build.file.instructions.iter().any(|instruction| {
        let text = instruction.args.of(&build.file.text);
        text.split_whitespace()
            .any(|word| word.trim_start_matches("./").starts_with(".git"))
    });
    let says = |file: &str, words: &[&str]| {
        view.read(file)
            .is_some_and(|text| words.iter().any(|word| text.contains(word)))
    };
    let versions = [
        "setuptools_scm",
        "setuptools-scm",
        "hatch-vcs",
        "versioneer",
        "versioningit",
        "dynamic-versioning",
        "pbr",
        "uv-dynamic",
    ];
    let everywhere = |fits: &dyn Fn(&str) -> bool, words: &[&str]| {
        let files = view.visible().files.iter();
        files
            .filter(|file| fits(file.path.rsplit('/').next().unwrap_or("")) && file.len < 200_000)
            .take(40)
            .any(|file| says(&file.path, words))
    };
    copied
        || (makes && says("Makefile", &["git "]))
        || says("pyproject.toml", &versions)
        || says("setup.py", &versions)
        || says("setup.cfg", &versions)
        || says(
            "package.json",
            &["git rev-parse", "git describe", "git log"],
        )
        || says(
            "Cargo.lock",
            &["\"vergen", "\"shadow-rs\"", "\"git-version\"", "\"built\""],
        )
        || everywhere(&|name| name == "build.rs", &["git"])
        || everywhere(&|name| name.contains(".gradle"), &["git"])
        || everywhere(
            &|name| name == "pom.xml",
            &["git-commit-id", "jgit", "buildnumber"],
        )
        || says(
            "Directory.Build.props",
            &["GitVersion", "MinVer", "Nerdbank"],
        )
        || says("mix.exs", &["git "])
}

/// A folder or a large file of junk among the files that a COPY takes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Heap {
    /// Its path in the context.
    pub(crate) path: String,
    pub(crate) why: Why,
    pub(crate) bytes: u64,
    pub(crate) files: usize,
}

/// The junk among `taken`, the largest first.
pub(crate) fn heaps(habits: &Habits, view: View<'_>, taken: &[&ContextFile]) -> Vec<Heap> {
    let mut judged: HashMap<String, Option<Why>> = HashMap::new();
    let mut found: BTreeMap<&str, Heap> = BTreeMap::new();
    'files: for file in taken {
        for (slash, _) in file.path.match_indices('/') {
            let folder = &file.path[..slash];
            let why = if let Some(why) = judged.get(folder) {
                *why
            } else {
                let (dir, name) = folder.rsplit_once('/').unwrap_or(("", folder));
                let why = habits.judge(view, dir, name);
                judged.insert(folder.to_owned(), why);
                why
            };
            if let Some(why) = why {
                let heap = found.entry(folder).or_insert_with(|| Heap {
                    path: folder.to_owned(),
                    why,
                    bytes: 0,
                    files: 0,
                });
                heap.bytes += file.len;
                heap.files += 1;
                continue 'files;
            }
        }
        if habits.is_bulk(&file.path, file.len) {
            let heap = Heap {
                path: file.path.to_string(),
                why: Why::Data,
                bytes: file.len,
                files: 1,
            };
            found.insert(&file.path, heap);
        }
    }
    let mut heaps: Vec<Heap> = found.into_values().collect();
    heaps.sort_by(|a, b| b.bytes.cmp(&a.bytes).then_with(|| a.path.cmp(&b.path)));
    heaps
}
