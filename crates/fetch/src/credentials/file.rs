//! `config.json` of Docker and Helm.

use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value};

use super::CredentialsError;
use crate::secret::{Login, Secret};

/// Larger files are no configurations.
const MAX_BYTES: u64 = 16 * 1024 * 1024;

/// A configuration file. What is not known of it is kept when it is written.
pub struct ConfigFile {
    path: PathBuf,
    content: Map<String, Value>,
}

impl std::fmt::Debug for ConfigFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ConfigFile")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

impl ConfigFile {
    /// Reads a file; one that is not there, or has nothing in it, is empty.
    pub fn read(path: PathBuf) -> Result<Self, CredentialsError> {
        let mut bytes = Vec::new();
        match fs::File::open(&path) {
            Ok(file) => {
                let read = file.take(MAX_BYTES).read_to_end(&mut bytes);
                read.map_err(|error| io("read", &path, error))?;
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(io("read", &path, error)),
        }
        let content = if bytes.trim_ascii().is_empty() {
            Map::new()
        } else {
            // The parser's own words could quote a password.
            serde_json::from_slice(&bytes).map_err(|_| CredentialsError::Format {
                path: path.clone(),
                reason: "it is no JSON object",
            })?
        };
        let file = Self { path, content };
        for (name, reason) in [
            ("auths", "`auths` is no object"),
            ("credHelpers", "`credHelpers` is no object"),
        ] {
            if !matches!(
                file.content.get(name),
                None | Some(Value::Object(_) | Value::Null)
            ) {
                return Err(file.format(reason));
            }
        }
        Ok(file)
    }

    /// Whether it says anything of logins.
    pub(super) fn is_configured(&self) -> bool {
        let some = |name: &str| {
            let value = self.content.get(name).and_then(Value::as_object);
            value.is_some_and(|entries| !entries.is_empty())
        };
        some("auths") || some("credHelpers") || self.text("credsStore").is_some()
    }

    /// The suffix of the program that keeps the login of a server.
    pub(super) fn helper(&self, server: &str) -> Option<String> {
        let helpers = self.content.get("credHelpers").and_then(Value::as_object);
        let own = helpers.and_then(|helpers| helpers.get(server)?.as_str());
        let own = own.filter(|name| !name.is_empty());
        own.or(self.text("credsStore")).map(str::to_owned)
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.content
            .get(name)?
            .as_str()
            .filter(|text| !text.is_empty())
    }

    fn auths(&self) -> Option<&Map<String, Value>> {
        self.content.get("auths")?.as_object()
    }

    /// The login that is written for a server. Old files have URLs as names of servers.
    pub(super) fn get(&self, server: &str) -> Result<Option<Login>, CredentialsError> {
        let Some(auths) = self.auths() else {
            return Ok(None);
        };
        let by_host = || auths.iter().find(|(name, _)| host(name) == server);
        let entry = auths
            .get(server)
            .or_else(|| by_host().map(|(_, entry)| entry));
        match entry {
            None => Ok(None),
            Some(entry) => self.login(entry),
        }
    }

    fn login(&self, entry: &Value) -> Result<Option<Login>, CredentialsError> {
        let text = |name: &str| entry.get(name).and_then(Value::as_str).unwrap_or_default();
        let token = |name: &str| {
            Some(text(name))
                .filter(|text| !text.is_empty())
                .map(Secret::new)
        };
        if let Some(token) = token("registrytoken") {
            return Ok(Some(Login::Token(token)));
        }
        if let Some(token) = token("identitytoken") {
            return Ok(Some(Login::Identity(token)));
        }
        let (user, password) = match text("auth") {
            "" => (text("username").to_owned(), text("password").to_owned()),
            packed => {
                let bytes = BASE64_STANDARD.decode(packed).ok();
                let pair = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
                let pair = pair.as_deref().and_then(|pair| pair.split_once(':'));
                let (user, password) = pair.ok_or_else(|| {
                    self.format(
                        "an `auth` is not a name and a password with `:` between them, in base64",
                    )
                })?;
                // Docker's own files may end in zeros.
                (user.to_owned(), password.trim_end_matches('\0').to_owned())
            }
        };
        let is_empty = user.is_empty() && password.is_empty();
        Ok((!is_empty).then(|| Login::password(user, password)))
    }

    /// Writes a login into it.
    pub(super) fn put(&mut self, server: &str, login: &Login) -> Result<(), CredentialsError> {
        let mut entry = Map::new();
        let (name, value) = match login {
            Login::Password { user, password } => {
                let pair = format!("{user}:{}", password.reveal());
                ("auth", BASE64_STANDARD.encode(pair))
            }
            Login::Identity(token) => ("identitytoken", token.reveal().to_owned()),
            Login::Token(token) => ("registrytoken", token.reveal().to_owned()),
        };
        entry.insert(name.into(), value.into());
        let auths = self
            .content
            .entry("auths")
            .or_insert_with(|| Map::new().into());
        if auths.is_null() {
            *auths = Map::new().into();
        }
        if let Some(auths) = auths.as_object_mut() {
            auths.insert(server.to_owned(), entry.into());
        }
        self.write()
    }

    /// Removes a login from it.
    pub(super) fn remove(&mut self, server: &str) -> Result<(), CredentialsError> {
        let auths = self.content.get_mut("auths").and_then(Value::as_object_mut);
        match auths.and_then(|auths| auths.remove(server)) {
            Some(_) => self.write(),
            None => Ok(()),
        }
    }

    /// Names the program that keeps logins.
    pub(super) fn set_store(&mut self, name: &str) -> Result<(), CredentialsError> {
        self.content.insert("credsStore".into(), name.into());
        self.content
            .entry("auths")
            .or_insert_with(|| Map::new().into());
        self.write()
    }

    /// Replaces the file at once, readable by its owner alone.
    fn write(&self) -> Result<(), CredentialsError> {
        let text = tabbed(&self.content);
        let fail = |error| io("write", &self.path, error);
        let folder = self.path.parent().unwrap_or(Path::new("."));
        private_folder(folder).map_err(fail)?;
        let part = self
            .path
            .with_extension(format!("{}.part", std::process::id()));
        let written = private_file(&part).and_then(|mut file| file.write_all(text.as_bytes()));
        let moved = written.and_then(|()| fs::rename(&part, &self.path));
        moved.map_err(|error| {
            let _ = fs::remove_file(&part);
            fail(error)
        })
    }

    fn format(&self, reason: &'static str) -> CredentialsError {
        CredentialsError::Format {
            path: self.path.clone(),
            reason,
        }
    }
}

fn private_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

fn private_file(path: &Path) -> std::io::Result<fs::File> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// JSON with tabs, as Docker and Helm write it.
fn tabbed(content: &Map<String, Value>) -> String {
    let mut out = Vec::new();
    let format = serde_json::ser::PrettyFormatter::with_indent(b"\t");
    let mut serializer = serde_json::Serializer::with_formatter(&mut out, format);
    serde::Serialize::serialize(content, &mut serializer).expect("JSON is written to memory");
    String::from_utf8(out).expect("JSON is UTF-8")
}

/// The host in an old name of a server, such as `https://r.example/v1/`.
fn host(name: &str) -> &str {
    let name = name.strip_prefix("http://").unwrap_or(name);
    let name = name.strip_prefix("https://").unwrap_or(name);
    name.split('/').next().unwrap_or_default()
}

fn io(doing: &'static str, path: &Path, error: std::io::Error) -> CredentialsError {
    CredentialsError::Io {
        doing,
        path: path.to_owned(),
        error,
    }
}

#[cfg(test)]
mod tests {
    use super::ConfigFile;
    use crate::secret::{Login, Secret};
    use std::fs;
    use std::path::PathBuf;

