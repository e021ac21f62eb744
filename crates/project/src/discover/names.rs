//! What the name of a file or folder says.

/// The file that makes a folder a Helm chart.
pub const CHART: &str = "Chart.yaml";

/// What the name of a file says about it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Guess {
    /// A Dockerfile.
    Dockerfile,
    /// A Dockerfile if it begins like one: `Dockerfile.py` may be either.
    MaybeDockerfile,
    /// A template that gives a Dockerfile.
    TemplatedDockerfile,
    /// A `.dockerignore`.
    Ignore,
    /// A file that Kustomize looks for by its name.
    Kustomization,
    /// YAML; the content tells what it is.
    Yaml,
    /// JSON; the content tells what it is.
    Json,
    /// A template that gives YAML or JSON; the content tells what for.
    TemplatedYaml,
    /// Jsonnet.
    Jsonnet,
    /// Nothing that a walk picks up.
    Nothing,
}

impl Guess {
    /// Whether the name alone makes the file one to review.
    pub fn is_certain(self) -> bool {
        matches!(
            self,
            Self::Dockerfile | Self::TemplatedDockerfile | Self::Ignore | Self::Kustomization
        )
    }
}

/// Endings of template languages.
const TEMPLATE_ENDINGS: &[&str] = &[
    "ejs", "epp", "erb", "ftl", "gotmpl", "gotpl", "hbs", "in", "j2", "jinja", "jinja2", "liquid",
    "m4", "mako", "mustache", "njk", "template", "tera", "tmpl", "tpl", "tt", "twig",
];

/// Endings that a file called `Dockerfile.…` may have for another reason than its variant.
const FOREIGN_ENDINGS: &[&str] = &[
    "adoc",
    "asc",
    "bak",
    "cfg",
    "conf",
    "cs",
    "css",
    "csv",
    "diff",
    "env",
    "go",
    "gz",
    "html",
    "ini",
    "java",
    "js",
    "json",
    "jsx",
    "kt",
    "lock",
    "log",
    "lua",
    "md",
    "md5",
    "mdx",
    "mk",
    "old",
    "orig",
    "patch",
    "php",
    "pl",
    "properties",
    "proto",
    "ps1",
    "py",
    "rb",
    "rej",
    "rs",
    "rst",
    "save",
    "scala",
    "sh",
    "sha1",
    "sha256",
    "sha512",
    "sig",
    "snap",
    "sql",
    "sum",
    "svg",
    "swift",
    "swp",
    "tf",
    "toml",
    "ts",
    "tsx",
    "txt",
    "vim",
    "xml",
    "yaml",
    "yml",
    "zip",
];

/// JSON files of other tools, some of them large, that are never manifests.
const FOREIGN_JSON: &[&str] = &[
    "angular.json",
    "app.json",
    "appsettings.json",
    "biome.json",
    "bower.json",
    "cdk.json",
    "components.json",
    "composer.json",
    "deno.json",
    "firebase.json",
    "lerna.json",
    "manifest.webmanifest",
    "npm-shrinkwrap.json",
    "nx.json",
    "package-lock.json",
    "package.json",
    "packages.lock.json",
    "project.json",
    "renovate.json",
    "settings.json",
    "tsconfig.json",
    "turbo.json",
    "vercel.json",
];

/// YAML files of other tools, some of them large, that are never manifests.
const FOREIGN_YAML: &[&str] = &[
    ".pre-commit-config.yaml",
    ".travis.yml",
    "azure-pipelines.yml",
    "mkdocs.yml",
    "pnpm-lock.yaml",
    "pnpm-workspace.yaml",
    "pubspec.lock",
    "pubspec.yaml",
];

/// Folders that no walk enters, whether or not git ignores them: version control, installed
/// dependencies, build output and the state of tools. `.github` holds workflows, which are not
/// reviewed.
const SKIPPED_DIRS: &[&str] = &[
    ".aws-sam",
    ".bundle",
    ".bzr",
    ".cache",
    ".cargo",
    ".direnv",
    ".eggs",
    ".git",
    ".github",
    ".gradle",
    ".hg",
    ".idea",
    ".ipynb_checkpoints",
    ".jj",
    ".m2",
    ".mypy_cache",
    ".next",
    ".nox",
    ".npm",
    ".nuxt",
    ".parcel-cache",
    ".pnpm-store",
    ".pytest_cache",
    ".ruff_cache",
    ".rustup",
    ".serverless",
    ".svelte-kit",
    ".svn",
    ".terraform",
    ".terragrunt-cache",
    ".tox",
    ".turbo",
    ".venv",
    ".vscode",
    ".yarn",
    "__pycache__",
    "bower_components",
    "jspm_packages",
    "node_modules",
    "site-packages",
    "target",
    "vendor",
    "venv",
];

/// Whether a walk stays out of a folder of this name.
pub fn is_skipped_dir(name: &str) -> bool {
    SKIPPED_DIRS.binary_search(&name).is_ok()
}

