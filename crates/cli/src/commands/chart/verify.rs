//! `plimsoll chart verify`: what `helm verify` does.

use std::path::Path;
use std::process::ExitCode;

use clap::Args;

use super::keyring::KeyringArgs;
use super::source::verify_file;
use crate::failure::Failure;
use crate::terminal;

/// Check that a packed chart is the one that was signed, by a key that is trusted, as `helm verify`
/// does
#[derive(Args)]
pub(crate) struct VerifyArgs {
    /// The packed chart, with a file beside it that has `.prov` behind its name
    chart: String,
    #[command(flatten)]
    keyring: KeyringArgs,
}

pub(crate) fn run(args: &VerifyArgs) -> Result<ExitCode, Failure> {
    terminal::print(&verify_file(Path::new(&args.chart), &args.keyring)?)?;
    Ok(ExitCode::SUCCESS)
}
