//! From sums over pods to a number of replicas: `replica_calculator.go`.
//!
//! Values are in thousandths and wrap as Go's do. The functions take sums, not pods, so that a
//! simulator of many like pods needs no list of them.

use crate::numbers::{int32, int64};

/// How far a ratio may be from 1 without consequence, by direction.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Tolerances {
    /// Below 1.
    pub down: f64,
    /// Above 1.
    pub up: f64,
}

impl Tolerances {
    fn covers(self, ratio: f64) -> bool {
        (1.0 - self.down) <= ratio && ratio <= (1.0 + self.up)
    }
}

/// The samples that count, and the pods that have none that does.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Usage<'a> {
    /// Pods that count as they are.
    pub ready: i64,
    /// The sum of the samples (for utilization: of those of known pods).
    pub sum: i64,
    /// How many samples there are, those of unknown pods included.
    pub samples: i64,
    /// How many of them belong to known pods; only for utilization.
    pub known: i64,
    /// The requests of those; only for utilization.
    pub requests: i64,
    /// Pods whose sample was put aside.
    pub unready: &'a [Alike],
    /// Pods without a sample.
    pub missing: &'a [Alike],
}

/// Pods with the same request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Alike {
    /// The request of each, in thousandths; only for utilization.
    pub request: i64,
    /// How many.
    pub pods: i64,
}

/// What one metric proposes.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Proposal {
    /// The replicas.
    pub replicas: i32,
    /// The usage of each pod, or the whole, in thousandths: what the status shows.
    pub usage: i64,
    /// The utilization in percent, for targets that are one.
    pub utilization: i32,
    /// The value over its target.
    pub ratio: f64,
    /// The ratio after pods without a sample that counts were filled in; it decides then.
    pub refilled: Option<f64>,
}

/// Why there is no proposal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NoProposal {
    /// No sample is left.
    NoSamples,
    /// The pods with samples request nothing.
    NoRequests,
}

impl std::fmt::Display for NoProposal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::NoSamples => "did not receive metrics for targeted pods (pods might be unready)",
            Self::NoRequests => "no metrics returned matched known pods",
        })
    }
}

fn pods(alike: &[Alike]) -> i64 {
    alike.iter().map(|one| one.pods).sum()
}

fn requests(alike: &[Alike]) -> i64 {
    alike.iter().fold(0, |sum: i64, one| {
        sum.wrapping_add(one.request.wrapping_mul(one.pods))
    })
}

/// `GetResourceReplicas` after the grouping of pods: a target in percent of the request.
pub fn utilization(
    current: i32,
    target: i32,
    tolerances: Tolerances,
    usage: &Usage<'_>,
) -> Result<Proposal, NoProposal> {
    if usage.samples == 0 {
        return Err(NoProposal::NoSamples);
    }
    let percent = |sum: i64, requests: i64| {
        (requests != 0).then(|| sum.wrapping_mul(100).wrapping_div(requests) as i32)
    };
    let reached = percent(usage.sum, usage.requests).ok_or(NoProposal::NoRequests)?;
    let ratio = f64::from(reached) / f64::from(target);
    let answer = |replicas| {
        Ok(Proposal {
            replicas,
            usage: usage.sum.wrapping_div(usage.known.max(1)),
            utilization: reached,
            ratio,
            refilled: None,
        })
    };
    let refill = Refill {
        current,
        tolerances,
        ratio,
        usage,
    };
    refill.replicas(answer, |fill_missing, fill_unready| {
        let mut sum = usage.sum;
        let mut asked = usage.requests;
        if fill_missing {
            if ratio < 1.0 {
                let fallback = i64::from(target.max(100));
                for one in usage.missing {
                    let each = one.request.wrapping_mul(fallback) / 100;
                    sum = sum.wrapping_add(each.wrapping_mul(one.pods));
                }
            }
            asked = asked.wrapping_add(requests(usage.missing));
        }
        if fill_unready {
            asked = asked.wrapping_add(requests(usage.unready));
        }
        let reached = percent(sum, asked).ok_or(NoProposal::NoRequests)?;
        Ok(f64::from(reached) / f64::from(target))
    })
}

/// `calcPlainMetricReplicas` after the grouping of pods: a target in thousandths for each pod.
pub fn average(
    current: i32,
    target: i64,
    tolerances: Tolerances,
    usage: &Usage<'_>,
) -> Result<Proposal, NoProposal> {
    if usage.samples == 0 {
        return Err(NoProposal::NoSamples);
    }
    let each = usage.sum.wrapping_div(usage.samples);
    let ratio = each as f64 / target as f64;
    let answer = |replicas| {
        Ok(Proposal {
            replicas,
            usage: each,
            utilization: 0,
            ratio,
            refilled: None,
        })
    };
    let refill = Refill {
        current,
        tolerances,
        ratio,
        usage,
    };
    refill.replicas(answer, |fill_missing, fill_unready| {
        let mut sum = usage.sum;
        let mut samples = usage.samples;
        if fill_missing {
            let missing = pods(usage.missing);
            if ratio < 1.0 {
                sum = sum.wrapping_add(target.wrapping_mul(missing));
            }
            samples += missing;
        }
        if fill_unready {
            samples += pods(usage.unready);
        }
        Ok(sum.wrapping_div(samples) as f64 / target as f64)
    })
}

