//! Rendering: from a chart and values to manifests.
//!
//! A [`Renderer`] keeps what does not depend on values: parsed templates, by the set of charts
//! that take part. Rendering the same chart for many values costs the parsing once.

mod capabilities;
mod control;
mod engine;
mod error;
mod explain;
mod follow;
mod glob;
mod layout;
mod methods;
mod name;
mod objects;
mod order;
mod output;
mod printed;
mod reuse;
mod show;
mod split;
mod text;
mod traced;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use plimsoll_gotmpl::{Functions, Limits, Templates};

use crate::chart::{Instance, Loaded};
use crate::functions::Random;
use crate::schema::Resolve;
use crate::semver;
use crate::values::{Imports, Item, Sources, Table, coalesce, process, process_again};

pub use capabilities::{Capabilities, HELM_4_3_1, HelmVersion, KubeVersion, KubeVersionError};
pub(crate) use engine::{Failure, Linted};
pub use error::{NameError, RenderError, check_name};
pub use explain::{Call, Explanation};
pub use follow::{Branch, BranchKind, Decision, Followed, Outline};
pub use glob::Glob;
pub use name::template_name;
pub(crate) use objects::value_of;
pub use order::Order;
pub use output::{Crd, Rendered, RenderedFile, Shown};
pub use plimsoll_gotmpl::trace::Role;
pub use printed::{Copied, CopyOf, Printed};
pub use show::{NotShown, show_only};
pub use split::{Content, Head, Hook, Manifest, ManifestError, sort, split};
pub(crate) use split::{fields, mismatch, text as head_text};
pub use text::RenderedText;
pub use traced::{IsTold, Origin, Part, TemplateName, Traced, Written};

/// What templates see as `.Release`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Release {
    /// Its name.
    pub name: String,
    /// The namespace that it goes to.
    pub namespace: String,
    /// Which revision it is.
    pub revision: i64,
    /// Whether it replaces an earlier one.
    pub is_upgrade: bool,
}

/// One render.
pub struct Request {
    /// The release.
    pub release: Release,
    /// The cluster.
    pub capabilities: Capabilities,
    /// The user's values, a mapping.
    pub values: Item,
    /// The places of the chart's values, and laid over them those of the user's.
    pub sources: Sources,
    /// Whether `values.schema.json` is left aside.
    pub skip_schema: bool,
    /// Whether it is kept where each part of the output came from.
    pub tracing: bool,
    /// How much the templates may do.
    pub limits: Limits,
    /// Seconds since 1970, UTC, and nanoseconds.
    pub now: (i64, u32),
    /// The name of the local time zone.
    pub zone: String,
    /// Chance.
    pub random: Box<dyn Random>,
}

/// Renders one chart, any number of times.
pub struct Renderer {
    loaded: Loaded,
    functions: Arc<Functions>,
    /// The parsed templates, by the names of all files.
    parsed: Mutex<HashMap<Vec<String>, Parsed>>,
    /// The documents of what was rendered last.
    split: split::Known,
    /// What was rendered last, while nobody renders.
    reuse: Mutex<Option<Box<reuse::Reuse>>>,
    imports: Imports,
    /// Gives documents that schemas of values refer to.
    pub(crate) others: Option<Arc<dyn Resolve>>,
}

/// The functions that templates of charts can call.
pub(crate) fn functions() -> Functions {
    let mut functions = Functions::new();
    crate::functions::register(&mut functions);
    control::register(&mut functions);
    functions
}

/// The charts that take part, the values that they see, and warnings.
type Prepared = (Instance, Table, Vec<String>);

type Parsed = Result<Arc<Templates>, Arc<plimsoll_gotmpl::ParseError>>;

impl Renderer {
    /// A renderer of a chart.
    pub fn new(loaded: Loaded) -> Self {
        Self {
            loaded,
            functions: Arc::new(functions()),
            parsed: Mutex::default(),
            split: split::Known::default(),
            reuse: Mutex::new(Some(Box::default())),
            imports: Imports::default(),
            others: None,
        }
    }

    /// The same, where a `values.schema.json` may refer to other documents.
    #[must_use]
    pub fn resolving(mut self, others: Option<Arc<dyn Resolve>>) -> Self {
        self.others = others;
        self
    }

    /// The chart.
    pub fn loaded(&self) -> &Loaded {
        &self.loaded
    }

    /// Whether the chart can be rendered at all, whatever the values are.
    pub fn check(&self) -> Result<(), RenderError> {
        let chart = &self.loaded.chart;
        if !matches!(&*chart.metadata.kind, "" | "application") {
            return Err(RenderError::NotInstallable(chart.metadata.kind.clone()));
        }
        if chart.metadata.api_version == "v3" {
            let declared = chart
                .metadata
                .dependencies
                .as_ref()
                .map_or(0, |all| all.len());
            return Err(if declared < chart.dependencies.len() {
                RenderError::DependencyType
            } else {
                RenderError::ChartVersion
            });
        }
        let missing = chart.missing_dependencies();
        if !missing.is_empty() {
            return Err(RenderError::MissingDependencies(
                missing.into_iter().map(str::to_owned).collect(),
            ));
        }
        Ok(())
    }

