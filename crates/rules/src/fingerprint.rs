//! Fingerprints: the name of a finding across runs, so that a baseline knows it again.
//!
//! It is made of what the finding is about, and of nothing that an edit elsewhere can change:
//! the rule, the path, the object, the subject and the first line of the text that it stands
//! on, blanks put aside. Lines, the order of documents, the number of a stage and the wording of
//! the message are not in it. Findings that are equal in all of these are numbered.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use plimsoll_dockerfile::Base;
use plimsoll_project::{DockerfileUnit, Project};
use plimsoll_source::{FileId, Finding, Fingerprint};

/// The most words of the text that count.
const WORDS: usize = 64;

/// Names the findings of a project.
pub(crate) struct Namer<'p> {
    project: &'p Project,
    renamed: &'p BTreeMap<String, String>,
    dockerfiles: HashMap<FileId, &'p DockerfileUnit>,
}

impl<'p> Namer<'p> {
    /// `renamed` gives the paths that stand for a file's own.
    pub(crate) fn new(project: &'p Project, renamed: &'p BTreeMap<String, String>) -> Self {
        let units = project.dockerfiles.iter();
        Self {
            project,
            renamed,
            dockerfiles: units.map(|unit| (unit.file, unit)).collect(),
        }
    }

    /// Gives the findings of one file their fingerprints.
    pub(crate) fn name(&self, findings: &mut [Finding]) {
        let mut seen: BTreeMap<u64, u32> = BTreeMap::new();
        for finding in findings {
            let place = finding.origin.place;
            let path = self.project.path(place.file);
            let mut hash = Fnv::new();
            hash.part(finding.rule);
            hash.part(self.renamed.get(path).map_or(path, String::as_str));
            hash.part(finding.object.as_deref().unwrap_or(""));
            hash.part(&self.subject(place.file, &finding.subject));
            let text = self.project.files.text(place);
            let line = text.trim_start().lines().next().unwrap_or_default();
            for word in line.split_whitespace().take(WORDS) {
                hash.part(word);
            }
            let count = seen.entry(hash.0).or_default();
            if *count > 0 {
                hash.part(&count.to_string());
            }
            *count += 1;
            finding.fingerprint = Fingerprint(hash.0);
        }
    }

    /// The subject without what edits elsewhere change: a stage is known by its name, or else by
    /// what it starts from, and not by its number.
    fn subject<'s>(&self, file: FileId, subject: &'s str) -> Cow<'s, str> {
        let stage = || {
            let number: usize = subject.strip_prefix("stage/")?.parse().ok()?;
            self.dockerfiles.get(&file)?.build.stages.get(number)
        };
        let Some(stage) = stage() else {
            return Cow::Borrowed(subject);
        };
        Cow::Owned(match (&stage.name, &stage.base) {
            (Some(name), _) => format!("stage/{}", name.value),
            (None, Base::Scratch) => "stage of scratch".to_owned(),
            (None, Base::Stage(_)) => "stage of a stage".to_owned(),
            (None, Base::Image(image) | Base::Unresolved(image)) => {
                // Another release is still the same stage.
                let end = image.rfind('/').map_or(0, |slash| slash + 1);
                let name = &image[end..];
                let name = name.split([':', '@']).next().unwrap_or(name);
                format!("stage of {}{name}", &image[..end])
            }
        })
    }
}

/// 64-bit FNV-1a: stable across versions and machines, unlike the standard hasher.
struct Fnv(u64);

