//! References against the reference's answers in `tests/oracles/reference`.

use plimsoll_oci::{DigestError, Reference, ReferenceErrorKind};
use proptest::prelude::*;
use serde_json::Value;

fn answers() -> Vec<Value> {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/oracles/reference/answers.json"
    );
    let text = std::fs::read_to_string(path).expect("committed");
    serde_json::from_str(&text).expect("written by the oracle")
}

fn error_name(kind: ReferenceErrorKind) -> &'static str {
    match kind {
        ReferenceErrorKind::Uppercase => "uppercase",
        ReferenceErrorKind::Identifier => "identifier",
        ReferenceErrorKind::TooLong => "too long",
        ReferenceErrorKind::Digest(DigestError::UnknownAlgorithm) => "digest algorithm",
        ReferenceErrorKind::Digest(DigestError::Length { .. }) => "digest length",
        // The grammar itself refuses most malformed digests, the digest's own check a few.
        ReferenceErrorKind::Digest(DigestError::Format) => "digest format",
        _ => "format",
    }
}

#[test]
fn references_are_read_as_the_reference_reads_them() {
    let answers = answers();
    assert!(answers.len() >= 250);
    let mut wrong = Vec::new();
    for case in &answers {
        let text = case["text"].as_str().expect("given");
        let field = |name: &str| case[name].as_str().unwrap_or("").to_owned();
        match Reference::parse(text) {
            Ok(image) => {
                let ours = [
                    String::new(),
                    image.domain().to_owned(),
                    image.repository().to_owned(),
                    image.tag().unwrap_or("").to_owned(),
                    image.digest().map(ToString::to_string).unwrap_or_default(),
                    image.familiar(),
                    image.to_string(),
                ];
                let theirs = [
                    "error",
                    "domain",
                    "repository",
                    "tag",
                    "digest",
                    "familiar",
                    "full",
                ]
                .map(field);
                if ours != theirs {
                    wrong.push(format!("{text:?}: {ours:?} instead of {theirs:?}"));
                }
            }
            Err(error) => {
                let ours = error_name(error.kind);
                let theirs = field("error");
                if ours != theirs && !(ours == "digest format" && theirs == "format") {
                    wrong.push(format!("{text:?}: {ours} instead of {theirs:?}"));
                }
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

proptest! {
    #[test]
    fn what_is_printed_reads_the_same(text in "[a-zA-Z0-9./:@_é-]{0,24}") {
        let Ok(image) = Reference::parse(&text) else { return Ok(()) };
        let again = Reference::parse(&image.to_string()).expect("the normal form");
        prop_assert_eq!(again.repository(), image.repository());
        prop_assert_eq!(again.domain(), image.domain());
        prop_assert_eq!(again.tag(), image.tag());
        let again = Reference::parse(&image.familiar()).expect("the short form");
        prop_assert_eq!(again.full_name(), image.full_name());
        let written = image.full_name_range().of(&text);
        prop_assert!(image.full_name().ends_with(image.repository_range().of(&text)), "{}", written);
        prop_assert_eq!(image.name_range().of(&text), image.name());
    }
}
