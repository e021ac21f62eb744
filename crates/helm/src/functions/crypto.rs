//! Keys and certificates.

mod certificate;
mod chance;
mod der;
mod keys;
mod passwords;
mod pem;

use std::any::Any;
use std::net::IpAddr;

use plimsoll_gotmpl::{Arguments, Call, CallError, Object, Traced, Value};

use super::context::Context;
use super::radix::from_base64;
use super::random::bytes;
use super::{Answer, Entry, chance as made};
use certificate::{Issuer, Request};
use chance::Chance;
use keys::Key;

pub(super) fn families() -> [&'static [Entry]; 2] {
    [FUNCTIONS, passwords::FUNCTIONS]
}

const FUNCTIONS: &[Entry] = &[
    made("genPrivateKey", "string", gen_private_key),
    made("buildCustomCert", "string string", build_custom),
    made("genCA", "string int", |call, arguments| {
        let key = new_key(call)?;
        authority(call, arguments, &key)
    }),
    made("genCAWithKey", "string int string", |call, arguments| {
        let key = given_key(arguments, 2)?;
        authority(call, arguments, &key)
    }),
    made(
        "genSelfSignedCert",
        "string list list int",
        |call, arguments| {
            let key = new_key(call)?;
            self_signed(call, arguments, &key)
        },
    ),
    made(
        "genSelfSignedCertWithKey",
        "string list list int string",
        |call, arguments| {
            let key = given_key(arguments, 4)?;
            self_signed(call, arguments, &key)
        },
    ),
    made(
        "genSignedCert",
        "string list list int certificate",
        |call, arguments| {
            let key = new_key(call)?;
            signed(call, arguments, &key)
        },
    ),
    made(
        "genSignedCertWithKey",
        "string list list int certificate string",
        |call, arguments| {
            let key = given_key(arguments, 5)?;
            signed(call, arguments, &key)
        },
    ),
];

/// What making a key takes of the steps of a session.
const SLOW: u64 = 5_000_000;

fn rsa(call: &mut Call<'_>, bits: usize) -> Result<Key, CallError> {
    let is_made_up = Context::of(call)?.is_made_up();
    let charge = if is_made_up {
        SLOW / 100
    } else {
        SLOW * (bits as u64 / 2048).pow(3)
    };
    call.charge_steps(charge)?;
    let chance = &mut Chance(Context::of(call)?.chance());
    let key = if is_made_up {
        Key::p256(chance)
    } else {
        Key::rsa(chance, bits)
    };
    key.map_err(|error| format!("error generating rsa key: {error}").into())
}

fn new_key(call: &mut Call<'_>) -> Result<Key, CallError> {
    rsa(call, 2048)
}

fn given_key(arguments: &[Traced], index: usize) -> Result<Key, CallError> {
    let key = Key::parse(arguments.str(index)?.bytes());
    key.map_err(|error| format!("parsing private key: {error}").into())
}

fn gen_private_key(call: &mut Call<'_>, arguments: &[Traced]) -> Answer {
    let kind = arguments.str(0)?.bytes();
    let key = match kind {
        b"" | b"rsa" => Ok(rsa(call, 4096)?),
        b"dsa" => {
            let is_made_up = Context::of(call)?.is_made_up();
            call.charge_steps(if is_made_up { SLOW / 100 } else { SLOW * 8 })?;
            let chance = &mut Chance(Context::of(call)?.chance());
            if is_made_up {
                Key::p256(chance)
            } else {
                Key::dsa(chance)
            }
        }
        b"ecdsa" => Key::p256(&mut Chance(Context::of(call)?.chance())),
        b"ed25519" => Ok(Key::ed25519(&mut Chance(Context::of(call)?.chance()))),
        _ => return Ok([b"Unknown type ", kind].concat().into()),
    };
    Ok(match key.and_then(|key| key.to_pem()) {
        Ok(text) => text.into(),
        Err(error) => format!("failed to generate private key: {error}").into(),
    })
}

/// A certificate and its key, both as PEM (sprig's `certificate`).
#[derive(PartialEq, Eq)]
struct Certificate {
    cert: Vec<u8>,
    key: Vec<u8>,
}

