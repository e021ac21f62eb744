//! KEDA's ScaledObjects, as KEDA 2.20.2 reads them: the HPA that one becomes
//! (`newHPAForScaledObject`), and KEDA's own loop between zero and some replicas.
//!
//! What triggers measure is not known here; [`Drive`] says what a replay takes for it.

mod cron;
mod executor;
mod triggers;

use plimsoll_hpa::spec::Reference;
use plimsoll_hpa::{Behavior, Hpa, Select};
use plimsoll_k8s::Object;
use plimsoll_yaml::{Kind, Node};

use crate::manifest::{behavior, int, list, string, text};

pub use cron::{Clock, ClockError};
pub use executor::{Cause, Memory, Poll, Request};
pub use triggers::{Drive, Trigger, TriggerError};

/// The version of KEDA that this follows.
pub const VERSION: &str = "2.20.2";

/// What a ScaledObject says beyond its HPA.
#[derive(Clone, PartialEq, Debug)]
pub struct Keda {
    /// `metadata.name`.
    pub name: String,
    /// `minReplicaCount`; 0 where absent.
    pub min: i32,
    /// `idleReplicaCount`.
    pub idle: Option<i32>,
    /// `pollingInterval`, in seconds.
    pub polling: i32,
    /// `cooldownPeriod`, in seconds.
    pub cooldown: i32,
    /// `initialCooldownPeriod`, in seconds.
    pub initial_cooldown: i32,
    /// `fallback.replicas`.
    pub fallback: Option<i32>,
    /// Annotations `paused` and `paused-replicas`.
    pub paused: Paused,
    /// Annotation `paused-scale-in`.
    pub pause_in: bool,
    /// Annotation `paused-scale-out`.
    pub pause_out: bool,
    /// Annotation `force-activation`.
    pub forced: bool,
    /// `advanced.scalingModifiers`: its metric takes the place of those from outside, and its
    /// `activationTarget`, if there is a formula.
    pub modifiers: Option<f64>,
    /// The triggers, in the order of the metrics of the HPA.
    pub triggers: Vec<Trigger>,
    /// How deep the mappings reach that hold `behavior`, for a patch: 0 where there is no
    /// `spec.advanced`, 1 where it has no `horizontalPodAutoscalerConfig`, 2 else.
    pub advanced: usize,
}

/// Whether nothing scales a target.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Paused {
    /// It is scaled.
    #[default]
    Not,
    /// The number stays as it is.
    Here,
    /// The number is set to this and stays.
    At(i32),
}

/// A ScaledObject.
#[derive(Clone, PartialEq, Debug)]
pub struct Scaled {
    /// The HPA that KEDA makes of it.
    pub hpa: Hpa,
    /// The rest.
    pub keda: Keda,
}

/// The defaults of `pollingInterval`, `cooldownPeriod` and `maxReplicaCount`.
const POLLING: i32 = 30;
const COOLDOWN: i32 = 300;
const MAX: i32 = 100;

/// What a ScaledObject asks for.
///
/// # Errors
///
/// What it lacks, or why KEDA refuses it, in one phrase.
pub fn scaled(object: Object<'_>) -> Result<Scaled, String> {
    let spec = object.spec().ok_or("there is no `spec`")?;
    let reference = spec.get("scaleTargetRef").map(Node::resolve);
    let reference = reference.ok_or("there is no `spec.scaleTargetRef`")?;
    let target = Reference {
        api_version: string(reference, "apiVersion").unwrap_or_else(|| "apps/v1".to_owned()),
        kind: string(reference, "kind").unwrap_or_else(|| "Deployment".to_owned()),
        name: string(reference, "name").ok_or("there is no `spec.scaleTargetRef.name`")?,
    };
    let mut triggers = Vec::new();
    for (number, node) in list(spec, "triggers").enumerate() {
        let read = triggers::read(node, number).map_err(|error| error.to_string())?;
        triggers.extend(read);
    }
    if triggers.is_empty() {
        return Err("there are no `spec.triggers`".to_owned());
    }
    let modifiers = spec
        .at(&["advanced", "scalingModifiers"])
        .map(Node::resolve);
    let formula = modifiers.filter(|node| string(*node, "formula").is_some());
    let modifiers = match formula {
        Some(node) => Some(triggers::compose(node, &mut triggers)?),
        None => None,
    };
    // `getScaledObjectMetricSpecs` sorts by type.
    triggers.sort_by_key(|one| triggers::type_name(&one.metric));
    let config = spec.at(&["advanced", "horizontalPodAutoscalerConfig"]);
    let config = config.map(Node::resolve);
    let own = config
        .and_then(|node| node.get("behavior"))
        .map(Node::resolve)
        .filter(|node| node.kind() == Kind::Mapping)
        .map(behavior);
    let min = int(spec, "minReplicaCount").unwrap_or(0);
    let keda = Keda {
        name: text(object.name()).unwrap_or_default(),
        min,
        idle: int(spec, "idleReplicaCount"),
        polling: int(spec, "pollingInterval").unwrap_or(POLLING).max(1),
        cooldown: int(spec, "cooldownPeriod").unwrap_or(COOLDOWN).max(0),
        initial_cooldown: int(spec, "initialCooldownPeriod").unwrap_or(0).max(0),
        fallback: spec
            .present("fallback")
            .map(|node| int(node.resolve(), "replicas").unwrap_or(0)),
        paused: paused(object)?,
        pause_in: flag(object, "paused-scale-in"),
        pause_out: flag(object, "paused-scale-out"),
        forced: flag(object, "force-activation"),
        modifiers,
        advanced: match (spec.present("advanced"), config) {
            (None, _) => 0,
            (Some(_), None) => 1,
            (Some(_), Some(_)) => 2,
        },
        triggers,
    };
    let max = int(spec, "maxReplicaCount").unwrap_or(MAX);
    check(&keda, max)?;
    let name = config.and_then(|node| string(node, "name"));
    let hpa = Hpa {
        namespace: text(object.namespace()).unwrap_or_else(|| "default".to_owned()),
        name: name.unwrap_or_else(|| format!("keda-hpa-{}", keda.name)),
        generation: 1,
        target,
        min_replicas: Some(keda.first()),
        max_replicas: max,
        metrics: keda.triggers.iter().map(|one| one.metric.clone()).collect(),
        behavior: keda.behavior(own),
    };
    Ok(Scaled { hpa, keda })
}

