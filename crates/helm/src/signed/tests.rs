//! Keys and signatures as GnuPG and Helm write them (`testdata/make.sh`).

use super::{Keyring, KeyringError, ProvenanceError, SignError};
use crate::chart::Loaded;

macro_rules! data {
    ($name:literal) => {
        include_bytes!(concat!("testdata/", $name))
    };
}

const ARCHIVE: &[u8] = data!("web-0.1.0.tgz");
const NAME: &str = "web-0.1.0.tgz";
/// A day when all signatures were old and the short-lived key had ended.
const LATER: i64 = 2_000_000_000;

fn keyring() -> Keyring {
    Keyring::read(data!("keys.gpg")).expect("keys")
}

fn names(statement: &[u8]) -> Result<Vec<String>, ProvenanceError> {
    let verified = keyring().verify(ARCHIVE, statement, NAME, LATER)?;
    assert_eq!(verified.fingerprint.len(), 40);
    assert!(verified.hash.starts_with("sha256:"));
    Ok(verified.names)
}

#[test]
fn signatures_of_all_kinds_of_keys_hold() {
    for (name, statement) in [
        ("rsa", &data!("helm.prov")[..]),
        ("rsa", data!("rsa.prov")),
        ("ed25519", data!("ed25519.prov")),
        ("p256", data!("p256.prov")),
        ("p384", data!("p384.prov")),
        ("p521", data!("p521.prov")),
        ("dsa", data!("dsa.prov")),
        ("subkey", data!("subkey.prov")),
    ] {
        let expected = format!("{name} <{name}@example.com>");
        assert_eq!(names(statement), Ok(vec![expected]), "{name}");
    }
}

#[test]
fn keys_that_count_no_more_are_refused() {
    assert_eq!(names(data!("short.prov")), Err(ProvenanceError::KeyExpired));
    assert_eq!(
        names(data!("revoked.prov")),
        Err(ProvenanceError::KeyRevoked)
    );
    assert!(matches!(
        names(data!("sha1.prov")),
        Err(ProvenanceError::Malformed(_))
    ));
}

#[test]
fn what_was_changed_is_refused() {
    let signed = String::from_utf8_lossy(data!("ed25519.prov")).into_owned();
    let changed = |from: &str, to: &str| names(signed.replace(from, to).as_bytes());
    assert_eq!(
        changed("name: web", "name: wed"),
        Err(ProvenanceError::Invalid)
    );
    assert_eq!(
        changed("version: 0.1.0\n", "version: 0.1.0\n\n"),
        Err(ProvenanceError::Invalid)
    );
    // White space at the ends of lines is not signed.
    assert!(changed("name: web\n", "name: web  \r\n").is_ok());
    assert_eq!(
        changed("-----BEGIN PGP SIGNED", "-----BEGIN PGP"),
        Err(ProvenanceError::NotSigned)
    );
    let other = keyring().verify(b"another", signed.as_bytes(), NAME, LATER);
    assert!(
        matches!(other, Err(ProvenanceError::Sum { .. })),
        "{other:?}"
    );
    let unnamed = keyring().verify(ARCHIVE, signed.as_bytes(), "db-1.tgz", LATER);
    assert_eq!(
        unnamed.expect_err("not named").to_string(),
        "provenance does not contain a SHA for a file named \"db-1.tgz\""
    );
    // Before it was made, it was not made.
    let early = keyring().verify(ARCHIVE, signed.as_bytes(), NAME, 1_000_000_000);
    assert_eq!(early, Err(ProvenanceError::SignatureExpired));
}

#[test]
fn keyrings_of_all_forms_are_read() {
    for bytes in [&data!("keys.asc")[..], data!("pubring.kbx")] {
        let keyring = Keyring::read(bytes).expect("keys");
        assert!(
            keyring
                .verify(ARCHIVE, data!("helm.prov"), NAME, LATER)
                .is_ok()
        );
    }
    let one = Keyring::read(data!("subkey.gpg")).expect("a key");
    let unknown = one.verify(ARCHIVE, data!("helm.prov"), NAME, LATER);
    assert_eq!(unknown, Err(ProvenanceError::UnknownKey));
    assert_eq!(Keyring::read(b"").err(), Some(KeyringError::Empty));
    assert!(Keyring::read(b"no keys").is_err());
}

#[test]
fn a_subkey_that_its_key_did_not_sign_for_is_no_key() {
    let bytes = data!("subkey.gpg");
    let sound = Keyring::read(bytes).expect("a key");
    assert!(
        sound
            .verify(ARCHIVE, data!("subkey.prov"), NAME, LATER)
            .is_ok()
    );
    // The signature that binds the subkey is the last packet.
    let mut unbound = bytes.to_vec();
    let damaged = unbound.len() - 1;
    unbound[damaged] ^= 1;
    let unbound = Keyring::read(&unbound).expect("a key");
    let verdict = unbound.verify(ARCHIVE, data!("subkey.prov"), NAME, LATER);
    assert_eq!(verdict, Err(ProvenanceError::UnknownKey));
}