impl Object for Certificate {
    fn type_name(&self) -> &'static str {
        "sprig.certificate"
    }

    fn field(&self, name: &str) -> Option<Traced> {
        match name {
            "Cert" => Some(self.cert.clone().into()),
            "Key" => Some(self.key.clone().into()),
            _ => None,
        }
    }

    fn fields(&self) -> Vec<(String, Traced)> {
        vec![
            ("Cert".into(), self.cert.clone().into()),
            ("Key".into(), self.key.clone().into()),
        ]
    }

    fn equals(&self, other: &dyn Object) -> bool {
        other
            .as_any()
            .downcast_ref::<Self>()
            .is_some_and(|other| self == other)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

fn build_custom(_: &mut Call<'_>, arguments: &[Traced]) -> Answer {
    let cert = from_base64(arguments.str(0)?.bytes())
        .map_err(|_| "unable to decode base64 certificate")?;
    let key = from_base64(arguments.str(1)?.bytes())
        .map_err(|_| "unable to decode base64 private key")?;
    let block = pem::decode(&cert).ok_or("unable to decode certificate")?;
    Issuer::parse(&block.content)
        .map_err(|error| format!("error parsing certificate: decodedCert.Bytes: {error}"))?;
    Key::parse(&key).map_err(|error| format!("error parsing private key: {error}"))?;
    Ok(Value::object(Certificate { cert, key }).into())
}

/// The parts that all requests have; `days` is the index of the argument.
fn request<'r>(
    call: &mut Call<'_>,
    arguments: &'r [Traced],
    days: usize,
) -> Result<Request<'r>, CallError> {
    let mut serial = [0; 16];
    serial.copy_from_slice(&bytes(call, 16)?);
    let from = Context::of(call)?.time().0;
    // Go multiplies nanoseconds and lets them wrap.
    let days = arguments.int(days)?.wrapping_mul(86_400 * 1_000_000_000);
    Ok(Request {
        common_name: arguments.str(0)?.bytes(),
        addresses: Vec::new(),
        names: Vec::new(),
        from,
        to: from.saturating_add(days.div_euclid(1_000_000_000)),
        is_authority: false,
        serial,
    })
}

fn authority(call: &mut Call<'_>, arguments: &[Traced], key: &Key) -> Answer {
    let request = Request {
        is_authority: true,
        ..request(call, arguments, 1)?
    };
    finish(call, &request, key, None)
}

/// The request of a certificate for names and addresses.
fn named_request<'r>(
    call: &mut Call<'_>,
    arguments: &'r [Traced],
) -> Result<Request<'r>, CallError> {
    let mut addresses = Vec::new();
    for address in arguments.list(1)?.items() {
        let Value::Str(text) = &address.value else {
            let shown = call.format(address)?;
            return Err(format!("error parsing ip: {shown} is not a string").into());
        };
        let address: Result<IpAddr, _> = text.text().parse();
        addresses.push(address.map_err(|_| format!("error parsing ip: {}", text.text()))?);
    }
    let mut names = Vec::new();
    for name in arguments.list(2)?.items() {
        let Value::Str(text) = &name.value else {
            let shown = call.format(name)?;
            return Err(
                format!("error processing alternate dns name: {shown} is not a string").into(),
            );
        };
        names.push(text.bytes().to_vec());
    }
    Ok(Request {
        addresses,
        names,
        ..request(call, arguments, 3)?
    })
}

fn self_signed(call: &mut Call<'_>, arguments: &[Traced], key: &Key) -> Answer {
    let request = named_request(call, arguments)?;
    finish(call, &request, key, None)
}

fn signed(call: &mut Call<'_>, arguments: &[Traced], key: &Key) -> Answer {
    let authority = match &arguments.at(4)?.value {
        Value::Object(object) => object.as_any().downcast_ref::<Certificate>(),
        _ => None,
    };
    let authority = authority.ok_or("the authority is no certificate")?;
    let block = pem::decode(&authority.cert).ok_or("unable to decode certificate")?;
    let issuer = Issuer::parse(&block.content)
        .map_err(|error| format!("error parsing certificate: decodedSignerCert.Bytes: {error}"))?;
    let signing = Key::parse(&authority.key)
        .map_err(|error| format!("error parsing private key: {error}"))?;
    let request = named_request(call, arguments)?;
    finish(call, &request, key, Some((&issuer, &signing)))
}

fn finish(
    call: &mut Call<'_>,
    request: &Request<'_>,
    key: &Key,
    issuer: Option<(&Issuer, &Key)>,
) -> Answer {
    call.charge_steps(SLOW / 10)?;
    let cert = request
        .sign(key, issuer)
        .map_err(|error| format!("error creating certificate: {error}"))?;
    let key = key.to_pem()?;
    Ok(Value::object(Certificate { cert, key }).into())
}
