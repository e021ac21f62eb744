//! `RUN --mount=…` and `--device=…`.

use plimsoll_source::TextRange;
use plimsoll_source::nearest::nearest;

use super::problems::Problems;
use super::{Flag, Mount, SyntaxError, Word};

impl Mount {
    /// Reads the value of a `--mount` flag (CSV of `key=value`); `None` for another flag and for
    /// a value that is no CSV. Keys are in lower case, variables are not expanded.
    pub fn read(flag: &Flag) -> Option<Self> {
        if &*flag.name.value != "mount" {
            return None;
        }
        let mut mount = Self {
            kind: "bind".into(),
            ..Self::default()
        };
        for (key, value) in options(flag.value.as_ref()?).ok()? {
            let slot = match &*key.value {
                "type" => {
                    if let Some(value) = &value {
                        mount.kind = value.value.to_lowercase();
                    }
                    None
                }
                "target" | "dst" | "destination" => Some(&mut mount.target),
                "source" | "src" => Some(&mut mount.source),
                "from" => Some(&mut mount.from),
                _ => None,
            };
            if let Some(slot) = slot
                && value.is_some()
            {
                slot.clone_from(&value);
            }
            mount.options.push((key, value));
        }
        Some(mount)
    }
}

/// The fields of the CSV record as keys (in lower case) and values.
pub(crate) fn options(value: &Word) -> Result<Vec<(Word, Option<Word>)>, SyntaxError> {
    let fields = match csv(&value.value) {
        Ok(fields) => fields,
        Err(message) => {
            return Err(SyntaxError::new(
                value.range,
                message,
                "separate the options with commas; a quote stands around a whole option",
            ));
        }
    };
    // Ranges can be told where the source has the value to the letter, which is nearly always;
    // with quotes or continuations inside, every field gets the whole value's range.
    let exact = value.range.len() as usize == value.value.len();
    let place = |start: usize, end: usize| {
        if exact {
            let from = value.range.start;
            TextRange::new(from + start as u32, from + end as u32)
        } else {
            value.range
        }
    };
    let option = |field: Field| {
        let whole = place(field.start, field.end);
        let Some((key, text)) = field.text.split_once('=') else {
            let value = field.text.to_lowercase().into();
            return (
                Word {
                    range: whole,
                    value,
                },
                None,
            );
        };
        let split = field.start + key.len();
        let (before, after) = if field.quoted {
            (whole, whole)
        } else {
            (place(field.start, split), place(split + 1, field.end))
        };
        let key = Word {
            range: before,
            value: key.to_lowercase().into(),
        };
        (
            key,
            Some(Word {
                range: after,
                value: text.into(),
            }),
        )
    };
    Ok(fields.into_iter().map(option).collect())
}

/// A field of a CSV record, by offsets.
struct Field {
    start: usize,
    end: usize,
    text: String,
    quoted: bool,
}

/// Splits one record the way the builder's CSV reader does.
fn csv(text: &str) -> Result<Vec<Field>, &'static str> {
    if text.is_empty() {
        return Err("the value is empty");
    }
    let mut fields = Vec::new();
    let mut at = 0;
    loop {
        let rest = &text[at..];
        let Some(quoted) = rest.strip_prefix('"') else {
            let len = rest.find(',').unwrap_or(rest.len());
            let field = &rest[..len];
            if field.contains('"') {
                return Err("a quote stands inside an option");
            }
            fields.push(Field {
                start: at,
                end: at + len,
                text: field.to_owned(),
                quoted: false,
            });
            if len == rest.len() {
                return Ok(fields);
            }
            at += len + 1;
            continue;
        };
        let start = at;
        let mut value = String::new();
        let mut inner = quoted;
        loop {
            let Some(len) = inner.find('"') else {
                return Err("a quote is not closed");
            };
            value.push_str(&inner[..len]);
            inner = &inner[len + 1..];
            let Some(more) = inner.strip_prefix('"') else {
                break;
            };
            value.push('"');
            inner = more;
        }
        let end = text.len() - inner.len();
        fields.push(Field {
            start,
            end,
            text: value,
            quoted: true,
        });
        match inner.strip_prefix(',') {
            Some(more) => at = text.len() - more.len(),
            None if inner.is_empty() => return Ok(fields),
            None => return Err("something stands after the closing quote of an option"),
        }
    }
}

