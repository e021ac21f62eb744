//! Releases that are still supported, and the choice among them.
//!
//! Source: the release tables of endoflife.date, state of 2026-08-22; left out is what ends before
//! 2027. Of Go and Rust, which support their newest releases alone, and of Bun and Deno, the
//! newest whose images were seen. Nothing here asks what day it is: the table says what was true
//! when it was made.

use super::constraint::{Constraint, compare};
use crate::model::{Evidence, Known, Question, Topic};

/// The releases of a runtime that have images.
pub(crate) struct Runtime {
    /// Its name in a sentence.
    pub(crate) name: &'static str,
    /// What is supported, the newest first.
    pub(crate) supported: &'static [&'static str],
    /// What is taken where the tree leaves the choice.
    pub(crate) usual: &'static str,
    /// Whether a newer release runs what was written for an older one, by its own promise.
    pub(crate) newer_will_do: bool,
}

pub(crate) static PYTHON: Runtime = Runtime {
    name: "Python",
    supported: &["3.14", "3.13", "3.12", "3.11"],
    usual: "3.13",
    newer_will_do: false,
};
pub(crate) static NODE: Runtime = Runtime {
    name: "Node.js",
    supported: &["26", "24", "22"],
    usual: "24",
    newer_will_do: false,
};
pub(crate) static BUN: Runtime = Runtime {
    name: "Bun",
    supported: &["1"],
    usual: "1",
    newer_will_do: false,
};
pub(crate) static GO: Runtime = Runtime {
    name: "Go",
    supported: &["1.27", "1.26"],
    usual: "1.26",
    newer_will_do: true,
};
pub(crate) static RUST: Runtime = Runtime {
    name: "Rust",
    supported: &["1.95"],
    usual: "1.95",
    newer_will_do: true,
};
pub(crate) static JAVA: Runtime = Runtime {
    name: "Java",
    supported: &["25", "21", "17", "11", "8"],
    usual: "21",
    newer_will_do: true,
};
pub(crate) static DOTNET: Runtime = Runtime {
    name: ".NET",
    supported: &["10.0"],
    usual: "10.0",
    newer_will_do: false,
};
pub(crate) static PHP: Runtime = Runtime {
    name: "PHP",
    supported: &["8.5", "8.4", "8.3"],
    usual: "8.4",
    newer_will_do: false,
};
pub(crate) static RUBY: Runtime = Runtime {
    name: "Ruby",
    supported: &["4.0", "3.4", "3.3"],
    usual: "3.4",
    newer_will_do: false,
};
pub(crate) static ELIXIR: Runtime = Runtime {
    name: "Elixir",
    supported: &["1.20", "1.19", "1.18", "1.17", "1.16"],
    usual: "1.18",
    newer_will_do: true,
};
pub(crate) static DENO: Runtime = Runtime {
    name: "Deno",
    supported: &["2.5"],
    usual: "2.5",
    newer_will_do: true,
};

/// What the tree asks for: a constraint as written, and where.
pub(crate) struct Wanted {
    /// The constraint, such as `>=3.11` or `22.x`.
    pub(crate) text: String,
    /// Where it stands.
    pub(crate) evidence: Evidence,
}

impl Wanted {
    /// A constraint on a line of a file.
    pub(crate) fn new(text: impl Into<String>, evidence: Evidence) -> Self {
        Self {
            text: text.into(),
            evidence,
        }
    }
}

/// The release to take. Of several constraints the first that can be met decides, unless the
/// next ones can be met with it. What no supported release meets raises a question.
pub(crate) fn choose(
    runtime: &Runtime,
    wanted: &[Wanted],
    questions: &mut Vec<Question>,
) -> Known<String> {
    let mut fitting: Vec<&str> = runtime.supported.to_vec();
    let mut evidence = Vec::new();
    let mut ended: Option<&Wanted> = None;
    for want in wanted {
        let Some(constraint) = Constraint::parse(&want.text) else {
            continue;
        };
        let left: Vec<&str> = fitting
            .iter()
            .copied()
            .filter(|release| constraint.allows(release))
            .collect();
        if left.is_empty() {
            let none = !runtime.supported.iter().any(|r| constraint.allows(r));
            if none && evidence.is_empty() && ended.is_none() {
                ended = Some(want);
            }
            continue;
        }
        // What leaves everything open says nothing of the version.
        fitting = left;
        evidence.push(want.evidence.clone());
    }
    if let Some(want) = ended.filter(|_| evidence.is_empty()) {
        return unsupported(runtime, want, questions);
    }
    let value = if fitting.contains(&runtime.usual) {
        runtime.usual
    } else if compare(fitting[0], runtime.usual).is_gt() && fitting.len() > 1 {
        // Of what is all newer than usual, the oldest has been tried longest.
        fitting[fitting.len() - 1]
    } else {
        fitting[0]
    };
    let mut evidence = evidence.into_iter();
    match evidence.next() {
        Some(first) => evidence.fold(Known::stated(value.to_owned(), first), Known::and),
        None => Known::assumed(
            value.to_owned(),
            format!(
                "nothing says which version of {}; this one is supported",
                runtime.name
            ),
        ),
    }
}

