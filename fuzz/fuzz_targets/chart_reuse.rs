//! Many renders of one chart: what is used again from the renders before is what a render alone
//! gives.
//!
//! The input is one text, so that seeds and dictionaries can be written by hand: parts between lines
//! `===` are two templates, one of the subchart, a partial, the values of both charts, and then the
//! user's values, one part for each render. Some stand in `fuzz/seeds/chart_reuse`; give that folder
//! after the corpus.
#![no_main]

#[path = "chart/render.rs"]
mod render;

use libfuzzer_sys::fuzz_target;
use plimsoll_helm::chart::Loaded;
use plimsoll_helm::render::Renderer;

/// More renders of one input show nothing new, and cost.
const MAX_RENDERS: usize = 12;

/// A chart with a subchart, so that globals and values handed down are read, too.
const CHART: &str = "apiVersion: v2
name: c
version: 1.0.0
dependencies:
  - {name: s, version: 1.0.0, condition: s.enabled, import-values: [out]}
";

fuzz_target!(|text: &str| {
    let mut parts = text.split("===\n");
    let mut part = || parts.next().unwrap_or_default();
    let (one, two, below, partial, values, inner) =
        (part(), part(), part(), part(), part(), part());
    let files = vec![
        render::file("Chart.yaml", CHART),
        render::file("values.yaml", values),
        render::file("templates/a.yaml", one),
        render::file("templates/b.yaml", two),
        render::file("templates/_c.tpl", partial),
        render::file(
            "charts/s/Chart.yaml",
            "apiVersion: v2\nname: s\nversion: 1.0.0\n",
        ),
        render::file("charts/s/values.yaml", inner),
        render::file("charts/s/templates/d.yaml", below),
    ];
    let Ok(loaded) = Loaded::from_files(files) else {
        return;
    };
    let renderer = Renderer::new(loaded.clone());
    for user in parts.take(MAX_RENDERS) {
        let alone = render::render(&Renderer::new(loaded.clone()), user, false);
        let again = render::render(&renderer, user, false);
        if alone.as_ref().is_err_and(|error| error.is_bound) {
            // What is used again takes no steps, so that a render may get farther.
            continue;
        }
        assert_eq!(again, alone, "{user}");
    }
});
