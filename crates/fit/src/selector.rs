//! Selectors of labels and of nodes, matched as Kubernetes' libraries match them.

use std::collections::BTreeMap;

use plimsoll_k8s::selectors::{is_label_key, is_label_value};

/// Labels by their key.
pub type Labels = BTreeMap<String, String>;

/// What is asked of labels, all of it together.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Selector {
    /// Nothing is selected: the selector is absent or broken.
    Nothing,
    /// Labels that meet all of these; with none of them, all labels.
    All(Vec<Requirement>),
}

/// What is asked of one label.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Requirement {
    /// The label.
    pub key: String,
    /// What is asked of it.
    pub test: Test,
}

/// What is asked of a label's value.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Test {
    /// It is one of these.
    In(Vec<String>),
    /// The label is absent, or its value none of these.
    NotIn(Vec<String>),
    /// The label is there.
    Exists,
    /// The label is absent.
    DoesNotExist,
    /// It is a whole number above this.
    Above(i64),
    /// It is a whole number below this.
    Below(i64),
}

impl Requirement {
    /// The requirement that such words ask for (`labels.NewRequirement`); `None` where they make
    /// none. `Gt` and `Lt` are for nodes only.
    pub fn new(key: String, operator: &str, values: Vec<String>) -> Option<Self> {
        if !is_label_key(&key) || !values.iter().all(|value| is_label_value(value)) {
            return None;
        }
        let number = || match values.as_slice() {
            [one] => whole(one),
            _ => None,
        };
        let test = match operator {
            "In" if !values.is_empty() => Test::In(values),
            "NotIn" if !values.is_empty() => Test::NotIn(values),
            "Exists" if values.is_empty() => Test::Exists,
            "DoesNotExist" if values.is_empty() => Test::DoesNotExist,
            "Gt" => Test::Above(number()?),
            "Lt" => Test::Below(number()?),
            _ => return None,
        };
        Some(Self { key, test })
    }

    /// A label with this value.
    pub fn equals(key: impl Into<String>, value: impl Into<String>) -> Self {
        Self {
            key: key.into(),
            test: Test::In(vec![value.into()]),
        }
    }

    /// Whether labels meet it (`Requirement.Matches`).
    pub fn matches(&self, labels: &Labels) -> bool {
        let label = labels.get(&self.key);
        match (&self.test, label) {
            (Test::In(values), Some(label)) => values.contains(label),
            (Test::NotIn(values), Some(label)) => !values.contains(label),
            (Test::NotIn(_) | Test::DoesNotExist, None) => true,
            (Test::Exists, label) => label.is_some(),
            (Test::DoesNotExist, Some(_)) | (Test::In(_), None) => false,
            (Test::Above(least), Some(label)) => whole(label).is_some_and(|value| value > *least),
            (Test::Below(most), Some(label)) => whole(label).is_some_and(|value| value < *most),
            (Test::Above(_) | Test::Below(_), None) => false,
        }
    }
}

/// A whole number as Go's `ParseInt` reads it in base ten.
fn whole(text: &str) -> Option<i64> {
    text.parse().ok()
}

impl Selector {
    /// What selects all labels.
    pub const fn everything() -> Self {
        Self::All(Vec::new())
    }

    /// What selects labels that hold all of these.
    pub fn of_labels(labels: &Labels) -> Self {
        let equal = |(key, value): (&String, &String)| Requirement::equals(key, value);
        Self::All(labels.iter().map(equal).collect())
    }

    /// Whether it selects all labels because it asks for nothing (`Selector.Empty`).
    pub fn is_everything(&self) -> bool {
        matches!(self, Self::All(requirements) if requirements.is_empty())
    }

    /// Whether it selects these labels.
    pub fn matches(&self, labels: &Labels) -> bool {
        match self {
            Self::Nothing => false,
            Self::All(requirements) => requirements.iter().all(|one| one.matches(labels)),
        }
    }

    /// Asks for more. What selects nothing stays so.
    pub fn add(&mut self, more: Requirement) {
        if let Self::All(requirements) = self
            && !requirements.contains(&more)
        {
            requirements.push(more);
        }
    }
}

/// One of the terms of a node affinity; a node has to match one of them (`nodeSelectorTerm`).
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct NodeTerm {
    /// What is asked of the node's labels; `Nothing` where it is broken.
    pub labels: Selector,
    /// What is asked of its name: whether it is this one.
    pub fields: Vec<FieldTest>,
    /// The names that `In` asks for, whether or not the term can match: what the scheduler looks
    /// at before it looks at nodes. `None` where it asks for none.
    pub names: Option<Vec<String>>,
}

/// What is asked of a field of a node.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct FieldTest {
    /// The field: only `metadata.name` is known, others are empty.
    pub key: String,
    /// The value it is compared with.
    pub value: String,
    /// Whether it has to be equal, or else different.
    pub equal: bool,
}

impl NodeTerm {
    /// Whether a node matches. A term that asks for nothing matches none; it is left out when
    /// pods are read.
    pub fn matches(&self, name: &str, labels: &Labels) -> bool {
        self.labels.matches(labels)
            && self.fields.iter().all(|test| {
                let value = if test.key == "metadata.name" {
                    name
                } else {
                    ""
                };
                (value == test.value) == test.equal
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(text: &str) -> Labels {
        text.split_whitespace()
            .filter_map(|pair| pair.split_once('='))
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect()
    }

    fn requirement(key: &str, operator: &str, values: &[&str]) -> Option<Requirement> {
        let values = values.iter().map(|value| (*value).to_owned()).collect();
        Requirement::new(key.to_owned(), operator, values)
    }

    #[test]
    fn numbers_are_compared_as_numbers() {
        let above = requirement("cores", "Gt", &["8"]).unwrap();
        assert!(above.matches(&labels("cores=16")));
        assert!(!above.matches(&labels("cores=8")));
        assert!(!above.matches(&labels("cores=many")));
        assert!(!above.matches(&labels("")));
        let below = requirement("cores", "Lt", &["-1"]);
        assert!(below.is_none(), "no label's value begins with a hyphen");
        assert!(requirement("cores", "Gt", &["1", "2"]).is_none());
        assert!(requirement("cores", "Gt", &["x"]).is_none());
    }

    #[test]
    fn what_is_absent_is_not_among_values() {
        let other = requirement("zone", "NotIn", &["a"]).unwrap();
        assert!(other.matches(&labels("")));
        assert!(!other.matches(&labels("zone=a")));
        assert!(requirement("zone", "In", &[]).is_none());
        assert!(requirement("zone", "Exists", &["a"]).is_none());
        assert!(requirement("zone", "Equals", &["a"]).is_none());
        assert!(requirement("a zone", "In", &["a"]).is_none());
    }

    #[test]
    fn nothing_stays_nothing() {
        let mut selector = Selector::Nothing;
        selector.add(Requirement::equals("a", "b"));
        assert!(!selector.matches(&labels("a=b")));
        assert!(!selector.is_everything());
        assert!(Selector::everything().matches(&labels("")));
    }
}
