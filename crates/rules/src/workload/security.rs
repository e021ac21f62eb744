//! Where something missing from a container's security context is reported.

use plimsoll_k8s::Container;
use plimsoll_k8s::objects::missing_below;
use plimsoll_source::TextRange;

/// The key of the container's security context, or the container's head.
pub(crate) fn place(container: Container<'_>) -> TextRange {
    missing_below(container.node(), &["securityContext", "-"]).unwrap_or_else(|| container.head())
}
