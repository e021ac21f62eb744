//! What helm and Plimsoll answer. Helm's answers are kept by the content that they are for.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::cases::{Case, Hash};
use crate::helm;

/// What a program answered.
#[derive(Clone)]
pub(crate) struct Answer {
    /// None if it ended by a signal or had to be ended.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
}

/// The two programs and how they are called.
pub(crate) struct Programs {
    pub(crate) helm: PathBuf,
    pub(crate) ours: PathBuf,
    /// Arguments for both, after the chart.
    pub(crate) further: Vec<String>,
    pub(crate) folder: PathBuf,
    /// Where charts are looked for: in a checkout without `.git` links may lead this far.
    pub(crate) root: Option<PathBuf>,
}

const HELMS_PATIENCE: Duration = Duration::from_mins(3);
const OUR_PATIENCE: Duration = Duration::from_mins(1);

impl Programs {
    /// Two answers of helm to one case: where they differ it is not deterministic.
    pub(crate) fn helms(&self, case: &Case) -> Result<[Answer; 2]> {
        let mut key = Hash(case.hash);
        key.add(helm::VERSION.as_bytes());
        for word in &self.further {
            key.add(word.as_bytes());
        }
        // Errors of loading show the folder.
        if case.filled {
            key.add(b"filled");
        } else {
            key.add(case.name.as_bytes());
        }
        let folder = self.folder.join("answers").join(format!("{:032x}", key.0));
        if let Some(known) = read(&folder) {
            return Ok(known);
        }
        let first = self.ask_helm(case)?;
        let second = self.ask_helm(case)?;
        let gone = ["Error: path \"", "Error: open "];
        if gone.iter().any(|start| first.stderr.starts_with(start)) {
            bail!("`{}` has gone away", case.chart.display());
        }
        write(&folder, &first, &second).context("keeping helm's answer")?;
        Ok([first, second])
    }

    /// One answer of helm as of now.
    pub(crate) fn ask_helm(&self, case: &Case) -> Result<Answer> {
        let mut command = helm::command(&self.helm)?;
        command.arg("template");
        answer(self.arguments(command, case), HELMS_PATIENCE)
    }

    /// Our answer.
    pub(crate) fn ask_plimsoll(&self, case: &Case) -> Result<Answer> {
        let mut command = Command::new(&self.ours);
        command.args(["chart", "template"]);
        if let Some(root) = &self.root
            && case.chart.is_dir()
            && case.chart.starts_with(root)
        {
            command.arg("--links-below").arg(root);
        }
        answer(self.arguments(command, case), OUR_PATIENCE)
    }

    fn arguments(&self, mut command: Command, case: &Case) -> Command {
        command
            .arg("rel")
            .arg(&case.chart)
            .args(["--namespace", "ns"]);
        if let Some(values) = &case.values {
            command.arg("--values").arg(values);
        }
        command.args(&self.further);
        command
    }
}

fn read(folder: &Path) -> Option<[Answer; 2]> {
    let code = fs::read_to_string(folder.join("code")).ok()?;
    let mut codes = code.split_whitespace().map(|code| code.parse::<i32>().ok());
    let (one, two) = (codes.next()?, codes.next()?);
    let stdout = fs::read(folder.join("stdout")).ok()?;
    let stderr = fs::read_to_string(folder.join("stderr")).ok()?;
    // The second answer is kept only where it is another one.
    let again = fs::read(folder.join("stdout.2")).unwrap_or_else(|_| stdout.clone());
    let words = fs::read_to_string(folder.join("stderr.2")).unwrap_or_else(|_| stderr.clone());
    Some([
        Answer {
            code: one,
            stdout,
            stderr,
        },
        Answer {
            code: two,
            stdout: again,
            stderr: words,
        },
    ])
}

fn write(folder: &Path, first: &Answer, second: &Answer) -> Result<()> {
    fs::create_dir_all(folder)?;
    fs::write(folder.join("stdout"), &first.stdout)?;
    fs::write(folder.join("stderr"), &first.stderr)?;
    if first.stdout != second.stdout {
        fs::write(folder.join("stdout.2"), &second.stdout)?;
    }
    if first.stderr != second.stderr {
        fs::write(folder.join("stderr.2"), &second.stderr)?;
    }
    let shown = |code: Option<i32>| code.map_or_else(|| "-".to_owned(), |code| code.to_string());
    let codes = format!("{} {}\n", shown(first.code), shown(second.code));
    // Written last: without it there is no answer.
    fs::write(folder.join("code"), codes)?;
    Ok(())
}

pub(crate) fn answer(mut command: Command, patience: Duration) -> Result<Answer> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("starting `{}`", command.get_program().to_string_lossy()))?;
    let (done, ended) = channel();
    let mut stdout = child.stdout.take().context("piped")?;
    let mut stderr = child.stderr.take().context("piped")?;
    let words = thread::spawn(move || {
        let mut text = Vec::new();
        let _ = stderr.read_to_end(&mut text);
        String::from_utf8_lossy(&text).into_owned()
    });
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = stdout.read_to_end(&mut bytes);
        let _ = done.send(bytes);
    });
    let bytes = ended.recv_timeout(patience);
    let code = if bytes.is_ok() {
        child.wait()?.code()
    } else {
        child.kill()?;
        child.wait()?;
        None
    };
    Ok(Answer {
        code,
        stdout: bytes.unwrap_or_default(),
        stderr: words.join().unwrap_or_default(),
    })
}
