//! `plimsoll compose config`.

use std::fmt::Write as _;
use std::process::ExitCode;

use clap::ValueEnum;
use plimsoll_project::compose::{
    Format, LinkKind, Notice, Records, Refusal, Request, Resolved, TemplateVariable, Unresolved,
    resolve,
};
use plimsoll_project::disk::Machine;

use crate::failure::Failure;
use crate::terminal::{self, Terminal};

/// Show a Compose project in canonical form
///
/// Finds the files, follows `extends` and `include`, replaces variables, makes short forms long,
/// adds what holds by default, and refuses what docker compose refuses, each with its place.
/// What is printed is what `docker compose config` prints: the values of variables and env files
/// are in it. Exit code: 0 resolved, 1 refused, 2 wrong use, 3 a failure of plimsoll itself.
#[derive(clap::Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an option of the command that this one stands for"
)]
pub(crate) struct ConfigArgs {
    /// Only these services, with what they depend on
    #[arg(value_name = "SERVICE")]
    services: Vec<String>,
    /// How to write the project
    #[arg(long, value_name = "FORMAT", default_value = "yaml")]
    format: Form,
    /// Only check the project
    #[arg(long, short = 'q')]
    quiet: bool,
    /// Leave variables as they are written
    #[arg(long)]
    no_interpolate: bool,
    /// Leave out what is added by default
    #[arg(long)]
    no_normalize: bool,
    /// Leave relative paths as they are written
    #[arg(long)]
    no_path_resolution: bool,
    /// Do not check whether the parts fit together
    #[arg(long)]
    no_consistency: bool,
    /// Leave `env_file` as it is written
    #[arg(long)]
    no_env_resolution: bool,
    /// List the services
    #[arg(long = "services", group = "list")]
    list_services: bool,
    /// List the volumes
    #[arg(long = "volumes", group = "list")]
    list_volumes: bool,
    /// List the networks
    #[arg(long = "networks", group = "list")]
    list_networks: bool,
    /// List the models
    #[arg(long = "models", group = "list")]
    list_models: bool,
    /// List the images
    #[arg(long = "images", group = "list")]
    list_images: bool,
    /// List the profiles
    #[arg(long = "profiles", group = "list")]
    list_profiles: bool,
    /// List the variables that the files use, with their defaults
    #[arg(long = "variables", group = "list")]
    list_variables: bool,
    /// List the variables that the files can use, with their values
    #[arg(long = "environment", group = "list")]
    list_environment: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// For people
    Yaml,
    /// For programs
    Json,
}

pub(super) fn run(
    args: &ConfigArgs,
    request: Request,
    terminal: &Terminal,
) -> Result<ExitCode, Failure> {
    let request = Request {
        services: args.services.clone(),
        no_interpolate: args.no_interpolate || args.list_variables,
        no_validation: args.list_variables,
        no_normalise: args.no_normalize,
        no_path_resolution: args.no_path_resolution,
        no_consistency: args.no_consistency,
        // Names can be listed without the values that files hold.
        no_env_files: args.no_env_resolution
            || args.list_services
            || args.list_volumes
            || args.list_networks
            || args.list_models,
        ..request
    };
    match resolve(&request, &Machine) {
        Ok(resolved) => {
            warn(terminal, resolved.notices(), resolved.records());
            if !args.quiet {
                terminal::print(&shown(args, &resolved)?)?;
            }
            Ok(ExitCode::SUCCESS)
        }
        Err(unresolved) => {
            let Unresolved {
                refusals,
                records,
                notices,
            } = *unresolved;
            warn(terminal, &notices, &records);
            for refusal in &refusals {
                terminal.complain(&failure(refusal, &records));
            }
            Ok(ExitCode::from(1))
        }
    }
}

fn shown(args: &ConfigArgs, resolved: &Resolved) -> Result<String, Failure> {
    let lines = |lines: Vec<&str>| -> String {
        lines.into_iter().map(|line| format!("{line}\n")).collect()
    };
    Ok(if args.list_services {
        lines(resolved.service_names())
    } else if args.list_volumes {
        lines(resolved.resource_names("volumes"))
    } else if args.list_networks {
        lines(resolved.resource_names("networks"))
    } else if args.list_models {
        lines(resolved.model_references())
    } else if args.list_images {
        lines(resolved.images().iter().map(String::as_str).collect())
    } else if args.list_profiles {
        lines(resolved.all_profiles())
    } else if args.list_variables {
        variables(&resolved.variables(), args.format)?
    } else if args.list_environment {
        let mut text = String::new();
        for (name, variable) in resolved.environment().iter() {
            let _ = writeln!(text, "{name}={}", variable.value);
        }
        text
    } else {
        resolved.print(match args.format {
            Form::Yaml => Format::Yaml,
            Form::Json => Format::Json,
        })
    })
}

/// A table, or what the reference's template type becomes in JSON.
fn variables(variables: &[TemplateVariable], format: Form) -> Result<String, Failure> {
    if format == Form::Json {
        let entries = variables.iter().map(|variable| {
            let value = serde_json::json!({
                "Name": variable.name,
                "DefaultValue": variable.default,
                "PresenceValue": variable.presence,
                "Required": variable.required,
            });
            (variable.name.clone(), value)
        });
        let map: serde_json::Map<String, serde_json::Value> = entries.collect();
        let text = serde_json::to_string(&map);
        return Ok(text.map_err(|error| Failure::internal(error.to_string()))? + "\n");
    }
    let heads = ["NAME", "REQUIRED", "DEFAULT VALUE", "ALTERNATE VALUE"];
    let mut rows: Vec<[String; 4]> = vec![heads.map(str::to_owned)];
    rows.extend(variables.iter().map(|variable| {
        [
            variable.name.clone(),
            variable.required.to_string(),
            variable.default.clone(),
            variable.presence.clone(),
        ]
    }));
    let mut widths = [0; 4];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut text = String::new();
    for row in &rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(widths) {
            let _ = write!(line, "{cell:<width$}   ");
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    Ok(text)
}

fn failure(refusal: &Refusal, records: &Records) -> Failure {
    let mut message = refusal.reason.to_string();
    if let Some(spot) = refusal.spot {
        let (path, at) = records.place(spot);
        let _ = write!(message, "\n --> {path}:{}:{}", at.line, at.column);
    }
    for (kind, spot) in &refusal.chain {
        let (path, at) = records.place(*spot);
        let verb = match kind {
            LinkKind::Include => "included",
            LinkKind::Extends => "extended",
        };
        let _ = write!(message, "\n  {verb} at {path}:{}:{}", at.line, at.column);
    }
    let failure = Failure::user(message).group(refusal.reason.category().name());
    match refusal.reason.help() {
        Some(help) => failure.help(help),
        None => failure,
    }
}

fn warn(terminal: &Terminal, notices: &[Notice], records: &Records) {
    for notice in notices {
        let place = notice.spot.map(|spot| {
            let (path, at) = records.place(spot);
            format!("{path}:{}:{}: ", at.line, at.column)
        });
        terminal.warn(&format!("{}{}", place.unwrap_or_default(), notice.message));
    }
}
