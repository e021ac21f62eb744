//! Running the templates of a chart and its subcharts (Helm's `pkg/engine`).

use std::collections::HashSet;
use std::sync::Arc;

use plimsoll_gotmpl::trace::Source;
use plimsoll_gotmpl::{
    Functions, HostId, Map, MissingKey, Options, ParseError, Session, SharedBytes, Templates,
    Trace, Traced, Tree, Value,
};
use plimsoll_source::TextRange;
use plimsoll_source::files::file_name;

use super::control::{Mode, NO_VALUE};
use super::follow::{self, Followed};
use super::objects::{self, Builder, Given, values_class};
use super::output::{self, Rendered, RenderedFile};
use super::reuse::Reuse;
use super::{RenderError, Renderer, Request, explain, traced};
use crate::chart::{File, Instance};
use crate::functions::{Context, Outside};
use crate::values::{SourceId, Sources, Table};

/// A template of one of the charts that take part.
pub(super) struct TemplateFile<'c> {
    /// The name under which it is parsed.
    pub(super) name: String,
    pub(super) file: &'c File,
    /// `.Template.BasePath`
    base: Arc<str>,
    /// Which chart it is of, by its number.
    chart: usize,
}

/// The name that Helm gives to the set.
const SET: &str = "gotpl";

/// All templates that take part, in the order in which Helm parses and executes them: those
/// that lie deep first, and the last name first.
fn collect(root: &Instance) -> Vec<TemplateFile<'_>> {
    let mut files = Vec::new();
    let mut charts = 0;
    collect_of(root, &root.name, &mut charts, &mut files);
    // Of several with one name the last counts; it is the first once they are reversed.
    files.reverse();
    files.sort_by(|a, b| a.name.cmp(&b.name));
    files.dedup_by(|later, kept| later.name == kept.name);
    let depth = |file: &TemplateFile<'_>| file.name.bytes().filter(|&byte| byte == b'/').count();
    files.sort_by_cached_key(depth);
    files.reverse();
    files
}

/// Recursion is as deep as charts are nested, which loading bounds. Charts are numbered as
/// [`Contexts`] numbers them.
fn collect_of<'c>(
    instance: &'c Instance,
    path: &str,
    charts: &mut usize,
    found: &mut Vec<TemplateFile<'c>>,
) {
    let number = *charts;
    *charts += 1;
    for child in &instance.children {
        let path = format!("{path}/charts/{}", child.name);
        collect_of(child, &path, charts, found);
    }
    let is_library = instance.chart.is_library();
    let base: Arc<str> = format!("{path}/templates").into();
    for file in &instance.chart.templates {
        if is_library && !file_name(&file.name).starts_with('_') {
            continue;
        }
        found.push(TemplateFile {
            name: crate::chart::clean(&[path, "/", &file.name].concat()),
            file,
            base: base.clone(),
            chart: number,
        });
    }
}

