//! What of each object becomes a value.

use std::collections::BTreeSet;

use plimsoll_yaml::{Kind, Node, Scalar, Style};

use super::LeftOut;
use super::edits::Edits;
use super::reading::{Manifest, is_object};
use super::slots::Slots;
use crate::chart::Holds;
use crate::emit::{Map, Node as Written};
use crate::model::Evidence;

/// A file as a template.
pub(super) struct Done {
    pub(super) text: String,
    pub(super) objects: usize,
    pub(super) left_out: Vec<LeftOut>,
}

/// The namespace that all objects name which name one; nothing where they name several.
pub(super) fn only_namespace(files: &[Manifest]) -> Option<String> {
    let mut names = BTreeSet::new();
    for file in files {
        for document in file.tree.documents() {
            let root = document.root().filter(|root| is_object(*root));
            let name = root.and_then(|root| root.at(&["metadata", "namespace"])?.as_str());
            names.extend(name.map(|name| name.into_owned()));
        }
    }
    match names.len() {
        1 => names.pop_first(),
        _ => None,
    }
}

/// A file with expressions in the place of what becomes a value.
pub(super) fn template(
    file: &Manifest,
    namespace: Option<&str>,
    slots: &mut Slots,
    pins: &dyn Fn(&str) -> String,
) -> Done {
    let mut walk = Walk {
        file,
        edits: Edits::default(),
        slots,
        pins,
    };
    let mut left_out = Vec::new();
    let mut objects = 0;
    for document in file.tree.documents() {
        let Some(root) = document.root() else {
            continue;
        };
        let kind = root.get("kind").and_then(Node::as_str);
        let mut leave = |why: String, help: &str| {
            left_out.push(LeftOut {
                file: file.path.clone(),
                line: file.line(root.range().start),
                why,
                help: help.to_owned(),
            });
            walk.edits.put(document.range(), "");
        };
        match kind.as_deref() {
            _ if !is_object(root) => leave(
                "a document that is no object is left out".to_owned(),
                "move it into a file of its own",
            ),
            Some("Secret") if holds_values(root) => leave(
                format!(
                    "the Secret `{}` is left out, for it holds values",
                    name_of(root)
                ),
                "make it outside of the chart, and before it: sealed, or by an operator",
            ),
            Some("Namespace") => leave(
                format!(
                    "the Namespace `{}` is left out, for it is the release's",
                    name_of(root)
                ),
                "let Helm make it with `--create-namespace`",
            ),
            kind => {
                objects += 1;
                walk.object(root, kind.unwrap_or_default(), namespace);
            }
        }
    }
    let text = walk.edits.apply(file.tree.text());
    Done {
        text,
        objects,
        left_out,
    }
}

/// Whether an object is a Secret with values.
pub(super) fn holds_values(secret: Node<'_>) -> bool {
    let kind = secret.get("kind").and_then(Node::as_str);
    if kind.as_deref() != Some("Secret") {
        return false;
    }
    ["data", "stringData"]
        .iter()
        .any(|key| secret.get(key).is_some_and(|data| !data.is_empty()))
}

fn name_of(root: Node<'_>) -> String {
    let name = root.at(&["metadata", "name"]).and_then(Node::as_str);
    name.map(|name| name.into_owned()).unwrap_or_default()
}

struct Walk<'f, 's> {
    file: &'f Manifest,
    edits: Edits,
    slots: &'s mut Slots,
    /// An image with its digest, where one is known.
    pins: &'s dyn Fn(&str) -> String,
}

