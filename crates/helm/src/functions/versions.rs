//! `semver` and `semverCompare`.

use std::any::Any;
use std::cmp::Ordering;
use std::sync::OnceLock;

use plimsoll_gotmpl::value::UintType;
use plimsoll_gotmpl::{
    Arguments, Call, CallError, Class, Object, Reply, Signature, Traced, Type, Value,
};

use super::{Entry, entry};
use crate::semver::{Constraint, Version};

pub(super) const FUNCTIONS: &[Entry] = &[
    entry("semver", "string", |_, arguments| {
        let version = parse(arguments, 0)?;
        Ok(Value::object(Shown {
            version,
            is_pointer: true,
        })
        .into())
    }),
    entry("semverCompare", "string string", |_, arguments| {
        let constraint = Constraint::parse(&arguments.str(0)?.text());
        let constraint = constraint.map_err(|error| error.to_string())?;
        let version = parse(arguments, 1)?;
        Ok(constraint.check(&version).into())
    }),
];

fn parse(arguments: &[Traced], index: usize) -> Result<Version, CallError> {
    let version = Version::parse(&arguments.str(index)?.text());
    version.map_err(|error| error.to_string().into())
}

/// A version as templates see it: what `semver` gives is a pointer, what its methods give are
/// none.
struct Shown {
    version: Version,
    is_pointer: bool,
}

impl Object for Shown {
    fn type_name(&self) -> &str {
        if self.is_pointer {
            "*semver.Version"
        } else {
            "semver.Version"
        }
    }

    fn field(&self, _: &str) -> Option<Traced> {
        None
    }

    fn class(&self) -> Option<&Class> {
        static POINTER: OnceLock<Class> = OnceLock::new();
        static PLAIN: OnceLock<Class> = OnceLock::new();
        Some(if self.is_pointer {
            POINTER.get_or_init(|| pointer_methods(methods("semver.Version")))
        } else {
            PLAIN.get_or_init(|| methods("semver.Version"))
        })
    }

    fn text(&self) -> Option<Vec<u8>> {
        Some(self.version.to_string().into_bytes())
    }

    fn encoded(&self) -> Option<Traced> {
        Some(Value::from(self.version.to_string()).into())
    }

    fn equals(&self, other: &dyn Object) -> bool {
        let other = other.as_any().downcast_ref::<Shown>();
        other.is_some_and(|other| self.version == other.version && !self.is_pointer)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// One of the three numbers.
type Number = fn(&Version) -> u64;
/// The version that comes next.
type Step = fn(&Version) -> Option<Version>;
/// What a comparison says.
type Show = fn(Ordering) -> Value;

/// The version that a method was called on.
fn own(call: &Call<'_>) -> Result<Version, CallError> {
    of(&call.receiver().value)
}

fn of(value: &Value) -> Result<Version, CallError> {
    let version = match value {
        Value::Object(object) => object.as_any().downcast_ref::<Shown>(),
        _ => None,
    };
    let version = version.map(|shown| shown.version.clone());
    version.ok_or_else(|| "the value is no version".into())
}

fn plain(version: Version) -> Reply {
    Value::object(Shown {
        version,
        is_pointer: false,
    })
    .into()
}

fn methods(name: &str) -> Class {
    let none = || Signature::new([]);
    let text = || Signature::new([Type::String]);
    let mut class = Class::new(name)
        .method("String", none(), |call, _| {
            Ok(own(call)?.to_string().into())
        })
        .method("Prerelease", none(), |call, _| Ok(own(call)?.pre.into()))
        .method("Metadata", none(), |call, _| Ok(own(call)?.metadata.into()))
        .method("SetPrerelease", text(), |call, arguments| {
            let changed = own(call)?.with_pre(&arguments.str(0)?.text());
            Ok(plain(changed.map_err(|error| error.to_string())?))
        })
        .method("SetMetadata", text(), |call, arguments| {
            let changed = own(call)?.with_metadata(&arguments.str(0)?.text());
            Ok(plain(changed.map_err(|error| error.to_string())?))
        });
    let numbers: [(&str, Number); 3] = [
        ("Major", |version| version.major),
        ("Minor", |version| version.minor),
        ("Patch", |version| version.patch),
    ];
    for (name, of) in numbers {
        class = class.method(name, none(), move |call, _| {
            Ok(Value::Uint(of(&own(call)?), UintType::Uint64).into())
        });
    }
    let steps: [(&str, Step); 3] = [
        ("IncPatch", Version::next_patch),
        ("IncMinor", Version::next_minor),
        ("IncMajor", Version::next_major),
    ];
    for (name, step) in steps {
        class = class.method(name, none(), move |call, _| {
            let next = step(&own(call)?);
            Ok(plain(next.ok_or("the version is too large")?))
        });
    }
    class
}

fn pointer_methods(class: Class) -> Class {
    let mut class = class.method("Original", Signature::new([]), |call, _| {
        Ok(own(call)?.original.into())
    });
    let comparisons: [(&str, Show); 6] = [
        ("LessThan", |order| order.is_lt().into()),
        ("LessThanEqual", |order| order.is_le().into()),
        ("GreaterThan", |order| order.is_gt().into()),
        ("GreaterThanEqual", |order| order.is_ge().into()),
        ("Equal", |order| order.is_eq().into()),
        ("Compare", |order| Value::int(order as i64)),
    ];
    for (name, show) in comparisons {
        let other = Type::Opaque("*semver.Version".into());
        class = class.method(name, Signature::new([other]), move |call, arguments| {
            let other = of(&arguments.at(0)?.value)?;
            Ok(show(own(call)?.compare(&other)).into())
        });
    }
    class
}
