//! Images of Deno programs.

use super::base;
use super::sheet::Sheet;
use super::words::quote;
use crate::model::{Deno, Evidence};

pub(super) fn write(sheet: &mut Sheet<'_>, deno: &Deno) {
    let image = base::deno(&deno.version.value);
    let version = deno.version.evidence.clone();
    sheet.stage(&image, "build", version.clone());
    sheet.put("ENV DENO_DIR=/deno-dir", "modules are copied from there");
    sheet.workdir();
    sheet.manifests(&deno.manifests);
    let lock = deno
        .manifests
        .iter()
        .find(|path| path.ends_with("deno.lock"));
    let has_configuration = deno.manifests.iter().any(|path| path.contains("deno.json"));
    if has_configuration {
        let frozen = if lock.is_some() { " --frozen" } else { "" };
        let evidence = sheet.files(&deno.manifests, "it names modules");
        sheet.add(format!("RUN deno install{frozen}"), evidence);
    }
    sheet.sources(&deno.sources);
    let evidence = match lock {
        Some(lock) => vec![Evidence::file(sheet.in_tree(lock), "it pins every module")],
        None => deno.entry.evidence.clone(),
    };
    let frozen = if lock.is_some() { "--frozen " } else { "" };
    sheet.add(
        format!("RUN deno cache {frozen}{}", quote(&deno.entry.value)),
        evidence,
    );

    sheet.next("build", "dev", "developers have what it runs with");
    let mut command = sheet.running.command.value.clone();
    if let [program, task, ..] = command.as_slice()
        && program == "deno"
        && task == "run"
    {
        command.insert(2, "--watch".to_owned());
    }
    sheet.dev_ending(&command);

    sheet.stage(&image, "runtime", version);
    sheet.runtime_packages(&[]);
    sheet.environment();
    sheet.workdir();
    sheet.on("COPY --from=build /deno-dir /deno-dir", &deno.entry);
    let mut files = deno.manifests.clone();
    files.extend(deno.sources.iter().cloned());
    sheet.sources(&files);
    sheet.writable();
    sheet.ending();
}
