//! The objects of a project and what they define: also the Secret that an ExternalSecret, a
//! SealedSecret or a Certificate will make, and the ConfigMaps that a kustomization generates.

use std::borrow::Cow;
use std::collections::HashMap;

use plimsoll_k8s::{Object, Workload};
use plimsoll_project::kustomize::kustomizations;
use plimsoll_project::{ManifestRole, Project};
use plimsoll_source::{FileId, Place, TextRange};
use plimsoll_yaml::{Kind, Node};
use rayon::prelude::*;

use crate::worlds::{Distance, Worlds};

/// Names one object of a project: the number of its manifest and its number there.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct ObjectRef {
    /// Index into [`Project::manifests`].
    pub unit: u32,
    /// Its number among the objects of the file.
    pub index: u32,
}

/// How something comes to be.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum By {
    /// The object is written in the file.
    Itself,
    /// The object is written, and encrypted by SOPS.
    Encrypted,
    /// A controller makes it because of the object.
    Controller,
    /// A generator of a kustomization makes it.
    Generator,
}

/// The keys of a ConfigMap or Secret.
#[derive(Clone, PartialEq, Debug)]
pub enum Keys<'a> {
    /// These, and no other; with the nodes that name them.
    Known(Vec<(Cow<'a, str>, Node<'a>)>),
    /// Something outside the files decides.
    Unknown,
}

/// An object that is there, or will be.
#[derive(Clone, Debug)]
pub struct Definition<'a> {
    /// Its kind.
    pub kind: &'a str,
    /// Its name.
    pub name: Cow<'a, str>,
    /// Its namespace, where one is written.
    pub namespace: Option<Cow<'a, str>>,
    /// How it comes to be.
    pub by: By,
    /// The object that is it or makes it; `None` for generators.
    pub object: Option<ObjectRef>,
    /// The file.
    pub file: FileId,
    /// The short place that stands for it.
    pub head: TextRange,
    /// The mapping that defines it.
    pub node: Node<'a>,
}

impl Definition<'_> {
    /// The place that stands for it.
    pub fn place(&self) -> Place {
        Place::new(self.file, self.head)
    }
}

