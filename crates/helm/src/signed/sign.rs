//! Signing for archives (`Signatory.ClearSign` of Helm; RFC 9580, 5.2 and 7).

use rsa::pkcs1v15::Pkcs1v15Sign;
use rsa::{BoxedUint, PrivateKey as RsaKey};
use sha2::{Digest as _, Sha256, Sha512};
use signature::Signer as _;
use signature::hazmat::PrehashSigner as _;

use super::keys::{Entity, Key, Numbers, padded};
use super::packets::{SIGNATURE, mpi, packet, to_mpi};
use super::secret::{self, Kept};
use super::signature::Signature;
use super::{Keyring, armor, hex};
use crate::chart::Metadata;
use crate::show;

/// Why nothing is signed. Displayed, it is mostly what Helm prints.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SignError {
    /// No key has such a name.
    #[error("private key not found")]
    NotFound,
    /// Several keys have it.
    #[error("more than one key contain the id {}", super::quoted(.0))]
    Vague(String),
    /// It is the public key alone.
    #[error("provided key is not a private key. Try providing a keyring with secret keys")]
    NoSecret,
    /// The passphrase is another one, or the key is damaged.
    #[error("openpgp: invalid data: private key checksum failure")]
    Passphrase,
    /// The key is cut off, or its numbers are none.
    #[error("the private key is damaged")]
    Damaged,
    /// The standard for DSA has been withdrawn: what it signed is still checked, and nothing more
    /// is signed.
    #[error("keys of DSA sign nothing any more; RSA, ECDSA and Ed25519 do")]
    Dsa,
    /// The key is of a kind that does not sign, or is not known.
    #[error("this kind of key cannot sign")]
    Kind,
    /// How the key is kept is not known, by the number of RFC 9580, 3.7.2.1.
    #[error("the private key is kept in a way that is not known here ({0})")]
    Protection(u8),
    /// How the passphrase becomes a key is not known, by the number of RFC 9580, 3.7.1.
    #[error("the passphrase is used in a way that is not known here ({0})")]
    Derivation(u8),
    /// The cipher is not known, by the number of RFC 9580, 9.3.
    #[error("the private key is encrypted with a cipher that is not known here ({0}); AES is")]
    Cipher(u8),
    /// The hash is not known, by the number of RFC 9580, 9.5.
    #[error("the passphrase is hashed in a way that is not known here ({0})")]
    Hash(u8),
    /// What was signed does not hold: the secret part of the key belongs to another public one.
    #[error("the private key does not belong to its public key")]
    Mismatch,
}

/// A key to sign with, which a passphrase may have to open.
pub struct Signer<'k> {
    entity: &'k Entity,
}

/// A key that signs.
pub struct Unlocked<'k> {
    key: &'k Key,
    secret: Vec<u8>,
}

impl Keyring {
    /// The key with a name, or with one that has a text in it.
    pub fn signer(&self, id: &str) -> Result<Signer<'_>, SignError> {
        let mut found = None;
        let mut vague = false;
        for entity in &self.entities {
            for name in &entity.names {
                if name == id {
                    return Signer::of(entity);
                }
                if name.contains(id) {
                    vague |= found.is_some();
                    found = Some(entity);
                }
            }
        }
        if vague {
            return Err(SignError::Vague(id.to_owned()));
        }
        Signer::of(found.ok_or(SignError::NotFound)?)
    }
}

impl<'k> Signer<'k> {
    fn of(entity: &'k Entity) -> Result<Self, SignError> {
        let part = entity.primary.secret.as_ref().ok_or(SignError::NoSecret)?;
        match secret::kept(part)? {
            Kept::Elsewhere => Err(SignError::NoSecret),
            Kept::Open(_) | Kept::Locked(_) => Ok(Self { entity }),
        }
    }

    /// The name of the key's owner.
    pub fn name(&self) -> &str {
        self.entity.names.first().map_or("Unknown", String::as_str)
    }

    /// Opens the key. `passphrase` is asked only if it takes one.
    pub fn unlock<E: From<SignError>>(
        &self,
        passphrase: impl FnOnce() -> Result<Vec<u8>, E>,
    ) -> Result<Unlocked<'k>, E> {
        let key = &self.entity.primary;
        let part = key.secret.as_ref().ok_or(SignError::NoSecret)?;
        let secret = match secret::kept(part)? {
            Kept::Open(numbers) => secret::open(numbers)?,
            Kept::Locked(locked) => locked.open(&passphrase()?)?,
            Kept::Elsewhere => return Err(SignError::NoSecret.into()),
        };
        Ok(Unlocked { key, secret })
    }
}

