//! # What it does
//! Finds databases whose data lie in no named volume or folder of the host: nothing is mounted
//! where the image keeps its data, or it is mounted beside that place.
//!
//! # Why it matters
//! `docker compose down` removes containers, and with the container of such a database its data.
//! What the image declares as a volume of its own is kept only as a nameless volume that the next
//! container does not find.
//!
//! PostgreSQL has a trap: up to release 17 a volume must be mounted at `/var/lib/postgresql/data`,
//! and one at `/var/lib/postgresql` stays empty; from 18 on it is the other way round.
//!
//! Silent for `tmpfs` and a `PGDATA` below `/tmp`, for files of tests, where a variable decides what
//! is mounted, and where another Compose file or `extends` says it. Pedantic in a file of nothing but databases and
//! brokers that publish no port: only what joins their network can use them, as tests do, and
//! they are there to be thrown away. Pedantic as well where the mount stands there as a comment, and
//! where the project's Makefile and the like take the file down with its volumes and never without.
//!
//! # Example
//! ```compose bad
//! services:
//!   db:
//!     image: postgres:18.1
//! ```
//! ```compose fixed
//! services:
//!   db:
//!     image: postgres:18.1
//!     volumes:
//!       - db-data:/var/lib/postgresql
//! volumes:
//!   db-data:
//! ```
//!
//! # Fix safety
//! The data of the container that runs now are not moved: dump them before. None is given where
//! services share one mapping by an anchor: a volume in it would be one for all of them.
//!
//! # References
//! - <https://docs.docker.com/engine/storage/volumes/>
//! - <https://hub.docker.com/_/postgres>

use plimsoll_compose::{Command, ComposeFile, Mount, Resource, Service, Source, Value};
use plimsoll_oci::Reference;
use plimsoll_source::{Confidence, Severity};

use super::backing::{self, Backing};
use super::siblings;
use super::throwaway::is_thrown_away;
use super::volumes::{Shared, mounted, moved, shared};
use crate::cx::Draft;
use crate::{Check, ComposeInput, Cx, FixKind, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "database-without-volume",
    summary: "a database loses its data with its container",
    since: "0.1.0",
    severity: Severity::Warning,
    confidence: Confidence::High,
    strictness: Strictness::Default,
    fix: FixKind::Sometimes,
    aliases: &[],
    checks: &[Check::Compose(check)],
};

const POSTGRES: &str = "/var/lib/postgresql";
/// Where PostgreSQL keeps its data in releases up to 17.
pub(super) const POSTGRES_TO_17: &str = "/var/lib/postgresql/data";

/// Where a database keeps its data.
struct Home {
    /// Folders of which one must be mounted, or one above it (below `above`).
    dirs: Vec<String>,
    /// Whether a mount above the folder keeps the data: not where the image declares a volume on
    /// the folder itself, which then lies over the mount.
    above: bool,
}

