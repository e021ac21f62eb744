//! `plimsoll chart`.

mod create;
mod ignored;
mod inputs;
mod lint;
mod output_dir;
mod package;
mod show;
mod template;
mod trace;
mod values;

use std::process::ExitCode;

use clap::{Args, Subcommand};

use crate::failure::Failure;
use crate::terminal::Terminal;

/// Render, check, start and pack Helm charts as helm does
///
/// Exit code: 0 done, 1 refused, as by helm, 2 wrong use, 3 a failure of plimsoll itself.
#[derive(Args)]
pub(crate) struct ChartArgs {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    cluster: ignored::ClusterFlags,
}

#[derive(Subcommand)]
enum Command {
    Create(create::CreateArgs),
    Lint(lint::LintArgs),
    Package(package::PackageArgs),
    Show(show::ShowArgs),
    Template(Box<template::TemplateArgs>),
}

/// What Helm refuses is refused with Helm's exit code.
pub(crate) fn run(args: &ChartArgs, terminal: &Terminal) -> Result<ExitCode, Failure> {
    let outcome = match &args.command {
        Command::Create(args) => create::run(args),
        Command::Lint(args) => lint::run(args, terminal),
        Command::Package(args) => package::run(args, terminal),
        Command::Show(args) => show::run(args),
        Command::Template(args) => template::run(args, terminal),
    };
    outcome.map_err(Failure::refused)
}
