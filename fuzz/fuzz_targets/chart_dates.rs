//! Any layout and text: what is read and written again by the same layout can be read again.
#![no_main]

#[path = "chart/session.rs"]
mod session;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&str, &str, i64)| {
    let (layout, text, seconds) = input;
    let seconds = format!("(int64 {seconds})");
    let texts = [("l", layout), ("t", text)];
    let shown = session::render(&format!("{{{{ dateInZone .l {seconds} .t }}}}"), &texts);
    assert!(shown.is_ok());
    let _ = session::render("{{ mustToDate .l .t }}", &texts);
    let _ = session::render("{{ durationRound .t }}{{ duration .t }}{{ mustToDuration .t }}", &texts);
    let _ = session::render("{{ mustDateModify .t (toDate .l .t) }}", &texts);
    // A complete layout loses nothing, but for the seconds of an offset: of its first decades
    // the zone has one of 53 minutes and 28 seconds.
    const WHOLE_OFFSETS: i64 = -2_400_000_000;
    if input.2 < WHOLE_OFFSETS {
        return;
    }
    let full = "2006-01-02T15:04:05Z07:00";
    let written = session::render(&format!("{{{{ date {full:?} {seconds} }}}}"), &[]);
    let year = written.expect("a date");
    if year.len() == full.len() {
        let again = format!("{{{{ (mustToDate {full:?} (date {full:?} {seconds})).Unix }}}}");
        let expected = session::render(&format!("{{{{ {seconds} }}}}"), &[]);
        assert_eq!(session::render(&again, &[]), expected);
    }
});
