//! Lines of manifests whose value stands in for one that is filled in before they are applied.

/// Whether a line's value is a phrase in capitals: `FILLED BY THE OPERATOR`.
pub(super) fn is_told_in_capitals(line: &str) -> bool {
    let value = line.split_once(": ").map_or("", |(_, value)| value);
    let value = value.split(" #").next().unwrap_or("");
    let value = value.trim().trim_matches(['"', '\'']);
    value.split_whitespace().count() > 2
        && value
            .bytes()
            .all(|b| b.is_ascii_uppercase() || matches!(b, b' ' | b'_' | b'-'))
}

/// Whether a line's value is one word in braces, `{volume-id}`, or has one in capitals, which
/// something fills in.
pub(super) fn is_braced(line: &str) -> bool {
    let item = || line.trim_start().strip_prefix("- ").unwrap_or_default();
    let value = line.split_once(": ").map_or_else(item, |(_, value)| value);
    let value = value.split(" #").next().unwrap_or("").trim();
    // `shop-{ENVIRONMENT}`.
    let in_capitals = value
        .split('{')
        .skip(1)
        .filter_map(|rest| rest.split_once('}'));
    let is_name =
        |name: &str| !name.is_empty() && name.bytes().all(|b| b.is_ascii_uppercase() || b == b'_');
    if in_capitals.into_iter().any(|(name, _)| is_name(name)) {
        return true;
    }
    let word = value
        .strip_prefix('{')
        .and_then(|rest| rest.strip_suffix('}'));
    word.is_some_and(|word| {
        word.starts_with(|c: char| c.is_ascii_alphabetic())
            && word
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
    })
}

/// Whether a line holds what stands in for something that is filled in before the file is applied:
/// a name in capitals that says so (`REPLACEME-stable`, `[YOUR_BASE64_ARN]`).
pub(super) fn stands_in(text: &str) -> bool {
    const MARKS: [&str; 6] = [
        "REPLACE",
        "YOUR_",
        "YOUR-",
        "_NAME",
        "CHANGEME",
        "PLACEHOLDER",
    ];
    text.len() < 200
        && text
            .split(|c: char| {
                !(c.is_ascii_uppercase() || c.is_ascii_digit() || matches!(c, '_' | '-'))
            })
            .any(|word| MARKS.iter().any(|mark| word.contains(mark)))
}

/// Whether a file is a template of ytt, which is YAML whose comments fill in the values.
pub(super) fn is_template(text: &str) -> bool {
    text.match_indices('#').any(|(at, _)| {
        let line = text[..at]
            .rsplit('\n')
            .next()
            .unwrap_or_default()
            .trim_end();
        let words = [
            "#@ ",
            "#@data/",
            "#@overlay/",
            "#@schema/",
            "#@yaml/",
            "#@library/",
        ];
        let is_word = words.iter().any(|word| text[at..].starts_with(word));
        is_word && (line.trim().is_empty() || line.ends_with([':', '-']))
    })
}
