//! What lies around an object: what is applied together with it, and whether something that is
//! not written here may make what is missing.

use plimsoll_k8s::{LabelSelector, Object};
use plimsoll_links::{By, Definition, Pods};
use plimsoll_project::Reason;
use plimsoll_project::kustomize::kustomizations;
use plimsoll_source::files::{join, parent};
use plimsoll_source::nearest::nearest;
use plimsoll_source::{EntryKind, FileId};
use plimsoll_yaml::Node;

use crate::Cx;

/// Whether two files are applied together beyond reasonable doubt.
pub(crate) fn together(cx: &Cx<'_>, a: FileId, b: FileId) -> bool {
    cx.links.objects().worlds().is_certain(cx.project, a, b)
}

/// The pods of the workloads that are applied together with a file.
pub(crate) fn pods_around<'a>(cx: &Cx<'a>, file: FileId) -> Vec<&'a Pods<'a>> {
    cx.links
        .pods()
        .iter()
        .filter(|pods| together(cx, file, pods.file))
        .collect()
}

/// What is defined of a kind in the files that are applied together with a file.
pub(crate) fn defined_around<'a>(cx: &Cx<'a>, file: FileId, kind: &str) -> Vec<&'a Definition<'a>> {
    cx.links
        .objects()
        .of_kind(kind)
        .filter(|definition| together(cx, file, definition.file))
        .collect()
}

/// Objects that bring further objects which are not written here: releases of charts, other
/// kustomizations, operators' subscriptions.
const BRINGERS: &[(&str, &str)] = &[
    ("argoproj.io", "Application"),
    ("argoproj.io", "ApplicationSet"),
    ("helm.cattle.io", "HelmChart"),
    ("helm.toolkit.fluxcd.io", "HelmRelease"),
    ("kustomize.toolkit.fluxcd.io", "Kustomization"),
    ("operators.coreos.com", "Subscription"),
    ("source.toolkit.fluxcd.io", "GitRepository"),
];

/// Whether what is applied with a file is evidently more than what is written: then nothing is
/// certainly missing.
pub(crate) fn is_open(cx: &Cx<'_>, file: FileId) -> bool {
    let objects = cx.links.objects();
    let brought = BRINGERS.iter().any(|(group, kind)| {
        objects.of_kind(kind).any(|definition| {
            let object = definition.object.map(|object| objects.get(object));
            object.is_some_and(|object| object.is(group, kind))
                && together(cx, file, definition.file)
        })
    });
    let dir = parent(cx.project.path(file));
    let templated = cx.project.not_reviewed.iter().any(|left| {
        parent(&left.path) == dir && matches!(left.reason, Reason::Template | Reason::Jsonnet)
    });
    brought || templated || is_rendered_in_part(cx, file) || from_afar(cx, file)
}

/// Whether the file is of a chart of which something is not there: a chart that it depends on, or
/// templates that cannot be rendered without it.
pub(crate) fn is_rendered_in_part(cx: &Cx<'_>, file: FileId) -> bool {
    let Some(generated) = cx.project.generated(file) else {
        return false;
    };
    let folder = &cx.project.renders[generated.render].folder;
    let mut charts = cx.project.charts.iter();
    let chart = charts.find(|chart| chart.folder == *folder);
    chart.is_some_and(|chart| {
        let mut dependencies = chart.dependencies.iter();
        !chart.left_out.is_empty() || dependencies.any(|one| one.is_missing)
    })
}

/// Whether a kustomization that takes the file takes something that is not in the project as
/// well: a remote base, a chart, a generator of its own.
fn from_afar(cx: &Cx<'_>, file: FileId) -> bool {
    if !cx.project.overlays.is_member(file) {
        return false;
    }
    let collect = || {
        let units = cx.project.manifests.iter();
        let reaching = units.filter(|unit| {
            let path = cx.project.path(unit.file);
            kustomizations(path, &unit.tree).any(reaches_out)
        });
        reaching.map(|unit| unit.file).collect()
    };
    let reaching = cx.objects.reaching_out(collect);
    reaching.iter().any(|&other| together(cx, file, other))
}

