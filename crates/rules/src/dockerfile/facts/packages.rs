//! System packages that build steps install, remove and refresh.

use std::collections::BTreeMap;

use plimsoll_source::TextRange;

use super::calls::{Arg, Call};
use super::ending;

/// A package manager of a distribution.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
#[expect(missing_docs, reason = "the managers' own names")]
pub enum Manager {
    Apt,
    Apk,
    /// dnf, yum, microdnf, tdnf.
    Dnf,
    Zypper,
    Pacman,
}

/// What is done.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Verb {
    /// Installs the packages named.
    Install,
    /// Removes the packages named.
    Remove,
    /// Fetches the package lists.
    Refresh,
    /// Brings what is installed up to date.
    Upgrade,
    /// Deletes what was downloaded.
    Clean,
}

/// A package named on a command line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Package {
    /// Its name, without version, architecture and release.
    pub name: Box<str>,
    /// The version asked for.
    pub version: Option<Box<str>>,
    /// Where it is named; the variable, if it comes from one.
    pub range: TextRange,
}

/// One call of a package manager.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PackageStep {
    /// The instruction.
    pub instruction: usize,
    /// The command's number in the script.
    pub command: usize,
    /// Which manager.
    pub manager: Manager,
    /// The program as called: `apt-get`, `apt`, `yum`.
    pub program: Box<str>,
    /// What is done.
    pub verb: Verb,
    /// The whole call.
    pub range: TextRange,
    /// The word that says what is done (`install`, `add`, `-S`).
    pub verb_range: TextRange,
    /// The packages, in order; files (`./x.deb`) and URLs are left out.
    pub packages: Vec<Package>,
    /// The options, in order.
    pub options: Vec<Box<str>>,
    /// The name that `apk add --virtual` gives the packages.
    pub group: Option<Box<str>>,
    /// Some words depend on variables whose value is not known.
    pub open: bool,
    /// Runs only under a condition.
    pub conditional: bool,
}

impl PackageStep {
    /// Whether an option is there: the whole word, or a letter of a cluster such as `-yq`.
    pub fn has_option(&self, name: &str) -> bool {
        self.options.iter().any(|option| {
            &**option == name
                || (name.len() == 2
                    && option.starts_with('-')
                    && !option.starts_with("--")
                    && option.contains(&name[1..]))
        })
    }
}

/// Values of plain variables of one script: `deps='gcc make'`.
pub(super) type Locals<'a> = BTreeMap<&'a str, &'a str>;

/// Reads one call, if it is one of a package manager.
pub(super) fn step(
    instruction: usize,
    call: &Call<'_>,
    locals: &Locals<'_>,
) -> Option<PackageStep> {
    let manager = match call.program {
        "apt-get" | "apt" | "aptitude" => Manager::Apt,
        "apk" => Manager::Apk,
        "dnf" | "dnf5" | "yum" | "microdnf" | "tdnf" => Manager::Dnf,
        "zypper" => Manager::Zypper,
        "pacman" => Manager::Pacman,
        _ => return None,
    };
    let mut step = PackageStep {
        instruction,
        command: call.number,
        manager,
        program: call.program.into(),
        verb: Verb::Install,
        range: call.range,
        verb_range: call.range,
        packages: Vec::new(),
        options: Vec::new(),
        group: None,
        open: false,
        conditional: call.is_conditional(),
    };
    let mut verb = None;
    let mut args = call.args.iter();
    while let Some(arg) = args.next() {
        if arg.literal && arg.text.starts_with('-') {
            if manager == Manager::Pacman
                && verb.is_none()
                && let Some(found) = pacman_verb(arg.text)
            {
                verb = Some(found);
                step.verb_range = arg.range;
            }
            step.options.push(arg.text.into());
            if manager == Manager::Apk
                && let Some(name) = arg.text.strip_prefix("--virtual=")
            {
                step.group = Some(name.into());
            }
            if takes_value(manager, arg.text) {
                let value = args.next();
                if manager == Manager::Apk && matches!(arg.text, "-t" | "--virtual") {
                    step.group = value.map(|value| value.text.into());
                }
            }
        } else if verb.is_none() {
            verb = Some(word_verb(manager, arg.text)?);
            step.verb_range = arg.range;
        } else {
            take(&mut step, arg, locals);
        }
    }
    step.verb = verb?;
    Some(step)
}

fn take(step: &mut PackageStep, arg: &Arg<'_>, locals: &Locals<'_>) {
    if arg.literal {
        push(step, arg.text, arg.range);
        return;
    }
    let name = arg
        .text
        .trim_matches('"')
        .trim_start_matches('$')
        .trim_matches(['{', '}']);
    if let Some(value) = locals.get(name) {
        value
            .split_whitespace()
            .for_each(|word| push(step, word, arg.range));
        return;
    }
    step.open = true;
    // `gcc=${GCC_VERSION}`: the name is known where only the version varies.
    if let Some((known, _)) = arg.text.split_once('=')
        && !known.contains('$')
    {
        push(step, arg.text, arg.range);
    }
}

fn push(step: &mut PackageStep, word: &str, range: TextRange) {
    if word.is_empty() || word.starts_with('-') || word.contains("://") {
        return;
    }
    let is_file = word.starts_with('/')
        || word.starts_with("./")
        || word.starts_with("../")
        || matches!(ending(word), "deb" | "rpm" | "apk");
    if is_file {
        return;
    }
    let end = word
        .find(['=', '~', '<', '>', '@', ':'])
        .unwrap_or(word.len());
    let (name, rest) = word.split_at(end);
    // `name/bookworm-backports` of apt; a slash in an rpm name is a file that a package provides.
    let name = if step.manager == Manager::Apt {
        name.split('/').next().unwrap_or("")
    } else {
        name
    };
    if name.is_empty() {
        return;
    }
    let version = rest
        .rsplit_once(['=', '~'])
        .map(|(_, version)| version)
        .filter(|v| !v.is_empty());
    step.packages.push(Package {
        name: name.into(),
        version: version.map(Box::from),
        range,
    });
}

