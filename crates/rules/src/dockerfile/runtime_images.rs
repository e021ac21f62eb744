//! Which image is enough to run what a builder image has built.

use plimsoll_dockerfile::Build;
use plimsoll_oci::Reference;

/// The number of the Debian release that an official image is built on, where that is known: its
/// code name in the tag, else the default of the image's releases.
fn debian(image: &Reference) -> Option<u32> {
    let tag = image.tag_or_latest()?;
    for (name, number) in [
        ("trixie", 13),
        ("bookworm", 12),
        ("bullseye", 11),
        ("buster", 10),
    ] {
        if tag.contains(name) {
            return Some(number);
        }
    }
    // The defaults became Debian 13 in August 2025 and Debian 12 in June 2023.
    let (thirteen, twelve) = match image.name() {
        "golang" => (24, 21),
        "rust" => (89, 71),
        _ => return None,
    };
    if matches!(tag, "latest" | "1") {
        return Some(13);
    }
    let minor = tag.split(['.', '-']).nth(1)?.parse::<u32>().ok()?;
    match minor {
        _ if minor >= thirteen => Some(13),
        _ if minor >= twelve => Some(12),
        _ => None,
    }
}

/// The release of Java that a tag names: `21-jdk`, `3.9-eclipse-temurin-21`, `8.5-jdk17`.
fn java(image: &Reference) -> Option<u32> {
    let tag = image.tag()?;
    let number = |text: &str| {
        let digits = text.split(|c: char| !c.is_ascii_digit()).next()?;
        digits
            .parse::<u32>()
            .ok()
            .filter(|number| (6..60).contains(number))
    };
    if matches!(image.name(), "maven" | "gradle") {
        return [
            "temurin-",
            "jdk-",
            "corretto-",
            "semeru-",
            "zulu-",
            "jdk",
            "sapmachine-",
        ]
        .iter()
        .find_map(|mark| number(tag.split_once(mark)?.1));
    }
    number(tag)
}

/// Whether a Go program is built without C: then it is static and runs on any base.
fn is_static_go(build: &Build, own: &dyn Fn(usize) -> bool) -> bool {
    (0..build.file.instructions.len())
        .filter(|&index| own(index))
        .any(|index| {
            let instruction = &build.file.instructions[index];
            let text = instruction.args.of(&build.file.text);
            text.contains("CGO_ENABLED=0") || text.contains("CGO_ENABLED 0")
        })
}

/// What to make the stage that ships from, in words, for a program that is built on `image`.
///
/// `needs_c` says of a Go program whether it has parts in C.
pub(crate) fn instead(
    image: &Reference,
    build: &Build,
    own: &dyn Fn(usize) -> bool,
    needs_c: bool,
) -> String {
    let tag = image.tag_or_latest().unwrap_or("");
    let same = "a slim image of the same release of Debian".to_owned();
    if tag.contains("alpine") && matches!(image.name(), "golang" | "rust" | "haskell") {
        return "`alpine`".to_owned();
    }
    // Distroless and slim images of releases that have ended are no advice.
    let debian = debian(image);
    match image.name() {
        "golang" if is_static_go(build, own) => "`gcr.io/distroless/static` or `alpine`".to_owned(),
        "golang" if needs_c => debian.map_or(same, |number| format!("`debian:{number}-slim`")),
        "golang" => {
            let linked = debian.map_or(same, |number| format!("`debian:{number}-slim`"));
            format!(
                "`gcr.io/distroless/static` with `CGO_ENABLED=0` set for the build, or from {linked}"
            )
        }
        "rust" => debian.map_or(same, |number| {
            format!("`gcr.io/distroless/cc-debian{number}` or `debian:{number}-slim`")
        }),
        "gcc" => format!("{same}, with the compiler's library linked in (`-static-libstdc++`)"),
        "haskell" => same,
        "swift" => "the `-slim` image of the same release".to_owned(),
        "sdk" => {
            let release = tag.split('-').next().unwrap_or("");
            let release = release
                .chars()
                .next()
                .filter(char::is_ascii_digit)
                .map_or_else(String::new, |_| format!(":{release}"));
            format!(
                "`mcr.microsoft.com/dotnet/aspnet{release}` (or `runtime{release}`, for programs \
                 that serve no HTTP)"
            )
        }
        _ => match java(image) {
            Some(release @ (8 | 11 | 17 | 21 | 25)) => format!("`eclipse-temurin:{release}-jre`"),
            _ => "an image with a JRE of the same release, such as those of `eclipse-temurin`"
                .to_owned(),
        },
    }
}

#[cfg(test)]
mod tests {
    use plimsoll_dockerfile::{Build, parse};
    use plimsoll_oci::Reference;

    use super::instead;

    #[track_caller]
    fn check(image: &str, run: &str, expected: &str) {
        let build = Build::new(parse(format!("FROM {image}\n{run}\n")));
        let found = instead(&Reference::parse(image).unwrap(), &build, &|_| true, false);
        assert_eq!(found, expected, "{image}");
    }

    #[test]
    fn the_image_fits_what_was_built() {
        check(
            "rust:1.93",
            "RUN a",
            "`gcr.io/distroless/cc-debian13` or `debian:13-slim`",
        );
        check(
            "rust:1.80-slim-bookworm",
            "RUN a",
            "`gcr.io/distroless/cc-debian12` or `debian:12-slim`",
        );
        check(
            "rust:1.60",
            "RUN a",
            "a slim image of the same release of Debian",
        );
        check("rust:1-alpine", "RUN a", "`alpine`");
        check(
            "golang:1.25",
            "RUN CGO_ENABLED=0 go build",
            "`gcr.io/distroless/static` or `alpine`",
        );
        check(
            "golang:1.25",
            "RUN go build",
            "`gcr.io/distroless/static` with `CGO_ENABLED=0` set for the build, or from \
             `debian:13-slim`",
        );
        check(
            "golang:1.17",
            "RUN go build",
            "`gcr.io/distroless/static` with `CGO_ENABLED=0` set for the build, or from a slim \
             image of the same release of Debian",
        );
        check("maven:3.5.3-jdk-8", "RUN a", "`eclipse-temurin:8-jre`");
        check(
            "gradle:8.5-jdk17-alpine",
            "RUN a",
            "`eclipse-temurin:17-jre`",
        );
        check(
            "eclipse-temurin:21.0.5_11-jdk",
            "RUN a",
            "`eclipse-temurin:21-jre`",
        );
        check(
            "maven:3",
            "RUN a",
            "an image with a JRE of the same release, such as those of `eclipse-temurin`",
        );
        check(
            "mcr.microsoft.com/dotnet/sdk:9.0-alpine",
            "RUN a",
            "`mcr.microsoft.com/dotnet/aspnet:9.0` (or `runtime:9.0`, for programs that serve no HTTP)",
        );
    }
}
