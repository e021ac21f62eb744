//! Measurements from a Prometheus server: range queries in pieces, each counted before the next
//! is asked for.

use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use plimsoll_fetch::{
    Client, FetchError, FetchErrorKind, Login, Proxies, Request, Settings, Timeouts, Url,
};
use plimsoll_sizing::input::Census;
use serde::Deserialize;

use super::matrix::{self, Measure};
use super::prices::{Prices, Source};
use crate::credentials;
use crate::failure::Failure;
use crate::terminal::{self, Terminal};

/// What is received of one query at most, in bytes.
const MOST_BYTES: u64 = 256 << 20;
/// What an error is told in at most.
const MOST_WORDS: usize = 64 << 10;
/// A query asks for so many steps at first.
const STEPS: f64 = 360.0;
/// Prometheus gives no more points of a series.
const MOST_STEPS: f64 = 11_000.0;
/// Kills and restarts are looked for in hours.
const HOUR: f64 = 3600.0;

/// Where measurements come from.
#[derive(clap::Args)]
pub(super) struct PrometheusArgs {
    /// Ask the Prometheus server at this address for measurements
    #[arg(long, value_name = "URL")]
    pub(super) prometheus: Option<String>,
    /// How many days are asked for
    #[arg(long, value_name = "DAYS", default_value_t = 14.0)]
    days: f64,
    /// Seconds between samples that are asked for: at least as many as between scrapes
    #[arg(long, value_name = "SECONDS", default_value_t = 60.0)]
    step: f64,
    /// The end of the span that is asked for, in seconds since 1970 or as a date [default: now]
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// Only series with these labels, such as `namespace="shop",cluster=~"eu-.*"`
    #[arg(
        long,
        value_name = "LABELS",
        default_value = "",
        hide_default_value = true
    )]
    selector: String,
    /// The counter of CPU seconds
    #[arg(
        long,
        value_name = "METRIC",
        default_value = "container_cpu_usage_seconds_total"
    )]
    cpu_metric: String,
    /// A gauge of cores that a recording rule makes, instead of the counter
    #[arg(long, value_name = "METRIC", conflicts_with = "cpu_metric")]
    cpu_gauge: Option<String>,
    /// The gauge of memory
    #[arg(
        long,
        value_name = "METRIC",
        default_value = "container_memory_working_set_bytes"
    )]
    memory_metric: String,
    /// Say who asks with the token in this file
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// Trust the certificate authorities in this file, and no others
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// Do not check the server's certificate
    #[arg(long)]
    insecure_skip_tls_verify: bool,
}

/// A query, and what its answer measures.
struct Query {
    text: String,
    measure: Measure,
    step: f64,
}

/// Counts what the server knows.
pub(super) fn read(
    args: &PrometheusArgs,
    address: &str,
    census: &mut Census,
    terminal: &Terminal,
) -> Result<(), Failure> {
    args.check()?;
    let server = Server::at(args, address, "/api/v1/query_range")?;
    let end = args.end()?;
    let begin = end - args.days * 86_400.0;
    let queries = args.queries();
    let pieces: f64 = queries
        .iter()
        .map(|query| ((end - begin) / (query.step * STEPS)).ceil())
        .sum();
    let mut asked = 0.0;
    for query in &queries {
        let mut from = begin;
        let mut steps = STEPS;
        while from < end {
            if terminal.progress {
                let share = (asked / pieces * 100.0_f64).min(100.0);
                terminal::progress(&format!("asking Prometheus ({share:.0} %)"));
            }
            let to = (from + query.step * (steps - 1.0)).min(end);
            match server.ask(query, from, to, census) {
                Ok(()) => {
                    asked += ((to - from) / query.step + 1.0) / STEPS;
                    from = to + query.step;
                }
                // Less may be not too much.
                Err(Trouble::TooMuch(_)) if steps > 16.0 => steps = (steps / 4.0).ceil(),
                Err(Trouble::TooMuch(failure) | Trouble::Failed(failure)) => {
                    if terminal.progress {
                        terminal::progress("");
                    }
                    return Err(failure);
                }
            }
        }
    }
    if terminal.progress {
        terminal::progress("");
    }
    Ok(())
}

