//! Counted repetition: `{min}`, `{min,}` or `{min,max}`.

/// How often something is repeated. What is far too large is the largest number.
pub(super) struct Count {
    pub(super) min: u32,
    pub(super) max: Option<u32>,
    /// How many bytes it was written in.
    pub(super) len: usize,
}

/// The count at the start of a text, if it has the form of one.
pub(super) fn count(text: &[u8]) -> Option<Count> {
    let mut at = 1;
    let min = number(text, &mut at)?;
    let mut max = Some(min);
    if text.get(at) == Some(&b',') {
        at += 1;
        max = match text.get(at)? {
            b'}' => None,
            _ => Some(number(text, &mut at)?),
        };
    }
    (text.get(at) == Some(&b'}')).then_some(Count {
        min,
        max,
        len: at + 1,
    })
}

fn number(text: &[u8], at: &mut usize) -> Option<u32> {
    let rest = text.get(*at..)?;
    let len = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let digits = &rest[..len];
    *at += len;
    if digits.is_empty() || len > 1 && digits[0] == b'0' {
        return None;
    }
    let digits = std::str::from_utf8(digits).ok()?;
    Some(digits.parse().unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_read_or_left_alone() {
        let read =
            |text: &str| count(text.as_bytes()).map(|count| (count.min, count.max, count.len));
        assert_eq!(read("{2}x"), Some((2, Some(2), 3)));
        assert_eq!(read("{2,}"), Some((2, None, 4)));
        assert_eq!(read("{0,10}"), Some((0, Some(10), 6)));
        assert_eq!(read("{99999999999}"), Some((u32::MAX, Some(u32::MAX), 13)));
        for text in ["{", "{}", "{,2}", "{01}", "{1", "{1,", "{1,2", "{a}"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
