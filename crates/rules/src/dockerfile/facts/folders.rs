//! In which folder of the image things happen.

use std::collections::BTreeMap;

use plimsoll_oci::Reference;

use super::calls::Call;

/// A folder of the image: absolute where that is known, else below `?`, the unknown folder that
/// the base image ends in. Two equal texts are the same folder.
pub type Folder = String;

/// The working folders of all instructions.
#[derive(Debug, Default)]
pub struct Folders {
    /// (first instruction, folder from there on), in order; a stage's first entry is its FROM.
    from: Vec<(usize, Folder)>,
}

impl Folders {
    /// From instruction `index` on, the folder is this one.
    pub(super) fn push(&mut self, index: usize, folder: Folder) {
        self.from.push((index, folder));
    }

    /// The working folder of instruction `index`.
    pub fn at(&self, index: usize) -> &str {
        let after = self.from.partition_point(|(from, _)| *from <= index);
        after.checked_sub(1).map_or("?", |at| &self.from[at].1)
    }
}

/// The folder that a base image ends in, where it is known. The tag may depend on a variable:
/// official images end in one folder whatever their release.
pub(super) fn start(image: &str) -> &'static str {
    let name = image.split(['@', ':']).next().unwrap_or("");
    let Ok(image) = Reference::parse(name) else {
        return "?";
    };
    if !image.is_official() {
        return "?";
    }
    match image.name() {
        "almalinux" | "alpine" | "amazoncorretto" | "amazonlinux" | "archlinux"
        | "buildpack-deps" | "busybox" | "debian" | "eclipse-temurin" | "elixir" | "erlang"
        | "fedora" | "haskell" | "maven" | "nginx" | "node" | "openjdk" | "oraclelinux"
        | "pypy" | "python" | "rockylinux" | "ruby" | "rust" | "ubuntu" => "/",
        "composer" => "/app",
        "golang" => "/go",
        "gradle" => "/home/gradle",
        "httpd" => "/usr/local/apache2",
        "php" => "/var/www/html",
        "tomcat" => "/usr/local/tomcat",
        _ => "?",
    }
}

/// `path` as seen from `folder`. A path that leads above an unknown folder is unknown itself.
pub fn join(folder: &str, path: &str) -> Folder {
    let path = path.trim();
    let (mut parts, absolute): (Vec<&str>, bool) = if path.starts_with('/') {
        (Vec::new(), true)
    } else {
        let absolute = folder.starts_with('/');
        (
            folder.split('/').filter(|part| !part.is_empty()).collect(),
            absolute,
        )
    };
    for part in path.split(['/', '\\']) {
        match part {
            "" | "." => {}
            ".." => {
                if !absolute && parts.len() <= 1 {
                    // Above `?` nothing is known; give it a name of its own.
                    parts.push("..");
                } else {
                    parts.pop();
                }
            }
            part => parts.push(part),
        }
    }
    if absolute {
        format!("/{}", parts.join("/"))
    } else {
        parts.join("/")
    }
}

/// For each call of a script, the folder in which it runs: `cd` is followed, and forgotten where
/// its subshell ends. `None` where it depends on a variable.
pub fn of_calls(start: &str, calls: &[Call<'_>]) -> Vec<Option<Folder>> {
    let mut levels: BTreeMap<u8, Option<Folder>> = BTreeMap::new();
    levels.insert(0, Some(start.to_owned()));
    calls
        .iter()
        .map(|call| {
            let depth = call.command.map_or(0, |command| command.depth);
            levels.retain(|&level, _| level <= depth);
            let now = levels.values().next_back().cloned().flatten();
            if matches!(call.program, "cd" | "pushd") {
                let to = call
                    .args
                    .first()
                    .filter(|arg| arg.literal && arg.text != "-");
                let next = now.as_ref().zip(to).map(|(now, to)| join(now, to.text));
                levels.insert(depth, next);
            } else if call.program == "popd" {
                levels.insert(depth, None);
            }
            now
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use plimsoll_dockerfile::{Build, parse};

    use super::super::Facts;
    use super::super::calls::calls;
    use super::{join, of_calls};

    #[test]
    fn folders_follow_workdir_and_cd() {
        let text = "FROM acme/x\nWORKDIR a\nWORKDIR /b\nWORKDIR c/../d\n\
                    RUN x && cd e && y && (cd f; z) && w\nFROM python:3\nRUN x\n";
        let build = Build::new(parse(text));
        let folders = Facts::new(&build).folders;
        let found: Vec<&str> = (0..7).map(|index| folders.at(index)).collect();
        assert_eq!(found, ["?", "?/a", "/b", "/b/d", "/b/d", "/", "/"]);
        let calls = calls(&build, 4);
        let found: Vec<String> = of_calls("/b", &calls)
            .into_iter()
            .map(|folder| folder.unwrap())
            .collect();
        assert_eq!(found, ["/b", "/b", "/b/e", "/b/e", "/b/e/f", "/b/e"]);
    }

    #[test]
    fn paths_are_joined() {
        assert_eq!(join("/a", "./b/"), "/a/b");
        assert_eq!(join("?", "b/.."), "?");
        assert_eq!(join("?", ".."), "?/..");
        assert_eq!(join("/", ".."), "/");
        assert_eq!(join("?/a", "/x"), "/x");
    }
}
