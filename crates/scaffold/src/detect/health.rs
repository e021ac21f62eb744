//! Routes that tell of health, by their names, and the prefixes that routers put before them.

mod compared;
mod filters;
mod groups;
mod guard;
mod nested;

use std::collections::BTreeMap;

pub(crate) use guard::asks_who;

use super::code::{Code, Language};
use crate::model::{Certainty, Evidence, HealthPurpose, HealthRoute, Known};

/// What a path is for, when its name says that it tells of health.
pub(crate) fn purpose(path: &str) -> Option<HealthPurpose> {
    let parts: Vec<String> = path
        .split('/')
        .filter(|part| !part.is_empty())
        .map(|part| part.to_ascii_lowercase().replace(['-', '_', '.'], ""))
        .collect();
    let last = parts.last()?.as_str();
    let before = parts
        .len()
        .checked_sub(2)
        .map_or("", |at| parts[at].as_str());
    let about = matches!(
        before,
        "health"
            | "healthz"
            | "healthcheck"
            | "healthchecks"
            | "status"
            | "probe"
            | "probes"
            | "internal"
            | "hc"
    );
    // `/orders/status` tells of orders.
    let above = &parts[..parts.len() - 1];
    if last == "status" && !above.iter().all(|part| is_around(part)) {
        return None;
    }
    Some(match last {
        "health" | "healthz" | "healthcheck" | "healthchecks" | "healthcheckz" | "heartbeat"
        | "ping" | "up" | "status" | "hc" | "heath" | "lbheartbeat" => HealthPurpose::General,
        "livez" | "liveness" | "alive" | "isalive" | "livenessprobe" | "healthlive"
        | "healthliveness" => HealthPurpose::Liveness,
        "readyz" | "readiness" | "ready" | "isready" | "readinessprobe" | "healthready"
        | "healthreadiness" => HealthPurpose::Readiness,
        "live" if about => HealthPurpose::Liveness,
        "live" if parts.len() == 1 => HealthPurpose::Liveness,
        _ => return None,
    })
}

/// What stands before routes of a whole service, rather than of a thing that it is about.
fn is_around(part: &str) -> bool {
    let version = part.strip_prefix('v');
    matches!(
        part,
        "api"
            | "rest"
            | "internal"
            | "system"
            | "server"
            | "service"
            | "app"
            | "monitor"
            | "admin"
            | "public"
            | "private"
            | "health"
            | "common"
            | "core"
    ) || version.is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_digit()))
}

/// A route whose name tells of health.
pub(crate) fn route(path: &str, evidence: Evidence) -> Option<Known<HealthRoute>> {
    let path = joined("", path)?;
    let purpose = purpose(&path)?;
    // Of what a status is, only what stands around it may tell.
    let vague = path.trim_end_matches('/').ends_with("/status") && !path.contains("health");
    let known = Known::stated(HealthRoute { path, purpose }, evidence);
    Some(if vague {
        known.at_most(Certainty::Likely)
    } else {
        known
    })
}

/// Whether a name says little: pages are called so, too.
fn is_vague(path: &str) -> bool {
    let last = path.trim_end_matches('/').rsplit('/').next();
    matches!(last, Some("status" | "live" | "up" | "ready"))
}

/// Puts a prefix before a path. `None` for paths with parts that are not fixed.
pub(crate) fn joined(prefix: &str, path: &str) -> Option<String> {
    let whole = format!(
        "{}/{}",
        prefix.trim_end_matches('/'),
        path.trim_start_matches('/')
    );
    let slash = path.ends_with('/') && path.len() > 1;
    let parts: Vec<&str> = whole.split('/').filter(|part| !part.is_empty()).collect();
    let fixed = parts.iter().all(|part| {
        part.bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'~'))
    });
    if !fixed || parts.is_empty() || parts.len() > 8 {
        return None;
    }
    Some(format!(
        "/{}{}",
        parts.join("/"),
        if slash { "/" } else { "" }
    ))
}

/// A route that code registers: the object that it is registered at, and its path.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Registered {
    /// The name before the dot (`router` in `router.get`), empty for none.
    pub(crate) holder: String,
    /// The path as written.
    pub(crate) path: String,
    /// The token that holds it.
    pub(crate) token: usize,
}

