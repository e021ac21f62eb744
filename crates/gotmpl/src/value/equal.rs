//! Deep equality (`reflect.DeepEqual`).

use super::Value;

/// Comparisons after which two values are not compared any further. Values that share parts can
/// be far larger to walk than they are in memory.
const MAX_COMPARISONS: u32 = 10_000_000;

impl Value {
    /// Whether both are equal in all their parts, types included (`reflect.DeepEqual`). `None`
    /// if they are too large to tell.
    pub fn deep_equal(&self, other: &Value) -> Option<bool> {
        self.deep_equal_counting(other, &mut 0)
    }

    /// [`Value::deep_equal`], with what it took added to `work`: about one for each pair of
    /// parts and for each 64 bytes of text.
    pub fn deep_equal_counting(&self, other: &Value, work: &mut u64) -> Option<bool> {
        let mut pairs = vec![(self.clone(), other.clone())];
        let mut comparisons = 0;
        while let Some((a, b)) = pairs.pop() {
            comparisons += 1;
            *work += 1;
            if let (Value::Str(a), Value::Str(b)) = (&a, &b)
                && a.len() == b.len()
            {
                *work += a.len() as u64 / 64;
            }
            if comparisons > MAX_COMPARISONS {
                return None;
            }
            if !shallow_equal(&a, &b, &mut pairs) {
                return Some(false);
            }
        }
        Some(true)
    }
}

/// Compares two values without their parts, which are left in `pairs`.
fn shallow_equal(a: &Value, b: &Value, pairs: &mut Vec<(Value, Value)>) -> bool {
    match (a, b) {
        (Value::Nil, Value::Nil) => true,
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Int(a, s), Value::Int(b, t)) => a == b && s == t,
        (Value::Uint(a, s), Value::Uint(b, t)) => a == b && s == t,
        #[expect(clippy::float_cmp, reason = "Go compares floats exactly")]
        (Value::Float(a), Value::Float(b)) => a == b,
        (Value::Complex(a), Value::Complex(b)) => a == b,
        (Value::Duration(a), Value::Duration(b)) => a == b,
        (Value::Str(a), Value::Str(b)) | (Value::Bytes(a), Value::Bytes(b)) => a == b,
        (Value::List(a), Value::List(b)) => {
            let alike = a.type_of() == b.type_of() && a.is_nil() == b.is_nil();
            if !alike || a.len() != b.len() {
                return false;
            }
            if !a.is_same(b) {
                let items = a.items().iter().zip(b.items());
                pairs.extend(items.map(|(a, b)| (a.value.clone(), b.value.clone())));
            }
            true
        }
        (Value::Map(a), Value::Map(b)) => {
            let alike = a.type_of() == b.type_of() && a.is_nil() == b.is_nil();
            if !alike || a.len() != b.len() {
                return false;
            }
            if a.is_same(b) {
                return true;
            }
            for (key, entry) in a.entries() {
                let Some(other) = b.get(key.bytes()) else {
                    return false;
                };
                pairs.push((entry.value, other.value));
            }
            true
        }
        (Value::Object(a), Value::Object(b)) => a.equals(&***b),
        // Functions are equal only if both are nil, which these are not.
        _ => false,
    }
}
