//! The short forms of ports, volumes and devices, as the reference takes them apart.

use std::net::IpAddr;

/// One published port.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Port {
    pub(super) host_ip: String,
    /// Empty where Docker takes a free one.
    pub(super) published: String,
    pub(super) target: u16,
    pub(super) protocol: String,
}

/// Reads `[[ADDRESS:]PUBLISHED:]TARGET[/PROTOCOL]`: one entry for each port of the container,
/// ordered by the text of the container's port as the reference orders them.
pub(super) fn ports(text: &str) -> Result<Vec<Port>, String> {
    let (rest, target) = text.rsplit_once(':').unwrap_or(("", text));
    let (address, published) = rest.rsplit_once(':').unwrap_or(("", rest));
    let (target, protocol) = target.split_once('/').unwrap_or((target, ""));
    if target.is_empty() {
        return Err(format!("`{text}` names no port of the container"));
    }
    let protocol = match protocol.to_lowercase() {
        protocol if protocol.is_empty() => "tcp".to_owned(),
        protocol => protocol,
    };
    if !matches!(protocol.as_str(), "tcp" | "udp" | "sctp") {
        return Err(format!(
            "`{protocol}` is no protocol: `tcp`, `udp` and `sctp` are"
        ));
    }
    let address = host_ip(address)?;
    let (start, end) = port_range(target)
        .ok_or_else(|| format!("`{target}` is no port of a container, nor a range of them"))?;
    let host = match published {
        "" => None,
        _ => Some(
            port_range(published)
                .ok_or_else(|| format!("`{published}` is no port of the host, nor a range"))?,
        ),
    };
    if let Some((host_start, host_end)) = host
        && host_end - host_start != end - start
        && start != end
    {
        return Err(format!(
            "the ranges `{published}` and `{target}` have different lengths"
        ));
    }
    let mut found: Vec<Port> = (start..=end)
        .map(|target| {
            let published = match host {
                None => String::new(),
                Some((from, to)) if start == end && from != to => format!("{from}-{to}"),
                Some((from, _)) => (u32::from(from) + u32::from(target - start)).to_string(),
            };
            Port {
                host_ip: address.clone(),
                published,
                target,
                protocol: protocol.clone(),
            }
        })
        .collect();
    found.sort_by_cached_key(|port| format!("{}/{}", port.target, port.protocol));
    Ok(found)
}

fn host_ip(text: &str) -> Result<String, String> {
    let bare = match text.strip_prefix('[') {
        Some(rest) => rest
            .strip_suffix(']')
            .filter(|inner| !inner.contains(['[', ']']))
            .ok_or_else(|| format!("`{text}` is no address"))?,
        None => text,
    };
    if !bare.is_empty() && bare.parse::<IpAddr>().is_err() {
        return Err(format!("`{bare}` is no address"));
    }
    Ok(bare.to_owned())
}

/// Whether the text is an IP address.
pub(super) fn is_ip(text: &str) -> bool {
    text.parse::<IpAddr>().is_ok()
}

fn port_range(text: &str) -> Option<(u16, u16)> {
    let (start, end) = text.split_once('-').unwrap_or((text, text));
    let first = port_number(start)?;
    if start == end {
        return Some((first, first));
    }
    let last = port_number(end)?;
    (first <= last).then_some((first, last))
}

fn port_number(text: &str) -> Option<u16> {
    let value = super::values::parse_int(text)?;
    u16::try_from(value).ok()
}

/// A volume taken apart.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Volume {
    pub(super) source: String,
    pub(super) target: String,
    pub(super) read_only: bool,
    pub(super) is_bind: bool,
    pub(super) selinux: Option<String>,
    pub(super) propagation: Option<String>,
    /// `Some` where the form has options of named volumes; whether nothing is copied.
    pub(super) nocopy: Option<bool>,
    /// Whether the form has options of binds.
    pub(super) has_bind: bool,
}

/// Reads `[SOURCE:]TARGET[:OPTIONS]`.
pub(super) fn volume(text: &str) -> Result<Volume, String> {
    let mut volume = Volume::default();
    if text.is_empty() {
        return Err("an empty text is no volume".to_owned());
    }
    if text.len() <= 2 {
        text.clone_into(&mut volume.target);
        return Ok(volume);
    }
    let mut field = String::new();
    // Colons within `${…}` split nothing.
    let mut braces = 0_u32;
    let mut chars = text.chars().peekable();
    loop {
        let c = chars.next();
        match c {
            Some('$') if chars.peek() == Some(&'{') => {
                braces += 1;
                field.push('$');
            }
            Some('}') if braces > 0 => {
                braces -= 1;
                field.push('}');
            }
            Some(':') if is_drive(&field) => field.push(':'),
            Some(':') | None if braces == 0 => {
                take_field(&mut volume, std::mem::take(&mut field), c.is_none())
                    .map_err(|problem| format!("`{text}` is no volume: {problem}"))?;
            }
            Some(other) => field.push(other),
            None => {}
        }
        if c.is_none() {
            break;
        }
    }
    volume.is_bind = is_path(&volume.source);
    if volume.is_bind {
        volume.has_bind = true;
    } else if volume.nocopy.is_none() {
        volume.nocopy = Some(false);
    }
    Ok(volume)
}

