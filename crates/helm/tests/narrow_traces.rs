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

/// All of the list.
const LIST: [&str; 5] = ["list", "list.0", "list.1", "list.2", "list.3"];

#[track_caller]
fn names_list_and(text: &str, more: &[&str]) {
    let mut wanted = [&LIST, more].concat();
    wanted.sort_unstable();
    names(text, &wanted);
}

#[test]
fn an_element_of_a_filtered_list_is_there_because_of_itself() {
    // That an element is there depends on its list, whose elements know where they stand; in a new
    // order how many there are decides, too.
    for (filter, placed) in [
        ("uniq .list", &LIST),
        ("compact .list", &LIST),
        ("sortAlpha .list", &LIST),
    ] {
        let found = format!(r#"{{{{ has "b" ({filter}) }}}}"#);
        names(&found, &["list", "list.1"]);
        names_list_and(&format!(r#"{{{{ has "z" ({filter}) }}}}"#), &[]);
        names(&format!("{{{{ index ({filter}) 1 }}}}"), placed);
        names(&format!(r#"{{{{ has "b" (rest ({filter})) }}}}"#), placed);
        let part = format!(r#"{{{{ has "b" (slice ({filter}) 0 2) }}}}"#);
        names(&part, placed);
        names_list_and(&format!("{{{{ first ({filter}) }}}}"), &[]);
        names_list_and(&format!(r#"{{{{ join "," ({filter}) }}}}"#), &[]);
    }
    names(r#"{{ has "c" (reverse .list) }}"#, &["list", "list.2"]);
    names("{{ index (reverse .list) 2 }}", &["list", "list.1"]);
    names(
        r#"{{ has "b" (without .list .set) }}"#,
        &["list", "list.1", "set"],
    );
    let both = r#"{{ has "b" (concat .list (list .set)) }}"#;
    names(both, &["list", "list.1"]);
    names(r#"{{ has "here" (concat .list (list .set)) }}"#, &["set"]);
    names(r#"{{ has "here" (append .list .set) }}"#, &["set"]);
    names(r#"{{ has "b" (prepend .list .set) }}"#, &["list", "list.1"]);
    names("{{ last (append .list .set) }}", &["list", "set"]);
    names("{{ index (concat .list (list .set)) 4 }}", &["list", "set"]);
}

#[test]
fn a_list_that_grows_in_a_branch_keeps_its_elements() {
    let start = "{{ $l := list `a` }}";
    let branch =
        |assigned: &str| format!("{start}{{{{ if .no }}}}{{{{ $l = {assigned} }}}}{{{{ end }}}}");
    for growing in [
        "append $l .set",
        "prepend $l .set",
        "concat $l .list",
        "append (append $l .set) .also | uniq",
        "$l | uniq",
    ] {
        names(&format!("{}{{{{ has `a` $l }}}}", branch(growing)), &[]);
        names(
            &format!("{}{{{{ has `here` $l }}}}", branch(growing)),
            &["no"],
        );
        names(&format!("{}{{{{ len $l }}}}", branch(growing)), &["no"]);
        names(&format!("{}{{{{ index $l 0 }}}}", branch(growing)), &["no"]);
        names(&format!("{}{{{{ $l }}}}", branch(growing)), &["no"]);
    }
    for other in [
        "list .set",
        "concat (list .set) $l",
        "rest $l",
        "append .list $l",
    ] {
        names(&format!("{}{{{{ has `a` $l }}}}", branch(other)), &["no"]);
    }
    let either = "{{ if .no }}{{ $l = append $l 1 }}{{ else if .off }}{{ $l = list }}{{ end }}";
    names(
        &format!("{start}{either}{{{{ has `a` $l }}}}"),
        &["no", "off"],
    );
    let taken = "{{ if .set }}{{ $l = append $l .also }}{{ end }}";
    names(&format!("{start}{taken}{{{{ has `a` $l }}}}"), &[]);
    names(
        &format!("{start}{taken}{{{{ has `there` $l }}}}"),
        &["also", "set"],
    );
    names(
        &format!("{start}{taken}{{{{ has `z` $l }}}}"),
        &["also", "set"],
    );
}

#[test]
fn each_element_that_a_loop_adds_has_its_own_reasons() {
    let grown = "{{ $l := list }}{{ range .list }}{{ if ne . $.end }}{{ $l = append $l . }}\
                 {{ end }}{{ end }}";
    names(
        &format!(r#"{grown}{{{{ has "b" $l }}}}"#),
        &["end", "list", "list.1"],
    );
    names(
        &format!(r#"{grown}{{{{ has "b" (concat $l (list .set) | uniq) }}}}"#),
        &["end", "list", "list.1"],
    );
    names_list_and(&format!(r#"{grown}{{{{ has "z" $l }}}}"#), &["end"]);
    names_list_and(&format!("{grown}{{{{ index $l 1 }}}}"), &["end"]);
    names_list_and(&format!("{grown}{{{{ len $l }}}}"), &["end"]);
    let broken = "{{ $l := list }}{{ range .list }}{{ if eq . $.end }}{{ break }}{{ end }}\
                  {{ $l = append $l . }}{{ end }}";
    names(
        &format!(r#"{broken}{{{{ has "b" $l }}}}"#),
        &["end", "list", "list.0", "list.1"],
    );
}

#[test]
fn what_to_yaml_wrote_is_read_value_by_value() {
    for way in [
        "toYaml .list | fromYamlArray",
        "toYaml .list | nindent 3 | indent 2 | fromYamlArray",
        "include `plain` . | fromYamlArray",
        "include `twice` . | fromYamlArray",
    ] {
        names(
            &format!(r#"{TEMPLATES}{{{{ has "b" ({way}) }}}}"#),
            &["list.1"],
        );
        names_list_and(&format!(r#"{TEMPLATES}{{{{ has "z" ({way}) }}}}"#), &[]);
        names_list_and(&format!("{TEMPLATES}{{{{ index ({way}) 1 }}}}"), &[]);
        names_list_and(&format!("{TEMPLATES}{{{{ ({way} | rest | last) }}}}"), &[]);
    }
    let way = "include `asked` . | fromYamlArray";
    names(
        &format!(r#"{TEMPLATES}{{{{ has "b" ({way}) }}}}"#),
        &["list.1", "no"],
    );
    for way in [
        "toYaml .list | replace `z` `y` | fromYamlArray",
        "toYaml .list | trunc 99 | fromYamlArray",
        "print (toYaml .list) `` | fromYamlArray",
        "toPrettyJson .list | fromYamlArray",
        "include `more` . | fromYamlArray",
        "include `doubled` . | fromYamlArray",
        "include `bare` . | trim | fromYamlArray",
    ] {
        names_list_and(&format!(r#"{TEMPLATES}{{{{ has "b" ({way}) }}}}"#), &[]);
    }
    let map = "dict `a` .set `b` .end | toYaml | fromYaml";
    names(&format!("{{{{ ({map}).a }}}}"), &["set"]);
    names(&format!("{{{{ keys ({map}) }}}}"), &["end", "set"]);
    names(&format!("{{{{ ({map}).c | default 1 }}}}"), &["end", "set"]);
    let inner = "dict `a` (dict `b` .set `c` .also) `d` .end | toYaml | fromYaml";
    names(&format!("{{{{ ({inner}).a.b }}}}"), &["also", "set"]);
}

#[test]
fn parts_that_encoders_wrote_are_read_value_by_value() {
    let read = |name: &str| format!("{PARTS}{{{{ $m := include `{name}` . | fromYaml }}}}");
    for name in ["mixed", "passed"] {
        let read = read(name);
        names(&format!("{read}{{{{ $m.kind }}}}"), &[]);
        names(&format!("{read}{{{{ keys $m }}}}"), &[]);
        names(&format!("{read}{{{{ $m.none }}}}"), &[]);
        names(&format!("{read}{{{{ $m.end }}}}"), &["end"]);
        names(&format!("{read}{{{{ $m.deep.also }}}}"), &["also"]);
        names(&format!("{read}{{{{ keys $m.deep }}}}"), &[]);
        names(&format!("{read}{{{{ index $m.many 1 1 }}}}"), &["start"]);
        names(&format!("{read}{{{{ len $m.many }}}}"), &[]);
        names_list_and(&format!("{read}{{{{ index $m.list 1 }}}}"), &[]);
        names_list_and(&format!("{read}{{{{ len $m.block }}}}"), &[]);
    }
    // A function that passes a text on says nothing of the text that it was given.
    let asked = "{{ if trim $text }}{{ end }}{{ $m := fromYaml $text }}{{ $m.kind }}";
    names(
        &format!("{PARTS}{{{{ $text := include `passed` . }}}}{asked}"),
        &[],
    );
    // What could stand beside a part decides.
    names(
        &format!("{}{{{{ $m.kind }}}}", read("asked")),
        &["no", "off"],
    );
    names(&format!("{}{{{{ $m.kind }}}}", read("plain")), &["set"]);
    // What is not one value, or would not be if it were another one.
    for name in ["quoted", "key", "beside"] {
        names(&format!("{}{{{{ $m.kind }}}}", read(name)), &["set"]);
    }
    for name in ["flat", "joined", "remarked", "items"] {
        names_list_and(&format!("{}{{{{ $m.kind }}}}", read(name)), &[]);
    }
    for function in ["replace `z` `y`", "trim", "nindent 2"] {
        let read = format!("{PARTS}{{{{ $m := include `passed` . | {function} | fromYaml }}}}");
        names_list_and(
            &format!("{read}{{{{ $m.kind }}}}"),
            &["also", "end", "start"],
        );
    }
}

const PARTS: &str = "\
{{- define `mixed` -}}
kind: thing
list: {{ toJson .list }}
block:
  {{- toYaml .list | nindent 2 }}
deep:
  also: {{ mustToJson .also }} # said
  block:
{{ toYaml .list | indent 4 }}
many: [{{ toJson .list }}, [1, {{ toRawJson .start }}]]
end: {{ toJson .end }}
{{ end -}}
{{- define `passed` }}{{ include `mixed` . }}{{ end -}}
{{- define `asked` -}}
kind: thing
{{ if .no }}more:{{ end -}}
end: {{ if .off }}more{{ end }}{{ toJson .end }}
{{ end -}}
{{- define `plain` -}}
kind: thing
set: {{ .set }}
end: {{ toJson .end }}
{{ end -}}
{{- define `quoted` -}}
kind: thing
set: '{{ toJson .set }}'
{{ end -}}
{{- define `key` -}}
kind: thing
{{ toJson .set }}: 1
{{ end -}}
{{- define `beside` -}}
kind: thing
set: a {{ toJson .set }}
{{ end -}}
{{- define `flat` -}}
kind: thing
list:
{{ toYaml .list }}
{{ end -}}
{{- define `joined` -}}
kind: thing
list:
  {{- toYaml .list | nindent 2 }}
  - more
{{ end -}}
{{- define `remarked` -}}
kind: thing
list:
  {{- toYaml .list | nindent 2 }} # said
{{ end -}}
{{- define `items` -}}
kind: thing
list:
  -
    {{- toYaml .list | nindent 4 }}
{{ end -}}
";

const TEMPLATES: &str = "\
{{- define `plain` }}
{{ toYaml .list }}
{{ end -}}
{{- define `bare` }}{{ toYaml .list }}{{ end -}}
{{- define `twice` }}{{ $x := 1 }}{{ if .no }}{{ $x = 2 }}{{ end }}{{ include `plain` . }}{{ end -}}
{{- define `asked` }}{{ if .no }}- one{{ end }}{{ toYaml .list | nindent 0 }}{{ end -}}
{{- define `more` }}{{ toYaml .list }}
- more{{ end -}}
{{- define `doubled` }}{{ toYaml .list }}
{{ toYaml .list }}{{ end -}}
";

/// Why the other values of such a text need not be named: whatever they are, a value is read as
/// it was.
#[test]
fn what_stands_beside_a_value_does_not_change_it() {
    let signs = [
        "a", " ", "\n", "-", "#", ":", "'", "\"", "|", "{", "]", "%", "&", "!", "\\", "?", "~",
        "0", ",", "<<", "\u{e9}", "\t",
    ];
    let count = signs.len();
    let pairs = (0..count * count).map(|n| vec![n % count, n / count]);
    // Of three signs some: an odd step meets all of them at all places.
    let triples = (0..count * count * count).step_by(23);
    let triples = triples.map(|n| vec![n % count, n / count % count, n / count / count]);
    for digits in pairs.chain(triples) {
        let text: String = digits.iter().map(|digit| signs[*digit]).collect();
        let data = json!({ "l": ["before", text, { &text: text, "in": [text] }, "behind"] });
        let template = "{{ .l | toYaml | nindent 3 | fromYamlArray | toJson }}\n{{ .l | toJson }}";
        let mut session = session::session(template, false).expect("it parses");
        let output = session
            .render("main.tpl", sourced(&data))
            .expect("it renders");
        let output = output.text().into_owned();
        let (read, was) = output.split_once('\n').expect("two lines");
        assert_eq!(read, was, "{text:?}");
    }
}
