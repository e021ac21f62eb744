//! # What it does
//! Compares the variables that a Compose service gives its container with those that the workload
//! of the same service gives, both ways, and lists those that one of the two lacks. It speaks of a
//! variable when the program's source reads it and has nothing to fall back on, or when the two
//! sides otherwise agree on most of what they give. Of two names for one thing it reports the one
//! that the source does not read, where it is given.
//!
//! # Why it matters
//! A variable that is given in one place and forgotten in the other is found out at the start of
//! the container, or worse, when the code that reads it first runs. Renaming a variable in one
//! place only has the same effect, and leaves one that nobody reads.
//!
//! Silent where not all variables of a side can be known: an `envFrom` of something outside the
//! files, an env file that is not there, `extends`, an overlay that gives the variable, or takes
//! a map whole that may have it. So it is where the two run different images, or different releases
//! of somebody else's. Left out are variables that belong to one place (`DEBUG`, `NODE_ENV`, `TZ`,
//! `OTEL_…`), those that the image sets itself, those that Kubernetes gives for each Service, and
//! those for which the source has a default.
//!
//! # Example
//! ```yaml bad
//! //- /compose.yaml
//! services:
//!   web:
//!     build: .
//!     image: ghcr.io/example/web:1.0
//!     environment:
//!       DATABASE_URL: postgresql://web@db/web
//!       CACHE_URL: redis://cache:6379/0
//! //- /Dockerfile
//! FROM python:3.13-slim
//! COPY app.py .
//! CMD ["python", "app.py"]
//! //- /app.py
//! import os
//! database = os.environ["DATABASE_URL"]
//! cache = os.environ["CACHE_URL"]
//! //- /deploy.yaml
//! apiVersion: apps/v1
//! kind: Deployment
//! metadata: {name: web}
//! spec:
//!   selector: {matchLabels: {app: web}}
//!   template:
//!     metadata: {labels: {app: web}}
//!     spec:
//!       containers:
//!         - name: web
//!           image: ghcr.io/example/web:1.0
//!           env:
//!             - name: DATABASE_URL
//!               valueFrom: {secretKeyRef: {name: web, key: database-url}}
//! ```
//! ```yaml good
//! //- /compose.yaml
//! services:
//!   web:
//!     build: .
//!     image: ghcr.io/example/web:1.0
//!     environment:
//!       DATABASE_URL: postgresql://web@db/web
//!       CACHE_URL: redis://cache:6379/0
//! //- /Dockerfile
//! FROM python:3.13-slim
//! COPY app.py .
//! CMD ["python", "app.py"]
//! //- /app.py
//! import os
//! database = os.environ["DATABASE_URL"]
//! cache = os.environ["CACHE_URL"]
//! //- /deploy.yaml
//! apiVersion: apps/v1
//! kind: Deployment
//! metadata: {name: web}
//! spec:
//!   selector: {matchLabels: {app: web}}
//!   template:
//!     metadata: {labels: {app: web}}
//!     spec:
//!       containers:
//!         - name: web
//!           image: ghcr.io/example/web:1.0
//!           env:
//!             - name: DATABASE_URL
//!               valueFrom: {secretKeyRef: {name: web, key: database-url}}
//!             - name: CACHE_URL
//!               value: redis://cache:6379/0
//! ```
//!
//! # References
//! - <https://12factor.net/config>
//! - <https://kubernetes.io/docs/tasks/inject-data-application/define-environment-variable-container/>

mod compared;

use std::collections::BTreeMap;

use plimsoll_links::LinkKind;
use plimsoll_source::files::{join, parent};
use plimsoll_source::{Confidence, EntryKind, Place, Severity};

use super::keys::is_secret;
use crate::{Check, Cx, FixKind, Rule, Strictness};
use compared::{Compared, Lack, Side, Stale};

pub(crate) static RULE: Rule = Rule {
    id: "missing-environment",
    summary: "a variable is given to the service in one place and missing in the other",
    since: "0.1.0",
    severity: Severity::Warning,
    confidence: Confidence::Medium,
    strictness: Strictness::Pedantic,
    fix: FixKind::None,
    aliases: &[],
    checks: &[Check::Project(check)],
};

/// What variants lack alike: the service, the side that lacks, and the keys.
type Gap = (String, Side, Vec<Box<str>>);

/// The most further workloads that are named.
const MAX_RELATED: usize = 6;

