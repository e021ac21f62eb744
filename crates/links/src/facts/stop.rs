//! How a service is stopped: by which signal, who gets it, and how long it has.

use std::time::Duration;

use plimsoll_dockerfile::Body;
use plimsoll_k8s::{Handler, Setting};
use plimsoll_source::Place;
use plimsoll_yaml::Node;

use super::bases::Shell;
use super::image::Image;
use super::runner::{ContainerRunner, Runner, ServiceRunner};
use super::start::{First, Start};

/// A signal by its name with `SIG`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Signal {
    /// `SIGTERM`.
    pub name: Box<str>,
    /// Where it is asked for.
    pub place: Place,
}

impl Signal {
    /// A signal as it is written: a name with or without `SIG`, or a number.
    fn read(text: &str, place: Place) -> Option<Self> {
        let upper = text.trim().to_ascii_uppercase();
        if upper.is_empty() || upper.contains('$') {
            return None;
        }
        let name = match upper.as_str() {
            "1" => "SIGHUP".to_owned(),
            "2" => "SIGINT".to_owned(),
            "3" => "SIGQUIT".to_owned(),
            "9" => "SIGKILL".to_owned(),
            "10" => "SIGUSR1".to_owned(),
            "12" => "SIGUSR2".to_owned(),
            "15" => "SIGTERM".to_owned(),
            "28" => "SIGWINCH".to_owned(),
            name if name.bytes().all(|b| b.is_ascii_digit()) => return None,
            name if name.starts_with("SIG") => name.to_owned(),
            name => format!("SIG{name}"),
        };
        Some(Self {
            name: name.into(),
            place,
        })
    }

    /// What STOPSIGNAL of an image says, if it has one of its own.
    pub fn of_image(image: Image<'_>) -> Option<Self> {
        let index = image.stage().stop_signal?;
        let build = image.build();
        let Body::StopSignal(word) = &build.file.instructions[index].body else {
            return None;
        };
        Self::read(&build.expanded(index, word).0, image.place(word.range))
    }

    /// What `stop_signal` of a Compose service says.
    pub fn of_service(runner: &ServiceRunner<'_>) -> Option<Self> {
        let value = runner.service.stop_signal()?;
        let place = Place::new(runner.unit.file, value.range());
        Self::read(&value.with_defaults()?, place)
    }
}

/// What the pod does before it sends the signal.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct PreStop<'a> {
    /// The seconds that it certainly sleeps.
    pub seconds: i64,
    /// Where they are written.
    pub node: Node<'a>,
}

/// The time that a container is given to stop.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Patience<'a> {
    /// `terminationGracePeriodSeconds`.
    pub grace: Setting<'a, i64>,
    /// The sleep of its `preStop` hook, which counts against the grace.
    pub pre_stop: Option<PreStop<'a>>,
}

impl<'a> Patience<'a> {
    /// That of a container.
    pub fn of(runner: &ContainerRunner<'a>) -> Self {
        let pod = runner.container.pod();
        Self {
            grace: pod.termination_grace_period_seconds(),
            pre_stop: runner.container.pre_stop().and_then(pre_stop),
        }
    }
}

