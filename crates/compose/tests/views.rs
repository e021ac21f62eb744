//! The views over real trees: each field in each of its forms.

use std::time::Duration;

use plimsoll_compose::{
    Command, ComposeFile, Condition, HostIp, Published, ReferenceKind, ResourceKind, Service,
    Source, Test, Value, looks_like_compose,
};
use plimsoll_yaml::{Dialect, Tree, parse};

/// A tree of one service `web` with these lines, indented by the helper.
fn web(lines: &str) -> Tree {
    let mut text = String::from("services:\n  web:\n");
    for line in lines.lines() {
        text.push_str("    ");
        text.push_str(line);
        text.push('\n');
    }
    parse(text, Dialect::Core)
}

fn service(tree: &Tree) -> Service<'_> {
    let file = ComposeFile::new(tree).expect("a mapping");
    file.service("web").expect("a service")
}

fn texts<'a>(values: impl Iterator<Item = Value<'a>>) -> Vec<String> {
    values.map(|value| value.text().into_owned()).collect()
}

#[test]
fn the_top_of_a_file_is_read() {
    let text = "\
version: '3.8'
name: shop
x-base: &base
  restart: always
include: [other.yaml, {path: [a.yaml, b.yaml]}]
services:
  web: {<<: *base, image: nginx}
  db: {image: postgres}
  broken: 5
volumes:
  data:
  old: {external: true}
  older: {external: {name: x}}
networks: {front: {}}
secrets: {key: {file: ./key}}
";
    let tree = parse(text, Dialect::Core);
    let file = ComposeFile::new(&tree).expect("a mapping");
    let names: Vec<_> = file.services().map(|s| s.name().into_owned()).collect();
    assert_eq!(names, ["web", "db"]);
    assert!(file.names_service("broken") && !file.names_service("nothing"));
    assert_eq!(
        file.name().map(|n| n.text().into_owned()).as_deref(),
        Some("shop")
    );
    assert_eq!(
        file.version().map(|e| e.range().of(text)),
        Some("version: '3.8'")
    );
    assert_eq!(
        file.service("web").map(|s| texts(s.restart().into_iter())),
        Some(vec!["always".into()])
    );
    let external: Vec<_> = file
        .volumes()
        .map(|v| (v.name().into_owned(), v.is_external()))
        .collect();
    assert_eq!(
        external,
        [
            ("data".to_owned(), false),
            ("old".to_owned(), true),
            ("older".to_owned(), true)
        ]
    );
    assert!(file.resource(ResourceKind::Network, "front").is_some());
    assert!(file.resource(ResourceKind::Config, "front").is_none());
    let paths: Vec<_> = file
        .includes()
        .map(|i| texts(i.paths().into_iter()))
        .collect();
    assert_eq!(paths, [vec!["other.yaml"], vec!["a.yaml", "b.yaml"]]);
    assert!(!file.is_whole(), "it includes others");
}

#[test]
fn wrong_types_read_as_absent() {
    let tree = web(
        "image: [a]\nbuild: [x]\nports: {a: b}\nenvironment: 5\ndepends_on: 7\nhealthcheck: x\nvolumes: data\nnetworks: 1\ndeploy: []\ncommand: {a: b}\nread_only: maybe\nstop_grace_period: 10\nextends: [a]\nenv_file: {a: b}",
    );
    let web = service(&tree);
    assert!(web.image().is_none() && web.build().is_none() && web.ports().next().is_none());
    assert!(web.environment().next().is_none() && web.depends_on().next().is_none());
    assert!(web.healthcheck().is_none() && web.mounts().next().is_none());
    assert!(web.networks().next().is_none() && web.deploy().is_none());
    assert!(web.command().is_none() && web.read_only().is_none());
    assert!(web.stop_grace_period().is_none() && web.extends().is_none());
    assert!(web.env_files().next().is_none() && web.references().is_empty());
    for text in [
        "",
        "- a\n- b\n",
        "5\n",
        "services: [a]\n",
        "services: {a: }\n",
    ] {
        let tree = parse(text, Dialect::Core);
        assert_eq!(
            ComposeFile::new(&tree).map_or(0, |f| f.services().count()),
            0,
            "{text}"
        );
    }
}