/// Parses templates into one set.
pub(super) fn parse(
    files: &[TemplateFile<'_>],
    functions: &Arc<Functions>,
) -> Result<Arc<Templates>, Arc<plimsoll_gotmpl::ParseError>> {
    let mut templates = Templates::new(SET, functions.clone());
    for file in files {
        let tree = Tree::parse(&*file.name, file.file.data.shared(), &**functions);
        if let Some(error) = tree.errors().first() {
            return Err(Arc::new(error.clone()));
        }
        templates.add(tree);
    }
    Ok(Arc::new(templates))
}

/// The same where each is executed once: those that define nothing are parsed then.
fn parse_at_need(
    files: &[TemplateFile<'_>],
    functions: &Arc<Functions>,
) -> Result<Arc<Templates>, Arc<ParseError>> {
    let mut templates = Templates::new(SET, functions.clone());
    for file in files {
        let (name, text) = (&*file.name, file.file.data.shared());
        let parsed = if file_name(name).starts_with('_') {
            templates.parse(name, text)
        } else {
            templates.add_waiting(name, text)
        };
        if let Err(errors) = parsed {
            // Those before it may have errors, too.
            if let Some(error) = templates.first_error().or(errors.first()) {
                return Err(Arc::new(error.clone()));
            }
        }
    }
    Ok(Arc::new(templates))
}

/// The objects that the templates of each chart see.
struct Contexts<'a> {
    charts: Vec<Map>,
    /// What decided that each chart takes part, those above it included.
    switches: Vec<Vec<SourceId>>,
    release: Traced,
    capabilities: Traced,
    given: &'a Given,
}

impl Contexts<'_> {
    /// Recursion is as deep as charts are nested, which loading bounds.
    fn add(&mut self, instance: &Instance, values: Traced, above: Option<usize>) -> Map {
        let context = Map::new();
        let number = self.charts.len();
        self.charts.push(context.clone());
        let mut switches = above.map_or_else(Vec::new, |above| self.switches[above].clone());
        switches.extend(&instance.switches);
        self.switches.push(switches);
        let is_root = above.is_none();
        let subcharts = Map::new();
        context.insert("Chart", objects::chart(instance, is_root, self.given));
        context.insert("Files", objects::files(instance, self.given));
        context.insert("Release", self.release.clone());
        context.insert("Capabilities", self.capabilities.clone());
        let inner = match &values.value {
            Value::Map(map) => Some(map.clone()),
            _ => None,
        };
        context.insert("Values", values);
        context.insert("Subcharts", Traced::new(subcharts.clone(), Trace::NONE));
        for child in &instance.children {
            let found = inner
                .as_ref()
                .and_then(|map| map.get(child.name.as_bytes()));
            let values = match found {
                Some(Traced {
                    value: Value::Map(map),
                    trace,
                    ..
                }) => Traced::new(map.viewed_as(Some(values_class())), trace),
                _ => {
                    let empty = Map::classed(plimsoll_gotmpl::Type::Any, values_class());
                    Traced::new(empty, Trace::NONE)
                }
            };
            let below = self.add(child, values, Some(number));
            subcharts.insert(child.name.as_bytes(), Traced::new(below, Trace::NONE));
        }
        context
    }
}

/// What a run over all templates saw: files that were rendered, and why others were not.
pub(crate) struct Linted {
    /// The files that were rendered.
    pub(crate) traced: traced::Traced,
    /// The texts of the templates, by their numbers in `traced`.
    pub(crate) texts: Vec<SharedBytes>,
    /// What failed, in the order in which it did: Helm stops at the first.
    pub(crate) failures: Vec<Failure>,
}

/// A template that could not be executed or parsed.
pub(crate) struct Failure {
    /// Why.
    pub(crate) error: RenderError,
    /// The template and the range in it, if it is one of the chart.
    pub(crate) place: Option<(Arc<str>, SharedBytes, TextRange)>,
}

/// Executes all templates, whatever fails, as Helm's linter sees them.
pub(super) fn lint(
    renderer: &Renderer,
    root: &Instance,
    values: &Table,
    request: Request,
) -> Result<Linted, Vec<Failure>> {
    let files = collect(root);
    let mut errors = Vec::new();
    for file in &files {
        let tree = Tree::parse(&*file.name, file.file.data.shared(), &*renderer.functions);
        let place = |error: &ParseError| {
            let file = &file.file;
            Some((file.path.clone(), file.data.shared(), error.range))
        };
        errors.extend(tree.errors().iter().map(|error| Failure {
            place: place(error),
            error: RenderError::Parse(Arc::new(error.clone())),
        }));
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    let mut failures = Vec::new();
    let wanted = Wanted {
        lints: Some(&mut failures),
        ..Wanted::default()
    };
    let executed = execute(renderer, root, values, request, &files, wanted);
    let (session, rendered, sources) = executed.map_err(|error| {
        let place = None;
        vec![Failure { error, place }]
    })?;
    Ok(Linted {
        traced: traced::collect(&session, &files, rendered, sources, &|_| true),
        texts: files.iter().map(|file| file.file.data.shared()).collect(),
        failures,
    })
}

/// Where the innermost template of the chart failed.
fn place_of(
    error: &plimsoll_gotmpl::Error,
    files: &[TemplateFile<'_>],
) -> Option<(Arc<str>, SharedBytes, TextRange)> {
    let mut found = None;
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(site) = &error.site
            && let Some(file) = files.iter().find(|file| *file.name == *site.name)
        {
            // A text that was given to `tpl` has its template's name, and other ranges.
            let data = &file.file.data;
            let fits = site.range.end as usize <= data.len();
            let range = if fits {
                site.range
            } else {
                TextRange::default()
            };
            found = Some((file.file.path.clone(), data.shared(), range));
        }
        next = error.inner();
    }
    found
}

/// A chart with the values that its templates see.
pub(super) struct Run<'r> {
    pub(super) renderer: &'r Renderer,
    pub(super) root: &'r Instance,
    pub(super) values: &'r Table,
}

