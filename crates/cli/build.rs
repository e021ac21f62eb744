//! How the binary is linked.

/// On Linux with the GNU C library the program has a fixed address, as helm has. What it knows of rules,
/// schemas and flags lies in tables with forty thousand pointers; to move each of them at every start took
/// 0.9 ms of the 2.9 ms that the smallest chart needs (docs/design/chart-parity.md). Whoever wants the
/// address to be random, as distributions do, builds with the feature `pie`.
fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let variable = |name: &str| std::env::var(name).unwrap_or_default();
    let is_gnu =
        variable("CARGO_CFG_TARGET_OS") == "linux" && variable("CARGO_CFG_TARGET_ENV") == "gnu";
    // A static binary is linked in ways of its own.
    let features = variable("CARGO_CFG_TARGET_FEATURE");
    let is_static = features.split(',').any(|feature| feature == "crt-static");
    if is_gnu && !is_static && std::env::var_os("CARGO_FEATURE_PIE").is_none() {
        println!("cargo:rustc-link-arg-bins=-no-pie");
    }
}
