//! Templates and values: whatever they are, rendering ends within its limits, and gives the same
//! with traces and without.
#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use plimsoll_helm::Limits;
use plimsoll_helm::chart::{File, Loaded};
use plimsoll_helm::functions::Random;
use plimsoll_helm::render::{Capabilities, HELM_4_3_1, Release, Renderer, Request, Shown};
use plimsoll_helm::values::{Data, SourceFile, Sources, read_values};

struct NoChance;

impl Random for NoChance {
    fn fill(&mut self, bytes: &mut [u8]) {
        bytes.fill(4);
    }
}

fuzz_target!(|input: (&str, &str, &str, &str)| {
    let (template, partial, values, user) = input;
    let file = |name: &str, text: &str| File {
        name: name.into(),
        data: text.as_bytes().into(),
        path: name.into(),
    };
    let files = vec![
        file("Chart.yaml", "apiVersion: v2\nname: c\nversion: 1.0.0\n"),
        file("values.yaml", values),
        file("templates/a.yaml", template),
        file("templates/_b.tpl", partial),
    ];
    let Ok(loaded) = Loaded::from_files(files) else {
        return;
    };
    let renderer = Renderer::new(loaded);
    let render = |tracing: bool| {
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
        rendered
            .map(|rendered| rendered.text(Shown::default()))
            .map_err(|error| error.to_string())
    };
    assert_eq!(render(false), render(true));
});