fn word_verb(manager: Manager, word: &str) -> Option<Verb> {
    Some(match (manager, word) {
        (Manager::Apt | Manager::Dnf | Manager::Zypper, "install")
        | (Manager::Apt, "build-dep" | "reinstall")
        | (Manager::Apk, "add")
        | (Manager::Dnf, "groupinstall" | "localinstall" | "reinstall")
        | (Manager::Zypper, "in") => Verb::Install,
        (Manager::Apt, "remove" | "purge" | "autoremove" | "autopurge")
        | (Manager::Apk, "del")
        | (Manager::Dnf, "remove" | "erase" | "autoremove" | "groupremove")
        | (Manager::Zypper, "remove" | "rm") => Verb::Remove,
        (Manager::Apt | Manager::Apk, "update")
        | (Manager::Dnf, "makecache" | "check-update")
        | (Manager::Zypper, "refresh" | "ref") => Verb::Refresh,
        (Manager::Apt, "upgrade" | "dist-upgrade" | "full-upgrade")
        | (Manager::Apk, "upgrade")
        | (Manager::Dnf, "update" | "upgrade" | "distro-sync")
        | (Manager::Zypper, "update" | "up" | "dist-upgrade" | "dup") => Verb::Upgrade,
        (Manager::Apt, "clean" | "autoclean")
        | (Manager::Dnf | Manager::Zypper, "clean")
        | (Manager::Zypper, "cc")
        | (Manager::Apk, "cache") => Verb::Clean,
        _ => return None,
    })
}

fn pacman_verb(option: &str) -> Option<Verb> {
    let letters = option
        .strip_prefix('-')
        .filter(|rest| !rest.starts_with('-'));
    match letters {
        Some(letters) if letters.starts_with('S') => Some(if letters.contains('c') {
            Verb::Clean
        } else {
            Verb::Install
        }),
        Some(letters) if letters.starts_with('R') => Some(Verb::Remove),
        Some(_) => None,
        None => match option {
            "--sync" => Some(Verb::Install),
            "--remove" => Some(Verb::Remove),
            _ => None,
        },
    }
}

/// Whether the next word belongs to the option.
fn takes_value(manager: Manager, option: &str) -> bool {
    match manager {
        Manager::Apt => {
            matches!(
                option,
                "-t" | "-o" | "-c" | "-a" | "--target-release" | "--option"
            )
        }
        Manager::Apk => matches!(
            option,
            "-t" | "--virtual"
                | "-X"
                | "--repository"
                | "-p"
                | "--root"
                | "--arch"
                | "--keys-dir"
                | "--cache-dir"
                | "--repositories-file"
                | "--wait"
        ),
        Manager::Dnf => matches!(
            option,
            "-c" | "-x"
                | "--exclude"
                | "--installroot"
                | "--releasever"
                | "--enablerepo"
                | "--disablerepo"
                | "--repo"
                | "--repoid"
                | "--setopt"
                | "--forcearch"
        ),
        Manager::Zypper => {
            matches!(
                option,
                "-t" | "--type" | "-r" | "--repo" | "--from" | "-R" | "--root"
            )
        }
        Manager::Pacman => matches!(option, "--root" | "--dbpath" | "--cachedir" | "--ignore"),
    }
}

#[cfg(test)]
mod tests {
    use plimsoll_dockerfile::{Build, parse};

    use super::super::Facts;
    use super::{Manager, Verb};

    #[track_caller]
    fn check(run: &str, expected: &[(Manager, Verb, &str)]) {
        let build = Build::new(parse(format!("FROM a\nRUN {run}\n")));
        let facts = Facts::new(&build);
        let found: Vec<(Manager, Verb, String)> = facts
            .packages
            .iter()
            .map(|step| {
                let names: Vec<&str> = step.packages.iter().map(|one| &*one.name).collect();
                (step.manager, step.verb, names.join(" "))
            })
            .collect();
        let expected: Vec<_> = expected
            .iter()
            .map(|&(m, v, names)| (m, v, names.to_owned()))
            .collect();
        assert_eq!(found, expected, "{run}");
    }

    #[test]
    fn calls_are_read() {
        use Manager::{Apk, Apt, Dnf, Pacman, Zypper};
        use Verb::{Install, Refresh, Remove};
        check(
            "apt-get update && apt-get -yq install -t sid gcc=4:1 libpq-dev:arm64 ./x.deb a/sid",
            &[(Apt, Refresh, ""), (Apt, Install, "gcc libpq-dev a")],
        );
        check(
            "apk add --no-cache --virtual .b gcc~=13 'make>4' && apk del .b",
            &[(Apk, Install, "gcc make"), (Apk, Remove, ".b")],
        );
        check(
            "yum -y install epel-release https://x/y.rpm",
            &[(Dnf, Install, "epel-release")],
        );
        check(
            "zypper -n in -t pattern devel",
            &[(Zypper, Install, "devel")],
        );
        check(
            "pacman -Syu --noconfirm base-devel",
            &[(Pacman, Install, "base-devel")],
        );
        check(
            "deps='gcc make'; apt-get install -y $deps $more && apt-get purge -y --auto-remove $deps",
            &[(Apt, Install, "gcc make"), (Apt, Remove, "gcc make")],
        );
        check("apt-cache search x; apk --version", &[]);
    }
}
