//! # What it does
//! Finds Secrets whose values stand in the manifest, as base64 or as `stringData`.
//!
//! # Why it matters
//! Base64 is an encoding, not encryption: whoever can read the repository, its history or its
//! backups has the secret, and it cannot be taken back, only changed. There are three common ways
//! to keep the value out: **sealed-secrets** (encrypted for the cluster, safe to commit),
//! **external-secrets** (synced from AWS, GCP, Azure or Vault) and the **Vault agent** (written to
//! memory by a sidecar).
//!
//! Silent for files that git ignores, for SOPS-encrypted files, for values that are evidently
//! placeholders (`<password>`, `CHANGE_ME`, and names in capitals such as `PASSWORD` or `API_TOKEN`,
//! also inside files of settings), for public certificates, for words under keys that name no
//! secret, for what a chart makes while it is rendered, and for files of settings without a
//! credential in them. Passwords that anyone would guess are a note; the advice then tells what
//! a chart can make up from logins to what is outside of it (a provider, a repository, a database
//! that the chart does not bring along). They are pedantic where a comment within the Secret or right above
//! it says that its values are placeholders (`NEVER deploy with these placeholder values`) or one above it that
//! they are for development alone, where the path or the file of values is for development
//! (`overlays/dev`, `values-local.yaml`), and where the kustomization of the folder lists other files (unless
//! something there that it leaves out as well reads the Secret).
//! A key that says so itself (`dev-google-secret`, `no-key`), and an address of
//! `user:pass@localhost`, are none.
//!
//! # Example
//! ```yaml bad
//! apiVersion: v1
//! kind: Secret
//! metadata: {name: payments}
//! data:
//!   database-url: cG9zdGdyZXM6Ly9wYXk6czNjcjN0QGRiL3BheQ==
//! ```
//! ```yaml good
//! apiVersion: external-secrets.io/v1
//! kind: ExternalSecret
//! metadata: {name: payments}
//! spec:
//!   secretStoreRef: {kind: ClusterSecretStore, name: vault}
//!   data:
//!     - secretKey: database-url
//!       remoteRef: {key: payments, property: database-url}
//! ```
//!
//! # References
//! - <https://kubernetes.io/docs/concepts/security/secrets-good-practices/>
//! - <https://github.com/bitnami-labs/sealed-secrets>
//! - <https://external-secrets.io/>

use plimsoll_k8s::Object;
use plimsoll_project::Given;
use plimsoll_project::vcs::Status;
use plimsoll_secrets::Worth;
use plimsoll_secrets::base64::decode;
use plimsoll_secrets::kubernetes::value_worth;
use plimsoll_secrets::placeholder::is_placeholder;
use plimsoll_source::{Confidence, Severity, ValueRole};
use plimsoll_yaml::{Dialect, Entry, Node, parse};

use self::harmless::is_unneeded;
use super::logins::is_for_another;
use crate::chart::given::behind;
use crate::{Check, Cx, FixKind, ObjectInput, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "plain-secret-committed",
    summary: "a Secret's values stand in the manifest",
    since: "0.1.0",
    severity: Severity::Error,
    confidence: Confidence::High,
    strictness: Strictness::Default,
    fix: FixKind::None,
    aliases: &[],
    checks: &[Check::Object(check)],
};

