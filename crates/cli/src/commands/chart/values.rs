//! The values that a user gives: files and flags; and what schemas of values refer to.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

use clap::Args;
use plimsoll_helm::repository::without_secrets;
use plimsoll_helm::schema::Resolve;
use plimsoll_helm::strvals::{self, Flag};
use plimsoll_helm::values::{Data, Item, SourceFile, Sources, merge_maps, read_values};
use plimsoll_source::files::MAX_FILE_BYTES;

use super::inputs::{self, read_file};
use super::net::{SchemasOfWeb, at_url};
use crate::failure::Failure;
use crate::stdin;
use crate::terminal::Terminal;

/// The flags of Helm that give values.
#[derive(Args)]
pub(super) struct ValueArgs {
    /// A values file or its URL; later ones are laid over earlier ones, `-` is standard input
    #[arg(long = "values", short = 'f', value_name = "FILE")]
    values: Vec<String>,
    /// Set values, such as `a.b=1,c[0]=x`
    #[arg(long = "set", value_name = "VALUES")]
    set: Vec<String>,
    /// Set values that are all strings
    #[arg(long = "set-string", value_name = "VALUES")]
    set_string: Vec<String>,
    /// Set values to the texts of files
    #[arg(long = "set-file", value_name = "VALUES")]
    set_file: Vec<String>,
    /// Set values to JSON, or all of them with one object
    #[arg(long = "set-json", value_name = "VALUES")]
    set_json: Vec<String>,
    /// Set one value to the rest of the text, whatever it holds
    #[arg(long = "set-literal", value_name = "VALUE")]
    set_literal: Vec<String>,
}

impl ValueArgs {
    /// The values, each file to be read once.
    pub(super) fn user<'a>(&'a self, terminal: &'a Terminal) -> UserValues<'a> {
        let files = self.values.iter();
        UserValues {
            files: files.flat_map(|text| comma_separated(text)).collect(),
            flags: Flag::ORDER.map(|flag| {
                let texts = match flag {
                    Flag::Json => &self.set_json,
                    Flag::Set => &self.set,
                    Flag::String => &self.set_string,
                    Flag::File => &self.set_file,
                    Flag::Literal => &self.set_literal,
                };
                (flag, &**texts)
            }),
            read: Rc::default(),
            terminal,
        }
    }
}

/// The bytes of a file, or why there are none.
type Bytes = Result<Vec<u8>, String>;

/// The values that a user gives, in the order of the command line within each kind.
pub(super) struct UserValues<'a> {
    /// Values files and their URLs; `-` is standard input.
    files: Vec<String>,
    /// The flags that set values.
    flags: [(Flag, &'a [String]); 5],
    /// What was read, by its name: standard input gives its bytes only once.
    read: Rc<RefCell<HashMap<String, Bytes>>>,
    terminal: &'a Terminal,
}

impl UserValues<'_> {
    /// The same with one more file laid over the others, and under what flags set.
    pub(super) fn over(&self, file: &str) -> Self {
        let mut files = self.files.clone();
        files.push(file.to_owned());
        Self {
            files,
            flags: self.flags,
            read: self.read.clone(),
            terminal: self.terminal,
        }
    }

    /// All of them laid over each other in Helm's order, with their places in `sources`.
    pub(super) fn lay(&self, sources: &mut Sources) -> Result<Item, Failure> {
        let mut values = Item::from(Data::map());
        for file in &self.files {
            let bytes = self.bytes(file).map_err(Failure::user)?;
            let shown = without_secrets(file);
            let place = SourceFile {
                name: (*shown).into(),
                text: "".into(),
                below: Vec::new().into(),
            };
            let read = read_values(place, &bytes, sources)
                .map_err(|error| Failure::user(format!("failed to parse {shown}: {error}")))?;
            merge_maps(&mut values, read);
        }
        for (flag, texts) in self.flags {
            for text in texts {
                strvals::set(&mut values, flag, text, sources, &mut |path| {
                    self.bytes(path)
                })
                .map_err(|error| Failure::user(error.to_string()))?;
            }
        }
        Ok(values)
    }

    fn bytes(&self, path: &str) -> Result<Vec<u8>, String> {
        if let Some(known) = self.read.borrow().get(path) {
            return known.clone();
        }
        let bytes = read(path, self.terminal);
        let mut known = self.read.borrow_mut();
        known.insert(path.to_owned(), bytes.clone());
        bytes
    }
}

/// Who fetches documents that schemas of values refer to: nobody, unless it is wanted.
pub(super) fn schemas(online: bool) -> Option<Arc<dyn Resolve>> {
    online.then(|| Arc::new(SchemasOfWeb::default()) as Arc<dyn Resolve>)
}

/// Reads a file of values, from where it lies; the error is what Helm prints.
fn read(path: &str, terminal: &Terminal) -> Result<Vec<u8>, String> {
    if path.trim() == "-" {
        return stdin::read().map_err(|failure| failure.message);
    }
    if let Some(bytes) = at_url(path, terminal)? {
        return Ok(bytes);
    }
    let bytes = read_file(Path::new(path)).map_err(|error| {
        let words = inputs::words(&error);
        let verb = match error.kind() {
            std::io::ErrorKind::IsADirectory => "read",
            _ => "open",
        };
        format!("{verb} {path}: {words}")
    })?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(format!("`{path}` has more than {MAX_FILE_BYTES} bytes"));
    }
    Ok(bytes)
}

/// The parts of a text between commas; a part may stand in double quotes.
pub(super) fn comma_separated(text: &str) -> Vec<String> {
    let mut parts = Vec::new();
    let mut part = String::new();
    let mut quoted = false;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.next_if_eq(&'"').is_some() => part.push('"'),
            '"' if quoted || part.is_empty() => quoted = !quoted,
            ',' if !quoted => parts.push(std::mem::take(&mut part)),
            other => part.push(other),
        }
    }
    if !text.is_empty() {
        parts.push(part);
    }
    parts
}
