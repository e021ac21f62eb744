//! Coalescing: the values of a user over those of charts (Helm's `chart/common/util/coalesce.go`).
//!
//! Maps are merged, everything else is replaced, and null deletes what a chart has by default.
//! Which map is shared with which one is part of the result: templates that change a map see the
//! change wherever it is shared.

use super::data::{Data, Item};
use super::table::{Slot, Table};
use crate::chart::Instance;

/// The key of values that subcharts see, too.
const GLOBAL: &str = "global";

/// Values could not be coalesced.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("type mismatch on {chart}: {printed}")]
pub struct CoalesceError {
    /// The subchart whose values are no map.
    pub chart: String,
    /// The value, as Helm prints it.
    pub printed: String,
}

/// A run of coalescing, and the warnings that Helm would log.
#[derive(Default, Debug)]
pub(crate) struct Coalescing {
    /// Whether nulls are kept (`MergeValues`).
    pub(crate) merge: bool,
    pub(crate) warnings: Vec<String>,
}

/// The values of a chart and its subcharts under those of a user (`CoalesceValues`).
pub(crate) fn coalesce(
    chart: &Instance,
    user: &Table,
    warnings: &mut Vec<String>,
) -> Result<Table, CoalesceError> {
    run(chart, user, false, warnings)
}

/// The same with nulls kept (`MergeValues`).
pub(crate) fn merge_values(
    chart: &Instance,
    user: &Table,
    warnings: &mut Vec<String>,
) -> Result<Table, CoalesceError> {
    run(chart, user, true, warnings)
}

fn run(
    chart: &Instance,
    user: &Table,
    merge: bool,
    warnings: &mut Vec<String>,
) -> Result<Table, CoalesceError> {
    let dest = user.deep_copy();
    let mut run = Coalescing {
        merge,
        warnings: std::mem::take(warnings),
    };
    let done = run.chart(chart, &dest, "");
    *warnings = run.warnings;
    done.map(|()| dest)
}

impl Coalescing {
    /// Recursion is as deep as charts are nested, which loading bounds.
    fn chart(&mut self, chart: &Instance, dest: &Table, prefix: &str) -> Result<(), CoalesceError> {
        self.own_values(chart, dest, prefix);
        for child in &chart.children {
            let table = match dest.get(&child.name) {
                None => {
                    let table = Table::new();
                    dest.insert(child.name.clone(), Slot::Table(table.clone()));
                    table
                }
                Some(Slot::Table(table)) => table,
                Some(other) => {
                    return Err(CoalesceError {
                        chart: child.name.to_string(),
                        printed: printed_as_bool(&other.to_item()),
                    });
                }
            };
            let prefix = joined(prefix, &chart.name);
            self.globals(&table, dest, &prefix);
            self.chart(child, &table, &prefix)?;
        }
        Ok(())
    }

    /// Merges the globals of a chart into those of its subchart: the upper ones win.
    fn globals(&mut self, dest: &Table, src: &Table, prefix: &str) {
        let own = match dest.get(GLOBAL) {
            None => Table::new(),
            Some(Slot::Table(table)) => table,
            Some(_) => {
                let side = "destination";
                self.warn(format!(
                    "warning: skipping globals because {side} {GLOBAL} is not a table."
                ));
                return;
            }
        };
        let upper = match src.get(GLOBAL) {
            None => Table::new(),
            Some(Slot::Table(table)) => table,
            Some(_) => {
                let side = "source";
                self.warn(format!(
                    "warning: skipping globals because {side} {GLOBAL} is not a table."
                ));
                return;
            }
        };
        own.add_sources(&upper);
        for (key, value) in upper.entries() {
            let there = own.get(&key);
            match (&value, there) {
                (Slot::Table(table), None) => {
                    own.insert(key, Slot::Table(table.shallow_copy()));
                }
                (Slot::Table(table), Some(Slot::Table(there))) => {
                    let table = table.shallow_copy();
                    // Nulls are kept here in every case: what follows removes them.
                    let merge = std::mem::replace(&mut self.merge, true);
                    self.tables(&table, &there, &joined(prefix, &key));
                    self.merge = merge;
                    own.insert(key, Slot::Table(table));
                }
                (Slot::Table(_), Some(_)) => self.warn(format!(
                    "Conflict: cannot merge map onto non-map for \"{key}\". Skipping."
                )),
                (_, Some(Slot::Table(_))) => {
                    self.warn(format!("key {key} is table. Skipping"));
                }
                _ => own.insert(key, value),
            }
        }
        dest.insert(GLOBAL.into(), Slot::Table(own));
    }

