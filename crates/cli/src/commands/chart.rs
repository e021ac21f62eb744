//! `plimsoll chart`.

mod inputs;
mod output_dir;
mod show;
mod template;
mod trace;

use std::process::ExitCode;

use clap::{Args, Subcommand};

use crate::failure::Failure;
use crate::terminal::Terminal;

/// Render Helm charts as helm does, byte for byte
#[derive(Args)]
pub(crate) struct ChartArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Show(show::ShowArgs),
    Template(Box<template::TemplateArgs>),
}

pub(crate) fn run(args: &ChartArgs, terminal: &Terminal) -> Result<ExitCode, Failure> {
    match &args.command {
        Command::Show(args) => show::run(args),
        Command::Template(args) => template::run(args, terminal),
    }
}