fn check(cx: &mut Cx<'_>, input: &ComposeInput<'_>) {
    if siblings::is_for_tests(cx.project.path(input.unit.file))
        || input.unit.is_override
        || !input.unit.tree.errors().is_empty()
    {
        return;
    }
    let file = input.file;
    let mut bare: Vec<(Service<'_>, &Backing, Home)> = Vec::new();
    for service in file.services() {
        let Some(image) = backing::image_of(service) else {
            continue;
        };
        let Some(database) = backing::of_image(&image).filter(|backing| backing.database) else {
            continue;
        };
        let name = service.name();
        if service.extends().is_some()
            || service.node().present("volumes_from").is_some()
            || !runs_server(service)
            || siblings::is_for_tests(&name)
            || service
                .profiles()
                .any(|profile| siblings::is_for_tests(&profile.text()))
        {
            continue;
        }
        let Some(home) = home(service, &image, database) else {
            continue;
        };
        let verdict = judge(service, &home);
        let keys = ["volumes", "tmpfs", "volumes_from"];
        if matches!(verdict, Verdict::Kept) || siblings::says(cx.project, input.unit, &name, &keys)
        {
            continue;
        }
        match verdict {
            Verdict::Kept => {}
            Verdict::Beside(mount, wrong) => beside(cx, service, &image, &home, mount, &wrong),
            Verdict::Anonymous(mount) => anonymous(cx, service, &home, mount),
            Verdict::Bare => bare.push((service, database, home)),
        }
    }
    let path = cx.project.path(input.unit.file);
    let strictness = if is_harness(file) || !bare.is_empty() && is_thrown_away(cx, path) {
        Strictness::Pedantic
    } else {
        Strictness::Default
    };
    if bare.len() > MANY {
        // A file that does so throughout: one decision, one finding.
        all(cx, &bare).map(|draft| draft.strictness(strictness));
    } else {
        for (service, database, home) in &bare {
            let is_at_hand = is_commented_out(input, *service, home);
            let draft = one(cx, input, *service, database, home);
            draft.strictness(strictness);
            if is_at_hand {
                draft.strictness(Strictness::Pedantic);
            }
        }
    }
}

/// Whether the file holds nothing but backing services that nobody outside their own network can
/// reach.
fn is_harness(file: ComposeFile<'_>) -> bool {
    let hidden = |service: Service<'_>| {
        service.build().is_none()
            && backing::of_service(service).is_some()
            && service.ports().next().is_none()
            && service.node().present("network_mode").is_none()
    };
    file.services().all(hidden) && !file.networks().any(Resource::is_external)
}

/// Databases of one file that are reported one by one.
const MANY: usize = 3;

/// What becomes of the data.
enum Verdict<'a> {
    /// Kept, meant to be lost, or not known.
    Kept,
    /// Something is mounted where the image kept its data in other releases.
    Beside(Mount<'a>, String),
    /// In a volume without a name.
    Anonymous(Mount<'a>),
    /// Nothing is mounted.
    Bare,
}

/// Whether the container runs the image's server: not a client, a dump or a router.
fn runs_server(service: Service<'_>) -> bool {
    if service.entrypoint().is_some() {
        return false;
    }
    let first = match service.command() {
        None => return true,
        Some(Command::Line(line)) => line
            .text()
            .split_whitespace()
            .next()
            .unwrap_or_default()
            .to_owned(),
        Some(Command::Words(words)) => words
            .first()
            .map(|word| word.text().into_owned())
            .unwrap_or_default(),
    };
    let servers = [
        "postgres",
        "mysqld",
        "mariadbd",
        "mongod",
        "cassandra",
        "neo4j",
        "influxd",
        "docker-entrypoint.sh",
        "clickhouse-server",
        "sqlservr",
    ];
    let program = first.rsplit('/').next().unwrap_or(&first);
    first.is_empty() || first.starts_with('-') || servers.contains(&program)
}

fn home(service: Service<'_>, image: &Reference, database: &Backing) -> Option<Home> {
    let is_postgres = database.data.is_empty();
    if !is_postgres {
        let dirs = match (database.name, backing::influx_major(image)) {
            ("InfluxDB", Some(major)) => vec![database.data[major - 1].to_owned()],
            _ => database.data.iter().map(|&dir| dir.to_owned()).collect(),
        };
        return Some(Home { dirs, above: true });
    }
    if let Some(pgdata) = service
        .environment()
        .find(|variable| variable.name() == "PGDATA")
    {
        let dir = pgdata.value().and_then(Value::with_defaults)?;
        // Data in there were put where they are meant to be lost.
        if ["/tmp", "/dev/shm", "/run"]
            .iter()
            .any(|temp| covers(temp, &dir))
        {
            return None;
        }
        return Some(Home {
            dirs: vec![dir.into_owned()],
            above: true,
        });
    }
    Some(match backing::postgres_major(image) {
        Some(major) if major <= 17 => Home {
            dirs: vec![POSTGRES_TO_17.to_owned()],
            above: false,
        },
        Some(_) => Home {
            dirs: vec![POSTGRES.to_owned()],
            above: true,
        },
        None => Home {
            dirs: vec![POSTGRES.to_owned(), POSTGRES_TO_17.to_owned()],
            above: true,
        },
    })
}

fn judge<'a>(service: Service<'a>, home: &Home) -> Verdict<'a> {
    for tmpfs in service.tmpfs() {
        let Some(text) = tmpfs.with_defaults() else {
            return Verdict::Kept;
        };
        let target = text.split(':').next().unwrap_or(&text);
        if home
            .dirs
            .iter()
            .any(|dir| covers(target, dir) || covers(dir, target))
        {
            return Verdict::Kept;
        }
    }
    let mut verdict = Verdict::Bare;
    for mount in service.mounts() {
        let (Some(source), Some(target)) = (mount.source(), mount.target()) else {
            return Verdict::Kept;
        };
        let target = target.trim_end_matches('/');
        let hit = home.dirs.iter().any(|dir| {
            target == dir
                || (home.above && covers(target, dir))
                // A part of the data, such as one database's folder, is still deliberate; only
                // PostgreSQL 18 refuses to start with the old place mounted.
                || (covers(dir, target) && target != POSTGRES_TO_17)
        });
        if hit && source != Source::Anonymous {
            return Verdict::Kept;
        }
        if hit {
            verdict = Verdict::Anonymous(mount);
        } else if matches!(verdict, Verdict::Bare) && [POSTGRES, POSTGRES_TO_17].contains(&target) {
            verdict = Verdict::Beside(mount, target.to_owned());
        }
    }
    verdict
}