    /// Renders the chart. What templates gave the last time is given again where all that they
    /// read is the same.
    pub fn render(&self, request: Request) -> Result<Rendered, RenderError> {
        let imports = (!request.tracing).then_some(&self.imports);
        let (root, values, warnings) = self.prepare_with(&request, imports)?;
        // Whoever renders at the same time does so without.
        let known = (!request.tracing).then(|| self.reuse.lock().ok());
        let mut reuse = known.flatten().and_then(|mut known| known.take());
        let run = engine::Run {
            renderer: self,
            root: &root,
            values: &values,
        };
        let used = reuse
            .as_deref_mut()
            .and_then(|reuse| (!reuse.pauses()).then_some(reuse));
        let rendered = run.run(request, warnings, used, false);
        if let (Ok(mut known), Some(reuse)) = (self.reuse.lock(), reuse) {
            *known = Some(reuse);
        }
        rendered
    }

    /// The same for a process that ends thereafter: what the render needed is not freed, which the
    /// system does in less time.
    pub fn render_last(&self, request: Request) -> Result<Rendered, RenderError> {
        let (root, values, warnings) = self.prepare(&request)?;
        let run = engine::Run {
            renderer: self,
            root: &root,
            values: &values,
        };
        let rendered = run.run(request, warnings, None, true);
        std::mem::forget((root, values));
        rendered
    }

    /// Renders the chart and keeps where each part of its files came from. The files are not
    /// taken apart, so what is no YAML is no error here.
    pub fn trace(&self, request: Request) -> Result<Traced, RenderError> {
        self.trace_some(request, &|_| true, None)
    }

    /// The same of the files alone that `is_told` is true of: charts in charts give many that
    /// nobody asks about. With `failed`, templates that cannot be rendered are left out, and it is
    /// kept there why they cannot.
    pub fn trace_some(
        &self,
        mut request: Request,
        is_told: IsTold<'_>,
        failed: Option<&mut Vec<RenderError>>,
    ) -> Result<Traced, RenderError> {
        request.tracing = true;
        let (root, values, warnings) = self.prepare(&request)?;
        let mut traced = engine::trace(self, &root, &values, request, is_told, failed)?;
        traced.warnings = warnings;
        Ok(traced)
    }

    /// Renders the chart, keeps where each part of its files came from, and how every branch was
    /// decided. With `only` a single template is executed: the one of that name.
    pub fn follow(
        &self,
        mut request: Request,
        only: Option<&str>,
    ) -> Result<Followed, RenderError> {
        request.tracing = true;
        let (root, values, warnings) = self.prepare(&request)?;
        engine::follow(self, &root, &values, request, warnings, only)
    }

    /// Renders every template that can be, as Helm's linter does.
    pub(crate) fn lint(
        &self,
        root: &Instance,
        values: &Table,
        request: Request,
    ) -> Result<Linted, Vec<Failure>> {
        engine::lint(self, root, values, request)
    }

    /// The charts that take part, the values that they see, and what Helm would warn of.
    fn prepare(&self, request: &Request) -> Result<Prepared, RenderError> {
        self.prepare_with(request, None)
    }

    /// The same, with what subcharts handed up the last time.
    fn prepare_with(
        &self,
        request: &Request,
        imports: Option<&Imports>,
    ) -> Result<Prepared, RenderError> {
        self.check()?;
        check_name(&request.release.name).map_err(|error| RenderError::Name {
            name: request.release.name.clone(),
            error,
        })?;
        let mut warnings = Vec::new();
        let user = Table::of_item(&request.values);
        let mut root = Instance::new(&self.loaded.chart, None);
        match imports {
            None => process(&mut root, &user, &mut warnings),
            Some(imports) => process_again(&mut root, &user, imports, &mut warnings),
        }
        .map_err(RenderError::Dependencies)?;
        // Each step of the reference coalesces again; only the last one's warnings count.
        warnings.dedup();
        let mut last = Vec::new();
        let values = coalesce(&root, &user, &mut last).map_err(RenderError::Values)?;
        for warning in last {
            if !warnings.contains(&warning) {
                warnings.push(warning);
            }
        }
        if !request.skip_schema {
            let others = self.others.as_deref();
            crate::schema::check(&root, &values, others).map_err(RenderError::Schema)?;
        }
        let wanted = &root.chart.metadata.kube_version;
        let version = &request.capabilities.kube_version;
        if !wanted.is_empty() && !semver::is_compatible(wanted, &version.normalized) {
            return Err(RenderError::KubeVersion {
                wanted: wanted.clone(),
                found: version.version.clone(),
            });
        }
        Ok((root, values, warnings))
    }

    /// The templates of these files, parsed in this order.
    fn templates(&self, files: &[engine::TemplateFile<'_>]) -> Parsed {
        let key: Vec<String> = files.iter().map(|file| file.name.clone()).collect();
        let known = self
            .parsed
            .lock()
            .ok()
            .and_then(|all| all.get(&key).cloned());
        if let Some(known) = known {
            return known;
        }
        let parsed = engine::parse(files, &self.functions);
        if let Ok(mut all) = self.parsed.lock() {
            all.insert(key, parsed.clone());
        }
        parsed
    }
}
