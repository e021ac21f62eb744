//! Tests of ports across files.

use super::RULE;
use crate::testing::{Case, on};

/// A Deployment of an image that is built in `web`, with a Service in front.
fn workload(ports: &str, target: &str) -> String {
    format!(
        "//- /k.yaml\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\nspec:\n  selector: {{matchLabels: {{app: web}}}}\n  template:\n    metadata: {{labels: {{app: web}}}}\n    spec:\n      containers:\n      - name: web\n        image: ghcr.io/acme/web:1\n        {ports}\n---\napiVersion: v1\nkind: Service\nmetadata: {{name: web}}\nspec:\n  selector: {{app: web}}\n  ports: [{{port: 80, targetPort: {target}}}]\n"
    )
}

#[track_caller]
fn with(dockerfile: &str, rest: &str) -> Case {
    on(&RULE).files(&format!("//- /web/Dockerfile\n{dockerfile}{rest}"))
}

const UVICORN: &str = "FROM python:3.13\nCMD [\"uvicorn\", \"a:b\", \"--port\", \"8000\"]\n";

#[test]
fn what_contradicts_the_process_is_found_once() {
    with(UVICORN, &workload("ports: [{containerPort: 8080}]", "8080"))
        .flags(&["k.yaml:12: 8080"])
        .says(&["`containerPort` is 8080, and `web` listens on 8000"]);
    let case = with(
        UVICORN,
        &workload("ports: [{name: http, containerPort: 8000}]\n        livenessProbe: {httpGet: {port: 8001}}", "http"),
    )
    .flags(&["k.yaml:13: 8001"]);
    assert!(case.findings[0].fix.is_some());
    with(UVICORN, &workload("", "8001")).flags(&["k.yaml:19: 8001"]);
    with(
        &format!("{UVICORN}EXPOSE 80\n"),
        &workload("ports: [{containerPort: 8000}]", "8000"),
    )
    .flags(&["web/Dockerfile:3: 80"]);
}

#[test]
fn a_service_that_says_its_own_port_alone_keeps_it() {
    let case = with(
        UVICORN,
        &workload("", "8001").replace("80, targetPort: ", ""),
    )
    .flags(&["k.yaml:19: 8001"]);
    let found = &case.findings[0];
    assert!(found.fix.is_none());
    let help = found.help.as_deref().unwrap();
    assert!(help.starts_with("add `targetPort: 8000`"), "{help}");
}

#[test]
fn compose_is_compared_with_the_process() {
    let compose =
        |rest: &str| format!("//- /compose.yaml\nservices:\n  web:\n    build: web\n{rest}");
    with(UVICORN, &compose("    ports: ['80:80']\n"))
        .flags(&["compose.yaml:4: '80:80'"])
        .says(&["`ports` of the Compose service is 80, and `web` listens on 8000"]);
    with(
        UVICORN,
        &compose("    ports: ['80:8000']\n    healthcheck: {test: curl localhost:80/up}\n"),
    )
    .flags(&["compose.yaml:5: localhost:80/up"]);
    with(
        UVICORN,
        &compose("    command: uvicorn a:b --port 9000\n    ports: ['80:8000']\n"),
    )
    .flags(&["compose.yaml:5: '80:8000'"]);
    with(UVICORN, &compose("    ports: ['80:8000']\n")).clean();
    with(
        UVICORN,
        &compose("    command: python other.py\n    ports: ['80:80']\n"),
    )
    .clean();
    on(&RULE)
        .compose("services:\n  db:\n    image: postgres:17\n    ports: ['5432:5433']\n")
        .flags(&["4: '5432:5433'"]);
    on(&RULE)
        .compose("services:\n  db:\n    image: postgres:17\n    environment: {PGPORT: 5433}\n    ports: ['5432:5433']\n")
        .clean();
}

#[test]
fn all_others_outvote_one() {
    let exposed = "FROM acme/base\nEXPOSE 8080\nCMD [\"server\"]\n";
    with(exposed, &workload("ports: [{containerPort: 8081}]", "8080"))
        .flags(&["k.yaml:12: 8081"])
        .says(&["`containerPort` of `web` is 8081, and everything else says 8080"]);
    with(
        exposed,
        &workload(
            "ports: [{containerPort: 8080}]\n        readinessProbe: {httpGet: {port: 8081}}",
            "8080",
        ),
    )
    .flags(&["k.yaml:13: 8081"]);
    // One against one: the container's port is the copy.
    with(
        exposed,
        &workload("ports: [{name: h, containerPort: 8081}]", "h"),
    )
    .flags(&["k.yaml:12: 8081"]);
    with(
        "FROM acme/base\nCMD [\"server\"]\n",
        &format!(
            "{}//- /compose.yaml\nservices:\n  web:\n    build: web\n    image: ghcr.io/acme/web\n    ports: ['80:8080']\n",
            workload("ports: [{name: h, containerPort: 8081}]", "h")
        ),
    )
    .flags(&["k.yaml:12: 8081"]);
    with(
        "FROM acme/base\nEXPOSE 8080\nCMD [\"server\"]\n",
        "//- /compose.yaml\nservices:\n  web:\n    build: web\n    ports: ['80:8000']\n",
    )
    .flags(&["compose.yaml:4: '80:8000'"]);
}

