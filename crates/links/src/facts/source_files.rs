//! Which files are the source of a program, by their paths.

use plimsoll_source::files::file_name;

/// Files that programs are written or configured in.
const ENDINGS: &[&str] = &[
    "c",
    "cc",
    "cfg",
    "clj",
    "cljs",
    "conf",
    "cpp",
    "cs",
    "cshtml",
    "csproj",
    "dart",
    "ex",
    "exs",
    "fs",
    "go",
    "groovy",
    "h",
    "hs",
    "html",
    "ini",
    "java",
    "jl",
    "js",
    "json",
    "jsx",
    "kt",
    "kts",
    "lua",
    "mjs",
    "cjs",
    "mts",
    "cts",
    "ml",
    "php",
    "pl",
    "properties",
    "proto",
    "py",
    "r",
    "rb",
    "rs",
    "scala",
    "sh",
    "svelte",
    "swift",
    "template",
    "toml",
    "ts",
    "tsx",
    "vue",
    "xml",
    "yaml",
    "yml",
    "conf",
    "erb",
    "ru",
    "tmpl",
    "j2",
];

/// Folders whose files are not the program's own.
const LEFT_OUT: &[&str] = &[
    "node_modules",
    "vendor",
    ".git",
    "test",
    "tests",
    "__tests__",
    "spec",
    "dist",
    "docs",
    "testdata",
    ".venv",
    "venv",
    "site-packages",
    "target",
    "bin",
    "obj",
    "charts",
    "k8s",
    "kubernetes",
    "manifests",
    "kustomize",
    "deploy",
    "deployment",
    "helm",
    ".k8s",
    ".helm",
    "compose",
    "overlays",
];

/// Whether a file may be a part of a program, by its path.
pub(super) fn is_source(path: &str) -> bool {
    let name = file_name(path);
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    let folders = path[..path.len() - name.len()].split('/');
    let compose = name.contains("compose") || name.starts_with("values");
    !compose
        && !name.ends_with(".min.js")
        && !matches!(
            name,
            "package-lock.json" | "pnpm-lock.yaml" | "composer.lock"
        )
        && (ENDINGS.contains(&ending) || name.starts_with(".env.example"))
        && !name.starts_with(".env")
        && !folders
            .into_iter()
            .any(|folder| LEFT_OUT.contains(&folder.to_ascii_lowercase().as_str()))
        && !is_test(name)
}

fn is_test(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or("");
    stem.ends_with("_test")
        || stem.ends_with("Test")
        || stem.ends_with("Tests")
        || stem.starts_with("test_")
        || name.contains(".spec.")
        || name.contains(".test.")
}

/// Whether a file holds code, not only settings or pages.
pub(super) fn is_program(path: &str) -> bool {
    let ending = file_name(path).rsplit_once('.').map_or("", |(_, e)| e);
    !matches!(
        ending,
        "cfg"
            | "conf"
            | "html"
            | "ini"
            | "json"
            | "properties"
            | "toml"
            | "xml"
            | "yaml"
            | "yml"
            | "template"
            | "tmpl"
            | "sh"
            | "j2"
            | "proto"
            | "csproj"
            | ""
    )
}
