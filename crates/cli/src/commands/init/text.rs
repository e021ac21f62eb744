//! What was found and what is written, for people.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use plimsoll_report::escape;
use plimsoll_scaffold::from_compose::{Became, Loss, SecretNeeded, Translation};
use plimsoll_scaffold::from_manifests::Charted;
use plimsoll_scaffold::merge::{Action, Plan, Planned};
use plimsoll_scaffold::model::{Certainty, Evidence, Survey};
use plimsoll_scaffold::statements::statements;

use super::Outcome;
use crate::diff;
use crate::terminal::Terminal;

/// Everything: what was found, what would be written, and at the end what is short, so that it is
/// what a person who answers has before the eyes.
pub(super) fn text(outcome: &Outcome, terminal: &Terminal) -> String {
    let found = match (&outcome.translation, &outcome.charted) {
        (Some(translation), _) => translated(translation, terminal),
        (None, Some(charted)) => self::charted(charted, terminal),
        (None, None) if outcome.seen => String::new(),
        (None, None) => found(&outcome.survey, terminal),
    };
    let parts = [
        found,
        differences(&outcome.plan, terminal.color),
        summary(outcome, terminal),
    ];
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join("\n")
}

/// The differences of all files.
pub(super) fn differences(plan: &Plan, color: bool) -> String {
    let one = |file: &Planned| {
        let (before, after) = (file.before.as_deref(), file.after.as_deref());
        diff::unified(&file.path, before, after, color)
    };
    plan.files.iter().map(one).collect()
}

/// What is known of each service.
pub(super) fn found(survey: &Survey, terminal: &Terminal) -> String {
    let style = |style: Style| if terminal.color { style } else { Style::new() };
    let bold = style(Style::new().bold());
    let dim = style(Style::new().dimmed());
    let yellow = style(AnsiColor::Yellow.on_default());
    let mut out = String::new();
    for service in &survey.services {
        if !out.is_empty() {
            out.push('\n');
        }
        let folder = match service.folder.as_str() {
            "" => ".",
            folder => folder,
        };
        let name = escape::one_line(&service.name.value);
        let _ = writeln!(out, "{bold}{name}{bold:#} in {}", escape::one_line(folder));
        let statements = statements(service);
        let width = |text: &str| text.chars().count();
        let longest = statements
            .iter()
            .map(|statement| width(&statement.value))
            .max();
        let longest = longest.unwrap_or(0).min(48);
        for statement in statements {
            let (certainty, mark) = match statement.certainty {
                Certainty::Assumed => ("assumed", yellow),
                Certainty::Likely => ("likely", yellow),
                Certainty::Stated => ("stated", Style::new()),
                Certainty::Told => ("told", Style::new()),
            };
            let value = escape::one_line(&statement.value);
            let pad = " ".repeat(longest.saturating_sub(width(&value)));
            let why = statement.evidence.first().map(shown).unwrap_or_default();
            let _ = writeln!(
                out,
                "  {:<12}{value}{pad}  {mark}{certainty:<7}{mark:#}  {dim}{why}{dim:#}",
                statement.about
            );
        }
        for question in &service.questions {
            let _ = writeln!(
                out,
                "  {yellow}open{yellow:#}        {}",
                escape::one_line(&question.text)
            );
        }
    }
    for refusal in &survey.refusals {
        let folder = match refusal.folder.as_str() {
            "" => ".",
            folder => folder,
        };
        let _ = write!(
            out,
            "\n{yellow}left out{yellow:#} {}: {}\n  help: {}\n",
            escape::one_line(folder),
            escape::one_line(&refusal.why),
            escape::one_line(&refusal.help)
        );
    }
    out
}

/// What became of a Compose project, and what did not.
fn translated(translation: &Translation, terminal: &Terminal) -> String {
    let Styles { yellow, .. } = Styles::of(terminal);
    let mut out = services(&translation.services, terminal);
    for (name, profiles, evidence) in &translation.left_out {
        let _ = writeln!(
            out,
            "{yellow}left out{yellow:#} {} ({}): it belongs to the profile {}; switch it on with `--profile`",
            escape::one_line(name),
            place(&evidence.file, evidence.line),
            escape::one_line(&profiles.join(", "))
        );
    }
    out.push_str(&losses(&translation.losses, "not carried over", terminal));
    out.push_str(&secrets(&translation.secrets, terminal));
    out
}

/// Styles of what was translated.
struct Styles {
    bold: Style,
    dim: Style,
    yellow: Style,
}

impl Styles {
    fn of(terminal: &Terminal) -> Self {
        let style = |style: Style| if terminal.color { style } else { Style::new() };
        Self {
            bold: style(Style::new().bold()),
            dim: style(Style::new().dimmed()),
            yellow: style(AnsiColor::Yellow.on_default()),
        }
    }
}

