//! A recorded load: lines of a time and a value, or series.

mod series;

use std::fmt;

use plimsoll_sizing::input::{InputErrorKind, openmetrics, seconds};

/// A load over time.
#[derive(Clone, PartialEq, Debug)]
pub struct Load {
    /// The first point, in seconds since 1970.
    pub begin: f64,
    /// Seconds since the first point, and the value; times rise.
    points: Vec<(f64, f64)>,
    /// The column that the values came from, where it has a name.
    pub name: Option<String>,
    /// The names of other columns, where neither the caller nor the name `value` chose among them.
    pub others: Vec<String>,
}

/// What is wrong with a text of loads.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
#[error("line {line}: {kind}")]
pub struct LoadError {
    /// The line, from 1.
    pub line: usize,
    /// What.
    pub kind: LoadErrorKind,
}

/// The ways in which it is wrong.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
pub enum LoadErrorKind {
    /// Too few columns.
    #[error("`{0}` has no {1}")]
    NoColumn(String, Part),
    /// A time that is none.
    #[error("`{0}` is no time")]
    Time(String),
    /// A value that is none, or below zero.
    #[error("`{0}` is no load: a number from 0 on is expected")]
    Value(String),
    /// A time not after the one before.
    #[error("`{0}` is not after the time before it")]
    Order(String),
    /// No column of that name.
    #[error("there is no column `{name}`; there are {known}")]
    Unknown {
        /// The name asked for.
        name: String,
        /// What there is.
        known: String,
    },
    /// A line that is no sample.
    #[error("{0}")]
    Sample(InputErrorKind),
    /// A sample without a time.
    #[error("the sample of `{0}` has no time")]
    NoTime(String),
    /// A choice of series that cannot be read.
    #[error("`{0}` names no series: `name` or `name{{label=\"value\"}}` is expected")]
    Selector(String),
    /// No series of that name.
    #[error("there is no series `{name}`; there are {known}")]
    NoSeries {
        /// The name asked for.
        name: String,
        /// What there is.
        known: String,
    },
    /// Several names, and none was chosen.
    #[error("there are series of several names: {0}")]
    Several(String),
    /// More series than are read.
    #[error("there are more than {0} series")]
    TooMany(usize),
    /// Text that is no JSON.
    #[error("it is no JSON: {0}")]
    Json(String),
    /// JSON of another form.
    #[error("it is neither an answer of Prometheus to a range query nor a list of points")]
    JsonForm,
    /// An item of a list that is no point.
    #[error("`{0}` is no point: a time and a value are expected")]
    NoPoint(String),
    /// Fewer than two points.
    #[error("there are fewer than two points in time")]
    TooFew,
}

/// A part of a line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Part {
    /// The time.
    Time,
    /// The value.
    Value,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Time => "time",
            Self::Value => "value",
        })
    }
}

/// The most columns that are named as not taken.
const MOST_NAMED: usize = 8;

