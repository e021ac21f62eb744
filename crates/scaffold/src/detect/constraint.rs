//! Constraints on versions, as manifests of several languages write them.
//!
//! The operators are those of npm's ranges, PEP 440, Poetry, Composer, Cargo and RubyGems, which
//! mean the same where they share a sign. A release (`3.12`, `22`) stands for all its patch
//! releases: it is allowed when one of them is.

use std::cmp::Ordering;

/// A constraint: alternatives, each a list of comparisons that hold together.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Constraint {
    alternatives: Vec<Vec<Comparison>>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Comparison {
    /// At least this.
    Least(Vec<u32>),
    /// More than this.
    Above(Vec<u32>),
    /// Less than this.
    Below(Vec<u32>),
    /// At most this.
    Most(Vec<u32>),
    /// Begins with this.
    Is(Vec<u32>),
    /// Does not begin with this.
    Not(Vec<u32>),
}

impl Constraint {
    /// Reads a constraint; `None` for what says nothing of a version (`*`, `latest`, a name).
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.trim().trim_matches(['"', '\'']);
        let mut alternatives = Vec::new();
        for alternative in text.split('|').filter(|part| !part.is_empty()) {
            alternatives.push(comparisons(alternative)?);
        }
        (!alternatives.is_empty()).then_some(Self { alternatives })
    }

    /// Whether a patch release of `release` fits.
    pub(crate) fn allows(&self, release: &str) -> bool {
        let release = numbers(release);
        self.alternatives
            .iter()
            .any(|all| all.iter().all(|comparison| comparison.allows(&release)))
    }

    /// Whether all that fits is newer than `release`.
    pub(crate) fn above(&self, release: &str) -> bool {
        let release = numbers(release);
        self.alternatives.iter().all(|all| {
            all.iter().any(|comparison| match comparison {
                Comparison::Least(v) | Comparison::Above(v) | Comparison::Is(v) => {
                    cut(v, release.len()) > release
                }
                _ => false,
            })
        })
    }
}

impl Comparison {
    fn allows(&self, release: &[u32]) -> bool {
        let len = release.len();
        match self {
            // `>= 3.11.4` leaves patch releases of 3.11.
            Self::Least(v) | Self::Above(v) if v.len() > len => release >= &cut(v, len)[..],
            Self::Least(v) => release >= &v[..],
            // `> 3.11` leaves 3.11.1 to PEP 440 and nothing of 3.11 to npm: the stricter.
            Self::Above(v) => !release.starts_with(v) && release >= &v[..],
            Self::Below(v) => {
                let mut v = v.clone();
                while v.len() > len && v.last() == Some(&0) {
                    v.pop();
                }
                if v.len() > len {
                    release <= &cut(&v, len)[..]
                } else {
                    release < &v[..] && !release.starts_with(&v)
                }
            }
            Self::Most(v) => release <= &cut(v, len)[..] || release.starts_with(v),
            Self::Is(v) if v.len() > len => release == &v[..len],
            Self::Is(v) => release.starts_with(v),
            Self::Not(v) => v.len() > len || !release.starts_with(v),
        }
    }
}

fn comparisons(text: &str) -> Option<Vec<Comparison>> {
    let text = text.trim();
    if let Some(name) = text.strip_prefix("lts/") {
        let major = match name {
            // The newest with long-term support, and those by their code names.
            "*" => 24,
            "krypton" | "Krypton" => 24,
            "jod" | "Jod" => 22,
            "iron" | "Iron" => 20,
            "hydrogen" | "Hydrogen" => 18,
            _ => return None,
        };
        return Some(vec![Comparison::Is(vec![major])]);
    }
    if let Some((low, high)) = text.split_once(" - ") {
        let (low, high) = (numbers(low), numbers(high));
        if low.is_empty() || high.is_empty() {
            return None;
        }
        return Some(vec![Comparison::Least(low), Comparison::Most(high)]);
    }
    let mut found = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches([' ', ',', '\t', '\n', '|']);
        if rest.is_empty() {
            break;
        }
        let sign_len = rest
            .find(|c: char| !"<>=!~^".contains(c))
            .unwrap_or(rest.len());
        let (sign, after) = rest.split_at(sign_len);
        let after = after.trim_start();
        let len = after.find([' ', ',', '|']).unwrap_or(after.len());
        let (version, after) = after.split_at(len);
        rest = after;
        push(&mut found, sign, version)?;
    }
    (!found.is_empty()).then_some(found)
}