/// Whether a mount of the data stands in the service as a comment: whoever wants them kept takes the
/// mark away.
fn is_commented_out(input: &ComposeInput<'_>, service: Service<'_>, home: &Home) -> bool {
    let text = input.unit.tree.text();
    let head = service.head();
    let start = text[..head.start as usize]
        .rfind('\n')
        .map_or(0, |end| end + 1);
    let indent = |line: &str| line.len() - line.trim_start().len();
    let mut lines = text[start..].lines();
    let own = lines.next().map_or(0, indent);
    let mut inner = lines.take_while(|line| {
        let body = line.trim_start();
        body.is_empty() || body.starts_with('#') || indent(line) > own
    });
    inner.any(|line| {
        let comment = line.trim_start().strip_prefix('#');
        let item = comment.and_then(|comment| comment.trim_start().strip_prefix("- "));
        item.is_some_and(|item| {
            home.dirs
                .iter()
                .any(|dir| item.contains(&format!(":{dir}")))
        })
    })
}

fn right(home: &Home) -> &str {
    home.dirs.first().map_or("", String::as_str)
}

fn beside(
    cx: &mut Cx<'_>,
    service: Service<'_>,
    image: &Reference,
    home: &Home,
    mount: Mount<'_>,
    wrong: &str,
) {
    let right = right(home);
    let name = service.name();
    let place = cx.place(service.head());
    let text = image.familiar();
    let tag = image.tag().unwrap_or_default();
    let range = match mount.node().get("target").filter(|_| mount.is_long()) {
        Some(target) => target.range(),
        None => mount.node().range(),
    };
    let fix = moved(mount, wrong, right, place.file);
    // The entry point of 18 and later looks for a mount at the old place before anything else.
    let refuses = right == POSTGRES;
    let message = if refuses {
        format!("`{text}:{tag}` refuses to start with a volume at `{wrong}`")
    } else {
        format!("`{text}:{tag}` keeps its data in `{right}`, not in the mounted `{wrong}`")
    };
    let draft = cx.report(range, message);
    if refuses {
        draft.severity(Severity::Error);
    }
    draft
        .subject(format!("service/{name}"))
        .object(format!("service/{name}"))
        .related(place, "the database")
        .note(if refuses {
            "from release 18 on it keeps its data in `/var/lib/postgresql`"
        } else {
            "the image's own nameless volume lies over it, and the next container does not find it"
        })
        .help(format!("mount the volume at `{right}`"));
    if let Some(fix) = fix {
        draft.fix(fix);
    }
}