/// What OpenCost says that a core and a GiB cost in an hour, on average over the nodes and the last
/// day of the span; `None` where the server has no such series or does not tell.
///
/// Its series are described at <https://opencost.io/docs/integrations/metrics>.
pub(super) fn prices(args: &PrometheusArgs, address: &str) -> Result<Option<Prices>, Failure> {
    let server = Server::at(args, address, "/api/v1/query")?;
    let end = args.end()?;
    let of = |metric: &str| server.value(&format!("avg(avg_over_time({metric}[1d]))"), end);
    let (Some(core), Some(gib)) = (of("node_cpu_hourly_cost"), of("node_ram_hourly_cost")) else {
        return Ok(None);
    };
    let source = Source::OpenCost;
    Ok(Some(Prices { core, gib, source }).filter(|prices| prices.is_known()))
}

impl PrometheusArgs {
    fn check(&self) -> Result<(), Failure> {
        if !(self.days.is_finite() && self.days > 0.0 && self.days <= 92.0) {
            return Err(Failure::user("`--days` must lie between 0 and 92"));
        }
        if !(self.step.is_finite() && self.step >= 1.0 && self.step <= HOUR) {
            return Err(Failure::user("`--step` must lie between 1 and 3600"));
        }
        let metrics = [
            Some(&self.cpu_metric),
            self.cpu_gauge.as_ref(),
            Some(&self.memory_metric),
        ];
        for metric in metrics.into_iter().flatten() {
            let is_name = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b':');
            if metric.is_empty() || !metric.bytes().all(is_name) {
                return Err(Failure::user(format!("`{metric}` is no name of a metric")));
            }
        }
        Ok(())
    }

    fn end(&self) -> Result<f64, Failure> {
        if let Some(text) = &self.until {
            return plimsoll_sizing::input::seconds(text)
                .ok_or_else(|| Failure::user(format!("`{text}` is no time")));
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        Ok(now.map_or(0.0, |now| now.as_secs_f64()).floor())
    }

    fn queries(&self) -> Vec<Query> {
        let labels = match &*self.selector {
            "" => "container!=\"\",container!=\"POD\"".to_owned(),
            more => format!("container!=\"\",container!=\"POD\",{more}"),
        };
        // A container that starts anew is another series of the same name.
        let by = "namespace,pod,container";
        let step = self.step.round();
        let window = step * 2.0;
        let cpu = match &self.cpu_gauge {
            Some(gauge) => format!("max by ({by}) ({gauge}{{{labels}}})"),
            None => format!(
                "sum by ({by}) (rate({}{{{labels}}}[{window}s]))",
                self.cpu_metric
            ),
        };
        let of = |text, measure, step| Query {
            text,
            measure,
            step,
        };
        let memory = &self.memory_metric;
        let restarts = format!("kube_pod_container_status_restarts_total{{{labels}}}");
        let killed = format!(
            "kube_pod_container_status_last_terminated_reason{{{labels},reason=\"OOMKilled\"}}"
        );
        vec![
            of(cpu, Measure::CpuCores, step),
            of(
                format!("max by ({by}) (max_over_time({memory}{{{labels}}}[{step}s]))"),
                Measure::Memory,
                step,
            ),
            of(
                format!("max by ({by}) (increase({restarts}[1h]) > 0.5)"),
                Measure::NewRestarts,
                HOUR,
            ),
            of(
                format!(
                    "max by ({by}) (increase({restarts}[1h]) > 0.5) and max by ({by}) ({killed} == 1)"
                ),
                Measure::NewKills,
                HOUR,
            ),
        ]
    }

    pub(super) fn login(&self) -> Result<Option<Login>, Failure> {
        credentials::login(self.token_file.as_deref())
    }

    pub(super) fn client(&self) -> Result<Client, Failure> {
        let tls = credentials::tls(self.ca_file.as_deref(), self.insecure_skip_tls_verify)?;
        Ok(Client::new(Settings {
            user_agent: concat!("plimsoll/", env!("CARGO_PKG_VERSION")).into(),
            tls,
            proxies: Proxies::from_env(|name| std::env::var(name).ok()),
            timeouts: Timeouts {
                // A server that reads weeks from a disk says nothing for a while.
                idle: Duration::from_mins(2),
                whole: Duration::from_mins(5),
                ..Timeouts::default()
            },
            ..Settings::default()
        }))
    }
}

