//! What a package is made with, by its dependencies, and what its build leaves.

use plimsoll_source::files::join;
use serde_json::Value;

use super::{Project, parse};
use crate::detect::code::Code;
use crate::detect::files::below;
use crate::model::{Evidence, Known, NodeFramework, NodeOutput};

/// Dependencies that decide, in this order: what builds on another stands before it.
const BY_DEPENDENCY: &[(&str, NodeFramework)] = &[
    ("next", NodeFramework::Next),
    ("nuxt", NodeFramework::Nuxt),
    ("nuxt3", NodeFramework::Nuxt),
    ("@remix-run/node", NodeFramework::Remix),
    ("@remix-run/react", NodeFramework::Remix),
    ("@react-router/dev", NodeFramework::Remix),
    ("astro", NodeFramework::Astro),
    ("@sveltejs/kit", NodeFramework::SvelteKit),
    ("@nestjs/core", NodeFramework::Nest),
    ("@angular/core", NodeFramework::Angular),
    ("@docusaurus/core", NodeFramework::StaticGenerator),
    ("gatsby", NodeFramework::StaticGenerator),
    ("@11ty/eleventy", NodeFramework::StaticGenerator),
    ("vitepress", NodeFramework::StaticGenerator),
    ("vuepress", NodeFramework::StaticGenerator),
    ("react-scripts", NodeFramework::CreateReactApp),
    ("fastify", NodeFramework::Fastify),
    ("koa", NodeFramework::Koa),
    ("hono", NodeFramework::Hono),
    ("express", NodeFramework::Express),
    ("vite", NodeFramework::Vite),
];

/// What the package is made with.
pub(super) fn find(project: &Project<'_>) -> Option<Known<NodeFramework>> {
    for (name, framework) in BY_DEPENDENCY {
        let Some(dependency) = project.package.dependencies.get(name) else {
            continue;
        };
        // A framework for servers among the tools is used by the tools.
        let server = matches!(
            framework,
            NodeFramework::Express
                | NodeFramework::Koa
                | NodeFramework::Hono
                | NodeFramework::Fastify
        );
        if server && !dependency.runtime {
            continue;
        }
        // In an Nx workspace all dependencies are the root's: the package's own files decide.
        // The root of a workspace holds what its members share.
        let shared = dependency.evidence.file != project.package.path || is_root(project);
        if shared && !shows(project, *framework) {
            continue;
        }
        return Some(Known::stated(*framework, dependency.evidence.clone()));
    }
    None
}

fn is_root(project: &Project<'_>) -> bool {
    !project.package.workspaces.is_empty()
        || project.cx.files.has(&below(&project.folder, "nx.json"))
}

fn shows(project: &Project<'_>, framework: NodeFramework) -> bool {
    let has = |names: &[&str]| project.cx.files.first(&project.folder, names).is_some();
    match framework {
        NodeFramework::Next => has(&["next.config.js", "next.config.mjs", "next.config.ts"]),
        NodeFramework::Nuxt => has(&["nuxt.config.ts", "nuxt.config.js"]),
        NodeFramework::Vite => has(&["vite.config.ts", "vite.config.js", "vite.config.mts"]),
        NodeFramework::Angular => has(&["src/main.ts"]) && has(&["src/index.html"]),
        NodeFramework::Remix => has(&["react-router.config.ts", "remix.config.js", "app/root.tsx"]),
        NodeFramework::Astro => has(&["astro.config.mjs", "astro.config.ts", "astro.config.js"]),
        NodeFramework::SvelteKit => has(&["svelte.config.js", "svelte.config.ts"]),
        NodeFramework::Nest | NodeFramework::Express | NodeFramework::Fastify => {
            has(&["src/main.ts", "main.ts", "src/index.ts"])
        }
        _ => false,
    }
}

/// What a framework's build leaves, when it is a framework that decides that.
pub(super) struct Built {
    pub(super) output: Known<NodeOutput>,
    /// What starts it, when it is a server.
    pub(super) start: Option<Known<Vec<String>>>,
    /// The port that the server listens on by habit.
    pub(super) port: u16,
    /// Whether the adapter that the build needs is not fixed.
    pub(super) open: Option<Evidence>,
}

/// The text of a configuration file, the first that is there.
fn configuration<'a>(project: &Project<'a>, stem: &str) -> Option<&'a crate::detect::files::Text> {
    ["js", "mjs", "ts", "cjs", "mts"].iter().find_map(|kind| {
        project
            .cx
            .files
            .text(&below(&project.folder, &format!("{stem}.{kind}")))
    })
}

/// How many braces are open at a token.
fn braces(code: Code<'_>, token: usize) -> usize {
    let mut count = 0;
    let mut at = token;
    while let Some(open) = code.opening(at) {
        count += usize::from(code.is(open, &["{"]));
        at = open;
    }
    count
}

