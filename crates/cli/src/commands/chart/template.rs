//! `plimsoll chart template`: what `helm template` prints.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{ArgAction, Args};
use plimsoll_helm::chart::{File, Loaded};
use plimsoll_helm::provenance::Provenance;
use plimsoll_helm::provenance::missing::Question;
use plimsoll_helm::render::{
    Capabilities, HELM_4_3_1, KubeVersion, Release, RenderError, Rendered, Renderer, Request,
    Shown, show_only, template_name,
};
use plimsoll_helm::repository::without_secrets;
use plimsoll_helm::values::{Item, Sources};
use plimsoll_source::TreeError;

use super::dependency::Updating;
use super::ignored::{TemplateFlags, parse_bool};
use super::inputs::{self, SystemRandom};
use super::output_dir;
use super::source::{Found, SourceArgs};
use super::trace::{self, TraceArgs};
use super::values::{UserValues, ValueArgs, comma_separated, schemas};
use crate::failure::Failure;
use crate::terminal::{self, Terminal};

/// Render a chart and print its manifests, as `helm template` does
#[derive(Args)]
pub(crate) struct TemplateArgs {
    /// The release's name, and the chart: a folder, a packed chart, `REPOSITORY/CHART`, a URL,
    /// `oci://HOST/CHART`, or with `--repo` a name
    #[arg(value_name = "[NAME] CHART", required_unless_present = "trace", num_args = 1..)]
    names: Vec<String>,
    #[command(flatten)]
    values: ValueArgs,
    /// Render once for each of these files or URLs, laid over those of `--values`; the chart is read only
    /// once. With `--output-dir` into a folder with the file's name, else one after the other
    #[arg(long, value_name = "FILE")]
    each: Vec<String>,
    /// The namespace of the release [default: HELM_NAMESPACE, or `default`]
    #[arg(long, short, value_name = "NAME")]
    namespace: Option<String>,
    /// Print only the manifests of these templates, in this order; patterns are allowed
    #[arg(long = "show-only", short, value_name = "TEMPLATE")]
    show_only: Vec<String>,
    /// Print the definitions of `crds/`, too
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value_t = false, action = ArgAction::Set, value_parser = parse_bool, hide_default_value = true, hide_possible_values = true)]
    include_crds: bool,
    /// Leave out tests
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value_t = false, action = ArgAction::Set, value_parser = parse_bool, hide_default_value = true, hide_possible_values = true)]
    skip_tests: bool,
    /// Leave out hooks
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value_t = false, action = ArgAction::Set, value_parser = parse_bool, hide_default_value = true, hide_possible_values = true)]
    no_hooks: bool,
    /// Render as for an upgrade: `.Release.IsUpgrade` instead of `.Release.IsInstall`
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value_t = false, action = ArgAction::Set, value_parser = parse_bool, hide_default_value = true, hide_possible_values = true)]
    is_upgrade: bool,
    /// The version of Kubernetes to render for [default: 1.37]
    #[arg(long, value_name = "VERSION")]
    kube_version: Option<String>,
    /// Further API versions that the cluster serves, such as `monitoring.coreos.com/v1`
    #[arg(long, short, value_name = "VERSIONS")]
    api_versions: Vec<String>,
    /// Do not check values against `values.schema.json`
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value_t = false, action = ArgAction::Set, value_parser = parse_bool, hide_default_value = true, hide_possible_values = true)]
    skip_schema_validation: bool,
    /// Fetch documents at web addresses that a `values.schema.json` refers to, as Helm always does
    #[arg(long)]
    online: bool,
    /// Write the manifests into files below this folder instead of printing them
    #[arg(long, value_name = "DIR")]
    output_dir: Option<String>,
    /// With `--output-dir`: below a folder with the release's name
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value_t = false, action = ArgAction::Set, value_parser = parse_bool, hide_default_value = true, hide_possible_values = true)]
    release_name: bool,
    /// Helm's flag for a name that is made up: what is rendered is `release-name`, as in Helm
    #[arg(long, short, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value_t = false, action = ArgAction::Set, value_parser = parse_bool, hide_default_value = true, hide_possible_values = true)]
    generate_name: bool,
    /// A template for the release's name, such as `web-{{ randAlpha 5 | lower }}`
    #[arg(long, value_name = "TEMPLATE")]
    name_template: Option<String>,
    /// Links in the chart may lead to anything below this folder [default: the chart's repository]
    #[arg(long, value_name = "DIR")]
    links_below: Option<PathBuf>,
    /// Print what was rendered even if it is no YAML
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value_t = false, action = ArgAction::Set, value_parser = parse_bool, hide_default_value = true, hide_possible_values = true)]
    debug: bool,
    #[command(flatten)]
    trace: TraceArgs,
    #[command(flatten)]
    flags: TemplateFlags,
    #[command(flatten, next_help_heading = "Where the chart comes from")]
    source: SourceArgs,
}