/// What is refused before variables have values: no CSV, or a `from` with a variable.
pub(crate) fn check_early(flag: &Flag, problems: &mut Problems) {
    let Some(value) = &flag.value else { return };
    let options = match options(value) {
        Ok(options) => options,
        Err(error) => return problems.late(error),
    };
    for (key, value) in options {
        let Some(value) = value.filter(|_| &*key.value == "from") else {
            continue;
        };
        let dollar = value.value.find('$');
        if dollar.is_some_and(|at| at + 1 != value.value.len()) {
            problems.late(SyntaxError::new(
                value.range,
                "the `from` of a mount takes no variables",
                "name a stage: `FROM` with the variable, `AS` with the name",
            ));
        }
    }
}

/// `--device=vendor/class=name,required`.
pub(crate) fn check_device(value: &Word, problems: &mut Problems) {
    let fields = match csv(&value.value) {
        Ok(fields) => fields,
        Err(message) => {
            return problems.late(SyntaxError::new(
                value.range,
                message,
                "write `--device=VENDOR/CLASS=NAME`",
            ));
        }
    };
    let mut named = false;
    for field in fields {
        let (key, option) = match field.text.split_once('=') {
            Some((key, option)) => (key.to_lowercase(), Some(option)),
            None => (field.text.to_lowercase(), None),
        };
        let wrong = match (key.as_str(), option) {
            ("required", None) => None,
            ("required", Some(option)) => boolean(option)
                .is_none()
                .then(|| format!("`required` is `true` or `false`, not `{option}`")),
            ("name", Some(name)) => {
                let again = named.then(|| "the device is named twice".to_owned());
                named = !name.is_empty() || named;
                again
            }
            (_, option) => {
                let wrong = named.then(|| match option {
                    None => format!("`{}` is not `key=value`", field.text),
                    Some(_) => format!("a device has no option `{key}`"),
                });
                named = !field.text.is_empty() || named;
                wrong
            }
        };
        if let Some(message) = wrong {
            return problems.late(SyntaxError::new(
                value.range,
                message,
                "write `--device=VENDOR/CLASS=NAME`, and `,required` if need be",
            ));
        }
    }
}

const TYPES: &[&str] = &["bind", "cache", "tmpfs", "secret", "ssh"];
const SHARING: &[&str] = &["shared", "private", "locked"];
const KEYS: &[&str] = &[
    "type",
    "from",
    "source",
    "target",
    "readonly",
    "id",
    "sharing",
    "required",
    "size",
    "mode",
    "uid",
    "gid",
    "src",
    "dst",
    "destination",
    "ro",
    "rw",
    "readwrite",
    "env",
];

/// A mount with its variables expanded, as far as later checks need it.
#[derive(Debug, Default)]
pub(crate) struct Checked {
    /// `bind`, `cache`, …
    pub(crate) kind: String,
    pub(crate) from: String,
    pub(crate) source: String,
    pub(crate) target: String,
    sharing: bool,
    id: String,
    owner: Vec<&'static str>,
}

/// Reads a mount as the builder does when the step runs: options in order, the first error ends
/// it. `expand` gives the value of a word.
pub(crate) fn check(
    value: &Word,
    mut expand: impl FnMut(&Word) -> Result<String, SyntaxError>,
) -> Result<Checked, SyntaxError> {
    let mut mount = Checked {
        kind: "bind".to_owned(),
        ..Checked::default()
    };
    for (key, option) in options(value)? {
        let name = &*key.value;
        let Some(option) = option else {
            match name {
                "readonly" | "ro" | "readwrite" | "rw" => {}
                "required" => allowed(&mount, &key, &["secret", "ssh"])?,
                _ => {
                    return Err(SyntaxError {
                        range: key.range,
                        message: format!("the mount option `{name}` lacks its value"),
                        help: Some(match nearest(name, KEYS.iter().copied()) {
                            Some(near) if near != name => format!("write `{near}=…`"),
                            _ => format!("write `{name}=…`"),
                        }),
                        replacement: None,
                    });
                }
            }
            continue;
        };
        let text = expand(&option)?;
        option_value(&mut mount, &key, &option, text)?;
    }
    whole(&mount, value)?;
    Ok(mount)
}

