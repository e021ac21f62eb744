//! Paths of an image that its process is known to write: volumes, folders made for its user,
//! what the server of the base image needs, and where it was told to put temporary files.

use plimsoll_dockerfile::Body;
use plimsoll_k8s::VolumeKind;
use plimsoll_source::Place;

use super::environment::Environment;
use super::identity::{Identity, User, owned, run_calls};
use super::image::{Image, absolute};
use super::runner::{ContainerRunner, Runner};
use super::start::{By, Start};

/// Why a path is known to be written.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Why {
    /// VOLUME says so.
    Volume,
    /// The Dockerfile makes the folder and gives it to the user of the process.
    Made,
    /// The program writes there.
    Program(Box<str>),
}

/// A path that is written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Written {
    /// The path in the image.
    pub path: String,
    /// How that is known.
    pub why: Why,
    /// Where it is written.
    pub place: Place,
}

/// The paths that a container's process is known to write, given its image.
pub fn written(runner: &Runner<'_>, image: Image<'_>, environment: &Environment) -> Vec<Written> {
    let mut found = volumes(image);
    found.extend(folders(image));
    found.extend(by_program(runner, image, environment));
    // A folder that is a volume too is one path.
    let mut seen: Vec<String> = Vec::new();
    found.retain(|one| {
        let new = !seen.contains(&one.path);
        seen.push(one.path.clone());
        new
    });
    found
}

/// What VOLUME declares.
pub fn volumes(image: Image<'_>) -> Vec<Written> {
    let build = image.build();
    let mut found = Vec::new();
    for (index, instruction) in image.instructions() {
        let Body::Volume(words) = &instruction.body else {
            continue;
        };
        for word in words {
            let (path, known) = build.expanded(index, word);
            if known && path.starts_with('/') {
                found.push(Written {
                    path: absolute("/", &path),
                    why: Why::Volume,
                    place: image.place(word.range),
                });
            }
        }
    }
    found
}

/// Folders that a RUN makes and gives to the user that the process runs as.
fn folders(image: Image<'_>) -> Vec<Written> {
    let identity = Identity::of(image);
    let name = match &identity.user {
        User::Name(name) => Some(name.clone()),
        User::Id(id) => Some(id.to_string().into()),
        User::Root | User::Unknown => None,
    };
    let Some(name) = name else {
        return Vec::new();
    };
    let made: Vec<(String, Place)> = run_calls(image)
        .into_iter()
        .filter(|call| &*call.program == "mkdir")
        .flat_map(|call| {
            let folder = call.folder;
            call.args
                .into_iter()
                .filter(|word| !word.text.starts_with('-') && word.is_literal())
                .map(move |word| (absolute(&folder, &word.text), word.place))
        })
        .collect();
    let mine: Vec<_> = owned(image)
        .into_iter()
        .filter(|one| one.made && (one.user == name || one.id.is_some() && one.id == identity.id))
        .collect();
    let folder = image.stage().workdir.as_deref().unwrap_or("");
    made.into_iter()
        .filter(|(path, _)| {
            // The folder of the program itself is made for it to lie in.
            path.starts_with('/')
                && path != folder
                && !folder.starts_with(&format!("{path}/"))
                && !path.starts_with("/home/")
                && mine.iter().any(|one| one.path == *path)
        })
        .map(|(path, place)| Written {
            path,
            why: Why::Made,
            place,
        })
        .collect()
}

/// What the program that is started writes.
fn by_program(runner: &Runner<'_>, image: Image<'_>, environment: &Environment) -> Vec<Written> {
    let start = Start::of(runner, Some(image));
    let last = start.calls.iter().rev().find(|call| call.last);
    let mut found = Vec::new();
    let server = image.known().and_then(|known| known.server);
    if let Some(server) = server {
        let runs = match last {
            Some(call) => server.programs.contains(&&*call.program),
            None => start.by == By::Base,
        };
        // A configuration of one's own may move everything.
        let moved = server.configuration.iter().any(|folder| {
            image
                .copies()
                .iter()
                .any(|copy| copy.dest.starts_with(folder) && replaces(server.name, &copy.dest))
        });
        let mounted = matches!(runner, Runner::Container(one) if one
        .container
        .volume_mounts()
        .filter_map(|mount| mount.mount_path())
        .filter_map(|path| path.as_str())
        .any(|path| {
            let mut folders = server.configuration.iter();
            folders.any(|folder| path.starts_with(folder)) && replaces(server.name, &path)
        }));
        if runs && !moved && !mounted {
            for path in server.writes {
                found.push(Written {
                    path: (*path).to_owned(),
                    why: Why::Program(server.name.into()),
                    place: image.head(),
                });
            }
        }
    }
    if let Some(call) = last.filter(|call| &*call.program == "gunicorn") {
        let elsewhere = call
            .args
            .iter()
            .any(|word| word.text.starts_with("--worker-tmp-dir") || &*word.text == "-c");
        let told = ["TMPDIR", "TEMP", "TMP", "GUNICORN_CMD_ARGS"];
        let set = Environment::of_image(image);
        let told = told
            .iter()
            .any(|name| environment.has(name) || set.has(name));
        if !elsewhere && !told {
            found.push(Written {
                path: "/tmp".into(),
                why: Why::Program("gunicorn".into()),
                place: call.place,
            });
        }
    }
    found
}

