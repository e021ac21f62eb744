//! Numbers as people read them.

use plimsoll_sizing::plan;

/// Cores as manifests write them.
pub(super) fn cores(cores: f64) -> String {
    plan::cores(cores).to_string()
}

/// Bytes as manifests write them, in the largest unit that keeps three digits.
pub(super) fn bytes(bytes: f64) -> String {
    let mib = bytes / (1024.0 * 1024.0);
    match mib {
        _ if mib >= 10_240.0 => format!("{:.1}Gi", mib / 1024.0),
        _ if mib >= 1024.0 => format!("{:.2}Gi", mib / 1024.0),
        _ if mib >= 10.0 => format!("{mib:.0}Mi"),
        _ => format!("{mib:.1}Mi"),
    }
}

/// A share in percent: small ones are not rounded to nothing.
pub(super) fn percent(share: f64) -> String {
    let percent = share * 100.0;
    match percent {
        _ if percent <= 0.0 => "0 %".to_owned(),
        _ if percent < 0.1 => "below 0.1 %".to_owned(),
        _ if percent < 10.0 => format!("{percent:.1} %"),
        _ => format!("{percent:.0} %"),
    }
}

/// Today's number beside the new one.
pub(super) fn change(before: Option<f64>, after: Option<f64>, show: fn(f64) -> String) -> String {
    let name = |value: Option<f64>| value.map_or_else(|| "none".to_owned(), show);
    let (old, new) = (name(before), name(after));
    if old == new {
        new
    } else {
        format!("{old} → {new}")
    }
}

#[cfg(test)]
mod tests {
    use super::{bytes, change, cores, percent};

    #[test]
    fn numbers_are_short() {
        assert_eq!(cores(0.25), "250m");
        assert_eq!(cores(2.0), "2");
        assert_eq!(bytes(134_217_728.0), "128Mi");
        assert_eq!(bytes(3.5 * 1024.0 * 1024.0), "3.5Mi");
        assert_eq!(bytes(1.5 * 1024.0 * 1024.0 * 1024.0), "1.50Gi");
        assert_eq!(percent(0.0004), "below 0.1 %");
        assert_eq!(percent(0.051), "5.1 %");
        assert_eq!(change(None, Some(0.5), cores), "none → 500m");
        assert_eq!(change(Some(0.5), Some(0.5), cores), "500m");
    }
}
