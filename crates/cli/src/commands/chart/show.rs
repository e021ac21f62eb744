//! `plimsoll chart show`: what `helm show` prints.

use std::process::ExitCode;

use clap::{Args, ValueEnum};
use plimsoll_helm::chart::Loaded;
use plimsoll_helm::jsonpath::Template;
use plimsoll_helm::show::{Part, show};

use super::source::SourceArgs;
use crate::failure::Failure;
use crate::terminal::{self, Terminal};

/// Show what a chart says of itself, as `helm show` does
#[derive(Args)]
pub(crate) struct ShowArgs {
    /// What to show
    part: ShownPart,
    /// The chart: a folder, a packed chart, `REPOSITORY/CHART`, a URL, `oci://HOST/CHART`, or with
    /// `--repo` a name
    chart: String,
    /// With `values`: what this template of kubectl's JSONPath gives, such as `{.image.tag}`
    #[arg(
        long,
        value_name = "TEMPLATE",
        default_value = "",
        hide_default_value = true
    )]
    jsonpath: String,
    #[command(flatten)]
    source: SourceArgs,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ShownPart {
    /// Everything, one after the other
    All,
    /// Chart.yaml, as it was read
    Chart,
    /// values.yaml, as it is written
    Values,
    /// The README
    Readme,
    /// The definitions in crds/
    Crds,
}

pub(crate) fn run(args: &ShowArgs, terminal: &Terminal) -> Result<ExitCode, Failure> {
    args.source.server.check()?;
    if !args.jsonpath.is_empty() && args.part != ShownPart::Values {
        return Err(Failure::user("`--jsonpath` looks at values alone")
            .help("use it with `plimsoll chart show values`"));
    }
    let loaded = args.source.find(&args.chart, terminal)?.load()??;
    if !args.jsonpath.is_empty() {
        print_path(&args.jsonpath, &loaded, terminal)?;
        return Ok(ExitCode::SUCCESS);
    }
    let part = match args.part {
        ShownPart::All => Part::All,
        ShownPart::Chart => Part::Chart,
        ShownPart::Values => Part::Values,
        ShownPart::Readme => Part::Readme,
        ShownPart::Crds => Part::Crds,
    };
    let shown = show(&loaded, part);
    terminal::print_with(|out| out.write_all(&shown))?;
    Ok(ExitCode::SUCCESS)
}

/// As in Helm, a template that finds nothing prints nothing and is no failure.
fn print_path(text: &str, loaded: &Loaded, terminal: &Terminal) -> Result<(), Failure> {
    let template = Template::parse(text)
        .map_err(|error| Failure::user(format!("error parsing jsonpath {text}: {error}")))?;
    // Where Helm has no values it looks for nothing.
    if !loaded
        .chart
        .raw
        .iter()
        .any(|file| &*file.name == "values.yaml")
    {
        return Ok(());
    }
    match template.print(&loaded.chart.values.data) {
        Ok(printed) => terminal::print_with(|out| out.write_all(&printed)),
        Err(error) => {
            terminal.warn(&format!("`{text}` gives nothing: {error}"));
            Ok(())
        }
    }
}
