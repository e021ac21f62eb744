//! `plimsoll chart lint`: what `helm lint` checks, all of it in one run and with places.

mod charts;
mod helm;
mod json;
mod text;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{ArgAction, Args, ValueEnum};
use plimsoll_helm::lint::{Level, Message};
use plimsoll_helm::render::KubeVersion;
use plimsoll_helm::values::Sources;

use super::ignored::parse_bool;
use super::values::{ValueArgs, schemas};
use crate::failure::Failure;
use crate::terminal::Terminal;

/// Check charts as `helm lint` does, and go on after the first template that fails
///
/// The verdict is Helm's: exit code 1 if a chart fails, else 0. What Helm does not get to, because
/// it stops at the first template that fails, is told, too.
#[derive(Args)]
pub(crate) struct LintArgs {
    /// Folders of charts, or packed charts
    #[arg(value_name = "PATH", default_value = ".")]
    paths: Vec<String>,
    #[command(flatten)]
    values: ValueArgs,
    /// Fail on warnings
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value_t = false, action = ArgAction::Set, value_parser = parse_bool, hide_default_value = true)]
    strict: bool,
    /// The charts in `charts/`, too
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value_t = false, action = ArgAction::Set, value_parser = parse_bool, hide_default_value = true)]
    with_subcharts: bool,
    /// Only warnings and errors
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value_t = false, action = ArgAction::Set, value_parser = parse_bool, hide_default_value = true)]
    quiet: bool,
    /// The version of Kubernetes for `.Capabilities` and for what is deprecated [default: 1.37]
    #[arg(long, value_name = "VERSION")]
    kube_version: Option<String>,
    /// Do not check values against `values.schema.json`
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value_t = false, action = ArgAction::Set, value_parser = parse_bool, hide_default_value = true)]
    skip_schema_validation: bool,
    /// Fetch documents at web addresses that a `values.schema.json` refers to, as Helm always does
    #[arg(long)]
    online: bool,
    /// The namespace of the release [default: HELM_NAMESPACE, or `default`]
    #[arg(long, short, value_name = "NAME")]
    namespace: Option<String>,
    /// Links in a chart may lead to anything below this folder [default: the chart's repository]
    #[arg(long, value_name = "DIR")]
    links_below: Option<PathBuf>,
    /// How to write what was found
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// With the lines that are meant
    Text,
    /// For programs
    Json,
    /// What `helm lint` prints, and no more than that
    Helm,
}

/// A chart that was linted.
struct Linted {
    /// The path as given.
    path: String,
    /// Why it could not be linted at all, or what there is to say.
    outcome: Result<Vec<Message>, String>,
    /// How many files it has.
    files: usize,
}

impl Linted {
    /// What Helm says; with the rest only those that it does not get to.
    fn messages(&self, with_rest: bool) -> impl Iterator<Item = &Message> {
        let messages = self.outcome.as_deref().unwrap_or_default().iter();
        messages.filter(move |message| with_rest || !message.beyond)
    }

    fn fails(&self, strict: bool) -> bool {
        let least = if strict { Level::Warning } else { Level::Error };
        self.outcome.is_err() || self.messages(false).any(|message| message.level >= least)
    }
}

pub(crate) fn run(args: &LintArgs, terminal: &Terminal) -> Result<ExitCode, Failure> {
    let kube_version = match &args.kube_version {
        None => None,
        Some(version) => Some(KubeVersion::parse(version).map_err(|error| {
            Failure::user(format!("invalid kube version '{version}': {error}"))
        })?),
    };
    let mut paths = args.paths.clone();
    if args.with_subcharts {
        for path in &args.paths {
            charts::below(path, &mut paths);
        }
    }
    let user = args.values.user(terminal);
    user.lay(&mut Sources::default())?;
    let with = charts::With {
        args,
        user: &user,
        kube_version: kube_version.as_ref(),
        others: schemas(args.online),
    };
    let lint = |path: &String| charts::lint(path, &with);
    let linted: Vec<Linted> = paths.iter().map(lint).collect();
    match args.format {
        Format::Helm => return helm::write(args, &linted),
        Format::Text => text::write(args, &linted, terminal)?,
        Format::Json => json::write(args, &linted)?,
    }
    let fails = linted.iter().any(|linted| linted.fails(args.strict));
    Ok(ExitCode::from(u8::from(fails)))
}
