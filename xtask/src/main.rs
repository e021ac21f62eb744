//! Maintenance tasks, run as `cargo xtask TASK`. Depends on no crate of the workspace, so that
//! it can write parts of them while they do not compile.

mod bench;
mod chart_exchange;
mod chart_parity;
mod cli_reference;
mod codegen;
mod corpus;
mod dice;
mod helm;
mod images;
#[cfg(test)]
mod layering;
mod lint_parity;
mod network;
mod oracles;
mod peers;
mod suite;
mod trace_check;
mod workspace;
mod yardstick;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Maintenance tasks of Plimsoll")]
struct Args {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Writes the rule registry, the rule pages and the CLI reference
    Codegen(codegen::Args),
    /// Sets up what the tests need and runs all of them
    Test(suite::Args),
    /// Runs the programs of tests/oracles and writes their answers
    Oracles(oracles::Args),
    /// Measures the review, or the parsers, and prints a table
    Bench(bench::Args),
    /// Reviews every file below a folder and mutants of them
    Corpus(corpus::Args),
    Images(images::Args),
    Peers(peers::Args),
    /// Renders every chart below a folder with helm and with Plimsoll and compares the bytes
    ChartParity(chart_parity::Args),
    /// Holds the traces of charts against what happens when values change
    TraceCheck(trace_check::Args),
    /// Checks that helm uses charts that Plimsoll made and packed, and the reverse
    ChartExchange(chart_exchange::Args),
    /// Lints every chart below a folder with helm and with Plimsoll and compares what they say
    LintParity(lint_parity::Args),
    /// Measures `plimsoll size` beside models of VPA and KRR on weeks that none has seen
    Yardstick(yardstick::Args),
}

fn main() -> ExitCode {
    let outcome = match Args::parse().task {
        Task::Codegen(args) => codegen::run(&args),
        Task::Test(args) => suite::run(&args),
        Task::Oracles(args) => oracles::run(&args),
        Task::Bench(args) => bench::run(&args),
        Task::Corpus(args) => corpus::run(&args),
        Task::Images(args) => images::run(&args),
        Task::Peers(args) => peers::run(&args),
        Task::ChartParity(args) => chart_parity::run(&args),
        Task::TraceCheck(args) => trace_check::run(&args),
        Task::ChartExchange(args) => chart_exchange::run(&args),
        Task::LintParity(args) => lint_parity::run(&args),
        Task::Yardstick(args) => yardstick::run(&args),
    };
    match outcome {
        Ok(code) => code,
        Err(error) => {
            workspace::say(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}
