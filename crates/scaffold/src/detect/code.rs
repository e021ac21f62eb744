//! Source code as tokens: words, numbers, strings and signs, without comments.
//!
//! One scanner serves all languages; a language says what its comments and strings look like. It
//! is no parser: it has to know where a string or comment ends, so that what stands in one is
//! never taken for code, and nothing more. Strings that cannot span lines end with their line, so
//! that one misread quote (in the text of a JSX element, say) spoils no more than that line.

use std::ops::Range;

use super::lexer;

/// How a language writes comments and strings.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Language {
    /// Python.
    Python,
    /// JavaScript and TypeScript.
    Script,
    /// Go.
    Go,
    /// Rust.
    Rust,
    /// Java, Kotlin, Groovy, Scala.
    Java,
    /// C# and F#.
    Csharp,
    /// PHP.
    Php,
    /// Ruby.
    Ruby,
    /// Elixir.
    Elixir,
}

impl Language {
    /// The language of a file, by its name.
    pub(crate) fn of(path: &str) -> Option<Self> {
        let name = plimsoll_source::files::file_name(path);
        if matches!(name, "Gemfile" | "Rakefile" | "config.ru") {
            return Some(Self::Ruby);
        }
        Some(match name.rsplit_once('.')?.1 {
            "py" | "pyw" => Self::Python,
            "js" | "mjs" | "cjs" | "jsx" | "ts" | "mts" | "cts" | "tsx" => Self::Script,
            "go" => Self::Go,
            "rs" => Self::Rust,
            "java" | "kt" | "kts" | "groovy" | "gradle" | "scala" => Self::Java,
            "cs" | "fs" => Self::Csharp,
            "php" => Self::Php,
            "rb" | "ru" | "gemspec" => Self::Ruby,
            "ex" | "exs" => Self::Elixir,
            _ => return None,
        })
    }
}

/// What a token is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// A name or keyword.
    Word,
    /// A number.
    Number,
    /// A string; its range is what stands between the quotes.
    Text,
    /// One character of anything else.
    Sign,
}

/// A token.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    pub(crate) start: u32,
    pub(crate) end: u32,
    pub(crate) line: u32,
}

/// Splits a text into tokens.
pub(crate) fn tokens(text: &str, language: Language) -> Vec<Token> {
    lexer::scan(text, language)
}

/// The tokens of a file, with its text.
#[derive(Clone, Copy)]
pub(crate) struct Code<'a> {
    pub(crate) path: &'a str,
    pub(crate) text: &'a str,
    pub(crate) tokens: &'a [Token],
    pub(crate) language: Language,
}

/// How far a bracket's partner is looked for, in tokens.
const REACH: usize = 20_000;

impl<'a> Code<'a> {
    /// Number of tokens.
    pub(crate) fn len(self) -> usize {
        self.tokens.len()
    }

