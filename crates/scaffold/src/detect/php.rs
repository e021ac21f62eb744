//! PHP services.

use serde_json::Value;

use super::code::Code;
use super::dependencies::Dependencies;
use super::draft::{Cx, Draft, name, sources};
use super::files::{Text, below};
use super::node::parse;
use super::pins;
use super::reading::{Found, Reading, refused, words};
use super::releases::{self, PHP, Wanted};
use crate::model::{
    Backing, Evidence, HealthPurpose, HealthRoute, Known, Php, PhpFramework, Port, Process,
    ProcessKind, Stack, Topic,
};

/// Extensions that the official image has compiled in.
const COMPILED_IN: &[&str] = &[
    "ctype",
    "curl",
    "date",
    "dom",
    "fileinfo",
    "filter",
    "ftp",
    "hash",
    "iconv",
    "json",
    "libxml",
    "mbstring",
    "mysqlnd",
    "openssl",
    "pcre",
    "pdo",
    "pdo_sqlite",
    "phar",
    "posix",
    "random",
    "readline",
    "reflection",
    "session",
    "simplexml",
    "sodium",
    "spl",
    "sqlite3",
    "standard",
    "tokenizer",
    "xml",
    "xmlreader",
    "xmlwriter",
    "zlib",
    "core",
    "opcache",
];

/// Looks at a folder.
pub(crate) fn look(cx: Cx<'_>, folder: &str, own: &dyn Fn(&str) -> bool) -> Found {
    let composer = below(folder, "composer.json");
    let manifest = cx
        .files
        .text(&composer)
        .and_then(|text| Some((text, parse(&text.text)?)));
    let page = cx.files.first(
        folder,
        &[
            "public/index.php",
            "web/index.php",
            "webroot/index.php",
            "index.php",
        ],
    );
    if manifest.is_none() && page.is_none() {
        return Found::Nothing;
    }
    let mut dependencies = Dependencies::default();
    let mut wanted = Vec::new();
    let mut stated_name = None;
    if let Some((text, value)) = &manifest {
        read(text, value, &mut dependencies, &mut wanted);
        stated_name = value.get("name").and_then(Value::as_str).map(|name| {
            Known::stated(
                name.to_owned(),
                Evidence::line(
                    &composer,
                    text.line_with("\"name\""),
                    "the package has this name",
                ),
            )
        });
    }
    let pinned = pins::of(cx.files, folder, folder, pins::PHP);
    let mut questions = Vec::new();
    let all: Vec<Wanted> = pinned.into_iter().chain(wanted).collect();
    let version = releases::choose(&PHP, &all, &mut questions);
    let mut manifests = Vec::new();
    for name in ["composer.json", "composer.lock"] {
        if cx.files.has(&below(folder, name)) {
            manifests.push(name.to_owned());
        }
    }
    let Some(page) = page else {
        if manifest
            .as_ref()
            .is_some_and(|(_, value)| value.get("type").and_then(Value::as_str) == Some("project"))
        {
            return refused(
                folder,
                Evidence::file(composer, "there is a `composer.json`"),
                "there is no `index.php` that a web server would hand requests to",
                "name the folder that holds `index.php`",
            );
        }
        return Found::Library;
    };
    let public = page[folder.len()..]
        .trim_start_matches('/')
        .rsplit_once('/')
        .map_or(".", |(folder, _)| folder);
    let laravel = dependencies
        .get("laravel/framework")
        .filter(|_| cx.files.has(&below(folder, "artisan")));
    let symfony = dependencies.get("symfony/framework-bundle");
    let framework = match (laravel, symfony) {
        (Some(laravel), _) => Some(Known::stated(
            PhpFramework::Laravel,
            laravel.evidence.clone(),
        )),
        (None, Some(symfony)) => Some(Known::stated(
            PhpFramework::Symfony,
            symfony.evidence.clone(),
        )),
        _ => None,
    };
    let own_page = |path: &str| own(path);
    let php = Php {
        version,
        framework: framework.clone(),
        sources: sources(cx, folder, folder, &manifests, &own_page),
        locked: manifests.iter().any(|name| name == "composer.lock"),
        manifests,
        public: Known::stated(
            public.to_owned(),
            Evidence::file(&page, "requests come in here"),
        ),
        extensions: Vec::new(),
    };
    let mut php = php;
    let mut draft = Draft::new(folder, folder, Stack::Php(php.clone()));
    draft.questions = questions;
    draft.name = Some(name(stated_name, folder));
    let port = Port {
        number: 8080,
        variable: None,
        loopback: false,
    };
    draft.port = Some(Known::assumed(
        port,
        "a web server that is not run by root listens above 1024",
    ));
    let reading = Reading::of(cx, folder, &[".php"], own);
    draft.depends_on(&dependencies);
    let servers = [
        "react/http",
        "amphp/http-server",
        "workerman/workerman",
        "spiral/roadrunner-http",
    ];
    if let Some((name, dependency)) = dependencies.first(&servers) {
        draft.ask(
            Topic::Start,
            format!(
                "`{name}` is a server of its own. Does it serve this, rather than a web server?"
            ),
            Vec::new(),
            vec![dependency.evidence.clone()],
        );
    }
    php.extensions = extensions(&dependencies);
    match framework.map(|framework| framework.value) {
        Some(PhpFramework::Laravel) => of_laravel(cx, folder, &reading, &mut php, &mut draft),
        Some(PhpFramework::Symfony) => of_symfony(cx, folder, &dependencies, &mut draft),
        None => {}
    }
    calls(&reading, &mut php, &mut draft);
    reading.environment(&mut draft);
    draft.health.extend(reading.health());
    draft.stack = Stack::Php(php);
    Found::Services(vec![draft])
}