fn take_field(volume: &mut Volume, field: String, is_last: bool) -> Result<(), &'static str> {
    if field.is_empty() {
        return Err("there is nothing between two colons");
    }
    if volume.source.is_empty() && is_last {
        volume.target = field;
        return Ok(());
    }
    if volume.source.is_empty() {
        volume.source = field;
        return Ok(());
    }
    if volume.target.is_empty() {
        volume.target = field;
        return Ok(());
    }
    if !is_last {
        return Err("it has too many colons");
    }
    for option in field.split(',') {
        match option {
            "ro" => volume.read_only = true,
            "rw" => volume.read_only = false,
            "nocopy" => volume.nocopy = Some(true),
            "z" | "Z" => {
                volume.has_bind = true;
                volume.selinux = Some(option.to_owned());
            }
            "rprivate" | "private" | "rshared" | "shared" | "rslave" | "slave" => {
                volume.has_bind = true;
                volume.propagation = Some(option.to_owned());
            }
            // The reference takes no notice of what it does not know.
            _ => {}
        }
    }
    Ok(())
}

fn is_drive(field: &str) -> bool {
    let mut chars = field.chars();
    chars.next().is_some_and(char::is_alphabetic) && chars.next().is_none()
}

fn is_path(source: &str) -> bool {
    crate::mounts::is_path(source)
}

/// A device taken apart.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Device {
    pub(super) source: String,
    pub(super) target: String,
    pub(super) permissions: String,
}

/// Reads `SOURCE[:TARGET[:PERMISSIONS]]`; `None` for more colons than that.
pub(super) fn device(text: &str) -> Option<Device> {
    let parts: Vec<&str> = text.split(':').collect();
    let (source, target, permissions) = match parts.as_slice() {
        [source] => (*source, "", "rwm"),
        [source, target] => (*source, *target, "rwm"),
        [source, target, permissions] => (*source, *target, *permissions),
        _ => return None,
    };
    let target = if target.is_empty() { source } else { target };
    Some(Device {
        source: source.to_owned(),
        target: target.to_owned(),
        permissions: permissions.to_owned(),
    })
}

/// A size with its unit in bytes, as `docker` reads it: `1.5g`, `512MB`, `64 KiB`. `None` for what is
/// none.
pub fn bytes(text: &str) -> Option<i64> {
    if let Some(value) = super::values::parse_int(text) {
        return Some(value);
    }
    let at = text.rfind(|c: char| c.is_ascii_digit() || c == '.' || c == ' ')?;
    let (number, unit) = if text.as_bytes()[at] == b' ' {
        (&text[..at], &text[at + 1..])
    } else {
        text.split_at(at + 1)
    };
    let size = super::values::parse_float(number).filter(|size| *size >= 0.0)?;
    let unit = unit.to_lowercase();
    let factor = match unit.as_bytes() {
        [] | [b'b'] => 1.0,
        [prefix] | [prefix, b'b'] | [prefix, b'i', b'b'] => {
            let power = b"kmgtp".iter().position(|known| known == prefix)?;
            1024_f64.powi(power as i32 + 1)
        }
        _ => return None,
    };
    Some((size * factor) as i64)
}

/// A duration in nanoseconds: a signed sum of numbers with units, `1m30s` or `2d`.
pub(super) fn duration(text: &str) -> Option<i64> {
    let (negative, rest) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    if rest == "0" {
        return Some(0);
    }
    let mut rest = rest;
    let mut total = 0_i64;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let (whole, tail) = rest.split_at(digits);
        let (fraction, tail) = match tail.strip_prefix('.') {
            Some(tail) => {
                let digits = tail.find(|c: char| !c.is_ascii_digit())?;
                tail.split_at(digits)
            }
            None => ("", tail),
        };
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let end = tail
            .find(|c: char| c == '.' || c.is_ascii_digit())
            .unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(end);
        let unit = nanoseconds(unit)?;
        let whole: i64 = if whole.is_empty() {
            0
        } else {
            whole.parse().ok()?
        };
        let mut part = whole.checked_mul(unit)?;
        if !fraction.is_empty() {
            let kept = &fraction[..fraction.len().min(18)];
            let value: i64 = kept.parse().ok()?;
            let scale = 10_f64.powi(kept.len() as i32);
            part = part.checked_add((value as f64 * (unit as f64 / scale)) as i64)?;
        }
        total = total.checked_add(part)?;
        rest = tail;
    }
    Some(if negative { -total } else { total })
}

