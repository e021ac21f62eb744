//! What is measured on: files gathered from a folder, or made up, always the same way.
#![expect(
    clippy::format_push_string,
    reason = "the text reads better than its allocations cost"
)]

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use crate::dice::Dice;

/// (name, text) pairs.
pub(crate) type Texts = Vec<(String, String)>;

/// Dockerfiles and manifests.
pub(crate) struct Inputs {
    pub(crate) dockerfiles: Texts,
    pub(crate) manifests: Texts,
}

pub(crate) fn bytes(texts: &Texts) -> usize {
    texts.iter().map(|(_, text)| text.len()).sum()
}

/// Writes each text into a folder of its own, so that each Dockerfile has a small context.
pub(crate) fn write(folder: &Path, texts: &Texts) -> Result<Vec<PathBuf>> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    let mut paths = Vec::new();
    for (n, (name, text)) in texts.iter().enumerate() {
        let folder = folder.join(format!("{n:04}"));
        fs::create_dir_all(&folder)?;
        paths.push(folder.join(name));
        fs::write(folder.join(name), text)?;
    }
    Ok(paths)
}

/// The first files of each kind below a folder, in the order of their paths.
pub(crate) fn gathered(folder: &Path, count: usize) -> Result<Inputs> {
    let mut inputs = Inputs {
        dockerfiles: Vec::new(),
        manifests: Vec::new(),
    };
    let mut open = vec![folder.to_path_buf()];
    let mut files = Vec::new();
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            match entry.file_type()? {
                kind if kind.is_dir() => open.push(entry.path()),
                kind if kind.is_file() => files.push(entry.path()),
                _ => {}
            }
        }
    }
    files.sort();
    for path in files {
        let Ok(text) = fs::read_to_string(&path) else {
            continue;
        };
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let suffix = path
            .extension()
            .unwrap_or_default()
            .to_string_lossy()
            .to_lowercase();
        let is_yaml = suffix == "yaml" || suffix == "yml";
        let is_other = is_yaml || suffix == "dockerignore" || suffix == "md";
        if name.to_lowercase().contains("dockerfile") && !is_other {
            inputs.dockerfiles.push(("Dockerfile".into(), text));
        } else if is_yaml
            && text.contains("apiVersion:")
            && text.contains("kind:")
            && !text.contains("{{")
        {
            inputs.manifests.push(("manifest.yaml".into(), text));
        }
    }
    inputs.dockerfiles.truncate(count);
    inputs.manifests.truncate(count);
    if inputs.dockerfiles.is_empty() || inputs.manifests.is_empty() {
        bail!(
            "`{}` holds no Dockerfiles or no manifests",
            folder.display()
        );
    }
    Ok(inputs)
}

/// Made-up files of the usual shapes and sizes.
pub(crate) fn generated(count: usize) -> Inputs {
    let mut dice = Dice::new(1);
    let dockerfiles = (0..count)
        .map(|n| ("Dockerfile".into(), dockerfile(&mut dice, n)))
        .collect();
    let manifests = (0..count)
        .map(|n| ("manifest.yaml".into(), manifest(&mut dice, n)))
        .collect();
    Inputs {
        dockerfiles,
        manifests,
    }
}

const BASES: &[&str] = &[
    "python:3.13-slim",
    "python:3.12",
    "node:22-alpine",
    "node:20",
    "golang:1.25",
    "debian:13-slim",
    "ubuntu:24.04",
    "eclipse-temurin:21-jre",
    "alpine:3.22",
    "ruby:3.4",
    "php:8.4-fpm",
    "rust:1.90",
];
const PACKAGES: &[&str] = &[
    "curl",
    "git",
    "build-essential",
    "libpq-dev",
    "ca-certificates",
    "tini",
    "jq",
    "unzip",
    "vim",
];
const FIRST: &[&str] = &[
    "pip install --no-cache-dir -r requirements.txt",
    "npm ci",
    "npm install",
    "go mod download",
    "bundle install",
    "mvn -B package",
    "cargo build --release",
    "make -j4 all",
];
const LAST: &[&str] = &[
    "CMD [\"python\", \"-m\", \"app\"]",
    "CMD node server.js",
    "ENTRYPOINT [\"/app/server\"]",
    "ENTRYPOINT /entrypoint.sh",
    "CMD [\"bundle\", \"exec\", \"puma\"]",
    "CMD [\"java\", \"-jar\", \"app.jar\"]",
];

