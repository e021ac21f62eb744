//! What is mounted into a service: volumes, files and folders of the host, configs and secrets.

use plimsoll_compose::resolve::{Entry, Item, Trace, VariableOrigin};

use super::names::{Taken, label};
use super::scale::{bytes, quantity};
use super::storage::{self, Found};
use super::{App, Cx, SecretNeeded};
use crate::emit::{List, Map};
use crate::model::Evidence;

/// What is mounted.
#[derive(Default)]
pub(super) struct Mounts {
    /// `volumeMounts` of the container.
    pub(super) list: List,
    /// `volumes` of the pod.
    pub(super) volumes: List,
    pub(super) claims: Vec<Claim>,
    /// Files of a ConfigMap: key, text, what they rest on.
    pub(super) files: Vec<(String, String, Vec<Evidence>)>,
    /// Files of a Secret that somebody makes: key and where the file lies.
    pub(super) secret_files: Vec<(String, String)>,
    /// Volumes with the places that they are mounted at.
    pub(super) placed: Vec<(String, String)>,
    /// Parts of the volume at `/run/secrets`.
    run_secrets: Vec<(Map, Vec<Evidence>)>,
    names: Taken,
    keys: Taken,
    /// The mode of files, where one of them is a script.
    is_executable: bool,
}

/// Room that outlives pods.
pub(super) struct Claim {
    /// The name of the claim.
    pub(super) name: String,
    /// The name of the volume in the pod.
    pub(super) volume: String,
    /// Whether another service uses it, too.
    pub(super) is_shared: bool,
    /// Whether it is there already.
    pub(super) is_external: bool,
    /// Whether this service writes it, for one of several does.
    pub(super) is_first: bool,
    pub(super) why: Vec<Evidence>,
}

/// The largest file that goes into a ConfigMap, in bytes.
const MAX_FILE: usize = 128 * 1024;

/// Why files are executable.
const SCRIPTS: &str = "0555: one of them is a script.";

/// Reads `volumes`, `tmpfs`, `shm_size`, `configs` and `secrets`.
pub(super) fn read<'r>(cx: &Cx<'r>, app: &mut App<'r>) {
    let volumes = app.item.get("volumes").map(Item::items).unwrap_or_default();
    for mount in volumes {
        one(cx, app, mount);
    }
    if let Some(tmpfs) = cx.take(app.item, "tmpfs") {
        for item in tmpfs.value().items() {
            let text = item.as_str().unwrap_or_default();
            let (target, options) = text.split_once(':').unwrap_or((text, ""));
            let size = options
                .split(',')
                .find_map(|option| option.strip_prefix("size="));
            let why = &[cx.why(item.trace(), format!("`{target}` is in memory"))];
            memory(app, target, size.and_then(size_of), why);
        }
    }
    if let Some(entry) = cx.take(app.item, "shm_size") {
        let size = bytes(entry.value()).map(quantity);
        memory(app, "/dev/shm", size, &cx.because(entry));
    }
    grants(cx, app, "configs");
    grants(cx, app, "secrets");
    finish(app);
}

