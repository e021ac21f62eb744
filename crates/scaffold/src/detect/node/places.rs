//! Health routes by the place of a file, where a framework takes routes from files.

use super::Project;
use crate::detect::files::Text;
use crate::detect::health as routes;
use crate::model::{Evidence, HealthRoute, Known};

/// Routes by the place of a file: Next's `app/api/health/route.ts` and `pages/api/health.ts`,
/// Nuxt's `server/api/health.get.ts`, SvelteKit's and Remix's.
pub(super) fn route(project: &Project<'_>, text: &Text) -> Option<Known<HealthRoute>> {
    let local = crate::detect::files::relative(&text.path, &project.folder);
    let local = local.strip_prefix("src/").unwrap_or(&local);
    let stem = local.rsplit_once('.')?.0;
    let next = project.package.has("next");
    let nuxt = project.package.has("nuxt");
    let svelte = project.package.has("@sveltejs/kit");
    let path = if next && local.starts_with("app/") {
        stem.strip_prefix("app/")?
            .strip_suffix("/route")?
            .to_owned()
    } else if next && local.starts_with("pages/api/") {
        let path = stem.strip_prefix("pages/")?;
        path.strip_suffix("/index").unwrap_or(path).to_owned()
    } else if nuxt && local.starts_with("server/") {
        let path = stem.strip_prefix("server/")?;
        let path = path.strip_prefix("routes/").unwrap_or(path);
        path.strip_suffix(".get").unwrap_or(path).to_owned()
    } else if svelte && local.starts_with("routes/") {
        stem.strip_prefix("routes/")?
            .strip_suffix("/+server")?
            .to_owned()
    } else if remix(project) && local.starts_with("app/routes/") {
        // What only shows a page has no loader.
        if !text.text.contains("loader") || local.ends_with(".tsx") || local.ends_with(".jsx") {
            return None;
        }
        flat(stem.strip_prefix("app/routes/")?)?
    } else {
        return None;
    };
    // Groups in round brackets are no part of the path.
    let parts: Vec<&str> = path
        .split('/')
        .filter(|part| !part.starts_with('('))
        .collect();
    let path = format!("/{}", parts.join("/"));
    let answers = !next || !local.starts_with("app/") || text.text.contains("GET");
    if !answers {
        return None;
    }
    routes::route(
        &path,
        Evidence::file(
            &text.path,
            format!("the place of the file is the route `{path}`"),
        ),
    )
}

fn remix(project: &Project<'_>) -> bool {
    ["@remix-run/node", "@react-router/dev", "@remix-run/react"]
        .iter()
        .any(|name| project.package.has(name))
}

/// The path behind a name of Remix's: `api.health`, `api+/health`, `_public.health`.
fn flat(name: &str) -> Option<String> {
    let parts = name.replace("+/", ".").replace('/', ".");
    let parts: Vec<&str> = parts
        .split('.')
        .filter(|part| !part.starts_with('_') && *part != "route")
        .collect();
    (!parts.is_empty()).then(|| parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::flat;

    #[test]
    fn names_of_files_are_paths() {
        assert_eq!(flat("api.health").as_deref(), Some("api/health"));
        assert_eq!(flat("api+/health").as_deref(), Some("api/health"));
        assert_eq!(flat("_public.healthz").as_deref(), Some("healthz"));
        assert_eq!(flat("health/route").as_deref(), Some("health"));
        assert_eq!(flat("_index"), None);
    }
}
