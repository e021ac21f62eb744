//! Base64 as the API server reads it, and values that only stand in for a secret.

/// Decodes standard base64 with padding, as Go's `encoding/base64` does for `[]byte` fields:
/// line breaks inside are ignored, anything else is refused.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
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

/// Whether a value evidently stands in for one that is filled in later.
pub(crate) fn is_placeholder(value: &str) -> bool {
    let text = value.trim();
    let bare = text.trim_matches(['<', '>', '"', '\'', '*', '_', '-', '.']);
    if bare.is_empty() || text.starts_with("ENC[") {
        return true;
    }
    if is_empty_pem(text) {
        return true;
    }
    let marked = (text.starts_with('<') && text.ends_with('>'))
        || text.starts_with("${")
        || text.starts_with("$(")
        || text.starts_with('$')
            && text[1..]
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || c == '_')
        || text.contains("{{")
        || text.contains("<%")
        || text.starts_with("__") && text.ends_with("__")
        || text.starts_with('%') && text.ends_with('%');
    let lower = text.to_ascii_lowercase();
    let addressed = ["your-", "your_", "my-base64", "insert-", "insert_"]
        .iter()
        .any(|start| lower.starts_with(start));
    let plain: String = text
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect();
    let word = [
        "changeme",
        "changethis",
        "replaceme",
        "replacethis",
        "replacewith",
        "placeholder",
        "yourpassword",
        "yoursecret",
        "yourtoken",
        "yourkey",
        "yourapikey",
        "insert",
        "todo",
        "tobereplaced",
        "redacted",
        "dummy",
        "notused",
        "xxxx",
        "fillme",
        "putyour",
        "base64encoded",
    ];
    marked
        || addressed
        || word
            .iter()
            .any(|word| plain.starts_with(word) || plain.ends_with(word))
}

/// Whether the text is the first and last line of a PEM file with nothing between them.
fn is_empty_pem(text: &str) -> bool {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    text.starts_with("-----BEGIN ") && lines.all(|line| line.starts_with("-----"))
}

#[cfg(test)]
mod tests {
    use super::{decode, is_placeholder};

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

    #[test]
    fn placeholders_are_told_from_values() {
        for text in [
            "",
            "<password>",
            "${DB}",
            "$DB",
            "{{ .Values.x }}",
            "CHANGE_ME",
            "xxxxxxxx",
            "***",
            "your-api-key-here",
            "...base64 encoded data...",
        ] {
            assert!(is_placeholder(text), "{text}");
        }
        for text in ["hunter2", "s3cr3t", "$2y$10$abcdefgh", "payments", "p<a>b"] {
            assert!(!is_placeholder(text), "{text}");
        }
    }
}
