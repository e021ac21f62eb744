//! Private keys: making, reading and writing them, and signing with them.

use dsa::{Components, KeySize};
use num_bigint::BigUint;
use rsa::PrivateKey as RsaPrivateKey;
use rsa::pkcs1::{DecodeRsaPrivateKey, EncodeRsaPrivateKey};
use rsa::pkcs1v15::Pkcs1v15Sign;
use rsa::traits::PublicKeyParts;
use sha2::{Digest, Sha256};
use signature::{SignatureEncoding, Signer};

use super::chance::Chance;
use super::der::{self, NULL, OCTET_STRING, Reader};
use super::pem;

/// A private key of a kind that the functions know.
pub(super) enum Key {
    Rsa(Box<RsaPrivateKey>),
    P256(p256::ecdsa::SigningKey),
    P384(p384::ecdsa::SigningKey),
    P521(p521::ecdsa::SigningKey),
    Ed25519(ed25519_dalek::SigningKey),
    Dsa(Box<Dsa>),
}

/// The numbers of a DSA key, the highest byte first.
pub(super) struct Dsa {
    numbers: [Vec<u8>; 5],
}

const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
const SHA256_RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b];
const EC: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
const SHA256_EC: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];
const SHA384_EC: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x03];
const SHA512_EC: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x04];
const P256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
const P384: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x22];
const P521: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x23];
const ED25519: &[u8] = &[0x2b, 0x65, 0x70];

impl Key {
    pub(super) fn rsa(chance: &mut Chance<'_>, bits: usize) -> Result<Self, String> {
        let key = RsaPrivateKey::new(chance, bits).map_err(|error| error.to_string())?;
        Ok(Key::Rsa(Box::new(key)))
    }

    pub(super) fn p256(chance: &mut Chance<'_>) -> Result<Self, String> {
        // Nearly every number of this size is a key.
        for _ in 0..100 {
            let mut bytes = [0; 32];
            chance.0.fill(&mut bytes);
            if let Ok(key) = p256::ecdsa::SigningKey::from_slice(&bytes) {
                return Ok(Key::P256(key));
            }
        }
        Err("no key was found".into())
    }

    pub(super) fn ed25519(chance: &mut Chance<'_>) -> Self {
        let mut bytes = [0; 32];
        chance.0.fill(&mut bytes);
        Key::Ed25519(ed25519_dalek::SigningKey::from_bytes(&bytes))
    }