/// Whether a kustomization takes something that is not in the project.
fn reaches_out(root: Node<'_>) -> bool {
    let makes = ["helmCharts", "helmChartInflationGenerator", "generators"]
        .iter()
        .any(|key| root.present(key).is_some());
    let mut listed = ["resources", "bases", "components"]
        .into_iter()
        .filter_map(|key| root.get(key))
        .flat_map(Node::items)
        .filter_map(Node::as_str);
    makes || listed.any(|path| is_remote(&path))
}

fn is_remote(path: &str) -> bool {
    path.contains("://")
        || path.contains("?ref=")
        || path.starts_with("git@")
        || path.starts_with("github.com/")
}

/// Whether a custom resource that is applied with the file may make something of this name: its
/// operator names what it makes after it.
pub(crate) fn operator_may_make(cx: &Cx<'_>, file: FileId, name: &str) -> bool {
    cx.links
        .objects()
        .customs()
        .any(|(own, other)| own.len() > 2 && name.starts_with(own) && together(cx, file, other))
}

/// How the nearest of some pods miss a selector.
pub(crate) struct Miss<'a> {
    /// The pods.
    pub(crate) pods: &'a Pods<'a>,
    /// The name of the object that makes them.
    pub(crate) name: String,
    /// The value that is asked for.
    pub(crate) asked: Node<'a>,
    /// The label that is asked for, with the value that the pods have, if they have one.
    pub(crate) key: String,
    pub(crate) found: Option<Node<'a>>,
}

/// The pods around a file that a selector evidently means and misses: called like the object that
/// selects, or with a label that differs by a slip. `None` where nothing tells which are meant.
pub(crate) fn evident_miss<'a>(
    cx: &Cx<'a>,
    file: FileId,
    object: Object<'a>,
    selector: LabelSelector<'a>,
) -> Option<Miss<'a>> {
    let own = object.name().unwrap_or_default();
    let mut best: Option<(u32, Miss<'a>)> = None;
    for pods in pods_around(cx, file) {
        let maker = cx.links.objects().get(pods.object);
        let name = maker.name().unwrap_or_default();
        let unmet = selector.unmet(pods.labels);
        // What is asked with an expression is not misspelt.
        let [unmet] = &unmet[..] else { continue };
        let (Some(asked), key) = (unmet.values, unmet.key_text()) else {
            continue;
        };
        let Some(value) = asked.as_str() else {
            continue;
        };
        let found = pods.labels.value_node(&key);
        let near = found
            .and_then(Node::as_str)
            .is_some_and(|found| nearest(&value, [&*found]).is_some());
        let elsewhere = found.is_none() && pods.labels.iter().any(|(_, other)| other == value);
        let called = same_name(&own, &name);
        let score = u32::from(called) * 4 + u32::from(near) * 2 + u32::from(elsewhere);
        if score == 0 || best.as_ref().is_some_and(|(least, _)| *least >= score) {
            continue;
        }
        let miss = Miss {
            pods,
            name: name.into_owned(),
            asked,
            key: key.into_owned(),
            found,
        };
        best = Some((score, miss));
    }
    best.map(|(_, miss)| miss)
}

/// The name that is evidently meant by another that nothing has. What both begin or end with
/// (`-service`) does not make them alike.
pub(crate) fn slip_of<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let near = nearest(name, known)?;
    let (mut a, mut b) = (name, near);
    while let (Some((rest_a, last_a)), Some((rest_b, last_b))) =
        (a.rsplit_once('-'), b.rsplit_once('-'))
        && last_a == last_b
    {
        (a, b) = (rest_a, rest_b);
    }
    while let (Some((first_a, rest_a)), Some((first_b, rest_b))) =
        (a.split_once('-'), b.split_once('-'))
        && first_a == first_b
    {
        (a, b) = (rest_a, rest_b);
    }
    nearest(a, [b]).map(|_| near)
}

/// Whether a Service and a workload are evidently called alike: `web` and `web-service`.
pub(crate) fn same_name(a: &str, b: &str) -> bool {
    let plain = |name: &str| {
        let mut name = name.to_ascii_lowercase();
        for ending in [
            "-service",
            "-svc",
            "-headless",
            "-deployment",
            "-deploy",
            "-dep",
            "-ingress",
            "-ing",
        ] {
            if let Some(rest) = name.strip_suffix(ending) {
                name = rest.to_owned();
            }
        }
        name
    };
    !a.is_empty() && plain(a) == plain(b)
}

