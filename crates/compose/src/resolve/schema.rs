//! What may stand where: the Compose specification's schema, checked on the merged files.
//!
//! The shapes are tables of our own ([`shapes`]); what they allow is what the specification's
//! JSON schema allows as compose-go 2.16 carries it.

mod shapes;

use plimsoll_source::nearest::nearest;

use super::context::Cx;
use super::item::{Data, Entry, Item, Map};
use super::refusal::{Reason, Refusal};
use super::trail::Trail;
use shapes::{Keys, Object, Shape, Type};

/// The most violations that are listed.
const MAX_LISTED: usize = 100;

/// Everything in which a model differs from the specification.
pub(super) fn check(cx: &Cx<'_>, model: &Item) -> Vec<Refusal> {
    let mut checker = Checker {
        cx,
        found: Vec::new(),
    };
    checker.check(model, &shapes::MODEL, &Trail::TOP);
    if checker.found.is_empty() {
        checker.finite(model, &Trail::TOP);
    }
    checker.found
}

struct Checker<'c, 's> {
    cx: &'c Cx<'s>,
    found: Vec<Refusal>,
}

impl Checker<'_, '_> {
    fn refuse(&mut self, reason: Reason, item: &Item) {
        if self.found.len() < MAX_LISTED {
            self.found
                .push(Refusal::at(reason, item.trace, &self.cx.records));
        }
    }

    fn wants(&mut self, wanted: String, item: &Item, trail: &Trail<'_>) {
        let found = match &item.data {
            Data::Text(text) if text.len() <= 40 => format!("`{text}`"),
            Data::Bool(_) | Data::Int(_) | Data::UInt(_) | Data::Float(_) | Data::Single(_) => {
                format!("`{}`", super::values::sprint(item))
            }
            Data::Null => "nothing".to_owned(),
            _ => format!("a {}", item.kind_name()),
        };
        let reason = Reason::Schema {
            path: trail.to_string(),
            wanted,
            found,
        };
        self.refuse(reason, item);
    }

    /// JSON, by way of which the reference checks, has no word for infinity.
    fn finite(&mut self, item: &Item, trail: &Trail<'_>) {
        match &item.data {
            Data::Float(value) if !value.is_finite() => {
                self.wants("a finite number".to_owned(), item, trail);
            }
            Data::List(items) => {
                for (number, value) in items.iter().enumerate() {
                    self.finite(value, &trail.item(number));
                }
            }
            Data::Map(map) => {
                for entry in map {
                    self.finite(entry.value(), &trail.key(entry.key()));
                }
            }
            _ => {}
        }
    }

    fn check(&mut self, item: &Item, shape: &Shape, trail: &Trail<'_>) {
        match shape {
            Shape::Any => {}
            Shape::Types(types) => {
                if !types.iter().any(|wanted| is(item, *wanted)) {
                    self.wants(names(types), item, trail);
                }
            }
            Shape::Words(words) => {
                if !item.as_str().is_some_and(|text| words.contains(&text)) {
                    let quoted: Vec<String> = words.iter().map(|w| format!("`{w}`")).collect();
                    let wanted = format!("one of {}", quoted.join(", "));
                    self.wants(wanted, item, trail);
                }
            }
            Shape::Text(fits, wanted) => {
                if !item.as_str().is_some_and(fits) {
                    self.wants((*wanted).to_owned(), item, trail);
                }
            }
            Shape::Between(least, most) => {
                let inside = |value: f64| (*least..=*most).contains(&value);
                if !is(item, Type::Integer) || !number(item).is_some_and(inside) {
                    let wanted = if most.is_finite() {
                        format!("a whole number from {least} to {most}")
                    } else {
                        format!("a whole number, at least {least}")
                    };
                    self.wants(wanted, item, trail);
                }
            }
            Shape::List(each, unique) => self.list(item, each, *unique, trail),
            Shape::Map(object) => self.map(item, object, trail),
            Shape::Or(shapes) => self.either(item, shapes, trail),
        }
    }

    fn list(&mut self, item: &Item, each: &Shape, unique: bool, trail: &Trail<'_>) {
        let Data::List(items) = &item.data else {
            self.wants("a list".to_owned(), item, trail);
            return;
        };
        for (number, value) in items.iter().enumerate() {
            self.check(value, each, &trail.item(number));
        }
        if unique && let Some(twice) = duplicate(items) {
            let reason = Reason::Duplicate {
                path: trail.to_string(),
            };
            self.refuse(reason, twice);
        }
    }

    fn map(&mut self, item: &Item, object: &Object, trail: &Trail<'_>) {
        let Data::Map(map) = &item.data else {
            self.wants("a mapping".to_owned(), item, trail);
            return;
        };
        for entry in map {
            let known = object.property(entry.key());
            let shape = match (known, &object.others) {
                (Some(shape), _) => shape,
                (None, _) if object.extensions && entry.key().starts_with("x-") => continue,
                (None, Keys::Any) => continue,
                (None, Keys::Fitting(fits, shape, _)) if fits(entry.key()) => shape,
                (None, Keys::Fitting(_, _, false)) => continue,
                (None, _) => {
                    self.unknown(entry, object, trail);
                    continue;
                }
            };
            self.check(&entry.value, shape, &trail.key(entry.key()));
        }
        for required in object.required {
            if !map.contains(required) {
                let reason = Reason::MissingKey {
                    path: trail.to_string(),
                    key: required,
                };
                self.refuse(reason, item);
            }
        }
        if let Some(any) = object.any_of
            && !any.iter().any(|key| map.contains(key))
        {
            self.wants(format!("`{}`", any.join("` or `")), item, trail);
        }
    }

