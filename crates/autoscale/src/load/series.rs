//! Loads as series: lines of OpenMetrics, answers of Prometheus to range queries, lists of points.
//! Series of one name are added up; counters become rates.

use std::collections::BTreeMap;

use plimsoll_sizing::input::openmetrics::{Sample, sample};
use plimsoll_sizing::input::{amount, seconds};
use serde_json::Value;

use super::{Load, LoadError, LoadErrorKind};

/// The most series of one name.
const MOST_SERIES: usize = 10_000;
/// The most names that an error lists.
const MOST_NAMES: usize = 20;

/// Which series are the load: a name, and labels that they must have.
struct Wanted {
    name: String,
    labels: BTreeMap<String, String>,
}

impl Wanted {
    fn read(text: &str) -> Result<Self, LoadErrorKind> {
        // A selector is a sample without its value.
        let whole = format!("{text} 0");
        let sample = sample(&whole).map_err(|_| LoadErrorKind::Selector(text.to_owned()))?;
        Ok(Self {
            name: sample.name.to_owned(),
            labels: sample.labels.into_iter().collect(),
        })
    }

    fn takes(&self, name: &str, labels: &BTreeMap<String, String>) -> bool {
        let mut all = self.labels.iter();
        name == self.name && all.all(|(key, value)| labels.get(key) == Some(value))
    }
}

/// Series by what tells them apart, of one name or of several.
#[derive(Default)]
struct Found {
    names: BTreeMap<String, usize>,
    series: BTreeMap<String, Series>,
}

#[derive(Default)]
struct Series {
    name: String,
    points: Vec<(f64, f64)>,
}

impl Load {
    /// Reads lines of OpenMetrics, or of the older text format, with a time each. `wanted` is the
    /// name of the series, perhaps with labels as in `requests_total{job="shop"}`; it may be
    /// left out where there is one name alone.
    ///
    /// # Errors
    ///
    /// The first line that cannot be read, and names that are not there.
    pub fn openmetrics(text: &str, wanted: Option<&str>) -> Result<Self, LoadError> {
        let at = |line, kind| LoadError { line, kind };
        let selector = wanted.map(Wanted::read).transpose();
        let selector = selector.map_err(|kind| at(1, kind))?;
        let mut counters: Vec<&str> = Vec::new();
        let mut found = Found::default();
        for (number, line) in text.lines().enumerate() {
            let line = line.trim();
            if line == "# EOF" {
                break;
            }
            if let Some(kind) = line.strip_prefix("# TYPE ") {
                counters.extend(kind.strip_suffix(" counter"));
            }
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let wrong = |kind| at(number + 1, kind);
            let Sample {
                name,
                labels,
                series,
                value,
                time,
            } = sample(line).map_err(|kind| wrong(LoadErrorKind::Sample(kind)))?;
            let labels: BTreeMap<String, String> = labels.into_iter().collect();
            let ours = selector.as_ref().is_none_or(|one| one.takes(name, &labels));
            *found.names.entry(name.to_owned()).or_default() += 1;
            if !ours {
                continue;
            }
            let time = time.ok_or_else(|| wrong(LoadErrorKind::NoTime(name.to_owned())))?;
            found.add(series, name, (time, value)).map_err(wrong)?;
        }
        let counter = |name: &str| {
            let family = name.strip_suffix("_total");
            family.is_some() || counters.contains(&name)
        };
        found.load(wanted, counter).map_err(|kind| at(1, kind))
    }

    /// Reads JSON: what Prometheus answers to a range query, with `wanted` as in
    /// [`Load::openmetrics`]; or a list of pairs of a time and a value; or a list of objects with
    /// `time` (or `timestamp`) and `value`, or what `wanted` names.
    ///
    /// # Errors
    ///
    /// Text that is none of these.
    pub fn json(text: &str, wanted: Option<&str>) -> Result<Self, LoadError> {
        let value: Value = serde_json::from_str(text).map_err(|error| LoadError {
            line: error.line().max(1),
            kind: LoadErrorKind::Json(error.to_string()),
        })?;
        of_json(&value, wanted).map_err(|kind| LoadError { line: 1, kind })
    }
}

fn of_json(value: &Value, wanted: Option<&str>) -> Result<Load, LoadErrorKind> {
    let result = value
        .pointer("/data/result")
        .or_else(|| value.get("result"));
    if let Some(Value::Array(all)) = result {
        return of_prometheus(all, wanted);
    }
    let Value::Array(items) = value else {
        return Err(LoadErrorKind::JsonForm);
    };
    let mut points = Vec::with_capacity(items.len());
    for item in items {
        let (time, value) = match item {
            Value::Array(pair) => (pair.first(), pair.get(1)),
            _ => (
                item.get("time").or_else(|| item.get("timestamp")),
                item.get(wanted.unwrap_or("value")),
            ),
        };
        let (Some(time), Some(value)) = (time, value) else {
            return Err(LoadErrorKind::NoPoint(cut(item)));
        };
        points.push(point(time, value)?);
    }
    build(points, wanted.map(str::to_owned))
}

