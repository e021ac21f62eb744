//! What a replay needs: the load, the autoscaler and the scene, from files and flags.

use std::fs::File;
use std::io::Read;
use std::ops::Range;
use std::path::{Path, PathBuf};

use plimsoll_autoscale::found::{self, FindError, PodFacts};
use plimsoll_autoscale::load::Load;
use plimsoll_autoscale::sim::{Scene, Subject};
use plimsoll_autoscale::{Autoscaler, Flags, Span};
use plimsoll_project::Project;
use plimsoll_report::Problem;
use plimsoll_source::{Place, SourceFile, TextRange};

use crate::failure::Failure;
use crate::roots::{self, Roots};
use crate::settings::{ConfigArgs, ReleaseArgs};
use crate::spoiled;
use crate::terminal::Terminal;

/// The largest file of loads, in bytes.
const MOST_BYTES: u64 = 512 << 20;
/// The most syncs of a replay.
const MOST_STEPS: f64 = 1e7;

#[derive(clap::Args)]
pub(crate) struct InputArgs {
    /// Where the manifests or charts of the autoscaler and its target are; the current folder when there
    /// are none
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// The recorded load: CSV with a time and a value in each line, OpenMetrics or JSON
    /// (docs/autoscale.md)
    #[arg(long, value_name = "FILE")]
    load: PathBuf,
    /// The column of the value, by its name or by its number from 2 on; of OpenMetrics and JSON the
    /// series, as `name` or `name{label="value"}`
    #[arg(long, value_name = "COLUMN")]
    column: Option<String>,
    /// Multiplies the load
    #[arg(long, value_name = "FACTOR", default_value_t = 1.0)]
    scale: f64,
    /// The HorizontalPodAutoscaler or ScaledObject, if there are several
    #[arg(long, value_name = "NAME")]
    hpa: Option<String>,
    /// minReplicas, instead of the manifest's
    #[arg(long, value_name = "N")]
    min: Option<i32>,
    /// maxReplicas, instead of the manifest's
    #[arg(long, value_name = "N")]
    max: Option<i32>,
    /// Target of CPU utilization in percent of the request, instead of the manifest's; with
    /// --max, no manifest is needed
    #[arg(long, value_name = "PERCENT")]
    target_cpu: Option<i32>,
    #[command(flatten)]
    release: ReleaseArgs,
    #[command(flatten)]
    scene: SceneArgs,
    #[command(flatten)]
    config: ConfigArgs,
}

#[derive(clap::Args)]
struct SceneArgs {
    /// How much load a ready pod serves at most, in units of the load
    #[arg(long, value_name = "LOAD")]
    per_pod: Option<f64>,
    /// The load is CPU in cores; a pod serves as much as its limit, or else its request
    #[arg(long)]
    cores: bool,
    /// The CPU that a pod uses when it serves as much as it can, in percent of its request; the
    /// limit's share of the request where both are known, else 100
    #[arg(long, value_name = "PERCENT")]
    full_at: Option<f64>,
    /// Replicas at the beginning; as many as the first load needs when not given
    #[arg(long, value_name = "N")]
    replicas: Option<i32>,
    /// Seconds from the creation of a pod until it is ready, given room on a node
    #[arg(long, value_name = "SECONDS", default_value_t = 30.0)]
    start_up: f64,
    /// Seconds until a node arrives for pods without room
    #[arg(long, value_name = "SECONDS", default_value_t = 90.0)]
    node_delay: f64,
    /// How many of the pods a node holds; with 0 there is always room
    #[arg(long, value_name = "N", default_value_t = 0)]
    pods_per_node: i32,
    /// Pods for which there is room at the beginning beyond the first replicas
    #[arg(long, value_name = "N", default_value_t = 0)]
    spare_pods: i32,
    /// Age of the newest sample of metrics, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 15.0)]
    metric_lag: f64,
    /// Window that a sample is a mean over, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 30.0)]
    metric_window: f64,
    /// How long callers wait before their work counts as lost, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 10.0)]
    patience: f64,
    /// What a replica costs in an hour
    #[arg(long, value_name = "PRICE", default_value_t = 0.0)]
    price: f64,
    /// Flag of kube-controller-manager: --horizontal-pod-autoscaler-sync-period, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 15.0)]
    sync_period: f64,
    /// Flag of kube-controller-manager: --horizontal-pod-autoscaler-tolerance
    #[arg(long, value_name = "SHARE", default_value_t = 0.1)]
    tolerance: f64,
    /// Flag of kube-controller-manager: --horizontal-pod-autoscaler-downscale-stabilization, in
    /// seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 300)]
    downscale_stabilization: i64,
    /// Flag of kube-controller-manager: --horizontal-pod-autoscaler-cpu-initialization-period,
    /// in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 300)]
    cpu_initialization_period: i64,
    /// Flag of kube-controller-manager: --horizontal-pod-autoscaler-initial-readiness-delay, in
    /// seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    initial_readiness_delay: i64,
}

