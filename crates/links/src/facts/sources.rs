//! What the program's source says: which variables it reads, which paths it serves.
//!
//! The source is what the build takes from its context, within bounds. It is searched as text:
//! an answer is evidence, not proof, and "not found" counts only where everything was searched.

use std::sync::Arc;

use memchr::memmem;
use plimsoll_dockerfile::ignore::ContextFile;
use plimsoll_dockerfile::transfer;
use plimsoll_project::Project;
use plimsoll_source::files::{file_name, join, parent};

use super::bound::{Bound, bound};
use super::connects::connects_at_start;
use super::image::Image;
use super::quoted::{quoted, routed};
use super::retries::tries_again;
use super::source_cache::{SourceText, Texts};
use super::source_files::{is_program, is_source};

/// The most files that are read, and the largest of them and all of them together in bytes.
const MAX_FILES: usize = 2_000;
const MAX_FILE: u64 = 256 * 1024;
const MAX_ALL: u64 = 16 * 1024 * 1024;

/// How files are read.
struct Take<'t> {
    project: &'t Project,
    texts: &'t mut Texts,
    /// How much more is read, in bytes.
    room: u64,
}

/// The source of an image's program; [`Links::sources`](crate::Links::sources) reads it.
pub struct Sources {
    files: Vec<Arc<SourceText>>,
    /// Whether all that the build takes was read.
    whole: bool,
    /// Whether it is known to be the program's own.
    own: bool,
}

/// Where something was found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Hit {
    /// The file, relative to the root under review.
    pub path: String,
    /// The line, from 1.
    pub line: usize,
}

/// Whether a variable is read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Reading {
    /// It is, and nothing stands in for it.
    Needed(Hit),
    /// It is, and something holds when it is not given.
    Optional(Hit),
    /// It is named, but not evidently as a variable of the environment.
    Named(Hit),
    /// It is not there.
    Absent,
    /// Nothing was found, and not everything was searched.
    Unknown,
}

/// Whether the program knows a variable.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Known {
    /// It reads it.
    Read(Hit),
    /// It evidently does not.
    Unread,
    /// That is not known.
    Unknown,
}

impl Sources {
    /// Reads what the build of an image takes from its context.
    pub(super) fn of(image: Image<'_>, texts: &mut Texts) -> Self {
        let project = image.project();
        let mut found = Self {
            files: Vec::new(),
            whole: true,
            own: true,
        };
        let mut take = Take {
            project,
            texts,
            room: MAX_ALL,
        };
        let Some(context) = project.context_of(image.unit()) else {
            // Where nothing tells what is sent, the program is likely beside the Dockerfile.
            found.whole = false;
            let dir = parent(project.path(image.unit().file));
            let beside = take.texts.programs(project, dir);
            found.take_programs(&mut take, dir, &beside);
            return found;
        };
        let visible = context.visible(project);
        found.whole &= !visible.truncated;
        let taken = transfer::transfer(image.build(), visible);
        let reviewed = take.texts.reviewed(project);
        let may_be_program = |file: &ContextFile| {
            // Manifests and Compose files say how a program is run, and are none of it.
            is_source(&file.path)
                && join(&context.dir, &file.path)
                    .and_then(|path| project.files.by_path(&path))
                    .is_none_or(|file| !reviewed.contains(&file))
        };
        for file in taken.iter().filter(|file| may_be_program(file)) {
            found.whole &= found.take(&mut take, &context.dir, file);
        }
        if !found.files.iter().any(|file| is_program(&file.path)) {
            // What was compiled before the build has its source in the folder all the same.
            found.whole = false;
            let files = &context.everything(project).files;
            found.take_programs(&mut take, &context.dir, files);
        }
        // A program that is not built from source here says nothing.
        found.whole &= found.files.iter().any(|file| is_program(&file.path));
        found
    }

