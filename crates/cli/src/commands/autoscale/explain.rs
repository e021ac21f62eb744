//! `plimsoll autoscale explain`.

mod json;
mod live;
mod parts;
mod text;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::ValueEnum;
use plimsoll_autoscale::dump::{Dump, UsageFile};
use plimsoll_autoscale::explain::explain;
use plimsoll_autoscale::{Flags, Span, Time};

use crate::cluster::ClusterArgs;
use crate::failure::Failure;
use crate::files::read_text;
use crate::terminal::{self, Terminal};

/// Say why a HorizontalPodAutoscaler is at its number, and what it would take to move it
///
/// Asks the cluster of the kubeconfig, or reads what kubectl prints: `kubectl get
/// hpa,deploy,pods,events -n NAMESPACE -o yaml` (or `-o json`), and with --metrics what the pods
/// use. Nothing is changed in the cluster. Shows for each metric its value, its target,
/// their ratio and what it proposes, how the pods count, which limit, window or policy holds the
/// number, and the values at which the next replica comes or goes. The controller is that of
/// Kubernetes 1.37.2.
#[derive(clap::Args)]
pub(crate) struct ExplainArgs {
    /// The HorizontalPodAutoscaler, as NAME or NAMESPACE/NAME
    #[arg(value_name = "HPA")]
    hpa: String,
    /// Files of a dump; without any, the cluster is asked
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    cluster: ClusterArgs,
    /// What the pods use: `kubectl get --raw /apis/metrics.k8s.io/v1beta1/namespaces/NAMESPACE/pods`,
    /// or `kubectl top pods`, with --containers for pods with several; without it, the means in
    /// the status are taken
    #[arg(long, value_name = "FILE", requires = "files")]
    metrics: Option<PathBuf>,
    /// The time to explain; the newest in the dump, or now, when not given
    #[arg(long, value_name = "TIME", value_parser = time)]
    at: Option<Time>,
    /// Flag of kube-controller-manager: --horizontal-pod-autoscaler-tolerance
    #[arg(long, value_name = "SHARE", default_value_t = 0.1)]
    tolerance: f64,
    /// Flag of kube-controller-manager: --horizontal-pod-autoscaler-downscale-stabilization, in
    /// seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 300)]
    downscale_stabilization: i64,
    /// Flag of kube-controller-manager: --horizontal-pod-autoscaler-cpu-initialization-period,
    /// in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 300)]
    cpu_initialization_period: i64,
    /// Flag of kube-controller-manager: --horizontal-pod-autoscaler-initial-readiness-delay, in
    /// seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    initial_readiness_delay: i64,
    /// How to write the answer
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// For a pull request or an issue
    Markdown,
    /// For programs
    Json,
}

/// The largest file that is read, in bytes.
const MOST_BYTES: u64 = 256 << 20;

fn time(text: &str) -> Result<Time, String> {
    plimsoll_autoscale::dump::time(text)
        .ok_or_else(|| "a date such as `2024-05-01T12:00:00Z` is expected".to_owned())
}

pub(crate) fn run(args: &ExplainArgs, terminal: &Terminal) -> Result<ExitCode, Failure> {
    if !(args.tolerance.is_finite() && args.tolerance >= 0.0) {
        return Err(Failure::user("`--tolerance` must not be below 0"));
    }
    if args.cluster.is_given() && !args.files.is_empty() {
        return Err(Failure::user(
            "there are files of a dump, and a cluster to ask: only one of them can be explained",
        ));
    }
    let (mut dump, now) = if args.files.is_empty() {
        (live::read(&args.cluster, &args.hpa)?, Some(now()))
    } else {
        (of_files(args)?, None)
    };
    for words in &dump.notes {
        terminal.warn(words);
    }
    let flags = Flags {
        tolerance: args.tolerance,
        downscale_stabilization: Span::seconds(args.downscale_stabilization),
        cpu_initialization_period: Span::seconds(args.cpu_initialization_period),
        initial_readiness_delay: Span::seconds(args.initial_readiness_delay),
        ..Flags::default()
    };
    let explained = explain(&mut dump, &flags, args.at.or(now)).ok_or_else(|| {
        Failure::user("the dump names no time, by which pods and samples are judged")
            .help("give `--at TIME` with the time at which it was taken")
    })?;
    let answer = match args.format {
        Format::Text => text::text(&dump, &explained),
        Format::Markdown => text::markdown(&dump, &explained),
        Format::Json => json::json(&dump, &explained)?,
    };
    terminal::print(&answer)?;
    Ok(ExitCode::SUCCESS)
}

fn now() -> Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    Time::millis(since.map_or(0, |since| since.as_millis() as i64))
}

fn of_files(args: &ExplainArgs) -> Result<Dump, Failure> {
    let files = args.files.iter();
    let texts = files.map(|path| read_text(path, MOST_BYTES));
    let texts: Vec<String> = texts.collect::<Result<_, _>>()?;
    let usage = args.metrics.as_deref().map(usage).transpose()?;
    Dump::read(&texts, usage.as_ref(), &args.hpa).map_err(|error| {
        Failure::user(error.to_string())
            .help("give the output of `kubectl get hpa,deploy,pods,events -o yaml`")
    })
}

fn usage(path: &Path) -> Result<UsageFile, Failure> {
    let text = read_text(path, MOST_BYTES)?;
    UsageFile::read(&text).map_err(|error| Failure::user(format!("`{}`: {error}", path.display())))
}
