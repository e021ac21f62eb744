//! Where logins are kept: configuration files of Docker's form, and programs that they name.

mod file;
mod helper;

use std::path::PathBuf;

use crate::registry::Logins;
use crate::secret::Login;

pub use file::ConfigFile;

/// The key of Docker Hub.
const HUB: &str = "https://index.docker.io/v1/";

/// Several places, in order. The first of them is written to.
#[derive(Debug)]
pub struct Credentials {
    places: Vec<Place>,
}

#[derive(Debug)]
struct Place {
    file: ConfigFile,
    /// The program that is asked where the file names none and knows nobody.
    detected: Option<String>,
}

/// Logins that cannot be read or written. No message holds one.
#[derive(Debug, thiserror::Error)]
pub enum CredentialsError {
    /// The file cannot be read or written.
    #[error("cannot {doing} `{}`: {error}", path.display())]
    Io {
        /// What was tried.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// The file is no configuration.
    #[error("`{}` is no configuration of Docker's form: {reason}", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: &'static str,
    },
    /// A program could not be run, or failed.
    #[error("`{program} {action}` failed: {reason}")]
    Helper {
        /// The program.
        program: String,
        /// What it was to do.
        action: &'static str,
        /// Why.
        reason: String,
    },
}

impl Credentials {
    /// Reads the files; those that are not there are empty.
    pub fn read(files: impl IntoIterator<Item = PathBuf>) -> Result<Self, CredentialsError> {
        let places = files.into_iter().map(|path| {
            let file = ConfigFile::read(path)?;
            // As the libraries of Helm and Docker do: a file that says nothing of logins is
            // taken to use the platform's own store, if it is there.
            let detected = if file.is_configured() {
                None
            } else {
                helper::platform_default()
            };
            Ok(Place { file, detected })
        });
        Ok(Self {
            places: places.collect::<Result<_, _>>()?,
        })
    }

    /// Keeps a login.
    pub fn put(&mut self, server: &str, login: &Login) -> Result<(), CredentialsError> {
        let server = key(server);
        let Some(place) = self.places.first_mut() else {
            return Ok(());
        };
        if let Some(helper) = place.helper(server) {
            helper::store(&helper, server, login)?;
            if let Some(detected) = &place.detected {
                return place.file.set_store(detected);
            }
            return Ok(());
        }
        place.file.put(server, login)
    }

    /// Forgets a login, if there is one.
    pub fn remove(&mut self, server: &str) -> Result<(), CredentialsError> {
        let server = key(server);
        let Some(place) = self.places.first_mut() else {
            return Ok(());
        };
        match place.helper(server) {
            Some(helper) => helper::erase(&helper, server),
            None => place.file.remove(server),
        }
    }
}

impl Logins for Credentials {
    fn login(&self, server: &str) -> Result<Option<Login>, CredentialsError> {
        let server = key(server);
        for place in &self.places {
            let found = match place.helper(server) {
                Some(helper) => helper::get(&helper, server)?,
                None => place.file.get(server)?,
            };
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }
}

impl Place {
    fn helper(&self, server: &str) -> Option<String> {
        self.file.helper(server).or_else(|| self.detected.clone())
    }
}

/// What a server is called in the files.
fn key(server: &str) -> &str {
    match server {
        "docker.io" | "index.docker.io" | "registry-1.docker.io" => HUB,
        server => server,
    }
}
