//! Who the pods are, and who may reach them.

use super::{Part, WEB};
use crate::emit::{Document, List, Map, Node};
use crate::model::Evidence;

impl Part<'_> {
    /// The ServiceAccount, and what lets traffic in.
    pub(super) fn access(&self) -> Vec<Document> {
        let account = self
            .object("v1", "ServiceAccount", "", "")
            .put("automountServiceAccountToken", false);
        let token = Evidence::table("nothing found in the code talks to the Kubernetes API");
        let mut documents = vec![Document::new(account, vec![token])];
        let serves = self.running.port.is_some();
        if serves {
            documents.push(self.let_in());
        }
        let others = !self.running.processes.is_empty() || self.running.migration.is_some();
        if !serves || others {
            documents.push(self.keep_out(serves));
        }
        documents
    }

    fn let_in(&self) -> Document {
        let controller = Map::new().put(
            "namespaceSelector",
            Map::new().put(
                "matchLabels",
                Map::new().put("kubernetes.io/metadata.name", "ingress-nginx"),
            ),
        );
        let from = List::new()
            .item(Map::new().put("podSelector", Node::Map(Map::new())))
            .note("Pods of the same namespace.")
            .item(controller)
            .note("The ingress controller; the namespace is where it is usually installed.");
        let ports = List::new().item(Map::new().put("port", "http"));
        let spec = Map::new()
            .put(
                "podSelector",
                Map::new().put("matchLabels", self.selector(WEB)),
            )
            .put("policyTypes", Node::flow(&["Ingress"]))
            .put(
                "ingress",
                List::new().item(Map::new().put("from", from).put("ports", ports)),
            );
        let body = self
            .object("networking.k8s.io/v1", "NetworkPolicy", "", WEB)
            .put("spec", spec);
        let port = self.running.port.as_ref();
        Document::new(
            body,
            port.map_or_else(|| self.why(), |port| port.evidence.clone()),
        )
    }

    /// Policies add up: what the first lets in to the web process stays let in.
    fn keep_out(&self, serves: bool) -> Document {
        let spec = Map::new()
            .put(
                "podSelector",
                Map::new().put("matchLabels", self.selector("")),
            )
            .put("policyTypes", Node::flow(&["Ingress"]));
        let suffix = if serves { "-background" } else { "" };
        let body = self
            .object("networking.k8s.io/v1", "NetworkPolicy", suffix, "")
            .put("spec", spec);
        let document = Document::new(body, self.why());
        if serves {
            document.note("Nobody reaches the processes beside the one that serves.")
        } else {
            document.note("Nobody reaches a process that listens on no port.")
        }
    }
}
