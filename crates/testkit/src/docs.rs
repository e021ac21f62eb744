//! Examples in the docs of rules: fenced blocks whose info string has `bad`, `good` or `fixed`.

use crate::fixture::Fixture;

/// What an example must show.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// Gives exactly one finding of the rule.
    Bad,
    /// Gives none.
    Good,
    /// Equals the `bad` example before it with the finding's fix applied.
    Fixed,
}

/// One example.
#[derive(Clone, Debug)]
pub struct Example {
    /// What it must show.
    pub role: Role,
    /// Its files.
    pub fixture: Fixture,
    /// The line of the fence in the document, from 1.
    pub line: usize,
}

/// The path that a fenced block's language stands for.
pub fn default_path(language: &str) -> &'static str {
    match language {
        "dockerfile" => "Dockerfile",
        "dockerignore" => ".dockerignore",
        "compose" => "compose.yaml",
        _ => "manifest.yaml",
    }
}

/// The examples of a Markdown text.
pub fn examples(markdown: &str) -> Vec<Example> {
    let mut found = Vec::new();
    let mut open: Option<(Option<Role>, &str, usize, String)> = None;
    for (number, line) in markdown.lines().enumerate() {
        let Some(info) = line.trim_start().strip_prefix("```") else {
            if let Some((_, _, _, text)) = &mut open {
                text.push_str(line);
                text.push('\n');
            }
            continue;
        };
        if let Some((role, language, line, text)) = open.take() {
            if let Some(role) = role {
                let fixture = Fixture::parse(default_path(language), &text);
                found.push(Example {
                    role,
                    fixture,
                    line,
                });
            }
        } else {
            let mut words = info.split([' ', ',']).filter(|word| !word.is_empty());
            let language = words.next().unwrap_or("");
            let role = words.find_map(|word| match word {
                "bad" => Some(Role::Bad),
                "good" => Some(Role::Good),
                "fixed" => Some(Role::Fixed),
                _ => None,
            });
            open = Some((role, language, number + 1, String::new()));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{Role, examples};

    #[test]
    fn fenced_blocks_with_a_role_are_examples() {
        let text = "a\n```dockerfile bad\nFROM x\n```\n```sh\nls\n```\n```yaml good\n//- /k.yaml\na: 1\n```\n";
        let found = examples(text);
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].role, found[0].line), (Role::Bad, 2));
        assert_eq!(found[1].fixture.files, [("k.yaml".into(), "a: 1\n".into())]);
    }
}
