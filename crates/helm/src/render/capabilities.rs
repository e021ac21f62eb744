//! What a cluster can do, and what differs by the version of Helm.

use plimsoll_gotmpl::value::UintType;
use plimsoll_gotmpl::{Class, List, Object, Signature, Trace, Traced, Type, Value};
use std::any::Any;
use std::sync::{Arc, OnceLock};

/// What differs by the version of Helm.
#[derive(PartialEq, Debug)]
pub struct HelmVersion {
    /// `v4.3.1`
    pub version: &'static str,
    /// `.Capabilities.HelmVersion.GitCommit`
    pub git_commit: &'static str,
    /// `.Capabilities.HelmVersion.GoVersion`
    pub go_version: &'static str,
    /// `.Capabilities.HelmVersion.KubeClientVersion`
    pub kube_client_version: &'static str,
    /// The cluster that is assumed where there is none.
    pub kube_version: (u64, u64),
    /// The API versions that are assumed to be served.
    pub api_versions: &'static [&'static str],
}

/// Helm 4.3.1.
pub static HELM_4_3_1: HelmVersion = HelmVersion {
    version: "v4.3.1",
    git_commit: "c0d08d0d6d9424d4a14febb5e8a3e51b0dd00dff",
    go_version: "go1.27.2",
    kube_client_version: "v1.37",
    kube_version: (1, 37),
    api_versions: &[
        "v1",
        "admissionregistration.k8s.io/v1",
        "admissionregistration.k8s.io/v1alpha1",
        "admissionregistration.k8s.io/v1beta1",
        "internal.apiserver.k8s.io/v1alpha1",
        "apps/v1",
        "apps/v1beta1",
        "apps/v1beta2",
        "authentication.k8s.io/v1",
        "authentication.k8s.io/v1alpha1",
        "authentication.k8s.io/v1beta1",
        "authorization.k8s.io/v1",
        "authorization.k8s.io/v1beta1",
        "autoscaling/v1",
        "autoscaling/v2",
        "batch/v1",
        "batch/v1beta1",
        "certificates.k8s.io/v1",
        "certificates.k8s.io/v1beta1",
        "certificates.k8s.io/v1alpha1",
        "coordination.k8s.io/v1alpha2",
        "coordination.k8s.io/v1beta1",
        "coordination.k8s.io/v1",
        "discovery.k8s.io/v1",
        "discovery.k8s.io/v1beta1",
        "events.k8s.io/v1",
        "events.k8s.io/v1beta1",
        "extensions/v1beta1",
        "flowcontrol.apiserver.k8s.io/v1",
        "flowcontrol.apiserver.k8s.io/v1beta1",
        "flowcontrol.apiserver.k8s.io/v1beta2",
        "flowcontrol.apiserver.k8s.io/v1beta3",
        "lifecycle.k8s.io/v1alpha1",
        "networking.k8s.io/v1",
        "networking.k8s.io/v1beta1",
        "node.k8s.io/v1",
        "node.k8s.io/v1alpha1",
        "node.k8s.io/v1beta1",
        "policy/v1",
        "policy/v1beta1",
        "rbac.authorization.k8s.io/v1",
        "rbac.authorization.k8s.io/v1beta1",
        "rbac.authorization.k8s.io/v1alpha1",
        "resource.k8s.io/v1",
        "resource.k8s.io/v1beta2",
        "resource.k8s.io/v1beta1",
        "resource.k8s.io/v1alpha3",
        "scheduling.k8s.io/v1alpha3",
        "scheduling.k8s.io/v1beta1",
        "scheduling.k8s.io/v1",
        "storage.k8s.io/v1beta1",
        "storage.k8s.io/v1",
        "storage.k8s.io/v1alpha1",
        "storagemigration.k8s.io/v1",
        "storagemigration.k8s.io/v1beta1",
        "apiextensions.k8s.io/v1beta1",
        "apiextensions.k8s.io/v1",
    ],
};

/// A version of Kubernetes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KubeVersion {
    /// As it was given, with a leading `v`.
    pub version: String,
    /// Without what follows the numbers: constraints are checked with this.
    pub normalized: String,
    /// The first number.
    pub major: String,
    /// The second.
    pub minor: String,
}