pub(crate) fn run(args: &TemplateArgs, terminal: &Terminal) -> Result<ExitCode, Failure> {
    args.flags.check()?;
    args.source.server.check()?;
    let mut capabilities = Capabilities::assumed_by(&HELM_4_3_1);
    if let Some(version) = &args.kube_version {
        capabilities.kube_version = KubeVersion::parse(version)
            .map_err(|error| Failure::user(format!("invalid kube version '{version}': {error}")))?;
    }
    let further = args
        .api_versions
        .iter()
        .flat_map(|text| comma_separated(text));
    capabilities.api_versions.extend(further);
    let (names, target) = args.trace.split(&args.names);
    let (name, chart) = name_and_chart(args, &names)?;
    let user = args.values.user(terminal);
    let found = args.source.find(chart, terminal)?;
    let loaded = match found.load_at_need(args.links_below.as_deref())? {
        Ok(loaded) => loaded,
        Err(failure) => {
            // Helm reads the values before the chart.
            user.lay(&mut Sources::default())?;
            return Err(failure);
        }
    };
    if args.each.is_empty() {
        // Helm complains of values before it complains of the chart.
        user.lay(&mut Sources::default())?;
    }
    let loaded = updated(args, &found, loaded, terminal)?;
    if args.flags.asks_names && calls_names(&loaded) {
        return Err(Failure::user(
            "a template calls `getHostByName`, and no name server is asked here",
        )
        .help("leave `--enable-dns` out, or give the address as a value"));
    }
    let renderer = Renderer::new(loaded).resolving(schemas(args.online));
    for warning in &renderer.loaded().warnings {
        terminal.warn(warning);
    }
    if renderer.loaded().chart.metadata.deprecated {
        terminal.warn("this chart is deprecated");
    }
    let call = Call {
        args,
        namespace: inputs::namespace(args.namespace.as_deref()),
        name,
        capabilities,
        renderer,
    };
    let code = if args.trace.is_wanted() {
        call.trace(&user, found.path(), target, terminal)?
    } else if args.each.is_empty() {
        call.once(&user, terminal)?
    } else {
        call.each(&user, terminal)
    };
    if let Some((path, kind)) = call.renderer.loaded().failure() {
        let path = path.to_owned();
        let kind = kind.clone();
        return Err(Failure::user(TreeError { path, kind }.to_string())
            .help("the file was taken as empty; what was rendered may be wrong"));
    }
    // The process ends here, and the system frees what it has at once.
    std::mem::forget(call);
    Ok(code)
}

/// The chart with what it depends on, which `--dependency-update` fetches if it is not there.
fn updated(
    args: &TemplateArgs,
    found: &Found,
    loaded: Loaded,
    terminal: &Terminal,
) -> Result<Loaded, Failure> {
    if !args.flags.updates || loaded.chart.missing_dependencies().is_empty() {
        return Ok(loaded);
    }
    let Found::Here(chart) = found else {
        return Err(Failure::user("only unpacked charts can be updated"));
    };
    let updating = Updating {
        chart: PathBuf::from(chart),
        server: args.source.server.clone(),
        homes: args.source.homes.clone(),
        quiet: false,
    };
    updating.run(terminal)?;
    found.load_at_need(args.links_below.as_deref())?
}

/// What the renders of one call have in common.
struct Call<'a> {
    args: &'a TemplateArgs,
    name: String,
    namespace: String,
    capabilities: Capabilities,
    renderer: Renderer,
}