fn of_prometheus(all: &[Value], wanted: Option<&str>) -> Result<Load, LoadErrorKind> {
    let selector = wanted.map(Wanted::read).transpose()?;
    let mut found = Found::default();
    for (number, one) in all.iter().enumerate() {
        let labels: BTreeMap<String, String> = one
            .get("metric")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
            .filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())))
            .collect();
        let name = labels.get("__name__").cloned().unwrap_or_default();
        *found.names.entry(name.clone()).or_default() += 1;
        if !selector
            .as_ref()
            .is_none_or(|one| one.takes(&name, &labels))
        {
            continue;
        }
        let values = one.get("values").and_then(Value::as_array);
        for pair in values.into_iter().flatten() {
            let (Some(time), Some(value)) = (pair.get(0), pair.get(1)) else {
                return Err(LoadErrorKind::NoPoint(cut(pair)));
            };
            found.add(&number.to_string(), &name, point(time, value)?)?;
        }
    }
    found.load(wanted, |name| name.ends_with("_total"))
}

fn point(time: &Value, value: &Value) -> Result<(f64, f64), LoadErrorKind> {
    let time_of = |text: &str| seconds(text).ok_or_else(|| LoadErrorKind::Time(text.to_owned()));
    let at = match time {
        Value::String(text) => time_of(text)?,
        Value::Number(number) => time_of(&number.to_string())?,
        other => return Err(LoadErrorKind::Time(cut(other))),
    };
    let amount = match value {
        Value::String(text) => amount(text),
        Value::Number(number) => number.as_f64(),
        _ => None,
    };
    let amount = amount.filter(|amount| amount.is_finite() && *amount >= 0.0);
    let amount = amount.ok_or_else(|| LoadErrorKind::Value(cut(value)))?;
    Ok((at, amount))
}

/// A value as it is written, not too long.
fn cut(value: &Value) -> String {
    value.to_string().chars().take(60).collect()
}

fn build(points: Vec<(f64, f64)>, name: Option<String>) -> Result<Load, LoadErrorKind> {
    let load = Load::of(points).map_err(|error| error.kind)?;
    Ok(Load { name, ..load })
}

impl Found {
    fn add(&mut self, key: &str, name: &str, point: (f64, f64)) -> Result<(), LoadErrorKind> {
        if !self.series.contains_key(key) {
            if self.series.len() >= MOST_SERIES {
                return Err(LoadErrorKind::TooMany(MOST_SERIES));
            }
            let series = Series {
                name: name.to_owned(),
                points: Vec::new(),
            };
            self.series.insert(key.to_owned(), series);
        }
        if let Some(series) = self.series.get_mut(key) {
            series.points.push(point);
        }
        Ok(())
    }

    fn load(
        self,
        wanted: Option<&str>,
        is_counter: impl Fn(&str) -> bool,
    ) -> Result<Load, LoadErrorKind> {
        let known = || {
            let names = self.names.keys().take(MOST_NAMES);
            let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
            names.join(", ")
        };
        let mut names: Vec<&str> = self.series.values().map(|one| &*one.name).collect();
        names.sort_unstable();
        names.dedup();
        let name = match (names.as_slice(), wanted) {
            ([name], _) => (*name).to_owned(),
            ([], None) => return Err(LoadErrorKind::TooFew),
            ([], Some(name)) => {
                return Err(LoadErrorKind::NoSeries {
                    name: name.to_owned(),
                    known: known(),
                });
            }
            _ => return Err(LoadErrorKind::Several(known())),
        };
        let counter = is_counter(&name);
        let mut all = Vec::new();
        for mut series in self.series.into_values() {
            series.points.sort_by(|a, b| a.0.total_cmp(&b.0));
            series.points.dedup_by(|later, first| later.0 <= first.0);
            all.push(if counter {
                rates(&series.points)
            } else {
                series.points
            });
        }
        if all
            .iter()
            .flatten()
            .any(|(_, value)| !(value.is_finite() && *value >= 0.0))
        {
            return Err(LoadErrorKind::Value(name));
        }
        build(sum(&all), Some(name))
    }
}

/// A counter's rises, each over the time since the sample before; one that falls began anew.
fn rates(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let pairs = points.windows(2);
    pairs
        .map(|pair| {
            let ((from, before), (to, after)) = (pair[0], pair[1]);
            let rise = if after >= before {
                after - before
            } else {
                after
            };
            (to, rise / (to - from))
        })
        .collect()
}

