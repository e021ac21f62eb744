//! Tests of secrets in Compose files.

use plimsoll_source::Severity;

use super::RULE;
use crate::testing::{Case, on};

fn environment(lines: &str) -> Case {
    on(&RULE).compose(&format!(
        "services:\n  web:\n    image: acme/web:1\n{lines}"
    ))
}

#[test]
fn secrets_are_found_in_both_forms() {
    environment("    environment:\n      JWT_SECRET: b5f1c9e27d\n").flags(&["5: b5f1c9e27d"]);
    environment("    environment:\n      - \"STRIPE_API_KEY=b5f1c9e27d\"\n")
        .flags(&["5: b5f1c9e27d"]);
    environment("    build:\n      args: {NPM_TOKEN: b5f1c9e27d}\n").flags(&["5: b5f1c9e27d"]);
}

#[test]
fn passwords_inside_addresses_are_found() {
    environment("    environment:\n      DATABASE_URL: postgresql://pay:q8-fjw2@db/pay\n")
        .flags(&["5: q8-fjw2"]);
    environment("    environment:\n      - DSN=Server=db;User Id=sa;Password=Qj2-8fkw\n")
        .flags(&["5: Qj2-8fkw"]);
}

#[test]
fn passwords_among_arguments_are_found() {
    environment("    command: redis-server --requirepass q8-fjw2 --port 1\n")
        .flags(&["4: q8-fjw2"]);
    environment("    command: [serve, '--admin-password=q8-fjw2']\n").flags(&["4: q8-fjw2"]);
    environment("    command: [serve, --api-key, 'q8-fjw2']\n").flags(&["4: 'q8-fjw2'"]);
}

#[test]
fn the_variable_in_the_advice_has_a_name() {
    let help = |text: &str| on(&RULE).compose(text).help();
    let file = |rest: &str| format!("services:\n  doc-db:\n    image: acme/x:1\n    {rest}\n");
    let found = help(&file("command: [\"--password\", \"kJ8x2mQ9vT4w\"]"));
    assert!(
        found.contains("`${DOC_DB_PASSWORD:?}`") && !found.contains("mount"),
        "{found}"
    );
    let found = help(
        "services:\n  a-b:\n    environment: {DB_PASS: kJ8x2mQ9vT4w}\n  c:\n    environment: {DB_PASS: kJ8x2mQ9vT4x}\n",
    );
    assert!(found.contains("`${A_B_DB_PASS:?}`"), "{found}");
    let found = help(&file("environment: {APP_SECRET_KEY: kJ8x2mQ9vT4w}"));
    assert!(
        found.contains("`${APP_SECRET_KEY:?}`") && found.contains("mount"),
        "{found}"
    );
    let found = help(&file(
        "environment: {CACHE_URL: \"redis://u:kJ8x2mQ9vT4w@c/0\"}",
    ));
    assert!(found.contains("`${CACHE_PASSWORD:?}`"), "{found}");
}

#[test]
fn one_value_in_two_places_is_one_finding() {
    let case = on(&RULE).compose(
        "services:\n  db:\n    image: postgres:16\n    environment:\n      \
         POSTGRES_PASSWORD: q8-fjw2\n  web:\n    image: acme/web:1\n    environment:\n      \
         DATABASE_URL: postgresql://pay:q8-fjw2@db/pay\n",
    );
    assert_eq!(case.findings[0].related.len(), 1);
    case.flags(&["5: q8-fjw2"]);
}

#[test]
fn a_value_shared_by_an_anchor_is_one_finding() {
    on(&RULE)
        .compose(
            "x-env: &env\n  API_TOKEN: q8-fjw2\nservices:\n  a:\n    image: a:1\n    \
             environment: *env\n  b:\n    image: a:1\n    environment:\n      <<: *env\n",
        )
        .flags(&["2: q8-fjw2"]);
}

#[test]
fn what_anyone_would_guess_is_a_note_unless_the_port_is_open() {
    let weak = "    environment:\n      ADMIN_PASSWORD: admin\n";
    let note = environment(weak);
    assert_eq!(note.findings[0].severity, Severity::Note);
    let open = environment(&format!("{weak}    ports: ['5432:5432']\n"));
    assert_eq!(open.findings[0].severity, Severity::Warning);
    let local = environment(&format!("{weak}    ports: ['127.0.0.1:5432:5432']\n"));
    assert_eq!(local.findings[0].severity, Severity::Note);
    // The password of a database is asked for by the database, not by its clients.
    let client = "    environment:\n      DB_PASSWORD: postgres\n    ports: ['80:80']\n";
    assert_eq!(environment(client).findings[0].severity, Severity::Note);
}

#[test]
fn only_who_asks_for_a_password_counts_as_open() {
    let severity = |image: &str, name: &str, web: &str| {
        let case = on(&RULE).compose(&format!(
            "services:\n  ledger:\n    image: {image}\n    environment: {{{name}: admin}}\n    \
             ports: ['127.0.0.1:8123:8123']\n  web:\n    image: {web}\n    environment:\n      \
             {name}: admin\n    ports: ['80:80']\n"
        ));
        case.findings[0].severity
    };
    let house = "clickhouse/clickhouse-server:26.3";
    assert_eq!(
        severity(house, "A_CLICKHOUSE_PASSWORD", "acme/web:1"),
        Severity::Note
    );
    assert_eq!(
        severity("postgres:18", "LEDGER_PASSWORD", "acme/web:1"),
        Severity::Note
    );
    assert_eq!(
        severity(house, "ADMIN_PASSWORD", "acme/web:1"),
        Severity::Warning
    );
    assert_eq!(
        severity(house, "MINIO_ROOT_PASSWORD", "minio/minio:1"),
        Severity::Warning
    );
}

