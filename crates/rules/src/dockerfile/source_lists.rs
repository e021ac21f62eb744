//! Lists of packages' sources and their keys that a step downloads, and whether a later command of
//! the step fails where the download left nothing.

use plimsoll_dockerfile::shell::{Joint, Script};

use super::facts::calls::Call;

/// Packages that no distribution brings under this name; a `*` at the end stands for more.
const FOREIGN: &[&str] = &[
    "azure-cli",
    "containerd.io",
    "cuda-*",
    "datadog-*",
    "docker-buildx-plugin",
    "docker-ce*",
    "docker-compose-plugin",
    "elasticsearch",
    "google-chrome-*",
    "google-cloud-*",
    "kubeadm",
    "kubectl",
    "kubelet",
    "libcudnn*",
    "microsoft-edge-*",
    "mongodb-mongosh",
    "mongodb-org*",
    "msodbcsql*",
    "mssql-tools*",
    "newrelic-*",
    "nvidia-container-*",
    "temurin-*",
    "terraform",
];

/// Whether the pipeline that ends with command `end` writes a list of sources, and the script
/// then fails without it: it goes on to install what only that source has. `reader` is the call
/// at `end`; `calls` are those of the script.
pub(crate) fn missed_by_install(
    script: &Script,
    end: usize,
    reader: Option<&Call<'_>>,
    calls: &[Call<'_>],
) -> bool {
    writes(script, end, reader, &is_list)
        && calls.iter().any(|call| {
            call.number > end && installs_foreign(call) && fails_with(script, end, call.number)
        })
}

/// Whether the pipeline that ends with command `end` writes the keys of a source, and the script
/// then fails without them: it goes on to read that source, which `signed-by` ties to the file, and
/// apt refuses one that nothing has signed.
pub(crate) fn missed_by_update(
    script: &Script,
    end: usize,
    reader: Option<&Call<'_>>,
    calls: &[Call<'_>],
) -> bool {
    let later = || calls.iter().filter(|call| call.number > end);
    let is_key = |path: &str| {
        let ends = |rest: &str| !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '.');
        later().flat_map(|call| &call.args).any(|arg| {
            let mut told = arg.text.split("signed-by=").skip(1);
            told.any(|rest| rest.strip_prefix(path).is_some_and(ends))
        })
    };
    let updates = |call: &Call<'_>| {
        matches!(call.program, "apt-get" | "apt" | "aptitude")
            && call.has("update")
            && fails_with(script, end, call.number)
    };
    later().any(updates) && writes(script, end, reader, &is_key)
}

/// Whether apt or dnf takes sources from a file.
fn is_list(path: &str) -> bool {
    path.starts_with("/etc/apt/sources.list") || path.starts_with("/etc/yum.repos.d/")
}

/// Whether the last command of a pipeline writes such a file.
fn writes(
    script: &Script,
    end: usize,
    reader: Option<&Call<'_>>,
    is_such: &dyn Fn(&str) -> bool,
) -> bool {
    let redirected = script.commands[end].redirects.iter().any(|redirect| {
        redirect.operator.starts_with('>') && redirect.target.literal().is_some_and(is_such)
    });
    let given = reader.is_some_and(|call| {
        let mut literal = call.args.iter().filter(|arg| arg.literal);
        match call.program {
            "tee" => literal.any(|arg| is_such(arg.text)),
            "dd" => literal.any(|arg| arg.text.strip_prefix("of=").is_some_and(is_such)),
            _ => false,
        }
    });
    redirected || given
}

/// Whether a call installs a package in a written version, or one that only a foreign source has.
fn installs_foreign(call: &Call<'_>) -> bool {
    let apt = matches!(call.program, "apt-get" | "apt" | "aptitude");
    if !apt && !matches!(call.program, "dnf" | "microdnf") || !call.has("install") {
        return false;
    }
    call.args.iter().any(|arg| {
        let (name, version) = match arg.text.split_once('=') {
            Some((name, version)) if apt => (name, Some(version)),
            _ => (arg.text, None),
        };
        !name.starts_with('-')
            && (version.is_some_and(|version| !version.is_empty() && version != "*")
                || FOREIGN
                    .iter()
                    .any(|pattern| match pattern.strip_suffix('*') {
                        Some(start) => name.starts_with(start),
                        None => name == *pattern,
                    }))
    })
}

/// Whether the script ends with a failure when command `number`, which comes after `from`, fails.
fn fails_with(script: &Script, from: usize, number: usize) -> bool {
    let strict = script.commands[..from].iter().any(|command| {
        let short = |arg: &str| arg.starts_with('-') && !arg.starts_with("--") && arg.contains('e');
        command.name() == Some("set") && (command.has_arg("errexit") || command.args().any(short))
    }) || script
        .shell_args
        .iter()
        .any(|arg| arg.starts_with('-') && !arg.starts_with("--") && arg.contains('e'));
    let own = &script.commands[number];
    if own.depth > 0 || own.conditional || own.test || own.negated || own.writes_pipe {
        return false;
    }
    script.commands[from + 1..]
        .iter()
        .enumerate()
        .all(|(at, command)| {
            let after = from + 1 + at > number;
            command.depth > 0
                || match command.joint {
                    Joint::And | Joint::Pipe | Joint::Start => true,
                    Joint::Then => strict || !after,
                    Joint::Or | Joint::Background => !after,
                }
        })
}
