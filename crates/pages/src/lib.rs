//! HTML pages that are one file each: style, script and drawings are inside, and nothing is
//! fetched when they are opened.
//!
//! Text becomes markup only through [`Element`], which escapes it, so that what comes from
//! reviewed files can neither break a page nor run in it. This crate knows no domain: what a node
//! of a graph stands for, the caller says.

pub mod chart;
mod element;
pub mod graph;
mod page;

pub use element::{Element, el};
pub use page::Page;
