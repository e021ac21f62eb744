//! `cargo xtask bench charts`: helm against Plimsoll, one process for each render, and many
//! renders in one process.

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
use crate::workspace::{print, release_binary, say};

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
    let programs = Programs {
        helm: helm::binary()?,
        ours: match &args.plimsoll {
            Some(binary) => fs::canonicalize(binary)?,
            None => release_binary()?,
        },
        further: Vec::new(),
        folder: folder.clone(),
        root: None,
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
    let cases = match &args.corpus {
        None => Vec::new(),
        Some(corpus) => find(&fs::canonicalize(corpus)?, &folder.join("filled"), None)?,
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
            let cost = |renders: usize| {
                best(3, || {
                    let mut command = Command::new(&programs.ours);
                    command.args(["chart", "template", "rel"]).arg(chart);
                    command.args(["--namespace", "ns"]);
                    for file in &values[..renders] {
                        command.arg("--each").arg(file);
                    }
                    command
                })
            };
            let (one, all) = (cost(1)?, cost(RENDERS)?);
            let each = (all.cpu - one.cpu) / (RENDERS - 1) as f64;
            let name = chart.file_name().unwrap_or_default().to_string_lossy();
            print(&format!(
                "{name:<30} {changes:<9} {:>10} {:>12} {:>11} {:>19}",
                shown(pair.helm.cpu),
                shown(each),
                shown(each / pair.helm.cpu.max(1e-6)),
                shown(all.peak_mb)
            ));
        }
    }
    if !cases.is_empty() {
        whole(&programs, &cases, args.files)?;
    }
    Ok(())
}

/// The cases of the corpus that helm renders, or as many of them as are asked for.
fn whole(programs: &Programs, cases: &[Case], most: usize) -> Result<()> {
    let mut rendered = Vec::new();
    for case in cases {
        if programs.helms(case)?[0].code == Some(0) {
            rendered.push(case);
        }
    }
    let step = rendered.len().div_ceil(most.max(1)).max(1);
    let (mut plain, mut keys, mut failed) = (Vec::new(), Vec::new(), 0);
    for (number, case) in rendered.iter().step_by(step).enumerate() {
        if number % 50 == 49 {
            say(&format!("{} measured", number + 1));
        }
        match measured(programs, &case.chart, case.values.as_deref(), 2) {
            Ok(pair) if case.makes_keys => keys.push((pair, case.name.as_str())),
            Ok(pair) => plain.push((pair, case.name.as_str())),
            Err(_) => failed += 1,
        }
    }
    print("");
    summary("the corpus", plain);
    summary("charts that make keys or hash passwords", keys);
    if failed > 0 {
        print(&format!(
            "{failed} cases that helm renders and plimsoll does not are left out"
        ));
    }
    Ok(())
}

fn summary(what: &str, mut pairs: Vec<(Pair, &str)>) {
    if pairs.is_empty() {
        return;
    }
    let total = |cpu: fn(&Pair) -> f64| pairs.iter().map(|(pair, _)| cpu(pair)).sum::<f64>();
    let (theirs, ours) = (total(|pair| pair.helm.cpu), total(|pair| pair.ours.cpu));
    let peak = |mb: fn(&Pair) -> f64| pairs.iter().map(|(pair, _)| mb(pair)).fold(0.0, f64::max);
    let (their_peak, our_peak) = (
        peak(|pair| pair.helm.peak_mb),
        peak(|pair| pair.ours.peak_mb),
    );
    let middle = |cpu: fn(&Pair) -> f64| {
        let mut all: Vec<f64> = pairs.iter().map(|(pair, _)| cpu(pair)).collect();
        all.sort_by(f64::total_cmp);
        all[all.len() / 2]
    };
    let (median_theirs, median_ours) = (middle(|pair| pair.helm.cpu), middle(|pair| pair.ours.cpu));
    let median = middle(Pair::ratio);
    print(&format!(
        "{what}: {} cases, helm {} s, ours {} s of CPU; median {} s against {} s; median of ours/helm {} (the aim is 0.1); memory at the peak: median {} MB against {} MB, most {} MB against {} MB",
        pairs.len(),
        shown(theirs),
        shown(ours),
        shown(median_theirs),
        shown(median_ours),
        shown(median),
        shown(middle(|pair| pair.helm.peak_mb)),
        shown(middle(|pair| pair.ours.peak_mb)),
        shown(their_peak),
        shown(our_peak)
    ));
    pairs.sort_by(|(one, _), (other, _)| other.ratio().total_cmp(&one.ratio()));
    for (pair, name) in pairs.iter().take(5) {
        print(&format!("    worst: {} {name}", shown(pair.ratio())));
    }
}

fn measured(programs: &Programs, chart: &Path, values: Option<&Path>, runs: usize) -> Result<Pair> {
    let arguments = |mut command: Command| {
        command.arg("template").arg("rel").arg(chart);
        command.args(["--namespace", "ns"]);
        if let Some(values) = values {
            command.arg("--values").arg(values);
        }
        command
    };
    // The meter starts the program itself: it sees our environment and not the command's.
    let helm = best(runs, || arguments(Command::new(&programs.helm)))?;
    let ours = best(runs + 1, || {
        let mut command = Command::new(&programs.ours);
        command.arg("chart");
        arguments(command)
    })?;
    Ok(Pair { helm, ours })
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
