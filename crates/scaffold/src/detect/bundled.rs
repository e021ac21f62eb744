//! Pages that another service of the tree hands out: a client that lies in a server's folder, is built
//! into it, or is built by it, is no service of its own.

use plimsoll_source::files::file_name;

use super::aside::{is_told, is_word, serves};
use super::draft::Cx;
use super::files::{below, inside, relative};
use crate::model::{Evidence, Refusal, Service, Survey};
use crate::plan::artefact;

/// Leaves out pages that others hand out.
pub(crate) fn leave_out(cx: Cx<'_>, survey: &mut Survey) {
    let (pages, others): (Vec<Service>, Vec<Service>) = std::mem::take(&mut survey.services)
        .into_iter()
        .partition(|service| artefact::is_site(&service.stack));
    let mut kept = Vec::new();
    for page in pages {
        let by = others
            .iter()
            .filter(|other| serves(other) && !is_told(cx, &page))
            .find_map(|other| Some((other, handed_out(cx, &page, other)?)));
        match by {
            Some((other, evidence)) => survey.refusals.push(refusal(&page, other, evidence)),
            None => kept.push(page),
        }
    }
    survey.services = others;
    survey.services.extend(kept);
}

fn refusal(page: &Service, by: &Service, evidence: Evidence) -> Refusal {
    let place = match (evidence.file.as_str(), evidence.line) {
        ("", _) => String::new(),
        (file, 0) => format!(" ({file})"),
        (file, line) => format!(" ({file}:{line})"),
    };
    Refusal {
        folder: page.folder.clone(),
        why: format!(
            "its pages are handed out by `{}`: {}{place}",
            by.name.value, evidence.says
        ),
        help: format!(
            "build them for the image of `{}`, which is not written here; if they are served by themselves, name the folder under `[[init.service]]` in `plimsoll.toml`",
            by.name.value
        ),
        evidence: vec![evidence],
    }
}

/// What says that a server hands out pages.
fn handed_out(cx: Cx<'_>, page: &Service, server: &Service) -> Option<Evidence> {
    built_outside(cx, page)
        .or_else(|| within(page, server))
        .or_else(|| built_by(cx, page, server))
}

/// Pages in the folder of a server, or of a root's `static` and `resources`.
fn within(page: &Service, server: &Service) -> Option<Evidence> {
    if !inside(&page.folder, &server.folder) || page.folder == server.folder {
        return None;
    }
    let local = relative(&page.folder, &server.folder);
    let handed = ["static", "resources", "webapp", "webroot", "wwwroot"];
    let shown = local.split('/').any(|part| handed.contains(&part));
    let says = "they lie in its folder";
    (!server.folder.is_empty() || shown).then(|| Evidence::file(&page.folder, says))
}

/// `vite build --outDir=../server/dist`, `outDir: '../server/dist'`.
fn built_outside(cx: Cx<'_>, page: &Service) -> Option<Evidence> {
    let names = [
        "package.json",
        "vite.config.ts",
        "vite.config.js",
        "vite.config.mts",
        "vite.config.mjs",
    ];
    names.iter().find_map(|name| {
        let path = below(&page.folder, name);
        let text = cx.files.text(&path)?;
        let (number, _) = text.text.lines().enumerate().find(|(_, line)| {
            let after = line.split("outDir").nth(1);
            after.is_some_and(|after| {
                let value = after.trim_start_matches(['"', '\'', ':', '=', ' ', '`']);
                value.starts_with("../")
            })
        })?;
        let says = "their build writes them into another folder";
        Some(Evidence::line(&path, number as u32 + 1, says))
    })
}

/// Scripts of the server that build the pages, and Gradle's and Maven's.
fn built_by(cx: Cx<'_>, page: &Service, server: &Service) -> Option<Evidence> {
    let local = if inside(&page.folder, &server.folder) {
        relative(&page.folder, &server.folder)
    } else {
        file_name(&page.folder).to_owned()
    };
    let says = "its build builds them";
    for name in [
        "package.json",
        "build.gradle",
        "build.gradle.kts",
        "pom.xml",
    ] {
        let path = below(&server.folder, name);
        let Some(text) = cx.files.text(&path) else {
            continue;
        };
        let scripts = name == "package.json";
        if !scripts && !["npm", "Npm"].iter().any(|tool| text.text.contains(tool)) {
            continue;
        }
        let line = text.text.lines().position(|line| {
            if scripts {
                let calls = [
                    format!("cd {local} "),
                    format!("cd ./{local} "),
                    format!("--prefix {local} "),
                    format!("--prefix ./{local} "),
                    format!("-C {local} "),
                ];
                line.contains("build") && calls.iter().any(|call| line.contains(call.as_str()))
            } else {
                is_word(line, &local)
            }
        });
        if let Some(line) = line {
            return Some(Evidence::line(&path, line as u32 + 1, says));
        }
    }
    None
}
