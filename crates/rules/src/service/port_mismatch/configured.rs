//! The port that a Java project's own configuration names.

use plimsoll_project::Project;
use plimsoll_source::FileId;
use plimsoll_source::files::parent;

/// Where such projects keep it, below their folder.
const FILES: [&str; 3] = [
    "src/main/resources/application.properties",
    "src/main/resources/application.yml",
    "src/main/resources/application.yaml",
];

/// Folders above the Dockerfile that may be the project's: `src/main/docker/Dockerfile.jvm`.
const MAX_ABOVE: usize = 4;

/// The port in the configuration of the Java project around a Dockerfile: the image holds only
/// what is built of it.
pub(super) fn port(project: &Project, dockerfile: FileId) -> Option<u16> {
    let tree = &*project.tree;
    let mut folder = parent(project.path(dockerfile));
    for _ in 0..MAX_ABOVE {
        for file in FILES {
            let path = if folder.is_empty() {
                file.to_owned()
            } else {
                format!("{folder}/{file}")
            };
            if let Ok(bytes) = tree.read(&path) {
                return in_text(&String::from_utf8_lossy(&bytes));
            }
        }
        if folder.is_empty() {
            return None;
        }
        folder = parent(folder);
    }
    None
}

/// `quarkus.http.port=8081`, or `port: 8081` under `server` or `http`.
fn in_text(text: &str) -> Option<u16> {
    let keys = ["quarkus.http.port", "server.port", "micronaut.server.port"];
    let number = |value: &str| value.trim().trim_matches(['"', '\'']).parse().ok();
    let mut section = "";
    for line in text.lines().take(2_000) {
        let bare = line.trim();
        if let Some((key, value)) = bare.split_once('=')
            && keys.contains(&key.trim())
        {
            return number(value);
        }
        let Some((key, value)) = bare.split_once(':') else {
            continue;
        };
        if keys.contains(&key) || key == "port" && matches!(section, "server" | "http") {
            return number(value);
        }
        if value.trim().is_empty() {
            section = key;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::in_text;

    #[test]
    fn properties_and_yaml_are_read() {
        assert_eq!(in_text("a=b\nquarkus.http.port = 8081\n"), Some(8081));
        assert_eq!(in_text("server:\n  port: 8082\n"), Some(8082));
        assert_eq!(in_text("quarkus:\n  http:\n    port: 1\n"), Some(1));
        assert_eq!(in_text("db:\n  port: 5432\n"), None);
        assert_eq!(in_text("server.port=${PORT}\n"), None);
    }
}
