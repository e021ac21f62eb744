//! Clusters of one node, and what is handed to clusters that run on a developer's machine.

use std::collections::HashSet;

use plimsoll_project::Project;
use plimsoll_source::files::parent;

use crate::Cx;
use crate::deploys::deploys;
use crate::heads::is_for_podman;

/// Whether the data of the file's pods at a path of the node are where they run, whatever that is:
/// there is one node, or a script hands the path to every node of a local cluster.
pub(crate) fn is_of_one_node(cx: &Cx<'_>, path: &str) -> bool {
    let Some(file) = cx.file else {
        return false;
    };
    let file = cx.project.files.get(file);
    if is_for_podman(&file.text) {
        return true;
    }
    let folders = cx.objects.one_node(|| folders(cx.project));
    let folder = parent(&file.path);
    // Jobs and the like lie below the rest.
    folders.contains(folder)
        || !parent(folder).is_empty() && folders.contains(parent(folder))
        || deploys(cx).iter().any(|deploy| deploy.mounts(path))
}

/// Whether a file is for a cluster on the machine of whoever applies it, by its path.
pub(crate) fn is_for_one_machine(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    let mut words = path.split(['/', '-', '_', '.']);
    words.any(|word| matches!(word, "k3d" | "microk8s" | "minikube"))
        // `by-kind` is about kinds of objects.
        || path.split('/').any(|part| part == "kind" || part.starts_with("kind-"))
}

/// The folders of manifests of which one says in a comment that the cluster has one node.
fn folders(project: &Project) -> HashSet<String> {
    let files = project.manifests.iter().map(|unit| unit.file);
    let files = files.filter(|file| project.generated(*file).is_none());
    let files = files.map(|file| project.files.get(file));
    let told = files.filter(|file| {
        let mut comments = file.text.lines().filter_map(|line| line.split_once('#'));
        comments.any(|(_, comment)| says_one_node(comment))
    });
    told.map(|file| parent(&file.path).to_owned()).collect()
}

/// Whether a comment says that the cluster has one node, as against a database of one node.
fn says_one_node(comment: &str) -> bool {
    const ONE: [&str; 7] = [
        "single-node",
        "single node",
        "one-node",
        "one node",
        "mono-nœud",
        "mono-noeud",
        "mononœud",
    ];
    const CLUSTERS: [&str; 7] = [
        "cluster",
        "k3s",
        "k3d",
        "k8s",
        "kubernetes",
        "microk8s",
        "minikube",
    ];
    const NOT: [&str; 6] = ["not ", "n't ", "elastic", "opensearch", "kafka", "unless "];
    let lower = comment.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    has(&ONE) && has(&CLUSTERS) && !has(&NOT)
}
