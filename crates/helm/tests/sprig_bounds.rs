//! Templates that want too much of a function end in an error, soon.

#[path = "sprig/session.rs"]
mod session;

use plimsoll_gotmpl::{Limits, Map, Traced};

/// What a text renders to, or its error.
fn render(text: &str) -> Result<String, String> {
    let limits = Limits {
        steps: 20_000_000,
        bytes: 1 << 25,
        ..Limits::default()
    };
    let mut session = session::limited(text, true, limits)?;
    let output = session.render("main.tpl", Traced::from(Map::new()));
    output
        .map(|output| String::from_utf8_lossy(output.bytes()).into_owned())
        .map_err(|error| error.to_string())
}

/// The text ends in an error that names a limit or what cannot be done.
fn refused(text: &str, reason: &str) {
    match render(text) {
        Ok(output) => panic!("{text} gave {} bytes", output.len()),
        Err(error) => assert!(error.contains(reason), "{text}: {error}"),
    }
}

/// A list that holds another one twice, so many times over.
fn doubled(times: u32) -> String {
    let start = "{{ $l := list 1 }}".to_owned();
    (0..times).fold(start, |text, _| text + "{{ $l = list $l $l }}")
}

#[test]
fn what_is_too_long_is_refused_before_it_is_made() {
    refused("{{ until 400000000 | len }}", "exceeded the limit");
    refused(
        "{{ until 4611686018427387904 | len }}",
        "exceeded the limit",
    );
    refused(
        "{{ untilStep 0 9223372036854775807 1 | len }}",
        "exceeded the limit",
    );
    refused("{{ seq 9223372036854775806 }}", "exceeded the limit");
    refused("{{ repeat 2000000000 \"ab\" }}", "exceeded the limit");
    refused(
        "{{ repeat 9223372036854775807 \"ab\" }}",
        "output length overflow",
    );
    refused("{{ indent 2000000000 \"a\" }}", "exceeded the limit");
    refused("{{ randAlpha 2000000000 }}", "exceeded the limit");
    refused("{{ randBytes 2000000000 }}", "exceeded the limit");
    refused(
        "{{ $a := repeat 100000 \"a\" }}{{ replace \"a\" $a $a }}",
        "exceeded the limit",
    );
    refused(
        "{{ $a := repeat 1000000 \"a\" }}{{ wrapWith 1 $a $a }}",
        "exceeded the limit",
    );
    refused(
        "{{ $a := repeat 10000 \"a\" }}{{ regexReplaceAll \"a\" (repeat 100 $a) $a }}",
        "exceeded the limit",
    );
}

#[test]
fn shared_parts_are_not_walked_forever() {
    refused(
        &(doubled(40) + "{{ deepCopy $l | len }}"),
        "exceeded the limit",
    );
    let twice = doubled(40) + "{{ $a := $l }}" + &doubled(40);
    refused(&(twice + "{{ deepEqual $a $l }}"), "too large to compare");
}

#[test]
fn maps_that_contain_themselves_end_in_errors() {
    let cycle = "{{ $d := dict }}{{ $_ := set $d \"d\" $d }}";
    for call in [
        "deepCopy $d",
        "toString $d",
        "merge (dict \"d\" (dict)) $d | toString",
        "quote $d",
        "cat $d",
    ] {
        refused(&format!("{cycle}{{{{ {call} }}}}"), "contains itself");
    }
    assert_eq!(
        render(&format!("{cycle}{{{{ hasKey $d \"d\" }}}}")).as_deref(),
        Ok("true")
    );
    let merged = format!("{cycle}{{{{ $_ := merge $d $d }}}}");
    refused(&merged, "contain themselves");
}

#[test]
fn expressions_take_no_more_than_they_may() {
    let big = "[[:alpha:]]{1000}";
    refused(
        &format!("{{{{ regexFind \"({big}){{1000}}\" \"a\" }}}}"),
        "invalid repeat count",
    );
    let nested = format!("{}a{}", "(".repeat(2000), ")".repeat(2000));
    refused(
        &format!("{{{{ regexFind \"{nested}\" \"a\" }}}}"),
        "nests too deeply",
    );
    let text = "{{ $a := repeat 20000 \"a\" }}{{ regexMatch \"(a*)*(a*)*(a*)*b\" $a }}";
    assert_eq!(render(text).as_deref(), Ok("false"));
    let wide = "(\\\\pL{900}|x)".repeat(40);
    let result = render(&format!("{{{{ regexMatch \"{wide}\" \"a\" }}}}"));
    assert_eq!(result.as_deref(), Ok("false"), "a bad match is none");
}
