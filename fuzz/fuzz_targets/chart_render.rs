//! Templates and values: whatever they are, rendering ends within its limits, and gives the same
//! with traces and without.
#![no_main]

#[path = "chart/render.rs"]
mod render;

use libfuzzer_sys::fuzz_target;
use plimsoll_helm::chart::Loaded;
use plimsoll_helm::render::Renderer;

fuzz_target!(|input: (&str, &str, &str, &str)| {
    let (template, partial, values, user) = input;
    let files = vec![
        render::file("Chart.yaml", "apiVersion: v2\nname: c\nversion: 1.0.0\n"),
        render::file("values.yaml", values),
        render::file("templates/a.yaml", template),
        render::file("templates/_b.tpl", partial),
    ];
    let Ok(loaded) = Loaded::from_files(files) else {
        return;
    };
    let renderer = Renderer::new(loaded);
    let render = |tracing: bool| render::render(&renderer, user, tracing);
    assert_eq!(render(false), render(true));
});
