//! Compound commands: groups, conditions, loops, functions.

use super::Joint;
use super::parser::{Parsed, Parser, Scope, is_blank, is_operator};
use super::simple::Parts;

impl Parser<'_> {
    /// The command that begins with the reserved word `word`. `false` if the word turns out to
    /// be an ordinary one here.
    pub(super) fn compound(
        &mut self,
        word: &'static str,
        joint: Joint,
        number: u32,
    ) -> Parsed<bool> {
        let start = self.pos;
        if word == "[[" {
            self.condition(joint, number)?;
            return Ok(true);
        }
        if matches!(word, "!" | "time") {
            return Ok(false);
        }
        self.pos += word.len();
        match word {
            "{" => {
                self.body(self.scope.inner(), "{", start)?;
                self.close("}", "{", start)?;
            }
            "if" => self.if_command(start)?,
            "while" | "until" => {
                let inner = self.scope.inner();
                self.body(
                    Scope {
                        test: true,
                        ..inner
                    },
                    word,
                    start,
                )?;
                self.do_group(word, start)?;
            }
            "for" | "select" => self.for_command(word, start)?,
            "case" => self.case_command(start)?,
            "function" => {
                self.skip_blanks();
                self.word(false)?;
                self.skip_blanks();
                if self.peek() == Some(b'(') {
                    self.function_body()?;
                } else {
                    self.skip_lines();
                    self.definition()?;
                }
            }
            _ => {
                // `coproc [NAME] command`: the name is told from a command by what follows it.
                self.skip_blanks();
                let name = self.pos;
                let len = self.bytes[name..self.end]
                    .iter()
                    .take_while(|b| b.is_ascii_alphanumeric() || **b == b'_')
                    .count();
                if self.reserved().is_none() && len > 0 {
                    self.pos += len;
                    self.skip_blanks();
                    if self.reserved() != Some("{") && self.peek() != Some(b'(') {
                        self.pos = name;
                    }
                }
                self.definition()?;
            }
        }
        Ok(true)
    }

    /// A list that must not be empty, in `scope`.
    fn body(&mut self, scope: Scope, opener: &str, start: usize) -> Parsed<()> {
        if self.within(scope, Self::list)? {
            return Ok(());
        }
        if self.pos >= self.end {
            return self.fail(
                start,
                start + opener.len(),
                format!("this `{opener}` is never closed"),
            );
        }
        self.unexpected()
    }

    /// The reserved word that must stand here.
    fn close(&mut self, word: &str, opener: &str, start: usize) -> Parsed<()> {
        self.skip_lines();
        if self.reserved() == Some(word) {
            self.pos += word.len();
            return Ok(());
        }
        if self.pos >= self.end {
            let message = format!("this `{opener}` has no `{word}`");
            return self.fail(start, start + opener.len(), message);
        }
        self.unexpected()
    }

    fn if_command(&mut self, start: usize) -> Parsed<()> {
        let first = Scope {
            test: true,
            ..self.scope.inner()
        };
        let then = Scope {
            conditional: true,
            ..self.scope.inner()
        };
        self.body(first, "if", start)?;
        self.close("then", "if", start)?;
        self.body(then, "then", start)?;
        loop {
            match self.reserved() {
                Some("elif") => {
                    let at = self.pos;
                    self.pos += 4;
                    self.body(Scope { test: true, ..then }, "elif", at)?;
                    self.close("then", "elif", at)?;
                    self.body(then, "then", at)?;
                }
                Some("else") => {
                    let at = self.pos;
                    self.pos += 4;
                    self.body(then, "else", at)?;
                    return self.close("fi", "if", start);
                }
                _ => return self.close("fi", "if", start),
            }
        }
    }

    fn do_group(&mut self, opener: &str, start: usize) -> Parsed<()> {
        self.close("do", opener, start)?;
        let at = self.pos - 2;
        self.body(
            Scope {
                conditional: true,
                ..self.scope.inner()
            },
            "do",
            at,
        )?;
        self.close("done", opener, start)
    }

    fn for_command(&mut self, opener: &str, start: usize) -> Parsed<()> {
        self.skip_blanks();
        if self.at("((") {
            let Some(close) = self.arithmetic_end(self.pos + 2) else {
                return self.unexpected();
            };
            self.arithmetic(self.pos + 2, close)?;
            self.skip_blanks();
            if self.peek() == Some(b';') {
                self.pos += 1;
            }
        } else {
            if self.peek().is_none_or(|b| is_blank(b) || is_operator(b)) {
                return self.unexpected();
            }
            self.word(false)?;
            self.skip_lines();
            if self.plain_word("in") {
                self.pos += 2;
                loop {
                    self.skip_blanks();
                    match self.peek() {
                        None | Some(b'\n') => break,
                        Some(b';') => {
                            self.pos += 1;
                            break;
                        }
                        Some(_) => {
                            if self.at_operator() {
                                return self.unexpected();
                            }
                            let word = self.word(false)?;
                            self.out.words.push(word);
                        }
                    }
                }
            } else if self.peek() == Some(b';') {
                self.pos += 1;
            }
        }
        self.skip_lines();
        if self.reserved() == Some("{") {
            let at = self.pos;
            self.pos += 1;
            self.body(
                Scope {
                    conditional: true,
                    ..self.scope.inner()
                },
                "{",
                at,
            )?;
            return self.close("}", "{", at);
        }
        self.do_group(opener, start)
    }

    fn case_command(&mut self, start: usize) -> Parsed<()> {
        self.skip_blanks();
        if self.peek().is_none_or(|b| is_blank(b) || is_operator(b)) {
            return self.unexpected();
        }
        let subject = self.word(false)?;
        self.out.words.push(subject);
        self.skip_lines();
        if !self.plain_word("in") {
            return self.unexpected();
        }
        self.pos += 2;
        let inner = Scope {
            conditional: true,
            ..self.scope.inner()
        };
        loop {
            self.skip_lines();
            if self.reserved() == Some("esac") {
                self.pos += 4;
                return Ok(());
            }
            if self.pos >= self.end {
                return self.fail(start, start + 4, "this `case` has no `esac`");
            }
            if self.peek() == Some(b'(') {
                self.pos += 1;
            }
            loop {
                self.skip_blanks();
                if self.peek().is_none_or(|b| b == b'\n') || self.at_operator() {
                    return self.unexpected();
                }
                self.word(false)?;
                self.skip_blanks();
                match self.peek() {
                    Some(b'|') => self.pos += 1,
                    Some(b')') => break,
                    _ => return self.unexpected(),
                }
            }
            self.pos += 1;
            self.within(inner, Self::list)?;
            if let Some(end) = [";;&", ";;", ";&"].into_iter().find(|end| self.at(end)) {
                self.pos += end.len();
            } else if self.reserved() != Some("esac") {
                if self.pos >= self.end {
                    return self.fail(start, start + 4, "this `case` has no `esac`");
                }
                return self.unexpected();
            }
        }
    }

    /// After the name of a function, at its `(`.
    pub(super) fn function_body(&mut self) -> Parsed<()> {
        let open = self.pos;
        self.pos += 1;
        self.skip_blanks();
        if self.peek() != Some(b')') {
            return self.fail(open, open + 1, "unexpected `(`");
        }
        self.pos += 1;
        self.skip_lines();
        self.nested(Self::definition)
    }

    /// The command that a function or coprocess consists of.
    fn definition(&mut self) -> Parsed<()> {
        let number = self.pipeline_number();
        self.command(Joint::Start, number)
    }

    /// `( list )` or `(( expression ))`.
    pub(super) fn parenthesis(&mut self) -> Parsed<()> {
        let start = self.pos;
        if self.at("((")
            && let Some(close) = self.arithmetic_end(start + 2)
        {
            return self.arithmetic(start + 2, close);
        }
        self.pos += 1;
        self.body(self.scope.inner(), "(", start)?;
        self.close_parenthesis(start)
    }

    /// The `)` that must stand here.
    pub(super) fn close_parenthesis(&mut self, start: usize) -> Parsed<()> {
        match self.peek() {
            Some(b')') => {
                self.pos += 1;
                Ok(())
            }
            None => self.fail(start, start + 1, "this `(` is never closed"),
            Some(_) => self.unexpected(),
        }
    }

    /// `[[ … ]]` as a command whose words are its operands and operators.
    fn condition(&mut self, joint: Joint, number: u32) -> Parsed<()> {
        let slot = self.out.slots.len();
        self.out.slots.push(None);
        let start = self.pos;
        let mut parts = Parts::default();
        self.pos += 2;
        parts.words.push(self.plain(start));
        let mut regex = false;
        loop {
            self.skip_lines();
            let at = self.pos;
            if self.plain_word("]]") {
                self.pos += 2;
                parts.words.push(self.plain(at));
                break;
            }
            let operator = ["&&", "||", "(", ")", "<", ">"]
                .into_iter()
                .find(|sign| self.at(sign));
            let word = match operator {
                _ if regex => self.regex()?,
                Some(operator) => {
                    self.pos += operator.len();
                    self.plain(at)
                }
                None if self.pos >= self.end => {
                    return self.fail(start, start + 2, "this `[[` has no `]]`");
                }
                None if self.at_operator() => return self.unexpected(),
                None => self.word(false)?,
            };
            regex = word.text() == "=~";
            parts.words.push(word);
        }
        self.fill(slot, (start, self.pos), joint, number, parts);
        Ok(())
    }

    /// Whether an operator (not a process substitution) stands here.
    fn at_operator(&self) -> bool {
        self.peek().is_some_and(is_operator) && !self.at("<(") && !self.at(">(")
    }

    /// Whether the unquoted word `word` stands here.
    pub(super) fn plain_word(&self, word: &str) -> bool {
        self.at(word)
            && self
                .peek_at(word.len())
                .is_none_or(|b| is_blank(b) || is_operator(b))
    }
}