fn anonymous(cx: &mut Cx<'_>, service: Service<'_>, home: &Home, mount: Mount<'_>) {
    let name = service.name();
    cx.report(
        mount.node().range(),
        format!("the data of `{name}` lie in a volume without a name"),
    )
    .subject(format!("service/{name}"))
    .object(format!("service/{name}"))
    .note("after `docker compose down` the next container gets a new, empty one")
    .help(format!("mount a named volume at `{}`", right(home)));
}

const LOST: &str = "`docker compose down` removes the container, and nothing is mounted";

fn one<'c>(
    cx: &'c mut Cx<'_>,
    input: &ComposeInput<'_>,
    service: Service<'_>,
    database: &Backing,
    home: &Home,
) -> &'c mut Draft {
    let name = service.name();
    let file = input.unit.file;
    let fix = (home.dirs.len() == 1)
        .then(|| mounted(input.file, service, right(home), file))
        .flatten();
    let dir = right(home);
    let help = match shared(input.file, service) {
        Shared::No => format!("mount a named volume at `{dir}`"),
        Shared::Alias(anchor) => format!(
            "mount a named volume of its own at `{dir}`: write `<<: *{anchor}` in the place of the \
             alias, and the volume below it"
        ),
        Shared::Anchor(anchor) => format!(
            "mount a named volume of its own at `{dir}`, in a mapping that takes `*{anchor}` over: \
             two databases in one folder do not start"
        ),
    };
    let draft = cx.report(
        service.head(),
        format!(
            "the data of `{name}` ({}) are lost with its container",
            database.name
        ),
    );
    draft
        .subject(format!("service/{name}"))
        .object(format!("service/{name}"))
        .note(LOST)
        .help(help);
    if let Some(fix) = fix {
        draft.fix(fix);
    }
    draft
}

fn all<'c>(cx: &'c mut Cx<'_>, bare: &[(Service<'_>, &Backing, Home)]) -> Option<&'c mut Draft> {
    let (first, _, home) = bare.first()?;
    let places: Vec<_> = bare[1..]
        .iter()
        .map(|(other, ..)| cx.place(other.head()))
        .collect();
    let draft = cx.report(
        first.head(),
        format!(
            "the data of `{}` and {} more databases are lost with their containers",
            first.name(),
            bare.len() - 1
        ),
    );
    draft
        .subject(format!("service/{}", first.name()))
        .object(format!("service/{}", first.name()))
        .note(LOST)
        .help(format!(
            "mount a named volume for each, here at `{}`",
            right(home)
        ));
    for place in places.into_iter().take(MANY) {
        draft.related(place, "these too");
    }
    Some(draft)
}

