//! Names of rules as users write them, and what to say of those that are none.

use std::collections::BTreeSet;

use plimsoll_rules::{Rule, named, nearest_name};

use crate::failure::Failure;

/// The rules called `name`: one by its id, or all that know it as an alias (`DL3006`).
pub(crate) fn rules(name: &str) -> Result<Vec<&'static Rule>, Failure> {
    let found = named(name);
    if found.is_empty() {
        return Err(Failure::user(unknown(name)).help(help(name)));
    }
    Ok(found)
}

/// What is said of a name that is none.
pub(crate) fn unknown(name: &str) -> String {
    format!("no rule is called `{name}`")
}

/// What to write instead of a name that is none.
pub(crate) fn help(name: &str) -> String {
    match nearest_name(name) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "`plimsoll rules` lists all rules".to_owned(),
    }
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
