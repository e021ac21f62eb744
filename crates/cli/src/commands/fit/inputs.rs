//! What is to be placed and where: from manifests, dumps of a cluster and flags.

use std::collections::HashMap;
use std::path::Path;

use plimsoll_fit::{Dump, DumpError, Group, Manifests, Node, Pod, Scale, Scene, Shape, Spot};
use plimsoll_report::Problem;
use plimsoll_source::{Place, SourceFile, TextRange};

use super::{FitArgs, live};
use crate::cluster::KubeconfigArgs;
use crate::failure::Failure;
use crate::files::read_text;
use crate::roots::{self, Roots};
use crate::spoiled;

/// The largest dump that is read, in bytes.
const MOST_BYTES: u64 = 256 << 20;
/// The most pods that are placed, those that run included.
const MOST_PODS: usize = 200_000;
/// The most nodes.
const MOST_NODES: usize = 20_000;
/// How often a node may be looked at for a pod, which a minute or so is enough for.
const MOST_LOOKS: usize = 300_000_000;

/// Everything that an answer is made of.
pub(super) struct Inputs {
    pub(super) scene: Scene,
    /// Where each group is written, as it is shown.
    pub(super) places: Vec<Option<String>>,
    /// The shapes to compare.
    pub(super) shapes: Vec<Shape>,
    /// What the answer does not say.
    pub(super) notes: Vec<String>,
}

pub(super) fn read(args: &FitArgs) -> Result<Inputs, Failure> {
    let mut notes = Vec::new();
    if args.cluster.is_given() && !args.live {
        return Err(
            Failure::user("a kubeconfig or a context is named, and no cluster is asked")
                .help("give `--live` along with it"),
        );
    }
    let cluster = args
        .live
        .then(|| live::read(&args.cluster, &mut notes))
        .transpose()?;
    let nodes = nodes(args, cluster.as_ref())?;
    let shapes = match &args.shapes {
        Some(path) => shapes(path)?,
        None => Vec::new(),
    };
    if nodes.is_empty() && shapes.is_empty() {
        return Err(Failure::user("there are no nodes to place pods on").help(
            "give `--nodes FILE` with the output of `kubectl get nodes -o json`, `--node SHAPE` \
             such as `--node 3x4cpu,16Gi`, or `--shapes FILE`",
        ));
    }
    let (mut manifests, places) = manifests(args, &mut notes)?;
    let pods = match (&args.pods, &cluster) {
        (Some(path), _) => pods_of_file(path, &mut manifests, &mut notes)?,
        (None, Some(cluster)) => pods(cluster, &mut manifests, &mut notes),
        (None, None) => Vec::new(),
    };
    if manifests.groups.is_empty() && pods.is_empty() {
        let usual = "name the folder of the manifests or of the chart, or give `--pods FILE`";
        let why = notes.first().map_or(usual, String::as_str);
        return Err(Failure::user("there is no workload to place").help(why));
    }
    too_many(manifests.groups.iter(), pods.len(), nodes.len())?;
    volumes(&manifests.groups, &mut notes);
    Ok(Inputs {
        scene: Scene {
            nodes,
            inventory: manifests.inventory,
            pods,
            groups: manifests.groups,
        },
        places,
        shapes,
        notes,
    })
}

fn too_many<'g>(
    groups: impl Iterator<Item = &'g Group>,
    running: usize,
    nodes: usize,
) -> Result<(), Failure> {
    let asked: usize = groups
        .map(|group| match group.count {
            plimsoll_fit::Count::Fixed(count) => count,
            plimsoll_fit::Count::PerNode => nodes,
        })
        .sum();
    if nodes > MOST_NODES {
        return Err(Failure::user(format!(
            "there are {nodes} nodes, more than the {MOST_NODES} that are looked at"
        )));
    }
    if asked.saturating_add(running) > MOST_PODS {
        return Err(Failure::user(format!(
            "there are {} pods, more than the {MOST_PODS} that are placed",
            asked.saturating_add(running)
        )));
    }
    if asked.saturating_mul(nodes) > MOST_LOOKS {
        return Err(Failure::user(format!(
            "placing {asked} pods on {nodes} nodes takes more than the {MOST_LOOKS} looks at a \
             node that are taken"
        ))
        .help("name a part of the manifests"));
    }
    Ok(())
}

fn volumes(groups: &[Group], notes: &mut Vec<String>) {
    let names: Vec<String> = groups
        .iter()
        .filter(|group| group.claims_volumes)
        .map(|group| format!("`{}`", group.name()))
        .collect();
    if !names.is_empty() {
        notes.push(format!(
            "volumes are not followed: where claims bind {} to a zone or a node is not known",
            listed(&names)
        ));
    }
}