#[test]
fn damaged_bytes_end_in_errors() {
    let statement = data!("helm.prov");
    for bytes in [
        &data!("keys.gpg")[..],
        data!("keys.asc"),
        data!("pubring.kbx"),
    ] {
        for cut in (0..bytes.len()).step_by(997) {
            if let Ok(keyring) = Keyring::read(&bytes[..cut]) {
                let _ = keyring.verify(ARCHIVE, statement, NAME, LATER);
            }
            let mut flipped = bytes.to_vec();
            flipped[cut] ^= 0x55;
            let _ = Keyring::read(&flipped);
        }
    }
    // Without the last line, or with a part of it, it is no statement any more.
    let keyring = keyring();
    let end = statement.len() - "-----END PGP SIGNATURE-----\n".len();
    for cut in (0..end).step_by(41) {
        let cut = keyring.verify(ARCHIVE, &statement[..cut], NAME, LATER);
        assert!(cut.is_err());
    }
}

fn secrets() -> Keyring {
    Keyring::read(data!("secret.gpg")).expect("keys")
}

/// A statement about the archive, signed by the key of a name.
fn signed_by(name: &str, passphrase: &[u8]) -> Result<String, SignError> {
    let keys = secrets();
    let signer = keys.signer(&format!("{name}@"))?;
    assert_eq!(signer.name(), format!("{name} <{name}@example.com>"));
    let unlocked = signer.unlock(|| Ok::<_, SignError>(passphrase.to_vec()))?;
    let loaded = Loaded::from_archive(ARCHIVE).expect("a chart");
    unlocked.sign(ARCHIVE, NAME, &loaded.chart.metadata, LATER)
}

#[test]
fn what_is_signed_here_holds() {
    let public = Keyring::read(data!("secret.public.gpg")).expect("keys");
    for name in ["rsa", "p256", "p384", "p521", "ed25519", "locked", "curve"] {
        let statement = signed_by(name, b"correct horse").expect(name);
        assert!(statement.contains("\n\napiVersion: v2\nname: web\nversion: 0.1.0\n\n...\n"));
        let verified = public.verify(ARCHIVE, statement.as_bytes(), NAME, LATER);
        let expected = vec![format!("{name} <{name}@example.com>")];
        assert_eq!(verified.map(|verified| verified.names), Ok(expected));
        let changed = statement.replace("0.1.0\n", "0.1.1\n");
        let verified = public.verify(ARCHIVE, changed.as_bytes(), NAME, LATER);
        assert_eq!(verified, Err(ProvenanceError::Invalid), "{name}");
    }
}

#[test]
fn what_cannot_be_signed_is_refused() {
    let refused = |name: &str, passphrase: &[u8]| signed_by(name, passphrase).err();
    for name in ["locked", "curve"] {
        assert_eq!(refused(name, b"wrong"), Some(SignError::Passphrase));
        assert_eq!(refused(name, b""), Some(SignError::Passphrase));
    }
    assert_eq!(refused("dsa", b""), Some(SignError::Dsa));
    assert_eq!(refused("card", b""), Some(SignError::NoSecret));
    let keys = secrets();
    let refused = |id: &str| keys.signer(id).err().map(|error| error.to_string());
    assert_eq!(refused("nobody").as_deref(), Some("private key not found"));
    let vague = "more than one key contain the id \"example\"";
    assert_eq!(refused("example").as_deref(), Some(vague));
    let public = Keyring::read(data!("secret.public.gpg")).expect("keys");
    assert_eq!(public.signer("rsa@").err(), Some(SignError::NoSecret));
}

#[test]
fn secret_keys_that_are_damaged_are_refused() {
    let name = "curve@";
    let loaded = Loaded::from_archive(ARCHIVE).expect("a chart");
    let whole = data!("secret.gpg");
    let at = memchr::memmem::find(whole, b"curve <").expect("its name");
    // The packet of the key, that of its name, and the signature.
    let block = &whole[at - 138..at + 171];
    for at in (0..block.len()).step_by(3) {
        let mut changed = block.to_vec();
        changed[at] ^= 0x55;
        for bytes in [&changed[..], &block[..at]] {
            let Ok(keys) = Keyring::read(bytes) else {
                continue;
            };
            let Ok(signer) = keys.signer(name) else {
                continue;
            };
            let unlocked = signer.unlock(|| Ok::<_, SignError>(b"correct horse".to_vec()));
            if let Ok(unlocked) = unlocked
                && let Ok(text) = unlocked.sign(ARCHIVE, NAME, &loaded.chart.metadata, LATER)
            {
                assert!(keys.verify(ARCHIVE, text.as_bytes(), NAME, LATER).is_ok());
            }
        }
    }
    assert!(format!("{:?}", secrets()).contains("SecretPart(..)"));
}
