//! `config/schedule.rb` of the gem `whenever`, which writes a crontab of it.

use super::{Job, schedule};
use crate::detect::draft::{Cx, Draft};
use crate::detect::files::below;
use crate::detect::shell;
use crate::model::{Evidence, Known, Topic};

/// Its jobs. What it says and cannot be put into five fields is asked.
pub(super) fn jobs(cx: Cx<'_>, draft: &mut Draft) -> Vec<Job> {
    let gemfile = cx.files.text(&below(&draft.folder, "Gemfile"));
    if !gemfile.is_some_and(|text| text.text.contains("whenever")) {
        return Vec::new();
    }
    let path = below(&draft.folder, "config/schedule.rb");
    let Some(text) = cx.files.text(&path) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    let mut times: Option<(Option<String>, &str)> = None;
    for (number, line) in text.text.lines().enumerate() {
        let line = line.trim();
        let evidence = |says: &str| Evidence::line(&path, number as u32 + 1, says);
        if line.starts_with('#') {
            continue;
        }
        if let Some(rest) = line.strip_prefix("every ") {
            let (spec, _) = rest.rsplit_once(" do").unwrap_or((rest, ""));
            times = Some((fields(spec), spec));
            continue;
        }
        if line == "end" {
            times = None;
            continue;
        }
        let Some((schedule, spec)) = &times else {
            continue;
        };
        let Some(command) = command(line) else {
            continue;
        };
        match schedule {
            Some(schedule) => found.push(Job {
                schedule: schedule.clone(),
                command: Known::stated(command, evidence("`whenever` runs it at these times")),
            }),
            None => draft.ask(
                Topic::Schedule,
                format!(
                    "When `{}` runs is not understood (`{spec}`): write a CronJob for it",
                    command.join(" ")
                ),
                Vec::new(),
                vec![evidence("`whenever` runs it")],
            ),
        }
    }
    found
}

/// `rake "a:b"`, `runner "A.b"`, `command "c"`, `script "d"`.
fn command(line: &str) -> Option<Vec<String>> {
    let (kind, rest) = line.split_once(' ')?;
    let rest = rest.trim().trim_start_matches('(');
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let text = rest[1..].split(quote).next()?;
    let with = |words: &[&str]| {
        let mut all: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        all.push(text.to_owned());
        all
    };
    // What is put in when it is written cannot be known.
    if text.is_empty() || text.contains("#{") {
        return None;
    }
    Some(match kind {
        "rake" => {
            let mut words = vec!["bundle".to_owned(), "exec".to_owned(), "rake".to_owned()];
            words.extend(text.split_whitespace().map(str::to_owned));
            words
        }
        "runner" => with(&["bundle", "exec", "rails", "runner"]),
        "script" => with(&["bundle", "exec"]),
        "command" => shell::exec(text),
        _ => return None,
    })
}

