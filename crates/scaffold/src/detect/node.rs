//! Node and Bun services.

mod assets;
mod browser;
mod framework;
mod kept;
mod listen;
mod manager;
mod nest;
mod package;
mod places;
mod scripts;
mod start;
mod workers;

use plimsoll_source::files::parent;

use super::draft::{Cx, Draft, name, sources};
use super::files::{Text, below, inside, relative};
use super::reading::Found;
use super::releases::{self, BUN, NODE, Wanted};
use super::{pins, tables};
use crate::model::{Evidence, Known, Node, NodeOutput, Refusal, Stack};
pub(crate) use package::{Package, parse};

/// What is known of a package while its service is put together.
pub(crate) struct Project<'a> {
    pub(crate) cx: Cx<'a>,
    pub(crate) package: Package,
    /// The root of its workspace.
    pub(crate) workspace: Option<Package>,
    pub(crate) folder: String,
    pub(crate) context: String,
    /// Its code, the shallowest first.
    pub(crate) code: Vec<&'a Text>,
}

/// How many files of one package are read.
const MAX_FILES: usize = 3000;

/// Looks at a folder. `own` says which folders below are projects of their own.
pub(crate) fn look(cx: Cx<'_>, folder: &str, own: &dyn Fn(&str) -> bool) -> Found {
    let Some(package) = Package::read(cx.files, folder) else {
        return Found::Nothing;
    };
    let workspace = package::workspace_of(cx, folder);
    let code = code_of(cx, folder, own);
    let context = context(cx, folder, workspace.as_ref());
    let mut project = Project {
        cx,
        package,
        workspace,
        folder: folder.to_owned(),
        context: context.clone(),
        code,
    };
    // What an Nx workspace installs lies in its root's manifest.
    if let Some(root) = &project.workspace
        && cx.files.has(&below(&root.folder, "nx.json"))
    {
        for (name, dependency) in root.dependencies.iter() {
            let evidence = &dependency.evidence;
            project.package.dependencies.add(
                name,
                &dependency.version,
                dependency.extras.clone(),
                dependency.runtime,
                &evidence.file,
                evidence.line,
            );
        }
    }
    let is_root = !project.package.workspaces.is_empty() || cx.files.has(&below(folder, "nx.json"));
    let mut questions = Vec::new();
    let managed = manager::find(&project);
    let node = unbuilt(&project, &managed);
    let mut draft = Draft::new(folder, &context, Stack::Node(node.clone()));
    let mut node = node;
    let verdict = start::find(&project, &mut node, &mut draft);
    let static_output = matches!(node.output.value, NodeOutput::Static(_));
    if draft.start.is_none() && !static_output && draft.processes.is_empty() {
        let evidence = vec![Evidence::file(
            &project.package.path,
            "there is a `package.json`",
        )];
        // What is said of all services says nothing of the packages that they share.
        let library = if is_root || project.workspace.is_some() {
            !cx.told.starts(folder)
        } else {
            verdict == start::Verdict::Library && !cx.told.may_start(folder)
        };
        if library {
            return Found::Library;
        }
        if !cx.told.may_start(folder) {
            return Found::Refused(Refusal {
                folder: folder.to_owned(),
                evidence,
                why: "no script, `main` or file says how the package is started".to_owned(),
            help:
                "add a script `start` to `package.json`, or say what starts it in `plimsoll.toml`"
                    .to_owned(),
            });
        }
    }
    node.version = version(&project, node.bun, &mut questions);
    draft.questions.extend(questions);
    draft.name = Some(name(project.package.name.clone(), folder));
    node.sources = member_sources(&project, &managed.manifests, own);
    draft.depends_on(&project.package.dependencies);
    draft.libraries = project.package.dependencies.libraries(tables::NODE);
    if static_output {
        // Pages talk to no server of their own; what builds them needs no library at run time.
        draft.backing.clear();
        draft.clients.clear();
        draft.libraries.retain(|library| library.run.is_none());
    } else {
        listen::environment(&project, &mut draft);
        listen::writes(&project, &mut draft);
        draft.health.extend(listen::health(&project));
        workers::find(&project, &mut node, &mut draft);
    }
    draft.stack = Stack::Node(node);
    Found::Services(vec![draft])
}

/// A package of which only is known how it is installed.
fn unbuilt(project: &Project<'_>, managed: &manager::Managed) -> Node {
    Node {
        version: Known::assumed(NODE.usual.to_owned(), "unknown"),
        bun: false,
        manager: managed.manager.clone(),
        manager_version: managed.version.clone(),
        framework: framework::find(project),
        manifests: managed.manifests.clone(),
        lock: managed.lock.clone(),
        member: project
            .workspace
            .as_ref()
            .and_then(|_| project.package.name.clone())
            .map(|name| name.value),
        build: None,
        output: Known::assumed(NodeOutput::Sources, "nothing says that it is built"),
        sources: Vec::new(),
        has_dependencies: project.package.dependencies.any_at_run_time(),
        prisma: false,
    }
}

