//! Certificates as Go's crypto/x509 writes them for sprig: the same extensions in the same order.

use std::net::IpAddr;

use sha2::{Digest, Sha256};

use super::der::{self, BIT_STRING, OCTET_STRING, OID, Reader, SEQUENCE};
use super::keys::Key;
use super::pem;

/// What a certificate says.
pub(super) struct Request<'r> {
    pub(super) common_name: &'r [u8],
    pub(super) addresses: Vec<IpAddr>,
    pub(super) names: Vec<Vec<u8>>,
    /// Seconds since 1970.
    pub(super) from: i64,
    pub(super) to: i64,
    pub(super) is_authority: bool,
    pub(super) serial: [u8; 16],
}

/// What is needed of a certificate that signs others.
pub(super) struct Issuer {
    subject: Vec<u8>,
    key_id: Option<Vec<u8>>,
    public: Vec<u8>,
}

const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
const KEY_USAGE: &[u8] = &[0x55, 0x1d, 0x0f];
const EXTENDED_KEY_USAGE: &[u8] = &[0x55, 0x1d, 0x25];
const BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 0x13];
const SUBJECT_KEY_ID: &[u8] = &[0x55, 0x1d, 0x0e];
const AUTHORITY_KEY_ID: &[u8] = &[0x55, 0x1d, 0x23];
const ALTERNATIVE_NAMES: &[u8] = &[0x55, 0x1d, 0x11];
const SERVER: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x01];
const CLIENT: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x02];
const TRUE: &[u8] = &[0x01, 0x01, 0xff];

const NO_CERTIFICATE: &str = "x509: malformed certificate";

impl Request<'_> {
    /// The certificate as PEM. Without an issuer it signs itself.
    pub(super) fn sign(
        &self,
        key: &Key,
        issuer: Option<(&Issuer, &Key)>,
    ) -> Result<Vec<u8>, String> {
        let signing = issuer.map_or(key, |(_, key)| key);
        let no_signer = "x509: certificate private key does not implement crypto.Signer";
        let algorithm = signing.algorithm().ok_or(no_signer)?;
        let (public, bits) = key
            .public()
            .ok_or("x509: only RSA, ECDSA, Ed25519 and ML-DSA public keys are supported")?;
        let subject = self.subject()?;
        let mut issued_by = &subject;
        let mut authority = None;
        if let Some((issuer, signing)) = issuer {
            if signing
                .public()
                .is_none_or(|(public, _)| public != issuer.public)
            {
                return Err("x509: provided PrivateKey doesn't match parent's PublicKey".into());
            }
            if issuer.subject != subject {
                authority = issuer.key_id.as_deref();
            }
            issued_by = &issuer.subject;
        }
        let validity = der::sequence(&[&time(self.from)?, &time(self.to)?]);
        let extensions = self.extensions(&bits, authority)?;
        let body = der::sequence(&[
            &der::tagged(0xa0, &der::integer(&[2])),
            &der::integer(&self.serial),
            &algorithm,
            issued_by,
            &validity,
            &subject,
            &public,
            &der::tagged(0xa3, &der::tagged(SEQUENCE, &extensions)),
        ]);
        let signature = signing.sign(&body).ok_or(no_signer)?;
        let whole = der::sequence(&[&body, &algorithm, &der::bit_string(0, &signature)]);
        Ok(pem::encode("CERTIFICATE", &whole))
    }

    fn subject(&self) -> Result<Vec<u8>, String> {
        if self.common_name.is_empty() {
            return Ok(der::sequence(&[]));
        }
        if std::str::from_utf8(self.common_name).is_err() {
            return Err("asn1: string not valid UTF-8".into());
        }
        let printable = |byte: &u8| byte.is_ascii_alphanumeric() || b" '()+,-./:=?".contains(byte);
        let tag = if self.common_name.iter().all(printable) {
            0x13
        } else {
            0x0c
        };
        let name = der::tagged(tag, self.common_name);
        let attribute = der::sequence(&[&der::oid(COMMON_NAME), &name]);
        Ok(der::sequence(&[&der::tagged(0x31, &attribute)]))
    }

    /// All extensions, in Go's order.
    fn extensions(&self, public: &[u8], authority: Option<&[u8]>) -> Result<Vec<u8>, String> {
        let mut all = Vec::new();
        let mut add = |oid: &[u8], critical: bool, content: &[u8]| {
            let critical = if critical { TRUE } else { &[] };
            let content = der::tagged(OCTET_STRING, content);
            all.extend_from_slice(&der::sequence(&[&der::oid(oid), critical, &content]));
        };
        // Digital signature and key encipherment; of an authority also signing certificates.
        let usage = if self.is_authority {
            der::bit_string(2, &[0xa4])
        } else {
            der::bit_string(5, &[0xa0])
        };
        add(KEY_USAGE, true, &usage);
        let purposes = der::sequence(&[&der::oid(SERVER), &der::oid(CLIENT)]);
        add(EXTENDED_KEY_USAGE, false, &purposes);
        let constraints = der::sequence(&[if self.is_authority { TRUE } else { &[] }]);
        add(BASIC_CONSTRAINTS, true, &constraints);
        if self.is_authority {
            // RFC 7093, method 1.
            let id = &Sha256::digest(public)[..20];
            add(SUBJECT_KEY_ID, false, &der::tagged(OCTET_STRING, id));
        }
        if let Some(id) = authority {
            add(
                AUTHORITY_KEY_ID,
                false,
                &der::sequence(&[&der::tagged(0x80, id)]),
            );
        }
        if !self.names.is_empty() || !self.addresses.is_empty() {
            let mut names = Vec::new();
            for name in &self.names {
                if !name.is_ascii() {
                    let name = plimsoll_gotmpl::quote(name);
                    return Err(format!("x509: {name} cannot be encoded as an IA5String"));
                }
                names.extend_from_slice(&der::tagged(0x82, name));
            }
            for address in &self.addresses {
                names.extend_from_slice(&match address.to_canonical() {
                    IpAddr::V4(address) => der::tagged(0x87, &address.octets()),
                    IpAddr::V6(address) => der::tagged(0x87, &address.octets()),
                });
            }
            // Who has no other name is only known by these.
            let critical = self.common_name.is_empty();
            add(ALTERNATIVE_NAMES, critical, &der::tagged(SEQUENCE, &names));
        }
        Ok(all)
    }
}