fn check(cx: &mut Cx<'_>, input: &ObjectInput<'_>) {
    let object = input.object;
    if !object.is("", "Secret")
        || cx.project.vcs.status(cx.project.path(input.unit.file)) == Status::Ignored
        || is_trial(cx, input)
        || is_example(cx.project.path(input.unit.file))
    {
        return;
    }
    let node = object.node();
    let name = object.name().unwrap_or_default().into_owned();
    // What stands in the open: the words of the Secret's name.
    let lower = name.to_ascii_lowercase();
    let words = lower.split(|c: char| !c.is_ascii_alphanumeric());
    let mut context: Vec<String> = words
        .filter(|word| word.len() > 2)
        .chain([&*lower])
        .map(str::to_owned)
        .collect();
    context.extend(users(object));
    let mut told: Vec<(Entry<'_>, Worth)> = Vec::new();
    for (field, encoded) in [("data", true), ("stringData", false)] {
        let Some(values) = node.get(field) else {
            continue;
        };
        for entry in values.merged_entries() {
            // What is made while rendering, or is read in the cluster, is in no repository.
            let made = Given::Chance.content().join(Given::Cluster.content());
            let place = cx.place(entry.value.resolve().full_range());
            if behind(cx, place).is_some_and(|behind| behind.marks().has(made)) {
                continue;
            }
            let worth = worth_of(entry, encoded, &context);
            if worth != Worth::Nothing {
                told.push((entry, worth));
            }
        }
    }
    let guessable = told.iter().all(|(_, worth)| *worth == Worth::Weak);
    if !guessable {
        told.retain(|(_, worth)| *worth != Worth::Weak);
    }
    let Some((first, _)) = told.first() else {
        return;
    };
    let names: Vec<String> = told
        .iter()
        .take(4)
        .filter_map(|(entry, _)| Some(format!("`{}`", entry.key.text()?)))
        .collect();
    let more = match told.len().saturating_sub(4) {
        0 => String::new(),
        n => format!(" and {n} more"),
    };
    let places: Vec<_> = told
        .iter()
        .map(|(entry, _)| cx.place(entry.value.resolve().full_range()))
        .collect();
    let what = if guessable {
        "values that anyone would guess"
    } else {
        "plain values"
    };
    let is_rendered = cx.project.generated(input.unit.file).is_some();
    let is_for_another = guessable && {
        let mut said = vec![name.clone()];
        said.extend(
            told.iter()
                .filter_map(|(entry, _)| Some(entry.key.text()?.into_owned())),
        );
        let behind = places.iter().filter_map(|place| behind(cx, *place));
        for behind in behind {
            let values = behind.values(ValueRole::Content);
            said.extend(values.map(|value| value.path.to_string()));
        }
        is_for_another(cx, input.unit, &said)
    };
    let unneeded = guessable && is_unneeded(cx, input, &places);
    // The key, not the value: reports are kept and shown.
    let draft = cx.report(
        first.key.range(),
        format!("Secret `{name}` holds {what}: {}{more}", names.join(", ")),
    );
    if guessable {
        if unneeded {
            draft.strictness(Strictness::Pedantic);
        }
        draft
            .severity(Severity::Note)
            .note("whoever reaches the service needs no Secret to log in")
            .help(match (is_for_another, is_rendered) {
                (false, _) => "generate a value for each installation, outside the repository",
                (true, true) => {
                    "leave it empty by default and demand it with `required`, or take the name of \
                     a Secret that is there: it is for something outside of the chart, which says \
                     the value"
                }
                (true, false) => {
                    "keep it out of the repository, as a SealedSecret or an ExternalSecret: what \
                     it is for says the value"
                }
            });
    } else {
        draft
            .note(
                "base64 is no encryption: whoever reads the repository or its history has the values",
            )
            .help(if is_rendered {
                "take them from values that are empty by default or from a Secret that is there, or \
                 make them up for each release; then change them, for they are in the history"
            } else {
                "commit a SealedSecret or an ExternalSecret instead, or let the Vault agent write \
                 it; then change the values, for they are in the history"
            });
    }
    for place in places {
        draft.secret(place);
    }
}

/// The values by their keys in small letters, those of `data` decoded where they are base64.
fn values(object: Object<'_>) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (field, encoded) in [("data", true), ("stringData", false)] {
        let values = object.node().get(field).into_iter();
        for entry in values.flat_map(Node::merged_entries) {
            let key = entry.key.text().unwrap_or_default().to_ascii_lowercase();
            let value = entry.value.resolve().text().unwrap_or_default();
            let text = match encoded.then(|| decode(&value)).flatten() {
                Some(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
                None => value.into_owned(),
            };
            found.push((key, text));
        }
    }
    found
}

/// Whether a file is called an example: the real one is made of it.
fn is_example(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    let mut words = name.split(|c: char| !c.is_ascii_alphanumeric());
    words.any(|word| matches!(word, "example" | "sample" | "template" | "dist"))
}

/// Whether the object lies in the `ci/` of a chart: chart-testing applies it to a cluster that is
/// thrown away.
fn is_trial(cx: &Cx<'_>, input: &ObjectInput<'_>) -> bool {
    let path = cx.project.path(input.unit.file);
    cx.project.charts.iter().any(|chart| {
        let inner = path.strip_prefix(&*chart.folder);
        inner.is_some_and(|inner| inner.trim_start_matches('/').starts_with("ci/"))
    })
}

/// The users that the Secret names beside their passwords, alone and with the digits that people
/// put behind them.
fn users(object: Object<'_>) -> Vec<String> {
    let is_user = |key: &str| {
        key.ends_with("user") || key.ends_with("username") || key.contains("access_key")
    };
    let mut found = Vec::new();
    for (_, text) in values(object).iter().filter(|(key, _)| is_user(key)) {
        let user = text.trim().to_ascii_lowercase();
        found.extend(["1", "12", "123", "1234"].map(|digits| format!("{user}{digits}")));
        found.push(user);
    }
    found
}

/// Whether it is a login to registries whose every password is a stand-in.
fn is_registry_form(key: &str, text: &str) -> bool {
    if ![".dockerconfigjson", ".dockercfg", "config.json"].contains(&key) {
        return false;
    }
    // JSON is YAML, too.
    let tree = parse(text.to_owned(), Dialect::GoV2);
    let Some(config) = tree.documents().next().and_then(|document| document.root()) else {
        return false;
    };
    let stands_in = |login: Node<'_>| {
        let of = |key: &str| login.get(key).and_then(Node::str);
        let password = of("password").map(str::to_owned).or_else(|| {
            let both = String::from_utf8(decode(of("auth")?)?).ok()?;
            Some(both.split_once(':')?.1.to_owned())
        });
        password.is_some_and(|password| is_placeholder(&password))
    };
    let logins = config.get("auths").unwrap_or(config);
    let mut logins = logins.entries().map(|entry| entry.value).peekable();
    tree.errors().is_empty() && logins.peek().is_some() && logins.all(stands_in)
}

