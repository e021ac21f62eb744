//! Files of a build context by what they are: keys and settings with secrets, and bulk that no
//! image needs.

use plimsoll_secrets::address::embedded;
use plimsoll_secrets::placeholder::{is_placeholder, says_it_stands_in};
use plimsoll_secrets::random::looks_random;
use plimsoll_secrets::{Worth, names_secret, worth};
use plimsoll_source::files::{file_name, join, parent};

use super::build_context::View;

/// Folders whose files are there to be tried on, not to be kept secret.
const TEST_FOLDERS: &[&str] = &[
    "test",
    "tests",
    "testdata",
    "test_resources",
    "test-resources",
    "testing",
    "suites",
    "e2e",
    "fixtures",
    "mock",
    "mocks",
    "fixture",
    "examples",
    "example",
    "__tests__",
    "spec",
];

/// The largest file whose content is looked at, in bytes.
const MAX_LOOK: u64 = 256 * 1024;

/// Whether a value is an address with a password that is more than a stand-in, and that nobody would
/// guess.
fn has_password(value: &str) -> bool {
    embedded(value).into_iter().any(|range| {
        // `postgres://shop:shop@db`.
        let before = value[..range.start].trim_end_matches(':');
        let user = before.rsplit('/').next().unwrap_or_default();
        let password = &value[range];
        let is_real = worth(password, &[user.to_ascii_lowercase()]) >= Worth::Real;
        is_real && !is_placeholder(password) && !says_it_stands_in(password)
    })
}

/// The settings of an `.env` file, without quotes.
fn settings(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let lines = text.lines().map(str::trim);
    let lines = lines.map(|line| line.strip_prefix("export ").unwrap_or(line));
    let lines = lines.filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| {
        let (name, value) = line.split_once('=')?;
        Some((name.trim(), value.trim().trim_matches(['"', '\''])))
    })
}

/// Whether a value is one that only a machine makes up: a token, a key of so many characters.
fn is_made_by_machine(value: &str) -> bool {
    const MIN_KEY: usize = 32;
    matches!(worth(value, &[]), Worth::Token(_)) || value.len() >= MIN_KEY && looks_random(value)
}

/// Whether a file that holds a secret holds one that looks real: of several such files it is the one to
/// begin with.
pub(crate) fn looks_real(view: View<'_>, path: &str) -> bool {
    let name = file_name(path);
    let is_settings = name.starts_with(".env") || name.ends_with(".env");
    !is_settings
        || view.read(path).is_some_and(|text| {
            settings(&text).any(|(name, value)| names_secret(name) && is_made_by_machine(value))
        })
}

/// Whether a file of the context holds a secret, by its name and then by its content.
pub(crate) fn holds_secret(view: View<'_>, path: &str, len: u64) -> bool {
    let is_of_tests = |part: &str| {
        TEST_FOLDERS.contains(&part)
            || part
                .split_once('-')
                .is_some_and(|(first, _)| first == "test")
            || part
                .rsplit_once('-')
                .is_some_and(|(_, last)| matches!(last, "fixtures" | "tests"))
    };
    if path.split('/').any(is_of_tests) || len == 0 || len > MAX_LOOK {
        return false;
    }
    let name = file_name(path).to_ascii_lowercase();
    // A certificate for `localhost` proves nothing to anybody else.
    let sample = [
        "example",
        "sample",
        "template",
        "dist",
        "defaults",
        "test",
        "dusk",
        "e2e",
        "localhost",
        "snakeoil",
        "selfsigned",
        "self-signed",
    ]
    .iter()
    .any(|mark| name.contains(mark));
    if sample || name.ends_with(".pub") || name == ".env.ci" {
        return false;
    }
    // Pages, notes and programs are none, whatever they are called.
    let is_text = [
        ".html", ".htm", ".md", ".rst", ".go", ".ts", ".js", ".py", ".rb", ".java", ".cs", ".rs",
        ".erb", ".j2", ".tpl", ".tmpl",
    ];
    let is_settings = (name == ".env" || name.starts_with(".env.") || name.ends_with(".env"))
        && !is_text.iter().any(|ending| name.ends_with(ending));
    // Symfony keeps defaults there, and what is secret in `.env.local`.
    let defaults = matches!(&*name, ".env" | ".env.dev");
    let symfony = join(parent(path), "symfony.lock").filter(|_| defaults);
    if symfony.is_some_and(|lock| view.read(&lock).is_some()) {
        return false;
    }
    let is_key = name.starts_with("id_")
        || [".pem", ".key", ".p8"]
            .iter()
            .any(|ending| name.ends_with(ending));
    let is_login = matches!(
        &*name,
        ".netrc"
            | ".npmrc"
            | ".pypirc"
            | ".git-credentials"
            | ".pgpass"
            | "credentials.json"
            | "service-account.json"
            | "kubeconfig"
    ) || path.ends_with(".aws/credentials")
        || path.ends_with(".kube/config")
        || path.ends_with(".docker/config.json");
    if !(is_settings || is_key || is_login) {
        return [".p12", ".pfx", ".kdbx"]
            .iter()
            .any(|ending| name.ends_with(ending));
    }
    let Some(text) = view.read(path) else {
        return false;
    };
    if is_key {
        return text.contains("PRIVATE KEY");
    }
    if is_settings {
        // Words will do as passwords of a developer's machine.
        let is_local = name.contains("development");
        return settings(&text).any(|(name, value)| {
            let stands_in = is_placeholder(value) || says_it_stands_in(value);
            let real = worth(value, &[]) >= Worth::Real && !stands_in;
            let is_made = !is_local || is_made_by_machine(value);
            is_made && names_secret(name) && real || !is_local && has_password(value)
        });
    }
    let lower = text.to_ascii_lowercase();
    [
        "_authtoken=",
        "_auth=",
        "password",
        "private_key",
        "\"auth\"",
        "aws_secret_access_key",
        "client-key-data",
        "token:",
        "://",
    ]
    .iter()
    .any(|mark| lower.contains(mark) && !lower.contains("${"))
        && (name != ".npmrc" || lower.contains("_auth"))
}

/// A folder or kind of file that no image needs.
#[derive(Clone, Copy)]
pub(crate) struct Bulk {
    /// What to write into `.dockerignore`.
    pub(crate) pattern: &'static str,
}

const PATTERNS: &[(&str, &str)] = &[
    (".git", ".git"),
    ("node_modules", "**/node_modules"),
    (".venv", "**/.venv"),
    ("venv", "**/venv"),
    (".tox", "**/.tox"),
    (".terraform", "**/.terraform"),
    ("__pycache__", "**/__pycache__"),
    (".pytest_cache", "**/.pytest_cache"),
    (".mypy_cache", "**/.mypy_cache"),
    (".ruff_cache", "**/.ruff_cache"),
    (".gradle", "**/.gradle"),
    (".idea", "**/.idea"),
    (".vscode", "**/.vscode"),
    (".next", "**/.next"),
    (".nuxt", "**/.nuxt"),
    ("coverage", "**/coverage"),
];

/// What kind of bulk a path belongs to.
pub(crate) fn bulk(path: &str) -> Option<Bulk> {
    for part in path.split('/').rev().skip(1) {
        if let Some((_, pattern)) = PATTERNS.iter().find(|(folder, _)| *folder == part) {
            return Some(Bulk { pattern });
        }
    }
    file_name(path).ends_with(".log").then_some(Bulk {
        pattern: "**/*.log",
    })
}
