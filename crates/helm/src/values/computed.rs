//! What the values of a chart come to, without a render.

use super::coalesce::{CoalesceError, coalesce};
use super::data::Item;
use super::dependencies::process;
use super::table::Table;
use crate::chart::{Instance, Loaded};

/// What templates would see.
#[derive(Clone, Debug)]
pub struct Computed {
    /// `.Values` of the outermost chart; those of subcharts stand in it under their names.
    pub values: Item,
    /// The charts that take part, by their paths: `top`, `top/charts/sub`.
    pub charts: Vec<String>,
    /// What Helm would warn of while it lays the values over each other for the last time.
    pub warnings: Vec<String>,
}

/// Lays the values of a user over those of a chart and settles which subcharts take part.
pub fn compute(loaded: &Loaded, user: &Item) -> Result<Computed, CoalesceError> {
    let user = Table::of_item(user);
    let mut root = Instance::new(&loaded.chart, None);
    process(&mut root, &user, &mut Vec::new())?;
    let mut warnings = Vec::new();
    let values = coalesce(&root, &user, &mut warnings)?;
    let mut charts = Vec::new();
    name(&root, &root.name, &mut charts);
    Ok(Computed {
        values: values.to_item(),
        charts,
        warnings,
    })
}

/// Recursion is as deep as charts are nested, which loading bounds.
fn name(instance: &Instance, path: &str, found: &mut Vec<String>) {
    found.push(path.to_owned());
    for child in &instance.children {
        name(child, &format!("{path}/charts/{}", child.name), found);
    }
}
