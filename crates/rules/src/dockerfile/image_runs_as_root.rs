//! # What it does
//! Finds images whose process runs as root: the stage that ships names the user `root` or `0`
//! last, or names none and is built on an image that is known to default to root.
//!
//! # Why it matters
//! User namespaces are rarely on, so root in the container is root on the node as far as the
//! kernel is concerned: a flaw in the runtime, a mounted socket or a writable host path turns a
//! flaw in the service into control of the machine. It also lets an intruder change the image's
//! own files. A service that needs no root should not have it.
//!
//! Silent for images that make nothing run (no CMD or ENTRYPOINT), for bases whose default user
//! is not known, where the entry point itself drops root (`gosu`, `su-exec`, `setpriv`, s6), and
//! for what cannot be but root: init systems, Docker in Docker, `sshd`, `cron`. The images of
//! databases drop root for their own server only: with another command they are reported. Images
//! for tests (`Dockerfile.test`) are for pedantic reviews. The advice says what `uv run`, `go run` and
//! `air` write before they start anything, and what to do about packages in root's home.
//!
//! # Example
//! ```dockerfile bad
//! FROM python:3.13-slim-trixie
//! WORKDIR /app
//! COPY app.py .
//! ENTRYPOINT ["python", "app.py"]
//! ```
//! ```dockerfile good
//! FROM python:3.13-slim-trixie
//! WORKDIR /app
//! COPY app.py .
//! USER 10001:10001
//! ENTRYPOINT ["python", "app.py"]
//! ```
//!
//! # References
//! - <https://docs.docker.com/build/building/best-practices/#user>
//! - <https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted>

use plimsoll_dockerfile::{Base, Body, Build, Command, Stage};
use plimsoll_oci::Reference;
use plimsoll_source::files::file_name;
use plimsoll_source::{Confidence, Severity};

use super::shipped::{base_image, before_start, lineage, shipped, starts_process};
use super::started_by;
use super::users::{defaults_to_root, is_root};
use crate::compose::siblings::is_for_tests;
use crate::{Alias, Check, Cx, DockerfileInput, FixKind, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "image-runs-as-root",
    summary: "the image's process runs as root",
    since: "0.1.0",
    severity: Severity::Warning,
    confidence: Confidence::High,
    strictness: Strictness::Default,
    fix: FixKind::None,
    aliases: &[
        Alias {
            tool: "hadolint",
            id: "DL3002",
        },
        Alias {
            tool: "checkov",
            id: "CKV_DOCKER_3",
        },
        Alias {
            tool: "checkov",
            id: "CKV_DOCKER_8",
        },
        Alias {
            tool: "trivy",
            id: "DS-0002",
        },
        Alias {
            tool: "dockle",
            id: "CIS-DI-0001",
        },
    ],
    checks: &[Check::Dockerfile(check)],
};

