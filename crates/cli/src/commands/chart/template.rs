//! `plimsoll chart template`: what `helm template` prints.

use std::process::ExitCode;

use clap::{ArgAction, Args};
use plimsoll_helm::provenance::Provenance;
use plimsoll_helm::provenance::missing::Question;
use plimsoll_helm::render::{
    Capabilities, HELM_4_3_1, KubeVersion, Release, RenderError, Rendered, Renderer, Request,
    Shown, show_only,
};
use plimsoll_helm::strvals::Flag;
use plimsoll_helm::values::Sources;

use super::inputs::{self, SystemRandom, UserValues};
use super::output_dir;
use super::trace::{self, TraceArgs};
use crate::failure::Failure;
use crate::terminal::{self, Terminal};

/// Render a chart and print its manifests, as `helm template` does
#[derive(Args)]
pub(crate) struct TemplateArgs {
    /// The release's name, and the chart: a folder or a packed chart
    #[arg(value_name = "[NAME] CHART", required_unless_present = "trace", num_args = 1..)]
    names: Vec<String>,
    /// A values file; later ones are laid over earlier ones, `-` is standard input
    #[arg(long = "values", short = 'f', value_name = "FILE")]
    values: Vec<String>,
    /// Set values, such as `a.b=1,c[0]=x`
    #[arg(long = "set", value_name = "VALUES")]
    set: Vec<String>,
    /// Set values that are all strings
    #[arg(long = "set-string", value_name = "VALUES")]
    set_string: Vec<String>,
    /// Set values to the texts of files
    #[arg(long = "set-file", value_name = "VALUES")]
    set_file: Vec<String>,
    /// Set values to JSON, or all of them with one object
    #[arg(long = "set-json", value_name = "VALUES")]
    set_json: Vec<String>,
    /// Set one value to the rest of the text, whatever it holds
    #[arg(long = "set-literal", value_name = "VALUE")]
    set_literal: Vec<String>,
    /// The namespace of the release [default: HELM_NAMESPACE, or `default`]
    #[arg(long, short, value_name = "NAME")]
    namespace: Option<String>,
    /// Print only the manifests of these templates, in this order; patterns are allowed
    #[arg(long = "show-only", short, value_name = "TEMPLATE")]
    show_only: Vec<String>,
    /// Print the definitions of `crds/`, too
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value_t = false, action = ArgAction::Set, hide_default_value = true, hide_possible_values = true)]
    include_crds: bool,
    /// Leave out tests
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value_t = false, action = ArgAction::Set, hide_default_value = true, hide_possible_values = true)]
    skip_tests: bool,
    /// Leave out hooks
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value_t = false, action = ArgAction::Set, hide_default_value = true, hide_possible_values = true)]
    no_hooks: bool,
    /// Render as for an upgrade: `.Release.IsUpgrade` instead of `.Release.IsInstall`
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value_t = false, action = ArgAction::Set, hide_default_value = true, hide_possible_values = true)]
    is_upgrade: bool,
    /// The version of Kubernetes to render for [default: 1.37]
    #[arg(long, value_name = "VERSION")]
    kube_version: Option<String>,
    /// Further API versions that the cluster serves, such as `monitoring.coreos.com/v1`
    #[arg(long, short, value_name = "VERSIONS")]
    api_versions: Vec<String>,
    /// Do not check values against `values.schema.json`
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value_t = false, action = ArgAction::Set, hide_default_value = true, hide_possible_values = true)]
    skip_schema_validation: bool,
    /// Write the manifests into files below this folder instead of printing them
    #[arg(long, value_name = "DIR")]
    output_dir: Option<String>,
    /// With `--output-dir`: below a folder with the release's name
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value_t = false, action = ArgAction::Set, hide_default_value = true, hide_possible_values = true)]
    release_name: bool,
    /// Make up the release's name: that of the chart's folder and the time
    #[arg(long, short, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value_t = false, action = ArgAction::Set, hide_default_value = true, hide_possible_values = true)]
    generate_name: bool,
    /// Print what was rendered even if it is no YAML
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value_t = false, action = ArgAction::Set, hide_default_value = true, hide_possible_values = true)]
    debug: bool,
    #[command(flatten)]
    trace: TraceArgs,
    #[command(flatten)]
    without_effect: WithoutEffect,
}

