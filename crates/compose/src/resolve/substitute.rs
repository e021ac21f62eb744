//! Variables in a string replaced by their values.
//!
//! The grammar is that of [`crate::interpolation`]; what holds for each operator follows
//! compose-go's template package.

use super::environment::Lookup;
use super::records::{Use, VariableOrigin};
use crate::interpolation::{Operator, Part, parts};

/// How deep defaults may hold defaults.
const MAX_DEPTH: u32 = 64;

/// The most bytes that one string may become.
const MAX_BYTES: usize = 16 * 1024 * 1024;

/// A string with its variables replaced.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Substituted {
    pub(super) text: String,
    pub(super) uses: Vec<Use>,
    /// Variables that are not set and have no default.
    pub(super) unset: Vec<String>,
    /// Variables that must be set and are not, and what the file says to that.
    pub(super) required: Vec<(String, String)>,
}

/// Why a string cannot be replaced.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Failure {
    /// The text that is no valid template.
    Invalid(String),
    /// A variable that must be set, and what the file says to that.
    Required(String, String),
    /// The result is too long, or defaults nest too deep.
    TooLong,
}

/// Replaces the variables of a string. A lenient replacement notes that a variable must be set
/// and goes on without it.
pub(super) fn substitute(
    template: &str,
    lookup: Lookup<'_>,
    lenient: bool,
) -> Result<Substituted, Failure> {
    let mut out = Substituted::default();
    replace(template, lookup, lenient, 0, &mut out)?;
    Ok(out)
}

fn replace(
    template: &str,
    lookup: Lookup<'_>,
    lenient: bool,
    depth: u32,
    out: &mut Substituted,
) -> Result<(), Failure> {
    if depth > MAX_DEPTH {
        return Err(Failure::TooLong);
    }
    for part in parts(template) {
        let variable = match part {
            Part::Text(text) => {
                out.text.push_str(text);
                continue;
            }
            Part::Dollar(_) => {
                out.text.push('$');
                continue;
            }
            Part::Invalid(_) => return Err(Failure::Invalid(template.to_owned())),
            Part::Variable(variable) => variable,
        };
        let name = variable.name;
        let found = lookup(name);
        let is_empty = found.as_ref().is_none_or(|found| found.value.is_empty());
        let word = match &variable.operation {
            None => None,
            Some((operator, word, _)) => match operator {
                Operator::DefaultIfEmpty if is_empty => Some(*word),
                Operator::DefaultIfUnset if found.is_none() => Some(*word),
                Operator::RequiredNotEmpty | Operator::RequiredSet
                    if found.is_none() || (*operator == Operator::RequiredNotEmpty && is_empty) =>
                {
                    let words = message(word, lookup, lenient, depth)?;
                    if !lenient {
                        return Err(Failure::Required(name.to_owned(), words));
                    }
                    out.required.push((name.to_owned(), words));
                    out.uses.push(Use {
                        name: name.into(),
                        origin: VariableOrigin::Unset,
                    });
                    continue;
                }
                Operator::ReplaceIfNotEmpty if !is_empty => Some(*word),
                Operator::ReplaceIfSet if found.is_some() => Some(*word),
                _ => None,
            },
        };
        let origin = match (&found, word, &variable.operation) {
            (Some(found), ..) if !(word.is_some() && found.value.is_empty()) => found.origin,
            (_, Some(_), _) => VariableOrigin::Default,
            (Some(found), None, _) => found.origin,
            (None, None, None) => VariableOrigin::Unset,
            // `${A:+b}` without `A` is empty, and meant to be.
            (None, None, Some(_)) => VariableOrigin::Default,
        };
        out.uses.push(Use {
            name: name.into(),
            origin,
        });
        match word {
            Some(word) => replace(word, lookup, lenient, depth + 1, out)?,
            None => match found {
                Some(found) => out.text.push_str(&found.value),
                None if variable.operation.is_none() => out.unset.push(name.to_owned()),
                None => {}
            },
        }
        if out.text.len() > MAX_BYTES {
            return Err(Failure::TooLong);
        }
    }
    Ok(())
}

/// What the file says to a variable that is not set.
fn message(word: &str, lookup: Lookup<'_>, lenient: bool, depth: u32) -> Result<String, Failure> {
    let mut message = Substituted::default();
    replace(word, lookup, lenient, depth + 1, &mut message)?;
    Ok(message.text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resolve::environment::Variable;

    fn check(template: &str) -> Result<String, Failure> {
        let lookup = |name: &str| {
            let value = match name {
                "SET" => "value",
                "EMPTY" => "",
                _ => return None,
            };
            Some(Variable {
                value: value.into(),
                origin: VariableOrigin::Shell,
            })
        };
        substitute(template, &lookup, false).map(|found| found.text)
    }

    #[test]
    fn operators_decide() {
        for (template, expected) in [
            ("a$SET-b", "avalue-b"),
            ("${SET}${EMPTY}${NONE}", "value"),
            ("${NONE:-x} ${EMPTY:-x} ${SET:-x}", "x x value"),
            ("${NONE-x} ${EMPTY-x} ${SET-x}", "x  value"),
            ("${NONE:+x} ${EMPTY:+x} ${SET:+x}", "  x"),
            ("${NONE+x} ${EMPTY+x} ${SET+x}", " x x"),
            ("${SET:?no} ${SET?no} ${EMPTY?no}", "value value "),
            ("${NONE:-${EMPTY:-${SET}}}", "value"),
            ("$$SET ${NONE:-$$}", "$SET $"),
            ("${NONE:-a}b}", "ab}"),
        ] {
            assert_eq!(check(template), Ok(expected.to_owned()), "{template}");
        }
    }

    #[test]
    fn what_cannot_be_is_refused() {
        for (template, failure) in [
            ("a ${", Failure::Invalid("a ${".into())),
            ("${NONE:-${}}", Failure::Invalid("${}".into())),
            (
                "${NONE:?set it to $SET}",
                Failure::Required("NONE".into(), "set it to value".into()),
            ),
            (
                "${EMPTY:?}",
                Failure::Required("EMPTY".into(), String::new()),
            ),
            ("${NONE?x}", Failure::Required("NONE".into(), "x".into())),
        ] {
            assert_eq!(check(template), Err(failure), "{template}");
        }
    }

    #[test]
    fn nothing_grows_without_bound() {
        let big = "x".repeat(1 << 20);
        let lookup = |_: &str| {
            Some(Variable {
                value: big.as_str().into(),
                origin: VariableOrigin::Shell,
            })
        };
        assert_eq!(
            substitute(&"$A".repeat(100), &lookup, false),
            Err(Failure::TooLong)
        );
        let deep = format!("{}{}", "${A:+".repeat(500), "}".repeat(500));
        assert!(substitute(&deep, &lookup, false).is_err());
    }
}