#[test]
fn ports_that_no_container_declares_are_left_to_their_own_rule() {
    with(UVICORN, &workload("ports: [{containerPort: 8000}]", "8080")).clean();
    with(
        "FROM acme/base\nEXPOSE 8080\nCMD [\"server\"]\n",
        &workload("ports: [{containerPort: 8080}]", "8081"),
    )
    .clean();
}

#[test]
fn what_something_else_may_decide_is_left_alone() {
    with(
        "FROM python:3.13\nCMD uvicorn a:b --port $PORT\n",
        &workload("ports: [{containerPort: 8080}]", "8080"),
    )
    .clean();
    with(
        "FROM python:3.13\nCMD gunicorn -b :${PORT:-8000} a\n",
        &workload(
            "env: [{name: PORT, value: '8080'}]\n        ports: [{containerPort: 8080}]",
            "8080",
        ),
    )
    .clean();
    with(
        "FROM acme/base\nEXPOSE 8080\nCMD [\"server\"]\n",
        &workload(
            "args: [-p, '9000']\n        ports: [{containerPort: 9000}]",
            "9000",
        ),
    )
    .clean();
    with(
        "FROM acme/base\nEXPOSE 8080\nCMD [\"server\"]\n",
        &workload(
            "env: [{name: LISTEN_ADDR, value: ':9000'}]\n        ports: [{containerPort: 9000}]",
            "9000",
        ),
    )
    .clean();
    with(
        "FROM nginx:1.29\nCOPY gone.conf /etc/nginx/conf.d/default.conf\n",
        &workload("ports: [{containerPort: 8080}]", "8080"),
    )
    .clean();
}

#[test]
fn other_ports_of_a_program_are_left_alone() {
    with(UVICORN, &workload("ports: [{containerPort: 8000}]", "8000")).clean();
    with(
        "FROM acme/base\nCMD [\"/server\", \"--port=8080\"]\n",
        &workload(
            "ports: [{containerPort: 8080}, {containerPort: 9090}]",
            "8080",
        ),
    )
    .clean();
    with(
        "FROM acme/base\nCMD [\"/server\", \"--port=8080\"]\n",
        &workload("ports: [{name: metrics, containerPort: 9090}]", "metrics"),
    )
    .clean();
    with(
        "FROM acme/base\nEXPOSE 8080\nEXPOSE 9090\nCMD [\"server\"]\n",
        &workload(
            "ports: [{containerPort: 8080}]\n        livenessProbe: {httpGet: {port: 9090}}",
            "8080",
        ),
    )
    .clean();
    with(
        "FROM acme/base\nCMD [\"server\"]\n",
        &workload("ports: [{containerPort: 8080}]", "8080"),
    )
    .clean();
}

#[test]
fn a_variable_that_the_image_sets_to_the_same_is_left_alone() {
    let proxied = |port: u16| {
        on(&RULE).files(&format!(
            "//- /Dockerfile\nFROM acme/caddy\nENV PORT=8080\nEXPOSE 3170\nCMD [\"/run\"]\n//- \
             /compose.yaml\nservices:\n  web:\n    build: .\n    environment: [PORT={port}]\n    \
             ports: ['3170:3170']\n"
        ))
    };
    proxied(8080).clean();
    proxied(8081).flags(&["compose.yaml:4: PORT"]);
}

#[test]
fn a_variable_that_gives_the_exposed_port_moves_nothing() {
    let dockerfile =
        |ports: &str| format!("FROM node:22\nEXPOSE {ports}\nCMD [\"npm\", \"start\"]\n");
    let env = |value: u16| {
        workload(
            &format!(
                "ports: [{{containerPort: 5013}}]\n        env: [{{name: MEDIA_PORT, value: '{value}'}}]"
            ),
            "5003",
        )
    };
    with(&dockerfile("5003"), &env(5003))
        .flags(&["k.yaml:12: 5013"])
        .says(&["`containerPort` of `web` is 5013, and everything else says 5003"]);
    // Another one may be what the container's port means.
    with(&dockerfile("5003"), &env(5013)).clean();
    // One of several may be moved to.
    with(&dockerfile("5003 6003"), &env(5003)).clean();
}

