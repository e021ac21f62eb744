//! Texts that compose-go reads as numbers, booleans and durations.

/// What a text is read as.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Cast {
    Integer,
    Number,
    Boolean,
    Duration,
    Size,
}

/// The keys below a service, or below the top, whose texts are read as something else. `*` stands
/// for any key.
const CASTS: &[(&[&str], Cast)] = &[
    (&["cpu_count"], Cast::Integer),
    (&["cpu_percent"], Cast::Number),
    (&["cpu_period"], Cast::Integer),
    (&["cpu_quota"], Cast::Integer),
    (&["cpu_rt_period"], Cast::Integer),
    (&["cpu_rt_runtime"], Cast::Integer),
    (&["cpu_shares"], Cast::Integer),
    (&["cpus"], Cast::Number),
    (&["init"], Cast::Boolean),
    (&["oom_kill_disable"], Cast::Boolean),
    (&["oom_score_adj"], Cast::Integer),
    (&["pids_limit"], Cast::Integer),
    (&["privileged"], Cast::Boolean),
    (&["read_only"], Cast::Boolean),
    (&["stdin_open"], Cast::Boolean),
    (&["tty"], Cast::Boolean),
    (&["scale"], Cast::Integer),
    (&["stop_grace_period"], Cast::Duration),
    (&["mem_limit"], Cast::Size),
    (&["mem_reservation"], Cast::Size),
    (&["memswap_limit"], Cast::Size),
    (&["shm_size"], Cast::Size),
    (&["deploy", "resources", "limits", "memory"], Cast::Size),
    (
        &["deploy", "resources", "reservations", "memory"],
        Cast::Size,
    ),
    (&["ulimits", "*"], Cast::Integer),
    (&["ulimits", "*", "hard"], Cast::Integer),
    (&["ulimits", "*", "soft"], Cast::Integer),
    (&["volumes", "read_only"], Cast::Boolean),
    (&["volumes", "volume", "nocopy"], Cast::Boolean),
    (&["ports", "target"], Cast::Integer),
    (&["depends_on", "*", "required"], Cast::Boolean),
    (&["depends_on", "*", "restart"], Cast::Boolean),
    (&["healthcheck", "disable"], Cast::Boolean),
    (&["healthcheck", "retries"], Cast::Integer),
    (&["healthcheck", "interval"], Cast::Duration),
    (&["healthcheck", "timeout"], Cast::Duration),
    (&["healthcheck", "start_period"], Cast::Duration),
    (&["healthcheck", "start_interval"], Cast::Duration),
    (&["deploy", "replicas"], Cast::Integer),
    (&["deploy", "update_config", "parallelism"], Cast::Integer),
    (
        &["deploy", "update_config", "max_failure_ratio"],
        Cast::Number,
    ),
    (&["deploy", "rollback_config", "parallelism"], Cast::Integer),
    (
        &["deploy", "rollback_config", "max_failure_ratio"],
        Cast::Number,
    ),
    (&["deploy", "restart_policy", "max_attempts"], Cast::Integer),
    (&["deploy", "restart_policy", "delay"], Cast::Duration),
    (&["deploy", "restart_policy", "window"], Cast::Duration),
    (
        &["deploy", "placement", "max_replicas_per_node"],
        Cast::Integer,
    ),
];

const TOP_CASTS: &[(&[&str], Cast)] = &[
    (&["networks", "*", "external"], Cast::Boolean),
    (&["networks", "*", "internal"], Cast::Boolean),
    (&["networks", "*", "attachable"], Cast::Boolean),
    (&["networks", "*", "enable_ipv4"], Cast::Boolean),
    (&["networks", "*", "enable_ipv6"], Cast::Boolean),
    (&["volumes", "*", "external"], Cast::Boolean),
    (&["secrets", "*", "external"], Cast::Boolean),
    (&["configs", "*", "external"], Cast::Boolean),
];

impl Cast {
    /// What the text at this path, from the top of the file and without indices, is read as.
    pub(super) fn of(path: &[&str]) -> Option<Self> {
        let (path, casts) = match path {
            ["services", _, below @ ..] => (below, CASTS),
            _ => (path, TOP_CASTS),
        };
        let fits = |pattern: &[&str]| {
            pattern.len() == path.len()
                && pattern
                    .iter()
                    .zip(path)
                    .all(|(wanted, name)| *wanted == "*" || wanted == name)
        };
        casts
            .iter()
            .find(|(pattern, _)| fits(pattern))
            .map(|(_, cast)| *cast)
    }

    pub(super) fn takes(self, text: &str) -> bool {
        match self {
            Self::Integer => {
                let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
                !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
            }
            Self::Number => text.parse::<f64>().is_ok(),
            Self::Boolean => matches!(
                text.to_ascii_lowercase().as_str(),
                "true" | "false" | "y" | "yes" | "on" | "n" | "no" | "off"
            ),
            Self::Duration => crate::duration::parse(text).is_some(),
            Self::Size => is_size(text),
        }
    }

    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::Integer => "a whole number",
            Self::Number => "a number",
            Self::Boolean => "`true` or `false`",
            Self::Duration => "a duration such as `30s` or `1m30s`",
            Self::Size => "a size such as `512m` or `1g`",
        }
    }
}

/// A number with perhaps one unit of bytes.
fn is_size(text: &str) -> bool {
    let text = text.strip_prefix('-').unwrap_or(text);
    let digits = text
        .find(|c: char| !(c.is_ascii_digit() || c == '.'))
        .unwrap_or(text.len());
    let unit = text[digits..].trim_start().to_ascii_lowercase();
    let unit = unit.strip_suffix('b').unwrap_or(&unit);
    let unit = unit.strip_suffix('i').unwrap_or(unit);
    digits > 0
        && text[..digits].parse::<f64>().is_ok()
        && matches!(unit, "" | "k" | "m" | "g" | "t" | "p")
}
