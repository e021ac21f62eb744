//! Images of Go programs: one static program on an image without a shell, unless it needs more.

use super::sheet::Sheet;
use super::words::{cached, copy, quote};
use super::{base, pages};
use crate::model::{Evidence, Go};
use crate::plan::artefact;

const MODULES: &str = "/go/pkg/mod";
const BUILDS: &str = "/root/.cache/go-build";

pub(super) fn write(sheet: &mut Sheet<'_>, go: &Go) {
    let bare = super::is_bare(sheet.service);
    let cgo = go.cgo.as_ref().filter(|cgo| cgo.value);
    sheet.stage(
        &base::go(&go.version.value),
        "build",
        go.version.evidence.clone(),
    );
    sheet.build_packages(&[]);
    match cgo {
        Some(known) => sheet.on("ENV CGO_ENABLED=1", known),
        None => sheet.put("ENV CGO_ENABLED=0", "the program needs no C library"),
    }
    sheet.put("WORKDIR /src", "where it is built");
    sheet.manifests(&go.manifests);
    if !go.module.is_empty() {
        let module = Evidence::file(sheet.in_tree(&go.module), "the module's folder");
        sheet.add(format!("WORKDIR /src/{}", go.module), vec![module]);
    }
    if !go.vendored {
        let evidence = sheet.files(&go.manifests, "it names modules");
        sheet.add(cached(&[MODULES], "go mod download"), evidence);
    }
    if !go.module.is_empty() {
        sheet.put("WORKDIR /src", "paths are those of the context");
    }
    sheet.sources(&sources(go));
    pages::into_build(sheet, "/src");
    if !go.module.is_empty() {
        sheet.put(format!("WORKDIR /src/{}", go.module), "the module's folder");
    }
    let package = match go.main.value.package.trim_start_matches("./") {
        "" | "." => ".".to_owned(),
        package => format!("./{package}"),
    };
    let build = format!(
        "go build -trimpath -ldflags=\"-s -w\" -o /out/{} {}",
        quote(&go.main.value.binary),
        quote(&package)
    );
    sheet.on(cached(&[MODULES, BUILDS], &build), &go.main);
    if bare {
        health(sheet);
        if sheet
            .running
            .writable
            .iter()
            .any(|known| known.value != "/tmp")
        {
            sheet.put(
                "RUN mkdir /empty",
                "the image that runs has nothing that could make a folder",
            );
        }
    }

    sheet.next("build", "dev", "developers run it from its sources");
    let command: Vec<String> = ["go", "run", package.as_str()].map(str::to_owned).into();
    let arguments = sheet.running.command.value.get(1..).unwrap_or_default();
    let command = [command, arguments.to_vec()].concat();
    sheet.dev_ending(&command);

    if bare {
        let mut evidence = go.main.evidence.clone();
        evidence.push(Evidence::table("a static program needs no more"));
        sheet.stage(base::STATIC, "runtime", evidence);
    } else {
        let says = "it needs a C library, Debian's packages or a shell";
        let evidence = match cgo {
            Some(known) => known.evidence.clone(),
            None => vec![Evidence::table(says)],
        };
        sheet.stage(base::DEBIAN, "runtime", evidence);
        sheet.runtime_packages(&[("ca-certificates", "it may call others over TLS")]);
    }
    sheet.environment();
    sheet.workdir();
    sheet.on("COPY --from=build /out/ /usr/local/bin/", &go.main);
    for asset in &go.assets {
        let target = asset
            .value
            .strip_prefix(go.module.as_str())
            .unwrap_or(&asset.value)
            .trim_start_matches('/');
        sheet.on(copy(&[&asset.value, target]), asset);
    }
    if bare {
        empty_folders(sheet);
    } else {
        sheet.writable();
    }
    sheet.ending();
}

/// What the program is made of, committed dependencies among it.
fn sources(go: &Go) -> Vec<String> {
    let mut sources = go.sources.clone();
    let vendor = artefact::vendor(go);
    if go.vendored && !sources.contains(&vendor) && !sources.iter().any(|path| path == ".") {
        sources.push(vendor);
    }
    sources
}

/// A program that asks for health, since the image has none that could.
fn health(sheet: &mut Sheet<'_>) {
    let Some(check) = sheet.running.healthcheck.clone() else {
        return;
    };
    let is_http = check
        .value
        .get(1)
        .is_some_and(|word| word.starts_with("http"));
    let body = if is_http {
        "import (
	\"net/http\"
	\"os\"
	\"time\"
)

func main() {
	client := http.Client{Timeout: 2 * time.Second}
	answer, err := client.Get(os.Args[1])
	if err != nil || answer.StatusCode >= 400 {
		os.Exit(1)
	}
}"
    } else {
        "import (
	\"net\"
	\"os\"
	\"time\"
)

func main() {
	if _, err := net.DialTimeout(\"tcp\", os.Args[1], 2*time.Second); err != nil {
		os.Exit(1)
	}
}"
    };
    let text = format!(
        "# The image that runs has no program that could ask for health but this one.
COPY <<'GO' /health/main.go
package main

{body}
GO

{}",
        cached(
            &[BUILDS],
            "go build -trimpath -ldflags=\"-s -w\" -o /out/healthcheck /health/main.go"
        )
    );
    sheet.add(text, check.evidence);
}

/// Folders that belong to the user, on an image where nothing can make them.
fn empty_folders(sheet: &mut Sheet<'_>) {
    let writable = sheet.running.writable.clone();
    for folder in writable.iter().filter(|known| known.value != "/tmp") {
        let text = format!(
            "COPY --from=build --chown={}:{} /empty/ {}/",
            sheet.running.user, sheet.running.group, folder.value
        );
        sheet.on(text, folder);
    }
}
