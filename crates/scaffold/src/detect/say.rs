//! What the user said overrules what was found.

use super::draft::{Cx, Draft};
use crate::model::{Known, Port, Stack, Topic};

/// Lets it.
pub(crate) fn apply(cx: Cx<'_>, draft: &mut Draft) {
    let folder = draft.folder.clone();
    let mut told: Vec<_> = cx.told.of(&folder).collect();
    // What names the service is applied last and stays.
    told.reverse();
    for said in told {
        if let Some(name) = &said.name {
            draft.name = Some(name.clone());
        }
        if let Some(start) = &said.start {
            draft.start = Some(start.clone());
            settle(draft, Topic::Start);
        }
        if let Some(port) = &said.port {
            draft.port = told_port(port, draft.port.take());
            draft.told_port = true;
            settle(draft, Topic::Port);
        }
        if let Some(health) = &said.health {
            draft.health = vec![health.clone()];
        }
        if let Some(migration) = &said.migration {
            draft.migration = Some(migration.clone()).filter(|known| !known.value.is_empty());
        }
        if let Some(backing) = &said.backing {
            draft.backing.clone_from(backing);
            draft.told_backing = true;
            settle(draft, Topic::Backing);
        }
        if let Some(version) = &said.version {
            if let Some(place) = version_of(&mut draft.stack) {
                *place = version.clone();
            }
            settle(draft, Topic::Version);
        }
        if said.program.is_some() {
            settle(draft, Topic::Program);
        }
    }
}

fn told_port(said: &Known<u16>, found: Option<Known<Port>>) -> Option<Known<Port>> {
    if said.value == 0 {
        return None;
    }
    let before = found.map(|known| known.value);
    Some(said.clone().map(|number| Port {
        number,
        variable: before.as_ref().and_then(|port| port.variable.clone()),
        loopback: before.is_some_and(|port| port.loopback),
    }))
}

fn settle(draft: &mut Draft, topic: Topic) {
    draft.questions.retain(|question| question.topic != topic);
}

fn version_of(stack: &mut Stack) -> Option<&mut Known<String>> {
    Some(match stack {
        Stack::Python(stack) => &mut stack.version,
        Stack::Node(stack) => &mut stack.version,
        Stack::Go(stack) => &mut stack.version,
        Stack::Rust(stack) => &mut stack.version,
        Stack::Jvm(stack) => &mut stack.version,
        Stack::Dotnet(stack) => &mut stack.version,
        Stack::Php(stack) => &mut stack.version,
        Stack::Ruby(stack) => &mut stack.version,
        Stack::Elixir(stack) => &mut stack.version,
        Stack::Deno(stack) => &mut stack.version,
        Stack::Static(_) => return None,
    })
}