/// What both of the above do once they know the ratio.
struct Refill<'a> {
    current: i32,
    tolerances: Tolerances,
    ratio: f64,
    usage: &'a Usage<'a>,
}

impl Refill<'_> {
    fn replicas(
        &self,
        answer: impl Fn(i32) -> Result<Proposal, NoProposal>,
        refilled: impl FnOnce(bool, bool) -> Result<f64, NoProposal>,
    ) -> Result<Proposal, NoProposal> {
        let ratio = self.ratio;
        let fill_unready = !self.usage.unready.is_empty() && ratio > 1.0;
        if !fill_unready && self.usage.missing.is_empty() {
            return answer(if self.tolerances.covers(ratio) {
                self.current
            } else {
                int32((ratio * self.usage.ready as f64).ceil())
            });
        }
        // Missing pods count as full on the way down and as idle on the way up; at exactly the
        // target they are left out.
        let beside = ratio
            .partial_cmp(&1.0)
            .is_some_and(std::cmp::Ordering::is_ne);
        let fill_missing = !self.usage.missing.is_empty() && beside;
        let again = refilled(fill_missing, fill_unready)?;
        let turned = (ratio < 1.0 && again > 1.0) || (ratio > 1.0 && again < 1.0);
        let answer = |replicas| {
            answer(replicas).map(|proposal| Proposal {
                refilled: Some(again),
                ..proposal
            })
        };
        if self.tolerances.covers(again) || turned {
            return answer(self.current);
        }
        let mut samples = self.usage.samples;
        if fill_missing {
            samples += pods(self.usage.missing);
        }
        if fill_unready {
            samples += pods(self.usage.unready);
        }
        let replicas = int32((again * samples as f64).ceil());
        let against =
            (again < 1.0 && replicas > self.current) || (again > 1.0 && replicas < self.current);
        answer(if against { self.current } else { replicas })
    }
}

/// `getUsageRatioReplicaCount`: a target for the whole, of an object or from outside. `ready`
/// is asked for when it matters: pods that run and are ready.
pub fn whole<E>(
    current: i32,
    usage: i64,
    target: i64,
    tolerances: Tolerances,
    ready: impl FnOnce() -> Result<i64, E>,
) -> Result<Proposal, E> {
    let ratio = usage as f64 / target as f64;
    let replicas = if current == 0 {
        int32(ratio.ceil())
    } else if tolerances.covers(ratio) {
        current
    } else {
        let replicas = ratio * ready()? as f64;
        if replicas > f64::from(i32::MAX) {
            i32::MAX
        } else {
            int32(replicas.ceil())
        }
    };
    Ok(Proposal {
        replicas,
        usage,
        utilization: 0,
        ratio,
        refilled: None,
    })
}

/// `GetObjectPerPodMetricReplicas`: a metric of an object shared out among the replicas.
pub fn object_per_pod(status: i32, usage: i64, target: i64, tolerances: Tolerances) -> Proposal {
    let ratio = usage as f64 / (target as f64 * f64::from(status));
    Proposal {
        replicas: if tolerances.covers(ratio) {
            status
        } else {
            int32((usage as f64 / target as f64).ceil())
        },
        usage: int64((usage as f64 / f64::from(status)).ceil()),
        utilization: 0,
        ratio,
        refilled: None,
    }
}

/// `GetExternalPerPodMetricReplicas`: likewise for series from outside, whose sum and whose
/// answer are capped.
pub fn external_per_pod(
    status: i32,
    series: &[i64],
    target: i64,
    tolerances: Tolerances,
) -> Proposal {
    let mut usage: i64 = 0;
    for value in series {
        usage = usage.wrapping_add(*value);
        if usage < 0 {
            usage = i64::MAX;
            break;
        }
    }
    let ratio = usage as f64 / (target as f64 * f64::from(status));
    let replicas = if tolerances.covers(ratio) {
        status
    } else {
        let replicas = (usage as f64 / target as f64).ceil();
        if replicas > f64::from(i32::MAX) {
            i32::MAX
        } else {
            int32(replicas)
        }
    };
    let shown = if usage as f64 >= i64::MAX as f64 {
        i64::MAX
    } else {
        int64((usage as f64 / f64::from(status)).ceil())
    };
    Proposal {
        replicas,
        usage: shown,
        utilization: 0,
        ratio,
        refilled: None,
    }
}

/// The sum of series from outside as `GetExternalMetricReplicas` makes it: capped above.
pub fn external_sum(series: &[i64]) -> i64 {
    let mut usage: i64 = 0;
    for value in series {
        if *value > 0 && usage > i64::MAX - value {
            return i64::MAX;
        }
        usage = usage.wrapping_add(*value);
    }
    usage
}
