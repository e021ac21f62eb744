//! The real binary on real folders.

mod check;
mod checklist;
mod compose;
mod examples;
mod folder;
mod input;
mod links;
mod manual;
mod output;
mod schemas;