impl Fnv {
    const fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    fn part(&mut self, text: &str) {
        for &byte in text.as_bytes().iter().chain(&[0]) {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::Arc;

    use plimsoll_project::{Options, Project};
    use plimsoll_testkit::{Fixture, tree};

    use crate::{Date, Selection, Strictness};

    /// The fingerprints of a pedantic review, with the rules that gave them.
    fn prints(path: &str, text: &str) -> BTreeSet<(String, String)> {
        let tree = tree(&Fixture::parse(path, text));
        let project = Project::load(Arc::new(tree), &Options::default());
        let mut selection = Selection::on(Date::new(2026, 11, 24));
        selection.strictness = Strictness::Auditor;
        let found = crate::check(&project, &selection).findings;
        let print = |f: plimsoll_source::Finding| (f.rule.to_owned(), f.fingerprint.to_string());
        found.into_iter().map(print).collect()
    }

    #[track_caller]
    fn unchanged(path: &str, before: &str, after: &str) {
        let (before, after) = (prints(path, before), prints(path, after));
        assert!(before.len() > 2, "too little is found: {before:?}");
        let gone: Vec<_> = before.difference(&after).collect();
        assert!(gone.is_empty(), "gone: {gone:?}");
    }

    const DOCKERFILE: &str =
        "FROM node\nWORKDIR app\nRUN sudo apt-get update\nRUN cd /x && ls\nCMD npm start\n";
    const WEB: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  selector:\n    matchLabels: {app: web}\n  template:\n    metadata:\n      labels: {app: web}\n    spec:\n      containers:\n        - name: web\n          image: web\n        - name: log\n          image: log\n";
    const JOB: &str = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: job\nspec:\n  containers:\n    - name: job\n      image: job\n      securityContext: {privileged: true}\n";
    const COMPOSE: &str = "version: '3'\nservices:\n  web:\n    image: web\n    ports: ['80:80']\n  api:\n    image: api\n    ports: ['80:8080']\n  db:\n    image: postgres\n    environment: {POSTGRES_PASSWORD: secretly}\n";

    #[test]
    fn stages_lines_and_comments_above_change_nothing() {
        let above =
            format!("# a comment\n\nFROM golang:1.26 AS build\nRUN go build\n\n{DOCKERFILE}");
        unchanged("Dockerfile", DOCKERFILE, &above);
        let named = DOCKERFILE.replace("FROM node", "FROM golang:1.26 AS a\nFROM node AS run");
        let more = named.replace(
            "FROM golang:1.26 AS a\n",
            "FROM golang:1.26 AS b\nFROM golang:1.26 AS a\n",
        );
        unchanged("Dockerfile", &named, &more);
    }

    #[test]
    fn edits_of_neighbours_change_nothing() {
        let edited = DOCKERFILE.replace("RUN cd", "# why\nRUN mkdir /x\nRUN   cd");
        unchanged("Dockerfile", DOCKERFILE, &edited);
        let edited = COMPOSE
            .replace(
                "    image: api\n",
                "    # pinned elsewhere\n    restart: always\n    image:   api\n",
            )
            .replace("  web:\n", "  other:\n    image: a:1\n  web:\n");
        unchanged("compose.yaml", COMPOSE, &edited);
    }

    #[test]
    fn the_order_and_the_format_of_documents_change_nothing() {
        let (one, other) = (format!("{WEB}---\n{JOB}"), format!("---\n{JOB}---\n{WEB}"));
        unchanged("all.yaml", &one, &other);
        unchanged("all.yaml", &other, &one);
        let spread = WEB.replace("matchLabels: {app: web}", "matchLabels:\n      app: web");
        unchanged("all.yaml", WEB, &spread);
    }

    #[test]
    fn other_files_and_objects_are_told_apart() {
        let two = WEB.replace("name: web\nspec", "name: web2\nspec");
        let (first, second) = (prints("a.yaml", WEB), prints("a.yaml", &two));
        assert!(first.is_disjoint(&second));
        assert!(prints("a.yaml", WEB).is_disjoint(&prints("b.yaml", WEB)));
    }

    #[test]
    fn equal_findings_are_numbered() {
        let once = prints("Dockerfile", "FROM a:1\nRUN sudo ls\n");
        let twice = prints(
            "Dockerfile",
            "FROM a:1\nRUN sudo ls\nFROM b:1\nRUN sudo ls\n",
        );
        assert!(twice.len() > once.len());
    }
}
