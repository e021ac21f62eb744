//! Tables: a line for each sample.

use memchr::memchr;

use super::{Census, InputError, InputErrorKind, Key, amount, seconds};
use crate::usage::{MOST_BYTES, MOST_CORES};

/// What the first line says of the columns.
#[derive(Clone, PartialEq, Debug)]
pub struct Columns {
    separator: u8,
    count: usize,
    parts: Vec<Part>,
    /// What stands for a container whose columns are missing: the name of the file.
    name: String,
    names_container: bool,
}

/// What a column holds; numbers are multiplied by the factor.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Part {
    Time,
    Namespace,
    Workload,
    Pod,
    Container,
    Cpu(f64),
    Memory(f64),
    Kills,
    Restarts,
    Other,
}

const KIB: f64 = 1024.0;

impl Part {
    fn of(name: &str) -> Self {
        let name = name.to_ascii_lowercase();
        match name.as_str() {
            "time" | "timestamp" | "ts" | "date" => Self::Time,
            "namespace" | "ns" => Self::Namespace,
            "workload" | "deployment" | "service" => Self::Workload,
            "pod" => Self::Pod,
            "container" => Self::Container,
            "cpu" | "cpu_cores" | "cores" => Self::Cpu(1.0),
            "cpu_m" | "cpu_milli" | "millicores" => Self::Cpu(0.001),
            "memory" | "mem" | "memory_bytes" | "bytes" => Self::Memory(1.0),
            "memory_kib" | "mem_kib" => Self::Memory(KIB),
            "memory_mib" | "mem_mib" => Self::Memory(KIB * KIB),
            "memory_gib" | "mem_gib" => Self::Memory(KIB * KIB * KIB),
            "ooms" | "oom_kills" | "kills" => Self::Kills,
            "restarts" => Self::Restarts,
            _ => Self::Other,
        }
    }
}

impl Columns {
    /// Reads the first line that is no comment. `name` is what the container is called if no
    /// column says so, such as the name of the file.
    ///
    /// # Errors
    ///
    /// Without a column of times, or one of CPU or memory.
    pub fn of(line: &str, name: &str) -> Result<Self, InputErrorKind> {
        let line = line.trim_start_matches('\u{feff}').trim();
        let separator = [b',', b';', b'\t']
            .into_iter()
            .max_by_key(|by| {
                (
                    memchr::memchr_iter(*by, line.as_bytes()).count(),
                    *by == b',',
                )
            })
            .unwrap_or(b',');
        let names: Vec<&str> = line.split(char::from(separator)).map(unquoted).collect();
        let parts: Vec<Part> = names.iter().map(|name| Part::of(name)).collect();
        let missing = |missing| InputErrorKind::NoColumn {
            missing,
            known: names.join(", "),
        };
        if !parts.contains(&Part::Time) {
            return Err(missing("times"));
        }
        if !parts
            .iter()
            .any(|part| matches!(part, Part::Cpu(_) | Part::Memory(_)))
        {
            return Err(missing("CPU or memory"));
        }
        Ok(Self {
            separator,
            count: parts.len(),
            names_container: parts
                .iter()
                .any(|part| matches!(part, Part::Workload | Part::Pod | Part::Container)),
            parts,
            name: name.to_owned(),
        })
    }

    /// Reads lines, of which `first` is the number of the first, into the census. The last one
    /// needs no end.
    ///
    /// # Errors
    ///
    /// The first line that cannot be read.
    pub fn lines(&self, text: &[u8], first: u64, census: &mut Census) -> Result<(), InputError> {
        let mut rest = text;
        let mut number = first;
        let mut place = Vec::with_capacity(128);
        while !rest.is_empty() {
            let end = memchr(b'\n', rest).unwrap_or(rest.len());
            let line = &rest[..end];
            self.line(line, census, &mut place)
                .map_err(|kind| InputError { line: number, kind })?;
            rest = rest.get(end + 1..).unwrap_or_default();
            number += 1;
        }
        Ok(())
    }

