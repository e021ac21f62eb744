//! The answer for people.

use std::fmt::Write;

use plimsoll_fit::{Loss, Needed, Node, Plan, Resources, Shape, Spare};

use super::Lose;
use super::answer::{Answer, Explained, Placed};

/// The most nodes that are listed.
const MOST_NODES: usize = 40;
/// The most lines of another list.
const MOST_LINES: usize = 30;

pub(super) fn text(answer: &Answer) -> String {
    let mut out = String::new();
    if let Some(placed) = &answer.placed {
        for (name, words) in facts(placed) {
            let _ = writeln!(out, "{name:<10}{words}");
        }
        pending(&mut out, placed);
        nodes(&mut out, &placed.plan);
        spare(&mut out, placed);
        losses(&mut out, placed);
        if let Some(explained) = &placed.explained {
            explain(&mut out, placed, explained);
        }
    }
    shapes(&mut out, &answer.shapes);
    out
}

/// The sums, each with its name.
pub(super) fn facts(placed: &Placed) -> Vec<(&'static str, String)> {
    let plan = &placed.plan;
    let nodes = plan.scheduler.nodes();
    let mut has = Resources::default();
    for node in nodes {
        has.add(&node.allocatable, 1);
    }
    let price: Option<f64> = nodes.iter().map(|node| node.price).sum();
    let price = price.map_or(String::new(), |price| format!("; {price:.3} an hour"));
    let there = plan.placed.iter().filter(|one| one.was_there).count();
    let new = plan.placed.len() - there;
    let asked = new + plan.pending.len();
    let beside = match there {
        0 => String::new(),
        there => format!(", beside {there} that run"),
    };
    let mut facts = vec![
        (
            "nodes",
            format!(
                "{} with {} CPU and {} of memory{price}",
                nodes.len(),
                cores(has.milli_cpu),
                bytes(has.memory)
            ),
        ),
        ("placed", format!("{new} of {asked} pods{beside}")),
        (
            "asked for",
            format!(
                "{:.0} % of the CPU, {:.0} % of the memory",
                placed.used.0 * 100.0,
                placed.used.1 * 100.0
            ),
        ),
    ];
    if plan.elsewhere > 0 {
        let words = format!(
            "{} on nodes that are not given",
            plural(plan.elsewhere, "pod")
        );
        facts.push(("elsewhere", words));
    }
    let stranded = &placed.stranded;
    let all = stranded.nodes == nodes.len();
    if stranded.nodes > 0 && !all && !placed.spare.is_empty() {
        facts.push((
            "stranded",
            format!(
                "{} CPU and {} of memory are free on {} where no replica of any workload fits",
                cores(stranded.milli_cpu),
                bytes(stranded.memory),
                plural(stranded.nodes, "node")
            ),
        ));
    }
    facts
}

fn pending(out: &mut String, placed: &Placed) {
    let all = placed.plan.pending_by_group();
    if all.is_empty() {
        return;
    }
    let _ = writeln!(out, "\npending");
    for (group, count, refusal) in all.iter().take(MOST_LINES) {
        let _ = writeln!(out, "  {count} × {}", placed.shown(*group));
        let _ = writeln!(out, "      {refusal}");
    }
    more(out, all.len());
}

fn more(out: &mut String, all: usize) {
    if all > MOST_LINES {
        let more = all - MOST_LINES;
        let _ = writeln!(out, "  and {more} more; `--format json` has them all");
    }
}

/// One node in a table.
pub(super) struct NodeRow {
    pub(super) name: String,
    pub(super) zone: String,
    pub(super) cpu: String,
    pub(super) memory: String,
    pub(super) pods: String,
}

pub(super) fn node_row(plan: &Plan, number: usize, node: &Node) -> NodeRow {
    let host = plan.load.host(number);
    let share = |asked: i64, has: i64| {
        if has > 0 {
            format!("{:.0} %", asked as f64 / has as f64 * 100.0)
        } else {
            "-".to_owned()
        }
    };
    NodeRow {
        name: node.name.clone(),
        zone: node.zone().unwrap_or("-").to_owned(),
        cpu: format!(
            "{} of {} ({})",
            cores(host.requested.milli_cpu),
            cores(node.allocatable.milli_cpu),
            share(host.requested.milli_cpu, node.allocatable.milli_cpu)
        ),
        memory: format!(
            "{} of {} ({})",
            bytes(host.requested.memory),
            bytes(node.allocatable.memory),
            share(host.requested.memory, node.allocatable.memory)
        ),
        pods: format!("{} of {}", host.pods, node.pods),
    }
}