    /// What [`Sources::of`] reads; where that is no program, the programs in the nearest folder
    /// above the Dockerfile that holds some. One of those is likely meant: which of two names is
    /// read can be told by them, but not that the image needs it.
    pub(super) fn around(image: Image<'_>, texts: &mut Texts) -> Self {
        let mut found = Self::of(image, texts);
        let project = image.project();
        let mut dir = parent(project.path(image.unit().file));
        while !found.has_program("") && !dir.is_empty() {
            dir = parent(dir);
            found.own = false;
            let above = texts.programs(project, dir);
            let mut take = Take {
                project,
                texts: &mut *texts,
                room: MAX_ALL,
            };
            found.take_programs(&mut take, dir, &above);
        }
        found
    }

    /// Reads the programs among the files of a folder.
    fn take_programs(&mut self, take: &mut Take<'_>, dir: &str, files: &[ContextFile]) {
        for file in files {
            if is_source(&file.path) && is_program(&file.path) {
                self.take(take, dir, file);
            }
        }
    }

    /// Reads one file, if there is room for it.
    fn take(&mut self, take: &mut Take<'_>, dir: &str, file: &ContextFile) -> bool {
        if file.len > MAX_FILE || file.len > take.room || self.files.len() >= MAX_FILES {
            return false;
        }
        let path = join(dir, &file.path);
        let Some(text) = path.and_then(|path| take.texts.read(take.project, path)) else {
            return false;
        };
        take.room -= file.len;
        self.files.push(text);
        true
    }

    /// Whether everything was searched that is the program's source.
    pub fn is_whole(&self) -> bool {
        self.whole
    }

    /// Whether the program is written in languages whose programs write the names of variables
    /// out, not in those whose frameworks make them up from the names of settings.
    pub fn writes_names_out(&self) -> bool {
        let ending = |file: &SourceText| {
            let name = file_name(&file.path);
            name.rsplit_once('.')
                .map_or("", |(_, ending)| ending)
                .to_owned()
        };
        let binds = ["cs", "fs", "go", "java", "kt", "rs", "scala"];
        self.files.iter().any(|file| is_program(&file.path))
            && !self
                .files
                .iter()
                .any(|file| binds.contains(&&*ending(file)))
    }

    /// The text of the first file of this name.
    pub fn file(&self, name: &str) -> Option<&str> {
        let found = self.files.iter().find(|file| file_name(&file.path) == name);
        found.map(|file| file.text.as_str())
    }

    /// Whether one of these texts stands in the source.
    pub fn mentions(&self, texts: &[&str]) -> bool {
        let finders: Vec<_> = texts.iter().map(memmem::Finder::new).collect();
        self.files.iter().any(|file| {
            let text = file.text.as_bytes();
            finders.iter().any(|finder| finder.find(text).is_some())
        })
    }

    /// Whether the program reads a variable of the environment.
    pub fn reads(&self, name: &str) -> Reading {
        let mut optional = None;
        let mut needed = None;
        let mut named = None;
        let field = name.to_ascii_lowercase();
        for file in &self.files {
            if file.has_settings {
                // Fields of pydantic's settings are read under their names in any case.
                for at in words(&file.text, &field) {
                    match settings_field(&file.text, at, field.len()) {
                        Some(true) => needed = needed.or_else(|| Some(hit(file, at))),
                        Some(false) => optional = optional.or_else(|| Some(hit(file, at))),
                        None => {}
                    }
                }
            }
            for at in words(&file.text, name) {
                let hit = || hit(file, at);
                match reading(&file.text, at, name) {
                    Some(true) => needed = needed.or_else(|| Some(hit())),
                    Some(false) => optional = optional.or_else(|| Some(hit())),
                    None => named = named.or_else(|| Some(hit())),
                }
            }
        }
        match (optional, needed, named) {
            // One place that does without it shows that it may be left out.
            (Some(hit), _, _) => Reading::Optional(hit),
            (None, Some(hit), _) if self.own => Reading::Needed(hit),
            (None, Some(hit), _) => Reading::Named(hit),
            (None, None, Some(hit)) => Reading::Named(hit),
            // A field that no variable fills keeps its default.
            (None, None, None) if let Known::Read(hit) = self.bound(name) => Reading::Optional(hit),
            (None, None, None) if self.whole => Reading::Absent,
            (None, None, None) => Reading::Unknown,
        }
    }

