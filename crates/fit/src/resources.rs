//! Amounts of resources in the integers that the scheduler counts in.

use std::collections::BTreeMap;

use plimsoll_k8s::Quantity;

/// CPU, memory, storage and what else a node has or a pod asks for (`framework.Resource`).
#[derive(Clone, Default, PartialEq, Eq, Hash, Debug)]
pub struct Resources {
    /// CPU in millicores.
    pub milli_cpu: i64,
    /// Memory in bytes.
    pub memory: i64,
    /// Ephemeral storage in bytes.
    pub ephemeral_storage: i64,
    /// Extended resources, huge pages, volumes that can be attached; whole numbers.
    pub scalars: BTreeMap<String, i64>,
}

impl Resources {
    /// The amounts of a list of resources, fractions rounded up (`Resource.Add`). The number of
    /// pods is no amount; names that the scheduler does not count are left out.
    pub fn of<'a>(amounts: impl IntoIterator<Item = (&'a str, Quantity)>) -> Self {
        let mut found = Self::default();
        for (name, quantity) in amounts {
            match name {
                "cpu" => found.milli_cpu = quantity.milli_value(),
                "memory" => found.memory = quantity.value(),
                "ephemeral-storage" => found.ephemeral_storage = quantity.value(),
                name if is_scalar(name) => {
                    found.scalars.insert(name.to_owned(), quantity.value());
                }
                _ => {}
            }
        }
        found
    }

    /// Adds so many times other amounts; sums wrap as the reference's do.
    pub fn add(&mut self, other: &Self, times: i64) {
        let add = |sum: &mut i64, more: i64| *sum = sum.wrapping_add(more.wrapping_mul(times));
        add(&mut self.milli_cpu, other.milli_cpu);
        add(&mut self.memory, other.memory);
        add(&mut self.ephemeral_storage, other.ephemeral_storage);
        for (name, amount) in &other.scalars {
            add(self.scalars.entry(name.clone()).or_default(), *amount);
        }
    }

    /// The amount of a scalar resource, 0 where it is not listed.
    pub fn scalar(&self, name: &str) -> i64 {
        self.scalars.get(name).copied().unwrap_or(0)
    }

    /// Whether there is nothing that a pod could be refused for.
    pub fn is_nothing(&self) -> bool {
        self.milli_cpu == 0
            && self.memory == 0
            && self.ephemeral_storage == 0
            && self.scalars.is_empty()
    }
}

/// Whether the scheduler counts a resource of this name (`IsScalarResourceName`).
pub fn is_scalar(name: &str) -> bool {
    let prefixed = name.contains("kubernetes.io/");
    let extended = name.contains('/') && !prefixed && !name.starts_with("requests.");
    extended
        || prefixed
        || name.starts_with("hugepages-")
        || name.starts_with("attachable-volumes-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_the_scheduler_knows_are_counted() {
        let one: Quantity = "1500m".parse().unwrap();
        let names = ["cpu", "nvidia.com/gpu", "hugepages-2Mi", "gold", "pods"];
        let found = Resources::of(names.map(|name| (name, one)));
        assert_eq!(found.milli_cpu, 1500);
        assert_eq!(found.scalar("nvidia.com/gpu"), 2);
        assert_eq!(found.scalars.len(), 2);
        assert!(!is_scalar("requests.example.com/x"));
    }
}
