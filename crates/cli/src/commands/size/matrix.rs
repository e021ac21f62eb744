//! Measurements as JSON: answers of Prometheus to range queries, kept in a file or just received,
//! series by container, and what metrics-server says of pods, time and again. One series is in
//! memory at a time.

use std::collections::HashMap;
use std::fmt;
use std::io::Read;

use plimsoll_sizing::input::openmetrics::Names;
use plimsoll_sizing::input::{Census, Key, amount, seconds};
use serde::de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::live::{Pods, Seen};

/// The most points of a series.
const MOST_POINTS: usize = 2_000_000;

/// Reads documents. What their series measure is told by their names, or by `measure`.
pub(super) fn read(
    file: impl Read,
    census: &mut Census,
    measure: Option<Measure>,
) -> Result<(), serde_json::Error> {
    read_on(file, census, measure, &mut Seen::default())
}

/// Reads a document after others, of which is known what was seen.
pub(super) fn read_on(
    file: impl Read,
    census: &mut Census,
    measure: Option<Measure>,
    seen: &mut Seen,
) -> Result<(), serde_json::Error> {
    let mut reader = serde_json::Deserializer::from_reader(file);
    loop {
        Document {
            census: &mut *census,
            measure,
            seen: &mut *seen,
        }
        .deserialize(&mut reader)?;
        // `kubectl get --raw` appended to a file leaves one document after another.
        match reader.end() {
            Err(error) if error.is_syntax() => {}
            ended => return ended,
        }
    }
}

/// A series as Prometheus gives it, or as its container's.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Series {
    metric: HashMap<String, String>,
    values: Vec<Point>,
    namespace: String,
    workload: String,
    pod: String,
    container: String,
    cpu: Vec<Point>,
    memory: Vec<Point>,
    ooms: Vec<Kill>,
    restarts: u32,
}

/// A kill: its time, or an object with its limit.
#[derive(Deserialize)]
#[serde(untagged)]
enum Kill {
    At(Text),
    With { time: Text, limit: Option<Text> },
}

/// A time and a value.
#[derive(Deserialize)]
struct Point(Text, Option<Text>);

/// A number, or a text that says one.
#[derive(Deserialize)]
#[serde(untagged)]
enum Text {
    Number(f64),
    Text(String),
}

impl Text {
    fn seconds(&self) -> Option<f64> {
        match self {
            Self::Number(number) if number.abs() >= 1e11 => Some(number / 1000.0),
            Self::Number(number) => Some(*number),
            Self::Text(text) => seconds(text),
        }
    }

    fn amount(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Text(text) => amount(text),
        }
    }
}

/// What a series of Prometheus measures.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Measure {
    CpuSeconds,
    CpuCores,
    Memory,
    Kills,
    Restarts,
    /// Not a counter, but what came to it.
    NewKills,
    NewRestarts,
}

/// Counts a series.
fn count(series: &Series, measure: Option<Measure>, census: &mut Census) -> Result<(), String> {
    if let Some(measure) = measure {
        return add(census, &series.metric, measure, &points(&series.values)?);
    }
    if !series.metric.is_empty() {
        return of_prometheus(series, census);
    }
    let workload = match (&*series.workload, &*series.pod) {
        ("", "") => series.container.clone(),
        ("", pod) => census.owners().of_pod(pod),
        (workload, _) => workload.to_owned(),
    };
    if workload.is_empty() {
        return Err("a series names neither `workload` nor `pod` nor `container`".to_owned());
    }
    let key = Key {
        namespace: series.namespace.clone(),
        workload,
        container: series.container.clone(),
    };
    let usage = census.of_key(key).map_err(|error| error.to_string())?;
    for point in &series.cpu {
        if let Some((at, value)) = point.read()? {
            usage.add_cpu(at, value);
        }
    }
    for point in &series.memory {
        if let Some((at, value)) = point.read()? {
            usage.add_memory(at, value);
        }
    }
    for kill in &series.ooms {
        let (time, limit) = match kill {
            Kill::At(time) => (time, None),
            Kill::With { time, limit } => (time, limit.as_ref().and_then(Text::amount)),
        };
        let at = time.seconds().ok_or("a kill has no time")?;
        usage.add_kill(at, limit);
    }
    usage.add_restarts(series.restarts);
    Ok(())
}

