//! From a completed model to the fields of the reference's types: words split, sizes and
//! durations read, pairs put together.
//!
//! Follows compose-go's `types` package and the way in which mapstructure fills it: what a type
//! does not know is dropped, `null` is nothing, a string is cast to a number or boolean.

mod scalars;
pub(super) mod types;
pub(super) mod words;

use super::context::{Cx, Refused, Resolving};
use super::item::{Data, Entry, Item, Map};
use super::refusal::Reason;
use super::trail::Trail;
use super::values;
use types::{EXTENSIONS, Struct, Ty};

/// Takes the `x-` keys of every mapping out and puts them under [`EXTENSIONS`], names of the
/// user's own excepted.
pub(super) fn separate_extensions(item: &mut Item, trail: &Trail<'_>) {
    const USER_KEYS: [&[&str]; 6] = [
        &["services"],
        &["services", "*", "depends_on"],
        &["volumes"],
        &["networks"],
        &["secrets"],
        &["configs"],
    ];
    match &mut item.data {
        Data::Map(map) => {
            if !trail.matches_any(&USER_KEYS) && map.iter().any(|e| e.key().starts_with("x-")) {
                let trace = item.trace;
                let whole = std::mem::take(map);
                let (extensions, rest): (Vec<Entry>, Vec<Entry>) = whole
                    .into_iter()
                    .partition(|entry| entry.key().starts_with("x-"));
                *map = rest.into_iter().collect();
                let extensions = extensions.into_iter().collect();
                map.imply(EXTENSIONS, Data::Map(extensions), trace);
            }
            for (key, _, value) in map.values_mut() {
                if key != EXTENSIONS {
                    separate_extensions(value, &trail.key(key));
                }
            }
        }
        Data::List(items) => {
            for (number, value) in items.iter_mut().enumerate() {
                if value.as_map().is_some() {
                    separate_extensions(value, &trail.item(number));
                }
            }
        }
        _ => {}
    }
}

/// Decodes a model, `x-` keys taken out.
pub(super) fn decode(cx: &mut Cx<'_>, model: Item) -> Resolving<Item> {
    let decoded = Decoder { cx }.structure(model, &types::PROJECT, &Trail::TOP)?;
    Ok(decoded)
}

struct Decoder<'c, 's> {
    cx: &'c mut Cx<'s>,
}

impl Decoder<'_, '_> {
    fn wrong_type(&self, item: &Item, trail: &Trail<'_>, wanted: &'static str) -> Refused {
        let reason = Reason::WrongType {
            path: trail.to_string(),
            wanted,
            found: item.kind_name(),
        };
        self.cx.refusal(reason, item.trace)
    }

    fn bad_value(&self, item: &Item, trail: &Trail<'_>, problem: String) -> Refused {
        let path = trail.to_string();
        self.cx.refusal(Reason::Value { path, problem }, item.trace)
    }

    /// The fields that are there, in the type's order.
    fn structure(&mut self, item: Item, ty: &Struct, trail: &Trail<'_>) -> Resolving<Item> {
        let trace = item.trace;
        let Data::Map(mut map) = item.data else {
            return Err(self.wrong_type(&item, trail, "a mapping"));
        };
        let mut fields = Map::default();
        for field in ty.fields() {
            let entry = if map.contains(field.key) {
                map.remove(field.key)
            } else {
                // Go finds a field whatever the case of the letters.
                let other = map
                    .iter()
                    .find(|entry| entry.key().eq_ignore_ascii_case(field.key))
                    .map(|entry| entry.key().to_owned());
                other.and_then(|key| map.remove(&key))
            };
            let Some(entry) = entry.filter(|entry| !entry.value.is_null()) else {
                continue;
            };
            match self.value(entry.value, field.ty, &trail.key(field.key)) {
                Ok(value) if value.is_null() => {}
                Ok(value) => fields.insert(field.key, entry.key_trace, value),
                // What depends on what nobody knows is left out.
                Err(refused) => self.cx.tolerate(refused)?,
            }
        }
        if ty.extensions
            && let Some(entry) = map.remove(EXTENSIONS)
        {
            fields.insert(EXTENSIONS, entry.key_trace, entry.value);
        }
        Ok(Item::new(Data::Map(fields), trace))
    }

