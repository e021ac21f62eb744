//! What keeps an object from being there.
//!
//! Templates are searched for objects of the kind. Where branches are in the way their
//! conditions are set aside and the template is rendered again: what it gives then has names, so
//! that it is known and not guessed which object a branch would write. Where that cannot be done
//! the name is compared as far as it is written out.

mod sites;

use plimsoll_source::TextRange;

use self::sites::{Site, sites};
use super::Provenance;
use super::causes::What;
use super::fields::label;
use crate::chart::{Chart, File, Loaded};
use crate::render::{Branch, BranchKind, Copied, Outline, Printed, Renderer, Request, Written};
use crate::values::{Item, compute};

/// A branch that is in the way.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Block {
    /// The action that decides.
    pub head: Written,
    /// The branch.
    pub branch: Branch,
    /// Whether it would have to be taken.
    pub wants: bool,
    /// What decided it ([`Provenance::causes`]); `None` if it was never reached.
    pub set: Option<u32>,
}

/// What came of the search.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answer {
    /// The object is there.
    pub present: Option<Present>,
    /// Where it could be written, the surest first.
    pub candidates: Vec<Candidate>,
    /// Objects with names like it.
    pub near: Vec<String>,
}

/// An object that is rendered after all.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Present {
    /// It is printed, from this line on.
    Line(u32),
    /// It is a hook, and hooks are left out.
    Hook(String),
    /// It is of a template that `--show-only` does not name.
    NotShown(String),
    /// It is in a file of `crds/`, which are left out.
    Crd(String),
}

/// A place that could write the object.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Candidate {
    /// The file.
    pub path: String,
    /// The line of its `kind`, from 1.
    pub line: u32,
    /// How the name is written; empty if none was found.
    pub name: String,
    /// How sure it is that the object is written there.
    pub fit: Fit,
    /// What is in the way.
    pub reason: Reason,
}

/// How sure it is that a place writes an object.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Fit {
    /// It does when the branches in the way are decided otherwise.
    Rendered,
    /// Its kind is, and its name may be.
    Name,
    /// Its kind is.
    Kind,
}

/// What is in the way of an object.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Reason {
    /// Branches that were decided otherwise, the outermost first.
    Branches(Vec<Block>),
    /// A subchart that takes no part.
    Subchart {
        /// Its name.
        name: String,
        /// The condition or tag that says so, and its value; `None` if no version of it is
        /// wanted.
        switch: Option<(String, What)>,
    },
    /// The file is a partial template: only what others include of it counts.
    Partial,
    /// The named template is called by nothing.
    NotCalled(String),
    /// `.helmignore` leaves the file out.
    Ignored,
    /// A library chart gives nothing of its own.
    Library(String),
}

/// What is asked.
pub struct Question<'q> {
    /// The renderer of the chart.
    pub renderer: &'q Renderer,
    /// The user's values.
    pub user: &'q Item,
    /// Everything that could be printed.
    pub all: &'q Printed,
    /// Makes a request like the one that was rendered.
    pub request: &'q dyn Fn() -> Request,
    /// Templates that `.helmignore` leaves out.
    pub ignored: &'q [File],
}

/// The most renders with conditions set aside.
const MAX_RENDERS: usize = 60;

/// Why an object, `kind/name`, is not there.
pub fn why(of: &Provenance, question: &Question<'_>, wanted: &str) -> Answer {
    let (kind, name) = wanted.split_once('/').unwrap_or((wanted, ""));
    let present = present(of, question, kind, name);
    let mut candidates = Vec::new();
    if present.is_none() {
        let mut search = Search {
            of,
            question,
            kind,
            name,
            renders: 0,
            found: Vec::new(),
        };
        search.charts();
        candidates = search.found;
        candidates.sort_by_key(|candidate| candidate.fit);
        // What is less sure says little beside what is surer.
        if let Some(best) = candidates.first().map(|candidate| candidate.fit) {
            candidates.retain(|candidate| candidate.fit == best);
        }
        candidates.dedup();
    }
    Answer {
        present,
        candidates,
        near: of.near(wanted),
    }
}

fn is(copy: &Copied, kind: &str, name: &str) -> bool {
    super::fields::same_kind(kind, &copy.kind) && copy.name == name
}

fn present(of: &Provenance, question: &Question<'_>, kind: &str, name: &str) -> Option<Present> {
    if let Some(copy) = of.documents().iter().find(|copy| is(copy, kind, name)) {
        return Some(Present::Line(of.line_of(copy.output.start)));
    }
    if let Some(copy) = question.all.copies.iter().find(|copy| is(copy, kind, name)) {
        return Some(if copy.is_hook {
            Present::Hook(copy.path.clone())
        } else {
            Present::NotShown(copy.path.clone())
        });
    }
    let mut crds = of.crds.iter();
    let crd = crds.find(|file| {
        let text = String::from_utf8_lossy(&file.data);
        sites(&text)
            .iter()
            .any(|site| site.fits(kind) && site.name == name)
    });
    let is_shown = of.documents().iter().any(|copy| copy.kind.is_empty());
    crd.filter(|_| !is_shown)
        .map(|file| Present::Crd(file.path.to_string()))
}

