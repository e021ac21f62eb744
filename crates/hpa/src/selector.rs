//! Label selectors of metrics, as the controller prints them.

use std::collections::BTreeMap;
use std::fmt;

/// A label selector; its text is that of Go's `%+v`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct LabelSelector {
    /// `matchLabels`.
    pub labels: BTreeMap<String, String>,
    /// `matchExpressions`.
    pub expressions: Vec<Expression>,
}

/// An entry of `matchExpressions`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Expression {
    /// The label.
    pub key: String,
    /// `In`, `NotIn`, `Exists` or `DoesNotExist`.
    pub operator: String,
    /// The values.
    pub values: Vec<String>,
}

impl LabelSelector {
    /// Why `metav1.LabelSelectorAsSelector` refuses it: an operator that is none. The API server
    /// refuses everything else that could be wrong with it.
    pub fn refusal(&self) -> Option<String> {
        let known = ["In", "NotIn", "Exists", "DoesNotExist"];
        let stray = self
            .expressions
            .iter()
            .find(|one| !known.contains(&&*one.operator))?;
        Some(format!(
            "\"{}\" is not a valid label selector operator",
            stray.operator
        ))
    }
}

impl fmt::Display for LabelSelector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("&LabelSelector{MatchLabels:map[string]string{")?;
        for (key, value) in &self.labels {
            write!(f, "{key}: {value},")?;
        }
        f.write_str("},MatchExpressions:[]LabelSelectorRequirement{")?;
        for one in &self.expressions {
            write!(
                f,
                "LabelSelectorRequirement{{Key:{},Operator:{},Values:[{}],}},",
                one.key,
                one.operator,
                one.values.join(" ")
            )?;
        }
        f.write_str("},}")
    }
}

/// `%+v` of a pointer to a selector.
pub(crate) fn shown(selector: Option<&LabelSelector>) -> String {
    selector.map_or_else(|| "nil".to_owned(), ToString::to_string)
}