fn one<'r>(cx: &Cx<'r>, app: &mut App<'r>, mount: &'r Item) {
    let text = |key: &str| mount.get(key).and_then(Item::as_str);
    let target = text("target").unwrap_or_default();
    let is_read_only = mount.get("read_only").and_then(Item::as_bool) == Some(true);
    for key in ["type", "source", "target", "read_only", "consistency"] {
        cx.take(mount, key);
    }
    for (group, key) in [
        ("bind", "create_host_path"),
        ("bind", "selinux"),
        ("volume", "nocopy"),
    ] {
        if let Some(group) = mount.get(group) {
            cx.take(group, key);
        }
    }
    let why = &[cx.why(mount.trace(), format!("something is mounted at `{target}`"))];
    match text("type").unwrap_or("volume") {
        "tmpfs" => {
            let size = mount
                .get("tmpfs")
                .and_then(|tmpfs| cx.take(tmpfs, "size"))
                .and_then(|entry| bytes(entry.value()))
                .filter(|bytes| *bytes > 0);
            memory(app, target, size.map(quantity), why);
        }
        "volume" => match text("source") {
            Some(source) => named(cx, app, mount, source, is_read_only, why),
            None => anonymous(cx, app, mount, target, why),
        },
        "bind" => {
            let source = text("source").unwrap_or_default();
            match storage::of_host(cx, app, source, target) {
                Found::File(text) => file(app, source, &text, target, why),
                Found::SecretFile => secret_file(cx, app, source, target, why),
                Found::Folder(files) => folder(app, source, files, target, why),
                Found::Data { is_there } => {
                    if is_there {
                        cx.lose(
                            app.service,
                            mount.trace(),
                            "volumes",
                            format!(
                                "what lies in `{}` is not copied: `{target}` starts empty",
                                cx.relative(source)
                            ),
                            "copy it into the claim, or restore a backup there",
                        );
                    }
                    let name = format!("{}-{}", app.name, label(last(source)));
                    claim(app, &name, Some(source), target, is_read_only, None, why);
                }
                Found::Nothing { lost, help } => {
                    cx.lose(app.service, mount.trace(), "volumes", lost, help);
                }
            }
        }
        kind => cx.lose(
            app.service,
            mount.trace(),
            "volumes",
            format!("a mount of the type `{kind}` at `{target}` is left out"),
            "write it by hand",
        ),
    }
}

fn last(path: &str) -> &str {
    path.trim_end_matches('/')
        .rsplit('/')
        .next()
        .unwrap_or(path)
}

fn named<'r>(
    cx: &Cx<'r>,
    app: &mut App<'r>,
    mount: &'r Item,
    source: &str,
    is_read_only: bool,
    why: &[Evidence],
) {
    let target = mount
        .get("target")
        .and_then(Item::as_str)
        .unwrap_or_default();
    let sub_path = mount
        .get("volume")
        .and_then(|volume| cx.take(volume, "subpath"))
        .and_then(|entry| entry.value().as_str());
    let volumes = cx.resolved.root().get("volumes");
    let volume = volumes.and_then(|volumes| volumes.get(source));
    let external = volume.and_then(|volume| cx.take(volume, "external"));
    let is_external = external.is_some_and(|entry| entry.value().as_bool() == Some(true));
    let own = volume.and_then(|volume| cx.take(volume, "name"));
    if let Some(labels) = volume.and_then(|volume| volume.get("labels")) {
        cx.settle(labels);
    }
    let own = own.and_then(|entry| entry.value().as_str());
    let name = match own.filter(|_| is_external) {
        Some(name) => name.to_owned(),
        None => source.to_owned(),
    };
    if is_external {
        cx.lose(
            app.service,
            mount.trace(),
            "volumes",
            format!("the volume `{name}` is somebody else's, and no claim is written for it"),
            format!("make a claim `{}` before anything starts", label(&name)),
        );
    }
    if app.image.known.is_none() && !is_external && !is_read_only {
        cx.lose(
            app.service,
            mount.trace(),
            "volumes",
            format!("a claim starts empty, where Docker puts what the image has at `{target}`"),
            "let an init container or the program fill it where that is needed",
        );
    }
    let name = label(&name);
    claim(app, &name, None, target, is_read_only, sub_path, why);
    if let Some(claim) = app
        .mounts
        .claims
        .iter_mut()
        .find(|claim| claim.name == name)
    {
        claim.is_external = is_external;
        let (is_shared, is_first) = users(cx, app.service, source);
        claim.is_shared = is_shared;
        claim.is_first = is_first;
    }
}

/// Whether other services use a volume, too, and whether none of them comes before this one.
fn users(cx: &Cx<'_>, service: &str, volume: &str) -> (bool, bool) {
    let services = cx.resolved.root().get("services").into_iter();
    let uses = |entry: &&Entry| {
        let mounts = entry
            .value()
            .get("volumes")
            .map(Item::items)
            .unwrap_or_default();
        mounts.iter().any(|mount| {
            mount.get("source").and_then(Item::as_str) == Some(volume)
                && mount.get("type").and_then(Item::as_str) == Some("volume")
        })
    };
    let users: Vec<&str> = services
        .flat_map(Item::entries)
        .filter(uses)
        .map(Entry::key)
        .collect();
    (users.len() > 1, users.first() == Some(&service))
}