impl Run<'_> {
    /// Executes all templates and takes apart what they give; but for those of which `reuse`
    /// knows it. `last` if nothing comes after it.
    pub(super) fn run(
        self,
        request: Request,
        warnings: Vec<String>,
        reuse: Option<&mut Reuse>,
        last: bool,
    ) -> Result<Rendered, RenderError> {
        let Run {
            renderer,
            root,
            values,
        } = self;
        let files = collect(root);
        let tracing = request.tracing;
        let wanted = Wanted {
            reuse,
            last,
            ..Wanted::default()
        };
        let (session, rendered, sources) =
            execute(renderer, root, values, request, &files, wanted)?;
        let known = &renderer.split;
        let mut finished = output::finish(root, rendered, warnings, known, |error, rendered| {
            explain::manifest(error, &session, &files, rendered)
        })?;
        if tracing {
            let segments = finished.files.iter().flat_map(|file| &file.segments);
            let traces: HashSet<Trace> = segments.map(|segment| segment.trace).collect();
            let places = traces
                .into_iter()
                .map(|trace| (trace, places(&session, trace)));
            finished.places = places.collect();
        }
        finished.sources = Arc::new(sources);
        if last {
            std::mem::forget(session);
        }
        Ok(finished)
    }
}

/// Executes all templates and keeps what they give as it is, with where it came from. Templates
/// that fail are left out where there is a list to tell them in.
pub(super) fn trace(
    renderer: &Renderer,
    root: &Instance,
    values: &Table,
    request: Request,
    is_told: traced::IsTold<'_>,
    failed: Option<&mut Vec<RenderError>>,
) -> Result<traced::Traced, RenderError> {
    let files = collect(root);
    let wanted = Wanted {
        failed,
        ..Wanted::default()
    };
    let (session, rendered, sources) = execute(renderer, root, values, request, &files, wanted)?;
    Ok(traced::collect(
        &session, &files, rendered, sources, is_told,
    ))
}

/// Executes all templates and keeps what they give, whole and taken apart, and how branches were
/// decided. With `only` a single template is executed: the one of that name.
pub(super) fn follow(
    renderer: &Renderer,
    root: &Instance,
    values: &Table,
    request: Request,
    warnings: Vec<String>,
    only: Option<&str>,
) -> Result<Followed, RenderError> {
    let files = collect(root);
    let (session, rendered, sources) = execute(
        renderer,
        root,
        values,
        request,
        &files,
        Wanted {
            only,
            ..Wanted::default()
        },
    )?;
    let known = &renderer.split;
    let mut finished = output::finish(
        root,
        rendered.clone(),
        warnings,
        known,
        |error, rendered| explain::manifest(error, &session, &files, rendered),
    );
    let mut traced = traced::collect(&session, &files, rendered, sources, &|_| true);
    let (outlines, decisions) = follow::collect(&session, &mut traced);
    if let Ok(finished) = &mut finished {
        traced.warnings.clone_from(&finished.warnings);
    }
    Ok(Followed {
        rendered: finished,
        traced,
        outlines,
        decisions,
    })
}

/// Which templates are executed, and what becomes of those that fail.
#[derive(Default)]
struct Wanted<'w> {
    /// The one of this name alone.
    only: Option<&'w str>,
    /// As Helm's linter does: where failures are told, with their places.
    lints: Option<&'w mut Vec<Failure>>,
    /// Where failures are told, instead of ending the render.
    failed: Option<&'w mut Vec<RenderError>>,
    /// What was rendered last.
    reuse: Option<&'w mut Reuse>,
    /// Whether nothing comes after it.
    last: bool,
}

