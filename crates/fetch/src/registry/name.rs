//! Names of repositories and tags (OCI distribution specification, "Pulling manifests").

/// The longest name of a repository, in bytes.
const MAX_REPOSITORY: usize = 255;
/// The longest tag, in bytes.
const MAX_TAG: usize = 128;

/// Whether a text is the name of a repository: lower-case words joined by `.`, `_`, `__`, dashes
/// and `/`.
pub fn is_repository(text: &str) -> bool {
    text.len() <= MAX_REPOSITORY && text.split('/').all(is_component)
}

fn is_component(text: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = text.as_bytes();
    let (Some(&first), Some(&last)) = (bytes.first(), bytes.last()) else {
        return false;
    };
    if !is_word(first) || !is_word(last) {
        return false;
    }
    let joints = text.split(|c: char| c.is_ascii() && is_word(c as u8));
    let mut joints = joints.filter(|joint| !joint.is_empty());
    joints.all(|joint| matches!(joint, "." | "_" | "__") || joint.bytes().all(|byte| byte == b'-'))
}

/// Whether a text is a tag.
pub fn is_tag(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    text.len() <= MAX_TAG
        && text.bytes().next().is_some_and(plain)
        && text
            .bytes()
            .all(|byte| plain(byte) || matches!(byte, b'.' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::{is_repository, is_tag};

    #[test]
    fn names_are_told_from_others() {
        for name in ["a", "a/b", "a-b/c.d/e_f", "a__b", "a---b", "0"] {
            assert!(is_repository(name), "{name}");
        }
        for name in [
            "", "/", "a/", "A", "a..b", "a___b", "-a", "a.", "a b", "../a", "a/../b", "ä",
        ] {
            assert!(!is_repository(name), "{name}");
        }
        assert!(!is_repository(&"a/".repeat(200)));
        for tag in ["1.0.0", "_x", "a-b.c_D", "1.0.0_1"] {
            assert!(is_tag(tag), "{tag}");
        }
        for tag in ["", ".a", "-a", "a+b", "a/b", "a:b", &"a".repeat(129)] {
            assert!(!is_tag(tag), "{tag}");
        }
    }
}
