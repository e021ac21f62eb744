//! `plimsoll init --from`: what exists already instead of a source tree.

use std::collections::BTreeSet;

use plimsoll_project::compose::{Request, Resolved, Unresolved, resolve};
use plimsoll_project::disk::{DiskTree, Machine};
use plimsoll_scaffold::from_compose::{Loss, Source, Translation, translate};
use plimsoll_scaffold::from_manifests;
use plimsoll_scaffold::generate::Artefact;
use plimsoll_scaffold::merge::{Record, Scope, Standing, plan};
use plimsoll_scaffold::model::Survey;
use plimsoll_scaffold::wishes::Wishes;

use super::place::Place;
use super::{InitArgs, Outcome, Part, builds, kept};
use crate::failure::Failure;
use crate::settings::Settings;
use crate::terminal::Terminal;

/// What is written of a Compose project.
pub(super) fn compose(
    args: &InitArgs,
    settings: &Settings,
    place: &Place,
    terminal: &Terminal,
) -> Result<Outcome, Failure> {
    let only = parts(args)?;
    args.told.check_for("a Compose project")?;
    let root = place.root().to_string_lossy().into_owned();
    let resolved = project(args, &root, terminal)?;
    let config = &settings.config;
    let mut wishes = args.told.wishes(config, &Survey::default(), place.root())?;
    if !args.told.names_project(config) {
        wishes.project = super::told::label(resolved.name());
    }
    let tree = DiskTree::new(place.root());
    let record = place.record()?;
    let translated = |wishes: &Wishes| {
        translate(&Source {
            resolved: &resolved,
            root: &root,
            tree: &tree,
            wishes,
        })
    };
    let images = translated(&wishes).images;
    let texts = standing(&record, place);
    let texts = texts.iter().map(|(text, base)| (text.as_str(), *base));
    let (digests, unpinned) = args.pin.digests(&images, texts, terminal)?;
    wishes.digests = digests;
    let mut translation = translated(&wishes);
    tolerated(&resolved, &root, &mut translation);
    let mut written = std::mem::take(&mut translation.written);
    written.retain(|file| only.contains(&Artefact::of(&file.path)));
    let kept = kept::take_out(&mut written, &record, place, false);
    let scope = Scope {
        covers: &|path| only.contains(&Artefact::of(path)),
        keep_mine: args.keep_mine,
    };
    let plan = plan(&written, &record, &|path| place.standing(path), &scope);
    Ok(Outcome {
        survey: Survey::default(),
        written,
        plan,
        existing: Vec::new(),
        kept,
        unpinned,
        translation: Some(translation),
        charted: None,
        seen: false,
    })
}

/// What is written of manifests: a Compose file, a chart, and a Kustomize base where it is wished for.
pub(super) fn manifests(
    args: &InitArgs,
    settings: &Settings,
    place: &Place,
    terminal: &Terminal,
) -> Result<Outcome, Failure> {
    let only = parts_of_manifests(args)?;
    let of_compose =
        !args.files.is_empty() || !args.profiles.is_empty() || !args.env_files.is_empty();
    if of_compose {
        return Err(Failure::user(
            "`--file`, `--profile` and `--env-file` are about a Compose project",
        )
        .help("name the folder of the manifests, and leave them out"));
    }
    args.told.check_for("manifests")?;
    let mut wishes = args
        .told
        .wishes(&settings.config, &Survey::default(), place.root())?;
    let record = place.record()?;
    let tree = DiskTree::new(place.root());
    let is_ours = |path: &str| record.files.contains_key(path);
    let builds = builds::of(place, settings);
    let mut images = plimsoll_scaffold::from_manifests::images(&tree, &is_ours);
    images.retain(|image| !builds.contains_key(image));
    let texts = standing(&record, place);
    let texts = texts.iter().map(|(text, base)| (text.as_str(), *base));
    let (digests, unpinned) = args.pin.digests(&images, texts, terminal)?;
    wishes.digests = digests;
    let mut charted = from_manifests::translate(&from_manifests::Source {
        tree: &tree,
        wishes: &wishes,
        builds: &builds,
        is_ours: &is_ours,
        only: &only,
    });
    let mut written = std::mem::take(&mut charted.written);
    if written.is_empty() {
        let failure = match charted.left_out.first() {
            Some(left) => Failure::user(format!(
                "nothing can be written: `{}`: {}",
                left.file, left.why
            ))
            .help(left.help.clone()),
            None => Failure::user("nothing can be written: no manifest was found")
                .help("name the folder that they are in"),
        };
        return Err(failure);
    }
    let kept = kept::take_out(&mut written, &record, place, true);
    let scope = Scope {
        covers: &|path| only.contains(&Artefact::of(path)),
        keep_mine: args.keep_mine,
    };
    let plan = plan(&written, &record, &|path| place.standing(path), &scope);
    Ok(Outcome {
        survey: Survey::default(),
        written,
        plan,
        existing: Vec::new(),
        kept,
        unpinned,
        translation: None,
        charted: Some(charted),
        seen: false,
    })
}

