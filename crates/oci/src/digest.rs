//! Digests: `sha256:…` and its longer relatives.

use std::fmt;

/// The algorithms that can be checked, with the number of hexadecimal digits each has.
const ALGORITHMS: [(&str, usize); 3] = [("sha256", 64), ("sha384", 96), ("sha512", 128)];

/// A content digest: algorithm and lower-case hexadecimal digits.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Digest {
    text: Box<str>,
    colon: usize,
}

/// Why a text is no digest.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum DigestError {
    /// Not of the form `algorithm:hex`, or with digits that are not lower case.
    Format,
    /// An algorithm that no builder checks.
    UnknownAlgorithm,
    /// The algorithm has another number of digits.
    Length {
        /// The number that the algorithm has.
        expected: usize,
        /// The number found.
        found: usize,
    },
}

impl fmt::Display for DigestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Format => {
                f.write_str("a digest is `sha256:` and 64 lower-case hexadecimal digits")
            }
            Self::UnknownAlgorithm => f.write_str("the digest's algorithm is unknown"),
            Self::Length { expected, found } => {
                write!(f, "the digest has {found} digits instead of {expected}")
            }
        }
    }
}

impl std::error::Error for DigestError {}

impl Digest {
    /// Reads `algorithm:hex`.
    pub fn parse(text: &str) -> Result<Self, DigestError> {
        let (algorithm, digits) = text.split_once(':').ok_or(DigestError::Format)?;
        if algorithm.is_empty() || digits.is_empty() {
            return Err(DigestError::Format);
        }
        let Some((_, expected)) = ALGORITHMS.iter().find(|(name, _)| *name == algorithm) else {
            return Err(if well_formed(algorithm, digits) {
                DigestError::UnknownAlgorithm
            } else {
                DigestError::Format
            });
        };
        if digits.len() != *expected {
            return Err(DigestError::Length {
                expected: *expected,
                found: digits.len(),
            });
        }
        if !digits
            .bytes()
            .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
        {
            return Err(DigestError::Format);
        }
        Ok(Self {
            text: text.into(),
            colon: algorithm.len(),
        })
    }

    /// The algorithm, such as `sha256`.
    pub fn algorithm(&self) -> &str {
        &self.text[..self.colon]
    }

    /// The hexadecimal digits.
    pub fn hex(&self) -> &str {
        &self.text[self.colon + 1..]
    }

    /// The whole digest.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Whether the two halves have the general form of a digest of some algorithm.
fn well_formed(algorithm: &str, encoded: &str) -> bool {
    let component = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    };
    algorithm.split(['.', '+', '_', '-']).all(component)
        && encoded
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'=' | b'_' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::{Digest, DigestError};

    #[test]
    fn digests_have_the_length_of_their_algorithm() {
        let hex = "0123456789abcdef".repeat(4);
        let digest = Digest::parse(&format!("sha256:{hex}")).expect("well formed");
        assert_eq!((digest.algorithm(), digest.hex()), ("sha256", hex.as_str()));
        assert_eq!(
            Digest::parse("sha512:00"),
            Err(DigestError::Length {
                expected: 128,
                found: 2
            })
        );
        assert_eq!(Digest::parse("md5:00"), Err(DigestError::UnknownAlgorithm));
        for text in [
            "",
            ":",
            "sha256",
            "sha256:",
            ":00",
            "MD5:00",
            "a..b:00",
            &format!("sha256:{}", "A".repeat(64)),
        ] {
            assert_eq!(Digest::parse(text), Err(DigestError::Format), "{text}");
        }
    }
}
