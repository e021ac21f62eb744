//! Images of programs in JavaScript and TypeScript: what runs gets production dependencies of a
//! stage of their own, and what the build leaves.

mod manager;

pub(super) use self::manager::Manager;
use super::base;
use super::sheet::Sheet;
use super::site;
use super::words::copy;
use crate::model::{Evidence, Known, Node, NodeFramework, NodeManager, NodeOutput};
use crate::plan::WORKDIR;

/// A stage that builds pages which something else hands out.
pub(super) fn pages(
    sheet: &mut Sheet<'_>,
    node: &Node,
    stage: &str,
    evidence: Vec<Evidence>,
    needs: Option<&Known<String>>,
) {
    let manager = packages(sheet, node, stage, evidence, needs);
    sheet.sources(&node.sources);
    if let Some(build) = &node.build {
        sheet.on(manager.run(&build.value), build);
    }
}

/// A stage with the packages that build something; `needs` is a folder of the stage `build` that some of
/// them are taken from.
pub(super) fn packages<'n>(
    sheet: &mut Sheet<'_>,
    node: &'n Node,
    stage: &str,
    evidence: Vec<Evidence>,
    needs: Option<&Known<String>>,
) -> Manager<'n> {
    let manager = Manager::of(node);
    let image = if node.bun {
        base::bun(&node.version.value)
    } else {
        base::node(&node.version.value)
    };
    if node.manager.value == NodeManager::Bun && !node.bun {
        let bun = base::bun(base::BUN);
        sheet.stage(&bun, "pages-bun", node.manager.evidence.clone());
    }
    sheet.stage(&image, stage, evidence);
    sheet.build_packages(&["build-essential", "pkg-config", "python3"]);
    manager.install_from(sheet, "pages-bun");
    sheet.workdir();
    sheet.manifests(&node.manifests);
    if let Some(folder) = needs {
        let text = format!("COPY --from=build {WORKDIR}/{0} {0}", folder.value);
        sheet.on(text, folder);
    }
    manager.dependencies(sheet, false);
    manager
}

pub(super) fn write(sheet: &mut Sheet<'_>, node: &Node) {
    let manager = Manager::of(node);
    let image = if node.bun {
        base::bun(&node.version.value)
    } else {
        base::node(&node.version.value)
    };
    let version = node.version.evidence.clone();
    if node.manager.value == NodeManager::Bun && !node.bun {
        let bun = base::bun(base::BUN);
        sheet.stage(&bun, "bun", node.manager.evidence.clone());
    }
    sheet.stage(&image, "tools", version.clone());
    sheet.build_packages(&["build-essential", "pkg-config", "python3"]);
    manager.install(sheet);
    sheet.workdir();
    sheet.manifests(&node.manifests);

    let is_site = matches!(node.output.value, NodeOutput::Static(_));
    let alone = matches!(node.output.value, NodeOutput::Standalone(_));
    let separate = !is_site && !alone && node.has_dependencies && !node.prisma;
    if separate {
        sheet.next(
            "tools",
            "dependencies",
            "what runs needs no tools of developers",
        );
        manager.dependencies(sheet, true);
    }

    sheet.next(
        "tools",
        "build",
        "what builds and tests needs all dependencies",
    );
    manager.dependencies(sheet, false);
    sheet.sources(&node.sources);
    if node.prisma {
        sheet.put(
            "RUN npx prisma generate",
            "the client of Prisma is made of its schema",
        );
    }
    if let Some(build) = &node.build {
        let framework = node.framework.as_ref();
        if let Some(known) = framework.filter(|known| known.value == NodeFramework::Next) {
            sheet.on("ENV NEXT_TELEMETRY_DISABLED=1", known);
        }
        sheet.on(manager.run(&build.value), build);
    }

    sheet.next("build", "dev", "developers have all dependencies");
    let command = development(node, &sheet.running.command.value, &manager);
    sheet.dev_ending(&command);

    if let NodeOutput::Static(folder) = &node.output.value {
        let evidence = node.output.evidence.clone();
        let from = format!("COPY --from=build /app/{folder}/ {}/", site::ROOT);
        site::runtime(sheet, &from, evidence, is_single_page(node));
        return;
    }
    if node.prisma {
        sheet.next(
            "build",
            "dependencies",
            "what runs needs no tools of developers",
        );
        manager.prune(sheet);
    }
    sheet.stage(&image, "runtime", version);
    sheet.runtime_packages(&[]);
    sheet.environment();
    sheet.workdir();
    if separate || node.prisma {
        let evidence = sheet.files(&node.manifests, "it names dependencies");
        let text = if node.member.is_some() {
            "COPY --from=dependencies /app/ ./"
        } else {
            "COPY --from=dependencies /app/node_modules node_modules"
        };
        sheet.add(text, evidence);
    }
    match &node.output.value {
        NodeOutput::Sources => {
            let mut sources = package_file(node);
            sources.extend(node.sources.iter().cloned());
            sheet.sources(&sources);
        }
        NodeOutput::Compiled(folder) => {
            let mut files = package_file(node);
            files.extend(read_at_run_time(node, folder));
            sheet.sources(&files);
            shared(sheet, node);
            let text = format!("COPY --from=build /app/{folder} {folder}");
            sheet.on(text, &node.output);
        }
        NodeOutput::Standalone(folder) => standalone(sheet, node, folder),
        NodeOutput::Static(_) => {}
    }
    sheet.writable();
    sheet.ending();
}

