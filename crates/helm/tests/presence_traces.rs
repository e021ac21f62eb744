//! What a line depends on that only says that something is there: a text that is not empty, an
//! element of a list.

#[path = "sprig/data.rs"]
mod data;
#[path = "sprig/session.rs"]
mod session;
#[path = "sprig/sourced.rs"]
mod sourced;

use plimsoll_gotmpl::trace::Source;
use serde_json::{Value, json};
use sourced::{paths, sourced, variants};

fn data() -> Value {
    json!({
        "set": "here",
        "also": "there",
        "no": "",
        "list": ["a", "b", "c", "b"],
        "map": {"x": "one", "y": "two"},
    })
}

/// The keys that are named by what wrote `mark`, which stands once in the output. What is not
/// named must not be able to take it away.
#[track_caller]
fn mark_names(mark: &str, text: &str, wanted: &[&str]) {
    let data = data();
    let all = paths(&data);
    let (output, named) = named(text, mark);
    assert_eq!(output.matches(mark).count(), 1, "{text}: {output}");
    assert_eq!(named, wanted, "{text}");
    for path in all.iter().filter(|path| path.added.is_none()) {
        let is_named = |id| {
            let known = all
                .iter()
                .find(|path| path.id == id && path.added.is_none());
            known.is_some_and(|known| named.contains(&known.keys.join(".")))
        };
        if is_named(path.id) || path.parts.iter().any(|part| is_named(*part)) {
            continue;
        }
        for variant in variants(&data, path) {
            let mut session = session::session(text, true).expect("it parses");
            if let Ok(after) = session.render("main.tpl", sourced(&variant)) {
                assert!(after.text().contains(mark), "{text}: {}", path.name);
            }
        }
    }
}

