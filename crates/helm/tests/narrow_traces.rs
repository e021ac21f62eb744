//! What an answer does not depend on is not named: the element that was found decides, and not the
//! others.

#[path = "sprig/data.rs"]
mod data;
#[path = "sprig/session.rs"]
mod session;
#[path = "sprig/sourced.rs"]
mod sourced;

use plimsoll_gotmpl::trace::Source;
use serde_json::json;
use sourced::{paths, sourced, variants};

/// The values that a text names, by their keys.
#[track_caller]
fn names(text: &str, wanted: &[&str]) {
    let data = json!({
        "set": "here",
        "also": "there",
        "no": "",
        "off": false,
        "list": ["a", "b", "c", "b"],
        "start": "pre",
        "end": "post",
    });
    let mut session = session::session(text, true).expect("it parses");
    let output = session
        .render("main.tpl", sourced(&data))
        .expect("it renders");
    let mut named = Vec::new();
    let all = paths(&data);
    for segment in session.segments(&output) {
        for (source, _) in session.sources(segment.trace).expect("they are known") {
            if let Source::Host(id) = source {
                let path = all
                    .iter()
                    .find(|path| path.id == id && path.added.is_none());
                named.push(path.expect("it is of the data").keys.join("."));
            }
        }
    }
    named.sort();
    named.dedup();
    assert_eq!(named, wanted, "{text}");
    // And what is not named changes nothing.
    for path in all.iter().filter(|path| path.added.is_none()) {
        let is_named = |id| {
            let mut named = named.iter();
            let known = all
                .iter()
                .find(|path| path.id == id && path.added.is_none());
            known.is_some_and(|known| named.any(|name| *name == known.keys.join(".")))
        };
        if is_named(path.id) || path.parts.iter().any(|part| is_named(*part)) {
            continue;
        }
        for variant in variants(&data, path) {
            let mut session = session::session(text, true).expect("it parses");
            if let Ok(after) = session.render("main.tpl", sourced(&variant)) {
                assert_eq!(after.bytes(), output.bytes(), "{text}: {}", path.name);
            }
        }
    }
}

#[test]
fn the_element_that_was_found_decides() {
    names(r#"{{ has "b" .list }}"#, &["list.1"]);
    names(r#"{{ if has "b" .list }}x{{ end }}"#, &["list.1"]);
    names(r#"{{ .list | has "c" }}"#, &["list.2"]);
    names(
        r#"{{ $l := .list }}{{ if $l | has "c" }}x{{ end }}"#,
        &["list.2"],
    );
    let all = ["list", "list.0", "list.1", "list.2", "list.3"];
    names(r#"{{ has "z" .list }}"#, &all);
    names(
        "{{ has .no .list }}",
        &["list", "list.0", "list.1", "list.2", "list.3", "no"],
    );
}

#[test]
fn the_bytes_that_were_found_decide() {
    let text = |call: &str| format!(r#"{{{{ printf "%s-x-%s" .start .end | {call} }}}}"#);
    names(&text(r#"contains "x""#), &[]);
    names(&text(r#"contains "e-x""#), &["start"]);
    names(&text(r#"hasPrefix "pr""#), &["start"]);
    names(&text(r#"hasSuffix "t""#), &["end"]);
    names(&text(r#"hasSuffix "-post""#), &["end"]);
    names(&text(r#"contains "y""#), &["end", "start"]);
    names(&text(r#"hasSuffix "y""#), &["end", "start"]);
}

#[test]
fn the_argument_that_decides_is_enough() {
    names("{{ any .off .set .also }}", &["set"]);
    names("{{ any .off .no }}", &["no", "off"]);
    names("{{ all .set .no .off }}", &["no"]);
    names("{{ all .set .also }}", &["also", "set"]);
    names("{{ eq .set `z` .also `here` }}", &["set"]);
    names("{{ eq .set `z` .also }}", &["also", "set"]);
}

#[test]
fn of_what_is_only_tested_what_makes_it_true_is_enough() {
    names("{{ if or .no .set .also }}x{{ end }}", &["set"]);
    names("{{ if or .no .off }}{{ else }}x{{ end }}", &["no", "off"]);
    names("{{ if and .set .no .also }}{{ else }}x{{ end }}", &["no"]);
    names("{{ if and .set .also }}x{{ end }}", &["also", "set"]);
    names(
        "{{ if not (and .set (not (or .no .also))) }}x{{ end }}",
        &["also"],
    );
    names("{{ if or .no .also | not }}{{ else }}x{{ end }}", &["also"]);
    names("{{ if .also | or .no }}x{{ end }}", &["also"]);
    names(
        "{{ if .no }}{{ else if or .off .set }}x{{ end }}",
        &["no", "set"],
    );
    // A value is more than its truth.
    names("{{ or .no .set }}", &["no", "set"]);
    names("{{ with or .no .set }}{{ . }}{{ end }}", &["no", "set"]);
    names(
        "{{ if $x := or .no .set }}{{ $x }}{{ end }}",
        &["no", "set"],
    );
    names("{{ if eq (or .no .set) `here` }}x{{ end }}", &["no", "set"]);
}