/// Names of functions that register a route that answers GET.
fn registers(language: Language, name: &str) -> bool {
    match language {
        Language::Script => matches!(name, "get" | "all" | "route" | "use"),
        Language::Python => matches!(
            name,
            "get"
                | "route"
                | "api_route"
                | "add_url_rule"
                | "add_api_route"
                | "add_get"
                | "add_route"
                | "Route"
                | "APIRoute"
        ),
        Language::Go => matches!(
            name,
            "Get"
                | "GET"
                | "Handle"
                | "HandleFunc"
                | "HandlerFunc"
                | "Any"
                | "All"
                | "Path"
                | "Match"
                | "MethodFunc"
        ),
        Language::Rust => matches!(name, "route" | "get" | "resource" | "at"),
        Language::Java => matches!(name, "GET" | "get" | "route" | "createContext"),
        Language::Csharp => matches!(
            name,
            "MapGet" | "MapHealthChecks" | "UseHealthChecks" | "Map"
        ),
        Language::Php => matches!(name, "get" | "any" | "map" | "match" | "Route"),
        Language::Ruby => matches!(name, "get" | "match"),
        Language::Elixir => matches!(name, "get" | "forward"),
    }
}

/// Gin's `Match([]string{"GET", "HEAD"}, "/health", …)`: the token of its name.
fn matched(code: Code<'_>, path: usize) -> Option<usize> {
    if code.language != Language::Go {
        return None;
    }
    let open = code.opening(path)?;
    let name = open.checked_sub(1)?;
    let arguments = code.arguments(open);
    let second = arguments.get(1)?.start == path;
    let gets = (arguments[0].clone()).any(|at| code.string(at) == Some("GET"));
    (code.is(name, &["Match"]) && second && gets).then_some(name)
}

/// The routes that a file registers by calls (`app.get("/health", …)`) whose names tell of health.
pub(crate) fn registered(code: Code<'_>) -> Vec<Registered> {
    let mut found = Vec::new();
    for index in 0..code.len() {
        let Some(path) = code.string(index) else {
            continue;
        };
        let named = Language::Ruby == code.language || Language::Elixir == code.language;
        let call = code.is(index.wrapping_sub(1), &["("]);
        let name_at = if call {
            index.wrapping_sub(2)
        } else if let Some(of_methods) = matched(code, index) {
            of_methods
        } else if named {
            index.wrapping_sub(1)
        } else {
            continue;
        };
        // The path of Go 1.22 may begin with the method.
        let path = path.strip_prefix("GET ").unwrap_or(path);
        let rooted =
            path.starts_with('/') || matches!(code.language, Language::Ruby | Language::Rust);
        if !rooted || purpose(path).is_none() {
            continue;
        }
        let Some(name) = code.word(name_at) else {
            continue;
        };
        if !registers(code.language, name) {
            continue;
        }
        let holder = if code.is(name_at.wrapping_sub(1), &["."]) {
            code.word(name_at.wrapping_sub(2)).unwrap_or_default()
        } else {
            ""
        };
        // `axios.get("/health")` asks another.
        let client = matches!(
            holder,
            "axios"
                | "client"
                | "http"
                | "requests"
                | "httpx"
                | "session"
                | "fetch"
                | "cy"
                | "page"
                | "request"
                | "api"
                | "$http"
                | "test_client"
                | "HttpClient"
                | "testClient"
                | "agent"
        ) && !(code.language == Language::Go && holder == "http")
            && !code.is(name_at.wrapping_sub(3), &["@"]);
        if client {
            continue;
        }
        if nested::answers_others(code, index) || groups::is_of_class(code, index) {
            continue;
        }
        if !guard::is_open(code, name_at, index, holder)
            || is_vague(path) && guard::is_page(code, index)
        {
            continue;
        }
        found.push(Registered {
            holder: holder.to_owned(),
            path: path.to_owned(),
            token: index,
        });
    }
    found
}

/// What a file puts before the routes of a holder: `router = APIRouter(prefix="/x")`,
/// `v1 := r.Group("/v1")`.
pub(crate) fn prefix_of(code: Code<'_>, holder: &str) -> Option<String> {
    let mut whole = String::new();
    let mut name = holder.to_owned();
    for _ in 0..6 {
        let Some(definition) = code.definition(&name) else {
            break;
        };
        let mut next = None;
        let mut prefix: Option<String> = None;
        for index in definition.clone() {
            let word = code.at(index);
            if !code.is(index + 1, &["("]) {
                continue;
            }
            match word {
                "APIRouter" | "Router" => {
                    let named = code.named(index + 1, "prefix");
                    prefix = named
                        .and_then(|range| code.string(range.start))
                        .map(str::to_owned);
                }
                "Blueprint" => {
                    let named = code.named(index + 1, "url_prefix");
                    prefix = named
                        .and_then(|range| code.string(range.start))
                        .map(str::to_owned);
                }
                "Group" | "MapGroup" | "basePath" | "PathPrefix" | "nest" => {
                    // Of a chain each link adds its own.
                    let link = code.string(index + 2).unwrap_or_default();
                    prefix = joined(prefix.as_deref().unwrap_or_default(), link).or(prefix);
                    let holder = code.is(index.wrapping_sub(1), &["."]);
                    if let Some(before) = code.word(index.wrapping_sub(2)).filter(|_| holder) {
                        next = Some(before.to_owned());
                    }
                }
                _ => {}
            }
        }
        if let Some(prefix) = prefix {
            whole = joined(&prefix, &whole).unwrap_or(whole);
        }
        match next {
            Some(next) if next != name => name = next,
            _ => break,
        }
    }
    if let Some(mount) = mounted_at(code, holder) {
        whole = joined(&mount, &whole).unwrap_or(mount);
    }
    (!whole.is_empty()).then_some(whole)
}

