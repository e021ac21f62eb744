//! Names of rules as users write them: ids, and what other tools call the same thing.

use std::collections::BTreeSet;

use plimsoll_rules::{RULES, Rule};
use plimsoll_source::nearest::nearest;

use crate::failure::Failure;

/// The rules called `name`: one by its id, or all that know it as an alias (`DL3006`).
pub(crate) fn rules(name: &str) -> Result<Vec<&'static Rule>, Failure> {
    rules_of(RULES, name)
}

fn rules_of(all: &[&'static Rule], name: &str) -> Result<Vec<&'static Rule>, Failure> {
    if let Some(rule) = all.iter().find(|rule| rule.id == name) {
        return Ok(vec![rule]);
    }
    let known = |rule: &&&Rule| rule.aliases.iter().any(|a| a.id.eq_ignore_ascii_case(name));
    let found: Vec<&Rule> = all.iter().filter(known).copied().collect();
    if !found.is_empty() {
        return Ok(found);
    }
    let failure = Failure::user(format!("no rule is called `{name}`"));
    Err(match suggestion(all, name) {
        Some(near) => failure.help(format!("did you mean `{near}`?")),
        None => failure.help("`plimsoll rules` lists all rules"),
    })
}

/// What was probably meant: a slip of the pen, or the only id that has all the words.
fn suggestion(all: &[&'static Rule], name: &str) -> Option<&'static str> {
    let ids = || all.iter().map(|rule| rule.id);
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

/// The ids of the rules that a list of names means.
pub(crate) fn ids(names: &[String]) -> Result<BTreeSet<String>, Failure> {
    let mut ids = BTreeSet::new();
    for name in names
        .iter()
        .map(|name| name.trim())
        .filter(|name| !name.is_empty())
    {
        ids.extend(rules(name)?.into_iter().map(|rule| rule.id.to_owned()));
    }
    Ok(ids)
}
