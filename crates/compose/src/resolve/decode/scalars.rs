//! Single values, cast as mapstructure casts them with compose-go's hooks.

use super::super::context::Resolving;
use super::super::item::{Data, Item};
use super::super::short;
use super::super::trail::Trail;
use super::super::values;
use super::Decoder;
use super::types::Ty;

impl Decoder<'_, '_> {
    pub(super) fn scalar(&mut self, item: Item, ty: Ty, trail: &Trail<'_>) -> Resolving<Item> {
        let trace = item.trace;
        let text = item.as_str();
        let data = match ty {
            Ty::Text => match &item.data {
                Data::Text(_) => return Ok(item),
                Data::Int(value) => Data::Text(value.to_string().into()),
                _ => return Err(self.wrong_type(&item, trail, "a string")),
            },
            Ty::Bool | Ty::OptOut => match (&item.data, text.and_then(values::parse_bool)) {
                (Data::Bool(_), _) => return Ok(item),
                (_, Some(value)) => Data::Bool(value),
                _ => return Err(self.wrong_type(&item, trail, "`true` or `false`")),
            },
            Ty::Int => match whole(&item.data).or_else(|| text.and_then(values::parse_int)) {
                Some(value) => Data::Int(value),
                None => return Err(self.wrong_type(&item, trail, "a whole number")),
            },
            Ty::Uint(bits) => match whole(&item.data) {
                Some(value) if value >= 0 && bits < 64 => {
                    // Go cuts off what does not fit.
                    Data::Int(value & ((1 << bits) - 1))
                }
                Some(value) if value >= 0 => Data::Int(value),
                _ => {
                    let wanted = "a whole number that is not negative";
                    return Err(self.wrong_type(&item, trail, wanted));
                }
            },
            Ty::Single => match single(&item.data).or_else(|| {
                let value = text.and_then(values::parse_float)?;
                Some(value as f32)
            }) {
                Some(value) => Data::Single(value),
                None => return Err(self.wrong_type(&item, trail, "a number")),
            },
            Ty::Cpus => match (single(&item.data), text) {
                (Some(value), _) => Data::Single(value),
                (None, Some(text)) => match values::parse_float(text) {
                    Some(value) => Data::Single(value as f32),
                    None => {
                        let problem = format!("`{text}` is no number of processors");
                        return Err(self.bad_value(&item, trail, problem));
                    }
                },
                _ => return Err(self.wrong_type(&item, trail, "a number")),
            },
            Ty::Bytes => match (&item.data, text) {
                (Data::Int(_), _) => return Ok(item),
                (_, Some(text)) => match short::bytes(text) {
                    Some(value) => Data::Int(value),
                    None => {
                        let problem = format!("`{text}` is no size, as `512m` is one");
                        return Err(self.bad_value(&item, trail, problem));
                    }
                },
                // The reference takes no notice of other numbers.
                _ => Data::Int(0),
            },
            Ty::Duration => {
                let text = values::sprint(&item);
                match short::duration(&text) {
                    Some(nanos) => Data::Int(nanos),
                    None => {
                        let problem = format!("`{text}` is no duration, as `1m30s` is one");
                        return Err(self.bad_value(&item, trail, problem));
                    }
                }
            }
            Ty::FileMode => match (&item.data, text) {
                (Data::Int(_), _) => return Ok(item),
                (_, Some(text)) => match i64::from_str_radix(text, 8) {
                    Ok(mode) => Data::Int(mode),
                    Err(_) => {
                        let problem = format!("`{text}` is no octal number, as `0440` is one");
                        return Err(self.bad_value(&item, trail, problem));
                    }
                },
                _ => return Err(self.wrong_type(&item, trail, "an octal number")),
            },
            Ty::DeviceCount => match (&item.data, text) {
                (Data::Int(_), _) => return Ok(item),
                (_, Some(text)) if text.eq_ignore_ascii_case("all") => Data::Int(-1),
                (_, Some(text)) => match values::parse_int(text) {
                    Some(count) => Data::Int(count),
                    None => {
                        let problem = format!("`{text}` is neither `all` nor a number");
                        return Err(self.bad_value(&item, trail, problem));
                    }
                },
                _ => return Err(self.wrong_type(&item, trail, "`all` or a number")),
            },
            // The other types are no scalars.
            _ => return Ok(item),
        };
        Ok(Item::new(data, trace))
    }
}

/// A number without its fraction.
fn whole(data: &Data) -> Option<i64> {
    match data {
        Data::Int(value) => Some(*value),
        Data::UInt(value) => Some(*value as i64),
        Data::Float(value) => Some(*value as i64),
        Data::Single(value) => Some(*value as i64),
        _ => None,
    }
}

fn single(data: &Data) -> Option<f32> {
    match data {
        Data::Int(value) => Some(*value as f32),
        Data::UInt(value) => Some(*value as f32),
        Data::Float(value) => Some(*value as f32),
        Data::Single(value) => Some(*value),
        _ => None,
    }
}
