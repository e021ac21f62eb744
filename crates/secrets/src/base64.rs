//! Base64 as the API server reads it.

/// Decodes standard base64 with padding, as Go's `encoding/base64` does for `[]byte` fields:
/// line breaks inside are ignored, anything else is refused.
pub fn decode(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let mut group = [0u8; 4];
    let mut held = 0usize;
    let mut padding = 0usize;
    for byte in text.bytes().filter(|byte| !matches!(byte, b'\r' | b'\n')) {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            b'=' if held >= 2 || padding > 0 => {
                padding += 1;
                0
            }
            _ => return None,
        };
        if padding > 0 && byte != b'=' {
            return None;
        }
        group[held] = value;
        held += 1;
        if held == 4 {
            let bytes = [
                group[0] << 2 | group[1] >> 4,
                group[1] << 4 | group[2] >> 2,
                group[2] << 6 | group[3],
            ];
            if padding > 2 || out.len() % 3 != 0 {
                return None;
            }
            out.extend_from_slice(&bytes[..3 - padding]);
            held = 0;
        }
    }
    (held == 0).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn base64_is_read_as_go_reads_it() {
        assert_eq!(decode("").as_deref(), Some(&b""[..]));
        assert_eq!(decode("aGVsbG8=").as_deref(), Some(&b"hello"[..]));
        assert_eq!(decode("aGVs\nbG8=\n").as_deref(), Some(&b"hello"[..]));
        assert_eq!(decode("aGk=").as_deref(), Some(&b"hi"[..]));
        assert_eq!(decode("YQ==").as_deref(), Some(&b"a"[..]));
        for bad in [
            "aGVsbG8",
            "a GVs",
            "aGVsbG8==",
            "=aGk",
            "YQ==YQ==",
            "a-_b",
            "YQ=a",
            "====",
            "Y===",
        ] {
            assert_eq!(decode(bad), None, "{bad}");
        }
    }
}
