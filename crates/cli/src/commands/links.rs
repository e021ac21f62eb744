//! `plimsoll links`.

mod dot;
mod html;
mod json;
mod text;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::ValueEnum;
use plimsoll_links::{Link, Links, Thing};
use plimsoll_source::Place;

use crate::failure::Failure;
use crate::progress::Progress;
use crate::roots::{self, Roots};
use crate::settings::ConfigArgs;
use crate::terminal::{self, Terminal};

/// Show what refers to what
///
/// Joins the Dockerfiles, Compose files and Kubernetes manifests below a path: which Dockerfile
/// and stage builds which image, which Compose service and workload run it, and which Service,
/// Ingress, autoscaler, ConfigMap, Secret and so on refer to which. Each link is shown with the
/// place where it is written and the evidence for it.
#[derive(clap::Args)]
pub(crate) struct LinksArgs {
    /// The files and folders to look at; the current folder when there are none
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// How to write the links; `dot` is for Graphviz
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
    #[command(flatten)]
    config: ConfigArgs,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// For programs
    Json,
    /// A graph for Graphviz
    Dot,
    /// One self-contained page to look at
    Html,
}

pub(crate) fn run(args: &LinksArgs, terminal: &Terminal) -> Result<ExitCode, Failure> {
    let roots = Roots::new(&args.paths)?;
    let settings = args.config.read(&roots)?;
    let progress = Progress::new(terminal, "reading");
    let project = settings.load(&roots)?;
    let links = Links::new(&project);
    drop(progress);
    let view = View {
        links: &links,
        here: roots::here(),
        roots: &roots,
    };
    let text = match args.format {
        Format::Text => text::text(&view, terminal.color),
        Format::Json => json::json(&view)?,
        Format::Dot => dot::dot(&view),
        Format::Html => html::html(&view),
    };
    terminal::print(&text)?;
    Ok(ExitCode::SUCCESS)
}

/// The links and how to show their places.
struct View<'v, 'a> {
    links: &'v Links<'a>,
    here: PathBuf,
    roots: &'v Roots,
}

impl View<'_, '_> {
    /// Things in the order of their files, those without a place last.
    fn ordered(&self) -> Vec<&Thing> {
        let project = self.links.project();
        let mut things: Vec<&Thing> = self.links.things().iter().collect();
        things.sort_by_key(|thing| match self.links.place(thing) {
            Some(place) => (
                false,
                project.path(place.file),
                place.range.start,
                self.links.label(thing),
            ),
            None => (true, "", 0, self.links.label(thing)),
        });
        things
    }

    /// `path:line` of a place as seen from the current folder.
    fn shown(&self, place: Place) -> String {
        let files = &self.links.project().files;
        let place = files.origin(place).place;
        let file = files.get(place.file);
        let line = file.line_col(place.range.start).line;
        format!("{}:{line}", self.roots.shown(&self.here, &file.path))
    }

    /// The links of a thing, in the order of kinds and places.
    fn of(&self, thing: &Thing) -> Vec<&Link> {
        let mut found: Vec<&Link> = self.links.from(thing).collect();
        found.sort_by_key(|link| (link.kind, link.place, link.to));
        found
    }
}
