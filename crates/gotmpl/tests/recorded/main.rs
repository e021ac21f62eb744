//! Tests with what text/template answered to the cases of `tests/oracles/gotmpl`.

mod answers;
mod cases;
mod data;
mod functions;
mod sourced;
mod traces;
