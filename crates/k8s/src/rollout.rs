//! How workloads replace their pods, with the controllers' arithmetic.

use plimsoll_source::TextRange;
use plimsoll_yaml::Node;

use crate::int_or_string::IntOrPercent;
use crate::view::{Setting, mapping, string_or};
use crate::workloads::{Workload, WorkloadKind};

/// The ways of replacing pods.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum StrategyKind {
    /// A few at a time.
    RollingUpdate,
    /// All at once: old ones go before new ones come.
    Recreate,
    /// Whenever somebody deletes one.
    OnDelete,
    /// Another one (blue-green, in place, or a name that is unknown).
    Other,
}

/// `strategy` or `updateStrategy` of a workload with the defaults of its kind.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Strategy<'a> {
    /// The mapping, if it is written.
    pub node: Option<Node<'a>>,
    /// Which one, with the node of `type`.
    pub kind: Setting<'a, StrategyKind>,
    /// The `rollingUpdate` mapping, if it is written.
    pub rolling_update: Option<Node<'a>>,
    /// Pods above the wished number during a rolling update. A value that is neither a count nor
    /// a percentage reads as the default.
    pub max_surge: Setting<'a, IntOrPercent>,
    /// Pods that may be missing during a rolling update.
    pub max_unavailable: Setting<'a, IntOrPercent>,
}

impl<'a> Strategy<'a> {
    /// The strategy of a workload; `None` for kinds that replace no pods by themselves.
    pub fn of(workload: Workload<'a>) -> Option<Self> {
        use IntOrPercent::{Count, Percent};
        let (key, default, surge, unavailable) = match workload.kind() {
            WorkloadKind::Deployment | WorkloadKind::DeploymentConfig => {
                ("strategy", "RollingUpdate", Percent(25), Percent(25))
            }
            WorkloadKind::ArgoRollout => ("strategy", "canary", Percent(25), Percent(25)),
            WorkloadKind::StatefulSet
            | WorkloadKind::KruiseStatefulSet
            | WorkloadKind::DaemonSet
            | WorkloadKind::KruiseDaemonSet => {
                ("updateStrategy", "RollingUpdate", Count(0), Count(1))
            }
            WorkloadKind::CloneSet => ("updateStrategy", "ReCreate", Count(0), Percent(20)),
            _ => return None,
        };
        let node = workload.spec().and_then(|spec| mapping(spec, key));
        let name = node.map_or(Setting::default_of(default.into()), |node| {
            string_or(node, "type", default)
        });
        let argo = workload.kind() == WorkloadKind::ArgoRollout;
        let kind = match &*name.value {
            _ if argo && node.is_some_and(|node| mapping(node, "blueGreen").is_some()) => {
                StrategyKind::Other
            }
            "RollingUpdate" | "Rolling" | "canary" => StrategyKind::RollingUpdate,
            "Recreate" => StrategyKind::Recreate,
            "OnDelete" => StrategyKind::OnDelete,
            _ => StrategyKind::Other,
        };
        let rolling_update = node.and_then(|node| match workload.kind() {
            WorkloadKind::ArgoRollout => mapping(node, "canary"),
            WorkloadKind::DeploymentConfig => mapping(node, "rollingParams"),
            WorkloadKind::CloneSet => Some(node),
            _ => mapping(node, "rollingUpdate"),
        });
        let read = |key, default| {
            let value = rolling_update.and_then(|node| node.get(key));
            match value.and_then(|node| Some((IntOrPercent::new(node)?, node))) {
                Some((value, node)) => Setting::written(value, node),
                None => Setting::default_of(default),
            }
        };
        Some(Self {
            node,
            kind: Setting {
                value: kind,
                node: name.node,
            },
            rolling_update,
            max_surge: read("maxSurge", surge),
            max_unavailable: read("maxUnavailable", unavailable),
        })
    }

    /// Where a finding about the strategy stands: its narrowest part that is written, else
    /// `otherwise`.
    pub fn range_or(&self, otherwise: TextRange) -> TextRange {
        self.kind
            .node
            .map(Node::range)
            .or_else(|| self.node.and_then(Node::key).map(Node::range))
            .unwrap_or(otherwise)
    }

    /// Pods above and below the wished number that a rolling update of `replicas` pods takes, as
    /// the Deployment controller reckons.
    pub fn fenceposts(&self, replicas: i64) -> Fenceposts {
        resolve_fenceposts(self.max_surge.value, self.max_unavailable.value, replicas)
    }
}

/// How far a rolling update may stray from the wished number of pods.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Fenceposts {
    /// At most so many more.
    pub surge: i64,
    /// At most so many fewer ready.
    pub unavailable: i64,
}

/// The Deployment controller's rounding: the surge up, the unavailable down, and one pod
/// unavailable where both come to nothing, for then nothing could ever be replaced.
pub fn resolve_fenceposts(
    max_surge: IntOrPercent,
    max_unavailable: IntOrPercent,
    replicas: i64,
) -> Fenceposts {
    let surge = max_surge.scaled_up(replicas);
    let unavailable = max_unavailable.scaled_down(replicas);
    let unavailable = if surge == 0 && unavailable == 0 {
        1
    } else {
        unavailable
    };
    Fenceposts { surge, unavailable }
}

#[cfg(test)]
mod tests {
    use super::*;
    use IntOrPercent::{Count, Percent};

    #[test]
    fn something_can_always_be_replaced() {
        let posts = |surge, unavailable, replicas| {
            let posts = resolve_fenceposts(surge, unavailable, replicas);
            (posts.surge, posts.unavailable)
        };
        assert_eq!(posts(Percent(25), Percent(25), 1), (1, 0));
        assert_eq!(posts(Percent(25), Percent(25), 3), (1, 0));
        assert_eq!(posts(Percent(25), Percent(25), 4), (1, 1));
        assert_eq!(posts(Percent(0), Percent(25), 3), (0, 1));
        assert_eq!(posts(Count(0), Count(0), 3), (0, 1));
        assert_eq!(posts(Count(0), Percent(100), 3), (0, 3));
    }
}
