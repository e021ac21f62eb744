//! Signed statements about charts: `.prov` files, checked with the public keys of a keyring
//! (`pkg/provenance` of Helm; RFC 4880 and RFC 9580 as far as GnuPG's keys need them).
//!
//! Only what can be checked is trusted: of a key its subkeys count if the key signed for them,
//! and its names if it signed for those. What is secret is never shown.

mod armor;
mod keybox;
mod keys;
mod packets;
mod secret;
mod sign;
mod signature;

use sha2::{Digest as _, Sha256};

use crate::values::{Data, read_plain};
use keys::Entity;
pub use sign::{SignError, Signer, Unlocked};
use signature::Signature;

/// The keys that are trusted.
#[derive(Debug)]
pub struct Keyring {
    entities: Vec<Entity>,
}

/// Who signed for an archive.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Verified {
    /// The names of the key's owner.
    pub names: Vec<String>,
    /// The fingerprint of the key, in upper-case hexadecimal digits.
    pub fingerprint: String,
    /// The digest of the archive, with `sha256:` before it.
    pub hash: String,
}

/// A keyring that is none.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum KeyringError {
    /// There is no key in it.
    #[error("no keys found")]
    Empty,
    /// It is damaged, or something else.
    #[error("it is no keyring: {0}")]
    Malformed(&'static str),
}

/// A statement that does not hold. Displayed, it is mostly what Helm prints.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ProvenanceError {
    /// Nothing is signed.
    #[error("signature block not found")]
    NotSigned,
    /// The signature is damaged, or of a form that is not known.
    #[error("openpgp: invalid signature: {0}")]
    Malformed(&'static str),
    /// No key of the keyring is the signer's.
    #[error("openpgp: signature made by unknown entity")]
    UnknownKey,
    /// The signature is not that of what is signed.
    #[error("openpgp: invalid signature: the text was changed, or signed by another key")]
    Invalid,
    /// The signature counts no more.
    #[error("openpgp: signature expired")]
    SignatureExpired,
    /// The key counts no more.
    #[error("openpgp: key expired")]
    KeyExpired,
    /// The key was revoked.
    #[error("openpgp: signature made by revoked key")]
    KeyRevoked,
    /// There are no two parts in the text.
    #[error("message block must have at least two parts")]
    Parts,
    /// The part with the digests cannot be read.
    #[error("the digests that are signed cannot be read: {0}")]
    Sums(String),
    /// Nothing is said of the archive.
    #[error("provenance does not contain a SHA for a file named {}", quoted(.0))]
    NoSum(String),
    /// The archive is another one.
    #[error("sha256 sum does not match for {file}: {} != {}", quoted(.signed), quoted(.found))]
    Sum {
        /// The archive.
        file: String,
        /// The digest that is signed.
        signed: String,
        /// The digest that it has.
        found: String,
    },
}

fn quoted(text: &str) -> String {
    plimsoll_gotmpl::quote(text.as_bytes())
}

impl Keyring {
    /// Reads public keys: as packets (`pubring.gpg`, `gpg --export`), in a keybox
    /// (`pubring.kbx`), or in ASCII armor.
    pub fn read(bytes: &[u8]) -> Result<Self, KeyringError> {
        let mut entities = Vec::new();
        if keybox::is_keybox(bytes) {
            for block in keybox::blocks(bytes)? {
                entities.extend(keys::read(block)?);
            }
        } else if bytes.trim_ascii_start().starts_with(b"-----BEGIN PGP") {
            for block in armor::blocks(bytes).ok_or(KeyringError::Malformed("damaged armor"))? {
                entities.extend(keys::read(&block)?);
            }
        } else {
            entities = keys::read(bytes)?;
        }
        if entities.is_empty() {
            return Err(KeyringError::Empty);
        }
        Ok(Self { entities })
    }

