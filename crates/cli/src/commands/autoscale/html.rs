//! A replay as one page to look at, and its drawings alone.

use plimsoll_autoscale::sim::{HoldKind, Report};
use plimsoll_pages::chart::{self, Chart, Mark, Series, Shape};
use plimsoll_pages::{Element, Page, el};

use super::inputs::Inputs;
use super::text;

/// The most changes in the table and marks in a drawing.
const MOST_MOVES: usize = 500;

const STYLE: &str = "\
dl{display:grid;grid-template-columns:auto 1fr;gap:.2rem 1rem;margin:.6rem 0}dt{color:var(--soft)}dd{margin:0}\
.card h2{margin:0 0 .3rem}td.n,th.n{text-align:right;white-space:nowrap}td.t{white-space:nowrap}";

pub(super) fn page(inputs: &Inputs, report: &Report) -> String {
    let mut page = Page::new("Autoscaler replay")
        .style(chart::STYLE)
        .style(STYLE);
    page.add(el("h1").text("What the autoscaler would have done"));
    page.add(el("p").class("soft").text(text::heading(inputs)));
    let facts = text::facts(inputs, report);
    page.add(
        el("dl").children(
            facts
                .into_iter()
                .flat_map(|(name, words)| [el("dt").text(name), el("dd").text(words)]),
        ),
    );
    for (title, chart) in [
        "Load and capacity",
        "Replicas",
        "CPU that the controller saw",
    ]
    .into_iter()
    .zip(charts(inputs, report))
    {
        let card = el("section").class("card");
        page.add(card.child(el("h2").text(title)).child(chart::both(&chart)));
    }
    page.add(moves(inputs, report));
    page.html()
}

pub(super) fn drawings(inputs: &Inputs, report: &Report) -> String {
    chart::file(&charts(inputs, report), 1080.0)
}

fn charts(inputs: &Inputs, report: &Report) -> [Chart; 3] {
    let begin = inputs.load.begin;
    let at = |step: usize| begin + (step + 1) as f64 * report.sync;
    let series = |label: &str, class, shape, value: &dyn Fn(usize) -> f64| Series {
        label: label.to_owned(),
        class,
        shape,
        points: (0..report.samples.len())
            .map(|step| (at(step), value(step)))
            .collect(),
    };
    let samples = &report.samples;
    let capacity = inputs.scene.pod_capacity;
    let chart = |title: &str, unit: &str, series, marks| Chart {
        title: title.to_owned(),
        unit: unit.to_owned(),
        begin,
        end: at(samples.len().saturating_sub(1)),
        series,
        marks,
        height: 230.0,
    };
    let lost: Vec<Mark> = samples
        .iter()
        .enumerate()
        .filter(|(_, one)| one.lost > one.load * report.sync * 1e-3)
        .step_by((samples.len() / 2000).max(1))
        .take(MOST_MOVES)
        .map(|(step, one)| Mark {
            at: at(step),
            class: "bad",
            label: format!(
                "{}: {:.1} % of the load lost",
                inputs.load.time(at(step) - begin),
                one.lost / (one.load * report.sync) * 100.0
            ),
        })
        .collect();
    let moves: Vec<Mark> = report
        .moves
        .iter()
        .take(MOST_MOVES)
        .map(|one| Mark {
            at: at(one.step),
            class: if one.to > one.from { "good" } else { "second" },
            label: format!(
                "{}: {} → {}, {}",
                inputs.load.time(at(one.step) - begin),
                one.from,
                one.to,
                one.hold
            ),
        })
        .collect();
    [
        chart(
            "load and capacity over time",
            "load",
            vec![
                series("capacity of ready pods", "good", Shape::Area, &|step| {
                    f64::from(samples[step].ready) * capacity
                }),
                series("load", "main", Shape::Line, &|step| samples[step].load),
                series("lost", "bad", Shape::Area, &|step| {
                    samples[step].lost / report.sync
                }),
            ],
            lost,
        ),
        chart(
            "replicas over time",
            "replicas",
            vec![
                series("asked for", "second", Shape::Area, &|step| {
                    f64::from(samples[step].replicas)
                }),
                series("ready", "good", Shape::Steps, &|step| {
                    f64::from(samples[step].ready)
                }),
            ],
            moves,
        ),
        chart(
            "utilization over time",
            "% of the request",
            vec![series(
                "mean of the pods, as old as its samples",
                "main",
                Shape::Line,
                &|step| samples[step].utilization,
            )],
            Vec::new(),
        ),
    ]
}

fn moves(inputs: &Inputs, report: &Report) -> Element {
    let cell = |class: &'static str, text: String| el("td").class(class).text(text);
    let rows = report.moves.iter().take(MOST_MOVES).map(|one| {
        el("tr")
            .child(cell(
                "t",
                inputs.load.time((one.step + 1) as f64 * report.sync),
            ))
            .child(cell("n", format!("{} → {}", one.from, one.to)))
            .child(cell("n", one.proposed.to_string()))
            .child(el("td").text(one.hold.to_string()))
    });
    let head = [
        ("t", "time"),
        ("n", "replicas"),
        ("n", "wanted"),
        ("", "what held it"),
    ];
    let head = head.map(|(class, text)| el("th").class(class).text(text));
    let table = el("table")
        .child(el("thead").child(el("tr").children(head)))
        .child(el("tbody").children(rows));
    let held = HoldKind::ALL
        .into_iter()
        .filter(|kind| *kind != HoldKind::None && report.held[*kind as usize] > 0)
        .map(|kind| {
            el("tr")
                .child(el("td").text(kind.words()))
                .child(cell("n", report.held[kind as usize].to_string()))
        });
    let held = el("table").child(el("tbody").children(held));
    let more = report.moves.len().saturating_sub(MOST_MOVES);
    let more = (more > 0).then(|| {
        el("p")
            .class("soft")
            .text(format!("and {more} more changes"))
    });
    el("section")
        .class("card")
        .child(el("h2").text("What held the decisions"))
        .child(
            el("p")
                .class("soft")
                .text("Syncs in which each thing held the number:"),
        )
        .child(el("div").class("wide").child(held))
        .child(
            el("details")
                .child(el("summary").text(format!("{} changes", report.moves.len())))
                .child(el("div").class("wide").child(table))
                .maybe(more),
        )
}
