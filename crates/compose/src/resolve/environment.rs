//! The variables that a project sees, each with the place of its value.

use std::collections::BTreeMap;

use super::records::VariableOrigin;

/// A variable's value and where it was found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Variable {
    /// Its value.
    pub value: Box<str>,
    /// Where it was found.
    pub origin: VariableOrigin,
}

/// Variables by name.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Environment {
    variables: BTreeMap<Box<str>, Variable>,
}

impl Environment {
    /// The variable of this name.
    pub fn get(&self, name: &str) -> Option<&Variable> {
        self.variables.get(name)
    }

    /// The value of the variable of this name.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.get(name).map(|variable| &*variable.value)
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Variable)> {
        self.variables
            .iter()
            .map(|(name, variable)| (&**name, variable))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.variables.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.variables.is_empty()
    }

    pub(super) fn set(&mut self, name: &str, variable: Variable) {
        self.variables.insert(name.into(), variable);
    }

    /// Adds what is not set already.
    pub(super) fn add_missing(&mut self, other: Environment) {
        for (name, variable) in other.variables {
            self.variables.entry(name).or_insert(variable);
        }
    }
}

/// Looks a variable up.
pub(super) type Lookup<'l> = &'l dyn Fn(&str) -> Option<Variable>;
