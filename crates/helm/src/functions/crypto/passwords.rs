//! Passwords: hashes of them, made from a master password, and texts encrypted with them.

use aes::Aes256;
use aes::cipher::{Array, BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};
use hmac::{Hmac, Mac};
use plimsoll_gotmpl::{Arguments, Call, CallError, Traced};
use sha2::Sha256;

use super::super::context::Context;
use super::super::radix::{base64, from_base64, illegal};
use super::super::random::bytes;
use super::super::{Answer, Entry, chance, entry};

pub(super) const FUNCTIONS: &[Entry] = &[
    chance("bcrypt", "string", |call, arguments| {
        Ok(hashed(call, arguments.str(0)?.bytes())?.into())
    }),
    chance("htpasswd", "string string", |call, arguments| {
        let name = arguments.str(0)?.bytes();
        if name.contains(&b':') {
            return Ok([b"invalid username: ", name].concat().into());
        }
        let hash = hashed(call, arguments.str(1)?.bytes())?;
        Ok([name, b":", &hash].concat().into())
    }),
    entry(
        "derivePassword",
        "uint32 string string string string",
        derive,
    ),
    chance("encryptAES", "string string", encrypt),
    entry("decryptAES", "string string", decrypt),
];

/// Rounds of bcrypt, as a power of two.
const COST: u32 = 10;
/// The least there can be, for what nobody will use.
const MADE_UP_COST: u32 = 4;
/// What a slow function takes of the steps of a session: a tenth of a second or so.
const SLOW: u64 = 3_000_000;

/// `$2a$10$…` (of a render that is only looked at `$2a$04$…`), or what the reference says instead.
fn hashed(call: &mut Call<'_>, password: &[u8]) -> Result<Vec<u8>, CallError> {
    const ALPHABET: &[u8; 64] = b"./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    if password.len() > 72 {
        return Ok(
            b"failed to encrypt string with bcrypt: bcrypt: password length exceeds 72 bytes"
                .to_vec(),
        );
    }
    let is_made_up = Context::of(call)?.is_made_up();
    let (cost, steps) = if is_made_up {
        (MADE_UP_COST, SLOW >> (COST - MADE_UP_COST))
    } else {
        (COST, SLOW)
    };
    call.charge_steps(steps)?;
    let mut salt = [0; 16];
    salt.copy_from_slice(&bytes(call, 16)?);
    // A zero byte ends the password, but for one that takes all the room.
    let mut key = password.to_vec();
    key.push(0);
    key.truncate(72);
    let hash = bcrypt::bcrypt(cost, salt, &key);
    let mut out = format!("$2a${cost:02}$").into_bytes();
    for part in [&salt[..], &hash[..23]] {
        let digits = (part.len() * 8).div_ceil(6);
        for index in 0..digits {
            let bit = index * 6;
            let byte = |at: usize| u32::from(part.get(at).copied().unwrap_or(0));
            let window = byte(bit / 8) << 8 | byte(bit / 8 + 1);
            let digit = window >> (10 - bit % 8) & 63;
            out.push(ALPHABET[digit as usize]);
        }
    }
    Ok(out)
}

/// The forms of a password of each kind: each letter is a class of characters.
fn forms(kind: &[u8]) -> Option<&'static [&'static str]> {
    Some(match kind {
        b"maximum" => &["anoxxxxxxxxxxxxxxxxx", "axxxxxxxxxxxxxxxxxno"],
        b"long" => &[
            "CvcvnoCvcvCvcv",
            "CvcvCvcvnoCvcv",
            "CvcvCvcvCvcvno",
            "CvccnoCvcvCvcv",
            "CvccCvcvnoCvcv",
            "CvccCvcvCvcvno",
            "CvcvnoCvccCvcv",
            "CvcvCvccnoCvcv",
            "CvcvCvccCvcvno",
            "CvcvnoCvcvCvcc",
            "CvcvCvcvnoCvcc",
            "CvcvCvcvCvccno",
            "CvccnoCvccCvcv",
            "CvccCvccnoCvcv",
            "CvccCvccCvcvno",
            "CvcvnoCvccCvcc",
            "CvcvCvccnoCvcc",
            "CvcvCvccCvccno",
            "CvccnoCvcvCvcc",
            "CvccCvcvnoCvcc",
            "CvccCvcvCvccno",
        ],
        b"medium" => &["CvcnoCvc", "CvcCvcno"],
        b"short" => &["Cvcn"],
        b"basic" => &["aaanaaan", "aannaaan", "aaannaaa"],
        b"pin" => &["nnnn"],
        _ => return None,
    })
}

