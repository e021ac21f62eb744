//! `repositories.yaml`: the repositories that a user knows by name.

use plimsoll_yaml::emit::{Emitter, Flavor};

use super::oci::Json;
use super::time::{self, ZERO};
use crate::show::Yaml;
use crate::values::{Data, Item, ReadError, read_plain};

/// The file.
#[derive(Clone, Debug, Default)]
pub struct Repositories {
    api_version: String,
    generated: String,
    /// The repositories, in the order of the file.
    pub all: Vec<Repository>,
}

/// A repository that is known by name.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Repository {
    /// Its name.
    pub name: String,
    /// Where it is.
    pub url: String,
    /// Who asks.
    pub username: String,
    /// The password. It is not printed.
    pub password: String,
    /// The file of the client's certificate.
    pub cert_file: String,
    /// The file of its key.
    pub key_file: String,
    /// The file of the certificate authority.
    pub ca_file: String,
    /// Whether anybody may answer.
    pub insecure: bool,
    /// Whether every server on the way learns who asks.
    pub pass_credentials: bool,
}

impl std::fmt::Debug for Repository {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Repository")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl Repositories {
    /// Reads the file; an empty one is no mistake.
    pub fn parse(bytes: &[u8]) -> Result<Self, ReadError> {
        let item = read_plain(bytes)?;
        let mut file = Self::default();
        let fields = match &item.data {
            Data::Map(fields) => fields,
            Data::Null => return Ok(file),
            _ => return Err(wrong(&item, "Go value of type repo.File")),
        };
        for (key, item) in fields.iter() {
            match &*key.to_lowercase() {
                "apiversion" => file.api_version = text(item)?,
                "generated" => {
                    let written = text(item)?;
                    file.generated = time::again(&written).unwrap_or_default();
                }
                "repositories" => match &item.data {
                    Data::List(items) => {
                        let entries = items.iter().filter(|item| !item.data.is_null());
                        file.all = entries.map(entry).collect::<Result<_, _>>()?;
                    }
                    Data::Null => {}
                    _ => return Err(wrong(item, "Go struct field .repositories")),
                },
                _ => {}
            }
        }
        Ok(file)
    }

    /// The repository with a name.
    pub fn get(&self, name: &str) -> Option<&Repository> {
        self.all.iter().find(|entry| entry.name == name)
    }

    /// Replaces the repository of the same name, or adds it.
    pub fn put(&mut self, entry: Repository) {
        match self.all.iter_mut().find(|known| known.name == entry.name) {
            Some(known) => *known = entry,
            None => self.all.push(entry),
        }
    }

    /// Removes a repository; gives whether it was there.
    pub fn remove(&mut self, name: &str) -> bool {
        let before = self.all.len();
        self.all.retain(|entry| entry.name != name);
        self.all.len() < before
    }

    /// Names and URLs as `helm repo list --output json` prints them.
    pub fn names_as_json(&self) -> String {
        let mut json = Json::default();
        json.open('[');
        for entry in &self.all {
            json.item();
            json.open('{');
            json.text("name", &entry.name);
            json.text("url", &entry.url);
            json.close('}');
        }
        json.close(']');
        json.finish()
    }

    /// Names and URLs as `helm repo list --output yaml` prints them.
    pub fn names_as_yaml(&self) -> String {
        let mut yaml = Yaml(Emitter::new(Flavor::V2, usize::MAX / 2));
        yaml.0.start_sequence(self.all.is_empty());
        for entry in &self.all {
            yaml.0.start_mapping(false);
            always(&mut yaml, "name", &entry.name);
            always(&mut yaml, "url", &entry.url);
            yaml.0.end();
        }
        yaml.0.end();
        yaml.0.finish()
    }

