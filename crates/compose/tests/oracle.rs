//! The views against what compose-go makes of the same texts (`tests/oracles/compose`).

use plimsoll_compose::{
    ComposeFile, Condition, HostIp, Published, Service, Source, Test, duration, interpolation,
    mounts, ports,
};
use plimsoll_yaml::{Dialect, Node, parse};
use serde_json::{Value, json};

fn read(name: &str) -> Value {
    let path = format!(
        "{}/../../tests/oracles/compose/{name}.json",
        env!("CARGO_MANIFEST_DIR")
    );
    let text = std::fs::read_to_string(path).expect("the oracle's files are committed");
    serde_json::from_str(&text).expect("JSON")
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or("")
}

/// A mapping as the reference prints it, one line for each port of the container.
fn port_lines(mapping: &ports::PortMapping) -> Vec<String> {
    let ip = match mapping.host_ip {
        HostIp::Is(ip) => ip.to_string(),
        HostIp::Any | HostIp::Unknown => String::new(),
    };
    let target = mapping.target.expect("no variables here");
    let protocol = mapping.protocol.expect("no variables here").name();
    let mut lines: Vec<String> = (target.start..=target.end)
        .enumerate()
        .map(|(n, target)| {
            let published = match mapping.published {
                Published::Ephemeral => String::new(),
                Published::Range(range) if mapping.picks_free() => range.to_string(),
                Published::Range(range) => (u32::from(range.start) + n as u32).to_string(),
                Published::Unknown => "?".to_owned(),
            };
            format!("{ip} {published} {target} {protocol}")
        })
        .collect();
    lines.sort();
    lines
}

/// Every address written as "all of them" counts the same here.
fn any_address(line: &str) -> String {
    let (ip, rest) = line.split_once(' ').unwrap_or(("", line));
    let ip = if matches!(ip, "0.0.0.0" | "::") {
        ""
    } else {
        ip
    };
    format!("{ip} {rest}")
}

