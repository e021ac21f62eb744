//! LimitRanges: requests and limits that a namespace gives to containers without their own.

use plimsoll_yaml::Node;

use crate::objects::Object;
use crate::resources::Amount;
use crate::view::{mapping, mappings, string};

/// A LimitRange.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct LimitRange<'a> {
    object: Object<'a>,
}

impl<'a> LimitRange<'a> {
    /// The view of an object, if it is a LimitRange.
    pub fn new(object: Object<'a>) -> Option<Self> {
        object.is("", "LimitRange").then_some(Self { object })
    }

    /// The object.
    pub fn object(self) -> Object<'a> {
        self.object
    }

    /// The limit that a container without one gets: the default, else the maximum.
    pub fn default_limit(self, resource: &str) -> Option<Amount<'a>> {
        self.containers()
            .find_map(|item| first(item, &["default", "max"], resource))
    }

    /// The request that a container with neither request nor limit gets: the default request,
    /// else its default limit, else the minimum.
    pub fn default_request(self, resource: &str) -> Option<Amount<'a>> {
        const ORDER: [&str; 4] = ["defaultRequest", "default", "max", "min"];
        self.containers()
            .find_map(|item| first(item, &ORDER, resource))
    }

    fn containers(self) -> impl Iterator<Item = Node<'a>> {
        self.object
            .spec()
            .into_iter()
            .flat_map(|spec| mappings(spec, "limits"))
            .filter(|item| string(*item, "type").is_some_and(|name| name == "Container"))
    }
}

fn first<'a>(item: Node<'a>, fields: &[&str], resource: &str) -> Option<Amount<'a>> {
    fields
        .iter()
        .find_map(|field| Amount::new(mapping(item, field)?.get(resource)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objects;
    use plimsoll_yaml::{Dialect, parse};

    #[test]
    fn what_is_not_written_follows_from_what_is() {
        let text = "
apiVersion: v1
kind: LimitRange
spec:
  limits:
  - {type: Pod, max: {cpu: 9}}
  - type: Container
    default: {memory: 256Mi}
    defaultRequest: {memory: 64Mi}
    max: {cpu: 2}
    min: {ephemeral-storage: 1Gi}
";
        let tree = parse(text, Dialect::GoV2);
        let range = LimitRange::new(objects(&tree)[0]).expect("one");
        let written = |amount: Option<Amount<'_>>| amount.map(|a| a.node.source().to_owned());
        assert_eq!(
            written(range.default_limit("memory")).as_deref(),
            Some("256Mi")
        );
        assert_eq!(
            written(range.default_request("memory")).as_deref(),
            Some("64Mi")
        );
        assert_eq!(written(range.default_limit("cpu")).as_deref(), Some("2"));
        assert_eq!(written(range.default_request("cpu")).as_deref(), Some("2"));
        assert_eq!(range.default_limit("ephemeral-storage"), None);
        assert_eq!(
            written(range.default_request("ephemeral-storage")).as_deref(),
            Some("1Gi")
        );
    }
}
