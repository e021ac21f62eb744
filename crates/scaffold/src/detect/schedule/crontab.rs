//! Crontabs in a tree: five fields and a command (crontab(5)), with a user between them in those of the
//! system.

use plimsoll_source::files::{file_name, parent};

use super::{Job, schedule};
use crate::detect::draft::Cx;
use crate::detect::files::relative;
use crate::detect::shell;
use crate::model::{Evidence, Known};

/// Users that stand between time and command, and are no programs.
const USERS: &[&str] = &["root", "www-data", "appuser", "nobody", "deploy", "ubuntu"];

/// The jobs of the crontabs below a folder.
pub(super) fn jobs(cx: Cx<'_>, own: &dyn Fn(&str) -> bool, folder: &str) -> Vec<Job> {
    let mut found = Vec::new();
    for path in cx.files.below(folder) {
        let local = relative(path, folder);
        if !is_crontab(&local) || foreign(own, path, folder) {
            continue;
        }
        let Some(text) = cx.files.text(path) else {
            continue;
        };
        for (number, line) in text.text.lines().enumerate() {
            let Some((schedule, command)) = entry(line) else {
                continue;
            };
            // The machine that it was written for had its own paths.
            let says = "the crontab runs it at these times, on a machine with its own paths";
            let evidence = Evidence::line(path, number as u32 + 1, says);
            found.push(Job {
                schedule,
                command: Known::likely(shell::exec(&command), evidence),
            });
        }
    }
    found
}

fn foreign(own: &dyn Fn(&str) -> bool, path: &str, folder: &str) -> bool {
    let mut at = parent(path);
    while at.len() > folder.len() {
        if own(at) {
            return true;
        }
        at = parent(at);
    }
    false
}

fn is_crontab(local: &str) -> bool {
    let name = file_name(local);
    let folder = file_name(parent(local));
    let is_named = matches!(
        name,
        "crontab" | "crontab.txt" | "cronjobs" | "crontab.conf"
    ) || name.ends_with(".crontab")
        || name.ends_with(".cron");
    let is_placed = matches!(folder, "cron.d" | "crontabs") && !name.starts_with('.');
    (is_named || is_placed) && local.matches('/').count() < 4
}

/// The times and the command of a line.
fn entry(line: &str) -> Option<(String, String)> {
    let line = line.trim();
    if line.starts_with('#') {
        return None;
    }
    let mut rest = line;
    let mut word = || {
        rest = rest.trim_start();
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        rest = after;
        word
    };
    let first = word();
    let schedule = if first.starts_with('@') {
        let known = [
            "@hourly",
            "@daily",
            "@midnight",
            "@weekly",
            "@monthly",
            "@yearly",
            "@annually",
        ];
        known.contains(&first).then(|| first.to_owned())?
    } else {
        schedule(&[first, word(), word(), word(), word()])?
    };
    let rest = rest.trim();
    let rest = match rest.split_once(char::is_whitespace) {
        Some((user, command)) if USERS.contains(&user) => command.trim(),
        _ => rest,
    };
    // A percent sign would be the end of a line.
    let command = without_redirections(rest).replace("\\%", "%");
    (!command.is_empty()).then_some((schedule, command))
}

/// A command without the files that its output goes to: a container's goes to its log.
fn without_redirections(command: &str) -> &str {
    let operators = [">", ">>", "1>", "2>", "&>", "2>>", "1>>", "&>>", "<"];
    let mut command = command.trim();
    loop {
        let Some((before, last)) = command.rsplit_once(char::is_whitespace) else {
            return command;
        };
        let joined = operators.iter().any(|sign| {
            last.strip_prefix(sign)
                .is_some_and(|file| !file.is_empty() && !file.contains(['"', '\'']))
        });
        let before = before.trim_end();
        if joined {
            command = before;
            continue;
        }
        match before.rsplit_once(char::is_whitespace) {
            Some((earlier, sign)) if operators.contains(&sign) && !last.contains(['"', '\'']) => {
                command = earlier.trim_end();
            }
            _ => return command,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{entry, is_crontab};

    #[test]
    fn lines_are_times_and_commands() {
        for (line, schedule, command) in [
            (
                "*/5 * * * * python sync.py",
                "*/5 * * * *",
                "python sync.py",
            ),
            (
                "0 3 * * 7 root  /app/run.sh >> /var/log/x.log 2>&1",
                "0 3 * * 0",
                "/app/run.sh",
            ),
            ("@daily node a.js > /dev/null", "@daily", "node a.js"),
            (
                "0 0 1 * * echo \"a > b\" >/dev/null 2>&1",
                "0 0 1 * *",
                "echo \"a > b\"",
            ),
            ("5 4 * * * date +\\%F", "5 4 * * *", "date +%F"),
        ] {
            let found = entry(line);
            assert_eq!(
                found,
                Some((schedule.to_owned(), command.to_owned())),
                "{line}"
            );
        }
        for line in [
            "",
            "# 0 0 * * * x",
            "SHELL=/bin/bash",
            "MAILTO=a b c d e f",
            "@reboot x",
            "* * * * *",
            "every day at 5 we run it",
        ] {
            assert_eq!(entry(line), None, "{line}");
        }
    }

    #[test]
    fn crontabs_are_told_by_their_names() {
        for path in [
            "crontab",
            "docker/crontab",
            "cron.d/app",
            "config/nightly.cron",
        ] {
            assert!(is_crontab(path), "{path}");
        }
        for path in [
            "crontab.py",
            "src/cron/run.js",
            "README.md",
            "crontabs/.gitkeep",
        ] {
            assert!(!is_crontab(path), "{path}");
        }
    }
}
