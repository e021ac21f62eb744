//! The world of a replay, made of its seed as `tests/oracles/hpa/world.go` makes it.

use std::collections::BTreeMap;
use std::sync::Arc;

use plimsoll_hpa::pods::{Container, Phase, Pod, Ready, Requests};
use plimsoll_hpa::samples::{Metrics, PodUsage, Sample, Samples, of_usage};
use plimsoll_hpa::spec::{Identifier, Reference, Target};
use plimsoll_hpa::{
    Behavior, Expression, Flags, Hpa, LabelSelector, Metric, Policy, Rules, Scale, ScaleRead,
    Select, Selection, Span, Time, float_of,
};
use plimsoll_k8s::Quantity;
use plimsoll_k8s::quantity::Format;

/// splitmix64.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = self.0;
        let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: i64) -> i64 {
        (self.next() % n as u64) as i64
    }

    fn chance(&mut self, per_mille: i64) -> bool {
        self.below(1000) < per_mille
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len() as i64) as usize]
    }
}

struct Member {
    id: i64,
    created: i64,
    start_delay: i64,
    ready_delay: i64,
    phase: Phase,
    ready: bool,
    since: i64,
    deleted: bool,
    gone: usize,
    used: Option<Used>,
    rps: Option<i64>,
    age: i64,
    window: i64,
}

struct Used {
    cpu: i64,
    sidecar: i64,
    memory: i64,
}

pub(crate) struct World {
    dice: Dice,
    pub(crate) hpa: Hpa,
    pub(crate) flags: Flags,
    pub(crate) replicas: i32,
    pub(crate) load: i64,
    pub(crate) now: i64,
    pub(crate) put_error: Option<String>,
    members: Vec<Member>,
    next_id: i64,
    requests: Arc<Requests>,
    api_error: Option<String>,
    get_error: Option<String>,
    nothing: bool,
    selection: Selection,
    object: i64,
    series: Vec<i64>,
}

fn rules(dice: &mut Dice, up: bool) -> Rules {
    use Select::{Disabled, Max, Min};
    let select = dice.pick(&[Max, Max, Max, Min, Min, Disabled]);
    let mut window = dice.pick(&[-1, 0, 0, 30, 60, 300, 600]);
    if up && window < 0 {
        window = 0;
    }
    let mut policies = Vec::new();
    for _ in 0..1 + dice.below(3) {
        let of_pods = dice.pick(&[true, false]);
        let value = if of_pods {
            1 + dice.below(8)
        } else {
            dice.pick(&[5, 10, 25, 50, 100, 200])
        };
        let period = dice.pick(&[15, 30, 60, 120, 300, 600]);
        let make = if of_pods {
            Policy::pods
        } else {
            Policy::percent
        };
        policies.push(make(value as i32, period));
    }
    let tolerance = dice.pick(&["", "", "", "0", "50m", "0.15", "0.2"]);
    Rules {
        window_seconds: (window >= 0).then_some(window),
        select,
        policies,
        tolerance: float_of(tolerance),
    }
}

fn quantity(text: &str) -> Quantity {
    text.parse().unwrap()
}

fn target(dice: &mut Dice, of: &[&str]) -> Target {
    let value = dice.pick(&[true, false]);
    let text = quantity(dice.pick(of));
    if value {
        Target::value(text)
    } else {
        Target::average(text)
    }
}

fn named(name: &str) -> Identifier {
    Identifier {
        name: name.to_owned(),
        selector: None,
    }
}

fn metric(dice: &mut Dice) -> Metric {
    match dice.below(9) {
        0..=2 => Metric::Resource {
            name: "cpu".to_owned(),
            target: Target::utilization(dice.pick(&[50, 60, 70, 80, 120])),
        },
        3 => Metric::Resource {
            name: "memory".to_owned(),
            target: Target::average(quantity(dice.pick(&["200Mi", "300Mi", "512M"]))),
        },
        4 => Metric::ContainerResource {
            name: "cpu".to_owned(),
            container: dice.pick(&["app", "app", "app", "lost"]).to_owned(),
            target: Target::utilization(dice.pick(&[50, 75])),
        },
        5 => Metric::Pods {
            metric: named("rps"),
            target: Target::average(quantity(dice.pick(&["10", "2500m", "40"]))),
        },
        6 => Metric::Object {
            object: Reference {
                api_version: "networking.k8s.io/v1".to_owned(),
                kind: "Ingress".to_owned(),
                name: "main".to_owned(),
            },
            metric: named("hits"),
            target: target(dice, &["100", "20", "1500m"]),
        },
        7 => Metric::External {
            metric: Identifier {
                name: "queue".to_owned(),
                selector: Some(LabelSelector {
                    labels: BTreeMap::from([
                        ("shop".to_owned(), "one".to_owned()),
                        ("area".to_owned(), "eu".to_owned()),
                    ]),
                    expressions: vec![Expression {
                        key: "lane".to_owned(),
                        operator: "In".to_owned(),
                        values: vec!["a".to_owned(), "b".to_owned()],
                    }],
                }),
            },
            target: target(dice, &["30", "7"]),
        },
        _ => Metric::External {
            metric: named("lag"),
            target: target(dice, &["50", "5"]),
        },
    }
}

