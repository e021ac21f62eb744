//! What decides about ports besides the command line: a Java project's own configuration,
//! variables, overlays, the source.

use plimsoll_links::Links;
use plimsoll_links::facts::environment::Environment;
use plimsoll_links::facts::image::Image;
use plimsoll_links::facts::ports::{Claim, ClaimKind, Listening, Strength};
use plimsoll_links::facts::runner::Runner;
use plimsoll_links::facts::start::Start;
use plimsoll_project::Project;
use plimsoll_source::FileId;
use plimsoll_source::files::parent;

/// Where such projects keep it, below their folder.
const FILES: [&str; 3] = [
    "src/main/resources/application.properties",
    "src/main/resources/application.yml",
    "src/main/resources/application.yaml",
];

/// Folders above the Dockerfile that may be the project's: `src/main/docker/Dockerfile.jvm`.
const MAX_ABOVE: usize = 4;

/// The port in the configuration of the Java project around a Dockerfile: the image holds only
/// what is built of it.
pub(super) fn port(project: &Project, dockerfile: FileId) -> Option<u16> {
    let tree = &*project.tree;
    let mut folder = parent(project.path(dockerfile));
    for _ in 0..MAX_ABOVE {
        for file in FILES {
            let path = if folder.is_empty() {
                file.to_owned()
            } else {
                format!("{folder}/{file}")
            };
            if let Ok(bytes) = tree.read(&path) {
                return in_text(&String::from_utf8_lossy(&bytes));
            }
        }
        if folder.is_empty() {
            return None;
        }
        folder = parent(folder);
    }
    None
}

/// `quarkus.http.port=8081`, or `port: 8081` under `server` or `http`.
fn in_text(text: &str) -> Option<u16> {
    let keys = ["quarkus.http.port", "server.port", "micronaut.server.port"];
    let number = |value: &str| value.trim().trim_matches(['"', '\'']).parse().ok();
    let mut section = "";
    for line in text.lines().take(2_000) {
        let bare = line.trim();
        if let Some((key, value)) = bare.split_once('=')
            && keys.contains(&key.trim())
        {
            return number(value);
        }
        let Some((key, value)) = bare.split_once(':') else {
            continue;
        };
        if keys.contains(&key) || key == "port" && matches!(section, "server" | "http") {
            return number(value);
        }
        if value.trim().is_empty() {
            section = key;
        }
    }
    None
}

/// ASP.NET Core's usual port is one only where the program is a web application and does not
/// choose another.
pub(super) fn settled(
    links: &Links<'_>,
    image: Image<'_>,
    start: &Start,
    mut listening: Listening,
    closed: &mut Option<bool>,
) -> Listening {
    let usual = listening
        .ports
        .iter()
        .any(|listen| listen.strength == Strength::Usual && listen.what.contains("ASP.NET"));
    if usual {
        let own = *closed.get_or_insert_with(|| !takes_the_usual_port(links, image, start));
        if own {
            listening.ports.clear();
            listening.open = true;
        }
    }
    let told = listening
        .ports
        .iter()
        .any(|listen| listen.what.contains("ASPNETCORE_"));
    // What the program says itself counts more than these variables.
    if told && links.sources(image).mentions(&OWN_ADDRESSES) {
        listening.ports.clear();
        listening.open = true;
    }
    listening
}

/// Calls by which a program of ASP.NET Core says where it listens, whatever variables say.
const OWN_ADDRESSES: [&str; 6] = [
    "UseUrls",
    "ListenAnyIP",
    "ListenLocalhost",
    "Listen(IPAddress",
    "app.Run(\"http",
    "app.Run($\"http",
];