/// How the packages of a folder are installed whose program is in another language.
pub(crate) fn beside(cx: Cx<'_>, folder: &str) -> Option<Node> {
    let package = Package::read(cx.files, folder)?;
    let project = Project {
        cx,
        package,
        workspace: None,
        folder: folder.to_owned(),
        context: folder.to_owned(),
        code: Vec::new(),
    };
    let mut node = unbuilt(&project, &manager::find(&project));
    node.version = version(&project, false, &mut Vec::new());
    Some(node)
}

fn code_of<'a>(cx: Cx<'a>, folder: &str, own: &dyn Fn(&str) -> bool) -> Vec<&'a Text> {
    let mut found: Vec<&Text> = Vec::new();
    for path in cx.files.below(folder) {
        let kind = path.rsplit_once('.').map_or("", |(_, kind)| kind);
        let code = matches!(
            kind,
            "js" | "mjs" | "cjs" | "ts" | "mts" | "cts" | "tsx" | "jsx"
        );
        let aside = path.contains(".test.")
            || path.contains(".spec.")
            || path.contains(".stories.")
            || path.ends_with(".d.ts")
            || path.contains(".min.")
            || path.contains("/public/")
            || path.contains("/static/");
        if !code || aside || found.len() >= MAX_FILES {
            continue;
        }
        let mut at = parent(path);
        let mut foreign = false;
        while at.len() > folder.len() && !foreign {
            foreign = own(at);
            at = parent(at);
        }
        if !foreign {
            found.extend(cx.files.text(path));
        }
    }
    found.sort_by_key(|text| (text.path.matches('/').count(), text.path.clone()));
    found
}

/// Where the image is built: at the workspace's root for a member that the root's lock file or
/// packages beside it are needed for.
fn context(cx: Cx<'_>, folder: &str, workspace: Option<&Package>) -> String {
    let Some(root) = workspace else {
        return folder.to_owned();
    };
    let own_lock = cx.files.first(folder, manager::LOCKS).is_some();
    if own_lock && cx.files.first(&root.folder, manager::LOCKS).is_none() {
        return folder.to_owned();
    }
    root.folder.clone()
}

/// What the member and the packages of the workspace that it needs are made of.
fn member_sources(
    project: &Project<'_>,
    manifests: &[String],
    own: &dyn Fn(&str) -> bool,
) -> Vec<String> {
    let Project {
        cx,
        folder,
        context,
        ..
    } = project;
    if folder == context {
        // Packages of the workspace that the root itself is started from belong to it.
        let members = project.package.members(cx.files);
        let foreign = |path: &str| own(path) && !members.iter().any(|member| inside(member, path));
        return sources(*cx, folder, context, manifests, &foreign);
    }
    let mut found = vec![relative(folder, context)];
    let members: Vec<Package> = project
        .workspace
        .iter()
        .flat_map(|root| root.members(cx.files))
        .filter_map(|folder| Package::read(cx.files, &folder))
        .collect();
    let mut waiting = vec![project.package.clone()];
    while let Some(package) = waiting.pop() {
        for member in &members {
            let Some(name) = &member.name else { continue };
            let local = relative(&member.folder, context);
            if package.has(&name.value) && !found.contains(&local) {
                found.push(local);
                waiting.push(member.clone());
            }
        }
    }
    for name in cx.files.names(context) {
        let configuration = (name.starts_with("tsconfig") && name.ends_with(".json"))
            || matches!(
                name,
                "turbo.json" | "nx.json" | "lerna.json" | "babel.config.js" | "babel.config.json"
            );
        if configuration && !manifests.iter().any(|manifest| manifest == name) {
            found.push(name.to_owned());
        }
    }
    found.sort();
    found
}

fn version(
    project: &Project<'_>,
    bun: bool,
    questions: &mut Vec<crate::model::Question>,
) -> Known<String> {
    let files = project.cx.files;
    if bun {
        let mut wanted = pins::of(files, &project.folder, &project.context, pins::BUN);
        wanted.extend(engine(project, "bun"));
        return releases::choose(&BUN, &wanted, questions);
    }
    let mut wanted = pins::of(files, &project.folder, &project.context, pins::NODE);
    wanted.extend(engine(project, "node"));
    releases::choose(&NODE, &wanted, questions)
}

fn engine(project: &Project<'_>, name: &str) -> Option<Wanted> {
    let own = project.package.engines.get(name);
    let known = own.or_else(|| project.workspace.as_ref()?.engines.get(name))?;
    Some(Wanted::new(known.value.clone(), known.evidence[0].clone()))
}
