//! Ports that viper holds: `viper.SetDefault("server.port", 8080)` and what reads it.

use std::ops::Range;

use super::reach::Reach;
use crate::detect::code::{Code, Kind};
use crate::detect::port as ports;

/// What the defaults say of an expression that reads a key, `viper.GetString("server.port")`, or a field
/// that a key is read into, `cfg.Server.Port`.
pub(super) fn port(reach: &Reach<'_>, code: Code<'_>, range: Range<usize>) -> Option<ports::Found> {
    let keys = keys(code, range);
    let files = reach.files.iter();
    let mut setting = files.filter(|text| text.text.contains("SetDefault("));
    setting.find_map(|text| {
        let code = text.code();
        code.all(&["SetDefault", "("]).find_map(|at| {
            let key = code.string(at + 2)?;
            let value = code.arguments(at + 1).get(1)?.clone();
            let wanted = keys.iter().any(|wanted| is_key(wanted, key));
            let found = wanted.then(|| ports::of_expression(code, value))?;
            found.number.is_some().then_some(found)
        })
    })
}

/// What an expression may read, and the names in it, one deep.
fn keys(code: Code<'_>, range: Range<usize>) -> Vec<String> {
    let mut found = Vec::new();
    let named = range.clone().filter_map(|at| code.word(at));
    let given = named.flat_map(|name| code.definitions(name));
    for range in std::iter::once(range.clone()).chain(given) {
        for at in range.clone() {
            let is_read = ["GetString", "GetInt", "GetUint", "GetUint16", "Get"]
                .iter()
                .any(|name| code.is(at, &[name, "("]));
            if is_read && let Some(key) = code.string(at + 2) {
                found.push(key.to_owned());
            }
            // The last two names of a selector.
            let ends = code.kind(at) == Some(Kind::Word)
                && code.is(at.wrapping_sub(1), &["."])
                && !code.is(at + 1, &["."])
                && !code.is(at + 1, &["("]);
            if ends && let Some(holder) = code.word(at.wrapping_sub(2)) {
                found.push(format!("{holder}.{}", code.at(at)));
            }
        }
    }
    found
}

/// Keys know no case, and names of fields no underscores.
fn is_key(wanted: &str, key: &str) -> bool {
    let plain = |text: &str| text.to_ascii_lowercase().replace(['_', '-'], "");
    let (wanted, key) = (plain(wanted), plain(key));
    key == wanted || key.ends_with(&format!(".{wanted}"))
}

#[cfg(test)]
mod tests {
    use super::is_key;

    #[test]
    fn keys_are_those_of_fields() {
        assert!(is_key("Server.Port", "server.port"));
        assert!(is_key("Server.ListenAddr", "api.server.listen_addr"));
        assert!(!is_key("Server.Port", "database.port"));
    }
}
