//! `skaffold.yaml`: `build.artifacts`.

use std::borrow::Cow;

use plimsoll_source::files::{join, parent};
use plimsoll_yaml::{self as yaml, Dialect, Document, Node};

use super::{Built, dockerfile, image_name as name};

/// The artifacts that are built from a Dockerfile.
pub(super) fn builds(path: &str, text: &str) -> Vec<Built> {
    let tree = yaml::parse(text, Dialect::GoV2);
    let mut found = Vec::new();
    for root in tree.documents().filter_map(Document::root) {
        let profiles = root.get("profiles").into_iter().flat_map(Node::items);
        for holder in std::iter::once(root).chain(profiles) {
            let artifacts = holder.at(&["build", "artifacts"]);
            for artifact in artifacts.into_iter().flat_map(Node::items) {
                found.extend(build(path, artifact.resolve()));
            }
        }
    }
    found
}

fn build(path: &str, artifact: Node<'_>) -> Option<Built> {
    // Other builders need no Dockerfile.
    let others = ["jib", "buildpacks", "ko", "bazel", "custom"];
    if others.iter().any(|key| artifact.present(key).is_some()) {
        return None;
    }
    let text = |path: &[&str]| artifact.at(path).and_then(Node::as_str);
    let image = artifact.get("image")?;
    let context = join(
        parent(path),
        &text(&["context"]).unwrap_or(Cow::Borrowed(".")),
    )?;
    let file = text(&["docker", "dockerfile"]);
    let target = text(&["docker", "target"]).map(Cow::into_owned);
    Some(Built {
        name: name(&image.as_str()?)?,
        variant: None,
        dockerfile: dockerfile(&context, file.as_deref(), &context)?,
        context,
        target,
        path: path.to_owned(),
        range: image.range(),
        command: false,
    })
}

#[cfg(test)]
mod tests {
    use super::builds;

    #[test]
    fn artifacts_name_context_and_dockerfile() {
        let found = builds(
            "deploy/skaffold.yaml",
            "apiVersion: skaffold/v4beta1\nkind: Config\nbuild:\n  artifacts:\n  - image: web\n    context: ../web\n\
             \x20 - image: acme/api\n    context: ..\n    docker: {dockerfile: api/Dockerfile, target: run}\n\
             \x20 - {image: x, context: ../x, ko: {}}\n",
        );
        let shown: Vec<_> = found
            .iter()
            .map(|one| (&*one.context, &*one.dockerfile, one.target.as_deref()))
            .collect();
        assert_eq!(
            shown,
            [
                ("web", "web/Dockerfile", None),
                ("", "api/Dockerfile", Some("run"))
            ]
        );
    }
}
