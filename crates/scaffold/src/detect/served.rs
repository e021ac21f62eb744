//! Which folder a server hands out, as its code says: pages whose build ends there belong into its image.

use plimsoll_source::files::{join, parent};

use super::draft::Cx;
use super::files::{below, inside, relative};
use crate::model::{Evidence, Known, NodeOutput, Service, Stack};

/// Where a server looks for pages.
pub(super) struct Place {
    /// The folder, relative to the root of the tree.
    pub(super) folder: Known<String>,
    /// Whether the build of the server takes them into the program.
    pub(super) built_in: bool,
}

/// Endings of files of code.
const CODE: &[&str] = &[
    "go", "py", "js", "mjs", "cjs", "ts", "mts", "cts", "rb", "rs", "php", "cs", "java", "kt",
    "ex", "exs",
];

/// Words of which one stands in a file that hands out files.
const SERVING: &[&str] = &[
    "static(",
    "Static(",
    "StaticFiles",
    "staticFiles",
    "static_folder",
    "send_from_directory",
    "sendFile",
    "serveStatic",
    "serve-static",
    "fastifyStatic",
    "@fastify/static",
    "FileServer",
    "http.Dir",
    "ServeDir",
    "STATICFILES_DIRS",
    "WHITENOISE_ROOT",
];

/// How many files of a server are read, and how large they may be.
const MAX_FILES: usize = 800;
const MAX_BYTES: usize = 256 * 1024;

/// Where the build of pages ends; `outside` is what its configuration says of a folder elsewhere.
pub(super) fn output(page: &Service, outside: Option<&str>) -> Option<String> {
    if let Some(outside) = outside {
        return join(&page.folder, outside).filter(|folder| !folder.is_empty());
    }
    let Stack::Node(node) = &page.stack else {
        return None;
    };
    match &node.output.value {
        NodeOutput::Static(folder) if node.build.is_some() => {
            join(&page.context, folder).filter(|folder| !folder.is_empty())
        }
        _ => None,
    }
}

/// Whether a folder that pages are built into is one that a server hands out.
pub(super) fn place(cx: Cx<'_>, page: &Service, server: &Service, out: &str) -> Option<Place> {
    habit(server, out).or_else(|| said(cx, page, server, out))
}

/// Folders that frameworks hand out without being told.
fn habit(server: &Service, out: &str) -> Option<Place> {
    if !inside(out, &server.folder) || out == server.folder {
        return None;
    }
    let local = relative(out, &server.folder);
    let (folders, says): (&[&str], &str) = match &server.stack {
        Stack::Jvm(_) => (
            &[
                "src/main/resources/static",
                "src/main/resources/public",
                "src/main/resources/META-INF/resources",
            ],
            "the framework hands out this folder of the jar",
        ),
        Stack::Dotnet(_) => (&["wwwroot"], "ASP.NET hands out `wwwroot`"),
        Stack::Php(_) | Stack::Ruby(_) => (&["public"], "`public` is handed out"),
        _ => return None,
    };
    let fits = folders
        .iter()
        .any(|folder| local == *folder || local.starts_with(&format!("{folder}/")));
    fits.then(|| Place {
        folder: Known::stated(out.to_owned(), Evidence::file(out, says)),
        built_in: matches!(server.stack, Stack::Jvm(_)),
    })
}

/// A line of the server that names the folder.
fn said(cx: Cx<'_>, page: &Service, server: &Service, out: &str) -> Option<Place> {
    let is_code = |path: &&str| {
        let ending = path.rsplit_once('.').map_or("", |(_, ending)| ending);
        // A package of Go may embed what lies beside it.
        CODE.contains(&ending)
            && (ending == "go" || page.folder == server.folder || !inside(path, &page.folder))
    };
    // Files of the server lie in its module, which may be above its folder.
    let root = match &server.stack {
        Stack::Go(go) => below(&server.context, &go.module),
        _ => server.folder.clone(),
    };
    // What embeds a folder lies above it, wherever else there are files by the thousand.
    let near = |path: &&str| is_code(path) && inside(out, parent(path));
    let paths = cx.files.below(&root);
    let mut paths: Vec<&str> = paths.filter(near).take(MAX_FILES).collect();
    paths.extend(cx.files.below(&root).filter(is_code).take(MAX_FILES));
    paths.into_iter().find_map(|path| {
        let text = &cx.files.text(path)?.text;
        if text.len() > MAX_BYTES {
            return None;
        }
        if matches!(server.stack, Stack::Go(_))
            && let Some(line) = embedded(text, path, out)
        {
            let why = Evidence::line(path, line, "`go:embed` takes them into the program");
            return Some(Place {
                folder: Known::stated(out.to_owned(), why),
                built_in: true,
            });
        }
        let serves = SERVING.iter().any(|word| text.contains(word));
        let line = serves.then(|| named(text, page, server, out)).flatten()?;
        let why = Evidence::line(path, line, "the code hands out this folder");
        Some(Place {
            folder: Known::stated(out.to_owned(), why),
            built_in: false,
        })
    })
}

