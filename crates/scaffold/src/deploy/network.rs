//! How requests reach a service, and how many pods there are for them.

use super::workloads::assumed;
use super::{Part, WEB};
use crate::emit::{Document, List, Map, Node, When};
use crate::model::Evidence;
use crate::wishes::placeholder;

impl Part<'_> {
    pub(super) fn network_service(&self) -> Document {
        let port = Map::new()
            .put("name", "http")
            .put("port", 80u16)
            .put("targetPort", "http");
        let body = self.object("v1", "Service", "", WEB).put(
            "spec",
            Map::new()
                .put("type", "ClusterIP")
                .put("selector", self.selector(WEB))
                .put("ports", List::new().item(port)),
        );
        Document::new(body, self.port_evidence())
    }

    pub(super) fn ingress(&self) -> Document {
        let host = self.wishes.host(self.name(), self.is_alone);
        let of_host = |node: Node| node.or_expression(".Values.ingress.host");
        let secret = Node::Either(
            Box::new(Node::Text(format!("{}-tls", self.name()))),
            Box::new(Node::Word(format!(
                "{{{{ include \"{}.name\" . }}}}-tls",
                self.name()
            ))),
        );
        let tls = Map::new()
            .put(
                "hosts",
                List::new().item(of_host(host.value.as_str().into())),
            )
            .put("secretName", secret);
        let backend = Map::new().put(
            "service",
            Map::new()
                .put("name", self.full_name(""))
                .put("port", Map::new().put("name", "http")),
        );
        let path = Map::new()
            .put("path", "/")
            .put("pathType", "Prefix")
            .put("backend", backend);
        let rule = Map::new()
            .put("host", of_host(host.value.as_str().into()))
            .put("http", Map::new().put("paths", List::new().item(path)));
        let issuer = Map::new()
            .put(
                "cert-manager.io/cluster-issuer",
                Node::from("letsencrypt-prod").or_expression(".Values.ingress.issuer | quote"),
            )
            .plain_note("The ClusterIssuer of the cluster that signs its certificate.")
            .why(&assumed("the issuer is not known: a usual name"));
        let metadata = self.metadata("", WEB).put("annotations", issuer);
        let mut rules = Map::new()
            .put(
                "ingressClassName",
                Node::from("nginx").or_expression(".Values.ingress.className"),
            )
            .plain_note("The class of the cluster's ingress controller.")
            .why(&assumed("the ingress class is not known: a usual name"))
            .put("tls", List::new().item(tls))
            .why(&host.evidence)
            .put("rules", List::new().item(rule))
            .why(&host.evidence);
        if let Some(note) = placeholder(&host, "--host") {
            // Above the first use of it.
            let index = rules.members.len() - 2;
            rules.members[index].plain_notes.push(note);
        }
        let body = Map::new()
            .put("apiVersion", "networking.k8s.io/v1")
            .put("kind", "Ingress")
            .put("metadata", metadata)
            .put("spec", rules);
        Document::new(body, self.port_evidence())
            .only(When::If(".Values.ingress.enabled".to_owned()))
    }

    pub(super) fn autoscaler(&self) -> Document {
        let target = Map::new()
            .put("apiVersion", "apps/v1")
            .put("kind", "Deployment")
            .put("name", self.full_name(""));
        let cpu = Map::new().put("type", "Resource").put(
            "resource",
            Map::new().put("name", "cpu").put(
                "target",
                Map::new().put("type", "Utilization").put(
                    "averageUtilization",
                    Node::from(70u32).or_expression(".Values.autoscaling.cpu"),
                ),
            ),
        );
        let spec = Map::new()
            .put("scaleTargetRef", target)
            .put(
                "minReplicas",
                Node::from(2u32).or_expression(".Values.autoscaling.minReplicas"),
            )
            .note("Unmeasured: bounds and target are where to start from.")
            .put(
                "maxReplicas",
                Node::from(10u32).or_expression(".Values.autoscaling.maxReplicas"),
            )
            .put("metrics", List::new().item(cpu));
        let body = self
            .object("autoscaling/v2", "HorizontalPodAutoscaler", "", WEB)
            .put("spec", spec);
        Document::new(
            body,
            assumed("bounds and target of autoscaling, unmeasured: where to start from"),
        )
    }

    pub(super) fn disruption_budget(&self) -> Document {
        self.budget("", WEB, self.why())
    }

    pub(super) fn budget_of(&self, component: &str, why: &[Evidence]) -> Document {
        self.budget(&format!("-{component}"), component, why.to_vec())
    }

    fn budget(&self, suffix: &str, component: &str, why: Vec<Evidence>) -> Document {
        let spec = Map::new()
            .put("maxUnavailable", 1u32)
            .put("unhealthyPodEvictionPolicy", "AlwaysAllow")
            .note("A pod that never became ready holds up no node that is to be emptied.")
            .put(
                "selector",
                Map::new().put("matchLabels", self.selector(component)),
            );
        let body = self
            .object("policy/v1", "PodDisruptionBudget", suffix, component)
            .put("spec", spec);
        Document::new(body, why)
    }

    pub(super) fn port_evidence(&self) -> Vec<Evidence> {
        match &self.running.port {
            Some(port) => port.evidence.clone(),
            None => self.why(),
        }
    }
}