fn named(text: &str, mark: &str) -> (String, Vec<String>) {
    let all = paths(&data());
    let mut session = session::session(text, true).expect("it parses");
    let output = session
        .render("main.tpl", sourced(&data()))
        .expect("it renders");
    let written = output.text().into_owned();
    let at = written.find(mark).expect("the mark is there") as u32;
    let mut named = Vec::new();
    for segment in session.segments(&output) {
        if segment.output.is_empty() || segment.output.end <= at || segment.output.start > at {
            continue;
        }
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
    (written, named)
}

/// Whether the text that `define` writes is not empty, asked in this way: `{}` is the text.
#[track_caller]
fn asked(define: &str, question: &str, wanted: &[&str]) {
    let question = question.replace("{}", r#"(include "t" .)"#);
    let text = format!(
        "{{{{ define \"u\" }}}}{{{{ if .set }}}}a{{{{ end }}}}{{{{ end }}}}\
         {{{{ define \"t\" }}}}{define}{{{{ end }}}}\
         {{{{ if {question} }}}}yes{{{{ else }}}}nothing{{{{ end }}}}"
    );
    let (output, _) = named(&text, "");
    let mark = if output.contains("yes") {
        "yes"
    } else {
        "nothing"
    };
    mark_names(mark, &text, wanted);
}

const QUESTIONS: [&str; 9] = [
    "{}",
    "not {}",
    "not (not {})",
    "empty {}",
    r#"ne {} """#,
    r#"ne "" {}"#,
    r#"eq {} """#,
    r#"ne (trim {}) """#,
    "and {} (not (not {}))",
];

#[test]
fn one_part_keeps_a_text_from_being_empty() {
    for question in QUESTIONS {
        asked("a {{ .set }} b", question, &[]);
        asked(
            "{{ .also }}{{ if .set }}a{{ end }}{{ .list }}",
            question,
            &["set"],
        );
        // The one that depends on least.
        asked(
            "{{ if .set }}{{ if .also }}a{{ end }}b{{ end }}",
            question,
            &["set"],
        );
        asked("{{ .also }}{{ include \"u\" . }}", question, &["set"]);
        // Nothing of a text that is empty is there: anything could have been.
        asked(
            "{{ if .no }}a{{ end }}",
            &question.replace("not (not {})", "{}"),
            &["no"],
        );
    }
    asked("a {{ .set }} b", r#"ne (trim (nindent 4 {})) """#, &[]);
    asked("\na {{ .set }} b\n", r#"ne (trim {}) """#, &[]);
}

#[test]
fn other_texts_are_asked_as_a_whole() {
    // What a value writes can become empty, and white space is no text to who trims it.
    for define in ["{{ .set }}", " {{ .set }}\n"] {
        asked(define, r#"ne (trim {}) """#, &["set"]);
    }
    // Others may cut what they are given.
    for cut in [
        "trunc 4 {}",
        r#"replace "a" "" {}"#,
        r#"trimPrefix "a" {}"#,
        r#"regexReplaceAll "a" {} """#,
        "trimAll `x` {}",
        "trim (trunc 40 {})",
        "nindent 2 (trunc 40 {})",
    ] {
        asked("{{ .set }}a", cut, &["set"]);
    }
    // And more is asked than whether it is empty.
    asked("{{ .set }}a", r#"eq {} "herea""#, &["set"]);
}

#[test]
fn a_turn_of_a_loop_depends_on_its_element() {
    let turn = |list: &str| {
        format!(
            "{{{{ range {list} }}}}\
             {{{{ if eq . \"c\" }}}}<mark>{{{{ end }}}}{{{{ end }}}}"
        )
    };
    // That it is this element is asked for, too.
    for list in [
        "append .list .set",
        "concat .list (list .set)",
        "prepend .list .set",
    ] {
        mark_names("<mark>", &turn(list), &["list", "list.2"]);
    }
    mark_names(
        "<mark>",
        &turn("without .list .set"),
        &["list", "list.2", "set"],
    );
    mark_names("<mark>", &turn("compact .list"), &["list", "list.2"]);
    mark_names("<mark>", &turn("reverse .list"), &["list", "list.2"]);
    mark_names("<mark>", &turn("sortAlpha .list"), &["list", "list.2"]);
    // One that is written only once, by the first turn or by the last.
    let once = |list: &str| format!("{{{{ range {list} }}}}<mark>{{{{ break }}}}{{{{ end }}}}");
    mark_names("<mark>", &once("uniq (append .list .set)"), &["list"]);
    mark_names("<mark>", &once("append (list) .set"), &[]);
    mark_names("<mark>", &once("list .set | append (list .also)"), &[]);
}

#[test]
fn an_element_that_a_branch_added_depends_on_it() {
    let grown = "{{ $l := list 1 }}{{ if .set }}{{ $l = append $l 2 }}{{ end }}\
                 {{ if .also }}{{ $l = append $l 3 }}{{ end }}";
    let turn = |number: u32| {
        format!(
            "{grown}{{{{ range $l }}}}{{{{ if eq . {number} }}}}<mark>{{{{ end }}}}{{{{ end }}}}"
        )
    };
    mark_names("<mark>", &turn(1), &[]);
    mark_names("<mark>", &turn(2), &["set"]);
    mark_names("<mark>", &turn(3), &["also"]);
    // Where it stands depends on more.
    let numbered = format!(
        "{grown}{{{{ range $i, $e := $l }}}}{{{{ if eq $i 2 }}}}<mark>{{{{ end }}}}{{{{ end }}}}"
    );
    mark_names("<mark>", &numbered, &["also", "set"]);
    // What stands behind the loop or was assigned in it depends on all turns.
    let assigned = format!(
        "{grown}{{{{ $n := 0 }}}}{{{{ range $l }}}}{{{{ $n = . }}}}{{{{ end }}}}{{{{ if $n }}}}<mark>{{{{ end }}}}"
    );
    mark_names("<mark>", &assigned, &["also", "set"]);
    let whole = format!(
        "{{{{ define \"t\" }}}}{grown}{{{{ range $l }}}}{{{{ . }}}}{{{{ end }}}}{{{{ end }}}}\
         {{{{ if eq (include \"t\" .) \"123\" }}}}<mark>{{{{ end }}}}"
    );
    mark_names("<mark>", &whole, &["also", "set"]);
}

#[test]
fn an_empty_text_in_quotes_names_what_is_empty() {
    for quoted in [
        "{{ .no | quote }}",
        "{{ squote .no }}",
        "{{ quote (default .no ``) }}",
    ] {
        let (output, _) = named(quoted, "");
        mark_names(&output.clone(), quoted, &["no"]);
    }
}

/// A map that is filled in a loop over another one, and taken over by a third.
const MERGED: &str = "{{ $d := dict }}{{ range $k, $v := .map }}{{ $_ := set $d (upper $k) $v }}{{ end }}\
    {{ $e := dict `A` .set }}{{ if .also }}{{ $_ := set $e `B` 1 }}{{ end }}\
    {{ $all := mergeOverwrite $e $d }}";

#[test]
fn a_key_depends_on_what_put_it_in() {
    for walk in [
        "range keys $all | sortAlpha",
        "range keys $all",
        "range $k, $v := $all",
    ] {
        let key = |key: &str| {
            let at = if walk.contains("$k") { "$k" } else { "." };
            format!(
                "{MERGED}{{{{ {walk} }}}}{{{{ if eq {at} `{key}` }}}}<mark>{{{{ end }}}}{{{{ end }}}}"
            )
        };
        // The other keys of the map are no reason, but there could be one more.
        mark_names("<mark>", &key("X"), &["map", "map.x"]);
        mark_names("<mark>", &key("B"), &["also", "map"]);
    }
    // What is asked for by its name.
    let asked = |key: &str, wanted: &[&str]| {
        let text = format!("{MERGED}{{{{ if hasKey $all `{key}` }}}}<mark>{{{{ end }}}}");
        mark_names("<mark>", &text, wanted);
        let text = format!("{MERGED}{{{{ if pluck `{key}` $all }}}}<mark>{{{{ end }}}}");
        mark_names("<mark>", &text, wanted);
    };
    asked("A", &["map"]);
    asked("B", &["also", "map"]);
    asked("X", &["map", "map.x"]);
    let absent = format!("{MERGED}{{{{ if not (hasKey $all `C`) }}}}<mark>{{{{ end }}}}");
    mark_names("<mark>", &absent, &["map"]);
    // A value is no name: another one gives another key.
    let named = "{{ $d := dict }}{{ $_ := set $d .set 1 }}{{ $all := merge (dict `A` 1) $d }}";
    let text = format!("{named}{{{{ if not (hasKey $all `C`) }}}}<mark>{{{{ end }}}}");
    mark_names("<mark>", &text, &["set"]);
    // Nor is all of a map that is asked for as a whole.
    let text = format!("{MERGED}{{{{ if eq (len $all) 4 }}}}<mark>{{{{ end }}}}");
    mark_names("<mark>", &text, &["also", "map", "map.x", "map.y"]);
}
