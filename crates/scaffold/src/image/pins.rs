//! Digests for the base images of a generated Dockerfile.

use crate::model::Evidence;
use crate::written::Written;

/// The images that a generated Dockerfile is built on or copies from, each once, in the order of
/// its lines; without stages of its own.
pub fn base_images(dockerfile: &Written) -> Vec<String> {
    let mut images: Vec<String> = Vec::new();
    let mut stages: Vec<String> = Vec::new();
    for line in dockerfile.text().lines() {
        let Some((image, stage)) = from(line) else {
            continue;
        };
        if !stages.iter().any(|name| name == image) && !images.iter().any(|have| have == image) {
            images.push(image.to_owned());
        }
        stages.extend(stage.map(str::to_owned));
    }
    images
}

/// Adds the digest (`sha256:…`) of an image behind its tag wherever the file is built on it.
/// `evidence` says where the digest is from.
pub fn pin(dockerfile: &mut Written, image: &str, digest: &str, evidence: &Evidence) {
    let line_start = format!("FROM {image} AS ");
    let pinned = format!("FROM {image}@{digest} AS ");
    for block in &mut dockerfile.blocks {
        if block.text.contains(&line_start) {
            block.text = block.text.replace(&line_start, &pinned);
            block.evidence.push(evidence.clone());
        }
    }
}

/// The image and the name of a line that begins a stage.
fn from(line: &str) -> Option<(&str, Option<&str>)> {
    let mut words = line.strip_prefix("FROM ")?.split(' ');
    let image = words.next()?;
    let stage = words.nth(1);
    Some((image, stage))
}
