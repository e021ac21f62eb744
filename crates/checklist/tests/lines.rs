//! Checklists of small services, line by line.

use std::sync::Arc;

use plimsoll_checklist::{Line, ServiceList, Status, checklists, selection};
use plimsoll_links::Links;
use plimsoll_project::{Options, Project};
use plimsoll_rules::{Date, RULES, Selection};
use plimsoll_source::MemoryTree;

const TODAY: Date = Date {
    year: 2026,
    month: 11,
    day: 26,
};

/// The checklists of a project with these files, and the project.
fn of(files: &[(&str, &str)]) -> (Project, Vec<ServiceList>) {
    let mut tree = MemoryTree::new();
    for (path, text) in files {
        tree.insert(*path, *text);
    }
    let project = Project::load(Arc::new(tree), &Options::default());
    let lists = {
        let links = Links::new(&project);
        let selection = selection(Selection::on(TODAY));
        let findings = plimsoll_rules::check_linked(&links, &selection).findings;
        checklists(&links, &findings)
    };
    (project, lists)
}

fn line<'l>(service: &'l ServiceList, id: &str) -> &'l Line {
    let mut lines = service.sections.iter().flat_map(|section| &section.lines);
    lines
        .find(|line| line.id == id)
        .expect("there is such a line")
}

/// `path:line text` of the evidence of a line.
fn shown(project: &Project, line: &Line) -> Vec<String> {
    let evidence = line.evidence.iter().map(|evidence| {
        let file = project.files.get(evidence.place.file);
        let at = file.line_col(evidence.place.range.start).line;
        format!("{}:{at} {}", file.path, evidence.text)
    });
    evidence.collect()
}

const DEPLOYMENT: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      terminationGracePeriodSeconds: 45
      containers:
        - name: web
          image: acme/web:1.4
          ports: [{name: http, containerPort: 8080}]
          resources:
            requests: {cpu: 100m, memory: 64Mi}
            limits: {memory: 128Mi}
          readinessProbe:
            httpGet: {path: /ready, port: http}
            periodSeconds: 5
            failureThreshold: 4
          startupProbe:
            httpGet: {path: /live, port: http}
            initialDelaySeconds: 2
            periodSeconds: 3
            failureThreshold: 10
";

#[test]
fn every_line_rests_on_rules_that_exist() {
    let (_, lists) = of(&[("k8s/web.yaml", DEPLOYMENT)]);
    let mut ids = Vec::new();
    for line in lists[0].sections.iter().flat_map(|section| &section.lines) {
        assert!(!ids.contains(&line.id), "{} twice", line.id);
        ids.push(line.id);
        for rule in line.rules {
            let exists = RULES.iter().any(|other| other.id == *rule);
            assert!(exists, "{} asks for {rule}", line.id);
        }
    }
}

#[test]
fn a_service_is_what_builds_and_runs_it() {
    let (project, lists) = of(&[
        (
            "web/Dockerfile",
            "FROM scratch\nCOPY app /app\nUSER 1000\nENTRYPOINT [\"/app\"]\n",
        ),
        ("web/app", "x"),
        (
            "compose.yaml",
            "services:\n  web:\n    image: acme/web\n    build: web\n    depends_on:\n      db: {condition: service_healthy}\n  db:\n    image: postgres:17\n    healthcheck: {test: [CMD, pg_isready]}\n    volumes: [data:/var/lib/postgresql/data]\nvolumes: {data: {}}\n",
        ),
        ("k8s/web.yaml", DEPLOYMENT),
        (
            "k8s/service.yaml",
            "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {selector: {app: web}, ports: [{port: 80, targetPort: http}]}\n",
        ),
        (
            "worker/Dockerfile",
            "FROM scratch\nCOPY w /w\nUSER 1000\nENTRYPOINT [\"/w\"]\n",
        ),
    ]);
    let names: Vec<&str> = lists.iter().map(|list| list.name.as_str()).collect();
    // What `web` only depends on is no service of this project.
    assert_eq!(names, ["web", "worker"]);
    let labels: Vec<&str> = lists[0]
        .parts
        .iter()
        .map(|(label, _)| label.as_str())
        .collect();
    assert_eq!(
        labels,
        [
            "web/Dockerfile",
            "service/web",
            "Deployment/web",
            "Service/web"
        ]
    );
    let web = &lists[0];
    let gated = line(web, "backing-services-gated");
    assert_eq!(gated.status, Status::Pass);
    assert_eq!(
        shown(&project, gated),
        ["compose.yaml:6 waits until `db` is healthy"]
    );
    assert_eq!(
        shown(&project, line(web, "data-in-volumes")),
        ["compose.yaml:10 `db` keeps its data in the volume `data`"]
    );
    assert_eq!(
        shown(&project, line(web, "ports-agree")),
        [
            "k8s/web.yaml:14 containerPort 8080 `http`",
            "k8s/web.yaml:22 startupProbe asks port http",
            "k8s/web.yaml:18 readinessProbe asks port http",
            "k8s/service.yaml:4 Service port 80 to http",
        ]
    );
    assert_eq!(line(web, "tls").status, Status::NotApplicable);
    let worker = &lists[1];
    assert_eq!(line(worker, "selector").status, Status::NotApplicable);
    assert_eq!(line(worker, "non-root-user").status, Status::Pass);
}

