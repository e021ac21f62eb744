//! Values that are filled in before the file is applied.

/// Whether a value holds, or is, a mark that something replaces before the file is applied:
/// `${REPLICAS}`, `$(VAR)`, `{{ .Values.x }}`, `<name>`, `__NAME__`, `@NAME@`, `%NAME%`.
pub fn is_placeholder(text: &str) -> bool {
    let text = text.trim();
    // Most values have none of the marks' characters.
    let is_mark = |b: u8| {
        matches!(
            b,
            b'$' | b'{' | b'<' | b'[' | b'#' | b'(' | b'@' | b'%' | b'_'
        )
    };
    if !text.bytes().any(is_mark) {
        return false;
    }
    if ["${", "$(", "{{", "<%", "[[", "#{", "((", "<<"]
        .iter()
        .any(|mark| text.contains(mark))
    {
        return true;
    }
    let between = |open: &str, close: &str| {
        text.len() > open.len() + close.len() && text.starts_with(open) && text.ends_with(close)
    };
    between("<", ">")
        || between("__", "__")
        || between("@", "@")
        || between("%", "%")
        || text.contains('<') && text.contains('>')
        || text.strip_prefix('$').is_some_and(|name| {
            !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        })
}

/// [`is_placeholder`], or a word in capitals that stands in for a name (`YOUR_PROJECT`,
/// `CHANGEME`).
pub(super) fn stands_in(text: &str) -> bool {
    is_placeholder(text)
        || text == "_"
        || text.split('.').any(is_name_in_capitals)
        || text.len() > 2
            && text.contains(['_', '-', '.'])
            && text.contains(|c: char| c.is_ascii_uppercase())
            && text.chars().all(|c| {
                c.is_ascii_uppercase() || c.is_ascii_digit() || matches!(c, '_' | '-' | '.')
            })
        || [
            "$",
            "YOUR_",
            "REPLACE_",
            "CHANGE_ME",
            "CHANGEME",
            "_PLACEHOLDER",
            "A.B.C.D",
        ]
        .iter()
        .any(|mark| text.contains(mark))
}

/// Whether a part of a name is words in capitals, as in `*.DEINE_DOMAIN.de`.
fn is_name_in_capitals(part: &str) -> bool {
    let is_of_name = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_';
    let starts = |word: &str| word.starts_with(|c: char| c.is_ascii_uppercase());
    part.bytes().all(is_of_name) && part.contains('_') && part.split('_').all(starts)
}

/// Whether a text in the place of a number is a word in capitals that stands in for it.
pub(super) fn stands_in_for_a_number(text: &str) -> bool {
    is_placeholder(text)
        || text.len() > 2
            && text.starts_with(|c: char| c.is_ascii_uppercase())
            && text
                .chars()
                .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || matches!(c, '_' | '-'))
}

#[cfg(test)]
mod tests {
    use super::{is_placeholder, stands_in, stands_in_for_a_number};

    #[test]
    fn marks_are_told_from_values() {
        for text in [
            "${REPLICAS}",
            "$REPLICAS",
            "$(REPLICAS)",
            "{{ .Values.replicas }}",
            "<replicas>",
            "my-<name>",
            "__REPLICAS__",
            "@replicas@",
            "%REPLICAS%",
            "#{Replicas}",
        ] {
            assert!(is_placeholder(text), "{text}");
        }
        for text in ["3", "$", "<", "80%", "a@b", "__", "a_b", "$5.00"] {
            assert!(!is_placeholder(text), "{text}");
        }
        for text in [
            "YOUR_PROJECT",
            "PROJECT-ID",
            "my-YOUR_NAME",
            "CHANGEME",
            "*.DEINE_DOMAIN.de",
        ] {
            assert!(stands_in(text), "{text}");
        }
        for text in [
            "My_name",
            "HTTP",
            "Always",
            "a.My_Domain.de",
            "my_DOMAIN.de",
        ] {
            assert!(!stands_in(text), "{text}");
        }
        assert!(stands_in_for_a_number("PORT"));
        assert!(!stands_in_for_a_number("80"));
        assert!(!stands_in_for_a_number("Http"));
    }
}
