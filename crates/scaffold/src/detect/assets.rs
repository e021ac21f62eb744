//! Assets that Node builds for a program in another language: what frameworks name for their own builders.

use plimsoll_source::files::file_name;

use super::dependencies::Dependencies;
use super::draft::Cx;
use super::files::below;
use super::node;
use super::reading::Found;
use crate::model::{Evidence, Known, Node, NodeOutput, Pages, Service, Stack};

/// Gems that compile assets with packages of Node when Rails does.
const GEMS: &[&str] = &[
    "jsbundling-rails",
    "cssbundling-rails",
    "vite_rails",
    "vite_ruby",
    "shakapacker",
    "webpacker",
];

/// The packages of Node beside a program of Rails, where a gem compiles its assets with them.
pub(crate) fn of_rails(cx: Cx<'_>, folder: &str, gems: &Dependencies) -> Option<Known<Box<Node>>> {
    let (_, gem) = gems.first(GEMS)?;
    let node = node::beside(cx, folder)?;
    let package = below(folder, "package.json");
    let evidence = Evidence::file(package, "its packages compile the assets");
    Some(Known::stated(Box::new(node), gem.evidence.clone()).and(evidence))
}

/// What `laravel-vite-plugin` and Symfony's Encore build in the folder of an application: its views name
/// these files, and it hands them out of `public`.
pub(super) fn of_php(cx: Cx<'_>, server: &Service) -> Option<Pages> {
    let Stack::Php(php) = &server.stack else {
        return None;
    };
    let Found::Services(drafts) = node::look(cx, &server.folder, &|_| false) else {
        return None;
    };
    let mut page = drafts.into_iter().next()?.finish();
    let Stack::Node(node) = &mut page.stack else {
        return None;
    };
    let NodeOutput::Static(folder) = &node.output.value else {
        return None;
    };
    let public = php.public.value.trim_matches('/');
    let is_handed_out = folder
        .strip_prefix(public)
        .is_some_and(|rest| rest.starts_with('/'));
    if !is_handed_out || node.build.is_none() || page.context != server.folder {
        return None;
    }
    // The program itself is none of what they are built from, but for the texts that name classes.
    node.sources.retain(|path| {
        let name = file_name(path);
        matches!(path.as_str(), "resources" | "assets" | "templates")
            || name.contains(".config.")
            || name.ends_with("config.json")
    });
    let evidence = node.output.evidence.first().cloned()?;
    let folder = below(&server.folder, folder);
    let needs = of_composer(cx, server).filter(|_| !php.manifests.is_empty());
    Some(Pages {
        service: Box::new(page),
        place: Known::stated(folder, evidence),
        built_in: false,
        needs,
    })
}

/// The folder that Composer makes, where packages of Node are taken from it (`file:vendor/…`).
fn of_composer(cx: Cx<'_>, server: &Service) -> Option<Known<String>> {
    let path = below(&server.folder, "package.json");
    let text = cx.files.text(&path)?;
    let mut lines = text.text.lines();
    let line = lines.position(|line| line.contains("\"file:vendor/"))?;
    let says = "a package that Composer brings";
    Some(Known::stated(
        "vendor".to_owned(),
        Evidence::line(&path, line as u32 + 1, says),
    ))
}
