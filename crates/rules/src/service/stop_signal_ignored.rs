//! # What it does
//! Finds services that are not given the time or the signal to stop in order: a `preStop` sleep
//! that uses up the pod's grace period, a grace period of 0 or shorter than the server is told to
//! take or than Compose gives it, a shell or script in front of the program that keeps the signal
//! to itself, `SIGKILL` as the stop signal, a signal that Compose sends and Kubernetes does not.
//!
//! # Why it matters
//! Kubernetes runs the `preStop` hook, sends the image's STOPSIGNAL (SIGTERM by default) to
//! process 1, and kills what is left when the grace period is over; it counts from the beginning
//! of the hook. A service that gets no signal, or no time, is killed in the middle of its work at
//! every rollout: requests are cut off, and a database recovers instead of starting.
//!
//! A shell is process 1 for as long as its script goes on. Without `exec` it waits for the program
//! and passes nothing on. (`bash -c` and BusyBox's `sh -c` replace themselves by the last command;
//! dash, the `sh` of Debian, does not, and no shell does for a script file.) ENTRYPOINT and CMD in
//! shell form are `shell-form-entrypoint`'s to report.
//!
//! # Example
//! ```yaml bad
//! apiVersion: apps/v1
//! kind: Deployment
//! metadata: {name: web}
//! spec:
//!   selector: {matchLabels: {app: web}}
//!   template:
//!     metadata: {labels: {app: web}}
//!     spec:
//!       containers:
//!         - name: web
//!           image: ghcr.io/example/web:1.0
//!           lifecycle: {preStop: {sleep: {seconds: 30}}}
//! ```
//! ```yaml good
//! apiVersion: apps/v1
//! kind: Deployment
//! metadata: {name: web}
//! spec:
//!   selector: {matchLabels: {app: web}}
//!   template:
//!     metadata: {labels: {app: web}}
//!     spec:
//!       terminationGracePeriodSeconds: 60
//!       containers:
//!         - name: web
//!           image: ghcr.io/example/web:1.0
//!           lifecycle: {preStop: {sleep: {seconds: 30}}}
//! ```
//!
//! # References
//! - <https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination>
//! - <https://docs.docker.com/reference/compose-file/services/#stop_grace_period>
//! - <https://docs.docker.com/reference/dockerfile/#stopsignal>

use plimsoll_k8s::{Role, WorkloadKind};
use plimsoll_links::facts::image::Image;
use plimsoll_links::facts::runner::{ContainerRunner, Runner, ServiceRunner};
use plimsoll_links::facts::start::{By, First, Start};
use plimsoll_links::facts::stop::{
    Patience, Signal, grace_of_service, has_init, in_front, shutdown,
};
use plimsoll_links::{LinkKind, Thing};
use plimsoll_source::{Confidence, Severity};

use super::runners;
use crate::dockerfile::shipped::shipped;
use crate::workload::local_clusters::is_for_one_machine;
use crate::{Check, ComposeInput, ContainerInput, Cx, DockerfileInput, FixKind, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "stop-signal-ignored",
    summary: "a service is killed instead of being stopped",
    since: "0.1.0",
    severity: Severity::Warning,
    confidence: Confidence::High,
    strictness: Strictness::Default,
    fix: FixKind::None,
    aliases: &[],
    checks: &[
        Check::Container(container),
        Check::Compose(compose),
        Check::Dockerfile(dockerfile),
    ],
};

fn container(cx: &mut Cx<'_>, input: &ContainerInput<'_>) {
    let ContainerInput {
        workload,
        container,
        ..
    } = *input;
    if !matches!(container.role(), Role::App | Role::Sidecar)
        || workload.kind().runs_to_completion()
        || container.pod().is_windows()
    {
        return;
    }
    let runner = runners::container(cx, input);
    let image = cx
        .links
        .image_of(&Runner::Container(runner))
        .map(|(image, _)| image);
    let start = Start::of(&Runner::Container(runner), image);
    if !time(cx, input, &runner, image, &start) && start.by == By::Runner {
        shell(cx, input, &runner, image, &start);
    }
}

