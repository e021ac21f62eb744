//! Command lines as manifests hold them, as far as they can be run without a shell.

/// One command of a line.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Command {
    /// Variables that are set for it.
    pub(crate) variables: Vec<(String, String)>,
    /// Its words.
    pub(crate) words: Vec<String>,
}

/// The commands of a line that run one after the other (`&&`, `;`). `None` for what needs a
/// shell: pipes, redirections, substitutions, globs, variables, background jobs.
pub(crate) fn commands(line: &str) -> Option<Vec<Command>> {
    let mut commands = vec![Command::default()];
    let mut word: Option<String> = None;
    let mut chars = line.chars().peekable();
    let mut quote: Option<char> = None;
    while let Some(c) = chars.next() {
        match (quote, c) {
            (Some(q), c) if c == q => quote = None,
            (Some('"'), '$' | '`') => return None,
            (Some('"'), '\\') => word.get_or_insert_default().extend(chars.next()),
            (Some(_), c) => word.get_or_insert_default().push(c),
            (None, '"' | '\'') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, '\\') => word.get_or_insert_default().extend(chars.next()),
            (None, '$' | '`' | '|' | '>' | '<' | '(' | ')' | '*' | '?' | '{' | '}') => return None,
            (None, '&') => {
                if chars.next() != Some('&') {
                    return None;
                }
                end(&mut commands, &mut word);
                commands.push(Command::default());
            }
            (None, ';' | '\n') => {
                end(&mut commands, &mut word);
                commands.push(Command::default());
            }
            (None, c) if c.is_whitespace() => end(&mut commands, &mut word),
            (None, c) => word.get_or_insert_default().push(c),
        }
    }
    if quote.is_some() {
        return None;
    }
    end(&mut commands, &mut word);
    commands.retain(|command| !command.words.is_empty() || !command.variables.is_empty());
    (!commands.is_empty()).then_some(commands)
}

fn end(commands: &mut [Command], word: &mut Option<String>) {
    let (Some(word), Some(command)) = (word.take(), commands.last_mut()) else {
        return;
    };
    if command.words.is_empty() {
        if let Some((name, value)) = word.split_once('=') {
            let is_name = !name.is_empty()
                && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
                && !name.starts_with(|c: char| c.is_ascii_digit());
            if is_name {
                command.variables.push((name.to_owned(), value.to_owned()));
                return;
            }
        }
        // `exec` is what a container does anyhow, `cross-env` what the lines above do.
        if matches!(word.as_str(), "exec" | "cross-env" | "env" | "npx") {
            return;
        }
    }
    command.words.push(word);
}

impl Command {
    /// The command in exec form: variables are set by `env`, but for those that a container for
    /// production sets anyhow.
    pub(crate) fn exec(&self) -> Vec<String> {
        let kept: Vec<String> = self
            .variables
            .iter()
            .filter(|(name, _)| {
                !matches!(
                    name.as_str(),
                    "NODE_ENV" | "RACK_ENV" | "RAILS_ENV" | "MIX_ENV" | "APP_ENV"
                )
            })
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let mut words = Vec::new();
        if !kept.is_empty() {
            words.push("env".to_owned());
            words.extend(kept);
        }
        words.extend(self.words.iter().cloned());
        words
    }
}

/// A line in exec form: its words, or a shell that is given the line.
pub(crate) fn exec(line: &str) -> Vec<String> {
    match commands(line).as_deref() {
        Some([one]) if !one.words.is_empty() => one.exec(),
        _ => {
            let line = line.trim();
            // The shell is replaced by the last command, so that signals reach it.
            let simple = !line.contains(['&', '|', ';', '\n']) && !line.starts_with("exec ");
            let assigns = line
                .split_whitespace()
                .next()
                .is_some_and(|word| word.contains('='));
            let line = if simple && !assigns {
                format!("exec {line}")
            } else {
                line.to_owned()
            };
            vec!["sh".to_owned(), "-c".to_owned(), line]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_become_commands() {
        let words = |line: &str| exec(line);
        assert_eq!(words("node 'a b.js' --x=1"), ["node", "a b.js", "--x=1"]);
        assert_eq!(words("NODE_ENV=production node a.js"), ["node", "a.js"]);
        assert_eq!(
            words("cross-env A=b node a.js"),
            ["env", "A=b", "node", "a.js"]
        );
        assert_eq!(
            words("gunicorn -b :$PORT app"),
            ["sh", "-c", "exec gunicorn -b :$PORT app"]
        );
        assert_eq!(words("a | b"), ["sh", "-c", "a | b"]);
        let two = commands("prisma migrate deploy && node x").expect("commands");
        assert_eq!(two.len(), 2);
        assert_eq!(two[1].words, ["node", "x"]);
        assert_eq!(commands("a &"), None);
        assert_eq!(commands("a 'b"), None);
    }
}
