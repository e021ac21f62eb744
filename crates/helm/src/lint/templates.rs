//! The templates: rendered, and what they give looked through.

use plimsoll_source::EntryKind;

use super::documents::Documents;
use super::objects::Object;
use super::{Level, LintPlace, Linter, Request, UNASKED, deprecated, names, place};
use crate::chart::{Instance, LoadError, Loaded, clean};
use crate::render::{
    self, Capabilities, Failure, HELM_4_3_1, Linted, Release, RenderError, Renderer,
};
use crate::values::{Table, coalesce, process};

const FOLDER: &str = "templates/";

pub(super) fn check(
    linter: &mut Linter<'_>,
    loaded: &Result<Loaded, LoadError>,
    request: Request<'_>,
) {
    match linter.chart.kind("templates") {
        None | Some(EntryKind::Link) => {
            let head = linter.head();
            let words = "directory does not exist";
            linter.say(Level::Warning, "chart-templates", FOLDER, words, head);
            return;
        }
        Some(EntryKind::Dir) => {}
        Some(_) => {
            let head = linter.head();
            linter.say(
                Level::Error,
                "chart-templates",
                FOLDER,
                "not a directory",
                head,
            );
            return;
        }
    }
    let loaded = match loaded {
        Ok(loaded) => loaded.clone(),
        Err(error) => {
            let place = linter.place_of(error);
            linter.say(Level::Error, "chart-load", FOLDER, error.to_string(), place);
            return;
        }
    };
    let kube_version = request.kube_version.clone();
    let Some(rendered) = rendered(linter, &loaded, request) else {
        return;
    };
    let mut templates = Templates {
        linter,
        linted: match rendered {
            Ok(linted) => linted,
            Err(failures) => return failed(linter, &failures),
        },
        stopped: false,
        kubernetes: kube_version.map_or(HELM_4_3_1.kube_version, |version| {
            let number = |text: &str| text.parse().unwrap_or_default();
            (number(&version.major), number(&version.minor))
        }),
    };
    let failures = std::mem::take(&mut templates.linted.failures);
    failed(templates.linter, &failures);
    templates.stopped = !failures.is_empty();
    for file in &loaded.chart.templates {
        let name = clean(&format!("{}/{}", loaded.chart.name(), file.name));
        templates.file(&file.name, &name, &file.path, &file.data);
    }
}

/// What the templates gave; nothing if Helm stops without a word.
fn rendered(
    linter: &mut Linter<'_>,
    loaded: &Loaded,
    request: Request<'_>,
) -> Option<Result<Linted, Vec<Failure>>> {
    let (values, sources) = (request.sources)(loaded.sources.clone());
    let user = Table::of_item(&values);
    let mut root = Instance::new(&loaded.chart, None);
    let mut warnings = Vec::new();
    let settled = process(&mut root, &user, &mut warnings);
    let settled = settled.and_then(|()| coalesce(&root, &user, &mut warnings));
    // The linter coalesces twice.
    let settled = settled.and_then(|values| coalesce(&root, &values, &mut warnings));
    let table = match settled {
        Ok(table) => table,
        Err(error) => {
            let head = linter.head();
            let words = error.to_string();
            // Helm says nothing and calls the chart sound.
            let said = linter.say(Level::Warning, "chart-values", FOLDER, words, head);
            said.notes
                .push("the templates were not rendered".to_owned());
            said.beyond = true;
            return None;
        }
    };
    if !request.skip_schema
        && let Err(error) = crate::schema::check(&root, &table, request.others.as_deref())
    {
        let head = linter.head();
        let lacks = request.others.is_none() && error.lacks_document();
        let words = RenderError::Schema(error).to_string();
        let said = linter.say(Level::Error, "chart-schema", FOLDER, words, head);
        said.notes.extend(lacks.then(|| UNASKED.to_owned()));
        return None;
    }
    let mut capabilities = Capabilities::assumed_by(&HELM_4_3_1);
    if let Some(version) = request.kube_version {
        capabilities.kube_version = version;
    }
    let request = render::Request {
        release: Release {
            name: "test-release".to_owned(),
            namespace: request.namespace,
            revision: 0,
            is_upgrade: false,
        },
        capabilities,
        values,
        sources,
        skip_schema: true,
        tracing: true,
        limits: request.limits,
        now: request.now,
        zone: request.zone,
        random: request.random,
    };
    Some(Renderer::new(loaded.clone()).lint(&root, &table, request))
}