/// What the build of the second version of Nuxt leaves: its server is a part of it, or pages.
fn nuxt_2(project: &Project<'_>) -> Option<Built> {
    let nuxt = project.package.dependencies.get("nuxt")?;
    let version = nuxt.version.trim_start_matches(['^', '~', '=', 'v', ' ']);
    if !version.starts_with("2.") && version != "2" {
        return None;
    }
    let scripts = ["build", "generate"].into_iter();
    let mut scripts = scripts.filter_map(|name| project.package.script(name));
    let built = scripts.next()?;
    if built.text.contains(" generate") {
        return Some(pages_at("dist", built.evidence.clone()));
    }
    let typed = project.package.has("@nuxt/typescript-runtime");
    let program = if typed { "nuxt-ts" } else { "nuxt" };
    // It listens on the loopback address when nothing else is said.
    let words = [program, "start", "--hostname", "0.0.0.0"];
    Some(Built {
        output: Known::stated(
            NodeOutput::Compiled(".nuxt".to_owned()),
            nuxt.evidence.clone(),
        ),
        start: Some(Known::stated(
            words.map(str::to_owned).to_vec(),
            nuxt.evidence.clone(),
        )),
        port: 3000,
        open: None,
    })
}

/// What the build of a framework leaves.
pub(super) fn built(project: &Project<'_>, framework: &Known<NodeFramework>) -> Option<Built> {
    let because = || framework.evidence[0].clone();
    let server = |output: NodeOutput, words: &[&str], port: u16, evidence: Evidence| Built {
        output: Known::stated(output, evidence.clone()),
        start: Some(Known::stated(
            words.iter().map(|word| (*word).to_owned()).collect(),
            evidence,
        )),
        port,
        open: None,
    };
    let pages = |folder: &str, evidence: Evidence| Built {
        output: Known::stated(NodeOutput::Static(folder.to_owned()), evidence),
        start: None,
        port: 8080,
        open: None,
    };
    Some(match framework.value {
        NodeFramework::Next => {
            let config = configuration(project, "next.config");
            let says = |value: &str| {
                let code = config?.code();
                let index = (0..code.len()).find(|&at| {
                    code.is(at, &["output", ":"]) && code.string(at + 2) == Some(value)
                })?;
                Some(Evidence::line(
                    code.path,
                    code.line(index),
                    format!("`output` is `{value}`"),
                ))
            };
            if let Some(evidence) = says("export") {
                pages("out", evidence)
            } else if let Some(evidence) = says("standalone") {
                server(
                    NodeOutput::Standalone(".next/standalone".to_owned()),
                    &["node", "server.js"],
                    3000,
                    evidence,
                )
            } else {
                server(
                    NodeOutput::Compiled(".next".to_owned()),
                    &["next", "start"],
                    3000,
                    because(),
                )
            }
        }
        NodeFramework::Nuxt => {
            let generates = project.package.script("build").filter(|script| {
                script.text.contains("nuxt generate") || script.text.contains("nuxi generate")
            });
            let spa = configuration(project, "nuxt.config").and_then(|text| {
                let code = text.code();
                // Of a plugin it says something else.
                let index = code
                    .all(&["ssr", ":", "false"])
                    .find(|&at| braces(code, at) == 1)?;
                Some(Evidence::line(&text.path, code.line(index), "`ssr` is off"))
            });
            if let Some(second) = nuxt_2(project) {
                return Some(second);
            }
            match generates.map(|script| script.evidence.clone()).or(spa) {
                Some(evidence) => pages(".output/public", evidence),
                None => server(
                    NodeOutput::Standalone(".output".to_owned()),
                    &["node", ".output/server/index.mjs"],
                    3000,
                    because(),
                ),
            }
        }
        NodeFramework::Astro => astro(project, because()),
        NodeFramework::SvelteKit => svelte(project, because()),
        NodeFramework::Remix => {
            let spa = ["react-router.config", "vite.config"]
                .iter()
                .find_map(|stem| {
                    let text = configuration(project, stem)?;
                    let code = text.code();
                    let index = code.find(&["ssr", ":", "false"])?;
                    Some(Evidence::line(&text.path, code.line(index), "`ssr` is off"))
                });
            match spa {
                Some(evidence) => pages("build/client", evidence),
                None if project.package.has("@react-router/dev") => server(
                    NodeOutput::Compiled("build".to_owned()),
                    &["react-router-serve", "./build/server/index.js"],
                    3000,
                    because(),
                ),
                None => server(
                    NodeOutput::Compiled("build".to_owned()),
                    &["remix-serve", "./build/server/index.js"],
                    3000,
                    because(),
                ),
            }
        }
        NodeFramework::Angular => angular(project, because()),
        NodeFramework::CreateReactApp => pages("build", because()),
        NodeFramework::StaticGenerator => {
            let folder = [
                ("@docusaurus/core", "build"),
                ("gatsby", "public"),
                ("@11ty/eleventy", "_site"),
                ("vitepress", ".vitepress/dist"),
                ("vuepress", ".vuepress/dist"),
            ]
            .iter()
            .find(|(name, _)| project.package.has(name))
            .map_or("dist", |(_, folder)| folder);
            pages(folder, because())
        }
        _ => return None,
    })
}

