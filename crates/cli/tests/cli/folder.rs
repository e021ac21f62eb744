//! A temporary folder, and the binary run in it.

use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

/// The binary under test.
pub(crate) const PLIMSOLL: &str = env!("CARGO_BIN_EXE_plimsoll");

/// A folder that goes when it is dropped.
pub(crate) struct Folder {
    path: PathBuf,
}

impl Folder {
    /// An empty folder.
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("plimsoll-test-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).expect("the temporary folder can be made");
        Self {
            path: fs::canonicalize(path).expect("it is there"),
        }
    }

    /// A folder with these files.
    pub(crate) fn with(files: &[(&str, &str)]) -> Self {
        let folder = Self::new();
        for (path, text) in files {
            folder.write(path, text.as_bytes());
        }
        folder
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn write(&self, path: &str, bytes: &[u8]) {
        let path = self.path.join(path);
        fs::create_dir_all(path.parent().expect("below the folder")).expect("made");
        fs::write(path, bytes).expect("written");
    }

    /// A repository with these files committed.
    pub(crate) fn repository(files: &[(&str, &str)]) -> Self {
        let folder = Self::with(files);
        folder.git(&["init", "--quiet", "--initial-branch=main"]);
        folder.commit();
        folder
    }

    /// Commits everything.
    pub(crate) fn commit(&self) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message=x", "--allow-empty"]);
    }

    /// Runs git in this folder, as nobody in particular.
    #[track_caller]
    pub(crate) fn git(&self, args: &[&str]) {
        let mut command = Command::new("git");
        command
            .args(["-c", "user.name=x", "-c", "user.email=x@example.com"])
            .args(["-c", "commit.gpgsign=false", "-c", "core.autocrlf=false"])
            .args(args)
            .current_dir(&self.path);
        let output = command.output().expect("git runs");
        assert!(output.status.success(), "{args:?}: {output:?}");
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path.join(path)).expect("it can be read")
    }

    /// The binary, about to run in this folder.
    pub(crate) fn command<S: AsRef<OsStr>>(&self, args: &[S]) -> Command {
        let mut command = Command::new(PLIMSOLL);
        command
            .args(args)
            .current_dir(&self.path)
            .stdin(Stdio::null());
        for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "CI"] {
            command.env_remove(name);
        }
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Answer {
        Answer::of(self.command(args).output().expect("the binary runs"))
    }

    /// Runs with a text on standard input.
    pub(crate) fn pipe(&self, args: &[&str], input: &str) -> Answer {
        let mut command = self.command(args);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().expect("the binary runs");
        // A command that refuses its arguments does not read.
        let _ = child
            .stdin
            .take()
            .expect("piped")
            .write_all(input.as_bytes());
        Answer::of(child.wait_with_output().expect("it ends"))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left in the temporary folder does no harm.
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// A JSON document that is valid by a schema.
#[track_caller]
pub(crate) fn valid(text: &str, schema: &str) -> serde_json::Value {
    let value = serde_json::from_str(text).expect("JSON");
    let schema = serde_json::from_str(schema).expect("the schema is JSON");
    let validator = jsonschema::validator_for(&schema).expect("the schema is a schema");
    let errors: Vec<String> = validator
        .iter_errors(&value)
        .map(|e| e.to_string())
        .collect();
    assert!(errors.is_empty(), "{errors:?}");
    value
}

/// What the binary answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Answer {
    pub(crate) fn of(output: Output) -> Self {
        Self {
            code: output.status.code().expect("no signal"),
            stdout: String::from_utf8(output.stdout).expect("UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("UTF-8"),
        }
    }

    /// The exit code, with nothing on standard error.
    #[track_caller]
    pub(crate) fn quiet(&self) -> i32 {
        assert_eq!(self.stderr, "");
        self.code
    }

    /// The report, valid by the schema.
    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        valid(
            &self.stdout,
            include_str!("../../../../docs/schema/check.schema.json"),
        )
    }

    /// `file:line:column rule` of every finding in the JSON report.
    #[track_caller]
    pub(crate) fn places(&self) -> Vec<String> {
        let value = self.json();
        let findings = value["findings"].as_array().expect("a list");
        let place = |finding: &serde_json::Value| {
            let text = |key: &str| finding[key].as_str().unwrap_or_default().to_owned();
            let (file, rule) = (text("file"), text("rule"));
            format!("{file}:{}:{} {rule}", finding["line"], finding["column"])
        };
        findings.iter().map(place).collect()
    }
}
