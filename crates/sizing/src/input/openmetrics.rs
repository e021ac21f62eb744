//! Samples as Prometheus writes them: `name{labels} value time`.
//!
//! Followed are OpenMetrics (times in seconds) and the older text format (milliseconds). Counters
//! become rates between two samples of a series; a counter that falls began anew.

use std::collections::HashMap;

use super::{Census, InputError, InputErrorKind, Key, seconds};
use crate::input::csv::shown;

/// What a series is called.
#[derive(Clone, PartialEq, Debug)]
pub struct Names {
    /// A counter of CPU seconds.
    pub cpu_seconds: String,
    /// A gauge of CPU in cores, such as a recording rule's.
    pub cpu_cores: String,
    /// A gauge of memory in bytes.
    pub memory: String,
    /// A counter of kills for want of memory.
    pub kills: String,
    /// A counter of restarts.
    pub restarts: String,
}

impl Default for Names {
    fn default() -> Self {
        Self {
            cpu_seconds: "container_cpu_usage_seconds_total".to_owned(),
            cpu_cores: "node_namespace_pod_container:container_cpu_usage_seconds_total:sum_irate"
                .to_owned(),
            memory: "container_memory_working_set_bytes".to_owned(),
            kills: "container_oom_events_total".to_owned(),
            restarts: "kube_pod_container_status_restarts_total".to_owned(),
        }
    }
}

/// Reads lines one after another.
#[derive(Clone, PartialEq, Debug)]
pub struct Reader {
    names: Names,
    last: HashMap<Vec<u8>, (f64, f64)>,
    line: u64,
    ended: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    CpuSeconds,
    CpuCores,
    Memory,
    Kills,
    Restarts,
}

/// A gap in a counter that is longer, in seconds, is no span to take a mean over.
const LONGEST: f64 = 6.0 * 3600.0;

impl Reader {
    /// A reader of series by these names.
    pub fn new(names: Names) -> Self {
        Self {
            names,
            last: HashMap::new(),
            line: 0,
            ended: false,
        }
    }

    /// Reads the next line into the census.
    ///
    /// # Errors
    ///
    /// A line that cannot be read.
    pub fn line(&mut self, line: &[u8], census: &mut Census) -> Result<(), InputError> {
        self.line += 1;
        self.sample(line, census).map_err(|kind| InputError {
            line: self.line,
            kind,
        })
    }

    fn sample(&mut self, line: &[u8], census: &mut Census) -> Result<(), InputErrorKind> {
        let line = line.trim_ascii();
        if line == b"# EOF" {
            self.ended = true;
        }
        if self.ended || line.is_empty() || line[0] == b'#' {
            return Ok(());
        }
        let text = std::str::from_utf8(line).map_err(|_| InputErrorKind::NotText)?;
        let name_end = text.find(['{', ' ', '\t']).unwrap_or(text.len());
        let name = &text[..name_end];
        let names = &self.names;
        let kind = match name {
            _ if name == names.cpu_seconds => Kind::CpuSeconds,
            _ if name == names.cpu_cores => Kind::CpuCores,
            _ if name == names.memory => Kind::Memory,
            _ if name == names.kills => Kind::Kills,
            _ if name == names.restarts => Kind::Restarts,
            _ => return Ok(()),
        };
        let wrong = || InputErrorKind::Sample(shown(text));
        let mut labels = Labels::default();
        let rest = each_label(&text[name_end..], |name, value| labels.take(name, value));
        let rest = rest.ok_or_else(wrong)?;
        let mut words = rest.split_whitespace();
        let value = words.next().ok_or_else(wrong)?;
        let value: f64 = value.parse().map_err(|_| wrong())?;
        let time = words
            .next()
            .ok_or_else(|| InputErrorKind::NoTime(shown(name)))?;
        let time = seconds(time).ok_or_else(|| InputErrorKind::Time(shown(time)))?;
        // Cgroups of pods as a whole, and the container that holds a pod's network, are none.
        if labels.container.is_empty() || labels.container == "POD" {
            return Ok(());
        }
        let series = &line[..line.len() - rest.len()];
        let value = match kind {
            Kind::CpuCores | Kind::Memory => Some(value),
            Kind::CpuSeconds | Kind::Kills | Kind::Restarts => {
                self.increase(series, time, value, kind)
            }
        };
        let Some(value) = value else { return Ok(()) };
        let usage = census.usage(&series[name_end..], |owners| Key {
            namespace: labels.namespace.clone(),
            workload: owners.of_pod(&labels.pod),
            container: labels.container.clone(),
        })?;
        match kind {
            Kind::CpuSeconds | Kind::CpuCores => usage.add_cpu(time, value),
            Kind::Memory => usage.add_memory(time, value),
            Kind::Kills => {
                for _ in 0..value.clamp(0.0, 1000.0) as usize {
                    usage.add_kill(time, None);
                }
            }
            Kind::Restarts => usage.add_restarts(value.clamp(0.0, 1e6) as u32),
        }
        Ok(())
    }

    /// By how much a counter rose since its last sample: of CPU, as a mean rate.
    fn increase(&mut self, series: &[u8], time: f64, value: f64, kind: Kind) -> Option<f64> {
        let Some(last) = self.last.get_mut(series) else {
            self.last.insert(series.to_vec(), (time, value));
            return None;
        };
        let (before, was) = std::mem::replace(last, (time, value));
        let span = time - before;
        if !(span > 0.0 && value.is_finite() && was.is_finite()) {
            return None;
        }
        let rise = if value >= was { value - was } else { value };
        match kind {
            Kind::CpuSeconds => (span <= LONGEST).then_some(rise / span),
            _ => Some(rise),
        }
    }
}

