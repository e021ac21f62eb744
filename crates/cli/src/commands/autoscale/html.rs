//! A replay as one page to look at, and its drawings alone.

use std::collections::BTreeMap;

use plimsoll_autoscale::sim::{HoldKind, Report};
use plimsoll_pages::chart::{self, Chart, Mark, Series, Shape};
use plimsoll_pages::{Element, Page, el};

use super::inputs::Inputs;
use super::text;

/// The most changes in the table.
const MOST_MOVES: usize = 500;
/// The most marks in a drawing: more would lie on each other.
const MOST_MARKS: usize = 240;

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
    let lost = samples
        .iter()
        .enumerate()
        .filter(|(_, one)| one.lost > one.load * report.sync * 1e-3)
        .map(|(step, one)| (step, one.lost));
    let lost = spread(lost, samples.len(), |step, words| Mark {
        at: at(step),
        class: "bad",
        label: format!(
            "{}: {:.1} % of the load lost{words}",
            inputs.load.time(at(step) - begin),
            samples[step].lost / (samples[step].load * report.sync) * 100.0
        ),
    });
    let moves = report.moves.iter().enumerate();
    let by_step: BTreeMap<usize, usize> = moves.map(|(index, one)| (one.step, index)).collect();
    let sizes = report.moves.iter();
    let sizes = sizes.map(|one| (one.step, f64::from(one.to.abs_diff(one.from))));
    let moves = spread(sizes, samples.len(), |step, words| {
        let one = &report.moves[by_step[&step]];
        Mark {
            at: at(step),
            class: if one.to > one.from { "good" } else { "second" },
            label: format!(
                "{}: {} → {}, {}{words}",
                inputs.load.time(at(step) - begin),
                one.from,
                one.to,
                one.hold
            ),
        }
    });
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

/// Marks over the whole time: of those that would lie on each other the largest, which says how many
/// there are.
fn spread(
    sizes: impl Iterator<Item = (usize, f64)>,
    steps: usize,
    mark: impl Fn(usize, String) -> Mark,
) -> Vec<Mark> {
    // For each stretch the step of the largest, its size, and how many there are.
    let mut found: BTreeMap<usize, (usize, f64, usize)> = BTreeMap::new();
    for (step, size) in sizes {
        let stretch = step * MOST_MARKS / steps.max(1);
        let known = found.entry(stretch).or_insert((step, size, 0));
        known.2 += 1;
        if size > known.1 {
            (known.0, known.1) = (step, size);
        }
    }
    let all = found.into_values().map(|(step, _, count)| {
        let words = match count - 1 {
            0 => String::new(),
            others => format!(" (and {others} more about then)"),
        };
        mark(step, words)
    });
    all.collect()
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

#[cfg(test)]
mod tests {
    use super::{MOST_MARKS, Mark, spread};

    #[test]
    fn marks_reach_to_the_end_and_keep_the_largest() {
        let steps = 100_000;
        let sizes = (0..steps).map(|step| (step, if step == 61_803 { 9.0 } else { 1.0 }));
        let marks = spread(sizes, steps, |step, words| Mark {
            at: step as f64,
            class: "good",
            label: format!("{step}{words}"),
        });
        assert_eq!(marks.len(), MOST_MARKS);
        assert!(
            marks
                .iter()
                .any(|mark| mark.label.starts_with("61803 (and "))
        );
        assert!(marks.last().is_some_and(|mark| mark.at > 99_000.0));
        let few = spread([(3, 1.0)].into_iter(), 10, |step, words| Mark {
            at: step as f64,
            class: "good",
            label: words,
        });
        assert_eq!(few.first().map(|mark| mark.label.as_str()), Some(""));
    }
}
