//! What is too much ends in an error that says so, with a place; what is only deep works.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use plimsoll_gotmpl::{
    Arguments, Function, Functions, Limits, Options, Render, Session, Signature, Templates, Traced,
    Type,
};

use crate::functions;

/// The functions of the oracle, with an `include` and a `set` that refuse nothing.
fn functions() -> Functions {
    let mut functions = functions::all();
    let name_and_dot = Signature::new([Type::String, Type::Any]);
    functions.add(
        "include",
        Function::new(name_and_dot, |_, arguments| {
            let name = arguments.str(0)?.clone();
            let dot = arguments.at(1)?.clone();
            Ok(Render::named(name, dot, |_, text| Ok(text?.into())))
        }),
    );
    let entry = Signature::new([Type::any_map(), Type::String, Type::Any]);
    functions.add(
        "set",
        Function::new(entry, |call, arguments| {
            let (key, value) = (arguments.str(1)?.clone(), arguments.at(2)?.clone());
            call.insert(arguments.map(0)?, key, value)?;
            Ok(arguments.at(0)?.clone().into())
        }),
    );
    functions
}

/// Renders with traces and without; both must give the same.
fn render(text: &str, limits: &Limits) -> Result<String, String> {
    let [plain, traced] = [false, true].map(|tracing| {
        let mut templates = Templates::new("set", Arc::new(functions()));
        templates.parse("main", text.as_bytes()).expect("sound");
        let options = Options {
            limits: limits.clone(),
            tracing,
            ..Options::default()
        };
        let mut session = Session::new(Arc::new(templates), options);
        match session.render("main", Traced::default()) {
            Ok(output) => {
                session.segments(&output);
                Ok(output.text().into_owned())
            }
            Err(error) => Err(error.to_string()),
        }
    });
    assert_eq!(plain, traced);
    plain
}

fn few() -> Limits {
    Limits {
        steps: 100_000,
        bytes: 100_000,
        depth: 100,
        nested_renders: 100,
        stop: None,
    }
}

#[track_caller]
fn refused(text: &str, limits: &Limits, error: &str) {
    let place = "template: main:";
    match render(text, limits) {
        Ok(output) => panic!("{} bytes and no error", output.len()),
        Err(found) => assert!(
            found.starts_with(place) && found.ends_with(error),
            "{found}"
        ),
    }
}

const STEPS: &str = "exceeded the limit of 100000 steps of evaluation";
const BYTES: &str = "exceeded the limit of 100000 bytes written";

#[test]
fn steps_are_counted() {
    refused("{{ range 1000000000000 }}{{ end }}", &few(), STEPS);
    refused(
        "{{ range 1000 }}{{ range 1000 }}{{ $ := . }}{{ end }}{{ end }}",
        &few(),
        STEPS,
    );
    let found = render(
        "a\n{{ range $i := 1000000 }}{{ len \"x\" }}{{ end }}",
        &few(),
    );
    let found = found.expect_err("too many");
    assert!(found.starts_with("template: main:2:"), "{found}");
}

#[test]
fn looking_far_for_a_variable_takes_steps() {
    let declared: String = (0..20_000)
        .map(|n| format!("{{{{ $v{n} := 1 }}}}"))
        .collect();
    let text = format!("{declared}{{{{ range 1000 }}}}{{{{ $v0 }}}}{{{{ end }}}}");
    refused(&text, &few(), STEPS);
}

#[test]
fn bytes_are_counted_in_the_output_and_in_between() {
    refused("{{ range 20000 }}0123456789{{ end }}", &few(), BYTES);
    refused(
        "{{ range 20000 }}{{ \"0123456789\" }}{{ end }}",
        &few(),
        BYTES,
    );
    let doubled = "{{ $x := \"0123456789\" }}{{ range 60 }}{{ $x = print $x $x }}{{ end }}";
    refused(doubled, &few(), BYTES);
    refused("{{ printf \"%200000d\" 1 }}", &few(), BYTES);
    refused("{{ printf \"%0*d\" 200000 1 | len }}", &few(), BYTES);
    refused("{{ repeat 1000000 \"x\" | len }}", &few(), BYTES);
    let included = "{{ define \"x\" }}{{ range 1000 }}0123456789{{ end }}{{ end }}\
        {{ range 20 }}{{ $x := include \"x\" . }}{{ end }}";
    refused(included, &few(), BYTES);
}

#[test]
fn values_that_share_parts_are_not_walked_through_without_end() {
    let doubled = "{{ $x := list 1 }}{{ range 60 }}{{ $x = list $x $x }}{{ end }}";
    for printed in [
        "{{ $x }}",
        "{{ print $x | len }}",
        "{{ printf \"%d %q %#v\" $x $x $x }}",
        "{{ html $x }}",
        "{{ println $x $x }}",
    ] {
        refused(&format!("{doubled}{printed}"), &few(), BYTES);
    }
    // What an error shows of a value is cut.
    let shown = format!("{doubled}{{{{ eq $x 1 }}}}");
    render(&shown, &few()).expect_err("no comparable types");
    let maps = "{{ $x := dict }}{{ range 60 }}{{ $x = dict \"a\" $x \"b\" $x }}{{ end }}{{ $x }}";
    refused(maps, &few(), BYTES);
    // Empty texts take no bytes, but steps.
    let nothing = "{{ $x := \"\" }}{{ range 1000000 }}{{ $x = print $x $x }}{{ end }}";
    refused(nothing, &few(), STEPS);
}

