//! `plimsoll check`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::ValueEnum;
use plimsoll_project::disk::DiskTree;
use plimsoll_project::{Options, Project, Reason};
use plimsoll_report::{NotReviewed, Report, TextOptions};
use plimsoll_rules::{Date, KubeVersion, Selection, Strictness};
use plimsoll_source::{MemoryTree, Severity, Tree};

use crate::failure::Failure;
use crate::names;
use crate::progress::Progress;
use crate::roots::{self, Roots};
use crate::stdin::{self, WithText};
use crate::terminal::{self, Terminal};

/// Review files and folders
///
/// Finds Dockerfiles, .dockerignore files, Compose files and Kubernetes manifests below the
/// paths given (the current folder when there are none), respecting .gitignore, and reviews
/// them. Exit code: 0 clean, 1 findings at or above --fail-on, 2 wrong use, 3 a failure of
/// plimsoll itself.
#[derive(clap::Args)]
pub(crate) struct CheckArgs {
    /// Files and folders to review; `-` reads one file from standard input
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// How to write the findings; the JSON is described by docs/schema/check.schema.json
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
    /// How demanding the review is
    #[arg(long, value_name = "LEVEL", default_value = "default")]
    strictness: Level,
    /// The least severity of a finding that makes the exit code 1
    #[arg(long, value_name = "SEVERITY", default_value = "warning")]
    fail_on: FailOn,
    /// Run only these rules, whatever their strictness; names of other tools (DL3006) are known
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    select: Vec<String>,
    /// Leave these rules out
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    ignore: Vec<String>,
    /// The version of Kubernetes that manifests are for, such as 1.34
    #[arg(long, value_name = "VERSION", default_value_t = KubeVersion::NEWEST)]
    kube_version: KubeVersion,
    /// A folder with further CustomResourceDefinitions to check custom resources against
    #[arg(long, value_name = "DIR")]
    crds: Option<PathBuf>,
    /// With `-`: the path that the text is reviewed as, which need not exist
    #[arg(long, value_name = "PATH")]
    stdin_name: Option<PathBuf>,
}

/// The forms of a report.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Text,
    /// For programs
    Json,
}

#[derive(Clone, Copy, ValueEnum)]
enum Level {
    /// Wrong, dangerous or wasteful beyond argument
    Default,
    /// Good practice that reasonable teams skip
    Pedantic,
    /// Policy that an organisation must choose
    Auditor,
}

#[derive(Clone, Copy, ValueEnum)]
enum FailOn {
    /// Only errors
    Error,
    /// Errors and warnings
    Warning,
    /// Every finding
    Note,
    /// Nothing
    Never,
}

pub(crate) fn run(args: &CheckArgs, terminal: &Terminal) -> Result<ExitCode, Failure> {
    let selection = selection(args)?;
    let (roots, tree) = input(args)?;
    let progress = Progress::new(terminal, "reviewing");
    let project = Project::load(
        tree,
        &Options {
            paths: roots.paths.clone(),
        },
    );
    let findings = plimsoll_rules::check(&project, &selection).findings;
    drop(progress);
    let left_alone = project.not_reviewed.iter().map(left_alone);
    let not_reviewed: Vec<NotReviewed> = left_alone
        .chain(project.unrecognised.iter().map(|path| unrecognised(path)))
        .collect();
    let report = Report {
        root: &roots.shown_root(),
        files: &project.files,
        findings: &findings,
        reviewed: reviewed(&project),
        not_reviewed: &not_reviewed,
        truncated: project.truncated,
    };
    terminal::print_with(|out| match args.format {
        Format::Json => plimsoll_report::json(&report, out),
        Format::Text => {
            let here = roots::here();
            let shown = |path: &str| roots.shown(&here, path);
            let options = TextOptions {
                color: terminal.color,
                width: terminal.width,
                shown: &shown,
            };
            plimsoll_report::text(&report, &options, out)
        }
    })?;
    let fails = findings
        .iter()
        .any(|finding| args.fail_on.includes(finding.severity));
    Ok(ExitCode::from(u8::from(fails)))
}

