//! The references of one object.

mod routes;

use std::borrow::Cow;

use plimsoll_k8s::containers::KeyReference;
use plimsoll_k8s::{Container, IntOrString, LabelSelector, Object, PodSpec, VolumeKind, Workload};
use plimsoll_source::{FileId, TextRange};
use plimsoll_yaml::Node;

use super::{Reference, Target};
use crate::model::LinkKind;
use crate::objects::ObjectRef;

/// Collects the references of an object.
pub(crate) fn references_of<'a>(
    from: ObjectRef,
    file: FileId,
    object: Object<'a>,
    into: &mut Vec<Reference<'a>>,
) {
    let mut found = Extractor {
        from,
        file,
        object,
        namespace: object.namespace(),
        container: None,
        into,
    };
    found.object();
}

struct Extractor<'a, 'o> {
    from: ObjectRef,
    file: FileId,
    object: Object<'a>,
    namespace: Option<Cow<'a, str>>,
    container: Option<Box<str>>,
    into: &'o mut Vec<Reference<'a>>,
}

/// What is asked of a named object besides its being there.
#[derive(Default)]
struct Ask<'a> {
    keys: Vec<Node<'a>>,
    port: Option<IntOrString<'a>>,
    optional: bool,
    /// Another namespace than that of the object.
    namespace: Option<Cow<'a, str>>,
    /// Of the whole cluster: it has no namespace.
    cluster_wide: bool,
}

