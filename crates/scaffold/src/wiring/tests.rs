use super::{Carrier, beside, carrier};
use crate::model::{Backing, Evidence, Known, Stack, StaticSite, Variable};

fn variable(name: &str, backing: Option<Backing>) -> Variable {
    Variable {
        name: Known::stated(name.to_owned(), Evidence::line("app.py", 1, "reads it")),
        default: None,
        secret: false,
        required: false,
        backing,
    }
}

fn stack() -> Stack {
    Stack::Static(StaticSite {
        folder: Known::assumed(".".to_owned(), "a test"),
    })
}

#[track_caller]
fn value(name: &str, backing: Backing, expected: &str) {
    let value = beside(&variable(name, Some(backing)), &stack(), "shop");
    assert_eq!(value.as_deref().unwrap_or("-"), expected);
}

#[test]
fn names_say_which_part_of_an_address_they_hold() {
    let password = "${POSTGRES_PASSWORD:?set it in .env}";
    value(
        "DATABASE_URL",
        Backing::Postgres,
        &format!("postgresql://shop:{password}@postgres:5432/shop"),
    );
    value("DB_PASSWORD", Backing::Postgres, password);
    value("DB_HOST", Backing::Postgres, "postgres");
    // Laravel's name of a driver.
    value("DB_CONNECTION", Backing::Postgres, "-");
    value("PGPORT", Backing::Postgres, "-");
    value("POSTGRES_PORT", Backing::Postgres, "5432");
    value("POSTGRES_DB", Backing::Postgres, "shop");
    value("DB_USER", Backing::Postgres, "shop");
    value("CELERY_BROKER_URL", Backing::Redis, "redis://redis:6379/0");
    value("KAFKA_BROKERS", Backing::Kafka, "kafka:9092");
    value("REDIS_PASSWORD", Backing::Redis, "-");
    value("S3_ENDPOINT", Backing::S3, "http://objects:9090");
}

#[test]
fn sqlalchemy_is_told_its_driver_where_its_own_may_be_missing() {
    let found = |requirements: &str, code: &str| {
        let text = format!(
            "//- /requirements.txt\nfastapi\nuvicorn\n{requirements}\n//- /main.py\nimport os\nfrom fastapi import FastAPI\napp = FastAPI()\n{code}\n"
        );
        let tree =
            plimsoll_testkit::fixture::tree(&plimsoll_testkit::fixture::Fixture::parse("x", &text));
        let survey = crate::detect::survey(&tree, "", &crate::detect::Told::default());
        let stack = survey.services[0].stack.clone();
        let url = variable("DATABASE_URL", Some(Backing::Postgres));
        let value = beside(&url, &stack, "shop").unwrap_or_default();
        value.split("://").next().unwrap_or_default().to_owned()
    };
    let code = "engine = create_engine(os.environ['DATABASE_URL'])";
    for (requirements, code, scheme) in [
        (
            "sqlalchemy>=2.1\npsycopg2-binary",
            code,
            "postgresql+psycopg2",
        ),
        ("sqlalchemy\npsycopg2", code, "postgresql+psycopg2"),
        ("sqlalchemy==2.0.44\npsycopg2", code, "postgresql"),
        (
            "sqlalchemy==2.0.44\npsycopg[binary]",
            code,
            "postgresql+psycopg",
        ),
        ("sqlalchemy>=2.1\npsycopg", code, "postgresql"),
        ("sqlalchemy\nasyncpg", code, "postgresql"),
        ("psycopg2", code, "postgresql"),
        (
            "sqlalchemy\npsycopg2",
            "psycopg2.connect(os.environ['DATABASE_URL'])",
            "postgresql",
        ),
    ] {
        assert_eq!(found(requirements, code), scheme, "{requirements}");
    }
}

#[test]
fn the_code_s_default_knows_the_driver() {
    let mut url = variable("DATABASE_URL", Some(Backing::Postgres));
    url.default = Some("postgresql+asyncpg://localhost/x".to_owned());
    let value = beside(&url, &stack(), "shop").unwrap();
    assert!(value.starts_with("postgresql+asyncpg://shop:"), "{value}");
    url.default = Some("${evil}://localhost/x".to_owned());
    assert!(
        beside(&url, &stack(), "shop")
            .unwrap()
            .starts_with("postgresql://")
    );
}

#[test]
fn addresses_of_backing_services_are_secret() {
    let carried = |name, backing| carrier(&variable(name, backing));
    assert_eq!(
        carried("DATABASE_URL", Some(Backing::Postgres)),
        Carrier::Secret
    );
    assert_eq!(carried("DB_HOST", Some(Backing::Postgres)), Carrier::Config);
    assert_eq!(carried("DEBUG", None), Carrier::Unset);
}

#[test]
fn the_only_database_is_what_a_variable_of_the_database_leads_to() {
    let mut service = crate::samples::payments();
    service.environment = vec![variable("DATABASE_URL", None), variable("DB_ECHO", None)];
    let running = crate::plan::running(&service).unwrap();
    let backing =
        |service: &crate::model::Service| super::wires(service, &running)[0].variable.backing;
    assert_eq!(backing(&service), Some(Backing::Postgres));
    service
        .backing
        .push(crate::samples::said(Backing::Mongodb, 1));
    assert_eq!(backing(&service), None);
}
