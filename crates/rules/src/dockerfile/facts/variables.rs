//! Which variables an instruction uses, and which it sets.

use plimsoll_dockerfile::shell::{Script, ShellWord};
use plimsoll_dockerfile::words::{self, Variable};
use plimsoll_dockerfile::{Body, Build, Instruction, Word};
use plimsoll_source::TextRange;

/// One use of a variable.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Use {
    /// Its name.
    pub name: Box<str>,
    /// From `$` to the end of the reference.
    pub range: TextRange,
    /// In a shell script, which expands it when the step runs; else the builder does.
    pub shell: bool,
    /// The ENV or ARG key whose value it stands in.
    pub inside: Option<Box<str>>,
}

/// The names that an ENV or ARG sets.
pub fn names_set(instruction: &Instruction) -> impl Iterator<Item = &str> {
    let (pairs, declared) = match &instruction.body {
        Body::Env(pairs) => (&**pairs, &[][..]),
        Body::Arg(declared) => (&[][..], &**declared),
        _ => (&[][..], &[][..]),
    };
    pairs
        .iter()
        .map(|pair| &*pair.key.value)
        .chain(declared.iter().map(|arg| &*arg.name.value))
        // `ARG "name=value"` is read with the quote as part of the name; it is meant as if without.
        .map(|name| name.trim_matches(['"', '\'']))
}