impl<'a> Extractor<'a, '_> {
    fn object(&mut self) {
        let object = self.object;
        if let Some(workload) = Workload::new(object) {
            if let Some(pod) = workload.pod() {
                self.pod(pod);
            }
            self.workload(workload);
            return;
        }
        let group = object.group();
        match (&*group, &*object.kind()) {
            ("", "Service") => self.service(),
            ("", "ServiceAccount") => self.service_account(),
            ("", "PersistentVolumeClaim") => {}
            ("networking.k8s.io" | "extensions", "Ingress") => self.ingress(),
            ("networking.k8s.io", "NetworkPolicy") => {
                self.pods_at(&["podSelector"], LinkKind::Restricts, "spec.podSelector");
            }
            ("policy", "PodDisruptionBudget") => {
                self.pods_at(&["selector"], LinkKind::Guards, "spec.selector");
            }
            ("autoscaling", "HorizontalPodAutoscaler") => {
                self.scale_target("scaleTargetRef", None, "spec.scaleTargetRef");
            }
            ("autoscaling.k8s.io", "VerticalPodAutoscaler") => {
                self.scale_target("targetRef", None, "spec.targetRef");
            }
            ("keda.sh", "ScaledObject") => self.scaled_object(),
            ("gateway.networking.k8s.io", "Gateway") => self.gateway(),
            ("gateway.networking.k8s.io", kind) if kind.ends_with("Route") => self.gateway_route(),
            ("traefik.io" | "traefik.containo.us", kind) if kind.starts_with("IngressRoute") => {
                self.traefik_route();
            }
            ("route.openshift.io", "Route") => self.openshift_route(),
            ("networking.istio.io", "VirtualService") => self.virtual_service(),
            ("split.smi-spec.io", "TrafficSplit") => self.traffic_split(),
            ("networking.istio.io", "DestinationRule") => {
                let host = object.node().at(&["spec", "host"]);
                self.host(host, "spec.host", None);
            }
            ("monitoring.coreos.com", "ServiceMonitor") => self.service_monitor(),
            ("monitoring.coreos.com", "PodMonitor") => {
                self.pods_at(&["selector"], LinkKind::Observes, "spec.selector");
            }
            ("rbac.authorization.k8s.io", "RoleBinding" | "ClusterRoleBinding") => self.binding(),
            ("admissionregistration.k8s.io", _) => self.webhooks(),
            _ => {}
        }
    }

    fn push(&mut self, kind: LinkKind, target: Target<'a>, range: TextRange, field: &'static str) {
        self.into.push(Reference {
            from: self.from,
            file: self.file,
            kind,
            target,
            range,
            container: self.container.clone(),
            field,
            optional: false,
        });
    }

    /// A reference by the name in `node`, which must be a string that is no template.
    fn named(
        &mut self,
        link: LinkKind,
        kind: impl Into<Cow<'a, str>>,
        node: Option<Node<'a>>,
        field: &'static str,
        ask: Ask<'a>,
    ) {
        let Some(node) = node.map(Node::resolve) else {
            return;
        };
        let Some(name) = node.as_str().filter(|name| is_name(name)) else {
            return;
        };
        let namespace = match ask.namespace {
            _ if ask.cluster_wide => None,
            Some(namespace) => Some(namespace),
            None => self.namespace.clone(),
        };
        let target = Target::Named {
            kind: kind.into(),
            name,
            namespace,
            keys: ask.keys,
            port: ask.port,
        };
        self.push(link, target, node.range(), field);
        if ask.optional
            && let Some(last) = self.into.last_mut()
        {
            last.optional = true;
        }
    }

    fn key_reference(&mut self, reference: KeyReference<'a>, field: &'static str) {
        self.named(
            LinkKind::Reads,
            reference.kind,
            Some(reference.name),
            field,
            Ask {
                keys: reference.key.into_iter().collect(),
                optional: reference.optional,
                ..Ask::default()
            },
        );
    }

    fn pod(&mut self, pod: PodSpec<'a>) {
        for container in pod.all_containers() {
            self.container = Some(container.label().into());
            self.environment(container);
        }
        self.container = None;
        for volume in pod.volumes() {
            let Some(source) = volume.source() else {
                continue;
            };
            match volume.kind() {
                VolumeKind::ConfigMap => {
                    self.projection("ConfigMap", source, source.get("name"), "volumes.configMap");
                }
                VolumeKind::Secret => {
                    self.projection("Secret", source, source.get("secretName"), "volumes.secret");
                }
                VolumeKind::PersistentVolumeClaim => self.named(
                    LinkKind::Mounts,
                    "PersistentVolumeClaim",
                    source.get("claimName"),
                    "volumes.persistentVolumeClaim",
                    Ask::default(),
                ),
                VolumeKind::Projected => {
                    for item in source.get("sources").into_iter().flat_map(Node::items) {
                        if let Some(map) = item.present("configMap") {
                            self.projection("ConfigMap", map, map.get("name"), "volumes.projected");
                        }
                        if let Some(secret) = item.present("secret") {
                            self.projection(
                                "Secret",
                                secret,
                                secret.get("name"),
                                "volumes.projected",
                            );
                        }
                    }
                }
                VolumeKind::Csi => {
                    let class = source.at(&["volumeAttributes", "secretProviderClass"]);
                    self.named(
                        LinkKind::Reads,
                        "SecretProviderClass",
                        class,
                        "volumes.csi",
                        Ask::default(),
                    );
                }
                _ => {}
            }
        }
        for item in pod.image_pull_secrets() {
            self.named(
                LinkKind::PullsWith,
                "Secret",
                Some(item),
                "imagePullSecrets",
                Ask::default(),
            );
        }
        self.named(
            LinkKind::RunsAs,
            "ServiceAccount",
            pod.service_account(),
            "serviceAccountName",
            Ask::default(),
        );
    }

    fn environment(&mut self, container: Container<'a>) {
        for var in container.env() {
            if let Some(reference) = var.reference() {
                self.key_reference(reference, "env");
            }
        }
        for from in container.env_from() {
            if let Some(reference) = from.reference() {
                self.key_reference(reference, "envFrom");
            }
        }
    }

    /// A ConfigMap or Secret as files.
    fn projection(
        &mut self,
        kind: &'static str,
        source: Node<'a>,
        name: Option<Node<'a>>,
        field: &'static str,
    ) {
        let keys = source.get("items").into_iter().flat_map(Node::items);
        let keys = keys.filter_map(|item| item.get("key")).collect();
        let optional = source
            .get("optional")
            .and_then(Node::as_bool)
            .unwrap_or(false);
        let ask = Ask {
            keys,
            optional,
            ..Ask::default()
        };
        self.named(LinkKind::Mounts, kind, name, field, ask);
    }

    fn workload(&mut self, workload: Workload<'a>) {
        if &*self.object.kind() == "StatefulSet" {
            let name = workload.spec().and_then(|spec| spec.get("serviceName"));
            self.named(
                LinkKind::GovernedBy,
                "Service",
                name,
                "spec.serviceName",
                Ask::default(),
            );
        }
    }

    fn service(&mut self) {
        let Some(node) = self.object.spec().and_then(|spec| spec.present("selector")) else {
            return;
        };
        let Some(selector) = LabelSelector::from_map(node) else {
            return;
        };
        let target = Target::Pods {
            selector,
            namespace: self.namespace.clone(),
        };
        self.push(LinkKind::Selects, target, key_range(node), "spec.selector");
    }

    fn service_account(&mut self) {
        for (key, link) in [
            ("secrets", LinkKind::Reads),
            ("imagePullSecrets", LinkKind::PullsWith),
        ] {
            for item in self
                .object
                .node()
                .get(key)
                .into_iter()
                .flat_map(Node::items)
            {
                let name = item.get("name");
                // Tokens listed here are made by the cluster.
                let ask = Ask {
                    optional: key == "secrets",
                    ..Ask::default()
                };
                let field = if key == "secrets" {
                    "secrets"
                } else {
                    "imagePullSecrets"
                };
                self.named(link, "Secret", name, field, ask);
            }
        }
    }

    /// The pods of a selector in the object's spec.
    fn pods_at(&mut self, path: &[&str], link: LinkKind, field: &'static str) {
        let Some(node) = self.object.spec().and_then(|spec| spec.at(path)) else {
            return;
        };
        let Some(selector) = LabelSelector::new(node) else {
            return;
        };
        let elsewhere = self
            .object
            .spec()
            .is_some_and(|spec| spec.present("namespaceSelector").is_some());
        let target = Target::Pods {
            selector,
            namespace: if elsewhere {
                None
            } else {
                self.namespace.clone()
            },
        };
        self.push(link, target, key_range(node), field);
    }

    fn scale_target(&mut self, key: &str, kind: Option<&'static str>, field: &'static str) {
        let Some(target) = self.object.spec().and_then(|spec| spec.get(key)) else {
            return;
        };
        let written = target.get("kind").and_then(Node::as_str);
        let Some(kind) = written.or(kind.map(Cow::Borrowed)) else {
            return;
        };
        self.named(
            LinkKind::Scales,
            kind,
            target.get("name"),
            field,
            Ask::default(),
        );
    }

    fn scaled_object(&mut self) {
        self.scale_target("scaleTargetRef", Some("Deployment"), "spec.scaleTargetRef");
        let triggers = self.object.spec().and_then(|spec| spec.get("triggers"));
        for trigger in triggers.into_iter().flat_map(Node::items) {
            let Some(reference) = trigger.get("authenticationRef") else {
                continue;
            };
            let kind = reference
                .get("kind")
                .and_then(Node::as_str)
                .unwrap_or(Cow::Borrowed("TriggerAuthentication"));
            let name = reference.get("name");
            self.named(
                LinkKind::Reads,
                kind,
                name,
                "triggers.authenticationRef",
                Ask::default(),
            );
        }
    }

    fn service_monitor(&mut self) {
        let Some(node) = self.object.spec().and_then(|spec| spec.get("selector")) else {
            return;
        };
        if let Some(selector) = LabelSelector::new(node) {
            let target = Target::Services { selector };
            self.push(LinkKind::Observes, target, key_range(node), "spec.selector");
        }
    }

    fn binding(&mut self) {
        let node = self.object.node();
        if let Some(role) = node.get("roleRef") {
            let kind = text(role, "kind").unwrap_or(Cow::Borrowed("Role"));
            let ask = Ask {
                cluster_wide: kind == "ClusterRole",
                ..Ask::default()
            };
            self.named(LinkKind::Grants, kind, role.get("name"), "roleRef", ask);
        }
        for item in node.get("subjects").into_iter().flat_map(Node::items) {
            if text(item, "kind").as_deref() != Some("ServiceAccount") {
                continue;
            }
            let ask = Ask {
                namespace: text(item, "namespace"),
                ..Ask::default()
            };
            self.named(
                LinkKind::GrantsTo,
                "ServiceAccount",
                item.get("name"),
                "subjects",
                ask,
            );
        }
    }

    fn webhooks(&mut self) {
        let hooks = self.object.node().get("webhooks");
        for hook in hooks.into_iter().flat_map(Node::items) {
            let Some(service) = hook.at(&["clientConfig", "service"]) else {
                continue;
            };
            let ask = Ask {
                namespace: text(service, "namespace"),
                ..Ask::default()
            };
            self.named(
                LinkKind::Calls,
                "Service",
                service.get("name"),
                "clientConfig.service",
                ask,
            );
        }
    }
}