fn push(found: &mut Vec<Comparison>, sign: &str, version: &str) -> Option<()> {
    let v = numbers(version);
    if v.is_empty() {
        // `*` beside other comparisons adds nothing; alone it is no constraint.
        return matches!(version, "*" | "x" | "")
            .then_some(())
            .filter(|()| !found.is_empty());
    }
    match sign {
        ">=" | "=>" => found.push(Comparison::Least(v)),
        ">" => found.push(Comparison::Above(v)),
        "<" => found.push(Comparison::Below(v)),
        "<=" | "=<" => found.push(Comparison::Most(v)),
        "!=" => found.push(Comparison::Not(v)),
        "~=" | "~>" if v.len() > 1 => {
            let mut bound = v[..v.len() - 1].to_vec();
            if let Some(last) = bound.last_mut() {
                *last += 1;
            }
            found.push(Comparison::Least(v));
            found.push(Comparison::Below(bound));
        }
        "~" | "~=" | "~>" => {
            // npm: the minor is fixed when given, else the major.
            let fixed = v.len().clamp(1, 2);
            found.push(Comparison::Is(v[..fixed].to_vec()));
            found.push(Comparison::Least(v));
        }
        "^" => {
            let fixed = v.iter().take_while(|n| **n == 0).count() + 1;
            found.push(Comparison::Is(v[..fixed.min(v.len())].to_vec()));
            found.push(Comparison::Least(v));
        }
        _ => found.push(Comparison::Is(v)),
    }
    Some(())
}

/// The numbers of a version, up to the first part that is none: `v22.x` gives 22.
pub(crate) fn numbers(text: &str) -> Vec<u32> {
    let text = text.trim().trim_start_matches(['v', 'V', '=']);
    let mut numbers = Vec::new();
    for part in text.split('.').take(4) {
        let digits: String = part.chars().take_while(char::is_ascii_digit).collect();
        match digits.parse() {
            Ok(number) => numbers.push(number),
            Err(_) => break,
        }
        if digits.len() < part.len() {
            break;
        }
    }
    numbers
}

/// Compares two versions by their numbers.
pub(crate) fn compare(a: &str, b: &str) -> Ordering {
    numbers(a).cmp(&numbers(b))
}

fn cut(version: &[u32], len: usize) -> Vec<u32> {
    version[..len.min(version.len())].to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_stand_for_their_patch_releases() {
        let cases: &[(&str, &str, bool)] = &[
            (">=3.11", "3.11", true),
            (">=3.11.4", "3.11", true),
            (">=3.11", "3.10", false),
            (">3.11", "3.11", false),
            ("<3.13", "3.13", false),
            ("<3.13", "3.12", true),
            ("<3.13.2", "3.13", true),
            ("<4.0", "3.14", true),
            ("<4", "3.14", true),
            ("~=3.11", "3.14", true),
            ("~=3.11", "4.0", false),
            ("~=3.11.2", "3.12", false),
            ("~> 3.3.0", "3.3", true),
            ("^3.10", "3.13", true),
            ("^0.9", "0.10", false),
            ("==3.12.*", "3.12", true),
            ("3.12.1", "3.12", true),
            (">=18 <21", "20", true),
            (">=18 <21", "22", false),
            (">= 18.0.0", "22", true),
            ("18 || 20", "20", true),
            ("18.x", "18", true),
            ("~22.3", "22", true),
            ("18 - 20", "19", true),
            ("!=3.12.1,>=3.11", "3.12", true),
            ("^7.4|^8.0", "8.3", true),
        ];
        for (constraint, release, allowed) in cases {
            let parsed = Constraint::parse(constraint).expect("a constraint");
            assert_eq!(parsed.allows(release), *allowed, "{constraint} {release}");
        }
        assert_eq!(Constraint::parse("*"), None);
        assert_eq!(Constraint::parse("latest"), None);
        assert_eq!(Constraint::parse(""), None);
    }
}
