//! The answers of the libraries that Helm's linter asks, recorded in `tests/oracles/lint`.

use serde::Deserialize;

use super::{deprecated, is_email, is_request_url, is_url, names};

#[derive(Deserialize)]
struct Answers {
    emails: Vec<Email>,
    urls: Vec<Web>,
    names: Vec<Judged>,
    deprecated: Vec<Deprecated>,
}

#[derive(Deserialize)]
struct Email {
    email: String,
    is_email: bool,
}

#[derive(Deserialize)]
struct Web {
    url: String,
    is_url: bool,
    is_request_url: bool,
}

#[derive(Deserialize)]
struct Judged {
    name: String,
    subdomain: String,
    label: String,
    service: String,
    path: String,
}

#[derive(Deserialize)]
struct Deprecated {
    api_version: String,
    kind: String,
    since: String,
    removed: Option<String>,
    replacement: Option<String>,
}

fn answers() -> Answers {
    let text = include_str!("../../../../tests/oracles/lint/answers.json");
    serde_json::from_str(text).expect("the answers are sound")
}

#[test]
fn addresses_are_judged_as_by_the_reference() {
    let answers = answers();
    for one in answers.emails {
        assert_eq!(is_email(&one.email), one.is_email, "{:?}", one.email);
    }
    for one in answers.urls {
        let found = (is_url(&one.url), is_request_url(&one.url));
        assert_eq!(found, (one.is_url, one.is_request_url), "{:?}", one.url);
    }
}

#[test]
fn names_are_judged_as_by_the_reference() {
    for one in answers().names {
        for (kind, wanted) in [
            ("Deployment", &one.subdomain),
            ("Namespace", &one.label),
            ("Service", &one.service),
            ("ClusterRole", &one.path),
        ] {
            let found = names::problem(kind, &one.name).map(|words| {
                let end = words
                    .find(": metadata.name")
                    .or(words.find(": [metadata.name"));
                words[end.expect("it names the field") + 2..].to_owned()
            });
            assert_eq!(
                found.as_deref().unwrap_or_default(),
                wanted,
                "{kind} {one:?}",
                one = one.name
            );
        }
        assert_eq!(names::problem("CertificateSigningRequest", &one.name), None);
    }
}

#[test]
fn deprecated_kinds_are_those_of_the_reference() {
    let answers = answers().deprecated;
    assert!(answers.len() > 100);
    for one in answers {
        let (major, minor) = one.since.split_once('.').expect("two numbers");
        let since: (u64, u64) = (
            major.parse().expect("a number"),
            minor.parse().expect("a number"),
        );
        let (version, kind) = (&one.api_version, &one.kind);
        let mut wanted = format!("{version} {kind} is deprecated in v{}+", one.since);
        if let Some(removed) = one.removed {
            wanted = format!("{wanted}, unavailable in v{removed}+");
        }
        if let Some(replacement) = one.replacement {
            wanted = format!("{wanted}; use {replacement}");
        }
        let found = deprecated::warning(version, kind, since);
        assert_eq!(found, Some(wanted));
        let before = (since.0, since.1 - 1);
        assert_eq!(deprecated::warning(version, kind, before), None);
    }
    assert_eq!(deprecated::warning("apps/v1", "Deployment", (9, 9)), None);
}
