//! Keys that charts may be signed with.

use std::path::{Path, PathBuf};

use clap::Args;
use plimsoll_helm::signed::Keyring as Keys;

use super::inputs;
use crate::failure::Failure;

/// Which keys are trusted.
#[derive(Args, Default)]
pub(super) struct KeyringArgs {
    /// The public keys that are trusted, as GnuPG keeps or exports them [default: pubring.gpg or pubring.kbx of GnuPG]
    #[arg(long, value_name = "FILE")]
    keyring: Option<PathBuf>,
}

/// The keys that are trusted.
pub(super) struct Keyring {
    keys: Keys,
    now: i64,
}

impl KeyringArgs {
    /// Reads the keys.
    pub(super) fn read(&self) -> Result<Keyring, Failure> {
        let keys = load(self.keyring.as_deref(), EXPORT);
        let keys = keys.map_err(|failure| failure.within("failed to load keyring"))?;
        Ok(Keyring {
            keys,
            now: inputs::now().0,
        })
    }
}

impl Keyring {
    /// Checks what is signed about an archive, and gives what Helm says of it.
    pub(super) fn verify(
        &self,
        archive: &[u8],
        signed: &[u8],
        file_name: &str,
    ) -> Result<String, Failure> {
        let verified = self.keys.verify(archive, signed, file_name, self.now);
        let verified = verified.map_err(|error| Failure::user(error.to_string()))?;
        let names = verified.names.iter();
        let names: String = names.map(|name| format!("Signed by: {name}\n")).collect();
        Ok(format!(
            "{names}Using Key With Fingerprint: {}\nChart Hash Verified: {}\n",
            verified.fingerprint, verified.hash
        ))
    }
}

const EXPORT: &str =
    "export the keys you trust: `gpg --export > keyring.gpg`, and name the file with `--keyring`";

/// Reads keys from a file, or from where GnuPG keeps them. `help` says where to get some.
pub(super) fn load(path: Option<&Path>, help: &str) -> Result<Keys, Failure> {
    let path = path.map_or_else(usual, Path::to_path_buf);
    let shown = path.display();
    let bytes = inputs::read_file(&path).map_err(|error| {
        let words = inputs::words(&error);
        Failure::user(format!("open {shown}: {words}")).help(help)
    })?;
    Keys::read(&bytes).map_err(|error| Failure::user(format!("{shown}: {error}")))
}

/// Where GnuPG keeps keys.
fn usual() -> PathBuf {
    let set = std::env::var_os("GNUPGHOME").map(PathBuf::from);
    let folder = set.unwrap_or_else(|| super::net::home().unwrap_or_default().join(".gnupg"));
    let (legacy, keybox) = (folder.join("pubring.gpg"), folder.join("pubring.kbx"));
    if !legacy.exists() && keybox.exists() {
        keybox
    } else {
        legacy
    }
}
