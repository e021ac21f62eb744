//! Fields that take a number or a string: ports by name, counts by percentage.

use std::borrow::Cow;

use plimsoll_yaml::{Node, Scalar};

/// A field that takes a number or a string, such as a port.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct IntOrString<'a> {
    node: Node<'a>,
}

impl<'a> IntOrString<'a> {
    /// The view of an integer or string scalar; `None` for anything else.
    pub fn new(node: Node<'a>) -> Option<Self> {
        let node = node.resolve();
        (node.as_int().is_some() || node.as_str().is_some()).then_some(Self { node })
    }

    /// The scalar.
    pub fn node(self) -> Node<'a> {
        self.node
    }

    /// The number, if it is written as one. A quoted `"8080"` is a string: as a port it is the
    /// name `8080`, which no port can have.
    pub fn number(self) -> Option<i64> {
        self.node.as_int()
    }

    /// The string, if it is one.
    pub fn string(self) -> Option<Cow<'a, str>> {
        self.node.as_str()
    }

    /// Either, as text.
    pub fn text(self) -> Cow<'a, str> {
        match (self.number(), self.string()) {
            (Some(number), _) => Cow::Owned(number.to_string()),
            (None, Some(text)) => text,
            (None, None) => Cow::Borrowed(""),
        }
    }
}

/// A count, or a percentage of some total: `maxSurge`, `maxUnavailable`, `minAvailable`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum IntOrPercent {
    /// A count.
    Count(i64),
    /// A percentage.
    Percent(i64),
}

impl IntOrPercent {
    /// Reads an integer, or a string of an integer and `%`. `None` for anything else; Kubernetes
    /// refuses a string without `%`.
    pub fn new(node: Node<'_>) -> Option<Self> {
        match node.scalar()? {
            Scalar::Str(text) => Self::parse(&text),
            _ => node.as_int().map(Self::Count),
        }
    }

    /// Reads `25%`.
    pub fn parse(text: &str) -> Option<Self> {
        text.strip_suffix('%')?.parse().ok().map(Self::Percent)
    }

    /// The count out of `total`, a percentage rounded up.
    pub fn scaled_up(self, total: i64) -> i64 {
        match self {
            Self::Count(count) => count,
            Self::Percent(percent) => {
                let product = i128::from(percent) * i128::from(total);
                clamp(product.div_euclid(100) + i128::from(product.rem_euclid(100) != 0))
            }
        }
    }

    /// The count out of `total`, a percentage rounded down.
    pub fn scaled_down(self, total: i64) -> i64 {
        match self {
            Self::Count(count) => count,
            Self::Percent(percent) => {
                clamp((i128::from(percent) * i128::from(total)).div_euclid(100))
            }
        }
    }
}

impl std::fmt::Display for IntOrPercent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Count(count) => write!(f, "{count}"),
            Self::Percent(percent) => write!(f, "{percent}%"),
        }
    }
}

fn clamp(value: i128) -> i64 {
    i64::try_from(value).unwrap_or(if value < 0 { i64::MIN } else { i64::MAX })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_round_both_ways() {
        let percent = IntOrPercent::parse("25%").expect("a percentage");
        assert_eq!((percent.scaled_up(3), percent.scaled_down(3)), (1, 0));
        assert_eq!((percent.scaled_up(4), percent.scaled_down(4)), (1, 1));
        assert_eq!((percent.scaled_up(0), percent.scaled_down(0)), (0, 0));
        let negative = IntOrPercent::parse("-25%").expect("a percentage");
        assert_eq!((negative.scaled_up(3), negative.scaled_down(3)), (0, -1));
        assert_eq!(
            IntOrPercent::Percent(i64::MAX).scaled_up(i64::MAX),
            i64::MAX
        );
    }

    #[test]
    fn a_string_without_a_percent_sign_is_neither() {
        for text in ["5", "", "%", "5 %", "5.5%", "5%%", "x%"] {
            assert_eq!(IntOrPercent::parse(text), None, "{text}");
        }
        assert_eq!(IntOrPercent::parse("+5%"), Some(IntOrPercent::Percent(5)));
        assert_eq!(IntOrPercent::Percent(5).to_string(), "5%");
    }
}
