//! What a chart is made of, for rules that look at the chart itself.

use std::collections::HashMap;
use std::sync::Arc;

use plimsoll_helm::semver::Constraint;
use plimsoll_project::{ChartDependency, Project};
use plimsoll_source::TextRange;
use plimsoll_yaml::{Dialect, Tree, parse};

use crate::find::inside;
use crate::load::{self, Chart};
use crate::render::{Done, in_root};

/// A chart before its files have ids.
pub(crate) struct Unit {
    pub(crate) tree: Tree,
    pub(crate) is_library: bool,
    pub(crate) is_loaded: bool,
    pub(crate) files: Vec<UnitFile>,
    /// The path of the lock file.
    pub(crate) lock: Option<String>,
    pub(crate) dependencies: Vec<ChartDependency>,
    pub(crate) subcharts: Vec<String>,
    pub(crate) unreadable: Vec<String>,
    /// The chart with the longest name of a release.
    pub(crate) long_named: Option<Done>,
    pub(crate) left_out: Vec<LeftOut>,
}

/// A file of a chart.
pub(crate) struct UnitFile {
    pub(crate) name: String,
    pub(crate) len: usize,
    /// Its path, if its text is kept.
    pub(crate) path: Option<String>,
}

/// A template that was left out.
pub(crate) struct LeftOut {
    pub(crate) template: String,
    pub(crate) path: String,
    pub(crate) range: TextRange,
    pub(crate) message: String,
}

/// A chart that cannot be loaded.
pub(crate) fn broken(project: &Project, folder: &str, texts: &mut Texts) -> Unit {
    let path = inside(folder, "Chart.yaml");
    let bytes = project.tree.read(&path).unwrap_or_default();
    let text: Arc<str> = String::from_utf8(bytes).unwrap_or_default().into();
    texts.insert(path, Arc::clone(&text));
    let tree = parse(text, Dialect::GoV2);
    let is_library = says_library(&tree);
    // What leaves files out may be what is wrong.
    let ignore = inside(folder, ".helmignore");
    let mut files = Vec::new();
    if let Ok(bytes) = project.tree.read(&ignore)
        && let Ok(text) = String::from_utf8(bytes)
    {
        files.push(UnitFile {
            name: ".helmignore".to_owned(),
            len: text.len(),
            path: Some(ignore.clone()),
        });
        texts.insert(ignore, text.into());
    }
    Unit {
        tree,
        is_library,
        is_loaded: false,
        files,
        lock: None,
        dependencies: Vec::new(),
        subcharts: Vec::new(),
        unreadable: Vec::new(),
        long_named: None,
        left_out: Vec::new(),
    }
}

fn says_library(tree: &Tree) -> bool {
    let root = tree.documents().next().and_then(|document| document.root());
    let kind = root.and_then(|root| root.get("type")?.as_str());
    kind.is_some_and(|kind| kind.eq_ignore_ascii_case("library"))
}

/// Texts by their paths.
pub(crate) type Texts = HashMap<String, Arc<str>>;

/// A chart that was loaded, its texts read.
pub(crate) fn of(folder: &str, chart: &Chart, texts: &Texts) -> Unit {
    let loaded = &chart.loaded.chart;
    let text = texts.get(&inside(folder, "Chart.yaml"));
    let tree = parse(text.cloned().unwrap_or_default(), Dialect::GoV2);
    let own = loaded.raw.iter();
    let own = own.filter(|file| !file.name.starts_with("charts/"));
    let mut files: Vec<UnitFile> = own
        .map(|file| UnitFile {
            name: file.name.to_string(),
            len: file.data.len(),
            path: keeps_text(&file.name)
                .then(|| in_root(folder, &file.path))
                .flatten()
                .filter(|path| texts.contains_key(path)),
        })
        .collect();
    files.sort_by(|a, b| a.name.cmp(&b.name));
    let lock = load::lock_file(loaded).and_then(|file| in_root(folder, &file.path));
    let metadata = &loaded.metadata;
    let mut unreadable = Vec::new();
    let is_bad = |text: &str| !text.is_empty() && Constraint::parse(text).is_err();
    if is_bad(&metadata.kube_version) {
        unreadable.push("kubeVersion".to_owned());
    }
    for dependency in &chart.dependencies {
        if is_bad(&dependency.version) {
            unreadable.push(dependency.name.clone());
        }
    }
    Unit {
        tree,
        is_library: loaded.is_library(),
        is_loaded: true,
        files,
        lock,
        dependencies: chart.dependencies.clone(),
        subcharts: chart.subcharts.clone(),
        unreadable,
        long_named: None,
        left_out: Vec::new(),
    }
}

/// Whether rules look at the text of a file.
fn keeps_text(name: &str) -> bool {
    let described = [
        "Chart.yaml",
        "Chart.lock",
        "values.yaml",
        ".helmignore",
        "requirements.yaml",
        "requirements.lock",
    ];
    described.contains(&name) || name.starts_with("templates/") || name.starts_with("crds/")
}