/// All objects of a project, by what they are called.
pub struct Objects<'a> {
    project: &'a Project,
    by_unit: Vec<Vec<Object<'a>>>,
    definitions: Vec<Definition<'a>>,
    by_name: HashMap<(&'a str, Box<str>), Vec<u32>>,
    by_kind: HashMap<&'a str, Vec<u32>>,
    /// The names of objects of groups that Kubernetes does not bring, with their files.
    customs: Vec<(Cow<'a, str>, FileId)>,
    worlds: Worlds,
}

impl<'a> Objects<'a> {
    /// Collects them.
    pub fn new(project: &'a Project) -> Self {
        let by_unit: Vec<Vec<Object<'a>>> = project
            .manifests
            .par_iter()
            .map(|unit| match unit.role {
                // Nobody applies what a test compares with.
                ManifestRole::Expected => Vec::new(),
                _ => plimsoll_k8s::objects(&unit.tree),
            })
            .collect();
        let worlds = Worlds::new(project, &by_unit);
        let mut found = Self {
            project,
            definitions: Vec::new(),
            by_name: HashMap::new(),
            by_kind: HashMap::new(),
            customs: Vec::new(),
            worlds,
            by_unit: Vec::new(),
        };
        for (number, (unit, objects)) in project.manifests.iter().zip(&by_unit).enumerate() {
            let customs = objects.iter().filter(|object| !object.is_builtin());
            found.customs.extend(
                customs
                    .filter_map(|object| object.name())
                    .map(|name| (name, unit.file)),
            );
            // A patch defines nothing: it changes what is defined elsewhere.
            if matches!(unit.role, ManifestRole::Patch | ManifestRole::Expected) {
                continue;
            }
            for (index, object) in objects.iter().enumerate() {
                let reference = ObjectRef {
                    unit: number as u32,
                    index: index as u32,
                };
                found.add_object(unit.file, reference, *object);
            }
            for object in plimsoll_k8s::encrypted_objects(&unit.tree) {
                found.add(Definition {
                    kind: kind_of(object),
                    name: object.name().unwrap_or_default(),
                    namespace: object.namespace(),
                    by: By::Encrypted,
                    object: None,
                    file: unit.file,
                    head: object.head(),
                    node: object.node(),
                });
            }
            for root in kustomizations(project.path(unit.file), &unit.tree) {
                found.add_generators(unit.file, root);
            }
        }
        found.by_unit = by_unit;
        found
    }

    fn add(&mut self, definition: Definition<'a>) {
        if definition.name.is_empty() {
            return;
        }
        let number = self.definitions.len() as u32;
        let key = (definition.kind, Box::from(&*definition.name));
        self.by_name.entry(key).or_default().push(number);
        self.by_kind
            .entry(definition.kind)
            .or_default()
            .push(number);
        self.definitions.push(definition);
    }

    fn add_object(&mut self, file: FileId, reference: ObjectRef, object: Object<'a>) {
        let kind = kind_of(object);
        let definition = |kind: &'a str, name: Cow<'a, str>, by: By| Definition {
            kind,
            name,
            namespace: object.namespace(),
            by,
            object: Some(reference),
            file,
            head: object.head(),
            node: object.node(),
        };
        let name = object.name().unwrap_or_default();
        self.add(definition(kind, name, By::Itself));
        for (kind, name) in made(object) {
            self.add(definition(kind, name, By::Controller));
        }
    }

    fn add_generators(&mut self, file: FileId, root: Node<'a>) {
        let namespace = root.present("namespace").and_then(Node::as_str);
        for (key, kind) in [
            ("configMapGenerator", "ConfigMap"),
            ("secretGenerator", "Secret"),
        ] {
            for item in root.get(key).into_iter().flat_map(Node::items) {
                let item = item.resolve();
                let Some(name) = item.get("name") else {
                    continue;
                };
                let own = item.present("namespace").and_then(Node::as_str);
                self.add(Definition {
                    kind,
                    name: name.as_str().unwrap_or_default(),
                    namespace: own.or_else(|| namespace.clone()),
                    by: By::Generator,
                    object: None,
                    file,
                    head: name.range(),
                    node: item,
                });
            }
        }
    }

    /// The project.
    pub fn project(&self) -> &'a Project {
        self.project
    }

    /// Which files belong together.
    pub fn worlds(&self) -> &Worlds {
        &self.worlds
    }

    /// The objects of each manifest, in the project's order.
    pub fn by_unit(&self) -> &[Vec<Object<'a>>] {
        &self.by_unit
    }

    /// One object.
    pub fn get(&self, reference: ObjectRef) -> Object<'a> {
        self.by_unit[reference.unit as usize][reference.index as usize]
    }

    /// The file of an object.
    pub fn file(&self, reference: ObjectRef) -> FileId {
        self.project.manifests[reference.unit as usize].file
    }

    /// All objects with their names.
    pub fn iter(&self) -> impl Iterator<Item = (ObjectRef, Object<'a>)> + '_ {
        self.by_unit.iter().enumerate().flat_map(|(unit, objects)| {
            objects.iter().enumerate().map(move |(index, object)| {
                let (unit, index) = (unit as u32, index as u32);
                (ObjectRef { unit, index }, *object)
            })
        })
    }

    /// The custom resources: their names and files.
    pub fn customs(&self) -> impl Iterator<Item = (&str, FileId)> + '_ {
        self.customs.iter().map(|(name, file)| (&**name, *file))
    }

    /// Everything of this kind.
    pub fn of_kind(&self, kind: &str) -> impl Iterator<Item = &Definition<'a>> + '_ {
        let numbers = self.by_kind.get(kind).map_or(&[][..], Vec::as_slice);
        numbers.iter().map(|n| &self.definitions[*n as usize])
    }

    /// Everything of this kind and name, in whatever namespace and world.
    pub fn named(&self, kind: &str, name: &str) -> impl Iterator<Item = &Definition<'a>> + '_ {
        // The key borrows a kind of the project's lifetime; a lookup needs only its text.
        let kind = self.by_kind.get_key_value(kind).map(|(kind, _)| *kind);
        let numbers = kind.and_then(|kind| self.by_name.get(&(kind, Box::from(name))));
        numbers
            .map_or(&[][..], Vec::as_slice)
            .iter()
            .map(|n| &self.definitions[*n as usize])
    }

    /// The nearest definitions of this kind and name to a file, with their distance. Several
    /// come back where they are equally near: in the worlds of several overlays.
    pub fn nearest(
        &self,
        from: FileId,
        namespace: Option<&str>,
        kind: &str,
        name: &str,
    ) -> (Option<Distance>, Vec<&Definition<'a>>) {
        let fitting = self
            .named(kind, name)
            .filter(|definition| namespaces_fit(namespace, definition.namespace.as_deref()));
        self.nearest_of(from, fitting, |definition| definition.file)
    }

    /// The nearest among candidates that are known to match.
    pub fn nearest_of<T>(
        &self,
        from: FileId,
        candidates: impl Iterator<Item = T>,
        file: impl Fn(&T) -> FileId,
    ) -> (Option<Distance>, Vec<T>) {
        let mut least: Option<Distance> = None;
        let mut found = Vec::new();
        for candidate in candidates {
            let Some(distance) = self.worlds.distance(self.project, from, file(&candidate)) else {
                continue;
            };
            if least.is_some_and(|least| distance > least) {
                continue;
            }
            if least.is_none_or(|least| distance < least) {
                least = Some(distance);
                found.clear();
            }
            found.push(candidate);
        }
        (least, found)
    }
}

