//! Package managers of languages, and which files they read.

/// A package manager or build tool of a language.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
#[expect(missing_docs, reason = "the tools' own names")]
pub enum Tool {
    Npm,
    Yarn,
    Pnpm,
    Bun,
    Pip,
    Uv,
    Poetry,
    Pdm,
    Pipenv,
    Go,
    Cargo,
    Maven,
    Gradle,
    Bundler,
    Gem,
    Composer,
    Dotnet,
    Mix,
}

/// What is known of a tool.
#[derive(Debug)]
pub struct Knowledge {
    /// The command that people type.
    pub name: &'static str,
    /// Its lock files, the usual one first.
    pub locks: &'static [&'static str],
    /// The files that say what to install, the one that must be there first.
    pub manifests: &'static [&'static str],
    /// Further files and folders that an installation may read: settings, patches, toolchains.
    /// A `*` stands for any text.
    pub settings: &'static [&'static str],
}

const JS_SETTINGS: &[&str] = &[
    ".npmrc",
    ".yarnrc",
    ".yarnrc.yml",
    ".yarn",
    ".pnp.cjs",
    ".pnp.loader.mjs",
    ".pnpmfile.cjs",
    ".nvmrc",
    ".node-version",
    ".tool-versions",
    "bunfig.toml",
    "lerna.json",
    "nx.json",
    "turbo.json",
    "patches",
    "pnpm-workspace.yaml",
    "tsconfig*.json",
    "prisma",
    ".husky",
    "rush.json",
    "scripts",
    "tools",
    "yarn-*.cjs",
    "*.tgz",
];
const JS_LOCKS: [&str; 6] = [
    "package-lock.json",
    "npm-shrinkwrap.json",
    "yarn.lock",
    "pnpm-lock.yaml",
    "bun.lock",
    "bun.lockb",
];
const PY_SETTINGS: &[&str] = &[
    "setup.cfg",
    "setup.py",
    "requirements*",
    "constraints*",
    "pyproject.toml",
    "poetry.toml",
    "uv.toml",
    ".python-version",
    "pip.conf",
    "MANIFEST.in",
    "environment*.y*ml",
    "*.whl",
    "README*",
    "LICENSE*",
    "VERSION*",
    "uv.lock",
    "poetry.lock",
    "pdm.lock",
    "pdm.toml",
    "Pipfile",
    "Pipfile.lock",
    "tox.ini",
    "wheels",
    "wheelhouse",
];