impl World {
    pub(crate) fn new(seed: u64) -> Self {
        let mut dice = Dice(seed);
        let flags = Flags {
            tolerance: dice.pick(&[0.1, 0.1, 0.05, 0.2, 0.0]),
            downscale_stabilization: Span::seconds(dice.pick(&[300, 300, 60, 0, 600])),
            cpu_initialization_period: Span::seconds(dice.pick(&[300, 120, 30, 0])),
            initial_readiness_delay: Span::seconds(dice.pick(&[30, 10, 0])),
            ..Flags::default()
        };
        let metrics = (0..1 + dice.below(3)).map(|_| metric(&mut dice)).collect();
        let least = dice.pick(&[-1, 1, 2, 3, 0, 0]);
        let max_replicas = least.max(1) + dice.below(60) as i32;
        let behavior = (dice.below(4) != 0).then(|| Behavior {
            up: rules(&mut dice, true),
            down: rules(&mut dice, false),
        });
        let load = dice.below(5000);
        let request = quantity(dice.pick(&["100m", "250m", "0.5", "1"]));
        let container = |name: &str, cpu: Quantity| Container {
            name: name.to_owned(),
            restarts: false,
            requests: BTreeMap::from([
                ("cpu".to_owned(), cpu),
                ("memory".to_owned(), quantity("256Mi")),
            ]),
        };
        let requests = Requests {
            containers: vec![
                container("app", request),
                container("proxy", quantity("20m")),
            ],
            ..Requests::default()
        };
        Self {
            hpa: Hpa {
                namespace: "demo".to_owned(),
                name: "web".to_owned(),
                generation: 1,
                target: Reference {
                    api_version: "apps/v1".to_owned(),
                    kind: "Deployment".to_owned(),
                    name: "web".to_owned(),
                },
                min_replicas: (least >= 0).then_some(least),
                max_replicas,
                metrics,
                behavior,
            },
            flags,
            replicas: least.max(1),
            load,
            now: 0,
            put_error: None,
            members: Vec::new(),
            next_id: 0,
            requests: Arc::new(requests),
            api_error: None,
            get_error: None,
            nothing: false,
            selection: Selection::Pods,
            object: 0,
            series: Vec::new(),
            dice,
        }
    }

    pub(crate) fn sleep(&mut self) {
        self.now += self.dice.pick(&[15000, 15000, 15000, 15000, 15011, 14989]);
    }

    /// Brings the world to the next step.
    pub(crate) fn advance(&mut self, step: usize) {
        let now = self.now;
        let dice = &mut self.dice;
        self.load += dice.below(1201) - 600;
        match dice.below(60) {
            0 => self.load *= 3,
            1 => self.load /= 4,
            2 => self.load = 0,
            _ => {}
        }
        self.load = self.load.clamp(0, 40000);
        if dice.chance(15) {
            self.replicas = dice.below(i64::from(self.hpa.max_replicas) + 4) as i32;
        }
        if dice.chance(6) {
            self.hpa.max_replicas = 4 + dice.below(60) as i32;
            self.hpa.generation += 1;
        }
        if dice.chance(6) {
            self.hpa.min_replicas = Some(dice.below(4) as i32);
            self.hpa.generation += 1;
        }
        self.members.retain(|one| !one.deleted || one.gone > step);
        let lives = |one: &Member| !one.deleted && one.phase != Phase::Failed;
        let mut live = self.members.iter().filter(|one| lives(one)).count() as i32;
        while live < self.replicas {
            self.members.push(Member {
                id: self.next_id,
                created: now,
                start_delay: dice.below(50000),
                ready_delay: dice.below(60000),
                phase: Phase::Pending,
                ready: false,
                since: 0,
                deleted: false,
                gone: 0,
                used: None,
                rps: None,
                age: 0,
                window: 0,
            });
            self.next_id += 1;
            live += 1;
        }
        for one in self.members.iter_mut().rev() {
            if live > self.replicas && lives(one) {
                one.deleted = true;
                one.gone = step + 1 + dice.below(3) as usize;
                live -= 1;
            }
        }
        for one in &mut self.members {
            if one.phase == Phase::Pending && now - one.created >= one.start_delay {
                (one.phase, one.since) = (Phase::Running, now);
            } else if one.phase == Phase::Running
                && !one.ready
                && now - one.since >= one.ready_delay
            {
                (one.ready, one.since) = (true, now);
            } else if one.phase == Phase::Running && one.ready && dice.chance(8) {
                (one.ready, one.since) = (false, now);
            } else if one.phase == Phase::Running && dice.chance(3) {
                one.phase = Phase::Failed;
            }
        }
        self.measure();
    }

