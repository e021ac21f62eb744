//! The natural logarithm to the last bit as Go's `math.Log` has it, which differs from that of C
//! libraries for one number in seventy.

use std::f64::consts::SQRT_2;

/// ln 2, its upper 32 bits.
const LN2_HIGH: f64 = 6.931_471_803_691_238e-1;
/// What is left of it.
const LN2_LOW: f64 = 1.908_214_929_270_587_7e-10;
/// The coefficients of a polynomial in s² that comes close to what is left of ln(1 + f) beyond
/// 2s, where s = f / (2 + f).
const TERMS: [f64; 7] = [
    6.666_666_666_666_735e-1,
    3.999_999_999_940_942e-1,
    2.857_142_874_366_239e-1,
    2.222_219_843_214_978_4e-1,
    1.818_357_216_161_805e-1,
    1.531_383_769_920_937_3e-1,
    1.479_819_860_511_658_6e-1,
];

/// ln of a normal number above 0.
pub(crate) fn log(x: f64) -> f64 {
    // x = fraction · 2^exponent, with the fraction from 1/2 up to 1.
    let bits = x.to_bits();
    let mut exponent = ((bits >> 52) & 0x7ff) as i64 - 1022;
    let mut fraction = f64::from_bits(bits & !(0x7ff << 52) | (1022 << 52));
    if fraction < SQRT_2 / 2.0 {
        fraction *= 2.0;
        exponent -= 1;
    }
    let f = fraction - 1.0;
    let k = exponent as f64;
    let s = f / (2.0 + f);
    let square = s * s;
    let fourth = square * square;
    let odd = square * (TERMS[0] + fourth * (TERMS[2] + fourth * (TERMS[4] + fourth * TERMS[6])));
    let even = fourth * (TERMS[1] + fourth * (TERMS[3] + fourth * TERMS[5]));
    let half = 0.5 * f * f;
    k * LN2_HIGH - ((half - (s * (half + (odd + even)) + k * LN2_LOW)) - f)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_bit_is_go_s() {
        // From `math.Float64bits(math.Log(x))` of Go 1.26.
        let known = [
            (2.0, 0x3fe6_2e42_fefa_39ef_u64),
            (3.0, 0x3ff1_93ea_7aad_030a),
            (14.0, 0x4005_1cca_16d7_bba8),
            (48.0, 0x400e_f838_3c50_bb74),
            (74.0, 0x4011_375c_d6fc_ab1c),
        ];
        for (x, bits) in known {
            assert_eq!(log(x).to_bits(), bits, "ln {x}");
        }
        for x in 2..5000 {
            let x = f64::from(x);
            assert!((log(x) - x.ln()).abs() < 4.0 * f64::EPSILON * x.ln());
        }
    }
}
