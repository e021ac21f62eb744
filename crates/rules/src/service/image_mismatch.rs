//! # What it does
//! Finds images that are run under a name which nothing builds, while the files write down that
//! the same thing is built under another name of the same registry: another organisation
//! (`ghcr.io/acme/web`, `ghcr.io/acmee/web`), or a last part that differs by a slip
//! (`ghcr.io/acme/web-fronted`).
//!
//! # Why it matters
//! The cluster pulls what the manifest names: an old image that somebody once pushed there, or
//! none at all (`ImagePullBackOff`). What the pipeline builds never runs.
//!
//! Silent for names without a registry or organisation, which are what an image is called before
//! it is pushed, for other registries, since mirrors and proxies are common, where a kustomization
//! renames the image, for organisations that stand for the reader's (`username/web`), and where
//! Compose builds it under a name that a variable completes. On Google's registry `_` and `-` in the
//! name of a project are the same.
//!
//! # Example
//! ```yaml bad
//! //- /compose.yaml
//! services:
//!   web:
//!     build: .
//!     image: ghcr.io/example/web-frontend:1.0
//! //- /Dockerfile
//! FROM node:22-alpine
//! CMD ["node", "server.js"]
//! //- /deploy.yaml
//! apiVersion: apps/v1
//! kind: Deployment
//! metadata: {name: web}
//! spec:
//!   selector: {matchLabels: {app: web}}
//!   template:
//!     metadata: {labels: {app: web}}
//!     spec:
//!       containers:
//!         - name: web
//!           image: ghcr.io/example/web-fronted:1.0
//! ```
//! ```yaml good
//! //- /compose.yaml
//! services:
//!   web:
//!     build: .
//!     image: ghcr.io/example/web-frontend:1.0
//! //- /Dockerfile
//! FROM node:22-alpine
//! CMD ["node", "server.js"]
//! //- /deploy.yaml
//! apiVersion: apps/v1
//! kind: Deployment
//! metadata: {name: web}
//! spec:
//!   selector: {matchLabels: {app: web}}
//!   template:
//!     metadata: {labels: {app: web}}
//!     spec:
//!       containers:
//!         - name: web
//!           image: ghcr.io/example/web-frontend:1.0
//! ```
//!
//! # Fix safety
//! Given where the names differ by a slip. Unsafe: the other name may be an image of its own.
//!
//! # References
//! - <https://kubernetes.io/docs/concepts/containers/images/>

use std::collections::{BTreeMap, BTreeSet};

use plimsoll_links::facts::runner::Runner;
use plimsoll_links::{Evidence, Link, LinkKind, Links, Thing, is_public};
use plimsoll_oci::Reference;
use plimsoll_source::files::parent;
use plimsoll_source::nearest::nearest;
use plimsoll_source::{Confidence, FileEdit, Fix, Place, Safety, Severity};
use plimsoll_yaml::Node;

use crate::{Check, Cx, FixKind, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "image-mismatch",
    summary: "an image is built under one name and run under another",
    since: "0.1.0",
    severity: Severity::Warning,
    confidence: Confidence::Medium,
    strictness: Strictness::Default,
    fix: FixKind::Sometimes,
    aliases: &[],
    checks: &[Check::Project(check)],
};

/// A name under which something is built.
struct Built {
    parts: Parts,
    stage: Thing,
    place: Option<Place>,
    by: String,
}

/// A name in its three parts.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Parts {
    registry: String,
    /// The organisation and what follows it, without the last part.
    path: String,
    last: String,
}

impl Parts {
    /// `None` for a name that is only called so here.
    fn of(image: &Reference) -> Option<Self> {
        let (path, last) = image.repository().rsplit_once('/')?;
        if image.is_official() {
            return None;
        }
        let registry = image.domain();
        Some(Self {
            registry: registry.to_owned(),
            path: canonical(registry, path),
            last: last.to_owned(),
        })
    }
}

/// The path as the registry itself writes it. Names of Google's projects have no `_`: its container
/// registry takes `google_samples` for `google-samples`.
fn canonical(registry: &str, path: &str) -> String {
    if registry != "gcr.io" && !registry.ends_with(".gcr.io") {
        return path.to_owned();
    }
    match path.split_once('/') {
        Some((project, rest)) => format!("{}/{rest}", project.replace('_', "-")),
        None => path.replace('_', "-"),
    }
}

/// A use of an image.
struct Used {
    place: Place,
    /// The image as written.
    text: String,
    reference: Reference,
    parts: Parts,
    /// The stage that it is held to be, with how that is known.
    link: Option<(Thing, Evidence)>,
    object: String,
    fix: Option<Fix>,
}

