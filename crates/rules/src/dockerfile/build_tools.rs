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
        }
    }
}

/// What a base image holds to build with, and what would do to run the result.
pub(crate) struct Toolchain {
    /// What it holds.
    pub(crate) holds: &'static str,
    /// Programs that build with it.
    pub(crate) builds: &'static [&'static str],
    /// Base images that are enough to run the result.
    pub(crate) instead: &'static str,
}

/// Programs that build with a JDK.
const JVM: &[&str] = &["mvn", "mvnw", "gradle", "gradlew", "javac", "sbt"];

/// The toolchain of a base image, if it is one.
pub(crate) fn toolchain(image: &Reference) -> Option<Toolchain> {
    let tag = image.tag_or_latest().unwrap_or("");
    let name = image.name();
    let path = image.repository();
    let official = image.is_official() || path.contains("library/");
    let jdk = Toolchain {
        holds: "a JDK",
        builds: JVM,
        instead: "`eclipse-temurin:21-jre` or `gcr.io/distroless/java21-debian12`",
    };
    if path.starts_with("dotnet/") && name == "sdk" {
        return Some(Toolchain {
            holds: "the .NET SDK",
            builds: &["dotnet"],
            instead: "`mcr.microsoft.com/dotnet/aspnet` or `runtime`",
        });
    }
    if !official {
        return None;
    }
    match name {
        "golang" => Some(Toolchain {
            holds: "the Go toolchain",
            builds: &["go"],
            instead: "`gcr.io/distroless/static-debian12` or `alpine`",
        }),
        "rust" => Some(Toolchain {
            holds: "the Rust toolchain",
            builds: &["cargo", "rustc"],
            instead: "`gcr.io/distroless/cc-debian12` or `debian:13-slim`",
        }),
        "gcc" => Some(Toolchain {
            holds: "a C and C++ compiler",
            builds: &["make", "cmake", "gcc", "g++", "cc"],
            instead: "`debian:13-slim`",
        }),
        "haskell" => Some(Toolchain {
            holds: "the Haskell toolchain",
            builds: &["stack", "cabal", "ghc"],
            instead: "`debian:13-slim`",
        }),
        "swift" if !tag.contains("slim") => Some(Toolchain {
            holds: "the Swift toolchain",
            builds: &["swift"],
            instead: "the `-slim` image of the same release",
        }),
        "maven" => Some(Toolchain {
            holds: "Maven and a JDK",
            ..jdk
        }),
        "gradle" => Some(Toolchain {
            holds: "Gradle and a JDK",
            ..jdk
        }),
        "eclipse-temurin" | "amazoncorretto" | "ibm-semeru-runtimes" | "sapmachine" | "openjdk"
            if !tag.contains("jre") =>
        {
            Some(jdk)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use plimsoll_oci::Reference;

    use super::{COMPILERS, HELPERS, Manager, Use, package, toolchain};

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
    fn toolchains_are_told_apart() {
        let has = |text: &str| toolchain(&Reference::parse(text).unwrap()).is_some();
        assert!(has("golang:1.25-alpine") && has("mcr.microsoft.com/dotnet/sdk:9.0"));
        assert!(has("openjdk:17-jdk-slim") && !has("eclipse-temurin:21-jre"));
        assert!(!has("python:3.13") && !has("mcr.microsoft.com/dotnet/aspnet:9.0"));
    }
}
