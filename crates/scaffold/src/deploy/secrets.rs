//! What brings a Secret into the cluster without its values standing here.

use super::Part;
use crate::emit::{Dialect, Document, List, Map, Node, file};
use crate::model::Evidence;
use crate::wishes::Secrets;
use crate::written::Written;

/// A Secret that something else makes.
pub(crate) struct Kept<'k> {
    /// Its name.
    pub(crate) name: &'k str,
    /// What the store calls what belongs together: the name of a service or a project.
    pub(crate) group: &'k str,
    /// Its keys, with what asks for them; empty where a file names them.
    pub(crate) keys: &'k [(String, Vec<Evidence>)],
    /// The file that has its values on a developer's machine.
    pub(crate) file: Option<&'k str>,
    /// What reads it when it starts: kind and name.
    pub(crate) reader: Option<(&'k str, &'k str)>,
    /// The path in this folder of the file that is written.
    pub(crate) path: &'k str,
    /// What the object rests on.
    pub(crate) why: Vec<Evidence>,
}

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
    let path = match part.wishes.secrets {
        Secrets::Reference => return None,
        Secrets::Sealed => "sealedsecret.yaml",
        Secrets::External => "externalsecret.yaml",
        Secrets::Vault => "vaultsecret.yaml",
    };
    let kept = Kept {
        name: part.name(),
        group: part.name(),
        keys: &keys,
        file: None,
        reader: Some(("Deployment", part.name())),
        path,
        why: part.why(),
    };
    let object = |api: &str, kind: &str| part.object(api, kind, "", "");
    let document = maker(part.wishes.secrets, &kept, &object)?;
    Some(file(
        format!("{folder}/{path}"),
        &[document],
        Dialect::Plain,
    ))
}

/// The object that makes a Secret; nothing where somebody makes it. `object` gives its head by version
/// and kind.
pub(crate) fn maker(
    how: Secrets,
    kept: &Kept<'_>,
    object: &dyn Fn(&str, &str) -> Map,
) -> Option<Document> {
    Some(match how {
        Secrets::Reference => return None,
        Secrets::Sealed => sealed(kept, object("bitnami.com/v1alpha1", "SealedSecret")),
        Secrets::External => external(kept, object("external-secrets.io/v1", "ExternalSecret")),
        Secrets::Vault => vault(
            kept,
            object("secrets.hashicorp.com/v1beta1", "VaultStaticSecret"),
        ),
    })
}

fn sealed(kept: &Kept<'_>, head: Map) -> Document {
    let mut data = Map::new();
    for (key, why) in kept.keys {
        data = data.put(key.as_str(), Node::Quoted(String::new())).why(why);
    }
    let spec = Map::new().put("encryptedData", data).put(
        "template",
        Map::new().put("metadata", Map::new().put("name", kept.name)),
    );
    let first = kept.keys.first().map_or("KEY", |(key, _)| key.as_str());
    let how = match kept.file {
        Some(file) if kept.keys.is_empty() => {
            format!(
                "For all variables: plimsoll secret seal --cert cert.pem --from-env-file {file}"
            )
        }
        Some(file) => {
            format!("For one key: plimsoll secret seal --cert cert.pem --from-file {first}={file}")
        }
        None => format!("For one key: plimsoll secret seal --cert cert.pem --from-literal {first}"),
    };
    Document::new(head.put("spec", spec), kept.why.clone()).note(format!(
        "Each value is sealed with the certificate of the cluster; nothing else may stand here. {how} --merge-into {}",
        kept.path
    ))
}

fn external(kept: &Kept<'_>, head: Map) -> Document {
    let place = format!("{}/production", kept.group);
    let mut data = List::new();
    for (key, why) in kept.keys {
        let remote = Map::new()
            .put("key", place.as_str())
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
    let mut spec = Map::new()
        .put("refreshInterval", "1h")
        .put("secretStoreRef", store)
        .note("The store of the cluster, and below the path in it: not known here, replace both.")
        .put("target", Map::new().put("name", kept.name));
    spec = if data.is_empty() {
        let all = Map::new().put("extract", Map::new().put("key", place));
        spec.put("dataFrom", List::new().item(all))
    } else {
        spec.put("data", data)
    };
    Document::new(head.put("spec", spec), kept.why.clone())
}

fn vault(kept: &Kept<'_>, head: Map) -> Document {
    let mut why: Vec<Evidence> = kept.keys.iter().flat_map(|(_, why)| why.clone()).collect();
    if why.is_empty() {
        why.clone_from(&kept.why);
    }
    let names: Vec<&str> = kept.keys.iter().map(|(key, _)| key.as_str()).collect();
    let destination = Map::new().put("create", true).put("name", kept.name);
    let there = match (&names[..], kept.file) {
        ([], Some(file)) => format!("The keys there are the variables of {file}."),
        (names, _) => format!("The keys there are: {}.", names.join(", ")),
    };
    let mut spec = Map::new()
        .put("mount", "secret")
        .note(format!(
            "Mount and path are not known here: replace both. {there}"
        ))
        .put("type", "kv-v2")
        .put("path", format!("{}/production", kept.group))
        .put("refreshAfter", "1h")
        .put("destination", destination);
    if let Some((kind, name)) = kept.reader {
        let restart = Map::new().put("kind", kind).put("name", name);
        spec = spec
            .put("rolloutRestartTargets", List::new().item(restart))
            .note("Pods read variables when they start.");
    }
    Document::new(head.put("spec", spec), why)
}