#[test]
fn ports_agree() {
    let mut differences = Vec::new();
    for case in list(&read("answers")["ports"]) {
        let spec = text(&case["text"]);
        let ours = ports::parse_short(spec).map(|mapping| port_lines(&mapping));
        let mut theirs: Vec<String> = list(&case["mappings"])
            .iter()
            .map(|line| any_address(text(line)))
            .collect();
        theirs.sort();
        let theirs = (case["refused"] != json!(true)).then_some(theirs);
        if ours != theirs {
            differences.push(format!("{spec:?}: ours {ours:?}, theirs {theirs:?}"));
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn volumes_agree() {
    let mut differences = Vec::new();
    for case in list(&read("answers")["volumes"]) {
        let spec = text(&case["text"]);
        let ours = mounts::split_short(spec).map(|short| {
            let kind = if mounts::is_path(short.source) {
                "bind"
            } else {
                "volume"
            };
            let read_only = mounts::is_read_only(short.options);
            (
                kind.to_owned(),
                short.source.to_owned(),
                short.target.to_owned(),
                read_only,
            )
        });
        let theirs = (case["refused"] != json!(true)).then(|| {
            let field = |key: &str| text(&case[key]).to_owned();
            (
                field("type"),
                field("source"),
                field("target"),
                case["read_only"] == json!(true),
            )
        });
        if ours != theirs {
            differences.push(format!("{spec:?}: ours {ours:?}, theirs {theirs:?}"));
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

/// Whether Compose refuses the text: an error at its own level, or in a word that is used when
/// nothing is set.
fn is_refused(text: &str) -> bool {
    interpolation::parts(text).any(|part| match part {
        interpolation::Part::Invalid(_) => true,
        interpolation::Part::Variable(variable) => variable
            .operation
            .is_some_and(|(operator, word, _)| operator.is_default() && is_refused(word)),
        _ => false,
    })
}

fn is_required(text: &str) -> bool {
    interpolation::variables(text).iter().any(|v| {
        v.operation
            .as_ref()
            .is_some_and(|(operator, ..)| operator.is_required())
    })
}

#[test]
fn templates_agree() {
    let mut differences = Vec::new();
    for case in list(&read("answers")["templates"]) {
        let template = text(&case["text"]);
        let ours = interpolation::with_unknowns(template).replace(interpolation::UNKNOWN, "");
        let refused = is_refused(template);
        let agree = if case["refused"] == json!(true) {
            refused
        } else if case["required"] == json!(true) {
            is_required(template)
        } else {
            !refused && ours == text(&case["unset"])
        };
        if !agree {
            differences.push(format!("{case}: ours {ours:?}, refused {refused}"));
        }
        // Nothing that is asked for is missing from the list.
        let names: Vec<_> = interpolation::variables(template)
            .into_iter()
            .map(|v| v.name.to_owned())
            .collect();
        for asked in list(&case["asked"]) {
            assert!(
                names.contains(&text(asked).to_owned()),
                "{template}: {asked}"
            );
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn durations_agree() {
    let mut differences = Vec::new();
    for case in list(&read("answers")["durations"]) {
        let written = text(&case["text"]);
        let ours = duration::parse(written).map(|d| d.as_nanos() as i64);
        let theirs = (case["refused"] != json!(true)).then(|| case["nanos"].as_i64().unwrap_or(0));
        // A health check with a negative interval is refused by the engine.
        if ours != theirs && theirs.is_none_or(|nanos| nanos >= 0) {
            differences.push(format!("{written:?}: ours {ours:?}, theirs {theirs:?}"));
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

/// A service as the reference's program prints it.
fn show(service: Service<'_>) -> Value {
    let mut out = serde_json::Map::new();
    let mut set = |key: &str, value: Value| {
        let empty = match &value {
            Value::Null => true,
            Value::String(text) => text.is_empty(),
            Value::Array(items) => items.is_empty(),
            Value::Object(entries) => entries.is_empty(),
            Value::Bool(value) => !value,
            Value::Number(number) => number.as_i64() == Some(0),
        };
        if !empty {
            out.insert(key.to_owned(), value);
        }
    };
    let plain = |value: Option<plimsoll_compose::Value<'_>>| {
        value.map_or(Value::Null, |v| json!(v.with_defaults()))
    };
    set("image", plain(service.image()));
    if let Some(build) = service.build() {
        set("build", json!(build.context_text()));
        set("target", plain(build.target()));
    }
    let environment: serde_json::Map<String, Value> = service
        .environment()
        .map(|v| (v.name().into_owned(), plain(v.value())))
        .collect();
    set("environment", Value::Object(environment));
    let files: Vec<String> = service
        .env_files()
        .map(|f| format!("{} {}", f.path().text(), f.required()))
        .collect();
    set("env_files", json!(files));
    let mut depends = serde_json::Map::new();
    for reference in service.references() {
        depends.insert(
            reference.name.text().into_owned(),
            json!("service_started true"),
        );
    }
    for dependency in service.depends_on() {
        let condition = match dependency.condition() {
            Condition::Started => "service_started",
            Condition::Healthy => "service_healthy",
            Condition::Completed => "service_completed_successfully",
            Condition::Unknown => "?",
        };
        depends.insert(
            dependency.name().into_owned(),
            json!(format!("{condition} {}", dependency.required())),
        );
    }
    set("depends_on", Value::Object(depends));
    let ports: Vec<String> = service
        .ports()
        .filter_map(plimsoll_compose::Port::mapping)
        .flat_map(|m| port_lines(&m))
        .collect();
    set("ports", json!(ports));
    let volumes: Vec<String> = service
        .mounts()
        .map(|mount| {
            let (kind, source) = match mount.source() {
                Some(Source::Named(name)) => ("volume", name.unwrap_or_default()),
                Some(Source::Bind(path)) => ("bind", path.unwrap_or_default()),
                Some(Source::Anonymous) => ("volume", String::new()),
                Some(Source::Tmpfs) => ("tmpfs", String::new()),
                other => panic!("{other:?}"),
            };
            let target = mount.target().unwrap_or_default();
            format!("{kind} {source} {target} {}", mount.read_only())
        })
        .collect();
    set("volumes", json!(volumes));
    let mut networks: Vec<String> = service
        .networks()
        .map(|n| n.name.text().into_owned())
        .collect();
    if networks.is_empty() && service.network_mode().is_none() {
        networks.push("default".to_owned());
    }
    networks.sort();
    set("networks", json!(networks));
    let secrets: Vec<String> = service
        .secrets()
        .map(|s| s.source().text().into_owned())
        .collect();
    set("secrets", json!(secrets));
    if let Some(check) = service.healthcheck() {
        let words = |first: &str, rest: Vec<plimsoll_compose::Value<'_>>| {
            let rest = rest.into_iter().map(|word| word.text().into_owned());
            json!(
                std::iter::once(first.to_owned())
                    .chain(rest)
                    .collect::<Vec<_>>()
            )
        };
        match check.test() {
            Some(Test::Shell(line)) => set("test", words("CMD-SHELL", vec![line])),
            Some(Test::Exec(all)) => set("test", words("CMD", all)),
            Some(Test::Off) => set("test", words("NONE", Vec::new())),
            None => {}
        }
        set(
            "disabled",
            json!(check.is_off() && check.test() != Some(Test::Off)),
        );
    }
    let profiles: Vec<String> = service.profiles().map(|p| p.text().into_owned()).collect();
    set("profiles", json!(profiles));
    set(
        "grace",
        json!(
            service
                .stop_grace_period()
                .map(|(d, _)| d.as_nanos() as u64)
        ),
    );
    Value::Object(out)
}

#[test]
fn files_agree() {
    let cases = read("cases");
    let mut compared = 0;
    for answer in list(&read("answers")["files"]) {
        let name = text(&answer["name"]);
        let source = text(&cases["files"][name]);
        let tree = parse(source, Dialect::Core);
        let file = ComposeFile::new(&tree).expect("a mapping");
        if let Some(error) = answer["error"].as_str() {
            // What the views say of refused files is the rules' matter; they must only not fail.
            let _ = file.services().map(show).count();
            assert!(!error.is_empty());
            continue;
        }
        let theirs = answer["services"].as_object().expect("services");
        let ours: Vec<String> = file.services().map(|s| s.name().into_owned()).collect();
        assert_eq!(ours.len(), theirs.len(), "{name}: {ours:?}");
        for service in file.services() {
            let expected = &theirs[service.name().as_ref()];
            assert_eq!(&show(service), expected, "{name}: {}", service.name());
            compared += 1;
        }
    }
    assert!(compared > 20, "{compared}");
}

#[test]
fn nodes_are_those_of_the_file() {
    let cases = read("cases");
    for source in cases["files"].as_object().expect("files").values() {
        let tree = parse(text(source), Dialect::Core);
        let Some(file) = ComposeFile::new(&tree) else {
            continue;
        };
        for service in file.services() {
            let inside = |node: Node<'_>| node.range().end as usize <= tree.text().len();
            assert!(inside(service.node()));
            for variable in service.environment() {
                assert_eq!(variable.key().range().of(tree.text()), variable.name());
            }
        }
    }
}
