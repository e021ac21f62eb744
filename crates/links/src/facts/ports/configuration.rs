//! Ports that configuration files decide: nginx is read, others make the port unknown.

use plimsoll_dockerfile::Body;
use plimsoll_source::files::{file_name, join};
use plimsoll_source::{EntryKind, LineIndex};

use super::{Listen, Listening, Lookup, Sight, Strength};
use crate::facts::bases::Server;
use crate::facts::image::{Copied, Image, absolute};
use crate::facts::start::Call;
use crate::facts::words::{Part, parts};

/// The most configuration files that are read for one image.
const MAX_FILES: usize = 32;

/// Whether something puts files of its own into one of the folders.
pub(super) fn touched(sight: &Sight<'_>, folders: &[&str]) -> bool {
    let meets = |path: &str| {
        folders
            .iter()
            .any(|folder| is_below(path, folder) || is_below(folder, path))
    };
    if sight
        .mounts
        .iter()
        .any(|mount| meets(mount.trim_end_matches('/')))
    {
        return true;
    }
    let Some(image) = sight.image else {
        return false;
    };
    let copied = image.copies().iter().any(|copy| {
        let dest = copy.dest.trim_end_matches('/');
        dest.is_empty() || meets(dest)
    });
    copied || runs_on(sight, folders)
}

/// Whether a RUN names something in one of the folders.
fn runs_on(sight: &Sight<'_>, folders: &[&str]) -> bool {
    let Some(image) = sight.image else {
        return false;
    };
    image.instructions().any(|(_, instruction)| {
        matches!(instruction.body, Body::Run(_)) && {
            let text = image.build().file.joined(instruction.range);
            folders.iter().any(|folder| text.contains(folder))
        }
    })
}

fn is_below(path: &str, folder: &str) -> bool {
    path == folder
        || path
            .strip_prefix(folder)
            .is_some_and(|rest| rest.starts_with('/'))
}

/// Whether a call names a configuration file.
pub(super) fn names_a_file(call: &Call) -> bool {
    call.args.iter().any(|word| {
        [
            ".conf", ".cnf", ".cfg", ".ini", ".xml", ".yml", ".yaml", ".toml",
        ]
        .iter()
        .any(|ending| word.text.ends_with(ending))
    })
}

/// What nginx listens on: port 80 as it comes, or what its configuration says. Says whether
/// these are all.
pub(super) fn nginx(
    sight: &Sight<'_>,
    server: &Server,
    call: Option<&Call>,
    found: &mut Listening,
) -> bool {
    let mounted = sight
        .mounts
        .iter()
        .any(|mount| is_below(mount, "/etc/nginx"));
    if mounted || call.is_some_and(names_a_file) {
        found.open = true;
        return false;
    }
    let Some(image) = sight.image else {
        super::Sight::usual(sight, server, found);
        return true;
    };
    let Some(files) = files(sight) else {
        found.open = true;
        return false;
    };
    // The site that the image brings goes where it is replaced or taken away.
    let mut brought = true;
    let mut main = None;
    for file in &files {
        match file.dest.as_str() {
            "/etc/nginx/conf.d/default.conf" | "/etc/nginx/templates/default.conf.template" => {
                brought = false;
            }
            "/etc/nginx/nginx.conf" => main = Some(&file.text),
            _ => {}
        }
    }
    if main.is_some_and(|text| !text.contains("conf.d")) {
        brought = false;
    }
    for (_, instruction) in image.instructions() {
        if !matches!(instruction.body, Body::Run(_)) {
            continue;
        }
        let text = image.build().file.joined(instruction.range);
        if !text.contains("/etc/nginx") {
            continue;
        }
        let removes = text.contains("rm ") && text.contains("default.conf")
            || text.contains("/etc/nginx/conf.d/*")
            || text.contains("rm -rf /etc/nginx/conf.d");
        if removes {
            brought = false;
        } else if ["sed ", "cp ", "mv ", "echo ", "printf ", "envsubst", "ln "]
            .iter()
            .any(|tool| text.contains(tool))
        {
            found.open = true;
            return false;
        }
    }
    let mut all = true;
    for file in &files {
        all &= listens(sight, file, found);
    }
    if brought {
        super::Sight::usual(sight, server, found);
    }
    all && !found.ports.is_empty()
}

/// A configuration file of the image.
struct File {
    /// Where it is in the image.
    dest: String,
    /// Where it lies in the tree.
    path: String,
    text: String,
    place: plimsoll_source::Place,
}