impl Load {
    /// Reads a load in the form that its text has: JSON begins with a bracket, OpenMetrics with a
    /// comment of its own or with a sample; anything else is CSV. `column` names a column, or the
    /// series.
    ///
    /// # Errors
    ///
    /// See [`Load::csv`], [`Load::openmetrics`] and [`Load::json`].
    pub fn read(text: &str, column: Option<&str>) -> Result<Self, LoadError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        if text.trim_start().starts_with(['{', '[']) {
            return Self::json(text, column);
        }
        let mut lines = text.lines().map(str::trim);
        let first = lines.find(|line| {
            let comment = line.starts_with('#') && !is_metadata(line);
            !line.is_empty() && !comment
        });
        let first = first.unwrap_or_default();
        let named = first.starts_with(|c: char| c.is_ascii_alphabetic() || "_:".contains(c));
        if is_metadata(first) || (named && openmetrics::sample(first).is_ok()) {
            return Self::openmetrics(text, column);
        }
        Self::csv(text, column)
    }

    /// Reads CSV: a time and a value in each line, separated by commas, semicolons or tabs; more
    /// columns are passed over. A first line whose time is none names the columns; then the value
    /// is taken from the column `column`, or else from `value` if there is one, or else from the
    /// second. Empty lines and lines that begin with `#` are passed over.
    ///
    /// A time is a number of seconds since 1970 (of milliseconds from 10¹¹ on) or
    /// `2024-05-01T12:00:00`, with a blank for the `T`, with fractions, and with `Z` or an offset
    /// such as `+02:00`; without one it is UTC. Times must rise.
    ///
    /// # Errors
    ///
    /// The first line that cannot be read.
    pub fn csv(text: &str, column: Option<&str>) -> Result<Self, LoadError> {
        let mut points: Vec<(f64, f64)> = Vec::new();
        let mut begin: Option<f64> = None;
        let mut place: Option<usize> = None;
        let mut name = None;
        let mut others = Vec::new();
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        for (index, line) in text.lines().enumerate() {
            let wrong = |kind| LoadError {
                line: index + 1,
                kind,
            };
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let fields: Vec<&str> = line.split([',', ';', '\t']).map(unquoted).collect();
            let at = match place {
                Some(at) => at,
                None => {
                    let headed = seconds(fields[0]).is_none();
                    let at = self::column(&fields, column, headed).map_err(wrong)?;
                    place = Some(at);
                    if headed {
                        name = fields.get(at).map(|name| (*name).to_owned());
                        if column.is_none() && name.as_deref() != Some("value") {
                            let rest = fields.iter().skip(at + 1).take(MOST_NAMED);
                            others = rest.map(|name| (*name).to_owned()).collect();
                        }
                        continue;
                    }
                    at
                }
            };
            let missing = |part| wrong(LoadErrorKind::NoColumn(line.to_owned(), part));
            let time = fields.first().ok_or_else(|| missing(Part::Time))?;
            let value = fields.get(at).ok_or_else(|| missing(Part::Value))?;
            let at = seconds(time).ok_or_else(|| wrong(LoadErrorKind::Time((*time).to_owned())))?;
            let number = value.parse::<f64>().ok();
            let number = number.filter(|number| number.is_finite() && *number >= 0.0);
            let number = number.ok_or_else(|| wrong(LoadErrorKind::Value((*value).to_owned())))?;
            let after = at - *begin.get_or_insert(at);
            if points.last().is_some_and(|(before, _)| after <= *before) {
                return Err(wrong(LoadErrorKind::Order((*time).to_owned())));
            }
            points.push((after, number));
        }
        let lines = text.lines().count();
        if points.len() < 2 {
            return Err(LoadError {
                line: lines.max(1),
                kind: LoadErrorKind::TooFew,
            });
        }
        Ok(Self {
            begin: begin.unwrap_or_default(),
            points,
            name,
            others,
        })
    }

    /// A load of these points: seconds and values.
    ///
    /// # Errors
    ///
    /// Fewer than two points, or times that do not rise.
    pub fn of(points: Vec<(f64, f64)>) -> Result<Self, LoadError> {
        let wrong = |kind| LoadError { line: 0, kind };
        if points.len() < 2 {
            return Err(wrong(LoadErrorKind::TooFew));
        }
        if let Some(pair) = points.windows(2).find(|pair| pair[1].0 <= pair[0].0) {
            return Err(wrong(LoadErrorKind::Order(pair[1].0.to_string())));
        }
        let begin = points[0].0;
        Ok(Self {
            begin,
            points: points
                .into_iter()
                .map(|(at, value)| (at - begin, value))
                .collect(),
            name: None,
            others: Vec::new(),
        })
    }

    /// How long it lasts, in seconds.
    pub fn seconds(&self) -> f64 {
        self.points.last().map_or(0.0, |(at, _)| *at)
    }

    /// The usual distance of two points, in seconds: the median.
    pub fn interval(&self) -> f64 {
        let mut steps: Vec<f64> = self
            .points
            .windows(2)
            .map(|pair| pair[1].0 - pair[0].0)
            .collect();
        steps.sort_by(f64::total_cmp);
        steps.get(steps.len() / 2).copied().unwrap_or(1.0)
    }

    /// The stretches without points that are longer than ten usual distances: how many, and how
    /// many seconds together. The load is drawn straight through them.
    pub fn gaps(&self) -> (usize, f64) {
        let usual = self.interval();
        let steps = self.points.windows(2).map(|pair| pair[1].0 - pair[0].0);
        let gaps = steps.filter(|step| *step > 10.0 * usual);
        gaps.fold((0, 0.0), |(count, sum), gap| (count + 1, sum + gap))
    }

    /// A point so many seconds after the first, as text: `2024-05-01 12:00:15`, or a span such as
    /// `1:02:15` where the load's times are no dates.
    pub fn time(&self, after: f64) -> String {
        let at = self.begin + after;
        let clock = |of: i64| format!("{:02}:{:02}:{:02}", of / 3600, of % 3600 / 60, of % 60);
        if self.begin < 1e8 {
            let span = after.round() as i64;
            let (days, rest) = (span / 86_400, span % 86_400);
            return match days {
                0 => clock(rest),
                _ => format!("{days}d {}", clock(rest)),
            };
        }
        date(at)
    }

    /// The highest value.
    pub fn peak(&self) -> f64 {
        self.points
            .iter()
            .map(|(_, value)| *value)
            .fold(0.0, f64::max)
    }

    /// The mean over each step of `step` seconds, `scale` times as high. Between points the load
    /// is a straight line: a value held for minutes would beat against the controller's windows.
    /// At most ten million steps are made.
    pub fn steps(&self, step: f64, scale: f64) -> Vec<f64> {
        let count = (self.seconds() / step).ceil().clamp(1.0, 1e7) as usize;
        let mut steps = Vec::with_capacity(count);
        let fine = self.interval() < step / 2.0;
        let mut at = 0;
        for index in 0..count {
            let middle = (index as f64 + 0.5) * step;
            let value = if fine {
                let (from, to) = (index as f64 * step, (index + 1) as f64 * step);
                let mut sum = 0.0;
                let mut seen = 0.0;
                while at < self.points.len() && self.points[at].0 < to {
                    if self.points[at].0 >= from {
                        sum += self.points[at].1;
                        seen += 1.0;
                    }
                    at += 1;
                }
                if seen > 0.0 {
                    sum / seen
                } else {
                    self.between(at.saturating_sub(1), middle)
                }
            } else {
                while at + 1 < self.points.len() && self.points[at + 1].0 < middle {
                    at += 1;
                }
                self.between(at, middle)
            };
            steps.push(value * scale);
        }
        steps
    }

    /// The value at a time on the line from point `at` to the next.
    fn between(&self, at: usize, time: f64) -> f64 {
        let (from, low) = self.points[at];
        let Some((to, high)) = self.points.get(at + 1).copied() else {
            return low;
        };
        let share = ((time - from) / (to - from)).clamp(0.0, 1.0);
        low + (high - low) * share
    }
}

