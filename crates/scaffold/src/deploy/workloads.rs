//! What makes pods: Deployments, the migration's Job, CronJobs.

use super::pods::{Role, given_config};
use super::{Part, WEB, camel};
use crate::emit::{Document, Map, Node, When};
use crate::model::{Evidence, Known, ProcessKind};
use crate::plan::RunningProcess;

impl Part<'_> {
    /// The Deployment of the process that the service starts with.
    pub(super) fn deployment(&self) -> Document {
        let scaled = self.running.port.is_some();
        let mut why = self.running.command.evidence.clone();
        why.extend(self.why());
        let mut spec = Map::new();
        if !scaled {
            spec = spec.put(
                "replicas",
                Node::from(2u32).or_expression(".Values.replicas"),
            );
        }
        spec = spec.put(
            "selector",
            Map::new().put("matchLabels", self.selector(WEB)),
        );
        if scaled {
            spec = spec.note("The HorizontalPodAutoscaler owns the number of replicas.");
        }
        spec = self.clocks(spec);
        spec = spec.put("strategy", rolling());
        let role = Role {
            component: WEB,
            command: None,
            resources: "resources".to_owned(),
            spreads: true,
            ends: false,
            comes_first: false,
        };
        spec = spec.put("template", self.template(&role));
        let body = self
            .object("apps/v1", "Deployment", "", WEB)
            .put("spec", spec);
        Document::new(body, why)
    }

    /// Says that there are clocks in every replica.
    fn clocks(&self, spec: Map) -> Map {
        let Some(first) = self
            .service
            .timers
            .iter()
            .find_map(|timer| timer.evidence.first())
        else {
            return spec;
        };
        let says = format!(
            "Every replica runs the jobs of its own clock ({}:{}): see that they bear it.",
            first.file, first.line
        );
        let timers = self.service.timers.iter();
        let why: Vec<Evidence> = timers
            .flat_map(|timer| timer.evidence.iter().cloned())
            .collect();
        spec.note(says).why(&why)
    }

    /// A process beside the one that serves.
    pub(super) fn process(&self, process: &RunningProcess) -> Vec<Document> {
        let name = process.name.as_str();
        match &process.kind {
            ProcessKind::Cron(schedule) => vec![self.cron_job(process, schedule)],
            kind => {
                let is_alone = *kind == ProcessKind::Scheduler;
                let values = format!("workers.{}", camel(name));
                let mut spec = Map::new();
                spec = if is_alone {
                    spec.put("replicas", 1u32)
                        .note("Two of them would do everything twice.")
                } else {
                    let replicas = Node::from(2u32);
                    spec.put(
                        "replicas",
                        replicas.or_expression(format!(".Values.{values}.replicas")),
                    )
                };
                let strategy = if is_alone {
                    Map::new().put("type", "Recreate")
                } else {
                    rolling()
                };
                let role = Role {
                    component: name,
                    command: Some(&process.command),
                    resources: format!("{values}.resources"),
                    spreads: !is_alone,
                    ends: false,
                    comes_first: false,
                };
                spec = spec
                    .put(
                        "selector",
                        Map::new().put("matchLabels", self.selector(name)),
                    )
                    .put("strategy", strategy)
                    .put("template", self.template(&role));
                let body = self
                    .object("apps/v1", "Deployment", &format!("-{name}"), name)
                    .put("spec", spec);
                let mut documents = vec![Document::new(body, process.command.evidence.clone())];
                if !is_alone {
                    documents.push(self.budget_of(name, &process.command.evidence));
                }
                documents
            }
        }
    }

    fn cron_job(&self, process: &RunningProcess, schedule: &str) -> Document {
        let name = process.name.as_str();
        let values = format!("jobs.{}", camel(name));
        let role = Role {
            component: name,
            command: Some(&process.command),
            resources: format!("{values}.resources"),
            spreads: false,
            ends: true,
            comes_first: false,
        };
        let job = Map::new()
            .put("backoffLimit", 2u32)
            .put("template", self.template(&role));
        let spec = Map::new()
            .put(
                "schedule",
                Node::Quoted(schedule.to_owned())
                    .or_expression(format!(".Values.{values}.schedule | quote")),
            )
            .put("concurrencyPolicy", "Forbid")
            .note("A run that takes longer than the pause to the next one is not overtaken.")
            .put("startingDeadlineSeconds", 300u32)
            .put("jobTemplate", Map::new().put("spec", job));
        let body = self
            .object("batch/v1", "CronJob", &format!("-{name}"), name)
            .put("spec", spec);
        Document::new(body, process.command.evidence.clone())
    }

    /// The Job that brings the database up to date.
    pub(super) fn migration(&self, command: &Known<Vec<String>>) -> Document {
        let role = Role {
            component: "migrate",
            command: Some(command),
            resources: "resources".to_owned(),
            spreads: false,
            ends: true,
            comes_first: true,
        };
        let hooks = Map::new()
            .put("helm.sh/hook", "pre-install,pre-upgrade")
            .put(
                "helm.sh/hook-delete-policy",
                "before-hook-creation,hook-succeeded",
            );
        let metadata = self
            .metadata("-migrate", "migrate")
            .put("annotations", hooks)
            .only(When::Chart);
        let spec = Map::new()
            .put("backoffLimit", 3u32)
            .put("ttlSecondsAfterFinished", 600u32)
            .note("A Job cannot be changed: it goes after a while, so that the next release can apply it anew.")
            .only(When::Plain)
            .put("template", self.template(&role));
        let body = Map::new()
            .put("apiVersion", "batch/v1")
            .put("kind", "Job")
            .put("metadata", metadata)
            .put("spec", spec);
        Document::new(body, command.evidence.clone()).note(
            "Brings the database up to date once, and not in every replica: run it before the Deployment takes the new image.",
        )
    }

    /// The ConfigMap.
    pub(super) fn configmap(&self) -> Document {
        let config = self.config();
        let mut data = Map::new();
        for entry in &config {
            data = data
                .put(entry.wire.name(), Node::Quoted(entry.value.clone()))
                .why(entry.wire.evidence());
            if let Some(note) = &entry.note {
                data = data.note(note.clone());
            }
        }
        let template = Map::new().lines(&[
            "{{- range $name, $value := .Values.config }}",
            "{{ $name }}: {{ $value | quote }}",
            "{{- end }}",
        ]);
        let body = self.object("v1", "ConfigMap", "", "").put(
            "data",
            Node::Either(Box::new(data.into()), Box::new(template.into())),
        );
        let mut why = self.why();
        why.extend(
            config
                .iter()
                .flat_map(|entry| entry.wire.evidence().to_vec()),
        );
        Document::new(body, why).only(given_config(config.is_empty()))
    }

    fn template(&self, role: &Role<'_>) -> Map {
        let mut metadata = Map::new();
        if !role.ends {
            let checksum = Map::new().put(
                "checksum/config",
                Node::expression(
                    "include (print $.Template.BasePath \"/configmap.yaml\") . | sha256sum",
                ),
            );
            metadata = metadata.put("annotations", checksum).only(When::Chart);
        }
        metadata = metadata.put("labels", self.labels(role.component));
        Map::new()
            .put("metadata", metadata)
            .put("spec", self.pod(role))
    }
}

/// One new pod at a time, and none less than before.
fn rolling() -> Map {
    Map::new().put("type", "RollingUpdate").put(
        "rollingUpdate",
        Map::new().put("maxSurge", 1u32).put("maxUnavailable", 0u32),
    )
}

/// What says that figures are nobody's measurement.
pub(super) fn assumed(says: &str) -> Vec<Evidence> {
    vec![Evidence::table(says)]
}