/// The files that are copied into nginx's folder; `None` where one cannot be read.
fn files(sight: &Sight<'_>) -> Option<Vec<File>> {
    let image = sight.image?;
    let mut found: Vec<File> = Vec::new();
    for copy in image.copies() {
        let dest = copy.dest.trim_end_matches('/').to_owned();
        if !is_below(&dest, "/etc/nginx") {
            // A folder above it may bring anything.
            if is_below("/etc/nginx", &dest) && !dest.is_empty() {
                return None;
            }
            continue;
        }
        if !image.build().file.instructions[copy.index]
            .heredocs
            .is_empty()
        {
            return None;
        }
        if copy.from.is_some() {
            found.extend(from_stage(image, &copy, &dest)?);
            continue;
        }
        let context = &image.project().context_of(image.unit())?.dir;
        let tree = &*image.project().tree;
        let place = image.place(copy.instruction.range);
        for source in &copy.sources {
            let at = join(context, source.trim_start_matches('/'))?;
            match tree.kind(&at)? {
                EntryKind::File => {
                    found.push(read(tree, in_nginx(&dest, file_name(&at)), at, place)?);
                }
                EntryKind::Dir => {
                    for entry in tree.list(&at).ok()?.iter() {
                        match entry.kind {
                            EntryKind::File => {
                                let path = join(&at, &entry.name)?;
                                found.push(read(tree, absolute(&dest, &entry.name), path, place)?);
                            }
                            _ => return None,
                        }
                        if found.len() > MAX_FILES {
                            return None;
                        }
                    }
                }
                EntryKind::Link | EntryKind::Other => return None,
            }
        }
    }
    found.retain(|file| file.dest.ends_with(".conf") || file.dest.ends_with(".template"));
    Some(found)
}

/// Where a file comes to lie. A folder is written with a slash or is one of nginx's own.
fn in_nginx(dest: &str, name: &str) -> String {
    match dest {
        "/etc/nginx" | "/etc/nginx/conf.d" | "/etc/nginx/templates" => absolute(dest, name),
        _ => dest.to_owned(),
    }
}

/// Files that come from the tree by way of another stage, if no RUN names them, which could change
/// them there.
fn from_stage(image: Image<'_>, copy: &Copied<'_>, dest: &str) -> Option<Vec<File>> {
    let place = image.place(copy.instruction.range);
    let file = &image.build().file;
    let is_run_on = |name: &str| {
        let mut runs = file
            .instructions
            .iter()
            .filter(|one| matches!(one.body, Body::Run(_)));
        runs.any(|run| file.joined(run.range).contains(name))
    };
    let found = copy.sources.iter().map(|source| {
        let name = file_name(source);
        let whole = in_nginx(dest, name);
        let path = image.locate(&whole).filter(|_| !is_run_on(name))?;
        read(&*image.project().tree, whole, path, place)
    });
    found.collect()
}

fn read(
    tree: &dyn plimsoll_source::Tree,
    dest: String,
    path: String,
    place: plimsoll_source::Place,
) -> Option<File> {
    let text = String::from_utf8(tree.read(&path).ok()?).ok()?;
    Some(File {
        dest,
        path,
        text,
        place,
    })
}

/// Collects the `listen` directives of a file; says whether all were read.
fn listens(sight: &Sight<'_>, file: &File, found: &mut Listening) -> bool {
    let lines = LineIndex::new(&file.text);
    let mut all = !file.text.contains("include ") || file.text.contains("conf.d");
    for (at, _) in file.text.match_indices("listen") {
        let start = file.text[..at].rfind('\n').map_or(0, |line| line + 1);
        let before = &file.text[start..at];
        let rest = &file.text[at + 6..];
        // `listen` begins a directive, and `listen_*` is another one.
        let begins = before.trim_end().is_empty() || before.trim_end().ends_with(['{', ';']);
        if before.contains('#') || !begins || !rest.starts_with([' ', '\t']) {
            continue;
        }
        let Some(value) = rest
            .split([';', '\n'])
            .next()
            .and_then(|v| v.split_whitespace().next())
        else {
            continue;
        };
        let Some((text, variable)) = filled(sight, value) else {
            found.open = true;
            all = false;
            continue;
        };
        if rest.split(';').next().unwrap_or("").contains(" udp") {
            continue;
        }
        // An address alone listens on port 80.
        let port = super::address::port(&text).or_else(|| {
            let bare = text.parse::<std::net::IpAddr>().is_ok() || text == "*";
            bare.then_some(80)
        });
        let Some(port) = port else { continue };
        if !found.has(port) {
            found.ports.push(Listen {
                port,
                what: "`listen` of nginx".into(),
                place: file.place,
                within: Some((
                    file.path.as_str().into(),
                    lines.line_col(&file.text, at as u32).line,
                )),
                strength: Strength::Evident,
                variable,
            });
        }
    }
    all
}

/// A value with its variables filled in, as envsubst does for templates.
fn filled(sight: &Sight<'_>, value: &str) -> Option<(String, Option<Box<str>>)> {
    let mut text = String::new();
    let mut variable = None;
    for part in parts(value) {
        match part {
            Part::Text(part) => text.push_str(part),
            Part::Variable(one) => match sight.lookup(one.name) {
                Lookup::Is(value, _) => {
                    text.push_str(&value);
                    variable = Some(one.name.into());
                }
                _ => return None,
            },
            Part::Unknown => return None,
        }
    }
    Some((text, variable))
}
