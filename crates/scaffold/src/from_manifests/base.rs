//! Manifests as a Kustomize base with overlays, and what makes their Secrets.

use std::collections::BTreeMap;

use plimsoll_yaml::Node as Yaml;

use super::cluster::items;
use super::edits::Edits;
use super::reading::{Found, is_object};
use super::{Builds, LeftOut};
use crate::deploy::{Kept, maker};
use crate::emit::{Dialect, Document, List, Map, Node, file};
use crate::from_compose::SecretNeeded;
use crate::manifests::FOLDER;
use crate::manifests::kustomize::{kustomization, patch, replace};
use crate::model::Evidence;
use crate::wishes::{Secrets, Wishes};
use crate::written::Written;

/// An environment, and what its namespace's name ends with.
const OVERLAYS: &[(&str, &str)] = &[("production", ""), ("staging", "-staging")];

/// What is written beside the manifests that are there.
pub(super) struct Around<'a> {
    pub(super) found: &'a Found,
    pub(super) wishes: &'a Wishes,
    pub(super) builds: &'a Builds,
    /// The namespace that all share.
    pub(super) namespace: Option<&'a str>,
    /// Secrets that somebody has to make, none of which a manifest makes already.
    pub(super) secrets: &'a [SecretNeeded],
    /// Objects that another file has under the same name.
    pub(super) again: &'a [plimsoll_k8s::Object<'a>],
    /// The folder that all manifests are in, with a slash at its end.
    pub(super) start: &'a str,
}

