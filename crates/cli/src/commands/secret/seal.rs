//! `plimsoll secret seal`.

use std::fs;
use std::io::{IsTerminal as _, Read as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::ValueEnum;
use plimsoll_report::Problem;
use plimsoll_seal::{Certificate, Random, ReadError, Secret};
use plimsoll_source::SourceFile;
use serde_json::Value;

use crate::failure::Failure;
use crate::files;
use crate::terminal::{self, Terminal};

/// The largest Secret, certificate or SealedSecret that is read, in bytes. The API server takes
/// Secrets of 1 MiB.
const MAX_BYTES: u64 = 8 * 1024 * 1024;

/// Seal a Secret with the certificate of a cluster, so that it can be committed
///
/// Writes the SealedSecret (sealed-secrets of Bitnami) of a Secret, or of values given by name. It
/// asks no cluster: the certificate is what `kubeseal --fetch-cert` writes, or the controller's
/// `/v1/cert.pem`. Values are read from files and standard input; none is printed.
#[derive(clap::Args)]
pub(crate) struct SealArgs {
    /// The manifest with one or more Secrets; `-`, the default, reads standard input
    #[arg(value_name = "FILE", conflicts_with_all = ["from_env_file", "from_literal", "from_file"])]
    manifest: Option<PathBuf>,
    /// The certificate to seal with, in PEM
    #[arg(long, value_name = "FILE")]
    cert: PathBuf,
    /// Where the values may be opened [default: what the Secret's annotations ask for, else strict]
    #[arg(long, value_name = "SCOPE")]
    scope: Option<Scope>,
    /// The name of the Secret, instead of its own
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// The namespace of the Secret, where it says none
    #[arg(long, short = 'n', value_name = "NAMESPACE")]
    namespace: Option<String>,
    /// Seal the variables of a file of `NAME=value` lines; `-` reads standard input
    #[arg(long, value_name = "FILE")]
    from_env_file: Vec<PathBuf>,
    /// Seal one value; without `=VALUE`, which others can see while the command runs, standard
    /// input is the value
    #[arg(long, value_name = "KEY[=VALUE]")]
    from_literal: Vec<String>,
    /// Seal a file's content, under its name or a given key
    #[arg(long, value_name = "[KEY=]FILE")]
    from_file: Vec<String>,
    /// The type of the Secret that values given by name are of
    #[arg(long = "type", value_name = "TYPE")]
    kind: Option<String>,
    /// Accept a Secret without values
    #[arg(long)]
    allow_empty_data: bool,
    /// Put the values into this SealedSecret, and leave all else in it as it is
    #[arg(long, value_name = "FILE", conflicts_with_all = ["output", "format", "name"])]
    merge_into: Option<PathBuf>,
    /// How to write the SealedSecret
    #[arg(long, value_name = "FORMAT", default_value = "yaml")]
    format: Format,
    /// Write it to this file
    #[arg(long, short = 'o', value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Scope {
    /// Under this name in this namespace
    Strict,
    /// Under any name in this namespace
    NamespaceWide,
    /// Anywhere in the cluster
    ClusterWide,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// YAML
    Yaml,
    /// JSON
    Json,
}

/// The operating system's chance.
struct OfSystem;

impl Random for OfSystem {
    fn fill(&mut self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("the operating system gives random bytes");
    }
}

pub(crate) fn run(args: &SealArgs, terminal: &Terminal) -> Result<ExitCode, Failure> {
    let certificate = certificate(&args.cert, terminal)?;
    let mut secrets = secrets(args)?;
    let target = match &args.merge_into {
        Some(path) => Some(Target::read(path)?),
        None => None,
    };
    for secret in &mut secrets {
        name(args, target.as_ref(), secret)?;
        if secret.values.is_empty() && !args.allow_empty_data {
            return Err(
                Failure::user(format!("the Secret `{}` has no values", secret.name()))
                    .help("`--allow-empty-data` seals it all the same"),
            );
        }
    }
    let scope = match (&target, args.scope.map(plimsoll_seal::Scope::from)) {
        (Some(target), Some(scope)) if scope != target.scope => {
            return Err(Failure::user(format!(
                "`{}` is sealed with the scope `{}`, and `{}` is asked for",
                target.path.display(),
                target.scope.name(),
                scope.name()
            ))
            .help("seal all values again, into a new file"));
        }
        (Some(target), _) => Some(target.scope),
        (None, scope) => scope,
    };
    let sealed: Result<Vec<Value>, Failure> = secrets
        .iter()
        .map(|secret| {
            plimsoll_seal::seal(secret, &certificate, scope, &mut OfSystem).map_err(|error| {
                let help = match error {
                    plimsoll_seal::SealError::NoName => "say it with `--name`",
                    plimsoll_seal::SealError::NoNamespace(..) => "say it with `--namespace`",
                    _ => "make the value shorter, or ask for another certificate",
                };
                Failure::user(error.to_string()).help(help)
            })
        })
        .collect();
    let sealed = sealed?;
    if let Some(target) = target {
        return target.merge(&sealed);
    }
    let text: String = sealed
        .iter()
        .map(|object| match args.format {
            Format::Yaml => plimsoll_seal::yaml(object),
            Format::Json => plimsoll_seal::json(object),
        })
        .collect();
    match &args.output {
        Some(path) => files::write(path, |out| out.write_all(text.as_bytes()))?,
        None => terminal::print(&text)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Reads the certificate, and says when it has no say any more.
fn certificate(path: &Path, terminal: &Terminal) -> Result<Certificate, Failure> {
    let text = files::read_text(path, MAX_BYTES)?;
    let certificate = Certificate::parse(&text).map_err(|error| {
        Failure::user(format!("`{}`: {error}", path.display()))
            .help("`kubeseal --fetch-cert > cert.pem` writes the certificate of a cluster")
    })?;
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |now| now.as_secs());
    let days = |seconds: u64| match seconds / 86400 {
        1 => "1 day".to_owned(),
        days => format!("{days} days"),
    };
    if now > certificate.not_after {
        terminal.warn(&format!(
            "the certificate `{}` ended {} ago: the cluster has a newer one, and opens this as long as it keeps the old key",
            path.display(),
            days(now - certificate.not_after)
        ));
    } else if now < certificate.not_before {
        terminal.warn(&format!(
            "the certificate `{}` begins in {}",
            path.display(),
            days(certificate.not_before - now)
        ));
    }
    Ok(certificate)
}

/// The Secrets that are to be sealed, with their values.
fn secrets(args: &SealArgs) -> Result<Vec<Secret>, Failure> {
    let by_name = !(args.from_env_file.is_empty()
        && args.from_literal.is_empty()
        && args.from_file.is_empty());
    if !by_name {
        let path = args.manifest.as_deref().unwrap_or(Path::new("-"));
        let (shown, text) = read(path)?;
        return plimsoll_seal::secrets(&text).map_err(|error| problem(&shown, &text, &error));
    }
    let mut secret = Secret {
        kind: args.kind.clone(),
        ..Secret::default()
    };
    let mut add = |key: String, value: Vec<u8>| {
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if key.is_empty() || !key.chars().all(fits) {
            return Err(Failure::user(format!("`{key}` is no key of a Secret"))
                .help("use letters, digits, `-`, `_` and `.`"));
        }
        match secret.values.insert(key.clone(), value) {
            None => Ok(()),
            Some(_) => Err(Failure::user(format!("`{key}` is given twice"))),
        }
    };
    let dash = Path::new("-");
    let of_stdin = args
        .from_env_file
        .iter()
        .filter(|path| *path == dash)
        .count()
        + args
            .from_literal
            .iter()
            .filter(|literal| !literal.contains('='))
            .count();
    if of_stdin > 1 {
        return Err(Failure::user("standard input is asked for twice")
            .help("seal one value, then the other with `--merge-into`"));
    }
    for path in &args.from_env_file {
        let (shown, text) = read(path)?;
        let values =
            plimsoll_seal::env_file(&text).map_err(|error| problem(&shown, &text, &error))?;
        for (key, value) in values {
            add(key, value)?;
        }
    }
    for literal in &args.from_literal {
        match literal.split_once('=') {
            Some((key, value)) => add(key.to_owned(), value.as_bytes().to_vec())?,
            None => add(literal.clone(), stdin(true)?)?,
        }
    }
    for given in &args.from_file {
        let (key, path) = match given.split_once('=') {
            Some((key, path)) => (key.to_owned(), Path::new(path)),
            None => {
                let path = Path::new(given);
                let name = path.file_name().unwrap_or_default();
                (name.to_string_lossy().into_owned(), path)
            }
        };
        add(key, bytes(path)?)?;
    }
    Ok(vec![secret])
}

/// A text and what its file is called; `-` is standard input.
fn read(path: &Path) -> Result<(String, String), Failure> {
    if path != Path::new("-") {
        return Ok((
            path.to_string_lossy().into_owned(),
            files::read_text(path, MAX_BYTES)?,
        ));
    }
    let text = String::from_utf8(stdin(false)?)
        .map_err(|_| Failure::user("standard input is not UTF-8 text"))?;
    Ok(("<stdin>".to_owned(), text))
}

/// Standard input; as one value without the line break that a terminal or `echo` adds.
fn stdin(value: bool) -> Result<Vec<u8>, Failure> {
    let stdin = std::io::stdin();
    if value && stdin.is_terminal() {
        let value = rpassword::prompt_password("value: ")
            .map_err(|error| Failure::user(format!("cannot read the value: {error}")))?;
        return Ok(value.into_bytes());
    }
    let mut bytes = Vec::new();
    stdin
        .lock()
        .take(MAX_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| Failure::user(format!("cannot read standard input: {error}")))?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(Failure::user(format!(
            "standard input has more than {MAX_BYTES} bytes"
        )));
    }
    if value && bytes.last() == Some(&b'\n') {
        bytes.pop();
    }
    Ok(bytes)
}

fn bytes(path: &Path) -> Result<Vec<u8>, Failure> {
    let shown = path.display();
    let mut bytes = Vec::new();
    fs::File::open(path)
        .and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut bytes))
        .map_err(|error| Failure::user(format!("cannot read `{shown}`: {error}")))?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(Failure::user(format!(
            "`{shown}` has more than {MAX_BYTES} bytes"
        )));
    }
    Ok(bytes)
}