/// The line of a `go:embed` that takes a folder, or what is in it.
fn embedded(text: &str, path: &str, out: &str) -> Option<u32> {
    let mut lines = text.lines().enumerate();
    let found = lines.find(|(_, line)| {
        let Some(patterns) = line.trim().strip_prefix("//go:embed ") else {
            return false;
        };
        patterns.split_whitespace().any(|pattern| {
            let pattern = pattern.trim_matches(['"', '`']);
            let pattern = pattern.strip_prefix("all:").unwrap_or(pattern);
            let plain: Vec<&str> = pattern
                .split('/')
                .take_while(|part| !part.contains(['*', '?', '[']))
                .collect();
            let folder = join(parent(path), &plain.join("/"));
            let own = parent(path);
            folder.is_some_and(|folder| {
                folder != own && (inside(&folder, out) || inside(out, &folder))
            })
        })
    });
    found.map(|(number, _)| number as u32 + 1)
}

/// The line that names a folder by texts in quotes: at least the last part of the pages' folder and
/// what is below it.
fn named(text: &str, page: &Service, server: &Service, out: &str) -> Option<u32> {
    let full: Vec<&str> = out.split('/').collect();
    let least = if inside(out, &page.folder) && out != page.folder && !page.folder.is_empty() {
        relative(out, &page.folder).split('/').count() + 1
    } else if inside(out, &server.folder) && out != server.folder {
        relative(out, &server.folder).split('/').count()
    } else {
        full.len()
    };
    let is_packaged = matches!(&server.stack, Stack::Python(python) if python.package);
    let mut lines = text.lines().enumerate();
    let found = lines.find(|(_, line)| {
        let code = line.trim_start();
        let is_comment = ["//", "#", "*", "/*"]
            .iter()
            .any(|start| code.starts_with(start));
        // What is installed elsewhere than where it lies in the tree finds nothing beside it.
        if is_comment || is_packaged && code.contains("__file__") {
            return false;
        }
        let words = quoted(code);
        let joined = words.join("/");
        let mut all = words.into_iter().chain([joined.as_str()]);
        all.any(|word| leads_to(word, &full, least))
    });
    found.map(|(number, _)| number as u32 + 1)
}

/// Whether a path in code is a folder of the tree, as far as it says, or lies in it.
fn leads_to(word: &str, full: &[&str], least: usize) -> bool {
    if word.starts_with('/') || word.contains("://") {
        return false;
    }
    let parts: Vec<&str> = word
        .split('/')
        .filter(|part| !matches!(*part, "" | "." | ".."))
        .collect();
    (least..=full.len())
        .any(|count| parts.len() >= count && parts[..count] == full[full.len() - count..])
}

/// The texts in quotes of a line.
fn quoted(line: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = line;
    while let Some(at) = rest.find(['"', '\'', '`']) {
        let quote = &rest[at..=at];
        let inner = &rest[at + 1..];
        let Some(end) = inner.find(quote) else { break };
        found.push(&inner[..end]);
        rest = &inner[end + 1..];
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{embedded, leads_to, quoted};

    #[test]
    fn paths_in_code_lead_to_folders() {
        let full = ["apps", "web", "dist"];
        for word in [
            "../web/dist",
            "web/dist/index.html",
            "../../apps/web/dist",
            "./web/dist/assets",
        ] {
            assert!(leads_to(word, &full, 2), "{word}");
        }
        for word in [
            "dist",
            "/web/dist",
            "../web",
            "other/dist",
            "https://a/web/dist",
            "",
        ] {
            assert!(!leads_to(word, &full, 2), "{word}");
        }
        assert_eq!(quoted("a('x', \"y\") 'z"), ["x", "y"]);
    }

    #[test]
    fn what_go_embeds_is_read() {
        for (line, expected) in [
            ("//go:embed all:dist", true),
            ("//go:embed dist/*", true),
            ("//go:embed \"dist/index.html\"", true),
            ("//go:embed templates", false),
            ("//go:embed *.sql", false),
            ("// go:embed dist", false),
        ] {
            let text = format!("package web\n\n{line}\nvar files embed.FS\n");
            let found = embedded(&text, "web/embed.go", "web/dist");
            assert_eq!(found, expected.then_some(3), "{line}");
        }
    }
}
