//! Programs that say who asks: `exec` of a kubeconfig, as clouds use it
//! (`client-go/plugin/pkg/client/auth/exec`, `client.authentication.k8s.io/v1`).

use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use plimsoll_fetch::Secret;
use plimsoll_yaml::{Kind, Node};
use serde_json::{Value, json};

use crate::kubeconfig::string;

/// More is no credential.
const MOST_BYTES: u64 = 1 << 20;

/// A program with what it is told.
#[derive(Clone, PartialEq, Eq)]
pub struct Program {
    /// The program: a name that is looked up, or a path.
    pub command: PathBuf,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// What is added to its environment.
    environment: Vec<(String, String)>,
    api_version: String,
}

impl std::fmt::Debug for Program {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Arguments and variables may be secret.
        f.debug_tuple("Program").field(&self.command).finish()
    }
}

/// What a program says.
pub(crate) struct Said {
    pub(crate) token: Option<Secret>,
    /// A client's certificate and its key.
    pub(crate) pair: Option<(Secret, Secret)>,
}

impl Program {
    pub(crate) fn of(node: Node<'_>, folder: &Path) -> Option<Self> {
        let command = string(node, "command")?;
        let items = |key: &str| {
            let list = node.get(key).map(Node::resolve);
            let list = list.filter(|node| node.kind() == Kind::Sequence);
            list.into_iter().flat_map(Node::items).map(Node::resolve)
        };
        let arguments = items("args").filter_map(|one| Some(one.as_str()?.into_owned()));
        let environment = items("env").filter_map(|one| {
            Some((
                string(one, "name")?,
                string(one, "value").unwrap_or_default(),
            ))
        });
        // A name alone is looked up in PATH; a path is the kubeconfig's.
        let is_name = !command.contains(['/', '\\']);
        Some(Self {
            command: if is_name {
                command.into()
            } else {
                folder.join(command)
            },
            arguments: arguments.collect(),
            environment: environment.collect(),
            api_version: string(node, "apiVersion").unwrap_or_default(),
        })
    }
}

/// Runs a program that may ask on the terminal, but reads nothing from us.
pub(crate) fn run(program: &Program) -> Result<Said, String> {
    let told = json!({
        "kind": "ExecCredential",
        "apiVersion": program.api_version,
        "spec": {"interactive": false},
    });
    let mut child = Command::new(&program.command)
        .args(&program.arguments)
        .envs(program.environment.iter().cloned())
        .env("KUBERNETES_EXEC_INFO", told.to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .map_err(|error| match error.kind() {
            ErrorKind::NotFound => "it is not installed".to_owned(),
            _ => error.to_string(),
        })?;
    let mut output = Vec::new();
    let read = match child.stdout.take() {
        Some(out) => out.take(MOST_BYTES).read_to_end(&mut output),
        None => Ok(0),
    };
    let status = child.wait().map_err(|error| error.to_string())?;
    read.map_err(|error| error.to_string())?;
    if !status.success() {
        return Err(format!("it ended with {status}"));
    }
    said(&output)
        .ok_or_else(|| "it prints no `ExecCredential` with a token or a certificate".to_owned())
}

fn said(output: &[u8]) -> Option<Said> {
    let document: Value = serde_json::from_slice(output).ok()?;
    let status = &document["status"];
    let of = |key: &str| {
        let text = status[key].as_str().filter(|text| !text.is_empty())?;
        Some(Secret::new(text))
    };
    let said = Said {
        token: of("token"),
        pair: of("clientCertificateData").zip(of("clientKeyData")),
    };
    (said.token.is_some() || said.pair.is_some()).then_some(said)
}

#[cfg(test)]
mod tests {
    use super::{Program, run, said};

    fn program(script: &str) -> Program {
        Program {
            command: "sh".into(),
            arguments: vec!["-c".to_owned(), script.to_owned()],
            environment: vec![("WHO".to_owned(), "ann".to_owned())],
            api_version: "client.authentication.k8s.io/v1".to_owned(),
        }
    }

    #[test]
    fn a_program_says_who_asks() {
        let script =
            r#"test -n "$KUBERNETES_EXEC_INFO" && echo "{\"status\": {\"token\": \"of-$WHO\"}}""#;
        let said = run(&program(script)).ok().unwrap();
        assert_eq!(said.token.unwrap().reveal(), "of-ann");
        assert!(said.pair.is_none());
    }

    #[test]
    fn a_program_that_fails_is_told_of() {
        let failure = |script: &str| run(&program(script)).err().unwrap();
        assert!(failure("exit 3").contains('3'));
        assert!(failure("echo no").starts_with("it prints no"));
        let mut absent = program("");
        absent.command = "/no/such/program".into();
        assert_eq!(run(&absent).err().unwrap(), "it is not installed");
        assert!(said(br#"{"status": {"clientCertificateData": "a"}}"#).is_none());
    }
}