/// The first few of many.
fn listed(names: &[String]) -> String {
    const SHOWN: usize = 5;
    let shown = names[..names.len().min(SHOWN)].join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

fn nodes(args: &FitArgs, cluster: Option<&Dump>) -> Result<Vec<Node>, Failure> {
    let mut nodes = Vec::new();
    if let Some(dump) = cluster {
        nodes = nodes_of_cluster(dump)?;
    }
    if let Some(path) = &args.nodes {
        nodes = nodes_of(path)?;
    }
    let mut numbers: HashMap<&str, usize> = HashMap::new();
    for (count, shape) in &args.shaped {
        let first = numbers.entry(&shape.name).or_insert(1);
        nodes.extend(shape.nodes(*count, *first));
        *first += count;
    }
    let mut names = std::collections::HashSet::new();
    if let Some(twice) = nodes.iter().find(|node| !names.insert(&node.name)) {
        return Err(
            Failure::user(format!("there are two nodes `{}`", twice.name))
                .help("give the shape another name with `name=NAME`"),
        );
    }
    Ok(nodes)
}

fn nodes_of(path: &Path) -> Result<Vec<Node>, Failure> {
    Ok(dump_of_file(path)?.0)
}

/// The nodes that a file has, and what else it says.
pub(crate) fn dump_of_file(path: &Path) -> Result<(Vec<Node>, Dump), Failure> {
    let (text, dump) = dump(path)?;
    let nodes = dump.nodes().map_err(|error| in_dump(path, &text, &error))?;
    if nodes.is_empty() {
        return Err(
            Failure::user(format!("there is no Node in `{}`", path.display()))
                .help("write it with `kubectl get nodes -o json`"),
        );
    }
    if nodes.len() > MOST_NODES {
        return Err(Failure::user(format!(
            "there are {} nodes, more than the {MOST_NODES} that are looked at",
            nodes.len()
        )));
    }
    Ok((nodes, dump))
}

/// The nodes of a cluster, and what else it says.
pub(crate) fn dump_of_cluster(
    args: &KubeconfigArgs,
    notes: &mut Vec<String>,
) -> Result<(Vec<Node>, Dump), Failure> {
    let dump = live::read(args, notes)?;
    let nodes = nodes_of_cluster(&dump)?;
    if nodes.is_empty() {
        return Err(Failure::user("the cluster has no node"));
    }
    Ok((nodes, dump))
}

fn nodes_of_cluster(dump: &Dump) -> Result<Vec<Node>, Failure> {
    dump.nodes()
        .map_err(|error| Failure::user(format!("a node of the cluster cannot be read: {error}")))
}

fn dump(path: &Path) -> Result<(String, Dump), Failure> {
    let text = read_text(path, MOST_BYTES)?;
    let dump = Dump::parse(text.clone()).map_err(|error| in_dump(path, &text, &error))?;
    Ok((text, dump))
}

fn in_dump(path: &Path, text: &str, error: &DumpError) -> Failure {
    let help = match error {
        DumpError::Syntax { .. } => "write it with `kubectl get … -o json`",
        DumpError::Node { .. } => "a dump has the status of each node, a manifest has not",
        DumpError::Twice { .. } => "leave one of them out",
    };
    at(path, text, error.offset(), error.to_string(), help)
}

fn at(path: &Path, text: &str, offset: u32, message: String, help: &str) -> Failure {
    let shown = path.to_string_lossy().into_owned();
    let problem = Problem {
        range: TextRange::empty(offset),
        message,
        help: Some(help.to_owned()),
    };
    Failure::in_file(SourceFile::written(shown, text), vec![problem])
}

fn shapes(path: &Path) -> Result<Vec<Shape>, Failure> {
    let text = read_text(path, MOST_BYTES)?;
    Shape::read(&text).map_err(|error| {
        let help = "see docs/fit.md for how shapes are written";
        at(path, &text, error.offset(), error.to_string(), help)
    })
}

fn pods_of_file(
    path: &Path,
    manifests: &mut Manifests,
    notes: &mut Vec<String>,
) -> Result<Vec<Pod>, Failure> {
    let (_, dump) = dump(path)?;
    // Counted before those go that the manifests replace.
    if dump.pods(&manifests.inventory).is_empty() {
        return Err(
            Failure::user(format!("there is no Pod in `{}`", path.display()))
                .help("write it with `kubectl get pods -A -o json`"),
        );
    }
    Ok(pods(&dump, manifests, notes))
}

/// The pods that run, but for those that the manifests replace.
fn pods(dump: &Dump, manifests: &mut Manifests, notes: &mut Vec<String>) -> Vec<Pod> {
    dump.take_note(&mut manifests.inventory);
    let mut pods = dump.pods(&manifests.inventory);
    let replaced = manifests.replace(&mut pods);
    if replaced > 0 {
        notes.push(format!(
            "pods that run and are replaced by those of the manifests: {replaced}"
        ));
    }
    pods
}

/// The workloads of manifests and charts, and where they are written.
fn manifests(
    args: &FitArgs,
    notes: &mut Vec<String>,
) -> Result<(Manifests, Vec<Option<String>>), Failure> {
    if args.paths.is_empty() && (args.pods.is_some() || args.live) {
        return Ok((Manifests::default(), Vec::new()));
    }
    let roots = Roots::new(&args.paths)?;
    let settings = args.config.read(&roots)?;
    let project = settings.load_as(&roots, &args.release)?;
    notes.extend(spoiled::all(&project, &roots));
    let scale = if args.at_max {
        Scale::Most
    } else {
        Scale::Written
    };
    let trees = project.manifests.iter().map(|unit| &unit.tree);
    let found = Manifests::read(trees, scale);
    let here = roots::here();
    let shown = |spot: Spot| {
        let place = Place {
            file: project.manifests[spot.tree].file,
            range: TextRange::empty(spot.offset),
        };
        let place = project.files.origin(place).place;
        let line = project
            .files
            .get(place.file)
            .line_col(place.range.start)
            .line;
        format!("{}:{line}", roots.shown(&here, project.path(place.file)))
    };
    for (spot, owner, why) in &found.left_out {
        notes.push(format!("`{owner}` ({}) is left out: {why}", shown(*spot)));
    }
    for (spot, first, owner) in &found.again {
        notes.push(format!(
            "`{owner}` ({}) is left out: it is written in {}, too",
            shown(*spot),
            shown(*first)
        ));
    }
    for (spot, owner, class) in &found.unknown_classes {
        notes.push(format!(
            "the priority of `{owner}` ({}) is taken to be 0: there is no PriorityClass `{class}`",
            shown(*spot)
        ));
    }
    let places = found.spots.iter().map(|spot| Some(shown(*spot))).collect();
    Ok((found, places))
}