fn check(cx: &mut Cx<'_>, input: &DockerfileInput<'_>) {
    let build = &input.unit.build;
    let Some(stage) = shipped(input.unit) else {
        return;
    };
    if drops_root(build, stage) || must_be_root(build, stage) {
        return;
    }
    if let Some((index, user)) = &stage.user {
        if !is_root(user) || !starts_process(stage) {
            return;
        }
        let Body::User(word) = &build.file.instructions[*index].body else {
            return;
        };
        cx.report(
            word.range,
            format!("the process runs as root: the last USER is `{user}`"),
        )
        .note("root in the container is root to the kernel of the node")
        .help(with_start(
            build,
            stage,
            match earlier_user(build, stage, *index) {
                Some(user) => {
                    format!("end the stage with the user that it has before: `USER {user}`")
                }
                None => {
                    "end the stage with a numeric user that is not 0, such as `USER 10001:10001`"
                        .to_owned()
                }
            },
        ))
        .subject(format!("stage/{}", stage.index));
        return;
    }
    if !starts_process(stage) || is_base_for_others(build, stage) {
        return;
    }
    let base = match &lineage(build, stage)
        .last()
        .expect("a lineage has its own stage")
        .base
    {
        Base::Scratch => "`scratch` starts as root".to_owned(),
        Base::Image(_) => match base_image(build, stage) {
            Some(image) if defaults_to_root(&image) => {
                format!("`{}` starts as root", image.familiar())
            }
            Some(image) if stays_root(build, stage, &image) => {
                format!("`{}` drops root for its own server alone", image.familiar())
            }
            _ => return,
        },
        Base::Stage(_) | Base::Unresolved(_) => return,
    };
    let Some(at) = before_start(build, stage) else {
        return;
    };
    let path = cx.project.path(input.unit.file);
    let strictness = if is_for_tests(file_name(path)) {
        Strictness::Pedantic
    } else {
        Strictness::Default
    };
    cx.report(
        at.keyword_range,
        "the process runs as root: no USER is set".to_owned(),
    )
    .strictness(strictness)
    .label(format!("{base}, and nothing changes that before here"))
    .note("root in the container is root to the kernel of the node")
    .help(with_start(build, stage, match made_user(build, stage) {
        _ if base_image(build, stage).is_some_and(|image| is_nginx(&image))
            && copies_to(build, stage, "/etc/nginx/nginx.conf") =>
        {
            format!(
                "add `USER 10001:10001` above this line and {}; \
                 the `nginx.conf` that is copied here has to name a `pid` and temporary folders \
                 that it may write, and ports from 1024 on",
                writable(build, stage)
            )
        }
        _ if base_image(build, stage).is_some_and(|image| is_nginx(&image)) => format!(
            "build on `nginxinc/nginx-unprivileged`, which is the same server as user 101 on port \
             8080, or add `USER 10001:10001` above this line and {}",
            writable(build, stage)
        ),
        Some(user) => format!(
            "add `USER {user}`, whom the build makes, above this line; what the process reads and \
             writes has to be that user's"
        ),
        None if below_root(build, stage) => format!(
            "move the program out of `/root`, which is root's alone, and add `USER 10001:10001` \
             above this line; {}",
            writable(build, stage)
        ),
        None => format!(
            "add `USER 10001:10001` above this line; {}",
            writable(build, stage)
        ),
    }))
    .subject(format!("stage/{}", stage.index));
}

/// Advice, with what the program that starts the process needs besides.
fn with_start(build: &Build, stage: &Stage, help: String) -> String {
    let words = [stage.entrypoint, stage.cmd].into_iter().flatten();
    let words: Vec<&str> = words.flat_map(|index| started(build, index)).collect();
    let home = keeps_packages_of_root(build, stage).then(|| {
        "the packages in `/root/.local` are for root alone: install them into a virtual environment \
         elsewhere, such as `/opt/venv`, first"
            .to_owned()
    });
    let more = started_by::needs(&words).into_iter().chain(home);
    let all: Vec<String> = [help].into_iter().chain(more).collect();
    all.join("; ")
}

/// Whether what runs was installed with `pip install --user` by root, into a home that nobody else may
/// look into.
fn keeps_packages_of_root(build: &Build, stage: &Stage) -> bool {
    let installs = |index: usize| {
        let instruction = &build.file.instructions[index];
        matches!(instruction.body, Body::Run(_)) && {
            let text = build.file.joined(instruction.range);
            text.contains("pip") && text.split_whitespace().any(|word| word == "--user")
        }
    };
    copies_to(build, stage, "/root/.local")
        || lineage(build, stage)
            .iter()
            .any(|stage| stage.instructions.clone().any(installs))
}

/// The last user other than root that USER names above an instruction, or whom the build makes.
fn earlier_user(build: &Build, stage: &Stage, end: usize) -> Option<String> {
    let own = lineage(build, stage);
    let instructions = own.iter().flat_map(|stage| stage.instructions.clone());
    let named = instructions
        .filter(|&index| index < end)
        .filter_map(|index| match &build.file.instructions[index].body {
            Body::User(word) => Some((index, word)),
            _ => None,
        })
        .filter(|(_, word)| !is_root(&word.value) && !word.value.contains('$'))
        .max_by_key(|(index, _)| *index);
    named
        .map(|(_, word)| word.value.to_string())
        .or_else(|| made_user(build, stage))
}

