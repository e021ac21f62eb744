//! One module per command: its arguments, whose comments are the manual, and `run`.

pub(crate) mod autoscale;
pub(crate) mod chart;
pub(crate) mod check;
pub(crate) mod checklist;
pub(crate) mod completions;
pub(crate) mod compose;
pub(crate) mod explain;
pub(crate) mod fit;
pub(crate) mod generate;
pub(crate) mod init;
pub(crate) mod links;
pub(crate) mod rules;
pub(crate) mod secret;
pub(crate) mod size;