    /// Checks a signed statement about an archive at a time, in seconds since 1970.
    pub fn verify(
        &self,
        archive: &[u8],
        statement: &[u8],
        file_name: &str,
        now: i64,
    ) -> Result<Verified, ProvenanceError> {
        let signed = armor::signed_text(statement).ok_or(ProvenanceError::NotSigned)?;
        let entity = self.signed_by(&signed.canonical, &signed.signature, now)?;
        let hash = format!("sha256:{}", hex(&Sha256::digest(archive)));
        match sum_of(&signed.text, file_name)? {
            None => Err(ProvenanceError::NoSum(file_name.to_owned())),
            Some(sum) if sum != hash => Err(ProvenanceError::Sum {
                file: file_name.to_owned(),
                signed: sum,
                found: hash,
            }),
            Some(_) => Ok(Verified {
                names: entity.names.clone(),
                fingerprint: hex(&entity.primary.fingerprint).to_ascii_uppercase(),
                hash,
            }),
        }
    }

    /// Whose signature it is. Of several signatures the first by a known key counts.
    fn signed_by(
        &self,
        text: &[u8],
        signatures: &[u8],
        now: i64,
    ) -> Result<&Entity, ProvenanceError> {
        let mut failure = ProvenanceError::UnknownKey;
        let mut any = false;
        for packet in packets::Packets::new(signatures) {
            let Ok(packet) = packet else {
                return Err(ProvenanceError::Malformed("damaged packets"));
            };
            if packet.tag != packets::SIGNATURE {
                continue;
            }
            any = true;
            let signature = Signature::parse(packet.body);
            let signature =
                signature.ok_or(ProvenanceError::Malformed("it is not of version 4"))?;
            match self.check(text, &signature, now) {
                Ok(entity) => return Ok(entity),
                Err(error) => failure = error,
            }
        }
        if any {
            Err(failure)
        } else {
            Err(ProvenanceError::Malformed("there is none"))
        }
    }

    fn check(
        &self,
        text: &[u8],
        signature: &Signature<'_>,
        now: i64,
    ) -> Result<&Entity, ProvenanceError> {
        let issuer = signature
            .issuer
            .ok_or(ProvenanceError::Malformed("it names no key"))?;
        if !matches!(signature.kind, 0x00 | 0x01) {
            return Err(ProvenanceError::Malformed("it is not one of a text"));
        }
        if !signature.has_strong_hash() {
            return Err(ProvenanceError::Malformed(
                "its hash is not trusted any more",
            ));
        }
        let mut failure = ProvenanceError::UnknownKey;
        for entity in &self.entities {
            for key in entity.signing_keys(issuer) {
                if !signature.verifies(key.key, &[text]) {
                    failure = ProvenanceError::Invalid;
                    continue;
                }
                if key.revoked {
                    return Err(ProvenanceError::KeyRevoked);
                }
                if key.expires.is_some_and(|end| end < now) {
                    return Err(ProvenanceError::KeyExpired);
                }
                let created = i64::from(signature.created);
                // A clock may be a little behind.
                let early = created > now.saturating_add(86_400);
                let late = signature
                    .expires
                    .is_some_and(|after| created + i64::from(after) < now);
                if early || late {
                    return Err(ProvenanceError::SignatureExpired);
                }
                return Ok(entity);
            }
        }
        Err(failure)
    }
}

/// The digest of a file in a signed text: two YAML documents, what `Chart.yaml` says and then
/// the digests (`parseMessageBlock`).
fn sum_of(text: &[u8], file_name: &str) -> Result<Option<String>, ProvenanceError> {
    let mark = b"\n...\n";
    let at = memchr::memmem::find(text, mark).ok_or(ProvenanceError::Parts)?;
    let rest = &text[at + mark.len()..];
    let end = memchr::memmem::find(rest, mark).unwrap_or(rest.len());
    let sums = read_plain(&rest[..end]);
    let sums = sums.map_err(|error| ProvenanceError::Sums(error.to_string()))?;
    let files = sums.data.get("files").map(|item| &item.data);
    let sum = files.and_then(|files: &Data| files.get(file_name));
    Ok(sum.and_then(|item| item.data.as_str()).map(str::to_owned))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;
