//! `plimsoll chart`.

mod create;
mod dependency;
mod ignored;
mod inputs;
mod keyring;
mod keys;
mod lint;
mod login;
mod net;
mod output_dir;
mod package;
mod pull;
mod push;
mod refresh;
mod repo;
mod show;
mod sign;
mod source;
mod table;
mod template;
mod trace;
mod unpack;
mod values;
mod verify;

use std::process::ExitCode;

use clap::{Args, Subcommand};

use crate::failure::Failure;
use crate::terminal::Terminal;

/// Render, check, pack, fetch and send Helm charts as helm does
///
/// Exit code: 0 done, 1 refused, as by helm, 2 wrong use, 3 a failure of plimsoll itself.
#[derive(Args)]
#[command(args_override_self = true)]
pub(crate) struct ChartArgs {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    globals: ignored::GlobalFlags,
}

/// The arguments of `chart template` alone.
#[derive(Args)]
#[command(args_override_self = true)]
pub(crate) struct OnlyTemplate {
    #[command(subcommand)]
    command: TemplateCommand,
    #[command(flatten)]
    globals: ignored::GlobalFlags,
}

#[derive(Subcommand)]
enum TemplateCommand {
    Template(Box<template::TemplateArgs>),
}

impl From<OnlyTemplate> for ChartArgs {
    fn from(args: OnlyTemplate) -> Self {
        let TemplateCommand::Template(template) = args.command;
        Self {
            command: Command::Template(template),
            globals: args.globals,
        }
    }
}

#[derive(Subcommand)]
enum Command {
    Create(create::CreateArgs),
    #[command(visible_alias = "dep", alias = "dependencies")]
    Dependency(dependency::DependencyArgs),
    Lint(lint::LintArgs),
    Login(Box<login::LoginArgs>),
    Logout(login::LogoutArgs),
    Package(package::PackageArgs),
    #[command(visible_alias = "fetch")]
    Pull(Box<pull::PullArgs>),
    Push(Box<push::PushArgs>),
    /// Where Helm has `login` and `logout`
    #[command(hide = true, subcommand)]
    Registry(Registry),
    Repo(repo::RepoArgs),
    #[command(alias = "inspect")]
    Show(Box<show::ShowArgs>),

    Template(Box<template::TemplateArgs>),
    Values(keys::KeysArgs),
    Verify(verify::VerifyArgs),
}

#[derive(Subcommand)]
enum Registry {
    Login(Box<login::LoginArgs>),
    Logout(login::LogoutArgs),
}

/// What Helm refuses is refused with Helm's exit code.
pub(crate) fn run(args: &ChartArgs, terminal: &Terminal) -> Result<ExitCode, Failure> {
    let outcome = match &args.command {
        Command::Create(args) => create::run(args),
        Command::Dependency(args) => dependency::run(args, terminal),
        Command::Lint(args) => lint::run(args, terminal),
        Command::Login(args) | Command::Registry(Registry::Login(args)) => {
            login::run(args, terminal)
        }
        Command::Logout(args) | Command::Registry(Registry::Logout(args)) => {
            login::run_logout(args)
        }
        Command::Package(args) => package::run(args, terminal),
        Command::Pull(args) => pull::run(args, terminal),
        Command::Push(args) => push::run(args),
        Command::Repo(args) => repo::run(args, terminal),
        Command::Show(args) => show::run(args, terminal),
        Command::Template(args) => template::run(args, terminal),
        Command::Verify(args) => verify::run(args),
        // Helm has no such command, and nothing to refuse.
        Command::Values(args) => return keys::run(args, terminal),
    };
    outcome.map_err(Failure::refused)
}
