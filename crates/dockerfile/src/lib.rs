//! The Dockerfile language as BuildKit reads it, its shell bodies, and `.dockerignore`.
//!
//! Invariants: parsing never fails and never panics; every byte of the source belongs to an
//! instruction, a comment, a directive or white space between them; errors are values with
//! places and BuildKit's verdict (accept or refuse) is kept. This crate knows no images, no
//! registries and no rules; it does no I/O.

pub mod ignore;
pub mod shell;
pub mod stages;
pub mod syntax;
pub mod transfer;
pub mod words;

pub use stages::{Base, Build, Stage};
pub use syntax::{
    ArgDecl, Body, Command, Dockerfile, Flag, From, Healthcheck, Heredoc, Instruction, Keyword,
    Mount, Pair, SyntaxError, Transfer, Word, parse,
};
