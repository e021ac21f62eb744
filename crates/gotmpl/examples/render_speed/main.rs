//! Measures parsing and rendering, with traces and without, on a small chart of our own or on
//! the templates below folders that are named.
//!
//!     cargo run --release -p plimsoll-gotmpl --example render_speed [FOLDER…]

mod functions;
mod values;

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use plimsoll_gotmpl::{
    Functions, HostId, Map, MissingKey, Options, Session, Templates, Trace, Traced, Tree,
};

const FILES: &[(&str, &str)] = &[
    ("_names.tpl", include_str!("chart/_names.tpl")),
    ("config.yaml", include_str!("chart/config.yaml")),
    ("deployment.yaml", include_str!("chart/deployment.yaml")),
    ("service.yaml", include_str!("chart/service.yaml")),
];
const VALUES: &str = include_str!("chart/values.json");
const ROUNDS: usize = 2000;

/// Functions of which only the names matter: any name is one.
struct AnyName;

impl plimsoll_gotmpl::syntax::FunctionNames for AnyName {
    fn function(&self, name: &str) -> Option<u32> {
        (name != "break" && name != "continue").then_some(0)
    }
}

fn collect(folder: &Path, files: &mut Vec<Arc<[u8]>>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.iter().any(|part| part == "templates") {
            files.push(std::fs::read(path)?.into());
        }
    }
    Ok(())
}

fn parse_speed(files: &[Arc<[u8]>]) -> (f64, usize) {
    let bytes: usize = files.iter().map(|file| file.len()).sum();
    let mut best = f64::MAX;
    let mut errors = 0;
    for _ in 0..5 {
        let start = Instant::now();
        errors = 0;
        for file in files {
            errors += Tree::parse("x", file.clone(), &AnyName).errors().len();
        }
        best = best.min(start.elapsed().as_secs_f64());
    }
    (bytes as f64 / 1e6 / best, errors)
}

/// The dot of every template: values, and what a release would tell.
fn dot() -> Traced {
    let root = Map::new();
    let mut next = 0;
    let json = serde_json::from_str(VALUES).unwrap_or_default();
    root.insert("Values", values::build(&json, &mut next));
    for (section, entries) in [
        (
            "Release",
            [("Name", "demo"), ("Namespace", "apps"), ("Service", "Helm")],
        ),
        (
            "Chart",
            [
                ("Name", "payments"),
                ("Version", "1.2.3+4"),
                ("AppVersion", "1.14.0"),
            ],
        ),
    ] {
        let map = Map::new();
        for (key, text) in entries {
            next += 1;
            map.insert(key, Traced::new(text, Trace::of(HostId(next))));
        }
        root.insert(section, Traced::from(map));
    }
    root.into()
}

fn session(templates: &Arc<Templates>, tracing: bool) -> Session {
    let options = Options {
        missing_key: MissingKey::Zero,
        tracing,
        ..Options::default()
    };
    Session::new(templates.clone(), options)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut out = std::io::stdout().lock();
    for folder in std::env::args().skip(1) {
        let mut files = Vec::new();
        collect(folder.as_ref(), &mut files)?;
        let (speed, errors) = parse_speed(&files);
        let count = files.len();
        writeln!(
            out,
            "{folder}: {count} files, {errors} errors, {speed:.0} MB/s"
        )?;
    }
    let functions: Arc<Functions> = Arc::new(functions::all());
    let own: Vec<Arc<[u8]>> = FILES
        .iter()
        .map(|(_, text)| text.as_bytes().into())
        .collect();
    writeln!(out, "parse: {:.0} MB/s", parse_speed(&own).0)?;

    let mut templates = Templates::new("chart", functions);
    for (name, text) in FILES {
        if let Err(errors) = templates.parse(*name, text.as_bytes()) {
            return Err(errors[0].clone().into());
        }
    }
    let templates = Arc::new(templates);
    if let Some(mode) = std::env::var_os("PROFILE") {
        let rounds = std::env::var("ROUNDS").ok().and_then(|n| n.parse().ok());
        for _ in 0..rounds.unwrap_or(ROUNDS) {
            let dot = dot();
            let mut session = session(&templates, mode == "traced");
            for (name, _) in &FILES[1..] {
                session.render(name, dot.clone())?;
            }
        }
        return Ok(());
    }
    let mut out_bytes = 0;
    let mut segments = 0;
    // Without traces, with traces, and with all segments listed as well. They take turns, and
    // the best of many short rounds counts, so that what else the machine does does not.
    let mut best = [f64::MAX; 3];
    for _ in 0..ROUNDS {
        for (mode, best) in best.iter_mut().enumerate() {
            let dots = [dot(), dot(), dot(), dot()];
            let start = Instant::now();
            for dot in dots {
                let mut session = session(&templates, mode > 0);
                out_bytes = 0;
                segments = 0;
                for (name, _) in &FILES[1..] {
                    let output = session.render(name, dot.clone())?;
                    out_bytes += output.bytes().len();
                    if mode == 2 {
                        segments += session.segments(&output).len();
                    }
                }
            }
            *best = best.min(start.elapsed().as_secs_f64() / 4.0);
        }
    }
    let [plain, traced, listed] = best;
    let more = |time: f64| (time / plain - 1.0) * 100.0;
    writeln!(out, "output: {out_bytes} bytes, {segments} segments")?;
    writeln!(out, "render: {:.1} µs", plain * 1e6)?;
    writeln!(
        out,
        "with traces: {:.1} µs ({:+.1} %)",
        traced * 1e6,
        more(traced)
    )?;
    writeln!(
        out,
        "and all segments: {:.1} µs ({:+.1} %)",
        listed * 1e6,
        more(listed)
    )?;
    if std::env::var_os("SHOW").is_some() {
        let mut session = session(&templates, true);
        for (name, _) in &FILES[1..] {
            let output = session.render(name, dot())?;
            writeln!(out, "{}", output.text())?;
        }
    }
    Ok(())
}
