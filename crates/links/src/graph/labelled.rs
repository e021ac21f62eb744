//! Pods, found by their labels.

use std::borrow::Cow;
use std::collections::HashMap;

use plimsoll_k8s::selectors::{Operator, Requirement};

use crate::references::Pods;

/// Pods by their labels: few of many have one that is asked for.
pub(super) struct Labelled<'a> {
    by_label: HashMap<(Cow<'a, str>, Cow<'a, str>), Vec<u32>>,
    all: Vec<u32>,
}

impl<'a> Labelled<'a> {
    pub(super) fn new(pods: &[Pods<'a>]) -> Self {
        let mut by_label: HashMap<_, Vec<u32>> = HashMap::new();
        for (number, pods) in (0_u32..).zip(pods) {
            for label in pods.labels.iter() {
                by_label.entry(label).or_default().push(number);
            }
        }
        Self {
            by_label,
            all: (0..pods.len() as u32).collect(),
        }
    }

    /// The pods among which those are that meet all of some requirements, in order.
    pub(super) fn candidates<'p>(
        &self,
        pods: &'p [Pods<'a>],
        asked: &[Requirement<'a>],
    ) -> impl Iterator<Item = &'p Pods<'a>> {
        let equal = asked
            .iter()
            .filter(|one| one.operator == Operator::Equals)
            .filter_map(|one| Some((one.key_text(), one.value_texts().pop()?)));
        let fewest = equal
            .map(|label| self.by_label.get(&label).map_or(&[][..], Vec::as_slice))
            .min_by_key(|numbers| numbers.len())
            .unwrap_or(&self.all);
        fewest.iter().map(|number| &pods[*number as usize])
    }
}
