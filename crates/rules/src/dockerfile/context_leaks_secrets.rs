//! # What it does
//! Finds secrets that a COPY or ADD of a folder takes along: `.env` files with credentials,
//! private keys, login files of package managers and clouds. The real folder is looked at, with
//! `.dockerignore` applied.
//!
//! # Why it matters
//! Nobody named the file, so nobody notices that it ships. Whoever can pull the image can read it,
//! also when a later step deletes it.
//!
//! Files are taken for secret by their name and then by what they hold: an `.env` without
//! credentials is none. Keys below `tests` and `fixtures` are not reported. A secret that a COPY
//! names itself is reported by `secret-in-image`.
//!
//! Where a later step needs the file (it names it, or reads it as bundlers read an `.env`), leaving
//! it out is no advice: the step can be given it for itself. Not so where the step writes what it
//! reads into what it makes, as `php artisan optimize` and the projects of .NET do.
//!
//! A value that says that it stands in for another (`TEST_SECRET`, `CHANGE9s`, `dev-event-token`) is no credential, nor is
//! one that anyone would guess (`dev-token`, `your-key`, `user:password@localhost`). Of a file for
//! development (`.env.development`) only tokens and keys count that a machine made up, of 32 characters and
//! more. Of several files, those with such values are named first.
//!
//! # Example
//! ```dockerfile bad
//! //- /Dockerfile
//! FROM node:22-slim
//! COPY . /app
//! //- /.dockerignore
//! .git
//! //- /.env
//! STRIPE_API_KEY=9f86d081884c7d659a2feaa0c55ad015
//! //- /server.js
//! console.log("up")
//! ```
//! ```dockerfile good
//! //- /Dockerfile
//! FROM node:22-slim
//! COPY . /app
//! //- /.dockerignore
//! .git
//! .env
//! //- /.env
//! STRIPE_API_KEY=9f86d081884c7d659a2feaa0c55ad015
//! //- /server.js
//! console.log("up")
//! ```
//!
//! # Fix safety
//! Given where a `.dockerignore` is there and no step was seen to need the file; a program may still
//! read it when it starts.
//!
//! # References
//! - <https://docs.docker.com/build/concepts/context/#dockerignore-files>

use std::collections::BTreeMap;

use plimsoll_source::{Confidence, Place, Severity};

use super::build_context::{View, listed};
use super::context_files::{holds_secret, looks_real};
use super::facts::copies::Whence;
use super::secret_uses::{How, Use, used, used_by_another};
use super::shipped::{lineage, shipped};
use crate::{Check, Cx, DockerfileInput, FixKind, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "context-leaks-secrets",
    summary: "a copied folder takes secrets along",
    since: "0.1.0",
    severity: Severity::Error,
    confidence: Confidence::High,
    strictness: Strictness::Default,
    fix: FixKind::Sometimes,
    aliases: &[],
    checks: &[Check::Dockerfile(check)],
};