fn text<'a>(node: Node<'a>, key: &str) -> Option<Cow<'a, str>> {
    node.get(key)
        .and_then(Node::as_str)
        .filter(|text| !text.is_empty())
}

/// The key of a node, or its start: selectors are mappings of several lines.
fn key_range(node: Node<'_>) -> TextRange {
    match node.key() {
        Some(key) => key.range(),
        None => TextRange::empty(node.range().start),
    }
}

/// Whether a text can be the name of an object: not one that is filled in before it is applied.
fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 253
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-._:".contains(&b))
}

#[cfg(test)]
mod tests {
    use plimsoll_yaml::{Dialect, parse};

    use super::references_of;
    use crate::objects::ObjectRef;
    use crate::references::Target;
    use plimsoll_source::FileId;

    fn references(text: &str) -> Vec<String> {
        let tree = parse(text, Dialect::GoV2);
        let mut found = Vec::new();
        for (index, object) in plimsoll_k8s::objects(&tree).into_iter().enumerate() {
            let from = ObjectRef {
                unit: 0,
                index: index as u32,
            };
            references_of(from, FileId(0), object, &mut found);
        }
        found
            .iter()
            .map(|reference| {
                let what = match &reference.target {
                    Target::Named {
                        kind,
                        name,
                        keys,
                        port,
                        ..
                    } => {
                        let keys: Vec<_> = keys.iter().filter_map(|key| key.str()).collect();
                        let port = port.map_or(String::new(), |port| format!(":{}", port.text()));
                        format!("{kind}/{name}{port} {}", keys.join(","))
                    }
                    Target::Pods { .. } => "pods".into(),
                    Target::Services { .. } => "services".into(),
                };
                let optional = if reference.optional { "?" } else { "" };
                format!("{}: {}{optional}", reference.field, what.trim_end())
            })
            .collect()
    }