/// Everything that a replay is made of.
pub(crate) struct Inputs {
    pub(crate) load: Load,
    /// The load of each sync.
    pub(crate) steps: Vec<f64>,
    pub(crate) autoscaler: Autoscaler,
    pub(crate) scene: Scene,
    pub(crate) cpu_request: Option<i64>,
    /// Where the autoscaler is written; flags alone have no place.
    pub(crate) place: Option<String>,
}

impl Inputs {
    pub(crate) fn subject(&self) -> Subject {
        Subject::new(&self.autoscaler, &self.scene.flags, self.cpu_request)
    }
}

impl InputArgs {
    pub(crate) fn read(&self, terminal: &Terminal) -> Result<Inputs, Failure> {
        self.check()?;
        let load = self.read_load()?;
        if let (Some(taken), false) = (&load.name, load.others.is_empty()) {
            let others: Vec<String> = load.others.iter().map(|one| format!("`{one}`")).collect();
            terminal.warn(&format!(
                "the load is column `{taken}`; `--column` chooses another: {}",
                others.join(", ")
            ));
        }
        let (mut autoscaler, facts, place) = self.autoscaler(terminal)?;
        let scene = self.scene.scene(&facts)?;
        if load.seconds() / scene.sync > MOST_STEPS {
            return Err(Failure::user(format!(
                "the load lasts {:.0} s, which are more than {MOST_STEPS:.0} syncs",
                load.seconds()
            )));
        }
        let steps = load.steps(scene.sync, self.scale);
        if let Some(keda) = &mut autoscaler.keda {
            let unrolled = keda.unroll(load.begin, load.seconds() + scene.sync);
            unrolled
                .map_err(|error| Failure::user(format!("a trigger of type `cron`: {error}")))?;
        }
        Ok(Inputs {
            load,
            steps,
            autoscaler,
            scene,
            cpu_request: facts.cpu_request,
            place,
        })
    }

    fn check(&self) -> Result<(), Failure> {
        let scene = &self.scene;
        let positive = [
            ("scale", self.scale),
            ("sync-period", scene.sync_period),
            ("per-pod", scene.per_pod.unwrap_or(1.0)),
            ("full-at", scene.full_at.unwrap_or(1.0)),
        ];
        for (name, value) in positive {
            if !(value.is_finite() && value > 0.0) {
                return Err(Failure::user(format!("`--{name}` must be above 0")));
            }
        }
        let sizes = [
            ("start-up", scene.start_up),
            ("node-delay", scene.node_delay),
            ("metric-lag", scene.metric_lag),
            ("metric-window", scene.metric_window),
            ("patience", scene.patience),
            ("price", scene.price),
            ("tolerance", scene.tolerance),
        ];
        for (name, value) in sizes {
            if !(value.is_finite() && value >= 0.0) {
                return Err(Failure::user(format!("`--{name}` must not be below 0")));
            }
        }
        Ok(())
    }

    fn read_load(&self) -> Result<Load, Failure> {
        let shown = self.load.display();
        let text = read(&self.load)
            .map_err(|error| Failure::user(format!("cannot read `{shown}`: {error}")))?;
        Load::read(&text, self.column.as_deref()).map_err(|error| {
            Failure::user(format!("`{shown}`, {error}"))
                .help("see docs/autoscale.md for how loads are written")
        })
    }

    /// The autoscaler, what is known of its pods, and where it is written.
    fn autoscaler(
        &self,
        terminal: &Terminal,
    ) -> Result<(Autoscaler, PodFacts, Option<String>), Failure> {
        let by_flags = self.hpa.is_none() && self.paths.is_empty();
        let (mut autoscaler, facts, place) = match (self.target_cpu, self.max) {
            (Some(_), Some(_)) if by_flags => (Autoscaler::default(), PodFacts::default(), None),
            _ => self.written(terminal)?,
        };
        if let Some(percent) = self.target_cpu {
            autoscaler.set_cpu_target(percent);
        }
        if let Some(min) = self.min {
            autoscaler.set_least(min);
        }
        let hpa = &mut autoscaler.hpa;
        hpa.max_replicas = self.max.unwrap_or(hpa.max_replicas);
        if hpa.min() < 0 || hpa.max_replicas < hpa.min().max(1) {
            let (min, max) = (hpa.min(), hpa.max_replicas);
            let at = place.map_or(String::new(), |place| format!("{place}: "));
            return Err(Failure::user(format!(
                "{at}{min} to {max} replicas are no range that an autoscaler can have"
            )));
        }
        Ok((autoscaler, facts, place))
    }