#[test]
fn build_reads_both_forms() {
    let tree = web("build: ./app");
    let build = service(&tree).build().expect("a build");
    assert_eq!(build.context_text().as_deref(), Some("./app"));
    assert!(!build.is_long() && build.target().is_none());

    let tree = web(
        "build:\n  dockerfile: docker/Dockerfile\n  target: runtime\n  args: [A=1, B]\n  additional_contexts: {base: 'service:base'}\n  secrets: [token]",
    );
    let build = service(&tree).build().expect("a build");
    assert_eq!(build.context_text().as_deref(), Some("."));
    assert_eq!(texts(build.dockerfile().into_iter()), ["docker/Dockerfile"]);
    assert_eq!(texts(build.target().into_iter()), ["runtime"]);
    let args: Vec<_> = build
        .args()
        .map(|a| (a.name().into_owned(), a.value().is_some()))
        .collect();
    assert_eq!(args, [("A".to_owned(), true), ("B".to_owned(), false)]);
    assert_eq!(
        texts(build.secrets().map(plimsoll_compose::Grant::source)),
        ["token"]
    );

    for (context, remote) in [
        ("https://x.test/a.git", true),
        ("git@x.test:a/b.git", true),
        ("./git", false),
        ("${C}", false),
    ] {
        let tree = web(&format!("build: '{context}'"));
        assert_eq!(
            service(&tree)
                .build()
                .map(plimsoll_compose::Build::is_remote),
            Some(remote)
        );
    }
}

#[test]
fn environment_reads_both_forms_with_places() {
    for lines in [
        "environment:\n  A: one\n  B: ''\n  C:\n  D: 5\n",
        "environment:\n  - A=one\n  - B=\n  - \"C\"\n  - 'D=5'\n",
    ] {
        let tree = web(lines);
        let found: Vec<_> = service(&tree)
            .environment()
            .map(|v| {
                (
                    v.name().into_owned(),
                    v.value().map(|v| v.text().into_owned()),
                )
            })
            .collect();
        let expected = [
            ("A", Some("one")),
            ("B", Some("")),
            ("C", None),
            ("D", Some("5")),
        ];
        let expected = expected.map(|(n, v)| (n.to_owned(), v.map(str::to_owned)));
        assert_eq!(found, expected, "{lines}");
    }
    let tree = web("environment:\n  - A=one\n  - 'D=it''s'");
    let places: Vec<_> = service(&tree)
        .environment()
        .filter_map(|v| Some(v.value()?.range().of(tree.text())))
        .collect();
    assert_eq!(places, ["one", "it''s"]);
}

#[test]
fn ports_read_both_forms() {
    let tree = web(
        "ports:\n  - 80\n  - '8080:80'\n  - target: 443\n    published: '8443'\n    host_ip: 127.0.0.1\n    protocol: tcp\n  - '${PORT}:80'\n  - '${PORT:-9000}:80'\n  - target: 53\n    protocol: udp\n  - nonsense",
    );
    let found: Vec<_> = service(&tree)
        .ports()
        .map(|p| p.mapping().map(|m| m.published))
        .collect();
    let port = |n| {
        Some(Published::Range(plimsoll_compose::PortRange {
            start: n,
            end: n,
        }))
    };
    assert_eq!(
        found,
        [
            Some(Published::Ephemeral),
            port(8080),
            port(8443),
            Some(Published::Unknown),
            port(9000),
            Some(Published::Ephemeral),
            None
        ]
    );
    let long = service(&tree).ports().nth(2).expect("the third");
    assert!(long.is_long());
    assert_eq!(long.published_range().of(tree.text()), "'8443'");
    assert!(matches!(
        long.mapping().map(|m| m.host_ip),
        Some(HostIp::Is(_))
    ));
}

#[test]
fn mounts_read_both_forms() {
    let tree = web(
        "volumes:\n  - data:/var/lib\n  - ./src:/src:ro\n  - /anonymous\n  - ${DIR}:/d\n  - ${DIR:-./d}:/d\n  - ./${X}/a:/a\n  - {type: bind, source: ., target: /b, read_only: true}\n  - {type: volume, source: named, target: /n}\n  - {type: volume, target: /n}\n  - {type: tmpfs, target: /t}\n  - v:/d\n  - ${DIR}",
    );
    let found: Vec<_> = service(&tree)
        .mounts()
        .map(|m| (m.source(), m.target(), m.read_only()))
        .collect();
    let at = |target: &str| Some(target.to_owned());
    assert_eq!(
        found,
        [
            (Some(Source::Named(at("data"))), at("/var/lib"), false),
            (Some(Source::Bind(at("./src"))), at("/src"), true),
            (Some(Source::Anonymous), at("/anonymous"), false),
            (Some(Source::Unknown), at("/d"), false),
            (Some(Source::Bind(at("./d"))), at("/d"), false),
            (Some(Source::Bind(None)), at("/a"), false),
            (Some(Source::Bind(at("."))), at("/b"), true),
            (Some(Source::Named(at("named"))), at("/n"), false),
            (Some(Source::Anonymous), at("/n"), false),
            (Some(Source::Tmpfs), at("/t"), false),
            (Some(Source::Anonymous), at("v:/d"), false),
            (Some(Source::Unknown), None, false),
        ]
    );
    let first = service(&tree).mounts().next().expect("one");
    assert_eq!(
        first.source_range().map(|r| r.of(tree.text())),
        Some("data")
    );
}