    fn file(name: &str, text: &str) -> PathBuf {
        let folder =
            std::env::temp_dir().join(format!("plimsoll-credentials-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("made");
        let path = folder.join(name);
        fs::write(&path, text).expect("written");
        path
    }

    #[test]
    fn logins_are_read_in_all_their_forms() {
        let text = r#"{"auths":{
            "a.example":{"auth":"YW5uOnA6dw=="},
            "https://b.example/v1/":{"username":"ben","password":"x"},
            "c.example":{"identitytoken":"i","auth":"YTpi"},
            "d.example":{"registrytoken":"r"},
            "e.example":{}},
            "credHelpers":{"f.example":"one"}}"#;
        let file = ConfigFile::read(file("forms", text)).expect("read");
        let get = |server: &str| file.get(server).expect("read");
        assert_eq!(get("a.example"), Some(Login::password("ann", "p:w")));
        assert_eq!(get("b.example"), Some(Login::password("ben", "x")));
        assert_eq!(get("c.example"), Some(Login::Identity(Secret::new("i"))));
        assert_eq!(get("d.example"), Some(Login::Token(Secret::new("r"))));
        assert_eq!((get("e.example"), get("g.example")), (None, None));
        assert_eq!(file.helper("f.example"), Some("one".into()));
        assert_eq!(file.helper("a.example"), None);
        assert!(!format!("{file:?}").contains("YW5u"));
    }

    #[test]
    fn what_is_not_known_is_kept() {
        let path = file(
            "kept",
            "{\"psFormat\":\"x\",\"auths\":{\"b\":{\"auth\":\"YTpi\"}}}",
        );
        let mut file = ConfigFile::read(path.clone()).expect("read");
        file.put("a", &Login::password("ann", "pw"))
            .expect("written");
        file.remove("b").expect("written");
        let expected = "{\n\t\"auths\": {\n\t\t\"a\": {\n\t\t\t\"auth\": \"YW5uOnB3\"\n\t\t}\n\t},\n\t\"psFormat\": \"x\"\n}";
        assert_eq!(fs::read_to_string(&path).expect("read"), expected);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(&path).expect("there").permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn damaged_files_are_not_quoted() {
        for text in [
            "{\"auths\":{\"a\":{\"auth\":\"c2VjcmV0\"}}}",
            "secret",
            "{\"auths\":\"secret\"}",
        ] {
            let read = ConfigFile::read(file("damaged", text));
            let error = read.and_then(|file| file.get("a")).expect_err(text);
            assert!(!format!("{error} {error:?}").contains("secret"), "{error}");
            assert!(!format!("{error}").contains("c2Vj"), "{error}");
        }
        let empty = ConfigFile::read(file("empty", " \n")).expect("empty");
        assert!(!empty.is_configured());
    }
}
