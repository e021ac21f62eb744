//! Scripts and pipelines that install charts and kustomizations, read once: what they give them is
//! not in the files.

use plimsoll_project::Project;
use plimsoll_source::EntryKind;
use plimsoll_source::files::join;

use crate::Cx;

/// The most files that are read, and the largest of them in bytes.
const MAX_FILES: usize = 200;
const MAX_BYTES: usize = 256 * 1024;
/// How many folders at the top are looked into.
const MAX_TOP: usize = 64;

/// The most names in braces of one file that are looked for.
const MAX_NAMES: usize = 16;

/// Folders whose scripts and pipelines are read, beside those of charts, the ones above these and
/// all at the top.
const FOLDERS: [&str; 9] = [
    "",
    ".circleci",
    ".github/workflows",
    "ci",
    "deploy",
    "deployment",
    "hack",
    "script",
    "scripts",
];

/// A text with commands of helm or kustomize.
#[derive(Debug)]
pub(crate) struct Deploy {
    /// The folder that it lies in.
    pub(crate) folder: String,
    /// Whether that is one of all the folders at the top, where the name of the chart must be told.
    is_anywhere: bool,
    text: String,
}

/// The scripts and pipelines of a project that install charts.
pub(crate) fn deploys<'a>(cx: &Cx<'a>) -> &'a [Deploy] {
    let project = cx.project;
    cx.objects.deploys(|| read(project))
}

/// Whether a text has a name in braces that a script or pipeline writes something over before the text
/// is applied: `{name}` with `sed -i 's/{name}/web/'`. As it stands it is no YAML, or means another thing.
pub(crate) fn fills_braces(cx: &Cx<'_>, text: &str) -> bool {
    let names = text.split('{').skip(1).filter_map(|rest| {
        let (name, _) = rest.split_once('}')?;
        let is_plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
        (!name.is_empty() && name.bytes().all(is_plain)).then_some(name)
    });
    let mut names: Vec<&str> = names.take(MAX_NAMES).collect();
    names.dedup();
    names
        .iter()
        .any(|name| deploys(cx).iter().any(|deploy| deploy.fills(name)))
}

fn read(project: &Project) -> Vec<Deploy> {
    let mut folders: Vec<&str> = FOLDERS.to_vec();
    for chart in &project.charts {
        let above = chart.folder.rsplit_once('/').map_or("", |(above, _)| above);
        folders.extend([chart.folder.as_str(), above]);
    }
    folders.sort_unstable();
    folders.dedup();
    // An installer for each cloud, say.
    let top = project.tree.list("").unwrap_or_default();
    let top = top.iter().filter(|entry| entry.kind == EntryKind::Dir);
    let top = top.map(|entry| &*entry.name).take(MAX_TOP);
    let more: Vec<&str> = top.filter(|name| !folders.contains(name)).collect();
    let known = folders.len();
    folders.extend(more);
    let mut found = Vec::new();
    let mut left = MAX_FILES;
    for (at, folder) in folders.into_iter().enumerate() {
        let Ok(entries) = project.tree.list(folder) else {
            continue;
        };
        for entry in entries.iter() {
            if entry.kind != EntryKind::File || !runs_commands(folder, &entry.name) || left == 0 {
                continue;
            }
            left -= 1;
            let bytes = join(folder, &entry.name).and_then(|path| project.tree.read(&path).ok());
            let text = bytes
                .filter(|bytes| bytes.len() <= MAX_BYTES)
                .and_then(|bytes| String::from_utf8(bytes).ok());
            found.extend(text.filter(|text| is_of_interest(text)).map(|text| {
                let folder = folder.to_owned();
                // A command may go on in the next line.
                let text = text.replace("\\\n", " ").replace("`\n", " ");
                Deploy {
                    folder,
                    is_anywhere: at >= known,
                    text,
                }
            }));
        }
    }
    found
}

fn is_of_interest(text: &str) -> bool {
    ["helm ", SET_IMAGE, SED, K3D, MINIKUBE, KIND]
        .iter()
        .any(|words| text.contains(words))
}

/// The command that writes another image into a kustomization before it is applied.
const SET_IMAGE: &str = "kustomize edit set image";

/// What writes another tag into a file before that is applied.
const SED: &str = "sed -i";

/// What hands folders of the machine to the nodes of a local cluster.
const K3D: &str = "k3d cluster create";
const MINIKUBE: &str = "minikube ";
const KIND: &str = "extraMounts";

fn runs_commands(folder: &str, name: &str) -> bool {
    let ends = |end: &str| name.ends_with(end);
    let is_pipeline = matches!(folder, ".github/workflows" | ".circleci")
        || [
            "pipelines.yml",
            "gitlab-ci.yml",
            "cloudbuild.yaml",
            "Taskfile.yml",
        ]
        .iter()
        .any(|end| ends(end));
    ends(".sh")
        || ends(".mk")
        || ends(".ps1")
        || name.starts_with("Jenkinsfile")
        || matches!(name, "Makefile" | "makefile" | "justfile" | "Justfile")
        || (is_pipeline || name.starts_with("kind")) && (ends(".yml") || ends(".yaml"))
}