fn failed(linter: &mut Linter<'_>, failures: &[Failure]) {
    for (number, failure) in failures.iter().enumerate() {
        let place = failure.place.as_ref().map(|(path, text, range)| LintPlace {
            path: path.clone(),
            text: String::from_utf8_lossy(text).into(),
            range: *range,
        });
        let words = failure.error.to_string();
        let said = linter.say(Level::Error, "chart-templates", FOLDER, words, place);
        said.beyond = number > 0;
        if let Some(explanation) = failure.error.explanation() {
            let mut calls = explanation.calls.iter().rev().skip(1);
            for call in calls.by_ref().take(MAX_CALLS) {
                said.notes.push(format!(
                    "called at {}:{}:{}: {}",
                    call.path, call.line, call.column, call.expression
                ));
            }
            let left = calls.count();
            if left > 0 {
                said.notes.push(format!("and {left} more calls"));
            }
            said.notes.extend(explanation.notes.iter().cloned());
        }
    }
}

/// How many calls are told of each failure.
const MAX_CALLS: usize = 10;

/// Something found in a rendered file.
struct Found<'n> {
    level: Level,
    check: &'static str,
    /// The template.
    name: &'n str,
    words: String,
    /// The file, by its number.
    file: usize,
    /// The offset in it.
    at: usize,
}

struct Templates<'l, 't> {
    linter: &'l mut Linter<'t>,
    linted: Linted,
    /// Whether Helm says nothing any more.
    stopped: bool,
    kubernetes: (u64, u64),
}

impl Templates<'_, '_> {
    fn file(&mut self, name: &str, full: &str, path: &std::sync::Arc<str>, data: &[u8]) {
        let end = plimsoll_source::files::file_name(name);
        let end = end.rfind('.').map_or("", |at| &end[at..]);
        if ![".yaml", ".yml", ".tpl", ".txt"].contains(&end) {
            let words = format!(
                "file extension '{end}' not valid. Valid extensions are .yaml, .yml, .tpl, or .txt"
            );
            let place = LintPlace {
                path: path.clone(),
                text: String::from_utf8_lossy(data).into(),
                range: plimsoll_source::TextRange::default(),
            };
            let beyond = self.stopped;
            let said = self
                .linter
                .say(Level::Error, "template-name", name, words, Some(place));
            said.beyond = beyond;
        }
        if !(end.eq_ignore_ascii_case(".yaml") || end.eq_ignore_ascii_case(".yml")) {
            return;
        }
        let files = &self.linted.traced.files;
        let Some(number) = files.iter().position(|file| *file.name == *full) else {
            return;
        };
        let text = String::from_utf8_lossy(&files[number].text).into_owned();
        if text.trim().is_empty() {
            return;
        }
        if let Some(line) = text.lines().find(|line| !line.trim().is_empty())
            && line.starts_with([' ', '\t'])
        {
            let shown = plimsoll_gotmpl::quote(line.as_bytes());
            let words = format!(
                "document starts with an illegal indent: {shown}, which may cause parsing problems"
            );
            let at = line.as_ptr() as usize - text.as_ptr() as usize;
            self.say(Found {
                level: Level::Warning,
                check: "template-yaml",
                name,
                words,
                file: number,
                at,
            });
        }
        for document in Documents::of(&text) {
            let object = document.and_then(|document| Object::read(&document));
            match object {
                Err(error) => {
                    let words = format!("unable to parse YAML: {}", error.error.message);
                    self.say(Found {
                        level: Level::Error,
                        check: "template-yaml",
                        name,
                        words,
                        file: number,
                        at: error.offset(),
                    });
                    if let Some(advice) = &error.error.advice
                        && let Some(said) = self.linter.messages.last_mut()
                    {
                        let (what, help) = &**advice;
                        said.notes.push(match help {
                            Some(help) => format!("{what}; {help}"),
                            None => what.clone(),
                        });
                    }
                    self.stopped = true;
                    return;
                }
                Ok(Some(object)) => self.object(name, &object, number, &text),
                Ok(None) => {}
            }
        }
    }

    fn object(&mut self, name: &str, object: &Object, file: usize, text: &str) {
        let kubernetes = self.kubernetes;
        let mut found = |level: Level, check: &'static str, words: Option<String>, at: usize| {
            if let Some(words) = words {
                self.say(Found {
                    level,
                    check,
                    name,
                    words,
                    file,
                    at,
                });
            }
        };
        let words = names::problem(&object.kind, &object.name);
        found(Level::Warning, "object-name", words, object.name_at);
        let words = deprecated::warning(&object.api_version, &object.kind, kubernetes);
        found(
            Level::Warning,
            "object-deprecated",
            words,
            object.api_version_at,
        );
        let words = object.lacks_selector(text);
        found(Level::Error, "object-selector", words, object.start);
        let words = object.unheeded(text);
        found(Level::Error, "object-annotation", words, object.start);
    }

    /// Says what was found.
    fn say(&mut self, found: Found<'_>) {
        let (place, notes) = match place::written(&self.linted, found.file, found.at) {
            Some((place, notes)) => (Some(place), notes),
            None => (None, Vec::new()),
        };
        let beyond = self.stopped;
        let Found {
            level,
            check,
            name,
            words,
            ..
        } = found;
        let said = self.linter.say(level, check, name, words, place);
        said.notes = notes;
        said.beyond = beyond;
    }
}
