//! A print of a value: enough to see that two places hold the same, too little to learn it.

use std::fmt;

use sha2::{Digest, Sha256};

/// The first 24 bits of a hash of a value. So few are shared by one text in sixteen million: among
/// the secrets of a project two equal prints are one value, while of a list of all passwords that
/// people use a print still leaves hundreds, so that it confirms no guess.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Print(u32);

/// The print of a value.
pub fn print(value: &str) -> Print {
    let mut hash = Sha256::new();
    hash.update(b"plimsoll secret\0");
    hash.update(value.as_bytes());
    let hash = hash.finalize();
    Print(u32::from_be_bytes([0, hash[0], hash[1], hash[2]]))
}

impl fmt::Display for Print {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:06x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::print;

    #[test]
    fn equal_values_have_equal_prints_of_six_digits() {
        assert_eq!(print("a"), print("a"));
        assert_ne!(print("a"), print("b"));
        assert_eq!(print("kJ8x2mQ9vT4w").to_string().len(), 6);
    }
}
