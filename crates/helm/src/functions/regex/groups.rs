//! The parts of an expression while it is being parsed, with the limits that Go puts on them.

use regex_syntax::hir::Hir;

/// Groups in groups and operators on operators: no more than Go allows.
const MAX_HEIGHT: u32 = 1000;
/// Instructions: what Go allows.
const MAX_SIZE: u64 = (128 << 20) / 40;
const TOO_DEEP: &str = "expression nests too deeply";
const TOO_LARGE: &str = "expression too large";

pub(super) type Result<T> = std::result::Result<T, String>;

pub(super) fn fault<T>(code: &str, part: &[u8]) -> Result<T> {
    let part = String::from_utf8_lossy(part);
    Err(format!("error parsing regexp: {code}: `{part}`"))
}

/// The error for an expression that the matcher finds too large.
pub(super) fn too_large(text: &[u8]) -> String {
    let part = String::from_utf8_lossy(text);
    format!("error parsing regexp: {TOO_LARGE}: `{part}`")
}

#[derive(Clone, Copy, Default)]
pub(super) struct Flags {
    /// `i`
    pub(super) fold: bool,
    /// `m`
    pub(super) lines: bool,
    /// `s`
    pub(super) dot_all: bool,
    /// `U`
    pub(super) lazy: bool,
}

/// A part of the expression, and what the limits are about.
pub(super) struct Item {
    pub(super) hir: Hir,
    pub(super) height: u32,
    pub(super) size: u64,
    /// How often the innermost part is repeated by counts.
    pub(super) repeats: u64,
}

impl Item {
    pub(super) fn leaf(hir: Hir) -> Self {
        Self {
            hir,
            height: 1,
            size: 1,
            repeats: 1,
        }
    }

    pub(super) fn checked(self, text: &[u8]) -> Result<Self> {
        if self.height > MAX_HEIGHT {
            return fault(TOO_DEEP, text);
        }
        if self.size > MAX_SIZE {
            return fault(TOO_LARGE, text);
        }
        Ok(self)
    }
}

/// A group that is open.
#[derive(Default)]
pub(super) struct Group {
    /// The flags to go back to behind it.
    pub(super) flags: Flags,
    /// The number of the group, for one that captures.
    pub(super) capture: Option<u32>,
    pub(super) alternatives: Vec<Item>,
    pub(super) items: Vec<Item>,
}

impl Group {
    /// Ends an alternative.
    pub(super) fn end_alternative(&mut self, text: &[u8]) -> Result<()> {
        let items = std::mem::take(&mut self.items);
        let alternative = joined(items, Hir::concat).checked(text)?;
        self.alternatives.push(alternative);
        Ok(())
    }

    pub(super) fn close(&mut self, text: &[u8]) -> Result<Item> {
        self.end_alternative(text)?;
        let alternatives = std::mem::take(&mut self.alternatives);
        joined(alternatives, Hir::alternation).checked(text)
    }
}

fn joined(mut items: Vec<Item>, join: fn(Vec<Hir>) -> Hir) -> Item {
    if items.len() == 1
        && let Some(item) = items.pop()
    {
        return item;
    }
    let height = items.iter().map(|item| item.height).max().unwrap_or(0) + 1;
    let size = items.iter().map(|item| item.size).sum::<u64>() + 1;
    let repeats = items.iter().map(|item| item.repeats).max().unwrap_or(1);
    Item {
        hir: join(items.into_iter().map(|item| item.hir).collect()),
        height,
        size,
        repeats,
    }
}