fn services(services: &[Became], terminal: &Terminal) -> String {
    let Styles { bold, dim, .. } = Styles::of(terminal);
    let mut out = String::new();
    for service in services {
        let name = escape::one_line(&service.service);
        let place = place(&service.evidence.file, service.evidence.line);
        let mut parts = vec![service.workload.clone()];
        parts.extend(service.with.iter().cloned());
        let parts = parts.join(", ");
        let _ = writeln!(
            out,
            "{bold}{name}{bold:#}: {}  {dim}{place}{dim:#}",
            escape::one_line(&parts)
        );
    }
    out
}

fn losses(losses: &[Loss], title: &str, terminal: &Terminal) -> String {
    let Styles { bold, .. } = Styles::of(terminal);
    let mut out = String::new();
    if !losses.is_empty() {
        let _ = writeln!(out, "\n{bold}{title}{bold:#}");
    }
    for loss in losses {
        let key = match loss.key.as_str() {
            "" => String::new(),
            key => format!("`{}`: ", escape::one_line(key)),
        };
        let _ = writeln!(
            out,
            "  {}: {key}{}\n    help: {}",
            place(&loss.file, loss.line),
            escape::one_line(&loss.lost),
            escape::one_line(&loss.help)
        );
    }
    out
}

fn secrets(secrets: &[SecretNeeded], terminal: &Terminal) -> String {
    let Styles { bold, .. } = Styles::of(terminal);
    let mut out = String::new();
    if !secrets.is_empty() {
        let _ = writeln!(
            out,
            "\n{bold}Secrets to make{bold:#}, for no value of one is copied"
        );
    }
    for secret in secrets {
        let from = match (&secret.file, &secret.keys[..]) {
            (Some(file), []) => format!("all variables of {file}"),
            (Some(file), keys) => format!("{}, which is {file}", keys.join(", ")),
            (None, []) => "its keys are not known".to_owned(),
            (None, keys) => keys.join(", "),
        };
        let _ = writeln!(
            out,
            "  {}: {}",
            escape::one_line(&secret.name),
            escape::one_line(&from)
        );
    }
    out
}

/// What became of manifests, and what is in no file.
fn charted(charted: &Charted, terminal: &Terminal) -> String {
    let Styles { bold, .. } = Styles::of(terminal);
    let mut out = match charted.objects {
        1 => "1 object\n".to_owned(),
        count => format!("{count} objects\n"),
    };
    out.push_str(&services(&charted.services, terminal));
    let title = "not in the Compose file";
    out.push_str(&losses(&charted.losses, title, terminal));
    if !charted.left_out.is_empty() {
        let _ = writeln!(out, "\n{bold}in no file, or not in the chart{bold:#}");
    }
    for left in &charted.left_out {
        let _ = writeln!(
            out,
            "  {}: {}\n    help: {}",
            place(&left.file, left.line),
            escape::one_line(&left.why),
            escape::one_line(&left.help)
        );
    }
    out.push_str(&secrets(&charted.secrets, terminal));
    out
}

fn place(file: &str, line: u32) -> String {
    let file = escape::one_line(file);
    match (file.as_ref(), line) {
        ("", _) => "no file".to_owned(),
        (file, 0) => file.to_owned(),
        (file, line) => format!("{file}:{line}"),
    }
}

/// `src/main.py:10: says`.
fn shown(evidence: &Evidence) -> String {
    let says = escape::one_line(&evidence.says);
    let file = escape::one_line(&evidence.file);
    match (evidence.file.as_str(), evidence.line) {
        ("", _) => says.into_owned(),
        (_, 0) => format!("{file}: {says}"),
        (_, line) => format!("{file}:{line}: {says}"),
    }
}

