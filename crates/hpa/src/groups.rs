//! Which pods count: `groupPods`.

use std::collections::BTreeSet;

use crate::Flags;
use crate::pods::{Phase, Pod};
use crate::samples::{Sample, Samples};
use crate::time::Time;

/// Pods by how they count.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Groups<'a> {
    /// How many count as they are.
    pub ready: usize,
    /// Pods whose sample is put aside; on the way up they count as idle.
    pub unready: BTreeSet<&'a str>,
    /// Pods without a sample.
    pub missing: BTreeSet<&'a str>,
    /// Pods that are going or gone.
    pub ignored: BTreeSet<&'a str>,
}

/// How one pod counts.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Group {
    /// As it is.
    Ready,
    /// Its sample is put aside.
    Unready,
    /// It has no sample.
    Missing,
    /// Not at all.
    Ignored,
}

/// How a pod counts, and the order in which that is asked. Readiness matters for `cpu` alone.
pub fn group(
    pod: &Pod,
    sample: Option<&Sample>,
    resource: &str,
    flags: &Flags,
    now: Time,
) -> Group {
    if pod.deleted || pod.phase == Phase::Failed {
        return Group::Ignored;
    }
    if pod.phase == Phase::Pending {
        return Group::Unready;
    }
    let Some(sample) = sample else {
        return Group::Missing;
    };
    if resource != "cpu" {
        return Group::Ready;
    }
    let (Some(ready), Some(start)) = (pod.ready, pod.start) else {
        return Group::Unready;
    };
    let is_false = ready.status == Some(false);
    let unready = if start.plus(flags.cpu_initialization_period) > now {
        // Within the time in which starting costs CPU, a sample must lie after the last change.
        is_false || sample.timestamp < ready.since.plus(sample.window)
    } else {
        // Later, only a pod that has never been ready is put aside.
        is_false && start.plus(flags.initial_readiness_delay) > ready.since
    };
    if unready {
        Group::Unready
    } else {
        Group::Ready
    }
}

/// All pods by how they count. `resource` is empty for metrics that are no resource.
pub fn groups<'a>(
    pods: &'a [Pod],
    samples: &Samples,
    resource: &str,
    flags: &Flags,
    now: Time,
) -> Groups<'a> {
    let mut groups = Groups::default();
    for pod in pods {
        let name = pod.name.as_str();
        match group(pod, samples.get(name), resource, flags, now) {
            Group::Ready => groups.ready += 1,
            Group::Unready => {
                groups.unready.insert(name);
            }
            Group::Missing => {
                groups.missing.insert(name);
            }
            Group::Ignored => {
                groups.ignored.insert(name);
            }
        }
    }
    groups
}
