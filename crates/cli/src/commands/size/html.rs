//! Recommendations as one page: what each container used, what it should have, and what is to
//! come.

use plimsoll_pages::chart::{self, Chart, Series, Shape};
use plimsoll_pages::{Element, Page, el};
use plimsoll_sizing::Usage;
use plimsoll_sizing::forecast::{hours_to_come, memory_to_come};
use plimsoll_sizing::plan::{Measured, Plan};

use super::numbers::{bytes, change, cores, percent};
use super::{Answer, Profiles, text};

/// The most containers that are drawn.
const MOST_DRAWN: usize = 200;
/// A week to come is drawn after what was measured.
const WEEK: f64 = 7.0 * 86_400.0;
const MIB: f64 = 1024.0 * 1024.0;

const STYLE: &str = "\
td.n,th.n{text-align:right;white-space:nowrap}td a{color:inherit}\
.card h2{margin:0 0 .3rem;overflow-wrap:anywhere}.card h3{margin:.8rem 0 .1rem}\
.card ul{margin:.4rem 0;padding-left:1.2rem}";

pub(super) fn html(answer: &Answer<'_>, profiles: &Profiles) -> String {
    let mut page = Page::new("Sizes").style(chart::STYLE).style(STYLE);
    page.add(el("h1").text("What containers should ask for"));
    page.add(el("p").class("soft").text(text::total(answer)));
    if let Some(words) = text::nodes(answer) {
        page.add(el("p").class("soft").text(words));
    }
    page.add(el("div").class("wide").child(table(answer)));
    let all = answer
        .plans
        .iter()
        .flat_map(|plan| plan.containers.iter().map(move |one| (plan, one)));
    for (index, (plan, one)) in all.clone().take(MOST_DRAWN).enumerate() {
        page.add(card(answer, profiles, plan, one, index));
    }
    let more = all.count().saturating_sub(MOST_DRAWN);
    if more > 0 {
        page.add(
            el("p")
                .class("soft")
                .text(format!("{more} more containers are in the table only")),
        );
    }
    page.html()
}

fn name(plan: &Plan, one: &Measured) -> String {
    let parts = [&plan.namespace, &plan.name, &one.name];
    let mut parts: Vec<&str> = parts.into_iter().map(String::as_str).collect();
    parts.retain(|part| !part.is_empty());
    parts.dedup();
    parts.join("/")
}

fn table(answer: &Answer<'_>) -> Element {
    let cell = |text: String| el("td").class("n").text(text);
    // What no manifest has is not what a manifest leaves out.
    let shown =
        |one: &Measured, before: Option<f64>, after: Option<f64>, show: fn(f64) -> String| {
            if one.present.is_some() {
                change(before, after, show)
            } else {
                after.map_or_else(|| "none".to_owned(), show)
            }
        };
    let mut rows = Vec::new();
    for plan in answer.plans {
        for one in &plan.containers {
            let present = one.present.unwrap_or_default();
            let (cpu, memory) = (one.found.cpu.as_ref(), one.found.memory.as_ref());
            let label = name(plan, one);
            let label = if rows.len() < MOST_DRAWN {
                let to = format!("#c{}", rows.len());
                el("td").child(el("a").attr("href", to).text(label))
            } else {
                el("td").text(label)
            };
            rows.push(
                el("tr")
                    .child(label)
                    .child(cell(shown(
                        one,
                        present.cpu_request,
                        cpu.map(|cpu| cpu.request),
                        cores,
                    )))
                    .child(cell(shown(
                        one,
                        present.cpu_limit,
                        cpu.and_then(|cpu| cpu.limit),
                        cores,
                    )))
                    .child(cell(
                        cpu.map_or(String::new(), |cpu| percent(cpu.outcome.uncovered)),
                    ))
                    .child(cell(shown(
                        one,
                        present.memory_limit,
                        memory.map(|memory| memory.limit),
                        bytes,
                    )))
                    .child(cell(memory.map_or(String::new(), |memory| {
                        percent(memory.killed.expected)
                    }))),
            );
        }
    }
    let head = [
        ("", "container"),
        ("n", "CPU request"),
        ("n", "CPU limit"),
        ("n", "demand above it"),
        ("n", "memory"),
        ("n", "killed in a month"),
    ];
    let head = head.map(|(class, text)| el("th").class(class).text(text));
    el("table")
        .child(el("thead").child(el("tr").children(head)))
        .child(el("tbody").children(rows))
}

