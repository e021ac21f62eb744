use std::collections::BTreeSet;
use std::fmt::Write as _;

use plimsoll_source::MemoryTree;
use plimsoll_yaml::{Dialect, Node, parse};

use super::{Build, Builds, Charted, Source, translate};
use crate::generate::Artefact;
use crate::model::Evidence;
use crate::wishes::{Secrets, Wishes};

fn charted(files: &[(&str, &str)]) -> Charted {
    wished(files, &[Artefact::Chart], Wishes::default())
}

fn wished(files: &[(&str, &str)], only: &[Artefact], wishes: Wishes) -> Charted {
    let mut tree = MemoryTree::new();
    for (path, text) in files {
        tree.insert(*path, *text);
    }
    let wishes = Wishes {
        project: "shop".to_owned(),
        ..wishes
    };
    let build = Build {
        context: "api".to_owned(),
        dockerfile: "Dockerfile".to_owned(),
        target: Some("runtime".to_owned()),
        has_healthcheck: false,
        why: vec![Evidence::line("api/Dockerfile", 1, "it builds the image")],
    };
    let builds = Builds::from([("ghcr.io/example/api:1.4.0".to_owned(), build)]);
    translate(&Source {
        tree: &tree,
        wishes: &wishes,
        builds: &builds,
        is_ours: &|_| false,
        only: &only.iter().copied().collect::<BTreeSet<_>>(),
    })
}

const SHOP: &[(&str, &str)] = &[
    ("deploy/api.yaml", include_str!("shop_api.yaml")),
    ("deploy/rest.yaml", include_str!("shop_rest.yaml")),
];

fn composed() -> Charted {
    wished(SHOP, &[Artefact::Compose], Wishes::default())
}

fn text(charted: &Charted, path: &str) -> String {
    let file = charted.written.iter().find(|file| file.path == path);
    file.map_or_else(|| panic!("{path} is not written"), |file| file.text())
}