fn anonymous<'r>(cx: &Cx<'r>, app: &mut App<'r>, mount: &'r Item, target: &str, why: &[Evidence]) {
    let is_read_only = app.item.get("read_only").and_then(Item::as_bool) == Some(true);
    if is_read_only {
        let volume = Map::new().put("emptyDir", Map::new());
        app.mounts.add(target, target, volume, false, None, why);
        return;
    }
    cx.lose(
        app.service,
        mount.trace(),
        "volumes",
        format!("the volume without a name at `{target}` is left out: the image's files stand there, and what is written goes with the pod"),
        "give it a name where it has to outlive the pod",
    );
}

fn claim(
    app: &mut App<'_>,
    name: &str,
    host: Option<&str>,
    target: &str,
    is_read_only: bool,
    sub_path: Option<&str>,
    why: &[Evidence],
) {
    let known = app.mounts.claims.iter().find(|claim| claim.name == name);
    let folder = app
        .image
        .known
        .filter(|known| known.wants_folder && sub_path.is_none())
        .map(|_| "data");
    let sub_path = sub_path.or(folder);
    if let Some(claim) = known {
        let volume = claim.volume.clone();
        app.mounts
            .mount(&volume, target, is_read_only, sub_path, why);
        return;
    }
    let volume = app.mounts.names.take(&label(host.map_or(name, last)));
    app.mounts
        .mount(&volume, target, is_read_only, sub_path, why);
    app.mounts.claims.push(Claim {
        name: name.to_owned(),
        volume,
        is_shared: false,
        is_external: false,
        is_first: true,
        why: why.to_vec(),
    });
}

/// A size such as `64m` or `1073741824`; a share of the memory is not one.
fn size_of(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    let lower = lower.trim_end_matches('b');
    let (digits, factor) = match lower.strip_suffix(['k', 'm', 'g']) {
        Some(digits) if lower.ends_with('k') => (digits, 1 << 10),
        Some(digits) if lower.ends_with('m') => (digits, 1 << 20),
        Some(digits) => (digits, 1 << 30),
        None => (lower, 1),
    };
    let number: u64 = digits.parse().ok()?;
    number
        .checked_mul(factor)
        .filter(|size| *size > 0)
        .map(quantity)
}

fn memory(app: &mut App<'_>, target: &str, size: Option<String>, why: &[Evidence]) {
    let mut room = Map::new().put("medium", "Memory");
    if let Some(size) = size {
        room = room.put("sizeLimit", size);
    }
    let volume = Map::new().put("emptyDir", room);
    app.mounts.add(target, target, volume, false, None, why);
}

fn file(app: &mut App<'_>, source: &str, text: &str, target: &str, why: &[Evidence]) {
    let key = app.mounts.keys.take(&key_of(last(source)));
    app.mounts.is_executable |= text.starts_with("#!");
    app.mounts
        .files
        .push((key.clone(), text.to_owned(), why.to_vec()));
    app.mounts.mount("files", target, true, Some(&key), why);
}

fn folder(
    app: &mut App<'_>,
    source: &str,
    files: Vec<(String, String)>,
    target: &str,
    why: &[Evidence],
) {
    let mut items = List::new();
    let mut is_executable = false;
    for (name, text) in files {
        is_executable |= text.starts_with("#!");
        let key = app.mounts.keys.take(&key_of(&name));
        items = items.item(Map::new().put("key", key.as_str()).put("path", name));
        app.mounts.files.push((key, text, why.to_vec()));
    }
    let mut map = Map::new().put("name", format!("{}-files", app.name));
    if is_executable {
        map = map.put("defaultMode", 365u32).note(SCRIPTS);
    }
    let map = map.put("items", items);
    let volume = Map::new().put("configMap", map);
    app.mounts
        .add(last(source), target, volume, true, None, why);
}