/// Flags of `helm template` that change nothing of what is printed.
#[derive(Args)]
struct WithoutEffect {
    #[arg(long, hide = true)]
    create_namespace: bool,
    #[arg(long, hide = true, value_name = "TEXT")]
    description: Option<String>,
    #[arg(long, hide = true)]
    disable_openapi_validation: bool,
    #[arg(long, hide = true)]
    force: bool,
    #[arg(long, hide = true)]
    force_conflicts: bool,
    #[arg(long, hide = true)]
    force_replace: bool,
    #[arg(long, hide = true)]
    hide_notes: bool,
    #[arg(long, short = 'l', hide = true, value_name = "LABELS")]
    labels: Vec<String>,
    #[arg(long, hide = true)]
    render_subchart_notes: bool,
    #[arg(long, hide = true)]
    replace: bool,
    #[arg(long, hide = true)]
    rollback_on_failure: bool,
    #[arg(long, hide = true)]
    atomic: bool,
    #[arg(long, hide = true, num_args = 0..=1, require_equals = true, default_missing_value = "", value_name = "BOOL")]
    server_side: Option<String>,
    #[arg(long, hide = true)]
    skip_crds: bool,
    #[arg(long, hide = true)]
    take_ownership: bool,
    #[arg(long, hide = true, value_name = "DURATION")]
    timeout: Option<String>,
    #[arg(long, hide = true, num_args = 0..=1, require_equals = true, default_missing_value = "", value_name = "STRATEGY")]
    wait: Option<String>,
    #[arg(long, hide = true)]
    wait_for_jobs: bool,
    #[arg(long, hide = true)]
    enable_dns: bool,
    #[arg(long, hide = true)]
    devel: bool,
    #[arg(long, hide = true, value_name = "VERSION")]
    version: Option<String>,
    #[arg(long, hide = true, num_args = 0..=1, require_equals = true, default_missing_value = "", value_name = "WHERE")]
    dry_run: Option<String>,
}

