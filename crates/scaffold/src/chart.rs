//! A Helm chart for each service: the same objects as the manifests, with values for what differs
//! between environments.

mod extras;
mod schema;
mod values;

use crate::deploy::{Part, parts};
use crate::emit::{Dialect, file};
use crate::model::Survey;
use crate::wishes::Wishes;
use crate::written::Written;

/// The folder of the chart of a service.
pub fn folder(service: &str, is_alone: bool) -> String {
    if is_alone {
        "chart".to_owned()
    } else {
        format!("charts/{service}")
    }
}

/// Writes the charts of all services; nothing where none can be run.
pub fn write(survey: &Survey, wishes: &Wishes) -> Vec<Written> {
    // A chart knows no Kustomize: its objects are written as for plain manifests.
    let wishes = Wishes {
        kustomize: false,
        ..wishes.clone()
    };
    let parts = parts(survey, &wishes);
    parts.iter().flat_map(|part| of_part(part)).collect()
}

fn of_part(part: &Part<'_>) -> Vec<Written> {
    let folder = folder(part.name(), part.is_alone);
    let values = values::of(part);
    let mut written = vec![
        extras::chart_yaml(part, &folder),
        extras::helmignore(part, &folder),
        values::file(part, &values, &folder),
        schema::file(part, &values, &folder),
        extras::helpers(part, &folder),
        extras::notes(part, &folder),
    ];
    for object in part.files() {
        let path = format!("{folder}/templates/{}", object.name);
        let template = file(path, &object.documents, Dialect::Chart);
        if !template.blocks.is_empty() {
            written.push(template);
        }
    }
    written.extend(extras::test(part, &folder));
    written
}
