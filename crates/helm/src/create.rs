//! A new chart: a scaffold to start from, or a copy of another chart (`helm create`).

use crate::chart::{File, Loaded, Metadata};
use crate::package::NewFile;
use crate::show;

/// What stands for the chart's name in a scaffold.
const NAME: &str = "<CHARTNAME>";

/// The longest name of a chart, in bytes.
const MAX_NAME: usize = 250;

/// A name that no new chart gets. Displayed, it is what Helm prints.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NameError {
    /// It is empty or too long.
    #[error("chart name must be between 1 and {MAX_NAME} characters")]
    Length,
    /// It has other characters.
    #[error("chart name must match the regular expression \"^[a-zA-Z0-9._-]+$\"")]
    Characters,
}

/// The files of the scaffold; the folder `charts/` belongs to it, too.
const SCAFFOLD: [(&str, &str); 12] = [
    ("Chart.yaml", include_str!("create/Chart.yaml")),
    ("values.yaml", include_str!("create/values.yaml")),
    (".helmignore", include_str!("create/helmignore")),
    (
        "templates/ingress.yaml",
        include_str!("create/templates/ingress.yaml"),
    ),
    (
        "templates/httproute.yaml",
        include_str!("create/templates/httproute.yaml"),
    ),
    (
        "templates/deployment.yaml",
        include_str!("create/templates/deployment.yaml"),
    ),
    (
        "templates/service.yaml",
        include_str!("create/templates/service.yaml"),
    ),
    (
        "templates/serviceaccount.yaml",
        include_str!("create/templates/serviceaccount.yaml"),
    ),
    (
        "templates/hpa.yaml",
        include_str!("create/templates/hpa.yaml"),
    ),
    (
        "templates/NOTES.txt",
        include_str!("create/templates/NOTES.txt"),
    ),
    (
        "templates/_helpers.tpl",
        include_str!("create/templates/_helpers.tpl"),
    ),
    (
        "templates/tests/test-connection.yaml",
        include_str!("create/templates/tests/test-connection.yaml"),
    ),
];

/// The scaffold of a chart of this name: paths in it, and texts.
pub fn scaffold(name: &str) -> Result<Vec<(&'static str, String)>, NameError> {
    if name.is_empty() || name.len() > MAX_NAME {
        return Err(NameError::Length);
    }
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    if !name.bytes().all(fits) {
        return Err(NameError::Characters);
    }
    let files = SCAFFOLD.iter();
    Ok(files
        .map(|(path, text)| (*path, text.replace(NAME, name)))
        .collect())
}

/// The files of a chart of this name that starts as a copy of another one (`CreateFrom`): what
/// `Chart.yaml` said is new, and the name is put in where templates and values ask for it.
/// Charts in it are given apart, to be packed into its `charts/`.
pub fn from_starter(name: &str, starter: &Loaded) -> Vec<NewFile> {
    let chart = &starter.chart;
    let metadata = Metadata {
        name: name.to_owned(),
        description: "A Helm chart for Kubernetes".to_owned(),
        kind: "application".to_owned(),
        version: "0.1.0".to_owned(),
        app_version: "0.1.0".to_owned(),
        api_version: "v2".to_owned(),
        ..Metadata::default()
    };
    let text = show::metadata(&metadata);
    let mut files: Vec<NewFile> = vec![("Chart.yaml".into(), text.into_bytes())];
    let named = |data: &[u8]| {
        let text = String::from_utf8_lossy(data);
        text.replace(NAME, name).into_bytes()
    };
    let as_is = |file: &File| (file.name.clone(), file.data.to_vec());
    let renamed = |file: &File| (file.name.clone(), named(&file.data));
    let values = chart.raw.iter().filter(|file| &*file.name == "values.yaml");
    files.extend(values.map(renamed));
    files.extend(chart.schema.iter().map(as_is));
    files.extend(chart.templates.iter().map(renamed));
    files.extend(chart.files.iter().map(as_is));
    files
}