/// What is wrong with an input, with its line. No line is shown: it may hold a value.
fn problem(shown: &str, text: &str, error: &ReadError) -> Failure {
    let before = text.get(..error.range.start as usize).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let failure = Failure::user(format!("{shown}:{line}: {}", error.message));
    match error.help {
        Some(help) => failure.help(help),
        None => failure,
    }
}

/// Gives a Secret the name and the namespace that it is to have.
fn name(args: &SealArgs, target: Option<&Target>, secret: &mut Secret) -> Result<(), Failure> {
    if let Some(target) = target {
        for (what, own, theirs) in [
            ("name", secret.name().to_owned(), &target.name),
            (
                "namespace",
                secret.namespace().to_owned(),
                &target.namespace,
            ),
        ] {
            let bound = match what {
                "name" => target.scope == plimsoll_seal::Scope::Strict,
                _ => target.scope != plimsoll_seal::Scope::ClusterWide,
            };
            if bound && !own.is_empty() && own != *theirs {
                return Err(Failure::user(format!(
                    "the {what} of the Secret is `{own}`, and that of `{}` is `{theirs}`",
                    target.path.display()
                )));
            }
        }
        secret
            .meta
            .insert("name".into(), target.name.as_str().into());
        secret
            .meta
            .insert("namespace".into(), target.namespace.as_str().into());
        return Ok(());
    }
    if let Some(name) = &args.name {
        secret.meta.insert("name".into(), name.as_str().into());
    }
    if let Some(namespace) = &args.namespace {
        let own = secret.namespace().to_owned();
        if !own.is_empty() && own != *namespace {
            return Err(Failure::user(format!(
                "the Secret is in the namespace `{own}`, and `{namespace}` is asked for"
            )));
        }
        secret
            .meta
            .insert("namespace".into(), namespace.as_str().into());
    }
    Ok(())
}

