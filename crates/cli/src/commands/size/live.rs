//! A short sample of what runs now, as metrics-server gives it: kept in files, or asked for.
//!
//! It is `PodMetricsList` of `metrics.k8s.io/v1beta1`: CPU as the mean over a window of some
//! seconds, memory as the working set. The same sample is given until there is a new one.

use std::collections::HashMap;
use std::fmt;
use std::thread;
use std::time::Duration;

use plimsoll_cluster::Api;
use plimsoll_fetch::{FetchError, Request};
use plimsoll_sizing::input::{Census, InputErrorKind, Key, POD_METRICS_PATH, PodMetrics};
use serde::Deserializer;
use serde::de::{DeserializeSeed, Error as _, SeqAccess, Visitor};
use serde_json::Value;

use super::matrix;
use super::prometheus::{PrometheusArgs, Server};
use crate::cluster::{self, KubeconfigArgs};
use crate::failure::Failure;
use crate::terminal::{self, Terminal};

/// What is received at once at most, in bytes.
const MOST_BYTES: u64 = 256 << 20;
/// metrics-server looks so often, in seconds, unless told otherwise.
const PACE: u64 = 15;
/// The longest that is waited, in seconds.
const LONGEST: u64 = 24 * 3600;

/// A sample of what runs now.
#[derive(clap::Args)]
pub(super) struct LiveArgs {
    /// Ask metrics-server through the API server at this address, such as that of `kubectl proxy`,
    /// for what pods use now
    #[arg(long, value_name = "URL", conflicts_with = "prometheus")]
    pub(super) metrics_server: Option<String>,
    /// Ask metrics-server of the cluster that kubectl would ask for what pods use now
    #[arg(long, conflicts_with_all = ["prometheus", "metrics_server"])]
    pub(super) live: bool,
    #[command(flatten)]
    pub(super) cluster: KubeconfigArgs,
    /// For how many seconds metrics-server is asked, every 15
    #[arg(long, value_name = "SECONDS", default_value_t = 300)]
    sample: u64,
}

/// When each container was seen last: the name of the pod and of the container with the time.
#[derive(Default)]
pub(super) struct Seen(HashMap<(String, String, String), f64>);

/// Asks for as long as it is wanted, if at all. `nodes` says that the cluster is asked for its nodes
/// later.
pub(super) fn read(
    args: &LiveArgs,
    nodes: bool,
    server: &PrometheusArgs,
    census: &mut Census,
    terminal: &Terminal,
) -> Result<(), Failure> {
    if args.cluster.is_given() && !args.live && !nodes {
        return Err(
            Failure::user("a kubeconfig or a context is named, and no cluster is asked")
                .help("give `--live` or `--live-nodes` along with it"),
        );
    }
    if args.sample > LONGEST {
        return Err(Failure::user(format!(
            "`--sample` must not be above {LONGEST}"
        )));
    }
    if let Some(address) = &args.metrics_server {
        let asked = Server::at(server, address, POD_METRICS_PATH)?;
        return sample(args.sample, &|| asked.answer(), census, terminal);
    }
    if args.live {
        let api = args.cluster.connect()?.api;
        return sample(args.sample, &|| of_cluster(&api), census, terminal);
    }
    Ok(())
}

fn sample(
    seconds: u64,
    ask: &dyn Fn() -> Result<Vec<u8>, Failure>,
    census: &mut Census,
    terminal: &Terminal,
) -> Result<(), Failure> {
    let mut seen = Seen::default();
    let times = seconds / PACE + 1;
    for time in 0..times {
        if time > 0 {
            thread::sleep(Duration::from_secs(PACE));
        }
        if terminal.progress {
            let left = (times - time) * PACE;
            terminal::progress(&format!("asking metrics-server ({left} s to go)"));
        }
        match ask() {
            Ok(bytes) => {
                matrix::read_on(bytes.as_slice(), census, None, &mut seen).map_err(|error| {
                    Failure::user(format!(
                        "what metrics-server answers cannot be read: {error}"
                    ))
                })?
            }
            Err(failure) if time == 0 => {
                if terminal.progress {
                    terminal::progress("");
                }
                return Err(failure);
            }
            // One answer of many: what is known so far is worth more than none.
            Err(_) => {}
        }
    }
    if terminal.progress {
        terminal::progress("");
    }
    Ok(())
}

impl Server {
    /// One sample, as metrics-server gives it.
    fn answer(&self) -> Result<Vec<u8>, Failure> {
        let request = Request::get(self.url.clone()).login(self.login.clone());
        let failed = |error: FetchError| {
            let failure = Failure::user(format!("no answer from metrics-server: {}", error.kind));
            match error.kind.help() {
                Some(help) => failure.help(help),
                None => failure,
            }
        };
        let answer = self.client.send(&request).map_err(failed)?;
        let status = answer.status;
        let bytes = answer.bytes(MOST_BYTES).map_err(failed)?;
        match status {
            200 => Ok(bytes),
            status => Err(refused(
                status,
                format!("the API server answers with status {status}"),
            )),
        }
    }
}

