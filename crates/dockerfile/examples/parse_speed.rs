//! How fast a Dockerfile becomes a tree, and how fast with its stages resolved and its shell
//! scripts parsed: `cargo run --release -p plimsoll-dockerfile --example parse_speed [PATH]`.
//!
//! `PATH` is a file, or a folder whose Dockerfiles are taken. Without one, about 5 MB of files
//! of the usual shape are made up.
#![expect(clippy::print_stdout, reason = "a program for people")]

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use plimsoll_dockerfile::{Build, parse};

const ROUNDS: usize = 9;

fn made_up(size: usize) -> Vec<String> {
    let mut texts = Vec::new();
    let mut written = 0;
    while written < size {
        let n = texts.len();
        let text = format!(
            "# syntax=docker/dockerfile:1\n# Service {n}\nARG VERSION=3.13\nFROM python:${{VERSION}}-slim AS build\nWORKDIR /app\n\
             ENV PATH=\"/app/.venv/bin:$PATH\" \\\n    # unbuffered\n    PYTHONUNBUFFERED=1\n\
             RUN apt-get update && \\\n    apt-get install -y --no-install-recommends \\\n      build-essential \\\n      libpq-dev \\\n      curl \\\n    && rm -rf /var/lib/apt/lists/*\n\
             COPY pyproject.toml uv.lock ./\nRUN --mount=type=cache,target=/root/.cache/uv uv sync --frozen --no-dev\n\
             COPY --chown=10001:10001 src ./src\nRUN <<EOF\nset -eu\nfor f in a b c; do echo \"$f-{n}\" >> list; done\nEOF\n\n\
             FROM python:${{VERSION}}-slim\nARG REVISION\nLABEL org.opencontainers.image.revision=${{REVISION:-none}} service=s{n}\n\
             COPY --from=build /app /app\nUSER 10001:10001\nEXPOSE 8000/tcp\n\
             HEALTHCHECK --interval=30s --timeout=3s CMD curl -f http://localhost:8000/health || exit 1\n\
             ENTRYPOINT [\"python\", \"-m\", \"service\", \"--port\", \"8000\"]\n"
        );
        written += text.len();
        texts.push(text);
    }
    texts
}

fn gathered(path: &Path) -> Vec<String> {
    if path.is_file() {
        return fs::read_to_string(path).into_iter().collect();
    }
    let mut texts = Vec::new();
    let mut open = vec![path.to_path_buf()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let name = entry.file_name().to_string_lossy().to_lowercase();
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                open.push(path);
            } else if name.contains("dockerfile") && !name.ends_with(".dockerignore") {
                texts.extend(fs::read_to_string(path));
            }
        }
    }
    texts
}

fn best(mut work: impl FnMut()) -> Duration {
    let once = |_| {
        let start = Instant::now();
        work();
        start.elapsed()
    };
    (0..ROUNDS).map(once).min().unwrap_or_default()
}

fn main() {
    let texts = match std::env::args().nth(1) {
        Some(path) => gathered(Path::new(&path)),
        None => made_up(5_000_000),
    };
    let bytes: usize = texts.iter().map(String::len).sum();
    let megabytes = bytes as f64 / 1e6;
    let parsed = best(|| {
        for text in &texts {
            std::hint::black_box(parse(text.as_str()));
        }
    });
    let built = best(|| {
        for text in &texts {
            std::hint::black_box(Build::new(parse(text.as_str())));
        }
    });
    let speed = |time: Duration| megabytes / time.as_secs_f64();
    println!("{megabytes:.1} MB in {} files", texts.len());
    println!("syntax tree                {:7.1} MB/s", speed(parsed));
    println!("with stages and scripts    {:7.1} MB/s", speed(built));
}