impl Call<'_> {
    fn request(&self, values: Item, sources: Sources, tracing: bool) -> Request {
        Request {
            release: Release {
                name: self.name.clone(),
                namespace: self.namespace.clone(),
                revision: 1,
                is_upgrade: self.args.is_upgrade,
            },
            capabilities: self.capabilities.clone(),
            values,
            sources,
            skip_schema: self.args.skip_schema_validation,
            tracing,
            limits: plimsoll_helm::Limits::default(),
            now: inputs::now(),
            zone: inputs::zone(),
            random: Box::new(SystemRandom),
        }
    }

    /// Renders once and prints that.
    fn once(&self, user: &UserValues<'_>, terminal: &Terminal) -> Result<ExitCode, Failure> {
        let rendered = self.render(user, true)?;
        for warning in &rendered.warnings {
            terminal.warn(warning);
        }
        print(self.args, &self.name, &rendered)?;
        // As with everything else, the system frees it.
        std::mem::forget(rendered);
        Ok(ExitCode::SUCCESS)
    }

    /// Renders; `last` if nothing comes after it.
    fn render(&self, user: &UserValues<'_>, last: bool) -> Result<Rendered, Failure> {
        let once = |tracing: bool| {
            let mut sources = Sources::over(self.renderer.loaded().sources.clone());
            let values = user.lay(&mut sources)?;
            let request = self.request(values, sources, tracing);
            Ok::<_, Failure>(if last {
                self.renderer.render_last(request)
            } else {
                self.renderer.render(request)
            })
        };
        let rendered = match once(false)? {
            // Where a text came from is only kept when somebody wants to know.
            Err(RenderError::Manifest { .. }) => once(true)?,
            rendered => rendered,
        };
        rendered.or_else(|error| Err(failure(self.args, &error)?))
    }

    /// Says where the output came from instead of printing it.
    fn trace(
        &self,
        user: &UserValues<'_>,
        chart: &str,
        target: &str,
        terminal: &Terminal,
    ) -> Result<ExitCode, Failure> {
        let args = self.args;
        let mut sources = Sources::over(self.renderer.loaded().sources.clone());
        let values = user.lay(&mut sources)?;
        let followed = self
            .renderer
            .follow(self.request(values.clone(), sources, true), None);
        let followed = followed.or_else(|error| Err(failure(args, &error)?))?;
        let rendered = match &followed.rendered {
            Ok(rendered) => rendered,
            Err(error) => return Err(failure(args, error)?),
        };
        for warning in &rendered.warnings {
            terminal.warn(warning);
        }
        let printed = rendered.printed(shown(args)).only(&args.show_only);
        let printed = printed.map_err(|error| Failure::user(error.to_string()))?;
        let all = rendered.printed(Shown::default());
        let of = Provenance::new(followed, printed);
        let loaded = self.renderer.loaded();
        let Some(wanted) = &args.trace.why_missing else {
            let title = format!("{} of {}", self.name, loaded.chart.name());
            trace::run(&args.trace, target, &title, &of)?;
            return Ok(ExitCode::SUCCESS);
        };
        let again = || {
            let sources = Sources::over(loaded.sources.clone());
            self.request(values.clone(), sources, true)
        };
        let question = Question {
            renderer: &self.renderer,
            user: &values,
            all: &all,
            request: &again,
            ignored: &trace::missing::ignored(chart, loaded),
        };
        trace::missing::run(&of, &question, wanted)?;
        Ok(ExitCode::SUCCESS)
    }

    /// Renders once for each of several files of values. What fails keeps nothing else from
    /// being rendered.
    fn each(&self, user: &UserValues<'_>, terminal: &Terminal) -> ExitCode {
        let mut fails = false;
        for file in &self.args.each {
            let shown = &*without_secrets(file);
            let written = self.render(&user.over(file), false).and_then(|rendered| {
                for warning in &rendered.warnings {
                    terminal.warn(warning);
                }
                match &self.args.output_dir {
                    Some(dir) => print_into(self.args, &under(dir, shown), &self.name, &rendered),
                    None => {
                        terminal::print(&format!("---\n# Values: {shown}\n"))?;
                        print(self.args, &self.name, &rendered)
                    }
                }
            });
            if let Err(failure) = written {
                fails = true;
                terminal.complain(&failure.within(shown));
            }
        }
        ExitCode::from(u8::from(fails))
    }
}

/// The folder for what a file of values gives: it has the file's name without its end.
fn under(dir: &str, file: &str) -> String {
    let path = Path::new(file).with_extension("");
    let parts = path.components().filter_map(|part| match part {
        std::path::Component::Normal(part) => part.to_str(),
        _ => None,
    });
    format!("{dir}/{}", parts.collect::<Vec<_>>().join("/"))
}