/// Keys of labels that the cluster gives to pods; no template has them.
const GIVEN: &[&str] = &[
    "apps.kubernetes.io/pod-index",
    "batch.kubernetes.io/controller-uid",
    "batch.kubernetes.io/job-completion-index",
    "batch.kubernetes.io/job-name",
    "controller-revision-hash",
    "controller-uid",
    "job-name",
    "pod-template-hash",
    "rollouts-pod-template-hash",
    "statefulset.kubernetes.io/pod-name",
];

/// Whether a selector asks for a label that no file can hold.
pub(crate) fn asks_for_given_labels(selector: LabelSelector<'_>) -> bool {
    selector.requirements().is_ok_and(|requirements| {
        requirements
            .iter()
            .any(|requirement| GIVEN.contains(&&*requirement.key_text()))
    })
}

/// The largest file that is searched for a name, in bytes.
const MAX_SEARCHED: u64 = 256 * 1024;

/// The most texts that are searched for one name.
const MAX_TEXTS: u32 = 400;

/// Folders of scripts and manuals, which lie beside the folders of manifests as often as above.
const ASIDE: &[&str] = &[
    "bin", "ci", "doc", "docs", "hack", "script", "scripts", "tools",
];

/// Whether a text beside the manifests, or above them, tells how an object of this name is
/// created by hand: `kubectl create secret generic NAME`. Asked for few names only.
pub(crate) fn is_created_by_hand(cx: &Cx<'_>, file: FileId, name: &str) -> bool {
    a_text_around(cx, file, |text, aside| {
        // What lies further away has to say what it does.
        text.contains(name) && (!aside || text.contains("create "))
    })
}

/// Whether what is asked holds for a script, a Makefile or a text for people around a file. Asked
/// for few files only.
pub(crate) fn any_text_around(cx: &Cx<'_>, file: FileId, holds: impl Fn(&str) -> bool) -> bool {
    a_text_around(cx, file, |text, _| holds(text))
}

/// Whether what is asked holds for a script, a Makefile or a text for people in the folder of a
/// file.
pub(crate) fn any_text_beside(cx: &Cx<'_>, file: FileId, holds: impl Fn(&str) -> bool) -> bool {
    let tree = &*cx.project.tree;
    let dir = parent(cx.project.path(file));
    let entries = tree.list(dir).unwrap_or_default();
    let texts = entries.iter().filter(|entry| {
        entry.kind == EntryKind::File
            && entry.len <= MAX_SEARCHED
            && is_told_text(&entry.name.to_ascii_lowercase())
    });
    texts.take(MAX_TEXTS as usize).any(|entry| {
        let bytes = join(dir, &entry.name).and_then(|path| tree.read(&path).ok());
        bytes.is_some_and(|bytes| holds(&String::from_utf8_lossy(&bytes)))
    })
}

/// Whether a text around a manifest tells to map the host to an address by hand, so that no name
/// server knows it: `127.0.0.1 shop.demo`, `<MINIKUBE_IP> shop.demo` in `/etc/hosts`.
pub(crate) fn is_mapped_by_hand(cx: &Cx<'_>, file: FileId, host: &str) -> bool {
    a_text_around(cx, file, |text, _| {
        text.contains(host) && {
            let told = text.contains("/etc/hosts") || text.contains("etc\\hosts");
            text.lines()
                .any(|line| maps(line, host, told) || told && speaks_of(line, host))
        }
    })
}

/// Whether a sentence says that the host stands in the hosts file.
fn speaks_of(line: &str, host: &str) -> bool {
    let mut words = line.split(|c: char| c.is_whitespace() || "\"'`,;|()".contains(c));
    line.contains("/etc/hosts") && words.any(|word| word == host)
}

