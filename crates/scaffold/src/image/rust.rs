//! Images of Rust programs.

use super::base;
use super::sheet::Sheet;
use super::words::{copy, quote};
use crate::model::{Evidence, Rust};

pub(super) fn write(sheet: &mut Sheet<'_>, rust: &Rust) {
    sheet.stage(
        &base::rust(&rust.version.value),
        "build",
        rust.version.evidence.clone(),
    );
    sheet.build_packages(&["pkg-config"]);
    sheet.put("WORKDIR /src", "where it is built");
    sheet.manifests(&rust.manifests);
    sheet.sources(&rust.sources);
    let locked = if rust.locked { " --locked" } else { "" };
    let binary = quote(&rust.binary.value);
    // What a cache mount holds is in no layer: the program is taken out in the same step.
    let text = format!(
        "# Compiled dependencies are kept between builds in caches, which no layer holds.
RUN --mount=type=cache,target=/usr/local/cargo/registry \\
    --mount=type=cache,id={}-target,target=/src/target,sharing=locked \\
    cargo build --release{locked} --package {} --bin {binary} \\
    && install -D --target-directory=/out target/release/{binary}",
        sheet.service.name.value,
        quote(&rust.package.value),
    );
    let mut evidence = rust.package.evidence.clone();
    evidence.extend(rust.binary.evidence.iter().cloned());
    if rust.locked {
        evidence.push(Evidence::file(
            sheet.in_tree("Cargo.lock"),
            "it pins every version",
        ));
    }
    sheet.add(text, evidence);

    sheet.next("build", "dev", "developers run it from its sources");
    let mut command: Vec<String> = [
        "cargo",
        "run",
        "--package",
        &rust.package.value,
        "--bin",
        &rust.binary.value,
    ]
    .map(str::to_owned)
    .into();
    let arguments = sheet.running.command.value.get(1..).unwrap_or_default();
    if !arguments.is_empty() {
        command.push("--".to_owned());
        command.extend(arguments.iter().cloned());
    }
    sheet.put(
        "ENV CARGO_HOME=/tmp/cargo \\\n    CARGO_TARGET_DIR=/tmp/target",
        "the user may write there",
    );
    sheet.dev_ending(&command);

    let mut evidence = rust.binary.evidence.clone();
    evidence.push(Evidence::table(
        "the program needs the C library that it was linked against, and no more",
    ));
    sheet.stage(base::DEBIAN, "runtime", evidence);
    sheet.runtime_packages(&[("ca-certificates", "it may call others over TLS")]);
    sheet.environment();
    sheet.workdir();
    sheet.on("COPY --from=build /out/ /usr/local/bin/", &rust.binary);
    for asset in &rust.assets {
        sheet.on(copy(&[&asset.value, &asset.value]), asset);
    }
    sheet.writable();
    sheet.ending();
}
