//! ASCII armor and signed texts (RFC 9580, 6 and 7).

use crate::functions::to_base64;

/// A text with a signature below it.
pub(super) struct Signed {
    /// The text as it was before it was signed.
    pub(super) text: Vec<u8>,
    /// The text as it was signed: with CRLF, without white space at the ends of lines.
    pub(super) canonical: Vec<u8>,
    /// The packets of the signature.
    pub(super) signature: Vec<u8>,
}

/// The packets of all blocks of keys in armor; `None` if one is damaged.
pub(super) fn blocks(bytes: &[u8]) -> Option<Vec<Vec<u8>>> {
    let text = String::from_utf8_lossy(bytes);
    let mut lines = text.lines();
    let mut found = Vec::new();
    while let Some(line) = lines.next() {
        let kind = line.trim().strip_prefix("-----BEGIN PGP ");
        let Some(kind) = kind.and_then(|kind| kind.strip_suffix("-----")) else {
            continue;
        };
        if !matches!(kind, "PUBLIC KEY BLOCK" | "PRIVATE KEY BLOCK") {
            return None;
        }
        found.push(body(&mut lines)?);
    }
    Some(found)
}

/// A clear-signed text; what stands before and after it does not count.
pub(super) fn signed_text(bytes: &[u8]) -> Option<Signed> {
    let source = std::str::from_utf8(bytes).ok()?;
    let mut lines = source
        .split('\n')
        .map(|line| line.strip_suffix('\r').unwrap_or(line));
    lines.find(|line| line.trim_end() == "-----BEGIN PGP SIGNED MESSAGE-----")?;
    // Header lines up to a blank one; only `Hash` may be among them.
    loop {
        let line = lines.next()?;
        if line.trim().is_empty() {
            break;
        }
        if !line.starts_with("Hash:") {
            return None;
        }
    }
    let mut text = Vec::new();
    let mut canonical: Vec<u8> = Vec::new();
    let mut first = true;
    loop {
        let line = lines.next()?;
        if line.starts_with("-----BEGIN PGP SIGNATURE-----") {
            break;
        }
        // A line that begins with a dash has another dash and a space before it.
        let line = match line.strip_prefix("- ") {
            Some(line) => line,
            None if line.starts_with('-') => return None,
            None => line,
        };
        if !first {
            canonical.extend_from_slice(b"\r\n");
        }
        first = false;
        canonical.extend_from_slice(line.trim_end_matches([' ', '\t']).as_bytes());
        text.extend_from_slice(line.as_bytes());
        text.push(b'\n');
    }
    Some(Signed {
        text,
        canonical,
        signature: body(&mut lines)?,
    })
}

/// A text with a place for its signature, as Helm writes it.
pub(super) fn clear_text(text: &str, signature: &[u8]) -> String {
    let mut out = String::from("-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n");
    for line in text.split('\n') {
        if line.starts_with('-') {
            out.push_str("- ");
        }
        out.push_str(line);
        out.push('\n');
    }
    out.push_str("-----BEGIN PGP SIGNATURE-----\n\n");
    let packed = String::from_utf8(to_base64(signature)).unwrap_or_default();
    let mut rest = packed.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.len().min(64));
        out.push_str(line);
        out.push('\n');
        rest = after;
    }
    out.push_str("-----END PGP SIGNATURE-----");
    out
}

/// A text as it is signed.
pub(super) fn canonical(text: &str) -> Vec<u8> {
    let lines = text
        .split('\n')
        .map(|line| line.trim_end_matches([' ', '\t', '\r']));
    lines.collect::<Vec<_>>().join("\r\n").into_bytes()
}

/// What stands in armor, up to its last line. Its sum is for broken connections and says nothing
/// of who wrote it, so that it is not looked at.
fn body<'l>(lines: &mut impl Iterator<Item = &'l str>) -> Option<Vec<u8>> {
    let mut packed = String::new();
    let mut in_headers = true;
    loop {
        let line = lines.next()?.trim();
        if line.starts_with("-----END PGP ") {
            return base64(&packed);
        }
        if in_headers {
            if line.is_empty() {
                in_headers = false;
                continue;
            }
            if line.contains(": ") || line.ends_with(':') {
                continue;
            }
            in_headers = false;
        }
        if !line.starts_with('=') {
            packed.push_str(line);
        }
    }
}

fn base64(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut count) = (0_u32, 0);
    for byte in text.trim_end_matches('=').bytes() {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count & 0xff) as u8);
        }
    }
    Some(out)
}
