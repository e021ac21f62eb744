//! Names that a cluster takes.

use std::collections::BTreeSet;

/// The longest name: what is put behind it has to fit, too.
const LONGEST: usize = 50;

/// A text as a DNS-1123 label that starts with a letter, which Services want.
pub(crate) fn label(text: &str) -> String {
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() {
            c.to_ascii_lowercase()
        } else {
            '-'
        }
    };
    let text: String = text.chars().map(plain).collect();
    let text = text.trim_start_matches('-');
    let text = match text.chars().next() {
        Some(first) if first.is_ascii_digit() => format!("s-{text}"),
        _ => text.to_owned(),
    };
    let short: String = text.chars().take(LONGEST).collect();
    let short = short.trim_matches('-');
    if short.is_empty() {
        "app".to_owned()
    } else {
        short.to_owned()
    }
}

/// Names that are given once each.
#[derive(Default)]
pub(crate) struct Taken {
    names: BTreeSet<String>,
}

impl Taken {
    /// This name, or the first free one with a number behind it.
    pub(crate) fn take(&mut self, name: &str) -> String {
        self.take_joined(name, "-")
    }

    /// The same with a number put right behind it, as a key of values.
    pub(crate) fn take_key(&mut self, name: &str) -> String {
        self.take_joined(if name.is_empty() { "app" } else { name }, "")
    }

    fn take_joined(&mut self, name: &str, joint: &str) -> String {
        let mut free = name.to_owned();
        let mut number = 2u32;
        while !self.names.insert(free.clone()) {
            free = format!("{name}{joint}{number}");
            number += 1;
        }
        free
    }
}

/// Whether every tool takes it as the name of a variable, and a ConfigMap as a key.
pub(crate) fn is_variable(name: &str) -> bool {
    !name.starts_with(|c: char| c.is_ascii_digit())
        && !name.is_empty()
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'))
}

#[cfg(test)]
mod tests {
    use super::{Taken, label};

    #[test]
    fn names_fit_and_differ() {
        assert_eq!(label("My_App.1"), "my-app-1");
        assert_eq!(label("3proxy"), "s-3proxy");
        assert_eq!(label("__"), "app");
        let mut taken = Taken::default();
        assert_eq!(taken.take("a"), "a");
        assert_eq!(taken.take("a"), "a-2");
        assert_eq!(taken.take("a"), "a-3");
    }
}
