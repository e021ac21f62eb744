//! Names of rules as users write them: ids, and what other tools call the same thing.

use std::collections::BTreeSet;

use plimsoll_source::nearest::nearest;

use crate::rule::{Alias, Rule};

/// What a finding of `plimsoll secret scan` goes by. It is no rule of a review, and a comment may
/// allow it all the same.
pub const PLAIN_SECRET: &str = "plain-secret";

/// The rules called `name`: one by its id, or all that another tool's id stands for, whatever
/// its case (`DL3006`). None where nothing is called so.
pub fn named(name: &str) -> Vec<&'static Rule> {
    if let Some(rule) = crate::find(name) {
        return vec![rule];
    }
    let known = |rule: &&Rule| rule.aliases.iter().any(|alias| is_called(alias, name));
    crate::RULES.iter().copied().filter(known).collect()
}

/// The id that was probably meant by a name that is none: a slip of the pen, or the only id that
/// has all its words.
pub fn nearest_name(name: &str) -> Option<&'static str> {
    let ids = || {
        let rules = crate::RULES.iter().map(|rule| rule.id);
        rules.chain([PLAIN_SECRET])
    };
    let name = name.to_ascii_lowercase().replace(['_', ' '], "-");
    nearest(&name, ids()).or_else(|| {
        let words: BTreeSet<&str> = name.split('-').filter(|word| word.len() > 2).collect();
        let mut with_all = ids().filter(|id| {
            !words.is_empty()
                && words
                    .iter()
                    .all(|word| id.split('-').any(|part| part == *word))
        });
        with_all.next()
    })
}

/// Whether another tool's rule goes by a name. Trivy has had three forms of one id: `DS002`,
/// `AVD-DS-0002` and `DS-0002`.
fn is_called(alias: &Alias, name: &str) -> bool {
    alias.id.eq_ignore_ascii_case(name)
        || alias.tool == "trivy" && dashed(name).is_some_and(|name| name == alias.id)
}

fn dashed(name: &str) -> Option<String> {
    let name = name.to_ascii_uppercase();
    let name = name.strip_prefix("AVD-").unwrap_or(&name);
    let letters = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let number: u32 = name[letters.len()..].parse().ok()?;
    let letters = letters.trim_end_matches('-');
    (!letters.is_empty()).then(|| format!("{letters}-{number:04}"))
}

/// The rules that stand for `id` of `tool`.
pub(crate) fn foreign(tool: &str, id: &str) -> Vec<&'static str> {
    let stands = |rule: &&&Rule| {
        let mut aliases = rule.aliases.iter();
        aliases.any(|alias| alias.tool == tool && is_called(alias, id))
    };
    let rules = crate::RULES.iter().filter(stands);
    rules.map(|rule| rule.id).collect()
}

/// The rules that stand for anything of `tool`.
pub(crate) fn all_of(tool: &str) -> Vec<&'static str> {
    let stands = |rule: &&&Rule| rule.aliases.iter().any(|alias| alias.tool == tool);
    let rules = crate::RULES.iter().filter(stands);
    rules.map(|rule| rule.id).collect()
}

#[cfg(test)]
mod tests {
    use super::{foreign, named, nearest_name};

    #[test]
    fn names_of_other_tools_are_known_and_slips_are_guessed() {
        let ids = |name| named(name).iter().map(|rule| rule.id).collect::<Vec<_>>();
        assert_eq!(ids("unpinned-base-image"), ["unpinned-base-image"]);
        assert_eq!(ids("dl3006"), ["unpinned-base-image"]);
        assert!(ids("nothing-at-all").is_empty());
        assert_eq!(
            nearest_name("unpinned-base-imgae"),
            Some("unpinned-base-image")
        );
        assert_eq!(nearest_name("zzzzzz"), None);
        assert_eq!(foreign("hadolint", "DL3006"), ["unpinned-base-image"]);
        assert!(foreign("checkov", "DL3006").is_empty());
        for name in ["DS002", "ds-0002", "AVD-DS-0002", "DS-0002"] {
            assert_eq!(ids(name), ["image-runs-as-root"], "{name}");
        }
    }
}