/// The variables that instruction `index` uses without saying what should be there if they have
/// no value. Those of a script that the script itself sets, or may set by reading another file,
/// are left out; so is all that runs only in the container (CMD, ENTRYPOINT, HEALTHCHECK).
pub fn uses(build: &Build, index: usize) -> Vec<Use> {
    let instruction = &build.file.instructions[index];
    let text = &*build.file.text;
    if !instruction.range.of(text).contains('$') {
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut take = |word: &Word, inside: Option<&str>| {
        let new = words::variables(word, text, build.file.escape);
        found.extend(new.into_iter().filter(is_bare).map(|variable| Use {
            name: variable.name,
            range: variable.range,
            shell: false,
            inside: inside.map(Box::from),
        }));
    };
    match &instruction.body {
        Body::Env(pairs) => {
            for pair in pairs {
                take(&pair.value, Some(&pair.key.value));
            }
        }
        // The old form `LABEL key value` is not expanded.
        Body::Label(pairs) => {
            pairs
                .iter()
                .filter(|pair| !pair.legacy)
                .for_each(|pair| take(&pair.value, None));
        }
        Body::Arg(declared) => {
            for arg in declared {
                if let Some(default) = &arg.default {
                    take(default, Some(&arg.name.value));
                }
            }
        }
        Body::Copy(transfer) | Body::Add(transfer) => {
            for name in ["chown", "chmod", "checksum"] {
                instruction
                    .flags_named(name)
                    .filter_map(|flag| flag.value.as_ref())
                    .for_each(|value| take(value, None));
            }
            transfer.sources.iter().for_each(|word| take(word, None));
            take(&transfer.dest, None);
        }
        Body::User(word) | Body::Workdir(word) | Body::StopSignal(word) => take(word, None),
        Body::Expose(words) | Body::Volume(words) => words.iter().for_each(|word| take(word, None)),
        Body::Run(_) => {
            if let Some(script) = &build.scripts[index] {
                shell_uses(text, instruction, script, &mut found);
            }
        }
        _ => {}
    }
    found
}

/// Whether the reference stands alone: with `:-` and its kin the author has thought of the case
/// that there is no value.
fn is_bare(variable: &Variable) -> bool {
    variable
        .operator
        .is_none_or(|operator| operator.starts_with(['#', '%', '/']))
}

fn shell_uses(text: &str, instruction: &Instruction, script: &Script, found: &mut Vec<Use>) {
    // What other files set cannot be known.
    let reads_files = script.commands.iter().any(|command| {
        matches!(
            command.name(),
            Some("." | "source" | "eval" | "read" | "mapfile" | "getopts")
        )
    });
    if reads_files {
        return;
    }
    let own = instruction.range.of(text);
    let mut take = |word: &ShellWord| {
        if word.literal().is_some() || !word.text().contains('$') {
            return;
        }
        for (range, name) in references(text, word.range) {
            if !assigns(own, name) {
                found.push(Use {
                    name: name.into(),
                    range,
                    shell: true,
                    inside: None,
                });
            }
        }
    };
    for command in &script.commands {
        command.assignments.iter().for_each(|(_, word)| take(word));
        command.words.iter().for_each(&mut take);
        command
            .redirects
            .iter()
            .for_each(|redirect| take(&redirect.target));
    }
    script.words.iter().for_each(&mut take);
    // The words of a command substitution are those of a command of their own as well.
    found.sort_by_key(|one| one.range);
    found.dedup_by_key(|one| one.range);
}

/// `$NAME` and `${NAME}` within a range, outside single quotes.
fn references(text: &str, range: TextRange) -> Vec<(TextRange, &str)> {
    let bytes = text.as_bytes();
    let (mut at, end) = (range.start as usize, range.end as usize);
    let mut found = Vec::new();
    let (mut single, mut double) = (false, false);
    while at < end {
        match bytes[at] {
            b'\\' if !single => at += 1,
            b'\'' if !double => single = !single,
            b'"' if !single => double = !double,
            b'$' if !single => {
                let braced = bytes.get(at + 1) == Some(&b'{');
                let start = at + 1 + usize::from(braced);
                let rest = text.get(start..end).unwrap_or("");
                let name = &rest[..name_len(rest)];
                let after = rest.as_bytes().get(name.len());
                if !name.is_empty() && (!braced || after == Some(&b'}')) {
                    let stop = start + name.len() + usize::from(braced);
                    found.push((TextRange::at(at, stop), name));
                }
            }
            _ => {}
        }
        at += 1;
    }
    found
}

fn name_len(text: &str) -> usize {
    let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    if text.bytes().next().is_none_or(|b| b.is_ascii_digit()) {
        return 0;
    }
    text.bytes().position(|b| !word(b)).unwrap_or(text.len())
}

/// Whether the text holds `NAME=`, `NAME+=` or `for NAME`: the script gives it a value.
fn assigns(text: &str, name: &str) -> bool {
    let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    text.match_indices(name).any(|(at, _)| {
        let before = &text[..at];
        let after = &text[at + name.len()..];
        !before
            .bytes()
            .next_back()
            .is_some_and(|b| word(b) || b == b'$' || b == b'{')
            && (after.starts_with('=')
                || after.starts_with("+=")
                || (before.trim_end().ends_with("for") && after.starts_with([' ', ';', '\n'])))
    })
}

#[cfg(test)]
mod tests {
    use plimsoll_dockerfile::{Build, parse};

    use super::uses;

    #[track_caller]
    fn check(line: &str, expected: &[&str]) {
        let build = Build::new(parse(format!("FROM a\n{line}\n")));
        let text = build.file.text.clone();
        let found: Vec<&str> = uses(&build, 1)
            .iter()
            .map(|one| one.range.of(&text))
            .collect();
        assert_eq!(found, expected, "{line}");
    }

    #[test]
    fn the_builders_variables() {
        check("ENV a=$b c=\"${d}/x\" e='$f' g=\\$h", &["$b", "${d}"]);
        check("ENV a=${b:-c} d=${e:+f} g=${h%%x}", &["${h%%x}"]);
        check(
            "COPY --chown=$u a-$v.txt $w/",
            &["$u", "a-$v.txt".get(2..4).unwrap(), "$w"],
        );
        check("WORKDIR $HOME/x", &["$HOME"]);
        check("CMD echo $x", &[]);
    }

    #[test]
    fn the_shells_variables() {
        check(
            "RUN curl x-$v.tar \"y-${w}\" 'z-$q' > $o",
            &["$v", "${w}", "$o"],
        );
        check("RUN v=1 && echo $v", &[]);
        check("RUN for v in a b; do echo $v; done", &[]);
        check("RUN for v in $a \"$b\"; do echo $v; done", &["$a", "$b"]);
        check("RUN case $a in x) echo $b;; esac", &["$a", "$b"]);
        check("RUN . /etc/os-release && echo $v", &[]);
        check("RUN echo \\$v ${v:-x} $1 $? $(echo $w)", &["$w"]);
    }
}
