//! The certificate that a cluster's controller gives out: a public key, and for how long.
//!
//! Of X.509 (RFC 5280, section 4.1) only the way to these two is read: the validity and the public
//! key of the first certificate of a file. Who signed it does not matter, since the user says that
//! it is the cluster's.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use rsa::PublicKey;
use rsa::pkcs8::DecodePublicKey as _;
use rsa::traits::PublicKeyParts as _;
use thiserror::Error;

/// The shortest key that is sealed with, in bits: what the controller makes has 4096.
const LEAST_BITS: u32 = 2048;

const INTEGER: u8 = 0x02;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xa0;

/// A certificate of a controller.
#[derive(Clone, Debug)]
pub struct Certificate {
    pub(crate) key: PublicKey,
    /// From when on it counts, in seconds of Unix time; 0 for what lies before.
    pub not_before: u64,
    /// Until when it counts, in seconds of Unix time.
    pub not_after: u64,
}

/// Why a text is no certificate to seal with.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum CertificateError {
    /// There is no block of PEM.
    #[error("there is no certificate in PEM")]
    NoPem,
    /// The first block is something else; its name.
    #[error("the file holds `{0}` instead of a certificate")]
    Other(String),
    /// It is no certificate inside.
    #[error("the certificate cannot be read")]
    Broken,
    /// The key is of another kind than RSA.
    #[error("the key of the certificate is no RSA key")]
    NotRsa,
    /// The key is too short; its length in bits.
    #[error("the RSA key of the certificate has {0} bits, fewer than {LEAST_BITS}")]
    Short(u32),
}

impl Certificate {
    /// Reads the first certificate of a PEM file.
    pub fn parse(text: &str) -> Result<Self, CertificateError> {
        let start = text.find("-----BEGIN ").ok_or(CertificateError::NoPem)?;
        let block = &text[start + "-----BEGIN ".len()..];
        let (label, rest) = block.split_once("-----").ok_or(CertificateError::NoPem)?;
        if label != "CERTIFICATE" {
            return Err(CertificateError::Other(label.chars().take(40).collect()));
        }
        let (body, _) = rest
            .split_once("-----END CERTIFICATE-----")
            .ok_or(CertificateError::NoPem)?;
        let body: String = body.split_ascii_whitespace().collect();
        let bytes = BASE64_STANDARD
            .decode(body)
            .map_err(|_| CertificateError::Broken)?;
        let (not_before, not_after, key) = fields(&bytes).ok_or(CertificateError::Broken)?;
        let key = PublicKey::from_public_key_der(key).map_err(|_| CertificateError::NotRsa)?;
        let bits = key.n().bit_width();
        if bits < LEAST_BITS {
            return Err(CertificateError::Short(bits));
        }
        Ok(Self {
            key,
            not_before,
            not_after,
        })
    }
}

/// Validity and public key, the latter with its tag.
fn fields(bytes: &[u8]) -> Option<(u64, u64, &[u8])> {
    let mut outer = Reader(Reader(bytes).expect(SEQUENCE)?);
    let mut body = Reader(outer.expect(SEQUENCE)?);
    // The first version, which names itself by not doing so, has no extensions.
    if body.0.first() == Some(&VERSION) {
        body.expect(VERSION)?;
    }
    body.expect(INTEGER)?;
    body.expect(SEQUENCE)?;
    body.expect(SEQUENCE)?;
    let mut validity = Reader(body.expect(SEQUENCE)?);
    let not_before = time(&mut validity)?;
    let not_after = time(&mut validity)?;
    body.expect(SEQUENCE)?;
    let (tag, _, whole) = body.next()?;
    (tag == SEQUENCE).then_some((not_before, not_after, whole))
}

/// Reads values of DER one after the other.
struct Reader<'d>(&'d [u8]);