/// Whether a name in one namespace can mean an object in the other. A file without a namespace is
/// applied in whichever the command names.
pub(crate) fn namespaces_fit(a: Option<&str>, b: Option<&str>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => a == b,
        _ => true,
    }
}

/// The kind as a text that lives as long as the tree.
fn kind_of(object: Object<'_>) -> &str {
    match object.kind() {
        Cow::Borrowed(kind) => kind,
        // Items of typed lists: their kind is worked out, and nothing looks for these by name
        // under a kind that is not one of the common ones.
        Cow::Owned(kind) => common_kind(&kind),
    }
}

fn common_kind(kind: &str) -> &'static str {
    const COMMON: &[&str] = &[
        "ConfigMap",
        "CronJob",
        "DaemonSet",
        "Deployment",
        "HorizontalPodAutoscaler",
        "Ingress",
        "Job",
        "NetworkPolicy",
        "PersistentVolumeClaim",
        "Pod",
        "PodDisruptionBudget",
        "ReplicaSet",
        "Role",
        "RoleBinding",
        "Secret",
        "Service",
        "ServiceAccount",
        "StatefulSet",
    ];
    COMMON
        .iter()
        .find(|common| **common == kind)
        .copied()
        .unwrap_or("")
}

/// What controllers are known to make because of an object.
fn made<'a>(object: Object<'a>) -> Vec<(&'static str, Cow<'a, str>)> {
    let group = object.group();
    let kind = object.kind();
    let own = || object.name();
    let at = |path: &[&str]| {
        object
            .node()
            .at(path)
            .and_then(Node::as_str)
            .filter(|name| !name.is_empty())
    };
    let with = |suffixes: &[&str], kind: &'static str| -> Vec<(&'static str, Cow<'a, str>)> {
        let name = own().unwrap_or_default();
        suffixes
            .iter()
            .map(|suffix| (kind, Cow::Owned(format!("{name}{suffix}"))))
            .collect()
    };
    let secret =
        |name: Option<Cow<'a, str>>| name.map(|name| ("Secret", name)).into_iter().collect();
    match (&*group, &*kind) {
        ("bitnami.com", "SealedSecret") => {
            secret(at(&["spec", "template", "metadata", "name"]).or_else(own))
        }
        ("external-secrets.io", "ExternalSecret") => {
            secret(at(&["spec", "target", "name"]).or_else(own))
        }
        ("external-secrets.io", "ClusterExternalSecret") => secret(
            at(&["spec", "externalSecretSpec", "target", "name"])
                .or_else(|| at(&["spec", "externalSecretName"]))
                .or_else(own),
        ),
        ("kubernetes-client.io", "ExternalSecret") => secret(own()),
        ("cert-manager.io" | "certmanager.k8s.io", "Certificate") => {
            secret(at(&["spec", "secretName"]))
        }
        ("cert-manager.io", "Issuer" | "ClusterIssuer") => {
            secret(at(&["spec", "acme", "privateKeySecretRef", "name"]))
        }
        ("secrets.hashicorp.com", _) => secret(at(&["spec", "destination", "name"])),
        ("ricoberger.de", "VaultSecret") | ("onepassword.com", "OnePasswordItem") => secret(own()),
        ("secrets.infisical.com", "InfisicalSecret") => {
            secret(at(&["spec", "managedSecretReference", "secretName"]))
        }
        ("secrets.doppler.com", "DopplerSecret") => secret(at(&["spec", "managedSecret", "name"])),
        ("k8s.bitwarden.com", "BitwardenSecret") => secret(at(&["spec", "secretName"])),
        ("secrets-store.csi.x-k8s.io", "SecretProviderClass") => object
            .spec()
            .and_then(|spec| spec.get("secretObjects"))
            .into_iter()
            .flat_map(Node::items)
            .filter_map(|item| item.get("secretName")?.as_str())
            .map(|name| ("Secret", name))
            .collect(),
        ("postgresql.cnpg.io", "Cluster") => {
            let mut all = with(&["-rw", "-ro", "-r"], "Service");
            all.extend(with(&["-app", "-superuser", "-ca", "-server"], "Secret"));
            all
        }
        ("kafka.strimzi.io", "KafkaUser") => secret(own()),
        ("kafka.strimzi.io", "Kafka") => {
            let mut all = with(&["-kafka-bootstrap", "-kafka-brokers"], "Service");
            all.extend(with(&["-cluster-ca-cert"], "Secret"));
            all
        }
        ("rabbitmq.com", "RabbitmqCluster") => {
            let mut all = with(&["", "-nodes"], "Service");
            all.extend(with(&["-default-user"], "Secret"));
            all
        }
        ("trust.cert-manager.io", "Bundle") => {
            own().into_iter().map(|name| ("ConfigMap", name)).collect()
        }
        ("serving.knative.dev", "Service") => {
            own().into_iter().map(|name| ("Service", name)).collect()
        }
        ("keda.sh", "ScaledObject") => with(&[""], "HorizontalPodAutoscaler")
            .into_iter()
            .map(|(kind, name)| (kind, Cow::Owned(format!("keda-hpa-{name}"))))
            .collect(),
        _ => claims(object),
    }
}