/// Whether a line of a text is, or writes, one of the hosts file for this host. `told` says
/// whether the text speaks of that file: then any address will do.
fn maps(line: &str, host: &str, told: bool) -> bool {
    let mut address = false;
    for word in line.split(|c: char| c.is_whitespace() || "\"'`,;|".contains(c)) {
        let bare = word.trim_matches(['<', '>', '{', '}', '$', '(', ')', '[', ']', '*', '\\']);
        if bare == host && address {
            return true;
        }
        address |= match bare.parse::<std::net::Ipv4Addr>() {
            Ok(ip) => told || ip.is_loopback() || ip.is_private(),
            Err(_) => {
                // A place to fill in, such as `<MINIKUBE_IP>` and `$(minikube ip)`.
                let open = word.len() != bare.len();
                let lower = bare.to_ascii_lowercase();
                told && (open && lower.contains("ip") || lower == "minikube")
            }
        };
    }
    false
}

/// Whether a text holds what is asked for: one in the folder of a file or above it, or in a folder
/// for scripts or manuals beside those (then the second argument is true).
fn a_text_around(cx: &Cx<'_>, file: FileId, holds: impl Fn(&str, bool) -> bool) -> bool {
    let tree = &*cx.project.tree;
    let mut left = MAX_TEXTS;
    // The folders aside, or nothing once a text holds it.
    let mut look = |dir: &str, aside: bool| -> Option<Vec<String>> {
        let mut folders = Vec::new();
        for entry in tree.list(dir).unwrap_or_default().iter() {
            let lower = entry.name.to_ascii_lowercase();
            let is_aside = entry.kind == EntryKind::Dir && ASIDE.contains(&&*lower);
            let is_text = entry.kind == EntryKind::File && is_told_text(&lower);
            if !is_aside && (!is_text || entry.len > MAX_SEARCHED) {
                continue;
            }
            // Most files are neither: only of the others a path is made.
            let path = if dir.is_empty() {
                entry.name.clone()
            } else {
                format!("{dir}/{}", entry.name)
            };
            if is_aside {
                folders.push(path);
                continue;
            }
            left = left.saturating_sub(1);
            if left == 0 {
                break;
            }
            let bytes = tree.read(&path).unwrap_or_default();
            if holds(&String::from_utf8_lossy(&bytes), aside) {
                return None;
            }
        }
        Some(folders)
    };
    let mut dir = parent(cx.project.path(file));
    loop {
        let Some(folders) = look(dir, false) else {
            return true;
        };
        if folders.iter().any(|folder| look(folder, true).is_none()) {
            return true;
        }
        if dir.is_empty() {
            return false;
        }
        dir = parent(dir);
    }
}

/// Whether a file of this name, in lower case, is a manual or a script.
fn is_told_text(name: &str) -> bool {
    [".md", ".sh", ".txt", ".adoc", ".rst", ".ps1", ".tf", ".mk"]
        .iter()
        .any(|ending| name.ends_with(ending))
        || ["makefile", "justfile", "taskfile.yml", "taskfile.yaml"].contains(&name)
}

/// The definitions among some that are written as objects, by name.
pub(crate) fn names<'d>(definitions: &'d [&Definition<'_>]) -> Vec<&'d str> {
    definitions
        .iter()
        .filter(|definition| definition.by != By::Controller)
        .map(|definition| &*definition.name)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{maps, same_name};

    #[test]
    fn lines_of_the_hosts_file_are_known() {
        for (line, told) in [
            ("127.0.0.1  shop.demo", false),
            ("We add `127.0.0.1 shop.demo` to the file", false),
            ("10.0.0.7 api.demo shop.demo", false),
            ("<MINIKUBE_IP> shop.demo", true),
            (
                "echo \"$(minikube ip) shop.demo\" | sudo tee -a /etc/hosts",
                true,
            ),
            ("203.0.113.9 shop.demo", true),
        ] {
            assert!(maps(line, "shop.demo", told), "{line}");
        }
        for (line, told) in [
            ("shop.demo A 203.0.113.9", false),
            ("203.0.113.9 shop.demo", false),
            ("127.0.0.1 other.demo", true),
            ("open shop.demo", true),
            ("<MINIKUBE_IP> shop.demo", false),
        ] {
            assert!(!maps(line, "shop.demo", told), "{line}");
        }
    }

    #[test]
    fn names_are_alike_without_their_kind() {
        assert!(same_name("web-svc", "web-deployment"));
        assert!(same_name("Web", "web"));
        assert!(!same_name("web", "api") && !same_name("", ""));
    }
}