/// Whether the process starts in root's home, or something that lies there.
fn below_root(build: &Build, stage: &Stage) -> bool {
    let is_below = |path: &str| path == "/root" || path.starts_with("/root/");
    let words = [stage.entrypoint, stage.cmd].into_iter().flatten();
    stage.workdir.as_deref().is_some_and(is_below)
        || words.flat_map(|index| started(build, index)).any(is_below)
}

fn is_nginx(image: &Reference) -> bool {
    image.is_official() && image.name() == "nginx"
}

/// The one user that the build makes for the process, where it makes one.
fn made_user(build: &Build, stage: &Stage) -> Option<String> {
    let mut found: Vec<String> = Vec::new();
    for stage in lineage(build, stage) {
        for index in stage.instructions.clone() {
            let script = build.scripts[index].as_deref();
            let commands = script.into_iter().flat_map(|script| &script.commands);
            for command in commands {
                let makes = matches!(command.name(), Some("useradd" | "adduser"));
                let words = || command.words.iter().skip(1);
                // `adduser USER GROUP` puts somebody into a group.
                let plain = words().filter(|word| !word.text().starts_with('-')).count();
                if !makes || plain == 2 && words().all(|word| !word.text().starts_with('-')) {
                    continue;
                }
                let name = words().next_back().and_then(|word| word.literal())?;
                let is_name = name.starts_with(|c: char| c.is_ascii_lowercase())
                    && name
                        .bytes()
                        .all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
                if !is_name {
                    return None;
                }
                if !found.iter().any(|other| other == name) {
                    found.push(name.to_owned());
                }
            }
        }
    }
    let [user] = &found[..] else { return None };
    Some(user.clone())
}

/// How the process comes by what it must write once it is not root.
fn writable(build: &Build, stage: &Stage) -> String {
    const SERVERS: &[(&str, &str)] = &[
        ("apache2", "Apache"),
        ("apache2-foreground", "Apache"),
        ("apachectl", "Apache"),
        ("httpd", "Apache"),
        ("httpd-foreground", "Apache"),
        ("nginx", "nginx"),
        ("openresty", "nginx"),
        ("php-fpm", "PHP-FPM"),
    ];
    let words = [stage.entrypoint, stage.cmd]
        .into_iter()
        .flatten()
        .flat_map(|index| started(build, index));
    let mut names = words.map(|word| word.rsplit('/').next().unwrap_or(word));
    let server = names.find_map(|name| SERVERS.iter().find(|(server, _)| *server == name));
    match server {
        // They drop root for their workers alone, and write to folders that an installation made.
        Some((_, "nginx")) if copies_to(build, stage, "/etc/nginx/templates") => {
            "give that user what nginx writes (the files of its pid and logs, its folders for \
             temporary files, and `/etc/nginx/conf.d`, into which its entry point puts the filled \
             templates) with `chown` in the RUN that makes them"
                .to_owned()
        }
        Some((_, server)) => format!(
            "give that user what {server} writes (the files of its pid and logs, its folders for \
             temporary files) with a RUN that does `chown`"
        ),
        None => "give files that the process must write to that user with `COPY \
                 --chown=10001:10001`, or with `chown` in the RUN that makes them; folders that \
                 WORKDIR made are root's until a RUN does so"
            .to_owned(),
    }
}

/// Whether the image brings a file of its own to a place, such as the templates that the entry point
/// of nginx's official image fills in.
fn copies_to(build: &Build, stage: &Stage, path: &str) -> bool {
    lineage(build, stage).iter().any(|stage| {
        stage.instructions.clone().any(|index| {
            let instruction = &build.file.instructions[index];
            let copies = matches!(instruction.body, Body::Copy(_) | Body::Add(_));
            copies && instruction.args.of(&build.file.text).contains(path)
        })
    })
}

