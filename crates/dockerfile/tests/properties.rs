//! What holds for any text: nothing panics, nothing is lost, every place is a place.

#[path = "properties/places.rs"]
mod places;

use plimsoll_dockerfile::Word;
use plimsoll_dockerfile::words::{expand, variables};
use plimsoll_source::TextRange;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

/// Pieces that mean something somewhere.
const PIECES: &[&str] = &[
    "FROM ",
    "from ",
    "RUN ",
    "COPY ",
    "ADD ",
    "ENV ",
    "ARG ",
    "LABEL ",
    "ONBUILD ",
    "CMD ",
    "ENTRYPOINT ",
    "HEALTHCHECK ",
    "SHELL ",
    "EXPOSE ",
    "USER ",
    "WORKDIR ",
    "VOLUME ",
    "STOPSIGNAL ",
    "MAINTAINER ",
    "FORM ",
    "scratch",
    "alpine:3",
    " AS ",
    "a",
    "b",
    "A",
    "80",
    "/x",
    "=",
    "==",
    "$A",
    "${A}",
    "${A:-",
    "${A#",
    "${A//",
    "}",
    "$",
    "{",
    "\"",
    "'",
    "\\",
    "`",
    "\\\n",
    "`\n",
    "\n",
    "\r\n",
    " ",
    "\t",
    "\u{a0}",
    "\u{2003}",
    "é",
    "\u{3801}",
    "#",
    "# x\n",
    "# escape=`\n",
    "# syntax=a\n",
    "# check=skip=b\n",
    "<<",
    "<<E",
    "<<-E",
    "<<'E'",
    "E\n",
    "\tE\n",
    "E",
    "[",
    "]",
    "[\"a\", \"b\"]",
    ",",
    "--from=",
    "--from=0 ",
    "--mount=",
    "type=cache,target=/x ",
    "type=secret,id=a ",
    "--chown=",
    "--link ",
    "--",
    "--interval=",
    "5s ",
    "NONE",
    "\u{feff}",
    "\u{0}",
    "&&",
    "|",
    ";",
    "(",
    ")",
    "#!/bin/sh\n",
    ":",
    "@",
    "--platform=",
    "sh",
    "-c",
];

fn soup() -> impl Strategy<Value = String> {
    let lines = prop::collection::vec(prop::sample::select(PIECES), 0..60)
        .prop_map(|pieces| pieces.concat());
    prop_oneof![
        4 => lines.clone(),
        4 => lines.prop_map(|text| format!("FROM scratch\n{text}")),
        1 => any::<String>(),
    ]
}

proptest! {
    // One seed, so that a change never fails by a text that has nothing to do with it; the fuzz
    // targets look further.
    #![proptest_config(ProptestConfig {
        cases: 3000,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(1),
        ..ProptestConfig::default()
    })]

    #[test]
    fn every_byte_has_its_place(text in soup()) {
        places::check(&text);
    }

    #[test]
    fn expansion_is_total(text in soup()) {
        // A word has no line breaks: continuations are joined.
        let text = text.replace(['\n', '\r'], "");
        let word = Word { range: TextRange::at(0, text.len()), value: text.as_str().into() };
        let lookup = |name: &str| (name != "B").then(|| format!("{name}-value"));
        if let Err(error) = expand(&word, &text, '\\', &lookup) {
            places::on_boundaries(&text, error.range);
        }
        for variable in variables(&word, &text, '\\') {
            places::on_boundaries(&text, variable.range);
            prop_assert!(variable.range.of(&text).starts_with('$'));
        }
    }
}
