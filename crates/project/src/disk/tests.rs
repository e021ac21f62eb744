use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use plimsoll_source::files::MAX_FILE_BYTES;
use plimsoll_source::{EntryKind, Tree, TreeErrorKind};

use super::{DiskTree, find_config, find_root};
use crate::snapshot::{Options, Project, ReadError};
use crate::vcs::{Status, Vcs};

/// A folder that is removed at the end of its test.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("plimsoll-project-{}-{number}", std::process::id());
        let dir = std::env::temp_dir().join(name);
        fs::create_dir_all(&dir).unwrap();
        Self(fs::canonicalize(dir).unwrap())
    }

    fn write(&self, path: &str, bytes: impl AsRef<[u8]>) {
        let path = self.0.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn error(tree: &DiskTree, path: &str) -> TreeErrorKind {
    tree.read(path).unwrap_err().kind
}

#[test]
fn files_and_folders_are_read() {
    let scratch = Scratch::new();
    scratch.write("b/c.txt", "12");
    scratch.write("a", "1");
    let tree = DiskTree::new(&scratch.0);
    assert_eq!(tree.read("b/c.txt").unwrap(), b"12");
    let names = |dir: &str| -> Vec<(String, EntryKind, u64)> {
        tree.list(dir)
            .unwrap()
            .iter()
            .map(|e| (e.name.clone(), e.kind, e.len))
            .collect()
    };
    assert_eq!(
        names(""),
        [
            ("a".into(), EntryKind::File, 1),
            ("b".into(), EntryKind::Dir, 0)
        ]
    );
    assert_eq!(names("b"), [("c.txt".into(), EntryKind::File, 2)]);
    assert_eq!(tree.kind(""), Some(EntryKind::Dir));
    assert_eq!(tree.kind("b"), Some(EntryKind::Dir));
    assert_eq!(tree.kind("b/c.txt"), Some(EntryKind::File));
    assert_eq!(tree.kind("b/d"), None);
    assert_eq!(error(&tree, "b"), TreeErrorKind::WrongKind);
    assert_eq!(error(&tree, "nowhere"), TreeErrorKind::NotFound);
    assert_eq!(error(&tree, "a/below"), TreeErrorKind::NotFound);
    assert_eq!(tree.list("a").unwrap_err().kind, TreeErrorKind::WrongKind);
    for path in ["..", "b/../..", "../x"] {
        assert_eq!(error(&tree, path), TreeErrorKind::Outside, "{path}");
    }
    for path in ["/etc/passwd", "b//c.txt", "./a", "a\0", "b/"] {
        assert_eq!(error(&tree, path), TreeErrorKind::NotFound, "{path}");
        assert_eq!(tree.kind(path), None, "{path}");
    }
    assert_eq!(DiskTree::new(scratch.0.join("gone")).kind(""), None);
}

#[cfg(unix)]
#[test]
fn what_was_opened_is_read_whatever_takes_its_place() {
    let scratch = Scratch::new();
    scratch.write("a/b", "before");
    let tree = DiskTree::new(&scratch.0);
    let open = |path| {
        tree.open(path)
            .map(|file| file.expect("a disk opens files"))
    };
    let file = open("a/b").expect("it is there");
    assert_eq!(file.size(), 6);
    fs::remove_file(scratch.0.join("a/b")).unwrap();
    scratch.write("a/b", "afterwards");
    assert_eq!(file.read(), Ok(b"before".to_vec()));
    let kind = |path| open(path).expect_err("it cannot be opened").kind;
    assert_eq!(kind("a"), TreeErrorKind::WrongKind);
    assert_eq!(kind("c"), TreeErrorKind::NotFound);
    assert_eq!(kind("../c"), TreeErrorKind::Outside);
}

#[test]
fn links_are_followed_only_inside() {
    use std::os::unix::fs::symlink;
    let outside = Scratch::new();
    outside.write("secret", "s");
    let scratch = Scratch::new();
    scratch.write("real/file", "1");
    scratch.write("real/Dockerfile", "FROM a\n");
    let link = |target: &Path, name: &str| symlink(target, scratch.0.join(name)).unwrap();
    link(&outside.0, "out");
    link(&outside.0.join("secret"), "out-file");
    link(Path::new("real"), "in");
    link(Path::new("real/file"), "in-file");
    link(Path::new("nowhere"), "dangling");
    link(Path::new("loop"), "loop");
    link(Path::new(".."), "real/up");
    let tree = DiskTree::new(&scratch.0);
    assert_eq!(tree.read("in/file").unwrap(), b"1");
    assert_eq!(tree.read("in-file").unwrap(), b"1");
    assert_eq!(tree.kind("in"), Some(EntryKind::Dir));
    assert_eq!(error(&tree, "out/secret"), TreeErrorKind::Outside);
    assert_eq!(error(&tree, "out-file"), TreeErrorKind::Outside);
    assert_eq!(tree.list("out").unwrap_err().kind, TreeErrorKind::Outside);
    assert_eq!(tree.kind("out"), Some(EntryKind::Link));
    assert_eq!(tree.kind("out/secret"), None);
    assert_eq!(tree.kind("dangling"), Some(EntryKind::Link));
    assert!(matches!(error(&tree, "loop"), TreeErrorKind::Io(_)));
    let kinds = tree.list("").unwrap();
    assert!(
        kinds
            .iter()
            .all(|e| (e.kind == EntryKind::Dir) == (e.name == "real"))
    );
    // A walk does not follow them, so it neither circles nor reviews a file twice.
    let project = Project::load(Arc::new(tree), &Options::default());
    assert_eq!(project.dockerfiles.len(), 1);
    // One that is named and leads out is refused.
    let paths = vec!["out".to_owned()];
    let project = Project::load(
        Arc::new(DiskTree::new(&scratch.0)),
        &Options {
            paths,
            ..Options::default()
        },
    );
    assert!(matches!(
        &project.unreadable[0].error,
        ReadError::Tree(error) if error.kind == TreeErrorKind::Outside
    ));
}

#[cfg(unix)]
#[test]
fn a_linked_dockerignore_counts_where_it_stands() {
    let scratch = Scratch::new();
    scratch.write("shared.ignore", "*.log\n");
    scratch.write("a/Dockerfile", "FROM a\nCOPY x .\n");
    scratch.write("a/x", "");
    std::os::unix::fs::symlink("../shared.ignore", scratch.0.join("a/.dockerignore")).unwrap();
    let project = Project::load(Arc::new(DiskTree::new(&scratch.0)), &Options::default());
    assert_eq!(project.ignores.len(), 1);
    assert_eq!(project.contexts[0].ignore, Some(0));
}

#[test]
fn large_files_are_refused_unread() {
    let scratch = Scratch::new();
    scratch.write("Dockerfile", "");
    let file = fs::OpenOptions::new()
        .write(true)
        .open(scratch.0.join("Dockerfile"))
        .unwrap();
    // Sparse: it has a size and takes no room.
    file.set_len(MAX_FILE_BYTES + 1).unwrap();
    let tree = DiskTree::new(&scratch.0);
    assert_eq!(
        error(&tree, "Dockerfile"),
        TreeErrorKind::TooLarge(MAX_FILE_BYTES + 1)
    );
    let project = Project::load(Arc::new(tree), &Options::default());
    assert_eq!(project.unreadable.len(), 1);
}

#[cfg(unix)]
#[test]
fn pipes_are_not_waited_for() {
    let scratch = Scratch::new();
    let pipe = scratch.0.join("Dockerfile");
    let made = Command::new("mkfifo")
        .arg(&pipe)
        .status()
        .is_ok_and(|status| status.success());
    if !made {
        return;
    }
    let tree = DiskTree::new(&scratch.0);
    assert_eq!(tree.kind("Dockerfile"), Some(EntryKind::Other));
    assert_eq!(error(&tree, "Dockerfile"), TreeErrorKind::WrongKind);
    assert!(
        Project::load(Arc::new(tree), &Options::default())
            .dockerfiles
            .is_empty()
    );
}

#[cfg(unix)]
#[test]
fn what_may_not_be_read_is_said() {
    use std::os::unix::fs::PermissionsExt;
    let scratch = Scratch::new();
    scratch.write("Dockerfile", "FROM a\n");
    scratch.write("closed/x", "");
    let close = |path: &str, mode| {
        fs::set_permissions(scratch.0.join(path), fs::Permissions::from_mode(mode)).unwrap();
    };
    close("Dockerfile", 0o000);
    close("closed", 0o000);
    // Root may read everything.
    let may_read = fs::read(scratch.0.join("Dockerfile")).is_ok();
    let project = Project::load(Arc::new(DiskTree::new(&scratch.0)), &Options::default());
    close("closed", 0o700);
    let denied: Vec<&str> = project
        .unreadable
        .iter()
        .map(|unit| project.path(unit.file))
        .collect();
    if may_read {
        assert!(denied.is_empty());
    } else {
        assert_eq!(denied, ["Dockerfile", "closed"]);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn names_that_are_not_utf8_are_passed_over() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let scratch = Scratch::new();
    scratch.write("Dockerfile", "FROM a\n");
    fs::write(scratch.0.join(OsStr::from_bytes(b"x\xff.yaml")), "kind: a").unwrap();
    fs::create_dir(scratch.0.join(OsStr::from_bytes(b"dir\xff"))).unwrap();
    let project = Project::load(Arc::new(DiskTree::new(&scratch.0)), &Options::default());
    assert_eq!(project.dockerfiles.len(), 1);
}

#[test]
fn the_root_is_the_top_of_the_repository() {
    let scratch = Scratch::new();
    scratch.write(".git/HEAD", "");
    scratch.write("a/b/c", "");
    scratch.write("sub/.git", "gitdir: ../.git/modules/sub\n");
    scratch.write("sub/x/y", "");
    assert_eq!(
        find_root(&scratch.0.join("a/b/c")).as_ref(),
        Some(&scratch.0)
    );
    assert_eq!(find_root(&scratch.0).as_ref(), Some(&scratch.0));
    assert_eq!(
        find_root(&scratch.0.join("sub/x")),
        Some(scratch.0.join("sub"))
    );
    assert_eq!(find_root(&scratch.0.join("nowhere")), None);
}

/// Runs git; `None` where it is not installed.
fn git(dir: &Path, arguments: &[&str]) -> Option<String> {
    let settings = [
        "-c",
        "user.name=a",
        "-c",
        "user.email=a@b",
        "-c",
        "core.excludesFile=",
    ];
    let output = Command::new("git")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .args(settings)
        .args(arguments)
        .current_dir(dir)
        .output()
        .ok()?;
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

const PATTERNS: &[(&str, &str)] = &[
    (
        ".gitignore",
        "*.log\n!keep.log\n/top\nbuild/\ndoc/*.txt\n**/deep\nx/**/y\n\\!bang\n\\#hash\nspace\\ \ntrail   \n# comment\n\nfoo/**\nq?r\n[a-c]1\n!/a1\n.env*\n!.env.example\n/dir/*\n!/dir/keep/\nÄ*\n",
    ),
    ("a/.gitignore", "!*.log\n/top\nlocal\n"),
    ("a/b/.gitignore", "*\n!.gitignore\n!only\n"),
];

const PATHS: &[&str] = &[
    "x.log",
    "keep.log",
    "a/x.log",
    "a/b/x.log",
    "top",
    "a/top",
    "z/top",
    "build/x",
    "a/build/x",
    "z/build",
    "doc/a.txt",
    "doc/sub/a.txt",
    "z/doc/a.txt",
    "deep",
    "a/z/deep/file",
    "x/y",
    "x/1/y",
    "x/1/2/y",
    "!bang",
    "#hash",
    "space ",
    "trail",
    "foo/1",
    "foo/2/3",
    "z/foo/1",
    "qar",
    "z/qar",
    "a1",
    "b1",
    "z/a1",
    ".env",
    ".env.prod",
    ".env.example",
    "a/.env",
    "dir/1",
    "dir/keep/1",
    "dir/other/1",
    "a/local",
    "a/b/only",
    "a/b/other",
    "a/b/c/only",
    "Äpfel",
    "normal.txt",
];

#[test]
fn git_says_the_same() {
    let scratch = Scratch::new();
    if git(&scratch.0, &["init", "-q"]).is_none() {
        return;
    }
    for (path, text) in PATTERNS {
        scratch.write(path, text);
    }
    scratch.write(".git/info/exclude", "secret*\n");
    for path in PATHS {
        scratch.write(path, "1");
    }
    scratch.write("secret.txt", "1");
    git(
        &scratch.0,
        &["add", "-f", "normal.txt", "a/b/other", "dir/1"],
    )
    .unwrap();
    let tracked = git(&scratch.0, &["ls-files", "-z"]).unwrap();
    assert_eq!(tracked.split_terminator('\0').count(), 3);
    let others = git(
        &scratch.0,
        &["ls-files", "-z", "--others", "--exclude-standard"],
    )
    .unwrap();
    let check = |vcs: &Vcs| {
        for path in PATHS.iter().chain(&["secret.txt"]) {
            let expected = if tracked.split('\0').any(|tracked| tracked == *path) {
                Status::Tracked
            } else if others.split('\0').any(|other| other == *path) {
                Status::Visible
            } else {
                Status::Ignored
            };
            assert_eq!(vcs.status(path), expected, "{path}");
        }
    };
    check(&Vcs::new(Arc::new(DiskTree::new(&scratch.0))));
    git(&scratch.0, &["update-index", "--index-version", "4"]).unwrap();
    check(&Vcs::new(Arc::new(DiskTree::new(&scratch.0))));
    // Such a flag needs version 3.
    git(
        &scratch.0,
        &[
            "update-index",
            "--index-version",
            "2",
            "--skip-worktree",
            "normal.txt",
        ],
    )
    .unwrap();
    assert_eq!(fs::read(scratch.0.join(".git/index")).unwrap()[7], 3);
    check(&Vcs::new(Arc::new(DiskTree::new(&scratch.0))));
}

#[test]
fn work_trees_and_new_repositories_are_known() {
    let scratch = Scratch::new();
    let main = scratch.0.join("main");
    fs::create_dir(&main).unwrap();
    if git(&main, &["init", "-q"]).is_none() {
        return;
    }
    scratch.write("main/a", "1");
    let fresh = Vcs::new(Arc::new(DiskTree::new(&main)));
    assert_eq!(fresh.status("a"), Status::Visible);
    git(&main, &["add", "a"]).unwrap();
    git(&main, &["commit", "-q", "-m", "first"]).unwrap();
    git(&main, &["worktree", "add", "-q", "../tree"]).unwrap();
    scratch.write("main/.git/info/exclude", "b\n");
    let tree = DiskTree::new(scratch.0.join("tree"));
    assert_eq!(tree.kind(".git"), Some(EntryKind::File));
    let vcs = Vcs::new(Arc::new(tree));
    assert_eq!(vcs.status("a"), Status::Tracked);
    assert_eq!(vcs.status("b"), Status::Ignored);
    assert_eq!(vcs.status("c"), Status::Visible);
    // Nothing else is read through the `.git` of a work tree.
    let tree = DiskTree::new(scratch.0.join("tree"));
    assert_eq!(error(&tree, ".git/HEAD"), TreeErrorKind::NotFound);
}

#[test]
fn memory_and_disk_give_the_same() {
    let fixture = plimsoll_testkit::Fixture::parse(
        "unnamed",
        "//- /.gitignore\nout/\n//- /Dockerfile\nFROM a\nCOPY src/x* .\n//- /src/x1\n1\n//- /.dockerignore\n*.md\n\
         //- /compose.yaml\nservices:\n  a:\n    build: b\n//- /b/Dockerfile\nFROM a\n//- /out/Dockerfile\nFROM a\n\
         //- /chart/Chart.yaml\nname: x\n//- /chart/templates/a.yaml\na: 1\n//- /k/kustomization.yaml\nresources: [a.yaml]\nnamespace: x\n\
         //- /k/a.yaml\napiVersion: v1\nkind: Pod\n//- /node_modules/Dockerfile\nFROM a\n",
    );
    let scratch = Scratch::new();
    for (path, text) in &fixture.files {
        scratch.write(path, text);
    }
    let told = |tree: Arc<dyn Tree>| {
        let project = Project::load(tree, &Options::default());
        let files: Vec<String> = project
            .files
            .iter()
            .map(|(_, file)| file.path.to_string())
            .collect();
        let contexts: Vec<_> = project
            .contexts
            .iter()
            .map(|context| {
                (
                    context.dir.clone(),
                    context.evidence,
                    context.visible(&project).files.clone(),
                )
            })
            .collect();
        let roles: Vec<_> = project
            .manifests
            .iter()
            .map(|unit| (unit.role, unit.set))
            .collect();
        (files, contexts, roles, project.not_reviewed)
    };
    let disk = told(Arc::new(DiskTree::new(&scratch.0)));
    assert_eq!(disk, told(Arc::new(plimsoll_testkit::tree(&fixture))));
    assert_eq!(disk.0.len(), 6);
}

#[test]
fn one_configuration_counts_for_a_repository() {
    let scratch = Scratch::new();
    let found = |root: &str, folder: &str| {
        let found = find_config(&scratch.0.join(root), folder)?;
        let text = String::from_utf8(found.bytes.ok()?).ok()?;
        Some((text, found.base.root, found.base.folder))
    };
    let owned = |text: &str, root: &str, folder: &str| {
        Some((text.to_owned(), root.to_owned(), folder.to_owned()))
    };
    scratch.write("repo/.git/HEAD", "");
    scratch.write("repo/a/b/plimsoll.toml", "b");
    assert_eq!(found("repo", ""), None);
    assert_eq!(found("repo", "a/c"), None);
    assert_eq!(found("repo", "a/b/c"), owned("b", "", "a/b"));
    // The file nearest to the top wins; what lies above the repository is not looked at.
    scratch.write("repo/a/plimsoll.toml", "a");
    assert_eq!(found("repo", "a/b/c"), owned("a", "", "a"));
    scratch.write("plimsoll.toml", "above");
    assert_eq!(found("repo", ""), None);
    scratch.write("repo/plimsoll.toml", "top");
    assert_eq!(found("repo", "a/b/c"), owned("top", "", ""));
    // Without a repository it is the nearest one upwards.
    scratch.write("plain/x/y", "");
    assert_eq!(found("plain/x", ""), owned("above", "plain/x", ""));
    scratch.write("plain/plimsoll.toml", "plain");
    assert_eq!(found("plain/x", ""), owned("plain", "x", ""));
}
