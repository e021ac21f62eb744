//! Tests of listening ports.

use std::sync::Arc;

use plimsoll_project::{Options, Project};
use plimsoll_testkit::{Fixture, tree};

use super::{Claim, Listening, claims};
use crate::Links;
use crate::facts::environment::Environment;
use crate::facts::image::Image;
use crate::facts::runner::Runner;

fn show(found: &Listening) -> Vec<String> {
    let mut lines: Vec<String> = found
        .ports
        .iter()
        .map(|one| {
            let by = one
                .variable
                .as_ref()
                .map_or(String::new(), |name| format!(" ${name}"));
            let within = one
                .within
                .as_ref()
                .map_or(String::new(), |(path, line)| format!(" @{path}:{line}"));
            format!("{} {:?}{by}{within}", one.port, one.strength)
        })
        .collect();
    if found.open {
        lines.push("open".into());
    }
    if found.whole {
        lines.push("whole".into());
    }
    lines
}

fn with<T>(files: &str, ask: impl FnOnce(&Project, &Links<'_>) -> T) -> T {
    let tree = tree(&Fixture::parse("Dockerfile", files));
    let project = Project::load(Arc::new(tree), &Options::default());
    let links = Links::new(&project);
    ask(&project, &links)
}

#[track_caller]
fn image(files: &str, expected: &[&str]) {
    with(files, |project, _| {
        let image = Image::new(project, 0, 0).expect("a stage");
        assert_eq!(show(&Listening::of_image(image)), expected, "{files}");
    });
}

#[track_caller]
fn cmd(words: &str, expected: &[&str]) {
    image(&format!("FROM python:3.13\nCMD {words}\n"), expected);
}

#[test]
fn servers_say_it_on_their_command_lines() {
    cmd(
        "[\"uvicorn\", \"a:b\", \"--port\", \"8001\"]",
        &["8001 Evident", "whole"],
    );
    cmd(
        "[\"python\", \"-m\", \"uvicorn\", \"a:b\", \"--port=8001\"]",
        &["8001 Evident", "whole"],
    );
    cmd(
        "exec gunicorn -w 2 -b 0.0.0.0:${PORT:-8000} a",
        &["8000 Evident $PORT", "whole"],
    );
    cmd("gunicorn -b :$PORT a", &["open"]);
    cmd("[\"gunicorn\", \"-c\", \"x.py\", \"a\"]", &["open"]);
    cmd(
        "[\"gunicorn\", \"-c\", \"x.py\", \"-b:80\", \"a\"]",
        &["80 Evident", "whole"],
    );
    cmd(
        "[\"flask\", \"run\", \"--host\", \"0.0.0.0\"]",
        &["5000 Evident $FLASK_RUN_PORT", "whole"],
    );
    cmd(
        "python manage.py migrate && python manage.py runserver 0.0.0.0:8080",
        &["8080 Evident", "whole"],
    );
    cmd(
        "[\"streamlit\", \"run\", \"a.py\", \"--server.port=8502\"]",
        &["8502 Evident", "whole"],
    );
    cmd(
        "[\"python\", \"-m\", \"http.server\"]",
        &["8000 Evident", "whole"],
    );
    cmd(
        "[\"npx\", \"serve\", \"-s\", \"build\", \"-l\", \"5000\"]",
        &["5000 Evident", "whole"],
    );
    cmd(
        "[\"php\", \"-S\", \"0.0.0.0:81\"]",
        &["81 Evident", "whole"],
    );
    cmd(
        "[\"java\", \"-Dserver.port=8082\", \"-jar\", \"a.jar\"]",
        &["8082 Evident"],
    );
    cmd(
        "[\"/bin/api\", \"-port=8082\", \"--metrics\"]",
        &["8082 Evident"],
    );
    cmd(
        "[\"/bin/api\", \"--listen-address\", \":9000\"]",
        &["9000 Evident"],
    );
    cmd(
        "[\"redis-server\", \"--port\", \"6380\"]",
        &["6380 Evident", "whole"],
    );
    cmd(
        "[\"bundle\", \"exec\", \"puma\", \"-p\", \"3001\"]",
        &["3001 Evident", "whole"],
    );
}

#[test]
fn what_is_not_said_is_not_known() {
    cmd("[\"python\", \"app.py\"]", &[]);
    cmd("[\"node\", \"server.js\"]", &[]);
    cmd("[\"mysql\", \"--port\", \"3306\"]", &[]);
    cmd("[\"vite\"]", &[]);
    cmd("[\"java\", \"-jar\", \"a.jar\"]", &[]);
    cmd("a --port 80 & b", &[]);
    // Another process may listen too.
    cmd("helper & exec uvicorn a:b", &["8000 Evident $UVICORN_PORT"]);
}

#[test]
fn variables_of_the_image_count() {
    image(
        "FROM node:22\nENV PORT=3005\nCMD [\"next\", \"start\"]\n",
        &["3005 Evident $PORT", "whole"],
    );
    image(
        "FROM mcr.microsoft.com/dotnet/aspnet:8.0\nENTRYPOINT [\"dotnet\", \"a.dll\"]\n",
        &["8080 Usual"],
    );
    image(
        "FROM mcr.microsoft.com/dotnet/aspnet:8.0\nENV ASPNETCORE_URLS=http://+:5000;https://+:5001\nENTRYPOINT [\"dotnet\", \"a.dll\"]\n",
        &[
            "5000 Evident $ASPNETCORE_URLS",
            "5001 Evident $ASPNETCORE_URLS",
        ],
    );
}

#[test]
fn nginx_is_read() {
    image(
        "FROM nginx:1.29\nCOPY dist /usr/share/nginx/html\n",
        &["80 Usual", "whole"],
    );
    let conf = "//- /nginx.conf\nserver {\n  listen 8080 default_server;\n  listen [::]:8080;\n  # listen 1;\n}\n";
    image(
        &format!(
            "FROM nginx:1.29\nCOPY nginx.conf /etc/nginx/conf.d/default.conf\nCMD [\"nginx\", \"-g\", \"daemon off;\"]\n{conf}"
        ),
        &["8080 Evident @nginx.conf:2", "whole"],
    );
    image(
        &format!("FROM nginx:1.29\nCOPY nginx.conf /etc/nginx/conf.d/\n{conf}"),
        &["8080 Evident @nginx.conf:2", "80 Usual", "whole"],
    );
    image(
        "FROM nginx:1.29\nCOPY gone.conf /etc/nginx/conf.d/default.conf\n",
        &["open"],
    );
    image(
        "FROM nginx:1.29\nENV P=81\nCOPY t /etc/nginx/templates/default.conf.template\n//- /t\nserver { listen ${P}; }\n",
        &["81 Evident $P @t:1", "whole"],
    );
    image(
        "FROM nginx:1.29\nRUN sed -i s/80/8080/ /etc/nginx/conf.d/default.conf\n",
        &["open"],
    );
}

#[test]
fn runners_say_otherwise() {
    let check = |rest: &str, expected: &[&str]| {
        let files = format!(
            "//- /compose.yaml\nservices:\n  web:\n    build: .\n{rest}//- /Dockerfile\nFROM node:22\nCMD [\"next\", \"start\"]\n"
        );
        with(&files, |_, links| {
            let runner = Runner::Service(links.services().next().expect("a service"));
            let image = links.image_of(&runner).map(|(image, _)| image);
            assert_eq!(
                show(&Listening::of(links, &runner, image)),
                expected,
                "{rest}"
            );
        });
    };
    check("", &["3000 Evident $PORT", "whole"]);
    check(
        "    environment: {PORT: 3001}\n",
        &["3001 Evident $PORT", "whole"],
    );
    check("    environment: [PORT]\n", &["open"]);
    check(
        "    command: next start -p 3002\n",
        &["3002 Evident", "whole"],
    );
    check("    command: [node, a.js]\n", &[]);
}

#[test]
fn claims_have_their_places() {
    let files = "//- /compose.yaml\nservices:\n  web:\n    build: .\n    ports: ['80:8000', '53:53/udp']\n    expose: [8001]\n    healthcheck: {test: curl http://localhost:8002/}\n//- /Dockerfile\nFROM a\nEXPOSE 8000 9000/udp\nHEALTHCHECK CMD curl localhost:8003/x\n//- /k.yaml\napiVersion: v1\nkind: Pod\nmetadata: {name: web, labels: {app: web}}\nspec:\n  containers:\n  - name: web\n    image: web\n    env: [{name: PORT, value: '8007'}]\n    ports: [{name: http, containerPort: 8004}, {name: metrics, containerPort: 9}]\n    livenessProbe: {tcpSocket: {port: 8005}}\n    readinessProbe: {httpGet: {port: http}}\n---\napiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {selector: {app: web}, ports: [{port: 8006}, {port: 1, targetPort: http}]}\n";
    with(files, |project, links| {
        let text = |claim: &Claim| {
            let aside = if claim.aside { " aside" } else { "" };
            let name = if claim.by_name { " by name" } else { "" };
            format!(
                "{} {:?} {}{aside}{name}",
                claim.port,
                claim.kind,
                project.files.text(claim.place)
            )
        };
        let service = Runner::Service(links.services().next().expect("a service"));
        let found: Vec<_> = claims(links, &service, &Environment::default())
            .iter()
            .map(text)
            .collect();
        assert_eq!(
            found,
            [
                "8000 Target '80:8000'",
                "8001 ServiceExposes 8001",
                "8002 ServiceHealthcheck http://localhost:8002/",
            ]
        );
        let (image, _) = links.image_of(&service).expect("built here");
        let found: Vec<_> = Claim::of_image(image).iter().map(text).collect();
        assert_eq!(
            found,
            ["8000 Exposed 8000", "8003 Healthcheck localhost:8003/x"]
        );
        let pod = links
            .objects()
            .iter()
            .map(|(object, _)| object)
            .find(|object| !links.containers(*object).is_empty())
            .expect("a pod");
        let runner = Runner::Container(links.containers(pod)[0]);
        let found: Vec<_> = claims(links, &runner, &Environment::default())
            .iter()
            .map(text)
            .collect();
        assert_eq!(
            found,
            [
                "8004 ContainerPort 8004",
                "9 ContainerPort 9 aside",
                "8004 Probe(Readiness) http by name",
                "8005 Probe(Liveness) 8005",
                "8006 ServiceTarget 8006",
                "8004 ServiceTarget http by name",
                "8007 Variable PORT",
            ]
        );
    });
}

#[test]
fn a_port_that_several_workloads_are_given_is_that_of_none() {
    let given = |second: &str| {
        let pod = |name: &str| {
            format!(
                "apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}}}\nspec:\n  containers:\n  - name: c\n    image: a:1\n    envFrom: [{{configMapRef: {{name: all}}}}]\n"
            )
        };
        let text = format!(
            "//- /k.yaml\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: all}}\ndata: {{PORT: '8000'}}\n---\n{}---\n{}",
            pod("a"),
            pod(second)
        );
        with(&text, |_, links| {
            let mut objects = links.objects().iter().map(|(object, _)| object);
            let pod = objects
                .find(|object| !links.containers(*object).is_empty())
                .expect("a pod");
            let runner = Runner::Container(links.containers(pod)[0]);
            claims(links, &runner, &Environment::default()).len()
        })
    };
    assert_eq!(given("b"), 0);
    // The same, as another environment has it.
    assert_eq!(given("a"), 1);
}

#[test]
fn what_is_left_in_the_background_is_not_what_the_container_is_for() {
    let beside = ["6379 Evident", "open"];
    cmd(
        "redis-server --port 6379 --daemonize yes && python app.py",
        &beside,
    );
    cmd("redis-server --port 6379 & python app.py", &beside);
    // Of a server in front more is known, and what stays in front is the container's own.
    cmd(
        "redis-server --port 6379 --daemonize yes && uvicorn a:b --port 8000",
        &["6379 Evident", "8000 Evident"],
    );
    cmd(
        "redis-server --port 6379 --daemonize no",
        &["6379 Evident", "whole"],
    );
}

#[test]
fn settings_of_nginx_may_come_by_another_stage() {
    let listens = |step: &str| {
        let files = format!(
            "FROM node:24 AS b\nWORKDIR /app\nCOPY . .\n{step}FROM nginx:1.29\nCOPY --from=b /app/nginx.conf \
             /etc/nginx/conf.d/default.conf\n//- /nginx.conf\nserver {{ listen 8080; }}\n"
        );
        with(&files, |project, _| {
            let image = Image::new(project, 0, 1).expect("a stage");
            show(&Listening::of_image(image))
        })
    };
    assert_eq!(
        listens("RUN npm run build\n"),
        ["8080 Evident @nginx.conf:1", "whole"]
    );
    assert_eq!(listens("RUN sed -i s/8080/81/ nginx.conf\n"), ["open"]);
}

#[test]
fn kestrel_is_told_its_endpoints() {
    let listens = |env: &str| {
        format!(
            "FROM mcr.microsoft.com/dotnet/aspnet:10.0\n{env}ENTRYPOINT [\"dotnet\", \"a.dll\"]\n"
        )
    };
    let urls = "ENV ASPNETCORE_URLS=http://+:8080\n";
    image(&listens(urls), &["8080 Evident $ASPNETCORE_URLS"]);
    // They count more than the addresses.
    image(
        &listens(&format!(
            "{urls}ENV Kestrel__Endpoints__Http__Url=http://0.0.0.0:5003\n"
        )),
        &["5003 Evident $Kestrel__Endpoints__Http__Url"],
    );
    image(
        &listens("ENV Kestrel__Endpoints__Http__Url=$WHERE\n"),
        &["open"],
    );
}

#[test]
fn serve_is_a_program_where_node_is() {
    let served = |base: &str, step: &str| format!("FROM {base}\n{step}CMD [\"serve\"]\n");
    image(&served("node:24", ""), &["3000 Evident $PORT", "whole"]);
    image(
        &served("acme/web", "RUN npm install -g serve\n"),
        &["3000 Evident $PORT", "whole"],
    );
    image(&served("ollama/ollama:0.12", ""), &[]);
    // Ray's.
    image(
        "FROM node:24\nCMD [\"serve\", \"run\", \"app.yaml\"]\n",
        &[],
    );
}
