//! The `deploy` part of a service.

use plimsoll_yaml::Node;

use crate::environment::{Variable, pairs};
use crate::view::{Value, integer, mapping, value};

/// The `deploy` of a service.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Deploy<'a> {
    node: Node<'a>,
}

impl<'a> Deploy<'a> {
    pub(crate) fn new(node: Node<'a>) -> Self {
        Self { node }
    }

    /// The mapping.
    pub fn node(self) -> Node<'a> {
        self.node
    }

    /// How many containers.
    pub fn replicas(self) -> Option<(i64, Node<'a>)> {
        integer(self.node, "replicas")
    }

    /// `replicated` or `global`.
    pub fn mode(self) -> Option<Value<'a>> {
        value(self.node, "mode")
    }

    /// A value of `resources.limits`: `cpus`, `memory`, `pids`.
    pub fn limit(self, key: &str) -> Option<Value<'a>> {
        value(mapping(mapping(self.node, "resources")?, "limits")?, key)
    }

    /// A value of `resources.reservations`: `cpus`, `memory`.
    pub fn reservation(self, key: &str) -> Option<Value<'a>> {
        value(
            mapping(mapping(self.node, "resources")?, "reservations")?,
            key,
        )
    }

    /// `restart_policy.condition`: `none`, `on-failure` or `any`.
    pub fn restart_condition(self) -> Option<Value<'a>> {
        value(mapping(self.node, "restart_policy")?, "condition")
    }

    /// Labels of the service in a swarm.
    pub fn labels(self) -> impl Iterator<Item = Variable<'a>> + use<'a> {
        pairs(self.node, "labels")
    }
}
