//! `build.gradle` and `build.gradle.kts`, read as code: what they compute is not known.

use plimsoll_source::files::{file_name, join};

use super::{Build, INSTALLED};
use crate::detect::code::Code;
use crate::detect::dependencies::Dependencies;
use crate::detect::draft::Cx;
use crate::detect::files::{Text, below, relative};
use crate::detect::releases::Wanted;
use crate::model::{Certainty, Evidence, JvmTool, Known};

const BUILD: &[&str] = &["build.gradle", "build.gradle.kts"];
const SETTINGS: &[&str] = &["settings.gradle", "settings.gradle.kts"];

/// The folder that a build's stage works in, `/src`.
const IN_IMAGE: &str = "src";

/// Configurations that put a dependency on the class path of the program.
const CONFIGURATIONS: &[&str] = &[
    "implementation",
    "api",
    "compile",
    "runtimeOnly",
    "runtime",
    "compileOnly",
    "developmentOnly",
];

/// Reads the module of a folder.
pub(super) fn read(cx: Cx<'_>, folder: &str) -> Option<Build> {
    let file = cx.files.first(folder, BUILD)?;
    let text = cx.files.text(&file)?;
    let context = context(cx, folder);
    let root = cx
        .files
        .first(&context, BUILD)
        .and_then(|path| cx.files.text(&path));
    let mut dependencies = Dependencies::default();
    needs_of(text, &mut dependencies);
    catalog(cx, &context, text, &mut dependencies);
    // What the root applies to all its projects counts for each.
    if let Some(root) = root.filter(|root| root.path != text.path)
        && (root.text.contains("subprojects") || root.text.contains("allprojects"))
    {
        needs_of(root, &mut dependencies);
    }
    let code = text.code();
    let named = name_of(cx, folder, &context);
    // A build without a name of its own is called as its folder is, and that is `/src` in the image.
    let jar_named = if folder == context && named.certainty < Certainty::Stated {
        let says = "Gradle names a build by its folder, which is `/src` in the image";
        Known::likely(IN_IMAGE.to_owned(), Evidence::file(&file, says))
    } else {
        named.clone()
    };
    let runnable = [
        "org.springframework.boot",
        "com.github.johnrengelman.shadow",
        "com.gradleup.shadow",
        "io.quarkus",
        "io.micronaut.application",
        "io.ktor.plugin",
    ]
    .iter()
    .find_map(|plugin| Some(dependencies.get(plugin)?.evidence.clone()));
    let main = main_class(code);
    let java = [Some(text), root].into_iter().flatten().find_map(java);
    let version = [Some(text), root].into_iter().flatten().find_map(version);
    let fat = !dependencies.has("org.springframework.boot")
        && (dependencies.has("com.github.johnrengelman.shadow")
            || dependencies.has("com.gradleup.shadow")
            || dependencies.has("io.ktor.plugin"));
    let end = if fat { "-all" } else { "" };
    let version = version.map_or(String::new(), |version| format!("-{version}"));
    let quarkus = dependencies
        .iter()
        .any(|(name, _)| name.starts_with("io.quarkus"));
    let jar = if quarkus {
        Known::stated(
            "build/quarkus-app/quarkus-run.jar".to_owned(),
            Evidence::file(&file, "Quarkus leaves its program there"),
        )
    } else {
        jar_named
            .clone()
            .map(|name| format!("build/libs/{name}{version}{end}.jar"))
    };
    let alone = main.is_some() && code.text.contains("Main-Class");
    let jar = if alone || runnable.is_some() {
        jar
    } else if main.is_some() && installs(code) {
        // Its own jar is without its libraries: `installDist` puts them beside it.
        jar_named
            .clone()
            .map(|name| format!("build/install/{name}/{INSTALLED}"))
    } else {
        jar.at_most(Certainty::Likely)
    };
    let needs = needs(cx, folder, &context, text);
    let mut manifests = Vec::new();
    for place in [context.as_str(), folder]
        .into_iter()
        .chain(needs.iter().map(String::as_str))
    {
        for name in BUILD
            .iter()
            .chain(SETTINGS)
            .chain(&["gradle.properties", "gradlew"])
        {
            let path = below(place, name);
            if cx.files.has(&path) {
                manifests.push(relative(&path, &context));
            }
        }
    }
    for name in ["gradle", "buildSrc", "build-logic"] {
        if cx.files.has_folder(&below(&context, name)) {
            manifests.push(name.to_owned());
        }
    }
    manifests.sort();
    manifests.dedup();
    let aggregates =
        main.is_none() && runnable.is_none() && !cx.files.has_folder(&below(folder, "src"));
    Some(Build {
        tool: JvmTool::Gradle,
        name: Some(named),
        context,
        dependencies,
        runnable,
        main,
        java: java.into_iter().collect(),
        jar,
        manifests,
        needs,
        aggregates,
        file,
    })
}