fn read(text: &Text, value: &Value, dependencies: &mut Dependencies, wanted: &mut Vec<Wanted>) {
    for (section, runtime) in [("require", true), ("require-dev", false)] {
        let needs = value.get(section).and_then(Value::as_object);
        for (name, version) in needs.into_iter().flatten() {
            let version = version.as_str().unwrap_or_default();
            let line = text.line_with(&format!("\"{name}\""));
            if name == "php" {
                let evidence = Evidence::line(&text.path, line, format!("`php` is `{version}`"));
                wanted.push(Wanted::new(version, evidence));
            } else {
                dependencies.add(name, version, Vec::new(), runtime, &text.path, line);
            }
        }
    }
}

fn extensions(dependencies: &Dependencies) -> Vec<Known<String>> {
    let asked = dependencies
        .iter()
        .filter(|(_, dependency)| dependency.runtime)
        .filter_map(|(name, dependency)| {
            let extension = name.strip_prefix("ext-")?.to_ascii_lowercase();
            let more = !COMPILED_IN.contains(&extension.as_str());
            more.then(|| Known::stated(extension, dependency.evidence.clone()))
        });
    asked.collect()
}

fn add(php: &mut Php, extension: &str, evidence: Evidence) {
    if !php.extensions.iter().any(|known| known.value == extension) {
        php.extensions
            .push(Known::likely(extension.to_owned(), evidence));
    }
}

/// Calls of functions that an extension gives: `mysqli_connect(…)`, `new PDO('pgsql:…')`.
fn calls(reading: &Reading<'_>, php: &mut Php, draft: &mut Draft) {
    for text in &reading.files {
        let code = text.code();
        for index in 0..code.len() {
            let evidence = |says: &str| Evidence::line(&text.path, code.line(index), says);
            let found = match code.at(index) {
                "mysqli" | "mysqli_connect" if code.is(index + 1, &["("]) => {
                    Some(("mysqli", Backing::Mysql))
                }
                "pg_connect" => Some(("pgsql", Backing::Postgres)),
                "Redis" if code.is(index.wrapping_sub(1), &["new"]) => {
                    Some(("redis", Backing::Redis))
                }
                "PDO" if code.is(index + 1, &["("]) => match code.string(index + 2) {
                    Some(dsn) if dsn.starts_with("mysql:") => Some(("pdo_mysql", Backing::Mysql)),
                    Some(dsn) if dsn.starts_with("pgsql:") => {
                        Some(("pdo_pgsql", Backing::Postgres))
                    }
                    _ => None,
                },
                _ => None,
            };
            if let Some((extension, backing)) = found {
                add(
                    php,
                    extension,
                    evidence(&format!("a function of `{extension}` is called")),
                );
                draft
                    .backing
                    .push(Known::stated(backing, evidence("it is connected to here")));
            }
        }
    }
}