fn option_value(
    mount: &mut Checked,
    key: &Word,
    option: &Word,
    text: String,
) -> Result<(), SyntaxError> {
    let name = &*key.value;
    let bad = |what: &str| {
        Err(SyntaxError::new(
            option.range,
            format!("`{name}={}` is not {what}", option.value),
            format!("give `{name}` {what}"),
        ))
    };
    match name {
        "type" => {
            let kind = text.to_lowercase();
            if !TYPES.contains(&kind.as_str()) {
                return Err(one_of(
                    option,
                    format!("`{text}` is no type of mount"),
                    &text,
                    TYPES,
                ));
            }
            mount.kind = kind;
        }
        "from" => mount.from = text,
        "source" | "src" => mount.source = text,
        "target" | "dst" | "destination" => mount.target = text,
        "readonly" | "ro" | "readwrite" | "rw" => {
            if boolean(&text).is_none() {
                return bad("`true` or `false`");
            }
        }
        "required" => {
            allowed(mount, key, &["secret", "ssh"])?;
            if boolean(&text).is_none() {
                return bad("`true` or `false`");
            }
        }
        "size" => {
            allowed(mount, key, &["tmpfs"])?;
            if !size(&text) {
                return bad("a size such as `64m`");
            }
        }
        "id" => mount.id = text,
        "sharing" => {
            if !SHARING.contains(&text.to_lowercase().as_str()) {
                let message = format!("`sharing={text}` is not known");
                return Err(one_of(option, message, &text, SHARING));
            }
            mount.sharing = true;
        }
        "mode" => {
            if unsigned(&text, 8).is_none() {
                return bad("an octal number");
            }
            mount.owner.push("mode");
        }
        "uid" | "gid" => {
            if unsigned(&text, 10).is_none() {
                return bad("a number");
            }
            mount.owner.push(if name == "uid" { "uid" } else { "gid" });
        }
        "env" => {}
        _ => {
            let near = nearest(name, KEYS.iter().copied());
            return Err(SyntaxError {
                range: key.range,
                message: format!("a mount has no option `{name}`"),
                help: Some(match near {
                    Some(near) => format!("write `{near}`"),
                    None => format!("use one of `{}`", KEYS.join("`, `")),
                }),
                replacement: near.map(str::to_owned),
            });
        }
    }
    Ok(())
}

/// Whether the option of `key` goes with the type, as far as that is known when it is read.
fn allowed(mount: &Checked, key: &Word, kinds: &[&str]) -> Result<(), SyntaxError> {
    if kinds.contains(&mount.kind.as_str()) {
        return Ok(());
    }
    Err(SyntaxError::new(
        key.range,
        format!("a {} mount has no option `{}`", mount.kind, key.value),
        format!("remove it, or put `type={}` before it", kinds[0]),
    ))
}

fn one_of(word: &Word, message: String, text: &str, names: &[&str]) -> SyntaxError {
    let near = nearest(text, names.iter().copied()).filter(|_| *text == *word.value);
    SyntaxError {
        range: word.range,
        message,
        help: Some(format!("write one of `{}`", names.join("`, `"))),
        replacement: near.map(str::to_owned),
    }
}

