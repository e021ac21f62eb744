//! GnuPG's keybox (`pubring.kbx`; `kbx/keybox-blob.c` of GnuPG).

use super::KeyringError;
use super::packets::number;

const OPENPGP: u8 = 2;
/// A blob that is being written.
const EPHEMERAL: usize = 2;

/// Whether bytes begin as a keybox does.
pub(super) fn is_keybox(bytes: &[u8]) -> bool {
    bytes.get(4) == Some(&1) && bytes.get(8..12) == Some(b"KBXf")
}

/// The blocks of packets in a keybox.
pub(super) fn blocks(bytes: &[u8]) -> Result<Vec<&[u8]>, KeyringError> {
    let damaged = KeyringError::Malformed("a damaged keybox");
    let mut found = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let length = number(rest, 4).filter(|length| *length >= 5);
        let blob = length.and_then(|length| rest.get(..length));
        let blob = blob.ok_or(damaged.clone())?;
        rest = &rest[blob.len()..];
        if blob[4] != OPENPGP {
            continue;
        }
        let field = |at: usize, count| number(blob.get(at..)?, count);
        let block = || {
            let start = field(8, 4)?;
            let end = start.checked_add(field(12, 4)?)?;
            Some((field(6, 2)?, blob.get(start..end)?))
        };
        let (flags, block) = block().ok_or(damaged.clone())?;
        if flags & EPHEMERAL == 0 {
            found.push(block);
        }
    }
    Ok(found)
}
