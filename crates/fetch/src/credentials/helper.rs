//! Programs that keep logins: `docker-credential-…` (docker/docker-credential-helpers).

use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde::{Deserialize, Serialize};

use super::CredentialsError;
use crate::secret::{Login, Secret};

/// What a program says when it knows nobody.
const UNKNOWN: &str = "credentials not found in native keychain";
/// The user name that stands for an identity token.
const TOKEN: &str = "<token>";
/// More is no login.
const MAX_OUTPUT: u64 = 1024 * 1024;

#[derive(Serialize, Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Entry {
    #[serde(rename = "ServerURL")]
    server_url: String,
    username: String,
    secret: String,
}

/// The login that a program knows.
pub(super) fn get(helper: &str, server: &str) -> Result<Option<Login>, CredentialsError> {
    let output = match run(helper, "get", server.as_bytes())? {
        Ok(output) => output,
        Err(said) if said == UNKNOWN => return Ok(None),
        Err(said) => return Err(failed(helper, "get", said)),
    };
    let entry: Entry = serde_json::from_slice(&output)
        .map_err(|_| failed(helper, "get", "it did not answer with a login".into()))?;
    Ok(Some(if entry.username == TOKEN {
        Login::Identity(Secret::new(entry.secret))
    } else {
        Login::password(entry.username, entry.secret)
    }))
}

/// Gives a program a login to keep.
pub(super) fn store(helper: &str, server: &str, login: &Login) -> Result<(), CredentialsError> {
    let (username, secret) = match login {
        Login::Password { user, password } => (user.clone(), password.reveal()),
        Login::Identity(token) | Login::Token(token) => (TOKEN.to_owned(), token.reveal()),
    };
    let entry = Entry {
        server_url: server.to_owned(),
        username,
        secret: secret.to_owned(),
    };
    let input = serde_json::to_vec(&entry).expect("texts are JSON");
    let outcome = run(helper, "store", &input)?;
    outcome
        .map(|_| ())
        .map_err(|said| failed(helper, "store", said))
}

/// Makes a program forget a login.
pub(super) fn erase(helper: &str, server: &str) -> Result<(), CredentialsError> {
    let outcome = run(helper, "erase", server.as_bytes())?;
    outcome
        .map(|_| ())
        .map_err(|said| failed(helper, "erase", said))
}

/// The program that belongs to the platform, if it is installed.
pub(super) fn platform_default() -> Option<String> {
    let name = if cfg!(target_os = "macos") {
        "osxkeychain"
    } else if cfg!(windows) {
        "wincred"
    } else if is_installed("pass") {
        "pass"
    } else {
        "secretservice"
    };
    is_installed(&program(name)).then(|| name.to_owned())
}

fn is_installed(program: &str) -> bool {
    let program = format!("{program}{}", std::env::consts::EXE_SUFFIX);
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(&program).is_file())
}

fn program(helper: &str) -> String {
    format!("docker-credential-{helper}")
}

fn failed(helper: &str, action: &'static str, reason: String) -> CredentialsError {
    CredentialsError::Helper {
        program: program(helper),
        action,
        reason,
    }
}

/// What a program prints, or what it says when it fails.
fn run(
    helper: &str,
    action: &'static str,
    input: &[u8],
) -> Result<Result<Vec<u8>, String>, CredentialsError> {
    // A name with a path in it would run anything.
    if PathBuf::from(helper).components().count() != 1 || helper.contains(['/', '\\']) {
        return Err(failed(helper, action, "its name is no file name".into()));
    }
    let failed = |reason: String| failed(helper, action, reason);
    let mut child = Command::new(program(helper))
        .arg(action)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => failed("it is not installed".into()),
            _ => failed(error.to_string()),
        })?;
    if let Some(mut stdin) = child.stdin.take() {
        // A program that does not read what it is given may still answer.
        let _ = stdin.write_all(input);
    }
    let mut output = Vec::new();
    if let Some(stdout) = child.stdout.take() {
        let read = stdout.take(MAX_OUTPUT).read_to_end(&mut output);
        read.map_err(|error| failed(error.to_string()))?;
    }
    let status = child.wait().map_err(|error| failed(error.to_string()))?;
    if status.success() {
        return Ok(Ok(output));
    }
    let said = String::from_utf8_lossy(&output).trim().to_owned();
    Ok(Err(if said.is_empty() {
        status.to_string()
    } else {
        said
    }))
}

#[cfg(all(test, unix))]
mod tests {
    use super::{erase, get, store};
    use crate::secret::{Login, Secret};

    /// Tests run in parallel and share their environment, so there is one for all of it.
    #[test]
    fn programs_are_asked() {
        use std::os::unix::fs::PermissionsExt;
        let folder = std::env::temp_dir().join(format!("plimsoll-helper-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("made");
        let program = folder.join("docker-credential-plimsolltest");
        // It keeps one login in a file beside it.
        let script = "#!/bin/sh\nkept=\"$0.kept\"\ncase $1 in\nstore) cat > \"$kept\" ;;\nerase) rm -f \"$kept\" ;;\nget) if [ -f \"$kept\" ]; then cat \"$kept\"; else echo 'credentials not found in native keychain'; exit 1; fi ;;\nesac\n";
        std::fs::write(&program, script).expect("written");
        let mode = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(&program, mode).expect("made a program");
        // A name cannot have a folder in it, so the folder is reached as the search path is.
        let name = "plimsolltest";
        let path = std::env::var_os("PATH").unwrap_or_default();
        let all = std::env::split_paths(&path).chain([folder.clone()]);
        let all = std::env::join_paths(all).expect("a path");
        let run = |login: Option<&Login>| {
            let output = std::process::Command::new(std::env::current_exe().expect("known"))
                .args([
                    "--exact",
                    "credentials::helper::tests::child",
                    "--nocapture",
                ])
                .env("PATH", &all)
                .env("PLIMSOLL_HELPER", name)
                .env(
                    "PLIMSOLL_LOGIN",
                    match login {
                        None => "get",
                        Some(Login::Identity(_)) => "identity",
                        Some(_) => "password",
                    },
                )
                .output()
                .expect("run");
            let printed = String::from_utf8_lossy(&output.stdout).into_owned();
            assert!(output.status.success(), "{printed}");
            printed
        };
        assert!(run(None).contains("got None"));
        let token = Login::Identity(Secret::new("t"));
        assert!(run(Some(&token)).contains("got Some(Identity(***)) as wanted"));
        let pair = Login::password("a", "b");
        assert!(run(Some(&pair)).contains("as wanted"));
        assert!(
            get("plimsoll-is-not-there", "x")
                .expect_err("none")
                .to_string()
                .contains("not installed")
        );
        assert!(
            get("../x", "x")
                .expect_err("a path")
                .to_string()
                .contains("no file name")
        );
    }

    /// Runs in a process of its own, with another search path.
    #[test]
    fn child() {
        let Ok(name) = std::env::var("PLIMSOLL_HELPER") else {
            return;
        };
        let wanted = match &*std::env::var("PLIMSOLL_LOGIN").expect("set") {
            "identity" => Some(Login::Identity(Secret::new("t"))),
            "password" => Some(Login::password("a", "b")),
            _ => None,
        };
        if let Some(login) = &wanted {
            store(&name, "s", login).expect("kept");
        }
        let got = get(&name, "s").expect("asked");
        let verdict = if got == wanted { " as wanted" } else { "" };
        println!("got {got:?}{verdict}");
        erase(&name, "s").expect("forgotten");
    }
}
