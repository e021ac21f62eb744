//! Images of Elixir programs: a release, which brings its own Erlang.

use super::base;
use super::sheet::Sheet;
use super::words::quote;
use crate::model::{Elixir, Evidence};

pub(super) fn write(sheet: &mut Sheet<'_>, elixir: &Elixir) {
    let version = elixir.version.evidence.clone();
    sheet.stage(&base::elixir(&elixir.version.value), "tools", version);
    let mut packages = sheet.libraries(|library| library.build.as_deref());
    for name in ["build-essential", "git"] {
        let evidence = Evidence::table("packages with parts in C are compiled, some come from git");
        packages.push((name.to_owned(), evidence));
    }
    sheet.packages(&packages);
    sheet.put(
        "ENV LANG=C.UTF-8 \\\n    MIX_HOME=/opt/mix",
        "the BEAM reads file names as UTF-8; tools lie where every user finds them",
    );
    sheet.put(
        "RUN mix local.hex --force && mix local.rebar --force",
        "what fetches and builds packages",
    );
    sheet.workdir();
    sheet.manifests(&elixir.manifests);

    sheet.next("tools", "build", "a release is built for production");
    sheet.put("ENV MIX_ENV=prod", "what runs is built as it runs");
    let evidence = sheet.files(&elixir.manifests, "it names packages");
    let locked = elixir
        .manifests
        .iter()
        .any(|path| path.ends_with("mix.lock"));
    let check = if locked { " --check-locked" } else { "" };
    sheet.add(
        format!("RUN mix deps.get --only prod{check} && mix deps.compile"),
        evidence,
    );
    sheet.sources(&elixir.sources);
    let assets = if elixir.assets {
        "mix assets.deploy && "
    } else {
        ""
    };
    let application = quote(&elixir.application.value);
    sheet.on(
        format!("RUN {assets}mix release {application} --path /out"),
        &elixir.application,
    );

    sheet.next("tools", "dev", "developers run it from its sources");
    let evidence = sheet.files(&elixir.manifests, "it names packages");
    sheet.add(
        format!("RUN mix deps.get{check} && mix deps.compile"),
        evidence,
    );
    sheet.sources(&elixir.sources);
    sheet.put("ENV MIX_BUILD_ROOT=/tmp/build", "the user may write there");
    let task = if elixir.phoenix { "phx.server" } else { "run" };
    let mut command = vec!["mix".to_owned(), task.to_owned()];
    if !elixir.phoenix {
        command.push("--no-halt".to_owned());
    }
    sheet.dev_ending(&command);

    sheet.stage(base::DEBIAN, "runtime", elixir.application.evidence.clone());
    sheet.runtime_packages(&[
        ("ca-certificates", "it may call others over TLS"),
        ("libncurses6", "Erlang is linked against it"),
        ("libssl3t64", "Erlang is linked against it"),
        ("libstdc++6", "Erlang is linked against it"),
    ]);
    sheet.environment();
    sheet.workdir();
    sheet.on("COPY --from=build /out/ ./", &elixir.application);
    sheet.writable();
    sheet.ending();
}
