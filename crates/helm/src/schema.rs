//! Checks of values against `values.schema.json`.