impl Walk<'_, '_> {
    fn object(&mut self, root: Node<'_>, kind: &str, namespace: Option<&str>) {
        let name = name_of(root);
        if let Some(node) = root.at(&["metadata", "namespace"])
            && namespace.is_some()
            && can_be_replaced(node)
        {
            self.edits
                .put(node.range(), "{{ .Release.Namespace | quote }}");
        }
        if name.is_empty() {
            return;
        }
        let name = name.as_str();
        match kind {
            "Deployment" | "StatefulSet" | "ReplicaSet" => {
                self.number(
                    root.at(&["spec", "replicas"]),
                    &[name, "replicas"],
                    "How many pods there are.",
                );
                self.pod(root.at(&["spec", "template", "spec"]), name);
                self.claims(root, name);
            }
            "DaemonSet" | "Job" => self.pod(root.at(&["spec", "template", "spec"]), name),
            "CronJob" => {
                let says = "When it runs, in the five fields of cron.";
                self.text(root.at(&["spec", "schedule"]), &[name, "schedule"], says);
                let pod = ["spec", "jobTemplate", "spec", "template", "spec"];
                self.pod(root.at(&pod), name);
            }
            "Pod" => self.pod(root.get("spec"), name),
            "Service" => {
                let says = "How it is reached: ClusterIP, NodePort or LoadBalancer.";
                self.text(root.at(&["spec", "type"]), &[name, "service", "type"], says);
            }
            "ConfigMap" => self.config(root, name),
            "Ingress" => self.ingress(root, name),
            "HorizontalPodAutoscaler" => {
                for (key, says) in [
                    ("minReplicas", "At least so many pods."),
                    ("maxReplicas", "At most so many pods."),
                ] {
                    self.number(root.at(&["spec", key]), &[name, "autoscaling", key], says);
                }
            }
            "PersistentVolumeClaim" => {
                self.text(
                    root.at(&["spec", "resources", "requests", "storage"]),
                    &[name, "storage", "size"],
                    "How much room it asks for.",
                );
                self.text(
                    root.at(&["spec", "storageClassName"]),
                    &[name, "storage", "class"],
                    "The storage class that makes it.",
                );
            }
            _ => {}
        }
    }

    fn why(&self, node: Node<'_>) -> Evidence {
        let line = self.file.line(node.range().start);
        Evidence::line(self.file.path.as_str(), line, "the manifest says so")
    }

    fn text(&mut self, node: Option<Node<'_>>, path: &[&str], says: &str) {
        let Some(node) = node.filter(|node| can_be_replaced(*node)) else {
            return;
        };
        let Some(Scalar::Str(text)) = node.scalar() else {
            return;
        };
        let holds = Holds::Text(text.into_owned(), false);
        let why = self.why(node);
        if let Some(read) = self.slots.add(path, says, holds, why) {
            self.edits
                .put(node.range(), format!("{{{{ {read} | quote }}}}"));
        }
    }

    fn number(&mut self, node: Option<Node<'_>>, path: &[&str], says: &str) {
        let Some(node) = node.filter(|node| can_be_replaced(*node)) else {
            return;
        };
        let Some(number) = node.as_int().and_then(|number| u32::try_from(number).ok()) else {
            return;
        };
        let holds = Holds::Number(number, 0, number.max(1000));
        let why = self.why(node);
        if let Some(read) = self.slots.add(path, says, holds, why) {
            self.edits.put(node.range(), format!("{{{{ {read} }}}}"));
        }
    }

    fn pod(&mut self, spec: Option<Node<'_>>, name: &str) {
        let Some(spec) = spec else { return };
        for (key, is_first) in [("containers", true), ("initContainers", false)] {
            let Some(containers) = spec.get(key) else {
                continue;
            };
            for (number, container) in containers.items().enumerate() {
                let own = container.get("name").and_then(Node::as_str);
                let own = own.map(|own| own.into_owned()).unwrap_or_default();
                // The first container is what the pod is for.
                let path: Vec<&str> = if is_first && number == 0 {
                    vec![name]
                } else {
                    vec![name, &own]
                };
                self.container(container, &path);
            }
        }
    }

