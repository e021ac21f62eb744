//! Variables that a Go program reads without naming them: `conf.Parse("SALES", &cfg)` and
//! `envconfig.Process("sales", &cfg)` make them up from a prefix and the fields of a struct.
//!
//! A field may be written with `_` between its words (`DB_HOST_PORT`) or without
//! (`DB_HOSTPORT`), as the library has it; names are compared without.

/// What a text says about a variable.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Bound {
    /// A field stands for it, here in the text.
    Field(usize),
    /// Variables with its prefix are read, and no field stands for it.
    None,
    /// A field has a type of its own, which may hold it.
    Open,
    /// Variables with its prefix are not read here.
    Foreign,
}

/// Calls that fill a struct from variables with a prefix.
const CALLS: &[&str] = &[
    "conf.Parse(",
    "envconfig.Process(",
    "envconfig.MustProcess(",
];

/// How deep structs are followed.
const MAX_DEPTH: usize = 16;

/// Whether the text of a Go file reads the variable through a struct.
pub(super) fn bound(text: &str, name: &str) -> Bound {
    if !CALLS.iter().any(|call| text.contains(call)) {
        return Bound::Foreign;
    }
    let prefixes = name.match_indices('_').map(|(at, _)| &name[..at]);
    let mut prefixes = prefixes.filter(|prefix| {
        let lower = prefix.to_ascii_lowercase();
        text.contains(&format!("\"{prefix}\"")) || text.contains(&format!("\"{lower}\""))
    });
    let Some(prefix) = prefixes.next() else {
        return Bound::Foreign;
    };
    let wanted = plain(&name[prefix.len()..]);
    let mut path: Vec<String> = Vec::new();
    let mut offset = 0;
    let mut open = false;
    for line in text.split_inclusive('\n') {
        let at = offset + (line.len() - line.trim_start().len());
        offset += line.len();
        let line = line.split("//").next().unwrap_or_default().trim();
        let inside = !path.is_empty();
        if line.ends_with("struct {") {
            // The outermost one has no name of its own in a variable.
            let field = if inside { first_word(line) } else { "" };
            if path.len() == MAX_DEPTH {
                return Bound::Open;
            }
            path.push(plain(field));
        } else if inside && line.starts_with('}') {
            path.pop();
        } else if inside && is_embedded(line) {
            // Its fields stand among those of the struct.
            open |= wanted.starts_with(&path.concat());
        } else if inside && !first_word(line).is_empty() {
            let whole = format!("{}{}", path.concat(), plain(first_word(line)));
            if whole == wanted {
                return Bound::Field(at);
            }
            open |= wanted.starts_with(&whole) && has_own_type(line);
        }
    }
    if open { Bound::Open } else { Bound::None }
}

/// Letters and digits alone, in upper case.
fn plain(name: &str) -> String {
    let kept = name.chars().filter(char::is_ascii_alphanumeric);
    kept.map(|c| c.to_ascii_uppercase()).collect()
}

fn first_word(line: &str) -> &str {
    let end = line.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    &line[..end.unwrap_or(line.len())]
}

/// Whether a line of a struct is another struct's name alone. `conf.Version` is the program's own
/// version and reads nothing that is given.
fn is_embedded(line: &str) -> bool {
    let mut words = line.split_whitespace();
    let (Some(name), next) = (words.next(), words.next()) else {
        return false;
    };
    let is_name = name
        .trim_start_matches('*')
        .starts_with(|c: char| c.is_ascii_alphabetic());
    is_name && name != "conf.Version" && next.is_none_or(|next| next.starts_with('`'))
}

/// Whether a field's type may be another struct, declared elsewhere.
fn has_own_type(line: &str) -> bool {
    let kind = line.split_whitespace().nth(1).unwrap_or_default();
    let kind = kind.trim_start_matches(['*', '[', ']']);
    let known = [
        "bool", "byte", "float", "int", "map", "rune", "string", "time.", "uint", "url.URL",
    ];
    !known.iter().any(|known| kind.starts_with(known))
}

#[cfg(test)]
mod tests {
    use super::{Bound, bound};

    const SOURCE: &str = "const prefix = \"SALES\"\ncfg := struct {\n\tconf.Version\n\tDB struct {\n\t\tHost string `conf:\"default:db\"` // x\n\t\tMaxIdle int\n\t}\n\tAuth authConfig\n}{}\nconf.Parse(prefix, &cfg)\n";

    #[test]
    fn fields_stand_for_variables() {
        for name in ["SALES_DB_HOST", "SALES_DB_MAX_IDLE", "SALES_DB_MAXIDLE"] {
            assert!(matches!(bound(SOURCE, name), Bound::Field(_)), "{name}");
        }
        let lower = SOURCE.replace("\"SALES\"", "\"sales\"");
        assert!(matches!(bound(&lower, "SALES_DB_HOST"), Bound::Field(_)));
    }

    #[test]
    fn names_without_a_field_are_read_by_nobody() {
        for name in ["SALES_DB_HOST_PORT", "SALES_HOST", "SALES_DB"] {
            assert_eq!(bound(SOURCE, name), Bound::None, "{name}");
        }
    }

    #[test]
    fn what_is_not_seen_is_not_known() {
        assert_eq!(bound(SOURCE, "AUTH_DB_HOST"), Bound::Foreign);
        assert_eq!(bound(SOURCE, "SALES_AUTH_HOST"), Bound::Open);
        let embedded = SOURCE.replace("conf.Version", "*Base");
        assert_eq!(bound(&embedded, "SALES_HOST"), Bound::Open);
        let other = SOURCE.replace("conf.Parse", "parse");
        assert_eq!(bound(&other, "SALES_DB_HOST"), Bound::Foreign);
        assert_eq!(
            bound("}\n}{ struct {\n\"A\" conf.Parse(", "A_B"),
            Bound::None
        );
        assert_eq!(bound("", "A_B"), Bound::Foreign);
    }
}