fn of_laravel(cx: Cx<'_>, folder: &str, reading: &Reading<'_>, php: &mut Php, draft: &mut Draft) {
    let artisan = Evidence::file(below(folder, "artisan"), "there is an `artisan`");
    if cx.files.has_folder(&below(folder, "database/migrations")) {
        let command = words(&["php", "artisan", "migrate", "--force"]);
        let evidence = Evidence::file(
            below(folder, "database/migrations"),
            "there are migrations of Laravel",
        );
        draft.migration = Some(Known::stated(command, evidence));
    }
    for path in ["storage", "bootstrap/cache"] {
        draft
            .writes
            .push(Known::stated(path.to_owned(), artisan.clone()));
    }
    if cx.files.has_folder(&below(folder, "app/Jobs")) {
        let evidence = Evidence::file(below(folder, "app/Jobs"), "there are jobs for a queue");
        let command = Known::stated(words(&["php", "artisan", "queue:work"]), evidence);
        draft.processes.push(Process {
            name: "worker".to_owned(),
            kind: ProcessKind::Worker,
            command,
        });
    }
    let provided = |code: Code<'_>| {
        let says = ["callAfterResolving", "(", "Schedule", ":", ":", "class"];
        code.text
            .contains("callAfterResolving")
            .then(|| code.find(&says))?
    };
    let schedule = reading.files.iter().find_map(|text| {
        let console = text.path.ends_with("routes/console.php")
            || text.path.ends_with("Console/Kernel.php")
            || text.path.ends_with("bootstrap/app.php");
        let may = console || text.text.contains("callAfterResolving");
        let code = may.then(|| text.code())?;
        let said = || {
            (0..code.len()).find(|&at| {
                code.is(at, &["Schedule", ":", ":"]) || code.is(at, &["$schedule", "-", ">"])
            })
        };
        let index = if console { said() } else { provided(code) }?;
        Some(Evidence::line(
            &text.path,
            code.line(index),
            "something is scheduled here",
        ))
    });
    if let Some(evidence) = schedule {
        let command = Known::stated(words(&["php", "artisan", "schedule:work"]), evidence);
        draft.processes.push(Process {
            name: "scheduler".to_owned(),
            kind: ProcessKind::Scheduler,
            command,
        });
    }
    for text in &reading.files {
        if !text.path.ends_with("bootstrap/app.php") {
            continue;
        }
        let code = text.code();
        if let Some(index) = code.find(&["health", ":"])
            && let Some(path) = code.string(index + 2)
        {
            let route = HealthRoute {
                path: path.to_owned(),
                purpose: HealthPurpose::General,
            };
            draft.health.push(Known::stated(
                route,
                Evidence::line(
                    &text.path,
                    code.line(index),
                    "Laravel's own check is routed",
                ),
            ));
        }
    }
    // What `.env.example` connects to is what the project is written for.
    let example = below(folder, ".env.example");
    let Some(text) = cx.files.text(&example) else {
        return;
    };
    for (number, line) in text.text.lines().enumerate() {
        let Some((key, value)) = line.split_once('=') else {
            continue;
        };
        let evidence = Evidence::line(&example, number as u32 + 1, format!("`{key}` is `{value}`"));
        let found = match (key.trim(), value.trim()) {
            ("DB_CONNECTION", "mysql") => Some((Backing::Mysql, "pdo_mysql")),
            ("DB_CONNECTION", "mariadb") => Some((Backing::Mariadb, "pdo_mysql")),
            ("DB_CONNECTION", "pgsql") => Some((Backing::Postgres, "pdo_pgsql")),
            ("QUEUE_CONNECTION" | "CACHE_STORE" | "CACHE_DRIVER" | "SESSION_DRIVER", "redis") => {
                Some((Backing::Redis, "redis"))
            }
            _ => None,
        };
        if let Some((backing, extension)) = found {
            draft.backing.push(Known::stated(backing, evidence.clone()));
            add(php, extension, evidence);
        }
    }
}

fn of_symfony(cx: Cx<'_>, folder: &str, dependencies: &Dependencies, draft: &mut Draft) {
    let doctrine = dependencies.has("doctrine/doctrine-bundle");
    let example = cx
        .files
        .first(folder, &[".env.dist", ".env"])
        .filter(|_| doctrine);
    let example = example.and_then(|path| cx.files.text(&path));
    let lines = example
        .into_iter()
        .flat_map(|text| text.text.lines().enumerate().map(move |line| (text, line)));
    for (text, (number, line)) in lines {
        let Some(address) = line.strip_prefix("DATABASE_URL=") else {
            continue;
        };
        let evidence = |says: &str| Evidence::line(&text.path, number as u32 + 1, says);
        let says = "`DATABASE_URL` shows an address of it";
        if let Some(backing) = super::names::of_address(address.trim_matches(['"', '\''])) {
            draft.backing.push(Known::likely(backing, evidence(says)));
        }
        draft.environment.add_secret(
            "DATABASE_URL".to_owned(),
            evidence("`DATABASE_URL` is set for developers"),
        );
    }
    draft.writes.push(Known::stated(
        "var".to_owned(),
        dependencies.evidence("symfony/framework-bundle"),
    ));
    if cx.files.has_folder(&below(folder, "migrations"))
        && dependencies.has("doctrine/doctrine-migrations-bundle")
    {
        let command = words(&[
            "php",
            "bin/console",
            "doctrine:migrations:migrate",
            "--no-interaction",
        ]);
        draft.migration = Some(Known::stated(
            command,
            dependencies.evidence("doctrine/doctrine-migrations-bundle"),
        ));
    }
    if dependencies.has("symfony/messenger")
        && cx
            .files
            .has(&below(folder, "config/packages/messenger.yaml"))
    {
        let command = words(&["php", "bin/console", "messenger:consume", "async"]);
        let command = Known::likely(command, dependencies.evidence("symfony/messenger"));
        draft.processes.push(Process {
            name: "worker".to_owned(),
            kind: ProcessKind::Worker,
            command,
        });
    }
}