    fn value(&mut self, item: Item, ty: Ty, trail: &Trail<'_>) -> Resolving<Item> {
        match ty {
            Ty::Struct(ty) => self.structure(item, ty, trail),
            Ty::List(each) => self.list(item, *each, trail),
            Ty::Map(each, nullable) => self.map(item, *each, nullable, trail),
            Ty::TextOrList => self.text_or_list(item, trail, false),
            Ty::TextOrNumberList => self.text_or_list(item, trail, true),
            Ty::Command => self.command(item, trail),
            Ty::Test => self.test(item, trail),
            Ty::Pairs => self.pairs(item, trail),
            Ty::Environment => self.environment(item, trail),
            Ty::MultiOptions => self.multi_options(item, trail),
            Ty::Hosts => self.hosts(item, trail),
            Ty::Ssh => self.ssh(item, trail),
            Ty::Ulimit => self.ulimit(item, trail),
            Ty::TextMap => self.text_map(item, trail),
            _ => self.scalar(item, ty, trail),
        }
    }

    fn list(&mut self, item: Item, each: Ty, trail: &Trail<'_>) -> Resolving<Item> {
        let trace = item.trace;
        let Data::List(items) = item.data else {
            return Err(self.wrong_type(&item, trail, "a list"));
        };
        let mut decoded = Vec::with_capacity(items.len());
        for (number, item) in items.into_iter().enumerate() {
            let trace = item.trace;
            let trail = trail.item(number);
            let value = if item.is_null() {
                // Go's zero value.
                match each {
                    Ty::Text => Item::text("", trace),
                    _ => Item::new(Data::Map(Map::default()), trace),
                }
            } else {
                self.value(item, each, &trail)?
            };
            decoded.push(value);
        }
        Ok(Item::new(Data::List(decoded), trace))
    }

    fn map(&mut self, item: Item, each: Ty, nullable: bool, trail: &Trail<'_>) -> Resolving<Item> {
        let trace = item.trace;
        let Data::Map(map) = item.data else {
            return Err(self.wrong_type(&item, trail, "a mapping"));
        };
        let mut decoded = Map::default();
        for entry in map {
            let value = match (entry.value.is_null(), nullable) {
                (true, true) => entry.value,
                (true, false) => Item::new(Data::Map(Map::default()), entry.value.trace),
                _ => self.value(entry.value, each, &trail.key(&entry.key))?,
            };
            decoded.insert(entry.key, entry.key_trace, value);
        }
        Ok(Item::new(Data::Map(decoded), trace))
    }

    fn text_or_list(&mut self, item: Item, trail: &Trail<'_>, numbers: bool) -> Resolving<Item> {
        let trace = item.trace;
        let items = match item.data {
            Data::Text(_) => vec![item],
            Data::List(items) => items,
            _ => return Err(self.wrong_type(&item, trail, "a string or a list of strings")),
        };
        let mut decoded = Vec::with_capacity(items.len());
        for (number, item) in items.into_iter().enumerate() {
            if item.as_str().is_some() {
                decoded.push(item);
            } else if numbers {
                decoded.push(Item::text(values::sprint(&item), item.trace));
            } else {
                return Err(self.wrong_type(&item, &trail.item(number), "a string"));
            }
        }
        Ok(Item::new(Data::List(decoded), trace))
    }

    fn command(&mut self, item: Item, trail: &Trail<'_>) -> Resolving<Item> {
        let trace = item.trace;
        match item.data {
            Data::Text(ref text) => {
                let Some(words) = words::split(text) else {
                    let problem = "the quotes or brackets of the command line do not match";
                    return Err(self.bad_value(&item, trail, problem.to_owned()));
                };
                let words = words.into_iter().map(|word| Item::text(word, trace));
                Ok(Item::new(Data::List(words.collect()), trace))
            }
            Data::List(items) => self.texts(items, trace, trail),
            _ => Ok(Item::null(trace)),
        }
    }

    fn test(&mut self, item: Item, trail: &Trail<'_>) -> Resolving<Item> {
        let trace = item.trace;
        match item.data {
            Data::Text(_) => {
                let shell = Item::text("CMD-SHELL", trace.implied());
                Ok(Item::new(Data::List(vec![shell, item]), trace))
            }
            Data::List(items) => self.texts(items, trace, trail),
            _ => Err(self.wrong_type(&item, trail, "a string or a list of strings")),
        }
    }