    fn written(
        &self,
        terminal: &Terminal,
    ) -> Result<(Autoscaler, PodFacts, Option<String>), Failure> {
        let roots = Roots::new(&self.paths)?;
        let settings = self.config.read(&roots)?;
        let project = settings.load_as(&roots, &self.release)?;
        spoiled::warn(&project, &roots, terminal);
        let trees = project.manifests.iter().map(|unit| &unit.tree);
        let found = found::find(trees, self.hpa.as_deref()).map_err(|error| {
            let help = match &error {
                FindError::Nothing => {
                    "name the folder of the manifests or of the chart, whose values must turn it on, \
                     or give `--target-cpu` and `--max`"
                }
                FindError::Several(_) => "choose one with `--hpa NAME`",
                FindError::Unknown { .. } => "see `plimsoll links` for what there is",
                FindError::Broken { tree, at, .. } => {
                    return broken(&project, &roots, &error, (*tree, at.clone()));
                }
            };
            Failure::user(error.to_string()).help(help)
        })?;
        // Of a rendered chart, the line of the template.
        let place = project.files.origin(Place {
            file: project.manifests[found.tree].file,
            range: TextRange::empty(found.object.head().start),
        });
        let Place { file, range } = place.place;
        let line = project.files.get(file).line_col(range.start).line;
        let path = roots.shown(&roots::here(), project.path(file));
        Ok((
            found.autoscaler,
            found.facts,
            Some(format!("{path}:{line}")),
        ))
    }
}

/// What is wrong with an autoscaler, at its line; of a rendered chart, at the template's.
fn broken(
    project: &Project,
    roots: &Roots,
    error: &FindError,
    (tree, at): (usize, Range<u32>),
) -> Failure {
    let origin = project.files.origin(Place {
        file: project.manifests[tree].file,
        range: TextRange::new(at.start, at.end),
    });
    let file = project.files.get(origin.place.file);
    let path = roots.shown(&roots::here(), &file.path);
    Failure::in_file(
        SourceFile::written(path, file.text.clone()),
        vec![Problem {
            range: origin.place.range,
            message: error.to_string(),
            help: Some("see `plimsoll check` for what else is wrong with it".to_owned()),
        }],
    )
}

fn read(path: &Path) -> std::io::Result<String> {
    let mut text = String::new();
    File::open(path)?
        .take(MOST_BYTES)
        .read_to_string(&mut text)?;
    Ok(text)
}

impl SceneArgs {
    fn scene(&self, facts: &PodFacts) -> Result<Scene, Failure> {
        let request = facts.cpu_request.map(|milli| milli as f64 / 1000.0);
        let limit = facts.cpu_limit.map(|milli| milli as f64 / 1000.0);
        let of_pod = if self.cores { limit.or(request) } else { None };
        let pod_capacity = self.per_pod.or(of_pod).ok_or_else(|| {
            Failure::user("how much load a pod serves is not known").help(
                "give `--per-pod N` in units of the load; `--cores` if the load is CPU in cores \
                 and the pods have requests",
            )
        })?;
        let known = if self.cores {
            request.map(|request| pod_capacity / request * 100.0)
        } else {
            limit
                .zip(request)
                .map(|(limit, request)| limit / request * 100.0)
        };
        Ok(Scene {
            pod_capacity,
            full_utilization: self.full_at.or(known).unwrap_or(100.0),
            replicas: self.replicas,
            start_up: self.start_up,
            node_delay: self.node_delay,
            pods_per_node: self.pods_per_node,
            spare_pods: self.spare_pods,
            metric_lag: self.metric_lag,
            metric_window: self.metric_window,
            patience: self.patience,
            sync: self.sync_period,
            start: 0.0,
            price: self.price,
            flags: Flags {
                tolerance: self.tolerance,
                downscale_stabilization: Span::seconds(self.downscale_stabilization),
                cpu_initialization_period: Span::seconds(self.cpu_initialization_period),
                initial_readiness_delay: Span::seconds(self.initial_readiness_delay),
                ..Flags::default()
            },
        })
    }
}