/// Whether a holder is a router of Express or Koa, which answers nothing until it is mounted.
pub(crate) fn is_router(code: Code<'_>, holder: &str) -> bool {
    code.language == Language::Script
        && !holder.is_empty()
        && code
            .definition(holder)
            .is_some_and(|definition| definition.take(12).any(|at| code.is(at, &["Router", "("])))
}

/// What an application puts before another that it mounts in the same file:
/// `app.mount("/api", api)`, `app.mount("/api", app=api)`.
fn mounted_at(code: Code<'_>, name: &str) -> Option<String> {
    if code.language != Language::Python || name.is_empty() {
        return None;
    }
    code.all(&["mount", "("]).find_map(|index| {
        let path = code.string(index + 2)?;
        let second = code.arguments(index + 1).get(1)?.clone();
        (code.word(second.end - 1) == Some(name)).then(|| path.to_owned())
    })
}

/// Health routes of one file, with the prefixes that the file itself gives; `mounted` holds what
/// other files put before its routers (`""` for all of them).
pub(crate) fn of_file(
    code: Code<'_>,
    mounted: &BTreeMap<String, String>,
) -> Vec<Known<HealthRoute>> {
    let mut found = Vec::new();
    for registered in registered(code) {
        let own = prefix_of(code, &registered.holder).unwrap_or_default();
        let own = match nested::prefix(code, registered.token) {
            Some(above) => joined(&above, &own).unwrap_or(above),
            None => own,
        };
        let outer = mounted.get(&registered.holder).or_else(|| mounted.get(""));
        let nowhere = outer.is_none() && is_router(code, &registered.holder);
        let outer = outer.cloned().unwrap_or_default();
        let Some(path) = joined(&own, &registered.path).and_then(|path| joined(&outer, &path))
        else {
            continue;
        };
        let mut says = format!("the route `{}` is registered", registered.path);
        if nowhere {
            says.push_str(" at a router, and where that is mounted was not found");
        }
        let evidence = Evidence::line(code.path, code.line(registered.token), says);
        found.extend(route(&path, evidence).map(|known| {
            if nowhere {
                known.at_most(Certainty::Likely)
            } else {
                known
            }
        }));
    }
    found.extend(compared::routes(code));
    found.extend(filters::routes(code));
    found
}

#[cfg(test)]
mod tests {
    use super::super::code::tokens;
    use super::*;

    fn routes(path: &str, text: &str) -> Vec<String> {
        let language = Language::of(path).expect("a language");
        let tokens = tokens(text, language);
        let code = Code {
            path,
            text,
            tokens: &tokens,
            language,
        };
        let found = of_file(code, &BTreeMap::new());
        found.into_iter().map(|known| known.value.path).collect()
    }

    #[test]
    fn routes_are_found_with_their_prefixes() {
        let python = "router = APIRouter(prefix='/api')\n@router.get('/health')\ndef h(): pass\n@app.route('/x')\n";
        assert_eq!(routes("a.py", python), ["/api/health"]);
        let go = "v1 := r.Group(\"/api\").Group(\"/v1\")\nv1.GET(\"/ready\", f)\nhttp.HandleFunc(\"/healthz\", f)\nclient.Get(\"/health\")";
        assert_eq!(routes("a.go", go), ["/api/v1/ready", "/healthz"]);
        let gin = "g.Match([]string{\"GET\", \"HEAD\"}, \"/health\", f)\ng.Match([]string{\"POST\"}, \"/ready\", f)";
        assert_eq!(routes("a.go", gin), ["/health"]);
        assert_eq!(routes("a.rb", "get 'up' => 'rails/health#show'"), ["/up"]);
        assert_eq!(
            routes("a.ts", "axios.get('/health'); app.get('/status', f)"),
            ["/status"]
        );
    }

