//! As whom a service runs, and what it may.

use plimsoll_compose::resolve::{Entry, Item};
use plimsoll_k8s::pod_security::{BASELINE_CAPABILITIES, SAFE_SYSCTLS};

use super::{App, Cx};
use crate::emit::{List, Map, Node};
use crate::model::Evidence;

/// Which profile of Pod Security a pod meets.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Level {
    Restricted,
    Baseline,
    Privileged,
}

/// The user that a service runs as.
pub(super) struct User {
    pub(super) id: u32,
    pub(super) group: Option<u32>,
    pub(super) why: Vec<Evidence>,
}

impl Level {
    /// The value of the namespace's label.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Restricted => "restricted",
            Self::Baseline => "baseline",
            Self::Privileged => "privileged",
        }
    }
}

/// Reads `user`, `privileged`, capabilities, `security_opt`, `read_only`, `group_add`, `sysctls`,
/// `pid`, `ipc` and `oom`.
pub(super) fn read<'r>(cx: &Cx<'r>, app: &mut App<'r>) {
    app.user = user(cx, app);
    let options = options(cx, app);
    let mut container = Map::new();
    if let Some(entry) = switched_on(cx, app, "read_only") {
        container = container
            .put("readOnlyRootFilesystem", true)
            .why(&cx.because(entry));
    }
    let privileged = switched_on(cx, app, "privileged");
    let add = capabilities(cx, app, "cap_add");
    let drop = capabilities(cx, app, "cap_drop");
    let is_powerful = |names: &[String]| {
        let mut names = names.iter();
        names.any(|name| name == "ALL" || name == "SYS_ADMIN")
    };
    if let Some(entry) = privileged {
        app.level = Level::Privileged;
        container = container.put("privileged", true).why(&cx.because(entry));
    } else if !is_powerful(&add.0) {
        container = container.put("allowPrivilegeEscalation", false);
    }
    if add
        .0
        .iter()
        .any(|name| !BASELINE_CAPABILITIES.contains(&name.as_str()))
    {
        app.level = Level::Privileged;
    } else if add.0.iter().any(|name| name != "NET_BIND_SERVICE") {
        app.level = app.level.max(Level::Baseline);
    }
    let is_common = app.user.as_ref().is_some_and(|user| user.id != 0);
    let mut set = Map::new();
    if !add.0.is_empty() {
        set = set.put("add", Node::flow(&add.0)).why(&add.1);
    }
    if is_common && privileged.is_none() {
        // A process that is not root has none of them anyway.
        set = set.put("drop", Node::flow(&["ALL"])).why(&drop.1);
    } else if !drop.0.is_empty() {
        set = set.put("drop", Node::flow(&drop.0)).why(&drop.1);
    }
    if !set.is_empty() {
        container = container.put("capabilities", set);
    }
    if !is_common {
        app.level = app.level.max(Level::Baseline);
    }
    if !container.is_empty() {
        app.container = std::mem::take(&mut app.container).put("securityContext", container);
    }
    pod(cx, app, options, is_common);
    namespaces(cx, app);
}

fn switched_on<'r>(cx: &Cx<'r>, app: &App<'r>, key: &str) -> Option<&'r Entry> {
    cx.take(app.item, key)
        .filter(|entry| entry.value().as_bool() == Some(true))
}

fn user<'r>(cx: &Cx<'r>, app: &App<'r>) -> Option<User> {
    let said = cx.take(app.item, "user");
    let text = said.and_then(|entry| entry.value().as_str()).unwrap_or("");
    if let Some(entry) = said.filter(|_| !text.is_empty() && text != ":") {
        let (user, group) = match text.split_once(':') {
            Some((user, group)) => (user, Some(group)),
            None => (text, None),
        };
        let number = |name: &str| match name {
            "root" => Some(0),
            name => name.parse::<u32>().ok(),
        };
        if let Some(id) = number(user) {
            if let Some(group) = group.filter(|group| number(group).is_none()) {
                lose_name(cx, app, entry, group);
            }
            return Some(User {
                id,
                group: group.and_then(number),
                why: cx.because(entry),
            });
        }
        lose_name(cx, app, entry, user);
        return None;
    }
    let of_file = app
        .image
        .dockerfile
        .as_ref()
        .and_then(|dockerfile| dockerfile.user.clone());
    if let Some(user) = of_file {
        return Some(User {
            id: user.value.0,
            group: Some(user.value.1),
            why: user.evidence,
        });
    }
    let (id, group) = app.image.user()?;
    let says = "the user that the image changes to by itself";
    Some(User {
        id,
        group: Some(group),
        why: vec![Evidence::table(says)],
    })
}

fn lose_name(cx: &Cx<'_>, app: &App<'_>, entry: &Entry, name: &str) {
    cx.lose(
        app.service,
        entry.key_trace(),
        "user",
        format!("`{name}` is a name, and a pod takes numbers: it runs as the image says"),
        format!("write its number; `docker run --rm --entrypoint id IMAGE {name}` tells it"),
    );
}

fn capabilities<'r>(cx: &Cx<'r>, app: &App<'r>, key: &str) -> (Vec<String>, Vec<Evidence>) {
    let Some(entry) = cx.take(app.item, key) else {
        return (Vec::new(), Vec::new());
    };
    let names = entry.value().items().iter().filter_map(Item::as_str);
    let names = names.map(|name| {
        let upper = name.to_ascii_uppercase();
        upper.strip_prefix("CAP_").unwrap_or(&upper).to_owned()
    });
    (names.collect(), cx.because(entry))
}