fn check(cx: &mut Cx<'_>, input: &DockerfileInput<'_>) {
    let build = &input.unit.build;
    let project = cx.project;
    let Some(view) = View::with_content(cx.project, input.unit) else {
        return;
    };
    let line = shipped(input.unit)
        .map(|stage| lineage(build, stage))
        .unwrap_or_default();
    let mut told: Vec<&str> = Vec::new();
    for copy in input
        .facts
        .copies
        .iter()
        .filter(|copy| copy.whence == Whence::Context)
    {
        for source in copy.sources.iter().filter(|source| source.known) {
            let taken = view.visible().select(&source.path);
            let mut secrets: Vec<&str> = taken
                .iter()
                // What the COPY names itself is no by-catch.
                .filter(|file| file.path != source.path && !told.contains(&file.path.as_str()))
                .filter(|file| holds_secret(view, &file.path, file.len))
                .map(|file| file.path.as_str())
                .collect();
            if secrets.is_empty() {
                continue;
            }
            // What is surely a secret is to be read first.
            secrets.sort_by_cached_key(|path| !looks_real(view, path));
            told.extend(&secrets);
            let ships = line
                .iter()
                .any(|stage| stage.instructions.contains(&copy.instruction));
            let draft = cx.report(
                source.range,
                format!(
                    "this takes {} into {}",
                    listed(&secrets, 4),
                    if ships { "the image" } else { "a build stage" }
                ),
            );
            if ships {
                draft.note(
                    "whoever can pull the image can read it, also when a later step deletes it",
                );
            } else {
                draft.severity(Severity::Warning).note(
                    "a build stage does not ship, but its layers stay in the build cache and may be pushed with it",
                );
            }
            let uses: Vec<Option<Use>> = secrets
                .iter()
                .map(|path| used(build, input.facts, view, (copy, source), path))
                .collect();
            let mut fates = Fates::default();
            for (path, used) in secrets.iter().zip(&uses) {
                if let Some(used) = used {
                    fates.needed.entry(used.how).or_default().push(path);
                } else if let Some(other) = used_by_another(project, input.unit, view, path) {
                    fates.elsewhere.push((path, other));
                } else {
                    fates.spare.push((*path).to_owned());
                }
            }
            draft.help(fates.help(view));
            if !ships && fates.needed.contains_key(&How::Packs) {
                draft.note("what is made of it there takes it along into the image that ships");
            }
            let mut shown: Vec<Use> = uses.into_iter().flatten().collect();
            shown.dedup();
            for used in shown.into_iter().take(4) {
                draft.related(Place::new(input.unit.file, used.range), shows(used.how));
            }
            if view.context.ignore.is_some() && !fates.spare.is_empty() {
                draft.fix(view.leave_out(&fates.spare));
            }
        }
    }
}

/// What is to become of the secrets.
#[derive(Default)]
struct Fates<'a> {
    /// No step was seen to need them.
    spare: Vec<String>,
    /// This build does something with them.
    needed: BTreeMap<How, Vec<&'a str>>,
    /// The build of another Dockerfile, named here by its path, needs them.
    elsewhere: Vec<(&'a str, String)>,
}

/// What the place of a use shows.
fn shows(how: How) -> &'static str {
    match how {
        How::Reads => "this needs it",
        How::Caches => "this writes what it says into the image",
        How::Packs => "this makes it a part of the program",
        How::CopiesOn => "this copies it on",
        How::Starts => "this starts with it",
        How::Adds => "this adds to it",
    }
}

/// What to do about files that are used so; `files` lists them.
fn advice(how: How, files: &str) -> String {
    match how {
        How::Reads => format!(
            "the build needs {files}: give it when the container starts, or mount it for the step \
             alone with `RUN --mount=type=secret`"
        ),
        How::Caches => format!(
            "a step writes the values of {files} into the image, which mounting it for that step \
             would not change: leave the file out in `.dockerignore`, and run that step when the \
             container starts, with the values given then"
        ),
        How::Packs => format!(
            "a step makes {files} a part of the program that it builds, and mounting it for that \
             step would not change that: take it out of the description of the project, and mount \
             it when the container starts"
        ),
        How::CopiesOn => format!(
            "a step copies {files} on by name, and later ones may read the copy: leave the files out \
             in `.dockerignore`, and do what needs them when the container starts, with the file \
             given then"
        ),
        How::Starts => format!(
            "the container starts with {files}: leave it out in `.dockerignore`, and mount it when \
             the container starts"
        ),
        How::Adds => format!(
            "a step adds to {files}: leave the file out in `.dockerignore`, and give all of it when \
             the container starts"
        ),
    }
}