#[test]
fn dependencies_read_both_forms() {
    let tree = web("depends_on: [db, cache]");
    let found: Vec<_> = service(&tree)
        .depends_on()
        .map(|d| (d.name().into_owned(), d.condition(), d.required()))
        .collect();
    assert_eq!(
        found,
        [
            ("db".to_owned(), Condition::Started, true),
            ("cache".to_owned(), Condition::Started, true)
        ]
    );

    let tree = web(
        "depends_on:\n  db: {condition: service_healthy}\n  job: {condition: service_completed_successfully, required: false}\n  cache:\n  odd: {condition: later}",
    );
    let found: Vec<_> = service(&tree)
        .depends_on()
        .map(|d| (d.name().into_owned(), d.condition(), d.required()))
        .collect();
    assert_eq!(
        found,
        [
            ("db".to_owned(), Condition::Healthy, true),
            ("job".to_owned(), Condition::Completed, false),
            ("cache".to_owned(), Condition::Started, true),
            ("odd".to_owned(), Condition::Unknown, true),
        ]
    );
}

#[test]
fn references_are_collected_with_their_places() {
    let tree = web(
        "depends_on: [a]\nlinks: ['b:alias', c]\nvolumes_from: ['d:ro', 'container:x']\nnetwork_mode: service:e\nextends: f\nbuild:\n  additional_contexts: ['base=service:g', 'x=./y']",
    );
    let found: Vec<_> = service(&tree)
        .references()
        .into_iter()
        .map(|r| (r.kind, r.name.range().of(tree.text())))
        .collect();
    assert_eq!(
        found,
        [
            (ReferenceKind::Links, "b"),
            (ReferenceKind::Links, "c"),
            (ReferenceKind::VolumesFrom, "d"),
            (ReferenceKind::Namespace("network_mode"), "e"),
            (ReferenceKind::Extends, "f"),
            (ReferenceKind::BuildContext, "g"),
            (ReferenceKind::DependsOn, "a"),
        ]
    );
    let tree = web("extends: {service: f, file: other.yaml}");
    assert!(service(&tree).references().is_empty());
}

#[test]
fn health_checks_are_read() {
    for (lines, off, test) in [
        ("healthcheck: {test: curl -f localhost}", false, "shell"),
        (
            "healthcheck: {test: [CMD, curl, -f, localhost]}",
            false,
            "exec 3",
        ),
        ("healthcheck: {test: [CMD-SHELL, curl]}", false, "shell"),
        ("healthcheck: {test: [NONE]}", true, "off"),
        ("healthcheck: {disable: true}", true, "none"),
        ("healthcheck: {disable: 'yes'}", true, "none"),
        ("healthcheck: {interval: 5s}", false, "none"),
        ("healthcheck: {test: [curl]}", false, "none"),
        ("healthcheck: {test: []}", false, "none"),
    ] {
        let tree = web(lines);
        let check = service(&tree).healthcheck().expect("a check");
        assert_eq!(check.is_off(), off, "{lines}");
        let found = match check.test() {
            None => "none".to_owned(),
            Some(Test::Off) => "off".to_owned(),
            Some(Test::Shell(_)) => "shell".to_owned(),
            Some(Test::Exec(words)) => format!("exec {}", words.len()),
        };
        assert_eq!(found, test, "{lines}");
    }
    let tree =
        web("healthcheck: {interval: 1m30s, timeout: '${T:-3s}', retries: '5', start_period: 30}");
    let check = service(&tree).healthcheck().expect("a check");
    assert_eq!(check.interval(), Some(Duration::from_secs(90)));
    assert_eq!(check.timeout(), Some(Duration::from_secs(3)));
    assert_eq!(check.retries(), Some(5));
    assert_eq!(check.start_period(), None);
}

