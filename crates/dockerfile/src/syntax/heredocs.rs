//! Heredocs: which words of a line begin one.

use super::lines::is_space;

/// A heredoc's redirection in a logical line.
#[derive(Debug, PartialEq)]
pub(crate) struct Opening {
    /// Start and end of the word.
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// The delimiter, unquoted.
    pub(crate) name: String,
    /// The delimiter is not quoted.
    pub(crate) expand: bool,
    /// `<<-`.
    pub(crate) strip_tabs: bool,
}

/// The heredocs that a line opens, as the builder finds them: whole words `N<<-NAME`. A line
/// whose quotes do not close has none. The builder uses `\` here whatever the escape character.
pub(crate) fn openings(line: &str) -> Vec<Opening> {
    if !line.contains("<<") {
        return Vec::new();
    }
    let Some(words) = words(line) else {
        return Vec::new();
    };
    words
        .into_iter()
        .filter_map(|(start, end)| opening(line, start, end))
        .collect()
}

/// Whether a word (a COPY source, say) is a heredoc.
pub(crate) fn is_heredoc(word: &str) -> bool {
    opening(word, 0, word.len()).is_some()
}

fn opening(line: &str, start: usize, end: usize) -> Option<Opening> {
    let word = &line[start..end];
    let rest = word
        .trim_start_matches(|c: char| c.is_ascii_digit())
        .strip_prefix("<<")?;
    let (strip_tabs, rest) = match rest.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, rest),
    };
    let rest = rest.trim_start_matches([' ', '\t', '\n', '\u{c}', '\r']);
    if rest.is_empty() || rest.contains('<') {
        return None;
    }
    let (name, quoted) = unquote(rest)?;
    Some(Opening {
        start,
        end,
        name,
        expand: !quoted,
        strip_tabs,
    })
}

/// The words of a line, split at white space outside quotes; `None` if a quote does not close.
fn words(line: &str) -> Option<Vec<(usize, usize)>> {
    let mut words = Vec::new();
    let mut start = None;
    let mut quote = None;
    let mut chars = line.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match quote {
            Some(open) => {
                if c == open {
                    quote = None;
                } else if c == '\\' && open == '"' {
                    chars.next();
                }
            }
            None if is_space(c) => {
                if let Some(start) = start.take() {
                    words.push((start, at));
                }
            }
            None => {
                start.get_or_insert(at);
                match c {
                    '\'' | '"' => quote = Some(c),
                    '\\' => {
                        chars.next();
                    }
                    // `<< EOF`: white space after the operator belongs to the word.
                    '<' if chars.next_if(|&(_, c)| c == '<').is_some() => {
                        while chars.next_if(|&(_, c)| is_space(c)).is_some() {}
                    }
                    _ => {}
                }
            }
        }
    }
    if quote.is_some() {
        return None;
    }
    if let Some(start) = start {
        words.push((start, line.len()));
    }
    Some(words)
}

/// The delimiter without quotes and escapes, and whether it had quotes.
fn unquote(word: &str) -> Option<(String, bool)> {
    let mut out = String::new();
    let mut quoted = false;
    let mut chars = word.chars();
    while let Some(c) = chars.next() {
        match c {
            '\'' => {
                quoted = true;
                loop {
                    match chars.next()? {
                        '\'' => break,
                        c => out.push(c),
                    }
                }
            }
            '"' => {
                quoted = true;
                loop {
                    match chars.next()? {
                        '"' => break,
                        '\\' => match chars.next()? {
                            c @ ('"' | '$' | '\\') => out.push(c),
                            c => {
                                out.push('\\');
                                out.push(c);
                            }
                        },
                        c => out.push(c),
                    }
                }
            }
            '\\' => out.extend(chars.next()),
            c if is_space(c) => return None,
            c => out.push(c),
        }
    }
    Some((out, quoted))
}

#[cfg(test)]
mod tests {
    use super::openings;

    fn names(line: &str) -> Vec<(String, bool, bool)> {
        openings(line)
            .into_iter()
            .map(|o| (o.name, o.expand, o.strip_tabs))
            .collect()
    }

    #[test]
    fn whole_words_open_heredocs() {
        assert_eq!(names("cat <<EOF > /x"), [("EOF".into(), true, false)]);
        assert_eq!(
            names("<<-'A B' 3<<\"C\""),
            [("A B".into(), false, true), ("C".into(), false, false)]
        );
        assert_eq!(names("cat <<EOF>x"), [("EOF>x".into(), true, false)]);
        assert!(names("cat <<<word").is_empty());
        assert_eq!(names("cat << EOF"), [("EOF".into(), true, false)]);
        assert!(names("echo \"<<EOF\"").is_empty());
        assert!(names("echo 'open <<EOF").is_empty());
        assert!(names("a$((1<<2))").is_empty());
    }
}
