//! Paths with slashes (`path` and, on Linux, `path/filepath`).

use plimsoll_gotmpl::Arguments;

use super::{Entry, entry};

pub(super) const FUNCTIONS: &[Entry] = &[
    entry("base", "string", |_, arguments| {
        Ok(base(arguments.str(0)?.bytes()).into())
    }),
    entry("dir", "string", |_, arguments| {
        Ok(dir(arguments.str(0)?.bytes()).into())
    }),
    entry("clean", "string", |_, arguments| {
        Ok(clean(arguments.str(0)?.bytes()).into())
    }),
    entry("ext", "string", |_, arguments| {
        Ok(ext(arguments.str(0)?.bytes()).into())
    }),
    entry("isAbs", "string", |_, arguments| {
        Ok(arguments.str(0)?.bytes().starts_with(b"/").into())
    }),
    entry("osBase", "string", |_, arguments| {
        Ok(base(arguments.str(0)?.bytes()).into())
    }),
    entry("osDir", "string", |_, arguments| {
        Ok(dir(arguments.str(0)?.bytes()).into())
    }),
    entry("osClean", "string", |_, arguments| {
        Ok(clean(arguments.str(0)?.bytes()).into())
    }),
    entry("osExt", "string", |_, arguments| {
        Ok(ext(arguments.str(0)?.bytes()).into())
    }),
    entry("osIsAbs", "string", |_, arguments| {
        Ok(arguments.str(0)?.bytes().starts_with(b"/").into())
    }),
];

/// The last element (`path.Base`).
fn base(path: &[u8]) -> Vec<u8> {
    if path.is_empty() {
        return b".".to_vec();
    }
    let end = path.iter().rposition(|&byte| byte != b'/');
    let Some(end) = end else {
        return b"/".to_vec();
    };
    let path = &path[..=end];
    let start = memchr::memrchr(b'/', path).map_or(0, |slash| slash + 1);
    path[start..].to_vec()
}

/// All but the last element (`path.Dir`).
fn dir(path: &[u8]) -> Vec<u8> {
    let end = memchr::memrchr(b'/', path).map_or(0, |slash| slash + 1);
    clean(&path[..end])
}

/// From the last dot of the last element on (`path.Ext`).
fn ext(path: &[u8]) -> Vec<u8> {
    let start = memchr::memrchr(b'/', path).map_or(0, |slash| slash + 1);
    match memchr::memrchr(b'.', &path[start..]) {
        Some(dot) => path[start + dot..].to_vec(),
        None => Vec::new(),
    }
}

/// The shortest path to the same (`path.Clean`).
fn clean(path: &[u8]) -> Vec<u8> {
    let rooted = path.starts_with(b"/");
    let mut kept: Vec<&[u8]> = Vec::new();
    for element in path.split(|&byte| byte == b'/') {
        match element {
            b"" | b"." => {}
            b".." => match kept.last() {
                Some(&last) if last != b".." => {
                    kept.pop();
                }
                _ if rooted => {}
                _ => kept.push(element),
            },
            _ => kept.push(element),
        }
    }
    let joined = kept.join(&b'/');
    match (rooted, joined.is_empty()) {
        (true, _) => [b"/", &joined[..]].concat(),
        (false, true) => b".".to_vec(),
        (false, false) => joined,
    }
}
