//! Rendering: from a chart and values to manifests.
