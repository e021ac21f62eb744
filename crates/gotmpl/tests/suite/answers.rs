//! The answers of text/template, recorded by `tests/oracles/gotmpl`: every case must agree, byte
//! for byte.

use std::sync::Arc;

use crate::cases::{Answer, Case, Oracle};
use plimsoll_gotmpl::syntax::Delimiters;
use plimsoll_gotmpl::{Functions, MissingKey, Options, Session, Templates, Traced, Tree, Value};

use crate::{data, functions};

/// How cases are executed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    Plain,
    Traced,
    /// Texts are parsed when they are needed, and what was made of them is not kept.
    Once,
}

/// What is executed before a case is executed once, which takes its room.
const BEFORE: &str = "{{ $b := 1 }}{{ if and $b (not true) }}{{ len `z` }}{{ else }}{{ $b = 2 }}{{ end }}{{ range $i := 2 }}{{ $i }}{{ end }}";

/// What we answer to a case.
fn ask(case: &Case, functions: &Arc<Functions>, data: Value, how: How) -> Answer {
    let tracing = how == How::Traced;
    let mut templates = Templates::new("set", functions.clone());
    let delimiters = match &case.delims[..] {
        [left, right] => Delimiters {
            left: left.clone(),
            right: right.clone(),
        },
        _ => Delimiters::default(),
    };
    let main = ("main.tpl", &case.text);
    let files = case.files.iter().map(|(name, text)| (name.as_str(), text));
    for (name, text) in files.chain([main]) {
        if how == How::Once && case.delims.is_empty() {
            if let Err(errors) = templates.add_waiting(name, text.as_bytes()) {
                let error = templates.first_error().unwrap_or(&errors[0]);
                return Answer::Error(error.to_string());
            }
            continue;
        }
        let tree = Tree::parse_with(name, text.as_bytes(), &**functions, &delimiters);
        if let Some(error) = tree.errors().first() {
            return Answer::Error(error.to_string());
        }
        templates.add(tree);
    }
    if how == How::Once {
        templates
            .add_waiting("before.tpl", BEFORE.as_bytes())
            .expect("it is sound");
    }
    let mut session = Session::new(
        Arc::new(templates),
        Options {
            missing_key: match case.missing.as_str() {
                "zero" => MissingKey::Zero,
                "error" => MissingKey::Error,
                _ => MissingKey::Default,
            },
            tracing,
            state: Some(Box::new(functions::Included::default())),
            ..Options::default()
        },
    );
    let dot = Traced::from(data);
    if how == How::Once {
        let before = session.render_once("before.tpl", Traced::default());
        assert_eq!(before.expect("it can be executed").bytes(), b"01");
    }
    let output = match how {
        How::Once => session.render_once(&case.run, dot),
        How::Plain | How::Traced => session.render(&case.run, dot),
    };
    if let Some(error) = session.templates().first_error() {
        return Answer::Error(error.to_string());
    }
    match output {
        Ok(output) => {
            if tracing {
                covers(&mut session, &output);
            }
            Answer::of(output.bytes().to_vec())
        }
        Err(error) => Answer::Error(error.to_string()),
    }
}

/// Segments cover an output exactly and in order, and point into texts.
fn covers(session: &mut Session, output: &plimsoll_gotmpl::Output) {
    let mut at = 0;
    for segment in session.segments(output) {
        assert_eq!(segment.output.start, at, "in order");
        at = segment.output.end;
        let tree = session.tree(segment.written.tree);
        assert!(segment.written.range.end as usize <= tree.text().len());
        if segment.verbatim {
            let written = tree.bytes(segment.written.range);
            assert_eq!(written, &output.bytes()[segment.output.as_usize()]);
        }
    }
    assert_eq!(at as usize, output.bytes().len(), "to the end");
}

fn compare(how: How) {
    let oracle = Oracle::read();
    let functions = Arc::new(functions::all());
    let mut wrong = Vec::new();
    let mut count = 0;
    for (group, case, expected) in oracle.cases() {
        count += 1;
        let data = data::build(&oracle.data[&case.data]);
        let answer = ask(&case, &functions, data, how).masked();
        if answer != expected {
            wrong.push(format!(
                "{group}: {:?} (data {:?}, missing key {:?})\n  Go: {expected:?}\n  we: {answer:?}",
                case.text, case.data, case.missing
            ));
        }
    }
    let shown = wrong.iter().take(40).cloned().collect::<Vec<_>>();
    assert!(
        wrong.is_empty(),
        "{} of {count} differ:\n{}",
        wrong.len(),
        shown.join("\n")
    );
    assert!(count > 11_000, "only {count} cases");
}

#[test]
fn all_answers_agree() {
    compare(How::Plain);
}

#[test]
fn all_answers_agree_with_tracing_and_segments_cover_the_output() {
    compare(How::Traced);
}

#[test]
fn all_answers_agree_where_templates_are_executed_once() {
    compare(How::Once);
}
