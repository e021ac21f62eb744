//! Values as YAML, JSON and TOML, and back.
//!
//! The reference is Helm 4.3.1: sigs.k8s.io/yaml 1.6 over go.yaml.in/yaml 2.4.4, the encoder of
//! go.yaml.in/yaml 3.0.5, encoding/json of Go 1.27 and BurntSushi/toml 1.6. Of what is written,
//! each key and scalar has the trace of the value that it came from, and what lies between them
//! (indentation, punctuation) that of the containers around it. Of what is read, each scalar has
//! the trace of its part of the text, and all of it is conditioned by the whole text, unless
//! that is what `toYaml` wrote: then each value is what it was, whatever the others are. The same
//! goes for the parts of a text that `toYaml` and `toJson` wrote, if each is read as one value. (A
//! value that cannot be written, such as a control character, takes all others away; like one
//! that a chart refuses it is named nowhere.)

mod enclosed;
pub(crate) mod float;
pub(crate) mod json;
mod order;
mod pieces;
mod read;
mod read_json;
mod read_toml;
mod read_yaml;
mod toml;
mod view;
mod yaml;

use plimsoll_gotmpl::trace::{self, Style};
use plimsoll_gotmpl::{
    Arguments, Call, CallError, Function, Functions, Reply, Signature, Str, Trace, Traced, Type,
    Value,
};
use plimsoll_yaml::emit::Flavor;

use json::Layout;

/// Containers in containers: encoding and decoding go no deeper.
const MAX_DEPTH: usize = 256;

/// Why a value was not encoded or a text not decoded.
enum Failure {
    /// The reference fails, with this text.
    Reference(String),
    /// A limit of ours was exceeded.
    Limit(CallError),
}

impl From<CallError> for Failure {
    fn from(error: CallError) -> Self {
        Self::Limit(error)
    }
}

impl Failure {
    /// The reference's text; a limit of ours stays an error.
    fn text(self) -> Result<String, CallError> {
        match self {
            Failure::Reference(text) => Ok(text),
            Failure::Limit(error) => Err(error),
        }
    }

    fn into_error(self) -> CallError {
        match self {
            Failure::Reference(text) => text.into(),
            Failure::Limit(error) => error,
        }
    }
}

type Encoded = Result<Traced, Failure>;
type Answer = Result<Reply, CallError>;

/// What a function answers if the value cannot be encoded.
#[derive(Clone, Copy)]
enum OnFailure {
    Empty,
    /// The text of the error.
    Text,
    Error,
}

/// Adds the functions of this module.
pub(super) fn register(functions: &mut Functions) {
    use OnFailure::{Empty, Error, Text};
    let mut encoder = |name, encode: fn(&mut Call<'_>, &Traced) -> Encoded, on_failure| {
        let native = move |call: &mut Call<'_>, arguments: &[Traced]| {
            answer(encode(call, arguments.at(0)?), on_failure)
        };
        functions.add(name, Function::new(Signature::new([Type::Any]), native));
    };
    encoder("toYaml", encode_yaml, Empty);
    encoder("mustToYaml", encode_yaml, Error);
    encoder("toYamlPretty", to_yaml_pretty, Empty);
    encoder("toJson", to_json, Empty);
    encoder("mustToJson", to_json, Error);
    encoder("toPrettyJson", to_pretty_json, Empty);
    encoder("mustToPrettyJson", to_pretty_json, Error);
    encoder("toRawJson", to_raw_json, Error);
    encoder("mustToRawJson", to_raw_json, Error);
    encoder("toToml", toml::encode, Text);
    encoder("mustToToml", toml::encode, Error);
    let mut decoder = |name, decode: fn(&mut Call<'_>, &Traced) -> Answer| {
        let native =
            move |call: &mut Call<'_>, arguments: &[Traced]| decode(call, arguments.at(0)?);
        functions.add(name, Function::new(Signature::new([Type::String]), native));
    };
    decoder("fromYaml", |call, text| {
        let read = read_yaml::read(call, text, read::Target::Map);
        read::or_error_in_map(call, text, read)
    });
    decoder("fromYamlArray", |call, text| {
        let read = read_yaml::read(call, text, read::Target::List);
        read::or_error_in_list(call, text, read)
    });
    decoder("fromJson", |call, text| {
        let read = read_json::read(call, text, read::Target::Map);
        read::or_error_in_map(call, text, read)
    });
    decoder("fromJsonArray", |call, text| {
        let read = read_json::read(call, text, read::Target::List);
        read::or_error_in_list(call, text, read)
    });
    decoder("fromToml", |call, text| {
        let read = read_toml::read(call, text);
        read::or_error_in_map(call, text, read)
    });
    decoder("mustFromJson", |call, text| {
        let read = read_json::read(call, text, read::Target::Any);
        let decoded = read.map_err(Failure::into_error)?;
        match decoded.error {
            Some(error) => Err(error.into()),
            None => Ok(decoded.value.into()),
        }
    });
}

fn answer(encoded: Encoded, on_failure: OnFailure) -> Answer {
    match (encoded, on_failure) {
        (Ok(text), _) => Ok(text.into()),
        (Err(failure), OnFailure::Error) => Err(failure.into_error()),
        (Err(failure), OnFailure::Text) => Ok(Value::from(failure.text()?).into()),
        (Err(failure), OnFailure::Empty) => {
            failure.text()?;
            Ok(Value::from("").into())
        }
    }
}

fn encode_yaml(call: &mut Call<'_>, value: &Traced) -> Encoded {
    let text = yaml::encode(call, value, Flavor::V2)?;
    if matches!(value.value, Value::List(_) | Value::Map(_)) {
        mark(call, &text, value, Style::Block);
    }
    Ok(text)
}

/// Says of a text that it is what an encoder wrote.
fn mark(call: &mut Call<'_>, text: &Traced, value: &Traced, style: Style) {
    let encoded = trace::Encoded {
        kind: value.trace,
        by: Trace::NONE,
        style,
    };
    call.mark_encoded(text, encoded);
}

/// Puts entries in the order in which `toYaml` writes them.
pub(crate) fn sort_as_yaml(entries: &mut Vec<(Str, Traced)>) {
    order::sort(entries, Flavor::V2);
}

/// A value as `toYaml` writes it: nothing if it cannot be written.
pub(crate) fn to_yaml(call: &mut Call<'_>, value: &Traced) -> Answer {
    answer(encode_yaml(call, value), OnFailure::Empty)
}

fn to_yaml_pretty(call: &mut Call<'_>, value: &Traced) -> Encoded {
    yaml::encode(call, value, Flavor::V3)
}

fn to_json(call: &mut Call<'_>, value: &Traced) -> Encoded {
    let layout = Layout {
        html: true,
        pretty: false,
    };
    on_one_line(call, value, layout)
}

fn to_pretty_json(call: &mut Call<'_>, value: &Traced) -> Encoded {
    let layout = Layout {
        html: true,
        pretty: true,
    };
    json::encode(call, value, layout)
}

fn to_raw_json(call: &mut Call<'_>, value: &Traced) -> Encoded {
    let layout = Layout {
        html: false,
        pretty: false,
    };
    on_one_line(call, value, layout)
}

/// JSON that YAML, too, reads as one value, wherever a value may stand.
fn on_one_line(call: &mut Call<'_>, value: &Traced, layout: Layout) -> Encoded {
    let text = json::encode(call, value, layout)?;
    mark(call, &text, value, Style::Flow);
    Ok(text)
}
