//! What routes traffic: Ingress, Gateway routes, and the custom resources of proxies and meshes.

use std::borrow::Cow;

use plimsoll_k8s::IntOrString;
use plimsoll_yaml::Node;

use super::{Ask, Extractor, is_name, text};
use crate::model::LinkKind;
use crate::references::Target;

impl<'a> Extractor<'a, '_> {
    pub(super) fn ingress(&mut self) {
        let Some(spec) = self.object.spec() else {
            return;
        };
        for key in ["defaultBackend", "backend"] {
            if let Some(backend) = spec.present(key) {
                self.backend(backend);
            }
        }
        let rules = spec.get("rules").into_iter().flat_map(Node::items);
        let paths = rules.flat_map(|rule| {
            rule.at(&["http", "paths"])
                .into_iter()
                .flat_map(Node::items)
        });
        for backend in paths.filter_map(|path| path.present("backend")) {
            self.backend(backend);
        }
        for item in spec.get("tls").into_iter().flat_map(Node::items) {
            self.named(
                LinkKind::EndsTlsWith,
                "Secret",
                item.get("secretName"),
                "spec.tls",
                Ask::default(),
            );
        }
    }

    /// A backend of an Ingress, in the form of v1 or of the versions before it.
    pub(super) fn backend(&mut self, backend: Node<'a>) {
        let (name, port) = match backend.present("service") {
            Some(service) => {
                let port = service.get("port");
                let given = |key| port.and_then(|port| port.present(key));
                (
                    service.get("name"),
                    given("number").or_else(|| given("name")),
                )
            }
            None => (backend.get("serviceName"), backend.get("servicePort")),
        };
        let ask = Ask {
            port: port.and_then(IntOrString::new),
            ..Ask::default()
        };
        self.named(LinkKind::Routes, "Service", name, "backend", ask);
    }

    pub(super) fn gateway(&mut self) {
        let listeners = self.object.spec().and_then(|spec| spec.get("listeners"));
        for listener in listeners.into_iter().flat_map(Node::items) {
            let refs = listener.at(&["tls", "certificateRefs"]);
            for item in refs.into_iter().flat_map(Node::items) {
                let ask = Ask {
                    namespace: text(item, "namespace"),
                    ..Ask::default()
                };
                let kind = text(item, "kind").unwrap_or(Cow::Borrowed("Secret"));
                self.named(
                    LinkKind::EndsTlsWith,
                    kind,
                    item.get("name"),
                    "listeners.tls",
                    ask,
                );
            }
        }
    }

    pub(super) fn gateway_route(&mut self) {
        let Some(spec) = self.object.spec() else {
            return;
        };
        for item in spec.get("parentRefs").into_iter().flat_map(Node::items) {
            let kind = text(item, "kind").unwrap_or(Cow::Borrowed("Gateway"));
            let ask = Ask {
                namespace: text(item, "namespace"),
                ..Ask::default()
            };
            self.named(
                LinkKind::AttachesTo,
                kind,
                item.get("name"),
                "spec.parentRefs",
                ask,
            );
        }
        for rule in spec.get("rules").into_iter().flat_map(Node::items) {
            for item in rule.get("backendRefs").into_iter().flat_map(Node::items) {
                let kind = text(item, "kind").unwrap_or(Cow::Borrowed("Service"));
                let ask = Ask {
                    namespace: text(item, "namespace"),
                    port: item.present("port").and_then(IntOrString::new),
                    ..Ask::default()
                };
                self.named(LinkKind::Routes, kind, item.get("name"), "backendRefs", ask);
            }
        }
    }

    pub(super) fn traefik_route(&mut self) {
        let Some(spec) = self.object.spec() else {
            return;
        };
        for route in spec.get("routes").into_iter().flat_map(Node::items) {
            for item in route.get("services").into_iter().flat_map(Node::items) {
                let kind = text(item, "kind").unwrap_or(Cow::Borrowed("Service"));
                let name = item.get("name");
                if name
                    .and_then(Node::as_str)
                    .is_some_and(|name| name.contains('@'))
                {
                    continue;
                }
                let ask = Ask {
                    namespace: text(item, "namespace"),
                    port: item.present("port").and_then(IntOrString::new),
                    ..Ask::default()
                };
                self.named(LinkKind::Routes, kind, name, "routes.services", ask);
            }
        }
        let secret = spec.at(&["tls", "secretName"]);
        self.named(
            LinkKind::EndsTlsWith,
            "Secret",
            secret,
            "spec.tls",
            Ask::default(),
        );
    }

    pub(super) fn openshift_route(&mut self) {
        let Some(spec) = self.object.spec() else {
            return;
        };
        let port = spec.at(&["port", "targetPort"]);
        let others = spec
            .get("alternateBackends")
            .into_iter()
            .flat_map(Node::items);
        for target in spec.get("to").into_iter().chain(others) {
            // The port is that of the Service or of its pods; which one is not said.
            let _ = port;
            self.named(
                LinkKind::Routes,
                "Service",
                target.get("name"),
                "spec.to",
                Ask::default(),
            );
        }
    }

    pub(super) fn virtual_service(&mut self) {
        let Some(spec) = self.object.spec() else {
            return;
        };
        for gateway in spec.get("gateways").into_iter().flat_map(Node::items) {
            let text = gateway.as_str().unwrap_or_default();
            // `mesh` means the sidecars, and a name may stand behind its namespace.
            if text == "mesh" {
                continue;
            }
            let (namespace, name) = match text.split_once('/') {
                Some((namespace, name)) => (Some(namespace.to_owned()), name.to_owned()),
                None => (None, text.into_owned()),
            };
            if !is_name(&name) {
                continue;
            }
            let target = Target::Named {
                kind: Cow::Borrowed("Gateway"),
                name: Cow::Owned(name),
                namespace: namespace.map(Cow::Owned).or_else(|| self.namespace.clone()),
                keys: Vec::new(),
                port: None,
            };
            let range = gateway.resolve().range();
            self.push(LinkKind::AttachesTo, target, range, "spec.gateways");
        }
        for protocol in ["http", "tcp", "tls"] {
            for rule in spec.get(protocol).into_iter().flat_map(Node::items) {
                for route in rule.get("route").into_iter().flat_map(Node::items) {
                    let Some(destination) = route.get("destination") else {
                        continue;
                    };
                    let port = destination.at(&["port", "number"]);
                    self.host(destination.get("host"), "route.destination", port);
                }
            }
        }
    }

    pub(super) fn traffic_split(&mut self) {
        let Some(spec) = self.object.spec() else {
            return;
        };
        for backend in spec.get("backends").into_iter().flat_map(Node::items) {
            let name = backend.get("service");
            self.named(
                LinkKind::Routes,
                "Service",
                name,
                "spec.backends",
                Ask::default(),
            );
        }
    }

    /// A host name that may be that of a Service: `web`, `web.shop`, `web.shop.svc.cluster.local`.
    pub(super) fn host(
        &mut self,
        node: Option<Node<'a>>,
        field: &'static str,
        port: Option<Node<'a>>,
    ) {
        let Some(node) = node.map(Node::resolve) else {
            return;
        };
        let Some(host) = node.as_str() else { return };
        let mut parts = host.split('.');
        let name = parts.next().unwrap_or_default().to_owned();
        let namespace = parts.next().map(str::to_owned);
        let rest: Vec<&str> = parts.collect();
        let inside = namespace.is_none() || rest.first().is_some_and(|part| *part == "svc");
        if !inside || !is_name(&name) {
            return;
        }
        let target = Target::Named {
            kind: Cow::Borrowed("Service"),
            name: Cow::Owned(name),
            namespace: namespace.map(Cow::Owned).or_else(|| self.namespace.clone()),
            keys: Vec::new(),
            port: port.and_then(IntOrString::new),
        };
        self.push(LinkKind::Routes, target, node.range(), field);
    }
}
