//! `plimsoll size`.

mod explain;
mod html;
mod json;
mod live;
mod markdown;
mod matrix;
mod numbers;
mod objects;
mod packing;
mod patch;
mod prices;
mod prometheus;
mod read;
mod services;
mod text;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::ValueEnum;
use plimsoll_fit::Shape;
use plimsoll_project::Project;
use plimsoll_sizing::input::owner::Owners;
use plimsoll_sizing::input::{Census, Key};
use plimsoll_sizing::plan::{self, Measured, Plan, Site};
use plimsoll_sizing::service::Service;
use plimsoll_sizing::{Profile, Risk, Wish};

use crate::commands::fit;
use crate::failure::Failure;
use crate::progress::Progress;
use crate::roots::{self, Roots};
use crate::settings::{ConfigArgs, ReleaseArgs};
use crate::spoiled;
use crate::terminal::{self, Terminal};
use live::LiveArgs;
use packing::{On, Packing, Stock};
use prices::{Prices, Source};
use prometheus::PrometheusArgs;

/// Recommend CPU and memory requests and limits from measured usage
///
/// For each container that was measured: what it should ask for and be allowed, what share of its
/// demand stays uncovered, how likely a kill for want of memory is, and why the numbers are what
/// they are. Manifests, charts and Compose files among the paths tell what is set today, and can be
/// changed with `--patch`.
#[derive(clap::Args)]
pub(crate) struct SizeArgs {
    /// Where the manifests, charts and Compose files are; the current folder when there are none
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Measured usage: a CSV, OpenMetrics or JSON file, or a folder of them (docs/sizing.md);
    /// several are read together
    #[arg(
        long,
        value_name = "FILE",
        required_unless_present_any = ["prometheus", "metrics_server", "live"]
    )]
    usage: Vec<PathBuf>,
    #[command(flatten)]
    server: PrometheusArgs,
    #[command(flatten)]
    live: LiveArgs,
    #[command(flatten)]
    release: ReleaseArgs,
    /// How much risk is taken
    #[arg(long, value_name = "RISK", default_value = "medium")]
    risk: RiskArg,
    /// What kind of program the containers run, or with NAME=PROFILE, those of one workload or
    /// container
    #[arg(long, value_name = "PROFILE")]
    profile: Vec<String>,
    /// Set CPU limits, too: so many times the request, and no less than the largest peak
    #[arg(long, value_name = "RATIO", num_args = 0..=1, default_missing_value = "2")]
    cpu_limit: Option<f64>,
    /// Only workloads of this name
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,
    /// What a core costs in an hour
    #[arg(long, value_name = "PRICE", default_value_t = 0.0)]
    core_price: f64,
    /// What a GiB of memory costs in an hour
    #[arg(long, value_name = "PRICE", default_value_t = 0.0)]
    memory_price: f64,
    /// Say how many nodes of this shape are needed today and with the new numbers, such as
    /// `4cpu,16Gi,price=0.2`
    #[arg(long, value_name = "SHAPE", value_parser = Shape::parse)]
    node: Option<(usize, Shape)>,
    /// Say how full the nodes of a cluster get today and with the new numbers: the output of `kubectl
    /// get nodes,pods -A -o json` or `-o yaml`. Without pods in it, the nodes are taken as empty
    #[arg(long, value_name = "FILE", conflicts_with = "node")]
    nodes: Option<PathBuf>,
    /// The same of the cluster that kubectl would ask: its nodes, beside what runs there and the
    /// manifests do not replace
    #[arg(long, conflicts_with_all = ["node", "nodes"])]
    live_nodes: bool,
    /// What a node whose `node.kubernetes.io/instance-type` is TYPE costs in an hour; for idle costs
    /// without --core-price and --memory-price it is divided between cores and memory
    #[arg(
        long,
        value_name = "TYPE=PRICE",
        value_parser = prices::node_price,
        conflicts_with = "node"
    )]
    node_price: Vec<(String, f64)>,
    /// Show the histogram of each container and the numbers that were not taken
    #[arg(long)]
    explain: bool,
    /// Print the changes to manifests, values and Compose files as a unified diff
    #[arg(long, conflicts_with_all = ["explain", "format"])]
    patch: bool,
    /// How to write the answer
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
    #[command(flatten)]
    config: ConfigArgs,
}

#[derive(Clone, Copy, ValueEnum)]
enum RiskArg {
    /// What was seen in the last weeks is covered, and more
    Low,
    /// About a twentieth of all demand for CPU exceeds requests
    Medium,
    /// For work that can wait and be done again
    High,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// For programs
    Json,
    /// For a pull request
    Markdown,
    /// One self-contained page to look at
    Html,
    /// VerticalPodAutoscaler objects that stay between what `--risk high` and `--risk low` say
    Vpa,
    /// LimitRange objects with what containers get that say nothing
    LimitRange,
}

