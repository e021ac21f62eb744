//! Which workload a pod belongs to, by its name.

use std::collections::BTreeSet;

/// The workloads that are known.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Owners {
    names: BTreeSet<String>,
}

impl Owners {
    /// Of these names.
    pub fn new(names: impl IntoIterator<Item = String>) -> Self {
        Self {
            names: names.into_iter().collect(),
        }
    }

    /// The workload of a pod: the longest known name that the pod's begins with, or else what is
    /// left without the parts that controllers add.
    pub fn of_pod(&self, pod: &str) -> String {
        let mut known = pod;
        while let Some((front, _)) = known.rsplit_once('-') {
            if self.names.contains(front) {
                return front.to_owned();
            }
            known = front;
        }
        if self.names.contains(pod) {
            return pod.to_owned();
        }
        without_generated(pod).to_owned()
    }
}

/// A pod's name without what a Deployment (`-5f6585d649-fnmft`), a StatefulSet (`-0`), a
/// DaemonSet or a Job (`-x7k2p`), or a CronJob (`-28900000-x7k2p`) adds.
fn without_generated(pod: &str) -> &str {
    let Some((front, last)) = pod.rsplit_once('-') else {
        return pod;
    };
    let is_ordinal =
        !last.is_empty() && last.len() <= 5 && last.bytes().all(|b| b.is_ascii_digit());
    // Five random characters may all be digits; what stands before them tells.
    let is_of_template = last.len() == 5 && is_random(last) && ends_with_hash(front);
    if is_ordinal && !is_of_template {
        return front;
    }
    if !(last.len() == 5 && is_random(last)) {
        return pod;
    }
    match front.rsplit_once('-') {
        Some((name, hash)) if is_hash(hash) && !name.is_empty() => name,
        _ => front,
    }
}

fn ends_with_hash(front: &str) -> bool {
    let hash = front.rsplit_once('-').filter(|(name, _)| !name.is_empty());
    // A word may be made of these letters alone, a hash has digits.
    hash.is_some_and(|(_, hash)| is_hash(hash) && hash.bytes().any(|b| b.is_ascii_digit()))
}

/// Letters and digits that `k8s.io/apimachinery/pkg/util/rand` makes names of.
fn is_random(text: &str) -> bool {
    text.bytes()
        .all(|b| b"bcdfghjklmnpqrstvwxz2456789".contains(&b))
}

/// A hash of a pod template, or the minute of a CronJob's run.
fn is_hash(text: &str) -> bool {
    let minute = text.len() >= 8 && text.bytes().all(|b| b.is_ascii_digit());
    let hash = (6..=10).contains(&text.len()) && is_random(text);
    minute || hash
}

#[cfg(test)]
mod tests {
    use super::Owners;

    #[test]
    fn pods_find_their_workload() {
        let none = Owners::default();
        assert_eq!(none.of_pod("adservice-5f6585d649-fnmft"), "adservice");
        assert_eq!(
            none.of_pod("ts-order-service-84cbf6c798-7njv6"),
            "ts-order-service"
        );
        assert_eq!(none.of_pod("db-0"), "db");
        // Both of these are pods of the traces of Nezha.
        assert_eq!(
            none.of_pod("ts-basic-service-5dc8d4f9fd-46997"),
            "ts-basic-service"
        );
        assert_eq!(
            none.of_pod("productcatalogservice-668d5f85fb-wckp8"),
            "productcatalogservice"
        );
        assert_eq!(none.of_pod("web-v2-12345"), "web-v2");
        assert_eq!(none.of_pod("db-kvstrg-24679"), "db-kvstrg");
        assert_eq!(none.of_pod("logs-x7k2p"), "logs");
        assert_eq!(none.of_pod("report-28900000-x7k2p"), "report");
        assert_eq!(none.of_pod("web"), "web");
        assert_eq!(none.of_pod("my-api"), "my-api");
        let known = Owners::new(["web".to_owned(), "web-admin".to_owned()]);
        assert_eq!(known.of_pod("web-admin-5f6585d649-fnmft"), "web-admin");
        assert_eq!(known.of_pod("web-5f6585d649-fnmft"), "web");
        assert_eq!(known.of_pod("other-0"), "other");
    }
}
