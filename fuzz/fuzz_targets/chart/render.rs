//! Rendering a chart within small limits, at a time and with a chance that are always the same.

use std::sync::Arc;

use plimsoll_helm::Limits;
use plimsoll_helm::chart::File;
use plimsoll_helm::functions::Random;
use plimsoll_helm::render::{Capabilities, HELM_4_3_1, Release, Renderer, Request, Shown};
use plimsoll_helm::values::{Data, SourceFile, Sources, read_values};

struct NoChance;

impl Random for NoChance {
    fn fill(&mut self, bytes: &mut [u8]) {
        bytes.fill(4);
    }
}

/// Why a chart was not rendered.
#[derive(Debug, PartialEq)]
pub struct Refusal {
    pub words: String,
    /// Whether it would have taken too much.
    pub is_bound: bool,
}

/// A file of a chart.
pub fn file(name: &str, text: &str) -> File {
    File {
        name: name.into(),
        data: text.as_bytes().into(),
        path: name.into(),
    }
}

/// What is printed, and what is warned of.
pub fn render(
    renderer: &Renderer,
    user: &str,
    tracing: bool,
) -> Result<(String, Vec<String>), Refusal> {
    let mut sources = Sources::over(renderer.loaded().sources.clone());
    let place = SourceFile {
        name: "user".into(),
        text: "".into(),
        below: Arc::default(),
    };
    let values = read_values(place, user.as_bytes(), &mut sources);
    let rendered = renderer.render(Request {
        release: Release {
            name: "rel".into(),
            namespace: "ns".into(),
            revision: 1,
            is_upgrade: false,
        },
        capabilities: Capabilities::assumed_by(&HELM_4_3_1),
        values: values.unwrap_or_else(|_| Data::map().into()),
        sources,
        skip_schema: true,
        tracing,
        limits: Limits {
            steps: 200_000,
            bytes: 1 << 20,
            depth: 1_000,
            nested_renders: 500,
            stop: None,
        },
        now: (0, 0),
        zone: "UTC".into(),
        random: Box::new(NoChance),
    });
    match rendered {
        Ok(rendered) => Ok((rendered.text(Shown::default()), rendered.warnings)),
        Err(error) => Err(Refusal {
            words: error.to_string(),
            is_bound: error.is_bound(),
        }),
    }
}