/// Whether the plugin `application` is applied.
fn installs(code: Code<'_>) -> bool {
    let plugin = |at: usize| code.at(at) == "application";
    (0..code.len()).any(|at| {
        let named = code.is(at, &["id"]) && (plugin(at + 1) || plugin(at + 2));
        let applied = code.is(at, &["plugin", ":"]) && plugin(at + 2);
        // A line of its own among the plugins of Kotlin's.
        let alone = plugin(at)
            && code
                .opening(at)
                .is_some_and(|open| code.is(open.wrapping_sub(1), &["plugins"]));
        named || applied || alone
    })
}

/// The folder of the build: the nearest with settings.
fn context(cx: Cx<'_>, folder: &str) -> String {
    cx.files
        .above(folder, SETTINGS)
        .unwrap_or(folder)
        .to_owned()
}

/// Dependencies (`implementation("g:a:v")`) and plugins (`id("…")`).
fn needs_of(text: &Text, dependencies: &mut Dependencies) {
    let code = text.code();
    for index in 0..code.len() {
        let Some(word) = code.word(index) else {
            continue;
        };
        let at = if code.is(index + 1, &["("]) {
            index + 2
        } else {
            index + 1
        };
        if word == "id" || word == "apply" || word == "plugin" {
            if let Some(plugin) = code.string(at).or_else(|| code.string(at + 1)) {
                let applied = !((at..at + 8).any(|n| code.is(n, &["apply", "false"])));
                if applied {
                    dependencies.add(plugin, "", Vec::new(), false, &text.path, code.line(index));
                }
            }
            continue;
        }
        if word == "kotlin" || !CONFIGURATIONS.contains(&word) {
            continue;
        }
        let at = if code.is(at, &["platform", "("]) || code.is(at, &["enforcedPlatform", "("]) {
            at + 2
        } else {
            at
        };
        let Some(written) = code.string(at) else {
            continue;
        };
        let mut parts = written.split(':');
        let (Some(group), Some(name)) = (parts.next(), parts.next()) else {
            continue;
        };
        dependencies.add(
            &format!("{group}:{name}"),
            parts.next().unwrap_or_default(),
            Vec::new(),
            true,
            &text.path,
            code.line(index),
        );
    }
}

/// What `libs.spring.boot` stands for in `gradle/libs.versions.toml`.
fn catalog(cx: Cx<'_>, context: &str, text: &Text, dependencies: &mut Dependencies) {
    let path = below(context, "gradle/libs.versions.toml");
    let Some(catalog) = cx.files.text(&path) else {
        return;
    };
    let Ok(table) = catalog.text.parse::<toml::Table>() else {
        return;
    };
    let squeezed: String = text.text.chars().filter(|c| !c.is_whitespace()).collect();
    for (section, runtime) in [("libraries", true), ("plugins", false)] {
        for (alias, value) in table
            .get(section)
            .and_then(toml::Value::as_table)
            .into_iter()
            .flatten()
        {
            let accessor = alias.replace(['-', '_'], ".");
            let used = if runtime {
                format!("(libs.{accessor})")
            } else {
                format!("(libs.plugins.{accessor})")
            };
            if !squeezed.contains(&used) {
                continue;
            }
            let get = |key: &str| value.get(key).and_then(toml::Value::as_str);
            let module = get("module").or_else(|| get("id")).map(str::to_owned);
            let module = module.or_else(|| Some(format!("{}:{}", get("group")?, get("name")?)));
            let module = module.or_else(|| value.as_str().map(str::to_owned));
            let Some(module) = module else { continue };
            let name: Vec<&str> = module.split(':').take(2).collect();
            dependencies.add(
                &name.join(":"),
                "",
                Vec::new(),
                runtime,
                &path,
                catalog.line_with(alias),
            );
        }
    }
}

