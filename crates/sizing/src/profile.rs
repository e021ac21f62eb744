//! What kind of program a container runs, where that changes what it needs.

use std::fmt;

/// A kind of program.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Profile {
    /// Nothing special is known.
    #[default]
    Service,
    /// Runs and ends: what one run needs does not fade with the days since it ran.
    Batch,
    /// A Java virtual machine.
    Jvm,
    /// Node.js.
    Node,
    /// A Go program.
    Go,
    /// Python, with workers.
    Python,
}

const MIB: f64 = 1024.0 * 1024.0;

impl Profile {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Service,
        Self::Batch,
        Self::Jvm,
        Self::Node,
        Self::Go,
        Self::Python,
    ];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Service => "service",
            Self::Batch => "batch",
            Self::Jvm => "jvm",
            Self::Node => "node",
            Self::Go => "go",
            Self::Python => "python",
        }
    }

    /// The least CPU that it is given, in cores: below it, start-up and collection of garbage take
    /// too long to pass for ready.
    pub(crate) const fn least_cpu(self) -> f64 {
        match self {
            Self::Jvm => 0.1,
            _ => 0.01,
        }
    }

    /// The least memory that it is given, in bytes.
    pub(crate) const fn least_memory(self) -> f64 {
        match self {
            Self::Jvm => 192.0 * MIB,
            Self::Node => 96.0 * MIB,
            Self::Python => 64.0 * MIB,
            Self::Service | Self::Batch | Self::Go => 32.0 * MIB,
        }
    }

    /// What it takes of memory beside what was seen, in bytes: memory that its runtime asks for
    /// all at once, seldom enough that the peaks may lack it.
    pub(crate) const fn native_memory(self) -> f64 {
        match self {
            // Thread stacks, code cache and direct buffers grow under load.
            Self::Jvm => 64.0 * MIB,
            // A worker that is replaced runs beside its successor for a moment.
            Self::Python => 32.0 * MIB,
            _ => 0.0,
        }
    }

    /// Whether what was seen counts as much however long ago it was.
    pub(crate) const fn remembers(self) -> bool {
        matches!(self, Self::Batch)
    }

    /// What to set along with a limit of memory of so many bytes, so that the program knows of it.
    pub fn advice(self, limit: f64) -> Option<String> {
        let mib = limit / MIB;
        Some(match self {
            Self::Jvm => {
                // What the heap may not have: stacks, classes, code and buffers.
                let native = (mib * 0.25).max(128.0).min(mib / 2.0);
                let percent = ((mib - native) / mib * 100.0).floor();
                format!("start the JVM with `-XX:MaxRAMPercentage={percent:.0}`: the rest is for stacks, classes, code and buffers")
            }
            Self::Node => format!(
                "start Node.js with `--max-old-space-size={:.0}`: three quarters of the limit",
                mib * 0.75
            ),
            Self::Go => format!(
                "set `GOMEMLIMIT={:.0}MiB`: nine tenths of the limit, so that the collector works before the kernel does",
                (mib * 0.9).floor()
            ),
            Self::Python => {
                "count the workers into it: each has its own memory, and more of them need a higher limit".to_owned()
            }
            Self::Service | Self::Batch => return None,
        })
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::Profile;

    #[test]
    fn a_runtime_is_told_less_than_the_limit() {
        let gib = 1024.0 * 1024.0 * 1024.0;
        let go = Profile::Go.advice(gib).unwrap_or_default();
        assert!(go.contains("GOMEMLIMIT=921MiB"), "{go}");
        let jvm = Profile::Jvm.advice(gib).unwrap_or_default();
        assert!(jvm.contains("MaxRAMPercentage=75"), "{jvm}");
        let small = Profile::Jvm.advice(gib / 4.0).unwrap_or_default();
        assert!(small.contains("MaxRAMPercentage=50"), "{small}");
        assert_eq!(Profile::Batch.advice(gib), None);
    }
}
