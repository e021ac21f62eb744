//! Which packages and images are there to build things, and which steps do.

use plimsoll_oci::Reference;

use super::facts::calls::Call;
use super::facts::packages::Manager;

/// Compilers and their helpers by name, sorted.
const COMPILERS: &[&str] = &[
    "alpine-sdk",
    "base-devel",
    "build-base",
    "build-essential",
    "cargo",
    "clang",
    "cpp",
    "default-jdk",
    "default-jdk-headless",
    "g++",
    "gcc",
    "gcc-c++",
    "gfortran",
    "ghc",
    "go",
    "golang",
    "golang-go",
    "gradle",
    "java-devel",
    "libc-dev",
    "libc6-dev",
    "linux-headers",
    "llvm",
    "maven",
    "musl-dev",
    "nasm",
    "openjdk",
    "rust",
    "rustc",
    "swig",
    "yasm",
];

/// What only helps compilers: no finding by itself, but named with them. Sorted.
const HELPERS: &[&str] = &[
    "autoconf",
    "automake",
    "binutils",
    "bison",
    "bzip2-devel",
    "cmake",
    "debhelper",
    "dpkg-dev",
    "file-devel",
    "flex",
    "kernel-headers",
    "libtool",
    "m4",
    "make",
    "meson",
    "ninja",
    "ninja-build",
    "patch",
    "pkg-config",
    "pkgconf",
    "pkgconfig",
    "redhat-rpm-config",
    "re2c",
    "rpm-build",
    "samurai",
    "scons",
];

/// How a package serves a build.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Use {
    /// A compiler, headers, a JDK.
    Compiler,
    /// A helper such as `make`.
    Helper,
}

/// Whether a package is there to build others.
pub(crate) fn package(manager: Manager, name: &str) -> Option<Use> {
    let numbered = |tool: &str| {
        name.strip_prefix(tool)
            .and_then(|rest| rest.strip_prefix('-'))
            .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
    };
    let headers = name.ends_with("-dev")
        || (manager != Manager::Apt && name.ends_with("-devel"))
        || (manager == Manager::Zypper && name.ends_with("-devel"));
    let jdk = (name.contains("openjdk") || name.starts_with("java-"))
        && (name.contains("jdk-headless") || name.ends_with("-jdk") || name.ends_with("-devel"))
        || name.starts_with("temurin-") && name.ends_with("-jdk");
    let compiler = COMPILERS.contains(&name)
        || headers
        || jdk
        || ["gcc", "g++", "clang", "golang", "llvm", "rustc", "cargo"]
            .iter()
            .any(|tool| numbered(tool));
    if compiler {
        Some(Use::Compiler)
    } else if HELPERS.contains(&name) {
        Some(Use::Helper)
    } else {
        None
    }
}

/// Whether a call compiles, or installs packages of a language that may have to be compiled.
pub(crate) fn compiles(call: &Call<'_>) -> bool {
    let program = call.program;
    let first = call
        .args
        .iter()
        .find(|arg| !arg.text.starts_with(['-', '+']))
        .map_or("", |a| a.text);
    match program {
        "make"
        | "gmake"
        | "cmake"
        | "ninja"
        | "meson"
        | "gcc"
        | "g++"
        | "cc"
        | "c++"
        | "clang"
        | "configure"
        | "rustc"
        | "javac"
        | "mvn"
        | "mvnw"
        | "gradle"
        | "gradlew"
        | "stack"
        | "cabal"
        | "autoreconf"
        | "autogen.sh"
        | "docker-php-ext-install"
        | "pecl"
        | "phpize"
        | "cpanm"
        | "cpan"
        | "luarocks"
        | "rebar3"
        | "node-gyp"
        | "scons"
        | "bazel"
        | "sbt" => true,
        "go" => matches!(first, "build" | "install" | "get"),
        "cargo" => matches!(first, "build" | "install" | "b" | "rustc"),
        "npm" | "pnpm" | "yarn" | "bun" => {
            matches!(
                first,
                "" | "ci" | "install" | "i" | "add" | "rebuild" | "global"
            )
        }
        "bundle" | "gem" => matches!(first, "" | "install" | "i"),
        "uv" => matches!(first, "sync" | "pip" | "add"),
        "poetry" | "pdm" | "pipenv" => matches!(first, "install" | "sync" | "update"),
        "pip-sync" => true,
        "python" | "python3" => call.args.iter().any(|arg| arg.text.ends_with("setup.py")),
        "mix" => first.starts_with("deps") || matches!(first, "do" | "compile" | "release"),
        "R" | "Rscript" => call.args.iter().any(|arg| arg.text.contains("install")),
        _ => {
            let pip = program.strip_prefix("pip");
            pip.is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_digit() || b == b'.'))
                && matches!(first, "install" | "wheel")
                && !installs_installers(call)
        }
    }
}