/// The grace period against what must fit into it; says whether something was reported.
fn time(
    cx: &mut Cx<'_>,
    input: &ContainerInput<'_>,
    runner: &ContainerRunner<'_>,
    image: Option<Image<'_>>,
    start: &Start,
) -> bool {
    let ContainerInput {
        unit,
        workload,
        container,
    } = *input;
    let patience = Patience::of(runner);
    let grace = patience.grace;
    let label = container.label();
    // An overlay may give more time.
    if grace.node.is_none()
        && !cx.reports_missing_in_pod(unit, workload, &["terminationGracePeriodSeconds"])
    {
        return false;
    }
    let seconds = grace.value;
    if let Some(pre_stop) = patience
        .pre_stop
        .filter(|one| one.seconds >= seconds.max(1))
    {
        let place = grace.node.map(|node| cx.place(node.range()));
        let sleep = pre_stop.seconds;
        let draft = cx.report(
            pre_stop.node.range(),
            format!("`preStop` of `{label}` sleeps {sleep} s, and the grace period ends after {seconds} s"),
        );
        match place {
            Some(place) => draft.related(place, format!("the grace period is {seconds} s")),
            None => draft.note("no `terminationGracePeriodSeconds` is set, so it is 30 s"),
        };
        draft
            .note("the grace period counts from the beginning of the hook: the container is killed before it gets a signal")
            .help(format!(
                "set `terminationGracePeriodSeconds` to the sleep and what the service needs to stop, such as {}",
                sleep + 30
            ));
        return true;
    }
    if let (0, Some(node)) = (seconds, grace.node) {
        // Once for the pod, at its first container.
        let first = container.pod().containers().next();
        if first.is_none_or(|first| first.node() != container.node()) || !serves(runner) {
            return false;
        }
        // Pods that only pass the time lose nothing.
        let idle = start
            .calls
            .iter()
            .any(|call| call.last && waits(&call.program));
        let image_name = container.image().and_then(plimsoll_yaml::Node::as_str);
        let pauses = image_name.is_some_and(|name| {
            let name = name.rsplit('/').next().unwrap_or_default();
            name.split([':', '@']).next() == Some("pause")
        });
        if idle || pauses || !is_relied_on(cx, runner, image) {
            return false;
        }
        let is_local = is_for_one_machine(cx.project.path(input.unit.file));
        let draft = cx.report(
            node.range(),
            format!("pods of `{}` are killed without notice", name(input)),
        );
        if is_local {
            draft.strictness(Strictness::Pedantic);
        }
        draft
            .note("with a grace period of 0 no signal is sent before the kill, and no hook is run to its end")
        .help("leave `terminationGracePeriodSeconds` at its default of 30, or set what the service needs to stop");
        return true;
    }
    let before = patience.pre_stop.map_or(0, |one| one.seconds);
    if let Some((needed, place, option)) = shutdown(start)
        && before + needed > seconds
    {
        let range = grace.range_or(container.head());
        let draft = cx.report(
            range,
            format!(
                "`{label}` has {} s to stop, and `{option}` lets it take {needed} s",
                (seconds - before).max(0)
            ),
        );
        draft.related(place, format!("`{option}` of {needed} s"));
        if grace.node.is_none() {
            draft.note("no `terminationGracePeriodSeconds` is set, so it is 30 s");
        }
        draft
            .note("what it is busy with after that is killed")
            .help(format!(
                "set `terminationGracePeriodSeconds` to more than {}",
                before + needed
            ));
        return true;
    }
    compared(cx, input, runner, image, &patience)
}

