//! `plimsoll checklist`.

mod html;
mod json;
mod markdown;
mod text;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::ValueEnum;
use plimsoll_checklist::{ServiceList, Status, checklists, selection};
use plimsoll_links::Links;
use plimsoll_project::Project;
use plimsoll_rules::{Date, Selection};
use plimsoll_source::Place;
use plimsoll_source::nearest::nearest;

use crate::failure::Failure;
use crate::progress::Progress;
use crate::roots::{self, Roots};
use crate::settings::ConfigArgs;
use crate::terminal::{self, Terminal};

/// Show what each service lacks before it goes to production
///
/// Goes through the production-readiness checklist of every service found below a path: its
/// image and build context, its Compose services, its workload, network, configuration,
/// resources, probes, autoscaling and security. Each line is passed, failed or not applicable,
/// and shows the places that it rests on. Exit code: 0, or 1 with --fail when a line fails.
#[derive(clap::Args)]
pub(crate) struct ChecklistArgs {
    /// The files and folders to look at; the current folder when there are none
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// How to write the checklist
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
    /// Show only these services
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    service: Vec<String>,
    /// Make the exit code 1 when a line fails
    #[arg(long)]
    fail: bool,
    #[command(flatten)]
    config: ConfigArgs,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// For a pull request or an issue
    Markdown,
    /// For programs; described by docs/schema/checklist.schema.json
    Json,
    /// One self-contained page to look at
    Html,
}

pub(crate) fn run(args: &ChecklistArgs, terminal: &Terminal) -> Result<ExitCode, Failure> {
    let roots = Roots::new(&args.paths)?;
    let settings = args.config.read(&roots)?;
    let progress = Progress::new(terminal, "reviewing");
    let project = settings.load(&roots)?;
    let links = Links::new(&project);
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |now| now.as_secs());
    let selection = selection(Selection::on(Date::from_unix(now)));
    let findings = plimsoll_rules::check_linked(&links, &selection).findings;
    let mut services = checklists(&links, &findings);
    drop(progress);
    chosen(&mut services, &args.service)?;
    let view = View {
        project: &project,
        services: &services,
        here: roots::here(),
        roots: &roots,
    };
    let text = match args.format {
        Format::Text => text::text(&view, terminal),
        Format::Markdown => markdown::markdown(&view),
        Format::Json => json::json(&view)?,
        Format::Html => html::html(&view),
    };
    terminal::print(&text)?;
    let failed = services
        .iter()
        .any(|service| service.count(Status::Fail) > 0);
    Ok(ExitCode::from(u8::from(args.fail && failed)))
}

/// Leaves only the services that were asked for.
fn chosen(services: &mut Vec<ServiceList>, wanted: &[String]) -> Result<(), Failure> {
    for name in wanted {
        if services.iter().any(|service| service.name == *name) {
            continue;
        }
        let names: Vec<&str> = services
            .iter()
            .map(|service| service.name.as_str())
            .collect();
        let failure = Failure::user(format!("there is no service `{name}`"));
        return Err(match nearest(name, names.iter().copied()) {
            Some(near) => failure.help(format!("did you mean `{near}`?")),
            None if names.is_empty() => failure.help("nothing here builds or runs a service"),
            None => failure.help(format!("there are: {}", names.join(", "))),
        });
    }
    if !wanted.is_empty() {
        services.retain(|service| wanted.contains(&service.name));
    }
    Ok(())
}

/// The checklists and how to show their places.
struct View<'v> {
    project: &'v Project,
    services: &'v [ServiceList],
    here: PathBuf,
    roots: &'v Roots,
}

impl View<'_> {
    /// `path:line` of a place as seen from the current folder.
    fn shown(&self, place: Place) -> String {
        let place = self.project.files.origin(place).place;
        let file = self.project.files.get(place.file);
        let line = file.line_col(place.range.start).line;
        format!("{}:{line}", self.roots.shown(&self.here, &file.path))
    }

    /// `path:line` of a place, for readers elsewhere.
    fn below_root(&self, place: Place) -> String {
        let place = self.project.files.origin(place).place;
        let file = self.project.files.get(place.file);
        let line = file.line_col(place.range.start).line;
        format!("{}:{line}", file.path)
    }
}

/// `12 passed, 3 failed, 5 not applicable`.
fn tally(service: &ServiceList) -> String {
    format!(
        "{} passed, {} failed, {} not applicable",
        service.count(Status::Pass),
        service.count(Status::Fail),
        service.count(Status::NotApplicable)
    )
}

/// Said where there is nothing to go through.
const NO_SERVICE: &str = "no service: nothing here builds an image or runs a workload";
