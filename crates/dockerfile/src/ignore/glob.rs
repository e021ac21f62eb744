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

/// The pattern is not one of `filepath.Match`: the offset of the part at fault.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct BadGlob;

/// Checks a pattern of `filepath.Match`.
pub(crate) fn validate(pattern: &str) -> Result<(), BadGlob> {
    let mut rest = pattern;
    while !rest.is_empty() {
        let (_, chunk, after) = next_chunk(rest);
        match_chunk(chunk, "")?;
        rest = after;
    }
    Ok(())
}

/// `filepath.Match`: `*` and `?` stop at `/`. A bad pattern matches nothing. The time is
/// bounded by the product of the lengths, since a later star never moves an earlier one.
pub(crate) fn matches(pattern: &str, name: &str) -> bool {
    let mut pattern = pattern;
    let mut name = name;
    'chunks: while !pattern.is_empty() {
        let (star, chunk, after) = next_chunk(pattern);
        pattern = after;
        if star && chunk.is_empty() {
            return !name.contains('/');
        }
        let last = pattern.is_empty();
        match match_chunk(chunk, name) {
            Err(BadGlob) => return false,
            Ok(Some(rest)) if rest.is_empty() || !last => {
                name = rest;
                continue;
            }
            Ok(_) => {}
        }
        if !star {
            return false;
        }
        let reach = name.find('/').unwrap_or(name.len());
        for (at, character) in name[..reach].char_indices() {
            let skipped = at + character.len_utf8();
            match match_chunk(chunk, &name[skipped..]) {
                Err(BadGlob) => return false,
                Ok(Some(rest)) if rest.is_empty() || !last => {
                    name = rest;
                    continue 'chunks;
                }
                Ok(_) => {}
            }
        }
        return false;
    }
    name.is_empty()
}

/// The stars that the pattern begins with (whether any), what follows up to the next star
/// outside brackets, and the rest.
fn next_chunk(pattern: &str) -> (bool, &str, &str) {
    let rest = pattern.trim_start_matches('*');
    let star = rest.len() < pattern.len();
    let bytes = rest.as_bytes();
    let mut in_class = false;
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' if at + 1 < bytes.len() => at += 1,
            b'[' => in_class = true,
            b']' => in_class = false,
            b'*' if !in_class => break,
            _ => {}
        }
        at += 1;
    }
    (star, &rest[..at], &rest[at..])
}

/// Matches a chunk without stars at the beginning of `name`; gives what is left of it. The
/// whole chunk is checked even when it cannot match any more.
fn match_chunk<'n>(chunk: &str, name: &'n str) -> Result<Option<&'n str>, BadGlob> {
    let mut chunk = chunk;
    let mut rest = Some(name);
    while let Some(first) = chunk.chars().next() {
        let next = rest.and_then(|rest| rest.chars().next());
        let mut fits = next.is_some();
        match first {
            '[' => {
                chunk = &chunk[1..];
                let negated = chunk.starts_with('^');
                if negated {
                    chunk = &chunk[1..];
                }
                let mut inside = false;
                let mut ranges = 0;
                while !(chunk.starts_with(']') && ranges > 0) {
                    let low;
                    (low, chunk) = class_character(chunk)?;
                    let mut high = low;
                    if let Some(after) = chunk.strip_prefix('-') {
                        (high, chunk) = class_character(after)?;
                    }
                    inside |= next.is_some_and(|c| low <= c && c <= high);
                    ranges += 1;
                }
                chunk = &chunk[1..];
                fits &= inside != negated;
            }
            '?' => {
                fits &= next != Some('/');
                chunk = &chunk[1..];
            }
            _ => {
                if first == '\\' {
                    chunk = &chunk[1..];
                }
                let literal = chunk.chars().next().ok_or(BadGlob)?;
                fits &= next == Some(literal);
                chunk = &chunk[literal.len_utf8()..];
            }
        }
        rest = rest.filter(|_| fits).and_then(|rest| {
            let mut characters = rest.chars();
            characters.next();
            Some(characters.as_str())
        });
    }
    Ok(rest)
}

/// One character of a class, escapes read, and what follows it, which must not be nothing.
fn class_character(chunk: &str) -> Result<(char, &str), BadGlob> {
    let mut characters = chunk.chars();
    let mut first = characters
        .next()
        .filter(|c| !matches!(c, '-' | ']'))
        .ok_or(BadGlob)?;
    if first == '\\' {
        first = characters.next().ok_or(BadGlob)?;
    }
    if characters.as_str().is_empty() {
        Err(BadGlob)
    } else {
        Ok((first, characters.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::{clean, matches, validate};

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
            assert_eq!(matches(pattern, name), fits, "{pattern} {name}");
        }
        for bad in ["[", "[]", "[a", "[a-]", "a\\", "[-a]", "x*[", "[]a]", "[\\"] {
            assert!(validate(bad).is_err(), "{bad}");
        }
        assert!(validate("[a-z]*[^]-]").is_err());
        assert!(validate("[a-z]*[^\\]]").is_ok());
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
            assert_eq!(validate(pattern).is_err(), bad, "{pattern:?}");
            let matched = case["matched"].as_bool().expect("given");
            assert_eq!(matches(pattern, name), matched, "{pattern:?} {name:?}");
        }
    }
}