/// What the name of a file (its last part) says. Letters count without their case, as on the
/// file systems of two of three desktops.
pub fn guess(name: &str) -> Guess {
    // Nearly all files of a repository end here, before anything is allocated.
    let is_interesting = name.len() > 4
        && [
            "ocker",
            "OCKER",
            "ontainerfile",
            ".y",
            ".Y",
            ".j",
            ".J",
            "sonnet",
            "ustomization",
        ]
        .iter()
        .any(|part| name.contains(part));
    if !is_interesting {
        return Guess::Nothing;
    }
    let lower = name.to_ascii_lowercase();
    if lower.ends_with(".dockerignore") {
        return Guess::Ignore;
    }
    if let Some(guess) = dockerfile(&lower) {
        return guess;
    }
    if matches!(
        name,
        "kustomization.yaml" | "kustomization.yml" | "Kustomization"
    ) {
        return Guess::Kustomization;
    }
    let Some((stem, ending)) = lower.rsplit_once('.') else {
        return Guess::Nothing;
    };
    match ending {
        "yaml" | "yml" if !FOREIGN_YAML.contains(&lower.as_str()) => Guess::Yaml,
        "json" if !FOREIGN_JSON.contains(&lower.as_str()) => Guess::Json,
        "jsonnet" | "libsonnet" => Guess::Jsonnet,
        ending if TEMPLATE_ENDINGS.contains(&ending) => match stem.rsplit_once('.') {
            Some((_, "yaml" | "yml" | "json")) => Guess::TemplatedYaml,
            _ => Guess::Nothing,
        },
        _ => Guess::Nothing,
    }
}

/// `Dockerfile`, `Dockerfile.dev`, `Dockerfile-alpine`, `api.Dockerfile`, `Containerfile`, …
fn dockerfile(lower: &str) -> Option<Guess> {
    const NAMES: [&str; 2] = ["dockerfile", "containerfile"];
    if NAMES.contains(&lower) {
        return Some(Guess::Dockerfile);
    }
    for name in NAMES {
        if let Some(front) = lower.strip_suffix(name)
            && front.ends_with(['.', '-', '_'])
        {
            return Some(Guess::Dockerfile);
        }
        let variant = lower
            .strip_prefix(name)
            .filter(|rest| rest.starts_with(['.', '-', '_']));
        let inner = lower.rsplit_once('.').map_or("", |(stem, _)| stem);
        let ending = lower.rsplit_once('.').map_or("", |(_, ending)| ending);
        if variant.is_none() && !(inner.ends_with(name) && TEMPLATE_ENDINGS.contains(&ending)) {
            continue;
        }
        return Some(if TEMPLATE_ENDINGS.contains(&ending) {
            Guess::TemplatedDockerfile
        } else if FOREIGN_ENDINGS.contains(&ending) || lower.ends_with('~') {
            Guess::MaybeDockerfile
        } else {
            Guess::Dockerfile
        });
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{FOREIGN_ENDINGS, Guess, SKIPPED_DIRS, TEMPLATE_ENDINGS, guess, is_skipped_dir};

    #[test]
    fn names_are_told_apart() {
        for (name, expected) in [
            ("Dockerfile", Guess::Dockerfile),
            ("dockerfile", Guess::Dockerfile),
            ("Dockerfile.dev", Guess::Dockerfile),
            ("Dockerfile-alpine", Guess::Dockerfile),
            ("Dockerfile_gpu", Guess::Dockerfile),
            ("api.Dockerfile", Guess::Dockerfile),
            ("api.dockerfile", Guess::Dockerfile),
            ("Containerfile", Guess::Dockerfile),
            ("Containerfile.rhel9", Guess::Dockerfile),
            ("Dockerfile.3.12", Guess::Dockerfile),
            ("Dockerfile.py", Guess::MaybeDockerfile),
            ("Dockerfile.md", Guess::MaybeDockerfile),
            ("Dockerfile_trixie.md5", Guess::MaybeDockerfile),
            ("dockerfile-context.mdx", Guess::MaybeDockerfile),
            ("Dockerfile.test", Guess::Dockerfile),
            ("Dockerfile~", Guess::Nothing),
            ("Dockerfile.dev~", Guess::MaybeDockerfile),
            ("Dockerfile.j2", Guess::TemplatedDockerfile),
            ("Dockerfile-debian.template", Guess::TemplatedDockerfile),
            ("api.Dockerfile.tmpl", Guess::TemplatedDockerfile),
            ("Dockerfiles", Guess::Nothing),
            ("dockerfile_parser.rs", Guess::MaybeDockerfile),
            ("mydockerfile", Guess::Nothing),
            (".dockerignore", Guess::Ignore),
            ("Dockerfile.dockerignore", Guess::Ignore),
            ("api.Dockerfile.dockerignore", Guess::Ignore),
            ("compose.yaml", Guess::Yaml),
            ("a.YML", Guess::Yaml),
            ("pnpm-lock.yaml", Guess::Nothing),
            ("deploy.json", Guess::Json),
            ("package-lock.json", Guess::Nothing),
            ("deploy.yaml.j2", Guess::TemplatedYaml),
            ("deploy.yml.erb", Guess::TemplatedYaml),
            ("page.html.j2", Guess::Nothing),
            ("main.jsonnet", Guess::Jsonnet),
            ("k.libsonnet", Guess::Jsonnet),
            ("kustomization.yaml", Guess::Kustomization),
            ("Kustomization", Guess::Kustomization),
            ("main.js", Guess::Nothing),
            ("a.yaml.txt", Guess::Nothing),
            ("", Guess::Nothing),
        ] {
            assert_eq!(guess(name), expected, "{name}");
        }
    }

    #[test]
    fn tables_are_sorted() {
        assert!(SKIPPED_DIRS.is_sorted() && TEMPLATE_ENDINGS.is_sorted());
        assert!(FOREIGN_ENDINGS.is_sorted());
        assert!(is_skipped_dir("node_modules") && !is_skipped_dir(".devcontainer"));
    }
}