    /// Lays what is in `dest` over the values of a chart.
    fn own_values(&mut self, chart: &Instance, dest: &Table, prefix: &str) {
        let prefix = joined(prefix, &chart.name);
        let defaults = chart.default_values();
        dest.add_sources(&defaults);
        for (key, value) in defaults.into_entries() {
            match dest.get(&key) {
                Some(there) if there.is_null() && !self.merge => dest.remove(&key),
                Some(Slot::Table(there)) => match &value {
                    Slot::Table(table) => {
                        let merge = self.merge || chart.has_child(&key);
                        if !merge {
                            table.remove_nulls();
                        }
                        let before = std::mem::replace(&mut self.merge, merge);
                        self.tables(&there, table, &joined(&prefix, &key));
                        self.merge = before;
                    }
                    _ if value.is_null() => {}
                    _ => self.warn(format!(
                        "warning: skipped value for {prefix}.{key}: Not a table."
                    )),
                },
                Some(_) => {}
                None => {
                    if !self.merge {
                        if value.is_null() {
                            continue;
                        }
                        if let Slot::Table(table) = &value {
                            table.remove_nulls();
                        }
                    }
                    dest.insert(key, value);
                }
            }
        }
    }

    /// Merges `src` into `dst`, which wins (`coalesceTablesFullKey`). Recursion is as deep as
    /// values are nested, which reading bounds.
    pub(crate) fn tables(&mut self, dst: &Table, src: &Table, prefix: &str) {
        dst.add_sources(src);
        if dst.is_as_written_in(src) {
            return;
        }
        let mut entries = src.entries();
        let written: Vec<bool> = entries.iter().map(|(_, slot)| !slot.is_null()).collect();
        // Nulls of `dst` are laid over `src`, which is not used any more.
        for (key, slot) in dst.entries() {
            if !slot.is_null() {
                continue;
            }
            if let Ok(index) = entries.binary_search_by(|(known, _)| known.cmp(&key)) {
                entries[index].1 = slot.clone();
            }
            src.insert(key, slot);
        }
        for ((key, value), written) in entries.into_iter().zip(written) {
            let Some(there) = dst.get(&key) else {
                dst.insert(key, value);
                continue;
            };
            if !self.merge && there.is_null() && written {
                dst.remove(&key);
                continue;
            }
            match (&value, &there) {
                (Slot::Table(table), Slot::Table(there)) => {
                    self.tables(there, table, &joined(prefix, &key));
                }
                (Slot::Table(_), _) => self.warn(format!(
                    "warning: cannot overwrite table with non table for {} ({})",
                    joined(prefix, &key),
                    printed(&value)
                )),
                (_, Slot::Table(_)) if !value.is_null() => self.warn(format!(
                    "warning: destination for {} is a table. Ignoring non-table value ({})",
                    joined(prefix, &key),
                    printed(&value)
                )),
                _ => {}
            }
        }
    }

    fn warn(&mut self, warning: String) {
        self.warnings.push(warning);
    }
}

pub(crate) fn joined(prefix: &str, key: &str) -> String {
    if prefix.is_empty() {
        key.to_owned()
    } else {
        format!("{prefix}.{key}")
    }
}

/// A value as Go's `%v` prints it.
fn printed(slot: &Slot) -> String {
    printed_data(&slot.to_item().data)
}

pub(crate) fn printed_data(data: &Data) -> String {
    let value = crate::render::value_of(data);
    plimsoll_gotmpl::text_of(&value)
}

/// A value as Go's `%t` prints it, which Helm uses here for values of any type.
fn printed_as_bool(item: &Item) -> String {
    match &item.data {
        Data::Null => "%!t(<nil>)".into(),
        _ => part_as_bool(item),
    }
}

/// The same inside another value. Recursion is as deep as values are nested, which reading
/// bounds.
fn part_as_bool(item: &Item) -> String {
    match &item.data {
        Data::Bool(value) => value.to_string(),
        Data::Null => "<nil>".into(),
        Data::Int(_) => format!("%!t(int64={})", printed_data(&item.data)),
        Data::Float(_) => format!("%!t(float64={})", printed_data(&item.data)),
        Data::Str(_) => format!("%!t(string={})", printed_data(&item.data)),
        Data::List(list) => {
            let items = list.iter().map(part_as_bool);
            format!("[{}]", items.collect::<Vec<_>>().join(" "))
        }
        Data::Map(map) => {
            let entries = map.iter().map(|(key, item)| {
                let key = format!("%!t(string={key})");
                format!("{key}:{}", part_as_bool(item))
            });
            format!("map[{}]", entries.collect::<Vec<_>>().join(" "))
        }
    }
}
