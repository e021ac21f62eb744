//! What brings the Secrets of a project into the cluster.

use std::collections::BTreeMap;

use super::{App, Cx, Kind, SecretNeeded, objects};
use crate::deploy::{Kept, maker};
use crate::emit::{Dialect, file};
use crate::model::Evidence;
use crate::wishes::Secrets;
use crate::written::Written;

/// A Secret: its keys, and the file of its values.
#[derive(Default)]
struct Wanted<'s> {
    keys: Vec<(String, Vec<Evidence>)>,
    file: Option<&'s str>,
}

/// A file for each Secret, below `folder`; none where somebody makes them.
pub(super) fn files(
    cx: &Cx<'_>,
    apps: &[App<'_>],
    needed: &[SecretNeeded],
    folder: &str,
) -> Vec<Written> {
    if cx.wishes.secrets == Secrets::Reference {
        return Vec::new();
    }
    let mut secrets: BTreeMap<&str, Wanted<'_>> = BTreeMap::new();
    for one in needed {
        let wanted = secrets.entry(one.name.as_str()).or_default();
        wanted.file = wanted.file.or(one.file.as_deref());
        for key in &one.keys {
            if wanted.keys.iter().all(|(known, _)| known != key) {
                wanted.keys.push((key.clone(), evidence(apps, one, key)));
            }
        }
    }
    let mut written = Vec::new();
    for (name, wanted) in &secrets {
        // No service has a file of such a name.
        let path = format!("secret-{name}.yaml");
        let reader = apps.iter().find(|app| app.name == *name);
        let reader = reader.and_then(|app| {
            let kind = match app.kind {
                Kind::Deployment => "Deployment",
                Kind::StatefulSet => "StatefulSet",
                Kind::DaemonSet => "DaemonSet",
                Kind::Job => return None,
            };
            Some((kind, app.name.as_str()))
        });
        let kept = Kept {
            name,
            group: if wanted.file.is_none() {
                name
            } else {
                cx.wishes.project.as_str()
            },
            keys: &wanted.keys,
            file: wanted.file,
            reader,
            path: &path,
            why: vec![Evidence::table("services refer to this Secret")],
        };
        let object = |api: &str, kind: &str| objects::of_project(cx, api, kind, name);
        if let Some(document) = maker(cx.wishes.secrets, &kept, &object) {
            written.push(file(
                format!("{folder}/{path}"),
                &[document],
                Dialect::Plain,
            ));
        }
    }
    written
}

fn evidence(apps: &[App<'_>], needed: &SecretNeeded, key: &str) -> Vec<Evidence> {
    let mut own = apps.iter().filter(|app| app.name == needed.name);
    let found = own.find_map(|app| app.secret.iter().find(|(name, ..)| name == key));
    match (found, &needed.file) {
        (Some((.., why)), _) => why.clone(),
        (None, Some(file)) => vec![Evidence::file(file.as_str(), "it holds the value")],
        (None, None) => vec![Evidence::table("the Compose file names it")],
    }
}
