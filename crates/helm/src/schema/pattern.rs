//! Regular expressions of schemas: Go's syntax, searched for anywhere in a text.

use std::sync::Arc;

use regex_automata::meta::Regex;
use regex_automata::util::syntax;

/// The program of an expression may take this many bytes.
const MAX_SIZE: usize = 1 << 20;

/// A regular expression.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    pub(super) text: Arc<str>,
    regex: Regex,
}

impl Pattern {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let config = Regex::config().nfa_size_limit(Some(MAX_SIZE));
        let regex = Regex::builder()
            .configure(config)
            .syntax(syntax::Config::new().nest_limit(200))
            .build(&translated(text))
            .ok()?;
        Some(Self {
            text: text.into(),
            regex,
        })
    }

    pub(super) fn matches(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }
}

/// Go's classes are of ASCII, and inside brackets it knows no sets.
fn translated(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars().peekable();
    let mut in_class = false;
    let mut at_class_start = false;
    while let Some(next) = chars.next() {
        let first = std::mem::take(&mut at_class_start);
        match next {
            '\\' => {
                let escaped = chars.next();
                let class = match escaped {
                    Some('d') => "0-9",
                    Some('w') => "0-9A-Za-z_",
                    Some('s') => r"\t\n\x0c\r ",
                    Some('D') => "^0-9",
                    Some('W') => "^0-9A-Za-z_",
                    Some('S') => r"^\t\n\x0c\r ",
                    Some('b') => {
                        out.push_str("(?-u:\\b)");
                        continue;
                    }
                    Some(other) => {
                        out.push('\\');
                        out.push(other);
                        continue;
                    }
                    None => {
                        out.push('\\');
                        continue;
                    }
                };
                if in_class && !class.starts_with('^') {
                    out.push_str(class);
                } else {
                    out.push_str(&format!("[{class}]"));
                }
            }
            '[' if in_class => {
                if chars.peek() == Some(&':') {
                    out.push('[');
                } else {
                    out.push_str("\\[");
                }
            }
            '[' => {
                in_class = true;
                at_class_start = true;
                out.push('[');
            }
            '^' if in_class && first => {
                at_class_start = true;
                out.push('^');
            }
            ']' if in_class && first => out.push_str("\\]"),
            ']' => {
                // A named class ends with `:]` and does not end the brackets around it.
                let named = out.ends_with(':')
                    && out.rfind("[:").is_some_and(|at| !out[at..].contains(']'));
                in_class &= named;
                out.push(']');
            }
            '&' | '~' if in_class => {
                out.push('\\');
                out.push(next);
            }
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    #[test]
    fn expressions_mean_what_go_means() {
        let matches =
            |pattern: &str, text: &str| Pattern::parse(pattern).expect(pattern).matches(text);
        assert!(matches(r"^\d+$", "123"));
        assert!(!matches(r"^\d+$", "١٢"));
        assert!(matches(r"^[\w-]+$", "a-b_c"));
        assert!(!matches(r"^[\w-]+$", "é"));
        assert!(matches(r"^[^\W_]$", "a"));
        assert!(matches(r"^[[:alpha:]0]+$", "ab0"));
        assert!(matches(r"^[]a[]+$", "]a["));
        assert!(matches(r"^[a&&b]+$", "&ab"));
        assert!(matches("b", "abc"));
        assert!(Pattern::parse("(").is_none());
        assert!(Pattern::parse("(?=a)").is_none());
        assert!(Pattern::parse("a{1000}{1000}{1000}").is_none());
    }
}
