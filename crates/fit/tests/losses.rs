//! What is said of lost nodes and zones is what comes out when everything is put together again by
//! hand, on a scheduler that has prepared nothing: on generated clusters.

#![expect(
    clippy::unwrap_used,
    reason = "a fixture that cannot be read fails the test"
)]

use std::fmt::Write as _;

use plimsoll_fit::{
    Count, Group, Loss, Manifests, Node, Pending, Plan, Scale, Scene, Scheduler, Shape, TemplateId,
};
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

    fn of<'a>(&mut self, values: &[&'a str]) -> &'a str {
        values[self.below(values.len() as u64) as usize]
    }
}

fn nodes(dice: &mut Dice) -> Vec<Node> {
    let mut nodes = Vec::new();
    for zone in ["a", "b", "c"] {
        let (count, size) = (
            1 + dice.below(3),
            dice.of(&["2cpu,4Gi", "4cpu,8Gi", "3cpu,16Gi"]),
        );
        let (count, shape) =
            Shape::parse(&format!("{count}x{size},zone={zone},name={zone}")).unwrap();
        nodes.extend(shape.nodes(count, 1));
    }
    nodes
}

/// Pods with everything that lets them mind each other.
fn manifests(dice: &mut Dice) -> String {
    let mut text =
        "apiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: {name: high}\n\
                    value: 10\n"
            .to_owned();
    for number in 0..5 + dice.below(4) {
        let own = format!("{{matchLabels: {{app: a{number}}}}}");
        let other = format!("{{matchLabels: {{app: a{}}}}}", dice.below(5));
        let label = dice.of(&["kubernetes.io/hostname", "topology.kubernetes.io/zone"]);
        let term = |of: &str| format!("{{topologyKey: {label}, labelSelector: {of}}}");
        let rather = |of: &str| format!("{{weight: 50, podAffinityTerm: {}}}", term(of));
        let need = "requiredDuringSchedulingIgnoredDuringExecution";
        let like = "preferredDuringSchedulingIgnoredDuringExecution";
        let minds = match dice.below(8) {
            0 => format!(
                "affinity: {{podAntiAffinity: {{{need}: [{}]}}}}, ",
                term(&own)
            ),
            1 => format!(
                "affinity: {{podAntiAffinity: {{{need}: [{}]}}}}, ",
                term(&other)
            ),
            2 => format!("affinity: {{podAffinity: {{{need}: [{}]}}}}, ", term(&own)),
            3 => format!(
                "affinity: {{podAntiAffinity: {{{like}: [{}]}}}}, ",
                rather(&own)
            ),
            4 => format!(
                "affinity: {{podAffinity: {{{like}: [{}]}}}}, ",
                rather(&other)
            ),
            5 => format!(
                "topologySpreadConstraints: [{{maxSkew: 1, topologyKey: {label}, \
                 whenUnsatisfiable: {}, labelSelector: {own}}}], ",
                dice.of(&["DoNotSchedule", "ScheduleAnyway"])
            ),
            _ => String::new(),
        };
        let priority = dice.of(&["", "", "priorityClassName: high, "]);
        let port = dice.of(&["", "", "", ", ports: [{containerPort: 80, hostPort: 80}]"]);
        let kind = dice.of(&["Deployment", "Deployment", "StatefulSet", "DaemonSet"]);
        let cpu = dice.of(&["100m", "400m", "700m", "1500m"]);
        let _ = writeln!(
            text,
            "---\napiVersion: apps/v1\nkind: {kind}\nmetadata: {{name: a{number}}}\nspec: \
             {{replicas: {}, selector: {own}, template: {{metadata: {{labels: {{app: a{number}}}}}, \
             spec: {{{priority}{minds}containers: [{{name: c, image: x{port}, resources: \
             {{requests: {{cpu: {cpu}}}}}}}]}}}}}}",
            1 + dice.below(4)
        );
        if dice.below(2) == 0 {
            let _ = writeln!(
                text,
                "---\napiVersion: v1\nkind: Service\nmetadata: {{name: a{number}}}\nspec: \
                 {{selector: {{app: a{number}}}}}"
            );
        }
    }
    text + "---\napiVersion: v1\nkind: Pod\nmetadata: {name: bare}\nspec: {containers: [{image: x}]}\n"
}

fn plan(seed: u64) -> Plan {
    let mut dice = Dice(seed);
    let nodes = nodes(&mut dice);
    let tree = parse(manifests(&mut dice), Dialect::GoV2);
    let found = Manifests::read([&tree].into_iter(), Scale::Written);
    Scene {
        nodes,
        inventory: found.inventory,
        groups: found.groups,
        pods: Vec::new(),
    }
    .plan()
}

/// The node that scores highest, found out by the questions that the oracle compares.
fn choose(
    scheduler: &mut Scheduler,
    load: &plimsoll_fit::Load,
    id: TemplateId,
) -> Result<usize, plimsoll_fit::Refusal> {
    let sight = scheduler.look(load, id);
    let scored = match sight.fits.as_slice() {
        [] => return Err(sight.refusal(load.nodes())),
        fits => scheduler.score(load, id, fits),
    };
    let best = scored.iter().map(plimsoll_fit::Scored::total).max();
    let at = scored.iter().position(|one| Some(one.total()) == best);
    Ok(sight.fits[at.unwrap()])
}

/// Everything from nothing, but for the nodes that are lost.
fn whole(plan: &Plan, gone: &[usize]) -> (usize, usize, Vec<Pending>) {
    let nodes = plan.scheduler.nodes().to_vec();
    let mut scheduler = Scheduler::new(nodes, std::collections::BTreeMap::new());
    let mut load = scheduler.empty();
    for node in gone {
        load.lose(*node);
    }
    let (mut queue, mut lost) = (Vec::new(), 0);
    for one in &plan.placed {
        let group: &Group = &plan.groups[one.group];
        let id = scheduler.template(plan.scheduler.said(one.template).clone());
        if !gone.contains(&one.node) {
            scheduler.put(&mut load, one.node, id);
        } else if group.count != Count::PerNode {
            if group.is_made_again() {
                queue.push((one.group, id));
            } else {
                lost += 1;
            }
        }
    }
    queue.sort_by_key(|(group, id)| (std::cmp::Reverse(scheduler.said(*id).priority), *group));
    let moved = queue.len();
    let mut pending = Vec::new();
    for (group, id) in queue {
        match choose(&mut scheduler, &load, id) {
            Ok(node) => scheduler.put(&mut load, node, id),
            Err(refusal) => pending.push(Pending { group, refusal }),
        }
    }
    (moved, lost, pending)
}

#[test]
fn losses_are_what_comes_out_when_all_is_done_again() {
    let (mut moved, mut pending, mut lost) = (0, 0, 0);
    for seed in 0..120 {
        let mut plan = plan(seed);
        let mut losses: Vec<Loss> = plan.lose_nodes();
        losses.extend(plan.lose_zones());
        // What was asked once is answered alike a second time.
        assert_eq!(plan.lose_nodes(), losses[..plan.scheduler.nodes().len()]);
        for loss in &losses {
            let found = (loss.moved, loss.lost, loss.pending.clone());
            assert_eq!(found, whole(&plan, &loss.nodes), "seed {seed}: {loss:?}");
            moved += loss.moved;
            lost += loss.lost;
            pending += loss.pending.len();
        }
    }
    // Enough of each to tell.
    assert!(
        moved > 2000 && pending > 300 && lost > 100,
        "{moved} {pending} {lost}"
    );
}