/// Whether a comment is one of OpenMetrics.
fn is_metadata(line: &str) -> bool {
    let known = ["# TYPE ", "# HELP ", "# UNIT "];
    known.iter().any(|start| line.starts_with(start))
}

fn unquoted(field: &str) -> &str {
    let field = field.trim();
    field
        .strip_prefix('"')
        .and_then(|field| field.strip_suffix('"'))
        .unwrap_or(field)
        .trim()
}

fn column(fields: &[&str], wanted: Option<&str>, headed: bool) -> Result<usize, LoadErrorKind> {
    let find = |name: &str| fields.iter().position(|field| *field == name);
    match wanted {
        None if headed => Ok(find("value").unwrap_or(1)),
        None => Ok(1),
        Some(name) => {
            let number = name.parse::<usize>().ok().filter(|number| *number >= 2);
            let at = headed.then(|| find(name)).flatten();
            at.or(number.map(|number| number - 1))
                .ok_or_else(|| LoadErrorKind::Unknown {
                    name: name.to_owned(),
                    known: if headed {
                        let names: Vec<String> =
                            fields.iter().map(|field| format!("`{field}`")).collect();
                        names.join(", ")
                    } else {
                        "no names, only numbers from 2 on".to_owned()
                    },
                })
        }
    }
}