fn check(cx: &mut Cx<'_>) {
    let built = built(cx.links);
    if built.is_empty() {
        return;
    }
    let names: BTreeSet<&Parts> = built.iter().map(|one| &one.parts).collect();
    let open = open_names(cx.links);
    let uses = uses(cx.links);
    let run: BTreeSet<&Parts> = uses.iter().map(|one| &one.parts).collect();
    let mut found: BTreeMap<(String, usize), Vec<usize>> = BTreeMap::new();
    for (number, used) in uses.iter().enumerate() {
        if names.contains(&used.parts) || open.contains(&used.parts.last) {
            continue;
        }
        if let Some(other) = counterpart(cx.links, used, &built, &run) {
            let name = used.reference.full_name();
            found.entry((name, other)).or_default().push(number);
        }
    }
    for ((_, other), numbers) in found {
        let places: Vec<&Used> = numbers.iter().map(|number| &uses[*number]).collect();
        report(cx, &built[other], &places);
    }
}

/// The name under which what is used is built, if it is another one.
fn counterpart(
    links: &Links<'_>,
    used: &Used,
    built: &[Built],
    run: &BTreeSet<&Parts>,
) -> Option<usize> {
    let parts = &used.parts;
    if stands_in(&parts.path) {
        return None;
    }
    let same_registry = |one: &(usize, &Built)| one.1.parts.registry == parts.registry;
    // Another organisation builds what is linked to it by its last part.
    let moved = built
        .iter()
        .enumerate()
        .filter(|(_, one)| {
            match &used.link {
                Some((stage, evidence)) => {
                    is_beside(links, stage, &one.stage) && !matches!(evidence, Evidence::Renamed(_))
                }
                // Nothing else ties them together than a name that says something.
                None => parts.last.len() >= 5 && !GENERIC.contains(&&*parts.last),
            }
        })
        .filter(same_registry)
        .filter(|(_, one)| !stands_in(&one.parts.path))
        .find(|(_, one)| one.parts.last == parts.last && one.parts.path != parts.path);
    if let Some((number, one)) = moved {
        // Where both names are run each has its own pipeline.
        return (!run.contains(&one.parts)).then_some(number);
    }
    let near = built
        .iter()
        .enumerate()
        .filter(same_registry)
        .filter(|(_, one)| one.parts.path == parts.path && !run.contains(&one.parts))
        .find(|(_, one)| is_slip(&parts.last, &one.parts.last));
    near.map(|(number, _)| number)
}

/// Whether two stages are of one Dockerfile, or of two in one folder.
fn is_beside(links: &Links<'_>, one: &Thing, other: &Thing) -> bool {
    let project = links.project();
    let folder = |thing: &Thing| match thing {
        Thing::Stage { dockerfile, .. } => {
            let unit = &project.dockerfiles[*dockerfile as usize];
            Some((*dockerfile, parent(project.path(unit.file)).to_owned()))
        }
        _ => None,
    };
    match (folder(one), folder(other)) {
        (Some((a, _)), Some((b, _))) if a == b => one == other,
        (Some((_, one)), Some((_, other))) => one == other,
        _ => false,
    }
}

/// Whether an organisation stands for the one that the reader has.
fn stands_in(path: &str) -> bool {
    let mut words = path.split(['/', '_', '-', '.']);
    words.any(|word| {
        matches!(
            word,
            "your"
                | "yourname"
                | "username"
                | "user"
                | "yourorg"
                | "dockerhub"
                | "youruser"
                | "yourusername"
        )
    })
}

/// Names that many things have.
const GENERIC: &[&str] = &[
    "agent",
    "backend",
    "client",
    "controller",
    "database",
    "frontend",
    "gateway",
    "nginx",
    "operator",
    "proxy",
    "redis",
    "server",
    "service",
    "website",
    "worker",
];

/// Whether two names differ by a letter or two, and not by a number.
fn is_slip(a: &str, b: &str) -> bool {
    let letters = |text: &str| text.replace(|c: char| c.is_ascii_digit(), "");
    a != b
        && a.len() >= 5
        && a.len().abs_diff(b.len()) <= 2
        && letters(a) != letters(b)
        && nearest(a, [b]).is_some()
}

/// The names that the files write down.
fn built(links: &Links<'_>) -> Vec<Built> {
    let mut found = Vec::new();
    for link in links.all() {
        if link.kind != LinkKind::BuiltAs {
            continue;
        }
        let Thing::Image(name) = links.thing(link.to) else {
            continue;
        };
        let parts = Reference::parse(name)
            .ok()
            .and_then(|image| Parts::of(&image));
        found.extend(parts.map(|parts| Built {
            parts,
            stage: links.thing(link.from).clone(),
            place: link.place,
            by: link.evidence.to_string(),
        }));
    }
    found
}