/// The grace period against the one that Compose gives the same service.
fn compared(
    cx: &mut Cx<'_>,
    input: &ContainerInput<'_>,
    runner: &ContainerRunner<'_>,
    image: Option<Image<'_>>,
    patience: &Patience<'_>,
) -> bool {
    let grace = patience.grace;
    let services = runners::same_services(cx.links, runner, image);
    let longest = services
        .iter()
        .filter_map(grace_of_service)
        .max_by_key(|(duration, _)| *duration);
    let Some((duration, place)) = longest else {
        return false;
    };
    let theirs = i64::try_from(duration.as_secs()).unwrap_or(i64::MAX);
    if theirs <= grace.value {
        return false;
    }
    let range = grace.range_or(input.container.head());
    let label = input.container.label();
    let draft = cx.report(
        range,
        format!(
            "`{label}` has {} s to stop here, and {theirs} s in Compose",
            grace.value
        ),
    );
    draft
        .confidence(Confidence::Medium)
        .related(place, format!("Compose waits {theirs} s"));
    if grace.node.is_none() {
        draft.note("no `terminationGracePeriodSeconds` is set, so it is 30 s");
    }
    draft
        .note("a service that needs the longer time is killed in the middle of its work here")
        .help(format!("set `terminationGracePeriodSeconds: {theirs}`"));
    true
}

/// A shell that the manifest puts in front of the program.
fn shell(
    cx: &mut Cx<'_>,
    input: &ContainerInput<'_>,
    runner: &ContainerRunner<'_>,
    image: Option<Image<'_>>,
    start: &Start,
) {
    if !serves(runner) || has_init(&Runner::Container(*runner)) {
        return;
    }
    let stays = in_front(start, image);
    let Some(First::Shell {
        interpreter,
        script,
        command,
        ..
    }) = stays
    else {
        return;
    };
    if script.is_some() || waits(command) {
        return;
    }
    let Some(place) = start.place else { return };
    let label = input.container.label();
    let call = start.calls.iter().rev().find(|call| call.last);
    let at = call.map_or(place, |call| call.place);
    cx.report_at(
        at,
        format!("`{interpreter}` of `{label}` keeps the stop signal from `{}`", short(command)),
    )
    .note("the shell waits for the command and passes no signal on: the grace period runs out and the service is killed")
    .help(format!("write `exec` before `{}`{}", short(command), and_handle(command)));
}

/// What is needed besides `exec`: the kernel keeps a signal from process 1 that it has no handler
/// for, and interpreters set none for SIGTERM by themselves.
fn and_handle(command: &str) -> &'static str {
    let mut words = command.split_whitespace();
    let program = words.next().unwrap_or("");
    let program = program.rsplit('/').next().unwrap_or(program);
    let program = program.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    let next = words.next();
    // npm, Yarn and pnpm start scripts with a shell of their own.
    if matches!(program, "npm" | "yarn" | "pnpm") && matches!(next, Some("run" | "start")) {
        return "; better, before the program that this script starts: its shell passes no signal on";
    }
    let runs_a_file = next.is_some_and(|first| !first.starts_with("-m"));
    if runs_a_file && matches!(program, "python" | "node" | "ruby" | "perl" | "php") {
        "; the program then is process 1, which gets SIGTERM only if it handles it"
    } else {
        ""
    }
}

/// Whether the container is there to answer others for as long as it runs.
fn serves(runner: &ContainerRunner<'_>) -> bool {
    runner.workload.kind().has_replicas() || runner.workload.kind().is_daemon()
}

/// Whether others reach the pods, or they keep data: whether it matters how they end.
fn is_relied_on(cx: &Cx<'_>, runner: &ContainerRunner<'_>, image: Option<Image<'_>>) -> bool {
    let thing = Thing::Object(runner.object);
    image.is_some()
        || runner.workload.kind() == WorkloadKind::StatefulSet
        || cx
            .links
            .to(&thing)
            .any(|link| link.kind == LinkKind::Selects)
}

/// Whether a command only passes the time.
fn waits(command: &str) -> bool {
    let name = command.split_whitespace().next().unwrap_or("");
    let name = name.rsplit('/').next().unwrap_or(name);
    matches!(
        name,
        "sleep"
            | "tail"
            | "wait"
            | "cat"
            | "true"
            | "echo"
            | "exit"
            | "sh"
            | "bash"
            | "printf"
            | "return"
            | "read"
            | "while"
            | "done"
            | "fi"
            | "set"
            | "export"
            | "cd"
            | "."
            | "source"
            | ":"
            | "env"
            | "ls"
            | "date"
            | "break"
            | "test"
            | "["
            | "[["
    ) || name.starts_with(['$', '"'])
}

