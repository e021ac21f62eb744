//! Where a build's result lies in the image, and what else there is in it.

use super::{WORKDIR, command};
use crate::model::{Go, NodeOutput, Service, Stack};

/// The port of the web servers that the image configures itself.
pub(crate) const WEB_PORT: u16 = 8080;

/// Where compiled programs lie; the folder is in every image's `PATH`.
pub(crate) const PROGRAMS: &str = "/usr/local/bin";

/// Whether what the build leaves is files for a web server that nginx hands out.
pub(crate) fn is_site(stack: &Stack) -> bool {
    match stack {
        Stack::Static(_) => true,
        Stack::Node(node) => matches!(node.output.value, NodeOutput::Static(_)),
        _ => false,
    }
}

/// Whether the process that listens is a web server that the image brings and configures.
pub(crate) fn served_by_us(stack: &Stack) -> bool {
    is_site(stack) || matches!(stack, Stack::Php(_))
}

/// The program that the build leaves, as an absolute path.
pub(crate) fn program(stack: &Stack) -> Option<String> {
    match stack {
        Stack::Go(go) => Some(format!("{PROGRAMS}/{}", go.main.value.binary)),
        Stack::Rust(rust) => Some(format!("{PROGRAMS}/{}", rust.binary.value)),
        _ => None,
    }
}

/// Whether the jar is the one that Quarkus puts into a folder beside its libraries.
pub(crate) fn is_quarkus_folder(jar: &str) -> bool {
    jar.ends_with("quarkus-run.jar")
}

/// Whether the jar is a folder of jars that Gradle's `installDist` leaves.
pub(crate) fn is_installed(jar: &str) -> bool {
    crate::detect::is_installed(jar)
}

/// Whether the image can do without a C library, a shell and Debian's packages: a Go program
/// without cgo, and nothing else that runs.
pub(crate) fn is_bare(service: &Service) -> bool {
    let Stack::Go(go) = &service.stack else {
        return false;
    };
    let own = program(&service.stack);
    let cgo = go.cgo.as_ref().is_some_and(|cgo| cgo.value);
    let libraries = service
        .libraries
        .iter()
        .any(|library| library.run.is_some());
    let commands = service
        .start
        .iter()
        .chain(service.migration.iter())
        .chain(service.processes.iter().map(|process| &process.command));
    let mut programs = commands.map(|given| command::in_image(&service.stack, given));
    !cgo && !libraries && programs.all(|command| command.value.first() == own.as_ref())
}

/// The folder of a service in its build context; empty for the context itself.
pub(crate) fn folder_in_context(service: &Service) -> &str {
    service
        .folder
        .strip_prefix(service.context.as_str())
        .unwrap_or(&service.folder)
        .trim_matches('/')
}

/// The working directory of the image.
pub(crate) fn workdir(service: &Service) -> String {
    let runs_from_sources = match &service.stack {
        Stack::Python(_) | Stack::Ruby(_) | Stack::Deno(_) => true,
        Stack::Node(node) => matches!(
            node.output.value,
            NodeOutput::Sources | NodeOutput::Compiled(_)
        ),
        _ => false,
    };
    let folder = folder_in_context(service);
    if runs_from_sources && !folder.is_empty() {
        format!("{WORKDIR}/{folder}")
    } else {
        WORKDIR.to_owned()
    }
}

/// The folder with a Go module's committed dependencies.
pub(crate) fn vendor(go: &Go) -> String {
    match go.module.as_str() {
        "" => "vendor".to_owned(),
        module => format!("{module}/vendor"),
    }
}
