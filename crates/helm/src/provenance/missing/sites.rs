//! Where templates write objects, told from their text alone.

/// A place that writes an object.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Site {
    /// Where the line of its `kind` starts, in bytes.
    pub(super) at: u32,
    /// The line, from 1.
    pub(super) line: u32,
    /// The kind as it is written.
    kind: String,
    /// The name as it is written; empty if none was found.
    pub(super) name: String,
}

/// The objects in a text: each has a line that starts with `kind:`, and the first `name` below
/// the `metadata` of the same document.
pub(super) fn sites(text: &str) -> Vec<Site> {
    let mut found: Vec<Site> = Vec::new();
    let mut at = 0;
    let mut lines = Vec::new();
    for line in text.split_inclusive('\n') {
        lines.push((at, line.trim_end()));
        at += line.len() as u32;
    }
    for (number, (at, line)) in lines.iter().enumerate() {
        let Some(kind) = line.strip_prefix("kind:") else {
            continue;
        };
        let after = lines[number + 1..].iter().map(|(_, line)| *line);
        let before = lines[..number].iter().rev().map(|(_, line)| *line);
        let name = name_after(after).or_else(|| {
            let mut above: Vec<&str> = before.take_while(|line| !line.starts_with("---")).collect();
            above.reverse();
            name_after(above.into_iter())
        });
        found.push(Site {
            at: *at,
            line: number as u32 + 1,
            kind: unquoted(kind).to_owned(),
            name: unquoted(name.unwrap_or_default()).to_owned(),
        });
    }
    found
}

/// The `name` of the first `metadata`.
fn name_after<'t>(lines: impl Iterator<Item = &'t str>) -> Option<&'t str> {
    let mut inside = false;
    for line in lines {
        if line.starts_with("---") || line.starts_with("kind:") {
            return None;
        }
        if let Some(rest) = line.strip_prefix("metadata:") {
            inside = true;
            // `metadata: {name: x}`
            if let Some((_, name)) = rest.split_once("name:") {
                return name.split([',', '}']).next();
            }
        } else if inside && let Some(name) = line.trim_start().strip_prefix("name:") {
            return Some(name);
        } else if inside && line.starts_with(|c: char| c.is_alphabetic()) {
            return None;
        }
    }
    None
}

/// A value without comment and quotes.
fn unquoted(text: &str) -> &str {
    let text = text.split(" #").next().unwrap_or(text).trim();
    let inner = |quote: char| text.strip_prefix(quote)?.strip_suffix(quote);
    inner('"').or(inner('\'')).unwrap_or(text)
}

impl Site {
    /// Whether its kind is worked out by an action.
    pub(super) fn is_computed(&self) -> bool {
        self.kind.contains("{{")
    }

    /// Whether its kind is, or may be, the one that is wanted.
    pub(super) fn fits(&self, kind: &str) -> bool {
        self.is_computed() || crate::provenance::fields::same_kind(kind, &self.kind)
    }

    /// Whether it may have the name, as far as that is written out.
    pub(super) fn may_be_called(&self, name: &str) -> bool {
        let mut fixed = Vec::new();
        let mut rest = self.name.as_str();
        while let Some((before, behind)) = rest.split_once("{{") {
            fixed.push(before);
            rest = behind.split_once("}}").map_or("", |(_, behind)| behind);
        }
        if fixed.is_empty() {
            return !name.is_empty() && rest == name;
        }
        // What stands before, between and behind actions must be there in this order.
        let Some(mut left) = name.strip_prefix(fixed[0]) else {
            return false;
        };
        for part in &fixed[1..] {
            let Some(at) = left.find(part) else {
                return false;
            };
            left = &left[at + part.len()..];
        }
        left.ends_with(rest)
    }
}

#[cfg(test)]
mod tests {
    use super::sites;

    #[test]
    fn objects_have_kinds_and_names() {
        let text = "a: 1\n---\nmetadata:\n  labels: {}\n  name: {{ .x }}-web\nkind: A\n---\nkind: \"B\" # why\nmetadata: {name: 'b'}\n---\nkind: C\nspec:\n  name: no\n";
        let found = sites(text);
        let shown: Vec<(u32, &str)> = found.iter().map(|site| (site.line, &*site.name)).collect();
        assert_eq!(shown, [(6, "{{ .x }}-web"), (8, "b"), (11, "")]);
        assert!(found[1].fits("b") && !found[1].fits("c"));
    }

    #[test]
    fn names_are_compared_as_far_as_they_are_written_out() {
        let of = |name: &str| sites(&format!("kind: A\nmetadata:\n  name: {name}\n"))[0].clone();
        assert!(of("{{ .x }}-web").may_be_called("shop-web"));
        assert!(!of("{{ .x }}-web").may_be_called("shop-db"));
        assert!(of("a{{ .x }}b{{ .y }}").may_be_called("a1b2"));
        assert!(!of("a{{ .x }}b{{ .y }}").may_be_called("a12"));
        assert!(of("web").may_be_called("web") && !of("web").may_be_called("we"));
    }
}
