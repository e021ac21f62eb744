//! Heredocs: which words of a line begin one.

use crate::words::lexer::{self, Fault, Mode, Unset};

/// A heredoc's redirection in a logical line.
#[derive(Debug, PartialEq)]
pub(crate) struct Opening {
    /// Start and end of the word.
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// The delimiter.
    pub(crate) name: Delimiter,
}

/// What a heredoc's redirection says.
#[derive(Debug, PartialEq)]
pub(crate) struct Delimiter {
    /// The delimiter, unquoted.
    pub(crate) name: String,
    /// The delimiter is not quoted.
    pub(crate) expand: bool,
    /// `<<-`.
    pub(crate) strip_tabs: bool,
}

/// The reference looks for heredocs with `\` whatever the escape character is, and leaves
/// variables alone.
const PLAIN: Mode = Mode {
    escape: '\\',
    raw_quotes: false,
    raw_escapes: false,
    skip_quotes: false,
    unset: Unset::Reference,
};

/// The heredocs that a line opens, as the builder finds them: whole words `N<<-NAME`. A line
/// that cannot be split has none.
pub(crate) fn openings(line: &str) -> Result<Vec<Opening>, (usize, usize)> {
    if !line.contains("<<") {
        return Ok(Vec::new());
    }
    let mode = Mode {
        raw_quotes: true,
        raw_escapes: true,
        ..PLAIN
    };
    let Ok(words) = lexer::words(line, mode, &|_| None) else {
        return Ok(Vec::new());
    };
    let mut found = Vec::new();
    for word in words {
        match delimiter(&word.text) {
            Ok(Some(name)) => found.push(Opening {
                start: word.start,
                end: word.end,
                name,
            }),
            Ok(None) => {}
            Err(_) => return Err((word.start, word.end)),
        }
    }
    Ok(found)
}

/// Reads a word as a heredoc's redirection; `None` if it is none.
pub(crate) fn delimiter(word: &str) -> Result<Option<Delimiter>, Fault> {
    let digits = word.bytes().take_while(u8::is_ascii_digit).count();
    let Some(rest) = word[digits..].strip_prefix("<<") else {
        return Ok(None);
    };
    let (strip_tabs, rest) = match rest.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, rest),
    };
    let rest = rest.trim_start_matches([' ', '\t', '\n', '\u{c}', '\r']);
    if rest.is_empty() || rest.contains('<') {
        return Ok(None);
    }
    let plain = lexer::words(rest, PLAIN, &|_| None)?;
    let [name] = plain.as_slice() else {
        return Ok(None);
    };
    let quoted = lexer::words(
        rest,
        Mode {
            raw_quotes: true,
            ..PLAIN
        },
        &|_| None,
    )?;
    let [with_quotes] = quoted.as_slice() else {
        return Err(Fault {
            at: 0,
            message: "the delimiter is not one word".to_owned(),
            bound: false,
        });
    };
    let quotes = |text: &str| {
        text.bytes()
            .filter(|byte| matches!(byte, b'\'' | b'"'))
            .count()
    };
    Ok(Some(Delimiter {
        name: name.text.clone(),
        expand: quotes(&name.text) == quotes(&with_quotes.text),
        strip_tabs,
    }))
}

/// Whether a word (a COPY source, say) is a heredoc.
pub(crate) fn is_heredoc(word: &str) -> bool {
    matches!(delimiter(word), Ok(Some(_)))
}

#[cfg(test)]
mod tests {
    use super::openings;

    fn names(line: &str) -> Vec<(String, bool, bool)> {
        openings(line)
            .expect("it can be read")
            .into_iter()
            .map(|o| (o.name.name, o.name.expand, o.name.strip_tabs))
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
        assert_eq!(names("x <<\\EOF"), [("EOF".into(), true, false)]);
    }

    #[test]
    fn words_have_their_places() {
        let line = "RUN cat  3<<-\"E F\" x";
        let found = openings(line).expect("it can be read");
        assert_eq!(&line[found[0].start..found[0].end], "3<<-\"E F\"");
    }
}