    fn texts(
        &mut self,
        items: Vec<Item>,
        trace: super::records::Trace,
        trail: &Trail<'_>,
    ) -> Resolving<Item> {
        for (number, item) in items.iter().enumerate() {
            if item.as_str().is_none() {
                return Err(self.wrong_type(item, &trail.item(number), "a string"));
            }
        }
        Ok(Item::new(Data::List(items), trace))
    }

    /// Pairs in which nothing is the empty string.
    fn pairs(&mut self, item: Item, trail: &Trail<'_>) -> Resolving<Item> {
        let trace = item.trace;
        let mut pairs = Map::default();
        match item.data {
            Data::Map(map) => {
                for entry in map {
                    let text = if entry.value.is_null() {
                        String::new()
                    } else {
                        values::sprint(&entry.value)
                    };
                    let value = Item::text(text, entry.value.trace);
                    pairs.insert(entry.key, entry.key_trace, value);
                }
            }
            Data::List(items) => {
                for item in items {
                    let text = values::sprint(&item);
                    let (key, value) = text.split_once('=').unwrap_or((&text, ""));
                    let (key_trace, value_trace) = super::canonical::halves(&item);
                    pairs.insert(key, key_trace, Item::text(value, value_trace));
                }
            }
            _ => return Err(self.wrong_type(&item, trail, "a list or a mapping")),
        }
        Ok(Item::new(Data::Map(pairs), trace))
    }

    /// Pairs in which nothing stays nothing.
    fn environment(&mut self, item: Item, trail: &Trail<'_>) -> Resolving<Item> {
        let trace = item.trace;
        let mut pairs = Map::default();
        match item.data {
            Data::Map(map) => {
                for entry in map {
                    let value = if entry.value.is_null() {
                        entry.value
                    } else {
                        Item::text(values::sprint(&entry.value), entry.value.trace)
                    };
                    pairs.insert(entry.key, entry.key_trace, value);
                }
            }
            Data::List(items) => {
                for (number, item) in items.into_iter().enumerate() {
                    let text = values::sprint(&item);
                    let (key, value) = match text.split_once('=') {
                        Some((key, value)) => (key, Some(value)),
                        None => (text.as_str(), None),
                    };
                    // The reference looks at the last byte, as if it were a character.
                    let last = key.bytes().last();
                    if last.is_some_and(|b| matches!(b, 9..=13 | b' ' | 0x85 | 0xa0)) {
                        let problem = format!("white space follows the name `{}`", key.trim_end());
                        return Err(self.bad_value(&item, &trail.item(number), problem));
                    }
                    let (key_trace, value_trace) = super::canonical::halves(&item);
                    let value = match value {
                        Some(value) => Item::text(value, value_trace),
                        None => Item::null(item.trace.implied()),
                    };
                    pairs.insert(key, key_trace, value);
                }
            }
            _ => return Err(self.wrong_type(&item, trail, "a list or a mapping")),
        }
        Ok(Item::new(Data::Map(pairs), trace))
    }

    fn multi_options(&mut self, item: Item, trail: &Trail<'_>) -> Resolving<Item> {
        let trace = item.trace;
        let Data::Map(map) = item.data else {
            return Err(self.wrong_type(&item, trail, "a mapping"));
        };
        let mut options = Map::default();
        for entry in map {
            let value_trace = entry.value.trace;
            let text = |item: &Item| Item::text(values::sprint(item), item.trace);
            let list = match &entry.value.data {
                Data::List(items) => items.iter().map(text).collect(),
                _ => vec![text(&entry.value)],
            };
            let list = Item::new(Data::List(list), value_trace);
            options.insert(entry.key, entry.key_trace, list);
        }
        Ok(Item::new(Data::Map(options), trace))
    }