    fn container(&mut self, container: Node<'_>, path: &[&str]) {
        if let Some(image) = container.get("image").filter(|node| can_be_replaced(*node)) {
            self.image(image, path);
        }
        if let Some(resources) = container.get("resources") {
            self.resources(resources, path);
        }
        let Some(env) = container.get("env") else {
            return;
        };
        let mut found: Vec<(String, String, Evidence)> = Vec::new();
        let mut nodes = Vec::new();
        for variable in env.items() {
            let name = variable.get("name").and_then(Node::as_str);
            let value = variable.get("value").filter(|node| can_be_replaced(*node));
            let (Some(name), Some(value)) = (name, value) else {
                continue;
            };
            let Some(Scalar::Str(text)) = value.scalar() else {
                continue;
            };
            let is_known = found.iter().any(|(known, ..)| *known == *name);
            let is_secret = plimsoll_secrets::names_secret(&name)
                || !plimsoll_secrets::address::embedded(&text).is_empty();
            // What is made of other variables stays beside them, and secrets do not spread.
            if is_known || is_secret || text.contains("$(") {
                continue;
            }
            found.push((
                name.clone().into_owned(),
                text.into_owned(),
                self.why(value),
            ));
            nodes.push((name.into_owned(), value));
        }
        let mut path: Vec<&str> = path.to_vec();
        path.push("env");
        self.named(&path, "Variables, by name.", found, nodes, env);
    }

    /// Texts by names under one value.
    fn named(
        &mut self,
        path: &[&str],
        says: &str,
        texts: Vec<(String, String, Evidence)>,
        nodes: Vec<(String, Node<'_>)>,
        around: Node<'_>,
    ) {
        if texts.is_empty() {
            return;
        }
        let why = self.why(around);
        let Some(read) = self.slots.texts(path, says, texts, why) else {
            return;
        };
        for (name, node) in nodes {
            let name = crate::emit::quoted(&name);
            self.edits.put(
                node.range(),
                format!("{{{{ index {read} {name} | quote }}}}"),
            );
        }
    }

    fn image(&mut self, node: Node<'_>, path: &[&str]) {
        let Some(Scalar::Str(text)) = node.scalar() else {
            return;
        };
        let text = (self.pins)(&text);
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest)),
            None => (text.as_str(), None),
        };
        let (repository, tag) = match rest.rsplit_once(':') {
            Some((repository, tag)) if !tag.contains('/') => (repository, Some(tag)),
            _ => (rest, None),
        };
        if repository.is_empty() || tag == Some("") || digest == Some("") {
            return;
        }
        let mut formats = "%s".to_owned();
        let mut reads = Vec::new();
        let parts = [
            (
                "repository",
                "Where the image is pulled from.",
                Some(repository),
                "",
            ),
            ("tag", "Its tag.", tag, ":%s"),
            ("digest", "Its digest.", digest, "@%s"),
        ];
        for (key, says, part, format) in parts {
            let Some(part) = part else { continue };
            let mut path: Vec<&str> = path.to_vec();
            path.extend(["image", key]);
            let holds = Holds::Text(part.to_owned(), false);
            let why = self.why(node);
            let Some(read) = self.slots.add(&path, says, holds, why) else {
                return;
            };
            formats.push_str(format);
            reads.push(read);
        }
        let text = format!("{{{{ printf \"{formats}\" {} | quote }}}}", reads.join(" "));
        self.edits.put(node.range(), text);
    }

    /// Requests and limits as a whole, which may be anything in another environment.
    fn resources(&mut self, node: Node<'_>, path: &[&str]) {
        // Lines cannot stand within braces.
        let is_within = node
            .parent()
            .is_some_and(|parent| parent.style() == Style::Flow);
        let Some(map) = quantities(node).filter(|_| !is_within) else {
            return;
        };
        let mut path: Vec<&str> = path.to_vec();
        path.push("resources");
        let why = self.why(node);
        let says = "What each pod asks for and may take.";
        let Some(read) = self.slots.add(&path, says, Holds::Resources(map), why) else {
            return;
        };
        let Some(key) = node.key() else { return };
        let text = self.file.tree.text();
        let start = key.range().start as usize;
        let line = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let indent = text[line..start].chars().count() + 2;
        self.edits.put(
            node.range(),
            format!("{{{{- toYaml {read} | nindent {indent} }}}}"),
        );
    }

    fn config(&mut self, root: Node<'_>, name: &str) {
        let Some(data) = root.get("data") else { return };
        let (mut found, mut nodes) = (Vec::new(), Vec::new());
        for entry in data.entries() {
            let (Some(key), true) = (entry.key.as_str(), can_be_replaced(entry.value)) else {
                continue;
            };
            let Some(Scalar::Str(text)) = entry.value.scalar() else {
                continue;
            };
            // Files stay in the template.
            if text.contains('\n') || plimsoll_secrets::names_secret(&key) {
                continue;
            }
            found.push((
                key.clone().into_owned(),
                text.into_owned(),
                self.why(entry.value),
            ));
            nodes.push((key.into_owned(), entry.value));
        }
        let says = "Settings, by name.";
        self.named(&[name, "config"], says, found, nodes, data);
    }

    fn ingress(&mut self, root: Node<'_>, name: &str) {
        let says = "The class of the cluster's ingress controller.";
        let class = root.at(&["spec", "ingressClassName"]);
        self.text(class, &[name, "ingress", "className"], says);
        let mut nodes: Vec<Node<'_>> = Vec::new();
        let items = |key: &str| root.at(&["spec", key]).into_iter().flat_map(Node::items);
        nodes.extend(items("rules").filter_map(|rule| rule.get("host")));
        for tls in items("tls") {
            nodes.extend(tls.get("hosts").into_iter().flat_map(Node::items));
        }
        let mut read: Vec<(String, String)> = Vec::new();
        for node in nodes {
            if !can_be_replaced(node) {
                continue;
            }
            let Some(Scalar::Str(host)) = node.scalar() else {
                continue;
            };
            let host = host.into_owned();
            let known = read.iter().find(|(known, _)| *known == host);
            let expression = match known {
                Some((_, expression)) => Some(expression.clone()),
                None => {
                    let key = match read.len() {
                        0 => "host".to_owned(),
                        count => format!("host{}", count + 1),
                    };
                    let holds = Holds::Text(host.clone(), false);
                    let why = self.why(node);
                    let says = "A host name that it answers to.";
                    self.slots.add(&[name, "ingress", &key], says, holds, why)
                }
            };
            let Some(expression) = expression else {
                continue;
            };
            self.edits
                .put(node.range(), format!("{{{{ {expression} | quote }}}}"));
            read.push((host, expression));
        }
    }

    fn claims(&mut self, root: Node<'_>, name: &str) {
        let Some(claims) = root.at(&["spec", "volumeClaimTemplates"]) else {
            return;
        };
        for claim in claims.items() {
            let own = name_of(claim);
            self.text(
                claim.at(&["spec", "resources", "requests", "storage"]),
                &[name, "storage", &own],
                "How much room it asks for.",
            );
        }
    }
}

