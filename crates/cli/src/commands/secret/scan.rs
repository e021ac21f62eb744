//! `plimsoll secret scan`.

mod say;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use plimsoll_project::config::Globs;
use plimsoll_project::disk::DiskTree;
use plimsoll_project::texts::{self, Limits, Text, Texts};
use plimsoll_project::vcs::Vcs;
use plimsoll_report::{Compared, NotReviewed, Report};
use plimsoll_rules::allowances;
use plimsoll_secrets::scan::{MAX_FOUND, is_sample};
use plimsoll_secrets::{Found, Kind, scan};
use plimsoll_source::{Files, Place, SourceFile, Suppressed, Tree};
use rayon::prelude::*;

use crate::failure::Failure;
use crate::findings::{FailOn, Format, Wanted};
use crate::progress::Progress;
use crate::roots::Roots;
use crate::settings::ConfigArgs;
use crate::terminal::Terminal;

/// The largest file that is looked through, in bytes. What people write is far smaller.
const MAX_BYTES: u64 = 2 * 1024 * 1024;

/// How many bytes tell whether a file is text.
const GLANCE: usize = 8 * 1024;

/// Find secrets in the files of a project: passwords, tokens, private keys
///
/// Looks through every text file below the paths given (the current folder when there are none),
/// by the names of settings, the forms of credentials and the look of values. No value is printed:
/// a finding says what it is, how long it is, and a print that tells equal values. Files that git
/// ignores, and values in tests, examples and manuals, are left out and counted. Placeholders,
/// references and keys for tests are no findings. Exit code: 0 clean, 1 findings at or above
/// --fail-on, 2 wrong use, 3 a failure of plimsoll itself.
#[derive(clap::Args)]
pub(crate) struct ScanArgs {
    /// Files and folders to look through
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// How to write the findings; the JSON is described by docs/schema/check.schema.json
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
    /// Write the report in its format to this file, and the text to the terminal
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// The least severity of a finding that makes the exit code 1 [default: warning]
    #[arg(long, value_name = "SEVERITY")]
    fail_on: Option<FailOn>,
    /// Report what stands in files that git ignores, too
    #[arg(long)]
    ignored: bool,
    /// Report what stands in tests, examples and manuals, too
    #[arg(long)]
    samples: bool,
    /// Show the findings that comments allow, too
    #[arg(long)]
    show_suppressed: bool,
    #[command(flatten)]
    config: ConfigArgs,
}

/// What became of a file.
enum Looked {
    Read(String, Vec<Found>),
    Binary,
    Large,
    Failed(String),
}

/// Why findings are left out, and how many.
#[derive(Default)]
struct LeftOut {
    ignored: usize,
    samples: usize,
    /// Files with more than are listed.
    full: Vec<String>,
}

pub(crate) fn run(args: &ScanArgs, terminal: &Terminal) -> Result<ExitCode, Failure> {
    let roots = Roots::new(&args.paths)?;
    let settings = args.config.read(&roots)?;
    let tree: Arc<dyn Tree> = Arc::new(DiskTree::new(&roots.root));
    let vcs = Vcs::new(Arc::clone(&tree));
    let progress = Progress::new(terminal, "looking");
    let mut listed = texts::texts(&*tree, &vcs, &roots.paths, Limits::default());
    let excluded = settings.config.secrets_exclude.as_ref();
    listed.files.retain(|file| is_wanted(file, excluded));
    let looked: Vec<Looked> = listed
        .files
        .par_iter()
        .map(|file| look(&*tree, file))
        .collect();
    let mut world = World::new(&*tree, &vcs, args);
    for (file, looked) in listed.files.iter().zip(looked) {
        world.add(file, looked);
    }
    drop(progress);
    world.report(&listed, &roots, terminal)?;
    let fail_on = FailOn::of(args.fail_on, &settings.config);
    let fails = world
        .findings
        .iter()
        .any(|finding| fail_on.includes(finding.severity));
    Ok(ExitCode::from(u8::from(fails)))
}

fn is_wanted(file: &Text, excluded: Option<&Globs>) -> bool {
    excluded.is_none_or(|globs| !globs.covers(&file.path))
}

fn look(tree: &dyn Tree, file: &Text) -> Looked {
    if file.len > MAX_BYTES {
        return Looked::Large;
    }
    let bytes = match tree.read(&file.path) {
        Ok(bytes) if bytes.len() as u64 > MAX_BYTES => return Looked::Large,
        Ok(bytes) => bytes,
        Err(error) => return Looked::Failed(error.to_string()),
    };
    if bytes[..bytes.len().min(GLANCE)].contains(&0) {
        return Looked::Binary;
    }
    let Ok(text) = String::from_utf8(bytes) else {
        return Looked::Binary;
    };
    let found = scan(&file.path, &text);
    Looked::Read(text, found)
}