#[test]
fn probes_say_what_they_tolerate() {
    let (project, lists) = of(&[("web.yaml", DEPLOYMENT)]);
    let web = &lists[0];
    assert_eq!(
        shown(&project, line(web, "readiness")),
        ["web.yaml:18 `web` gets no traffic after 20 s without an answer (4 × 5 s)"]
    );
    assert_eq!(
        shown(&project, line(web, "startup")),
        ["web.yaml:22 `web` may take 32 s to start (2 s + 10 × 3 s)"]
    );
    assert_eq!(line(web, "liveness").status, Status::Fail);
    assert_eq!(
        shown(&project, line(web, "graceful-stop")),
        ["web.yaml:10 45 s to stop"]
    );
}

#[test]
fn classes_and_standards_say_what_they_mean() {
    let (project, lists) = of(&[("web.yaml", DEPLOYMENT)]);
    let class = line(&lists[0], "qos-class");
    assert_eq!(class.status, Status::Pass);
    assert!(
        class.summary.starts_with("Burstable: "),
        "{}",
        class.summary
    );
    let standard = line(&lists[0], "pod-security");
    assert_eq!(standard.status, Status::Fail);
    assert_eq!(standard.summary, "meets baseline; kept from restricted by:");
    assert_eq!(shown(&project, standard).len(), 4);

    let guaranteed = DEPLOYMENT
        .replace("cpu: 100m, memory: 64Mi", "cpu: 1, memory: 128Mi")
        .replace("limits: {memory: 128Mi}", "limits: {cpu: 1, memory: 128Mi}");
    let (_, lists) = of(&[("web.yaml", &guaranteed)]);
    assert!(
        line(&lists[0], "qos-class")
            .summary
            .starts_with("Guaranteed: ")
    );

    let none = DEPLOYMENT.replace("requests: {cpu: 100m, memory: 64Mi}", "requests: {}");
    let none = none.replace("limits: {memory: 128Mi}", "limits: {}");
    let (_, lists) = of(&[("web.yaml", &none)]);
    let class = line(&lists[0], "qos-class");
    assert_eq!(class.status, Status::Fail);
    assert!(
        class.summary.starts_with("BestEffort: "),
        "{}",
        class.summary
    );

    let privileged = DEPLOYMENT.replace("    spec:\n", "    spec:\n      hostNetwork: true\n");
    let (project, lists) = of(&[("web.yaml", &privileged)]);
    let standard = line(&lists[0], "pod-security");
    assert_eq!(standard.summary, "meets privileged; kept from baseline by:");
    assert!(
        shown(&project, standard)[0].starts_with("web.yaml:10 "),
        "{standard:?}"
    );
}

