//! Package lists from step to step: who fetches them, and which later steps install from what an
//! earlier layer holds.

use plimsoll_dockerfile::{Base, Build};
use plimsoll_source::TextRange;

use super::facts::Facts;
use super::facts::calls::{Call, calls};
use super::facts::packages::{Manager, PackageStep, Verb};

/// The most stages looked into for one step.
const MOST: usize = 64;

/// What happens to the lists of a step after it.
#[derive(Debug, Default)]
pub(crate) struct Afterlife {
    /// Later installations that fetch no lists of their own: the calls, in order.
    pub(crate) uses: Vec<TextRange>,
    /// Whether a later step runs a program that may install from them unseen.
    pub(crate) hidden: bool,
    /// Whether any later step installs with the same manager.
    pub(crate) installs: bool,
}

/// Follows the lists of step `index` through the rest of its stage and the stages built on it,
/// until they are fetched anew.
pub(crate) fn afterlife(build: &Build, facts: &Facts, index: usize, manager: Manager) -> Afterlife {
    let mut found = Afterlife::default();
    let Some(stage) = build.stage_of(index) else {
        return found;
    };
    let mut todo = vec![(stage.index, index + 1)];
    let mut looked = 0;
    while let Some((stage, from)) = todo.pop() {
        looked += 1;
        let Some(stage) = build.stages.get(stage).filter(|_| looked <= MOST) else {
            break;
        };
        let refreshed = (from..stage.instructions.end)
            .any(|later| step(build, facts, later, manager, &mut found));
        if !refreshed {
            let built_on = build.stages[stage.index + 1..]
                .iter()
                .filter(|other| other.base == Base::Stage(stage.index));
            todo.extend(built_on.map(|other| (other.index, other.instructions.start)));
        }
    }
    found.uses.sort();
    found
}

/// Takes in one later step; whether it fetches the lists anew.
fn step(
    build: &Build,
    facts: &Facts,
    index: usize,
    manager: Manager,
    found: &mut Afterlife,
) -> bool {
    let steps = || {
        facts
            .packages_at(index)
            .filter(|step| step.manager == manager)
    };
    found.installs |= steps().any(installs);
    let calls = calls(build, index);
    let fetched = calls
        .iter()
        .filter(|call| adds_repository(call) && manager == Manager::Apt)
        .map(|call| call.number)
        .chain(
            steps()
                .filter(|step| fetches(step))
                .map(|step| step.command),
        )
        .min();
    let before = |command: usize| fetched.is_none_or(|fetched| command < fetched);
    found.uses.extend(
        steps()
            .filter(|step| installs(step) && before(step.command))
            .map(|step| step.range),
    );
    found.hidden |= calls
        .iter()
        .any(|call| before(call.number) && is_script(call));
    fetched.is_some()
}

/// Whether the call needs the lists: not for files alone (`./x.deb`).
fn installs(step: &PackageStep) -> bool {
    match step.verb {
        Verb::Install => !step.packages.is_empty() || step.open,
        Verb::Upgrade => true,
        Verb::Remove | Verb::Refresh | Verb::Clean => false,
    }
}

/// Whether the call fetches the lists: an update, or an installation that asks for them.
fn fetches(step: &PackageStep) -> bool {
    let asks = ["-U", "--update", "--update-cache", "--no-cache"];
    step.verb == Verb::Refresh
        || step.manager == Manager::Apk && asks.iter().any(|option| step.has_option(option))
}

/// Whether the call adds a repository to apt, which fetches all lists at its end (unless told
/// not to, or by releases of Ubuntu before 18.04). The scripts that vendors have piped into a shell
/// do so as well.
pub(crate) fn adds_repository(call: &Call<'_>) -> bool {
    const SCRIPTS: [&str; 3] = [
        "deb.nodesource.com/setup",
        "packagecloud.io/install/",
        "/script.deb.sh",
    ];
    match call.program {
        "add-apt-repository" | "apt-add-repository" => true,
        "curl" | "wget" => call
            .args
            .iter()
            .any(|arg| SCRIPTS.iter().any(|script| arg.text.contains(script))),
        _ => false,
    }
}

/// Whether the program is a script of the image, which may call anything.
fn is_script(call: &Call<'_>) -> bool {
    let name = call.command.and_then(|command| {
        let word = command.words.first()?;
        Some(word.literal().unwrap_or(word.text()))
    });
    let runs_file = matches!(call.program, "sh" | "bash" | "source" | ".")
        && call
            .args
            .first()
            .is_some_and(|arg| !arg.text.starts_with('-'));
    call.program.ends_with(".sh")
        || runs_file
        || name.is_some_and(|name| name.starts_with("./") || name.starts_with('$'))
}

#[cfg(test)]
mod tests {
    use plimsoll_dockerfile::{Build, parse};

    use super::super::facts::Facts;
    use super::super::facts::packages::Manager;
    use super::afterlife;

    #[track_caller]
    fn check(text: &str, uses: usize, hidden: bool, installs: bool) {
        let build = Build::new(parse(text));
        let found = afterlife(&build, &Facts::new(&build), 1, Manager::Apt);
        let seen = (found.uses.len(), found.hidden, found.installs);
        assert_eq!(seen, (uses, hidden, installs), "{text}");
    }

    #[test]
    fn lists_are_followed_until_they_are_fetched_anew() {
        let first = "FROM a\nRUN apt-get update && apt-get install -y a\n";
        check(
            &format!("{first}RUN sudo apt-get install b\n"),
            1,
            false,
            true,
        );
        check(
            &format!("{first}RUN apt-get update && apt-get install b\nRUN apt-get install c\n"),
            0,
            false,
            true,
        );
        check(
            &format!("{first}RUN apt-get install b && apt update\nRUN apt-get install c\n"),
            1,
            false,
            true,
        );
        check(
            &format!("{first}RUN add-apt-repository ppa:x && apt-get install b\n"),
            0,
            false,
            true,
        );
        check(&format!("{first}RUN ./more.sh\nRUN make\n"), 0, true, false);
        check(
            &first.replace("FROM a", "FROM a AS base").to_owned(),
            0,
            false,
            false,
        );
        check(
            &format!(
                "{}FROM b\nRUN apt-get install c\nFROM base\nRUN apt-get install c\n",
                first.replace("FROM a", "FROM a AS base")
            ),
            1,
            false,
            true,
        );
    }
}