fn secret_file(cx: &Cx<'_>, app: &mut App<'_>, source: &str, target: &str, why: &[Evidence]) {
    let key = app.mounts.keys.take(&key_of(last(source)));
    let path = cx.relative(source).to_owned();
    app.mounts.secret_files.push((key.clone(), path.clone()));
    app.mounts
        .mount("secret-files", target, true, Some(&key), why);
    cx.secrets.borrow_mut().push(SecretNeeded {
        name: format!("{}-files", app.name),
        keys: vec![key],
        file: Some(path),
    });
}

/// A name as a key of a ConfigMap or a Secret.
fn key_of(name: &str) -> String {
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') {
            c
        } else {
            '-'
        }
    };
    let key: String = name.chars().map(plain).collect();
    match key.as_str() {
        "" | "." | ".." => "file".to_owned(),
        _ => key,
    }
}

/// `configs` or `secrets` of a service.
fn grants<'r>(cx: &Cx<'r>, app: &mut App<'r>, section: &'static str) {
    let grants = app.item.get(section).map(Item::items).unwrap_or_default();
    for grant in grants {
        let (Some(source), mode) = (cx.take(grant, "source"), cx.take(grant, "mode")) else {
            continue;
        };
        let source = source.value().as_str().unwrap_or_default();
        let target = cx
            .take(grant, "target")
            .and_then(|entry| entry.value().as_str());
        let top = cx.resolved.root().get(section);
        let Some(top) = top.and_then(|top| top.get(source)) else {
            continue;
        };
        let why = &[cx.why(grant.trace(), format!("`{source}` is one of its {section}"))];
        let mode = mode.and_then(|entry| entry.value().as_int());
        let name = cx
            .take(top, "name")
            .and_then(|entry| entry.value().as_str());
        let external = cx.take(top, "external");
        let is_external = external.is_some_and(|entry| entry.value().as_bool() == Some(true));
        if section == "secrets" {
            secret(cx, app, top, source, target, mode, why);
        } else {
            let place = target.map_or_else(|| format!("/{source}"), str::to_owned);
            let given = if is_external { name } else { None };
            config(cx, app, top, source, &place, given, why);
        }
    }
}

fn secret<'r>(
    cx: &Cx<'r>,
    app: &mut App<'r>,
    top: &'r Item,
    source: &str,
    target: Option<&str>,
    mode: Option<i64>,
    why: &[Evidence],
) {
    let mut file = None;
    for key in ["file", "environment"] {
        if let Some(entry) = cx.take(top, key) {
            file = entry.value().as_str().filter(|_| key == "file");
        }
    }
    let mut name = label(source);
    if cx.names.values().any(|app| *app == name) {
        name.push_str("-secret");
    }
    let key = key_of(source);
    cx.secrets.borrow_mut().push(SecretNeeded {
        name: name.clone(),
        keys: vec![key.clone()],
        file: file.map(|file| cx.relative(file).to_owned()),
    });
    let target = target.map_or_else(|| format!("/run/secrets/{source}"), str::to_owned);
    let target = if target.starts_with('/') {
        target
    } else {
        format!("/run/secrets/{target}")
    };
    let mut item = Map::new().put("key", key.as_str());
    if let Some(path) = target.strip_prefix("/run/secrets/") {
        item = item.put("path", path);
        if let Some(mode) = mode.and_then(|mode| u32::try_from(mode).ok()) {
            item = item.put("mode", mode);
        }
        let part = Map::new()
            .put("name", name)
            .put("items", List::new().item(item));
        let part = Map::new().put("secret", part);
        app.mounts.run_secrets.push((part, why.to_vec()));
        return;
    }
    let mut map = Map::new().put("secretName", name);
    if let Some(mode) = mode.and_then(|mode| u32::try_from(mode).ok()) {
        map = map.put("defaultMode", mode);
    }
    let volume = Map::new().put("secret", map);
    app.mounts
        .add(source, &target, volume, true, Some(&key), why);
}

