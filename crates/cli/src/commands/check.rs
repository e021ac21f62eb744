//! `plimsoll check`.

mod known;
mod selection;
mod since;

use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::ValueEnum;
use plimsoll_project::disk::DiskTree;
use plimsoll_project::{Options, Project, Reason};
use plimsoll_report::{Compared, NotReviewed, Report, RuleInfo};
use plimsoll_rules::{KubeVersion, RULES, Reach};
use plimsoll_source::{MemoryTree, Tree};

use crate::failure::Failure;
use crate::findings::{self, FailOn, Format, Wanted};
use crate::progress::Progress;
use crate::roots::{self, Roots};
use crate::settings::ConfigArgs;
use crate::stdin::{self, WithText};
use crate::terminal::Terminal;
use since::Change;

/// Review files and folders
///
/// Finds Dockerfiles, .dockerignore files, Compose files, Kubernetes manifests and Helm charts below the
/// paths given (the current folder when there are none), respecting .gitignore, and reviews
/// them. Exit code: 0 clean, 1 findings at or above --fail-on, 2 wrong use, 3 a failure of
/// plimsoll itself. Flags override plimsoll.toml, see docs/configuration.md.
#[derive(clap::Args)]
pub(crate) struct CheckArgs {
    /// Files and folders to review; `-` reads one file from standard input
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// How to write the findings; the JSON is described by docs/schema/check.schema.json
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
    /// Write the report in its format to this file, and the text to the terminal
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// How demanding the review is [default: default]
    #[arg(long, value_name = "LEVEL")]
    strictness: Option<Level>,
    /// The least severity of a finding that makes the exit code 1 [default: warning]
    #[arg(long, value_name = "SEVERITY")]
    fail_on: Option<FailOn>,
    /// Run only these rules, whatever their strictness; names of other tools (DL3006) are known
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    select: Vec<String>,
    /// Leave these rules out
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    ignore: Vec<String>,
    /// The version of Kubernetes that manifests are for, such as 1.34 [default: the newest known]
    #[arg(long, value_name = "VERSION")]
    kube_version: Option<KubeVersion>,
    /// A folder with further CustomResourceDefinitions to check custom resources against
    #[arg(long, value_name = "DIR")]
    crds: Option<PathBuf>,
    /// Report what is found in the subcharts of Helm charts, too
    #[arg(long)]
    subcharts: bool,
    /// Show the findings that comments and annotations allow, too
    #[arg(long)]
    show_suppressed: bool,
    /// Report only findings that this file does not know
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Write the findings to this file, as a baseline, instead of reporting them
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = ["baseline", "since", "output", "format", "show_suppressed"]
    )]
    write_baseline: Option<PathBuf>,
    /// Report only findings on lines changed since HEAD and this revision parted, and those
    /// elsewhere that the change brought about; runs git
    #[arg(long, value_name = "REVISION")]
    since: Option<String>,
    #[command(flatten)]
    config: ConfigArgs,
    /// With `-`: the path that the text is reviewed as, which need not exist
    #[arg(long, value_name = "PATH")]
    stdin_name: Option<PathBuf>,
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