pub(crate) fn run(args: &TemplateArgs, terminal: &Terminal) -> Result<ExitCode, Failure> {
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
    let files: Vec<String> = args
        .values
        .iter()
        .flat_map(|text| comma_separated(text))
        .collect();
    let user = UserValues {
        files: &files,
        flags: Flag::ORDER.map(|flag| {
            let texts = match flag {
                Flag::Json => &args.set_json,
                Flag::Set => &args.set,
                Flag::String => &args.set_string,
                Flag::File => &args.set_file,
                Flag::Literal => &args.set_literal,
            };
            (flag, &**texts)
        }),
    };
    let loaded = match inputs::load(chart)? {
        Ok(loaded) => loaded,
        Err(failure) => {
            // Helm reads the values before the chart.
            user.read(&mut Sources::default())?;
            return Err(failure);
        }
    };
    let mut sources = Sources::over(loaded.sources.clone());
    let values = user.read(&mut sources)?;
    let renderer = Renderer::new(loaded);
    for warning in &renderer.loaded().warnings {
        terminal.warn(warning);
    }
    if renderer.loaded().chart.metadata.deprecated {
        terminal.warn("this chart is deprecated");
    }
    let namespace = args.namespace.clone();
    let namespace = namespace.or_else(|| std::env::var("HELM_NAMESPACE").ok());
    let namespace = namespace.filter(|name| !name.is_empty());
    let namespace = namespace.unwrap_or_else(|| "default".into());
    let request = |sources: Sources, tracing: bool| Request {
        release: Release {
            name: name.clone(),
            namespace: namespace.clone(),
            revision: 1,
            is_upgrade: args.is_upgrade,
        },
        capabilities: capabilities.clone(),
        values: values.clone(),
        sources,
        skip_schema: args.skip_schema_validation,
        tracing,
        limits: plimsoll_helm::Limits::default(),
        now: inputs::now(),
        zone: std::env::var("TZ").unwrap_or_else(|_| "UTC".into()),
        random: Box::new(SystemRandom),
    };
    if args.trace.is_wanted() {
        let followed = renderer.follow(request(sources, true), None);
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
        let Some(wanted) = &args.trace.why_missing else {
            let title = format!("{name} of {}", renderer.loaded().chart.name());
            trace::run(&args.trace, target, &title, &of)?;
            return Ok(ExitCode::SUCCESS);
        };
        let question = Question {
            renderer: &renderer,
            user: &values,
            all: &all,
            request: &|| request(Sources::over(renderer.loaded().sources.clone()), true),
            ignored: &trace::missing::ignored(chart, renderer.loaded()),
        };
        trace::missing::run(&of, &question, wanted)?;
        return Ok(ExitCode::SUCCESS);
    }
    let rendered = match renderer.render(request(sources, false)) {
        // Where a text came from is only kept when somebody wants to know.
        Err(RenderError::Manifest { .. }) => {
            let mut sources = Sources::over(renderer.loaded().sources.clone());
            user.read(&mut sources)?;
            renderer.render(request(sources, true))
        }
        rendered => rendered,
    };
    match rendered {
        Ok(rendered) => {
            for warning in &rendered.warnings {
                terminal.warn(warning);
            }
            print(args, &name, &rendered)?;
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => Err(failure(args, &error)?),
    }
}

fn shown(args: &TemplateArgs) -> Shown {
    Shown {
        crds: args.include_crds,
        skip_tests: args.skip_tests,
        no_hooks: args.no_hooks,
    }
}

fn print(args: &TemplateArgs, name: &str, rendered: &Rendered) -> Result<(), Failure> {
    let shown = shown(args);
    let text = match &args.output_dir {
        Some(dir) => {
            let release = args.release_name.then_some(name);
            output_dir::write(rendered, shown, dir, release)?
        }
        None => rendered.text(shown),
    };
    if args.show_only.is_empty() {
        return terminal::print(&text);
    }
    match show_only(&text, &args.show_only) {
        Ok(text) => terminal::print(&text),
        Err(error) => Err(Failure::user(error.to_string())),
    }
}

/// What is said of an error; with `--debug` what was rendered is printed before it.
fn failure(args: &TemplateArgs, error: &RenderError) -> Result<Failure, Failure> {
    let mut message = error.to_string();
    if args.debug {
        if let RenderError::Manifest { files, .. } = error {
            let documents = files
                .iter()
                .filter(|(_, text)| !text.trim().is_empty())
                .map(|(name, text)| format!("---\n# Source: {name}\n{text}\n"));
            terminal::print(&documents.collect::<String>())?;
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
    Ok(Failure::user(message))
}

/// The release's name and the chart (`NameAndChart`).
fn name_and_chart<'a>(
    args: &TemplateArgs,
    names: &[&'a str],
) -> Result<(String, &'a str), Failure> {
    match names {
        [chart] if args.generate_name => {
            let base = chart.trim_end_matches('/').rsplit('/').next();
            let base = base.unwrap_or_default().split('.').next();
            let base = base.filter(|base| !base.is_empty()).unwrap_or("chart");
            Ok((format!("{base}-{}", inputs::now().0), chart))
        }
        [chart] => Ok(("release-name".to_owned(), chart)),
        [_, _] if args.generate_name => Err(Failure::user(
            "cannot set --generate-name and also specify a name",
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

/// The parts of a text between commas; a part may stand in double quotes.
fn comma_separated(text: &str) -> Vec<String> {
    let mut parts = Vec::new();
    let mut part = String::new();
    let mut quoted = false;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.next_if_eq(&'"').is_some() => part.push('"'),
            '"' if quoted || part.is_empty() => quoted = !quoted,
            ',' if !quoted => parts.push(std::mem::take(&mut part)),
            other => part.push(other),
        }
    }
    if !text.is_empty() {
        parts.push(part);
    }
    parts
}