fn of_cluster(api: &Api) -> Result<Vec<u8>, Failure> {
    let answer = api.get(POD_METRICS_PATH, &[]);
    answer
        .map(String::into_bytes)
        .map_err(|error| match error.status() {
            Some(status) if status != 401 => refused(status, error.to_string()),
            _ => cluster::failure(&error),
        })
}

fn refused(status: u16, words: String) -> Failure {
    let failure = Failure::user(words);
    match status {
        401 | 403 => failure.help(
            "say who asks with `--token-file FILE`, or ask through `kubectl proxy`; reading pods of \
             `metrics.k8s.io` in all namespaces must be allowed",
        ),
        404 | 503 => failure.help("is metrics-server installed? `kubectl top pods -A` says so"),
        _ => failure,
    }
}

/// The items of a `PodMetricsList`.
pub(super) struct Pods<'c> {
    pub(super) census: &'c mut Census,
    pub(super) seen: &'c mut Seen,
}

impl<'de> DeserializeSeed<'de> for Pods<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Pods<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of what pods use")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        // One item at a time is in memory; the reader of items is that of dumps.
        while let Some(item) = items.next_element::<Value>()? {
            let pod = PodMetrics::of_text(&item.to_string()).map_err(A::Error::custom)?;
            count(&pod, self.census, self.seen).map_err(A::Error::custom)?;
        }
        Ok(())
    }
}

fn count(pod: &PodMetrics, census: &mut Census, seen: &mut Seen) -> Result<(), InputErrorKind> {
    for (container, amounts) in &pod.containers {
        let place = (pod.namespace.clone(), pod.pod.clone(), container.clone());
        if seen.0.insert(place, pod.at) == Some(pod.at) {
            continue;
        }
        let key = Key {
            namespace: pod.namespace.clone(),
            workload: census.owners().of_pod(&pod.pod),
            container: container.clone(),
        };
        let usage = census.of_key(key)?;
        if let Some(cores) = amounts.get("cpu") {
            usage.add_cpu(pod.at, cores.to_f64());
        }
        if let Some(bytes) = amounts.get("memory") {
            usage.add_memory(pod.at, bytes.to_f64());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use plimsoll_sizing::input::Census;
    use plimsoll_sizing::input::owner::Owners;

    use super::matrix;

    fn list(time: &str, cpu: &str) -> String {
        format!(
            r#"{{"kind":"PodMetricsList","apiVersion":"metrics.k8s.io/v1beta1","metadata":{{}},"items":[
              {{"metadata":{{"name":"web-5f6585d649-fnmft","namespace":"shop"}},"timestamp":"{time}","window":"15.06s",
               "containers":[{{"name":"app","usage":{{"cpu":"{cpu}","memory":"20480Ki"}}}}]}}]}}"#
        )
    }

    fn read(text: &str) -> Result<Census, String> {
        let mut census = Census::new(Owners::default());
        matrix::read(text.as_bytes(), &mut census, None).map_err(|error| error.to_string())?;
        Ok(census)
    }

    #[test]
    fn answers_are_read_one_after_another_and_none_twice() {
        let text = [
            list("2024-05-01T12:00:00Z", "250000000n"),
            list("2024-05-01T12:00:00Z", "250000000n"),
            list("2024-05-01T12:00:15Z", "500m"),
        ]
        .concat();
        let census = read(&text).expect("all is well");
        let (key, usage) = census.containers().next().expect("a container");
        assert_eq!((&*key.namespace, &*key.workload), ("shop", "web"));
        assert_eq!(usage.samples(), (2, 2));
        assert!((usage.cpu_peak() - 0.5).abs() < 1e-6);
        assert!((usage.memory_peak() - 20.0 * 1_048_576.0).abs() < 1.0);
    }

    #[test]
    fn other_lists_are_told_from_it() {
        let pods = r#"{"kind":"List","items":[{"metadata":{"name":"web"},"spec":{}}]}"#;
        let error = read(pods).unwrap_err();
        assert!(
            error.starts_with("the item `web` has no `timestamp`"),
            "{error}"
        );
        let wrong = list("2024-05-01T12:00:00Z", "much");
        assert!(read(&wrong).unwrap_err().starts_with("`much` is no amount"));
        let cut = list("2024-05-01T12:00:00Z", "1") + "{\"items\": [";
        assert!(read(&cut).unwrap_err().contains("EOF"));
    }
}