/// Who is asked by an address.
pub(super) struct Server {
    pub(super) client: Client,
    pub(super) login: Option<Login>,
    pub(super) url: Url,
}

/// Why there is no answer.
enum Trouble {
    /// It was too much to ask for at once.
    TooMuch(Failure),
    Failed(Failure),
}

/// What Prometheus says of a query that it does not answer.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Refusal {
    error: String,
}

/// What Prometheus says of a query at one time (`/api/v1/query`).
#[derive(Deserialize)]
struct Instant {
    data: Vector,
}

#[derive(Deserialize)]
struct Vector {
    result: Vec<Sample>,
}

#[derive(Deserialize)]
struct Sample {
    /// The time, and the value as text.
    value: (f64, String),
}

impl Server {
    /// What answers below the path of an address; `http` where it names no scheme.
    pub(super) fn at(args: &PrometheusArgs, address: &str, path: &str) -> Result<Self, Failure> {
        let base = if address.contains("://") {
            address.to_owned()
        } else {
            format!("http://{address}")
        };
        let url = Url::parse(&(base.trim_end_matches('/').to_owned() + path))
            .map_err(|error| Failure::user(format!("`{address}` is no address: {error}")))?;
        Ok(Self {
            client: args.client()?,
            login: args.login()?,
            url,
        })
    }

    /// The one value of a query, where there is one.
    fn value(&self, query: &str, time: f64) -> Option<f64> {
        let url = self
            .url
            .clone()
            .with_parameter("query", query)
            .with_parameter("time", &format!("{time:.3}"));
        let request = Request::get(url).login(self.login.clone());
        let answer = self.client.send(&request).ok()?;
        let is_fine = answer.status == 200;
        let bytes = answer.bytes(MOST_WORDS as u64).ok()?;
        let instant: Instant = serde_json::from_slice(&bytes).ok().filter(|_| is_fine)?;
        let value: f64 = instant.data.result.first()?.value.1.parse().ok()?;
        (value.is_finite() && value >= 0.0).then_some(value)
    }

    fn ask(&self, query: &Query, from: f64, to: f64, census: &mut Census) -> Result<(), Trouble> {
        debug_assert!((to - from) / query.step <= MOST_STEPS);
        let url = self
            .url
            .clone()
            .with_parameter("query", &query.text)
            .with_parameter("start", &format!("{from:.3}"))
            .with_parameter("end", &format!("{to:.3}"))
            .with_parameter("step", &format!("{}", query.step));
        let request = Request::get(url).login(self.login.clone());
        let failed = |error: &FetchError| {
            let failure = Failure::user(format!("no answer from Prometheus: {}", error.kind));
            let failure = match error.kind.help() {
                Some(help) => failure.help(help),
                None => failure,
            };
            match error.kind {
                FetchErrorKind::TooLarge(_) => Trouble::TooMuch(failure),
                _ => Trouble::Failed(failure),
            }
        };
        let answer = self.client.send(&request).map_err(|error| failed(&error))?;
        let status = answer.status;
        let bytes = answer.bytes(MOST_BYTES).map_err(|error| failed(&error))?;
        if status != 200 {
            return Err(refused(status, &bytes));
        }
        matrix::read(bytes.as_slice(), census, Some(query.measure)).map_err(|error| {
            Trouble::Failed(Failure::user(format!(
                "what Prometheus answers cannot be read: {error}"
            )))
        })
    }
}

fn refused(status: u16, body: &[u8]) -> Trouble {
    let start = &body[..body.len().min(MOST_WORDS)];
    let refusal: Refusal = serde_json::from_slice(start).unwrap_or_default();
    let words = match refusal.error.as_str() {
        "" => format!("Prometheus answers with status {status}"),
        words => format!("Prometheus refuses ({status}): {words}"),
    };
    let failure = Failure::user(words);
    match status {
        401 | 403 => Trouble::Failed(
            failure.help("say who asks with `--token-file FILE`, or in the address: `https://USER:PASSWORD@HOST`"),
        ),
        // `query processing would load too many samples`, or a time limit.
        422 | 503 => Trouble::TooMuch(failure),
        _ => Trouble::Failed(failure),
    }
}
