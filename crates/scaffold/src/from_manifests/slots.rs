//! The values of the chart, each with the one place that reads it.

use crate::chart::{Holds, Value, group, value};
use crate::deploy::camel;
use crate::model::Evidence;

/// Values by the path that leads to them.
#[derive(Default)]
pub(super) struct Slots {
    slots: Vec<Slot>,
}

struct Slot {
    path: Vec<String>,
    says: String,
    holds: Holds,
    why: Vec<Evidence>,
}

impl Slots {
    /// Keeps a value, and gives what reads it; nothing where its place is taken, or is no name.
    pub(super) fn add(
        &mut self,
        path: &[&str],
        says: impl Into<String>,
        holds: Holds,
        why: Evidence,
    ) -> Option<String> {
        let path: Vec<String> = path.iter().map(|part| camel(part)).collect();
        let is_taken = self.slots.iter().any(|slot| {
            let shared = slot.path.len().min(path.len());
            slot.path[..shared] == path[..shared]
        });
        if is_taken || path.iter().any(String::is_empty) || path[0] == "global" {
            return None;
        }
        let read = format!(".Values.{}", path.join("."));
        self.slots.push(Slot {
            path,
            says: says.into(),
            holds,
            why: vec![why],
        });
        Some(read)
    }

    /// Keeps texts by names, and gives what reads them all.
    pub(super) fn texts(
        &mut self,
        path: &[&str],
        says: &str,
        texts: Vec<(String, String, Evidence)>,
        why: Evidence,
    ) -> Option<String> {
        let texts = texts
            .into_iter()
            .map(|(name, text, why)| (name, text, None, vec![why]))
            .collect();
        self.add(path, says, Holds::Texts(texts), why)
    }

    /// The values as they are written.
    pub(super) fn values(self) -> Vec<Value> {
        nested(self.slots.into_iter().collect(), 0)
    }
}

/// Groups what has the same name at a depth, in the order of coming.
fn nested(slots: Vec<Slot>, depth: usize) -> Vec<Value> {
    let mut names: Vec<String> = Vec::new();
    let mut parts: Vec<Vec<Slot>> = Vec::new();
    for slot in slots {
        let name = slot.path[depth].clone();
        match names.iter().position(|known| *known == name) {
            Some(at) => parts[at].push(slot),
            None => {
                names.push(name);
                parts.push(vec![slot]);
            }
        }
    }
    names
        .into_iter()
        .zip(parts)
        .map(|(name, mut slots)| {
            // Paths do not lead through each other: a name is a value, or a group.
            if slots.len() == 1 && slots[0].path.len() == depth + 1 {
                let slot = slots.remove(0);
                return value(&name, slot.says, slot.holds).on(&slot.why);
            }
            let why: Vec<Evidence> = slots.iter().flat_map(|slot| slot.why.clone()).collect();
            let says = match depth {
                0 => format!("What is called `{name}`."),
                _ => format!("Its {}.", words(&name)),
            };
            group(&name, &says, nested(slots, depth + 1)).on(&why)
        })
        .collect()
}

/// `serviceType` as `service type`.
fn words(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() {
            out.push(' ');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}
