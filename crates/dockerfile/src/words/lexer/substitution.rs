//! `${name…}`: the modifiers of a substitution.

use super::super::pattern::{self, PatternFault};
use super::{Fault, Lexer, MAX_TEXT, Unset};

impl Lexer<'_> {
    /// What follows `${`.
    pub(super) fn braced(&mut self, start: usize, out: &mut String) -> Result<(), Fault> {
        match self.peek() {
            None => return self.fault(start, "the `}` of a substitution is missing"),
            Some('{' | '}' | ':') => return self.fault(start, "a substitution lacks its name"),
            Some(_) => {}
        }
        let name = self.name();
        let reference = self.refer(start, name);
        match self.next() {
            None => self.fault(start, "the `}` of a substitution is missing"),
            Some('}') => {
                self.ends(reference, None);
                self.plain(start, name, out);
                Ok(())
            }
            Some(':') => match self.next() {
                None => self.fault(start, "the `}` of a substitution is missing"),
                Some(c @ ('#' | '%')) => {
                    self.fault(start, format!("the modifier `:{c}` is not known"))
                }
                Some(c) => self.conditional((start, reference), name, c, true, out),
            },
            Some(c @ ('+' | '-' | '?')) => {
                self.conditional((start, reference), name, c, false, out)
            }
            Some(c @ ('#' | '%')) => self.trim((start, reference), name, c, out),
            Some('/') => self.replace((start, reference), name, out),
            Some(c) => self.fault(start, format!("the modifier `{c}` is not known")),
        }
    }

    /// The operand of a modifier.
    fn operand(
        &mut self,
        start: usize,
        stop: char,
        raw_escapes: bool,
        pattern: bool,
    ) -> Result<String, Fault> {
        match self.run(Some(stop), raw_escapes, pattern) {
            Ok((text, _)) => Ok(text),
            // At the end of the text the missing brace is what matters.
            Err(fault) if !fault.bound && self.at >= self.text.len() => {
                self.fault(start, format!("the `{stop}` of a substitution is missing"))
            }
            Err(fault) => Err(fault),
        }
    }

    fn conditional(
        &mut self,
        (start, reference): (usize, usize),
        name: &str,
        operator: char,
        null_is_unset: bool,
        out: &mut String,
    ) -> Result<(), Fault> {
        let noted = self.found.borrow().unset.len();
        let word = self.operand(start, '}', false, false)?;
        let sign = match (operator, null_is_unset) {
            ('-', false) => "-",
            ('-', true) => ":-",
            ('+', false) => "+",
            ('+', true) => ":+",
            ('?', false) => "?",
            _ => ":?",
        };
        self.ends(reference, Some(sign));
        let value = (self.lookup)(name);
        let missing = value
            .as_ref()
            .is_none_or(|value| null_is_unset && value.is_empty());
        if value.is_none() {
            self.note(name, true);
            if self.mode.unset == Unset::Reference {
                let colon = if null_is_unset { ":" } else { "" };
                let mut sign = [0; 4];
                let sign = operator.encode_utf8(&mut sign);
                out.extend(["${", name, colon, sign, &word, "}"]);
                return Ok(());
            }
        }
        // What has no value in a word that is not used does no harm.
        let unused = |lexer: &Self| {
            let mut found = lexer.found.borrow_mut();
            let from = noted.min(found.unset.len());
            let harmless = found.unset.split_off(from);
            found.defaulted.extend(harmless);
        };
        match (operator, missing) {
            ('-', true) | ('+', false) => out.push_str(&word),
            ('+', true) => unused(self),
            ('-', false) => {
                unused(self);
                out.push_str(&value.unwrap_or_default());
            }
            ('?', true) => {
                let why = match (&word[..], value.is_some()) {
                    ("", false) => "is not allowed to be unset",
                    ("", true) => "is not allowed to be empty",
                    (word, _) => word,
                };
                return self.fault(start, format!("`{name}` has no value: {why}"));
            }
            ('?', false) => {
                unused(self);
                out.push_str(&value.unwrap_or_default());
            }
            _ => return self.fault(start, format!("the modifier `:{operator}` is not known")),
        }
        Ok(())
    }

    fn trim(
        &mut self,
        (start, reference): (usize, usize),
        name: &str,
        operator: char,
        out: &mut String,
    ) -> Result<(), Fault> {
        let word = self.operand(start, '}', true, true)?;
        let (greedy, pattern) = match word.strip_prefix(operator) {
            Some(pattern) => (true, pattern),
            None => (false, &word[..]),
        };
        let sign = match (operator, greedy) {
            ('#', false) => "#",
            ('#', true) => "##",
            (_, false) => "%",
            (_, true) => "%%",
        };
        self.ends(reference, Some(sign));
        let value = (self.lookup)(name);
        if value.is_none() {
            self.note(name, false);
            match self.mode.unset {
                Unset::Empty => {}
                Unset::Reference => {
                    let sign = if operator == '#' { "#" } else { "%" };
                    out.extend(["${", name, sign, &word, "}"]);
                    return Ok(());
                }
                Unset::Written => {
                    out.push_str(&self.text[start..self.at]);
                    return Ok(());
                }
            }
        }
        let value = value.unwrap_or_default();
        let trimmed = if operator == '#' {
            pattern::trim_prefix(pattern, &value, greedy)
        } else {
            pattern::trim_suffix(pattern, &value, greedy)
        };
        match trimmed {
            Ok(text) => out.push_str(text),
            Err(fault) => return self.pattern(start, fault),
        }
        Ok(())
    }

    fn pattern<T>(&self, start: usize, fault: PatternFault) -> Result<T, Fault> {
        match fault {
            PatternFault::Bound => self.bound(start, "a pattern and its text are too long"),
            PatternFault::Escape(c) => self.fault(
                start,
                format!("the escape `\\{c}` in a pattern is not known"),
            ),
            PatternFault::Lone => self.fault(start, "a pattern ends in a lone `\\`"),
        }
    }

    fn replace(
        &mut self,
        (start, reference): (usize, usize),
        name: &str,
        out: &mut String,
    ) -> Result<(), Fault> {
        let all = self.peek() == Some('/');
        if all {
            self.next();
        }
        let from = self.operand(start, '/', true, true)?;
        let to = self.operand(start, '}', true, false)?;
        self.ends(reference, Some(if all { "//" } else { "/" }));
        let value = (self.lookup)(name);
        if value.is_none() {
            self.note(name, false);
            match self.mode.unset {
                Unset::Empty => {}
                Unset::Reference => {
                    out.extend(["${", name, "/", &from, "/", &to, "}"]);
                    return Ok(());
                }
                Unset::Written => {
                    out.push_str(&self.text[start..self.at]);
                    return Ok(());
                }
            }
        }
        match pattern::replace(&from, &value.unwrap_or_default(), &to, all, MAX_TEXT) {
            Ok(text) => out.push_str(&text),
            Err(fault) => return self.pattern(start, fault),
        }
        Ok(())
    }
}
