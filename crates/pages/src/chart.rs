//! Charts over time: lines, steps and areas on one scale, with marks.
//!
//! A drawing has a width in pixels at which its letters are readable; a page holds one for wide
//! and one for narrow screens. Of more points than pixels, the lowest and the highest of each
//! pixel are drawn.

use std::fmt::Write;

use crate::element::{Element, el};

/// A chart.
#[derive(Clone, Debug)]
pub struct Chart {
    /// What it shows, for readers who cannot see it.
    pub title: String,
    /// What stands at the vertical axis.
    pub unit: String,
    /// The left end, in seconds since 1970. Below 10⁸, times are told as spans from 0.
    pub begin: f64,
    /// The right end.
    pub end: f64,
    /// What is drawn, the first at the bottom.
    pub series: Vec<Series>,
    /// Points in time that are marked.
    pub marks: Vec<Mark>,
    /// The height of the drawing, in pixels.
    pub height: f64,
}

/// Values over time.
#[derive(Clone, Debug)]
pub struct Series {
    /// Its name, for the legend.
    pub label: String,
    /// Its class, for colour: one of [`Series::CLASSES`].
    pub class: &'static str,
    /// How it is drawn.
    pub shape: Shape,
    /// Times, rising, and values from 0 on.
    pub points: Vec<(f64, f64)>,
}

impl Series {
    /// The classes that have a colour.
    pub const CLASSES: [&'static str; 5] = ["main", "second", "good", "bad", "soft"];
}

/// How a series is drawn.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shape {
    /// A line from point to point.
    Line,
    /// A line that stays until the next point.
    Steps,
    /// An area below a line from point to point.
    Area,
}

/// A marked point in time.
#[derive(Clone, Debug)]
pub struct Mark {
    /// When.
    pub at: f64,
    /// Its class, as of a series.
    pub class: &'static str,
    /// What it says, shown when the reader points at it.
    pub label: String,
}

const LEFT: f64 = 52.0;
const RIGHT: f64 = 10.0;
const TOP: f64 = 24.0;
const BOTTOM: f64 = 22.0;
/// The pixels that a label at the time axis needs.
const LABEL: f64 = 84.0;

/// The style that charts need.
pub const STYLE: &str = "\
.chart .grid{stroke:var(--line);stroke-width:1}.chart text{font-size:11px;fill:var(--soft)}\
.chart path{fill:none;stroke-width:1.6;stroke-linejoin:round}.chart .area{stroke:none;opacity:.25}\
.chart .line.main{stroke:var(--accent)}.chart .line.second{stroke:#8250df}\
.chart .line.good{stroke:var(--good)}.chart .line.bad{stroke:var(--bad)}.chart .line.soft{stroke:var(--soft)}\
.broad svg,.narrow svg{width:100%;height:auto}\
.chart .area.main{fill:var(--accent)}.chart .area.second{fill:#8250df}.chart .area.good{fill:var(--good)}\
.chart .area.bad{fill:var(--bad);opacity:.55}.chart .area.soft{fill:var(--soft)}\
.chart .mark{stroke-width:3;opacity:.7}\
.chart-key{display:flex;flex-wrap:wrap;gap:.2rem 1.2rem;font-size:13px;color:var(--soft);margin:.2rem 0}\
.chart-key i{display:inline-block;width:1.1em;height:.25em;margin-right:.4em;vertical-align:.25em}\
.chart-key .main{background:var(--accent)}.chart-key .second{background:#8250df}.chart-key .good{background:var(--good)}\
.chart-key .bad{background:var(--bad)}.chart-key .soft{background:var(--soft)}\
.narrow{display:none}@media(max-width:700px){.broad{display:none}.narrow{display:block}}";

/// The colours that a drawing outside of a page needs.
const COLOURS: &str = "svg{--back:#fff;--text:#1c2128;--soft:#57606a;--line:#d0d7de;\
--accent:#0969da;--good:#1a7f37;--bad:#cf222e;background:#fff;\
font-family:system-ui,-apple-system,'Segoe UI',Roboto,sans-serif}";