    #[test]
    fn pods_refer_in_many_ways() {
        let found = references(
            "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: a}\nspec:\n  serviceName: head\n  template:\n    spec:\n\
             \x20     serviceAccountName: sa\n      imagePullSecrets: [{name: pull}]\n      containers:\n      - name: c\n\
             \x20       env:\n        - {name: A, valueFrom: {configMapKeyRef: {name: cm, key: k}}}\n\
             \x20       - {name: B, valueFrom: {secretKeyRef: {name: s, key: p, optional: true}}}\n\
             \x20       - {name: C, value: x}\n        envFrom: [{secretRef: {name: all}}]\n\
             \x20     volumes:\n      - {name: v, configMap: {name: files, items: [{key: a, path: b}]}}\n\
             \x20     - {name: w, projected: {sources: [{secret: {name: ps}}, {configMap: {name: pc}}]}}\n\
             \x20     - {name: x, persistentVolumeClaim: {claimName: pvc}}\n      - {name: y, secret: {secretName: '${S}'}}\n",
        );
        assert_eq!(
            found,
            [
                "env: ConfigMap/cm k",
                "env: Secret/s p?",
                "envFrom: Secret/all",
                "volumes.configMap: ConfigMap/files a",
                "volumes.projected: Secret/ps",
                "volumes.projected: ConfigMap/pc",
                "volumes.persistentVolumeClaim: PersistentVolumeClaim/pvc",
                "imagePullSecrets: Secret/pull",
                "serviceAccountName: ServiceAccount/sa",
                "spec.serviceName: Service/head",
            ]
        );
    }

    #[test]
    fn traffic_refers_to_services() {
        let found = references(
            "apiVersion: networking.k8s.io/v1\nkind: Ingress\nspec:\n  tls: [{secretName: t}]\n  rules:\n  - http:\n      paths:\n\
             \x20     - {path: /, backend: {service: {name: web, port: {number: 80}}}}\n\
             \x20     - {path: /x, backend: {serviceName: old, servicePort: http}}\n---\n\
             apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nspec:\n  parentRefs: [{name: gw}]\n\
             \x20 rules: [{backendRefs: [{name: web, port: 80}]}]\n---\n\
             apiVersion: networking.istio.io/v1\nkind: VirtualService\nspec:\n  http: [{route: [{destination: {host: web.shop.svc.cluster.local}}, {destination: {host: example.com}}]}]\n---\n\
             apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nspec: {scaleTargetRef: {kind: Deployment, name: web}}\n---\n\
             apiVersion: v1\nkind: Service\nspec: {selector: {app: web}}\n",
        );
        assert_eq!(
            found,
            [
                "backend: Service/web:80",
                "backend: Service/old:http",
                "spec.tls: Secret/t",
                "spec.parentRefs: Gateway/gw",
                "backendRefs: Service/web:80",
                "route.destination: Service/web",
                "spec.scaleTargetRef: Deployment/web",
                "spec.selector: pods",
            ]
        );
    }
}