/// The texts that stand where something was written last, each with what that was.
fn standing<'r>(record: &'r Record, place: &Place) -> Vec<(String, &'r str)> {
    let texts = record
        .files
        .iter()
        .filter_map(|(path, base)| match place.standing(path) {
            Standing::Text(text) => Some((text, base.as_str())),
            _ => None,
        });
    texts.collect()
}

/// What is written of manifests.
fn parts_of_manifests(args: &InitArgs) -> Result<BTreeSet<Artefact>, Failure> {
    if args.only.is_empty() {
        return Ok([Artefact::Compose, Artefact::Manifests, Artefact::Chart].into());
    }
    if args
        .only
        .iter()
        .any(|part| matches!(part, Part::Dockerfile))
    {
        return Err(Failure::user(
            "manifests become a Compose file, a chart and a Kustomize base, and no Dockerfile",
        )
        .help("write `--only compose,manifests,chart`, or a part of it"));
    }
    Ok(args.only.iter().map(|part| part.artefact()).collect())
}

/// What is written: manifests and chart, or one of them.
fn parts(args: &InitArgs) -> Result<BTreeSet<Artefact>, Failure> {
    if args.only.is_empty() {
        return Ok([Artefact::Manifests, Artefact::Chart].into());
    }
    let is_other = |part: &Part| matches!(part, Part::Dockerfile | Part::Compose);
    if args.only.iter().any(is_other) {
        return Err(Failure::user(
            "a Compose project becomes manifests and a chart, and nothing else",
        )
        .help("write `--only manifests`, `--only chart`, or leave it out"));
    }
    Ok(args.only.iter().map(|part| part.artefact()).collect())
}

fn project(args: &InitArgs, root: &str, terminal: &Terminal) -> Result<Resolved, Failure> {
    let request = Request {
        current_dir: root.to_owned(),
        files: args.files.clone(),
        profiles: args.profiles.clone(),
        env_files: args.env_files.clone(),
        // What env files hold is never copied, so that nobody has to read them.
        no_env_files: true,
        // What another machine has may be missing here.
        lenient: true,
        ..Request::default()
    };
    let resolved = resolve(&request, &Machine).map_err(|unresolved| refused(&unresolved))?;
    let is_below = |file: &String| file.starts_with(&format!("{}/", root.trim_end_matches('/')));
    if args.files.is_empty() && !resolved.files().iter().any(is_below) {
        return Err(
            Failure::user(format!("there is no Compose file in `{root}`"))
                .help("name the folder that it is in, or the file with `--file`"),
        );
    }
    for notice in resolved.notices() {
        let place = notice.spot.map(|spot| {
            let (path, at) = resolved.records().place(spot);
            format!("{path}:{}:{}: ", at.line, at.column)
        });
        terminal.warn(&format!("{}{}", place.unwrap_or_default(), notice.message));
    }
    Ok(resolved)
}

fn refused(unresolved: &Unresolved) -> Failure {
    let help = unresolved
        .refusals
        .iter()
        .find_map(|refusal| refusal.reason.help());
    let failure = Failure::user(format!(
        "the Compose project cannot be resolved: {unresolved}"
    ));
    match help {
        Some(help) => failure.help(help),
        None => failure,
    }
}

/// What Compose itself would refuse is missing from what is written, too.
fn tolerated(resolved: &Resolved, root: &str, translation: &mut Translation) {
    for refusal in resolved.tolerated() {
        let place = refusal.spot.map(|spot| {
            let (path, at) = resolved.records().place(spot);
            let path = path
                .strip_prefix(root)
                .map_or(path, |path| path.trim_start_matches('/'));
            (path.to_owned(), at.line)
        });
        let (file, line) = place.unwrap_or_default();
        translation.losses.push(Loss {
            file,
            line,
            key: String::new(),
            lost: format!("docker compose would refuse this: {}", refusal.reason),
            help: refusal.reason.help().map_or_else(
                || "mend it, and run this again".to_owned(),
                |help| help.to_string(),
            ),
        });
    }
    translation.losses.sort();
}