    fn line(
        &self,
        line: &[u8],
        census: &mut Census,
        place: &mut Vec<u8>,
    ) -> Result<(), InputErrorKind> {
        let line = line.trim_ascii();
        if line.is_empty() || line[0] == b'#' {
            return Ok(());
        }
        place.clear();
        let mut row = Row::default();
        let mut rest = Some(line);
        for (index, part) in self.parts.iter().enumerate() {
            let Some(line) = rest else {
                return Err(InputErrorKind::Fields {
                    found: index,
                    wanted: self.count,
                });
            };
            let (field, after) = self.field(line);
            rest = after;
            match part {
                Part::Other => continue,
                Part::Namespace | Part::Workload | Part::Pod | Part::Container => {
                    place.extend_from_slice(field);
                    place.push(0);
                    continue;
                }
                _ => {}
            }
            let text = std::str::from_utf8(field).map_err(|_| InputErrorKind::NotText)?;
            match part {
                Part::Time => {
                    let wrong = || InputErrorKind::Time(shown(text));
                    row.time = seconds(text).ok_or_else(wrong)?;
                }
                Part::Cpu(factor) => row.cpu = scaled(text, "CPU", *factor, MOST_CORES)?,
                Part::Memory(factor) => row.memory = scaled(text, "memory", *factor, MOST_BYTES)?,
                Part::Kills => row.kills = number(text, "kills")?.unwrap_or(0.0),
                Part::Restarts => row.restarts = number(text, "restarts")?.unwrap_or(0.0),
                _ => {}
            }
        }
        let usage = census.usage(place, |owners| self.key(place, owners))?;
        if let Some(cores) = row.cpu {
            usage.add_cpu(row.time, cores);
        }
        if let Some(bytes) = row.memory {
            usage.add_memory(row.time, bytes);
        }
        for _ in 0..row.kills.min(1000.0) as usize {
            usage.add_kill(row.time, None);
        }
        if row.restarts >= 1.0 {
            usage.add_restarts(row.restarts.min(1e6) as u32);
        }
        Ok(())
    }

    /// The first field of a line and what follows its separator.
    fn field<'a>(&self, line: &'a [u8]) -> (&'a [u8], Option<&'a [u8]>) {
        if line.first() == Some(&b'"')
            && let Some(end) = memchr(b'"', &line[1..])
        {
            let after = &line[end + 2..];
            let next = memchr(self.separator, after).map(|at| &after[at + 1..]);
            return (line[1..=end].trim_ascii(), next);
        }
        match memchr(self.separator, line) {
            Some(at) => (line[..at].trim_ascii(), Some(&line[at + 1..])),
            None => (line.trim_ascii(), None),
        }
    }

    fn key(&self, place: &[u8], owners: &super::owner::Owners) -> Key {
        let mut key = Key::default();
        let mut texts = place.split(|byte| *byte == 0);
        let mut pod = String::new();
        for part in &self.parts {
            let to = match part {
                Part::Namespace => &mut key.namespace,
                Part::Workload => &mut key.workload,
                Part::Container => &mut key.container,
                Part::Pod => &mut pod,
                _ => continue,
            };
            *to = String::from_utf8_lossy(texts.next().unwrap_or_default()).into_owned();
        }
        if key.workload.is_empty() && !pod.is_empty() {
            key.workload = owners.of_pod(&pod);
        }
        if !self.names_container {
            key.workload = owners.of_pod(&self.name);
        }
        if key.workload.is_empty() {
            key.workload.clone_from(&key.container);
        }
        key
    }
}

#[derive(Default)]
struct Row {
    time: f64,
    cpu: Option<f64>,
    memory: Option<f64>,
    kills: f64,
    restarts: f64,
}

/// A number from 0 on; nothing where nothing was measured.
fn number(text: &str, what: &'static str) -> Result<Option<f64>, InputErrorKind> {
    if text.is_empty() || text.eq_ignore_ascii_case("nan") || text == "-" {
        return Ok(None);
    }
    match amount(text) {
        Some(number) if number.is_finite() && number >= 0.0 => Ok(Some(number)),
        _ => Err(InputErrorKind::Amount {
            what,
            text: shown(text),
        }),
    }
}