/// A SealedSecret that values are put into.
struct Target {
    path: PathBuf,
    text: String,
    name: String,
    namespace: String,
    scope: plimsoll_seal::Scope,
}

impl Target {
    fn read(path: &Path) -> Result<Self, Failure> {
        let text = files::read_text(path, MAX_BYTES)?;
        let (name, namespace, scope) =
            plimsoll_seal::identity(&text).map_err(|error| match error {
                plimsoll_seal::MergeError::Syntax(range, message) => {
                    let file =
                        SourceFile::written(path.to_string_lossy().into_owned(), text.as_str());
                    let problem = Problem {
                        range,
                        message,
                        help: None,
                    };
                    Failure::in_file(file, vec![problem])
                }
                error => Failure::user(format!("`{}`: {error}", path.display()))
                    .help("give a file with one SealedSecret"),
            })?;
        Ok(Self {
            path: path.to_owned(),
            text,
            name,
            namespace,
            scope,
        })
    }

    fn merge(self, sealed: &[Value]) -> Result<ExitCode, Failure> {
        let mut text = self.text;
        for object in sealed {
            text = plimsoll_seal::merge(&text, object).map_err(|error| {
                Failure::user(format!("`{}`: {error}", self.path.display()))
                    .help("seal into a new file, and put the values in by hand")
            })?;
        }
        files::write(&self.path, |out| out.write_all(text.as_bytes()))?;
        Ok(ExitCode::SUCCESS)
    }
}

impl From<Scope> for plimsoll_seal::Scope {
    fn from(scope: Scope) -> Self {
        match scope {
            Scope::Strict => Self::Strict,
            Scope::NamespaceWide => Self::NamespaceWide,
            Scope::ClusterWide => Self::ClusterWide,
        }
    }
}
