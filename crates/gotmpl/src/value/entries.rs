//! The entries of a map, sorted by key: a vector while there are few, a tree from then on.
//!
//! Templates look the same keys up in maps of the same shape again and again. In a vector a
//! look-up may be given the place where the key was found the last time.

use std::collections::BTreeMap;

use super::Traced;
use super::release::release;
use super::string::Str;

/// Up to as many entries moving them is cheaper than a tree.
const MAX_FEW: usize = 64;

pub(super) enum Entries {
    Few(Vec<(Str, Traced)>),
    Many(BTreeMap<Str, Traced>),
}

impl Default for Entries {
    fn default() -> Self {
        Entries::Few(Vec::new())
    }
}

impl Entries {
    pub(super) fn len(&self) -> usize {
        match self {
            Entries::Few(entries) => entries.len(),
            Entries::Many(entries) => entries.len(),
        }
    }

    /// The entry of a key; `hint` is where it may be, and is set to where it is.
    #[inline]
    pub(super) fn get(&self, key: &[u8], hint: &mut u32) -> Option<&Traced> {
        match self {
            Entries::Few(entries) => {
                if let Some((known, entry)) = entries.get(*hint as usize)
                    && known.bytes() == key
                {
                    return Some(entry);
                }
                let index = find(entries, key).ok()?;
                *hint = index as u32;
                Some(&entries[index].1)
            }
            Entries::Many(entries) => entries.get(key),
        }
    }

    /// Whether they lie in a vector.
    pub(super) fn are_few(&self) -> bool {
        matches!(self, Entries::Few(_))
    }

    /// The key of an entry, by its place in the vector.
    pub(super) fn key_at(&self, place: usize) -> Option<&Str> {
        match self {
            Entries::Few(entries) => entries.get(place).map(|(key, _)| key),
            Entries::Many(_) => None,
        }
    }

    pub(super) fn insert(&mut self, key: Str, entry: Traced) -> Option<Traced> {
        if let Entries::Few(entries) = self {
            match find(entries, key.bytes()) {
                Ok(index) => return Some(std::mem::replace(&mut entries[index].1, entry)),
                Err(index) if entries.len() < MAX_FEW => {
                    entries.insert(index, (key, entry));
                    return None;
                }
                Err(_) => {}
            }
            *self = Entries::Many(std::mem::take(entries).into_iter().collect());
        }
        match self {
            Entries::Many(entries) => entries.insert(key, entry),
            Entries::Few(_) => None,
        }
    }

    pub(super) fn remove(&mut self, key: &[u8]) -> Option<Traced> {
        match self {
            Entries::Few(entries) => {
                let index = find(entries, key).ok()?;
                Some(entries.remove(index).1)
            }
            Entries::Many(entries) => entries.remove(key),
        }
    }

    pub(super) fn to_vec(&self) -> Vec<(Str, Traced)> {
        match self {
            Entries::Few(entries) => entries.clone(),
            Entries::Many(entries) => {
                let pair = |(key, entry): (&Str, &Traced)| (key.clone(), entry.clone());
                entries.iter().map(pair).collect()
            }
        }
    }

    pub(super) fn keys(&self) -> Vec<Str> {
        match self {
            Entries::Few(entries) => entries.iter().map(|(key, _)| key.clone()).collect(),
            Entries::Many(entries) => entries.keys().cloned().collect(),
        }
    }

    /// Frees them.
    pub(super) fn release(self) {
        match self {
            Entries::Few(entries) => release(entries.into_iter().map(|(_, entry)| entry.value)),
            Entries::Many(entries) => release(entries.into_values().map(|entry| entry.value)),
        }
    }

    /// Makes room for so many entries.
    pub(super) fn reserve(&mut self, count: usize) {
        if let Entries::Few(entries) = self {
            entries.reserve(count.min(MAX_FEW));
        }
    }
}

fn find(entries: &[(Str, Traced)], key: &[u8]) -> Result<usize, usize> {
    // Maps are mostly built in the order of their keys.
    if entries.last().is_none_or(|(last, _)| last.bytes() < key) {
        return Err(entries.len());
    }
    entries.binary_search_by(|(known, _)| known.bytes().cmp(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_and_many_entries_are_the_same_to_the_outside() {
        let mut entries = Entries::default();
        let mut model = BTreeMap::new();
        for step in 0..500_u32 {
            let number = step * 7919 % 211;
            let key = Str::from(format!("key{number}"));
            let entry = Traced::from(f64::from(step));
            if step % 5 == 4 {
                let removed = entries.remove(key.bytes()).is_some();
                assert_eq!(removed, model.remove(&key).is_some());
            } else {
                let replaced = entries.insert(key.clone(), entry.clone()).is_some();
                assert_eq!(replaced, model.insert(key.clone(), step).is_some());
            }
            assert_eq!(entries.len(), model.len());
            assert_eq!(entries.keys(), model.keys().cloned().collect::<Vec<_>>());
            let mut hint = step % 70;
            let found = entries.get(key.bytes(), &mut hint).is_some();
            assert_eq!(found, model.contains_key(&key));
        }
        assert!(matches!(entries, Entries::Many(_)));
    }
}