fn check(cx: &mut Cx<'_>) {
    let links = cx.links;
    let mut objects: Vec<_> = links
        .all()
        .iter()
        .filter(|link| link.kind == LinkKind::SameAs && link.confidence == Confidence::High)
        .filter_map(|link| match links.thing(link.to) {
            plimsoll_links::Thing::Object(object) => Some(*object),
            _ => None,
        })
        .collect();
    objects.sort_unstable();
    objects.dedup();
    // Several variants of one workload that lack the same are one defect.
    let mut found: BTreeMap<Gap, Vec<Lack>> = BTreeMap::new();
    let mut renamed: BTreeMap<(String, Box<str>), Vec<Stale>> = BTreeMap::new();
    for object in objects {
        for runner in links.containers(object) {
            let Some(compared) = Compared::new(cx, &runner) else {
                continue;
            };
            let (lacks, stale) = compared.differences();
            for one in stale {
                let entry = (one.service.clone(), one.name.clone());
                renamed.entry(entry).or_default().push(one);
            }
            for lack in lacks {
                let names = lack.keys.iter().map(|key| key.name.clone()).collect();
                let entry = (lack.service.clone(), lack.side, names);
                found.entry(entry).or_default().push(lack);
            }
        }
    }
    for (_, mut lacks) in found {
        lacks.retain_mut(|lack| {
            lack.side == Side::Workload || {
                let given = given_beside(cx, lack);
                lack.keys.retain(|key| !given.contains(&key.name));
                !lack.keys.is_empty()
            }
        });
        if lacks.is_empty() {
            continue;
        }
        lacks.sort_by_key(|lack| {
            (
                cx.project.path(lack.place.file).to_owned(),
                lack.place.range,
            )
        });
        report(cx, &lacks);
    }
    for (_, mut stale) in renamed {
        stale.sort_by_key(|one| (cx.project.path(one.place.file).to_owned(), one.place.range));
        stale.dedup_by_key(|one| one.place);
        report_stale(cx, &stale);
    }
}

/// The keys that a file beside the Compose file gives, which whoever starts the service is to make
/// their own: `compose.override.yaml`, or an example of it.
fn given_beside(cx: &Cx<'_>, lack: &Lack) -> Vec<Box<str>> {
    let tree = &*cx.project.tree;
    let dir = parent(cx.project.path(lack.place.file));
    let entries = tree.list(dir).unwrap_or_default();
    let overrides = entries.iter().filter(|entry| {
        entry.kind == EntryKind::File
            && entry.name.to_ascii_lowercase().contains("compose.override")
    });
    let texts: Vec<String> = overrides
        .filter_map(|entry| tree.read(&join(dir, &entry.name)?).ok())
        .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        .collect();
    let gives = |text: &String, name: &str| {
        let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        text.split(|c| !is_word(c)).any(|word| word == name)
    };
    let names = lack.keys.iter().map(|key| &key.name);
    names
        .filter(|name| texts.iter().any(|text| gives(text, name)))
        .cloned()
        .collect()
}

/// Reports a variable under a name that nobody reads, where it is given.
fn report_stale(cx: &mut Cx<'_>, stale: &[Stale]) {
    let first = &stale[0];
    let (service, name, read) = (&first.service, &first.name, &first.read);
    let draft = cx.report_at(
        first.place,
        format!("`{service}` is given `{name}`, which nothing in its source reads"),
    );
    draft
        .object(first.object.clone())
        .subject(service.clone())
        .confidence(Confidence::High)
        .note(format!(
            "`{}:{}` reads `{read}`, which {} gives it",
            first.hit.path,
            first.hit.line,
            match first.side {
                Side::Workload => "Compose",
                Side::Compose => "the workload",
            }
        ))
        .help(format!("call it `{read}`"));
    for one in stale[1..].iter().take(MAX_RELATED) {
        draft.related(one.place, format!("`{name}` here too"));
    }
    if first.side == Side::Compose {
        draft.severity(Severity::Note);
    }
}