/// Whether a file put there replaces what says where the server writes.
fn replaces(server: &str, dest: &str) -> bool {
    // Sites of nginx say nothing about its cache and pid file.
    server != "nginx" || !dest.contains("conf.d") && !dest.contains("templates")
}

/// The paths at which a container can write although its root is read-only.
pub fn writable(runner: &ContainerRunner<'_>) -> Vec<String> {
    let container = runner.container;
    container
        .volume_mounts()
        .filter(|mount| !mount.read_only().value)
        .filter(|mount| {
            let volume = mount.name().and_then(|name| container.pod().volume(&name));
            // A claim template of a StatefulSet is no volume of the pod.
            volume.is_none_or(|volume| {
                !matches!(
                    volume.kind(),
                    VolumeKind::ConfigMap
                        | VolumeKind::Secret
                        | VolumeKind::Projected
                        | VolumeKind::DownwardApi
                        | VolumeKind::Image
                )
            })
        })
        .filter_map(|mount| Some(mount.mount_path()?.as_str()?.into_owned()))
        .collect()
}

/// Whether a path lies at or below one of the mounts.
pub fn is_covered(path: &str, mounts: &[String]) -> bool {
    let plain = |path: &str| {
        // /var/run leads to /run in every image that has it.
        let path = path.trim_end_matches('/');
        match path.strip_prefix("/var/run") {
            Some(rest) if rest.is_empty() || rest.starts_with('/') => format!("/run{rest}"),
            _ => path.to_owned(),
        }
    };
    let path = plain(path);
    mounts.iter().map(|mount| plain(mount)).any(|mount| {
        path == mount
            || path
                .strip_prefix(&mount)
                .is_some_and(|rest| rest.starts_with('/'))
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use plimsoll_project::{Options, Project};
    use plimsoll_testkit::{Fixture, tree};

    use super::{is_covered, writable, written};
    use crate::Links;
    use crate::facts::environment::Environment;
    use crate::facts::runner::Runner;

    #[track_caller]
    fn check(dockerfile: &str, expected: &[&str]) {
        let files = format!(
            "//- /web/Dockerfile\n{dockerfile}//- /k.yaml\napiVersion: v1\nkind: Pod\nmetadata: {{name: web}}\nspec:\n  containers:\n  - name: web\n    image: web\n    volumeMounts: [{{name: t, mountPath: /tmp/}}, {{name: c, mountPath: /c}}, {{name: r, mountPath: /r, readOnly: true}}]\n  volumes: [{{name: t, emptyDir: {{}}}}, {{name: c, configMap: {{name: c}}}}]\n"
        );
        let tree = tree(&Fixture::parse("x", &files));
        let project = Project::load(Arc::new(tree), &Options::default());
        let links = Links::new(&project);
        let (object, _) = links.objects().iter().next().expect("a pod");
        let container = links.containers(object)[0];
        assert_eq!(writable(&container), ["/tmp/"]);
        let runner = Runner::Container(container);
        let (image, _) = links.image_of(&runner).expect("built here");
        let environment = Environment::of(&links, &runner);
        let found: Vec<_> = written(&runner, image, &environment)
            .into_iter()
            .map(|one| format!("{} {:?}", one.path, one.why))
            .collect();
        assert_eq!(found, expected, "{dockerfile}");
    }

    #[test]
    fn what_is_written_is_known() {
        check(
            "FROM debian:13\nVOLUME [\"/data\"]\nVOLUME /x/../y $Z\nCMD [\"a\"]\n",
            &["/data Volume", "/y Volume"],
        );
        check(
            "FROM node:22\nWORKDIR /app\nRUN mkdir -p /app /app/up /z && chown -R node:node /app /app/up\nUSER node\nCMD [\"node\", \"a.js\"]\n",
            &["/app/up Made"],
        );
        check(
            "FROM nginx:1.29\nCOPY a.conf /etc/nginx/conf.d/\n",
            &[
                "/var/cache/nginx Program(\"nginx\")",
                "/var/run Program(\"nginx\")",
            ],
        );
        check(
            "FROM python:3.13\nCMD [\"gunicorn\", \"a\"]\n",
            &["/tmp Program(\"gunicorn\")"],
        );
    }

    #[test]
    fn what_is_moved_or_not_run_is_left_out() {
        check("FROM nginx:1.29\nCOPY a.conf /etc/nginx/nginx.conf\n", &[]);
        check("FROM nginx:1.29\nCMD [\"sleep\", \"1\"]\n", &[]);
        check(
            "FROM python:3.13\nENV TMPDIR=/dev/shm\nCMD [\"gunicorn\", \"a\"]\n",
            &[],
        );
        check(
            "FROM debian:13\nRUN mkdir /z && chown app /z\nCMD [\"a\"]\n",
            &[],
        );
    }

    #[test]
    fn mounts_cover_what_is_below() {
        let mounts = ["/run".to_owned(), "/a/b/".to_owned()];
        assert!(is_covered("/var/run", &mounts));
        assert!(is_covered("/a/b", &mounts) && is_covered("/a/b/c", &mounts));
        assert!(!is_covered("/a", &mounts) && !is_covered("/a/bc", &mounts));
    }
}
