//! Runs git: the one program that is ever started, and only for `--since`.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use crate::failure::Failure;

/// A repository.
pub(crate) struct Git {
    root: PathBuf,
}

/// How a git command ended.
pub(crate) struct Answer {
    /// Whether it did what it was asked for.
    pub(crate) success: bool,
    pub(crate) stdout: Vec<u8>,
    /// The first line of what it complained.
    pub(crate) complaint: String,
}

impl Git {
    /// The repository whose top is `root`.
    pub(crate) fn new(root: &Path) -> Self {
        Self {
            root: root.to_path_buf(),
        }
    }

    /// Runs a command to its end.
    pub(crate) fn ask<S: AsRef<OsStr>>(&self, args: &[S]) -> Result<Answer, Failure> {
        let output = self.command(args).stdin(Stdio::null()).output();
        let output = output.map_err(|error| cannot_run(&error))?;
        let complaint = String::from_utf8_lossy(&output.stderr);
        let complaint = complaint.lines().find(|line| !line.trim().is_empty());
        Ok(Answer {
            success: output.status.success(),
            stdout: output.stdout,
            complaint: complaint.unwrap_or("it gives no reason").to_owned(),
        })
    }

    /// [`Git::ask`], with anything but success as a failure.
    pub(crate) fn get<S: AsRef<OsStr>>(&self, args: &[S]) -> Result<Vec<u8>, Failure> {
        let answer = self.ask(args)?;
        if answer.success {
            return Ok(answer.stdout);
        }
        let words = args.first().map(|word| word.as_ref().to_string_lossy());
        Err(Failure::user(format!(
            "`git {}` failed: {}",
            words.unwrap_or_default(),
            answer.complaint
        )))
    }

    /// Opens the repository's objects.
    pub(crate) fn objects(&self) -> Result<Objects, Failure> {
        let mut child = self
            .command(&["cat-file", "--batch"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| cannot_run(&error))?;
        let pipes = child.stdin.take().zip(child.stdout.take());
        let (stdin, stdout) = pipes.ok_or_else(|| Failure::internal("a pipe to git is missing"))?;
        Ok(Objects {
            pipes: Mutex::new((stdin, BufReader::new(stdout))),
            child,
        })
    }

    fn command<S: AsRef<OsStr>>(&self, args: &[S]) -> Command {
        let mut command = Command::new("git");
        command
            .arg("-C")
            .arg(&self.root)
            // A monitor of the file system would be started, and that is not asked for.
            .args(["-c", "core.fsmonitor=false", "-c", "core.quotePath=false"])
            .args(args)
            .env("LC_ALL", "C")
            .env("GIT_OPTIONAL_LOCKS", "0");
        command
    }
}

fn cannot_run(error: &std::io::Error) -> Failure {
    Failure::user(format!("cannot run `git`, which `--since` needs: {error}"))
        .help("install git, or review without `--since`")
}

/// The objects of a repository, read one at a time.
pub(crate) struct Objects {
    pipes: Mutex<(ChildStdin, BufReader<ChildStdout>)>,
    child: Child,
}

impl Objects {
    /// The bytes of a blob; `None` if there is none or it has more than `most` bytes.
    pub(crate) fn blob(&self, id: &str, most: u64) -> Option<Vec<u8>> {
        let mut pipes = self.pipes.lock().unwrap_or_else(PoisonError::into_inner);
        let (stdin, stdout) = &mut *pipes;
        writeln!(stdin, "{id}").and_then(|()| stdin.flush()).ok()?;
        let mut head = String::new();
        stdout.read_line(&mut head).ok()?;
        // `<id> blob <bytes>`, or `<id> missing`.
        let mut words = head.split_whitespace().skip(1);
        let is_blob = words.next() == Some("blob");
        let size: u64 = words.next()?.parse().ok()?;
        let mut bytes = Vec::new();
        let kept = if size <= most {
            stdout.take(size).read_to_end(&mut bytes).ok()?;
            true
        } else {
            std::io::copy(&mut stdout.take(size), &mut std::io::sink()).ok()?;
            false
        };
        // A line break ends the answer.
        stdout.read_exact(&mut [0]).ok()?;
        (kept && is_blob).then_some(bytes)
    }
}

impl Drop for Objects {
    fn drop(&mut self) {
        // It ends with its input; nothing is lost if it has ended before.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