/// What `security_opt` says of seccomp and `AppArmor`.
fn options<'r>(cx: &Cx<'r>, app: &mut App<'r>) -> Options {
    let mut options = Options::default();
    let Some(entry) = cx.take(app.item, "security_opt") else {
        return options;
    };
    for item in entry.value().items() {
        let text = item.as_str().unwrap_or_default();
        let (key, value) = text.split_once(['=', ':']).unwrap_or((text, "true"));
        match (key, value) {
            // It is so for every container that is written.
            ("no-new-privileges", _) => {}
            ("seccomp", "unconfined") => options.seccomp = Some(cx.because(entry)),
            ("apparmor", "unconfined") => options.apparmor = Some(cx.because(entry)),
            ("seccomp" | "apparmor", _) => cx.lose(
                app.service,
                item.trace(),
                "security_opt",
                format!("a profile for {key} lies on the host, and is not taken over"),
                "put it on the nodes and name it as a `Localhost` profile",
            ),
            ("label", "disable") => cx.lose(
                app.service,
                item.trace(),
                "security_opt",
                "labels of SELinux stay on",
                "set `seLinuxOptions` by hand where the nodes use it",
            ),
            _ => cx.lose(
                app.service,
                item.trace(),
                "security_opt",
                format!("`{key}` is not carried over"),
                "see whether the security context of the pod can say it",
            ),
        }
    }
    options
}

#[derive(Default)]
struct Options {
    /// What turns seccomp off.
    seccomp: Option<Vec<Evidence>>,
    /// What turns `AppArmor` off.
    apparmor: Option<Vec<Evidence>>,
}

fn pod<'r>(cx: &Cx<'r>, app: &mut App<'r>, options: Options, is_common: bool) {
    let mut pod = Map::new();
    if is_common {
        pod = pod.put("runAsNonRoot", true);
    }
    if let Some(user) = &app.user {
        pod = pod.put("runAsUser", user.id).why(&user.why);
        if let Some(group) = user.group {
            pod = pod.put("runAsGroup", group).why(&user.why);
        }
        if !app.mounts.claims.is_empty() && is_common {
            pod = pod
                .put("fsGroup", user.group.unwrap_or(user.id))
                .why(&user.why)
                .put("fsGroupChangePolicy", "OnRootMismatch");
        }
    }
    let mut groups = List::new();
    if let Some(entry) = cx.take(app.item, "group_add") {
        for item in entry.value().items() {
            let text = item.as_str().unwrap_or_default();
            let number = text.parse::<u32>().ok();
            let number = number.or_else(|| u32::try_from(item.as_int()?).ok());
            match number {
                Some(number) => groups = groups.item(number).why(&cx.because(entry)),
                None => cx.lose(
                    app.service,
                    item.trace(),
                    "group_add",
                    format!("`{text}` is a name, and a pod takes numbers"),
                    "write the number of the group",
                ),
            }
        }
    }
    if !groups.is_empty() {
        pod = pod.put("supplementalGroups", groups);
    }
    let sysctls = sysctls(cx, app);
    if !sysctls.is_empty() {
        pod = pod.put("sysctls", sysctls);
    }
    let unconfined = |map: Map, key: &str, why: &[Evidence]| {
        map.put(key, Map::new().put("type", "Unconfined")).why(why)
    };
    match options.seccomp {
        Some(why) => {
            app.level = Level::Privileged;
            pod = unconfined(pod, "seccompProfile", &why);
        }
        None => pod = pod.put("seccompProfile", Map::new().put("type", "RuntimeDefault")),
    }
    if let Some(why) = options.apparmor {
        app.level = Level::Privileged;
        pod = unconfined(pod, "appArmorProfile", &why);
    }
    app.pod = std::mem::take(&mut app.pod).put("securityContext", pod);
}

fn sysctls<'r>(cx: &Cx<'r>, app: &App<'r>) -> List {
    let mut list = List::new();
    let Some(entry) = cx.take(app.item, "sysctls") else {
        return list;
    };
    for sysctl in entry.value().entries() {
        let text = match (sysctl.value().as_str(), sysctl.value().as_int()) {
            (Some(text), _) => text.to_owned(),
            (None, Some(number)) => number.to_string(),
            (None, None) => continue,
        };
        if SAFE_SYSCTLS.contains(&sysctl.key()) {
            list = list
                .item(
                    Map::new()
                        .put("name", sysctl.key())
                        .put("value", Node::Quoted(text)),
                )
                .why(&cx.because(entry));
        } else {
            cx.lose(
                app.service,
                sysctl.key_trace(),
                &format!("sysctls.{}", sysctl.key()),
                "a kubelet lets no pod set it unless it is told to, and then no pod would start",
                "let the nodes allow it (`allowedUnsafeSysctls`), then add it to `securityContext.sysctls`",
            );
        }
    }
    list
}

/// What is shared with the host or with another container.
fn namespaces<'r>(cx: &Cx<'r>, app: &mut App<'r>) {
    for (key, field) in [("pid", "hostPID"), ("ipc", "hostIPC")] {
        let Some(entry) = cx.take(app.item, key) else {
            continue;
        };
        match entry.value().as_str().unwrap_or_default() {
            "host" => {
                app.level = Level::Privileged;
                app.pod = std::mem::take(&mut app.pod)
                    .put(field, true)
                    .why(&cx.because(entry));
            }
            "" | "private" | "shareable" => {}
            _ => cx.lose(
                app.service,
                entry.key_trace(),
                key,
                "what it shares with another container is shared inside of one pod alone",
                "put both containers into one pod by hand",
            ),
        }
    }
}