impl Around<'_> {
    /// Base, overlays and what makes Secrets, as far as they are wished for.
    pub(super) fn write(&self, left_out: &mut Vec<LeftOut>) -> Vec<Written> {
        if !self.wishes.kustomize {
            return self.secrets(FOLDER);
        }
        let bases = &self.found.bases;
        if bases.is_empty() {
            let folder = format!("{FOLDER}/base");
            let mut written = self.copies(&folder);
            written.extend(self.secrets(&folder));
            let mut resources = List::new();
            for file in &written {
                resources = resources.item(file.path[folder.len() + 1..].to_owned());
            }
            let body = kustomization().put("resources", resources);
            let document = Document::new(body, self.why());
            let path = format!("{folder}/kustomization.yaml");
            written.push(file(path, &[document], Dialect::Plain));
            written.extend(self.overlays(&["../../base".to_owned()]));
            return written;
        }
        let mut written = self.secrets(FOLDER);
        if let Some(overlay) = self.found.overlays.first() {
            left_out.push(LeftOut {
                file: overlay.clone(),
                line: 0,
                why: "there are overlays already, so that none is written".to_owned(),
                help: "leave `--kustomize` out".to_owned(),
            });
            return written;
        }
        let place = format!("{FOLDER}/overlays/");
        if let Some(base) = bases
            .iter()
            .find(|base| base.is_empty() || place.starts_with(&format!("{base}/")))
        {
            left_out.push(LeftOut {
                file: if base.is_empty() {
                    ".".to_owned()
                } else {
                    base.clone()
                },
                line: 0,
                why:
                    "Kustomize takes no overlay that lies in its own base, so that none is written"
                        .to_owned(),
                help: format!(
                    "move the base to `{FOLDER}/base`, and run this again from the folder above"
                ),
            });
            return written;
        }
        let paths: Vec<String> = bases
            .iter()
            .map(|base| format!("../../../{base}"))
            .collect();
        written.extend(self.overlays(&paths));
        written
    }

    fn why(&self) -> Vec<Evidence> {
        let paths = self.found.files.iter().map(|file| file.path.as_str());
        paths
            .map(|path| Evidence::file(path, "a manifest of the base"))
            .collect()
    }

    /// The manifests as they stand, without values of Secrets.
    fn copies(&self, folder: &str) -> Vec<Written> {
        let mut copies = Vec::new();
        for manifest in &self.found.files {
            let mut edits = Edits::default();
            let mut objects = 0;
            for document in manifest.tree.documents() {
                let Some(root) = document.root() else {
                    continue;
                };
                let is_again = self.again.iter().any(|object| object.node() == root);
                if !is_object(root) || is_again || super::objects::holds_values(root) {
                    edits.put(document.range(), "");
                    continue;
                }
                objects += 1;
                self.pin(root, &mut edits);
            }
            if objects == 0 {
                continue;
            }
            let below = manifest.path.strip_prefix(self.start);
            let path = format!("{folder}/{}", below.unwrap_or(&manifest.path));
            let mut written = Written::new(path);
            let why = Evidence::line(manifest.path.as_str(), 1, "the manifest says so");
            written.push(edits.apply_plain(manifest.tree.text()), vec![why]);
            copies.push(written);
        }
        copies
    }

    /// Puts digests behind the images of others.
    fn pin(&self, root: Yaml<'_>, edits: &mut Edits) {
        let pod = plimsoll_k8s::Object::new(root)
            .and_then(plimsoll_k8s::Workload::new)
            .and_then(|workload| workload.pod());
        let Some(pod) = pod else { return };
        for image in pod
            .all_containers()
            .filter_map(|container| container.image())
        {
            let Some(text) = image.text() else { continue };
            let pinned = self.wishes.pinned(&text);
            let is_other = pinned != *text && !self.builds.contains_key(&*text);
            if is_other && super::objects::can_be_replaced(image) {
                edits.put(image.range(), crate::emit::scalar(&pinned));
            }
        }
    }

    fn overlays(&self, resources: &[String]) -> Vec<Written> {
        let mut written = Vec::new();
        let is_spread = self.namespace.is_none() && self.names_namespaces();
        let has_namespace = self.roots().any(|root| kind_of(root) == "Namespace");
        for (overlay, suffix) in OVERLAYS {
            let folder = format!("{FOLDER}/overlays/{overlay}");
            let own = self.namespace.unwrap_or(&self.wishes.project);
            let name = format!("{own}{suffix}");
            let mut list = List::new();
            for resource in resources {
                list = list.item(resource.as_str());
            }
            let mut body = kustomization();
            if !is_spread {
                body = body.put("namespace", name.as_str());
                if !has_namespace {
                    list = list.item("namespace.yaml");
                }
            }
            body = body.put("resources", list);
            let images = self.images();
            if !images.is_empty() {
                body = body.put("images", images);
            }
            let patches = self.patches(overlay);
            if !patches.is_empty() {
                body = body.put("patches", patches);
            }
            let path = format!("{folder}/kustomization.yaml");
            written.push(file(
                path,
                &[Document::new(body, self.why())],
                Dialect::Plain,
            ));
            if !is_spread && !has_namespace {
                let body = Map::new()
                    .put("apiVersion", "v1")
                    .put("kind", "Namespace")
                    .put("metadata", Map::new().put("name", name));
                let path = format!("{folder}/namespace.yaml");
                written.push(file(
                    path,
                    &[Document::new(body, self.why())],
                    Dialect::Plain,
                ));
            }
        }
        written
    }

    /// Tags of what is built here, which each environment has of its own: the one that was said, or the
    /// one that stands in the manifests.
    fn images(&self) -> List {
        let mut names: BTreeMap<&str, (Option<&str>, &[Evidence])> = BTreeMap::new();
        for (image, build) in self.builds {
            let image = image.split('@').next().unwrap_or(image);
            let (name, tag) = match image.rsplit_once(':') {
                Some((name, tag)) if !tag.contains('/') => (name, Some(tag)),
                _ => (image, None),
            };
            names.insert(name, (tag, &build.why));
        }
        let said = self.wishes.tag.as_deref();
        let mut list = List::new();
        for (name, (tag, why)) in names {
            if let Some(tag) = said.or(tag) {
                let image = Map::new()
                    .put("name", name)
                    .put("newTag", Node::Text(tag.to_owned()));
                list = list.item(image).why(why);
            }
        }
        list
    }

    /// Host names beside those of production.
    fn patches(&self, overlay: &str) -> List {
        let mut patches = List::new();
        if overlay == "production" {
            return patches;
        }
        for root in self.roots().filter(|root| kind_of(*root) == "Ingress") {
            let Some(name) = root.at(&["metadata", "name"]).and_then(Yaml::as_str) else {
                continue;
            };
            let mut operations = List::new();
            for (number, rule) in items(root, &["spec", "rules"]).enumerate() {
                if let Some(host) = rule.get("host").and_then(Yaml::as_str) {
                    let path = format!("/spec/rules/{number}/host");
                    operations = operations.item(replace(&path, elsewhere(overlay, &host)));
                }
            }
            for (number, tls) in items(root, &["spec", "tls"]).enumerate() {
                for (at, host) in items(tls, &["hosts"]).enumerate() {
                    if let Some(host) = host.as_str() {
                        let path = format!("/spec/tls/{number}/hosts/{at}");
                        operations = operations.item(replace(&path, elsewhere(overlay, &host)));
                    }
                }
            }
            if !operations.is_empty() {
                patches = patches.item(patch("Ingress", &name, &operations));
            }
        }
        patches
    }

    fn roots(&self) -> impl Iterator<Item = Yaml<'_>> {
        let files = self.found.files.iter();
        files
            .flat_map(|file| file.tree.documents())
            .filter_map(|document| document.root())
    }

    fn names_namespaces(&self) -> bool {
        self.roots()
            .any(|root| root.at(&["metadata", "namespace"]).is_some())
    }

    /// What brings each Secret into the cluster.
    fn secrets(&self, folder: &str) -> Vec<Written> {
        let mut written = Vec::new();
        if self.wishes.secrets == Secrets::Reference {
            return written;
        }
        for secret in self.secrets {
            let why = vec![Evidence::table("workloads read this Secret")];
            let keys: Vec<(String, Vec<Evidence>)> = secret
                .keys
                .iter()
                .map(|key| (key.clone(), why.clone()))
                .collect();
            let path = format!(
                "secret-{}.yaml",
                crate::from_compose::names::label(&secret.name)
            );
            let kept = Kept {
                name: &secret.name,
                group: &self.wishes.project,
                keys: &keys,
                file: None,
                reader: None,
                path: &path,
                why,
            };
            let object = |api: &str, kind: &str| {
                let mut metadata = Map::new().put("name", secret.name.as_str());
                if let Some(namespace) = self.namespace.filter(|_| !self.wishes.kustomize) {
                    metadata = metadata.put("namespace", namespace);
                }
                Map::new()
                    .put("apiVersion", api)
                    .put("kind", kind)
                    .put("metadata", metadata)
            };
            if let Some(document) = maker(self.wishes.secrets, &kept, &object) {
                written.push(file(
                    format!("{folder}/{path}"),
                    &[document],
                    Dialect::Plain,
                ));
            }
        }
        written
    }
}

fn kind_of(root: Yaml<'_>) -> String {
    let kind = root.get("kind").and_then(Yaml::as_str);
    kind.map(|kind| kind.into_owned()).unwrap_or_default()
}

/// A host name of another environment.
fn elsewhere(overlay: &str, host: &str) -> Node {
    match host.strip_prefix("*.") {
        Some(rest) => Node::Text(format!("*.{overlay}.{rest}")),
        None => Node::Text(format!("{overlay}.{host}")),
    }
}