fn selection(args: &CheckArgs) -> Result<Selection, Failure> {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |now| now.as_secs());
    let mut selection = Selection::on(Date::from_unix(now));
    selection.strictness = match args.strictness {
        Level::Default => Strictness::Default,
        Level::Pedantic => Strictness::Pedantic,
        Level::Auditor => Strictness::Auditor,
    };
    selection.select = names::ids(&args.select)?;
    selection.ignore = names::ids(&args.ignore)?;
    selection.kube_version = args.kube_version;
    selection.definitions = args.crds.as_deref().map(definitions).transpose()?;
    Ok(selection)
}

/// The files of the folder with further definitions.
fn definitions(folder: &Path) -> Result<Arc<Project>, Failure> {
    let shown = folder.display();
    if !folder.is_dir() {
        return Err(Failure::user(format!("`{shown}` is no folder"))
            .help("give the folder that holds the CustomResourceDefinitions"));
    }
    let project = Project::load(Arc::new(DiskTree::new(folder)), &Options::default());
    if project.manifests.is_empty() {
        return Err(Failure::user(format!("`{shown}` holds no manifests"))
            .help("give the folder that holds the CustomResourceDefinitions"));
    }
    Ok(Arc::new(project))
}

/// The folder under review and the tree to read it from.
fn input(args: &CheckArgs) -> Result<(Roots, Arc<dyn Tree>), Failure> {
    let dash = Path::new("-");
    if !args.paths.iter().any(|path| path == dash) {
        if args.stdin_name.is_some() {
            return Err(Failure::user("`--stdin-name` is given, but not `-`")
                .help("write `plimsoll check - --stdin-name PATH`"));
        }
        let roots = Roots::new(&args.paths)?;
        let tree = DiskTree::new(&roots.root);
        return Ok((roots, Arc::new(tree)));
    }
    if args.paths.len() > 1 {
        return Err(Failure::user("`-` is given together with other paths")
            .help("review standard input by itself"));
    }
    if let Some(name) = &args.stdin_name {
        let (roots, path) = Roots::of_name(name)?;
        let bytes = stdin::read()?;
        let tree = WithText {
            tree: DiskTree::new(&roots.root),
            path,
            bytes,
        };
        return Ok((roots, Arc::new(tree)));
    }
    let bytes = stdin::read()?;
    let path = stdin::guessed_name(&bytes).to_owned();
    let roots = Roots {
        root: roots::here(),
        paths: vec![path.clone()],
    };
    let tree = WithText {
        tree: MemoryTree::new(),
        path,
        bytes,
    };
    Ok((roots, Arc::new(tree)))
}

impl FailOn {
    fn includes(self, severity: Severity) -> bool {
        match self {
            Self::Error => severity >= Severity::Error,
            Self::Warning => severity >= Severity::Warning,
            Self::Note => true,
            Self::Never => false,
        }
    }
}

fn reviewed(project: &Project) -> usize {
    project.dockerfiles.len()
        + project.ignores.len()
        + project.composes.len()
        + project.manifests.len()
}

fn left_alone(file: &plimsoll_project::NotReviewed) -> NotReviewed {
    let (reason, called) = match file.reason {
        Reason::ChartTemplate => ("chart-template", ["chart template", "chart templates"]),
        Reason::Sops => ("sops", ["SOPS-encrypted file", "SOPS-encrypted files"]),
        Reason::Jsonnet => ("jsonnet", ["Jsonnet file", "Jsonnet files"]),
        Reason::Template => ("template", ["other template", "other templates"]),
    };
    NotReviewed {
        path: file.path.clone(),
        reason,
        called,
    }
}

/// A file that was named and is nothing that can be reviewed. It is no mistake to name one: a
/// hook passes all files of a commit.
fn unrecognised(path: &str) -> NotReviewed {
    let called = ["file of another kind", "files of other kinds"];
    NotReviewed {
        path: path.to_owned(),
        reason: "unrecognised",
        called,
    }
}
