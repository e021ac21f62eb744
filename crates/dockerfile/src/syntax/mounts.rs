//! `RUN --mount=…`.

use plimsoll_source::TextRange;
use plimsoll_source::nearest::nearest;

use super::{Flag, Mount, SyntaxError, Word};

impl Mount {
    /// Reads the value of a `--mount` flag (CSV of `key=value`); `None` for another flag.
    pub fn read(flag: &Flag) -> Option<Self> {
        if &*flag.name.value != "mount" {
            return None;
        }
        let value = flag.value.as_ref()?;
        let mut mount = Self {
            kind: "bind".into(),
            ..Self::default()
        };
        for (key, value) in fields(value) {
            let slot = match &*key.value {
                "type" => {
                    if let Some(value) = &value {
                        mount.kind = value.value.to_lowercase().into();
                    }
                    None
                }
                "target" | "dst" | "destination" => Some(&mut mount.target),
                "source" | "src" => Some(&mut mount.source),
                "from" => Some(&mut mount.from),
                _ => None,
            };
            if let Some(slot) = slot {
                slot.clone_from(&value);
            }
            mount.options.push((key, value));
        }
        Some(mount)
    }
}

/// The fields of the CSV record, keys in lower case.
fn fields(value: &Word) -> Vec<(Word, Option<Word>)> {
    // Ranges can be told where the source has the value to the letter, which is nearly always;
    // with quotes or continuations inside, every field gets the whole value's range.
    let exact = value.range.len() as usize == value.value.len();
    let place = |start: usize, end: usize| {
        if exact {
            TextRange::new(
                value.range.start + start as u32,
                value.range.start + end as u32,
            )
        } else {
            value.range
        }
    };
    let mut found = Vec::new();
    let mut at = 0;
    for field in split_csv(&value.value) {
        let (start, end) = (at, at + field.len());
        at = end + 1;
        let quoted = field
            .strip_prefix('"')
            .and_then(|field| field.strip_suffix('"'));
        let (text, shift) = quoted.map_or((field, 0), |text| (text, 1));
        match text.split_once('=') {
            Some((key, val)) => {
                let split = start + shift + key.len();
                found.push((
                    Word {
                        range: place(start + shift, split),
                        value: key.to_lowercase().into(),
                    },
                    Some(Word {
                        range: place(split + 1, end - shift),
                        value: val.into(),
                    }),
                ));
            }
            None => {
                let range = place(start, end);
                found.push((
                    Word {
                        range,
                        value: text.to_lowercase().into(),
                    },
                    None,
                ));
            }
        }
    }
    found
}

/// Splits at commas outside double quotes.
fn split_csv(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut start = 0;
    let mut quoted = false;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            b',' if !quoted => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

const TYPES: &[&str] = &["bind", "cache", "tmpfs", "secret", "ssh"];
const KEYS: &[&str] = &[
    "type",
    "from",
    "source",
    "src",
    "target",
    "dst",
    "destination",
    "readonly",
    "ro",
    "readwrite",
    "rw",
    "id",
    "sharing",
    "required",
    "size",
    "mode",
    "uid",
    "gid",
    "env",
];

/// Finds what the builder refuses in a mount.
pub(crate) fn check(flag: &Flag, errors: &mut Vec<SyntaxError>) {
    let Some(value) = &flag.value else { return };
    let Some(mount) = Mount::read(flag) else {
        return;
    };
    for (key, option) in &mount.options {
        let text = option.as_ref().map(|word| &*word.value);
        let name = &*key.value;
        if !KEYS.contains(&name) {
            let near = nearest(name, KEYS.iter().copied());
            errors.push(SyntaxError {
                range: key.range,
                message: format!("a mount has no option `{name}`"),
                help: Some(match near {
                    Some(near) => format!("write `{near}`"),
                    None => format!("its options are `{}`", KEYS.join("`, `")),
                }),
                replacement: near.map(str::to_owned),
            });
            return;
        }
        let flag_like = matches!(name, "readonly" | "ro" | "readwrite" | "rw" | "required");
        match text {
            None if !flag_like => {
                errors.push(SyntaxError::new(
                    key.range,
                    format!("the mount option `{name}` lacks its value"),
                    format!("write `{name}=…`"),
                ));
                return;
            }
            Some(text) if name == "type" && !TYPES.contains(&text.to_lowercase().as_str()) => {
                let near = nearest(text, TYPES.iter().copied());
                errors.push(SyntaxError {
                    range: option.as_ref().map_or(key.range, |word| word.range),
                    message: format!("`{text}` is no type of mount"),
                    help: Some(format!("it is one of `{}`", TYPES.join("`, `"))),
                    replacement: near.map(str::to_owned),
                });
                return;
            }
            Some(text)
                if name == "sharing"
                    && !text.contains('$')
                    && !matches!(
                        text.to_lowercase().as_str(),
                        "shared" | "private" | "locked"
                    ) =>
            {
                errors.push(SyntaxError::new(
                    option.as_ref().map_or(key.range, |word| word.range),
                    format!("`sharing={text}` is not known"),
                    "it is one of `shared`, `private`, `locked`",
                ));
                return;
            }
            _ => {}
        }
    }
    let needs_target = matches!(&*mount.kind, "bind" | "cache" | "tmpfs");
    if needs_target
        && mount
            .target
            .as_ref()
            .is_none_or(|target| target.value.is_empty())
    {
        errors.push(SyntaxError::new(
            value.range,
            format!("the {} mount lacks its target", mount.kind),
            "add `target=/path`",
        ));
    }
}
