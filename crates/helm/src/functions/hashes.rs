//! Checksums.

use plimsoll_gotmpl::Arguments;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};

use super::{Entry, entry};

pub(super) const FUNCTIONS: &[Entry] = &[
    entry("sha1sum", "string", |_, arguments| {
        Ok(hex(&Sha1::digest(arguments.str(0)?.bytes())).into())
    }),
    entry("sha256sum", "string", |_, arguments| {
        Ok(hex(&Sha256::digest(arguments.str(0)?.bytes())).into())
    }),
    entry("sha512sum", "string", |_, arguments| {
        Ok(hex(&Sha512::digest(arguments.str(0)?.bytes())).into())
    }),
    entry("adler32sum", "string", |_, arguments| {
        let sum = adler2::adler32_slice(arguments.str(0)?.bytes());
        Ok(sum.to_string().into())
    }),
];

fn hex(bytes: &[u8]) -> Vec<u8> {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = |byte: &u8| {
        [
            DIGITS[usize::from(byte >> 4)],
            DIGITS[usize::from(byte & 15)],
        ]
    };
    bytes.iter().flat_map(digits).collect()
}
