//! Where the files of a project allow findings: comments and annotations, and what each of them
//! covers.
//!
//! A comment covers the line that it is on, or the line below the comments that it is one of. On
//! or above the head of a stage, a service, an object or an item of a list it covers the whole of
//! it, so that it reaches findings about something missing, too.

use plimsoll_compose::ComposeFile;
use plimsoll_k8s::Object;
use plimsoll_project::{ComposeUnit, DockerfileUnit, IgnoreUnit, ManifestUnit, Project};
use plimsoll_source::{FileId, SourceFile, TextRange};
use plimsoll_yaml::{Comment, Kind, Node, Tree};
use rayon::prelude::*;

use super::directives::{self, Directive, Fault, Name, Span, Tool, everything, names};
use super::templates;

/// Something in a file that allows findings.
#[derive(Clone, Debug)]
pub struct Suppression {
    /// The comment or annotation.
    pub range: TextRange,
    /// Whose words it is written in.
    pub tool: Tool,
    /// What it allows.
    pub names: Vec<Name>,
    /// Findings that start in these bytes are covered.
    pub covers: TextRange,
    /// The reason given.
    pub reason: Option<String>,
    /// Why it is not understood; it then covers nothing.
    pub fault: Option<Fault>,
}

/// The suppressions of a project, by file.
#[derive(Debug, Default)]
pub(crate) struct Suppressions {
    by_file: Vec<Vec<Suppression>>,
}

/// From the first byte of a file to its last, and to where a finding at its end stands.
const WHOLE: TextRange = TextRange {
    start: 0,
    end: u32::MAX,
};

impl Suppressions {
    /// Reads all of them. `objects` are those of each manifest, in the order of the project.
    pub(crate) fn read(project: &Project, objects: &[Vec<Object<'_>>]) -> Self {
        let mut found: Vec<(FileId, Vec<Suppression>)> = Vec::new();
        let source = |file| project.files.get(file);
        let full = |(_, list): &(FileId, Vec<Suppression>)| !list.is_empty();
        found.par_extend(
            project
                .dockerfiles
                .par_iter()
                .map(|unit| (unit.file, dockerfile(unit, source(unit.file))))
                .filter(full),
        );
        found.par_extend(
            project
                .ignores
                .par_iter()
                .map(|unit| (unit.file, ignore(unit, source(unit.file))))
                .filter(full),
        );
        found.par_extend(
            project
                .composes
                .par_iter()
                .map(|unit| (unit.file, compose(unit, source(unit.file))))
                .filter(full),
        );
        found.par_extend(
            project
                .chart_files
                .par_iter()
                .map(|&file| (file, templates::read(source(file))))
                .filter(full),
        );
        let manifests = project.manifests.par_iter().zip(objects);
        found.par_extend(
            manifests
                .map(|(unit, objects)| {
                    // Comments are read where they were written.
                    let found = if project.generated(unit.file).is_some() {
                        of_objects(unit, objects, source(unit.file))
                    } else {
                        manifest(unit, objects, source(unit.file))
                    };
                    (unit.file, found)
                })
                .filter(full),
        );
        let mut by_file = Vec::new();
        if !found.is_empty() {
            by_file.resize_with(project.files.len(), Vec::new);
        }
        for (file, list) in found {
            by_file[file.0 as usize] = list;
        }
        Self { by_file }
    }

    /// Those of one file, in text order.
    pub(crate) fn of(&self, file: FileId) -> &[Suppression] {
        self.by_file.get(file.0 as usize).map_or(&[], Vec::as_slice)
    }

    /// The files that have some.
    pub(crate) fn files(&self) -> impl Iterator<Item = FileId> + '_ {
        let numbered = (0..).zip(&self.by_file);
        numbered
            .filter(|(_, list)| !list.is_empty())
            .map(|(number, _)| FileId(number))
    }
}

/// A part of a file that a comment at its head covers as a whole.
struct Part {
    /// The first byte of its head.
    head: u32,
    whole: TextRange,
}

/// Collects the suppressions of one file.
struct Reader<'f> {
    source: &'f SourceFile,
    tools: &'static [Tool],
    /// Where the first thing stands that is no comment.
    content: u32,
    found: Vec<Suppression>,
}

