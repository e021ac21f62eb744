//! What a cluster says of its nodes and of what runs there.

use plimsoll_cluster::{Api, ApiError};
use plimsoll_fit::Dump;
use serde_json::{Value, json};

use crate::cluster::{self, KubeconfigArgs};
use crate::failure::Failure;

/// What must be known: nodes, and the pods on them.
const NEEDED: [&str; 2] = ["/api/v1/nodes", "/api/v1/pods"];
/// What some pods are placed by: without it, they are placed as if there were none.
const WANTED: [(&str, &str); 6] = [
    ("/api/v1/namespaces", "namespaces"),
    ("/api/v1/services", "services"),
    ("/api/v1/replicationcontrollers", "ReplicationControllers"),
    ("/apis/apps/v1/replicasets", "ReplicaSets"),
    ("/apis/apps/v1/statefulsets", "StatefulSets"),
    (
        "/apis/scheduling.k8s.io/v1/priorityclasses",
        "PriorityClasses",
    ),
];

/// Asks for all of it. What may not be read, but is not needed, becomes a note.
pub(super) fn read(args: &KubeconfigArgs, notes: &mut Vec<String>) -> Result<Dump, Failure> {
    let api = args.connect()?.api;
    let mut items = Vec::new();
    for path in NEEDED {
        items.extend(list(&api, path).map_err(|error| cluster::failure(&error))??);
    }
    for (path, name) in WANTED {
        match list(&api, path) {
            Ok(more) => items.extend(more?),
            Err(error) => notes.push(format!("{name} of the cluster are not known: {error}")),
        }
    }
    let all = json!({"apiVersion": "v1", "kind": "List", "items": items});
    Dump::parse(all.to_string())
        .map_err(|error| Failure::user(format!("what the API server answers is no list: {error}")))
}

/// The objects of a list, each with its kind, which only the list says.
fn list(api: &Api, path: &str) -> Result<Result<Vec<Value>, Failure>, ApiError> {
    let text = api.get(path, &[])?;
    Ok(objects(&text).ok_or_else(|| {
        Failure::user(format!(
            "what the API server answers to `{path}` is no list"
        ))
    }))
}

fn objects(text: &str) -> Option<Vec<Value>> {
    let mut list: Value = serde_json::from_str(text).ok()?;
    let kind = list["kind"].as_str()?.strip_suffix("List")?.to_owned();
    let version = list["apiVersion"].as_str()?.to_owned();
    let Value::Array(mut items) = list["items"].take() else {
        // A list of nothing may be `null`.
        return Some(Vec::new());
    };
    for item in items.iter_mut().filter_map(Value::as_object_mut) {
        item.insert("kind".to_owned(), kind.clone().into());
        item.insert("apiVersion".to_owned(), version.clone().into());
    }
    Some(items)
}

#[cfg(test)]
mod tests {
    use super::objects;

    #[test]
    fn objects_of_a_list_get_its_kind() {
        let list = r#"{"kind": "PodList", "apiVersion": "v1", "metadata": {}, "items": [{"metadata": {"name": "a"}}]}"#;
        let found = objects(list).expect("a list");
        assert_eq!(found[0]["kind"], "Pod");
        assert_eq!(found[0]["apiVersion"], "v1");
        assert_eq!(found[0]["metadata"]["name"], "a");
        let none = r#"{"kind": "PodList", "apiVersion": "v1", "items": null}"#;
        assert_eq!(objects(none), Some(Vec::new()));
        assert_eq!(objects(r#"{"kind": "Status", "apiVersion": "v1"}"#), None);
        assert_eq!(objects("<html>"), None);
    }
}
