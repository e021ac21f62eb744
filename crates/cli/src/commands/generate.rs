//! `plimsoll generate`: what is written of the code and committed. For those who change Plimsoll;
//! `cargo xtask codegen` runs it.

mod reference;
mod schema;

use std::process::ExitCode;

use clap::ValueEnum;

use crate::failure::Failure;
use crate::terminal;

/// Write what is generated and committed
#[derive(clap::Args)]
pub(crate) struct GenerateArgs {
    /// What to write
    part: Part,
}

#[derive(Clone, Copy, ValueEnum)]
enum Part {
    /// The JSON schema of plimsoll.toml: docs/schema/plimsoll.schema.json
    ConfigSchema,
    /// The reference of plimsoll.toml: docs/configuration.md
    ConfigReference,
}

pub(crate) fn run(args: &GenerateArgs) -> Result<ExitCode, Failure> {
    terminal::print(&match args.part {
        Part::ConfigSchema => schema::schema(),
        Part::ConfigReference => reference::reference(),
    })?;
    Ok(ExitCode::SUCCESS)
}
