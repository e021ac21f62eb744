//! One value: a fresh key, sealed for the certificate, and the value sealed with it.
//!
//! `HybridEncrypt` of pkg/crypto: two bytes with the length of the sealed key, the sealed key, the
//! value under AES-256-GCM with a nonce of zeros, which is safe for a key that is used once.

use std::convert::Infallible;

use aes_gcm::aead::{Aead as _, KeyInit as _};
use aes_gcm::{Aes256Gcm, Nonce};
use rand_core::{TryCryptoRng, TryRng};
use rsa::{Oaep, PublicKey};
use sha2::Sha256;

use crate::Random;

const KEY_BYTES: usize = 32;

/// The caller's chance as the crate of keys wants it.
struct Chance<'c>(&'c mut dyn Random);

impl TryRng for Chance<'_> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.0.fill(&mut bytes);
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.0.fill(bytes);
        Ok(())
    }
}

impl TryCryptoRng for Chance<'_> {}

/// Seals a value under a label. `None` if the key cannot seal, or the value is too long.
pub(crate) fn seal(
    key: &PublicKey,
    value: &[u8],
    label: &str,
    chance: &mut dyn Random,
) -> Option<Vec<u8>> {
    let mut session = [0; KEY_BYTES];
    chance.fill(&mut session);
    let padding = Oaep::<Sha256>::new_with_label(label.as_bytes());
    let sealed = key.encrypt(&mut Chance(chance), padding, &session).ok()?;
    let cipher = Aes256Gcm::new_from_slice(&session).ok()?;
    let value = cipher.encrypt(&Nonce::default(), value).ok()?;
    let mut out = u16::try_from(sealed.len()).ok()?.to_be_bytes().to_vec();
    out.extend_from_slice(&sealed);
    out.extend_from_slice(&value);
    Some(out)
}
