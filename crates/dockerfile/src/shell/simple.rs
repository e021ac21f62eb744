//! Simple commands: assignments, words and redirections.

use ecow::EcoString;

use super::parser::{Parsed, Parser, Pending, is_operator};
use super::{Joint, Redirect, ShellCommand, ShellWord};

/// The longest subscript of an assignment (`NAME[…]=`) and the longest `$[…]`, in bytes.
const MAX_SUBSCRIPT: usize = 256;

/// The parts of a simple command.
#[derive(Default)]
pub(super) struct Parts {
    pub(super) assignments: Vec<(EcoString, ShellWord)>,
    pub(super) words: Vec<ShellWord>,
    pub(super) redirects: Vec<Redirect>,
}

/// Whether the command takes assignments, arrays among them, as arguments.
fn declares(word: &ShellWord) -> bool {
    matches!(
        word.literal(),
        Some("declare" | "local" | "export" | "readonly" | "typeset" | "nameref")
    )
}

impl Parser<'_> {
    /// Puts a command together from its parts and fills its slot.
    pub(super) fn fill(
        &mut self,
        slot: usize,
        span: (usize, usize),
        joint: Joint,
        pipeline: u32,
        parts: Parts,
    ) {
        let scope = self.scope;
        self.out.slots[slot] = Some(ShellCommand {
            range: self.range(span.0, span.1),
            assignments: parts.assignments.into(),
            words: parts.words.into(),
            redirects: parts.redirects.into(),
            joint,
            pipeline,
            depth: scope.depth,
            conditional: scope.conditional,
            test: scope.test,
            negated: scope.negated,
            reads_pipe: scope.reads_pipe,
            writes_pipe: false,
            substitutions: scope.substitutions,
        });
    }

    pub(super) fn simple(&mut self, joint: Joint, number: u32) -> Parsed<()> {
        let slot = self.out.slots.len();
        self.out.slots.push(None);
        let start = self.pos;
        let mut end = start;
        let mut parts = Parts::default();
        loop {
            self.skip_blanks();
            let Some(byte) = self.peek() else { break };
            if self.redirect_ahead() {
                let redirect = self.redirect(slot, parts.redirects.len())?;
                parts.redirects.push(redirect);
                end = self.pos;
                continue;
            }
            match byte {
                b'\n' | b';' | b'&' | b'|' | b')' => break,
                b'(' => {
                    let named = parts.words.len() == 1
                        && parts.assignments.is_empty()
                        && parts.redirects.is_empty();
                    return if named {
                        self.function_body()
                    } else {
                        self.unexpected()
                    };
                }
                _ => {}
            }
            if parts.words.is_empty()
                && let Some((name, value)) = self.assignment_ahead()
            {
                let subscript = name;
                let name = &self.text[self.pos..name];
                self.expansions(subscript, value)?;
                let word = if self.peek() == Some(b'(') {
                    self.array()?
                } else {
                    self.word(false)?
                };
                parts.assignments.push((name.into(), word));
            } else {
                let arrays = parts.words.first().is_some_and(declares);
                let word = self.word(arrays)?;
                parts.words.push(word);
            }
            end = self.pos;
        }
        self.fill(slot, (start, end), joint, number, parts);
        Ok(())
    }

    /// `NAME=`, `NAME+=` or `NAME[…]=` at the current position: the end of the name and the
    /// beginning of the value.
    fn assignment_ahead(&self) -> Option<(usize, usize)> {
        let bytes = &self.bytes[..self.end];
        let is_name = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_';
        if bytes.get(self.pos)?.is_ascii_digit() {
            return None;
        }
        let len = bytes[self.pos..].iter().take_while(|b| is_name(b)).count();
        let name = self.pos + len;
        let mut at = name;
        if len == 0 {
            return None;
        }
        if bytes.get(at) == Some(&b'[') {
            at = self.bracket_end(at)?;
        }
        if bytes.get(at) == Some(&b'+') {
            at += 1;
        }
        (bytes.get(at) == Some(&b'=')).then_some((name, at + 1))
    }

    /// Behind the `]` that belongs to the `[` at `open`. What stands between may hold white space
    /// and brackets but no line break, and is looked at within bounds, since every command might
    /// begin so.
    pub(super) fn bracket_end(&self, open: usize) -> Option<usize> {
        let ahead = &self.bytes[open..self.end.min(open + MAX_SUBSCRIPT)];
        let mut depth = 0_usize;
        for (at, byte) in ahead.iter().enumerate() {
            match byte {
                b'[' => depth += 1,
                b']' if depth == 1 => return Some(open + at + 1),
                b']' => depth -= 1,
                b'\n' => return None,
                _ => {}
            }
        }
        None
    }

    /// Whether a redirection begins here, its file descriptor included.
    pub(super) fn redirect_ahead(&self) -> bool {
        let rest = &self.bytes[self.pos..self.end];
        match rest.first() {
            Some(b'<' | b'>') => rest.get(1) != Some(&b'('),
            Some(b'&') => rest.get(1) == Some(&b'>'),
            Some(b'0'..=b'9') => {
                let digits = rest
                    .iter()
                    .take(10)
                    .take_while(|b| b.is_ascii_digit())
                    .count();
                matches!(rest.get(digits), Some(b'<' | b'>'))
            }
            Some(b'{') => {
                let name = rest[1..]
                    .iter()
                    .take_while(|b| b.is_ascii_alphanumeric() || **b == b'_')
                    .count();
                name > 0
                    && rest.get(name + 1) == Some(&b'}')
                    && matches!(rest.get(name + 2), Some(b'<' | b'>'))
            }
            _ => false,
        }
    }

    pub(super) fn redirect(&mut self, slot: usize, index: usize) -> Parsed<Redirect> {
        const OPERATORS: [&str; 12] = [
            "<<<", "<<-", "&>>", "<<", "<&", "<>", ">>", ">&", ">|", "&>", "<", ">",
        ];
        let start = self.pos;
        if self.peek() == Some(b'{') {
            self.pos += self.bytes[start..self.end]
                .iter()
                .position(|b| *b == b'}')
                .unwrap_or(0)
                + 1;
        }
        let digits = self.bytes[self.pos..self.end]
            .iter()
            .take_while(|b| b.is_ascii_digit())
            .count();
        let fd = self.text[self.pos..self.pos + digits].parse().ok();
        self.pos += digits;
        let Some(operator) = OPERATORS.into_iter().find(|operator| self.at(operator)) else {
            return self.unexpected();
        };
        let operator_at = self.pos;
        self.pos += operator.len();
        self.skip_blanks();
        if self
            .peek()
            .is_none_or(|b| b == b'\n' || (is_operator(b) && !self.at("<(") && !self.at(">(")))
        {
            let message = format!("`{operator}` needs a word after it");
            return self.fail(operator_at, operator_at + operator.len(), message);
        }
        let target_at = self.pos;
        let target = self.word(false)?;
        if matches!(operator, "<<" | "<<-") {
            let written = &self.text[target_at..self.pos];
            self.pending.push(Pending {
                delimiter: target.literal().unwrap_or(target.text()).to_owned(),
                raw: written.contains(['\'', '"', '\\']),
                strip_tabs: operator == "<<-",
                slot,
                redirect: index,
            });
        }
        let range = self.range(start, self.pos);
        Ok(Redirect {
            range,
            operator,
            fd,
            target,
            body: None,
        })
    }
}
