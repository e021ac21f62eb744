//! The images that generated ones are built on, and the versions of tools that are installed into
//! them.
//!
//! State of 2026-11-26. Debian 13 (trixie) where an image has it, in its slim variant: the C
//! library that prebuilt packages of Python, Node and Ruby are made for, with security fixes until
//! 2030. Images of the JVM and of .NET are made on Ubuntu 24.04 (noble). A static Go program gets
//! the smallest there is, with certificates and time zones and nothing else. Tags name a release
//! series and not a patch, so that a build takes fixes; `--pin` adds digests.

/// uv, of which only the program is taken.
pub(super) const UV: &str = "ghcr.io/astral-sh/uv:0.13.8";
/// Composer, of which only the program is taken.
pub(super) const COMPOSER: &str = "composer:2.9";
/// What hands out files: the stable series.
pub(super) const NGINX: &str = "nginx:1.30-trixie";
/// For programs that need a C library or more.
pub(super) const DEBIAN: &str = "debian:trixie-slim";
/// For programs that need nothing.
pub(super) const STATIC: &str = "gcr.io/distroless/static-debian13:nonroot";

/// Poetry as pip installs it.
pub(super) const POETRY: &str = "poetry==2.5.1";
/// PDM as pip installs it.
pub(super) const PDM: &str = "pdm==2.29.4";
/// Pipenv as pip installs it.
pub(super) const PIPENV: &str = "pipenv==2026.10.3";
/// pnpm where the project does not say which.
pub(super) const PNPM: &str = "10";
/// yarn 1, whose last release this is.
pub(super) const YARN: &str = "1.22.22";
/// yarn 4 where the project does not say which.
pub(super) const YARN_BERRY: &str = "4.18.1";
/// Bun where Node runs what Bun installs.
pub(super) const BUN: &str = "1";

/// Python.
pub(super) fn python(version: &str) -> String {
    format!("python:{version}-slim-trixie")
}

/// Node.
pub(super) fn node(version: &str) -> String {
    format!("node:{version}-trixie-slim")
}

/// Bun.
pub(super) fn bun(version: &str) -> String {
    format!("oven/bun:{version}-slim")
}

/// Go's toolchain.
pub(super) fn go(version: &str) -> String {
    format!("golang:{version}-trixie")
}

/// Rust's toolchain.
pub(super) fn rust(version: &str) -> String {
    format!("rust:{version}-slim-trixie")
}

/// Maven with a JDK.
pub(super) fn maven(java: &str) -> String {
    format!("maven:3.9-eclipse-temurin-{java}-noble")
}

/// Gradle with a JDK.
pub(super) fn gradle(java: &str) -> String {
    format!("gradle:9-jdk{java}-noble")
}

/// A JDK, for a build tool that a wrapper brings.
pub(super) fn jdk(java: &str) -> String {
    format!("eclipse-temurin:{java}-jdk-noble")
}

/// What runs Java.
pub(super) fn jre(java: &str) -> String {
    format!("eclipse-temurin:{java}-jre-noble")
}

/// .NET's SDK.
pub(super) fn dotnet_sdk(version: &str) -> String {
    format!("mcr.microsoft.com/dotnet/sdk:{version}-noble")
}

/// What runs .NET, with ASP.NET for what serves.
pub(super) fn dotnet(version: &str, web: bool) -> String {
    let kind = if web { "aspnet" } else { "runtime" };
    format!("mcr.microsoft.com/dotnet/{kind}:{version}-noble")
}

/// PHP as a module of Apache.
pub(super) fn php(version: &str) -> String {
    format!("php:{version}-apache-trixie")
}

/// Ruby.
pub(super) fn ruby(version: &str) -> String {
    format!("ruby:{version}-slim-trixie")
}

/// Elixir.
pub(super) fn elixir(version: &str) -> String {
    format!("elixir:{version}-slim")
}

/// Deno, whose tags name patches: the last known of a series.
pub(super) fn deno(version: &str) -> String {
    const PATCHES: &[(&str, &str)] = &[
        ("2.3", "2.3.3"),
        ("2.4", "2.4.5"),
        ("2.5", "2.5.6"),
        ("2.6", "2.6.3"),
        ("2.7", "2.7.14"),
    ];
    let full = version.matches('.').count() == 2;
    let known = PATCHES.iter().find(|(series, _)| *series == version);
    let patch = match known {
        Some((_, patch)) => patch,
        None if full => version,
        None => "2.8.3",
    };
    format!("denoland/deno:debian-{patch}")
}
