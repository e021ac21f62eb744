//! The pods of the model: counts of like ones, and a few young ones.

use std::collections::VecDeque;

use super::{Counted, Scene, seconds};

/// Pods created together.
#[derive(Clone, Copy, Debug)]
struct Batch {
    pods: i32,
    /// When they were created, in seconds.
    created: f64,
    /// When they are ready.
    ready: f64,
}

/// Pods and the nodes below them.
pub(super) struct Pods {
    /// Pods whose start no longer matters.
    settled: i32,
    /// The others, the oldest first.
    young: VecDeque<Batch>,
    ready: i32,
    wanted: i32,
    /// The pods that the nodes have room for.
    room: i32,
    /// Nodes on their way: when, and the room then.
    ordered: VecDeque<(f64, i32)>,
    /// Since when a node has been empty.
    idle_since: Option<f64>,
    now: f64,
    start_up: f64,
    node_delay: f64,
    per_node: i32,
    /// How long a ready pod's sample does not count within the time of starting.
    blind: f64,
    /// How long starting may cost CPU.
    initialization: f64,
}

/// How long a node stays empty before it is removed, in seconds: what the cluster autoscaler
/// waits by default.
const IDLE: f64 = 600.0;

impl Pods {
    pub(super) fn new(scene: &Scene, replicas: i32) -> Self {
        let mut pods = Self {
            settled: replicas,
            young: VecDeque::new(),
            ready: replicas,
            wanted: replicas,
            room: i32::MAX,
            ordered: VecDeque::new(),
            idle_since: None,
            now: 0.0,
            start_up: scene.start_up,
            node_delay: scene.node_delay,
            per_node: scene.pods_per_node.max(0),
            blind: scene.metric_window + scene.metric_lag,
            initialization: seconds(scene.flags.cpu_initialization_period),
        };
        if pods.per_node > 0 {
            pods.room = pods.whole_nodes(replicas.saturating_add(scene.spare_pods.max(0)));
        }
        pods
    }

    fn whole_nodes(&self, pods: i32) -> i32 {
        let each = self.per_node;
        (pods / each + i32::from(pods % each > 0)).saturating_mul(each)
    }

    /// The replicas that were last asked for.
    pub(super) fn wanted(&self) -> i32 {
        self.wanted
    }

    /// The pods that serve.
    pub(super) fn ready(&self) -> i32 {
        self.ready
    }

    /// Time passes: pods become ready, nodes come and go.
    pub(super) fn advance(&mut self, now: f64) {
        self.now = now;
        if self.per_node > 0 {
            while self.ordered.front().is_some_and(|(at, _)| *at <= now) {
                if let Some((_, room)) = self.ordered.pop_front() {
                    self.room = self.room.max(room);
                }
            }
            self.release(now);
        }
        let (blind, initialization) = (self.blind, self.initialization);
        while let Some(oldest) = self.young.front() {
            // After that, neither readiness nor samples of theirs are looked at any more.
            let settled = oldest.ready + blind.max(0.0);
            let past = oldest.created + initialization;
            if now < settled.max(oldest.ready).min(past.max(oldest.ready)) {
                break;
            }
            self.settled += oldest.pods;
            self.young.pop_front();
        }
        let ready = self.young.iter().filter(|batch| batch.ready <= now);
        self.ready = self.settled + ready.map(|batch| batch.pods).sum::<i32>();
    }

    fn release(&mut self, now: f64) {
        let used = self.whole_nodes(self.wanted);
        if used < self.room && self.ordered.is_empty() {
            let since = *self.idle_since.get_or_insert(now);
            if now - since >= IDLE {
                self.room -= self.per_node;
                self.idle_since = None;
            }
        } else {
            self.idle_since = None;
        }
    }

    /// The ReplicaSet follows a new number.
    pub(super) fn follow(&mut self, wanted: i32, now: f64) {
        if wanted > self.wanted {
            let more = wanted - self.wanted;
            let at_once = more.min((self.room - self.wanted).max(0));
            self.start(at_once, now, now + self.start_up);
            if at_once < more {
                // They wait for nodes: for those on their way as far as these suffice.
                let room = self.whole_nodes(wanted);
                let coming = self.ordered.iter().find(|(_, coming)| *coming >= wanted);
                let arrival = coming.map_or(now + self.node_delay, |(at, _)| *at);
                if coming.is_none() {
                    self.ordered.push_back((arrival, room));
                }
                self.start(more - at_once, now, arrival + self.start_up);
            }
        } else {
            let mut fewer = self.wanted - wanted;
            while fewer > 0 {
                let Some(youngest) = self.young.back_mut() else {
                    self.settled -= fewer;
                    break;
                };
                let gone = fewer.min(youngest.pods);
                youngest.pods -= gone;
                fewer -= gone;
                if youngest.pods == 0 {
                    self.young.pop_back();
                }
            }
        }
        self.wanted = wanted;
    }

    fn start(&mut self, pods: i32, created: f64, ready: f64) {
        if pods > 0 {
            self.young.push_back(Batch {
                pods,
                created,
                ready,
            });
        }
    }

    /// How the pods count at a sync: within the time in which starting may cost CPU, a sample
    /// counts when it lies a window after the pod became ready (`groupPods`).
    pub(super) fn groups(&self, now: f64) -> Counted {
        let mut fresh = 0;
        for batch in &self.young {
            let starting = batch.created + self.initialization > now;
            let counts = batch.ready <= now && (!starting || now >= batch.ready + self.blind);
            fresh += if counts { 0 } else { i64::from(batch.pods) };
        }
        Counted {
            counting: i64::from(self.wanted) - fresh,
            fresh,
        }
    }
}