/// What can be said when all options are read.
fn whole(mount: &Checked, value: &Word) -> Result<(), SyntaxError> {
    let wrong = |message: String, help: &str| Err(SyntaxError::new(value.range, message, help));
    let kind = mount.kind.as_str();
    if !matches!(kind, "secret" | "ssh" | "cache")
        && let Some(option) = mount.owner.first()
    {
        return wrong(
            format!("a {kind} mount has no option `{option}`"),
            "remove it",
        );
    }
    if kind == "secret" {
        if !mount.from.is_empty() {
            return wrong(
                "a secret mount has no option `from`".to_owned(),
                "remove it",
            );
        }
        if mount.sharing {
            return wrong(
                "a secret mount has no option `sharing`".to_owned(),
                "remove it",
            );
        }
        if mount.source.is_empty() && mount.target.is_empty() && mount.id.is_empty() {
            return wrong(
                "the secret mount names no secret".to_owned(),
                "add `id=NAME`",
            );
        }
        if !mount.source.is_empty() && !mount.id.is_empty() {
            return wrong(
                "the secret mount has both `source` and `id`".to_owned(),
                "keep one of them",
            );
        }
    }
    if mount.sharing && kind != "cache" {
        return wrong(
            format!("a {kind} mount has no option `sharing`"),
            "remove it",
        );
    }
    if kind == "ssh" && !mount.source.is_empty() {
        return wrong(
            "an ssh mount has no option `source`".to_owned(),
            "write `id=NAME`",
        );
    }
    Ok(())
}

/// Go's `strconv.ParseBool`.
pub(crate) fn boolean(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "TRUE" | "true" | "True" => Some(true),
        "0" | "f" | "F" | "FALSE" | "false" | "False" => Some(false),
        _ => None,
    }
}

/// Go's `strconv.ParseUint` with 32 bits.
pub(crate) fn unsigned(text: &str, radix: u32) -> Option<u32> {
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    u32::from_str_radix(text, radix).ok()
}

/// A size such as `64m`, `1.5 GiB` or `100`.
fn size(text: &str) -> bool {
    let Some(last) = text.rfind(|c: char| c.is_ascii_digit() || matches!(c, '.' | ' ')) else {
        return false;
    };
    let number = if text.as_bytes()[last] == b' ' {
        &text[..last]
    } else {
        &text[..=last]
    };
    let unit = text[last + 1..].to_lowercase();
    if !float(number) {
        return false;
    }
    if text.len() - last - 1 > 3 {
        return false;
    }
    match unit.as_bytes() {
        [] | [b'b'] => true,
        [first, rest @ ..] => {
            matches!(first, b'k' | b'm' | b'g' | b't' | b'p') && matches!(rest, b"" | b"b" | b"ib")
        }
    }
}

/// Go's `strconv.ParseFloat`, and not negative. Hexadecimal floats, which no size is, are left
/// out.
fn float(text: &str) -> bool {
    // Go refuses what is too large, Rust makes it infinite.
    let infinite = text.bytes().any(|byte| byte.eq_ignore_ascii_case(&b'i'));
    text.parse::<f64>()
        .is_ok_and(|number| (number >= 0.0 || number.is_nan()) && (number.is_finite() || infinite))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Result<Vec<String>, &'static str> {
        csv(text).map(|fields| fields.into_iter().map(|field| field.text).collect())
    }

    #[test]
    fn options_are_a_csv_record() {
        assert_eq!(
            parts("a=1,\"b=2,3\",c"),
            Ok(vec!["a=1".into(), "b=2,3".into(), "c".into()])
        );
        assert_eq!(parts("a,"), Ok(vec!["a".into(), String::new()]));
        assert_eq!(parts("\"a\"\"b\""), Ok(vec!["a\"b".into()]));
        for bad in ["", "a\"b", "\"a", "\"a\"b"] {
            assert!(parts(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn sizes_are_numbers_with_units() {
        for good in ["1", "64m", "1.5 GiB", "0b", "1e3", "10KB"] {
            assert!(size(good), "{good}");
        }
        for bad in ["", "m", "-1", "1x", "1mm", "1 kilo"] {
            assert!(!size(bad), "{bad}");
        }
    }
}
