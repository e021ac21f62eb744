//! What was sealed is opened again: by the key of the tests here, and by the controller's own code,
//! whose answers to the same objects are recorded in `tests/oracles/seal`.

use std::collections::BTreeMap;

use aes_gcm::aead::{Aead as _, KeyInit as _};
use aes_gcm::{Aes256Gcm, Nonce};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use plimsoll_seal::{
    Certificate, Random, Scope, SealError, env_file, identity, json, merge, seal, secrets, yaml,
};
use rsa::pkcs8::DecodePrivateKey as _;
use rsa::{Oaep, PrivateKey};
use serde_json::Value;
use sha2::Sha256;

const SECRETS: &str = include_str!("data/secrets.yaml");
const CASES: &str = include_str!("../../../tests/oracles/seal/cases.json");
const ANSWERS: &str = include_str!("../../../tests/oracles/seal/answers.json");

/// Chance that is the same in every run.
struct Counted(u64);

impl Random for Counted {
    fn fill(&mut self, bytes: &mut [u8]) {
        for byte in bytes {
            self.0 = self
                .0
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            *byte = (self.0 >> 56) as u8;
        }
    }
}

fn certificate() -> Certificate {
    Certificate::parse(include_str!("data/cert.pem")).expect("a certificate")
}

/// Opens a value as `singleDecrypt` of the controller does.
fn open(sealed: &str, label: &str) -> Option<Vec<u8>> {
    let key = PrivateKey::from_pkcs8_pem(include_str!("data/key.pem")).expect("a key");
    let bytes = BASE64_STANDARD.decode(sealed).ok()?;
    let len = usize::from(u16::from_be_bytes([bytes[0], bytes[1]]));
    let padding = Oaep::<Sha256>::new_with_label(label.as_bytes());
    let session = key.decrypt(padding, &bytes[2..2 + len]).ok()?;
    let cipher = Aes256Gcm::new_from_slice(&session).ok()?;
    cipher.decrypt(&Nonce::default(), &bytes[2 + len..]).ok()
}

/// The label that the annotations, namespace and name of a SealedSecret ask for.
fn label(object: &Value) -> String {
    let text = serde_json::to_string(object).expect("JSON");
    let (name, namespace, scope) = identity(&text).expect("a SealedSecret");
    match scope {
        Scope::Strict => format!("{namespace}/{name}"),
        Scope::NamespaceWide => namespace,
        Scope::ClusterWide => String::new(),
    }
}

fn opened(object: &Value) -> BTreeMap<String, Vec<u8>> {
    let values = object["spec"]["encryptedData"].as_object().expect("values");
    let open = |value: &Value| open(value.as_str()?, &label(object));
    values
        .iter()
        .map(|(key, value)| (key.clone(), open(value).expect("the key opens it")))
        .collect()
}

#[test]
fn what_is_sealed_is_opened_in_every_scope() {
    let certificate = certificate();
    let mut chance = Counted(1);
    for secret in secrets(SECRETS).expect("Secrets") {
        for scope in [
            None,
            Some(Scope::Strict),
            Some(Scope::NamespaceWide),
            Some(Scope::ClusterWide),
        ] {
            let object = match seal(&secret, &certificate, scope, &mut chance) {
                Ok(object) => object,
                Err(SealError::NoNamespace(..)) if secret.namespace().is_empty() => continue,
                Err(error) => panic!("{error}"),
            };
            assert_eq!(opened(&object), secret.values);
            let (_, _, sealed_for) = identity(&yaml(&object)).expect("a SealedSecret");
            assert_eq!(sealed_for, scope.unwrap_or_else(|| secret.scope()));
        }
    }
}

#[test]
fn recorded_objects_hold_what_the_controller_reads_in_them() {
    let cases: Value = serde_json::from_str(CASES).expect("JSON");
    let answers: Value = serde_json::from_str(ANSWERS).expect("JSON");
    let sealed = cases["sealed"].as_array().expect("a list");
    let answers = answers.as_array().expect("a list");
    let plain = secrets(SECRETS).expect("Secrets");
    assert_eq!((sealed.len(), answers.len()), (plain.len(), plain.len()));
    let mut scopes = Vec::new();
    for ((object, answer), secret) in sealed.iter().zip(answers).zip(&plain) {
        assert_eq!(opened(object), secret.values);
        assert_eq!(answer["error"], Value::Null);
        let data = answer["data"].as_object().expect("values");
        let data: BTreeMap<String, Vec<u8>> = data
            .iter()
            .map(|(key, value)| {
                let bytes = BASE64_STANDARD
                    .decode(value.as_str().unwrap_or_default())
                    .expect("base64");
                (key.clone(), bytes)
            })
            .collect();
        assert_eq!(data, secret.values);
        assert_eq!(answer["name"].as_str(), Some(secret.name()));
        assert_eq!(answer["scope"].as_str(), Some(secret.scope().name()));
        assert_eq!(answer["type"].as_str(), secret.kind.as_deref());
        assert_eq!(
            answer["labels"],
            secret.meta.get("labels").cloned().unwrap_or_default()
        );
        scopes.push(secret.scope().name());
    }
    assert_eq!(scopes, ["strict", "namespace-wide", "cluster-wide"]);
}

