//! A replay for people.

use std::fmt::Write;

use plimsoll_autoscale::sim::{HoldKind, Report};
use plimsoll_pages::chart::number;

use super::inputs::Inputs;
use super::plot;

/// The most changes shown below a plot.
const MOST_MOVES: usize = 12;

pub(super) fn text(inputs: &Inputs, report: &Report, width: Option<usize>) -> String {
    let mut out = heading(inputs) + "\n\n";
    if let Some(width) = width {
        plots(&mut out, report, width);
    }
    for (name, words) in facts(inputs, report) {
        let _ = writeln!(out, "{name:<10}{words}");
    }
    moves(&mut out, inputs, report, width.is_some());
    out
}

/// What was replayed, in one line.
pub(super) fn heading(inputs: &Inputs) -> String {
    let autoscaler = &inputs.autoscaler;
    let hpa = &autoscaler.hpa;
    let name = match autoscaler.name() {
        "" => "autoscaler by flags",
        name => name,
    };
    let metrics: Vec<String> = hpa.metrics.iter().map(metric).collect();
    let place = inputs.place.as_ref();
    format!(
        "{name}: {} to {} replicas, {}{}",
        autoscaler.least(),
        hpa.max_replicas,
        metrics.join(", "),
        place.map_or(String::new(), |place| format!(" ({place})"))
    )
}

pub(super) fn metric(metric: &plimsoll_autoscale::Metric) -> String {
    use plimsoll_autoscale::Metric;
    let (name, target) = match metric {
        Metric::Resource { name, target } => (name.clone(), target),
        Metric::ContainerResource {
            name,
            container,
            target,
        } => (format!("{name} of {container}"), target),
        Metric::Pods { metric, target }
        | Metric::Object { metric, target, .. }
        | Metric::External { metric, target } => (metric.name.clone(), target),
        Metric::Unknown(kind) => return kind.clone(),
    };
    match (
        target.average_utilization,
        target.average_value,
        target.value,
    ) {
        (Some(percent), ..) => format!("{name} {percent} %"),
        (None, Some(value), _) => format!("{name} {value} a pod"),
        (None, None, Some(value)) => format!("{name} {value}"),
        (None, None, None) => name,
    }
}

fn plots(out: &mut String, report: &Report, width: usize) {
    let width = width.saturating_sub(2);
    let of = |value: fn(&plimsoll_autoscale::sim::Sample) -> f64| -> Vec<f64> {
        report.samples.iter().map(value).collect()
    };
    let (load, replicas) = (of(|one| one.load), of(|one| f64::from(one.replicas)));
    let peak = load.iter().copied().fold(0.0, f64::max);
    let mut plot = |title: String, values: &[f64], height| {
        let _ = writeln!(out, "{title}");
        for row in plot::rows(values, width, height) {
            let _ = writeln!(out, " {row}");
        }
    };
    plot(format!("load, up to {}", number(peak)), &load, 5);
    plot(format!("replicas, up to {}", report.most), &replicas, 5);
    if report.lost > 0.0 {
        let lost = of(|one| one.lost);
        let _ = writeln!(out, "load lost\n {}", plot::marks(&lost, width));
    }
    out.push('\n');
}

/// The sums, each with its name.
pub(super) fn facts(inputs: &Inputs, report: &Report) -> Vec<(&'static str, String)> {
    let percent = |share: f64| {
        let value = share * 100.0;
        if value > 0.0 && value < 0.01 {
            "below 0.01 %".to_owned()
        } else {
            format!("{value:.2} %")
        }
    };
    let hours = report.steps as f64 * report.sync / 3600.0;
    let mut facts = vec![
        (
            "served",
            format!(
                "{} of the load; {} late, {} lost (in {} of {})",
                percent(1.0 - report.lost_share()),
                percent(report.delayed_share()),
                percent(report.lost_share()),
                span(report.lossy_seconds),
                span(hours * 3600.0),
            ),
        ),
        (
            "replicas",
            format!(
                "{:.1} on average, {} to {}; {:.1} replica hours, {} of their capacity used",
                report.replica_hours / hours.max(f64::MIN_POSITIVE),
                report.fewest,
                report.most,
                report.replica_hours,
                percent(report.used_share()),
            ),
        ),
    ];
    if inputs.scene.price > 0.0 {
        facts.push(("cost", format!("{:.2}", report.cost)));
    }
    facts.push((
        "changes",
        format!(
            "{} up, {} down; {} undid another within ten minutes",
            report.ups, report.downs, report.flaps
        ),
    ));
    let held: Vec<String> = HoldKind::ALL
        .into_iter()
        .filter(|kind| *kind != HoldKind::None && report.held[*kind as usize] > 0)
        .map(|kind| format!("{} {}", kind.words(), report.held[kind as usize]))
        .collect();
    if !held.is_empty() {
        let all = report.steps;
        facts.push(("syncs", format!("{all}; {}", held.join(", "))));
    }
    facts
}

/// A span in the unit that fits.
fn span(seconds: f64) -> String {
    match seconds {
        _ if seconds >= 2.0 * 86_400.0 => format!("{:.1} d", seconds / 86_400.0),
        _ if seconds >= 2.0 * 3600.0 => format!("{:.1} h", seconds / 3600.0),
        _ if seconds >= 120.0 => format!("{:.0} min", seconds / 60.0),
        _ => format!("{seconds:.0} s"),
    }
}

fn moves(out: &mut String, inputs: &Inputs, report: &Report, few: bool) {
    let all = &report.moves;
    let shown = if few { MOST_MOVES } else { usize::MAX };
    if all.is_empty() {
        return;
    }
    let _ = writeln!(
        out,
        "\n{:<20} {:>11}  {:>6}  why",
        "time", "replicas", "wanted"
    );
    for one in all.iter().take(shown) {
        let at = inputs.load.time((one.step + 1) as f64 * report.sync);
        let change = format!("{} → {}", one.from, one.to);
        let _ = writeln!(
            out,
            "{at:<20} {change:>11}  {:>6}  {}",
            one.proposed, one.hold
        );
    }
    if all.len() > shown {
        let more = all.len() - shown;
        let _ = writeln!(
            out,
            "and {more} more changes; a pipe or `--format json` has them all"
        );
    }
}
