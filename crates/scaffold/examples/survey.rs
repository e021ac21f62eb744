//! Prints what is known of the services in folders on disk, one statement a line, for looking at
//! detection and for measuring it: `cargo run -p plimsoll-scaffold --example survey -- FOLDER…`.
#![allow(clippy::print_stdout, reason = "it prints what it finds")]

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use plimsoll_scaffold::detect::{Told, survey};
use plimsoll_scaffold::model::{Evidence, Known, Service, Stack, Survey};
use plimsoll_source::files::TreeErrorKind;
use plimsoll_source::{DirEntry, EntryKind, Tree, TreeError};

struct Disk(PathBuf);

impl Disk {
    fn error(path: &str, error: &std::io::Error) -> TreeError {
        TreeError {
            path: path.to_owned(),
            kind: TreeErrorKind::Io(error.to_string()),
        }
    }
}

impl Tree for Disk {
    fn read(&self, path: &str) -> Result<Vec<u8>, TreeError> {
        std::fs::read(self.0.join(path)).map_err(|error| Self::error(path, &error))
    }

    fn list(&self, dir: &str) -> Result<Arc<[DirEntry]>, TreeError> {
        let entries =
            std::fs::read_dir(self.0.join(dir)).map_err(|error| Self::error(dir, &error))?;
        let mut found: Vec<DirEntry> = entries
            .filter_map(Result::ok)
            .filter_map(|entry| {
                let kind = entry.file_type().ok()?;
                let file = kind.is_file();
                Some(DirEntry {
                    name: entry.file_name().into_string().ok()?,
                    kind: match () {
                        () if file => EntryKind::File,
                        () if kind.is_dir() => EntryKind::Dir,
                        () if kind.is_symlink() => EntryKind::Link,
                        () => EntryKind::Other,
                    },
                    len: if file {
                        entry.metadata().map_or(0, |data| data.len())
                    } else {
                        0
                    },
                })
            })
            .collect();
        found.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(found.into())
    }

    fn kind(&self, path: &str) -> Option<EntryKind> {
        let data = std::fs::symlink_metadata(self.0.join(path)).ok()?;
        Some(if data.is_dir() {
            EntryKind::Dir
        } else {
            EntryKind::File
        })
    }
}

fn place(evidence: &[Evidence]) -> String {
    let mut text = String::new();
    for one in evidence.iter().take(2) {
        let _ = write!(text, " [{}:{} {}]", one.file, one.line, one.says);
    }
    text
}

fn known<T>(known: &Known<T>, show: impl Fn(&T) -> String) -> String {
    format!(
        "{} ({:?}){}",
        show(&known.value),
        known.certainty,
        place(&known.evidence)
    )
}

fn stack(stack: &Stack) -> String {
    let whole = format!("{stack:?}");
    // The debug form without the evidence, which the lines above show.
    let mut text = String::new();
    let mut rest = whole.as_str();
    while let Some(at) = rest.find(", evidence: [") {
        text.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = rest.find("}]").map_or(rest.len(), |end| end + 2);
        rest = &rest[end..];
    }
    text.push_str(rest);
    text
}

fn service(service: &Service) {
    println!(
        "service {} folder={:?} context={:?}",
        known(&service.name, Clone::clone),
        service.folder,
        service.context
    );
    println!("  stack {}", stack(&service.stack));
    if let Some(start) = &service.start {
        println!("  start {}", known(start, |words| format!("{words:?}")));
    }
    if let Some(port) = &service.port {
        let show = |port: &plimsoll_scaffold::model::Port| {
            format!(
                "{} var={:?} loopback={}",
                port.number, port.variable, port.loopback
            )
        };
        println!("  port {}", known(port, show));
    }
    for route in &service.health {
        println!(
            "  health {}",
            known(route, |route| format!("{} {:?}", route.path, route.purpose))
        );
    }
    for variable in &service.environment {
        let name = known(&variable.name, Clone::clone);
        println!(
            "  env {name} default={:?} secret={} required={} {:?}",
            variable.default, variable.secret, variable.required, variable.backing
        );
    }
    for backing in &service.backing {
        println!(
            "  backing {}",
            known(backing, |backing| format!("{backing:?}"))
        );
    }
    if let Some(migration) = &service.migration {
        println!(
            "  migration {}",
            known(migration, |words| format!("{words:?}"))
        );
    }
    for process in &service.processes {
        println!(
            "  process {} {:?} {}",
            process.name,
            process.kind,
            known(&process.command, |words| format!("{words:?}"))
        );
    }
    for path in &service.writes {
        println!("  writes {}", known(path, Clone::clone));
    }
    for library in &service.libraries {
        println!(
            "  library {:?} {:?} because {}",
            library.build, library.run, library.because.value
        );
    }
    for question in &service.questions {
        println!(
            "  question {:?} {} {:?}",
            question.topic, question.text, question.choices
        );
    }
}

fn show(found: &Survey) {
    found.services.iter().for_each(service);
    for refusal in &found.refusals {
        println!(
            "refusal {:?} {}{}",
            refusal.folder,
            refusal.why,
            place(&refusal.evidence)
        );
    }
}

fn main() {
    for folder in std::env::args().skip(1) {
        let begun = Instant::now();
        let found = survey(&Disk(PathBuf::from(&folder)), "", &Told::default());
        println!("== {folder} {} ms", begun.elapsed().as_millis());
        show(&found);
    }
}