fn takes_the_usual_port(links: &Links<'_>, image: Image<'_>, start: &Start) -> bool {
    const CHOOSES: &[&str] = &[
        "UseUrls",
        "ListenAnyIP",
        "ConfigureKestrel",
        "UseKestrel",
        "\"Kestrel\"",
        "ListenLocalhost",
        "\"urls\"",
        "\"Urls\"",
        "http_ports",
        "HttpPorts",
        "app.Run(\"",
        "app.Run($\"",
    ];
    let call = start.calls.iter().rev().find(|call| call.last);
    let program = call
        .and_then(|call| call.args.first())
        .and_then(|word| word.text.rsplit('/').next()?.strip_suffix(".dll"));
    let Some(program) = program else { return false };
    let sources = links.sources(image);
    let project = sources.file(&format!("{program}.csproj"));
    project.is_some_and(|text| text.contains("Microsoft.NET.Sdk.Web")) && !sources.mentions(CHOOSES)
}

/// Whether the runner sets a variable that may move the port from where the image says it is.
pub(super) fn moves(
    links: &Links<'_>,
    runner: &Runner<'_>,
    image: Option<Image<'_>>,
    claims: &[Claim],
) -> bool {
    let set = image.map(Environment::of_image).unwrap_or_default();
    let exposed = image.map(Claim::of_image).unwrap_or_default();
    let own = Environment::of(links, runner);
    own.given.iter().any(|given| {
        let name = given.name.to_ascii_uppercase();
        let same = set
            .get(&given.name)
            .is_some_and(|set| set.value == given.value);
        speaks_of_ports(&name)
            && !same
            && match &given.value {
                None => {
                    name == "PORT" || name.ends_with("LISTEN_PORT") || name.ends_with("SERVER_PORT")
                }
                Some(value) => {
                    !is_what_is_exposed(value, &exposed)
                        && claims.iter().any(|claim| {
                            claim.kind != ClaimKind::Variable
                                && value.contains(&claim.port.to_string())
                        })
                }
            }
    })
}

/// Whether a variable gives the one port that the image exposes anyhow, which moves nothing.
fn is_what_is_exposed(value: &str, exposed: &[Claim]) -> bool {
    let mut ports = exposed.iter().filter(|claim| !claim.aside);
    let first = ports.next().map(|claim| claim.port);
    first.is_some()
        && value.trim().parse().ok() == first
        && ports.all(|one| Some(one.port) == first)
}

/// Whether a variable may say where a program listens.
fn speaks_of_ports(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    let mut words = ["PORT", "ADDR", "LISTEN", "BIND", "URLS"].iter();
    words.any(|word| name.contains(word))
}

/// Whether an overlay may give a container such a variable that it does not have.
pub(super) fn may_be_moved(project: &Project, runner: &Runner<'_>) -> bool {
    let Runner::Container(one) = runner else {
        return false;
    };
    let object = one.workload.object();
    let (kind, name) = (object.kind(), object.name().unwrap_or_default());
    let template = one.workload.kind().template_path().iter().copied();
    let path: Vec<&str> = template.chain(["spec", "containers", "env"]).collect();
    let overlays = &project.overlays;
    // Where a database listens says nothing of the program.
    const OTHERS: [&str; 12] = [
        "AMQP", "DB", "DATABASE", "KAFKA", "MAIL", "MONGO", "MYSQL", "NATS", "POSTGRES", "RABBIT",
        "REDIS", "SMTP",
    ];
    overlays.may_add(one.file, &kind, &name, &path, |given| {
        let upper = given.to_ascii_uppercase();
        speaks_of_ports(given) && !OTHERS.iter().any(|other| upper.starts_with(other))
    })
}

/// Whether the source names a port, which a server that does not say its own may take.
pub(super) fn is_mentioned(links: &Links<'_>, image: Image<'_>, port: u16) -> bool {
    links.sources(image).mentions(&[&port.to_string()])
}

#[cfg(test)]
mod tests {
    use super::in_text;

    #[test]
    fn properties_and_yaml_are_read() {
        assert_eq!(in_text("a=b\nquarkus.http.port = 8081\n"), Some(8081));
        assert_eq!(in_text("server:\n  port: 8082\n"), Some(8082));
        assert_eq!(in_text("quarkus:\n  http:\n    port: 1\n"), Some(1));
        assert_eq!(in_text("db:\n  port: 5432\n"), None);
        assert_eq!(in_text("server.port=${PORT}\n"), None);
    }
}