/// The last parts of names under which Compose builds what a variable completes: `${REPO}/web` may
/// be any of them.
fn open_names(links: &Links<'_>) -> BTreeSet<String> {
    let built = links.services().filter(|one| one.service.build().is_some());
    let images = built.filter_map(|one| one.service.image());
    let last = |image: plimsoll_compose::Value<'_>| {
        let text = image.text();
        let (path, last) = text.rsplit_once('/')?;
        let name = last.split([':', '@']).next().unwrap_or(last);
        (path.contains('$') && !name.contains('$')).then(|| name.to_owned())
    };
    images.filter_map(last).collect()
}

/// The images that containers and Compose services run and do not build.
fn uses(links: &Links<'_>) -> Vec<Used> {
    let mut found = Vec::new();
    for service in links.services().filter(|one| one.service.build().is_none()) {
        let runner = Runner::Service(service);
        let Some(image) = service.service.image() else {
            continue;
        };
        let object = format!("service/{}", service.service.name());
        let place = Place::new(service.unit.file, image.range());
        let node = (!image.is_part() && !image.text().contains('$')).then(|| image.node());
        found.extend(used(links, &runner, place, None, object, node));
    }
    for (object, view) in links.objects().iter() {
        for container in links.containers(object) {
            let runner = Runner::Container(container);
            let Some(node) = container.container.image() else {
                continue;
            };
            let place = Place::new(container.file, node.range());
            let label = container.container.label();
            found.extend(used(
                links,
                &runner,
                place,
                Some(&label),
                view.id(),
                Some(node),
            ));
        }
    }
    found
}

fn used(
    links: &Links<'_>,
    runner: &Runner<'_>,
    place: Place,
    label: Option<&str>,
    object: String,
    node: Option<Node<'_>>,
) -> Option<Used> {
    let reference = runner.reference().filter(|image| !is_public(image))?;
    let parts = Parts::of(&reference)?;
    let fits = |link: &&Link| {
        link.kind == LinkKind::Runs
            && label.is_none_or(|label| link.container.as_deref() == Some(label))
    };
    let link = links
        .from(&runner.thing())
        .find(fits)
        .map(|link| (links.thing(link.to).clone(), link.evidence.clone()));
    let fix = node.and_then(|node| {
        let mut fix = Fix::new("write the name that is built", Safety::Unsafe);
        // The text is put in when the counterpart is known.
        fix.change.edits = plimsoll_yaml::edit::set_scalar(node, "")
            .into_iter()
            .map(|edit| FileEdit {
                file: place.file,
                edit,
            })
            .collect();
        (fix.change.edits.len() == 1).then_some(fix)
    });
    Some(Used {
        place,
        text: node.and_then(Node::as_str).unwrap_or_default().into_owned(),
        reference,
        parts,
        link,
        object,
        fix,
    })
}

fn report(cx: &mut Cx<'_>, built: &Built, places: &[&Used]) {
    let first = places[0];
    let (name, other) = (first.reference.familiar(), familiar(&built.parts));
    let run = without_tag(&name);
    let slip = built.parts.last != first.parts.last;
    let draft = cx.report_at(
        first.place,
        format!("`{run}` is run here, and `{other}` is built"),
    );
    draft.object(first.object.clone());
    if let Some(place) = built.place {
        draft.related(place, built.by.clone());
    }
    for used in &places[1..] {
        draft.related(used.place, format!("`{run}` here too"));
    }
    draft
        .note(format!(
            "nothing in the files builds `{run}`, so that what is built never runs"
        ))
        .help(format!(
            "write `{other}`, or build it under the name that is run"
        ));
    if slip && places.len() == 1 {
        let fix = first.fix.clone().map(|mut fix| {
            let text = renamed(&first.text, &built.parts.last);
            fix.title = format!("write `{text}`");
            for edit in &mut fix.change.edits {
                edit.edit.text = text.clone();
            }
            fix
        });
        if let Some(fix) = fix {
            draft.fix(fix);
        }
    }
}

fn familiar(parts: &Parts) -> String {
    match parts.registry.as_str() {
        "docker.io" => format!("{}/{}", parts.path, parts.last),
        registry => format!("{registry}/{}/{}", parts.path, parts.last),
    }
}