    fn measure(&mut self) {
        let dice = &mut self.dice;
        let load = self.load;
        let serves = |one: &&Member| one.phase == Phase::Running && one.ready;
        let serving = self.members.iter().filter(serves).count().max(1) as i64;
        for one in &mut self.members {
            (one.used, one.rps) = (None, None);
            if one.phase != Phase::Running {
                continue;
            }
            if !dice.chance(30) {
                one.used = Some(Used {
                    cpu: load / serving + dice.below(60),
                    sidecar: 5 + dice.below(5),
                    memory: 200 * 1024 * 1024 + load * 20000 / serving + dice.below(1_000_000),
                });
            }
            if !dice.chance(30) {
                one.rps = Some(load * 100 / serving + dice.below(500));
            }
            one.age = dice.below(45) * 1000;
            one.window = dice.pick(&[15, 30]) * 1000;
        }
        self.object = load * 50;
        self.series = (0..1 + dice.below(3))
            .map(|_| load * 30 + dice.below(1000))
            .collect();
        if dice.chance(4) {
            self.series.push(9_223_372_036_854_775_000);
        }
        (self.api_error, self.get_error, self.put_error) = (None, None, None);
        self.nothing = false;
        self.selection = Selection::Pods;
        match dice.below(120) {
            0..=2 => {
                let busy = "the server is currently unable to handle the request";
                self.api_error = Some(busy.to_owned());
            }
            3 | 4 => self.nothing = true,
            5 => self.get_error = Some("deployments.apps \"web\" is forbidden".to_owned()),
            6 | 7 => self.put_error = Some("admission webhook denied the request".to_owned()),
            8 => self.selection = Selection::Missing,
            9 => {
                self.selection = Selection::Unreadable(
                    "unable to parse requirement: found '', expected: ',' or ')'".to_owned(),
                );
            }
            10 => {
                let hpas = vec!["demo/rival".to_owned(), "demo/web".to_owned()];
                // Nobody else chooses pods that are not there.
                if !self.members.is_empty() {
                    self.selection = Selection::Ambiguous {
                        selector: "app".to_owned(),
                        hpas,
                    };
                }
            }
            _ => {}
        }
    }

    pub(crate) fn scale(&self) -> ScaleRead {
        if let Some(error) = &self.get_error {
            return ScaleRead::Failed(error.clone());
        }
        let lives = |one: &&Member| !one.deleted && one.phase != Phase::Failed;
        ScaleRead::Read(Scale {
            spec_replicas: self.replicas,
            status_replicas: self.members.iter().filter(lives).count() as i32,
            selection: self.selection.clone(),
        })
    }

    pub(crate) fn pods(&self) -> Vec<Pod> {
        let pod = |one: &Member| {
            let runs = one.phase != Phase::Pending;
            Pod {
                name: format!("web-{}", one.id),
                deleted: one.deleted,
                phase: one.phase,
                start: runs.then(|| Time::millis(one.created)),
                ready: runs.then(|| Ready {
                    status: Some(one.ready),
                    since: Time::millis(one.since),
                }),
                requests: Arc::clone(&self.requests),
            }
        };
        self.members.iter().map(pod).collect()
    }

    fn refused(&self, api: &str) -> Result<(), String> {
        let error = self.api_error.as_ref();
        error.map_or(Ok(()), |error| {
            Err(format!(
                "unable to fetch metrics from {api} metrics API: {error}"
            ))
        })
    }
}

impl Metrics for World {
    fn resource(&self, resource: &str, container: &str) -> Result<Samples, String> {
        self.refused("resource")?;
        // Nobody looks at the other one.
        let amounts = |cpu: i64, memory: i64| {
            let amount = match resource {
                "cpu" => Quantity::from_milli(cpu, Format::DecimalSi),
                _ => Quantity::new(memory, Format::BinarySi),
            };
            BTreeMap::from([(resource.to_owned(), amount)])
        };
        let usage = |one: &Member| {
            let used = one.used.as_ref()?;
            Some(PodUsage {
                pod: format!("web-{}", one.id),
                timestamp: Time::millis(self.now - one.age),
                window: Span::millis(one.window),
                containers: vec![
                    ("app".to_owned(), amounts(used.cpu, used.memory)),
                    ("proxy".to_owned(), amounts(used.sidecar, 12_345_678)),
                ],
            })
        };
        let all: Vec<PodUsage> = self
            .members
            .iter()
            .filter(|_| !self.nothing)
            .filter_map(usage)
            .collect();
        of_usage(&all, resource, container)
    }

    fn pods(&self, _: &Identifier) -> Result<Samples, String> {
        self.refused("custom")?;
        let sample = |one: &Member| {
            let sample = Sample {
                value: one.rps?,
                timestamp: Time::millis(self.now - one.age),
                window: Span::seconds(60),
            };
            Some((format!("web-{}", one.id), sample))
        };
        let given = self.members.iter().filter(|_| !self.nothing);
        let samples: Samples = given.filter_map(sample).collect();
        if samples.is_empty() {
            return Err("no metrics returned from custom metrics API".to_owned());
        }
        Ok(samples)
    }

    fn object(&self, _: &Reference, _: &Identifier) -> Result<i64, String> {
        self.refused("custom")?;
        Ok(self.object)
    }

    fn external(&self, _: &Identifier) -> Result<Vec<i64>, String> {
        self.refused("external")?;
        if self.nothing {
            return Err("no metrics returned from external metrics API".to_owned());
        }
        Ok(self.series.clone())
    }
}
