//! Charts on disk, and rendering them for many values.

use std::collections::HashSet;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use plimsoll_helm::Limits;
use plimsoll_helm::chart::{Chart, Loaded};
use plimsoll_helm::functions::Random;
use plimsoll_helm::render::{
    Capabilities, Followed, HELM_4_3_1, Release, RenderError, Renderer, Request,
};
use plimsoll_helm::values::{Data, Item, SourceFile, SourceId, Sources, compute, read_values};
use plimsoll_source::files::MemoryTree;

use crate::change::without;

/// The most bytes of a chart that takes part.
const MAX_BYTES: u64 = 20 << 20;

/// A chart with values that it can be rendered with.
pub(crate) struct Subject {
    pub(crate) name: String,
    pub(crate) renderer: Renderer,
    /// All values, those of subcharts included.
    pub(crate) values: Item,
    /// The charts that take part, by their paths: `top/charts/sub`.
    pub(crate) charts: Vec<String>,
    sources: Arc<Sources>,
}

/// The folders of charts that are in no other chart, each content once.
pub(crate) fn find(folders: &[PathBuf]) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut found = Vec::new();
    let mut open: Vec<PathBuf> = folders.to_vec();
    while let Some(folder) = open.pop() {
        if folder.join("Chart.yaml").is_file() {
            found.push(folder);
            continue;
        }
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                open.push(entry.path());
            }
        }
    }
    found.sort();
    let mut seen = HashSet::new();
    found.retain(|path| {
        let read = |name: &str| fs::read(path.join(name)).unwrap_or_default();
        seen.insert((read("Chart.yaml"), read("values.yaml")))
    });
    Ok(found)
}

impl Subject {
    /// The chart of a folder, with the first of its values that it can be rendered with.
    pub(crate) fn load(path: &Path) -> Option<Self> {
        let mut tree = MemoryTree::new();
        let mut bytes = 0;
        gather(path, "", &mut tree, &mut bytes).ok()?;
        let name = path.to_string_lossy().into_owned();
        let renderer = Renderer::new(Loaded::from_folder(&tree, "", &name).ok()?);
        renderer.check().ok()?;
        let mut files = vec![None];
        let mut tests: Vec<PathBuf> = fs::read_dir(path.join("ci"))
            .into_iter()
            .flatten()
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.extension().is_some_and(|end| end == "yaml"))
            .collect();
        tests.sort();
        files.extend(tests.into_iter().map(Some));
        for file in files {
            let mut sources = Sources::over(renderer.loaded().sources.clone());
            let user = match &file {
                None => Item::from(Data::map()),
                Some(file) => {
                    let place = SourceFile {
                        name: file.to_string_lossy().into(),
                        text: "".into(),
                        below: [].into(),
                    };
                    read_values(place, &fs::read(file).ok()?, &mut sources).ok()?
                }
            };
            let Ok(computed) = compute(renderer.loaded(), &user) else {
                continue;
            };
            let sources = Arc::new(sources);
            if renderer
                .follow(request(&sources, &computed.values), None)
                .is_ok()
            {
                return Some(Self {
                    name,
                    renderer,
                    values: computed.values,
                    charts: computed.charts,
                    sources,
                });
            }
        }
        None
    }

    /// The same chart without a key of its values, or of those of its subcharts: one that is only
    /// missing in the values of a render would be filled in again.
    pub(crate) fn without(&self, key: SourceId) -> Self {
        let mut loaded = self.renderer.loaded().clone();
        loaded.chart = Arc::new(chart_without(&loaded.chart, key));
        Self {
            name: self.name.clone(),
            renderer: Renderer::new(loaded),
            values: without(&self.values, key),
            charts: self.charts.clone(),
            sources: self.sources.clone(),
        }
    }

    /// The parts of everything that the chart gives with these values.
    pub(crate) fn render(&self, values: &Item) -> Result<Followed, RenderError> {
        self.renderer.follow(request(&self.sources, values), None)
    }
}

fn request(sources: &Arc<Sources>, values: &Item) -> Request {
    Request {
        release: Release {
            name: "rel".into(),
            namespace: "ns".into(),
            revision: 1,
            is_upgrade: false,
        },
        capabilities: Capabilities::assumed_by(&HELM_4_3_1),
        values: values.clone(),
        sources: Sources::over(sources.clone()),
        skip_schema: true,
        tracing: true,
        limits: Limits {
            steps: 30_000_000,
            ..Limits::default()
        },
        now: (1_700_000_000, 0),
        zone: "UTC".into(),
        random: Box::new(Same),
    }
}

/// Charts nest no deeper than they can be loaded, which is bounded.
fn chart_without(chart: &Chart, key: SourceId) -> Chart {
    let mut chart = chart.clone();
    chart.values = without(&chart.values, key);
    for inner in &mut chart.dependencies {
        *inner = Arc::new(chart_without(inner, key));
    }
    chart
}

fn gather(
    folder: &Path,
    inside: &str,
    tree: &mut MemoryTree,
    bytes: &mut u64,
) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let inside = if inside.is_empty() {
            name.into_owned()
        } else {
            format!("{inside}/{name}")
        };
        if path.is_dir() {
            gather(&path, &inside, tree, bytes)?;
        } else {
            let content = fs::read(&path)?;
            *bytes += content.len() as u64;
            if *bytes > MAX_BYTES {
                return Err("the chart is too large".into());
            }
            tree.insert(inside, content);
        }
    }
    Ok(())
}

/// No chance: every run is the same.
struct Same;

impl Random for Same {
    fn fill(&mut self, bytes: &mut [u8]) {
        bytes.fill(7);
    }
}
