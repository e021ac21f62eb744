//! `plimsoll compose`.

mod config;

use std::process::ExitCode;

use clap::{Args, Subcommand};
use plimsoll_project::compose::Request;

use crate::failure::Failure;
use crate::stdin;
use crate::terminal::Terminal;

/// See a Compose project as docker compose sees it
#[derive(Args)]
pub(crate) struct ComposeArgs {
    #[command(flatten)]
    project: ProjectArgs,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Config(config::ConfigArgs),
}

/// Which project it is. These have the meaning that they have for `docker compose`.
#[derive(Args)]
struct ProjectArgs {
    /// A Compose file; later ones are laid over earlier ones, `-` is standard input [default:
    /// compose.yaml and the like, here or above, with its override file]
    #[arg(long = "file", short = 'f', value_name = "FILE", global = true)]
    files: Vec<String>,
    /// A profile to switch on; `*` for all [default: COMPOSE_PROFILES]
    #[arg(long = "profile", value_name = "PROFILE", global = true)]
    profiles: Vec<String>,
    /// A file of variables instead of `.env`; later ones win
    #[arg(long = "env-file", value_name = "FILE", global = true)]
    env_files: Vec<String>,
    /// The folder that paths are relative to [default: that of the first Compose file]
    #[arg(long, value_name = "DIR", global = true)]
    project_directory: Option<String>,
    /// The project's name [default: COMPOSE_PROJECT_NAME, `name:` or the folder's name]
    #[arg(long, short = 'p', value_name = "NAME", global = true)]
    project_name: Option<String>,
    /// Keep networks, volumes and the like that no service uses
    #[arg(long, global = true)]
    all_resources: bool,
}

pub(crate) fn run(args: &ComposeArgs, terminal: &Terminal) -> Result<ExitCode, Failure> {
    match &args.command {
        Command::Config(config) => config::run(config, args.project.request()?, terminal),
    }
}

impl ProjectArgs {
    fn request(&self) -> Result<Request, Failure> {
        let here = std::env::current_dir()
            .map_err(|error| Failure::user(format!("cannot tell the current folder: {error}")))?;
        let env_files = if self.env_files.is_empty() {
            let listed = std::env::var("COMPOSE_ENV_FILES").unwrap_or_default();
            let names = listed.split(',').filter(|name| !name.is_empty());
            names.map(str::to_owned).collect()
        } else {
            self.env_files.clone()
        };
        let standard_input = if self.files.iter().any(|file| file == "-") {
            Some(stdin::read()?)
        } else {
            None
        };
        Ok(Request {
            current_dir: here.to_string_lossy().into_owned(),
            files: self.files.clone(),
            project_directory: self.project_directory.clone(),
            project_name: self.project_name.clone(),
            profiles: self.profiles.clone(),
            env_files,
            all_resources: self.all_resources,
            standard_input,
            ..Request::default()
        })
    }
}
