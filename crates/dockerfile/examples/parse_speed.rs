//! Measures `parse` and `Build::new` on about ten megabytes of Dockerfiles as people write them:
//! stages, long RUN lines with continuations and comments, heredocs, JSON commands.

use std::fmt::Write as _;
use std::io::Write as _;
use std::time::Instant;

use plimsoll_dockerfile::{Build, parse};

/// A small generator of numbers, so that every run has the same files.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % below as u64) as usize
    }

    fn pick<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list[self.next(list.len())]
    }
}

const IMAGES: &[&str] = &[
    "python:3.13-slim",
    "node:22-alpine",
    "golang:1.24",
    "debian:bookworm",
    "eclipse-temurin:21",
];
const PACKAGES: &[&str] = &[
    "ca-certificates",
    "curl",
    "git",
    "libpq-dev",
    "build-essential",
    "openssl",
    "tini",
    "unzip",
];

fn dockerfile(numbers: &mut Numbers) -> String {
    let mut text = String::from("# syntax=docker/dockerfile:1\n\nARG VERSION=1.2.3\n");
    for stage in 0..1 + numbers.next(3) {
        let image = numbers.pick(IMAGES);
        let _ = writeln!(
            text,
            "\nFROM {image} AS stage{stage}\n\n# Tools of the build"
        );
        let _ = writeln!(
            text,
            "ARG VERSION\nENV APP_VERSION=${{VERSION}} \\\n    PORT=8080 PATH=\"/opt/app/bin:$PATH\""
        );
        text.push_str("RUN set -eux; \\\n    apt-get update; \\\n    apt-get install -y --no-install-recommends \\\n");
        for _ in 0..3 + numbers.next(9) {
            let _ = writeln!(text, "        {} \\", numbers.pick(PACKAGES));
        }
        text.push_str("# the lists are not needed at run time\n    ; \\\n    rm -rf /var/lib/apt/lists/*\n\nWORKDIR /app\n");
        for n in 0..numbers.next(6) {
            let _ = writeln!(
                text,
                "COPY --chown=1000:1000 src/module{n}/ requirements-{n}.txt ./module{n}/"
            );
            let _ = writeln!(
                text,
                "RUN --mount=type=cache,target=/root/.cache/pip pip install --no-deps -r requirements-{n}.txt && python -m compileall module{n}"
            );
        }
        if numbers.next(3) == 0 {
            text.push_str("COPY <<EOF /etc/app.conf\nlisten = ${PORT}\nlevel = info\nEOF\nRUN <<'EOF'\nset -e\nfor f in /app/*.txt; do\n  cat \"$f\"\ndone\nEOF\n");
        }
        text.push_str("LABEL org.opencontainers.image.title=\"app\" org.opencontainers.image.licenses=\"MIT\"\n");
    }
    text.push_str("EXPOSE 8080/tcp\nUSER 1000:1000\nHEALTHCHECK --interval=30s --timeout=3s CMD curl -fsS http://localhost:8080/health || exit 1\nENTRYPOINT [\"/usr/bin/tini\", \"--\"]\nCMD [\"python\", \"-m\", \"app\", \"--port\", \"8080\"]\n");
    text
}

fn main() -> std::io::Result<()> {
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    let mut files = Vec::new();
    let mut bytes = 0;
    while bytes < 10_000_000 {
        let text = dockerfile(&mut numbers);
        bytes += text.len();
        files.push(std::sync::Arc::<str>::from(text));
    }
    let mut out = std::io::stdout().lock();
    let megabytes = bytes as f64 / 1e6;
    writeln!(out, "{} files, {megabytes:.1} MB", files.len())?;
    let mut best = [f64::MAX; 2];
    let mut count = 0;
    for _ in 0..5 {
        let start = Instant::now();
        let parsed: Vec<_> = files.iter().map(|text| parse(text.clone())).collect();
        best[0] = best[0].min(start.elapsed().as_secs_f64());
        count = parsed.iter().map(|file| file.instructions.len()).sum();
        let errors: usize = parsed.iter().map(|file| file.errors.len()).sum();
        assert_eq!(errors, 0, "the generated files are sound");
        let start = Instant::now();
        let builds: Vec<_> = parsed.into_iter().map(Build::new).collect();
        best[1] = best[1].min(start.elapsed().as_secs_f64());
        drop(builds);
    }
    writeln!(out, "{count} instructions")?;
    writeln!(out, "parse:      {:.0} MB/s", megabytes / best[0])?;
    writeln!(out, "Build::new: {:.0} MB/s", megabytes / best[1])
}
