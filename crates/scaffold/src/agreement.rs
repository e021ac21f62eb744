//! What every generated file has to keep to, and that they say the same.

use crate::model::{Known, Survey};
use crate::samples::{mailer, payments, surveys, web, wishes};
use crate::wishes::{Secrets, Wishes};
use crate::written::Written;
use crate::{chart, compose, manifests};

fn all(survey: &Survey, wishes: &Wishes) -> Vec<Written> {
    let mut files = compose::write(survey, wishes);
    files.extend(manifests::write(survey, wishes));
    files.extend(chart::write(survey, wishes));
    files
}

fn each(mut look: impl FnMut(&str, &Survey, &Wishes, Vec<Written>)) {
    for (name, survey) in surveys() {
        for kustomize in [false, true] {
            for secrets in [
                Secrets::Reference,
                Secrets::Sealed,
                Secrets::External,
                Secrets::Vault,
            ] {
                let wishes = Wishes {
                    secrets,
                    kustomize,
                    ..wishes(name)
                };
                look(name, &survey, &wishes, all(&survey, &wishes));
            }
        }
    }
}

fn text(files: &[Written], path: &str) -> String {
    let file = files.iter().find(|file| file.path == path);
    file.unwrap_or_else(|| panic!("{path} is not written"))
        .text()
}

#[test]
fn every_line_rests_on_something_and_no_path_is_written_twice() {
    each(|name, _, _, files| {
        let mut paths: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
        for file in &files {
            assert!(!file.blocks.is_empty(), "{name}: {}", file.path);
            for block in &file.blocks {
                assert!(
                    !block.evidence.is_empty(),
                    "{name}: {}: {}",
                    file.path,
                    block.text
                );
                assert!(block.text.ends_with('\n'), "{name}: {}", file.path);
            }
        }
        let count = paths.len();
        paths.sort_unstable();
        paths.dedup();
        assert_eq!(paths.len(), count, "{name}");
    });
}

#[test]
fn templates_stay_in_charts() {
    each(|name, _, _, files| {
        for file in files {
            let is_template = file.path.contains("/templates/");
            assert!(
                is_template || !file.text().contains("{{"),
                "{name}: {}",
                file.path
            );
        }
    });
}

#[test]
fn no_secret_has_a_value_anywhere() {
    let mut service = payments();
    for variable in &mut service.environment {
        if variable.secret || variable.backing.is_some() {
            variable.default = Some("correct-horse".to_owned());
        }
    }
    let survey = Survey {
        services: vec![service],
        refusals: Vec::new(),
    };
    for file in all(&survey, &wishes("payments")) {
        assert!(!file.text().contains("correct-horse"), "{}", file.path);
    }
}

#[test]
fn a_service_is_the_same_everywhere() {
    let survey = Survey {
        services: vec![payments()],
        refusals: Vec::new(),
    };
    let files = all(&survey, &wishes("payments"));
    let compose = text(&files, "compose.yaml");
    let plain = text(&files, "k8s/deployment.yaml");
    let template = text(&files, "chart/templates/deployment.yaml");
    assert!(compose.contains("127.0.0.1:8000:8000"));
    for deployment in [&plain, &template] {
        assert!(deployment.contains("containerPort: 8000"));
        assert!(deployment.contains("runAsUser: 10001"));
        assert!(deployment.contains("mountPath: /app/uploads"));
        assert!(deployment.contains("path: /health/ready"));
    }
    for path in ["k8s/migration.yaml", "chart/templates/migration.yaml"] {
        assert!(text(&files, path).contains(r#"command: ["alembic", "upgrade", "head"]"#));
    }
    assert!(compose.contains(r#"entrypoint: ["alembic", "upgrade", "head"]"#));
}

#[test]
fn without_a_health_route_probes_ask_the_port_and_say_so() {
    let survey = Survey {
        services: vec![web()],
        refusals: Vec::new(),
    };
    let files = all(&survey, &wishes("web"));
    let deployment = text(&files, "k8s/deployment.yaml");
    assert_eq!(deployment.matches("tcpSocket:").count(), 3);
    assert!(deployment.contains("No health route was found"));
    assert!(!deployment.contains("httpGet"));
}

#[test]
fn what_listens_on_no_port_has_no_service() {
    let survey = Survey {
        services: vec![mailer()],
        refusals: Vec::new(),
    };
    let files = all(&survey, &wishes("mailer"));
    let has = |path: &str| files.iter().any(|file| file.path == path);
    assert!(has("k8s/deployment.yaml") && !has("k8s/service.yaml") && !has("k8s/ingress.yaml"));
    assert!(!text(&files, "k8s/deployment.yaml").contains("Probe"));
    assert!(!text(&files, "compose.yaml").contains("ports:"));
}

#[test]
fn dollars_and_braces_of_commands_stay_what_they_are() {
    let mut service = web();
    let words = ["sh", "-c", "echo $HOME $(date) {{x}} \"y\""];
    let words = words.iter().map(|word| (*word).to_owned()).collect();
    service.migration = service.start.as_ref().map(|start| Known {
        value: words,
        ..start.clone()
    });
    let survey = Survey {
        services: vec![service],
        refusals: Vec::new(),
    };
    let files = all(&survey, &wishes("web"));
    let line = |path: &str, key: &str| {
        let text = text(&files, path);
        let mut lines = text.lines().map(str::trim);
        lines.find(|line| line.starts_with(key)).unwrap().to_owned()
    };
    assert_eq!(
        line("compose.yaml", "entrypoint:"),
        r#"entrypoint: ["sh", "-c", "echo $$HOME $$(date) {{x}} \"y\""]"#
    );
    assert_eq!(
        line("k8s/migration.yaml", "command:"),
        r#"command: ["sh", "-c", "echo $HOME $$(date) {{x}} \"y\""]"#
    );
    assert_eq!(
        line("chart/templates/migration.yaml", "command:"),
        r#"command: ["sh", "-c", "echo $HOME $$(date) {{ "{{" }}x}} \"y\""]"#
    );
}