/// A chart for a page: a drawing for wide screens and one for narrow ones, with a legend.
pub fn both(chart: &Chart) -> Element {
    let drawing = |class, width| el("div").class(class).child(draw(chart, width));
    el("div")
        .child(legend(&chart.series))
        .child(drawing("broad", 1080.0))
        .child(drawing("narrow", 350.0))
}

/// The names of series beside their colours.
pub fn legend(series: &[Series]) -> Element {
    let named = series.iter().filter(|one| !one.label.is_empty());
    el("div").class("chart-key").children(named.map(|one| {
        el("span")
            .child(el("i").class(one.class))
            .text(one.label.clone())
    }))
}

/// Drawings one below the other, as an SVG file of its own.
pub fn file(charts: &[Chart], width: f64) -> String {
    let mut below = 0.0;
    let mut root = el("svg").attr("xmlns", "http://www.w3.org/2000/svg");
    let mut inner = Vec::new();
    for chart in charts {
        let mut key = el("text").attr("x", LEFT).attr("y", below + 16.0);
        for one in &chart.series {
            key = key.child(
                el("tspan")
                    .class(format!("name {}", one.class))
                    .text(format!("{}   ", one.label)),
            );
        }
        inner.push(key);
        inner.push(draw(chart, width).attr("y", below + 22.0));
        below += chart.height + 30.0;
    }
    root = root
        .class("chart")
        .attr("width", width)
        .attr("height", below)
        .attr("viewBox", format!("0 0 {width} {below}"));
    let names = ".chart text tspan{font-size:12px}tspan.main{fill:var(--accent)}tspan.second{fill:#8250df}\
                 tspan.good{fill:var(--good)}tspan.bad{fill:var(--bad)}tspan.soft{fill:var(--soft)}";
    root = root.child(el("style").text(format!("{COLOURS}{STYLE}{names}")));
    format!("{}\n", root.children(inner))
}

/// A drawing of so many pixels' width.
pub fn draw(chart: &Chart, width: f64) -> Element {
    let area = Area::of(chart, width);
    let mut drawing = el("svg")
        .class("chart")
        .attr("role", "img")
        .attr("width", width)
        .attr("height", chart.height)
        .attr("viewBox", format!("0 0 {width} {}", chart.height))
        .child(el("title").text(chart.title.clone()));
    for value in &area.rows {
        let y = area.y(*value);
        drawing = drawing
            .child(line((LEFT, y), (width - RIGHT, y)).class("grid"))
            .child(label(number(*value), (LEFT - 6.0, y + 4.0), "end"));
    }
    drawing = drawing.child(label(chart.unit.clone(), (4.0, 11.0), "start"));
    let most = ((width - LEFT - RIGHT) / LABEL).floor().max(1.0);
    for (at, text) in times(chart.begin, chart.end, most as usize) {
        let x = area.x(at);
        let anchor = if x > width - LABEL / 2.0 {
            "end"
        } else {
            "middle"
        };
        let y = chart.height - BOTTOM;
        drawing = drawing
            .child(line((x, y), (x, y + 4.0)).class("grid"))
            .child(label(text, (x, chart.height - 6.0), anchor));
    }
    for one in &chart.series {
        drawing = drawing.child(path(&area, one));
    }
    for mark in &chart.marks {
        let (x, y) = (area.x(mark.at), chart.height - BOTTOM);
        let tick = line((x, y), (x, y - 7.0));
        let class = format!("line mark {}", mark.class);
        drawing = drawing.child(
            el("g")
                .class(class)
                .child(tick)
                .child(el("title").text(mark.label.clone())),
        );
    }
    drawing
}

/// The part of a drawing in which values stand.
struct Area {
    width: f64,
    height: f64,
    begin: f64,
    end: f64,
    top: f64,
    rows: Vec<f64>,
}

impl Area {
    fn of(chart: &Chart, width: f64) -> Self {
        let values = chart.series.iter().flat_map(|one| &one.points);
        let most = values.map(|(_, value)| *value).fold(0.0, f64::max);
        let step = step(most);
        let count = (most / step).ceil().max(1.0);
        Self {
            width,
            height: chart.height,
            begin: chart.begin,
            end: chart.end.max(chart.begin + 1.0),
            top: step * count,
            rows: (0..=count as usize).map(|row| row as f64 * step).collect(),
        }
    }