    fn hosts(&mut self, item: Item, trail: &Trail<'_>) -> Resolving<Item> {
        let trace = item.trace;
        let mut hosts = Map::default();
        match item.data {
            Data::Map(map) => {
                for entry in map {
                    let address_trace = entry.value.trace;
                    let addresses = match &entry.value.data {
                        Data::Null => vec![Item::text("", address_trace)],
                        Data::Text(_) => vec![entry.value.clone()],
                        Data::List(items) => items
                            .iter()
                            .map(|item| Item::text(values::sprint(item), item.trace))
                            .collect(),
                        _ => return Err(self.wrong_type(&entry.value, trail, "an address")),
                    };
                    let addresses = Item::new(Data::List(addresses), address_trace);
                    hosts.insert(entry.key, entry.key_trace, addresses);
                }
            }
            Data::List(items) => {
                for (number, item) in items.into_iter().enumerate() {
                    let text = values::sprint(&item);
                    let Some((host, addresses)) =
                        text.split_once('=').or_else(|| text.split_once(':'))
                    else {
                        let problem = format!("`{text}` has no address");
                        return Err(self.bad_value(&item, &trail.item(number), problem));
                    };
                    let new = addresses.split(',').map(|ip| Item::text(ip, item.trace));
                    if let Some(Item {
                        data: Data::List(known),
                        ..
                    }) = hosts.get_mut(host)
                    {
                        known.extend(new);
                    } else {
                        let new = Item::new(Data::List(new.collect()), item.trace);
                        hosts.insert(host, item.trace, new);
                    }
                }
            }
            _ => return Err(self.wrong_type(&item, trail, "a list or a mapping")),
        }
        for (host, key_trace, addresses) in hosts.values_mut() {
            if host.is_empty() || host.contains([':', '=']) {
                let problem = format!("`{host}` is no name of a host");
                let reason = Reason::Value {
                    path: trail.to_string(),
                    problem,
                };
                return Err(self.cx.refusal(reason, key_trace));
            }
            if let Data::List(addresses) = &mut addresses.data {
                for address in addresses {
                    let bare = address
                        .as_str()
                        .filter(|text| text.len() > 2)
                        .and_then(|text| text.strip_prefix('[')?.strip_suffix(']'))
                        .map(str::to_owned);
                    if let Some(bare) = bare {
                        address.data = Data::Text(bare.into());
                    }
                }
            }
        }
        Ok(Item::new(Data::Map(hosts), trace))
    }

    /// Keys with their paths; nothing for a key without one.
    fn ssh(&mut self, item: Item, trail: &Trail<'_>) -> Resolving<Item> {
        let trace = item.trace;
        let Data::Map(map) = item.data else {
            return Err(self.wrong_type(&item, trail, "a mapping"));
        };
        let mut keys = Map::default();
        for entry in map {
            let value = if entry.value.is_null() {
                entry.value
            } else {
                Item::text(values::sprint(&entry.value), entry.value.trace)
            };
            keys.insert(entry.key, entry.key_trace, value);
        }
        Ok(Item::new(Data::Map(keys), trace))
    }

    /// A number, or a mapping of `soft` and `hard`.
    fn ulimit(&mut self, item: Item, trail: &Trail<'_>) -> Resolving<Item> {
        let trace = item.trace;
        match item.data {
            Data::Int(_) => Ok(item),
            Data::Map(map) => {
                let mut limits = Map::default();
                for key in ["soft", "hard"] {
                    let Some(entry) = map.entry(key) else {
                        continue;
                    };
                    if entry.value.as_int().is_none() {
                        let trail = trail.key(key);
                        return Err(self.wrong_type(&entry.value, &trail, "a whole number"));
                    }
                    limits.insert(key, entry.key_trace, entry.value.clone());
                }
                Ok(Item::new(Data::Map(limits), trace))
            }
            _ => Err(self.wrong_type(&item, trail, "a whole number or a mapping")),
        }
    }

    fn text_map(&mut self, item: Item, trail: &Trail<'_>) -> Resolving<Item> {
        let trace = item.trace;
        let Data::Map(map) = item.data else {
            return Err(self.wrong_type(&item, trail, "a mapping"));
        };
        let mut texts = Map::default();
        for entry in map {
            let value = if entry.value.is_null() {
                Item::text("", entry.value.trace)
            } else {
                self.scalar(entry.value, Ty::Text, &trail.key(&entry.key))?
            };
            texts.insert(entry.key, entry.key_trace, value);
        }
        Ok(Item::new(Data::Map(texts), trace))
    }
}
