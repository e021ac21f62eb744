//! The source of programs, read once for all who ask: one image runs in several workloads and
//! environments, and the images of one repository are often built from the same folder.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use memchr::memmem;
use plimsoll_dockerfile::ignore::{self, ContextFile, WalkLimits};
use plimsoll_project::Project;
use plimsoll_source::FileId;

use super::image::Image;
use super::source_files::{is_program, is_source};
use super::sources::Sources;

/// The most text that is kept for other images, in bytes. What is beyond is read anew.
const MAX_KEPT: usize = 64 * 1024 * 1024;

/// One source file.
pub(super) struct SourceText {
    pub(super) path: String,
    pub(super) text: String,
    /// Whether it has settings classes of pydantic.
    pub(super) has_settings: bool,
}

/// The texts of files, by path; `None` for what cannot be read as text.
#[derive(Default)]
pub(super) struct Texts {
    kept: HashMap<String, Option<Arc<SourceText>>>,
    bytes: usize,
    /// The programs in and below folders.
    programs: HashMap<String, Arc<[ContextFile]>>,
    /// The manifests and Compose files of the project.
    reviewed: Option<Arc<HashSet<FileId>>>,
}

impl Texts {
    /// The programs in and below a folder.
    pub(super) fn programs(&mut self, project: &Project, folder: &str) -> Arc<[ContextFile]> {
        if let Some(known) = self.programs.get(folder) {
            return Arc::clone(known);
        }
        let below = ignore::walk(&*project.tree, folder, None, WalkLimits::default());
        let programs: Arc<[ContextFile]> = below
            .files
            .into_iter()
            .filter(|file| is_source(&file.path) && is_program(&file.path))
            .collect();
        self.programs
            .insert(folder.to_owned(), Arc::clone(&programs));
        programs
    }

    /// The manifests and Compose files of the project.
    pub(super) fn reviewed(&mut self, project: &Project) -> Arc<HashSet<FileId>> {
        let all = self.reviewed.get_or_insert_with(|| {
            let manifests = project.manifests.iter().map(|unit| unit.file);
            let composes = project.composes.iter().map(|unit| unit.file);
            Arc::new(manifests.chain(composes).collect())
        });
        Arc::clone(all)
    }

    /// The text of a file of the project.
    pub(super) fn read(&mut self, project: &Project, path: String) -> Option<Arc<SourceText>> {
        if let Some(kept) = self.kept.get(&path) {
            return kept.clone();
        }
        let text = project.tree.read(&path).ok();
        let text = text.and_then(|bytes| String::from_utf8(bytes).ok());
        let read = text.map(|text| {
            Arc::new(SourceText {
                path: path.clone(),
                has_settings: memmem::find(text.as_bytes(), b"BaseSettings").is_some(),
                text,
            })
        });
        let size = read.as_ref().map_or(0, |read| read.text.len());
        if self.bytes + size <= MAX_KEPT {
            self.bytes += size;
            self.kept.insert(path, read.clone());
        }
        read
    }
}

/// What was read so far.
#[derive(Default)]
pub(crate) struct SourceCache {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    texts: Texts,
    /// By the Dockerfile's number, and whether the folders above it were looked at.
    read: HashMap<(u32, bool), Arc<Sources>>,
}

impl SourceCache {
    /// [`Sources::of`], or [`Sources::around`].
    pub(crate) fn sources(&self, image: Image<'_>, around: bool) -> Arc<Sources> {
        // Whoever panicked while reading left whole entries behind.
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (image.dockerfile(), around);
        if let Some(read) = state.read.get(&key) {
            return Arc::clone(read);
        }
        let texts = &mut state.texts;
        let read = Arc::new(if around {
            Sources::around(image, texts)
        } else {
            Sources::of(image, texts)
        });
        // Where texts are not kept, neither is what holds them.
        if state.texts.bytes + MAX_KEPT / 4 <= MAX_KEPT {
            state.read.insert(key, Arc::clone(&read));
        }
        read
    }
}
