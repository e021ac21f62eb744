//! `pom.xml`.

use std::collections::BTreeMap;

use plimsoll_source::files::{join, parent};

use super::Build;
use crate::detect::dependencies::Dependencies;
use crate::detect::draft::Cx;
use crate::detect::files::{below, relative};
use crate::detect::releases::Wanted;
use crate::detect::xml::Element;
use crate::model::{Evidence, JvmTool, Known};

/// How many parents are followed.
const MAX_PARENTS: usize = 8;

/// Reads the module of a folder.
pub(super) fn read(cx: Cx<'_>, folder: &str) -> Option<Build> {
    let file = below(folder, "pom.xml");
    let project = load(cx, &file)?;
    let chain = parents(cx, &file, project);
    let context = context(cx, folder);
    let artifact = project
        .text_at(&["artifactId"])
        .unwrap_or_default()
        .to_owned();
    let line = project
        .child("artifactId")
        .map_or(0, |element| element.line);
    let mut dependencies = Dependencies::default();
    let mut runnable = None;
    let mut main = None;
    for (path, pom) in
        std::iter::once((&file, project)).chain(chain.iter().map(|(path, pom)| (path, *pom)))
    {
        let own = *path == file;
        for need in pom
            .at(&["dependencies"])
            .into_iter()
            .flat_map(|list| list.all("dependency"))
        {
            let (Some(group), Some(name)) =
                (need.text_at(&["groupId"]), need.text_at(&["artifactId"]))
            else {
                continue;
            };
            let scope = need.text_at(&["scope"]).unwrap_or("compile");
            dependencies.add(
                &format!("{group}:{name}"),
                need.text_at(&["version"]).unwrap_or_default(),
                Vec::new(),
                !matches!(scope, "test"),
                path,
                need.line,
            );
        }
        let plugins = pom
            .at(&["build", "plugins"])
            .into_iter()
            .flat_map(|list| list.all("plugin"));
        let managed = pom
            .at(&["build", "pluginManagement", "plugins"])
            .into_iter()
            .flat_map(|list| list.all("plugin"));
        for (plugin, active) in plugins
            .map(|plugin| (plugin, true))
            .chain(managed.map(|plugin| (plugin, false)))
        {
            let name = plugin.text_at(&["artifactId"]).unwrap_or_default();
            let evidence =
                Evidence::line(path, plugin.line, format!("the plugin `{name}` is used"));
            let packs = matches!(
                name,
                "spring-boot-maven-plugin"
                    | "quarkus-maven-plugin"
                    | "maven-shade-plugin"
                    | "maven-assembly-plugin"
                    | "micronaut-maven-plugin"
            );
            if packs && active && runnable.is_none() {
                runnable = Some(evidence.clone());
            }
            if (own || active)
                && let Some(class) = find(plugin, "mainClass")
            {
                main.get_or_insert(Known::stated(class.to_owned(), evidence));
            }
        }
        let boot = pom.text_at(&["parent", "groupId"]);
        if let (Some(group), Some(element)) = (boot, pom.child("parent"))
            && group == "org.springframework.boot"
        {
            dependencies.add(
                "org.springframework.boot:parent",
                "",
                Vec::new(),
                false,
                path,
                element.line,
            );
        }
    }
    let properties = properties(&file, project, &chain);
    let packaging = project.text_at(&["packaging"]).unwrap_or("jar");
    let quarkus = dependencies
        .iter()
        .any(|(name, _)| name.starts_with("io.quarkus"));
    let jar = jar(&file, project, &chain, &properties, quarkus);
    let mut manifests: Vec<String> = vec![relative(&file, &context)];
    let root = below(&context, "pom.xml");
    add_modules(cx, &root, &context, &mut manifests);
    for (path, _) in &chain {
        let local = relative(path, &context);
        if !manifests.contains(&local) && crate::detect::files::inside(path, &context) {
            manifests.push(local);
        }
    }
    for name in ["mvnw", ".mvn"] {
        let path = below(&context, name);
        if cx.files.has(&path) || cx.files.has_folder(&path) {
            manifests.push(name.to_owned());
        }
    }
    let needs = needs(cx, &context, &dependencies, folder);
    let java = java(&properties, &file, project, &chain);
    Some(Build {
        tool: JvmTool::Maven,
        name: Some(Known::stated(
            artifact,
            Evidence::line(&file, line, "`artifactId` names it"),
        )),
        context,
        dependencies,
        runnable,
        main,
        java,
        jar,
        manifests,
        needs,
        aggregates: packaging == "pom",
        file,
    })
}

