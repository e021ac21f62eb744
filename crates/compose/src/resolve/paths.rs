//! Paths as Go's `path/filepath` handles them on Unix, by their text alone.

/// The shortest path that means the same: Go's `Clean`. An empty path is `.`.
pub(super) fn clean(path: &str) -> String {
    let rooted = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => match parts.last() {
                Some(&last) if last != ".." => {
                    parts.pop();
                }
                _ if rooted => {}
                _ => parts.push(".."),
            },
            part => parts.push(part),
        }
    }
    let joined = parts.join("/");
    match (rooted, joined.is_empty()) {
        (true, _) => format!("/{joined}"),
        (false, true) => ".".to_owned(),
        (false, false) => joined,
    }
}

/// Go's `Join` of two elements: empty ones are left out.
pub(super) fn join(dir: &str, path: &str) -> String {
    match (dir.is_empty(), path.is_empty()) {
        (true, true) => String::new(),
        (true, false) => clean(path),
        (false, true) => clean(dir),
        (false, false) => clean(&format!("{dir}/{path}")),
    }
}

/// Whether the path begins at the root.
pub(super) fn is_absolute(path: &str) -> bool {
    path.starts_with('/')
}

/// The path itself if it is absolute, and below `dir` otherwise.
pub(super) fn absolute(dir: &str, path: &str) -> String {
    if is_absolute(path) {
        clean(path)
    } else {
        join(dir, path)
    }
}

/// Everything but the last part: Go's `Dir`.
pub(super) fn dir(path: &str) -> String {
    match path.rfind('/') {
        Some(at) => clean(&path[..=at]),
        None => ".".to_owned(),
    }
}

/// The last part: Go's `Base`.
pub(super) fn base(path: &str) -> &str {
    if path.is_empty() {
        return ".";
    }
    let trimmed = path.trim_end_matches('/');
    if trimmed.is_empty() {
        return "/";
    }
    trimmed.rsplit('/').next().unwrap_or(trimmed)
}

/// How to get from `from` to `to`: Go's `Rel`. `None` if one is absolute and the other is not,
/// or if `from` climbs out of what is known.
pub(super) fn relative(from: &str, to: &str) -> Option<String> {
    let (from, to) = (clean(from), clean(to));
    if from == to {
        return Some(".".to_owned());
    }
    let from = if from == "." { "" } else { from.as_str() };
    if is_absolute(from) != is_absolute(&to) {
        return None;
    }
    let parts = |path: &str| -> Vec<String> {
        let parts = path.split('/').filter(|part| !part.is_empty());
        parts.map(str::to_owned).collect()
    };
    let (from, to) = (parts(from), parts(&to));
    let common = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    if from[common..].iter().any(|part| part == "..") {
        return None;
    }
    let up = std::iter::repeat_n("..", from.len() - common);
    let down = to[common..].iter().map(String::as_str);
    Some(up.chain(down).collect::<Vec<_>>().join("/"))
}

/// Whether a path of Windows is absolute: `C:\x`, `\\host\share`, `//host/share`.
pub(super) fn is_windows_absolute(path: &str) -> bool {
    let separator = |byte: &u8| matches!(byte, b'\\' | b'/');
    let bytes = path.as_bytes();
    match bytes {
        [_, b':', rest @ ..] => rest.first().is_some_and(separator),
        [one, two, ..] if separator(one) => {
            // `\??\` is the one device prefix that does not begin with two separators.
            separator(two)
                || (bytes[1..].starts_with(b"??")
                    && bytes.get(3).is_none_or(separator)
                    && windows_device_is_absolute(bytes))
        }
        _ => false,
    }
}

/// The rest of [`is_windows_absolute`] for `\??\C:\x`: what follows the device must begin with a
/// separator.
fn windows_device_is_absolute(bytes: &[u8]) -> bool {
    let Some(rest) = bytes.get(4..) else {
        return false;
    };
    rest.iter().any(|byte| matches!(byte, b'\\' | b'/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_cleaned_and_joined() {
        for (path, expected) in [
            ("", "."),
            (".", "."),
            ("a//b/./c/..", "a/b"),
            ("../a/../..", "../.."),
            ("/..//a/", "/a"),
            ("/", "/"),
        ] {
            assert_eq!(clean(path), expected, "{path}");
        }
        assert_eq!(join("/a", "../b"), "/b");
        assert_eq!(join("", "./b"), "b");
        assert_eq!(join("a", ""), "a");
        assert_eq!(join("", ""), "");
        assert_eq!(absolute("/a", "/b/../c"), "/c");
    }

    #[test]
    fn paths_are_taken_apart() {
        for (path, parent, name) in [
            ("/a/b.yml", "/a", "b.yml"),
            ("b.yml", ".", "b.yml"),
            ("/a/", "/a", "a"),
            ("/", "/", "/"),
            ("", ".", "."),
        ] {
            assert_eq!((dir(path).as_str(), base(path)), (parent, name), "{path}");
        }
    }

    #[test]
    fn the_way_from_one_to_the_other() {
        for (from, to, expected) in [
            ("/a/b", "/a/b", Some(".")),
            ("/a", "/a/b/c", Some("b/c")),
            ("/a/b", "/a/c", Some("../c")),
            ("/a", "/", Some("..")),
            (".", "x", Some("x")),
            ("a", "/a", None),
            ("..", "a", None),
        ] {
            assert_eq!(relative(from, to).as_deref(), expected, "{from} {to}");
        }
    }

    #[test]
    fn windows_paths_are_known() {
        for (path, expected) in [
            ("C:\\a", true),
            ("c:/a", true),
            ("C:", false),
            ("C:a", false),
            ("\\\\host\\share", true),
            ("//host/share", true),
            ("\\\\.\\pipe\\x", true),
            ("\\a", false),
            ("./a", false),
            ("", false),
            ("\\", false),
        ] {
            assert_eq!(is_windows_absolute(path), expected, "{path}");
        }
    }
}
