//! Bake files: `target` blocks of HCL, or the same in JSON.

use plimsoll_source::TextRange;
use plimsoll_source::files::{join, parent};
use plimsoll_yaml::{self as yaml, Dialect, Document, Node};

use super::variables::Variables;
use super::{Built, dockerfile, image_name as name, variant};

/// The most targets of one file.
const MAX_TARGETS: usize = 500;

/// The targets with their tags.
pub(super) fn builds(path: &str, text: &str) -> Vec<Built> {
    if path.ends_with(".json") {
        json(path, text)
    } else {
        hcl(path, text)
    }
}

/// What a target says.
#[derive(Default)]
struct Target<'t> {
    context: Option<&'t str>,
    dockerfile: Option<&'t str>,
    stage: Option<&'t str>,
    tags: Vec<&'t str>,
}

impl Target<'_> {
    fn builds(&self, path: &str, range: TextRange, variables: &Variables<'_>) -> Vec<Built> {
        let Some(context) = join(parent(path), self.context.unwrap_or(".")) else {
            return Vec::new();
        };
        let Some(dockerfile) = dockerfile(&context, self.dockerfile, &context) else {
            return Vec::new();
        };
        self.tags
            .iter()
            .map(|tag| variables.expand(tag))
            .filter_map(|tag| Some((name(&tag)?, tag)))
            .map(|(name, tag)| Built {
                name,
                variant: variant(&tag),
                context: context.clone(),
                dockerfile: dockerfile.clone(),
                target: self.stage.map(str::to_owned),
                path: path.to_owned(),
                range,
                command: false,
            })
            .collect()
    }
}

fn json(path: &str, text: &str) -> Vec<Built> {
    let tree = yaml::parse(text, Dialect::Core);
    let roots = tree.documents().filter_map(Document::root);
    let targets = roots
        .filter_map(|root| root.get("target"))
        .flat_map(Node::entries);
    targets
        .take(MAX_TARGETS)
        .flat_map(|entry| {
            let node = entry.value.resolve();
            let given = |key: &str| node.get(key).and_then(Node::str);
            let target = Target {
                context: given("context"),
                dockerfile: given("dockerfile"),
                stage: given("target"),
                tags: node
                    .get("tags")
                    .into_iter()
                    .flat_map(Node::items)
                    .filter_map(Node::str)
                    .collect(),
            };
            target.builds(path, entry.key.range(), &Variables::default())
        })
        .collect()
}

/// Only what is written as plain text is read; functions and matrices stay unknown.
fn hcl(path: &str, text: &str) -> Vec<Built> {
    let defaults = defaults(text);
    let variables = Variables::of(&defaults);
    let mut found = Vec::new();
    for (at, _) in text.match_indices("target \"").take(MAX_TARGETS) {
        let Some(open) = text[at..].find('{').map(|open| at + open) else {
            continue;
        };
        let body = &text[open + 1..block_end(text, open)];
        let target = Target {
            context: attribute(body, "context"),
            dockerfile: attribute(body, "dockerfile"),
            stage: attribute(body, "target"),
            tags: list(body, "tags"),
        };
        found.extend(target.builds(path, TextRange::at(at, open), &variables));
    }
    found
}

/// `variable "TAG" { default = "1" }` as lines `TAG=1`.
fn defaults(text: &str) -> String {
    let mut lines = String::new();
    for (at, word) in text.match_indices("variable \"").take(MAX_TARGETS) {
        let name = text[at + word.len()..]
            .split('"')
            .next()
            .unwrap_or_default();
        let Some(open) = text[at..].find('{').map(|open| at + open) else {
            continue;
        };
        if let Some(value) = attribute(&text[open + 1..block_end(text, open)], "default") {
            lines.push_str(name);
            lines.push('=');
            lines.push_str(value);
            lines.push('\n');
        }
    }
    lines
}

/// The offset of the bracket that closes the one at `open`.
fn block_end(text: &str, open: usize) -> usize {
    let mut depth = 0_usize;
    for (at, byte) in text.bytes().enumerate().skip(open) {
        match byte {
            b'{' => depth += 1,
            b'}' => {
                depth -= 1;
                if depth == 0 {
                    return at;
                }
            }
            _ => {}
        }
    }
    text.len()
}

/// What stands behind `key =` at the beginning of a line.
fn value<'t>(body: &'t str, key: &str) -> Option<&'t str> {
    let mut at = 0;
    for line in body.split_inclusive('\n') {
        let trimmed = line.trim_start();
        let rest = trimmed.strip_prefix(key).map(str::trim_start);
        if let Some(rest) = rest.and_then(|rest| rest.strip_prefix('=')) {
            let start = at + line.len() - rest.len();
            return Some(&body[start..]);
        }
        at += line.len();
    }
    None
}

fn attribute<'t>(body: &'t str, key: &str) -> Option<&'t str> {
    let rest = value(body, key)?.trim_start();
    let rest = rest.strip_prefix('"')?;
    rest.split('"').next()
}

fn list<'t>(body: &'t str, key: &str) -> Vec<&'t str> {
    let Some(rest) = value(body, key) else {
        return Vec::new();
    };
    let Some(rest) = rest.trim_start().strip_prefix('[') else {
        return Vec::new();
    };
    let inside = rest.split(']').next().unwrap_or_default();
    inside.split('"').skip(1).step_by(2).take(50).collect()
}

#[cfg(test)]
mod tests {
    use super::builds;

    #[test]
    fn targets_have_contexts_and_tags() {
        let text = "variable \"REG\" {\n  default = \"ghcr.io/acme\"\n}\ngroup \"default\" { targets = [\"web\"] }\n\
            target \"web\" {\n  context = \"./web\"\n  dockerfile = \"Dockerfile.prod\"\n  target = \"run\"\n  tags = [\"${REG}/web:1\", \"${OTHER}/web\"]\n}\n";
        let found = builds("docker-bake.hcl", text);
        let shown: Vec<_> = found
            .iter()
            .map(|one| format!("{:?} {} {:?}", one.name, one.dockerfile, one.target))
            .collect();
        assert_eq!(
            shown,
            [
                "Whole(\"ghcr.io/acme/web\") web/Dockerfile.prod Some(\"run\")",
                "Last(\"web\") web/Dockerfile.prod Some(\"run\")"
            ]
        );
        let json = "{\"target\": {\"web\": {\"context\": \"web\", \"tags\": [\"acme/web:2\"]}}}";
        assert_eq!(
            builds("x/docker-bake.json", json)[0].dockerfile,
            "x/web/Dockerfile"
        );
        assert!(builds("docker-bake.hcl", "target \"a\" {{{{").is_empty());
    }
}