    #[test]
    fn lists_of_routes_are_read() {
        let starlette = "health = [Route('/ready', r)]\napp = Starlette(routes=[\n  Route('/health', h, methods=['GET', 'HEAD']),\n  Route('/status', h, methods=['POST']),\n  Mount('/api', routes=[Route('/healthz', l)]),\n  Mount('/probe', routes=health),\n])\n";
        assert_eq!(
            routes("a.py", starlette),
            ["/probe/ready", "/health", "/api/healthz"]
        );
        let tornado =
            "import tornado.web\napp = tornado.web.Application([(r'/health', H), ('/x', X)])\n";
        assert_eq!(routes("a.py", tornado), ["/health"]);
        let aiohttp = "app.router.add_route('GET', '/healthz', h)\napp.router.add_route('POST', '/status', h)\n";
        assert_eq!(routes("a.py", aiohttp), ["/healthz"]);
        let bun = "Bun.serve({ routes: { '/health': new Response('ok'), '/x': y }, port: 3000 })";
        assert_eq!(routes("a.ts", bun), ["/health"]);
    }

    #[test]
    fn blocks_put_prefixes_before_routes() {
        let phoenix = "scope \"/api\", A do\n  pipe_through :api\n  get \"/health\", C, :i\nend\nscope \"/\", A do\n  get \"/ready\", C, :i\nend\n";
        assert_eq!(routes("router.ex", phoenix), ["/api/health", "/ready"]);
        let rails = "Rails.application.routes.draw do\n  if Rails.env.development?\n    mount X => '/x'\n  end\n  namespace :api do\n    scope '/v1' do\n      get '/health', to: 'h#i'\n    end\n  end\n  get '/ready', to: 'h#r'\nend\n";
        assert_eq!(routes("routes.rb", rails), ["/api/v1/health", "/ready"]);
    }

    #[test]
    fn servers_without_routers_compare_paths() {
        for (path, text) in [
            (
                "a.js",
                "http.createServer((req, res) => { if (req.url === '/healthz') end() })",
            ),
            (
                "a.ts",
                "createServer(async (req, res) => { const { pathname } = new URL(req.url, b); switch (pathname) { case '/healthz': x } })",
            ),
            (
                "a.mjs",
                "Deno.serve((req) => { const url = new URL(req.url); if (url.pathname == '/healthz') return x })",
            ),
            (
                "a.py",
                "class H(BaseHTTPRequestHandler):\n  def do_GET(self):\n    if self.path in ('/', '/healthz'):\n      pass\n",
            ),
            (
                "a.go",
                "func h(w http.ResponseWriter, r *http.Request) { switch r.URL.Path { case \"/healthz\": f() } }",
            ),
            ("a.go", "if r.URL.Path == \"/healthz\" { f() }"),
            (
                "a.rs",
                "match (req.method(), req.uri().path()) { (&Method::GET, \"/healthz\") => ok(), _ => no() }",
            ),
            (
                "A.java",
                "server.createContext(\"/healthz\", exchange -> {});",
            ),
        ] {
            assert_eq!(routes(path, text), ["/healthz"], "{text}");
        }
        for (path, text) in [
            ("a.ts", "if (window.location.pathname === '/status') go()"),
            (
                "a.js",
                "createServer(f); if (req.method === 'POST' && req.url === '/status') end()",
            ),
            ("a.js", "switch (kind) { case '/status': x }"),
            (
                "a.js",
                "const { health } = { '/health': 1 }; createServer(f)",
            ),
            ("a.py", "if self.path == '/status':\n  pass\n"),
            ("a.go", "switch kind { case \"/status\": f() }"),
            ("a.rs", "match x { (&Method::POST, \"/status\") => ok() }"),
        ] {
            assert_eq!(routes(path, text), [""; 0], "{text}");
        }
    }

    #[test]
    fn names_say_what_a_route_is_for() {
        use HealthPurpose::{General, Liveness, Readiness};
        assert_eq!(purpose("/healthz"), Some(General));
        assert_eq!(purpose("/health/live"), Some(Liveness));
        assert_eq!(purpose("/health/ready"), Some(Readiness));
        assert_eq!(purpose("/live"), Some(Liveness));
        assert_eq!(purpose("/videos/live"), None);
        assert_eq!(purpose("/api/v2/status"), Some(General));
        assert_eq!(purpose("/orders/status"), None);
        assert_eq!(purpose("/health-records"), None);
    }
}
