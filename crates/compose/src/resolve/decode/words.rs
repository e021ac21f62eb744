//! A command line split into words, as go-shellwords splits it without running anything: what
//! follows a `;`, `&`, `|`, `<` or `>` outside of quotes is dropped.

/// The words; `None` where quotes or brackets do not match.
pub(in crate::resolve) fn split(line: &str) -> Option<Vec<String>> {
    let mut splitter = Splitter::default();
    for c in line.chars() {
        match splitter.take(c) {
            Step::On => {}
            Step::Stop => break,
            Step::Fail => return None,
        }
    }
    splitter.flush();
    let open = splitter.escaped
        || splitter.single
        || splitter.double
        || splitter.backquoted
        || splitter.dollar;
    (!open).then_some(splitter.words)
}

enum Step {
    On,
    Stop,
    Fail,
}

/// What the word so far is made of.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
enum Got {
    #[default]
    Nothing,
    Plain,
    /// Something in quotes, so that an empty word is one.
    Quoted,
}

#[derive(Default)]
struct Splitter {
    words: Vec<String>,
    word: String,
    got: Got,
    escaped: bool,
    single: bool,
    double: bool,
    backquoted: bool,
    /// Within `$(…)`.
    dollar: bool,
}

impl Splitter {
    fn flush(&mut self) {
        let is_word =
            self.got == Got::Quoted || (self.got != Got::Nothing && !self.word.is_empty());
        if is_word {
            self.words.push(std::mem::take(&mut self.word));
        }
        self.word.clear();
        self.got = Got::Nothing;
    }

    fn push(&mut self, c: char) -> Step {
        self.got = Got::Plain;
        self.word.push(c);
        Step::On
    }

    fn take(&mut self, c: char) -> Step {
        let substituting = self.backquoted || self.dollar;
        if self.escaped {
            self.escaped = false;
            if substituting {
                self.word.push('\\');
                return self.push(c);
            }
            return self.push(match c {
                't' => '\t',
                'n' => '\n',
                c => c,
            });
        }
        if c == '\\' {
            if self.single {
                self.word.push('\\');
            } else {
                self.escaped = true;
            }
            return Step::On;
        }
        if matches!(c, ' ' | '\t' | '\r' | '\n') {
            if self.single || self.double || substituting {
                self.word.push(c);
            } else {
                self.flush();
            }
            return Step::On;
        }
        match c {
            '`' if !self.single && !self.double && !self.dollar => {
                self.backquoted = !self.backquoted;
            }
            ')' if !self.single && !self.double && !self.backquoted => {
                if !self.dollar {
                    return Step::Fail;
                }
                self.dollar = false;
            }
            '(' if !self.single && !self.double && !self.backquoted => {
                let opens = self.word.ends_with('$') && !self.word.ends_with("\\$");
                if self.dollar || !opens {
                    return Step::Fail;
                }
                self.dollar = true;
                self.word.push('(');
                return Step::On;
            }
            '"' if !self.single && !substituting => {
                if self.double {
                    self.got = Got::Quoted;
                }
                self.double = !self.double;
                return Step::On;
            }
            '\'' if !self.double && !substituting => {
                if self.single {
                    self.got = Got::Quoted;
                }
                self.single = !self.single;
                return Step::On;
            }
            ';' | '&' | '|' | '<' | '>' if !self.single && !self.double && !substituting => {
                // `2>` takes the number along.
                if c == '>'
                    && !self.word.is_empty()
                    && self.word.bytes().all(|b| b.is_ascii_digit())
                {
                    self.got = Got::Nothing;
                }
                return Step::Stop;
            }
            _ => {}
        }
        self.push(c)
    }
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn lines_are_split() {
        for (line, expected) in [
            ("", Some(vec![])),
            ("echo a  b", Some(vec!["echo", "a", "b"])),
            ("a 'b c' \"d 'e'\"", Some(vec!["a", "b c", "d 'e'"])),
            ("a\\ b \\\"c", Some(vec!["a b", "\"c"])),
            ("a '' b", Some(vec!["a", "", "b"])),
            ("a | b", Some(vec!["a"])),
            ("a 2>&1", Some(vec!["a"])),
            ("a && b", Some(vec!["a"])),
            ("a \"b && c\"", Some(vec!["a", "b && c"])),
            ("echo $(date +%s) x", Some(vec!["echo", "$(date +%s)", "x"])),
            ("echo `date`", Some(vec!["echo", "`date`"])),
            ("a 'b", None),
            ("a \\", None),
            ("f(x)", None),
            ("a )", None),
            ("'a\\nb' \"c\\nd\"", Some(vec!["a\\nb", "c\nd"])),
        ] {
            let expected: Option<Vec<String>> =
                expected.map(|words: Vec<&str>| words.iter().map(|w| (*w).to_owned()).collect());
            assert_eq!(split(line), expected, "{line}");
        }
    }
}