fn worth_of(entry: Entry<'_>, encoded: bool, context: &[String]) -> Worth {
    let key = entry.key.text().unwrap_or_default().to_ascii_lowercase();
    // Certificates are handed to every client; only their keys are secret.
    let public = [
        ".crt",
        ".pub",
        ".cer",
        "ca.pem",
        "ca-bundle",
        "tls.ca",
        "ca.cert",
    ];
    if public.iter().any(|end| key.ends_with(end)) || key == "namespace" {
        return Worth::Nothing;
    }
    let Some(value) = entry.value.resolve().text() else {
        return Worth::Nothing;
    };
    let text = if encoded {
        // What is no base64 is another rule's.
        let Some(bytes) = decode(&value) else {
            return Worth::Nothing;
        };
        String::from_utf8_lossy(&bytes).into_owned()
    } else {
        value.into_owned()
    };
    // Whatever else is given as the key of a certificate is none.
    let no_key = key == "tls.key" && !text.contains("PRIVATE KEY");
    if is_placeholder(&text) || no_key || is_registry_form(&key, &text) {
        return Worth::Nothing;
    }
    value_worth(&key, &text, context)
}

mod harmless;

#[cfg(test)]
mod tests {
    use plimsoll_source::Severity;

    use super::RULE;
    use crate::testing::{Case, on};

    #[track_caller]
    pub(super) fn secret(rest: &str) -> Case {
        on(&RULE).manifest(&format!(
            "apiVersion: v1\nkind: Secret\nmetadata: {{name: s}}\n{rest}\n"
        ))
    }

    #[test]
    fn plain_values_are_found_by_their_keys() {
        secret("data:\n  password: czNjcjN0LXZhbHVl").flags(&["5: password"]);
        let case = secret("stringData:\n  token: 5f2a9c81d3\n  user: payments")
            .says(&["Secret `s` holds plain values: `token`"]);
        assert!(!format!("{:?}", case.findings).contains("5f2a9c81d3"));
        // `-----BEGIN PRIVATE KEY-----`, `-----BEGIN CERTIFICATE-----` and `key-bytes`.
        secret("data: {tls.crt: Y2VydA==, tls.key: LS0tLS1CRUdJTiBQUklWQVRFIEtFWS0tLS0tCk1JR0hBZ0VBTUJNR0J5cUdTTTQ5Cg==}")
            .flags(&["4: tls.key"]);
        secret("data: {tls.crt: Y2VydA==, tls.key: LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0t}").clean();
        secret("data: {tls.crt: Y2VydA==, tls.key: a2V5LWJ5dGVz}").clean();
    }

