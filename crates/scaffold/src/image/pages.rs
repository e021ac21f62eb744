//! Pages that a server hands out: a stage builds them, and the server's image or program takes them.

use super::ignore;
use super::sheet::Sheet;
use super::{node, words};
use crate::model::{Evidence, Pages, Service, Stack};
use crate::plan::WORKDIR;

/// The name of the stage that builds pages.
fn stage(number: usize) -> String {
    match number {
        0 => "pages".to_owned(),
        number => format!("pages-{}", number + 1),
    }
}

/// The stages that build the pages of a service from its tree alone.
pub(super) fn stages(sheet: &mut Sheet<'_>) {
    written(sheet, false);
}

/// The stages that need what the service's own build makes.
pub(super) fn stages_behind_build(sheet: &mut Sheet<'_>) {
    written(sheet, true);
}

fn written(sheet: &mut Sheet<'_>, behind_build: bool) {
    let service = sheet.service;
    let root = service.builder_root();
    for (number, pages) in service.pages.iter().enumerate() {
        if pages.needs.is_some() != behind_build {
            continue;
        }
        let Stack::Node(built) = &pages.service.stack else {
            continue;
        };
        let mut part = Sheet::part(&pages.service, sheet.running);
        let mut why = built.version.evidence.clone();
        why.extend_from_slice(&pages.place.evidence);
        node::pages(&mut part, built, &stage(number), why, pages.needs.as_ref());
        let prefix = below(&pages.service.context, root);
        let mut written = part.finish();
        for block in &mut written.blocks {
            block.text = words::from_folder(&block.text, prefix);
        }
        sheet.take(written);
    }
}

/// Pages that the build takes into the program, whose sources lie at `base`.
pub(super) fn into_build(sheet: &mut Sheet<'_>, base: &str) {
    copies(sheet, base, true);
}

/// Pages that the program reads when it runs.
pub(super) fn into_image(sheet: &mut Sheet<'_>) {
    copies(sheet, WORKDIR, false);
}

fn copies(sheet: &mut Sheet<'_>, base: &str, built_in: bool) {
    let service = sheet.service;
    for (number, pages) in service.pages.iter().enumerate() {
        if pages.built_in != built_in {
            continue;
        }
        let place = &pages.place;
        let from = reached(WORKDIR, &pages.service.context, &place.value);
        let to = reached(base, &service.context, &place.value);
        let text = words::copy(&[&format!("{from}/"), &format!("{to}/")]);
        let text = text.replacen("COPY ", &format!("COPY --from={} ", stage(number)), 1);
        sheet.on(text, place);
    }
}

/// Where a folder of the tree lies in an image in which `context` is `base`.
fn reached(base: &str, context: &str, folder: &str) -> String {
    let mut here: Vec<&str> = base.split('/').filter(|part| !part.is_empty()).collect();
    let own: Vec<&str> = context.split('/').filter(|part| !part.is_empty()).collect();
    let to: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    let shared = own.iter().zip(&to).take_while(|(a, b)| a == b).count();
    here.truncate(here.len().saturating_sub(own.len() - shared));
    here.extend(&to[shared..]);
    format!("/{}", here.join("/"))
}

/// A folder as seen from one above it; empty for that one itself.
pub(super) fn below<'p>(folder: &'p str, root: &str) -> &'p str {
    folder
        .strip_prefix(root)
        .unwrap_or(folder)
        .trim_matches('/')
}

/// What the builder has to see for the pages of a service, from its root.
pub(super) fn needed(service: &Service) -> Vec<(String, Evidence)> {
    let root = service.builder_root();
    let mut found = Vec::new();
    for pages in &service.pages {
        let Pages { service: page, .. } = pages;
        let prefix = below(&page.context, root);
        for path in ignore::needed(&page.stack) {
            let path = path.trim_start_matches("./").trim_end_matches('/');
            let path = if path == "." { "" } else { path };
            let in_tree = [page.context.as_str(), path];
            let in_tree: Vec<&str> = in_tree
                .into_iter()
                .filter(|part| !part.is_empty())
                .collect();
            let local = [prefix, path];
            let local: Vec<&str> = local.into_iter().filter(|part| !part.is_empty()).collect();
            let why = Evidence::file(in_tree.join("/"), "the pages are built from it");
            found.push((local.join("/"), why));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::reached;

    #[test]
    fn folders_lie_as_in_the_tree() {
        assert_eq!(reached("/app", "", "web/dist"), "/app/web/dist");
        assert_eq!(reached("/app", "server", "client/dist"), "/client/dist");
        assert_eq!(reached("/app", "server", "server/public"), "/app/public");
        assert_eq!(reached("/app", "apps/api", "apps/web/dist"), "/web/dist");
        assert_eq!(reached("/src", "a/b/c", "d"), "/d");
    }
}
