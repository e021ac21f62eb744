//! Programs that only run what follows them.

use crate::facts::words::Word;

/// What a wrapper says of the command behind it.
pub(super) struct Wrapped {
    /// How many words to take off.
    pub(super) skip: usize,
    /// Whether it is an init that passes signals on.
    pub(super) init: bool,
    /// Variables that it sets.
    pub(super) assigned: Vec<(Box<str>, Word)>,
}

/// How the words begin, if with something that only runs the rest.
pub(super) fn wrapped(program: &str, words: &[Word]) -> Option<Wrapped> {
    let plain = |skip: usize| Wrapped {
        skip,
        init: false,
        assigned: Vec::new(),
    };
    let init = |skip: usize| Wrapped {
        init: true,
        ..plain(skip)
    };
    let second = || words.get(1).map_or("", |word| &*word.text);
    Some(match program {
        "tini" | "tini-static" | "docker-init" | "catatonit" | "krallin" => {
            init(options(words, 1, &["-p", "-e"]))
        }
        "dumb-init" | "pid1" | "yelp-init" => init(options(words, 1, &["-r", "--rewrite"])),
        "exec"
        | "time"
        | "nohup"
        | "command"
        | "setsid"
        | "unbuffer"
        | "catchsegv"
        | "ddtrace-run"
        | "opentelemetry-instrument"
        | "newrelic-admin"
        | "nodemon"
        | "eatmydata"
        | "winpty" => {
            let skip = options(words, 1, &[]);
            let skip = match words.get(skip).map(|word| &*word.text) {
                Some("run-program") => skip + 1,
                _ => skip,
            };
            plain(skip)
        }
        "nice" | "ionice" => plain(options(words, 1, &["-n", "-c"])),
        "stdbuf" => plain(options(words, 1, &["-i", "-o", "-e"])),
        "timeout" => plain(options(words, 1, &["-s", "-k", "--signal", "--kill-after"]) + 1),
        "gosu" | "su-exec" => plain(2),
        "setpriv" | "chpst" | "runuser" => plain(options(words, 1, &["-u", "-g"])),
        "sudo" => plain(options(words, 1, &["-u", "-g", "--user", "--group"])),
        "xvfb-run" => plain(options(words, 1, &["-s", "-n", "--server-args"])),
        "env" | "cross-env" => {
            let mut at = options(words, 1, &["-u", "-C"]);
            let mut assigned = Vec::new();
            while let Some((name, value)) = words.get(at).and_then(|word| assignment(&word.text)) {
                assigned.push((name.into(), Word::new(value, words[at].place)));
                at += 1;
            }
            Wrapped {
                skip: at,
                init: false,
                assigned,
            }
        }
        "poetry" | "pipenv" | "pdm" | "rye" | "hatch" | "uv" if second() == "run" => {
            plain(options(
                words,
                2,
                &["--project", "--with", "--env-file", "--directory"],
            ))
        }
        "conda" | "micromamba" | "mamba" if second() == "run" => {
            plain(options(words, 2, &["-n", "--name", "-p", "--prefix"]))
        }
        "bundle" | "bundler" if second() == "exec" => plain(2),
        "npx" | "pnpx" | "bunx" => plain(options(words, 1, &["-p", "--package"])),
        "pnpm" | "yarn" | "npm" if matches!(second(), "exec" | "dlx") => {
            plain(options(words, 2, &[]))
        }
        "wait-for-it.sh" | "wait-for-it" | "wait-for" | "wait-for.sh" | "wait" | "dockerize"
        | "chamber" | "doppler" | "dotenv" | "aws-vault" | "with-contenv" => {
            plain(behind_dashes(words)?)
        }
        _ if is_python(program) => {
            // `python -m uvicorn`; other flags may come before.
            let at = words.iter().position(|word| &*word.text == "-m")?;
            let flags = words[1..at].iter().all(|word| word.text.starts_with('-'));
            if !flags {
                return None;
            }
            plain(at + 1)
        }
        _ => return None,
    })
}

/// Behind `--`.
fn behind_dashes(words: &[Word]) -> Option<usize> {
    words
        .iter()
        .position(|word| &*word.text == "--")
        .map(|at| at + 1)
}

/// Behind the options that begin at `from`.
fn options(words: &[Word], from: usize, with_value: &[&str]) -> usize {
    let mut at = from;
    while let Some(word) = words.get(at) {
        if &*word.text == "--" {
            return at + 1;
        }
        if with_value.contains(&&*word.text) {
            at += 2;
        } else if word.text.starts_with('-') && word.text.len() > 1 {
            at += 1;
        } else {
            break;
        }
    }
    at
}

/// The two sides of `NAME=value`.
pub(super) fn assignment(text: &str) -> Option<(&str, &str)> {
    let (name, value) = text.split_once('=')?;
    let named = !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    named.then_some((name, value))
}

/// Whether the program is a Python interpreter: `python`, `python3`, `python3.12`, `pypy3`.
pub(super) fn is_python(program: &str) -> bool {
    let rest = program
        .strip_prefix("python")
        .or_else(|| program.strip_prefix("pypy"));
    rest.is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_digit() || b == b'.'))
}

/// Whether the program reads a script of the sh family.
pub(super) fn is_shell(program: &str) -> bool {
    matches!(program, "sh" | "bash" | "ash" | "dash" | "zsh" | "ksh")
}