    #[test]
    fn what_is_made_while_rendering_is_in_no_repository() {
        let chart = |value: &str| {
            on(&RULE).files(&format!(
                "//- /c/Chart.yaml\napiVersion: v2\nname: c\nversion: 1.0.0\n//- /c/templates/a.yaml\napiVersion: v1\nkind: Secret\nmetadata: {{name: s}}\nstringData:\n  token: \"{value}\"\n"
            ))
        };
        chart("{{ randAlphaNum 24 }}").clean();
        chart("5f2a9c81d3").flags(&["c/templates/a.yaml:5: token"]);
    }

    #[test]
    fn guessable_passwords_are_a_note_and_words_are_nothing() {
        let case = secret("stringData: {password: changeit1, user: admin}")
            .says(&["Secret `s` holds values that anyone would guess: `password`"]);
        assert_eq!(case.findings[0].severity, Severity::Note);
        secret("stringData: {password: test, api-token: 5f2a9c81d3}")
            .says(&["Secret `s` holds plain values: `api-token`"]);
        secret("data: {foo: YmFy}").clean();
        secret("stringData: {CONSOLE_USERNAME: console, CONSOLE_PASSWORD: console123}")
            .says(&["Secret `s` holds values that anyone would guess: `CONSOLE_PASSWORD`"]);
        secret("stringData: {value: rotated}").clean();
        secret("stringData:\n  app.yaml: |\n    server:\n      port: 80\n      host: a").clean();
        secret("stringData:\n  app.yaml: |\n    port: 80\n    db_password: kJ8x2mQ9vT4w")
            .flags(&["5: app.yaml"]);
    }

    #[test]
    fn what_chart_testing_applies_is_no_secret() {
        let files = |path: &str| {
            on(&RULE).files(&format!(
                "//- /c/Chart.yaml\napiVersion: v2\nname: c\nversion: 1.0.0\n//- /{path}\napiVersion: v1\nkind: Secret\nmetadata: {{name: s}}\nstringData: {{token: 5f2a9c81d3}}\n"
            ))
        };
        files("c/ci/secret.yaml").clean();
        files("d/ci/secret.yaml").flags(&["d/ci/secret.yaml:4: token"]);
    }

    #[test]
    fn placeholders_empty_and_public_values_are_left_alone() {
        secret("type: Opaque").clean();
        secret("data: {}").clean();
        secret("data: {ca.crt: Y2VydA==}").clean();
        secret("stringData: {password: \"${PASSWORD}\"}").clean();
        secret("stringData: {password: \"<your password>\"}").clean();
        secret("stringData: {password: CHANGEME}").clean();
        secret("stringData:\n  basic.json: |\n    {\"username\": \"USERNAME\", \"password\": \"PASSWORD\"}")
            .clean();
        secret("data: {password: \"\"}").clean();
        // The first line of a PEM file alone.
        secret("data: {tls.key: LS0tLS1CRUdJTiBQUklWQVRFIEtFWS0tLS0tCg==}").clean();
        secret("sops: {mac: ENC[AES256_GCM,data:x]}\ndata: {password: \"ENC[AES256_GCM,data:y]\"}")
            .clean();
    }

    #[test]
    fn logins_with_stand_ins_for_passwords_are_left_alone() {
        let login = |password: &str| {
            secret(&format!(
                "type: kubernetes.io/dockerconfigjson\nstringData:\n  .dockerconfigjson: '{{\"auths\": {{\"r.io\": \
                 {{\"username\": \"YOUR_USER\", {password}}}}}}}'"
            ))
        };
        login("\"password\": \"YOUR_DOCKER_PASSWORD\"").clean();
        // `YOUR_USER:YOUR_PASSWORD`, and `acme:hunter2x`.
        login("\"auth\": \"WU9VUl9VU0VSOllPVVJfUEFTU1dPUkQ=\"").clean();
        login("\"auth\": \"YWNtZTpodW50ZXIyeA==\"").flags(&["6: .dockerconfigjson"]);
    }

    #[test]
    fn a_chart_takes_its_secrets_from_whoever_installs_it() {
        let text =
            "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {token: 5f2a9c81d3}\n";
        let help = |case: Case| case.findings[0].help.clone().unwrap_or_default();
        let chart = format!(
            "//- /c/Chart.yaml\napiVersion: v2\nname: c\nversion: 1.0.0\n//- /c/templates/a.yaml\n{text}"
        );
        assert!(help(on(&RULE).files(&chart)).contains("a Secret that is there"));
        assert!(help(on(&RULE).manifest(text)).contains("SealedSecret"));
    }

