//! A page that shows what is printed beside what wrote it: each part of the output leads to its
//! template line, the calls and the values, and each line of these to what came of it.

mod data;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use plimsoll_helm::provenance::{Provenance, Strand, What, Wrote};
use plimsoll_helm::render::{Copied, Written};
use plimsoll_pages::{Element, Page, el};

use self::data::Tables;
use crate::failure::Failure;

/// The most lines of the output that are shown, and of one document.
const MOST_LINES: usize = 15_000;
const MOST_OF_ONE: usize = 800;
/// The most lines of templates and values files that are shown, and of one file.
const MOST_SOURCES: usize = 30_000;
const MOST_OF_FILE: usize = 8_000;
/// The most characters of a line.
const MOST_OF_LINE: usize = 240;

const STYLE: &str = include_str!("html/page.css");
const SCRIPT: &str = include_str!("html/page.js");

/// A file beside the output.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
enum SourceFile {
    Template(u32),
    Values(u32),
    Crd(u32),
}

impl SourceFile {
    /// The name of one of its lines in the page.
    fn anchor(self, line: u32) -> String {
        let (letter, number) = match self {
            Self::Template(number) => ('t', number),
            Self::Values(number) => ('v', number),
            Self::Crd(number) => ('c', number),
        };
        format!("{letter}{number}-{line}")
    }
}

/// The page; `start` is the line of the output to begin with.
pub(super) fn html(of: &Provenance, title: &str, start: Option<u32>) -> Result<String, Failure> {
    let mut builder = Builder {
        of,
        tables: Tables::new(of),
        first: HashMap::new(),
        used: BTreeSet::new(),
        left: MOST_LINES,
    };
    let documents: Vec<Element> = of
        .documents()
        .iter()
        .filter_map(|copy| builder.document(copy))
        .collect();
    let hidden = of.documents().len() - documents.len();
    let sources = builder.sources();
    let names = builder.names();
    let mut page = Page::new(title).style(STYLE).script(SCRIPT);
    let count = of.line_count();
    let note = if hidden > 0 {
        format!("{count} lines; {hidden} documents are too much for a page")
    } else {
        format!("{count} lines from {} files", names.len())
    };
    let find = el("input")
        .attr("id", "find")
        .attr("type", "search")
        .attr(
            "aria-label",
            "Show only documents and files with these words",
        )
        .attr("placeholder", "Show only what has these words");
    let tab = |pane: &'static str, text: &'static str| {
        el("button")
            .attr("type", "button")
            .attr("data-pane", pane)
            .text(text)
    };
    page.add(
        el("header")
            .child(el("h1").text(title))
            .child(el("span").class("soft").text(note))
            .child(find)
            .child(
                el("nav")
                    .child(tab("output", "Output"))
                    .child(tab("sources", "Templates and values")),
            ),
    );
    page.add(
        el("main")
            .child(
                el("div")
                    .class("pane")
                    .attr("id", "output")
                    .children(documents),
            )
            .child(
                el("div")
                    .class("pane")
                    .attr("id", "sources")
                    .children(sources),
            ),
    );
    page.add(
        el("aside").attr("id", "panel").attr("aria-live", "polite").child(
            el("p").class("soft").text(
                "Choose a part of the output to see what wrote it, or a line of a template or values file to see what came of it.",
            ),
        ),
    );
    let mut data = el("div").attr("id", "data").attr("hidden", "");
    if let Some(start) = start {
        data = data.attr("data-start", format!("o{start}"));
    }
    page.add(data.text(builder.tables.json()?));
    Ok(page.html())
}

struct Builder<'p> {
    of: &'p Provenance,
    tables: Tables<'p>,
    /// The first line of the output that a line of a file came to.
    first: HashMap<(SourceFile, u32), u32>,
    used: BTreeSet<SourceFile>,
    /// How many lines of the output may still be shown.
    left: usize,
}

