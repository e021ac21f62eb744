//! All that is said of the port of one service, from its image to the Services in front of it,
//! and what of it cannot be true.

mod strays;

use std::collections::BTreeMap;

use plimsoll_k8s::WorkloadKind;
use plimsoll_links::evidence::is_variant;
use plimsoll_links::facts::bases;
use plimsoll_links::facts::environment::Environment;
use plimsoll_links::facts::image::Image;
use plimsoll_links::facts::ports::{Claim, ClaimKind, Listen, Listening, Strength, claims};
use plimsoll_links::facts::runner::Runner;
use plimsoll_links::facts::start::{By, Start};
use plimsoll_links::{LinkKind, Links, Thing};
use plimsoll_source::{Confidence, FileId};

use super::configured;
use crate::Cx;

/// What is said of one service.
pub(super) struct Chain {
    name: String,
    /// What the Dockerfile says besides the process itself.
    exposed: Vec<Claim>,
    /// Where the process of the image listens when nobody says otherwise.
    listening: Listening,
    links: Vec<Run>,
    confidence: Confidence,
    /// The stage, around which the project's own configuration may name a port.
    image: Option<Thing>,
}

/// What one runner says.
struct Run {
    claims: Vec<Claim>,
    listening: Listening,
    /// Whether it leaves the image's process and port as they are.
    plain: bool,
    compose: bool,
    file: FileId,
    name: String,
    /// Whether its image's tag says that it is a variant.
    is_variant: bool,
    /// Probes that ask another port than their like, with the port that these ask.
    strays: Vec<(Claim, u16)>,
}

/// A port that cannot be right.
pub(super) struct Verdict {
    /// The service.
    pub(super) name: String,
    /// The statements of it; the first is the one to report.
    pub(super) wrong: Vec<Claim>,
    /// The port that is right.
    pub(super) right: u16,
    /// What says where the process listens, if something does.
    pub(super) listens: Option<Listen>,
    /// Other statements of the right port.
    pub(super) agreeing: Vec<Claim>,
    pub(super) confidence: Confidence,
    /// Whether the right port may be written without asking.
    pub(super) is_certain: bool,
}

impl Verdict {
    /// Whether PHP-FPM listens there, of which somebody asks a page.
    pub(super) fn speaks_fastcgi(&self) -> bool {
        let is_fpm = |listen: &Listen| listen.what.contains("php-fpm");
        self.listens.as_ref().is_some_and(is_fpm) && self.wrong[0].port != 9000
    }
}

impl Chain {
    /// The chains of a project: one for each stage that something runs, one for each service of
    /// other people's images.
    pub(super) fn all(cx: &Cx<'_>) -> Vec<Self> {
        let links = cx.links;
        let mut found = Vec::new();
        for thing in links.things() {
            if let Thing::Stage { dockerfile, stage } = thing {
                let image = Image::new(cx.project, *dockerfile, *stage);
                found.extend(image.and_then(|image| Self::of_image(links, image)));
            }
        }
        found.extend(Self::of_strangers(links));
        found
    }

