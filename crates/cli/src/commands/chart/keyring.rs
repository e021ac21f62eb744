//! Keys that charts may be signed with.

use std::path::PathBuf;

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
        let path = self.keyring.clone().unwrap_or_else(usual);
        let shown = path.display();
        let bytes = inputs::read_file(&path).map_err(|error| {
            let words = inputs::words(&error);
            Failure::user(format!("failed to load keyring: open {shown}: {words}"))
                .help("export the keys you trust: `gpg --export > keyring.gpg`, and name the file with `--keyring`")
        })?;
        let keys = Keys::read(&bytes)
            .map_err(|error| Failure::user(format!("failed to load keyring: {shown}: {error}")))?;
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
