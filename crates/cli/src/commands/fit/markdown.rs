//! The answer for a pull request or an issue.

use std::fmt::Write;

use super::Lose;
use super::answer::{Answer, Placed};
use super::text::{facts, loss_words, needed_words, node_row, spare_words};

pub(super) fn markdown(answer: &Answer) -> String {
    let mut out = String::new();
    if let Some(placed) = &answer.placed {
        placed_part(&mut out, placed);
    }
    if !answer.shapes.is_empty() {
        out.push_str("### Everything on nodes of one shape\n\n| shape | needed |\n| --- | --- |\n");
        for (shape, needed) in &answer.shapes {
            let _ = writeln!(
                out,
                "| {} | {} |",
                cell(&shape.name),
                cell(&needed_words(needed))
            );
        }
    }
    out
}

fn placed_part(out: &mut String, placed: &Placed) {
    let plan = &placed.plan;
    let title = match plan.pending.len() {
        0 => "Every pod fits".to_owned(),
        1 => "1 pod stays pending".to_owned(),
        pending => format!("{pending} pods stay pending"),
    };
    let _ = writeln!(out, "## {title}\n");
    for (name, words) in facts(placed) {
        let _ = writeln!(out, "- {name}: {words}");
    }
    out.push('\n');
    let pending = plan.pending_by_group();
    if !pending.is_empty() {
        out.push_str("| pending | pods | why |\n| --- | --- | --- |\n");
        for (group, count, refusal) in pending {
            let (name, why) = (cell(&placed.shown(group)), cell(&refusal.to_string()));
            let _ = writeln!(out, "| {name} | {count} | {why} |");
        }
        out.push('\n');
    }
    out.push_str("| node | zone | CPU | memory | pods |\n| --- | --- | --- | --- | --- |\n");
    for (number, node) in plan.scheduler.nodes().iter().enumerate() {
        let row = node_row(plan, number, node);
        let (name, zone) = (cell(&row.name), cell(&row.zone));
        let _ = writeln!(
            out,
            "| {name} | {zone} | {} | {} | {} |",
            row.cpu, row.memory, row.pods
        );
    }
    out.push('\n');
    if !placed.spare.is_empty() {
        out.push_str("| workload | room for |\n| --- | --- |\n");
        for spare in &placed.spare {
            let name = cell(&plan.groups[spare.group].name());
            let _ = writeln!(out, "| {name} | {} |", spare_words(spare));
        }
        out.push('\n');
    }
    losses(out, placed);
}

fn losses(out: &mut String, placed: &Placed) {
    let Some((what, losses)) = &placed.lose else {
        return;
    };
    let noun = match what {
        Lose::Node => "node",
        Lose::Zone => "zone",
    };
    let _ = writeln!(out, "| lost {noun} | its pods | why |\n| --- | --- | --- |");
    for loss in losses {
        let why: Vec<String> = Placed::pending_of(loss)
            .into_iter()
            .map(|(group, count, refusal)| {
                let name = placed.plan.groups[group].name();
                cell(&format!("{count} × {name}: {refusal}"))
            })
            .collect();
        let (name, why) = (cell(&loss.name), why.join("<br>"));
        let _ = writeln!(out, "| {name} | {} | {why} |", loss_words(loss));
    }
    out.push('\n');
}

/// Text in a cell of a table.
fn cell(text: &str) -> String {
    plimsoll_report::escape::lines(text)
        .replace('\n', " ")
        .replace('|', "\\|")
        .replace('<', "&lt;")
}