    fn of_image<'a>(links: &Links<'a>, image: Image<'a>) -> Option<Self> {
        let runners = links.runners_of(&image.thing());
        let first = runners.first()?;
        let confidence = runners.iter().map(|(_, sure)| *sure).min()?;
        let mut runs = Vec::new();
        let mut closed = None;
        for (runner, _) in &runners {
            runs.extend(Run::new(links, runner, Some(image), &mut closed));
        }
        Some(Self {
            name: name_of(&first.0),
            exposed: Claim::of_image(image),
            listening: configured::settled(
                links,
                image,
                &Start::of_image(image),
                Listening::of_image(image),
                &mut closed,
            ),
            links: runs,
            confidence,
            image: Some(image.thing()),
        })
    }

    /// Services and workloads whose images are not built here: each by itself, and a workload
    /// with the Compose services that are the same service.
    fn of_strangers<'a>(links: &Links<'a>) -> Vec<Self> {
        let mut found = Vec::new();
        let mut closed = None;
        let stands_alone = |runner: &Runner<'a>| links.image_of(runner).is_none();
        let chain = |runner: &Runner<'a>, runs: Vec<Run>| Self {
            name: name_of(runner),
            exposed: Vec::new(),
            listening: Listening::default(),
            links: runs,
            confidence: Confidence::High,
            image: None,
        };
        for service in links.services() {
            let runner = Runner::Service(service);
            if stands_alone(&runner) && is_known(&runner) {
                let run = Run::new(links, &runner, None, &mut closed);
                found.push(chain(&runner, run.into_iter().collect()));
            }
        }
        for (object, _) in links.objects().iter() {
            for container in links.containers(object) {
                let runner = Runner::Container(container);
                if !stands_alone(&runner) {
                    continue;
                }
                let alone = container.pod_is_single();
                let same: Vec<_> = links
                    .to(&Thing::Object(object))
                    .filter(|link| {
                        alone
                            && link.kind == LinkKind::SameAs
                            && link.confidence == Confidence::High
                    })
                    .filter_map(|link| links.service(links.thing(link.from)))
                    .map(Runner::Service)
                    .collect();
                if same.is_empty() && !is_known(&runner) {
                    continue;
                }
                let mut runs: Vec<Run> = same
                    .iter()
                    .filter_map(|service| Run::new(links, service, None, &mut closed))
                    .collect();
                runs.extend(Run::new(links, &runner, None, &mut closed));
                found.push(chain(&runner, runs));
            }
        }
        found
    }

    /// What cannot be right, each wrong port once.
    pub(super) fn verdicts(&self, links: &Links<'_>) -> Vec<Verdict> {
        let mut found: BTreeMap<u16, Verdict> = BTreeMap::new();
        let mut push = |verdict: Verdict| match found.get_mut(&verdict.right) {
            Some(other) => {
                other.is_certain &= verdict.is_certain;
                other.wrong.extend(verdict.wrong);
                other.agreeing.extend(verdict.agreeing);
            }
            None => {
                found.insert(verdict.right, verdict);
            }
        };
        self.exposed_by_itself().into_iter().for_each(&mut push);
        self.exposed_beside_check().into_iter().for_each(&mut push);
        for run in &self.links {
            self.decided(run).into_iter().for_each(&mut push);
            self.voted(run).into_iter().for_each(&mut push);
        }
        for verdict in self.strays(links) {
            let is_told = |other: &Verdict| {
                let mut wrong = other.wrong.iter();
                wrong.any(|claim| claim.port == verdict.wrong[0].port)
            };
            if !found.values().any(is_told) {
                found.entry(verdict.right).or_insert(verdict);
            }
        }
        let mut all: Vec<Verdict> = found.into_values().collect();
        // What the configuration names is not wrong, unless the process is told otherwise.
        let image = self.image.as_ref().and_then(|thing| match thing {
            Thing::Stage { dockerfile, stage } => Image::new(links.project(), *dockerfile, *stage),
            _ => None,
        });
        if let Some(image) = image
            && all.iter().any(|verdict| verdict.listens.is_none())
        {
            let port = configured::port(links.project(), image.file());
            let unsaid = self.links.iter().any(|run| run.listening.unsaid);
            all.retain(|verdict| {
                let wrong = verdict.wrong[0].port;
                let named = || unsaid && configured::is_mentioned(links, image, wrong);
                verdict.listens.is_some() || (port != Some(wrong) && !named())
            });
        }
        // One wrong port is told once, by what is surest; what is right for it is not wrong.
        all.sort_by_key(|verdict| {
            let agreeing = usize::MAX - verdict.agreeing.len();
            (verdict.listens.is_none(), agreeing, verdict.right)
        });
        let mut told: Vec<u16> = Vec::new();
        let mut right: Vec<u16> = Vec::new();
        all.retain(|verdict| {
            let port = verdict.wrong[0].port;
            let new = !told.contains(&port) && !right.contains(&port);
            told.push(port);
            right.push(verdict.right);
            new
        });
        all
    }

    /// EXPOSE against the process of the same image.
    fn exposed_by_itself(&self) -> Option<Verdict> {
        let ports: Vec<&Claim> = self
            .exposed
            .iter()
            .filter(|claim| claim.kind == ClaimKind::Exposed && !claim.aside)
            .collect();
        let (listening, [claim]) = (&self.listening, ports.as_slice()) else {
            return None;
        };
        let listen = the_only(listening)?;
        // Something that a runner decides may be what EXPOSE means.
        if listening.has(claim.port) || self.links.iter().any(|run| run.says(claim.port)) {
            return None;
        }
        Some(Verdict {
            name: self.name.clone(),
            wrong: vec![(*claim).clone()],
            right: listen.port,
            listens: Some(listen.clone()),
            agreeing: self.agreeing(listen.port),
            confidence: self.confidence,
            is_certain: listen.variable.is_none(),
        })
    }

    /// EXPOSE against the HEALTHCHECK of the same image, where every runner says the latter's
    /// port: variables move both or none.
    fn exposed_beside_check(&self) -> Option<Verdict> {
        let ports = |kind: ClaimKind| {
            let of_kind = self.exposed.iter().filter(move |claim| claim.kind == kind);
            of_kind.collect::<Vec<&Claim>>()
        };
        let (exposed, checked) = (ports(ClaimKind::Exposed), ports(ClaimKind::Healthcheck));
        let ([claim], [check]) = (exposed.as_slice(), checked.as_slice()) else {
            return None;
        };
        let runs = || self.links.iter().filter(|run| !run.claims.is_empty());
        let is_said = runs().any(|run| run.says(claim.port));
        let is_united = runs().next().is_some() && runs().all(|run| run.says(check.port));
        let listens = |port| {
            let mut all = runs().map(|run| &run.listening).chain([&self.listening]);
            all.any(|listening| listening.has(port))
        };
        let stands_apart = !claim.aside && !check.aside && claim.port != check.port;
        (stands_apart && is_united && !is_said && !listens(claim.port)).then(|| Verdict {
            name: self.name.clone(),
            wrong: vec![(*claim).clone()],
            right: check.port,
            listens: None,
            agreeing: self.agreeing(check.port),
            confidence: self.confidence,
            is_certain: false,
        })
    }

    /// A runner's statements against where its process evidently listens.
    fn decided(&self, run: &Run) -> Vec<Verdict> {
        let listening = &run.listening;
        if listening.open || listening.unsaid || listening.ports.is_empty() {
            return Vec::new();
        }
        let main = listening
            .ports
            .iter()
            .find(|listen| run.says(listen.port))
            .unwrap_or(&listening.ports[0]);
        let wrong: Vec<Claim> = run
            .claims
            .iter()
            .filter(|claim| claim.kind != ClaimKind::Variable && !claim.by_name && !claim.aside)
            .filter(|claim| !listening.has(claim.port) && !run.is_told_elsewhere(claim))
            .cloned()
            .collect();
        if listening.whole {
            let wrong: Vec<Claim> = wrong
                .into_iter()
                .filter(|claim| !self.may_be_another(run, claim))
                .collect();
            // Where only names tell whose image it is, a tag of its own may be another one.
            let doubtful = self.confidence == Confidence::Medium && run.is_variant;
            return (!wrong.is_empty() && !doubtful)
                .then(|| self.verdict(wrong, main, true))
                .into_iter()
                .collect();
        }
        // It may listen elsewhere too: only where nothing meets, and all agree among themselves.
        let serving = wrong;
        let first = serving.first().map(|claim| claim.port);
        let single = first.is_some_and(|port| serving.iter().all(|claim| claim.port == port));
        let met = run.claims.iter().any(|claim| listening.has(claim.port));
        let aside = run.claims.iter().any(|claim| claim.aside);
        if !single || met || aside || listening.ports.len() > 1 {
            return Vec::new();
        }
        vec![self.verdict(serving, main, false)]
    }

    /// Whether a port beside the right one may be one more that the program opens by itself.
    fn may_be_another(&self, run: &Run, claim: &Claim) -> bool {
        let right = |other: &&Claim| run.listening.has(other.port);
        match claim.kind {
            ClaimKind::Probe(_) | ClaimKind::ServiceHealthcheck | ClaimKind::Healthcheck => {
                let others = self.exposed.iter().chain(&run.claims);
                let stated = others
                    .filter(|other| other.kind != claim.kind)
                    .any(|other| other.port == claim.port);
                stated && run.claims.iter().any(|other| right(&other))
            }
            kind => run
                .claims
                .iter()
                .filter(|other| other.kind == kind)
                .any(|other| right(&other)),
        }
    }

    fn verdict(&self, wrong: Vec<Claim>, listen: &Listen, whole: bool) -> Verdict {
        let evident = listen.strength == Strength::Evident;
        Verdict {
            name: self.name.clone(),
            wrong,
            right: listen.port,
            listens: Some(listen.clone()),
            agreeing: self.agreeing(listen.port),
            confidence: if whole {
                self.confidence
            } else {
                Confidence::Medium
            },
            is_certain: whole && evident,
        }
    }

    /// A runner's statements against those of all others, where nothing tells where the process
    /// listens, or not that it listens nowhere else.
    fn voted(&self, run: &Run) -> Vec<Verdict> {
        if run.listening.whole || run.listening.open {
            return Vec::new();
        }
        let others = self.links.iter().filter(|other| {
            // Of other workloads nothing is asked: each has its own world. Compose files may be of
            // different times; a workload is compared with them where they agree.
            std::ptr::eq(*other, run) || (other.compose && other.plain && run.plain && !run.compose)
        });
        // One image in several roles: its EXPOSE is for one of them.
        let roles = self.links.iter().any(|other| {
            other.compose == run.compose
                && (other.file == run.file || !run.compose)
                && other.name != run.name
                && !other.claims.iter().any(|claim| run.says(claim.port))
        });
        if roles {
            return Vec::new();
        }
        let mut voters: BTreeMap<Voter, Vec<Claim>> = BTreeMap::new();
        for (number, other) in others.enumerate() {
            let number = if std::ptr::eq(other, run) {
                usize::MAX
            } else {
                number
            };
            for claim in &other.claims {
                if !claim.by_name && !claim.aside {
                    let voter = Voter::of(claim.kind, number);
                    voters.entry(voter).or_default().push(claim.clone());
                }
            }
        }
        if run.plain && !self.listening.open {
            for claim in self.exposed.iter().filter(|claim| !claim.aside) {
                let voter = Voter::of(claim.kind, usize::MAX);
                voters.entry(voter).or_default().push(claim.clone());
            }
        }
        let mine = |voter: &Voter| voter.run == usize::MAX;
        let backing = |port: u16, but: Option<&Voter>| {
            voters
                .iter()
                .filter(|(voter, said)| {
                    Some(*voter) != but && said.iter().any(|claim| claim.port == port)
                })
                .count()
        };
        let mut found = Vec::new();
        for (voter, said) in voters.iter().filter(|(voter, _)| mine(voter)) {
            if said.iter().any(|claim| run.is_told_elsewhere(claim)) {
                continue;
            }
            let alone = said
                .iter()
                .all(|claim| backing(claim.port, Some(voter)) == 0);
            if !alone || by_port(said.clone()).len() != 1 {
                continue;
            }
            let best = voters
                .iter()
                .filter(|(other, _)| *other != voter)
                .flat_map(|(_, said)| said)
                .map(|claim| (backing(claim.port, Some(voter)), claim.port))
                .max();
            let Some((count, right)) = best else { continue };
            let rest: Vec<_> = voters.iter().filter(|(other, _)| *other != voter).collect();
            let united = rest
                .iter()
                .all(|(_, said)| said.iter().any(|claim| claim.port == right));
            // Where the process says something, it has to say the same.
            let known = &run.listening;
            let united = united && (known.ports.is_empty() || known.has(right));
            if !united || !self.outvoted(voter, count, &rest) {
                continue;
            }
            let agreeing = rest
                .iter()
                .flat_map(|(_, said)| said.iter())
                .filter(|claim| claim.port == right)
                .cloned()
                .collect();
            found.push(Verdict {
                name: self.name.clone(),
                wrong: said.clone(),
                right,
                listens: None,
                agreeing,
                confidence: Confidence::Medium,
                is_certain: false,
            });
        }
        found
    }

    /// Whether the others outweigh a voter: two against one, or one port of the Dockerfile or of
    /// Compose against the one of the container.
    fn outvoted(&self, voter: &Voter, count: usize, rest: &[(&Voter, &Vec<Claim>)]) -> bool {
        let kind = voter.kind;
        let apart = rest.iter().any(|(other, _)| other.side() != voter.side());
        if count >= 2 {
            // Within one manifest another port may well be meant: a second endpoint.
            if !apart {
                return false;
            }
            // EXPOSE is written by whoever writes the program; it is not outvoted by manifests
            // that copy from each other, only by Compose and manifests together.
            let sides: Vec<Side> = rest.iter().map(|(voter, _)| voter.side()).collect();
            return match kind {
                Kind::Exposed => sides.iter().any(|side| *side != sides[0]),
                // The Service in front has a rule of its own.
                Kind::ServiceTarget => sides.iter().any(|side| *side != Side::Cluster),
                _ => true,
            };
        }
        let [(other, said)] = rest else { return false };
        let single = by_port((*said).clone()).len() == 1;
        single
            && match kind {
                Kind::ContainerPort => other.side() != Side::Cluster,
                Kind::Target => other.kind == Kind::Exposed,
                _ => false,
            }
    }

    /// The statements of a port, by anyone.
    fn agreeing(&self, port: u16) -> Vec<Claim> {
        let runs = self.links.iter().flat_map(|run| &run.claims);
        self.exposed
            .iter()
            .chain(runs)
            .filter(|claim| claim.port == port && claim.kind != ClaimKind::Variable)
            .cloned()
            .collect()
    }
}

