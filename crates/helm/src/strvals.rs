//! The grammar of `--set` and its kin.