fn of_prometheus(series: &Series, census: &mut Census) -> Result<(), String> {
    let names = Names::default();
    let Some(name) = series.metric.get("__name__") else {
        return Err(
            "a series has no `__name__`: ask Prometheus for the metric itself, not for an expression"
                .to_owned(),
        );
    };
    let measure = match name {
        _ if *name == names.cpu_seconds => Measure::CpuSeconds,
        _ if *name == names.cpu_cores => Measure::CpuCores,
        _ if *name == names.memory => Measure::Memory,
        _ if *name == names.kills => Measure::Kills,
        _ if *name == names.restarts => Measure::Restarts,
        _ => return Ok(()),
    };
    let points = points(&series.values)?;
    add(census, &series.metric, measure, &points)
}

fn points(values: &[Point]) -> Result<Vec<(f64, f64)>, String> {
    let mut points = Vec::with_capacity(values.len());
    for value in values {
        points.extend(value.read()?);
    }
    Ok(points)
}

/// A gap in a counter that is longer, in seconds, is no span to take a mean over.
const LONGEST: f64 = 6.0 * 3600.0;

/// Adds a series with labels as Prometheus has them. Series of pods as a whole are passed over.
fn add(
    census: &mut Census,
    labels: &HashMap<String, String>,
    measure: Measure,
    points: &[(f64, f64)],
) -> Result<(), String> {
    let label = |name: &str| labels.get(name).map_or("", String::as_str);
    let container = label("container");
    if container.is_empty() || container == "POD" {
        return Ok(());
    }
    let workload = match label("workload") {
        "" => census.owners().of_pod(label("pod")),
        workload => workload.to_owned(),
    };
    let key = Key {
        namespace: label("namespace").to_owned(),
        workload,
        container: container.to_owned(),
    };
    let usage = census.of_key(key).map_err(|error| error.to_string())?;
    let mut before: Option<(f64, f64)> = None;
    for (at, value) in points.iter().copied() {
        match measure {
            Measure::CpuCores => usage.add_cpu(at, value),
            Measure::Memory => usage.add_memory(at, value),
            Measure::NewKills => {
                for _ in 0..value.round().clamp(0.0, 1000.0) as usize {
                    usage.add_kill(at, None);
                }
            }
            Measure::NewRestarts => usage.add_restarts(value.round().clamp(0.0, 1e6) as u32),
            Measure::CpuSeconds | Measure::Kills | Measure::Restarts => {
                if let Some((then, was)) = before
                    && at > then
                {
                    // A counter that falls began anew.
                    let rise = if value >= was { value - was } else { value };
                    match measure {
                        Measure::CpuSeconds if at - then <= LONGEST => {
                            usage.add_cpu(at, rise / (at - then));
                        }
                        Measure::Kills => {
                            for _ in 0..rise.clamp(0.0, 1000.0) as usize {
                                usage.add_kill(at, None);
                            }
                        }
                        Measure::Restarts => usage.add_restarts(rise.clamp(0.0, 1e6) as u32),
                        _ => {}
                    }
                }
                before = Some((at, value));
            }
        }
    }
    Ok(())
}

impl Point {
    /// The time and the value; nothing where the value is none (`null`, `NaN`).
    fn read(&self) -> Result<Option<(f64, f64)>, String> {
        let at = self.0.seconds().ok_or("a point has no time")?;
        let Some(value) = &self.1 else {
            return Ok(None);
        };
        let value = value
            .amount()
            .ok_or("a point has no value that is a number")?;
        Ok(Some((at, value)).filter(|(_, value)| value.is_finite()))
    }
}