fn load<'a>(cx: Cx<'a>, path: &str) -> Option<&'a Element> {
    cx.files
        .text(path)?
        .xml()
        .filter(|root| root.name == "project")
}

/// The parents that lie in the tree, the nearest first.
fn parents<'a>(cx: Cx<'a>, file: &str, project: &'a Element) -> Vec<(String, &'a Element)> {
    let mut found: Vec<(String, &Element)> = Vec::new();
    let mut path = file.to_owned();
    let mut pom = project;
    for _ in 0..MAX_PARENTS {
        let Some(declared) = pom.child("parent") else {
            break;
        };
        let relative = match declared.child("relativePath") {
            Some(element) if element.text.is_empty() => break,
            Some(element) => element.text.clone(),
            None => "../pom.xml".to_owned(),
        };
        let Some(mut above) = join(parent(&path), &relative) else {
            break;
        };
        if !above.ends_with(".xml") {
            above = below(&above, "pom.xml");
        }
        let Some(next) = load(cx, &above) else { break };
        if next.text_at(&["artifactId"]) != declared.text_at(&["artifactId"])
            || found.iter().any(|(known, _)| *known == above)
        {
            break;
        }
        found.push((above.clone(), next));
        path = above;
        pom = next;
    }
    found
}

/// The folder of the build: the topmost whose modules lead down to `folder`.
fn context(cx: Cx<'_>, folder: &str) -> String {
    let mut context = folder.to_owned();
    let mut at = folder;
    while !at.is_empty() {
        at = parent(at);
        let Some(pom) = load(cx, &below(at, "pom.xml")) else {
            continue;
        };
        if modules(pom).any(|module| join(at, &module).as_deref() == Some(context.as_str())) {
            at.clone_into(&mut context);
        }
    }
    context
}

fn modules(pom: &Element) -> impl Iterator<Item = String> {
    let own = pom
        .child("modules")
        .into_iter()
        .flat_map(|list| list.all("module"));
    let profiles = pom
        .child("profiles")
        .into_iter()
        .flat_map(|list| list.all("profile"));
    let more = profiles
        .filter_map(|profile| profile.child("modules"))
        .flat_map(|list| list.all("module"));
    own.chain(more).map(|module| module.text.clone())
}

fn add_modules(cx: Cx<'_>, root: &str, context: &str, manifests: &mut Vec<String>) {
    let mut waiting = vec![root.to_owned()];
    while let Some(path) = waiting.pop() {
        let local = relative(&path, context);
        if manifests.len() > 300 {
            break;
        }
        let Some(pom) = load(cx, &path) else { continue };
        if !manifests.contains(&local) {
            manifests.push(local);
        } else if path != root {
            continue;
        }
        for module in modules(pom) {
            if let Some(folder) = join(parent(&path), &module) {
                let next = if folder.ends_with(".xml") {
                    folder
                } else {
                    below(&folder, "pom.xml")
                };
                waiting.push(next);
            }
        }
    }
    manifests.sort();
    manifests.dedup();
}

/// Folders of modules of the same build that this one depends on.
fn needs(cx: Cx<'_>, context: &str, dependencies: &Dependencies, folder: &str) -> Vec<String> {
    let mut all = Vec::new();
    add_modules(cx, &below(context, "pom.xml"), context, &mut all);
    let mut artifacts: BTreeMap<String, String> = BTreeMap::new();
    for local in all {
        let path = below(context, &local);
        if let Some(name) =
            load(cx, &path).and_then(|pom| pom.text_at(&["artifactId"]).map(str::to_owned))
        {
            artifacts.insert(name, parent(&path).to_owned());
        }
    }
    let mut found: Vec<String> = Vec::new();
    let mut waiting: Vec<String> = dependencies
        .iter()
        .map(|(name, _)| name.to_owned())
        .collect();
    while let Some(name) = waiting.pop() {
        let artifact = name.rsplit(':').next().unwrap_or_default();
        let Some(near) = artifacts
            .get(artifact)
            .filter(|near| *near != folder && !found.contains(near))
        else {
            continue;
        };
        found.push(near.clone());
        if let Some(pom) = load(cx, &below(near, "pom.xml")) {
            let list = pom
                .child("dependencies")
                .into_iter()
                .flat_map(|list| list.all("dependency"));
            waiting.extend(
                list.filter_map(|need| need.text_at(&["artifactId"]))
                    .map(str::to_owned),
            );
        }
    }
    found.sort();
    found
}