/// A time as certificates have it: two digits of the year until 2049.
fn time(unix: i64) -> Result<Vec<u8>, String> {
    let digits = crate::functions::dates::stamp(unix);
    let year: i64 = digits[..digits.len() - 10].parse().unwrap_or(0);
    match year {
        1950..2050 => Ok(der::tagged(0x17, format!("{}Z", &digits[2..]).as_bytes())),
        0..10_000 => Ok(der::tagged(0x18, format!("{digits}Z").as_bytes())),
        _ => Err("asn1: structure error: cannot represent time as GeneralizedTime".into()),
    }
}

impl Issuer {
    /// The certificate in a DER text.
    pub(super) fn parse(content: &[u8]) -> Result<Self, String> {
        let Some(mut inner) = Reader(content).sequence() else {
            return Err(NO_CERTIFICATE.into());
        };
        if inner.sequence().is_none() {
            return Err("x509: malformed tbs certificate".into());
        }
        parse(content).ok_or_else(|| NO_CERTIFICATE.to_owned())
    }
}

fn parse(content: &[u8]) -> Option<Issuer> {
    let mut whole = Reader(content);
    let mut certificate = whole.sequence()?;
    if !whole.0.is_empty() {
        return None;
    }
    let mut body = certificate.sequence()?;
    certificate.sequence()?;
    certificate.expect(BIT_STRING)?;
    if body.peek() == Some(0xa0) {
        body.next()?;
    }
    body.integer()?;
    body.sequence()?;
    body.sequence()?;
    body.sequence()?;
    let (tag, _, subject) = body.next()?;
    let (public_tag, _, public) = body.next()?;
    if tag != SEQUENCE || public_tag != SEQUENCE {
        return None;
    }
    let mut key_id = None;
    while let Some((tag, content, _)) = body.next() {
        if tag != 0xa3 {
            continue;
        }
        let mut extensions = Reader(content).sequence()?;
        while let Some(mut extension) = extensions.sequence() {
            if extension.expect(OID)? == SUBJECT_KEY_ID {
                let content = extension.expect(OCTET_STRING)?;
                key_id = Reader(content).expect(OCTET_STRING).map(<[u8]>::to_vec);
            }
        }
    }
    Some(Issuer {
        subject: subject.to_vec(),
        key_id,
        public: public.to_vec(),
    })
}

#[cfg(test)]
mod tests {
    use super::super::chance::Chance;
    use super::*;
    use crate::functions::Random;

    struct Count(u64);

    impl Random for Count {
        fn fill(&mut self, bytes: &mut [u8]) {
            for byte in bytes {
                self.0 = self
                    .0
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                *byte = (self.0 >> 56) as u8;
            }
        }
    }

    fn request(name: &[u8], is_authority: bool) -> Request<'_> {
        Request {
            common_name: name,
            addresses: vec![[127, 0, 0, 1].into()],
            names: vec![b"a.example".to_vec()],
            from: 1_700_000_000,
            to: 2_700_000_000,
            is_authority,
            serial: [7; 16],
        }
    }

    /// The signed body of a certificate and its signature.
    fn parts(pem: &[u8]) -> (Vec<u8>, Vec<u8>, Issuer) {
        let content = pem::decode(pem).expect("a block").content;
        let mut certificate = Reader(&content).sequence().expect("a certificate");
        let (_, _, body) = certificate.next().expect("a body");
        certificate.next().expect("an algorithm");
        let signature = certificate.expect(BIT_STRING).expect("a signature");
        let issuer = Issuer::parse(&content).expect("a certificate");
        (body.to_vec(), signature[1..].to_vec(), issuer)
    }

    #[test]
    fn an_authority_signs_what_its_key_verifies() {
        let mut dice = Count(1);
        let key = Key::rsa(&mut Chance(&mut dice), 1024).expect("a key");
        let pem = request(b"authority", true)
            .sign(&key, None)
            .expect("signed");
        let (body, signature, issuer) = parts(&pem);
        assert_eq!(
            key.sign(&body),
            Some(signature),
            "RSA signatures need no chance"
        );
        assert!(issuer.key_id.is_some());

        let leaf = Key::p256(&mut Chance(&mut dice)).expect("a key");
        let signed = request(b"leaf", false).sign(&leaf, Some((&issuer, &key)));
        let (body, signature, leaf_issuer) = parts(&signed.expect("signed"));
        assert_eq!(key.sign(&body), Some(signature));
        assert!(leaf_issuer.key_id.is_none());
        let id = issuer.key_id.clone().expect("an id");
        assert!(
            memchr::memmem::find(&body, &id).is_some(),
            "names its authority"
        );

        let refused = request(b"leaf", false).sign(&leaf, Some((&issuer, &leaf)));
        assert!(refused.is_err_and(|error| error.contains("doesn't match")));
    }

    #[test]
    fn times_change_their_form_in_2050() {
        assert_eq!(time(0).expect("a time"), b"\x17\x0d700101000000Z");
        assert_eq!(
            time(2_524_608_000).expect("a time"),
            b"\x18\x0f20500101000000Z"
        );
        assert!(time(i64::MAX).is_err());
    }
}