/// Whether the image starts nothing but a bare interpreter or shell: it is a base for others, which
/// set their own user.
fn is_base_for_others(build: &Build, stage: &Stage) -> bool {
    const BARE: &[&str] = &[
        "bash", "irb", "jshell", "julia", "node", "php", "python", "python3", "sh", "zsh",
    ];
    if stage.entrypoint.is_some() {
        return false;
    }
    let Some(index) = stage.cmd else {
        return false;
    };
    let Body::Cmd(Command::Exec(words)) = &build.file.instructions[index].body else {
        return false;
    };
    matches!(&**words, [word] if BARE.contains(&word.value.as_ref()))
}

/// The words that the container starts with: those of CMD after those of ENTRYPOINT. In shell form
/// they begin with the shell, and all words of the line follow.
fn started(build: &Build, index: usize) -> Vec<&str> {
    let (Body::Cmd(command) | Body::Entrypoint(command)) = &build.file.instructions[index].body
    else {
        return Vec::new();
    };
    match (command, &build.scripts[index]) {
        (Command::Exec(words), _) => words.iter().map(|word| &*word.value).collect(),
        (_, Some(script)) => std::iter::once("sh")
            .chain(
                script
                    .commands
                    .iter()
                    .flat_map(|command| &command.words)
                    .map(|word| word.literal().unwrap_or(word.text())),
            )
            .collect(),
        _ => Vec::new(),
    }
}

/// Whether what is started can only be root: an init system, a container engine, a login server.
fn must_be_root(build: &Build, stage: &Stage) -> bool {
    const ROOT: &[&str] = &[
        "buildkitd",
        "containerd",
        "cron",
        "crond",
        "dind",
        // It attaches to processes of root.
        "dlv",
        "dockerd",
        "dockerd-entrypoint.sh",
        // They capture packets, for which their packages give them no capabilities.
        "dumpcap",
        "init",
        "sshd",
        "systemd",
        "tcpdump",
        "tshark",
    ];
    [stage.entrypoint, stage.cmd]
        .into_iter()
        .flatten()
        .flat_map(|index| started(build, index))
        .any(|word| {
            let name = word.rsplit('/').next().unwrap_or(word);
            // `terraform init` is no init system.
            ROOT.contains(&name) && (name != "init" || name != word)
        })
}

/// Whether an image whose entry point drops root for its own server is made to start something
/// else, through that entry point.
fn stays_root(build: &Build, stage: &Stage, image: &Reference) -> bool {
    if !image.is_official() || stage.entrypoint.is_some() {
        return false;
    }
    let servers: &[&str] = match image.name() {
        "cassandra" => &["cassandra"],
        "mariadb" => &["mariadbd", "mysqld"],
        "mongo" => &["mongo"],
        "mysql" => &["mysqld"],
        "postgres" => &["postgres"],
        "rabbitmq" => &["rabbitmq"],
        "redis" => &["redis-server"],
        "valkey" => &["valkey-server"],
        _ => return false,
    };
    let words = stage.cmd.map(|index| started(build, index));
    words.unwrap_or_default().first().is_some_and(|word| {
        // Options and a configuration file are given to the server.
        let given = word.starts_with(['-', '$']) || word.ends_with(".conf");
        !given && !servers.iter().any(|server| word.starts_with(server))
    })
}

/// Programs that an entry point uses to give up root.
const DROPPERS: &[&str] = &[
    "gosu",
    "su-exec",
    "setpriv",
    "runuser",
    "s6-setuidgid",
    "setuidgid",
    "s6-overlay",
    "fixuid",
    // A daemon whose packaged configuration names the user that it becomes.
    "radiusd",
    "freeradius",
];

fn drops_root(build: &Build, stage: &Stage) -> bool {
    lineage(build, stage).iter().any(|stage| {
        stage.instructions.clone().any(|index| {
            let instruction = &build.file.instructions[index];
            let exec = match &instruction.body {
                Body::Run(command) | Body::Cmd(command) | Body::Entrypoint(command) => command,
                // A tool that is copied in from another image or the context.
                Body::Copy(transfer) | Body::Add(transfer) => {
                    return transfer.sources.iter().any(|word| mentions(&word.value));
                }
                _ => return false,
            };
            let words = match exec {
                Command::Exec(words) => words.iter().any(|word| mentions(&word.value)),
                _ => false,
            };
            words
                || build.scripts[index].as_deref().is_some_and(|script| {
                    script
                        .commands
                        .iter()
                        .flat_map(|command| &command.words)
                        .any(|word| mentions(word.text()))
                })
        })
    })
}