/// What was found out, and where it is written.
struct Answer<'a> {
    plans: &'a [Plan],
    census: &'a Census,
    sites: &'a [Site<'a>],
    services: &'a [Service<'a>],
    packing: Option<Packing>,
    project: &'a Project,
    roots: &'a Roots,
    risk: Risk,
    prices: Prices,
}

pub(crate) fn run(args: &SizeArgs, terminal: &Terminal) -> Result<ExitCode, Failure> {
    let profiles = Profiles::parse(&args.profile)?;
    args.check()?;
    let roots = Roots::new(&args.paths)?;
    let settings = args.config.read(&roots)?;
    let progress = Progress::new(terminal, "reading manifests");
    let project = settings.load_as(&roots, &args.release)?;
    drop(progress);
    spoiled::warn(&project, &roots, terminal);
    let sites = plan::sites(project.manifests.iter().map(|unit| &unit.tree));
    let names = sites
        .iter()
        .filter_map(|site| Some(site.workload.object().name()?.into_owned()));
    let mut census = Census::new(Owners::new(names));
    let progress = Progress::new(terminal, "reading measurements");
    read::files(&args.usage, &mut census)?;
    drop(progress);
    if let Some(address) = &args.server.prometheus {
        prometheus::read(&args.server, address, &mut census, terminal)?;
    }
    live::read(
        &args.live,
        args.live_nodes,
        &args.server,
        &mut census,
        terminal,
    )?;
    let services = services::of(&project, &roots);
    let planned = |risk: Risk| {
        let mut plans = plan::plan(&census, &sites, &services, |key| Wish {
            risk,
            profile: profiles.of_key(key),
            cpu_limit: args.cpu_limit,
        });
        if !args.only.is_empty() {
            plans.retain(|plan| args.only.contains(&plan.name));
        }
        plans
    };
    let risk = args.risk();
    let plans = planned(risk);
    if plans.is_empty() {
        return Err(no_plans(args, &census));
    }
    let on = args.on(terminal)?;
    let prices = args.prices(on.as_ref())?;
    let packing = on
        .map(|on| Packing::of(&on, &plans, &sites, &project))
        .transpose()?;
    let answer = Answer {
        plans: &plans,
        census: &census,
        sites: &sites,
        services: &services,
        packing,
        project: &project,
        roots: &roots,
        risk,
        prices,
    };
    let text = if args.patch {
        patch::patch(&answer, terminal)
    } else {
        match args.format {
            Format::Text => text::text(&answer, &profiles, args.explain, terminal.width),
            Format::Json => json::json(&answer, &profiles, args.explain)?,
            Format::Markdown => markdown::markdown(&answer, &profiles, args.explain),
            Format::Html => html::html(&answer, &profiles),
            Format::Vpa => objects::vertical(&answer, &planned, terminal)?,
            Format::LimitRange => objects::limit_ranges(&answer)?,
        }
    };
    terminal::print(&text)?;
    Ok(ExitCode::SUCCESS)
}

fn no_plans(args: &SizeArgs, census: &Census) -> Failure {
    let names: Vec<String> = census
        .containers()
        .map(|(key, _)| format!("`{}`", key.workload))
        .take(20)
        .collect();
    if names.is_empty() {
        return Failure::user("nothing was measured in the files given")
            .help("see docs/sizing.md for how measurements are written");
    }
    let only = args.only.join("`, `");
    Failure::user(format!("no workload `{only}` was measured"))
        .help(format!("there are {}", names.join(", ")))
}

impl SizeArgs {
    fn check(&self) -> Result<(), Failure> {
        for (name, value) in [
            ("core-price", self.core_price),
            ("memory-price", self.memory_price),
        ] {
            if !(value.is_finite() && value >= 0.0) {
                return Err(Failure::user(format!("`--{name}` must not be below 0")));
            }
        }
        if let Some((count, _)) = &self.node
            && *count != 1
        {
            return Err(Failure::user("`--node` takes a shape without a number")
                .help("how many are needed is what is found out"));
        }
        match self.cpu_limit {
            Some(ratio) if !(ratio.is_finite() && ratio >= 1.0) => {
                Err(Failure::user("`--cpu-limit` must be at least 1"))
            }
            _ => Ok(()),
        }
    }

