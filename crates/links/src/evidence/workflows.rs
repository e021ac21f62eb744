//! Workflows of GitHub: steps that use `docker/build-push-action`, and steps of other actions
//! that are given a Dockerfile and an image.

use plimsoll_source::files::join;
use plimsoll_yaml::{self as yaml, Dialect, Document, Node};

use super::variables::without_expressions;
use super::{Built, BuiltName, dockerfile, image_name as name};

/// The images that the steps of all jobs build.
pub(super) fn builds(path: &str, text: &str) -> Vec<Built> {
    if !text.contains("build-push-action") && !text.to_ascii_lowercase().contains("dockerfile") {
        return Vec::new();
    }
    let tree = yaml::parse(text, Dialect::GoV2);
    let roots = tree.documents().filter_map(Document::root);
    let jobs = roots
        .filter_map(|root| root.get("jobs"))
        .flat_map(Node::entries);
    let steps = jobs.flat_map(|job| {
        let steps = job.value.resolve().get("steps");
        steps.into_iter().flat_map(Node::items).map(Node::resolve)
    });
    steps.flat_map(|step| build(path, step)).collect()
}

fn build(path: &str, step: Node<'_>) -> Vec<Built> {
    let uses = step.get("uses").and_then(Node::as_str).unwrap_or_default();
    let Some(with) = step.get("with") else {
        return Vec::new();
    };
    if !uses.starts_with("docker/build-push-action@") {
        return other_action(path, with).into_iter().collect();
    }
    let given = |key: &str| {
        with.present(key)
            .and_then(Node::as_str)
            .map(|text| text.trim().to_owned())
    };
    // What is pushed nowhere is built to be tried and thrown away, under whatever name.
    if with.get("push").and_then(Node::as_bool) == Some(false) {
        return Vec::new();
    }
    let plain = |text: &String| !text.contains("${{") && !text.contains("://");
    let context = given("context").unwrap_or_else(|| ".".into());
    let Some(context) = Some(context).filter(plain).and_then(|dir| join("", &dir)) else {
        return Vec::new();
    };
    let file = given("file");
    if file.as_ref().is_some_and(|file| !plain(file)) {
        return Vec::new();
    }
    let Some(dockerfile) = dockerfile(&context, file.as_deref(), "") else {
        return Vec::new();
    };
    let Some(tags) = with.get("tags") else {
        return Vec::new();
    };
    let text = tags.text().unwrap_or_default();
    let target = given("target").filter(plain);
    text.split(['\n', ','])
        .map(str::trim)
        .filter(|tag| !tag.is_empty())
        .filter_map(|tag| name(&without_expressions(tag)))
        .map(|name| Built {
            name,
            context: context.clone(),
            dockerfile: dockerfile.clone(),
            target: target.clone(),
            path: path.to_owned(),
            range: tags.range(),
            command: false,
        })
        .collect()
}

/// A step of an action of one's own that is given a Dockerfile and the name of an image. Where
/// the rest of the name comes from, only the action knows.
fn other_action(path: &str, with: Node<'_>) -> Option<Built> {
    let given = |fits: &dyn Fn(&str) -> bool| {
        let entry = with.entries().find(|entry| {
            let key = entry.key.str().unwrap_or_default().to_ascii_lowercase();
            fits(&key.replace(['-', '_'], ""))
        })?;
        let value = entry.value.resolve();
        let text = value.as_str().filter(|text| !text.contains("${{"))?;
        Some((text.trim().to_owned(), value.range()))
    };
    let (file, _) = given(&|key| key.contains("dockerfile"))?;
    let (image, range) =
        given(&|key| matches!(key, "image" | "imagename" | "repository" | "name"))?;
    let name = match name(&image)? {
        BuiltName::Whole(whole) if !whole.contains('/') => BuiltName::Last(whole),
        name => name,
    };
    let context = given(&|key| key.contains("context")).map_or_else(|| ".".into(), |(dir, _)| dir);
    Some(Built {
        name,
        context: join("", &context)?,
        dockerfile: join("", &file)?,
        target: None,
        path: path.to_owned(),
        range,
        command: false,
    })
}

#[cfg(test)]
mod tests {
    use super::builds;

    #[test]
    fn what_is_pushed_nowhere_has_no_name() {
        let step = |push: &str| {
            let text = format!(
                "jobs:\n  a:\n    steps:\n    - uses: docker/build-push-action@v6\n      with: {{context: web, tags: a/b, push: {push}}}\n"
            );
            builds(".github/workflows/x.yml", &text).len()
        };
        assert_eq!(step("false"), 0);
        assert_eq!(step("true"), 1);
        assert_eq!(step("\"${{ github.ref == 'a' }}\""), 1);
    }

    #[test]
    fn steps_name_context_and_tags() {
        let found = builds(
            ".github/workflows/x.yml",
            "jobs:\n  build:\n    steps:\n    - uses: docker/build-push-action@v6\n      with:\n        context: ./web\n\
             \x20       tags: |\n          ghcr.io/acme/web:${{ github.sha }}\n          ${{ vars.REG }}/web:1\n\
             \x20   - uses: docker/build-push-action@v6\n      with: {context: '${{ matrix.dir }}', tags: a/b}\n",
        );
        let shown: Vec<_> = found
            .iter()
            .chain(&builds(
                "x.yml",
                "jobs:\n  a:\n    steps:\n    - uses: ./.github/actions/publish\n      with: {image-name: shop-cart, dockerfile-path: cart/Dockerfile}\n",
            ))
            .map(|one| format!("{:?} {}", one.name, one.dockerfile))
            .collect();
        assert_eq!(
            shown,
            [
                "Whole(\"ghcr.io/acme/web\") web/Dockerfile",
                "Last(\"web\") web/Dockerfile",
                "Last(\"shop-cart\") cart/Dockerfile"
            ]
        );
    }
}
