//! Tests of the crate from outside: what text/template answered to the cases of
//! `tests/oracles/gotmpl`, what traces promise, what holds of any text, and the limits.

mod answers;
mod cases;
mod data;
mod functions;
mod limits;
mod parsing;
mod recovery;
mod rendering;
mod sourced;
mod traces;
