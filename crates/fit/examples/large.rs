//! How long a large cluster takes: places pods on nodes, loses each node and each zone, and counts
//! the room that is left.
//!
//!     cargo run --release -p plimsoll-fit --example large -- NODES PODS
//!
//! Nodes lie in three zones, one in twenty with a taint, each with 40 images. Workloads have 1 to 80
//! replicas and a service; of six, one refuses to share a node, one is spread over zones and one would
//! rather not share a node. Five DaemonSets run everywhere.

use std::fmt::Write as _;
use std::io::Write as _;
use std::time::Instant;

use plimsoll_fit::{Dump, Manifests, Plan, Scale, Scene, growing};
use plimsoll_yaml::{Dialect, parse};

/// Numbers that look like chance, the same every time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    fn of(&mut self, values: &[u64]) -> u64 {
        values[self.below(values.len() as u64) as usize]
    }
}

fn nodes(count: usize, dice: &mut Dice) -> String {
    let mut text = String::new();
    for number in 0..count {
        let zone = ["a", "b", "c"][number % 3];
        let taint = if number % 20 == 0 {
            "{taints: [{key: gpu, effect: NoSchedule}]}"
        } else {
            "{}"
        };
        let images: Vec<String> = (0..40)
            .map(|_| {
                let (name, size) = (dice.below(200), 20 + dice.below(900));
                format!("{{names: ['img{name}:1'], sizeBytes: {size}000000}}")
            })
            .collect();
        let _ = writeln!(
            text,
            "---\napiVersion: v1\nkind: Node\nmetadata: {{name: n-{number}, labels: \
             {{kubernetes.io/hostname: n-{number}, topology.kubernetes.io/zone: {zone}}}}}\nspec: \
             {taint}\nstatus: {{allocatable: {{cpu: 8, memory: 32Gi, pods: 110}}, images: [{}]}}",
            images.join(", ")
        );
    }
    text
}

fn workloads(nodes: usize, pods: u64, dice: &mut Dice) -> String {
    let mut text = String::new();
    let mut left = pods;
    for number in 0.. {
        if left == 0 {
            break;
        }
        let replicas = left.min(dice.of(&[1, 2, 3, 5, 10, 20, 40, 80]));
        left -= replicas;
        let cpu = dice.of(&[85, 210, 425, 640, 850, 1700]);
        let memory = dice.of(&[128, 256, 512, 1024, 2048, 4096]);
        let own = format!("{{matchLabels: {{app: a{number}}}}}");
        let term = format!("{{topologyKey: kubernetes.io/hostname, labelSelector: {own}}}");
        let more = match number % 6 {
            1 if replicas < nodes as u64 / 3 => format!(
                "affinity: {{podAntiAffinity: \
                 {{requiredDuringSchedulingIgnoredDuringExecution: [{term}]}}}}, "
            ),
            2 => format!(
                "topologySpreadConstraints: [{{maxSkew: 1, topologyKey: \
                 topology.kubernetes.io/zone, whenUnsatisfiable: DoNotSchedule, labelSelector: \
                 {own}}}], "
            ),
            3 => format!(
                "affinity: {{podAntiAffinity: \
                 {{preferredDuringSchedulingIgnoredDuringExecution: [{{weight: 100, \
                 podAffinityTerm: {term}}}]}}}}, "
            ),
            _ => String::new(),
        };
        let image = number % 200;
        let _ = writeln!(
            text,
            "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: a{number}}}\nspec: \
             {{replicas: {replicas}, selector: {own}, template: {{metadata: {{labels: {{app: \
             a{number}}}}}, spec: {{{more}containers: [{{name: c, image: 'img{image}:1', resources: \
             {{requests: {{cpu: {cpu}m, memory: {memory}Mi}}}}}}]}}}}}}\n---\napiVersion: v1\n\
             kind: Service\nmetadata: {{name: a{number}}}\nspec: {{selector: {{app: a{number}}}}}"
        );
    }
    for number in 0..5 {
        let _ = writeln!(
            text,
            "---\napiVersion: apps/v1\nkind: DaemonSet\nmetadata: {{name: d{number}}}\nspec: \
             {{selector: {{matchLabels: {{app: d{number}}}}}, template: {{metadata: {{labels: \
             {{app: d{number}}}}}, spec: {{tolerations: [{{operator: Exists}}], containers: [{{name: \
             c, image: 'd:1', resources: {{requests: {{cpu: 50m, memory: 64Mi}}}}}}]}}}}}}"
        );
    }
    text
}

fn main() {
    let numbers: Vec<usize> = std::env::args()
        .skip(1)
        .filter_map(|word| word.parse().ok())
        .collect();
    let (count, pods) = match numbers.as_slice() {
        [count, pods, ..] => (*count, *pods),
        _ => (500, 5000),
    };
    let mut dice = Dice(7);
    let nodes = Dump::parse(nodes(count, &mut dice)).and_then(|dump| dump.nodes());
    let tree = parse(workloads(count, pods as u64, &mut dice), Dialect::GoV2);
    let found = Manifests::read([&tree].into_iter(), Scale::Written);
    let scene = Scene {
        nodes: nodes.unwrap_or_default(),
        inventory: found.inventory,
        groups: found.groups,
        pods: Vec::new(),
    };
    let mut plan = timed("place all pods", || scene.plan());
    say(&format!(
        "{} placed, {} pending, {} workloads",
        plan.placed.len(),
        plan.pending.len(),
        plan.groups.len()
    ));
    let sum = |losses: Vec<plimsoll_fit::Loss>| -> (usize, usize) {
        let moved = losses.iter().map(|one| one.moved).sum();
        (moved, losses.iter().map(|one| one.pending.len()).sum())
    };
    let (moved, pending) = sum(timed("lose each node", || plan.lose_nodes()));
    say(&format!("{moved} moved, {pending} pending"));
    let (moved, pending) = sum(timed("lose each zone", || plan.lose_zones()));
    say(&format!("{moved} moved, {pending} pending"));
    let spare = |plan: &mut Plan| -> usize {
        let groups: Vec<usize> = growing(&plan.groups).into_iter().take(100).collect();
        let all = groups.into_iter().filter_map(|group| plan.spare(group));
        all.map(|one| one.replicas).sum()
    };
    let replicas = timed("room for 100 workloads", || spare(&mut plan));
    say(&format!("{replicas} replicas"));
    let stranded = timed("what is stranded", || plan.stranded());
    say(&format!("{} nodes", stranded.nodes));
}

fn timed<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let begin = Instant::now();
    let found = work();
    say(&format!("{what}: {:.2} s", begin.elapsed().as_secs_f64()));
    found
}

fn say(line: &str) {
    // A reader that has gone away has had enough.
    let _ = writeln!(std::io::stdout(), "{line}");
}