/// `package.json` tells Node which kind its modules are, and holds scripts; those of a workspace
/// come with the dependencies.
fn package_file(node: &Node) -> Vec<String> {
    if node.member.is_some() && node.has_dependencies {
        return Vec::new();
    }
    let files = node.manifests.iter();
    files
        .filter(|path| path.ends_with("package.json"))
        .cloned()
        .collect()
}

/// Sources that a compiled program may read when it runs: neither code nor configuration of the
/// compiler.
fn read_at_run_time(node: &Node, output: &str) -> Vec<String> {
    let framework = node.framework.as_ref().map(|known| known.value);
    let parent = output.rsplit_once('/').map_or("", |(parent, _)| parent);
    let keep = |path: &&String| {
        let name = path.rsplit('/').next().unwrap_or(path);
        let own = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        if framework == Some(NodeFramework::Next) {
            return name == "public" || name.starts_with("next.config.");
        }
        let compiler = [
            "tsconfig",
            "nest-cli",
            "vite.config",
            "webpack.config",
            "babel.config",
        ];
        let code = ["src", "app", "lib", "test", "tests", "."];
        let source = [".ts", ".tsx", ".jsx"];
        own == parent
            && !compiler.iter().any(|start| name.starts_with(start))
            && !code.contains(&name)
            && !source.iter().any(|end| name.ends_with(end))
    };
    node.sources.iter().filter(keep).cloned().collect()
}

/// Packages of a workspace that a compiled member needs, as the build left them.
fn shared(sheet: &mut Sheet<'_>, node: &Node) {
    if node.member.is_none() {
        return;
    }
    let own = crate::plan::artefact::folder_in_context(sheet.service).to_owned();
    for path in &node.sources {
        let elsewhere = !own.is_empty() && !path.starts_with(own.as_str()) && path.contains('/');
        if elsewhere {
            let evidence = sheet.files(std::slice::from_ref(path), "a package that it needs");
            sheet.add(format!("COPY --from=build /app/{path} {path}"), evidence);
        }
    }
}

/// What runs by itself. Next leaves static files and `public` out of it.
fn standalone(sheet: &mut Sheet<'_>, node: &Node, folder: &str) {
    let is_next = node
        .framework
        .as_ref()
        .is_some_and(|known| known.value == NodeFramework::Next);
    if !is_next {
        let text = format!("COPY --from=build /app/{folder} {folder}");
        sheet.on(text, &node.output);
        return;
    }
    sheet.on(format!("COPY --from=build /app/{folder}/ ./"), &node.output);
    let built = folder.trim_end_matches("/standalone");
    sheet.on(
        format!("COPY --from=build /app/{built}/static {built}/static"),
        &node.output,
    );
    let public = node.sources.iter();
    for path in public.filter(|path| path.rsplit('/').next() == Some("public")) {
        let evidence = sheet.files(std::slice::from_ref(path), "files that are handed out");
        let text = copy(&[path, path]).replacen("COPY ", "COPY --from=build /app/", 1);
        sheet.add(text, evidence);
    }
}

/// Whether routes are made in the browser, so that the server has to answer each with the page.
fn is_single_page(node: &Node) -> Option<Vec<Evidence>> {
    let known: &Known<NodeFramework> = node.framework.as_ref()?;
    matches!(
        known.value,
        NodeFramework::Vite | NodeFramework::CreateReactApp | NodeFramework::Angular
    )
    .then(|| known.evidence.clone())
}

/// The command for developers.
fn development(node: &Node, command: &[String], manager: &Manager<'_>) -> Vec<String> {
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    if matches!(node.output.value, NodeOutput::Static(_)) {
        return manager.script("dev");
    }
    match (node.framework.as_ref().map(|known| known.value), command) {
        (Some(NodeFramework::Next), _) => words(&["npx", "next", "dev"]),
        (Some(NodeFramework::Nuxt), _) => words(&["npx", "nuxt", "dev"]),
        (Some(NodeFramework::Nest), _) => words(&["npx", "nest", "start", "--watch"]),
        (_, [node, rest @ ..]) if node == "node" && !rest.iter().any(|word| word == "--watch") => {
            let mut command = vec!["node".to_owned(), "--watch".to_owned()];
            command.extend(rest.iter().cloned());
            command
        }
        _ => command.to_vec(),
    }
}