#[test]
fn services_that_nothing_can_start_are_for_the_pedantic() {
    let file = |head: &str, value: &str, more: &str| {
        on(&RULE).files(&format!(
            "//- /docs/compose.expanded.yml\n{head}services:\n  hub:\n    environment: {{HUB_PASSWORD: {value}}}\n\
             {more}//- /x\n1\n"
        ))
    };
    let base = "//- /docker-compose.yml\nservices: {hub: {image: 'acme/hub:1'}}\n";
    file("", "admin", "").quiet_by_default();
    file("", "admin", base).loud_by_default();
    file("# Diagnostic snapshot for the hub.\n", "admin", base).quiet_by_default();
    file("", "kJ8x2mQ9vT4w", "").loud_by_default();
    on(&RULE)
        .files(
            "//- /compose.override.yml\nservices:\n  hub:\n    environment: {HUB_PASSWORD: admin}\n",
        )
        .loud_by_default();
}

#[test]
fn keys_for_signing_webhooks_in_development_are_for_the_pedantic() {
    let with = |line: &str| environment(&format!("    environment:\n      {line}\n"));
    with("WEBHOOK_SECRET: dev-webhook-secret-do-not-use-in-production").quiet_by_default();
    with("WEBHOOK_SECRET: secret").loud_by_default();
    with("JWT_SIGNING_KEY: dev-signing-key").loud_by_default();
    with("WEBHOOK_SECRET: kJ8x2mQ9vT4w").loud_by_default();
}

#[test]
fn nobody_asks_for_a_password_that_is_switched_off() {
    let file = |switch: &str| {
        on(&RULE).compose(&format!(
            "services:\n  search:\n    image: elasticsearch:9.2.0\n    environment:\n      \
             {switch}\n  web:\n    image: acme/web:1\n    environment:\n      \
             OPENSEARCH_CONNECTOR_PASSWORD: admin\n"
        ))
    };
    file("- xpack.security.enabled=false").clean();
    file("DISABLE_SECURITY_PLUGIN: 'true'").clean();
    file("- xpack.security.enabled=true").flags(&["9: admin"]);
}

#[test]
fn a_credential_is_an_error_whatever_it_is_called() {
    let token = format!("ghp_{}", "a1B2".repeat(9));
    let case = environment(&format!("    environment:\n      UPSTREAM: {token}\n"));
    assert_eq!(case.findings[0].severity, Severity::Error);
    assert!(!format!("{:?}", case.findings[0].message).contains(&token));
}

#[test]
fn values_kept_elsewhere_are_left_alone() {
    for line in [
        "POSTGRES_PASSWORD: ${POSTGRES_PASSWORD}",
        "POSTGRES_PASSWORD: ${POSTGRES_PASSWORD:?}",
        "POSTGRES_PASSWORD:",
        "POSTGRES_PASSWORD: ''",
        "POSTGRES_PASSWORD_FILE: /run/secrets/db",
        "SECRET_KEY: /run/secrets/key",
        "MYSQL_ALLOW_EMPTY_PASSWORD: 'yes'",
        "DATABASE_URL: postgresql://pay:${DB_PASSWORD}@db/pay",
        "TOKEN_URL: https://auth.test/token",
        "ACCESS_TOKEN_EXPIRE: 15m",
        "PROXY_PASS: http://web:8080",
    ] {
        environment(&format!("    environment:\n      {line}\n")).clean();
    }
    environment("    command: redis-server --requirepass $${REDIS_PASSWORD}\n").clean();
    environment("    command: redis-server --requirepass ${REDIS_PASSWORD}\n").clean();
    environment("    command: [serve, --password-file, /run/secrets/x]\n").clean();
}

#[test]
fn defaults_and_files_of_tests_are_for_the_pedantic() {
    environment("    environment:\n      API_TOKEN: ${API_TOKEN:-q8-fjw2}\n")
        .flags(&["5: q8-fjw2"])
        .quiet_by_default();
    let text = "services:\n  db:\n    image: postgres:16\n    environment:\n      \
                POSTGRES_PASSWORD: test\n";
    on(&RULE)
        .files(&format!("//- /docker-compose.test.yml\n{text}"))
        .flags(&["5: test"])
        .quiet_by_default();
    let with = |path: &str, value: &str| {
        on(&RULE).files(&format!(
            "//- /{path}\nservices:\n  a: {{image: 'b:1', environment: {{JWT_SECRET: {value}}}}}\n"
        ))
    };
    let told = "test-secret-key-for-testing-purposes-only-32chars";
    with("docker-compose.test.yml", told).quiet_by_default();
    with("docker-compose.yml", told).loud_by_default();
    with("docker-compose.test.yml", "kJ8x2mQ9vT4wcontest").loud_by_default();
}

#[test]
fn an_address_that_is_a_default_is_for_the_pedantic() {
    let case = on(&RULE).compose(
        "services:\n  web:\n    image: a:1\n    environment:\n      DATABASE_URL: ${DATABASE_URL:-postgresql://shop:shop@db/shop}\n",
    );
    let case = case.quiet_by_default();
    let help = case.findings[0].help.as_deref().unwrap();
    assert!(help.starts_with("drop the default"), "{help}");
}

#[test]
fn a_script_that_passes_the_value_on_is_named() {
    let case = on(&RULE).compose(
        "services:\n  db:\n    image: mariadb:11\n    environment:\n      MYSQL_ROOT_PASSWORD: admin\n  setup:\n    image: a:1\n    command:\n      - >\n        new-site --db-root-password=admin --x;\n",
    );
    let help = case.findings[0].help.as_deref().unwrap();
    assert!(
        help.ends_with("; line 10 passes the same value on"),
        "{help}"
    );
}
