//! What a template gave: bytes, nearly always a text. Whether they are one is found out once.

use std::ops::Deref;

/// The bytes that a template gave.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RenderedText(Form);

#[derive(Clone, PartialEq, Eq, Debug)]
enum Form {
    Text(String),
    Bytes(Vec<u8>),
}

impl RenderedText {
    /// The text, if it is UTF-8.
    pub fn as_str(&self) -> Option<&str> {
        match &self.0 {
            Form::Text(text) => Some(text),
            Form::Bytes(_) => None,
        }
    }
}

impl From<Vec<u8>> for RenderedText {
    fn from(bytes: Vec<u8>) -> Self {
        Self(match String::from_utf8(bytes) {
            Ok(text) => Form::Text(text),
            Err(error) => Form::Bytes(error.into_bytes()),
        })
    }
}

impl From<&str> for RenderedText {
    fn from(text: &str) -> Self {
        Self(Form::Text(text.to_owned()))
    }
}

impl Deref for RenderedText {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match &self.0 {
            Form::Text(text) => text.as_bytes(),
            Form::Bytes(bytes) => bytes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RenderedText;

    #[test]
    fn bytes_that_are_no_text_stay_as_they_are() {
        let text = RenderedText::from("a: ä".as_bytes().to_vec());
        assert_eq!(text.as_str(), Some("a: ä"));
        assert_eq!(text, RenderedText::from("a: ä"));
        let bytes = RenderedText::from(b"a: \xff".to_vec());
        assert_eq!((bytes.as_str(), &*bytes), (None, &b"a: \xff"[..]));
    }
}
