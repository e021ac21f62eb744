//! Any text: reading it as a load ends, times rise from 0, and steps are made of it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use plimsoll_autoscale::load::Load;

fuzz_target!(|text: &str| {
    let (column, text) = match text.split_once('\u{1}') {
        Some((column, text)) => (Some(column), text),
        None => (None, text),
    };
    let Ok(load) = Load::csv(text, column) else {
        return;
    };
    assert!(load.seconds() > 0.0 && load.interval() > 0.0);
    let _ = load.time(load.seconds());
    let _ = load.gaps();
    // A step of a thousandth of the load keeps the number of steps small.
    let steps = load.steps(load.seconds() / 1000.0, 1.0);
    let peak = load.peak() * (1.0 + 1e-9);
    assert!(steps.iter().all(|value| *value >= 0.0 && *value <= peak));
});
