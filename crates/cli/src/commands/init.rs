//! `plimsoll init`.

mod ask;
mod builds;
mod from;
mod json;
mod kept;
mod pin;
mod place;
mod text;
mod told;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::ValueEnum;
use plimsoll_project::disk::DiskTree;
use plimsoll_scaffold::detect::survey;
use plimsoll_scaffold::existing::Existing;
use plimsoll_scaffold::from_compose::Translation;
use plimsoll_scaffold::from_manifests::Charted;
use plimsoll_scaffold::generate::{Artefact, generate};
use plimsoll_scaffold::image;
use plimsoll_scaffold::merge::{Plan, Scope, Standing, plan};
use plimsoll_scaffold::model::Survey;
use plimsoll_scaffold::pins;
use plimsoll_scaffold::written::Written;

use self::kept::Kept;
use crate::failure::Failure;
use crate::roots::Roots;
use crate::settings::ConfigArgs;
use crate::terminal::{self, Terminal};

/// Write what a source tree lacks to be built and run: Dockerfile, Compose file, manifests, chart
///
/// Looks for services below a folder and shows what it knows of each, how sure it is, and the lines
/// that say so; then what it would write, as a diff; then each file by name, and what it is not sure
/// of. It writes after a yes on a terminal, or with --yes. Run it again at any time: what it wrote
/// last is kept in .plimsoll/init.json, so that what you changed since stays as it is, and what is
/// new goes between your lines. Files that it did not write are never touched. Exit code: 0 done,
/// 1 if you and it changed the same lines, or nothing here can be served, 2 wrong use, 3 a failure
/// of plimsoll itself.
#[derive(clap::Args)]
pub(crate) struct InitArgs {
    /// The folder whose services are looked for; all paths are relative to it
    #[arg(value_name = "PATH", default_value = ".")]
    path: PathBuf,
    /// Start from what exists instead of a source tree
    #[arg(long, value_name = "WHAT", help_heading = "From what exists")]
    from: Option<From>,
    /// With `--from compose`: a Compose file; later ones are laid over earlier ones [default: the
    /// one in the folder with its override file]
    #[arg(
        long = "file",
        short = 'f',
        value_name = "FILE",
        requires = "from",
        help_heading = "From what exists"
    )]
    files: Vec<String>,
    /// With `--from compose`: a profile to switch on; `*` for all [default: `COMPOSE_PROFILES`]
    #[arg(
        long = "profile",
        value_name = "PROFILE",
        requires = "from",
        help_heading = "From what exists"
    )]
    profiles: Vec<String>,
    /// With `--from compose`: a file of variables instead of `.env`; later ones win
    #[arg(
        long = "env-file",
        value_name = "FILE",
        requires = "from",
        help_heading = "From what exists"
    )]
    env_files: Vec<String>,
    /// Write only these
    #[arg(long, value_name = "PART", value_delimiter = ',')]
    only: Vec<Part>,
    /// Write without asking
    #[arg(long, short = 'y')]
    yes: bool,
    /// Write nothing, whatever else is said
    #[arg(long, conflicts_with = "yes")]
    dry_run: bool,
    /// Show only the diff
    #[arg(long, conflicts_with = "why")]
    diff: bool,
    /// Show each file with what its lines rest on, and write nothing
    #[arg(long, conflicts_with = "yes")]
    why: bool,
    /// Where you and it changed the same lines, count yours as settled
    #[arg(long)]
    keep_mine: bool,
    /// How to show what was found and what is written
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
    #[command(flatten)]
    told: told::ToldArgs,
    #[command(flatten)]
    pin: pin::PinArgs,
    #[command(flatten)]
    config: ConfigArgs,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// For programs; described by docs/init.md
    Json,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum From {
    /// A Compose project becomes manifests and a chart; what has no counterpart is listed
    Compose,
    /// Manifests become a Compose file, a chart that renders them with its default values, and, with
    /// `--kustomize`, a base with overlays; what has no counterpart is listed
    Manifests,
}

#[derive(Clone, Copy, ValueEnum)]
enum Part {
    /// Dockerfile and .dockerignore
    Dockerfile,
    /// compose.yaml, .env.example, compose.override.example.yaml, lines of .gitignore
    Compose,
    /// Manifests in k8s/
    Manifests,
    /// A Helm chart in chart/, or one for each service in charts/
    Chart,
}

/// What a run came to.
struct Outcome {
    survey: Survey,
    written: Vec<Written>,
    plan: Plan,
    /// Dockerfiles that stay, for somebody else wrote them.
    existing: Vec<Existing>,
    /// What else stays, for somebody else wrote it, and why nothing is written beside it.
    kept: Vec<Kept>,
    /// Images without a digest beside others that have one.
    unpinned: Vec<String>,
    /// What became of a Compose project, where one was asked for.
    translation: Option<Translation>,
    /// What became of manifests, where that was asked for.
    charted: Option<Charted>,
    /// Whether what was found has been shown already, before questions about it.
    seen: bool,
}