impl Fates<'_> {
    fn help(&self, view: View<'_>) -> String {
        let there = view.context.ignore.is_some();
        let mut parts = Vec::new();
        if !self.spare.is_empty() {
            let names: Vec<String> = self.spare.iter().map(|path| format!("`{path}`")).collect();
            let names = names.join(", ");
            let mut part = if there {
                format!("leave it out in `.dockerignore`: {names}")
            } else {
                format!("create a `.dockerignore` with {names}")
            };
            if names.contains(".env") {
                part.push_str("; what the program needs of it, give it when the container starts");
            }
            parts.push(part);
        }
        for (path, other) in &self.elsewhere {
            parts.push(format!(
                "`{other}` needs `{path}` and has the same context: leave it out for this build \
                 alone, in a file called as the Dockerfile with `.dockerignore` at its end"
            ));
        }
        for (how, files) in &self.needed {
            parts.push(advice(*how, &listed(files, 4)));
        }
        parts.join("; ")
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::on;

    const ENV: &str = "//- /.env\nDB_PASSWORD=kJ8x2mQ9vT4w\n";
    const KEY: &str = "//- /certs/server.key\n-----BEGIN PRIVATE KEY-----\nMIIB\n";

    #[test]
    fn taken_secrets_are_found() {
        on(&RULE)
            .files(&format!(
                "//- /Dockerfile\nFROM a:1\nCOPY . .\n{ENV}//- /x\n1\n"
            ))
            .says(&["this takes `.env` into the image"]);
        on(&RULE)
            .files(&format!("//- /Dockerfile\nFROM a:1\nCOPY certs /c\n{KEY}"))
            .flags(&["Dockerfile:2: certs"]);
        let case = on(&RULE)
            .files(&format!(
                "//- /.dockerignore\n.git\n//- /Dockerfile\nFROM a:1 AS b\nCOPY . .\nFROM a:1\n{ENV}//- /x\n1\n"
            ))
            .says(&["this takes `.env` into a build stage"]);
        case.fixed(".git\n.env\n");
    }

    #[test]
    fn addresses_with_stand_ins_are_no_secrets() {
        let with = |password: &str| {
            on(&RULE).files(&format!(
                "//- /Dockerfile\nFROM a:1\nCOPY . .\n//- /db.env\nURL=postgres://a:{password}@db/a\n//- /x\n1\n"
            ))
        };
        with("changeme_password").clean();
        with("password").clean();
        with("devpassword").clean();
        with("a").clean();
        with("kJ8x2mQ9vT4w").says(&["this takes `db.env` into the image"]);
    }

    #[test]
    fn values_that_name_their_stage_are_no_secrets() {
        let with = |value: &str| {
            on(&RULE).files(&format!(
                "//- /Dockerfile\nFROM a:1\nCOPY . .\n//- /dev.env\nJWT_SECRET={value}\n//- /x\n1\n"
            ))
        };
        with("dev-only-event-jwt-secret").clean();
        with("\"dev-only-event-jwt-secret\"").clean();
        with("dev-event-token").clean();
        with("dev-5f2a9c81d3").says(&["this takes `dev.env` into the image"]);
    }

    #[test]
    fn files_with_values_that_a_machine_made_up_are_named_first() {
        let files = |development: &str| {
            on(&RULE).files(&format!(
                "//- /Dockerfile\nFROM a:1\nCOPY . .\n//- /.env\nDB_PASSWORD=acme2024\n\
                 //- /.env.development\nSECRET_KEY={development}\n//- /x\n1\n"
            ))
        };
        files("0667281427ddde6f3d5122366bcaa656db3ce2010ae142bed01b4692cdf9d65f")
            .says(&["this takes `.env.development` and `.env` into the image"]);
        files("acme2025").says(&["this takes `.env` into the image"]);
    }

    #[test]
    fn what_the_build_needs_is_not_left_out() {
        let adds = "RUN echo A=b >> .env";
        for (step, start) in [
            ("RUN cp .env .env.prod", "a step copies `.env` on"),
            (adds, "a step adds to `.env`"),
            ("RUN . ./.env && make", "the build needs `.env`"),
            ("RUN make < .env", "the build needs `.env`"),
            ("RUN php artisan optimize", "a step writes the values of"),
            ("RUN composer dump-env prod", "a step writes the values of"),
            (
                "RUN echo A=b >> .env\nRUN php artisan optimize",
                "a step writes the values of",
            ),
            (
                "CMD [\"node\", \"--env-file=.env\", \"a.js\"]",
                "the container starts with `.env`",
            ),
            ("CMD source .env && ./a", "the container starts with `.env`"),
        ] {
            let case = on(&RULE)
                .files(&format!(
                    "//- /.dockerignore\n.git\n//- /Dockerfile\nFROM a:1\nWORKDIR /app\nCOPY . .\n{step}\n{ENV}//- /x\n1\n"
                ))
                .says(&["this takes `.env` into the image"]);
            assert!(case.findings[0].fix.is_none(), "{step}");
            let help = case.findings[0].help.as_deref().unwrap();
            assert!(help.starts_with(start), "{step}: {help}");
            let mounts = start.starts_with("the build needs");
            assert_eq!(
                help.contains("--mount=type=secret"),
                mounts,
                "{step}: {help}"
            );
            assert_eq!(case.findings[0].related.len(), 1, "{step}");
        }
        let case = on(&RULE).files(&format!(
            "//- /.dockerignore\n.git\n//- /Dockerfile\nFROM a:1\nWORKDIR /app\nCOPY . .\n\
             RUN cp deploy/a/.env .\n{}{}//- /x\n1\n",
            ENV.replace("/.env", "/deploy/a/.env"),
            ENV.replace("/.env", "/deploy/b/.env"),
        ));
        let fix = case.findings[0].fix.as_ref().unwrap();
        assert_eq!(fix.change.edits[0].edit.text, "deploy/b/.env\n");
        let case = on(&RULE).files(&format!(
            "//- /Dockerfile\nFROM a:1\nWORKDIR /app\nCOPY . .\nRUN npm run build\n//- /package.json\n\
             {{\"devDependencies\": {{\"vite\": \"7\"}}}}\n{ENV}"
        ));
        assert!(
            case.findings[0]
                .help
                .as_deref()
                .unwrap()
                .starts_with("the build needs")
        );
    }

    #[test]
    fn what_a_project_description_names_is_needed() {
        let files = |content: &str| {
            format!(
                "//- /.dockerignore\n.git\n//- /Dockerfile\nFROM a:1 AS b\nWORKDIR /src\nCOPY . .\n\
                 RUN dotnet publish api/Api.csproj -o /out\nFROM a:1\n//- /api/Api.csproj\n{content}\n\
                 //- /api/certs/api.pfx\nx\n//- /api/A.cs\n1\n"
            )
        };
        let case = on(&RULE).files(&files("<Content Include=\"certs\\api.pfx\" />"));
        assert!(case.findings[0].fix.is_none());
        let help = case.findings[0].help.as_deref().unwrap();
        assert!(
            help.starts_with("a step makes `api/certs/api.pfx` a part")
                && !help.contains("--mount"),
            "{help}"
        );
        assert_eq!(case.findings[0].notes.len(), 2);
        let case = on(&RULE).files(&files("<Project />"));
        assert!(case.findings[0].fix.is_some());
    }

    #[test]
    fn what_another_build_of_the_folder_needs_stays_in_the_context() {
        let case = on(&RULE).files(&format!(
            "//- /.dockerignore\n.git\n//- /Dockerfile\nFROM a:1\nWORKDIR /app\nCOPY . .\nRUN make\n\
             //- /other.dockerfile\nFROM a:1\nWORKDIR /app\nCOPY . .\nRUN cat .env\n{ENV}//- /x\n1\n"
        ));
        assert_eq!(case.findings.len(), 2);
        assert!(case.findings.iter().all(|finding| finding.fix.is_none()));
        let help = case.findings[0].help.as_deref().unwrap();
        assert!(
            help.starts_with("`other.dockerfile` needs `.env`"),
            "{help}"
        );
        // By its path: all of a folder may be called alike.
        let case = on(&RULE).files(&format!(
            "//- /compose.yaml\nservices:\n  a: {{build: {{context: ., dockerfile: a/Dockerfile}}}}\n  b: \
             {{build: {{context: ., dockerfile: b/Dockerfile}}}}\n//- /.dockerignore\n.git\n//- \
             /a/Dockerfile\nFROM a:1\nWORKDIR /app\nCOPY . .\n//- /b/Dockerfile\nFROM a:1\nWORKDIR \
             /app\nCOPY . .\nRUN cat .env\n{ENV}//- /x\n1\n"
        ));
        let help = case.findings[0].help.as_deref().unwrap();
        assert!(help.starts_with("`b/Dockerfile` needs `.env`"), "{help}");
    }

    #[test]
    fn values_that_stand_in_for_others_are_no_secrets() {
        let value = |line: &str| {
            on(&RULE).files(&format!(
                "//- /Dockerfile\nFROM a:1\nCOPY . .\n//- /.env\n{line}\n//- /x\n1\n"
            ))
        };
        for line in [
            "JWT_SECRET=TEST_CHANGE9s",
            "JWT_SECRET=dummy-f3b9c1d2",
            "API_KEY=\"replace-with-yours-7\"",
            "DB_PASSWORD=local-kJ8x-not-for-production",
            "SECRET_KEY=test-secret-key-for-development\nAPI_KEY=test-api-key\n\
             DATABASE_URL=postgresql://user:password@localhost:5432/app",
            "# Replace with actual values before deploying\nX_TOKEN=staging-token\nKEYPAIR=your-keypair-base58",
        ] {
            value(line).clean();
        }
        for line in [
            "JWT_SECRET=qTest9changEd2k",
            "JWT_SECRET=f3b9c1d27a8e4465",
            "API_KEY=contest-84kd02hT-kz",
            "SECRET_KEY=test-secret-key\nDATABASE_URL=postgresql://user:kJ8x2mQ9vT@localhost/app",
        ] {
            value(line).flags(&["Dockerfile:2: ."]);
        }
    }

    #[test]
    fn what_is_overwritten_or_deleted_is_not_needed() {
        for step in [
            "RUN cp a .env",
            "RUN rm .env",
            "RUN echo A=b > .env",
            "RUN cat other/.env",
            "RUN npm run build",
        ] {
            let case = on(&RULE).files(&format!(
                "//- /.dockerignore\n.git\n//- /Dockerfile\nFROM a:1\nWORKDIR /app\nCOPY . .\n{step}\n{ENV}//- /x\n1\n"
            ));
            assert!(case.findings[0].fix.is_some(), "{step}");
        }
        let case = on(&RULE).files(&format!(
            "//- /Dockerfile\nFROM a:1\nCOPY . .\n{ENV}//- /x\n1\n"
        ));
        let help = case.findings[0].help.as_deref().unwrap();
        assert!(
            help.starts_with("create a `.dockerignore` with `.env`"),
            "{help}"
        );
    }

    #[test]
    fn what_is_left_out_or_no_secret_is_left_alone() {
        on(&RULE)
            .files(&format!(
                "//- /Dockerfile\nFROM a:1\nCOPY . .\n//- /.dockerignore\n*.env\n{ENV}"
            ))
            .clean();
        on(&RULE)
            .files("//- /Dockerfile\nFROM a:1\nCOPY . .\n//- /.env\nPORT=3000\nDB_PASSWORD=\n//- /x\n1\n")
            .clean();
        on(&RULE)
            .files(&format!(
                "//- /Dockerfile\nFROM a:1\nCOPY .env .\n{ENV}//- /x\n1\n"
            ))
            .clean();
        on(&RULE)
            .files("//- /Dockerfile\nFROM a:1\nCOPY . .\n//- /tests/a.key\n-----BEGIN PRIVATE KEY-----\n")
            .clean();
        on(&RULE)
            .files(&format!(
                "//- /Dockerfile\nFROM a:1\nCOPY src .\n{ENV}//- /src/a\n1\n"
            ))
            .clean();
    }

    #[test]
    fn settings_for_development_and_pages_are_left_alone() {
        let with = |name: &str| {
            on(&RULE).files(&format!(
                "//- /Dockerfile\nFROM a:1\nCOPY . .\n//- /{name}\nDB_PASSWORD=kJ8x2mQ9vT4w\n//- /x\n1\n"
            ))
        };
        for name in [".env.development", ".env.dusk", ".env.prod.html"] {
            with(name).clean();
        }
        with(".env.prod").loud_by_default();
    }

    #[test]
    fn symfony_keeps_defaults_in_the_file() {
        let with = |lock: &str| {
            on(&RULE).files(&format!(
                "//- /Dockerfile\nFROM a:1\nCOPY . .\n{ENV}//- /{lock}\n{{}}\n"
            ))
        };
        with("symfony.lock").clean();
        with("composer.lock").loud_by_default();
    }
}
