//! What brings a Secret into the cluster without its values standing here.

use super::Part;
use crate::emit::{Dialect, Document, List, Map, Node, file};
use crate::model::Evidence;
use crate::wishes::Secrets;
use crate::written::Written;

/// The object that makes the Secret, for the manifests alone: it has to be there before a chart's
/// first hook runs.
pub(crate) fn secret_file(part: &Part<'_>, folder: &str) -> Option<Written> {
    let keys: Vec<(String, Vec<Evidence>)> = part
        .secret_wires()
        .map(|wire| (wire.key(), wire.evidence().to_vec()))
        .collect();
    if keys.is_empty() {
        return None;
    }
    let (name, document) = match part.wishes.secrets {
        Secrets::Reference => return None,
        Secrets::Sealed => ("sealedsecret.yaml", sealed(part, &keys)),
        Secrets::External => ("externalsecret.yaml", external(part, &keys)),
        Secrets::Vault => ("vaultsecret.yaml", vault(part, &keys)),
    };
    Some(file(
        format!("{folder}/{name}"),
        &[document],
        Dialect::Plain,
    ))
}

fn sealed(part: &Part<'_>, keys: &[(String, Vec<Evidence>)]) -> Document {
    let mut data = Map::new();
    for (key, why) in keys {
        data = data.put(key.as_str(), Node::Quoted(String::new())).why(why);
    }
    let spec = Map::new().put("encryptedData", data).put(
        "template",
        Map::new().put("metadata", Map::new().put("name", part.name())),
    );
    let body = part
        .object("bitnami.com/v1alpha1", "SealedSecret", "", "")
        .put("spec", spec);
    Document::new(body, part.why()).note(format!(
        "Each value is sealed with the certificate of the cluster; nothing else may stand here. For one key: plimsoll secret seal --cert cert.pem --from-literal {} --merge-into sealedsecret.yaml",
        keys.first().map_or("KEY", |(key, _)| key.as_str())
    ))
}

fn external(part: &Part<'_>, keys: &[(String, Vec<Evidence>)]) -> Document {
    let mut data = List::new();
    for (key, why) in keys {
        let remote = Map::new()
            .put("key", format!("{}/production", part.name()))
            .put("property", key.as_str());
        data = data
            .item(
                Map::new()
                    .put("secretKey", key.as_str())
                    .put("remoteRef", remote),
            )
            .why(why);
    }
    let store = Map::new()
        .put("kind", "ClusterSecretStore")
        .put("name", "vault");
    let spec = Map::new()
        .put("refreshInterval", "1h")
        .put("secretStoreRef", store)
        .note("The store of the cluster, and below the path in it: not known here, replace both.")
        .put("target", Map::new().put("name", part.name()))
        .put("data", data);
    let body = part
        .object("external-secrets.io/v1", "ExternalSecret", "", "")
        .put("spec", spec);
    Document::new(body, part.why())
}

fn vault(part: &Part<'_>, keys: &[(String, Vec<Evidence>)]) -> Document {
    let why: Vec<Evidence> = keys.iter().flat_map(|(_, why)| why.clone()).collect();
    let names: Vec<&str> = keys.iter().map(|(key, _)| key.as_str()).collect();
    let destination = Map::new().put("create", true).put("name", part.name());
    let restart = Map::new()
        .put("kind", "Deployment")
        .put("name", part.name());
    let spec = Map::new()
        .put("mount", "secret")
        .note(format!(
            "Mount and path are not known here: replace both. The keys there are: {}.",
            names.join(", ")
        ))
        .put("type", "kv-v2")
        .put("path", format!("{}/production", part.name()))
        .put("refreshAfter", "1h")
        .put("destination", destination)
        .put("rolloutRestartTargets", List::new().item(restart))
        .note("Pods read variables when they start.");
    let body = part
        .object("secrets.hashicorp.com/v1beta1", "VaultStaticSecret", "", "")
        .put("spec", spec);
    Document::new(body, why)
}