#[test]
fn a_failing_rule_fails_the_line_with_its_place() {
    let hpa = "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: web}\nspec:\n  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}\n  minReplicas: 2\n  maxReplicas: 9\n  metrics:\n    - type: Resource\n      resource: {name: cpu, target: {type: Utilization, averageUtilization: 60}}\n    - type: Pods\n      pods: {metric: {name: queue}, target: {type: AverageValue, averageValue: 5}}\n";
    let (project, lists) = of(&[("k8s/web.yaml", DEPLOYMENT), ("k8s/hpa.yaml", hpa)]);
    let web = &lists[0];
    let fixed = line(web, "no-fixed-replicas");
    assert_eq!(fixed.status, Status::Fail);
    assert_eq!(fixed.evidence[0].rule, Some("hpa-fixed-replicas"));
    assert!(shown(&project, fixed)[0].starts_with("k8s/web.yaml:5 "));
    assert_eq!(
        shown(&project, line(web, "autoscaler-bounds")),
        ["k8s/hpa.yaml:7 2 to 9 replicas"]
    );
    let metrics = line(web, "metrics-source");
    assert_eq!(
        metrics.summary,
        "the cluster must have metrics-server and an adapter for custom metrics"
    );
    assert_eq!(
        shown(&project, metrics),
        [
            "k8s/hpa.yaml:10 cpu at 60 % of its request",
            "k8s/hpa.yaml:12 metric `queue`"
        ]
    );
}

#[test]
fn a_load_balancer_behind_an_ingress_is_one_way_in_too_many() {
    let service = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec:\n  type: LoadBalancer\n  selector: {app: web}\n  ports: [{port: 80, targetPort: http}]\n";
    let ingress = "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: web}\nspec:\n  defaultBackend: {service: {name: web, port: {number: 80}}}\n";
    let alone = [("k8s/web.yaml", DEPLOYMENT), ("k8s/service.yaml", service)];
    let (_, lists) = of(&alone);
    assert_eq!(line(&lists[0], "service-type").status, Status::Pass);
    let (project, lists) = of(&[alone[0], alone[1], ("k8s/ingress.yaml", ingress)]);
    let fits = line(&lists[0], "service-type");
    assert_eq!(fits.status, Status::Fail);
    assert_eq!(
        shown(&project, fits),
        [
            "k8s/service.yaml:5 type LoadBalancer",
            "k8s/ingress.yaml:2 reached through Ingress/web"
        ]
    );
}

#[test]
fn the_context_says_what_is_sent_and_needed() {
    let (project, lists) = of(&[
        (
            "Dockerfile",
            "FROM node:22-slim\nWORKDIR /app\nCOPY . .\nUSER 1000\nCMD [\"node\", \"a.js\"]\n",
        ),
        (".dockerignore", "docs\n"),
        ("a.js", "x"),
        ("docs/a.md", "0123456789"),
        ("node_modules/m/index.js", "0123456789"),
    ]);
    let bulk = line(&lists[0], "context-bulk");
    let texts = shown(&project, bulk);
    let facts = plimsoll_rules::context_sizes(&project, &project.dockerfiles[0]).expect("known");
    assert_eq!(facts.folder - facts.visible, 10);
    assert_eq!(facts.sent - facts.needed, 10);
    assert!(!texts.is_empty());
}

#[test]
fn profiles_and_overrides_are_resolved() {
    const MAIN: &str = "services:\n  web:\n    build: .\n  tool:\n    image: acme/tool:1\n    \
                        profiles: [debug]\n";
    let files = |over| {
        [
            ("Dockerfile", "FROM python:3.13-slim\nCMD [\"a\"]\n"),
            ("compose.yaml", MAIN),
            ("compose.override.yaml", over),
        ]
    };
    let (project, lists) = of(&files("services:\n  web:\n    ports: [\"80:80\"]\n"));
    let agrees = line(&lists[0], "compose-agrees");
    assert_eq!(agrees.status, Status::Pass);
    assert_eq!(
        shown(&project, agrees),
        ["compose.yaml:1 2 services with `compose.override.yaml`, profile `debug`"]
    );
    let (project, lists) = of(&files("services:\n  web:\n    extends: {service: gone}\n"));
    let agrees = line(&lists[0], "compose-agrees");
    assert_eq!(agrees.status, Status::Fail);
    assert!(
        shown(&project, agrees)[0].starts_with("compose.override.yaml:3 "),
        "{:?}",
        shown(&project, agrees)
    );
}