    fn unknown(&mut self, entry: &Entry, object: &Object, trail: &Trail<'_>) {
        let reason = if let Keys::Fitting(..) = object.others {
            Reason::Schema {
                path: trail.to_string(),
                wanted: "names of letters, digits, `.`, `_` and `-`".to_owned(),
                found: format!("`{}`", entry.key()),
            }
        } else if trail.depth() == 0 && is_service(entry.value()) {
            Reason::ServiceAtTop {
                service: entry.key().to_owned(),
            }
        } else {
            Reason::UnknownKey {
                path: trail.to_string(),
                key: entry.key().to_owned(),
                nearest: nearest(entry.key(), object.names()).map(str::to_owned),
            }
        };
        if self.found.len() < MAX_LISTED {
            let records = &self.cx.records;
            self.found
                .push(Refusal::at(reason, entry.key_trace, records));
        }
    }

    /// One of several shapes. They never have a kind of value in common, so that the kind says
    /// which one is meant.
    fn either(&mut self, item: &Item, shapes: &[Shape], trail: &Trail<'_>) {
        let meant = shapes.iter().find(|shape| kind_fits(item, shape));
        match meant {
            Some(shape) => self.check(item, shape, trail),
            None => {
                let wanted: Vec<String> = shapes.iter().map(describe).collect();
                self.wants(wanted.join(" or "), item, trail);
            }
        }
    }
}

/// Whether something looks like a service, as files of the first format have them at the top.
fn is_service(item: &Item) -> bool {
    item.get("image").is_some() || item.get("build").is_some()
}

/// The second of two equal items.
fn duplicate(items: &[Item]) -> Option<&Item> {
    let mut texts = std::collections::HashSet::new();
    for (number, item) in items.iter().enumerate() {
        let twice = match item.as_str() {
            Some(text) => !texts.insert(text),
            None => items[..number].iter().any(|other| same(other, item)),
        };
        if twice {
            return Some(item);
        }
    }
    None
}

/// Equality of JSON: numbers are equal whatever their type.
#[expect(
    clippy::float_cmp,
    reason = "only what is the very same number comes twice"
)]
fn same(one: &Item, two: &Item) -> bool {
    match (number(one), number(two)) {
        (Some(one), Some(two)) => one == two,
        _ => one.same(two),
    }
}

fn number(item: &Item) -> Option<f64> {
    Some(match item.data {
        Data::Int(value) => value as f64,
        Data::UInt(value) => value as f64,
        Data::Float(value) => value,
        Data::Single(value) => f64::from(value),
        _ => return None,
    })
}

fn is(item: &Item, wanted: Type) -> bool {
    match (wanted, &item.data) {
        (Type::Text, Data::Text(_) | Data::Time(_))
        | (Type::Bool, Data::Bool(_))
        | (Type::Null, Data::Null)
        | (Type::Mapping, Data::Map(_)) => true,
        (Type::Number, _) => number(item).is_some_and(f64::is_finite),
        (Type::Integer, _) => number(item).is_some_and(|value| value.fract() == 0.0),
        _ => false,
    }
}

fn kind_fits(item: &Item, shape: &Shape) -> bool {
    match shape {
        Shape::Any => true,
        Shape::Types(types) => types.iter().any(|wanted| is(item, *wanted)),
        Shape::Words(_) | Shape::Text(..) => item.as_str().is_some(),
        Shape::Between(..) => number(item).is_some(),
        Shape::List(..) => matches!(item.data, Data::List(_)),
        Shape::Map(_) => matches!(item.data, Data::Map(_)),
        Shape::Or(shapes) => shapes.iter().any(|shape| kind_fits(item, shape)),
    }
}

fn names(types: &[Type]) -> String {
    let names: Vec<&str> = types.iter().map(|wanted| wanted.name()).collect();
    names.join(" or ")
}

fn describe(shape: &Shape) -> String {
    match shape {
        Shape::Any => "anything".to_owned(),
        Shape::Types(types) => names(types),
        Shape::Words(words) => format!("`{}`", words.join("`, `")),
        Shape::Text(_, wanted) => (*wanted).to_owned(),
        Shape::Between(..) => "a whole number".to_owned(),
        Shape::List(..) => "a list".to_owned(),
        Shape::Map(_) => "a mapping".to_owned(),
        Shape::Or(shapes) => shapes.iter().map(describe).collect::<Vec<_>>().join(" or "),
    }
}

/// Whether the model is a mapping with nothing in it.
pub(super) fn is_empty(model: &Item) -> bool {
    model.as_map().is_none_or(Map::is_empty)
}