fn nanoseconds(unit: &str) -> Option<i64> {
    const SECOND: i64 = 1_000_000_000;
    Some(match unit {
        "ns" => 1,
        "us" | "µs" | "μs" => 1_000,
        "ms" => 1_000_000,
        "s" => SECOND,
        "m" => 60 * SECOND,
        "h" => 3_600 * SECOND,
        "d" => 24 * 3_600 * SECOND,
        "w" => 7 * 24 * 3_600 * SECOND,
        _ => return None,
    })
}

/// A duration as Go prints it: `1h0m0s`, `1.5s`, `250ms`, `0s`.
pub(super) fn duration_text(nanos: i64) -> String {
    let magnitude = nanos.unsigned_abs();
    let sign = if nanos < 0 { "-" } else { "" };
    if magnitude == 0 {
        return "0s".to_owned();
    }
    if magnitude < 1_000_000_000 {
        let (unit, name) = match magnitude {
            0..1_000 => (1, "ns"),
            1_000..1_000_000 => (1_000, "µs"),
            _ => (1_000_000, "ms"),
        };
        return format!("{sign}{}{name}", fraction(magnitude, unit));
    }
    let seconds = magnitude / 1_000_000_000;
    let (hours, minutes) = (seconds / 3_600, seconds / 60 % 60);
    let rest = magnitude - (hours * 3_600 + minutes * 60) * 1_000_000_000;
    let rest = fraction(rest, 1_000_000_000);
    if hours > 0 {
        format!("{sign}{hours}h{minutes}m{rest}s")
    } else if minutes > 0 {
        format!("{sign}{minutes}m{rest}s")
    } else {
        format!("{sign}{rest}s")
    }
}

fn fraction(value: u64, unit: u64) -> String {
    let (whole, rest) = (value / unit, value % unit);
    if rest == 0 {
        return whole.to_string();
    }
    let digits = unit.to_string().len() - 1;
    let rest = format!("{rest:0digits$}");
    format!("{whole}.{}", rest.trim_end_matches('0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        match ports(text) {
            Err(_) => "refused".to_owned(),
            Ok(ports) => ports
                .iter()
                .map(|p| format!("{}|{}|{}/{}", p.host_ip, p.published, p.target, p.protocol))
                .collect::<Vec<_>>()
                .join(" "),
        }
    }

    #[test]
    fn ports_are_taken_apart() {
        for (text, expected) in [
            ("80", "||80/tcp"),
            ("8080:80/UDP", "|8080|80/udp"),
            ("0.0.0.0:8080:80", "0.0.0.0|8080|80/tcp"),
            ("[::1]:80:80", "::1|80|80/tcp"),
            ("::1:80:80", "::1|80|80/tcp"),
            ("9-11:109-111", "|9|109/tcp |10|110/tcp |11|111/tcp"),
            ("8-10", "||10/tcp ||8/tcp ||9/tcp"),
            ("90-99:80", "|90-99|80/tcp"),
            ("80:", "refused"),
            ("a:80", "refused"),
            ("x:80:80", "refused"),
            ("80:80/http", "refused"),
            ("1-3:1-2", "refused"),
            ("[::1:80:80", "refused"),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
    }

    #[test]
    fn volumes_are_taken_apart() {
        let read = |text| volume(text).map(|v| (v.source, v.target, v.is_bind, v.read_only));
        let bind = read("./a:/b:ro,z").expect("reads");
        assert_eq!(bind, ("./a".into(), "/b".into(), true, true));
        let named = read("data:/d").expect("reads");
        assert_eq!(named, ("data".into(), "/d".into(), false, false));
        let variable = read("${A:-x}:/d").expect("reads");
        assert_eq!(variable, ("${A:-x}".into(), "/d".into(), false, false));
        for text in ["", ":/d/e", "data::ro", "data:/b:ro:x"] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn sizes_and_durations_are_read_and_printed() {
        for (text, expected) in [
            ("1.5g", Some(1_610_612_736)),
            ("512MB", Some(536_870_912)),
            ("64 KiB", Some(65_536)),
            ("10b", Some(10)),
            ("-1", Some(-1)),
            ("1.9", Some(1)),
            ("x", None),
            ("1kk", None),
            ("-1k", None),
        ] {
            assert_eq!(bytes(text), expected, "{text}");
        }
        for (text, printed) in [
            ("90s", Some("1m30s")),
            ("1.5h", Some("1h30m0s")),
            ("2d", Some("48h0m0s")),
            ("250ms", Some("250ms")),
            ("1500us", Some("1.5ms")),
            ("0", Some("0s")),
            ("-1s", Some("-1s")),
            ("1s1", None),
            ("30", None),
            ("", None),
            (".s", None),
        ] {
            let found = duration(text).map(duration_text);
            assert_eq!(found.as_deref(), printed, "{text}");
        }
    }
}
