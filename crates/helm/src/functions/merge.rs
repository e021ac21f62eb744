//! `merge` and `mergeOverwrite`, as dario.cat/mergo merges maps: into the first one, which
//! shares what it takes over.

use plimsoll_gotmpl::value::Kind;
use plimsoll_gotmpl::{Arguments, Call, CallError, Map, Str, Trace, Traced, Type, Value};

use super::flow::{decides, joined};
use super::{Answer, Entry, entry};

pub(super) const FUNCTIONS: &[Entry] = &[
    entry("merge", "map map...", |call, arguments| {
        merge_or_nothing(call, arguments, false)
    })
    .writes(),
    entry("mustMerge", "map map...", |call, arguments| {
        merge(call, arguments, false)?.map_err(CallError::from)
    })
    .writes(),
    entry("mergeOverwrite", "map map...", |call, arguments| {
        merge_or_nothing(call, arguments, true)
    })
    .writes(),
    entry("mustMergeOverwrite", "map map...", |call, arguments| {
        merge(call, arguments, true)?.map_err(CallError::from)
    })
    .writes(),
];

/// What mergo says when a pointer meets what is none.
const DIFFERENT: &str = "src and dst must be of same type";

/// Maps in maps: merging goes no deeper.
const MAX_DEPTH: u32 = 256;

fn merge_or_nothing(call: &mut Call<'_>, arguments: &[Traced], overwrite: bool) -> Answer {
    match merge(call, arguments, overwrite)? {
        Ok(reply) => Ok(reply),
        // The reference swallows the error.
        Err(_) => Ok("".into()),
    }
}

/// The inner error is mergo's own, the outer one ends the call.
fn merge(
    call: &mut Call<'_>,
    arguments: &[Traced],
    overwrite: bool,
) -> Result<Result<plimsoll_gotmpl::Reply, &'static str>, CallError> {
    let mut into = arguments.at(0)?.clone();
    for (index, from) in arguments.iter().enumerate().skip(1) {
        let source = arguments.map(index)?;
        if let Value::Map(map) = &into.value
            && map.is_nil()
            && !source.is_nil()
        {
            into.value = Map::new().into();
        }
        let Value::Map(target) = &into.value else {
            continue;
        };
        let target = target.clone();
        let merging = Merging { overwrite };
        if let Err(fault) = merging.maps(call, &target, from, source, 0)? {
            return Ok(Err(fault));
        }
    }
    Ok(Ok(into.into()))
}

#[derive(Clone, Copy)]
struct Merging {
    overwrite: bool,
}

type Merged = Result<Result<(), &'static str>, CallError>;

impl Merging {
    fn maps(
        self,
        call: &mut Call<'_>,
        into: &Map,
        from: &Traced,
        source: &Map,
        depth: u32,
    ) -> Merged {
        if depth > MAX_DEPTH {
            return Err(format!(
                "maps are nested more than {MAX_DEPTH} levels deep, or contain themselves"
            )
            .into());
        }
        let entries = source.entries();
        call.charge_steps(entries.len() as u64)?;
        let outer = call.union(from.trace, source.taint());
        for (key, entry) in entries {
            let entry = joined(call, &entry, outer);
            if let Err(fault) = self.entry(call, into, key, &entry, source.element_type(), depth)? {
                return Ok(Err(fault));
            }
        }
        call.took_over(into, from);
        Ok(Ok(()))
    }

    fn entry(
        self,
        call: &mut Call<'_>,
        into: &Map,
        key: Str,
        entry: &Traced,
        element: &Type,
        depth: u32,
    ) -> Merged {
        let known = into.get(key.bytes());
        if let Value::Nil = entry.value {
            if self.overwrite {
                self.put(call, into, key, entry, known.as_ref(), element)?;
            } else {
                // Had it been no nil, the key would be there.
                let by = call.as_condition(entry.trace);
                call.depends_on(into, by);
            }
            return Ok(Ok(()));
        }
        let kind = entry.value.kind();
        if let Value::Map(source) = &entry.value
            && let Some(Value::Map(target)) = known.as_ref().map(|known| &known.value)
        {
            if !target.is_nil()
                && let Err(fault) = self.maps(call, target, entry, source, depth + 1)?
            {
                return Ok(Err(fault));
            }
        } else if let Some(known) = &known
            && matches!(kind, Kind::Struct | Kind::Map)
            && known.value.kind() == Kind::Pointer
            && !self.overwrite
        {
            return Ok(Err(DIFFERENT));
        }
        let kept = known.as_ref().filter(|known| !is_empty(&known.value));
        if let Some(kept) = kept {
            let both_maps = kind == Kind::Map && kept.value.kind() == Kind::Map;
            if both_maps || kind == Kind::Slice && !self.overwrite {
                return Ok(Ok(()));
            }
        }
        if self.overwrite || kept.is_none() {
            self.put(call, into, key, entry, known.as_ref(), element)?;
        }
        Ok(Ok(()))
    }

    /// Puts an entry of the source into the map, where another one may have been.
    fn put(
        self,
        call: &mut Call<'_>,
        into: &Map,
        key: Str,
        entry: &Traced,
        known: Option<&Traced>,
        element: &Type,
    ) -> Result<(), CallError> {
        let wanted = into.element_type();
        if !element.fits(wanted) {
            // A slice is taken out of its interface first.
            let element = match entry.value.kind() {
                Kind::Slice => entry.value.type_of(),
                _ => element.clone(),
            };
            return Err(format!(
                "reflect.Value.SetMapIndex: value of type {element} is not assignable to type {wanted}"
            )
            .into());
        }
        let by = match known {
            _ if self.overwrite => Trace::NONE,
            Some(known) => decides(call, known),
            None => call.absent(&Traced::from(into.clone()), key.bytes()),
        };
        call.insert_by(into, key, entry.clone(), by)
    }
}

/// Whether mergo takes a value for unset.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Complex(_) => false,
        Value::Object(object) => object.is_pointer() && object.is_nil(),
        value => !value.truth(),
    }
}
