//! Renders a chart many times over one parse, as a service or an editor would, and prints
//! nothing: `cargo xtask bench charts` measures the process.
//!
//! Arguments: the chart's folder, how many renders, values files to take in turn.

use std::error::Error;
use std::fs;
use std::path::Path;

use plimsoll_helm::Limits;
use plimsoll_helm::chart::Loaded;
use plimsoll_helm::functions::Random;
use plimsoll_helm::render::{Capabilities, HELM_4_3_1, Release, Renderer, Request, Shown};
use plimsoll_helm::values::{Data, Item, SourceFile, Sources, read_values};
use plimsoll_source::files::MemoryTree;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("name a chart's folder")?;
    let count: usize = arguments.next().ok_or("say how many renders")?.parse()?;
    let values: Vec<String> = arguments.collect();
    let mut tree = MemoryTree::new();
    gather(Path::new(&folder), "", &mut tree)?;
    let renderer = Renderer::new(Loaded::from_folder(&tree, "", &folder)?);
    let mut written = 0;
    for number in 0..count {
        let mut sources = Sources::over(renderer.loaded().sources.clone());
        let item = match values.get(number % values.len().max(1)) {
            None => Item::from(Data::map()),
            Some(file) => {
                let place = SourceFile {
                    name: file.as_str().into(),
                    text: "".into(),
                    below: [].into(),
                };
                read_values(place, &fs::read(file)?, &mut sources)?
            }
        };
        let rendered = renderer.render(Request {
            release: Release {
                name: "rel".into(),
                namespace: "ns".into(),
                revision: 1,
                is_upgrade: false,
            },
            capabilities: Capabilities::assumed_by(&HELM_4_3_1),
            values: item,
            sources,
            skip_schema: false,
            tracing: false,
            limits: Limits::default(),
            now: (1_700_000_000, 0),
            zone: "UTC".into(),
            random: Box::new(Same),
        })?;
        let text = rendered.text(Shown {
            crds: false,
            skip_tests: false,
            no_hooks: false,
        });
        written += text.len();
    }
    // The output is made use of, so that nothing is left out.
    if written == 0 && count > 0 {
        return Err("nothing was rendered".into());
    }
    Ok(())
}

fn gather(folder: &Path, inside: &str, tree: &mut MemoryTree) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let inside = if inside.is_empty() {
            name.into_owned()
        } else {
            format!("{inside}/{name}")
        };
        if path.is_dir() {
            gather(&path, &inside, tree)?;
        } else {
            tree.insert(inside, fs::read(&path)?);
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
