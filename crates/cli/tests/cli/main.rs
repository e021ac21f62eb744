//! The real binary on real folders.

mod autoscale;
mod baseline;
mod chart;
mod chart_flags;
mod chart_hostile;
mod chart_lint;
mod chart_new;
mod chart_values;
mod charts;
mod check;
mod checklist;
mod compose;
mod config;
mod examples;
mod fit;
mod folder;
mod init;
mod input;
mod links;
mod manual;
mod output;
mod schemas;
mod since;
mod size;
mod suppressions;
mod trace;
