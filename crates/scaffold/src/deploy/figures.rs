//! CPU and memory by runtime. Nothing here was measured: it is where to start from.

use crate::model::Stack;

/// What a container asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Figures {
    /// Thousandths of a core.
    pub(crate) cpu: u32,
    /// MiB.
    pub(crate) memory: u32,
    /// MiB.
    pub(crate) limit: u32,
    /// The runtime in a sentence.
    pub(crate) runtime: &'static str,
}

/// What a runtime starts with. There is no CPU limit: it would slow start and peaks down while
/// cores stand idle.
pub(crate) fn figures(stack: &Stack) -> Figures {
    let of = |runtime, cpu, memory, limit| Figures {
        cpu,
        memory,
        limit,
        runtime,
    };
    match stack {
        Stack::Go(_) => of("Go", 50, 64, 128),
        Stack::Rust(_) => of("Rust", 50, 32, 96),
        Stack::Static(_) => of("a web server", 25, 32, 64),
        Stack::Node(node) if matches!(node.output.value, crate::model::NodeOutput::Static(_)) => {
            of("a web server", 25, 32, 64)
        }
        Stack::Python(_) => of("Python", 100, 128, 256),
        Stack::Node(_) => of("Node", 100, 128, 256),
        Stack::Deno(_) => of("Deno", 100, 128, 256),
        Stack::Php(_) => of("PHP", 100, 128, 256),
        Stack::Ruby(_) => of("Ruby", 100, 256, 512),
        Stack::Elixir(_) => of("the BEAM", 100, 192, 384),
        Stack::Dotnet(_) => of(".NET", 100, 192, 384),
        Stack::Jvm(_) => of("the JVM", 250, 512, 768),
    }
}