fn nodes(out: &mut String, plan: &Plan) {
    let rows: Vec<NodeRow> = plan
        .scheduler
        .nodes()
        .iter()
        .enumerate()
        .take(MOST_NODES)
        .map(|(number, node)| node_row(plan, number, node))
        .collect();
    let mut table = vec![["node", "zone", "CPU", "memory", "pods"].map(str::to_owned)];
    table.extend(
        rows.into_iter()
            .map(|row| [row.name, row.zone, row.cpu, row.memory, row.pods]),
    );
    out.push('\n');
    columns(out, &table);
    let all = plan.scheduler.nodes().len();
    if all > MOST_NODES {
        let more = all - MOST_NODES;
        let _ = writeln!(out, "and {more} more; `--format json` has them all");
    }
}

/// Cells in columns as wide as the widest.
fn columns<const N: usize>(out: &mut String, rows: &[[String; N]]) {
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..N).map(width).collect();
    for row in rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            let _ = write!(line, "{cell:<width$}  ");
        }
        let _ = writeln!(out, "{}", line.trim_end());
    }
}

/// Words for how many more there is room for.
pub(super) fn spare_words(spare: &Spare) -> String {
    let number = match &spare.refusal {
        Some(_) => format!("{} more", spare.replicas),
        None => format!("{} more at least", spare.replicas),
    };
    let pieces = spare.in_one_piece;
    if pieces > spare.replicas && spare.refusal.is_some() {
        format!("{number} ({pieces} if what is free were in one piece)")
    } else {
        number
    }
}

fn spare(out: &mut String, placed: &Placed) {
    if placed.spare.is_empty() {
        return;
    }
    let _ = writeln!(out, "\nroom for");
    for spare in placed.spare.iter().take(MOST_LINES) {
        let name = placed.plan.groups[spare.group].name();
        let _ = writeln!(out, "  {name}: {}", spare_words(spare));
    }
    more(out, placed.spare.len() + placed.unmeasured);
    if placed.unmeasured > 0 {
        let number = placed.unmeasured;
        let _ = writeln!(out, "  the room for {number} of them was not measured");
    }
}

/// What is said of a loss where pods stay pending.
pub(super) fn loss_words(loss: &Loss) -> String {
    let bare = match loss.lost {
        0 => String::new(),
        lost => format!("; {} that nobody makes again", plural(lost, "pod")),
    };
    if loss.pending.is_empty() {
        format!("all {} find room elsewhere{bare}", loss.moved)
    } else {
        let stay = loss.pending.len();
        let verb = if stay == 1 { "stays" } else { "stay" };
        format!("{stay} of {} {verb} pending{bare}", loss.moved)
    }
}

fn losses(out: &mut String, placed: &Placed) {
    let Some((what, losses)) = &placed.lose else {
        return;
    };
    let noun = match what {
        Lose::Node => "node",
        Lose::Zone => "zone",
    };
    let _ = writeln!(out, "\nlosing a {noun}");
    if losses.is_empty() {
        let _ = writeln!(out, "  no node says which zone it is in");
        return;
    }
    let (short, held): (Vec<_>, Vec<_>) = losses
        .iter()
        .partition(|loss| !loss.pending.is_empty() || loss.lost > 0);
    for loss in short.iter().take(MOST_LINES) {
        let _ = writeln!(out, "  {}: {}", loss.name, loss_words(loss));
        for (group, count, refusal) in Placed::pending_of(loss) {
            let name = placed.plan.groups[group].name();
            let _ = writeln!(out, "      {count} × {name}\n        {refusal}");
        }
    }
    more(out, short.len());
    if let Some(words) = held_words(noun, held.len(), short.is_empty()) {
        let _ = writeln!(out, "  {words}");
    }
}