impl<'d> Reader<'d> {
    /// The next value: its tag, its content, and all of it.
    fn next(&mut self) -> Option<(u8, &'d [u8], &'d [u8])> {
        let whole = self.0;
        let (&tag, rest) = whole.split_first()?;
        let (&first, rest) = rest.split_first()?;
        let (len, rest) = if first < 0x80 {
            (usize::from(first), rest)
        } else {
            // No certificate is longer than four bytes can say.
            let count = usize::from(first & 0x7f);
            let digits = rest.get(..count).filter(|_| (1..=4).contains(&count))?;
            let len = digits
                .iter()
                .fold(0, |len, digit| len << 8 | usize::from(*digit));
            (len, &rest[count..])
        };
        let content = rest.get(..len)?;
        let end = whole.len() - rest.len() + len;
        self.0 = &whole[end..];
        Some((tag, content, &whole[..end]))
    }

    /// The content of the next value, which has to have this tag.
    fn expect(&mut self, tag: u8) -> Option<&'d [u8]> {
        let (found, content, _) = self.next()?;
        (found == tag).then_some(content)
    }
}

/// A moment, in seconds of Unix time. DER writes both forms with seconds and in UTC.
fn time(reader: &mut Reader<'_>) -> Option<u64> {
    let (tag, content, _) = reader.next()?;
    let text = std::str::from_utf8(content).ok()?.strip_suffix('Z')?;
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (year, rest) = match tag {
        UTC_TIME => {
            let (year, rest) = text.split_at_checked(2)?;
            let year: i64 = year.parse().ok()?;
            // Two digits stand for 1950 to 2049.
            (if year < 50 { 2000 + year } else { 1900 + year }, rest)
        }
        GENERALIZED_TIME => {
            let (year, rest) = text.split_at_checked(4)?;
            (year.parse().ok()?, rest)
        }
        _ => return None,
    };
    if rest.len() != 10 {
        return None;
    }
    let part = |at: usize| rest.get(at..at + 2)?.parse::<i64>().ok();
    let (month, day) = (part(0)?, part(2)?);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let seconds = part(4)? * 3600 + part(6)? * 60 + part(8)?;
    Some(u64::try_from(days(year, month, day) * 86400 + seconds).unwrap_or(0))
}

/// Days from 1970 to a day of the Gregorian calendar, years counted from March so that the day
/// that some of them have more comes last.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let month = (month + 9) % 12;
    let of_year = (153 * month + 2) / 5 + day - 1;
    year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + of_year
        - 719_468
}

#[cfg(test)]
mod tests {
    use super::{Certificate, CertificateError, days};

    const CERTIFICATE: &str = include_str!("../tests/data/cert.pem");

    #[test]
    fn a_certificate_tells_its_time() {
        let read = Certificate::parse(CERTIFICATE).expect("a certificate");
        assert_eq!(read.not_after - read.not_before, 3650 * 86400);
        let after_words = format!("issued by a cluster\n{CERTIFICATE}");
        assert!(Certificate::parse(&after_words).is_ok());
    }

    #[test]
    fn days_are_counted() {
        for (date, expected) in [
            ((1970, 1, 1), 0),
            ((2000, 2, 29), 11016),
            ((2000, 3, 1), 11017),
            ((2026, 11, 27), 20784),
            ((1969, 12, 31), -1),
        ] {
            let (year, month, day) = date;
            assert_eq!(days(year, month, day), expected, "{date:?}");
        }
    }

    #[test]
    fn what_is_no_certificate_is_refused() {
        let refused = |text: &str| Certificate::parse(text).map(|_| ()).unwrap_err();
        assert_eq!(refused(""), CertificateError::NoPem);
        assert_eq!(
            refused("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"),
            CertificateError::Other("PRIVATE KEY".into())
        );
        assert_eq!(
            refused("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"),
            CertificateError::Broken
        );
        let short = include_str!("../tests/data/short.pem");
        assert_eq!(refused(short), CertificateError::Short(1024));
        assert_eq!(
            refused(include_str!("../tests/data/elliptic.pem")),
            CertificateError::NotRsa
        );
        // Any damage is an error and no panic.
        for at in 30..CERTIFICATE.len() - 30 {
            let mut broken = CERTIFICATE.as_bytes().to_vec();
            broken[at] = b'A';
            let broken = String::from_utf8(broken).expect("ASCII");
            let _ = Certificate::parse(&broken);
        }
    }
}
