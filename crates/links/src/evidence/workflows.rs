//! Workflows of GitHub: steps that use `docker/build-push-action`, and steps of other actions
//! that are given a Dockerfile and an image.

use std::collections::HashMap;

use plimsoll_source::files::join;
use plimsoll_yaml::{self as yaml, Dialect, Document, Node};

use super::variables::without_expressions;
use super::{Built, BuiltName, dockerfile, image_name as name, variant};

/// The images that the steps of all jobs build.
pub(super) fn builds(path: &str, text: &str) -> Vec<Built> {
    if !text.contains("build-push-action") && !text.to_ascii_lowercase().contains("dockerfile") {
        return Vec::new();
    }
    let tree = yaml::parse(text, Dialect::GoV2);
    let roots = tree.documents().filter_map(Document::root);
    roots
        .flat_map(|root| {
            let jobs = root.get("jobs").into_iter().flat_map(Node::entries);
            jobs.flat_map(move |job| of_job(path, root, job.value.resolve()))
        })
        .collect()
}

/// The most names that `docker/metadata-action` is taken to give one image.
const MAX_NAMES: usize = 32;
/// The longest name that variables are put into, in bytes.
const MAX_LEN: usize = 1024;

/// What a job says for its steps.
#[derive(Default)]
struct Job {
    /// `env` of the workflow and of the job.
    env: HashMap<String, String>,
    /// The names of images that a step with an id works out for others.
    named: HashMap<String, Vec<String>>,
}

fn of_job(path: &str, root: Node<'_>, job: Node<'_>) -> Vec<Built> {
    let mut known = Job::default();
    // What the job says goes before what the workflow says.
    for env in [root.get("env"), job.get("env")].into_iter().flatten() {
        for entry in env.entries() {
            if let (Some(name), Some(value)) = (entry.key.str(), entry.value.resolve().text()) {
                known.env.insert(name.to_owned(), value.into_owned());
            }
        }
    }
    let steps = || {
        let steps = job.get("steps").into_iter().flat_map(Node::items);
        steps.map(Node::resolve)
    };
    for step in steps() {
        if let Some((id, names)) = known.metadata(step) {
            known.named.insert(id, names);
        }
    }
    steps().flat_map(|step| build(path, step, &known)).collect()
}

impl Job {
    /// The id of a step that uses `docker/metadata-action`, and the names that it is given.
    fn metadata(&self, step: Node<'_>) -> Option<(String, Vec<String>)> {
        let uses = step.get("uses").and_then(Node::as_str)?;
        if !uses.starts_with("docker/metadata-action@") {
            return None;
        }
        let id = step.get("id").and_then(Node::as_str)?;
        let images = step.get("with")?.get("images")?.text()?;
        let names = images.lines().map(str::trim).filter_map(|line| {
            let mut fields = line.split(',').map(str::trim);
            let first = fields.next().filter(|first| !first.is_empty())?;
            let is_off = fields.any(|field| field == "enable=false");
            let name = first.strip_prefix("name=").unwrap_or(first);
            (!is_off).then(|| self.with_env(name))
        });
        Some((id.into_owned(), names.take(MAX_NAMES).collect()))
    }

    /// A text with `${{ env.NAME }}` put in where the workflow says what it is.
    fn with_env(&self, text: &str) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some(at) = rest.find("${{") {
            let Some(len) = rest[at..].find("}}") else {
                break;
            };
            out.push_str(&rest[..at]);
            let whole = &rest[at..at + len + 2];
            let name = whole[3..len].trim().strip_prefix("env.");
            let value = name.and_then(|name| self.env.get(name));
            let value = value.filter(|value| out.len() + value.len() <= MAX_LEN);
            out.push_str(value.map_or(whole, |value| value.trim()));
            rest = &rest[at + len + 2..];
        }
        out.push_str(rest);
        out
    }

    /// The names that a tag stands for: its own, or those that a step before worked out.
    fn names_of(&self, tag: &str) -> Vec<String> {
        let output = tag
            .strip_prefix("${{")
            .and_then(|rest| rest.strip_suffix("}}"))
            .and_then(|rest| rest.trim().strip_prefix("steps."))
            .and_then(|rest| rest.strip_suffix(".outputs.tags"));
        match output {
            Some(id) => self.named.get(id).cloned().unwrap_or_default(),
            None => vec![self.with_env(tag)],
        }
    }
}

fn build(path: &str, step: Node<'_>, job: &Job) -> Vec<Built> {
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
    let target = given("target");
    if [&file, &target]
        .into_iter()
        .flatten()
        .any(|text| !plain(text))
    {
        return Vec::new();
    }
    let Some(dockerfile) = dockerfile(&context, file.as_deref(), "") else {
        return Vec::new();
    };
    let Some(tags) = with.get("tags") else {
        return Vec::new();
    };
    let text = tags.text().unwrap_or_default();
    text.split(['\n', ','])
        .map(str::trim)
        .filter(|tag| !tag.is_empty())
        .flat_map(|tag| job.names_of(tag))
        .map(|tag| without_expressions(&tag))
        .filter_map(|tag| Some((name(&tag)?, tag)))
        .map(|(name, tag)| Built {
            name,
            variant: variant(&tag),
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
        variant: None,
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
    fn which_stage_of_a_matrix_is_built_is_not_known() {
        let step = |target: &str| {
            let text = format!(
                "jobs:\n  a:\n    steps:\n    - uses: docker/build-push-action@v6\n      with: {{context: web, tags: a/b, target: '{target}'}}\n"
            );
            builds("x.yml", &text).len()
        };
        assert_eq!(step("${{ matrix.target }}"), 0);
        assert_eq!(step("runtime"), 1);
    }

    #[test]
    fn names_are_worked_out_by_a_step_before() {
        let found = |images: &str, tags: &str| -> Vec<String> {
            let text = format!(
                "env: {{REGISTRY: ghcr.io, IMAGE: 'acme/${{{{ github.ref }}}}'}}\njobs:\n  a:\n    env: {{NAME: acme/web}}\n    steps:\n    - id: meta\n      uses: docker/metadata-action@v5\n      with:\n        images: |\n{images}    - uses: docker/build-push-action@v6\n      with: {{context: web, push: true, tags: '{tags}'}}\n"
            );
            let built = builds("x.yml", &text);
            built.iter().map(|one| format!("{:?}", one.name)).collect()
        };
        let two = "          acme/web\n          name=${{ env.REGISTRY }}/${{ env.NAME }},enable=true\n          acme/off,enable=false\n";
        assert_eq!(
            found(two, "${{ steps.meta.outputs.tags }}"),
            ["Whole(\"acme/web\")", "Whole(\"ghcr.io/acme/web\")"]
        );
        assert_eq!(
            found(two, "${{ env.REGISTRY }}/acme/cart:${{ github.sha }}"),
            ["Whole(\"ghcr.io/acme/cart\")"]
        );
        // What is not said here is not known.
        assert!(found(two, "${{ steps.other.outputs.tags }}").is_empty());
        let hidden = "          ${{ env.REGISTRY }}/${{ env.IMAGE }}\n          ${{ vars.NAME }}\n";
        assert!(found(hidden, "${{ steps.meta.outputs.tags }}").is_empty());
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
