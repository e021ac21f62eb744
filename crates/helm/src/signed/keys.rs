//! Public keys: what they are, what they say of themselves, and whether a signature is theirs.

use ed25519_dalek::Verifier as _;
use rsa::BoxedUint;
use rsa::pkcs1v15::Pkcs1v15Sign;
use rsa::traits::PublicKeyParts as _;
use sha1::{Digest as _, Sha1};
use signature::hazmat::PrehashVerifier as _;

use super::KeyringError;
use super::packets::{
    PUBLIC_KEY, PUBLIC_SUBKEY, Packets, SECRET_KEY, SECRET_SUBKEY, SIGNATURE, USER_ATTRIBUTE,
    USER_ID, mpi, number,
};
use super::signature::Signature;

/// RSA keys outside of these bits are not trusted, or are an attack on our time.
const RSA_BITS: std::ops::RangeInclusive<u32> = 2047..=16_384;
/// A keyring has fewer keys.
const MAX_KEYS: usize = 100_000;

/// What signs for others: a key with its names and subkeys.
#[derive(Debug)]
pub(super) struct Entity {
    pub(super) primary: Key,
    /// The names that the key signed for.
    pub(super) names: Vec<String>,
    about: About,
    subkeys: Vec<(Key, About)>,
}

/// What is known of a key besides its numbers.
#[derive(Clone, Debug, Default)]
struct About {
    /// Whether the primary key signed for it.
    bound: bool,
    /// When that was; the newest counts.
    since: u32,
    can_sign: bool,
    expires: Option<u32>,
    revoked: bool,
}

/// One key.
#[derive(Debug)]
pub(super) struct Key {
    pub(super) fingerprint: [u8; 20],
    pub(super) id: u64,
    created: u32,
    pub(super) numbers: Numbers,
    /// What is hashed of it.
    hashed: Vec<u8>,
    /// What follows the public part of a secret key.
    pub(super) secret: Option<SecretPart>,
}

/// The secret part of a key as it is kept, encrypted or not. It is never shown.
pub(super) struct SecretPart(pub(super) Vec<u8>);

impl std::fmt::Debug for SecretPart {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretPart(..)")
    }
}

#[derive(Debug)]
pub(super) enum Numbers {
    Rsa {
        n: Vec<u8>,
        e: Vec<u8>,
    },
    Dsa {
        numbers: [Vec<u8>; 4],
    },
    P256(Vec<u8>),
    P384(Vec<u8>),
    P521(Vec<u8>),
    /// In the form of GnuPG.
    Ed25519([u8; 32]),
    /// In the form of RFC 9580.
    NewEd25519([u8; 32]),
    /// For encryption, or of a kind that is not known.
    Other,
}

/// A key that a signature may be of.
pub(super) struct SigningKey<'e> {
    pub(super) key: &'e Key,
    pub(super) revoked: bool,
    /// In seconds since 1970.
    pub(super) expires: Option<i64>,
}

impl Entity {
    /// The keys with an id that may sign.
    pub(super) fn signing_keys(&self, id: u64) -> impl Iterator<Item = SigningKey<'_>> {
        let primary = std::iter::once((&self.primary, &self.about));
        let subkeys = self.subkeys.iter().map(|(key, about)| (key, about));
        let usable = primary
            .chain(subkeys)
            .filter(move |(key, about)| key.id == id && about.bound && about.can_sign);
        let end = |key: &Key, about: &About| {
            let after = i64::from(about.expires?);
            Some(i64::from(key.created) + after)
        };
        usable.map(move |(key, about)| SigningKey {
            key,
            // A subkey counts only as long as its key does.
            revoked: about.revoked || self.about.revoked,
            expires: match (end(key, about), end(&self.primary, &self.about)) {
                (Some(one), Some(other)) => Some(one.min(other)),
                (one, other) => one.or(other),
            },
        })
    }
}

/// What signatures that follow are about.
enum Subject<'p> {
    Key,
    Name(&'p [u8]),
    Subkey(usize),
    Nothing,
}

