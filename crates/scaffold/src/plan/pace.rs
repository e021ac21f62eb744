//! How long runtimes take to start and to stop. From a table: nothing here was measured.

use crate::model::{
    JvmFramework, Known, ProcessKind, PythonFramework, RubyFramework, Service, Stack,
};

/// How long a runtime takes to start.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Pace {
    /// Well under a second: compiled programs and web servers.
    Instant,
    /// Seconds: interpreters that load a program.
    Quick,
    /// Tens of seconds with little CPU: the JVM with a framework, Rails.
    Slow,
}

impl Pace {
    /// Seconds in which a container may be unwell without being held to be.
    pub fn start_period(self) -> u32 {
        match self {
            Self::Instant => 5,
            Self::Quick => 20,
            Self::Slow => 60,
        }
    }

    /// What tells people where the figure is from.
    pub fn says(self) -> &'static str {
        match self {
            Self::Instant => "start-up by runtime, unmeasured: well under a second",
            Self::Quick => "start-up by runtime, unmeasured: seconds",
            Self::Slow => "start-up by runtime, unmeasured: tens of seconds",
        }
    }
}

/// The pace of a stack.
pub(super) fn of(stack: &Stack) -> Pace {
    match stack {
        stack if super::artefact::is_site(stack) => Pace::Instant,
        Stack::Go(_) | Stack::Rust(_) | Stack::Static(_) => Pace::Instant,
        Stack::Jvm(jvm) => match jvm.framework.as_ref().map(|known| known.value) {
            Some(JvmFramework::Quarkus | JvmFramework::Micronaut | JvmFramework::Ktor) | None => {
                Pace::Quick
            }
            Some(JvmFramework::SpringBoot) => Pace::Slow,
        },
        Stack::Ruby(ruby) => match ruby.framework.as_ref().map(|known| known.value) {
            Some(RubyFramework::Rails) => Pace::Slow,
            _ => Pace::Quick,
        },
        Stack::Python(_)
        | Stack::Node(_)
        | Stack::Dotnet(_)
        | Stack::Php(_)
        | Stack::Elixir(_)
        | Stack::Deno(_) => Pace::Quick,
    }
}

/// Seconds between SIGTERM and SIGKILL.
pub(super) fn grace(service: &Service, command: &[String]) -> Known<u32> {
    let is = |program: &str| command.iter().take(3).any(|word| word.ends_with(program));
    match &service.stack {
        Stack::Jvm(jvm)
            if jvm.framework.as_ref().map(|known| known.value)
                == Some(JvmFramework::SpringBoot) =>
        {
            Known::assumed(40, "Spring Boot gives running requests 30 s by default")
        }
        Stack::Python(_) if is("gunicorn") => {
            Known::assumed(40, "gunicorn gives running requests 30 s by default")
        }
        Stack::Python(python)
            if python.framework.as_ref().map(|known| known.value)
                == Some(PythonFramework::Celery) =>
        {
            Known::assumed(60, "Celery finishes the tasks that it runs")
        }
        _ if service
            .processes
            .iter()
            .any(|process| process.kind == ProcessKind::Worker) =>
        {
            Known::assumed(60, "its workers finish what they do")
        }
        _ => Known::assumed(30, "the default of Kubernetes"),
    }
}