/// What was found so far.
struct World<'a> {
    tree: &'a dyn Tree,
    vcs: &'a Vcs,
    args: &'a ScanArgs,
    files: Files,
    findings: Vec<plimsoll_source::Finding>,
    suppressed: Vec<Suppressed>,
    left_out: LeftOut,
    not_reviewed: Vec<NotReviewed>,
    unreadable: Vec<(String, String)>,
    looked_through: usize,
}

impl<'a> World<'a> {
    fn new(tree: &'a dyn Tree, vcs: &'a Vcs, args: &'a ScanArgs) -> Self {
        Self {
            tree,
            vcs,
            args,
            files: Files::default(),
            findings: Vec::new(),
            suppressed: Vec::new(),
            left_out: LeftOut::default(),
            not_reviewed: Vec::new(),
            unreadable: Vec::new(),
            looked_through: 0,
        }
    }

    fn add(&mut self, file: &Text, looked: Looked) {
        let (text, mut found) = match looked {
            Looked::Read(text, found) => (text, found),
            Looked::Binary => return self.left(file, "binary", ["binary file", "binary files"]),
            Looked::Large => return self.left(file, "large", ["large file", "large files"]),
            Looked::Failed(why) => return self.unreadable.push((file.path.clone(), why)),
        };
        if file.ignored && !self.args.ignored {
            self.left_out.ignored += found.len();
            return;
        }
        self.looked_through += 1;
        if found.len() >= MAX_FOUND {
            self.left_out.full.push(file.path.clone());
        }
        if !self.args.samples && is_sample(&file.path) {
            let before = found.len();
            // Whoever gave out a token honours it wherever it stands.
            found.retain(|one| matches!(one.kind, Kind::Token(_)) && one.sure);
            self.left_out.samples += before - found.len();
        }
        if found.is_empty() {
            return;
        }
        let allowed = allowances(&text);
        let id = self.files.add(SourceFile::written(file.path.clone(), text));
        let setting = say::Setting {
            file: id,
            path: &file.path,
            git: self.vcs.status(&file.path),
            ignored: file.ignored,
            docker: texts::docker_ignores(self.tree, &file.path),
        };
        let mut namer = say::Namer::default();
        for one in &found {
            let finding = say::finding(&setting, one, &mut namer);
            let start = finding.origin.place.range.start;
            let by = allowed.iter().find(|allowance| {
                allowance.covers.contains(start) && say::allows(&allowance.rules)
            });
            match by {
                Some(by) => self.suppressed.push(Suppressed {
                    finding,
                    place: Place::new(id, by.range),
                    reason: by.reason.clone(),
                }),
                None => self.findings.push(finding),
            }
        }
    }

    fn left(&mut self, file: &Text, reason: &'static str, called: [&'static str; 2]) {
        if file.ignored && !self.args.ignored {
            return;
        }
        self.not_reviewed.push(NotReviewed {
            path: file.path.clone(),
            reason,
            called,
        });
    }

    fn report(
        &mut self,
        listed: &Texts,
        roots: &Roots,
        terminal: &Terminal,
    ) -> Result<(), Failure> {
        let errors = listed.errors.iter();
        let errors = errors.map(|error| (error.path.clone(), error.to_string()));
        self.unreadable.extend(errors);
        let report = Report {
            root: &roots.shown_root(),
            files: &self.files,
            manual: Some(say::MANUAL),
            findings: &self.findings,
            suppressed: &self.suppressed,
            shows_suppressed: self.args.show_suppressed,
            compared: Compared::default(),
            reviewed: self.looked_through,
            not_reviewed: &self.not_reviewed,
            unreadable: &self.unreadable,
            truncated: listed.truncated,
        };
        let wanted = Wanted {
            format: self.args.format,
            output: self.args.output.as_deref(),
            rules: &[say::rule()],
        };
        wanted.write(&report, roots, terminal)?;
        for note in say::left_out(&self.left_out) {
            terminal.note(&note);
        }
        for (path, why) in &self.unreadable {
            if self.args.format == Format::Text {
                terminal.warn(&format!("`{path}` was not looked through: {why}"));
            }
        }
        Ok(())
    }
}