    fn x(&self, at: f64) -> f64 {
        let share = ((at - self.begin) / (self.end - self.begin)).clamp(0.0, 1.0);
        LEFT + share * (self.width - LEFT - RIGHT)
    }

    fn y(&self, value: f64) -> f64 {
        let high = self.height - TOP - BOTTOM;
        TOP + high - (value / self.top).clamp(0.0, 1.0) * high
    }
}

fn line(from: (f64, f64), to: (f64, f64)) -> Element {
    el("line")
        .attr("x1", short(from.0))
        .attr("y1", short(from.1))
        .attr("x2", short(to.0))
        .attr("y2", short(to.1))
}

fn label(text: String, at: (f64, f64), anchor: &str) -> Element {
    el("text")
        .attr("x", short(at.0))
        .attr("y", short(at.1))
        .attr("text-anchor", anchor)
        .text(text)
}

/// A tenth of a pixel is more than anybody sees.
fn short(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
}

fn path(area: &Area, series: &Series) -> Element {
    let points = thin(area, &series.points);
    let mut d = String::new();
    let mut before: Option<f64> = None;
    for (x, y) in &points {
        let _ = match before {
            None => write!(d, "M{} {}", short(*x), short(*y)),
            Some(_) if series.shape == Shape::Steps => write!(d, "H{}V{}", short(*x), short(*y)),
            Some(_) => write!(d, "L{} {}", short(*x), short(*y)),
        };
        before = Some(*y);
    }
    let class = match series.shape {
        Shape::Area => {
            let floor = short(area.y(0.0));
            if let (Some(first), Some(last)) = (points.first(), points.last()) {
                let _ = write!(d, "L{} {floor}L{} {floor}Z", short(last.0), short(first.0));
            }
            format!("area {}", series.class)
        }
        Shape::Line | Shape::Steps => format!("line {}", series.class),
    };
    el("path").class(class).attr("d", d)
}

/// The points as pixels, no more than the first, the lowest and the highest of each column.
fn thin(area: &Area, points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let place = |(at, value): (f64, f64)| (area.x(at), area.y(value));
    if points.len() as f64 <= area.width {
        return points.iter().copied().map(place).collect();
    }
    let mut kept = Vec::new();
    let mut at = 0;
    while at < points.len() {
        let column = place(points[at]).0 as i64;
        let mut end = at;
        while end < points.len() && place(points[end]).0 as i64 == column {
            end += 1;
        }
        let of = &points[at..end];
        let by = |a: &&(f64, f64), b: &&(f64, f64)| a.1.total_cmp(&b.1);
        let mut two: Vec<(f64, f64)> = [of.iter().min_by(by), of.iter().max_by(by), of.last()]
            .into_iter()
            .flatten()
            .copied()
            .collect();
        two.sort_by(|a, b| a.0.total_cmp(&b.0));
        two.dedup();
        kept.extend(two.into_iter().map(place));
        at = end;
    }
    kept
}

/// A round distance of rows, so that there are three to six of them.
fn step(most: f64) -> f64 {
    if most <= 0.0 || !most.is_finite() {
        return 1.0;
    }
    let rough = most / 4.0;
    let power = 10f64.powf(rough.log10().floor());
    let factor = [1.0, 2.0, 2.5, 5.0, 10.0]
        .into_iter()
        .find(|factor| rough <= factor * power);
    factor.unwrap_or(10.0) * power
}

/// A number as axes show it.
pub fn number(value: f64) -> String {
    let (value, suffix) = match value {
        _ if value >= 1e9 => (value / 1e9, "G"),
        _ if value >= 1e6 => (value / 1e6, "M"),
        _ if value >= 1e4 => (value / 1e3, "k"),
        _ => (value, ""),
    };
    let digits = if value >= 100.0 { 0 } else { 2 };
    let text = format!("{value:.digits$}");
    let text = if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    };
    text + suffix
}