#[derive(Default)]
struct Labels {
    namespace: String,
    pod: String,
    container: String,
}

impl Labels {
    fn take(&mut self, name: &str, value: String) {
        match name {
            "namespace" => self.namespace = value,
            "pod" | "pod_name" => self.pod = value,
            "container" | "container_name" => self.container = value,
            _ => {}
        }
    }
}

/// A line of OpenMetrics or of the older format.
#[derive(Clone, PartialEq, Debug)]
pub struct Sample<'a> {
    /// The name of its series.
    pub name: &'a str,
    /// Its labels, in order.
    pub labels: Vec<(String, String)>,
    /// Name and labels as they are written.
    pub series: &'a str,
    /// The value.
    pub value: f64,
    /// The time in seconds since 1970, if there is one.
    pub time: Option<f64>,
}

/// Reads a line that is no comment.
///
/// # Errors
///
/// A line that is no sample, or a time that is none.
pub fn sample(text: &str) -> Result<Sample<'_>, InputErrorKind> {
    let wrong = || InputErrorKind::Sample(shown(text));
    let end = text.find(['{', ' ', '\t']).unwrap_or(text.len());
    let mut labels = Vec::new();
    let rest = each_label(&text[end..], |name, value| {
        labels.push((name.to_owned(), value))
    });
    let rest = rest.ok_or_else(wrong)?;
    let mut words = rest.split_whitespace();
    let value = words.next().ok_or_else(wrong)?;
    let value: f64 = value.parse().map_err(|_| wrong())?;
    // What begins with a number sign is an exemplar.
    let time = words.next().filter(|word| !word.starts_with('#'));
    let time = time.map(|time| seconds(time).ok_or_else(|| InputErrorKind::Time(shown(time))));
    Ok(Sample {
        name: &text[..end],
        labels,
        series: text[..text.len() - rest.len()].trim_end(),
        value,
        time: time.transpose()?,
    })
}

/// Gives the labels at the beginning of a text, and what follows them.
fn each_label(text: &str, mut give: impl FnMut(&str, String)) -> Option<&str> {
    let Some(mut rest) = text.strip_prefix('{') else {
        return Some(text);
    };
    loop {
        rest = rest.trim_start_matches([' ', ',']);
        if let Some(after) = rest.strip_prefix('}') {
            return Some(after);
        }
        let (name, after) = rest.split_once('=')?;
        let after = after.trim_start().strip_prefix('"')?;
        let (value, after) = quoted(after)?;
        give(name.trim(), value);
        rest = after;
    }
}

/// A text up to its closing quote, and what follows.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Some((value, &text[at + 1..])),
            '\\' => match letters.next()?.1 {
                'n' => value.push('\n'),
                other => value.push(other),
            },
            other => value.push(other),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{Names, Reader};
    use crate::input::Census;
    use crate::input::owner::Owners;

    fn read(text: &str) -> Result<Census, crate::input::InputError> {
        let mut census = Census::new(Owners::default());
        let mut reader = Reader::new(Names::default());
        for line in text.lines() {
            reader.line(line.as_bytes(), &mut census)?;
        }
        Ok(census)
    }

    #[test]
    fn counters_become_rates() {
        let text = "# TYPE container_cpu_usage_seconds counter\n\
            container_cpu_usage_seconds_total{namespace=\"shop\",pod=\"web-5f6585d649-fnmft\",container=\"app\"} 10 1714521600\n\
            container_cpu_usage_seconds_total{namespace=\"shop\",pod=\"web-5f6585d649-fnmft\",container=\"app\"} 40 1714521660\n\
            container_cpu_usage_seconds_total{namespace=\"shop\",pod=\"web-5f6585d649-fnmft\",container=\"app\"} 6 1714521720\n\
            container_cpu_usage_seconds_total{namespace=\"shop\",pod=\"web-5f6585d649-fnmft\",container=\"\"} 99 1714521720\n\
            container_memory_working_set_bytes{container=\"app\",pod=\"web-5f6585d649-fnmft\",namespace=\"shop\",id=\"a\\\"}b\"} 1.5e8 1714521600000\n\
            container_oom_events_total{namespace=\"shop\",pod=\"web-5f6585d649-fnmft\",container=\"app\"} 1 1714521600\n\
            container_oom_events_total{namespace=\"shop\",pod=\"web-5f6585d649-fnmft\",container=\"app\"} 3 1714521660\n\
            other_metric 5\n\
            # EOF\n\
            what follows is not read\n";
        let census = read(text).unwrap();
        let (key, usage) = census.containers().next().unwrap();
        assert_eq!((&*key.workload, &*key.container), ("web", "app"));
        assert_eq!(census.containers().count(), 1);
        assert_eq!(usage.samples(), (2, 1));
        assert!((usage.cpu_peak() - 0.5).abs() < 1e-6);
        assert_eq!(usage.kills().len(), 2);
    }

    #[test]
    fn what_is_wrong_is_said() {
        let error = |text: &str| read(text).unwrap_err().to_string();
        assert_eq!(
            error("container_memory_working_set_bytes{container=\"a\"} 5"),
            "line 1: the sample of `container_memory_working_set_bytes` has no time, and one moment is no history"
        );
        assert!(
            error("container_memory_working_set_bytes{a=b} 5 5").starts_with("line 1: `container")
        );
    }
}
