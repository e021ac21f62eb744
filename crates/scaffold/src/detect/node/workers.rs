//! Processes beside the one that serves, and what brings a database up to date.

use super::Project;
use super::scripts::{self, Runs};
use crate::detect::draft::Draft;
use crate::detect::files::below;
use crate::model::{Evidence, Known, Node, Process, ProcessKind};

/// Scripts that bring a database up to date, the likeliest first.
const MIGRATIONS: &[&str] = &[
    "migrate:deploy",
    "db:migrate:deploy",
    "prisma:deploy",
    "db:deploy",
    "migrate:prod",
    "migration:run:prod",
    "migrate:latest",
    "migration:run",
    "migrations:run",
    "db:migrate",
    "migrate:up",
    "migrate",
    "typeorm:migrate",
    "knex:migrate",
    "migrations:up",
];

/// Finds them.
pub(super) fn find(project: &Project<'_>, node: &mut Node, draft: &mut Draft) {
    processes(project, node, draft);
    if draft.migration.is_none() {
        draft.migration = migration(project, node);
    }
}

fn processes(project: &Project<'_>, node: &Node, draft: &mut Draft) {
    for name in project.package.scripts.keys() {
        let plain = name
            .strip_prefix("start:")
            .or_else(|| name.strip_suffix(":start"))
            .unwrap_or(name);
        let plain = plain.strip_suffix(":prod").unwrap_or(plain);
        let (label, kind) = match plain {
            "worker" | "workers" | "queue" | "consumer" | "jobs" | "queue:work" | "processor" => {
                (plain, ProcessKind::Worker)
            }
            "scheduler" | "cron" | "clock" => (plain, ProcessKind::Scheduler),
            _ => continue,
        };
        let runs = scripts::follow(project.cx, &project.package, name, node.manager.value);
        let Some(Runs::Command { command, .. } | Runs::Shell(command)) = runs else {
            continue;
        };
        let same = draft
            .start
            .as_ref()
            .is_some_and(|start| start.value == command.value);
        let known = draft
            .processes
            .iter()
            .any(|process| process.command.value == command.value);
        if same || known {
            continue;
        }
        draft.processes.push(Process {
            name: label.replace(':', "-"),
            kind,
            command,
        });
    }
}

fn migration(project: &Project<'_>, node: &Node) -> Option<Known<Vec<String>>> {
    for name in MIGRATIONS {
        let Some(script) = project.package.script(name) else {
            continue;
        };
        let development = ["migrate dev", "ts-node", "nodemon", "generate", "dotenv"]
            .iter()
            .any(|word| script.text.contains(word));
        if development {
            continue;
        }
        if let Some(Runs::Command { command, .. }) =
            scripts::follow(project.cx, &project.package, name, node.manager.value)
        {
            return Some(command);
        }
    }
    let folder = |path: &str| project.cx.files.has_folder(&below(&project.folder, path));
    let command = |words: &[&str], evidence: Evidence| {
        Some(Known::stated(
            words.iter().map(|word| (*word).to_owned()).collect(),
            evidence,
        ))
    };
    if node.prisma && folder("prisma/migrations") {
        let evidence = Evidence::file(
            below(&project.folder, "prisma/migrations"),
            "there are migrations of Prisma",
        );
        return command(&["prisma", "migrate", "deploy"], evidence);
    }
    let knex = project.cx.files.first(
        &project.folder,
        &["knexfile.js", "knexfile.ts", "knexfile.mjs"],
    );
    if let Some(path) = knex.filter(|_| project.package.has("knex")) {
        return command(
            &["knex", "migrate:latest"],
            Evidence::file(path, "there is a `knexfile`"),
        );
    }
    if project.package.has("sequelize-cli")
        && (folder("migrations") || folder("db/migrations") || folder("src/migrations"))
    {
        return command(
            &["sequelize-cli", "db:migrate"],
            project.package.dependencies.evidence("sequelize-cli"),
        );
    }
    None
}