/// Whether all that a call of pip installs are the tools that install: they come as wheels.
fn installs_installers(call: &Call<'_>) -> bool {
    let named = call.args.iter().map(|arg| arg.text);
    let mut named = named.filter(|text| !text.starts_with('-')).skip(1);
    let is_installer = |text: &str| {
        let end = text.find(['=', '<', '>', '~', '!', '[']);
        let name = &text[..end.unwrap_or(text.len())];
        matches!(
            name,
            "pip" | "setuptools" | "wheel" | "pipenv" | "poetry" | "uv" | "pip-tools"
        )
    };
    named.clone().next().is_some() && named.all(is_installer)
}

/// What a base image holds to build with.
pub(crate) struct Toolchain {
    /// What it holds.
    pub(crate) holds: &'static str,
    /// Programs that build with it.
    pub(crate) builds: &'static [&'static str],
}

/// Programs that build with a JDK.
const JVM: &[&str] = &["mvn", "mvnw", "gradle", "gradlew", "javac", "sbt"];

/// The toolchain of a base image, if it is one.
pub(crate) fn toolchain(image: &Reference) -> Option<Toolchain> {
    let tag = image.tag_or_latest().unwrap_or("");
    let name = image.name();
    let path = image.repository();
    let found = |holds, builds| Some(Toolchain { holds, builds });
    if path.starts_with("dotnet/") && name == "sdk" {
        return found("the .NET SDK", &["dotnet"]);
    }
    if !(image.is_official() || path.contains("library/")) {
        return None;
    }
    match name {
        "golang" => found("the Go toolchain", &["go"]),
        "rust" => found("the Rust toolchain", &["cargo", "rustc"]),
        "gcc" => found(
            "a C and C++ compiler",
            &["make", "cmake", "gcc", "g++", "cc"],
        ),
        "haskell" => found("the Haskell toolchain", &["stack", "cabal", "ghc"]),
        "swift" if !tag.contains("slim") => found("the Swift toolchain", &["swift"]),
        "maven" => found("Maven and a JDK", JVM),
        "gradle" => found("Gradle and a JDK", JVM),
        "eclipse-temurin" | "amazoncorretto" | "ibm-semeru-runtimes" | "sapmachine" | "openjdk"
            if !tag.contains("jre") =>
        {
            found("a JDK", JVM)
        }
        _ => None,
    }
}

/// Whether a call of one of a toolchain's programs needs the toolchain: it compiles or runs the
/// program, as against asking, fetching or tidying up.
pub(crate) fn needs_toolchain(call: &Call<'_>) -> bool {
    let mut plain = call
        .args
        .iter()
        .map(|arg| arg.text)
        .filter(|text| !text.starts_with(['-', '+']));
    let first = plain.next().unwrap_or("");
    let asks = call
        .args
        .first()
        .is_some_and(|arg| matches!(arg.text, "--version" | "-v" | "--help"));
    match call.program {
        "cargo" => matches!(
            first,
            "b" | "build" | "install" | "r" | "run" | "rustc" | "t" | "test" | "chef" | "leptos"
        ),
        "go" => {
            matches!(first, "build" | "run" | "test" | "generate")
                || first == "install" && !plain.any(|name| name.contains('@'))
        }
        "dotnet" => matches!(
            first,
            "build" | "publish" | "pack" | "run" | "test" | "msbuild"
        ),
        "swift" => matches!(first, "build" | "run" | "test"),
        "stack" => matches!(first, "build" | "install" | "exec" | "ghc"),
        "cabal" => matches!(
            first,
            "build" | "install" | "run" | "v2-build" | "new-build" | "v2-install"
        ),
        "make" | "gmake" | "mvn" | "mvnw" | "gradle" | "gradlew" => {
            !asks && (first != "clean" || plain.next().is_some())
        }
        _ => !asks,
    }
}