#[test]
fn other_fields_are_read() {
    let tree = web(
        "command: python app.py\nentrypoint: [tini, --]\nenv_file:\n  - .env\n  - {path: local.env, required: false, format: raw}\nnetworks:\n  front: {aliases: [www]}\n  back:\nsecrets: [a, {source: b, target: /b}]\nprofiles: [dev]\ndeploy: {replicas: 2, resources: {limits: {memory: 1g}}, restart_policy: {condition: any}}\nstop_grace_period: 1m\nread_only: true\nuser: '1000:1000'\nlabels: {a.b: c}",
    );
    let web = service(&tree);
    assert!(matches!(web.command(), Some(Command::Line(_))));
    assert!(matches!(web.entrypoint(), Some(Command::Words(words)) if words.len() == 2));
    let files: Vec<_> = web
        .env_files()
        .map(|f| (f.path().text().into_owned(), f.required()))
        .collect();
    assert_eq!(
        files,
        [(".env".to_owned(), true), ("local.env".to_owned(), false)]
    );
    assert_eq!(texts(web.networks().map(|n| n.name)), ["front", "back"]);
    assert_eq!(
        texts(
            web.networks()
                .flat_map(plimsoll_compose::NetworkUse::aliases)
        ),
        ["www"]
    );
    assert_eq!(
        texts(web.secrets().map(plimsoll_compose::Grant::source)),
        ["a", "b"]
    );
    assert_eq!(texts(web.profiles()), ["dev"]);
    assert_eq!(web.replicas().map(|(n, _)| n), Some(2));
    assert_eq!(
        texts(web.deploy().and_then(|d| d.limit("memory")).into_iter()),
        ["1g"]
    );
    assert_eq!(web.stop_grace_period().map(|(d, _)| d.as_secs()), Some(60));
    assert_eq!(web.read_only().map(|(v, _)| v), Some(true));
    assert_eq!(
        texts(web.labels().filter_map(plimsoll_compose::Variable::value)),
        ["c"]
    );
    let tree = self::web("env_file: .env");
    assert_eq!(
        texts(
            service(&tree)
                .env_files()
                .map(plimsoll_compose::EnvFile::path)
        ),
        [".env"]
    );
}

#[test]
fn variables_are_placed_in_the_file() {
    let tree = web("image: \"a\\t${TAG:-1}\"\ncommand: run ${X}");
    let image = service(&tree).image().expect("an image");
    let text = image.text();
    let variable = &plimsoll_compose::interpolation::variables(&text)[0];
    assert_eq!(
        image.range_of(variable.range.clone()).of(tree.text()),
        "${TAG:-1}"
    );
    assert_eq!(image.with_defaults().as_deref(), Some("a\t1"));
    assert_eq!(image.literal(), None);
}

#[test]
fn compose_files_are_told_from_others() {
    for (path, text, expected) in [
        ("compose.yaml", "services: {}\n", true),
        (
            "docker-compose.yml",
            "services:\n  web:\n    image: x\n",
            true,
        ),
        ("docker-compose.yml", "services:\n", true),
        ("docker-compose.yml", "include: [a.yaml]\n", true),
        (
            "docker-compose.yml",
            "web:\n  image: x\ndb:\n  build: .\n",
            true,
        ),
        ("docker-compose.volumes.yml", "volumes:\n  a:\n", true),
        ("docker-compose.yml", "", false),
        ("docker-compose.yml", "a: b\n", false),
        (
            "stack.yml",
            "version: '3'\nservices:\n  web:\n    image: x\n",
            true,
        ),
        ("stack.yml", "web:\n  image: x\n", false),
        ("ci.yml", "services:\n  - postgres\n", false),
        (
            "ci.yml",
            "image: x\nservices:\n  db:\n    image: y\n",
            false,
        ),
        (
            "services.yaml",
            "services:\n  app.mailer:\n    class: Mailer\n",
            false,
        ),
        (
            "my-app.yaml",
            "name: a\nservices:\n  web:\n    type: webservice\n    image: x\n",
            false,
        ),
        (
            "services.yaml",
            "services:\n  _defaults: {autowire: true}\n",
            false,
        ),
        (
            "compose.yaml",
            "apiVersion: v1\nkind: List\nservices: {}\n",
            false,
        ),
        (
            "values.yaml",
            "services:\n  web:\n    image: x\nreplicas: 1\n",
            false,
        ),
    ] {
        let tree = parse(text, Dialect::Core);
        assert_eq!(looks_like_compose(path, &tree), expected, "{path}: {text}");
    }
}

#[test]
fn the_first_layout_is_recognised() {
    for (text, head) in [
        ("web:\n  image: x\ndb:\n  build: .\n", Some("web")),
        (
            "web:\n  extends:\n    file: a.yml\n    service: w\n",
            Some("web"),
        ),
        ("web:\n  image: x\nother: 5\n", None),
        ("services:\n  web:\n    image: x\n", None),
        ("version: '2'\nweb:\n  image: x\n", None),
    ] {
        let tree = parse(text, Dialect::Core);
        let found = ComposeFile::new(&tree).and_then(ComposeFile::v1_head);
        assert_eq!(found.map(|range| range.of(text)), head, "{text}");
    }
}

#[test]
fn a_file_is_whole_when_nothing_can_be_added() {
    for (text, whole) in [
        ("services:\n  web:\n    image: x\n", true),
        ("services:\n  web:\n    ports: ['80']\n", false),
        ("include: [a]\nservices:\n  web:\n    image: x\n", false),
        (
            "services:\n  web:\n    image: x\n---\nservices: {}\n",
            false,
        ),
    ] {
        let tree = parse(text, Dialect::Core);
        assert_eq!(
            ComposeFile::new(&tree).map(ComposeFile::is_whole),
            Some(whole),
            "{text}"
        );
    }
}
