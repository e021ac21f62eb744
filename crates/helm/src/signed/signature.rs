//! Signatures of version 4 (RFC 9580, 5.2).

use sha1::Sha1;
use sha2::{Digest, Sha224, Sha256, Sha384, Sha512};

use super::keys::Key;
use super::packets::{length, mpi, number};

/// A signature.
pub(super) struct Signature<'a> {
    /// What it is for.
    pub(super) kind: u8,
    pub(super) algorithm: u8,
    pub(super) hash: u8,
    /// When it was made, in seconds since 1970.
    pub(super) created: u32,
    /// After how many seconds it counts no more.
    pub(super) expires: Option<u32>,
    /// After how many seconds the key counts no more that it is about.
    pub(super) key_expires: Option<u32>,
    /// What the key may be used for that it is about.
    pub(super) flags: Option<u8>,
    /// The id of the key that made it.
    pub(super) issuer: Option<u64>,
    /// A signature in it, by the key that it is about.
    pub(super) embedded: Option<&'a [u8]>,
    /// What is hashed of the signature itself.
    hashed: &'a [u8],
    left: [u8; 2],
    /// The numbers that it consists of.
    pub(super) numbers: &'a [u8],
}

impl<'a> Signature<'a> {
    /// Reads the body of a packet.
    pub(super) fn parse(body: &'a [u8]) -> Option<Self> {
        let &[4, kind, algorithm, hash, ..] = body else {
            return None;
        };
        let hashed_len = number(&body[4..], 2)?;
        let hashed_end = 6 + hashed_len;
        let hashed = body.get(..hashed_end)?;
        let rest = &body[hashed_end..];
        let unhashed_len = number(rest, 2)?;
        let unhashed = rest.get(2..2 + unhashed_len)?;
        let rest = &rest[2 + unhashed_len..];
        let left = [*rest.first()?, *rest.get(1)?];
        let mut signature = Self {
            kind,
            algorithm,
            hash,
            created: 0,
            expires: None,
            key_expires: None,
            flags: None,
            issuer: None,
            embedded: None,
            hashed,
            left,
            numbers: &rest[2..],
        };
        signature.subpackets(&hashed[6..], true)?;
        signature.subpackets(unhashed, false)?;
        Some(signature)
    }

    /// What is not hashed could have been written by anybody: of that only hints are taken.
    fn subpackets(&mut self, mut rest: &'a [u8], hashed: bool) -> Option<()> {
        while !rest.is_empty() {
            let (len, used) = length(rest)?;
            let subpacket = rest.get(used..used.checked_add(len)?)?;
            rest = &rest[used + len..];
            let (&kind, body) = subpacket.split_first()?;
            let seconds = || number(body, 4).and_then(|seconds| u32::try_from(seconds).ok());
            match kind & 0x7f {
                2 if hashed => self.created = seconds()?,
                3 if hashed => self.expires = seconds().filter(|after| *after > 0),
                9 if hashed => self.key_expires = seconds().filter(|after| *after > 0),
                27 if hashed => self.flags = body.first().copied(),
                16 => {
                    let id = <[u8; 8]>::try_from(body).ok().map(u64::from_be_bytes);
                    self.issuer = self.issuer.or(id);
                }
                33 if body.len() == 21 && body[0] == 4 => {
                    let id = <[u8; 8]>::try_from(&body[13..])
                        .ok()
                        .map(u64::from_be_bytes);
                    self.issuer = id;
                }
                32 => self.embedded = Some(body),
                // What must be understood and is not.
                1..=40 => {}
                _ if hashed && kind & 0x80 != 0 => return None,
                _ => {}
            }
        }
        Some(())
    }

    /// Whether its hash is one that is not broken.
    pub(super) fn has_strong_hash(&self) -> bool {
        matches!(self.hash, 8..=11)
    }

    /// Whether it is the signature of a key for pieces of bytes, one after the other.
    pub(super) fn verifies(&self, key: &Key, pieces: &[&[u8]]) -> bool {
        let Some(digest) = self.digest(pieces) else {
            return false;
        };
        // A quick look that saves most of the work for wrong keys.
        digest[..2] == self.left && key.verify(self, &digest)
    }

    fn digest(&self, pieces: &[&[u8]]) -> Option<Vec<u8>> {
        let length = u32::try_from(self.hashed.len()).ok()?;
        let trailer = [&[4, 0xff][..], &length.to_be_bytes()].concat();
        let all = || pieces.iter().copied().chain([self.hashed, &trailer]);
        fn hash<'p, D: Digest>(all: impl Iterator<Item = &'p [u8]>) -> Vec<u8> {
            let mut hasher = D::new();
            all.for_each(|piece| hasher.update(piece));
            hasher.finalize().to_vec()
        }
        Some(match self.hash {
            // Only for what keys say of themselves.
            2 => hash::<Sha1>(all()),
            8 => hash::<Sha256>(all()),
            9 => hash::<Sha384>(all()),
            10 => hash::<Sha512>(all()),
            11 => hash::<Sha224>(all()),
            _ => return None,
        })
    }

    /// Its two numbers, of most algorithms.
    pub(super) fn pair(&self) -> Option<(&'a [u8], &'a [u8])> {
        let (one, rest) = mpi(self.numbers)?;
        let (other, _) = mpi(rest)?;
        Some((one, other))
    }
}
