//! Words of a Dockerfile: paths, shell words, values and exec form, with nothing in them that the
//! builder or a shell would take for something else.

/// `COPY` instructions for paths of the context, each to its own place: files of one folder
/// together, folders alone. Nothing for no path.
pub(super) fn copies(paths: &[String]) -> String {
    let mut groups: Vec<(String, Vec<&str>)> = Vec::new();
    let mut text = String::new();
    for path in paths {
        if is_whole(path) {
            return "COPY . .\n".to_owned();
        }
        let path = path.trim_start_matches("./").trim_end_matches('/');
        if !is_file(path) {
            continue;
        }
        let folder = path.rsplit_once('/').map_or("./", |(folder, _)| folder);
        let folder = if folder == "./" {
            folder.to_owned()
        } else {
            format!("{folder}/")
        };
        match groups.iter_mut().find(|group| group.0 == folder) {
            Some(group) if group.1.contains(&path) => {}
            Some(group) => group.1.push(path),
            None => groups.push((folder, vec![path])),
        }
    }
    for (folder, files) in &groups {
        let mut words: Vec<&str> = files.clone();
        words.push(folder);
        text.push_str(&copy(&words));
    }
    for path in paths {
        let path = path.trim_start_matches("./").trim_end_matches('/');
        if !is_file(path) {
            text.push_str(&copy(&[path, path]));
        }
    }
    text
}

/// The same instructions where what is copied lies in a folder of the context.
pub(super) fn from_folder(text: &str, folder: &str) -> String {
    if folder.is_empty() {
        return text.to_owned();
    }
    text.split_inclusive('\n')
        .map(|line| {
            let is_of_context =
                line.starts_with("COPY ") && !line.contains(" --from=") && !line.contains(" <<");
            if is_of_context {
                moved(line, folder)
            } else {
                line.to_owned()
            }
        })
        .collect()
}

fn moved(line: &str, folder: &str) -> String {
    let (words, end) = match line.strip_suffix('\n') {
        Some(words) => (words, "\n"),
        None => (line, ""),
    };
    let below = |path: &str| match path {
        "." | "./" => format!("{folder}/"),
        path => format!("{folder}/{path}"),
    };
    let words = &words["COPY ".len()..];
    if let Some(list) = words
        .strip_prefix("[\"")
        .and_then(|list| list.strip_suffix("\"]"))
    {
        let mut paths: Vec<String> = list.split("\", \"").map(str::to_owned).collect();
        let last = paths.len().saturating_sub(1);
        for path in &mut paths[..last] {
            *path = below(path);
        }
        return format!("COPY [\"{}\"]{end}", paths.join("\", \""));
    }
    let words: Vec<&str> = words.split(' ').collect();
    let last = words.len().saturating_sub(1);
    let words: Vec<String> = words
        .iter()
        .enumerate()
        .map(|(at, word)| {
            if at == last || word.starts_with("--") {
                (*word).to_owned()
            } else {
                below(word)
            }
        })
        .collect();
    format!("COPY {}{end}", words.join(" "))
}

/// Whether a path is the context itself.
pub(super) fn is_whole(path: &str) -> bool {
    let path = path.trim_start_matches("./").trim_end_matches('/');
    path.is_empty() || path == "."
}

/// One `COPY`, the last word being where to; in exec form where a word would fall apart.
pub(super) fn copy(words: &[&str]) -> String {
    let last = words.len().saturating_sub(1);
    let escaped: Vec<String> = words
        .iter()
        .enumerate()
        .map(|(at, word)| escape(word, at < last))
        .collect();
    if words.iter().any(|word| word.contains(char::is_whitespace)) {
        return format!("COPY {}\n", exec(&escaped));
    }
    format!("COPY {}\n", escaped.join(" "))
}

/// A path with nothing that the builder would take for a variable or, in a source, a pattern.
fn escape(path: &str, is_source: bool) -> String {
    let mut text = String::new();
    for c in path.chars().filter(|c| !c.is_control()) {
        match c {
            '$' => text.push_str("\\$"),
            '[' if is_source => text.push_str("[[]"),
            c => text.push(c),
        }
    }
    text
}

/// Whether a path ends as files do. What does not is copied alone, as `COPY x x`, which is right
/// for a file as well as for a folder.
fn is_file(path: &str) -> bool {
    const ENDINGS: &[&str] = &[
        "cfg",
        "cjs",
        "conf",
        "config",
        "css",
        "csproj",
        "editorconfig",
        "exs",
        "fsproj",
        "go",
        "gradle",
        "html",
        "ico",
        "ini",
        "java",
        "js",
        "json",
        "jsonc",
        "kts",
        "lock",
        "lockb",
        "md",
        "mjs",
        "mod",
        "php",
        "properties",
        "props",
        "py",
        "rb",
        "rs",
        "rst",
        "ru",
        "sh",
        "sln",
        "slnx",
        "sum",
        "svg",
        "targets",
        "toml",
        "ts",
        "txt",
        "vbproj",
        "work",
        "xml",
        "yaml",
        "yml",
    ];
    const NAMES: &[&str] = &[
        "Gemfile",
        "LICENSE",
        "Makefile",
        "Pipfile",
        "Procfile",
        "README",
        "Rakefile",
        "artisan",
        "gradlew",
        "mvnw",
        ".npmrc",
        ".python-version",
        ".ruby-version",
        ".yarnrc",
    ];
    let name = path.rsplit('/').next().unwrap_or(path);
    if NAMES.contains(&name) {
        return true;
    }
    name.rsplit_once('.')
        .is_some_and(|(stem, ending)| !stem.is_empty() && ENDINGS.contains(&ending))
        || name == ".yarnrc.yml"
}

/// A word of a shell command.
pub(super) fn quote(word: &str) -> String {
    let word: String = word.chars().filter(|c| !c.is_control()).collect();
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@%+,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word;
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

/// A value of `ENV`; `$PATH` in it is meant.
pub(super) fn value(text: &str) -> String {
    let text: String = text.chars().filter(|c| !c.is_control()).collect();
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@%+,".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text;
    }
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Words in exec form.
pub(super) fn exec(words: &[String]) -> String {
    let words: Vec<String> = words.iter().map(|word| json(word)).collect();
    format!("[{}]", words.join(", "))
}

fn json(word: &str) -> String {
    let mut text = String::from("\"");
    for c in word.chars() {
        match c {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            // Nothing that is written has other control characters.
            c if c.is_control() => {}
            c => text.push(c),
        }
    }
    text.push('"');
    text
}

/// A command whose downloads are kept between builds, outside the image.
pub(super) fn cached(folders: &[&str], command: &str) -> String {
    let mounts: String = folders
        .iter()
        .map(|folder| format!("--mount=type=cache,target={folder} \\\n    "))
        .collect();
    format!("RUN {mounts}{command}")
}
