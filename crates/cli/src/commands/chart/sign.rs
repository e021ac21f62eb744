//! Signing for packed charts, as `helm package --sign` does.

use std::fs::File;
use std::io::{BufRead, BufReader, IsTerminal, Read};
use std::path::Path;

use clap::{ArgAction, Args};
use plimsoll_helm::chart::Metadata;
use plimsoll_helm::signed::{Keyring, SignError, Unlocked};

use super::ignored::parse_bool;
use super::keyring;
use super::login::ask;
use super::{inputs, net};
use crate::failure::Failure;

/// Whether and by whom it is signed.
#[derive(Args)]
pub(super) struct SignArgs {
    /// Sign for the archive: write who packed it, with its digest, into a file beside it that has
    /// `.prov` behind its name
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value_t = false, action = ArgAction::Set, value_parser = parse_bool, hide_default_value = true, hide_possible_values = true)]
    sign: bool,
    /// With `--sign`: whose key it is, or a part of the name
    #[arg(
        long,
        value_name = "NAME",
        default_value = "",
        hide_default_value = true
    )]
    key: String,
    /// With `--sign`: the secret keys, as GnuPG exports them [default: pubring.gpg of GnuPG]
    #[arg(long, value_name = "FILE")]
    keyring: Option<String>,
    /// With `--sign`: a file whose first line is the passphrase of the key; `-` is standard input
    #[arg(
        long,
        value_name = "FILE",
        default_value = "",
        hide_default_value = true
    )]
    passphrase_file: String,
}

/// The most bytes of a passphrase.
const MAX_PASSPHRASE: u64 = 64 * 1024;

impl SignArgs {
    /// The keys to sign with; `None` if nothing is signed.
    pub(super) fn keys(&self) -> Result<Option<Keyring>, Failure> {
        if !self.sign {
            return Ok(None);
        }
        let missing = |flag: &str, help: &str| {
            Err(Failure::user(format!("{flag} is required for signing a package")).help(help))
        };
        if self.key.is_empty() {
            return missing("--key", "name the owner of the key, or a part of the name");
        }
        let path = self.keyring.as_deref();
        if path == Some("") {
            return missing("--keyring", EXPORT);
        }
        keyring::load(path.map(Path::new), EXPORT).map(Some)
    }

    /// The key to sign with; its passphrase is read from the file or asked for.
    pub(super) fn unlocked<'k>(&self, keys: &'k Keyring) -> Result<Unlocked<'k>, Failure> {
        let signer = keys.signer(&self.key).map_err(refused)?;
        let name = signer.name();
        let unlocked = signer.unlock(|| match &*self.passphrase_file {
            "" => ask(&format!("Password for key {name:?} >  "), true)
                .map(String::into_bytes)
                .map_err(Refusal),
            path => first_line(path).map_err(Refusal),
        });
        unlocked.map_err(|Refusal(failure)| failure)
    }
}

/// Writes what is signed about an archive into the file beside it.
pub(super) fn sign(
    by: &Unlocked<'_>,
    path: &Path,
    archive: &[u8],
    metadata: &Metadata,
) -> Result<(), Failure> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let signed = by.sign(archive, &name, metadata, inputs::now().0);
    let signed = signed.map_err(refused)?;
    let mut beside = path.as_os_str().to_owned();
    beside.push(".prov");
    net::write_at_once(Path::new(&beside), signed.as_bytes(), false)
}

const EXPORT: &str = "export the secret key: `gpg --export-secret-keys NAME > secret.gpg`, and name the file with `--keyring`";

/// A failure on the way to an open key.
struct Refusal(Failure);

impl From<SignError> for Refusal {
    fn from(error: SignError) -> Self {
        Self(refused(error))
    }
}

#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn refused(error: SignError) -> Failure {
    let failure = Failure::user(error.to_string());
    match error {
        SignError::NoSecret => failure.help(EXPORT),
        SignError::Passphrase => failure.help("give the passphrase of the key"),
        SignError::NotFound => {
            failure.help("name the owner of a key in the keyring with `--key`, or a part of it")
        }
        SignError::Vague(_) => failure.help("give more of the name with `--key`"),
        _ => failure,
    }
}

/// The first line of a file. It is a secret, so that no message has it.
fn first_line(path: &str) -> Result<Vec<u8>, Failure> {
    let unreadable = |error: std::io::Error| {
        let words = inputs::words(&error);
        Failure::user(format!("open {path}: {words}"))
    };
    let mut line = Vec::new();
    let read = if path == "-" {
        let stdin = std::io::stdin();
        if stdin.is_terminal() {
            return Err(Failure::user(
                "specified reading passphrase from stdin, without input on stdin",
            ));
        }
        stdin
            .lock()
            .take(MAX_PASSPHRASE)
            .read_until(b'\n', &mut line)
    } else {
        let file = File::open(path).map_err(unreadable)?;
        BufReader::new(file.take(MAX_PASSPHRASE)).read_until(b'\n', &mut line)
    };
    read.map_err(unreadable)?;
    while line.ends_with(b"\n") || line.ends_with(b"\r") {
        line.pop();
    }
    Ok(line)
}
