//! Quantities against the reference's answers in `tests/oracles/quantity`, and their laws.

use std::cmp::Ordering;

use plimsoll_k8s::quantity::Format;
use plimsoll_k8s::{Quantity, QuantityError};
use proptest::prelude::*;
use serde_json::Value;

fn answers() -> Value {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/oracles/quantity/answers.json"
    );
    let text = std::fs::read_to_string(path).expect("committed");
    serde_json::from_str(&text).expect("written by the oracle")
}

fn text<'a>(case: &'a Value, key: &str) -> Option<&'a str> {
    case[key].as_str()
}

/// The reference prints a decimal number above its last suffix without any: `1000E` as `1`.
fn matches_canonical(quantity: Quantity, reference: &str) -> bool {
    let ours = quantity.to_string();
    match ours.split_once('e') {
        Some((digits, _)) if quantity.format() != Format::DecimalExponent => digits == reference,
        _ => ours == reference,
    }
}

#[test]
fn parsing_and_printing_agree_with_the_reference() {
    let answers = answers();
    let cases = answers["parse"].as_array().expect("a list");
    assert!(cases.len() >= 400);
    let mut wrong = Vec::new();
    for case in cases {
        let input = text(case, "text").expect("given");
        let ours = Quantity::parse(input);
        let fine = match (text(case, "error"), ours) {
            (Some(error), Err(ours)) => {
                error
                    == match ours {
                        QuantityError::Format => "format",
                        QuantityError::Number => "number",
                        QuantityError::Suffix => "suffix",
                    }
            }
            (None, Ok(ours)) => {
                let sign = i64::from(ours.is_positive()) - i64::from(ours.is_negative());
                let format = match ours.format() {
                    Format::BinarySi => "BinarySI",
                    Format::DecimalSi => "DecimalSI",
                    Format::DecimalExponent => "DecimalExponent",
                };
                matches_canonical(ours, text(case, "canonical").unwrap_or(""))
                    && Some(format) == text(case, "format")
                    && Some(sign) == case["sign"].as_i64()
                    && case["value"]
                        .as_i64()
                        .is_none_or(|value| value == ours.value())
                    && case["milli"]
                        .as_i64()
                        .is_none_or(|milli| milli == ours.milli_value())
            }
            _ => false,
        };
        if !fine {
            wrong.push(format!(
                "{case} but we say {ours:?} {:?}",
                ours.map(|q| q.to_string())
            ));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn comparing_and_adding_agree_with_the_reference() {
    let answers = answers();
    for case in answers["compare"].as_array().expect("a list") {
        let parse = |key| Quantity::parse(text(case, key).expect("given")).expect("valid");
        let (a, b) = (parse("a"), parse("b"));
        let order = match a.cmp(&b) {
            Ordering::Less => -1,
            Ordering::Equal => 0,
            Ordering::Greater => 1,
        };
        assert_eq!(Some(order), case["order"].as_i64(), "{case}");
        let sum = a.plus(b);
        assert!(
            matches_canonical(sum, text(case, "sum").unwrap_or("")),
            "{case}: {sum}"
        );
    }
}

#[test]
fn extremes_stay_quick_and_ordered() {
    let huge = Quantity::parse("1e2147483647").expect("valid");
    let tiny = Quantity::parse("1e-2147483647").expect("valid");
    assert_eq!(tiny.to_string(), "1e-9");
    assert!(huge > Quantity::parse("9e2147483646").expect("valid"));
    assert!(huge > tiny && huge.value() == i64::MAX && huge.milli_value() == i64::MAX);
    assert!(huge.to_f64().is_infinite());
    assert_eq!(huge.plus(tiny), huge);
    let long = format!("0.{}1Gi", "0".repeat(1_000_000));
    assert_eq!(Quantity::parse(&long).expect("valid").to_string(), "1n");
    let long = format!("{}Ei", "9".repeat(1_000_000));
    assert_eq!(Quantity::parse(&long).expect("valid").value(), i64::MAX);
}

proptest! {
    #[test]
    fn no_text_is_too_strange(text in "\\PC{0,24}") {
        let _ = Quantity::parse(&text);
    }

    #[test]
    fn the_canonical_form_means_the_same(
        text in "-?[0-9]{0,20}(\\.[0-9]{0,12})?(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|e-?[0-9]{1,2})?"
    ) {
        if let Ok(quantity) = Quantity::parse(&text) {
            let printed = quantity.to_string();
            let again = Quantity::parse(&printed).expect("what we print is valid");
            prop_assert_eq!(again, quantity);
            // `50312.5Ki` prints as `51520000`, which is a decimal number from then on: `51520k`.
            prop_assert!(again.to_string() == printed || again.format() != quantity.format());
        }
    }

    #[test]
    fn order_agrees_with_floats_where_they_are_far_apart(
        a in "[0-9]{1,9}(m|k|M|Ki|Mi|Gi|e3)?",
        b in "[0-9]{1,9}(m|k|M|Ki|Mi|Gi|e3)?",
    ) {
        let (a, b) = (Quantity::parse(&a).expect("valid"), Quantity::parse(&b).expect("valid"));
        let (x, y) = (a.to_f64(), b.to_f64());
        if (x - y).abs() > x.max(y) * 1e-12 {
            prop_assert_eq!(a < b, x < y);
        }
        prop_assert_eq!(a.plus(b), b.plus(a));
        prop_assert!(a.plus(b) >= a);
    }

    #[test]
    fn whole_numbers_keep_their_value(value in any::<i64>()) {
        let quantity = Quantity::new(value, Format::DecimalSi);
        prop_assert_eq!(quantity.value(), value);
        prop_assert_eq!(Quantity::parse(&value.to_string()).expect("valid"), quantity);
    }
}
