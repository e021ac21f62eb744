//! Texts that may be templates: those of charts, and those in values and files, which `tpl` gets.

use std::sync::Arc;

use plimsoll_gotmpl::Tree;
use plimsoll_source::files::file_name;

use super::paths::{PathId, Reach};
use super::walk::{Body, Text, Walker};
use super::{ReadingText, Site};
use crate::chart::{Chart, File};
use crate::values::{Data, Item, Sources};

/// The most bytes of a file that is looked at as a template for `tpl`.
const MAX_FILE: usize = 1 << 20;

impl Walker {
    /// A file of a chart as a text of its own.
    pub(super) fn parse_file(&mut self, file: &File, is_own: bool) -> usize {
        let number = self.name(&file.path, is_own);
        let tree = Tree::parse(&*file.name, file.data.shared(), &*self.functions);
        self.push(tree, number, None)
    }

    pub(super) fn name(&mut self, path: &Arc<str>, is_own: bool) -> u32 {
        let number = self.names.len() as u32;
        self.names.push(ReadingText {
            path: path.clone(),
            is_own,
        });
        number
    }

    fn push(&mut self, tree: Tree, number: u32, fixed: Option<Site>) -> usize {
        self.texts.push(Text {
            tree: Arc::new(tree),
            number,
            fixed,
        });
        self.texts.len() - 1
    }

    /// A template that a template wrote out; all of it stands at the call.
    pub(super) fn parse_late(&mut self, text: &Arc<str>, site: Site) -> Body {
        let known = self
            .texts
            .iter()
            .position(|known| known.fixed == Some(site) && **known.tree.text() == *text.as_bytes());
        let index = known.unwrap_or_else(|| {
            let tree = Tree::parse("gotpl", text.as_bytes(), &*self.functions);
            self.push(tree, site.text, Some(site))
        });
        let definitions = self.texts[index].tree.definitions();
        let own = definitions.last().expect("the text's own is the last");
        (index, own.root)
    }

    /// Puts what a text defines among the templates that can be called.
    pub(super) fn define_templates(&mut self, text: usize) {
        let tree = self.texts[text].tree.clone();
        let definitions = tree.definitions();
        for definition in &definitions[..definitions.len().saturating_sub(1)] {
            let bodies = self.definitions.entry(definition.name.clone()).or_default();
            bodies.push((text, definition.root));
        }
    }

    /// Files that are no templates by themselves and may be handed to `tpl`.
    pub(super) fn add_files(&mut self, chart: &Chart) {
        for file in &chart.files {
            let is_prose = file_name(&file.name).ends_with(".md");
            let small = file.data.len() <= MAX_FILE;
            if small && !is_prose && may_read(&file.data) {
                // Whether it is a template, and what it is given then, is only guessed.
                let text = self.parse_file(file, false);
                self.in_files.push(text);
            }
        }
    }

    /// Says which values there are, and finds the templates in them. Recursion is as deep as
    /// values are nested, which reading bounds.
    pub(super) fn add_values(&mut self, at: PathId, item: &Item, sources: &Sources, is_own: bool) {
        let is_filled = item.data.as_map().is_some_and(|map| !map.is_empty());
        self.paths.define(at, is_filled);
        match &item.data {
            Data::Map(map) => {
                for (key, item) in map.iter() {
                    let child = self.paths.named(at, key);
                    self.add_values(child, item, sources, is_own);
                }
            }
            Data::List(items) => {
                for item in items.iter() {
                    let child = self.paths.element(at);
                    self.add_values(child, item, sources, is_own);
                }
            }
            Data::Str(text) if may_read(text) => self.add_template(at, text, item, sources, is_own),
            _ => {}
        }
    }

    fn add_template(
        &mut self,
        at: PathId,
        text: &[u8],
        item: &Item,
        sources: &Sources,
        is_own: bool,
    ) {
        let known = self
            .in_values
            .iter()
            .any(|&(path, known)| path == at && **self.texts[known].tree.text() == *text);
        if known {
            return;
        }
        let place = sources.get(item.source);
        let file = place.and_then(|place| sources.file(place.file));
        let (number, range) = match (place, file) {
            (Some(place), Some(file)) => {
                let known = self.names.iter().position(|name| name.path == file.name);
                let number = match known {
                    Some(known) => known as u32,
                    None => self.name(&file.name, is_own),
                };
                (number, place.range)
            }
            _ => return,
        };
        let tree = Tree::parse("gotpl", text, &*self.functions);
        let site = Site {
            text: number,
            range,
        };
        let text = self.push(tree, number, Some(site));
        self.in_values.push((at, text));
    }

    /// The value with a dotted path below another one is read.
    pub(super) fn mark_dotted(&mut self, from: PathId, dotted: &str, reach: Reach) {
        let mut at = from;
        for key in dotted.split('.').filter(|key| !key.is_empty()) {
            at = self.paths.named(at, key);
        }
        self.paths.mark(at, reach, None);
    }
}

/// Whether a text may be a template that reads values.
fn may_read(text: &[u8]) -> bool {
    let holds = |words: &[u8]| memchr::memmem::find(text, words).is_some();
    holds(b"{{")
        && [&b".Values"[..], b"include", b"template", b"tpl", b"$"]
            .iter()
            .any(|words| holds(words))
}
