//! What Node builds for a program in another language, which hands it out itself.

use super::Project;
use crate::detect::files::below;
use crate::model::{Known, Node, NodeOutput};

/// Says what the build leaves, if a framework beside it refers to that.
pub(super) fn of_another(project: &Project<'_>, node: &mut Node) -> bool {
    let Some(output) = of_laravel(project).or_else(|| of_symfony(project)) else {
        return false;
    };
    node.output = output.map(NodeOutput::Static);
    node.bun = false;
    true
}

/// What Laravel's pages refer to: built into a folder that its own server hands out.
fn of_laravel(project: &Project<'_>) -> Option<Known<String>> {
    let plugin = project.package.dependencies.get("laravel-vite-plugin")?;
    let build = project.package.script("build")?;
    build
        .text
        .contains("vite")
        .then(|| Known::stated("public/build".to_owned(), plugin.evidence.clone()))
}

/// What Encore builds for Symfony: where its configuration says, or into `public/build`.
fn of_symfony(project: &Project<'_>) -> Option<Known<String>> {
    let files = project.cx.files;
    let encore = project
        .package
        .dependencies
        .get("@symfony/webpack-encore")
        .filter(|_| files.has(&below(&project.folder, "composer.json")))?;
    let path = below(&project.folder, "webpack.config.js");
    let set = files.text(&path).and_then(|text| {
        let code = text.code();
        let index = code.find(&[".", "setOutputPath", "("])?;
        let folder = code.string(index + 3)?;
        let folder = folder.trim_start_matches("./").trim_matches('/');
        let evidence =
            crate::model::Evidence::line(&path, code.line(index), "the build leaves them here");
        Some(Known::stated(folder.to_owned(), evidence))
    });
    let usual = || Known::likely("public/build".to_owned(), encore.evidence.clone());
    Some(set.unwrap_or_else(usual))
}