/// The sum of series at every time that one of them has: between its points a series is a straight
/// line, before and after them it is nothing.
fn sum(all: &[Vec<(f64, f64)>]) -> Vec<(f64, f64)> {
    if let [one] = all {
        return one.clone();
    }
    let mut times: Vec<f64> = all.iter().flatten().map(|(at, _)| *at).collect();
    times.sort_by(f64::total_cmp);
    times.dedup();
    let mut sums: Vec<(f64, f64)> = times.into_iter().map(|at| (at, 0.0)).collect();
    for series in all {
        let (Some(first), Some(last)) = (series.first(), series.last()) else {
            continue;
        };
        let begin = sums.partition_point(|(at, _)| *at < first.0);
        let mut at = 0;
        for (time, value) in &mut sums[begin..] {
            if *time > last.0 {
                break;
            }
            while at + 1 < series.len() && series[at + 1].0 <= *time {
                at += 1;
            }
            let (from, low) = series[at];
            *value += match series.get(at + 1) {
                Some((to, high)) => low + (high - low) * (*time - from) / (to - from),
                None => low,
            };
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use crate::load::Load;

    fn points(load: &Load) -> &[(f64, f64)] {
        &load.points
    }

    #[test]
    fn counters_become_rates_and_series_are_added_up() {
        let text = "# TYPE requests counter\n\
            requests_total{pod=\"a\",code=\"200\"} 0 1714521600\n\
            requests_total{pod=\"a\",code=\"200\"} 600 1714521660\n\
            requests_total{pod=\"a\",code=\"200\"} 30 1714521720\n\
            requests_total{pod=\"b\",code=\"200\"} 60 1714521600\n\
            requests_total{pod=\"b\",code=\"200\"} 120 1714521660\n\
            requests_total{pod=\"b\",code=\"500\"} 7 1714521660\n\
            other 5 1714521600\n# EOF\nrest\n";
        let load = Load::openmetrics(text, Some("requests_total{code=\"200\"}")).unwrap();
        assert_eq!(points(&load), [(0.0, 11.0), (60.0, 0.5)]);
        assert_eq!(load.name.as_deref(), Some("requests_total"));
        let error = Load::openmetrics(text, None).unwrap_err().to_string();
        assert_eq!(
            error,
            "line 1: there are series of several names: `other`, `requests_total`"
        );
        let error = Load::openmetrics(text, Some("rps"))
            .unwrap_err()
            .to_string();
        assert!(error.ends_with("there is no series `rps`; there are `other`, `requests_total`"));
        let error = Load::openmetrics("a 5\n", None).unwrap_err().to_string();
        assert_eq!(error, "line 1: the sample of `a` has no time");
    }

    #[test]
    fn gauges_that_lie_apart_are_drawn_between() {
        let text = "load{pod=\"a\"} 1 0\nload{pod=\"a\"} 3 20\nload{pod=\"b\"} 10 10\nload{pod=\"b\"} 10 30\n";
        let load = Load::openmetrics(text, None).unwrap();
        assert_eq!(
            points(&load),
            [(0.0, 1.0), (10.0, 12.0), (20.0, 13.0), (30.0, 10.0)]
        );
    }

    #[test]
    fn answers_of_prometheus_and_lists_are_read() {
        let answer = r#"{"status": "success", "data": {"resultType": "matrix", "result": [
            {"metric": {"__name__": "rps", "pod": "a"}, "values": [[100, "1"], [160, "2"]]},
            {"metric": {"__name__": "rps", "pod": "b"}, "values": [[100, "3"], [160, "4"]]}]}}"#;
        let load = Load::json(answer, None).unwrap();
        assert_eq!(points(&load), [(0.0, 4.0), (60.0, 6.0)]);
        let one = Load::json(answer, Some("rps{pod=\"b\"}")).unwrap();
        assert_eq!(points(&one), [(0.0, 3.0), (60.0, 4.0)]);
        let pairs = Load::json("[[0, 1], [15, 2.5]]", None).unwrap();
        assert_eq!(points(&pairs), [(0.0, 1.0), (15.0, 2.5)]);
        let objects = r#"[{"time": "2024-05-01T00:00:00Z", "rps": 4}, {"time": "2024-05-01T00:01:00Z", "rps": "5"}]"#;
        let load = Load::json(objects, Some("rps")).unwrap();
        assert_eq!(points(&load), [(0.0, 4.0), (60.0, 5.0)]);
        let error = |text: &str| Load::json(text, None).unwrap_err().to_string();
        assert!(error("[[0, 1],").starts_with("line 1: it is no JSON: "));
        assert!(error("{\"a\": 1}").contains("neither"));
        assert_eq!(
            error("[[0, -1]]"),
            "line 1: `-1` is no load: a number from 0 on is expected"
        );
        assert_eq!(
            error("[{\"time\": 1}]"),
            "line 1: `{\"time\":1}` is no point: a time and a value are expected"
        );
    }
}
