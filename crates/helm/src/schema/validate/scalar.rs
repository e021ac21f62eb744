//! Strings and numbers: how long, how large, and what they must look like.

use super::super::number::{Number, count};
use super::super::quoted;
use super::{Check, State};

impl<'s> Check<'s> {
    pub(super) fn string(&mut self, state: &mut State<'_, 's>, text: &str) {
        let node = state.node;
        if node.min_length.is_some() || node.max_length.is_some() {
            let length = text.chars().count() as u64;
            if let Some(least) = node.min_length.filter(|least| length < *least) {
                self.add(state, || {
                    format!("minLength: got {}, want {}", count(length), count(least))
                });
            }
            if let Some(most) = node.max_length.filter(|most| length > *most) {
                self.add(state, || {
                    format!("maxLength: got {}, want {}", count(length), count(most))
                });
            }
        }
        if let Some(pattern) = &node.pattern
            && !pattern.matches(text)
        {
            self.add(state, || {
                format!(
                    "{} does not match pattern {}",
                    quoted(text),
                    quoted(&pattern.text)
                )
            });
        }
    }

    pub(super) fn number(&mut self, state: &mut State<'_, 's>) {
        let node = state.node;
        let Some(own) = Number::of(&state.item.data) else {
            return;
        };
        let mut check = |name: &str, limit: Option<Number>, broken: fn(Number, Number) -> bool| {
            if let Some(limit) = limit.filter(|limit| broken(own, *limit)) {
                self.add(state, || {
                    format!("{name}: got {}, want {}", own.shown(), limit.shown())
                });
            }
        };
        check("minimum", node.minimum, |own, limit| {
            own.compare(limit).is_lt()
        });
        check("maximum", node.maximum, |own, limit| {
            own.compare(limit).is_gt()
        });
        check("exclusiveMinimum", node.exclusive_minimum, |own, limit| {
            own.compare(limit).is_le()
        });
        check("exclusiveMaximum", node.exclusive_maximum, |own, limit| {
            own.compare(limit).is_ge()
        });
        check("multipleOf", node.multiple_of, |own, limit| {
            !own.is_multiple_of(limit)
        });
    }
}