struct Search<'s> {
    of: &'s Provenance,
    question: &'s Question<'s>,
    kind: &'s str,
    name: &'s str,
    renders: usize,
    found: Vec<Candidate>,
}

impl Search<'_> {
    fn charts(&mut self) {
        let loaded = self.question.renderer.loaded();
        self.chart(&loaded.chart.clone(), &mut Vec::new());
        for file in self.question.ignored {
            self.file(file, |_, _| Reason::Ignored);
        }
    }

    /// Recursion is as deep as charts are nested, which loading bounds.
    fn chart(&mut self, chart: &Chart, path: &mut Vec<String>) {
        for file in &chart.templates {
            let known = self.of.traced.templates.iter();
            let number = known.zip(0..).find(|(known, _)| known.path == file.path);
            if let Some((_, number)) = number {
                self.template(file, number);
                continue;
            }
            if chart.is_library() {
                let name = chart.name().to_owned();
                self.file(file, |_, _| Reason::Library(name.clone()));
                continue;
            }
            let switch = self.switch(path);
            let name = path.join("/");
            self.file(file, |_, _| Reason::Subchart {
                name: name.clone(),
                switch: switch.clone(),
            });
        }
        for inner in &chart.dependencies {
            path.push(inner.name().to_owned());
            self.chart(inner, path);
            path.pop();
        }
    }

    /// Adds the objects of a file that is not rendered.
    fn file(&mut self, file: &File, reason: impl Fn(&Self, &Site) -> Reason) {
        let text = String::from_utf8_lossy(&file.data);
        for site in sites(&text) {
            if let Some(fit) = self.fit(&site) {
                let reason = reason(self, &site);
                self.add(file, &site, fit, reason);
            }
        }
    }

    fn add(&mut self, file: &File, site: &Site, fit: Fit, reason: Reason) {
        // A kind that is worked out says nothing until it was.
        let fit = if fit == Fit::Name && site.is_computed() {
            Fit::Kind
        } else {
            fit
        };
        self.found.push(Candidate {
            path: file.path.to_string(),
            line: site.line,
            name: site.name.clone(),
            fit,
            reason,
        });
    }

    fn fit(&self, site: &Site) -> Option<Fit> {
        if !site.fits(self.kind) {
            return None;
        }
        Some(if site.may_be_called(self.name) {
            Fit::Name
        } else {
            Fit::Kind
        })
    }

    fn template(&mut self, file: &File, number: u32) {
        let text = self.of.template_text(number).to_owned();
        for site in sites(&text) {
            let Some(fit) = self.fit(&site) else {
                continue;
            };
            let outline = &self.of.outlines[number as usize];
            let range = TextRange::empty(site.at);
            let Some(definition) = outline.definition(site.at) else {
                let is_partial = plimsoll_source::files::file_name(&file.name).starts_with('_');
                if is_partial {
                    self.add(file, &site, fit, Reason::Partial);
                    continue;
                }
                let blocks = blocks(self.of, number, range);
                if !blocks.is_empty() {
                    self.blocked(file, &site, fit, number, blocks);
                }
                continue;
            };
            let name = definition.to_string();
            let own = blocks(self.of, number, range);
            let callers = self.callers(&name, 0);
            if callers.is_empty() {
                self.add(file, &site, fit, Reason::NotCalled(name));
            }
            for caller in callers {
                let mut all = caller;
                all.extend(own.iter().cloned());
                if !all.is_empty() {
                    self.add(file, &site, fit, Reason::Branches(all));
                }
            }
        }
    }

    /// The branches in the way at each place that calls a named template.
    fn callers(&self, name: &str, depth: u32) -> Vec<Vec<Block>> {
        const MAX_DEPTH: u32 = 4;
        let mut found = Vec::new();
        let quoted = format!("\"{name}\"");
        for (outline, number) in self.of.outlines.iter().zip(0..) {
            let text = self.of.template_text(number);
            for (at, _) in text.match_indices(&quoted) {
                let before = text[..at].trim_end();
                if !["include", "template", "block"]
                    .iter()
                    .any(|word| before.ends_with(word))
                {
                    continue;
                }
                let own = blocks(self.of, number, TextRange::empty(at as u32));
                match outline.definition(at as u32) {
                    None => found.push(own),
                    Some(outer) if depth < MAX_DEPTH && **outer != *name => {
                        for mut chain in self.callers(outer, depth + 1) {
                            chain.extend(own.iter().cloned());
                            found.push(chain);
                        }
                    }
                    Some(_) => {}
                }
            }
        }
        found
    }

    /// A place behind branches: what does the template give without them?
    fn blocked(&mut self, file: &File, site: &Site, fit: Fit, number: u32, blocks: Vec<Block>) {
        let mut fit = fit;
        if fit == Fit::Name && self.renders < MAX_RENDERS {
            self.renders += 1;
            match self.without(file, number, site.at) {
                Some(true) => fit = Fit::Rendered,
                // It gives other objects.
                Some(false) => fit = Fit::Kind,
                None => {}
            }
        }
        self.add(file, site, fit, Reason::Branches(blocks));
    }

    /// Whether a template gives the object when the branches around a place are decided as they
    /// would have to be; `None` if that cannot be found out.
    fn without(&self, file: &File, number: u32, at: u32) -> Option<bool> {
        let outline: &Outline = &self.of.outlines[number as usize];
        let mut text = outline.text.to_vec();
        for (_, branch, wants) in outline.around(TextRange::empty(at)) {
            if branch.kind != BranchKind::If {
                // What these make the dot cannot be made up; they have to be as they are.
                let open = blocks(self.of, number, TextRange::empty(at));
                if open.iter().any(|block| block.branch == *branch) {
                    return None;
                }
                continue;
            }
            // As long as before, so that all else stays where it is.
            let word: &[u8] = if wants { b"1" } else { b"0" };
            let pipe = text.get_mut(branch.pipe.as_usize())?;
            pipe.fill(b' ');
            pipe.get_mut(..1)?.copy_from_slice(word);
        }
        let loaded = self.question.renderer.loaded();
        let mut files = loaded.chart.raw.clone();
        let changed = files.iter_mut().find(|one| one.path == file.path)?;
        changed.data = text.into();
        let changed = Loaded::from_files(files).ok()?;
        let others = self.question.renderer.others.clone();
        let renderer = Renderer::new(changed).resolving(others);
        let name = &self.of.traced.templates[number as usize].name;
        let followed = renderer
            .follow((self.question.request)(), Some(name))
            .ok()?;
        let rendered = followed.rendered.ok()?;
        let printed = rendered.printed(crate::render::Shown::default());
        Some(
            printed
                .copies
                .iter()
                .any(|copy| is(copy, self.kind, self.name)),
        )
    }

    /// What says that a subchart takes no part.
    fn switch(&self, path: &[String]) -> Option<(String, What)> {
        let loaded = self.question.renderer.loaded();
        let values = compute(loaded, self.question.user).ok()?.values;
        let mut chart = loaded.chart.clone();
        let mut prefix = String::new();
        for name in path {
            let wanted = chart
                .metadata
                .dependencies
                .iter()
                .flat_map(|all| all.iter());
            for wanted in wanted.filter(|wanted| wanted.name == *name) {
                let conditions = wanted.condition.split(',').map(str::trim);
                let conditions = conditions.filter(|path| !path.is_empty());
                let paths = conditions.map(|path| format!("{prefix}{path}"));
                let tags = wanted.tags.iter().map(|tag| format!("tags.{tag}"));
                for path in paths.chain(tags) {
                    let found = at_path(&values, &path);
                    if let Some(found) = found
                        && found.data == crate::values::Data::Bool(false)
                        && let Some(what) = self.of.value(found.source)
                    {
                        return Some((path, what));
                    }
                }
            }
            let next = chart
                .dependencies
                .iter()
                .find(|inner| inner.name() == name)?;
            chart = next.clone();
            prefix = format!("{prefix}{name}.");
        }
        None
    }
}

fn at_path<'v>(values: &'v Item, path: &str) -> Option<&'v Item> {
    let mut at = values;
    for key in path.split('.') {
        at = at.data.get(key)?;
    }
    Some(at)
}

/// The branches around a range of a template that were not decided as they would have to be.
/// Those that were never reached, because one around them was not, are left out.
pub(super) fn blocks(of: &Provenance, template: u32, range: TextRange) -> Vec<Block> {
    let mut found = Vec::new();
    let Some(outline) = of.outlines.get(template as usize) else {
        return found;
    };
    for (number, branch, wants) in outline.around(range) {
        let decided = || {
            let here = of.decisions.iter();
            here.filter(|one| one.template == template && one.branch == number)
        };
        if decided().any(|decision| decision.taken == wants) {
            continue;
        }
        let set = decided().map(|decision| decision.set).next();
        // What lies in a branch that was not taken was not reached.
        if set.is_none() && !found.is_empty() {
            continue;
        }
        found.push(Block {
            head: Written {
                template,
                range: branch.head,
            },
            branch: *branch,
            wants,
            set,
        });
    }
    found
}

impl Provenance {
    /// How a document is called.
    pub fn label(copy: &Copied) -> String {
        label(copy)
    }
}