/// A text that is no version of Kubernetes. Displayed, it is what Helm prints.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum KubeVersionError {
    /// It does not begin as one.
    #[error("could not parse {} as version", plimsoll_gotmpl::quote(.0.as_bytes()))]
    NotOne(String),
    /// One of its numbers is none.
    #[error("illegal version string {}", plimsoll_gotmpl::quote(.0.as_bytes()))]
    Illegal(String),
    /// A number begins with zero.
    #[error("illegal zero-prefixed version component {} in {}", plimsoll_gotmpl::quote(.0.as_bytes()), plimsoll_gotmpl::quote(.1.as_bytes()))]
    ZeroPrefixed(String, String),
}

impl KubeVersion {
    /// Reads a version (`ParseGeneric` of apimachinery): two or more numbers, then anything.
    pub fn parse(text: &str) -> Result<Self, KubeVersionError> {
        let shown = text;
        let start = text.trim_start();
        let digits = start.strip_prefix('v').unwrap_or(start);
        let end = digits
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(digits.len());
        let mut numbers = &digits[..end];
        // A dot that ends the numbers belongs to what follows.
        while numbers.ends_with('.') {
            numbers = &numbers[..numbers.len() - 1];
        }
        let parts: Vec<&str> = numbers.split('.').collect();
        if parts.len() < 2 || parts.iter().take(2).any(|part| part.is_empty()) {
            return Err(KubeVersionError::NotOne(shown.to_owned()));
        }
        let mut values = Vec::new();
        for part in &parts {
            if part.len() > 1 && part.starts_with('0') {
                return Err(KubeVersionError::ZeroPrefixed(
                    (*part).to_owned(),
                    shown.to_owned(),
                ));
            }
            let value: u64 = part
                .parse()
                .map_err(|_| KubeVersionError::Illegal(shown.to_owned()))?;
            values.push(value);
        }
        while values.len() < 3 {
            values.push(0);
        }
        let version = if text.starts_with('v') {
            text.to_owned()
        } else {
            format!("v{text}")
        };
        let normalized: Vec<String> = values.iter().map(u64::to_string).collect();
        Ok(Self {
            version,
            normalized: format!("v{}", normalized.join(".")),
            major: values[0].to_string(),
            minor: values[1].to_string(),
        })
    }
}

/// What the cluster can do that is rendered for.
#[derive(Clone, PartialEq, Debug)]
pub struct Capabilities {
    /// Its version.
    pub kube_version: KubeVersion,
    /// What it serves.
    pub api_versions: Vec<String>,
    /// The Helm that renders.
    pub helm: &'static HelmVersion,
}

impl Capabilities {
    /// Those that a version of Helm assumes without a cluster.
    pub fn assumed_by(helm: &'static HelmVersion) -> Self {
        let (major, minor) = helm.kube_version;
        let version = format!("v{major}.{minor}.0");
        Self {
            kube_version: KubeVersion {
                normalized: version.clone(),
                version,
                major: major.to_string(),
                minor: minor.to_string(),
            },
            api_versions: helm
                .api_versions
                .iter()
                .map(|&text| text.to_owned())
                .collect(),
            helm,
        }
    }

    /// The object that templates see.
    pub(super) fn object(&self, trace: impl Fn(&str) -> Trace) -> Value {
        let version = &self.kube_version;
        let text = |value: &str, trace: Trace| Traced::new(Value::from(value), trace);
        let kube = Struct {
            name: "common.KubeVersion",
            fields: vec![
                ("Version", text(&version.version, trace("KubeVersion"))),
                ("Major", text(&version.major, trace("KubeVersion"))),
                ("Minor", text(&version.minor, trace("KubeVersion"))),
            ],
            text: Some(version.normalized.clone()),
            hidden: Some((1, version.normalized.clone())),
            class: Some(kube_class()),
            encoded: &[],
        };
        let versions = self.api_versions.iter();
        let items = versions.map(|version| text(version, trace("APIVersions")));
        let list = List::new(Type::String, items.collect())
            .with_class(version_set())
            .with_shape(trace("APIVersions"));
        let helm = self.helm;
        let helm = Struct {
            name: "version.BuildInfo",
            fields: vec![
                ("Version", text(helm.version, trace("HelmVersion"))),
                ("GitCommit", text(helm.git_commit, trace("HelmVersion"))),
                ("GitTreeState", text("clean", trace("HelmVersion"))),
                ("GoVersion", text(helm.go_version, trace("HelmVersion"))),
                (
                    "KubeClientVersion",
                    text(helm.kube_client_version, trace("HelmVersion")),
                ),
            ],
            text: None,
            hidden: None,
            class: None,
            encoded: &[
                "version",
                "git_commit",
                "git_tree_state",
                "go_version",
                "kube_client_version",
            ],
        };
        Value::object(Struct {
            name: "*common.Capabilities",
            fields: vec![
                (
                    "KubeVersion",
                    Traced::new(Value::object(kube), trace("KubeVersion")),
                ),
                (
                    "APIVersions",
                    Traced::new(Value::List(list), trace("APIVersions")),
                ),
                (
                    "HelmVersion",
                    Traced::new(Value::object(helm), trace("HelmVersion")),
                ),
            ],
            text: None,
            hidden: None,
            class: None,
            encoded: &[],
        })
    }
}

