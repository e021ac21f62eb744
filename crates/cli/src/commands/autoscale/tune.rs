//! `plimsoll autoscale tune`.

use std::fmt::Write;
use std::process::ExitCode;

use clap::ValueEnum;
use plimsoll_autoscale::keda::Paused;
use plimsoll_autoscale::patch::{self, PatchKind, patch};
use plimsoll_autoscale::tune::{Contender, Objective, Search, Tuned, tune};

use super::inputs::{InputArgs, Inputs};
use super::text;
use crate::failure::Failure;
use crate::terminal::{self, Terminal};

/// Search settings of a HorizontalPodAutoscaler or ScaledObject that serve a recorded load best
///
/// Tries settings (target, range, windows, policies, tolerances) on the first part of the load
/// and reports how the best do on the rest, which the search has not seen, beside the present
/// settings and the defaults. Settings are scored in replica hours; what lost work, late work and
/// changes are worth is for the flags to say.
#[derive(clap::Args)]
pub(crate) struct TuneArgs {
    #[command(flatten)]
    inputs: InputArgs,
    /// How many settings are tried
    #[arg(long, value_name = "N", default_value_t = 1000)]
    tries: usize,
    /// The share of the load that is searched on
    #[arg(long, value_name = "SHARE", default_value_t = 0.6)]
    train: f64,
    /// What an hour of a pod's work that is lost is worth, in replica hours
    #[arg(long, value_name = "HOURS", default_value_t = 20.0)]
    lost_costs: f64,
    /// What an hour of a pod's work that comes late is worth, in replica hours
    #[arg(long, value_name = "HOURS", default_value_t = 2.0)]
    late_costs: f64,
    /// What a change of the number is worth, in replica hours
    #[arg(long, value_name = "HOURS", default_value_t = 0.01)]
    change_costs: f64,
    /// How to write the answer
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// The patch alone: `kubectl patch hpa NAME --type merge --patch-file FILE`, or
    /// `kubectl patch scaledobject NAME --type json --patch-file FILE`
    Patch,
}

/// The most settings that are tried.
const MOST_TRIES: usize = 100_000;

pub(crate) fn run(args: &TuneArgs, terminal: &Terminal) -> Result<ExitCode, Failure> {
    if !(args.train > 0.0 && args.train < 1.0) {
        return Err(Failure::user("`--train` must lie between 0 and 1"));
    }
    if !(1..=MOST_TRIES).contains(&args.tries) {
        return Err(Failure::user(format!(
            "`--tries` must lie between 1 and {MOST_TRIES}"
        )));
    }
    for cost in [args.lost_costs, args.late_costs, args.change_costs] {
        if !(cost.is_finite() && cost >= 0.0) {
            return Err(Failure::user("what things are worth must not be below 0"));
        }
    }
    let inputs = args.inputs.read(terminal)?;
    refuse_paused(&inputs)?;
    for words in warnings(&inputs) {
        terminal.warn(&words);
    }
    let search = Search {
        present: &inputs.autoscaler,
        scene: &inputs.scene,
        cpu_request: inputs.cpu_request,
        objective: Objective {
            lost: args.lost_costs,
            late: args.late_costs,
            change: args.change_costs,
        },
        tries: args.tries,
    };
    let tuned = tune(&search, &inputs.steps, args.train);
    let answer = match args.format {
        Format::Text => table(&inputs, &tuned),
        Format::Patch => patch(&tuned.best.autoscaler),
    };
    terminal::print(&answer)?;
    Ok(ExitCode::SUCCESS)
}

/// Settings of an autoscaler that does not act cannot be told apart.
fn refuse_paused(inputs: &Inputs) -> Result<(), Failure> {
    let keda = inputs.autoscaler.keda.as_ref();
    let paused = keda.filter(|keda| keda.paused != Paused::Not || keda.pause_in || keda.pause_out);
    match paused {
        Some(keda) => Err(Failure::user(format!(
            "the ScaledObject `{}` is paused by an annotation",
            keda.name
        ))
        .help("take the annotation away, and search then")),
        None => Ok(()),
    }
}

fn warnings(inputs: &Inputs) -> Vec<String> {
    let autoscaler = &inputs.autoscaler;
    let several = autoscaler.hpa.metrics.len() > 1;
    match autoscaler.load_target() {
        Some(at) if several => {
            let name = text::metric(&autoscaler.hpa.metrics[at]);
            vec![format!(
                "of the targets, only `{name}` is searched; the others stay"
            )]
        }
        None if several || inputs.subject().is_empty() => {
            vec!["only the target of CPU is searched; other metrics stay as they are".to_owned()]
        }
        _ => Vec::new(),
    }
}

fn table(inputs: &Inputs, tuned: &Tuned) -> String {
    let mut out = text::heading(inputs) + "\n\n";
    let cut = tuned.trained_on as f64 * inputs.scene.sync;
    let _ = writeln!(
        out,
        "{} settings tried on the load until {}; the rest, which the search has not seen:\n",
        tuned.tries,
        inputs.load.time(cut),
    );
    let _ = writeln!(
        out,
        "{:<9} {:>10} {:>14} {:>8} {:>8} {:>8} {:>10}",
        "", "score", "replica hours", "lost", "late", "changes", "on the rest"
    );
    let row = |out: &mut String, name: &str, one: &Contender| {
        let report = &one.report;
        let _ = writeln!(
            out,
            "{name:<9} {:>10.1} {:>14.1} {:>6.2} % {:>6.2} % {:>8} {:>9.1} %",
            one.held_back,
            report.replica_hours,
            report.lost_share() * 100.0,
            report.delayed_share() * 100.0,
            report.ups + report.downs,
            (tuned.best.held_back / one.held_back.max(f64::MIN_POSITIVE) - 1.0) * 100.0,
        );
    };
    row(&mut out, "tuned", &tuned.best);
    row(&mut out, "present", &tuned.present);
    row(&mut out, "default", &tuned.default);
    if tuned.best.autoscaler == tuned.present.autoscaler {
        out.push_str("\nNothing was found that is better than the present settings.\n");
    } else {
        let kind = match patch::kind(&tuned.best.autoscaler) {
            PatchKind::Merge => "a merge patch",
            PatchKind::Json => "a JSON patch",
        };
        let _ = writeln!(out, "\nThe settings, as {kind}:\n");
        out.push_str(&patch(&tuned.best.autoscaler));
    }
    out
}