fn held_words(noun: &str, held: usize, all: bool) -> Option<String> {
    match (held, all) {
        (0, _) => None,
        (_, true) => Some(format!(
            "whichever {noun} it is, its pods find room elsewhere"
        )),
        (held, false) => Some(format!(
            "the pods of the other {} find room elsewhere",
            plural(held, noun)
        )),
    }
}

fn explain(out: &mut String, placed: &Placed, explained: &Explained) {
    let name = placed.plan.groups[explained.group].name();
    let _ = writeln!(out, "\none more of {name}");
    if let Some(before) = &explained.before {
        let _ = writeln!(out, "  {before}");
        return;
    }
    let plugins: Vec<&str> = explained.plugins.iter().map(|one| one.name()).collect();
    if !plugins.is_empty() {
        let _ = writeln!(out, "  scores: {}", plugins.join(" + "));
    }
    let width = explained.nodes.iter().map(|(name, _)| name.chars().count());
    let width = width.max().unwrap_or(0);
    for (name, said) in explained.nodes.iter().take(MOST_NODES) {
        let words = match said {
            Ok(scored) => {
                let parts: Vec<String> = explained
                    .plugins
                    .iter()
                    .map(|plugin| scored.0[*plugin as usize].unwrap_or(0).to_string())
                    .collect();
                format!("{} = {}", scored.total(), parts.join(" + "))
            }
            Err(reason) => reason.words().join(", "),
        };
        let _ = writeln!(out, "  {name:<width$}  {words}");
    }
}

/// Words for how many nodes of a shape are needed.
pub(super) fn needed_words(needed: &Needed) -> String {
    match needed {
        Needed::Nodes { count, price, used } => {
            let price = price.map_or(String::new(), |price| format!(", {price:.3} an hour"));
            format!(
                "{}{price}; {:.0} % of the CPU and {:.0} % of the memory asked for",
                plural(*count, "node"),
                used.0 * 100.0,
                used.1 * 100.0
            )
        }
        Needed::Never { group, refusal } => {
            format!("however many there are, {group} stays pending: {refusal}")
        }
    }
}

fn shapes(out: &mut String, shapes: &[(Shape, Needed)]) {
    if shapes.is_empty() {
        return;
    }
    if !out.is_empty() {
        out.push('\n');
    }
    let _ = writeln!(out, "everything on nodes of one shape");
    for (shape, needed) in shapes {
        let _ = writeln!(out, "  {}: {}", shape.name, needed_words(needed));
    }
}

/// `1 node`, `2 nodes`.
pub(super) fn plural(count: usize, noun: &str) -> String {
    if count == 1 {
        format!("{count} {noun}")
    } else {
        format!("{count} {noun}s")
    }
}

/// Cores with as many digits as matter: a little is not nothing.
pub(super) fn cores(milli: i64) -> String {
    let digits = if milli.unsigned_abs() < 10 { 3 } else { 2 };
    let text = format!("{:.digits$}", milli as f64 / 1000.0);
    trimmed(&text)
}

/// Bytes in the unit that fits.
pub(super) fn bytes(bytes: i64) -> String {
    let value = bytes as f64;
    let units = [
        (1u64 << 40, "Ti"),
        (1 << 30, "Gi"),
        (1 << 20, "Mi"),
        (1 << 10, "Ki"),
    ];
    for (size, unit) in units {
        if bytes.unsigned_abs() >= size {
            return trimmed(&format!("{:.1}", value / size as f64)) + unit;
        }
    }
    bytes.to_string()
}

/// Without zeros after the point.
fn trimmed(text: &str) -> String {
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_short() {
        assert_eq!(cores(4000), "4");
        assert_eq!(cores(3920), "3.92");
        assert_eq!(cores(0), "0");
        assert_eq!(cores(1), "0.001");
        assert_eq!(bytes(16 << 30), "16Gi");
        assert_eq!(bytes(1_610_612_736), "1.5Gi");
        assert_eq!(bytes(512), "512");
        assert_eq!(bytes(0), "0");
    }
}