/// A struct of Go.
struct Struct {
    name: &'static str,
    fields: Vec<(&'static str, Traced)>,
    /// What its method `String` gives.
    text: Option<String>,
    /// A field that only printing shows, and where it stands.
    hidden: Option<(usize, String)>,
    class: Option<&'static Class>,
    /// The names of its fields in JSON, where they are others.
    encoded: &'static [&'static str],
}

impl Object for Struct {
    fn type_name(&self) -> &str {
        self.name
    }

    fn field(&self, name: &str) -> Option<Traced> {
        let found = self.fields.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| value.clone())
    }

    fn fields(&self) -> Vec<(String, Traced)> {
        let field = |(name, value): &(&str, Traced)| ((*name).to_owned(), value.clone());
        let mut fields: Vec<_> = self.fields.iter().map(field).collect();
        if let Some((at, text)) = &self.hidden {
            let trace = fields.first().map_or(Trace::NONE, |(_, field)| field.trace);
            let hidden = Traced::new(Value::from(text.as_str()), trace);
            fields.insert(*at, ("normalizedVersion".into(), hidden));
        }
        fields
    }

    fn encoded_fields(&self) -> Vec<(String, Traced)> {
        let name = |(at, (name, _)): (usize, &(&str, Traced))| {
            self.encoded.get(at).copied().unwrap_or(name).to_owned()
        };
        let names = self.fields.iter().enumerate().map(name);
        let values = self.fields.iter().map(|(_, value)| value.clone());
        names.zip(values).collect()
    }

    fn class(&self) -> Option<&Class> {
        self.class
    }

    fn addressed_text(&self) -> Option<Vec<u8>> {
        self.text.clone().map(String::into_bytes)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

fn version_set() -> Arc<Class> {
    static CLASS: OnceLock<Arc<Class>> = OnceLock::new();
    let class = CLASS.get_or_init(|| {
        let has = |call: &mut plimsoll_gotmpl::Call<'_>, arguments: &[Traced]| {
            use plimsoll_gotmpl::Arguments;
            let wanted = arguments.str(0)?;
            let Value::List(list) = call.receiver().value else {
                return Err("no list".into());
            };
            let found = list
                .items()
                .iter()
                .any(|item| matches!(&item.value, Value::Str(text) if text == wanted));
            Ok(Value::Bool(found).into())
        };
        Arc::new(Class::new("common.VersionSet").method("Has", Signature::new([Type::String]), has))
    });
    class.clone()
}

fn kube_class() -> &'static Class {
    static CLASS: OnceLock<Class> = OnceLock::new();
    CLASS.get_or_init(|| {
        Class::new("common.KubeVersion")
            .method("String", Signature::new([]), |call, _| {
                Ok(own_text(call, |kube| kube.text.clone()))
            })
            .method("GitVersion", Signature::new([]), |call, _| {
                Ok(own_text(call, |kube| {
                    let (_, version) = kube.fields.first()?;
                    match &version.value {
                        Value::Str(text) => Some(text.text().into_owned()),
                        _ => None,
                    }
                }))
            })
    })
}

fn own_text(
    call: &mut plimsoll_gotmpl::Call<'_>,
    text: impl Fn(&Struct) -> Option<String>,
) -> plimsoll_gotmpl::Reply {
    let receiver = call.receiver();
    let found = match &receiver.value {
        Value::Object(object) => object.as_any().downcast_ref::<Struct>().and_then(text),
        _ => None,
    };
    Traced::new(Value::from(found.unwrap_or_default()), receiver.trace).into()
}

/// Keeps the type of bytes in one place.
pub(super) fn bytes_type() -> Type {
    Type::list(Type::Uint(UintType::Uint8))
}