impl Run {
    fn new<'a>(
        links: &Links<'a>,
        runner: &Runner<'a>,
        image: Option<Image<'a>>,
        closed: &mut Option<bool>,
    ) -> Option<Self> {
        if let Runner::Container(one) = runner
            && (one.workload.kind() == WorkloadKind::KnativeService
                || one.workload.kind().runs_to_completion())
        {
            return None;
        }
        let set = image.map(Environment::of_image).unwrap_or_default();
        let claims = claims(links, runner, &set);
        if claims.is_empty() {
            return None;
        }
        let listening = Listening::of(links, runner, image);
        let start = Start::of(runner, image);
        let mut listening = match image {
            Some(image) => configured::settled(links, image, &start, listening, closed),
            None => listening,
        };
        // An overlay may give the variable that decides.
        let overlaid = configured::may_be_moved(links.project(), runner);
        listening.open |= overlaid;
        let moved = overlaid || configured::moves(links, runner, image, &claims);
        Some(Self {
            plain: start.by != By::Runner && !moved,
            compose: matches!(runner, Runner::Service(_)),
            file: runner.file(),
            name: name_of(runner),
            is_variant: runner
                .reference()
                .is_some_and(|image| image.tag().is_some_and(is_variant)),
            strays: strays::of(links, runner, &start, &claims),
            claims,
            listening,
        })
    }

    /// Whether the rule about target ports that no container declares speaks of it.
    fn is_told_elsewhere(&self, claim: &Claim) -> bool {
        let mut declared = self
            .claims
            .iter()
            .filter(|other| other.kind == ClaimKind::ContainerPort)
            .peekable();
        claim.kind == ClaimKind::ServiceTarget
            && claim.only
            && declared.peek().is_some()
            && !declared.any(|other| other.port == claim.port)
            // Where the process says that the Service is right, the container's port is wrong.
            && !self.listening.has(claim.port)
    }

    fn says(&self, port: u16) -> bool {
        self.claims.iter().any(|claim| claim.port == port)
    }
}