fn pages_at(folder: &str, evidence: Evidence) -> Built {
    Built {
        output: Known::stated(NodeOutput::Static(folder.to_owned()), evidence),
        start: None,
        port: 8080,
        open: None,
    }
}

fn astro(project: &Project<'_>, because: Evidence) -> Built {
    let adapter = project.package.dependencies.get("@astrojs/node");
    let config = configuration(project, "astro.config");
    let uses = config.filter(|text| text.text.contains("@astrojs/node"));
    match (adapter, uses) {
        (Some(_), Some(text)) => {
            let evidence = Evidence::line(
                &text.path,
                text.line_with("@astrojs/node"),
                "the adapter for Node is used",
            );
            let words = ["node", "./dist/server/entry.mjs"]
                .map(str::to_owned)
                .to_vec();
            Built {
                output: Known::stated(NodeOutput::Compiled("dist".to_owned()), evidence.clone()),
                start: Some(Known::stated(words, evidence)),
                port: 4321,
                open: None,
            }
        }
        _ => pages_at("dist", because),
    }
}

fn svelte(project: &Project<'_>, because: Evidence) -> Built {
    let adapter = |name: &str| {
        project
            .package
            .dependencies
            .get(name)
            .map(|dependency| dependency.evidence.clone())
    };
    if let Some(evidence) = adapter("@sveltejs/adapter-static") {
        return pages_at("build", evidence);
    }
    let node = adapter("@sveltejs/adapter-node");
    let words = ["node", "build"].map(str::to_owned).to_vec();
    let output = NodeOutput::Compiled("build".to_owned());
    match node {
        Some(evidence) => Built {
            output: Known::stated(output, evidence.clone()),
            start: Some(Known::stated(words, evidence)),
            port: 3000,
            open: None,
        },
        None => Built {
            output: Known::likely(output, because.clone()),
            start: Some(Known::likely(words, because.clone())),
            port: 3000,
            open: Some(adapter("@sveltejs/adapter-auto").unwrap_or(because)),
        },
    }
}

fn angular(project: &Project<'_>, because: Evidence) -> Built {
    let path = below(&project.folder, "angular.json");
    let text = project.cx.files.text(&path);
    let value = text.and_then(|text| parse(&text.text)).unwrap_or_default();
    let projects = value.get("projects").and_then(Value::as_object);
    let first = value
        .get("defaultProject")
        .and_then(Value::as_str)
        .map(str::to_owned);
    let first = first.or_else(|| {
        let applications = projects?.iter().find(|(_, project)| {
            project.get("projectType").and_then(Value::as_str) == Some("application")
        });
        Some(applications?.0.clone())
    });
    let Some(name) = first else {
        return pages_at("dist", because);
    };
    let build = projects.and_then(|projects| {
        let targets = projects.get(&name)?;
        targets
            .get("architect")
            .or_else(|| targets.get("targets"))?
            .get("build")
    });
    let options = build.and_then(|build| build.get("options"));
    let builder = build
        .and_then(|build| build.get("builder"))
        .and_then(Value::as_str)
        .unwrap_or_default();
    let stated = options.and_then(|options| options.get("outputPath"));
    let base = stated.and_then(|path| path.as_str().or_else(|| path.get("base")?.as_str()));
    let base = base.map_or_else(
        || format!("dist/{name}"),
        |base| join("", base).unwrap_or_else(|| base.to_owned()),
    );
    let line = text.map_or(0, |text| text.line_with("outputPath"));
    let evidence = match stated {
        Some(_) => Evidence::line(&path, line, "`outputPath` is set"),
        None => Evidence::file(&path, format!("the application is called `{name}`")),
    };
    // The builder since Angular 17 puts pages beside what renders on a server.
    let split = builder.ends_with(":application");
    let renders = options.is_some_and(|options| {
        options
            .get("ssr")
            .is_some_and(|ssr| ssr.is_object() || ssr == &Value::Bool(true))
    });
    if split && renders {
        let words = vec!["node".to_owned(), format!("{base}/server/server.mjs")];
        return Built {
            output: Known::stated(NodeOutput::Compiled(base), evidence.clone()),
            start: Some(Known::stated(words, evidence)),
            port: 4000,
            open: None,
        };
    }
    let folder = if split {
        format!("{base}/browser")
    } else {
        base
    };
    pages_at(&folder, evidence)
}

/// The folder that Vite builds into.
pub(super) fn vite_output(project: &Project<'_>) -> Known<String> {
    let config = configuration(project, "vite.config");
    let set = config.and_then(|text| {
        let code = text.code();
        let index = code.find(&["outDir", ":"])?;
        let folder = code.string(index + 2)?;
        let folder = join("", folder.trim_start_matches("./"))?;
        Some(Known::stated(
            folder,
            Evidence::line(&text.path, code.line(index), "`outDir` is set"),
        ))
    });
    set.unwrap_or_else(|| {
        let evidence = project.package.dependencies.evidence("vite");
        Known::stated("dist".to_owned(), evidence)
    })
}