/// A number in the unit of its column, which no more than `most` can be of.
fn scaled(
    text: &str,
    what: &'static str,
    factor: f64,
    most: f64,
) -> Result<Option<f64>, InputErrorKind> {
    let value = number(text, what)?.map(|number| number * factor);
    if value.is_some_and(|value| value > most) {
        return Err(InputErrorKind::TooMuch {
            what,
            text: shown(text),
        });
    }
    Ok(value)
}

/// As much of a text as a message can hold.
pub(super) fn shown(text: &str) -> String {
    text.chars().take(60).collect()
}

fn unquoted(field: &str) -> &str {
    field.trim().trim_matches('"').trim()
}

#[cfg(test)]
mod tests {
    use super::Columns;
    use crate::input::owner::Owners;
    use crate::input::{Census, InputError, InputErrorKind};

    fn read(text: &str) -> Result<Census, InputError> {
        let (head, rest) = text.split_once('\n').unwrap_or((text, ""));
        let columns = Columns::of(head, "orders").map_err(|kind| InputError { line: 1, kind })?;
        let mut census = Census::new(Owners::default());
        columns.lines(rest.as_bytes(), 2, &mut census)?;
        Ok(census)
    }

    fn keys(census: &Census) -> Vec<String> {
        let of = |key: &super::Key| format!("{}/{}/{}", key.namespace, key.workload, key.container);
        census.containers().map(|(key, _)| of(key)).collect()
    }

    #[test]
    fn columns_are_found_by_name() {
        let text = "ts,namespace,pod,container,cpu_m,memory_mib\n\
                    1714521600,shop,web-5f6585d649-fnmft,app,250,100\n\
                    1714521660,shop,web-5f6585d649-x7k2p,app,750,300\n\
                    # a comment\n\n\
                    1714521660,shop,web-5f6585d649-x7k2p,mesh,,20\n";
        let census = read(text).unwrap();
        assert_eq!(keys(&census), ["shop/web/app", "shop/web/mesh"]);
        let usage = census.containers().next().unwrap().1;
        assert_eq!(usage.samples(), (2, 2));
        assert!((usage.cpu_peak() - 0.75).abs() < 1e-6);
        assert!((usage.memory_peak() - 300.0 * 1024.0 * 1024.0).abs() < 1e-6);
    }

    #[test]
    fn a_file_may_be_one_container() {
        let text = "\u{feff}\"time\";\"cpu\";\"memory\";\"oom_kills\"\n\"2024-05-01 00:00:00\";250m;128Mi;1\n2024-05-01T00:01:00Z;0.5;;0";
        let census = read(text).unwrap();
        assert_eq!(keys(&census), ["/orders/"]);
        let usage = census.containers().next().unwrap().1;
        assert_eq!(usage.samples(), (2, 1));
        assert_eq!(usage.kills().len(), 1);
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        let error = |text: &str| read(text).unwrap_err().to_string();
        assert_eq!(
            error("time,cpu\n1,2\n2,lots\n"),
            "line 3: `lots` is no amount of CPU: a number from 0 on is expected"
        );
        assert_eq!(
            error("a,b\n1,2\n"),
            "line 1: no column of times is named here: a, b"
        );
        assert_eq!(error("time,cpu\nnoon,2\n"), "line 2: `noon` is no time");
        assert_eq!(
            error("time,cpu\n1\n"),
            "line 2: there are 1 fields and 2 columns"
        );
        assert_eq!(
            error("time,memory_gib\n1,1e10\n"),
            "line 2: `1e10` is more memory than any machine has: is it in another unit?"
        );
        assert!(read("time,cpu_m\n1,2e8\n").is_ok());
        assert!(matches!(
            read("time,cpu\n1,-1\n").unwrap_err().kind,
            InputErrorKind::Amount { .. }
        ));
    }
}