fn dockerfile(dice: &mut Dice, n: usize) -> String {
    let mut text = format!("# syntax=docker/dockerfile:1\n# Service {n}.\nARG VERSION=1.{n}\n");
    let stages = 1 + dice.below(3);
    for stage in 0..stages {
        text.push_str(&format!(
            "\nFROM {} AS stage{stage}\nWORKDIR /app\n",
            dice.pick(BASES)
        ));
        text.push_str("ENV LANG=C.UTF-8 \\\n    # read by the service\n    PORT=8080\n");
        if dice.below(2) == 0 {
            text.push_str(
                "RUN apt-get update && \\\n    apt-get install -y --no-install-recommends \\\n",
            );
            for _ in 0..=dice.below(5) {
                text.push_str(&format!("      {} \\\n", dice.pick(PACKAGES)));
            }
            text.push_str("    && rm -rf /var/lib/apt/lists/*\n");
        }
        if dice.below(3) == 0 {
            text.push_str("COPY . .\n");
        } else {
            text.push_str("COPY package.json requirements.txt ./\n");
        }
        text.push_str(&format!("RUN {}\n", dice.pick(FIRST)));
        for step in 0..dice.below(5) {
            let file = format!("/opt/{n}/{step}");
            text.push_str(&format!(
                "RUN set -eux; mkdir -p {file}; echo \"${{VERSION}}-{step}\" > {file}/version; \\\n    if [ -f {file}/x ]; then rm {file}/x; fi\n"
            ));
        }
        text.push_str("COPY src ./src\nLABEL org.opencontainers.image.version=$VERSION\n");
        if stage > 0 {
            text.push_str(&format!(
                "COPY --from=stage{} /app/dist /app/dist\n",
                stage - 1
            ));
        }
    }
    if dice.below(2) == 0 {
        text.push_str("RUN useradd --uid 10001 app\nUSER 10001\n");
    }
    text.push_str("EXPOSE 8080\n");
    text.push_str(dice.pick(LAST));
    text.push('\n');
    text
}

fn manifest(dice: &mut Dice, n: usize) -> String {
    let kind = dice.pick(&["Deployment", "Deployment", "StatefulSet", "DaemonSet"]);
    let mut text = format!(
        "# Service {n}.\napiVersion: apps/v1\nkind: {kind}\nmetadata:\n  name: service-{n}\n  namespace: shop\n  labels:\n    app: service-{n}\nspec:\n"
    );
    if kind != "DaemonSet" {
        text.push_str(&format!("  replicas: {}\n", 1 + dice.below(4)));
    }
    text.push_str(&format!(
        "  selector:\n    matchLabels:\n      app: service-{n}\n  template:\n    metadata:\n      labels:\n        app: service-{n}\n    spec:\n      containers:\n"
    ));
    for container in 0..=dice.below(2) {
        let port = 8000 + container;
        text.push_str(&format!(
            "        - name: c{container}\n          image: registry.example.org/shop/service-{n}:1.{container}\n          ports:\n            - name: http{container}\n              containerPort: {port}\n          env:\n"
        ));
        for variable in 0..2 + dice.below(6) {
            text.push_str(&format!(
                "            - name: SETTING_{variable}\n              value: \"{n}\"\n"
            ));
        }
        if dice.below(3) > 0 {
            text.push_str("          resources:\n            requests: {cpu: 100m, memory: 128Mi}\n            limits:\n              memory: 256Mi\n");
        }
        if dice.below(3) > 0 {
            text.push_str(&format!(
                "          readinessProbe:\n            httpGet:\n              path: /ready\n              port: {port}\n            periodSeconds: 5\n"
            ));
        }
        if dice.below(3) == 0 {
            text.push_str("          securityContext:\n            runAsNonRoot: true\n            allowPrivilegeEscalation: false\n            capabilities:\n              drop: [ALL]\n");
        }
    }
    text.push_str(&format!(
        "---\napiVersion: v1\nkind: Service\nmetadata:\n  name: service-{n}\n  namespace: shop\nspec:\n  selector:\n    app: service-{n}\n  ports:\n    - port: 80\n      targetPort: 8000\n---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: service-{n}\n  namespace: shop\ndata:\n  settings.toml: |\n    [server]\n    workers = {}\n    # more\n    name = \"service-{n}\"\n",
        dice.below(16)
    ));
    text
}