impl Tool {
    /// What is known of it.
    pub const fn knowledge(self) -> &'static Knowledge {
        match self {
            Self::Npm => &Knowledge {
                name: "npm",
                locks: &["package-lock.json", "npm-shrinkwrap.json"],
                manifests: &["package.json"],
                settings: JS_SETTINGS,
            },
            Self::Yarn => &Knowledge {
                name: "yarn",
                locks: &["yarn.lock"],
                manifests: &["package.json"],
                settings: JS_SETTINGS,
            },
            Self::Pnpm => &Knowledge {
                name: "pnpm",
                locks: &["pnpm-lock.yaml"],
                manifests: &["package.json"],
                settings: JS_SETTINGS,
            },
            Self::Bun => &Knowledge {
                name: "bun",
                locks: &["bun.lock", "bun.lockb"],
                manifests: &["package.json"],
                settings: JS_SETTINGS,
            },
            Self::Pip => &Knowledge {
                name: "pip",
                locks: &[],
                manifests: &["requirements.txt"],
                settings: PY_SETTINGS,
            },
            Self::Uv => &Knowledge {
                name: "uv",
                locks: &["uv.lock"],
                manifests: &["pyproject.toml"],
                settings: PY_SETTINGS,
            },
            Self::Poetry => &Knowledge {
                name: "poetry",
                locks: &["poetry.lock"],
                manifests: &["pyproject.toml"],
                settings: PY_SETTINGS,
            },
            Self::Pdm => &Knowledge {
                name: "pdm",
                locks: &["pdm.lock"],
                manifests: &["pyproject.toml"],
                settings: PY_SETTINGS,
            },
            Self::Pipenv => &Knowledge {
                name: "pipenv",
                locks: &["Pipfile.lock"],
                manifests: &["Pipfile"],
                settings: PY_SETTINGS,
            },
            Self::Go => &Knowledge {
                name: "go",
                locks: &["go.sum"],
                manifests: &["go.mod"],
                settings: &[
                    "go.work",
                    "go.work.sum",
                    "vendor",
                    ".netrc",
                    "Makefile",
                    "tools.go",
                ],
            },
            Self::Cargo => &Knowledge {
                name: "cargo",
                locks: &["Cargo.lock"],
                manifests: &["Cargo.toml"],
                settings: &[
                    ".cargo",
                    "rust-toolchain*",
                    "build.rs",
                    "vendor",
                    "rustfmt.toml",
                ],
            },
            Self::Maven => &Knowledge {
                name: "mvn",
                locks: &[],
                manifests: &["pom.xml"],
                settings: &[
                    ".mvn",
                    "mvnw",
                    "mvnw.cmd",
                    "settings*.xml",
                    "*.pom",
                    "repo",
                    "lib",
                ],
            },
            Self::Gradle => &Knowledge {
                name: "gradle",
                locks: &["gradle.lockfile"],
                manifests: &["build.gradle", "build.gradle.kts"],
                settings: &[
                    "settings.gradle",
                    "settings.gradle.kts",
                    "gradle.properties",
                    "gradle",
                    "gradlew",
                    "gradlew.bat",
                    "buildSrc",
                    "*.gradle",
                    "*.gradle.kts",
                    "libs",
                    "build-logic",
                    "local.properties",
                ],
            },
            Self::Bundler => &Knowledge {
                name: "bundle",
                locks: &["Gemfile.lock", "gems.locked"],
                manifests: &["Gemfile", "gems.rb"],
                settings: &[
                    "*.gemspec",
                    ".ruby-version",
                    ".bundle",
                    "vendor",
                    ".tool-versions",
                    "Gemfile*",
                    "version.rb",
                ],
            },
            Self::Gem => &Knowledge {
                name: "gem",
                locks: &[],
                manifests: &[],
                settings: &[],
            },
            Self::Composer => &Knowledge {
                name: "composer",
                locks: &["composer.lock"],
                manifests: &["composer.json"],
                settings: &["symfony.lock", "auth.json", "patches", ".composer"],
            },
            Self::Dotnet => &Knowledge {
                name: "dotnet",
                locks: &["packages.lock.json"],
                manifests: &["*.csproj", "*.fsproj", "*.vbproj", "*.sln", "*.slnx"],
                settings: &[
                    "*.props",
                    "*.targets",
                    "nuget.config",
                    "NuGet.config",
                    "NuGet.Config",
                    "global.json",
                    "paket.*",
                    ".config",
                    ".paket",
                    "*.dcproj",
                    "*.ruleset",
                ],
            },
            Self::Mix => &Knowledge {
                name: "mix",
                locks: &["mix.lock"],
                manifests: &["mix.exs"],
                settings: &[
                    "config",
                    "VERSION",
                    ".tool-versions",
                    ".formatter.exs",
                    "rel",
                ],
            },
        }
    }

    /// The tools that read the same kind of manifest: an installation by one of them before the
    /// source is copied does for all.
    pub const fn family(self) -> u8 {
        match self {
            Self::Npm | Self::Yarn | Self::Pnpm | Self::Bun => 0,
            Self::Pip | Self::Uv | Self::Poetry | Self::Pdm | Self::Pipenv => 1,
            Self::Go => 2,
            Self::Cargo => 3,
            Self::Maven => 4,
            Self::Gradle => 5,
            Self::Bundler | Self::Gem => 6,
            Self::Composer => 7,
            Self::Dotnet => 8,
            Self::Mix => 9,
        }
    }

    /// Files beside the manifest that decide what is installed and from where: to be copied with
    /// it.
    pub const fn companions(self) -> &'static [&'static str] {
        match self {
            Self::Npm => &[".npmrc"],
            Self::Yarn => &[".yarnrc.yml", ".yarnrc", ".yarn", ".npmrc"],
            Self::Pnpm => &["pnpm-workspace.yaml", ".npmrc", ".pnpmfile.cjs", "patches"],
            Self::Bun => &["bunfig.toml", ".npmrc"],
            Self::Uv => &[".python-version"],
            Self::Go => &["go.work", "go.work.sum"],
            Self::Cargo => &[".cargo", "rust-toolchain.toml", "rust-toolchain"],
            Self::Maven => &["mvnw", ".mvn"],
            Self::Gradle => &[
                "settings.gradle",
                "settings.gradle.kts",
                "gradle.properties",
                "gradlew",
                "gradle",
            ],
            Self::Bundler => &[".ruby-version", "*.gemspec"],
            Self::Composer => &["symfony.lock"],
            Self::Dotnet => &[
                "Directory.Build.props",
                "Directory.Build.targets",
                "Directory.Packages.props",
                "NuGet.config",
                "nuget.config",
                "NuGet.Config",
                "global.json",
            ],
            Self::Mix => &["config"],
            Self::Pip | Self::Poetry | Self::Pdm | Self::Pipenv | Self::Gem => &[],
        }
    }

    /// Whether a file of this name says what to install or how, as against being source.
    pub fn reads(self, name: &str) -> bool {
        let known = self.knowledge();
        let js = matches!(self, Self::Npm | Self::Yarn | Self::Pnpm | Self::Bun);
        (js && JS_LOCKS.contains(&name))
            || [known.locks, known.manifests, known.settings]
                .iter()
                .flat_map(|list| list.iter())
                .any(|pattern| meets(pattern, name))
    }
}

