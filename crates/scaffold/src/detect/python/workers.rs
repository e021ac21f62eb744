//! Processes beside the one that serves: Celery, RQ, Dramatiq, arq, Huey; and migrations that no
//! framework brings.

use super::entry::{Sources, import};
use super::manifest::Manifest;
use crate::detect::code::Code;
use crate::detect::draft::Draft;
use crate::detect::files::below;
use crate::model::{Evidence, Known, Process, ProcessKind, Python};

/// Finds them.
pub(super) fn find(
    manifest: &Manifest,
    sources: &Sources<'_>,
    python: &mut Python,
    draft: &mut Draft,
) {
    celery(manifest, sources, python, draft);
    rq(manifest, draft);
    arq(sources, python, draft);
    if draft.migration.is_none() {
        alembic(manifest, sources, draft);
    }
}

fn process(name: &str, kind: ProcessKind, command: &[&str], evidence: Evidence) -> Process {
    Process {
        name: name.to_owned(),
        kind,
        command: Known::stated(
            command.iter().map(|word| (*word).to_owned()).collect(),
            evidence,
        ),
    }
}

fn celery(manifest: &Manifest, sources: &Sources<'_>, python: &Python, draft: &mut Draft) {
    if !manifest.dependencies.has("celery") {
        return;
    }
    let made = sources.list.iter().find_map(|text| {
        let code = text.text.contains("Celery(").then(|| text.code())?;
        let index = code.find(&["=", "Celery", "("])?;
        let attribute = code.word(index.checked_sub(1)?)?;
        let margin = code.at_margin(index - 1);
        margin.then_some((*text, attribute, code.line(index)))
    });
    let Some((text, attribute, line)) = made else {
        return;
    };
    let Some((from, module)) = import(sources, text, python.package) else {
        return;
    };
    // A module of this name on the path would stand before the library itself.
    let (from, module) = match (module == "celery").then(|| from.rsplit_once('/')) {
        Some(Some((above, package))) => (above.to_owned(), format!("{package}.celery")),
        Some(None) if from != "." => (".".to_owned(), format!("{from}.celery")),
        _ => (from, module),
    };
    let module = module
        .strip_suffix(".celery")
        .filter(|package| {
            let init = below(&from, &format!("{}/__init__.py", package.replace('.', "/")));
            sources.has(init.trim_start_matches("./"))
        })
        .map_or(module.clone(), str::to_owned);
    let target = if matches!(attribute, "app" | "celery") {
        module
    } else {
        format!("{module}.{attribute}")
    };
    let evidence = Evidence::line(&text.path, line, "a Celery application is made here");
    let mut command = vec!["celery", "-A", &target];
    if from != "." {
        command.splice(1..1, ["--workdir", &from]);
    }
    let with = |more: &[&'static str]| -> Vec<String> {
        command
            .iter()
            .copied()
            .chain(more.iter().copied())
            .map(str::to_owned)
            .collect()
    };
    let worker = with(&["worker", "--loglevel", "info"]);
    draft.processes.push(Process {
        name: "worker".to_owned(),
        kind: ProcessKind::Worker,
        command: Known::stated(worker, evidence.clone()),
    });
    let schedule = sources.list.iter().find_map(|text| {
        let words = [
            "beat_schedule",
            "BEAT_SCHEDULE",
            "periodic_task",
            "celery_beat",
        ];
        let may = words.iter().any(|word| text.text.contains(word));
        let code = may.then(|| text.code())?;
        let index = (0..code.len()).find(|&at| sets_beat(code, at))?;
        Some(Evidence::line(
            &text.path,
            code.line(index),
            format!("`{}` is set", code.at(index)),
        ))
    });
    if let Some(evidence) = schedule {
        let mut beat = with(&["beat", "--loglevel", "info"]);
        beat.extend(["--schedule", "/tmp/celerybeat-schedule"].map(str::to_owned));
        draft.processes.push(Process {
            name: "scheduler".to_owned(),
            kind: ProcessKind::Scheduler,
            command: Known::stated(beat, evidence),
        });
    }
}

/// Whether a token gives Celery's clock something to do.
fn sets_beat(code: Code<'_>, at: usize) -> bool {
    if let Some(text) = code.string(at) {
        return text == "django_celery_beat" || text == "beat_schedule" && code.is(at + 1, &[":"]);
    }
    match code.at(at) {
        "beat_schedule" | "CELERY_BEAT_SCHEDULE" | "CELERYBEAT_SCHEDULE" => {
            code.is(at + 1, &["="]) || code.is(at + 1, &[":"])
        }
        "add_periodic_task" => code.is(at + 1, &["("]),
        _ => false,
    }
}

fn rq(manifest: &Manifest, draft: &mut Draft) {
    let django = manifest.dependencies.has("django-rq");
    if django {
        let evidence = manifest.dependencies.evidence("django-rq");
        let migration = draft.migration.as_ref();
        let manage = migration.and_then(|command| command.value.get(1).cloned());
        let manage = manage.unwrap_or_else(|| "manage.py".to_owned());
        let command = ["python", &manage, "rqworker", "default"];
        draft
            .processes
            .push(process("worker", ProcessKind::Worker, &command, evidence));
    } else if manifest.dependencies.has("rq") {
        let evidence = manifest.dependencies.evidence("rq");
        let mut worker = process("worker", ProcessKind::Worker, &["rq", "worker"], evidence);
        worker.command = worker.command.at_most(crate::model::Certainty::Likely);
        draft.processes.push(worker);
    }
}

fn arq(sources: &Sources<'_>, python: &Python, draft: &mut Draft) {
    for text in &sources.list {
        if !text.text.contains("class WorkerSettings") {
            continue;
        }
        let Some((_, module)) = import(sources, text, python.package) else {
            continue;
        };
        let evidence = Evidence::line(
            &text.path,
            text.line_with("class WorkerSettings"),
            "settings of an arq worker",
        );
        let target = format!("{module}.WorkerSettings");
        draft.processes.push(process(
            "worker",
            ProcessKind::Worker,
            &["arq", &target],
            evidence,
        ));
        return;
    }
}

fn alembic(manifest: &Manifest, sources: &Sources<'_>, draft: &mut Draft) {
    if !manifest.dependencies.has("alembic") && !manifest.dependencies.has("flask-migrate") {
        return;
    }
    if manifest.dependencies.has("flask-migrate") && sources.has("migrations/env.py") {
        let evidence = manifest.dependencies.evidence("flask-migrate");
        draft.migration = Some(Known::stated(
            ["flask", "db", "upgrade"].map(str::to_owned).to_vec(),
            evidence,
        ));
        return;
    }
    let env = sources
        .list
        .iter()
        .find(|text| text.path.ends_with("/env.py") && text.text.contains("alembic"));
    if let Some(env) = env {
        let evidence = Evidence::file(&env.path, "Alembic's environment is here");
        draft.migration = Some(Known::stated(
            ["alembic", "upgrade", "head"].map(str::to_owned).to_vec(),
            evidence,
        ));
    }
}
