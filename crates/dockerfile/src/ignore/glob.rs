//! Paths and globs as Go's `path/filepath` has them on Unix.

/// `filepath.Clean`: the shortest path that means the same by its text.
pub(crate) fn clean(path: &str) -> String {
    if path.is_empty() {
        return ".".to_owned();
    }
    let rooted = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => match parts.last() {
                Some(&last) if last != ".." => {
                    parts.pop();
                }
                _ if rooted => {}
                _ => parts.push(".."),
            },
            part => parts.push(part),
        }
    }
    match (rooted, parts.is_empty()) {
        (true, _) => format!("/{}", parts.join("/")),
        (false, true) => ".".to_owned(),
        (false, false) => parts.join("/"),
    }
}

/// Whether the name has a wildcard without a backslash before it.
pub(crate) fn has_wildcards(name: &str) -> bool {
    let mut bytes = name.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' => {
                bytes.next();
            }
            b'*' | b'?' | b'[' => return true,
            _ => {}
        }
    }
    false
}

/// The pattern is not one of `filepath.Match`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct BadGlob;

/// `filepath.Match`, which looks at bytes where it can and at a bad pattern only as far as it
/// comes: `*` and `?` stop at `/`. The time is bounded by the product of the lengths, since a
/// later star never moves an earlier one.
pub(crate) fn matches(pattern: &str, name: &str) -> Result<bool, BadGlob> {
    let mut pattern = pattern.as_bytes();
    let mut name = name.as_bytes();
    'chunks: while !pattern.is_empty() {
        let (star, chunk, after) = next_chunk(pattern);
        pattern = after;
        if star && chunk.is_empty() {
            return Ok(!name.contains(&b'/'));
        }
        let last = pattern.is_empty();
        if let Some(rest) = match_chunk(chunk, name)?
            && (rest.is_empty() || !last)
        {
            name = rest;
            continue;
        }
        if !star {
            return Ok(false);
        }
        let reach = name.iter().position(|b| *b == b'/').unwrap_or(name.len());
        for skipped in 1..=reach {
            if let Some(rest) = match_chunk(chunk, &name[skipped..])?
                && (rest.is_empty() || !last)
            {
                name = rest;
                continue 'chunks;
            }
        }
        return Ok(false);
    }
    Ok(name.is_empty())
}

/// Whether the pattern begins with a star, what follows its stars up to the next one outside
/// brackets, and the rest.
fn next_chunk(pattern: &[u8]) -> (bool, &[u8], &[u8]) {
    let stars = pattern.iter().take_while(|b| **b == b'*').count();
    let rest = &pattern[stars..];
    let mut in_class = false;
    let mut at = 0;
    while at < rest.len() {
        match rest[at] {
            b'\\' if at + 1 < rest.len() => at += 1,
            b'[' => in_class = true,
            b']' => in_class = false,
            b'*' if !in_class => break,
            _ => {}
        }
        at += 1;
    }
    (stars > 0, &rest[..at], &rest[at..])
}

/// Matches a chunk without stars at the beginning of `name`; gives what is left of it. The
/// whole chunk is checked even when it cannot match any more.
fn match_chunk<'n>(chunk: &[u8], name: &'n [u8]) -> Result<Option<&'n [u8]>, BadGlob> {
    let mut chunk = chunk;
    let mut rest = name;
    let mut failed = false;
    while let Some(&first) = chunk.first() {
        failed |= rest.is_empty();
        match first {
            b'[' => {
                let (character, len) = if failed { ('\0', 0) } else { decode(rest) };
                rest = &rest[len..];
                chunk = &chunk[1..];
                let negated = chunk.first() == Some(&b'^');
                chunk = &chunk[usize::from(negated)..];
                let mut inside = false;
                let mut ranges = 0;
                while !(chunk.first() == Some(&b']') && ranges > 0) {
                    let low;
                    (low, chunk) = class_character(chunk)?;
                    let mut high = low;
                    if chunk[0] == b'-' {
                        (high, chunk) = class_character(&chunk[1..])?;
                    }
                    inside |= low <= character && character <= high;
                    ranges += 1;
                }
                chunk = &chunk[1..];
                failed |= inside == negated;
            }
            b'?' => {
                if !failed {
                    failed = rest[0] == b'/';
                    rest = &rest[decode(rest).1..];
                }
                chunk = &chunk[1..];
            }
            _ => {
                if first == b'\\' {
                    chunk = &chunk[1..];
                }
                let literal = *chunk.first().ok_or(BadGlob)?;
                if !failed {
                    failed = rest[0] != literal;
                    rest = &rest[1..];
                }
                chunk = &chunk[1..];
            }
        }
    }
    Ok((!failed).then_some(rest))
}