fn class(letter: u8) -> &'static [u8] {
    match letter {
        b'C' => b"BCDFGHJKLMNPQRSTVWXYZ",
        b'v' => b"aeiou",
        b'c' => b"bcdfghjklmnpqrstvwxyz",
        b'a' => b"AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz",
        b'n' => b"0123456789",
        b'o' => b"@&%?,=[]_:-+*$#!'^~;()/.",
        _ => b"AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz0123456789!@#$%^&*()",
    }
}

/// The password of a site by the Master Password algorithm.
fn derive(call: &mut Call<'_>, arguments: &[Traced]) -> Answer {
    const SEED: &[u8] = b"com.lyndir.masterpassword";
    let counter = match arguments.at(0)?.value {
        plimsoll_gotmpl::Value::Uint(counter, _) => counter as u32,
        _ => 0,
    };
    let kind = arguments.str(1)?.bytes();
    let Some(forms) = forms(kind) else {
        return Ok([b"cannot find password template ", kind].concat().into());
    };
    let (password, user, site) = (
        arguments.str(2)?.bytes(),
        arguments.str(3)?.bytes(),
        arguments.str(4)?.bytes(),
    );
    call.charge_steps(2 * SLOW)?;
    let size = |text: &[u8]| (text.len() as u32).to_be_bytes();
    let salt = [SEED, &size(user), user].concat();
    let mut key = [0; 64];
    let cost = scrypt::Params::new(15, 8, 2).map_err(|error| error.to_string())?;
    scrypt::scrypt(password, &salt, &cost, &mut key).map_err(|error| error.to_string())?;
    let message = [SEED, &size(site), site, &counter.to_be_bytes()].concat();
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).map_err(|error| error.to_string())?;
    mac.update(&message);
    let seed = mac.finalize().into_bytes();
    let form = forms[usize::from(seed[0]) % forms.len()];
    let mut out = Vec::with_capacity(form.len());
    for (letter, &byte) in form.bytes().zip(&seed[1..]) {
        let class = class(letter);
        out.push(class[usize::from(byte) % class.len()]);
    }
    Ok(out.into())
}

/// The password cut or filled up with zeros.
fn cipher(password: &[u8]) -> Aes256 {
    let mut key = [0; 32];
    let len = password.len().min(32);
    key[..len].copy_from_slice(&password[..len]);
    Aes256::new(&Array::from(key))
}

fn encrypt(call: &mut Call<'_>, arguments: &[Traced]) -> Answer {
    let (password, text) = (arguments.str(0)?.bytes(), arguments.str(1)?.bytes());
    if text.is_empty() {
        return Ok("".into());
    }
    call.charge_bytes(text.len() * 2)?;
    let cipher = cipher(password);
    let padding = 16 - text.len() % 16;
    let mut text = text.to_vec();
    text.resize(text.len() + padding, padding as u8);
    let mut out = bytes(call, 16)?;
    let mut before = [0; 16];
    before.copy_from_slice(&out);
    for block in text.chunks(16) {
        let mut mixed = [0; 16];
        for (index, byte) in block.iter().enumerate() {
            mixed[index] = byte ^ before[index];
        }
        let mut block = Array::from(mixed);
        cipher.encrypt_block(&mut block);
        before.copy_from_slice(&block);
        out.extend_from_slice(&block);
    }
    Ok(base64(&out).into())
}

fn decrypt(_: &mut Call<'_>, arguments: &[Traced]) -> Answer {
    let (password, written) = (arguments.str(0)?.bytes(), arguments.str(1)?.bytes());
    if written.is_empty() {
        return Ok("".into());
    }
    let all = from_base64(written).map_err(|at| illegal(64, at))?;
    if all.len() < 16 {
        // The reference cuts a slice that was made for the text as it was written.
        let capacity = written.len() / 4 * 3;
        return Err(format!(
            "runtime error: slice bounds out of range [:16] with capacity {capacity}"
        )
        .into());
    }
    let (start, text) = all.split_at(16);
    if text.len() % 16 != 0 {
        return Err("crypto/cipher: input not full blocks".into());
    }
    let cipher = cipher(password);
    let mut before = start;
    let mut out = Vec::with_capacity(text.len());
    for written in text.chunks(16) {
        let mut block = [0; 16];
        block.copy_from_slice(written);
        let mut block = Array::from(block);
        cipher.decrypt_block(&mut block);
        out.extend(block.iter().zip(before).map(|(byte, mask)| byte ^ mask));
        before = written;
    }
    let Some(&padding) = out.last() else {
        return Err("runtime error: index out of range [-1]".into());
    };
    let len = out.len() as i64 - i64::from(padding);
    match usize::try_from(len) {
        Ok(len) => out.truncate(len),
        Err(_) => return Err(format!("runtime error: slice bounds out of range [:{len}]").into()),
    }
    Ok(out.into())
}