/// Whether a file with this ending is source of some language.
pub fn is_code(ending: &str) -> bool {
    const ENDINGS: &[&str] = &[
        "astro", "c", "cc", "clj", "cljs", "cpp", "cs", "cshtml", "css", "dart", "ejs", "elm",
        "erl", "ex", "exs", "fs", "go", "groovy", "h", "haml", "hs", "htm", "html", "java", "jl",
        "js", "jsx", "kt", "less", "lua", "mjs", "ml", "php", "pl", "pm", "proto", "py", "r",
        "razor", "rb", "rs", "sass", "scala", "scss", "svelte", "swift", "ts", "tsx", "twig", "vb",
        "vue", "zig",
    ];
    ENDINGS.binary_search(&ending).is_ok()
}

/// Whether two names with `*` for any text can mean one file. Both are short.
pub fn meets(pattern: &str, name: &str) -> bool {
    fn walk(a: &[u8], b: &[u8]) -> bool {
        match (a.first(), b.first()) {
            (None, None) => true,
            (Some(b'*'), _) if walk(&a[1..], b) => true,
            (_, Some(b'*')) if walk(a, &b[1..]) => true,
            (Some(b'*'), Some(_)) => walk(a, &b[1..]),
            (Some(_), Some(b'*')) => walk(&a[1..], b),
            (Some(x), Some(y)) => x == y && walk(&a[1..], &b[1..]),
            _ => false,
        }
    }
    let stars = |text: &str| text.bytes().filter(|&b| b == b'*').count();
    // The walk is exponential in the number of stars; real names have one or two.
    stars(pattern) + stars(name) <= 4 && walk(pattern.as_bytes(), name.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::{Tool, is_code, meets};

    #[test]
    fn manifests_are_told_from_source() {
        for name in [
            "package.json",
            "package*.json",
            "yarn.lock",
            ".npmrc",
            "package-lock.json",
        ] {
            assert!(Tool::Npm.reads(name), "{name}");
        }
        for name in ["index.js", "src", "public"] {
            assert!(!Tool::Npm.reads(name), "{name}");
        }
        assert!(Tool::Pip.reads("requirements-dev.txt") && Tool::Dotnet.reads("App.csproj"));
        assert!(Tool::Gradle.reads("build.gradle.kts") && !Tool::Gradle.reads("src"));
        assert!(meets("a*c", "abc") && meets("*", "x") && !meets("a*", "b*"));
        assert!(!meets("********", "aaaaaaaaaaaaaaaaaaaaaaaa"));
        assert!(is_code("py") && is_code("zig") && is_code("astro") && !is_code("json"));
    }
}
