//! Sets that somebody asked for: what is in them.

use std::rc::Rc;

use rustc_hash::FxHashSet;

use super::sets::{
    CONDITION_BIT, CONDITIONS, DECIDERS, MAX_ELEMENTS, NAME_BIT, NAMELESS, NAMES, SINGLE,
};

/// Sets that were asked for.
#[derive(Default)]
pub(super) struct Known {
    pub(super) sets: Vec<Elements>,
    index: FxHashSet<Rc<[u32]>>,
}

/// What is known of a set.
#[derive(Clone, Default)]
pub(super) enum Elements {
    #[default]
    Unknown,
    /// There are too many.
    Many,
    /// Sorted: the sources, and below each the bits of its role.
    Known(Rc<[u32]>),
}
impl Known {
    pub(super) fn has(&self, node: u32) -> bool {
        node & SINGLE != 0 || node == 0 || !matches!(self.sets[node as usize], Elements::Unknown)
    }

    /// A set that is known, or `None` if it has too many elements.
    pub(super) fn get(&self, node: u32) -> Option<Rc<[u32]>> {
        if node & SINGLE != 0 {
            return Some(Rc::from([node & !SINGLE]));
        }
        match &self.sets[node as usize] {
            Elements::Unknown => Some(Rc::from([])),
            Elements::Many => None,
            Elements::Known(set) => Some(set.clone()),
        }
    }

    /// Works a set out of sets that are known; `kind` is a mark like [`CONDITIONS`] if it
    /// is not all of them as they are.
    pub(super) fn merge(&mut self, node: u32, operands: &mut Vec<u32>, kind: u32) {
        operands.sort_unstable();
        operands.dedup();
        let mut sets: Vec<Rc<[u32]>> = Vec::with_capacity(operands.len());
        for &operand in operands.iter() {
            match self.get(operand) {
                Some(set) if set.is_empty() => {}
                Some(set) => sets.push(set),
                None => {
                    self.sets[node as usize] = Elements::Many;
                    return;
                }
            }
        }
        // Equal sets are one list, but for those of one element.
        sets.sort_unstable_by_key(|set| (set.len(), set.as_ptr()));
        sets.dedup_by(|a, b| Rc::ptr_eq(a, b));
        let elements = match &mut *sets {
            [] => Some(Rc::from([])),
            [one] if kind == DECIDERS => {
                Some(self.some(one, |element| element & CONDITION_BIT != 0))
            }
            [one] if kind == NAMELESS => Some(self.some(one, |element| element & NAME_BIT == 0)),
            [one] if !matches!(kind, CONDITIONS | NAMES) => Some(self.shared(one)),
            [few, many] if is_within(few, many) => Some(self.shared(many)),
            _ => {
                let bit = match kind {
                    CONDITIONS => CONDITION_BIT,
                    NAMES => NAME_BIT,
                    _ => 0,
                };
                union(&sets, bit).map(|set| self.shared(&set))
            }
        };
        self.sets[node as usize] = elements.map_or(Elements::Many, Elements::Known);
    }

    fn some(&mut self, set: &Rc<[u32]>, keep: impl Fn(u32) -> bool) -> Rc<[u32]> {
        let kept: Rc<[u32]> = set
            .iter()
            .copied()
            .filter(|element| keep(*element))
            .collect();
        self.shared(&kept)
    }

    /// The one list of these elements.
    fn shared(&mut self, set: &Rc<[u32]>) -> Rc<[u32]> {
        match self.index.get(set) {
            Some(known) => known.clone(),
            None => {
                self.index.insert(set.clone());
                set.clone()
            }
        }
    }
}

/// Whether all of a sorted list is in another one, which is no shorter.
fn is_within(few: &[u32], many: &[u32]) -> bool {
    let mut rest = many;
    few.iter().all(|element| match rest.binary_search(element) {
        Ok(at) => {
            rest = &rest[at + 1..];
            true
        }
        Err(_) => false,
    })
}

/// All elements of sorted lists, with a bit set in each, sorted; `None` if there are too many.
#[expect(
    clippy::stable_sort_primitive,
    reason = "it merges runs that are sorted already"
)]
fn union(sets: &[Rc<[u32]>], bit: u32) -> Option<Rc<[u32]>> {
    let mut merged: Vec<u32> = Vec::with_capacity(
        sets.iter()
            .map(|set| set.len())
            .sum::<usize>()
            .min(4 * MAX_ELEMENTS),
    );
    for set in sets {
        merged.extend_from_slice(set);
        if merged.len() > 2 * MAX_ELEMENTS {
            merged.sort_unstable();
            merged.dedup();
            if merged.len() > 2 * MAX_ELEMENTS {
                return None;
            }
        }
    }
    merged.iter_mut().for_each(|element| *element |= bit);
    merged.sort();
    merged.dedup();
    (merged.len() <= MAX_ELEMENTS).then(|| merged.into())
}