#[test]
fn the_others_decide_where_the_program_may_listen_elsewhere_too() {
    // Rails takes its port from a file of its own.
    let rails = "FROM ruby:3.4\nEXPOSE 3000\nCMD [\"rails\", \"server\", \"-b\", \"0.0.0.0\"]\n";
    let compose = "//- /compose.yaml\nservices:\n  web:\n    build: web\n    ports: ['80:3000']\n";
    let all = |ports: &str| format!("{compose}{}", workload(ports, "3000"));
    with(rails, &all("ports: [{containerPort: 3000}]")).clean();
    with(rails, &all("ports: [{containerPort: 4000}]"))
        .flags(&["k.yaml:12: 4000"])
        .says(&["`containerPort` of `web` is 4000, and everything else says 3000"]);
    // One that is told a port and may have another.
    let told = "FROM debian:13\nEXPOSE 3000\nCMD [\"serve\", \"--port\", \"3000\"]\n";
    with(told, &all("ports: [{containerPort: 4000}]")).flags(&["k.yaml:12: 4000"]);
    with(
        told,
        &all("ports: [{containerPort: 3000}]\n        livenessProbe: {httpGet: {port: 3001}}"),
    )
    .flags(&["k.yaml:13: 3001"]);
    with(
        told,
        &all("ports: [{containerPort: 3000}, {containerPort: 3001}]\n        livenessProbe: {httpGet: {port: 3001}}"),
    )
    .clean();
}

#[test]
fn a_server_that_does_not_say_its_port_is_not_the_one_beside_it() {
    let files = |start: &str| {
        format!(
            "//- /web/run.sh\n#!/bin/sh\n{start}\n{}",
            workload("ports: [{containerPort: 3000}]", "3000")
        )
    };
    let image = "FROM ruby:3.4\nCOPY run.sh /\nCMD [\"/run.sh\"]\n";
    with(image, &files("redis-server &\nexec rails server")).clean();
}

#[test]
fn a_variable_of_an_overlay_may_decide() {
    let files = |env: &str| {
        let base =
            workload("ports: [{containerPort: 5400}]", "5400").replace("/k.yaml", "/base/k.yaml");
        format!(
            "{base}//- /base/kustomization.yaml\nresources: [k.yaml]\n//- /prod/kustomization.yaml\nresources: [../base]\npatches:\n- patch: |-\n    apiVersion: apps/v1\n    kind: Deployment\n    metadata: {{name: web}}\n    spec: {{template: {{spec: {{containers: [{{name: web, env: [{{name: {env}, value: x}}]}}]}}}}}}\n"
        )
    };
    with(UVICORN, &files("LOG_LEVEL")).flags(&["base/k.yaml:12: 5400"]);
    with(UVICORN, &files("DB_PORT")).flags(&["base/k.yaml:12: 5400"]);
    with(UVICORN, &files("UVICORN_PORT")).clean();
}

#[test]
fn a_port_that_the_source_of_such_a_server_names_is_not_wrong() {
    let vite = |port: &str| {
        format!(
            "FROM node:22\nCOPY . .\nEXPOSE 5173\nCMD [\"vite\"]\n//- /web/vite.config.ts\nexport default {{server: {{port: {port}}}}}\n//- /web/a.ts\n\n"
        )
    };
    let compose = "//- /compose.yaml\nservices:\n  web:\n    build: web\n    ports: ['80:3000']\n";
    with(&vite("3000"), compose).clean();
    with(&vite("5173"), compose).flags(&["compose.yaml:4: '80:3000'"]);
}

#[test]
fn a_program_of_asp_net_that_says_its_address_keeps_it() {
    let with = |source: &str| {
        with(
            "FROM mcr.microsoft.com/dotnet/aspnet:9.0\nENV ASPNETCORE_URLS=http://+:8080\n\
             ENTRYPOINT [\"dotnet\", \"A.dll\"]\n",
            &format!(
                "//- /web/Program.cs\n{source}\n{}",
                workload("ports: [{containerPort: 5040}]", "5040")
            ),
        )
    };
    with("k => k.ListenAnyIP(5040)").clean();
    with("var app = builder.Build();").flags(&["k.yaml:12: 5040"]);
}

