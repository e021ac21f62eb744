//! What holds of any rendering: it ends within its limits, and traces change nothing.

use std::sync::Arc;

use plimsoll_gotmpl::syntax::Delimiters;
use plimsoll_gotmpl::{
    Functions, Limits, MissingKey, Options, Output, Session, Templates, Traced, Tree,
};

use crate::functions::Included;
use crate::parsing;

/// Few enough that the worst text ends soon.
const LIMITS: Limits = Limits {
    steps: 50_000,
    bytes: 100_000,
    depth: 200,
    nested_renders: 50,
    stop: None,
};

/// Renders a text without and with traces, and parsed only when it is rendered, and compares.
pub(crate) fn check(
    text: &[u8],
    functions: &Arc<Functions>,
    missing_key: MissingKey,
    mut dot: impl FnMut() -> Traced,
) {
    let tree = parsing::check(text, functions, &Delimiters::default());
    let mut templates = Templates::new("set", functions.clone());
    let is_sound = tree.errors().is_empty();
    templates.add(tree);
    let templates = Arc::new(templates);
    let session_of = |templates: &Arc<Templates>, tracing| {
        let options = Options {
            limits: LIMITS,
            missing_key,
            tracing,
            state: Some(Box::new(Included::default())),
        };
        Session::new(templates.clone(), options)
    };
    let session = |tracing| session_of(&templates, tracing);
    let (mut plain, mut traced) = (session(false), session(true));
    let (one, other) = (plain.render("any", dot()), traced.render("any", dot()));
    let mut waiting = Templates::new("set", functions.clone());
    let parsed = waiting.add_waiting("any", text);
    assert_eq!(parsed.is_ok() && waiting.first_error().is_none(), is_sound);
    if is_sound {
        let mut session = session_of(&Arc::new(waiting), false);
        match (&one, session.render_once("any", dot())) {
            (Ok(one), Ok(once)) => assert_eq!(one.bytes(), once.bytes()),
            (Err(one), Err(once)) => assert_eq!(one.to_string(), once.to_string()),
            (one, once) => panic!("{:?} {:?}", one.is_ok(), once.is_ok()),
        }
    }
    match (one, other) {
        (Ok(one), Ok(other)) => {
            assert_eq!(one.bytes(), other.bytes());
            assert!(one.bytes().len() as u64 <= LIMITS.bytes);
            assert!(plain.segments(&one).is_empty());
            look(&mut traced, &other);
        }
        (Err(one), Err(other)) => {
            let (one, other) = (one.to_string(), other.to_string());
            // Keeping traces takes steps, too.
            assert!(
                one == other || other.contains("exceeded the limit"),
                "{one}\n{other}"
            );
        }
        (Ok(_), Err(error)) => assert!(error.to_string().contains("exceeded the limit")),
        (Err(error), Ok(_)) => panic!("only without traces: {error}"),
    }
    for read in traced.reads() {
        traced.tree(read.tree).node(read.node);
    }
    for decision in traced.decisions() {
        traced.sources(decision.trace);
    }
}

/// Segments cover the output exactly and in order, and point into texts.
fn look(session: &mut Session, output: &Output) {
    let mut at = 0;
    for segment in session.segments(output) {
        assert_eq!(segment.output.start, at, "in order");
        at = segment.output.end;
        for spot in [segment.written, segment.printed] {
            let tree: &Tree = session.tree(spot.tree);
            assert!(spot.range.end as usize <= tree.text().len());
            session.frame(spot.frame);
        }
        if segment.verbatim {
            let written = session
                .tree(segment.written.tree)
                .bytes(segment.written.range);
            assert_eq!(written, &output.bytes()[segment.output.as_usize()]);
        }
        session.sources(segment.trace);
    }
    assert_eq!(at as usize, output.bytes().len(), "to the end");
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use proptest::prelude::*;

    use super::*;

    /// Parts of the language, in no order that makes sense but often enough in one that does.
    const WORDS: &[&str] = &[
        "{{ ",
        " }}",
        "{{- ",
        " -}}",
        "{{ end }}",
        "{{ else }}",
        "{{ if .t }}",
        "{{ range .list }}",
        "{{ with .m }}",
        "{{ range $i, $e := .mm }}",
        "{{ break }}",
        "{{ continue }}",
        "{{ define \"a\" }}",
        "{{ template \"a\" . }}",
        "{{ block \"b\" .nested }}",
        "text",
        "\n",
        "include \"a\" . ",
        "tpl .tmpl . ",
        "tpl \"{{ .s }}-{{ . }}\" $ ",
        "printf \"%v|%5d\" ",
        "print ",
        "$x := ",
        "$x = ",
        "$x ",
        "| ",
        "upper ",
        "index .list ",
        "set $.m \"k\" ",
        "dict \"a\" ",
        "list ",
        "(",
        ") ",
        ".s ",
        ".n ",
        ".t ",
        ".list ",
        ".m.a ",
        ".nope.deeper ",
        ".th.Hello ",
        ".th.Greet ",
        ".ver ",
        ".bs ",
        ".d ",
        "$.s ",
        "1 ",
        "1.5 ",
        "\"x\" ",
        "nil ",
        "and ",
        "or ",
        "not ",
        "eq ",
        "lt ",
        "len ",
        "slice ",
        "html ",
        "repeat 3 ",
        "default ",
    ];

    static DATA: LazyLock<serde_json::Value> =
        LazyLock::new(|| crate::cases::Oracle::read().data["main"].clone());

    proptest! {
        #[test]
        fn traces_change_no_rendering(
            words in prop::collection::vec(prop::sample::select(WORDS), 0..30),
            closed in any::<bool>(),
        ) {
            let mut text = words.concat();
            if closed {
                text.push_str("}}{{ end }}{{ end }}");
            }
            let functions = Arc::new(crate::functions::all());
            let dot = || crate::sourced::sourced(&DATA);
            check(text.as_bytes(), &functions, MissingKey::Default, dot);
        }
    }
}