/// A line for each file, and for what to look at before it is written.
fn summary(outcome: &Outcome, terminal: &Terminal) -> String {
    let mut out = String::new();
    for existing in &outcome.existing {
        let _ = writeln!(
            out,
            "keep      {}  somebody else's: its user, port and stages are taken over, and it stays as it is",
            escape::one_line(&existing.dockerfile)
        );
    }
    for kept in &outcome.kept {
        let path = escape::one_line(&kept.path);
        let _ = writeln!(out, "keep      {path}  somebody else's: {}", kept.says);
    }
    for image in &outcome.unpinned {
        let _ = writeln!(
            out,
            "unpinned  {}  others are pinned: `--pin` looks up its digest, and theirs",
            escape::one_line(image)
        );
    }
    for file in &outcome.plan.files {
        let (word, says) = match &file.action {
            Action::Create => ("create", String::new()),
            Action::Update => ("update", String::new()),
            Action::Merge => ("merge", "your edits stay".to_owned()),
            Action::Conflict(conflicts) => {
                ("conflict", format!("{} left as you have them", places(conflicts.len())))
            }
            Action::Unchanged => continue,
            Action::Deleted => (
                "deleted",
                "you deleted it, so it is not written again; it would be without its entry in .plimsoll/init.json".to_owned(),
            ),
            Action::Foreign => {
                ("keep", "somebody else's: it stays as it is".to_owned())
            }
            Action::Remove => ("remove", "nothing here needs it any more".to_owned()),
            Action::Obsolete => {
                ("keep", "nothing here needs it any more, but you edited it".to_owned())
            }
            Action::Unreadable(why) => ("keep", why.clone()),
        };
        let path = escape::one_line(&file.path);
        let line = format!("{word:<9} {path}  {}", escape::one_line(&says));
        let _ = writeln!(out, "{}", line.trim_end());
        if let Action::Conflict(conflicts) = &file.action {
            for conflict in conflicts {
                let _ = writeln!(out, "  {path}:{}: you have", conflict.line);
                out.push_str(&indented(&conflict.theirs));
                out.push_str("  and it would be\n");
                out.push_str(&indented(&conflict.ours));
            }
            out.push_str(
                "  help: take over what you want by hand, or run again with `--keep-mine`\n",
            );
        }
    }
    if outcome
        .plan
        .files
        .iter()
        .all(|file| file.action == Action::Unchanged)
    {
        out.push_str("everything is as it would be written\n");
    }
    out.push_str(&unsure(&outcome.survey, terminal));
    out
}

/// What a service's files hang on most: what is less than stated of these is named at the end.
const WEIGHTY: &[&str] = &[
    "language",
    "start",
    "port",
    "health",
    "backing",
    "migration",
    "process",
];

/// How many of them are named for one service.
const MAX_UNSURE: usize = 6;

/// What is suggested, or in no file at all, in a line or two for each service.
fn unsure(survey: &Survey, terminal: &Terminal) -> String {
    let yellow = if terminal.color {
        AnsiColor::Yellow.on_default()
    } else {
        Style::new()
    };
    let mut out = String::new();
    for service in &survey.services {
        let name = escape::one_line(&service.name.value);
        let thin: Vec<String> = statements(service)
            .into_iter()
            .filter(|statement| WEIGHTY.contains(&statement.about))
            .filter_map(|statement| {
                let how = match statement.certainty {
                    Certainty::Assumed => "assumed",
                    Certainty::Likely => "likely",
                    Certainty::Stated | Certainty::Told => return None,
                };
                let value = escape::one_line(&statement.value).into_owned();
                Some(format!("{} {value} ({how})", statement.about))
            })
            .collect();
        if !thin.is_empty() {
            let more = match thin.len().saturating_sub(MAX_UNSURE) {
                0 => String::new(),
                more => format!(", and {more} more"),
            };
            let shown = thin[..thin.len().min(MAX_UNSURE)].join(", ");
            let _ = writeln!(out, "{yellow}unsure{yellow:#}    {name}: {shown}{more}");
        }
        if !service.questions.is_empty() {
            let open = match service.questions.len() {
                1 => "1 question".to_owned(),
                count => format!("{count} questions"),
            };
            let _ = writeln!(out, "{yellow}open{yellow:#}      {name}: {open}, above");
        }
    }
    for refusal in &survey.refusals {
        let folder = match refusal.folder.as_str() {
            "" => ".",
            folder => folder,
        };
        let folder = escape::one_line(folder);
        let _ = writeln!(
            out,
            "{yellow}left out{yellow:#}  {folder}, for the reason above"
        );
    }
    out
}

fn places(count: usize) -> String {
    match count {
        1 => "1 place".to_owned(),
        count => format!("{count} places"),
    }
}

fn indented(text: &str) -> String {
    if text.is_empty() {
        return "    | (nothing)\n".to_owned();
    }
    text.lines()
        .map(|line| format!("    | {}\n", escape::one_line(line)))
        .collect()
}

/// What was done.
pub(super) fn done(plan: &Plan) -> String {
    let count = plan
        .files
        .iter()
        .filter(|file| file.before != file.after)
        .count();
    let files = if count == 1 { "file" } else { "files" };
    format!(
        "{count} {files} written; what was written is kept in .plimsoll/init.json: commit it, too"
    )
}

/// Each file with what its lines rest on.
pub(super) fn why(outcome: &Outcome) -> String {
    let mut out = String::new();
    for file in &outcome.written {
        let _ = writeln!(out, "{}", escape::one_line(&file.path));
        let mut number = 0;
        for block in &file.blocks {
            for line in block.text.lines() {
                number += 1;
                let _ = writeln!(out, "{number:>5} | {}", escape::lines(line));
            }
            for evidence in &block.evidence {
                let _ = writeln!(out, "      = {}", shown(evidence));
            }
        }
        out.push('\n');
    }
    out
}