/// Packages of Debian that `buildpack-deps` brings, on which the full variants of the language
/// images are built. Sorted. Read from docker-library/buildpack-deps.
const BUILDPACK: &[&str] = &[
    "autoconf",
    "automake",
    "binutils",
    "build-essential",
    "cpp",
    "default-libmysqlclient-dev",
    "dpkg-dev",
    "g++",
    "gcc",
    "libbz2-dev",
    "libc-dev",
    "libc6-dev",
    "libcurl4-openssl-dev",
    "libdb-dev",
    "libevent-dev",
    "libffi-dev",
    "libgdbm-dev",
    "libglib2.0-dev",
    "libgmp-dev",
    "libjpeg-dev",
    "libkrb5-dev",
    "liblzma-dev",
    "libmagickcore-dev",
    "libmagickwand-dev",
    "libmaxminddb-dev",
    "libncurses-dev",
    "libncurses5-dev",
    "libncursesw5-dev",
    "libpng-dev",
    "libpq-dev",
    "libreadline-dev",
    "libsqlite3-dev",
    "libssl-dev",
    "libtool",
    "libwebp-dev",
    "libxml2-dev",
    "libxslt-dev",
    "libxslt1-dev",
    "libyaml-dev",
    "linux-libc-dev",
    "make",
    "patch",
    "pkg-config",
    "pkgconf",
    "zlib1g-dev",
];

/// Whether the base image brings a package already, so that installing it adds nothing.
pub(crate) fn is_brought(image: &Reference, manager: Manager, package: &str) -> bool {
    let tag = image.tag_or_latest().unwrap_or("");
    let other = ["slim", "alpine", "windows", "nanoserver"];
    if !image.is_official()
        || manager != Manager::Apt
        || other.iter().any(|mark| tag.contains(mark))
    {
        return false;
    }
    match image.name() {
        "buildpack-deps" => {
            !tag.contains("curl") && !tag.contains("scm") && BUILDPACK.contains(&package)
        }
        "elixir" | "erlang" | "gcc" | "node" | "perl" | "pypy" | "python" | "ruby" | "rust" => {
            BUILDPACK.contains(&package)
        }
        "golang" => matches!(package, "g++" | "gcc" | "libc6-dev" | "make" | "pkg-config"),
        "php" => matches!(
            package,
            "autoconf" | "dpkg-dev" | "g++" | "gcc" | "libc-dev" | "make" | "pkg-config" | "re2c"
        ),
        _ => false,
    }
}

/// Whether a package is headers of the distribution's own Python in an image with another one,
/// whose `pip` does not look at them.
pub(crate) fn is_other_python(image: &Reference, package: &str) -> bool {
    image.is_official()
        && matches!(image.name(), "python" | "pypy")
        && matches!(
            package,
            "python-dev" | "python3-dev" | "python-dev-is-python3" | "libpython3-dev"
        )
}

#[cfg(test)]
mod tests {
    use plimsoll_oci::Reference;

    use super::{BUILDPACK, COMPILERS, HELPERS, Manager, Use, is_brought, package, toolchain};

    #[test]
    fn packages_are_told_apart() {
        assert!(COMPILERS.is_sorted());
        for name in [
            "gcc",
            "libpq-dev",
            "g++-12",
            "openjdk-17-jdk",
            "build-essential",
        ] {
            assert_eq!(package(Manager::Apt, name), Some(Use::Compiler), "{name}");
        }
        for name in [
            "curl",
            "libpq5",
            "openjdk-17-jre-headless",
            "golang-docker-credential-helpers",
        ] {
            assert_eq!(package(Manager::Apt, name), None, "{name}");
        }
        assert_eq!(package(Manager::Dnf, "openssl-devel"), Some(Use::Compiler));
        assert_eq!(package(Manager::Apk, "make"), Some(Use::Helper));
        assert!(!HELPERS.contains(&"gcc"));
    }

    #[test]
    fn full_variants_bring_packages() {
        assert!(BUILDPACK.is_sorted());
        let brings = |image: &str, package: &str| {
            is_brought(&Reference::parse(image).unwrap(), Manager::Apt, package)
        };
        assert!(brings("python:3.9-bullseye", "libpq-dev") && brings("node:22", "make"));
        assert!(
            !brings("python:3.13-slim", "libpq-dev") && !brings("python:3.13", "libsnappy-dev")
        );
        assert!(!brings("golang:1.25", "libpq-dev") && !brings("debian:13", "make"));
    }

    #[test]
    fn toolchains_are_told_apart() {
        let has = |text: &str| toolchain(&Reference::parse(text).unwrap()).is_some();
        assert!(has("golang:1.25-alpine") && has("mcr.microsoft.com/dotnet/sdk:9.0"));
        assert!(has("openjdk:17-jdk-slim") && !has("eclipse-temurin:21-jre"));
        assert!(!has("python:3.13") && !has("mcr.microsoft.com/dotnet/aspnet:9.0"));
    }
}