/// What the comments of a file are put on.
struct Anchors<'p> {
    /// What a comment on or above a head covers.
    parts: &'p dyn Fn(TextRange) -> Option<TextRange>,
    /// What a comment stands in.
    around: &'p dyn Fn(u32) -> Option<TextRange>,
}

impl<'f> Reader<'f> {
    fn new(source: &'f SourceFile, tools: &'static [Tool], content: u32) -> Self {
        Self {
            source,
            tools,
            content,
            found: Vec::new(),
        }
    }

    fn comment(&mut self, comment: Comment, anchors: &Anchors<'_>) {
        let text = comment.range.of(&self.source.text);
        for directive in directives::parse(text, comment.range.start, self.tools) {
            self.add(directive, comment, anchors);
        }
    }

    fn add(&mut self, mut directive: Directive, comment: Comment, anchors: &Anchors<'_>) {
        let covers = match directive.span {
            Span::File => {
                let at_top = matches!(directive.tool, Tool::Plimsoll | Tool::Dclint);
                if at_top && comment.range.start > self.content {
                    directive.fault.get_or_insert(Fault {
                        range: comment.range,
                        message: "`allow-file` does not stand at the top of the file".to_owned(),
                    });
                }
                WHOLE
            }
            Span::Around => (anchors.around)(comment.range.start).unwrap_or(WHOLE),
            Span::Here => {
                let line = self.line_meant(comment, directive.tool);
                // hadolint's comment is about the instruction, whatever that begins.
                (anchors.parts)(line).map_or(line, |part| part.join(line))
            }
        };
        // A foreign comment in a place where its tool does not look has no meaning.
        if directive.fault.is_some() && directive.tool != Tool::Plimsoll {
            return;
        }
        self.found.push(Suppression {
            range: comment.range,
            tool: directive.tool,
            names: directive.names,
            covers,
            reason: directive.reason,
            fault: directive.fault,
        });
    }

    /// The line that a comment is about, with its line break: its own, or that below the block
    /// of comments that it is in. hadolint looks at the line below its own comment only.
    fn line_meant(&self, comment: Comment, tool: Tool) -> TextRange {
        let text = &self.source.text;
        let lines = self.source.lines();
        let mut line = lines.line(comment.range.start);
        if !comment.trailing {
            line += 1;
            let is_comment = |line| {
                let range = lines.line_range(text, line);
                range.is_some_and(|range| range.of(text).trim_start().starts_with('#'))
            };
            while tool != Tool::Hadolint && is_comment(line) {
                line += 1;
            }
        }
        let end = lines.line_start(line + 1);
        // What stands at the end of a text without a line break belongs to its last line.
        let last = u32::from(end as usize == text.len() && !text.ends_with('\n'));
        TextRange::new(lines.line_start(line), end + last)
    }

    /// An annotation of an object.
    fn annotation(
        &mut self,
        range: TextRange,
        tool: Tool,
        found: Vec<Name>,
        covers: TextRange,
        reason: &str,
    ) {
        let reason = reason.trim();
        if found.iter().any(|name| !name.rules.is_empty()) {
            self.found.push(Suppression {
                range,
                tool,
                names: found,
                covers,
                reason: (!reason.is_empty()).then(|| reason.to_owned()),
                fault: None,
            });
        }
    }
}

fn dockerfile(unit: &DockerfileUnit, source: &SourceFile) -> Vec<Suppression> {
    const TOOLS: &[Tool] = &[Tool::Hadolint, Tool::Checkov, Tool::Trivy];
    let build = &unit.build;
    let instructions = &build.file.instructions;
    let content = instructions
        .first()
        .map_or(u32::MAX, |first| first.range.start);
    let mut reader = Reader::new(source, TOOLS, content);
    for directive in &build.file.directives {
        if &*directive.key.value == "check" {
            reader.found.extend(checks(
                &directive.value.value,
                directive.value.range,
                directive.range,
            ));
        }
    }
    let instruction = |line: TextRange| {
        let at = instructions.partition_point(|one| one.range.start < line.start);
        let found = instructions.get(at)?;
        line.contains(found.range.start)
            .then_some((at, found.range))
    };
    let stage = |line: TextRange| {
        let (at, range) = instruction(line)?;
        let Some(stage) = build.stages.iter().find(|stage| stage.from == at) else {
            return Some(range);
        };
        let end = instructions
            .get(stage.instructions.end)
            .map_or(u32::MAX, |next| next.range.start);
        Some(TextRange::new(range.start, end))
    };
    let alone = |line: TextRange| instruction(line).map(|(_, range)| range);
    for &range in &build.file.comments {
        let comment = Comment {
            range,
            trailing: false,
        };
        let ours = range.of(&source.text).contains("plimsoll:");
        reader.comment(
            comment,
            &Anchors {
                parts: if ours { &stage } else { &alone },
                around: &|_| None,
            },
        );
    }
    reader.found
}