/// A point in time, in seconds since 1970, as text: `2024-05-01 12:00:15`, in UTC.
pub fn date(seconds: f64) -> String {
    let at = jiff::Timestamp::from_second(seconds.round() as i64);
    match at {
        Ok(at) => at.strftime("%Y-%m-%d %H:%M:%S").to_string(),
        Err(_) => format!("{seconds:.0} s"),
    }
}

#[cfg(test)]
mod tests {
    use super::Load;

    fn values(text: &str, column: Option<&str>) -> Vec<(f64, f64)> {
        Load::csv(text, column).unwrap().points
    }

    #[test]
    fn columns_are_found() {
        let plain = "0,5\n60,7\n";
        assert_eq!(values(plain, None), [(0.0, 5.0), (60.0, 7.0)]);
        let headed = "time;cpu;value\n100;1;2\n130;3;4\n";
        assert_eq!(values(headed, None), [(0.0, 2.0), (30.0, 4.0)]);
        assert_eq!(values(headed, Some("cpu")), [(0.0, 1.0), (30.0, 3.0)]);
        assert_eq!(values(headed, Some("2")), [(0.0, 1.0), (30.0, 3.0)]);
        let quoted = "\u{feff}# from here\n\"when\",\"rps\"\n\"2024-01-01 00:00:00\",\"1.5\"\n\n2024-01-01T00:01:00Z,2\n";
        assert_eq!(values(quoted, None), [(0.0, 1.5), (60.0, 2.0)]);
    }

    #[test]
    fn times_are_told() {
        let told = |text: &str, after| Load::csv(text, None).unwrap().time(after);
        assert_eq!(
            told("2024-02-28T23:59:00Z,1\n2024-03-01,2\n", 75.0),
            "2024-02-29 00:00:15"
        );
        assert_eq!(told("0,1\n60,2\n", 90_015.0), "1d 01:00:15");
    }

    #[test]
    fn forms_are_told_apart() {
        let read = |text: &str| Load::read(text, None).unwrap().points;
        let expected = [(0.0, 5.0), (60.0, 7.0)];
        assert_eq!(read("\u{feff}time,value\n0,5\n60,7\n"), expected);
        assert_eq!(read("# of May\ntime\tvalue\n0\t5\n60\t7\n"), expected);
        assert_eq!(read("# HELP a b\na 5 0\na 7 60\n"), expected);
        assert_eq!(read("a{b=\"c,d\"} 5 0\na{b=\"c,d\"} 7 60\n"), expected);
        assert_eq!(read(" [[0, 5], [60, 7]]"), expected);
    }

    #[test]
    fn errors_name_the_line() {
        let error = |text: &str, column| Load::csv(text, column).unwrap_err().to_string();
        assert_eq!(error("0,1\nx,2\n", None), "line 2: `x` is no time");
        assert_eq!(
            error("t,v\n0,-1\n", None),
            "line 2: `-1` is no load: a number from 0 on is expected"
        );
        assert_eq!(error("0,1\n5\n", None), "line 2: `5` has no value");
        assert_eq!(
            error("5,1\n5,2\n", None),
            "line 2: `5` is not after the time before it"
        );
        assert_eq!(
            error("t,v\n0,1\n", Some("rps")),
            "line 1: there is no column `rps`; there are `t`, `v`"
        );
        assert_eq!(
            error("t,v\n0,1\n", None),
            "line 2: there are fewer than two points in time"
        );
        assert_eq!(
            error("", None),
            "line 1: there are fewer than two points in time"
        );
    }

    #[test]
    fn steps_follow_the_line_between_points() {
        let load = Load::of(vec![(0.0, 0.0), (60.0, 60.0), (120.0, 0.0)]).unwrap();
        let steps = load.steps(15.0, 2.0);
        assert_eq!(steps, [15.0, 45.0, 75.0, 105.0, 105.0, 75.0, 45.0, 15.0]);
        let fine = Load::of((0..60).map(|at| (f64::from(at), 4.0)).collect()).unwrap();
        assert_eq!(fine.steps(15.0, 1.0), [4.0; 4]);
    }
}
