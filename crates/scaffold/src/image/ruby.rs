//! Images of Ruby programs.

use super::sheet::Sheet;
use super::words::cached;
use super::{base, node};
use crate::model::{Evidence, Ruby};

/// What Rails needs beside Ruby where Node compiles its assets: programs and packages.
const FROM_PACKAGES: &[&str] = &[
    "COPY --from=packages /usr/local/bin/ /usr/local/bin/",
    "COPY --from=packages /usr/local/lib/node_modules/ /usr/local/lib/node_modules/",
    "COPY --from=packages /app/ ./",
];

pub(super) fn write(sheet: &mut Sheet<'_>, ruby: &Ruby) {
    let image = base::ruby(&ruby.version.value);
    let version = ruby.version.evidence.clone();
    let bundler = !ruby.manifests.is_empty();
    if let Some(builder) = &ruby.builder {
        let mut why = builder.evidence.clone();
        why.extend_from_slice(&builder.value.version.evidence);
        node::packages(sheet, &builder.value, "packages", why, None);
    }
    sheet.stage(&image, "build", version.clone());
    if bundler {
        let mut packages = sheet.libraries(|library| library.build.as_deref());
        for name in ["build-essential", "libyaml-dev", "pkg-config"] {
            let evidence = Evidence::table("gems with parts in C are compiled");
            packages.push((name.to_owned(), evidence));
        }
        sheet.packages(&packages);
    }
    sheet.environment();
    sheet.workdir();
    if bundler {
        sheet.manifests(&ruby.manifests);
        let evidence = sheet.files(&ruby.manifests, "it names gems");
        // Without a lock file there is nothing to deploy from.
        let install = if ruby.locked {
            "bundle install"
        } else {
            "BUNDLE_DEPLOYMENT=0 bundle install"
        };
        let text = cached(&["/root/.bundle/cache"], install);
        sheet.add(text, evidence);
    }
    sheet.sources(&ruby.sources);
    if let Some(builder) = &ruby.builder {
        for text in FROM_PACKAGES {
            sheet.add(*text, builder.evidence.clone());
        }
    }
    if ruby.assets {
        sheet.put(
            "RUN SECRET_KEY_BASE_DUMMY=1 ./bin/rails assets:precompile",
            "assets are compiled once, not at every start; no secret is needed for it",
        );
    }

    sheet.next("build", "dev", "developers have the tests' gems, too");
    sheet.put(
        "ENV APP_ENV=development \\\n    BUNDLE_WITHOUT=\"\" \\\n    RACK_ENV=development \\\n    RAILS_ENV=development",
        "code is read again when it changes",
    );
    if bundler {
        let evidence = sheet.files(&ruby.manifests, "it names gems");
        sheet.add("RUN bundle install", evidence);
    }
    let command = sheet.running.command.value.clone();
    sheet.dev_ending(&command);

    sheet.stage(&image, "runtime", version);
    sheet.runtime_packages(&[]);
    sheet.environment();
    sheet.workdir();
    if bundler {
        let evidence = sheet.files(&ruby.manifests, "it names gems");
        sheet.add(
            "COPY --from=build /usr/local/bundle /usr/local/bundle",
            evidence,
        );
        let evidence = sheet.files(&ruby.manifests, "Bundler reads it when the program starts");
        let text = super::words::copies(&ruby.manifests);
        sheet.add(text, evidence);
    }
    sheet.sources(&ruby.sources);
    if ruby.assets {
        // Each builder has a folder of its own there.
        let text = match &ruby.builder {
            Some(_) => "COPY --from=build /app/public public",
            None => "COPY --from=build /app/public/assets public/assets",
        };
        sheet.put(text, "assets that the build compiled");
    }
    sheet.writable();
    sheet.ending();
}
