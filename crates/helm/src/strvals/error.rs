//! Why a line cannot be read, in Helm's words.

use plimsoll_gotmpl::quote;
use plimsoll_source::TextRange;

use super::Flag;

/// A line that cannot be read. Displayed, it is what Helm prints.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SetError {
    /// The flag that the line was given to.
    pub flag: Flag,
    /// Whether it is the object form of `--set-json`.
    pub(super) is_object: bool,
    /// The line.
    pub text: String,
    /// What is wrong. Helm does not print it for `--set-json`.
    pub cause: Cause,
    /// Where in the line.
    pub range: TextRange,
}

impl std::fmt::Display for SetError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let flag = self.flag.name();
        match self.flag {
            Flag::Json if self.is_object => {
                write!(f, "failed parsing {flag} data JSON: {}", self.text)
            }
            Flag::Json => write!(f, "failed parsing {flag} data {}", self.text),
            _ => write!(f, "failed parsing {flag} data: {}", self.cause),
        }
    }
}

impl std::error::Error for SetError {}

/// What is wrong with a line.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Cause {
    /// The line ends after a key.
    #[error("key {} has no value", quote(.0.as_bytes()))]
    NoValue(String),
    /// A comma follows a key.
    #[error("key {} has no value (cannot end with ,)", quote(.0.as_bytes()))]
    NoValueBeforeComma(String),
    /// Nothing was set below a key.
    #[error("key map {} has no value", quote(.0.as_bytes()))]
    EmptyMap(String),
    /// Too many dots.
    #[error("value name nested level is greater than maximum supported nested level of {max}", max = super::line::MAX_LEVEL)]
    TooDeep,
    /// An index is no integer.
    #[error("error parsing index: strconv.Atoi: parsing {}: invalid syntax", quote(.0.as_bytes()))]
    NoIndex(String),
    /// An index does not fit into 64 bits.
    #[error("error parsing index: strconv.Atoi: parsing {}: value out of range", quote(.0.as_bytes()))]
    IndexOutOfRange(String),
    /// An index is below 0.
    #[error("negative {0} index not allowed")]
    NegativeIndex(i64),
    /// An index is too large.
    #[error("index of {0} is greater than maximum supported index of {max}", max = super::line::MAX_INDEX)]
    IndexTooLarge(i64),
    /// Something follows `]`.
    #[error("unexpected data at end of array index: {}", quote_runes(.0))]
    AfterIndex(String),
    /// `{` has no `}`.
    #[error("list must terminate with '}}'")]
    OpenList,
    /// A value that is there is not what the key makes of it.
    #[error("unable to parse key: interface conversion: interface {{}} is {is}, not {wanted}")]
    OtherType {
        /// Go's name of the type that is there.
        is: &'static str,
        /// Go's name of the type that would be needed.
        wanted: &'static str,
    },
    /// A file cannot be read.
    #[error("{0}")]
    File(String),
    /// A value is no JSON.
    #[error("not JSON: expected {0}")]
    Json(&'static str),
    /// More than this reader makes of one line; Helm has no such limit.
    #[error("the line asks for more than {max} list elements or nested indexes", max = super::line::MAX_ELEMENTS)]
    TooMuch,
}

/// How `%q` prints a slice of runes.
fn quote_runes(text: &str) -> String {
    let runes: Vec<String> = text.chars().map(quote_rune).collect();
    format!("[{}]", runes.join(" "))
}

fn quote_rune(rune: char) -> String {
    match rune {
        '\'' => r"'\''".to_owned(),
        '"' => "'\"'".to_owned(),
        _ => {
            let quoted = quote(rune.encode_utf8(&mut [0; 4]).as_bytes());
            format!("'{}'", &quoted[1..quoted.len() - 1])
        }
    }
}