/// Whether `target` is `dir` or a folder above it.
fn covers(target: &str, dir: &str) -> bool {
    let target = target.trim_end_matches('/');
    dir == target
        || dir
            .strip_prefix(target)
            .is_some_and(|rest| rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, on};

    fn db(image: &str, lines: &str) -> Case {
        on(&RULE).compose(&format!("services:\n  db:\n    image: {image}\n{lines}"))
    }

    #[test]
    fn databases_without_a_mount_are_found() {
        db("postgres", "").flags(&["2: db"]);
        db(
            "mysql:8.4",
            "    volumes: [./init:/docker-entrypoint-initdb.d]\n",
        )
        .flags(&["2: db"]);
        db("mongo:${MONGO_VERSION}", "").flags(&["2: db"]);
        db("mysql:8", "    command: --character-set-server=utf8mb4\n").flags(&["2: db"]);
        db("mcr.microsoft.com/mssql/server:2022-latest", "").flags(&["2: db"]);
        db("mariadb:11.8", "    environment: {MARIADB_DATABASE: a}\n").fixed(
            "services:\n  db:\n    image: mariadb:11.8\n    environment: {MARIADB_DATABASE: a}\n    \
             volumes:\n      - db-data:/var/lib/mysql\nvolumes:\n  db-data:\n",
        );
    }

    #[test]
    fn a_mount_that_is_commented_out_is_at_hand() {
        let app = "  app:\n    build: .\n";
        let with = |lines: &str| db("mysql:8.4", &format!("{lines}{app}"));
        with("    # uncomment to keep the data\n    # volumes:\n    #   - ./data:/var/lib/mysql\n")
            .quiet_by_default();
        with("    # volumes:\n    #   - ./init:/docker-entrypoint-initdb.d\n").loud_by_default();
        db(
            "mysql:8.4",
            &format!("{app}    # - ./data:/var/lib/mysql\n"),
        )
        .loud_by_default();
    }

    #[test]
    fn what_is_taken_down_with_its_volumes_is_for_the_pedantic() {
        let with = |task: &str| {
            on(&RULE).files(&format!(
                "//- /compose.yaml\nservices:\n  db:\n    image: postgres:17\n    ports: ['5432:5432']\n//- /Makefile\nstop:\n\t{task}\n"
            ))
        };
        with("docker compose down -v").quiet_by_default();
        with("docker compose down").loud_by_default();
        with("docker compose down\nclean:\n\tdocker compose down -v").loud_by_default();
        with("docker compose up").loud_by_default();
    }

    #[test]
    fn a_file_for_a_harness_is_for_the_pedantic() {
        db("postgres:17", "").quiet_by_default();
        db("postgres:17", "  mq:\n    image: rabbitmq:4\n").quiet_by_default();
        for reachable in [
            "    ports: [\"5432:5432\"]\n",
            "  app:\n    build: .\n",
            "  app:\n    image: acme/app:1\n",
            "networks:\n  default: {external: true}\n",
        ] {
            db("postgres:17", reachable).loud_by_default();
        }
    }

    #[test]
    fn services_that_share_a_mapping_need_volumes_of_their_own() {
        let pair = |first: &str, second: &str| {
            on(&RULE).compose(&format!(
                "services:\n  app: {{build: .}}\n  one: {first}\n    image: mongo:7\n  two: {second}\n"
            ))
        };
        let case = pair("&mongo", "*mongo").flags(&["3: one", "5: two"]);
        assert!(case.findings.iter().all(|finding| finding.fix.is_none()));
        let help = case.findings[1].help.as_deref().unwrap();
        assert!(help.contains("`<<: *mongo`"), "{help}");
        let case = pair("&mongo", "{<<: *mongo, command: --replSet a}");
        assert!(case.findings[0].fix.is_none());
        assert!(case.findings[1].fix.is_some());
        // A merged list of volumes is not the service's own.
        let case = on(&RULE).compose(
            "x-db: &db\n  volumes:\n    - ./init:/docker-entrypoint-initdb.d\nservices:\n  app: \
             {build: .}\n  one:\n    <<: *db\n    image: mysql:8.4\n",
        );
        assert!(case.findings[0].fix.is_none());
        // An anchor that nobody takes over.
        let case = pair("&mongo", "{image: 'redis:8'}").flags(&["3: one"]);
        assert!(case.findings[0].fix.is_some());
    }

    #[test]
    fn many_databases_are_one_finding() {
        let case = on(&RULE).compose(
            "services:\n  a: {image: 'mongo:7'}\n  b: {image: 'mongo:7'}\n  c: {image: \
             'mongo:7'}\n  d: {image: 'mongo:7'}\n  e: {image: 'mongo:7', command: mongos}\n",
        );
        assert_eq!(case.findings[0].related.len(), 3);
        case.says(&["the data of `a` and 3 more databases are lost with their containers"]);
    }

    #[test]
    fn a_volume_without_a_name_is_found() {
        db("postgres:16", "    volumes: [/var/lib/postgresql/data]\n")
            .flags(&["4: /var/lib/postgresql/data"]);
        db(
            "mongo:7",
            "    volumes: [{type: volume, target: /data/db}]\n",
        )
        .says(&["the data of `db` lie in a volume without a name"]);
    }

    #[test]
    fn a_mount_beside_the_data_is_found_and_moved() {
        db(
            "postgres:16-alpine",
            "    volumes:\n      - pg:/var/lib/postgresql\nvolumes: {pg: }\n",
        )
        .flags(&["5: pg:/var/lib/postgresql"])
        .fixed(
            "services:\n  db:\n    image: postgres:16-alpine\n    volumes:\n      - \
                 pg:/var/lib/postgresql/data\nvolumes: {pg: }\n",
        );
        db(
            "postgres:18.1",
            "    volumes:\n      - pg:/var/lib/postgresql/data:z\n",
        )
        .flags(&["5: pg:/var/lib/postgresql/data:z"])
        .fixed(
            "services:\n  db:\n    image: postgres:18.1\n    volumes:\n      - \
                 pg:/var/lib/postgresql:z\n",
        );
    }

    #[test]
    fn kept_data_are_left_alone() {
        db(
            "postgres:16",
            "    volumes: [pg:/var/lib/postgresql/data]\n",
        )
        .clean();
        db("postgres:18.1", "    volumes: [pg:/var/lib/postgresql]\n").clean();
        db(
            "postgres:18.1",
            "    volumes: [pg:/var/lib/postgresql/18/docker]\n",
        )
        .clean();
        db(
            "postgres",
            "    volumes: [./pg:/var/lib/postgresql/data/]\n",
        )
        .clean();
        db(
            "postgres:16",
            "    environment: {PGDATA: /pg/data}\n    volumes: [pg:/pg]\n",
        )
        .clean();
        db(
            "mysql:8",
            "    volumes: [{type: bind, source: ./d, target: /var/lib/mysql}]\n",
        )
        .clean();
        db("influxdb:2.7", "    volumes: [flux:/var/lib/influxdb2]\n").clean();
        db("influxdb:1.8", "    volumes: [flux:/var/lib/influxdb]\n").clean();
        assert_eq!(
            db("influxdb:2.7", "    volumes: [flux:/var/lib/influxdb]\n")
                .findings
                .len(),
            1
        );
        db("mongo:7", "    volumes: ['${DATA:-./data}:/data/db']\n").clean();
    }

    #[test]
    fn what_is_meant_to_be_lost_is_left_alone() {
        db("postgres:16", "    tmpfs: [/var/lib/postgresql/data]\n").clean();
        db(
            "postgres:16",
            "    tmpfs: /var/lib/postgresql/data:size=1g\n",
        )
        .clean();
        db("postgres:16", "    environment: {PGDATA: /dev/shm/pg}\n").clean();
        db("postgres:16", "    environment: {PGDATA: /tmpdata}\n").flags(&["2: db"]);
        db("postgres:16", "    profiles: [test]\n").clean();
        on(&RULE)
            .compose("services:\n  test-db:\n    image: postgres:16\n")
            .clean();
        on(&RULE)
            .files("//- /docker-compose.test.yml\nservices:\n  db:\n    image: postgres:16\n")
            .clean();
    }

    #[test]
    fn what_is_said_elsewhere_or_is_no_database_is_left_alone() {
        db("redis:8", "").clean();
        db("acme/postgres-backup:1", "").clean();
        db("postgres:16", "    volumes: ['${MOUNT}']\n").clean();
        db("postgres:16", "    build: ./db\n").clean();
        db("mongo:7", "    command: mongos --configdb c/db:27017\n").clean();
        db("postgres:16", "    command: [pg_dump, -h, db]\n").clean();
        db("postgres:16", "    entrypoint: psql -h db\n").clean();
        on(&RULE)
            .files(
                "//- /compose.yaml\nservices:\n  db:\n    image: postgres:16\n//- \
                 /compose.prod.yaml\nservices:\n  db:\n    volumes: [pg:/var/lib/postgresql/data]\n",
            )
            .clean();
    }
}