/// The beginning of a command, for a message.
fn short(command: &str) -> String {
    let words: Vec<&str> = command.split_whitespace().collect();
    let shown = words.iter().take(4).copied().collect::<Vec<_>>().join(" ");
    if words.len() > 4 {
        format!("{shown} …")
    } else {
        shown
    }
}

fn name(input: &ContainerInput<'_>) -> String {
    let name = input.workload.object().name();
    name.map_or_else(String::new, |name| name.into_owned())
}

fn compose(cx: &mut Cx<'_>, input: &ComposeInput<'_>) {
    for runner in runners::services(cx, input) {
        let Some(signal) = Signal::of_service(&runner) else {
            continue;
        };
        let service = runner.service.name();
        if &*signal.name == "SIGKILL" {
            cx.report_at(
                signal.place,
                format!("service `{service}` is killed instead of being stopped"),
            )
            .note("no program can act on SIGKILL: what it is busy with is lost")
            .help(
                "leave `stop_signal` out, or name the signal by which the program stops in order",
            );
            continue;
        }
        elsewhere(cx, &runner, &signal);
    }
}

/// Kubernetes sends what the image says, and knows nothing of Compose's signal.
fn elsewhere(cx: &mut Cx<'_>, runner: &ServiceRunner<'_>, signal: &Signal) {
    let Some((image, _)) = cx.links.image_of(&Runner::Service(*runner)) else {
        return;
    };
    let own = Signal::of_image(image);
    let base = image.known().and_then(|known| known.server?.stop);
    let sent = own
        .as_ref()
        .map_or(base.unwrap_or("SIGTERM"), |own| &*own.name);
    if sent == &*signal.name {
        return;
    }
    let thing = runner.thing();
    let workload = cx
        .links
        .from(&thing)
        .filter(|link| link.kind == LinkKind::SameAs && link.confidence == Confidence::High)
        .find_map(|link| match cx.links.thing(link.to) {
            Thing::Object(object) => cx.links.place(&Thing::Object(*object)),
            _ => None,
        });
    let Some(workload) = workload else { return };
    let service = runner.service.name();
    let place = own.as_ref().map_or(image.head(), |own| own.place);
    cx.report_at(
        signal.place,
        format!("Compose stops `{service}` with {}, and Kubernetes with {sent}", signal.name),
    )
    .confidence(Confidence::Medium)
    .related(workload, "the same service here")
    .related(place, format!("the image asks for {sent}"))
    .note("Kubernetes sends what the image asks for, so there the program does not stop in the same way")
    .help(format!("write `STOPSIGNAL {}` in the Dockerfile, where both read it", signal.name));
}

fn dockerfile(cx: &mut Cx<'_>, input: &DockerfileInput<'_>) {
    let Some(stage) = shipped(input.unit) else {
        return;
    };
    let units = &cx.project.dockerfiles;
    let number = units.iter().position(|unit| unit.file == input.unit.file);
    let image = number.and_then(|number| Image::new(cx.project, number as u32, stage.index as u32));
    let Some(image) = image else { return };
    if let Some(signal) = Signal::of_image(image).filter(|signal| &*signal.name == "SIGKILL") {
        cx.report_at(
            signal.place,
            "the image asks to be killed instead of being stopped",
        )
        .note("no program can act on SIGKILL: what it is busy with is lost")
        .help("leave STOPSIGNAL out, or name the signal by which the program stops in order");
    }
    let start = Start::of_image(image);
    let Some(First::Shell {
        script: Some(script),
        command,
        line,
        ..
    }) = in_front(&start, Some(image))
    else {
        return;
    };
    if waits(command) || !is_service(cx, image) {
        return;
    }
    let Some(place) = start.place else { return };
    let at = line.map_or_else(|| script.to_string(), |line| format!("{script}:{line}"));
    cx.report_at(
        place,
        format!("`{script}` keeps the stop signal from `{}`", short(command)),
    )
    .subject(format!("stage/{}", stage.index))
    .label(format!("`{at}` runs it without `exec`"))
    .note("the shell waits for the command and passes no signal on: the grace period runs out and the service is killed")
    .help(format!("write `exec` before `{}` in `{at}`{}", short(command), and_handle(command)));
}

