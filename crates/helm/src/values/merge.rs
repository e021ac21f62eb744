//! What a user gives: files, then the flags, always in Helm's order.

use std::sync::Arc;

use super::data::{Data, Item};

/// Lays `over` over `base`: maps are merged, everything else is replaced (`loader.MergeMaps`).
/// Recursion is as deep as values are nested, which reading bounds.
pub fn merge_maps(base: &mut Item, over: Item) {
    let Data::Map(under) = &mut base.data else {
        *base = over;
        return;
    };
    let Data::Map(over) = over.data else {
        return;
    };
    let under = Arc::make_mut(under);
    for (key, item) in Arc::unwrap_or_clone(over) {
        match under.get_mut(&key) {
            Some(there) if there.data.is_map() && item.data.is_map() => merge_maps(there, item),
            _ => {
                under.insert(key, item);
            }
        }
    }
}
