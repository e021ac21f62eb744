//! System package managers as they are called in RUN.

use plimsoll_dockerfile::shell::{ShellCommand, ShellWord};

/// A family of package managers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Manager {
    /// apt-get, apt, aptitude.
    Apt,
    /// apk.
    Apk,
    /// dnf, yum, microdnf.
    Dnf,
    /// zypper.
    Zypper,
    /// pip, pip3, `python -m pip`.
    Pip,
}

/// What the call does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Action {
    /// Reads the package lists.
    Update,
    /// Installs, upgrades or builds: uses the lists.
    Install,
    /// Empties the cache.
    Clean,
}

/// One call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Call<'a> {
    /// The family.
    pub(crate) manager: Manager,
    /// What it does.
    pub(crate) action: Action,
    /// The program as called, without its folder and what only wraps it: `apt`, `apt-get`.
    pub(crate) program: &'a str,
    /// The command.
    pub(crate) command: &'a ShellCommand,
    /// The word that says what it does (`install`, `add`).
    pub(crate) verb: &'a ShellWord,
}

impl Call<'_> {
    /// From the command's name to its verb: `apt-get -y install`.
    pub(crate) fn head(&self) -> plimsoll_source::TextRange {
        self.command.words[0].range.join(self.verb.range)
    }
}

/// The call that a command makes, looking through `sudo` and `env`.
pub(crate) fn call(command: &ShellCommand) -> Option<Call<'_>> {
    let words = &command.words;
    let mut at = 0;
    while let Some(word) = words.get(at).and_then(|word| word.literal()) {
        let wraps = matches!(word, "sudo" | "env" | "exec" | "nice" | "eatmydata")
            || (at > 0 && (word.starts_with('-') || word.contains('=')));
        if !wraps {
            break;
        }
        at += 1;
    }
    let name = words.get(at)?.literal()?;
    let name = name.rsplit('/').next().unwrap_or(name);
    let manager = match name {
        "apt-get" | "apt" | "aptitude" => Manager::Apt,
        "apk" => Manager::Apk,
        "dnf" | "yum" | "microdnf" | "tdnf" => Manager::Dnf,
        "zypper" => Manager::Zypper,
        name if is_pip(name) => Manager::Pip,
        name if name.starts_with("python") => {
            let module = words.get(at + 1..at + 3)?;
            let is_module = module[0].literal() == Some("-m");
            if !is_module || module[1].literal() != Some("pip") {
                return None;
            }
            at += 2;
            Manager::Pip
        }
        _ => return None,
    };
    let verb = verb(manager, &words[at + 1..])?;
    let action = action(manager, verb.literal()?)?;
    Some(Call {
        manager,
        action,
        program: name,
        command,
        verb,
    })
}

fn is_pip(name: &str) -> bool {
    name.strip_prefix("pip").is_some_and(|rest| {
        rest.is_empty()
            || rest
                .bytes()
                .all(|byte| byte.is_ascii_digit() || byte == b'.')
    })
}

/// The first argument that is no option; options that take the next word are known.
fn verb(manager: Manager, words: &[ShellWord]) -> Option<&ShellWord> {
    let takes_value: &[&str] = match manager {
        Manager::Apt => &[
            "-o",
            "--option",
            "-c",
            "-t",
            "--target-release",
            "--default-release",
        ],
        Manager::Apk => &["-X", "--repository", "-p", "--root", "--arch", "--keys-dir"],
        Manager::Dnf => &[
            "-c",
            "--config",
            "-x",
            "--exclude",
            "--releasever",
            "--installroot",
        ],
        Manager::Zypper => &["-c", "--config", "-R", "--root", "--reposd-dir"],
        Manager::Pip => &[
            "--proxy",
            "--timeout",
            "--cert",
            "--cache-dir",
            "--log",
            "--retries",
        ],
    };
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let text = word.text();
        if !text.starts_with('-') {
            return Some(word);
        }
        if takes_value.contains(&text) {
            words.next();
        }
    }
    None
}

fn action(manager: Manager, verb: &str) -> Option<Action> {
    let update: &[&str] = &["update", "check-update", "makecache", "refresh", "ref"];
    let install: &[&str] = &[
        "install",
        "add",
        "in",
        "upgrade",
        "dist-upgrade",
        "full-upgrade",
        "build-dep",
        "source",
        "groupinstall",
        "localinstall",
        "reinstall",
        "swap",
        "download",
        "satisfy",
        "dup",
        "patch",
        "fix",
        "distro-sync",
        "group",
        "module",
        "wheel",
        "search",
        "policy",
        "show",
        "list",
        "dselect-upgrade",
    ];
    match verb {
        // `yum update` and `dnf update` upgrade; `zypper update` too.
        "update" | "up" if matches!(manager, Manager::Dnf | Manager::Zypper) => {
            Some(Action::Install)
        }
        "clean" | "autoclean" | "distclean" if manager != Manager::Pip => Some(Action::Clean),
        "cache" if manager == Manager::Pip => Some(Action::Clean),
        verb if update.contains(&verb) && manager != Manager::Pip => Some(Action::Update),
        verb if install.contains(&verb) => Some(Action::Install),
        _ => None,
    }
}
