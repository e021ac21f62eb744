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
        let elements = self.union(operands).map(|set| match kind {
            DECIDERS => self.some(&set, |element| element & CONDITION_BIT != 0),
            NAMELESS => self.some(&set, |element| element & NAME_BIT == 0),
            CONDITIONS => self.marked(&set, CONDITION_BIT),
            NAMES => self.marked(&set, NAME_BIT),
            _ => set,
        });
        self.sets[node as usize] = elements.map_or(Elements::Many, Elements::Known);
    }

    /// All elements of the sets that are the operands, in order; `None` if there are too many.
    fn union(&mut self, operands: &[u32]) -> Option<Rc<[u32]>> {
        let mut lists: Vec<&Rc<[u32]>> = Vec::new();
        let mut rest: Vec<u32> = Vec::new();
        for &operand in operands {
            if operand & SINGLE != 0 {
                rest.push(operand & !SINGLE);
                continue;
            }
            match &self.sets[operand as usize] {
                Elements::Unknown => {}
                Elements::Many => return None,
                Elements::Known(set) if set.is_empty() => {}
                Elements::Known(set) => lists.push(set),
            }
        }
        // Mostly the largest has all: then nothing is copied, and nothing is looked for.
        let Some(&largest) = lists.iter().max_by_key(|set| set.len()) else {
            return Some(self.shared(&Rc::from(rest)));
        };
        rest.retain(|element| largest.binary_search(element).is_err());
        for set in lists {
            // Equal sets are one list.
            if !Rc::ptr_eq(set, largest) {
                push_others(set, largest, &mut rest);
            }
            if rest.len() > MAX_ELEMENTS {
                rest.sort_unstable();
                rest.dedup();
                if rest.len() > MAX_ELEMENTS {
                    return None;
                }
            }
        }
        if rest.is_empty() {
            return Some(largest.clone());
        }
        rest.sort_unstable();
        rest.dedup();
        let both = merged(largest, &rest);
        (both.len() <= MAX_ELEMENTS).then(|| self.shared(&both.into()))
    }

    /// The elements with a bit set in each.
    fn marked(&mut self, set: &[u32], bit: u32) -> Rc<[u32]> {
        let mut marked: Vec<u32> = set.iter().map(|element| element | bit).collect();
        marked.sort_unstable();
        marked.dedup();
        self.shared(&marked.into())
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

/// Takes up those elements of a sorted list that another one, which is no shorter, lacks.
fn push_others(few: &[u32], many: &[u32], others: &mut Vec<u32>) {
    // A search in each step pays where the steps are long.
    let is_long = many.len() / few.len().max(1) >= 16;
    let mut rest = many;
    for &element in few {
        let at = if is_long {
            rest.partition_point(|one| *one < element)
        } else {
            let mut ahead = rest.iter();
            ahead.position(|one| *one >= element).unwrap_or(rest.len())
        };
        rest = &rest[at..];
        if rest.first() != Some(&element) {
            others.push(element);
        }
    }
}

/// Two sorted lists that have no element in common, in one.
fn merged(a: &[u32], b: &[u32]) -> Vec<u32> {
    let mut both = Vec::with_capacity(a.len() + b.len());
    let mut rest = a;
    for &element in b {
        let at = rest.partition_point(|one| *one < element);
        both.extend_from_slice(&rest[..at]);
        both.push(element);
        rest = &rest[at..];
    }
    both.extend_from_slice(rest);
    both
}
