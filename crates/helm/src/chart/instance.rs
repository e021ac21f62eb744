//! A chart in its place: the same chart may take part under several names.

use std::sync::Arc;

use super::{Chart, Dependency};
use crate::values::{Key, SourceId, Table};

/// A chart that takes part in a render.
#[derive(Clone, Debug)]
pub(crate) struct Instance {
    pub(crate) chart: Arc<Chart>,
    /// Its name here: an alias, or its own.
    pub(crate) name: Key,
    /// Its default values where they are not those of `values.yaml`: with what it imports.
    pub(crate) values: Option<Table>,
    /// What it declares to depend on, as far as it takes part; `None` if it declares nothing.
    pub(crate) dependencies: Option<Arc<[Dependency]>>,
    pub(crate) children: Vec<Instance>,
    /// The conditions and tags that decided that it takes part.
    pub(crate) switches: Vec<SourceId>,
}

impl Instance {
    /// A chart with all charts in it. Recursion is as deep as charts are nested, which loading
    /// bounds.
    pub(crate) fn new(chart: &Arc<Chart>, alias: Option<&str>) -> Self {
        Self {
            chart: chart.clone(),
            name: alias.unwrap_or(chart.name()).into(),
            values: None,
            dependencies: chart.metadata.dependencies.clone(),
            children: chart
                .dependencies
                .iter()
                .map(|chart| Self::new(chart, None))
                .collect(),
            switches: Vec::new(),
        }
    }

    /// A copy of its default values.
    pub(crate) fn default_values(&self) -> Table {
        match &self.values {
            Some(values) => values.deep_copy(),
            None => Table::of_item(&self.chart.values),
        }
    }

    pub(crate) fn has_child(&self, name: &str) -> bool {
        self.children.iter().any(|child| &*child.name == name)
    }
}
