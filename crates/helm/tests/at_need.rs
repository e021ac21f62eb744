//! Charts whose large files are read when somebody asks for them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use plimsoll_helm::Limits;
use plimsoll_helm::chart::Loaded;
use plimsoll_helm::functions::Random;
use plimsoll_helm::render::{Capabilities, HELM_4_3_1, Release, Renderer, Request, Shown};
use plimsoll_helm::values::{Data, Item, Sources};
use plimsoll_source::files::MemoryTree;
use plimsoll_source::{DirEntry, EntryKind, OpenFile, Tree, TreeError, TreeErrorKind};

struct NoChance;

impl Random for NoChance {
    fn fill(&mut self, bytes: &mut [u8]) {
        bytes.fill(4);
    }
}

/// A tree that opens files, and counts those that are then read.
struct Opening {
    files: MemoryTree,
    read: Arc<AtomicU32>,
    fails: bool,
}

#[derive(Debug)]
struct Opened {
    bytes: Vec<u8>,
    read: Arc<AtomicU32>,
    fails: bool,
}

impl Tree for Opening {
    fn read(&self, path: &str) -> Result<Vec<u8>, TreeError> {
        self.files.read(path)
    }

    fn list(&self, dir: &str) -> Result<Arc<[DirEntry]>, TreeError> {
        self.files.list(dir)
    }

    fn kind(&self, path: &str) -> Option<EntryKind> {
        self.files.kind(path)
    }

    fn open(&self, path: &str) -> Result<Option<Box<dyn OpenFile>>, TreeError> {
        Ok(Some(Box::new(Opened {
            bytes: self.files.read(path)?,
            read: self.read.clone(),
            fails: self.fails,
        })))
    }
}

impl OpenFile for Opened {
    fn size(&self) -> u64 {
        self.bytes.len() as u64
    }

    fn read(&self) -> Result<Vec<u8>, TreeErrorKind> {
        self.read.fetch_add(1, Ordering::Relaxed);
        if self.fails {
            return Err(TreeErrorKind::Io("gone".to_owned()));
        }
        Ok(self.bytes.clone())
    }
}

/// The definition that the chart has.
fn definition() -> String {
    format!("kind: Definition # {}\n", "x".repeat(20_000))
}

fn chart(template: &str, fails: bool) -> Opening {
    let mut files = MemoryTree::new();
    files.insert("c/Chart.yaml", "apiVersion: v2\nname: c\nversion: 1.0.0\n");
    files.insert("c/templates/a.yaml", template);
    files.insert("c/templates/b.txt", " ".repeat(20_000));
    files.insert("c/values.yaml", format!("a: b # {}\n", "x".repeat(20_000)));
    files.insert("c/files/large", format!("\u{feff}{}", "y".repeat(20_000)));
    files.insert("c/files/small", "z");
    files.insert("c/crds/d.yaml", definition());
    Opening {
        files,
        read: Arc::default(),
        fails,
    }
}

fn render(tree: &Opening, crds: bool) -> (String, Renderer) {
    let loaded = Loaded::from_folder_at_need(tree, "c", "c").expect("it is sound");
    let renderer = Renderer::new(loaded);
    let request = Request {
        release: Release {
            name: "rel".into(),
            namespace: "ns".into(),
            revision: 1,
            is_upgrade: false,
        },
        capabilities: Capabilities::assumed_by(&HELM_4_3_1),
        values: Item::from(Data::map()),
        sources: Sources::over(renderer.loaded().sources.clone()),
        skip_schema: false,
        tracing: false,
        limits: Limits::default(),
        now: (0, 0),
        zone: "UTC".into(),
        random: Box::new(NoChance),
    };
    let rendered = renderer.render(request).expect("it renders");
    let shown = Shown {
        crds,
        ..Shown::default()
    };
    (rendered.text(shown), renderer)
}

#[test]
fn what_nobody_asks_for_is_not_read() {
    let tree = chart(
        "kind: {{ .Values.a }}{{ .Files.Get \"files/small\" }}\n",
        false,
    );
    let (text, renderer) = render(&tree, false);
    assert!(text.ends_with("kind: bz\n"), "{text}");
    assert_eq!(tree.read.load(Ordering::Relaxed), 0);
    assert_eq!(renderer.loaded().failure(), None);
}

#[test]
fn what_is_asked_for_is_read_once_and_has_no_mark() {
    let template = "{{ range $path, $_ := .Files.Glob \"files/l*\" }}{{ $path }}: {{ len ($.Files.Get $path) }}{{ $.Files.Get $path | trunc 2 }}{{ end }}\n";
    let tree = chart(template, false);
    let (text, renderer) = render(&tree, false);
    assert!(text.ends_with("files/large: 20000yy\n"), "{text}");
    assert_eq!(tree.read.load(Ordering::Relaxed), 1);
    assert_eq!(renderer.loaded().failure(), None);
}

#[test]
fn definitions_are_read_when_they_are_printed() {
    let tree = chart("kind: a\n", false);
    let (text, _) = render(&tree, true);
    assert!(text.contains(&definition()), "{text}");
    assert_eq!(tree.read.load(Ordering::Relaxed), 1);
}

#[test]
fn what_cannot_be_read_any_more_is_told() {
    let tree = chart("len: {{ len (.Files.Get \"files/large\") }}\n", true);
    let (text, renderer) = render(&tree, false);
    assert!(text.ends_with("len: 0\n"), "{text}");
    let gone = TreeErrorKind::Io("gone".to_owned());
    assert_eq!(renderer.loaded().failure(), Some(("files/large", &gone)));
}
