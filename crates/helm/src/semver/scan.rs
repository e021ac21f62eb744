//! The pieces that versions and constraints are made of. The library finds them with regular
//! expressions; all of those are deterministic, so that a scan from left to right finds the same.

/// A version as it is written, in parts. In a constraint, numbers may be `x`, `X`, `*`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Parts<'a> {
    /// All of it.
    pub(super) text: &'a str,
    pub(super) major: &'a str,
    /// Empty if it is not there.
    pub(super) minor: &'a str,
    /// Empty if it is not there.
    pub(super) patch: &'a str,
    /// Without its `-`; empty if it is not there.
    pub(super) pre: &'a str,
    /// Without its `+`; empty if it is not there.
    pub(super) metadata: &'a str,
}

/// What a number of a version is made of.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Numbers {
    /// Digits.
    Digits,
    /// Digits and what stands for any number; `|` is in the library's class, too.
    Wild,
}

impl Numbers {
    fn has(self, byte: u8) -> bool {
        byte.is_ascii_digit()
            || (self == Numbers::Wild && matches!(byte, b'x' | b'X' | b'*' | b'|'))
    }
}

/// The longest version at the start of a text.
pub(super) fn version(text: &str, numbers: Numbers) -> Option<Parts<'_>> {
    let bytes = text.as_bytes();
    let run = |from: usize, test: &dyn Fn(u8) -> bool| {
        let rest = bytes.get(from..).unwrap_or_default();
        from + rest.iter().take_while(|byte| test(**byte)).count()
    };
    let number = |from: usize| run(from, &|byte| numbers.has(byte));
    let start = usize::from(bytes.first() == Some(&b'v'));
    let mut at = number(start);
    if at == start {
        return None;
    }
    let major = &text[start..at];
    let further = |at: &mut usize| {
        if bytes.get(*at) != Some(&b'.') {
            return "";
        }
        let end = number(*at + 1);
        if end == *at + 1 {
            return "";
        }
        let part = &text[*at + 1..end];
        *at = end;
        part
    };
    let minor = further(&mut at);
    let patch = if minor.is_empty() {
        ""
    } else {
        further(&mut at)
    };
    let identifiers = |at: &mut usize, sign: u8| {
        if bytes.get(*at) != Some(&sign) {
            return "";
        }
        let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        let mut end = run(*at + 1, &is_letter);
        if end == *at + 1 {
            return "";
        }
        while bytes.get(end) == Some(&b'.') && bytes.get(end + 1).is_some_and(|&b| is_letter(b)) {
            end = run(end + 1, &is_letter);
        }
        let part = &text[*at + 1..end];
        *at = end;
        part
    };
    let pre = identifiers(&mut at, b'-');
    let metadata = identifiers(&mut at, b'+');
    Some(Parts {
        text: &text[..at],
        major,
        minor,
        patch,
        pre,
        metadata,
    })
}

/// How many bytes of white space (RE2's `\s`) a text starts with.
pub(super) fn space(text: &str) -> usize {
    let is_space = |byte: &&u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\x0c' | b'\r');
    text.as_bytes().iter().take_while(is_space).count()
}