const STEPS: [f64; 14] = [
    60.0,
    300.0,
    900.0,
    1800.0,
    3600.0,
    7200.0,
    10_800.0,
    21_600.0,
    43_200.0,
    86_400.0,
    172_800.0,
    604_800.0,
    1_209_600.0,
    2_592_000.0,
];

/// At most so many round times between two ends, with their labels.
fn times(begin: f64, end: f64, most: usize) -> Vec<(f64, String)> {
    let span = end - begin;
    let fits = |step: &&f64| span / **step <= most as f64;
    let step = STEPS.iter().find(fits).copied();
    let step = step.unwrap_or_else(|| (span / most as f64 / 86_400.0).ceil() * 86_400.0);
    let mut found = Vec::new();
    let mut at = (begin / step).ceil() * step;
    while at <= end && found.len() <= most {
        found.push((at, time(at, step)));
        at += step;
    }
    found
}

fn time(at: f64, step: f64) -> String {
    if at < 1e8 {
        let minutes = (at / 60.0).round() as i64;
        return match (minutes / 1440, minutes % 1440 / 60, minutes % 60) {
            (0, hours, minutes) => format!("{hours}:{minutes:02}"),
            (days, 0, 0) => format!("{days} d"),
            (days, hours, minutes) => format!("{days} d {hours}:{minutes:02}"),
        };
    }
    let (month, day) = date(at);
    let minutes = (at.rem_euclid(86_400.0) / 60.0).round() as i64;
    let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let named = months.get(month as usize - 1).copied().unwrap_or_default();
    if step >= 86_400.0 || minutes == 0 {
        format!("{day} {named}")
    } else {
        format!("{:02}:{:02}", minutes / 60, minutes % 60)
    }
}

/// The month and the day of a time (Howard Hinnant's `civil_from_days`).
fn date(at: f64) -> (i64, i64) {
    let days = (at / 86_400.0).floor() as i64 + 719_468;
    let of_era = days.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    (month, of_year - (153 * shifted + 2) / 5 + 1)
}

#[cfg(test)]
mod tests {
    use super::{Chart, Mark, Series, Shape, draw, file, number, times};

    fn chart(points: Vec<(f64, f64)>) -> Chart {
        Chart {
            title: "a <b>".to_owned(),
            unit: "rps".to_owned(),
            begin: 0.0,
            end: points.last().map_or(1.0, |last| last.0),
            series: vec![Series {
                label: "load".to_owned(),
                class: "main",
                shape: Shape::Line,
                points,
            }],
            marks: vec![Mark {
                at: 5.0,
                class: "bad",
                label: "here".to_owned(),
            }],
            height: 200.0,
        }
    }

    #[test]
    fn numbers_and_times_are_round() {
        assert_eq!(number(0.0), "0");
        assert_eq!(number(0.25), "0.25");
        assert_eq!(number(150.0), "150");
        assert_eq!(number(12_500.0), "12.5k");
        let labels = |begin, end, most| -> Vec<String> {
            let all = times(begin, end, most);
            all.into_iter().map(|(_, label)| label).collect()
        };
        assert_eq!(
            labels(0.0, 7200.0, 4),
            ["0:00", "0:30", "1:00", "1:30", "2:00"]
        );
        let day = 1_714_564_800.0;
        assert_eq!(labels(day, day + 43_200.0, 2), ["12:00", "18:00", "2 May"]);
    }

    #[test]
    fn many_points_keep_their_extremes() {
        let mut points: Vec<(f64, f64)> = (0..100_000).map(|at| (f64::from(at), 1.0)).collect();
        points[50_000].1 = 90.0;
        let drawn = draw(&chart(points), 400.0).to_string();
        assert!(drawn.len() < 40_000, "{}", drawn.len());
        // The top of the scale is 100, the peak just below it.
        assert!(drawn.contains(" 39.4"), "{drawn}");
        assert!(drawn.contains("a &lt;b&gt;"));
    }

    #[test]
    fn a_file_stands_alone() {
        let text = file(&[chart(vec![(0.0, 1.0), (9.0, 2.0)])], 600.0);
        assert!(text.starts_with("<svg xmlns="));
        assert!(text.contains("<style>") && text.contains("here"));
    }
}