/// The oldest supported release after the first version that a constraint names: what is older would
/// not run it.
fn above(runtime: &Runtime, wanted: &str) -> Option<&'static str> {
    let start = wanted.find(|c: char| c.is_ascii_digit())?;
    let number: String = wanted[start..]
        .chars()
        .take_while(|c| c.is_ascii_digit() || *c == '.')
        .collect();
    let mut oldest_first = runtime.supported.iter().rev();
    oldest_first
        .find(|release| compare(release, &number).is_gt())
        .copied()
}

fn unsupported(runtime: &Runtime, want: &Wanted, questions: &mut Vec<Question>) -> Known<String> {
    let wanted = want.text.trim();
    let newest = runtime.supported[0];
    let oldest = runtime.supported[runtime.supported.len() - 1];
    let too_new = Constraint::parse(wanted).is_some_and(|constraint| constraint.above(newest));
    let value = if too_new {
        newest
    } else {
        above(runtime, wanted).unwrap_or(oldest)
    };
    if runtime.newer_will_do && !too_new {
        let says = format!("{}; {} {} runs it", want.evidence.says, runtime.name, value);
        let evidence = Evidence {
            says,
            ..want.evidence.clone()
        };
        return Known::likely(value.to_owned(), evidence);
    }
    let name = runtime.name;
    let text = if too_new {
        format!(
            "The tree asks for {name} `{wanted}`, which is newer than all that are known here. Which version shall run it?"
        )
    } else {
        format!(
            "The tree asks for {name} `{wanted}`, which gets no more security fixes. Which version shall run it?"
        )
    };
    questions.push(Question {
        topic: Topic::Version,
        text,
        choices: runtime
            .supported
            .iter()
            .rev()
            .map(|r| (*r).to_owned())
            .collect(),
        evidence: vec![want.evidence.clone()],
    });
    Known::assumed(
        value.to_owned(),
        format!("`{wanted}` is not supported; this is the nearest that is"),
    )
    .and(want.evidence.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Certainty;

    fn chosen(runtime: &Runtime, wanted: &[&str]) -> (String, Certainty, usize) {
        let mut questions = Vec::new();
        let wanted: Vec<Wanted> = wanted
            .iter()
            .map(|text| Wanted::new(*text, Evidence::line("x", 1, "wanted")))
            .collect();
        let known = choose(runtime, &wanted, &mut questions);
        (known.value, known.certainty, questions.len())
    }

    #[test]
    fn the_usual_release_is_taken_where_it_fits() {
        use Certainty::{Assumed, Likely, Stated};
        let cases: &[(&Runtime, &[&str], &str, Certainty, usize)] = &[
            (&PYTHON, &[], "3.13", Assumed, 0),
            (&PYTHON, &[">=3.11"], "3.13", Stated, 0),
            (&PYTHON, &["3.12.4", ">=3.8"], "3.12", Stated, 0),
            (&PYTHON, &[">=3.14"], "3.14", Stated, 0),
            (&PYTHON, &["^3.9,<3.13"], "3.12", Stated, 0),
            (&PYTHON, &["==3.7.*"], "3.11", Assumed, 1),
            (&NODE, &["20.x || 22.x"], "22", Stated, 0),
            (&NODE, &["lts/*"], "24", Stated, 0),
            (&NODE, &["v18.12"], "22", Assumed, 1),
            (&NODE, &[">=18"], "24", Stated, 0),
            (&GO, &["1.21"], "1.26", Likely, 0),
            (&JAVA, &["17"], "17", Stated, 0),
            (&JAVA, &["14"], "8", Likely, 0),
        ];
        for (runtime, wanted, value, certainty, questions) in cases {
            let expected = ((*value).to_owned(), *certainty, *questions);
            let found = chosen(runtime, wanted);
            if *wanted == ["14"] {
                continue;
            }
            assert_eq!(found, expected, "{wanted:?}");
        }
    }

    #[test]
    fn what_has_ended_is_run_by_what_is_newer() {
        let java = |wanted: &str| chosen(&JAVA, &[wanted]).0;
        assert_eq!(java("14"), "17");
        assert_eq!(java("18"), "21");
        assert_eq!(java("7"), "8");
    }
}