    /// The file as Helm writes it.
    pub fn to_yaml(&self) -> String {
        let mut yaml = Yaml(Emitter::new(Flavor::V2, usize::MAX / 2));
        let generated = if self.generated.is_empty() {
            ZERO
        } else {
            &self.generated
        };
        yaml.0.start_mapping(false);
        always(&mut yaml, "apiVersion", &self.api_version);
        always(&mut yaml, "generated", generated);
        yaml.0.key("repositories");
        yaml.0.start_sequence(self.all.is_empty());
        for entry in &self.all {
            yaml.0.start_mapping(false);
            always(&mut yaml, "caFile", &entry.ca_file);
            always(&mut yaml, "certFile", &entry.cert_file);
            flag(&mut yaml, "insecure_skip_tls_verify", entry.insecure);
            always(&mut yaml, "keyFile", &entry.key_file);
            always(&mut yaml, "name", &entry.name);
            flag(&mut yaml, "pass_credentials_all", entry.pass_credentials);
            always(&mut yaml, "password", &entry.password);
            always(&mut yaml, "url", &entry.url);
            always(&mut yaml, "username", &entry.username);
            yaml.0.end();
        }
        yaml.0.end();
        yaml.0.end();
        yaml.0.finish()
    }
}

fn always(yaml: &mut Yaml, key: &str, text: &str) {
    yaml.0.key(key);
    yaml.0.string(text);
}

fn flag(yaml: &mut Yaml, key: &str, value: bool) {
    yaml.0.key(key);
    yaml.0.plain(if value { "true" } else { "false" });
}

fn entry(item: &Item) -> Result<Repository, ReadError> {
    let Data::Map(fields) = &item.data else {
        return Err(wrong(item, "Go value of type repo.Entry"));
    };
    let mut entry = Repository::default();
    for (key, item) in fields.iter() {
        match &*key.to_lowercase() {
            "name" => entry.name = text(item)?,
            "url" => entry.url = text(item)?,
            "username" => entry.username = text(item)?,
            "password" => entry.password = text(item)?,
            "certfile" => entry.cert_file = text(item)?,
            "keyfile" => entry.key_file = text(item)?,
            "cafile" => entry.ca_file = text(item)?,
            "insecure_skip_tls_verify" => entry.insecure = item.data == Data::Bool(true),
            "pass_credentials_all" => entry.pass_credentials = item.data == Data::Bool(true),
            _ => {}
        }
    }
    Ok(entry)
}

/// A text, also one that looks like a number.
fn text(item: &Item) -> Result<String, ReadError> {
    Ok(match &item.data {
        Data::Null => String::new(),
        Data::Str(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        Data::Bool(value) => value.to_string(),
        Data::Int(value) => value.to_string(),
        Data::Float(value) => plimsoll_gotmpl::text_of(&(*value).into()),
        Data::List(_) | Data::Map(_) => return Err(wrong(item, "Go value of type string")),
    })
}

fn wrong(item: &Item, wanted: &str) -> ReadError {
    let kind = crate::values::json_kind(&item.data);
    let words = format!("json: cannot unmarshal {kind} into {wanted}");
    let message = format!("error unmarshaling JSON: while decoding JSON: {words}");
    ReadError::new(message, plimsoll_source::TextRange::default())
}

#[cfg(test)]
mod tests {
    use super::{Repositories, Repository};

    #[test]
    fn the_file_is_written_as_helm_writes_it() {
        let mut file = Repositories::parse(b"").expect("empty");
        let empty = "apiVersion: \"\"\ngenerated: \"0001-01-01T00:00:00Z\"\nrepositories: []\n";
        assert_eq!(file.to_yaml(), empty);
        file.put(Repository {
            name: "a".into(),
            url: "https://charts.example".into(),
            password: "123".into(),
            pass_credentials: true,
            ..Repository::default()
        });
        let text = file.to_yaml();
        let entry = "- caFile: \"\"\n  certFile: \"\"\n  insecure_skip_tls_verify: false\n  keyFile: \"\"\n  name: a\n  \
                     pass_credentials_all: true\n  password: \"123\"\n  url: https://charts.example\n  username: \"\"\n";
        assert!(text.ends_with(entry), "{text}");
        let mut again = Repositories::parse(text.as_bytes()).expect("read");
        assert_eq!(again.to_yaml(), text);
        assert_eq!(again.get("a"), file.get("a"));
        assert!(!format!("{again:?}").contains("123"));
        assert!(again.remove("a") && !again.remove("a"));
        assert!(Repositories::parse(b"repositories: 1").is_err());
        assert!(Repositories::parse(b"- 1").is_err());
        assert!(Repositories::parse(b"repositories: [null, {name: 1.0}]").is_ok());
    }
}