    #[test]
    fn logins_to_others_are_not_to_be_generated() {
        let help = |case: Case| case.findings[0].help.clone().unwrap_or_default();
        let chart = |name: &str, more: &str| {
            help(on(&RULE).files(&format!(
                "//- /c/Chart.yaml\napiVersion: v2\nname: c\nversion: 1.0.0\n//- /c/values.yaml\n{name}: {{password: password}}\n//- /c/templates/a.yaml\napiVersion: v1\nkind: Secret\nmetadata: {{name: s}}\nstringData:\n  password: {{{{ .Values.{name}.password }}}}\n{more}"
            )))
        };
        assert!(chart("ledgerDB", "").starts_with("leave it empty"));
        assert!(chart("gitRepo", "").starts_with("leave it empty"));
        assert!(chart("app", "").starts_with("generate"));
        // The chart brings the database along.
        let database = "---\napiVersion: v1\nkind: Pod\nmetadata: {name: db}\nspec:\n  containers: [{name: db, image: 'postgres:17'}]\n";
        assert!(chart("ledgerDB", database).starts_with("generate"));
        let database = database.replace("postgres:17", "r.example/rhscl/postgresql-15-rhel9:1");
        assert!(chart("ledgerDB", &database).starts_with("generate"));
        let chart = |values: &str| {
            help(on(&RULE).files(&format!(
                "//- /c/Chart.yaml\napiVersion: v2\nname: c\nversion: 1.0.0\ndependencies: [{{name: postgresql, version: '*', repository: 'https://a.example', condition: postgresql.create}}]\n//- /c/values.yaml\n{values}\ndb: {{password: password}}\n//- /c/templates/a.yaml\napiVersion: v1\nkind: Secret\nmetadata: {{name: s}}\nstringData:\n  password: {{{{ .Values.db.password }}}}\n"
            )))
        };
        assert!(chart("postgresql: {create: true}").starts_with("generate"));
        assert!(chart("postgresql: {create: false}").starts_with("leave it empty"));
        // A dependency of the chart, which is no database.
        let chart = |values: &str| {
            help(on(&RULE).files(&format!(
                "//- /c/Chart.yaml\napiVersion: v2\nname: c\nversion: 1.0.0\ndependencies: [{{name: minio, version: '*', repository: 'https://a.example', condition: minio.enabled}}]\n//- /c/values.yaml\nminio: {{{values}, secretKey: minioadmin}}\n//- /c/templates/a.yaml\napiVersion: v1\nkind: Secret\nmetadata: {{name: git-minio}}\nstringData:\n  secret-key: {{{{ .Values.minio.secretKey }}}}\n"
            )))
        };
        assert!(chart("enabled: true").starts_with("generate"));
        assert!(chart("enabled: false").starts_with("leave it empty"));
        assert!(help(secret("stringData: {github-token: password}")).starts_with("keep it out"));
        assert!(help(secret("stringData: {db-password: password}")).starts_with("generate"));
        assert!(
            help(secret("stringData: {gitlab-admin-password: password}")).starts_with("generate")
        );
    }

    #[test]
    fn examples_and_spans_of_time_are_no_secrets() {
        let text =
            "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {token: 5f2a9c81d3}\n";
        on(&RULE)
            .files(&format!("//- /secret.example.yaml\n{text}"))
            .clean();
        on(&RULE)
            .files(&format!("//- /secret.yaml\n{text}"))
            .loud_by_default();
        secret("stringData:\n  tls.key: |\n    -----BEGIN PRIVATE KEY-----\n    # Your private key here\n    -----END PRIVATE KEY-----").clean();
        secret("stringData: {JWT_EXPIRATION_MS: \"3600000\"}").clean();
        secret("stringData: {APP_KEY: \"base64:replace-with-real-app-key\"}").clean();
        secret("stringData:\n  tls.key: |\n    -----BEGIN PRIVATE KEY-----\n    REPLACE_ME_BEFORE_DEPLOY\n    -----END PRIVATE KEY-----").clean();
    }
}