impl Unlocked<'_> {
    /// Signs for an archive at a time, in seconds since 1970: gives the text of its `.prov`.
    pub fn sign(
        &self,
        archive: &[u8],
        file_name: &str,
        metadata: &Metadata,
        now: i64,
    ) -> Result<String, SignError> {
        let digest = format!("sha256:{}", hex(&Sha256::digest(archive)));
        let sums = show::sums(file_name, &digest);
        let text = format!("{}\n...\n{sums}", show::metadata(metadata));
        let canonical = armor::canonical(&text);
        let body = self.signature(&canonical, now)?;
        let signature = Signature::parse(&body).ok_or(SignError::Damaged)?;
        if !signature.verifies(self.key, &[&canonical]) {
            return Err(SignError::Mismatch);
        }
        let packet = packet(SIGNATURE, &body).ok_or(SignError::Damaged)?;
        Ok(armor::clear_text(&text, &packet))
    }

    /// The body of a packet: a signature of a text of version 4, with SHA-512.
    fn signature(&self, text: &[u8], now: i64) -> Result<Vec<u8>, SignError> {
        let key = self.key;
        let created = u32::try_from(now).unwrap_or(0);
        // Each with its length, and its kind: created, who signs by fingerprint and by id.
        let hashed = [
            &[5, 2][..],
            &created.to_be_bytes(),
            &[22, 33, 4],
            &key.fingerprint,
            &[9, 16],
            &key.id.to_be_bytes(),
        ]
        .concat();
        let algorithm = match &key.numbers {
            Numbers::Rsa { .. } => 1,
            Numbers::Dsa { .. } => return Err(SignError::Dsa),
            Numbers::P256(_) | Numbers::P384(_) | Numbers::P521(_) => 19,
            Numbers::Ed25519(_) => 22,
            Numbers::NewEd25519(_) => 27,
            Numbers::Other => return Err(SignError::Kind),
        };
        let length = u16::try_from(hashed.len()).map_err(|_| SignError::Damaged)?;
        let head = [&[4, 1, algorithm, 10][..], &length.to_be_bytes(), &hashed].concat();
        let head_length = u32::try_from(head.len()).map_err(|_| SignError::Damaged)?;
        let mut hasher = Sha512::new();
        for part in [text, &head, &[4, 0xff], &head_length.to_be_bytes()] {
            hasher.update(part);
        }
        let digest = hasher.finalize();
        let numbers = self.numbers(&digest).ok_or(SignError::Damaged)?;
        Ok([&head, &[0, 0][..], &digest[..2], &numbers].concat())
    }

    /// The numbers of a signature of a digest; `None` if the secret ones are none.
    fn numbers(&self, digest: &[u8]) -> Option<Vec<u8>> {
        let number = |bytes: &[u8]| BoxedUint::from_be_slice_vartime(bytes);
        let (first, rest) = match &self.key.numbers {
            Numbers::NewEd25519(_) => (self.secret.as_slice(), &[][..]),
            _ => mpi(&self.secret)?,
        };
        let pair = |both: &[u8]| {
            let (one, other) = both.split_at(both.len() / 2);
            Some([to_mpi(one)?, to_mpi(other)?].concat())
        };
        match &self.key.numbers {
            Numbers::Rsa { n, e } => {
                let (one, rest) = mpi(rest)?;
                let (other, _) = mpi(rest)?;
                let primes = vec![number(one), number(other)];
                let key = RsaKey::from_components(number(n), number(e), number(first), primes);
                let key = key.ok()?;
                to_mpi(&key.sign(Pkcs1v15Sign::new::<Sha512>(), digest).ok()?)
            }
            Numbers::P256(_) => {
                let key = p256::ecdsa::SigningKey::from_slice(&padded(first, 32)?).ok()?;
                let signature: p256::ecdsa::Signature = key.sign_prehash(digest).ok()?;
                pair(&signature.to_bytes())
            }
            Numbers::P384(_) => {
                let key = p384::ecdsa::SigningKey::from_slice(&padded(first, 48)?).ok()?;
                let signature: p384::ecdsa::Signature = key.sign_prehash(digest).ok()?;
                pair(&signature.to_bytes())
            }
            Numbers::P521(_) => {
                let key = p521::ecdsa::SigningKey::from_slice(&padded(first, 66)?).ok()?;
                let signature: p521::ecdsa::Signature = key.sign_prehash(digest).ok()?;
                pair(&signature.to_bytes())
            }
            Numbers::Ed25519(_) | Numbers::NewEd25519(_) => {
                let seed = padded(first, 32)?.try_into().ok()?;
                let key = ed25519_dalek::SigningKey::from_bytes(&seed);
                let signature = key.try_sign(digest).ok()?.to_bytes();
                match &self.key.numbers {
                    Numbers::Ed25519(_) => pair(&signature),
                    _ => Some(signature.to_vec()),
                }
            }
            Numbers::Dsa { .. } | Numbers::Other => None,
        }
    }
}
