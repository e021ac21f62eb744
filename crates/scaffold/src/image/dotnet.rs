//! Images of .NET programs.

use super::base;
use super::sheet::Sheet;
use super::words::{cached, quote};
use crate::model::{Certainty, Dotnet};

const PACKAGES: &str = "/root/.nuget/packages";

pub(super) fn write(sheet: &mut Sheet<'_>, dotnet: &Dotnet) {
    let version = &dotnet.version.value;
    sheet.stage(
        &base::dotnet_sdk(version),
        "build",
        dotnet.version.evidence.clone(),
    );
    sheet.put("WORKDIR /src", "where it is built");
    sheet.manifests(&dotnet.manifests);
    let project = quote(&dotnet.project.value);
    let locked = dotnet
        .manifests
        .iter()
        .any(|path| path.ends_with("packages.lock.json"));
    let locked = if locked { " --locked-mode" } else { "" };
    let evidence = sheet.files(&dotnet.manifests, "it names dependencies");
    let restore = format!("dotnet restore {project}{locked}");
    sheet.add(cached(&[PACKAGES], &restore), evidence);
    sheet.sources(&dotnet.sources);
    let publish = format!(
        "dotnet publish {project} --no-restore --configuration Release --output /out -p:UseAppHost=false"
    );
    sheet.on(cached(&[PACKAGES], &publish), &dotnet.project);

    sheet.next(
        "build",
        "dev",
        "developers run what was built, with the SDK beside it",
    );
    sheet.put("WORKDIR /out", "where the build's result lies");
    let command = sheet.running.command.value.clone();
    sheet.dev_ending(&command);

    let image = base::dotnet(version, dotnet.web);
    sheet.stage(&image, "runtime", dotnet.version.evidence.clone());
    sheet.runtime_packages(&[]);
    sheet.environment();
    // The runtime is a newer one than the project was made for: it refuses the program otherwise.
    if dotnet.version.certainty == Certainty::Assumed {
        sheet.add(
            "ENV DOTNET_ROLL_FORWARD=Major".to_owned(),
            dotnet.version.evidence.clone(),
        );
    }
    sheet.workdir();
    sheet.on("COPY --from=build /out/ ./", &dotnet.project);
    sheet.writable();
    sheet.ending();
}