/// Reads the keys of a block of packets.
pub(super) fn read(bytes: &[u8]) -> Result<Vec<Entity>, KeyringError> {
    let mut entities: Vec<Entity> = Vec::new();
    let mut subject = Subject::Nothing;
    let mut count = 0;
    for packet in Packets::new(bytes) {
        let Ok(packet) = packet else {
            return Err(KeyringError::Malformed("damaged packets"));
        };
        match packet.tag {
            PUBLIC_KEY | SECRET_KEY => {
                count += 1;
                subject = Subject::Nothing;
                if let Some(primary) = Key::parse(packet.body, packet.tag == SECRET_KEY) {
                    subject = Subject::Key;
                    entities.push(Entity {
                        primary,
                        names: Vec::new(),
                        // What says nothing of itself may sign.
                        about: About {
                            bound: true,
                            can_sign: true,
                            ..About::default()
                        },
                        subkeys: Vec::new(),
                    });
                }
            }
            PUBLIC_SUBKEY | SECRET_SUBKEY => {
                count += 1;
                subject = match (Key::parse(packet.body, false), entities.last_mut()) {
                    (Some(key), Some(entity)) if !matches!(subject, Subject::Nothing) => {
                        entity.subkeys.push((key, About::default()));
                        Subject::Subkey(entity.subkeys.len() - 1)
                    }
                    _ => Subject::Nothing,
                };
            }
            USER_ID if !matches!(subject, Subject::Nothing) => subject = Subject::Name(packet.body),
            // Pictures. They are signed for as names are, which says nothing that is needed.
            USER_ATTRIBUTE => subject = Subject::Name(&[]),
            SIGNATURE => {
                let signature = Signature::parse(packet.body);
                if let (Some(entity), Some(signature)) = (entities.last_mut(), signature) {
                    entity.learn(&subject, &signature);
                }
            }
            _ => {}
        }
        if count > MAX_KEYS {
            return Err(KeyringError::Malformed("too many keys"));
        }
    }
    Ok(entities)
}

impl Entity {
    /// Takes over what the key says of itself in a signature.
    fn learn(&mut self, subject: &Subject<'_>, signature: &Signature<'_>) {
        let primary = &self.primary;
        if signature.issuer.is_some_and(|issuer| issuer != primary.id) {
            return;
        }
        let own = primary.hashed.as_slice();
        match (subject, signature.kind) {
            (Subject::Key, 0x20) if signature.verifies(primary, &[own]) => {
                self.about.revoked = true;
            }
            (Subject::Key, 0x1f) if signature.verifies(primary, &[own]) => {
                self.about.take(signature, true);
            }
            (Subject::Name(name), 0x10..=0x13) if !name.is_empty() => {
                let Ok(length) = u32::try_from(name.len()) else {
                    return;
                };
                let head = [&[0xb4][..], &length.to_be_bytes()].concat();
                if signature.verifies(primary, &[own, &head, name]) {
                    let name = String::from_utf8_lossy(name).into_owned();
                    if !self.names.contains(&name) {
                        self.names.push(name);
                    }
                    self.about.take(signature, true);
                }
            }
            (Subject::Subkey(index), 0x18 | 0x28) => {
                let (key, about) = &mut self.subkeys[*index];
                if !signature.verifies(primary, &[own, &key.hashed]) {
                    return;
                }
                if signature.kind == 0x28 {
                    about.revoked = true;
                    return;
                }
                // A subkey that signs has to agree, or anybody's could be taken over.
                let agreed = signature.embedded.and_then(Signature::parse);
                let agreed = agreed.is_some_and(|agreed| {
                    agreed.kind == 0x19 && agreed.verifies(key, &[own, &key.hashed])
                });
                about.bound = true;
                about.take(signature, agreed);
            }
            _ => {}
        }
    }
}

impl About {
    fn take(&mut self, signature: &Signature<'_>, agreed: bool) {
        if signature.created < self.since {
            return;
        }
        self.since = signature.created;
        self.expires = signature.key_expires;
        self.can_sign = agreed && signature.flags.is_none_or(|flags| flags & 2 != 0);
    }
}

impl Key {
    /// Reads the body of a packet of a public or secret key of version 4. Only the secret part of
    /// one to sign with is kept.
    fn parse(body: &[u8], keeps_secret: bool) -> Option<Self> {
        let &[4, ..] = body else {
            return None;
        };
        let created = u32::try_from(number(&body[1..], 4)?).ok()?;
        let algorithm = *body.get(5)?;
        let rest = body.get(6..)?;
        let (numbers, rest) = numbers(algorithm, rest)?;
        // Of a secret key the public part is hashed.
        let public = match numbers {
            Numbers::Other => body,
            _ => &body[..body.len() - rest.len()],
        };
        let length = u16::try_from(public.len()).ok()?;
        let hashed = [&[0x99][..], &length.to_be_bytes(), public].concat();
        let fingerprint: [u8; 20] = Sha1::digest(&hashed).into();
        let id = <[u8; 8]>::try_from(&fingerprint[12..]).ok()?;
        Some(Self {
            fingerprint,
            id: u64::from_be_bytes(id),
            created,
            secret: keeps_secret.then(|| SecretPart(rest.to_vec())),
            numbers,
            hashed,
        })
    }

    /// Whether a signature of a digest is this key's.
    pub(super) fn verify(&self, signature: &Signature<'_>, digest: &[u8]) -> bool {
        self.check(signature, digest).unwrap_or(false)
    }

