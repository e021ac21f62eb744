//! `plimsoll chart values`.

mod json;
mod markdown;
mod text;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, ValueEnum};
use plimsoll_charts::listing::{Row, rows, schema};
use plimsoll_project::disk::DiskTree;
use plimsoll_project::values::{ChartValues, ValueRead};
use plimsoll_project::{Options, Project};
use plimsoll_rules::KubeVersion;
use plimsoll_source::Place;

use crate::failure::Failure;
use crate::progress::Progress;
use crate::roots::{self, Roots};
use crate::settings::ConfigArgs;
use crate::terminal::{self, Terminal};
use crate::{diff, files};

/// List the values of a chart: type, default, where they are read, what they reach
///
/// What is listed is what `values.yaml` says, and what the templates of the chart and of the charts
/// in it do with it: with all sets of values that `plimsoll check` renders, and in all branches that
/// none of these takes. It can be written as a table into the README, and as a JSON schema.
#[derive(Args)]
pub(crate) struct KeysArgs {
    /// The chart's folder
    #[arg(value_name = "CHART", default_value = ".")]
    chart: PathBuf,
    /// List only values that no template reads
    #[arg(long, group = "what")]
    unused: bool,
    /// List the values that templates use and no values file defines
    #[arg(long, group = "what")]
    undefined: bool,
    /// Print a Markdown table, as READMEs have it
    #[arg(long, group = "what")]
    table: bool,
    /// Put the table into README.md, between two lines that mark its place
    #[arg(long, group = "what")]
    write_readme: bool,
    /// Print a values.schema.json, inferred from defaults and use
    #[arg(long, group = "what")]
    schema: bool,
    /// With `--schema`: write it into the chart's folder
    #[arg(long, requires = "schema")]
    write: bool,
    /// Show what would be written and write nothing
    #[arg(long)]
    dry_run: bool,
    /// How to write the list
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
    #[command(flatten)]
    config: ConfigArgs,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// For programs
    Json,
}

/// The most bytes of a file that is changed.
const MAX_BYTES: u64 = 16 << 20;
/// The file that the table is written into.
const README: &str = "README.md";
/// The file that the schema is written into.
const SCHEMA: &str = "values.schema.json";

pub(crate) fn run(args: &KeysArgs, terminal: &Terminal) -> Result<ExitCode, Failure> {
    let shown = args.chart.display();
    if !args.chart.join("Chart.yaml").is_file() {
        return Err(
            Failure::user(format!("`{shown}` is no chart: it has no Chart.yaml"))
                .help("name the folder of a chart"),
        );
    }
    if args.dry_run && !args.write && !args.write_readme {
        return Err(Failure::user("`--dry-run` has nothing to leave undone")
            .help("use it with `--write-readme` or with `--schema --write`"));
    }
    let roots = Roots::new(std::slice::from_ref(&args.chart))?;
    let settings = args.config.read(&roots)?;
    let tree = Arc::new(DiskTree::new(&roots.root));
    let progress = Progress::new(terminal, "reading");
    let options = Options {
        paths: roots.paths.clone(),
        config: settings.config.clone(),
    };
    let mut project = Project::load(tree, &options);
    let charts = plimsoll_charts::Options::new(&roots.paths, &KubeVersion::NEWEST);
    plimsoll_charts::add(&mut project, &charts);
    settings.check(&project)?;
    drop(progress);
    let folder = roots.paths.first().map_or("", String::as_str);
    let Some(values) = project.values_of(folder) else {
        return Err(Failure::user(format!(
            "`{shown}` is no chart that can be installed by itself"
        ))
        .help("see what `plimsoll check` says of it"));
    };
    let listing = Listing {
        project: &project,
        values,
        rows: rows(&project, values),
        here: roots::here(),
        roots: &roots,
    };
    if args.schema {
        let text = schema(&project, values);
        if args.write {
            return put(&args.chart.join(SCHEMA), &text, args, terminal);
        }
        terminal::print(&text)?;
        return Ok(ExitCode::SUCCESS);
    }
    if args.write_readme {
        let path = args.chart.join(README);
        let before = files::read_text(&path, MAX_BYTES)?;
        let table = markdown::table(&listing.rows);
        let text = markdown::replaced(&before, &table).ok_or_else(|| {
            Failure::user(format!("`{}` has no place for the table", path.display())).help(format!(
                "put the lines `{}` and `{}` where it is to stand",
                markdown::BEGIN,
                markdown::END
            ))
        })?;
        return put(&path, &text, args, terminal);
    }
    let text = match args.format {
        _ if args.table => markdown::table(&listing.rows),
        Format::Json => json::json(&listing, args.what())?,
        Format::Text => text::text(&listing, args.what()),
    };
    terminal::print(&text)?;
    Ok(ExitCode::SUCCESS)
}

/// What is listed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    All,
    Unused,
    Undefined,
}

impl KeysArgs {
    fn what(&self) -> What {
        match self {
            Self { unused: true, .. } => What::Unused,
            Self {
                undefined: true, ..
            } => What::Undefined,
            _ => What::All,
        }
    }
}

/// The values of a chart and how to show their places.
struct Listing<'p> {
    project: &'p Project,
    values: &'p ChartValues,
    rows: Vec<Row>,
    here: PathBuf,
    roots: &'p Roots,
}

impl Listing<'_> {
    /// `path:line` of a place as seen from the current folder.
    fn shown(&self, place: Place) -> String {
        let file = self.project.files.get(place.file);
        let line = file.line_col(place.range.start).line;
        format!("{}:{line}", self.roots.shown(&self.here, &file.path))
    }

    /// The topmost keys that nothing reads, those of elements of lists included, with their places.
    fn unused(&self) -> Vec<(&str, Place)> {
        let Some(file) = self.values.file else {
            return Vec::new();
        };
        let keys = &self.values.keys;
        let is_unread = |number: u32| keys[number as usize].read == ValueRead::Unread;
        let mut unused: Vec<(&str, Place)> = keys
            .iter()
            .filter(|key| key.read == ValueRead::Unread && !key.parent.is_some_and(is_unread))
            .map(|key| (&*key.path, Place::new(file, key.key)))
            .collect();
        unused.extend(self.values.unread_in_lists.iter().filter_map(|key| {
            let first = key.keys.first()?;
            Some((&*key.path, Place::new(file, *first)))
        }));
        unused.sort_by_key(|(_, place)| place.range.start);
        unused
    }
}

/// Shows how a file changes, and writes it.
fn put(path: &Path, text: &str, args: &KeysArgs, terminal: &Terminal) -> Result<ExitCode, Failure> {
    let before = path.exists().then(|| files::read_text(path, MAX_BYTES));
    let before = before.transpose()?;
    if before.as_deref() == Some(text) {
        return Ok(ExitCode::SUCCESS);
    }
    let shown = path.display().to_string();
    let change = diff::unified(&shown, before.as_deref(), Some(text), terminal.color);
    terminal::print(&change)?;
    if !args.dry_run {
        files::write(path, |out| out.write_all(text.as_bytes()))?;
    }
    Ok(ExitCode::SUCCESS)
}