    #[expect(
        clippy::many_single_char_names,
        reason = "the numbers have these names everywhere"
    )]
    pub(super) fn dsa(chance: &mut Chance<'_>) -> Result<Self, String> {
        let size = KeySize::DSA_2048_256;
        let components = Components::try_generate_from_rng_with_key_size(chance, size)
            .map_err(|error| error.to_string())?;
        let number = |bytes: &[u8]| BigUint::from_bytes_be(bytes);
        let p = number(&components.p().to_be_bytes());
        let q = number(&components.q().to_be_bytes());
        let g = number(&components.g().to_be_bytes());
        // Of more bits than `q` has, so that each number is as likely as the others.
        let mut bytes = [0; 64];
        chance.0.fill(&mut bytes);
        let one = BigUint::from(1_u32);
        let x = number(&bytes) % (&q - &one) + one;
        let y = g.modpow(&x, &p);
        let numbers = [p, q, g, y, x].map(|number| number.to_bytes_be());
        Ok(Key::Dsa(Box::new(Dsa { numbers })))
    }

    /// The key in a PEM text (sprig's `parsePrivateKeyPEM`).
    pub(super) fn parse(text: &[u8]) -> Result<Self, String> {
        let block = pem::decode(text).ok_or("no PEM data in input")?;
        let content = &block.content;
        if block.label == "PRIVATE KEY" {
            return pkcs8(content).map_err(|error| format!("decoding PEM as PKCS#8: {error}"));
        }
        let Some(kind) = block.label.strip_suffix(" PRIVATE KEY") else {
            return Err(format!(
                "no private key data in PEM block of type {}",
                block.label
            ));
        };
        match kind {
            "RSA" => {
                pkcs1(content).map_err(|error| format!("parsing RSA private key from PEM: {error}"))
            }
            "EC" => sec1(content, None)
                .map_err(|error| format!("parsing EC private key from PEM: {error}")),
            "DSA" => dsa_numbers(content)
                .ok_or_else(|| format!("parsing DSA private key from PEM: {MALFORMED}")),
            _ => Err(format!("invalid private key type {}", block.label)),
        }
    }

    /// As PEM, in the form that sprig chooses for each kind.
    pub(super) fn to_pem(&self) -> Result<Vec<u8>, String> {
        let version = |number: u8| der::integer(&[number]);
        Ok(match self {
            Key::Rsa(key) => {
                let document = key.to_pkcs1_der().map_err(|error| error.to_string())?;
                pem::encode("RSA PRIVATE KEY", document.as_bytes())
            }
            Key::Dsa(key) => {
                let mut parts = version(0);
                for number in &key.numbers {
                    parts.extend_from_slice(&der::integer(number));
                }
                pem::encode("DSA PRIVATE KEY", &der::tagged(der::SEQUENCE, &parts))
            }
            Key::Ed25519(key) => {
                let secret = der::tagged(OCTET_STRING, key.as_bytes());
                let key = der::sequence(&[
                    &version(0),
                    &der::sequence(&[&der::oid(ED25519)]),
                    &der::tagged(OCTET_STRING, &secret),
                ]);
                pem::encode("PRIVATE KEY", &key)
            }
            Key::P256(_) | Key::P384(_) | Key::P521(_) => {
                let (curve, secret, point) = self.curve().ok_or("no curve")?;
                let key = der::sequence(&[
                    &version(1),
                    &der::tagged(OCTET_STRING, &secret),
                    &der::tagged(0xa0, &der::oid(curve)),
                    &der::tagged(0xa1, &der::bit_string(0, &point)),
                ]);
                pem::encode("EC PRIVATE KEY", &key)
            }
        })
    }

    /// The curve, the secret number and the public point of a key on a curve.
    fn curve(&self) -> Option<(&'static [u8], Vec<u8>, Vec<u8>)> {
        Some(match self {
            Key::P256(key) => {
                let point = key.verifying_key().to_sec1_point(false);
                (P256, key.to_bytes().to_vec(), point.as_bytes().to_vec())
            }
            Key::P384(key) => {
                let point = key.verifying_key().to_sec1_point(false);
                (P384, key.to_bytes().to_vec(), point.as_bytes().to_vec())
            }
            Key::P521(key) => {
                let point = key.verifying_key().to_sec1_point(false);
                (P521, key.to_bytes().to_vec(), point.as_bytes().to_vec())
            }
            _ => return None,
        })
    }

    /// The public key as certificates have it: all of it, and its bits only. A DSA key can be
    /// in none.
    pub(super) fn public(&self) -> Option<(Vec<u8>, Vec<u8>)> {
        let (algorithm, bits) = match self {
            Key::Rsa(key) => {
                let modulus = der::integer(&key.n_bytes());
                let exponent = der::integer(&key.e_bytes());
                let bits = der::sequence(&[&modulus, &exponent]);
                (der::sequence(&[&der::oid(RSA), NULL]), bits)
            }
            Key::Ed25519(key) => {
                let bits = key.verifying_key().to_bytes().to_vec();
                (der::sequence(&[&der::oid(ED25519)]), bits)
            }
            Key::Dsa(_) => return None,
            _ => {
                let (curve, _, point) = self.curve()?;
                (der::sequence(&[&der::oid(EC), &der::oid(curve)]), point)
            }
        };
        let whole = der::sequence(&[&algorithm, &der::bit_string(0, &bits)]);
        Some((whole, bits))
    }

    /// The algorithm that the key signs certificates with.
    pub(super) fn algorithm(&self) -> Option<Vec<u8>> {
        Some(match self {
            Key::Rsa(_) => der::sequence(&[&der::oid(SHA256_RSA), NULL]),
            Key::P256(_) => der::sequence(&[&der::oid(SHA256_EC)]),
            Key::P384(_) => der::sequence(&[&der::oid(SHA384_EC)]),
            Key::P521(_) => der::sequence(&[&der::oid(SHA512_EC)]),
            Key::Ed25519(_) => der::sequence(&[&der::oid(ED25519)]),
            Key::Dsa(_) => return None,
        })
    }

    /// A signature; on curves the one that needs no chance (RFC 6979).
    pub(super) fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        match self {
            Key::Rsa(key) => {
                let padding = Pkcs1v15Sign::new::<Sha256>();
                key.sign(padding, &Sha256::digest(message)).ok()
            }
            Key::P256(key) => {
                let signature: p256::ecdsa::Signature = key.try_sign(message).ok()?;
                Some(signature.to_der().to_vec())
            }
            Key::P384(key) => {
                let signature: p384::ecdsa::Signature = key.try_sign(message).ok()?;
                Some(signature.to_der().to_vec())
            }
            Key::P521(key) => {
                let signature: p521::ecdsa::Signature = key.try_sign(message).ok()?;
                Some(signature.to_der().to_vec())
            }
            Key::Ed25519(key) => Some(key.try_sign(message).ok()?.to_bytes().to_vec()),
            Key::Dsa(_) => None,
        }
    }
}

