//! `metadata.name`, whose form depends on the kind.

use plimsoll_yaml::Kind;

use super::limits::Form;
use super::placeholders::stands_in;
use super::problem::ProblemKind;
use super::required;
use super::version::KubeVersion;
use super::walk::{Place, Walk};

/// Checks the name of the object whose top is `place`.
pub(super) fn check<'a>(walk: &mut Walk<'a>, place: Place<'a>, group: &str, kind: &str) {
    // A review is asked for and not stored.
    if matches!(group, "authentication.k8s.io" | "authorization.k8s.io") {
        return;
    }
    let metadata = place
        .node
        .get("metadata")
        .filter(|node| node.kind() == Kind::Mapping);
    let name = metadata.and_then(|metadata| metadata.present("name"));
    let generated = metadata.is_some_and(|metadata| required::holds(metadata, "generateName"));
    let Some(node) = name.filter(|node| node.str().is_some_and(|text| !text.is_empty())) else {
        if walk.settings.whole && !generated {
            walk.path.extend(["metadata", "name"]);
            let range = match metadata {
                Some(metadata) => required::at(
                    Place {
                        node: metadata,
                        ..place
                    },
                    "name",
                ),
                None => place.head,
            };
            let range = match (name, place.node.entry("metadata")) {
                (None, Some(entry)) if metadata.is_some() => entry.key.range(),
                _ => range,
            };
            walk.report(ProblemKind::Missing, range, format!("`{kind}` has no name"))
                .help("add `metadata.name`");
            walk.path.truncate(walk.path.len() - 2);
        }
        return;
    };
    let Some(text) = node.as_str() else { return };
    if stands_in(&text) || has_word_in_capitals(&text) {
        return;
    }
    let form = form(group, kind, walk.settings.version);
    let fits = match form {
        Some(form) => form.fits(&text),
        // A part of a URL, no more.
        None => !matches!(&*text, "." | "..") && !text.contains(['/', '%']),
    };
    if !fits {
        walk.path.extend(["metadata", "name"]);
        let message = format!("a {kind} cannot be called `{text}`");
        let words = form.map_or("a name without `/` and `%`", Form::words);
        walk.report(ProblemKind::Value, node.range(), message)
            .note(format!("the name must be {words}"));
        walk.path.truncate(walk.path.len() - 2);
    } else if kind == "CronJob" && text.len() > 52 {
        walk.path.extend(["metadata", "name"]);
        walk.report(
            ProblemKind::Value,
            node.range(),
            format!(
                "the name of a CronJob has at most 52 characters, not {}",
                text.len()
            ),
        )
        .note("its Jobs are called after it, with 11 characters more");
        walk.path.truncate(walk.path.len() - 2);
    }
}

/// Whether a name in small letters has a word in capitals that a script fills in: `migrate-RELEASE_ID`.
fn has_word_in_capitals(name: &str) -> bool {
    let is_filled = |word: &str| {
        word.len() > 3
            && word.contains('_')
            && word.bytes().all(|b| b.is_ascii_uppercase() || b == b'_')
    };
    name.contains(|c: char| c.is_ascii_lowercase()) && name.split(['-', '.']).any(is_filled)
}

fn form(group: &str, kind: &str, version: KubeVersion) -> Option<Form> {
    match (group, kind) {
        ("", "Service") if version.minor() < 36 => Some(Form::ServiceName),
        // Since 1.36 it may begin with a digit.
        ("", "Service") => Some(Form::Label),
        ("", "Namespace") => Some(Form::Label),
        ("rbac.authorization.k8s.io", _) => None,
        (
            ""
            | "apps"
            | "batch"
            | "networking.k8s.io"
            | "autoscaling"
            | "storage.k8s.io"
            | "scheduling.k8s.io"
            | "node.k8s.io"
            | "discovery.k8s.io"
            | "admissionregistration.k8s.io",
            _,
        ) => Some(Form::Subdomain),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::has_word_in_capitals;

    #[test]
    fn words_in_capitals_are_filled_in() {
        assert!(has_word_in_capitals("migrate-RELEASE_ID"));
        assert!(has_word_in_capitals("web.BUILD_NUMBER"));
        for name in ["Web", "web-API", "web-Release_id", "web-a_b", "WEB_APP"] {
            assert!(!has_word_in_capitals(name), "{name}");
        }
    }
}