impl Builder<'_> {
    fn document(&mut self, copy: &Copied) -> Option<Element> {
        if self.left == 0 {
            return None;
        }
        let of = self.of;
        let first = of.line_of(copy.output.start);
        let last = of.line_of(copy.output.end.saturating_sub(1).max(copy.output.start));
        let all = (last - first + 1) as usize;
        let shown = all.min(MOST_OF_ONE).min(self.left);
        self.left -= shown;
        let lines = (first..first + shown as u32).filter_map(|line| self.line(line));
        let mut body = el("pre").children(lines.collect::<Vec<_>>());
        if shown < all {
            let more = format!("… {} further lines", all - shown);
            body = body.child(el("i").class("more").text(more));
        }
        let name = if copy.name.is_empty() {
            copy.path.clone()
        } else {
            Provenance::label(copy)
        };
        let mut head = el("summary").child(el("strong").text(name));
        if copy.is_hook {
            head = head.child(el("small").text("hook"));
        }
        head = head.child(el("small").text(copy.path.clone()));
        Some(
            el("details")
                .attr("open", "")
                .attr("style", format!("--n:{shown}"))
                .child(head)
                .child(body),
        )
    }

    fn line(&mut self, line: u32) -> Option<Element> {
        let of = self.of;
        let range = of.line_range(line)?;
        let mut parts: Vec<Element> = Vec::new();
        let mut first = None;
        let mut room = MOST_OF_LINE;
        for strand in of.strands(range) {
            let text = strand.output.of(of.text());
            if text.is_empty() || room == 0 {
                continue;
            }
            let cut: String = text.chars().take(room).collect();
            room -= cut.chars().count();
            let cut = if room == 0 { format!("{cut}…") } else { cut };
            let (element, at) = self.part(&strand, cut, line);
            if !text.trim().is_empty() {
                first = first.or(at);
            }
            parts.push(element);
        }
        let mut number = el("a").class("n").text(line.to_string());
        if let Some(first) = first {
            number = number.attr("href", format!("#{first}"));
        }
        Some(
            el("div")
                .class("l")
                .attr("id", format!("o{line}"))
                .child(number)
                .children(parts),
        )
    }

    /// A part of a line, and the line that wrote it.
    fn part(&mut self, strand: &Strand, text: String, line: u32) -> (Element, Option<String>) {
        let of = self.of;
        match strand.wrote {
            Wrote::Helm => (el("span").text(text), None),
            Wrote::Crd(number, range) => {
                let spot = of.crd_spot(number, range);
                let at = spot.map(|(_, at, _)| self.note(SourceFile::Crd(number), at, line));
                let mut part = el("b").text(text);
                if let Some(at) = &at {
                    part = part.attr("data-w", at);
                }
                (part, at)
            }
            Wrote::Template {
                written,
                verbatim,
                calls,
                set,
            } => {
                for call in of.calls(calls) {
                    self.note_written(call, line);
                }
                self.note_causes(set, line);
                let at = written.map(|written| self.note_written(&written, line));
                let mut part = el("b").text(text);
                if !verbatim {
                    part = part.class("a");
                }
                if let Some(at) = &at {
                    part = part.attr("data-w", at);
                }
                let part = part
                    .attr("data-c", self.tables.calls_of(calls))
                    .attr("data-s", self.tables.causes_of(set));
                (part, at)
            }
        }
    }

    fn note_written(&mut self, written: &Written, line: u32) -> String {
        let at = self.of.spot(written).line;
        self.note(SourceFile::Template(written.template), at, line)
    }

    fn note(&mut self, file: SourceFile, at: u32, line: u32) -> String {
        self.used.insert(file);
        self.first.entry((file, at)).or_insert(line);
        file.anchor(at)
    }

    fn note_causes(&mut self, set: u32, line: u32) {
        for cause in &self.of.causes(set).list {
            if let What::Value {
                number, line: at, ..
            } = &cause.what
            {
                self.note(SourceFile::Values(*number), *at, line);
            }
        }
    }

    /// The files that anything came from, values first.
    fn sources(&mut self) -> Vec<Element> {
        let mut left = MOST_SOURCES;
        let rank = |file: &SourceFile| match file {
            SourceFile::Values(_) => 0,
            SourceFile::Template(_) => 1,
            SourceFile::Crd(_) => 2,
        };
        let mut files: Vec<SourceFile> = self.used.iter().copied().collect();
        files.sort_by_key(|file| (rank(file), self.path(*file)));
        let mut found = Vec::new();
        for file in files {
            let text = self.text(file);
            let all = text.lines().count();
            let shown = all.min(MOST_OF_FILE).min(left);
            left -= shown;
            let lines = text.lines().take(shown).zip(1..).map(|(text, number)| {
                let mut cut: String = text.chars().take(MOST_OF_LINE).collect();
                if cut.len() < text.len() {
                    cut.push('…');
                }
                let first = self.first.get(&(file, number));
                let mut label = el("a").class("n").text(number.to_string());
                let mut class = "l";
                if let Some(first) = first {
                    label = label.attr("href", format!("#o{first}"));
                    class = "l hit";
                }
                el("div")
                    .class(class)
                    .attr("id", file.anchor(number))
                    .child(label)
                    .child(el("span").text(cut))
            });
            let mut body = el("pre").children(lines);
            if shown < all {
                let more = format!("… {} further lines", all - shown);
                body = body.child(el("i").class("more").text(more));
            }
            found.push(
                el("details")
                    .attr("open", "")
                    .attr("style", format!("--n:{shown}"))
                    .child(el("summary").child(el("strong").text(self.path(file))))
                    .child(body),
            );
        }
        found
    }

    fn path(&self, file: SourceFile) -> String {
        match file {
            SourceFile::Template(number) => self.of.template_path(number).to_owned(),
            SourceFile::Values(number) => self.of.values_path(number),
            SourceFile::Crd(number) => self.of.crd_path(number).to_owned(),
        }
    }

    fn text(&self, file: SourceFile) -> String {
        match file {
            SourceFile::Template(number) => self.of.template_text(number).to_owned(),
            SourceFile::Values(number) => self.of.values_text(number).to_owned(),
            SourceFile::Crd(number) => self.of.crd_text(number),
        }
    }

    /// The paths of the files, for the script.
    fn names(&mut self) -> BTreeMap<String, String> {
        let names = self.used.iter().map(|file| {
            let anchor = file.anchor(0);
            let letter = anchor.trim_end_matches("-0").to_owned();
            (letter, self.path(*file))
        });
        let names: BTreeMap<String, String> = names.collect();
        self.tables.files.clone_from(&names);
        names
    }
}
