//! The Compose file with what lies beside it, once it is known what waits for what.

use std::collections::{BTreeMap, BTreeSet};

use super::health::Health;
use super::{Cx, Unit, compose_file, mounts};
use crate::compose::companions;
use crate::emit::{List, Map};
use crate::model::Evidence;
use crate::written::Written;

/// Everything that is written for a developer's machine.
pub(super) fn written(cx: &Cx<'_>, units: Vec<Unit>) -> Vec<Written> {
    let Some(first) = units.first() else {
        return Vec::new();
    };
    let why = first.why.clone();
    let waits = waits(&units);
    let mut services = Map::new();
    for (number, unit) in units.into_iter().enumerate() {
        if number > 0 {
            services = services.gap();
        }
        let mut body = unit.body;
        if !unit.aliases.is_empty() {
            let mut aliases = List::new();
            for alias in &unit.aliases {
                aliases = aliases.item(alias.as_str());
            }
            let network = Map::new().put("default", Map::new().put("aliases", aliases));
            body = body.put("networks", network);
        }
        let mut depends = Map::new();
        for (name, condition) in &waits[number] {
            depends = depends.put(name.as_str(), Map::new().put("condition", *condition));
        }
        if !depends.is_empty() {
            body = body.put("depends_on", depends);
        }
        services = services.put(unit.name, body).why(&unit.why);
        if let Some(note) = unit.note {
            services = services.note(note);
        }
    }
    let mut written = vec![compose_file(cx, services, &why)];
    let env = cx.env.borrow();
    if !env.entries.is_empty() {
        written.push(companions::env_example(&env.entries, &why));
    }
    written.push(ignored(cx));
    written.extend(cx.beside.borrow().values().cloned());
    written
}

/// What has to be there before each service starts: its name, and in what state.
fn waits(units: &[Unit]) -> Vec<BTreeMap<String, &'static str>> {
    let mut waits: Vec<BTreeMap<String, &'static str>> = vec![BTreeMap::new(); units.len()];
    let mains: BTreeMap<usize, usize> = units
        .iter()
        .enumerate()
        .filter(|(_, unit)| unit.is_main)
        .map(|(number, unit)| (unit.work, number))
        .collect();
    // What each workload waits for, for nothing may wait for itself in the end.
    let mut edges: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
    for (number, unit) in units.iter().enumerate() {
        let sure = unit.waits.iter().map(|work| (*work, true));
        let maybe = unit
            .calls
            .difference(&unit.waits)
            .map(|work| (*work, false));
        for (work, is_waiting) in sure.chain(maybe) {
            let Some(&main) = mains.get(&work).filter(|_| work != unit.work) else {
                continue;
            };
            // What runs by a profile is not there to be waited for.
            if units[main].profile.is_some() || leads(&edges, work, unit.work) {
                continue;
            }
            edges.entry(unit.work).or_default().insert(work);
            let condition = match units[main].health {
                Health::Sure => "service_healthy",
                Health::Hoped if is_waiting => "service_healthy",
                Health::Hoped | Health::None => "service_started",
            };
            waits[number].insert(units[main].name.clone(), condition);
        }
        let own: Vec<&Unit> = units.iter().filter(|one| one.work == unit.work).collect();
        let firsts: Vec<&&Unit> = own
            .iter()
            .take_while(|one| one.name != unit.name)
            .filter(|one| one.is_first)
            .collect();
        for first in firsts {
            waits[number].insert(first.name.clone(), "service_completed_successfully");
        }
        // What waits in the pod waits before anything of it starts.
        if unit.is_first
            && let Some(&main) = mains.get(&unit.work)
        {
            for work in &units[main].waits {
                if let Some(&other) = mains.get(work).filter(|_| *work != unit.work)
                    && !leads(&edges, *work, unit.work)
                {
                    let condition = match units[other].health {
                        Health::Sure | Health::Hoped => "service_healthy",
                        Health::None => "service_started",
                    };
                    waits[number].insert(units[other].name.clone(), condition);
                }
            }
        }
    }
    waits
}

/// Whether one workload waits for another, directly or not.
fn leads(edges: &BTreeMap<usize, BTreeSet<usize>>, from: usize, to: usize) -> bool {
    let mut open = vec![from];
    let mut seen = BTreeSet::new();
    while let Some(at) = open.pop() {
        if at == to {
            return true;
        }
        if seen.insert(at) {
            open.extend(edges.get(&at).into_iter().flatten());
        }
    }
    false
}

/// Lines for `.gitignore`.
fn ignored(cx: &Cx<'_>) -> Written {
    let mut written = Written::new(".gitignore");
    let says = "both are one person's own, and `.env` holds passwords";
    written.push(".env\ncompose.override.yaml", vec![Evidence::table(says)]);
    let kept = cx.kept.borrow();
    if !kept.is_empty() {
        let why = kept.values().flat_map(|(_, why)| why.clone()).collect();
        written.push(format!("{}/", mounts::SECRETS), why);
    }
    for path in cx.env_files.borrow().iter() {
        let says = "it holds the variables of a Secret";
        written.push(path.as_str(), vec![Evidence::table(says)]);
    }
    written
}
