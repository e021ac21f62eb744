//! How a file is read, by its name: settings, code, prose or data.

/// How a file is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Manner {
    /// Values may stand without quotes: `.env`, YAML, INI, shell.
    Settings,
    /// Values are literals in quotes.
    Code,
    /// Text for people: what stands under a name is an example.
    Prose,
    /// Lists of hashes, tables, packed code: only forms count.
    Data,
}

const SETTINGS: &[&str] = &[
    "bash",
    "bat",
    "cfg",
    "cmd",
    "cnf",
    "conf",
    "config",
    "dockerfile",
    "env",
    "hcl",
    "http",
    "ini",
    "j2",
    "json",
    "json5",
    "jsonc",
    "plist",
    "properties",
    "ps1",
    "rest",
    "service",
    "sh",
    "tf",
    "tfstate",
    "tfvars",
    "toml",
    "tpl",
    "yaml",
    "yml",
    "xml",
    "zsh",
];

const PROSE: &[&str] = &[
    "adoc", "asciidoc", "htm", "html", "md", "mdx", "markdown", "org", "po", "pot", "rst", "tex",
    "txt",
];

const DATA: &[&str] = &[
    "crt", "css", "csv", "der", "drawio", "har", "ipynb", "lock", "log", "map", "patch", "pub",
    "resx", "snap", "sum", "svg", "tsv", "xliff", "xlf",
];

/// Files of hashes whatever their ending is.
const LOCKS: &[&str] = &[
    "bun.lock",
    "deno.lock",
    "flake.lock",
    "gradle.lockfile",
    "npm-shrinkwrap.json",
    "package-lock.json",
    "package.resolved",
    "packages.lock.json",
    "pnpm-lock.yaml",
    "sops.yaml",
    "verification-metadata.xml",
];

impl Manner {
    /// How the file at `path` is read.
    pub(super) fn of(path: &str, text: &str) -> Self {
        let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
        if LOCKS.contains(&name.as_str()) || name.contains(".min.") || is_encrypted(text) {
            return Self::Data;
        }
        if name.starts_with(".env") || name.starts_with("dockerfile") {
            return Self::Settings;
        }
        // `README.md.gotmpl` becomes prose.
        if name.contains(".md.") {
            return Self::Prose;
        }
        // Files of tools and scripts: `.npmrc`, `Makefile`, `kubeconfig`.
        let Some((_, ending)) = name.rsplit_once('.') else {
            return Self::Settings;
        };
        if name.starts_with('.') && name.matches('.').count() == 1 {
            return Self::Settings;
        }
        if SETTINGS.contains(&ending) {
            Self::Settings
        } else if PROSE.contains(&ending) {
            Self::Prose
        } else if DATA.contains(&ending) {
            Self::Data
        } else {
            Self::Code
        }
    }
}

/// Whether the file is encrypted as a whole by SOPS, or holds sealed values only.
fn is_encrypted(text: &str) -> bool {
    (text.contains("ENC[AES256_GCM,") && text.contains("sops"))
        || text.starts_with("$ANSIBLE_VAULT;")
}

const SAMPLE_FOLDERS: &[&str] = &[
    "__fixtures__",
    "__mocks__",
    "__snapshots__",
    "__tests__",
    "bench",
    "benches",
    "benchmark",
    "benchmarks",
    "cypress",
    "demo",
    "demos",
    "doc",
    "docs",
    "documentation",
    "e2e",
    "example",
    "examples",
    "fixture",
    "fixtures",
    "guides",
    "i18n",
    "integration-tests",
    "integration_tests",
    "locale",
    "locales",
    "mock",
    "mocks",
    "quickstart",
    "sample",
    "samples",
    "spec",
    "specs",
    "stories",
    "test",
    "test-data",
    "test-fixtures",
    "test_data",
    "testdata",
    "testing",
    "tests",
    "testutil",
    "testutils",
    "translations",
    "tutorial",
    "tutorials",
    "website",
];

/// Whether a path says that what it holds is there to be tried or read: tests, examples, manuals.
/// What stands there under a name is seldom a secret.
pub fn is_sample(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    let (folders, name) = lower.rsplit_once('/').unwrap_or(("", &lower));
    let marks = [
        "example",
        "sample",
        "template",
        "fixture",
        "mock",
        ".dist",
        ".test.",
        ".spec.",
        "_test.",
        "_spec.",
        "-test.",
        ".stories.",
        ".tests.",
        "defaults",
    ];
    folders.split('/').any(|part| {
        SAMPLE_FOLDERS.contains(&part)
            || [
                "-example",
                "-examples",
                "-test",
                "-tests",
                "_test",
                "_tests",
                ".tests",
                ".test",
                "-e2e",
                "-demo",
            ]
            .iter()
            .any(|end| part.ends_with(end))
    }) || marks.iter().any(|mark| name.contains(mark))
        || name.starts_with("test")
        || [
            "test.java",
            "tests.java",
            "test.kt",
            "tests.cs",
            "test.cs",
            "test.php",
            "test.groovy",
            "test.scala",
            "it.java",
        ]
        .iter()
        .any(|end| name.ends_with(end))
        || matches!(Manner::of(path, ""), Manner::Prose)
}
