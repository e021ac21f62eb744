//! Patterns of file names as Go's `filepath.Match` has them: `*` and `?` stop at `/`, `[…]`
//! names characters, `\` takes the next one as it is.

/// A pattern that is no pattern: Go's `filepath.ErrBadPattern`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("syntax error in pattern")]
pub struct PatternError;

/// A pattern.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Pattern {
    text: String,
    form: Form,
}

/// How a pattern is matched.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Form {
    /// It is the name itself.
    Name,
    /// A star, and how names end.
    End,
    Any,
}

impl Pattern {
    /// A pattern. It may turn out to be malformed only when it is matched, as in Go.
    pub fn new(text: impl Into<String>) -> Self {
        let text = text.into();
        let is_plain = |text: &str| !text.contains(['*', '?', '[', '\\']);
        let form = if is_plain(&text) {
            Form::Name
        } else if text.len() > 1 && text.strip_prefix('*').is_some_and(is_plain) {
            Form::End
        } else {
            Form::Any
        };
        Self { text, form }
    }

    /// The pattern as it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether the whole name matches.
    pub fn matches(&self, name: &str) -> Result<bool, PatternError> {
        match self.form {
            Form::Name => Ok(self.text == name),
            Form::End => {
                let rest = name.strip_suffix(&self.text[1..]);
                Ok(rest.is_some_and(|rest| !rest.contains('/')))
            }
            Form::Any => matches(&self.text, name),
        }
    }
}

/// `filepath.Match`.
fn matches(pattern: &str, name: &str) -> Result<bool, PatternError> {
    let (mut pattern, mut name) = (pattern, name);
    'pattern: while !pattern.is_empty() {
        let (star, chunk, rest) = scan_chunk(pattern);
        pattern = rest;
        if star && chunk.is_empty() {
            return Ok(!name.contains('/'));
        }
        let found = match_chunk(chunk, name)?;
        // The last chunk must take the name to its end.
        if let Some(left) = found
            && (left.is_empty() || !pattern.is_empty())
        {
            name = left;
            continue;
        }
        if star {
            for (at, c) in name.char_indices() {
                if c == '/' {
                    break;
                }
                let after = &name[at + c.len_utf8()..];
                if let Some(left) = match_chunk(chunk, after)? {
                    if pattern.is_empty() && !left.is_empty() {
                        continue;
                    }
                    name = left;
                    continue 'pattern;
                }
            }
        }
        // What is left of the pattern is still checked.
        while !pattern.is_empty() {
            let (_, chunk, rest) = scan_chunk(pattern);
            pattern = rest;
            match_chunk(chunk, "")?;
        }
        return Ok(false);
    }
    Ok(name.is_empty())
}

/// Splits off what stands between two stars: whether stars precede it, itself, the rest.
fn scan_chunk(pattern: &str) -> (bool, &str, &str) {
    let chunk = pattern.trim_start_matches('*');
    let star = chunk.len() < pattern.len();
    let mut in_range = false;
    let mut escaped = false;
    for (at, c) in chunk.char_indices() {
        if escaped {
            escaped = false;
            continue;
        }
        match c {
            '\\' => escaped = true,
            '[' => in_range = true,
            ']' => in_range = false,
            '*' if !in_range => return (star, &chunk[..at], &chunk[at..]),
            _ => {}
        }
    }
    (star, chunk, "")
}

/// Matches a chunk at the start of `name` and gives what follows. Checks the chunk to its end
/// even where it does not match.
fn match_chunk<'n>(chunk: &str, name: &'n str) -> Result<Option<&'n str>, PatternError> {
    let mut chunk = chunk;
    let mut name = name;
    let mut failed = false;
    while let Some(first) = chunk.chars().next() {
        if !failed && name.is_empty() {
            failed = true;
        }
        match first {
            '[' => {
                let mut c = '\0';
                if !failed {
                    c = take(&mut name);
                }
                chunk = &chunk[1..];
                let negated = chunk.starts_with('^');
                if negated {
                    chunk = &chunk[1..];
                }
                let mut hit = false;
                let mut ranges = 0;
                loop {
                    if chunk.starts_with(']') && ranges > 0 {
                        chunk = &chunk[1..];
                        break;
                    }
                    let low = range_end(&mut chunk)?;
                    let mut high = low;
                    if chunk.starts_with('-') {
                        chunk = &chunk[1..];
                        high = range_end(&mut chunk)?;
                    }
                    hit |= low <= c && c <= high;
                    ranges += 1;
                }
                failed |= hit == negated;
            }
            '?' => {
                if !failed {
                    failed = name.starts_with('/');
                    take(&mut name);
                }
                chunk = &chunk[1..];
            }
            other => {
                let mut wanted = other;
                if other == '\\' {
                    chunk = &chunk[1..];
                    wanted = chunk.chars().next().ok_or(PatternError)?;
                }
                if !failed {
                    failed = take(&mut name) != wanted;
                }
                chunk = &chunk[wanted.len_utf8()..];
            }
        }
    }
    Ok((!failed).then_some(name))
}

fn take(name: &mut &str) -> char {
    let mut chars = name.chars();
    let first = chars.next().unwrap_or('\0');
    *name = chars.as_str();
    first
}

/// One end of a range of characters.
fn range_end(chunk: &mut &str) -> Result<char, PatternError> {
    if chunk.is_empty() || chunk.starts_with('-') || chunk.starts_with(']') {
        return Err(PatternError);
    }
    if chunk.starts_with('\\') {
        *chunk = &chunk[1..];
    }
    let mut chars = chunk.chars();
    let first = chars.next().ok_or(PatternError)?;
    *chunk = chars.as_str();
    if chunk.is_empty() {
        return Err(PatternError);
    }
    Ok(first)
}