fn mentions(text: &str) -> bool {
    text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_'))
        .any(|part| DROPPERS.contains(&part))
        || text.contains("s6-overlay")
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::on;

    #[test]
    fn a_program_below_root_has_to_move() {
        let help = |workdir: &str| {
            let text = format!("FROM debian:13\nWORKDIR {workdir}\nCMD [\"./a\"]\n");
            on(&RULE).dockerfile(&text).help()
        };
        assert!(help("/root/app").starts_with("move the program out"));
        assert!(help("/rooted").starts_with("add `USER"));
    }

    #[test]
    fn what_captures_packets_is_root_for_it_and_a_servers_own_file_stays() {
        on(&RULE)
            .dockerfile("FROM debian:13\nENTRYPOINT [\"tshark\", \"-i\", \"any\"]\n")
            .clean();
        let case = on(&RULE)
            .dockerfile("FROM nginx:1\nCOPY nginx.conf /etc/nginx/nginx.conf\nCMD [\"nginx\"]\n");
        let help = case.help();
        assert!(help.starts_with("add `USER 10001:10001`"), "{help}");
        assert!(help.contains("`pid`"), "{help}");
    }

    #[test]
    fn a_process_that_starts_as_root_is_found() {
        on(&RULE)
            .dockerfile("FROM node:22-alpine\nCMD [\"node\", \"a.js\"]\n")
            .flags(&["2: CMD"]);
        on(&RULE)
            .dockerfile("FROM debian:13 AS base\nUSER 0:0\nFROM base\nENTRYPOINT [\"/a\"]\n")
            .flags(&["2: 0:0"]);
        on(&RULE)
            .dockerfile("FROM python:3.13\nUSER app\nUSER root\nCMD [\"a\"]\n")
            .flags(&["3: root"]);
        on(&RULE)
            .dockerfile("FROM scratch\nCOPY a /a\nENTRYPOINT [\"/a\"]\n")
            .flags(&["3: ENTRYPOINT"]);
        on(&RULE)
            .dockerfile("FROM gcr.io/distroless/static-debian12\nENTRYPOINT [\"/a\"]\n")
            .flags(&["2: ENTRYPOINT"]);
    }

    #[test]
    fn a_user_that_the_build_makes_is_for_the_process() {
        let help = |run: &str| {
            let text = format!("FROM debian:13\nRUN {run}\nCMD [\"a\"]\n");
            on(&RULE).dockerfile(&text).help()
        };
        for run in [
            "groupadd app && useradd -r -g app app",
            "adduser --disabled-password --gecos '' app && adduser app sudo",
        ] {
            assert!(help(run).contains("`USER app`"), "{}", help(run));
        }
        for run in [
            "useradd a && useradd b",
            "useradd $NAME",
            "adduser www-data tty",
        ] {
            assert!(help(run).contains("`USER 10001:10001`"), "{run}");
        }
    }

    #[test]
    fn the_advice_is_about_what_is_written() {
        let help = |start: &str| {
            let case =
                on(&RULE).dockerfile(&format!("FROM debian:13\nRUN make install\n{start}\n"));
            case.help()
        };
        for start in [
            "CMD /nginx/sbin/nginx -c /deploy/nginx.conf",
            "ENTRYPOINT [\"nginx\", \"-g\", \"daemon off;\"]",
            "CMD [\"apache2-foreground\"]",
        ] {
            let help = help(start);
            assert!(help.contains("pid") && !help.contains("COPY"), "{help}");
        }
        let nginx =
            on(&RULE).dockerfile("FROM nginx:1\nCMD [\"nginx\", \"-g\", \"daemon off;\"]\n");
        let found = nginx.findings[0].help.as_deref().unwrap();
        assert!(
            found.starts_with("build on `nginxinc/nginx-unprivileged`"),
            "{found}"
        );
        for start in ["CMD [\"/a\", \"nginx.conf\"]", "CMD /a --nginx"] {
            let help = help(start);
            assert!(
                help.contains("COPY") && help.contains("`chown` in"),
                "{help}"
            );
        }
    }

    #[test]
    fn images_of_databases_drop_root_for_their_server_alone() {
        on(&RULE)
            .dockerfile("FROM redis:7\nCMD [\"/run.sh\"]\n")
            .flags(&["2: CMD"]);
        on(&RULE)
            .dockerfile("FROM postgres:17\nCMD /run.sh\n")
            .flags(&["2: CMD"]);
        for cmd in [
            "[\"redis-server\", \"/a.conf\"]",
            "[\"--appendonly\", \"yes\"]",
            "[\"/usr/local/etc/redis.conf\"]",
        ] {
            on(&RULE)
                .dockerfile(&format!("FROM redis:7\nCMD {cmd}\n"))
                .clean();
        }
        on(&RULE)
            .dockerfile("FROM redis:7\nENTRYPOINT [\"/my-entrypoint.sh\"]\n")
            .clean();
    }

    #[test]
    fn what_cannot_be_but_root_is_left_alone() {
        for start in [
            "ENTRYPOINT [\"hack/dind\"]\nCMD [\"make\"]",
            "CMD [\"/usr/sbin/init\"]",
            "CMD /usr/sbin/sshd -D",
            "CMD [\"/usr/sbin/crond\", \"-f\"]",
        ] {
            on(&RULE)
                .dockerfile(&format!("FROM debian:13\n{start}\n"))
                .clean();
        }
        on(&RULE)
            .dockerfile("FROM debian:13\nCMD [\"tofu\", \"init\"]\n")
            .flags(&["2: CMD"]);
    }

    #[test]
    fn other_users_and_unknown_ones_are_left_alone() {
        // A base for others.
        on(&RULE)
            .dockerfile("FROM debian:13\nRUN make\nCMD [\"python3\"]\n")
            .clean();
        on(&RULE)
            .dockerfile("FROM node:22-alpine\nUSER node\nCMD [\"a\"]\n")
            .clean();
        on(&RULE)
            .dockerfile("FROM debian:13 AS b\nUSER 1000\nFROM b\nCMD [\"a\"]\n")
            .clean();
        on(&RULE)
            .dockerfile("FROM registry.acme.org/base:1\nCMD [\"a\"]\n")
            .clean();
        on(&RULE)
            .dockerfile("FROM gcr.io/distroless/static-debian12:nonroot\nCMD [\"/a\"]\n")
            .clean();
        on(&RULE)
            .dockerfile("FROM postgres:17\nCMD [\"postgres\"]\n")
            .clean();
        on(&RULE)
            .dockerfile("FROM debian:13\nRUN apt-get update\n")
            .clean();
        on(&RULE)
            .dockerfile("FROM alpine:3.22\nRUN apk add --no-cache su-exec\nCMD [\"/start\"]\n")
            .clean();
        on(&RULE)
            .dockerfile("FROM debian:13\nARG UID\nUSER $UID\nCMD [\"a\"]\n")
            .clean();
    }

    #[test]
    fn images_for_tests_are_for_pedantic_reviews() {
        let at =
            |path: &str| on(&RULE).files(&format!("//- /{path}\nFROM ruby:3.4\nCMD [\"rspec\"]\n"));
        at("auth/Dockerfile.test").quiet_by_default();
        at("auth/Dockerfile").loud_by_default();
        at("integration-hub/Dockerfile").loud_by_default();
    }

    #[test]
    fn steps_after_the_entrypoint_are_still_the_roots() {
        on(&RULE)
            .dockerfile("FROM debian:13\nENTRYPOINT [\"/a\"]\nRUN make\nCMD [\"b\"]\n")
            .flags(&["4: CMD"]);
    }
}