/// The one port of a process that listens nowhere else.
fn the_only(listening: &Listening) -> Option<&Listen> {
    match listening.ports.as_slice() {
        [one] if listening.whole && !listening.open => Some(one),
        _ => None,
    }
}

fn by_port(claims: Vec<Claim>) -> Vec<Vec<Claim>> {
    let mut found: BTreeMap<u16, Vec<Claim>> = BTreeMap::new();
    for claim in claims {
        found.entry(claim.port).or_default().push(claim);
    }
    found.into_values().collect()
}

fn name_of(runner: &Runner<'_>) -> String {
    match runner {
        Runner::Service(one) => one.service.name().into_owned(),
        Runner::Container(one) => one.container.label().into_owned(),
    }
}

/// Whether the image is one whose ports are known.
fn is_known(runner: &Runner<'_>) -> bool {
    runner
        .reference()
        .and_then(|image| bases::known(&image))
        .is_some_and(|known| known.server.is_some_and(|server| !server.ports.is_empty()))
}

/// Where a statement stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Side {
    Dockerfile,
    Compose,
    Cluster,
}

/// The kinds of statements that speak with one voice.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Kind {
    Exposed,
    Healthcheck,
    Target,
    ServiceHealthcheck,
    Variable,
    ContainerPort,
    Startup,
    Readiness,
    Liveness,
    ServiceTarget,
}