    /// Whether the program knows a variable, in whatever way it reads it.
    pub fn knows(&self, name: &str) -> Known {
        match self.reads(name) {
            Reading::Needed(hit) | Reading::Optional(hit) => Known::Read(hit),
            // Settings and manifests that name it do not read it.
            Reading::Named(_) => match self.named_by_program(name) {
                Some(hit) => Known::Read(hit),
                None => self.unread(name, self.whole),
            },
            Reading::Absent => self.unread(name, true),
            Reading::Unknown => self.unread(name, false),
        }
    }

    fn named_by_program(&self, name: &str) -> Option<Hit> {
        let mut files = self.files.iter().filter(|file| is_program(&file.path));
        files.find_map(|file| Some(hit(file, words(&file.text, name).next()?)))
    }

    /// Whether the program evidently does not read a variable that it does not name.
    fn unread(&self, name: &str, whole: bool) -> Known {
        // A program that names its variables would name this one too.
        let would_name = whole && self.writes_names_out() && !name.contains("__");
        if would_name || self.bound(name) == Known::Unread {
            Known::Unread
        } else {
            Known::Unknown
        }
    }

    /// Whether a struct that is filled from variables has a field for this one.
    fn bound(&self, name: &str) -> Known {
        let mut unread = false;
        for file in self.files.iter().filter(|file| file.path.ends_with(".go")) {
            match bound(&file.text, name) {
                Bound::Field(at) => return Known::Read(hit(file, at)),
                Bound::Open => return Known::Unknown,
                Bound::None => unread = true,
                Bound::Foreign => {}
            }
        }
        if unread {
            Known::Unread
        } else {
            Known::Unknown
        }
    }

    /// Whether some of the program's code lies below a folder, relative to the root under review.
    pub fn has_program(&self, folder: &str) -> bool {
        self.inside(folder).any(|file| is_program(&file.path))
    }

    fn inside(&self, folder: &str) -> impl Iterator<Item = &SourceText> {
        self.files.iter().map(|file| &**file).filter(move |file| {
            let rest = file.path.strip_prefix(folder);
            folder.is_empty() || rest.is_some_and(|rest| rest.starts_with('/'))
        })
    }

    /// Where the program shows that it tries again to reach its database, or a start script that
    /// it waits for it. `folder` is where to look, relative to the root under review.
    pub fn tries_again(&self, folder: &str) -> Option<Hit> {
        self.inside(folder).find_map(|file| {
            let script = file.path.ends_with(".sh");
            if !script && !is_program(&file.path) {
                return None;
            }
            let at = tries_again(&file.text, script)?;
            Some(hit(file, at))
        })
    }

    /// Whether some program, start script or build file shows that it reaches for its database while
    /// it starts; `None` if there is no program to look at. `folder` is as for
    /// [`Self::tries_again`].
    pub fn connects_at_start(&self, folder: &str) -> Option<bool> {
        let mut programs = 0;
        for file in self.inside(folder) {
            let is_program = is_program(&file.path);
            programs += usize::from(is_program);
            let counts = is_program
                || [
                    ".sh",
                    "pom.xml",
                    ".gradle",
                    ".kts",
                    "package.json",
                    ".properties",
                    ".yml",
                    ".yaml",
                ]
                .iter()
                .any(|end| file.path.ends_with(end));
            let is_run = file.path.ends_with(".sh") || file.path.ends_with("package.json");
            if counts && connects_at_start(&file.text, is_run).is_some() {
                return Some(true);
            }
        }
        (programs > 0).then_some(false)
    }