/// Whether something runs the image for as long as it lives, or it says that it listens.
fn is_service(cx: &Cx<'_>, image: Image<'_>) -> bool {
    !image.stage().exposed.is_empty()
        || cx
            .links
            .runners_of(&image.thing())
            .iter()
            .any(|(runner, _)| match runner {
                Runner::Service(one) => one.service.ports().next().is_some(),
                Runner::Container(one) => serves(one),
            })
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, on};

    #[track_caller]
    fn pod(spec: &str, container: &str, rest: &str) -> Case {
        pod_in("k.yaml", spec, container, rest)
    }

    fn pod_in(path: &str, spec: &str, container: &str, rest: &str) -> Case {
        on(&RULE).files(&format!(
            "//- /{path}\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\nspec:\n  selector: {{matchLabels: {{app: web}}}}\n  template:\n    metadata: {{labels: {{app: web}}}}\n    spec:\n      {spec}\n      containers:\n      - name: web\n        image: ghcr.io/acme/web:1\n        {container}\n{rest}"
        ))
    }

    #[test]
    fn programs_that_become_process_1_have_to_handle_the_signal() {
        for (command, more) in [
            ("python3 a.py", true),
            ("/usr/bin/node server.js", true),
            ("python -m uvicorn a:app", false),
            ("nginx -g 'daemon off;'", false),
            ("npm run start", true),
            ("npm ci", false),
        ] {
            assert_eq!(!super::and_handle(command).is_empty(), more, "{command}");
        }
    }

    const GRACE: &str = "terminationGracePeriodSeconds: 20";

    #[test]
    fn hooks_that_use_up_the_grace_period_are_found() {
        pod(
            "",
            "lifecycle: {preStop: {exec: {command: [sleep, '40']}}}",
            "",
        )
        .flags(&["13: '40'"])
        .says(&["`preStop` of `web` sleeps 40 s, and the grace period ends after 30 s"]);
        pod(
            GRACE,
            "lifecycle: {preStop: {exec: {command: [sh, -c, 'sleep 20 && x']}}}",
            "",
        )
        .flags(&["13: 'sleep 20 && x'"]);
        pod(GRACE, "lifecycle: {preStop: {sleep: {seconds: 15}}}", "").clean();
        pod(
            "terminationGracePeriodSeconds: 60",
            "lifecycle: {preStop: {sleep: {seconds: 40}}}",
            "",
        )
        .clean();
        pod(
            "",
            "lifecycle: {preStop: {exec: {command: [nginx, -s, quit]}}}",
            "",
        )
        .clean();
    }

    #[test]
    fn grace_periods_that_are_too_short_are_found() {
        let zero = "terminationGracePeriodSeconds: 0";
        let front = "---\napiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {selector: {app: web}, ports: [{port: 80}]}\n";
        pod(zero, "", front).flags(&["9: 0"]).loud_by_default();
        let local = pod_in("deploy/kind-web.yaml", zero, "", front);
        local.quiet_by_default();
        pod(zero, "", "").clean();
        pod(zero, "command: [sleep, infinity]", front).clean();
        pod(
            GRACE,
            "command: [gunicorn, --graceful-timeout, '60', app]",
            "",
        )
        .flags(&["9: 20"])
        .says(&["`web` has 20 s to stop, and `--graceful-timeout` lets it take 60 s"]);
        pod("", "command: [gunicorn, --graceful-timeout, '25', app]", "").clean();
        let compose = |grace: &str| {
            format!(
                "//- /compose.yaml\nservices:\n  web:\n    image: ghcr.io/acme/web\n    build: web\n    stop_grace_period: {grace}\n//- /web/Dockerfile\nFROM a\nCMD [\"a\"]\n"
            )
        };
        pod(GRACE, "", &compose("1m")).flags(&["k.yaml:9: terminationGracePeriodSeconds: 20"
            .replace("terminationGracePeriodSeconds: ", "")
            .as_str()]);
        pod("", "", &compose("45s")).flags(&["k.yaml:11: name: web"]);
        pod(GRACE, "", &compose("20s")).clean();
        pod(GRACE, "", &compose("1s")).clean();
    }

    #[test]
    fn shells_in_front_of_the_program_are_found() {
        let debian = "//- /web/Dockerfile\nFROM python:3.13\nCMD [\"a\"]\n";
        pod("", "command: [sh, -c, 'migrate && gunicorn app']", debian)
            .flags(&["k.yaml:13: gunicorn"]);
        pod(
            "",
            "command: [sh, -c, 'migrate && exec gunicorn app']",
            debian,
        )
        .clean();
        pod("", "command: [bash, -c, 'migrate && gunicorn app']", debian).clean();
        pod(
            "",
            "command: [sh, -c, 'migrate && gunicorn app']",
            &debian.replace("3.13", "3.13-alpine"),
        )
        .clean();
        pod("", "command: [sh, -c, 'sleep 1000']", debian).clean();
        pod("", "command: [sh, -c, 'migrate && gunicorn app']", "").clean();
    }

    #[test]
    fn scripts_without_exec_are_found() {
        let with = |script: &str, rest: &str| {
            on(&RULE).files(&format!(
                "//- /Dockerfile\nFROM python:3.13\nCOPY run.sh /\nEXPOSE 80\nENTRYPOINT [{rest}\"/run.sh\"]\nCMD [\"app\"]\n//- /run.sh\n#!/bin/sh\n{script}\n"
            ))
        };
        with("set -e\nmigrate\ngunicorn app", "")
            .flags(&["Dockerfile:4: ENTRYPOINT [\"/run.sh\"]"])
            .says(&["`run.sh` keeps the stop signal from `gunicorn app`"]);
        with("migrate\n\"$@\"", "").clean();
        with("migrate\nexec gunicorn app", "").clean();
        with("if a; then exec b; fi\nc", "").clean();
        with("trap stop TERM\ngunicorn app", "").clean();
        with("gunicorn app", "\"tini\", \"--\", ").clean();
        with("gunicorn app &\nwait", "").clean();
        with("tail -f /dev/null", "").clean();
    }

    #[test]
    fn signals_are_compared() {
        let with = |dockerfile: &str, signal: &str| {
            pod(
                "",
                "",
                &format!(
                    "//- /compose.yaml\nservices:\n  web:\n    image: ghcr.io/acme/web\n    build: web\n    stop_signal: {signal}\n//- /web/Dockerfile\n{dockerfile}"
                ),
            )
        };
        with("FROM a\nCMD [\"a\"]\n", "SIGINT").flags(&["compose.yaml:5: SIGINT"]);
        with("FROM a\nSTOPSIGNAL SIGINT\nCMD [\"a\"]\n", "INT").clean();
        with("FROM a\nCMD [\"a\"]\n", "SIGTERM").clean();
        with("FROM nginx\n", "SIGQUIT").clean();
        with("FROM a\nCMD [\"a\"]\n", "SIGKILL").flags(&["compose.yaml:5: SIGKILL"]);
        on(&RULE)
            .dockerfile("FROM a\nSTOPSIGNAL 9\nCMD [\"a\"]\n")
            .flags(&["2: 9"]);
    }

    #[test]
    fn pods_that_only_pause_may_go_at_once() {
        let text = |image: &str| {
            format!(
                "//- /k.yaml\napiVersion: apps/v1\nkind: StatefulSet\nmetadata: {{name: web}}\nspec:\n  selector: {{matchLabels: {{app: web}}}}\n  template:\n    metadata: {{labels: {{app: web}}}}\n    spec:\n      terminationGracePeriodSeconds: 0\n      containers: [{{name: web, image: {image}, ports: [{{containerPort: 80}}]}}]\n"
            )
        };
        on(&RULE).files(&text("registry.k8s.io/pause:3.10")).clean();
        on(&RULE)
            .files(&text("registry.k8s.io/pausing:3.10"))
            .flags(&["9: 0"]);
    }
}