/// Whether a path is the one that is mounted, or below it.
fn is_below(path: &str, mounted: &str) -> bool {
    let mounted = mounted.trim_matches(['"', '\'', ',']).trim_end_matches('/');
    let rest = path.strip_prefix(mounted);
    !mounted.is_empty() && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Whether one of the words of a command (and of the lines with its flags) mounts the path on a
/// node: `--volume HOST:PATH@NODES`.
fn mounts_in(command: &str, path: &str) -> bool {
    let mut lines = command.lines();
    let first = lines.next().unwrap_or_default();
    let flags = lines.take_while(|line| line.trim_start().starts_with('-') && !is_item(line));
    let words = std::iter::once(first).chain(flags);
    words.flat_map(str::split_whitespace).any(|word| {
        let word = word.rsplit('=').next().unwrap_or(word);
        word.split_once(':').is_some_and(|(_, inner)| {
            is_below(path, inner.split(['@', ':']).next().unwrap_or(inner))
        })
    })
}

/// Whether a line begins an item of a list, another command.
fn is_item(line: &str) -> bool {
    line.trim_start().starts_with("- ")
}

impl Deploy {
    /// Whether a local cluster is made with this path, or a folder above it, on its nodes.
    pub(crate) fn mounts(&self, path: &str) -> bool {
        let commands = [K3D, "minikube mount", "minikube start"];
        let after = |command| {
            let found = self.text.match_indices(command);
            found.map(|(at, _)| &self.text[at..])
        };
        let mut paths = self.text.lines().filter_map(|line| {
            let item = line.trim_start().trim_start_matches("- ");
            item.strip_prefix("containerPath:")
        });
        commands
            .into_iter()
            .flat_map(after)
            .any(|rest| mounts_in(rest, path))
            || self.text.contains(KIND) && paths.any(|inner| is_below(path, inner.trim()))
    }

    /// Whether a command writes something over a name in braces.
    fn fills(&self, name: &str) -> bool {
        let braced = format!("{{{name}}}");
        let mut lines = self.text.lines().filter(|line| line.contains(SED));
        lines.any(|line| {
            let mut places = line.match_indices(&braced).map(|(at, _)| &line[..at]);
            // The first half of `s/FROM/TO/`, whatever parts it.
            places.any(|before| {
                let command = before.strip_suffix(['/', '|', '#', ',', '@']);
                let command = command.and_then(|before| before.strip_suffix('s'));
                command.is_some_and(|rest| !rest.ends_with(|c: char| c.is_ascii_alphanumeric()))
            })
        })
    }

    /// Whether a command sets a value by its path.
    pub(crate) fn sets(&self, path: &str) -> bool {
        !self.is_anywhere && self.text.lines().any(|line| sets_in(line, path))
    }

    /// Whether a command sets a value by its path where it installs the chart in this folder, which
    /// has one of these names.
    pub(crate) fn sets_for(&self, path: &str, folder: &str, names: &[&str]) -> bool {
        let is_chart = |word: &str| {
            let word = word.trim_matches(['"', '\'']).trim_end_matches('/');
            let last = word.rsplit('/').next().unwrap_or_default();
            match last {
                "" => false,
                "." => self.folder == folder,
                _ => names.contains(&last),
            }
        };
        let mut lines = self.text.lines().filter(|line| line.contains("--set"));
        lines.any(|line| line.split_whitespace().any(is_chart) && sets_in(line, path))
    }

    /// Whether a command writes another image into a kustomization for this one, which is named
    /// without a tag.
    pub(crate) fn sets_image(&self, name: &str) -> bool {
        let mut lines = self.text.lines().filter(|line| line.contains(SET_IMAGE));
        !self.is_anywhere
            && lines.any(|line| {
                let words = line.split_whitespace();
                let mut images =
                    words.filter_map(|word| word.trim_matches(['"', '\'']).split_once('='));
                images.any(|(image, to)| image == name && !to.is_empty())
            })
            || self.replaces_latest(name)
    }

    /// Whether a command writes another tag over `latest` of an image of this name in a file:
    /// `sed -i "s|web:latest|web:$TAG|"`.
    fn replaces_latest(&self, name: &str) -> bool {
        let mut lines = self.text.lines().filter(|line| line.contains(SED));
        lines.any(|line| {
            let mut places = line.match_indices(":latest");
            places.any(|(at, latest)| {
                let is_of_name = |c: char| c.is_ascii_alphanumeric() || "._/-".contains(c);
                let start = line[..at]
                    .rfind(|c| !is_of_name(c))
                    .map_or(0, |end| end + 1);
                let from = line[start..at].trim_start_matches('/');
                let ends = line[at + latest.len()..].starts_with(['|', '#', ',', '/', '@']);
                let whole = name.strip_suffix(from);
                ends && whole.is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
                    && !from.is_empty()
            })
        })
    }

    /// Whether a command gives a file of this name to a chart of a repository: `bitnami/redis`.
    pub(crate) fn gives_to_another(&self, name: &str) -> bool {
        let gives = |line: &&str| {
            line.contains("helm ")
                && line.split_whitespace().any(|word| {
                    let word = word.trim_matches(['"', '\'']);
                    word == name
                        || word
                            .strip_suffix(name)
                            .is_some_and(|rest| rest.ends_with('/'))
                })
        };
        let of_repository = |word: &str| {
            word.split_once('/').is_some_and(|(account, chart)| {
                let plain = |text: &str| {
                    text.starts_with(|c: char| c.is_ascii_lowercase())
                        && text
                            .bytes()
                            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
                };
                plain(account) && plain(chart)
            })
        };
        let mut lines = self.text.lines().filter(gives);
        lines.any(|line| line.split_whitespace().any(of_repository))
    }
}

/// Whether a line sets a value by its path, or something in it.
fn sets_in(line: &str, path: &str) -> bool {
    let starts = |before: &str| before.ends_with([' ', ',', '\'', '"', '=']);
    let mut places = line.match_indices(path);
    places.any(|(at, _)| {
        let (before, after) = (&line[..at], &line[at + path.len()..]);
        after.starts_with(['=', '.', '[']) && starts(before) && before.contains("--set")
    })
}

#[cfg(test)]
mod tests {
    use super::{Deploy, runs_commands};

    fn deploy(text: &str) -> Deploy {
        Deploy {
            folder: String::new(),
            is_anywhere: false,
            text: text.to_owned(),
        }
    }

    #[test]
    fn values_that_commands_set() {
        let sets = |text: &str| deploy(text).sets("image.tag");
        assert!(sets("helm upgrade --set image.tag=$ID a ./helm"));
        assert!(sets(
            "helm upgrade --set-string \"a=b,image.tag=1\" a ./helm"
        ));
        assert!(!sets("helm upgrade --set web.image.tag=1 a ./helm"));
        assert!(!sets("helm upgrade --set image.tagged=1 a .\nimage.tag=1"));
    }

    #[test]
    fn values_that_commands_set_for_a_chart() {
        let sets = |text: &str| deploy(text).sets_for("pool", "charts/a", &["a", "shop"]);
        assert!(sets("helm install x oci://r.example/shop --set pool=1"));
        assert!(sets(
            "helm upgrade x \"$DIR/charts/a/\" --set-string b=1,pool=2"
        ));
        assert!(!sets("helm install shop-x oci://r.example/b --set pool=1"));
        assert!(!sets("helm install x . --set pool=1"));
        assert!(!sets("helm install x charts/a --set pools=1"));
    }

    #[test]
    fn images_that_commands_set() {
        let sets = |text: &str| deploy(text).sets_image("ghcr.io/a/b");
        assert!(sets(
            "kustomize edit set image ghcr.io/a/b=ghcr.io/a/b:$SHA"
        ));
        assert!(sets(
            "cd x && kustomize edit set image c=d \"ghcr.io/a/b=e:1\""
        ));
        assert!(!sets("kustomize edit set image ghcr.io/a/bc=e:1"));
        assert!(sets("sed -i \"s|b:latest|b:${TAG}|g\" deploy/a.yaml"));
        assert!(sets(
            "sed -i 's#ghcr.io/a/b:latest#ghcr.io/a/b:'$TAG'#' a.yaml"
        ));
        assert!(!sets("sed -i 's|bb:latest|bb:1|' a.yaml"));
        assert!(!sets("docker push ghcr.io/a/b:latest"));
        assert!(!sets("kubectl set image deployment/x ghcr.io/a/b=e:1"));
    }

    #[test]
    fn files_that_commands_give_to_other_charts() {
        let gives = |text: &str| deploy(text).gives_to_another("values.yaml");
        assert!(gives(
            "helm upgrade --install a bitnami/redis -f $DIR/values.yaml"
        ));
        assert!(!gives("helm upgrade --install a ./redis -f values.yaml"));
        assert!(!gives(
            "helm upgrade --install a bitnami/redis -f more-values.yaml"
        ));
    }

    #[test]
    fn scripts_and_pipelines_run_commands() {
        assert!(runs_commands("", "Jenkinsfile") && runs_commands(".github/workflows", "a.yml"));
        assert!(runs_commands("deploy", "up.sh") && !runs_commands("deploy", "values.yaml"));
    }
}