#[test]
fn a_value_is_bound_to_its_place() {
    let secret = &secrets(SECRETS).expect("Secrets")[0];
    let object = seal(secret, &certificate(), None, &mut Counted(2)).expect("sealed");
    let value = object["spec"]["encryptedData"]["password"]
        .as_str()
        .expect("a value");
    assert!(open(value, "shop/payments").is_some());
    for other in ["shop/other", "other/payments", "shop", ""] {
        assert_eq!(open(value, other), None, "{other}");
    }
}

#[test]
fn templates_keep_what_the_secret_says_and_no_copy_of_it() {
    let secret = &secrets(SECRETS).expect("Secrets")[0];
    let object = seal(secret, &certificate(), None, &mut Counted(3)).expect("sealed");
    let template = &object["spec"]["template"];
    assert_eq!(template["type"], "Opaque");
    assert_eq!(template["immutable"], true);
    assert_eq!(
        template["metadata"]["labels"]["app.kubernetes.io/name"],
        "payments"
    );
    assert_eq!(template["metadata"]["annotations"]["team"], "checkout");
    for gone in [
        "uid",
        "resourceVersion",
        "creationTimestamp",
        "managedFields",
        "ownerReferences",
    ] {
        assert_eq!(template["metadata"][gone], Value::Null, "{gone}");
    }
    for text in [yaml(&object), json(&object)] {
        for value in ["last-applied", "kJ8x2mQ9", "a0o4eDJtUTk"] {
            assert!(!text.contains(value), "{value}: {text}");
        }
    }
    let again = secrets(
        &yaml(&object)
            .replace("SealedSecret", "Secret")
            .replace("bitnami.com/v1alpha1", "v1"),
    );
    assert!(!again.expect("YAML").is_empty());
}

#[test]
fn values_are_merged_into_a_file_that_keeps_its_text() {
    let all = secrets(SECRETS).expect("Secrets");
    let object = seal(&all[0], &certificate(), None, &mut Counted(4)).expect("sealed");
    let text = yaml(&object).replacen("    password:", "    # rotated in May\n    password:", 1);
    let mut more = all[0].clone();
    more.values = [
        ("password".to_owned(), b"new-1".to_vec()),
        ("zeta".to_owned(), b"new-2".to_vec()),
    ]
    .into();
    let update = seal(&more, &certificate(), None, &mut Counted(5)).expect("sealed");
    let merged = merge(&text, &update).expect("merged");
    assert!(
        merged.contains("    # rotated in May\n    password: "),
        "{merged}"
    );
    let tree = plimsoll_yaml::parse(merged.as_str(), plimsoll_yaml::Dialect::GoV2);
    let root = tree
        .documents()
        .next()
        .and_then(|document| document.root())
        .expect("a document");
    let read = |key: &str| {
        let node = root.at(&["spec", "encryptedData", key]).expect("a value");
        open(&node.as_str().expect("text"), "shop/payments").expect("opened")
    };
    assert_eq!(read("password"), b"new-1");
    assert_eq!(read("zeta"), b"new-2");
    assert_eq!(read("user"), b"payments");
    // JSON stays JSON.
    let merged = merge(&json(&object), &update).expect("merged");
    let merged: Value = serde_json::from_str(&merged).expect("JSON");
    assert_eq!(opened(&merged)["zeta"], b"new-2");
    assert!(merge("kind: ConfigMap\n", &update).is_err());
    assert!(merge("a: [\n", &update).is_err());
}

#[test]
fn what_is_no_secret_is_refused_with_its_place() {
    let refused = |text: &str| {
        let error = secrets(text).expect_err("refused");
        (error.message.clone(), error.range.of(text).to_owned())
    };
    for (text, message, place) in [
        ("", "there is no Secret here", ""),
        (
            "kind: ConfigMap\napiVersion: v1\n",
            "`ConfigMap` is no Secret",
            "ConfigMap",
        ),
        (
            "kind: Secret\napiVersion: v2\n",
            "the Secret is not of `v1`",
            "Secret",
        ),
        (
            "kind: Secret\napiVersion: v1\ndata: {a: '!'}\n",
            "the value of `a` is not base64",
            "'!'",
        ),
        (
            "kind: Secret\napiVersion: v1\nstringData: {a: 1}\n",
            "the value of `a` is no string",
            "1",
        ),
        (
            "kind: Secret\napiVersion: v1\nstringData: {a b: x}\n",
            "`a b` is no key of a Secret",
            "a b",
        ),
    ] {
        assert_eq!(
            refused(text),
            (message.to_owned(), place.to_owned()),
            "{text}"
        );
    }
    let nameless =
        &secrets("kind: Secret\napiVersion: v1\nstringData: {a: x}\n").expect("a Secret")[0];
    assert_eq!(
        seal(nameless, &certificate(), None, &mut Counted(6)),
        Err(SealError::NoName)
    );
}

#[test]
fn files_of_variables_are_read_as_kubectl_reads_them() {
    let values = env_file("\u{feff}# c\n\n  A=1\nB=\"x y\"\r\nC=a=b\nD=\n").expect("variables");
    let text = |key: &str| String::from_utf8(values[key].clone()).expect("text");
    assert_eq!(
        (text("A"), text("B"), text("C"), text("D")),
        ("1".into(), "\"x y\"".into(), "a=b".into(), String::new())
    );
    for (text, message) in [
        ("A\n", "the line has no `=`"),
        ("A b=1\n", "`A b` is no key of a Secret"),
        ("A=1\nA=2\n", "`A` is there twice"),
    ] {
        assert_eq!(env_file(text).expect_err("refused").message, message);
    }
}
