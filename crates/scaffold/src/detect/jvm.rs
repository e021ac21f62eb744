//! Java and Kotlin services.

mod configuration;
mod gradle;
mod maven;

use super::backings::Grip;
use super::dependencies::Dependencies;
use super::draft::{Cx, Draft, name};
use super::files::{below, relative};
use super::reading::{Found, Reading, words};
use super::releases::{self, JAVA, Wanted};
use super::{pins, port as ports};
use crate::model::{
    Backing, Certainty, Evidence, HealthPurpose, HealthRoute, Jvm, JvmFramework, JvmTool, Known,
    Port, Stack, Topic,
};

/// Where `installDist` of Gradle puts a program with its libraries, below the folder of its name.
pub(crate) const INSTALLED: &str = "lib/*";

/// Whether what the build leaves is such a folder rather than one jar.
pub(crate) fn is_installed(jar: &str) -> bool {
    jar.ends_with("/lib/*")
}

/// What a build says of one module, whichever tool builds it.
pub(crate) struct Build {
    /// The tool.
    pub(crate) tool: JvmTool,
    /// The build file.
    pub(crate) file: String,
    /// The folder of the whole build.
    pub(crate) context: String,
    /// Its name.
    pub(crate) name: Option<Known<String>>,
    /// What it depends on, as `group:artifact`, plugins among them.
    pub(crate) dependencies: Dependencies,
    /// Whether a plugin makes a jar that runs: the framework's own, or one that packs all in one.
    pub(crate) runnable: Option<Evidence>,
    /// The main class that the build names.
    pub(crate) main: Option<Known<String>>,
    /// The version of Java.
    pub(crate) java: Vec<Wanted>,
    /// The jar, relative to the module.
    pub(crate) jar: Known<String>,
    /// Build files, relative to the context.
    pub(crate) manifests: Vec<String>,
    /// Folders of modules of the same build that it needs.
    pub(crate) needs: Vec<String>,
    /// Whether other modules hang on it rather than that it is built itself.
    pub(crate) aggregates: bool,
}

/// Looks at a folder.
pub(crate) fn look(cx: Cx<'_>, folder: &str, own: &dyn Fn(&str) -> bool) -> Found {
    let build = maven::read(cx, folder).or_else(|| gradle::read(cx, folder));
    let Some(build) = build else {
        return Found::Nothing;
    };
    let reading = Reading::of(cx, folder, &[".java", ".kt", ".scala"], own);
    if build.aggregates || reading.files.is_empty() {
        return Found::Library;
    }
    let framework = framework(&build);
    let entry = entry(&reading);
    // A jar that others take classes from has no main class.
    // What Quarkus' plugin packs is a program, whatever answers in it.
    let packed = build.runnable.is_some()
        && framework
            .as_ref()
            .is_some_and(|framework| framework.value == JvmFramework::Quarkus);
    // A resource of JAX-RS is served by what it is put into, unless a framework here serves it.
    let begins = entry
        .as_ref()
        .is_some_and(|entry| entry.1 || framework.is_some());
    if !begins && build.main.is_none() && !packed {
        return Found::Library;
    }
    let plain = framework.is_none() && build.runnable.is_none() && build.main.is_none();
    let several = build.context != folder;
    if plain && several {
        return Found::Library;
    }
    let context = build.context.clone();
    let mut questions = Vec::new();
    let mut wanted = pins::of(cx.files, folder, &context, pins::JAVA);
    wanted.extend(build.java.iter().map(|want| Wanted {
        text: want.text.clone(),
        evidence: want.evidence.clone(),
    }));
    let version = releases::choose(&JAVA, &wanted, &mut questions);
    let module = relative(folder, &context);
    let spring = framework
        .as_ref()
        .is_some_and(|framework| framework.value == JvmFramework::SpringBoot);
    let mut jar = build
        .jar
        .clone()
        .map(|jar| if several { below(&module, &jar) } else { jar });
    if build.runnable.is_none() && build.main.is_none() {
        jar = jar.at_most(crate::model::Certainty::Likely);
    }
    let wrapper = match build.tool {
        JvmTool::Maven => "mvnw",
        JvmTool::Gradle => "gradlew",
    };
    let mut sources = Vec::new();
    for place in std::iter::once(folder).chain(build.needs.iter().map(String::as_str)) {
        let path = below(place, "src");
        if cx.files.has_folder(&path) {
            sources.push(relative(&path, &context));
        }
    }
    let jvm = Jvm {
        version,
        tool: Known::stated(
            build.tool,
            Evidence::file(&build.file, "this file builds it"),
        ),
        wrapper: cx.files.has(&below(&context, wrapper)),
        framework: framework.clone(),
        manifests: build.manifests.clone(),
        module: several.then_some(module),
        jar: jar.clone(),
        sources,
        layered: spring,
    };
    let mut draft = Draft::new(folder, &context, Stack::Jvm(jvm));
    draft.questions = questions;
    draft.name = Some(name(build.name.clone(), folder));
    let local = relative(&below(&context, &jar.value), folder);
    let command = match &build.main {
        Some(main) if is_installed(&local) => words(&["java", "-cp", &local, &main.value]),
        _ => words(&["java", "-jar", &local]),
    };
    let mut start = Known::stated(command, jar.evidence[0].clone());
    start.certainty = jar.certainty;
    draft.start = Some(start);
    draft.depends_on(&build.dependencies);
    for client in &mut draft.clients {
        if client.grip == Grip::Firm && is_switched(&reading, client.backing) {
            client.grip = Grip::Loose;
        }
    }
    configuration::read(cx, folder, &mut draft);
    reading.environment(&mut draft);
    port(framework.as_ref(), &reading, &build, &mut draft);
    health(framework.as_ref(), &build, &reading, &mut draft);
    Found::Services(vec![draft])
}

