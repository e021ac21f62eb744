//! Where the source has a path of requests, told from words that only look like one.

use memchr::memmem;

/// Where a text stands between quotes, or is a whole value of a settings file.
pub(super) fn quoted(text: &str, wanted: &str) -> Option<usize> {
    all_quoted(text, wanted).next()
}

/// Where a path without its slash stands so: a router may want it without, and words of answers
/// look the same, `"status": "healthy"`.
pub(super) fn routed(text: &str, bare: &str) -> Option<usize> {
    all_quoted(text, bare).find(|&at| {
        let (before, after) = (&text[..at], &text[at + bare.len()..]);
        let goes_on = before.ends_with(['"', '\'', '`']) && after.starts_with(' ');
        !goes_on && !is_prose(before) && !is_answer(before)
    })
}

/// Whether a word follows another one and is no value.
fn is_prose(before: &str) -> bool {
    before.ends_with(' ') && !before.trim_end().ends_with([':', '=', '>'])
}

/// Whether what stands before a word says that it is told, not asked.
fn is_answer(before: &str) -> bool {
    const TOLD: [&str; 6] = [
        "status",
        "state",
        "result",
        "condition",
        "health",
        "message",
    ];
    // What configurations and routers call a path.
    const ASKED: [&str; 12] = [
        "path",
        "route",
        "url",
        "uri",
        "endpoint",
        "prefix",
        "pattern",
        "value",
        "match",
        "location",
        "template",
        "controller",
    ];
    let line = before.rsplit('\n').next().unwrap_or_default();
    let line = line.trim_end_matches(['"', '\'', '`', ' ', 'b']);
    let Some(key) = line.strip_suffix(['=', ':']) else {
        return line.ends_with('?') || line.ends_with("return");
    };
    let key = key.trim_end_matches(['=', ':', '!', '"', '\'', '`', ' ']);
    let start = key.rfind(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let key = key[start.map_or(0, |at| at + 1)..].to_ascii_lowercase();
    // The parts of an answer are called anything: `"database": "healthy"`.
    if line.ends_with(':') {
        return !ASKED.iter().any(|word| key.contains(word));
    }
    TOLD.iter().any(|word| key.ends_with(word))
}

fn all_quoted<'t>(text: &'t str, wanted: &'t str) -> impl Iterator<Item = usize> + 't {
    memmem::find_iter(text.as_bytes(), wanted.as_bytes()).filter(move |&at| {
        let before = text[..at].chars().next_back().unwrap_or('\n');
        let after = text[at + wanted.len()..].chars().next().unwrap_or('\n');
        let opens = matches!(before, '"' | '\'' | '`' | '/' | '}' | ' ' | '=' | ':' | '^');
        let closes = matches!(
            after,
            '"' | '\'' | '`' | '/' | '$' | '?' | '\n' | '\r' | ' ' | ';' | '{' | ')' | '(' | ','
        );
        opens && closes && !text[..at].ends_with("://")
    })
}