/// Whether an expression can stand in the place of a scalar: nothing else refers to it, and it is on
/// one line.
pub(super) fn can_be_replaced(node: Node<'_>) -> bool {
    let on_line = matches!(
        node.style(),
        Style::Plain | Style::SingleQuoted | Style::DoubleQuoted
    );
    node.kind() == Kind::Scalar
        && on_line
        && !node.source().is_empty()
        && !node.source().contains('\n')
        && node.anchor().is_none()
        && node.tag().is_none()
}

/// Requests and limits that are quantities and nothing else.
fn quantities(node: Node<'_>) -> Option<Map> {
    if node.kind() != Kind::Mapping || node.is_empty() || node.anchor().is_some() {
        return None;
    }
    let mut map = Map::new();
    for entry in node.entries() {
        let key = entry.key.as_str()?;
        if !matches!(&*key, "requests" | "limits")
            || entry.value.kind() != Kind::Mapping
            || entry.value.anchor().is_some()
        {
            return None;
        }
        let mut inner = Map::new();
        for quantity in entry.value.entries() {
            if !can_be_replaced(quantity.value) {
                return None;
            }
            let name = quantity.key.as_str()?;
            let value = match quantity.value.scalar()? {
                Scalar::Str(text) => Written::Quoted(text.into_owned()),
                Scalar::Int(number) => Written::Word(number.to_string()),
                Scalar::Float(_) => Written::Word(quantity.value.source().to_owned()),
                _ => return None,
            };
            inner = inner.put(&*name, value);
        }
        map = map.put(&*key, inner);
    }
    Some(map)
}
