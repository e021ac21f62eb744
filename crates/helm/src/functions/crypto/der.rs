//! DER: writing the few types that keys and certificates need, and reading them.

pub(super) const INTEGER: u8 = 0x02;
pub(super) const BIT_STRING: u8 = 0x03;
pub(super) const OCTET_STRING: u8 = 0x04;
pub(super) const NULL: &[u8] = &[0x05, 0x00];
pub(super) const OID: u8 = 0x06;
pub(super) const SEQUENCE: u8 = 0x30;

/// A value with its tag and length.
pub(super) fn tagged(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    let len = content.len();
    if len < 0x80 {
        out.push(len as u8);
    } else {
        let bytes = len.to_be_bytes();
        let skip = len.leading_zeros() as usize / 8;
        out.push(0x80 | (bytes.len() - skip) as u8);
        out.extend_from_slice(&bytes[skip..]);
    }
    out.extend_from_slice(content);
    out
}

pub(super) fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    tagged(SEQUENCE, &parts.concat())
}

/// A number that is not negative, from its bytes, the highest first.
pub(super) fn integer(bytes: &[u8]) -> Vec<u8> {
    let zeros = bytes.iter().take_while(|&&byte| byte == 0).count();
    let mut content = bytes[zeros..].to_vec();
    if content.first().is_none_or(|&first| first >= 0x80) {
        content.insert(0, 0);
    }
    tagged(INTEGER, &content)
}

/// Bits, of which `unused` at the end do not count.
pub(super) fn bit_string(unused: u8, bytes: &[u8]) -> Vec<u8> {
    tagged(BIT_STRING, &[&[unused], bytes].concat())
}

pub(super) fn oid(encoded: &[u8]) -> Vec<u8> {
    tagged(OID, encoded)
}

/// Reads values one after the other.
#[derive(Clone, Copy)]
pub(super) struct Reader<'d>(pub(super) &'d [u8]);

impl<'d> Reader<'d> {
    /// The next value: its tag, its content, and all of it.
    pub(super) fn next(&mut self) -> Option<(u8, &'d [u8], &'d [u8])> {
        let whole = self.0;
        let (&tag, rest) = whole.split_first()?;
        let (&first, rest) = rest.split_first()?;
        let (len, rest) = if first < 0x80 {
            (usize::from(first), rest)
        } else {
            let count = usize::from(first & 0x7f);
            if count == 0 || count > 4 || rest.len() < count {
                return None;
            }
            let (bytes, rest) = rest.split_at(count);
            let len = bytes
                .iter()
                .fold(0, |len, &byte| len << 8 | usize::from(byte));
            (len, rest)
        };
        let content = rest.get(..len)?;
        self.0 = &rest[len..];
        Some((tag, content, &whole[..whole.len() - self.0.len()]))
    }

    /// The content of the next value, which must have this tag.
    pub(super) fn expect(&mut self, tag: u8) -> Option<&'d [u8]> {
        let (found, content, _) = self.next()?;
        (found == tag).then_some(content)
    }

    pub(super) fn sequence(&mut self) -> Option<Reader<'d>> {
        self.expect(SEQUENCE).map(Reader)
    }

    /// The bytes of a number without zeros in front.
    pub(super) fn integer(&mut self) -> Option<&'d [u8]> {
        let content = self.expect(INTEGER)?;
        let zeros = content.iter().take_while(|&&byte| byte == 0).count();
        Some(&content[zeros..])
    }

    /// The tag of the next value.
    pub(super) fn peek(&self) -> Option<u8> {
        self.0.first().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for len in [0, 1, 127, 128, 255, 256, 70_000] {
            let content = vec![7; len];
            let written = tagged(OCTET_STRING, &content);
            let mut reader = Reader(&written);
            assert_eq!(reader.expect(OCTET_STRING), Some(&content[..]));
            assert!(reader.0.is_empty());
            assert!(len == 0 || Reader(&written[..written.len() - 1]).next().is_none());
        }
        assert_eq!(integer(&[0, 0, 0x80]), [INTEGER, 2, 0, 0x80]);
        assert_eq!(integer(&[]), [INTEGER, 1, 0]);
    }
}
