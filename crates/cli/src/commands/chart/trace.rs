//! `plimsoll chart template --trace`, `--why-missing` and `--format`: where what is printed came
//! from, and why something is not.

mod html;
mod json;
pub(super) mod missing;
mod text;

use std::path::Path;

use clap::{Args, ValueEnum};
use plimsoll_helm::provenance::{Effects, Field, FieldError, Provenance, Target, TargetError};
use plimsoll_source::TextRange;

use crate::failure::Failure;
use crate::terminal;

#[derive(Args)]
pub(super) struct TraceArgs {
    /// Tell where it came from instead of printing it: a line of the output (`12`), what a line
    /// of a template or values file came to (`templates/web.yaml:12`), an object or a field
    /// (`deployment/web.spec.replicas`); every line without TARGET
    #[arg(long, value_name = "TARGET", num_args = 0..=1, default_missing_value = "")]
    pub(super) trace: Option<String>,
    /// Tell what keeps an object (`deployment/web`) from being there
    #[arg(long, value_name = "KIND/NAME", conflicts_with_all = ["trace", "format"])]
    pub(super) why_missing: Option<String>,
    /// How `--trace` answers; `html` is a page with templates and output side by side
    #[arg(long, value_name = "FORMAT", value_enum)]
    pub(super) format: Option<TraceFormat>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum TraceFormat {
    /// For people
    Text,
    /// For programs
    Json,
    /// One page to look at
    Html,
}

impl TraceArgs {
    /// Whether somebody wants to know.
    pub(super) fn is_wanted(&self) -> bool {
        self.trace.is_some() || self.format.is_some() || self.why_missing.is_some()
    }

    /// The names of the release and the chart, and what is to be traced. A word behind `--trace`
    /// that is a chart, or that could not be traced, is one of the names.
    pub(super) fn split<'a>(&'a self, names: &'a [String]) -> (Vec<&'a str>, &'a str) {
        let mut names: Vec<&str> = names.iter().map(String::as_str).collect();
        let target = self.trace.as_deref().unwrap_or_default();
        if target.is_empty() || names.len() > 1 {
            return (names, target);
        }
        let path = Path::new(target);
        if path.join("Chart.yaml").exists() || target.ends_with(".tgz") {
            names.push(target);
            return (names, "");
        }
        if names.len() == 1 && Target::parse(target).is_err() {
            names.insert(0, target);
            return (names, "");
        }
        (names, target)
    }
}

/// Answers what was asked about a render; `title` is what a page of it is called.
pub(super) fn run(
    args: &TraceArgs,
    target: &str,
    title: &str,
    of: &Provenance,
) -> Result<(), Failure> {
    let found = match target {
        "" => Found::All,
        target => find(target, of)?,
    };
    let answer = match args.format.unwrap_or(TraceFormat::Text) {
        TraceFormat::Text => match &found {
            Found::All => text::compact(of, TextRange::at(0, of.text().len())),
            Found::Line(line) => text::line(of, *line),
            Found::Fields(fields) => text::fields(of, fields),
            Found::Effects(path, line, effects) => text::effects(of, path, *line, effects),
        },
        TraceFormat::Json => match found.ranges(of) {
            Some(ranges) => json::ranges(of, &ranges)?,
            None => json::whole(of)?,
        },
        TraceFormat::Html => {
            let ranges = found.ranges(of).unwrap_or_default();
            let start = ranges.first().map(|range| of.line_of(range.start));
            html::html(of, title, start)?
        }
    };
    terminal::print(&answer)
}

/// What a target names.
enum Found {
    All,
    Line(u32),
    Fields(Vec<Field>),
    Effects(String, u32, Effects),
}

impl Found {
    /// The ranges of the output that it is about; `None` for all.
    fn ranges(&self, of: &Provenance) -> Option<Vec<TextRange>> {
        match self {
            Self::All => None,
            Self::Line(line) => Some(of.line_range(*line).into_iter().collect()),
            Self::Fields(fields) => Some(fields.iter().map(|field| field.range).collect()),
            Self::Effects(_, _, effects) => {
                let lines = effects.keys();
                Some(lines.filter_map(|line| of.line_range(*line)).collect())
            }
        }
    }
}

fn find(target: &str, of: &Provenance) -> Result<Found, Failure> {
    match Target::parse(target).map_err(|error| unknown(&error))? {
        Target::Line(line) => {
            let count = of.line_count();
            if line == 0 || line > count {
                return Err(unknown(&TargetError::NoLine { line, count }));
            }
            Ok(Found::Line(line))
        }
        Target::Field(name) => {
            let fields = of.find(&name).map_err(|error| no_field(&error))?;
            Ok(Found::Fields(fields))
        }
        Target::Place { path, line } => {
            let found = of.effects(&path, line).map_err(|error| unknown(&error));
            let (shown, effects) = found?;
            Ok(Found::Effects(shown, line, effects))
        }
    }
}

fn unknown(error: &TargetError) -> Failure {
    let failure = Failure::user(error.to_string());
    match error {
        TargetError::Form(_) => failure.help(
            "name a line of the output (`12`), of a file (`templates/web.yaml:12`), or a field (`deployment/web.spec.replicas`)",
        ),
        TargetError::NoFile { near, .. } if !near.is_empty() => {
            failure.help(format!("did you mean {}?", any_of(near)))
        }
        _ => failure,
    }
}

pub(super) fn no_field(error: &FieldError) -> Failure {
    let failure = Failure::user(error.to_string());
    match error {
        FieldError::NoObject { wanted, near } => {
            let why = format!(
                "`--why-missing {}` looks for what keeps it out",
                object(wanted)
            );
            failure.help(match near.as_slice() {
                [] => why,
                near => format!("there is {}; {why}", any_of(near).replace(" or ", " and ")),
            })
        }
        FieldError::NoField { holder, near, .. } => {
            let holder = if holder.is_empty() {
                "the object".to_owned()
            } else {
                format!("`{holder}`")
            };
            if near.is_empty() {
                failure.help(format!("{holder} holds no fields"))
            } else {
                failure.help(format!("{holder} has {}", quoted(near).join(", ")))
            }
        }
    }
}

/// The part of `kind/name.path` before the first dot of the path, as far as that can be told.
fn object(wanted: &str) -> &str {
    wanted.split(['.', '[']).next().unwrap_or(wanted)
}

fn quoted(names: &[String]) -> Vec<String> {
    names.iter().map(|name| format!("`{name}`")).collect()
}

pub(super) fn any_of(names: &[String]) -> String {
    let mut quoted = quoted(names);
    match quoted.pop() {
        Some(last) if !quoted.is_empty() => format!("{} or {last}", quoted.join(", ")),
        Some(last) => last,
        None => String::new(),
    }
}