const WEB: &str = "# The web.
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
spec:
  replicas: 3 # enough
  template:
    spec:
      containers:
        - name: web
          image: 'ghcr.io/example/web:1.2'
          args: [\"--format={{.Name}}\"]
          env:
            - name: LOG_LEVEL
              value: info
            - {name: DB_PASSWORD, value: hunter2}
          resources:
            requests: {cpu: 1, memory: 64Mi}
            limits:
              memory: 128Mi
";

#[test]
fn what_differs_becomes_a_value_and_the_rest_stays() {
    let charted = charted(&[("k8s/web.yaml", WEB)]);
    let template = text(&charted, "chart/templates/web.yaml");
    assert!(template.starts_with("# The web.\n"), "{template}");
    for line in [
        "namespace: {{ .Release.Namespace | quote }}",
        "replicas: {{ .Values.web.replicas }} # enough",
        "image: {{ printf \"%s:%s\" .Values.web.image.repository .Values.web.image.tag | quote }}",
        "value: {{ index .Values.web.env \"LOG_LEVEL\" | quote }}",
        "args: [\"--format={{ \"{{\" }}.Name}}\"]",
        "{name: DB_PASSWORD, value: hunter2}",
    ] {
        assert!(template.contains(line), "{line}\n{template}");
    }
    assert!(
        template.contains("{{- toYaml .Values.web.resources | nindent 12 }}\n"),
        "{template}"
    );
    let values = text(&charted, "chart/values.yaml");
    assert!(
        values.contains("cpu: 1\n") && values.contains("memory: \"64Mi\""),
        "{values}"
    );
    assert!(!values.contains("hunter2"));
}

#[test]
fn what_is_not_taken_is_told() {
    let charted = charted(&[
        (
            "a.yaml",
            "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {a: b}\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: n}\n",
        ),
        ("b.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: [\n"),
        ("values.yaml", "a: 1\n"),
        ("base/kustomization.yaml", "resources: [x.yaml]\n"),
        ("base/x.yaml", WEB),
        ("over/kustomization.yaml", "resources: [../base]\n"),
        (
            "over/patches/web.yaml",
            "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\n",
        ),
    ]);
    let files: Vec<&str> = charted
        .left_out
        .iter()
        .map(|left| left.file.as_str())
        .collect();
    assert_eq!(
        files,
        ["a.yaml", "a.yaml", "b.yaml", "over/kustomization.yaml"]
    );
    assert!(text(&charted, "chart/templates/base/x.yaml").contains("# The web."));
    let is_patch = |path: &str| path.contains("patches");
    assert!(!charted.written.iter().any(|file| is_patch(&file.path)));
}

#[test]
fn names_that_two_objects_share_do_not_share_values() {
    let twin = WEB
        .replace("kind: Deployment", "kind: StatefulSet")
        .replace("1.2", "2.0");
    let charted = charted(&[("k8s/a.yaml", WEB), ("k8s/b.yaml", &twin)]);
    let template = text(&charted, "chart/templates/b.yaml");
    assert!(
        template.contains("image: 'ghcr.io/example/web:2.0'"),
        "{template}"
    );
}

/// The lines of a service in the Compose file.
fn service(charted: &Charted, name: &str) -> String {
    let compose = text(charted, "compose.yaml");
    let start = compose.find(&format!("\n  {name}:\n")).expect(name) + 1;
    let rest = &compose[start..];
    let end = rest.find("\n\n").unwrap_or(rest.len());
    rest[..end].to_owned()
}

#[test]
fn pods_become_services_that_wait_for_each_other() {
    let charted = composed();
    let api = service(&charted, "api");
    for line in [
        "      context: ./api\n      target: runtime\n",
        "      - \"127.0.0.1:8080:8080\"\n",
        "    user: \"10001:10001\"\n    read_only: true\n    cap_drop: [\"ALL\"]\n",
        "          cpus: \"0.5\"\n          memory: 256m\n",
        "      interval: 5s\n      timeout: 1s\n      retries: 3\n      start_period: 60s\n",
        "      api-migrate:\n        condition: service_completed_successfully\n",
        "      db:\n        condition: service_healthy\n",
        "    stop_grace_period: 20s\n",
        "          - api.shop.svc.cluster.local\n",
    ] {
        assert!(api.contains(line), "{line}\n{api}");
    }
    // The Service gives 80 for 8080, and nothing does here.
    for line in ["WEB_URL: http://web:8080\n", ":8080/x\n", "costs $$5\"\n"] {
        assert!(api.contains(line), "{line}\n{api}");
    }
    let files = text(&charted, "compose/api-files/api.toml");
    assert_eq!(files, "upstream = \"http://web:8080/\"\nprice = \"$5\"\n");
    let migrate = service(&charted, "api-migrate");
    assert!(
        migrate.contains("\"--url\", \"${DATABASE_URL:?set it in .env}\""),
        "{migrate}"
    );
    assert!(migrate.contains("condition: service_healthy"), "{migrate}");
    assert!(!text(&charted, "compose.yaml").contains("wait-for-db"));
    assert!(service(&charted, "web-exporter").contains("network_mode: service:web"));
    assert!(service(&charted, "clean").contains("profiles: [\"jobs\"]"));
    let db = service(&charted, "db");
    assert!(
        db.contains("test: [\"CMD\", \"pg_isready\", \"-U\", \"shop\"]"),
        "{db}"
    );
    assert!(db.contains("- db-data:/var/lib/postgresql"), "{db}");
}

#[test]
fn values_of_secrets_are_asked_of_env_and_never_written() {
    for how in [
        Secrets::Reference,
        Secrets::Sealed,
        Secrets::External,
        Secrets::Vault,
    ] {
        let wishes = Wishes {
            secrets: how,
            kustomize: how != Secrets::Reference,
            ..Wishes::default()
        };
        let all = [Artefact::Compose, Artefact::Manifests, Artefact::Chart];
        let charted = wished(SHOP, &all, wishes);
        for file in &charted.written {
            let text = file.text();
            assert!(!text.contains("hunter2"), "{}\n{text}", file.path);
            // What stands in the clear in a manifest stays where it is, and goes nowhere else.
            let is_copy =
                file.path.starts_with("chart/templates/") || file.path.starts_with("k8s/base/rest");
            assert!(is_copy || !text.contains("sesame"), "{}\n{text}", file.path);
            assert!(
                file.blocks.iter().all(|block| !block.evidence.is_empty()),
                "{}",
                file.path
            );
        }
        let paths: Vec<&str> = charted
            .written
            .iter()
            .map(|file| file.path.as_str())
            .collect();
        let made: Vec<&&str> = paths
            .iter()
            .filter(|path| path.contains("/secret-"))
            .collect();
        let expected = if how == Secrets::Reference { 0 } else { 3 };
        assert_eq!(made.len(), expected, "{paths:?}");
    }
    let charted = composed();
    let env = text(&charted, ".env.example");
    for name in [
        "\nDATABASE_URL=\n",
        "\nPOSTGRES_PASSWORD=\n",
        "\nREDIS_PASSWORD=\n",
    ] {
        assert!(env.contains(name), "{env}");
    }
    let told = format!("{:?}", charted.losses);
    assert!(
        told.contains("REDIS_PASSWORD") && !told.contains("sesame"),
        "{told}"
    );
}

#[test]
fn a_base_is_the_manifests_and_overlays_say_what_differs() {
    let wishes = Wishes {
        kustomize: true,
        ..Wishes::default()
    };
    let charted = wished(SHOP, &[Artefact::Manifests], wishes.clone());
    let rest = text(&charted, "k8s/base/rest.yaml");
    assert_eq!(rest, SHOP[1].1);
    let base = text(&charted, "k8s/base/kustomization.yaml");
    assert!(base.contains("- api.yaml\n  - rest.yaml\n"), "{base}");
    let staging = text(&charted, "k8s/overlays/staging/kustomization.yaml");
    for line in [
        "namespace: shop-staging\n",
        "newTag: \"1.4.0\"\n",
        "value: staging.shop.example.org",
        "path: /spec/tls/0/hosts/0",
    ] {
        assert!(staging.contains(line), "{line}\n{staging}");
    }
    // A base of somebody's own is laid under overlays as it is.
    let mut files = SHOP.to_vec();
    files.push((
        "deploy/kustomization.yaml",
        "resources: [api.yaml, rest.yaml]\nnamePrefix: x-\nconfigMapGenerator:\n  - name: more\n    literals: [A=b]\n",
    ));
    let charted = wished(
        &files,
        &[Artefact::Manifests, Artefact::Compose],
        wishes.clone(),
    );
    let staging = text(&charted, "k8s/overlays/staging/kustomization.yaml");
    assert!(staging.contains("- ../../../deploy\n"), "{staging}");
    assert!(
        charted
            .written
            .iter()
            .all(|file| !file.path.starts_with("k8s/base/"))
    );
    let told: Vec<String> = charted
        .left_out
        .iter()
        .map(|left| format!("{} {}", left.line, left.why))
        .collect();
    assert!(
        told.iter().any(|one| one.starts_with("2 `namePrefix`")),
        "{told:?}"
    );
    // None lies in its own base.
    let inside = [
        ("k8s/kustomization.yaml", "resources: [a.yaml]\n"),
        ("k8s/a.yaml", WEB),
    ];
    let charted = wished(&inside, &[Artefact::Manifests], wishes);
    assert!(charted.written.is_empty());
    assert!(
        charted.left_out[0].why.contains("in its own base"),
        "{:?}",
        charted.left_out
    );
}

#[test]
fn what_a_kustomization_generates_is_known_to_compose() {
    let files = [
        (
            "base/kustomization.yaml",
            "resources: [web.yaml]\nconfigMapGenerator:\n  - name: web\n    literals: [LEVEL=debug]\n    envs: [more.env]\nsecretGenerator:\n  - name: keys\n    literals: [token=hunter2]\n",
        ),
        ("base/more.env", "# a comment\nCOLOR=red\n"),
        (
            "base/web.yaml",
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    spec:\n      containers:\n        - name: web\n          image: nginx:1.29\n          envFrom: [{configMapRef: {name: web}}, {secretRef: {name: keys, optional: true}}]\n",
        ),
    ];
    let charted = wished(&files, &[Artefact::Compose], Wishes::default());
    let web = service(&charted, "web");
    for line in ["LEVEL: debug\n", "COLOR: red\n", "token:\n"] {
        assert!(web.contains(line), "{line}\n{web}");
    }
    assert!(!text(&charted, "compose.yaml").contains("hunter2"));
}

/// The ranges of all entries of a document below its objects' heads, with the keys that lead there.
fn entries(node: Node<'_>, at: &str, found: &mut Vec<(String, std::ops::Range<usize>)>) {
    for entry in node.entries() {
        let key = format!("{at}/{}", entry.key.text().unwrap_or_default());
        let range = entry.range();
        found.push((key.clone(), range.start as usize..range.end as usize));
        entries(entry.value, &key, found);
    }
    for (number, item) in node.items().enumerate() {
        entries(item, &format!("{at}/{number}"), found);
    }
}

/// All that is said of the Compose file, but for lines.
fn told(charted: &Charted) -> String {
    let mut out = String::new();
    for file in &charted.written {
        let _ = writeln!(out, "{}\n{}", file.path, file.text());
    }
    for loss in &charted.losses {
        let _ = writeln!(out, "{} {}", loss.key, loss.lost);
    }
    let _ = writeln!(out, "{:?} {:?}", charted.secrets, charted.left_out.len());
    out
}

#[test]
fn whatever_is_taken_away_makes_a_difference() {
    let before = told(&composed());
    let mut silent = Vec::new();
    let mut count = 0;
    for (number, (path, text)) in SHOP.iter().enumerate() {
        let tree = parse(*text, Dialect::GoV2);
        let mut found = Vec::new();
        for (at, document) in tree.documents().enumerate() {
            entries(
                document.root().expect("a document"),
                &format!("{at}"),
                &mut found,
            );
        }
        for (key, range) in found {
            // Another key in its place, which nobody knows and which stands on the same lines.
            let value = &text[range.clone()];
            let name = value.split([':', ' ']).next().expect("the first part");
            let other = format!("x{value}");
            let mut changed = (*text).to_owned();
            changed.replace_range(range, &other);
            let mut files = SHOP.to_vec();
            files[number] = (*path, changed.as_str());
            let after = wished(&files, &[Artefact::Compose], Wishes::default());
            count += 1;
            // The loss of the unknown key itself is no answer.
            let after = told(&after);
            let after: Vec<&str> = after
                .lines()
                .filter(|line| {
                    !line.contains(&format!(".x{name} a Compose file has no counterpart"))
                })
                .collect();
            if after.join("\n") + "\n" == before {
                silent.push(format!("{path} {key}"));
            }
        }
    }
    assert!(count > 180, "{count}");
    // What tells objects apart in a cluster, how pods are found, and what Compose does anyway.
    let same = [
        "apiVersion",
        "/metadata/name",
        "/metadata/namespace",
        "/metadata/labels",
        "/spec/selector",
        "/serviceName",
        "/restartPolicy",
        "/automountServiceAccountToken",
        "/runAsNonRoot",
        "/seccompProfile",
        "/clusterIP",
        "/containers/0/name",
        // Which ports a program opens is nobody's matter where none is published.
        "rest.yaml 0/spec/template/spec/containers/0/ports/0/containerPort",
        "rest.yaml 2/spec/template/spec/containers/0/ports/0/containerPort",
        "rest.yaml 1/spec/ports/0/port",
        "rest.yaml 5/spec/ports/0/port",
        // One is what there is; a file of a ConfigMap is never written to.
        "rest.yaml 0/spec/replicas",
        "/volumeMounts/1/readOnly",
        // Who only waits is no service; what is asked while it starts is what is asked later.
        "/initContainers/0/",
        "/startupProbe/httpGet",
        // The Secret is needed whoever makes it.
        "api.yaml 4/",
        // What is lost as a whole is told as a whole.
        "/annotations/",
        "/livenessProbe/httpGet",
        "/resources/requests/",
        "/volumeClaimTemplates/0/spec/",
        "api.yaml 5/spec",
    ];
    silent.retain(|key| !same.iter().any(|part| key.contains(part)));
    assert!(silent.is_empty(), "{silent:#?}");
}

#[test]
fn of_objects_that_stand_there_twice_the_first_is_taken() {
    let other = WEB.replace("replicas: 3", "replicas: 4");
    let wishes = Wishes {
        kustomize: true,
        ..Wishes::default()
    };
    let files = [("a/web.yaml", WEB), ("b/web.yaml", &other)];
    let charted = wished(
        &files,
        &[Artefact::Compose, Artefact::Manifests],
        wishes.clone(),
    );
    assert_eq!(charted.services.len(), 1, "{:?}", charted.services);
    let base = text(&charted, "k8s/base/kustomization.yaml");
    assert!(
        base.contains("a/web.yaml") && !base.contains("b/web.yaml"),
        "{base}"
    );
    assert_eq!(charted.left_out[0].file, "b/web.yaml");
    assert!(
        charted.left_out[0].why.contains("Deployment web"),
        "{:?}",
        charted.left_out
    );
    // Where there is nothing, nothing is written.
    let charted = wished(&[("a.yaml", "a: 1\n")], &[Artefact::Manifests], wishes);
    assert!(charted.written.is_empty());
}