fn without_tag(name: &str) -> &str {
    let name = name.split('@').next().unwrap_or(name);
    match name.rfind(':') {
        Some(at) if !name[at..].contains('/') => &name[..at],
        _ => name,
    }
}

/// The image as written with another last part; tag and digest stay.
fn renamed(text: &str, last: &str) -> String {
    let whole = without_tag(text);
    let (front, _) = whole.rsplit_once('/').unwrap_or(("", whole));
    format!("{front}/{last}{}", &text[whole.len()..])
}

#[cfg(test)]
mod tests {
    use super::{RULE, is_slip};
    use crate::testing::{Case, on};

    #[track_caller]
    fn with(built: &str, run: &str) -> Case {
        on(&RULE).files(&format!(
            "//- /k.yaml\napiVersion: v1\nkind: Pod\nmetadata: {{name: web}}\nspec:\n  containers:\n  - name: web\n    image: {run}\n//- /compose.yaml\nservices:\n  web:\n    build: .\n    image: {built}\n//- /Dockerfile\nFROM a\nCMD [\"a\"]\n"
        ))
    }

    #[test]
    fn organisations_that_stand_for_the_reader_s_are_left_alone() {
        with("acme/payments:1", "docker_username/payments:1").clean();
        with("your-dockerhub-username/payments:1", "acme/payments:1").clean();
        with("acme/payments:1", "acmee/payments:1").flags(&["k.yaml:7: acmee/payments:1"]);
    }

    #[test]
    fn names_that_nothing_builds_are_found() {
        with("ghcr.io/acme/payments:1", "ghcr.io/acme/paymnets:1")
            .flags(&["k.yaml:7: ghcr.io/acme/paymnets:1"])
            .says(&["`ghcr.io/acme/paymnets` is run here, and `ghcr.io/acme/payments` is built"])
            .fixed("apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers:\n  - name: web\n    image: ghcr.io/acme/payments:1\n");
        with("ghcr.io/acme/web:1", "ghcr.io/acmee/web:1").flags(&["k.yaml:7: ghcr.io/acmee/web:1"]);
        with("acme/payments", "acme/payment").flags(&["k.yaml:7: acme/payment"]);
        with("ghcr.io/acme_shop/web", "ghcr.io/acme-shop/web")
            .flags(&["k.yaml:7: ghcr.io/acme-shop/web"]);
        with("gcr.io/acme_shop/web", "gcr.io/acme-store/web")
            .says(&["`gcr.io/acme-store/web` is run here, and `gcr.io/acme-shop/web` is built"]);
        on(&RULE)
            .files("//- /Dockerfile\nFROM a\n//- /compose.yaml\nservices:\n  web:\n    image: ghcr.io/acme/shopfront:1\n//- /Makefile\nimage:\n\tdocker build -t ghcr.io/acme/shop-front .\n")
            .flags(&["compose.yaml:3: ghcr.io/acme/shopfront:1"]);
    }

    #[test]
    fn names_that_are_built_or_local_are_left_alone() {
        with("ghcr.io/acme/web:1", "ghcr.io/acme/web:2").clean();
        with("payments", "ghcr.io/acme/payments:1").clean();
        with("acme/payments", "ghcr.io/acme/payments:1").clean();
        with("ghcr.io/acme/worker1", "ghcr.io/acme/worker2").clean();
        with("ghcr.io/acme/payments", "ghcr.io/acme/orders").clean();
        with("ghcr.io/acme/redis", "redis:7").clean();
        // One project of Google's registry under its old name and its own.
        with("gcr.io/acme_shop/payments:1", "gcr.io/acme-shop/payments:1").clean();
        with(
            "eu.gcr.io/acme_shop/x/payments",
            "eu.gcr.io/acme-shop/x/payments",
        )
        .clean();
    }

    #[test]
    fn names_that_a_kustomization_gives_are_left_alone() {
        on(&RULE)
            .files("//- /k.yaml\napiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers:\n  - name: web\n    image: ghcr.io/other/web\n//- /kustomization.yaml\napiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [k.yaml]\nimages: [{name: ghcr.io/other/web, newName: ghcr.io/acme/web}]\n//- /compose.yaml\nservices:\n  web:\n    build: .\n    image: ghcr.io/acme/web\n//- /Dockerfile\nFROM a\n")
            .clean();
    }

    #[test]
    fn slips_are_told_from_other_names() {
        assert!(is_slip("frontend", "fronted") && is_slip("payments", "payment"));
        assert!(!is_slip("app-v1", "app-v2") && !is_slip("web", "wep") && !is_slip("cart", "card"));
        assert!(!is_slip("orders", "payments"));
    }
}
