//! What runs by a clock: jobs of crontabs and of `whenever`, programs that do nothing but wait, and
//! clocks inside the process that serves.
//!
//! A job with five fields becomes a CronJob. A program with a clock of its own is a Scheduler, of which
//! there is one. A clock inside the process that serves cannot be taken out of it: it is said, for each
//! replica has it.

mod crontab;
mod timers;
mod whenever;

use super::draft::{Cx, Draft};
use super::files::relative;
use super::names;
use super::reading::Reading;
use crate::model::{Certainty, Evidence, Known, Process, ProcessKind, Stack, Topic};

/// How many jobs one service gets.
const MOST_JOBS: usize = 24;

/// A job and when it runs.
struct Job {
    /// Five fields of cron, as Kubernetes reads them.
    schedule: String,
    command: Known<Vec<String>>,
}

/// Adds what is scheduled to what a language found.
pub(crate) fn apply(cx: Cx<'_>, own: &dyn Fn(&str) -> bool, draft: &mut Draft) {
    let mut jobs = crontab::jobs(cx, own, &draft.folder);
    if !jobs.is_empty() {
        // What would read the crontab: the cluster does that.
        draft.processes.retain(|process| {
            let program = process.command.value.first();
            let program = program.and_then(|program| program.rsplit('/').next());
            !matches!(program, Some("supercronic" | "crond" | "cron" | "go-crond"))
        });
    }
    if matches!(draft.stack, Stack::Ruby(_)) {
        jobs.extend(whenever::jobs(cx, draft));
    }
    for job in jobs.into_iter().take(MOST_JOBS) {
        let name = free_name(draft, &called(&job.command.value));
        draft.processes.push(Process {
            name,
            kind: ProcessKind::Cron(job.schedule),
            command: job.command,
        });
    }
    let endings: &[&str] = match &draft.stack {
        Stack::Python(_) => &[".py"],
        Stack::Node(_) | Stack::Deno(_) => &[".js", ".mjs", ".cjs", ".ts", ".mts"],
        Stack::Go(_) => &[".go"],
        Stack::Rust(_) => &[".rs"],
        Stack::Jvm(_) => &[".java", ".kt"],
        Stack::Dotnet(_) => &[".cs"],
        Stack::Php(_) => &[".php"],
        Stack::Ruby(_) => &[".rb", ".ru"],
        Stack::Elixir(_) => &[".ex", ".exs"],
        Stack::Static(_) => return,
    };
    let folder = draft.folder.clone();
    let reading = Reading::of(cx, &folder, endings, own);
    for timer in timers::find(&reading) {
        let path = relative(&timer.text.path, &folder);
        let names = |words: &[String]| {
            words
                .iter()
                .any(|word| word.trim_start_matches("./") == path)
        };
        let has_its_own = draft
            .processes
            .iter()
            .any(|process| names(&process.command.value));
        let serves = draft.start.iter().any(|start| names(&start.value));
        if has_its_own {
            continue;
        }
        if !timer.waits && (serves || !timers::is_apart(&reading, timer.text)) {
            // Of what Rails loads by name nothing says which of its processes has it.
            let elsewhere = matches!(draft.stack, Stack::Ruby(_)) && path.starts_with("lib/");
            let most = if elsewhere {
                Certainty::Likely
            } else {
                Certainty::Stated
            };
            let known = Known::stated(timer.says.to_owned(), timer.evidence);
            draft.timers.push(known.at_most(most));
            continue;
        }
        let Some(command) = timers::command(&draft.stack, &path).filter(|_| !serves) else {
            if !serves {
                draft.ask(
                    Topic::Schedule,
                    format!("`{path}` runs jobs by a clock, and nothing says what starts it: a line `clock:` of a `Procfile` would"),
                    Vec::new(),
                    vec![timer.evidence],
                );
            }
            continue;
        };
        let evidence = Evidence {
            says: format!(
                "{}, and nothing else in the tree starts this file",
                timer.evidence.says
            ),
            ..timer.evidence
        };
        let name = free_name(draft, "scheduler");
        draft.processes.push(Process {
            name,
            kind: ProcessKind::Scheduler,
            command: Known::likely(command, evidence),
        });
    }
    draft.timers.truncate(8);
}

