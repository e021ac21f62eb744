//! Packets (RFC 9580, 4.2).

/// The tags that matter here.
pub(super) const SIGNATURE: u8 = 2;
pub(super) const SECRET_KEY: u8 = 5;
pub(super) const PUBLIC_KEY: u8 = 6;
pub(super) const SECRET_SUBKEY: u8 = 7;
pub(super) const USER_ID: u8 = 13;
pub(super) const PUBLIC_SUBKEY: u8 = 14;
pub(super) const USER_ATTRIBUTE: u8 = 17;

/// One packet.
pub(super) struct Packet<'a> {
    pub(super) tag: u8,
    pub(super) body: &'a [u8],
}

/// The packets of a text of bytes, up to the first that is damaged.
pub(super) struct Packets<'a> {
    rest: &'a [u8],
}

/// Bytes that are no packets.
pub(super) struct Damaged;

impl<'a> Packets<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    fn packet(&mut self) -> Option<Packet<'a>> {
        let (&head, after) = self.rest.split_first()?;
        if head & 0x80 == 0 {
            return None;
        }
        let (tag, length, after) = if head & 0x40 == 0 {
            let (length, after) = match head & 3 {
                0 => (number(after, 1)?, &after[1..]),
                1 => (number(after, 2)?, &after[2..]),
                2 => (number(after, 4)?, &after[4..]),
                // Up to the end.
                _ => (after.len(), after),
            };
            ((head >> 2) & 15, length, after)
        } else {
            let (length, used) = length(after)?;
            (head & 63, length, &after[used..])
        };
        let body = after.get(..length)?;
        self.rest = &after[length..];
        Some(Packet { tag, body })
    }
}

impl<'a> Iterator for Packets<'a> {
    type Item = Result<Packet<'a>, Damaged>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let packet = self.packet();
        if packet.is_none() {
            self.rest = &[];
        }
        Some(packet.ok_or(Damaged))
    }
}

/// A length of the new form, and how many bytes it takes. Partial lengths are for streams, which
/// keys and signatures are not.
pub(super) fn length(bytes: &[u8]) -> Option<(usize, usize)> {
    match *bytes.first()? {
        short @ 0..192 => Some((usize::from(short), 1)),
        high @ 192..224 => {
            let low = *bytes.get(1)?;
            Some(((usize::from(high) - 192) * 256 + usize::from(low) + 192, 2))
        }
        255 => Some((number(bytes.get(1..)?, 4)?, 5)),
        _ => None,
    }
}

/// A number of so many bytes, the highest first.
pub(super) fn number(bytes: &[u8], count: usize) -> Option<usize> {
    let bytes = bytes.get(..count)?;
    Some(
        bytes
            .iter()
            .fold(0, |number, byte| number << 8 | usize::from(*byte)),
    )
}

/// A packet of the new form.
pub(super) fn packet(tag: u8, body: &[u8]) -> Option<Vec<u8>> {
    let length = u32::try_from(body.len()).ok()?.to_be_bytes();
    Some([&[0xc0 | tag, 0xff][..], &length, body].concat())
}

/// A number with its length in bits before it; leading zeros are left out.
pub(super) fn to_mpi(number: &[u8]) -> Option<Vec<u8>> {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    let number = &number[zeros..];
    let first = number.first().map_or(0, |byte| byte.leading_zeros());
    let bits = u16::try_from(number.len() * 8).ok()? - u16::try_from(first).ok()?;
    Some([&bits.to_be_bytes()[..], number].concat())
}

/// A number of any length with its length in bits before it, and what follows it.
pub(super) fn mpi(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let count = number(bytes, 2)?.div_ceil(8);
    let value = bytes.get(2..2 + count)?;
    Some((value, &bytes[2 + count..]))
}