/// Executes the templates that are wanted.
fn execute(
    renderer: &Renderer,
    root: &Instance,
    values: &Table,
    request: Request,
    files: &[TemplateFile<'_>],
    mut wanted: Wanted<'_>,
) -> Result<(Session, Vec<RenderedFile>, Sources), RenderError> {
    let once = wanted.last && !request.tracing;
    let templates = if once {
        parse_at_need(files, &renderer.functions)
    } else {
        renderer.templates(files)
    };
    let templates = templates.map_err(RenderError::Parse)?;
    let Request {
        release,
        capabilities,
        mut sources,
        tracing,
        limits,
        now,
        zone,
        random,
        ..
    } = request;
    let lints = wanted.lints.is_some();
    let mut case = wanted.reuse.map(|reuse| {
        let names = files.iter().map(|file| file.name.clone()).collect();
        reuse.case(root, names, &release, &capabilities, &zone)
    });
    let given = output::given(&mut sources);
    let mut context = Context::new(now, random, Box::new(Mode { lints }));
    context.zone = zone;
    context.outside = Outside {
        chance: given.trace("Outside", "Chance"),
        time: given.trace("Outside", "Time"),
        cluster: given.trace("Outside", "Cluster"),
    };
    let mut session = Session::new(
        templates,
        Options {
            limits,
            missing_key: MissingKey::Zero,
            tracing,
            state: Some(Box::new(context)),
        },
    );
    let values = {
        let mut join = |a, b| session.union(a, b);
        let map = Builder::new(&mut join).of_case(case.as_mut()).table(values);
        Traced::new(map.viewed_as(Some(values_class())), Trace::NONE)
    };
    let mut contexts = Contexts {
        charts: Vec::new(),
        switches: Vec::new(),
        release: objects::release(&release, lints, &given),
        capabilities: objects::capabilities(&capabilities, &given),
        given: &given,
    };
    contexts.add(root, values, None);
    if let Some(case) = &mut case {
        case.given(&contexts.charts);
    }
    let mut rendered = Vec::new();
    for file in files {
        let is_wanted = wanted.only.is_none_or(|only| only == file.name);
        if file_name(&file.name).starts_with('_') || !is_wanted {
            continue;
        }
        let context = &contexts.charts[file.chart];
        let template = Map::classed(plimsoll_gotmpl::Type::Any, values_class());
        template.insert("Name", Traced::from(Value::from(file.name.as_str())));
        template.insert("BasePath", Traced::from(Value::from(&*file.base)));
        if let Some(case) = &case {
            case.guard(&Value::Map(template.clone()), 0);
        }
        context.insert("Template", Traced::from(Value::from(template)));
        if let Some(known) = case.as_mut().and_then(|case| case.known(&file.name)) {
            rendered.push(known);
            continue;
        }
        let dot = Traced::from(Value::from(context.viewed_as(Some(values_class()))));
        let switches = contexts.switches[file.chart].iter();
        let condition = switches.fold(Trace::NONE, |all, &source| {
            session.union(all, objects::trace_of(source))
        });
        let output = if once {
            session.render_once(&file.name, dot)
        } else {
            session.render_if(&file.name, dot, condition)
        };
        let output = match output {
            Ok(output) => output,
            Err(error) => {
                // Templates that are not parsed yet come first.
                if let Some(error) = session.templates().first_error().filter(|_| once) {
                    return Err(RenderError::Parse(Arc::new(error.clone())));
                }
                if let Some(case) = &mut case {
                    case.executed(None);
                }
                let explanation = explain::execution(&error, &session, files, context, &sources);
                let place = place_of(&error, files);
                let error = RenderError::Execution {
                    error,
                    explanation: Box::new(explanation),
                };
                let is_bound = error.is_bound();
                match (&mut wanted.lints, &mut wanted.failed) {
                    (Some(lints), _) => lints.push(Failure { error, place }),
                    (None, Some(failed)) => failed.push(error),
                    (None, None) => return Err(error),
                }
                // What one template may not spend any more, none of the others may.
                if is_bound {
                    break;
                }
                continue;
            }
        };
        let output = output.without(NO_VALUE, &mut session);
        rendered.push(RenderedFile {
            name: file.name.as_str().into(),
            path: file.file.path.clone(),
            segments: session.segments(&output),
            text: Arc::new(output.into_bytes().into()),
        });
        if let Some(case) = &mut case {
            let context = session.state::<Context>();
            let taken = context.map(|context| std::mem::take(&mut context.taken));
            let is_function = taken.is_some_and(|taken| !taken.from_outside);
            case.executed(rendered.last().filter(|_| is_function));
        }
    }
    if once {
        std::mem::forget(contexts);
    }
    Ok((session, rendered, sources))
}

/// The places in a trace, in the order in which they were numbered.
fn places(session: &Session, trace: Trace) -> Option<Vec<SourceId>> {
    let sources = session.sources(trace)?;
    let host = sources.into_iter().filter_map(|(source, _)| match source {
        Source::Host(HostId(id)) => Some(SourceId(id)),
        Source::Literal { .. } | Source::Absent { .. } => None,
    });
    let mut places: Vec<SourceId> = host.collect();
    places.sort();
    places.dedup();
    Some(places)
}