pub(crate) fn run(args: &InitArgs, terminal: &Terminal) -> Result<ExitCode, Failure> {
    let roots = Roots::new(std::slice::from_ref(&args.path))?;
    let settings = args.config.read(&roots)?;
    let place = place::Place::new(&args.path)?;
    let asks = !args.yes && !args.dry_run && !args.why && !args.diff && ask::can_ask();
    let outcome = match args.from {
        Some(From::Manifests) => from::manifests(args, &settings, &place, terminal)?,
        Some(From::Compose) => from::compose(args, &settings, &place, terminal)?,
        None => surveyed(args, &settings.config, &place, asks, terminal)?,
    };
    if outcome.translation.is_none()
        && outcome.written.is_empty()
        && outcome.kept.is_empty()
        && outcome.existing.is_empty()
    {
        return nothing(args, &outcome, terminal);
    }
    if args.why {
        terminal::print(&text::why(&outcome))?;
        return Ok(ExitCode::SUCCESS);
    }
    let record_changes = place.record_differs(&outcome.plan.record);
    let changes = outcome.plan.changes() || record_changes;
    if args.format == Format::Text {
        let shown = if args.diff {
            text::differences(&outcome.plan, terminal.color)
        } else {
            text::text(&outcome, terminal)
        };
        terminal::print(&shown)?;
    }
    let wanted =
        args.yes || (asks && changes && args.format == Format::Text && ask::yes(&outcome.plan));
    let writes = wanted && !args.dry_run && changes;
    if writes {
        place.write(&outcome.plan)?;
    }
    match args.format {
        Format::Json => terminal::print(&json::json(&outcome, writes)?)?,
        Format::Text if writes => terminal.note(&text::done(&outcome.plan)),
        Format::Text if changes && !args.diff => {
            terminal.note("nothing is written yet: `plimsoll init --yes` writes it");
        }
        Format::Text => {}
    }
    Ok(ExitCode::from(u8::from(outcome.plan.has_conflicts())))
}

/// What is written of a source tree.
fn surveyed(
    args: &InitArgs,
    config: &plimsoll_project::config::Config,
    place: &place::Place,
    asks: bool,
    terminal: &Terminal,
) -> Result<Outcome, Failure> {
    let tree = DiskTree::new(place.root());
    let mut told = args.told.told(config)?;
    let mut found = survey(&tree, "", &told);
    told::check_folders(&told, &found)?;
    let mut seen = false;
    if asks && args.format == Format::Text && ask::has_questions(&found) {
        // A question is about what was found: that comes first, and again where an answer changes it.
        terminal::print(&text::found(&found, terminal))?;
        seen = !ask::questions(&found, &mut told);
        if !seen {
            found = survey(&tree, "", &told);
        }
    }
    let outcome = outcome(args, config, place, found, terminal)?;
    Ok(Outcome { seen, ..outcome })
}

fn outcome(
    args: &InitArgs,
    config: &plimsoll_project::config::Config,
    place: &place::Place,
    found: Survey,
    terminal: &Terminal,
) -> Result<Outcome, Failure> {
    let mut record = place.record()?;
    let mut wishes = args.told.wishes(config, &found, place.root())?;
    let mut skipped = BTreeSet::new();
    for (service, paths) in found.services.iter().zip(image::paths(&found.services)) {
        if record.files.contains_key(&paths.dockerfile) {
            continue;
        }
        if let Standing::Text(text) = place.standing(&paths.dockerfile)
            && !is_ours(service, &text)
        {
            skipped.insert(paths.dockerfile.clone());
            wishes
                .existing
                .push(Existing::read(&paths.dockerfile, &text));
        }
    }
    let only: BTreeSet<Artefact> = if args.only.is_empty() {
        Artefact::ALL.into()
    } else {
        args.only.iter().map(|part| part.artefact()).collect()
    };
    let mut written = generate(&found, &wishes, &only);
    let standing = |path: &str| place.standing(path);
    pins::recognise(&written, &mut record, &standing);
    let kept = kept::take_out(&mut written, &record, place, false);
    let pinning = args.pin.pinning(&pins::images(&written), terminal)?;
    let unpinned = pins::settle(&mut written, &mut record, &standing, &pinning);
    let scope = Scope {
        covers: &|path| only.contains(&Artefact::of(path)) && !skipped.contains(path),
        keep_mine: args.keep_mine,
    };
    let plan = plan(&written, &record, &standing, &scope);
    Ok(Outcome {
        survey: found,
        written,
        plan,
        existing: wishes.existing,
        kept,
        unpinned,
        translation: None,
        charted: None,
        seen: false,
    })
}

/// Whether a Dockerfile is what would be written now: a record that was lost is no reason to hold
/// it for somebody else's.
fn is_ours(service: &plimsoll_scaffold::model::Service, text: &str) -> bool {
    plimsoll_scaffold::plan::running(service)
        .is_some_and(|running| image::dockerfile(service, &running).text() == pins::bare(text))
}

/// Says why nothing can be written.
fn nothing(args: &InitArgs, outcome: &Outcome, terminal: &Terminal) -> Result<ExitCode, Failure> {
    match args.format {
        Format::Json => terminal::print(&json::json(outcome, false)?)?,
        Format::Text if outcome.seen => {}
        Format::Text => terminal::print(&text::found(&outcome.survey, terminal))?,
    }
    let refused = outcome.survey.refusals.first();
    let failure = match refused {
        Some(refusal) => Failure::user(format!("nothing can be written: {}", refusal.why))
            .help(refusal.help.clone()),
        None => Failure::user("nothing can be written: nothing says what starts the service")
            .help("say it with `--start`"),
    };
    Err(failure.refused())
}

impl Part {
    const fn artefact(self) -> Artefact {
        match self {
            Self::Dockerfile => Artefact::Dockerfile,
            Self::Compose => Artefact::Compose,
            Self::Manifests => Artefact::Manifests,
            Self::Chart => Artefact::Chart,
        }
    }
}