/// One voice: a kind of statement of one runner.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Voter {
    kind: Kind,
    run: usize,
}

impl Voter {
    fn of(kind: ClaimKind, run: usize) -> Self {
        use plimsoll_k8s::ProbeRole;
        let kind = match kind {
            ClaimKind::Exposed => Kind::Exposed,
            ClaimKind::Healthcheck => Kind::Healthcheck,
            ClaimKind::Target | ClaimKind::ServiceExposes => Kind::Target,
            ClaimKind::ServiceHealthcheck => Kind::ServiceHealthcheck,
            ClaimKind::Variable => Kind::Variable,
            ClaimKind::ContainerPort => Kind::ContainerPort,
            ClaimKind::Probe(ProbeRole::Startup) => Kind::Startup,
            ClaimKind::Probe(ProbeRole::Readiness) => Kind::Readiness,
            ClaimKind::Probe(ProbeRole::Liveness) => Kind::Liveness,
            ClaimKind::ServiceTarget => Kind::ServiceTarget,
        };
        Self { kind, run }
    }

    fn side(self) -> Side {
        match self.kind {
            Kind::Exposed | Kind::Healthcheck => Side::Dockerfile,
            Kind::Target | Kind::ServiceHealthcheck => Side::Compose,
            Kind::Variable => Side::Dockerfile,
            Kind::ContainerPort
            | Kind::Startup
            | Kind::Readiness
            | Kind::Liveness
            | Kind::ServiceTarget => Side::Cluster,
        }
    }
}