    /// Where a path of HTTP requests stands in quotes, whole or as the end of a longer one.
    pub fn serves(&self, path: &str) -> Option<Hit> {
        let path = path.trim_end_matches('/');
        let bare = path.trim_start_matches('/');
        if bare.is_empty() {
            return None;
        }
        let last = file_name(bare);
        self.files.iter().find_map(|file| {
            let at = quoted(&file.text, path)
                .or_else(|| routed(&file.text, bare))
                // Routers are put together from prefixes.
                .or_else(|| quoted(&file.text, &format!("/{last}")))?;
            Some(hit(file, at))
        })
    }
}

fn hit(file: &SourceText, at: usize) -> Hit {
    Hit {
        path: file.path.clone(),
        line: file.text[..at].matches('\n').count() + 1,
    }
}

/// The offsets at which a word stands by itself.
fn words<'t>(text: &'t str, word: &'t str) -> impl Iterator<Item = usize> + 't {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    memmem::find_iter(text.as_bytes(), word.as_bytes()).filter(move |at| {
        !text[..*at].ends_with(is_part) && !text[at + word.len()..].starts_with(is_part)
    })
}

/// Whether the word at `at` is read from the environment: `Some(true)` where nothing stands in
/// for it.
fn reading(text: &str, at: usize, name: &str) -> Option<bool> {
    let start = text[..at].rfind('\n').map_or(0, |line| line + 1);
    let end = text[at..].find('\n').map_or(text.len(), |line| at + line);
    let before = &text[start..at];
    let line = &text[start..end];
    let after = &text[at + name.len()..end];
    if before.trim_start().starts_with(['#', '*']) || before.trim_start().starts_with("//") {
        return None;
    }
    let lower = before.to_ascii_lowercase();
    let called = ["env", "config(", "settings", "getenv"]
        .iter()
        .any(|marker| lower.contains(marker));
    let braced = before.ends_with("${") || before.ends_with('$');
    let tagged = line.contains("env:\"") || line.contains("envconfig:\"");
    if !(called || braced || tagged) {
        return None;
    }
    // What stands in for it: on the line, or in the two lines after it.
    let rest = after.trim_start_matches(['"', '\'', '`', ')', ']', ' ']);
    if rest.starts_with(',') && is_field(before) && !line.contains('?') {
        return None;
    }
    let next: String = text[end..].lines().take(4).collect::<Vec<_>>().join("\n");
    let stands_in = rest.starts_with([',', ':'])
        || [
            "||",
            "??",
            ":-",
            "?:",
            " or ",
            "default",
            "unwrap_or",
            "OrElse",
            "or_else",
            "fallback",
        ]
        .iter()
        .any(|mark| line.contains(mark))
        || lower.contains("lookupenv")
        || [
            "== \"\"",
            "== ''",
            "is None",
            "if not ",
            "isEmpty",
            "== null",
            "=== undefined",
            "len(",
        ]
        .iter()
        .any(|mark| next.contains(mark) || line.contains(mark))
        || after
            .trim_start_matches(['"', '\'', '`', ')', ']'])
            .trim_start()
            .starts_with("!=")
        || before.trim_start().starts_with("if ")
        || lower.contains(".get(") && !after.starts_with("\"]");
    // Where a missing value ends the program, nothing stands in for it.
    let fatal = [
        "fatal", "panic", "exit(", "throw", "raise", "error", "abort", "die(", "expect(",
    ];
    let ends = {
        let next = next.to_ascii_lowercase();
        let line = line.to_ascii_lowercase();
        fatal
            .iter()
            .any(|word| next.contains(word) || line.contains(word))
    };
    let given_default = rest.starts_with([',', ':']) || line.contains("||") || line.contains("??");
    Some(!stands_in || ends && !given_default)
}

/// Whether a variable is what a field of a JavaScript object gets, `url: process.env.`, which says
/// nothing of whether it may be missing.
fn is_field(before: &str) -> bool {
    let object = ["process.env.", "import.meta.env."]
        .iter()
        .find_map(|object| before.strip_suffix(object));
    object.is_some_and(|before| before.trim_end().ends_with(':'))
}