/// `CheckReplicaCountBoundsAreValid`.
fn check(keda: &Keda, max: i32) -> Result<(), String> {
    let min = keda.min;
    if min > max {
        return Err(format!(
            "`minReplicaCount` is {min}, more than `maxReplicaCount` with {max}"
        ));
    }
    match keda.idle {
        Some(idle) if idle >= min => Err(format!(
            "`idleReplicaCount` is {idle}, which must be less than `minReplicaCount` with {min}"
        )),
        _ => Ok(()),
    }
}

impl Keda {
    /// The behavior of the HPA: a paused direction is disabled.
    fn behavior(&self, own: Option<Behavior>) -> Option<Behavior> {
        if !self.pause_in && !self.pause_out {
            return own;
        }
        let mut behavior = own.unwrap_or_default();
        if self.pause_in {
            behavior.down.select = Select::Disabled;
        }
        if self.pause_out {
            behavior.up.select = Select::Disabled;
        }
        Some(behavior)
    }

    /// Whether there are times without replicas, or with `idleReplicaCount` of them.
    pub fn sleeps(&self) -> bool {
        (self.min == 0 || self.idle.is_some()) && !self.is_of_pods()
    }

    /// Whether all triggers are of pods that run: then KEDA takes them to be active always.
    pub fn is_of_pods(&self) -> bool {
        let mut all = self.triggers.iter();
        all.all(|one| matches!(one.drive, Drive::Pods))
    }

    /// Works out when the triggers of type `cron` are active in a load that begins at `begin`
    /// (seconds since 1970) and lasts so many seconds.
    ///
    /// # Errors
    ///
    /// [`ClockError::Restless`].
    pub fn unroll(&mut self, begin: f64, seconds: f64) -> Result<(), ClockError> {
        for trigger in &mut self.triggers {
            if let Drive::Clock { clock, spans, .. } = &mut trigger.drive {
                *spans = clock.spans(begin, seconds)?.into();
            }
        }
        Ok(())
    }
}

/// The prefix of KEDA's annotations.
const PREFIX: &str = "autoscaling.keda.sh/";

fn annotation(object: Object<'_>, name: &str) -> Option<String> {
    let key = format!("{PREFIX}{name}");
    let found = object.annotations().get(&key)?;
    Some(found.into_owned())
}

/// `getBoolAnnotation`: what `strconv.ParseBool` does not read counts as true.
fn flag(object: Object<'_>, name: &str) -> bool {
    let value = annotation(object, name);
    value.is_some_and(|value| !matches!(&*value, "0" | "f" | "F" | "false" | "FALSE" | "False"))
}

fn paused(object: Object<'_>) -> Result<Paused, String> {
    if let Some(count) = annotation(object, "paused-replicas") {
        let count: i32 = count.parse().map_err(|_| {
            format!("the annotation `{PREFIX}paused-replicas` is `{count}`, no number")
        })?;
        return Ok(Paused::At(count));
    }
    Ok(if flag(object, "paused") {
        Paused::Here
    } else {
        Paused::Not
    })
}

#[cfg(test)]
mod tests;