    fn check(&self, signature: &Signature<'_>, digest: &[u8]) -> Option<bool> {
        let number = |bytes: &[u8]| BoxedUint::from_be_slice_vartime(bytes);
        match (&self.numbers, signature.algorithm) {
            (Numbers::Rsa { n, e }, 1 | 3) => {
                let key = rsa::PublicKey::new_with_size_limits(
                    number(n),
                    number(e),
                    *RSA_BITS.start() as usize..=*RSA_BITS.end() as usize,
                );
                let key = key.ok()?;
                let (value, _) = mpi(signature.numbers)?;
                let value = padded(value, key.size())?;
                let scheme = match signature.hash {
                    2 => Pkcs1v15Sign::new::<Sha1>(),
                    8 => Pkcs1v15Sign::new::<sha2::Sha256>(),
                    9 => Pkcs1v15Sign::new::<sha2::Sha384>(),
                    10 => Pkcs1v15Sign::new::<sha2::Sha512>(),
                    11 => Pkcs1v15Sign::new::<sha2::Sha224>(),
                    _ => return None,
                };
                Some(key.verify(scheme, digest, &value).is_ok())
            }
            (Numbers::Dsa { numbers }, 17) => {
                let [prime, order, base, point] = numbers;
                let parts =
                    dsa::Components::from_components(number(prime), number(order), number(base));
                let key = dsa::VerifyingKey::from_components(parts.ok()?, number(point)).ok()?;
                let (one, other) = signature.pair()?;
                let value = dsa::Signature::from_components(number(one), number(other))?;
                let digest = digest.get(..order.len()).unwrap_or(digest);
                Some(key.verify_prehash(digest, &value).is_ok())
            }
            (Numbers::P256(point), 19) => {
                let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(point).ok()?;
                let value = p256::ecdsa::Signature::from_slice(&joined(signature, 32)?).ok()?;
                Some(key.verify_prehash(digest, &value).is_ok())
            }
            (Numbers::P384(point), 19) => {
                let key = p384::ecdsa::VerifyingKey::from_sec1_bytes(point).ok()?;
                let value = p384::ecdsa::Signature::from_slice(&joined(signature, 48)?).ok()?;
                Some(key.verify_prehash(digest, &value).is_ok())
            }
            (Numbers::P521(point), 19) => {
                let key = p521::ecdsa::VerifyingKey::from_sec1_bytes(point).ok()?;
                let value = p521::ecdsa::Signature::from_slice(&joined(signature, 66)?).ok()?;
                Some(key.verify_prehash(digest, &value).is_ok())
            }
            (Numbers::Ed25519(point), 22) | (Numbers::NewEd25519(point), 27) => {
                let key = ed25519_dalek::VerifyingKey::from_bytes(point).ok()?;
                let value = match signature.algorithm {
                    22 => joined(signature, 32)?,
                    _ => signature.numbers.get(..64)?.to_vec(),
                };
                let value = ed25519_dalek::Signature::from_slice(&value).ok()?;
                Some(key.verify(digest, &value).is_ok())
            }
            _ => None,
        }
    }
}

/// The two numbers of a signature, each with so many bytes.
fn joined(signature: &Signature<'_>, size: usize) -> Option<Vec<u8>> {
    let (one, other) = signature.pair()?;
    let mut both = padded(one, size)?;
    both.extend(padded(other, size)?);
    Some(both)
}

pub(super) fn padded(number: &[u8], size: usize) -> Option<Vec<u8>> {
    let zeros = size.checked_sub(number.len())?;
    Some([&vec![0; zeros][..], number].concat())
}

/// The numbers of a public key and what follows them.
fn numbers(algorithm: u8, bytes: &[u8]) -> Option<(Numbers, &[u8])> {
    const P256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
    const P384: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x22];
    const P521: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x23];
    const ED25519: &[u8] = &[0x2b, 0x06, 0x01, 0x04, 0x01, 0xda, 0x47, 0x0f, 0x01];
    match algorithm {
        1 | 3 => {
            let (n, rest) = mpi(bytes)?;
            let (e, rest) = mpi(rest)?;
            let (n, e) = (n.to_vec(), e.to_vec());
            Some((Numbers::Rsa { n, e }, rest))
        }
        17 => {
            let mut numbers: [Vec<u8>; 4] = Default::default();
            let mut rest = bytes;
            for number in &mut numbers {
                let (value, after) = mpi(rest)?;
                *number = value.to_vec();
                rest = after;
            }
            Some((Numbers::Dsa { numbers }, rest))
        }
        19 | 22 => {
            let (&length, rest) = bytes.split_first()?;
            let curve = rest.get(..usize::from(length))?;
            let (point, rest) = mpi(&rest[curve.len()..])?;
            let numbers = match (algorithm, curve) {
                (19, P256) => Numbers::P256(point.to_vec()),
                (19, P384) => Numbers::P384(point.to_vec()),
                (19, P521) => Numbers::P521(point.to_vec()),
                (22, ED25519) => match point.split_first() {
                    Some((0x40, point)) => Numbers::Ed25519(point.try_into().ok()?),
                    _ => return None,
                },
                _ => Numbers::Other,
            };
            Some((numbers, rest))
        }
        27 => {
            let (point, rest) = bytes.split_at_checked(32)?;
            Some((Numbers::NewEd25519(point.try_into().ok()?), rest))
        }
        _ => Some((Numbers::Other, &[])),
    }
}
