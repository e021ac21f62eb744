//! `cargo xtask bench charts`: helm against Plimsoll, one process for each render, and many
//! renders in one process.

mod corpus;
mod sets;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::Args;
use super::measure::{Cost, best, shown};
use crate::chart_parity::answers::Programs;
use crate::chart_parity::cases::{Case, find};
use crate::helm;
use crate::workspace::{print, release_binary};

/// Subcharts of the chart that is made for measuring.
const SUBCHARTS: usize = 50;

/// Renders in one process, to see what one more costs.
const RENDERS: usize = 100;

/// What one render costs both.
struct Pair {
    helm: Cost,
    ours: Cost,
}

impl Pair {
    fn ratio(&self) -> f64 {
        self.ours.cpu / self.helm.cpu.max(1e-6)
    }
}

pub(super) fn charts(args: &Args) -> Result<()> {
    let folder = helm::folder()?;
    let corpus = args.corpus.as_deref().map(fs::canonicalize);
    let corpus = corpus.transpose().context("the corpus")?;
    let programs = Programs {
        helm: helm::binary()?,
        ours: match &args.plimsoll {
            Some(binary) => fs::canonicalize(binary)?,
            None => release_binary()?,
        },
        further: Vec::new(),
        folder: folder.clone(),
        root: corpus.clone(),
    };
    print(
        "chart                                   helm CPU s   ours CPU s   ours/helm   helm MB   ours MB",
    );
    let umbrella = umbrella(&folder.join("bench").join("umbrella"))?;
    let pair = measured(&programs, &umbrella, None, 5)?;
    row("umbrella with 50 subcharts", &pair);
    let values = folder.join("bench").join("values");
    let changing = values_files(&values.join("umbrella"), changed)?;
    let same = values_files(&values.join("any"), |_| "{}\n".to_owned())?;
    let renamed = values_files(&values.join("renamed"), |number| {
        format!("nameOverride: n{number}\nfullnameOverride: f{number}\n")
    })?;
    let mut named = vec![(umbrella, pair, vec![("all", &changing)])];
    let cases = match &corpus {
        None => Vec::new(),
        Some(corpus) => find(corpus, &folder.join("filled"), None)?,
    };
    for name in ["kube-prometheus-stack", "kyverno", "opentelemetry-demo"] {
        if let Some(case) = named_case(&programs, &cases, name)? {
            let pair = measured(&programs, &case.chart, None, 5)?;
            row(name, &pair);
            let files = vec![("nothing", &same), ("its name", &renamed)];
            named.push((case.chart.clone(), pair, files));
        } else {
            print(&format!(
                "LEFT OUT: {name}: not in the corpus, or helm refuses it"
            ));
        }
    }
    print("");
    print(&format!(
        "{RENDERS} renders in one call (`--each`), the chart read and parsed once: each of them, by what their values change: every document of the umbrella, and of the others nothing, or the name that objects have"
    ));
    for (chart, pair, files) in &named {
        for (changes, values) in files {
            let cost = |renders: usize| best(3, &each(&programs, chart, &values[..renders]));
            let name = chart.file_name().unwrap_or_default().to_string_lossy();
            // Not every chart can be renamed.
            let (Ok(one), Ok(all)) = (cost(1), cost(RENDERS)) else {
                print(&format!("{name:<30} {changes:<9} LEFT OUT: it is refused"));
                continue;
            };
            let further = (all.cpu - one.cpu) / (RENDERS - 1) as f64;
            print(&format!(
                "{name:<30} {changes:<9} {:>10} {:>12} {:>11} {:>19}",
                shown(pair.helm.cpu),
                shown(further),
                shown(further / pair.helm.cpu.max(1e-6)),
                shown(all.peak_mb)
            ));
        }
    }
    if !cases.is_empty() {
        corpus::single(&programs, &cases, args.files)?;
        corpus::many(&programs, &cases, args.files, &folder.join("bench"))?;
    }
    Ok(())
}

fn measured(programs: &Programs, chart: &Path, values: Option<&Path>, runs: usize) -> Result<Pair> {
    // The meter starts the program itself: it sees our environment and not the command's.
    let helm = of_helm(programs, chart, values, runs)?;
    let mut command = ours(programs, chart);
    if let Some(values) = values {
        command.arg("--values").arg(values);
    }
    let ours = best(runs + 1, &command)?;
    Ok(Pair { helm, ours })
}

fn of_helm(programs: &Programs, chart: &Path, values: Option<&Path>, runs: usize) -> Result<Cost> {
    let mut command = Command::new(&programs.helm);
    command.arg("template").arg("rel").arg(chart);
    command.args(["--namespace", "ns"]);
    if let Some(values) = values {
        command.arg("--values").arg(values);
    }
    best(runs, &command)
}

/// Our render of a chart, without values.
fn ours(programs: &Programs, chart: &Path) -> Command {
    let mut command = Command::new(&programs.ours);
    command
        .args(["chart", "template", "rel"])
        .arg(chart)
        .args(["--namespace", "ns"]);
    if let Some(root) = &programs.root
        && chart.is_dir()
        && chart.starts_with(root)
    {
        command.arg("--links-below").arg(root);
    }
    command
}