/// What is said of content that is no key; the reference names the element.
const MALFORMED: &str = "asn1: structure error: the content is no key of this kind";

fn pkcs1(content: &[u8]) -> Result<Key, String> {
    match RsaPrivateKey::from_pkcs1_der(content) {
        Ok(key) => Ok(Key::Rsa(Box::new(key))),
        Err(_) if sec1(content, None).is_ok() => Err(
            "x509: failed to parse private key (use ParseECPrivateKey instead for this key format)".into(),
        ),
        Err(_) if pkcs8(content).is_ok() => Err(
            "x509: failed to parse private key (use ParsePKCS8PrivateKey instead for this key format)".into(),
        ),
        Err(_) => Err(MALFORMED.into()),
    }
}

fn pkcs8(content: &[u8]) -> Result<Key, String> {
    let parsed = || {
        let mut key = Reader(content).sequence()?;
        key.integer()?;
        let mut algorithm = key.sequence()?;
        let oid = algorithm.expect(der::OID)?;
        let secret = key.expect(OCTET_STRING)?;
        Some((oid, algorithm, secret))
    };
    let Some((oid, mut algorithm, secret)) = parsed() else {
        let is_pkcs1 = RsaPrivateKey::from_pkcs1_der(content).is_ok();
        return Err(if is_pkcs1 {
            "x509: failed to parse private key (use ParsePKCS1PrivateKey instead for this key format)".into()
        } else if sec1(content, None).is_ok() {
            "x509: failed to parse private key (use ParseECPrivateKey instead for this key format)"
                .into()
        } else {
            MALFORMED.to_owned()
        });
    };
    match oid {
        RSA => pkcs1(secret).map_err(|error| {
            format!("x509: failed to parse RSA private key embedded in PKCS#8: {error}")
        }),
        EC => sec1(secret, algorithm.expect(der::OID)).map_err(|error| {
            format!("x509: failed to parse EC private key embedded in PKCS#8: {error}")
        }),
        ED25519 => {
            let seed = Reader(secret).expect(OCTET_STRING);
            let seed = seed.and_then(|seed| <[u8; 32]>::try_from(seed).ok());
            let seed = seed.ok_or("x509: invalid Ed25519 private key")?;
            Ok(Key::Ed25519(ed25519_dalek::SigningKey::from_bytes(&seed)))
        }
        _ => Err("x509: PKCS#8 wrapping contained private key with unknown algorithm".into()),
    }
}

/// A key on a curve; the curve may be known from around it.
fn sec1(content: &[u8], curve: Option<&[u8]>) -> Result<Key, String> {
    let parsed = || {
        let mut key = Reader(content).sequence()?;
        let version = key.integer()?;
        let secret = key.expect(OCTET_STRING)?;
        let mut named = None;
        if key.peek() == Some(0xa0) {
            named = Reader(key.expect(0xa0)?).expect(der::OID);
        }
        (version == [1]).then_some((secret, named))
    };
    let (secret, named) = parsed().ok_or(MALFORMED)?;
    let bad = |_| "x509: invalid elliptic curve private key value".to_owned();
    let fitted = |len: usize| {
        let zeros = secret.iter().take_while(|&&byte| byte == 0).count();
        let number = &secret[zeros..];
        let missing = len.checked_sub(number.len())?;
        Some([&vec![0; missing], number].concat())
    };
    let sized = |len| fitted(len).ok_or("x509: invalid elliptic curve private key value");
    match curve.or(named) {
        Some(P256) => Ok(Key::P256(
            p256::ecdsa::SigningKey::from_slice(&sized(32)?).map_err(bad)?,
        )),
        Some(P384) => Ok(Key::P384(
            p384::ecdsa::SigningKey::from_slice(&sized(48)?).map_err(bad)?,
        )),
        Some(P521) => Ok(Key::P521(
            p521::ecdsa::SigningKey::from_slice(&sized(66)?).map_err(bad)?,
        )),
        _ => Err("x509: unknown elliptic curve".into()),
    }
}

fn dsa_numbers(content: &[u8]) -> Option<Key> {
    let mut key = Reader(content).sequence()?;
    key.integer()?;
    let mut number = || key.integer().map(<[u8]>::to_vec);
    let numbers = [number()?, number()?, number()?, number()?, number()?];
    Some(Key::Dsa(Box::new(Dsa { numbers })))
}
