//! What a render gives: manifests, hooks, notes.

use std::collections::HashMap;
use std::sync::Arc;

use plimsoll_gotmpl::{Segment, Trace};
use plimsoll_source::TextRange;

use super::error::RenderError;
use super::explain::Explanation;
use super::objects::Given;
use super::order::Order;
use super::split::{self, Hook, Known, Manifest, ManifestError};
use super::text::RenderedText;
use crate::chart::{File, Instance};
use crate::values::{ReadError, Source, SourceFile, SourceId, Sources, Step};

/// A file as its template gave it.
#[derive(Clone, Debug)]
pub struct RenderedFile {
    /// The template's name, with that of the chart.
    pub name: Arc<str>,
    /// The template's path from the root of the outermost chart.
    pub path: Arc<str>,
    /// What it gave.
    pub text: Arc<RenderedText>,
    /// Where each part came from, if that was asked for.
    pub segments: Vec<Segment>,
}

/// A file of `crds/`.
#[derive(Clone, Debug)]
pub struct Crd {
    /// Its path with that of the chart.
    pub path: String,
    /// The file.
    pub file: File,
}

/// A rendered chart.
#[derive(Clone, Debug)]
pub struct Rendered {
    /// What is to be made, in that order.
    pub manifests: Vec<Manifest>,
    /// What is to be run.
    pub hooks: Vec<Hook>,
    /// What the user is told.
    pub notes: String,
    /// The definitions that are made before anything is rendered.
    pub crds: Vec<Crd>,
    /// The files as the templates gave them, in the order in which they were executed.
    pub files: Vec<RenderedFile>,
    /// What Helm would warn of.
    pub warnings: Vec<String>,
    /// The places of all values, and of what the renderer itself gave to templates.
    pub sources: Arc<Sources>,
    /// The places in each trace of [`RenderedFile::segments`].
    pub(super) places: HashMap<Trace, Option<Vec<SourceId>>>,
}

/// The end of the names of templates that are for the user to read.
const NOTES: &str = "NOTES.txt";

pub(super) fn finish(
    root: &Instance,
    files: Vec<RenderedFile>,
    warnings: Vec<String>,
    known: &Known,
    explain: impl Fn(&ManifestError, &[RenderedFile]) -> Explanation,
) -> Result<Rendered, RenderError> {
    let own_notes = format!("{}/templates/{NOTES}", root.name);
    let notes = files.iter().find(|file| *file.name == *own_notes);
    let notes = notes.map(|file| String::from_utf8_lossy(&file.text).into_owned());
    let mut texts: Vec<(&Arc<str>, &Arc<RenderedText>)> = files
        .iter()
        .filter(|file| !file.name.ends_with(NOTES))
        .map(|file| (&file.name, &file.text))
        .collect();
    texts.sort_by_key(|(name, _)| *name);
    let sorted = checked(&texts).and_then(|()| {
        let texts = texts.iter().copied();
        split::sort_known(texts, Order::Install, known)
    });
    let (manifests, hooks) = sorted.map_err(|error| RenderError::Manifest {
        files: texts
            .iter()
            .map(|(name, text)| ((*name).clone(), String::from_utf8_lossy(text).into_owned()))
            .collect(),
        explanation: Box::new(explain(&error, &files)),
        error,
    })?;
    let mut crds = Vec::new();
    crds_of(root, &root.name, &mut crds);
    Ok(Rendered {
        manifests,
        hooks,
        notes: notes.unwrap_or_default(),
        crds,
        files,
        warnings,
        sources: Arc::default(),
        places: HashMap::new(),
    })
}

/// Makes sure that texts are UTF-8.
fn checked(texts: &[(&Arc<str>, &Arc<RenderedText>)]) -> Result<(), ManifestError> {
    for (name, text) in texts {
        if text.as_str().is_some() {
            continue;
        }
        std::str::from_utf8(text).map_err(|error| ManifestError {
            path: (*name).clone(),
            offset: 0,
            error: ReadError::new(
                "error converting YAML to JSON: yaml: invalid leading UTF-8 octet",
                TextRange::empty(error.valid_up_to() as u32),
            ),
        })?;
    }
    Ok(())
}

/// Recursion is as deep as charts are nested, which loading bounds.
fn crds_of(instance: &Instance, path: &str, found: &mut Vec<Crd>) {
    for file in &instance.chart.files {
        let extension = file
            .name
            .rsplit_once('.')
            .map_or("", |(_, extension)| extension);
        let is_manifest = ["yaml", "yml", "json"]
            .iter()
            .any(|known| extension.eq_ignore_ascii_case(known));
        if file.name.starts_with("crds/") && is_manifest {
            found.push(Crd {
                path: format!("{path}/{}", file.name),
                file: file.clone(),
            });
        }
    }
    for child in &instance.children {
        crds_of(child, &format!("{path}/charts/{}", child.name), found);
    }
}

/// What is printed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Shown {
    /// The definitions of `crds/`, too.
    pub crds: bool,
    /// Hooks that are tests are left out.
    pub skip_tests: bool,
    /// Hooks are left out.
    pub no_hooks: bool,
}

impl Rendered {
    /// The places of the values that flowed into a part of the output or decided over it;
    /// `None` if they were too many to keep.
    pub fn places(&self, trace: Trace) -> Option<&[SourceId]> {
        self.places.get(&trace)?.as_deref()
    }
}

/// The objects that the renderer itself gives to templates, and their fields.
const GIVEN: [(&str, &[&str]); 5] = [
    (
        "Release",
        &[
            "Name",
            "Namespace",
            "IsUpgrade",
            "IsInstall",
            "Revision",
            "Service",
        ],
    ),
    (
        "Chart",
        &[
            "Name",
            "Home",
            "Sources",
            "Version",
            "Description",
            "Keywords",
            "Maintainers",
            "Icon",
            "APIVersion",
            "Condition",
            "Tags",
            "AppVersion",
            "Deprecated",
            "Annotations",
            "KubeVersion",
            "Dependencies",
            "Type",
            "IsRoot",
        ],
    ),
    (
        "Capabilities",
        &["KubeVersion", "APIVersions", "HelmVersion"],
    ),
    ("Files", &[]),
    // What functions give that comes from neither the chart nor the values.
    ("Outside", &["Chance", "Time", "Cluster"]),
];

/// Gives places to what the renderer itself gives to templates: each object is a text of its
/// own, called `.Release` and so on, whose keys are the fields.
pub(super) fn given(sources: &mut Sources) -> Given {
    let mut given = Given::new();
    for (object, fields) in GIVEN {
        let text = fields.join("\n");
        let mut at = 0;
        let file = sources.add_file(SourceFile {
            name: format!(".{object}").into(),
            text: text.into(),
            below: Arc::default(),
        });
        let whole = sources.add(Source {
            file,
            range: TextRange::default(),
            parent: SourceId::NONE,
            step: Step::Root,
        });
        let places = fields.iter().map(|field| {
            let range = TextRange::at(at, at + field.len());
            at += field.len() + 1;
            let source = sources.add(Source {
                file,
                range,
                parent: whole,
                step: Step::Key(range),
            });
            (*field, source)
        });
        given.add(object, whole, places);
    }
    given
}