/// Whether the word at `at` is a field of a settings class: `Some(true)` where it has no default.
fn settings_field(text: &str, at: usize, len: usize) -> Option<bool> {
    let start = text[..at].rfind('\n').map_or(0, |line| line + 1);
    let end = text[at..].find('\n').map_or(text.len(), |line| at + line);
    let indented = at > start && text[start..at].trim().is_empty();
    let rest = text[at + len..end].strip_prefix(':')?;
    indented.then(|| !rest.contains('=') && !rest.contains("None"))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use plimsoll_project::{Options, Project};
    use plimsoll_testkit::{Fixture, tree};

    use super::{Known, Reading, Sources, Texts};
    use crate::facts::image::Image;

    fn with<T>(name: &str, source: &str, ask: impl FnOnce(&Sources) -> T) -> T {
        let files = format!("//- /Dockerfile\nFROM a\nCOPY . .\n//- /{name}\n{source}\n");
        let tree = tree(&Fixture::parse("x", &files));
        let project = Project::load(Arc::new(tree), &Options::default());
        let image = Image::new(&project, 0, 0).expect("a stage");
        ask(&Sources::of(image, &mut Texts::default()))
    }

    #[track_caller]
    fn reads(name: &str, source: &str, expected: &str) {
        let found = with(name, source, |sources| match sources.reads("KEY") {
            Reading::Needed(hit) => format!("needed {}", hit.line),
            Reading::Optional(hit) => format!("optional {}", hit.line),
            Reading::Named(hit) => format!("named {}", hit.line),
            Reading::Absent => "absent".to_owned(),
            Reading::Unknown => "unknown".to_owned(),
        });
        assert_eq!(found, expected, "{source}");
    }

    #[test]
    fn variables_that_are_needed() {
        reads("a.py", "import os\nx = os.environ[\"KEY\"]", "needed 2");
        reads("a.js", "const x = process.env.KEY;", "needed 1");
        reads("a.go", "x := os.Getenv(\"KEY\")\nuse(x)", "needed 1");
        // A field that gets it says nothing of whether it may be missing.
        reads(
            "a.ts",
            "const x = need('env', process.env.KEY)\nnew Pool({\n  url: process.env.KEY,\n})",
            "needed 1",
        );
        reads("A.java", "System.getenv(\"KEY\")", "needed 1");
        reads("a.rb", "ENV['KEY']", "needed 1");
        reads(
            "a.cs",
            "Environment.GetEnvironmentVariable(\"KEY\")",
            "needed 1",
        );
        reads("a.rs", "env::var(\"KEY\").expect(\"it\")", "needed 1");
        reads("a.py", "class S(BaseSettings):\n    key: str", "needed 2");
        reads(
            "a.go",
            "x := os.Getenv(\"KEY\")\nif x == \"\" {\n  log.Fatal()",
            "needed 1",
        );
    }

    #[test]
    fn variables_that_something_stands_in_for() {
        reads("a.py", "os.environ.get(\"KEY\", \"x\")", "optional 1");
        reads("a.py", "os.getenv('KEY', 1)", "optional 1");
        reads("a.js", "process.env.KEY || 3", "optional 1");
        reads("a.ts", "process.env.KEY ?? 3", "optional 1");
        reads("a.ts", "read(process.env.KEY, 3)", "optional 1");
        reads(
            "a.go",
            "x := os.Getenv(\"KEY\")\nif x == \"\" {\n",
            "optional 1",
        );
        reads("a.go", "x, ok := os.LookupEnv(\"KEY\")", "optional 1");
        reads("a.sh", "echo ${KEY:-1}\n//- /a.py\n", "optional 1");
        reads("a.rb", "ENV.fetch('KEY', 1)", "optional 1");
        reads(
            "a.py",
            "class S(BaseSettings):\n    key: str = 'x'",
            "optional 2",
        );
        reads(
            "a.py",
            "a = os.environ['KEY']\nb = os.getenv('KEY', 1)",
            "optional 2",
        );
    }

    #[test]
    fn variables_that_fill_a_struct() {
        let go =
            "cfg := struct {\n\tDB struct {\n\t\tHost string\n\t}\n}{}\nconf.Parse(\"KEY\", &cfg)";
        with("main.go", go, |sources| {
            assert!(matches!(sources.knows("KEY_DB_HOST"), Known::Read(hit) if hit.line == 3));
            assert!(matches!(sources.reads("KEY_DB_HOST"), Reading::Optional(_)));
            assert_eq!(sources.knows("KEY_DB_HOST_PORT"), Known::Unread);
            assert_eq!(sources.knows("OTHER"), Known::Unknown);
        });
        with("a.py", "os.environ['KEY']", |sources| {
            assert!(matches!(sources.knows("KEY"), Known::Read(_)));
            assert_eq!(sources.knows("OTHER"), Known::Unread);
        });
    }

    #[test]
    fn programs_above_the_dockerfile_tell_names_apart() {
        let around = |name: &str| {
            let files = "//- /build/docker/Dockerfile\nFROM a\nCOPY . .\n//- /web/main.go\ncfg := struct {\n\tDB struct {\n\t\tHost string\n\t}\n}{}\nconf.Parse(\"KEY\", &cfg)\nos.Getenv(\"OTHER\")\n";
            let tree = tree(&Fixture::parse("x", files));
            let project = Project::load(Arc::new(tree), &Options::default());
            let image = Image::new(&project, 0, 0).expect("a stage");
            let sources = Sources::around(image, &mut Texts::default());
            (sources.reads(name), sources.knows(name))
        };
        assert!(matches!(
            around("KEY_DB_HOST"),
            (Reading::Optional(_), Known::Read(_))
        ));
        assert_eq!(
            around("KEY_DB_HOST_PORT"),
            (Reading::Unknown, Known::Unread)
        );
        assert!(matches!(
            around("OTHER"),
            (Reading::Named(_), Known::Read(_))
        ));
    }

    #[test]
    fn programs_that_try_again() {
        let tries = |name: &str, text: &str, folder: &str| {
            with(name, text, |sources| sources.tries_again(folder).is_some())
        };
        let text = "for attempts > 0 { sql.Open(x); time.Sleep(y) }";
        assert!(tries("a.go", text, "") && tries("api/a.go", text, "api"));
        assert!(!tries("web/a.go", text, "api") && !tries("a.json", text, ""));
        assert!(tries("up.sh", "until nc -z db 5432; do sleep 1; done", ""));
    }

    #[test]
    fn other_words_are_told_apart() {
        reads("a.py", "MY_KEY = os.environ['KEYS']", "absent");
        reads("a.py", "KEY = 1", "named 1");
        reads("a.py", "# os.environ['KEY']", "named 1");
        reads("a.json", "{}", "unknown");
        reads("tests/a.py", "os.environ['KEY']", "unknown");
    }

    #[test]
    fn paths_that_are_served() {
        let serves = |source: &str, path: &str| {
            with("a.py", source, |sources| sources.serves(path).is_some())
        };
        assert!(serves("@app.get(\"/health\")", "/health"));
        assert!(serves("router(prefix='/api')\n.get('/live')", "/api/live"));
        assert!(!serves("@app.get(\"/healthz\")", "/health"));
        assert!(!serves("@app.get(\"/health\")", "/healthz"));
        assert!(!serves("url = \"http://x/health\"", "/health2"));
        // What is answered is not asked.
        assert!(!serves("return {\"status\": \"healthy\"}", "/healthy"));
        assert!(!serves("{\"database\": \"healthy\"}", "/healthy"));
        assert!(!serves("s = Reply(status='healthy')", "/healthy"));
        assert!(!serves(
            "log('all is healthy')\n# healthy is good",
            "/healthy"
        ));
        assert!(!serves("log('healthy again')", "/healthy"));
        assert!(!serves("x = ok ? 'healthy' : 'sick'", "/healthy"));
        assert!(serves(
            "path('healthy', view)\nstatus = 'healthy'",
            "/healthy"
        ));
        assert!(serves("status = 'healthy'\npath: 'healthy'", "/healthy"));
    }
}
