//! Which small network tools images bring along.

use plimsoll_dockerfile::shell::ShellCommand;
use plimsoll_dockerfile::{Body, Build, Stage};
use plimsoll_oci::Reference;

use super::shipped::lineage;

/// Tools that health checks like to use.
pub(crate) const TOOLS: &[&str] = &["curl", "wget", "nc", "ncat", "netcat"];

/// Whether the image brings `tool`; `None` where that is not known.
pub(crate) fn brings(image: &Reference, tool: &str) -> Option<bool> {
    let tag = image.tag().unwrap_or("latest");
    let repository = image.repository();
    match image.domain() {
        "docker.io" => {}
        "gcr.io" if repository.starts_with("distroless/") => {
            // The debug variants have a busybox.
            return (!tag.contains("debug")).then_some(false);
        }
        "mcr.microsoft.com" if repository.starts_with("dotnet/") => {
            if tag.contains("alpine") {
                return busybox(tool);
            }
            let plain = ["dotnet/aspnet", "dotnet/runtime", "dotnet/runtime-deps"];
            return plain.contains(&repository).then_some(false);
        }
        "quay.io" if repository == "keycloak/keycloak" => return Some(false),
        "quay.io" if repository == "minio/minio" => return minio(tag, tool),
        _ => return None,
    }
    let Some(name) = repository.strip_prefix("library/") else {
        return minio(tag, tool).filter(|_| repository == "minio/minio");
    };
    let has = |part: &str| tag.split('-').any(|piece| piece.starts_with(part));
    match name {
        "alpine" | "busybox" => busybox(tool),
        "debian" | "ubuntu" => Some(false),
        "node" | "python" | "ruby" | "perl" | "golang" | "rust" | "pypy" => {
            if has("alpine") {
                busybox(tool)
            } else if has("slim") {
                Some(false)
            } else {
                // The full variants build on buildpack-deps.
                Some(matches!(tool, "curl" | "wget"))
            }
        }
        "redis" | "postgres" if has("alpine") => busybox(tool),
        "redis" | "postgres" | "mongo" => Some(false),
        _ => None,
    }
}

/// MinIO's image came without curl from `RELEASE.2023-11-01T01-57-10Z` to the last release before
/// minio/minio#19383 (2024-03-29), which put a static one in.
fn minio(tag: &str, tool: &str) -> Option<bool> {
    let day = tag.strip_prefix("RELEASE.")?.get(..10)?;
    let without = ("2023-11-01"..="2024-03-28").contains(&day);
    (tool == "curl" && without).then_some(false)
}

/// What Alpine's busybox has. It knows more than this, but only these are asked for.
fn busybox(tool: &str) -> Option<bool> {
    match tool {
        "wget" | "nc" => Some(true),
        "curl" | "ncat" => Some(false),
        _ => None,
    }
}

/// Whether the stage or one that it is built on puts the tool there: by a package manager, by a
/// copy, or in any other way that names it.
pub(crate) fn is_added(build: &Build, stage: &Stage, tool: &str) -> bool {
    let package = |word: &str| {
        // `netcat-openbsd`, `curl=8.5.0-r0`, `libcurl4` (which is no curl).
        let name = word.split(['=', '~', '<', '>', '@']).next().unwrap_or(word);
        let name = name.rsplit('/').next().unwrap_or(name);
        name == tool
            || (matches!(tool, "nc" | "ncat" | "netcat")
                && (name.starts_with("netcat") || name.starts_with("nmap") || name == "busybox"))
            || (tool == "wget" && (name == "busybox" || name == "wget2"))
            || (tool == "curl" && name == "curl-minimal")
    };
    lineage(build, stage).iter().any(|stage| {
        stage
            .instructions
            .clone()
            .any(|index| match &build.file.instructions[index].body {
                Body::Run(_) => build.scripts[index].as_deref().is_none_or(|script| {
                    // A script that cannot be read may install anything.
                    !script.errors.is_empty()
                        || script.commands.iter().any(|command| {
                            // What a variable names may be the tool, where it can be installed.
                            let blank = !command
                                .name()
                                .is_some_and(|name| NO_INSTALL.contains(&name));
                            runs_installer(command)
                                || command.words.iter().skip(1).any(|word| {
                                    package(word.literal().unwrap_or(word.text()))
                                        || (blank && word.text().starts_with('$'))
                                })
                        })
                }),
                Body::Copy(transfer) | Body::Add(transfer) => {
                    transfer.sources.iter().chain([&transfer.dest]).any(|word| package(&word.value))
                    // A whole root file system may hold it, one file with an ending does not.
                    || (transfer.dest.value == "/"
                        && transfer.sources.iter().any(|word| may_be_many(&word.value)))
                }
                _ => false,
            })
    })
}

/// Whether what is copied may be a folder or an archive, going by its name.
fn may_be_many(source: &str) -> bool {
    let name = source.rsplit('/').next().unwrap_or(source);
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    let is_archive = matches!(
        ending,
        "tar" | "gz" | "tgz" | "bz2" | "tbz2" | "xz" | "txz" | "zst" | "zip"
    );
    let is_file = !ending.is_empty()
        && ending.len() <= 5
        && ending.bytes().all(|b| b.is_ascii_alphabetic())
        && !name.contains(['*', '$', '?', '[']);
    is_archive || !is_file
}

/// Whether a command runs a script that lies somewhere, to set things up: what that installs is
/// not known.
fn runs_installer(command: &ShellCommand) -> bool {
    let is_shell = matches!(command.name(), Some("sh" | "bash" | "ash"));
    let run = command
        .words
        .iter()
        .map(|word| word.literal().unwrap_or(word.text()));
    let mut run = run
        .skip(usize::from(is_shell))
        .filter(|word| !word.starts_with('-'));
    let Some((folder, name)) = run.next().and_then(|path| path.rsplit_once('/')) else {
        return false;
    };
    let own = !matches!(
        folder,
        "/bin" | "/sbin" | "/usr/bin" | "/usr/sbin" | "/usr/local/bin"
    );
    let words = [
        "install",
        "setup",
        "set-up",
        "bootstrap",
        "provision",
        "prepare",
    ];
    own && words.iter().any(|word| name.contains(word))
}

/// Commands that bring no program, whatever their arguments hold.
const NO_INSTALL: &[&str] = &[
    "[", "[[", "addgroup", "adduser", "cd", "chmod", "chown", "echo", "export", "groupadd",
    "mkdir", "printf", "rm", "sed", "set", "test", "touch", "useradd", "usermod",
];

#[cfg(test)]
mod tests {
    use plimsoll_oci::Reference;

    use super::brings;

    #[test]
    fn releases_of_minio_without_curl_are_known() {
        let curl = |image: &str| brings(&Reference::parse(image).unwrap(), "curl");
        for image in [
            "minio/minio:RELEASE.2023-11-01T18-37-25Z",
            "minio/minio:RELEASE.2024-03-26T22-10-45Z",
            "quay.io/minio/minio:RELEASE.2024-01-01T16-36-33Z",
        ] {
            assert_eq!(curl(image), Some(false), "{image}");
        }
        for image in [
            "minio/minio",
            "minio/minio:latest",
            "minio/minio:RELEASE.2023-10-25T06-33-25Z",
            "minio/minio:RELEASE.2024-03-30T09-41-56Z",
            "quay.io/minio/minio:RELEASE.2025-04-22T22-12-26Z",
        ] {
            assert_ne!(curl(image), Some(false), "{image}");
        }
    }
}
