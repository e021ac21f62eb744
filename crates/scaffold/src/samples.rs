//! Services by hand, for tests of what is written from them.

use crate::model::{
    Backing, Evidence, HealthPurpose, HealthRoute, Known, Node, NodeManager, NodeOutput, Port,
    Process, ProcessKind, Python, PythonManager, Service, Stack, Survey, Variable,
};
use crate::wishes::Wishes;

pub(crate) fn said<T>(value: T, line: u32) -> Known<T> {
    Known::stated(value, Evidence::line("src/main.py", line, "it says so"))
}

fn words(text: &str) -> Vec<String> {
    text.split(' ').map(str::to_owned).collect()
}

fn variable(name: &str, default: Option<&str>, required: bool) -> Variable {
    Variable {
        name: said(name.to_owned(), 3),
        default: default.map(str::to_owned),
        secret: ["KEY", "TOKEN", "PASSWORD"]
            .iter()
            .any(|word| name.ends_with(word)),
        required,
        backing: None,
    }
}

fn to(backing: Backing, name: &str) -> Variable {
    Variable {
        backing: Some(backing),
        ..variable(name, None, true)
    }
}

fn bare(name: &str, stack: Stack) -> Service {
    Service {
        name: said(name.to_owned(), 1),
        folder: String::new(),
        context: String::new(),
        stack,
        start: None,
        port: None,
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
        version: said("3.13".to_owned(), 2),
        manager: said(PythonManager::Uv, 2),
        framework: None,
        manifests: vec!["pyproject.toml".to_owned(), "uv.lock".to_owned()],
        lock: Some("uv.lock".to_owned()),
        package: false,
        needs: Vec::new(),
        sources: vec!["src".to_owned()],
        application: None,
        server: None,
        collects_static: false,
        postgres_driver: None,
    })
}

fn route(path: &str, purpose: HealthPurpose) -> Known<HealthRoute> {
    let route = HealthRoute {
        path: path.to_owned(),
        purpose,
    };
    said(route, 20)
}

/// A Python service with all that there can be.
pub(crate) fn payments() -> Service {
    let port = Port {
        number: 8000,
        variable: None,
        loopback: false,
    };
    let process = |name: &str, kind, command: &str| Process {
        name: name.to_owned(),
        kind,
        command: said(words(command), 40),
    };
    Service {
        start: Some(said(words("uvicorn payments.main:app --port 8000"), 10)),
        port: Some(said(port, 11)),
        health: vec![
            route("/health/live", HealthPurpose::Liveness),
            route("/health/ready", HealthPurpose::Readiness),
        ],
        environment: vec![
            to(Backing::Postgres, "DATABASE_URL"),
            variable("DEBUG_TOOLBAR", None, false),
            variable("LOG_LEVEL", Some("INFO"), false),
            variable("PUBLIC_URL", None, true),
            to(Backing::Redis, "REDIS_URL"),
            variable("SENTRY_TOKEN", None, false),
            variable("STRIPE_KEY", None, true),
        ],
        backing: vec![said(Backing::Postgres, 30), said(Backing::Redis, 31)],
        migration: Some(said(words("alembic upgrade head"), 35)),
        processes: vec![
            process(
                "worker",
                ProcessKind::Worker,
                "celery -A payments.tasks worker",
            ),
            process(
                "beat",
                ProcessKind::Scheduler,
                "celery -A payments.tasks beat",
            ),
            process(
                "settle-accounts",
                ProcessKind::Cron("0 3 * * *".to_owned()),
                "python -m payments.settle",
            ),
        ],
        writes: vec![said("/app/uploads".to_owned(), 50)],
        ..bare("payments", python())
    }
}

/// A Node service without anything beside it and without a health route.
pub(crate) fn web() -> Service {
    let port = Port {
        number: 3000,
        variable: Some("PORT".to_owned()),
        loopback: false,
    };
    let stack = Stack::Node(Node {
        version: said("24".to_owned(), 2),
        bun: false,
        manager: said(NodeManager::Npm, 2),
        manager_version: None,
        framework: None,
        manifests: vec!["package.json".to_owned(), "package-lock.json".to_owned()],
        lock: Some("package-lock.json".to_owned()),
        member: None,
        build: None,
        output: said(NodeOutput::Sources, 2),
        sources: vec!["src".to_owned()],
        has_dependencies: true,
        prisma: false,
    });
    Service {
        start: Some(said(words("node src/index.js"), 4)),
        port: Some(said(port, 5)),
        ..bare("web", stack)
    }
}

/// A Python program that serves nothing.
pub(crate) fn mailer() -> Service {
    Service {
        start: Some(said(words("python -m mailer"), 4)),
        environment: vec![to(Backing::Rabbitmq, "RABBITMQ_URL")],
        backing: vec![said(Backing::Rabbitmq, 7)],
        ..bare("mailer", python())
    }
}

/// Surveys with their names.
pub(crate) fn surveys() -> Vec<(&'static str, Survey)> {
    let survey = |services: Vec<Service>| Survey {
        services,
        refusals: Vec::new(),
    };
    let placed = |folder: &str, service: Service| Service {
        folder: folder.to_owned(),
        context: folder.to_owned(),
        ..service
    };
    vec![
        ("payments", survey(vec![payments()])),
        ("web", survey(vec![web()])),
        ("mailer", survey(vec![mailer()])),
        (
            "shop",
            survey(vec![
                placed("services/mailer", mailer()),
                placed("services/payments", payments()),
                placed("web", web()),
            ]),
        ),
    ]
}

pub(crate) fn wishes(project: &str) -> Wishes {
    Wishes {
        project: project.to_owned(),
        ..Wishes::default()
    }
}