/// Five fields for `1.day, at: '4:30 am'`.
fn fields(spec: &str) -> Option<String> {
    let (every, more) = match spec.split_once(',') {
        Some((every, more)) if !spec.starts_with(['"', '\'']) => (every.trim(), more.trim()),
        _ => (spec.trim(), ""),
    };
    let at = match more {
        "" => None,
        more => {
            let text = more
                .strip_prefix("at:")
                .or_else(|| more.strip_prefix(":at =>"))?;
            Some(clock(
                text.trim()
                    .strip_prefix(['"', '\''])?
                    .strip_suffix(['"', '\''])?,
            )?)
        }
    };
    if let Some(text) = every.strip_prefix(['"', '\'']) {
        let text = text.strip_suffix(['"', '\''])?;
        return schedule(&text.split_whitespace().collect::<Vec<_>>());
    }
    let daily = |rest: &str| {
        let (hour, minute) = at.unwrap_or((0, 0));
        Some(format!("{minute} {hour} {rest}"))
    };
    let every = every.strip_prefix(':').unwrap_or(every);
    let (count, unit) = match every.split_once('.') {
        Some((count, unit)) => (count.parse::<u32>().ok()?, unit.trim_end_matches('s')),
        None => (1, every),
    };
    match (unit, count) {
        ("minute", 1) => Some("* * * * *".to_owned()),
        ("minute", count) if at.is_none() && count > 0 && 60 % count == 0 => {
            let count = count % 60;
            Some(if count == 0 {
                "0 * * * *".to_owned()
            } else {
                format!("*/{count} * * * *")
            })
        }
        ("hour", 1) if at.is_none() => Some("0 * * * *".to_owned()),
        ("hour", count) if at.is_none() && count > 0 && count < 24 && 24 % count == 0 => {
            Some(format!("0 */{count} * * *"))
        }
        ("day", 1) => daily("* * *"),
        ("week", 1) => daily("* * 0"),
        ("month", 1) => daily("1 * *"),
        ("year", 1) => daily("1 1 *"),
        ("weekday", 1) => daily("* * 1-5"),
        ("weekend", 1) => daily("* * 6,0"),
        (day, 1) => {
            let days = [
                "sunday",
                "monday",
                "tuesday",
                "wednesday",
                "thursday",
                "friday",
                "saturday",
            ];
            let number = days.iter().position(|name| *name == day)?;
            daily(&format!("* * {number}"))
        }
        _ => None,
    }
}

/// Hour and minute of `4:30 am`.
fn clock(text: &str) -> Option<(u32, u32)> {
    let lower = text.trim().to_ascii_lowercase();
    let (time, half) = match (lower.strip_suffix("am"), lower.strip_suffix("pm")) {
        (Some(time), _) => (time, Some(0)),
        (_, Some(time)) => (time, Some(12)),
        _ => (lower.as_str(), None),
    };
    let (hour, minute) = time.trim().split_once(':').unwrap_or((time.trim(), "0"));
    let (hour, minute): (u32, u32) = (hour.parse().ok()?, minute.parse().ok()?);
    let hour = match half {
        Some(_) if !(1..=12).contains(&hour) => return None,
        Some(half) => hour % 12 + half,
        None => hour,
    };
    (hour < 24 && minute < 60).then_some((hour, minute))
}

#[cfg(test)]
mod tests {
    use super::{command, fields};

    #[test]
    fn times_become_five_fields() {
        for (spec, expected) in [
            ("1.day, at: '4:30 am'", Some("30 4 * * *")),
            ("1.day, :at => '12:05 pm'", Some("5 12 * * *")),
            ("5.minutes", Some("*/5 * * * *")),
            ("60.minutes", Some("0 * * * *")),
            ("3.hours", Some("0 */3 * * *")),
            (":hour", Some("0 * * * *")),
            (":monday, at: '23:15'", Some("15 23 * * 1")),
            (":weekday", Some("0 0 * * 1-5")),
            ("'0 0 27-31 * *'", Some("0 0 27-31 * *")),
            (":reboot", None),
            ("7.minutes", None),
            ("1.day, at: ['1:00', '2:00']", None),
            ("1.day, at: '13:00 pm'", None),
            ("", None),
        ] {
            assert_eq!(fields(spec).as_deref(), expected, "{spec}");
        }
    }

    #[test]
    fn commands_run_as_whenever_runs_them() {
        let words = |line: &str| command(line).map(|words| words.join("|"));
        assert_eq!(words("rake 'a:b'").as_deref(), Some("bundle|exec|rake|a:b"));
        assert_eq!(
            words("runner \"User.clean(1, 'x')\"").as_deref(),
            Some("bundle|exec|rails|runner|User.clean(1, 'x')")
        );
        assert_eq!(words("command \"/bin/x -y\"").as_deref(), Some("/bin/x|-y"));
        for line in ["rake", "puts 'x'", "rake \"#{name}\"", "rake ''"] {
            assert_eq!(words(line), None, "{line}");
        }
    }
}