/// The claims that a StatefulSet makes for its first replicas.
fn claims(object: Object<'_>) -> Vec<(&'static str, Cow<'_, str>)> {
    let Some(workload) = Workload::new(object).filter(|_| &*object.kind() == "StatefulSet") else {
        return Vec::new();
    };
    let replicas = workload.replicas().map_or(1, |replicas| replicas.value);
    let name = object.name().unwrap_or_default();
    workload
        .volume_claim_templates()
        .filter_map(|claim| claim.at(&["metadata", "name"])?.as_str())
        .flat_map(|claim| {
            (0..replicas.clamp(1, 16)).map({
                let name = name.clone();
                move |n| {
                    (
                        "PersistentVolumeClaim",
                        Cow::Owned(format!("{claim}-{name}-{n}")),
                    )
                }
            })
        })
        .collect()
}

impl<'a> Definition<'a> {
    /// The keys of a ConfigMap or Secret.
    pub fn keys(&self) -> Keys<'a> {
        match self.by {
            By::Encrypted | By::Itself => {
                written_keys(self.node, &["data", "binaryData", "stringData"])
            }
            By::Generator => generated_keys(self.node),
            By::Controller => made_keys(self.node),
        }
    }
}

fn written_keys<'a>(node: Node<'a>, fields: &[&str]) -> Keys<'a> {
    let entries = fields
        .iter()
        .filter_map(|field| node.get(field))
        .flat_map(Node::merged_entries)
        .filter_map(|entry| Some((entry.key.resolve().text()?, entry.key)));
    Keys::Known(entries.collect())
}

fn generated_keys(item: Node<'_>) -> Keys<'_> {
    let listed = |key: &str| item.get(key).into_iter().flat_map(Node::items);
    // An env file may hold any keys, and a merge adds to those of another.
    let open = ["envs", "env"]
        .iter()
        .any(|key| item.present(key).is_some())
        || item
            .present("behavior")
            .and_then(Node::as_str)
            .is_some_and(|behavior| behavior == "merge");
    if open {
        return Keys::Unknown;
    }
    let literals = listed("literals").filter_map(|node| {
        let text = node.text()?;
        let end = text.find('=')?;
        Some((Cow::Owned(text[..end].to_owned()), node.resolve()))
    });
    let files = listed("files").filter_map(|node| {
        let text = node.text()?;
        let name = match text.split_once('=') {
            Some((name, _)) => name,
            None => text.rsplit('/').next().unwrap_or(&text),
        };
        Some((Cow::Owned(name.to_owned()), node.resolve()))
    });
    Keys::Known(literals.chain(files).collect())
}

fn made_keys(node: Node<'_>) -> Keys<'_> {
    let kind = node.get("kind").and_then(Node::as_str).unwrap_or_default();
    let Some(spec) = node.get("spec").filter(|spec| spec.kind() == Kind::Mapping) else {
        return Keys::Unknown;
    };
    match &*kind {
        "SealedSecret" => match (
            written_keys(spec, &["encryptedData"]),
            spec.at(&["template", "data"]),
        ) {
            (Keys::Known(mut keys), Some(data)) => {
                let more = data.merged_entries();
                keys.extend(
                    more.filter_map(|entry| Some((entry.key.resolve().text()?, entry.key))),
                );
                Keys::Known(keys)
            }
            (keys, _) => keys,
        },
        "ExternalSecret" => {
            // `dataFrom` takes whatever is in the store; a template decides by itself.
            if spec.present("dataFrom").is_some() || spec.at(&["target", "template"]).is_some() {
                return Keys::Unknown;
            }
            let items = spec.get("data").into_iter().flat_map(Node::items);
            let keys = items.filter_map(|item| {
                let key = item.get("secretKey").or_else(|| item.get("name"))?;
                Some((key.as_str()?, key))
            });
            Keys::Known(keys.collect())
        }
        _ => Keys::Unknown,
    }
}
