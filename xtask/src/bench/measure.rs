//! What a process costs: CPU and wall time, and the peak of its memory.

use std::process::Command;

use anyhow::{Context, Result, bail};

/// The cost of one process with its children.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cost {
    /// User and system time, in seconds.
    pub(crate) cpu: f64,
    /// From start to end, in seconds.
    pub(crate) wall: f64,
    /// The largest resident set, in MB.
    pub(crate) peak_mb: f64,
}

/// Runs the program after the number of runs in silence, and prints for each run wall time, CPU
/// time and peak memory as the system counts them; `vfork` and `wait4` alone lie between the two
/// clocks.
const METER: &str = r#"
import os, sys, time
null = os.open(os.devnull, os.O_RDWR)
actions = [(os.POSIX_SPAWN_DUP2, null, n) for n in (0, 1, 2)]
for _ in range(int(sys.argv[1])):
    start = time.perf_counter()
    pid = os.posix_spawn(sys.argv[2], sys.argv[2:], os.environ, file_actions=actions)
    _, status, usage = os.wait4(pid, 0)
    wall = time.perf_counter() - start
    peak = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    print(wall, usage.ru_utime + usage.ru_stime, peak, os.waitstatus_to_exitcode(status))
"#;

/// The least cost of several runs of a command: what is more was the machine's doing.
pub(crate) fn best(runs: usize, command: &Command) -> Result<Cost> {
    let mut meter = Command::new("python3");
    meter
        .args(["-c", METER])
        .arg(runs.to_string())
        .arg(command.get_program())
        .args(command.get_args());
    let output = meter.output().context("python3 starts")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let mut least: Option<Cost> = None;
    for line in text.lines() {
        let cost = cost(line, command)?;
        least = Some(least.map_or(cost, |least| Cost {
            cpu: least.cpu.min(cost.cpu),
            wall: least.wall.min(cost.wall),
            peak_mb: least.peak_mb.min(cost.peak_mb),
        }));
    }
    least.with_context(|| {
        let words = String::from_utf8_lossy(&output.stderr);
        format!("no measurement: {}", words.trim())
    })
}

/// What a line of the meter says.
fn cost(line: &str, command: &Command) -> Result<Cost> {
    let words = line.split_whitespace();
    let numbers: Vec<f64> = words.filter_map(|word| word.parse().ok()).collect();
    let [wall, cpu, peak, code] = numbers[..] else {
        bail!("no measurement: {line}");
    };
    let name = command.get_program().to_string_lossy();
    if code != 0.0 {
        bail!("`{name}` ended with code {code}");
    }
    Ok(Cost {
        cpu,
        wall,
        peak_mb: peak / 1e6,
    })
}

/// A number with three digits that count.
pub(crate) fn shown(number: f64) -> String {
    match number {
        n if n >= 100.0 => format!("{n:.0}"),
        n if n >= 10.0 => format!("{n:.1}"),
        n if n >= 1.0 => format!("{n:.2}"),
        n => format!("{n:.4}"),
    }
}
