//! A Helm chart for each service: the same objects as the manifests, with values for what differs
//! between environments.

mod extras;
mod schema;
mod values;

pub(crate) use extras::{chart_yaml, helmignore};
pub(crate) use schema::file as schema_file;
pub(crate) use values::{Kind as Holds, Value, file as values_file, group, value};

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
    let why = part.why();
    let mut written = vec![
        chart_yaml(part.name(), &part.wishes.tag(), &why, &folder),
        helmignore(&why, &folder),
        values_file(&values, &why, &folder),
        schema_file(part.name(), &values, &why, &folder),
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