fn config<'r>(
    cx: &Cx<'r>,
    app: &mut App<'r>,
    top: &'r Item,
    source: &str,
    target: &str,
    external: Option<&str>,
    why: &[Evidence],
) {
    let given = |key| cx.take(top, key);
    if let Some(name) = external {
        let map = Map::new().put("name", label(name));
        let volume = Map::new().put("configMap", map);
        let key = key_of(source);
        app.mounts
            .add(source, target, volume, true, Some(&key), why);
        return;
    }
    if let Some(content) = given("content") {
        let uses = cx.resolved.records().uses(content.value().trace());
        let is_open = uses
            .iter()
            .any(|used| matches!(used.origin, VariableOrigin::Shell | VariableOrigin::File(_)));
        let text = content.value().as_str().unwrap_or_default();
        if is_open || !plimsoll_secrets::scan(source, text).is_empty() {
            secret_file(cx, app, source, target, why);
        } else {
            file(app, source, text, target, why);
        }
        return;
    }
    if given("environment").is_some() {
        secret_file(cx, app, source, target, why);
        return;
    }
    let Some(entry) = given("file") else { return };
    let path = entry.value().as_str().unwrap_or_default();
    match storage::of_host(cx, app, path, target) {
        Found::File(text) => file(app, path, &text, target, why),
        Found::SecretFile => secret_file(cx, app, path, target, why),
        _ => lose_config(cx, app.service, entry.key_trace(), cx.relative(path)),
    }
}

fn lose_config(cx: &Cx<'_>, service: &str, trace: Trace, path: &str) {
    cx.lose(
        service,
        trace,
        "configs",
        format!("`{path}` is no small file of this folder, and is left out"),
        "make a ConfigMap of it and mount it by hand",
    );
}

fn finish(app: &mut App<'_>) {
    let mounts = &mut app.mounts;
    if !mounts.files.is_empty() && mounts.placed.iter().any(|(volume, _)| volume == "files") {
        let mut map = Map::new().put("name", format!("{}-files", app.name));
        if mounts.is_executable {
            map = map.put("defaultMode", 365u32).note(SCRIPTS);
        }
        let volume = Map::new().put("name", "files").put("configMap", map);
        mounts.volumes = std::mem::take(&mut mounts.volumes).item(volume);
    }
    if !mounts.secret_files.is_empty() {
        let map = Map::new().put("secretName", format!("{}-files", app.name));
        let volume = Map::new().put("name", "secret-files").put("secret", map);
        mounts.volumes = std::mem::take(&mut mounts.volumes).item(volume);
    }
    let parts = std::mem::take(&mut mounts.run_secrets);
    if parts.is_empty() {
        return;
    }
    let mut sources = List::new();
    let mut all = Vec::new();
    for (part, why) in parts {
        sources = sources.item(part).why(&why);
        all.extend(why);
    }
    let volume = Map::new().put("projected", Map::new().put("sources", sources));
    mounts.add("run-secrets", "/run/secrets", volume, true, None, &all);
}

impl Mounts {
    /// Adds a volume and where it is mounted.
    fn add(
        &mut self,
        name: &str,
        target: &str,
        volume: Map,
        is_read_only: bool,
        sub_path: Option<&str>,
        why: &[Evidence],
    ) {
        let name = self.names.take(&label(name));
        self.mount(&name, target, is_read_only, sub_path, why);
        let mut whole = Map::new().put("name", name);
        whole.members.extend(volume.members);
        self.volumes = std::mem::take(&mut self.volumes).item(whole).why(why);
    }

    fn mount(
        &mut self,
        volume: &str,
        target: &str,
        is_read_only: bool,
        sub_path: Option<&str>,
        why: &[Evidence],
    ) {
        self.placed.push((volume.to_owned(), target.to_owned()));
        let mut mount = Map::new().put("name", volume).put("mountPath", target);
        if let Some(path) = sub_path {
            mount = mount.put("subPath", path);
        }
        if is_read_only {
            mount = mount.put("readOnly", true);
        }
        self.list = std::mem::take(&mut self.list).item(mount).why(why);
    }
}

/// Whether a file is small enough for a ConfigMap.
pub(super) fn is_small(bytes: usize) -> bool {
    bytes <= MAX_FILE
}
