//! Packed charts: whatever the bytes are, loading ends, within its bounds and without a panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use plimsoll_helm::chart::Loaded;

fuzz_target!(|bytes: &[u8]| {
    let _ = Loaded::from_archive(bytes);
});