    /// The text of a token; empty past the end.
    pub(crate) fn at(self, index: usize) -> &'a str {
        self.tokens.get(index).map_or("", |token| {
            &self.text[token.start as usize..token.end as usize]
        })
    }

    /// What a token is.
    pub(crate) fn kind(self, index: usize) -> Option<Kind> {
        self.tokens.get(index).map(|token| token.kind)
    }

    /// The line of a token, from 1.
    pub(crate) fn line(self, index: usize) -> u32 {
        self.tokens.get(index).map_or(0, |token| token.line)
    }

    /// A token if it is a string.
    pub(crate) fn string(self, index: usize) -> Option<&'a str> {
        (self.kind(index)? == Kind::Text).then(|| self.at(index))
    }

    /// A token if it is a word.
    pub(crate) fn word(self, index: usize) -> Option<&'a str> {
        (self.kind(index)? == Kind::Word).then(|| self.at(index))
    }

    /// Whether words and signs stand at `index` in this order. Strings never match.
    pub(crate) fn is(self, index: usize, pattern: &[&str]) -> bool {
        pattern.iter().enumerate().all(|(n, part)| {
            self.tokens.get(index + n).is_some_and(|token| {
                token.kind != Kind::Text
                    && &self.text[token.start as usize..token.end as usize] == *part
            })
        })
    }

    /// Where such a run of tokens stands.
    pub(crate) fn find(self, pattern: &[&str]) -> Option<usize> {
        (0..self.len()).find(|&index| self.is(index, pattern))
    }

    /// All places where such a run of tokens stands.
    pub(crate) fn all<'p>(
        self,
        pattern: &'p [&'p str],
    ) -> impl Iterator<Item = usize> + use<'a, 'p> {
        (0..self.len()).filter(move |&index| self.is(index, pattern))
    }

    /// Whether a token is the first on its line and stands at its very beginning.
    pub(crate) fn at_margin(self, index: usize) -> bool {
        let Some(token) = self.tokens.get(index) else {
            return false;
        };
        let start = token.start as usize;
        start == 0 || self.text.as_bytes()[start - 1] == b'\n'
    }

    /// The index of the bracket that closes the one at `open`; the end when none does.
    pub(crate) fn close(self, open: usize) -> usize {
        let end = self.len().min(open.saturating_add(REACH));
        let mut depth = 0usize;
        for index in open..end {
            if self.kind(index) != Some(Kind::Sign) {
                continue;
            }
            match self.at(index) {
                "(" | "[" | "{" => depth += 1,
                ")" | "]" | "}" => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        return index;
                    }
                }
                _ => {}
            }
        }
        end
    }

    /// The bracket that is open at a token.
    pub(crate) fn opening(self, token: usize) -> Option<usize> {
        let mut depth = 0usize;
        for at in (token.saturating_sub(REACH)..token).rev() {
            if self.kind(at) != Some(Kind::Sign) {
                continue;
            }
            match self.at(at) {
                ")" | "]" | "}" => depth += 1,
                "(" | "[" | "{" if depth == 0 => return Some(at),
                "(" | "[" | "{" => depth -= 1,
                _ => {}
            }
        }
        None
    }

    /// The arguments of the call whose bracket is at `open`, as ranges of tokens.
    pub(crate) fn arguments(self, open: usize) -> Vec<Range<usize>> {
        let close = self.close(open);
        let mut arguments = Vec::new();
        let (mut start, mut depth) = (open + 1, 0usize);
        for index in open + 1..close {
            if self.kind(index) != Some(Kind::Sign) {
                continue;
            }
            match self.at(index) {
                "(" | "[" | "{" => depth += 1,
                ")" | "]" | "}" => depth = depth.saturating_sub(1),
                "," if depth == 0 => {
                    arguments.push(start..index);
                    start = index + 1;
                }
                _ => {}
            }
        }
        if start < close {
            arguments.push(start..close);
        }
        arguments
    }

    /// The argument that is passed by name (`port=8000`, `port: 8000`).
    pub(crate) fn named(self, open: usize, name: &str) -> Option<Range<usize>> {
        self.arguments(open).into_iter().find_map(|argument| {
            let named = self.at(argument.start) == name
                && self.kind(argument.start + 1) == Some(Kind::Sign)
                && matches!(self.at(argument.start + 1), "=" | ":");
            named.then_some(argument.start + 2..argument.end)
        })
    }

    /// The tokens of the expression that begins at `start`: up to a `;`, a `,` or closing bracket
    /// outside of it, or the end of its line outside of brackets.
    pub(crate) fn expression(self, start: usize) -> Range<usize> {
        let end = self.len().min(start.saturating_add(400));
        let mut depth = 0usize;
        for index in start..end {
            let sign = self.kind(index) == Some(Kind::Sign);
            let text = self.at(index);
            if depth == 0 && index > start && self.line(index) != self.line(index - 1) {
                // What begins with an operator goes on from the line before.
                let goes_on = sign && matches!(text, "." | "|" | "?" | "&" | "+");
                let open = self.kind(index - 1) == Some(Kind::Sign)
                    && matches!(self.at(index - 1), "=" | "|" | "&" | "+" | "?" | ".");
                if !goes_on && !open {
                    return start..index;
                }
            }
            if !sign {
                continue;
            }
            match text {
                "(" | "[" | "{" => depth += 1,
                ")" | "]" | "}" if depth == 0 => return start..index,
                ")" | "]" | "}" => depth -= 1,
                ";" | "," if depth == 0 => return start..index,
                _ => {}
            }
        }
        start..end
    }

    /// The value that a name is given first in this file (`NAME = …`, `name := …`,
    /// `const name: T = …`).
    pub(crate) fn definition(self, name: &str) -> Option<Range<usize>> {
        (0..self.len()).find_map(|index| self.assigned(index, name))
    }

    /// The values that a name is given in this file, in order; a few.
    pub(crate) fn definitions(self, name: &str) -> Vec<Range<usize>> {
        let all = (0..self.len()).filter_map(|index| self.assigned(index, name));
        all.take(4).collect()
    }

    fn assigned(self, index: usize, name: &str) -> Option<Range<usize>> {
        if self.word(index) != Some(name) || self.at(index.wrapping_sub(1)) == "." {
            return None;
        }
        let mut at = index + 1;
        // `port, err := …`
        if self.is(at, &[","]) && self.is(at + 2, &[":", "="]) {
            return Some(self.expression(at + 4));
        }
        if self.is(at, &[":", "="]) {
            return Some(self.expression(at + 2));
        }
        // A type may stand between the name and the sign.
        if self.is(at, &[":"]) {
            at += 1;
            let stop = at + 6;
            while at < stop && !self.is(at, &["="]) && self.line(at) == self.line(index) {
                at += 1;
            }
        } else if self.kind(at) == Some(Kind::Word) && self.is(at + 1, &["="]) {
            at += 1;
        }
        let assigns = self.is(at, &["="])
            && !matches!(self.at(at + 1), "=" | ">")
            && self.kind(at) == Some(Kind::Sign);
        assigns.then(|| self.expression(at + 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with<T>(text: &str, language: Language, look: impl Fn(Code<'_>) -> T) -> T {
        let tokens = tokens(text, language);
        look(Code {
            path: "x",
            text,
            tokens: &tokens,
            language,
        })
    }

    fn words(text: &str, language: Language) -> Vec<String> {
        with(text, language, |code| {
            (0..code.len())
                .map(|index| match code.string(index) {
                    Some(text) => format!("<{text}>"),
                    None => code.at(index).to_owned(),
                })
                .collect()
        })
    }

    #[test]
    fn comments_are_left_out_and_strings_are_whole() {
        let python = "a = 'x # y' # z\nb = \"\"\"1\n\"2\"\"\"\nf(r'\\d', f\"{c}\")\n";
        let expected = [
            "a", "=", "<x # y>", "b", "=", "<1\n\"2>", "f", "(", "<\\d>", ",", "<{c}>", ")",
        ];
        assert_eq!(words(python, Language::Python), expected);
        let script = "a(`x ${b(`y`)} z`) // c\n/* d\n */ e('f\\'g', 1_000.5)";
        let expected = [
            "a",
            "(",
            "<x ${b(`y`)} z>",
            ")",
            "e",
            "(",
            "<f\\'g>",
            ",",
            "1_000.5",
            ")",
        ];
        assert_eq!(words(script, Language::Script), expected);
        let rust = "fn a<'x>(b: &'x str) { c('\"', r#\"d\"e\"#) } /* /* */ f */ g";
        let found = words(rust, Language::Rust);
        assert_eq!(found.last().map(String::as_str), Some("g"));
        assert!(found.contains(&"<d\"e>".to_owned()), "{found:?}");
        assert_eq!(words("a(@\"c:\\\" , b)", Language::Csharp)[2], "<c:\\>");
    }

    #[test]
    fn a_quote_in_text_spoils_its_line_only() {
        let jsx = "<p>don't</p>\nlisten(3000)";
        let found = words(jsx, Language::Script);
        assert_eq!(found[found.len() - 4..], ["listen", "(", "3000", ")"]);
    }

    #[test]
    fn arguments_and_definitions_are_found() {
        with("f(a, g(1, 2), port=3)\n", Language::Python, |code| {
            assert_eq!(code.arguments(1).len(), 3);
            let port = code.named(1, "port").expect("named");
            assert_eq!(code.at(port.start), "3");
        });
        let text = "const PORT: number = process.env.PORT ||\n  8080;\nx";
        with(text, Language::Script, |code| {
            let found = code.definition("PORT").expect("defined");
            assert_eq!(code.at(found.end - 1), "8080");
        });
    }
}