/// One character of a class, escapes read, and what follows it, which must not be nothing.
fn class_character(chunk: &[u8]) -> Result<(char, &[u8]), BadGlob> {
    if matches!(chunk.first(), None | Some(b'-' | b']')) {
        return Err(BadGlob);
    }
    let chunk = if chunk[0] == b'\\' {
        &chunk[1..]
    } else {
        chunk
    };
    if chunk.is_empty() {
        return Err(BadGlob);
    }
    let (character, len) = decode(chunk);
    if len == chunk.len() {
        Err(BadGlob)
    } else {
        Ok((character, &chunk[len..]))
    }
}

/// The first character and its length; a byte in the midst of a character counts as one.
fn decode(bytes: &[u8]) -> (char, usize) {
    let len = match bytes[0] {
        0xC0..0xE0 => 2,
        0xE0..0xF0 => 3,
        0xF0.. => 4,
        _ => 1,
    };
    let character = bytes
        .get(..len)
        .and_then(|bytes| std::str::from_utf8(bytes).ok());
    match character.and_then(|text| text.chars().next()) {
        Some(character) => (character, len),
        None => (char::REPLACEMENT_CHARACTER, 1),
    }
}

#[cfg(test)]
mod tests {
    use super::{BadGlob, clean, matches};

    #[test]
    fn cleaning_is_by_text() {
        for (path, cleaned) in [
            ("", "."),
            ("./", "."),
            ("a//b/./c/", "a/b/c"),
            ("a/../../b", "../b"),
            ("/../a", "/a"),
            ("/", "/"),
            ("a/..", "."),
            ("!../a", "!../a"),
        ] {
            assert_eq!(clean(path), cleaned, "{path}");
        }
    }

    #[test]
    fn globs_stop_at_slashes() {
        for (pattern, name, fits) in [
            ("*", "a", true),
            ("*", "a/b", false),
            ("a*/b", "abc/b", true),
            ("*.go", "x.go", true),
            ("a?c", "a/c", false),
            ("[a-c]x", "bx", true),
            ("[^a-c]x", "bx", false),
            ("\\*", "*", true),
            ("a*b*c", "aXbYbZc", true),
            ("é?", "éé", true),
            ("**", "ab", true),
            ("a", "", false),
        ] {
            assert_eq!(matches(pattern, name), Ok(fits), "{pattern} {name}");
        }
        for bad in ["[", "[]", "[a", "[a-]", "a\\", "[-a]", "*[", "[]a]", "[\\"] {
            assert_eq!(matches(bad, "a"), Err(BadGlob), "{bad}");
        }
        // What stands behind a star that is not reached is not looked at.
        assert_eq!(matches("x*[", "a"), Ok(false));
        // A star may stop within a character, whose bytes then count as characters.
        assert_eq!(matches("*??", "中"), Ok(true));
    }

    #[test]
    fn globs_match_as_the_reference_matches_them() {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../tests/oracles/patternmatcher/answers.json"
        );
        let text = std::fs::read_to_string(path).expect("committed");
        let answers: serde_json::Value =
            serde_json::from_str(&text).expect("written by the oracle");
        let cases = answers["glob"].as_array().expect("a list");
        assert!(cases.len() >= 300);
        for case in cases {
            let pattern = case["pattern"].as_str().expect("given");
            let name = case["name"].as_str().expect("given");
            let bad = case["bad"].as_bool().unwrap_or(false);
            let matched = case["matched"].as_bool().expect("given");
            let expected = if bad { Err(BadGlob) } else { Ok(matched) };
            assert_eq!(matches(pattern, name), expected, "{pattern:?} {name:?}");
        }
    }
}