/// The name of a project: the root's from the settings, another's from its folder.
fn name_of(cx: Cx<'_>, folder: &str, context: &str) -> Known<String> {
    if folder == context {
        let settings = cx
            .files
            .first(context, SETTINGS)
            .and_then(|path| cx.files.text(&path));
        let named = settings.and_then(|text| {
            let code = text.code();
            let index = code.find(&["rootProject", ".", "name", "="])?;
            let name = code.string(index + 4)?;
            Some(Known::stated(
                name.to_owned(),
                Evidence::line(&text.path, code.line(index), "`rootProject.name` is set"),
            ))
        });
        if let Some(named) = named {
            return named;
        }
    }
    let name = file_name(folder);
    let name = if name.is_empty() { "app" } else { name };
    Known::likely(
        name.to_owned(),
        Evidence::file(folder, "Gradle names a project by its folder"),
    )
}

fn main_class(code: Code<'_>) -> Option<Known<String>> {
    for index in 0..code.len() {
        let word = code.word(index).or_else(|| code.string(index));
        if !matches!(word, Some("mainClass" | "mainClassName" | "Main-Class")) {
            continue;
        }
        let line = code.line(index);
        let class = (index + 1..index + 8)
            .take_while(|&at| code.line(at) == line)
            .find_map(|at| code.string(at));
        if let Some(class) = class {
            return Some(Known::stated(
                class.to_owned(),
                Evidence::line(code.path, line, "the main class is named"),
            ));
        }
    }
    None
}

fn java(text: &Text) -> Option<Wanted> {
    let code = text.code();
    (0..code.len()).find_map(|index| {
        let value = match code.at(index) {
            "of" if code.is(index.wrapping_sub(2), &["JavaLanguageVersion"]) => code.at(index + 2),
            "jvmToolchain" => code.at(index + 2),
            "sourceCompatibility" | "targetCompatibility" => {
                let line = code.line(index);
                let mut after = (index + 1..index + 8)
                    .take_while(|&at| code.line(at) == line)
                    .map(|at| code.at(at));
                after.find(|text| {
                    text.starts_with("VERSION_") || text.starts_with(|c: char| c.is_ascii_digit())
                })?
            }
            _ => return None,
        };
        let value = value.trim_start_matches("VERSION_");
        let value = value
            .strip_prefix("1_")
            .or_else(|| value.strip_prefix("1."))
            .unwrap_or(value);
        let number = value.starts_with(|c: char| c.is_ascii_digit());
        number.then(|| {
            Wanted::new(
                value,
                Evidence::line(
                    &text.path,
                    code.line(index),
                    format!("Java {value} is asked for"),
                ),
            )
        })
    })
}

fn version(text: &Text) -> Option<String> {
    let code = text.code();
    (0..code.len()).find_map(|index| {
        let set = code.at_margin(index) && code.is(index, &["version"]);
        set.then(|| code.string(index + 1).or_else(|| code.string(index + 2)))
            .flatten()
            .map(str::to_owned)
    })
}

/// Folders of projects that this one depends on (`project(":shared")`).
fn needs(cx: Cx<'_>, folder: &str, context: &str, text: &Text) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut waiting = vec![text];
    while let Some(text) = waiting.pop() {
        let code = text.code();
        for index in code.all(&["project", "("]) {
            let written = (index + 2..index + 6).find_map(|at| code.string(at));
            let Some(path) = written.filter(|path| path.starts_with(':')) else {
                continue;
            };
            let Some(near) = join(context, &path[1..].replace(':', "/")) else {
                continue;
            };
            if near == folder || found.contains(&near) {
                continue;
            }
            if let Some(text) = cx
                .files
                .first(&near, BUILD)
                .and_then(|path| cx.files.text(&path))
            {
                waiting.push(text);
                found.push(near);
            }
        }
    }
    found.sort();
    found
}