/// `{"data": {"result": [...]}}`, `{"containers": [...]}`, the list itself, or `{"items": [...]}`.
struct Document<'c> {
    census: &'c mut Census,
    measure: Option<Measure>,
    seen: &'c mut Seen,
}

impl<'de> DeserializeSeed<'de> for Document<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Document<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an answer of Prometheus or a list of containers")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while let Some(series) = items.next_element::<Series>()? {
            let points = series.values.len() + series.cpu.len() + series.memory.len();
            if points > MOST_POINTS {
                return Err(A::Error::custom(format!(
                    "a series has more than {MOST_POINTS} points"
                )));
            }
            count(&series, self.measure, self.census).map_err(A::Error::custom)?;
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let mut found = false;
        while let Some(key) = members.next_key::<String>()? {
            match key.as_str() {
                "data" | "result" | "containers" => {
                    found = true;
                    members.next_value_seed(Document {
                        census: &mut *self.census,
                        measure: self.measure,
                        seen: &mut *self.seen,
                    })?;
                }
                "items" => {
                    found = true;
                    members.next_value_seed(Pods {
                        census: &mut *self.census,
                        seen: &mut *self.seen,
                    })?;
                }
                "error" => {
                    let words: String = members.next_value()?;
                    return Err(A::Error::custom(format!("Prometheus refused: {words}")));
                }
                _ => {
                    members.next_value::<IgnoredAny>()?;
                }
            }
        }
        if found {
            return Ok(());
        }
        Err(A::Error::custom(
            "there is neither `data` with a `result` nor `containers` nor `items`",
        ))
    }
}

#[cfg(test)]
mod tests {
    use plimsoll_sizing::input::Census;
    use plimsoll_sizing::input::owner::Owners;

    fn read(text: &str) -> Result<Census, String> {
        let mut census = Census::new(Owners::default());
        super::read(text.as_bytes(), &mut census, None).map_err(|error| error.to_string())?;
        Ok(census)
    }

    #[test]
    fn answers_of_prometheus_are_read() {
        let text = r#"{"status":"success","data":{"resultType":"matrix","result":[
            {"metric":{"__name__":"container_cpu_usage_seconds_total","namespace":"shop","pod":"web-5f6585d649-fnmft","container":"app"},
             "values":[[1714521600,"10"],[1714521660,"40"],[1714521720.5,"NaN"]]},
            {"metric":{"__name__":"container_memory_working_set_bytes","namespace":"shop","pod":"web-5f6585d649-fnmft","container":"app"},
             "values":[[1714521600,"1000"]]}]}}"#;
        let census = read(text).unwrap();
        let (key, usage) = census.containers().next().unwrap();
        assert_eq!((&*key.workload, usage.samples()), ("web", (1, 1)));
        assert!((usage.cpu_peak() - 0.5).abs() < 1e-6);
    }

    #[test]
    fn containers_are_read() {
        let text = r#"{"containers":[{"workload":"web","container":"app","cpu":[["2024-05-01T00:00:00Z",0.5],[1714521660,"250m"]],
            "memory":[[1714521600,"100Mi"],[1714521660,null]],"ooms":[1714521600,{"time":1714521660,"limit":"128Mi"}],"restarts":2}]}"#;
        let census = read(text).unwrap();
        let (_, usage) = census.containers().next().unwrap();
        assert_eq!(usage.samples(), (2, 1));
        assert_eq!((usage.kills().len(), usage.restarts()), (2, 2));
    }

    #[test]
    fn what_is_wrong_is_said() {
        let error = |text: &str| read(text).unwrap_err();
        assert!(error(r#"{"status":"error","error":"no"}"#).starts_with("Prometheus refused: no"));
        assert!(error("{}").starts_with("there is neither"));
        assert!(error(r#"[{"cpu":[[1,2]]}]"#).starts_with("a series names neither"));
        assert!(error("[{").contains("EOF"));
    }
}