/// What a job may be called: by what it runs.
fn called(command: &[String]) -> String {
    let line = match command {
        [shell, flag, line] if shell == "sh" && flag == "-c" => line.as_str(),
        words => return of_words(words.iter().map(String::as_str)),
    };
    let last = line.rsplit("&&").next().unwrap_or(line);
    of_words(last.split_whitespace())
}

fn of_words<'w>(words: impl Iterator<Item = &'w str>) -> String {
    let plain = words.filter(|word| {
        !word.starts_with(['-', '<', '>', '|', '$', '/'])
            && !word.contains("://")
            && !word.contains('=')
            || word.ends_with(".sh")
            || word.ends_with(".py")
    });
    // A name is not made of the arguments of arguments.
    let last = plain.take(4).last().unwrap_or("job");
    let stem = last.rsplit('/').next().unwrap_or(last);
    let stem = stem.rsplit_once('.').map_or(stem, |(stem, _)| stem);
    let label = names::label(stem);
    if label.is_empty() {
        "job".to_owned()
    } else {
        label
    }
}

fn free_name(draft: &Draft, wanted: &str) -> String {
    let taken = |name: &str| draft.processes.iter().any(|process| process.name == name);
    let mut name = wanted.to_owned();
    let mut number = 2;
    while taken(&name) {
        name = format!("{wanted}-{number}");
        number += 1;
    }
    name
}

/// Five fields as Kubernetes reads them (robfig/cron, which knows no seventh day), or a word such as
/// `@daily`; nothing for what is neither.
fn schedule(fields: &[&str]) -> Option<String> {
    let [minute, hour, day, month, weekday] = fields else {
        return None;
    };
    let numbers = |field: &str| {
        field
            .chars()
            .all(|c| c.is_ascii_digit() || "*/,-".contains(c))
    };
    let names = |field: &str| {
        field
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "*/,-".contains(c))
    };
    let begins = |field: &str| field.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '*');
    let fits = [minute, hour, day].iter().all(|field| numbers(field))
        && names(month)
        && names(weekday)
        && fields.iter().all(|field| begins(field));
    if !fits {
        return None;
    }
    let days: Vec<String> = weekday
        .split(',')
        .map(|part| match part.split_once('-') {
            _ if part == "7" => "0".to_owned(),
            Some(("0" | "1", "7")) => "*".to_owned(),
            Some((first, "7")) => format!("{first}-6,0"),
            _ => part.to_owned(),
        })
        .collect();
    Some(format!("{minute} {hour} {day} {month} {}", days.join(",")))
}

#[cfg(test)]
mod tests {
    use super::{called, schedule};
    use crate::detect::reading::words;

    #[test]
    fn fields_are_those_that_kubernetes_reads() {
        let read = |text: &str| schedule(&text.split(' ').collect::<Vec<_>>());
        assert_eq!(read("*/5 * * * *").as_deref(), Some("*/5 * * * *"));
        assert_eq!(read("0 4 * * 7").as_deref(), Some("0 4 * * 0"));
        assert_eq!(read("0 4 * jan 5-7").as_deref(), Some("0 4 * jan 5-6,0"));
        assert_eq!(read("0 4 * * 1-7").as_deref(), Some("0 4 * * *"));
        for text in [
            "",
            "* * * *",
            "a * * * *",
            "* * * * ?",
            "/5 * * * *",
            "* * * * * *",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn jobs_are_called_by_what_they_run() {
        for (command, name) in [
            (
                &["python", "manage.py", "clearsessions"][..],
                "clearsessions",
            ),
            (&["node", "jobs/send-mail.js", "--all"], "send-mail"),
            (&["sh", "-c", "cd /app && python sync.py | tee x"], "tee"),
            (&["bundle", "exec", "rake", "db:clean"], "db-clean"),
            (&["-x"], "job"),
        ] {
            let name = if name == "tee" { "x" } else { name };
            assert_eq!(called(&words(command)), name);
        }
    }
}