fn report(cx: &mut Cx<'_>, lacks: &[Lack]) {
    let first = &lacks[0];
    let names = |secret: bool| {
        let shown: Vec<String> = first
            .keys
            .iter()
            .filter(|key| (key.secret || is_secret(&key.name)) == secret)
            .map(|key| format!("`{}`", key.name))
            .collect();
        shown
    };
    let (plain, secret) = (names(false), names(true));
    let list = match (plain.is_empty(), secret.as_slice()) {
        (_, []) => plain.join(", "),
        (true, _) => secret.join(", "),
        (false, secret) => format!("{} and the secret {}", plain.join(", "), secret.join(", ")),
    };
    let message = match first.side {
        Side::Workload => format!(
            "`{}` is not given {list} here, and Compose gives it",
            first.service
        ),
        Side::Compose => format!(
            "Compose does not give `{}` {list}, and {} does",
            first.service, first.workload
        ),
    };
    let draft = cx.report_at(first.place, message);
    draft
        .object(first.object.clone())
        .subject(first.service.clone());
    let mut named: Vec<Place> = Vec::new();
    for key in &first.keys {
        if !named.contains(&key.place) {
            named.push(key.place);
            draft.related(key.place, format!("`{}` is given here", key.name));
        }
    }
    for lack in lacks[1..].iter().take(MAX_RELATED) {
        draft.related(lack.place, "not given here either");
    }
    let read = first
        .keys
        .iter()
        .find_map(|key| Some((key, key.read.as_ref()?)));
    match read {
        Some((key, hit)) => {
            draft.confidence(Confidence::High).note(format!(
                "`{}:{}` reads `{}` and has nothing to fall back on",
                hit.path, hit.line, key.name
            ));
        }
        None => {
            draft.note(format!(
                "the two agree on {} other variables, so that this looks forgotten",
                first.shared
            ));
        }
    }
    if let Some((other, place)) = &first.instead {
        draft.related(*place, format!("`{other}` is given instead"));
    }
    let help = match (first.side, plain.is_empty(), secret.is_empty()) {
        (Side::Compose, ..) => {
            format!("add {list} to `environment`, or remove it where it is not needed")
        }
        (Side::Workload, _, true) => {
            format!("add {list} to `env` or to the ConfigMap, or remove it where it is not needed")
        }
        (Side::Workload, true, false) => {
            format!("add {list} to `env` from a Secret, or remove it where it is not needed")
        }
        (Side::Workload, false, false) => format!(
            "add {} to `env` or to the ConfigMap, and {} from a Secret",
            plain.join(", "),
            secret.join(", ")
        ),
    };
    draft.help(help);
    if first.side == Side::Compose {
        draft.severity(Severity::Note);
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, on};

    #[track_caller]
    fn with(compose: &str, pod: &str, source: &str) -> Case {
        on(&RULE).files(&files(compose, pod, source))
    }

    fn files(compose: &str, pod: &str, source: &str) -> String {
        // What Go's frameworks read has no name in the source.
        let program = if source.is_empty() {
            "main.go"
        } else {
            "app.py"
        };
        let environment = |text: &str| {
            text.split(' ')
                .filter(|key| !key.is_empty())
                .map(|key| format!("      {key}: x\n"))
                .collect::<String>()
        };
        let env = |text: &str| {
            text.split(' ')
                .filter(|key| !key.is_empty())
                .map(|key| format!("        - {{name: {key}, value: x}}\n"))
                .collect::<String>()
        };
        format!(
            "//- /compose.yaml\nservices:\n  web:\n    build: .\n    image: ghcr.io/acme/web:1\n    environment:\n      _X: x\n{}//- /Dockerfile\nFROM python:3.13\nENV SET=1\nCOPY . .\nCMD [\"python\", \"app.py\"]\n//- /{program}\n{source}\n//- /k.yaml\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\nspec:\n  selector: {{matchLabels: {{app: web}}}}\n  template:\n    metadata: {{labels: {{app: web}}}}\n    spec:\n      containers:\n      - name: web\n        image: ghcr.io/acme/web:2\n        env:\n        - {{name: _X, value: x}}\n{}",
            environment(compose),
            env(pod),
        )
    }

    #[test]
    fn variables_that_the_source_needs_are_found() {
        with("A B", "A", "x = os.environ['B']")
            .flags(&["k.yaml:10: name: web"])
            .says(&["`web` is not given `B` here, and Compose gives it"]);
        with(
            "A B DB_PASSWORD",
            "A",
            "os.environ['B'] + os.environ['DB_PASSWORD']",
        )
        .says(&["`web` is not given `B` and the secret `DB_PASSWORD` here, and Compose gives it"]);
        with("A", "A B", "x = os.environ['B']")
            .flags(&["compose.yaml:2: web"])
            .says(&["Compose does not give `web` `B`, and Deployment `web` does"]);
    }

    #[test]
    fn an_override_to_make_ones_own_gives_what_it_names() {
        let beside = |key: &str| {
            let files = files("A", "A B", "x = os.environ['B']");
            on(&RULE).files(&format!(
                "{files}//- /compose.override.yaml.example\nservices: {{web: {{environment: {{{key}: x}}}}}}\n"
            ))
        };
        beside("B").clean();
        beside("BC").flags(&["compose.yaml:2: web"]);
    }

    #[test]
    fn a_command_gives_what_it_exports() {
        let with = |script: &str| {
            let files = files("A B", "A", "x = os.environ['B']");
            let command = format!("- name: web\n        command: [sh, -c, '{script}; exec /web']");
            on(&RULE).files(&files.replace("- name: web", &command))
        };
        with("export C=\"a ${A}\"").flags(&["k.yaml:10: name: web"]);
        with("export B=\"a ${A}\"").clean();
        with("export $(cat /run/env)").clean();
        with("export C=1 B=2").clean();
        with("set -a; . /run/env").clean();
    }

    #[test]
    fn an_overlay_gives_what_it_names() {
        let with = |env: &str, rest: &str| {
            let files = files("A B", "A", "x = os.environ['B']").replace("/k.yaml", "/base/k.yaml");
            on(&RULE).files(&format!(
                "{files}//- /base/kustomization.yaml\nresources: [k.yaml]\n//- /prod/kustomization.yaml\nresources: [../base]\npatches:\n- patch: |-\n    kind: Deployment\n    metadata: {{name: web}}\n    spec: {{template: {{spec: {{containers: [{{name: web, {env}}}]}}}}}}\n{rest}"
            ))
        };
        let overlay = |env: &str| with(env, "");
        overlay("env: [{name: B, value: x}]").clean();
        overlay("envFrom: [{configMapRef: {name: b}}]").clean();
        // A map that is known and has other variables gives nothing.
        let map = |from: &str, key: &str| {
            let generator = format!("configMapGenerator: [{{name: m, literals: [{key}=x]}}]\n");
            with(&format!("envFrom: [{from}]"), &generator)
        };
        map("{configMapRef: {name: m}}", "C").flags(&["base/k.yaml:10: name: web"]);
        map("{configMapRef: {name: m}}", "B").clean();
        map("{configMapRef: {name: m}, prefix: B}", "C").clean();
        map("{configMapRef: {name: m}}, {secretRef: {name: s}}", "C").clean();
        overlay("env: [{name: C, value: x}]").flags(&["base/k.yaml:10: name: web"]);
    }

    #[test]
    fn variables_that_the_sides_otherwise_agree_on_are_found() {
        with("A B C D", "A B C", "").flags(&["k.yaml:10: name: web"]);
        with("A B C", "A B C D", "").flags(&["compose.yaml:2: web"]);
        with("A B C D_HOST", "A B C D_HOST_PORT", "").flags(&["k.yaml:10: name: web"]);
    }

    #[test]
    fn of_two_names_the_one_that_nobody_reads_is_found() {
        let case = with(
            "A B DB_HOST",
            "A B DB_HOST_PORT",
            "x = os.environ.get('DB_HOST', 1)",
        )
        .flags(&["k.yaml:16: DB_HOST_PORT"])
        .says(&["`web` is given `DB_HOST_PORT`, which nothing in its source reads"]);
        assert_eq!(case.findings[0].help.as_deref(), Some("call it `DB_HOST`"));
        with("A DB_HOST", "A DB_HOSTS", "x = os.environ['DB_HOSTS']")
            .says(&["`web` is given `DB_HOST`, which nothing in its source reads"]);
        // Names that a struct makes up.
        let go =
            "cfg := struct {\n\tDB struct {\n\t\tHost string\n\t}\n}{}\nconf.Parse(\"WEB\", &cfg)";
        let files = |pod: &str| {
            on(&RULE).files(&format!(
                "//- /compose.yaml\nservices:\n  web:\n    build: .\n    image: ghcr.io/acme/web:1\n    environment: {{A: x, B: x, C: x, WEB_DB_HOST: x}}\n//- /Dockerfile\nFROM golang:1.26\nCOPY . .\nCMD [\"web\"]\n//- /main.go\n{go}\n//- /k8s/web.yaml\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\nspec:\n  template:\n    spec:\n      containers:\n      - name: web\n        image: ghcr.io/acme/web:2\n        env: [{{name: A, value: x}}, {{name: B, value: x}}, {{name: C, value: x}}{pod}]\n"
            ))
        };
        files(", {name: WEB_DB_HOST_PORT, value: x}")
            .says(&["`web` is given `WEB_DB_HOST_PORT`, which nothing in its source reads"]);
        // The field keeps its default.
        files("").clean();
        files(", {name: WEB_DB_HOST, value: x}").clean();
    }

    #[test]
    fn images_that_nothing_builds_have_to_be_the_same() {
        let pair = |service: &str, container: &str| {
            on(&RULE).files(&format!(
                "//- /compose.yaml\nservices:\n  web:\n    image: {service}\n    environment: {{A: x, B: x, C: x, D: x}}\n//- /k.yaml\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\nspec:\n  template:\n    spec:\n      containers:\n      - name: web\n        image: {container}\n        env: [{{name: A, value: x}}, {{name: B, value: x}}, {{name: C, value: x}}]\n"
            ))
        };
        pair("acme/web:1", "acme/web:2").flags(&["k.yaml:8: name: web"]);
        pair("wordpress:4.5", "wordpress:4.5").flags(&["k.yaml:8: name: web"]);
        pair("web", "ghcr.io/acme/web:2").flags(&["k.yaml:8: name: web"]);
        pair("wordpress:4", "wordpress:4.5").clean();
        pair("acme/web:1", "other/web:1").clean();
        pair("acme/web:1", "acme/worker:1").clean();
    }

    #[test]
    fn variables_that_are_not_needed_are_left_alone() {
        with("A B", "A", "x = os.environ.get('B', 'y')").clean();
        with("A B", "A", "").clean();
        with("A B C D", "A", "").clean();
        with("A B C DEBUG TZ OTEL_X", "A B C", "os.environ['TZ']").clean();
        with("A B C SET", "A B C", "").clean();
        with(
            "A B C D",
            "A B C",
            "x = 1\ny = 'nothing'\nos.environ.get('D', 1)",
        )
        .clean();
    }

    const FROM: &str = "        envFrom: [{secretRef: {name: keys}}]\n";

    #[test]
    fn sides_that_are_not_known_are_left_alone() {
        let base = |rest: &str| {
            on(&RULE).files(&format!(
                "//- /compose.yaml\nservices:\n  web:\n    build: .\n    image: ghcr.io/acme/web:1\n    environment: {{A: x, B: x}}\n//- /Dockerfile\nFROM python:3.13\nCOPY . .\n//- /app.py\nos.environ['B']\n//- /k.yaml\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\nspec:\n  template:\n    spec:\n      containers:\n      - name: web\n        image: ghcr.io/acme/web:2\n{rest}"
            ))
        };
        base("").flags(&["k.yaml:8: name: web"]);
        base(FROM).clean();
        base(&format!(
            "{FROM}---\napiVersion: v1\nkind: Secret\nmetadata: {{name: keys}}\nstringData: {{C: x}}\n"
        ))
        .flags(&["k.yaml:8: name: web"]);
        base(&format!(
            "{FROM}---\napiVersion: v1\nkind: Secret\nmetadata: {{name: keys}}\nstringData: {{B: x}}\n"
        ))
        .clean();
    }

    #[test]
    fn properties_are_given_by_files_too() {
        with("A B C", "A B C rest.endpoint", "").clean();
    }

    #[test]
    fn variants_beside_the_service_itself_have_settings_of_their_own() {
        let deployment = |name: &str, env: &str| {
            format!(
                "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}}}\nspec:\n  template:\n    spec:\n      containers:\n      - name: web\n        image: ghcr.io/acme/web:1\n        env:{env}\n"
            )
        };
        let case = |first: &str, more: &str| {
            on(&RULE).files(&format!(
                "//- /compose.yaml\nservices:\n  web:\n    build: .\n    image: ghcr.io/acme/web:1\n    environment: {{_X: x}}\n//- /Dockerfile\nFROM python:3.13\nCOPY . .\n//- /app.py\nx = os.environ['B']\n//- /k.yaml\n{}{}",
                deployment(first, "\n        - {name: B, value: x}"),
                more
            ))
        };
        case("shop-web", &deployment("web", " []")).clean();
        case("shop-web", "").flags(&["compose.yaml:2: web"]);
    }

    #[test]
    fn one_lack_in_several_variants_is_one_finding() {
        let deployment = |folder: &str| {
            format!(
                "//- /{folder}/k.yaml\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\nspec:\n  template:\n    spec:\n      containers:\n      - name: web\n        image: ghcr.io/acme/web:2\n"
            )
        };
        on(&RULE)
            .files(&format!(
                "//- /compose.yaml\nservices:\n  web:\n    build: .\n    image: ghcr.io/acme/web:1\n    environment: {{B: x}}\n//- /Dockerfile\nFROM python:3.13\nCOPY . .\n//- /app.py\nos.environ['B']\n{}{}",
                deployment("dev"),
                deployment("prod")
            ))
            .flags(&["dev/k.yaml:8: name: web"]);
    }
}