fn pre_stop(handler: Handler<'_>) -> Option<PreStop<'_>> {
    if let Some(seconds) = handler.sleep_seconds() {
        let node = handler.node().get("seconds")?;
        return Some(PreStop { seconds, node });
    }
    let words = handler.command();
    let text = |node: &Node<'_>| node.as_str().unwrap_or_default().into_owned();
    let first = words.first().map(text)?;
    let name = first.rsplit('/').next().unwrap_or("");
    if name == "sleep" {
        let node = *words.get(1)?;
        return Some(PreStop {
            seconds: seconds(&text(&node))?,
            node,
        });
    }
    // `sh -c "sleep 20"`, also with something before or after it.
    if matches!(name, "sh" | "bash" | "ash" | "dash") {
        let node = *words.last()?;
        let script = text(&node);
        let mut total = 0;
        let commands = script.split([';', '\n', '&']).map(str::trim);
        for command in commands {
            let Some(rest) = command
                .strip_prefix("sleep ")
                .or_else(|| command.strip_prefix("/bin/sleep "))
            else {
                continue;
            };
            total += seconds(rest.trim())?;
        }
        // A sleep inside a loop or a branch may not come, or come again.
        let plain = !["for ", "while ", "if ", "until ", "||"]
            .iter()
            .any(|word| script.contains(word));
        return (total > 0 && plain).then_some(PreStop {
            seconds: total,
            node,
        });
    }
    None
}

fn seconds(text: &str) -> Option<i64> {
    let (number, unit) = match text.strip_suffix(['s', 'm', 'h']) {
        Some(number) => (number, &text[number.len()..]),
        None => (text, "s"),
    };
    let number: f64 = number.parse().ok()?;
    let factor = match unit {
        "m" => 60.0,
        "h" => 3600.0,
        _ => 1.0,
    };
    (0.0..1e9)
        .contains(&(number * factor))
        .then_some((number * factor) as i64)
}

/// The time that a server is told to take for what it is busy with, where its command line says
/// so: seconds, and where.
pub fn shutdown(start: &Start) -> Option<(i64, Place, &'static str)> {
    const OPTIONS: &[(&str, &str)] = &[
        ("gunicorn", "--graceful-timeout"),
        ("uvicorn", "--timeout-graceful-shutdown"),
        ("hypercorn", "--graceful-timeout"),
    ];
    let call = start.calls.iter().rev().find(|call| call.last)?;
    let (_, option) = OPTIONS
        .iter()
        .find(|(program, _)| *program == &*call.program)?;
    let mut words = call.args.iter().peekable();
    while let Some(word) = words.next() {
        let Some(rest) = word.text.strip_prefix(option) else {
            continue;
        };
        let (text, place) = match rest.strip_prefix('=') {
            Some(value) => (value.to_owned(), word.place),
            None => {
                let next = words.peek()?;
                (next.text.to_string(), next.place)
            }
        };
        return Some((seconds(&text)?, place, option));
    }
    None
}

/// How long Compose waits for a service before it kills it, where that is written.
pub fn grace_of_service(runner: &ServiceRunner<'_>) -> Option<(Duration, Place)> {
    let (duration, node) = runner.service.stop_grace_period()?;
    Some((duration, Place::new(runner.unit.file, node.range())))
}

/// Whether an init is put in front that the image does not have.
pub fn has_init(runner: &Runner<'_>) -> bool {
    match runner {
        Runner::Service(one) => one
            .service
            .value("init")
            .is_some_and(|value| value.with_defaults().as_deref() == Some("true")),
        // With one process namespace the pause container is process 1 of all.
        Runner::Container(one) => one.container.pod().share_process_namespace().value,
    }
}

/// What keeps the signal from the program: the shell in front of it, if one certainly is.
pub fn in_front<'s>(start: &'s Start, image: Option<Image<'_>>) -> Option<&'s First> {
    let First::Shell {
        interpreter,
        script,
        commands,
        ..
    } = &start.first
    else {
        return None;
    };
    if script.is_some() {
        // No shell replaces itself by the last command of a file.
        return Some(&start.first);
    }
    // With `-c` bash and BusyBox do; dash does not.
    let name = interpreter.rsplit('/').next().unwrap_or("");
    let stays = match name {
        "dash" => true,
        "sh" => {
            let base = image.and_then(Image::base)?;
            super::bases::shell_of(&base)? == Shell::Dash
        }
        _ => false,
    };
    (stays && *commands > 0).then_some(&start.first)
}

#[cfg(test)]
mod tests {
    use plimsoll_k8s::{Workload, objects};
    use plimsoll_source::{FileId, Place, TextRange};
    use plimsoll_yaml::{Dialect, parse};

    use super::{Signal, pre_stop, seconds};

    #[track_caller]
    fn sleeps(hook: &str, expected: Option<i64>) {
        let text = format!(
            "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - name: a\n    lifecycle: {{preStop: {hook}}}\n"
        );
        let tree = parse(text, Dialect::GoV2);
        let pod = Workload::new(objects(&tree)[0])
            .and_then(Workload::pod)
            .expect("a pod");
        let container = pod.containers().next().expect("one");
        let found = container.pre_stop().and_then(pre_stop);
        assert_eq!(found.map(|found| found.seconds), expected, "{hook}");
    }

    #[test]
    fn sleeps_are_found_in_every_form() {
        sleeps("{sleep: {seconds: 5}}", Some(5));
        sleeps("{exec: {command: [sleep, '10']}}", Some(10));
        sleeps(
            "{exec: {command: [/bin/sh, -c, 'sleep 15; nginx -s quit']}}",
            Some(15),
        );
        sleeps("{exec: {command: [sh, -c, 'x && sleep 1m']}}", Some(60));
        sleeps(
            "{exec: {command: [sh, -c, 'while x; do sleep 1; done']}}",
            None,
        );
        sleeps("{exec: {command: [nginx, -s, quit]}}", None);
        sleeps("{httpGet: {path: /, port: 80}}", None);
    }

    #[test]
    fn durations_and_signals_are_read() {
        assert_eq!(seconds("1.5"), Some(1));
        assert_eq!(seconds("2m"), Some(120));
        assert_eq!(seconds("$X"), None);
        let place = Place::new(FileId(0), TextRange::empty(0));
        let name = |text: &str| Signal::read(text, place).map(|signal| signal.name);
        assert_eq!(name("quit").as_deref(), Some("SIGQUIT"));
        assert_eq!(name("9").as_deref(), Some("SIGKILL"));
        assert_eq!(name("SIGRTMIN+3").as_deref(), Some("SIGRTMIN+3"));
        assert_eq!(name("$S"), None);
    }
}