pub(crate) fn run(args: &CheckArgs, terminal: &Terminal) -> Result<ExitCode, Failure> {
    let Input { roots, tree, reach } = input(args)?;
    let settings = args.config.read(&roots)?;
    let mut selection = selection::selection(args, &settings, reach)?;
    selection.asked.clone_from(&roots.paths);
    let baseline = args.baseline.as_deref().map(known::read).transpose()?;
    let change = match &args.since {
        Some(revision) => Some(Change::since(revision, &roots)?),
        None => None,
    };
    // The main thread works as the others do, instead of waiting for them.
    let _ = rayon::ThreadPoolBuilder::new()
        .use_current_thread()
        .build_global();
    let progress = Progress::new(terminal, "reviewing");
    let options = Options {
        paths: roots.paths.clone(),
        config: settings.config.clone(),
    };
    let mut project = Project::load(Arc::clone(&tree), &options);
    let charts = plimsoll_charts::Options {
        subcharts: args.subcharts,
        long_names: selection.may_hear("name-too-long"),
        ..plimsoll_charts::Options::new(&roots.paths, &selection.kube_version)
    };
    plimsoll_charts::add(&mut project, &charts);
    settings.check(&project)?;
    let mut outcome = plimsoll_rules::check(&project, &selection);
    if let Some(path) = &args.write_baseline {
        drop(progress);
        known::write(path, &project, &outcome.findings)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut compared = Compared::default();
    let mut before = Vec::new();
    if let (Some(change), Some(revision)) = (change, &args.since) {
        let now = since::Now {
            options: &options,
            charts: &charts,
            selection: &selection,
            project: &project,
        };
        before = change.part(tree, now, &mut outcome.findings)?;
        compared.since = Some((revision, before.len()));
    }
    if let Some(baseline) = &baseline {
        let known = known::part(baseline, &mut outcome, &before, &selection, &roots);
        compared.baseline = Some(known);
    }
    drop(progress);
    let left_alone = project.not_reviewed.iter().map(left_alone);
    let subcharts = quiet_subcharts(&project);
    let not_reviewed: Vec<NotReviewed> = left_alone
        .chain(project.unrecognised.iter().map(|path| unrecognised(path)))
        .chain(subcharts)
        .collect();
    let report = Report {
        manual: None,
        root: &roots.shown_root(),
        files: &project.files,
        findings: &outcome.findings,
        suppressed: &outcome.suppressed,
        shows_suppressed: args.show_suppressed,
        compared,
        reviewed: reviewed(&project),
        not_reviewed: &not_reviewed,
        unreadable: &unreadable(&project),
        truncated: project.truncated,
    };
    let rules: Vec<RuleInfo<'_>> = RULES.iter().map(|rule| findings::info(rule)).collect();
    let wanted = Wanted {
        format: args.format,
        output: args.output.as_deref(),
        rules: &rules,
    };
    wanted.write(&report, &roots, terminal)?;
    let fail_on = FailOn::of(args.fail_on, &settings.config);
    let fails = outcome
        .findings
        .iter()
        .any(|finding| fail_on.includes(finding.severity));
    // The process ends here; giving back a large project piece by piece takes longer than that.
    std::mem::forget((project, outcome));
    Ok(ExitCode::from(u8::from(fails)))
}

/// What is reviewed.
struct Input {
    roots: Roots,
    tree: Arc<dyn Tree>,
    reach: Reach,
}

/// The folder under review and the tree to read it from.
fn input(args: &CheckArgs) -> Result<Input, Failure> {
    let dash = Path::new("-");
    if !args.paths.iter().any(|path| path == dash) {
        if args.stdin_name.is_some() {
            return Err(Failure::user("`--stdin-name` is given, but not `-`")
                .help("write `plimsoll check - --stdin-name PATH`"));
        }
        let roots = Roots::new(&args.paths)?;
        let tree = Arc::new(DiskTree::new(&roots.root));
        let reach = if roots.paths.is_empty() {
            Reach::Whole
        } else {
            Reach::Part
        };
        return Ok(Input { roots, tree, reach });
    }
    if args.since.is_some() {
        return Err(Failure::user("`--since` is given together with `-`")
            .help("review the file by its path"));
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
        return Ok(Input {
            roots,
            tree: Arc::new(tree),
            reach: Reach::Part,
        });
    }
    let bytes = stdin::read()?;
    let path = stdin::guessed_name(&bytes).to_owned();
    let roots = Roots {
        root: roots::here(),
        paths: vec![path.clone()],
        folder: String::new(),
    };
    let tree = WithText {
        tree: MemoryTree::new(),
        path,
        bytes,
    };
    Ok(Input {
        roots,
        tree: Arc::new(tree),
        reach: Reach::Alone,
    })
}

/// How many files were reviewed: a template counts once, however often it was rendered. Of a chart
/// that has no templates of its own what describes it.
fn reviewed(project: &Project) -> usize {
    let count = of_their_own(project);
    if count > 0 {
        return count;
    }
    let charts = project.charts.iter();
    charts
        .map(|chart| 1 + usize::from(chart.text_of("values.yaml").is_some()))
        .sum()
}

/// The templates of subcharts, where there is nothing else to review: who asks for such a chart is
/// to know that they were left alone.
fn quiet_subcharts(project: &Project) -> Vec<NotReviewed> {
    if of_their_own(project) > 0 {
        return Vec::new();
    }
    let manifests = project.manifests.iter();
    let paths: BTreeSet<&str> = manifests.map(|unit| project.path(unit.file)).collect();
    let templates = paths.into_iter().map(|path| NotReviewed {
        path: path.to_owned(),
        reason: "subchart",
        called: [
            "template of a subchart (`--subcharts`)",
            "templates of subcharts (`--subcharts`)",
        ],
    });
    templates.collect()
}

/// The files that are no parts of subcharts.
fn of_their_own(project: &Project) -> usize {
    let manifests = project.manifests.iter();
    let reported = |file| project.generated(file).is_none_or(|one| one.reported);
    let manifests = manifests.filter(|unit| reported(unit.file));
    let manifests: HashSet<&str> = manifests.map(|unit| project.path(unit.file)).collect();
    project.dockerfiles.len() + project.ignores.len() + project.composes.len() + manifests.len()
}

fn unreadable(project: &Project) -> Vec<(String, String)> {
    let files = project.unreadable.iter();
    files
        .map(|one| (project.path(one.file).to_owned(), one.error.to_string()))
        .collect()
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