/// `# check=skip=A,B;error=true`: what BuildKit is told to skip.
fn checks(text: &str, value: TextRange, range: TextRange) -> Option<Suppression> {
    let mut at = value.start;
    for option in text.split(';') {
        let start = at;
        at += option.len() as u32 + 1;
        let Some((key, list)) = option.split_once('=') else {
            continue;
        };
        if key.trim() != "skip" {
            continue;
        }
        let list_at = start + key.len() as u32 + 1;
        let found = if list.trim() == "all" {
            vec![everything(value, Tool::Buildkit)]
        } else {
            names(list, list_at, Tool::Buildkit)
        };
        if found.iter().all(|name| name.rules.is_empty()) {
            return None;
        }
        return Some(Suppression {
            range,
            tool: Tool::Buildkit,
            names: found,
            covers: WHOLE,
            reason: None,
            fault: None,
        });
    }
    None
}

fn ignore(unit: &IgnoreUnit, source: &SourceFile) -> Vec<Suppression> {
    let first = unit.ignore.patterns.first().map(|pattern| pattern.range);
    let wrong = unit.ignore.errors.first().map(|(range, _)| *range);
    let content = first
        .into_iter()
        .chain(wrong)
        .map(|range| range.start)
        .min();
    let mut reader = Reader::new(source, &[], content.unwrap_or(u32::MAX));
    if !source.text.contains("plimsoll:") {
        return Vec::new();
    }
    let mut at = 0;
    for line in source.text.split_inclusive('\n') {
        let body = line.trim_start_matches('\u{feff}');
        if body.starts_with('#') {
            let start = at + line.len() - body.len();
            let range = TextRange::at(start, start + body.trim_end().len());
            let comment = Comment {
                range,
                trailing: false,
            };
            reader.comment(
                comment,
                &Anchors {
                    parts: &|_| None,
                    around: &|_| None,
                },
            );
        }
        at += line.len();
    }
    reader.found
}

fn compose(unit: &ComposeUnit, source: &SourceFile) -> Vec<Suppression> {
    let mut reader = Reader::new(
        source,
        &[Tool::Dclint, Tool::Checkov, Tool::Trivy],
        content(&unit.tree),
    );
    let services = || {
        ComposeFile::new(&unit.tree)
            .into_iter()
            .flat_map(ComposeFile::services)
            .map(|service| {
                let head = service.key().full_range().start;
                let end = service.node().full_range().end;
                Part {
                    head,
                    whole: TextRange::new(head, end.max(service.key().range().end)),
                }
            })
    };
    let parts = |line: TextRange| {
        let service = services().find(|part| line.contains(part.head));
        service
            .map(|part| part.whole)
            .or_else(|| item(&unit.tree, line))
    };
    let around = |at: u32| {
        services()
            .find(|part| part.whole.contains(at))
            .map(|part| part.whole)
    };
    for &comment in unit.tree.comments() {
        reader.comment(
            comment,
            &Anchors {
                parts: &parts,
                around: &around,
            },
        );
    }
    reader.found
}

