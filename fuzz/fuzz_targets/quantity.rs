//! Any two texts: parsing ends, the canonical form means the same, order and sum are lawful.
#![no_main]

use libfuzzer_sys::fuzz_target;
use plimsoll_k8s::Quantity;

fuzz_target!(|input: (&str, &str)| {
    let parsed = [input.0, input.1].map(|text| Quantity::parse(text).ok());
    for quantity in parsed.into_iter().flatten() {
        let printed = quantity.to_string();
        let again = Quantity::parse(&printed).expect("what is printed can be read");
        assert_eq!(again, quantity, "{printed}");
        // `50312.5Ki` prints as `51520000`, which is a decimal number from then on: `51520k`.
        assert!(again.to_string() == printed || again.format() != quantity.format());
        let (value, milli) = (quantity.value(), quantity.milli_value());
        assert!(value.unsigned_abs() <= milli.unsigned_abs());
        assert_eq!(value == 0, quantity.is_zero());
        assert!(!quantity.to_f64().is_nan());
    }
    if let [Some(a), Some(b)] = parsed {
        assert_eq!(a.cmp(&b), b.cmp(&a).reverse());
        assert_eq!(a.plus(b), b.plus(a));
        if !b.is_negative() {
            assert!(a.plus(b) >= a, "{a} + {b} = {}", a.plus(b));
        }
    }
});