#[test]
fn exposed_port_that_the_healthcheck_contradicts() {
    let image = |exposed: u16, rest: &str| {
        format!("FROM acme/jre\nEXPOSE {exposed}\n{rest}CMD [\"/run\"]\n")
    };
    let check = "HEALTHCHECK CMD curl -f http://localhost:8081/health\n";
    let moved = workload(
        "env: [{name: SERVER_PORT, value: '8081'}]\n        ports: [{containerPort: 8081}]",
        "8081",
    );
    with(&image(9081, check), &moved)
        .flags(&["web/Dockerfile:2: 9081"])
        .says(&["EXPOSE of `web` is 9081, and everything else says 8081"]);
    with(&image(8081, check), &moved).clean();
    // Without the check the program may listen on what it exposes until a variable moves it.
    with(&image(9081, ""), &moved).clean();
    // A runner that says the exposed port has another opinion.
    let other = workload(
        "env: [{name: SERVER_PORT, value: '9081'}]\n        ports: [{containerPort: 9081}]",
        "9081",
    );
    with(&image(9081, check), &other).clean();
}

#[test]
fn php_fpm_is_asked_by_a_web_server() {
    let help = |port: u16| {
        let ports = format!("ports: [{{containerPort: {port}}}]");
        let case = with(
            "FROM php:8.4-fpm\nEXPOSE 9000\n",
            &workload(&ports, &port.to_string()),
        );
        case.findings.first().and_then(|found| found.help.clone())
    };
    let told = help(80).expect("nobody listens on 80");
    assert!(told.starts_with("put a web server in front"), "{told}");
    assert_eq!(help(9000), None);
}

/// A program that starts by a script nobody can read, in several roles.
fn stray(liveness: &str, rest: &str, compose: &str) -> Case {
    let ports = format!(
        "ports: [{{name: http, containerPort: 8000}}]\n        livenessProbe: {{httpGet: {{{liveness}}}}}\n        readinessProbe: {{httpGet: {{path: /up, port: 8000}}}}{rest}"
    );
    let dockerfile =
        "FROM acme/base\nCOPY . .\nEXPOSE 8000\nEXPOSE 8080\nENTRYPOINT [\"start-container\"]\n";
    with(
        dockerfile,
        &format!(
            "//- /web/app.rb\nserve(9100)\n//- /compose.yaml\nservices:\n  web:\n    build: web\n    ports: ['80:8000']\n{compose}{}",
            workload(&ports, "8000")
        ),
    )
}

#[test]
fn a_probe_that_strays_is_found_whatever_the_program_is() {
    let roles = "  live:\n    build: web\n    ports: ['81:8080']\n";
    stray("path: /up, port: 8010", "", roles)
        .flags(&["k.yaml:13: 8010"])
        .says(&["`livenessProbe` of `web` is 8010, and everything else says 8000"]);
    // The other port of the image, one that the source names, one that a variable or an argument
    // gives.
    stray("path: /up, port: 8080", "", roles).clean();
    stray("path: /up, port: 9100", "", roles).clean();
    stray(
        "path: /up, port: 8010",
        "\n        env: [{name: CHECKS, value: ':8010'}]",
        roles,
    )
    .clean();
    stray(
        "path: /up, port: 8010",
        "\n        args: [--checks=8010]",
        roles,
    )
    .clean();
    // Two that agree, another part of the program, a container beside it.
    stray(
        "path: /up, port: 8010",
        "\n        startupProbe: {httpGet: {path: /up, port: 8010}}",
        roles,
    )
    .clean();
    stray("path: /checks, port: 8010", "", roles).clean();
    stray(
        "path: /up, port: 8010",
        "\n      - name: side\n        image: acme/side:1",
        roles,
    )
    .clean();
}

#[test]
fn a_port_beside_the_one_that_a_variable_tells_is_found() {
    let case = |container: u16, variables: &str| {
        let ports = format!(
            "env: [{variables}]\n        ports: [{{name: http, containerPort: {container}}}]\n        livenessProbe: {{httpGet: {{path: /api/health, port: 18080}}}}\n        readinessProbe: {{httpGet: {{path: /ready, port: 18080}}}}"
        );
        with(
            "FROM acme/base\nCOPY . .\nEXPOSE 8080\nENTRYPOINT [\"/web\"]\n",
            &format!(
                "//- /web/main.go\naddress := getEnv(\"WEB_ADDR\", \":8080\")\n//- /compose.yaml\nservices:\n  web:\n    build: web\n    ports: ['18080:18080']\n    environment: {{WEB_ADDR: ':18080'}}\n{}",
                workload(&ports, "18080")
            ),
        )
    };
    let told = "{name: WEB_ADDR, value: ':18080'}";
    case(19080, told)
        .flags(&["k.yaml:13: 19080"])
        .says(&["`containerPort` of `web` is 19080, and everything else says 18080"]);
    case(18080, told).clean();
    // What nothing tells, several addresses, and a port that the source names.
    case(19080, "{name: OTHER, value: ':18080'}").clean();
    case(
        19080,
        &format!("{told}, {{name: ADMIN_ADDR, value: ':7000'}}"),
    )
    .clean();
    case(8080, told).clean();
}
