//! Secret numbers of keys: how they are kept, and how a passphrase opens them (RFC 9580, 3.7 and
//! 5.5.3).

use aes::cipher::{Array, BlockCipherEncrypt, KeyInit};
use aes::{Aes128, Aes192, Aes256};
use sha1::{Digest, Sha1};
use sha2::{Sha224, Sha256, Sha384, Sha512};

use super::SignError;
use super::keys::SecretPart;

/// Bytes of a block, and of what encryption begins with.
const BLOCK: usize = 16;
/// A checksum that is a digest.
const SHA1: usize = 20;

/// How the secret part of a key is kept.
pub(super) enum Kept<'k> {
    /// As it is.
    Open(&'k [u8]),
    /// Encrypted.
    Locked(Locked<'k>),
    /// Elsewhere, or not at all: on a card, or as what GnuPG exports of subkeys alone.
    Elsewhere,
}

/// What a passphrase opens.
pub(super) struct Locked<'k> {
    cipher: u8,
    hash: u8,
    salt: &'k [u8],
    /// Bytes of salt and passphrase that are hashed, at least once.
    count: usize,
    /// Whether the checksum is a digest, and not a sum.
    digested: bool,
    start: &'k [u8],
    encrypted: &'k [u8],
}

/// How a secret part is kept.
pub(super) fn kept(part: &SecretPart) -> Result<Kept<'_>, SignError> {
    let damaged = || SignError::Damaged;
    let (&usage, rest) = part.0.split_first().ok_or_else(damaged)?;
    let digested = match usage {
        0 => return Ok(Kept::Open(rest)),
        254 => true,
        255 => false,
        other => return Err(SignError::Protection(other)),
    };
    let [cipher, kind, hash, rest @ ..] = rest else {
        return Err(damaged());
    };
    let (salt, count, rest) = match kind {
        0 => (&[][..], 0, rest),
        1 | 3 => {
            let (salt, rest) = rest.split_at_checked(8).ok_or_else(damaged)?;
            if *kind == 1 {
                (salt, 0, rest)
            } else {
                let (&coded, rest) = rest.split_first().ok_or_else(damaged)?;
                let count = (16 + usize::from(coded & 15)) << ((coded >> 4) + 6);
                (salt, count, rest)
            }
        }
        // GnuPG's own kind.
        101 => return Ok(Kept::Elsewhere),
        other => return Err(SignError::Derivation(*other)),
    };
    let (start, encrypted) = rest.split_at_checked(BLOCK).ok_or_else(damaged)?;
    Ok(Kept::Locked(Locked {
        cipher: *cipher,
        hash: *hash,
        salt,
        count,
        digested,
        start,
        encrypted,
    }))
}

/// The secret numbers of a part that is not encrypted.
pub(super) fn open(numbers: &[u8]) -> Result<Vec<u8>, SignError> {
    summed(numbers)
}

impl Locked<'_> {
    /// The secret numbers.
    pub(super) fn open(&self, passphrase: &[u8]) -> Result<Vec<u8>, SignError> {
        let plain = match self.cipher {
            7 => self.decrypted::<Aes128>(passphrase, 16)?,
            8 => self.decrypted::<Aes192>(passphrase, 24)?,
            9 => self.decrypted::<Aes256>(passphrase, 32)?,
            other => return Err(SignError::Cipher(other)),
        };
        if !self.digested {
            return summed(&plain);
        }
        let at = plain.len().checked_sub(SHA1).ok_or(SignError::Passphrase)?;
        let (numbers, digest) = plain.split_at(at);
        if Sha1::digest(numbers).as_slice() != digest {
            return Err(SignError::Passphrase);
        }
        Ok(numbers.to_vec())
    }

    /// Cipher feedback: each block of the text is combined with the one before it, encrypted.
    fn decrypted<C: BlockCipherEncrypt + KeyInit>(
        &self,
        passphrase: &[u8],
        size: usize,
    ) -> Result<Vec<u8>, SignError> {
        let key = match self.hash {
            2 => self.key::<Sha1>(passphrase, size),
            8 => self.key::<Sha256>(passphrase, size),
            9 => self.key::<Sha384>(passphrase, size),
            10 => self.key::<Sha512>(passphrase, size),
            11 => self.key::<Sha224>(passphrase, size),
            other => return Err(SignError::Hash(other)),
        };
        let cipher = C::new_from_slice(&key).map_err(|_| SignError::Damaged)?;
        let mut before = self.start;
        let mut out = Vec::with_capacity(self.encrypted.len());
        for block in self.encrypted.chunks(BLOCK) {
            let mut pad = Array::try_from(before).map_err(|_| SignError::Damaged)?;
            cipher.encrypt_block(&mut pad);
            out.extend(block.iter().zip(&pad).map(|(one, other)| one ^ other));
            before = block;
        }
        Ok(out)
    }

    /// A key of so many bytes (string-to-key).
    fn key<D: Digest>(&self, passphrase: &[u8], size: usize) -> Vec<u8> {
        let text = [self.salt, passphrase].concat();
        let count = self.count.max(text.len());
        let mut key = Vec::new();
        let mut zeros = 0;
        while key.len() < size {
            let mut hasher = D::new();
            hasher.update(vec![0; zeros]);
            let mut left = count;
            while left > 0 && !text.is_empty() {
                let part = &text[..left.min(text.len())];
                hasher.update(part);
                left -= part.len();
            }
            key.extend_from_slice(&hasher.finalize());
            zeros += 1;
        }
        key.truncate(size);
        key
    }
}

/// Numbers before the sum of their bytes.
fn summed(bytes: &[u8]) -> Result<Vec<u8>, SignError> {
    let at = bytes.len().checked_sub(2).ok_or(SignError::Passphrase)?;
    let (numbers, sum) = bytes.split_at(at);
    let counted = numbers
        .iter()
        .fold(0_u16, |sum, byte| sum.wrapping_add(u16::from(*byte)));
    if counted.to_be_bytes() != sum {
        return Err(SignError::Passphrase);
    }
    Ok(numbers.to_vec())
}