/// Our renders of a chart with several files of values in one call.
fn each(programs: &Programs, chart: &Path, values: &[PathBuf]) -> Command {
    let mut command = ours(programs, chart);
    for file in values {
        command.arg("--each").arg(file);
    }
    command
}

fn row(name: &str, pair: &Pair) {
    print(&format!(
        "{name:<40} {:>10} {:>12} {:>11} {:>9} {:>9}",
        shown(pair.helm.cpu),
        shown(pair.ours.cpu),
        shown(pair.ratio()),
        shown(pair.helm.peak_mb),
        shown(pair.ours.peak_mb)
    ));
}

/// A chart of the corpus with its default values that helm renders, filled if need be.
fn named_case<'c>(programs: &Programs, cases: &'c [Case], name: &str) -> Result<Option<&'c Case>> {
    for case in cases {
        let is_it = case.chart.file_name().is_some_and(|file| file == name);
        if is_it && case.values.is_none() && programs.helms(case)?[0].code == Some(0) {
            return Ok(Some(case));
        }
    }
    Ok(None)
}

/// Files of values, one for each render.
fn values_files(folder: &Path, text: impl Fn(usize) -> String) -> Result<Vec<PathBuf>> {
    fs::create_dir_all(folder)?;
    let make = |number: usize| {
        let file = folder.join(format!("{number:03}.yaml"));
        fs::write(&file, text(number))?;
        Ok(file)
    };
    (0..RENDERS).map(make).collect()
}

/// Values that change a label of everything, and one part of the umbrella besides.
fn changed(number: usize) -> String {
    let part = number % SUBCHARTS;
    format!(
        "global:\n  labels:\n    team: team-{number}\npart{part:02}:\n  replicas: {}\n  region: south-{number}\n",
        number + 2
    )
}

/// An umbrella chart: every subchart has a Deployment, a Service and helpers of its own, reads
/// globals, and is switched by a condition.
fn umbrella(folder: &Path) -> Result<PathBuf> {
    let mut dependencies =
        String::from("apiVersion: v2\nname: umbrella\nversion: 1.0.0\ndependencies:\n");
    let mut values =
        String::from("global:\n  registry: registry.example\n  labels:\n    team: sea\n");
    for number in 0..SUBCHARTS {
        let name = format!("part{number:02}");
        write!(
            dependencies,
            "  - name: {name}\n    version: 1.x\n    condition: {name}.enabled\n"
        )?;
        write!(
            values,
            "{name}:\n  enabled: true\n  replicas: {}\n",
            number % 5 + 1
        )?;
        let chart = folder.join("charts").join(&name);
        fs::create_dir_all(chart.join("templates"))?;
        fs::write(
            chart.join("Chart.yaml"),
            format!("apiVersion: v2\nname: {name}\nversion: 1.2.3\nappVersion: \"4.5\"\n"),
        )?;
        fs::write(chart.join("values.yaml"), VALUES)?;
        let templates = [
            ("_helpers.tpl", HELPERS),
            ("deployment.yaml", DEPLOYMENT),
            ("service.yaml", SERVICE),
        ];
        for (file, text) in templates {
            fs::write(
                chart.join("templates").join(file),
                text.replace("PART", &name),
            )?;
        }
    }
    fs::write(folder.join("Chart.yaml"), dependencies)?;
    fs::write(folder.join("values.yaml"), values)?;
    fs::canonicalize(folder).context("it was just written")
}

const VALUES: &str = "\
enabled: true
replicas: 1
image:
  repository: app
  tag: \"\"
env:
  LOG_LEVEL: info
  REGION: \"{{ .Values.region }}\"
region: north
resources:
  requests:
    cpu: 100m
    memory: 128Mi
service:
  port: 8080
annotations: {}
";

const HELPERS: &str = r#"{{- define "PART.fullname" -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 63 | trimSuffix "-" }}
{{- end }}
{{- define "PART.labels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
{{- with .Values.global.labels }}
{{ toYaml . }}
{{- end }}
{{- end }}
"#;

const DEPLOYMENT: &str = r#"apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "PART.fullname" . }}
  labels:
    {{- include "PART.labels" . | nindent 4 }}
spec:
  replicas: {{ .Values.replicas }}
  selector:
    matchLabels:
      app.kubernetes.io/instance: {{ .Release.Name }}
  template:
    metadata:
      labels:
        {{- include "PART.labels" . | nindent 8 }}
      {{- with .Values.annotations }}
      annotations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
    spec:
      containers:
        - name: {{ .Chart.Name }}
          image: "{{ .Values.global.registry }}/{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}"
          env:
            {{- range $name, $value := .Values.env }}
            - name: {{ $name }}
              value: {{ tpl $value $ | quote }}
            {{- end }}
          resources:
            {{- toYaml .Values.resources | nindent 12 }}
"#;

const SERVICE: &str = r#"apiVersion: v1
kind: Service
metadata:
  name: {{ include "PART.fullname" . }}
  labels:
    {{- include "PART.labels" . | nindent 4 }}
spec:
  ports:
    - port: {{ .Values.service.port }}
  selector:
    app.kubernetes.io/instance: {{ .Release.Name }}
"#;
