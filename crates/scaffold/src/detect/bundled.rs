//! Pages that another service of the tree hands out: a client that lies in a server's folder, is built
//! into it, or is built by it, is no service of its own.

use plimsoll_source::files::file_name;

use super::aside::{is_told, is_word, serves};
use super::assets;
use super::draft::Cx;
use super::files::{below, inside, relative};
use super::served;
use crate::model::{Evidence, NodeOutput, Pages, Refusal, Service, Stack, Survey};
use crate::plan::artefact;

/// Leaves out pages that others hand out; where the code of the other says from which folder, its
/// image builds them.
pub(crate) fn leave_out(cx: Cx<'_>, survey: &mut Survey) {
    let (pages, mut others): (Vec<Service>, Vec<Service>) = std::mem::take(&mut survey.services)
        .into_iter()
        .partition(|service| artefact::is_site(&service.stack));
    for other in &mut others {
        other.pages.extend(assets::of_php(cx, other));
    }
    let mut kept = Vec::new();
    for page in pages {
        if is_told(cx, &page) {
            kept.push(page);
            continue;
        }
        let outside = built_outside(cx, &page);
        let out = served::output(&page, outside.as_ref().map(|(_, folder)| folder.as_str()));
        let servers = || others.iter().enumerate().filter(|(_, other)| serves(other));
        let place = out.as_deref().and_then(|out| {
            let mut found = servers().filter_map(|(number, other)| {
                let fits = can_be_built(cx, &page, other);
                let place = fits
                    .then(|| served::place(cx, &page, other, out))
                    .flatten()?;
                Some((number, place))
            });
            let first = found.next();
            // What two hand out is asked of a person.
            first.filter(|_| found.next().is_none())
        });
        if let Some((number, place)) = place {
            forget_build(cx, &page, &mut others[number]);
            let mut page = page;
            if let Stack::Node(node) = &mut page.stack {
                node.sources.retain(|path| !path.ends_with(".go"));
            }
            others[number].pages.push(Pages {
                service: Box::new(page),
                place: place.folder,
                built_in: place.built_in,
                needs: None,
            });
            continue;
        }
        // What is built into the folder of one is handed out by that one.
        let into = |other: &Service| {
            let out = out.as_deref().filter(|_| !other.folder.is_empty());
            out.is_some_and(|out| inside(out, &other.folder))
        };
        let (into, rest): (Vec<_>, Vec<_>) = servers().partition(|(_, other)| into(other));
        let by = into.into_iter().chain(rest).find_map(|(_, other)| {
            let evidence = outside.as_ref().map(|(evidence, _)| evidence.clone());
            Some((other, evidence.or_else(|| handed_out(cx, &page, other))?))
        });
        match by {
            Some((other, evidence)) => {
                let refusal = refusal(&page, other, out.as_deref(), evidence);
                survey.refusals.push(refusal);
            }
            None => kept.push(page),
        }
    }
    survey.services = others;
    survey.services.extend(kept);
}

/// A script of the server that builds the pages is not run where they are built in a stage of their own.
fn forget_build(cx: Cx<'_>, page: &Service, server: &mut Service) {
    let builds = built_by(cx, page, server).is_some();
    if let Stack::Node(node) = &mut server.stack
        && builds
    {
        node.build = None;
    }
}

/// Whether one Dockerfile can build both: their folders are plain words, and no script builds the pages
/// together with the server.
fn can_be_built(cx: Cx<'_>, page: &Service, server: &Service) -> bool {
    if let Stack::Node(node) = &server.stack
        && node.output.value != NodeOutput::Sources
        && built_by(cx, page, server).is_some()
    {
        return false;
    }
    let is_plain = |path: &str| {
        path.chars()
            .all(|c| c.is_ascii_alphanumeric() || "._-/@+".contains(c))
    };
    is_plain(&page.context) && is_plain(&server.context) && is_plain(&page.folder)
}

fn refusal(page: &Service, by: &Service, out: Option<&str>, evidence: Evidence) -> Refusal {
    let place = match (evidence.file.as_str(), evidence.line) {
        ("", _) => String::new(),
        (file, 0) => format!(" ({file})"),
        (file, line) => format!(" ({file}:{line})"),
    };
    let name = &by.name.value;
    let missing = match out {
        Some(out) => format!(
            "nothing in the code of `{name}` names `{out}`, which they are built into, so that its image lacks them: name that folder where it hands out files and run this again, or build them in a stage of your own"
        ),
        None => format!(
            "which folder they are built into is not known, so that the image of `{name}` lacks them: build them in a stage of your own"
        ),
    };
    Refusal {
        folder: page.folder.clone(),
        why: format!(
            "its pages are handed out by `{name}`: {}{place}",
            evidence.says
        ),
        help: format!(
            "{missing}; if they are served by themselves, name the folder under `[[init.service]]` in `plimsoll.toml`"
        ),
        evidence: vec![evidence],
    }
}

/// What says that a server hands out pages.
fn handed_out(cx: Cx<'_>, page: &Service, server: &Service) -> Option<Evidence> {
    within(page, server).or_else(|| built_by(cx, page, server))
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

/// Where configurations of builds say what they write into.
const OUTPUTS: &[(&[&str], &str)] = &[
    (
        &[
            "package.json",
            "vite.config.ts",
            "vite.config.js",
            "vite.config.mts",
            "vite.config.mjs",
        ],
        "outDir",
    ),
    (
        &["vue.config.js", "vue.config.cjs", "vue.config.ts"],
        "outputDir",
    ),
    (&["svelte.config.js", "svelte.config.ts"], "pages:"),
    (&["angular.json"], "\"outputPath\""),
];

/// `vite build --outDir=../server/dist`, `outDir: '../server/dist'`: what says so, and the folder.
fn built_outside(cx: Cx<'_>, page: &Service) -> Option<(Evidence, String)> {
    let places = OUTPUTS.iter();
    let mut places = places.flat_map(|(names, key)| names.iter().map(move |name| (name, key)));
    places.find_map(|(name, key)| {
        let path = below(&page.folder, name);
        let text = cx.files.text(&path)?;
        let mut lines = text.text.lines().enumerate();
        let (number, folder) = lines.find_map(|(number, line)| {
            let after = line.split(key).nth(1)?;
            Some((number, &after[after.find("../")?..]))
        })?;
        let ends = |c: char| matches!(c, '"' | '\'' | '`' | ',' | ' ' | '\\');
        let folder = &folder[..folder.find(ends).unwrap_or(folder.len())];
        let says = "their build writes them into another folder";
        let evidence = Evidence::line(&path, number as u32 + 1, says);
        Some((evidence, folder.to_owned()))
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
