//! Static sites: pages that are there as they are.

use super::draft::{Cx, Draft, name};
use super::files::below;
use crate::model::{Evidence, Known, Port, Stack, StaticSite};

/// Folders that hold pages by habit.
const FOLDERS: &[&str] = &[
    "", "public", "site", "html", "www", "static", "web", "htdocs",
];

/// The site in a folder.
pub(crate) fn look(cx: Cx<'_>, folder: &str) -> Option<Draft> {
    let staticfile = below(folder, "Staticfile");
    let root = cx.files.text(&staticfile).and_then(|text| {
        let line = text
            .text
            .lines()
            .position(|line| line.trim_start().starts_with("root:"))?;
        let value = text
            .text
            .lines()
            .nth(line)?
            .split_once(':')?
            .1
            .trim()
            .trim_matches(['"', '\''])
            .to_owned();
        let value = plimsoll_source::files::join("", &value)?;
        let evidence = Evidence::line(&staticfile, line as u32 + 1, "`root` is set");
        cx.files
            .has_folder(&below(folder, &value))
            .then(|| Known::stated(value, evidence))
    });
    let site = root.or_else(|| {
        FOLDERS.iter().find_map(|place| {
            let path = below(&below(folder, place), "index.html");
            let place = if place.is_empty() { "." } else { place };
            cx.files.has(&path).then(|| {
                Known::stated(
                    place.to_owned(),
                    Evidence::file(&path, "there is an `index.html`"),
                )
            })
        })
    })?;
    let mut draft = Draft::new(folder, folder, Stack::Static(StaticSite { folder: site }));
    draft.name = Some(name(None, folder));
    let port = Port {
        number: 8080,
        variable: None,
        loopback: false,
    };
    draft.port = Some(Known::assumed(
        port,
        "a web server that is not run by root listens above 1024",
    ));
    Some(draft)
}
