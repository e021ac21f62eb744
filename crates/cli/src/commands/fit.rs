//! `plimsoll fit`.

mod answer;
mod inputs;
mod json;
mod live;
mod markdown;
mod text;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::ValueEnum;
use plimsoll_fit::Shape;

use crate::cluster::KubeconfigArgs;
use crate::failure::Failure;
use crate::progress::Progress;
use crate::settings::{ConfigArgs, ReleaseArgs};
use crate::terminal::{self, Terminal};
use answer::Answer;
pub(crate) use inputs::{dump_of_cluster, dump_of_file};

/// See whether workloads fit on nodes, and what is left
///
/// Places the pods of the manifests and charts below a path, one after another, as kube-scheduler
/// 1.37.2 does with its default plugins: on nodes that a cluster has (--nodes), beside the pods
/// that run there (--pods; --live asks the cluster for both), or on nodes that are described (--node). Says what stays pending and
/// why in the scheduler's words, how many more replicas find room, what survives the loss of a
/// node or a zone (--lose), and which shape of nodes would be the cheapest (--shapes). Volumes,
/// devices and preemption are not followed; see docs/fit.md. Exit code: 0, 1 when a pod stays
/// pending, 2 wrong use.
#[derive(clap::Args)]
pub(crate) struct FitArgs {
    /// Where the manifests and charts are; the current folder when there are none, unless --pods
    /// or --live is given
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    release: ReleaseArgs,
    /// Nodes of a cluster: the output of `kubectl get nodes -o json` or `-o yaml`
    #[arg(long, value_name = "FILE")]
    nodes: Option<PathBuf>,
    /// Nodes of a shape, such as `8x4cpu,16Gi,zone=a,price=0.2`; may be given several times
    #[arg(long = "node", value_name = "SHAPE", value_parser = Shape::parse)]
    shaped: Vec<(usize, Shape)>,
    /// Pods of a cluster: the output of `kubectl get pods -A -o json` or `-o yaml`. Those that the
    /// manifests replace are taken away first
    #[arg(long, value_name = "FILE")]
    pods: Option<PathBuf>,
    /// Ask the cluster that kubectl would ask for its nodes and for what runs there, instead of
    /// --nodes and --pods
    #[arg(long, conflicts_with_all = ["nodes", "pods"])]
    live: bool,
    #[command(flatten)]
    cluster: KubeconfigArgs,
    /// Place as many replicas as an autoscaler may ask for
    #[arg(long)]
    at_max: bool,
    /// See what becomes of the pods when each node, or each zone, is lost; those that find no other
    /// node make the exit code 1, too
    #[arg(long, value_name = "WHAT")]
    lose: Option<Lose>,
    /// Shapes of nodes to compare, with their prices: a YAML list (docs/fit.md)
    #[arg(long, value_name = "FILE")]
    shapes: Option<PathBuf>,
    /// Show for one more replica of this workload why each node is refused or what it is worth
    #[arg(long, value_name = "WORKLOAD")]
    explain: Option<String>,
    /// How to write the answer
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
    #[command(flatten)]
    config: ConfigArgs,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Lose {
    /// Each node by itself
    Node,
    /// Each zone by itself
    Zone,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// For programs
    Json,
    /// For a pull request or an issue
    Markdown,
}

pub(crate) fn run(args: &FitArgs, terminal: &Terminal) -> Result<ExitCode, Failure> {
    let progress = Progress::new(terminal, "placing pods");
    let inputs = inputs::read(args)?;
    let notes = inputs.notes.clone();
    let answer = Answer::find(args, inputs)?;
    drop(progress);
    for note in &notes {
        terminal.warn(note);
    }
    let text = match args.format {
        Format::Text => text::text(&answer),
        Format::Json => json::json(&answer, &notes)?,
        Format::Markdown => markdown::markdown(&answer),
    };
    terminal::print(&text)?;
    Ok(ExitCode::from(u8::from(answer.is_short())))
}
