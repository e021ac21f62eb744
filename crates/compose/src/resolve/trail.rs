//! Where in the tree a step is: the keys from the top, on the call stack.

use std::fmt;

/// The part of a [`Trail`] that stands for an item of a list, whichever it is.
pub(super) const ITEM: &str = "[]";

/// The keys that lead to a value.
#[derive(Clone, Copy)]
pub(super) struct Trail<'t> {
    outer: Option<&'t Trail<'t>>,
    part: Part<'t>,
    depth: usize,
}

#[derive(Clone, Copy)]
enum Part<'t> {
    Top,
    Key(&'t str),
    Item(usize),
}

impl<'t> Trail<'t> {
    /// The top of the tree.
    pub(super) const TOP: Trail<'static> = Trail {
        outer: None,
        part: Part::Top,
        depth: 0,
    };

    /// The value under a key.
    pub(super) fn key(&'t self, key: &'t str) -> Trail<'t> {
        self.next(Part::Key(key))
    }

    /// An item of the list.
    pub(super) fn item(&'t self, number: usize) -> Trail<'t> {
        self.next(Part::Item(number))
    }

    fn next(&'t self, part: Part<'t>) -> Trail<'t> {
        Trail {
            outer: Some(self),
            part,
            depth: self.depth + 1,
        }
    }

    /// How many keys there are.
    pub(super) fn depth(&self) -> usize {
        self.depth
    }

    /// Whether the keys are these; `*` stands for any, [`ITEM`] for an item of a list.
    pub(super) fn matches(&self, pattern: &[&str]) -> bool {
        if pattern.len() != self.depth {
            return false;
        }
        let mut at = *self;
        for expected in pattern.iter().rev() {
            let fits = match at.part {
                Part::Top => false,
                Part::Key(key) => *expected == "*" || *expected == key,
                Part::Item(_) => *expected == "*" || *expected == ITEM,
            };
            if !fits {
                return false;
            }
            match at.outer {
                Some(outer) => at = *outer,
                None => return false,
            }
        }
        true
    }

    /// Whether one of the patterns matches.
    pub(super) fn matches_any(&self, patterns: &[&[&str]]) -> bool {
        patterns.iter().any(|pattern| self.matches(pattern))
    }

    /// The keys, as many as [`Trail::depth`] says, if they are few; [`ITEM`] for items of lists.
    pub(super) fn keys(&self) -> Option<[&'t str; 8]> {
        let mut keys = [""; 8];
        let mut at = *self;
        while at.depth > 0 {
            *keys.get_mut(at.depth - 1)? = match at.part {
                Part::Top => "",
                Part::Key(key) => key,
                Part::Item(_) => ITEM,
            };
            at = *at.outer?;
        }
        Some(keys)
    }

    fn parts(&self) -> Vec<Part<'t>> {
        let mut parts = Vec::with_capacity(self.depth);
        let mut at = Some(*self);
        while let Some(trail) = at {
            if !matches!(trail.part, Part::Top) {
                parts.push(trail.part);
            }
            at = trail.outer.copied();
        }
        parts.reverse();
        parts
    }
}

impl fmt::Display for Trail<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, part) in self.parts().into_iter().enumerate() {
            match part {
                Part::Top => {}
                Part::Key(key) if number == 0 => write!(f, "{key}")?,
                Part::Key(key) => write!(f, ".{key}")?,
                Part::Item(item) => write!(f, "[{item}]")?,
            }
        }
        if self.depth == 0 {
            write!(f, "the top of the file")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trails_match_patterns_and_print_themselves() {
        let services = Trail::TOP.key("services");
        let web = services.key("web.x");
        let ports = web.key("ports");
        let second = ports.item(1);
        assert!(second.matches(&["services", "*", "ports", ITEM]));
        assert!(second.matches(&["services", "*", "ports", "*"]));
        assert!(!second.matches(&["services", "*", "ports"]));
        assert!(!ports.matches(&["services", "*", ITEM]));
        assert!(!Trail::TOP.matches(&["*"]) && Trail::TOP.matches(&[]));
        assert_eq!(second.to_string(), "services.web.x.ports[1]");
    }
}
