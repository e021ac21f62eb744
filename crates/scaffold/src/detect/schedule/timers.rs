//! Clocks that a program has itself: calls of the libraries that are made for it.

use plimsoll_source::files::file_name;

use crate::detect::code::{Code, Language};
use crate::detect::files::Text;
use crate::detect::reading::{Reading, words};
use crate::model::{Evidence, Stack};

/// A clock in a file.
pub(super) struct Timer<'a> {
    pub(super) text: &'a Text,
    /// What it is, in a few words.
    pub(super) says: &'static str,
    pub(super) evidence: Evidence,
    /// Whether the program does nothing else.
    pub(super) waits: bool,
}

/// A call that starts a clock.
struct Pattern {
    language: Language,
    tokens: &'static [&'static str],
    says: &'static str,
    waits: bool,
    /// What a file has to hold besides, such as the library's name; empty for nothing.
    with: &'static str,
}

const fn clock(language: Language, tokens: &'static [&'static str], says: &'static str) -> Pattern {
    Pattern {
        language,
        tokens,
        says,
        waits: false,
        with: "",
    }
}

static PATTERNS: &[Pattern] = &[
    Pattern {
        with: "cron",
        ..clock(
            Language::Script,
            &["cron", ".", "schedule", "("],
            "node-cron",
        )
    },
    clock(Language::Script, &["new", "CronJob", "("], "cron"),
    clock(Language::Script, &["CronJob", ".", "from", "("], "cron"),
    clock(Language::Script, &["scheduleJob", "("], "node-schedule"),
    Pattern {
        with: "@nestjs/schedule",
        ..clock(Language::Script, &["@", "Cron", "("], "@nestjs/schedule")
    },
    clock(Language::Script, &["Deno", ".", "cron", "("], "Deno.cron"),
    Pattern {
        with: "croner",
        ..clock(Language::Script, &["new", "Cron", "("], "croner")
    },
    Pattern {
        with: "super-simple-scheduler",
        ..clock(
            Language::Script,
            &["new", "Scheduler", "("],
            "super-simple-scheduler",
        )
    },
    clock(
        Language::Python,
        &["BackgroundScheduler", "("],
        "APScheduler",
    ),
    clock(Language::Python, &["AsyncIOScheduler", "("], "APScheduler"),
    clock(
        Language::Python,
        &["@", "repeat_every", "("],
        "repeat_every",
    ),
    Pattern {
        waits: true,
        ..clock(Language::Python, &["BlockingScheduler", "("], "APScheduler")
    },
    Pattern {
        waits: true,
        ..clock(
            Language::Python,
            &["schedule", ".", "run_pending", "("],
            "schedule",
        )
    },
    Pattern {
        with: "robfig/cron",
        ..clock(Language::Go, &["cron", ".", "New", "("], "robfig/cron")
    },
    Pattern {
        with: "gdgvda/cron",
        ..clock(Language::Go, &["cron", ".", "New", "("], "gdgvda/cron")
    },
    clock(
        Language::Go,
        &["gocron", ".", "NewScheduler", "("],
        "gocron",
    ),
    Pattern {
        with: "job_scheduler",
        ..clock(
            Language::Rust,
            &["JobScheduler", ":", ":", "new", "("],
            "job_scheduler",
        )
    },
    Pattern {
        with: "tokio_cron_scheduler",
        ..clock(
            Language::Rust,
            &["JobScheduler", ":", ":", "new", "("],
            "tokio-cron-scheduler",
        )
    },
    clock(Language::Java, &["@", "Scheduled", "("], "@Scheduled"),
    clock(Language::Csharp, &["AddHangfireServer", "("], "Hangfire"),
    clock(Language::Csharp, &["AddQuartzHostedService", "("], "Quartz"),
    clock(
        Language::Ruby,
        &["Rufus", ":", ":", "Scheduler"],
        "rufus-scheduler",
    ),
    clock(Language::Elixir, &["use", "Quantum"], "Quantum"),
];

/// The clocks of a project, one of each file.
pub(super) fn find<'a>(reading: &Reading<'a>) -> Vec<Timer<'a>> {
    let mut found = Vec::new();
    for text in &reading.files {
        let Some(language) = Language::of(&text.path) else {
            continue;
        };
        let patterns = PATTERNS.iter().filter(|pattern| {
            let last = pattern.tokens.iter().rev().find(|token| token.len() > 1);
            pattern.language == language
                && last.is_some_and(|word| text.text.contains(word))
                && text.text.contains(pattern.with)
        });
        let mut patterns = patterns.peekable();
        if patterns.peek().is_none() {
            continue;
        }
        let code = text.code();
        let Some((pattern, at)) =
            patterns.find_map(|pattern| Some((pattern, code.find(pattern.tokens)?)))
        else {
            continue;
        };
        found.push(Timer {
            text,
            says: pattern.says,
            evidence: Evidence::line(
                &text.path,
                code.line(at),
                format!("`{}` runs jobs by a clock here", pattern.says),
            ),
            waits: pattern.waits,
        });
    }
    found
}

/// Whether a file is a program of its own by its name, and no other file names it.
pub(super) fn is_apart(reading: &Reading<'_>, text: &Text) -> bool {
    let name = file_name(&text.path);
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let is_named = matches!(
        stem,
        "cron" | "scheduler" | "clock" | "jobs" | "cronjobs" | "cron-jobs"
    );
    let is_script = Language::of(&text.path) == Some(Language::Script);
    let others = reading.files.iter().filter(|other| other.path != text.path);
    is_named && is_script && !others.into_iter().any(|other| names(other.code(), stem))
}

/// Whether a file imports one of this name.
fn names(code: Code<'_>, stem: &str) -> bool {
    (0..code.len())
        .filter_map(|at| code.string(at))
        .any(|text| {
            let last = text.rsplit('/').next().unwrap_or(text);
            let last = last.rsplit_once('.').map_or(last, |(stem, _)| stem);
            text.starts_with('.') && last == stem
        })
}

/// What starts a file that is a program of its own; nothing where that is not known.
pub(super) fn command(stack: &Stack, path: &str) -> Option<Vec<String>> {
    match stack {
        Stack::Python(_) => Some(words(&["python", path])),
        Stack::Node(_) if !path.ends_with("ts") => Some(words(&["node", path])),
        _ => None,
    }
}