/// Whether a property of the project's own says whether something is talked to.
fn is_switched(reading: &Reading<'_>, backing: Backing) -> bool {
    let names: &[&str] = match backing {
        Backing::Rabbitmq => &["Rabbit", ".amqp."],
        Backing::Redis => &["Redis", ".redis."],
        Backing::Mongodb => &["Mongo"],
        Backing::Kafka => &["Kafka"],
        Backing::Elasticsearch => &["Elasticsearch"],
        _ => return false,
    };
    reading.files.iter().any(|text| {
        text.text.contains("@ConditionalOnProperty")
            && names.iter().any(|name| text.text.contains(name))
    })
}

fn framework(build: &Build) -> Option<Known<JvmFramework>> {
    let by_prefix = [
        ("org.springframework.boot", JvmFramework::SpringBoot),
        ("io.quarkus", JvmFramework::Quarkus),
        ("io.micronaut", JvmFramework::Micronaut),
        ("io.ktor", JvmFramework::Ktor),
    ];
    by_prefix.iter().find_map(|(prefix, framework)| {
        let (_, dependency) = build
            .dependencies
            .iter()
            .find(|(name, _)| name.starts_with(prefix))?;
        Some(Known::stated(*framework, dependency.evidence.clone()))
    })
}

/// Where a main method stands, or a resource that answers, and whether it is the first.
fn entry(reading: &Reading<'_>) -> Option<(Evidence, bool)> {
    reading
        .files
        .iter()
        .filter(|text| text.path.contains("/main/") || !text.path.contains("/test/"))
        .find_map(|text| {
            let telling = text.text.contains(" main(")
                || text.text.contains("@QuarkusMain")
                || text.text.contains("@Path(");
            let code = telling.then(|| text.code())?;
            let begins = |at: usize| {
                code.is(at, &["void", "main", "("]) || code.is(at, &["fun", "main", "("])
            };
            let mut tokens = 0..code.len();
            let index = tokens.find(|&at| begins(at) || code.is(at, &["@", "Path"]))?;
            let says = "the program begins here";
            Some((
                Evidence::line(&text.path, code.line(index), says),
                begins(index),
            ))
        })
}

fn port(
    framework: Option<&Known<JvmFramework>>,
    reading: &Reading<'_>,
    build: &Build,
    draft: &mut Draft,
) {
    if draft.port.is_some() {
        return;
    }
    let listens = reading.files.iter().find_map(|text| {
        let code = text.code();
        let index = (0..code.len()).find(|&at| {
            code.is(at, &["embeddedServer", "("])
                || code.is(at, &["InetSocketAddress", "("])
                || code.is(at, &["ServerSocket", "("])
                || code.is(at, &["forPort", "("])
                || code.is(at, &[".", "listen", "("])
                || code.is(at, &[".", "start", "("]) && text.text.contains("Javalin")
                || code.is(at, &["port", "("]) && text.text.contains("spark.Spark")
        })?;
        let open = (index..index + 4).find(|&at| code.is(at, &["("]))?;
        let named = code
            .named(open, "port")
            .unwrap_or(open + 1..code.close(open));
        ports::of_expression(code, named).stated(Evidence::line(
            &text.path,
            code.line(index),
            "it listens here",
        ))
    });
    if listens.is_some() {
        draft.port = listens;
        return;
    }
    let serves = match framework.map(|framework| framework.value) {
        Some(JvmFramework::SpringBoot) => {
            [
            "spring-boot-starter-web",
            "spring-boot-starter-webflux",
            "spring-boot-starter-webmvc",
            "spring-boot-starter-jersey",
            "spring-boot-starter-data-rest",
            "spring-cloud-starter-gateway",
            "spring-boot-admin-starter-server",
            "spring-cloud-config-server",
            "spring-cloud-starter-netflix-eureka-server",
            "spring-boot-starter-graphql",
        ]
        .iter()
        .any(|end| {
            build
                .dependencies
                .iter()
                .any(|(name, _)| name.ends_with(end))
        })
        // What brings the web may be a module that this one needs.
        || reading.files.iter().any(|text| {
            text.text.contains("org.springframework.web.bind.annotation")
                && text.text.contains("Controller")
        })
        }
        Some(_) => true,
        None => false,
    };
    if let (Some(framework), true) = (framework, serves) {
        let evidence = &framework.evidence[0];
        let known = Port {
            number: 8080,
            variable: None,
            loopback: false,
        };
        draft.port = Some(Known::likely(
            known,
            Evidence::line(
                &evidence.file,
                evidence.line,
                "the framework listens here when nothing else is said",
            ),
        ));
        if let Some(evidence) = draft.remote.clone() {
            // What another server says is not known here.
            draft.port = draft
                .port
                .take()
                .map(|port| port.at_most(Certainty::Assumed));
            let question = "On which port does it listen?";
            let choices = vec!["8080".to_owned()];
            draft.ask(Topic::Port, question, choices, vec![evidence]);
        }
    }
}

