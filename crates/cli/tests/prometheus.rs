//! `plimsoll size` asks a real Prometheus, filled with what pods really used, and says what it says
//! of the same measurements from files. `cargo xtask test` installs Debian's package `prometheus`
//! and runs this by its name.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;

/// Rates of Prometheus are means over two steps, where files have a sample for each, so that what
/// is recommended from one and from the other may differ by as much, as a share.
const TOLERANCE: f64 = 0.1;

struct Server {
    process: Child,
    address: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A few of them, or those in the folder that `PLIMSOLL_NEZHA` names.
fn traces() -> PathBuf {
    if let Some(folder) = std::env::var_os("PLIMSOLL_NEZHA") {
        return PathBuf::from(folder);
    }
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/traces/nezha")
}

/// A folder of its own that goes with the test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let name = format!("plimsoll-prometheus-{}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("a folder");
        Self(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The traces as Prometheus' own format, with what OpenCost says of two nodes, and the times of their first and last sample. Rows of the traces are
/// in no order, which counters need.
fn openmetrics() -> (String, i64, i64) {
    let mut pods = BTreeMap::<String, BTreeMap<i64, (f64, f64)>>::new();
    for entry in fs::read_dir(traces()).expect("the traces") {
        let path = entry.expect("an entry").path();
        let name = path
            .file_name()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        let Some((day_and_pod, "csv")) = name.rsplit_once('.') else {
            continue;
        };
        let (_, pod) = day_and_pod.split_once('_').expect("a day and a pod");
        let samples = pods.entry(pod.to_owned()).or_default();
        for line in fs::read_to_string(&path).expect("a trace").lines().skip(1) {
            let fields: Vec<&str> = line.split(',').collect();
            let number = |at: usize| fields[at].parse::<f64>().expect("a number");
            samples.insert(fields[0].parse().expect("a time"), (number(1), number(3)));
        }
    }
    let (mut cpu, mut memory) = (String::new(), String::new());
    let (mut begin, mut end) = (i64::MAX, 0);
    for (pod, samples) in &pods {
        let labels = format!("{{namespace=\"shop\",pod=\"{pod}\",container=\"server\"}}");
        let (mut used, mut before) = (0.0, 0);
        for (at, (milli, mib)) in samples {
            used += milli / 1000.0 * (at - before).min(60) as f64;
            before = *at;
            let bytes = mib * 1_048_576.0;
            let _ = writeln!(
                cpu,
                "container_cpu_usage_seconds_total{labels} {used:.6} {at}"
            );
            let _ = writeln!(
                memory,
                "container_memory_working_set_bytes{labels} {bytes} {at}"
            );
            (begin, end) = (begin.min(*at), end.max(*at));
        }
    }
    let text = format!(
        "# TYPE container_cpu_usage_seconds counter\n{cpu}\
         # TYPE container_memory_working_set_bytes gauge\n{memory}\
         # TYPE node_cpu_hourly_cost gauge\nnode_cpu_hourly_cost{{node=\"a\"}} 0.02 {end}\n\
         node_cpu_hourly_cost{{node=\"b\"}} 0.04 {end}\n\
         # TYPE node_ram_hourly_cost gauge\nnode_ram_hourly_cost{{node=\"a\"}} 0.004 {end}\n# EOF\n"
    );
    (text, begin, end)
}

fn serve(folder: &Path) -> Server {
    let port = TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .expect("a free port")
        .port();
    let address = format!("127.0.0.1:{port}");
    fs::write(folder.join("prometheus.yml"), "scrape_configs: []\n").expect("written");
    let process = Command::new("prometheus")
        .arg(format!(
            "--config.file={}",
            folder.join("prometheus.yml").display()
        ))
        .arg(format!(
            "--storage.tsdb.path={}",
            folder.join("data").display()
        ))
        .arg("--storage.tsdb.retention.time=100y")
        .arg(format!("--web.listen-address={address}"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("prometheus is installed");
    let server = Server { process, address };
    let begun = Instant::now();
    while TcpStream::connect(&server.address).is_err() {
        assert!(
            begun.elapsed() < Duration::from_mins(1),
            "prometheus does not answer"
        );
        sleep(Duration::from_millis(200));
    }
    // It listens before it has read its blocks.
    sleep(Duration::from_secs(2));
    server
}

fn size(args: &[&str]) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_plimsoll"))
        .args(["size", "--no-config", "--format", "json"])
        .args(args)
        .current_dir(traces())
        .env_remove("HTTP_PROXY")
        .env_remove("http_proxy")
        .output()
        .expect("run");
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{stderr}");
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// Names, CPU requests in cores and memory limits in bytes.
fn numbers(all: &Value) -> Vec<(String, f64, f64)> {
    let workloads = all["workloads"].as_array().expect("workloads");
    let number = |value: &Value| value.as_f64().expect("a number");
    workloads
        .iter()
        .map(|workload| {
            let one = &workload["containers"][0];
            let name = workload["name"].as_str().expect("a name").to_owned();
            let cpu = number(&one["cpu"]["requestCores"]);
            (name, cpu, number(&one["memory"]["limitBytes"]))
        })
        .collect()
}

#[test]
fn a_server_and_files_say_the_same() {
    let folder = Folder::new();
    let (text, begin, end) = openmetrics();
    fs::write(folder.0.join("metrics.txt"), text).expect("written");
    let filled = Command::new("promtool")
        .args(["tsdb", "create-blocks-from", "openmetrics"])
        .arg(folder.0.join("metrics.txt"))
        .arg(folder.0.join("data"))
        .output()
        .expect("promtool is installed");
    assert!(
        filled.status.success(),
        "{}",
        String::from_utf8_lossy(&filled.stderr)
    );
    let server = serve(&folder.0);
    let until = format!("{end}");
    let days = format!("{}", (end - begin) / 86_400 + 2);
    let asked = size(&[
        "--prometheus",
        &server.address,
        "--days",
        &days,
        "--until",
        &until,
    ]);
    let traces = traces();
    let read = size(&["--usage", &traces.to_string_lossy()]);
    assert_eq!(asked["prices"]["source"], "opencost");
    assert_eq!(asked["prices"]["core"], 0.03);
    assert_eq!(asked["prices"]["gib"], 0.004);
    assert!(read.get("prices").is_none());
    let (asked, read) = (numbers(&asked), numbers(&read));
    assert!(asked.len() >= 3);
    assert_eq!(asked.len(), read.len());
    let far = |a: f64, b: f64| (a / b - 1.0).abs();
    let mut farthest = (0.0_f64, 0.0_f64);
    for (one, other) in asked.iter().zip(&read) {
        assert_eq!(one.0, other.0);
        let (cpu, memory) = (far(one.1, other.1), far(one.2, other.2));
        assert!(cpu <= TOLERANCE && memory <= TOLERANCE, "{one:?} {other:?}");
        farthest = (farthest.0.max(cpu), farthest.1.max(memory));
    }
    eprintln!(
        "{} workloads, at most so far apart: {farthest:?}",
        asked.len()
    );
    let refused = Command::new(env!("CARGO_BIN_EXE_plimsoll"))
        .args(["size", "--prometheus", &server.address, "--selector", "a=b"])
        .output()
        .expect("run");
    let stderr = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(stderr.contains("Prometheus refuses (400)"), "{stderr}");
}
