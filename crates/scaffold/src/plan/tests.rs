use super::running;
use crate::model::{
    Certainty, Evidence, Go, GoMain, HealthPurpose, HealthRoute, Known, Node, NodeManager,
    NodeOutput, Port, Python, PythonManager, Service, Stack, StaticSite,
};

fn said<T>(value: T) -> Known<T> {
    Known::stated(value, Evidence::line("file", 1, "it says so"))
}

fn service(stack: Stack, start: Option<&str>, port: Option<u16>) -> Service {
    Service {
        name: said("api".to_owned()),
        folder: String::new(),
        context: String::new(),
        stack,
        start: start.map(|start| said(start.split(' ').map(str::to_owned).collect())),
        port: port.map(|number| {
            said(Port {
                number,
                variable: Some("PORT".to_owned()),
                loopback: false,
            })
        }),
        health: Vec::new(),
        environment: Vec::new(),
        backing: Vec::new(),
        migration: None,
        processes: Vec::new(),
        timers: Vec::new(),
        writes: Vec::new(),
        libraries: Vec::new(),
        pages: Vec::new(),
        questions: Vec::new(),
    }
}

fn python() -> Stack {
    Stack::Python(Python {
        version: said("3.13".to_owned()),
        manager: said(PythonManager::Uv),
        framework: None,
        manifests: vec!["pyproject.toml".to_owned(), "uv.lock".to_owned()],
        lock: Some("uv.lock".to_owned()),
        package: false,
        needs: Vec::new(),
        sources: vec!["app".to_owned()],
        application: None,
        server: None,
        collects_static: false,
        postgres_driver: None,
    })
}

fn go() -> Stack {
    Stack::Go(Go {
        version: said("1.26".to_owned()),
        main: said(GoMain {
            package: "cmd/api".to_owned(),
            binary: "api".to_owned(),
        }),
        manifests: vec!["go.mod".to_owned()],
        module: String::new(),
        sources: vec!["cmd".to_owned()],
        cgo: None,
        vendored: false,
        assets: Vec::new(),
    })
}

fn node(output: NodeOutput) -> Stack {
    Stack::Node(Node {
        version: said("24".to_owned()),
        bun: false,
        manager: said(NodeManager::Pnpm),
        manager_version: None,
        framework: None,
        manifests: vec!["package.json".to_owned()],
        lock: None,
        member: None,
        build: None,
        output: said(output),
        sources: vec!["src".to_owned()],
        has_dependencies: true,
        prisma: false,
    })
}

#[track_caller]
fn command(stack: Stack, start: Option<&str>, expected: &str) {
    let running = running(&service(stack, start, Some(8000))).unwrap();
    assert_eq!(running.command.value.join(" "), expected);
    assert!(!running.command.evidence.is_empty());
}

#[test]
fn commands_are_given_as_the_image_has_them() {
    command(
        python(),
        Some("uv run --no-dev uvicorn app:app"),
        "uvicorn app:app --host 0.0.0.0",
    );
    command(python(), Some("uv run main.py"), "python main.py");
    command(go(), None, "/usr/local/bin/api");
    command(go(), Some("go run ./cmd/api -v"), "/usr/local/bin/api -v");
    command(go(), Some("./bin/api serve"), "/usr/local/bin/api serve");
    command(go(), Some("sh run.sh"), "sh run.sh");
    let sources = || node(NodeOutput::Sources);
    command(sources(), Some("pnpm start"), "npm run start");
    command(
        sources(),
        Some("yarn run serve --fast"),
        "npm run serve -- --fast",
    );
    command(sources(), Some("npx next start"), "next start --port 8000");
    command(
        node(NodeOutput::Static("dist".to_owned())),
        Some("vite preview"),
        "nginx -g daemon off;",
    );
}

#[test]
fn ports_of_root_are_left_or_asked_for() {
    let listens = |variable: Option<&str>, start: &str, certainty: Certainty| {
        let mut one = service(go(), Some(start), Some(80));
        let port = one.port.as_mut().expect("it has one");
        port.value.variable = variable.map(str::to_owned);
        port.certainty = certainty;
        let running = running(&one).expect("it starts");
        let low = running.needs_low_port();
        (running.port.expect("it listens").value, low)
    };
    let stated = Certainty::Stated;
    assert_eq!(listens(None, "./api", stated), (80, true));
    assert_eq!(listens(Some("PORT"), "./api", stated), (8080, false));
    assert_eq!(listens(Some("PORT"), "./api -l :80", stated), (80, true));
    assert_eq!(listens(Some("PORT"), "./api", Certainty::Told), (80, true));
}

#[test]
fn nothing_runs_without_a_start() {
    assert!(running(&service(python(), None, Some(8000))).is_none());
    assert!(running(&service(node(NodeOutput::Sources), None, None)).is_none());
}

#[test]
fn a_site_listens_where_its_server_does() {
    let site = Stack::Static(StaticSite {
        folder: said(".".to_owned()),
    });
    let running = running(&service(site, None, Some(80))).unwrap();
    assert_eq!(running.port.unwrap().value, 8080);
    assert_eq!(running.health.readiness.unwrap().value, "/healthz");
}

#[test]
fn a_route_for_readiness_restarts_nothing() {
    let mut service = service(go(), None, Some(8000));
    service.health.push(said(HealthRoute {
        path: "/ready".to_owned(),
        purpose: HealthPurpose::Readiness,
    }));
    let running = running(&service).unwrap();
    assert!(running.health.liveness.is_none());
    assert_eq!(
        running.healthcheck.unwrap().value,
        ["/usr/local/bin/healthcheck", "http://127.0.0.1:8000/ready"]
    );
}

#[test]
fn a_route_cannot_leave_its_quotes() {
    let mut service = service(python(), Some("python main.py"), Some(8000));
    service.health.push(said(HealthRoute {
        path: "/a'); import os; ('$HOME\n".to_owned(),
        purpose: HealthPurpose::General,
    }));
    let check = running(&service).unwrap().healthcheck.unwrap().value;
    assert_eq!(
        check[2],
        "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/aimportosHOME', timeout=2)"
    );
}

#[test]
fn what_is_written_gets_a_volume_or_is_told() {
    let mut service = service(python(), Some("python main.py"), None);
    for path in [
        "uploads/",
        "/var/lib/api/x.db",
        "db.sqlite3",
        "/tmp/x",
        "../../etc",
    ] {
        service.writes.push(said(path.to_owned()));
    }
    let running = running(&service).unwrap();
    let values = |known: &[Known<String>]| -> Vec<String> {
        known.iter().map(|known| known.value.clone()).collect()
    };
    assert_eq!(
        values(&running.writable),
        ["/app/uploads", "/etc", "/tmp", "/var/lib/api"]
    );
    assert_eq!(values(&running.unwritable), ["/app/db.sqlite3"]);
    assert!(running.healthcheck.is_none());
}

#[test]
fn settings_say_why() {
    let running = running(&service(python(), Some("gunicorn a:b"), Some(9000))).unwrap();
    let settings: Vec<String> = running
        .environment
        .iter()
        .map(|setting| format!("{}={}", setting.name, setting.value.value))
        .collect();
    assert_eq!(
        settings,
        [
            "PATH=/app/.venv/bin:$PATH",
            "PYTHONDONTWRITEBYTECODE=1",
            "PYTHONUNBUFFERED=1",
            "HOME=/tmp",
            "PORT=9000",
        ]
    );
    assert_eq!(running.environment[4].value.certainty, Certainty::Stated);
    assert_eq!(running.grace.value, 40);
}