type Properties = BTreeMap<String, (String, Evidence)>;

fn properties(file: &str, project: &Element, chain: &[(String, &Element)]) -> Properties {
    let mut found = Properties::new();
    let own = std::iter::once((file, project));
    for (path, pom) in own.chain(chain.iter().map(|(path, pom)| (path.as_str(), *pom))) {
        for property in pom
            .child("properties")
            .into_iter()
            .flat_map(|list| &list.children)
        {
            let evidence = Evidence::line(
                path,
                property.line,
                format!("`{}` is {}", property.name, property.text),
            );
            found
                .entry(property.name.clone())
                .or_insert((property.text.clone(), evidence));
        }
    }
    found
}

fn resolved(text: &str, properties: &Properties) -> String {
    let mut text = text.to_owned();
    for _ in 0..4 {
        let Some(start) = text.find("${") else { break };
        let Some(end) = text[start..].find('}') else {
            break;
        };
        let Some((value, _)) = properties.get(&text[start + 2..start + end]) else {
            break;
        };
        text = format!("{}{value}{}", &text[..start], &text[start + end + 1..]);
    }
    text
}

fn java(
    properties: &Properties,
    file: &str,
    project: &Element,
    chain: &[(String, &Element)],
) -> Vec<Wanted> {
    let mut found = Vec::new();
    let own = std::iter::once((file, project));
    for (path, pom) in own.chain(chain.iter().map(|(path, pom)| (path.as_str(), *pom))) {
        let plugins = pom
            .at(&["build", "plugins"])
            .into_iter()
            .flat_map(|list| list.all("plugin"));
        for plugin in plugins
            .filter(|plugin| plugin.text_at(&["artifactId"]) == Some("maven-compiler-plugin"))
        {
            for key in ["release", "target", "source"] {
                if let Some(value) = plugin.text_at(&["configuration", key]) {
                    let value = resolved(value, properties);
                    found.push(wanted(
                        &value,
                        Evidence::line(
                            path,
                            plugin.line,
                            format!("the compiler is told `{key}` {value}"),
                        ),
                    ));
                }
            }
        }
    }
    for key in [
        "maven.compiler.release",
        "java.version",
        "maven.compiler.target",
        "maven.compiler.source",
        "jdk.version",
        "kotlin.compiler.jvmTarget",
    ] {
        if let Some((value, evidence)) = properties.get(key) {
            found.push(wanted(&resolved(value, properties), evidence.clone()));
        }
    }
    found.truncate(1);
    found
}

fn wanted(value: &str, evidence: Evidence) -> Wanted {
    let value = value.strip_prefix("1.").unwrap_or(value);
    Wanted::new(value, evidence)
}

fn find<'e>(element: &'e Element, name: &str) -> Option<&'e str> {
    let mut waiting = vec![element];
    while let Some(element) = waiting.pop() {
        if element.name == name && !element.text.is_empty() {
            return Some(&element.text);
        }
        waiting.extend(&element.children);
    }
    None
}

fn jar(
    file: &str,
    project: &Element,
    chain: &[(String, &Element)],
    properties: &Properties,
    quarkus: bool,
) -> Known<String> {
    if quarkus {
        let evidence = Evidence::file(file, "Quarkus leaves its program there");
        return Known::stated("target/quarkus-app/quarkus-run.jar".to_owned(), evidence);
    }
    let artifact = project.text_at(&["artifactId"]).unwrap_or("app");
    if let Some(element) = project.at(&["build", "finalName"]) {
        let name = resolved(&element.text, properties);
        let name = name
            .replace("${project.artifactId}", artifact)
            .replace("${artifactId}", artifact);
        if !name.contains("${") {
            return Known::stated(
                format!("target/{name}.jar"),
                Evidence::line(file, element.line, "`finalName` is set"),
            );
        }
    }
    let version = project
        .text_at(&["version"])
        .or_else(|| project.text_at(&["parent", "version"]));
    let version = version.or_else(|| chain.iter().find_map(|(_, pom)| pom.text_at(&["version"])));
    let version = version
        .map(|version| resolved(version, properties))
        .filter(|version| !version.contains("${"));
    let line = project
        .child("artifactId")
        .map_or(0, |element| element.line);
    let evidence = Evidence::line(
        file,
        line,
        "Maven names the jar by `artifactId` and version",
    );
    Known::stated(
        format!(
            "target/{artifact}-{}.jar",
            version.as_deref().unwrap_or("*")
        ),
        evidence,
    )
}
