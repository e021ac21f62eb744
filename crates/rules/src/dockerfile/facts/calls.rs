//! The programs that a build step calls, with what only wraps them (`sudo`, `env`, `python -m`)
//! taken off.

use plimsoll_dockerfile::shell::{Joint, Script, ShellCommand, ShellWord};
use plimsoll_dockerfile::{Body, Build, Command};
use plimsoll_source::TextRange;

/// A word after the program's name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Arg<'a> {
    /// Its value where it has no expansion, else as written.
    pub text: &'a str,
    /// Whether it has no expansion.
    pub literal: bool,
    /// Where.
    pub range: TextRange,
}

/// One call of a program.
#[derive(Clone, Debug)]
pub struct Call<'a> {
    /// The program without its folder: `npm`, `pip3`, `mvnw`.
    pub program: &'a str,
    /// What follows it.
    pub args: Vec<Arg<'a>>,
    /// From the program's name to the last word.
    pub range: TextRange,
    /// The command in its script, where it is one of a script.
    pub command: Option<&'a ShellCommand>,
    /// Its number in the script; 0 in exec form.
    pub number: usize,
}

impl<'a> Call<'a> {
    /// Whether a literal argument equals `text`.
    pub fn has(&self, text: &str) -> bool {
        self.args.iter().any(|arg| arg.literal && arg.text == text)
    }

    /// The value of an option: `--name value` or `--name=value`.
    pub fn value(&self, name: &str) -> Option<&'a str> {
        self.args.iter().enumerate().find_map(|(at, arg)| {
            if arg.text == name {
                return self.args.get(at + 1).map(|next| next.text);
            }
            arg.text.strip_prefix(name)?.strip_prefix('=')
        })
    }

    /// Whether an option is there, with or without `=value`.
    pub fn has_option(&self, name: &str) -> bool {
        self.args.iter().any(|arg| {
            arg.text
                .strip_prefix(name)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('='))
        })
    }

    /// Whether it runs only under a condition: after `||`, in a branch or a loop.
    pub fn is_conditional(&self) -> bool {
        self.command
            .is_some_and(|command| command.conditional || command.joint == Joint::Or)
    }
}

/// The calls of instruction `index`, if it is a RUN.
pub fn calls(build: &Build, index: usize) -> Vec<Call<'_>> {
    match (&build.file.instructions[index].body, &build.scripts[index]) {
        (Body::Run(_), Some(script)) => of_script(script),
        (Body::Run(Command::Exec(words)), None) => {
            let args: Vec<Arg<'_>> = words
                .iter()
                .map(|word| Arg {
                    text: &word.value,
                    literal: true,
                    range: word.range,
                })
                .collect();
            unwrapped(args, None, 0).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

/// The calls of a script.
pub fn of_script(script: &Script) -> Vec<Call<'_>> {
    script
        .commands
        .iter()
        .enumerate()
        .filter_map(|(number, command)| {
            let args = command.words.iter().map(arg).collect();
            unwrapped(args, Some(command), number)
        })
        .collect()
}

fn arg(word: &ShellWord) -> Arg<'_> {
    Arg {
        text: word.literal().unwrap_or(word.text()),
        literal: word.literal().is_some(),
        range: word.range,
    }
}

fn unwrapped<'a>(
    mut args: Vec<Arg<'a>>,
    command: Option<&'a ShellCommand>,
    number: usize,
) -> Option<Call<'a>> {
    // Each round takes at least one word off.
    loop {
        let first = *args.first()?;
        let program = base_name(first.text);
        let inner = wrapped(program, &args);
        match inner {
            Some(skip) if skip < args.len() => drop(args.drain(..skip)),
            _ => {
                let last = args.last()?.range;
                args.remove(0);
                let range = first.range.join(last);
                return Some(Call {
                    program,
                    args,
                    range,
                    command,
                    number,
                });
            }
        }
    }
}