fn card(
    answer: &Answer<'_>,
    profiles: &Profiles,
    plan: &Plan,
    one: &Measured,
    index: usize,
) -> Element {
    let mut card = el("section")
        .class("card")
        .attr("id", format!("c{index}"))
        .child(el("h2").text(name(plan, one)));
    let Some(usage) = answer.census.get(&one.key) else {
        return card;
    };
    if let Some(drawing) = cpu(one, usage) {
        card = card
            .child(el("h3").text("CPU"))
            .child(chart::both(&drawing));
        let own = one.found.cpu.as_ref();
        let own = own.map(|cpu| text::cpu_facts(answer, one, cpu));
        card = card.child(facts(
            own.into_iter()
                .chain(one.found.cpu_reason(answer.risk))
                .chain(text::throttling(one)),
        ));
    }
    if let Some(drawing) = memory(one, usage) {
        card = card
            .child(el("h3").text("Memory"))
            .child(chart::both(&drawing));
        let own = one.found.memory.as_ref();
        let own = own.map(|memory| text::memory_facts(answer, one, memory));
        card = card.child(facts(own.into_iter().chain(one.found.memory_reason())));
    }
    let notes = one.found.data_notes();
    let advice = text::advice(profiles.of(plan, one), one);
    let together = text::together(plan);
    card.child(facts(notes.into_iter().chain(advice).chain(together)))
}

fn facts(lines: impl IntoIterator<Item = String>) -> Element {
    el("ul").children(lines.into_iter().map(|line| el("li").text(line)))
}

fn series(label: &str, class: &'static str, shape: Shape, points: Vec<(f64, f64)>) -> Series {
    Series {
        label: label.to_owned(),
        class,
        shape,
        points,
    }
}

fn cpu(one: &Measured, usage: &Usage) -> Option<Chart> {
    let cpu = one.found.cpu.as_ref()?;
    let outlook = &one.found.outlook;
    let begin = usage.first()?;
    let end = usage.last() + WEEK;
    let measured = usage.hours().filter(|(_, hour)| hour.cpu_samples > 0);
    let (peaks, means) = measured
        .map(|(at, hour)| {
            (
                (at, f64::from(hour.cpu_peak)),
                (at, f64::from(hour.cpu_mean)),
            )
        })
        .unzip();
    let level = |value: f64| vec![(begin, value), (end, value)];
    let mut all = vec![
        series("largest of the hour", "soft", Shape::Area, peaks),
        series("mean of the hour", "main", Shape::Line, means),
        series(
            "expected",
            "second",
            Shape::Line,
            hours_to_come(usage, outlook.weekly, outlook.cpu_growth),
        ),
        series("request", "good", Shape::Steps, level(cpu.request)),
    ];
    if let Some(limit) = cpu.limit {
        all.push(series("limit", "bad", Shape::Steps, level(limit)));
    }
    Some(Chart {
        title: format!("CPU of {} over time", one.name),
        unit: "cores".to_owned(),
        begin,
        end,
        series: all,
        marks: Vec::new(),
        height: 220.0,
    })
}

fn memory(one: &Measured, usage: &Usage) -> Option<Chart> {
    let memory = one.found.memory.as_ref()?;
    let outlook = &one.found.outlook;
    let begin = usage.first()?;
    let end = usage.last() + WEEK;
    let measured = usage.hours().filter(|(_, hour)| hour.memory_samples > 0);
    let (peaks, means) = measured
        .map(|(at, hour)| {
            let of = |bytes: f32| (at, f64::from(bytes) / MIB);
            (of(hour.memory_peak), of(hour.memory_mean))
        })
        .unzip();
    let expected = memory_to_come(usage, outlook.weekly, outlook.memory_growth)
        .into_iter()
        .map(|(at, bytes)| (at, bytes / MIB));
    let level = |value: f64| vec![(begin, value / MIB), (end, value / MIB)];
    let marks = usage.kills().iter().map(|kill| chart::Mark {
        at: kill.at,
        class: "bad",
        label: "killed for want of memory".to_owned(),
    });
    Some(Chart {
        title: format!("memory of {} over time", one.name),
        unit: "MiB".to_owned(),
        begin,
        end,
        series: vec![
            series("largest of the hour", "soft", Shape::Area, peaks),
            series("mean of the hour", "main", Shape::Line, means),
            series("expected", "second", Shape::Line, expected.collect()),
            series(
                "request and limit",
                "good",
                Shape::Steps,
                level(memory.limit),
            ),
        ],
        marks: marks.collect(),
        height: 220.0,
    })
}