    /// What the pods are to be placed on, where it was asked.
    fn on(&self, terminal: &Terminal) -> Result<Option<On>, Failure> {
        if let Some((_, shape)) = &self.node {
            return Ok(Some(On::Shape(shape.clone())));
        }
        let found = if let Some(path) = &self.nodes {
            Some(fit::dump_of_file(path)?)
        } else if self.live_nodes {
            let mut notes = Vec::new();
            let found = fit::dump_of_cluster(&self.live.cluster, &mut notes)?;
            for note in &notes {
                terminal.warn(note);
            }
            Some(found)
        } else {
            None
        };
        let Some((mut nodes, dump)) = found else {
            return match self.node_price.first() {
                Some((name, _)) => Err(Failure::user(format!(
                    "`{name}` has a price, and no nodes are known"
                ))
                .help("give `--nodes FILE` or `--live-nodes`")),
                None => Ok(None),
            };
        };
        prices::apply(&self.node_price, &mut nodes)?;
        Ok(Some(On::Nodes(Stock {
            nodes,
            dump: Some(dump),
        })))
    }

    /// What an hour costs: as flags say, or else the nodes, or else OpenCost.
    fn prices(&self, on: Option<&On>) -> Result<Prices, Failure> {
        let flags = Prices {
            core: self.core_price,
            gib: self.memory_price,
            source: Source::Flags,
        };
        if flags.is_known() {
            return Ok(flags);
        }
        if let Some(prices) = on.and_then(On::prices) {
            return Ok(prices);
        }
        let asked = match &self.server.prometheus {
            Some(address) => prometheus::prices(&self.server, address)?,
            None => None,
        };
        Ok(asked.unwrap_or(flags))
    }

    fn risk(&self) -> Risk {
        match self.risk {
            RiskArg::Low => Risk::Low,
            RiskArg::Medium => Risk::Medium,
            RiskArg::High => Risk::High,
        }
    }
}

/// What kinds of programs there are.
struct Profiles {
    usual: Profile,
    of: Vec<(String, Profile)>,
}

impl Profiles {
    fn parse(texts: &[String]) -> Result<Self, Failure> {
        let mut profiles = Self {
            usual: Profile::default(),
            of: Vec::new(),
        };
        for text in texts {
            let (name, word) = match text.split_once('=') {
                Some((name, word)) => (Some(name), word),
                None => (None, text.as_str()),
            };
            let known = Profile::ALL.into_iter().find(|one| one.name() == word);
            let profile = known.ok_or_else(|| {
                let names = Profile::ALL.map(|one| format!("`{one}`")).join(", ");
                Failure::user(format!("there is no profile `{word}`"))
                    .help(format!("there are {names}"))
            })?;
            match name {
                Some(name) => profiles.of.push((name.to_owned(), profile)),
                None => profiles.usual = profile,
            }
        }
        Ok(profiles)
    }

    fn named(&self, workload: &str, container: &str) -> Profile {
        let own = |name: &str| name == container || name == workload;
        let found = self.of.iter().rev().find(|(name, _)| own(name));
        found.map_or(self.usual, |(_, profile)| *profile)
    }

    fn of_key(&self, key: &Key) -> Profile {
        self.named(&key.workload, &key.container)
    }

    fn of(&self, plan: &Plan, one: &Measured) -> Profile {
        self.named(&plan.name, &one.name)
    }
}

impl Answer<'_> {
    /// `path:line` of a workload's manifest, of the template that writes it, or of a service.
    fn place(&self, plan: &Plan) -> Option<String> {
        if let Some(at) = plan.site {
            return self.place_of(&self.sites[at]);
        }
        let (tree, range) = self.services[plan.service?].place()?;
        let file = self.project.composes.get(tree)?.file;
        Some(self.shown(plimsoll_source::Place { file, range }))
    }

    /// The same of a workload among the manifests.
    fn place_of(&self, site: &Site<'_>) -> Option<String> {
        Some(self.shown(plimsoll_source::Place {
            file: self.project.manifests.get(site.tree)?.file,
            range: site.workload.head(),
        }))
    }

    /// A workload of the same name in another namespace, which may be what was meant, and its place.
    fn elsewhere(&self, plan: &Plan) -> Option<(String, String)> {
        self.sites.iter().find_map(|site| {
            let object = site.workload.object();
            let namespace = object.namespace()?;
            let is_other = object.name()? == plan.name && namespace != plan.namespace;
            is_other.then(|| Some((namespace.into_owned(), self.place_of(site)?)))?
        })
    }

    fn shown(&self, place: plimsoll_source::Place) -> String {
        let origin = self.project.files.origin(place).place;
        let file = self.project.files.get(origin.file);
        let line = file.line_col(origin.range.start).line;
        let path = self.roots.shown(&roots::here(), &file.path);
        format!("{path}:{line}")
    }
}