fn base_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The number of words to take off, if the program only runs what follows.
fn wrapped(program: &str, args: &[Arg<'_>]) -> Option<usize> {
    let after = |from: usize, with_value: &[&str]| {
        let mut at = from;
        while let Some(arg) = args.get(at) {
            if with_value.contains(&arg.text) {
                at += 2;
            } else if arg.text.starts_with('-') || is_assignment(arg.text) {
                at += 1;
            } else {
                break;
            }
        }
        Some(at)
    };
    match program {
        "sudo" => after(1, &["-u", "-g", "--user", "--group"]),
        "env" => after(1, &["-u", "-C", "--unset", "--chdir"]),
        "nice" | "ionice" => after(1, &["-n", "-c"]),
        "xvfb-run" => after(1, &["-s", "-n", "--server-args"]),
        "exec" | "time" | "command" | "nohup" | "corepack" | "cross-env" | "eatmydata"
        | "unbuffer" | "dumb-init" | "catchsegv" => after(1, &[]),
        "npx" | "pnpx" | "bunx" => {
            // Only where another package manager is run through it.
            let at = after(1, &["-p", "--package"])?;
            let inner = args.get(at)?.text;
            let name = inner.split('@').next().unwrap_or("");
            matches!(name, "npm" | "pnpm" | "yarn").then_some(at)
        }
        "timeout" => after(1, &["-s", "-k", "--signal", "--kill-after"]).map(|at| at + 1),
        "gosu" | "su-exec" => Some(2),
        "poetry" | "pipenv" | "pdm" | "rye" | "hatch" | "conda" | "micromamba" | "mamba"
            if args.get(1).is_some_and(|arg| arg.text == "run") =>
        {
            let at = after(2, &["-n", "--name", "-p", "--prefix"])?;
            let inner = args.get(at)?.text;
            (inner.starts_with("pip") || inner.starts_with("python")).then_some(at)
        }
        _ if is_python(program) => {
            // `python -m pip install`; other flags may precede `-m`.
            let at = args.iter().position(|arg| arg.text == "-m")?;
            let flags = args[1..at].iter().all(|arg| arg.text.starts_with('-'));
            flags.then_some(at + 1)
        }
        "php" => {
            let at = after(1, &["-d", "-c"])?;
            base_name(args.get(at)?.text)
                .starts_with("composer")
                .then_some(at)
        }
        // `retry.sh --attempts 7 -- go mod download`: a script that is told where its command begins.
        _ if program.ends_with(".sh") || program == "retry" => {
            let at = args.iter().position(|arg| arg.text == "--")?;
            Some(at + 1)
        }
        _ => None,
    }
}

/// Whether the program is a Python interpreter: `python`, `python3`, `python3.12`, `pypy3`.
pub fn is_python(program: &str) -> bool {
    let rest = program
        .strip_prefix("python")
        .or_else(|| program.strip_prefix("pypy"));
    rest.is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_digit() || b == b'.'))
}

fn is_assignment(text: &str) -> bool {
    let Some((name, _)) = text.split_once('=') else {
        return false;
    };
    !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

#[cfg(test)]
mod tests {
    use plimsoll_dockerfile::{Build, parse};

    use super::calls;

    #[track_caller]
    fn check(run: &str, expected: &[&str]) {
        let build = Build::new(parse(format!("FROM a\nRUN {run}\n")));
        let found: Vec<String> = calls(&build, 1)
            .iter()
            .map(|call| {
                let args: Vec<&str> = call.args.iter().map(|arg| arg.text).collect();
                format!("{} {}", call.program, args.join(" "))
                    .trim_end()
                    .to_owned()
            })
            .collect();
        assert_eq!(found, expected, "{run}");
    }

    #[test]
    fn wrappers_are_taken_off() {
        check("sudo -E -u app env A=1 npm ci", &["npm ci"]);
        check(
            "python3.12 -m pip install x && ./mvnw package",
            &["pip install x", "mvnw package"],
        );
        check(
            "corepack pnpm install; npx pnpm@9 fetch",
            &["pnpm install", "pnpm@9 fetch"],
        );
        check("npx tsc -b", &["npx tsc -b"]);
        check(
            "php -d memory_limit=-1 /usr/bin/composer install",
            &["composer install"],
        );
        check("timeout 10 nice -n 5 make", &["make"]);
        check("[\"npm\", \"ci\"]", &["npm ci"]);
        check("poetry run pip install x", &["pip install x"]);
        check("poetry run pytest", &["poetry run pytest"]);
        check(
            "/bin/retry.sh --attempts 7 -- go mod download; ./a.sh x",
            &["go mod download", "a.sh x"],
        );
    }
}