fn print(args: &TemplateArgs, name: &str, rendered: &Rendered) -> Result<(), Failure> {
    match &args.output_dir {
        Some(dir) => print_into(args, dir, name, rendered),
        None if args.show_only.is_empty() => terminal::print_with(|out| {
            let mut parts = rendered.parts(shown(args));
            parts.try_for_each(|part| out.write_all(part.as_bytes()))
        }),
        None => select(args, &rendered.text(shown(args))),
    }
}

fn print_into(
    args: &TemplateArgs,
    dir: &str,
    name: &str,
    rendered: &Rendered,
) -> Result<(), Failure> {
    let release = args.release_name.then_some(name);
    let said = output_dir::write(rendered, shown(args), dir, release)?;
    select(args, &said)
}

fn shown(args: &TemplateArgs) -> Shown {
    Shown {
        crds: args.include_crds,
        skip_tests: args.skip_tests,
        no_hooks: args.no_hooks,
    }
}

/// Prints what `--show-only` leaves of a text.
fn select(args: &TemplateArgs, text: &str) -> Result<(), Failure> {
    if args.show_only.is_empty() {
        return terminal::print(text);
    }
    match show_only(text, &args.show_only) {
        Ok(text) => terminal::print(&text),
        Err(error) => Err(Failure::user(error.to_string())),
    }
}

/// What is said of an error; with `--debug` what was rendered is printed before it.
fn failure(args: &TemplateArgs, error: &RenderError) -> Result<Failure, Failure> {
    let mut message = error.to_string();
    if args.debug {
        if error.is_late() {
            let files = match error {
                RenderError::Manifest { files, .. } => files.as_slice(),
                _ => &[],
            };
            let documents = files
                .iter()
                .filter(|(_, text)| !text.trim().is_empty())
                .map(|(name, text)| format!("---\n# Source: {name}\n{text}\n"));
            terminal::print(&format!("{}\n", documents.collect::<String>().trim()))?;
        }
    } else if error.is_late() {
        message.push_str("\n\nUse --debug flag to render out invalid YAML");
    }
    if let Some(explanation) = error.explanation() {
        let lines = explanation.lines();
        if !lines.is_empty() {
            message.push_str("\n\n");
            message.push_str(&lines.join("\n"));
        }
    }
    let failure = Failure::user(message);
    Ok(match error {
        RenderError::MissingDependencies(_) => {
            failure.help("run `plimsoll chart dependency build CHART`, which fetches them")
        }
        RenderError::Schema(error) if error.lacks_document() && !args.online => {
            failure.help("`--online` fetches documents that a schema refers to")
        }
        _ => failure,
    })
}

/// Whether a file of a chart names the function that would ask for the address of a host.
fn calls_names(loaded: &Loaded) -> bool {
    let calls = |file: &File| String::from_utf8_lossy(&file.data).contains("getHostByName");
    let mut charts = vec![&loaded.chart];
    while let Some(chart) = charts.pop() {
        if chart.raw.iter().any(calls) {
            return true;
        }
        charts.extend(&chart.dependencies);
    }
    false
}

/// A variable of the environment, for templates of names; empty if it is not set.
fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_default()
}

/// The release's name and the chart (`NameAndChart`).
fn name_and_chart<'a>(
    args: &TemplateArgs,
    names: &[&'a str],
) -> Result<(String, &'a str), Failure> {
    let template = args.name_template.as_deref();
    let template = template.filter(|text| !text.is_empty());
    match names {
        [chart] if template.is_some() => {
            let text = template.unwrap_or_default();
            let name = template_name(text, variable, inputs::now(), Box::new(SystemRandom));
            name.map(|name| (name, *chart)).map_err(Failure::user)
        }
        [chart] => Ok(("release-name".to_owned(), chart)),
        [_, _] if args.generate_name => Err(Failure::user(
            "cannot set --generate-name and also specify a name",
        )),
        [_, _] if template.is_some() => Err(Failure::user(
            "cannot set --name-template and also specify a name",
        )),
        [name, chart] => Ok(((*name).to_owned(), chart)),
        [] => Err(Failure::user(
            "\"helm template\" requires at least 1 argument",
        )),
        [_, _, further @ ..] => Err(Failure::user(format!(
            "expected at most two arguments, unexpected arguments: {}",
            further.join(", ")
        ))),
    }
}