fn manifest(unit: &ManifestUnit, objects: &[Object<'_>], source: &SourceFile) -> Vec<Suppression> {
    let mut reader = Reader::new(source, &[Tool::Checkov, Tool::Trivy], content(&unit.tree));
    let parts = |line: TextRange| {
        let document = document_headed(&unit.tree, line);
        document.or_else(|| item(&unit.tree, line))
    };
    let around = |at: u32| object_around(&unit.tree, objects, at);
    for &comment in unit.tree.comments() {
        reader.comment(
            comment,
            &Anchors {
                parts: &parts,
                around: &around,
            },
        );
    }
    for &object in objects {
        annotations(&mut reader, &unit.tree, object);
    }
    reader.found.sort_by_key(|one| one.range.start);
    reader.found
}

/// What the annotations of objects allow.
fn of_objects(
    unit: &ManifestUnit,
    objects: &[Object<'_>],
    source: &SourceFile,
) -> Vec<Suppression> {
    let mut reader = Reader::new(source, &[], u32::MAX);
    for &object in objects {
        annotations(&mut reader, &unit.tree, object);
    }
    reader.found
}

/// kube-linter's and checkov's annotations.
fn annotations(reader: &mut Reader<'_>, tree: &Tree, object: Object<'_>) {
    let Some(list) = object.annotations().node() else {
        return;
    };
    for entry in list.entries() {
        let (Some(key), value) = (entry.key.text(), entry.value.resolve()) else {
            continue;
        };
        let whole = || around_object(tree, object);
        let text = || value.text().unwrap_or_default();
        let at = entry.key.range();
        if let Some(name) = key.strip_prefix("ignore-check.kube-linter.io/") {
            let found = names(name, at.end - name.len() as u32, Tool::KubeLinter);
            reader.annotation(entry.range(), Tool::KubeLinter, found, whole(), &text());
        } else if &*key == "kube-linter.io/ignore-all" {
            let found = vec![everything(at, Tool::KubeLinter)];
            reader.annotation(entry.range(), Tool::KubeLinter, found, whole(), &text());
        } else if ["checkov.io/skip", "bridgecrew.io/skip", "cortex.io/skip"]
            .iter()
            .any(|prefix| key.starts_with(prefix))
        {
            let text = text();
            let (id, why) = text.split_once('=').unwrap_or((&text, ""));
            let found = names(id, value.range().start, Tool::Checkov);
            reader.annotation(entry.range(), Tool::Checkov, found, whole(), why);
        }
    }
}

/// The offset of the first thing in a stream that is no comment.
fn content(tree: &Tree) -> u32 {
    let mut roots = tree.documents().filter_map(plimsoll_yaml::Document::root);
    roots
        .next()
        .map_or(u32::MAX, |root| root.full_range().start)
}

/// The document whose object a comment about this line is put on: the line is that of its first
/// entry, of `apiVersion` or of `kind`, or lies above its first entry.
fn document_headed(tree: &Tree, line: TextRange) -> Option<TextRange> {
    for document in tree.documents() {
        let range = document.range();
        let Some(root) = document.root() else {
            continue;
        };
        let end = range.end.max(root.full_range().end);
        if line.start >= end.max(range.start + 1) || line.end <= range.start {
            continue;
        }
        let first = root.full_range().start;
        let above = line.start <= first;
        let named = ["apiVersion", "kind"].into_iter().any(|key| {
            let entry = root.entry(key);
            entry.is_some_and(|entry| line.contains(entry.key.range().start))
        });
        if root.kind() == Kind::Mapping && (above || named) {
            return Some(TextRange::new(first, end + 1));
        }
    }
    None
}

/// The innermost object that lies around an offset, with all of its document if it is the only
/// one there.
fn object_around(tree: &Tree, objects: &[Object<'_>], at: u32) -> Option<TextRange> {
    let ranges = objects.iter().map(|object| around_object(tree, *object));
    ranges
        .filter(|range| range.contains(at))
        .min_by_key(|range| range.end - range.start)
}

/// An object with the comments of its document, if it is all of that.
fn around_object(tree: &Tree, object: Object<'_>) -> TextRange {
    let node = object.node();
    let mut documents = tree.documents();
    let own = documents.find(|document| document.root() == Some(node));
    match own {
        Some(document) => document.range().join(node.full_range()),
        None => node.full_range(),
    }
}

/// The item of a block sequence that begins on this line.
fn item(tree: &Tree, line: TextRange) -> Option<TextRange> {
    let dashed = line.of(tree.text()).trim_start().starts_with("- ");
    if !dashed {
        return None;
    }
    let mut open: Vec<Node<'_>> = tree
        .documents()
        .filter_map(plimsoll_yaml::Document::root)
        .collect();
    while let Some(node) = open.pop() {
        let range = node.full_range();
        if range.end < line.start || range.start >= line.end {
            continue;
        }
        if node.index().is_some() && line.contains(range.start) && node.kind() != Kind::Scalar {
            return Some(range);
        }
        match node.kind() {
            Kind::Mapping => open.extend(node.entries().map(|entry| entry.value)),
            Kind::Sequence => open.extend(node.items()),
            Kind::Scalar | Kind::Alias => {}
        }
    }
    None
}