#[test]
fn values_nest_only_so_deep_when_they_are_printed() {
    let nested = "{{ $x := list }}{{ range 300 }}{{ $x = list $x }}{{ end }}";
    let error = "a value is nested more than 256 levels deep, or contains itself";
    refused(&format!("{nested}{{{{ $x }}}}"), &few(), error);
    refused(&format!("{nested}{{{{ print $x }}}}"), &few(), error);
    let cycle = "{{ $x := dict }}{{ $x = set $x \"self\" $x }}{{ $x }}";
    refused(cycle, &few(), error);
    let cycle = "{{ $x := dict }}{{ $x = set $x \"list\" (list $x) }}{{ printf \"%v\" $x }}";
    refused(cycle, &few(), error);
    // They can be made, passed on and freed however deep they are.
    let deep = "{{ $x := list }}{{ range 50000 }}{{ $x = list $x }}{{ end }}{{ len $x }}";
    assert_eq!(render(deep, &Limits::default()), Ok("1".into()));
    let deep = "{{ $x := dict }}{{ range 50000 }}{{ $x = dict \"a\" $x }}{{ end }}{{ len $x }}";
    assert_eq!(render(deep, &Limits::default()), Ok("1".into()));
}

#[test]
fn templates_nest_only_so_deep() {
    let itself = "{{ define \"x\" }}{{ template \"x\" . }}{{ end }}{{ template \"x\" . }}";
    refused(itself, &few(), "exceeded maximum template depth (100)");
    refused(
        itself,
        &Limits::default(),
        "exceeded maximum template depth (100000)",
    );
    let one = "{{ define \"x\" }}{{ include \"x\" . }}{{ end }}{{ include \"x\" . }}";
    let error = "exceeded the limit of 100 renderings in renderings";
    refused(one, &few(), error);
    let two = "{{ define \"x\" }}{{ include \"y\" . }}{{ end }}{{ define \"y\" }}{{ template \"x\" . }}\
        {{ end }}{{ include \"x\" . }}";
    refused(two, &few(), error);
    let text = "{{ $x := \"{{ tpl . . }}\" }}{{ tpl $x $x }}";
    refused(text, &few(), error);
    let error = "exceeded the limit of 20000 renderings in renderings";
    refused(one, &Limits::default(), error);
    refused(text, &Limits::default(), error);
}

#[test]
fn texts_that_are_parsed_while_rendering_are_counted_with_their_trees() {
    let text = "{{ $x := repeat 1000 \"{{ . }}\" }}{{ tpl $x 1 }}";
    let found = render(text, &few()).expect_err("too many");
    assert!(found.ends_with(BYTES), "{found}");
    let many = "{{ range $i := 1000000 }}{{ $x := tpl (printf \"%d\" $i) 1 }}{{ end }}";
    render(many, &few()).expect_err("too many");
    // The same text is parsed once.
    let same = "{{ range 1000 }}{{ tpl \"{{ . }}\" 1 }}{{ end }}";
    assert_eq!(render(same, &few()).map(|text| text.len()), Ok(1000));
}

#[test]
fn the_host_may_stop_it() {
    let limits = Limits {
        stop: Some(Arc::new(AtomicBool::new(true))),
        ..Limits::default()
    };
    refused(
        "{{ range 1000000000000 }}{{ end }}",
        &limits,
        "evaluation was stopped",
    );
}

#[test]
fn limits_hold_for_a_session_and_not_for_each_rendering() {
    let mut templates = Templates::new("set", Arc::new(functions()));
    let text = "{{ range 5000 }}{{ len \"x\" }}{{ end }}";
    templates.parse("main", text.as_bytes()).expect("sound");
    let options = Options {
        limits: few(),
        ..Options::default()
    };
    let mut session = Session::new(Arc::new(templates), options);
    let ends = |session: &mut Session| session.render("main", Traced::default()).is_ok();
    assert!(ends(&mut session));
    assert!((0..20).any(|_| !ends(&mut session)));
}

#[test]
fn nesting_takes_no_stack() {
    let many = |text: &str| text.repeat(20_000);
    let ifs = [many("{{ if 1 }}"), "x".into(), many("{{ end }}")].concat();
    let plenty = Limits::default();
    assert_eq!(render(&ifs, &plenty), Ok("x".into()));
    let chain = [
        "{{ if 0 }}",
        &many("{{ else if 0 }}"),
        "{{ else }}x{{ end }}",
    ]
    .concat();
    assert_eq!(render(&chain, &plenty), Ok("x".into()));
    let parens = |count| format!("{{{{ {}1{} }}}}", "(".repeat(count), ")".repeat(count));
    assert_eq!(render(&parens(10_000), &plenty), Ok("1".into()));
    let mut templates = Templates::new("set", Arc::new(functions()));
    let errors = templates.parse("main", parens(10_001).as_bytes());
    let errors = errors.expect_err("too many");
    let error = "template: main:1: max expression depth exceeded";
    assert_eq!(errors[0].to_string(), error);
    let fields = format!("{{{{ $x := dict }}}}{{{{ $x{} }}}}", many(".a"));
    assert_eq!(render(&fields, &plenty), Ok("<no value>".into()));
    let pipes = format!("{{{{ 1{} }}}}", many(" | id"));
    assert_eq!(render(&pipes, &plenty), Ok("1".into()));
}
