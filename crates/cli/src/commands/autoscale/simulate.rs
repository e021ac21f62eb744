//! `plimsoll autoscale simulate`.

use std::process::ExitCode;

use clap::ValueEnum;
use plimsoll_autoscale::keda::Paused;
use plimsoll_autoscale::sim::{Detail, simulate};

use super::inputs::InputArgs;
use super::{html, json, text};
use crate::failure::Failure;
use crate::terminal::{self, Terminal};

/// Replay a recorded load through a HorizontalPodAutoscaler or ScaledObject
///
/// The controller is that of Kubernetes 1.37.2, followed step by step, and KEDA's loop between
/// zero and some replicas is that of 2.20.2; pods, nodes and metrics
/// are a model that the flags describe. Shows the replicas over time, the load that was lost or
/// late, replica hours and cost, how often the number flapped, and what held each decision.
#[derive(clap::Args)]
pub(crate) struct SimulateArgs {
    #[command(flatten)]
    inputs: InputArgs,
    /// How to write the answer
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// For people: a plot on a terminal, a table of all changes elsewhere
    Text,
    /// For programs
    Json,
    /// One self-contained page to look at
    Html,
    /// The drawings of the page
    Svg,
}

pub(crate) fn run(args: &SimulateArgs, terminal: &Terminal) -> Result<ExitCode, Failure> {
    let inputs = args.inputs.read(terminal)?;
    let subject = inputs.subject();
    for words in &subject.left_out {
        terminal.warn(&format!("left out of the replay: {words}"));
    }
    match subject.paused() {
        Paused::Not => {}
        Paused::Here => terminal.warn("an annotation pauses it: the number stays as it is"),
        Paused::At(count) => {
            terminal.warn(&format!(
                "an annotation pauses it: the number stays at {count}"
            ));
        }
    }
    if subject.is_empty() {
        return Err(
            Failure::user("the autoscaler has no metric that a load drives")
                .help("give `--target-cpu PERCENT` to replay another target"),
        );
    }
    let (gaps, seconds) = inputs.load.gaps();
    if gaps > 0 {
        terminal.warn(&format!(
            "the load has {gaps} gaps of {:.1} h together; it is drawn straight through them",
            seconds / 3600.0
        ));
    }
    let report = simulate(&subject, &inputs.scene, &inputs.steps, Detail::Steps);
    let answer = match args.format {
        Format::Text => text::text(&inputs, &report, terminal.width),
        Format::Json => json::json(&inputs, &report)?,
        Format::Html => html::page(&inputs, &report),
        Format::Svg => html::drawings(&inputs, &report),
    };
    terminal::print(&answer)?;
    Ok(ExitCode::SUCCESS)
}