fn health(
    framework: Option<&Known<JvmFramework>>,
    build: &Build,
    reading: &Reading<'_>,
    draft: &mut Draft,
) {
    let by_dependency: &[(&str, &str, HealthPurpose)] =
        match framework.map(|framework| framework.value) {
            Some(JvmFramework::SpringBoot) => &[
                // In Kubernetes the groups are there without being asked for; `health` always is.
                (
                    "spring-boot-starter-actuator",
                    "/health",
                    HealthPurpose::General,
                ),
            ],
            Some(JvmFramework::Quarkus) => &[
                (
                    "quarkus-smallrye-health",
                    "/q/health/live",
                    HealthPurpose::Liveness,
                ),
                (
                    "quarkus-smallrye-health",
                    "/q/health/ready",
                    HealthPurpose::Readiness,
                ),
            ],
            Some(JvmFramework::Micronaut) => {
                &[("micronaut-management", "/health", HealthPurpose::General)]
            }
            _ => &[],
        };
    for (name, path, purpose) in by_dependency {
        let found = build
            .dependencies
            .iter()
            .find(|(dependency, _)| dependency.ends_with(name));
        if let Some((_, dependency)) = found {
            if draft.own_management {
                continue;
            }
            let management = draft.management_path.clone();
            let management =
                management.filter(|_| path.starts_with("/health") && name.starts_with("spring"));
            let actuator = management.unwrap_or_else(|| {
                if name.starts_with("spring") {
                    "/actuator"
                } else {
                    ""
                }
                .to_owned()
            });
            let path = format!(
                "{}{actuator}{path}",
                draft.base_path.as_deref().unwrap_or_default()
            );
            let route = HealthRoute {
                path,
                purpose: *purpose,
            };
            draft
                .health
                .push(Known::stated(route, dependency.evidence.clone()));
        }
    }
    for text in &reading.files {
        draft.health.extend(annotated(
            text.code(),
            draft.base_path.as_deref().unwrap_or_default(),
        ));
    }
}

/// `@GetMapping("/health")` below `@RequestMapping("/api")`.
fn annotated(code: super::code::Code<'_>, base: &str) -> Vec<Known<HealthRoute>> {
    let mut found = Vec::new();
    let mut prefix = String::new();
    // An interface that asks another service answers nothing.
    let asks = [
        ["@", "Client", "("],
        ["@", "FeignClient", "("],
        ["@", "HttpExchange", "("],
    ];
    if asks.iter().any(|client| code.find(client).is_some())
        || code.find(&["@", "RegisterRestClient"]).is_some()
    {
        return found;
    }
    for index in 0..code.len() {
        let class = ["RequestMapping", "Path", "Controller"]
            .iter()
            .any(|name| code.is(index, &["@", name, "("]));
        let method =
            code.is(index, &["@", "GetMapping", "("]) || code.is(index, &["@", "Get", "("]);
        if !class && !method {
            continue;
        }
        let open = index + 2;
        // `@RequestMapping(value = "/x", method = RequestMethod.POST)`
        let methods = code.named(open, "method");
        if methods.is_some_and(|range| !range.into_iter().any(|at| code.at(at) == "GET")) {
            continue;
        }
        let path = (open..code.close(open))
            .find_map(|at| code.string(at))
            .unwrap_or_default();
        // What stands before a class is a prefix; before a method a route.
        let after = code.close(open) + 1;
        let of_class = (after..after + 24)
            .take_while(|&at| !code.is(at, &["{"]))
            .any(|at| matches!(code.at(at), "class" | "interface"));
        if class && of_class {
            path.clone_into(&mut prefix);
            continue;
        }
        let whole = format!(
            "{}/{}/{}",
            base.trim_end_matches('/'),
            prefix.trim_matches('/'),
            path.trim_start_matches('/')
        );
        let evidence = Evidence::line(
            code.path,
            code.line(index),
            format!("`{path}` is answered here"),
        );
        found.extend(super::health::route(&whole, evidence));
    }
    found
}
