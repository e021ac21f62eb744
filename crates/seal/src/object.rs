//! From a Secret to the SealedSecret that stands for it.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value, json};
use thiserror::Error;

use crate::cipher;
use crate::{Certificate, Random};

const WHOLE_NAMESPACE: &str = "sealedsecrets.bitnami.com/namespace-wide";
const WHOLE_CLUSTER: &str = "sealedsecrets.bitnami.com/cluster-wide";

/// Annotations in which tools keep a copy of the whole object, values and all.
const COPIES: [&str; 2] = [
    "kubectl.kubernetes.io/last-applied-configuration",
    "kubecfg.ksonnet.io/last-applied-configuration",
];

/// Fields of metadata that the API server writes, and owners, which are not the new object's.
const OF_THE_SERVER: [&str; 9] = [
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "generation",
    "managedFields",
    "ownerReferences",
    "resourceVersion",
    "selfLink",
    "uid",
];

/// Where a sealed value may be opened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scope {
    /// Under its name, in its namespace.
    Strict,
    /// Under any name in its namespace.
    NamespaceWide,
    /// Anywhere in the cluster.
    ClusterWide,
}

impl Scope {
    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Strict => "strict",
            Self::NamespaceWide => "namespace-wide",
            Self::ClusterWide => "cluster-wide",
        }
    }

    /// What the annotations of an object say.
    pub(crate) fn of(annotations: Option<&Value>) -> Self {
        let says = |key: &str| {
            annotations
                .and_then(|all| all.get(key))
                .and_then(Value::as_str)
                == Some("true")
        };
        if says(WHOLE_CLUSTER) {
            Self::ClusterWide
        } else if says(WHOLE_NAMESPACE) {
            Self::NamespaceWide
        } else {
            Self::Strict
        }
    }

    fn annotation(self) -> Option<&'static str> {
        match self {
            Self::Strict => None,
            Self::NamespaceWide => Some(WHOLE_NAMESPACE),
            Self::ClusterWide => Some(WHOLE_CLUSTER),
        }
    }

    /// What the key of a value is tied to (`EncryptionLabel`).
    fn label(self, namespace: &str, name: &str) -> String {
        match self {
            Self::Strict => format!("{namespace}/{name}"),
            Self::NamespaceWide => namespace.to_owned(),
            Self::ClusterWide => String::new(),
        }
    }
}

/// The metadata of a Secret, as an object of JSON.
pub type Meta = Map<String, Value>;

/// A Secret with its values.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Secret {
    /// Its metadata.
    pub meta: Meta,
    /// Its type, if it has one.
    pub kind: Option<String>,
    /// Whether it says that it does not change.
    pub immutable: Option<bool>,
    /// Its values.
    pub values: BTreeMap<String, Vec<u8>>,
}

/// Shows which keys there are, and no value.
impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Secret")
            .field("meta", &self.meta)
            .field("kind", &self.kind)
            .field("keys", &self.values.keys().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

impl Secret {
    /// Its name.
    pub fn name(&self) -> &str {
        self.text("name")
    }

    /// Its namespace, if it says one.
    pub fn namespace(&self) -> &str {
        self.text("namespace")
    }

    /// The scope that its annotations ask for.
    pub fn scope(&self) -> Scope {
        Scope::of(self.meta.get("annotations"))
    }

    fn text(&self, key: &str) -> &str {
        self.meta
            .get(key)
            .and_then(Value::as_str)
            .unwrap_or_default()
    }
}

/// Why a Secret is not sealed.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum SealError {
    /// It has no name.
    #[error("the Secret has no name")]
    NoName,
    /// It has no namespace, and its scope needs one.
    #[error("the Secret `{0}` has no namespace, and the scope `{scope}` ties it to one", scope = .1.name())]
    NoNamespace(String, Scope),
    /// It has no values.
    #[error("the Secret `{0}` has no values")]
    Empty(String),
    /// The certificate's key did not take a value.
    #[error("the value `{0}` cannot be sealed with this certificate")]
    Refused(String),
}

/// The SealedSecret of a Secret. A `scope` that is given replaces the one that its annotations ask
/// for.
pub fn seal(
    secret: &Secret,
    certificate: &Certificate,
    scope: Option<Scope>,
    chance: &mut dyn Random,
) -> Result<Value, SealError> {
    let scope = scope.unwrap_or_else(|| secret.scope());
    let (name, namespace) = (secret.name(), secret.namespace());
    if name.is_empty() {
        return Err(SealError::NoName);
    }
    if namespace.is_empty() && scope != Scope::ClusterWide {
        return Err(SealError::NoNamespace(name.to_owned(), scope));
    }
    let label = scope.label(namespace, name);
    let mut sealed = Map::new();
    for (key, value) in &secret.values {
        let bytes = cipher::seal(&certificate.key, value, &label, chance)
            .ok_or_else(|| SealError::Refused(key.clone()))?;
        sealed.insert(key.clone(), BASE64_STANDARD.encode(bytes).into());
    }
    let mut template = Map::new();
    template.insert("metadata".into(), inside(&secret.meta, scope).into());
    if let Some(kind) = &secret.kind {
        template.insert("type".into(), kind.as_str().into());
    }
    if let Some(immutable) = secret.immutable {
        template.insert("immutable".into(), immutable.into());
    }
    let mut meta = Map::new();
    meta.insert("name".into(), name.into());
    if !namespace.is_empty() {
        meta.insert("namespace".into(), namespace.into());
    }
    if let Some(annotation) = scope.annotation() {
        meta.insert("annotations".into(), json!({ annotation: "true" }));
    }
    Ok(json!({
        "apiVersion": "bitnami.com/v1alpha1",
        "kind": "SealedSecret",
        "metadata": meta,
        "spec": { "encryptedData": sealed, "template": template },
    }))
}

/// The metadata that the opened Secret will have.
fn inside(meta: &Meta, scope: Scope) -> Meta {
    let mut meta = meta.clone();
    for field in OF_THE_SERVER {
        meta.remove(field);
    }
    let mut annotations = match meta.remove("annotations") {
        Some(Value::Object(annotations)) => annotations,
        _ => Map::new(),
    };
    for key in COPIES.iter().chain(&[WHOLE_NAMESPACE, WHOLE_CLUSTER]) {
        annotations.remove(*key);
    }
    if let Some(annotation) = scope.annotation() {
        annotations.insert(annotation.into(), "true".into());
    }
    if !annotations.is_empty() {
        meta.insert("annotations".into(), annotations.into());
    }
    meta
}
